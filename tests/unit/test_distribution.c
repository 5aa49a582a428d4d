#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "distribution.h"
#include "strbuf.h"
#include "unit.h"

enum { WORKERS = 47, ROWS = 4 };

/* Rows with room for their values. */
struct bench {
    double values[ROWS][WORKERS];
    struct dcb_distribution_row rows[ROWS];
    size_t count;
    struct dcb_distribution_style style;
};

/* The k-th of n quantiles of a logistic distribution, whose tails are somewhat longer
 * than the normal one's. */
static double logistic(size_t k, size_t n)
{
    double p = ((double)k + 0.5) / (double)n;

    return log(p / (1 - p));
}

static void open_bench(struct bench *bench)
{
    *bench = (struct bench){.style = {.indent = 2, .width = 79, .utf8 = true}};
}

/* A row of `count` values about `centre`; the interval is a tenth of the scale wide. */
static void add_row(struct bench *bench, const char *label, size_t count, double centre,
                    double scale)
{
    struct dcb_distribution_row *row = &bench->rows[bench->count];

    *row = (struct dcb_distribution_row){
        .label = label,
        .values = bench->values[bench->count++],
        .count = count,
        .interval = make_interval(centre, scale / 2),
    };
    for (size_t k = 0; k < count; k++)
        row->values[(k * 29) % count] = centre + scale * logistic(k, count);
}

static void times_of(struct bench *bench)
{
    for (size_t i = 0; i < bench->count; i++) {
        for (size_t k = 0; k < bench->rows[i].count; k++)
            bench->values[i][k] = exp(bench->values[i][k]);
    }
}

/* Owned by the caller. */
static char *ratios(struct bench *bench)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_distribution_ratios(bench->rows, bench->count, &bench->style, &out);
    return dcb_strbuf_take(&out);
}

static char *times(struct bench *bench)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_distribution_times(bench->rows, bench->count, &bench->style, &out);
    return dcb_strbuf_take(&out);
}

static void assert_golden(char *take_text, const char *expected)
{
    bool equal = strcmp(take_text, expected) == 0;

    if (!equal)
        print_error("not as expected:\n%s--- but:\n%s", expected, take_text);
    free(take_text);
    assert_true(equal);
}

/* No line is too wide, ends in a blank or holds what is not printable. */
static void assert_tidy(char *take_text, size_t width)
{
    for (char *line = take_text; *line;) {
        size_t length = strcspn(line, "\n"), used = 0;

        assert_int_equal(line[length], '\n');
        for (size_t i = 0; i < length; i++) {
            used += ((unsigned char)line[i] & 0xc0) != 0x80;
            assert_true((unsigned char)line[i] >= ' ');
        }
        if (used > width || (length && line[length - 1] == ' '))
            fail_msg("%zu columns: '%.*s'", used, (int)length, line);
        line += length + 1;
    }
    free(take_text);
}

/* ---- ratios ---- */

static void histograms(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench);
    add_row(&bench, "control", WORKERS, 0, 0.005);
    add_row(&bench, "merged", WORKERS, log(0.874), 0.003);
    assert_golden(ratios(&bench),
                  "  control   -2.3 % ▁▁▁▁▂▂▂▂▃▃▃▃▆▆▆▆████████▆▆▆▆▃▃▃▃▂▂▂▂▁▁▁▁ +2.3 %\n"
                  "                                    [--o-]\n"
                  "  merged   -14.6 %         ▁▁▁▁▃▃▃▃████████▃▃▃▃▁▁▁▁         -10.6 %\n"
                  "                                     [-o]\n");
}

static void histograms_in_ascii(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench);
    bench.style.utf8 = false;
    bench.style.indent = 0;
    add_row(&bench, "control", WORKERS, 0, 0.005);
    add_row(&bench, "merged", WORKERS, log(0.874), 0.003);
    assert_golden(ratios(&bench),
                  "control   -2.3 % ....::::----****@@@@@@@@****----::::.... +2.3 %\n"
                  "                                  [--o-]\n"
                  "merged   -14.6 %         ....----@@@@@@@@----....         -10.6 %\n"
                  "                                   [-o]\n");
}

/* A worker at 14 times the others' makes no axis longer, and is not forgotten. */
static void outliers_are_counted(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench);
    bench.style.utf8 = false;
    add_row(&bench, "control", WORKERS, 0, 0.005);
    add_row(&bench, "merged", WORKERS, log(0.874), 0.003);
    bench.values[1][7] = 2.6;
    bench.values[1][8] = -3;
    bench.values[1][40] = -0.5;
    assert_golden(
        ratios(&bench),
        "  control   -2.3 % ....::::----****@@@@@@@@****----::::.... +2.3 %\n"
        "                                    [--o-]\n"
        "  merged   -14.6 %         ....----####@@@@----....         -10.6 %\n"
        "           2 below                   [-o]                   1 above\n");
}

static void few_workers(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench);
    bench.style.utf8 = false;
    add_row(&bench, "one", 1, 0, 0.005);
    add_row(&bench, "two", 2, 0.2, 0.005);
    add_row(&bench, "five", 5, -0.1, 0.005);
    bench.rows[0].interval = bench.rows[1].interval =
        make_interval((double)NAN, (double)NAN);
    bench.rows[1].interval.estimate = 0.2;
    assert_golden(ratios(&bench),
                  "  one    -1.1 %                     @@@@@                +1.1 %\n"
                  "                                    |\n"
                  "  two   +20.8 %           @@@@@          @@@@@           +23.5 %\n"
                  "                                    o\n"
                  "  five  -10.5 % @@@@@     @@@@@     @@@@@@@@@@     @@@@@ -8.5 %\n"
                  "                               [----o---]\n");
}

/* Of a few, the interval is wider than they lie: the axis has it all the same. */
static void interval_that_is_wider(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench);
    bench.style.utf8 = false;
    add_row(&bench, "five", 5, 0, 0.001);
    bench.rows[0].interval = make_interval(0.001, 0.01);
    assert_golden(ratios(&bench),
                  "  five  -0.9 %           -----@@@@@-----                +1.1 %\n"
                  "               [-----------------|-o------------------]\n");
}

static void equal_values(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench);
    bench.style.utf8 = false;
    add_row(&bench, "all", 20, log(0.5), 0);
    add_row(&bench, "most", 20, 0, 0);
    bench.values[1][3] = 0.0004;
    bench.values[1][4] = -0.0001;
    assert_golden(ratios(&bench),
                  "  all   -50.03 %                     @@@@@                -49.97 %\n"
                  "                                     o\n"
                  "  most   -0.04 %           @@@@@          .....           +0.07 %\n"
                  "                               o\n");
}

static void large_ratios(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench);
    bench.style.utf8 = false;
    add_row(&bench, "slow", WORKERS, log(31), 0.005);
    add_row(&bench, "fast", WORKERS, log(0.031), 0.005);
    assert_golden(ratios(&bench),
                  "  slow   x 30.3 ....::::----****@@@@@@@@****----::::.... x 31.7\n"
                  "                                 [--o-]\n"
                  "  fast  -97.0 % ....::::----****@@@@@@@@****----::::.... -96.8 %\n"
                  "                                 [--o-]\n");
}

/* ---- times ---- */

static void boxes(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench);
    add_row(&bench, "stdlib", WORKERS, log(22100), 0.005);
    add_row(&bench, "control", WORKERS, log(22150), 0.004);
    add_row(&bench, "merged", WORKERS, log(19300), 0.006);
    times_of(&bench);
    bench.values[0][3] = 90000; /* beyond all */
    bench.values[2][4] = 21500; /* far out for its row only */
    bench.values[2][9] = 1000;
    bench.values[2][10] = 99000;
    assert_golden(
        times(&bench),
        "  stdlib                                        |----[o=]---|  1 above\n"
        "  control                                         |---[o]---|\n"
        "  merged   |----[=o=]----|                     *               1 below, 1 "
        "above\n"
        "           18.8 us                                    22.6 us\n");
}

static void boxes_of_few(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench);
    add_row(&bench, "one", 1, log(61), 0);
    add_row(&bench, "two", 2, log(62), 0.01);
    add_row(&bench, "equal", 20, log(61.5), 0);
    times_of(&bench);
    assert_golden(times(&bench),
                  "  one    o\n"
                  "  two             |---------[=========o=========]---------|\n"
                  "  equal                o\n"
                  "         61.0 ns                                    62.7 ns\n");
}

static void box_of_a_point(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench);
    add_row(&bench, "a", 1, log(2e6), 0);
    times_of(&bench);
    assert_golden(times(&bench),
                  "  a                           o\n"
                  "     2.00 ms                                    2.00 ms\n");
}

/* ---- both ---- */

static void nothing_to_draw(void **state)
{
    static const double odd[] = {(double)NAN, (double)INFINITY, (double)-INFINITY};
    struct bench bench;

    (void)state;
    open_bench(&bench);
    assert_golden(ratios(&bench), "");
    assert_golden(times(&bench), "");
    add_row(&bench, "none", 0, 0, 0);
    add_row(&bench, "odd", 3, 0, 0);
    memcpy(bench.values[1], odd, sizeof odd);
    assert_golden(ratios(&bench), "");
    assert_golden(times(&bench), "");
    bench.rows[1].count = 3;
    bench.values[1][0] = 0; /* no time at all */
    bench.values[1][1] = -1;
    assert_golden(times(&bench), "");
}

static void values_that_are_not_finite_are_left_out(void **state)
{
    struct bench bench, other;
    char *text;

    (void)state;
    open_bench(&bench);
    open_bench(&other);
    add_row(&bench, "a", 20, 0.1, 0.01);
    add_row(&other, "a", 20, 0.1, 0.01);
    for (size_t i = 20; i < 30; i++)
        other.values[0][i] = i % 2 ? (double)NAN : (double)INFINITY;
    other.rows[0].count = 30;
    text = ratios(&bench);
    assert_golden(ratios(&other), text);
    free(text);
}

/* The order of the workers and repeated calls change nothing. */
static void order_does_not_matter(void **state)
{
    struct bench bench;
    char *first;

    (void)state;
    open_bench(&bench);
    add_row(&bench, "a", WORKERS, 0.1, 0.01);
    first = ratios(&bench);
    for (size_t i = 0; i < WORKERS / 2; i++) {
        double swapped = bench.values[0][i];

        bench.values[0][i] = bench.values[0][WORKERS - 1 - i];
        bench.values[0][WORKERS - 1 - i] = swapped;
    }
    assert_golden(ratios(&bench), first);
    free(first);
}

static void long_labels_keep_both_ends(void **state)
{
    /* Sixty letters, and as many that take two bytes each. */
    char wide[121] = "";
    struct bench bench;
    char *text;

    (void)state;
    for (size_t i = 0; i < 60; i++)
        strcat(wide, "\xc3\xa9");
    open_bench(&bench);
    add_row(&bench, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz_version-1",
            WORKERS, 0, 0.005);
    add_row(&bench, "eighteen-letters-x", WORKERS, 0, 0.005);
    add_row(&bench, wide, WORKERS, 0, 0.005);
    add_row(&bench, "bad \xff\x1b[31m", WORKERS, 0, 0.005);
    text = ratios(&bench);
    assert_contains(text, "\n  eighteen-letters-x  ");
    assert_contains(text, "  abcdefgh..ersion-1  ");
    assert_contains(text, "\n  \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                          "\xc3\xa9..\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                          "\xc3\xa9\xc3\xa9  ");
    assert_contains(text, "\n  bad ??[31m  ");
    assert_tidy(text, 79);
    times_of(&bench);
    assert_tidy(times(&bench), 79);
}

/* Whatever the values are, the lines fit. */
static void lines_fit(void **state)
{
    static const double scales[] = {0, 1e-9, 1e-4, 0.01, 0.3, 3};
    static const double centres[] = {-7, -0.1, 0, 0.001, 2.2, 6};

    (void)state;
    for (size_t s = 0; s < COUNT(scales); s++) {
        for (size_t c = 0; c < COUNT(centres); c++) {
            for (size_t count = 1; count <= WORKERS; count += 1 + count / 2) {
                struct bench bench;

                open_bench(&bench);
                add_row(&bench, "eighteen-letters-x", count, centres[c], scales[s]);
                add_row(&bench, "control", count, 0, 0.005);
                bench.values[0][count / 2] += 5;
                assert_tidy(ratios(&bench), 79);
                times_of(&bench);
                assert_tidy(times(&bench), 79);
            }
        }
    }
}

/* The ends of the axis are never left out: in a narrow place lines are longer. */
static void narrow_places(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench);
    bench.style.width = 20;
    add_row(&bench, "eighteen-letters-x", WORKERS, 0, 0.005);
    assert_tidy(ratios(&bench), 60);
    times_of(&bench);
    assert_tidy(times(&bench), 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(histograms),
        cmocka_unit_test(histograms_in_ascii),
        cmocka_unit_test(outliers_are_counted),
        cmocka_unit_test(few_workers),
        cmocka_unit_test(interval_that_is_wider),
        cmocka_unit_test(equal_values),
        cmocka_unit_test(large_ratios),
        cmocka_unit_test(boxes),
        cmocka_unit_test(boxes_of_few),
        cmocka_unit_test(box_of_a_point),
        cmocka_unit_test(nothing_to_draw),
        cmocka_unit_test(values_that_are_not_finite_are_left_out),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(long_labels_keep_both_ends),
        cmocka_unit_test(lines_fit),
        cmocka_unit_test(narrow_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
