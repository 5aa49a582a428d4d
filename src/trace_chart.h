/* A value over time as a chart some lines high, of block characters. Pure. */
#ifndef DCB_TRACE_CHART_H
#define DCB_TRACE_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dcb_strbuf;

struct dcb_chart_point {
    uint64_t place; /* never falling */
    uint64_t value;
};

/* `height` lines of an indent, a scale and at most `width` columns, each of which is as
 * high as the highest value in its part of the time, or that before it. The scale begins
 * at 0. Nothing for no points. */
void dcb_trace_chart(const struct dcb_chart_point *points, size_t count, size_t width,
                     size_t height, bool utf8, struct dcb_strbuf *out);

#endif
