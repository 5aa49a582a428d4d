#include "gate_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "xalloc.h"

/* What the gap means for a whole row, whatever the rule: the two are of different things.
 */
static const unsigned other_thing = DCB_GAP_WORKLOAD | DCB_GAP_BASELINE |
                                    DCB_GAP_INTERPRETER | DCB_GAP_SETTINGS |
                                    DCB_GAP_UNPAIRED;

const char *dcb_gate_outcome_name(enum dcb_gate_outcome outcome)
{
    static const char *const names[] = {
        [DCB_GATE_PASS] = "ok",
        [DCB_GATE_NOT_APPLIED] = "not applied",
        [DCB_GATE_UNDECIDED] = "undecided",
        [DCB_GATE_NOT_COMPARED] = "not compared",
        [DCB_GATE_FAILED] = "failed",
        [DCB_GATE_REGRESSION] = "regression",
        [DCB_GATE_WRONG] = "wrong copy",
    };

    return names[outcome];
}

/* ---- what keeps a row from being judged by any rule ---- */

static void set_failed(struct dcb_gate_measure *measure, enum dcb_failure failure,
                       const char *reason)
{
    static const char lead[] = "failed: "; /* of a cell's status */
    bool wrong = failure == DCB_FAILURE_WRONG || failure == DCB_FAILURE_CHANGED;

    if (reason && strncmp(reason, lead, strlen(lead)) == 0)
        reason += strlen(lead);
    dcb_gate_set_outcome(measure, wrong ? DCB_GATE_WRONG : DCB_GATE_FAILED, reason);
}

/* Whether it could not be measured now, for which its baseline may be to blame. */
static bool failed_now(const struct dcb_gate_row *row, struct dcb_gate_measure *measure)
{
    const struct dcb_workload_result *workload = row->workload_now;
    const struct dcb_cell *cell = row->row->cells[1];

    if (workload && workload->failure)
        set_failed(measure, DCB_FAILURE_LOAD, workload->failure);
    else if (!workload || !cell)
        dcb_gate_set_outcome(measure, DCB_GATE_FAILED, "not measured");
    else if (cell->failure != DCB_FAILURE_NONE)
        set_failed(measure, cell->failure, cell->status);
    else if (workload->cells[0].failure != DCB_FAILURE_NONE)
        set_failed(measure, workload->cells[0].failure, workload->cells[0].status);
    else
        return false;
    return true;
}

static bool cannot_be_compared(const struct dcb_gate_row *row,
                               struct dcb_gate_measure *measure)
{
    const struct dcb_cell *then = row->row->cells[0];
    unsigned gaps = row->comparison->gaps | row->comparison->remarks;

    if (gaps & other_thing)
        dcb_gate_set_outcome(measure, DCB_GATE_NOT_COMPARED,
                             dcb_compare_gap_text(gaps & other_thing));
    else if (row->workload_then->failure || then->failure != DCB_FAILURE_NONE ||
             row->workload_then->cells[0].failure != DCB_FAILURE_NONE)
        dcb_gate_set_outcome(measure, DCB_GATE_NOT_COMPARED,
                             "it failed in the baseline file");
    else
        return false;
    return true;
}

/* ---- findings ---- */

const struct dcb_gate_measure *dcb_gate_judged(const struct dcb_gate_finding *finding)
{
    return &finding->measures[finding->measure_count - 1];
}

static struct dcb_gate_measure *add_measure(const struct dcb_gate *gate,
                                            struct dcb_gate_finding *finding,
                                            const struct dcb_gate_row *row)
{
    const struct dcb_cell *then = row->row->cells[0], *now = row->row->cells[1];
    struct dcb_gate_measure *measure;

    finding->measures = dcb_xrealloc(finding->measures, finding->measure_count + 1,
                                     sizeof *finding->measures);
    measure = &finding->measures[finding->measure_count++];
    *measure = (struct dcb_gate_measure){.attempt = gate->attempts - 1,
                                         .then = then ? then->ratio : dcb_gate_unknown(),
                                         .now = now ? now->ratio : dcb_gate_unknown(),
                                         .change = dcb_gate_unknown(),
                                         .wide = dcb_gate_unknown()};
    return measure;
}

static struct dcb_gate_finding *add_finding(struct dcb_gate *gate,
                                            const struct dcb_gate_row *row,
                                            enum dcb_gate_rule rule)
{
    struct dcb_gate_finding *finding;
    const struct dcb_compare_counter *counter = dcb_gate_instructions(row->comparison);

    gate->findings = dcb_xgrow(gate->findings, gate->finding_count,
                               &gate->finding_capacity, sizeof *gate->findings);
    finding = &gate->findings[gate->finding_count++];
    *finding = (struct dcb_gate_finding){
        .workload = dcb_xstrdup(row->row->workload),
        .impl = dcb_xstrdup(row->row->impl),
        .rule = rule,
        .provider = rule == DCB_GATE_INSTRUCTIONS && counter ? counter->provider
                                                             : DCB_PROVIDER_NONE,
        .margin = gate->settings.margins[rule],
    };
    return finding;
}

static void judge_rule(struct dcb_gate *gate, struct dcb_gate_finding *finding,
                       const struct dcb_gate_row *row)
{
    dcb_gate_apply(finding->rule, row, finding->margin, add_measure(gate, finding, row));
}

/* Where no rule could be applied, nothing stands for the row: that is no pass. */
static void check_applied(struct dcb_gate *gate, size_t first)
{
    for (size_t i = first; i < gate->finding_count; i++) {
        if (dcb_gate_judged(&gate->findings[i])->outcome != DCB_GATE_NOT_APPLIED)
            return;
    }
    for (size_t i = first; i < gate->finding_count; i++)
        gate->findings[i].measures[0].outcome = DCB_GATE_NOT_COMPARED;
}

static void judge_first(struct dcb_gate *gate, const struct dcb_gate_row *row)
{
    size_t first = gate->finding_count;
    struct dcb_gate_measure whole = {.reason = NULL};
    bool ended = failed_now(row, &whole) || cannot_be_compared(row, &whole);

    for (int rule = 0; rule < DCB_GATE_RULES; rule++) {
        struct dcb_gate_finding *finding;

        if (!gate->settings.rules[rule])
            continue;
        finding = add_finding(gate, row, (enum dcb_gate_rule)rule);
        if (!ended) {
            judge_rule(gate, finding, row);
            continue;
        }
        dcb_gate_set_outcome(add_measure(gate, finding, row), whole.outcome,
                             whole.reason);
        break; /* once is enough */
    }
    free(whole.reason);
    check_applied(gate, first);
}

/* Whether it is to be measured again after so many attempts. A number that comes out the
 * same every time needs no second look, and a regression is one when it was seen again.
 */
static bool is_open(const struct dcb_gate *gate, const struct dcb_gate_finding *finding,
                    unsigned attempts)
{
    const struct dcb_gate_measure *last = dcb_gate_judged(finding);

    if (gate->settings.update || gate->signal || attempts > gate->settings.retries ||
        finding->provider == DCB_PROVIDER_SIMULATED || last->lasting)
        return false;
    return last->outcome == DCB_GATE_UNDECIDED ||
           (last->outcome == DCB_GATE_REGRESSION && last->attempt == 0);
}

static bool is_of(const struct dcb_gate_finding *finding, const struct dcb_gate_row *row)
{
    return strcmp(finding->workload, row->row->workload) == 0 &&
           strcmp(finding->impl, row->row->impl) == 0;
}

/* What was counted the first time, and was no pass, is not settled by a measurement that
 * could not count. */
static void check_counted(struct dcb_gate_finding *finding)
{
    struct dcb_gate_measure *last = &finding->measures[finding->measure_count - 1];
    char *reason = last->reason;

    if (last->outcome != DCB_GATE_NOT_APPLIED)
        return;
    last->outcome = DCB_GATE_UNDECIDED;
    last->reason = dcb_xasprintf("not counted the second time%s%s", reason ? ": " : "",
                                 reason ? reason : "");
    free(reason);
}

static void judge_again(struct dcb_gate *gate, const struct dcb_gate_row *row)
{
    for (size_t i = 0; i < gate->finding_count; i++) {
        struct dcb_gate_finding *finding = &gate->findings[i];
        struct dcb_gate_measure whole = {.reason = NULL};

        /* This measurement is counted already. */
        if (!is_of(finding, row) || !is_open(gate, finding, gate->attempts - 1))
            continue;
        if (failed_now(row, &whole) || cannot_be_compared(row, &whole))
            dcb_gate_set_outcome(add_measure(gate, finding, row), whole.outcome,
                                 whole.reason);
        else
            judge_rule(gate, finding, row);
        check_counted(finding);
        free(whole.reason);
    }
}

bool dcb_gate_speaks_for(const struct dcb_gate *gate,
                         const struct dcb_gate_finding *finding, enum dcb_gate_rule rule)
{
    if (!gate->settings.rules[rule])
        return false;
    for (size_t i = 0; i < gate->finding_count; i++) {
        const struct dcb_gate_finding *other = &gate->findings[i];

        if (other->rule == rule && strcmp(other->workload, finding->workload) == 0 &&
            strcmp(other->impl, finding->impl) == 0)
            return false;
    }
    return true;
}

static bool has_label(const struct dcb_spec *specs, size_t count, const char *label)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(specs[i].label, label) == 0)
            return true;
    }
    return false;
}

static bool is_asked_for(const struct dcb_gate_row *row)
{
    const struct dcb_plan *plan = &row->now->plan;

    return has_label(plan->workloads, plan->workload_count, row->row->workload) &&
           plan->arm_count > 2 &&
           has_label(plan->arms + 2, plan->arm_count - 2, row->row->impl);
}

/* A row of the file whose cell is the baseline's has nothing to compare. */
static bool is_candidate(const struct dcb_gate_row *row)
{
    return row->row->cells[0] && row->row->cells[0]->role == DCB_ROLE_CANDIDATE;
}

void dcb_gate_judge(struct dcb_gate *gate, const struct dcb_compare *compare)
{
    gate->compares =
        dcb_xrealloc(gate->compares, gate->attempts + 1, sizeof(*gate->compares));
    gate->compares[gate->attempts++] = compare;
    for (size_t i = 0; i < compare->row_count; i++) {
        struct dcb_gate_row row = {
            .row = &compare->rows[i],
            .comparison = &compare->rows[i].comparisons[1],
            .then = compare->documents[0],
            .now = compare->documents[1],
        };

        if (!is_candidate(&row) || !is_asked_for(&row))
            continue;
        row.workload_then = dcb_document_workload(row.then, row.row->workload);
        row.workload_now = dcb_document_workload(row.now, row.row->workload);
        if (gate->attempts == 1)
            judge_first(gate, &row);
        else
            judge_again(gate, &row);
    }
}

void dcb_gate_clear(struct dcb_gate *gate)
{
    for (size_t i = 0; i < gate->finding_count; i++) {
        struct dcb_gate_finding *finding = &gate->findings[i];

        for (size_t k = 0; k < finding->measure_count; k++)
            free(finding->measures[k].reason);
        free(finding->measures);
        free(finding->workload);
        free(finding->impl);
    }
    free(gate->findings);
    free(gate->compares);
    *gate = (struct dcb_gate){.findings = NULL};
}

bool dcb_gate_wants_again(const struct dcb_gate *gate, const char *workload)
{
    for (size_t i = 0; i < gate->finding_count; i++) {
        if (strcmp(gate->findings[i].workload, workload) == 0 &&
            is_open(gate, &gate->findings[i], gate->attempts))
            return true;
    }
    return false;
}

/* Rows of the first comparison, and those whose workload is measured again. */
static size_t count_rows(const struct dcb_gate *gate, bool again)
{
    const struct dcb_compare *compare = gate->compares[0];
    size_t count = 0;

    for (size_t i = 0; i < compare->row_count; i++) {
        const struct dcb_compare_row *row = &compare->rows[i];

        count += isfinite(row->comparisons[1].ratio.estimate) &&
                 (!again || dcb_gate_wants_again(gate, row->workload));
    }
    return count;
}

double dcb_gate_confidence_again(const struct dcb_gate *gate)
{
    size_t all = count_rows(gate, false), again = count_rows(gate, true);
    double confidence = gate->compares[0]->confidence;

    if (all == 0 || again == 0)
        return confidence;
    return 1 - (1 - confidence) * (double)again / (double)all;
}

const char *dcb_gate_lost(const struct dcb_gate *gate, size_t *index)
{
    const struct dcb_result *then, *now;

    if (gate->attempts == 0 || gate->settings.update)
        return NULL;
    then = &gate->compares[0]->documents[0]->result;
    now = &gate->compares[0]->documents[1]->result;
    while (*index < now->plan->arm_count) {
        size_t arm = (*index)++;

        if (dcb_result_lost_correctness(then, now, arm))
            return now->plan->arms[arm].label;
    }
    return NULL;
}

enum dcb_gate_outcome dcb_gate_outcome(const struct dcb_gate *gate)
{
    enum dcb_gate_outcome worst = DCB_GATE_PASS;
    size_t arm = 0;

    if (dcb_gate_lost(gate, &arm))
        return DCB_GATE_WRONG;

    for (size_t i = 0; i < gate->finding_count; i++) {
        enum dcb_gate_outcome outcome = dcb_gate_judged(&gate->findings[i])->outcome;

        if (outcome > worst && outcome != DCB_GATE_NOT_APPLIED)
            worst = outcome;
    }
    return gate->finding_count ? worst : DCB_GATE_NOT_COMPARED;
}

bool dcb_gate_is_failure(enum dcb_gate_outcome outcome)
{
    return outcome == DCB_GATE_FAILED || outcome == DCB_GATE_WRONG;
}

size_t dcb_gate_count(const struct dcb_gate *gate, enum dcb_gate_outcome outcome)
{
    size_t count = 0;

    for (size_t i = 0; i < gate->finding_count; i++)
        count += dcb_gate_judged(&gate->findings[i])->outcome == outcome;
    return count;
}
