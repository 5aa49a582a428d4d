#include "history_plot.h"

#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "history.h"
#include "plot_text.h"
#include "strbuf.h"

enum { WIDTH = 960, PANEL_HEIGHT = 320, LABEL_WIDTH = 60, STEP_WIDTH = 20 };

/* Seconds; what one result, or all of one second, would be drawn in. */
static const double least_span = 60;

/* Results of which half lie within so small a part of the time from the first to the last
 * would be one line: they are drawn side by side. */
static const double least_part = 0.05;

enum { MINUTES = 600, DAY = 86400 };

bool dcb_plot_format_of(const char *path, enum dcb_plot_format *ret_format)
{
    const char *dot = strrchr(path, '.');

    if (!dot || (strcasecmp(dot, ".svg") != 0 && strcasecmp(dot, ".png") != 0))
        return false;
    *ret_format = strcasecmp(dot, ".svg") == 0 ? DCB_PLOT_SVG : DCB_PLOT_PNG;
    return true;
}

/* Whether the axis has the numbers of the results, and not their times. */
static bool by_number(const struct dcb_history *history)
{
    size_t count = history->file_count, half = (count + 1) / 2;
    const struct dcb_history_file *files = history->files;
    int64_t least = files[count - 1].time_s - files[0].time_s;
    double span = (double)least;

    if (count < 4)
        return false;
    for (size_t i = 0; i + half < count; i++) {
        int64_t part = files[i + half].time_s - files[i].time_s;

        least = part < least ? part : least;
    }
    return (double)least < least_part * span || span < 1;
}

static double place_of(const struct dcb_history *history, size_t file, bool numbered)
{
    return numbered ? (double)file + 1 : (double)history->files[file].time_s;
}

/* Series are numbered through: each has its data in $d<number>. */
static void put_data(const struct dcb_history *history, size_t index, bool numbered,
                     struct dcb_strbuf *out)
{
    const struct dcb_history_series *series = &history->series[index];

    dcb_strbuf_appendf(out, "$d%zu << END\n", index);
    for (size_t i = 0; i < series->count; i++) {
        const struct dcb_history_point *point = &series->points[i];
        double value = 100 * (point->ratio.estimate - 1);
        double low = 100 * (point->ratio.low - 1), high = 100 * (point->ratio.high - 1);
        bool known = isfinite(low) && isfinite(high);

        dcb_strbuf_appendf(out, "%.0f %.6g %.6g %.6g\n",
                           place_of(history, point->file, numbered), value,
                           known ? low : value, known ? high : value);
    }
    dcb_strbuf_append(out, "END\n");
}

/* Half-way between the two results. */
static void put_step(const struct dcb_history *history,
                     const struct dcb_history_series *series,
                     const struct dcb_history_step *step, size_t color, bool numbered,
                     struct dcb_strbuf *out)
{
    double before = place_of(history, series->points[step->before].file, numbered);
    size_t file = series->points[step->behind].file;
    const char *label = history->files[file].label;
    double behind = place_of(history, file, numbered);
    double place = before + (behind - before) / 2;

    dcb_strbuf_appendf(out,
                       "set arrow from %.1f, graph 0 to %.1f, graph 1 nohead linetype "
                       "%zu dashtype 2 linewidth 2\n"
                       "set label '",
                       place, place, color);
    if (label) {
        dcb_plot_text(out, label, STEP_WIDTH);
        dcb_strbuf_append(out, ": ");
    }
    dcb_strbuf_appendf(out,
                       "%+.1f %%' at %.1f, graph 1.05 center textcolor linetype %zu "
                       "noenhanced\n",
                       100 * (step->change.estimate - 1), place, color);
}

static void put_panel(const struct dcb_history *history, size_t first, size_t end,
                      bool numbered, struct dcb_strbuf *out)
{
    dcb_strbuf_append(out, "unset arrow\nunset label\nset title ");
    dcb_plot_label(out, history->series[first].workload, LABEL_WIDTH);
    dcb_strbuf_append(out, " noenhanced\n");
    for (size_t i = first; i < end; i++) {
        const struct dcb_history_series *series = &history->series[i];

        for (size_t k = 0; k < series->step_count; k++)
            put_step(history, series, &series->steps[k], i - first + 1, numbered, out);
    }
    for (size_t i = first; i < end; i++) {
        char *name = dcb_history_name(&history->series[i]);

        dcb_strbuf_appendf(out,
                           "%s$d%zu using 1:2:3:4 with yerrorbars linetype %zu "
                           "pointtype 7 pointsize 0.4 title ",
                           i == first ? "plot " : ", ", i, i - first + 1);
        dcb_plot_label(out, name, LABEL_WIDTH);
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

static void put_head(enum dcb_plot_format format, const char *output, size_t panels,
                     struct dcb_strbuf *out)
{
    dcb_strbuf_appendf(
        out,
        "set terminal %s size %d,%zu noenhanced background '#ffffff'\nset output '%s'\n"
        "set encoding utf8\nset xtics nomirror\nset ytics nomirror\n"
        "set format y '%%+.1f %%%%'\nset grid ytics\nset border 3\n"
        "set key outside right top\nset ylabel 'change against the baseline'\n",
        format == DCB_PLOT_SVG ? "svg" : "pngcairo", WIDTH, panels * PANEL_HEIGHT,
        output);
}

/* From the first result to the last, by days, by times of the day or by numbers. */
static void put_axis(const struct dcb_history *history, bool numbered,
                     struct dcb_strbuf *out)
{
    double first = place_of(history, 0, numbered);
    double last = place_of(history, history->file_count - 1, numbered);
    double span = last - first;
    double rest = fmax(0.02 * span, ((numbered ? 1 : least_span) - span) / 2);

    if (numbered)
        dcb_strbuf_append(out, "set xlabel 'number of the result, by time'\n");
    else
        dcb_strbuf_appendf(out, "set xdata time\nset timefmt '%%s'\nset format x '%s'\n",
                           span < MINUTES ? "%H:%M:%S"
                           : span < DAY   ? "%H:%M"
                                          : "%Y-%m-%d");
    dcb_strbuf_appendf(out, "set xrange [%.1f:%.1f]\n", first - rest, last + rest);
}

size_t dcb_history_plot(const struct dcb_history *history, enum dcb_plot_format format,
                        const char *output, struct dcb_strbuf *out)
{
    size_t wanted = count_panels(history), panels = wanted, first = 0;
    bool numbered = by_number(history);

    if (panels > DCB_PLOT_PANELS_MAX)
        panels = DCB_PLOT_PANELS_MAX;
    put_head(format, output, panels, out);
    put_axis(history, numbered, out);
    for (size_t i = 0; i < history->series_count; i++)
        put_data(history, i, numbered, out);
    dcb_strbuf_appendf(out, "set multiplot layout %zu,1\n", panels);
    for (size_t i = 0; i < panels; i++) {
        size_t end = block_end(history, first);

        put_panel(history, first, end, numbered, out);
        first = end;
    }
    dcb_strbuf_append(out, "unset multiplot\nunset output\n");
    return wanted - panels;
}
