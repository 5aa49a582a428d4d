#include "analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drift.h"
#include "xalloc.h"

static struct dcb_interval unknown_interval(void)
{
    return (struct dcb_interval){
        .estimate = DCB_UNKNOWN, .low = DCB_UNKNOWN, .high = DCB_UNKNOWN};
}

static struct dcb_interval exp_interval(struct dcb_interval log_ratio)
{
    return (struct dcb_interval){.estimate = exp(log_ratio.estimate),
                                 .low = exp(log_ratio.low),
                                 .high = exp(log_ratio.high)};
}

double dcb_analysis_freedom(size_t workers)
{
    return (double)(workers - 2 * (size_t)(DCB_TRIM * (double)workers)) - 1;
}

/* Interval of the ratio from the finite ones of `count` log ratios. */
static struct dcb_interval ratio_interval(double *log_ratios, size_t count,
                                          double confidence, double *ret_stderr)
{
    struct dcb_interval interval =
        dcb_stats_trimmed_interval(log_ratios, count, DCB_TRIM, confidence, ret_stderr);

    if (count < DCB_WORKERS_MIN)
        interval.low = interval.high = DCB_UNKNOWN;
    return exp_interval(interval);
}

static double *collect(const struct dcb_cell *cell,
                       double (*get)(const struct dcb_sample *), size_t *ret_count)
{
    double *values = dcb_xcalloc(cell->sample_count + 1, sizeof *values);

    *ret_count = 0;
    for (size_t i = 0; i < cell->sample_count; i++) {
        double value = get(&cell->samples[i]);

        if (isfinite(value))
            values[(*ret_count)++] = value;
    }
    return values;
}

static double get_time(const struct dcb_sample *sample)
{
    return sample->time_ns;
}

static double get_cpu(const struct dcb_sample *sample)
{
    return sample->cpu_ns;
}

static double get_log_ratio(const struct dcb_sample *sample)
{
    return sample->log_ratio;
}

static double get_cpu_log_ratio(const struct dcb_sample *sample)
{
    return sample->cpu_log_ratio;
}

double dcb_analysis_detectable(double error, size_t workers, double confidence)
{
    double df = dcb_analysis_freedom(workers);

    if (workers < DCB_WORKERS_MIN || !isfinite(error))
        return DCB_UNKNOWN;
    /* Seen by the interval (its quantile) in four runs of five (0.8). */
    return exp((dcb_stats_t_quantile(0.5 + confidence / 2, df) +
                dcb_stats_t_quantile(0.8, df)) *
               error) -
           1;
}

double dcb_analysis_error(const struct dcb_interval *ratio, size_t workers,
                          double confidence)
{
    if (workers < DCB_WORKERS_MIN || !(ratio->low > 0) || !isfinite(ratio->high))
        return DCB_UNKNOWN;
    return log(ratio->high / ratio->low) / 2 /
           dcb_stats_t_quantile(0.5 + confidence / 2, dcb_analysis_freedom(workers));
}

struct dcb_interval dcb_analysis_widen(const struct dcb_interval *ratio, size_t workers,
                                       double confidence, double wanted)
{
    double error = dcb_analysis_error(ratio, workers, confidence), half;

    if (!isfinite(error))
        return unknown_interval();
    half = error * dcb_stats_t_quantile(0.5 + wanted / 2, dcb_analysis_freedom(workers));
    return (struct dcb_interval){.estimate = ratio->estimate,
                                 .low = ratio->estimate * exp(-half),
                                 .high = ratio->estimate * exp(half)};
}

static struct dcb_interval update_ratio(struct dcb_cell *cell,
                                        double (*get)(const struct dcb_sample *),
                                        double confidence, double *ret_detectable)
{
    size_t count;
    double *values = collect(cell, get, &count), error = DCB_UNKNOWN;
    struct dcb_interval ratio = ratio_interval(values, count, confidence, &error);

    free(values);
    *ret_detectable = dcb_analysis_detectable(error, count, confidence);
    if (ratio.estimate < 1)
        *ret_detectable *= ratio.estimate;
    return ratio;
}

/* A failed arm has no numbers, whatever it did before it failed: its samples stay. */
static bool is_sound(const struct dcb_cell *cell)
{
    return cell->failure == DCB_FAILURE_NONE;
}

static void update_times(struct dcb_cell *cell)
{
    size_t count;
    double *values;

    cell->time = cell->cpu = (struct dcb_summary){.count = 0};
    if (!is_sound(cell))
        return;
    values = collect(cell, get_time, &count);

    cell->time = dcb_stats_summary(values, count);
    free(values);
    values = collect(cell, get_cpu, &count);
    cell->cpu = dcb_stats_summary(values, count);
    free(values);
}

/* log(arm / baseline) of one row in each worker that has both. */
static double *row_log_ratios(const struct dcb_cell *cell,
                              const struct dcb_cell *baseline, size_t row,
                              size_t *ret_count)
{
    double *values = dcb_xcalloc(cell->sample_count + 1, sizeof *values);
    size_t base = 0;

    *ret_count = 0;
    for (size_t i = 0; i < cell->sample_count; i++) {
        double value = cell->samples[i].counters[row], other;

        while (base < baseline->sample_count &&
               baseline->samples[base].worker < cell->samples[i].worker)
            base++;
        if (base == baseline->sample_count ||
            baseline->samples[base].worker != cell->samples[i].worker)
            continue;
        other = baseline->samples[base].counters[row];
        if (value > 0 && other > 0)
            values[(*ret_count)++] = log(value / other);
    }
    return values;
}

static void update_row_value(struct dcb_cell *cell, const struct dcb_plan_row *row,
                             size_t index)
{
    double *values = dcb_xcalloc(cell->sample_count + 1, sizeof *values);
    struct dcb_counter_value *counter = &cell->counters[index];
    struct dcb_summary summary;
    double events = 0, iterations = 0;
    size_t count = 0;

    for (size_t i = 0; is_sound(cell) && i < cell->sample_count; i++) {
        const struct dcb_sample *sample = &cell->samples[i];

        if (!isfinite(sample->counters[index]))
            continue;
        values[count++] = sample->counters[index];
        events += sample->counters[index] * (double)sample->total_iterations;
        iterations += (double)sample->total_iterations;
    }
    summary = dcb_stats_summary(values, count);
    free(values);
    *counter = (struct dcb_counter_value){
        .value = count == 0                  ? DCB_UNKNOWN
                 : dcb_plan_row_is_rare(row) ? events / iterations
                                             : summary.median,
        .spread = count < 2 ? DCB_UNKNOWN : summary.stddev,
        .events = round(events),
        .ratio = unknown_interval(),
    };
}

/* Enough of them in every worker for workers to be compared like any other value. */
static bool is_frequent(const struct dcb_cell *cell,
                        const struct dcb_counter_value *counter)
{
    return counter->events > 20 * (double)cell->sample_count;
}

/* Ratio of two rates of independent rare events. A count n of a Poisson process has the
 * variance n, so log n has about 1/n (delta method), and the log of the ratio 1/a + 1/b.
 * Needs one event on each side. */
static struct dcb_interval rate_ratio(const struct dcb_counter_value *a,
                                      const struct dcb_counter_value *b,
                                      double confidence)
{
    double z = dcb_stats_t_quantile(0.5 + confidence / 2, 1e9);
    double log_ratio = log(a->value / b->value), half;

    if (!(a->events > 0) || !(b->events > 0))
        return unknown_interval();
    half = z * sqrt(1 / a->events + 1 / b->events);
    return exp_interval((struct dcb_interval){
        .estimate = log_ratio, .low = log_ratio - half, .high = log_ratio + half});
}

static void update_row_ratio(struct dcb_cell *cell, const struct dcb_cell *baseline,
                             const struct dcb_plan_row *row, size_t index)
{
    struct dcb_counter_value *counter = &cell->counters[index];
    double detectable, *values;
    size_t count;

    if (row->kind == DCB_KIND_WALL) {
        counter->ratio = cell->ratio;
    } else if (row->kind == DCB_KIND_CPU) {
        counter->ratio =
            update_ratio(cell, get_cpu_log_ratio, cell->confidence, &detectable);
    } else if (!dcb_plan_row_is_rare(row) ||
               (is_frequent(cell, counter) &&
                is_frequent(baseline, &baseline->counters[index]))) {
        values = row_log_ratios(cell, baseline, index, &count);
        counter->ratio = ratio_interval(values, count, cell->confidence, NULL);
        free(values);
    } else {
        counter->ratio =
            rate_ratio(counter, &baseline->counters[index], cell->confidence);
    }
}

/* ---- simulated rows ---- */

/* The values of the layouts that have one; relative to `baseline` where that is not
 * NULL. */
static double *layout_values(const struct dcb_plan *plan, const struct dcb_cell *cell,
                             const struct dcb_cell *baseline,
                             const struct dcb_simulated_row *row, size_t *ret_count)
{
    double *values = dcb_xcalloc(plan->layouts + 1, sizeof *values);

    *ret_count = 0;
    for (uint32_t i = 0; cell->layouts && i < plan->layouts; i++) {
        double value = dcb_simulated_value(&cell->layouts[i], row);

        /* Of something that does not happen there is no ratio: 0/0 and 1/0 are left out,
         * and with them the row (update_simulated). */
        if (baseline)
            value /= baseline->layouts ? dcb_simulated_value(&baseline->layouts[i], row)
                                       : DCB_UNKNOWN;
        if (isfinite(value))
            values[(*ret_count)++] = value;
    }
    return values;
}

/* The median of the layouts, and what they lie between: there is no chance in it that an
 * interval could be made of. */
static void update_simulated(const struct dcb_plan *plan, struct dcb_cell *cell,
                             const struct dcb_cell *baseline, size_t index)
{
    const struct dcb_simulated_row *row = dcb_simulated_row_find(plan->rows[index].name);
    struct dcb_counter_value *counter = &cell->counters[index];
    struct dcb_summary values = {.count = 0}, ratios = {.count = 0};
    double *list;
    size_t count;

    list = layout_values(plan, cell, NULL, row, &count);
    if (is_sound(cell))
        values = dcb_stats_summary(list, count);
    free(list);
    list = layout_values(plan, cell, baseline, row, &count);
    if (is_sound(cell) && is_sound(baseline) && cell->role != DCB_ROLE_BASELINE)
        ratios = dcb_stats_summary(list, count);
    free(list);
    *counter = (struct dcb_counter_value){
        .value = values.count ? values.median : DCB_UNKNOWN,
        .spread = values.count > 1 ? values.stddev : DCB_UNKNOWN,
        .ratio = unknown_interval(),
    };
    if (ratios.count && ratios.count == values.count)
        counter->ratio = (struct dcb_interval){
            .estimate = ratios.median, .low = ratios.min, .high = ratios.max};
}

static void update_counters(const struct dcb_plan *plan,
                            struct dcb_workload_result *workload)
{
    struct dcb_cell *baseline = &workload->cells[0];

    for (size_t i = 0; i < workload->cell_count; i++) {
        struct dcb_cell *cell = &workload->cells[i];

        free(cell->counters);
        cell->counters = dcb_xcalloc(plan->row_count + 1, sizeof *cell->counters);
        for (size_t row = 0; row < plan->row_count; row++) {
            if (plan->rows[row].kind == DCB_KIND_SIMULATED) {
                update_simulated(plan, cell, baseline, row);
                continue;
            }
            update_row_value(cell, &plan->rows[row], row);
            if (cell->role != DCB_ROLE_BASELINE && is_sound(cell))
                update_row_ratio(cell, baseline, &plan->rows[row], row);
        }
    }
}

enum dcb_verdict dcb_analysis_verdict(const struct dcb_interval *ratio, double margin)
{
    if (!isfinite(ratio->low) || !isfinite(ratio->high))
        return DCB_VERDICT_INCONCLUSIVE;
    if (ratio->low >= 1 - margin && ratio->high <= 1 + margin)
        return DCB_VERDICT_SAME;
    if (ratio->high < 1 && ratio->estimate < 1 - margin)
        return DCB_VERDICT_FASTER;
    if (ratio->low > 1 && ratio->estimate > 1 + margin)
        return DCB_VERDICT_SLOWER;
    return DCB_VERDICT_INCONCLUSIVE;
}

double dcb_analysis_half_width(const struct dcb_interval *ratio)
{
    double half = (ratio->high - ratio->low) / 2;

    return ratio->estimate > 1 ? half / ratio->estimate : half;
}

/* Intervals that hold together: as many as there are candidates to show. */
static size_t count_candidates(const struct dcb_workload_result *workload)
{
    size_t count = 0;

    for (size_t i = 0; i < workload->cell_count; i++)
        count += workload->cells[i].role == DCB_ROLE_CANDIDATE &&
                 workload->cells[i].failure == DCB_FAILURE_NONE;
    return count ? count : 1;
}

/* Whether nobody knows that two equal arms come out equal here. */
static bool control_is_off(const struct dcb_workload_result *workload)
{
    const struct dcb_cell *control = &workload->cells[1];

    return !is_sound(control) || control->verdict == DCB_VERDICT_FASTER ||
           control->verdict == DCB_VERDICT_SLOWER;
}

static void judge(const struct dcb_plan *plan, struct dcb_workload_result *workload)
{
    size_t judged = 0;
    double half;

    workload->reached = 0;
    for (size_t i = 0; i < workload->cell_count; i++) {
        struct dcb_cell *cell = &workload->cells[i];

        cell->verdict = DCB_VERDICT_NONE;
        if (cell->role == DCB_ROLE_BASELINE || !is_sound(cell) ||
            cell->sample_count == 0 || !is_sound(&workload->cells[0]))
            continue;
        cell->verdict = dcb_analysis_verdict(&cell->ratio, plan->margin);
        half = dcb_analysis_half_width(&cell->ratio);
        judged++;
        /* One interval that is not known leaves the widest unknown. */
        if (!isnan(workload->reached) && !(half <= workload->reached))
            workload->reached = half;
    }
    if (judged == 0)
        workload->reached = DCB_UNKNOWN;
    workload->withheld = control_is_off(workload);
    for (size_t i = 0; workload->withheld && i < workload->cell_count; i++) {
        if (workload->cells[i].role == DCB_ROLE_CANDIDATE &&
            workload->cells[i].verdict != DCB_VERDICT_NONE)
            workload->cells[i].verdict = DCB_VERDICT_INCONCLUSIVE;
    }
}

void dcb_analysis_update(const struct dcb_plan *plan,
                         struct dcb_workload_result *workload)
{
    double confidence =
        dcb_stats_simultaneous(plan->confidence, count_candidates(workload));

    for (size_t i = 0; i < workload->cell_count; i++) {
        struct dcb_cell *cell = &workload->cells[i];

        update_times(cell);
        cell->confidence = confidence;
        cell->ratio = unknown_interval();
        cell->detectable = DCB_UNKNOWN;
        if (cell->role != DCB_ROLE_BASELINE && cell->failure == DCB_FAILURE_NONE)
            cell->ratio =
                update_ratio(cell, get_log_ratio, confidence, &cell->detectable);
    }
    judge(plan, workload);
    dcb_drift_update(plan, workload);
    update_counters(plan, workload);
}

bool dcb_analysis_is_look(size_t workers)
{
    size_t look = DCB_FIRST_LOOK;

    while (look < workers)
        look += look / 4;
    return look == workers;
}

bool dcb_analysis_is_enough(const struct dcb_plan *plan,
                            struct dcb_workload_result *workload)
{
    if (!dcb_analysis_is_look(workload->worker_count))
        return false;
    dcb_analysis_update(plan, workload);
    return workload->reached <= plan->precision; /* false for NAN */
}
