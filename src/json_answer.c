#include "job.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "error.h"
#include "json_job_private.h"
#include "utf8.h"
#include "xalloc.h"

/* Answers come out of a process that runs foreign code: everything in them is checked. */

static const char *const answer_kinds[] = {
    "interpreter", "source",  "workload", "arm",        "event", "battery", "case",
    "outcome",     "figures", "term",     "prediction", "point", "census",  "done"};
/* Those that a worker can tell of itself. */
static const char *const outcomes[] = {"passed", "failed", "accepted deviation",
                                       "skipped"};
static const char *const failure_names[] = {NULL,    "load",    "raised",
                                            "wrong", "changed", "died"};

const char *dcb_failure_name(enum dcb_failure failure)
{
    return failure_names[failure];
}

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

/* There are some thousands of them: they say no more than they have to. */
static char *encode_case(const struct dcb_answer *answer)
{
    json_t *object = json_pack("{s:s, s:I}", "answer", answer_kinds[answer->kind],
                               "token", (json_int_t)answer->token);

    if (answer->kind != DCB_ANSWER_OUTCOME)
        set_text(object, "battery", dcb_battery_name(answer->battery));
    if (answer->kind == DCB_ANSWER_BATTERY) {
        json_object_set_new(object, "cases", json_integer((json_int_t)answer->cases));
        set_text(object, "missing", answer->missing);
    } else if (answer->kind == DCB_ANSWER_CASE) {
        json_object_set_new(object, "number", json_integer((json_int_t)answer->number));
        set_text(object, "name", answer->name);
    } else {
        set_text(object, "outcome", dcb_case_outcome_name(answer->outcome));
        json_object_set_new(object, "standard", json_boolean(answer->standard));
        set_text(object, "expected", answer->expected);
        set_text(object, "got", answer->got);
        set_text(object, "expression", answer->expression);
        set_text(object, "version", answer->version);
    }
    return dcb_json_job_line(object, true);
}

static bool is_of_cases(enum dcb_answer_kind kind)
{
    return kind == DCB_ANSWER_BATTERY || kind == DCB_ANSWER_CASE ||
           kind == DCB_ANSWER_OUTCOME;
}

static char *encode_other(const struct dcb_answer *answer)
{
    json_t *object = json_pack(
        "{s:s, s:I, s:I, s:o, s:I, s:b, s:I, s:I, s:I, s:i, s:i, s:b, s:b, s:b, s:I}",
        "answer", answer_kinds[answer->kind], "token", (json_int_t)answer->token, "index",
        (json_int_t)answer->index, "failure",
        dcb_json_text_or_null(dcb_failure_name(answer->failure)), "iterations",
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
    return dcb_json_job_line(object, true);
}

static char *encode_memory(const struct dcb_answer *answer)
{
    json_t *object = json_pack("{s:s, s:I}", "answer", answer_kinds[answer->kind],
                               "token", (json_int_t)answer->token);

    set_text(object, "failure", dcb_failure_name(answer->failure));
    set_text(object, "message", answer->message);
    set_text(object, "name", answer->name);
    dcb_json_encode_memory(answer, object);
    return dcb_json_job_line(object, true);
}

char *dcb_answer_encode(const struct dcb_answer *answer)
{
    if (dcb_json_is_of_memory(answer->kind))
        return encode_memory(answer);
    return is_of_cases(answer->kind) ? encode_case(answer) : encode_other(answer);
}

int dcb_json_decode_range(const json_t *root, const char *key, json_int_t low,
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

    if (dcb_json_decode_range(root, "index", 0, (json_int_t)limit - 1, &index, err) !=
            0 ||
        dcb_json_decode_range(root, "iterations", 0, INT64_MAX, &iterations, err) != 0 ||
        dcb_json_decode_range(root, "objects", 0, INT64_MAX, &objects, err) != 0 ||
        dcb_json_decode_range(root, "weight", 0, INT64_MAX, &weight, err) != 0 ||
        dcb_json_decode_range(root, "rounds", 0, UINT32_MAX, &rounds, err) != 0 ||
        dcb_json_decode_range(root, "group", -1, DCB_EVENTS_MAX, &group, err) != 0 ||
        dcb_json_decode_range(root, "slot", -1, DCB_PMU_GROUP_MAX - 1, &slot, err) != 0 ||
        dcb_json_decode_range(root, "overhead", -1, INT64_MAX, &overhead, err) != 0)
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
    found = DCB_JSON_FIND_NAME(json_string_value(failure), failure_names);
    if (found < 0)
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "its answer has an unknown failure");
    answer->failure = (enum dcb_failure)found;
    return 0;
}

/* One of `count` names. */
static int decode_name(const json_t *root, const char *key, const char *const *names,
                       size_t count, int *ret_index, struct dcb_error *err)
{
    *ret_index =
        dcb_json_find_name(json_string_value(json_object_get(root, key)), names, count);
    if (*ret_index < 0)
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "'%s' of its answer is missing or not known", key);
    return 0;
}

/* A text as a line of at most `most` bytes; NULL where there is none. */
char *dcb_json_copy_line(const json_t *root, const char *key, size_t most)
{
    char *text = dcb_json_own_text(root, key);
    size_t length = most - strlen("...");

    if (!text)
        return NULL;
    dcb_utf8_make_line(text);
    if (strlen(text) <= most)
        return text;
    while (((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    memcpy(text + length, "...", sizeof "...");
    return text;
}

int dcb_json_take_name(const json_t *root, struct dcb_answer *answer,
                       struct dcb_error *err)
{
    answer->name = dcb_json_copy_line(root, "name", DCB_CASE_NAME_MAX);
    return answer->name
               ? 0
               : dcb_error_set(err, DCB_ERROR_SYSTEM, "'name' of its answer is missing");
}

static int decode_battery(const json_t *root, struct dcb_answer *answer,
                          struct dcb_error *err)
{
    json_int_t cases;

    if (dcb_json_decode_range(root, "cases", 0, UINT32_MAX, &cases, err) != 0)
        return -1;
    answer->cases = (uint64_t)cases;
    answer->missing = dcb_json_copy_line(root, "missing", DCB_CASE_TEXT_MAX);
    return 0;
}

static int decode_case(const json_t *root, struct dcb_answer *answer,
                       struct dcb_error *err)
{
    json_int_t number;

    if (dcb_json_decode_range(root, "number", 0, UINT32_MAX, &number, err) != 0)
        return -1;
    answer->number = (uint64_t)number;
    return dcb_json_take_name(root, answer, err);
}

static int decode_outcome(const json_t *root, struct dcb_answer *answer,
                          struct dcb_error *err)
{
    int outcome;

    if (decode_name(root, "outcome", outcomes, sizeof outcomes / sizeof *outcomes,
                    &outcome, err) != 0)
        return -1;
    answer->outcome = (enum dcb_case_outcome)outcome;
    answer->standard = json_is_true(json_object_get(root, "standard"));
    answer->expected = dcb_json_copy_line(root, "expected", DCB_CASE_TEXT_MAX);
    answer->got = dcb_json_copy_line(root, "got", DCB_CASE_TEXT_MAX);
    answer->expression = dcb_json_copy_line(root, "expression", DCB_CASE_EXPRESSION_MAX);
    answer->version = dcb_json_copy_line(root, "version", DCB_CASE_VERSION_MAX);
    return 0;
}

static int decode_of_cases(const json_t *root, struct dcb_answer *answer,
                           struct dcb_error *err)
{
    const char *battery = json_string_value(json_object_get(root, "battery"));

    if (answer->kind == DCB_ANSWER_OUTCOME)
        return decode_outcome(root, answer, err);
    if (!dcb_battery_find(battery, &answer->battery))
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "'battery' of its answer is missing or not known");
    return answer->kind == DCB_ANSWER_CASE ? decode_case(root, answer, err)
                                           : decode_battery(root, answer, err);
}

/* What is there is of the right type. */
static int check_types(const json_t *root, struct dcb_error *err)
{
    static const char *const texts[] = {
        "message",     "path",           "sha256",      "version",
        "build",       "implementation", "compiler",    "copy_path",
        "copy_sha256", "linkage",        "own_linkage", "missing",
        "name",        "expected",       "got",         "expression"};
    static const char *const booleans[] = {"software",   "shared",   "anchored",
                                           "user_reads", "standard", "native"};

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

static int decode_other(const json_t *root, const struct dcb_answer_bounds *bounds,
                        struct dcb_answer *answer, struct dcb_error *err)
{
    if (decode_failure(root, answer, err) != 0 ||
        decode_numbers(root, bounds, answer, err) != 0)
        return -1;
    answer->message = dcb_json_own_text(root, "message");
    answer->path = dcb_json_own_text(root, "path");
    answer->sha256 = dcb_json_own_text(root, "sha256");
    answer->version = dcb_json_own_text(root, "version");
    answer->build = dcb_json_own_text(root, "build");
    answer->implementation = dcb_json_own_text(root, "implementation");
    answer->compiler = dcb_json_own_text(root, "compiler");
    answer->copy_path = dcb_json_own_text(root, "copy_path");
    answer->copy_sha256 = dcb_json_own_text(root, "copy_sha256");
    answer->linkage = dcb_json_own_text(root, "linkage");
    answer->own_linkage = dcb_json_own_text(root, "own_linkage");
    answer->missing = dcb_json_own_text(root, "missing");
    return 0;
}

static int decode_rest(const json_t *root, const struct dcb_answer_bounds *bounds,
                       struct dcb_answer *answer, struct dcb_error *err)
{
    if (is_of_cases(answer->kind))
        return decode_of_cases(root, answer, err);
    if (!dcb_json_is_of_memory(answer->kind))
        return decode_other(root, bounds, answer, err);
    return decode_failure(root, answer, err) == 0
               ? dcb_json_decode_memory(root, answer, err)
               : -1;
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
    kind = DCB_JSON_FIND_NAME(json_string_value(json_object_get(root, "answer")),
                              answer_kinds);
    if (kind < 0) {
        dcb_error_set(err, DCB_ERROR_SYSTEM, "its answer is of no known kind");
        goto out;
    }
    answer.kind = (enum dcb_answer_kind)kind;
    answer.token = dcb_json_uint(root, "token");
    if (answer.token != bounds->token) {
        dcb_error_set(err, DCB_ERROR_SYSTEM, "an answer is not the worker's own");
        goto out;
    }
    if (check_types(root, err) != 0 || decode_rest(root, bounds, &answer, err) != 0)
        goto out;
    *ret_answer = answer;
    rc = 0;
out:
    if (rc != 0)
        dcb_answer_clear(&answer);
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
    free(answer->name);
    free(answer->expected);
    free(answer->got);
    free(answer->expression);
    *answer = (struct dcb_answer){.kind = DCB_ANSWER_DONE};
}
