#include "runner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis.h"
#include "runner_private.h"
#include "spawn.h"
#include "sysinfo_commit.h"
#include "workers.h"
#include "xalloc.h"

bool dcb_runner_stopped(const struct run *run)
{
    return run->hooks->stop && *run->hooks->stop;
}

void dcb_runner_report(void *context)
{
    const struct run *run = context;
    const struct dcb_workload_result *workload = run->workload;

    if (!run->hooks->progress || !workload)
        return;
    run->hooks->progress(run->hooks->progress_context,
                         &(struct dcb_progress){
                             .workload = run->plan->workloads[workload->workload].label,
                             .workload_index = workload->workload,
                             .workload_count = run->plan->workload_count,
                             .workers = workload->worker_count,
                             .elapsed_s = dcb_workers_now_s() - run->started_s,
                             .max_time_s = run->plan->max_time_s,
                             .reached = workload->reached,
                             .wanted = run->plan->precision,
                             .simulating = run->simulating,
                         });
}

/* ---- one workload ---- */

static void begin_workload(struct run *run, size_t index)
{
    const struct dcb_plan *plan = run->plan;
    struct dcb_workload_result *workload =
        &run->result->workloads[run->result->workload_count++];

    *workload = (struct dcb_workload_result){
        .workload = index, .reached = DCB_UNKNOWN, .anchor_spread = DCB_UNKNOWN};
    workload->cells = dcb_xcalloc(plan->arm_count, sizeof *workload->cells);
    workload->cell_count = plan->arm_count;
    run->workload = workload;
    run->strikes = 0;
    run->began_s = run->started_s = dcb_workers_now_s();
    for (size_t i = 0; i < plan->arm_count; i++) {
        run->arms[i] = (struct arm_state){.active = true};
        workload->cells[i] = (struct dcb_cell){
            .role = dcb_plan_role(i),
            .arm = i,
            .status = dcb_xstrdup("ok"),
        };
    }
}

/* What could not be loaded for one workload cannot be for the next. */
static void drop_unloadable(struct run *run)
{
    const struct dcb_workload_result *before = run->workload - 1;

    if (run->result->workload_count < 2 || before->failure)
        return;
    for (size_t i = 0; i < before->cell_count; i++) {
        const struct dcb_cell *cell = &before->cells[i];

        if (cell->failure == DCB_FAILURE_LOAD)
            dcb_runner_drop_arm(run, i, DCB_FAILURE_LOAD,
                                cell->status + strlen("failed: "));
    }
}

/* Whether there is nothing left to compare because nothing could be loaded: a mistake
 * that no measuring of the baseline helps. */
static bool nothing_loaded(const struct run *run)
{
    for (size_t i = 2; i < run->plan->arm_count; i++) {
        if (run->workload->cells[i].failure != DCB_FAILURE_LOAD)
            return false;
    }
    return run->plan->arm_count > 2;
}

/* Whether another worker can still tell something. */
static bool worth_going_on(const struct run *run)
{
    size_t active = 0;

    for (size_t i = 1; i < run->plan->arm_count; i++)
        active += run->arms[i].active;
    if (run->workload->failure || active == 0 || nothing_loaded(run))
        return false;
    if (run->arms[0].active)
        return true;
    return run->workload->worker_count < DCB_WORKERS_MIN; /* times without ratios */
}

/* What another worker is likely to cost: the least that one has cost so far, checks and
 * ends that went wrong left out. */
static double shortest_worker_s(const struct dcb_workload_result *workload)
{
    double shortest = 0;

    for (size_t i = 0; i < workload->worker_count; i++) {
        const struct dcb_worker *worker = &workload->workers[i];
        double cost =
            (double)(worker->elapsed_ns - (i == 0 ? worker->ready_ns : 0)) * 1e-9;

        if (!worker->trouble && (shortest == 0 || cost < shortest))
            shortest = cost;
    }
    return shortest;
}

static bool enough(struct run *run)
{
    const struct dcb_plan *plan = run->plan;
    struct dcb_workload_result *workload = run->workload;

    if (workload->worker_count == 0)
        return false;
    if (plan->workers && workload->worker_count >= plan->workers)
        return true;
    if (dcb_workers_now_s() - run->started_s + shortest_worker_s(workload) >
        plan->max_time_s)
        return true;
    return dcb_analysis_is_enough(plan, workload);
}

static int run_workload(struct run *run, size_t index, struct dcb_error *err)
{
    int rc = 0;

    begin_workload(run, index);
    drop_unloadable(run);
    while (rc == 0 && !dcb_runner_stopped(run) && worth_going_on(run) && !enough(run)) {
        struct turn turn;

        dcb_runner_report(run);
        rc = dcb_runner_open_turn(run, SIZE_MAX, &turn, err);
        if (rc == 0)
            rc = dcb_runner_run_turn(run, &turn, err);
        dcb_runner_close_turn(&turn);
    }
    dcb_analysis_update(run->plan, run->workload);
    run->workload->elapsed_s = dcb_workers_now_s() - run->began_s;
    if (rc == 0 && run->plan->simulator && !dcb_runner_stopped(run)) {
        run->simulating = true;
        dcb_runner_simulate(run);
        dcb_analysis_update(run->plan, run->workload);
        run->simulating = false;
        run->workload->simulated_s =
            dcb_workers_now_s() - run->began_s - run->workload->elapsed_s;
    }
    return rc;
}

int dcb_runner_run(const struct dcb_plan *plan, const struct dcb_runner_hooks *hooks,
                   struct dcb_result *result, struct dcb_error *err)
{
    struct run run = {.plan = plan, .hooks = hooks, .result = result};
    bool wanted = true;
    int rc;

    *result = (struct dcb_result){.plan = plan};
    dcb_sysinfo_read(&result->system);
    result->label = plan->label ? dcb_xstrdup(plan->label) : NULL;
    result->commit = dcb_sysinfo_commit(".");
    result->arm_sources = dcb_xcalloc(plan->arm_count, sizeof *result->arm_sources);
    result->verified = dcb_xcalloc(plan->arm_count + 1, sizeof *result->verified);
    result->workload_sources =
        dcb_xcalloc(plan->workload_count + 1, sizeof *result->workload_sources);
    result->workloads = dcb_xcalloc(plan->workload_count + 1, sizeof *result->workloads);
    result->row_reasons = dcb_xcalloc(plan->row_count + 1, sizeof *result->row_reasons);
    result->row_origins = dcb_xcalloc(plan->row_count + 1, sizeof *result->row_origins);
    for (size_t row = 0; row < plan->row_count; row++) {
        if (plan->rows[row].reason[0])
            result->row_reasons[row] = dcb_xstrdup(plan->rows[row].reason);
    }
    run.arms = dcb_xcalloc(plan->arm_count, sizeof *run.arms);
    run.code_fd = dcb_spawn_code_file();
    rc = dcb_runner_describe(&run, err);
    dcb_spawn_seal_code(run.code_fd);
    if (rc == 0 && hooks->described && !dcb_runner_stopped(&run))
        wanted = hooks->described(hooks->described_context, result);
    if (rc == 0 && wanted && plan->verify && !dcb_runner_stopped(&run))
        dcb_runner_verify(&run);
    for (size_t i = 0;
         rc == 0 && wanted && i < plan->workload_count && !dcb_runner_stopped(&run); i++)
        rc = run_workload(&run, i, err);
    result->signal = hooks->stop ? *hooks->stop : 0;
    dcb_spawn_close_code(run.code_fd);
    free(run.arms);
    return rc;
}
