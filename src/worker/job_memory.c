#include "worker.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "error.h"

/* The job of counting memory, and the one of looking for leaks. */

enum {
    WARMUPS_MAX = 64,         /* counted, and left out */
    LONG_CHECK_NS = 500000000 /* that takes longer is not repeated */
};

static void beat(void *context)
{
    const struct worker_link *link = context;

    dcb_samples_mark(link->samples, DCB_PHASE_MEMORY, 0);
}

/* ---- before anything is counted ---- */

static int load_workload(const struct worker_link *link, struct worker_python *python,
                         const struct dcb_job *job, struct dcb_error *err)
{
    size_t objects = 0;

    dcb_samples_mark(link->samples, DCB_PHASE_LOAD_WORKLOAD, DCB_ARM_NONE);
    if (worker_load_workload(python, &job->workload, &objects, err) != 0 ||
        worker_take_picture(python, err) != 0) {
        worker_answer_workload(link, 0, 0, DCB_FAILURE_LOAD, err->text);
        return -1;
    }
    worker_answer_workload(link, objects, 0, DCB_FAILURE_NONE, NULL);
    return 0;
}

static uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Twice: a second copy must be as independent of the first as of the original. Large
 * objects, whose check takes long, are copied once here. */
static enum dcb_failure check_arm(const struct worker_link *link,
                                  struct worker_python *python, enum dcb_memo memo,
                                  struct dcb_error *why)
{
    enum dcb_failure failure = DCB_FAILURE_NONE;
    uint64_t start = clock_ns();

    for (int i = 0; failure == DCB_FAILURE_NONE && i < 2; i++) {
        if (i > 0 && clock_ns() - start > LONG_CHECK_NS)
            break;
        dcb_samples_mark(link->samples, DCB_PHASE_CHECK, 0);
        failure = worker_check_arm_with(python, 0, memo, why);
    }
    worker_forget_copies(python);
    return failure;
}

/* 1 where the arm cannot be used: it was answered. */
static int load_arm(const struct worker_link *link, struct worker_python *python,
                    const struct dcb_job *job)
{
    struct dcb_error why = DCB_ERROR_INIT;
    enum dcb_failure failure = DCB_FAILURE_NONE;
    bool shared;

    dcb_samples_mark(link->samples, DCB_PHASE_LOAD_ARM, 0);
    if (worker_load_arm(python, 0, &job->arms[0].spec, &shared, &why) != 0)
        failure = DCB_FAILURE_LOAD;
    else if (job->arms[0].check)
        failure = check_arm(link, python, DCB_MEMO_ABSENT, &why);
    if (failure == DCB_FAILURE_NONE)
        return 0;
    worker_answer_arm(link, 0, failure, why.text, 0, false);
    return 1;
}

/* 0: ready; 1: the arm or the workload is not, and that was answered. */
static int prepare(const struct worker_link *link, struct worker_python *python,
                   const struct dcb_job *job, struct dcb_error *err)
{
    struct dcb_error why = DCB_ERROR_INIT;

    if (job->arm_count != 1)
        return dcb_error_set(err, DCB_ERROR_INTERNAL, "job: one arm is counted");
    if (job->kind != DCB_JOB_CENSUS && worker_memory_open(python, err) != 0)
        return -1;
    if (load_workload(link, python, job, &why) != 0 || load_arm(link, python, job) != 0)
        return 1;
    if (job->kind == DCB_JOB_CENSUS) /* nothing is counted */
        return 0;
    dcb_samples_mark(link->samples, DCB_PHASE_SETTLE, 0);
    if (worker_memory_prepare(python, err) != 0 ||
        worker_settle_heap(python, job->gc, err) != 0)
        return -1;
    return 0;
}

static void answer_failure(const struct worker_link *link, enum dcb_memo memo,
                           enum dcb_failure failure, char *message)
{
    worker_answer(link, &(struct dcb_answer){.kind = DCB_ANSWER_FIGURES,
                                             .memo = memo,
                                             .failure = failure,
                                             .message = message});
}

/* Once more when all is counted: an arm may have learnt to cheat by then. With each kind
 * of memo that it was counted with; `counted` is NULL where it was called with none. */
static void check_again(const struct worker_link *link, struct worker_python *python,
                        const bool counted[DCB_MEMO_COUNT])
{
    for (int i = 0; i < DCB_MEMO_COUNT; i++) {
        struct dcb_error why = DCB_ERROR_INIT;
        enum dcb_failure failure = DCB_FAILURE_NONE;

        if (counted ? counted[i] : i == DCB_MEMO_ABSENT)
            failure = check_arm(link, python, (enum dcb_memo)i, &why);
        if (failure == DCB_FAILURE_CHANGED || (failure != DCB_FAILURE_NONE && !counted))
            worker_answer_arm(link, 0, failure, why.text, 0, false);
        else if (failure != DCB_FAILURE_NONE)
            answer_failure(link, (enum dcb_memo)i, failure, why.text);
        if (failure == DCB_FAILURE_CHANGED)
            return;
    }
}

static void end_job(const struct worker_link *link)
{
    worker_answer_done(link, 0);
    dcb_samples_mark(link->samples, DCB_PHASE_DONE, DCB_ARM_NONE);
}

/* An arm that has changed what it copied counted something else each time. */
static void finish(const struct worker_link *link, struct worker_python *python,
                   const bool counted[DCB_MEMO_COUNT])
{
    struct dcb_error why = DCB_ERROR_INIT;

    dcb_samples_mark(link->samples, DCB_PHASE_COMPARE, 0);
    if (worker_check_objects(python, &why) != 0)
        worker_answer_arm(link, 0, DCB_FAILURE_CHANGED, why.text, 0, false);
    else
        check_again(link, python, counted);
    end_job(link);
}

static void answer_terms(const struct worker_link *link, enum dcb_memo memo,
                         struct worker_terms *terms, bool with_empty)
{
    for (size_t i = 0; terms->found && i < terms->count; i++) {
        struct worker_term *term = &terms->items[i];

        if (term->bytes == 0 && (term->count == 0 || !with_empty))
            continue;
        worker_answer(link, &(struct dcb_answer){.kind = DCB_ANSWER_TERM,
                                                 .memo = memo,
                                                 .name = term->name,
                                                 .count = term->count,
                                                 .bytes = term->bytes});
    }
}

/* ---- counting ---- */

static void answer_figures(const struct worker_link *link, enum dcb_memo memo,
                           uint64_t number, const struct dcb_figures *figures)
{
    worker_answer(link, &(struct dcb_answer){.kind = DCB_ANSWER_FIGURES,
                                             .memo = memo,
                                             .number = number,
                                             .native = worker_counts_native(),
                                             .figures = *figures});
}

/* What is told of the last iteration besides. */
static int explain(const struct worker_link *link, struct worker_python *python,
                   enum dcb_memo memo, struct dcb_error *err)
{
    struct worker_terms terms;
    struct worker_prediction prediction;

    if (worker_memory_explain(python, &terms, err) != 0)
        return -1;
    answer_terms(link, memo, &terms, true);
    if (worker_memory_predict(python, memo, beat, (void *)(uintptr_t)link, &prediction,
                              err) != 0)
        return -1;
    if (*prediction.missing)
        worker_answer(link, &(struct dcb_answer){.kind = DCB_ANSWER_PREDICTION,
                                                 .memo = memo,
                                                 .failure = DCB_FAILURE_RAISED,
                                                 .message = prediction.missing});
    else
        worker_answer(link, &(struct dcb_answer){.kind = DCB_ANSWER_PREDICTION,
                                                 .memo = memo,
                                                 .count = prediction.objects,
                                                 .bytes = (int64_t)prediction.bytes});
    answer_terms(link, memo, &prediction.rest, false);
    return 0;
}

/* The interpreter learns from what it runs; and from 3.11 on, each of the first thirty
 * instances of a class has less room for attributes than the one before. So there are
 * some copies that nobody counts, of small objects more than of large ones, and then some
 * that are counted, until as many as the job says have come to the same. */
static enum dcb_failure warm_up(const struct worker_link *link,
                                struct worker_python *python, const struct dcb_job *job,
                                enum dcb_memo memo, struct dcb_error *why)
{
    struct dcb_figures figures, last;
    uint32_t same = 0;
    enum dcb_failure failure =
        worker_memory_warm_up(python, memo, beat, (void *)(uintptr_t)link, why);
    for (uint32_t i = 0;
         failure == DCB_FAILURE_NONE && i < WARMUPS_MAX && same < job->warmups; i++) {
        failure = worker_memory_count(python, memo, beat, (void *)(uintptr_t)link,
                                      &figures, why);
        if (failure != DCB_FAILURE_NONE)
            break;
        same = i > 0 && memcmp(&figures, &last, sizeof figures) == 0 ? same + 1 : 1;
        last = figures;
    }
    return failure;
}

/* One kind of memo: answered, whatever becomes of it. True where it was counted. */
static bool count_memo(const struct worker_link *link, struct worker_python *python,
                       const struct dcb_job *job, enum dcb_memo memo)
{
    struct dcb_error why = DCB_ERROR_INIT;
    enum dcb_failure failure = DCB_FAILURE_NONE;
    struct dcb_figures figures;

    failure = warm_up(link, python, job, memo, &why);
    for (uint32_t i = 0; failure == DCB_FAILURE_NONE && i < job->rounds; i++) {
        failure = worker_memory_count(python, memo, beat, (void *)(uintptr_t)link,
                                      &figures, &why);
        if (failure == DCB_FAILURE_NONE)
            answer_figures(link, memo, i, &figures);
    }
    if (failure == DCB_FAILURE_NONE && explain(link, python, memo, &why) != 0)
        failure = DCB_FAILURE_LOAD;
    if (failure != DCB_FAILURE_NONE)
        answer_failure(link, memo, failure, why.text);
    return failure == DCB_FAILURE_NONE;
}

int worker_job_memory(const struct worker_link *link, struct worker_python *python,
                      const struct dcb_job *job, struct dcb_error *err)
{
    int rc = prepare(link, python, job, err);
    bool counted[DCB_MEMO_COUNT] = {false};

    if (rc != 0) {
        worker_answer_done(link, 0);
        return rc < 0 ? -1 : 0;
    }
    for (int i = 0; i < DCB_MEMO_COUNT; i++) {
        if (job->memos[i])
            counted[i] = count_memo(link, python, job, (enum dcb_memo)i);
    }
    finish(link, python, counted);
    return 0;
}

/* ---- leaks ---- */

/* Bytes of the resident set; 0 where /proc does not tell. */
static uint64_t resident_bytes(int statm)
{
    char text[128];
    ssize_t length = statm < 0 ? -1 : pread(statm, text, sizeof text - 1, 0);
    unsigned long long all, resident;

    if (length <= 0)
        return 0;
    text[length] = '\0';
    if (sscanf(text, "%llu %llu", &all, &resident) != 2)
        return 0;
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int answer_point(const struct worker_link *link, struct worker_python *python,
                        int statm, uint64_t warm_ups, uint64_t iterations,
                        struct dcb_memory_point *ret_point, struct dcb_error *err)
{
    struct dcb_memory_point point = {.iterations = iterations};

    if (worker_memory_read(python, &point, err) != 0)
        return -1;
    point.rss_bytes = resident_bytes(statm);
    worker_answer(link, &(struct dcb_answer){.kind = DCB_ANSWER_POINT,
                                             .number = warm_ups,
                                             .native = worker_counts_native(),
                                             .point = point});
    *ret_point = point;
    return 0;
}

/* Some iterations, with a sign of life now and then: after each one of those that take
 * long. -1: it raised. */
static int repeat(const struct worker_link *link, struct worker_python *python,
                  uint64_t iterations, struct dcb_error *err)
{
    enum { AT_ONCE = 64, LONG_NS = 50000000 };
    uint64_t wall_ns, at_once = 1;

    while (iterations > 0) {
        uint64_t now = iterations < at_once ? iterations : at_once;

        beat((void *)(uintptr_t)link);
        if (worker_run_block(python, 0, now, &wall_ns) != 0)
            return worker_error_from_exception(python, err);
        iterations -= now;
        at_once = wall_ns > LONG_NS ? 1 : at_once < AT_ONCE ? 2 * at_once : AT_ONCE;
    }
    return 0;
}

/* The points are spread evenly; the last one is that of all iterations. */
static int run_leaks(const struct worker_link *link, struct worker_python *python,
                     const struct dcb_job *job, int statm, struct dcb_error *err)
{
    uint64_t all = job->arms[0].iterations, done = 0, serial;
    uint64_t least = worker_memory_least_warm_ups(),
             warm_ups = job->warmups > least ? job->warmups : least;
    struct dcb_memory_point first, last;
    struct worker_terms terms;

    if (repeat(link, python, warm_ups, err) != 0 ||
        worker_memory_prepare_losses(python, err) != 0 ||
        answer_point(link, python, statm, warm_ups, 0, &first, err) != 0)
        return -1;
    last = first;
    serial = worker_memory_serial(python);
    for (uint32_t i = 1; i <= job->rounds; i++) {
        uint64_t until = all / job->rounds * i + all % job->rounds * i / job->rounds;

        if (until == done)
            continue;
        if (repeat(link, python, until - done, err) != 0 ||
            answer_point(link, python, statm, warm_ups, until, &last, err) != 0)
            return -1;
        done = until;
    }
    if (last.blocks[DCB_LAYER_BOTH] > first.blocks[DCB_LAYER_BOTH] ||
        last.bytes[DCB_LAYER_BOTH] > first.bytes[DCB_LAYER_BOTH]) {
        worker_memory_name_losses(
            python, serial, last.blocks[DCB_LAYER_BOTH] - first.blocks[DCB_LAYER_BOTH],
            last.bytes[DCB_LAYER_BOTH] - first.bytes[DCB_LAYER_BOTH], &terms);
        answer_terms(link, DCB_MEMO_ABSENT, &terms, true);
    }
    return 0;
}

int worker_job_leaks(const struct worker_link *link, struct worker_python *python,
                     const struct dcb_job *job, struct dcb_error *err)
{
    struct dcb_error why = DCB_ERROR_INIT;
    int rc = prepare(link, python, job, err), statm;

    if (rc != 0) {
        worker_answer_done(link, 0);
        return rc < 0 ? -1 : 0;
    }
    statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    rc = run_leaks(link, python, job, statm, &why);
    if (statm >= 0)
        close(statm);
    if (rc != 0) {
        worker_answer_arm(link, 0, DCB_FAILURE_RAISED, why.text, 0, false);
        end_job(link);
        return 0;
    }
    finish(link, python, NULL);
    return 0;
}

/* ---- the census ---- */

static void answer_type(void *context, const struct worker_census *row)
{
    struct dcb_answer answer = {.kind = DCB_ANSWER_CENSUS,
                                .name = (char *)(uintptr_t)row->name};

    memcpy(answer.census, row->counts, sizeof answer.census);
    worker_answer(context, &answer);
}

int worker_job_census(const struct worker_link *link, struct worker_python *python,
                      const struct dcb_job *job, struct dcb_error *err)
{
    struct dcb_error why = DCB_ERROR_INIT;
    int rc = prepare(link, python, job, err);

    if (rc != 0) {
        worker_answer_done(link, 0);
        return rc < 0 ? -1 : 0;
    }
    beat((void *)(uintptr_t)link);
    if (worker_census_take(python, answer_type, (void *)(uintptr_t)link, &why) != 0)
        worker_answer(link, &(struct dcb_answer){.kind = DCB_ANSWER_CENSUS,
                                                 .failure = DCB_FAILURE_RAISED,
                                                 .message = why.text});
    finish(link, python, NULL);
    return 0;
}
