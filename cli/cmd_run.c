#include "commands.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "format.h"
#include "json_result.h"
#include "options.h"
#include "outfile.h"
#include "plan.h"
#include "report.h"
#include "result.h"
#include "run_plan.h"
#include "runner.h"
#include "signals.h"
#include "simulation.h"
#include "strbuf.h"
#include "term.h"
#include "xalloc.h"

/* ---- exit status ---- */

static bool is_asked(const struct cli_options *options, enum dcb_verdict verdict)
{
    return cli_list_contains(&options->fail_if, dcb_verdict_name(verdict));
}

/* Whether an inconclusive candidate could still be what --fail-if asks for. */
static bool could_be(const struct dcb_plan *plan,
                     const struct dcb_workload_result *workload,
                     const struct dcb_cell *cell, enum dcb_verdict verdict)
{
    if (workload->withheld || !isfinite(cell->ratio.low))
        return true;
    if (verdict == DCB_VERDICT_SLOWER)
        return cell->ratio.high > 1 + plan->margin;
    if (verdict == DCB_VERDICT_FASTER)
        return cell->ratio.low < 1 - plan->margin;
    return true;
}

/* 1: a verdict that was to fail; 4: one that cannot be given; 0. */
static enum cli_status verdict_status(const struct cli_options *options,
                                      const struct dcb_plan *plan,
                                      const struct dcb_workload_result *workload,
                                      const struct dcb_cell *cell)
{
    static const enum dcb_verdict asked[] = {DCB_VERDICT_FASTER, DCB_VERDICT_SLOWER,
                                             DCB_VERDICT_SAME};

    if (options->fail_if.count == 0 || cell->role != DCB_ROLE_CANDIDATE)
        return CLI_STATUS_OK;
    if (cell->verdict != DCB_VERDICT_INCONCLUSIVE && cell->verdict != DCB_VERDICT_NONE)
        return is_asked(options, cell->verdict) ? CLI_STATUS_FAILED : CLI_STATUS_OK;
    if (is_asked(options, DCB_VERDICT_INCONCLUSIVE) || cell->verdict == DCB_VERDICT_NONE)
        return CLI_STATUS_UNKNOWN;
    for (size_t i = 0; i < 3; i++) {
        if (is_asked(options, asked[i]) && could_be(plan, workload, cell, asked[i]))
            return CLI_STATUS_UNKNOWN;
    }
    return CLI_STATUS_OK;
}

/* A gate that closes says why, whatever the format is. */
static void tell_gate(const struct dcb_result *result,
                      const struct dcb_workload_result *workload,
                      const struct dcb_cell *cell, enum cli_status status)
{
    const char *label = dcb_result_arm_label(result, cell);
    const char *name = dcb_result_workload_label(result, workload);
    char change[DCB_FORMAT_SIZE];

    if (status == CLI_STATUS_FAILED)
        cli_term_message("--fail-if: %s on %s is %s (%s)", label, name,
                         dcb_verdict_name(cell->verdict),
                         dcb_format_change(change, cell->ratio.estimate));
    else if (status == CLI_STATUS_UNKNOWN && workload->withheld)
        cli_term_message("--fail-if: no verdict on %s: the control differs; run again",
                         name);
    else if (status == CLI_STATUS_UNKNOWN && cell->verdict == DCB_VERDICT_NONE)
        cli_term_message("--fail-if: no verdict for %s on %s: it was not measured", label,
                         name);
    else if (status == CLI_STATUS_UNKNOWN)
        cli_term_message("--fail-if: no verdict for %s on %s (%s): raise --max-time",
                         label, name, dcb_format_change(change, cell->ratio.estimate));
}

/* An implementation that copies wrongly is a 1, one that cannot be measured a 3. */
static enum cli_status failure_status(enum dcb_failure failure)
{
    switch (failure) {
    case DCB_FAILURE_NONE:
        return CLI_STATUS_OK;
    case DCB_FAILURE_WRONG:
    case DCB_FAILURE_CHANGED:
        return CLI_STATUS_FAILED;
    case DCB_FAILURE_LOAD:
    case DCB_FAILURE_RAISED:
    case DCB_FAILURE_DIED:
        break;
    }
    return CLI_STATUS_SYSTEM;
}

/* Of several, the first in the order 5, 2, 1, 3, 4 (design.md, section 7). */
static enum cli_status worse(enum cli_status a, enum cli_status b)
{
    static const enum cli_status order[] = {CLI_STATUS_BUG, CLI_STATUS_USAGE,
                                            CLI_STATUS_FAILED, CLI_STATUS_SYSTEM,
                                            CLI_STATUS_UNKNOWN};

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (a == order[i] || b == order[i])
            return order[i];
    }
    return CLI_STATUS_OK;
}

static enum cli_status result_status(const struct cli_options *options,
                                     const struct dcb_result *result)
{
    enum cli_status status = CLI_STATUS_OK;

    for (size_t i = 0; i < result->workload_count; i++) {
        const struct dcb_workload_result *workload = &result->workloads[i];

        /* One crash costs a block; that there was one is worth a status, too. */
        for (size_t k = 0; k < workload->worker_count; k++) {
            if (workload->workers[k].trouble)
                status = worse(status, CLI_STATUS_SYSTEM);
        }
        for (size_t k = 0; k < workload->cell_count; k++) {
            const struct dcb_cell *cell = &workload->cells[k];

            enum cli_status gate = verdict_status(options, result->plan, workload, cell);

            tell_gate(result, workload, cell, gate);
            status = worse(status, worse(failure_status(cell->failure), gate));
        }
    }
    return status;
}

/* Why no row of the PMU's has a value: of those that the simulator knows, if any. */
static const char *why_not_counted(const struct dcb_result *result)
{
    const struct dcb_workload_result *first = &result->workloads[0];
    const char *reason = NULL;

    for (size_t row = 0; row < result->plan->row_count; row++) {
        const struct dcb_plan_row *plan_row = &result->plan->rows[row];
        bool simulated = dcb_simulated_row_find(plan_row->name);

        if (first->cell_count == 0 || plan_row->provider == DCB_PROVIDER_KERNEL)
            continue;
        if (!reason || simulated)
            reason = dcb_result_missing(result, &first->cells[0], row);
        if (simulated)
            break;
    }
    return reason ? reason : "no row has such an event";
}

/* --counters hardware and simulated are wishes that this machine may not be able to
 * fulfil. Both together are one: the simulator counts what hardware does not. */
static enum cli_status counter_status(const struct cli_options *options,
                                      const struct dcb_result *result)
{
    bool hardware = cli_list_contains(&options->counters, "hardware");
    bool simulated = cli_list_contains(&options->counters, "simulated");

    if (!hardware && !simulated)
        return CLI_STATUS_OK;
    for (size_t row = 0; row < result->plan->row_count; row++) {
        if (result->plan->rows[row].provider != DCB_PROVIDER_KERNEL &&
            dcb_result_row_counted(result, row))
            return CLI_STATUS_OK;
    }
    cli_term_message("--counters %s: nothing was counted: %s",
                     hardware && simulated ? "hardware,simulated"
                     : hardware            ? "hardware"
                                           : "simulated",
                     why_not_counted(result));
    return CLI_STATUS_SYSTEM;
}

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
    const char *const paths[] = {options->output, save, options->keep_rounds};
    static const char *const names[] = {"--output", "--save", "--keep-rounds"};

    for (size_t i = 0; i < 3; i++) {
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
    }
    rc = cli_term_print(out.text ? out.text : "", err);
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
    for (size_t i = 0; i < result->workload_count; i++)
        print_failures(result, &result->workloads[i]);
    for (size_t i = 0; options->verbosity >= 0 && i < result->note_count; i++)
        cli_term_message("note: %s", result->notes[i]);
}

/* What was measured is written wherever it can be: one place that fails does not cost the
 * others. */
static int write_all(const struct cli_options *options, const struct dcb_result *result,
                     const char *save, struct dcb_error *err)
{
    char *json = dcb_json_result(result);
    int rc = 0;

    if (print_result(options, result, json, err) != 0)
        rc = -1;
    print_notes(options, result);
    if (write_json(options->output, json, err) != 0)
        rc = -1;
    if (write_json(save, json, err) != 0)
        rc = -1;
    free(json);
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

    if (measure(options, plan, result, err) != 0)
        status = CLI_STATUS_SYSTEM;
    if (result->workload_count) {
        dcb_report_add_notes(result);
        if (write_all(options, result, save, err) != 0)
            status = worse(status, CLI_STATUS_SYSTEM);
        if (!result->signal)
            status = worse(status, worse(result_status(options, result),
                                         counter_status(options, result)));
    } else if (result->signal) {
        cli_term_message("interrupted before anything was measured");
    }
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
