#include "json_pyperf.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "json_values.h"
#include "pyperf_text.h"
#include "result.h"
#include "strbuf.h"
#include "utf8.h"
#include "xalloc.h"

/* ---- metadata: numbers and non-empty strings of one line, nothing else ---- */

static void put_text(json_t *metadata, const char *key, const char *text)
{
    char *clean;

    if (!text || !*text)
        return;
    clean = dcb_pyperf_line(text);
    json_object_set_new(metadata, key, dcb_json_text(clean));
    free(clean);
}

/* What was not had is left out: pyperf takes no null. */
static void put_number(json_t *metadata, const char *key, double value)
{
    if (isfinite(value))
        json_object_set_new(metadata, key, json_real(value));
}

static void put_whole(json_t *metadata, const char *key, uint64_t value)
{
    json_object_set_new(metadata, key, dcb_json_whole(value));
}

/* "L1-dcache-loads" is dcbench_L1_dcache_loads; what was simulated says so in its name,
 * so that nobody compares it with what a PMU counted. */
static void put_counter(json_t *metadata, const struct dcb_plan_row *row, double value)
{
    const char *provider = row->kind == DCB_KIND_SIMULATED ? "simulated_" : "";
    struct dcb_strbuf key = DCB_STRBUF_INIT;

    dcb_strbuf_appendf(&key, "dcbench_%s%s", provider, row->name);
    for (char *c = key.text; *c; c++) {
        if (!isalnum((unsigned char)*c))
            *c = '_';
    }
    while (json_object_get(metadata, key.text)) /* "a-b" beside "a.b" */
        dcb_strbuf_append(&key, "_");
    put_number(metadata, key.text, value);
    dcb_strbuf_clear(&key);
}

/* What is known of the machine and the interpreter, under pyperf's names where what we
 * know is what pyperf means by them. */
static void put_machine(json_t *metadata, const struct dcb_result *result)
{
    const struct dcb_sysinfo *system = &result->system;
    char *date = dcb_pyperf_date(system->date), *platform = dcb_pyperf_platform(system);

    put_text(metadata, "date", date);
    put_text(metadata, "platform", platform);
    free(date);
    free(platform);
    put_text(metadata, "cpu_model_name", system->cpu);
    if (system->cpus > 0)
        put_whole(metadata, "dcbench_usable_cpus", (uint64_t)system->cpus);
    if (system->load >= 0)
        put_number(metadata, "load_avg_1min", system->load);
    put_text(metadata, "python_version", result->python.version);
    put_text(metadata, "python_implementation", result->python.implementation);
    put_text(metadata, "python_compiler", result->python.compiler);
}

static void put_plan(json_t *metadata, const struct dcb_plan *plan)
{
    char cpu[16];

    put_text(metadata, "unit", "second");
    put_text(metadata, "dcbench_version", DCB_VERSION);
    put_text(metadata, "dcbench_baseline", plan->arms[0].label);
    put_whole(metadata, "dcbench_warmup_blocks", plan->warmups);
    if (!plan->gc)
        put_text(metadata, "python_gc", "disabled");
    if (plan->affinity >= 0) {
        snprintf(cpu, sizeof cpu, "%d", plan->affinity);
        put_text(metadata, "cpu_affinity", cpu);
    }
}

/* ---- runs ---- */

/* What goes into one file. */
struct writer {
    const struct dcb_result *result;
    const struct dcb_workload_result *workload; /* in hand */
    const bool *keep;                           /* of its workers */
    enum dcb_pyperf_naming naming;
    char *name;    /* of the benchmark in hand */
    json_t *names; /* of all so far: a set */
    json_t *notes;
    struct dcb_strbuf *lines;
};

/* A line: labels have no line ends, messages of exceptions do. */
static void note(struct writer *writer, char *take_line)
{
    dcb_utf8_make_line(take_line);
    json_array_append_new(writer->notes, dcb_json_text(take_line));
    if (writer->lines)
        dcb_strbuf_appendf(writer->lines, "%s\n", take_line);
    free(take_line);
}

static bool has_value(const struct dcb_workload_result *workload,
                      const struct dcb_sample *sample)
{
    return sample->worker < workload->worker_count && isfinite(sample->time_ns) &&
           sample->time_ns > 0 && sample->rounds > 0 && sample->iterations > 0;
}

static bool is_measured(const struct dcb_workload_result *workload,
                        const struct dcb_cell *cell)
{
    if (cell->role == DCB_ROLE_CONTROL || cell->failure != DCB_FAILURE_NONE)
        return false;
    for (size_t i = 0; i < cell->sample_count; i++) {
        if (has_value(workload, &cell->samples[i]))
            return true;
    }
    return false;
}

static void put_counters(const struct writer *writer, json_t *metadata,
                         const struct dcb_cell *cell, const struct dcb_sample *sample)
{
    const struct dcb_plan *plan = writer->result->plan;

    for (size_t row = 0; row < plan->row_count; row++) {
        enum dcb_row_kind kind = plan->rows[row].kind;

        if (kind == DCB_KIND_WALL || kind == DCB_KIND_CPU)
            continue; /* the value itself, and dcbench_cpu_time */
        put_counter(metadata, &plan->rows[row],
                    kind == DCB_KIND_SIMULATED ? cell->counters[row].value
                    : sample->counters         ? sample->counters[row]
                                               : DCB_UNKNOWN);
    }
}

/* No two benchmarks of a file may have one name. Owned by the caller. */
static char *new_name(struct writer *writer, const struct dcb_cell *cell)
{
    const char *workload = dcb_result_workload_label(writer->result, writer->workload);
    const char *impl = dcb_result_arm_label(writer->result, cell);
    char *plain = writer->naming == DCB_PYPERF_BOTH
                      ? dcb_xasprintf("%s/%s", impl, workload)
                      : dcb_xstrdup(workload);
    char *clean = dcb_pyperf_line(plain), *name = dcb_xstrdup(clean);

    dcb_utf8_mend(name);
    for (int i = 2; json_object_get(writer->names, name); i++) {
        free(name);
        name = dcb_xasprintf("%s (%d)", clean, i);
        dcb_utf8_mend(name);
    }
    json_object_set_new(writer->names, name, json_true());
    free(plain);
    free(clean);
    return name;
}

/* pyperf calls `loops` the iterations per value: those of all blocks that the worker's
 * median stands for. There is no `duration`: a worker's is that of all its arms. */
static json_t *encode_run(const struct writer *writer, const struct dcb_cell *cell,
                          const struct dcb_sample *sample)
{
    const struct dcb_plan *plan = writer->result->plan;
    const char *workload = dcb_result_workload_label(writer->result, writer->workload);
    const char *impl = dcb_result_arm_label(writer->result, cell);
    double seconds = sample->time_ns * 1e-9;
    uint64_t loops;
    json_t *metadata = json_object();

    if (__builtin_mul_overflow(sample->iterations, sample->rounds, &loops))
        loops = UINT64_MAX;
    put_machine(metadata, writer->result);
    put_plan(metadata, plan);
    put_text(metadata, "name", writer->name);
    put_text(metadata, "dcbench_implementation", impl);
    put_text(metadata, "dcbench_workload", workload);
    put_whole(metadata, "loops", loops);
    put_whole(metadata, "dcbench_worker", sample->worker);
    put_whole(metadata, "dcbench_seed", writer->workload->workers[sample->worker].seed);
    put_whole(metadata, "dcbench_blocks", sample->rounds);
    put_whole(metadata, "dcbench_disturbed_blocks", sample->disturbed);
    put_number(metadata, "dcbench_cpu_time", sample->cpu_ns * 1e-9);
    put_number(metadata, "dcbench_log_ratio", sample->log_ratio);
    put_counters(writer, metadata, cell, sample);
    return json_pack("{s:o, s:[f]}", "metadata", metadata, "values", seconds);
}

/* The workers that measured every implementation that has values at all. Owned by the
 * caller. */
static bool *common_workers(const struct dcb_workload_result *workload, size_t *ret_kept)
{
    bool *keep = dcb_xcalloc(workload->worker_count + 1, sizeof *keep);
    size_t *seen = dcb_xcalloc(workload->worker_count + 1, sizeof *seen);
    size_t measured = 0, kept = 0;

    for (size_t i = 0; i < workload->cell_count; i++) {
        const struct dcb_cell *cell = &workload->cells[i];

        if (!is_measured(workload, cell))
            continue;
        measured++;
        for (size_t k = 0; k < cell->sample_count; k++) {
            if (has_value(workload, &cell->samples[k]))
                seen[cell->samples[k].worker]++;
        }
    }
    for (size_t i = 0; i < workload->worker_count; i++) {
        keep[i] = measured && seen[i] == measured;
        kept += keep[i];
    }
    /* Nothing can be compared then, but what there is can be shown. */
    for (size_t i = 0; kept == 0 && i < workload->worker_count; i++)
        keep[i] = true;
    free(seen);
    *ret_kept = kept;
    return keep;
}

static void note_left_out(struct writer *writer, const struct dcb_cell *cell,
                          size_t left_out, size_t kept)
{
    const char *workload = dcb_result_workload_label(writer->result, writer->workload);
    const char *impl = dcb_result_arm_label(writer->result, cell);

    if (kept == 0)
        note(writer, dcb_xasprintf("no worker measured every implementation on %s: the "
                                   "values of %s cannot be compared by pyperf",
                                   workload, impl));
    else if (left_out)
        note(writer, dcb_xasprintf("%zu of %zu values of %s on %s left out, of workers "
                                   "that did not measure every implementation: pyperf "
                                   "compares equal numbers of values alone",
                                   left_out, left_out + kept, impl, workload));
}

/* ---- benchmarks ---- */

/* Moves what all `children` have in common into the metadata of `parent`. */
static void hoist(json_t *parent, json_t *children, const char *but)
{
    json_t *common =
        json_deep_copy(json_object_get(json_array_get(children, 0), "metadata"));
    const char *key;
    json_t *value, *child;
    void *next;
    size_t i;

    if (but)
        json_object_del(common, but);
    json_array_foreach(children, i, child)
    {
        const json_t *metadata = json_object_get(child, "metadata");

        json_object_foreach_safe(common, next, key, value)
        {
            if (!json_equal(json_object_get(metadata, key), value))
                json_object_del(common, key);
        }
    }
    json_array_foreach(children, i, child)
    {
        json_t *metadata = json_object_get(child, "metadata");

        json_object_foreach(common, key, value) json_object_del(metadata, key);
        if (json_object_size(metadata) == 0)
            json_object_del(child, "metadata");
    }
    json_object_set_new(parent, "metadata", common);
}

/* The cell of `arm` as a benchmark; NULL, and a note, where it has no value. */
static json_t *encode_benchmark(struct writer *writer, const struct dcb_cell *cell,
                                size_t kept)
{
    const struct dcb_workload_result *workload = writer->workload;
    json_t *runs = json_array(), *benchmark;
    size_t left_out = 0;

    writer->name = new_name(writer, cell);
    for (size_t i = 0; i < cell->sample_count && is_measured(workload, cell); i++) {
        const struct dcb_sample *sample = &cell->samples[i];

        if (has_value(workload, sample) && writer->keep[sample->worker])
            json_array_append_new(runs, encode_run(writer, cell, sample));
        else
            left_out++;
    }
    free(writer->name);
    if (json_array_size(runs) == 0) {
        note(writer, dcb_xasprintf("%s on %s left out: %s",
                                   dcb_result_arm_label(writer->result, cell),
                                   dcb_result_workload_label(writer->result, workload),
                                   workload->failure ? workload->failure
                                   : cell->failure != DCB_FAILURE_NONE
                                       ? cell->status
                                       : "the result has no times of single workers"));
        json_decref(runs);
        return NULL;
    }
    note_left_out(writer, cell, left_out, kept);
    benchmark =
        json_pack("{s:{s:s, s:o, s:o, s:o}}", "dcbench", "role",
                  dcb_role_name(cell->role), "ratio", dcb_json_interval(&cell->ratio),
                  "confidence", dcb_json_number(writer->result->plan->confidence),
                  "verdict", dcb_json_text(dcb_verdict_name(cell->verdict)));
    hoist(benchmark, runs, NULL);
    json_object_set_new(benchmark, "runs", runs);
    return benchmark;
}

static void add_workload(struct writer *writer, size_t arm, json_t *benchmarks)
{
    const struct dcb_workload_result *workload = writer->workload;
    size_t kept;
    bool *keep = common_workers(workload, &kept);

    if (workload->cell_count == 0)
        note(writer, dcb_xasprintf(
                         "%s on %s left out: %s", writer->result->plan->arms[arm].label,
                         dcb_result_workload_label(writer->result, workload),
                         workload->failure ? workload->failure : "it was not measured"));
    writer->keep = keep;
    for (size_t i = 0; i < workload->cell_count; i++) {
        const struct dcb_cell *cell = &workload->cells[i];

        if (cell->arm == arm && cell->role != DCB_ROLE_CONTROL) {
            json_t *benchmark = encode_benchmark(writer, cell, kept);

            if (benchmark)
                json_array_append_new(benchmarks, benchmark);
        }
    }
    free(keep);
}

/* The file as pyperf writes one: sorted keys, one line. */
static char *dump(json_t *take_root)
{
    char *text =
        json_dumps(take_root, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(8));
    char *line = dcb_xasprintf("%s\n", text ? text : "null");

    json_decref(take_root);
    free(text);
    return line;
}

/* What a file of pyperf's lacks would have to be made up: seeds, blocks, a baseline. Runs
 * of ours have a control. */
static bool refuse_pyperfs(struct writer *writer)
{
    if (writer->result->plan->arm_count > DCB_ROLE_CONTROL)
        return false;
    note(writer, dcb_xstrdup("a file of pyperf's is not written again: only the mean of "
                             "each process's values is left, and much that would stand "
                             "in it was never measured ('pyperf convert' copies it)"));
    return true;
}

static void add_benchmarks(struct writer *writer, const size_t *arms, size_t count,
                           json_t *benchmarks)
{
    const struct dcb_result *result = writer->result;

    for (size_t k = 0; k < (arms ? count : result->plan->arm_count); k++) {
        for (size_t i = 0; i < result->workload_count; i++) {
            writer->workload = &result->workloads[i];
            add_workload(writer, arms ? arms[k] : k, benchmarks);
        }
    }
}

char *dcb_json_pyperf(const struct dcb_result *result, const size_t *arms, size_t count,
                      enum dcb_pyperf_naming naming, struct dcb_strbuf *notes)
{
    struct writer writer = {.result = result,
                            .naming = naming,
                            .names = json_object(),
                            .notes = json_array(),
                            .lines = notes};
    json_t *benchmarks = json_array(), *root;

    if (!refuse_pyperfs(&writer))
        add_benchmarks(&writer, arms, count, benchmarks);
    json_decref(writer.names);
    if (json_array_size(benchmarks) == 0) {
        json_decref(benchmarks);
        json_decref(writer.notes);
        return NULL;
    }
    for (size_t i = 0; i < result->note_count; i++)
        json_array_append_new(writer.notes, dcb_json_text(result->notes[i]));
    root = json_pack("{s:s, s:{s:s, s:o}}", "version", "1.0", "dcbench", "version",
                     DCB_VERSION, "notes", writer.notes);
    hoist(root, benchmarks, "name");
    json_object_set_new(root, "benchmarks", benchmarks);
    return dump(root);
}
