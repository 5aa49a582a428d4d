#include "commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ci.h"
#include "ci_output.h"
#include "error.h"
#include "fail_if.h"
#include "json_result.h"
#include "measure.h"
#include "options.h"
#include "outfile.h"
#include "plan.h"
#include "report.h"
#include "result.h"
#include "run_findings.h"
#include "run_plan.h"
#include "signals.h"
#include "strbuf.h"
#include "term.h"
#include "xalloc.h"

/* ---- output ---- */

/* Where --save puts the result; NULL without it. Makes the folder. */
static int saved_path(const struct cli_options *options, char **ret_path,
                      struct dcb_error *err)
{
    const char *dir = options->results_dir ? options->results_dir : "results";

    *ret_path = NULL;
    if (!options->save)
        return 0;
    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
        return dcb_error_set_errno(err, errno, "--save: cannot make the folder %s", dir);
    *ret_path = dcb_xasprintf("%s/%s.json", dir, options->save);
    return 0;
}

static int check_places(const struct cli_options *options, const char *save,
                        struct dcb_error *err)
{
    const struct cli_place places[] = {
        {.name = "--save", .path = save},
        {.name = "--keep-rounds", .path = options->keep_rounds},
    };

    return cli_measure_check_places(options, places, sizeof places / sizeof *places, err);
}

static int write_json(const char *path, const char *json, struct dcb_error *err)
{
    return path ? dcb_outfile_write(path, json, err) : 0;
}

/* What is no deepcopy, and for what that is worth a status it says so itself. */
static void tell_incorrect(const struct cli_options *options,
                           const struct dcb_result *result)
{
    for (size_t i = 0; result->plan && i < result->plan->arm_count; i++) {
        char *sentence;

        if (!dcb_result_is_incorrect(result, i) || cli_fail_if_verifies(options))
            continue;
        sentence = dcb_result_correctness(result, i);
        cli_term_message("%s", sentence);
        free(sentence);
    }
}

/* For the formats that programs read; the table and Markdown show these themselves. */
static void print_notes(const struct cli_options *options,
                        const struct dcb_result *result)
{
    if (options->format == CLI_TABLE || options->format == CLI_MARKDOWN)
        return;
    /* What pyperf's file has not was told when it was made. */
    if (options->format != CLI_PYPERF)
        cli_measure_tell_failures(result);
    tell_incorrect(options, result);
    for (size_t i = 0; options->verbosity >= 0 && i < result->note_count; i++)
        cli_term_message("note: %s", result->notes[i]);
}

/* What was found, for the CI service; below it what was measured, if anything was. */
static int write_ci(const struct cli_options *options, const struct dcb_result *result,
                    const struct dcb_ci *ci, struct dcb_error *err)
{
    struct dcb_strbuf report = DCB_STRBUF_INIT;
    int rc;

    if (result->workload_count)
        dcb_report_markdown(result, options->verbosity < 0 ? 0 : options->verbosity, true,
                            &report);
    rc = cli_ci_write(options, ci, report.text, err);
    dcb_strbuf_clear(&report);
    return rc;
}

/* What was measured is written wherever it can be: one place that fails does not cost the
 * others. */
static int write_all(const struct cli_options *options, const struct dcb_result *result,
                     const struct dcb_ci *ci, const char *save, struct dcb_error *err)
{
    char *json = result->workload_count ? dcb_json_result(result) : NULL;
    int rc = 0;

    if (json && cli_measure_print(options, result, json, err) != 0)
        rc = -1;
    print_notes(options, result);
    if (json && write_json(options->output, json, err) != 0)
        rc = -1;
    if (json && write_json(save, json, err) != 0)
        rc = -1;
    free(json);
    cli_run_tell(options, ci);
    if (write_ci(options, result, ci, err) != 0)
        rc = -1;
    return rc;
}

/* Measures and writes; the status of what came, even where a place could not be written
 * (that has its message in err and is a status of its own). */
static enum cli_status run_plan(const struct cli_options *options,
                                const struct dcb_plan *plan, const char *save,
                                struct dcb_result *result, struct dcb_error *err)
{
    enum cli_status status = CLI_STATUS_OK;
    struct dcb_ci ci = DCB_CI_INIT;

    if (cli_measure(options, plan, NULL, NULL, result, err) != 0)
        status = CLI_STATUS_SYSTEM;
    if (result->workload_count)
        dcb_report_add_notes(result);
    else if (result->signal)
        cli_term_message("interrupted before anything was measured");
    cli_run_findings(options, result, err, &ci);
    if (write_all(options, result, &ci, save, err) != 0) {
        if (status == CLI_STATUS_OK) /* else it is a finding */
            cli_ci_tell(options, err->text);
        status = CLI_STATUS_SYSTEM;
    }
    status = cli_status_worse(status, cli_findings_status(&ci));
    dcb_ci_clear(&ci);
    return status;
}

int cli_run(const struct cli_options *options, struct dcb_error *err)
{
    struct dcb_plan plan = {.arms = NULL};
    struct dcb_result result = {.plan = NULL};
    char *save = NULL;
    int rc;

    rc = cli_run_plan(options, &plan, err);
    cli_signals_catch(); /* from here on there are files that must not be left */
    if (rc == 0)
        rc = saved_path(options, &save, err);
    if (rc == 0)
        rc = check_places(options, save, err);
    if (rc != 0)
        cli_ci_tell(options, err->text);
    if (rc == 0) {
        rc = (int)run_plan(options, &plan, save, &result, err);
        if (result.signal)
            rc = 128 + result.signal;
        /* What went wrong is said here: the status is decided already. */
        if (err->code != DCB_OK)
            cli_term_message("%s", err->text);
    }
    free(save);
    dcb_result_clear(&result);
    dcb_plan_clear(&plan);
    return rc;
}
