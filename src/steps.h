/*
 * Steps in a series of measurements that each have a standard error: places from which on
 * the values lie elsewhere. Pure. What it is made of, and how often it is wrong, is told
 * in docs/methodology.md, "Steps in a history".
 *
 * Measurements made at different times differ by more than their own errors say. How much
 * more is learnt from the series, out of the differences of neighbours, which a step does
 * not change: the error of a value is the root of error^2 + between^2. Where neighbours
 * are alike and values far from each other are not (a drift), `slow` is above 1 and a
 * step has to be clearer by as much.
 *
 * In windows of many lengths and places the values before and behind each place are
 * compared, by scores that no single value can dominate (P. J. Huber, Annals of
 * Mathematical Statistics 35, 1964). The windows are those of seeded binary segmentation
 * (Kovacs, Li, Buehlmann and Munk, Biometrika 110, 2023), and of the windows that show a
 * step the narrowest is believed (Baranowski, Chen and Fryzlewicz, Journal of the Royal
 * Statistical Society B 81, 2019). Each step is then placed and judged again between the
 * steps at its sides.
 */
#ifndef DCB_STEPS_H
#define DCB_STEPS_H

#include <stddef.h>

#include "stats.h"

/* On each side of a step. Of these, one or two that lie far off make no step, however
 * far: they are outliers. Three or four may. */
enum { DCB_STEPS_SEGMENT = 5 };

/* Of fewer values a drift cannot be told from a step: `slow` is 1. */
enum { DCB_STEPS_DRIFT = 48 };

struct dcb_steps_value {
    double value, error; /* finite; the error at least 0 */
};

struct dcb_step {
    size_t first;               /* index of the first value behind it */
    size_t from, to;            /* of the values before and behind that it was judged by:
                                   [from, first) and [first, to) */
    struct dcb_interval change; /* of the value, at 95 %, of this step alone */
};

struct dcb_steps {
    struct dcb_step *steps; /* in their order */
    size_t count;
    double between;  /* standard deviation of what values differ by beyond their errors */
    double slow;     /* 1: neighbours differ as much as others; above: a drift */
    double clearest; /* how clear the clearest place of any window is, in standard
                        errors; 0 for a short series */
};

/* Looks for steps. `rate` is how often a series without any may be said to have one, such
 * as 0.005. The caller clears. */
void dcb_steps_find(const struct dcb_steps_value *values, size_t count, double rate,
                    struct dcb_steps *ret_steps);
void dcb_steps_clear(struct dcb_steps *steps);

/* How large a step in the middle of these values would have to be to show, by the same
 * measure: their halves, moved apart by so much. INFINITY where none would, as of fewer
 * values than 2 * DCB_STEPS_SEGMENT. */
double dcb_steps_detectable(const struct dcb_steps_value *values, size_t count,
                            double rate);

/* How clear a step must be, in standard errors, in a series of so many values. */
double dcb_steps_threshold(size_t count, double rate);

#endif
