/* Expected values come from SciPy 1.17.1 and NumPy 2.4.6 by the expressions quoted, or
 * from closed forms. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "stats.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Written so that NAN fails too. */
#define assert_close(actual, expected, tolerance) \
    check_close(actual, expected, tolerance, #actual, __LINE__)

static void check_close(double actual, double expected, double tolerance,
                        const char *what, int line)
{
    if (fabs(actual - expected) <= tolerance)
        return;
    print_error("%s is %.17g, not %.17g\n", what, actual, expected);
    _fail(__FILE__, line);
}

/* Skewed, so that the winsorised mean, the trimmed mean and the median all differ. */
static const double skewed[] = {4.1, 0.2, 9.7, 1.3, 2.2, 0.9, 31.0, 1.1, 3.5, 2.8, 0.4};

static void median_of_few(void **state)
{
    double odd[] = {9, -1, 5};
    double even[] = {9, -1, 5, 2};
    double two[] = {3, 1};
    double one[] = {7.25};

    (void)state;
    assert_close(dcb_stats_median(odd, 3), 5, 0);
    assert_close(dcb_stats_median(even, 4), 3.5, 0);
    assert_close(dcb_stats_median(two, 2), 2, 0);
    assert_close(dcb_stats_median(one, 1), 7.25, 0);
    assert_true(isnan(dcb_stats_median(NULL, 0)));
}

static void robust_stddev_of_few(void **state)
{
    double stray[] = {10, 11, 12, 13, 1000};
    double even[] = {1, 2, 3, 10};
    double same[] = {5, 5, 5};
    double two[] = {3, 1};
    double one[] = {7.25};

    (void)state;
    assert_close(dcb_stats_robust_stddev(stray, 5), 1.4826, 1e-12);
    assert_close(dcb_stats_robust_stddev(even, 4), 1.4826, 1e-12);
    assert_close(dcb_stats_robust_stddev(same, 3), 0, 0);
    assert_close(dcb_stats_robust_stddev(two, 2), 1.4826, 1e-12);
    assert_true(isnan(dcb_stats_robust_stddev(one, 1)));
    assert_true(isnan(dcb_stats_robust_stddev(NULL, 0)));
}

static void mean_of_few(void **state)
{
    const double values[] = {1, 2, 6};
    const double equal[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};

    (void)state;
    assert_close(dcb_stats_mean(values, 3), 3, 0);
    assert_close(dcb_stats_mean(values, 1), 1, 0);
    assert_close(dcb_stats_mean(equal, COUNT(equal)), 0.1, 0);
    assert_true(isnan(dcb_stats_mean(NULL, 0)));
}

/* numpy.median(x), numpy.mean(x), numpy.std(x, ddof=1) */
static void summary_of_many(void **state)
{
    double values[COUNT(skewed)];

    (void)state;
    memcpy(values, skewed, sizeof(skewed));

    struct dcb_summary summary = dcb_stats_summary(values, COUNT(values));

    assert_int_equal(summary.count, 11);
    assert_close(summary.median, 2.2, 0);
    assert_close(summary.mean, 5.2, 1e-14);
    assert_close(summary.stddev, 8.96270048590267, 1e-13);
    assert_close(summary.min, 0.2, 0);
    assert_close(summary.max, 31, 0);
}

/* The sum of squares minus the square of the sum would lose every digit here. */
static void stddev_far_from_zero(void **state)
{
    double values[] = {1e9 + 1, 1e9 + 3, 1e9 + 2};

    (void)state;
    assert_close(dcb_stats_summary(values, 3).stddev, 1, 0);
}

static void summary_of_few(void **state)
{
    double one[] = {4};
    double two[] = {5, 3};
    double equal[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    struct dcb_summary summary = dcb_stats_summary(NULL, 0);

    (void)state;
    assert_int_equal(summary.count, 0);
    assert_true(isnan(summary.median) && isnan(summary.mean) && isnan(summary.stddev) &&
                isnan(summary.min) && isnan(summary.max));

    summary = dcb_stats_summary(one, 1);
    assert_int_equal(summary.count, 1);
    assert_close(summary.median, 4, 0);
    assert_close(summary.mean, 4, 0);
    assert_close(summary.stddev, 0, 0);
    assert_close(summary.min, 4, 0);
    assert_close(summary.max, 4, 0);

    summary = dcb_stats_summary(two, 2);
    assert_close(summary.mean, 4, 0);
    assert_close(summary.stddev, sqrt(2), 1e-15);
    assert_close(summary.min, 3, 0);
    assert_close(summary.max, 5, 0);

    summary = dcb_stats_summary(equal, COUNT(equal));
    assert_close(summary.median, 0.1, 0);
    assert_close(summary.mean, 0.1, 0);
    assert_close(summary.stddev, 0, 0);
}

/* scipy.stats.t.ppf(p, df). The rows stand on both sides of every change of method: at
 * p = 1/4 and 3/4, at t^2 = 3, at df = 60 and at df = 1e6. */
static void t_quantile_table(void **state)
{
    static const struct {
        double p, df, expected;
    } rows[] = {
        {0.975, 1, 12.706204736174694},      {0.975, 2, 4.302652729749462},
        {0.975, 3, 3.1824463052837078},      {0.975, 7, 2.364624251592784},
        {0.975, 19, 2.0930240544083087},     {0.95, 4, 2.1318467863266495},
        {0.995, 12, 3.0545395893929013},     {0.75, 5, 0.7266868438004226},
        {0.74, 5, 0.6915689366476455},       {0.6, 9, 0.260955336473911},
        {0.5001, 3, 0.00027206990911051864}, {0.999999, 5, 24.771029720372493},
        {1e-6, 30, -5.871117120418882},      {0.025, 59, -2.000995378088268},
        {0.025, 61, -1.9996235849949393},    {0.9, 0.5, 10.27032441023451},
        {0.3, 2.5, -0.597307738252318},      {0.975, 1e6, 1.959966356814107},
        {1e-6, 2000, -4.767480145393622},    {1e-6, 1e6, -4.75345234827968},
        {0.975, 1e9, 1.959963986912325},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_close(dcb_stats_t_quantile(rows[i].p, rows[i].df), rows[i].expected,
                     1e-11);
}

/* One degree of freedom: -1 / tan(pi p). Two: (2p - 1) / sqrt(2p (1 - p)). */
static void t_quantile_closed_forms(void **state)
{
    static const double p[] = {1e-6, 1e-3, 0.2, 0.2499, 0.2501, 0.49, 0.499999};

    (void)state;
    for (size_t i = 0; i < COUNT(p); i++) {
        double one = -1 / tan(M_PI * p[i]);
        double two = (2 * p[i] - 1) / sqrt(2 * p[i] * (1 - p[i]));

        assert_close(dcb_stats_t_quantile(p[i], 1), one, 1e-8);
        assert_close(dcb_stats_t_quantile(p[i], 2), two, 1e-10);
    }
}

static void t_quantile_is_odd_and_increasing(void **state)
{
    static const double dfs[] = {1, 2, 5, 59, 61, 1000, 1e6, 1e7};

    (void)state;
    for (size_t i = 0; i < COUNT(dfs); i++) {
        double last = -HUGE_VAL;

        for (int k = 1; k < 128; k++) {
            double t = dcb_stats_t_quantile(k / 128.0, dfs[i]);

            assert_true(t > last);
            assert_close(dcb_stats_t_quantile(1 - k / 128.0, dfs[i]), -t, 0);
            last = t;
        }
        assert_close(dcb_stats_t_quantile(0.5, dfs[i]), 0, 0);
    }
}

/* scipy.stats.norm.ppf(0.975) */
static void t_quantile_tends_to_the_normal_one(void **state)
{
    double normal = 1.959963984540054;

    (void)state;
    assert_close(dcb_stats_t_quantile(0.975, 1e15), normal, 1e-13);
    assert_close(dcb_stats_t_quantile(0.975, HUGE_VAL), normal, 1e-13);
    /* No step where the method changes: the derivative is 2.4 / df^2. */
    assert_close(dcb_stats_t_quantile(0.975, 1e6 + 1), dcb_stats_t_quantile(0.975, 1e6),
                 1e-10);
}

/* x = numpy.sort(x); n = len(x); g = int(trim * n); h = n - 2 * g
 * w = numpy.clip(x, x[g], x[n - g - 1])
 * se = numpy.sqrt(((w - w.mean()) ** 2).sum() / (h * (h - 1)))
 * m = scipy.stats.trim_mean(x, trim); d = scipy.stats.t.ppf(0.5 + conf / 2, h - 1) * se
 * m, m - d, m + d, se */
static void trimmed_interval_of_skewed_values(void **state)
{
    static const struct {
        double trim, confidence, estimate, low, high, standard_error;
    } rows[] = {
        {0.2, 0.95, 2.2714285714285714, 0.595301492005883, 3.9475556508512595,
         0.6849969191323265},
        {0.25, 0.9, 2.2714285714285714, 0.9403560659568979, 3.6025010769002446,
         0.6849969191323265},
        {0.3, 0.9, 2.18, 0.47803889798420784, 3.8819611020157927, 0.7983505723450295},
        {0.1, 0.99, 2.888888888888889, -1.360465597405494, 7.138243375183272,
         1.266427409620616},
        {0, 0.95, 5.2, -0.8212241159833029, 11.221224115983304, 2.70235587455229},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        double values[COUNT(skewed)];
        double standard_error = -1;

        memcpy(values, skewed, sizeof(skewed));

        struct dcb_interval interval = dcb_stats_trimmed_interval(
            values, COUNT(values), rows[i].trim, rows[i].confidence, &standard_error);

        assert_close(interval.estimate, rows[i].estimate, 1e-13);
        assert_close(interval.low, rows[i].low, 1e-11);
        assert_close(interval.high, rows[i].high, 1e-11);
        assert_close(standard_error, rows[i].standard_error, 1e-13);
    }
}

/* By hand: 1..10 winsorised by two at each end is 3 3 3 4 5 6 7 8 8 8, with mean 5.5 and
 * sum of squares 42.5; h = 6. scipy.stats.t.ppf(0.975, 5) = 2.570581835636314. */
static void trimmed_interval_by_hand(void **state)
{
    double values[] = {10, 1, 9, 2, 8, 3, 7, 4, 6, 5};
    double half = 2.570581835636314 * sqrt(42.5 / 30);
    struct dcb_interval interval =
        dcb_stats_trimmed_interval(values, COUNT(values), 0.2, 0.95, NULL);

    (void)state;
    assert_close(interval.estimate, 5.5, 0);
    assert_close(interval.low, 5.5 - half, 1e-9);
    assert_close(interval.high, 5.5 + half, 1e-9);
}

static void trimmed_interval_resists_outliers(void **state)
{
    double tame[] = {1, 2, 3, 4, 5, 6};
    double wild[] = {-1e6, 2, 3, 4, 5, 1e9};
    struct dcb_interval a = dcb_stats_trimmed_interval(tame, 6, 0.2, 0.95, NULL);
    struct dcb_interval b = dcb_stats_trimmed_interval(wild, 6, 0.2, 0.95, NULL);

    (void)state;
    assert_close(a.estimate, 3.5, 0);
    assert_true(a.low < 3.5 && a.high > 3.5);
    assert_close(b.estimate, a.estimate, 0);
    assert_close(b.low, a.low, 0);
    assert_close(b.high, a.high, 0);
}

static void trimmed_interval_of_equal_values(void **state)
{
    double values[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    double standard_error = -1;
    struct dcb_interval interval =
        dcb_stats_trimmed_interval(values, COUNT(values), 0.2, 0.95, &standard_error);

    (void)state;
    assert_close(interval.estimate, 0.1, 0);
    assert_close(interval.low, 0.1, 0);
    assert_close(interval.high, 0.1, 0);
    assert_close(standard_error, 0, 0);
}

static void assert_no_interval(struct dcb_interval interval, double standard_error)
{
    assert_true(isnan(interval.low) && isnan(interval.high) && isnan(standard_error));
}

static void trimmed_interval_of_few(void **state)
{
    double values[] = {7, 1, 4};
    double standard_error = -1;
    struct dcb_interval interval =
        dcb_stats_trimmed_interval(NULL, 0, 0.2, 0.95, &standard_error);

    (void)state;
    assert_true(isnan(interval.estimate));
    assert_no_interval(interval, standard_error);

    standard_error = -1;
    interval = dcb_stats_trimmed_interval(values, 1, 0.2, 0.95, &standard_error);
    assert_close(interval.estimate, 7, 0);
    assert_no_interval(interval, standard_error);

    /* Three values, one of them left: the median. */
    standard_error = -1;
    interval = dcb_stats_trimmed_interval(values, 3, 0.4, 0.95, &standard_error);
    assert_close(interval.estimate, 4, 0);
    assert_no_interval(interval, standard_error);

    /* None left. */
    standard_error = -1;
    interval = dcb_stats_trimmed_interval(values, 2, 0.5, 0.95, &standard_error);
    assert_true(isnan(interval.estimate));
    assert_no_interval(interval, standard_error);

    /* Two values: 1 and 4 by now. Half-width tan(0.475 pi) * 1.5. */
    interval = dcb_stats_trimmed_interval(values, 2, 0.2, 0.95, &standard_error);
    assert_close(interval.estimate, 2.5, 0);
    assert_close(standard_error, 1.5, 1e-15);
    assert_close(interval.low, 2.5 - 1.5 * tan(0.475 * M_PI), 1e-10);
    assert_close(interval.high, 2.5 + 1.5 * tan(0.475 * M_PI), 1e-10);
}

/* By exact fractions: 26/25, the squares off the line 31/250, those of x 30; and t of 3
 * degrees, 3.182446305284263. */
static void slope_by_hand(void **state)
{
    static const double x[] = {0, 1, 3, 4, 7}, y[] = {2.0, 2.9, 5.2, 5.8, 9.3};
    struct dcb_interval slope = dcb_stats_slope(x, y, COUNT(x));

    (void)state;
    assert_close(slope.estimate, 1.04, 1e-12);
    assert_close(slope.low, 0.9218725924987881, 1e-8);
    assert_close(slope.high, 1.158127407501212, 1e-8);
}

static void slope_of_too_few(void **state)
{
    static const double x[] = {1, 2, 3, 4}, same[] = {5, 5, 5, 5};

    (void)state;
    assert_true(isnan(dcb_stats_slope(x, x, 3).estimate));
    assert_true(isnan(dcb_stats_slope(x, x, 0).low));
    assert_true(isnan(dcb_stats_slope(same, x, 4).estimate));
    assert_close(dcb_stats_slope(x, same, 4).high, 0, 0);
}

static void simultaneous_shares_the_error(void **state)
{
    (void)state;
    assert_close(dcb_stats_simultaneous(0.95, 1), 0.95, 1e-15);
    assert_close(dcb_stats_simultaneous(0.95, 2), 0.975, 1e-15);
    assert_close(dcb_stats_simultaneous(0.9, 10), 0.99, 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(median_of_few),
        cmocka_unit_test(robust_stddev_of_few),
        cmocka_unit_test(mean_of_few),
        cmocka_unit_test(summary_of_many),
        cmocka_unit_test(stddev_far_from_zero),
        cmocka_unit_test(summary_of_few),
        cmocka_unit_test(t_quantile_table),
        cmocka_unit_test(t_quantile_closed_forms),
        cmocka_unit_test(t_quantile_is_odd_and_increasing),
        cmocka_unit_test(t_quantile_tends_to_the_normal_one),
        cmocka_unit_test(trimmed_interval_of_skewed_values),
        cmocka_unit_test(trimmed_interval_by_hand),
        cmocka_unit_test(trimmed_interval_resists_outliers),
        cmocka_unit_test(trimmed_interval_of_equal_values),
        cmocka_unit_test(trimmed_interval_of_few),
        cmocka_unit_test(slope_by_hand),
        cmocka_unit_test(slope_of_too_few),
        cmocka_unit_test(simultaneous_shares_the_error),
    };

    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
