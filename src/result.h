/* What a run measured, ready to be shown or written. One result owns all below it. */
#ifndef DCB_RESULT_H
#define DCB_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job.h"
#include "model.h"
#include "plan.h"
#include "simulation.h"
#include "stats.h"
#include "sysinfo.h"
#include "verified.h"

/* One arm in one worker. */
struct dcb_sample {
    size_t worker;       /* number in the run of this workload */
    uint32_t rounds;     /* blocks that count */
    uint64_t iterations; /* of a block */
    uint64_t total_iterations;
    uint64_t total_ns; /* wall-clock time of all its blocks */
    double time_ns;    /* median over blocks, per iteration */
    double cpu_ns;
    double log_ratio; /* median over rounds of log(arm/baseline); NAN for the baseline */
    double cpu_log_ratio;
    double log_ratio_change; /* of log(arm/baseline), from the first half of its rounds to
                                the second; NAN */
    uint64_t involuntary;    /* context switches within its blocks */
    uint32_t disturbed;      /* blocks that had one */
    double *counters;        /* [plan.row_count] per iteration; NAN: not counted */
};

struct dcb_counter_value {
    double value;              /* per iteration; NAN: not counted */
    double spread;             /* standard deviation over workers; NAN below 2 */
    double events;             /* how many were counted in all: the noise of rare ones */
    struct dcb_interval ratio; /* to the baseline; NAN parts where not known */
};

/* A change between two workers (src/drift.h). */
struct dcb_change {
    bool found;    /* clear, and large enough to matter */
    size_t worker; /* number of the first one behind it */
    double size;   /* relative: 0.018 is 1.8 % more than before */
    double p;
};

/* A change within the workers, from the first half of their rounds to the second. */
struct dcb_settling {
    bool found;
    struct dcb_interval change; /* relative; NAN parts where not known */
};

struct dcb_cell {
    enum dcb_role role;
    size_t arm; /* of the plan */
    enum dcb_failure failure;
    char *status; /* "ok" or "failed: why" */
    bool shared;  /* runs the very code of another arm */
    bool copies; /* its copy of the workload was compared with the standard library's, and
                    was right then; what came later is `failure` */
    struct dcb_sample *samples;
    size_t sample_count, sample_capacity;

    struct dcb_simulated *layouts; /* [plan.layouts]; NULL: not simulated */
    char *not_simulated;           /* why; or NULL */

    struct dcb_summary time, cpu; /* over workers; count 0: nothing measured */
    uint64_t blocks;
    struct dcb_interval ratio; /* NAN parts where not known */
    double confidence;         /* of the interval alone; all together: the plan's */
    double detectable;         /* smallest difference likely to be found, in parts of
                                  the slower time; NAN */
    enum dcb_verdict verdict;
    struct dcb_change drift;            /* of the ratio, between workers */
    struct dcb_settling settling;       /* of the ratio, within workers */
    struct dcb_counter_value *counters; /* [plan.row_count] */
    /* [DCB_DERIVED_COUNT], as a file tells them; NULL: they are made of the rest */
    struct dcb_derived_value *derived;
};

struct dcb_worker {
    uint64_t seed;
    uint32_t rounds;
    uint64_t elapsed_ns;
    uint64_t ready_ns; /* from its start to its first round; 0: it had none */
    char *trouble;     /* NULL, or how it ended badly */
};

struct dcb_workload_result {
    size_t workload; /* of the plan */
    uint64_t objects;
    uint64_t weight; /* calls of deepcopy of an iteration, DCB_SIM_CALLS at most */
    char *failure;   /* why nothing could be measured; NULL */
    struct dcb_cell *cells;
    size_t cell_count;
    struct dcb_worker *workers;
    size_t worker_count, worker_capacity;
    double elapsed_s;   /* simulation not included */
    double simulated_s; /* what that took */
    double reached;     /* widest half-width of an interval, the control's too; NAN */
    bool withheld;      /* the control failed, or came out faster or slower */
    struct dcb_change speed_change; /* of the baseline's time */
    double
        anchor_spread; /* worst relative difference of instructions between groups of
                          counters (dcb_analysis_add_worker); NAN: nothing to compare */
};

/* How a row's event was read, beyond what the plan says. */
struct dcb_row_origin {
    bool user_reads;     /* without a system call, in the last worker */
    double overhead_sum; /* what blocks without iterations counted, of so many workers */
    size_t overheads;
    char *path; /* the file that stood in for a counter; NULL */
};

struct dcb_source {
    char *path, *sha256; /* NULL where there is none */
};

/* The interpreter that a worker embeds; texts are owned, NULL where not known. */
struct dcb_python {
    char *version, *build, *implementation, *compiler, *copy_path, *copy_sha256;
    char *linkage;     /* of the worker: static or shared libpython */
    char *own_linkage; /* of the interpreter's own program */
    char *missing;     /* built-in modules the worker has not, by commas; NULL */
};

void dcb_python_clear(struct dcb_python *python);

/* Digits of a commit that people are shown. */
enum { DCB_COMMIT_SHORT = 10 };

struct dcb_result {
    const struct dcb_plan *plan; /* borrowed */
    char *label;                 /* what the user calls this result; NULL */
    char *commit;                /* of the folder it was run in, hexadecimal; NULL */
    struct dcb_sysinfo system;
    struct dcb_python python;
    struct dcb_source *arm_sources, *workload_sources; /* as in the plan */
    struct dcb_verified *verified; /* [plan.arm_count]; NULL: nothing is known of any */
    struct dcb_workload_result *workloads;
    size_t workload_count; /* those begun */
    char **row_reasons;    /* [plan.row_count] why a row was not counted; NULL: it was */
    struct dcb_row_origin *row_origins; /* [plan.row_count], or NULL */
    char **notes;                       /* what a reader should know, one line each */
    size_t note_count;
    int signal; /* that interrupted the run; 0 */
};

/* 40 or 64 hexadecimal digits, as git writes them. */
bool dcb_result_is_commit(const char *text);

void dcb_result_clear(struct dcb_result *result);
void dcb_result_note(struct dcb_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Labels, borrowed from the plan. */
const char *dcb_result_arm_label(const struct dcb_result *result,
                                 const struct dcb_cell *cell);
const char *dcb_result_workload_label(const struct dcb_result *result,
                                      const struct dcb_workload_result *workload);

/* What verify said of an arm; NULL where it was not asked. */
const struct dcb_verified *dcb_result_verified(const struct dcb_result *result,
                                               size_t arm);

/* Whether it said that the arm is no deepcopy. */
bool dcb_result_is_incorrect(const struct dcb_result *result, size_t arm);

/* dcb_verified_sentence of an arm that was asked; owned by the caller. */
char *dcb_result_correctness(const struct dcb_result *result, size_t arm);

/* Whether the arm is no deepcopy in `now` and was one, by its label, in `then`. What does
 * not say blames nobody. */
bool dcb_result_lost_correctness(const struct dcb_result *then,
                                 const struct dcb_result *now, size_t arm);

/* What is known of the copy that the cell makes of its workload: "correct", or what is
 * wrong with it; NULL where nothing is. Borrowed. */
const char *dcb_result_copy(const struct dcb_cell *cell);

/* Why a row has no value in a cell, borrowed; NULL where it has one. */
const char *dcb_result_missing(const struct dcb_result *result,
                               const struct dcb_cell *cell, size_t row);

/* Whether any value of the row was counted in any cell. */
bool dcb_result_row_counted(const struct dcb_result *result, size_t row);

#endif
