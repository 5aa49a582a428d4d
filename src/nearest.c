#include "nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xalloc.h"

static size_t minimum(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool same(char a, char b, bool any_case)
{
    return a == b || (any_case && tolower((unsigned char)a) == tolower((unsigned char)b));
}

/* Edit distance in which two neighbours that changed places count once. */
static size_t edit_distance(const char *a, const char *b, bool any_case)
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
            size_t changed = above[j - 1] + !same(a[i - 1], b[j - 1], any_case);

            row[j] = minimum(minimum(above[j], row[j - 1]) + 1, changed);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2], any_case) &&
                same(a[i - 2], b[j - 1], any_case))
                row[j] = minimum(row[j], second[j - 2] + 1);
        }
    }

    size_t distance = row[width - 1];
    free(cells);
    return distance;
}

/* Whether `name` is near enough, and how far it is. */
static bool is_near(const char *word, const char *name, bool any_case,
                    size_t *ret_distance)
{
    size_t length = strlen(word), other = strlen(name);
    size_t longer = length > other ? length : other;
    size_t allowed = (longer + 2) / 4; /* 1 of 2 to 5 letters, 2 of 6 to 9 */

    if (longer - minimum(length, other) > allowed)
        return false;
    *ret_distance = edit_distance(word, name, any_case);
    return *ret_distance <= allowed;
}

const char *dcb_nearest(const char *word, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    size_t least = 0, distance;

    for (size_t i = 0; i < count; i++) {
        if (is_near(word, names[i], false, &distance) && (!nearest || distance < least)) {
            nearest = names[i];
            least = distance;
        }
    }
    return nearest;
}

static bool has_name(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(names[i], name) == 0)
            return true;
    }
    return false;
}

size_t dcb_nearest_several(const char *word, const char *const *names, size_t count,
                           const char **ret_names, size_t max)
{
    size_t *distances = dcb_xcalloc(max + 1, sizeof *distances), found = 0, distance;

    for (size_t i = 0; i < count; i++) {
        size_t place = found;

        if (!is_near(word, names[i], true, &distance) ||
            has_name(ret_names, found, names[i]))
            continue;
        while (place > 0 && distances[place - 1] > distance)
            place--;
        if (place == max)
            continue;
        found += found < max;
        for (size_t k = found - 1; k > place; k--) {
            ret_names[k] = ret_names[k - 1];
            distances[k] = distances[k - 1];
        }
        ret_names[place] = names[i];
        distances[place] = distance;
    }
    free(distances);
    return found;
}
