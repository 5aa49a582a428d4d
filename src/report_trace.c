#include "report_trace.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ci.h"
#include "format.h"
#include "format_bytes.h"
#include "model.h"
#include "report_private.h"
#include "result.h"
#include "strbuf.h"
#include "trace_chart.h"
#include "utf8.h"
#include "xalloc.h"

enum { LABEL_WIDTH = 18, CHART_WIDTH = 66, CHART_HEIGHT = 6 };

static const struct dcb_spec *spec_of(const struct dcb_trace *trace,
                                      const struct dcb_trace_cell *cell)
{
    return &trace->request->impls[cell->impl];
}

static void remark(const struct dcb_sheet *sheet, const char *prefix, char *take_text)
{
    dcb_sheet_remark(sheet, prefix, take_text);
    free(take_text);
}

/* ---- the summary ---- */

static void bytes_cell(struct dcb_text_table *table, double bytes)
{
    char text[DCB_FORMAT_BYTES_SIZE];

    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", dcb_format_bytes(text, bytes));
}

static void number_cell(struct dcb_text_table *table, double number)
{
    if (isnan(number))
        dcb_text_table_cell(table, DCB_STYLE_DIM, "-");
    else
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%.3f", number);
}

static void append_row(const struct dcb_trace *trace, const struct dcb_trace_cell *cell,
                       struct dcb_text_table *table)
{
    char *label = dcb_utf8_shorten(spec_of(trace, cell)->label, LABEL_WIDTH);
    struct dcb_trace_summary summary;
    char peak[DCB_FORMAT_BYTES_SIZE];

    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", label);
    free(label);
    if (!dcb_trace_summarize(cell, trace->request->size_bytes, &summary)) {
        for (int i = 0; i < 5; i++)
            dcb_text_table_cell(table, DCB_STYLE_DIM, "-");
        dcb_text_table_cell(table, DCB_STYLE_BAD, "%s",
                            cell->failure ? "failed" : "not traced");
        return;
    }
    bytes_cell(table, (double)summary.start_bytes);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s%s", summary.exact ? "" : ">= ",
                        dcb_format_bytes(peak, (double)summary.peak_bytes));
    bytes_cell(table, (double)summary.end_bytes);
    number_cell(table, summary.of_size);
    number_cell(table, summary.of_theory);
    if (cell->failure)
        dcb_text_table_cell(table, DCB_STYLE_BAD, "failed");
    else
        dcb_text_table_cell(table, summary.grows ? DCB_STYLE_BAD : DCB_STYLE_GOOD, "%s",
                            summary.grows         ? "grows"
                            : summary.slope_known ? "no leak"
                                                  : "-");
}

static void append_summary(const struct dcb_sheet *sheet, const struct dcb_trace *trace,
                           enum dcb_container container)
{
    struct dcb_text_table *table = dcb_text_table_new();

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "implementation");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "start");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "peak");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "end");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "x size");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "x theory");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "in the end");
    for (size_t i = 0; i < trace->cell_count; i++) {
        if (trace->cells[i].container == container)
            append_row(trace, &trace->cells[i], table);
    }
    dcb_sheet_print_table(sheet, table);
    dcb_text_table_free(table);
}

/* ---- what is alive at the peak ---- */

static void term_row(struct dcb_text_table *table, const char *name, const char *count,
                     double asked, double taken)
{
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", name);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", count);
    if (isnan(asked))
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "");
    else
        bytes_cell(table, asked);
    bytes_cell(table, taken);
}

static const char *whole(char *text, uint64_t number)
{
    if (number >= 1000)
        return dcb_format_count(text, (double)number);
    snprintf(text, DCB_FORMAT_SIZE, "%d", (int)number);
    return text;
}

static void append_terms(const struct dcb_sheet *sheet, const struct dcb_trace_cell *cell,
                         const struct dcb_trace_summary *summary)
{
    struct dcb_text_table *table;
    double rest = (double)summary->peak_bytes - (double)summary->start_bytes -
                  (double)summary->theory_bytes;

    if (cell->term_count == 0)
        return;
    table = dcb_text_table_new();
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "alive at the peak");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "objects");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "getsizeof");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "in blocks");
    term_row(table, "interpreter at start", "", DCB_UNKNOWN,
             (double)summary->start_bytes);
    for (size_t i = 0; i < cell->term_count; i++) {
        const struct dcb_trace_term *term = &cell->terms[i];
        char count[DCB_FORMAT_SIZE];

        if (term->count)
            term_row(table, term->name, whole(count, term->count), (double)term->bytes,
                     (double)term->taken_bytes);
    }
    term_row(table, rest < 0 ? "less than that (untouched room)" : "not in these terms",
             "", DCB_UNKNOWN, rest);
    dcb_sheet_print_table(sheet, table);
    dcb_text_table_free(table);
}

/* ---- the chart ---- */

static void append_chart(const struct dcb_sheet *sheet, const struct dcb_trace_cell *cell)
{
    struct dcb_chart_point *points;
    size_t count = 0, repeat = 0;

    if (sheet->format != DCB_TABLE_TEXT || cell->sample_count < 2)
        return;
    points = dcb_xcalloc(cell->sample_count, sizeof *points);
    for (size_t i = 0; i < cell->sample_count; i++) {
        const struct dcb_trace_sample *sample = &cell->samples[i];
        uint64_t value = sample->rss_bytes;

        if (sample->what == DCB_TRACE_COPIED && repeat < cell->repeat_count)
            value = cell->repeats[repeat++].peak_bytes;
        if (count == 0 || sample->clock_ns >= points[count - 1].place)
            points[count++] =
                (struct dcb_chart_point){.place = sample->clock_ns, .value = value};
    }
    dcb_trace_chart(points, count, CHART_WIDTH, CHART_HEIGHT, sheet->utf8, sheet->out);
    dcb_strbuf_appendf(sheet->out, "  %*s 0 to %.3g s\n", 9, "",
                       (double)points[count - 1].place / 1e9);
    free(points);
}

/* ---- one implementation ---- */

static void append_notes(const struct dcb_sheet *sheet, const struct dcb_trace *trace,
                         const struct dcb_trace_cell *cell,
                         const struct dcb_trace_summary *summary)
{
    char low[DCB_FORMAT_BYTES_SIZE], high[DCB_FORMAT_BYTES_SIZE];

    remark(sheet, "", dcb_trace_leak_text(summary));
    remark(sheet, "",
           dcb_xasprintf("peaks of %zu repeats: %s to %s%s", cell->repeat_count,
                         dcb_format_bytes(low, (double)summary->least_peak_bytes),
                         dcb_format_bytes(high, (double)summary->peak_bytes),
                         summary->exact
                             ? ""
                             : "; sampled, so these are lower bounds: this kernel does "
                               "not let its own be reset (/proc/self/clear_refs)"));
    if (summary->kept_bytes > trace->request->size_bytes / 100)
        remark(sheet, "",
               dcb_xasprintf("libc's malloc kept up to %s of what was dropped until it "
                             "was told to give back what is free",
                             dcb_format_bytes(high, (double)summary->kept_bytes)));
    if (isfinite(summary->slowdown))
        remark(sheet, "",
               dcb_xasprintf("samples: %zu; with them copying took %.2f times as long",
                             cell->sample_count, summary->slowdown));
    if (cell->dropped)
        remark(sheet, "",
               dcb_xasprintf("%llu smaller changes are not among the samples (about %d "
                             "are kept)",
                             (unsigned long long)cell->dropped, DCB_TRACE_SAMPLES));
    if (cell->no_memo)
        remark(sheet, "",
               dcb_xasprintf("its memo is not among the terms: %s", cell->no_memo));
}

static void append_cell(const struct dcb_sheet *sheet, const struct dcb_trace *trace,
                        const struct dcb_trace_cell *cell)
{
    struct dcb_trace_summary summary;
    char *label = dcb_utf8_shorten(spec_of(trace, cell)->label, 60);

    if (cell->failure)
        remark(sheet, "", dcb_xasprintf("%s: %s", label, cell->failure));
    if (sheet->verbosity >= 0 &&
        dcb_trace_summarize(cell, trace->request->size_bytes, &summary)) {
        char *heading =
            dcb_xasprintf("%s: %s", dcb_container_name(cell->container), label);

        dcb_sheet_heading(sheet, heading);
        free(heading);
        append_chart(sheet, cell);
        if (cell->term_count && sheet->format == DCB_TABLE_TEXT)
            dcb_strbuf_append(sheet->out, "\n");
        append_terms(sheet, cell, &summary);
        append_notes(sheet, trace, cell, &summary);
    }
    free(label);
}

static void append_header(const struct dcb_sheet *sheet, const struct dcb_trace *trace)
{
    const struct dcb_python *python = trace->python;
    const char *implementation = python ? python->implementation : NULL;
    const char *version = python ? python->version : NULL;
    char size[DCB_FORMAT_BYTES_SIZE], *line;

    if (implementation && strcmp(implementation, "cpython") == 0)
        implementation = "CPython";
    line = dcb_xasprintf("dcbench " DCB_VERSION ": memory over time; %s %s; %.*f s",
                         implementation ? implementation : "Python",
                         version ? version : "(not known)", trace->elapsed_s < 10,
                         trace->elapsed_s);
    if (sheet->verbosity >= 0)
        dcb_sheet_line(sheet, line, false);
    free(line);
    line = dcb_xasprintf("%u time%s built, copied and dropped, %s each",
                         trace->request->repeats, trace->request->repeats == 1 ? "" : "s",
                         dcb_format_bytes(size, (double)trace->request->size_bytes));
    dcb_sheet_line(sheet, line, !trace->stopped);
    free(line);
}

void dcb_report_trace(const struct dcb_trace *trace,
                      const struct dcb_report_trace_look *look, struct dcb_strbuf *out)
{
    struct dcb_sheet sheet = {.format = look->format,
                              .verbosity = look->verbosity,
                              .color = look->color,
                              .utf8 = look->utf8,
                              .out = out};
    const struct dcb_trace_request *request = trace->request;

    append_header(&sheet, trace);
    if (trace->stopped)
        dcb_sheet_line(&sheet, "interrupted: this is what there is so far", true);
    for (int i = 0; i < DCB_CONTAINER_COUNT; i++) {
        if (!request->containers[i])
            continue;
        dcb_sheet_heading(&sheet, dcb_container_name((enum dcb_container)i));
        append_summary(&sheet, trace, (enum dcb_container)i);
        for (size_t k = 0; k < trace->cell_count; k++) {
            if (trace->cells[k].container == (enum dcb_container)i)
                append_cell(&sheet, trace, &trace->cells[k]);
        }
    }
}

/* ---- for programs ---- */

static void csv_sample(struct dcb_text_table *table, const char *container,
                       const char *label, const struct dcb_trace_sample *sample,
                       const struct dcb_trace_sample *last)
{
    uint64_t event = last ? last->event : 0;
    double change = (double)sample->rss_bytes - (last ? (double)last->rss_bytes : 0);

    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", container);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", label);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", sample->before ? "PREV" : "NEXT");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%llu",
                        (unsigned long long)sample->event);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%lld",
                        (long long)(sample->event - event));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%.6f", (double)sample->clock_ns / 1e9);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", dcb_trace_what_name(sample->what));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", sample->file);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%u", sample->line);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", sample->function);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%llu",
                        (unsigned long long)sample->rss_bytes);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%.0f", change);
}

void dcb_report_trace_csv(const struct dcb_trace *trace, struct dcb_strbuf *out)
{
    static const char *const titles[] = {"container", "implementation", "sample", "event",
                                         "devent",    "clock",          "what",   "file",
                                         "line",      "function",       "rss",    "drss"};
    struct dcb_text_table *table = dcb_text_table_new();

    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        dcb_text_table_column(table, DCB_ALIGN_LEFT, titles[i]);
    for (size_t i = 0; i < trace->cell_count; i++) {
        const struct dcb_trace_cell *cell = &trace->cells[i];

        for (size_t k = 0; k < cell->sample_count; k++)
            csv_sample(table, dcb_container_name(cell->container),
                       spec_of(trace, cell)->label, &cell->samples[k],
                       k ? &cell->samples[k - 1] : NULL);
    }
    dcb_text_table_print(table, DCB_TABLE_CSV, 0, false, out);
    dcb_text_table_free(table);
}

void dcb_report_trace_ci(const struct dcb_trace *trace, struct dcb_ci *ci)
{
    for (size_t i = 0; i < trace->cell_count; i++) {
        const struct dcb_trace_cell *cell = &trace->cells[i];
        const char *label = spec_of(trace, cell)->label;
        const char *container = dcb_container_name(cell->container);

        if (cell->failure)
            dcb_ci_add(ci, container, label, "trace",
                       cell->wrong ? DCB_CI_FAILED : DCB_CI_ERROR, "%s: %s: %s",
                       container, label, cell->failure);
        else if (cell->asked)
            dcb_ci_add(ci, container, label, "trace", DCB_CI_PASSED, "%zu repeats traced",
                       cell->repeat_count);
        else
            dcb_ci_add(ci, container, label, "trace", DCB_CI_UNDECIDED,
                       "%s: %s was not traced to the end", container, label);
    }
}
