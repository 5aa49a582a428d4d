/* Pairs of numbers that were met before, each with a number of the caller's. Pure. */
#ifndef DCB_SEEN_H
#define DCB_SEEN_H

#include <stddef.h>
#include <stdint.h>

struct dcb_seen_entry;

struct dcb_seen {
    struct dcb_seen_entry *entries; /* [size], a power of 2 */
    size_t count, size;
};

/* The value that came with the pair when it was met first; SIZE_MAX where that is now. */
size_t dcb_seen_add(struct dcb_seen *seen, uint64_t a, uint64_t b, size_t value);
void dcb_seen_clear(struct dcb_seen *seen);

#endif
