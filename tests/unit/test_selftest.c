/* Self-tests made up run by run, and what is said of them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analysis.h"
#include "json_selftest.h"
#include "selftest.h"
#include "strbuf.h"
#include "unit.h"

enum { WORKERS = 30 };

static struct dcb_selftest_pair pair(double ratio, double half)
{
    struct dcb_interval interval = {
        .estimate = ratio, .low = ratio * exp(-half), .high = ratio * exp(half)};

    return (struct dcb_selftest_pair){
        .ratio = interval,
        .confidence = 0.95,
        .detectable = 1.4 * half,
        .workers = WORKERS,
        .verdict = dcb_analysis_verdict(&interval, 0.01),
    };
}

static struct dcb_selftest_run *add(struct dcb_selftest_workload *workload,
                                    enum dcb_selftest_part part, uint64_t statements,
                                    struct dcb_selftest_pair control,
                                    struct dcb_selftest_pair candidate)
{
    struct dcb_selftest_run *run;

    workload->runs = dcb_xgrow(workload->runs, workload->run_count,
                               &workload->run_capacity, sizeof *workload->runs);
    run = &workload->runs[workload->run_count++];
    *run = (struct dcb_selftest_run){
        .part = part,
        .seed = 100 + workload->run_count,
        .statements = statements,
        .workers = WORKERS,
        .elapsed_s = 2,
        .copy_ns = 1000,
        .control = control,
        .candidate = candidate,
    };
    return run;
}

/* Two workloads on which all is as it should be. */
static struct dcb_selftest quiet(void)
{
    static const char *const labels[] = {"general", "memo"};
    struct dcb_selftest selftest = {
        .system = {.cpu = "A CPU",
                   .kernel = "Linux 6.1.0",
                   .machine = "x86_64",
                   .date = "2026-01-31T12:00:00Z",
                   .cpus = 2},
        .python = dcb_xstrdup("3.11.2"),
        .seed = 7,
        .margin = 0.01,
        .confidence = 0.95,
        .precision = 0.005,
        .max_time_s = 10,
        .iterations = 500,
        .warmups = 3,
        .affinity = -1,
        .gc = true,
        .elapsed_s = 16,
        .workloads = dcb_xcalloc(2, sizeof(struct dcb_selftest_workload)),
        .workload_count = 2,
    };

    for (size_t i = 0; i < 2; i++) {
        struct dcb_selftest_workload *workload = &selftest.workloads[i];

        workload->label = dcb_xstrdup(labels[i]);
        add(workload, DCB_SELFTEST_IDENTICAL, 0, pair(1.001, 0.004), pair(0.999, 0.004));
        add(workload, DCB_SELFTEST_IDENTICAL, 0, pair(0.998, 0.004), pair(1.002, 0.004));
        add(workload, DCB_SELFTEST_SCALE, 200, pair(1.001, 0.004), pair(1.2, 0.004));
        add(workload, DCB_SELFTEST_PLANTED, 20, pair(1, 0.004), pair(1.021, 0.004));
    }
    return selftest;
}

static struct dcb_selftest judged(struct dcb_selftest take_selftest)
{
    dcb_selftest_judge(&take_selftest);
    return take_selftest;
}

static char *text_of(const struct dcb_selftest *selftest, int verbosity)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_selftest_report(selftest, DCB_TABLE_TEXT, verbosity, false, &out);
    return dcb_strbuf_take(&out);
}

static void assert_problem(const struct dcb_selftest *selftest, size_t index,
                           enum dcb_selftest_outcome outcome, const char *part)
{
    assert_true(index < selftest->problem_count);
    assert_int_equal(selftest->problems[index].outcome, outcome);
    assert_contains(selftest->problems[index].text, part);
}

/* ---- what to run next ---- */

static struct dcb_selftest_step next(const struct dcb_selftest_workload *workload,
                                     double elapsed_s)
{
    return dcb_selftest_next(workload, 0.01, elapsed_s, 12);
}

static void clear(struct dcb_selftest_workload *workload)
{
    struct dcb_selftest selftest = {.workloads = dcb_xcalloc(1, sizeof *workload),
                                    .workload_count = 1};

    selftest.workloads[0] = *workload;
    dcb_selftest_clear(&selftest);
}

static void identical_code_has_half_of_the_time(void **state)
{
    struct dcb_selftest_workload workload = {.label = NULL};
    struct dcb_selftest_step step = next(&workload, 0);

    (void)state;
    assert_int_equal(step.part, DCB_SELFTEST_IDENTICAL);
    assert_int_equal(step.statements, 0);
    assert_close(step.max_time_s, 2, 1e-9);
    assert_close(step.precision, 0, 0);
    add(&workload, DCB_SELFTEST_IDENTICAL, 0, pair(1, 0.004), pair(1, 0.004));
    assert_int_equal(next(&workload, 2.1).part, DCB_SELFTEST_IDENTICAL);
    /* A run that would have to be cut short is; one of less than half is left out. */
    step = next(&workload, 4.5);
    assert_int_equal(step.part, DCB_SELFTEST_IDENTICAL);
    assert_close(step.max_time_s, 1.5, 1e-9);
    assert_int_equal(next(&workload, 5.5).part, DCB_SELFTEST_SCALE);
    clear(&workload);
}

static void identical_code_has_one_run_at_least_and_five_at_most(void **state)
{
    struct dcb_selftest_workload workload = {.label = NULL};

    (void)state;
    assert_int_equal(next(&workload, 100).part, DCB_SELFTEST_IDENTICAL);
    for (int i = 0; i < 5; i++)
        add(&workload, DCB_SELFTEST_IDENTICAL, 0, pair(1, 0.004), pair(1, 0.004));
    assert_int_equal(next(&workload, 0.1).part, DCB_SELFTEST_SCALE);
    clear(&workload);
}

static void scale_is_guessed_from_the_time(void **state)
{
    struct dcb_selftest_workload workload = {.label = NULL};
    struct dcb_selftest_run *run =
        add(&workload, DCB_SELFTEST_IDENTICAL, 0, pair(1, 0.004), pair(1, 0.004));
    uint64_t statements = next(&workload, 6).statements;

    (void)state;
    /* A fifth of 1000 ns and of the statements that the baseline has. */
    assert_true(statements > 80 && statements < 400);
    run->copy_ns = 1e6;
    assert_in_range(next(&workload, 6).statements, 50000, 400000);
    run->copy_ns = 0.01;
    assert_int_equal(next(&workload, 6).statements, DCB_SELFTEST_BASE / 5);
    run->copy_ns = (double)NAN; /* interrupted: nothing to start from */
    assert_int_equal(next(&workload, 6).part, DCB_SELFTEST_DONE);
    clear(&workload);
}

static void scale_is_tried_again_where_it_is_off(void **state)
{
    static const struct {
        double ratio, half, factor;
    } cases[] = {
        {1.05, 0.004, 4}, {2, 0.004, 0.2}, {1.002, 0.004, 20}, {0.99, 0.004, 20}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dcb_selftest_workload workload = {.label = NULL};
        struct dcb_selftest_step step;

        add(&workload, DCB_SELFTEST_IDENTICAL, 0, pair(1, 0.004), pair(1, 0.004));
        add(&workload, DCB_SELFTEST_SCALE, 100, pair(1, 0.004),
            pair(cases[i].ratio, cases[i].half));
        step = next(&workload, 6);
        assert_int_equal(step.part, DCB_SELFTEST_SCALE);
        assert_close((double)step.statements, 100 * cases[i].factor, 1);
        clear(&workload);
    }
}

static void scale_that_cannot_be_learnt_is_given_up(void **state)
{
    struct dcb_selftest_workload workload = {.label = NULL};

    (void)state;
    add(&workload, DCB_SELFTEST_IDENTICAL, 0, pair(1, 0.004), pair(1, 0.004));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(next(&workload, 6).part, DCB_SELFTEST_SCALE);
        add(&workload, DCB_SELFTEST_SCALE, 100, pair(1, 0.2), pair(1.1, 0.2));
    }
    assert_int_equal(next(&workload, 6).part, DCB_SELFTEST_DONE);
    clear(&workload);
}

static void twice_the_margin_is_planted_once(void **state)
{
    struct dcb_selftest_workload workload = {.label = NULL};
    struct dcb_selftest_step step;

    (void)state;
    add(&workload, DCB_SELFTEST_IDENTICAL, 0, pair(1, 0.004), pair(1, 0.004));
    add(&workload, DCB_SELFTEST_SCALE, 400, pair(1, 0.004), pair(1.2, 0.004));
    step = next(&workload, 7);
    assert_int_equal(step.part, DCB_SELFTEST_PLANTED);
    assert_int_equal(step.statements, 40);
    assert_close(step.max_time_s, 5, 1e-9);
    assert_close(step.precision, 0.005, 1e-12);
    assert_close(dcb_selftest_next(&workload, 0.001, 7, 12).precision, 0.0005, 1e-12);
    assert_int_equal(dcb_selftest_next(&workload, 0.05, 7, 12).statements, 200);
    /* It has some time even where all of it is gone, and one statement at least. */
    step = dcb_selftest_next(&workload, 1e-6, 99, 12);
    assert_int_equal(step.statements, 1);
    assert_close(step.max_time_s, 2, 1e-9);
    add(&workload, DCB_SELFTEST_PLANTED, 40, pair(1, 0.004), pair(1.02, 0.004));
    assert_int_equal(next(&workload, 8).part, DCB_SELFTEST_DONE);
    clear(&workload);
}

static void nothing_follows_a_failure(void **state)
{
    struct dcb_selftest_workload workload = {.label = NULL};

    (void)state;
    add(&workload, DCB_SELFTEST_IDENTICAL, 0, pair(1, 0.004), pair(1, 0.004))->failure =
        dcb_xstrdup("it broke");
    assert_int_equal(next(&workload, 0.1).part, DCB_SELFTEST_DONE);
    clear(&workload);
}

/* ---- what a run came to ---- */

static const char *const twin[] = {"twin"}, *const memo[] = {"memo"};

static void run_is_taken_from_a_result(void **state)
{
    const struct dcb_selftest_step step = {.part = DCB_SELFTEST_PLANTED,
                                           .statements = 35};
    struct dcb_selftest_workload workload = {.label = NULL};
    const struct dcb_selftest_run *run;
    struct made made;

    (void)state;
    make_result(&made, twin, 1, memo, 1);
    made.result.workloads[0].objects = 60;
    made.result.workloads[0].cells[2].ratio = make_interval(1.02, 0.004);
    /* A run withholds it where the control differs; here the interval counts. */
    made.result.workloads[0].cells[2].verdict = DCB_VERDICT_INCONCLUSIVE;
    dcb_selftest_add_run(&workload, &step, 3.5, &made.result);
    assert_int_equal(workload.run_count, 1);
    run = &workload.runs[0];
    assert_int_equal(run->part, DCB_SELFTEST_PLANTED);
    assert_int_equal(run->statements, 35);
    assert_int_equal(run->seed, 7);
    assert_int_equal(run->workers, 5);
    assert_close(run->elapsed_s, 3.5, 0);
    assert_close(run->copy_ns, 61200.0 / 60, 1e-9);
    assert_close(run->control.ratio.estimate, 1, 0);
    assert_int_equal(run->control.verdict, DCB_VERDICT_SAME);
    assert_int_equal(run->candidate.verdict, DCB_VERDICT_SLOWER);
    assert_int_equal(run->candidate.workers, 5);
    assert_null(run->failure);
    assert_null(run->trouble);
    unmake_result(&made);
    clear(&workload);
}

static void limit_is_taken_from_a_result(void **state)
{
    static const struct {
        uint32_t workers;
        double reached;
        enum dcb_selftest_limit limit;
    } cases[] = {
        {0, (double)NAN, DCB_SELFTEST_BY_TIME}, {0, 0.5, DCB_SELFTEST_BY_TIME},
        {6, 0.5, DCB_SELFTEST_BY_TIME},         {5, 0.5, DCB_SELFTEST_BY_WORKERS},
        {5, 0.001, DCB_SELFTEST_BY_WORKERS},    {6, 0.001, DCB_SELFTEST_BY_PRECISION}};
    const struct dcb_selftest_step step = {.part = DCB_SELFTEST_PLANTED};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dcb_selftest_workload workload = {.label = NULL};
        struct dcb_plan plan;
        struct made made;

        make_result(&made, twin, 1, memo, 1);
        plan = *made.result.plan;
        plan.workers = cases[i].workers;
        plan.precision = 0.005;
        made.result.plan = &plan;
        made.result.workloads[0].reached = cases[i].reached;
        dcb_selftest_add_run(&workload, &step, 1, &made.result);
        assert_int_equal(workload.runs[0].limit, cases[i].limit);
        unmake_result(&made);
        clear(&workload);
    }
}

static void failures_and_troubles_are_taken(void **state)
{
    const struct dcb_selftest_step step = {.part = DCB_SELFTEST_IDENTICAL};
    struct dcb_selftest_workload workload = {.label = NULL};
    struct made made;

    (void)state;
    make_result(&made, twin, 1, memo, 1);
    made.result.workloads[0].workers[3].trouble = dcb_xstrdup("killed by SIGSEGV");
    dcb_selftest_add_run(&workload, &step, 1, &made.result);
    make_failed(&made.result.workloads[0].cells[2], "failed: it copies wrongly");
    dcb_selftest_add_run(&workload, &step, 1, &made.result);
    made.result.workloads[0].failure = dcb_xstrdup("no such thing");
    dcb_selftest_add_run(&workload, &step, 1, &made.result);
    made.result.workload_count = 0; /* interrupted before it began */
    dcb_selftest_add_run(&workload, &step, 1, &made.result);
    made.result.workload_count = 1;
    unmake_result(&made);
    assert_int_equal(workload.run_count, 3);
    assert_null(workload.runs[0].failure);
    assert_string_equal(workload.runs[0].trouble, "killed by SIGSEGV");
    assert_string_equal(workload.runs[1].failure, "twin failed: it copies wrongly");
    assert_int_equal(workload.runs[1].candidate.verdict, DCB_VERDICT_NONE);
    assert_string_equal(workload.runs[2].failure, "no such thing");
    clear(&workload);
}

/* ---- what all of them say ---- */

static void all_is_well(void **state)
{
    struct dcb_selftest selftest = judged(quiet());
    const struct dcb_selftest_workload *first = &selftest.workloads[0];

    (void)state;
    assert_int_equal(selftest.outcome, DCB_SELFTEST_HOLDS);
    assert_int_equal(selftest.problem_count, 0);
    /* Two in each run of identical code, and the controls of the other two. */
    assert_int_equal(first->comparisons, 6);
    assert_int_equal(selftest.comparisons, 12);
    assert_int_equal(selftest.told_apart, 0);
    assert_int_equal(selftest.verdicts, 0);
    /* And two planted differences, each with the interval of its size. */
    assert_int_equal(selftest.sizes, 2);
    assert_close(selftest.simultaneous, 1 - 0.05 / 16, 1e-12);
    assert_close(first->largest, 0.998, 0.0001);
    assert_true(first->seen && first->has_truth);
    assert_close(first->truth.estimate, 1.02, 1e-9);
    assert_close(first->truth.low, 1 + (1.2 * exp(-0.004) - 1) / 10, 1e-9);
    assert_close(first->truth.high, 1 + (1.2 * exp(0.004) - 1) / 10, 1e-9);
    assert_int_equal(first->planted, 20);
    assert_close(first->rate, 15, 1e-9); /* the two runs of identical code */
    dcb_selftest_judge(&selftest);       /* again: nothing is counted twice */
    assert_int_equal(selftest.comparisons, 12);
    assert_int_equal(selftest.workloads[1].comparisons, 6);
    dcb_selftest_clear(&selftest);
}

static void identical_code_told_apart_fails(void **state)
{
    for (int control = 0; control < 2; control++) {
        for (int slower = 0; slower < 2; slower++) {
            struct dcb_selftest selftest = quiet();
            struct dcb_selftest_run *run = &selftest.workloads[1].runs[1];
            double ratio = slower ? 1.03 : 0.97;

            (void)state;
            *(control ? &run->control : &run->candidate) = pair(ratio, 0.004);
            dcb_selftest_judge(&selftest);
            assert_int_equal(selftest.outcome, DCB_SELFTEST_TOLD_APART);
            assert_int_equal(selftest.told_apart, 1);
            assert_int_equal(selftest.problem_count, 1);
            assert_int_equal(selftest.problems[0].workload, 1);
            assert_problem(&selftest, 0, DCB_SELFTEST_TOLD_APART,
                           control ? "the control of run 2" : "the twin of run 2");
            assert_contains(selftest.problems[0].text, slower ? "+3.0 %" : "-3.0 %");
            assert_contains(selftest.problems[0].text, "dcbench doctor");
            assert_close(selftest.workloads[1].largest, ratio, 1e-9);
            dcb_selftest_clear(&selftest);
        }
    }
}

static void controls_of_planted_runs_count(void **state)
{
    struct dcb_selftest selftest = quiet();

    (void)state;
    selftest.workloads[0].runs[2].control = pair(1.04, 0.004);
    dcb_selftest_judge(&selftest);
    assert_problem(&selftest, 0, DCB_SELFTEST_TOLD_APART, "the control of run 3");
    dcb_selftest_clear(&selftest);
}

/* At 95 % one in twenty is told apart by itself: of a dozen that is no failure. */
static void chance_is_allowed_for(void **state)
{
    struct dcb_selftest selftest = quiet();
    struct dcb_selftest_pair *unlucky = &selftest.workloads[0].runs[0].candidate;

    (void)state;
    *unlucky = pair(1.025, 0.024);
    assert_int_equal(unlucky->verdict, DCB_VERDICT_SLOWER);
    dcb_selftest_judge(&selftest);
    assert_int_equal(selftest.outcome, DCB_SELFTEST_HOLDS);
    assert_int_equal(selftest.told_apart, 0);
    assert_int_equal(selftest.verdicts, 1);
    dcb_selftest_clear(&selftest);

    /* As the only one it would be. */
    selftest = quiet();
    selftest.workload_count = 1;
    selftest.workloads[0].run_count = 1;
    selftest.workloads[0].runs[0].candidate = pair(1.025, 0.02);
    selftest.workloads[0].runs[0].control = pair(1, (double)NAN);
    dcb_selftest_judge(&selftest);
    assert_int_equal(selftest.comparisons, 1);
    assert_int_equal(selftest.told_apart, 1);
    selftest.workload_count = 2;
    dcb_selftest_clear(&selftest);
}

static void difference_that_is_not_seen_is_unknown(void **state)
{
    struct dcb_selftest selftest = quiet();

    (void)state;
    selftest.workloads[0].runs[3].candidate = pair(1.015, 0.03);
    dcb_selftest_judge(&selftest);
    assert_int_equal(selftest.outcome, DCB_SELFTEST_UNKNOWN);
    assert_false(selftest.workloads[0].seen);
    assert_problem(&selftest, 0, DCB_SELFTEST_UNKNOWN, "not seen: inconclusive, -1.5 %");
    assert_contains(selftest.problems[0].text, "--max-time");
    dcb_selftest_clear(&selftest);

    selftest = quiet();
    selftest.workloads[0].runs[3].candidate = pair(1.004, 0.004);
    dcb_selftest_judge(&selftest);
    assert_problem(&selftest, 0, DCB_SELFTEST_UNKNOWN, "not seen: same");
    dcb_selftest_clear(&selftest);
}

static void another_size_fails(void **state)
{
    static const double ratios[] = {1.08, 0.996, 1.6};

    (void)state;
    for (size_t i = 0; i < COUNT(ratios); i++) {
        struct dcb_selftest selftest = quiet();
        char *text;

        selftest.workloads[1].runs[3].candidate = pair(ratios[i], 0.004);
        dcb_selftest_judge(&selftest);
        assert_int_equal(selftest.outcome, DCB_SELFTEST_TOLD_APART);
        assert_false(selftest.workloads[0].off);
        assert_true(selftest.workloads[1].off);
        assert_int_equal(selftest.problem_count, 1);
        assert_int_equal(selftest.problems[0].workload, 1);
        assert_problem(&selftest, 0, DCB_SELFTEST_TOLD_APART,
                       "planted +1.9 % to +2.1 %, came out at ");
        text = dcb_selftest_conclusion(&selftest);
        assert_contains(text, "the check failed: identical code was never told apart");
        assert_contains(text, "but 2 % more work came out at another size on 1 of 2 ");
        free(text);
        selftest.workloads[1].runs[3].candidate = pair(1.021, 0.004);
        dcb_selftest_judge(&selftest); /* again: nothing is kept */
        assert_int_equal(selftest.outcome, DCB_SELFTEST_HOLDS);
        dcb_selftest_clear(&selftest);
    }
}

/* Within the margin of its size, or of chance, or where a run would claim nothing. */
static void another_size_is_no_matter_of_chance(void **state)
{
    static const struct {
        double ratio, half, control;
    } cases[] = {
        {1.034, 0.004, 1}, {1.07, 0.04, 1}, {1.045, 0.015, 1}, {1.08, 0.004, 1.025}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dcb_selftest selftest = quiet();

        selftest.workloads[0].runs[3].candidate = pair(cases[i].ratio, cases[i].half);
        selftest.workloads[0].runs[3].control = pair(cases[i].control, 0.024);
        dcb_selftest_judge(&selftest);
        assert_false(selftest.workloads[0].off);
        assert_int_not_equal(selftest.outcome, DCB_SELFTEST_TOLD_APART);
        dcb_selftest_clear(&selftest);
    }
}

static void advice_is_by_what_ended_the_run(void **state)
{
    static const struct {
        enum dcb_selftest_limit limit;
        const char *advice;
    } cases[] = {{DCB_SELFTEST_BY_TIME, "raise --max-time"},
                 {DCB_SELFTEST_BY_WORKERS, "raise --workers"},
                 {DCB_SELFTEST_BY_PRECISION, "make --precision smaller"}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dcb_selftest selftest = quiet();
        struct dcb_selftest_workload *workload = &selftest.workloads[0];

        workload->runs[3].limit = cases[i].limit;
        workload->runs[3].candidate = pair(1.015, 0.03);
        dcb_selftest_judge(&selftest);
        assert_problem(&selftest, 0, DCB_SELFTEST_UNKNOWN, cases[i].advice);
        workload->runs[3].candidate = pair(1.015, (double)NAN);
        dcb_selftest_judge(&selftest);
        assert_problem(&selftest, 0, DCB_SELFTEST_UNKNOWN, "too few workers ended to");
        assert_contains(selftest.problems[0].text, cases[i].advice);
        workload->runs[2].limit = cases[i].limit;
        workload->runs[2].candidate = pair(1.2, 0.3);
        workload->run_count = 3;
        dcb_selftest_judge(&selftest);
        assert_problem(&selftest, 0, DCB_SELFTEST_UNKNOWN, "planted work costs");
        assert_contains(selftest.problems[0].text, cases[i].advice);
        workload->run_count = 4;
        dcb_selftest_clear(&selftest);
    }
}

static void no_verdict_where_the_control_differs(void **state)
{
    struct dcb_selftest selftest = quiet();

    (void)state;
    selftest.workloads[0].runs[3].control = pair(1.025, 0.024);
    dcb_selftest_judge(&selftest);
    assert_int_equal(selftest.outcome, DCB_SELFTEST_UNKNOWN);
    assert_false(selftest.workloads[0].seen);
    assert_problem(&selftest, 0, DCB_SELFTEST_UNKNOWN, "the control differs");
    dcb_selftest_clear(&selftest);
}

static void more_work_that_is_faster_fails(void **state)
{
    for (size_t run = 2; run < 4; run++) {
        struct dcb_selftest selftest = quiet();

        (void)state;
        selftest.workloads[0].runs[run].candidate = pair(0.97, 0.004);
        dcb_selftest_judge(&selftest);
        assert_int_equal(selftest.outcome, DCB_SELFTEST_TOLD_APART);
        assert_problem(&selftest, 0, DCB_SELFTEST_TOLD_APART, "came out faster");
        assert_int_equal(selftest.told_apart, 0);
        dcb_selftest_clear(&selftest);
    }
}

static void what_broke_is_told(void **state)
{
    struct dcb_selftest selftest = quiet();

    (void)state;
    selftest.workloads[0].runs[1].trouble = dcb_xstrdup("killed by SIGSEGV");
    dcb_selftest_judge(&selftest);
    assert_int_equal(selftest.outcome, DCB_SELFTEST_BROKEN);
    assert_problem(&selftest, 0, DCB_SELFTEST_BROKEN, "run 2: killed by SIGSEGV");
    assert_true(selftest.workloads[0].seen);

    selftest.workloads[1].run_count = 1;
    selftest.workloads[1].runs[0].failure = dcb_xstrdup("cannot be loaded");
    dcb_selftest_judge(&selftest);
    assert_int_equal(selftest.problem_count, 2);
    assert_problem(&selftest, 1, DCB_SELFTEST_BROKEN, "run 1: cannot be loaded");
    assert_int_equal(selftest.workloads[1].comparisons, 0);
    assert_nan(selftest.seconds);
    selftest.workloads[1].run_count = 4;
    dcb_selftest_clear(&selftest);
}

static void too_few_workers_are_unknown(void **state)
{
    struct dcb_selftest selftest = quiet();
    const struct dcb_selftest_pair none = pair(1, (double)NAN);

    (void)state;
    selftest.workload_count = 1;
    selftest.workloads[0].run_count = 1;
    selftest.workloads[0].runs[0].control = none;
    selftest.workloads[0].runs[0].candidate = none;
    dcb_selftest_judge(&selftest);
    assert_int_equal(selftest.outcome, DCB_SELFTEST_UNKNOWN);
    assert_int_equal(selftest.comparisons, 0);
    assert_problem(&selftest, 0, DCB_SELFTEST_UNKNOWN, "too few workers");
    assert_nan(selftest.seconds);
    assert_nan(selftest.workloads[0].largest);

    /* Identical code is judged, and what work costs is not known. */
    selftest.workloads[0].run_count = 3;
    selftest.workloads[0].runs[2].candidate = pair(1.2, 0.3);
    dcb_selftest_judge(&selftest);
    assert_int_equal(selftest.outcome, DCB_SELFTEST_UNKNOWN);
    assert_problem(&selftest, 0, DCB_SELFTEST_UNKNOWN, "planted work costs");
    selftest.workloads[0].run_count = 4;
    selftest.workload_count = 2;
    dcb_selftest_clear(&selftest);
}

static void worst_outcome_wins(void **state)
{
    struct dcb_selftest selftest = quiet();

    (void)state;
    selftest.workloads[0].runs[3].candidate = pair(1.004, 0.004);
    selftest.workloads[1].runs[0].trouble = dcb_xstrdup("it hung");
    dcb_selftest_judge(&selftest);
    assert_int_equal(selftest.outcome, DCB_SELFTEST_BROKEN);
    selftest.workloads[0].runs[0].candidate = pair(1.05, 0.004);
    dcb_selftest_judge(&selftest);
    assert_int_equal(selftest.outcome, DCB_SELFTEST_TOLD_APART);
    assert_int_equal(selftest.problem_count, 3);
    dcb_selftest_clear(&selftest);
}

static void interrupted_is_not_unknown(void **state)
{
    struct dcb_selftest selftest = quiet();
    char *text;

    (void)state;
    selftest.signal = 2;
    selftest.workloads[1].run_count = 1;
    dcb_selftest_judge(&selftest);
    assert_int_equal(selftest.problem_count, 0);
    text = dcb_selftest_conclusion(&selftest);
    assert_contains(text, "interrupted: identical code was never told apart in 8 ");
    free(text);
    selftest.workloads[1].run_count = 4;
    dcb_selftest_clear(&selftest);
}

/* ---- which difference in how many seconds ---- */

static void difference_follows_from_the_spread(void **state)
{
    const struct dcb_selftest_workload workload = {.spread = 0.01, .rate = 15};
    double before = INFINITY;

    (void)state;
    assert_close(dcb_selftest_difference(&workload, 0.95, 10),
                 dcb_analysis_detectable(0.01 / sqrt(150), 150, 0.95), 1e-12);
    assert_nan(dcb_selftest_difference(&workload, 0.95, 4.9 / 15));
    for (size_t i = 0; i < DCB_SELFTEST_TIMES; i++) {
        double now = dcb_selftest_difference(&workload, 0.95, dcb_selftest_times[i]);

        assert_true(now > 0 && now < before);
        before = now;
    }
    /* Four times as long halves it. */
    assert_close(dcb_selftest_difference(&workload, 0.95, 400) /
                     dcb_selftest_difference(&workload, 0.95, 100),
                 0.5, 0.005);
}

static void spread_is_that_of_a_worker(void **state)
{
    struct dcb_selftest selftest = judged(quiet());
    const struct dcb_selftest_workload *workload = &selftest.workloads[0];
    double error = dcb_analysis_error(&workload->runs[0].control.ratio, WORKERS, 0.95);

    (void)state;
    assert_close(workload->spread, error * sqrt(WORKERS), 1e-9);
    /* As many workers as a run had show what the run said it would. */
    assert_close(dcb_selftest_difference(workload, 0.95, WORKERS / workload->rate),
                 dcb_analysis_detectable(error, WORKERS, 0.95), 1e-9);
    dcb_selftest_clear(&selftest);
}

static void seconds_are_the_other_way_round(void **state)
{
    struct dcb_selftest_workload workload = {.spread = 0.01, .rate = 15};

    (void)state;
    for (double difference = 0.001; difference < 0.02; difference *= 1.5) {
        double seconds = dcb_selftest_seconds(&workload, 0.95, difference);

        assert_true(dcb_selftest_difference(&workload, 0.95, seconds + 1e-6) <=
                    difference);
        /* Not before a run may stop. */
        assert_true(seconds >= 16.0 / 15);
        if (seconds > 17.0 / 15)
            assert_true(dcb_selftest_difference(&workload, 0.95, 0.9 * seconds) >
                        0.98 * difference);
    }
    assert_nan(dcb_selftest_seconds(&workload, 0.95, 1e-7));
    workload.spread = 0;
    assert_close(dcb_selftest_seconds(&workload, 0.95, 0.01), 16.0 / 15, 1e-9);
    workload.spread = workload.rate = (double)NAN;
    assert_nan(dcb_selftest_seconds(&workload, 0.95, 0.01));
}

static void slowest_workload_counts(void **state)
{
    struct dcb_selftest selftest = quiet();

    (void)state;
    selftest.workloads[1].runs[0].elapsed_s *= 3;
    selftest.workloads[1].runs[1].elapsed_s *= 3;
    dcb_selftest_judge(&selftest);
    assert_close(selftest.workloads[1].seconds, 3 * selftest.workloads[0].seconds, 1e-9);
    assert_close(selftest.seconds, selftest.workloads[1].seconds, 0);
    dcb_selftest_clear(&selftest);
}

/* ---- reports ---- */

/* The whole page, as it was read and found right. */
static const char golden[] =
    "identical code was never told apart in 12 comparisons, and 2 % more work was\n"
    "seen every time; this machine sees a difference of 1 % within 1.1 s\n"
    "\n"
    "dcbench " DCB_VERSION ": deepcopy on Python 3.11.2; 16 s\n"
    "A CPU, 2 CPUs, Linux 6.1.0\n"
    "\n"
    "identical code\n"
    "  workload  comparisons  largest  told apart\n"
    "  general             6   -0.2 %           0\n"
    "  memo                6   -0.2 %           0\n"
    "\n"
    "planted difference\n"
    "  workload  planted           between        measured  verdict  after\n"
    "  general    +2.0 %  +1.95 to +2.05 %  +1.7 to +2.5 %  slower   2.0 s\n"
    "  memo       +2.0 %  +1.95 to +2.05 %  +1.7 to +2.5 %  slower   2.0 s\n"
    "\n"
    "difference that would show\n"
    "  workload  in 1 s  in 3 s  in 10 s  in 60 s  1 % after\n"
    "  general   0.85 %  0.45 %   0.24 %   0.10 %      1.1 s\n"
    "  memo      0.85 %  0.45 %   0.24 %   0.10 %      1.1 s\n"
    "\n"
    "  told apart: faster or slower, at more than 1 %, by intervals that hold for\n"
    "    all 12 comparisons and what was planted together (95 %).\n"
    "  planted: statements added to the baseline; what they cost was learnt where\n"
    "    they made about a fifth, which gives the interval 'between'. measured,\n"
    "    after: what one run said of them.\n"
    "  would show: the interval of one candidate would leave out no change in four\n"
    "    runs of five; computed from the spread between workers of identical code. A\n"
    "    verdict wants an estimate of more than 1 % as well.\n";

static void text_of_a_quiet_machine(void **state)
{
    struct dcb_selftest selftest = judged(quiet());
    char *text = text_of(&selftest, 0);

    (void)state;
    assert_string_equal(text, golden);
    free(text);
    dcb_selftest_clear(&selftest);
}

static void quiet_text_is_the_conclusion(void **state)
{
    struct dcb_selftest selftest = quiet();
    char *text;

    (void)state;
    selftest.workloads[1].runs[1].candidate = pair(1.03, 0.004);
    dcb_selftest_judge(&selftest);
    text = text_of(&selftest, -1);
    assert_int_equal(strncmp(text,
                             "the check failed: identical code was told apart in 1 "
                             "of 12",
                             58),
                     0);
    assert_contains(text, "\n  memo: identical code was told apart: the twin of run 2");
    assert_null(strstr(text, "workload"));
    free(text);
    dcb_selftest_clear(&selftest);
}

static void text_fits_a_terminal(void **state)
{
    struct dcb_selftest selftest = quiet();
    char *text, *rest = NULL;

    (void)state;
    selftest.workloads[0].runs[0].candidate = pair(1.12345, 0.05);
    selftest.workloads[0].runs[3].candidate = pair(1.12345, 0.15);
    selftest.workloads[1].runs[0].trouble =
        dcb_xstrdup("stdlib: killed by SIGSEGV while timing it, after a long time in "
                    "which nothing at all was heard of it by anybody");
    dcb_selftest_judge(&selftest);
    text = text_of(&selftest, 1);
    for (char *line = strtok_r(text, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strlen(line) > 80 || line[strlen(line) - 1] == ' ')
            fail_msg("too long, or blanks at its end: '%s'", line);
    }
    free(text);
    dcb_selftest_clear(&selftest);
}

static void long_names_fit_a_terminal(void **state)
{
    static const char *const names[] = {
        "workload-with-a-name-of-its-own-2",
        "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc"
        "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f"};
    struct dcb_selftest selftest = quiet();
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    char *text, *rest = NULL;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct dcb_selftest_workload *workload = &selftest.workloads[i];

        free(workload->label);
        workload->label = dcb_xstrdup(names[i]);
        workload->runs[0].candidate = pair(1.05, 0.09);
        workload->runs[1].candidate = pair(2.05, 0.04);
        workload->runs[2].candidate = pair(1.3, 0.06);
        workload->runs[3].candidate = pair(i ? 2.3 : 1.05, i ? 0.03 : 0.4);
        workload->runs[1].elapsed_s = workload->runs[3].elapsed_s = 1234;
    }
    dcb_selftest_judge(&selftest);
    text = text_of(&selftest, 1);
    assert_contains(text, "\n  work..wn-2 ");
    assert_contains(text, "\xc3\xa4..\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f ");
    assert_contains(text, "inconclusive");
    for (char *line = strtok_r(text, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        size_t width = 0;

        for (const char *at = line; *at; at++)
            width += ((unsigned char)*at & 0xc0) != 0x80;
        if (width > 80 || line[strlen(line) - 1] == ' ')
            fail_msg("too long, or blanks at its end: '%s'", line);
    }
    free(text);
    dcb_selftest_report(&selftest, DCB_TABLE_MARKDOWN, 1, false, &out);
    assert_contains(out.text, "| workload-with-a-name-of-its-own-2 |");
    dcb_strbuf_clear(&out);
    dcb_selftest_clear(&selftest);
}

static void verbose_text_has_every_comparison(void **state)
{
    struct dcb_selftest selftest = judged(quiet());
    char *text = text_of(&selftest, 1), *brief = text_of(&selftest, 0);

    (void)state;
    assert_contains(text, "general   1 control       30  2.0 s");
    assert_contains(text, "memo      4 planted       30  2.0 s");
    assert_contains(text, "memo      3 scale         30  2.0 s");
    assert_null(strstr(brief, "1 control"));
    free(text);
    free(brief);
    dcb_selftest_clear(&selftest);
}

static void colours_end(void **state)
{
    struct dcb_selftest selftest = judged(quiet());
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    (void)state;
    dcb_selftest_report(&selftest, DCB_TABLE_TEXT, 0, true, &out);
    assert_int_equal(strncmp(out.text, "\x1b[32midentical code", 19), 0);
    assert_contains(out.text, "\x1b[0m\n");
    dcb_strbuf_clear(&out);
    dcb_selftest_clear(&selftest);
}

static void markdown_and_csv(void **state)
{
    struct dcb_selftest selftest = judged(quiet());
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    (void)state;
    dcb_selftest_report(&selftest, DCB_TABLE_MARKDOWN, 0, false, &out);
    assert_contains(out.text, "\n### planted difference\n\n| workload |");
    assert_contains(out.text, "| memo | ");
    dcb_strbuf_clear(&out);
    dcb_selftest_csv(&selftest, &out);
    assert_int_equal(strncmp(out.text, "workload,run,part,arm,statements,", 33), 0);
    assert_contains(out.text, "\ngeneral,1,identical,control,0,30,2,1.001,");
    assert_contains(out.text, "\nmemo,4,planted,planted,20,30,2,1.021,");
    dcb_strbuf_clear(&out);
    dcb_selftest_clear(&selftest);
}

static void json_has_it_all(void **state)
{
    static const char *const parts[] = {
        "\"schema\":\"dcbench-selftest/1\"",
        "\"outcome\":\"holds\",\"interrupted\":null",
        "\"comparisons\":12,\"told_apart\":0",
        "\"problems\":[]",
        "\"settings\":{\"seed\":7,\"margin\":0.01,\"confidence\":0.95,",
        "\"workers\":null,\"rounds\":null,\"iterations\":500,\"block_ns\":0,",
        "\"warmup_blocks\":3,\"gc\":true,\"affinity\":null}",
        "\"planted\":{\"statements\":20,\"truth\":{\"estimate\":1.02,",
        "\"verdict\":\"slower\",\"elapsed_s\":2.0,\"seen\":true,\"off\":false}",
        "\"workers_per_second\":15.0,\"after\":[{\"seconds\":1.0,\"difference\":0.0",
        "\"runs\":[{\"part\":\"identical\",\"seed\":101,\"statements\":0,"};
    struct dcb_selftest selftest = judged(quiet());
    char *json = dcb_json_selftest(&selftest);

    (void)state;
    for (size_t i = 0; i < COUNT(parts); i++)
        assert_contains(json, parts[i]);
    assert_int_equal(json[strlen(json) - 1], '\n');
    free(json);
    dcb_selftest_clear(&selftest);
}

static void json_has_null_for_what_is_not_known(void **state)
{
    static const char *const parts[] = {
        "\"outcome\":\"broken\"",
        "\"margin_after_s\":null",
        "\"planted\":null",
        "\"largest\":null",
        "\"spread\":null",
        "\"ratio\":null",
        "\"difference\":null",
        "\"verdict\":null",
        "\"failure\":\"no\\tmodule\"",
        "\"problems\":[{\"workload\":\"general\",\"outcome\":\"broken\","};
    struct dcb_selftest selftest = quiet();
    struct dcb_selftest_run *run = &selftest.workloads[0].runs[0];
    char *json;

    (void)state;
    selftest.workload_count = 1;
    selftest.workloads[0].run_count = 1;
    run->failure = dcb_xstrdup("no\tmodule");
    run->control = run->candidate = (struct dcb_selftest_pair){
        .ratio = make_interval((double)NAN, (double)NAN), .detectable = (double)NAN};
    dcb_selftest_judge(&selftest);
    json = dcb_json_selftest(&selftest);
    for (size_t i = 0; i < COUNT(parts); i++)
        assert_contains(json, parts[i]);
    free(json);
    selftest.workloads[0].run_count = 4;
    selftest.workload_count = 2;
    dcb_selftest_clear(&selftest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identical_code_has_half_of_the_time),
        cmocka_unit_test(identical_code_has_one_run_at_least_and_five_at_most),
        cmocka_unit_test(scale_is_guessed_from_the_time),
        cmocka_unit_test(scale_is_tried_again_where_it_is_off),
        cmocka_unit_test(scale_that_cannot_be_learnt_is_given_up),
        cmocka_unit_test(twice_the_margin_is_planted_once),
        cmocka_unit_test(nothing_follows_a_failure),
        cmocka_unit_test(run_is_taken_from_a_result),
        cmocka_unit_test(limit_is_taken_from_a_result),
        cmocka_unit_test(failures_and_troubles_are_taken),
        cmocka_unit_test(all_is_well),
        cmocka_unit_test(identical_code_told_apart_fails),
        cmocka_unit_test(controls_of_planted_runs_count),
        cmocka_unit_test(chance_is_allowed_for),
        cmocka_unit_test(difference_that_is_not_seen_is_unknown),
        cmocka_unit_test(another_size_fails),
        cmocka_unit_test(another_size_is_no_matter_of_chance),
        cmocka_unit_test(advice_is_by_what_ended_the_run),
        cmocka_unit_test(no_verdict_where_the_control_differs),
        cmocka_unit_test(more_work_that_is_faster_fails),
        cmocka_unit_test(what_broke_is_told),
        cmocka_unit_test(too_few_workers_are_unknown),
        cmocka_unit_test(worst_outcome_wins),
        cmocka_unit_test(interrupted_is_not_unknown),
        cmocka_unit_test(difference_follows_from_the_spread),
        cmocka_unit_test(spread_is_that_of_a_worker),
        cmocka_unit_test(seconds_are_the_other_way_round),
        cmocka_unit_test(slowest_workload_counts),
        cmocka_unit_test(text_of_a_quiet_machine),
        cmocka_unit_test(quiet_text_is_the_conclusion),
        cmocka_unit_test(text_fits_a_terminal),
        cmocka_unit_test(long_names_fit_a_terminal),
        cmocka_unit_test(verbose_text_has_every_comparison),
        cmocka_unit_test(colours_end),
        cmocka_unit_test(markdown_and_csv),
        cmocka_unit_test(json_has_it_all),
        cmocka_unit_test(json_has_null_for_what_is_not_known),
    };

    return cmocka_run_group_tests_name("selftest", tests, NULL, NULL);
}
