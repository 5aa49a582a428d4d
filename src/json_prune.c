#include <stdbool.h>
#include <string.h>

#include "json_document.h"

/* Where the members to drop stand: {"cells": [{HERE}]}. Objects at the same depth in
 * other lists are left alone. */
enum { CELL_DEPTH = 3 };

/* Reads at `from`, writes at `to`, which never comes before it. */
struct pruner {
    const char *from, *end;
    char *to;
    size_t depth;
    bool in_cells; /* the value of the root's "cells" */
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

static bool is_key(const char *string, size_t length, const char *key)
{
    return length == strlen(key) + 2 && memcmp(string + 1, key, length - 2) == 0;
}

static bool is_dropped(const struct pruner *pruner, const char *string, size_t length)
{
    static const char *const keys[] = {"samples", "layouts", "derived", "counters"};

    if (pruner->depth != CELL_DEPTH || !pruner->in_cells)
        return false;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (is_key(string, length, keys[i]))
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

/* A string, and where it names a member, what that means for the value behind it. */
static void take_string(struct pruner *pruner)
{
    const char *string = pruner->from, *c = behind_string(string, pruner->end), *value;
    size_t length = (size_t)(c - string);
    bool dropped = is_dropped(pruner, string, length);
    bool cells = pruner->depth == 1 && is_key(string, length, "cells");

    while (c < pruner->end && is_blank(*c))
        c++;
    if (c < pruner->end && *c == ':' && (dropped || cells)) {
        for (c++; c < pruner->end && is_blank(*c);)
            c++;
        value = c;
        pruner->in_cells = cells || pruner->in_cells;
        if (dropped && c < pruner->end && (*c == '{' || *c == '['))
            c = behind_container(c, pruner->end);
        if (dropped && c && c - value >= 4) {
            copy_to(pruner, value);
            memcpy(pruner->to, "null", 4);
            pruner->to += 4;
            pruner->from = c;
            return;
        }
        c = value;
    }
    copy_to(pruner, c);
}

size_t dcb_json_prune(char *text, size_t length)
{
    struct pruner pruner = {.from = text, .to = text, .end = text + length};

    while (pruner.from < pruner.end) {
        char c = *pruner.from;

        if (c == '"') {
            take_string(&pruner);
            continue;
        }
        if (c == '{' || c == '[')
            pruner.depth++;
        else if ((c == '}' || c == ']') && pruner.depth > 0)
            pruner.depth--;
        if (pruner.depth < 2 && (c == ']' || c == '}'))
            pruner.in_cells = false;
        copy_to(&pruner, pruner.from + 1);
    }
    *pruner.to = '\0';
    return (size_t)(pruner.to - text);
}
