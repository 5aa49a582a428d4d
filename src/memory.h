/*
 * What a deepcopy costs in memory: exact bytes and calls of the allocators, counted in
 * workers that count nothing else. The allocators of the interpreter are wrapped before
 * it starts (src/worker/py_memory.c); calls of libc's malloc by anybody else are counted
 * by a library that is preloaded into these workers alone (src/preload/). What is counted
 * is what was asked for: neither the padding of an allocator nor its own tables, arenas
 * that the interpreter maps, stacks, nor anything else that is mapped.
 *
 * Counting, of one call: a full collection, which empties the interpreter's free lists;
 * the call; a full collection; what there is now belongs to the copy and to a memo that
 * the caller has. Memo and copy are dropped, a full collection after each. What the calls
 * of an iteration come to says enum dcb_figure (model.h).
 *
 * Leaks: the workload is copied again and again, and what there is more of, after full
 * collections, is lost.
 */
#ifndef DCB_MEMORY_H
#define DCB_MEMORY_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job.h"
#include "model.h"
#include "result.h"

struct dcb_error;
struct dcb_plan;

/* A figure of all counted iterations: the same in each of them, or with its spread. */
struct dcb_memory_value {
    int64_t value; /* the median, the lower one of two */
    int64_t low, high;
};

/* Blocks of one kind. `name` is text of the worker's, one line, and untrusted: the type
 * of an object, together with what the object has in blocks of its own (items, a table).
 */
struct dcb_memory_term {
    char *name; /* "dict", "free tuple" (it waits to be used again); "the copy"; "native";
                   "other": of no known type */
    int64_t
        count; /* of a peak: objects, or blocks where they have no type; else blocks */
    int64_t bytes; /* "other" may be below 0: what the call gave back of what there was */
};

/* One memo kind of a pair. */
struct dcb_memory_cell {
    enum dcb_memo memo;
    bool asked;
    enum dcb_failure failure; /* NONE: there are values */
    char *message;       /* what failed: "TypeError: ...", one line; NULL; untrusted */
    uint32_t iterations; /* that were counted */
    struct dcb_memory_value values[DCB_LAYER_COUNT][DCB_FIGURE_COUNT];

    /* What was alive when the call with the highest peak came to it: "the copy" first,
     * then the largest. Their sum is the peak. None where it was not looked for. */
    struct dcb_memory_term *terms;
    size_t term_count;

    /* sys.getsizeof of the objects of the copies that are not shared with the originals,
     * GC headers included. */
    bool predicted;
    char *prediction_missing; /* it was asked, and is not known; why, one line, untrusted;
                                 NULL */
    uint64_t predicted_objects, predicted_bytes;

    /* What the net bytes are more than that, by the type whose objects it belongs to, or,
     * below 0, less. None where there is no rest. */
    struct dcb_memory_term *rests;
    size_t rest_count;
};

struct dcb_memory_leaks {
    bool asked;
    enum dcb_failure failure;
    char *message;     /* NULL; untrusted */
    uint64_t warm_ups; /* iterations before the first point, which nobody counts */
    /* The first one at 0 iterations; the others say what there is more than there. */
    struct dcb_memory_point *points;
    size_t point_count;
    struct dcb_memory_term *terms; /* what was lost, by type; none where nothing was. They
                                      come to the blocks and bytes of the last point */
    size_t term_count;
};

/* The objects of a type. */
struct dcb_memory_type {
    char *name; /* untrusted, one line */
    int64_t counts[DCB_CENSUS_COUNT];
};

/* What copies are made of, and originals, which have been copied before. */
struct dcb_memory_census {
    bool asked, done;
    enum dcb_failure failure;
    char *message;                 /* NULL; untrusted */
    struct dcb_memory_type *types; /* in the order of the originals' bytes */
    size_t type_count;
};

/* One implementation with one workload. */
struct dcb_memory_pair {
    size_t workload, impl; /* of the request */
    uint64_t objects;      /* calls of an iteration */
    struct dcb_memory_cell cells[DCB_MEMO_COUNT];
    struct dcb_memory_leaks leaks;
    struct dcb_memory_census census;
};

struct dcb_memory_request {
    const struct dcb_spec *impls; /* borrowed; the first one is the baseline */
    size_t impl_count;
    const struct dcb_spec *workloads; /* borrowed */
    size_t workload_count;
    bool memos[DCB_MEMO_COUNT]; /* all false: none is counted */
    uint32_t iterations;        /* to count; 0: 5 */
    uint32_t warmups;           /* so many in a row come to the same before them; 0: 3 */
    uint64_t leak_iterations;   /* 0: leaks are not looked for */
    /* [workload_count], borrowed: those of each workload; NULL: all have the same */
    const uint64_t *own_leak_iterations;
    bool census;                /* what objects are copied is told */
    uint64_t seed;              /* of the interpreter's hashes: the same one each time */
    const char *library;        /* of the native layer; NULL: it cannot be had */
    const char *library_reason; /* why not; borrowed */
};

struct dcb_memory {
    const struct dcb_memory_request *request; /* borrowed */
    struct dcb_memory_pair *pairs;            /* of the first workload, then the next */
    size_t pair_count;
    bool native; /* the native layer was counted; else it and `both` are nothing */
    char *native_reason; /* why not; NULL */
    struct dcb_python python;
    struct dcb_source *impl_sources, *workload_sources; /* as in the request */
    bool stopped; /* a signal ended it early: cells that are asked for have no iterations
                   */
    double elapsed_s;
};

struct dcb_memory_progress {
    const char *workload, *impl;
    size_t pair_index, pair_count;
    uint64_t done; /* steps of this worker: nobody knows how many there will be */
    double elapsed_s;
};

struct dcb_memory_hooks {
    const volatile sig_atomic_t *stop; /* may be NULL */

    /* Some times a second; may be NULL. */
    void (*progress)(void *context, const struct dcb_memory_progress *progress);
    void *progress_context;
};

/* Counts one pair after the other. `plan` says where the worker and its support are, and
 * what environment, memory and time a worker gets; its arms and workloads are not looked
 * at. -1 only where no worker works at all. The caller clears the outcome whatever
 * comes. */
int dcb_memory_run(const struct dcb_plan *plan, const struct dcb_memory_request *request,
                   const struct dcb_memory_hooks *hooks, struct dcb_memory *ret_memory,
                   struct dcb_error *err);
void dcb_memory_clear(struct dcb_memory *memory);

/* ---- what it says ---- */

const struct dcb_memory_pair *dcb_memory_pair(const struct dcb_memory *memory,
                                              size_t workload, size_t impl);

/* Asked for, did not fail, all of it counted. */
bool dcb_memory_cell_is_counted(const struct dcb_memory_cell *cell);

/* The layer that is judged: both where the native one was counted. */
enum dcb_layer dcb_memory_layer(const struct dcb_memory *memory);

/* Whether each iteration came to the same. */
bool dcb_memory_is_exact(const struct dcb_memory_value *value);

enum dcb_memory_verdict {
    DCB_MEMORY_NONE, /* the baseline, or nothing to compare */
    DCB_MEMORY_SAME,
    DCB_MEMORY_MORE,
    DCB_MEMORY_LESS
};

const char *dcb_memory_verdict_name(enum dcb_memory_verdict verdict); /* NULL for none */

/* Against the baseline. */
struct dcb_memory_change {
    bool known;      /* counted in both */
    int64_t bytes;   /* more than the baseline; of calls and blocks: how many */
    double fraction; /* of the baseline's; 0.1 is 10 % more. NAN where that is 0 */
    enum dcb_memory_verdict verdict;
};

/* 10 % for absent, none and dict, 50 % for the kinds of mapping. */
double dcb_memory_margin(enum dcb_memo memo);

/* The baseline is NULL for the baseline itself. Where it has 0, anything is beyond the
 * margin. Values with a spread are judged by the ends that lie nearest. */
struct dcb_memory_change dcb_memory_compare(const struct dcb_memory_cell *cell,
                                            const struct dcb_memory_cell *baseline,
                                            enum dcb_layer layer, enum dcb_figure figure,
                                            double margin);

/* Of a workload; 0: leaks are not looked for. */
uint64_t dcb_memory_leak_iterations(const struct dcb_memory_request *request,
                                    size_t workload);

/* All types together. */
void dcb_memory_census_sum(const struct dcb_memory_census *census,
                           int64_t ret_counts[DCB_CENSUS_COUNT]);

/* What predicting the net bytes left out: counted less predicted, of the interpreter's
 * layer. False where one of them is not known. */
bool dcb_memory_unpredicted(const struct dcb_memory_cell *cell, int64_t *ret_bytes);

struct dcb_memory_loss {
    bool known;          /* all iterations were run */
    bool found;          /* more blocks or bytes than before, in the judged layer */
    uint64_t iterations; /* from the first point to the last */
    int64_t blocks[DCB_LAYER_COUNT], bytes[DCB_LAYER_COUNT]; /* lost by them */
    struct dcb_interval rss_slope; /* bytes an iteration, at 95 %; NAN parts below 4
                                      points, or where one does not know it */
};

struct dcb_memory_loss dcb_memory_loss(const struct dcb_memory *memory,
                                       const struct dcb_memory_pair *pair);

#endif
