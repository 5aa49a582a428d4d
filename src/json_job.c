#include "job.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "error.h"
#include "json_job_private.h"
#include "xalloc.h"

/* Jobs come from the controller itself: a wrong one is a bug. */

static const char *const job_kinds[] = {"describe", "time",  "simulate", "verify",
                                        "memory",   "leaks", "census",   "trace"};

int dcb_json_find_name(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; name && i < count; i++) {
        if (names[i] && strcmp(name, names[i]) == 0)
            return (int)i;
    }
    return -1;
}

json_t *dcb_json_text_or_null(const char *text)
{
    json_t *string = text ? json_string(text) : NULL;

    return string ? string : json_null();
}

char *dcb_json_job_line(json_t *object, bool newline)
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

char *dcb_json_own_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? dcb_xstrdup(text) : NULL;
}

uint64_t dcb_json_uint(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));

    return value > 0 ? (uint64_t)value : 0;
}

/* ---- jobs ---- */

static json_t *encode_spec(const struct dcb_spec *spec)
{
    return json_pack(
        "{s:o, s:b, s:s, s:o, s:o, s:o}", "label", dcb_json_text_or_null(spec->label),
        "builtin", (int)spec->builtin, "kind", dcb_spec_kind_name(spec->kind), "path",
        dcb_json_text_or_null(spec->path), "module", dcb_json_text_or_null(spec->module),
        "attr", dcb_json_text_or_null(spec->attr));
}

static int decode_spec(const json_t *object, struct dcb_spec *spec, struct dcb_error *err)
{
    static const char *const kinds[] = {"file", "module", "json", "pickle"};
    int kind =
        DCB_JSON_FIND_NAME(json_string_value(json_object_get(object, "kind")), kinds);

    if (kind < 0)
        return dcb_error_set(err, DCB_ERROR_INTERNAL, "job: a spec of unknown kind");
    *spec = (struct dcb_spec){
        .label = dcb_json_own_text(object, "label"),
        .builtin = json_is_true(json_object_get(object, "builtin")),
        .kind = (enum dcb_spec_kind)kind,
        .path = dcb_json_own_text(object, "path"),
        .module = dcb_json_own_text(object, "module"),
        .attr = dcb_json_own_text(object, "attr"),
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
        json_array_append_new(paths, dcb_json_text_or_null(job->python_path[i]));
    json_object_set_new(object, "arms", arms);
    json_object_set_new(object, "sources", sources);
    json_object_set_new(object, "events", events);
    json_object_set_new(object, "python_path", paths);
    return object;
}

static void encode_batteries(const struct dcb_job *job, json_t *object)
{
    json_t *batteries = json_array();

    for (int i = 0; i < DCB_BATTERY_COUNT; i++) {
        if (job->batteries[i])
            json_array_append_new(batteries,
                                  json_string(dcb_battery_name((enum dcb_battery)i)));
    }
    json_object_set_new(object, "batteries", batteries);
    json_object_set_new(object, "graphs", json_integer((json_int_t)job->graphs));
    json_object_set_new(object, "first", json_integer((json_int_t)job->first));
}

static void encode_memos(const struct dcb_job *job, json_t *object)
{
    json_t *memos = json_array();

    for (int i = 0; i < DCB_MEMO_COUNT; i++) {
        if (job->memos[i])
            json_array_append_new(memos, json_string(dcb_memo_name((enum dcb_memo)i)));
    }
    json_object_set_new(object, "memos", memos);
}

static void encode_trace(const struct dcb_job *job, json_t *object)
{
    json_object_set_new(object, "container",
                        json_string(dcb_container_name(job->container)));
    json_object_set_new(object, "size_bytes", json_integer((json_int_t)job->size_bytes));
    json_object_set_new(object, "every_bytes",
                        json_integer((json_int_t)job->every_bytes));
}

/* Whether jobs of this kind have a workload. */
static bool has_workload(enum dcb_job_kind kind)
{
    return kind == DCB_JOB_TIME || kind == DCB_JOB_SIMULATE || kind == DCB_JOB_MEMORY ||
           kind == DCB_JOB_LEAKS || kind == DCB_JOB_CENSUS;
}

char *dcb_job_encode(const struct dcb_job *job)
{
    json_t *object = json_pack(
        "{s:s, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:i, s:o, s:I, s:o, "
        "s:b}",
        "job", job_kinds[job->kind], "token", (json_int_t)job->token, "seed",
        (json_int_t)job->seed, "support", dcb_json_text_or_null(job->support), "number",
        (json_int_t)job->number, "rounds", (json_int_t)job->rounds, "warmups",
        (json_int_t)job->warmups, "budget_ns", (json_int_t)job->budget_ns, "block_ns",
        (json_int_t)job->block_ns, "fixed", (int)job->fixed, "gc", (int)job->gc,
        "affinity", job->affinity, "cpus", dcb_json_text_or_null(job->cpus),
        "memory_bytes", (json_int_t)job->memory_bytes, "venv",
        dcb_json_text_or_null(job->venv), "site", (int)job->site);

    if (job->kind == DCB_JOB_VERIFY)
        encode_batteries(job, object);
    if (job->kind == DCB_JOB_MEMORY)
        encode_memos(job, object);
    if (job->kind == DCB_JOB_TRACE)
        encode_trace(job, object);
    if (has_workload(job->kind))
        json_object_set_new(object, "workload", encode_spec(&job->workload));
    return dcb_json_job_line(encode_lists(job, object), true);
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
        int role =
            DCB_JSON_FIND_NAME(json_string_value(json_object_get(item, "role")), roles);

        if (role < 0)
            return dcb_error_set(err, DCB_ERROR_INTERNAL, "job: an arm of unknown role");
        arm->role = (enum dcb_role)role;
        arm->iterations = dcb_json_uint(item, "iterations");
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

static int decode_batteries(const json_t *root, struct dcb_job *job,
                            struct dcb_error *err)
{
    const json_t *batteries = json_object_get(root, "batteries");

    for (size_t i = 0; i < json_array_size(batteries); i++) {
        enum dcb_battery found;

        if (!dcb_battery_find(json_string_value(json_array_get(batteries, i)), &found))
            return dcb_error_set(err, DCB_ERROR_INTERNAL, "job: no such battery");
        job->batteries[found] = true;
    }
    job->graphs = dcb_json_uint(root, "graphs");
    job->first = dcb_json_uint(root, "first");
    return 0;
}

static int decode_memos(const json_t *root, struct dcb_job *job, struct dcb_error *err)
{
    const json_t *memos = json_object_get(root, "memos");

    for (size_t i = 0; i < json_array_size(memos); i++) {
        enum dcb_memo found;

        if (!dcb_memo_find(json_string_value(json_array_get(memos, i)), &found))
            return dcb_error_set(err, DCB_ERROR_INTERNAL, "job: no such memo");
        job->memos[found] = true;
    }
    return 0;
}

static int decode_trace(const json_t *root, struct dcb_job *job, struct dcb_error *err)
{
    const char *name = json_string_value(json_object_get(root, "container"));

    if (!name || !dcb_container_find(name, &job->container))
        return dcb_error_set(err, DCB_ERROR_INTERNAL, "job: no such container");
    job->size_bytes = dcb_json_uint(root, "size_bytes");
    job->every_bytes = dcb_json_uint(root, "every_bytes");
    return 0;
}

static int decode_job(const json_t *root, struct dcb_job *job, struct dcb_error *err)
{
    int kind =
        DCB_JSON_FIND_NAME(json_string_value(json_object_get(root, "job")), job_kinds);

    *job = (struct dcb_job){
        .seed = dcb_json_uint(root, "seed"),
        .token = dcb_json_uint(root, "token"),
        .support = dcb_json_own_text(root, "support"),
        .number = (uint32_t)dcb_json_uint(root, "number"),
        .rounds = (uint32_t)dcb_json_uint(root, "rounds"),
        .warmups = (uint32_t)dcb_json_uint(root, "warmups"),
        .budget_ns = dcb_json_uint(root, "budget_ns"),
        .block_ns = dcb_json_uint(root, "block_ns"),
        .fixed = json_is_true(json_object_get(root, "fixed")),
        .gc = json_is_true(json_object_get(root, "gc")),
        .affinity = (int)json_integer_value(json_object_get(root, "affinity")),
        .cpus = dcb_json_own_text(root, "cpus"),
        .memory_bytes = dcb_json_uint(root, "memory_bytes"),
        .venv = dcb_json_own_text(root, "venv"),
        .site = json_is_true(json_object_get(root, "site")),
    };
    if (kind < 0 || !job->support)
        return dcb_error_set(err, DCB_ERROR_INTERNAL, "job: unknown kind, or no support");
    job->kind = (enum dcb_job_kind)kind;
    if (job->kind == DCB_JOB_VERIFY && decode_batteries(root, job, err) != 0)
        return -1;
    if (job->kind == DCB_JOB_MEMORY && decode_memos(root, job, err) != 0)
        return -1;
    if (job->kind == DCB_JOB_TRACE && decode_trace(root, job, err) != 0)
        return -1;
    if (has_workload(job->kind) &&
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
