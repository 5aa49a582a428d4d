#include "runner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "analysis.h"
#include "error.h"
#include "job.h"
#include "rng.h"
#include "samples.h"
#include "spawn.h"
#include "xalloc.h"

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
    double started_s;
    int code_fd; /* compiled code, from the first worker to the others; -1 */
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
    char *trouble;  /* how it ended badly: killed, hung, no last answer; or NULL */
    char *lie;      /* what was no answer; or NULL */
};

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool stopped(const struct run *run)
{
    return run->hooks->stop && *run->hooks->stop;
}

static void report_progress(void *context)
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
                             .elapsed_s = now_s() - run->started_s,
                             .max_time_s = run->plan->max_time_s,
                             .reached = workload->reached,
                             .wanted = run->plan->precision,
                         });
}

/* ---- cells that fail ---- */

/* Takes an arm out for good. The first reason stays. */
static void drop_arm(struct run *run, size_t cell_index, enum dcb_failure failure,
                     const char *why)
{
    struct dcb_cell *cell = &run->workload->cells[cell_index];

    run->arms[cell_index].active = false;
    if (cell->failure != DCB_FAILURE_NONE)
        return;
    cell->failure = failure;
    free(cell->status);
    cell->status = dcb_xasprintf("failed: %s", why);
}

static void strike_arm(struct run *run, size_t cell_index, enum dcb_failure failure,
                       const char *why)
{
    char *text;

    if (++run->arms[cell_index].strikes < STRIKES_MAX)
        return;
    text = dcb_xasprintf("%s (in %u workers)", why, run->arms[cell_index].strikes);
    drop_arm(run, cell_index, failure, text);
    free(text);
}

static void fail_workload(struct run *run, const char *why)
{
    if (!run->workload->failure)
        run->workload->failure = dcb_xstrdup(why);
    for (size_t i = 0; i < run->workload->cell_count; i++)
        drop_arm(run, i, DCB_FAILURE_LOAD, why);
}

/* ---- the job of a turn ---- */

static uint32_t rounds_of_turn(const struct dcb_plan *plan, size_t arms)
{
    uint64_t fit;

    if (plan->rounds)
        return plan->rounds;
    fit = plan->budget_ns / (plan->block_ns * (arms ? arms : 1));
    return (uint32_t)(2 * fit + 2); /* blocks may come out shorter than their aim */
}

static void fill_events(const struct run *run, struct turn *turn)
{
    const struct dcb_plan *plan = run->plan;
    struct dcb_job *job = &turn->job;

    job->events = dcb_xcalloc(plan->event_count + 1, sizeof *job->events);
    turn->places = dcb_xcalloc(plan->event_count + 1, sizeof *turn->places);
    for (size_t row = 0; row < plan->row_count; row++) {
        size_t event = plan->rows[row].event;

        if (plan->rows[row].kind != DCB_KIND_EVENT)
            continue;
        turn->places[event].slot = -1;
        if (run->result->row_reasons[row])
            continue; /* it could not be counted: not tried again */
        turn->events[job->event_count] = event;
        job->events[job->event_count++] = plan->events[event];
    }
}

static void fill_arms(const struct run *run, struct turn *turn, size_t suspect)
{
    const struct dcb_plan *plan = run->plan;
    struct dcb_job *job = &turn->job;

    job->arms = dcb_xcalloc(plan->arm_count, sizeof *job->arms);
    for (size_t i = 0; i < plan->arm_count; i++) {
        struct dcb_job_arm *arm = &job->arms[job->arm_count];

        if (!run->arms[i].active || (suspect != SIZE_MAX && suspect != i))
            continue;
        dcb_spec_copy(&arm->spec, &plan->arms[i]);
        arm->role = run->workload->cells[i].role;
        arm->check = !run->arms[i].checked || suspect != SIZE_MAX;
        arm->iterations = plan->iterations ? plan->iterations : run->arms[i].iterations;
        turn->cells[job->arm_count++] = i;
    }
}

/* Nobody can guess it: the seed is known, this is not. */
static uint64_t random_token(void)
{
    uint64_t token = 0;

    if (getrandom(&token, sizeof token, 0) != sizeof token)
        token = (uint64_t)(now_s() * 1e9);
    return token >> 1;
}

static void fill_environment(const struct dcb_plan *plan, struct dcb_job *job)
{
    job->token = random_token();
    job->support = dcb_xstrdup(plan->support);
    job->gc = plan->gc;
    job->affinity = plan->affinity;
    job->memory_bytes = plan->memory_bytes;
    job->site = plan->site;
    job->venv = plan->venv ? dcb_xstrdup(plan->venv) : NULL;
    job->python_path = dcb_xcalloc(plan->python_path_count + 1, sizeof(char *));
    for (; job->python_path_count < plan->python_path_count; job->python_path_count++)
        job->python_path[job->python_path_count] =
            dcb_xstrdup(plan->python_path[job->python_path_count]);
}

/* `suspect`: the one arm of a trial, or SIZE_MAX. */
static int open_turn(const struct run *run, size_t suspect, struct turn *turn,
                     struct dcb_error *err)
{
    const struct dcb_plan *plan = run->plan;
    struct dcb_job *job = &turn->job;

    *turn = (struct turn){.samples_fd = -1, .number = run->workload->worker_count};
    job->kind = DCB_JOB_TIME;
    /* The same numbers for every worker of a seed, whatever the time allows. */
    job->seed = dcb_rng_derive(dcb_rng_derive(plan->seed, run->workload->workload),
                               turn->number) >>
                1;
    dcb_spec_copy(&job->workload, &plan->workloads[run->workload->workload]);
    fill_environment(plan, job);
    fill_arms(run, turn, suspect);
    fill_events(run, turn);
    job->rounds = rounds_of_turn(plan, job->arm_count);
    job->budget_ns = plan->rounds ? UINT64_MAX / 2 : plan->budget_ns;
    job->block_ns = plan->block_ns;
    job->warmups = plan->warmups;
    turn->discarded = suspect != SIZE_MAX;
    turn->capacity = job->rounds * (uint32_t)(job->arm_count ? job->arm_count : 1);
    turn->samples = dcb_samples_new(turn->capacity, &turn->samples_fd, err);
    return turn->samples ? 0 : -1;
}

static void close_turn(struct turn *turn)
{
    dcb_samples_unmap(turn->samples, turn->capacity);
    if (turn->samples_fd >= 0)
        dcb_samples_close(turn->samples_fd);
    dcb_job_clear(&turn->job);
    free(turn->places);
    free(turn->change);
    free(turn->trouble);
    free(turn->lie);
}

/* ---- answers ---- */

static void set_lie(struct turn *turn, const char *text)
{
    if (!turn->lie)
        turn->lie = dcb_xstrdup(text);
}

static void take_arm(struct run *run, struct turn *turn, const struct dcb_answer *answer)
{
    size_t cell_index = turn->cells[answer->index];
    struct arm_state *arm = &run->arms[cell_index];
    struct dcb_cell *cell = &run->workload->cells[cell_index];
    const char *why = answer->message ? answer->message : "no reason given";

    if (answer->failure == DCB_FAILURE_NONE) {
        arm->checked = true;
        if (arm->iterations == 0)
            arm->iterations = answer->iterations;
        cell->shared = answer->shared;
    } else if (answer->failure == DCB_FAILURE_RAISED && arm->checked) {
        strike_arm(run, cell_index, DCB_FAILURE_RAISED, why);
    } else {
        drop_arm(run, cell_index, answer->failure, why);
        turn->changed = turn->changed || answer->failure == DCB_FAILURE_CHANGED;
    }
}

static void take_event(const struct run *run, struct turn *turn,
                       const struct dcb_answer *answer)
{
    size_t event = turn->events[answer->index];

    turn->places[event] = (struct dcb_event_place){
        .software = answer->software, .group = answer->group, .slot = answer->slot};
    if (answer->slot >= 0)
        return;
    for (size_t row = 0; row < run->plan->row_count; row++) {
        const struct dcb_plan_row *plan_row = &run->plan->rows[row];

        if (plan_row->kind == DCB_KIND_EVENT && plan_row->event == event &&
            !run->result->row_reasons[row])
            run->result->row_reasons[row] =
                dcb_xstrdup(answer->message ? answer->message : "no reason given");
    }
}

static void take_workload(struct run *run, struct turn *turn,
                          const struct dcb_answer *answer)
{
    const char *why = answer->message ? answer->message : "no reason given";

    if (answer->failure == DCB_FAILURE_NONE) {
        run->workload->objects = answer->objects;
    } else if (answer->failure == DCB_FAILURE_CHANGED) {
        turn->changed = true;
        if (!turn->change)
            turn->change = dcb_xstrdup(why);
    } else {
        fail_workload(run, why);
    }
}

static void take_answer(struct run *run, struct turn *turn,
                        const struct dcb_answer *answer, struct dcb_error *fatal)
{
    switch (answer->kind) {
    case DCB_ANSWER_ARM:
        take_arm(run, turn, answer);
        break;
    case DCB_ANSWER_EVENT:
        take_event(run, turn, answer);
        break;
    case DCB_ANSWER_WORKLOAD:
        take_workload(run, turn, answer);
        break;
    case DCB_ANSWER_INTERPRETER:
        if (answer->failure != DCB_FAILURE_NONE)
            dcb_error_set(fatal, DCB_ERROR_SYSTEM, "%s",
                          answer->message ? answer->message : "no Python");
        break;
    case DCB_ANSWER_DONE:
        turn->done = true;
        break;
    case DCB_ANSWER_SOURCE:
        break;
    }
}

/* Reads the lines up to the first that is no answer: what follows a lie is not heard. */
static void take_answers(struct run *run, struct turn *turn,
                         const struct dcb_spawn_outcome *outcome, struct dcb_error *fatal)
{
    struct dcb_answer_bounds bounds = {.arms = turn->job.arm_count,
                                       .events = turn->job.event_count,
                                       .token = turn->job.token};
    const char *line = outcome->answers, *end = line + outcome->answers_length;

    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t length = newline ? (size_t)(newline - line) : (size_t)(end - line);
        struct dcb_answer answer;
        struct dcb_error why = DCB_ERROR_INIT;

        /* A worker that was killed may have been about to answer. */
        if (!newline && !(outcome->end == DCB_SPAWN_EXITED && outcome->code == 0))
            return;
        if (dcb_answer_decode(line, length, &bounds, &answer, &why) != 0) {
            set_lie(turn, why.text);
            return;
        }
        take_answer(run, turn, &answer, fatal);
        dcb_answer_clear(&answer);
        line = newline ? newline + 1 : end;
    }
}

/* ---- how a turn ended ---- */

static char *describe_end(const struct run *run, const struct dcb_spawn_outcome *outcome)
{
    const char *name;

    switch (outcome->end) {
    case DCB_SPAWN_SIGNALED:
        name = sigabbrev_np(outcome->code);
        return dcb_xasprintf("killed by %s%s%s", name ? "SIG" : "signal ",
                             name ? name : "?",
                             outcome->code == SIGKILL ? " (out of memory?)" : "");
    case DCB_SPAWN_HUNG:
        return dcb_xasprintf("no sign of life for %g s (--timeout)",
                             run->plan->timeout_s);
    case DCB_SPAWN_OVERTIME:
        return dcb_xstrdup("did not end in time");
    case DCB_SPAWN_FLOODED:
        return dcb_xstrdup("flooded dcbench with answers");
    case DCB_SPAWN_EXITED:
    case DCB_SPAWN_STOPPED:
        break;
    }
    return dcb_xasprintf("the process exited with status %d", outcome->code);
}

static bool ended_badly(const struct turn *turn, const struct dcb_spawn_outcome *outcome)
{
    return outcome->end != DCB_SPAWN_STOPPED &&
           (outcome->end != DCB_SPAWN_EXITED || outcome->code != 0 ||
            (!turn->done && !turn->lie));
}

/* The arm the worker had in hand when it ended, as a cell; SIZE_MAX for none. */
static size_t arm_in_hand(const struct turn *turn, enum dcb_phase *ret_phase)
{
    uint32_t arm = atomic_load(&turn->samples->arm);
    uint32_t phase = atomic_load(&turn->samples->phase);

    *ret_phase = phase < DCB_PHASE_COUNT ? (enum dcb_phase)phase : DCB_PHASE_COUNT;
    if (phase >= DCB_PHASE_DONE || arm >= turn->job.arm_count)
        return SIZE_MAX;
    return turn->cells[arm];
}

static void note_output(struct run *run, const struct dcb_spawn_outcome *outcome)
{
    if (outcome->output_bytes)
        dcb_result_note(run->result,
                        "workload %s: the code under test prints to standard output or "
                        "error; that costs time and is not shown",
                        run->plan->workloads[run->workload->workload].label);
}

/* Last line of what the worker printed: often the reason of its end. The text is cut. */
static const char *last_line(char *text)
{
    size_t length = strlen(text);

    while (length && text[length - 1] == '\n')
        text[--length] = '\0';
    return strrchr(text, '\n') ? strrchr(text, '\n') + 1 : text;
}

static void note_last_words(struct run *run, const struct dcb_spawn_outcome *outcome)
{
    const char *line = last_line(outcome->output);

    if (*line)
        dcb_result_note(run->result,
                        "workload %s: last words of a worker that ended badly: %s",
                        run->plan->workloads[run->workload->workload].label, line);
}

static int run_turn(struct run *run, struct turn *turn, struct dcb_error *err);

/* Drops the one arm of a trial that went wrong. */
static void convict(struct run *run, const struct turn *trial, size_t cell)
{
    enum dcb_phase phase;
    char *text;

    (void)arm_in_hand(trial, &phase);
    if (trial->trouble)
        text = dcb_xasprintf("%s while %s", trial->trouble, dcb_phase_text(phase));
    else
        text = dcb_xstrdup(trial->lie ? trial->lie : trial->change);
    drop_arm(run, cell,
             trial->trouble || trial->lie ? DCB_FAILURE_DIED : DCB_FAILURE_CHANGED, text);
    free(text);
}

/* Trouble that names no arm (a thread's crash, garbage instead of answers, changed
 * objects): each arm that is not built in is tried alone. Returns whether one was found.
 */
static bool find_culprit(struct run *run)
{
    bool found = false;

    for (size_t i = 0; i < run->plan->arm_count && !found && !stopped(run); i++) {
        struct turn trial;
        struct dcb_error why = DCB_ERROR_INIT;

        if (!run->arms[i].active || run->plan->arms[i].builtin ||
            run->workload->cells[i].role == DCB_ROLE_CONTROL)
            continue;
        if (open_turn(run, i, &trial, &why) == 0 && run_turn(run, &trial, &why) == 0 &&
            (trial.trouble || trial.lie || trial.change)) {
            convict(run, &trial, i);
            found = true;
        }
        found = found || !run->arms[i].active;
        close_turn(&trial);
    }
    return found;
}

/* Nobody is known to have done it: at the second time the workload ends. */
static void strike_workload(struct run *run, const char *why)
{
    if (++run->strikes >= STRIKES_MAX)
        fail_workload(run, why);
}

static bool is_users(const struct run *run, size_t cell)
{
    return cell != SIZE_MAX && !run->plan->arms[cell].builtin;
}

/* Who pays for a worker that ended badly: the user's arm it had in hand. Where that is
 * one of ours, or none, something that a user's arm left behind is more likely: a thread,
 * or closed descriptors. */
static void blame_end(struct run *run, struct turn *turn)
{
    enum dcb_phase phase;
    size_t cell = arm_in_hand(turn, &phase);
    char *text = dcb_xasprintf("%s while %s", turn->trouble, dcb_phase_text(phase));

    if (is_users(run, cell))
        strike_arm(run, cell, DCB_FAILURE_DIED, text);
    else if (phase == DCB_PHASE_START || phase == DCB_PHASE_LOAD_WORKLOAD)
        strike_workload(run, text);
    else if (!find_culprit(run) && cell != SIZE_MAX)
        strike_arm(run, cell, DCB_FAILURE_DIED, text);
    else if (cell == SIZE_MAX)
        strike_workload(run, text);
    free(text);
}

/* Who pays for garbage among the answers, or for objects that changed: neither says who
 * did it. */
static void blame_lie(struct run *run, const char *why)
{
    if (!find_culprit(run))
        strike_workload(run, why);
}

/* "broken: killed by SIGSEGV while timing it", for the notes. */
static char *describe_trouble(const struct run *run, const struct turn *turn)
{
    enum dcb_phase phase;
    size_t cell = arm_in_hand(turn, &phase);

    if (!turn->trouble)
        return turn->lie ? dcb_xstrdup(turn->lie) : NULL;
    if (cell == SIZE_MAX)
        return dcb_xasprintf("%s while %s", turn->trouble, dcb_phase_text(phase));
    return dcb_xasprintf("%s: %s while %s", run->plan->arms[cell].label, turn->trouble,
                         dcb_phase_text(phase));
}

static void add_worker(struct run *run, const struct turn *turn,
                       const struct dcb_spawn_outcome *outcome)
{
    struct dcb_workload_result *workload = run->workload;
    struct dcb_worker *worker;

    workload->workers = dcb_xgrow(workload->workers, workload->worker_count,
                                  &workload->worker_capacity, sizeof *workload->workers);
    worker = &workload->workers[workload->worker_count++];
    *worker = (struct dcb_worker){
        .seed = turn->job.seed,
        .elapsed_ns = outcome->elapsed_ns,
        .trouble = describe_trouble(run, turn),
    };
}

/* How long the worker took to its first round; 0 where it says nothing likely. */
static uint64_t ready_after(const struct dcb_samples *samples,
                            const struct dcb_spawn_outcome *outcome)
{
    uint64_t ready = atomic_load(&samples->ready_ns) - outcome->started_ns;

    return ready < outcome->elapsed_ns ? ready : 0;
}

/* Blocks of all arms should last equally long: what every block costs once (two readings
 * of the clock, caches gone cold) then cancels in the ratio. A first calibration that was
 * disturbed would bias the whole run, so every worker's times correct it for the next. */
static void recalibrate(struct run *run, size_t worker)
{
    for (size_t i = 0; i < run->workload->cell_count; i++) {
        const struct dcb_cell *cell = &run->workload->cells[i];
        const struct dcb_sample *last;

        if (cell->sample_count == 0)
            continue;
        last = &cell->samples[cell->sample_count - 1];
        if (last->worker != worker)
            continue;
        run->arms[i].iterations =
            (uint64_t)((double)run->plan->block_ns / last->time_ns + 0.5);
        if (run->arms[i].iterations == 0)
            run->arms[i].iterations = 1;
    }
}

static int use_blocks(struct run *run, struct turn *turn, uint32_t count,
                      const struct dcb_spawn_outcome *outcome, struct dcb_error *err)
{
    const struct dcb_plan *plan = run->plan;
    struct dcb_worker *worker = &run->workload->workers[turn->number];
    struct dcb_worker_blocks blocks = {
        .blocks = turn->samples->blocks,
        .count = count,
        .cells = turn->cells,
        .arms = turn->job.arm_count,
        .places = turn->places,
    };

    if (count == 0)
        return 0;
    worker->rounds = turn->samples->blocks[count - 1].round + 1;
    worker->ready_ns = ready_after(turn->samples, outcome);
    dcb_analysis_add_worker(plan, run->workload, turn->number, &blocks);
    recalibrate(run, turn->number);
    if (!run->hooks->blocks)
        return 0;
    return run->hooks->blocks(run->hooks->blocks_context, plan, run->workload->workload,
                              turn->number, turn->samples->blocks, count, turn->cells,
                              err);
}

/* Whether the worker wrote where only sound blocks may stand. */
static void check_samples(struct turn *turn, const struct dcb_spawn_outcome *outcome,
                          uint32_t *ret_count)
{
    int sound;

    *ret_count = dcb_samples_valid_blocks(turn->samples, turn->capacity,
                                          (uint32_t)turn->job.arm_count,
                                          outcome->elapsed_ns, &sound);
    if (!sound) {
        *ret_count = 0;
        set_lie(turn, "its samples were overwritten");
    }
}

static uint64_t sign_of_life(const void *context)
{
    const struct turn *turn = context;

    return atomic_load_explicit(&turn->samples->beats, memory_order_acquire);
}

/* What a worker that counts leaves behind: blocks, notes, and who pays for its end. */
static int use_turn(struct run *run, struct turn *turn, uint32_t count,
                    const struct dcb_spawn_outcome *outcome, struct dcb_error *err)
{
    int rc = 0;

    add_worker(run, turn, outcome);
    if (turn->trouble)
        note_last_words(run, outcome);
    else
        note_output(run, outcome);
    if (!turn->changed)
        rc = use_blocks(run, turn, count, outcome, err);
    if (turn->trouble)
        blame_end(run, turn);
    if (turn->lie)
        blame_lie(run, turn->lie);
    if (turn->change)
        blame_lie(run, turn->change);
    return rc;
}

/* Runs the worker of a turn and takes in what it did. -1: the run cannot go on. */
static int run_turn(struct run *run, struct turn *turn, struct dcb_error *err)
{
    const struct dcb_plan *plan = run->plan;
    char *job = dcb_job_encode(&turn->job);
    struct dcb_spawn_request request = {
        .program = plan->worker,
        .job = job,
        .samples_fd = turn->samples_fd,
        .code_fd = run->code_fd,
        .alive = sign_of_life,
        .context = turn,
        .timeout_ms = (uint64_t)(plan->timeout_s * 1000),
        .limit_ms = (uint64_t)((plan->max_time_s + 20 * plan->timeout_s) * 1000),
        .stop = run->hooks->stop,
        .tick = report_progress,
        .tick_context = run,
    };
    struct dcb_spawn_outcome outcome;
    struct dcb_error fatal = DCB_ERROR_INIT;
    uint32_t count;
    int rc = dcb_spawn_run(&request, &outcome, err);

    free(job);
    if (rc != 0)
        return -1;
    take_answers(run, turn, &outcome, &fatal);
    /* After a lie the rest is not heard: the last answer is not missed then. */
    if (ended_badly(turn, &outcome))
        turn->trouble = describe_end(run, &outcome);
    check_samples(turn, &outcome, &count);
    if (fatal.code != DCB_OK)
        rc = dcb_error_set(err, DCB_ERROR_SYSTEM, "%s", fatal.text);
    else if (!turn->discarded)
        rc = use_turn(run, turn, count, &outcome, err);
    dcb_spawn_clear(&outcome);
    return rc;
}

/* ---- one workload ---- */

static void begin_workload(struct run *run, size_t index)
{
    const struct dcb_plan *plan = run->plan;
    struct dcb_workload_result *workload =
        &run->result->workloads[run->result->workload_count++];

    *workload = (struct dcb_workload_result){.workload = index, .reached = DCB_UNKNOWN};
    workload->cells = dcb_xcalloc(plan->arm_count, sizeof *workload->cells);
    workload->cell_count = plan->arm_count;
    run->workload = workload;
    run->strikes = 0;
    run->started_s = now_s();
    for (size_t i = 0; i < plan->arm_count; i++) {
        run->arms[i] = (struct arm_state){.active = true};
        workload->cells[i] = (struct dcb_cell){
            .role = i == 0   ? DCB_ROLE_BASELINE
                    : i == 1 ? DCB_ROLE_CONTROL
                             : DCB_ROLE_CANDIDATE,
            .arm = i,
            .status = dcb_xstrdup("ok"),
        };
    }
}

/* Whether another worker can still tell something. */
static bool worth_going_on(const struct run *run)
{
    size_t active = 0;

    for (size_t i = 1; i < run->plan->arm_count; i++)
        active += run->arms[i].active;
    if (run->workload->failure || active == 0)
        return false;
    if (run->arms[0].active)
        return true;
    return run->workload->worker_count < DCB_WORKERS_MIN; /* times without ratios */
}

static double shortest_worker_s(const struct dcb_workload_result *workload)
{
    double shortest = 0;

    for (size_t i = 0; i < workload->worker_count; i++) {
        double elapsed = (double)workload->workers[i].elapsed_ns * 1e-9;

        if (i == 0 || elapsed < shortest)
            shortest = elapsed;
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
    if (now_s() - run->started_s + shortest_worker_s(workload) > plan->max_time_s)
        return true;
    if (!dcb_analysis_is_look(workload->worker_count))
        return false;
    dcb_analysis_update(plan, workload);
    return workload->reached <= plan->precision; /* false for NAN */
}

static int run_workload(struct run *run, size_t index, struct dcb_error *err)
{
    int rc = 0;

    begin_workload(run, index);
    while (rc == 0 && !stopped(run) && worth_going_on(run) && !enough(run)) {
        struct turn turn;

        report_progress(run);
        rc = open_turn(run, SIZE_MAX, &turn, err);
        if (rc == 0)
            rc = run_turn(run, &turn, err);
        close_turn(&turn);
    }
    dcb_analysis_update(run->plan, run->workload);
    run->workload->elapsed_s = now_s() - run->started_s;
    return rc;
}

/* ---- the interpreter and the sources ---- */

static char *take_text(char **text)
{
    char *taken = *text;

    *text = NULL;
    return taken;
}

static void take_description(struct dcb_result *result, struct dcb_answer *answer)
{
    const struct dcb_plan *plan = result->plan;

    if (answer->kind == DCB_ANSWER_INTERPRETER) {
        result->python.version = take_text(&answer->version);
        result->python.build = take_text(&answer->build);
        result->python.implementation = take_text(&answer->implementation);
        result->python.compiler = take_text(&answer->compiler);
        result->python.copy_path = take_text(&answer->copy_path);
        result->python.copy_sha256 = take_text(&answer->copy_sha256);
    } else if (answer->kind == DCB_ANSWER_SOURCE) {
        struct dcb_source *source =
            answer->index < plan->arm_count
                ? &result->arm_sources[answer->index]
                : &result->workload_sources[answer->index - plan->arm_count];

        free(source->path);
        free(source->sha256);
        source->path = take_text(&answer->path);
        source->sha256 = take_text(&answer->sha256);
    }
}

/* `refusal` is set where the worker itself says what the user has to mend. */
static int read_description(struct dcb_result *result,
                            const struct dcb_spawn_outcome *outcome, size_t sources,
                            uint64_t token, struct dcb_error *refusal,
                            struct dcb_error *err)
{
    struct dcb_answer_bounds bounds = {.sources = sources, .token = token};
    const char *line = outcome->answers, *newline;
    bool done = false;

    while ((newline = strchr(line, '\n'))) {
        struct dcb_answer answer;

        if (dcb_answer_decode(line, (size_t)(newline - line), &bounds, &answer, err) != 0)
            return -1;
        if (answer.failure != DCB_FAILURE_NONE)
            dcb_error_set(refusal, DCB_ERROR_SYSTEM, "%s",
                          answer.message ? answer.message : "no Python");
        else
            take_description(result, &answer);
        done = done || answer.kind == DCB_ANSWER_DONE;
        dcb_answer_clear(&answer);
        line = newline + 1;
    }
    return done
               ? 0
               : dcb_error_set(err, DCB_ERROR_SYSTEM, "it ended without its last answer");
}

/* Why the very first worker of a run failed: what it said itself, else how it ended. */
static int worker_failed(const struct run *run, const struct dcb_spawn_outcome *outcome,
                         const struct dcb_error *why, struct dcb_error *err)
{
    char *end = describe_end(run, outcome);
    const char *words = last_line(outcome->output);
    bool bad = outcome->end != DCB_SPAWN_EXITED || outcome->code != 0;

    dcb_error_set(err, DCB_ERROR_SYSTEM, "the worker %s does not work: %s",
                  run->plan->worker,
                  *words ? words
                  : bad  ? end
                         : why->text);
    free(end);
    return -1;
}

static uint64_t no_sign(const void *context)
{
    (void)context;
    return 0;
}

static int describe(struct run *run, struct dcb_error *err)
{
    const struct dcb_plan *plan = run->plan;
    struct dcb_job job = {.kind = DCB_JOB_DESCRIBE, .affinity = -1};
    struct dcb_spawn_outcome outcome;
    struct dcb_spawn_request request = {
        .program = plan->worker,
        .samples_fd = -1,
        .code_fd = run->code_fd,
        .alive = no_sign,
        .timeout_ms = (uint64_t)(plan->timeout_s * 1000),
        .limit_ms = (uint64_t)(plan->timeout_s * 1000),
        .stop = run->hooks->stop,
    };
    struct dcb_error refusal = DCB_ERROR_INIT, why = DCB_ERROR_INIT;
    char *text;
    int rc;

    fill_environment(plan, &job);
    job.source_count = plan->arm_count + plan->workload_count;
    job.sources = dcb_xcalloc(job.source_count, sizeof *job.sources);
    for (size_t i = 0; i < plan->arm_count; i++)
        dcb_spec_copy(&job.sources[i], &plan->arms[i]);
    for (size_t i = 0; i < plan->workload_count; i++)
        dcb_spec_copy(&job.sources[plan->arm_count + i], &plan->workloads[i]);
    text = dcb_job_encode(&job);
    request.job = text;
    rc = dcb_spawn_run(&request, &outcome, err);
    if (rc == 0) {
        if (outcome.end != DCB_SPAWN_STOPPED)
            rc = read_description(run->result, &outcome, job.source_count, job.token,
                                  &refusal, &why);
        if (refusal.code != DCB_OK)
            rc = dcb_error_set(err, DCB_ERROR_SYSTEM, "%s", refusal.text);
        else if (rc != 0)
            rc = worker_failed(run, &outcome, &why, err);
        dcb_spawn_clear(&outcome);
    }
    free(text);
    dcb_job_clear(&job);
    return rc;
}

int dcb_runner_run(const struct dcb_plan *plan, const struct dcb_runner_hooks *hooks,
                   struct dcb_result *result, struct dcb_error *err)
{
    struct run run = {.plan = plan, .hooks = hooks, .result = result};
    int rc;

    *result = (struct dcb_result){.plan = plan};
    dcb_sysinfo_read(&result->system);
    result->arm_sources = dcb_xcalloc(plan->arm_count, sizeof *result->arm_sources);
    result->workload_sources =
        dcb_xcalloc(plan->workload_count + 1, sizeof *result->workload_sources);
    result->workloads = dcb_xcalloc(plan->workload_count + 1, sizeof *result->workloads);
    result->row_reasons = dcb_xcalloc(plan->row_count + 1, sizeof *result->row_reasons);
    for (size_t row = 0; row < plan->row_count; row++) {
        if (plan->rows[row].reason[0])
            result->row_reasons[row] = dcb_xstrdup(plan->rows[row].reason);
    }
    run.arms = dcb_xcalloc(plan->arm_count, sizeof *run.arms);
    run.code_fd = dcb_spawn_code_file();
    rc = describe(&run, err);
    dcb_spawn_seal_code(run.code_fd);
    for (size_t i = 0; rc == 0 && i < plan->workload_count && !stopped(&run); i++)
        rc = run_workload(&run, i, err);
    result->signal = hooks->stop ? *hooks->stop : 0;
    dcb_spawn_close_code(run.code_fd);
    free(run.arms);
    return rc;
}
