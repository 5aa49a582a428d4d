#include "json_result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "analysis.h"
#include "result.h"
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
        "s:o}",
        "baseline", text(plan->arms[0].label), "implementations", impls, "workloads",
        workloads, "seed", integer(plan->seed), "precision", number(plan->precision),
        "margin", number(plan->margin), "confidence", number(plan->confidence),
        "max_time_s", number(plan->max_time_s), "timeout_s", number(plan->timeout_s),
        "workers", plan->workers ? integer(plan->workers) : json_null(), "rounds",
        plan->rounds ? integer(plan->rounds) : json_null(), "iterations",
        plan->iterations ? integer(plan->iterations) : json_null(), "block_ns",
        integer(plan->block_ns), "warmup_blocks", integer(plan->warmups), "gc",
        (int)plan->gc, "affinity",
        plan->affinity >= 0 ? json_integer(plan->affinity) : json_null());
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

static json_t *encode_counter(const struct dcb_result *result,
                              const struct dcb_cell *cell, size_t index)
{
    const struct dcb_plan_row *row = &result->plan->rows[index];
    const struct dcb_counter_value *counter = &cell->counters[index];
    const struct dcb_event *event =
        row->kind == DCB_KIND_EVENT ? &result->plan->events[row->event] : NULL;
    bool known = isfinite(counter->value);
    const char *reason = known                        ? NULL
                         : result->row_reasons[index] ? result->row_reasons[index]
                         : cell->sample_count == 0
                             ? "no block was measured"
                             : "no block in which it counted all the time";
    const struct dcb_row_origin *origin =
        known && event && result->row_origins ? &result->row_origins[index] : NULL;
    bool hardware = origin && row->provider == DCB_PROVIDER_HARDWARE;
    json_t *ratio = json_null();

    if (isfinite(counter->ratio.estimate))
        ratio = json_pack("{s:o, s:o, s:o}", "estimate", number(counter->ratio.estimate),
                          "low", number(counter->ratio.low), "high",
                          number(counter->ratio.high));
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "value",
        number(counter->value), "spread", number(counter->spread), "ratio", ratio,
        "provider", text(known ? dcb_provider_name(row->provider) : NULL), "event",
        text(known && event ? event->name : NULL), "encoding",
        text(origin && origin->path ? origin->path
             : known && event       ? event->encoding
                                    : NULL),
        "quality", text(known ? "exact" : NULL), "scaled", 0, "reason", text(reason),
        "overhead",
        number(hardware && origin->overheads
                   ? origin->overhead_sum / (double)origin->overheads
                   : DCB_UNKNOWN),
        "user_reads", hardware ? json_boolean(origin->user_reads) : json_null());
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
            json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "worker",
                      integer(sample->worker), "seed",
                      integer(workload->workers[sample->worker].seed), "rounds",
                      integer(sample->rounds), "iterations", integer(sample->iterations),
                      "time_ns", number(sample->time_ns), "cpu_ns",
                      number(sample->cpu_ns), "log_ratio", number(sample->log_ratio),
                      "switches", integer(sample->involuntary), "disturbed_blocks",
                      integer(sample->disturbed), "counters", counters));
    }
    return samples;
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
    return json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}",
                     "workload", text(dcb_result_workload_label(result, workload)),
                     "impl", text(dcb_result_arm_label(result, cell)), "role",
                     dcb_role_name(cell->role), "kind", "run", "status",
                     text(cell->status), "failure", text(dcb_failure_name(cell->failure)),
                     "time_ns", encode_summary(&cell->time, cell), "cpu_ns",
                     encode_summary(&cell->cpu, cell), "ratio", encode_ratio(plan, cell),
                     "verdict", text(dcb_verdict_name(cell->verdict)), "counters",
                     counters, "samples", encode_samples(plan, workload, cell),
                     "shares_code", (int)cell->shared);
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
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "workload",
        text(dcb_result_workload_label(result, workload)), "objects",
        integer(workload->objects), "workers", integer(workload->worker_count),
        "worker_start_ms", number(worker_start_ms(workload)), "elapsed_s",
        number(workload->elapsed_s), "precision_reached", number(workload->reached),
        "failure", text(workload->failure), "verdicts_withheld", (int)workload->withheld,
        "troubled_workers", workers, "anchor_spread", number(workload->anchor_spread));
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
