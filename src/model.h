/*
 * The words of design.md as types: specs, arms, counter rows, verdicts. Values only; no
 * module below this one but the base.
 */
#ifndef DCB_MODEL_H
#define DCB_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dcb_role { DCB_ROLE_BASELINE, DCB_ROLE_CONTROL, DCB_ROLE_CANDIDATE };

enum dcb_verdict {
    DCB_VERDICT_NONE, /* the baseline, or nothing measured: null in JSON */
    DCB_VERDICT_FASTER,
    DCB_VERDICT_SLOWER,
    DCB_VERDICT_SAME,
    DCB_VERDICT_INCONCLUSIVE
};

enum dcb_provider {
    DCB_PROVIDER_NONE,
    DCB_PROVIDER_HARDWARE, /* a PMU, through perf_event_open */
    DCB_PROVIDER_KERNEL,   /* software events, getrusage, clocks */
    DCB_PROVIDER_SIMULATED /* callgrind */
};

/* Whether a counter counts what its row's name says, or the nearest thing there is. */
enum dcb_quality { DCB_QUALITY_NONE, DCB_QUALITY_EXACT, DCB_QUALITY_PROXY };

/* What implementations are verified with (src/verify.h). */
enum dcb_battery {
    DCB_BATTERY_SUITE,  /* the interpreter's own test module for copy */
    DCB_BATTERY_CASES,  /* written from the documentation of copy, pickle and copyreg */
    DCB_BATTERY_GRAPHS, /* random object graphs, compared with the standard library */
    DCB_BATTERY_COUNT
};

/* How a case of a battery went. */
enum dcb_case_outcome {
    DCB_CASE_PASSED,
    DCB_CASE_FAILED,   /* not what a deepcopy does */
    DCB_CASE_DEVIATES, /* what later versions of CPython do: accepted */
    DCB_CASE_SKIPPED,  /* cannot be asked of this interpreter */
    DCB_CASE_DIED,     /* the worker ended in it; set by the controller, as the next */
    DCB_CASE_HUNG      /* it did not come back in time, and was killed */
};

/* What all that it was asked says of an implementation. */
enum dcb_verify_verdict {
    DCB_VERIFY_CORRECT, /* nothing wrong, nothing left out that was to be asked */
    DCB_VERIFY_WRONG,
    DCB_VERIFY_UNKNOWN /* it could not be loaded, or cases were left out */
};

/* What deepcopy is given as its memo while its memory is counted (src/memory.h). */
enum dcb_memo {
    DCB_MEMO_ABSENT,          /* no second argument */
    DCB_MEMO_NONE,            /* None */
    DCB_MEMO_DICT,            /* {} */
    DCB_MEMO_MAPPING,         /* types.MappingProxyType({}): it can be read only */
    DCB_MEMO_MUTABLE_MAPPING, /* collections.UserDict() */
    DCB_MEMO_COUNT
};

/* Who gave the memory. */
enum dcb_layer {
    DCB_LAYER_INTERPRETER, /* CPython's allocators: raw, mem and object domain */
    DCB_LAYER_NATIVE,      /* libc's malloc, called by anybody but these allocators */
    DCB_LAYER_BOTH,        /* the sum of the two; its peak is the sum's own */
    DCB_LAYER_COUNT
};

/* What is counted of an iteration, in which each object of a workload is copied once, and
 * each copy is dropped before the next object is copied: as in a timed block. */
enum dcb_figure {
    DCB_FIGURE_PEAK,          /* bytes above the start of a call, at the highest moment of
                                 any of the calls */
    DCB_FIGURE_NET,           /* bytes that the copies hold, after a full collection */
    DCB_FIGURE_MEMO,          /* bytes that the memos given by the caller hold besides,
                                 more than when they were made; 0 without such a memo */
    DCB_FIGURE_ALLOCATIONS,   /* blocks taken during the calls */
    DCB_FIGURE_FREES,         /* blocks given back during the calls */
    DCB_FIGURE_REALLOCATIONS, /* blocks made smaller or larger during the calls */
    DCB_FIGURE_LEFT,          /* bytes that stay when copy and memo are dropped and all is
                                 collected */
    DCB_FIGURE_LEFT_BLOCKS,
    DCB_FIGURE_COUNT
};

struct dcb_figures {
    int64_t values[DCB_LAYER_COUNT][DCB_FIGURE_COUNT];
};

/* Of the objects of a type that can be reached from those of a workload, the originals,
 * and from their copies. Bytes are those of sys.getsizeof; items and room are of lists:
 * what is in them, and what there is room for. */
enum dcb_census {
    DCB_CENSUS_OBJECTS, /* of the originals */
    DCB_CENSUS_BYTES,
    DCB_CENSUS_COPIED, /* of the copies, and not of the originals */
    DCB_CENSUS_COPIED_BYTES,
    DCB_CENSUS_SHARED, /* of both */
    DCB_CENSUS_SHARED_BYTES,
    DCB_CENSUS_ITEMS, /* of the originals */
    DCB_CENSUS_ROOM,
    DCB_CENSUS_COPIED_ITEMS, /* of the copies alone */
    DCB_CENSUS_COPIED_ROOM,
    DCB_CENSUS_COUNT
};

/* Leaks: what there is after so many iterations, and a full collection. */
struct dcb_memory_point {
    uint64_t iterations;
    int64_t blocks[DCB_LAYER_COUNT], bytes[DCB_LAYER_COUNT];
    uint64_t rss_bytes; /* the whole resident set; 0: /proc did not tell */
};

/* NULL for DCB_VERDICT_NONE, DCB_PROVIDER_NONE and DCB_QUALITY_NONE. */
const char *dcb_role_name(enum dcb_role role);
const char *dcb_verdict_name(enum dcb_verdict verdict);
const char *dcb_provider_name(enum dcb_provider provider);
const char *dcb_quality_name(enum dcb_quality quality);

const char *dcb_battery_name(enum dcb_battery battery); /* "suite", "cases", "graphs" */
bool dcb_battery_find(const char *name, enum dcb_battery *ret_battery); /* NULL is none */

/* "absent", "none", "dict", "mapping", "mutable-mapping". */
const char *dcb_memo_name(enum dcb_memo memo);
bool dcb_memo_find(const char *name, enum dcb_memo *ret_memo); /* NULL is none */
const char *dcb_layer_name(enum dcb_layer layer); /* "interpreter", "native", "both" */

/* "peak", "net", "memo", "allocations", "frees", "reallocations", "left", "left_blocks".
 */
const char *dcb_figure_name(enum dcb_figure figure);

/* "passed", "failed", "accepted deviation", "skipped", "died", "hung". */
const char *dcb_case_outcome_name(enum dcb_case_outcome outcome);

/* "correct", "wrong", "unknown". */
const char *dcb_verify_verdict_name(enum dcb_verify_verdict verdict);

/* Whether it makes the implementation wrong: failed, died, hung. */
bool dcb_case_outcome_is_wrong(enum dcb_case_outcome outcome);

/* Where an implementation or a workload comes from. */
enum dcb_spec_kind { DCB_SPEC_FILE, DCB_SPEC_MODULE, DCB_SPEC_JSON, DCB_SPEC_PICKLE };

const char *dcb_spec_kind_name(enum dcb_spec_kind kind);

struct dcb_spec {
    char *label; /* what the output calls it; unique in its list */
    bool builtin;
    enum dcb_spec_kind kind;
    char *path;   /* absolute; NULL for a module */
    char *module; /* dotted name; NULL for a file */
    char *attr;   /* the attribute to take; NULL for json and pickle */
};

void dcb_spec_clear(struct dcb_spec *spec);
void dcb_spec_copy(struct dcb_spec *target, const struct dcb_spec *source);

/* The rows of the report's table, in its order. */
enum dcb_row_source { DCB_ROW_PMU, DCB_ROW_SOFTWARE, DCB_ROW_CLOCK };

struct dcb_row {
    const char *name;
    enum dcb_row_source source;
    const char *meaning;
};

enum { DCB_ROW_COUNT = 17 };

extern const struct dcb_row dcb_rows[DCB_ROW_COUNT];

const struct dcb_row *dcb_row_find(const char *name); /* NULL where there is none */

#endif
