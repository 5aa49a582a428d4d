/* What the self-test's own files share; nobody else includes it. */
#ifndef DCB_SELFTEST_PRIVATE_H
#define DCB_SELFTEST_PRIVATE_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "stats.h"

struct dcb_selftest;
struct dcb_selftest_pair;
struct dcb_selftest_workload;

static inline bool dcb_selftest_is_known(const struct dcb_interval *ratio)
{
    return isfinite(ratio->low) && isfinite(ratio->high);
}

/* The interval of a pair that holds together with all others. */
struct dcb_interval dcb_selftest_widen(const struct dcb_selftest *selftest,
                                       const struct dcb_selftest_pair *pair);

/* What was planted and what came out, as intervals that hold together with all others. */
void dcb_selftest_sizes(const struct dcb_selftest *selftest,
                        const struct dcb_selftest_workload *workload,
                        struct dcb_interval *ret_truth,
                        struct dcb_interval *ret_measured);

/* ---- selftest_problems.c ---- */

/* Adds what a reader of a workload's outcome has to be told. */
void dcb_selftest_find_problems(struct dcb_selftest *selftest, size_t index);

#endif
