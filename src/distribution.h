/*
 * How the workers of a run are distributed, as text that shows it: for ratios a histogram
 * of each arm with the interval of its centre below it, for times a box plot of each arm.
 * Pure: output goes to a string buffer, the same for the same input.
 *
 * What lies further from the middle half of an arm's workers than three times that
 * half's width (J. W. Tukey, Exploratory Data Analysis, 1977: "far out") makes no axis
 * longer; how many lie beyond its ends is told.
 */
#ifndef DCB_DISTRIBUTION_H
#define DCB_DISTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>

#include "stats.h"

struct dcb_strbuf;

/* One arm. */
struct dcb_distribution_row {
    const char *label;            /* borrowed; the middle of a long one is left out */
    double *values;               /* one for each worker, in any order; those that are not
                                     finite are left out. Overwritten */
    size_t count;                 /* 0: no row */
    struct dcb_interval interval; /* of ratios; parts that are NAN are not drawn */
};

struct dcb_distribution_style {
    unsigned indent; /* blanks before each line */
    unsigned width;  /* columns of a line at most, if the ends of the axis leave room */
    bool utf8;       /* block characters; else ASCII */
};

/* Values and intervals are natural logarithms of ratios. Every row has an axis of its
 * own, and all are equally long, so that widths compare; its ends are given as changes.
 * Below each row: [ and ] the interval, o the estimate, | no change where the axis has
 * it, and how many workers lie beyond the axis. */
void dcb_distribution_ratios(struct dcb_distribution_row *rows, size_t count,
                             const struct dcb_distribution_style *style,
                             struct dcb_strbuf *out);

/* Values are nanoseconds above 0, on one logarithmic axis, whose ends stand below it.
 * |--[=o=]--|: the fastest, the middle half with its median, the slowest; * is a worker
 * that lies far out. */
void dcb_distribution_times(struct dcb_distribution_row *rows, size_t count,
                            const struct dcb_distribution_style *style,
                            struct dcb_strbuf *out);

#endif
