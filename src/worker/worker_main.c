/*
 * dcbench-worker-3.N: embeds one CPython, does one job, answers, ends. Started by dcbench
 * alone; see job.h for the descriptors.
 */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cpulist.h"
#include "error.h"
#include "rng.h"
#include "xalloc.h"

enum { STATUS_USAGE = 2, STATUS_SYSTEM = 3 };

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED 0
#endif

#if SANITIZED
/* A signal stays a signal: the controller names it. What CPython keeps is no leak. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:detect_leaks=0";
}
#endif

void worker_answer(const struct worker_link *link, const struct dcb_answer *answer)
{
    struct dcb_answer own = *answer;
    char *line;
    size_t length, done = 0;

    if (getpid() != link->pid)
        _exit(STATUS_SYSTEM);
    own.token = link->token;
    line = dcb_answer_encode(&own);
    length = strlen(line);
    while (done < length) {
        ssize_t n = write(link->answer_fd, line + done, length - done);

        if (n < 0 && errno != EINTR) {
            dprintf(STDERR_FILENO, "dcbench-worker: cannot answer: %s\n",
                    strerror(errno));
            _exit(STATUS_SYSTEM);
        }
        done += n > 0 ? (size_t)n : 0;
    }
    free(line);
}

void worker_answer_workload(const struct worker_link *link, size_t objects,
                            uint64_t weight, enum dcb_failure failure, char *message)
{
    worker_answer(link, &(struct dcb_answer){.kind = DCB_ANSWER_WORKLOAD,
                                             .objects = objects,
                                             .weight = weight,
                                             .failure = failure,
                                             .message = message,
                                             .group = -1,
                                             .slot = -1});
}

void worker_answer_arm(const struct worker_link *link, size_t arm,
                       enum dcb_failure failure, char *message, uint64_t iterations,
                       bool shared)
{
    worker_answer(link, &(struct dcb_answer){.kind = DCB_ANSWER_ARM,
                                             .index = (uint32_t)arm,
                                             .failure = failure,
                                             .message = message,
                                             .iterations = iterations,
                                             .shared = shared,
                                             .group = -1,
                                             .slot = -1});
}

void worker_answer_done(const struct worker_link *link, uint32_t rounds)
{
    worker_answer(
        link, &(struct dcb_answer){
                  .kind = DCB_ANSWER_DONE, .rounds = rounds, .group = -1, .slot = -1});
}

static int read_job(struct dcb_job *job, struct dcb_error *err)
{
    struct stat status;
    char *text;
    ssize_t n;
    int rc;

    if (fstat(DCB_JOB_FD, &status) != 0 || !S_ISREG(status.st_mode))
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "dcbench starts this program; run 'dcbench --help' instead");
    text = dcb_xcalloc((size_t)status.st_size + 1, 1);
    n = pread(DCB_JOB_FD, text, (size_t)status.st_size, 0);
    if (n == status.st_size)
        rc = dcb_job_decode(text, (size_t)n, job, err);
    else
        rc = dcb_error_set_errno(err, errno, "cannot read the job");
    free(text);
    close(DCB_JOB_FD);
    return rc;
}

/* The descriptors move to numbers that user code does not hit by accident. */
static int open_link(const struct dcb_job *job, struct worker_link *link,
                     struct dcb_error *err)
{
    link->pid = getpid();
    link->token = job->token;
    link->answer_fd = fcntl(DCB_ANSWER_FD, F_DUPFD_CLOEXEC, 200);
    if (link->answer_fd < 0) /* 'ulimit -n' may be lower */
        link->answer_fd = fcntl(DCB_ANSWER_FD, F_DUPFD_CLOEXEC, DCB_LAST_FD + 1);
    if (link->answer_fd < 0)
        return dcb_error_set_errno(err, errno, "no descriptor for answers");
    close(DCB_ANSWER_FD);
    if (job->kind == DCB_JOB_DESCRIBE)
        return 0;
    link->samples = dcb_samples_map(DCB_SAMPLES_FD, err);
    close(DCB_SAMPLES_FD);
    return link->samples ? 0 : -1;
}

static int limit_resources(const struct dcb_job *job, struct dcb_error *err)
{
    cpu_set_t cpus;
    struct rlimit limit = {.rlim_cur = job->memory_bytes, .rlim_max = job->memory_bytes};
    struct rlimit no_core = {.rlim_cur = 0, .rlim_max = 0};

    setrlimit(RLIMIT_CORE, &no_core);
    /* The sanitizer's shadow counts as data: no limit there. */
    if (job->memory_bytes && !SANITIZED && setrlimit(RLIMIT_DATA, &limit) != 0)
        return dcb_error_set_errno(err, errno, "cannot limit the worker's memory");
    if (job->affinity >= 0) {
        CPU_ZERO(&cpus);
        CPU_SET((size_t)job->affinity, &cpus);
        if (sched_setaffinity(0, sizeof cpus, &cpus) != 0)
            return dcb_error_set_errno(err, errno, "--affinity: cannot run on CPU %d",
                                       job->affinity);
    } else if (job->cpus && (dcb_cpulist_parse(job->cpus, &cpus) != 0 ||
                             sched_setaffinity(0, sizeof cpus, &cpus) != 0)) {
        return dcb_error_set_errno(err, errno, "cannot run on CPUs %s", job->cpus);
    }
    return 0;
}

/* Native heap of another shape in every worker, before the interpreter takes its own.
 * Kept for the process's life: it is there to take room. */
static void pad_native_heap(uint64_t seed)
{
    struct dcb_rng rng = {.state = seed};
    uint64_t count = dcb_rng_below(&rng, 64);

    for (uint64_t i = 0; i < count; i++) {
        void *volatile kept = dcb_xcalloc(1, 16 + (size_t)dcb_rng_below(&rng, 2048));

        (void)kept;
    }
}

static int run(struct dcb_error *err)
{
    struct dcb_job job;
    struct worker_link link = {.answer_fd = -1};
    struct worker_python *python = NULL;
    struct worker_code *code;
    struct dcb_answer failed = {.kind = DCB_ANSWER_INTERPRETER,
                                .failure = DCB_FAILURE_LOAD,
                                .group = -1,
                                .slot = -1};

    if (read_job(&job, err) != 0 || open_link(&job, &link, err) != 0 ||
        limit_resources(&job, err) != 0)
        return -1;
    pad_native_heap(dcb_rng_derive(job.seed, 1));
    /* Simulated, everything is compiled from its source: so it comes out the same. */
    code = job.kind != DCB_JOB_SIMULATE ? worker_code_open(DCB_CODE_FD) : NULL;
    if (worker_python_start(&job, code, &python, err) != 0 ||
        worker_pad_heap(python, dcb_rng_derive(job.seed, 2), err) != 0)
        return -1;
    if (worker_add_paths(python, &job, err) != 0) {
        failed.message = err->text;
        worker_answer(&link, &failed);
        return -1;
    }
    if (job.kind == DCB_JOB_DESCRIBE)
        return worker_job_describe(&link, python, &job, err);
    close(DCB_CODE_FD);
    if (job.kind == DCB_JOB_SIMULATE)
        return worker_job_simulate(&link, python, &job, err);
    if (job.kind == DCB_JOB_VERIFY)
        return worker_job_verify(&link, python, &job, err);
    if (job.kind == DCB_JOB_MEMORY)
        return worker_job_memory(&link, python, &job, err);
    if (job.kind == DCB_JOB_LEAKS)
        return worker_job_leaks(&link, python, &job, err);
    if (job.kind == DCB_JOB_CENSUS)
        return worker_job_census(&link, python, &job, err);
    if (job.kind == DCB_JOB_TRACE)
        return worker_job_trace(&link, python, &job, err);
    return worker_job_time(&link, python, &job, err);
}

int main(void)
{
    struct dcb_error err = DCB_ERROR_INIT;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "dcbench-worker"); /* it may run as a copy: src/spawn_copy.h */
    if (run(&err) != 0) {
        fprintf(stderr, "dcbench-worker: %s\n", err.text);
        _exit(err.code == DCB_ERROR_USAGE ? STATUS_USAGE : STATUS_SYSTEM);
    }
    worker_python_flush();
    /* Not finalised: everything is told, and it would cost every worker milliseconds. */
    _exit(0);
}
