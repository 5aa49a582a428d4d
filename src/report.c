#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis.h"
#include "format.h"
#include "result.h"
#include "strbuf.h"
#include "text_table.h"
#include "utf8.h"
#include "xalloc.h"

enum { LINE_WIDTH = 79, INDENT = 2, HEADING_MAX = 14 };

/* How the same tables come out as terminal text and as Markdown. */
struct sheet {
    const struct dcb_result *result;
    enum dcb_table_format format;
    int verbosity;
    bool color;
    struct dcb_strbuf *out;
};

/* ---- pieces of the sheet ---- */

static void heading(const struct sheet *sheet, const char *text)
{
    if (sheet->format == DCB_TABLE_MARKDOWN)
        dcb_strbuf_appendf(sheet->out, "\n### %s\n\n", text);
    else if (sheet->color)
        dcb_strbuf_appendf(sheet->out, "\n\x1b[1m%s\x1b[0m\n", text);
    else
        dcb_strbuf_appendf(sheet->out, "\n%s\n", text);
}

static void print_table(const struct sheet *sheet, const struct dcb_text_table *table)
{
    dcb_text_table_print(table, sheet->format,
                         sheet->format == DCB_TABLE_TEXT ? INDENT : 0, sheet->color,
                         sheet->out);
}

/* On one line and without what a terminal might obey: messages come out of the code under
 * test. The caller frees it. */
static char *printable(const char *raw)
{
    char *text = dcb_xstrdup(raw);

    for (char *c = text; *c; c++) {
        if (*c == '\n')
            *c = ' ';
    }
    dcb_utf8_make_printable(text);
    return text;
}

/* A line below a table, broken between words where it is too long for the terminal. */
static void remark(const struct sheet *sheet, const char *prefix, const char *raw)
{
    size_t column = INDENT + strlen(prefix);
    char *text = printable(raw);
    const char *word = text;

    if (sheet->format == DCB_TABLE_MARKDOWN) {
        dcb_strbuf_appendf(sheet->out, "\n%s%s\n", prefix, text);
        free(text);
        return;
    }
    dcb_strbuf_appendf(sheet->out, "%*s%s", INDENT, "", prefix);
    while (*word) {
        size_t length = strcspn(word, " ");

        if (word != text && column + 1 + length > LINE_WIDTH) {
            dcb_strbuf_appendf(sheet->out, "\n%*s", INDENT + 2, "");
            column = INDENT + 2;
        } else if (word != text) {
            dcb_strbuf_append(sheet->out, " ");
            column++;
        }
        dcb_strbuf_append_bytes(sheet->out, word, length);
        column += length;
        word += length + strspn(word + length, " ");
    }
    dcb_strbuf_append(sheet->out, "\n");
    free(text);
}

static enum dcb_style verdict_style(enum dcb_verdict verdict)
{
    return verdict == DCB_VERDICT_FASTER   ? DCB_STYLE_GOOD
           : verdict == DCB_VERDICT_SLOWER ? DCB_STYLE_BAD
                                           : DCB_STYLE_PLAIN;
}

static void header(const struct sheet *sheet)
{
    const struct dcb_result *result = sheet->result;
    const struct dcb_sysinfo *system = &result->system;
    const char *implementation = result->python.implementation;
    const char *line_end = sheet->format == DCB_TABLE_MARKDOWN ? "  \n" : "\n";

    dcb_strbuf_appendf(
        sheet->out, "dcbench " DCB_VERSION ": deepcopy on %s %s%s",
        implementation && strcmp(implementation, "cpython") == 0 ? "CPython" : "Python",
        result->python.version ? result->python.version : result->plan->python_version,
        line_end);
    dcb_strbuf_appendf(sheet->out, "%s, %d CPU%s%s, %s%s", system->cpu, system->cpus,
                       system->cpus == 1 ? "" : "s",
                       system->virtual_machine ? ", virtual machine" : "", system->kernel,
                       line_end);
}

/* "counters: kernel; no hardware counters: <reason>" */
static void counter_header(const struct sheet *sheet)
{
    const struct dcb_result *result = sheet->result;
    const char *reason = NULL;
    bool kernel = false, hardware = false;

    if (result->plan->row_count == 0) {
        dcb_strbuf_append(sheet->out, "counters: none (--counters none)\n");
        return;
    }
    for (size_t row = 0; row < result->plan->row_count; row++) {
        enum dcb_provider provider = result->plan->rows[row].provider;
        bool counted = dcb_result_row_counted(result, row);

        kernel = kernel || (provider == DCB_PROVIDER_KERNEL && counted);
        hardware = hardware || (provider == DCB_PROVIDER_HARDWARE && counted);
        if (provider == DCB_PROVIDER_HARDWARE && !counted && !reason)
            reason = result->row_reasons[row];
    }
    dcb_strbuf_appendf(sheet->out, "counters: %s%s%s", hardware ? "hardware" : "",
                       hardware && kernel ? ", " : "",
                       kernel     ? "kernel"
                       : hardware ? ""
                                  : "none");
    /* The reason in full stands below the tables. */
    if (!hardware && reason)
        dcb_strbuf_appendf(sheet->out, "; no hardware counters%s",
                           result->system.virtual_machine ? ": virtual machine" : "");
    dcb_strbuf_append(sheet->out, "\n");
}

/* ---- times ---- */

static void interval_text(char *text, size_t size, const struct dcb_interval *ratio)
{
    double low = 100 * (ratio->low - 1), high = 100 * (ratio->high - 1);
    int digits = high >= 99.95 ? 0 : high - low < 0.2 ? 2 : 1;

    if (isfinite(low) && ratio->high >= 10)
        snprintf(text, size, "x %.4g to x %.4g", ratio->low, ratio->high);
    else if (isfinite(low) && isfinite(high))
        snprintf(text, size, "%+.*f to %+.*f %%", digits, low, digits, high);
    else
        snprintf(text, size, "-");
}

static void time_row(const struct sheet *sheet, struct dcb_text_table *table,
                     const struct dcb_cell *cell)
{
    bool failed = cell->failure != DCB_FAILURE_NONE;
    bool baseline = cell->role == DCB_ROLE_BASELINE;
    const char *verdict = failed     ? "failed"
                          : baseline ? "baseline"
                          : cell->verdict == DCB_VERDICT_NONE
                              ? "-"
                              : dcb_verdict_name(cell->verdict);
    enum dcb_style style = failed ? DCB_STYLE_BAD : verdict_style(cell->verdict);
    char time[DCB_FORMAT_SIZE], change[DCB_FORMAT_SIZE], interval[64];

    if (cell->role == DCB_ROLE_CONTROL)
        dcb_text_table_cell(table, DCB_STYLE_DIM, "control");
    else
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                            dcb_result_arm_label(sheet->result, cell));
    dcb_text_table_cell(
        table, DCB_STYLE_PLAIN, "%s",
        dcb_format_time(time, cell->time.count ? cell->time.median : DCB_UNKNOWN));
    if (cell->time.count > 1)
        dcb_text_table_cell(table, DCB_STYLE_DIM, "%.0f %%",
                            100 * cell->time.stddev / cell->time.median);
    else
        dcb_text_table_cell(table, DCB_STYLE_DIM, "-");
    interval_text(interval, sizeof interval, &cell->ratio);
    dcb_text_table_cell(table, style, "%s",
                        baseline ? "" : dcb_format_change(change, cell->ratio.estimate));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", baseline ? "" : interval);
    dcb_text_table_cell(table, style, "%s", verdict);
}

static void time_table(const struct sheet *sheet,
                       const struct dcb_workload_result *workload)
{
    const struct dcb_plan *plan = sheet->result->plan;
    struct dcb_text_table *table = dcb_text_table_new();
    char title[64];

    snprintf(title, sizeof title, "%g %% interval", 100 * plan->confidence);
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "implementation");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "time");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "spread");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "change");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, title);
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "verdict");
    for (size_t i = 0; i < workload->cell_count; i++)
        time_row(sheet, table, &workload->cells[i]);
    print_table(sheet, table);
    dcb_text_table_free(table);
}

/* Why an arm has no numbers: in every verbosity, right below its row. */
static void failure_remarks(const struct sheet *sheet,
                            const struct dcb_workload_result *workload)
{
    if (workload->failure) {
        remark(sheet, "", workload->failure);
        return;
    }
    for (size_t i = 0; i < workload->cell_count; i++) {
        const struct dcb_cell *cell = &workload->cells[i];
        char *line;

        if (cell->failure == DCB_FAILURE_NONE || cell->role == DCB_ROLE_CONTROL)
            continue;
        line = dcb_xasprintf("%s %s", dcb_result_arm_label(sheet->result, cell),
                             cell->status);
        remark(sheet, "", line);
        free(line);
    }
}

/* Of the candidates; of the control where there is none. */
static double largest_detectable(const struct dcb_workload_result *workload)
{
    double largest = DCB_UNKNOWN;

    for (size_t i = workload->cell_count > 2 ? 2 : 1; i < workload->cell_count; i++) {
        double detectable = workload->cells[i].detectable;

        if (isfinite(detectable) && !(detectable <= largest))
            largest = detectable;
    }
    return largest;
}

static void effort_remark(const struct sheet *sheet,
                          const struct dcb_workload_result *workload)
{
    const struct dcb_plan *plan = sheet->result->plan;
    struct dcb_strbuf line = DCB_STRBUF_INIT;
    double detectable = largest_detectable(workload);
    uint64_t rounds = 0;

    if (workload->failure)
        return;
    for (size_t i = 0; i < workload->worker_count; i++)
        rounds += workload->workers[i].rounds;
    dcb_strbuf_appendf(&line, "%zu worker%s, %llu round%s in %.1f s",
                       workload->worker_count, workload->worker_count == 1 ? "" : "s",
                       (unsigned long long)rounds, rounds == 1 ? "" : "s",
                       workload->elapsed_s);
    if (isfinite(workload->reached))
        dcb_strbuf_appendf(&line, "; wanted +-%g %%, got +-%.2f %%",
                           100 * plan->precision, 100 * workload->reached);
    if (isfinite(detectable))
        dcb_strbuf_appendf(&line, "; a true difference of %.1f %% would show",
                           100 * detectable);
    remark(sheet, "", line.text);
    dcb_strbuf_clear(&line);
}

/* ---- counters ---- */

static double base_value(const struct dcb_workload_result *workload, size_t row)
{
    return workload->cells[0].counters[row].value;
}

static bool counted(const struct dcb_workload_result *workload, size_t row)
{
    for (size_t i = 0; i < workload->cell_count; i++) {
        if (isfinite(workload->cells[i].counters[row].value))
            return true;
    }
    return false;
}

static bool is_time(const struct dcb_plan_row *row)
{
    return row->kind == DCB_KIND_WALL || row->kind == DCB_KIND_CPU;
}

static void counter_change(struct dcb_text_table *table, const struct dcb_plan_row *row,
                           const struct dcb_counter_value *counter)
{
    bool rare = dcb_plan_row_is_rare(row);
    char text[DCB_FORMAT_SIZE];

    /* A handful of context switches more or less is no change. */
    if (rare && counter->ratio.low <= 1 && counter->ratio.high >= 1)
        dcb_text_table_cell(table, DCB_STYLE_DIM, "unclear");
    else
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                            dcb_format_change(text, counter->ratio.estimate));
}

/* A label as a heading: cut on a terminal, where two long ones would break the line. */
static void column_of_arm(const struct sheet *sheet, struct dcb_text_table *table,
                          const char *label)
{
    char cut[64];

    if (sheet->format == DCB_TABLE_TEXT && strlen(label) > HEADING_MAX) {
        snprintf(cut, sizeof cut, "%.*s~", HEADING_MAX - 1, label);
        label = cut;
    }
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, label);
}

/* The report's shape: baseline, candidate, difference, percent. */
static void counter_table_one(const struct sheet *sheet,
                              const struct dcb_workload_result *workload,
                              const struct dcb_cell *cell)
{
    const struct dcb_plan *plan = sheet->result->plan;
    struct dcb_text_table *table = dcb_text_table_new();
    char text[DCB_FORMAT_SIZE];

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "counter/iteration");
    column_of_arm(sheet, table, plan->arms[0].label);
    column_of_arm(sheet, table,
                  cell->role == DCB_ROLE_CONTROL
                      ? "control"
                      : dcb_result_arm_label(sheet->result, cell));
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "delta");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "change");
    for (size_t row = 0; row < plan->row_count; row++) {
        const struct dcb_counter_value *counter = &cell->counters[row];
        double base = base_value(workload, row);

        if (!counted(workload, row))
            continue;
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s%s", plan->rows[row].name,
                            is_time(&plan->rows[row]) ? " (ns)" : "");
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", dcb_format_count(text, base));
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                            dcb_format_count(text, counter->value));
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                            dcb_format_delta(text, counter->value - base));
        counter_change(table, &plan->rows[row], counter);
    }
    print_table(sheet, table);
    dcb_text_table_free(table);
}

/* Several candidates: the baseline's value and each one's change, `count` cells from
 * `first`. */
static void counter_table_many(const struct sheet *sheet,
                               const struct dcb_workload_result *workload, size_t first,
                               size_t count)
{
    const struct dcb_plan *plan = sheet->result->plan;
    struct dcb_text_table *table = dcb_text_table_new();
    char text[DCB_FORMAT_SIZE];

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "counter/iteration");
    column_of_arm(sheet, table, plan->arms[0].label);
    for (size_t i = first; i < first + count; i++)
        dcb_text_table_column(table, DCB_ALIGN_RIGHT,
                              dcb_result_arm_label(sheet->result, &workload->cells[i]));
    for (size_t row = 0; row < plan->row_count; row++) {
        if (!counted(workload, row))
            continue;
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s%s", plan->rows[row].name,
                            is_time(&plan->rows[row]) ? " (ns)" : "");
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                            dcb_format_count(text, base_value(workload, row)));
        for (size_t i = first; i < first + count; i++)
            counter_change(table, &plan->rows[row], &workload->cells[i].counters[row]);
    }
    print_table(sheet, table);
    dcb_text_table_free(table);
}

/* How many candidates from `first` fit beside each other. */
static size_t candidates_that_fit(const struct sheet *sheet,
                                  const struct dcb_workload_result *workload,
                                  size_t first)
{
    size_t width = INDENT + 21 + 2 + HEADING_MAX, count = 0;

    while (first + count < workload->cell_count) {
        size_t label =
            strlen(dcb_result_arm_label(sheet->result, &workload->cells[first + count]));

        width += 2 + (label > 8 ? label : 8);
        if (count > 0 && width > LINE_WIDTH && sheet->format == DCB_TABLE_TEXT)
            break;
        count++;
    }
    return count;
}

/* Rows without a value, one line for each reason. */
static void missing_rows(const struct sheet *sheet)
{
    const struct dcb_result *result = sheet->result;
    size_t rows = result->plan->row_count;
    bool *told = dcb_xcalloc(rows + 1, sizeof *told);

    for (size_t row = 0; row < rows; row++) {
        struct dcb_strbuf line = DCB_STRBUF_INIT;
        const char *reason = result->row_reasons[row];

        if (told[row] || !reason || dcb_result_row_counted(result, row))
            continue;
        for (size_t other = row; other < rows; other++) {
            if (!result->row_reasons[other] ||
                strcmp(result->row_reasons[other], reason) != 0)
                continue;
            told[other] = true;
            dcb_strbuf_appendf(&line, "%s%s", line.length ? ", " : "",
                               result->plan->rows[other].name);
        }
        dcb_strbuf_appendf(&line, ": %s", reason);
        remark(sheet, "not counted: ", line.text);
        dcb_strbuf_clear(&line);
    }
    free(told);
}

static void counter_tables(const struct sheet *sheet,
                           const struct dcb_workload_result *workload)
{
    bool any = false;

    for (size_t row = 0; row < sheet->result->plan->row_count; row++)
        any = any || counted(workload, row);
    if (!any)
        return;
    dcb_strbuf_append(sheet->out, "\n");
    if (workload->cell_count <= 3) {
        counter_table_one(sheet, workload, &workload->cells[workload->cell_count - 1]);
        return;
    }
    for (size_t first = 2; first < workload->cell_count;) {
        size_t count = candidates_that_fit(sheet, workload, first);

        counter_table_many(sheet, workload, first, count);
        first += count;
        if (first < workload->cell_count)
            dcb_strbuf_append(sheet->out, "\n");
    }
}

/* ---- verbose: the workers ---- */

static void worker_remarks(const struct sheet *sheet,
                           const struct dcb_workload_result *workload)
{
    char line[256], low[DCB_FORMAT_SIZE], high[DCB_FORMAT_SIZE];

    for (size_t i = 0; i < workload->cell_count; i++) {
        const struct dcb_cell *cell = &workload->cells[i];

        if (cell->time.count == 0)
            continue;
        snprintf(line, sizeof line,
                 "%s %s: %zu workers, %llu blocks of %llu iterations, from %s to %s",
                 dcb_role_name(cell->role), dcb_result_arm_label(sheet->result, cell),
                 cell->sample_count, (unsigned long long)cell->blocks,
                 (unsigned long long)cell->samples[0].iterations,
                 dcb_format_time(low, cell->time.min),
                 dcb_format_time(high, cell->time.max));
        remark(sheet, "", line);
    }
}

/* ---- summary ---- */

static const struct dcb_cell *find_cell(const struct dcb_workload_result *workload,
                                        size_t arm)
{
    return &workload->cells[arm]; /* cells are in the order of the plan's arms */
}

/* "-12.9%": narrower than elsewhere, three of them stand side by side. */
static const char *narrow_change(char *text, double ratio)
{
    char *space = NULL;

    dcb_format_change(text, ratio);
    space = strchr(text, ' ');
    if (space && space[1] == '%')
        memmove(space, space + 1, strlen(space));
    return text;
}

static void summary_cell(struct dcb_text_table *table, const struct dcb_cell *cell)
{
    char time[DCB_FORMAT_SIZE], change[DCB_FORMAT_SIZE];

    if (cell->failure != DCB_FAILURE_NONE) {
        dcb_text_table_cell(table, DCB_STYLE_BAD, "failed");
        return;
    }
    if (cell->time.count == 0) { /* interrupted before it was measured */
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "-");
        return;
    }
    dcb_format_time(time, cell->time.median);
    if (cell->role == DCB_ROLE_BASELINE)
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s        ", time);
    else
        dcb_text_table_cell(table, verdict_style(cell->verdict), "%s %6s%s", time,
                            narrow_change(change, cell->ratio.estimate),
                            cell->verdict == DCB_VERDICT_SAME           ? "="
                            : cell->verdict == DCB_VERDICT_INCONCLUSIVE ? "?"
                                                                        : " ");
}

/* Geometric mean of the ratios, or NAN where one is not known. */
static double mean_ratio(const struct dcb_result *result, size_t arm)
{
    double sum = 0;

    for (size_t i = 0; i < result->workload_count; i++)
        sum += log(find_cell(&result->workloads[i], arm)->ratio.estimate);
    return exp(sum / (double)result->workload_count);
}

enum { SUMMARY_COLUMNS = 3 }; /* workloads side by side */

static void summary_table(const struct sheet *sheet, size_t first, size_t count)
{
    const struct dcb_result *result = sheet->result;
    struct dcb_text_table *table = dcb_text_table_new();
    bool last = first + count == result->workload_count;
    char change[DCB_FORMAT_SIZE];

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "implementation");
    for (size_t i = first; i < first + count; i++)
        dcb_text_table_column(table, DCB_ALIGN_RIGHT,
                              dcb_result_workload_label(result, &result->workloads[i]));
    if (last)
        dcb_text_table_column(table, DCB_ALIGN_RIGHT, "all");
    for (size_t arm = 0; arm < result->plan->arm_count; arm++) {
        if (arm == 1)
            continue;
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", result->plan->arms[arm].label);
        for (size_t i = first; i < first + count; i++)
            summary_cell(table, find_cell(&result->workloads[i], arm));
        if (last)
            dcb_text_table_cell(
                table, DCB_STYLE_PLAIN, "%s",
                arm == 0 ? "" : narrow_change(change, mean_ratio(result, arm)));
    }
    print_table(sheet, table);
    dcb_text_table_free(table);
}

/* The report's summary: implementations down, workloads across. */
static void summary(const struct sheet *sheet)
{
    size_t workloads = sheet->result->workload_count;
    size_t wide = sheet->format == DCB_TABLE_TEXT ? SUMMARY_COLUMNS : workloads;

    if (workloads < 2)
        return;
    heading(sheet, "summary: time per iteration and change");
    for (size_t first = 0; first < workloads; first += wide) {
        if (first)
            dcb_strbuf_append(sheet->out, "\n");
        summary_table(sheet, first, first + wide <= workloads ? wide : workloads - first);
    }
    remark(sheet, "", "all: geometric mean of the ratios; = same, ? inconclusive");
}

/* ---- whole sheets ---- */

/* What the columns are, for who sees them for the first time. */
static void legend(const struct sheet *sheet)
{
    dcb_strbuf_append(sheet->out, "\n");
    missing_rows(sheet);
    remark(
        sheet, "",
        "time: median over workers (processes); spread: their standard deviation. Both "
        "belong to this machine and hour.");
    remark(sheet, "",
           "change: against the baseline, paired block by block: it need not be the "
           "quotient "
           "of the times, and travels better. control: the baseline once more, loaded "
           "separately.");
}

static void print_sheet(const struct sheet *sheet)
{
    const struct dcb_result *result = sheet->result;
    char title[160];

    if (sheet->verbosity >= 0) {
        header(sheet);
        counter_header(sheet);
    }
    for (size_t i = 0; i < result->workload_count; i++) {
        const struct dcb_workload_result *workload = &result->workloads[i];

        snprintf(title, sizeof title, "%s: %llu %s copied in an iteration",
                 dcb_result_workload_label(result, workload),
                 (unsigned long long)workload->objects,
                 workload->objects == 1 ? "object" : "objects");
        heading(sheet,
                workload->objects ? title : dcb_result_workload_label(result, workload));
        if (!workload->failure)
            time_table(sheet, workload);
        failure_remarks(sheet, workload);
        if (sheet->verbosity < 0)
            continue;
        effort_remark(sheet, workload);
        if (sheet->verbosity > 0)
            worker_remarks(sheet, workload);
        counter_tables(sheet, workload);
    }
    summary(sheet);
    if (sheet->verbosity >= 0)
        legend(sheet);
    for (size_t i = 0; i < result->note_count; i++)
        remark(sheet, sheet->format == DCB_TABLE_MARKDOWN ? "Note: " : "note: ",
               result->notes[i]);
}

void dcb_report_text(const struct dcb_result *result, int verbosity, bool color,
                     struct dcb_strbuf *out)
{
    struct sheet sheet = {.result = result,
                          .format = DCB_TABLE_TEXT,
                          .verbosity = verbosity,
                          .color = color,
                          .out = out};

    print_sheet(&sheet);
}

void dcb_report_markdown(const struct dcb_result *result, int verbosity,
                         struct dcb_strbuf *out)
{
    struct sheet sheet = {.result = result,
                          .format = DCB_TABLE_MARKDOWN,
                          .verbosity = verbosity,
                          .out = out};

    print_sheet(&sheet);
}
