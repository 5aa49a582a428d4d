/*
 * The statistics of a run: pure functions over arrays of doubles. No array is kept;
 * `values` may be reordered where the parameter is not const. Results are NAN where
 * too few values were given (the number each function needs is told).
 */
#ifndef DCB_STATS_H
#define DCB_STATS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* What was not had; NAN itself is a float. */
#define DCB_UNKNOWN ((double)NAN)

struct dcb_interval {
    double estimate, low, high;
};

struct dcb_summary {
    size_t count;
    double median, mean, stddev, min, max; /* stddev with n-1; 0 for a single value */
};

double dcb_stats_median(double *values, size_t count); /* sorts; needs 1 */
double dcb_stats_mean(const double *values, size_t count);
struct dcb_summary dcb_stats_summary(double *values, size_t count); /* sorts */

/* Standard deviation as strays do not move it: the median distance from the median, times
 * 1.4826, which makes it that of a normal distribution (F. R. Hampel, JASA 69, 1974).
 * Needs 2. Overwrites. */
double dcb_stats_robust_stddev(double *values, size_t count);

/* Quantile of Student's t distribution with df > 0 degrees of freedom, 0 < p < 1.
 * Absolute error below 1e-8 for df >= 1 and p within 1e-6 of the ends. */
double dcb_stats_t_quantile(double p, double df);

/* The trimmed mean's interval (Tukey and McLaughlin, Sankhya A 25, 1963; Yuen,
 * Biometrika 61, 1974): g = floor(trim * n) values are cut from each end, the standard
 * error comes from the winsorised sum of squares over (h * (h - 1)), h = n - 2g, and
 * the quantile from t with h - 1 degrees of freedom.
 * confidence: 0 < c < 1, two-sided. Sorts. Needs 2 values left after trimming, else the
 * estimate is the trimmed mean and low, high are NAN (all NAN for no value).
 * ret_stderr may be NULL. */
struct dcb_interval dcb_stats_trimmed_interval(double *values, size_t count, double trim,
                                               double confidence, double *ret_stderr);

/* The slope of the line through the points by least squares, with the interval that holds
 * with 95 %, from t with count - 2 degrees of freedom and what the points lie off the
 * line. Needs DCB_STATS_SLOPE_POINTS, not all of one x. */
enum { DCB_STATS_SLOPE_POINTS = 4 };

struct dcb_interval dcb_stats_slope(const double *x, const double *y, size_t count);

/* The confidence of each of `count` intervals that together hold with `confidence`
 * (Bonferroni). count >= 1. */
double dcb_stats_simultaneous(double confidence, size_t count);

#endif
