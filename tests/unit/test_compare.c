#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analysis.h"
#include "compare_documents.h"

static const char *const merged[] = {"merged"};
static const char *const two_impls[] = {"merged", "inline"};
static const char *const memo[] = {"memo"};
static const char *const two_inputs[] = {"memo", "reduce"};

enum { CANDIDATE = 2 }; /* the first of them, as an arm */

/* Two documents and what comes of them. */
struct pair {
    struct dcb_document *first, *second;
    const struct dcb_document *both[2];
    struct dcb_compare compare;
};

static void make_pair(struct pair *pair)
{
    *pair = (struct pair){.first = make_paper("old", merged, 1, memo, 1),
                          .second = make_paper("new", merged, 1, memo, 1)};
}

static void compare_pair(struct pair *pair)
{
    pair->both[0] = pair->first;
    pair->both[1] = pair->second;
    dcb_compare_make(pair->both, 2, 0.95, 0.01, &pair->compare);
}

static void unmake_pair(struct pair *pair)
{
    dcb_compare_clear(&pair->compare);
    unmake_paper(pair->first);
    unmake_paper(pair->second);
}

static const struct dcb_comparison *comparison_of(const struct pair *pair, size_t row)
{
    assert_true(row < pair->compare.row_count);
    return &pair->compare.rows[row].comparisons[1];
}

static void assert_note(const struct dcb_compare *compare, const char *part)
{
    for (size_t i = 0; i < compare->note_count; i++) {
        if (strstr(compare->notes[i], part))
            return;
    }
    for (size_t i = 0; i < compare->note_count; i++)
        print_error("note: %s\n", compare->notes[i]);
    fail_msg("no note has \"%s\"", part);
}

/* ---- intervals ---- */

/* The expected values are from a program of its own, which integrates the density of t
 * (Simpson) and bisects: errors of 0.002 and 0.004 with 12 and 6 degrees of freedom have
 * Welch's 100/11 together. */
static void interval_is_welchs(void **state)
{
    struct pair pair;
    const struct dcb_comparison *comparison;

    (void)state;
    make_pair(&pair);
    set_ratio(paper_cell(pair.first, 0, CANDIDATE), 0.88, 0.002, MANY_WORKERS);
    set_ratio(paper_cell(pair.second, 0, CANDIDATE), 0.924, 0.004, FEW_WORKERS);
    compare_pair(&pair);
    assert_int_equal(pair.compare.row_count, 1);
    assert_string_equal(pair.compare.rows[0].workload, "memo");
    assert_string_equal(pair.compare.rows[0].impl, "merged");
    comparison = comparison_of(&pair, 0);
    assert_int_equal(comparison->gaps, 0);
    assert_int_equal(comparison->remarks, 0);
    assert_close(comparison->ratio.estimate, 1.05, 1e-12);
    assert_close(comparison->ratio.low, 1.0394470511875442, 1e-9);
    assert_close(comparison->ratio.high, 1.0606600872458287, 1e-9);
    assert_int_equal(pair.compare.note_count, 0);
    unmake_pair(&pair);
}

/* Two rows: each holds with 97.5 %. */
static void rows_hold_together(void **state)
{
    struct pair pair;

    (void)state;
    pair = (struct pair){.first = make_paper("old", two_impls, 2, memo, 1),
                         .second = make_paper("new", two_impls, 2, memo, 1)};
    set_ratio(paper_cell(pair.first, 0, CANDIDATE), 0.88, 0.002, MANY_WORKERS);
    set_ratio(paper_cell(pair.second, 0, CANDIDATE), 0.924, 0.004, FEW_WORKERS);
    compare_pair(&pair);
    assert_int_equal(pair.compare.row_count, 2);
    assert_close(comparison_of(&pair, 0)->ratio.low, 1.03749141004707, 1e-9);
    assert_close(comparison_of(&pair, 0)->ratio.high, 1.0626594006691397, 1e-9);
    dcb_compare_clear(&pair.compare);
    /* A row that is not compared takes nothing. */
    make_failed(paper_cell(pair.second, 0, CANDIDATE + 1), "failed: wrong");
    compare_pair(&pair);
    assert_close(comparison_of(&pair, 0)->ratio.low, 1.0394470511875442, 1e-9);
    unmake_pair(&pair);
}

/* The part that runs differ by is known: a normal quantile (1.96) of it, in squares. */
static void wide_interval_has_what_runs_differ_by(void **state)
{
    double between = hypot(dcb_compare_between_runs(log(0.88), true),
                           dcb_compare_between_runs(log(0.924), true));
    double half = hypot(log(1.0606600872458287 / 1.05), 1.959963984540054 * between);
    struct pair pair;
    const struct dcb_comparison *comparison;

    (void)state;
    make_pair(&pair);
    set_ratio(paper_cell(pair.first, 0, CANDIDATE), 0.88, 0.002, MANY_WORKERS);
    set_ratio(paper_cell(pair.second, 0, CANDIDATE), 0.924, 0.004, FEW_WORKERS);
    compare_pair(&pair);
    comparison = comparison_of(&pair, 0);
    assert_close(comparison->least_margin, expm1(1.959963984540054 * between), 1e-9);
    assert_close(comparison->wide.estimate, 1.05, 1e-12);
    assert_close(comparison->wide.low, 1.05 * exp(-half), 1e-9);
    assert_close(comparison->wide.high, 1.05 * exp(half), 1e-9);
    assert_true(comparison->wide.high > comparison->ratio.high);
    assert_int_equal(comparison->verdict,
                     dcb_analysis_verdict(&comparison->wide, pair.compare.margin));
    unmake_pair(&pair);
}

static void states_of_the_machine_move_different_code(void **state)
{
    (void)state;
    assert_close(dcb_compare_between_runs(0, true), 0, 0);
    assert_close(dcb_compare_between_runs(0, false), 0, 0);
    assert_close(dcb_compare_between_runs(-0.01, true), DCB_RUNS_PART * 0.01, 1e-15);
    assert_close(dcb_compare_between_runs(0.01, false), DCB_PACES_PART * 0.01, 1e-15);
    assert_close(dcb_compare_between_runs(-5, true), DCB_RUNS_MOST, 0);
    assert_close(dcb_compare_between_runs(5, false), DCB_PACES_MOST, 0);
    assert_true(DCB_PACES_MOST > DCB_RUNS_MOST && DCB_PACES_PART > DCB_RUNS_PART);
}

/* A busy core made all of it 1.6 times slower, and moved the ratio by 2 %. */
static void another_pace_is_allowed_for(void **state)
{
    const struct dcb_comparison *comparison;
    struct pair pair;

    (void)state;
    make_pair(&pair);
    set_ratio(paper_cell(pair.first, 0, CANDIDATE), 0.62, 0.001, MANY_WORKERS);
    set_ratio(paper_cell(pair.second, 0, CANDIDATE), 0.62 * 1.02, 0.001, MANY_WORKERS);
    compare_pair(&pair);
    assert_int_equal(comparison_of(&pair, 0)->remarks, 0);
    assert_int_equal(comparison_of(&pair, 0)->verdict, DCB_VERDICT_SLOWER);
    dcb_compare_clear(&pair.compare);
    for (size_t arm = 0; arm <= CANDIDATE; arm++)
        paper_cell(pair.second, 0, arm)->time.median *= 1.6;
    compare_pair(&pair);
    comparison = comparison_of(&pair, 0);
    assert_int_equal(comparison->gaps, 0);
    assert_int_equal(comparison->remarks, DCB_GAP_PACE);
    assert_close(comparison->pace, 1.6, 1e-12);
    assert_int_equal(comparison->verdict, DCB_VERDICT_INCONCLUSIVE);
    assert_note(&pair.compare,
                "memo: the machine ran 1.6 times slower in new than in old");
    dcb_compare_clear(&pair.compare);
    /* The other way round. */
    for (size_t arm = 0; arm <= CANDIDATE; arm++)
        paper_cell(pair.second, 0, arm)->time.median /= 1.6 * 1.6;
    compare_pair(&pair);
    assert_int_equal(comparison_of(&pair, 0)->remarks, DCB_GAP_PACE);
    assert_note(&pair.compare,
                "memo: the machine ran 1.6 times faster in new than in old");
    unmake_pair(&pair);
}

/* Identical code comes out 1 at any pace. */
static void equal_code_has_no_between(void **state)
{
    struct pair pair;

    (void)state;
    make_pair(&pair);
    for (size_t arm = 0; arm <= CANDIDATE; arm++)
        paper_cell(pair.second, 0, arm)->time.median *= 1.6;
    set_ratio(paper_cell(pair.first, 0, CANDIDATE), 1, 0.001, MANY_WORKERS);
    set_ratio(paper_cell(pair.second, 0, CANDIDATE), 1, 0.001, MANY_WORKERS);
    compare_pair(&pair);
    assert_close(comparison_of(&pair, 0)->wide.high, comparison_of(&pair, 0)->ratio.high,
                 0);
    assert_int_equal(comparison_of(&pair, 0)->verdict, DCB_VERDICT_SAME);
    unmake_pair(&pair);
}

/* No longer run would help: what would is said. */
static void margin_that_cannot_be_met(void **state)
{
    const struct dcb_comparison *comparison;
    struct pair pair;

    (void)state;
    make_pair(&pair);
    for (size_t arm = 0; arm <= CANDIDATE; arm++)
        paper_cell(pair.second, 0, arm)->time.median *= 1.6;
    set_ratio(paper_cell(pair.first, 0, CANDIDATE), 0.62, 0.0001, MANY_WORKERS);
    set_ratio(paper_cell(pair.second, 0, CANDIDATE), 0.62, 0.0001, MANY_WORKERS);
    compare_pair(&pair);
    comparison = comparison_of(&pair, 0);
    assert_true(dcb_compare_wants_margin(&pair.compare, comparison));
    assert_true(dcb_compare_least_margin(comparison) >= 100 * comparison->least_margin);
    assert_true(dcb_compare_least_margin(comparison) <
                100 * comparison->least_margin + 0.1);
    assert_note(&pair.compare,
                "merged on memo: runs of the same code differ by more than "
                "the margin of 1 %, however long they are: --margin ");
    dcb_compare_clear(&pair.compare);
    dcb_compare_make(pair.both, 2, 0.95, 0.2, &pair.compare);
    assert_false(dcb_compare_wants_margin(&pair.compare, comparison_of(&pair, 0)));
    assert_int_equal(comparison_of(&pair, 0)->verdict, DCB_VERDICT_SAME);
    unmake_pair(&pair);
}

static void interrupted_run_has_no_verdict(void **state)
{
    struct pair pair;

    (void)state;
    for (int which = 0; which < 2; which++) {
        make_pair(&pair);
        set_ratio(paper_cell(pair.second, 0, CANDIDATE), 1.8, 0.002, MANY_WORKERS);
        (which ? pair.second : pair.first)->result.signal = 2;
        compare_pair(&pair);
        assert_int_equal(comparison_of(&pair, 0)->gaps, 0);
        assert_int_equal(comparison_of(&pair, 0)->remarks, DCB_GAP_INTERRUPTED);
        assert_int_equal(comparison_of(&pair, 0)->verdict, DCB_VERDICT_INCONCLUSIVE);
        assert_int_equal(pair.compare.means[1].rows, 0);
        assert_note(&pair.compare, "new: memo: one of the runs was interrupted");
        unmake_pair(&pair);
    }
}

/* The true r is 1 in 2000 pairs of runs of 25 workers with normal log ratios: it lies in
 * 95 % of the intervals, within four standard deviations of such a count (10). */
static double draw_normal(uint64_t *seed)
{
    double sum = 0;

    for (int i = 0; i < 12; i++) {
        *seed = *seed * 6364136223846793005U + 1442695040888963407U;
        sum += (double)(*seed >> 11) / 9007199254740992.0;
    }
    return sum - 6;
}

static void draw_run(struct dcb_cell *cell, uint64_t *seed)
{
    double values[MANY_WORKERS];
    struct dcb_interval interval;

    for (size_t i = 0; i < MANY_WORKERS; i++)
        values[i] = log(0.9) + 0.01 * draw_normal(seed);
    interval = dcb_stats_trimmed_interval(values, MANY_WORKERS, DCB_TRIM, 0.99, NULL);
    drop_samples(cell);
    cell->time.count = MANY_WORKERS;
    cell->confidence = 0.99;
    cell->ratio = (struct dcb_interval){.estimate = exp(interval.estimate),
                                        .low = exp(interval.low),
                                        .high = exp(interval.high)};
}

static void intervals_cover(void **state)
{
    uint64_t seed = 20240229;
    size_t inside = 0;
    struct pair pair;

    (void)state;
    make_pair(&pair);
    for (int i = 0; i < 2000; i++) {
        const struct dcb_comparison *comparison;

        draw_run(paper_cell(pair.first, 0, CANDIDATE), &seed);
        draw_run(paper_cell(pair.second, 0, CANDIDATE), &seed);
        compare_pair(&pair);
        comparison = comparison_of(&pair, 0);
        inside += comparison->ratio.low <= 1 && comparison->ratio.high >= 1;
        dcb_compare_clear(&pair.compare);
    }
    assert_in_range(inside, 1860, 1940);
    unmake_paper(pair.first);
    unmake_paper(pair.second);
}

static void same_file_twice_is_one(void **state)
{
    struct pair pair;

    (void)state;
    make_pair(&pair);
    pair.both[0] = pair.both[1] = pair.first;
    dcb_compare_make(pair.both, 2, 0.95, 0.1, &pair.compare);
    assert_true(comparison_of(&pair, 0)->ratio.estimate == 1);
    assert_true(comparison_of(&pair, 0)->time_ratio == 1);
    assert_true(comparison_of(&pair, 0)->counters[0].change.estimate == 1);
    assert_true(pair.compare.means[1].ratio.estimate == 1);
    assert_int_equal(pair.compare.note_count, 0);
    unmake_pair(&pair);
}

/* Intervals without a width, as of a file by hand, are no division by zero. */
static void no_error_is_no_width(void **state)
{
    struct pair pair;

    (void)state;
    make_pair(&pair);
    set_ratio(paper_cell(pair.first, 0, CANDIDATE), 1, 0, MANY_WORKERS);
    set_ratio(paper_cell(pair.second, 0, CANDIDATE), 1, 0, MANY_WORKERS);
    compare_pair(&pair);
    assert_close(comparison_of(&pair, 0)->ratio.low, 1, 1e-15);
    assert_close(comparison_of(&pair, 0)->wide.high, 1, 1e-15);
    assert_int_equal(comparison_of(&pair, 0)->verdict, DCB_VERDICT_SAME);
    assert_close(pair.compare.means[1].wide.low, 1, 1e-15);
    unmake_pair(&pair);
}

static void too_few_workers_have_no_interval(void **state)
{
    struct pair pair;
    const struct dcb_comparison *comparison;

    (void)state;
    make_pair(&pair);
    paper_cell(pair.second, 0, CANDIDATE)->time.count = 4;
    compare_pair(&pair);
    comparison = comparison_of(&pair, 0);
    assert_int_equal(comparison->gaps, 0);
    assert_close(comparison->ratio.estimate, 1, 1e-12);
    assert_nan(comparison->ratio.low);
    assert_nan(comparison->wide.high);
    assert_int_equal(comparison->verdict, DCB_VERDICT_INCONCLUSIVE);
    assert_nan(pair.compare.means[1].ratio.low);
    assert_close(pair.compare.means[1].ratio.estimate, 1, 1e-12);
    assert_note(&pair.compare, "new: merged on memo: too few workers");
    unmake_pair(&pair);
}

static void impossible_confidence_is_no_interval(void **state)
{
    const double bad[] = {0, 1, -1, 2, (double)NAN};
    struct pair pair;

    (void)state;
    make_pair(&pair);
    for (size_t i = 0; i < COUNT(bad); i++) {
        paper_cell(pair.first, 0, CANDIDATE)->confidence = bad[i];
        compare_pair(&pair);
        assert_nan(comparison_of(&pair, 0)->ratio.low);
        dcb_compare_clear(&pair.compare);
    }
    compare_pair(&pair);
    unmake_pair(&pair);
}

/* Where the samples are there, those with a ratio count. */
static void workers_are_those_with_a_ratio(void **state)
{
    struct pair pair;
    struct dcb_cell *cell;

    (void)state;
    make_pair(&pair);
    cell = paper_cell(pair.first, 0, CANDIDATE);
    cell->sample_count = 5;
    for (size_t i = 0; i < 5; i++)
        cell->samples[i] = (struct dcb_sample){.worker = i, .log_ratio = (double)NAN};
    cell->samples[0].log_ratio = cell->samples[1].log_ratio = -0.1;
    compare_pair(&pair);
    assert_nan(comparison_of(&pair, 0)->ratio.low);
    unmake_pair(&pair);
}

static void verdicts(void **state)
{
    static const struct {
        double to, error;
        enum dcb_verdict verdict;
    } cases[] = {
        {1.05, 0.001, DCB_VERDICT_SLOWER},
        {0.95, 0.001, DCB_VERDICT_FASTER},
        {1.001, 0.001, DCB_VERDICT_SAME},
        {1.012, 0.01, DCB_VERDICT_INCONCLUSIVE},
    };
    struct pair pair;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        make_pair(&pair);
        set_ratio(paper_cell(pair.first, 0, CANDIDATE), 1, 0.001, MANY_WORKERS);
        set_ratio(paper_cell(pair.second, 0, CANDIDATE), cases[i].to, cases[i].error,
                  MANY_WORKERS);
        compare_pair(&pair);
        assert_int_equal(comparison_of(&pair, 0)->verdict, cases[i].verdict);
        unmake_pair(&pair);
    }
}

/* ---- gaps ---- */

static void change_workload(struct pair *pair)
{
    set_text(&pair->second->result.workload_sources[0].sha256, "other");
}

static void lose_workload_digest(struct pair *pair)
{
    set_text(&pair->second->result.workload_sources[0].sha256, NULL);
}

static void change_baseline_label(struct pair *pair)
{
    set_text(&pair->second->plan.arms[0].label, "older");
}

static void change_baseline_file(struct pair *pair)
{
    set_text(&pair->second->result.arm_sources[0].sha256, "other");
}

static void change_copy_module(struct pair *pair)
{
    set_text(&pair->second->result.python.copy_sha256, "cafe");
}

static void change_version(struct pair *pair)
{
    set_text(&pair->second->result.python.version, "3.12.0");
}

static void change_build(struct pair *pair)
{
    set_text(&pair->second->result.python.build, "main, Feb 2");
}

static void change_implementation(struct pair *pair)
{
    set_text(&pair->second->result.python.implementation, "pypy");
}

static void change_gc(struct pair *pair)
{
    pair->second->plan.gc = false;
}

static void fail_second(struct pair *pair)
{
    make_failed(paper_cell(pair->second, 0, CANDIDATE), "failed: wrong");
}

static void fail_first(struct pair *pair)
{
    make_failed(paper_cell(pair->first, 0, CANDIDATE), "failed: wrong");
}

static void fail_both(struct pair *pair)
{
    fail_first(pair);
    fail_second(pair);
}

static void lose_ratio(struct pair *pair)
{
    paper_cell(pair->second, 0, CANDIDATE)->ratio =
        make_interval((double)NAN, (double)NAN);
}

static void every_gap_of_a_run(void **state)
{
    static const struct {
        void (*change)(struct pair *);
        unsigned gaps, time_gaps;
        const char *note;
    } cases[] = {
        {change_workload, DCB_GAP_WORKLOAD, DCB_GAP_WORKLOAD,
         "new: memo: the workload's file differs"},
        {lose_workload_digest, DCB_GAP_WORKLOAD, DCB_GAP_WORKLOAD, "new: memo: the work"},
        {change_baseline_label, DCB_GAP_BASELINE, 0,
         "new: the baselines differ: stdlib in old, older here: ratios are not"},
        {change_baseline_file, DCB_GAP_BASELINE, 0,
         "the baselines differ: stdlib (abc) in old, stdlib (other) here"},
        {change_copy_module, DCB_GAP_BASELINE, 0,
         "copy modules differ: c0de in old, cafe here"},
        {change_version, DCB_GAP_INTERPRETER, DCB_GAP_INTERPRETER,
         "the interpreters differ: cpython 3.11.2 in old, cpython 3.12.0 here"},
        {change_build, DCB_GAP_INTERPRETER, DCB_GAP_INTERPRETER,
         "cpython 3.11.2 (main, Jan 1) in old, cpython 3.11.2 (main, Feb 2) here"},
        {change_implementation, DCB_GAP_INTERPRETER, DCB_GAP_INTERPRETER,
         "pypy 3.11.2 here"},
        {change_gc, DCB_GAP_SETTINGS, DCB_GAP_SETTINGS,
         "garbage collection differs: on in old, off here"},
        {fail_second, DCB_GAP_FAILED, DCB_GAP_FAILED, "new: merged on memo: failed or"},
        {fail_first, DCB_GAP_FAILED, DCB_GAP_FAILED, "new: merged on memo: failed or"},
        {fail_both, DCB_GAP_FAILED, DCB_GAP_FAILED, "new: merged on memo: failed or"},
        {lose_ratio, DCB_GAP_FAILED, 0, "new: merged on memo: failed or"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct dcb_comparison *comparison;
        struct pair pair;

        make_pair(&pair);
        cases[i].change(&pair);
        compare_pair(&pair);
        comparison = comparison_of(&pair, 0);
        assert_int_equal(comparison->gaps, cases[i].gaps);
        assert_int_equal(comparison->time_gaps, cases[i].time_gaps);
        assert_nan(comparison->ratio.estimate);
        assert_nan(comparison->wide.low);
        assert_int_equal(comparison->verdict, DCB_VERDICT_NONE);
        assert_int_equal(isnan(comparison->time_ratio), cases[i].time_gaps != 0);
        for (size_t k = 0; k < comparison->counter_count; k++)
            assert_int_not_equal(comparison->counters[k].gaps, 0);
        assert_int_equal(pair.compare.means[1].rows, 0);
        assert_nan(pair.compare.means[1].ratio.estimate);
        assert_note(&pair.compare, cases[i].note);
        unmake_pair(&pair);
    }
}

/* What is being compared may differ, and so may the order and the path of things. */
static void candidate_may_differ(void **state)
{
    struct pair pair;

    (void)state;
    make_pair(&pair);
    set_text(&pair.second->result.arm_sources[CANDIDATE].sha256, "other");
    set_text(&pair.second->plan.arms[CANDIDATE].path, "/elsewhere");
    pair.second->plan.seed = 8;
    set_ratio(paper_cell(pair.first, 0, CANDIDATE), 1, 0.001, MANY_WORKERS);
    set_ratio(paper_cell(pair.second, 0, CANDIDATE), 1, 0.001, MANY_WORKERS);
    compare_pair(&pair);
    assert_int_equal(comparison_of(&pair, 0)->gaps, 0);
    assert_int_equal(pair.compare.note_count, 0);
    unmake_pair(&pair);
}

/* The copy module is nothing to a baseline from a file. */
static void copy_module_is_the_builtins(void **state)
{
    struct pair pair;

    (void)state;
    make_pair(&pair);
    pair.first->plan.arms[0].builtin = pair.second->plan.arms[0].builtin = false;
    change_copy_module(&pair);
    compare_pair(&pair);
    assert_int_equal(comparison_of(&pair, 0)->gaps, 0);
    unmake_pair(&pair);
}

static void machines_differ(void **state)
{
    const struct dcb_comparison *comparison;
    struct pair pair;

    (void)state;
    make_pair(&pair);
    snprintf(pair.second->result.system.cpu, sizeof pair.second->result.system.cpu,
             "Another CPU");
    compare_pair(&pair);
    comparison = comparison_of(&pair, 0);
    assert_int_equal(comparison->gaps, 0);
    assert_int_equal(comparison->time_gaps, DCB_GAP_MACHINE);
    assert_int_equal(comparison->remarks, DCB_GAP_MACHINE | DCB_GAP_PACE);
    assert_nan(comparison->time_ratio);
    assert_close(comparison->ratio.estimate, 1, 1e-12);
    assert_note(&pair.compare, "A CPU in old, Another CPU here: times are not compared");
    unmake_pair(&pair);
}

static void times_stand_beside(void **state)
{
    struct pair pair;

    (void)state;
    make_pair(&pair);
    paper_cell(pair.second, 0, CANDIDATE)->time.median *= 1.7;
    compare_pair(&pair);
    assert_int_equal(comparison_of(&pair, 0)->time_gaps, 0);
    assert_close(comparison_of(&pair, 0)->time_ratio, 1.7, 1e-12);
    assert_close(comparison_of(&pair, 0)->ratio.estimate, 1, 1e-12);
    unmake_pair(&pair);
}

static void control_that_differs_withholds(void **state)
{
    const struct dcb_comparison *comparison;
    struct pair pair;

    (void)state;
    make_pair(&pair);
    set_ratio(paper_cell(pair.second, 0, CANDIDATE), 1.8, 0.002, MANY_WORKERS);
    pair.second->result.workloads[0].withheld = true;
    compare_pair(&pair);
    comparison = comparison_of(&pair, 0);
    assert_int_equal(comparison->gaps, 0);
    assert_int_equal(comparison->remarks, DCB_GAP_WITHHELD);
    assert_close(comparison->ratio.estimate, 2, 1e-12);
    assert_int_equal(comparison->verdict, DCB_VERDICT_INCONCLUSIVE);
    assert_int_equal(pair.compare.means[1].rows, 0);
    assert_note(&pair.compare, "new: memo: the control differed");
    unmake_pair(&pair);
}

static void rows_of_one_document_alone(void **state)
{
    static const char *const others[] = {"inline", "merged"};
    struct pair pair;

    (void)state;
    pair = (struct pair){.first = make_paper("old", merged, 1, two_inputs, 2),
                         .second = make_paper("new", others, 2, memo, 1)};
    compare_pair(&pair);
    assert_int_equal(pair.compare.row_count, 3);
    assert_string_equal(pair.compare.rows[0].workload, "memo");
    assert_string_equal(pair.compare.rows[0].impl, "merged");
    assert_int_equal(comparison_of(&pair, 0)->gaps, 0);
    assert_string_equal(pair.compare.rows[1].workload, "reduce");
    assert_null(pair.compare.rows[1].cells[1]);
    assert_int_equal(comparison_of(&pair, 1)->gaps, DCB_GAP_NOT_THERE);
    assert_int_equal(comparison_of(&pair, 1)->counter_count, 0);
    assert_string_equal(pair.compare.rows[2].impl, "inline");
    assert_null(pair.compare.rows[2].cells[0]);
    assert_int_equal(comparison_of(&pair, 2)->gaps, DCB_GAP_NOT_THERE);
    assert_note(&pair.compare, "new: merged on reduce: not measured in this run");
    assert_note(&pair.compare, "new: inline on memo: not in the first file");
    assert_int_equal(pair.compare.means[1].rows, 1);
    unmake_pair(&pair);
}

static void long_lists_are_cut(void **state)
{
    static const char *const six[] = {"a", "b", "c", "d", "e", "f"};
    struct pair pair;

    (void)state;
    pair = (struct pair){.first = make_paper("old", six, 6, memo, 1),
                         .second = make_paper("new", merged, 1, memo, 1)};
    compare_pair(&pair);
    assert_note(
        &pair.compare,
        "new: a on memo, b on memo, c on memo, d on memo and 2 more: not measured");
    unmake_pair(&pair);
}

static void gaps_have_a_text(void **state)
{
    (void)state;
    for (unsigned gap = DCB_GAP_NOT_THERE; gap < DCB_GAP_END; gap <<= 1) {
        assert_true(strlen(dcb_compare_gap_text(gap)) > 10);
        assert_non_null(dcb_compare_gap_name(gap));
    }
    assert_null(dcb_compare_gap_name(0));
    assert_null(dcb_compare_gap_name(DCB_GAP_END));
    assert_string_equal(dcb_compare_gap_text(0), "");
    assert_string_equal(dcb_compare_gap_text(DCB_GAP_WORKLOAD | DCB_GAP_BASELINE),
                        dcb_compare_gap_text(DCB_GAP_WORKLOAD));
}

static void titles_tell_files_apart(void **state)
{
    struct pair pair;

    (void)state;
    make_pair(&pair);
    compare_pair(&pair);
    assert_string_equal(dcb_compare_title(&pair.compare, 1), "new");
    dcb_compare_clear(&pair.compare);
    /* The part of the path that the other does not have. */
    for (size_t i = 0; i < 2; i++) {
        set_text(i ? &pair.second->name : &pair.first->name, "result");
        set_text(i ? &pair.second->path : &pair.first->path,
                 i ? "some/morning/x/result.json" : "some/mourning/x/result.json");
    }
    compare_pair(&pair);
    assert_string_equal(dcb_compare_title(&pair.compare, 0), "mourning");
    assert_string_equal(dcb_compare_title(&pair.compare, 1), "morning");
    dcb_compare_clear(&pair.compare);
    /* One of them has nothing of its own. */
    set_text(&pair.first->path, "result.json");
    set_text(&pair.second->path, "a/result.json");
    compare_pair(&pair);
    assert_string_not_equal(dcb_compare_title(&pair.compare, 0),
                            dcb_compare_title(&pair.compare, 1));
    dcb_compare_clear(&pair.compare);
    /* The same file twice. */
    set_text(&pair.second->path, "result.json");
    compare_pair(&pair);
    assert_string_equal(dcb_compare_title(&pair.compare, 0), "[1] result");
    assert_string_equal(dcb_compare_title(&pair.compare, 1), "[2] result");
    unmake_pair(&pair);
}

/* ---- several documents, the mean ---- */

static void third_document_is_compared_with_the_first(void **state)
{
    struct dcb_document *papers[3];
    const struct dcb_document *documents[3];
    struct dcb_compare compare;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        papers[i] = make_paper("r", merged, 1, memo, 1);
        documents[i] = papers[i];
        set_ratio(paper_cell(papers[i], 0, CANDIDATE), 0.9 * pow(1.1, (double)i), 0.002,
                  MANY_WORKERS);
    }
    dcb_compare_make(documents, 3, 0.95, 0.01, &compare);
    assert_close(compare.rows[0].comparisons[1].ratio.estimate, 1.1, 1e-12);
    assert_close(compare.rows[0].comparisons[2].ratio.estimate, 1.21, 1e-12);
    assert_close(compare.means[2].ratio.estimate, 1.21, 1e-12);
    dcb_compare_clear(&compare);
    for (size_t i = 0; i < 3; i++)
        unmake_paper(papers[i]);
}

static void make_four_rows(struct pair *pair)
{
    *pair = (struct pair){.first = make_paper("old", two_impls, 2, two_inputs, 2),
                          .second = make_paper("new", two_impls, 2, two_inputs, 2)};
    set_ratio(paper_cell(pair->first, 0, 2), 0.88, 0.002, MANY_WORKERS);
    set_ratio(paper_cell(pair->second, 0, 2), 0.924, 0.004, FEW_WORKERS);
    set_ratio(paper_cell(pair->first, 0, 3), 0.8, 0.001, MANY_WORKERS);
    set_ratio(paper_cell(pair->second, 0, 3), 0.8, 0.001, MANY_WORKERS);
    set_ratio(paper_cell(pair->first, 1, 2), 0.5, 0.003, MANY_WORKERS);
    set_ratio(paper_cell(pair->second, 1, 2), 0.51, 0.003, MANY_WORKERS);
    set_ratio(paper_cell(pair->first, 1, 3), 0.6, 0.002, MANY_WORKERS);
    set_ratio(paper_cell(pair->second, 1, 3), 0.57, 0.002, MANY_WORKERS);
}

/* Expected by the program of interval_is_welchs: the errors of a workload's rows add up,
 * those of the workloads add as squares. */
static void mean_knows_what_is_correlated(void **state)
{
    struct pair pair;
    const struct dcb_compare_mean *mean;

    (void)state;
    make_four_rows(&pair);
    compare_pair(&pair);
    mean = &pair.compare.means[1];
    assert_int_equal(mean->rows, 4);
    assert_close(mean->ratio.estimate, 1.004334240035291, 1e-12);
    assert_close(mean->ratio.low, 0.9996296238108959, 1e-8);
    assert_close(mean->ratio.high, 1.009060997874232, 1e-8);
    assert_close(mean->wide.estimate, mean->ratio.estimate, 1e-12);
    assert_true(mean->wide.low < mean->ratio.low);
    unmake_pair(&pair);
}

/* Its wide interval is that of the row, where there is one. */
static void mean_of_one_row_is_the_row(void **state)
{
    struct pair pair;

    (void)state;
    make_pair(&pair);
    set_ratio(paper_cell(pair.second, 0, CANDIDATE), 0.924, 0.004, FEW_WORKERS);
    compare_pair(&pair);
    assert_int_equal(pair.compare.means[1].rows, 1);
    assert_close(pair.compare.means[1].ratio.low, comparison_of(&pair, 0)->ratio.low,
                 1e-12);
    assert_close(pair.compare.means[1].wide.high, comparison_of(&pair, 0)->wide.high,
                 1e-12);
    unmake_pair(&pair);
}

/* ---- counters ---- */

static const struct dcb_compare_counter *find_counter(const struct pair *pair,
                                                      const char *name)
{
    const struct dcb_comparison *comparison = comparison_of(pair, 0);

    for (size_t i = 0; i < comparison->counter_count; i++) {
        if (strcmp(comparison->counters[i].name, name) == 0)
            return &comparison->counters[i];
    }
    fail_msg("no counter %s", name);
    return NULL;
}

static void counters_are_ratios_of_ratios(void **state)
{
    const struct dcb_compare_counter *counter;
    struct pair pair;

    (void)state;
    make_pair(&pair);
    paper_cell(pair.second, 0, CANDIDATE)->counters[0].ratio =
        (struct dcb_interval){.estimate = 0.99, .low = 0.98, .high = 1.0};
    compare_pair(&pair);
    counter = find_counter(&pair, "instructions");
    assert_int_equal(counter->gaps, 0);
    assert_int_equal(counter->provider, DCB_PROVIDER_HARDWARE);
    assert_close(counter->value, 421034 * 0.9, 1e-6);
    assert_close(counter->first_value, 421034 * 0.9, 1e-6);
    assert_close(counter->ratio.estimate, 0.99, 1e-12);
    assert_close(counter->first_ratio.high, 0.902, 1e-12);
    assert_close(counter->change.estimate, 1.1, 1e-12);
    assert_close(counter->change.low, 0.98 / 0.902, 1e-12);
    assert_close(counter->change.high, 1.0 / 0.898, 1e-12);
    /* Not counted, and too rare. */
    assert_int_equal(find_counter(&pair, "LLC-loads")->gaps, DCB_GAP_FAILED);
    assert_nan(find_counter(&pair, "LLC-loads")->change.estimate);
    assert_int_equal(find_counter(&pair, "page-faults")->gaps, DCB_GAP_RARE);
    assert_nan(find_counter(&pair, "page-faults")->change.estimate);
    assert_int_equal(find_counter(&pair, "task-clock")->gaps, 0);
    unmake_pair(&pair);
}

static void simulate(struct dcb_document *document, const char *version,
                     const char *geometry)
{
    document->plan.rows[0].kind = DCB_KIND_SIMULATED;
    document->plan.rows[0].provider = DCB_PROVIDER_SIMULATED;
    set_text(&document->plan.simulator_version, version);
    set_text(&document->plan.simulator_geometry, geometry);
}

static void simulators_must_agree(void **state)
{
    struct pair pair;

    (void)state;
    make_pair(&pair);
    simulate(pair.first, "3.19.0", "32 KiB");
    simulate(pair.second, "3.19.0", "32 KiB");
    compare_pair(&pair);
    assert_int_equal(find_counter(&pair, "instructions")->gaps, 0);
    dcb_compare_clear(&pair.compare);
    simulate(pair.second, "3.19.0", "64 KiB");
    compare_pair(&pair);
    assert_int_equal(find_counter(&pair, "instructions")->gaps, DCB_GAP_PROVIDER);
    dcb_compare_clear(&pair.compare);
    simulate(pair.second, "3.24.0", "32 KiB");
    compare_pair(&pair);
    assert_int_equal(find_counter(&pair, "instructions")->gaps, DCB_GAP_PROVIDER);
    assert_note(&pair.compare, "new: instructions: counted in different ways: simulated "
                               "(valgrind 3.19.0) in old, simulated (valgrind 3.24.0) "
                               "here");
    unmake_pair(&pair);
}

static void providers_must_agree(void **state)
{
    struct pair pair;

    (void)state;
    make_pair(&pair);
    simulate(pair.second, "3.19.0", NULL);
    compare_pair(&pair);
    assert_int_equal(find_counter(&pair, "instructions")->gaps, DCB_GAP_PROVIDER);
    assert_note(&pair.compare, "hardware (perf::INSTRUCTIONS) in old, simulated");
    /* The times are nothing to it. */
    assert_int_equal(comparison_of(&pair, 0)->gaps, 0);
    unmake_pair(&pair);
}

static void encodings_must_agree(void **state)
{
    struct pair pair;

    (void)state;
    make_pair(&pair);
    snprintf(pair.second->plan.events[0].encoding,
             sizeof pair.second->plan.events[0].encoding, "skl::INST_RETIRED");
    compare_pair(&pair);
    assert_int_equal(find_counter(&pair, "instructions")->gaps, DCB_GAP_PROVIDER);
    unmake_pair(&pair);
}

static void documents_without_counters(void **state)
{
    struct dcb_cell *cell;
    struct pair pair;

    (void)state;
    make_pair(&pair);
    cell = paper_cell(pair.second, 0, CANDIDATE);
    free(cell->counters);
    cell->counters = NULL;
    compare_pair(&pair);
    assert_int_equal(comparison_of(&pair, 0)->counter_count, 0);
    assert_int_equal(comparison_of(&pair, 0)->gaps, 0);
    unmake_pair(&pair);
}

/* ---- pyperf ---- */

static const double fast[] = {100, 101, 99, 100.5, 99.5, 100, 102, 98};
static const double slow[] = {110, 111.1, 108.9, 110.55, 109.45, 110, 112.2, 107.8};

/* Eight processes: four are left, with 3 degrees of freedom; every time is 1.1 times the
 * other's, so both errors are the same and Welch has 6. */
static void pyperf_times_are_compared(void **state)
{
    double logs[COUNT(fast)], error, half;
    const struct dcb_comparison *comparison;
    struct pair pair;

    (void)state;
    pair = (struct pair){
        .first = make_pyperf("old", "deepcopy", memo, 1, fast, COUNT(fast)),
        .second = make_pyperf("new", "deepcopy", memo, 1, slow, COUNT(slow))};
    compare_pair(&pair);
    assert_int_equal(pair.compare.row_count, 1);
    assert_string_equal(pair.compare.rows[0].impl, "deepcopy");
    comparison = comparison_of(&pair, 0);
    assert_int_equal(comparison->gaps, 0);
    assert_true(comparison->unpaired);
    assert_int_equal(comparison->remarks, DCB_GAP_UNPAIRED);
    for (size_t i = 0; i < COUNT(fast); i++)
        logs[i] = log(fast[i]);
    dcb_stats_trimmed_interval(logs, COUNT(fast), 0.25, 0.95, &error);
    half = dcb_stats_t_quantile(0.975, 6) * error * sqrt(2);
    assert_close(comparison->ratio.estimate, 1.1, 1e-9);
    assert_close(comparison->ratio.low, 1.1 * exp(-half), 1e-9);
    assert_close(comparison->ratio.high, 1.1 * exp(half), 1e-9);
    assert_close(comparison->wide.high, comparison->ratio.high, 0);
    assert_int_equal(comparison->verdict, DCB_VERDICT_SLOWER);
    assert_close(comparison->time_ratio, 1.1, 1e-9);
    assert_note(&pair.compare, "new: memo: times of different runs are compared");
    unmake_pair(&pair);
}

/* Nothing else stands beside times: the machine and the interpreter must be one. */
static void pyperf_needs_one_machine(void **state)
{
    struct pair pair;

    (void)state;
    pair = (struct pair){
        .first = make_pyperf("old", "deepcopy", memo, 1, fast, COUNT(fast)),
        .second = make_pyperf("new", "deepcopy", memo, 1, slow, COUNT(slow))};
    snprintf(pair.second->result.system.cpu, sizeof pair.second->result.system.cpu, "B");
    change_version(&pair);
    compare_pair(&pair);
    assert_int_equal(comparison_of(&pair, 0)->gaps,
                     DCB_GAP_MACHINE | DCB_GAP_INTERPRETER);
    dcb_compare_clear(&pair.compare);
    /* What a file does not tell does not differ. */
    pair.second->result.system.cpu[0] = '\0';
    set_text(&pair.second->result.python.version, NULL);
    compare_pair(&pair);
    assert_int_equal(comparison_of(&pair, 0)->gaps, 0);
    unmake_pair(&pair);
}

static void pyperf_of_few_processes_has_no_interval(void **state)
{
    struct pair pair;

    (void)state;
    pair = (struct pair){.first = make_pyperf("old", "deepcopy", memo, 1, fast, 4),
                         .second = make_pyperf("new", "deepcopy", memo, 1, slow, 8)};
    compare_pair(&pair);
    assert_true(isfinite(comparison_of(&pair, 0)->ratio.estimate));
    assert_nan(comparison_of(&pair, 0)->ratio.low);
    assert_int_equal(comparison_of(&pair, 0)->verdict, DCB_VERDICT_INCONCLUSIVE);
    unmake_pair(&pair);
}

/* Other labels of two files: the one arm of each is meant. */
static void pyperf_labels_may_differ(void **state)
{
    struct pair pair;

    (void)state;
    pair = (struct pair){.first = make_pyperf("old", "one", two_inputs, 2, fast, 8),
                         .second = make_pyperf("new", "two", memo, 1, slow, 8)};
    compare_pair(&pair);
    assert_int_equal(pair.compare.row_count, 2);
    assert_int_equal(comparison_of(&pair, 0)->gaps, 0);
    assert_int_equal(comparison_of(&pair, 1)->gaps, DCB_GAP_NOT_THERE);
    unmake_pair(&pair);
}

/* Against a run: the arm of that label, a baseline too. */
static void pyperf_against_a_run(void **state)
{
    struct pair pair;

    (void)state;
    pair = (struct pair){.first = make_paper("run", merged, 1, memo, 1),
                         .second = make_pyperf("new", "stdlib", memo, 1, slow, 8)};
    compare_pair(&pair);
    assert_int_equal(pair.compare.row_count, 2);
    assert_string_equal(pair.compare.rows[0].impl, "stdlib");
    assert_int_equal(comparison_of(&pair, 0)->gaps, 0);
    assert_true(comparison_of(&pair, 0)->unpaired);
    assert_int_equal(comparison_of(&pair, 0)->counter_count, 0);
    assert_int_equal(comparison_of(&pair, 1)->gaps, DCB_GAP_IMPLEMENTATION);
    assert_int_equal(pair.compare.means[1].rows, 1);
    unmake_pair(&pair);
}

/* Nobody knows which of several it is: it has a row of its own, and none is compared. */
static void pyperf_of_an_unknown_name(void **state)
{
    struct pair pair;

    (void)state;
    for (int first = 0; first < 2; first++) {
        struct dcb_document *run = make_paper("run", merged, 1, memo, 1);
        struct dcb_document *other = make_pyperf("new", "theirs", memo, 1, slow, 8);

        pair = (struct pair){.first = first ? other : run, .second = first ? run : other};
        compare_pair(&pair);
        assert_int_equal(pair.compare.row_count, 3);
        assert_string_equal(pair.compare.rows[2].impl, "theirs");
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(comparison_of(&pair, i)->gaps, DCB_GAP_IMPLEMENTATION);
            assert_int_equal(comparison_of(&pair, i)->hidden, i == 0);
        }
        assert_int_equal(pair.compare.means[1].rows, 0);
        assert_note(&pair.compare, "theirs on memo: not the same implementation");
        unmake_pair(&pair);
    }
}

/* Of a run with one arm it can be no other. */
static void pyperf_against_the_only_arm(void **state)
{
    struct pair pair;

    (void)state;
    pair = (struct pair){.first = make_paper("run", NULL, 0, memo, 1),
                         .second = make_pyperf("new", "theirs", memo, 1, slow, 8)};
    compare_pair(&pair);
    assert_int_equal(pair.compare.row_count, 1);
    assert_string_equal(pair.compare.rows[0].impl, "stdlib");
    assert_int_equal(comparison_of(&pair, 0)->gaps, 0);
    unmake_pair(&pair);
}

/* Two runs and a file of pyperf: baselines are rows beside the latter alone. */
static void baselines_are_rows_beside_pyperf_alone(void **state)
{
    struct dcb_document *papers[] = {make_paper("old", merged, 1, memo, 1),
                                     make_paper("new", merged, 1, memo, 1),
                                     make_pyperf("theirs", "stdlib", memo, 1, slow, 8)};
    const struct dcb_document *documents[] = {papers[0], papers[1], papers[2]};
    struct dcb_compare compare;

    (void)state;
    dcb_compare_make(documents, 3, 0.95, 0.01, &compare);
    assert_int_equal(compare.row_count, 2);
    assert_string_equal(compare.rows[0].impl, "stdlib");
    assert_true(compare.rows[0].comparisons[1].hidden);
    assert_int_not_equal(compare.rows[0].comparisons[1].gaps, 0);
    assert_false(compare.rows[0].comparisons[2].hidden);
    assert_int_equal(compare.rows[0].comparisons[2].gaps, 0);
    assert_false(compare.rows[1].comparisons[1].hidden);
    assert_int_equal(compare.means[1].rows, 1);
    dcb_compare_clear(&compare);
    for (size_t i = 0; i < COUNT(papers); i++)
        unmake_paper(papers[i]);
}

/* What a file does not tell is said. */
static void pyperf_of_an_unknown_machine(void **state)
{
    struct pair pair;

    (void)state;
    pair = (struct pair){
        .first = make_pyperf("old", "deepcopy", memo, 1, fast, COUNT(fast)),
        .second = make_pyperf("new", "deepcopy", memo, 1, slow, COUNT(slow))};
    pair.second->result.system.cpu[0] = '\0';
    set_text(&pair.second->result.python.version, NULL);
    compare_pair(&pair);
    assert_int_equal(comparison_of(&pair, 0)->gaps, 0);
    assert_note(&pair.compare, "the CPU, the version of Python: not known in one of");
    unmake_pair(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interval_is_welchs),
        cmocka_unit_test(rows_hold_together),
        cmocka_unit_test(wide_interval_has_what_runs_differ_by),
        cmocka_unit_test(states_of_the_machine_move_different_code),
        cmocka_unit_test(another_pace_is_allowed_for),
        cmocka_unit_test(equal_code_has_no_between),
        cmocka_unit_test(margin_that_cannot_be_met),
        cmocka_unit_test(interrupted_run_has_no_verdict),
        cmocka_unit_test(intervals_cover),
        cmocka_unit_test(same_file_twice_is_one),
        cmocka_unit_test(no_error_is_no_width),
        cmocka_unit_test(too_few_workers_have_no_interval),
        cmocka_unit_test(impossible_confidence_is_no_interval),
        cmocka_unit_test(workers_are_those_with_a_ratio),
        cmocka_unit_test(verdicts),
        cmocka_unit_test(every_gap_of_a_run),
        cmocka_unit_test(candidate_may_differ),
        cmocka_unit_test(copy_module_is_the_builtins),
        cmocka_unit_test(machines_differ),
        cmocka_unit_test(times_stand_beside),
        cmocka_unit_test(control_that_differs_withholds),
        cmocka_unit_test(rows_of_one_document_alone),
        cmocka_unit_test(long_lists_are_cut),
        cmocka_unit_test(gaps_have_a_text),
        cmocka_unit_test(titles_tell_files_apart),
        cmocka_unit_test(third_document_is_compared_with_the_first),
        cmocka_unit_test(mean_knows_what_is_correlated),
        cmocka_unit_test(mean_of_one_row_is_the_row),
        cmocka_unit_test(counters_are_ratios_of_ratios),
        cmocka_unit_test(simulators_must_agree),
        cmocka_unit_test(providers_must_agree),
        cmocka_unit_test(encodings_must_agree),
        cmocka_unit_test(documents_without_counters),
        cmocka_unit_test(pyperf_times_are_compared),
        cmocka_unit_test(pyperf_needs_one_machine),
        cmocka_unit_test(pyperf_of_few_processes_has_no_interval),
        cmocka_unit_test(pyperf_labels_may_differ),
        cmocka_unit_test(pyperf_against_a_run),
        cmocka_unit_test(pyperf_of_an_unknown_name),
        cmocka_unit_test(pyperf_against_the_only_arm),
        cmocka_unit_test(baselines_are_rows_beside_pyperf_alone),
        cmocka_unit_test(pyperf_of_an_unknown_machine),
    };

    return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
