#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rng.h"
#include "steps.h"
#include "unit.h"

enum { MOST = 2000 };

#define RATE 0.005

static double uniform(struct dcb_rng *rng)
{
    return ((double)(dcb_rng_next(rng) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(struct dcb_rng *rng)
{
    double size = sqrt(-2 * log(uniform(rng)));

    return size * cos(2 * 3.14159265358979324 * uniform(rng));
}

/* Values that differ by their errors, 0.2 %, and by 0.3 % more. */
static void make_quiet(struct dcb_steps_value *values, size_t count, uint64_t seed)
{
    struct dcb_rng rng = {.state = seed};

    for (size_t i = 0; i < count; i++)
        values[i] = (struct dcb_steps_value){
            .value = 0.002 * normal(&rng) + 0.003 * normal(&rng), .error = 0.002};
}

static void shift(struct dcb_steps_value *values, size_t from, size_t to, double size)
{
    for (size_t i = from; i < to; i++)
        values[i].value += size;
}

static void assert_none(const struct dcb_steps_value *values, size_t count)
{
    struct dcb_steps steps;

    dcb_steps_find(values, count, RATE, &steps);
    if (steps.count)
        fail_msg("a step at %zu of %zu, where there is none", steps.steps[0].first,
                 count);
    dcb_steps_clear(&steps);
}

static void assert_step(const struct dcb_step *step, size_t first, size_t off,
                        double size)
{
    if (step->first + off < first || step->first > first + off)
        fail_msg("a step at %zu, not at %zu", step->first, first);
    assert_true(step->change.low < step->change.estimate);
    assert_true(step->change.estimate < step->change.high);
    /* Twice the interval: each holds in 95 of 100 cases. */
    assert_close(step->change.estimate, size, step->change.high - step->change.low);
}

static void short_series_have_no_steps(void **state)
{
    struct dcb_steps_value values[2 * DCB_STEPS_SEGMENT] = {{.value = 0}};

    (void)state;
    for (size_t count = 0; count < 2 * DCB_STEPS_SEGMENT; count++) {
        make_quiet(values, count, count);
        shift(values, count / 2, count, 1);
        assert_none(values, count);
    }
}

static void quiet_series_have_no_steps(void **state)
{
    static const size_t counts[] = {10, 12, 20, 50, 100, 500, MOST};
    static struct dcb_steps_value values[MOST];

    (void)state;
    for (size_t i = 0; i < COUNT(counts); i++) {
        for (uint64_t seed = 0; seed < 20; seed++) {
            make_quiet(values, counts[i], 2000 + seed);
            assert_none(values, counts[i]);
        }
    }
}

static void finds_a_step_where_it_is(void **state)
{
    static const struct {
        size_t count, at;
        double size;
    } cases[] = {
        {20, 10, 0.02},   {20, 10, -0.02},     {100, 50, 0.01},
        {100, 92, -0.02}, {100, 7, 0.02},      {MOST, 1200, 0.02},
        {MOST, 8, 0.02},  {MOST, 1990, -0.02}, {MOST, 700, -0.003},
    };
    static struct dcb_steps_value values[MOST];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dcb_steps steps;

        make_quiet(values, cases[i].count, 7 + i);
        shift(values, cases[i].at, cases[i].count, cases[i].size);
        dcb_steps_find(values, cases[i].count, RATE, &steps);
        assert_int_equal(steps.count, 1);
        assert_step(&steps.steps[0], cases[i].at, fabs(cases[i].size) > 0.01 ? 1 : 30,
                    cases[i].size);
        assert_int_equal(steps.steps[0].from, 0);
        assert_int_equal(steps.steps[0].to, cases[i].count);
        if (cases[i].count >= 100)
            assert_close(steps.between, 0.003, 0.0012);
        dcb_steps_clear(&steps);
    }
}

static void finds_several_steps_in_their_order(void **state)
{
    static struct dcb_steps_value values[400];
    struct dcb_steps steps;

    (void)state;
    make_quiet(values, 400, 3);
    shift(values, 60, 400, 0.02);
    shift(values, 75, 400, -0.02); /* fifteen results that were slower */
    shift(values, 300, 400, -0.03);
    dcb_steps_find(values, 400, RATE, &steps);
    assert_int_equal(steps.count, 3);
    assert_step(&steps.steps[0], 60, 2, 0.02);
    assert_step(&steps.steps[1], 75, 2, -0.02);
    assert_step(&steps.steps[2], 300, 2, -0.03);
    assert_int_equal(steps.steps[1].from, steps.steps[0].first);
    assert_int_equal(steps.steps[1].to, steps.steps[2].first);
    dcb_steps_clear(&steps);
}

/* Two halves of ten, all of one value each or nearly. */
static void halves_of_ten_are_a_step(void **state)
{
    static const double wobbles[] = {0, 0.001, 0.004};

    (void)state;
    for (size_t k = 0; k < COUNT(wobbles); k++) {
        struct dcb_steps_value values[10];
        struct dcb_steps steps;

        make_quiet(values, 10, 5);
        for (size_t i = 0; i < 10; i++) {
            values[i].value *= wobbles[k] / 0.004;
            values[i].value += log(i < 5 ? 0.760 : 0.806);
            values[i].error = 0.005;
        }
        dcb_steps_find(values, 10, RATE / 4, &steps);
        assert_int_equal(steps.count, 1);
        assert_step(&steps.steps[0], 5, 0, log(0.806 / 0.760));
        dcb_steps_clear(&steps);
    }
}

/* What is said to show does, when the halves lie apart by 5 % more, and 30 % less
 * does not. */
static void tells_what_would_show(void **state)
{
    static const size_t counts[] = {10, 11, 15, 20, 60, 300};
    static struct dcb_steps_value values[MOST];
    double last = HUGE_VAL;

    (void)state;
    for (size_t i = 0; i < COUNT(counts); i++) {
        size_t count = counts[i], half = count / 2;
        struct dcb_steps steps;
        double size;

        /* Noise that is alike in both halves: they do not lie apart. */
        make_quiet(values, count, 3);
        for (size_t k = 0; k < half; k++)
            values[count - 1 - k].value = values[k].value;
        size = dcb_steps_detectable(values, count, RATE);
        assert_true(size > 0.001 && size < last && size < 0.04);
        shift(values, half, count, 0.7 * size);
        assert_true(dcb_steps_detectable(values, count, RATE) < 2 * size);
        assert_none(values, count);
        shift(values, half, count, 0.35 * size);
        dcb_steps_find(values, count, RATE, &steps);
        assert_int_equal(steps.count, 1);
        dcb_steps_clear(&steps);
        last = 1.5 * size;
    }
    assert_true(isinf(dcb_steps_detectable(values, 9, RATE)));
}

/* Whatever else is in a long series, a step of some percent would show. */
static void long_series_are_not_blind(void **state)
{
    static const size_t counts[] = {60, 121, 500, 2000};
    static struct dcb_steps_value values[2000];

    (void)state;
    for (unsigned seed = 1; seed <= 20; seed++) {
        for (size_t i = 0; i < COUNT(counts); i++) {
            double size;

            make_quiet(values, counts[i], seed);
            for (size_t k = 0; k < counts[i]; k++)
                values[k].value += 0.006 * sin((double)k / 6);
            size = dcb_steps_detectable(values, counts[i], RATE / 12);
            if (!(size > 0.0001 && size < 0.1))
                fail_msg("%zu values: %g", counts[i], size);
        }
    }
}

static void outliers_are_no_steps(void **state)
{
    static struct dcb_steps_value values[100];

    (void)state;
    for (size_t i = 0; i < 99; i++) {
        make_quiet(values, 100, i);
        values[i].value += 5;
        assert_none(values, 100);
        values[i + 1].value += 5; /* two of them */
        assert_none(values, 100);
    }
}

static void five_results_are_a_step_and_two_are_not(void **state)
{
    static struct dcb_steps_value values[100];
    struct dcb_steps steps;

    (void)state;
    make_quiet(values, 100, 5);
    shift(values, 98, 100, 0.05);
    assert_none(values, 100);
    shift(values, 95, 98, 0.05);
    dcb_steps_find(values, 100, RATE, &steps);
    assert_int_equal(steps.count, 1);
    assert_step(&steps.steps[0], 95, 0, 0.05);
    dcb_steps_clear(&steps);
}

/* The same shift: told of results that are exact, not of such that are not. */
static void intervals_are_respected(void **state)
{
    static struct dcb_steps_value values[200];
    struct dcb_rng rng = {.state = 17};
    struct dcb_steps steps;

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        double error = i < 150 ? 0.001 : 0.03;

        values[i] = (struct dcb_steps_value){error * normal(&rng), error};
    }
    shift(values, 150, 200, 0.01);
    assert_none(values, 200);
    for (size_t i = 150; i < 200; i++)
        values[i] = (struct dcb_steps_value){0.01 + 0.001 * normal(&rng), 0.001};
    dcb_steps_find(values, 200, RATE, &steps);
    assert_int_equal(steps.count, 1);
    assert_step(&steps.steps[0], 150, 0, 0.01);
    dcb_steps_clear(&steps);
}

/* Errors alone would call every other result a step. */
static void what_runs_differ_by_is_learnt(void **state)
{
    static struct dcb_steps_value values[300];
    struct dcb_steps steps;

    (void)state;
    make_quiet(values, 300, 23);
    for (size_t i = 0; i < 300; i++)
        values[i].error = 0.00001;
    dcb_steps_find(values, 300, RATE, &steps);
    assert_int_equal(steps.count, 0);
    assert_close(steps.between, 0.0036, 0.0007);
    dcb_steps_clear(&steps);
}

static void equal_values_without_errors(void **state)
{
    static struct dcb_steps_value values[60];
    struct dcb_steps steps;

    (void)state;
    assert_none(values, 60);
    shift(values, 20, 60, 0.001);
    dcb_steps_find(values, 60, RATE, &steps);
    assert_int_equal(steps.count, 1);
    assert_int_equal(steps.steps[0].first, 20);
    assert_close(steps.steps[0].change.estimate, 0.001, 1e-6);
    dcb_steps_clear(&steps);
}

static void upside_down_is_the_same(void **state)
{
    static struct dcb_steps_value values[150], turned[150];
    struct dcb_steps steps, other;

    (void)state;
    make_quiet(values, 150, 29);
    shift(values, 90, 150, 0.015);
    for (size_t i = 0; i < 150; i++)
        turned[i] = (struct dcb_steps_value){2 - values[i].value, values[i].error};
    dcb_steps_find(values, 150, RATE, &steps);
    dcb_steps_find(turned, 150, RATE, &other);
    assert_int_equal(steps.count, 1);
    assert_int_equal(other.count, 1);
    assert_int_equal(steps.steps[0].first, other.steps[0].first);
    assert_close(steps.steps[0].change.estimate, -other.steps[0].change.estimate, 1e-6);
    dcb_steps_clear(&steps);
    dcb_steps_clear(&other);
}

/* Neighbours that hang together, correlation 0.6: a wave is no step. */
static void drift_is_learnt(void **state)
{
    static struct dcb_steps_value values[MOST];
    struct dcb_rng rng = {.state = 31};
    struct dcb_steps steps;
    double wave = 0;

    (void)state;
    for (size_t i = 0; i < MOST; i++) {
        wave = 0.6 * wave + 0.8 * normal(&rng);
        values[i] = (struct dcb_steps_value){0.005 * wave, 0.001};
    }
    dcb_steps_find(values, MOST, RATE, &steps);
    assert_int_equal(steps.count, 0);
    assert_true(steps.slow > 1.5);
    shift(values, 1000, MOST, 0.02);
    dcb_steps_clear(&steps);
    dcb_steps_find(values, MOST, RATE, &steps);
    assert_int_equal(steps.count, 1);
    assert_step(&steps.steps[0], 1000, 3, 0.02);
    dcb_steps_clear(&steps);
}

static void thresholds_grow(void **state)
{
    double last = 0;

    (void)state;
    for (size_t count = 50; count < 1000000; count *= 2) {
        assert_true(dcb_steps_threshold(count, RATE) > last);
        last = dcb_steps_threshold(count, RATE);
        assert_true(dcb_steps_threshold(count, RATE / 100) > last);
    }
    assert_true(dcb_steps_threshold(10, RATE / 1000) > 6); /* scales are uncertain */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_series_have_no_steps),
        cmocka_unit_test(quiet_series_have_no_steps),
        cmocka_unit_test(finds_a_step_where_it_is),
        cmocka_unit_test(finds_several_steps_in_their_order),
        cmocka_unit_test(halves_of_ten_are_a_step),
        cmocka_unit_test(tells_what_would_show),
        cmocka_unit_test(long_series_are_not_blind),
        cmocka_unit_test(outliers_are_no_steps),
        cmocka_unit_test(five_results_are_a_step_and_two_are_not),
        cmocka_unit_test(intervals_are_respected),
        cmocka_unit_test(what_runs_differ_by_is_learnt),
        cmocka_unit_test(equal_values_without_errors),
        cmocka_unit_test(upside_down_is_the_same),
        cmocka_unit_test(drift_is_learnt),
        cmocka_unit_test(thresholds_grow),
    };

    return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
