/* What the gate's own files share; nobody else includes it. */
#ifndef DCB_GATE_PRIVATE_H
#define DCB_GATE_PRIVATE_H

#include "compare.h"
#include "document.h"
#include "gate.h"

enum { DCB_GATE_TEXT = 64 }; /* bytes of a figure's text */

/* One row, and both sides of it. */
struct dcb_gate_row {
    const struct dcb_compare_row *row;
    const struct dcb_comparison *comparison;
    const struct dcb_document *then, *now;
    const struct dcb_workload_result *workload_then, *workload_now; /* NULL: not there */
};

/* ---- gate_rules.c ---- */

/* What the rule says of a row that is compared: sets all of the measure but its attempt.
 */
void dcb_gate_apply(enum dcb_gate_rule rule, const struct dcb_gate_row *row,
                    double margin, struct dcb_gate_measure *measure);

/* NULL where there is none. */
const struct dcb_compare_counter *
dcb_gate_instructions(const struct dcb_comparison *comparison);

void dcb_gate_set_outcome(struct dcb_gate_measure *measure, enum dcb_gate_outcome outcome,
                          const char *reason);
struct dcb_interval dcb_gate_unknown(void);

/* ---- gate_text.c ---- */

/* Each writes into the caller's buffer and returns it. */
const char *dcb_gate_interval_text(char *text, const struct dcb_interval *ratio);
const char *dcb_gate_margin_text(char *text, double margin, const char *sign);
const char *dcb_gate_change_text(char *text, const struct dcb_gate_finding *finding,
                                 double ratio);

/* On one line and without what a terminal might obey: labels and messages come out of
 * files and out of the code under test. Owned by the caller. */
char *dcb_gate_printable(const char *raw);

#endif
