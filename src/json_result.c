#include "json_result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "analysis.h"
#include "derived.h"
#include "result.h"
#include "simulator.h"
#include "utf8.h"
#include "xalloc.h"

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *integer(uint64_t value)
{
    return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

/* Null for NULL. Paths and messages come from outside: bad bytes become '?'. */
static json_t *text(const char *bytes)
{
    json_t *string;
    char *clean;

    if (!bytes)
        return json_null();
    string = json_string(bytes);
    if (string)
        return string;
    clean = dcb_xstrdup(bytes);
    dcb_utf8_mend(clean);
    string = json_string(clean);
    free(clean);
    return string;
}

static json_t *encode_environment(const struct dcb_result *result)
{
    const struct dcb_sysinfo *system = &result->system;
    json_t *python = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "version",
        text(result->python.version), "build", text(result->python.build),
        "implementation", text(result->python.implementation), "compiler",
        text(result->python.compiler), "copy_path", text(result->python.copy_path),
        "copy_sha256", text(result->python.copy_sha256), "linkage",
        text(result->python.linkage), "interpreter_linkage",
        text(result->python.own_linkage), "missing_modules",
        text(result->python.missing));

    return json_pack(
        "{s:o, s:o, s:o, s:o, s:i, s:b, s:o, s:o, s:o, s:o}", "date", text(system->date),
        "cpu", text(system->cpu), "kernel", text(system->kernel), "machine",
        text(system->machine), "cpus", system->cpus, "virtual_machine",
        (int)system->virtual_machine, "governor",
        text(system->governor[0] ? system->governor : NULL), "load_average",
        number(system->load >= 0 ? system->load : DCB_UNKNOWN), "perf_event_paranoid",
        system->perf_event_paranoid > -2 ? json_integer(system->perf_event_paranoid)
                                         : json_null(),
        "python", python);
}

static json_t *encode_source(const struct dcb_spec *spec, const struct dcb_source *source)
{
    return json_pack(
        "{s:o, s:b, s:s, s:o, s:o, s:o, s:o}", "label", text(spec->label), "builtin",
        (int)spec->builtin, "kind", dcb_spec_kind_name(spec->kind), "module",
        text(spec->module), "attr", text(spec->attr), "path",
        text(source->path ? source->path : spec->path), "sha256", text(source->sha256));
}

/* What was simulated; null where nothing was. */
static json_t *encode_simulation(const struct dcb_plan *plan)
{
    if (!plan->simulator)
        return json_null();
    return json_pack("{s:s, s:o, s:s, s:o}", "tool", "callgrind", "version",
                     text(plan->simulator_version), "geometry", dcb_simulator_geometry,
                     "layouts", integer(plan->layouts));
}

/* The kind of core that the workers were kept on; null where there is one kind. */
static json_t *encode_core(const struct dcb_core_pmu *core)
{
    if (!core->name[0])
        return json_null();
    return json_pack("{s:o, s:o}", "pmu", text(core->name), "cpus", text(core->cpus));
}

static json_t *encode_plan(const struct dcb_result *result)
{
    const struct dcb_plan *plan = result->plan;
    json_t *impls = json_array(), *workloads = json_array();

    for (size_t i = 0; i < plan->arm_count; i++) {
        if (i != 1) /* the control is the baseline again */
            json_array_append_new(impls,
                                  encode_source(&plan->arms[i], &result->arm_sources[i]));
    }
    for (size_t i = 0; i < plan->workload_count; i++)
        json_array_append_new(
            workloads, encode_source(&plan->workloads[i], &result->workload_sources[i]));
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, "
        "s:o, s:o, s:o, s:o}",
        "baseline", text(plan->arms[0].label), "implementations", impls, "workloads",
        workloads, "seed", integer(plan->seed), "precision", number(plan->precision),
        "margin", number(plan->margin), "confidence", number(plan->confidence),
        "max_time_s", number(plan->max_time_s), "timeout_s", number(plan->timeout_s),
        "workers", plan->workers ? integer(plan->workers) : json_null(), "rounds",
        plan->rounds ? integer(plan->rounds) : json_null(), "iterations",
        plan->iterations ? integer(plan->iterations) : json_null(), "block_ns",
        integer(plan->block_ns), "warmup_blocks", integer(plan->warmups), "gc",
        (int)plan->gc, "affinity",
        plan->affinity >= 0 ? json_integer(plan->affinity) : json_null(), "simulation",
        encode_simulation(plan), "no_hardware_counters",
        text(plan->hardware_reason[0] ? plan->hardware_reason : NULL), "core",
        encode_core(&plan->core));
}

static json_t *encode_summary(const struct dcb_summary *summary,
                              const struct dcb_cell *cell)
{
    if (summary->count == 0)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "median",
                     number(summary->median), "mean", number(summary->mean), "stddev",
                     number(summary->stddev), "min", number(summary->min), "max",
                     number(summary->max), "workers", integer(summary->count), "blocks",
                     integer(cell->blocks));
}

static json_t *encode_ratio(const struct dcb_plan *plan, const struct dcb_cell *cell)
{
    if (!isfinite(cell->ratio.estimate))
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "estimate",
                     number(cell->ratio.estimate), "low", number(cell->ratio.low), "high",
                     number(cell->ratio.high), "confidence", number(plan->confidence),
                     "interval_confidence", number(cell->confidence), "precision_wanted",
                     number(plan->precision), "detectable", number(cell->detectable));
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
    json_t *ratio = json_null();

    if (known)
        origin = origin_of(result->plan, row);
    if (isfinite(counter->ratio.estimate))
        ratio = json_pack("{s:o, s:o, s:o}", "estimate", number(counter->ratio.estimate),
                          "low", number(counter->ratio.low), "high",
                          number(counter->ratio.high));
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "value",
        number(counter->value), "spread", number(counter->spread), "ratio", ratio,
        "provider", text(known ? dcb_provider_name(row->provider) : NULL), "event",
        text(origin.event), "encoding",
        text(read && read->path ? read->path : origin.encoding), "pmu",
        text(read && read->path ? NULL : origin.pmu), "quality",
        text(dcb_quality_name(origin.quality)), "counts", text(origin.counts), "verified",
        origin.verified < 0 ? json_null() : json_boolean(origin.verified), "scaled", 0,
        "reason", text(dcb_result_missing(result, cell, index)), "overhead",
        number(hardware && read->overheads ? read->overhead_sum / (double)read->overheads
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

        json_object_set_new(derived, dcb_derived_rows[i].name,
                            json_pack("{s:o, s:o, s:o}", "value", number(value.value),
                                      "provider", text(dcb_provider_name(value.provider)),
                                      "reason",
                                      text(value.reason[0] ? value.reason : NULL)));
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
                                integer(layout->counts[k]));
        json_array_append_new(
            layouts, json_pack("{s:o, s:o, s:o}", "seed", integer(i), "iterations",
                               integer(layout->iterations), "counts", counts));
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
                                    number(sample->counters[row]));
        }
        json_array_append_new(
            samples,
            json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "worker",
                      integer(sample->worker), "seed",
                      integer(workload->workers[sample->worker].seed), "rounds",
                      integer(sample->rounds), "iterations", integer(sample->iterations),
                      "time_ns", number(sample->time_ns), "cpu_ns",
                      number(sample->cpu_ns), "log_ratio", number(sample->log_ratio),
                      "log_ratio_change", number(sample->log_ratio_change), "switches",
                      integer(sample->involuntary), "disturbed_blocks",
                      integer(sample->disturbed), "counters", counters));
    }
    return samples;
}

/* Null where no change was found. */
static json_t *encode_change(const struct dcb_change *change)
{
    if (!change->found)
        return json_null();
    return json_pack("{s:o, s:o, s:o}", "worker", integer(change->worker), "change",
                     number(change->size), "p", number(change->p));
}

static json_t *encode_settling(const struct dcb_settling *settling)
{
    if (!settling->found)
        return json_null();
    return json_pack("{s:o, s:o, s:o}", "change", number(settling->change.estimate),
                     "low", number(settling->change.low), "high",
                     number(settling->change.high));
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
        "{s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:o, s:b}",
        "workload", text(dcb_result_workload_label(result, workload)), "impl",
        text(dcb_result_arm_label(result, cell)), "role", dcb_role_name(cell->role),
        "kind", "run", "status", text(cell->status), "failure",
        text(dcb_failure_name(cell->failure)), "time_ns",
        encode_summary(&cell->time, cell), "cpu_ns", encode_summary(&cell->cpu, cell),
        "ratio", encode_ratio(plan, cell), "verdict",
        text(dcb_verdict_name(cell->verdict)), "drift", encode_change(&cell->drift),
        "settling", encode_settling(&cell->settling), "counters", counters, "derived",
        encode_derived(result, workload, cell), "layouts", encode_layouts(plan, cell),
        "samples", encode_samples(plan, workload, cell), "shares_code",
        (int)cell->shared);
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

static json_t *encode_workload(const struct dcb_result *result,
                               const struct dcb_workload_result *workload)
{
    json_t *workers = json_array();

    for (size_t i = 0; i < workload->worker_count; i++) {
        const struct dcb_worker *worker = &workload->workers[i];

        if (worker->trouble)
            json_array_append_new(workers,
                                  json_pack("{s:o, s:o, s:o}", "worker", integer(i),
                                            "seed", integer(worker->seed), "trouble",
                                            text(worker->trouble)));
    }
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "workload",
        text(dcb_result_workload_label(result, workload)), "objects",
        integer(workload->objects), "workers", integer(workload->worker_count),
        "worker_start_ms", number(worker_start_ms(workload)), "elapsed_s",
        number(workload->elapsed_s), "simulated_s",
        workload->simulated_s > 0 ? number(workload->simulated_s) : json_null(),
        "precision_reached", number(workload->reached), "failure",
        text(workload->failure), "verdicts_withheld", (int)workload->withheld,
        "troubled_workers", workers, "anchor_spread", number(workload->anchor_spread),
        "speed_change", encode_change(&workload->speed_change));
}

char *dcb_json_result(const struct dcb_result *result)
{
    json_t *cells = json_array(), *notes = json_array(), *workloads = json_array(), *root;
    char *dump, *line;

    for (size_t i = 0; i < result->workload_count; i++) {
        const struct dcb_workload_result *workload = &result->workloads[i];

        json_array_append_new(workloads, encode_workload(result, workload));
        for (size_t k = 0; k < workload->cell_count; k++)
            json_array_append_new(cells,
                                  encode_cell(result, workload, &workload->cells[k]));
    }
    for (size_t i = 0; i < result->note_count; i++)
        json_array_append_new(notes, text(result->notes[i]));
    root =
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "schema",
                  "dcbench-result/1", "kind", "run", "dcbench", DCB_VERSION,
                  "environment", encode_environment(result), "plan", encode_plan(result),
                  "workloads", workloads, "cells", cells, "notes", notes, "interrupted",
                  result->signal ? json_integer(result->signal) : json_null());
    dump = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(8));
    json_decref(root);
    line = dcb_xasprintf("%s\n", dump ? dump : "null");
    free(dump);
    return line;
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
            text(plan->workloads[workload].label), "worker", integer(worker), "round",
            integer(block->round), "impl", text(plan->arms[cell].label), "role",
            dcb_role_name(dcb_plan_role(cell)), "iterations", integer(block->iterations),
            "wall_ns", integer(block->wall_ns), "cpu_ns", integer(block->cpu_ns),
            "involuntary", integer(block->involuntary), "voluntary",
            integer(block->voluntary), "page_faults", integer(block->faults));
        int rc = json_dumpf(object, file, JSON_COMPACT);

        json_decref(object);
        if (rc != 0 || fputc('\n', file) == EOF)
            return -1;
    }
    return 0;
}
