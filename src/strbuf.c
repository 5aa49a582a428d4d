#include "strbuf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

/* Makes room for `extra` bytes and the null byte. */
static void reserve(struct dcb_strbuf *buf, size_t extra)
{
    size_t needed;

    if (__builtin_add_overflow(buf->length + 1, extra, &needed))
        needed = SIZE_MAX; /* more than any allocation: ends the program below */
    if (needed <= buf->capacity)
        return;

    size_t capacity = buf->capacity <= SIZE_MAX / 2 ? buf->capacity * 2 : SIZE_MAX;

    if (capacity < needed)
        capacity = needed;
    if (capacity < 64)
        capacity = 64;
    buf->text = dcb_xrealloc(buf->text, capacity, 1);
    buf->capacity = capacity;
}

void dcb_strbuf_append(struct dcb_strbuf *buf, const char *text)
{
    dcb_strbuf_append_bytes(buf, text, strlen(text));
}

void dcb_strbuf_append_bytes(struct dcb_strbuf *buf, const void *bytes, size_t length)
{
    reserve(buf, length);
    if (length)
        memcpy(buf->text + buf->length, bytes, length);
    buf->length += length;
    buf->text[buf->length] = '\0';
}

void dcb_strbuf_appendf(struct dcb_strbuf *buf, const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);

    assert(length >= 0);
    reserve(buf, (size_t)length);
    vsnprintf(buf->text + buf->length, (size_t)length + 1, format, again);
    va_end(again);
    buf->length += (size_t)length;
}

void dcb_strbuf_pad(struct dcb_strbuf *buf, char c, size_t count)
{
    reserve(buf, count);
    memset(buf->text + buf->length, c, count);
    buf->length += count;
    buf->text[buf->length] = '\0';
}

char *dcb_strbuf_take(struct dcb_strbuf *buf)
{
    char *text = buf->text ? buf->text : dcb_xstrdup("");

    *buf = (struct dcb_strbuf)DCB_STRBUF_INIT;
    return text;
}

void dcb_strbuf_clear(struct dcb_strbuf *buf)
{
    if (!buf)
        return;
    free(buf->text);
    *buf = (struct dcb_strbuf)DCB_STRBUF_INIT;
}
