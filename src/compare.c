#include "compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis.h"
#include "compare_private.h"
#include "xalloc.h"

/* A logarithm that is compared: its standard error and the degrees of freedom of that. */
struct side {
    double log, error, freedom;
};

/* The logarithm of r. `runs` is the standard deviation that comes of comparing two runs:
 * it is known, and no estimate of these. */
struct difference {
    double log;
    double error, freedom;
    double runs;
};

static const struct dcb_interval unknown = {DCB_UNKNOWN, DCB_UNKNOWN, DCB_UNKNOWN};

/* ---- rows ---- */

static const char *arm_label(const struct dcb_document *document,
                             const struct dcb_cell *cell)
{
    return dcb_result_arm_label(&document->result, cell);
}

/* Whether the arm of a pyperf document has a label that another document knows. */
static bool is_named(const struct dcb_compare *compare, size_t index)
{
    const char *label = compare->documents[index]->plan.arms[0].label;

    for (size_t i = 0; i < compare->document_count; i++) {
        const struct dcb_plan *plan = &compare->documents[i]->plan;

        for (size_t k = 0; i != index && k < plan->arm_count; k++) {
            if (k != 1 && strcmp(plan->arms[k].label, label) == 0)
                return true;
        }
    }
    return false;
}

/* A pyperf document whose one arm stands for any. */
static bool is_any_arm(const struct dcb_compare *compare, size_t index)
{
    return compare->documents[index]->kind == DCB_DOCUMENT_PYPERF &&
           !is_named(compare, index);
}

static const struct dcb_cell *find_cell(const struct dcb_compare *compare, size_t index,
                                        const char *workload, const char *impl)
{
    const struct dcb_document *document = compare->documents[index];
    const struct dcb_workload_result *result = dcb_compare_workload(document, workload);

    for (size_t i = 0; result && i < result->cell_count; i++) {
        const struct dcb_cell *cell = &result->cells[i];

        if (cell->role != DCB_ROLE_CONTROL &&
            (strcmp(arm_label(document, cell), impl) == 0 || is_any_arm(compare, index)))
            return cell;
    }
    return NULL;
}

static bool has_row(const struct dcb_compare *compare, size_t index,
                    const struct dcb_cell *cell)
{
    for (size_t i = 0; i < compare->row_count; i++) {
        if (compare->rows[i].cells[index] == cell)
            return true;
    }
    return false;
}

static void add_row(struct dcb_compare *compare, const char *workload, const char *impl)
{
    struct dcb_compare_row *row;

    compare->rows =
        dcb_xrealloc(compare->rows, compare->row_count + 1, sizeof *compare->rows);
    row = &compare->rows[compare->row_count++];
    row->workload = dcb_xstrdup(workload);
    row->impl = dcb_xstrdup(impl);
    row->cells = dcb_xcalloc(compare->document_count, sizeof *row->cells);
    row->comparisons = dcb_xcalloc(compare->document_count, sizeof *row->comparisons);
    for (size_t i = 0; i < compare->document_count; i++)
        row->cells[i] = find_cell(compare, i, workload, impl);
}

/* Baselines have no ratio: a row of theirs has something to say only of times. */
static void add_rows_of(struct dcb_compare *compare, size_t index, bool baselines)
{
    const struct dcb_document *document = compare->documents[index];
    const struct dcb_result *result = &document->result;

    for (size_t i = 0; i < result->workload_count; i++) {
        const struct dcb_workload_result *workload = &result->workloads[i];

        for (size_t k = 0; k < workload->cell_count; k++) {
            const struct dcb_cell *cell = &workload->cells[k];

            if (cell->role == DCB_ROLE_CONTROL ||
                (cell->role == DCB_ROLE_BASELINE && !baselines) ||
                has_row(compare, index, cell))
                continue;
            add_row(compare, dcb_result_workload_label(result, workload),
                    arm_label(document, cell));
        }
    }
}

/* An arm that stands for any comes last: it belongs to the rows of the others. */
static void add_rows(struct dcb_compare *compare)
{
    bool times = false;

    for (size_t i = 0; i < compare->document_count; i++)
        times = times || compare->documents[i]->kind == DCB_DOCUMENT_PYPERF;
    for (int last = 0; last < 2; last++) {
        for (size_t i = 0; i < compare->document_count; i++) {
            if (is_any_arm(compare, i) == (last == 1))
                add_rows_of(compare, i, times);
        }
    }
}

/* ---- gaps ---- */

static bool is_sound(const struct dcb_cell *cell)
{
    return cell->failure == DCB_FAILURE_NONE && cell->time.count > 0;
}

static bool same_workload_file(const struct dcb_document *a, const struct dcb_document *b,
                               const char *label)
{
    const struct dcb_workload_result *left = dcb_compare_workload(a, label),
                                     *right = dcb_compare_workload(b, label);

    return dcb_compare_same_text(a->result.workload_sources[left->workload].sha256,
                                 b->result.workload_sources[right->workload].sha256);
}

static bool is_withheld(const struct dcb_document *document, const char *label)
{
    const struct dcb_workload_result *workload = dcb_compare_workload(document, label);

    return workload && workload->withheld;
}

static void find_gaps(const struct dcb_compare *compare, struct dcb_compare_row *row,
                      size_t index)
{
    const struct dcb_document *first = compare->documents[0],
                              *second = compare->documents[index];
    const struct dcb_cell *from = row->cells[0], *to = row->cells[index];
    struct dcb_comparison *comparison = &row->comparisons[index];
    unsigned run = dcb_compare_run_gaps(first, second);

    if (!from || !to) {
        comparison->gaps = comparison->time_gaps = DCB_GAP_NOT_THERE;
        return;
    }
    comparison->unpaired = dcb_compare_is_unpaired(first, second);
    comparison->time_gaps = run;
    if (!is_sound(from) || !is_sound(to))
        comparison->time_gaps |= DCB_GAP_FAILED;
    if (comparison->unpaired) {
        comparison->gaps = comparison->time_gaps;
        comparison->remarks = DCB_GAP_UNPAIRED;
        return;
    }
    if (!same_workload_file(first, second, row->workload))
        comparison->time_gaps |= DCB_GAP_WORKLOAD;
    comparison->gaps = comparison->time_gaps & ~(unsigned)DCB_GAP_MACHINE;
    comparison->remarks = run & DCB_GAP_MACHINE;
    if (!dcb_compare_same_baseline(first, second))
        comparison->gaps |= DCB_GAP_BASELINE;
    if (!(from->ratio.estimate > 0) || !(to->ratio.estimate > 0))
        comparison->gaps |= DCB_GAP_FAILED;
    if (is_withheld(first, row->workload) || is_withheld(second, row->workload))
        comparison->remarks |= DCB_GAP_WITHHELD;
}

/* ---- logarithms ---- */

/* Those behind the ratio; a document may come without samples. */
static size_t count_workers(const struct dcb_cell *cell)
{
    size_t count = 0;

    for (size_t i = 0; i < cell->sample_count; i++)
        count += isfinite(cell->samples[i].log_ratio);
    return cell->sample_count ? count : cell->time.count;
}

static struct side ratio_side(const struct dcb_cell *cell)
{
    struct side side = {.log = log(cell->ratio.estimate), .error = DCB_UNKNOWN};
    size_t workers = count_workers(cell);

    /* The confidence is from a file. */
    if (workers < DCB_WORKERS_MIN || !(cell->confidence > 0 && cell->confidence < 1))
        return side;
    side.error = dcb_analysis_error(&cell->ratio, workers, cell->confidence);
    side.freedom = dcb_analysis_freedom(workers);
    return side;
}

static struct side time_side(const struct dcb_cell *cell)
{
    double *logs = dcb_xcalloc(cell->sample_count + 1, sizeof *logs);
    struct side side = {.log = log(cell->time.median), .error = DCB_UNKNOWN};
    size_t count = 0;

    for (size_t i = 0; i < cell->sample_count; i++) {
        if (cell->samples[i].time_ns > 0 && isfinite(cell->samples[i].time_ns))
            logs[count++] = log(cell->samples[i].time_ns);
    }
    if (count > 0)
        side.log =
            dcb_stats_trimmed_interval(logs, count, DCB_TRIM, 0.95, &side.error).estimate;
    if (count < DCB_WORKERS_MIN)
        side.error = DCB_UNKNOWN;
    else
        side.freedom = dcb_analysis_freedom(count);
    free(logs);
    return side;
}

/* Welch's. */
static double joint_freedom(const struct side *a, const struct side *b)
{
    double left = a->error * a->error, right = b->error * b->error;
    double total = left + right;

    if (!(total > 0))
        return HUGE_VAL;
    /* In shares of the total, which cannot become 0 where they are small. */
    left /= total;
    right /= total;
    return 1 / (left * left / a->freedom + right * right / b->freedom);
}

static struct difference subtract(const struct side *to, const struct side *from,
                                  bool unpaired)
{
    return (struct difference){
        .log = to->log - from->log,
        .error = hypot(to->error, from->error),
        .freedom = joint_freedom(to, from),
        .runs = unpaired ? 0 : DCB_BETWEEN_RUNS * hypot(to->log, from->log),
    };
}

/* The half-widths of what was estimated and of what is known add as squares. (One
 * interval of the summed variance could be narrower than that without `runs`: the degrees
 * of freedom grow with what is known.) The lower quantile: 1 - confidence is exact, (1 +
 * confidence) / 2 is not. */
static struct dcb_interval interval_of(const struct difference *difference, double runs,
                                       double confidence)
{
    double tail = (1 - confidence) / 2, half;
    struct dcb_interval interval = unknown;

    interval.estimate = exp(difference->log);
    if (!isfinite(difference->error) || !(difference->freedom > 0))
        return interval;
    half = hypot(dcb_stats_t_quantile(tail, difference->freedom) * difference->error,
                 dcb_stats_t_quantile(tail, HUGE_VAL) * runs);
    interval.low = exp(difference->log - half);
    interval.high = exp(difference->log + half);
    return interval;
}

/* ---- the mean ---- */

/* Over workloads. */
struct sums {
    double log;
    double square, fourth; /* of the workloads' errors; the latter over their freedom */
    double runs;           /* squares */
};

static bool is_in_mean(const struct dcb_compare_row *row, size_t index)
{
    const struct dcb_comparison *comparison = &row->comparisons[index];

    return comparison->gaps == 0 && !(comparison->remarks & DCB_GAP_WITHHELD);
}

/* Adds the rows of one workload, `row` the first of them; errors that are correlated add
 * up. Returns how many there are; 0 where `row` is not the first. */
static size_t add_workload(const struct dcb_compare *compare, size_t index, size_t row,
                           const struct difference *differences, struct sums *sums)
{
    const char *workload = compare->rows[row].workload;
    double error = 0, runs = 0, freedom = HUGE_VAL;
    size_t count = 0;

    for (size_t i = 0; i < compare->row_count; i++) {
        if (!is_in_mean(&compare->rows[i], index) ||
            strcmp(compare->rows[i].workload, workload) != 0)
            continue;
        if (i < row)
            return 0;
        count++;
        sums->log += differences[i].log;
        error += differences[i].error;
        runs += differences[i].runs;
        freedom = fmin(freedom, differences[i].freedom);
    }
    sums->square += error * error;
    sums->fourth += pow(error, 4) / freedom;
    sums->runs += runs * runs;
    return count;
}

static void find_mean(struct dcb_compare *compare, size_t index,
                      const struct difference *differences)
{
    struct dcb_compare_mean *mean = &compare->means[index];
    struct difference all;
    struct sums sums = {.log = 0};
    double count;

    *mean = (struct dcb_compare_mean){.ratio = unknown, .wide = unknown};
    for (size_t i = 0; i < compare->row_count; i++) {
        if (is_in_mean(&compare->rows[i], index))
            mean->rows += add_workload(compare, index, i, differences, &sums);
    }
    if (mean->rows == 0)
        return;
    count = (double)mean->rows;
    all = (struct difference){
        .log = sums.log / count,
        .error = sqrt(sums.square) / count,
        .freedom = sums.fourth > 0 ? sums.square * sums.square / sums.fourth : HUGE_VAL,
        .runs = sqrt(sums.runs) / count,
    };
    mean->ratio = interval_of(&all, 0, compare->confidence);
    mean->wide = interval_of(&all, all.runs, compare->confidence);
}

/* ---- one document ---- */

static struct difference difference_of(const struct dcb_compare_row *row, size_t index)
{
    const struct dcb_cell *from = row->cells[0], *to = row->cells[index];
    bool unpaired = row->comparisons[index].unpaired;
    struct side left = unpaired ? time_side(from) : ratio_side(from);
    struct side right = unpaired ? time_side(to) : ratio_side(to);

    return subtract(&right, &left, unpaired);
}

static void judge(const struct dcb_compare *compare, struct dcb_comparison *comparison,
                  const struct difference *difference, double confidence)
{
    comparison->ratio = interval_of(difference, 0, confidence);
    comparison->wide = interval_of(difference, difference->runs, confidence);
    comparison->verdict = comparison->remarks & DCB_GAP_WITHHELD
                              ? DCB_VERDICT_INCONCLUSIVE
                              : dcb_analysis_verdict(&comparison->wide, compare->margin);
}

static void compare_document(struct dcb_compare *compare, size_t index)
{
    struct difference *differences =
        dcb_xcalloc(compare->row_count + 1, sizeof *differences);
    double confidence;
    size_t count = 0;

    for (size_t i = 0; i < compare->row_count; i++) {
        struct dcb_compare_row *row = &compare->rows[i];
        struct dcb_comparison *comparison = &row->comparisons[index];

        find_gaps(compare, row, index);
        comparison->ratio = comparison->wide = unknown;
        comparison->time_ratio = comparison->time_gaps ? DCB_UNKNOWN
                                                       : row->cells[index]->time.median /
                                                             row->cells[0]->time.median;
        dcb_compare_counters(compare, row, index);
        if (comparison->gaps)
            continue;
        differences[i] = difference_of(row, index);
        count++;
    }
    confidence = dcb_stats_simultaneous(compare->confidence, count ? count : 1);
    for (size_t i = 0; i < compare->row_count; i++) {
        if (compare->rows[i].comparisons[index].gaps == 0)
            judge(compare, &compare->rows[i].comparisons[index], &differences[i],
                  confidence);
    }
    find_mean(compare, index, differences);
    free(differences);
}

void dcb_compare_make(const struct dcb_document *const *documents, size_t count,
                      double confidence, double margin, struct dcb_compare *ret_compare)
{
    *ret_compare = (struct dcb_compare){
        .documents = documents,
        .document_count = count,
        .confidence = confidence,
        .margin = margin,
        .means = dcb_xcalloc(count, sizeof *ret_compare->means),
    };
    add_rows(ret_compare);
    for (size_t i = 1; i < count; i++)
        compare_document(ret_compare, i);
    dcb_compare_add_notes(ret_compare);
}

void dcb_compare_clear(struct dcb_compare *compare)
{
    for (size_t i = 0; i < compare->row_count; i++) {
        struct dcb_compare_row *row = &compare->rows[i];

        for (size_t k = 0; k < compare->document_count; k++)
            free(row->comparisons[k].counters);
        free(row->workload);
        free(row->impl);
        free(row->cells);
        free(row->comparisons);
    }
    for (size_t i = 0; i < compare->note_count; i++)
        free(compare->notes[i]);
    free(compare->rows);
    free(compare->means);
    free(compare->notes);
    *compare = (struct dcb_compare){.documents = NULL};
}
