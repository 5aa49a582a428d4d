#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json_document_private.h"
#include "xalloc.h"

/* ---- times and ratios ---- */

static struct dcb_summary decode_summary(struct dcb_decode *decode, json_t *cell,
                                         const char *key, uint64_t *ret_blocks)
{
    struct dcb_json_reader *reader = decode->reader;
    json_t *object = dcb_json_maybe_object(reader, cell, key);
    const double most = DCB_DECODE_MOST;
    struct dcb_summary summary = {.count = 0};

    if (!object)
        return summary;
    dcb_json_enter(reader, key);
    summary.median =
        dcb_json_need_number(reader, object, "median", DCB_DECODE_LEAST, most);
    summary.mean = dcb_json_need_number(reader, object, "mean", DCB_DECODE_LEAST, most);
    summary.stddev = dcb_json_maybe_number(reader, object, "stddev", 0, most);
    summary.min = dcb_json_need_number(reader, object, "min", 0, most);
    summary.max = dcb_json_need_number(reader, object, "max", 0, most);
    summary.count = (size_t)dcb_json_need_whole(reader, object, "workers", 1, UINT32_MAX);
    *ret_blocks = dcb_json_need_whole(reader, object, "blocks", 0, INT64_MAX);
    if (summary.min > summary.median || summary.max < summary.median)
        dcb_json_fail(reader, "median", "%.9g is not between min and max",
                      summary.median);
    dcb_json_leave(reader);
    return summary;
}

static void decode_ratio(struct dcb_decode *decode, json_t *object, struct dcb_cell *cell)
{
    struct dcb_json_reader *reader = decode->reader;
    json_t *ratio = dcb_json_maybe_object(reader, object, "ratio");

    dcb_json_enter(reader, "ratio");
    if (ratio && cell->role == DCB_ROLE_BASELINE)
        dcb_json_fail(reader, NULL, "the baseline has one, to itself");
    cell->ratio = dcb_decode_interval(decode, ratio, DCB_DECODE_LEAST);
    cell->confidence = cell->detectable = DCB_UNKNOWN;
    if (ratio) {
        cell->confidence =
            dcb_json_need_number(reader, ratio, "interval_confidence", 0.001, 0.99999999);
        cell->detectable =
            dcb_json_maybe_number(reader, ratio, "detectable", 0, DCB_DECODE_MOST);
    }
    dcb_json_leave(reader);
}

static enum dcb_verdict decode_verdict(struct dcb_decode *decode, json_t *object)
{
    const char *text = dcb_json_maybe_text(decode->reader, object, "verdict");

    if (!text)
        return DCB_VERDICT_NONE;
    for (int i = DCB_VERDICT_FASTER; i <= DCB_VERDICT_INCONCLUSIVE; i++) {
        if (strcmp(text, dcb_verdict_name((enum dcb_verdict)i)) == 0)
            return (enum dcb_verdict)i;
    }
    dcb_json_fail(decode->reader, "verdict", "'%.40s' is no verdict", text);
    return DCB_VERDICT_NONE;
}

static enum dcb_failure decode_failure(struct dcb_decode *decode, json_t *object)
{
    const char *text = dcb_json_maybe_text(decode->reader, object, "failure");

    if (!text)
        return DCB_FAILURE_NONE;
    for (int i = DCB_FAILURE_LOAD; i <= DCB_FAILURE_DIED; i++) {
        if (strcmp(text, dcb_failure_name((enum dcb_failure)i)) == 0)
            return (enum dcb_failure)i;
    }
    dcb_json_fail(decode->reader, "failure", "'%.40s' is no kind of failure", text);
    return DCB_FAILURE_NONE;
}

static struct dcb_settling decode_settling(struct dcb_decode *decode, json_t *object)
{
    struct dcb_json_reader *reader = decode->reader;
    json_t *value = dcb_json_maybe_object(reader, object, "settling");
    const double most = DCB_DECODE_MOST;
    struct dcb_settling settling = {.found = value != NULL};

    if (!value)
        return settling;
    dcb_json_enter(reader, "settling");
    settling.change.estimate = dcb_json_need_number(reader, value, "change", -most, most);
    settling.change.low = dcb_json_maybe_number(reader, value, "low", -most, most);
    settling.change.high = dcb_json_maybe_number(reader, value, "high", -most, most);
    if (settling.change.low > settling.change.estimate ||
        settling.change.high < settling.change.estimate)
        dcb_json_fail(reader, "change", "is not between low and high");
    dcb_json_leave(reader);
    return settling;
}

/* ---- cells ---- */

/* Cells stand workload by workload, each with all arms in the order of the plan: so each
 * workload has one baseline, one control and every candidate. */
static void check_place(struct dcb_decode *decode, json_t *object,
                        const struct dcb_workload_result *workload,
                        const struct dcb_cell *cell)
{
    struct dcb_json_reader *reader = decode->reader;
    const struct dcb_result *result = &decode->document->result;
    const struct {
        const char *key, *due;
    } places[] = {{"workload", dcb_result_workload_label(result, workload)},
                  {"impl", dcb_result_arm_label(result, cell)},
                  {"role", dcb_role_name(cell->role)}};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *text = dcb_json_need_text(reader, object, places[i].key);

        if (strcmp(text, places[i].due) != 0)
            dcb_json_fail(reader, places[i].key,
                          "is '%.60s', and '%.60s' is due here: a workload has a cell "
                          "for each implementation, in the plan's order",
                          text, places[i].due);
    }
}

/* What is wrong with a copy, the status says as well. */
static bool decode_copy(struct dcb_decode *decode, json_t *object)
{
    char *text = dcb_json_maybe_message(decode->reader, object, "copy");
    bool copies = text && strcmp(text, "correct") == 0;

    free(text);
    return copies;
}

static void decode_cell(struct dcb_decode *decode, json_t *object,
                        struct dcb_workload_result *workload, struct dcb_cell *cell)
{
    struct dcb_json_reader *reader = decode->reader;
    uint64_t cpu_blocks;

    check_place(decode, object, workload, cell);
    cell->failure = decode_failure(decode, object);
    cell->status = dcb_json_maybe_message(reader, object, "status");
    cell->copies = decode_copy(decode, object);
    cell->shared = dcb_json_maybe_truth(reader, object, "shares_code", false);
    cell->time = decode_summary(decode, object, "time_ns", &cell->blocks);
    cell->cpu = decode_summary(decode, object, "cpu_ns", &cpu_blocks);
    decode_ratio(decode, object, cell);
    cell->verdict = decode_verdict(decode, object);
    cell->drift = dcb_decode_change(decode, object, "drift");
    cell->settling = decode_settling(decode, object);
    if (!reader->failed && !cell->status)
        dcb_json_fail(reader, "status", "is missing: text is wanted");
    if (decode->whole) {
        dcb_decode_counters(decode, object, cell);
        dcb_decode_derived(decode, object, cell);
        dcb_decode_layouts(decode, object, cell);
        dcb_decode_samples(decode, object, workload, cell);
    }
}

void dcb_decode_cells(struct dcb_decode *decode, json_t *list)
{
    struct dcb_json_reader *reader = decode->reader;
    struct dcb_result *result = &decode->document->result;
    size_t arms = decode->document->plan.arm_count, count = json_array_size(list);

    dcb_json_enter(reader, "cells");
    if (count != result->workload_count * arms)
        dcb_json_fail(reader, NULL,
                      "%zu of them: %zu are due, of %zu workloads with %zu "
                      "implementations and a control",
                      count, result->workload_count * arms, result->workload_count,
                      arms ? arms - 1 : 0);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        struct dcb_workload_result *workload = &result->workloads[i / arms];
        struct dcb_cell *cell;

        if (i % arms == 0)
            workload->cells = dcb_xcalloc(arms, sizeof *workload->cells);
        cell = &workload->cells[workload->cell_count++];
        *cell = (struct dcb_cell){.arm = i % arms, .role = dcb_plan_role(i % arms)};
        dcb_json_enter_index(reader, i);
        decode_cell(decode, json_array_get(list, i), workload, cell);
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
}
