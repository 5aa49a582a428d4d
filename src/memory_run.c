#include "memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "job.h"
#include "memory_private.h"
#include "plan.h"
#include "samples.h"
#include "spawn.h"
#include "utf8.h"
#include "workers.h"
#include "xalloc.h"

enum { LIMIT_MS = 24 * 3600 * 1000 }; /* of one worker, that steps on all the time */

/* What is going on. */
struct session {
    const struct dcb_plan *plan;
    const struct dcb_memory_hooks *hooks;
    struct dcb_memory *memory;
    int code_fd;
    double began_s;
};

/* One worker. */
struct turn {
    struct session *session;
    struct dcb_memory_account *account;
    struct dcb_job job;
    struct dcb_samples *samples;
    int samples_fd;
};

static bool is_stopped(const struct session *session)
{
    return session->hooks->stop && *session->hooks->stop;
}

/* ---- one worker ---- */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void fill_job(const struct session *session,
                     const struct dcb_memory_account *account,
                     const bool memos[DCB_MEMO_COUNT], struct dcb_job *job)
{
    const struct dcb_memory_request *request = session->memory->request;
    uint64_t iterations = dcb_memory_leak_iterations(request, account->pair->workload);

    dcb_workers_fill_environment(session->plan, job);
    job->kind = account->leaks    ? DCB_JOB_LEAKS
                : account->census ? DCB_JOB_CENSUS
                                  : DCB_JOB_MEMORY;
    job->seed = request->seed & INT64_MAX;
    job->arms = dcb_xcalloc(1, sizeof *job->arms);
    job->arm_count = 1;
    job->arms[0].role = DCB_ROLE_CANDIDATE;
    job->arms[0].check = true;
    dcb_spec_copy(&job->arms[0].spec, &request->impls[account->pair->impl]);
    dcb_spec_copy(&job->workload, &request->workloads[account->pair->workload]);
    if (account->leaks) {
        job->arms[0].iterations = iterations;
        job->warmups = (uint32_t)least(DCB_MEMORY_LEAK_WARMUPS, iterations / 10 + 1);
        job->rounds = (uint32_t)least(DCB_MEMORY_LEAK_POINTS, iterations);
        return;
    }
    job->warmups = dcb_memory_warmups(request);
    job->rounds = dcb_memory_iterations(request);
    memcpy(job->memos, memos, sizeof job->memos);
}

static uint64_t sign_of_life(const void *context)
{
    const struct turn *turn = context;

    return atomic_load_explicit(&turn->samples->beats, memory_order_acquire);
}

static void report(void *context)
{
    const struct turn *turn = context;
    const struct session *session = turn->session;
    const struct dcb_memory_request *request = session->memory->request;
    const struct dcb_memory_pair *pair = turn->account->pair;

    if (!session->hooks->progress)
        return;
    session->hooks->progress(
        session->hooks->progress_context,
        &(struct dcb_memory_progress){
            .workload = request->workloads[pair->workload].label,
            .impl = request->impls[pair->impl].label,
            .pair_index = (size_t)(pair - session->memory->pairs),
            .pair_count = session->memory->pair_count,
            .done = atomic_load_explicit(&turn->samples->beats, memory_order_relaxed),
            .elapsed_s = dcb_workers_now_s() - session->began_s,
        });
}

/* ---- what it says ---- */

/* Reads the lines up to the first that is no answer. */
static void take_answers(struct turn *turn, const struct dcb_spawn_outcome *outcome,
                         struct dcb_error *why)
{
    struct dcb_answer_bounds bounds = {.arms = 1, .token = turn->job.token};
    const char *line = outcome->answers, *newline, *end = line + outcome->answers_length;

    while (why->code == DCB_OK && line < end &&
           (newline = memchr(line, '\n', (size_t)(end - line)))) {
        struct dcb_answer answer;

        if (dcb_answer_decode(line, (size_t)(newline - line), &bounds, &answer, why) != 0)
            return;
        (void)dcb_memory_account_take(turn->account, &answer, why);
        dcb_answer_clear(&answer);
        line = newline + 1;
    }
}

/* "killed by SIGSEGV while counting its memory; it last printed: ..."; owned by the
 * caller. */
static char *describe_end(const struct turn *turn,
                          const struct dcb_spawn_outcome *outcome)
{
    char *words = dcb_workers_last_words(outcome), *text;
    char *end = dcb_workers_describe_end(turn->session->plan, outcome);
    uint32_t phase = atomic_load(&turn->samples->phase);

    text = dcb_xasprintf(
        "%s while %s%s%s", end,
        dcb_phase_text(phase < DCB_PHASE_COUNT ? (enum dcb_phase)phase : DCB_PHASE_COUNT),
        *words ? "; it last printed: " : "", words);
    dcb_utf8_make_line(text);
    free(words);
    free(end);
    return text;
}

/* The reason where it ended badly, owned by the caller; else NULL. */
static char *take_end(struct turn *turn, const struct dcb_spawn_outcome *outcome)
{
    struct dcb_error why = DCB_ERROR_INIT;

    take_answers(turn, outcome, &why);
    if (why.code != DCB_OK) {
        char *text =
            dcb_xasprintf("what its worker said is not to be trusted: %s", why.text);

        dcb_utf8_make_line(text);
        dcb_memory_account_fail(turn->account, DCB_FAILURE_DIED, text);
        free(text);
        return NULL;
    }
    return turn->account->done || outcome->end == DCB_SPAWN_STOPPED
               ? NULL
               : describe_end(turn, outcome);
}

static int run_turn(struct turn *turn, char **ret_why, struct dcb_error *err)
{
    const struct session *session = turn->session;
    const struct dcb_memory *memory = session->memory;
    char *job = dcb_job_encode(&turn->job);
    struct dcb_spawn_request request = {
        .program = session->plan->worker,
        .preload =
            memory->native && !turn->account->census ? memory->request->library : NULL,
        .job = job,
        .samples_fd = turn->samples_fd,
        .code_fd = session->code_fd,
        .dump_fd = -1,
        .alive = sign_of_life,
        .context = turn,
        .timeout_ms = (uint64_t)(session->plan->timeout_s * 1000),
        .limit_ms = LIMIT_MS,
        .stop = session->hooks->stop,
        .tick = report,
        .tick_context = turn,
    };
    struct dcb_spawn_outcome outcome;
    int rc = dcb_spawn_run(&request, &outcome, err);

    free(job);
    if (rc != 0)
        return -1;
    *ret_why = take_end(turn, &outcome);
    dcb_spawn_clear(&outcome);
    return 0;
}

/* ---- all of them ---- */

/* A worker, and where it dies, another one for the kinds of memo behind. */
static int ask(struct session *session, struct dcb_memory_account *account,
               struct dcb_error *err)
{
    bool memos[DCB_MEMO_COUNT], again = true;
    int rc = 0;

    memcpy(memos, session->memory->request->memos, sizeof memos);
    while (rc == 0 && again && !is_stopped(session)) {
        struct turn turn = {.session = session, .account = account, .samples_fd = -1};
        char *why = NULL;

        account->memo = DCB_MEMO_COUNT;
        fill_job(session, account, memos, &turn.job);
        turn.samples = dcb_samples_new(1, &turn.samples_fd, err);
        rc = turn.samples ? run_turn(&turn, &why, err) : -1;
        again = dcb_memory_account_end(account, why, memos);
        free(why);
        dcb_samples_unmap(turn.samples, 1);
        if (turn.samples_fd >= 0)
            dcb_samples_close(turn.samples_fd);
        dcb_job_clear(&turn.job);
    }
    return rc;
}

static bool is_asked(const struct dcb_memory_request *request, enum dcb_job_kind kind)
{
    bool counts = false;

    if (kind == DCB_JOB_LEAKS)
        return request->leak_iterations > 0;
    if (kind == DCB_JOB_CENSUS)
        return request->census;
    for (size_t i = 0; i < DCB_MEMO_COUNT; i++)
        counts = counts || request->memos[i];
    return counts;
}

static int count_pair(struct session *session, size_t pair, struct dcb_error *err)
{
    static const enum dcb_job_kind kinds[] = {DCB_JOB_MEMORY, DCB_JOB_LEAKS,
                                              DCB_JOB_CENSUS};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof kinds / sizeof *kinds; i++) {
        struct dcb_memory_account account;

        if (!is_asked(session->memory->request, kinds[i]))
            continue;
        dcb_memory_account_init(&account, session->memory, pair, kinds[i]);
        rc = ask(session, &account, err);
        dcb_memory_account_clear(&account);
    }
    return rc;
}

/* Interpreter and sources. */
static int describe(const struct session *session, struct dcb_error *err)
{
    struct dcb_memory *memory = session->memory;
    const struct dcb_memory_request *request = memory->request;
    size_t count = request->impl_count + request->workload_count;
    const struct dcb_spec **specs = dcb_xcalloc(count + 1, sizeof *specs);
    struct dcb_source *sources = dcb_xcalloc(count + 1, sizeof *sources);
    int rc;

    for (size_t i = 0; i < count; i++)
        specs[i] = i < request->impl_count ? &request->impls[i]
                                           : &request->workloads[i - request->impl_count];
    rc = dcb_workers_describe(session->plan,
                              &(struct dcb_workers_request){.sources = specs,
                                                            .source_count = count,
                                                            .code_fd = session->code_fd,
                                                            .stop = session->hooks->stop},
                              &memory->python, sources, err);
    for (size_t i = 0; i < count; i++) {
        if (i < request->impl_count)
            memory->impl_sources[i] = sources[i];
        else
            memory->workload_sources[i - request->impl_count] = sources[i];
    }
    free(sources);
    free(specs);
    return rc;
}

static void choose_layers(struct dcb_memory *memory)
{
    const struct dcb_memory_request *request = memory->request;

    if (!request->library)
        memory->native_reason = dcb_xstrdup(
            request->library_reason ? request->library_reason
                                    : "there is no library that counts malloc");
    else if (!dcb_spawn_can_preload(request->library))
        memory->native_reason = dcb_xasprintf(
            "%s cannot be preloaded: its path has a blank or a colon", request->library);
    else
        memory->native = true;
}

int dcb_memory_run(const struct dcb_plan *plan, const struct dcb_memory_request *request,
                   const struct dcb_memory_hooks *hooks, struct dcb_memory *ret_memory,
                   struct dcb_error *err)
{
    struct session session = {.plan = plan,
                              .hooks = hooks,
                              .memory = ret_memory,
                              .code_fd = dcb_spawn_code_file(),
                              .began_s = dcb_workers_now_s()};
    int rc;

    dcb_memory_init(ret_memory, request);
    choose_layers(ret_memory);
    rc = describe(&session, err);
    dcb_spawn_seal_code(session.code_fd);
    for (size_t i = 0; rc == 0 && i < ret_memory->pair_count; i++)
        rc = count_pair(&session, i, err);
    dcb_spawn_close_code(session.code_fd);
    ret_memory->stopped = is_stopped(&session);
    ret_memory->elapsed_s = dcb_workers_now_s() - session.began_s;
    return rc;
}
