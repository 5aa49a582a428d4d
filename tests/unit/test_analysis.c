/* Expected intervals come from SciPy 1.17.1's t.ppf and the definition in stats.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analysis.h"
#include "rng.h"
#include "unit.h"

enum { CELLS_MAX = 8 };

/* A plan and the result of its only workload: cell k is arm k. */
struct bench {
    struct dcb_plan plan;
    struct dcb_workload_result workload;
    size_t cells[CELLS_MAX];
    struct dcb_event_place places[4];
};

static void open_bench(struct bench *bench, size_t cells)
{
    *bench = (struct bench){
        .plan = {.margin = 0.01, .confidence = 0.95, .precision = 0.005},
        .workload = {.cells = dcb_xcalloc(cells, sizeof(struct dcb_cell)),
                     .cell_count = cells},
    };
    for (size_t i = 0; i < cells; i++) {
        bench->workload.cells[i].role = i == 0   ? DCB_ROLE_BASELINE
                                        : i == 1 ? DCB_ROLE_CONTROL
                                                 : DCB_ROLE_CANDIDATE;
        bench->workload.cells[i].arm = i;
        bench->cells[i] = i;
    }
}

static void close_bench(struct bench *bench)
{
    for (size_t i = 0; i < bench->workload.cell_count; i++) {
        struct dcb_cell *cell = &bench->workload.cells[i];

        for (size_t k = 0; k < cell->sample_count; k++)
            free(cell->samples[k].counters);
        free(cell->samples);
        free(cell->counters);
    }
    free(bench->workload.cells);
    dcb_plan_clear(&bench->plan);
}

static void add_worker(struct bench *bench, size_t worker, const struct dcb_block *blocks,
                       uint32_t count)
{
    struct dcb_worker_blocks given = {.blocks = blocks,
                                      .count = count,
                                      .cells = bench->cells,
                                      .arms = bench->workload.cell_count,
                                      .places = bench->places};

    dcb_analysis_add_worker(&bench->plan, &bench->workload, worker, &given);
}

static const struct dcb_sample *sample(const struct bench *bench, size_t cell,
                                       size_t index)
{
    assert_true(index < bench->workload.cells[cell].sample_count);
    return &bench->workload.cells[cell].samples[index];
}

/* A worker of one round: time `base` of the baseline, and ratios of the other cells, 0
 * for one that is not there. */
static void add_ratios(struct bench *bench, size_t worker, double base,
                       const double *ratios)
{
    struct dcb_block blocks[CELLS_MAX] = {{.round = 0}};
    uint32_t count = 0;

    for (size_t i = 0; i < bench->workload.cell_count; i++) {
        double ns = i == 0 ? base : base * ratios[i - 1];

        if (ns > 0)
            blocks[count++] = (struct dcb_block){.arm = (uint16_t)i,
                                                 .iterations = 1,
                                                 .wall_ns = (uint64_t)llround(ns),
                                                 .cpu_ns = (uint64_t)llround(ns / 2)};
    }
    add_worker(bench, worker, blocks, count);
}

#define BLOCK(ROUND, ARM, ITERATIONS, NS)                                 \
    {                                                                     \
        .round = ROUND, .arm = ARM, .iterations = ITERATIONS,             \
        .wall_ns = (NS) * (ITERATIONS), .cpu_ns = (NS) * (ITERATIONS) / 2 \
    }

/* ---- blocks to samples ---- */

static void rounds_are_paired(void **state)
{
    /* Its order within a round is free; the third round doubles everything. */
    static const struct dcb_block blocks[] = {
        BLOCK(0, 0, 10, 100), BLOCK(0, 2, 10, 80),  BLOCK(0, 1, 10, 101),
        BLOCK(1, 2, 10, 90),  BLOCK(1, 1, 10, 100), BLOCK(1, 0, 10, 100),
        BLOCK(7, 1, 10, 204), BLOCK(7, 0, 10, 200), BLOCK(7, 2, 10, 140),
    };
    struct bench bench;

    (void)state;
    open_bench(&bench, 3);
    add_worker(&bench, 4, blocks, COUNT(blocks));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bench.workload.cells[i].sample_count, 1);
        assert_int_equal(bench.workload.cells[i].blocks, 3);
        assert_int_equal(sample(&bench, i, 0)->worker, 4);
        assert_int_equal(sample(&bench, i, 0)->rounds, 3);
        assert_int_equal(sample(&bench, i, 0)->iterations, 10);
        assert_int_equal(sample(&bench, i, 0)->total_iterations, 30);
    }
    assert_nan(sample(&bench, 0, 0)->log_ratio);
    assert_nan(sample(&bench, 0, 0)->cpu_log_ratio);
    assert_close(sample(&bench, 0, 0)->time_ns, 100, 0);
    assert_close(sample(&bench, 0, 0)->cpu_ns, 50, 0);
    assert_close(sample(&bench, 1, 0)->time_ns, 101, 0);
    assert_close(sample(&bench, 2, 0)->time_ns, 90, 0);
    /* Of 0.8, 0.9, 0.7 and 1.01, 1, 1.02. */
    assert_close(sample(&bench, 2, 0)->log_ratio, log(0.8), 1e-12);
    assert_close(sample(&bench, 2, 0)->cpu_log_ratio, log(0.8), 1e-12);
    assert_close(sample(&bench, 1, 0)->log_ratio, log(1.01), 1e-12);
    close_bench(&bench);
}

/* Ratios of 0.8, 0.9, 0.7, 0.5 and 0.6 in the order of the rounds: the middle one is in
 * neither half. */
static void change_within_a_worker(void **state)
{
    static const struct dcb_block blocks[] = {
        BLOCK(0, 0, 1, 1000), BLOCK(0, 1, 1, 800),  BLOCK(1, 1, 1, 900),
        BLOCK(1, 0, 1, 1000), BLOCK(2, 0, 1, 1000), BLOCK(2, 1, 1, 700),
        BLOCK(3, 1, 1, 500),  BLOCK(3, 0, 1, 1000), BLOCK(4, 0, 1, 1000),
        BLOCK(4, 1, 1, 600),
    };
    struct bench bench;

    (void)state;
    open_bench(&bench, 2);
    add_worker(&bench, 0, blocks, COUNT(blocks));
    add_worker(&bench, 1, blocks, 2); /* one round */
    assert_close(sample(&bench, 1, 0)->log_ratio_change,
                 (log(0.5) + log(0.6)) / 2 - (log(0.8) + log(0.9)) / 2, 1e-12);
    assert_close(sample(&bench, 1, 0)->log_ratio, log(0.7), 1e-12);
    assert_nan(sample(&bench, 0, 0)->log_ratio_change);
    assert_nan(sample(&bench, 1, 1)->log_ratio_change);
    close_bench(&bench);
}

/* dcb_drift_update, as soon as there are workers enough. */
static void drift_is_looked_for(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench, 2);
    for (size_t i = 0; i < 30; i++)
        add_ratios(&bench, i, i < 18 ? 1e6 : 2e6, (const double[]){i < 14 ? 1 : 1.1});
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_true(bench.workload.cells[1].drift.found);
    assert_int_equal(bench.workload.cells[1].drift.worker, 14);
    assert_close(bench.workload.cells[1].drift.size, 0.1, 1e-9);
    assert_true(bench.workload.speed_change.found);
    assert_int_equal(bench.workload.speed_change.worker, 18);
    assert_close(bench.workload.speed_change.size, 1, 1e-9);
    close_bench(&bench);
}

static void ratios_are_per_iteration(void **state)
{
    static const struct dcb_block blocks[] = {BLOCK(0, 0, 10, 100), BLOCK(0, 1, 40, 50),
                                              BLOCK(1, 1, 40, 50), BLOCK(1, 0, 5, 100)};
    struct bench bench;

    (void)state;
    open_bench(&bench, 2);
    add_worker(&bench, 0, blocks, COUNT(blocks));
    assert_close(sample(&bench, 1, 0)->log_ratio, log(0.5), 1e-12);
    assert_close(sample(&bench, 1, 0)->cpu_log_ratio, log(0.5), 1e-12);
    assert_close(sample(&bench, 1, 0)->time_ns, 50, 0);
    assert_int_equal(sample(&bench, 1, 0)->iterations, 40);
    assert_int_equal(sample(&bench, 0, 0)->total_iterations, 15);
    close_bench(&bench);
}

static void round_without_its_baseline_has_no_pair(void **state)
{
    static const struct dcb_block blocks[] = {
        BLOCK(0, 0, 1, 1000), BLOCK(0, 1, 1, 900), /* 0.9 */
        BLOCK(1, 1, 1, 300),                       /* nothing to compare with */
        BLOCK(2, 1, 1, 300),                       /* nor here */
        BLOCK(3, 1, 1, 900),  BLOCK(3, 0, 1, 1000),
    };
    struct bench bench;

    (void)state;
    open_bench(&bench, 2);
    add_worker(&bench, 0, blocks, COUNT(blocks));
    assert_close(sample(&bench, 1, 0)->log_ratio, log(0.9), 1e-12);
    assert_int_equal(sample(&bench, 1, 0)->rounds, 4);
    assert_int_equal(sample(&bench, 0, 0)->rounds, 2);
    assert_close(sample(&bench, 1, 0)->time_ns, 600, 1e-12);
    close_bench(&bench);
}

static void no_baseline_at_all(void **state)
{
    static const struct dcb_block blocks[] = {BLOCK(0, 1, 1, 900), BLOCK(1, 1, 1, 300)};
    struct bench bench;

    (void)state;
    open_bench(&bench, 2);
    add_worker(&bench, 0, blocks, COUNT(blocks));
    assert_int_equal(bench.workload.cells[0].sample_count, 0);
    assert_nan(sample(&bench, 1, 0)->log_ratio);
    assert_close(sample(&bench, 1, 0)->time_ns, 600, 1e-12);
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_nan(bench.workload.cells[1].ratio.estimate);
    close_bench(&bench);
}

/* The worker died in the middle of a round: what is paired counts. */
static void last_round_may_be_incomplete(void **state)
{
    static const struct dcb_block blocks[] = {
        BLOCK(0, 0, 1, 1000), BLOCK(0, 1, 1, 1000), BLOCK(0, 2, 1, 800),
        BLOCK(1, 2, 1, 600),  BLOCK(1, 0, 1, 1000),
    };
    struct bench bench;

    (void)state;
    open_bench(&bench, 3);
    add_worker(&bench, 0, blocks, COUNT(blocks));
    assert_int_equal(sample(&bench, 1, 0)->rounds, 1);
    assert_int_equal(sample(&bench, 2, 0)->rounds, 2);
    assert_close(sample(&bench, 1, 0)->log_ratio, 0, 0);
    assert_close(sample(&bench, 2, 0)->log_ratio, (log(0.8) + log(0.6)) / 2, 1e-12);
    close_bench(&bench);
}

static void arm_without_a_block_has_no_sample(void **state)
{
    static const struct dcb_block blocks[] = {BLOCK(0, 0, 1, 1000), BLOCK(0, 2, 1, 800)};
    struct bench bench;

    (void)state;
    open_bench(&bench, 4);
    add_worker(&bench, 0, blocks, COUNT(blocks));
    assert_int_equal(bench.workload.cells[1].sample_count, 0);
    assert_int_equal(bench.workload.cells[3].sample_count, 0);
    assert_int_equal(bench.workload.cells[2].sample_count, 1);
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_int_equal(bench.workload.cells[3].time.count, 0);
    assert_int_equal(bench.workload.cells[3].verdict, DCB_VERDICT_NONE);
    add_worker(&bench, 1, NULL, 0);
    assert_int_equal(bench.workload.cells[0].sample_count, 1);
    close_bench(&bench);
}

/* A worker that was not given every cell: arm numbers are its own. */
static void arms_find_their_cells(void **state)
{
    static const struct dcb_block blocks[] = {BLOCK(0, 0, 1, 700), BLOCK(0, 1, 1, 1000)};
    struct bench bench;

    (void)state;
    open_bench(&bench, 4);
    bench.cells[0] = 3;
    bench.cells[1] = 0;
    dcb_analysis_add_worker(&bench.plan, &bench.workload, 0,
                            &(struct dcb_worker_blocks){.blocks = blocks,
                                                        .count = 2,
                                                        .cells = bench.cells,
                                                        .arms = 2,
                                                        .places = bench.places});
    assert_close(sample(&bench, 3, 0)->log_ratio, log(0.7), 1e-12);
    assert_close(sample(&bench, 0, 0)->time_ns, 1000, 0);
    assert_int_equal(bench.workload.cells[1].sample_count, 0);
    close_bench(&bench);
}

/* A clock that could not be read says nothing; it does not say "equal". */
static void missing_cpu_time_is_no_ratio(void **state)
{
    struct dcb_block blocks[] = {BLOCK(0, 0, 1, 1000), BLOCK(0, 1, 1, 500),
                                 BLOCK(1, 0, 1, 1000), BLOCK(1, 1, 1, 500),
                                 BLOCK(2, 0, 1, 1000), BLOCK(2, 1, 1, 500)};
    struct bench bench;

    (void)state;
    blocks[0].cpu_ns = blocks[3].cpu_ns = 0;
    open_bench(&bench, 2);
    add_worker(&bench, 0, blocks, COUNT(blocks));
    assert_close(sample(&bench, 1, 0)->log_ratio, log(0.5), 1e-12);
    assert_close(sample(&bench, 1, 0)->cpu_log_ratio, log(0.5), 1e-12);
    close_bench(&bench);
}

static void switches_and_faults(void **state)
{
    struct dcb_block blocks[] = {BLOCK(0, 0, 10, 100), BLOCK(1, 0, 10, 100),
                                 BLOCK(2, 0, 20, 100)};
    struct bench bench;

    (void)state;
    open_bench(&bench, 2);
    dcb_plan_add_row(&bench.plan, "page-faults", DCB_KIND_FAULTS, DCB_PROVIDER_KERNEL);
    dcb_plan_add_row(&bench.plan, "context-switches", DCB_KIND_SWITCHES,
                     DCB_PROVIDER_KERNEL);
    dcb_plan_add_row(&bench.plan, "task-clock", DCB_KIND_CPU, DCB_PROVIDER_KERNEL);
    dcb_plan_add_row(&bench.plan, "time-elapsed", DCB_KIND_WALL, DCB_PROVIDER_KERNEL);
    dcb_plan_add_row(&bench.plan, "cycles", DCB_KIND_NONE, DCB_PROVIDER_NONE);
    blocks[0].involuntary = 2;
    blocks[1].voluntary = 5;
    blocks[2].involuntary = 1;
    blocks[2].faults = 4;
    add_worker(&bench, 0, blocks, COUNT(blocks));
    assert_int_equal(sample(&bench, 0, 0)->involuntary, 3);
    assert_int_equal(sample(&bench, 0, 0)->disturbed, 2);
    assert_close(sample(&bench, 0, 0)->counters[0], 0.1, 1e-15);
    assert_close(sample(&bench, 0, 0)->counters[1], 0.2, 1e-15);
    assert_close(sample(&bench, 0, 0)->counters[2], 50, 0);
    assert_close(sample(&bench, 0, 0)->counters[3], 100, 0);
    assert_nan(sample(&bench, 0, 0)->counters[4]);
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_close(bench.workload.cells[0].counters[0].value, 0.1, 1e-15);
    assert_close(bench.workload.cells[0].counters[0].events, 4, 0);
    assert_nan(bench.workload.cells[0].counters[0].spread);
    assert_nan(bench.workload.cells[0].counters[4].value);
    close_bench(&bench);
}

/* ---- events ---- */

static void add_event(struct bench *bench, const char *name, bool software)
{
    struct dcb_event event = {.software = software};

    snprintf(event.name, sizeof event.name, "%s", name);
    dcb_plan_add_event(&bench->plan, &event);
}

static void events_are_found_in_their_group_and_slot(void **state)
{
    struct dcb_block blocks[] = {BLOCK(0, 0, 10, 100), BLOCK(1, 0, 10, 100),
                                 BLOCK(2, 0, 10, 100), BLOCK(3, 0, 10, 100)};
    struct bench bench;

    (void)state;
    open_bench(&bench, 2);
    add_event(&bench, "cycles", false);
    add_event(&bench, "branches", false);
    add_event(&bench, "cpu-migrations", true);
    add_event(&bench, "LLC-loads", false);
    bench.places[0] = (struct dcb_event_place){.group = 0, .slot = 1};
    bench.places[1] = (struct dcb_event_place){.group = 1, .slot = 1};
    bench.places[2] = (struct dcb_event_place){.software = true, .group = -1, .slot = 3};
    bench.places[3] = (struct dcb_event_place){.group = -1, .slot = -1};
    for (size_t i = 0; i < COUNT(blocks); i++) {
        blocks[i].group = (uint16_t)(i % 2);
        blocks[i].flags = DCB_BLOCK_PMU_OK | DCB_BLOCK_SOFTWARE_OK;
        blocks[i].pmu[0] = 999;
        blocks[i].pmu[1] = 1000 * (i + 1);
        blocks[i].software[1] = 77;
        blocks[i].software[3] = i == 2;
    }
    add_worker(&bench, 0, blocks, COUNT(blocks));
    /* Blocks 0 and 2, and 1 and 3, have the one and the other group. */
    assert_close(sample(&bench, 0, 0)->counters[0], (100 + 300) / 2.0, 1e-12);
    assert_close(sample(&bench, 0, 0)->counters[1], (200 + 400) / 2.0, 1e-12);
    assert_close(sample(&bench, 0, 0)->counters[2], 1 / 40.0, 1e-15);
    assert_nan(sample(&bench, 0, 0)->counters[3]);
    close_bench(&bench);
}

static void blocks_that_did_not_count_are_left_out(void **state)
{
    struct dcb_block blocks[] = {BLOCK(0, 0, 10, 100), BLOCK(1, 0, 10, 100),
                                 BLOCK(2, 0, 10, 100)};
    struct bench bench;

    (void)state;
    open_bench(&bench, 2);
    add_event(&bench, "cycles", false);
    add_event(&bench, "cpu-migrations", true);
    bench.places[0] = (struct dcb_event_place){.group = 0, .slot = 0};
    bench.places[1] = (struct dcb_event_place){.software = true, .group = -1, .slot = 0};
    for (size_t i = 0; i < COUNT(blocks); i++) {
        blocks[i].pmu[0] = 500 * (i + 1);
        blocks[i].software[0] = i;
    }
    blocks[0].flags = DCB_BLOCK_PMU_OK;
    blocks[1].flags = DCB_BLOCK_SOFTWARE_OK;
    add_worker(&bench, 0, blocks, COUNT(blocks));
    assert_close(sample(&bench, 0, 0)->counters[0], 50, 1e-12);
    assert_close(sample(&bench, 0, 0)->counters[1], 0.1, 1e-15);
    blocks[0].flags = blocks[1].flags = 0;
    add_worker(&bench, 1, blocks, COUNT(blocks));
    assert_nan(sample(&bench, 0, 1)->counters[0]);
    assert_nan(sample(&bench, 0, 1)->counters[1]);
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_close(bench.workload.cells[0].counters[0].value, 50, 1e-12);
    assert_nan(bench.workload.cells[0].counters[0].spread);
    assert_close(bench.workload.cells[0].counters[1].value, 0.1, 1e-15);
    close_bench(&bench);
}

/* What an empty block counts is none of the arm's; no count falls below 0 by that. */
static void empty_blocks_cost_is_taken_away(void **state)
{
    struct dcb_block blocks[] = {BLOCK(0, 0, 10, 100), BLOCK(0, 1, 20, 100)};
    struct bench bench;

    (void)state;
    open_bench(&bench, 2);
    add_event(&bench, "instructions", false);
    add_event(&bench, "branches", false);
    add_event(&bench, "cpu-migrations", true);
    bench.places[0] = (struct dcb_event_place){
        .group = 0, .slot = 0, .overhead = 200, .anchored = true};
    bench.places[1] =
        (struct dcb_event_place){.group = 0, .slot = 1, .overhead = 60, .anchored = true};
    bench.places[2] =
        (struct dcb_event_place){.software = true, .group = -1, .slot = 0, .overhead = 5};
    for (size_t i = 0; i < COUNT(blocks); i++) {
        blocks[i].flags = DCB_BLOCK_PMU_OK | DCB_BLOCK_SOFTWARE_OK;
        blocks[i].pmu[0] = 1200;
        blocks[i].pmu[1] = 50 + 20 * i;
        blocks[i].software[0] = 3;
    }
    add_worker(&bench, 0, blocks, COUNT(blocks));
    assert_close(sample(&bench, 0, 0)->counters[0], 100, 1e-12);
    assert_close(sample(&bench, 1, 0)->counters[0], 50, 1e-12);
    assert_close(sample(&bench, 0, 0)->counters[1], 0, 0);
    assert_close(sample(&bench, 1, 0)->counters[1], 0.5, 1e-12);
    assert_close(sample(&bench, 0, 0)->counters[2], 0.3, 1e-12);
    close_bench(&bench);
}

/* ---- anchors ---- */

enum { ANCHOR_BLOCKS = 60 };

/* Sixty blocks in turn of arms 0 and 1, and of three groups each: 1000 and 2000
 * instructions an iteration. */
static void open_anchors(struct bench *bench, struct dcb_block *blocks)
{
    open_bench(bench, 2);
    bench->workload.anchor_spread = NAN;
    add_event(bench, "instructions", false);
    add_event(bench, "branches", false);
    add_event(bench, "cycles", false);
    add_event(bench, "cpu-migrations", true);
    for (int i = 0; i < 3; i++)
        bench->places[i] =
            (struct dcb_event_place){.group = i, .slot = i > 0, .anchored = true};
    bench->places[3] = (struct dcb_event_place){.software = true, .group = -1, .slot = 0};
    for (uint32_t i = 0; i < ANCHOR_BLOCKS; i++) {
        blocks[i] = (struct dcb_block)BLOCK(i / 2, i % 2, 10, 100);
        blocks[i].group = (uint16_t)(i / 2 % 3);
        blocks[i].flags = DCB_BLOCK_PMU_OK;
        blocks[i].pmu[0] = (i % 2 + 1) * 10000;
    }
}

static void change_group(struct dcb_block *blocks, uint16_t arm, uint16_t group,
                         uint64_t count)
{
    for (size_t i = 0; i < ANCHOR_BLOCKS; i++) {
        if (blocks[i].group == group && blocks[i].arm == arm)
            blocks[i].pmu[0] = count;
    }
}

static void worst_group_of_anchors_is_told(void **state)
{
    struct dcb_block blocks[ANCHOR_BLOCKS];
    struct bench bench;

    (void)state;
    open_anchors(&bench, blocks);
    add_worker(&bench, 0, blocks, COUNT(blocks));
    assert_close(bench.workload.anchor_spread, 0, 0);
    change_group(blocks, 0, 1, 10050);
    change_group(blocks, 1, 2, 19800);
    blocks[0].pmu[0] = 70000; /* a single block is no median */
    add_worker(&bench, 1, blocks, COUNT(blocks));
    assert_close(bench.workload.anchor_spread, 0.01, 1e-12);
    change_group(blocks, 0, 1, 12500);
    add_worker(&bench, 2, blocks, COUNT(blocks));
    assert_close(bench.workload.anchor_spread, 0.25, 1e-12);
    /* A better worker does not make the worst one good. */
    change_group(blocks, 0, 1, 10000);
    add_worker(&bench, 3, blocks, COUNT(blocks));
    assert_close(bench.workload.anchor_spread, 0.25, 1e-12);
    close_bench(&bench);
}

static void groups_without_anchors_are_not_compared(void **state)
{
    struct dcb_block blocks[ANCHOR_BLOCKS];
    struct bench bench;

    (void)state;
    open_anchors(&bench, blocks);
    change_group(blocks, 0, 1, 50000);
    change_group(blocks, 1, 2, 50000);
    bench.places[1].anchored = bench.places[2].anchored = false;
    add_worker(&bench, 0, blocks, COUNT(blocks));
    assert_nan(bench.workload.anchor_spread);
    /* An event that is not open is in no group, whatever stands there. */
    bench.places[1] = (struct dcb_event_place){.group = 1, .slot = -1, .anchored = true};
    add_worker(&bench, 1, blocks, COUNT(blocks));
    assert_nan(bench.workload.anchor_spread);
    /* Four blocks are too few, those that did not count are none. */
    bench.places[1] = (struct dcb_event_place){.group = 1, .slot = 1, .anchored = true};
    add_worker(&bench, 2, blocks, 24);
    assert_nan(bench.workload.anchor_spread);
    for (size_t i = 30; i < COUNT(blocks); i++)
        blocks[i].flags = DCB_BLOCK_SOFTWARE_OK;
    blocks[2].flags = 0;
    blocks[3].flags = 0;
    add_worker(&bench, 3, blocks, COUNT(blocks));
    assert_nan(bench.workload.anchor_spread);
    close_bench(&bench);
}

/* Hardware ratios are paired within a worker: one worker without the baseline's value
 * shifts nothing. */
static void hardware_ratios_are_paired_by_worker(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench, 3);
    add_event(&bench, "instructions", false);
    bench.places[0] = (struct dcb_event_place){.group = 0, .slot = 0};
    for (size_t worker = 0; worker < 9; worker++) {
        struct dcb_block blocks[] = {BLOCK(0, 0, 1, 1000), BLOCK(0, 1, 1, 1000),
                                     BLOCK(0, 2, 1, 900)};

        for (size_t i = 0; i < 3; i++) {
            blocks[i].flags = worker == 2 && i == 0 ? 0 : DCB_BLOCK_PMU_OK;
            blocks[i].pmu[0] = (1000 + 100 * worker) * (i == 2 ? 3 : 4);
        }
        if (worker == 5)
            add_worker(&bench, worker, blocks + 1, 2); /* no baseline at all */
        else
            add_worker(&bench, worker, blocks, 3);
    }
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_close(bench.workload.cells[2].counters[0].value, 3 * 1400, 1e-9);
    assert_close(bench.workload.cells[2].counters[0].ratio.estimate, 0.75, 1e-12);
    assert_close(bench.workload.cells[2].counters[0].ratio.low, 0.75, 1e-12);
    assert_close(bench.workload.cells[2].counters[0].ratio.high, 0.75, 1e-12);
    assert_close(bench.workload.cells[1].counters[0].ratio.estimate, 1, 1e-12);
    assert_nan(bench.workload.cells[0].counters[0].ratio.estimate);
    close_bench(&bench);
}

/* Rates over all iterations, with 1.959964 standard errors of a Poisson count. */
static void rare_events_are_compared_by_rate(void **state)
{
    struct bench bench;
    const struct dcb_counter_value *counter;
    double half = 1.959963985 * sqrt(1 / 30.0 + 1 / 60.0);

    (void)state;
    open_bench(&bench, 3);
    dcb_plan_add_row(&bench.plan, "page-faults", DCB_KIND_FAULTS, DCB_PROVIDER_KERNEL);
    for (size_t worker = 0; worker < 2; worker++) {
        struct dcb_block blocks[] = {BLOCK(0, 0, 100, 100), BLOCK(0, 1, 100, 100),
                                     BLOCK(0, 2, 300, 100)};

        blocks[0].faults = worker ? 50 : 10; /* 60 in 200 */
        blocks[2].faults = worker ? 0 : 30;  /* 30 in 600 */
        add_worker(&bench, worker, blocks, 3);
    }
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_close(bench.workload.cells[0].counters[0].value, 0.3, 1e-12);
    assert_close(bench.workload.cells[0].counters[0].events, 60, 0);
    counter = &bench.workload.cells[2].counters[0];
    assert_close(counter->value, 0.05, 1e-12);
    assert_close(counter->events, 30, 0);
    assert_close(counter->ratio.estimate, 1 / 6.0, 1e-12);
    assert_close(counter->ratio.low, exp(-half) / 6, 1e-6);
    assert_close(counter->ratio.high, exp(half) / 6, 1e-6);
    counter = &bench.workload.cells[1].counters[0]; /* none at all */
    assert_close(counter->value, 0, 0);
    assert_nan(counter->ratio.estimate);
    assert_nan(counter->ratio.low);
    close_bench(&bench);
}

static void clock_rows_have_the_ratios_of_the_clocks(void **state)
{
    static const double ratios[] = {1, 0.8};
    struct bench bench;
    const struct dcb_cell *cell;

    (void)state;
    open_bench(&bench, 3);
    dcb_plan_add_row(&bench.plan, "time-elapsed", DCB_KIND_WALL, DCB_PROVIDER_KERNEL);
    dcb_plan_add_row(&bench.plan, "task-clock", DCB_KIND_CPU, DCB_PROVIDER_KERNEL);
    for (size_t worker = 0; worker < 6; worker++)
        add_ratios(&bench, worker, 100000 + 10000 * (double)worker, ratios);
    dcb_analysis_update(&bench.plan, &bench.workload);
    cell = &bench.workload.cells[2];
    assert_close(cell->ratio.estimate, 0.8, 1e-12);
    assert_close(cell->counters[0].ratio.estimate, 0.8, 1e-12);
    assert_close(cell->counters[1].ratio.estimate, 0.8, 1e-12);
    assert_close(cell->counters[1].ratio.high, 0.8, 1e-12);
    assert_close(cell->counters[0].value, 100000, 1e-9);
    assert_close(cell->counters[1].value, 50000, 1e-9);
    assert_close(cell->cpu.median, 50000, 1e-9);
    assert_true(cell->counters[0].spread > 0);
    close_bench(&bench);
}

/* ---- samples to answers ---- */

/* scipy.stats.t.ppf(.975, 3) = 3.182446305284; two of eight values are cut at each
 * end. */
static void interval_of_few_workers(void **state)
{
    static const double ratios[] = {0.90, 0.91, 0.89, 0.92, 0.88, 0.905, 0.3, 4};
    struct bench bench;
    const struct dcb_cell *cell;
    double logs[] = {0.89, 0.90, 0.905, 0.91};
    double mean = 0, squares = 0, winsorised = 0, error;

    (void)state;
    open_bench(&bench, 3);
    for (size_t worker = 0; worker < COUNT(ratios); worker++)
        add_ratios(&bench, worker, 1e9, (const double[]){1, ratios[worker]});
    dcb_analysis_update(&bench.plan, &bench.workload);
    cell = &bench.workload.cells[2];
    for (size_t i = 0; i < 4; i++) {
        logs[i] = log(logs[i]);
        mean += logs[i] / 4;
        winsorised += logs[i] / 8 * (i == 0 || i == 3 ? 3 : 1);
    }
    for (size_t i = 0; i < 4; i++)
        squares += pow(logs[i] - winsorised, 2) * (i == 0 || i == 3 ? 3 : 1);
    error = sqrt(squares / (4 * 3));
    assert_close(cell->ratio.estimate, exp(mean), 1e-9);
    assert_close(cell->ratio.low, exp(mean - 3.182446305284 * error), 1e-8);
    assert_close(cell->ratio.high, exp(mean + 3.182446305284 * error), 1e-8);
    /* scipy.stats.t.ppf(.8, 3) = 0.9784723123633044 */
    /* in parts of the slower time: here the baseline's */
    assert_close(cell->detectable,
                 (exp((3.182446305284 + 0.978472312363) * error) - 1) * exp(mean), 1e-8);
    assert_close(cell->confidence, 0.95, 1e-12);
    assert_int_equal(cell->verdict, DCB_VERDICT_FASTER);
    assert_int_equal(cell->time.count, 8);
    assert_close(cell->time.min, 3e8, 1);
    assert_close(cell->time.max, 4e9, 1);
    assert_close(cell->time.median, (0.9e9 + 0.905e9) / 2, 1);
    close_bench(&bench);
}

static void fewer_than_five_workers_have_no_interval(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench, 3);
    for (size_t worker = 0; worker < DCB_WORKERS_MIN; worker++) {
        const struct dcb_cell *cell = &bench.workload.cells[2];

        add_ratios(&bench, worker, 1e6,
                   (const double[]){1, 0.5 + 0.0001 * (double)worker});
        dcb_analysis_update(&bench.plan, &bench.workload);
        assert_close(cell->ratio.estimate, 0.5, 0.001);
        assert_int_equal(cell->time.count, worker + 1);
        if (worker + 1 < DCB_WORKERS_MIN) {
            assert_nan(cell->ratio.low);
            assert_nan(cell->ratio.high);
            assert_nan(cell->detectable);
            assert_nan(bench.workload.reached);
            assert_int_equal(cell->verdict, DCB_VERDICT_INCONCLUSIVE);
        } else {
            assert_true(cell->ratio.low < 0.5002 && cell->ratio.high > 0.5002);
            assert_true(cell->detectable > 0);
            assert_true(bench.workload.reached > 0);
            assert_int_equal(cell->verdict, DCB_VERDICT_FASTER);
        }
    }
    close_bench(&bench);
}

/* What counts is in how many workers this cell has a ratio. */
static void workers_without_the_arm_do_not_count(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench, 4);
    for (size_t worker = 0; worker < 8; worker++)
        add_ratios(&bench, worker, 1e6, (const double[]){1, 0.5, worker < 4 ? 0.5 : 0});
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_int_equal(bench.workload.cells[2].verdict, DCB_VERDICT_FASTER);
    assert_int_equal(bench.workload.cells[3].verdict, DCB_VERDICT_INCONCLUSIVE);
    assert_nan(bench.workload.cells[3].ratio.low);
    assert_close(bench.workload.cells[3].ratio.estimate, 0.5, 1e-12);
    assert_nan(bench.workload.reached); /* one that is not known */
    close_bench(&bench);
}

static enum dcb_verdict verdict(double estimate, double low, double high)
{
    /* A margin that is exact in binary: so are the edges. */
    return dcb_analysis_verdict(
        &(struct dcb_interval){.estimate = estimate, .low = low, .high = high}, 1.0 / 64);
}

static void verdict_rule_at_its_edges(void **state)
{
    const double m = 1.0 / 64, little = 1e-9, none = (double)NAN;

    (void)state;
    /* The whole interval within the margin, its ends included. */
    assert_int_equal(verdict(1, 1 - m, 1 + m), DCB_VERDICT_SAME);
    assert_int_equal(verdict(1, 1, 1), DCB_VERDICT_SAME);
    assert_int_equal(verdict(1, 1 - m - little, 1 + m), DCB_VERDICT_INCONCLUSIVE);
    assert_int_equal(verdict(1, 1 - m, 1 + m + little), DCB_VERDICT_INCONCLUSIVE);
    /* 0 is excluded, and still the same. */
    assert_int_equal(verdict(1 - m / 2, 1 - m, 1 - little), DCB_VERDICT_SAME);
    assert_int_equal(verdict(1 + m / 2, 1 + little, 1 + m), DCB_VERDICT_SAME);
    /* The point beyond the margin and no change excluded. */
    assert_int_equal(verdict(1 - m - little, 0.9, 1 - little), DCB_VERDICT_FASTER);
    assert_int_equal(verdict(1 + m + little, 1 + little, 1.1), DCB_VERDICT_SLOWER);
    assert_int_equal(verdict(1 - m, 0.9, 1 - little), DCB_VERDICT_INCONCLUSIVE);
    assert_int_equal(verdict(1 + m, 1 + little, 1.1), DCB_VERDICT_INCONCLUSIVE);
    assert_int_equal(verdict(0.9, 0.8, 1), DCB_VERDICT_INCONCLUSIVE);
    assert_int_equal(verdict(1.1, 1, 1.2), DCB_VERDICT_INCONCLUSIVE);
    assert_int_equal(verdict(0.9, 0.8, 1.01), DCB_VERDICT_INCONCLUSIVE);
    assert_int_equal(verdict(1.1, 0.99, 1.2), DCB_VERDICT_INCONCLUSIVE);
    assert_int_equal(verdict(0.03, 0.02, 0.04), DCB_VERDICT_FASTER);
    assert_int_equal(verdict(31, 30, 32), DCB_VERDICT_SLOWER);
    /* Nothing is known. */
    assert_int_equal(verdict(0.5, none, none), DCB_VERDICT_INCONCLUSIVE);
    assert_int_equal(verdict(0.5, none, 0.6), DCB_VERDICT_INCONCLUSIVE);
    assert_int_equal(verdict(1.5, 1.4, none), DCB_VERDICT_INCONCLUSIVE);
    assert_int_equal(verdict(1.5, 1.4, (double)INFINITY), DCB_VERDICT_INCONCLUSIVE);
    assert_int_equal(verdict(none, none, none), DCB_VERDICT_INCONCLUSIVE);
}

static void half_width_is_in_parts_of_the_slower(void **state)
{
    const struct dcb_interval faster = {.estimate = 0.5, .low = 0.45, .high = 0.55};
    const struct dcb_interval slower = {.estimate = 20, .low = 18, .high = 22};
    const struct dcb_interval none = {
        .estimate = 2, .low = (double)NAN, .high = (double)NAN};

    (void)state;
    assert_close(dcb_analysis_half_width(&faster), 0.05, 1e-12);
    assert_close(dcb_analysis_half_width(&slower), 0.1, 1e-12);
    assert_nan(dcb_analysis_half_width(&none));
}

/* Fills eight workers, in which cell i + 1 has ratios around ratios[i]. */
static void add_eight(struct bench *bench, const double *ratios)
{
    for (size_t worker = 0; worker < 8; worker++) {
        double noisy[CELLS_MAX];

        for (size_t i = 0; i + 1 < bench->workload.cell_count; i++)
            noisy[i] = ratios[i] * (1 + 0.0001 * ((double)worker - 3.5));
        add_ratios(bench, worker, 1e9, noisy);
    }
    dcb_analysis_update(&bench->plan, &bench->workload);
}

static void intervals_are_simultaneous(void **state)
{
    static const double ratios[] = {1, 0.8, 0.8, 0.8, 0.8};
    struct bench one, four;
    double narrow, wide;

    (void)state;
    open_bench(&one, 3);
    add_eight(&one, ratios);
    open_bench(&four, 6);
    add_eight(&four, ratios);
    assert_close(one.workload.cells[2].confidence, 0.95, 1e-12);
    for (size_t i = 1; i < 6; i++)
        assert_close(four.workload.cells[i].confidence, 1 - 0.05 / 4, 1e-12);
    narrow = log(one.workload.cells[2].ratio.high / one.workload.cells[2].ratio.low);
    wide = log(four.workload.cells[2].ratio.high / four.workload.cells[2].ratio.low);
    /* scipy.stats.t.ppf(1 - .05 / 8, 3) / scipy.stats.t.ppf(.975, 3) */
    assert_close(wide / narrow, 5.3919 / 3.1824, 2e-3);

    /* One that failed is not shown: the others need not hold together with it. */
    four.workload.cells[3].failure = DCB_FAILURE_WRONG;
    dcb_analysis_update(&four.plan, &four.workload);
    assert_close(four.workload.cells[2].confidence, 1 - 0.05 / 3, 1e-12);
    close_bench(&one);
    close_bench(&four);
}

static void widest_interval_is_what_was_reached(void **state)
{
    struct bench bench;
    double widest = 0;

    (void)state;
    open_bench(&bench, 4);
    for (size_t worker = 0; worker < 8; worker++)
        add_ratios(&bench, worker, 1e9,
                   (const double[]){1 + 0.001 * (double)worker, 0.5, 0.6});
    dcb_analysis_update(&bench.plan, &bench.workload);
    for (size_t i = 1; i < 4; i++)
        widest = fmax(widest, dcb_analysis_half_width(&bench.workload.cells[i].ratio));
    assert_true(widest > 0);
    /* It is the control's here. */
    assert_close(dcb_analysis_half_width(&bench.workload.cells[1].ratio), widest, 0);
    assert_close(bench.workload.reached, widest, 0);
    close_bench(&bench);
}

static void control_that_differs_withholds_verdicts(void **state)
{
    static const struct {
        double control;
        enum dcb_verdict verdict;
        bool withheld;
    } cases[] = {{1, DCB_VERDICT_SAME, false},
                 {1.005, DCB_VERDICT_SAME, false},
                 {0.98, DCB_VERDICT_FASTER, true},
                 {1.02, DCB_VERDICT_SLOWER, true}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const double ratios[] = {cases[i].control, 0.8, 1.2, 1};
        struct bench bench;
        const struct dcb_cell *cells;

        open_bench(&bench, 5);
        add_eight(&bench, ratios);
        cells = bench.workload.cells;
        assert_int_equal(cells[0].verdict, DCB_VERDICT_NONE);
        assert_int_equal(cells[1].verdict, cases[i].verdict);
        assert_int_equal(bench.workload.withheld, cases[i].withheld);
        assert_int_equal(cells[2].verdict, cases[i].withheld ? DCB_VERDICT_INCONCLUSIVE
                                                             : DCB_VERDICT_FASTER);
        assert_int_equal(cells[3].verdict, cases[i].withheld ? DCB_VERDICT_INCONCLUSIVE
                                                             : DCB_VERDICT_SLOWER);
        assert_int_equal(cells[4].verdict,
                         cases[i].withheld ? DCB_VERDICT_INCONCLUSIVE : DCB_VERDICT_SAME);
        assert_close(cells[2].ratio.estimate, 0.8, 0.001); /* numbers stay */
        close_bench(&bench);
    }
}

/* An update starts afresh. */
static void verdicts_come_back(void **state)
{
    static const double off[] = {0.98, 0.8}, on[] = {1, 0.8};
    struct bench bench;

    (void)state;
    open_bench(&bench, 3);
    add_eight(&bench, off);
    assert_true(bench.workload.withheld);
    for (int i = 0; i < 4; i++)
        add_eight(&bench, on);
    assert_false(bench.workload.withheld);
    assert_int_equal(bench.workload.cells[2].verdict, DCB_VERDICT_FASTER);
    close_bench(&bench);
}

static void failed_cells_are_not_judged(void **state)
{
    static const double ratios[] = {1, 0.8, 0.8};
    struct bench bench;
    const struct dcb_cell *failed;

    (void)state;
    open_bench(&bench, 4);
    dcb_plan_add_row(&bench.plan, "time-elapsed", DCB_KIND_WALL, DCB_PROVIDER_KERNEL);
    bench.workload.cells[2].failure = DCB_FAILURE_CHANGED;
    add_eight(&bench, ratios);
    failed = &bench.workload.cells[2];
    assert_int_equal(failed->verdict, DCB_VERDICT_NONE);
    assert_nan(failed->ratio.estimate);
    assert_nan(failed->ratio.low);
    assert_nan(failed->detectable);
    assert_nan(failed->counters[0].ratio.estimate);
    assert_int_equal(bench.workload.cells[3].verdict, DCB_VERDICT_FASTER);
    assert_true(bench.workload.reached > 0);
    close_bench(&bench);
}

/* Nor do its counters have a ratio. */
static void failed_cells_have_no_ratio_of_counters(void **state)
{
    static const double ratios[] = {1, 0.8};
    struct bench bench;

    (void)state;
    open_bench(&bench, 3);
    dcb_plan_add_row(&bench.plan, "task-clock", DCB_KIND_CPU, DCB_PROVIDER_KERNEL);
    bench.workload.cells[2].failure = DCB_FAILURE_WRONG;
    add_eight(&bench, ratios);
    assert_nan(bench.workload.cells[2].counters[0].ratio.estimate);
    close_bench(&bench);
}

static void failed_control_leaves_no_verdicts(void **state)
{
    static const double ratios[] = {1, 0.8};
    struct bench bench;

    (void)state;
    open_bench(&bench, 3);
    bench.workload.cells[1].failure = DCB_FAILURE_DIED;
    add_eight(&bench, ratios);
    assert_int_equal(bench.workload.cells[1].verdict, DCB_VERDICT_NONE);
    /* Nobody knows whether two equal arms come out equal here. */
    assert_int_equal(bench.workload.cells[2].verdict, DCB_VERDICT_INCONCLUSIVE);
    close_bench(&bench);
}

static void failed_baseline_leaves_no_verdicts(void **state)
{
    static const double ratios[] = {1, 0.8};
    struct bench bench;

    (void)state;
    open_bench(&bench, 3);
    bench.workload.cells[0].failure = DCB_FAILURE_DIED;
    add_eight(&bench, ratios);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(bench.workload.cells[i].verdict, DCB_VERDICT_NONE);
    assert_nan(bench.workload.reached);
    close_bench(&bench);
}

static void nothing_measured_is_nothing_known(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench, 3);
    dcb_plan_add_row(&bench.plan, "task-clock", DCB_KIND_CPU, DCB_PROVIDER_KERNEL);
    dcb_analysis_update(&bench.plan, &bench.workload);
    dcb_analysis_update(&bench.plan, &bench.workload);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bench.workload.cells[i].time.count, 0);
        assert_int_equal(bench.workload.cells[i].verdict, DCB_VERDICT_NONE);
        assert_nan(bench.workload.cells[i].ratio.estimate);
        assert_nan(bench.workload.cells[i].counters[0].value);
    }
    assert_nan(bench.workload.reached);
    assert_false(bench.workload.withheld);
    close_bench(&bench);
}

static void looks_are_a_quarter_apart(void **state)
{
    static const size_t looks[] = {16, 20, 25, 31, 38, 47, 58, 72, 90};
    size_t found = 0;

    (void)state;
    for (size_t workers = 0; workers <= 100; workers++) {
        if (!dcb_analysis_is_look(workers))
            continue;
        assert_true(found < COUNT(looks));
        assert_int_equal(workers, looks[found]);
        found++;
    }
    assert_int_equal(found, COUNT(looks));
}

/* ---- coverage ---- */

static double uniform(struct dcb_rng *rng)
{
    return ((double)(dcb_rng_next(rng) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(struct dcb_rng *rng)
{
    return sqrt(-2 * log(uniform(rng))) * cos(2 * M_PI * uniform(rng));
}

/* A worker's own bias through its memory layout; one in ten has a large one. */
static double layout(struct dcb_rng *rng)
{
    return normal(rng) * (uniform(rng) < 0.1 ? 0.06 : 0.01);
}

struct coverage {
    unsigned right, sounds, narrow;
    double mean;
};

/* Simulated runs of one candidate whose true ratio is `ratio`. */
static struct coverage simulate(double ratio, size_t workers, unsigned runs)
{
    struct dcb_rng rng = {.state = 20240229};
    struct coverage coverage = {.right = 0};

    for (unsigned run = 0; run < runs; run++) {
        struct bench bench;
        const struct dcb_cell *cell;

        open_bench(&bench, 3);
        for (size_t worker = 0; worker < workers; worker++) {
            double biases[] = {0, layout(&rng), layout(&rng)};
            struct dcb_block blocks[15] = {{.round = 0}};

            for (uint32_t i = 0; i < 15; i++) {
                uint32_t round = i / 3, arm = i % 3;
                double speed = 1 + 0.3 * (double)round; /* the clock rate wanders */
                double ns = 1e6 * speed * exp(biases[arm] + 0.003 * normal(&rng)) *
                            (arm == 2 ? ratio : 1);

                blocks[i] = (struct dcb_block){.round = round,
                                               .arm = (uint16_t)arm,
                                               .iterations = 5 + arm,
                                               .wall_ns = (uint64_t)(ns * (5 + arm))};
            }
            add_worker(&bench, worker, blocks, 15);
        }
        dcb_analysis_update(&bench.plan, &bench.workload);
        cell = &bench.workload.cells[2];
        coverage.right += cell->ratio.low <= ratio && ratio <= cell->ratio.high;
        coverage.sounds += !bench.workload.withheld;
        coverage.narrow += cell->ratio.high - cell->ratio.low < 0.06;
        coverage.mean += log(cell->ratio.estimate) / runs;
        close_bench(&bench);
    }
    return coverage;
}

/* 2000 runs: the standard deviation of a coverage of 95 % is 0.5 %. */
static void planted_ratio_is_covered(void **state)
{
    static const double ratios[] = {0.884, 1.25};

    (void)state;
    for (size_t i = 0; i < COUNT(ratios); i++) {
        struct coverage coverage = simulate(ratios[i], 12, 2000);

        print_message("%g: covered %.2f %%, control %.2f %%, mean %+.5f\n", ratios[i],
                      coverage.right / 20.0, coverage.sounds / 20.0,
                      coverage.mean - log(ratios[i]));
        assert_in_range(coverage.right, 1860, 1960);
        assert_in_range(coverage.sounds, 1860, 2000);
        assert_true(coverage.narrow > 1700);
        assert_close(coverage.mean, log(ratios[i]), 0.001);
    }
}

/* One run under the stopping rule; at most 400 workers. */
static void run_until_enough(struct bench *bench, struct dcb_rng *rng, double ratio)
{
    bool enough = false;

    open_bench(bench, 3);
    while (!enough && bench->workload.worker_count < 400) {
        double base = layout(rng);
        double ratios[] = {exp(layout(rng) - base), ratio * exp(layout(rng) - base)};

        add_ratios(bench, bench->workload.worker_count, 1e9, ratios);
        bench->workload.worker_count++;
        enough = dcb_analysis_is_enough(&bench->plan, &bench->workload);
    }
    assert_true(enough);
    assert_true(dcb_analysis_is_look(bench->workload.worker_count));
}

/* Looking until the interval is narrow costs little of its confidence. */
static void stopping_rule_keeps_the_coverage(void **state)
{
    static const double ratios[] = {1, 0.85};
    struct dcb_rng rng = {.state = 20261121};

    (void)state;
    for (size_t i = 0; i < COUNT(ratios); i++) {
        unsigned right = 0, control = 0, called = 0;
        size_t workers = 0;

        for (unsigned run = 0; run < 2000; run++) {
            struct bench bench;
            const struct dcb_interval *ratio;

            run_until_enough(&bench, &rng, ratios[i]);
            for (size_t cell = 1; cell < 3; cell++)
                assert_true(dcb_analysis_half_width(&bench.workload.cells[cell].ratio) <=
                            0.005);
            ratio = &bench.workload.cells[2].ratio;
            right += ratio->low <= ratios[i] && ratios[i] <= ratio->high;
            ratio = &bench.workload.cells[1].ratio;
            control += ratio->low <= 1 && 1 <= ratio->high;
            called += bench.workload.withheld;
            workers += bench.workload.worker_count;
            close_bench(&bench);
        }
        print_message("%g: covered %.2f %%, control %.2f %%, called %u, %.0f workers\n",
                      ratios[i], right / 20.0, control / 20.0, called,
                      (double)workers / 2000);
        /* 95 %, give or take three of its standard deviations. */
        assert_in_range(right, 1865, 1960);
        assert_in_range(control, 1865, 1960);
        assert_in_range(called, 0, 2);
    }
}

static void nothing_is_enough_without_an_interval(void **state)
{
    struct bench bench;
    double ratios[] = {1, 0.9};

    (void)state;
    open_bench(&bench, 3);
    bench.workload.worker_count = 16;
    assert_false(dcb_analysis_is_enough(&bench.plan, &bench.workload));
    for (size_t worker = 0; worker < 15; worker++)
        add_ratios(&bench, worker, 1e6, ratios);
    bench.workload.worker_count = 15; /* not a look */
    assert_false(dcb_analysis_is_enough(&bench.plan, &bench.workload));
    bench.workload.worker_count = 16;
    assert_true(dcb_analysis_is_enough(&bench.plan, &bench.workload));
    close_bench(&bench);
}

/* ---- simulated rows ---- */

enum { LAYOUTS = 3 };

static void open_simulated(struct bench *bench, size_t cells)
{
    open_bench(bench, cells);
    bench->plan.layouts = LAYOUTS;
    dcb_plan_add_row(&bench->plan, "instructions", DCB_KIND_SIMULATED,
                     DCB_PROVIDER_SIMULATED);
    dcb_plan_add_row(&bench->plan, "LLC-load-misses", DCB_KIND_SIMULATED,
                     DCB_PROVIDER_SIMULATED);
    for (size_t i = 0; i < cells; i++)
        bench->workload.cells[i].layouts =
            dcb_xcalloc(LAYOUTS, sizeof(struct dcb_simulated));
}

static void close_simulated(struct bench *bench)
{
    for (size_t i = 0; i < bench->workload.cell_count; i++)
        free(bench->workload.cells[i].layouts);
    close_bench(bench);
}

/* Counts of ten iterations. */
static void set_layout(struct bench *bench, size_t cell, size_t layout,
                       uint64_t instructions, uint64_t misses)
{
    bench->workload.cells[cell].layouts[layout] = (struct dcb_simulated){
        .iterations = 10,
        .counts = {[DCB_SIM_IR] = instructions, [DCB_SIM_DLMR] = misses}};
}

static const struct dcb_counter_value *simulated(const struct bench *bench, size_t cell,
                                                 size_t row)
{
    return &bench->workload.cells[cell].counters[row];
}

static void assert_no_ratio(const struct dcb_counter_value *counter)
{
    assert_nan(counter->ratio.estimate);
    assert_nan(counter->ratio.low);
    assert_nan(counter->ratio.high);
}

static void fill_layouts(struct bench *bench)
{
    static const uint64_t base[] = {10000, 10200, 10100};
    static const double ratios[] = {1, 1.0001, 0.9};

    for (size_t cell = 0; cell < 3; cell++) {
        for (size_t i = 0; i < LAYOUTS; i++)
            set_layout(bench, cell, i, (uint64_t)llround((double)base[i] * ratios[cell]),
                       50);
    }
}

static void simulated_rows_are_medians_of_layouts(void **state)
{
    struct bench bench;

    (void)state;
    open_simulated(&bench, 3);
    fill_layouts(&bench);
    set_layout(&bench, 2, 1, 9690, 60); /* 0.95 of its layout's baseline */
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_close(simulated(&bench, 0, 0)->value, 1010, 1e-9);
    assert_close(simulated(&bench, 0, 0)->spread, 10, 1e-9);
    assert_no_ratio(simulated(&bench, 0, 0));
    /* The median of values, and that of ratios within layouts: not one of the other. */
    assert_close(simulated(&bench, 2, 0)->value, 909, 1e-9);
    assert_close(simulated(&bench, 2, 0)->ratio.estimate, 0.9, 1e-9);
    assert_close(simulated(&bench, 2, 0)->ratio.low, 0.9, 1e-9);
    assert_close(simulated(&bench, 2, 0)->ratio.high, 0.95, 1e-9);
    assert_close(simulated(&bench, 1, 0)->ratio.estimate, 1.0001, 2e-6);
    assert_close(simulated(&bench, 1, 1)->ratio.estimate, 1, 0);
    assert_close(simulated(&bench, 2, 1)->value, 5, 0);
    assert_close(simulated(&bench, 2, 1)->ratio.high, 1.2, 1e-9);
    close_simulated(&bench);
}

/* Simulated values need no workers, and leave times and verdicts as they are. */
static void simulated_rows_make_no_verdicts(void **state)
{
    struct bench bench;

    (void)state;
    open_simulated(&bench, 3);
    fill_layouts(&bench);
    dcb_analysis_update(&bench.plan, &bench.workload);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bench.workload.cells[i].verdict, DCB_VERDICT_NONE);
        assert_int_equal(bench.workload.cells[i].time.count, 0);
        assert_nan(bench.workload.cells[i].ratio.estimate);
    }
    close_simulated(&bench);
}

/* 5/0 and 0/0 are no ratios, and of the other two layouts alone there is none, either. */
static void baseline_of_zero_in_one_layout(void **state)
{
    struct bench bench;

    (void)state;
    open_simulated(&bench, 3);
    fill_layouts(&bench);
    set_layout(&bench, 0, 1, 10200, 0);
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_close(simulated(&bench, 2, 1)->value, 5, 0);
    assert_no_ratio(simulated(&bench, 2, 1));
    assert_close(simulated(&bench, 2, 0)->ratio.estimate, 0.9, 1e-9);
    close_simulated(&bench);
}

static void one_layout_has_no_spread(void **state)
{
    struct bench bench;

    (void)state;
    open_simulated(&bench, 2);
    set_layout(&bench, 0, 2, 10000, 1);
    set_layout(&bench, 1, 2, 10100, 1);
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_close(simulated(&bench, 1, 0)->value, 1010, 1e-9);
    assert_nan(simulated(&bench, 1, 0)->spread);
    assert_close(simulated(&bench, 1, 0)->ratio.low, 1.01, 1e-9);
    assert_close(simulated(&bench, 1, 0)->ratio.high, 1.01, 1e-9);
    close_simulated(&bench);
}

/* The arm raised in one of them: compared is what both have. */
static void layouts_that_failed_for_an_arm(void **state)
{
    struct bench bench;

    (void)state;
    open_simulated(&bench, 3);
    fill_layouts(&bench);
    bench.workload.cells[2].layouts[0].iterations = 0;
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_close(simulated(&bench, 2, 0)->value, 913.5, 1e-9);
    assert_close(simulated(&bench, 2, 0)->ratio.estimate, 0.9, 1e-9);
    fill_layouts(&bench);
    bench.workload.cells[0].layouts[0].iterations = 0; /* nothing to compare with */
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_close(simulated(&bench, 2, 0)->value, 909, 1e-9);
    assert_no_ratio(simulated(&bench, 2, 0));
    for (size_t i = 0; i < LAYOUTS; i++)
        bench.workload.cells[2].layouts[i].iterations = 0;
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_nan(simulated(&bench, 2, 0)->value);
    assert_nan(simulated(&bench, 2, 0)->spread);
    assert_no_ratio(simulated(&bench, 2, 0));
    close_simulated(&bench);
}

static void failed_cells_have_no_simulated_values(void **state)
{
    struct bench bench;

    (void)state;
    open_simulated(&bench, 3);
    fill_layouts(&bench);
    bench.workload.cells[2].failure = DCB_FAILURE_WRONG;
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_nan(simulated(&bench, 2, 0)->value);
    assert_no_ratio(simulated(&bench, 2, 0));
    assert_close(simulated(&bench, 1, 0)->ratio.estimate, 1.0001, 2e-6);
    /* Of a baseline that copies wrongly nothing is a part. */
    bench.workload.cells[2].failure = DCB_FAILURE_NONE;
    bench.workload.cells[0].failure = DCB_FAILURE_WRONG;
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_nan(simulated(&bench, 0, 0)->value);
    assert_close(simulated(&bench, 2, 0)->value, 909, 1e-9);
    assert_no_ratio(simulated(&bench, 2, 0));
    close_simulated(&bench);
}

static void cells_without_layouts(void **state)
{
    struct bench bench;

    (void)state;
    open_simulated(&bench, 3);
    fill_layouts(&bench);
    free(bench.workload.cells[2].layouts);
    bench.workload.cells[2].layouts = NULL;
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_nan(simulated(&bench, 2, 0)->value);
    assert_no_ratio(simulated(&bench, 2, 0));
    free(bench.workload.cells[0].layouts);
    bench.workload.cells[0].layouts = NULL;
    dcb_analysis_update(&bench.plan, &bench.workload);
    assert_close(simulated(&bench, 1, 0)->value, 1010.1, 1e-9);
    assert_no_ratio(simulated(&bench, 1, 0));
    close_simulated(&bench);
}

/* ---- what an interval is made of ---- */

static void interval_gives_its_error_back(void **state)
{
    double values[20];
    double error;
    struct dcb_interval log_ratio, ratio, wide;

    (void)state;
    for (size_t i = 0; i < COUNT(values); i++)
        values[i] = 0.01 * sin(3.7 * (double)i);
    log_ratio = dcb_stats_trimmed_interval(values, COUNT(values), DCB_TRIM, 0.95, &error);
    ratio = (struct dcb_interval){.estimate = exp(log_ratio.estimate),
                                  .low = exp(log_ratio.low),
                                  .high = exp(log_ratio.high)};
    assert_close(dcb_analysis_error(&ratio, COUNT(values), 0.95), error, 1e-12);
    assert_nan(dcb_analysis_error(&ratio, 4, 0.95));
    wide = dcb_analysis_widen(&ratio, COUNT(values), 0.95, 0.95);
    assert_close(wide.low, ratio.low, 1e-12);
    assert_close(wide.high, ratio.high, 1e-12);
    log_ratio = dcb_stats_trimmed_interval(values, COUNT(values), DCB_TRIM, 0.999, NULL);
    wide = dcb_analysis_widen(&ratio, COUNT(values), 0.95, 0.999);
    assert_close(wide.estimate, exp(log_ratio.estimate), 1e-12);
    assert_close(wide.low, exp(log_ratio.low), 1e-12);
    assert_close(wide.high, exp(log_ratio.high), 1e-12);
    ratio.low = ratio.high = (double)NAN;
    assert_nan(dcb_analysis_error(&ratio, COUNT(values), 0.95));
    assert_nan(dcb_analysis_widen(&ratio, COUNT(values), 0.95, 0.999).low);
}

static void less_error_shows_more(void **state)
{
    (void)state;
    /* Many workers: the quantiles of the normal distribution, 1.96 and 0.84. */
    assert_close(dcb_analysis_detectable(0.001, 100000, 0.95), exp(0.0028016) - 1, 1e-6);
    assert_true(dcb_analysis_detectable(0.001, 10, 0.95) >
                dcb_analysis_detectable(0.001, 100, 0.95));
    assert_true(dcb_analysis_detectable(0.001, 100, 0.99) >
                dcb_analysis_detectable(0.001, 100, 0.95));
    assert_close(dcb_analysis_detectable(0, 16, 0.95), 0, 0);
    assert_nan(dcb_analysis_detectable(0.001, 4, 0.95));
    assert_nan(dcb_analysis_detectable((double)NAN, 16, 0.95));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_are_paired),
        cmocka_unit_test(change_within_a_worker),
        cmocka_unit_test(drift_is_looked_for),
        cmocka_unit_test(ratios_are_per_iteration),
        cmocka_unit_test(round_without_its_baseline_has_no_pair),
        cmocka_unit_test(no_baseline_at_all),
        cmocka_unit_test(last_round_may_be_incomplete),
        cmocka_unit_test(arm_without_a_block_has_no_sample),
        cmocka_unit_test(arms_find_their_cells),
        cmocka_unit_test(missing_cpu_time_is_no_ratio),
        cmocka_unit_test(switches_and_faults),
        cmocka_unit_test(events_are_found_in_their_group_and_slot),
        cmocka_unit_test(blocks_that_did_not_count_are_left_out),
        cmocka_unit_test(empty_blocks_cost_is_taken_away),
        cmocka_unit_test(worst_group_of_anchors_is_told),
        cmocka_unit_test(groups_without_anchors_are_not_compared),
        cmocka_unit_test(hardware_ratios_are_paired_by_worker),
        cmocka_unit_test(rare_events_are_compared_by_rate),
        cmocka_unit_test(clock_rows_have_the_ratios_of_the_clocks),
        cmocka_unit_test(interval_of_few_workers),
        cmocka_unit_test(fewer_than_five_workers_have_no_interval),
        cmocka_unit_test(workers_without_the_arm_do_not_count),
        cmocka_unit_test(verdict_rule_at_its_edges),
        cmocka_unit_test(half_width_is_in_parts_of_the_slower),
        cmocka_unit_test(intervals_are_simultaneous),
        cmocka_unit_test(widest_interval_is_what_was_reached),
        cmocka_unit_test(control_that_differs_withholds_verdicts),
        cmocka_unit_test(verdicts_come_back),
        cmocka_unit_test(failed_cells_are_not_judged),
        cmocka_unit_test(failed_cells_have_no_ratio_of_counters),
        cmocka_unit_test(failed_control_leaves_no_verdicts),
        cmocka_unit_test(failed_baseline_leaves_no_verdicts),
        cmocka_unit_test(nothing_measured_is_nothing_known),
        cmocka_unit_test(simulated_rows_are_medians_of_layouts),
        cmocka_unit_test(simulated_rows_make_no_verdicts),
        cmocka_unit_test(baseline_of_zero_in_one_layout),
        cmocka_unit_test(one_layout_has_no_spread),
        cmocka_unit_test(layouts_that_failed_for_an_arm),
        cmocka_unit_test(failed_cells_have_no_simulated_values),
        cmocka_unit_test(cells_without_layouts),
        cmocka_unit_test(looks_are_a_quarter_apart),
        cmocka_unit_test(planted_ratio_is_covered),
        cmocka_unit_test(stopping_rule_keeps_the_coverage),
        cmocka_unit_test(nothing_is_enough_without_an_interval),
        cmocka_unit_test(interval_gives_its_error_back),
        cmocka_unit_test(less_error_shows_more),
    };

    return cmocka_run_group_tests_name("analysis", tests, NULL, NULL);
}
