#include "worker.h"

#include <time.h>

#include "error.h"
#include "rng.h"
#include "simulation.h"

/* A check that takes longer is not repeated. */
static const uint64_t long_check_ns = 500 * 1000 * 1000;

/* One run of the job: which arms are still in, and what is live. */
struct session {
    const struct worker_link *link;
    struct worker_python *python;
    const struct dcb_job *job;
    struct worker_meter meter;
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

/* Tells what became of an arm; a failure takes it out. */
static void answer_arm(struct session *session, size_t arm, enum dcb_failure failure,
                       char *message)
{
    if (failure != DCB_FAILURE_NONE)
        session->active[arm] = false;
    worker_answer_arm(session->link, arm, failure, message, session->iterations[arm],
                      session->shared[arm]);
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
        dcb_samples_mark(session->link->samples, DCB_PHASE_CALIBRATE, (uint32_t)arm);
        if (worker_run_block(session->python, arm, iterations, &wall_ns) != 0)
            return -1;
        if (wall_ns >= target / 4 || iterations > UINT64_MAX / 4)
            break;
        iterations *= 2;
    }
    for (int i = 0; i < 3 && wall_ns < 4 * target; i++) {
        dcb_samples_mark(session->link->samples, DCB_PHASE_CALIBRATE, (uint32_t)arm);
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
    const struct dcb_job *job = session->job;
    uint64_t enough_ns = 4 * (uint64_t)job->warmups * job->block_ns;
    uint64_t wall_ns, spent_ns[DCB_ARMS_MAX] = {0};

    for (uint32_t i = 0; i < job->warmups; i++) {
        for (size_t k = 0; k < job->arm_count; k++) {
            uint32_t arm = session->order[k];

            /* A block of a slow arm warms as much as several of a quick one. */
            if (!session->active[arm] || (!job->fixed && spent_ns[arm] > enough_ns))
                continue;
            dcb_samples_mark(session->link->samples, DCB_PHASE_WARM_UP, arm);
            if (worker_run_block(session->python, arm, session->iterations[arm],
                                 &wall_ns) != 0)
                arm_raised(session, arm);
            spent_ns[arm] += wall_ns;
        }
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

/* Times one block and writes it down. -1 where the arm raised: the block is lost. */
static int time_block(struct session *session, size_t arm, uint32_t round)
{
    struct dcb_samples *samples = session->link->samples;
    uint32_t index = atomic_load_explicit(&samples->count, memory_order_relaxed);
    struct dcb_block *block = &samples->blocks[index];

    dcb_samples_mark(samples, DCB_PHASE_TIME, (uint32_t)arm);
    if (worker_meter_block(&session->meter, session->python, arm,
                           session->iterations[arm], block) != 0)
        return -1;
    block->round = round;
    block->arm = (uint16_t)arm;
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
        worker_meter_select(&session->meter, round);
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
    worker_answer_workload(session->link, 0, 0, DCB_FAILURE_CHANGED, why.text);
    return -1;
}

static void end_job(const struct worker_link *link, uint32_t rounds)
{
    worker_answer_done(link, rounds);
    dcb_samples_mark(link->samples, DCB_PHASE_DONE, DCB_ARM_NONE);
}

int worker_job_time(const struct worker_link *link, struct worker_python *python,
                    const struct dcb_job *job, struct dcb_error *err)
{
    struct session session = {.link = link,
                              .python = python,
                              .job = job,
                              .meter = WORKER_METER_INIT,
                              .started_ns = clock_ns(CLOCK_MONOTONIC)};
    struct dcb_rng rng = {.state = dcb_rng_derive(job->seed, 3)};
    struct dcb_error why = DCB_ERROR_INIT;
    size_t objects = 0, arm;
    uint64_t weight = 0;
    uint32_t rounds;

    dcb_samples_mark(link->samples, DCB_PHASE_LOAD_WORKLOAD, DCB_ARM_NONE);
    if (worker_load_workload(python, &job->workload, &objects, &why) != 0 ||
        worker_take_picture(python, &why) != 0) {
        worker_answer_workload(link, 0, 0, DCB_FAILURE_LOAD, why.text);
        end_job(link, 0);
        return 0;
    }
    for (size_t i = 0; i < job->arm_count; i++)
        session.checks = session.checks || job->arms[i].check;
    /* For the simulation that may follow, once. */
    if (session.checks && worker_weigh(python, DCB_SIM_CALLS, &weight, err) != 0)
        return -1;
    worker_answer_workload(link, objects, weight, DCB_FAILURE_NONE, NULL);
    load_arms(&session, &rng);
    if (check_arms(&session) != 0) {
        end_job(link, 0);
        return 0;
    }
    calibrate_arms(&session);
    dcb_samples_mark(link->samples, DCB_PHASE_SETTLE, DCB_ARM_NONE);
    arm = first_active(&session);
    if (arm < job->arm_count)
        worker_meter_open(&session.meter, link, python, job, arm);
    if (worker_settle_heap(python, job->gc, err) != 0)
        return -1;
    warm_up_arms(&session);
    rounds = run_rounds(&session, &rng);
    if (compare_objects(&session) == 0)
        check_arms_again(&session);
    end_job(link, rounds);
    return 0;
}
