#include "analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"
#include "xalloc.h"

/* Of the workers' log ratios a fifth is cut at each end: single workers are off by
 * several percent through their memory layout (docs/methodology.md). */
static const double trim = 0.2;

/* ---- one worker ---- */

/* Values of one arm in one worker, collected block by block. */
struct series {
    double *time, *cpu, *log_ratio, *cpu_log_ratio;
    size_t count, pairs, cpu_pairs;
    uint64_t iterations, involuntary, total_iterations, faults, switches;
    uint32_t disturbed;
    double **rows; /* [row_count][...] values of event rows */
    size_t *row_counts;
    double *row_sums;
    uint64_t *row_iterations;
};

/* Room for as many blocks as each arm has. */
static struct series *new_series(const struct dcb_worker_blocks *blocks, size_t rows)
{
    struct series *series = dcb_xcalloc(blocks->arms, sizeof *series);
    size_t *counts = dcb_xcalloc(blocks->arms, sizeof *counts);

    for (uint32_t i = 0; i < blocks->count; i++)
        counts[blocks->blocks[i].arm]++;
    for (size_t i = 0; i < blocks->arms; i++) {
        size_t room = counts[i] + 1;

        series[i].time = dcb_xcalloc(room, sizeof(double));
        series[i].cpu = dcb_xcalloc(room, sizeof(double));
        series[i].log_ratio = dcb_xcalloc(room, sizeof(double));
        series[i].cpu_log_ratio = dcb_xcalloc(room, sizeof(double));
        series[i].rows = dcb_xcalloc(rows + 1, sizeof(double *));
        series[i].row_counts = dcb_xcalloc(rows + 1, sizeof(size_t));
        series[i].row_sums = dcb_xcalloc(rows + 1, sizeof(double));
        series[i].row_iterations = dcb_xcalloc(rows + 1, sizeof(uint64_t));
        for (size_t row = 0; row < rows; row++)
            series[i].rows[row] = dcb_xcalloc(room, sizeof(double));
    }
    free(counts);
    return series;
}

static void free_series(struct series *series, size_t arms, size_t rows)
{
    for (size_t i = 0; i < arms; i++) {
        for (size_t row = 0; row < rows; row++)
            free(series[i].rows[row]);
        free(series[i].time);
        free(series[i].cpu);
        free(series[i].log_ratio);
        free(series[i].cpu_log_ratio);
        free(series[i].rows);
        free(series[i].row_counts);
        free(series[i].row_sums);
        free(series[i].row_iterations);
    }
    free(series);
}

/* The block's count of a PMU or kernel event, if it has one. */
static bool event_count(const struct dcb_block *block,
                        const struct dcb_event_place *place, uint64_t *ret_count)
{
    if (place->slot < 0)
        return false;
    if (place->software) {
        *ret_count = block->software[place->slot];
        return block->flags & DCB_BLOCK_SOFTWARE_OK;
    }
    *ret_count = block->pmu[place->slot] > place->overhead
                     ? block->pmu[place->slot] - place->overhead
                     : 0;
    return (block->flags & DCB_BLOCK_PMU_OK) && block->group == place->group;
}

static void add_block(struct series *series, const struct dcb_plan *plan,
                      const struct dcb_block *block, const struct dcb_event_place *places)
{
    double iterations = (double)block->iterations;
    uint64_t count;

    series->time[series->count] = (double)block->wall_ns / iterations;
    series->cpu[series->count] = (double)block->cpu_ns / iterations;
    series->count++;
    series->iterations = block->iterations;
    series->total_iterations += block->iterations;
    series->involuntary += block->involuntary;
    series->disturbed += block->involuntary > 0;
    series->faults += block->faults;
    series->switches += (uint64_t)block->involuntary + block->voluntary;
    for (size_t row = 0; row < plan->row_count; row++) {
        if (plan->rows[row].kind != DCB_KIND_EVENT ||
            !event_count(block, &places[plan->rows[row].event], &count))
            continue;
        series->rows[row][series->row_counts[row]++] = (double)count / iterations;
        series->row_sums[row] += (double)count;
        series->row_iterations[row] += block->iterations;
    }
}

static double per_iteration(uint64_t ns, const struct dcb_block *block)
{
    return (double)ns / (double)block->iterations;
}

/* Pairs the blocks of one round with its baseline block. */
static void add_pairs(struct series *series, const struct dcb_block *blocks, size_t count,
                      size_t baseline)
{
    const struct dcb_block *base = NULL;

    for (size_t i = 0; i < count; i++) {
        if (blocks[i].arm == baseline)
            base = &blocks[i];
    }
    for (size_t i = 0; base && i < count; i++) {
        struct series *arm = &series[blocks[i].arm];

        if (&blocks[i] == base)
            continue;
        arm->log_ratio[arm->pairs] = log(per_iteration(blocks[i].wall_ns, &blocks[i]) /
                                         per_iteration(base->wall_ns, base));
        /* A clock that could not be read says nothing; it does not say "equal". */
        if (blocks[i].cpu_ns && base->cpu_ns)
            arm->cpu_log_ratio[arm->cpu_pairs++] =
                log(per_iteration(blocks[i].cpu_ns, &blocks[i]) /
                    per_iteration(base->cpu_ns, base));
        arm->pairs++;
    }
}

/* Rare events are averaged; what every iteration does has a robust centre. */
static double row_value(const struct dcb_plan_row *row, struct series *series,
                        size_t index)
{
    double total = (double)series->total_iterations;

    switch (row->kind) {
    case DCB_KIND_WALL:
        return dcb_stats_median(series->time, series->count);
    case DCB_KIND_CPU:
        return dcb_stats_median(series->cpu, series->count);
    case DCB_KIND_FAULTS:
        return (double)series->faults / total;
    case DCB_KIND_SWITCHES:
        return (double)series->switches / total;
    case DCB_KIND_EVENT:
        if (series->row_counts[index] == 0)
            return DCB_UNKNOWN;
        if (row->provider == DCB_PROVIDER_KERNEL)
            return series->row_sums[index] / (double)series->row_iterations[index];
        return dcb_stats_median(series->rows[index], series->row_counts[index]);
    case DCB_KIND_NONE:
        break;
    }
    return DCB_UNKNOWN;
}

static void add_sample(const struct dcb_plan *plan, struct dcb_cell *cell, size_t worker,
                       struct series *series)
{
    struct dcb_sample *sample;

    cell->samples = dcb_xgrow(cell->samples, cell->sample_count, &cell->sample_capacity,
                              sizeof *cell->samples);
    sample = &cell->samples[cell->sample_count++];
    *sample = (struct dcb_sample){
        .worker = worker,
        .rounds = (uint32_t)series->count,
        .iterations = series->iterations,
        .total_iterations = series->total_iterations,
        .log_ratio = DCB_UNKNOWN,
        .cpu_log_ratio = DCB_UNKNOWN,
        .involuntary = series->involuntary,
        .disturbed = series->disturbed,
        .counters = dcb_xcalloc(plan->row_count + 1, sizeof(double)),
    };
    if (series->pairs)
        sample->log_ratio = dcb_stats_median(series->log_ratio, series->pairs);
    if (series->cpu_pairs)
        sample->cpu_log_ratio =
            dcb_stats_median(series->cpu_log_ratio, series->cpu_pairs);
    for (size_t row = 0; row < plan->row_count; row++)
        sample->counters[row] = row_value(&plan->rows[row], series, row);
    sample->time_ns = dcb_stats_median(series->time, series->count);
    sample->cpu_ns = dcb_stats_median(series->cpu, series->count);
    cell->blocks += series->count;
}

/* ---- anchors ---- */

enum { ANCHOR_BLOCKS_MIN = 5 };

/* Median of slot 0, per iteration, of one arm's blocks in one group. NAN below five. */
static double anchor_median(const struct dcb_worker_blocks *blocks, size_t arm, int group,
                            double *room)
{
    size_t count = 0;

    for (uint32_t i = 0; i < blocks->count; i++) {
        const struct dcb_block *block = &blocks->blocks[i];

        if (block->arm == arm && block->group == group &&
            (block->flags & DCB_BLOCK_PMU_OK))
            room[count++] = (double)block->pmu[0] / (double)block->iterations;
    }
    return count < ANCHOR_BLOCKS_MIN ? DCB_UNKNOWN : dcb_stats_median(room, count);
}

static void compare_anchor(const struct dcb_worker_blocks *blocks, int group,
                           double *room, struct dcb_workload_result *workload)
{
    for (size_t arm = 0; arm < blocks->arms; arm++) {
        double first = anchor_median(blocks, arm, 0, room);
        double other = anchor_median(blocks, arm, group, room);
        double spread = fabs(other - first) / first;

        if (isfinite(spread) && !(spread <= workload->anchor_spread))
            workload->anchor_spread = spread;
    }
}

/* Group 0 is anchored wherever another group is. */
static void compare_anchors(const struct dcb_plan *plan,
                            const struct dcb_worker_blocks *blocks,
                            struct dcb_workload_result *workload)
{
    double *room = dcb_xcalloc(blocks->count + 1, sizeof *room);
    bool seen[DCB_EVENTS_MAX + 1] = {true};

    for (size_t i = 0; i < plan->event_count; i++) {
        const struct dcb_event_place *place = &blocks->places[i];

        if (place->software || place->slot < 0 || !place->anchored || place->group < 0 ||
            place->group > DCB_EVENTS_MAX || seen[place->group])
            continue;
        seen[place->group] = true;
        compare_anchor(blocks, place->group, room, workload);
    }
    free(room);
}

void dcb_analysis_add_worker(const struct dcb_plan *plan,
                             struct dcb_workload_result *workload, size_t worker,
                             const struct dcb_worker_blocks *blocks)
{
    struct series *series = new_series(blocks, plan->row_count);
    size_t baseline = SIZE_MAX, first = 0;

    for (size_t arm = 0; arm < blocks->arms; arm++) {
        if (workload->cells[blocks->cells[arm]].role == DCB_ROLE_BASELINE)
            baseline = arm;
    }
    for (size_t i = 0; i < blocks->count; i++) {
        add_block(&series[blocks->blocks[i].arm], plan, &blocks->blocks[i],
                  blocks->places);
        if (i + 1 == blocks->count ||
            blocks->blocks[i + 1].round != blocks->blocks[i].round) {
            add_pairs(series, blocks->blocks + first, i + 1 - first, baseline);
            first = i + 1;
        }
    }
    for (size_t arm = 0; arm < blocks->arms; arm++) {
        if (series[arm].count)
            add_sample(plan, &workload->cells[blocks->cells[arm]], worker, &series[arm]);
    }
    free_series(series, blocks->arms, plan->row_count);
    compare_anchors(plan, blocks, workload);
}

/* ---- all workers ---- */

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

/* Interval of the ratio from the finite ones of `count` log ratios. */
static struct dcb_interval ratio_interval(double *log_ratios, size_t count,
                                          double confidence, double *ret_stderr)
{
    struct dcb_interval interval =
        dcb_stats_trimmed_interval(log_ratios, count, trim, confidence, ret_stderr);

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

static struct dcb_interval update_ratio(struct dcb_cell *cell,
                                        double (*get)(const struct dcb_sample *),
                                        double confidence, double *ret_detectable)
{
    size_t count;
    double *values = collect(cell, get, &count), error = DCB_UNKNOWN;
    struct dcb_interval ratio = ratio_interval(values, count, confidence, &error);

    free(values);
    *ret_detectable = DCB_UNKNOWN;
    if (count >= DCB_WORKERS_MIN && isfinite(error)) {
        double df = (double)(count - 2 * (size_t)(trim * (double)count)) - 1;

        /* Seen by the interval (its quantile) in four runs of five (0.8). */
        *ret_detectable = exp((dcb_stats_t_quantile(0.5 + confidence / 2, df) +
                               dcb_stats_t_quantile(0.8, df)) *
                              error) -
                          1;
        if (ratio.estimate < 1)
            *ret_detectable *= ratio.estimate;
    }
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

static void update_counters(const struct dcb_plan *plan,
                            struct dcb_workload_result *workload)
{
    struct dcb_cell *baseline = &workload->cells[0];

    for (size_t i = 0; i < workload->cell_count; i++) {
        struct dcb_cell *cell = &workload->cells[i];

        free(cell->counters);
        cell->counters = dcb_xcalloc(plan->row_count + 1, sizeof *cell->counters);
        for (size_t row = 0; row < plan->row_count; row++) {
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
    update_counters(plan, workload);
}

bool dcb_analysis_is_look(size_t workers)
{
    size_t look = 16;

    while (look < workers)
        look += look / 4;
    return look == workers;
}
