#include "commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ci.h"
#include "ci_output.h"
#include "error.h"
#include "json_pyperf.h"
#include "json_result.h"
#include "options.h"
#include "outfile.h"
#include "plan.h"
#include "report.h"
#include "result.h"
#include "run_findings.h"
#include "run_plan.h"
#include "runner.h"
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

/* A file's place: its folder without links and dots, and its name. */
static char *place_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder =
        slash ? dcb_xstrndup(path, (size_t)(slash - path) + 1) : dcb_xstrdup(".");
    char *real = realpath(folder, NULL);
    char *place = dcb_xasprintf("%s/%s", real ? real : folder, slash ? slash + 1 : path);

    free(real);
    free(folder);
    return place;
}

static bool same_place(const char *a, const char *b)
{
    char *first = a && b ? place_of(a) : NULL, *second = a && b ? place_of(b) : NULL;
    bool same = first && strcmp(first, second) == 0;

    free(first);
    free(second);
    return same;
}

/* Better now than after a minute of measuring. */
static int check_outputs(const struct cli_options *options, const char *save,
                         struct dcb_error *err)
{
    const char *const paths[] = {options->output, save, options->keep_rounds,
                                 options->junit, options->summary};
    static const char *const names[] = {"--output", "--save", "--keep-rounds", "--junit",
                                        "--summary"};

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (paths[i] && dcb_outfile_check(paths[i], err) != 0)
            return dcb_error_prefix(err, "%s", names[i]);
        for (size_t k = 0; k < i; k++) {
            if (same_place(paths[i], paths[k]))
                return dcb_error_set(err, DCB_ERROR_USAGE,
                                     "%s and %s name the same file: %s", names[k],
                                     names[i], paths[i]);
        }
    }
    return 0;
}

static int write_json(const char *path, const char *json, struct dcb_error *err)
{
    return path ? dcb_outfile_write(path, json, err) : 0;
}

/* Both sides in one file, so that it can be shown, and compared with that of another run.
 */
static void append_pyperf(const struct dcb_result *result, struct dcb_strbuf *out)
{
    struct dcb_strbuf notes = DCB_STRBUF_INIT;
    char *text = dcb_json_pyperf(result, NULL, 0, DCB_PYPERF_BOTH, &notes);

    if (text)
        dcb_strbuf_append(out, text);
    else
        cli_term_message("nothing was measured that pyperf could read");
    if (notes.text)
        cli_term_lines(notes.text);
    dcb_strbuf_clear(&notes);
    free(text);
}

static int print_result(const struct cli_options *options,
                        const struct dcb_result *result, const char *json,
                        struct dcb_error *err)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    int rc;

    switch (options->format) {
    case CLI_TABLE:
        dcb_report_text(result, options->verbosity,
                        cli_term_color(options->color, STDOUT_FILENO), cli_term_utf8(),
                        &out);
        break;
    case CLI_MARKDOWN:
        dcb_report_markdown(result, options->verbosity, cli_term_utf8(), &out);
        break;
    case CLI_CSV:
        dcb_report_csv(result, &out);
        break;
    case CLI_JSON:
        dcb_strbuf_append(&out, json);
        break;
    case CLI_PYPERF:
        append_pyperf(result, &out);
        break;
    }
    rc = cli_ci_print(options, out.text ? out.text : "", err);
    dcb_strbuf_clear(&out);
    return rc;
}

static void print_failures(const struct dcb_result *result,
                           const struct dcb_workload_result *workload)
{
    const char *name = dcb_result_workload_label(result, workload);

    if (workload->failure) {
        cli_term_message("workload %s failed: %s", name, workload->failure);
        return;
    }
    for (size_t i = 0; i < workload->cell_count; i++) {
        const struct dcb_cell *cell = &workload->cells[i];

        if (cell->failure != DCB_FAILURE_NONE && cell->role != DCB_ROLE_CONTROL)
            cli_term_message("%s on %s %s", dcb_result_arm_label(result, cell), name,
                             cell->status);
    }
}

/* For the formats that programs read; the table and Markdown show these themselves. */
static void print_notes(const struct cli_options *options,
                        const struct dcb_result *result)
{
    if (options->format == CLI_TABLE || options->format == CLI_MARKDOWN)
        return;
    /* What pyperf's file has not was told when it was made. */
    for (size_t i = 0; options->format != CLI_PYPERF && i < result->workload_count; i++)
        print_failures(result, &result->workloads[i]);
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

    if (json && print_result(options, result, json, err) != 0)
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

/* ---- hooks ---- */

static void draw_progress(void *context, const struct dcb_progress *progress)
{
    (void)context;
    cli_term_draw(progress);
}

static int keep_blocks(void *context, const struct dcb_plan *plan, size_t workload,
                       size_t worker, const struct dcb_block *blocks, uint32_t count,
                       const size_t *cells, struct dcb_error *err)
{
    struct dcb_outfile *file = context;

    if (dcb_json_blocks(file->stream, plan, workload, worker, blocks, count, cells) != 0)
        return dcb_error_set_errno(err, errno, "cannot write %s", file->path);
    return 0;
}

/* Measures; a run that breaks off keeps what it has. */
static int measure(const struct cli_options *options, const struct dcb_plan *plan,
                   struct dcb_result *result, struct dcb_error *err)
{
    struct dcb_outfile rounds = {.stream = NULL};
    bool progress = cli_term_progress(options->progress) && options->verbosity >= 0;
    struct dcb_runner_hooks hooks = {
        .stop = cli_signals_caught(),
        .progress = progress ? draw_progress : NULL,
        .blocks = options->keep_rounds ? keep_blocks : NULL,
        .blocks_context = &rounds,
    };
    int rc;

    if (options->keep_rounds && dcb_outfile_open(&rounds, options->keep_rounds, err) != 0)
        return -1;
    rc = dcb_runner_run(plan, &hooks, result, err);
    if (progress)
        cli_term_clear();
    if (rounds.stream && dcb_outfile_commit(&rounds, err) != 0)
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

    if (measure(options, plan, result, err) != 0)
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
        rc = check_outputs(options, save, err);
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
