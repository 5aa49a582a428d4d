#include "worker.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "rng.h"
#include "simulation.h"

/*
 * Callgrind counts the same for the same instructions at the same addresses, so all that
 * matters here is that nothing depends on a clock, on what else there is on the machine,
 * or on chance beyond the layout's seed. Garbage collection is off: when it is due
 * depends on what was allocated long before.
 */

struct session {
    const struct worker_link *link;
    struct worker_python *python;
    const struct dcb_job *job;
    uint32_t order[DCB_ARMS_MAX];
    bool active[DCB_ARMS_MAX], shared[DCB_ARMS_MAX];
    struct dcb_simulated_effort effort;
};

static void fail_arm(struct session *session, uint32_t arm, enum dcb_failure failure,
                     struct dcb_error *why)
{
    session->active[arm] = false;
    worker_answer_arm(session->link, arm, failure, why->text, 0, session->shared[arm]);
}

static void load_arms(struct session *session)
{
    const struct dcb_job *job = session->job;
    struct dcb_rng rng = {.state = dcb_rng_derive(job->seed, 3)};

    for (uint32_t i = 0; i < job->arm_count; i++)
        session->order[i] = i;
    dcb_rng_shuffle(&rng, session->order, job->arm_count);
    for (size_t i = 0; i < job->arm_count; i++) {
        struct dcb_error why = DCB_ERROR_INIT;
        uint32_t arm = session->order[i];

        dcb_samples_mark(session->link->samples, DCB_PHASE_LOAD_ARM, arm);
        session->active[arm] = worker_load_arm(session->python, arm, &job->arms[arm].spec,
                                               &session->shared[arm], &why) == 0;
        if (!session->active[arm])
            fail_arm(session, arm, DCB_FAILURE_LOAD, &why);
    }
}

/* One iteration after the other, each of them a sign of life. */
static void run_uncounted(struct session *session, uint32_t arm, enum dcb_phase phase,
                          uint64_t iterations)
{
    struct dcb_error why = DCB_ERROR_INIT;
    uint64_t wall_ns;

    for (uint64_t i = 0; session->active[arm] && i < iterations; i++) {
        dcb_samples_mark(session->link->samples, phase, arm);
        if (worker_run_block(session->python, arm, 1, &wall_ns) == 0)
            continue;
        worker_error_from_exception(session->python, &why);
        fail_arm(session, arm, DCB_FAILURE_RAISED, &why);
    }
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Callgrind counts the thread that calls. An arm that has others do a tenth of its work
 * is not simulated at all: that much no clock is wrong by. */
static void warm_up(struct session *session, uint32_t arm)
{
    struct dcb_error why = DCB_ERROR_INIT;
    uint64_t all_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t own_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);

    run_uncounted(session, arm, DCB_PHASE_WARM_UP, session->effort.warmups);
    all_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - all_ns;
    own_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - own_ns;
    if (!session->active[arm] || all_ns - own_ns < all_ns / 10 || all_ns < own_ns)
        return;
    dcb_error_set(&why, DCB_ERROR_SYSTEM,
                  "it works in other threads, which are not "
                  "counted");
    fail_arm(session, arm, DCB_FAILURE_RAISED, &why);
}

static void leave_dumps(void)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (fd >= 0) {
        dup2(fd, DCB_DUMP_FD);
        close(fd);
    }
}

/* The label holds the job's token, so that no other request is taken for ours. */
static void simulate_arm(struct session *session, uint32_t arm)
{
    struct dcb_error why = DCB_ERROR_INIT;
    char label[64];

    /* What the arm before has left in the caches is not this arm's. */
    run_uncounted(session, arm, DCB_PHASE_WARM_UP, 1);
    if (!session->active[arm])
        return;
    snprintf(label, sizeof label, "%llu/%u", (unsigned long long)session->job->token,
             arm);
    dcb_samples_mark(session->link->samples, DCB_PHASE_SIMULATE, arm);
    if (worker_simulate_block(session->python, arm, session->effort.iterations, label) !=
        0) {
        worker_error_from_exception(session->python, &why);
        fail_arm(session, arm, DCB_FAILURE_RAISED, &why);
        return;
    }
    /* Between the arms nothing is counted, unless one of them has told callgrind to. */
    snprintf(label, sizeof label, "%llu/%u/off", (unsigned long long)session->job->token,
             arm);
    worker_simulate_nothing(label);
    worker_answer_arm(session->link, arm, DCB_FAILURE_NONE, NULL,
                      session->effort.iterations, session->shared[arm]);
}

static int simulate(struct session *session, struct dcb_error *err)
{
    const struct dcb_job *job = session->job;
    uint64_t weight;

    load_arms(session);
    if (worker_weigh(session->python, DCB_SIM_CALLS, &weight, err) != 0 ||
        worker_settle_heap(session->python, false, err) != 0)
        return -1;
    session->effort = dcb_simulated_effort(weight);
    /* A child that the code under test forks writes no dump of its own over ours. */
    pthread_atfork(NULL, NULL, leave_dumps);
    for (size_t i = 0; i < job->arm_count; i++)
        warm_up(session, session->order[i]);
    if (worker_simulate_begin(err) != 0)
        return -1;
    for (size_t i = 0; i < job->arm_count; i++)
        simulate_arm(session, session->order[i]);
    return 0;
}

int worker_job_simulate(const struct worker_link *link, struct worker_python *python,
                        const struct dcb_job *job, struct dcb_error *err)
{
    struct session session = {.link = link, .python = python, .job = job};
    size_t objects = 0;

    dcb_samples_mark(link->samples, DCB_PHASE_LOAD_WORKLOAD, DCB_ARM_NONE);
    if (worker_load_workload(python, &job->workload, &objects, err) != 0 ||
        simulate(&session, err) != 0) {
        worker_answer_workload(link, 0, 0, DCB_FAILURE_LOAD, err->text);
        return -1;
    }
    worker_answer_done(link, 0);
    dcb_samples_mark(link->samples, DCB_PHASE_DONE, DCB_ARM_NONE);
    return 0;
}
