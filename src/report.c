#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis.h"
#include "format.h"
#include "report_private.h"
#include "result.h"
#include "strbuf.h"
#include "text_table.h"
#include "xalloc.h"

static enum dcb_style verdict_style(enum dcb_verdict verdict)
{
    return verdict == DCB_VERDICT_FASTER   ? DCB_STYLE_GOOD
           : verdict == DCB_VERDICT_SLOWER ? DCB_STYLE_BAD
                                           : DCB_STYLE_PLAIN;
}

static void take_line(const struct dcb_sheet *sheet, char *take_text)
{
    dcb_sheet_line(sheet, take_text, false);
    free(take_text);
}

/* "nightly 17, commit 0123456789": what was measured, for whoever finds it later. */
static void origin_line(const struct dcb_sheet *sheet)
{
    const char *label = sheet->result->label, *commit = sheet->result->commit;
    struct dcb_strbuf line = DCB_STRBUF_INIT;

    if (label)
        dcb_strbuf_append(&line, label);
    if (commit)
        dcb_strbuf_appendf(&line, "%scommit %.*s", label ? ", " : "", DCB_COMMIT_SHORT,
                           commit);
    take_line(sheet, dcb_strbuf_take(&line));
}

static void header(const struct dcb_sheet *sheet)
{
    const struct dcb_result *result = sheet->result;
    const struct dcb_sysinfo *system = &result->system;
    const char *implementation = result->python.implementation;

    take_line(sheet,
              dcb_xasprintf("dcbench " DCB_VERSION ": deepcopy on %s %s",
                            implementation && strcmp(implementation, "cpython") == 0
                                ? "CPython"
                                : "Python",
                            result->python.version ? result->python.version
                                                   : result->plan->python_version));
    take_line(sheet, dcb_xasprintf("%s, %d CPU%s%s, %s", system->cpu, system->cpus,
                                   system->cpus == 1 ? "" : "s",
                                   system->virtual_machine ? ", virtual machine" : "",
                                   system->kernel));
    if (result->label || result->commit)
        origin_line(sheet);
}

/* What to do about it stands in the JSON and in 'dcbench doctor'. */
static void no_hardware(const struct dcb_sheet *sheet, struct dcb_strbuf *line)
{
    const char *reason = sheet->result->plan->hardware_reason;
    size_t length = strcspn(reason, ":(");

    if (sheet->result->system.virtual_machine &&
        strncmp(reason, DCB_NO_PMU, strlen(DCB_NO_PMU)) == 0) {
        reason = "virtual machine";
        length = strlen(reason);
    }
    while (length && reason[length - 1] == ' ')
        length--;
    dcb_strbuf_appendf(line, "; no hardware counters: %.*s", (int)length, reason);
}

/* "counters: simulated (callgrind), kernel; no hardware counters: virtual machine" */
static void counter_header(const struct dcb_sheet *sheet)
{
    static const char *const names[] = {NULL, "hardware", "kernel",
                                        "simulated (callgrind)"};
    static const enum dcb_provider order[] = {
        DCB_PROVIDER_HARDWARE, DCB_PROVIDER_SIMULATED, DCB_PROVIDER_KERNEL};
    const struct dcb_result *result = sheet->result;
    bool counted[4] = {false};
    const char *separator = "counters: ";
    struct dcb_strbuf line = DCB_STRBUF_INIT;

    for (size_t row = 0; row < result->plan->row_count; row++) {
        if (dcb_result_row_counted(result, row))
            counted[result->plan->rows[row].provider] = true;
    }
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (!counted[order[i]])
            continue;
        dcb_strbuf_appendf(&line, "%s%s", separator, names[order[i]]);
        separator = ", ";
    }
    if (*separator == 'c')
        dcb_strbuf_appendf(&line, "counters: none%s",
                           result->plan->row_count ? "" : " (--counters none)");
    if (!counted[DCB_PROVIDER_HARDWARE] && result->plan->hardware_reason[0])
        no_hardware(sheet, &line);
    dcb_sheet_line(sheet, line.text, true);
    dcb_strbuf_clear(&line);
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

/* Of the workers' times, in parts of the median; (double)NAN where two of them are not
 * known. One worker that was held up does not move it, as it does the standard deviation.
 */
static double spread_of(const struct dcb_cell *cell)
{
    double *times = dcb_xcalloc(cell->sample_count + 1, sizeof *times), stddev;
    size_t count = 0;

    for (size_t i = 0; i < cell->sample_count; i++) {
        if (isfinite(cell->samples[i].time_ns))
            times[count++] = cell->samples[i].time_ns;
    }
    stddev = dcb_stats_robust_stddev(times, count);
    free(times);
    return stddev / cell->time.median;
}

static void time_row(const struct dcb_sheet *sheet, struct dcb_text_table *table,
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
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s%s",
                            dcb_result_arm_label(sheet->result, cell),
                            dcb_sheet_mark(sheet, cell->arm));
    dcb_text_table_cell(
        table, DCB_STYLE_PLAIN, "%s",
        dcb_format_time(time, cell->time.count ? cell->time.median : DCB_UNKNOWN));
    if (cell->time.count > 1 && isfinite(spread_of(cell)))
        dcb_text_table_cell(table, DCB_STYLE_DIM, "%.0f %%", 100 * spread_of(cell));
    else
        dcb_text_table_cell(table, DCB_STYLE_DIM, "-");
    interval_text(interval, sizeof interval, &cell->ratio);
    dcb_text_table_cell(table, style, "%s",
                        baseline ? "" : dcb_format_change(change, cell->ratio.estimate));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", baseline ? "" : interval);
    dcb_text_table_cell(table, style, "%s", verdict);
}

static void time_table(const struct dcb_sheet *sheet,
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
    dcb_sheet_print_table(sheet, table);
    dcb_text_table_free(table);
}

/* Why an arm has no numbers: in every verbosity, right below its row. */
static void failure_remarks(const struct dcb_sheet *sheet,
                            const struct dcb_workload_result *workload)
{
    if (workload->failure) {
        dcb_sheet_remark(sheet, "", workload->failure);
        return;
    }
    for (size_t i = 0; i < workload->cell_count; i++) {
        const struct dcb_cell *cell = &workload->cells[i];
        char *line;

        if (cell->failure == DCB_FAILURE_NONE || cell->role == DCB_ROLE_CONTROL)
            continue;
        line = dcb_xasprintf("%s %s", dcb_result_arm_label(sheet->result, cell),
                             cell->status);
        dcb_sheet_remark(sheet, "", line);
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

static void effort_remark(const struct dcb_sheet *sheet,
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
    dcb_sheet_remark(sheet, "", line.text);
    dcb_strbuf_clear(&line);
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

/* Geometric mean of the ratios, or (double)NAN where one is not known. */
static double mean_ratio(const struct dcb_result *result, size_t arm)
{
    double sum = 0;

    for (size_t i = 0; i < result->workload_count; i++)
        sum += log(find_cell(&result->workloads[i], arm)->ratio.estimate);
    return exp(sum / (double)result->workload_count);
}

enum { SUMMARY_COLUMNS = 3 }; /* workloads side by side */

static void summary_table(const struct dcb_sheet *sheet, size_t first, size_t count)
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
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s%s", result->plan->arms[arm].label,
                            dcb_sheet_mark(sheet, arm));
        for (size_t i = first; i < first + count; i++)
            summary_cell(table, find_cell(&result->workloads[i], arm));
        if (last)
            dcb_text_table_cell(
                table, DCB_STYLE_PLAIN, "%s",
                arm == 0 ? "" : narrow_change(change, mean_ratio(result, arm)));
    }
    dcb_sheet_print_table(sheet, table);
    dcb_text_table_free(table);
}

/* The report's summary: implementations down, workloads across. */
static void summary(const struct dcb_sheet *sheet)
{
    size_t workloads = sheet->result->workload_count;
    size_t wide = sheet->format == DCB_TABLE_TEXT ? SUMMARY_COLUMNS : workloads;

    if (workloads < 2)
        return;
    dcb_sheet_heading(sheet, "summary: time per iteration and change");
    for (size_t first = 0; first < workloads; first += wide) {
        if (first)
            dcb_strbuf_append(sheet->out, "\n");
        summary_table(sheet, first, first + wide <= workloads ? wide : workloads - first);
    }
    dcb_sheet_remark(sheet, "",
                     "all: geometric mean of the ratios; = same, ? inconclusive");
}

/* ---- whole sheets ---- */

static bool any_simulated(const struct dcb_result *result)
{
    for (size_t row = 0; row < result->plan->row_count; row++) {
        if (result->plan->rows[row].provider == DCB_PROVIDER_SIMULATED &&
            dcb_result_row_counted(result, row))
            return true;
    }
    return false;
}

/* What the columns are, for who sees them for the first time. */
static void legend(const struct dcb_sheet *sheet)
{
    dcb_strbuf_append(sheet->out, "\n");
    dcb_sheet_missing(sheet);
    if (any_simulated(sheet->result))
        dcb_sheet_remark(
            sheet, "",
            "simulated: callgrind's count of the same code, of the calling thread, "
            "without garbage collection; caches and branch prediction are models, and "
            "branches are without direct jumps and calls. Its control column is what "
            "two equal arms differ by: up to twice that, a change is unclear. estimated "
            "cycles: a weighted sum, no cycles; 1000 i: a thousand instructions.");
    dcb_sheet_remark(
        sheet, "",
        "time: median over workers (processes); spread: their standard deviation, but "
        "for strays: 1.48 times the median distance from that time. Both belong to this "
        "machine and hour.");
    dcb_sheet_remark(
        sheet, "",
        "change: against the baseline, paired block by block: it need not be the "
        "quotient "
        "of the times, and travels better. control: the baseline once more, loaded "
        "separately.");
}

/* What the mark beside a label means. */
static void footnotes(const struct dcb_sheet *sheet)
{
    const struct dcb_result *result = sheet->result;

    for (size_t i = 0; i < result->plan->arm_count; i++) {
        char *text;

        if (!dcb_result_is_incorrect(result, i))
            continue;
        text = dcb_result_correctness(result, i);
        dcb_sheet_remark(sheet, sheet->format == DCB_TABLE_MARKDOWN ? "\\* " : "* ",
                         text);
        free(text);
    }
}

static void print_sheet(const struct dcb_sheet *sheet)
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
        dcb_sheet_heading(sheet, workload->objects
                                     ? title
                                     : dcb_result_workload_label(result, workload));
        if (!workload->failure)
            time_table(sheet, workload);
        failure_remarks(sheet, workload);
        if (sheet->verbosity < 0)
            continue;
        effort_remark(sheet, workload);
        if (sheet->verbosity > 0)
            dcb_sheet_workers(sheet, workload);
        dcb_sheet_counters(sheet, workload);
    }
    summary(sheet);
    if (sheet->verbosity >= 0)
        legend(sheet);
    footnotes(sheet);
    for (size_t i = 0; i < result->note_count; i++)
        dcb_sheet_remark(sheet, sheet->format == DCB_TABLE_MARKDOWN ? "Note: " : "note: ",
                         result->notes[i]);
}

void dcb_report_text(const struct dcb_result *result, int verbosity, bool color,
                     bool utf8, struct dcb_strbuf *out)
{
    struct dcb_sheet sheet = {.result = result,
                              .format = DCB_TABLE_TEXT,
                              .verbosity = verbosity,
                              .color = color,
                              .utf8 = utf8,
                              .out = out};

    print_sheet(&sheet);
}

void dcb_report_markdown(const struct dcb_result *result, int verbosity, bool utf8,
                         struct dcb_strbuf *out)
{
    struct dcb_sheet sheet = {.result = result,
                              .format = DCB_TABLE_MARKDOWN,
                              .verbosity = verbosity,
                              .utf8 = utf8,
                              .out = out};

    print_sheet(&sheet);
}
