#include "run_findings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ci.h"
#include "ci_output.h"
#include "error.h"
#include "fail_if.h"
#include "format.h"
#include "options.h"
#include "plan.h"
#include "result.h"
#include "simulation.h"
#include "strbuf.h"
#include "term.h"
#include "xalloc.h"

/* What is looked at, and where it goes. */
struct look {
    const struct cli_options *options;
    const struct dcb_result *result;
    const struct dcb_workload_result *workload;
    const char *name; /* of the workload */
    struct dcb_ci *ci;
};

/* ---- exit status ---- */

enum cli_status cli_status_worse(enum cli_status a, enum cli_status b)
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

enum cli_status cli_findings_status(const struct dcb_ci *ci)
{
    if (dcb_ci_count(ci, DCB_CI_FAILED))
        return CLI_STATUS_FAILED;
    if (dcb_ci_count(ci, DCB_CI_ERROR))
        return CLI_STATUS_SYSTEM;
    return dcb_ci_count(ci, DCB_CI_UNDECIDED) ? CLI_STATUS_UNKNOWN : CLI_STATUS_OK;
}

void cli_findings_tell(const struct cli_options *options, const struct dcb_ci *ci)
{
    for (size_t i = 0; i < ci->count; i++) {
        const struct dcb_ci_finding *finding = &ci->findings[i];

        if (finding->outcome != DCB_CI_PASSED && finding->outcome != DCB_CI_SKIPPED &&
            (options->format == CLI_JSON || options->format == CLI_CSV) &&
            !cli_ci_says(options, ci, finding))
            cli_term_message("%s", finding->message);
    }
}

/* ---- time ---- */

static enum dcb_ci_outcome gate(const struct look *look, const struct dcb_cell *cell)
{
    struct cli_judged judged = {.verdict = cell->verdict,
                                .ratio = cell->ratio,
                                .margin = look->result->plan->margin,
                                .withheld = look->workload->withheld};

    /* What a run that was broken off has so far is no ground for a verdict. */
    if (cell->failure != DCB_FAILURE_NONE || look->result->signal)
        return DCB_CI_SKIPPED;
    if (!cli_fail_if_judges(look->options) && cell->verdict == DCB_VERDICT_NONE)
        return DCB_CI_SKIPPED;
    return cli_fail_if(look->options, &judged);
}

/* The numbers behind a verdict, in two lines; NULL where there are none. */
static char *numbers(const struct look *look, const struct dcb_cell *cell)
{
    const struct dcb_plan *plan = look->result->plan;
    const struct dcb_cell *baseline = &look->workload->cells[0];
    char low[DCB_FORMAT_SIZE], high[DCB_FORMAT_SIZE], change[DCB_FORMAT_SIZE];
    char time[DCB_FORMAT_SIZE], base[DCB_FORMAT_SIZE];
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    if (cell->time.count == 0)
        return NULL;
    dcb_strbuf_appendf(&out, "change %s",
                       dcb_format_change(change, cell->ratio.estimate));
    if (isfinite(cell->ratio.low))
        dcb_strbuf_appendf(&out, ", %g %% interval %s to %s", 100 * plan->confidence,
                           dcb_format_change(low, cell->ratio.low),
                           dcb_format_change(high, cell->ratio.high));
    dcb_strbuf_appendf(&out, "; margin %g %%\n%s an iteration, %s %s; %zu workers",
                       100 * plan->margin, dcb_format_time(time, cell->time.median),
                       dcb_result_arm_label(look->result, baseline),
                       dcb_format_time(base, baseline->time.median), cell->time.count);
    return dcb_strbuf_take(&out);
}

/* What would make the intervals narrower: what ended the run. */
static const char *advice(const struct look *look)
{
    const struct dcb_workload_result *workload = look->workload;
    const struct dcb_plan *plan = look->result->plan;

    if (plan->workers && workload->worker_count >= plan->workers)
        return "raise --workers or leave it out";
    return workload->reached <= plan->precision ? "make --precision smaller"
                                                : "raise --max-time";
}

static void find_time(const struct look *look, const struct dcb_cell *cell)
{
    const char *label = dcb_result_arm_label(look->result, cell);
    enum dcb_ci_outcome outcome = gate(look, cell);
    const char *verdict = dcb_verdict_name(cell->verdict);
    struct dcb_ci_finding *finding;
    char change[DCB_FORMAT_SIZE];

    dcb_format_change(change, cell->ratio.estimate);
    if (outcome == DCB_CI_SKIPPED && look->result->signal)
        finding = dcb_ci_add(look->ci, look->name, label, "time", outcome,
                             "no verdict for %s on %s: interrupted", label, look->name);
    else if (outcome == DCB_CI_UNDECIDED && look->workload->withheld)
        finding =
            dcb_ci_add(look->ci, look->name, label, "time", outcome,
                       "no verdict on %s: the control differs; run again", look->name);
    else if (cell->verdict == DCB_VERDICT_NONE)
        finding =
            dcb_ci_add(look->ci, look->name, label, "time", outcome,
                       "no verdict for %s on %s: it was not measured", label, look->name);
    else if (outcome == DCB_CI_UNDECIDED)
        finding = dcb_ci_add(look->ci, look->name, label, "time", outcome,
                             "no verdict for %s on %s (%s): %s", label, look->name,
                             change, advice(look));
    else
        finding = dcb_ci_add(look->ci, look->name, label, "time", outcome,
                             "%s on %s is %s (%s)", label, look->name, verdict, change);
    finding->detail = numbers(look, cell);
}

/* ---- instructions ---- */

static const struct dcb_plan_row *find_row(const struct dcb_plan *plan, const char *name)
{
    for (size_t row = 0; row < plan->row_count; row++) {
        if (strcmp(plan->rows[row].name, name) == 0)
            return &plan->rows[row];
    }
    return NULL;
}

/* Why there is no ratio to judge; NULL where there is one. */
static const char *why_no_ratio(const struct look *look, const struct dcb_cell *cell,
                                const struct dcb_plan_row *row)
{
    const struct dcb_cell *baseline = &look->workload->cells[0];
    size_t index = row ? (size_t)(row - look->result->plan->rows) : 0;
    const char *why;

    if (look->result->signal)
        return "interrupted";
    if (cell->failure != DCB_FAILURE_NONE || !cell->counters)
        return "it was not measured";
    if (!row)
        return "not asked for (--counters)";
    why = dcb_result_missing(look->result, cell, index);
    if (!why)
        why = dcb_result_missing(look->result, baseline, index);
    if (!why && !isfinite(cell->counters[index].ratio.low))
        why = "too few workers for an interval";
    return why;
}

/* `row` has a ratio. */
static void find_counted(const struct look *look, const struct dcb_cell *cell,
                         const struct dcb_plan_row *row)
{
    const struct dcb_plan *plan = look->result->plan;
    const char *label = dcb_result_arm_label(look->result, cell);
    const struct dcb_interval *ratio = &cell->counters[row - plan->rows].ratio;
    bool simulated = row->provider == DCB_PROVIDER_SIMULATED;
    enum dcb_ci_outcome outcome =
        cli_fail_if_instructions(look->options, ratio, simulated);
    double allowed = 100 * look->options->instructions_margin;
    char change[DCB_FORMAT_SIZE], low[DCB_FORMAT_SIZE], high[DCB_FORMAT_SIZE];
    struct dcb_ci_finding *finding;

    dcb_format_fine_change(change, ratio->estimate);
    if (outcome == DCB_CI_FAILED)
        finding = dcb_ci_add(look->ci, look->name, label, row->name, outcome,
                             "%s on %s executes %s more instructions (allowed: %g %%)",
                             label, look->name, change, allowed);
    else if (outcome == DCB_CI_UNDECIDED)
        finding =
            dcb_ci_add(look->ci, look->name, label, row->name, outcome,
                       "instructions of %s on %s are undecided (%s, allowed: %g %%): %s",
                       label, look->name, change, allowed,
                       simulated ? "they depend on the layout of memory" : advice(look));
    else
        finding = dcb_ci_add(look->ci, look->name, label, row->name, outcome,
                             "instructions of %s on %s: %s (allowed: %g %%)", label,
                             look->name, change, allowed);
    finding->detail = dcb_xasprintf("%s; %s %s to %s", dcb_provider_name(row->provider),
                                    simulated ? "layouts of memory" : "interval",
                                    dcb_format_fine_change(low, ratio->low),
                                    dcb_format_fine_change(high, ratio->high));
}

static void find_instructions(const struct look *look, const struct dcb_cell *cell)
{
    static const char name[] = "instructions";
    const struct dcb_plan_row *row = find_row(look->result->plan, name);
    const char *label = dcb_result_arm_label(look->result, cell);
    const char *why = why_no_ratio(look, cell, row);
    bool skipped = cell->failure != DCB_FAILURE_NONE || look->result->signal;

    if (!why)
        find_counted(look, cell, row);
    else
        dcb_ci_add(look->ci, look->name, label, name,
                   skipped ? DCB_CI_SKIPPED : DCB_CI_UNDECIDED,
                   "no instructions of %s on %s: %s", label, look->name, why);
}

/* ---- the copies ---- */

/* An implementation that copies wrongly has failed, one that cannot be measured is an
 * error. */
static enum dcb_ci_outcome copy_outcome(const struct look *look,
                                        const struct dcb_cell *cell)
{
    switch (cell->failure) {
    case DCB_FAILURE_NONE:
        break;
    case DCB_FAILURE_WRONG:
    case DCB_FAILURE_CHANGED:
        return DCB_CI_FAILED;
    case DCB_FAILURE_LOAD:
    case DCB_FAILURE_RAISED:
    case DCB_FAILURE_DIED:
        /* A workload that failed is one error, and not one of every arm. */
        return look->workload->failure ? DCB_CI_SKIPPED : DCB_CI_ERROR;
    }
    return cell->time.count && !look->workload->failure ? DCB_CI_PASSED : DCB_CI_SKIPPED;
}

static void find_copy(const struct look *look, const struct dcb_cell *cell)
{
    const char *arm = dcb_result_arm_label(look->result, cell);
    bool control = cell->role == DCB_ROLE_CONTROL;
    char *label = control ? dcb_xasprintf("%s (control)", arm) : dcb_xstrdup(arm);
    enum dcb_ci_outcome outcome = copy_outcome(look, cell);

    if (outcome == DCB_CI_PASSED && !control)
        dcb_ci_add(look->ci, look->name, label, "copy", outcome,
                   "%s on %s copies as it should", label, look->name);
    else if (outcome == DCB_CI_SKIPPED && !control)
        dcb_ci_add(look->ci, look->name, label, "copy", outcome,
                   "%s on %s was not measured", label, look->name);
    else if (outcome == DCB_CI_FAILED || outcome == DCB_CI_ERROR)
        dcb_ci_add(look->ci, look->name, label, "copy", outcome, "%s on %s %s", label,
                   look->name, cell->status);
    free(label);
}

/* ---- verify ---- */

/* What stands beside the label of an implementation that is none is no failure of the
 * run, unless it is asked for. */
static void find_verified(const struct look *look)
{
    const struct dcb_result *result = look->result;
    bool asked = cli_fail_if_verifies(look->options);

    for (size_t i = 0; result->plan && i < result->plan->arm_count; i++) {
        const struct dcb_verified *verified = dcb_result_verified(result, i);
        enum dcb_ci_outcome outcome = DCB_CI_PASSED;
        char *sentence;

        if (!verified)
            continue;
        if (verified->verdict != DCB_VERIFY_CORRECT)
            outcome = !asked                                    ? DCB_CI_SKIPPED
                      : verified->verdict == DCB_VERIFY_UNKNOWN ? DCB_CI_UNDECIDED
                                                                : DCB_CI_FAILED;
        sentence = dcb_result_correctness(result, i);
        dcb_ci_add(look->ci, NULL, result->plan->arms[i].label, "verify", outcome, "%s",
                   sentence);
        free(sentence);
    }
    if (asked && !look->options->verify) /* what it wants to know cannot be told */
        dcb_ci_add(look->ci, NULL, NULL, "verify", DCB_CI_UNDECIDED,
                   "nothing was verified (--verify off)");
}

/* ---- the workers ---- */

/* One crash costs a block; that there was one is worth a status, too. All that the
 * workload took is their time: every other check of it is made of what they measured. */
static void find_workers(const struct look *look)
{
    const struct dcb_workload_result *workload = look->workload;
    struct dcb_ci_finding *finding;
    const char *first = NULL;
    size_t troubled = 0;

    for (size_t i = 0; i < workload->worker_count; i++) {
        if (!workload->workers[i].trouble)
            continue;
        first = first ? first : workload->workers[i].trouble;
        troubled++;
    }
    if (workload->failure)
        finding = dcb_ci_add(look->ci, look->name, NULL, "workers", DCB_CI_ERROR,
                             "workload %s failed: %s", look->name, workload->failure);
    else if (troubled)
        finding = dcb_ci_add(look->ci, look->name, NULL, "workers", DCB_CI_ERROR,
                             "%zu of %zu workers ended badly on %s; the first: %s",
                             troubled, workload->worker_count, look->name, first);
    else if (workload->worker_count == 0)
        finding = dcb_ci_add(look->ci, look->name, NULL, "workers", DCB_CI_SKIPPED,
                             "no worker measured anything on %s", look->name);
    else
        finding = dcb_ci_add(look->ci, look->name, NULL, "workers", DCB_CI_PASSED,
                             "%zu workers on %s ended well", workload->worker_count,
                             look->name);
    finding->seconds = workload->elapsed_s + workload->simulated_s;
}

/* ---- the whole run ---- */

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
static void find_counters(const struct look *look)
{
    const struct dcb_result *result = look->result;
    bool hardware = cli_list_contains(&look->options->counters, "hardware");
    bool simulated = cli_list_contains(&look->options->counters, "simulated");
    const char *asked = hardware && simulated ? "hardware,simulated"
                        : hardware            ? "hardware"
                                              : "simulated";

    if ((!hardware && !simulated) || result->workload_count == 0 || result->signal)
        return;
    for (size_t row = 0; row < result->plan->row_count; row++) {
        if (result->plan->rows[row].provider != DCB_PROVIDER_KERNEL &&
            dcb_result_row_counted(result, row)) {
            dcb_ci_add(look->ci, NULL, NULL, "counters", DCB_CI_PASSED,
                       "--counters %s: counted", asked);
            return;
        }
    }
    dcb_ci_add(look->ci, NULL, NULL, "counters", DCB_CI_ERROR,
               "--counters %s: nothing was counted: %s", asked, why_not_counted(result));
}

void cli_run_add_end(int signal, const struct dcb_error *err, struct dcb_ci *ci)
{
    if (signal)
        dcb_ci_add(ci, NULL, NULL, "run", DCB_CI_ERROR,
                   "interrupted by signal %d: this is what was measured so far", signal);
    else if (err->code != DCB_OK)
        dcb_ci_add(ci, NULL, NULL, "run", DCB_CI_ERROR, "%s", err->text);
    else
        dcb_ci_add(ci, NULL, NULL, "run", DCB_CI_PASSED, "measured to the end");
}

static void find_all(struct look *look, bool times)
{
    const struct dcb_result *result = look->result;

    if (times)
        find_verified(look);
    for (size_t i = 0; i < result->workload_count; i++) {
        look->workload = &result->workloads[i];
        look->name = dcb_result_workload_label(result, look->workload);
        find_workers(look);
        for (size_t k = 0; k < look->workload->cell_count; k++) {
            const struct dcb_cell *cell = &look->workload->cells[k];

            find_copy(look, cell);
            if (!times || cell->role != DCB_ROLE_CANDIDATE)
                continue;
            find_time(look, cell);
            if (cli_fail_if_counts(look->options))
                find_instructions(look, cell);
        }
    }
    find_counters(look);
}

void cli_run_findings(const struct cli_options *options, const struct dcb_result *result,
                      const struct dcb_error *err, struct dcb_ci *ret_ci)
{
    struct look look = {.options = options, .result = result, .ci = ret_ci};

    *ret_ci = (struct dcb_ci)DCB_CI_INIT;
    find_all(&look, true);
    cli_run_add_end(result->signal, err, ret_ci);
}

void cli_run_add_findings(const struct cli_options *options,
                          const struct dcb_result *result, struct dcb_ci *ci)
{
    struct look look = {.options = options, .result = result, .ci = ci};

    find_all(&look, false);
}

void cli_run_tell(const struct cli_options *options, const struct dcb_ci *ci)
{
    for (size_t i = 0; i < ci->count; i++) {
        const struct dcb_ci_finding *finding = &ci->findings[i];
        bool holds = finding->outcome == DCB_CI_PASSED;
        bool gate =
            strcmp(finding->rule, "time") == 0 ||
            strcmp(finding->rule, "instructions") == 0 ||
            (strcmp(finding->rule, "verify") == 0 && finding->outcome != DCB_CI_SKIPPED);

        if (cli_ci_says(options, ci, finding))
            continue;
        if (gate && options->fail_if.count && !holds)
            cli_term_message("--fail-if: %s", finding->message);
        else if (strcmp(finding->rule, "counters") == 0 && !holds)
            cli_term_message("%s", finding->message);
    }
}
