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

/* Where each event of the plan landed in one worker's blocks. */
struct dcb_event_place {
    bool software;
    int group, slot; /* slot -1: not counted */
};

struct dcb_worker_blocks {
    const struct dcb_block *blocks; /* rounds never fall */
    uint32_t count;
    const size_t *cells; /* cell of each arm number in the blocks */
    size_t arms;
    const struct dcb_event_place *places; /* [plan.event_count] */
};

/* Adds one sample to every cell that has at least one block here. */
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

/* Whether `workers` is a number at which the stopping rule is asked: the looks are a
 * quarter further apart each time, so that few of them are taken. */
bool dcb_analysis_is_look(size_t workers);

#endif
