/*
 * Runs compared with each other, from their documents alone. Pure.
 *
 * A row is one implementation on one workload. What is compared is its ratio to the
 * baseline inside its own run, from which the speed of the machine drops out:
 *
 *     r = (candidate/baseline there) / (candidate/baseline in the first document)
 *
 * Both log ratios have a standard error and a number of workers behind them
 * (dcb_analysis_error); the interval of r takes the root of the sum of their squares and
 * Student's t with Welch's degrees of freedom (Welch, Biometrika 34, 1947).
 *
 * Two runs differ by more than their workers do, by how much depends on the state that
 * the machine was in: DCB_RUNS_PART and the constants beside it. `ratio` is the interval
 * of what was measured; `wide` has that added as one more standard error of each side,
 * and is what verdicts of comparisons across runs are made of. That part is known and no
 * estimate: its half-width is the normal quantile's, and the two half-widths add as
 * squares.
 *
 * Files of pyperf have no baseline. There, a row is one benchmark, r is the quotient of
 * the centres (trimmed means of logarithms, as of dcb_analysis) of the times of the
 * processes, and machine and interpreter have to be the same. What runs differ by is not
 * known of such times: `wide` is `ratio`. The one arm of such a file is matched by its
 * label. Where no other document has an arm of that label, and the others have one arm on
 * its workload, or are files of pyperf with such labels too, that arm is meant.
 */
#ifndef DCB_COMPARE_H
#define DCB_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "document.h"
#include "stats.h"

/*
 * Standard deviation of a log ratio between runs of the same code, beyond what their
 * workers show: min(PART * |log ratio|, MOST). Identical code has none: its log ratio is
 * 0, and whatever the machine does moves both arms. Different code is moved by what else
 * the caches and the core are used for, more of it the more it differs, up to a limit.
 * RUNS: between runs at the same pace, on one CPU model and with times of the baseline on
 * that workload within a factor of DCB_PACE_SAME. PACES: between any others, as on
 * another machine or a core that was shared with another busy one. scripts/between
 * measures them: docs/methodology.md, "Between runs".
 */
#define DCB_RUNS_PART  0.04
#define DCB_RUNS_MOST  0.0045
#define DCB_PACES_PART 0.12
#define DCB_PACES_MOST 0.02
#define DCB_PACE_SAME  1.1

/* Why something of a row is not compared, or with less weight; bits. */
enum dcb_compare_gap {
    DCB_GAP_NOT_THERE = 1 << 0,    /* the other document has no such row */
    DCB_GAP_FAILED = 1 << 1,       /* it failed in one of them, or has no ratio */
    DCB_GAP_WORKLOAD = 1 << 2,     /* the workload's digests differ */
    DCB_GAP_BASELINE = 1 << 3,     /* the baselines differ: label, digest, copy module */
    DCB_GAP_INTERPRETER = 1 << 4,  /* Python's implementation, version or build */
    DCB_GAP_MACHINE = 1 << 5,      /* CPU, architecture: no absolute times */
    DCB_GAP_SETTINGS = 1 << 6,     /* garbage collection */
    DCB_GAP_PROVIDER = 1 << 7,     /* the counter's provider, event or simulator differ */
    DCB_GAP_UNPAIRED = 1 << 8,     /* no baseline in the same run: times alone (pyperf) */
    DCB_GAP_WITHHELD = 1 << 9,     /* the control differed in one of the runs */
    DCB_GAP_RARE = 1 << 10,        /* events of the kernel, too rare for a ratio */
    DCB_GAP_PACE = 1 << 11,        /* not the same pace: see DCB_PACES_PART */
    DCB_GAP_INTERRUPTED = 1 << 12, /* one of the runs was broken off */
    DCB_GAP_IMPLEMENTATION = 1 << 13, /* of times alone: it has no arm of this name */
    DCB_GAP_END = 1 << 14,

    DCB_GAPS_OF_VERDICT = DCB_GAP_WITHHELD | DCB_GAP_INTERRUPTED /* take the verdict */
};

/* How the note ends of rows that the second file does not have. */
extern const char dcb_compare_not_measured[];

double dcb_compare_between_runs(double log_ratio, bool same_pace);

/* One phrase for the first of the bits: "the workload's file differs". */
const char *dcb_compare_gap_text(unsigned gaps);

/* The name of one bit, for programs: "workload"; NULL for 0 and for what is no bit. */
const char *dcb_compare_gap_name(unsigned gap);

/* INTERPRETER, MACHINE, SETTINGS of the two runs, whatever was measured in them. */
unsigned dcb_compare_run_gaps(const struct dcb_document *a, const struct dcb_document *b);

bool dcb_compare_same_baseline(const struct dcb_document *a,
                               const struct dcb_document *b);

/* A counter of a row in one document against the first. */
struct dcb_compare_counter {
    char name[64];
    enum dcb_provider provider;
    double value, first_value;              /* per iteration */
    struct dcb_interval ratio, first_ratio; /* each to its own baseline */
    struct dcb_interval change; /* ratio of the ratios; low and high from the layouts or
                                   workers: ratio.low/first_ratio.high and the reverse;
                                   NAN parts */
    unsigned gaps;              /* 0: compared */
};

/* One row in one document but the first. */
struct dcb_comparison {
    unsigned gaps;             /* that keep `ratio` from being had; 0: it is there */
    unsigned remarks;          /* that leave it standing: UNPAIRED, WITHHELD, MACHINE,
                                  PACE, INTERRUPTED */
    unsigned time_gaps;        /* that keep the times from being compared */
    struct dcb_interval ratio; /* r, as measured; NAN parts */
    struct dcb_interval wide;  /* the same with what runs differ by */
    bool unpaired;             /* `ratio` is of times of different runs: weaker */
    enum dcb_verdict verdict;  /* of `wide`, at the margin; NONE where there is none;
                                  inconclusive where it is withheld */
    double least_margin;       /* below this one, no run is long enough for `same` */
    bool hidden;               /* no row of these two documents, but of another one */
    double pace;               /* of the medians of the baseline's times; NAN */
    double time_ratio;         /* of the medians of the times; NAN */
    struct dcb_compare_counter *counters; /* rows that both documents have */
    size_t counter_count;
};

struct dcb_compare_row {
    char *workload, *impl;
    size_t group;                       /* that of its workload */
    const struct dcb_cell **cells;      /* [document_count]; NULL: not there */
    struct dcb_comparison *comparisons; /* [document_count]; [0] is empty */
};

/* One workload. */
struct dcb_compare_group {
    const struct dcb_workload_result **workloads; /* [document_count]; NULL: not there */
};

/*
 * Over the rows of one document that are compared and not withheld: the geometric mean of
 * r, exp of the mean of the n logarithms, at the confidence of the whole comparison. Rows
 * of a workload share its baseline, so their errors e are taken as fully correlated,
 * those of different workloads as independent:
 *
 *     error of the mean = sqrt(sum over workloads of (sum over its rows of e)^2) / n
 *
 * Its degrees of freedom are Satterthwaite's over the workloads, each with those of its
 * row that has the fewest. What runs differ by is
 * taken as fully correlated over all rows, for `wide`: one state of the machine moves all
 * of them. A row without an
 * interval leaves the mean without one.
 */
struct dcb_compare_mean {
    size_t rows;
    struct dcb_interval ratio, wide;
};

struct dcb_compare {
    const struct dcb_document *const *documents; /* borrowed */
    size_t document_count;
    double confidence, margin;
    struct dcb_compare_row *rows; /* in the first document's order, then new ones */
    size_t row_count;
    struct dcb_compare_group *groups;
    size_t group_count;
    char **titles;                  /* [document_count] */
    struct dcb_compare_mean *means; /* [document_count]; [0] is empty */
    char **notes;                   /* what was left out and why, one line each */
    size_t note_count;
};

/* What the document is called beside the others, like none of them: its name; with what
 * its path has of its own, or a number, where another one has that name, too. Borrowed.
 */
const char *dcb_compare_title(const struct dcb_compare *compare, size_t document);

/* Whether the row is inconclusive because of what runs differ by alone; what --margin, in
 * percent and rounded up, would have to be at least. */
bool dcb_compare_wants_margin(const struct dcb_compare *compare,
                              const struct dcb_comparison *comparison);
double dcb_compare_least_margin(const struct dcb_comparison *comparison);

/* Compares 2 or more documents with the first. `confidence` is that of all rows of one
 * document together (Bonferroni). The caller clears. */
void dcb_compare_make(const struct dcb_document *const *documents, size_t count,
                      double confidence, double margin, struct dcb_compare *ret_compare);
void dcb_compare_clear(struct dcb_compare *compare);

#endif
