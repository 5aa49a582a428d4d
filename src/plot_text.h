/* Labels of others in scripts of gnuplot. Pure. */
#ifndef DCB_PLOT_TEXT_H
#define DCB_PLOT_TEXT_H

#include <stddef.h>

struct dcb_strbuf;

/* For single quotes, where gnuplot replaces nothing: neither `commands` nor \ or % mean
 * anything. What could end them, or would have to be escaped in an SVG, is not let
 * through. At most `width` characters. */
void dcb_plot_text(struct dcb_strbuf *out, const char *raw, size_t width);

/* The same with its quotes. */
void dcb_plot_label(struct dcb_strbuf *out, const char *raw, size_t width);

#endif
