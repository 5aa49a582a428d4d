#include "json_document_memory.h"

#include <math.h>
#include <string.h>

#include "error.h"
#include "json_document_private.h"
#include "memory_check.h"
#include "utf8.h"
#include "xalloc.h"

enum { PAIRS_MAX = 100000, ITERATIONS_MAX = 1000000 };

/* More than any memory has, exact in a double. */
static const double most_bytes = 1e15, most_leak_iterations = 1e12;

/* The file under way. */
struct file {
    struct dcb_decode decode;
    struct dcb_memory_then *then;
};

/* ---- the plan ---- */

static int find_memo(struct dcb_json_reader *reader, json_t *object)
{
    const char *name = dcb_json_need_text(reader, object, "memo");
    enum dcb_memo memo;

    if (!reader->failed && dcb_memo_find(name, &memo))
        return (int)memo;
    dcb_json_fail(reader, "memo", "'%.40s' is no kind of memo", name);
    return -1;
}

static void decode_memos(struct file *file, json_t *plan)
{
    struct dcb_json_reader *reader = file->decode.reader;
    json_t *list = dcb_json_need_array(reader, plan, "memos");

    for (int i = 0; i < DCB_MEMO_COUNT; i++)
        file->then->margins[i] = dcb_memory_margin((enum dcb_memo)i);
    dcb_json_enter(reader, "memos");
    for (size_t i = 0; i < json_array_size(list) && !reader->failed; i++) {
        json_t *object = json_array_get(list, i);
        int memo;

        dcb_json_enter_index(reader, i);
        memo = find_memo(reader, object);
        if (memo >= 0 && file->then->request.memos[memo])
            dcb_json_fail(reader, "memo", "is there a second time");
        if (memo >= 0) {
            file->then->request.memos[memo] = true;
            file->then->margins[memo] =
                dcb_json_need_number(reader, object, "margin", 0, 1e6);
        }
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
}

/* The document has the baseline again as its control. */
static void list_impls(struct dcb_memory_then *then)
{
    const struct dcb_plan *plan = &then->document->plan;

    then->impls = dcb_xcalloc(plan->arm_count, sizeof *then->impls);
    for (size_t i = 0; i < plan->arm_count; i++) {
        if (i != 1)
            then->impls[then->request.impl_count++] = plan->arms[i];
    }
    then->request.impls = then->impls;
    then->request.workloads = plan->workloads;
    then->request.workload_count = plan->workload_count;
}

static void decode_plan(struct file *file, json_t *root)
{
    struct dcb_json_reader *reader = file->decode.reader;
    struct dcb_memory_then *then = file->then;
    struct dcb_memory_request *request = &then->request;
    json_t *plan = dcb_json_need_object(reader, root, "plan");

    dcb_json_enter(reader, "plan");
    dcb_decode_sources(&file->decode, plan);
    decode_memos(file, plan);
    request->iterations =
        (uint32_t)dcb_json_maybe_whole(reader, plan, "iterations", 1, ITERATIONS_MAX, 0);
    request->census = dcb_json_maybe_truth(reader, plan, "census", false);
    request->seed = dcb_json_need_whole(reader, plan, "seed", 0, INT64_MAX);
    then->memory.native = !dcb_json_maybe_text(reader, plan, "native_missing");
    then->document->plan.timeout_s =
        dcb_json_need_number(reader, plan, "timeout_s", 0, 1e12);
    dcb_json_leave(reader);
    if (!reader->failed)
        list_impls(then);
}

/* ---- cells ---- */

static int64_t decode_bytes(struct dcb_json_reader *reader, json_t *object,
                            const char *key)
{
    double number = dcb_json_need_number(reader, object, key, -most_bytes, most_bytes);

    if (!reader->failed && number != floor(number))
        dcb_json_fail(reader, key, "a whole number is wanted");
    return reader->failed ? 0 : (int64_t)number;
}

static void decode_value(struct dcb_json_reader *reader, json_t *layer, const char *name,
                         struct dcb_memory_value *value)
{
    json_t *object = dcb_json_need_object(reader, layer, name);

    dcb_json_enter(reader, name);
    value->value = decode_bytes(reader, object, "value");
    value->low = decode_bytes(reader, object, "low");
    value->high = decode_bytes(reader, object, "high");
    if (value->low > value->value)
        dcb_json_fail(reader, "low", "%lld is above the value, %lld",
                      (long long)value->low, (long long)value->value);
    if (value->high < value->value)
        dcb_json_fail(reader, "high", "%lld is below the value, %lld",
                      (long long)value->high, (long long)value->value);
    dcb_json_leave(reader);
}

static void decode_layers(struct file *file, json_t *layers, struct dcb_memory_cell *cell)
{
    struct dcb_json_reader *reader = file->decode.reader;

    dcb_json_enter(reader, "layers");
    for (int i = 0; i < DCB_LAYER_COUNT && !reader->failed; i++) {
        const char *name = dcb_layer_name((enum dcb_layer)i);
        json_t *layer;

        if (i != DCB_LAYER_INTERPRETER && !file->then->memory.native)
            continue;
        layer = dcb_json_need_object(reader, layers, name);
        dcb_json_enter(reader, name);
        for (int k = 0; k < DCB_FIGURE_COUNT; k++)
            decode_value(reader, layer, dcb_figure_name((enum dcb_figure)k),
                         &cell->values[i][k]);
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
}

static enum dcb_failure decode_failure(struct dcb_json_reader *reader, json_t *object)
{
    const char *text = dcb_json_maybe_text(reader, object, "failure");

    if (!text)
        return DCB_FAILURE_NONE;
    for (int i = DCB_FAILURE_NONE + 1; i <= DCB_FAILURE_DIED; i++) {
        if (strcmp(text, dcb_failure_name((enum dcb_failure)i)) == 0)
            return (enum dcb_failure)i;
    }
    dcb_json_fail(reader, "failure", "'%.40s' is no failure", text);
    return DCB_FAILURE_NONE;
}

static void decode_memo(struct file *file, json_t *object, struct dcb_memory_pair *pair)
{
    struct dcb_json_reader *reader = file->decode.reader;
    int memo = find_memo(reader, object);
    struct dcb_memory_cell *cell;
    json_t *layers;

    if (memo < 0)
        return;
    if (!file->then->request.memos[memo] || pair->cells[memo].asked) {
        dcb_json_fail(reader, "memo", "'%s' is not due here",
                      dcb_memo_name((enum dcb_memo)memo));
        return;
    }
    cell = &pair->cells[memo];
    cell->memo = (enum dcb_memo)memo;
    cell->asked = true;
    cell->failure = decode_failure(reader, object);
    cell->iterations =
        (uint32_t)dcb_json_need_whole(reader, object, "iterations", 0, ITERATIONS_MAX);
    layers = dcb_json_maybe_object(reader, object, "layers");
    if (dcb_memory_cell_is_counted(cell) != (layers != NULL))
        dcb_json_fail(reader, "layers",
                      layers ? "are there, and it was not counted" : "are missing");
    if (layers)
        decode_layers(file, layers, cell);
}

static void decode_leaks(struct file *file, json_t *object,
                         struct dcb_memory_leaked *leaked)
{
    struct dcb_json_reader *reader = file->decode.reader;
    json_t *leaks = dcb_json_maybe_object(reader, object, "leaks");

    if (!leaks)
        return;
    dcb_json_enter(reader, "leaks");
    leaked->asked =
        dcb_json_need_whole(reader, leaks, "asked", 1, (uint64_t)most_leak_iterations);
    leaked->leak = dcb_json_maybe_truth(reader, leaks, "leak", false);
    leaked->known = json_is_boolean(json_object_get(leaks, "leak"));
    dcb_json_leave(reader);
}

static size_t find_label(struct dcb_json_reader *reader, json_t *object, const char *key,
                         const struct dcb_spec *specs, size_t count)
{
    const char *label = dcb_json_need_text(reader, object, key);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(specs[i].label, label) == 0)
            return i;
    }
    dcb_json_fail(reader, key, "'%.60s' is not in the plan", label);
    return count;
}

/* `seen` is of each pair whether it was there. */
static void decode_pair(struct file *file, json_t *object, bool *seen)
{
    struct dcb_json_reader *reader = file->decode.reader;
    const struct dcb_memory_request *request = &file->then->request;
    size_t workload = find_label(reader, object, "workload", request->workloads,
                                 request->workload_count);
    size_t impl = find_label(reader, object, "impl", request->impls, request->impl_count);
    size_t index = workload * request->impl_count + impl;
    json_t *memos = dcb_json_need_array(reader, object, "memos");

    if (!reader->failed && seen[index])
        dcb_json_fail(reader, "impl", "'%.60s' is there a second time with this workload",
                      request->impls[impl].label);
    if (reader->failed)
        return;
    seen[index] = true;
    dcb_json_enter(reader, "memos");
    for (size_t i = 0; i < json_array_size(memos) && !reader->failed; i++) {
        dcb_json_enter_index(reader, i);
        decode_memo(file, json_array_get(memos, i), &file->then->memory.pairs[index]);
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
    decode_leaks(file, object, &file->then->leaked[index]);
}

static void decode_cells(struct file *file, json_t *root)
{
    struct dcb_json_reader *reader = file->decode.reader;
    struct dcb_memory_then *then = file->then;
    const struct dcb_memory_request *request = &then->request;
    json_t *cells = dcb_json_need_array(reader, root, "cells");
    size_t count = request->impl_count * request->workload_count;
    bool *seen;

    if (!reader->failed && (count == 0 || count > PAIRS_MAX))
        dcb_json_fail(reader, "plan", "has nothing to measure, or more than is read");
    if (reader->failed)
        return;
    seen = dcb_xcalloc(count, sizeof *seen);
    then->leaked = dcb_xcalloc(count, sizeof *then->leaked);
    then->memory.pairs = dcb_xcalloc(count, sizeof *then->memory.pairs);
    then->memory.pair_count = count;
    for (size_t i = 0; i < count; i++) {
        then->memory.pairs[i].workload = i / request->impl_count;
        then->memory.pairs[i].impl = i % request->impl_count;
    }
    dcb_json_enter(reader, "cells");
    for (size_t i = 0; i < json_array_size(cells) && !reader->failed; i++) {
        dcb_json_enter_index(reader, i);
        decode_pair(file, json_array_get(cells, i), seen);
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
    free(seen);
}

/* ---- all of it ---- */

static const char *text_of(const json_t *root, const char *key)
{
    const char *text = json_string_value(json_object_get(root, key));

    return text ? text : "";
}

bool dcb_json_is_memory(const char *text, size_t length)
{
    static const char name[] = "\"memory\"";
    json_t *root;
    bool is;

    /* Most files are results of runs: no need to parse those twice. */
    if (!memmem(text, length, name, sizeof name - 1))
        return false;
    root = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    is = strcmp(text_of(root, "schema"), "dcbench-result/1") == 0 &&
         strcmp(text_of(root, "kind"), "memory") == 0;
    json_decref(root);
    return is;
}

static void check_contents(struct file *file)
{
    const struct dcb_memory_request *request = &file->then->request;
    bool any = dcb_memory_then_has_leaks(file->then);

    for (int i = 0; i < DCB_MEMO_COUNT; i++)
        any = any || request->memos[i];
    if (!any)
        dcb_json_fail(file->decode.reader, "plan",
                      "neither memos nor leaks: a census alone has nothing to compare");
}

static void decode(struct file *file, json_t *root)
{
    struct dcb_json_reader *reader = file->decode.reader;

    if (json_object_get(root, "mode")) {
        dcb_json_fail(reader, "mode",
                      "a result of --trace: resident memory over time has no exact "
                      "figures to compare");
        return;
    }
    dcb_decode_environment(&file->decode,
                           dcb_json_need_object(reader, root, "environment"));
    decode_plan(file, root);
    decode_cells(file, root);
    if (!reader->failed)
        check_contents(file);
}

struct dcb_memory_then *dcb_json_document_memory(const char *path, const char *text,
                                                 size_t length, struct dcb_error *err)
{
    struct dcb_json_reader reader;
    json_t *root = dcb_json_parse(
        &reader, strcmp(path, "-") == 0 ? "standard input" : path, text, length, err);
    struct dcb_memory_then *then;
    struct file file;

    if (!root)
        return NULL;
    then = dcb_xcalloc(1, sizeof *then);
    then->document = dcb_document_new(path);
    then->memory.request = &then->request;
    file = (struct file){.decode = {.reader = &reader, .document = then->document},
                         .then = then};
    decode(&file, root);
    json_decref(root);
    if (!reader.failed)
        return then;
    dcb_memory_then_free(then);
    return NULL;
}
