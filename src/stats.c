#include "stats.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

static void sort(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare_doubles);
}

static double sorted_median(const double *values, size_t count)
{
    double low = values[(count - 1) / 2];
    double high = values[count / 2];

    return low + (high - low) / 2;
}

static double sum_of_squares(const double *values, size_t count, double centre)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += (values[i] - centre) * (values[i] - centre);
    return sum;
}

/* About their own mean, of sorted values whose `cut` outermost ones at each end are
 * replaced by the next one inwards. */
static double winsorised_squares(const double *values, size_t count, size_t cut)
{
    size_t left = count - 2 * cut;
    double low = values[cut], high = values[count - 1 - cut];
    double ends = (double)cut;
    double inner_mean = dcb_stats_mean(values + cut, left);
    /* A difference to the inner mean keeps equal values at exactly 0. */
    double mean =
        inner_mean + ends * ((low - inner_mean) + (high - inner_mean)) / (double)count;

    return sum_of_squares(values + cut, left, mean) +
           ends * ((low - mean) * (low - mean) + (high - mean) * (high - mean));
}

/* 1 / B(a, 1/2). Large a: the logarithm of gamma(a + 1/2) / gamma(a) is ln(a) / 2 and a
 * series in 1/a, where the difference of two lgamma() would lose the digits. From 30 on
 * the first term left out is below 1e-16. */
static double inverse_beta_half(double a)
{
    if (a < 30)
        return tgamma(a + 0.5) / (tgamma(a) * sqrt(M_PI));

    double u = 1 / (a * a);
    double series = (-1.0 / 8 + u * (1.0 / 192 - u * (1.0 / 640 - u * 17 / 14336))) / a;

    return exp(series) * sqrt(a / M_PI);
}

/* The continued fraction 1 + d1/(1 + d2/(1 + ...)) of the incomplete beta function (DLMF
 * 8.17.22), by Lentz's method: the product of the ratios of successive numerators and
 * denominators. */
static double beta_fraction(double a, double b, double x)
{
    double value = 1, numerators = 1, denominators = 0, change;
    double m = 0;
    bool odd = true;

    do {
        double d;

        if (odd) {
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            m++;
        } else {
            d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        }
        odd = !odd;
        numerators = 1 + d / numerators;
        denominators = 1 / (1 + d * denominators);
        change = numerators * denominators;
        value *= change;
    } while (fabs(change - 1) > 2 * DBL_EPSILON);
    return value;
}

/* The mass of Student's t beyond t > 0, or else between 0 and t. Both come from one
 * continued fraction or from that of the complement, whichever converges. */
static double t_mass(double t, double df, bool beyond)
{
    if (isinf(df))
        return 0.5 * (beyond ? erfc(t * M_SQRT1_2) : erf(t * M_SQRT1_2));

    double a = df / 2;
    double r = t / sqrt(df);
    /* ln(1 + r^2), where the square may be more than a double holds. */
    double log_sum = r < 1e8 ? log1p(r * r) : 2 * log(r);
    double log_share = -log1p(1 / (r * r)); /* of t^2 in df + t^2 */
    double front = exp(-a * log_sum + log_share / 2) * inverse_beta_half(a);
    bool far = (a + 1) * r * r > 1.5;
    double mass = far ? front / (a * beta_fraction(a, 0.5, 1 / (1 + r * r)))
                      : front / (0.5 * beta_fraction(0.5, a, r * r / (1 + r * r)));

    return 0.5 * (far == beyond ? mass : 1 - mass);
}

/* The t > 0 that has a mass of `wanted` beyond it, or else between 0 and it. Bisection,
 * until no double lies between the bounds. */
static double t_at_mass(double wanted, double df, bool beyond)
{
    double low = 1, high = 1;

    while ((t_mass(low, df, beyond) > wanted) != beyond)
        low /= 2;
    while ((t_mass(high, df, beyond) > wanted) == beyond)
        high *= 2;

    double t = low + (high - low) / 2;

    while (t > low && t < high) {
        if ((t_mass(t, df, beyond) > wanted) == beyond)
            low = t;
        else
            high = t;
        t = low + (high - low) / 2;
    }
    return t;
}

double dcb_stats_median(double *values, size_t count)
{
    if (count == 0)
        return DCB_UNKNOWN;
    sort(values, count);
    return sorted_median(values, count);
}

double dcb_stats_mean(const double *values, size_t count)
{
    if (count == 0)
        return DCB_UNKNOWN;

    /* From the first value on, so that equal values have exactly that mean. */
    double sum = 0;

    for (size_t i = 1; i < count; i++)
        sum += values[i] - values[0];
    return values[0] + sum / (double)count;
}

double dcb_stats_robust_stddev(double *values, size_t count)
{
    double median = dcb_stats_median(values, count);

    if (count < 2)
        return DCB_UNKNOWN;
    for (size_t i = 0; i < count; i++)
        values[i] = fabs(values[i] - median);
    return 1.4826 * dcb_stats_median(values, count);
}

struct dcb_summary dcb_stats_summary(double *values, size_t count)
{
    if (count == 0)
        return (struct dcb_summary){0,           DCB_UNKNOWN, DCB_UNKNOWN,
                                    DCB_UNKNOWN, DCB_UNKNOWN, DCB_UNKNOWN};
    sort(values, count);

    struct dcb_summary summary = {
        .count = count,
        .median = sorted_median(values, count),
        .mean = dcb_stats_mean(values, count),
        .min = values[0],
        .max = values[count - 1],
    };

    if (count > 1) {
        double squares = sum_of_squares(values, count, summary.mean);

        summary.stddev = sqrt(squares / (double)(count - 1));
    }
    return summary;
}

double dcb_stats_t_quantile(double p, double df)
{
    assert(p > 0 && p < 1 && df > 0);

    /* Worked out on the upper half. The mass that is looked up is the smaller one, of the
     * tail or of the centre: both differences are exact. */
    double tail = p < 0.5 ? p : 1 - p;
    bool beyond = tail < 0.25;
    double wanted = beyond ? tail : 0.5 - tail;
    double t = 0;

    if (df > 1e6) {
        /* The continued fraction loses digits where df + t^2 hardly differs from df; the
         * expansion in 1/df around the normal quantile (Abramowitz and Stegun 26.7.5) is
         * exact to a double here. */
        double z = wanted > 0 ? t_at_mass(wanted, HUGE_VAL, beyond) : 0;
        double z2 = z * z;

        t = z + z * ((z2 + 1) / 4 + ((5 * z2 + 16) * z2 + 3) / 96 / df) / df;
    } else if (wanted > 0) {
        t = t_at_mass(wanted, df, beyond);
    }
    return p < 0.5 ? -t : t;
}

struct dcb_interval dcb_stats_trimmed_interval(double *values, size_t count, double trim,
                                               double confidence, double *ret_stderr)
{
    assert(trim >= 0 && confidence > 0 && confidence < 1);

    struct dcb_interval interval = {DCB_UNKNOWN, DCB_UNKNOWN, DCB_UNKNOWN};
    double standard_error = DCB_UNKNOWN;
    double cut = floor(trim * (double)count);

    if (2 * cut < (double)count) {
        size_t first = (size_t)cut;
        size_t left = count - 2 * first;

        sort(values, count);
        interval.estimate = dcb_stats_mean(values + first, left);
        if (left > 1) {
            double df = (double)(left - 1);

            standard_error =
                sqrt(winsorised_squares(values, count, first) / (double)left / df);

            /* The lower quantile: 1 - confidence is exact, (1 + confidence) / 2 is not.
             */
            double t = -dcb_stats_t_quantile((1 - confidence) / 2, df);

            interval.low = interval.estimate - t * standard_error;
            interval.high = interval.estimate + t * standard_error;
        }
    }
    if (ret_stderr)
        *ret_stderr = standard_error;
    return interval;
}

struct dcb_interval dcb_stats_slope(const double *x, const double *y, size_t count)
{
    struct dcb_interval slope = {DCB_UNKNOWN, DCB_UNKNOWN, DCB_UNKNOWN};
    double mean_x, mean_y, xx = 0, xy = 0, rest = 0, half, df;

    if (count < DCB_STATS_SLOPE_POINTS)
        return slope;
    df = (double)count - 2;
    mean_x = dcb_stats_mean(x, count);
    mean_y = dcb_stats_mean(y, count);
    for (size_t i = 0; i < count; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    if (xx <= 0)
        return slope;
    slope.estimate = xy / xx;
    for (size_t i = 0; i < count; i++) {
        double off = y[i] - mean_y - slope.estimate * (x[i] - mean_x);

        rest += off * off;
    }
    half = dcb_stats_t_quantile(0.975, df) * sqrt(rest / df / xx);
    slope.low = slope.estimate - half;
    slope.high = slope.estimate + half;
    return slope;
}

double dcb_stats_simultaneous(double confidence, size_t count)
{
    assert(count >= 1);
    return 1 - (1 - confidence) / (double)count;
}
