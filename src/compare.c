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

/* ---- gaps ---- */

static bool is_sound(const struct dcb_cell *cell)
{
    return cell->failure == DCB_FAILURE_NONE && cell->time.count > 0;
}

static const struct dcb_workload_result *workload_of(const struct dcb_compare *compare,
                                                     const struct dcb_compare_row *row,
                                                     size_t index)
{
    return compare->groups[row->group].workloads[index];
}

static bool same_workload_file(const struct dcb_compare *compare,
                               const struct dcb_compare_row *row, size_t index)
{
    const struct dcb_workload_result *left = workload_of(compare, row, 0),
                                     *right = workload_of(compare, row, index);

    return dcb_compare_same_text(
        compare->documents[0]->result.workload_sources[left->workload].sha256,
        compare->documents[index]->result.workload_sources[right->workload].sha256);
}

/* Of the workload, there to here; NAN. */
static double pace_of(const struct dcb_compare *compare,
                      const struct dcb_compare_row *row, size_t index)
{
    const struct dcb_cell *from = &workload_of(compare, row, 0)->cells[0],
                          *to = &workload_of(compare, row, index)->cells[0];

    return from->role == DCB_ROLE_BASELINE && to->role == DCB_ROLE_BASELINE &&
                   is_sound(from) && is_sound(to)
               ? to->time.median / from->time.median
               : DCB_UNKNOWN;
}

/* What leaves the change of a row standing, and takes its verdict or widens it. */
static void find_remarks(const struct dcb_compare *compare,
                         const struct dcb_compare_row *row, size_t index)
{
    const struct dcb_document *first = compare->documents[0],
                              *second = compare->documents[index];
    struct dcb_comparison *comparison = &row->comparisons[index];

    if (workload_of(compare, row, 0)->withheld ||
        workload_of(compare, row, index)->withheld)
        comparison->remarks |= DCB_GAP_WITHHELD;
    if (first->result.signal || second->result.signal)
        comparison->remarks |= DCB_GAP_INTERRUPTED;
    comparison->pace = pace_of(compare, row, index);
    if (!dcb_compare_same_machine(first, second) ||
        !(comparison->pace <= DCB_PACE_SAME && comparison->pace >= 1 / DCB_PACE_SAME))
        comparison->remarks |= DCB_GAP_PACE;
}

static bool is_baseline_of_run(const struct dcb_compare *compare, size_t index,
                               const struct dcb_cell *cell)
{
    return cell->role == DCB_ROLE_BASELINE &&
           compare->documents[index]->kind == DCB_DOCUMENT_RUN;
}

/* A row of which neither document has more than a baseline, which is there because of a
 * third one. */
static bool is_hidden(const struct dcb_compare *compare,
                      const struct dcb_compare_row *row, size_t index)
{
    const struct dcb_cell *from = row->cells[0], *to = row->cells[index];

    return (!from || is_baseline_of_run(compare, 0, from)) &&
           (!to || is_baseline_of_run(compare, index, to));
}

/* Where the workload is in both, and times could be compared, the arm has another name in
 * the other. */
static unsigned missing_gap(const struct dcb_compare *compare,
                            const struct dcb_compare_row *row, size_t index)
{
    return dcb_compare_is_unpaired(compare->documents[0], compare->documents[index]) &&
                   workload_of(compare, row, 0) && workload_of(compare, row, index)
               ? DCB_GAP_IMPLEMENTATION
               : DCB_GAP_NOT_THERE;
}

static void find_gaps(const struct dcb_compare *compare,
                      const struct dcb_compare_row *row, size_t index)
{
    const struct dcb_document *first = compare->documents[0],
                              *second = compare->documents[index];
    const struct dcb_cell *from = row->cells[0], *to = row->cells[index];
    struct dcb_comparison *comparison = &row->comparisons[index];
    unsigned run = dcb_compare_run_gaps(first, second);

    comparison->pace = DCB_UNKNOWN;
    comparison->hidden = is_hidden(compare, row, index);
    comparison->unpaired = dcb_compare_is_unpaired(first, second);
    if (!from || !to || comparison->hidden) {
        comparison->gaps = comparison->time_gaps = missing_gap(compare, row, index);
        return;
    }
    comparison->time_gaps = run;
    if (!is_sound(from) || !is_sound(to))
        comparison->time_gaps |= DCB_GAP_FAILED;
    if (comparison->unpaired) {
        comparison->gaps = comparison->time_gaps;
        comparison->remarks = DCB_GAP_UNPAIRED;
        if (first->result.signal || second->result.signal)
            comparison->remarks |= DCB_GAP_INTERRUPTED;
        return;
    }
    if (!same_workload_file(compare, row, index))
        comparison->time_gaps |= DCB_GAP_WORKLOAD;
    comparison->gaps = comparison->time_gaps & ~(unsigned)DCB_GAP_MACHINE;
    comparison->remarks = run & DCB_GAP_MACHINE;
    if (!dcb_compare_same_baseline(first, second))
        comparison->gaps |= DCB_GAP_BASELINE;
    if (!(from->ratio.estimate > 0) || !(to->ratio.estimate > 0))
        comparison->gaps |= DCB_GAP_FAILED;
    find_remarks(compare, row, index);
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

double dcb_compare_between_runs(double log_ratio, bool same_pace)
{
    return same_pace ? fmin(DCB_RUNS_PART * fabs(log_ratio), DCB_RUNS_MOST)
                     : fmin(DCB_PACES_PART * fabs(log_ratio), DCB_PACES_MOST);
}

static struct difference subtract(const struct side *to, const struct side *from)
{
    return (struct difference){
        .log = to->log - from->log,
        .error = hypot(to->error, from->error),
        .freedom = joint_freedom(to, from),
    };
}

/* How much of a half-width comes of what runs differ by. The lower quantile: 1 -
 * confidence is exact, (1 + confidence) / 2 is not. */
static double known_half(double runs, double confidence)
{
    return fabs(dcb_stats_t_quantile((1 - confidence) / 2, HUGE_VAL)) * runs;
}

/* The half-widths of what was estimated and of what is known add as squares. (One
 * interval of the summed variance could be narrower than that without `runs`: the degrees
 * of freedom grow with what is known.) */
static struct dcb_interval interval_of(const struct difference *difference, double runs,
                                       double confidence)
{
    double tail = (1 - confidence) / 2, half;
    struct dcb_interval interval = unknown;

    interval.estimate = exp(difference->log);
    if (!isfinite(difference->error) || !(difference->freedom > 0))
        return interval;
    half = hypot(dcb_stats_t_quantile(tail, difference->freedom) * difference->error,
                 known_half(runs, confidence));
    interval.low = exp(difference->log - half);
    interval.high = exp(difference->log + half);
    return interval;
}

/* ---- the mean ---- */

/* The errors of the rows of one workload, which add up. */
struct part {
    double error, freedom;
};

static bool is_in_mean(const struct dcb_compare_row *row, size_t index)
{
    const struct dcb_comparison *comparison = &row->comparisons[index];

    return comparison->gaps == 0 && !(comparison->remarks & DCB_GAPS_OF_VERDICT);
}

/* Satterthwaite's degrees of freedom. */
static void add_parts(const struct part *parts, size_t count, double rows,
                      struct difference *all)
{
    double square = 0, fourth = 0;

    for (size_t i = 0; i < count; i++) {
        square += parts[i].error * parts[i].error;
        if (parts[i].error != 0)
            fourth += pow(parts[i].error, 4) / parts[i].freedom;
    }
    all->error = sqrt(square) / rows;
    all->freedom = fourth > 0 ? square * square / fourth : HUGE_VAL;
}

static void find_mean(struct dcb_compare *compare, size_t index,
                      const struct difference *differences)
{
    struct dcb_compare_mean *mean = &compare->means[index];
    struct part *parts = dcb_xcalloc(compare->group_count + 1, sizeof *parts);
    struct difference all = {.log = 0};
    double count;

    *mean = (struct dcb_compare_mean){.ratio = unknown, .wide = unknown};
    for (size_t i = 0; i < compare->row_count; i++) {
        struct part *part = &parts[compare->rows[i].group];

        if (!is_in_mean(&compare->rows[i], index))
            continue;
        mean->rows++;
        all.log += differences[i].log;
        all.runs += differences[i].runs;
        part->error += differences[i].error;
        part->freedom = part->freedom > 0 ? fmin(part->freedom, differences[i].freedom)
                                          : differences[i].freedom;
    }
    count = (double)mean->rows;
    all.log /= count;
    all.runs /= count;
    add_parts(parts, compare->group_count, count, &all);
    if (mean->rows) {
        mean->ratio = interval_of(&all, 0, compare->confidence);
        mean->wide = interval_of(&all, all.runs, compare->confidence);
    }
    free(parts);
}

/* ---- one document ---- */

static struct difference difference_of(const struct dcb_compare_row *row, size_t index)
{
    const struct dcb_cell *from = row->cells[0], *to = row->cells[index];
    const struct dcb_comparison *comparison = &row->comparisons[index];
    bool unpaired = comparison->unpaired;
    bool same_pace = !(comparison->remarks & DCB_GAP_PACE);
    struct side left = unpaired ? time_side(from) : ratio_side(from);
    struct side right = unpaired ? time_side(to) : ratio_side(to);
    struct difference difference = subtract(&right, &left);

    if (!unpaired)
        difference.runs = hypot(dcb_compare_between_runs(left.log, same_pace),
                                dcb_compare_between_runs(right.log, same_pace));
    return difference;
}

static void judge(const struct dcb_compare *compare, struct dcb_comparison *comparison,
                  const struct difference *difference, double confidence)
{
    comparison->ratio = interval_of(difference, 0, confidence);
    comparison->wide = interval_of(difference, difference->runs, confidence);
    comparison->least_margin = expm1(known_half(difference->runs, confidence));
    comparison->verdict = comparison->remarks & DCB_GAPS_OF_VERDICT
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
        if (!comparison->hidden)
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
    dcb_compare_make_titles(ret_compare);
    dcb_compare_make_rows(ret_compare);
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
    for (size_t i = 0; i < compare->group_count; i++)
        free(compare->groups[i].workloads);
    for (size_t i = 0; i < compare->document_count; i++)
        free(compare->titles[i]);
    free(compare->titles);
    free(compare->groups);
    free(compare->rows);
    free(compare->means);
    free(compare->notes);
    *compare = (struct dcb_compare){.documents = NULL};
}
