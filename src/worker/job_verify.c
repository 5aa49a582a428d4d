#include "worker.h"

#include "error.h"

/* Each step is a sign of life, and seen from outside as it is taken. */
static void mark(const struct worker_link *link, const struct dcb_answer *answer)
{
    struct dcb_samples *samples = link->samples;

    if (answer->kind == DCB_ANSWER_BATTERY) {
        atomic_store(&samples->begun, 0);
        atomic_store(&samples->cases, (uint32_t)answer->cases);
        atomic_store(&samples->battery, (uint32_t)answer->battery);
    } else if (answer->kind == DCB_ANSWER_CASE) {
        atomic_store(&samples->begun, (uint32_t)answer->number + 1);
    }
    dcb_samples_mark(samples, DCB_PHASE_VERIFY, 0);
}

/* That a case has passed is told by the beginning of the next. */
static bool is_worth_telling(const struct dcb_answer *answer)
{
    return answer->kind != DCB_ANSWER_OUTCOME || answer->standard ||
           answer->outcome != DCB_CASE_PASSED;
}

int worker_job_verify(const struct worker_link *link, struct worker_python *python,
                      const struct dcb_job *job, struct dcb_error *err)
{
    struct dcb_error why = DCB_ERROR_INIT;
    struct dcb_answer answer;
    int more;

    if (job->arm_count != 1)
        return dcb_error_set(err, DCB_ERROR_INTERNAL, "job: one arm is verified");
    dcb_samples_mark(link->samples, DCB_PHASE_LOAD_WORKLOAD, DCB_ARM_NONE);
    if (worker_verify_prepare(python, job, err) != 0)
        return -1;
    dcb_samples_mark(link->samples, DCB_PHASE_LOAD_ARM, 0);
    if (worker_verify_load(python, job, &why) != 0) {
        worker_answer_arm(link, 0, DCB_FAILURE_LOAD, why.text, 0, false);
        worker_answer_done(link, 0);
        return 0;
    }
    dcb_samples_mark(link->samples, DCB_PHASE_VERIFY, 0);
    while ((more = worker_verify_next(python, &answer, err)) > 0) {
        if (is_worth_telling(&answer))
            worker_answer(link, &answer);
        mark(link, &answer);
        dcb_answer_clear(&answer);
    }
    if (more != 0)
        return -1;
    worker_answer_done(link, 0);
    dcb_samples_mark(link->samples, DCB_PHASE_DONE, DCB_ARM_NONE);
    return 0;
}
