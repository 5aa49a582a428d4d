#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json_document.h"
#include "json_reader.h"
#include "pyperf_text.h"
#include "stats.h"
#include "utf8.h"
#include "xalloc.h"

/* Benchmarks are searched for their names one by one. */
enum { BENCHMARKS_MAX = DCB_DOCUMENT_WORKLOADS_MAX };

/* Beyond these, in seconds, nothing was measured. */
#define VALUE_LEAST 1e-30
#define VALUE_MOST  1e18

/* The three places of a run's metadata, the nearest first: it wins. NULL: none there. */
enum { RUN, BENCHMARK, ROOT, PLACES };

struct decoding {
    struct dcb_json_reader *reader;
    struct dcb_document *document;
    json_t *metadata[PLACES];
    const char *values_key; /* of a run; so were they called before version 6 */
    const char *common_key; /* and the metadata of a benchmark */
    bool labelled;          /* every benchmark so far has the label of the first */
    time_t began;           /* the earliest date; -1 */
};

/* ---- metadata ---- */

static json_t *find_metadata(const struct decoding *decoding, const char *key)
{
    json_t *value = NULL;

    for (int place = RUN; !value && place < PLACES; place++)
        value = json_object_get(decoding->metadata[place], key);
    return value;
}

/* What describes and is not counted with: of another type than ours it is passed over,
 * as pyperf lets it be any. */
static const char *metadata_text(const struct decoding *decoding, const char *key)
{
    const char *text = json_string_value(find_metadata(decoding, key));

    return text && dcb_utf8_is_printable(text) ? text : NULL;
}

static double metadata_number(const struct decoding *decoding, const char *key)
{
    const json_t *value = find_metadata(decoding, key);
    double number = json_number_value(value);

    return json_is_number(value) && number >= 0 && number <= VALUE_MOST ? number
                                                                        : DCB_UNKNOWN;
}

/* What values are divided by. */
static uint64_t metadata_loops(const struct decoding *decoding, const char *key)
{
    const json_t *value = find_metadata(decoding, key);

    if (!value)
        return 1;
    if (json_is_integer(value) && json_integer_value(value) >= 1)
        return (uint64_t)json_integer_value(value);
    dcb_json_fail(decoding->reader, "metadata", "%s is no whole number from 1 on", key);
    return 1;
}

static uint64_t capped_product(uint64_t a, uint64_t b)
{
    uint64_t product;

    return __builtin_mul_overflow(a, b, &product) || product > INT64_MAX ? INT64_MAX
                                                                         : product;
}

static uint64_t nanoseconds(double seconds)
{
    double ns = seconds * 1e9;

    return !(ns > 0) ? 0 : ns < 9e18 ? (uint64_t)ns : INT64_MAX;
}

/* ---- machine and interpreter: as the first run tells them ---- */

static void decode_system(const struct decoding *decoding)
{
    struct dcb_result *result = &decoding->document->result;
    struct dcb_sysinfo *system = &result->system;
    const char *cpu = metadata_text(decoding, "cpu_model_name");
    const char *platform = metadata_text(decoding, "platform");
    const char *version = metadata_text(decoding, "python_version");
    double cpus = metadata_number(decoding, "cpu_count");
    double load = metadata_number(decoding, "load_avg_1min");

    if (isnan(cpus))
        cpus = metadata_number(decoding, "dcbench_usable_cpus");
    snprintf(system->cpu, sizeof system->cpu, "%s", cpu ? cpu : "");
    dcb_utf8_mend(system->cpu);
    system->cpus = cpus < 1e6 ? (int)cpus : 0;
    if (load >= 0)
        system->load = load;
    if (platform)
        dcb_pyperf_parse_platform(platform, system);
    if (version) /* "3.11.2 (64-bit)" */
        result->python.version = dcb_xstrndup(version, strcspn(version, " "));
}

static bool differ(const char *a, const char *b)
{
    return a && b && *a && *b && strcmp(a, b) != 0;
}

static char *metadata_copy(const struct decoding *decoding, const char *key)
{
    const char *text = metadata_text(decoding, key);

    return text ? dcb_xstrdup(text) : NULL;
}

static void decode_origin(const struct decoding *decoding)
{
    struct dcb_document *document = decoding->document;
    struct dcb_result *result = &document->result;
    const char *gc = metadata_text(decoding, "python_gc");

    decode_system(decoding);
    result->python.implementation = metadata_copy(decoding, "python_implementation");
    result->python.compiler = metadata_copy(decoding, "python_compiler");
    document->plan.python_version =
        dcb_xstrdup(result->python.version ? result->python.version : "");
    document->plan.gc = !gc || strcmp(gc, "disabled") != 0;
    document->version = metadata_copy(decoding, "perf_version");
    if (!document->version)
        document->version = metadata_copy(decoding, "dcbench_version");
}

/* What this benchmark has in another way than the first one: NULL for nothing. What one
 * of them does not tell is taken for the same. */
static const char *other_origin(const struct decoding *decoding)
{
    const struct dcb_result *result = &decoding->document->result;
    struct dcb_sysinfo system = {.cpus = 0};
    const char *platform = metadata_text(decoding, "platform");
    const char *version = metadata_text(decoding, "python_version");
    const char *implementation = metadata_text(decoding, "python_implementation");
    const char *cpu = metadata_text(decoding, "cpu_model_name");

    snprintf(system.cpu, sizeof system.cpu, "%s", cpu ? cpu : "");
    dcb_utf8_mend(system.cpu);
    if (platform)
        dcb_pyperf_parse_platform(platform, &system);
    if (differ(system.cpu, result->system.cpu) ||
        differ(system.machine, result->system.machine))
        return "machine";
    if (differ(implementation, result->python.implementation))
        return "interpreter";
    if (version && result->python.version) {
        size_t length = strcspn(version, " ");

        if (strlen(result->python.version) != length ||
            strncmp(version, result->python.version, length) != 0)
            return "interpreter";
    }
    return NULL;
}

/* Several implementations in one file are none that could be named. */
static void decode_label(struct decoding *decoding)
{
    struct dcb_document *document = decoding->document;
    const char *label = metadata_text(decoding, "dcbench_implementation");
    char **place = &document->plan.arms[0].label;

    if (document->result.workload_count == 0)
        decoding->labelled = true;
    else if (decoding->labelled && label && strcmp(label, *place) == 0)
        return;
    else
        label = NULL;
    if (!label)
        decoding->labelled = false;
    free(*place);
    *place = dcb_xstrdup(label && *label ? label : document->name);
}

/* ---- runs ---- */

/* The mean of a run's values: within a process they are not independent of each other, so
 * one process is one value here, as everywhere in dcbench. */
static double mean_value(const struct decoding *decoding, json_t *values)
{
    struct dcb_json_reader *reader = decoding->reader;
    size_t count = json_array_size(values);
    double sum = 0;

    dcb_json_enter(reader, decoding->values_key);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        const json_t *value = json_array_get(values, i);
        double number = json_number_value(value);

        dcb_json_enter_index(reader, i);
        if (!json_is_number(value))
            dcb_json_fail(reader, NULL, "a number is wanted");
        else if (!(number >= VALUE_LEAST && number <= VALUE_MOST))
            dcb_json_fail(reader, NULL, "%.9g is not within %g to %g", number,
                          VALUE_LEAST, VALUE_MOST);
        sum += number;
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
    return sum / (double)count;
}

static void decode_sample(const struct decoding *decoding, json_t *values,
                          struct dcb_workload_result *workload)
{
    struct dcb_cell *cell = &workload->cells[0];
    struct dcb_worker *worker = &workload->workers[workload->worker_count];
    double mean = mean_value(decoding, values);
    uint64_t loops = metadata_loops(decoding, "loops");
    uint64_t iterations = capped_product(loops, metadata_loops(decoding, "inner_loops"));
    double seconds = mean * (double)iterations * (double)json_array_size(values);
    double duration = metadata_number(decoding, "duration");

    if (decoding->reader->failed)
        return;
    worker->rounds = (uint32_t)json_array_size(values);
    worker->elapsed_ns = nanoseconds(isnan(duration) ? seconds : duration);
    cell->samples[cell->sample_count++] = (struct dcb_sample){
        .worker = workload->worker_count++,
        .rounds = worker->rounds,
        .iterations = iterations,
        .total_iterations = capped_product(iterations, worker->rounds),
        .total_ns = nanoseconds(seconds),
        .time_ns = mean * 1e9,
        .cpu_ns = DCB_UNKNOWN,
        .log_ratio = DCB_UNKNOWN,
        .cpu_log_ratio = DCB_UNKNOWN,
        .log_ratio_change = DCB_UNKNOWN,
        .counters = dcb_xcalloc(1, sizeof(double)),
    };
    cell->blocks += worker->rounds;
}

/* A run without values sought the number of loops or of warm-ups: nothing is kept. */
static void decode_run(struct decoding *decoding, json_t *run,
                       struct dcb_workload_result *workload)
{
    struct dcb_json_reader *reader = decoding->reader;
    json_t *values = dcb_json_maybe_array(reader, run, decoding->values_key);
    json_t *warmups = dcb_json_maybe_array(reader, run, "warmups");
    double duration;
    time_t date;

    decoding->metadata[RUN] = dcb_json_maybe_object(reader, run, "metadata");
    duration = metadata_number(decoding, "duration");
    date = dcb_pyperf_parse_date(metadata_text(decoding, "date"));
    if (date >= 0 && (decoding->began < 0 || date < decoding->began))
        decoding->began = date;
    if (duration > 0)
        workload->elapsed_s += duration;
    if (json_array_size(values))
        decode_sample(decoding, values, workload);
    else if (json_array_size(warmups) == 0)
        dcb_json_fail(reader, NULL, "has neither %s nor warmups", decoding->values_key);
    decoding->metadata[RUN] = NULL;
}

/* ---- benchmarks ---- */

static void summarise(struct dcb_cell *cell)
{
    double *means = dcb_xcalloc(cell->sample_count + 1, sizeof *means);

    for (size_t i = 0; i < cell->sample_count; i++)
        means[i] = cell->samples[i].time_ns;
    cell->time = dcb_stats_summary(means, cell->sample_count);
    free(means);
}

/* The cell of the file's only arm. */
static void init_workload(struct dcb_workload_result *workload, size_t index, size_t runs)
{
    *workload = (struct dcb_workload_result){
        .workload = index,
        .weight = 1,
        .cells = dcb_xcalloc(1, sizeof *workload->cells),
        .cell_count = 1,
        .workers = dcb_xcalloc(runs + 1, sizeof *workload->workers),
        .worker_capacity = runs,
        .reached = DCB_UNKNOWN,
        .anchor_spread = DCB_UNKNOWN,
    };
    workload->cells[0] = (struct dcb_cell){
        .role = DCB_ROLE_BASELINE,
        .status = dcb_xstrdup("ok"),
        .samples = dcb_xcalloc(runs + 1, sizeof(struct dcb_sample)),
        .sample_capacity = runs,
        .cpu = {.median = DCB_UNKNOWN,
                .mean = DCB_UNKNOWN,
                .stddev = DCB_UNKNOWN,
                .min = DCB_UNKNOWN,
                .max = DCB_UNKNOWN},
        .ratio = {DCB_UNKNOWN, DCB_UNKNOWN, DCB_UNKNOWN},
        .detectable = DCB_UNKNOWN,
        .settling = {.change = {DCB_UNKNOWN, DCB_UNKNOWN, DCB_UNKNOWN}},
        .counters = dcb_xcalloc(1, sizeof(struct dcb_counter_value)),
    };
}

static void add_workload(const struct decoding *decoding, const char *name, json_t *runs)
{
    struct dcb_document *document = decoding->document;
    struct dcb_plan *plan = &document->plan;
    struct dcb_result *result = &document->result;
    size_t index = plan->workload_count;

    plan->workloads[index] = (struct dcb_spec){.label = dcb_xstrdup(name)};
    init_workload(&result->workloads[index], index, json_array_size(runs));
    plan->workload_count = result->workload_count = index + 1;
}

static void drop_workload(const struct decoding *decoding, const char *why)
{
    struct dcb_document *document = decoding->document;
    size_t last = --document->plan.workload_count;
    struct dcb_workload_result *workload = &document->result.workloads[last];
    struct dcb_cell *cell = &workload->cells[0];

    dcb_result_note(&document->result, "%s: passed over: %s",
                    document->plan.workloads[last].label, why);
    document->result.workload_count = last;
    dcb_spec_clear(&document->plan.workloads[last]);
    for (size_t i = 0; i < cell->sample_count; i++)
        free(cell->samples[i].counters);
    free(cell->samples);
    free(cell->counters);
    free(cell->status);
    free(workload->cells);
    free(workload->workers);
}

/* Runs of one benchmark have one name and one unit: those of the first. */
static char *decode_name(const struct decoding *decoding)
{
    const struct dcb_plan *plan = &decoding->document->plan;
    const char *text = metadata_text(decoding, "name");
    char *name = dcb_pyperf_strip(text ? text : "");

    if (!*name)
        dcb_json_fail(decoding->reader, NULL, "has no name that can be printed");
    for (size_t i = 0; i < plan->workload_count; i++) {
        if (strcmp(plan->workloads[i].label, name) == 0)
            dcb_json_fail(decoding->reader, NULL, "'%.60s' is there a second time", name);
    }
    return name;
}

static void decode_runs(struct decoding *decoding, json_t *runs, const char *unit,
                        const char *other)
{
    struct dcb_json_reader *reader = decoding->reader;
    struct dcb_result *result = &decoding->document->result;
    struct dcb_workload_result *workload = &result->workloads[result->workload_count - 1];
    char why[120];

    dcb_json_enter(reader, "runs");
    for (size_t i = 0; i < json_array_size(runs) && !reader->failed; i++) {
        dcb_json_enter_index(reader, i);
        decode_run(decoding, json_array_get(runs, i), workload);
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
    summarise(&workload->cells[0]);
    if (unit && strcmp(unit, "second") != 0) {
        snprintf(why, sizeof why, "its unit is %.60s, not second", unit);
        dcb_utf8_mend(why);
        drop_workload(decoding, why);
    } else if (workload->worker_count == 0) {
        drop_workload(decoding, "its runs are calibration, without values");
    } else if (other) {
        snprintf(why, sizeof why, "it was measured with another %s than the first",
                 other);
        drop_workload(decoding, why);
    }
}

static void decode_benchmark(struct decoding *decoding, json_t *benchmark)
{
    struct dcb_json_reader *reader = decoding->reader;
    json_t *runs = dcb_json_need_array(reader, benchmark, "runs");
    const json_t *first;
    const char *other = NULL;
    char *name, *unit;

    decoding->metadata[BENCHMARK] =
        dcb_json_maybe_object(reader, benchmark, decoding->common_key);
    if (!reader->failed && json_array_size(runs) == 0)
        dcb_json_fail(reader, "runs", "is empty");
    if (reader->failed)
        return;
    first = json_array_get(runs, 0);
    decoding->metadata[RUN] = json_object_get(first, "metadata");
    name = decode_name(decoding);
    unit = metadata_copy(decoding, "unit");
    if (!decoding->document->plan.python_version) /* the first one */
        decode_origin(decoding);
    else
        other = other_origin(decoding);
    if (!other && !reader->failed)
        decode_label(decoding);
    decoding->metadata[RUN] = NULL;
    if (!reader->failed) {
        add_workload(decoding, name, runs);
        decode_runs(decoding, runs, unit, other);
    }
    free(name);
    free(unit);
}

/* ---- the file ---- */

/* "1.0" is text, the ones before it are whole numbers. */
static bool decode_version(struct decoding *decoding, json_t *root)
{
    const json_t *version = json_object_get(root, "version");
    const char *text = json_string_value(version);
    json_int_t number = json_integer_value(version);

    if ((text && strcmp(text, "1.0") == 0) || number == 6 || number == 5) {
        decoding->values_key = number == 5 ? "samples" : "values";
        decoding->common_key = number == 5 ? "common_metadata" : "metadata";
        if (number != 5)
            decoding->metadata[ROOT] =
                dcb_json_maybe_object(decoding->reader, root, "metadata");
        return true;
    }
    if (text)
        dcb_json_fail(decoding->reader, "version",
                      "pyperf's format '%.40s' is not known here: 5, 6 and '1.0' are",
                      text);
    else if (json_is_integer(version))
        dcb_json_fail(decoding->reader, "version",
                      "pyperf's format %lld is not read: 5, 6 and '1.0' are",
                      (long long)number);
    else
        dcb_json_fail(decoding->reader, "version",
                      "is not one of pyperf's: 5, 6 and '1.0' are read");
    return false;
}

static void init_document(struct dcb_document *document, size_t benchmarks)
{
    struct dcb_plan *plan = &document->plan;
    struct dcb_result *result = &document->result;

    document->kind = DCB_DOCUMENT_PYPERF;
    plan->arms = dcb_xcalloc(1, sizeof *plan->arms);
    plan->arms[0] = (struct dcb_spec){.label = dcb_xstrdup(document->name)};
    plan->arm_count = 1;
    plan->workloads = dcb_xcalloc(benchmarks + 1, sizeof *plan->workloads);
    plan->confidence = 0.95;
    plan->affinity = -1;
    result->system.perf_event_paranoid = -2;
    result->system.load = -1;
    result->arm_sources = dcb_xcalloc(1, sizeof *result->arm_sources);
    result->workload_sources = dcb_xcalloc(benchmarks + 1, sizeof(struct dcb_source));
    result->workloads = dcb_xcalloc(benchmarks + 1, sizeof *result->workloads);
}

/* The date as results of our own have it. */
static void set_date(struct dcb_document *document, time_t began)
{
    struct tm utc;

    document->time_s = -1;
    if (began < 0 || !gmtime_r(&began, &utc))
        return;
    document->time_s = began;
    strftime(document->result.system.date, sizeof document->result.system.date,
             "%Y-%m-%dT%H:%M:%SZ", &utc);
}

void dcb_json_decode_pyperf(struct dcb_json_reader *reader, void *root,
                            struct dcb_document *document)
{
    struct decoding decoding = {.reader = reader, .document = document, .began = -1};
    json_t *benchmarks = dcb_json_need_array(reader, root, "benchmarks");
    size_t count = json_array_size(benchmarks);

    if (!decode_version(&decoding, root) || reader->failed)
        return;
    if (count == 0 || count > BENCHMARKS_MAX) {
        dcb_json_fail(reader, "benchmarks", "%zu of them: 1 to %d are wanted", count,
                      BENCHMARKS_MAX);
        return;
    }
    init_document(document, count);
    dcb_json_enter(reader, "benchmarks");
    for (size_t i = 0; i < count && !reader->failed; i++) {
        dcb_json_enter_index(reader, i);
        decode_benchmark(&decoding, json_array_get(benchmarks, i));
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
    set_date(document, decoding.began);
}
