/*
 * A result of `dcbench memory`, counted again: what a copy needs now, beside what it
 * needed then. Pure.
 *
 * With the same interpreter (version and build) figures are exact and are compared as
 * they are; with another one, each side's ratio to the baseline of its own run is.
 * Peaks are judged in the layer that both sides counted; net bytes and allocations stand
 * beside them.
 */
#ifndef DCB_MEMORY_CHECK_H
#define DCB_MEMORY_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"

struct dcb_ci;
struct dcb_document;
struct dcb_strbuf;

/* What the file says of leaks of a pair. */
struct dcb_memory_leaked {
    uint64_t asked; /* iterations; 0: leaks were not looked for */
    bool known, leak;
};

/* The file. */
struct dcb_memory_then {
    struct dcb_document *document; /* its path, interpreter, arms and workloads */
    struct dcb_spec *impls;        /* the same arms without the control; borrowed texts */
    struct dcb_memory_request request;
    struct dcb_memory memory;         /* figures and failures alone */
    struct dcb_memory_leaked *leaked; /* by pair */
    double margins[DCB_MEMO_COUNT];
};

void dcb_memory_then_free(struct dcb_memory_then *then); /* NULL is fine */

/* Whether leaks of anything were looked for. */
bool dcb_memory_then_has_leaks(const struct dcb_memory_then *then);

/* Iterations of a workload's leaks in the file; `otherwise` where it has none. */
uint64_t dcb_memory_then_iterations(const struct dcb_memory_then *then,
                                    const char *workload, uint64_t otherwise);

enum dcb_memory_outcome {
    DCB_MEMORY_PASS,
    DCB_MEMORY_REGRESSION,   /* more than the margin allows, or a new leak */
    DCB_MEMORY_STILL_FAILS,  /* it could not be counted then, and cannot now */
    DCB_MEMORY_NOT_COUNTED,  /* it could be then, and cannot now */
    DCB_MEMORY_NOT_COMPARED, /* there is nothing to compare it with */
    DCB_MEMORY_OUTCOMES
};

/* "pass", "REGRESSION", "as before", ... */
const char *dcb_memory_outcome_name(enum dcb_memory_outcome outcome);

enum { DCB_MEMORY_CHECKED = 3 }; /* peak, net, allocations */

/* One memo kind of a pair, or its leaks. */
struct dcb_memory_check_row {
    const char *workload, *impl; /* borrowed from the request of now */
    enum dcb_memo memo;          /* DCB_MEMO_COUNT: leaks */
    enum dcb_memory_outcome outcome;
    char *reason; /* why there is no figure, or what leaks; NULL; untrusted */
    double margin;
    bool known; /* there are figures of both */
    struct dcb_memory_checked {
        int64_t then, now;
        double change; /* of the figure or of the ratio; 0.1 is 10 % more; NAN */
    } figures[DCB_MEMORY_CHECKED];
};

struct dcb_memory_check {
    const struct dcb_memory_then *then;
    const struct dcb_memory *now;
    bool exact;           /* figures are compared, not ratios */
    enum dcb_layer layer; /* that is compared */
    struct dcb_memory_check_row *rows;
    size_t row_count;
};

/* `margin` is NAN for those of the file. Both sides are borrowed. The caller clears. */
void dcb_memory_check_make(const struct dcb_memory_then *then,
                           const struct dcb_memory *now, double margin,
                           struct dcb_memory_check *ret_check);
void dcb_memory_check_clear(struct dcb_memory_check *check);

size_t dcb_memory_check_count(const struct dcb_memory_check *check,
                              enum dcb_memory_outcome outcome);

/* ---- report_memory_check.c ---- */

/* "peak of new on memo with memo absent: 1,258 B, then 1,048 B (+20.0 %; allowed:
 * 10 %)"; owned by the caller. */
char *dcb_memory_check_sentence(const struct dcb_memory_check *check,
                                const struct dcb_memory_check_row *row);

/* As a table for people: text or Markdown. */
void dcb_memory_check_report(const struct dcb_memory_check *check, bool markdown,
                             int verbosity, bool color, struct dcb_strbuf *out);
void dcb_memory_check_csv(const struct dcb_memory_check *check, struct dcb_strbuf *out);

/* A finding for each row; with `update` more memory fails nothing. Where nothing at all
 * can be compared that is an error of its own. */
void dcb_memory_check_ci(const struct dcb_memory_check *check, bool update,
                         struct dcb_ci *ci);

#endif
