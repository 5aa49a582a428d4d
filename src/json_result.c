#include "json_result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "analysis.h"
#include "derived.h"
#include "json_environment.h"
#include "json_values.h"
#include "result.h"
#include "simulator.h"
#include "xalloc.h"

/* What was simulated; null where nothing was. */
static json_t *encode_simulation(const struct dcb_plan *plan)
{
    if (!plan->simulator)
        return json_null();
    return json_pack("{s:s, s:o, s:s, s:o}", "tool", "callgrind", "version",
                     dcb_json_text(plan->simulator_version), "geometry",
                     dcb_simulator_geometry, "layouts", dcb_json_whole(plan->layouts));
}

/* The kind of core that the workers were kept on; null where there is one kind. */
static json_t *encode_core(const struct dcb_core_pmu *core)
{
    if (!core->name[0])
        return json_null();
    return json_pack("{s:o, s:o}", "pmu", dcb_json_text(core->name), "cpus",
                     dcb_json_text(core->cpus));
}

/* Every counter row of the run, whether it was counted or not. */
static json_t *encode_rows(const struct dcb_result *result)
{
    const struct dcb_plan *plan = result->plan;
    json_t *rows = json_array();

    for (size_t i = 0; i < plan->row_count; i++)
        json_array_append_new(
            rows,
            json_pack("{s:o, s:s, s:o, s:o}", "name", dcb_json_text(plan->rows[i].name),
                      "kind", dcb_plan_kind_name(plan->rows[i].kind), "provider",
                      dcb_json_text(dcb_provider_name(plan->rows[i].provider)), "reason",
                      dcb_json_message(result->row_reasons[i])));
    return rows;
}

static json_t *encode_plan(const struct dcb_result *result)
{
    const struct dcb_plan *plan = result->plan;
    json_t *impls = json_array(), *workloads = json_array();

    for (size_t i = 0; i < plan->arm_count; i++) {
        if (i != 1) /* the control is the baseline again */
            json_array_append_new(
                impls, dcb_json_source(&plan->arms[i], &result->arm_sources[i]));
    }
    for (size_t i = 0; i < plan->workload_count; i++)
        json_array_append_new(workloads, dcb_json_source(&plan->workloads[i],
                                                         &result->workload_sources[i]));
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, "
        "s:o, s:o, s:o, s:o, s:o}",
        "baseline", dcb_json_text(plan->arms[0].label), "implementations", impls,
        "workloads", workloads, "seed", dcb_json_whole(plan->seed), "precision",
        dcb_json_number(plan->precision), "margin", dcb_json_number(plan->margin),
        "confidence", dcb_json_number(plan->confidence), "max_time_s",
        dcb_json_number(plan->max_time_s), "timeout_s", dcb_json_number(plan->timeout_s),
        "workers", plan->workers ? dcb_json_whole(plan->workers) : json_null(), "rounds",
        plan->rounds ? dcb_json_whole(plan->rounds) : json_null(), "iterations",
        plan->iterations ? dcb_json_whole(plan->iterations) : json_null(), "block_ns",
        dcb_json_whole(plan->block_ns), "warmup_blocks", dcb_json_whole(plan->warmups),
        "gc", (int)plan->gc, "affinity",
        plan->affinity >= 0 ? json_integer(plan->affinity) : json_null(), "simulation",
        encode_simulation(plan), "no_hardware_counters",
        dcb_json_text(plan->hardware_reason[0] ? plan->hardware_reason : NULL), "core",
        encode_core(&plan->core), "rows", encode_rows(result));
}

static json_t *encode_summary(const struct dcb_summary *summary,
                              const struct dcb_cell *cell)
{
    if (summary->count == 0)
        return json_null();
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "median", dcb_json_number(summary->median),
        "mean", dcb_json_number(summary->mean), "stddev",
        dcb_json_number(summary->stddev), "min", dcb_json_number(summary->min), "max",
        dcb_json_number(summary->max), "workers", dcb_json_whole(summary->count),
        "blocks", dcb_json_whole(cell->blocks));
}

static json_t *encode_ratio(const struct dcb_plan *plan, const struct dcb_cell *cell)
{
    if (!isfinite(cell->ratio.estimate))
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "estimate",
                     dcb_json_number(cell->ratio.estimate), "low",
                     dcb_json_number(cell->ratio.low), "high",
                     dcb_json_number(cell->ratio.high), "confidence",
                     dcb_json_number(plan->confidence), "interval_confidence",
                     dcb_json_number(cell->confidence), "precision_wanted",
                     dcb_json_number(plan->precision), "detectable",
                     dcb_json_number(cell->detectable));
}

/* What a value is a count of. */
struct origin {
    const char *event, *encoding, *pmu, *counts;
    enum dcb_quality quality;
    int verified; /* -1: nobody can say */
};

static struct origin origin_of(const struct dcb_plan *plan,
                               const struct dcb_plan_row *row)
{
    const struct dcb_simulated_row *simulated;
    const struct dcb_event *event;

    if (row->kind == DCB_KIND_SIMULATED) {
        simulated = dcb_simulated_row_find(row->name);
        return (struct origin){.event = simulated->event,
                               .counts = simulated->counts,
                               .quality = simulated->counts ? DCB_QUALITY_PROXY
                                                            : DCB_QUALITY_EXACT,
                               .verified = -1};
    }
    if (row->kind != DCB_KIND_EVENT)
        return (struct origin){.quality = DCB_QUALITY_EXACT, .verified = -1};
    event = &plan->events[row->event];
    return (struct origin){.event = event->name,
                           .encoding = event->encoding,
                           .pmu = event->pmu[0] ? event->pmu : NULL,
                           .counts = event->counts[0] ? event->counts : NULL,
                           .quality = event->quality ? event->quality : DCB_QUALITY_EXACT,
                           .verified = event->software ? -1 : event->verified};
}

static json_t *encode_counter(const struct dcb_result *result,
                              const struct dcb_cell *cell, size_t index)
{
    const struct dcb_plan_row *row = &result->plan->rows[index];
    const struct dcb_counter_value *counter = &cell->counters[index];
    bool known = isfinite(counter->value);
    const struct dcb_row_origin *read =
        known && row->kind == DCB_KIND_EVENT && result->row_origins
            ? &result->row_origins[index]
            : NULL;
    bool hardware = read && row->provider == DCB_PROVIDER_HARDWARE;
    struct origin origin = {.verified = -1};

    if (known)
        origin = origin_of(result->plan, row);
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "value",
        dcb_json_number(counter->value), "spread", dcb_json_number(counter->spread),
        "ratio", dcb_json_interval(&counter->ratio), "provider",
        dcb_json_text(known ? dcb_provider_name(row->provider) : NULL), "event",
        dcb_json_text(origin.event), "encoding",
        dcb_json_text(read && read->path ? read->path : origin.encoding), "pmu",
        dcb_json_text(read && read->path ? NULL : origin.pmu), "quality",
        dcb_json_text(dcb_quality_name(origin.quality)), "counts",
        dcb_json_text(origin.counts), "verified",
        origin.verified < 0 ? json_null() : json_boolean(origin.verified), "scaled", 0,
        "reason", dcb_json_message(dcb_result_missing(result, cell, index)), "overhead",
        dcb_json_number(hardware && read->overheads
                            ? read->overhead_sum / (double)read->overheads
                            : DCB_UNKNOWN),
        "user_reads", hardware ? json_boolean(read->user_reads) : json_null());
}

static json_t *encode_derived(const struct dcb_result *result,
                              const struct dcb_workload_result *workload,
                              const struct dcb_cell *cell)
{
    json_t *derived = json_object();

    for (size_t i = 0; i < DCB_DERIVED_COUNT; i++) {
        struct dcb_derived_value value = dcb_derived_get(result, workload, cell, i);

        json_object_set_new(
            derived, dcb_derived_rows[i].name,
            json_pack("{s:o, s:o, s:o}", "value", dcb_json_number(value.value),
                      "provider", dcb_json_text(dcb_provider_name(value.provider)),
                      "reason", dcb_json_message(value.reason[0] ? value.reason : NULL)));
    }
    return derived;
}

/* All that callgrind has counted, for whoever wants another row of it. */
static json_t *encode_layouts(const struct dcb_plan *plan, const struct dcb_cell *cell)
{
    json_t *layouts = json_array();

    for (uint32_t i = 0; cell->layouts && i < plan->layouts; i++) {
        const struct dcb_simulated *layout = &cell->layouts[i];
        json_t *counts;

        if (layout->iterations == 0)
            continue;
        counts = json_object();
        for (size_t k = 0; k < DCB_SIM_EVENTS; k++)
            json_object_set_new(counts, dcb_simulated_names[k],
                                dcb_json_whole(layout->counts[k]));
        json_array_append_new(
            layouts, json_pack("{s:o, s:o, s:o}", "seed", dcb_json_whole(i), "iterations",
                               dcb_json_whole(layout->iterations), "counts", counts));
    }
    return layouts;
}

static json_t *encode_samples(const struct dcb_plan *plan,
                              const struct dcb_workload_result *workload,
                              const struct dcb_cell *cell)
{
    json_t *samples = json_array();

    /* What a failed arm did before it failed is not told. */
    for (size_t i = 0; cell->failure == DCB_FAILURE_NONE && i < cell->sample_count; i++) {
        const struct dcb_sample *sample = &cell->samples[i];
        json_t *counters = json_object();

        /* What time_ns and cpu_ns say already is not said again. */
        for (size_t row = 0; row < plan->row_count; row++) {
            if (isfinite(sample->counters[row]) &&
                plan->rows[row].kind != DCB_KIND_WALL &&
                plan->rows[row].kind != DCB_KIND_CPU)
                json_object_set_new(counters, plan->rows[row].name,
                                    dcb_json_number(sample->counters[row]));
        }
        json_array_append_new(
            samples, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                               "worker", dcb_json_whole(sample->worker), "seed",
                               dcb_json_whole(workload->workers[sample->worker].seed),
                               "rounds", dcb_json_whole(sample->rounds), "iterations",
                               dcb_json_whole(sample->iterations), "time_ns",
                               dcb_json_number(sample->time_ns), "cpu_ns",
                               dcb_json_number(sample->cpu_ns), "log_ratio",
                               dcb_json_number(sample->log_ratio), "log_ratio_change",
                               dcb_json_number(sample->log_ratio_change), "switches",
                               dcb_json_whole(sample->involuntary), "disturbed_blocks",
                               dcb_json_whole(sample->disturbed), "counters", counters));
    }
    return samples;
}

/* Null where no change was found. */
static json_t *encode_change(const struct dcb_change *change)
{
    if (!change->found)
        return json_null();
    return json_pack("{s:o, s:o, s:o}", "worker", dcb_json_whole(change->worker),
                     "change", dcb_json_number(change->size), "p",
                     dcb_json_number(change->p));
}

static json_t *encode_settling(const struct dcb_settling *settling)
{
    if (!settling->found)
        return json_null();
    return json_pack("{s:o, s:o, s:o}", "change",
                     dcb_json_number(settling->change.estimate), "low",
                     dcb_json_number(settling->change.low), "high",
                     dcb_json_number(settling->change.high));
}

static json_t *encode_cell(const struct dcb_result *result,
                           const struct dcb_workload_result *workload,
                           const struct dcb_cell *cell)
{
    const struct dcb_plan *plan = result->plan;
    json_t *counters = json_object();

    for (size_t row = 0; row < plan->row_count; row++)
        json_object_set_new(counters, plan->rows[row].name,
                            encode_counter(result, cell, row));
    return json_pack(
        "{s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:o, s:b}",
        "workload", dcb_json_text(dcb_result_workload_label(result, workload)), "impl",
        dcb_json_text(dcb_result_arm_label(result, cell)), "role",
        dcb_role_name(cell->role), "kind", "run", "status",
        dcb_json_message(cell->status), "failure",
        dcb_json_text(dcb_failure_name(cell->failure)), "copy",
        dcb_json_message(dcb_result_copy(cell)), "time_ns",
        encode_summary(&cell->time, cell), "cpu_ns", encode_summary(&cell->cpu, cell),
        "ratio", encode_ratio(plan, cell), "verdict",
        dcb_json_text(dcb_verdict_name(cell->verdict)), "drift",
        encode_change(&cell->drift), "settling", encode_settling(&cell->settling),
        "counters", counters, "derived", encode_derived(result, workload, cell),
        "layouts", encode_layouts(plan, cell), "samples",
        encode_samples(plan, workload, cell), "shares_code", (int)cell->shared);
}

/* Median of the times from a worker's start to its first round. */
static double worker_start_ms(const struct dcb_workload_result *workload)
{
    double *values = dcb_xcalloc(workload->worker_count + 1, sizeof *values), median;
    size_t count = 0;

    for (size_t i = 0; i < workload->worker_count; i++) {
        if (workload->workers[i].ready_ns)
            values[count++] = (double)workload->workers[i].ready_ns * 1e-6;
    }
    median = dcb_stats_median(values, count);
    free(values);
    return median;
}

static json_t *encode_workers(const struct dcb_workload_result *workload)
{
    json_t *workers = json_array();

    for (size_t i = 0; i < workload->worker_count; i++) {
        const struct dcb_worker *worker = &workload->workers[i];

        json_array_append_new(
            workers,
            json_pack("{s:o, s:o, s:o}", "rounds", dcb_json_whole(worker->rounds),
                      "ready_ns",
                      worker->ready_ns ? dcb_json_whole(worker->ready_ns) : json_null(),
                      "elapsed_ns", dcb_json_whole(worker->elapsed_ns)));
    }
    return workers;
}

static json_t *encode_workload(const struct dcb_result *result,
                               const struct dcb_workload_result *workload)
{
    json_t *workers = json_array();

    for (size_t i = 0; i < workload->worker_count; i++) {
        const struct dcb_worker *worker = &workload->workers[i];

        if (worker->trouble)
            json_array_append_new(
                workers, json_pack("{s:o, s:o, s:o}", "worker", dcb_json_whole(i), "seed",
                                   dcb_json_whole(worker->seed), "trouble",
                                   dcb_json_message(worker->trouble)));
    }
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o}", "workload",
        dcb_json_text(dcb_result_workload_label(result, workload)), "objects",
        dcb_json_whole(workload->objects), "workers",
        dcb_json_whole(workload->worker_count), "worker_start_ms",
        dcb_json_number(worker_start_ms(workload)), "elapsed_s",
        dcb_json_number(workload->elapsed_s), "simulated_s",
        workload->simulated_s > 0 ? dcb_json_number(workload->simulated_s) : json_null(),
        "precision_reached", dcb_json_number(workload->reached), "failure",
        dcb_json_message(workload->failure), "verdicts_withheld", (int)workload->withheld,
        "troubled_workers", workers, "anchor_spread",
        dcb_json_number(workload->anchor_spread), "speed_change",
        encode_change(&workload->speed_change), "each_worker", encode_workers(workload));
}

static json_t *encode_case(const struct dcb_verified_case *verified_case)
{
    if (!verified_case->name)
        return json_null();
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "battery",
                     dcb_battery_name(verified_case->battery), "name",
                     dcb_json_message(verified_case->name), "expected",
                     dcb_json_message(verified_case->expected), "got",
                     dcb_json_message(verified_case->got), "expression",
                     dcb_json_message(verified_case->expression));
}

/* One for each implementation that was asked. */
static json_t *encode_verified(const struct dcb_result *result)
{
    json_t *list = json_array();

    for (size_t i = 0; i < result->plan->arm_count; i++) {
        const struct dcb_verified *verified = dcb_result_verified(result, i);

        if (!verified)
            continue;
        json_array_append_new(
            list, json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "impl",
                            dcb_json_text(result->plan->arms[i].label), "verdict",
                            dcb_verify_verdict_name(verified->verdict), "reason",
                            dcb_json_message(verified->reason), "cases",
                            dcb_json_whole(verified->cases), "passed",
                            dcb_json_whole(verified->passed), "wrong",
                            dcb_json_whole(verified->wrong), "deviating",
                            dcb_json_whole(verified->deviating), "skipped",
                            dcb_json_whole(verified->skipped), "first",
                            encode_case(&verified->first)));
    }
    return list;
}

char *dcb_json_result(const struct dcb_result *result)
{
    json_t *cells = json_array(), *notes = json_array(), *workloads = json_array(), *root;

    for (size_t i = 0; i < result->workload_count; i++) {
        const struct dcb_workload_result *workload = &result->workloads[i];

        json_array_append_new(workloads, encode_workload(result, workload));
        for (size_t k = 0; k < workload->cell_count; k++)
            json_array_append_new(cells,
                                  encode_cell(result, workload, &workload->cells[k]));
    }
    for (size_t i = 0; i < result->note_count; i++)
        json_array_append_new(notes, dcb_json_message(result->notes[i]));
    root = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "schema", "dcbench-result/1", "kind", "run", "dcbench", DCB_VERSION,
                     "label", dcb_json_text(result->label), "commit",
                     dcb_json_text(result->commit), "environment",
                     dcb_json_environment(&result->system, &result->python), "plan",
                     encode_plan(result), "verify", encode_verified(result), "workloads",
                     workloads, "cells", cells, "notes", notes, "interrupted",
                     result->signal ? json_integer(result->signal) : json_null());
    return dcb_json_line(root);
}

int dcb_json_blocks(FILE *file, const struct dcb_plan *plan, size_t workload,
                    size_t worker, const struct dcb_block *blocks, uint32_t count,
                    const size_t *cells)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct dcb_block *block = &blocks[i];
        size_t cell = cells[block->arm];
        json_t *object = json_pack(
            "{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "workload",
            dcb_json_text(plan->workloads[workload].label), "worker",
            dcb_json_whole(worker), "round", dcb_json_whole(block->round), "impl",
            dcb_json_text(plan->arms[cell].label), "role",
            dcb_role_name(dcb_plan_role(cell)), "iterations",
            dcb_json_whole(block->iterations), "wall_ns", dcb_json_whole(block->wall_ns),
            "cpu_ns", dcb_json_whole(block->cpu_ns), "involuntary",
            dcb_json_whole(block->involuntary), "voluntary",
            dcb_json_whole(block->voluntary), "page_faults",
            dcb_json_whole(block->faults));
        int rc = json_dumpf(object, file, JSON_COMPACT);

        json_decref(object);
        if (rc != 0 || fputc('\n', file) == EOF)
            return -1;
    }
    return 0;
}
