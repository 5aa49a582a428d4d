#include "workers.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "error.h"
#include "job.h"
#include "plan.h"
#include "result.h"
#include "spawn.h"
#include "utf8.h"
#include "xalloc.h"

enum { WORDS_MAX = 200 };

double dcb_workers_now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Nobody can guess it: the seed is known, this is not. Always of 19 digits, since the
 * job's length decides where the worker's heap goes on. */
static uint64_t random_token(void)
{
    uint64_t token = 0;

    if (getrandom(&token, sizeof token, 0) != sizeof token)
        token = (uint64_t)(dcb_workers_now_s() * 1e9);
    return token >> 2 | UINT64_C(1) << 61;
}

void dcb_workers_fill_environment(const struct dcb_plan *plan, struct dcb_job *job)
{
    job->token = random_token();
    job->support = dcb_xstrdup(plan->support);
    job->gc = plan->gc;
    job->affinity = plan->affinity;
    job->cpus = plan->core.cpus[0] ? dcb_xstrdup(plan->core.cpus) : NULL;
    job->memory_bytes = plan->memory_bytes;
    job->site = plan->site;
    job->venv = plan->venv ? dcb_xstrdup(plan->venv) : NULL;
    job->python_path = dcb_xcalloc(plan->python_path_count + 1, sizeof(char *));
    for (; job->python_path_count < plan->python_path_count; job->python_path_count++)
        job->python_path[job->python_path_count] =
            dcb_xstrdup(plan->python_path[job->python_path_count]);
}

/* ---- how one ended ---- */

char *dcb_workers_describe_end(const struct dcb_plan *plan,
                               const struct dcb_spawn_outcome *outcome)
{
    const char *name;

    switch (outcome->end) {
    case DCB_SPAWN_SIGNALED:
        name = sigabbrev_np(outcome->code);
        return dcb_xasprintf("killed by %s%s%s", name ? "SIG" : "signal ",
                             name ? name : "?",
                             outcome->code == SIGKILL ? " (out of memory?)" : "");
    case DCB_SPAWN_HUNG:
        return dcb_xasprintf("no sign of life for %g s (--timeout)", plan->timeout_s);
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

char *dcb_workers_last_words(const struct dcb_spawn_outcome *outcome)
{
    const char *fatal = strstr(outcome->output, "Fatal Python error: ");
    char *text = dcb_xstrdup(fatal ? fatal : outcome->output), *words;

    if (fatal)
        text[strcspn(text, "\n")] = '\0';
    words = dcb_utf8_shorten(dcb_workers_last_line(text), WORDS_MAX);
    free(text);
    return words;
}

const char *dcb_workers_last_line(char *text)
{
    size_t length = strlen(text);

    while (length && text[length - 1] == '\n')
        text[--length] = '\0';
    return strrchr(text, '\n') ? strrchr(text, '\n') + 1 : text;
}

/* ---- the first one ---- */

static char *take_text(char **text)
{
    char *taken = *text;

    *text = NULL;
    return taken;
}

static void take_python(struct dcb_python *python, struct dcb_answer *answer)
{
    dcb_python_clear(python);
    *python = (struct dcb_python){
        .version = take_text(&answer->version),
        .build = take_text(&answer->build),
        .implementation = take_text(&answer->implementation),
        .compiler = take_text(&answer->compiler),
        .copy_path = take_text(&answer->copy_path),
        .copy_sha256 = take_text(&answer->copy_sha256),
        .linkage = take_text(&answer->linkage),
        .own_linkage = take_text(&answer->own_linkage),
        .missing = take_text(&answer->missing),
    };
}

static void take_source(struct dcb_source *source, struct dcb_answer *answer)
{
    free(source->path);
    free(source->sha256);
    source->path = take_text(&answer->path);
    source->sha256 = take_text(&answer->sha256);
}

/* Where to put what the worker tells. */
struct description {
    struct dcb_python *python;
    struct dcb_source *sources;
    struct dcb_answer_bounds bounds;
};

/* `refusal` is set where the worker itself says what the user has to mend. */
static int read_description(const struct description *description,
                            const struct dcb_spawn_outcome *outcome,
                            struct dcb_error *refusal, struct dcb_error *err)
{
    const char *line = outcome->answers, *newline;
    bool done = false;

    while ((newline = strchr(line, '\n'))) {
        struct dcb_answer answer;

        if (dcb_answer_decode(line, (size_t)(newline - line), &description->bounds,
                              &answer, err) != 0)
            return -1;
        if (answer.failure != DCB_FAILURE_NONE)
            dcb_error_set(refusal, DCB_ERROR_SYSTEM, "%s",
                          answer.message ? answer.message : "no Python");
        else if (answer.kind == DCB_ANSWER_INTERPRETER)
            take_python(description->python, &answer);
        else if (answer.kind == DCB_ANSWER_SOURCE)
            take_source(&description->sources[answer.index], &answer);
        done = done || answer.kind == DCB_ANSWER_DONE;
        dcb_answer_clear(&answer);
        line = newline + 1;
    }
    return done
               ? 0
               : dcb_error_set(err, DCB_ERROR_SYSTEM, "it ended without its last answer");
}

/* Why the very first worker of a run failed: what it said itself, else how it ended. */
static int worker_failed(const struct dcb_plan *plan,
                         const struct dcb_spawn_outcome *outcome,
                         const struct dcb_error *why, struct dcb_error *err)
{
    char *end = dcb_workers_describe_end(plan, outcome);
    const char *words = dcb_workers_last_line(outcome->output);
    bool bad = outcome->end != DCB_SPAWN_EXITED || outcome->code != 0;

    dcb_error_set(err, DCB_ERROR_SYSTEM, "the worker %s does not work: %s", plan->worker,
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

int dcb_workers_describe(const struct dcb_plan *plan,
                         const struct dcb_workers_request *request,
                         struct dcb_python *ret_python, struct dcb_source *ret_sources,
                         struct dcb_error *err)
{
    struct dcb_job job = {.kind = DCB_JOB_DESCRIBE, .affinity = -1};
    struct dcb_spawn_outcome outcome;
    struct dcb_spawn_request spawn = {
        .program = plan->worker,
        .samples_fd = -1,
        .code_fd = request->code_fd,
        .dump_fd = -1,
        .alive = no_sign,
        .timeout_ms = (uint64_t)(plan->timeout_s * 1000),
        .limit_ms = (uint64_t)(plan->timeout_s * 1000),
        .stop = request->stop,
    };
    struct description description = {.python = ret_python, .sources = ret_sources};
    struct dcb_error refusal = DCB_ERROR_INIT, why = DCB_ERROR_INIT;
    char *text;
    int rc;

    dcb_workers_fill_environment(plan, &job);
    job.source_count = request->source_count;
    job.sources = dcb_xcalloc(job.source_count + 1, sizeof *job.sources);
    for (size_t i = 0; i < job.source_count; i++)
        dcb_spec_copy(&job.sources[i], request->sources[i]);
    description.bounds =
        (struct dcb_answer_bounds){.sources = job.source_count, .token = job.token};
    text = dcb_job_encode(&job);
    spawn.job = text;
    rc = dcb_spawn_run(&spawn, &outcome, err);
    if (rc == 0) {
        if (outcome.end != DCB_SPAWN_STOPPED)
            rc = read_description(&description, &outcome, &refusal, &why);
        if (refusal.code != DCB_OK)
            rc = dcb_error_set(err, DCB_ERROR_SYSTEM, "%s", refusal.text);
        else if (rc != 0)
            rc = worker_failed(plan, &outcome, &why, err);
        dcb_spawn_clear(&outcome);
    }
    free(text);
    dcb_job_clear(&job);
    return rc;
}
