#include "plot_text.h"

#include <stdlib.h>
#include <string.h>

#include "strbuf.h"
#include "utf8.h"

void dcb_plot_text(struct dcb_strbuf *out, const char *raw, size_t width)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789 ._-+:,()/=";
    char *label = dcb_utf8_shorten(raw, width);

    for (char *c = label; *c; c++) {
        if ((unsigned char)*c < 0x80 && !strchr(allowed, *c))
            *c = '?';
    }
    dcb_strbuf_append(out, label);
    free(label);
}

void dcb_plot_label(struct dcb_strbuf *out, const char *raw, size_t width)
{
    dcb_strbuf_append(out, "'");
    dcb_plot_text(out, raw, width);
    dcb_strbuf_append(out, "'");
}
