#include "report_history.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "format.h"
#include "history.h"
#include "report_private.h"
#include "result.h"
#include "spark.h"
#include "steps.h"
#include "strbuf.h"
#include "text_table.h"
#include "utf8.h"
#include "xalloc.h"

enum {
    NAME_WIDTH = 18,      /* of an implementation */
    STEP_NAME_WIDTH = 14, /* beside the texts of a step */
    ORIGIN_WIDTH = 9,     /* of each side of a step, */
    ORIGIN_NARROW = 7,    /* where its time stands beside its date */
    MARKDOWN_WIDTH = 60,
    DATE_WIDTH = 10,
    COMMIT_WIDTH = 7,
    LINE_MIN = 10, /* of the picture */
    LINE_MAX = 40,
    TEXT_SIZE = 64
};

/* The least that the height of a picture stands for: 1 %. */
static const double least_range = 0.01;

/* The series [first, end) of one workload. */
struct block {
    const struct dcb_history *history;
    size_t first, end;
};

static struct block next_block(const struct dcb_history *history, size_t first)
{
    struct block block = {.history = history, .first = first, .end = first + 1};
    const struct dcb_history_series *all = history->series;

    while (block.end < history->series_count &&
           strcmp(all[block.end].workload, all[first].workload) == 0)
        block.end++;
    return block;
}

/* ---- texts ---- */

/* "812", "2,000". */
static const char *count_text(char *text, size_t count)
{
    if (count < 1000)
        snprintf(text, TEXT_SIZE, "%zu", count);
    else
        dcb_format_count(text, (double)count);
    return text;
}

/* "-12.1 +-0.4 %"; "x 31.2" for what is many times as slow. */
static const char *ratio_text(char *text, const struct dcb_interval *ratio)
{
    double half = 100 * (ratio->high - ratio->low) / 2;
    double percent = 100 * (ratio->estimate - 1);
    int digits = half < 0.095 ? 2 : 1;

    if (isfinite(half) && ratio->estimate < 10)
        snprintf(text, TEXT_SIZE, "%+.*f +-%.*f %%", digits, percent, digits, half);
    else
        dcb_format_change(text, ratio->estimate);
    return text;
}

static const char *interval_text(char *text, const struct dcb_interval *ratio)
{
    double low = 100 * (ratio->low - 1), high = 100 * (ratio->high - 1);
    int digits = high >= 99.95 ? 0 : high - low < 0.2 ? 2 : 1;

    if (ratio->high >= 10)
        snprintf(text, TEXT_SIZE, "x %.4g to x %.4g", ratio->low, ratio->high);
    else
        snprintf(text, TEXT_SIZE, "%+.*f to %+.*f %%", digits, low, digits, high);
    return text;
}

static const struct dcb_history_file *file_of(const struct dcb_history *history,
                                              const struct dcb_history_series *series,
                                              size_t point)
{
    return &history->files[series->points[point].file];
}

/* "v1.4 (abcd027)", the label alone, the commit alone, or the file's name. */
static char *full_origin(const struct dcb_history_file *file)
{
    const char *slash = strrchr(file->path, '/');

    if (file->label && file->commit)
        return dcb_xasprintf("%s (%.*s)", file->label, COMMIT_WIDTH, file->commit);
    if (file->commit)
        return dcb_xasprintf("%.*s", COMMIT_WIDTH, file->commit);
    return dcb_xstrdup(file->label ? file->label : slash ? slash + 1 : file->path);
}

/* By what people know two results: their labels, where these tell them apart, else their
 * commits, else their files. All that is known where there is room, in Markdown. */
static char *between_text(const struct dcb_sheet *sheet,
                          const struct dcb_history_file *before,
                          const struct dcb_history_file *behind, size_t width)
{
    const struct dcb_history_file *files[] = {before, behind};
    bool labels =
        before->label && behind->label && strcmp(before->label, behind->label) != 0;
    char *texts[2], *both;

    for (size_t i = 0; i < 2; i++) {
        struct dcb_history_file shown = *files[i];
        char *full;

        if (sheet->format != DCB_TABLE_MARKDOWN && labels)
            shown.commit = NULL;
        else if (sheet->format != DCB_TABLE_MARKDOWN && shown.commit)
            shown.label = NULL;
        full = full_origin(&shown);
        texts[i] = dcb_utf8_shorten(
            full, sheet->format == DCB_TABLE_MARKDOWN ? (size_t)MARKDOWN_WIDTH : width);
        free(full);
    }
    both = dcb_xasprintf("%s - %s", texts[0], texts[1]);
    free(texts[0]);
    free(texts[1]);
    return both;
}

static char *short_name(const struct dcb_history_series *series, size_t width)
{
    char *name = dcb_history_name(series), *shortened = dcb_utf8_shorten(name, width);

    free(name);
    return shortened;
}

/* ---- one workload ---- */

static size_t line_width(const struct block *block)
{
    /* The results, the first and the last ratio, and the blanks between. */
    size_t used = DCB_SHEET_INDENT + 2 + 7 + 2 + 2 + 14 + 2 + 14, widest = 14, left;

    for (size_t i = block->first; i < block->end; i++) {
        char *name = short_name(&block->history->series[i], NAME_WIDTH);
        size_t width = dcb_utf8_width(name);

        widest = width > widest ? width : widest;
        free(name);
    }
    left = DCB_SHEET_WIDTH - used - widest;
    return left < LINE_MIN ? LINE_MIN : left > LINE_MAX ? LINE_MAX : left;
}

static void series_row(const struct dcb_sheet *sheet, struct dcb_text_table *table,
                       const struct dcb_history_series *series, size_t width)
{
    struct dcb_strbuf line = DCB_STRBUF_INIT;
    double *values = dcb_history_values(series);
    char *name = short_name(series, NAME_WIDTH), text[TEXT_SIZE];

    dcb_spark_line(values, series->count, width, least_range, sheet->utf8, &line);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", name);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", count_text(text, series->count));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", line.text);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        ratio_text(text, &series->points[0].ratio));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        ratio_text(text, &series->points[series->count - 1].ratio));
    dcb_strbuf_clear(&line);
    free(name);
    free(values);
}

static void series_table(const struct dcb_sheet *sheet, const struct block *block)
{
    struct dcb_text_table *table = dcb_text_table_new();
    size_t width = line_width(block);

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "implementation");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "results");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "over time");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "first");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "last");
    for (size_t i = block->first; i < block->end; i++)
        series_row(sheet, table, &block->history->series[i], width);
    dcb_sheet_print_table(sheet, table);
    dcb_text_table_free(table);
}

static void step_row(const struct dcb_sheet *sheet, struct dcb_text_table *table,
                     const struct dcb_history *history,
                     const struct dcb_history_series *series,
                     const struct dcb_history_step *step)
{
    char *name = short_name(series, STEP_NAME_WIDTH), text[TEXT_SIZE];
    const char *when = dcb_history_when(text, history, series->points[step->behind].file);
    char *between =
        between_text(sheet, file_of(history, series, step->before),
                     file_of(history, series, step->behind),
                     strlen(when) > DATE_WIDTH ? ORIGIN_NARROW : ORIGIN_WIDTH);
    enum dcb_style style = step->change.estimate > 1 ? DCB_STYLE_BAD : DCB_STYLE_GOOD;

    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", when);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", name);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", between);
    dcb_text_table_cell(table, style, "%s",
                        dcb_format_change(text, step->change.estimate));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", interval_text(text, &step->change));
    free(name);
    free(between);
}

static void step_files(const struct dcb_sheet *sheet, const struct dcb_history *history,
                       const struct dcb_history_series *series,
                       const struct dcb_history_step *step)
{
    const struct dcb_history_file *before = file_of(history, series, step->before);
    const struct dcb_history_file *behind = file_of(history, series, step->behind);
    char *name = dcb_history_name(series);
    char *from = full_origin(before), *to = full_origin(behind);
    char *text = dcb_xasprintf(
        "%s, %s, is the last result before the step of %s, %s, %s, the first behind it; "
        "%zu and %zu results",
        before->path, from, name, behind->path, to, step->results_before,
        step->results_behind);

    dcb_sheet_remark(sheet, "", text);
    free(from);
    free(to);
    free(name);
    free(text);
}

static size_t step_count(const struct block *block)
{
    size_t count = 0;

    for (size_t i = block->first; i < block->end; i++)
        count += block->history->series[i].step_count;
    return count;
}

static void step_table(const struct dcb_sheet *sheet, const struct block *block)
{
    struct dcb_text_table *table = dcb_text_table_new();

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "step");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "implementation");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "between");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "change");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "95 % interval");
    for (size_t i = block->first; i < block->end; i++) {
        const struct dcb_history_series *series = &block->history->series[i];

        for (size_t k = 0; k < series->step_count; k++)
            step_row(sheet, table, block->history, series, &series->steps[k]);
    }
    dcb_sheet_print_table(sheet, table);
    dcb_text_table_free(table);
    for (size_t i = block->first; sheet->verbosity > 0 && i < block->end; i++) {
        const struct dcb_history_series *series = &block->history->series[i];

        for (size_t k = 0; k < series->step_count; k++)
            step_files(sheet, block->history, series, &series->steps[k]);
    }
}

/* "1.2 %"; "x 3" for more than a doubling. */
static char *size_text(double ratio)
{
    double percent = 100 * (ratio - 1);

    if (ratio > 2)
        return dcb_xasprintf("x %.2g", ratio);
    return dcb_xasprintf("%.*f %%",
                         percent < 0.995  ? 2
                         : percent < 9.95 ? 1
                                          : 0,
                         percent);
}

/* That none was found, and what would have been; or that none was looked for. */
static void no_steps(const struct dcb_sheet *sheet, const struct block *block)
{
    const struct dcb_history_series *blind = NULL; /* the least sure one */
    size_t most = 0;
    char *text, *size;

    for (size_t i = block->first; i < block->end; i++) {
        const struct dcb_history_series *series = &block->history->series[i];

        most = series->judged > most ? series->judged : most;
        if (series->judged >= 2 * DCB_STEPS_SEGMENT &&
            (!blind || series->detectable > blind->detectable))
            blind = series;
    }
    size = blind ? size_text(blind->detectable) : NULL;
    if (!blind)
        text = dcb_xasprintf("too few results to look for steps (%zu with an interval, "
                             "%d needed)",
                             most, 2 * DCB_STEPS_SEGMENT);
    else if (isfinite(blind->detectable))
        text =
            dcb_xasprintf("no step; in the middle of %zu results, one of %s would show",
                          blind->judged, size);
    else
        text = dcb_xasprintf("no step; of %zu results, none would show for so many "
                             "series",
                             blind->judged);
    dcb_sheet_remark(sheet, "", text);
    free(size);
    free(text);
}

static void put_block(const struct dcb_sheet *sheet, const struct block *block)
{
    size_t steps = step_count(block);

    if (sheet->verbosity < 0 && steps == 0)
        return;
    dcb_sheet_heading(sheet, block->history->series[block->first].workload);
    if (sheet->verbosity >= 0) {
        series_table(sheet, block);
        if (steps)
            dcb_strbuf_append(sheet->out, "\n");
    }
    if (steps)
        step_table(sheet, block);
    else
        no_steps(sheet, block);
}

/* ---- the whole ---- */

static void header(const struct dcb_sheet *sheet, const struct dcb_history *history)
{
    char first[DCB_HISTORY_DATE], last[DCB_HISTORY_DATE], count[TEXT_SIZE];

    dcb_history_date(first, history->files[0].time_s);
    dcb_history_date(last, history->files[history->file_count - 1].time_s);
    dcb_strbuf_appendf(sheet->out, "dcbench " DCB_VERSION ": %s result%s, %s to %s\n",
                       count_text(count, history->file_count),
                       history->file_count == 1 ? "" : "s", first, last);
}

static void put_history(const struct dcb_sheet *sheet, const struct dcb_history *history)
{
    bool markdown = sheet->format == DCB_TABLE_MARKDOWN;

    if (history->file_count == 0)
        return;
    if (sheet->verbosity >= 0)
        header(sheet, history);
    for (size_t i = 0; i < history->series_count;) {
        struct block block = next_block(history, i);

        put_block(sheet, &block);
        i = block.end;
    }
    if (sheet->verbosity >= 0) {
        dcb_strbuf_append(sheet->out, "\n");
        dcb_sheet_remark(
            sheet, "",
            "over time: the ratio to the baseline of each run, or the median of "
            "neighbours; up is slower. A line is as high as its own range, at least 1 %. "
            "first, last: change against the baseline, with the interval of that run.");
        dcb_sheet_remark(sheet, "",
                         "step: when the first result behind it was made (UTC); between: "
                         "the last result before and the first behind it, by label, "
                         "commit or file.");
    }
    for (size_t i = 0; i < history->note_count; i++)
        dcb_sheet_remark(sheet, markdown ? "Note: " : "note: ", history->notes[i]);
}

void dcb_report_history(const struct dcb_history *history, int verbosity, bool color,
                        bool utf8, struct dcb_strbuf *out)
{
    struct dcb_sheet sheet = {.format = DCB_TABLE_TEXT,
                              .verbosity = verbosity,
                              .color = color,
                              .utf8 = utf8,
                              .out = out};

    put_history(&sheet, history);
}

void dcb_report_history_markdown(const struct dcb_history *history, int verbosity,
                                 bool utf8, struct dcb_strbuf *out)
{
    struct dcb_sheet sheet = {
        .format = DCB_TABLE_MARKDOWN, .verbosity = verbosity, .utf8 = utf8, .out = out};

    put_history(&sheet, history);
}

/* ---- CSV ---- */

static void csv_number(struct dcb_text_table *table, double value)
{
    if (isfinite(value))
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%.8g", value);
    else
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "");
}

static void csv_time(struct dcb_text_table *table, int64_t time_s)
{
    char text[DCB_HISTORY_DATE] = "";
    time_t time = (time_t)time_s;
    struct tm utc;

    if (gmtime_r(&time, &utc))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", text);
}

static bool begins_step(const struct dcb_history_series *series, size_t point)
{
    for (size_t i = 0; i < series->step_count; i++) {
        if (series->steps[i].behind == point)
            return true;
    }
    return false;
}

static void csv_row(struct dcb_text_table *table, const struct dcb_history *history,
                    const struct dcb_history_series *series, size_t index)
{
    const struct dcb_history_point *point = &series->points[index];
    const struct dcb_history_file *file = file_of(history, series, index);

    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", series->workload);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", series->impl);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%zu", series->part);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", series->baseline);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", series->python);
    csv_time(table, file->time_s);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", file->path);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", file->label ? file->label : "");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", file->commit ? file->commit : "");
    csv_number(table, point->ratio.estimate);
    csv_number(table, point->ratio.low);
    csv_number(table, point->ratio.high);
    csv_number(table, point->error);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%d", begins_step(series, index));
}

void dcb_report_history_csv(const struct dcb_history *history, struct dcb_strbuf *out)
{
    static const char *const columns[] = {
        "workload", "impl",   "part",  "baseline",  "python",     "date",      "file",
        "label",    "commit", "ratio", "ratio_low", "ratio_high", "log_error", "step",
    };
    struct dcb_text_table *table = dcb_text_table_new();

    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        dcb_text_table_column(table, DCB_ALIGN_LEFT, columns[i]);
    for (size_t i = 0; i < history->series_count; i++) {
        for (size_t k = 0; k < history->series[i].count; k++)
            csv_row(table, history, &history->series[i], k);
    }
    dcb_text_table_print(table, DCB_TABLE_CSV, 0, false, out);
    dcb_text_table_free(table);
}
