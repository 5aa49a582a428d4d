#include "nearest.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

static size_t minimum(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edit distance in which two neighbours that changed places count once. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t length = strlen(a), width = strlen(b) + 1;
    size_t *cells = dcb_xcalloc(3 * width, sizeof *cells);
    size_t *row = cells, *above = cells + width, *second = cells + 2 * width;

    for (size_t j = 0; j < width; j++)
        row[j] = j;
    for (size_t i = 1; i <= length; i++) {
        size_t *oldest = second;

        second = above;
        above = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j < width; j++) {
            size_t changed = above[j - 1] + (a[i - 1] != b[j - 1]);

            row[j] = minimum(minimum(above[j], row[j - 1]) + 1, changed);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = minimum(row[j], second[j - 2] + 1);
        }
    }

    size_t distance = row[width - 1];
    free(cells);
    return distance;
}

const char *dcb_nearest(const char *word, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    size_t least = 0, length = strlen(word);

    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(names[i]), longer = length > other ? length : other;
        size_t allowed = (longer + 2) / 4; /* 1 of 2 to 5 letters, 2 of 6 to 9 */

        if (longer - minimum(length, other) > allowed)
            continue;

        size_t distance = edit_distance(word, names[i]);
        if (distance <= allowed && (!nearest || distance < least)) {
            nearest = names[i];
            least = distance;
        }
    }
    return nearest;
}
