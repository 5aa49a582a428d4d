#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "derived.h"
#include "json_document_private.h"
#include "simulation.h"
#include "utf8.h"
#include "xalloc.h"

/* ---- counters ---- */

/* How a row was read; made where the file says anything of it. */
static struct dcb_row_origin *origin_of(struct dcb_decode *decode, size_t row)
{
    struct dcb_result *result = &decode->document->result;

    if (!result->row_origins)
        result->row_origins =
            dcb_xcalloc(decode->document->plan.row_count, sizeof *result->row_origins);
    return &result->row_origins[row];
}

static void decode_reading(struct dcb_decode *decode, json_t *object, size_t row)
{
    double overhead =
        dcb_json_maybe_number(decode->reader, object, "overhead", 0, DCB_DECODE_MOST);

    if (json_is_boolean(json_object_get(object, "user_reads")))
        origin_of(decode, row)->user_reads =
            dcb_json_maybe_truth(decode->reader, object, "user_reads", false);
    if (!isnan(overhead)) {
        origin_of(decode, row)->overheads = 1;
        origin_of(decode, row)->overhead_sum = overhead;
    }
}

/* What was counted is the same in every cell of the row; the first that has a value tells
 * it. */
static void decode_origin(struct dcb_decode *decode, json_t *object, size_t row)
{
    struct dcb_json_reader *reader = decode->reader;
    struct dcb_plan *plan = &decode->document->plan;
    struct dcb_event *event = &plan->events[plan->rows[row].event];
    const char *encoding = dcb_json_maybe_text(reader, object, "encoding");

    if (decode->has_origin[row])
        return;
    decode->has_origin[row] = true;
    dcb_decode_fill(decode, object, "event", event->name, sizeof event->name);
    dcb_decode_fill(decode, object, "pmu", event->pmu, sizeof event->pmu);
    dcb_decode_fill(decode, object, "counts", event->counts, sizeof event->counts);
    event->quality = (enum dcb_quality)dcb_decode_quality(decode, object, "quality");
    event->verified = dcb_json_maybe_truth(reader, object, "verified", false);
    if (encoding && strlen(encoding) < sizeof event->encoding)
        dcb_decode_fill(decode, object, "encoding", event->encoding,
                        sizeof event->encoding);
    else if (encoding) /* a file that stood in for the counter */
        origin_of(decode, row)->path = dcb_xstrdup(encoding);
    decode_reading(decode, object, row);
}

/* Why a simulated row has no value is told of the cell, once. */
static void decode_reason(struct dcb_decode *decode, json_t *object,
                          struct dcb_cell *cell, size_t row)
{
    char *reason = dcb_json_maybe_message(decode->reader, object, "reason");

    if (decode->document->plan.rows[row].kind == DCB_KIND_SIMULATED && reason &&
        !cell->not_simulated && !decode->document->result.row_reasons[row])
        cell->not_simulated = reason;
    else
        free(reason);
}

static void decode_counter(struct dcb_decode *decode, json_t *object,
                           struct dcb_cell *cell, size_t row)
{
    struct dcb_json_reader *reader = decode->reader;
    const struct dcb_plan_row *plan_row = &decode->document->plan.rows[row];
    struct dcb_counter_value *counter = &cell->counters[row];
    int provider = dcb_decode_provider(decode, object, "provider");
    json_t *ratio;

    counter->value =
        dcb_json_maybe_number(reader, object, "value", -DCB_DECODE_MOST, DCB_DECODE_MOST);
    counter->spread = dcb_json_maybe_number(reader, object, "spread", 0, DCB_DECODE_MOST);
    ratio = dcb_json_maybe_object(reader, object, "ratio");
    dcb_json_enter(reader, "ratio");
    counter->ratio = dcb_decode_interval(decode, ratio, 0);
    dcb_json_leave(reader);
    if (isnan(counter->value)) {
        decode_reason(decode, object, cell, row);
        return;
    }
    if (!reader->failed && (enum dcb_provider)provider != plan_row->provider)
        dcb_json_fail(reader, "provider", "is not that of the row");
    else if (plan_row->kind == DCB_KIND_NONE)
        dcb_json_fail(reader, "value", "of a row that was not counted");
    else if (plan_row->kind == DCB_KIND_EVENT)
        decode_origin(decode, object, row);
}

void dcb_decode_counters(struct dcb_decode *decode, json_t *object, struct dcb_cell *cell)
{
    struct dcb_json_reader *reader = decode->reader;
    const struct dcb_plan *plan = &decode->document->plan;
    json_t *counters = dcb_json_need_object(reader, object, "counters");

    dcb_json_enter(reader, "counters");
    if (json_object_size(counters) != plan->row_count)
        dcb_json_fail(reader, NULL, "%zu of them, where the run has %zu",
                      json_object_size(counters), plan->row_count);
    cell->counters = dcb_xcalloc(plan->row_count + 1, sizeof *cell->counters);
    for (size_t row = 0; row < plan->row_count && !reader->failed; row++) {
        const char *name = plan->rows[row].name;
        json_t *counter = dcb_json_need_object(reader, counters, name);

        dcb_json_enter(reader, name);
        decode_counter(decode, counter, cell, row);
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
}

/* ---- derived figures ---- */

static void decode_figure(struct dcb_decode *decode, json_t *object,
                          struct dcb_derived_value *value)
{
    struct dcb_json_reader *reader = decode->reader;
    char *reason = dcb_json_maybe_message(reader, object, "reason");

    snprintf(value->reason, sizeof value->reason, "%s", reason ? reason : "");
    dcb_utf8_mend(value->reason);
    free(reason);
    value->value =
        dcb_json_maybe_number(reader, object, "value", -DCB_DECODE_MOST, DCB_DECODE_MOST);
    value->provider = (enum dcb_provider)dcb_decode_provider(decode, object, "provider");
    if (!reader->failed && isnan(value->value) != (value->provider == DCB_PROVIDER_NONE))
        dcb_json_fail(reader, "provider", "where there is %s value",
                      isnan(value->value) ? "no" : "a");
}

void dcb_decode_derived(struct dcb_decode *decode, json_t *object, struct dcb_cell *cell)
{
    struct dcb_json_reader *reader = decode->reader;
    json_t *derived = dcb_json_need_object(reader, object, "derived");

    dcb_json_enter(reader, "derived");
    cell->derived = dcb_xcalloc(DCB_DERIVED_COUNT, sizeof *cell->derived);
    for (size_t i = 0; i < DCB_DERIVED_COUNT && !reader->failed; i++) {
        const char *name = dcb_derived_rows[i].name;
        json_t *figure = dcb_json_maybe_object(reader, derived, name);

        cell->derived[i] = (struct dcb_derived_value){
            .value = DCB_UNKNOWN, .reason = "the file does not have it"};
        if (!figure)
            continue;
        dcb_json_enter(reader, name);
        decode_figure(decode, figure, &cell->derived[i]);
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
}

/* ---- layouts ---- */

static void decode_layout(struct dcb_decode *decode, json_t *object,
                          struct dcb_cell *cell)
{
    struct dcb_json_reader *reader = decode->reader;
    size_t seed = (size_t)dcb_json_need_whole(reader, object, "seed", 0,
                                              decode->document->plan.layouts - 1);
    json_t *counts = dcb_json_need_object(reader, object, "counts");

    if (reader->failed)
        return;
    if (cell->layouts[seed].iterations)
        dcb_json_fail(reader, "seed", "%zu is there a second time", seed);
    cell->layouts[seed].iterations =
        dcb_json_need_whole(reader, object, "iterations", 1, INT64_MAX);
    dcb_json_enter(reader, "counts");
    for (size_t i = 0; i < DCB_SIM_EVENTS; i++)
        cell->layouts[seed].counts[i] =
            dcb_json_need_whole(reader, counts, dcb_simulated_names[i], 0, INT64_MAX);
    dcb_json_leave(reader);
}

void dcb_decode_layouts(struct dcb_decode *decode, json_t *object, struct dcb_cell *cell)
{
    struct dcb_json_reader *reader = decode->reader;
    json_t *list = dcb_json_need_array(reader, object, "layouts");
    size_t count = json_array_size(list), most = decode->document->plan.layouts;

    dcb_json_enter(reader, "layouts");
    if (count > most)
        dcb_json_fail(reader, NULL, "%zu of them, where %zu were simulated", count, most);
    if (count && !reader->failed)
        cell->layouts = dcb_xcalloc(most, sizeof *cell->layouts);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        dcb_json_enter_index(reader, i);
        decode_layout(decode, json_array_get(list, i), cell);
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
}

/* ---- samples ---- */

static void decode_sample_counters(struct dcb_decode *decode, json_t *object,
                                   struct dcb_sample *sample)
{
    struct dcb_json_reader *reader = decode->reader;
    const struct dcb_plan *plan = &decode->document->plan;
    json_t *counters = dcb_json_need_object(reader, object, "counters");

    dcb_json_enter(reader, "counters");
    sample->counters = dcb_xcalloc(plan->row_count + 1, sizeof *sample->counters);
    for (size_t row = 0; row < plan->row_count; row++) {
        if (plan->rows[row].kind == DCB_KIND_WALL)
            sample->counters[row] = sample->time_ns;
        else if (plan->rows[row].kind == DCB_KIND_CPU)
            sample->counters[row] = sample->cpu_ns;
        else
            sample->counters[row] =
                dcb_json_maybe_number(reader, counters, plan->rows[row].name,
                                      -DCB_DECODE_MOST, DCB_DECODE_MOST);
    }
    dcb_json_leave(reader);
}

static void decode_sample(struct dcb_decode *decode, json_t *object,
                          struct dcb_workload_result *workload, struct dcb_sample *sample)
{
    enum { LOG_MOST = 40 }; /* e^40 is 2e17 */
    struct dcb_json_reader *reader = decode->reader;
    uint64_t seed = dcb_json_need_whole(reader, object, "seed", 0, INT64_MAX);

    sample->worker = (size_t)dcb_json_need_whole(reader, object, "worker", 0, UINT32_MAX);
    if (!reader->failed && sample->worker >= workload->worker_count)
        dcb_json_fail(reader, "worker", "there is no worker %zu", sample->worker);
    sample->rounds =
        (uint32_t)dcb_json_need_whole(reader, object, "rounds", 0, UINT32_MAX);
    sample->iterations = dcb_json_need_whole(reader, object, "iterations", 1, INT64_MAX);
    sample->time_ns = dcb_json_need_number(reader, object, "time_ns", DCB_DECODE_LEAST,
                                           DCB_DECODE_MOST);
    sample->cpu_ns = dcb_json_maybe_number(reader, object, "cpu_ns", 0, DCB_DECODE_MOST);
    sample->log_ratio =
        dcb_json_maybe_number(reader, object, "log_ratio", -LOG_MOST, LOG_MOST);
    sample->cpu_log_ratio = DCB_UNKNOWN;
    sample->log_ratio_change =
        dcb_json_maybe_number(reader, object, "log_ratio_change", -LOG_MOST, LOG_MOST);
    sample->involuntary = dcb_json_need_whole(reader, object, "switches", 0, INT64_MAX);
    sample->disturbed =
        (uint32_t)dcb_json_need_whole(reader, object, "disturbed_blocks", 0, UINT32_MAX);
    decode_sample_counters(decode, object, sample);
    if (!reader->failed)
        workload->workers[sample->worker].seed = seed;
}

/* A file that does not list its workers tells their rounds here alone. */
static void take_rounds(struct dcb_worker *worker, const struct dcb_sample *sample)
{
    if (worker->elapsed_ns == 0 && worker->rounds < sample->rounds)
        worker->rounds = sample->rounds;
}

void dcb_decode_samples(struct dcb_decode *decode, json_t *object,
                        struct dcb_workload_result *workload, struct dcb_cell *cell)
{
    struct dcb_json_reader *reader = decode->reader;
    json_t *list = dcb_json_need_array(reader, object, "samples");
    size_t count = json_array_size(list);

    dcb_json_enter(reader, "samples");
    if (!reader->failed && count != cell->time.count)
        dcb_json_fail(reader, NULL, "%zu of them, and %zu workers in time_ns", count,
                      cell->time.count);
    if (!reader->failed)
        cell->samples = dcb_xcalloc(count + 1, sizeof *cell->samples);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        struct dcb_sample *sample = &cell->samples[i];

        dcb_json_enter_index(reader, i);
        cell->sample_count = cell->sample_capacity = i + 1;
        decode_sample(decode, json_array_get(list, i), workload, sample);
        if (!reader->failed && i && sample->worker <= sample[-1].worker)
            dcb_json_fail(reader, "worker", "%zu does not come behind %zu",
                          sample->worker, sample[-1].worker);
        if (!reader->failed)
            take_rounds(&workload->workers[sample->worker], sample);
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
}
