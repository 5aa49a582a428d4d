/*
 * The self-test: whether identical code is told apart on this machine, whether a planted
 * difference is seen, and which difference would be seen in how many seconds. What to run
 * next, what a run means and what all of them say. Pure: who runs is cli/cmd_selftest.c,
 * so that tests can make results up.
 */
#ifndef DCB_SELFTEST_H
#define DCB_SELFTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"
#include "stats.h"
#include "sysinfo.h"
#include "text_table.h"

struct dcb_result;

/* ---- what is run ---- */

/* The parts of a workload's self-test, in their order. */
enum dcb_selftest_part {
    DCB_SELFTEST_IDENTICAL, /* stdlib, its control, and the same source once more */
    DCB_SELFTEST_SCALE,     /* far more work, to learn what a statement of it costs */
    DCB_SELFTEST_PLANTED,   /* so much work that it is twice the margin */
    DCB_SELFTEST_DONE
};

const char *dcb_selftest_part_name(enum dcb_selftest_part part); /* "identical" */

/* Baseline and candidate of planted work both begin with so many statements: the first
 * hundred or so cost anything between nothing and twice as much as the others, and what
 * comes on top of three hundred is in proportion (docs/methodology.md). */
enum { DCB_SELFTEST_BASE = 300 };

struct dcb_selftest_step {
    enum dcb_selftest_part part;
    uint64_t statements; /* that the candidate has more than the baseline */
    double max_time_s;   /* for the run */
    double precision;    /* that it must not stop short of; 0: as asked for */
};

/* An arm against the baseline. */
struct dcb_selftest_pair {
    struct dcb_interval ratio; /* NAN parts where not known */
    double confidence;         /* of that interval */
    double detectable;         /* as of struct dcb_cell */
    size_t workers;
    enum dcb_verdict verdict; /* by the interval, withheld or not */
    bool told_apart;          /* identical code, and no matter of chance: by judge */
};

/* What ended a run: more of this would have made its intervals narrower. */
enum dcb_selftest_limit {
    DCB_SELFTEST_BY_TIME,
    DCB_SELFTEST_BY_WORKERS,
    DCB_SELFTEST_BY_PRECISION
};

/* One run of the runner. */
struct dcb_selftest_run {
    enum dcb_selftest_part part;
    uint64_t seed, statements;
    size_t workers;
    enum dcb_selftest_limit limit;
    double elapsed_s; /* with the start of the run */
    double copy_ns;   /* one object by the baseline; NAN */
    struct dcb_selftest_pair control, candidate;
    char *failure; /* why there are no numbers; NULL */
    char *trouble; /* of a worker that ended badly; NULL */
};

struct dcb_selftest_workload {
    char *label;
    struct dcb_selftest_run *runs;
    size_t run_count, run_capacity;

    /* The rest is filled by dcb_selftest_judge. */
    size_t comparisons; /* of identical code, that have an interval */
    size_t told_apart;
    size_t verdicts;           /* faster or slower among them, each by itself */
    double largest;            /* their ratio that is furthest from 1; NAN */
    double spread;             /* of one worker's log ratio, of identical code; NAN */
    double rate;               /* workers a second; NAN */
    double seconds;            /* until a difference of the margin would show; NAN */
    bool has_truth;            /* what was planted is known */
    uint64_t planted;          /* statements */
    struct dcb_interval truth; /* the ratio that they make */
    const struct dcb_selftest_run *answer; /* the planted run; NULL: there is none */
    bool seen;                             /* it came out slower */
    bool off; /* and at another size, which is no matter of chance */
};

/* What the self-test comes to: of several, the first in the order told apart, broken,
 * unknown. */
enum dcb_selftest_outcome {
    DCB_SELFTEST_HOLDS,
    DCB_SELFTEST_UNKNOWN,    /* the planted difference was not seen, or nothing was */
    DCB_SELFTEST_BROKEN,     /* something could not be measured */
    DCB_SELFTEST_TOLD_APART, /* or slower code came out faster, or at another size */
};

const char *dcb_selftest_outcome_name(enum dcb_selftest_outcome outcome);

struct dcb_selftest_problem {
    size_t workload;
    enum dcb_selftest_outcome outcome;
    char *text; /* what is wrong and what to do */
};

/* All of it. Texts and arrays are owned. */
struct dcb_selftest {
    struct dcb_sysinfo system;
    char *python; /* version */
    uint64_t seed;
    double margin, confidence, precision, max_time_s;
    uint64_t iterations; /* as of struct dcb_plan, this and what follows */
    uint64_t block_ns;
    uint32_t rounds, workers, warmups;
    int affinity;
    bool gc;
    double elapsed_s;
    int signal; /* that interrupted it; 0 */
    struct dcb_selftest_workload *workloads;
    size_t workload_count;

    /* The rest is filled by dcb_selftest_judge. */
    size_t comparisons, told_apart, verdicts;
    size_t sizes;        /* planted differences that are compared with their size */
    double simultaneous; /* confidence of each interval, that all hold together */
    double seconds;      /* on the slowest workload; NAN */
    enum dcb_selftest_outcome outcome;
    struct dcb_selftest_problem *problems;
    size_t problem_count, problem_capacity;
};

void dcb_selftest_clear(struct dcb_selftest *selftest);

/* The largest margin: twice as much is planted, and its size is learnt from work that
 * makes a fifth, which must not be less. */
#define DCB_SELFTEST_MARGIN_MOST 0.05

/*
 * What to run next of a workload on which `elapsed_s` of `max_time_s` have gone: half of
 * the time for runs of identical code, then work that makes the copy about a fifth
 * slower, and of that, in proportion, as much as makes twice the margin: to a precision
 * of half the margin at least, since a coarser one may miss it however long it runs.
 * `part` is DONE where nothing is left to do, or nothing can be done.
 */
struct dcb_selftest_step dcb_selftest_next(const struct dcb_selftest_workload *workload,
                                           double margin, double elapsed_s,
                                           double max_time_s);

/* Adds what a run of one workload came to. */
void dcb_selftest_add_run(struct dcb_selftest_workload *workload,
                          const struct dcb_selftest_step *step, double elapsed_s,
                          const struct dcb_result *result);

/*
 * Fills in what follows from the runs. Identical code is told apart where an interval at
 * which all comparisons of the self-test hold together (Bonferroni) still makes `faster`
 * or `slower`: an interval of 95 % alone would do so once in twenty by chance. What was
 * planted is off where such intervals of its size and of what came out are further apart
 * than the margin.
 */
void dcb_selftest_judge(struct dcb_selftest *selftest);

/* The difference that would show after so many seconds, as a fraction, computed from the
 * spread between workers (dcb_analysis_detectable); NAN where so short a run has no
 * interval. */
double dcb_selftest_difference(const struct dcb_selftest_workload *workload,
                               double confidence, double seconds);

/* The other way round, for a run that ends at a look (dcb_analysis_is_look): not before
 * the first. NAN where more than a day would not do. */
double dcb_selftest_seconds(const struct dcb_selftest_workload *workload,
                            double confidence, double difference);

/* ---- report (selftest_report.c) ---- */

/* The times for which the report tells a difference. */
enum { DCB_SELFTEST_TIMES = 4 };
extern const double dcb_selftest_times[DCB_SELFTEST_TIMES];

/* One sentence; owned by the caller. */
char *dcb_selftest_conclusion(const struct dcb_selftest *selftest);

/* The conclusion, problems, and tables: text of at most 80 columns, or Markdown.
 * verbosity -1: no tables; 1: with every comparison. */
void dcb_selftest_report(const struct dcb_selftest *selftest,
                         enum dcb_table_format format, int verbosity, bool color,
                         struct dcb_strbuf *out);

/* Every comparison as CSV, with a header line; ratios as fractions. */
void dcb_selftest_csv(const struct dcb_selftest *selftest, struct dcb_strbuf *out);

#endif
