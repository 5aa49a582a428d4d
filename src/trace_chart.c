#include "trace_chart.h"

#include <stdlib.h>

#include "format_bytes.h"
#include "spark.h"
#include "strbuf.h"
#include "xalloc.h"

enum { SCALE_WIDTH = 9 };

/* The highest value of each column; one in which there is no point goes on as before. */
static uint64_t fill_columns(const struct dcb_chart_point *points, size_t count,
                             uint64_t *columns, size_t width)
{
    uint64_t first = points[0].place, span = points[count - 1].place - first;
    uint64_t last = points[0].value, most = 1;
    size_t next = 0;

    for (size_t i = 0; i < width; i++) {
        /* The end of the column, so that the last point is in the last one. */
        double end = (double)first + (double)span * (double)(i + 1) / (double)width;

        columns[i] = last;
        while (next < count && ((double)points[next].place <= end || i + 1 == width)) {
            last = points[next++].value;
            columns[i] = last > columns[i] ? last : columns[i];
        }
        most = columns[i] > most ? columns[i] : most;
    }
    return most;
}

/* How much of a cell is filled, in levels. */
static size_t level_of(uint64_t value, uint64_t most, size_t line, size_t height)
{
    double filled = (double)value / (double)most * (double)height * DCB_SPARK_LEVELS;
    double level = filled - (double)(height - 1 - line) * DCB_SPARK_LEVELS;

    return level <= 0                  ? 0
           : level >= DCB_SPARK_LEVELS ? DCB_SPARK_LEVELS
                                       : (size_t)(level + 0.5);
}

static void put_line(const uint64_t *columns, size_t width, uint64_t most, size_t line,
                     size_t height, bool utf8, struct dcb_strbuf *out)
{
    char text[DCB_FORMAT_BYTES_SIZE] = "";
    size_t end = width;

    if (line == 0)
        dcb_format_bytes(text, (double)most);
    else if (line + 1 == height)
        dcb_format_bytes(text, 0);
    else if (height > 4 && line == height / 2)
        dcb_format_bytes(text, (double)most * (double)(height - line) / (double)height);
    while (end && level_of(columns[end - 1], most, line, height) == 0)
        end--;
    dcb_strbuf_appendf(out, "  %*s %s", SCALE_WIDTH, text, utf8 ? "\xe2\x94\x82" : "|");
    for (size_t i = 0; i < end; i++)
        dcb_strbuf_append(
            out, dcb_spark_level(utf8, level_of(columns[i], most, line, height)));
    dcb_strbuf_append(out, "\n");
}

void dcb_trace_chart(const struct dcb_chart_point *points, size_t count, size_t width,
                     size_t height, bool utf8, struct dcb_strbuf *out)
{
    uint64_t *columns, most;

    if (count == 0 || width == 0)
        return;
    columns = dcb_xcalloc(width, sizeof *columns);
    most = fill_columns(points, count, columns, width);
    for (size_t i = 0; i < height; i++)
        put_line(columns, width, most, i, height, utf8, out);
    free(columns);
}
