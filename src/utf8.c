#include "utf8.h"

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

static bool is_control(const char *text, size_t length)
{
    const unsigned char *c = (const unsigned char *)text;

    return *c < 0x20 || *c == 0x7f || (length == 2 && c[0] == 0xc2 && c[1] < 0xa0);
}

/* `kept`: control characters that stay; NULL: all of them. */
static void replace(char *text, const char *kept)
{
    char *to = text;

    while (*text) {
        size_t length = dcb_utf8_length(text);

        if (length == 0 || (kept && is_control(text, length) && !strchr(kept, *text))) {
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

void dcb_utf8_make_message(char *text)
{
    replace(text, "\n\t");
}

bool dcb_utf8_is_printable(const char *text)
{
    while (*text) {
        size_t length = dcb_utf8_length(text);

        if (length == 0 || is_control(text, length))
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
