#include "history_plot.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "history.h"
#include "strbuf.h"
#include "utf8.h"
#include "xalloc.h"

enum { WIDTH = 960, PANEL_HEIGHT = 320, LABEL_WIDTH = 60 };

/* Seconds; what one result, or all of one second, would be drawn in. */
static const double least_span = 86400;

bool dcb_plot_format_of(const char *path, enum dcb_plot_format *ret_format)
{
    const char *dot = strrchr(path, '.');

    if (!dot || (strcasecmp(dot, ".svg") != 0 && strcasecmp(dot, ".png") != 0))
        return false;
    *ret_format = strcasecmp(dot, ".svg") == 0 ? DCB_PLOT_SVG : DCB_PLOT_PNG;
    return true;
}

/* In single quotes, where gnuplot replaces nothing: neither `commands` nor \ or % mean
 * anything. What could end them, or would have to be escaped in an SVG, is not let
 * through. */
static void put_label(struct dcb_strbuf *out, const char *raw)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789 ._-+:,()/=";
    char *label = dcb_utf8_shorten(raw, LABEL_WIDTH);

    for (char *c = label; *c; c++) {
        if ((unsigned char)*c < 0x80 && !strchr(allowed, *c))
            *c = '?';
    }
    dcb_strbuf_appendf(out, "'%s'", label);
    free(label);
}

/* Series are numbered through: each has its data in $d<number>. */
static void put_data(const struct dcb_history *history, size_t index,
                     struct dcb_strbuf *out)
{
    const struct dcb_history_series *series = &history->series[index];

    dcb_strbuf_appendf(out, "$d%zu << END\n", index);
    for (size_t i = 0; i < series->count; i++) {
        const struct dcb_history_point *point = &series->points[i];
        double value = 100 * (point->ratio.estimate - 1);
        double low = 100 * (point->ratio.low - 1), high = 100 * (point->ratio.high - 1);
        bool known = isfinite(low) && isfinite(high);

        dcb_strbuf_appendf(out, "%" PRId64 " %.6g %.6g %.6g\n",
                           history->files[point->file].time_s, value, known ? low : value,
                           known ? high : value);
    }
    dcb_strbuf_append(out, "END\n");
}

/* Half-way between the two results. */
static void put_step(const struct dcb_history *history,
                     const struct dcb_history_series *series,
                     const struct dcb_history_step *step, size_t color,
                     struct dcb_strbuf *out)
{
    double before = (double)history->files[series->points[step->before].file].time_s;
    double behind = (double)history->files[series->points[step->behind].file].time_s;
    double place = before + (behind - before) / 2;

    dcb_strbuf_appendf(out,
                       "set arrow from %.1f, graph 0 to %.1f, graph 1 nohead linetype "
                       "%zu dashtype 2 linewidth 2\n"
                       "set label '%+.1f %%' at %.1f, graph 1.05 center "
                       "textcolor linetype %zu noenhanced\n",
                       place, place, color, 100 * (step->change.estimate - 1), place,
                       color);
}

static void put_panel(const struct dcb_history *history, size_t first, size_t end,
                      struct dcb_strbuf *out)
{
    dcb_strbuf_append(out, "unset arrow\nunset label\nset title ");
    put_label(out, history->series[first].workload);
    dcb_strbuf_append(out, " noenhanced\n");
    for (size_t i = first; i < end; i++) {
        const struct dcb_history_series *series = &history->series[i];

        for (size_t k = 0; k < series->step_count; k++)
            put_step(history, series, &series->steps[k], i - first + 1, out);
    }
    for (size_t i = first; i < end; i++) {
        char *name = dcb_history_name(&history->series[i]);

        dcb_strbuf_appendf(out,
                           "%s$d%zu using 1:2:3:4 with yerrorbars linetype %zu "
                           "pointtype 7 pointsize 0.4 title ",
                           i == first ? "plot " : ", ", i, i - first + 1);
        put_label(out, name);
        dcb_strbuf_append(out, " noenhanced");
        free(name);
    }
    dcb_strbuf_append(out, "\n");
}

static size_t block_end(const struct dcb_history *history, size_t first)
{
    size_t end = first + 1;

    while (end < history->series_count &&
           strcmp(history->series[end].workload, history->series[first].workload) == 0)
        end++;
    return end;
}

static size_t count_panels(const struct dcb_history *history)
{
    size_t panels = 0;

    for (size_t i = 0; i < history->series_count; i = block_end(history, i))
        panels++;
    return panels;
}

static void put_head(const struct dcb_history *history, enum dcb_plot_format format,
                     const char *output, size_t panels, struct dcb_strbuf *out)
{
    double first = (double)history->files[0].time_s;
    double last = (double)history->files[history->file_count - 1].time_s;
    double rest = fmax(0.02 * (last - first), (least_span - (last - first)) / 2);

    dcb_strbuf_appendf(
        out,
        "set terminal %s size %d,%zu noenhanced background '#ffffff'\nset output '%s'\n"
        "set encoding utf8\nset xdata time\nset timefmt '%%s'\n"
        "set format x '%%Y-%%m-%%d'\nset xtics nomirror\nset ytics nomirror\n"
        "set format y '%%+.1f %%%%'\nset grid ytics\nset border 3\n"
        "set key outside right top\nset ylabel 'change against the baseline'\n"
        "set xrange [%.1f:%.1f]\n",
        format == DCB_PLOT_SVG ? "svg" : "pngcairo", WIDTH, panels * PANEL_HEIGHT, output,
        first - rest, last + rest);
}

size_t dcb_history_plot(const struct dcb_history *history, enum dcb_plot_format format,
                        const char *output, struct dcb_strbuf *out)
{
    size_t wanted = count_panels(history), panels = wanted, first = 0;

    if (panels > DCB_PLOT_PANELS_MAX)
        panels = DCB_PLOT_PANELS_MAX;
    put_head(history, format, output, panels, out);
    for (size_t i = 0; i < history->series_count; i++)
        put_data(history, i, out);
    dcb_strbuf_appendf(out, "set multiplot layout %zu,1\n", panels);
    for (size_t i = 0; i < panels; i++) {
        size_t end = block_end(history, first);

        put_panel(history, first, end, out);
        first = end;
    }
    dcb_strbuf_append(out, "unset multiplot\nunset output\n");
    return wanted - panels;
}
