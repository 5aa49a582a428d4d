#include "runner_private.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "xalloc.h"

static char *take_text(char **text)
{
    char *taken = *text;

    *text = NULL;
    return taken;
}

static void take_description(struct dcb_result *result, struct dcb_answer *answer)
{
    const struct dcb_plan *plan = result->plan;

    if (answer->kind == DCB_ANSWER_INTERPRETER) {
        result->python.version = take_text(&answer->version);
        result->python.build = take_text(&answer->build);
        result->python.implementation = take_text(&answer->implementation);
        result->python.compiler = take_text(&answer->compiler);
        result->python.copy_path = take_text(&answer->copy_path);
        result->python.copy_sha256 = take_text(&answer->copy_sha256);
        result->python.linkage = take_text(&answer->linkage);
        result->python.own_linkage = take_text(&answer->own_linkage);
        result->python.missing = take_text(&answer->missing);
    } else if (answer->kind == DCB_ANSWER_SOURCE) {
        struct dcb_source *source =
            answer->index < plan->arm_count
                ? &result->arm_sources[answer->index]
                : &result->workload_sources[answer->index - plan->arm_count];

        free(source->path);
        free(source->sha256);
        source->path = take_text(&answer->path);
        source->sha256 = take_text(&answer->sha256);
    }
}

/* `refusal` is set where the worker itself says what the user has to mend. */
static int read_description(struct dcb_result *result,
                            const struct dcb_spawn_outcome *outcome, size_t sources,
                            uint64_t token, struct dcb_error *refusal,
                            struct dcb_error *err)
{
    struct dcb_answer_bounds bounds = {.sources = sources, .token = token};
    const char *line = outcome->answers, *newline;
    bool done = false;

    while ((newline = strchr(line, '\n'))) {
        struct dcb_answer answer;

        if (dcb_answer_decode(line, (size_t)(newline - line), &bounds, &answer, err) != 0)
            return -1;
        if (answer.failure != DCB_FAILURE_NONE)
            dcb_error_set(refusal, DCB_ERROR_SYSTEM, "%s",
                          answer.message ? answer.message : "no Python");
        else
            take_description(result, &answer);
        done = done || answer.kind == DCB_ANSWER_DONE;
        dcb_answer_clear(&answer);
        line = newline + 1;
    }
    return done
               ? 0
               : dcb_error_set(err, DCB_ERROR_SYSTEM, "it ended without its last answer");
}

/* Why the very first worker of a run failed: what it said itself, else how it ended. */
static int worker_failed(const struct run *run, const struct dcb_spawn_outcome *outcome,
                         const struct dcb_error *why, struct dcb_error *err)
{
    char *end = dcb_runner_describe_end(run, outcome);
    const char *words = dcb_runner_last_line(outcome->output);
    bool bad = outcome->end != DCB_SPAWN_EXITED || outcome->code != 0;

    dcb_error_set(err, DCB_ERROR_SYSTEM, "the worker %s does not work: %s",
                  run->plan->worker,
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

int dcb_runner_describe(struct run *run, struct dcb_error *err)
{
    const struct dcb_plan *plan = run->plan;
    struct dcb_job job = {.kind = DCB_JOB_DESCRIBE, .affinity = -1};
    struct dcb_spawn_outcome outcome;
    struct dcb_spawn_request request = {
        .program = plan->worker,
        .samples_fd = -1,
        .code_fd = run->code_fd,
        .dump_fd = -1,
        .alive = no_sign,
        .timeout_ms = (uint64_t)(plan->timeout_s * 1000),
        .limit_ms = (uint64_t)(plan->timeout_s * 1000),
        .stop = run->hooks->stop,
    };
    struct dcb_error refusal = DCB_ERROR_INIT, why = DCB_ERROR_INIT;
    char *text;
    int rc;

    dcb_runner_fill_environment(plan, &job);
    job.source_count = plan->arm_count + plan->workload_count;
    job.sources = dcb_xcalloc(job.source_count, sizeof *job.sources);
    for (size_t i = 0; i < plan->arm_count; i++)
        dcb_spec_copy(&job.sources[i], &plan->arms[i]);
    for (size_t i = 0; i < plan->workload_count; i++)
        dcb_spec_copy(&job.sources[plan->arm_count + i], &plan->workloads[i]);
    text = dcb_job_encode(&job);
    request.job = text;
    rc = dcb_spawn_run(&request, &outcome, err);
    if (rc == 0) {
        if (outcome.end != DCB_SPAWN_STOPPED)
            rc = read_description(run->result, &outcome, job.source_count, job.token,
                                  &refusal, &why);
        if (refusal.code != DCB_OK)
            rc = dcb_error_set(err, DCB_ERROR_SYSTEM, "%s", refusal.text);
        else if (rc != 0)
            rc = worker_failed(run, &outcome, &why, err);
        dcb_spawn_clear(&outcome);
    }
    free(text);
    dcb_job_clear(&job);
    return rc;
}
