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

/* NULL for DCB_VERDICT_NONE, DCB_PROVIDER_NONE and DCB_QUALITY_NONE. */
const char *dcb_role_name(enum dcb_role role);
const char *dcb_verdict_name(enum dcb_verdict verdict);
const char *dcb_provider_name(enum dcb_provider provider);
const char *dcb_quality_name(enum dcb_quality quality);

const char *dcb_battery_name(enum dcb_battery battery); /* "suite", "cases", "graphs" */

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
