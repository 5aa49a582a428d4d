#include "worker.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "error.h"
#include "migrations.h"
#include "rng.h"

/* A check that takes longer is not repeated. */
static const uint64_t long_check_ns = 500 * 1000 * 1000;

/* Blocks without iterations, of which the least counts. */
enum { EMPTY_BLOCKS = 32 };

/* One run of the job: which arms are still in, and what is live. */
struct session {
    const struct worker_link *link;
    struct worker_python *python;
    const struct dcb_job *job;
    struct dcb_counters *counters;
    struct dcb_migrations migrations; /* where the kernel's event may not be counted */
    int migrations_slot; /* in block.software; -1: not needed, or not there */
    int software;        /* kernel events that are counted besides it */
    uint64_t iterations[DCB_ARMS_MAX];
    bool active[DCB_ARMS_MAX];
    bool shared[DCB_ARMS_MAX];
    uint64_t started_ns;          /* when the job began */
    bool checks;                  /* arms are checked in this worker */
    bool long_check;              /* the objects are so large that once has to do */
    uint32_t order[DCB_ARMS_MAX]; /* in which arms are loaded, checked and warmed up */
};

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void answer_workload(const struct session *session, size_t objects,
                            enum dcb_failure failure, char *message)
{
    worker_answer(session->link, &(struct dcb_answer){.kind = DCB_ANSWER_WORKLOAD,
                                                      .objects = objects,
                                                      .failure = failure,
                                                      .message = message,
                                                      .group = -1,
                                                      .slot = -1});
}

/* Tells what became of an arm; a failure takes it out. */
static void answer_arm(struct session *session, size_t arm, enum dcb_failure failure,
                       char *message)
{
    if (failure != DCB_FAILURE_NONE)
        session->active[arm] = false;
    worker_answer(session->link,
                  &(struct dcb_answer){.kind = DCB_ANSWER_ARM,
                                       .index = (uint32_t)arm,
                                       .failure = failure,
                                       .message = message,
                                       .iterations = session->iterations[arm],
                                       .shared = session->shared[arm],
                                       .group = -1,
                                       .slot = -1});
}

static void arm_raised(struct session *session, size_t arm)
{
    struct dcb_error why = DCB_ERROR_INIT;

    worker_error_from_exception(session->python, &why);
    answer_arm(session, arm, DCB_FAILURE_RAISED, why.text);
}

/* Arms are loaded, and run for the first times, in an order of the seed's: which one
 * comes first decides its place in memory, that of what the interpreter learns about it
 * too. */
static void load_arms(struct session *session, struct dcb_rng *rng)
{
    size_t count = session->job->arm_count;

    for (uint32_t i = 0; i < count; i++)
        session->order[i] = i;
    dcb_rng_shuffle(rng, session->order, count);
    for (size_t i = 0; i < count; i++) {
        struct dcb_error why = DCB_ERROR_INIT;
        uint32_t arm = session->order[i];

        dcb_samples_mark(session->link->samples, DCB_PHASE_LOAD_ARM, arm);
        session->active[arm] = true;
        if (worker_load_arm(session->python, arm, &session->job->arms[arm].spec,
                            &session->shared[arm], &why) != 0)
            answer_arm(session, arm, DCB_FAILURE_LOAD, why.text);
    }
}

/* -1 where the arm changed the objects: nothing can be said of the others here. */
static int check_arm(struct session *session, uint32_t arm)
{
    struct dcb_error why = DCB_ERROR_INIT;
    enum dcb_failure failure;

    dcb_samples_mark(session->link->samples, DCB_PHASE_CHECK, arm);
    failure = worker_check_arm(session->python, arm, &why);
    if (failure != DCB_FAILURE_NONE)
        answer_arm(session, arm, failure, why.text);
    return failure == DCB_FAILURE_CHANGED ? -1 : 0;
}

/* Twice for each arm: a second copy must be as independent of the first as of the
 * original. Large objects, whose check takes long, are copied once here. */
static int check_arms(struct session *session)
{
    for (size_t i = 0; i < 2 * session->job->arm_count; i++) {
        uint32_t arm = session->order[i / 2];
        uint64_t start = clock_ns(CLOCK_MONOTONIC);

        if (!session->active[arm] || !session->job->arms[arm].check)
            continue;
        if (check_arm(session, arm) != 0)
            return -1;
        if (clock_ns(CLOCK_MONOTONIC) - start > long_check_ns) {
            session->long_check = true;
            i |= 1; /* on to the next arm */
        }
    }
    worker_forget_copies(session->python);
    return 0;
}

/* And once more when it has been timed: an arm may have learnt to cheat by then. */
static void check_arms_again(struct session *session)
{
    for (size_t i = 0; !session->long_check && i < session->job->arm_count; i++) {
        uint32_t arm = session->order[i];

        if (session->active[arm] && session->job->arms[arm].check &&
            check_arm(session, arm) != 0)
            return;
    }
}

/* How many iterations fill a block: doubled until a good part of it is filled, then
 * scaled by the fastest of three. */
static int calibrate(struct session *session, size_t arm)
{
    uint64_t target = session->job->block_ns, wall_ns, best = UINT64_MAX, iterations = 1;

    for (;;) {
        if (worker_run_block(session->python, arm, iterations, &wall_ns) != 0)
            return -1;
        if (wall_ns >= target / 4 || iterations > UINT64_MAX / 4)
            break;
        iterations *= 2;
    }
    for (int i = 0; i < 3 && wall_ns < 4 * target; i++) {
        if (worker_run_block(session->python, arm, iterations, &wall_ns) != 0)
            return -1;
        best = wall_ns < best ? wall_ns : best;
    }
    if (best == UINT64_MAX || best == 0)
        best = wall_ns ? wall_ns : 1;
    iterations = (uint64_t)((double)iterations * (double)target / (double)best + 0.5);
    session->iterations[arm] = iterations ? iterations : 1;
    return 0;
}

static void calibrate_arms(struct session *session)
{
    for (size_t i = 0; i < session->job->arm_count; i++) {
        uint32_t arm = session->order[i];

        if (!session->active[arm])
            continue;
        session->iterations[arm] = session->job->arms[arm].iterations;
        dcb_samples_mark(session->link->samples, DCB_PHASE_CALIBRATE, arm);
        if (session->iterations[arm] == 0 && calibrate(session, arm) != 0)
            arm_raised(session, arm);
        else
            answer_arm(session, arm, DCB_FAILURE_NONE, NULL);
    }
}

static void warm_up_arms(struct session *session)
{
    uint64_t wall_ns, spent_ns[DCB_ARMS_MAX] = {0};

    for (uint32_t i = 0; i < session->job->warmups; i++) {
        for (size_t k = 0; k < session->job->arm_count; k++) {
            uint32_t arm = session->order[k];

            /* A slow arm is warm after one block. */
            if (!session->active[arm] || spent_ns[arm] > 10 * session->job->block_ns)
                continue;
            dcb_samples_mark(session->link->samples, DCB_PHASE_WARM_UP, arm);
            if (worker_run_block(session->python, arm, session->iterations[arm],
                                 &wall_ns) != 0)
                arm_raised(session, arm);
            spent_ns[arm] += wall_ns;
        }
    }
}

/* ---- counters ---- */

/* What is read at one edge of a block. */
struct edge {
    struct rusage usage;
    struct dcb_counter_reading counters;
    uint64_t cpu_ns, migrations;
    bool migrations_ok;
};

static uint64_t switches_of(const struct rusage *usage)
{
    return (uint64_t)usage->ru_nvcsw + (uint64_t)usage->ru_nivcsw;
}

static void read_usage(struct session *session, struct edge *edge)
{
    getrusage(RUSAGE_THREAD, &edge->usage);
    edge->migrations_ok = dcb_migrations_read(
        &session->migrations, switches_of(&edge->usage), &edge->migrations);
}

/* One block between its edges. What is dearest to read is furthest from it. -1 where the
 * arm raised. */
static __attribute__((noinline)) int run_block(struct session *session, size_t arm,
                                               uint64_t iterations, struct edge *before,
                                               struct edge *after, uint64_t *ret_wall_ns)
{
    int rc;

    read_usage(session, before);
    dcb_counters_read(session->counters, &before->counters);
    before->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    rc = worker_run_block(session->python, arm, iterations, ret_wall_ns);
    after->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    dcb_counters_read(session->counters, &after->counters);
    read_usage(session, after);
    return rc;
}

/* Where the kernel's event cpu-migrations may not be counted, its own figure for users
 * takes the next place among the kernel events. */
static void replace_migrations(struct session *session, struct dcb_counter_state *states)
{
    const struct dcb_job *job = session->job;

    for (size_t i = 0; i < job->event_count; i++)
        session->software += job->events[i].software && states[i].slot >= 0;
    for (size_t i = 0; i < job->event_count; i++) {
        struct dcb_counter_state *state = &states[i];
        size_t length = strlen(state->reason);
        char why[64];

        if (!job->events[i].software || state->slot >= 0 ||
            session->software == DCB_SOFTWARE_MAX ||
            strcmp(job->events[i].name, "cpu-migrations") != 0)
            continue;
        if (dcb_migrations_open(&session->migrations, DCB_MIGRATIONS_FILE, why,
                                sizeof why) != 0) {
            snprintf(state->reason + length, sizeof state->reason - length, "; and %s",
                     why);
            return;
        }
        state->reason[0] = '\0';
        state->slot = session->migrations_slot = session->software;
        return;
    }
}

/* The figure of the file, beside those of the events: all of them count or none. */
static void add_migrations(const struct session *session, const struct edge *before,
                           const struct edge *after, struct dcb_block *block)
{
    bool others_ok = session->software == 0 || (block->flags & DCB_BLOCK_SOFTWARE_OK);

    block->flags &= ~(uint32_t)DCB_BLOCK_SOFTWARE_OK;
    if (!others_ok || !before->migrations_ok || !after->migrations_ok)
        return;
    block->flags |= DCB_BLOCK_SOFTWARE_OK;
    block->software[session->migrations_slot] = after->migrations - before->migrations;
}

/* What a block without iterations counts in each slot of a group: the least of some tens.
 * -1 where none of them counted all the time. */
static void measure_overhead(struct session *session, size_t arm, size_t group,
                             int64_t *ret_overhead)
{
    struct edge before, after;
    uint64_t wall_ns;

    for (size_t slot = 0; slot < DCB_PMU_GROUP_MAX; slot++)
        ret_overhead[slot] = -1;
    dcb_counters_select(session->counters, group);
    for (int i = 0; i < EMPTY_BLOCKS; i++) {
        struct dcb_block block = {.flags = 0};

        if (run_block(session, arm, 0, &before, &after, &wall_ns) != 0)
            return;
        dcb_counters_difference(&before.counters, &after.counters, &block);
        for (size_t slot = 0;
             (block.flags & DCB_BLOCK_PMU_OK) && slot < DCB_PMU_GROUP_MAX; slot++) {
            int64_t count = (int64_t)block.pmu[slot];

            if (ret_overhead[slot] < 0 || count < ret_overhead[slot])
                ret_overhead[slot] = count;
        }
    }
}

static void answer_events(const struct session *session,
                          const struct dcb_counter_state *states,
                          int64_t (*overheads)[DCB_PMU_GROUP_MAX])
{
    const struct dcb_job *job = session->job;
    char path[] = DCB_MIGRATIONS_FILE;
    char reason[sizeof states->reason];

    for (size_t i = 0; i < job->event_count; i++) {
        const struct dcb_counter_state *state = &states[i];
        bool software = job->events[i].software;
        bool counted = state->slot >= 0 && !software;

        memcpy(reason, state->reason, sizeof reason);
        worker_answer(
            session->link,
            &(struct dcb_answer){
                .kind = DCB_ANSWER_EVENT,
                .index = (uint32_t)i,
                .message = *reason ? reason : NULL,
                .software = software,
                .group = state->group,
                .slot = state->slot,
                .anchored = state->anchored,
                .user_reads = counted && dcb_counters_user_reads(session->counters),
                .overhead = counted ? overheads[state->group][state->slot] : -1,
                .path = software && state->slot >= 0 &&
                                state->slot == session->migrations_slot
                            ? path
                            : NULL,
            });
    }
}

/* The first arm that is in; the number of arms where none is. */
static size_t first_active(const struct session *session)
{
    size_t arm = 0;

    while (arm < session->job->arm_count && !session->active[arm])
        arm++;
    return arm;
}

static void open_counters(struct session *session)
{
    const struct dcb_job *job = session->job;
    struct dcb_counter_state states[DCB_EVENTS_MAX];
    int64_t overheads[DCB_EVENTS_MAX][DCB_PMU_GROUP_MAX];
    size_t arm = first_active(session), groups;

    if (job->event_count == 0 || arm == job->arm_count)
        return;
    session->counters = dcb_counters_open(job->events, job->event_count, states);
    replace_migrations(session, states);
    groups = dcb_counters_groups(session->counters);
    for (size_t group = 0; group < groups && group < DCB_EVENTS_MAX; group++)
        measure_overhead(session, arm, group, overheads[group]);
    answer_events(session, states, overheads);
}

/* Times one block and writes it down. -1 where the arm raised: the block is lost. */
static int time_block(struct session *session, size_t arm, uint32_t round)
{
    struct dcb_samples *samples = session->link->samples;
    uint32_t index = atomic_load_explicit(&samples->count, memory_order_relaxed);
    struct dcb_block *block = &samples->blocks[index];
    struct edge before, after;
    uint64_t wall_ns;
    size_t groups = dcb_counters_groups(session->counters);

    dcb_samples_mark(samples, DCB_PHASE_TIME, (uint32_t)arm);
    if (run_block(session, arm, session->iterations[arm], &before, &after, &wall_ns) != 0)
        return -1;
    *block = (struct dcb_block){
        .round = round,
        .arm = (uint16_t)arm,
        .group = (uint16_t)(groups ? round % groups : 0),
        .involuntary = (uint32_t)(after.usage.ru_nivcsw - before.usage.ru_nivcsw),
        .voluntary = (uint32_t)(after.usage.ru_nvcsw - before.usage.ru_nvcsw),
        .faults = (uint32_t)(after.usage.ru_minflt + after.usage.ru_majflt -
                             before.usage.ru_minflt - before.usage.ru_majflt),
        .iterations = session->iterations[arm],
        .wall_ns = wall_ns,
        .cpu_ns = after.cpu_ns - before.cpu_ns,
    };
    dcb_counters_difference(&before.counters, &after.counters, block);
    if (session->migrations_slot >= 0)
        add_migrations(session, &before, &after, block);
    atomic_store_explicit(&samples->count, index + 1, memory_order_release);
    return 0;
}

/* The arms that are in, in random order. Returns how many. */
static size_t round_order(const struct session *session, struct dcb_rng *rng,
                          uint32_t *order)
{
    size_t count = 0;

    for (uint32_t arm = 0; arm < session->job->arm_count; arm++) {
        if (session->active[arm])
            order[count++] = arm;
    }
    dcb_rng_shuffle(rng, order, count);
    return count;
}

static uint32_t run_rounds(struct session *session, struct dcb_rng *rng)
{
    const struct dcb_samples *samples = session->link->samples;
    uint64_t start = clock_ns(CLOCK_MONOTONIC);
    uint64_t budget_ns = session->job->budget_ns;
    uint32_t order[DCB_ARMS_MAX], round = 0;

    /* Slow arms make a worker's start long: its rounds are worth as much time at least.
     * The first worker's start is longer than any other's, by its checks. */
    if (!session->checks && start - session->started_ns > budget_ns)
        budget_ns = start - session->started_ns;

    atomic_store_explicit(&session->link->samples->ready_ns, start, memory_order_relaxed);
    for (; round < session->job->rounds; round++) {
        size_t count = round_order(session, rng, order);

        if (count == 0 || samples->count + count > samples->capacity ||
            (round > 0 && clock_ns(CLOCK_MONOTONIC) - start >= budget_ns))
            break;
        dcb_counters_select(session->counters, round);
        for (size_t i = 0; i < count; i++) {
            if (time_block(session, order[i], round) != 0)
                arm_raised(session, order[i]);
        }
    }
    return round;
}

/* Whether the objects are still what they were. Which arm changed them is for the
 * controller to find out. -1 where they changed. */
static int compare_objects(const struct session *session)
{
    struct dcb_error why = DCB_ERROR_INIT;

    dcb_samples_mark(session->link->samples, DCB_PHASE_COMPARE, DCB_ARM_NONE);
    if (worker_check_objects(session->python, &why) == 0)
        return 0;
    answer_workload(session, 0, DCB_FAILURE_CHANGED, why.text);
    return -1;
}

static void answer_done(const struct worker_link *link, uint32_t rounds)
{
    worker_answer(
        link, &(struct dcb_answer){
                  .kind = DCB_ANSWER_DONE, .rounds = rounds, .group = -1, .slot = -1});
    dcb_samples_mark(link->samples, DCB_PHASE_DONE, DCB_ARM_NONE);
}

int worker_job_time(const struct worker_link *link, struct worker_python *python,
                    const struct dcb_job *job, struct dcb_error *err)
{
    struct session session = {.link = link,
                              .python = python,
                              .job = job,
                              .migrations = DCB_MIGRATIONS_INIT,
                              .migrations_slot = -1,
                              .started_ns = clock_ns(CLOCK_MONOTONIC)};
    struct dcb_rng rng = {.state = dcb_rng_derive(job->seed, 3)};
    struct dcb_error why = DCB_ERROR_INIT;
    size_t objects = 0;
    uint32_t rounds;

    dcb_samples_mark(link->samples, DCB_PHASE_LOAD_WORKLOAD, DCB_ARM_NONE);
    if (worker_load_workload(python, &job->workload, &objects, &why) != 0) {
        answer_workload(&session, 0, DCB_FAILURE_LOAD, why.text);
        answer_done(link, 0);
        return 0;
    }
    answer_workload(&session, objects, DCB_FAILURE_NONE, NULL);
    load_arms(&session, &rng);
    for (size_t i = 0; i < job->arm_count; i++)
        session.checks = session.checks || job->arms[i].check;
    if (check_arms(&session) != 0) {
        answer_done(link, 0);
        return 0;
    }
    calibrate_arms(&session);
    dcb_samples_mark(link->samples, DCB_PHASE_SETTLE, DCB_ARM_NONE);
    open_counters(&session);
    if (worker_settle_heap(python, job->gc, err) != 0)
        return -1;
    warm_up_arms(&session);
    rounds = run_rounds(&session, &rng);
    if (compare_objects(&session) == 0)
        check_arms_again(&session);
    answer_done(link, rounds);
    return 0;
}
