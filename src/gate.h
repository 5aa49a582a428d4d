/*
 * The gate of `dcbench check`: whether what is measured now is slower than what a
 * baseline file recorded. Pure: it judges comparisons (compare.h) of two documents, the
 * baseline file and the measurement just made.
 *
 * A rule looks at one figure of a row, r = its ratio now over its ratio then, each to the
 * baseline of its own run; the rules are a table in gate.c. A row that a rule could not
 * decide is measured again, and then the new measurement alone is judged: the first one
 * was picked for how it came out.
 */
#ifndef DCB_GATE_H
#define DCB_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include "model.h"
#include "stats.h"
#include "text_table.h"

struct dcb_compare;
struct dcb_document;
struct dcb_source;
struct dcb_strbuf;

enum dcb_gate_rule {
    DCB_GATE_TIME,
    DCB_GATE_INSTRUCTIONS, /* of the same provider on both sides */
    DCB_GATE_RULES
};

const char *dcb_gate_rule_name(enum dcb_gate_rule rule); /* as --rule has it */

/* In the order in which one outranks another (design.md, section 7). */
enum dcb_gate_outcome {
    DCB_GATE_PASS,
    DCB_GATE_NOT_APPLIED,  /* this rule has nothing to go by, another one has */
    DCB_GATE_UNDECIDED,    /* not precise enough to say */
    DCB_GATE_NOT_COMPARED, /* the baseline file is of something else */
    DCB_GATE_FAILED,       /* it could not be measured now */
    DCB_GATE_REGRESSION,
    DCB_GATE_WRONG /* it copies wrongly now */
};

const char *dcb_gate_outcome_name(enum dcb_gate_outcome outcome); /* "not compared" */

struct dcb_gate_settings {
    bool rules[DCB_GATE_RULES];
    double margins[DCB_GATE_RULES]; /* fractions */
    unsigned retries;
    bool update; /* the baseline file is replaced: nothing is judged, all is told */
};

/* What one measurement says to a rule. */
struct dcb_gate_measure {
    unsigned attempt; /* 0: the first */
    enum dcb_gate_outcome outcome;
    bool improved;                 /* passed, and better by more than the margin */
    bool lasting;                  /* the baseline file's side is why: nothing that is
                                      measured now changes the outcome */
    struct dcb_interval then, now; /* ratios, each to its own run's baseline */
    struct dcb_interval change;    /* r; NAN parts where it was not had */
    struct dcb_interval wide;      /* time: with what runs differ by */
    char *reason;                  /* why there is no r, or no answer; NULL */
};

/* One rule on one row. */
struct dcb_gate_finding {
    char *workload, *impl;
    enum dcb_gate_rule rule;
    enum dcb_provider provider; /* of what was counted; NONE for time */
    double margin;
    struct dcb_gate_measure *measures; /* one for each time it was measured */
    size_t measure_count;
};

/* The measurement that counts: the last one. */
const struct dcb_gate_measure *dcb_gate_judged(const struct dcb_gate_finding *finding);

struct dcb_gate;

/* Whether the finding stands for this rule as well: no rule could judge the row, and
 * only the first that was asked for has a finding. */
bool dcb_gate_speaks_for(const struct dcb_gate *gate,
                         const struct dcb_gate_finding *finding, enum dcb_gate_rule rule);

struct dcb_gate {
    struct dcb_gate_settings settings;
    struct dcb_gate_finding *findings; /* by row, and within it by rule */
    size_t finding_count, finding_capacity;
    const struct dcb_compare **compares; /* [attempts], borrowed */
    unsigned attempts;
    int signal; /* that interrupted the measuring; 0 */
};

/* Judges a comparison of two documents: the baseline file, and what was measured. The
 * first time every row of the file that was asked for (arm and workload are in the second
 * document's plan) gets its findings; later, those that are open get one more measure.
 * `compare` has to live as long as the gate. */
void dcb_gate_judge(struct dcb_gate *gate, const struct dcb_compare *compare);
void dcb_gate_clear(struct dcb_gate *gate);

/* Whether a finding of the workload is open, and may be measured again. */
bool dcb_gate_wants_again(const struct dcb_gate *gate, const char *workload);

/* The confidence for a comparison of the workloads that are measured again, so that each
 * of their rows has the interval it would have among all rows of the first. */
double dcb_gate_confidence_again(const struct dcb_gate *gate);

/* The label of the next implementation that verify calls wrong and that was correct in
 * the baseline file; NULL where there is none. `index` begins at 0. */
const char *dcb_gate_lost(const struct dcb_gate *gate, size_t *index);

/* Of all findings the one that outranks the others, PASS where a rule was not applied;
 * NOT_COMPARED where there is no finding. WRONG where an implementation was lost. */
enum dcb_gate_outcome dcb_gate_outcome(const struct dcb_gate *gate);

/* FAILED or WRONG: not measured, whatever it is compared with. */
bool dcb_gate_is_failure(enum dcb_gate_outcome outcome);

/* How many findings came to this. */
size_t dcb_gate_count(const struct dcb_gate *gate, enum dcb_gate_outcome outcome);

/* ---- gate_precision.c ---- */

/*
 * The --precision that makes r's interval a third of the margin to each side, given how
 * wide the file's own intervals are; where they are too wide for that, half of theirs:
 * less gains nothing. *ret_enough is false where no measurement could be precise enough,
 * since the file's own interval is as wide as the margin. NAN where the file has no
 * interval at all.
 */
double dcb_gate_precision(const struct dcb_document *then, double margin,
                          double confidence, bool *ret_enough);

/* ---- gate_text.c ---- */

/* The answer in one sentence, owned by the caller: "no regression: 3 rows within 2 %". */
char *dcb_gate_conclusion(const struct dcb_gate *gate);

/* What a finding says in one line, without its workload and implementation: "+5.1 %,
 * +4.2 to +6.0 %, allowed +2 %". Owned by the caller. For annotations and messages. */
char *dcb_gate_sentence(const struct dcb_gate_finding *finding);

/* Where the arm, or behind the arms the workload, of this index was taken from; NULL for
 * what is built in, the control, and what has no file. */
const struct dcb_source *dcb_gate_source(const struct dcb_document *document,
                                         size_t index);

/* Whether a note of the comparison tells nothing here: what was not measured was not
 * asked for, or has a finding. */
bool dcb_gate_leaves_out(const char *note);

/* ---- gate_report.c, gate_csv.c ---- */

/* A table for each workload, notes, and the conclusion, as text or Markdown. verbosity
 * -1: only what did not pass. */
void dcb_gate_report(const struct dcb_gate *gate, enum dcb_table_format format,
                     int verbosity, bool color, struct dcb_strbuf *out);

/* Every measure of every finding, one a line, with a header line. */
void dcb_gate_csv(const struct dcb_gate *gate, struct dcb_strbuf *out);

#endif
