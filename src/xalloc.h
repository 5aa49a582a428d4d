/*
 * Allocation that cannot fail: out of memory ends the program with a message on
 * standard error and status 3. The caller frees what is returned with free().
 */
#ifndef DCB_XALLOC_H
#define DCB_XALLOC_H

#include <stddef.h>

void *dcb_xcalloc(size_t count, size_t size);               /* zeroed */
void *dcb_xrealloc(void *block, size_t count, size_t size); /* overflow is checked */
char *dcb_xstrdup(const char *text);
char *dcb_xstrndup(const char *text, size_t length);
char *dcb_xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Makes room for one more element in a growing array; doubles `*capacity` (elements)
 * when `count` has reached it. Returns the array, moved or not. */
void *dcb_xgrow(void *array, size_t count, size_t *capacity, size_t size);

#endif
