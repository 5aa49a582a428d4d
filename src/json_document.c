#include "json_document.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "json_document_private.h"
#include "json_reader.h"
#include "stats.h"
#include "utf8.h"
#include "xalloc.h"

#define SCHEMA "dcbench-result/"

/* ---- shared ---- */

char *dcb_decode_copy(struct dcb_decode *decode, json_t *object, const char *key)
{
    const char *text = dcb_json_maybe_text(decode->reader, object, key);

    return text ? dcb_xstrdup(text) : NULL;
}

void dcb_decode_fill(struct dcb_decode *decode, json_t *object, const char *key,
                     char *target, size_t size)
{
    const char *text = dcb_json_maybe_text(decode->reader, object, key);

    snprintf(target, size, "%s", text ? text : "");
    dcb_utf8_mend(target);
}

struct dcb_interval dcb_decode_interval(struct dcb_decode *decode, json_t *object,
                                        double least)
{
    struct dcb_json_reader *reader = decode->reader;
    const double most = DCB_DECODE_MOST;
    struct dcb_interval interval = {DCB_UNKNOWN, DCB_UNKNOWN, DCB_UNKNOWN};

    if (!object)
        return interval;
    interval.estimate = dcb_json_need_number(reader, object, "estimate", least, most);
    interval.low = dcb_json_maybe_number(reader, object, "low", least, most);
    interval.high = dcb_json_maybe_number(reader, object, "high", least, most);
    if (isnan(interval.low) != isnan(interval.high))
        dcb_json_fail(reader, isnan(interval.low) ? "low" : "high",
                      "is null, and the other end is not");
    if (interval.low > interval.estimate)
        dcb_json_fail(reader, "low", "%.9g is above the estimate, %.9g", interval.low,
                      interval.estimate);
    if (interval.high < interval.estimate)
        dcb_json_fail(reader, "high", "%.9g is below the estimate, %.9g", interval.high,
                      interval.estimate);
    return interval;
}

int dcb_decode_provider(struct dcb_decode *decode, json_t *object, const char *key)
{
    const char *text = dcb_json_maybe_text(decode->reader, object, key);

    if (!text)
        return DCB_PROVIDER_NONE;
    for (int i = DCB_PROVIDER_HARDWARE; i <= DCB_PROVIDER_SIMULATED; i++) {
        if (strcmp(text, dcb_provider_name((enum dcb_provider)i)) == 0)
            return i;
    }
    dcb_json_fail(decode->reader, key, "'%.40s' is no provider of counters", text);
    return -1;
}

int dcb_decode_quality(struct dcb_decode *decode, json_t *object, const char *key)
{
    const char *text = dcb_json_maybe_text(decode->reader, object, key);

    if (!text)
        return DCB_QUALITY_NONE;
    for (int i = DCB_QUALITY_EXACT; i <= DCB_QUALITY_PROXY; i++) {
        if (strcmp(text, dcb_quality_name((enum dcb_quality)i)) == 0)
            return i;
    }
    dcb_json_fail(decode->reader, key, "'%.40s' is neither exact nor proxy", text);
    return -1;
}

/* ---- a result of a run ---- */

static void decode_notes(struct dcb_decode *decode, json_t *root)
{
    struct dcb_result *result = &decode->document->result;
    json_t *notes = dcb_json_need_array(decode->reader, root, "notes");
    size_t count = json_array_size(notes);

    result->notes = dcb_xcalloc(count + 1, sizeof *result->notes);
    dcb_json_enter(decode->reader, "notes");
    for (size_t i = 0; i < count && !decode->reader->failed; i++) {
        const json_t *note = json_array_get(notes, i);

        dcb_json_enter_index(decode->reader, i);
        if (json_is_string(note)) {
            char *text = dcb_xstrdup(json_string_value(note));

            dcb_utf8_make_message(text);
            result->notes[result->note_count++] = text;
        } else {
            dcb_json_fail(decode->reader, NULL, "text is wanted");
        }
        dcb_json_leave(decode->reader);
    }
    dcb_json_leave(decode->reader);
}

/* Files of before there were any have neither. */
static void decode_origin(struct dcb_decode *decode, json_t *root)
{
    struct dcb_result *result = &decode->document->result;

    result->label = dcb_decode_copy(decode, root, "label");
    result->commit = dcb_decode_copy(decode, root, "commit");
    if (result->label && !*result->label)
        dcb_json_fail(decode->reader, "label", "is empty");
    if (result->commit && !dcb_result_is_commit(result->commit))
        dcb_json_fail(decode->reader, "commit", "'%.70s' is no commit", result->commit);
}

/* "2026-11-21T08:08:42Z" to seconds; -1 for anything else. */
static int64_t seconds_of(const char *date)
{
    struct tm time = {.tm_isdst = 0};
    const char *end = strptime(date, "%Y-%m-%dT%H:%M:%SZ", &time);

    return end && *end == '\0' ? (int64_t)timegm(&time) : -1;
}

void dcb_json_decode_run(struct dcb_json_reader *reader, void *root,
                         enum dcb_document_parts parts, struct dcb_document *document)
{
    struct dcb_decode decode = {.reader = reader,
                                .document = document,
                                .whole = parts == DCB_DOCUMENT_WHOLE,
                                .spare_workers = DCB_DECODE_WORKERS_MAX};
    json_t *environment = dcb_json_need_object(reader, root, "environment");
    json_t *plan = dcb_json_need_object(reader, root, "plan");
    json_t *workloads = dcb_json_need_array(reader, root, "workloads");
    json_t *cells = dcb_json_need_array(reader, root, "cells");

    document->kind = DCB_DOCUMENT_RUN;
    document->version = dcb_decode_copy(&decode, root, "dcbench");
    decode_origin(&decode, root);
    dcb_decode_environment(&decode, environment);
    document->time_s = seconds_of(document->result.system.date);
    dcb_decode_plan(&decode, plan);
    dcb_decode_verified(&decode, root);
    dcb_decode_rows(&decode, plan, cells);
    dcb_decode_workloads(&decode, workloads);
    dcb_decode_cells(&decode, cells);
    decode_notes(&decode, root);
    document->result.signal =
        (int)dcb_json_maybe_whole(reader, root, "interrupted", 1, 64, 0);
}

/* ---- which format it is ---- */

bool dcb_json_is_pyperf(const void *root)
{
    /* Its format has no name: a suite is a list of benchmarks; its oldest form had one
     * benchmark, with its runs, at the top. */
    return json_is_object((const json_t *)root) && !json_object_get(root, "schema") &&
           (json_is_array(json_object_get(root, "benchmarks")) ||
            json_is_array(json_object_get(root, "runs")));
}

/* Whether it is one of ours that can be read; fails where it is another. */
static bool is_run(struct dcb_json_reader *reader, json_t *root)
{
    const char *schema = dcb_json_maybe_text(reader, root, "schema"), *kind;

    if (reader->failed)
        return false;
    if (!schema) {
        dcb_json_fail(reader, NULL, "neither a result of dcbench nor one of pyperf");
        return false;
    }
    if (strncmp(schema, SCHEMA, strlen(SCHEMA)) != 0) {
        dcb_json_fail(reader, "schema",
                      "is '%.60s': results of runs, '" SCHEMA "1', are read", schema);
        return false;
    }
    if (strcmp(schema, SCHEMA "1") != 0) {
        dcb_json_fail(reader, "schema",
                      "is '%.60s': written by a later dcbench than this one, which reads "
                      "'" SCHEMA "1'",
                      schema);
        return false;
    }
    kind = dcb_json_need_text(reader, root, "kind");
    if (!reader->failed && (strcmp(kind, "verify") == 0 || strcmp(kind, "memory") == 0))
        dcb_json_fail(
            reader, "kind",
            "is '%s': a result of 'dcbench %s', not of a run; nothing in it was "
            "timed",
            kind, kind);
    else if (!reader->failed && strcmp(kind, "run") != 0)
        dcb_json_fail(reader, "kind", "a result of kind '%.60s', which is not known here",
                      kind);
    return !reader->failed;
}

int dcb_json_decode(const char *text, size_t length, enum dcb_document_parts parts,
                    struct dcb_document *document, struct dcb_error *err)
{
    const char *file =
        strcmp(document->path, "-") == 0 ? "standard input" : document->path;
    struct dcb_json_reader reader;
    json_t *root = dcb_json_parse(&reader, file, text, length, err);

    if (!root)
        return -1;
    if (dcb_json_is_pyperf(root))
        dcb_json_decode_pyperf(&reader, root, document);
    else if (is_run(&reader, root))
        dcb_json_decode_run(&reader, root, parts, document);
    json_decref(root);
    return reader.failed ? -1 : 0;
}
