/*
 * Drives a run: one worker after the other for each workload, until the intervals are
 * narrow enough or time is up. A worker that dies, hangs or lies costs what it was doing;
 * the arm it had in hand is dropped when that happens twice.
 */
#ifndef DCB_RUNNER_H
#define DCB_RUNNER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan.h"
#include "result.h"

struct dcb_error;

struct dcb_progress {
    const char *workload;
    size_t workload_index, workload_count;
    size_t workers;   /* ended so far */
    double elapsed_s; /* in this workload */
    double max_time_s;
    double reached, wanted; /* half-widths, fractions; reached is NAN at first */
    bool simulating;        /* timing is over, callgrind counts */
    const char *verifying; /* the implementation that is asked; then nothing is timed yet,
                              and of the above only elapsed_s is set. NULL */
    size_t verify_index, verify_count;
};

struct dcb_runner_hooks {
    const volatile sig_atomic_t *stop; /* the number of a signal ends the run */

    /* Once, before anything is measured: interpreter and sources are known. False:
     * nothing is going to be. May be NULL. */
    bool (*described)(void *context, const struct dcb_result *result);
    void *described_context;

    /* Some times a second; may be NULL. */
    void (*progress)(void *context, const struct dcb_progress *progress);
    void *progress_context;

    /* Every block of a worker that counts; may be NULL. -1 ends the run. */
    int (*blocks)(void *context, const struct dcb_plan *plan, size_t workload,
                  size_t worker, const struct dcb_block *blocks, uint32_t count,
                  const size_t *cells, struct dcb_error *err);
    void *blocks_context;
};

/*
 * Runs the plan and fills the result, which the caller clears whatever comes; it borrows
 * the plan. -1 only where nothing can be measured at all (no worker starts, the
 * environment for Python is wrong, the block hook failed): then `result` holds what was
 * measured up to there.
 */
int dcb_runner_run(const struct dcb_plan *plan, const struct dcb_runner_hooks *hooks,
                   struct dcb_result *result, struct dcb_error *err);

#endif
