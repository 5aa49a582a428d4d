/* What a mistyped name was probably meant to be. Pure. */
#ifndef DCB_NEAREST_H
#define DCB_NEAREST_H

#include <stddef.h>

/* The item of `names` nearest to `word` by edit distance (two neighbours that changed
 * places count once), borrowed; NULL where none is near: about one letter in four may
 * differ. Case counts. */
const char *dcb_nearest(const char *word, const char *const *names, size_t count);

/* The items nearest to `word`, at most `max`, nearest first, borrowed: as above, but that
 * case does not count, and of names that differ in case alone the first is taken. Returns
 * how many there are. */
size_t dcb_nearest_several(const char *word, const char *const *names, size_t count,
                           const char **ret_names, size_t max);

#endif
