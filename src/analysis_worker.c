#include "analysis.h"

#include <math.h>
#include <stdlib.h>

#include "drift.h"
#include "samples.h"
#include "xalloc.h"

/* Values of one arm in one worker, collected block by block. */
struct series {
    double *time, *cpu, *log_ratio, *cpu_log_ratio;
    size_t count, pairs, cpu_pairs;
    uint64_t iterations, involuntary, total_iterations, total_ns, faults, switches;
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
    series->total_ns += block->wall_ns;
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
    case DCB_KIND_SIMULATED: /* not in these blocks */
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
        .total_ns = series->total_ns,
        .log_ratio = DCB_UNKNOWN,
        .cpu_log_ratio = DCB_UNKNOWN,
        .log_ratio_change = DCB_UNKNOWN,
        .involuntary = series->involuntary,
        .disturbed = series->disturbed,
        .counters = dcb_xcalloc(plan->row_count + 1, sizeof(double)),
    };
    if (series->pairs) {
        /* The halves first: the median of all puts them out of order. */
        sample->log_ratio_change =
            dcb_drift_between_halves(series->log_ratio, series->pairs);
        sample->log_ratio = dcb_stats_median(series->log_ratio, series->pairs);
    }
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
