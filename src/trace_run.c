#include "trace.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "job.h"
#include "plan.h"
#include "result.h"
#include "samples.h"
#include "spawn.h"
#include "utf8.h"
#include "workers.h"
#include "xalloc.h"

enum { LIMIT_MS = 6 * 3600 * 1000 };

/* Accounting for what is alive looks at every member, which moves no memory. */
static const double bytes_a_second = 50e6;

/* What is going on. */
struct session {
    const struct dcb_plan *plan;
    const struct dcb_trace_hooks *hooks;
    struct dcb_trace *trace;
    int code_fd;
};

/* One worker. */
struct turn {
    const struct session *session;
    struct dcb_trace_cell *cell;
    struct dcb_job job;
    struct dcb_samples *samples;
    int samples_fd;
};

static bool is_stopped(const struct session *session)
{
    return session->hooks->stop && *session->hooks->stop;
}

/* The first one counts. */
static void fail(struct dcb_trace_cell *cell, char *take_why)
{
    dcb_utf8_make_line(take_why);
    if (cell->failure)
        free(take_why);
    else
        cell->failure = take_why;
}

/* ---- what a worker told ---- */

static void take_failure(struct dcb_trace_cell *cell, const struct dcb_answer *answer)
{
    static const char *const begins[] = {[DCB_FAILURE_LOAD] = "could not be loaded: ",
                                         [DCB_FAILURE_WRONG] = "",
                                         [DCB_FAILURE_RAISED] = "raised "};
    const char *begin =
        answer->failure <= DCB_FAILURE_WRONG ? begins[answer->failure] : "failed: ";

    cell->wrong = answer->failure == DCB_FAILURE_WRONG;
    fail(cell, dcb_xasprintf("%s%s", begin,
                             answer->message ? answer->message : "it did not say why"));
}

/* Whether the last answer came. */
static bool take_answers(const struct turn *turn, const struct dcb_spawn_outcome *outcome)
{
    const struct dcb_answer_bounds bounds = {.arms = 1, .token = turn->job.token};
    const char *line = outcome->answers, *newline;
    bool done = false;

    while ((newline = strchr(line, '\n'))) {
        struct dcb_error why = DCB_ERROR_INIT;
        struct dcb_answer answer;

        if (dcb_answer_decode(line, (size_t)(newline - line), &bounds, &answer, &why) !=
            0) {
            fail(
                turn->cell,
                dcb_xasprintf("what its worker said is not to be trusted: %s", why.text));
            return false;
        }
        if (answer.failure != DCB_FAILURE_NONE)
            take_failure(turn->cell, &answer);
        done = done || answer.kind == DCB_ANSWER_DONE;
        dcb_answer_clear(&answer);
        line = newline + 1;
    }
    return done;
}

static void take_samples(const struct turn *turn, int fd)
{
    struct dcb_error why = DCB_ERROR_INIT;
    size_t length;
    char *text = dcb_spawn_read_dump(fd, &length);

    if (!text)
        fail(turn->cell, dcb_xstrdup("its samples cannot be read"));
    else if (dcb_trace_read(turn->cell, text, &why) != 0)
        fail(turn->cell,
             dcb_xasprintf("what its worker wrote is not to be trusted: %s", why.text));
    free(text);
}

/* "killed by SIGSEGV while copying, in repeat 3; it last printed: ..." */
static void take_end(const struct turn *turn, const struct dcb_spawn_outcome *outcome)
{
    char *end = dcb_workers_describe_end(turn->session->plan, outcome);
    char *place = dcb_trace_place(turn->cell);
    char *words = dcb_workers_last_words(outcome);

    fail(turn->cell, dcb_xasprintf("%s %s%s%s", end, place,
                                   *words ? "; it last printed: " : "", words));
    free(words);
    free(place);
    free(end);
}

/* ---- one worker ---- */

static int open_turn(const struct session *session, struct dcb_trace_cell *cell,
                     struct turn *turn, struct dcb_error *err)
{
    const struct dcb_trace_request *request = session->trace->request;
    struct dcb_job *job = &turn->job;

    *turn = (struct turn){.session = session, .cell = cell, .samples_fd = -1};
    job->kind = DCB_JOB_TRACE;
    dcb_workers_fill_environment(session->plan, job);
    job->seed = request->seed & INT64_MAX;
    job->container = cell->container;
    job->size_bytes = request->size_bytes;
    job->every_bytes = request->every_bytes;
    job->rounds = request->repeats;
    job->arms = dcb_xcalloc(1, sizeof *job->arms);
    job->arm_count = 1;
    job->arms[0].role = DCB_ROLE_CANDIDATE;
    dcb_spec_copy(&job->arms[0].spec, &request->impls[cell->impl]);
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

/* Steps of the worker, and memory that it takes or gives back. */
static uint64_t sign_of_life(const void *context)
{
    const struct turn *turn = context;

    return atomic_load_explicit(&turn->samples->beats, memory_order_acquire);
}

static void report(void *context)
{
    const struct turn *turn = context;
    const struct session *session = turn->session;

    if (session->hooks->progress)
        session->hooks->progress(session->hooks->progress_context, session->trace,
                                 (size_t)(turn->cell - session->trace->cells));
}

static uint64_t patience_ms(const struct session *session)
{
    double size = (double)session->trace->request->size_bytes;

    return (uint64_t)((session->plan->timeout_s + size / bytes_a_second) * 1000);
}

static int run_turn(struct turn *turn, struct dcb_error *err)
{
    const struct session *session = turn->session;
    char *job = dcb_job_encode(&turn->job);
    struct dcb_spawn_request request = {
        .program = session->plan->worker,
        .job = job,
        .samples_fd = turn->samples_fd,
        .code_fd = session->code_fd,
        .dump_fd = dcb_spawn_dump_file(err),
        .alive = sign_of_life,
        .context = turn,
        .timeout_ms = patience_ms(session),
        .limit_ms = LIMIT_MS,
        .stop = session->hooks->stop,
        .tick = report,
        .tick_context = turn,
    };
    struct dcb_spawn_outcome outcome;
    bool done;
    int rc = request.dump_fd < 0 ? -1 : dcb_spawn_run(&request, &outcome, err);

    free(job);
    if (rc != 0) {
        if (request.dump_fd >= 0)
            dcb_spawn_close_dump(request.dump_fd);
        return -1;
    }
    done = take_answers(turn, &outcome);
    take_samples(turn, request.dump_fd);
    turn->cell->asked = outcome.end != DCB_SPAWN_STOPPED;
    if (outcome.end != DCB_SPAWN_STOPPED && !done)
        take_end(turn, &outcome);
    dcb_spawn_clear(&outcome);
    return 0;
}

/* ---- all of them ---- */

static void make_cells(struct dcb_trace *trace)
{
    const struct dcb_trace_request *request = trace->request;

    trace->cells =
        dcb_xcalloc(request->impl_count * DCB_CONTAINER_COUNT + 1, sizeof *trace->cells);
    for (int i = 0; i < DCB_CONTAINER_COUNT; i++) {
        for (size_t k = 0; request->containers[i] && k < request->impl_count; k++)
            trace->cells[trace->cell_count++] =
                (struct dcb_trace_cell){.container = (enum dcb_container)i, .impl = k};
    }
}

static int run_cells(struct session *session, struct dcb_error *err)
{
    struct dcb_trace *trace = session->trace;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < trace->cell_count && !is_stopped(session); i++) {
        struct turn turn;

        rc = open_turn(session, &trace->cells[i], &turn, err);
        if (rc == 0)
            rc = run_turn(&turn, err);
        close_turn(&turn);
    }
    return rc;
}

static int describe(const struct session *session, struct dcb_error *err)
{
    const struct dcb_trace_request *request = session->trace->request;
    const struct dcb_spec **specs = dcb_xcalloc(request->impl_count + 1, sizeof *specs);
    int rc;

    for (size_t i = 0; i < request->impl_count; i++)
        specs[i] = &request->impls[i];
    rc = dcb_workers_describe(
        session->plan,
        &(struct dcb_workers_request){.sources = specs,
                                      .source_count = request->impl_count,
                                      .code_fd = session->code_fd,
                                      .stop = session->hooks->stop},
        session->trace->python, session->trace->sources, err);
    free(specs);
    return rc;
}

int dcb_trace_run(const struct dcb_plan *plan, const struct dcb_trace_request *request,
                  const struct dcb_trace_hooks *hooks, struct dcb_trace *ret_trace,
                  struct dcb_error *err)
{
    double began_s = dcb_workers_now_s();
    struct session session = {.plan = plan,
                              .hooks = hooks,
                              .trace = ret_trace,
                              .code_fd = dcb_spawn_code_file()};
    int rc;

    *ret_trace = (struct dcb_trace){.request = request};
    ret_trace->python = dcb_xcalloc(1, sizeof *ret_trace->python);
    ret_trace->sources = dcb_xcalloc(request->impl_count + 1, sizeof *ret_trace->sources);
    make_cells(ret_trace);
    rc = describe(&session, err);
    dcb_spawn_seal_code(session.code_fd);
    if (rc == 0)
        rc = run_cells(&session, err);
    dcb_spawn_close_code(session.code_fd);
    ret_trace->stopped = is_stopped(&session);
    ret_trace->elapsed_s = dcb_workers_now_s() - began_s;
    return rc;
}

void dcb_trace_clear(struct dcb_trace *trace)
{
    for (size_t i = 0; i < trace->cell_count; i++)
        dcb_trace_cell_clear(&trace->cells[i]);
    for (size_t i = 0; trace->sources && i < trace->request->impl_count; i++) {
        free(trace->sources[i].path);
        free(trace->sources[i].sha256);
    }
    if (trace->python)
        dcb_python_clear(trace->python);
    free(trace->cells);
    free(trace->sources);
    free(trace->python);
    *trace = (struct dcb_trace){.request = NULL};
}
