#include "commands.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_gaps.h"
#include "check_plan.h"
#include "check_verified.h"
#include "ci.h"
#include "ci_output.h"
#include "compare.h"
#include "document.h"
#include "error.h"
#include "gate.h"
#include "infile.h"
#include "json_gate.h"
#include "json_document_memory.h"
#include "json_result.h"
#include "measure.h"
#include "options.h"
#include "outfile.h"
#include "plan.h"
#include "report.h"
#include "result.h"
#include "rng.h"
#include "run_findings.h"
#include "signals.h"
#include "strbuf.h"
#include "term.h"
#include "xalloc.h"

/* Each measurement again takes so many times the time, and so many times the workers, at
 * least; the interval it stops at is so much narrower. */
static const double more_time = 2, more_workers = 2, narrower = 0.6;

/* One measurement, and what it says beside the file. */
struct attempt {
    char *json; /* the result as JSON */
    struct dcb_document *document;
    const struct dcb_document *pair[2]; /* the file's, and this one */
    struct dcb_compare compare;
};

/* The check under way. */
struct check {
    const struct cli_options *options;
    const char *path;          /* the baseline file */
    struct dcb_document *then; /* NULL: --update makes the file, or it is of memory */
    char *memory;              /* the text of a result of `dcbench memory`; NULL */
    size_t memory_length;
    struct dcb_plan plan;
    struct attempt *attempts; /* [retries + 1] */
    struct dcb_gate gate;
    struct dcb_ci ci;       /* all that was checked, the gate's findings last */
    enum cli_status status; /* of what is no finding */
    int signal;
    bool placed; /* the places to write to were looked at, and are good */
    bool updated;
    bool hopeless; /* no row can be compared: nothing is measured */
};

/* ---- the baseline file ---- */

/* --update takes what it measures from the file, so it does not go over one that cannot
 * be read by itself. */
static void tell_way_out(const char *path, struct dcb_error *err)
{
    size_t length = strlen(err->text);
    struct stat status;

    if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
        snprintf(err->text + length, sizeof err->text - length,
                 "; remove it, and --update -i IMPLS -w WORKLOADS makes a new one");
}

static int read_baseline(struct check *check, struct dcb_error *err)
{
    size_t length;
    char *text;

    if (strcmp(check->path, "-") != 0 && access(check->path, F_OK) != 0 &&
        errno == ENOENT) {
        if (check->options->update)
            return 0;
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "%s: no such file; 'dcbench check %s --update -i IMPLS -w "
                             "WORKLOADS' measures one",
                             check->path, check->path);
    }
    text = dcb_infile_read(check->path, &length, err);
    if (text && dcb_json_is_memory(text, length)) {
        check->memory = text;
        check->memory_length = length;
        return 0;
    }
    if (text)
        check->then =
            dcb_document_parse(check->path, text, length, DCB_DOCUMENT_WHOLE, err);
    free(text);
    if (!check->then && check->options->update)
        tell_way_out(check->path, err);
    return check->then ? 0 : -1;
}

/* Before anything is measured: nothing is where it would tell nothing, unless its result
 * is wanted for itself. */
static bool look_for_gaps(void *context, const struct dcb_result *result)
{
    struct check *check = context;
    bool wanted = check->options->output != NULL, quiet = check->options->verbosity < 0;
    char *gap = cli_check_find_gap(check->then, result);

    if (gap && !wanted)
        dcb_ci_add(&check->ci, NULL, NULL, "check", DCB_CI_UNDECIDED, "%s", gap);
    if (gap && (!quiet || !wanted))
        cli_term_message("%s", gap);
    if (!gap && !quiet)
        cli_check_tell_workloads(check->then, result);
    check->hopeless = gap && !wanted;
    free(gap);
    return !check->hopeless;
}

/* ---- one measurement ---- */

/* Keeps the result as a document like the file's: both sides are read the same way. */
static int keep_result(struct attempt *attempt, struct dcb_result *result,
                       struct dcb_error *err)
{
    dcb_report_add_notes(result);
    attempt->json = dcb_json_result(result);
    attempt->document = dcb_document_parse("now", attempt->json, strlen(attempt->json),
                                           DCB_DOCUMENT_WHOLE, err);
    if (!attempt->document && err->code != DCB_OK)
        err->code = DCB_ERROR_INTERNAL; /* what we write, we can read */
    return attempt->document ? 0 : -1;
}

static void judge(struct check *check, struct attempt *attempt, double confidence)
{
    attempt->pair[0] = check->then;
    attempt->pair[1] = attempt->document;
    dcb_compare_make(attempt->pair, 2, confidence, check->options->margin,
                     &attempt->compare);
    dcb_gate_judge(&check->gate, &attempt->compare);
}

/* The copies, the workers and the counters of a measurement; of another one of the same
 * workloads only what went wrong. */
static void add_findings(struct check *check, const struct dcb_result *result)
{
    struct dcb_ci found = DCB_CI_INIT;

    cli_run_add_findings(check->options, result, &found);
    for (size_t i = 0; i < found.count; i++) {
        const struct dcb_ci_finding *finding = &found.findings[i];

        if (check->gate.attempts == 0 || finding->outcome == DCB_CI_FAILED ||
            finding->outcome == DCB_CI_ERROR)
            dcb_ci_add(&check->ci, finding->workload, finding->impl, finding->rule,
                       finding->outcome, "%s", finding->message)
                ->seconds = finding->seconds;
    }
    dcb_ci_clear(&found);
}

static int measure(struct check *check, const struct dcb_plan *plan, double confidence,
                   struct dcb_error *err)
{
    struct attempt *attempt = &check->attempts[check->gate.attempts];
    struct dcb_result result = {.plan = NULL};
    bool looks = check->then && check->gate.attempts == 0 && !check->options->update;
    int rc = cli_measure(check->options, plan, looks ? look_for_gaps : NULL, check,
                         &result, err);

    check->signal = check->gate.signal = result.signal;
    add_findings(check, &result);
    if (check->gate.attempts == 0)
        cli_check_verified(check->options, check->then, &result, &check->ci);
    if (result.workload_count && keep_result(attempt, &result, err) != 0)
        rc = -1;
    if (attempt->document && check->then)
        judge(check, attempt, confidence);
    dcb_result_clear(&result);
    return rc;
}

/* ---- again ---- */

static bool counts_hardware(const struct check *check)
{
    const struct dcb_plan *plan = &check->plan;

    for (size_t i = 0; i < plan->row_count; i++) {
        if (plan->rows[i].provider == DCB_PROVIDER_HARDWARE &&
            plan->rows[i].kind == DCB_KIND_EVENT)
            return check->gate.settings.rules[DCB_GATE_INSTRUCTIONS];
    }
    return false;
}

/* The workloads that are open, with more of everything and another seed. Borrows all but
 * the list of workloads. */
static struct dcb_plan plan_again(const struct check *check)
{
    struct dcb_plan again = check->plan;
    unsigned attempt = check->gate.attempts;
    double workers = again.workers * pow(more_workers, attempt);

    again.workloads = dcb_xcalloc(again.workload_count + 1, sizeof *again.workloads);
    again.workload_count = 0;
    for (size_t i = 0; i < check->plan.workload_count; i++) {
        if (dcb_gate_wants_again(&check->gate, check->plan.workloads[i].label))
            again.workloads[again.workload_count++] = check->plan.workloads[i];
    }
    again.seed = dcb_rng_derive(check->plan.seed, attempt) >> 1;
    again.max_time_s *= pow(more_time, attempt);
    again.precision *= pow(narrower, attempt);
    again.workers = workers < 1000000 ? (uint32_t)workers : 1000000;
    /* Simulated counts would be the same again. */
    again.simulator = NULL;
    if (!counts_hardware(check))
        again.row_count = again.event_count = 0;
    return again;
}

static int measure_again(struct check *check, struct dcb_error *err)
{
    int rc = 0;

    while (rc == 0 && !check->signal && check->gate.attempts > 0) {
        struct dcb_plan again = plan_again(check);

        if (again.workload_count == 0) {
            free(again.workloads);
            break;
        }
        if (check->options->verbosity >= 0)
            cli_term_message("not clear, or slower: measuring %s%s again, with more "
                             "workers",
                             again.workloads[0].label,
                             again.workload_count > 1 ? " and others" : "");
        rc = measure(check, &again, dcb_gate_confidence_again(&check->gate), err);
        free(again.workloads);
    }
    return rc;
}

/* ---- writing ---- */

/* Why what was measured is no baseline file to keep; NULL where it is one. */
static const char *why_not_kept(const struct check *check)
{
    const struct dcb_document *now = check->attempts[0].document;

    if (check->signal)
        return "interrupted";
    if (cli_findings_status(&check->ci) != CLI_STATUS_OK || !now)
        return "not everything could be measured";
    for (size_t i = 0; i < now->result.workload_count; i++) {
        const struct dcb_workload_result *workload = &now->result.workloads[i];

        if (workload->withheld)
            return "the control differs from the baseline; run again";
        for (size_t k = 2; k < workload->cell_count; k++) {
            if (!isfinite(workload->cells[k].ratio.low))
                return "there were too few workers for an interval; raise --max-time";
        }
    }
    return NULL;
}

static int update(struct check *check, struct dcb_error *err)
{
    const char *why = why_not_kept(check);

    if (why) {
        cli_term_message("%s is %s: %s", check->path,
                         check->then ? "left as it was" : "not written", why);
        dcb_ci_add(&check->ci, NULL, NULL, "update", DCB_CI_UNDECIDED, "%s is %s: %s",
                   check->path, check->then ? "left as it was" : "not written", why);
        return 0;
    }
    if (dcb_outfile_write(check->path, check->attempts[0].json, err) != 0)
        return -1;
    check->updated = true;
    if (check->options->verbosity >= 0)
        cli_term_message("%s is %s", check->path, check->then ? "replaced" : "written");
    return 0;
}

/* The first measurement, which has all workloads: one result is of one plan. Another one
 * has other limits, no simulated counts, and only what the first did not settle, chosen
 * by what it said; the check's own JSON tells both. */
static int write_output(const struct check *check, struct dcb_error *err)
{
    const char *json = check->attempts[0].json;

    if (!check->options->output || !json)
        return 0;
    return dcb_outfile_write(check->options->output, json, err);
}

/* ---- telling ---- */

static void append_page(const struct check *check, struct dcb_strbuf *out)
{
    const struct cli_options *options = check->options;
    char *json;

    switch (options->format) {
    case CLI_TABLE:
        dcb_gate_report(&check->gate, DCB_TABLE_TEXT, options->verbosity,
                        cli_term_color(options->color, STDOUT_FILENO), out);
        break;
    case CLI_MARKDOWN:
        dcb_gate_report(&check->gate, DCB_TABLE_MARKDOWN, options->verbosity, false, out);
        break;
    case CLI_CSV:
        dcb_gate_csv(&check->gate, out);
        break;
    case CLI_JSON:
        json = dcb_json_gate(&check->gate, check->updated);
        dcb_strbuf_append(out, json);
        free(json);
        break;
    case CLI_PYPERF: /* a format of other commands */
        break;
    }
}

/* For the formats that programs read: what did not pass is said to a person, too. */
static void tell_findings(const struct check *check)
{
    const struct dcb_gate *gate = &check->gate;

    if (check->options->format != CLI_JSON && check->options->format != CLI_CSV)
        return;
    for (size_t i = 0; i < gate->finding_count; i++) {
        const struct dcb_gate_finding *finding = &gate->findings[i];
        enum dcb_gate_outcome outcome = dcb_gate_judged(finding)->outcome;
        char *sentence;

        if (outcome == DCB_GATE_PASS || outcome == DCB_GATE_NOT_APPLIED ||
            (check->options->update && outcome != DCB_GATE_FAILED &&
             outcome != DCB_GATE_WRONG))
            continue;
        sentence = dcb_gate_sentence(finding);
        cli_term_message("%s on %s: %s: %s", finding->impl, finding->workload,
                         dcb_gate_outcome_name(outcome), sentence);
        free(sentence);
    }
}

static enum dcb_ci_outcome ci_outcome(const struct check *check,
                                      enum dcb_gate_outcome outcome)
{
    if (outcome == DCB_GATE_PASS)
        return DCB_CI_PASSED;
    if (check->options->update || check->signal)
        return DCB_CI_SKIPPED;
    switch (outcome) {
    case DCB_GATE_PASS:
    case DCB_GATE_NOT_APPLIED:
    case DCB_GATE_FAILED: /* these two are findings of the measurement already */
    case DCB_GATE_WRONG:
        break;
    case DCB_GATE_UNDECIDED:
    case DCB_GATE_NOT_COMPARED:
        return DCB_CI_UNDECIDED;
    case DCB_GATE_REGRESSION:
        return DCB_CI_FAILED;
    }
    return DCB_CI_SKIPPED;
}

/* What could not be judged by any rule is told once, by the first: the others stand
 * beside it, so that no test comes and goes in a CI service. */
static void add_unchecked(struct check *check, const struct dcb_gate_finding *finding)
{
    for (int i = 0; i < DCB_GATE_RULES; i++) {
        enum dcb_gate_rule rule = (enum dcb_gate_rule)i;

        if (dcb_gate_speaks_for(&check->gate, finding, rule))
            dcb_ci_add(&check->ci, finding->workload, finding->impl,
                       dcb_gate_rule_name(rule), DCB_CI_SKIPPED,
                       "%s on %s: %s were not compared: %s", finding->impl,
                       finding->workload, dcb_gate_rule_name(rule),
                       dcb_gate_outcome_name(dcb_gate_judged(finding)->outcome));
    }
}

/* What the gate says becomes findings beside those of the measurements. */
static void add_gate(struct check *check)
{
    const struct dcb_gate *gate = &check->gate;

    for (size_t i = 0; i < gate->finding_count; i++) {
        const struct dcb_gate_finding *finding = &gate->findings[i];
        enum dcb_gate_outcome outcome = dcb_gate_judged(finding)->outcome;
        char *sentence = dcb_gate_sentence(finding);

        dcb_ci_add(&check->ci, finding->workload, finding->impl,
                   dcb_gate_rule_name(finding->rule), ci_outcome(check, outcome),
                   "%s on %s: %s: %s", finding->impl, finding->workload,
                   dcb_gate_outcome_name(outcome), sentence);
        free(sentence);
        add_unchecked(check, finding);
    }
    if (check->then && gate->finding_count == 0 && !check->signal &&
        !check->options->update && !check->hopeless)
        dcb_ci_add(&check->ci, NULL, NULL, "check", DCB_CI_UNDECIDED,
                   "no row of %s was measured", check->path);
}

/* Where the findings go out, in every form that there is. */
static int publish(const struct check *check, struct dcb_error *err)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    int rc;

    append_page(check, &out);
    rc = cli_ci_print_report(check->options, &out, err);
    tell_findings(check);
    cli_run_tell(check->options, &check->ci);
    return rc;
}

/* And for the CI service. */
static int publish_ci(const struct check *check, struct dcb_error *err)
{
    struct dcb_strbuf report = DCB_STRBUF_INIT;
    int rc;

    if (check->gate.attempts)
        dcb_gate_report(&check->gate, DCB_TABLE_MARKDOWN, 0, false, &report);
    else if (check->attempts[0].document)
        dcb_report_markdown(&check->attempts[0].document->result, 0, true, &report);
    rc = cli_ci_write(check->options, &check->ci, report.text, err);
    dcb_strbuf_clear(&report);
    return rc;
}

/* A file that did not exist has nothing to be compared with: the result is shown as
 * `dcbench run` shows it. */
static int publish_first(const struct check *check, struct dcb_error *err)
{
    const struct dcb_document *now = check->attempts[0].document;

    if (now->result.workload_count == 0)
        return 0;
    return cli_measure_print(check->options, &now->result, check->attempts[0].json, err);
}

/* ---- all of it ---- */

static int prepare(struct check *check, struct dcb_error *err)
{
    const struct cli_options *options = check->options;
    const struct cli_place baseline = {
        .name = "the baseline file", .path = check->path, .kept = !options->update};
    bool both = options->rules.count == 0;

    check->gate.settings = (struct dcb_gate_settings){
        .rules = {both || cli_list_contains(&options->rules, "time"),
                  both || cli_list_contains(&options->rules, "instructions")},
        .margins = {options->margin, options->instructions_margin},
        .retries = options->retries,
        .update = options->update,
    };
    check->attempts = dcb_xcalloc(options->retries + 1, sizeof *check->attempts);
    if (cli_measure_check_places(options, &baseline, 1, err) != 0)
        return -1;
    check->placed = true;
    if (read_baseline(check, err) != 0 ||
        (!check->memory && cli_check_plan(options, check->then, &check->plan, err) != 0))
        return -1;
    cli_signals_catch();
    return 0;
}

/* Nothing was measured; a CI service that waits for a file is to get one that says why.
 */
static void publish_error(struct check *check, const struct dcb_error *err)
{
    struct dcb_error trouble = DCB_ERROR_INIT;

    if (!check->placed || err->code == DCB_ERROR_USAGE) {
        cli_ci_tell(check->options, err->text);
        return;
    }
    cli_run_add_end(0, err, &check->ci);
    if (cli_ci_write(check->options, &check->ci, NULL, &trouble) != 0)
        cli_term_message("%s", trouble.text);
}

/* Measures, judges and writes wherever it can be: one place that fails does not cost the
 * others. What went wrong is in err, and in the status. */
static void run_check(struct check *check, struct dcb_error *err)
{
    int rc = measure(check, &check->plan, check->plan.confidence, err);

    if (rc == 0)
        rc = measure_again(check, err);
    if (!check->hopeless)
        cli_run_add_end(check->signal, err, &check->ci);
    add_gate(check);
    if (write_output(check, err) != 0)
        rc = -1;
    if (check->options->update && update(check, err) != 0)
        rc = -1;
    if (check->gate.attempts && publish(check, err) != 0)
        rc = -1;
    if (!check->then && check->attempts[0].document && publish_first(check, err) != 0)
        rc = -1;
    if (!check->attempts[0].document && check->signal)
        cli_term_message("interrupted before anything was measured");
    if (publish_ci(check, err) != 0)
        rc = -1;
    if (rc != 0)
        check->status =
            err->code == DCB_ERROR_INTERNAL ? CLI_STATUS_BUG : CLI_STATUS_SYSTEM;
    check->status = cli_status_worse(check->status, cli_findings_status(&check->ci));
}

static void clear(struct check *check)
{
    for (unsigned i = 0; check->attempts && i <= check->options->retries; i++) {
        struct attempt *attempt = &check->attempts[i];

        dcb_compare_clear(&attempt->compare);
        dcb_document_free(attempt->document);
        free(attempt->json);
    }
    free(check->attempts);
    dcb_gate_clear(&check->gate);
    dcb_ci_clear(&check->ci);
    dcb_document_free(check->then);
    free(check->memory);
    dcb_plan_clear(&check->plan);
}

int cli_check(const struct cli_options *options, struct dcb_error *err)
{
    struct check check = {.options = options, .ci = DCB_CI_INIT};
    int rc;

    if (options->operands.count != 1)
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             options->operands.count
                                 ? "check takes one baseline file; '%s' is a second one"
                                 : "check wants a baseline file: dcbench check %s",
                             options->operands.count ? options->operands.items[1]
                                                     : "BASELINE.json");
    check.path = options->operands.items[0];
    rc = prepare(&check, err);
    if (rc == 0 && check.memory) {
        rc =
            cli_check_memory(options, check.path, check.memory, check.memory_length, err);
        if (rc == -1)
            publish_error(&check, err);
    } else if (rc == 0) {
        run_check(&check, err);
        rc = check.signal ? 128 + check.signal : (int)check.status;
        if (err->code != DCB_OK) /* the status is decided already */
            cli_term_message("%s", err->text);
    } else {
        publish_error(&check, err);
    }
    clear(&check);
    return rc;
}
