/* Expected values of Pettitt's test come from its definition, in Python:
 *     U = [sum((a > b) - (a < b) for a in x[:t] for b in x[t:]) for t in range(1, n)]
 *     K = max(map(abs, U)); p = 2 * math.exp(-6 * K * K / (n**3 + n**2))
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "drift.h"
#include "report.h"
#include "rng.h"
#include "unit.h"

static void assert_change(const double *values, size_t count, size_t first, double p)
{
    struct dcb_change_point change = dcb_drift_change_point(values, count);

    assert_int_equal(change.first, first);
    assert_close(change.p, p, 1e-12 * p);
}

/* ---- Pettitt's test ---- */

/* The annual flow of the Nile at Aswan from 1871 on, in 1e8 m^3 (G. W. Cobb, Biometrika
 * 65, 1978): it fell after 1898, the 28th year. K is 1617. */
static void flow_of_the_nile(void **state)
{
    static const double flow[] = {
        1120, 1160, 963,  1210, 1160, 1160, 813,  1230, 1370, 1140, 995,  935,  1110,
        994,  1020, 960,  1180, 799,  958,  1140, 1100, 1210, 1150, 1250, 1260, 1220,
        1030, 1100, 774,  840,  874,  694,  940,  833,  701,  916,  692,  1020, 1050,
        969,  831,  726,  456,  824,  702,  1120, 1100, 832,  764,  821,  768,  845,
        864,  862,  698,  845,  744,  796,  1040, 759,  781,  865,  845,  944,  984,
        897,  822,  1010, 771,  676,  649,  846,  812,  742,  801,  1040, 860,  874,
        848,  890,  744,  749,  838,  1050, 918,  986,  797,  923,  975,  815,  1020,
        906,  901,  1170, 912,  746,  919,  718,  714,  740};

    (void)state;
    assert_int_equal(COUNT(flow), 100);
    assert_change(flow, COUNT(flow), 28, 3.5910221769362927e-07);
}

/* Equal values are neither risen nor fallen. */
static void ties(void **state)
{
    static const double few[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8};
    static const double many[] = {1.2, 1.2, 1.1, 1.2, 1.5, 1.5, 1.5, 1.6};

    (void)state;
    assert_change(few, COUNT(few), 4, 0.26980442140080585);
    assert_change(many, COUNT(many), 4, 0.13896690244560309);
}

/* A step after m of n values has K = m (n - m); a line has n^2 / 4, in the middle. */
static void closed_forms(void **state)
{
    double step[30], line[40];

    (void)state;
    for (size_t i = 0; i < COUNT(step); i++)
        step[i] = i < 12 ? 1 : 2;
    for (size_t i = 0; i < COUNT(line); i++)
        line[i] = -(double)i;
    assert_change(step, COUNT(step), 12,
                  2 * exp(-6.0 * (12 * 18) * (12 * 18) / (30 * 30 * 31)));
    assert_change(line, COUNT(line), 20, 2 * exp(-6.0 * 400 * 400 / (40 * 40 * 41)));
}

static void order_alone_matters(void **state)
{
    double values[30], exponents[30];
    struct dcb_change_point one, other;

    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        values[i] = (double)((i * 17) % 31) + (i < 11 ? 9 : 0);
        exponents[i] = exp(values[i]);
    }
    one = dcb_drift_change_point(values, COUNT(values));
    other = dcb_drift_change_point(exponents, COUNT(values));
    assert_true(one.first == other.first && one.p == other.p && one.p < 1);
}

static void nothing_changes_where_nothing_differs(void **state)
{
    static const double constant[50] = {0};
    static const double none[] = {(double)NAN, (double)INFINITY, 3, (double)NAN};

    (void)state;
    assert_change(constant, COUNT(constant), 0, 1);
    assert_change(constant, 1, 0, 1);
    assert_change(constant, 0, 0, 1);
    assert_change(NULL, 0, 0, 1);
    assert_change(none, COUNT(none), 0, 1);
    assert_change((const double[]){1, 2}, 2, 1, 1); /* 2 exp(-0.5) is no probability */
}

/* They are left out; the place is told among all. */
static void values_that_are_not_finite(void **state)
{
    double values[40];

    (void)state;
    for (size_t i = 0; i < 40; i += 2) {
        values[i] = i < 16 ? 5 : 3;
        values[i + 1] = i % 4 ? (double)NAN : (double)-INFINITY;
    }
    assert_change(values, 40, 16, 2 * exp(-6.0 * (8 * 12) * (8 * 12) / (20 * 20 * 21)));
}

static void halves(void **state)
{
    double one[] = {4}, two[] = {4, 1}, odd[] = {1, 5, 3, 100, 8, 2, 9},
           even[] = {2, 1, 4, 4};

    (void)state;
    assert_nan(dcb_drift_between_halves(NULL, 0));
    assert_nan(dcb_drift_between_halves(one, 1));
    assert_close(dcb_drift_between_halves(two, 2), -3, 0);
    assert_close(dcb_drift_between_halves(odd, 7), 8 - 3, 0); /* 100 is in neither */
    assert_close(dcb_drift_between_halves(even, 4), 4 - 1.5, 0);
}

/* ---- a workload ---- */

enum { CELLS = 3, WORKERS = 60 };

/* A result whose samples are made by hand: baseline, control and one candidate. */
struct bench {
    struct dcb_plan plan;
    struct dcb_workload_result workload;
    struct dcb_cell cells[CELLS];
    struct dcb_sample samples[CELLS][WORKERS];
};

/* Nothing changes: ratios of 1 and 0.9, 1000 ns. */
static void open_bench(struct bench *bench, size_t workers)
{
    *bench = (struct bench){.plan = {.margin = 0.01, .workload_count = 1}};
    bench->workload.cells = bench->cells;
    bench->workload.cell_count = CELLS;
    for (size_t i = 0; i < CELLS; i++) {
        bench->cells[i] = (struct dcb_cell){.role = dcb_plan_role(i),
                                            .samples = bench->samples[i],
                                            .sample_count = workers};
        for (size_t k = 0; k < workers; k++)
            bench->samples[i][k] = (struct dcb_sample){
                .worker = k,
                .time_ns = 1000,
                .log_ratio = i == 0 ? (double)NAN : log(1 - 0.1 * (double)(i - 1)),
                .log_ratio_change = i == 0 ? (double)NAN : 0,
            };
    }
}

static void assert_nothing_found(const struct bench *bench)
{
    assert_false(bench->workload.speed_change.found);
    for (size_t i = 0; i < CELLS; i++) {
        assert_false(bench->cells[i].drift.found);
        assert_false(bench->cells[i].settling.found);
    }
}

static void update(struct bench *bench)
{
    dcb_drift_update(&bench->plan, &bench->workload);
}

static void step_ratio(struct bench *bench, size_t cell, size_t first, double size)
{
    for (size_t i = first; i < bench->cells[cell].sample_count; i++)
        bench->samples[cell][i].log_ratio += log1p(size);
}

static void a_ratio_that_moves_is_found(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench, 40);
    step_ratio(&bench, 2, 15, 0.018);
    update(&bench);
    assert_true(bench.cells[2].drift.found);
    assert_int_equal(bench.cells[2].drift.worker, 15);
    assert_close(bench.cells[2].drift.size, 0.018, 1e-12);
    assert_close(bench.cells[2].drift.p,
                 2 * exp(-6.0 * (15 * 25) * (15 * 25) / (40 * 40 * 41)), 1e-12);
    bench.cells[2].drift.found = false;
    assert_nothing_found(&bench);
}

/* Workers that died have no sample: the number is the worker's, not the sample's. */
static void workers_are_named_by_their_numbers(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench, 40);
    step_ratio(&bench, 1, 20, -0.05);
    for (size_t i = 0; i < 40; i++)
        bench.samples[1][i].worker = 2 * i + 1;
    update(&bench);
    assert_true(bench.cells[1].drift.found);
    assert_int_equal(bench.cells[1].drift.worker, 41);
    assert_close(bench.cells[1].drift.size, -0.05, 1e-12);
}

/* What is told is what is larger than half the margin, 0.5 % here. */
static void small_changes_do_not_matter(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench, WORKERS);
    step_ratio(&bench, 2, 30, 0.0049);
    for (size_t i = 0; i < WORKERS; i++) {
        bench.samples[0][i].time_ns = i < 30 ? 1000 : 1099;
        bench.samples[1][i].log_ratio_change = log1p(-0.0049);
    }
    update(&bench);
    assert_nothing_found(&bench);
    step_ratio(&bench, 2, 30, 0.0002);
    for (size_t i = 0; i < WORKERS; i++) {
        bench.samples[0][i].time_ns = i < 30 ? 1000 : 1101;
        bench.samples[1][i].log_ratio_change = log1p(-0.0051);
    }
    update(&bench);
    assert_true(bench.cells[2].drift.found);
    assert_true(bench.workload.speed_change.found);
    assert_true(bench.cells[1].settling.found);
    assert_close(bench.cells[1].settling.change.estimate, -0.0051, 1e-12);
    assert_false(bench.cells[1].drift.found);
    assert_false(bench.cells[2].settling.found);
}

static void speed_of_the_machine(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench, 50);
    for (size_t i = 0; i < 50; i++)
        bench.samples[0][i].time_ns = i < 41 ? 1230 : 1000;
    update(&bench);
    /* 2 exp(-6 * 369^2 / (50^2 * 51)) = 0.0033: nine workers behind it are too few. */
    assert_false(bench.workload.speed_change.found);
    for (size_t i = 0; i < 50; i++)
        bench.samples[0][i].time_ns = i < 31 ? 1230 : 1000;
    update(&bench);
    assert_true(bench.workload.speed_change.found);
    assert_int_equal(bench.workload.speed_change.worker, 31);
    assert_close(bench.workload.speed_change.size, 1000 / 1230.0 - 1, 1e-12);
    bench.workload.speed_change.found = false;
    assert_nothing_found(&bench);
}

/* Five tests share 0.001, so each has an interval of 1 - 0.0002. Of 0.004 + 0.001 k for k
 * from 0 to 19, the inner ten have the mean 0.0135 and the standard error
 * sqrt(winsorised squares / 10 / 9) = sqrt(0.000285 / 90). scipy.stats.t.isf(.0001, 9) =
 * 6.010132129081441. */
static void a_ratio_that_settles_is_found(void **state)
{
    struct bench bench;
    const struct dcb_settling *settling = &bench.cells[2].settling;
    double low = 0.0135 - 6.010132129081441 * 0.0017795130420052187;

    (void)state;
    open_bench(&bench, 20);
    for (size_t i = 0; i < 20; i++)
        bench.samples[2][i].log_ratio_change = 0.004 + 0.001 * (double)((7 * i) % 20);
    update(&bench);
    assert_true(settling->found);
    assert_close(settling->change.estimate, expm1(0.0135), 1e-12);
    assert_close(settling->change.low, expm1(low), 1e-7);
    assert_close(settling->change.high, expm1(2 * 0.0135 - low), 1e-7);
    /* The same about 0.0065 leaves 0 in it. */
    for (size_t i = 0; i < 20; i++)
        bench.samples[2][i].log_ratio_change -= 0.007;
    update(&bench);
    assert_nothing_found(&bench);
}

static void too_few_workers_tell_nothing(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench, DCB_DRIFT_WORKERS_MIN - 1);
    for (size_t i = 0; i < DCB_DRIFT_WORKERS_MIN - 1; i++)
        bench.samples[2][i].log_ratio_change = 0.1;
    update(&bench);
    assert_nothing_found(&bench);
    open_bench(&bench, WORKERS); /* enough of them, and too few with a value */
    step_ratio(&bench, 2, 30, 0.5);
    for (size_t i = 0; i < WORKERS; i++) {
        bench.samples[2][i].log_ratio_change = i < 19 ? 0.1 : (double)NAN;
        if (i % 4)
            bench.samples[2][i].log_ratio = (double)NAN;
    }
    update(&bench);
    assert_nothing_found(&bench);
    open_bench(&bench, 0);
    update(&bench);
    assert_nothing_found(&bench);
}

/* What a failed arm did before it failed is not told; without a baseline there is no
 * ratio. */
static void failed_arms_have_no_drift(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench, WORKERS);
    step_ratio(&bench, 2, 30, 0.5);
    bench.cells[2].failure = DCB_FAILURE_WRONG;
    update(&bench);
    assert_nothing_found(&bench);
    bench.cells[2].failure = DCB_FAILURE_NONE;
    bench.cells[0].failure = DCB_FAILURE_DIED;
    for (size_t i = 0; i < 30; i++)
        bench.samples[0][i].time_ns = 2000;
    update(&bench);
    assert_nothing_found(&bench);
    bench.cells[0].failure = DCB_FAILURE_NONE;
    update(&bench);
    assert_true(bench.cells[2].drift.found && bench.workload.speed_change.found);
}

static void later_samples_take_back_what_was_found(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench, WORKERS);
    step_ratio(&bench, 2, 30, 0.02);
    update(&bench);
    assert_true(bench.cells[2].drift.found);
    step_ratio(&bench, 2, 30, 1 / 1.02 - 1);
    update(&bench);
    assert_nothing_found(&bench);
}

/* Each test's share of the false alarms falls with what else is tested in the run. */
static void tests_of_a_run_share_its_false_alarms(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench, 26);
    step_ratio(&bench, 2, 13, 0.5); /* p is 2 exp(-6 * 169^2 / (26^2 * 27)): 0.00017 */
    update(&bench);
    assert_true(bench.cells[2].drift.found);
    bench.plan.workload_count = 2; /* 0.0001 for each of ten */
    update(&bench);
    assert_false(bench.cells[2].drift.found);
}

/* ---- false alarms ---- */

static double uniform(struct dcb_rng *rng)
{
    return ((double)(dcb_rng_next(rng) >> 11) + 0.5) / 9007199254740992.0;
}

/* Box and Muller, Annals of Mathematical Statistics 29, 1958. */
static double normal(struct dcb_rng *rng)
{
    return sqrt(-2 * log(uniform(rng))) * cos(2 * M_PI * uniform(rng));
}

/* One value in ten comes from noise that is ten times as large. */
static double spiky(struct dcb_rng *rng)
{
    return normal(rng) * (dcb_rng_below(rng, 10) ? 1 : 10);
}

/* Noise without a change in it, and no size too small to be told: how often anything is.
 * The rule allows 1 in 1000. */
static void assert_few_false_alarms(double (*noise)(struct dcb_rng *), size_t workers)
{
    enum { RUNS = 4000 };
    struct dcb_rng rng = {.state = 1979 + workers};
    struct bench bench;
    size_t alarms = 0;

    open_bench(&bench, workers);
    bench.plan.margin = 0;
    for (size_t run = 0; run < RUNS; run++) {
        bool found;

        for (size_t k = 0; k < workers; k++) {
            bench.samples[0][k].time_ns = 1000 * exp(noise(&rng));
            for (size_t i = 1; i < CELLS; i++) {
                bench.samples[i][k].log_ratio = 0.01 * noise(&rng);
                bench.samples[i][k].log_ratio_change = 0.01 * noise(&rng);
            }
        }
        update(&bench);
        found = bench.workload.speed_change.found;
        for (size_t i = 1; i < CELLS; i++)
            found = found || bench.cells[i].drift.found || bench.cells[i].settling.found;
        alarms += found;
    }
    if (alarms * 500 > RUNS)
        fail_msg("%zu of %d runs of %zu workers", alarms, RUNS, workers);
}

static void noise_raises_no_alarm(void **state)
{
    (void)state;
    assert_few_false_alarms(normal, 20);
    assert_few_false_alarms(normal, 33);
    assert_few_false_alarms(normal, WORKERS);
    assert_few_false_alarms(spiky, 20);
    assert_few_false_alarms(spiky, WORKERS);
}

/* The same rule finds what there is: a step of twice the noise in the middle. */
static void changes_are_found_in_noise(void **state)
{
    enum { RUNS = 200 };
    struct dcb_rng rng = {.state = 41};
    struct bench bench;
    size_t found = 0, near = 0;

    (void)state;
    for (size_t run = 0; run < RUNS; run++) {
        open_bench(&bench, WORKERS);
        for (size_t k = 0; k < WORKERS; k++)
            bench.samples[2][k].log_ratio += 0.01 * normal(&rng) + (k < 25 ? 0 : 0.02);
        update(&bench);
        found += bench.cells[2].drift.found;
        near += bench.cells[2].drift.found && bench.cells[2].drift.worker >= 23 &&
                bench.cells[2].drift.worker <= 27;
    }
    if (found * 100 < RUNS * 95 || near * 100 < RUNS * 80)
        fail_msg("%zu of %d found, %zu in the right place", found, RUNS, near);
}

/* ---- notes ---- */

static void notes(void **state)
{
    static const char *const impls[] = {"merged"}, *const inputs[] = {"memo"};
    struct made made;
    struct dcb_workload_result *workload;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    workload = &made.result.workloads[0];
    for (size_t i = 0; i < workload->worker_count; i++)
        workload->workers[i].elapsed_ns = 760000000;
    workload->cells[2].drift =
        (struct dcb_change){.found = true, .worker = 3, .size = 0.018, .p = 1e-9};
    workload->cells[1].settling =
        (struct dcb_settling){.found = true, .change = make_interval(0.008, 0.002)};
    workload->speed_change =
        (struct dcb_change){.found = true, .worker = 1, .size = 0.23, .p = 0};
    dcb_report_add_notes(&made.result);
    assert_int_equal(made.result.note_count, 3);
    assert_string_equal(made.result.notes[0],
                        "memo: the machine became slower: the baseline took 23 % more "
                        "time after 1 of 5 workers (0.8 s); ratios bear that, times do "
                        "not");
    assert_string_equal(made.result.notes[1],
                        "memo: control: the ratio still changed within workers, by +0.8 "
                        "% from the first half of their rounds to the second: raise "
                        "--warm-ups");
    assert_string_equal(made.result.notes[2],
                        "memo: merged: the ratio moved by +1.8 % after 3 of 5 workers "
                        "(2.3 s): what it was before and after is mixed in the estimate");
    workload->speed_change.size = -0.19;
    dcb_report_add_notes(&made.result);
    assert_contains(made.result.notes[3],
                    "memo: the machine became faster: the baseline took 19 % less time "
                    "after 1 of 5 workers");
    unmake_result(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flow_of_the_nile),
        cmocka_unit_test(ties),
        cmocka_unit_test(closed_forms),
        cmocka_unit_test(order_alone_matters),
        cmocka_unit_test(nothing_changes_where_nothing_differs),
        cmocka_unit_test(values_that_are_not_finite),
        cmocka_unit_test(halves),
        cmocka_unit_test(a_ratio_that_moves_is_found),
        cmocka_unit_test(workers_are_named_by_their_numbers),
        cmocka_unit_test(small_changes_do_not_matter),
        cmocka_unit_test(speed_of_the_machine),
        cmocka_unit_test(a_ratio_that_settles_is_found),
        cmocka_unit_test(too_few_workers_tell_nothing),
        cmocka_unit_test(failed_arms_have_no_drift),
        cmocka_unit_test(later_samples_take_back_what_was_found),
        cmocka_unit_test(tests_of_a_run_share_its_false_alarms),
        cmocka_unit_test(noise_raises_no_alarm),
        cmocka_unit_test(changes_are_found_in_noise),
        cmocka_unit_test(notes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
