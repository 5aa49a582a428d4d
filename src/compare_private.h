/* What the comparison's own files share; nobody else includes it. */
#ifndef DCB_COMPARE_PRIVATE_H
#define DCB_COMPARE_PRIVATE_H

#include "compare.h"

/* ---- compare_gaps.c: what keeps two documents from being compared ---- */

/* Whether both are there and differ; whether they are not the same, both missing counted
 * as the same. */
bool dcb_compare_differ(const char *a, const char *b);
bool dcb_compare_same_text(const char *a, const char *b);

/* Whether only times stand against times: one of them is pyperf's. */
bool dcb_compare_is_unpaired(const struct dcb_document *a, const struct dcb_document *b);

/* INTERPRETER, MACHINE, SETTINGS of the two runs. */
unsigned dcb_compare_run_gaps(const struct dcb_document *a, const struct dcb_document *b);

bool dcb_compare_same_baseline(const struct dcb_document *a,
                               const struct dcb_document *b);

/* PROVIDER, RARE of the same row in both, by its number in each plan. */
unsigned dcb_compare_counter_gaps(const struct dcb_plan *a, size_t row_a,
                                  const struct dcb_plan *b, size_t row_b);

/* The workload of this label in a document; NULL. */
const struct dcb_workload_result *
dcb_compare_workload(const struct dcb_document *document, const char *label);

/* ---- compare_notes.c ---- */

void dcb_compare_add_notes(struct dcb_compare *compare);

#endif
