#include "memory.h"

#include <math.h>
#include <stdlib.h>

#include "stats.h"
#include "xalloc.h"

static const double strict = 0.10, relaxed = 0.50;

static void clear_terms(struct dcb_memory_term *terms, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(terms[i].name);
    free(terms);
}

static void clear_sources(struct dcb_source *sources, size_t count)
{
    for (size_t i = 0; sources && i < count; i++) {
        free(sources[i].path);
        free(sources[i].sha256);
    }
    free(sources);
}

static void clear_pair(struct dcb_memory_pair *pair)
{
    for (size_t i = 0; i < DCB_MEMO_COUNT; i++) {
        free(pair->cells[i].message);
        free(pair->cells[i].prediction_missing);
        clear_terms(pair->cells[i].terms, pair->cells[i].term_count);
        clear_terms(pair->cells[i].rests, pair->cells[i].rest_count);
    }
    free(pair->leaks.message);
    free(pair->leaks.points);
    clear_terms(pair->leaks.terms, pair->leaks.term_count);
    for (size_t i = 0; i < pair->census.type_count; i++)
        free(pair->census.types[i].name);
    free(pair->census.types);
    free(pair->census.message);
}

void dcb_memory_clear(struct dcb_memory *memory)
{
    for (size_t i = 0; i < memory->pair_count; i++)
        clear_pair(&memory->pairs[i]);
    free(memory->pairs);
    free(memory->native_reason);
    if (memory->request) {
        clear_sources(memory->impl_sources, memory->request->impl_count);
        clear_sources(memory->workload_sources, memory->request->workload_count);
    }
    dcb_python_clear(&memory->python);
    *memory = (struct dcb_memory){.pairs = NULL};
}

const struct dcb_memory_pair *dcb_memory_pair(const struct dcb_memory *memory,
                                              size_t workload, size_t impl)
{
    return &memory->pairs[workload * memory->request->impl_count + impl];
}

bool dcb_memory_cell_is_counted(const struct dcb_memory_cell *cell)
{
    return cell->asked && cell->failure == DCB_FAILURE_NONE && cell->iterations > 0;
}

enum dcb_layer dcb_memory_layer(const struct dcb_memory *memory)
{
    return memory->native ? DCB_LAYER_BOTH : DCB_LAYER_INTERPRETER;
}

bool dcb_memory_is_exact(const struct dcb_memory_value *value)
{
    return value->low == value->high;
}

const char *dcb_memory_verdict_name(enum dcb_memory_verdict verdict)
{
    static const char *const names[] = {NULL, "same", "more", "less"};

    return names[verdict];
}

double dcb_memory_margin(enum dcb_memo memo)
{
    return memo == DCB_MEMO_MAPPING || memo == DCB_MEMO_MUTABLE_MAPPING ? relaxed
                                                                        : strict;
}

static enum dcb_memory_verdict judge(const struct dcb_memory_value *value,
                                     const struct dcb_memory_value *baseline,
                                     double margin)
{
    double more = (double)value->low - (double)baseline->high;
    double less = (double)baseline->low - (double)value->high;

    /* Net bytes may be below 0: what was there before the call may be gone. */
    if (more > 0 && more > margin * fabs((double)baseline->high))
        return DCB_MEMORY_MORE;
    if (less > 0 && less > margin * fabs((double)baseline->low))
        return DCB_MEMORY_LESS;
    return DCB_MEMORY_SAME;
}

struct dcb_memory_change dcb_memory_compare(const struct dcb_memory_cell *cell,
                                            const struct dcb_memory_cell *baseline,
                                            enum dcb_layer layer, enum dcb_figure figure,
                                            double margin)
{
    struct dcb_memory_change change = {.fraction = (double)NAN};
    const struct dcb_memory_value *value = &cell->values[layer][figure], *reference;

    if (!baseline || !dcb_memory_cell_is_counted(cell) ||
        !dcb_memory_cell_is_counted(baseline))
        return change;
    reference = &baseline->values[layer][figure];
    change.known = true;
    change.bytes = value->value - reference->value;
    if (reference->value != 0)
        change.fraction = (double)change.bytes / fabs((double)reference->value);
    change.verdict = judge(value, reference, margin);
    return change;
}

bool dcb_memory_unpredicted(const struct dcb_memory_cell *cell, int64_t *ret_bytes)
{
    if (!dcb_memory_cell_is_counted(cell) || !cell->predicted || cell->prediction_missing)
        return false;
    *ret_bytes = cell->values[DCB_LAYER_INTERPRETER][DCB_FIGURE_NET].value -
                 (int64_t)cell->predicted_bytes;
    return true;
}

void dcb_memory_census_sum(const struct dcb_memory_census *census,
                           int64_t ret_counts[DCB_CENSUS_COUNT])
{
    for (int k = 0; k < DCB_CENSUS_COUNT; k++)
        ret_counts[k] = 0;
    for (size_t i = 0; i < census->type_count; i++) {
        for (int k = 0; k < DCB_CENSUS_COUNT; k++)
            ret_counts[k] += census->types[i].counts[k];
    }
}

/* ---- leaks ---- */

/* Of the resident set, an iteration; (double)NAN where a point does not know it. */
static struct dcb_interval slope_of(const struct dcb_memory_point *points, size_t count)
{
    double *iterations = dcb_xcalloc(count, sizeof *iterations),
           *bytes = dcb_xcalloc(count, sizeof *bytes);
    struct dcb_interval slope;

    for (size_t i = 0; i < count; i++) {
        iterations[i] = (double)points[i].iterations;
        bytes[i] = points[i].rss_bytes ? (double)points[i].rss_bytes : DCB_UNKNOWN;
    }
    slope = dcb_stats_slope(iterations, bytes, count);
    free(iterations);
    free(bytes);
    return slope;
}

uint64_t dcb_memory_leak_iterations(const struct dcb_memory_request *request,
                                    size_t workload)
{
    return request->leak_iterations && request->own_leak_iterations
               ? request->own_leak_iterations[workload]
               : request->leak_iterations;
}

struct dcb_memory_loss dcb_memory_loss(const struct dcb_memory *memory,
                                       const struct dcb_memory_pair *pair)
{
    const struct dcb_memory_leaks *leaks = &pair->leaks;
    struct dcb_memory_loss loss = {.rss_slope = {(double)NAN, (double)NAN, (double)NAN}};
    enum dcb_layer layer = dcb_memory_layer(memory);
    const struct dcb_memory_point *last;

    if (leaks->failure != DCB_FAILURE_NONE || leaks->point_count < 2)
        return loss;
    last = &leaks->points[leaks->point_count - 1];
    loss.known =
        last->iterations == dcb_memory_leak_iterations(memory->request, pair->workload);
    loss.iterations = last->iterations;
    for (size_t i = 0; i < DCB_LAYER_COUNT; i++) {
        loss.blocks[i] = last->blocks[i];
        loss.bytes[i] = last->bytes[i];
    }
    loss.found = loss.bytes[layer] > 0 || loss.blocks[layer] > 0;
    loss.rss_slope = slope_of(leaks->points, leaks->point_count);
    return loss;
}
