#include "job.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "error.h"
#include "utf8.h"
#include "xalloc.h"

/* Jobs come from the controller itself: a wrong one is a bug. Answers come out of a
 * process that runs foreign code: everything in them is checked. */

static const char *const job_kinds[] = {"describe", "time", "simulate"};
static const char *const answer_kinds[] = {"interpreter", "source", "workload",
                                           "arm",         "event",  "done"};
static const char *const failure_names[] = {NULL,    "load",    "raised",
                                            "wrong", "changed", "died"};

const char *dcb_failure_name(enum dcb_failure failure)
{
    return failure_names[failure];
}

/* The index of `name` among `count` names, or -1. */
static int find_name(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; name && i < count; i++) {
        if (names[i] && strcmp(name, names[i]) == 0)
            return (int)i;
    }
    return -1;
}

#define FIND_NAME(name, names) find_name(name, names, sizeof(names) / sizeof(*(names)))

/* Null for NULL, and for text that is not UTF-8: whoever reads it finds it missing and
 * says so. */
static json_t *string_or_null(const char *text)
{
    json_t *string = text ? json_string(text) : NULL;

    return string ? string : json_null();
}

static char *dump_line(json_t *object, bool newline)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
    char *line;

    json_decref(object);
    if (!text)
        text = dcb_xstrdup("{}");
    line = dcb_xasprintf("%s%s", text, newline ? "\n" : "");
    free(text);
    return line;
}

static char *copy_string(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? dcb_xstrdup(text) : NULL;
}

static uint64_t get_uint(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));

    return value > 0 ? (uint64_t)value : 0;
}

/* ---- jobs ---- */

static json_t *encode_spec(const struct dcb_spec *spec)
{
    return json_pack("{s:o, s:b, s:s, s:o, s:o, s:o}", "label",
                     string_or_null(spec->label), "builtin", (int)spec->builtin, "kind",
                     dcb_spec_kind_name(spec->kind), "path", string_or_null(spec->path),
                     "module", string_or_null(spec->module), "attr",
                     string_or_null(spec->attr));
}

static int decode_spec(const json_t *object, struct dcb_spec *spec, struct dcb_error *err)
{
    static const char *const kinds[] = {"file", "module", "json", "pickle"};
    int kind = FIND_NAME(json_string_value(json_object_get(object, "kind")), kinds);

    if (kind < 0)
        return dcb_error_set(err, DCB_ERROR_INTERNAL, "job: a spec of unknown kind");
    *spec = (struct dcb_spec){
        .label = copy_string(object, "label"),
        .builtin = json_is_true(json_object_get(object, "builtin")),
        .kind = (enum dcb_spec_kind)kind,
        .path = copy_string(object, "path"),
        .module = copy_string(object, "module"),
        .attr = copy_string(object, "attr"),
    };
    return 0;
}

static json_t *encode_event(const struct dcb_event *event)
{
    return json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:b}", "name", event->name,
                     "software", (int)event->software, "type", (json_int_t)event->type,
                     "config", (json_int_t)event->config, "config1",
                     (json_int_t)event->config1, "config2", (json_int_t)event->config2,
                     "user_only", (int)event->user_only);
}

/* Configurations use all 64 bits: they travel as the signed number of equal bits. */
static uint64_t get_bits(const json_t *object, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

static void decode_event(const json_t *object, struct dcb_event *event)
{
    const char *name = json_string_value(json_object_get(object, "name"));

    *event = (struct dcb_event){
        .software = json_is_true(json_object_get(object, "software")),
        .type = (uint32_t)get_bits(object, "type"),
        .config = get_bits(object, "config"),
        .config1 = get_bits(object, "config1"),
        .config2 = get_bits(object, "config2"),
        .user_only = json_is_true(json_object_get(object, "user_only")),
    };
    if (name)
        memccpy(event->name, name, '\0', sizeof event->name - 1);
}

static json_t *encode_lists(const struct dcb_job *job, json_t *object)
{
    json_t *arms = json_array(), *sources = json_array(), *events = json_array(),
           *paths = json_array();

    for (size_t i = 0; i < job->arm_count; i++) {
        const struct dcb_job_arm *arm = &job->arms[i];

        json_array_append_new(
            arms, json_pack("{s:o, s:s, s:I, s:b}", "spec", encode_spec(&arm->spec),
                            "role", dcb_role_name(arm->role), "iterations",
                            (json_int_t)arm->iterations, "check", (int)arm->check));
    }
    for (size_t i = 0; i < job->source_count; i++)
        json_array_append_new(sources, encode_spec(&job->sources[i]));
    for (size_t i = 0; i < job->event_count; i++)
        json_array_append_new(events, encode_event(&job->events[i]));
    for (size_t i = 0; i < job->python_path_count; i++)
        json_array_append_new(paths, string_or_null(job->python_path[i]));
    json_object_set_new(object, "arms", arms);
    json_object_set_new(object, "sources", sources);
    json_object_set_new(object, "events", events);
    json_object_set_new(object, "python_path", paths);
    return object;
}

char *dcb_job_encode(const struct dcb_job *job)
{
    json_t *object = json_pack(
        "{s:s, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:i, s:o, s:I, s:o, "
        "s:b}",
        "job", job_kinds[job->kind], "token", (json_int_t)job->token, "seed",
        (json_int_t)job->seed, "support", string_or_null(job->support), "number",
        (json_int_t)job->number, "rounds", (json_int_t)job->rounds, "warmups",
        (json_int_t)job->warmups, "budget_ns", (json_int_t)job->budget_ns, "block_ns",
        (json_int_t)job->block_ns, "fixed", (int)job->fixed, "gc", (int)job->gc,
        "affinity", job->affinity, "cpus", string_or_null(job->cpus), "memory_bytes",
        (json_int_t)job->memory_bytes, "venv", string_or_null(job->venv), "site",
        (int)job->site);

    if (job->kind != DCB_JOB_DESCRIBE)
        json_object_set_new(object, "workload", encode_spec(&job->workload));
    return dump_line(encode_lists(job, object), true);
}

static int decode_arms(const json_t *array, struct dcb_job *job, struct dcb_error *err)
{
    static const char *const roles[] = {"baseline", "control", "candidate"};
    size_t count = json_array_size(array);

    if (count > DCB_ARMS_MAX)
        return dcb_error_set(err, DCB_ERROR_INTERNAL, "job: more than %d arms",
                             DCB_ARMS_MAX);
    job->arms = dcb_xcalloc(count + 1, sizeof *job->arms);
    for (; job->arm_count < count; job->arm_count++) {
        const json_t *item = json_array_get(array, job->arm_count);
        struct dcb_job_arm *arm = &job->arms[job->arm_count];
        int role = FIND_NAME(json_string_value(json_object_get(item, "role")), roles);

        if (role < 0)
            return dcb_error_set(err, DCB_ERROR_INTERNAL, "job: an arm of unknown role");
        arm->role = (enum dcb_role)role;
        arm->iterations = get_uint(item, "iterations");
        arm->check = json_is_true(json_object_get(item, "check"));
        if (decode_spec(json_object_get(item, "spec"), &arm->spec, err) != 0)
            return -1;
    }
    return 0;
}

static int decode_lists(const json_t *root, struct dcb_job *job, struct dcb_error *err)
{
    const json_t *sources = json_object_get(root, "sources");
    const json_t *events = json_object_get(root, "events");
    const json_t *paths = json_object_get(root, "python_path");

    if (decode_arms(json_object_get(root, "arms"), job, err) != 0)
        return -1;
    job->sources = dcb_xcalloc(json_array_size(sources) + 1, sizeof *job->sources);
    for (; job->source_count < json_array_size(sources); job->source_count++) {
        if (decode_spec(json_array_get(sources, job->source_count),
                        &job->sources[job->source_count], err) != 0)
            return -1;
    }
    if (json_array_size(events) > DCB_EVENTS_MAX)
        return dcb_error_set(err, DCB_ERROR_INTERNAL, "job: too many events");
    job->event_count = json_array_size(events);
    job->events = dcb_xcalloc(job->event_count + 1, sizeof *job->events);
    for (size_t i = 0; i < job->event_count; i++)
        decode_event(json_array_get(events, i), &job->events[i]);
    job->python_path = dcb_xcalloc(json_array_size(paths) + 1, sizeof *job->python_path);
    for (size_t i = 0; i < json_array_size(paths); i++) {
        const char *path = json_string_value(json_array_get(paths, i));

        if (!path)
            return dcb_error_set(err, DCB_ERROR_INTERNAL, "job: a path that is no text");
        job->python_path[job->python_path_count++] = dcb_xstrdup(path);
    }
    return 0;
}

static int decode_job(const json_t *root, struct dcb_job *job, struct dcb_error *err)
{
    int kind = FIND_NAME(json_string_value(json_object_get(root, "job")), job_kinds);

    *job = (struct dcb_job){
        .seed = get_uint(root, "seed"),
        .token = get_uint(root, "token"),
        .support = copy_string(root, "support"),
        .number = (uint32_t)get_uint(root, "number"),
        .rounds = (uint32_t)get_uint(root, "rounds"),
        .warmups = (uint32_t)get_uint(root, "warmups"),
        .budget_ns = get_uint(root, "budget_ns"),
        .block_ns = get_uint(root, "block_ns"),
        .fixed = json_is_true(json_object_get(root, "fixed")),
        .gc = json_is_true(json_object_get(root, "gc")),
        .affinity = (int)json_integer_value(json_object_get(root, "affinity")),
        .cpus = copy_string(root, "cpus"),
        .memory_bytes = get_uint(root, "memory_bytes"),
        .venv = copy_string(root, "venv"),
        .site = json_is_true(json_object_get(root, "site")),
    };
    if (kind < 0 || !job->support)
        return dcb_error_set(err, DCB_ERROR_INTERNAL, "job: unknown kind, or no support");
    job->kind = (enum dcb_job_kind)kind;
    if (job->kind != DCB_JOB_DESCRIBE &&
        decode_spec(json_object_get(root, "workload"), &job->workload, err) != 0)
        return -1;
    return decode_lists(root, job, err);
}

int dcb_job_decode(const char *text, size_t length, struct dcb_job *ret_job,
                   struct dcb_error *err)
{
    json_error_t where;
    json_t *root;
    struct dcb_job job;
    int rc;

    /* Jansson's own seed is random, and with it the order in which its objects are freed:
     * every worker would go on with a heap of another order, and count other numbers. */
    json_object_seed(1);
    root = json_loadb(text, length, 0, &where);
    if (!root)
        return dcb_error_set(err, DCB_ERROR_INTERNAL, "job: %s", where.text);
    rc = decode_job(root, &job, err);
    json_decref(root);
    if (rc != 0)
        dcb_job_clear(&job);
    else
        *ret_job = job;
    return rc;
}

void dcb_job_clear(struct dcb_job *job)
{
    for (size_t i = 0; i < job->arm_count; i++)
        dcb_spec_clear(&job->arms[i].spec);
    for (size_t i = 0; i < job->source_count; i++)
        dcb_spec_clear(&job->sources[i]);
    for (size_t i = 0; i < job->python_path_count; i++)
        free(job->python_path[i]);
    free(job->arms);
    free(job->sources);
    free(job->python_path);
    free(job->events);
    free(job->support);
    free(job->venv);
    free(job->cpus);
    dcb_spec_clear(&job->workload);
    *job = (struct dcb_job){.kind = DCB_JOB_DESCRIBE};
}

/* ---- answers ---- */

static void set_text(json_t *object, const char *key, const char *text)
{
    char *clean;

    if (!text)
        return;
    /* A message is cut to its room, maybe within a character. */
    clean = dcb_xstrdup(text);
    dcb_utf8_mend(clean);
    json_object_set_new(object, key, json_string(clean));
    free(clean);
}

char *dcb_answer_encode(const struct dcb_answer *answer)
{
    json_t *object = json_pack(
        "{s:s, s:I, s:I, s:o, s:I, s:b, s:I, s:I, s:I, s:i, s:i, s:b, s:b, s:b, s:I}",
        "answer", answer_kinds[answer->kind], "token", (json_int_t)answer->token, "index",
        (json_int_t)answer->index, "failure",
        string_or_null(dcb_failure_name(answer->failure)), "iterations",
        (json_int_t)answer->iterations, "shared", (int)answer->shared, "objects",
        (json_int_t)answer->objects, "weight", (json_int_t)answer->weight, "rounds",
        (json_int_t)answer->rounds, "group", answer->group, "slot", answer->slot,
        "software", (int)answer->software, "anchored", (int)answer->anchored,
        "user_reads", (int)answer->user_reads, "overhead", (json_int_t)answer->overhead);

    set_text(object, "message", answer->message);
    set_text(object, "path", answer->path);
    set_text(object, "sha256", answer->sha256);
    set_text(object, "version", answer->version);
    set_text(object, "build", answer->build);
    set_text(object, "implementation", answer->implementation);
    set_text(object, "compiler", answer->compiler);
    set_text(object, "copy_path", answer->copy_path);
    set_text(object, "copy_sha256", answer->copy_sha256);
    set_text(object, "linkage", answer->linkage);
    set_text(object, "own_linkage", answer->own_linkage);
    set_text(object, "missing", answer->missing);
    return dump_line(object, true);
}

static int decode_range(const json_t *root, const char *key, json_int_t low,
                        json_int_t high, json_int_t *ret_value, struct dcb_error *err)
{
    const json_t *value = json_object_get(root, key);

    if (!json_is_integer(value) || json_integer_value(value) < low ||
        json_integer_value(value) > high)
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "'%s' of its answer is missing or out of range", key);
    *ret_value = json_integer_value(value);
    return 0;
}

static int decode_numbers(const json_t *root, const struct dcb_answer_bounds *bounds,
                          struct dcb_answer *answer, struct dcb_error *err)
{
    size_t limit = answer->kind == DCB_ANSWER_ARM      ? bounds->arms
                   : answer->kind == DCB_ANSWER_EVENT  ? bounds->events
                   : answer->kind == DCB_ANSWER_SOURCE ? bounds->sources
                                                       : 1;
    json_int_t index, iterations, objects, weight, rounds, group, slot, overhead;

    if (decode_range(root, "index", 0, (json_int_t)limit - 1, &index, err) != 0 ||
        decode_range(root, "iterations", 0, INT64_MAX, &iterations, err) != 0 ||
        decode_range(root, "objects", 0, INT64_MAX, &objects, err) != 0 ||
        decode_range(root, "weight", 0, INT64_MAX, &weight, err) != 0 ||
        decode_range(root, "rounds", 0, UINT32_MAX, &rounds, err) != 0 ||
        decode_range(root, "group", -1, DCB_EVENTS_MAX, &group, err) != 0 ||
        decode_range(root, "slot", -1, DCB_PMU_GROUP_MAX - 1, &slot, err) != 0 ||
        decode_range(root, "overhead", -1, INT64_MAX, &overhead, err) != 0)
        return -1;
    answer->index = (uint32_t)index;
    answer->iterations = (uint64_t)iterations;
    answer->objects = (uint64_t)objects;
    answer->weight = (uint64_t)weight;
    answer->rounds = (uint32_t)rounds;
    answer->group = (int)group;
    answer->slot = (int)slot;
    answer->software = json_is_true(json_object_get(root, "software"));
    answer->shared = json_is_true(json_object_get(root, "shared"));
    answer->anchored = json_is_true(json_object_get(root, "anchored"));
    answer->user_reads = json_is_true(json_object_get(root, "user_reads"));
    answer->overhead = (int64_t)overhead;
    if (answer->software && answer->slot >= DCB_SOFTWARE_MAX)
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "'slot' of its answer is out of range");
    return 0;
}

static int decode_failure(const json_t *root, struct dcb_answer *answer,
                          struct dcb_error *err)
{
    const json_t *failure = json_object_get(root, "failure");
    int found;

    if (!failure || json_is_null(failure))
        return 0;
    found = FIND_NAME(json_string_value(failure), failure_names);
    if (found < 0)
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "its answer has an unknown failure");
    answer->failure = (enum dcb_failure)found;
    return 0;
}

/* What is there is of the right type. */
static int check_types(const json_t *root, struct dcb_error *err)
{
    static const char *const texts[] = {"message",  "path",        "sha256",
                                        "version",  "build",       "implementation",
                                        "compiler", "copy_path",   "copy_sha256",
                                        "linkage",  "own_linkage", "missing"};
    static const char *const booleans[] = {"software", "shared", "anchored",
                                           "user_reads"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const json_t *value = json_object_get(root, texts[i]);

        if (value && !json_is_string(value))
            return dcb_error_set(err, DCB_ERROR_SYSTEM, "'%s' of its answer is no text",
                                 texts[i]);
    }
    for (size_t i = 0; i < sizeof booleans / sizeof *booleans; i++) {
        const json_t *value = json_object_get(root, booleans[i]);

        if (value && !json_is_boolean(value))
            return dcb_error_set(err, DCB_ERROR_SYSTEM,
                                 "'%s' of its answer is not true or false", booleans[i]);
    }
    return 0;
}

int dcb_answer_decode(const char *line, size_t length,
                      const struct dcb_answer_bounds *bounds,
                      struct dcb_answer *ret_answer, struct dcb_error *err)
{
    json_error_t where;
    json_t *root = json_loadb(line, length, JSON_REJECT_DUPLICATES, &where);
    struct dcb_answer answer = {.kind = DCB_ANSWER_DONE};
    int kind, rc = -1;

    if (!root)
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "its answer is not JSON (%s)",
                             where.text);
    kind = FIND_NAME(json_string_value(json_object_get(root, "answer")), answer_kinds);
    if (kind < 0) {
        dcb_error_set(err, DCB_ERROR_SYSTEM, "its answer is of no known kind");
        goto out;
    }
    answer.kind = (enum dcb_answer_kind)kind;
    answer.token = get_uint(root, "token");
    if (answer.token != bounds->token) {
        dcb_error_set(err, DCB_ERROR_SYSTEM, "an answer is not the worker's own");
        goto out;
    }
    if (decode_failure(root, &answer, err) != 0 || check_types(root, err) != 0 ||
        decode_numbers(root, bounds, &answer, err) != 0)
        goto out;
    answer.message = copy_string(root, "message");
    answer.path = copy_string(root, "path");
    answer.sha256 = copy_string(root, "sha256");
    answer.version = copy_string(root, "version");
    answer.build = copy_string(root, "build");
    answer.implementation = copy_string(root, "implementation");
    answer.compiler = copy_string(root, "compiler");
    answer.copy_path = copy_string(root, "copy_path");
    answer.copy_sha256 = copy_string(root, "copy_sha256");
    answer.linkage = copy_string(root, "linkage");
    answer.own_linkage = copy_string(root, "own_linkage");
    answer.missing = copy_string(root, "missing");
    *ret_answer = answer;
    rc = 0;
out:
    json_decref(root);
    return rc;
}

void dcb_answer_clear(struct dcb_answer *answer)
{
    free(answer->message);
    free(answer->path);
    free(answer->sha256);
    free(answer->version);
    free(answer->build);
    free(answer->implementation);
    free(answer->compiler);
    free(answer->copy_path);
    free(answer->copy_sha256);
    free(answer->linkage);
    free(answer->own_linkage);
    free(answer->missing);
    *answer = (struct dcb_answer){.kind = DCB_ANSWER_DONE};
}
