#include "json_trace.h"

#include <jansson.h>

#include "json_environment.h"
#include "json_values.h"
#include "model.h"
#include "plan.h"
#include "result.h"
#include "trace.h"

static json_t *encode_plan(const struct dcb_trace *trace, const struct dcb_plan *plan)
{
    const struct dcb_trace_request *request = trace->request;
    json_t *containers = json_array(), *impls = json_array();

    for (int i = 0; i < DCB_CONTAINER_COUNT; i++) {
        if (request->containers[i])
            json_array_append_new(containers,
                                  json_string(dcb_container_name((enum dcb_container)i)));
    }
    for (size_t i = 0; i < request->impl_count; i++)
        json_array_append_new(impls,
                              dcb_json_source(&request->impls[i], &trace->sources[i]));
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "implementations", impls, "containers",
        containers, "size_bytes", dcb_json_whole(request->size_bytes), "every_bytes",
        dcb_json_whole(request->every_bytes), "repeats", dcb_json_whole(request->repeats),
        "seed", dcb_json_whole(request->seed), "timeout_s",
        dcb_json_number(plan->timeout_s));
}

static json_t *encode_repeats(const struct dcb_trace_cell *cell)
{
    json_t *repeats = json_array();

    for (size_t i = 0; i < cell->repeat_count; i++) {
        const struct dcb_trace_repeat *repeat = &cell->repeats[i];

        json_array_append_new(
            repeats,
            json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "start_bytes",
                      dcb_json_whole(repeat->start_bytes), "built_bytes",
                      dcb_json_whole(repeat->built_bytes), "peak_bytes",
                      dcb_json_whole(repeat->peak_bytes), "exact", (int)repeat->exact,
                      "dropped_bytes", dcb_json_whole(repeat->dropped_bytes), "end_bytes",
                      dcb_json_whole(repeat->end_bytes), "copy_s",
                      dcb_json_number((double)repeat->copy_ns / 1e9)));
    }
    return repeats;
}

static json_t *encode_terms(const struct dcb_trace_cell *cell)
{
    json_t *terms = json_array();

    for (size_t i = 0; i < cell->term_count; i++) {
        const struct dcb_trace_term *term = &cell->terms[i];

        json_array_append_new(terms, json_pack("{s:o, s:o, s:o, s:o}", "name",
                                               dcb_json_message(term->name), "objects",
                                               dcb_json_whole(term->count), "bytes",
                                               dcb_json_whole(term->bytes), "block_bytes",
                                               dcb_json_whole(term->taken_bytes)));
    }
    return terms;
}

/* Rows, for there are thousands of them; "columns" of the document says of what. */
static json_t *encode_samples(const struct dcb_trace_cell *cell)
{
    json_t *samples = json_array();

    for (size_t i = 0; i < cell->sample_count; i++) {
        const struct dcb_trace_sample *sample = &cell->samples[i];

        json_array_append_new(
            samples,
            json_pack("[s, o, o, s, o, o, o, o]", sample->before ? "PREV" : "NEXT",
                      dcb_json_whole(sample->event), dcb_json_whole(sample->clock_ns),
                      dcb_trace_what_name(sample->what), dcb_json_message(sample->file),
                      dcb_json_whole(sample->line), dcb_json_message(sample->function),
                      dcb_json_whole(sample->rss_bytes)));
    }
    return samples;
}

/* Null where no repeat was finished. */
static json_t *encode_summary(const struct dcb_trace *trace,
                              const struct dcb_trace_cell *cell)
{
    struct dcb_trace_summary summary;
    bool known;

    if (!dcb_trace_summarize(cell, trace->request->size_bytes, &summary))
        return json_null();
    known = summary.theory_bytes != 0;
    return json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "start_bytes", dcb_json_whole(summary.start_bytes), "peak_bytes",
                     dcb_json_whole(summary.peak_bytes), "least_peak_bytes",
                     dcb_json_whole(summary.least_peak_bytes), "exact",
                     (int)summary.exact, "end_bytes", dcb_json_whole(summary.end_bytes),
                     "kept_bytes", dcb_json_whole(summary.kept_bytes), "theory_bytes",
                     known ? dcb_json_whole(summary.theory_bytes) : json_null(),
                     "theory_getsizeof_bytes",
                     known ? dcb_json_whole(summary.theory_asked_bytes) : json_null(),
                     "of_theory", dcb_json_number(summary.of_theory), "of_size",
                     dcb_json_number(summary.of_size), "slope_bytes",
                     dcb_json_interval(&summary.slope), "grows",
                     summary.slope_known ? json_boolean(summary.grows) : json_null(),
                     "slowdown", dcb_json_number(summary.slowdown));
}

static json_t *encode_cell(const struct dcb_trace *trace,
                           const struct dcb_trace_cell *cell)
{
    return json_pack("{s:s, s:o, s:b, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "container", dcb_container_name(cell->container), "impl",
                     dcb_json_text(trace->request->impls[cell->impl].label), "complete",
                     (int)(cell->asked && !cell->failure), "failure",
                     dcb_json_message(cell->failure), "wrong", (int)cell->wrong,
                     "summary", encode_summary(trace, cell), "repeats",
                     encode_repeats(cell), "terms", encode_terms(cell), "no_memo",
                     dcb_json_message(cell->no_memo), "dropped",
                     dcb_json_whole(cell->dropped), "samples", encode_samples(cell));
}

char *dcb_json_trace(const struct dcb_trace *trace, const struct dcb_plan *plan,
                     const struct dcb_sysinfo *system, int signal)
{
    json_t *cells = json_array();

    for (size_t i = 0; i < trace->cell_count; i++)
        json_array_append_new(cells, encode_cell(trace, &trace->cells[i]));
    return dcb_json_line(json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:o, s:[s, s, s, s, s, s, s, s], s:o, s:o, s:o}",
        "schema", "dcbench-result/1", "kind", "memory", "mode", "trace", "dcbench",
        DCB_VERSION, "environment", dcb_json_environment(system, trace->python), "plan",
        encode_plan(trace, plan), "columns", "sample", "event", "clock_ns", "what",
        "file", "line", "function", "rss_bytes", "cells", cells, "elapsed_s",
        dcb_json_number(trace->elapsed_s), "interrupted",
        signal ? json_integer(signal) : json_null()));
}
