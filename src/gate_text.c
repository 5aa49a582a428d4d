/* What the gate says in one line, and its figures as text. */
#include "gate_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "strbuf.h"
#include "utf8.h"
#include "xalloc.h"

enum { LISTED = 3 }; /* findings that the conclusion names */

/* ---- figures ---- */

const char *dcb_gate_interval_text(char *text, const struct dcb_interval *ratio)
{
    double low = 100 * (ratio->low - 1), high = 100 * (ratio->high - 1);
    int digits = high >= 99.95 ? 0 : high - low < 0.2 && high < 9.95 ? 2 : 1;

    if (!isfinite(low) || !isfinite(high))
        snprintf(text, DCB_GATE_TEXT, "-");
    else if (ratio->high >= 10)
        snprintf(text, DCB_GATE_TEXT, "x %.4g to x %.4g", ratio->low, ratio->high);
    else
        snprintf(text, DCB_GATE_TEXT, "%+.*f to %+.*f %%", digits, low, digits, high);
    return text;
}

/* "+2 %", "2 %" */
const char *dcb_gate_margin_text(char *text, double margin, const char *sign)
{
    snprintf(text, DCB_GATE_TEXT, "%s%g %%", sign, 100 * margin);
    return text;
}

/* A count has one digit more than a time. */
const char *dcb_gate_change_text(char *text, const struct dcb_gate_finding *finding,
                                 double ratio)
{
    return finding->rule == DCB_GATE_TIME || ratio >= 1.0995
               ? dcb_format_change(text, ratio)
               : dcb_format_fine_change(text, ratio);
}

char *dcb_gate_printable(const char *raw)
{
    char *text = dcb_xstrdup(raw);

    dcb_utf8_make_line(text);
    return text;
}

const struct dcb_source *dcb_gate_source(const struct dcb_document *document,
                                         size_t index)
{
    const struct dcb_plan *plan = &document->plan;
    size_t workload = index - plan->arm_count;
    bool is_arm = index < plan->arm_count;
    const struct dcb_spec *spec =
        is_arm ? &plan->arms[index] : &plan->workloads[workload];
    const struct dcb_source *source = is_arm
                                          ? &document->result.arm_sources[index]
                                          : &document->result.workload_sources[workload];

    /* The control is the baseline's file once more. */
    return spec->builtin || !source->path || index == 1 ? NULL : source;
}

bool dcb_gate_leaves_out(const char *note)
{
    size_t length = strlen(note), tail = strlen(dcb_compare_not_measured);

    return length >= tail && strcmp(note + length - tail, dcb_compare_not_measured) == 0;
}

/* ---- the conclusion ---- */

/* "time", "simulated instructions" */
static char *subject(const struct dcb_gate_finding *finding)
{
    const char *provider = dcb_provider_name(finding->provider);
    const char *rule = dcb_gate_rule_name(finding->rule);

    return provider ? dcb_xasprintf("%s %s", provider, rule) : dcb_xstrdup(rule);
}

char *dcb_gate_sentence(const struct dcb_gate_finding *finding)
{
    const struct dcb_gate_measure *measure = dcb_gate_judged(finding);
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    char text[DCB_GATE_TEXT], *what = subject(finding);

    if (isfinite(measure->change.estimate)) {
        dcb_strbuf_appendf(&out, "%s %s", what,
                           dcb_gate_change_text(text, finding, measure->change.estimate));
        dcb_strbuf_appendf(&out, " (%s), allowed",
                           dcb_gate_interval_text(text, &measure->change));
        dcb_strbuf_appendf(&out, " %s", dcb_gate_margin_text(text, finding->margin, "+"));
    }
    if (measure->reason)
        dcb_strbuf_appendf(&out, "%s%s", out.length ? ": " : "", measure->reason);
    free(what);
    return dcb_strbuf_take(&out);
}

static void append_findings(const struct dcb_gate *gate, enum dcb_gate_outcome outcome,
                            struct dcb_strbuf *out)
{
    size_t count = 0;

    for (size_t i = 0; i < gate->finding_count; i++) {
        const struct dcb_gate_finding *finding = &gate->findings[i];
        char *sentence;

        if (dcb_gate_judged(finding)->outcome != outcome || count++ >= LISTED)
            continue;
        sentence = dcb_gate_sentence(finding);
        dcb_strbuf_appendf(out, "%s%s on %s: %s", count > 1 ? "; " : "", finding->impl,
                           finding->workload, sentence);
        free(sentence);
    }
    if (count > LISTED)
        dcb_strbuf_appendf(out, "; and %zu more", count - LISTED);
}

/* "new is not a correct deepcopy any more; " */
static void append_lost(const struct dcb_gate *gate, struct dcb_strbuf *out)
{
    size_t index = 0, count = 0;
    const char *label;

    while ((label = dcb_gate_lost(gate, &index)))
        dcb_strbuf_appendf(out, "%s%s", count++ ? ", " : "", label);
    if (count)
        dcb_strbuf_appendf(out, " %s any more%s",
                           count > 1 ? "are not correct deepcopies"
                                     : "is not a correct deepcopy",
                           dcb_gate_count(gate, DCB_GATE_WRONG) ? "; " : "");
}

static size_t count_passed(const struct dcb_gate *gate, enum dcb_gate_rule rule)
{
    size_t count = 0;

    for (size_t i = 0; i < gate->finding_count; i++)
        count += gate->findings[i].rule == rule &&
                 dcb_gate_judged(&gate->findings[i])->outcome == DCB_GATE_PASS;
    return count;
}

/* "3 rows within 2 %, instructions of 3 within 0.5 %" */
static void append_passed(const struct dcb_gate *gate, struct dcb_strbuf *out)
{
    size_t begun = out->length;

    for (int rule = 0; rule < DCB_GATE_RULES; rule++) {
        size_t count = count_passed(gate, (enum dcb_gate_rule)rule);
        char text[DCB_GATE_TEXT];

        if (count == 0)
            continue;
        dcb_strbuf_append(out, out->length > begun ? ", " : "");
        if (rule != DCB_GATE_TIME)
            dcb_strbuf_appendf(out, "%s of ", dcb_gate_rule_name(rule));
        dcb_strbuf_appendf(out, "%zu row%s within %s", count, count == 1 ? "" : "s",
                           dcb_gate_margin_text(text, gate->settings.margins[rule], ""));
    }
}

static void append_improved(const struct dcb_gate *gate, struct dcb_strbuf *out)
{
    size_t count = 0;

    for (size_t i = 0; i < gate->finding_count; i++) {
        const struct dcb_gate_finding *finding = &gate->findings[i];

        if (!dcb_gate_judged(finding)->improved || count++ >= LISTED)
            continue;
        dcb_strbuf_appendf(out, "%s%s on %s", count == 1 ? "; better: " : ", ",
                           finding->impl, finding->workload);
    }
    if (count > LISTED)
        dcb_strbuf_appendf(out, " and %zu more", count - LISTED);
    if (count && !gate->settings.update)
        dcb_strbuf_append(out, " (--update keeps that)");
}

static const char *lead_of(const struct dcb_gate *gate, enum dcb_gate_outcome outcome)
{
    static const char *const leads[] = {
        [DCB_GATE_PASS] = "no regression: ",  [DCB_GATE_NOT_APPLIED] = "not compared: ",
        [DCB_GATE_UNDECIDED] = "undecided: ", [DCB_GATE_NOT_COMPARED] = "not compared: ",
        [DCB_GATE_FAILED] = "failed: ",       [DCB_GATE_REGRESSION] = "regression: ",
        [DCB_GATE_WRONG] = "wrong copy: ",
    };

    return gate->signal ? "interrupted: " : leads[outcome];
}

/* Whether a finding of this rule is undecided for its own figures. */
static bool is_any_undecided(const struct dcb_gate *gate, enum dcb_gate_rule rule)
{
    for (size_t i = 0; i < gate->finding_count; i++) {
        const struct dcb_gate_finding *finding = &gate->findings[i];
        const struct dcb_gate_measure *measure = dcb_gate_judged(finding);

        if (finding->rule == rule && measure->outcome == DCB_GATE_UNDECIDED &&
            (rule == DCB_GATE_TIME || isfinite(measure->change.estimate)))
            return true;
    }
    return false;
}

static bool is_any_lasting(const struct dcb_gate *gate)
{
    for (size_t i = 0; i < gate->finding_count; i++) {
        if (dcb_gate_judged(&gate->findings[i])->lasting)
            return true;
    }
    return false;
}

/* What to do about it. */
static const char *advice_of(const struct dcb_gate *gate, enum dcb_gate_outcome outcome)
{
    if (gate->signal || gate->settings.update)
        return "";
    if ((outcome == DCB_GATE_NOT_COMPARED && gate->settings.rules[DCB_GATE_TIME]) ||
        (outcome == DCB_GATE_UNDECIDED && is_any_lasting(gate)))
        return "; --update measures the baseline file anew";
    if (outcome != DCB_GATE_UNDECIDED)
        return "";
    if (is_any_undecided(gate, DCB_GATE_TIME))
        return "; a longer --max-time or a wider --margin decides";
    if (is_any_undecided(gate, DCB_GATE_INSTRUCTIONS))
        return "; a wider --instructions-margin decides";
    return "";
}

char *dcb_gate_conclusion(const struct dcb_gate *gate)
{
    enum dcb_gate_outcome outcome = dcb_gate_outcome(gate);
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    if (gate->settings.update && !gate->signal && !dcb_gate_is_failure(outcome)) {
        dcb_strbuf_append(&out, "--update: no change is judged");
        append_improved(gate, &out);
        return dcb_strbuf_take(&out);
    }
    dcb_strbuf_append(&out, lead_of(gate, outcome));
    append_lost(gate, &out);
    if (gate->finding_count == 0 && outcome != DCB_GATE_WRONG)
        dcb_strbuf_append(&out, "no row of the baseline file was measured");
    else if (outcome == DCB_GATE_PASS)
        append_passed(gate, &out);
    else
        append_findings(gate, outcome, &out);
    append_improved(gate, &out);
    dcb_strbuf_append(&out, advice_of(gate, outcome));
    return dcb_strbuf_take(&out);
}
