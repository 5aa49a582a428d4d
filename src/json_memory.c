#include "json_memory.h"

#include <math.h>

#include <jansson.h>

#include "json_environment.h"
#include "json_values.h"
#include "memory.h"
#include "plan.h"
#include "sysinfo.h"

static double margin_of(const struct dcb_json_memory_frame *frame, enum dcb_memo memo)
{
    return isnan(frame->margin) ? dcb_memory_margin(memo) : frame->margin;
}

static bool has_layer(const struct dcb_memory *memory, int layer)
{
    return memory->native || layer == DCB_LAYER_INTERPRETER;
}

/* ---- the plan ---- */

static json_t *encode_memos(const struct dcb_memory *memory,
                            const struct dcb_json_memory_frame *frame)
{
    json_t *memos = json_array();

    for (int i = 0; i < DCB_MEMO_COUNT; i++) {
        if (memory->request->memos[i])
            json_array_append_new(
                memos,
                json_pack("{s:s, s:o}", "memo", dcb_memo_name((enum dcb_memo)i), "margin",
                          dcb_json_number(margin_of(frame, (enum dcb_memo)i))));
    }
    return memos;
}

static json_t *encode_sources(const struct dcb_spec *specs,
                              const struct dcb_source *sources, size_t count)
{
    const struct dcb_source none = {.path = NULL};
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array,
                              dcb_json_source(&specs[i], sources ? &sources[i] : &none));
    return array;
}

static json_t *encode_plan(const struct dcb_memory *memory,
                           const struct dcb_json_memory_frame *frame)
{
    const struct dcb_memory_request *request = memory->request;

    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "implementations",
        encode_sources(request->impls, memory->impl_sources, request->impl_count),
        "workloads",
        encode_sources(request->workloads, memory->workload_sources,
                       request->workload_count),
        "memos", encode_memos(memory, frame), "iterations",
        request->iterations ? dcb_json_whole(request->iterations) : json_null(), "leaks",
        json_boolean(request->leak_iterations > 0), "census",
        json_boolean(request->census), "native_missing",
        memory->native ? json_null() : dcb_json_message(memory->native_reason), "seed",
        dcb_json_whole(request->seed), "timeout_s",
        dcb_json_number(frame->plan->timeout_s));
}

/* ---- a cell ---- */

static json_t *encode_value(const struct dcb_memory_value *value)
{
    return json_pack("{s:I, s:I, s:I}", "value", (json_int_t)value->value, "low",
                     (json_int_t)value->low, "high", (json_int_t)value->high);
}

static json_t *encode_layers(const struct dcb_memory *memory,
                             const struct dcb_memory_cell *cell)
{
    json_t *layers = json_object();

    for (int i = 0; i < DCB_LAYER_COUNT; i++) {
        json_t *figures;

        if (!has_layer(memory, i)) {
            json_object_set_new(layers, dcb_layer_name((enum dcb_layer)i), json_null());
            continue;
        }
        figures = json_object();
        for (int k = 0; k < DCB_FIGURE_COUNT; k++)
            json_object_set_new(figures, dcb_figure_name((enum dcb_figure)k),
                                encode_value(&cell->values[i][k]));
        json_object_set_new(layers, dcb_layer_name((enum dcb_layer)i), figures);
    }
    return layers;
}

static json_t *encode_terms(const struct dcb_memory_term *terms, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            array, json_pack("{s:o, s:o, s:o}", "name", dcb_json_message(terms[i].name),
                             "count", json_integer((json_int_t)terms[i].count), "bytes",
                             json_integer((json_int_t)terms[i].bytes)));
    return array;
}

static json_t *encode_change(const struct dcb_memory_change *change)
{
    const char *verdict = dcb_memory_verdict_name(change->verdict);

    if (!change->known)
        return json_null();
    return json_pack("{s:I, s:o, s:s?}", "bytes", (json_int_t)change->bytes, "fraction",
                     dcb_json_number(change->fraction), "verdict", verdict);
}

static json_t *encode_rests(const struct dcb_memory_cell *cell)
{
    json_t *array = json_array();

    for (size_t i = 0; i < cell->rest_count; i++)
        json_array_append_new(
            array, json_pack("{s:o, s:o}", "name", dcb_json_message(cell->rests[i].name),
                             "bytes", json_integer((json_int_t)cell->rests[i].bytes)));
    return array;
}

static json_t *encode_prediction(const struct dcb_memory_cell *cell)
{
    int64_t rest;

    if (!dcb_memory_unpredicted(cell, &rest))
        return json_null();
    return json_pack("{s:o, s:o, s:I, s:o}", "objects",
                     dcb_json_whole(cell->predicted_objects), "bytes",
                     dcb_json_whole(cell->predicted_bytes), "unpredicted",
                     (json_int_t)rest, "unpredicted_terms", encode_rests(cell));
}

static json_t *encode_memo(const struct dcb_memory *memory,
                           const struct dcb_json_memory_frame *frame,
                           const struct dcb_memory_pair *pair, enum dcb_memo memo)
{
    const struct dcb_memory_cell
        *cell = &pair->cells[memo],
        *baseline =
            pair->impl ? &dcb_memory_pair(memory, pair->workload, 0)->cells[memo] : NULL;
    bool counted = dcb_memory_cell_is_counted(cell);
    struct dcb_memory_change peak =
        dcb_memory_compare(cell, baseline, dcb_memory_layer(memory), DCB_FIGURE_PEAK,
                           margin_of(frame, memo));
    struct dcb_memory_change net = dcb_memory_compare(
        cell, baseline, dcb_memory_layer(memory), DCB_FIGURE_NET, margin_of(frame, memo));

    return json_pack(
        "{s:s, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "memo",
        dcb_memo_name(memo), "failure", dcb_failure_name(cell->failure), "message",
        dcb_json_message(cell->message), "iterations", dcb_json_whole(cell->iterations),
        "layers", counted ? encode_layers(memory, cell) : json_null(), "peak_terms",
        counted ? encode_terms(cell->terms, cell->term_count) : json_null(),
        "peak_change", encode_change(&peak), "net_change", encode_change(&net),
        "prediction", encode_prediction(cell), "prediction_missing",
        dcb_json_message(counted ? cell->prediction_missing : NULL));
}

/* ---- leaks ---- */

static json_t *encode_points(const struct dcb_memory *memory,
                             const struct dcb_memory_leaks *leaks)
{
    json_t *points = json_array();

    for (size_t i = 0; i < leaks->point_count; i++) {
        const struct dcb_memory_point *point = &leaks->points[i];
        json_t *layers = json_object();

        for (int k = 0; k < DCB_LAYER_COUNT; k++)
            json_object_set_new(layers, dcb_layer_name((enum dcb_layer)k),
                                has_layer(memory, k)
                                    ? json_pack("{s:I, s:I}", "blocks",
                                                (json_int_t)point->blocks[k], "bytes",
                                                (json_int_t)point->bytes[k])
                                    : json_null());
        json_array_append_new(
            points,
            json_pack("{s:o, s:o, s:o}", "iterations", dcb_json_whole(point->iterations),
                      "layers", layers, "rss_bytes",
                      point->rss_bytes ? dcb_json_whole(point->rss_bytes) : json_null()));
    }
    return points;
}

static json_t *encode_leaks(const struct dcb_memory *memory,
                            const struct dcb_memory_pair *pair)
{
    const struct dcb_memory_leaks *leaks = &pair->leaks;
    struct dcb_memory_loss loss;

    if (!leaks->asked)
        return json_null();
    loss = dcb_memory_loss(memory, pair);
    return json_pack(
        "{s:o, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "asked",
        dcb_json_whole(dcb_memory_leak_iterations(memory->request, pair->workload)),
        "failure", dcb_failure_name(leaks->failure), "message",
        dcb_json_message(leaks->message), "warm_ups",
        leaks->point_count ? dcb_json_whole(leaks->warm_ups) : json_null(), "iterations",
        dcb_json_whole(loss.iterations), "leak",
        loss.found || loss.known ? json_boolean(loss.found) : json_null(), "terms",
        encode_terms(leaks->terms, leaks->term_count), "rss_slope",
        dcb_json_interval(&loss.rss_slope), "points", encode_points(memory, leaks));
}

/* ---- the census ---- */

static json_t *encode_census(const struct dcb_memory_census *census)
{
    /* By enum dcb_census. */
    static const char *const names[DCB_CENSUS_COUNT] = {
        "objects",      "bytes", "copied", "copied_bytes", "shared",
        "shared_bytes", "items", "room",   "copied_items", "copied_room"};
    json_t *types;

    if (!census->asked)
        return json_null();
    types = json_array();
    for (size_t i = 0; i < census->type_count; i++) {
        json_t *type =
            json_pack("{s:o}", "type", dcb_json_message(census->types[i].name));

        for (size_t k = 0; k < DCB_CENSUS_COUNT; k++)
            json_object_set_new(type, names[k], json_integer(census->types[i].counts[k]));
        json_array_append_new(types, type);
    }
    return json_pack(
        "{s:s?, s:o, s:b, s:o}", "failure", dcb_failure_name(census->failure), "message",
        dcb_json_message(census->message), "done",
        (int)(census->done && census->failure == DCB_FAILURE_NONE), "types", types);
}

static json_t *encode_pair(const struct dcb_memory *memory,
                           const struct dcb_json_memory_frame *frame,
                           const struct dcb_memory_pair *pair)
{
    json_t *memos = json_array();

    for (int i = 0; i < DCB_MEMO_COUNT; i++) {
        if (pair->cells[i].asked)
            json_array_append_new(memos,
                                  encode_memo(memory, frame, pair, (enum dcb_memo)i));
    }
    return json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o}", "workload",
                     dcb_json_text(memory->request->workloads[pair->workload].label),
                     "impl", dcb_json_text(memory->request->impls[pair->impl].label),
                     "kind", "memory", "role", pair->impl ? "candidate" : "baseline",
                     "objects", dcb_json_whole(pair->objects), "memos", memos, "leaks",
                     encode_leaks(memory, pair), "census", encode_census(&pair->census));
}

static json_t *encode_notes(const struct dcb_memory *memory)
{
    json_t *notes = json_array();

    if (!memory->native)
        json_array_append_new(
            notes,
            dcb_json_message("libc's malloc outside of the interpreter was not counted"));
    if (memory->stopped)
        json_array_append_new(
            notes, dcb_json_message("interrupted: this is what was counted so far"));
    return notes;
}

char *dcb_json_memory(const struct dcb_memory *memory,
                      const struct dcb_json_memory_frame *frame)
{
    json_t *cells = json_array();

    for (size_t i = 0; i < memory->pair_count; i++)
        json_array_append_new(cells, encode_pair(memory, frame, &memory->pairs[i]));
    return dcb_json_line(json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "schema", "dcbench-result/1",
        "kind", "memory", "dcbench", DCB_VERSION, "environment",
        dcb_json_environment(frame->system, &memory->python), "plan",
        encode_plan(memory, frame), "cells", cells, "notes", encode_notes(memory),
        "elapsed_s", dcb_json_number(memory->elapsed_s), "interrupted",
        frame->signal ? json_integer(frame->signal) : json_null()));
}
