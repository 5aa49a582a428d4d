#include "utf8.h"

#include <string.h>

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

static void replace(char *text, bool controls)
{
    char *to = text;

    while (*text) {
        size_t length = dcb_utf8_length(text);

        if (length == 0 || (controls && is_control(text, length))) {
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
    replace(text, false);
}

void dcb_utf8_make_printable(char *text)
{
    replace(text, true);
}
