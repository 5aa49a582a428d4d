#include "json_verify.h"

#include <jansson.h>

#include "json_environment.h"
#include "json_values.h"
#include "plan.h"
#include "verify.h"
#include "verify_remarks.h"

static json_t *encode_plan(const struct dcb_verification *verification,
                           const struct dcb_plan *plan)
{
    const struct dcb_verify_request *request = verification->request;
    json_t *batteries = json_array(), *impls = json_array();

    for (int i = 0; i < DCB_BATTERY_COUNT; i++) {
        if (request->batteries[i])
            json_array_append_new(batteries,
                                  json_string(dcb_battery_name((enum dcb_battery)i)));
    }
    for (size_t i = 0; i < verification->impl_count; i++)
        json_array_append_new(impls, dcb_json_source(verification->impls[i].spec,
                                                     &verification->impls[i].source));
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "implementations", impls, "batteries",
                     batteries, "graphs", dcb_json_whole(request->graphs), "seed",
                     dcb_json_whole(request->seed), "timeout_s",
                     dcb_json_number(plan->timeout_s));
}

static json_t *encode_batteries(const struct dcb_verification *verification,
                                const struct dcb_verify_impl *impl)
{
    json_t *batteries = json_array();

    for (int i = 0; i < DCB_BATTERY_COUNT; i++) {
        const struct dcb_verify_battery *battery = &impl->batteries[i];

        if (!verification->request->batteries[i])
            continue;
        json_array_append_new(
            batteries,
            json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "battery",
                      dcb_battery_name((enum dcb_battery)i), "missing",
                      dcb_json_message(battery->missing), "cases",
                      battery->cases ? dcb_json_whole(battery->cases) : json_null(),
                      "passed", dcb_json_whole(battery->passed), "wrong",
                      dcb_json_whole(battery->wrong), "deviating",
                      dcb_json_whole(battery->deviating), "skipped",
                      dcb_json_whole(battery->skipped), "unasked",
                      battery->cases ? dcb_json_whole(battery->unasked) : json_null(),
                      "standard", dcb_json_whole(battery->standard)));
    }
    return batteries;
}

static json_t *encode_finding(const struct dcb_verify_finding *finding)
{
    return json_pack(
        "{s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:b}", "battery",
        dcb_battery_name(finding->battery), "case", dcb_json_message(finding->name),
        "number", dcb_json_whole(finding->number), "outcome",
        dcb_case_outcome_name(finding->outcome), "expected",
        dcb_json_message(finding->expected), "got", dcb_json_message(finding->got),
        "expression", dcb_json_message(finding->expression), "version",
        dcb_json_message(finding->version), "standard", (int)finding->standard);
}

static json_t *encode_cell(const struct dcb_verification *verification,
                           const struct dcb_verify_impl *impl)
{
    json_t *findings = json_array();

    for (size_t i = 0; i < impl->finding_count; i++)
        json_array_append_new(findings, encode_finding(&impl->findings[i]));
    return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o}", "impl",
                     dcb_json_text(impl->spec->label), "kind", "verify", "verdict",
                     dcb_verify_verdict_name(dcb_verify_verdict(impl)), "failure",
                     dcb_json_message(impl->failure), "elapsed_s",
                     dcb_json_number(impl->elapsed_s), "batteries",
                     encode_batteries(verification, impl), "findings", findings);
}

static json_t *encode_notes(const struct dcb_verification *verification)
{
    struct dcb_verify_notes notes;
    json_t *array = json_array();

    dcb_verify_notes_make(verification, &notes);
    for (size_t i = 0; i < notes.count; i++)
        json_array_append_new(array, dcb_json_message(notes.items[i].text));
    dcb_verify_notes_clear(&notes);
    return array;
}

char *dcb_json_verify(const struct dcb_verification *verification,
                      const struct dcb_plan *plan, const struct dcb_sysinfo *system,
                      int signal)
{
    json_t *cells = json_array();

    for (size_t i = 0; i < verification->impl_count; i++)
        json_array_append_new(cells, encode_cell(verification, &verification->impls[i]));
    return dcb_json_line(json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "schema", "dcbench-result/1",
        "kind", "verify", "dcbench", DCB_VERSION, "environment",
        dcb_json_environment(system, &verification->python), "plan",
        encode_plan(verification, plan), "cells", cells, "notes",
        encode_notes(verification), "elapsed_s", dcb_json_number(verification->elapsed_s),
        "interrupted", signal ? json_integer(signal) : json_null()));
}
