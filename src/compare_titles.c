#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_private.h"
#include "utf8.h"
#include "xalloc.h"

static bool same_name(const struct dcb_compare *compare, size_t a, size_t b)
{
    return strcmp(compare->documents[a]->name, compare->documents[b]->name) == 0;
}

/* Where the paths of the documents of this name stop being the same, in whole folders. */
static size_t common_start(const struct dcb_compare *compare, size_t self)
{
    const char *path = compare->documents[self]->path;
    size_t common = strlen(path), slash = 0;

    for (size_t i = 0; i < compare->document_count; i++) {
        const char *other = compare->documents[i]->path;
        size_t same = 0;

        while (path[same] && path[same] == other[same])
            same++;
        if (same_name(compare, self, i) && same < common)
            common = same;
    }
    for (size_t i = 0; i < common; i++)
        slash = path[i] == '/' ? i + 1 : slash;
    return slash;
}

static size_t common_end(const struct dcb_compare *compare, size_t self, size_t start)
{
    const char *path = compare->documents[self]->path;
    size_t length = strlen(path), common = length - start, slash = 0;

    for (size_t i = 0; i < compare->document_count; i++) {
        const char *other = compare->documents[i]->path;
        size_t there = strlen(other), same = 0;

        while (same < length - start && same < there &&
               path[length - 1 - same] == other[there - 1 - same])
            same++;
        if (same_name(compare, self, i) && same < common)
            common = same;
    }
    for (size_t i = 1; i <= common; i++)
        slash = path[length - i] == '/' ? i : slash;
    return slash;
}

/* "a" and "b" of "x/a/result.json" and "x/b/result.json". */
static char *own_part(const struct dcb_compare *compare, size_t self)
{
    const char *path = compare->documents[self]->path;
    size_t start = common_start(compare, self);
    size_t end = common_end(compare, self, start);
    char *part = dcb_xstrndup(path + start, strlen(path) - start - end);

    dcb_utf8_make_printable(part);
    return part;
}

static bool is_taken(const struct dcb_compare *compare, size_t self)
{
    for (size_t i = 0; i < compare->document_count; i++) {
        if (i != self && strcmp(compare->titles[i], compare->titles[self]) == 0)
            return true;
    }
    return false;
}

static char *title_of(const struct dcb_compare *compare, size_t self)
{
    for (size_t i = 0; i < compare->document_count; i++) {
        if (i != self && same_name(compare, self, i))
            return own_part(compare, self);
    }
    return dcb_xstrdup(compare->documents[self]->name);
}

void dcb_compare_make_titles(struct dcb_compare *compare)
{
    size_t count = compare->document_count;
    bool *taken = dcb_xcalloc(count, sizeof *taken);

    compare->titles = dcb_xcalloc(count, sizeof *compare->titles);
    for (size_t i = 0; i < count; i++)
        compare->titles[i] = title_of(compare, i);
    for (size_t i = 0; i < count; i++)
        taken[i] = is_taken(compare, i) || !*compare->titles[i];
    for (size_t i = 0; i < count; i++) {
        if (!taken[i])
            continue;
        free(compare->titles[i]);
        compare->titles[i] =
            dcb_xasprintf("[%zu] %s", i + 1, compare->documents[i]->name);
    }
    free(taken);
}

const char *dcb_compare_title(const struct dcb_compare *compare, size_t document)
{
    return compare->titles[document];
}
