#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "memory.h"
#include "unit.h"

static struct dcb_memory_cell counted(int64_t low, int64_t value, int64_t high)
{
    struct dcb_memory_cell cell = {.asked = true, .iterations = 5};

    cell.values[DCB_LAYER_BOTH][DCB_FIGURE_PEAK] =
        (struct dcb_memory_value){.value = value, .low = low, .high = high};
    return cell;
}

static struct dcb_memory_change compare(const struct dcb_memory_cell *cell,
                                        const struct dcb_memory_cell *baseline,
                                        double margin)
{
    return dcb_memory_compare(cell, baseline, DCB_LAYER_BOTH, DCB_FIGURE_PEAK, margin);
}

static enum dcb_memory_verdict judge(int64_t value, int64_t reference, double margin)
{
    struct dcb_memory_cell cell = counted(value, value, value);
    struct dcb_memory_cell baseline = counted(reference, reference, reference);

    return compare(&cell, &baseline, margin).verdict;
}

/* The source's own numbers: 456 bytes against 316, 824 against 708. */
static void more_and_less_lie_beyond_the_margin(void **state)
{
    (void)state;
    assert_int_equal(judge(456, 316, 0.10), DCB_MEMORY_MORE);
    assert_int_equal(judge(456, 316, 0.50), DCB_MEMORY_SAME);
    assert_int_equal(judge(824, 708, 0.10), DCB_MEMORY_MORE);
    assert_int_equal(judge(110, 100, 0.10), DCB_MEMORY_SAME);
    assert_int_equal(judge(111, 100, 0.10), DCB_MEMORY_MORE);
    assert_int_equal(judge(90, 100, 0.10), DCB_MEMORY_SAME);
    assert_int_equal(judge(89, 100, 0.10), DCB_MEMORY_LESS);
    assert_int_equal(judge(1, 0, 0.50), DCB_MEMORY_MORE);
    assert_int_equal(judge(0, 0, 0.10), DCB_MEMORY_SAME);
    assert_int_equal(judge(0, 8, 0.10), DCB_MEMORY_LESS);
    assert_int_equal(judge(101, 100, 0), DCB_MEMORY_MORE);
}

static void a_change_is_told_in_bytes_and_parts(void **state)
{
    struct dcb_memory_cell cell = counted(456, 456, 456),
                           baseline = counted(316, 316, 316), none = counted(0, 0, 0);
    struct dcb_memory_change change = compare(&cell, &baseline, 0.10);

    (void)state;
    assert_true(change.known);
    assert_int_equal(change.bytes, 140);
    assert_close(change.fraction, 140.0 / 316, 1e-12);
    change = compare(&cell, &none, 0.10);
    assert_int_equal(change.bytes, 456);
    assert_nan(change.fraction);
}

/* A copy may give back more than it holds. */
static void a_margin_is_one_below_0_as_well(void **state)
{
    struct dcb_memory_cell cell = counted(-99, -99, -99),
                           baseline = counted(-100, -100, -100);
    struct dcb_memory_change change = compare(&cell, &baseline, 0.10);

    (void)state;
    assert_int_equal(change.verdict, DCB_MEMORY_SAME);
    assert_close(change.fraction, 0.01, 1e-12);
    assert_int_equal(compare(&baseline, &cell, 0.10).verdict, DCB_MEMORY_SAME);
    cell = counted(-80, -80, -80);
    assert_int_equal(compare(&cell, &baseline, 0.10).verdict, DCB_MEMORY_MORE);
    assert_int_equal(compare(&baseline, &cell, 0.10).verdict, DCB_MEMORY_LESS);
}

static void what_was_not_counted_is_not_compared(void **state)
{
    struct dcb_memory_cell cell = counted(1, 1, 1), baseline = counted(1, 1, 1);

    (void)state;
    assert_false(compare(&cell, NULL, 0.10).known);
    baseline.failure = DCB_FAILURE_RAISED;
    assert_false(compare(&cell, &baseline, 0.10).known);
    baseline = counted(1, 1, 1);
    cell.iterations = 0;
    assert_false(compare(&cell, &baseline, 0.10).known);
    assert_int_equal(compare(&cell, &baseline, 0.10).verdict, DCB_MEMORY_NONE);
    assert_null(dcb_memory_verdict_name(DCB_MEMORY_NONE));
}

static void a_spread_must_lie_beyond_the_margin_as_a_whole(void **state)
{
    struct dcb_memory_cell cell = counted(105, 130, 140), baseline = counted(90, 95, 100);

    (void)state;
    assert_int_equal(compare(&cell, &baseline, 0.10).verdict, DCB_MEMORY_SAME);
    cell = counted(111, 130, 140);
    assert_int_equal(compare(&cell, &baseline, 0.10).verdict, DCB_MEMORY_MORE);
    assert_int_equal(compare(&baseline, &cell, 0.05).verdict, DCB_MEMORY_LESS);
    assert_false(dcb_memory_is_exact(&cell.values[DCB_LAYER_BOTH][DCB_FIGURE_PEAK]));
}

static void the_margins_are_those_of_the_source(void **state)
{
    (void)state;
    assert_close(dcb_memory_margin(DCB_MEMO_ABSENT), 0.10, 0);
    assert_close(dcb_memory_margin(DCB_MEMO_NONE), 0.10, 0);
    assert_close(dcb_memory_margin(DCB_MEMO_DICT), 0.10, 0);
    assert_close(dcb_memory_margin(DCB_MEMO_MAPPING), 0.50, 0);
    assert_close(dcb_memory_margin(DCB_MEMO_MUTABLE_MAPPING), 0.50, 0);
}

static void a_prediction_leaves_a_rest(void **state)
{
    struct dcb_memory_cell cell = counted(0, 0, 0);
    int64_t rest = -1;

    (void)state;
    assert_false(dcb_memory_unpredicted(&cell, &rest));
    cell.predicted = true;
    cell.predicted_bytes = 100;
    cell.values[DCB_LAYER_INTERPRETER][DCB_FIGURE_NET].value = 108;
    assert_true(dcb_memory_unpredicted(&cell, &rest));
    assert_int_equal(rest, 8);
}

static void a_loss_is_what_the_last_point_has_more(void **state)
{
    struct dcb_memory_point points[5] = {{.iterations = 0}};
    struct dcb_memory_pair pair = {
        .leaks = {.asked = true, .points = points, .point_count = 5}};
    const uint64_t own = 4000;
    struct dcb_memory_request request = {.leak_iterations = 4000};
    struct dcb_memory memory = {.request = &request, .native = true};
    struct dcb_memory_loss loss;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        points[i].iterations = i * 1000;
        points[i].rss_bytes = 1000000 + i * 64000;
    }
    loss = dcb_memory_loss(&memory, &pair);
    assert_true(loss.known);
    assert_false(loss.found);
    assert_close(loss.rss_slope.estimate, 64, 1e-9);
    assert_close(loss.rss_slope.high - loss.rss_slope.low, 0, 1e-6);
    points[4].bytes[DCB_LAYER_BOTH] = points[4].bytes[DCB_LAYER_NATIVE] = 4 * 56;
    points[4].blocks[DCB_LAYER_BOTH] = points[4].blocks[DCB_LAYER_NATIVE] = 4;
    points[2].rss_bytes += 4096;
    loss = dcb_memory_loss(&memory, &pair);
    assert_true(loss.found);
    assert_int_equal(loss.bytes[DCB_LAYER_BOTH], 224);
    assert_true(loss.rss_slope.low < 64 && loss.rss_slope.high > 64);
    points[3].rss_bytes = 0; /* not known, and no drop to nothing */
    assert_nan(dcb_memory_loss(&memory, &pair).rss_slope.estimate);
    points[3].rss_bytes = 1000000 + 3 * 64000;
    memory.native = false;
    assert_false(dcb_memory_loss(&memory, &pair).found);
    request.leak_iterations = 5000;
    assert_false(dcb_memory_loss(&memory, &pair).known);
    request.own_leak_iterations = &own;
    assert_true(dcb_memory_loss(&memory, &pair).known);
    pair.leaks.point_count = 3;
    assert_nan(dcb_memory_loss(&memory, &pair).rss_slope.low);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_and_less_lie_beyond_the_margin),
        cmocka_unit_test(a_change_is_told_in_bytes_and_parts),
        cmocka_unit_test(a_margin_is_one_below_0_as_well),
        cmocka_unit_test(what_was_not_counted_is_not_compared),
        cmocka_unit_test(a_spread_must_lie_beyond_the_margin_as_a_whole),
        cmocka_unit_test(the_margins_are_those_of_the_source),
        cmocka_unit_test(a_prediction_leaves_a_rest),
        cmocka_unit_test(a_loss_is_what_the_last_point_has_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
