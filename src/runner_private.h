/* What the runner's own files share; nobody else includes it. */
#ifndef DCB_RUNNER_PRIVATE_H
#define DCB_RUNNER_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis.h"
#include "job.h"
#include "runner.h"
#include "samples.h"
#include "spawn.h"

enum { STRIKES_MAX = 2 };

/* What is known of an arm beyond its cell. */
struct arm_state {
    bool active, checked;
    uint64_t iterations; /* calibrated; 0: not yet */
    unsigned strikes;    /* workers that ended badly with this arm in hand */
};

struct run {
    const struct dcb_plan *plan;
    const struct dcb_runner_hooks *hooks;
    struct dcb_result *result;
    struct dcb_workload_result *workload;
    struct arm_state *arms; /* [plan.arm_count], of the workload in hand */
    unsigned strikes;       /* workers that ended badly with no arm in hand */
    double began_s;         /* when the workload began */
    double started_s;       /* the same, later by what does not count for --max-time */
    bool simulating;        /* the workload is timed; for the progress */
    bool shared_pages;      /* some worker ran the program's file itself: it is noted */
    int code_fd;            /* compiled code, from the first worker to the others; -1 */
};

/* One worker at work: which arms and events it was given. */
struct turn {
    struct dcb_job job;
    size_t cells[DCB_ARMS_MAX]; /* cell of each arm of the job */
    size_t events[DCB_EVENTS_MAX];
    struct dcb_event_place *places; /* [plan.event_count] */
    struct dcb_samples *samples;
    int samples_fd;
    uint32_t capacity;
    size_t number;
    bool done;      /* the last answer came */
    bool changed;   /* an arm changed the objects: nothing in it counts */
    char *change;   /* what changed, where it is not known which arm did it; or NULL */
    bool discarded; /* a trial of a suspect: nothing in it counts */
    char *raised;   /* what an arm that had been checked raised; or NULL */
    char *trouble;  /* how it ended badly: killed, hung, no last answer; or NULL */
    char *lie;      /* what was no answer; or NULL */
};

/* ---- runner.c ---- */

bool dcb_runner_stopped(const struct run *run);
void dcb_runner_report(void *run); /* the progress hook, if there is one */

/* ---- runner_turn.c: one worker, from its job to its blocks ---- */

/* `suspect`: the one arm of a trial, or SIZE_MAX for all that are active. Close the turn,
 * whatever comes. */
int dcb_runner_open_turn(const struct run *run, size_t suspect, struct turn *turn,
                         struct dcb_error *err);
void dcb_runner_close_turn(struct turn *turn);

/* Runs the worker and takes in what it did. -1: the run cannot go on. */
int dcb_runner_run_turn(struct run *run, struct turn *turn, struct dcb_error *err);

/* ---- runner_blame.c: who pays for a worker that ended badly ---- */

/* Takes an arm out for good. The first reason stays. */
void dcb_runner_drop_arm(struct run *run, size_t cell, enum dcb_failure failure,
                         const char *why);

/* Counts a worker that this arm cost; at the second it is dropped. */
void dcb_runner_strike_arm(struct run *run, size_t cell, enum dcb_failure failure,
                           const char *why);
void dcb_runner_fail_workload(struct run *run, const char *why);

void dcb_runner_blame_end(struct run *run, struct turn *turn);

/* For garbage among the answers, or objects that changed: neither says who did it. */
void dcb_runner_blame_lie(struct run *run, const char *why);

/* "broken: killed by SIGSEGV while timing it", owned by the caller; NULL where nothing
 * was wrong. */
char *dcb_runner_describe_trouble(const struct run *run, const struct turn *turn);

/* ---- runner_simulate.c: the same arms under callgrind ---- */

/* Fills the layouts of the cells of the workload in hand, or why there are none. */
void dcb_runner_simulate(struct run *run);

/* ---- runner_verify.c: are the arms what they are taken for? ---- */

/* Fills result->verified. What goes wrong is a verdict of its own. */
void dcb_runner_verify(struct run *run);

/* ---- runner_describe.c: the first worker of a run ---- */

/* Asks for the interpreter and the sources, and has the support modules compiled. */
int dcb_runner_describe(struct run *run, struct dcb_error *err);

#endif
