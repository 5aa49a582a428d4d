#include "commands.h"

#include <stdlib.h>
#include <unistd.h>

#include "ci.h"
#include "ci_output.h"
#include "error.h"
#include "json_verify.h"
#include "measure.h"
#include "options.h"
#include "outfile.h"
#include "plan.h"
#include "report_verify.h"
#include "run_findings.h"
#include "run_plan.h"
#include "signals.h"
#include "strbuf.h"
#include "sysinfo.h"
#include "term.h"
#include "utf8.h"
#include "verify.h"

/* ---- what is asked ---- */

static struct dcb_verify_request request_of(const struct cli_options *options,
                                            const struct dcb_plan *plan)
{
    struct dcb_verify_request request = {
        .impls = plan->arms,
        .impl_count = plan->arm_count,
        .graphs = options->graphs,
        .seed = options->has_seed ? options->seed : DCB_VERIFY_SEED,
    };

    for (int i = 0; i < DCB_BATTERY_COUNT; i++)
        request.batteries[i] =
            options->batteries.count == 0 ||
            cli_list_contains(&options->batteries, dcb_battery_name((enum dcb_battery)i));
    return request;
}

static void draw_progress(void *context, const struct dcb_verify_progress *progress)
{
    char *label = dcb_utf8_shorten(progress->impl, 30);

    (void)context;
    if (progress->cases)
        cli_term_draw_line(
            "%s (%zu of %zu): %s, %llu of %llu", label, progress->impl_index + 1,
            progress->impl_count, dcb_battery_name(progress->battery),
            (unsigned long long)progress->done, (unsigned long long)progress->cases);
    else
        cli_term_draw_line("%s (%zu of %zu)", label, progress->impl_index + 1,
                           progress->impl_count);
    free(label);
}

/* ---- what came ---- */

static int print_report(const struct cli_options *options,
                        const struct dcb_verification *verification, const char *json,
                        struct dcb_error *err)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    switch (options->format) {
    case CLI_JSON:
        dcb_strbuf_append(&out, json);
        break;
    case CLI_CSV:
        dcb_report_verify_csv(verification, &out);
        break;
    case CLI_MARKDOWN:
        dcb_report_verify_markdown(verification, options->verbosity, &out);
        break;
    case CLI_TABLE:
        dcb_report_verify(verification, options->verbosity,
                          cli_term_color(options->color, STDOUT_FILENO), &out);
        break;
    case CLI_PYPERF: /* not a format of this command */
        break;
    }
    return cli_ci_print_report(options, &out, err);
}

/* What the documents tell beside what was found. */
struct frame {
    const struct cli_options *options;
    const struct dcb_plan *plan;
    struct dcb_sysinfo system;
};

/* What is known is written wherever it can be: one place that fails does not cost the
 * others. */
static int write_all(const struct frame *frame,
                     const struct dcb_verification *verification, const struct dcb_ci *ci,
                     struct dcb_error *err)
{
    const struct cli_options *options = frame->options;
    struct dcb_strbuf report = DCB_STRBUF_INIT;
    char *json = dcb_json_verify(verification, frame->plan, &frame->system,
                                 (int)*cli_signals_caught());
    int rc = 0;

    if (print_report(options, verification, json, err) != 0)
        rc = -1;
    if (options->output && dcb_outfile_write(options->output, json, err) != 0)
        rc = -1;
    free(json);
    cli_findings_tell(options, ci);
    dcb_report_verify_markdown(verification, options->verbosity, &report);
    if (cli_ci_write(options, ci, report.text, err) != 0)
        rc = -1;
    dcb_strbuf_clear(&report);
    return rc;
}

/* The status of what came, even where a place could not be written: that has its message
 * and is a status of its own. */
static enum cli_status report(const struct frame *frame,
                              const struct dcb_verification *verification,
                              struct dcb_error *err)
{
    struct dcb_ci ci = DCB_CI_INIT;
    enum cli_status status;

    dcb_report_verify_ci(verification, &ci);
    status = cli_findings_status(&ci);
    if (write_all(frame, verification, &ci, err) != 0) {
        cli_term_message("%s", err->text);
        cli_ci_tell(frame->options, err->text);
        status = cli_status_worse(status, CLI_STATUS_SYSTEM);
    }
    dcb_ci_clear(&ci);
    return status;
}

static int run(const struct cli_options *options, const struct dcb_plan *plan,
               struct dcb_error *err)
{
    bool progress = cli_term_progress(options->progress) && options->verbosity >= 0;
    struct frame frame = {.options = options, .plan = plan};
    struct dcb_verify_request request = request_of(options, plan);
    struct dcb_verify_hooks hooks = {
        .stop = cli_signals_caught(),
        .progress = progress ? draw_progress : NULL,
    };
    struct dcb_verification verification = {.request = NULL};
    int rc;

    dcb_sysinfo_read(&frame.system);
    rc = dcb_verify_run(plan, &request, &hooks, &verification, err);
    if (progress)
        cli_term_clear();
    if (rc == 0)
        rc = (int)report(&frame, &verification, err);
    rc = cli_signals_status(rc, err);
    dcb_verification_clear(&verification);
    return rc;
}

int cli_verify(const struct cli_options *options, struct dcb_error *err)
{
    struct dcb_plan plan = {.arms = NULL};
    int rc = cli_run_plan_arms(options, &plan, err);

    cli_signals_catch(); /* from here on there are files that must not be left */
    if (rc == 0)
        rc = cli_measure_check_places(options, NULL, 0, err);
    if (rc == 0)
        rc = run(options, &plan, err);
    if (rc == -1)
        cli_ci_tell(options, err->text);
    dcb_plan_clear(&plan);
    return rc;
}
