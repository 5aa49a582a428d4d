/*
 * From blocks to answers: one worker's blocks become one sample for each arm, and the
 * samples of all workers become times, ratios, intervals and verdicts. Pure. The rules
 * are those of docs/methodology.md.
 */
#ifndef DCB_ANALYSIS_H
#define DCB_ANALYSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "result.h"

enum { DCB_WORKERS_MIN = 5 }; /* below this there is no interval */

/* The share of the workers that is cut at each end before the mean of their log ratios is
 * taken: single workers are off by several percent through their memory layout, and a
 * quarter gives the narrowest interval that holds (docs/methodology.md). */
#define DCB_TRIM 0.25

/* Groups of counters whose medians of instructions per iteration differ by more deserve a
 * note: the counter, or what else runs on the PMU, is not to be trusted. An iteration of
 * a copy does the same instructions every time but for some in a thousand (hashes,
 * garbage collection). */
#define DCB_ANCHOR_BOUND 0.01

/* Where each event of the plan landed in one worker's blocks. */
struct dcb_event_place {
    bool software;
    bool anchored;     /* slot 0 of its group counts instructions */
    int group, slot;   /* slot -1: not counted */
    uint64_t overhead; /* what a block counts that has no iterations */
};

struct dcb_worker_blocks {
    const struct dcb_block *blocks; /* rounds never fall */
    uint32_t count;
    const size_t *cells; /* cell of each arm number in the blocks */
    size_t arms;
    const struct dcb_event_place *places; /* [plan.event_count] */
};

/* Adds one sample to every cell that has at least one block here. What an empty block
 * counts is taken from each block's counts of the PMU. Medians of the anchor in each
 * group, over at least five blocks of an arm, are compared with those of the first group;
 * the worst of all goes to workload->anchor_spread. */
void dcb_analysis_add_worker(const struct dcb_plan *plan,
                             struct dcb_workload_result *workload, size_t worker,
                             const struct dcb_worker_blocks *blocks);

/* Computes everything of the cells that comes from samples; may be called again when
 * there are more. Cells that failed get no ratio and no verdict. */
void dcb_analysis_update(const struct dcb_plan *plan,
                         struct dcb_workload_result *workload);

/* The verdict of design.md section 4 on a ratio's interval. */
enum dcb_verdict dcb_analysis_verdict(const struct dcb_interval *ratio, double margin);

/* Half the width of a ratio's interval, as `--precision` counts it: in parts of the
 * slower of the two times, so that it is a matter of precision for a ratio of 31 as for
 * one of 0.9. NAN where there is no interval. */
double dcb_analysis_half_width(const struct dcb_interval *ratio);

/* The smallest true difference, as a fraction, that the interval would leave 0 out of in
 * four runs of five: from the standard error of the log ratio over `workers` workers.
 * NAN below DCB_WORKERS_MIN. */
double dcb_analysis_detectable(double error, size_t workers, double confidence);

/* Degrees of freedom of such an interval over so many workers: what trimming leaves, less
 * one. */
double dcb_analysis_freedom(size_t workers);

/* The standard error of the log ratio behind an interval over `workers` workers; NAN
 * where there is no interval. `confidence` is the interval's own. */
double dcb_analysis_error(const struct dcb_interval *ratio, size_t workers,
                          double confidence);

/* The same interval at another confidence; NAN parts where there is none. */
struct dcb_interval dcb_analysis_widen(const struct dcb_interval *ratio, size_t workers,
                                       double confidence, double wanted);

enum { DCB_FIRST_LOOK = 16 }; /* workers */

/* Whether `workers` is a number at which the stopping rule is asked: the looks are a
 * quarter further apart each time, so that few of them are taken. */
bool dcb_analysis_is_look(size_t workers);

/* The stopping rule: true at a look at which every interval is within the plan's
 * precision. At a look, the cells are updated. */
bool dcb_analysis_is_enough(const struct dcb_plan *plan,
                            struct dcb_workload_result *workload);

#endif
