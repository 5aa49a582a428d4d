#include <math.h>
#include <stdio.h>
#include <string.h>

#include "json_document_private.h"
#include "samples.h"
#include "simulation.h"
#include "utf8.h"
#include "xalloc.h"

/* ---- environment ---- */

static void decode_python(struct dcb_decode *decode, json_t *python)
{
    struct dcb_result *result = &decode->document->result;

    dcb_json_enter(decode->reader, "python");
    result->python.version = dcb_decode_copy(decode, python, "version");
    result->python.build = dcb_decode_copy(decode, python, "build");
    result->python.implementation = dcb_decode_copy(decode, python, "implementation");
    result->python.compiler = dcb_decode_copy(decode, python, "compiler");
    result->python.copy_path = dcb_decode_copy(decode, python, "copy_path");
    result->python.copy_sha256 = dcb_decode_copy(decode, python, "copy_sha256");
    result->python.linkage = dcb_decode_copy(decode, python, "linkage");
    result->python.own_linkage = dcb_decode_copy(decode, python, "interpreter_linkage");
    result->python.missing = dcb_decode_copy(decode, python, "missing_modules");
    dcb_json_leave(decode->reader);
}

void dcb_decode_environment(struct dcb_decode *decode, json_t *environment)
{
    struct dcb_json_reader *reader = decode->reader;
    struct dcb_sysinfo *system = &decode->document->result.system;
    double paranoid, load;

    dcb_json_enter(reader, "environment");
    dcb_decode_fill(decode, environment, "date", system->date, sizeof system->date);
    dcb_decode_fill(decode, environment, "cpu", system->cpu, sizeof system->cpu);
    dcb_decode_fill(decode, environment, "kernel", system->kernel, sizeof system->kernel);
    dcb_decode_fill(decode, environment, "machine", system->machine,
                    sizeof system->machine);
    dcb_decode_fill(decode, environment, "governor", system->governor,
                    sizeof system->governor);
    system->cpus = (int)dcb_json_need_whole(reader, environment, "cpus", 0, 1000000);
    system->virtual_machine =
        dcb_json_maybe_truth(reader, environment, "virtual_machine", false);
    load = dcb_json_maybe_number(reader, environment, "load_average", 0, 1e9);
    system->load = isnan(load) ? -1 : load;
    paranoid =
        dcb_json_maybe_number(reader, environment, "perf_event_paranoid", -1, 1000);
    system->perf_event_paranoid = isnan(paranoid) ? -2 : (int)paranoid;
    decode_python(decode, dcb_json_need_object(reader, environment, "python"));
    dcb_json_leave(reader);
}

/* ---- implementations and workloads ---- */

static enum dcb_spec_kind decode_kind(struct dcb_decode *decode, json_t *object)
{
    const char *text = dcb_json_need_text(decode->reader, object, "kind");

    for (int i = DCB_SPEC_FILE; i <= DCB_SPEC_PICKLE; i++) {
        if (strcmp(text, dcb_spec_kind_name((enum dcb_spec_kind)i)) == 0)
            return (enum dcb_spec_kind)i;
    }
    dcb_json_fail(decode->reader, "kind", "'%.40s' is no kind of source", text);
    return DCB_SPEC_FILE;
}

static void decode_source(struct dcb_decode *decode, json_t *object,
                          struct dcb_spec *spec, struct dcb_source *source)
{
    struct dcb_json_reader *reader = decode->reader;

    *spec = (struct dcb_spec){
        .label = dcb_xstrdup(dcb_json_need_text(reader, object, "label")),
        .builtin = dcb_json_maybe_truth(reader, object, "builtin", false),
        .kind = decode_kind(decode, object),
        .module = dcb_decode_copy(decode, object, "module"),
        .attr = dcb_decode_copy(decode, object, "attr"),
    };
    source->path = dcb_decode_copy(decode, object, "path");
    source->sha256 = dcb_decode_copy(decode, object, "sha256");
    if (spec->kind != DCB_SPEC_MODULE && source->path)
        spec->path = dcb_xstrdup(source->path);
    if (spec->label[0] == '\0')
        dcb_json_fail(reader, "label", "is empty");
}

static void check_label(struct dcb_decode *decode, const struct dcb_spec *specs,
                        size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(specs[i].label, specs[index].label) == 0)
            dcb_json_fail(decode->reader, "label", "'%.60s' is there a second time",
                          specs[index].label);
    }
}

/* The control, which the file leaves out, is the baseline again. */
static void add_control(struct dcb_plan *plan, struct dcb_result *result)
{
    const struct dcb_source *source = &result->arm_sources[0];

    dcb_spec_copy(&plan->arms[1], &plan->arms[0]);
    result->arm_sources[1] = (struct dcb_source){
        .path = source->path ? dcb_xstrdup(source->path) : NULL,
        .sha256 = source->sha256 ? dcb_xstrdup(source->sha256) : NULL,
    };
    plan->arm_count = 2;
}

static void decode_arms(struct dcb_decode *decode, json_t *object)
{
    struct dcb_json_reader *reader = decode->reader;
    struct dcb_plan *plan = &decode->document->plan;
    struct dcb_result *result = &decode->document->result;
    json_t *list = dcb_json_need_array(reader, object, "implementations");
    size_t count = json_array_size(list);

    if (!reader->failed && (count < 1 || count > DCB_ARMS_MAX - 1))
        dcb_json_fail(reader, "implementations", "%zu of them: 1 to %d are wanted", count,
                      DCB_ARMS_MAX - 1);
    if (reader->failed)
        return;
    plan->arms = dcb_xcalloc(count + 1, sizeof *plan->arms);
    result->arm_sources = dcb_xcalloc(count + 1, sizeof *result->arm_sources);
    dcb_json_enter(reader, "implementations");
    for (size_t i = 0; i < count && !reader->failed; i++) {
        size_t arm = i == 0 ? 0 : i + 1;

        dcb_json_enter_index(reader, i);
        plan->arm_count = arm + 1;
        decode_source(decode, json_array_get(list, i), &plan->arms[arm],
                      &result->arm_sources[arm]);
        if (i == 0)
            add_control(plan, result);
        else
            check_label(decode, plan->arms, arm);
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
}

static void check_baseline(struct dcb_decode *decode, json_t *object)
{
    const char *baseline = dcb_json_need_text(decode->reader, object, "baseline");

    if (!decode->reader->failed &&
        strcmp(decode->document->plan.arms[0].label, baseline) != 0)
        dcb_json_fail(decode->reader, "baseline",
                      "'%.60s' is not the first of the implementations", baseline);
}

static void decode_workload_specs(struct dcb_decode *decode, json_t *object)
{
    struct dcb_json_reader *reader = decode->reader;
    struct dcb_plan *plan = &decode->document->plan;
    struct dcb_result *result = &decode->document->result;
    json_t *list = dcb_json_need_array(reader, object, "workloads");
    size_t count = json_array_size(list);

    if (!reader->failed && count > DCB_DECODE_WORKLOADS_MAX)
        dcb_json_fail(reader, "workloads", "%zu of them: %d are read at most", count,
                      DCB_DECODE_WORKLOADS_MAX);
    if (reader->failed)
        return;
    plan->workloads = dcb_xcalloc(count + 1, sizeof *plan->workloads);
    result->workload_sources = dcb_xcalloc(count + 1, sizeof *result->workload_sources);
    dcb_json_enter(reader, "workloads");
    for (size_t i = 0; i < count && !reader->failed; i++) {
        dcb_json_enter_index(reader, i);
        plan->workload_count = i + 1;
        decode_source(decode, json_array_get(list, i), &plan->workloads[i],
                      &result->workload_sources[i]);
        check_label(decode, plan->workloads, i);
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
}

/* ---- settings ---- */

static void decode_simulation(struct dcb_decode *decode, json_t *simulation)
{
    struct dcb_plan *plan = &decode->document->plan;

    if (!simulation)
        return;
    dcb_json_enter(decode->reader, "simulation");
    plan->simulator = dcb_xstrdup("valgrind");
    plan->simulator_version = dcb_decode_copy(decode, simulation, "version");
    plan->simulator_geometry = dcb_decode_copy(decode, simulation, "geometry");
    plan->layouts = (uint32_t)dcb_json_need_whole(decode->reader, simulation, "layouts",
                                                  0, DCB_DECODE_LAYOUTS_MAX);
    dcb_json_leave(decode->reader);
}

static void decode_core(struct dcb_decode *decode, json_t *core)
{
    struct dcb_core_pmu *pmu = &decode->document->plan.core;

    if (!core)
        return;
    dcb_json_enter(decode->reader, "core");
    dcb_decode_fill(decode, core, "pmu", pmu->name, sizeof pmu->name);
    dcb_decode_fill(decode, core, "cpus", pmu->cpus, sizeof pmu->cpus);
    dcb_json_leave(decode->reader);
}

static void decode_settings(struct dcb_decode *decode, json_t *object)
{
    struct dcb_json_reader *reader = decode->reader;
    struct dcb_plan *plan = &decode->document->plan;

    plan->seed = dcb_json_need_whole(reader, object, "seed", 0, INT64_MAX);
    plan->precision = dcb_json_need_number(reader, object, "precision", 0, 1e6);
    plan->margin = dcb_json_need_number(reader, object, "margin", 0, 1e6);
    plan->confidence =
        dcb_json_need_number(reader, object, "confidence", 0.001, 0.9999999);
    plan->max_time_s = dcb_json_need_number(reader, object, "max_time_s", 0, 1e12);
    plan->timeout_s = dcb_json_need_number(reader, object, "timeout_s", 0, 1e12);
    plan->workers =
        (uint32_t)dcb_json_maybe_whole(reader, object, "workers", 0, UINT32_MAX, 0);
    plan->rounds =
        (uint32_t)dcb_json_maybe_whole(reader, object, "rounds", 0, UINT32_MAX, 0);
    plan->iterations =
        dcb_json_maybe_whole(reader, object, "iterations", 0, INT64_MAX, 0);
    plan->block_ns = dcb_json_need_whole(reader, object, "block_ns", 0, INT64_MAX);
    plan->warmups =
        (uint32_t)dcb_json_need_whole(reader, object, "warmup_blocks", 0, UINT32_MAX);
    plan->gc = dcb_json_maybe_truth(reader, object, "gc", true);
    plan->affinity =
        (int)dcb_json_maybe_whole(reader, object, "affinity", 0, 1000000, UINT64_MAX);
    dcb_decode_fill(decode, object, "no_hardware_counters", plan->hardware_reason,
                    sizeof plan->hardware_reason);
}

void dcb_decode_sources(struct dcb_decode *decode, json_t *object)
{
    decode_arms(decode, object);
    decode_workload_specs(decode, object);
}

void dcb_decode_plan(struct dcb_decode *decode, json_t *object)
{
    struct dcb_plan *plan = &decode->document->plan;
    const char *version = decode->document->result.python.version;

    dcb_json_enter(decode->reader, "plan");
    decode_settings(decode, object);
    decode_simulation(decode,
                      dcb_json_maybe_object(decode->reader, object, "simulation"));
    decode_core(decode, dcb_json_maybe_object(decode->reader, object, "core"));
    dcb_decode_sources(decode, object);
    check_baseline(decode, object);
    dcb_json_leave(decode->reader);
    plan->python_version = dcb_xstrdup(version ? version : "of an unknown version");
}

/* ---- counter rows ---- */

/* Adds a row of this name; fails where it cannot be one. */
static struct dcb_plan_row *add_row(struct dcb_decode *decode, const char *key,
                                    const char *name, enum dcb_row_kind kind,
                                    enum dcb_provider provider)
{
    struct dcb_plan *plan = &decode->document->plan;
    struct dcb_event event = {.software = provider == DCB_PROVIDER_KERNEL};

    if (name[0] == '\0' || strlen(name) >= sizeof plan->rows->name)
        dcb_json_fail(decode->reader, key, "is no name of a counter");
    for (size_t i = 0; i < plan->row_count; i++) {
        if (strcmp(plan->rows[i].name, name) == 0)
            dcb_json_fail(decode->reader, key, "'%s' is there a second time", name);
    }
    if (kind == DCB_KIND_SIMULATED && !dcb_simulated_row_find(name))
        dcb_json_fail(decode->reader, key, "'%.60s' is nothing that is simulated", name);
    if (decode->reader->failed)
        return NULL;
    if (kind != DCB_KIND_EVENT)
        return dcb_plan_add_row(plan, name, kind, provider);
    snprintf(event.name, sizeof event.name, "%s", name);
    dcb_plan_add_event(plan, &event);
    return &plan->rows[plan->row_count - 1];
}

/* What counts a row, where only its provider is known. */
static enum dcb_row_kind kind_of(const char *name, enum dcb_provider provider,
                                 bool has_event)
{
    static const struct {
        const char *name;
        enum dcb_row_kind kind;
    } direct[] = {{"time-elapsed", DCB_KIND_WALL},
                  {"task-clock", DCB_KIND_CPU},
                  {"page-faults", DCB_KIND_FAULTS},
                  {"context-switches", DCB_KIND_SWITCHES}};

    if (provider == DCB_PROVIDER_NONE)
        return DCB_KIND_NONE;
    if (provider == DCB_PROVIDER_SIMULATED)
        return DCB_KIND_SIMULATED;
    for (size_t i = 0; i < sizeof direct / sizeof *direct && !has_event; i++) {
        if (strcmp(direct[i].name, name) == 0)
            return direct[i].kind;
    }
    return DCB_KIND_EVENT;
}

static enum dcb_row_kind decode_row_kind(struct dcb_decode *decode, json_t *object,
                                         enum dcb_provider provider)
{
    const char *text = dcb_json_need_text(decode->reader, object, "kind");

    for (int i = DCB_KIND_EVENT; i <= DCB_KIND_NONE; i++) {
        enum dcb_row_kind kind = (enum dcb_row_kind)i;
        enum dcb_provider due = kind == DCB_KIND_SIMULATED ? DCB_PROVIDER_SIMULATED
                                : kind == DCB_KIND_EVENT || kind == DCB_KIND_NONE
                                    ? provider
                                    : DCB_PROVIDER_KERNEL;

        if (strcmp(text, dcb_plan_kind_name(kind)) != 0)
            continue;
        if (provider != due || (kind == DCB_KIND_EVENT && provider == DCB_PROVIDER_NONE))
            dcb_json_fail(decode->reader, "provider", "does not count rows of kind '%s'",
                          text);
        return kind;
    }
    dcb_json_fail(decode->reader, "kind", "'%.40s' is no kind of counter row", text);
    return DCB_KIND_NONE;
}

static void decode_row(struct dcb_decode *decode, json_t *object)
{
    struct dcb_json_reader *reader = decode->reader;
    struct dcb_result *result = &decode->document->result;
    const char *name = dcb_json_need_text(reader, object, "name");
    enum dcb_provider provider =
        (enum dcb_provider)dcb_decode_provider(decode, object, "provider");
    enum dcb_row_kind kind = decode_row_kind(decode, object, provider);

    if (!reader->failed && add_row(decode, "name", name, kind, provider))
        result->row_reasons[decode->document->plan.row_count - 1] =
            dcb_json_maybe_message(reader, object, "reason");
}

/* A row of a file without a list of rows, as the first cell with a value has it. */
static void guess_row(struct dcb_decode *decode, const char *name, json_t *cells)
{
    struct dcb_json_reader *reader = decode->reader;
    struct dcb_result *result = &decode->document->result;
    json_t *cell, *first = NULL, *counter = NULL;
    enum dcb_provider provider = DCB_PROVIDER_NONE;
    size_t i;

    json_array_foreach(cells, i, cell)
    {
        counter = json_object_get(json_object_get(cell, "counters"), name);
        first = first ? first : counter;
        if (json_is_string(json_object_get(counter, "provider")))
            break;
    }
    counter = json_is_object(counter) ? counter : first;
    if (json_is_string(json_object_get(counter, "provider")))
        provider = (enum dcb_provider)dcb_decode_provider(decode, counter, "provider");
    if (!dcb_utf8_is_printable(name))
        dcb_json_fail(reader, NULL, "a counter's name has a control character");
    if (reader->failed ||
        !add_row(
            decode, name, name,
            kind_of(name, provider, json_is_string(json_object_get(counter, "event"))),
            provider))
        return;
    if (provider == DCB_PROVIDER_NONE && json_is_object(first))
        result->row_reasons[decode->document->plan.row_count - 1] =
            dcb_json_maybe_message(reader, first, "reason");
}

static void guess_rows(struct dcb_decode *decode, json_t *cells)
{
    json_t *counters = json_object_get(json_array_get(cells, 0), "counters"), *value;
    const char *name;

    dcb_json_enter(decode->reader, "cells");
    dcb_json_enter_index(decode->reader, 0);
    dcb_json_enter(decode->reader, "counters");
    if (json_object_size(counters) > DCB_DECODE_ROWS_MAX)
        dcb_json_fail(decode->reader, NULL, "more than %d of them", DCB_DECODE_ROWS_MAX);
    else
        json_object_foreach(counters, name, value) guess_row(decode, name, cells);
    for (int i = 0; i < 3; i++)
        dcb_json_leave(decode->reader);
}

void dcb_decode_rows(struct dcb_decode *decode, json_t *plan, json_t *cells)
{
    struct dcb_json_reader *reader = decode->reader;
    struct dcb_result *result = &decode->document->result;
    json_t *rows;

    result->row_reasons =
        dcb_xcalloc(DCB_DECODE_ROWS_MAX + 1, sizeof *result->row_reasons);
    if (!decode->whole)
        return;
    dcb_json_enter(reader, "plan");
    rows = dcb_json_maybe_array(reader, plan, "rows");
    dcb_json_enter(reader, "rows");
    if (json_array_size(rows) > DCB_DECODE_ROWS_MAX)
        dcb_json_fail(reader, NULL, "more than %d of them", DCB_DECODE_ROWS_MAX);
    for (size_t i = 0; i < json_array_size(rows) && !reader->failed; i++) {
        dcb_json_enter_index(reader, i);
        decode_row(decode, json_array_get(rows, i));
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
    dcb_json_leave(reader);
    if (!rows)
        guess_rows(decode, cells);
}
