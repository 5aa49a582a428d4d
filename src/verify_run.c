#include "verify.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "job.h"
#include "plan.h"
#include "samples.h"
#include "spawn.h"
#include "utf8.h"
#include "verify_private.h"
#include "workers.h"
#include "xalloc.h"

/* A case takes milliseconds. */
static const double patience_s = 10, brief_patience_s = 3;

enum {
    /* Of one worker that steps on all the time; the next goes on where it was. */
    LIMIT_MS = 600 * 1000,
    BRIEF_LIMIT_S = 10,    /* of one behind the loading, where others wait */
    ANSWERS_MAX = 64 << 20 /* bytes */
};

/* What is going on. */
struct session {
    const struct dcb_plan *plan;
    const struct dcb_verify_hooks *hooks;
    struct dcb_verification *verification;
    size_t index; /* of the implementation in hand */
    struct dcb_verify_account account;
    int code_fd;
    double began_s;
};

/* One worker. */
struct turn {
    struct session *session;
    struct dcb_job job;
    struct dcb_samples *samples;
    int samples_fd;
    double began_s;
    bool done; /* the last answer came */
};

static bool is_stopped(const struct session *session)
{
    return session->hooks->stop && *session->hooks->stop;
}

static struct dcb_verify_impl *impl_in_hand(const struct session *session)
{
    return &session->verification->impls[session->index];
}

static void fail(const struct session *session, char *take_why)
{
    struct dcb_verify_impl *impl = impl_in_hand(session);

    dcb_utf8_make_line(take_why);
    if (impl->failure)
        free(take_why);
    else
        impl->failure = take_why;
}

/* ---- one worker ---- */

static bool is_brief(const struct session *session)
{
    return session->verification->request->brief;
}

static double timeout_of(const struct session *session)
{
    return fmin(session->plan->timeout_s,
                is_brief(session) ? brief_patience_s : patience_s);
}

/* Loading has its own limit. */
static uint64_t limit_ms(const struct session *session)
{
    if (!is_brief(session))
        return LIMIT_MS;
    return (uint64_t)((session->plan->timeout_s + BRIEF_LIMIT_S) * 1000);
}

/* False where nothing is left to ask. -1: no memory to share. */
static int open_turn(struct session *session, struct turn *turn, struct dcb_error *err)
{
    const struct dcb_verify_request *request = session->verification->request;
    struct dcb_job *job = &turn->job;

    *turn = (struct turn){
        .session = session, .samples_fd = -1, .began_s = dcb_workers_now_s()};
    job->kind = DCB_JOB_VERIFY;
    dcb_workers_fill_environment(session->plan, job);
    job->seed = request->seed & INT64_MAX;
    job->graphs = request->graphs;
    dcb_verify_account_left(&session->account, job->batteries, &job->first);
    job->arms = dcb_xcalloc(1, sizeof *job->arms);
    job->arm_count = 1;
    job->arms[0].role = DCB_ROLE_CANDIDATE;
    dcb_spec_copy(&job->arms[0].spec, impl_in_hand(session)->spec);
    dcb_verify_account_resume(&session->account);
    turn->samples = dcb_samples_new(1, &turn->samples_fd, err);
    return turn->samples ? 0 : -1;
}

static void close_turn(struct turn *turn)
{
    dcb_samples_unmap(turn->samples, 1);
    if (turn->samples_fd >= 0)
        dcb_samples_close(turn->samples_fd);
    dcb_job_clear(&turn->job);
}

/* Until the first case, while the implementation is loaded. */
static bool is_loading(const struct turn *turn)
{
    return atomic_load(&turn->samples->phase) < DCB_PHASE_VERIFY;
}

/* Loading may take as long as any step of a run. */
static uint64_t sign_of_life(const void *context)
{
    const struct turn *turn = context;
    const struct dcb_plan *plan = turn->session->plan;
    double now_s = dcb_workers_now_s();

    if (is_loading(turn) &&
        now_s - turn->began_s < plan->timeout_s - timeout_of(turn->session))
        return (uint64_t)(now_s * 1e9);
    return atomic_load_explicit(&turn->samples->beats, memory_order_acquire);
}

static void report(void *context)
{
    const struct turn *turn = context;
    const struct session *session = turn->session;
    uint32_t battery = atomic_load(&turn->samples->battery);
    uint32_t cases = atomic_load(&turn->samples->cases);
    uint32_t begun = atomic_load(&turn->samples->begun);

    if (!session->hooks->progress || battery >= DCB_BATTERY_COUNT || begun > cases)
        return;
    session->hooks->progress(session->hooks->progress_context,
                             &(struct dcb_verify_progress){
                                 .impl = impl_in_hand(session)->spec->label,
                                 .impl_index = session->index,
                                 .impl_count = session->verification->impl_count,
                                 .battery = (enum dcb_battery)battery,
                                 .done = begun ? begun - 1 : 0,
                                 .cases = cases,
                                 .elapsed_s = dcb_workers_now_s() - session->began_s,
                             });
}

/* ---- what it says ---- */

static void take_answer(struct turn *turn, struct dcb_answer *answer,
                        struct dcb_error *err)
{
    struct session *session = turn->session;
    const char *why = answer->message ? answer->message : "no reason given";

    if (answer->kind == DCB_ANSWER_ARM || answer->kind == DCB_ANSWER_INTERPRETER) {
        fail(session, dcb_xstrdup(why));
        return;
    }
    turn->done = turn->done || answer->kind == DCB_ANSWER_DONE;
    if (!impl_in_hand(session)->failure)
        (void)dcb_verify_account_take(&session->account, answer, err);
}

/* Reads the lines up to the first that is no answer. */
static void take_answers(struct turn *turn, const struct dcb_spawn_outcome *outcome)
{
    struct dcb_answer_bounds bounds = {.arms = 1, .token = turn->job.token};
    const char *line = outcome->answers, *newline, *end = line + outcome->answers_length;
    struct dcb_error why = DCB_ERROR_INIT;

    while (why.code == DCB_OK && line < end &&
           (newline = memchr(line, '\n', (size_t)(end - line)))) {
        struct dcb_answer answer;

        if (dcb_answer_decode(line, (size_t)(newline - line), &bounds, &answer, &why) !=
            0)
            break;
        take_answer(turn, &answer, &why);
        dcb_answer_clear(&answer);
        line = newline + 1;
    }
    if (why.code != DCB_OK)
        fail(turn->session,
             dcb_xasprintf("what its worker said is not to be trusted: %s", why.text));
}

/* ---- how it ended ---- */

/* "killed by SIGSEGV; it last printed: ..."; owned by the caller. */
static char *describe_end(const struct turn *turn,
                          const struct dcb_spawn_outcome *outcome)
{
    static const char own[] = "dcbench-worker: ";
    const struct session *session = turn->session;
    char *words, *end, *text;

    if (outcome->end == DCB_SPAWN_HUNG && !is_loading(turn))
        return dcb_xasprintf("did not come back for %g s", timeout_of(session));
    words = dcb_workers_last_words(outcome);
    end = dcb_workers_describe_end(session->plan, outcome);
    if (!*words)
        text = dcb_xstrdup(end);
    else if (strncmp(words, own, strlen(own)) == 0)
        text = dcb_xasprintf("%s: %s", end, words + strlen(own));
    else
        text = dcb_xasprintf("%s; it last printed: %s", end, words);
    free(end);
    free(words);
    return text;
}

/* Whether there is only more to do than one worker may: it has come on, and would have
 * gone on. Where others wait, that is the end. */
static bool has_more_to_do(const struct session *session,
                           const struct dcb_spawn_outcome *outcome, bool progressed)
{
    return progressed && !is_brief(session) &&
           (outcome->end == DCB_SPAWN_OVERTIME || outcome->end == DCB_SPAWN_FLOODED);
}

/* The case in hand pays. Where there is none, a worker that came no further than the one
 * before is the last: nothing says that the next would. */
static void take_end(struct turn *turn, const struct dcb_spawn_outcome *outcome,
                     bool progressed)
{
    struct session *session = turn->session;
    uint32_t phase = atomic_load(&turn->samples->phase);
    char *end = describe_end(turn, outcome);

    if (outcome->end == DCB_SPAWN_OVERTIME && is_brief(session))
        fail(session, dcb_xasprintf("its cases take more than %d s", BRIEF_LIMIT_S));
    else if (has_more_to_do(session, outcome, progressed))
        dcb_verify_account_drop(&session->account);
    else if (!session->account.name && !progressed)
        fail(session,
             dcb_xasprintf("%s while %s", end,
                           dcb_phase_text(phase < DCB_PHASE_COUNT ? (enum dcb_phase)phase
                                                                  : DCB_PHASE_COUNT)));
    else
        dcb_verify_account_end(&session->account,
                               outcome->end == DCB_SPAWN_HUNG ||
                                       outcome->end == DCB_SPAWN_OVERTIME
                                   ? DCB_CASE_HUNG
                                   : DCB_CASE_DIED,
                               end);
    free(end);
}

static int run_turn(struct turn *turn, struct dcb_error *err)
{
    struct session *session = turn->session;
    struct dcb_verify_account *account = &session->account;
    enum dcb_battery battery = account->battery;
    uint64_t next = account->next;
    char *job = dcb_job_encode(&turn->job);
    struct dcb_spawn_request request = {
        .program = session->plan->worker,
        .job = job,
        .samples_fd = turn->samples_fd,
        .code_fd = session->code_fd,
        .dump_fd = -1,
        .answers_max = ANSWERS_MAX,
        .alive = sign_of_life,
        .context = turn,
        .timeout_ms = (uint64_t)(timeout_of(session) * 1000),
        .limit_ms = limit_ms(session),
        .stop = session->hooks->stop,
        .tick = report,
        .tick_context = turn,
    };
    struct dcb_spawn_outcome outcome;
    int rc = dcb_spawn_run(&request, &outcome, err);

    free(job);
    if (rc != 0)
        return -1;
    take_answers(turn, &outcome);
    if (outcome.end == DCB_SPAWN_STOPPED)
        ; /* what it had in hand was not asked */
    else if (!turn->done && !impl_in_hand(session)->failure)
        take_end(turn, &outcome, account->battery != battery || account->next != next);
    dcb_spawn_clear(&outcome);
    return 0;
}

/* ---- all of them ---- */

static int verify_impl(struct session *session, struct dcb_error *err)
{
    struct dcb_verify_impl *impl = impl_in_hand(session);
    double began_s = dcb_workers_now_s();
    bool batteries[DCB_BATTERY_COUNT];
    uint64_t first;
    int rc = 0;

    dcb_verify_account_init(&session->account, impl);
    session->account.brief = is_brief(session);
    while (rc == 0 && !impl->failure && !is_stopped(session) &&
           dcb_verify_account_left(&session->account, batteries, &first)) {
        struct turn turn;

        rc = open_turn(session, &turn, err);
        if (rc == 0)
            rc = run_turn(&turn, err);
        close_turn(&turn);
    }
    dcb_verify_account_close(&session->account,
                             session->index ? &session->verification->impls[0] : NULL);
    impl->elapsed_s = dcb_workers_now_s() - began_s;
    return rc;
}

int dcb_verify_run_impls(const struct dcb_plan *plan,
                         const struct dcb_verify_request *request,
                         const struct dcb_verify_hooks *hooks, int code_fd,
                         struct dcb_verification *verification, struct dcb_error *err)
{
    struct session session = {.plan = plan,
                              .hooks = hooks,
                              .verification = verification,
                              .code_fd = code_fd,
                              .began_s = dcb_workers_now_s()};
    int rc = 0;

    for (; rc == 0 && session.index < request->impl_count; session.index++)
        rc = verify_impl(&session, err);
    verification->stopped = is_stopped(&session);
    verification->elapsed_s = dcb_workers_now_s() - session.began_s;
    return rc;
}

int dcb_verify_run_described(const struct dcb_plan *plan,
                             const struct dcb_verify_request *request,
                             const struct dcb_verify_hooks *hooks, int code_fd,
                             struct dcb_verification *ret_verification,
                             struct dcb_error *err)
{
    dcb_verification_init(ret_verification, request);
    return dcb_verify_run_impls(plan, request, hooks, code_fd, ret_verification, err);
}

/* Interpreter and sources. */
static int describe(const struct dcb_plan *plan, const struct dcb_verify_hooks *hooks,
                    int code_fd, struct dcb_verification *verification,
                    struct dcb_error *err)
{
    size_t count = verification->impl_count;
    const struct dcb_spec **specs = dcb_xcalloc(count + 1, sizeof *specs);
    struct dcb_source *sources = dcb_xcalloc(count + 1, sizeof *sources);
    int rc;

    for (size_t i = 0; i < count; i++)
        specs[i] = verification->impls[i].spec;
    rc = dcb_workers_describe(plan,
                              &(struct dcb_workers_request){.sources = specs,
                                                            .source_count = count,
                                                            .code_fd = code_fd,
                                                            .stop = hooks->stop},
                              &verification->python, sources, err);
    for (size_t i = 0; i < count; i++)
        verification->impls[i].source = sources[i];
    free(sources);
    free(specs);
    return rc;
}

int dcb_verify_run(const struct dcb_plan *plan, const struct dcb_verify_request *request,
                   const struct dcb_verify_hooks *hooks,
                   struct dcb_verification *ret_verification, struct dcb_error *err)
{
    double began_s = dcb_workers_now_s();
    int code_fd = dcb_spawn_code_file(), rc;

    dcb_verification_init(ret_verification, request);
    rc = describe(plan, hooks, code_fd, ret_verification, err);
    dcb_spawn_seal_code(code_fd);
    if (rc == 0)
        rc = dcb_verify_run_impls(plan, request, hooks, code_fd, ret_verification, err);
    dcb_spawn_close_code(code_fd);
    ret_verification->elapsed_s = dcb_workers_now_s() - began_s;
    return rc;
}
