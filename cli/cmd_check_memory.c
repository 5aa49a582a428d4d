/* `dcbench check` of a result of `dcbench memory`. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_plan.h"
#include "ci.h"
#include "ci_output.h"
#include "commands.h"
#include "document.h"
#include "error.h"
#include "json_memory.h"
#include "json_memory_check.h"
#include "json_document_memory.h"
#include "memory.h"
#include "memory_check.h"
#include "memory_progress.h"
#include "options.h"
#include "outfile.h"
#include "plan.h"
#include "run_findings.h"
#include "signals.h"
#include "strbuf.h"
#include "sysinfo.h"
#include "term.h"
#include "xalloc.h"

enum { LEAK_ITERATIONS = 20000 }; /* of a workload that the file does not have */

struct check {
    const struct cli_options *options;
    const char *path;
    struct dcb_memory_then *then;
    struct dcb_plan plan;
    char *library, *library_reason;
    uint64_t *leak_iterations; /* of each workload */
    struct dcb_memory_request request;
    struct dcb_memory memory;
    struct dcb_memory_check against;
    struct dcb_ci ci;
    char *json; /* what was counted, as a result */
    bool updated;
};

/* Options of how times are taken, and what the file says of how memory is counted. */
static int check_options(const struct cli_options *options, const char *path,
                         struct dcb_error *err)
{
    static const char *const of_times[] = {
        "gc",         "verify",   "precision",  "max-time",
        "workers",    "rounds",   "retries",    "instructions-margin",
        "counters",   "events",   "confidence", "rule",
        "block-time", "warm-ups", "affinity",   "label"};
    static const char *const of_file[] = {"iterations", "seed"};

    for (size_t i = 0; i < sizeof of_times / sizeof *of_times; i++) {
        if (cli_options_given(options, of_times[i]))
            return dcb_error_set(err, DCB_ERROR_USAGE,
                                 "--%s: %s is a result of 'dcbench memory', for which "
                                 "no time is measured",
                                 of_times[i], path);
    }
    for (size_t i = 0; i < sizeof of_file / sizeof *of_file; i++) {
        if (cli_options_given(options, of_file[i]))
            return dcb_error_set(err, DCB_ERROR_USAGE,
                                 "--%s: that of %s is taken, a result of 'dcbench "
                                 "memory'",
                                 of_file[i], path);
    }
    return 0;
}

/* ---- counting ---- */

/* What the file has counted, of what there is now. */
static void make_request(struct check *check)
{
    const struct dcb_memory_then *then = check->then;
    const struct dcb_plan *plan = &check->plan;
    struct dcb_memory_request *request = &check->request;

    *request = then->request;
    request->impls = plan->arms;
    request->impl_count = plan->arm_count;
    request->workloads = plan->workloads;
    request->workload_count = plan->workload_count;
    request->library = check->library;
    request->library_reason = check->library_reason;
    if (dcb_memory_then_has_leaks(then)) {
        check->leak_iterations =
            dcb_xcalloc(plan->workload_count, sizeof *check->leak_iterations);
        for (size_t i = 0; i < plan->workload_count; i++)
            check->leak_iterations[i] = dcb_memory_then_iterations(
                then, plan->workloads[i].label, LEAK_ITERATIONS);
        request->leak_iterations = LEAK_ITERATIONS;
        request->own_leak_iterations = check->leak_iterations;
    }
}

/* That of the new file: as in the old one, which was counted with --margin or without.
 */
static double margin_of(const struct check *check)
{
    if (cli_options_given(check->options, "margin"))
        return check->options->margin;
    for (int i = 0; i < DCB_MEMO_COUNT; i++) {
        if (check->then->margins[i] != dcb_memory_margin((enum dcb_memo)i))
            return check->then->margins[i];
    }
    return (double)NAN;
}

static int count(struct check *check, struct dcb_error *err)
{
    const struct cli_options *options = check->options;
    bool progress = cli_term_progress(options->progress) && options->verbosity >= 0;
    const struct dcb_memory_hooks hooks = {
        .stop = cli_signals_caught(),
        .progress = progress ? cli_memory_draw_progress : NULL,
    };
    struct dcb_sysinfo system;
    int rc;

    dcb_sysinfo_read(&system);
    rc = dcb_memory_run(&check->plan, &check->request, &hooks, &check->memory, err);
    if (progress)
        cli_term_clear();
    if (rc == 0)
        check->json = dcb_json_memory(
            &check->memory,
            &(struct dcb_json_memory_frame){.plan = &check->plan,
                                            .system = &system,
                                            .margin = margin_of(check),
                                            .signal = (int)*cli_signals_caught()});
    return rc;
}

/* ---- writing and telling ---- */

static int update(struct check *check, struct dcb_error *err)
{
    const char *why = *cli_signals_caught() ? "interrupted"
                      : cli_findings_status(&check->ci) != CLI_STATUS_OK
                          ? "not everything could be counted, or there is a leak"
                          : NULL;

    if (why) {
        cli_term_message("%s is left as it was: %s", check->path, why);
        dcb_ci_add(&check->ci, NULL, NULL, "update", DCB_CI_UNDECIDED,
                   "%s is left as it was: %s", check->path, why);
        return 0;
    }
    if (dcb_outfile_write(check->path, check->json, err) != 0)
        return -1;
    check->updated = true;
    if (check->options->verbosity >= 0)
        cli_term_message("%s is replaced", check->path);
    return 0;
}

static int print_report(const struct check *check, struct dcb_error *err)
{
    const struct cli_options *options = check->options;
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    char *json;

    switch (options->format) {
    case CLI_JSON:
        json = dcb_json_memory_check(&check->against, check->updated);
        dcb_strbuf_append(&out, json);
        free(json);
        break;
    case CLI_CSV:
        dcb_memory_check_csv(&check->against, &out);
        break;
    case CLI_MARKDOWN:
    case CLI_TABLE:
        dcb_memory_check_report(&check->against, options->format == CLI_MARKDOWN,
                                options->verbosity,
                                cli_term_color(options->color, STDOUT_FILENO), &out);
        break;
    case CLI_PYPERF: /* a format of other commands */
        break;
    }
    return cli_ci_print_report(options, &out, err);
}

/* Beside a table, which tells of its rows: what is of none of them. */
static void tell_whole(const struct check *check)
{
    const struct dcb_ci *ci = &check->ci;

    if (check->options->format == CLI_JSON || check->options->format == CLI_CSV)
        return;
    for (size_t i = 0; i < ci->count; i++) {
        const struct dcb_ci_finding *finding = &ci->findings[i];

        if (!finding->workload && finding->outcome == DCB_CI_ERROR &&
            !cli_ci_says(check->options, ci, finding))
            cli_term_message("%s", finding->message);
    }
}

/* One place that fails does not cost the others. */
static int write_all(struct check *check, struct dcb_error *err)
{
    const struct cli_options *options = check->options;
    struct dcb_strbuf report = DCB_STRBUF_INIT;
    int rc = 0;

    if (options->output && dcb_outfile_write(options->output, check->json, err) != 0)
        rc = -1;
    if (options->update && update(check, err) != 0)
        rc = -1;
    if (print_report(check, err) != 0)
        rc = -1;
    cli_findings_tell(options, &check->ci);
    tell_whole(check);
    dcb_memory_check_report(&check->against, true, options->verbosity, false, &report);
    if (cli_ci_write(options, &check->ci, report.text, err) != 0)
        rc = -1;
    dcb_strbuf_clear(&report);
    return rc;
}

static int run(struct check *check, struct dcb_error *err)
{
    const struct cli_options *options = check->options;
    enum cli_status status;

    make_request(check);
    if (count(check, err) != 0)
        return -1;
    dcb_memory_check_make(check->then, &check->memory,
                          cli_options_given(options, "margin") ? options->margin
                                                               : (double)NAN,
                          &check->against);
    dcb_memory_check_ci(&check->against, options->update, &check->ci);
    status = CLI_STATUS_OK;
    if (write_all(check, err) != 0) {
        cli_term_message("%s", err->text);
        cli_ci_tell(options, err->text);
        status = CLI_STATUS_SYSTEM;
    }
    status = cli_status_worse(status, cli_findings_status(&check->ci));
    return *cli_signals_caught() ? 128 + (int)*cli_signals_caught() : (int)status;
}

int cli_check_memory(const struct cli_options *options, const char *path,
                     const char *text, size_t length, struct dcb_error *err)
{
    struct check check = {.options = options, .path = path, .ci = DCB_CI_INIT};
    int rc = check_options(options, path, err);

    if (rc == 0) {
        check.then = dcb_json_document_memory(path, text, length, err);
        rc = check.then ? 0 : -1;
    }
    if (rc == 0)
        rc = cli_check_plan_memory(options, check.then->document, &check.plan,
                                   &check.library, &check.library_reason, err);
    if (rc == 0)
        rc = run(&check, err);
    dcb_memory_check_clear(&check.against);
    dcb_memory_clear(&check.memory);
    dcb_ci_clear(&check.ci);
    dcb_memory_then_free(check.then);
    dcb_plan_clear(&check.plan);
    free(check.library);
    free(check.library_reason);
    free(check.leak_iterations);
    free(check.json);
    return rc;
}
