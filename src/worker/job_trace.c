#include "worker.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>

#include "error.h"
#include "trace.h"

/* Enough for what is made once: caches, the interpreter's arenas, imports. */
enum { WARM_UP_MEMBERS = 64, WARM_UPS = 2 };

static int warm_up(struct worker_python *python, struct worker_trace *trace,
                   struct dcb_error *err)
{
    for (int i = 0; i < WARM_UPS; i++) {
        if (worker_trace_build(python, trace, WARM_UP_MEMBERS, err) != 0 ||
            worker_trace_copy(python, trace, err) != 0 ||
            worker_trace_drop(python, trace, err) != 0)
            return -1;
    }
    (void)malloc_trim(0);
    return 0;
}

/* -1 where the implementation raised, or there was no memory. */
static int run_repeat(struct worker_python *python, struct worker_trace *trace,
                      struct dcb_error *err)
{
    struct dcb_trace_repeat repeat = {.start_bytes = worker_trace_mark(DCB_TRACE_START)};
    uint64_t began_ns;

    if (worker_trace_build(python, trace, trace->members, err) != 0)
        return -1;
    repeat.built_bytes = worker_trace_mark(DCB_TRACE_BUILT);
    repeat.exact = worker_trace_reset_peak();
    began_ns = worker_trace_now_ns();
    if (worker_trace_copy(python, trace, err) != 0)
        return -1;
    repeat.copy_ns = worker_trace_now_ns() - began_ns;
    (void)worker_trace_mark(DCB_TRACE_COPIED);
    repeat.peak_bytes = worker_trace_peak(repeat.exact);
    if (repeat.exact && repeat.peak_bytes == 0) {
        repeat.exact = false;
        repeat.peak_bytes = worker_trace_peak(false);
    }
    if (worker_trace_drop(python, trace, err) != 0)
        return -1;
    repeat.dropped_bytes = worker_trace_mark(DCB_TRACE_DROPPED);
    (void)malloc_trim(0);
    repeat.end_bytes = worker_trace_mark(DCB_TRACE_TRIMMED);
    worker_trace_tell_repeat(&repeat);
    return 0;
}

static int run_repeats(struct worker_python *python, struct worker_trace *trace,
                       const struct dcb_job *job, struct dcb_error *err)
{
    uint64_t quota = DCB_TRACE_SAMPLES / (job->rounds ? job->rounds : 1);
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < job->rounds; i++) {
        worker_trace_begin_repeat(quota);
        rc = run_repeat(python, trace, err);
    }
    return rc;
}

/* Once more when everything is traced: a small container, twice, since a second copy must
 * be as independent of the first as of the original. There is room for that. */
static enum dcb_failure check_again(const struct worker_link *link,
                                    struct worker_python *python,
                                    struct worker_trace *trace, struct dcb_error *why)
{
    enum dcb_failure failure = DCB_FAILURE_NONE;

    dcb_samples_mark(link->samples, DCB_PHASE_CHECK, 0);
    if (worker_trace_build(python, trace, WARM_UP_MEMBERS, why) != 0 ||
        worker_load_object(python, trace->original, why) != 0 ||
        worker_take_picture(python, why) != 0)
        return DCB_FAILURE_LOAD;
    for (int i = 0; failure == DCB_FAILURE_NONE && i < 2; i++)
        failure = worker_check_arm(python, 0, why);
    return failure;
}

static int trace_all(const struct worker_link *link, struct worker_python *python,
                     const struct dcb_job *job, struct worker_trace *trace,
                     struct dcb_error *err)
{
    struct dcb_error why = DCB_ERROR_INIT;
    enum dcb_failure failure;
    char *wrong = NULL;
    pthread_t thread;
    int rc;

    dcb_samples_mark(link->samples, DCB_PHASE_WARM_UP, 0);
    rc = warm_up(python, trace, &why);
    if (rc == 0) {
        if (worker_trace_begin(&thread, err) != 0)
            return -1;
        rc = run_repeats(python, trace, job, &why);
        worker_trace_end(thread);
    }
    if (rc == 0)
        rc = worker_trace_account(python, trace, job, &wrong, &why);
    if (rc != 0)
        failure = DCB_FAILURE_RAISED;
    else
        failure = wrong ? DCB_FAILURE_WRONG : check_again(link, python, trace, &why);
    if (failure != DCB_FAILURE_NONE)
        worker_answer_arm(link, 0, failure, wrong ? wrong : why.text, 0, false);
    free(wrong);
    return 0;
}

int worker_job_trace(const struct worker_link *link, struct worker_python *python,
                     const struct dcb_job *job, struct dcb_error *err)
{
    struct dcb_error why = DCB_ERROR_INIT;
    struct worker_trace trace;
    bool shared;

    if (job->arm_count != 1)
        return dcb_error_set(err, DCB_ERROR_INTERNAL, "job: one arm is traced");
    if (worker_trace_open(job, link->samples, err) != 0 ||
        worker_trace_prepare(python, job, &trace, err) != 0)
        return -1;
    dcb_samples_mark(link->samples, DCB_PHASE_LOAD_ARM, 0);
    if (worker_load_arm(python, 0, &job->arms[0].spec, &shared, &why) != 0)
        worker_answer_arm(link, 0, DCB_FAILURE_LOAD, why.text, 0, false);
    else if (trace_all(link, python, job, &trace, err) != 0)
        return -1;
    worker_answer_done(link, 0);
    dcb_samples_mark(link->samples, DCB_PHASE_DONE, DCB_ARM_NONE);
    return 0;
}
