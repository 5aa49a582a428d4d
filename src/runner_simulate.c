#include "runner_private.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "rng.h"
#include "simulation.h"
#include "simulator.h"
#include "workers.h"
#include "xalloc.h"

/* Without being asked, no layout is simulated that is likely to take longer. */
static const double patience_s = 20;

enum {
    PARALLEL_MAX = 8,
    SLOWER = 10,           /* a step under callgrind may take so many times --timeout */
    LIMIT_MS = 600 * 1000, /* of one layout, that was asked for by name */
    UNASKED_LIMIT_MS = 90 * 1000
};

/* One layout: the worker simulated, and what came of it. */
struct layout {
    struct run *run;
    uint32_t number;
    struct turn turn;
    int dump_fd;
    struct dcb_spawn_outcome outcome;
    struct dcb_error err; /* why no worker could be started, or its dumps not be read */
    bool ended;           /* `outcome` is there */
    bool first;           /* the one that reports progress */
    pthread_t thread;
    bool threaded;
};

static void set_reason(struct dcb_cell *cell, const char *why)
{
    if (!cell->not_simulated)
        cell->not_simulated = dcb_xasprintf("not simulated: %s", why);
}

static void fail_arm(struct run *run, size_t index, const char *why)
{
    set_reason(&run->workload->cells[index], why);
    dcb_result_note(run->result, "%s: %s not simulated: %s",
                    run->plan->workloads[run->workload->workload].label,
                    run->plan->arms[index].label, why);
}

static void fail_all(struct run *run, const char *why)
{
    for (size_t i = 0; i < run->workload->cell_count; i++)
        set_reason(&run->workload->cells[i], why);
    dcb_result_note(run->result, "%s: not simulated: %s",
                    run->plan->workloads[run->workload->workload].label, why);
}

/* ---- one layout ---- */

/* The seed is the layout's number and not the run's: so every run simulates the same. */
static int open_layout(struct run *run, uint32_t number, struct layout *layout)
{
    struct dcb_job *job = &layout->turn.job;

    *layout = (struct layout){.run = run, .number = number, .dump_fd = -1};
    layout->turn.samples_fd = -1;
    job->kind = DCB_JOB_SIMULATE;
    dcb_workers_fill_environment(run->plan, job);
    job->seed = number;
    job->affinity = -1;
    free(job->cpus);
    job->cpus = NULL;
    job->memory_bytes = 0; /* the limit changes from hour to hour */
    job->gc = false;
    dcb_spec_copy(&job->workload, &run->plan->workloads[run->workload->workload]);
    job->arms = dcb_xcalloc(run->plan->arm_count, sizeof *job->arms);
    for (size_t i = 0; i < run->plan->arm_count; i++) {
        if (!run->arms[i].active)
            continue;
        dcb_spec_copy(&job->arms[job->arm_count].spec, &run->plan->arms[i]);
        job->arms[job->arm_count].role = run->workload->cells[i].role;
        layout->turn.cells[job->arm_count++] = i;
    }
    layout->turn.capacity = 1;
    layout->turn.samples = dcb_samples_new(1, &layout->turn.samples_fd, &layout->err);
    if (layout->turn.samples)
        layout->dump_fd = dcb_spawn_dump_file(&layout->err);
    return layout->dump_fd >= 0 ? 0 : -1;
}

/* As many at once as there are CPUs: nothing here is timed. */
static size_t how_many_at_once(const struct run *run)
{
    int cpus = run->result->system.cpus;

    return cpus < 1 ? 1 : cpus > PARALLEL_MAX ? PARALLEL_MAX : (size_t)cpus;
}

/* Those that run side by side share what one worker may have; valgrind itself wants some
 * address space, too. */
static uint64_t address_limit(const struct run *run)
{
    static const uint64_t least = 3ull << 30;
    uint64_t share = run->plan->memory_bytes / how_many_at_once(run);

    if (run->plan->memory_bytes == 0)
        return 0;
    return share > least ? share : least;
}

static uint64_t sign_of_life(const void *context)
{
    const struct layout *layout = context;

    return atomic_load_explicit(&layout->turn.samples->beats, memory_order_acquire);
}

static void report(void *context)
{
    struct layout *layout = context;

    if (layout->first)
        dcb_runner_report(layout->run);
}

static void *run_layout(void *context)
{
    struct layout *layout = context;
    const struct dcb_plan *plan = layout->run->plan;
    char *job = dcb_job_encode(&layout->turn.job);
    char **arguments = dcb_simulator_arguments(plan->simulator, plan->worker);
    struct dcb_spawn_request request = {
        .program = plan->simulator,
        .arguments = arguments,
        .folder = "/",
        .job = job,
        .samples_fd = layout->turn.samples_fd,
        .code_fd = -1,
        .dump_fd = layout->dump_fd,
        .alive = sign_of_life,
        .context = layout,
        .timeout_ms = (uint64_t)(SLOWER * plan->timeout_s * 1000),
        .limit_ms = plan->simulate_always ? LIMIT_MS : UNASKED_LIMIT_MS,
        .address_bytes = address_limit(layout->run),
        .stop = layout->run->hooks->stop,
        .tick = report,
        .tick_context = layout,
    };

    layout->ended = dcb_spawn_run(&request, &layout->outcome, &layout->err) == 0;
    free(arguments);
    free(job);
    return NULL;
}

/* ---- what it says ---- */

static void take_answer(struct run *run, struct layout *layout,
                        const struct dcb_answer *answer, uint64_t *iterations)
{
    const char *why = answer->message ? answer->message : "no reason given";

    switch (answer->kind) {
    case DCB_ANSWER_ARM:
        if (answer->failure != DCB_FAILURE_NONE)
            fail_arm(run, layout->turn.cells[answer->index], why);
        iterations[answer->index] =
            answer->failure == DCB_FAILURE_NONE ? answer->iterations : 0;
        break;
    case DCB_ANSWER_WORKLOAD:
    case DCB_ANSWER_INTERPRETER:
        dcb_error_set(&layout->err, DCB_ERROR_SYSTEM, "%s", why);
        break;
    case DCB_ANSWER_DONE:
        layout->turn.done = true;
        break;
    case DCB_ANSWER_EVENT:
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

static void take_answers(struct run *run, struct layout *layout, uint64_t *iterations)
{
    struct dcb_answer_bounds bounds = {.arms = layout->turn.job.arm_count,
                                       .token = layout->turn.job.token};
    const char *line = layout->outcome.answers, *newline;

    while ((newline = strchr(line, '\n'))) {
        struct dcb_answer answer;

        if (dcb_answer_decode(line, (size_t)(newline - line), &bounds, &answer,
                              &layout->err) != 0)
            return;
        take_answer(run, layout, &answer, iterations);
        dcb_answer_clear(&answer);
        line = newline + 1;
    }
}

/* The arm whose counts a dump holds, SIZE_MAX for a dump that is none of ours. *ret_off:
 * it holds what was counted behind the arm. */
static size_t arm_of_dump(const struct layout *layout,
                          const struct dcb_simulated_dump *dump, bool *ret_off)
{
    char token[32], *end;
    size_t length = (size_t)snprintf(token, sizeof token, "%llu/",
                                     (unsigned long long)layout->turn.job.token);
    unsigned long arm;

    if (strncmp(dump->label, token, length) != 0)
        return SIZE_MAX;
    arm = strtoul(dump->label + length, &end, 10);
    *ret_off = strcmp(end, "/off") == 0;
    if (*ret_off)
        return arm < layout->turn.job.arm_count ? arm : SIZE_MAX;
    return *end == '\0' && arm < layout->turn.job.arm_count ? arm : SIZE_MAX;
}

/* Every arm that ended well has one dump in which something was executed: fewer, or more,
 * are not what we have asked for. */
static void take_counts(struct run *run, struct layout *layout,
                        const struct dcb_simulated_dump *dumps, size_t count,
                        const uint64_t *iterations)
{
    const struct dcb_simulated_dump *found[DCB_ARMS_MAX] = {NULL};
    struct dcb_simulated *counts;

    for (size_t i = 0; i < count; i++) {
        bool off = false;
        size_t arm = arm_of_dump(layout, &dumps[i], &off);

        if (off && dumps[i].counts[DCB_SIM_IR] == 0)
            continue;
        if (off && arm != SIZE_MAX) {
            dcb_error_set(&layout->err, DCB_ERROR_SYSTEM,
                          "%s has told callgrind what to count",
                          run->plan->arms[layout->turn.cells[arm]].label);
            return;
        }
        if (arm != SIZE_MAX && found[arm]) {
            dcb_error_set(&layout->err, DCB_ERROR_SYSTEM,
                          "callgrind's output has two dumps of one arm");
            return;
        }
        if (arm != SIZE_MAX)
            found[arm] = &dumps[i];
    }
    for (size_t arm = 0; arm < layout->turn.job.arm_count; arm++) {
        if (iterations[arm] == 0)
            continue;
        if (!found[arm] || found[arm]->counts[DCB_SIM_IR] == 0) {
            fail_arm(run, layout->turn.cells[arm],
                     "callgrind's output has no counts of it");
            continue;
        }
        counts = &run->workload->cells[layout->turn.cells[arm]].layouts[layout->number];
        counts->iterations = iterations[arm];
        memcpy(counts->counts, found[arm]->counts, sizeof counts->counts);
    }
}

static void take_dumps(struct run *run, struct layout *layout, const uint64_t *iterations)
{
    struct dcb_simulated_dump *dumps = NULL;
    size_t length, count = 0;
    char *text = dcb_spawn_read_dump(layout->dump_fd, &length);

    layout->dump_fd = -1;
    if (!text) {
        dcb_error_set(&layout->err, DCB_ERROR_SYSTEM, "callgrind's output is too large");
        return;
    }
    if (dcb_simulated_parse(text, length, &dumps, &count, &layout->err) == 0)
        take_counts(run, layout, dumps, count, iterations);
    free(text);
    free(dumps);
}

/* What ended it, and what it did then: "it exited with status 1, with mine while ..." A
 * simulator that does not get as far as our worker is the best to say why. */
static char *describe_end(const struct run *run, const struct layout *layout)
{
    uint32_t phase = atomic_load(&layout->turn.samples->phase);
    uint32_t arm = atomic_load(&layout->turn.samples->arm);
    bool slow = layout->outcome.end == DCB_SPAWN_OVERTIME ||
                layout->outcome.end == DCB_SPAWN_HUNG;
    char *end = slow ? dcb_xstrdup("it takes too long under callgrind")
                     : dcb_workers_describe_end(run->plan, &layout->outcome);
    const char *words =
        phase == DCB_PHASE_START ? dcb_workers_last_line(layout->outcome.output) : "";
    bool known = arm < layout->turn.job.arm_count;
    char *text = dcb_xasprintf(
        "%s%s%s while %s%s%s", end, known ? ", with " : "",
        known ? run->plan->arms[layout->turn.cells[arm]].label : "",
        dcb_phase_text(phase < DCB_PHASE_COUNT ? (enum dcb_phase)phase : DCB_PHASE_COUNT),
        *words ? ": " : "", words);

    free(end);
    return text;
}

/* How a layout went wrong as a whole; owned by the caller, NULL where it did not. */
static char *trouble_of(const struct run *run, const struct layout *layout)
{
    if (!layout->ended || layout->err.code != DCB_OK)
        return dcb_xstrdup(layout->err.text);
    if (layout->turn.done || layout->outcome.end == DCB_SPAWN_STOPPED)
        return NULL;
    return describe_end(run, layout);
}

static void take_layout(struct run *run, struct layout *layout)
{
    uint64_t iterations[DCB_ARMS_MAX] = {0};
    char *trouble;

    if (layout->ended)
        take_answers(run, layout, iterations);
    if (layout->ended && layout->err.code == DCB_OK && layout->turn.done)
        take_dumps(run, layout, iterations);
    trouble = trouble_of(run, layout);
    if (trouble)
        fail_all(run, trouble);
    free(trouble);
}

static void close_layout(struct layout *layout)
{
    if (layout->ended)
        dcb_spawn_clear(&layout->outcome);
    if (layout->dump_fd >= 0)
        dcb_spawn_close_dump(layout->dump_fd);
    dcb_runner_close_turn(&layout->turn);
}

/* ---- all layouts ---- */

/* Runs the layouts from `first` on side by side. Returns false where one went wrong: the
 * others would, too. */
static bool run_layouts(struct run *run, uint32_t first, size_t count)
{
    struct layout layouts[PARALLEL_MAX];
    bool sound = true;

    for (size_t i = 0; i < count; i++) {
        bool open = open_layout(run, first + (uint32_t)i, &layouts[i]) == 0;

        layouts[i].first = i == 0;
        layouts[i].threaded =
            open && i > 0 &&
            pthread_create(&layouts[i].thread, NULL, run_layout, &layouts[i]) == 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (layouts[i].threaded)
            pthread_join(layouts[i].thread, NULL);
        else if (layouts[i].err.code == DCB_OK)
            run_layout(&layouts[i]);
    }
    for (size_t i = 0; i < count; i++) {
        take_layout(run, &layouts[i]);
        sound = sound && layouts[i].ended && layouts[i].err.code == DCB_OK &&
                layouts[i].turn.done;
        close_layout(&layouts[i]);
    }
    return sound;
}

/* Whether the arms that are left would take longer than anyone waits for unasked. */
static bool takes_too_long(const struct run *run, double *ret_seconds)
{
    double sum_s = 0;

    for (size_t i = 0; i < run->workload->cell_count; i++) {
        const struct dcb_cell *cell = &run->workload->cells[i];

        if (run->arms[i].active && cell->time.count)
            sum_s += cell->time.median * 1e-9;
    }
    *ret_seconds =
        dcb_simulated_seconds(dcb_simulated_effort(run->workload->weight), sum_s);
    return !run->plan->simulate_always && *ret_seconds > patience_s;
}

/* A median of fewer layouts is another figure: all of them or none. */
static void drop_incomplete(struct run *run)
{
    for (size_t i = 0; i < run->workload->cell_count; i++) {
        struct dcb_cell *cell = &run->workload->cells[i];
        uint32_t complete = 0;

        for (uint32_t k = 0; k < run->plan->layouts; k++)
            complete += cell->layouts[k].iterations > 0;
        if (complete == run->plan->layouts)
            continue;
        free(cell->layouts);
        cell->layouts = NULL;
    }
}

void dcb_runner_simulate(struct run *run)
{
    const struct dcb_plan *plan = run->plan;
    size_t at_once = how_many_at_once(run), active = 0;
    double seconds;
    char *why;

    for (size_t i = 0; i < plan->arm_count; i++)
        active += run->arms[i].active;
    if (run->workload->failure || active == 0)
        return;
    if (takes_too_long(run, &seconds)) {
        why = dcb_xasprintf("it would take about %.0f s; --counters simulated,kernel "
                            "does it all the same",
                            seconds * (double)plan->layouts / (double)at_once);
        fail_all(run, why);
        free(why);
        return;
    }
    for (size_t i = 0; i < plan->arm_count; i++)
        run->workload->cells[i].layouts =
            dcb_xcalloc(plan->layouts, sizeof *run->workload->cells[i].layouts);
    for (uint32_t first = 0; first < plan->layouts && !dcb_runner_stopped(run);) {
        size_t count = plan->layouts - first < at_once ? plan->layouts - first : at_once;

        if (!run_layouts(run, first, count))
            break;
        first += (uint32_t)count;
    }
    drop_incomplete(run);
}
