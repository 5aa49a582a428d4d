#include "seen.h"

#include <stdbool.h>
#include <stdlib.h>

#include "xalloc.h"

enum { LEAST = 64 };

struct dcb_seen_entry {
    uint64_t a, b;
    size_t value;
    bool used;
};

/* Multiplied by odd numbers whose bits are mixed; the high bits are the best ones. */
static size_t home_of(uint64_t a, uint64_t b, size_t size)
{
    uint64_t hash = (a * UINT64_C(0x9e3779b97f4a7c15)) ^ (b + (b >> 29));

    hash *= UINT64_C(0xbf58476d1ce4e5b9);
    return (size_t)(hash ^ (hash >> 32)) & (size - 1);
}

/* Where the pair is, or the free place where it would be. */
static struct dcb_seen_entry *find(const struct dcb_seen *seen, uint64_t a, uint64_t b)
{
    size_t place = home_of(a, b, seen->size);

    while (seen->entries[place].used &&
           (seen->entries[place].a != a || seen->entries[place].b != b))
        place = (place + 1) & (seen->size - 1);
    return &seen->entries[place];
}

static void grow(struct dcb_seen *seen)
{
    struct dcb_seen larger = {.count = seen->count,
                              .size = seen->size ? 2 * seen->size : LEAST};

    larger.entries = dcb_xcalloc(larger.size, sizeof *larger.entries);
    for (size_t i = 0; i < seen->size; i++) {
        const struct dcb_seen_entry *entry = &seen->entries[i];

        if (entry->used)
            *find(&larger, entry->a, entry->b) = *entry;
    }
    free(seen->entries);
    *seen = larger;
}

size_t dcb_seen_add(struct dcb_seen *seen, uint64_t a, uint64_t b, size_t value)
{
    struct dcb_seen_entry *entry;

    if (2 * (seen->count + 1) > seen->size)
        grow(seen);
    entry = find(seen, a, b);
    if (entry->used)
        return entry->value;
    *entry = (struct dcb_seen_entry){a, b, value, true};
    seen->count++;
    return SIZE_MAX;
}

void dcb_seen_clear(struct dcb_seen *seen)
{
    free(seen->entries);
    *seen = (struct dcb_seen){.entries = NULL};
}
