#include "commands.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ci.h"
#include "ci_output.h"
#include "error.h"
#include "json_memory.h"
#include "measure.h"
#include "memory.h"
#include "memory_progress.h"
#include "options.h"
#include "outfile.h"
#include "plan.h"
#include "report_memory.h"
#include "run_findings.h"
#include "run_plan.h"
#include "signals.h"
#include "strbuf.h"
#include "sysinfo.h"
#include "term.h"
#include "utf8.h"
#include "xalloc.h"

enum {
    ITERATIONS = 5,
    ITERATIONS_MAX = 1000000,
    LEAK_ITERATIONS = 20000,
    SINGLE_ITERATIONS = 1000000, /* of the workload of small containers */
    SEED = 1 /* of hashes, unless --seed says another: sets are the same each time */
};

/* ---- what is asked ---- */

static int check_options(const struct cli_options *options, struct dcb_error *err)
{
    static const char *const of_trace[] = {"size", "repeat", "every", "plot", "series"};

    for (size_t i = 0; i < sizeof of_trace / sizeof *of_trace; i++) {
        if (cli_options_given(options, of_trace[i]))
            return dcb_error_set(err, DCB_ERROR_USAGE, "--%s: goes with --trace alone",
                                 of_trace[i]);
    }
    if (options->iterations > ITERATIONS_MAX)
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "--iterations: more than %d are not counted (one is as good "
                             "as the next)",
                             ITERATIONS_MAX);
    if (options->leak_iterations && !options->leaks)
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "--leak-iterations: leaks are looked for with --leaks");
    return 0;
}

/* Leaks and census alone, or single calls with these memos. */
static bool is_asked(const struct cli_options *options, enum dcb_memo memo)
{
    if (options->memos.count == 0)
        return memo == DCB_MEMO_ABSENT && !options->leaks && !options->census;
    return cli_list_contains(&options->memos, "all") ||
           cli_list_contains(&options->memos, dcb_memo_name(memo));
}

/* --fail-if compares single copies with those of the baseline. */
static int check_fail_if(const struct cli_options *options, const struct dcb_plan *plan,
                         struct dcb_error *err)
{
    bool counts = false;

    if (options->fail_if.count == 0)
        return 0;
    if (plan->arm_count == 1)
        return dcb_error_set(
            err, DCB_ERROR_USAGE,
            "--fail-if: %s is the baseline, and no candidate is left to judge",
            plan->arms[0].label);
    for (int i = 0; i < DCB_MEMO_COUNT; i++)
        counts = counts || is_asked(options, (enum dcb_memo)i);
    return counts ? 0
                  : dcb_error_set(err, DCB_ERROR_USAGE,
                                  "--fail-if: single copies are compared, and with "
                                  "--leaks or --census they are counted with --memo");
}

/* What is counted, and what the documents tell beside it. */
struct frame {
    const struct cli_options *options;
    struct dcb_plan plan;
    char *library, *library_reason;
    uint64_t *leak_iterations; /* of each workload; NULL */
    struct dcb_sysinfo system;
    double margin; /* (double)NAN: those of the memo kinds */
};

/* --leaks alone looks at the small containers, too. */
static int make_plan(struct frame *frame, struct dcb_error *err)
{
    char all[] = "all", single[] = "single", *names[] = {all, single};
    struct cli_options options = *frame->options;

    if (options.leaks && options.workloads.count == 0)
        options.workloads = (struct cli_list){.items = names, .count = 2};
    return cli_run_plan_memory(&options, &frame->plan, &frame->library,
                               &frame->library_reason, err);
}

static void choose_leak_iterations(struct frame *frame,
                                   struct dcb_memory_request *request)
{
    const struct dcb_plan *plan = &frame->plan;
    uint64_t given = frame->options->leak_iterations;

    frame->leak_iterations =
        dcb_xcalloc(plan->workload_count, sizeof *frame->leak_iterations);
    for (size_t i = 0; i < plan->workload_count; i++)
        frame->leak_iterations[i] =
            given ? given
            : plan->workloads[i].builtin &&
                    strcmp(plan->workloads[i].label, "single") == 0
                ? SINGLE_ITERATIONS
                : LEAK_ITERATIONS;
    request->leak_iterations = given ? given : LEAK_ITERATIONS;
    request->own_leak_iterations = frame->leak_iterations;
}

static struct dcb_memory_request request_of(struct frame *frame)
{
    const struct cli_options *options = frame->options;
    struct dcb_memory_request request = {
        .impls = frame->plan.arms,
        .impl_count = frame->plan.arm_count,
        .workloads = frame->plan.workloads,
        .workload_count = frame->plan.workload_count,
        .iterations = options->iterations ? (uint32_t)options->iterations : ITERATIONS,
        .census = options->census,
        .seed = options->has_seed ? options->seed : SEED,
        .library = frame->library,
        .library_reason = frame->library_reason,
    };

    if (options->leaks)
        choose_leak_iterations(frame, &request);
    for (int i = 0; i < DCB_MEMO_COUNT; i++)
        request.memos[i] = is_asked(options, (enum dcb_memo)i);
    return request;
}

void cli_memory_draw_progress(void *context, const struct dcb_memory_progress *progress)
{
    char *workload = dcb_utf8_shorten(progress->workload, 24),
         *impl = dcb_utf8_shorten(progress->impl, 24);

    (void)context;
    cli_term_draw_line("%s, %s (%zu of %zu): %.0f s", workload, impl,
                       progress->pair_index + 1, progress->pair_count,
                       progress->elapsed_s);
    free(workload);
    free(impl);
}

/* ---- what came ---- */

static int print_report(const struct frame *frame, const struct dcb_memory *memory,
                        const char *json, struct dcb_error *err)
{
    const struct cli_options *options = frame->options;
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    switch (options->format) {
    case CLI_JSON:
        dcb_strbuf_append(&out, json);
        break;
    case CLI_CSV:
        dcb_report_memory_csv(memory, frame->margin, &out);
        break;
    case CLI_MARKDOWN:
        dcb_report_memory_markdown(memory, frame->margin, options->verbosity, &out);
        break;
    case CLI_TABLE:
        dcb_report_memory(memory, frame->margin, options->verbosity,
                          cli_term_color(options->color, STDOUT_FILENO), &out);
        break;
    case CLI_PYPERF: /* not a format of this command */
        break;
    }
    return cli_ci_print_report(options, &out, err);
}

/* What --fail-if found, beside a table, which tells of all that is more. */
static void tell_more(const struct cli_options *options, const struct dcb_ci *ci)
{
    for (size_t i = 0; i < ci->count && options->fail_if.count; i++) {
        const struct dcb_ci_finding *finding = &ci->findings[i];
        bool gate = strcmp(finding->rule, "more") == 0 ||
                    strncmp(finding->rule, "peak", 4) == 0 ||
                    strncmp(finding->rule, "net", 3) == 0;

        if (gate && finding->outcome != DCB_CI_PASSED && options->format != CLI_JSON &&
            options->format != CLI_CSV && !cli_ci_says(options, ci, finding))
            cli_term_message("--fail-if: %s", finding->message);
    }
}

/* What is known is written wherever it can be: one place that fails does not cost the
 * others. */
static int write_all(const struct frame *frame, const struct dcb_memory *memory,
                     const struct dcb_ci *ci, struct dcb_error *err)
{
    const struct cli_options *options = frame->options;
    const struct dcb_json_memory_frame beside = {.plan = &frame->plan,
                                                 .system = &frame->system,
                                                 .margin = frame->margin,
                                                 .signal = (int)*cli_signals_caught()};
    struct dcb_strbuf report = DCB_STRBUF_INIT;
    char *json = dcb_json_memory(memory, &beside);
    int rc = 0;

    if (print_report(frame, memory, json, err) != 0)
        rc = -1;
    if (options->output && dcb_outfile_write(options->output, json, err) != 0)
        rc = -1;
    free(json);
    cli_findings_tell(options, ci);
    tell_more(options, ci);
    dcb_report_memory_markdown(memory, frame->margin, options->verbosity, &report);
    if (cli_ci_write(options, ci, report.text, err) != 0)
        rc = -1;
    dcb_strbuf_clear(&report);
    return rc;
}

/* The status of what came, even where a place could not be written: that has its message
 * and is a status of its own. */
static enum cli_status report(const struct frame *frame, const struct dcb_memory *memory,
                              struct dcb_error *err)
{
    struct dcb_ci ci = DCB_CI_INIT;
    enum cli_status status;

    dcb_report_memory_ci(memory, frame->margin,
                         cli_list_contains(&frame->options->fail_if, "more"), &ci);
    status = cli_findings_status(&ci);
    if (write_all(frame, memory, &ci, err) != 0) {
        cli_term_message("%s", err->text);
        cli_ci_tell(frame->options, err->text);
        status = cli_status_worse(status, CLI_STATUS_SYSTEM);
    }
    dcb_ci_clear(&ci);
    return status;
}

static int run(struct frame *frame, struct dcb_error *err)
{
    bool progress =
        cli_term_progress(frame->options->progress) && frame->options->verbosity >= 0;
    struct dcb_memory_request request = request_of(frame);
    struct dcb_memory_hooks hooks = {
        .stop = cli_signals_caught(),
        .progress = progress ? cli_memory_draw_progress : NULL,
    };
    struct dcb_memory memory = {.request = NULL};
    int rc;

    dcb_sysinfo_read(&frame->system);
    rc = dcb_memory_run(&frame->plan, &request, &hooks, &memory, err);
    if (progress)
        cli_term_clear();
    if (rc == 0)
        rc = (int)report(frame, &memory, err);
    rc = cli_signals_status(rc, err);
    dcb_memory_clear(&memory);
    return rc;
}

int cli_memory(const struct cli_options *options, struct dcb_error *err)
{
    struct frame frame = {.options = options};
    int rc;

    if (options->trace)
        return cli_memory_trace(options, err);
    rc = check_options(options, err);
    frame.margin = cli_options_given(options, "margin") ? options->margin : (double)NAN;
    if (rc == 0)
        rc = make_plan(&frame, err);
    if (rc == 0)
        rc = check_fail_if(options, &frame.plan, err);
    cli_signals_catch(); /* from here on there are files that must not be left */
    if (rc == 0)
        rc = cli_measure_check_places(options, NULL, 0, err);
    if (rc == 0)
        rc = run(&frame, err);
    if (rc == -1)
        cli_ci_tell(options, err->text);
    free(frame.library);
    free(frame.library_reason);
    free(frame.leak_iterations);
    dcb_plan_clear(&frame.plan);
    return rc;
}
