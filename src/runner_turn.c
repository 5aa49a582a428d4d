#include "runner_private.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "rng.h"
#include "workers.h"
#include "xalloc.h"

/* ---- the job of a turn ---- */

/* Twice as many as aimed at: blocks may come out shorter than their aim, and an arm whose
 * start takes long has its rounds last as long. */
static uint32_t rounds_of_turn(const struct dcb_plan *plan)
{
    return plan->rounds ? plan->rounds : 2 * plan->rounds_aim;
}

/* Long blocks, or many arms: fewer rounds, so that there are many workers all the same.
 */
static uint64_t budget_of_turn(const struct dcb_plan *plan, size_t arms)
{
    static const uint64_t long_ns = 150 * 1000 * 1000, rounds_least = 5;
    uint64_t round_ns = plan->block_ns * arms, budget_ns = plan->rounds_aim * round_ns;

    if (plan->rounds)
        return UINT64_MAX / 2;
    if (budget_ns > long_ns)
        budget_ns = long_ns > rounds_least * round_ns ? long_ns : rounds_least * round_ns;
    return budget_ns;
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

/* `suspect`: the one arm of a trial, or SIZE_MAX. */
int dcb_runner_open_turn(const struct run *run, size_t suspect, struct turn *turn,
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
    dcb_workers_fill_environment(plan, job);
    fill_arms(run, turn, suspect);
    fill_events(run, turn);
    job->rounds = rounds_of_turn(plan);
    job->budget_ns = budget_of_turn(plan, job->arm_count);
    job->block_ns = plan->block_ns;
    job->number = (uint32_t)turn->number;
    job->fixed = plan->rounds && plan->iterations;
    job->warmups = plan->warmups;
    turn->discarded = suspect != SIZE_MAX;
    turn->capacity = job->rounds * (uint32_t)(job->arm_count ? job->arm_count : 1);
    turn->samples = dcb_samples_new(turn->capacity, &turn->samples_fd, err);
    return turn->samples ? 0 : -1;
}

void dcb_runner_close_turn(struct turn *turn)
{
    dcb_samples_unmap(turn->samples, turn->capacity);
    if (turn->samples_fd >= 0)
        dcb_samples_close(turn->samples_fd);
    dcb_job_clear(&turn->job);
    free(turn->places);
    free(turn->raised);
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
        arm->checked = cell->copies = true;
        if (arm->iterations == 0)
            arm->iterations = answer->iterations;
        cell->shared = answer->shared;
    } else if (answer->failure == DCB_FAILURE_RAISED && arm->checked) {
        dcb_runner_strike_arm(run, cell_index, DCB_FAILURE_RAISED, why);
        if (!turn->raised)
            turn->raised =
                dcb_xasprintf("%s: %s", run->plan->arms[cell_index].label, why);
    } else {
        dcb_runner_drop_arm(run, cell_index, answer->failure, why);
        turn->changed = turn->changed || answer->failure == DCB_FAILURE_CHANGED;
    }
}

static void set_origin(struct dcb_row_origin *origin, const struct dcb_answer *answer)
{
    origin->user_reads = answer->user_reads;
    if (answer->overhead >= 0) {
        origin->overhead_sum += (double)answer->overhead;
        origin->overheads++;
    }
    free(origin->path);
    origin->path = answer->path ? dcb_xstrdup(answer->path) : NULL;
}

static void take_event(const struct run *run, struct turn *turn,
                       const struct dcb_answer *answer)
{
    size_t event = turn->events[answer->index];

    turn->places[event] = (struct dcb_event_place){
        .software = answer->software,
        .anchored = answer->anchored,
        .group = answer->group,
        .slot = answer->slot,
        .overhead = answer->overhead > 0 ? (uint64_t)answer->overhead : 0,
    };
    for (size_t row = 0; row < run->plan->row_count; row++) {
        const struct dcb_plan_row *plan_row = &run->plan->rows[row];

        if (plan_row->kind != DCB_KIND_EVENT || plan_row->event != event)
            continue;
        if (answer->slot >= 0)
            set_origin(&run->result->row_origins[row], answer);
        else if (!run->result->row_reasons[row])
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
        if (answer->weight)
            run->workload->weight = answer->weight;
    } else if (answer->failure == DCB_FAILURE_CHANGED) {
        turn->changed = true;
        if (!turn->change)
            turn->change = dcb_xstrdup(why);
    } else {
        dcb_runner_fail_workload(run, why);
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
    case DCB_ANSWER_BATTERY:
    case DCB_ANSWER_CASE:
    case DCB_ANSWER_OUTCOME:
    case DCB_ANSWER_FIGURES:
    case DCB_ANSWER_TERM:
    case DCB_ANSWER_PREDICTION:
    case DCB_ANSWER_POINT:
    case DCB_ANSWER_CENSUS:
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

/* ---- what it leaves behind ---- */

static bool ended_badly(const struct turn *turn, const struct dcb_spawn_outcome *outcome)
{
    return outcome->end != DCB_SPAWN_STOPPED &&
           (outcome->end != DCB_SPAWN_EXITED || outcome->code != 0 ||
            (!turn->done && !turn->lie));
}

static void note_output(struct run *run, const struct dcb_spawn_outcome *outcome)
{
    if (outcome->output_bytes)
        dcb_result_note(run->result,
                        "workload %s: the code under test prints to standard output or "
                        "error; that costs time and is not shown",
                        run->plan->workloads[run->workload->workload].label);
}

static void note_last_words(struct run *run, const struct dcb_spawn_outcome *outcome)
{
    const char *line = dcb_workers_last_line(outcome->output);

    if (*line)
        dcb_result_note(run->result,
                        "workload %s: last words of a worker that ended badly: %s",
                        run->plan->workloads[run->workload->workload].label, line);
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
        .trouble = dcb_runner_describe_trouble(run, turn),
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
    /* --max-time is for measuring: what a hang or a crash took, and the checks of the
     * first worker, are not taken from the others. */
    if (turn->trouble)
        run->started_s += (double)outcome->elapsed_ns * 1e-9;
    else if (turn->job.arm_count && turn->job.arms[0].check)
        run->started_s += (double)ready_after(turn->samples, outcome) * 1e-9;
    if (turn->trouble)
        note_last_words(run, outcome);
    else
        note_output(run, outcome);
    if (!turn->changed)
        rc = use_blocks(run, turn, count, outcome, err);
    if (turn->trouble)
        dcb_runner_blame_end(run, turn);
    if (turn->lie)
        dcb_runner_blame_lie(run, turn->lie);
    if (turn->change)
        dcb_runner_blame_lie(run, turn->change);
    return rc;
}

/* Once: the interval lacks what the place of the program in memory does. */
static void note_pages(struct run *run, const struct dcb_spawn_outcome *outcome)
{
    if (outcome->own_pages || run->shared_pages)
        return;
    run->shared_pages = true;
    dcb_result_note(run->result,
                    "workers could not be given copies of their program (that takes "
                    "executable memory files and /proc): ratios differ more between runs "
                    "than their intervals say");
}

/* Runs the worker of a turn and takes in what it did. -1: the run cannot go on. */
int dcb_runner_run_turn(struct run *run, struct turn *turn, struct dcb_error *err)
{
    const struct dcb_plan *plan = run->plan;
    char *job = dcb_job_encode(&turn->job);
    struct dcb_spawn_request request = {
        .program = plan->worker,
        .own_pages = true,
        .job = job,
        .samples_fd = turn->samples_fd,
        .code_fd = run->code_fd,
        .dump_fd = -1,
        .alive = sign_of_life,
        .context = turn,
        .timeout_ms = (uint64_t)(plan->timeout_s * 1000),
        .limit_ms = (uint64_t)((plan->max_time_s + 20 * plan->timeout_s) * 1000),
        .stop = run->hooks->stop,
        .tick = dcb_runner_report,
        .tick_context = run,
    };
    struct dcb_spawn_outcome outcome;
    struct dcb_error fatal = DCB_ERROR_INIT;
    uint32_t count;
    int rc = dcb_spawn_run(&request, &outcome, err);

    free(job);
    if (rc != 0)
        return -1;
    note_pages(run, &outcome);
    take_answers(run, turn, &outcome, &fatal);
    /* After a lie the rest is not heard: the last answer is not missed then. */
    if (ended_badly(turn, &outcome))
        turn->trouble = dcb_workers_describe_end(run->plan, &outcome);
    check_samples(turn, &outcome, &count);
    if (fatal.code != DCB_OK)
        rc = dcb_error_set(err, DCB_ERROR_SYSTEM, "%s", fatal.text);
    else if (!turn->discarded)
        rc = use_turn(run, turn, count, &outcome, err);
    dcb_spawn_clear(&outcome);
    return rc;
}
