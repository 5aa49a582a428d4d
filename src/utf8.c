#include "utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

size_t dcb_utf8_length(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    unsigned char low = 0x80, high = 0xbf; /* of the second byte */
    size_t length;

    if (*c < 0x80)
        return 1;
    if (*c < 0xc2 || *c > 0xf4)
        return 0;
    length = *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : 4;
    if (*c == 0xe0)
        low = 0xa0;
    else if (*c == 0xed)
        high = 0x9f;
    else if (*c == 0xf0)
        low = 0x90;
    else if (*c == 0xf4)
        high = 0x8f;
    if (c[1] < low || c[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++) {
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    }
    return length;
}

bool dcb_utf8_valid(const char *text)
{
    while (*text) {
        size_t length = dcb_utf8_length(text);

        if (length == 0)
            return false;
        text += length;
    }
    return true;
}

/* The number of the valid character at `text`. */
static uint32_t code_point(const char *text, size_t length)
{
    const unsigned char *c = (const unsigned char *)text;
    uint32_t code = length == 1 ? *c : *c & (0xffu >> (length + 1));

    for (size_t i = 1; i < length; i++)
        code = code << 6 | (c[i] & 0x3f);
    return code;
}

/* What a terminal may obey: C0, DEL, C1. */
static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

/* What has no width or turns the direction of the text beside it: a line that has these
 * need not look like what it says. */
static bool is_hidden(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0xad, 0xad},       /* soft hyphen */
        {0x61c, 0x61c},     /* Arabic letter mark */
        {0x180e, 0x180e},   /* Mongolian vowel separator */
        {0x200b, 0x200f},   /* of width zero, marks of direction */
        {0x2028, 0x202e},   /* line ends; embeddings, overrides */
        {0x2060, 0x206f},   /* joiners, invisible operators, isolates */
        {0xfeff, 0xfeff},   /* byte order mark */
        {0xfff9, 0xfffb},   /* annotations between lines */
        {0xe0000, 0xe007f}, /* tags: ASCII that cannot be seen */
    };

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    }
    return false;
}

static bool is_shown(const char *text, size_t length)
{
    uint32_t code = code_point(text, length);

    return !is_control(code) && !is_hidden(code);
}

/* `kept`: what stays of all that is not shown; NULL: all of it. */
static void replace(char *text, const char *kept)
{
    char *to = text;

    while (*text) {
        size_t length = dcb_utf8_length(text);

        if (length == 0 || (kept && !is_shown(text, length) && !strchr(kept, *text))) {
            *to++ = '?';
            text += length ? length : 1;
        } else {
            memmove(to, text, length);
            to += length;
            text += length;
        }
    }
    *to = '\0';
}

void dcb_utf8_mend(char *text)
{
    replace(text, NULL);
}

void dcb_utf8_make_printable(char *text)
{
    replace(text, "");
}

void dcb_utf8_make_line(char *text)
{
    for (char *c = text; *c; c++) {
        if (*c == '\n' || *c == '\r')
            *c = ' ';
    }
    dcb_utf8_make_printable(text);
}

void dcb_utf8_make_message(char *text)
{
    replace(text, "\n\t");
}

bool dcb_utf8_is_printable(const char *text)
{
    while (*text) {
        size_t length = dcb_utf8_length(text);

        if (length == 0 || !is_shown(text, length))
            return false;
        text += length;
    }
    return true;
}

bool dcb_utf8_is_line(const char *text)
{
    while (*text) {
        size_t length = dcb_utf8_length(text);

        if (length == 0 || is_control(code_point(text, length)))
            return false;
        text += length;
    }
    return true;
}

size_t dcb_utf8_width(const char *text)
{
    size_t width = 0;

    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static const char *skip_characters(const char *text, size_t count)
{
    while (count-- && *text)
        text += dcb_utf8_length(text);
    return text;
}

char *dcb_utf8_shorten(const char *text, size_t width)
{
    char *label = dcb_xstrdup(text), *cut;
    size_t characters, tail = (width - 2) / 2, head = width - 2 - tail;

    dcb_utf8_make_printable(label);
    characters = dcb_utf8_width(label);
    if (characters <= width)
        return label;
    cut = dcb_xasprintf("%.*s..%s", (int)(skip_characters(label, head) - label), label,
                        skip_characters(label, characters - tail));
    free(label);
    return cut;
}
