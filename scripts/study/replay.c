/*
 * Replays recorded workers through dcbench's own statistics and its own stopping rule.
 *
 * Standard input: streams, each a line "WORKERS ARMS MOST CONFIDENCE PRECISION MARGIN"
 * and then WORKERS lines of ARMS log ratios, the control's first. A stream is cut into
 * comparisons: each goes on until the rule is content or MOST workers are taken, and the
 * next begins with the worker after. What is left at the end is dropped. Standard output:
 * for each comparison a line of its number of workers and then, for each arm, "ESTIMATE
 * LOW HIGH VERDICT" (ratios); after each stream a line "end".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis.h"
#include "plan.h"
#include "result.h"
#include "xalloc.h"

enum { ARMS_MAX = 30 };

static void add_sample(struct dcb_cell *cell, size_t worker, double log_ratio)
{
    cell->samples = dcb_xgrow(cell->samples, cell->sample_count, &cell->sample_capacity,
                              sizeof *cell->samples);
    cell->samples[cell->sample_count++] = (struct dcb_sample){
        .worker = worker,
        .time_ns = 1,
        .cpu_ns = 1,
        .log_ratio = log_ratio,
        .cpu_log_ratio = DCB_UNKNOWN,
        .counters = dcb_xcalloc(1, sizeof(double)),
    };
}

static int read_worker(struct dcb_workload_result *workload)
{
    for (size_t i = 1; i < workload->cell_count; i++) {
        double log_ratio;

        if (scanf("%lf", &log_ratio) != 1)
            return -1;
        add_sample(&workload->cells[i], workload->worker_count, log_ratio);
    }
    workload->worker_count++;
    return 0;
}

static void tell(const struct dcb_plan *plan, struct dcb_workload_result *workload)
{
    dcb_analysis_update(plan, workload);
    printf("%zu", workload->worker_count);
    for (size_t i = 1; i < workload->cell_count; i++) {
        const struct dcb_cell *cell = &workload->cells[i];

        printf(" %.9g %.9g %.9g %s", cell->ratio.estimate, cell->ratio.low,
               cell->ratio.high, dcb_verdict_name(cell->verdict));
    }
    printf("\n");
}

static void forget(struct dcb_workload_result *workload)
{
    for (size_t i = 0; i < workload->cell_count; i++) {
        struct dcb_cell *cell = &workload->cells[i];

        for (size_t k = 0; k < cell->sample_count; k++)
            free(cell->samples[k].counters);
        free(cell->samples);
        free(cell->counters);
        cell->samples = NULL;
        cell->counters = NULL;
        cell->sample_count = cell->sample_capacity = 0;
    }
    workload->worker_count = 0;
}

static int replay(const struct dcb_plan *plan, size_t workers, size_t arms, size_t most)
{
    struct dcb_cell cells[ARMS_MAX + 1] = {{.role = DCB_ROLE_BASELINE}};
    struct dcb_workload_result workload = {.cells = cells, .cell_count = arms + 1};
    int rc = 0;

    for (size_t i = 1; i <= arms; i++)
        cells[i].role = i == 1 ? DCB_ROLE_CONTROL : DCB_ROLE_CANDIDATE;
    for (size_t i = 0; rc == 0 && i < workers; i++) {
        rc = read_worker(&workload);
        if (rc == 0 &&
            (workload.worker_count == most || dcb_analysis_is_enough(plan, &workload))) {
            tell(plan, &workload);
            forget(&workload);
        }
    }
    forget(&workload);
    printf("end\n");
    return rc;
}

int main(void)
{
    size_t workers, arms, most;
    struct dcb_plan plan = {.arm_count = 0};

    while (scanf("%zu %zu %zu %lf %lf %lf", &workers, &arms, &most, &plan.confidence,
                 &plan.precision, &plan.margin) == 6) {
        if (arms < 1 || arms > ARMS_MAX || replay(&plan, workers, arms, most) != 0) {
            fprintf(stderr, "replay: a stream ends early or has too many arms\n");
            return 1;
        }
    }
    return 0;
}
