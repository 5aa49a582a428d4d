/*
 * Results over time, from their documents alone. Pure.
 *
 * A series is one implementation on one workload, and its values are log ratios to the
 * baseline inside each run, from which the speed of the machine drops out.
 * What may not change within a series is all that the ratio depends on but the
 * implementation itself: the workload's file, the baseline, the interpreter, the garbage
 * collection. Results in which any of these is another one are a series of their own, so
 * that a new interpreter is no step; what was different is told.
 */
#ifndef DCB_HISTORY_H
#define DCB_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seen.h"
#include "stats.h"

struct dcb_document;
struct dcb_error;

/* How often a history without steps may be said to have one; its series share it. */
#define DCB_HISTORY_RATE 0.005

/* Series beyond are left out, with a note: a history of ours has some dozens. */
enum { DCB_HISTORY_SERIES_MAX = 10000 };

/* A result file. */
struct dcb_history_file {
    char *path;
    int64_t time_s;       /* seconds since 1970 */
    char *label, *commit; /* NULL where the file has none */
    char *cpu, *version;  /* of the machine's CPU, of dcbench; NULL */
};

struct dcb_history_point {
    size_t file;               /* of history.files */
    struct dcb_interval ratio; /* low and high NAN: the run had too few workers */
    double error;              /* standard error of the log ratio; NAN */
    bool withheld;             /* the control differed in that run */
};

/* Between two results from which on the ratio lies elsewhere. */
struct dcb_history_step {
    size_t before, behind; /* points: the last without it, the first with it */
    size_t results_before, results_behind; /* that it was judged by */
    struct dcb_interval change;            /* ratio behind it to ratio before it; 95 % */
    char *also;                            /* what else is another there: "CPU"; NULL */
};

struct dcb_history_series {
    char *workload, *impl;
    size_t part; /* 1 for the first series of this workload and implementation, 2, .. */
    char *apart; /* what it differs in from part - 1; NULL for part 1 */
    char *baseline, *baseline_sha256, *workload_sha256; /* the digests may be NULL */
    char *python;                                       /* "CPython 3.11.2" */
    bool gc;
    struct dcb_history_point *points; /* by time */
    size_t count, capacity;
    struct dcb_history_step *steps; /* by time */
    size_t step_count;
    size_t judged;     /* points with an error: what steps are looked for in */
    double detectable; /* ratio of a step in the middle that would have shown; NAN where
                          one was found or there are too few points; infinite: none */
    double between;    /* standard deviation of the log ratio between runs */
    double slow; /* how much clearer than else a step had to be: neighbours are alike */
    char *key;   /* of what may not change */
    uint64_t hash;
};

/* A file that has no place in it. */
struct dcb_history_skip {
    char *path, *reason;
};

struct dcb_history {
    struct dcb_history_file *files;
    size_t file_count, file_capacity;
    struct dcb_history_series *series; /* by workload and implementation, then part */
    size_t series_count, series_capacity;
    bool full; /* series were left out */
    struct dcb_seen runs;
    size_t copies;    /* results that had been taken in before, and were left out */
    char *first_copy; /* path of the first of these */
    struct dcb_history_skip *skips;
    size_t skip_count, skip_capacity;
    char **notes; /* what a reader should know, one line each */
    size_t note_count, note_capacity;
};

/* Only these labels, where any are given. */
struct dcb_history_filter {
    char *const *workloads, *const *impls;
    size_t workload_count, impl_count;
};

/* Takes in what a result has: one value for each candidate that has a ratio. A copy of a
 * result that is there is counted and left out. -1 where it has none, or no date. */
int dcb_history_add(struct dcb_history *history, const struct dcb_document *document,
                    const struct dcb_history_filter *filter, struct dcb_error *err);

/* A file that could not be read, or not be taken in. */
void dcb_history_skip(struct dcb_history *history, const char *path, const char *reason);

/* Sorts, looks for steps, writes the notes. Once, behind the last result. */
void dcb_history_finish(struct dcb_history *history);
void dcb_history_clear(struct dcb_history *history);

/* "2026-03-02", in UTC; into a buffer of DCB_HISTORY_DATE bytes, which it returns. */
enum { DCB_HISTORY_DATE = 32 };
const char *dcb_history_date(char *buffer, int64_t time_s);

/* When the result was made, in UTC: "2026-03-02"; where another one is of the same day,
 * "2026-03-02 08:15"; where all are of one day, "08:15:20". Into a buffer as above. */
const char *dcb_history_when(char *buffer, const struct dcb_history *history,
                             size_t file);

/* Log ratios of a series, in its order; owned by the caller. */
double *dcb_history_values(const struct dcb_history_series *series);

/* "merged", "merged (2)"; owned by the caller. */
char *dcb_history_name(const struct dcb_history_series *series);

#endif
