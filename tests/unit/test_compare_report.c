#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "compare_documents.h"
#include "compare_report.h"
#include "strbuf.h"

static const char *const impls[] = {"merged", "inline"};
static const char *const inputs[] = {"memo", "reduce"};

/* Two documents of two workloads. What is shown of a change is set by hand: it is not to
 * follow DCB_RUNS_PART. */
struct shown {
    struct dcb_document *papers[3];
    const struct dcb_document *documents[3];
    size_t count;
    struct dcb_compare compare;
};

static void set_change(struct shown *shown, size_t row, size_t document, double estimate,
                       double half, enum dcb_verdict verdict)
{
    struct dcb_comparison *comparison = &shown->compare.rows[row].comparisons[document];

    comparison->wide = make_interval(estimate, half);
    comparison->ratio.estimate = estimate;
    comparison->verdict = verdict;
}

static void make_shown(struct shown *shown, size_t count)
{
    static const char *const names[] = {"old", "new", "newer"};

    *shown = (struct shown){.count = count};
    for (size_t i = 0; i < count; i++) {
        shown->papers[i] = make_paper(names[i], impls, 2, inputs, 2);
        shown->documents[i] = shown->papers[i];
    }
}

static void compare_shown(struct shown *shown)
{
    dcb_compare_make(shown->documents, shown->count, 0.95, 0.02, &shown->compare);
    for (size_t i = 1; i < shown->count; i++) {
        set_change(shown, 0, i, 1.002, 0.006, DCB_VERDICT_SAME);
        set_change(shown, 1, i, 1.0213, 0.0071, DCB_VERDICT_SLOWER);
        set_change(shown, 2, i, 0.95, 0.0015, DCB_VERDICT_FASTER);
        set_change(shown, 3, i, 12.5, 0.5, DCB_VERDICT_SLOWER);
        shown->compare.means[i].wide = make_interval(1.031, 0.004);
    }
}

static void unmake_shown(struct shown *shown)
{
    dcb_compare_clear(&shown->compare);
    for (size_t i = 0; i < shown->count; i++)
        unmake_paper(shown->papers[i]);
}

static char *as_text(const struct shown *shown, struct dcb_compare_view view)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_compare_text(&shown->compare, DCB_TABLE_TEXT, &view, &out);
    return dcb_strbuf_take(&out);
}

static char *as_markdown(const struct shown *shown, struct dcb_compare_view view)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_compare_text(&shown->compare, DCB_TABLE_MARKDOWN, &view, &out);
    return dcb_strbuf_take(&out);
}

static char *as_csv(const struct shown *shown, struct dcb_compare_view view)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_compare_csv(&shown->compare, &view, &out);
    return dcb_strbuf_take(&out);
}

static void assert_narrow(const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");

        if (length > 79)
            fail_msg("%zu columns: %.*s", length, (int)length, text);
        text += length + (text[length] == '\n');
    }
}

/* ---- whole texts ---- */

static void text_of_two(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    make_shown(&shown, 2);
    compare_shown(&shown);
    text = as_text(&shown, (struct dcb_compare_view){.verbosity = 0});
    assert_string_equal(
        text,
        "dcbench 0.1.0: 2 files compared\n"
        "  old: 2024-02-29T12:00:00Z, CPython 3.11.2, A CPU\n"
        "  new: 2024-02-29T12:00:00Z, CPython 3.11.2, A CPU\n"
        "\n"
        "memo\n"
        "  implementation      old      new        change  verdict\n"
        "  merged          -10.0 %  -10.0 %  +0.2 +-0.6 %  same\n"
        "  inline          -10.0 %  -10.0 %  +2.1 +-0.7 %  slower\n"
        "\n"
        "  time        old      new  change\n"
        "  stdlib  61.2 us  61.2 us  +0.0 %\n"
        "  merged  55.1 us  55.1 us  +0.0 %\n"
        "  inline  49.0 us  49.0 us  +0.0 %\n"
        "\n"
        "  hardware      implementation      old      new        change\n"
        "  instructions  merged          -10.0 %  -10.0 %  +0.0 +-0.4 %\n"
        "  instructions  inline          -20.0 %  -20.0 %  +0.0 +-0.5 %\n"
        "\n"
        "reduce\n"
        "  implementation      old      new          change  verdict\n"
        "  merged          -10.0 %  -10.0 %  -5.00 +-0.15 %  faster\n"
        "  inline          -10.0 %  -10.0 %  x 12.5 +-4.0 %  slower\n"
        "\n"
        "  time        old      new  change\n"
        "  stdlib  61.2 us  61.2 us  +0.0 %\n"
        "  merged  55.1 us  55.1 us  +0.0 %\n"
        "  inline  49.0 us  49.0 us  +0.0 %\n"
        "\n"
        "  hardware      implementation      old      new        change\n"
        "  instructions  merged          -10.0 %  -10.0 %  +0.0 +-0.4 %\n"
        "  instructions  inline          -20.0 %  -20.0 %  +0.0 +-0.5 %\n"
        "\n"
        "  geometric mean of the changes of 4 rows: +3.1 +-0.4 %\n"
        "  change: the ratio in new to that in old. +-: the longer half of its 95 %\n"
        "    interval, which holds for all rows together (4) and includes what runs of\n"
        "    the same code differ by; verdicts are of it, at a margin of 2 %.\n"
        "  Counters: the same of the counts' ratios; +-: how far the layouts "
        "(simulated)\n"
        "    or the intervals of the runs let it be off at most.\n");
    free(text);
    unmake_shown(&shown);
}

static void markdown_of_two(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    make_shown(&shown, 2);
    set_text(&shown.papers[1]->name, "a|b");
    compare_shown(&shown);
    text = as_markdown(&shown, (struct dcb_compare_view){.verbosity = -1});
    assert_string_equal(text,
                        "\n### memo\n"
                        "\n"
                        "| implementation | old | a\\|b | change | verdict |\n"
                        "| --- | ---: | ---: | ---: | --- |\n"
                        "| merged | -10.0 % | -10.0 % | +0.2 +-0.6 % | same |\n"
                        "| inline | -10.0 % | -10.0 % | +2.1 +-0.7 % | slower |\n"
                        "\n### reduce\n"
                        "\n"
                        "| implementation | old | a\\|b | change | verdict |\n"
                        "| --- | ---: | ---: | ---: | --- |\n"
                        "| merged | -10.0 % | -10.0 % | -5.00 +-0.15 % | faster |\n"
                        "| inline | -10.0 % | -10.0 % | x 12.5 +-4.0 % | slower |\n"
                        "\n"
                        "\ngeometric mean of the changes of 4 rows: +3.1 +-0.4 %\n");
    free(text);
    unmake_shown(&shown);
}

static void third_file_has_a_part_of_its_own(void **state)
{
    struct shown shown;
    const char *second, *third;
    char *text;

    (void)state;
    make_shown(&shown, 3);
    compare_shown(&shown);
    text = as_text(&shown, (struct dcb_compare_view){.verbosity = 0});
    assert_contains(text, "3 files compared, each with the first\n");
    second = strstr(text, "\nnew against old\n");
    third = strstr(text, "\nnewer against old\n");
    assert_non_null(second);
    assert_true(third > second);
    assert_non_null(strstr(third, "  implementation      old    newer"));
    free(text);
    unmake_shown(&shown);
}

static void only_what_changed(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    make_shown(&shown, 2);
    compare_shown(&shown);
    text =
        as_text(&shown, (struct dcb_compare_view){.verbosity = -1, .only_changed = true});
    assert_null(strstr(text, "+0.2"));
    assert_contains(text, "  inline          -10.0 %  -10.0 %  +2.1 +-0.7 %  slower\n");
    assert_contains(text, "1 of 4 rows is neither faster nor slower");
    assert_contains(text, "mean of the changes of all 4 rows, shown or not: +3.1");
    free(text);
    unmake_shown(&shown);
}

static void nothing_changed(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    make_shown(&shown, 2);
    compare_shown(&shown);
    for (size_t i = 0; i < 4; i++)
        shown.compare.rows[i].comparisons[1].verdict = DCB_VERDICT_SAME;
    text =
        as_text(&shown, (struct dcb_compare_view){.verbosity = 0, .only_changed = true});
    assert_contains(text, "4 of 4 rows are neither faster nor slower");
    assert_null(strstr(text, "implementation"));
    free(text);
    unmake_shown(&shown);
}

static void assert_order(const struct shown *shown, enum dcb_compare_sort sort,
                         const size_t *expected)
{
    struct dcb_compare_view view = {.sort = sort};
    size_t count, *order = dcb_compare_order(&shown->compare, 1, &view, &count);

    assert_int_equal(count, 4);
    assert_memory_equal(order, expected, 4 * sizeof *order);
    free(order);
}

/* memo: merged, inline; reduce: merged, inline. */
static void orders(void **state)
{
    static const size_t file[] = {0, 1, 2, 3}, change[] = {3, 1, 0, 2},
                        name[] = {1, 3, 0, 2}, workload[] = {1, 0, 3, 2},
                        unknown[] = {1, 0, 2, 3};
    struct shown shown;

    (void)state;
    make_shown(&shown, 2);
    compare_shown(&shown);
    assert_order(&shown, DCB_COMPARE_SORT_FILE, file);
    assert_order(&shown, DCB_COMPARE_SORT_CHANGE, change);
    assert_order(&shown, DCB_COMPARE_SORT_NAME, name);
    assert_order(&shown, DCB_COMPARE_SORT_WORKLOAD, workload);
    shown.compare.rows[3].comparisons[1].ratio.estimate = (double)NAN;
    assert_order(&shown, DCB_COMPARE_SORT_CHANGE, unknown);
    unmake_shown(&shown);
}

static void rows_that_are_not_compared(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    make_shown(&shown, 2);
    make_failed(paper_cell(shown.papers[1], 0, 2), "failed: wrong");
    set_text(&shown.papers[1]->result.workload_sources[1].sha256, "other");
    dcb_compare_make(shown.documents, 2, 0.95, 0.02, &shown.compare);
    set_change(&shown, 1, 1, 1.0213, 0.0071, DCB_VERDICT_SLOWER);
    text = as_text(&shown, (struct dcb_compare_view){.verbosity = 0});
    assert_contains(text,
                    "  merged          -10.0 %        -             -  not compared\n"
                    "  inline          -10.0 %  -10.0 %  +2.1 +-0.7 %  slower\n");
    assert_contains(text, "note: new: reduce: the workload's file differs");
    assert_contains(text, "note: new: merged on memo: failed");
    /* One row has no mean; another workload's times say nothing. */
    assert_null(strstr(text, "geometric"));
    assert_null(strstr(strstr(text, "\nreduce\n"), "\n  time"));
    free(text);
    unmake_shown(&shown);
}

/* The changes of misses are whatever the layouts make of them. */
static void simulated_noise_is_unclear(void **state)
{
    struct shown shown;
    struct dcb_compare_counter *counter;
    char *text;

    (void)state;
    make_shown(&shown, 2);
    compare_shown(&shown);
    counter = &shown.compare.rows[0].comparisons[1].counters[0];
    counter->provider = DCB_PROVIDER_SIMULATED;
    counter->ratio = counter->first_ratio = make_interval(0.9, 0.001);
    counter->change = make_interval(1, 0.9);
    text = as_text(&shown, (struct dcb_compare_view){.verbosity = 0});
    assert_contains(text,
                    "  simulated     implementation       old       new   change\n"
                    "  instructions  merged          -10.00 %  -10.00 %  unclear\n");
    free(text);
    counter->change = make_interval(1, 0.0002);
    text = as_text(&shown, (struct dcb_compare_view){.verbosity = 0});
    assert_contains(text, "merged          -10.00 %  -10.00 %  +0.00 +-0.02 %\n");
    free(text);
    unmake_shown(&shown);
}

/* Cut to the width of a column, both would be the same. */
static void columns_are_told_apart(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    make_shown(&shown, 2);
    for (size_t i = 0; i < 2; i++)
        set_text(&shown.papers[i]->name, i ? "result-of-1-may" : "result-of-2-may");
    compare_shown(&shown);
    text = as_text(&shown, (struct dcb_compare_view){.verbosity = 0});
    assert_contains(text, "  [1] result-of-2-may: 2024");
    assert_contains(text, "  [2] result-of-1-may: 2024");
    assert_contains(text, "  implementation      [1]      [2]        change  verdict\n");
    free(text);
    unmake_shown(&shown);
}

static void colours(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    make_shown(&shown, 2);
    compare_shown(&shown);
    text = as_text(&shown, (struct dcb_compare_view){.color = true});
    assert_contains(text, "\x1b[31mslower\x1b[0m");
    assert_contains(text, "\x1b[32mfaster\x1b[0m");
    free(text);
    text = as_markdown(&shown, (struct dcb_compare_view){.color = true});
    assert_null(strchr(text, '\x1b'));
    free(text);
    unmake_shown(&shown);
}

static void every_counter(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    make_shown(&shown, 2);
    compare_shown(&shown);
    text = as_text(&shown, (struct dcb_compare_view){.verbosity = 1});
    assert_contains(text, "\n  kernel      implementation      old");
    assert_contains(text, "\n  task-clock  merged ");
    assert_null(strstr(text, "time-elapsed"));
    assert_null(strstr(text, "page-faults"));
    assert_narrow(text);
    free(text);
    unmake_shown(&shown);
}

/* Labels come from files: they stay in their line and their columns. */
static void odd_labels(void **state)
{
    static const char odd[] =
        "a\x1b[2J\nb|c \xc3\xa9, \"q\" and a long way to go from here";
    struct shown shown;
    char *text;

    (void)state;
    make_shown(&shown, 2);
    for (size_t i = 0; i < 2; i++) {
        set_text(&shown.papers[i]->plan.arms[2].label, odd);
        set_text(&shown.papers[i]->plan.workloads[0].label, odd);
        set_text(&shown.papers[i]->name, odd);
    }
    compare_shown(&shown);
    text = as_text(&shown, (struct dcb_compare_view){.verbosity = 1});
    assert_null(strchr(text, '\x1b'));
    assert_contains(text, "\na?[2J?b|c");
    assert_narrow(text);
    free(text);
    text = as_csv(&shown, (struct dcb_compare_view){.verbosity = 0});
    assert_null(strchr(text, '\x1b'));
    assert_contains(text,
                    "\"a?[2J?b|c \xc3\xa9, \"\"q\"\" and a long way to go from here\"");
    free(text);
    unmake_shown(&shown);
}

static void csv_of_two(void **state)
{
    struct shown shown;
    char *text, *line;

    (void)state;
    make_shown(&shown, 2);
    compare_shown(&shown);
    text = as_csv(&shown, (struct dcb_compare_view){.sort = DCB_COMPARE_SORT_CHANGE});
    line = strchr(text, '\n') + 1;
    assert_memory_equal(text, "file,workload,implementation,first_ratio,", 41);
    assert_memory_equal(line, "new,reduce,inline,0.9,", 22);
    assert_contains(line, ",slower,1,,,1,hardware,");
    free(text);
    unmake_shown(&shown);
}

static void pyperf_shows_times(void **state)
{
    static const char *const memo[] = {"memo"};
    static const double times[] = {100, 101, 99, 100, 102, 98, 100, 100};
    struct shown shown = {.count = 2};
    char *text;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        shown.papers[i] = make_pyperf(i ? "new" : "old", "it", memo, 1, times, 8);
        shown.documents[i] = shown.papers[i];
    }
    dcb_compare_make(shown.documents, 2, 0.95, 0.02, &shown.compare);
    text = as_text(&shown, (struct dcb_compare_view){.verbosity = 0});
    assert_contains(text, "A CPU, a file of pyperf\n");
    assert_contains(text, "  it              100 ns  100 ns  +0.00 +-");
    assert_contains(text, "  change: the time in new to that in old.");
    assert_contains(text, "note: new: memo: times of different runs are compared");
    free(text);
    unmake_shown(&shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_two),
        cmocka_unit_test(markdown_of_two),
        cmocka_unit_test(third_file_has_a_part_of_its_own),
        cmocka_unit_test(only_what_changed),
        cmocka_unit_test(nothing_changed),
        cmocka_unit_test(orders),
        cmocka_unit_test(rows_that_are_not_compared),
        cmocka_unit_test(simulated_noise_is_unclear),
        cmocka_unit_test(columns_are_told_apart),
        cmocka_unit_test(colours),
        cmocka_unit_test(every_counter),
        cmocka_unit_test(odd_labels),
        cmocka_unit_test(csv_of_two),
        cmocka_unit_test(pyperf_shows_times),
    };

    return cmocka_run_group_tests_name("compare_report", tests, NULL, NULL);
}
