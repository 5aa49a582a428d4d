#include "trace_plot.h"

#include <stdbool.h>
#include <stdlib.h>

#include "model.h"
#include "plot_text.h"
#include "strbuf.h"
#include "trace.h"
#include "xalloc.h"

enum { WIDTH = 960, PANEL_HEIGHT = 360, LABEL_WIDTH = 60 };

static double mib(double bytes)
{
    return bytes / (1024 * 1024);
}

/* $r: time, RSS, change; $p: time and size of the peaks. Panels are numbered through. */
static void put_data(const struct dcb_trace_cell *cell, size_t panel,
                     struct dcb_strbuf *out)
{
    size_t repeat = 0;

    dcb_strbuf_appendf(out, "$r%zu << END\n", panel);
    for (size_t i = 0; i < cell->sample_count; i++) {
        const struct dcb_trace_sample *sample = &cell->samples[i];
        double last =
            i ? (double)cell->samples[i - 1].rss_bytes : (double)sample->rss_bytes;

        dcb_strbuf_appendf(out, "%.6f %.4f %.4f\n", (double)sample->clock_ns / 1e9,
                           mib((double)sample->rss_bytes),
                           mib((double)sample->rss_bytes - last));
    }
    dcb_strbuf_appendf(out, "END\n$p%zu << END\n", panel);
    for (size_t i = 0; i < cell->sample_count && repeat < cell->repeat_count; i++) {
        const struct dcb_trace_sample *sample = &cell->samples[i];

        if (sample->what == DCB_TRACE_COPIED)
            dcb_strbuf_appendf(out, "%.6f %.4f\n", (double)sample->clock_ns / 1e9,
                               mib((double)cell->repeats[repeat++].peak_bytes));
    }
    dcb_strbuf_append(out, "END\n");
}

static void put_panel(const struct dcb_trace *trace, const struct dcb_trace_cell *cell,
                      size_t panel, struct dcb_strbuf *out)
{
    char *title = dcb_xasprintf("%s: %s", dcb_container_name(cell->container),
                                trace->request->impls[cell->impl].label);

    dcb_strbuf_append(out, "set title ");
    dcb_plot_label(out, title, LABEL_WIDTH);
    dcb_strbuf_appendf(
        out,
        " noenhanced\n"
        "plot $r%zu using 1:3 axes x1y2 with impulses linecolor rgb '#a0a0a0' "
        "title 'change', $r%zu using 1:2 with lines linetype 1 linewidth 1.5 "
        "title 'RSS'",
        panel, panel);
    if (cell->repeat_count)
        dcb_strbuf_appendf(out,
                           ", $p%zu using 1:2 with points pointtype 7 pointsize 0.7 "
                           "linecolor rgb '#c02020' title 'peak of a copy'",
                           panel);
    dcb_strbuf_append(out, "\n");
    free(title);
}

static bool has_panel(const struct dcb_trace_cell *cell)
{
    return cell->sample_count > 1;
}

static size_t count_panels(const struct dcb_trace *trace)
{
    size_t panels = 0;

    for (size_t i = 0; i < trace->cell_count; i++)
        panels += has_panel(&trace->cells[i]);
    return panels;
}

size_t dcb_trace_plot(const struct dcb_trace *trace, enum dcb_plot_format format,
                      const char *output, struct dcb_strbuf *out)
{
    size_t wanted = count_panels(trace), panels = wanted, panel = 0;

    if (panels > DCB_PLOT_PANELS_MAX)
        panels = DCB_PLOT_PANELS_MAX;
    for (size_t i = 0; i < trace->cell_count && panel < panels; i++) {
        if (has_panel(&trace->cells[i]))
            put_data(&trace->cells[i], panel++, out);
    }
    dcb_strbuf_appendf(
        out,
        "set terminal %s size %d,%zu noenhanced background '#ffffff'\nset output '%s'\n"
        "set encoding utf8\nset xtics nomirror\nset ytics nomirror\nset y2tics\n"
        "set yrange [0:*]\nset grid ytics\nset key outside right top\n"
        "set xlabel 'seconds'\nset ylabel 'RSS, MiB'\nset y2label 'change, MiB'\n"
        "set multiplot layout %zu,1\n",
        format == DCB_PLOT_SVG ? "svg" : "pngcairo", WIDTH,
        (panels ? panels : 1) * PANEL_HEIGHT, output, panels ? panels : 1);
    panel = 0;
    for (size_t i = 0; i < trace->cell_count && panel < panels; i++) {
        if (has_panel(&trace->cells[i]))
            put_panel(trace, &trace->cells[i], panel++, out);
    }
    dcb_strbuf_append(out, "unset multiplot\nunset output\n");
    return wanted - panels;
}
