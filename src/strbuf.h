/* A growing text, always terminated by a null byte. The caller owns the struct. */
#ifndef DCB_STRBUF_H
#define DCB_STRBUF_H

#include <stddef.h>

struct dcb_strbuf {
    char *text; /* never NULL after the first append; NULL only when initialised */
    size_t length, capacity;
};

#define DCB_STRBUF_INIT \
    {                   \
        .text = NULL    \
    }

void dcb_strbuf_append(struct dcb_strbuf *buf, const char *text);
void dcb_strbuf_append_bytes(struct dcb_strbuf *buf, const void *bytes, size_t length);
void dcb_strbuf_appendf(struct dcb_strbuf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void dcb_strbuf_pad(struct dcb_strbuf *buf, char c, size_t count);

/* The text as the caller's own (free() it); the buffer is empty again. Never NULL. */
char *dcb_strbuf_take(struct dcb_strbuf *buf);
void dcb_strbuf_clear(struct dcb_strbuf *buf); /* frees; usable again afterwards */

#endif
