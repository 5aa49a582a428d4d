#include "drift.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "analysis.h"
#include "result.h"
#include "stats.h"
#include "xalloc.h"

/* A run of which nothing changes is told that something did once in a thousand times, if
 * as often. */
static const double false_alarms = 0.001;

/* A change of the baseline's time that is worth a line: ratios bear it. */
static const double speed_bound = 0.1;

/* ---- statistics ---- */

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

/* How many of the sorted values are below `value`; with `equal`, or equal to it. */
static size_t count_below(const double *sorted, size_t count, double value, bool equal)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (sorted[middle] < value || (equal && sorted[middle] == value))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Pettitt's U grows with each value by how many of all are below it, less those above:
 * the pairs within the first t values cancel. */
struct dcb_change_point dcb_drift_change_point(const double *values, size_t count)
{
    double *sorted = dcb_xcalloc(count + 1, sizeof *sorted), n;
    struct dcb_change_point change = {.first = 0, .p = 1};
    int64_t surplus = 0, largest = 0;
    size_t finite = 0;
    bool found = false; /* the next finite value is the first behind it */

    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i]))
            sorted[finite++] = values[i];
    }
    qsort(sorted, finite, sizeof *sorted, compare_doubles);
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            continue;
        if (found)
            change.first = i;
        surplus += (int64_t)count_below(sorted, finite, values[i], false);
        surplus -= (int64_t)(finite - count_below(sorted, finite, values[i], true));
        found = llabs(surplus) > largest;
        if (found)
            largest = llabs(surplus);
    }
    free(sorted);
    n = (double)finite;
    if (largest > 0)
        change.p = 2 * exp(-6 * (double)largest * (double)largest / (n * n * n + n * n));
    if (change.p > 1)
        change.p = 1;
    return change;
}

double dcb_drift_between_halves(double *values, size_t count)
{
    size_t half = count / 2;

    if (half == 0)
        return DCB_UNKNOWN;
    return dcb_stats_median(values + (count - half), half) -
           dcb_stats_median(values, half);
}

/* ---- of a workload ---- */

static double get_log_time(const struct dcb_sample *sample)
{
    return log(sample->time_ns);
}

static double get_log_ratio(const struct dcb_sample *sample)
{
    return sample->log_ratio;
}

/* One value for each sample; the caller frees it. NULL where too few are finite. */
static double *collect(const struct dcb_cell *cell,
                       double (*get)(const struct dcb_sample *))
{
    double *values = dcb_xcalloc(cell->sample_count + 1, sizeof *values);
    size_t finite = 0;

    for (size_t i = 0; i < cell->sample_count; i++) {
        values[i] = get(&cell->samples[i]);
        finite += isfinite(values[i]) != 0;
    }
    if (finite >= DCB_DRIFT_WORKERS_MIN)
        return values;
    free(values);
    return NULL;
}

/* Median of the finite ones. Moves them. */
static double finite_median(double *values, size_t count)
{
    size_t finite = 0;

    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i]))
            values[finite++] = values[i];
    }
    return dcb_stats_median(values, finite);
}

/* A change between workers that is clear (p) and large (by more than `bound`, relative).
 */
static struct dcb_change find_change(const struct dcb_cell *cell,
                                     double (*get)(const struct dcb_sample *),
                                     double level, double bound)
{
    double *values = collect(cell, get);
    struct dcb_change change = {.found = false};
    struct dcb_change_point point;

    if (!values)
        return change;
    point = dcb_drift_change_point(values, cell->sample_count);
    if (point.p < level) {
        double before = finite_median(values, point.first);
        double after =
            finite_median(values + point.first, cell->sample_count - point.first);

        change = (struct dcb_change){.worker = cell->samples[point.first].worker,
                                     .size = expm1(after - before),
                                     .p = point.p};
        change.found = fabs(change.size) > bound;
    }
    free(values);
    return change;
}

static double get_change_within(const struct dcb_sample *sample)
{
    return sample->log_ratio_change;
}

/* A change within the workers that is clear and large. */
static struct dcb_settling find_settling(const struct dcb_cell *cell, double level,
                                         double bound)
{
    double *values = collect(cell, get_change_within);
    struct dcb_settling settling = {.found = false};
    struct dcb_interval interval;
    size_t finite = 0;

    if (!values)
        return settling;
    for (size_t i = 0; i < cell->sample_count; i++) {
        if (isfinite(values[i]))
            values[finite++] = values[i];
    }
    interval = dcb_stats_trimmed_interval(values, finite, DCB_TRIM, 1 - level, NULL);
    free(values);
    settling.change = (struct dcb_interval){.estimate = expm1(interval.estimate),
                                            .low = expm1(interval.low),
                                            .high = expm1(interval.high)};
    settling.found =
        (interval.low > 0 || interval.high < 0) && fabs(settling.change.estimate) > bound;
    return settling;
}

/* Whether the cell has a ratio in which something could change. */
static bool has_ratio(const struct dcb_cell *cell)
{
    return cell->role != DCB_ROLE_BASELINE && cell->failure == DCB_FAILURE_NONE &&
           cell->sample_count > 0;
}

/* The share of false alarms that one test may have so that all of a run's together have
 * `false_alarms` (Bonferroni): two tests of each ratio, and one of the baseline's time.
 */
static double level_of_a_test(const struct dcb_plan *plan,
                              const struct dcb_workload_result *workload)
{
    size_t tests = 1;

    for (size_t i = 0; i < workload->cell_count; i++)
        tests += has_ratio(&workload->cells[i]) ? 2 : 0;
    if (plan->workload_count > 1)
        tests *= plan->workload_count;
    return false_alarms / (double)tests;
}

void dcb_drift_update(const struct dcb_plan *plan, struct dcb_workload_result *workload)
{
    const struct dcb_cell *baseline = &workload->cells[0];
    double level = level_of_a_test(plan, workload), bound = plan->margin / 2;

    workload->speed_change = (struct dcb_change){.found = false};
    if (baseline->failure == DCB_FAILURE_NONE)
        workload->speed_change = find_change(baseline, get_log_time, level, speed_bound);
    for (size_t i = 0; i < workload->cell_count; i++) {
        struct dcb_cell *cell = &workload->cells[i];
        bool sound = has_ratio(cell) && baseline->failure == DCB_FAILURE_NONE;

        cell->drift = sound ? find_change(cell, get_log_ratio, level, bound)
                            : (struct dcb_change){.found = false};
        cell->settling = sound ? find_settling(cell, level, bound)
                               : (struct dcb_settling){.found = false};
    }
}
