#include <stdbool.h>
#include <string.h>

#include "json_document.h"

/* The members that are dropped: of the objects in the lists that are members of the root,
 * {LIST: [{KEY: ..}]}. Members of these names at any other place are left alone. */
enum { MEMBER_DEPTH = 3 };

static const struct dropped {
    const char *list, *key;
} dropped[] = {{"cells", "samples"},
               {"cells", "layouts"},
               {"cells", "derived"},
               {"cells", "counters"},
               {"workloads", "each_worker"}};

/* Reads at `from`, writes at `to`, which never overtakes it. */
struct pruner {
    const char *from, *end;
    char *to;
    size_t depth;
    const char *list; /* the root's member in hand, with its quotes; NULL */
    size_t list_length;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Behind the string that begins at `c`; `end` where it does not end. */
static const char *behind_string(const char *c, const char *end)
{
    for (c++; c < end; c++) {
        const char *quote = memchr(c, '"', (size_t)(end - c));
        const char *slash;

        if (!quote)
            return end;
        slash = quote;
        while (slash > c && slash[-1] == '\\')
            slash--;
        c = quote;
        if ((quote - slash) % 2 == 0)
            return quote + 1;
    }
    return end;
}

/* Behind the object or list that begins at `c`; NULL where it does not end. */
static const char *behind_container(const char *c, const char *end)
{
    size_t depth = 0;

    while (c < end) {
        if (*c == '"') {
            c = behind_string(c, end);
            continue;
        }
        if (*c == '{' || *c == '[')
            depth++;
        else if ((*c == '}' || *c == ']') && --depth == 0)
            return c + 1;
        c++;
    }
    return NULL;
}

static bool is_string(const char *string, size_t length, const char *text)
{
    return length == strlen(text) + 2 && memcmp(string + 1, text, length - 2) == 0;
}

static bool is_dropped(const struct pruner *pruner, const char *key, size_t length)
{
    if (pruner->depth != MEMBER_DEPTH || !pruner->list)
        return false;
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++) {
        if (is_string(key, length, dropped[i].key) &&
            is_string(pruner->list, pruner->list_length, dropped[i].list))
            return true;
    }
    return false;
}

static void copy_to(struct pruner *pruner, const char *behind)
{
    size_t length = (size_t)(behind - pruner->from);

    memmove(pruner->to, pruner->from, length);
    pruner->to += length;
    pruner->from = behind;
}

static const char *behind_blanks(const char *c, const char *end)
{
    while (c < end && is_blank(*c))
        c++;
    return c;
}

/* A string is copied, and where it names a member to drop, "null" follows in place of
 * what stands behind it. A value that "null" would not be shorter than stays. */
static void take_string(struct pruner *pruner)
{
    const char *c = behind_string(pruner->from, pruner->end), *key, *behind;
    size_t length = (size_t)(c - pruner->from);

    copy_to(pruner, c);
    key = pruner->to - length; /* nothing overwrites it there */
    c = behind_blanks(c, pruner->end);
    if (c == pruner->end || *c != ':')
        return;
    if (pruner->depth == 1) {
        pruner->list = key;
        pruner->list_length = length;
    }
    if (!is_dropped(pruner, key, length))
        return;
    c = behind_blanks(c + 1, pruner->end);
    if (c == pruner->end || (*c != '{' && *c != '['))
        return;
    behind = behind_container(c, pruner->end);
    if (!behind || behind - c <= 4)
        return;
    copy_to(pruner, c);
    memcpy(pruner->to, "null", 4);
    pruner->to += 4;
    pruner->from = behind;
}

/* What stands up to the next string. */
static void take_plain(struct pruner *pruner)
{
    const char *c = pruner->from;

    while (c < pruner->end && *c != '"') {
        if (*c == '{' || *c == '[')
            pruner->depth++;
        else if ((*c == '}' || *c == ']') && pruner->depth > 0)
            pruner->depth--;
        c++;
    }
    copy_to(pruner, c);
}

size_t dcb_json_prune(char *text, size_t length)
{
    struct pruner pruner = {.from = text, .to = text, .end = text + length};

    while (pruner.from < pruner.end) {
        if (*pruner.from == '"')
            take_string(&pruner);
        else
            take_plain(&pruner);
    }
    *pruner.to = '\0';
    return (size_t)(pruner.to - text);
}
