/* The rules of the gate, each on a row that can be compared. */
#include "gate_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "xalloc.h"

struct dcb_interval dcb_gate_unknown(void)
{
    return (struct dcb_interval){
        .estimate = DCB_UNKNOWN, .low = DCB_UNKNOWN, .high = DCB_UNKNOWN};
}

static bool is_known(const struct dcb_interval *interval)
{
    return isfinite(interval->estimate) && isfinite(interval->low) &&
           isfinite(interval->high);
}

void dcb_gate_set_outcome(struct dcb_gate_measure *measure, enum dcb_gate_outcome outcome,
                          const char *reason)
{
    measure->outcome = outcome;
    measure->reason = reason ? dcb_xstrdup(reason) : NULL;
}

/* ---- time ---- */

static void set_withheld(const struct dcb_gate_row *row, struct dcb_gate_measure *measure)
{
    measure->lasting = row->workload_then->withheld;
    dcb_gate_set_outcome(measure, DCB_GATE_UNDECIDED,
                         measure->lasting
                             ? "the control differed when the baseline file was measured"
                             : "the control differs");
}

/* Of a row that is compared. */
static void judge_time(const struct dcb_gate_row *row, double margin,
                       struct dcb_gate_measure *measure)
{
    const struct dcb_interval *r = &row->comparison->ratio,
                              *wide = &row->comparison->wide;

    measure->change = *r;
    measure->wide = *wide;
    if (row->comparison->remarks & DCB_GAP_WITHHELD)
        set_withheld(row, measure);
    else if (!isfinite(row->row->cells[0]->ratio.low))
        dcb_gate_set_outcome(measure, DCB_GATE_NOT_COMPARED,
                             "the baseline file has no interval for it");
    else if (!is_known(r) || !is_known(wide))
        dcb_gate_set_outcome(measure, DCB_GATE_UNDECIDED,
                             "too few workers for an interval");
    else if (r->high < 1 + margin)
        dcb_gate_set_outcome(measure, DCB_GATE_PASS, NULL);
    else if (wide->low > 1 && r->estimate > 1 + margin)
        dcb_gate_set_outcome(measure, DCB_GATE_REGRESSION, NULL);
    else
        dcb_gate_set_outcome(measure, DCB_GATE_UNDECIDED,
                             "the interval is too wide to say");
    measure->improved =
        measure->outcome == DCB_GATE_PASS && wide->high < 1 && r->estimate < 1 - margin;
}

/* ---- instructions ---- */

static const char instructions_name[] = "instructions";

const struct dcb_compare_counter *
dcb_gate_instructions(const struct dcb_comparison *comparison)
{
    for (size_t i = 0; i < comparison->counter_count; i++) {
        if (strcmp(comparison->counters[i].name, instructions_name) == 0)
            return &comparison->counters[i];
    }
    return NULL;
}

/* Why a document has no instructions for the cell; NULL where it has. */
static const char *why_no_instructions(const struct dcb_document *document,
                                       const struct dcb_cell *cell)
{
    const struct dcb_plan *plan = &document->plan;

    for (size_t i = 0; i < plan->row_count; i++) {
        if (strcmp(plan->rows[i].name, instructions_name) == 0)
            return dcb_result_missing(&document->result, cell, i);
    }
    return "not asked for";
}

static void no_instructions(const struct dcb_gate_row *row,
                            struct dcb_gate_measure *measure)
{
    const char *then = why_no_instructions(row->then, row->row->cells[0]);
    const char *now = why_no_instructions(row->now, row->row->cells[1]);

    measure->outcome = DCB_GATE_NOT_APPLIED;
    measure->reason =
        then  ? dcb_xasprintf("the baseline file has no instructions: %s", then)
        : now ? dcb_xasprintf("no instructions were counted: %s", now)
              : dcb_xstrdup("instructions have no ratio");
}

/* "simulated (valgrind 3.19.0)" */
static char *describe_provider(const struct dcb_document *document)
{
    const struct dcb_plan *plan = &document->plan;

    for (size_t i = 0; i < plan->row_count; i++) {
        const struct dcb_plan_row *row = &plan->rows[i];
        const char *name = dcb_provider_name(row->provider);

        if (strcmp(row->name, instructions_name) != 0)
            continue;
        if (row->provider == DCB_PROVIDER_SIMULATED && plan->simulator_version)
            return dcb_xasprintf("%s (valgrind %s)", name, plan->simulator_version);
        if (name)
            return dcb_xstrdup(name);
    }
    return dcb_xstrdup("not counted");
}

static void other_provider(const struct dcb_gate_row *row,
                           const struct dcb_compare_counter *counter,
                           struct dcb_gate_measure *measure)
{
    char *then = describe_provider(row->then), *now = describe_provider(row->now);

    measure->outcome = DCB_GATE_NOT_APPLIED;
    if (counter->gaps & DCB_GAP_PROVIDER && strcmp(then, now) != 0)
        measure->reason = dcb_xasprintf("%s in the baseline file, %s now", then, now);
    else
        measure->reason = dcb_xstrdup(dcb_compare_gap_text(counter->gaps));
    free(then);
    free(now);
}

/*
 * A simulated count has no chance in it: its interval is what the layouts lie between,
 * and there is nothing to wait for in it, so what is not above the margin has passed.
 */
static void judge_count(const struct dcb_compare_counter *counter, double margin,
                        struct dcb_gate_measure *measure)
{
    const struct dcb_interval *change = &counter->change;
    bool simulated = counter->provider == DCB_PROVIDER_SIMULATED;

    if (!is_known(change))
        dcb_gate_set_outcome(measure, DCB_GATE_NOT_APPLIED, "instructions have no ratio");
    else if (simulated ? change->estimate <= 1 + margin : change->high < 1 + margin)
        dcb_gate_set_outcome(measure, DCB_GATE_PASS, NULL);
    else if (change->low > 1 && change->estimate > 1 + margin)
        dcb_gate_set_outcome(measure, DCB_GATE_REGRESSION, NULL);
    else
        dcb_gate_set_outcome(measure, DCB_GATE_UNDECIDED,
                             simulated ? "it depends on the layout"
                                       : "the interval is too wide to say");
    measure->improved = measure->outcome == DCB_GATE_PASS && change->high < 1 &&
                        change->estimate < 1 - margin;
}

static void judge_instructions(const struct dcb_gate_row *row, double margin,
                               struct dcb_gate_measure *measure)
{
    const struct dcb_compare_counter *counter = dcb_gate_instructions(row->comparison);

    measure->then = measure->now = dcb_gate_unknown();
    if (!counter ||
        !(isfinite(counter->ratio.estimate) && isfinite(counter->first_ratio.estimate))) {
        no_instructions(row, measure);
        return;
    }
    measure->then = counter->first_ratio;
    measure->now = counter->ratio;
    measure->change = counter->change;
    if (counter->gaps)
        other_provider(row, counter, measure);
    else
        judge_count(counter, margin, measure);
}

/* ---- rules ---- */

/* A further rule is a further row here. */
static const struct {
    const char *name;
    void (*judge)(const struct dcb_gate_row *, double, struct dcb_gate_measure *);
} rules[DCB_GATE_RULES] = {
    [DCB_GATE_TIME] = {"time", judge_time},
    [DCB_GATE_INSTRUCTIONS] = {"instructions", judge_instructions},
};

void dcb_gate_apply(enum dcb_gate_rule rule, const struct dcb_gate_row *row,
                    double margin, struct dcb_gate_measure *measure)
{
    rules[rule].judge(row, margin, measure);
}

const char *dcb_gate_rule_name(enum dcb_gate_rule rule)
{
    return rules[rule].name;
}
