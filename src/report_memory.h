/*
 * What copies cost in memory as text for people, and as CSV and checks for programs.
 * Pure.
 *
 * `margin` is what counts as the same, as a fraction; NAN: the margins of the memo kinds
 * (dcb_memory_margin).
 */
#ifndef DCB_REPORT_MEMORY_H
#define DCB_REPORT_MEMORY_H

#include <stdbool.h>

#include "memory.h"

struct dcb_ci;
struct dcb_strbuf;

/* For each workload and memo kind a row for each implementation, what its peak is made
 * of, and whether the net bytes are those that were predicted; then what was lost, and
 * the census. verbosity -1: tables and what failed alone; 1: both layers and every term.
 */
void dcb_report_memory(const struct dcb_memory *memory, double margin, int verbosity,
                       bool color, struct dcb_strbuf *out);

/* The same as GitHub Markdown. */
void dcb_report_memory_markdown(const struct dcb_memory *memory, double margin,
                                int verbosity, struct dcb_strbuf *out);

/* With a header line: a row for each workload, implementation, memo kind and layer, and
 * one for each pair that was searched for leaks. */
void dcb_report_memory_csv(const struct dcb_memory *memory, double margin,
                           struct dcb_strbuf *out);

/* The checks that the exit status is made of: that it could be counted, that nothing is
 * lost, and, where `more` is asked for, that no implementation needs more. */
void dcb_report_memory_ci(const struct dcb_memory *memory, double margin, bool more,
                          struct dcb_ci *ci);

/* Whether a cell failed as one of a mapping may: the baseline raises with it, too. The
 * standard library does with what cannot be written to. */
bool dcb_memory_is_refused(const struct dcb_memory *memory,
                           const struct dcb_memory_pair *pair, enum dcb_memo memo);

/* Of a memo kind, as it is called: "deepcopy(x, {})". */
const char *dcb_memory_call(enum dcb_memo memo);

#endif
