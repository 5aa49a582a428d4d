#include "measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ci_output.h"
#include "error.h"
#include "json_pyperf.h"
#include "json_result.h"
#include "options.h"
#include "outfile.h"
#include "plan.h"
#include "report.h"
#include "result.h"
#include "runner.h"
#include "signals.h"
#include "strbuf.h"
#include "term.h"
#include "xalloc.h"

/* ---- places ---- */

static int check_places(const struct cli_place *places, size_t count,
                        struct dcb_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (places[i].path && !places[i].kept &&
            dcb_outfile_check(places[i].path, err) != 0)
            return dcb_error_prefix(err, "%s", places[i].name);
        for (size_t k = 0; k < i; k++) {
            if (dcb_outfile_same(places[i].path, places[k].path))
                return dcb_error_set(err, DCB_ERROR_USAGE,
                                     "%s and %s name the same file: %s", places[k].name,
                                     places[i].name, places[i].path);
        }
    }
    return 0;
}

int cli_measure_check_places(const struct cli_options *options,
                             const struct cli_place *others, size_t count,
                             struct dcb_error *err)
{
    const struct cli_place common[] = {
        {.name = "--output", .path = options->output},
        {.name = "--junit", .path = options->junit},
        {.name = "--summary", .path = options->summary},
    };
    struct cli_place *all = dcb_xcalloc(3 + count, sizeof *all);
    int rc;

    memcpy(all, common, sizeof common);
    if (count > 0)
        memcpy(all + 3, others, count * sizeof *all);
    rc = check_places(all, 3 + count, err);
    free(all);
    return rc;
}

/* ---- output ---- */

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

int cli_measure_print(const struct cli_options *options, const struct dcb_result *result,
                      const char *json, struct dcb_error *err)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

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
    return cli_ci_print_report(options, &out, err);
}

/* ---- failures ---- */

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

void cli_measure_tell_failures(const struct dcb_result *result)
{
    for (size_t i = 0; i < result->workload_count; i++)
        print_failures(result, &result->workloads[i]);
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

int cli_measure(const struct cli_options *options, const struct dcb_plan *plan,
                bool (*described)(void *context, const struct dcb_result *result),
                void *context, struct dcb_result *result, struct dcb_error *err)
{
    struct dcb_outfile rounds = {.stream = NULL};
    bool progress = cli_term_progress(options->progress) && options->verbosity >= 0;
    struct dcb_runner_hooks hooks = {
        .stop = cli_signals_caught(),
        .described = described,
        .described_context = context,
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
