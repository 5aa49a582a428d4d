#include "json_gate.h"

#include <math.h>
#include <stdlib.h>

#include <jansson.h>

#include "compare.h"
#include "document.h"
#include "gate.h"
#include "json_values.h"

/* The interpreter and the machine of one side. */
static json_t *encode_side(const struct dcb_document *document)
{
    const struct dcb_result *result = &document->result;

    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o}", "date", dcb_json_name(result->system.date),
        "dcbench", dcb_json_name(document->version), "python",
        dcb_json_name(result->python.version), "cpu", dcb_json_name(result->system.cpu),
        "baseline", dcb_json_name(document->plan.arms[0].label));
}

static json_t *encode_baseline(const struct dcb_document *then)
{
    json_t *side = encode_side(then);

    json_object_set_new(side, "path", dcb_json_name(then->path));
    return side;
}

/* Where the code that is not built in was taken from. */
static json_t *encode_sources(const struct dcb_document *now)
{
    size_t arms = now->plan.arm_count, count = arms + now->plan.workload_count;
    json_t *sources = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct dcb_source *source = dcb_gate_source(now, i);
        const struct dcb_spec *spec =
            i < arms ? &now->plan.arms[i] : &now->plan.workloads[i - arms];

        if (source)
            json_array_append_new(sources,
                                  json_pack("{s:s, s:o, s:o}", "kind",
                                            i < arms ? "implementation" : "workload",
                                            "label", dcb_json_name(spec->label), "path",
                                            dcb_json_name(source->path)));
    }
    return sources;
}

static json_t *encode_attempt(const struct dcb_compare *compare)
{
    const struct dcb_document *now = compare->documents[1];
    json_t *attempt = encode_side(now), *workloads = json_array();

    for (size_t i = 0; i < now->result.workload_count; i++) {
        const struct dcb_workload_result *workload = &now->result.workloads[i];

        json_array_append_new(
            workloads,
            json_pack("{s:o, s:o, s:o, s:b}", "workload",
                      dcb_json_name(dcb_result_workload_label(&now->result, workload)),
                      "workers", dcb_json_whole(workload->worker_count), "elapsed_s",
                      dcb_json_number(workload->elapsed_s), "control_differs",
                      (int)workload->withheld));
    }
    json_object_set_new(attempt, "seed", dcb_json_whole(now->plan.seed));
    json_object_set_new(attempt, "precision", dcb_json_number(now->plan.precision));
    json_object_set_new(attempt, "max_time_s", dcb_json_number(now->plan.max_time_s));
    json_object_set_new(attempt, "confidence", dcb_json_number(compare->confidence));
    json_object_set_new(attempt, "workloads", workloads);
    return attempt;
}

static json_t *encode_measure(const struct dcb_gate_finding *finding,
                              const struct dcb_gate_measure *measure)
{
    return json_pack("{s:o, s:b, s:s, s:b, s:o, s:o, s:o, s:o, s:o}", "attempt",
                     dcb_json_whole(measure->attempt + 1), "judged",
                     (int)(measure == dcb_gate_judged(finding)), "outcome",
                     dcb_gate_outcome_name(measure->outcome), "improved",
                     (int)measure->improved, "then", dcb_json_interval(&measure->then),
                     "now", dcb_json_interval(&measure->now), "change",
                     dcb_json_interval(&measure->change), "wide",
                     dcb_json_interval(&measure->wide), "reason",
                     dcb_json_name(measure->reason));
}

static json_t *encode_finding(const struct dcb_gate_finding *finding)
{
    const struct dcb_gate_measure *judged = dcb_gate_judged(finding);
    json_t *measures = json_array(), *encoded;
    char *sentence = dcb_gate_sentence(finding);

    for (size_t i = 0; i < finding->measure_count; i++)
        json_array_append_new(measures, encode_measure(finding, &finding->measures[i]));
    encoded = json_pack(
        "{s:o, s:o, s:s, s:o, s:o, s:s, s:b, s:o, s:o}", "workload",
        dcb_json_name(finding->workload), "impl", dcb_json_name(finding->impl), "rule",
        dcb_gate_rule_name(finding->rule), "provider",
        dcb_json_name(dcb_provider_name(finding->provider)), "allowed",
        dcb_json_number(finding->margin), "outcome",
        dcb_gate_outcome_name(judged->outcome), "improved", (int)judged->improved, "text",
        dcb_json_name(sentence), "measures", measures);
    free(sentence);
    return encoded;
}

static json_t *encode_settings(const struct dcb_gate_settings *settings)
{
    json_t *rules = json_array();

    for (int rule = 0; rule < DCB_GATE_RULES; rule++) {
        if (settings->rules[rule])
            json_array_append_new(
                rules, json_pack("{s:s, s:o}", "rule",
                                 dcb_gate_rule_name((enum dcb_gate_rule)rule), "allowed",
                                 dcb_json_number(settings->margins[rule])));
    }
    return json_pack("{s:o, s:o, s:b}", "rules", rules, "retries",
                     dcb_json_whole(settings->retries), "update", (int)settings->update);
}

static json_t *encode_conclusion(const struct dcb_gate *gate)
{
    char *text = dcb_gate_conclusion(gate);
    json_t *conclusion = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "outcome",
        dcb_gate_outcome_name(dcb_gate_outcome(gate)), "interrupted",
        gate->signal ? json_integer(gate->signal) : json_null(), "text",
        dcb_json_name(text), "passed",
        dcb_json_whole(dcb_gate_count(gate, DCB_GATE_PASS)), "regressions",
        dcb_json_whole(dcb_gate_count(gate, DCB_GATE_REGRESSION)), "undecided",
        dcb_json_whole(dcb_gate_count(gate, DCB_GATE_UNDECIDED)), "not_compared",
        dcb_json_whole(dcb_gate_count(gate, DCB_GATE_NOT_COMPARED)));

    free(text);
    return conclusion;
}

char *dcb_json_gate(const struct dcb_gate *gate, bool updated)
{
    const struct dcb_compare *first = gate->compares[0];
    json_t *attempts = json_array(), *findings = json_array(), *notes = json_array();

    for (unsigned i = 0; i < gate->attempts; i++)
        json_array_append_new(attempts, encode_attempt(gate->compares[i]));
    for (size_t i = 0; i < gate->finding_count; i++)
        json_array_append_new(findings, encode_finding(&gate->findings[i]));
    for (size_t i = 0; i < first->note_count; i++) {
        if (!dcb_gate_leaves_out(first->notes[i]))
            json_array_append_new(notes, dcb_json_text(first->notes[i]));
    }
    return dcb_json_line(json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "schema", "dcbench-check/1",
        "dcbench", DCB_VERSION, "baseline", encode_baseline(first->documents[0]),
        "sources", encode_sources(first->documents[1]), "settings",
        encode_settings(&gate->settings), "attempts", attempts, "findings", findings,
        "conclusion", encode_conclusion(gate), "notes", notes, "updated", (int)updated));
}
