#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "nearest.h"
#include "unit.h"

/* The nearest of one name: whether `word` counts as near to it. */
static const char *near_one(const char *word, const char *name)
{
    return dcb_nearest(word, &name, 1);
}

static void equal_is_nearest(void **state)
{
    static const char *const names[] = {"memo-opd", "memo-opt", "memo"};

    (void)state;
    assert_ptr_equal(dcb_nearest("memo-opt", names, COUNT(names)), names[1]);
    assert_ptr_equal(dcb_nearest("memo", names, COUNT(names)), names[2]);
}

static void every_kind_of_slip_is_found(void **state)
{
    (void)state;
    assert_string_equal(near_one("merge", "merged"), "merged");
    assert_string_equal(near_one("mergedd", "merged"), "merged");
    assert_string_equal(near_one("mersed", "merged"), "merged");
    assert_string_equal(near_one("emrged", "merged"), "merged");
    assert_string_equal(near_one("memo_opt", "memo-opt"), "memo-opt");
}

/* "stdlbi" is one swap from "stdlib": with two single changes it would be as far as
 * "stdxxi", which comes first. */
static void swapped_neighbours_count_once(void **state)
{
    static const char *const names[] = {"stdxxi", "stdlib"};
    static const char *const short_names[] = {"ab"};

    (void)state;
    assert_string_equal(dcb_nearest("stdlbi", names, COUNT(names)), "stdlib");
    assert_string_equal(dcb_nearest("ba", short_names, 1), "ab");
}

static void one_letter_in_four_may_differ(void **state)
{
    (void)state;
    assert_null(near_one("a", "b"));
    assert_non_null(near_one("ax", "ab"));
    assert_null(near_one("xy", "ab"));
    assert_non_null(near_one("memax", "memox"));
    assert_null(near_one("mamax", "memox"));
    assert_non_null(near_one("brxnchxs", "branches"));
    assert_null(near_one("bxxnchxs", "branches"));
    assert_non_null(near_one("xxxtructions", "instructions"));
    assert_null(near_one("xxxxructions", "instructions"));
}

/* Lengths alone rule it out: the longer text decides how much may differ. */
static void much_longer_is_not_near(void **state)
{
    (void)state;
    assert_null(near_one("memo", "memo-optimised"));
    assert_null(near_one("memo-optimised", "memo"));
    assert_non_null(near_one("memo", "memos"));
    assert_null(near_one("", "ab"));
    assert_null(near_one("ab", ""));
}

static void first_of_equally_near_wins(void **state)
{
    static const char *const names[] = {"cat-b", "cat-c", "cat-d"};

    (void)state;
    assert_ptr_equal(dcb_nearest("cat-x", names, COUNT(names)), names[0]);
}

static void nearer_wins_whatever_its_place(void **state)
{
    static const char *const far_first[] = {"published-fxxtpath", "published-fastpatx"};
    static const char *const near_first[] = {"published-fastpatx", "published-fxxtpath"};

    (void)state;
    assert_string_equal(dcb_nearest("published-fastpath", far_first, 2),
                        "published-fastpatx");
    assert_string_equal(dcb_nearest("published-fastpath", near_first, 2),
                        "published-fastpatx");
}

static void case_counts(void **state)
{
    (void)state;
    assert_null(near_one("LLC", "llc"));
    assert_non_null(near_one("Llc", "llc"));
}

static void no_names_no_nearest(void **state)
{
    (void)state;
    assert_null(dcb_nearest("memo", NULL, 0));
}

static void several_come_nearest_first(void **state)
{
    static const char *const names[] = {"LOADS", "LOADER",  "load",
                                        "loads", "unloads", "stores"};
    const char *near[3];

    (void)state;
    assert_int_equal(dcb_nearest_several("loads", names, COUNT(names), near, 3), 3);
    assert_string_equal(near[0], "LOADS"); /* and "loads" is not told again */
    assert_string_equal(near[1], "load");
    assert_string_equal(near[2], "LOADER");
    assert_int_equal(dcb_nearest_several("loads", names, COUNT(names), near, 1), 1);
    assert_string_equal(near[0], "LOADS");
    assert_int_equal(dcb_nearest_several("quux", names, COUNT(names), near, 3), 0);
    assert_int_equal(dcb_nearest_several("loads", NULL, 0, near, 3), 0);
    assert_int_equal(dcb_nearest_several("loads", names, COUNT(names), near, 0), 0);
}

static void nearer_ones_push_out_farther_ones(void **state)
{
    static const char *const names[] = {"abcdefxx", "abcdexxx", "abcdefgx", "abcdefgh"};
    const char *near[2];

    (void)state;
    assert_int_equal(dcb_nearest_several("abcdefgh", names, COUNT(names), near, 2), 2);
    assert_string_equal(near[0], "abcdefgh");
    assert_string_equal(near[1], "abcdefgx");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_is_nearest),
        cmocka_unit_test(every_kind_of_slip_is_found),
        cmocka_unit_test(swapped_neighbours_count_once),
        cmocka_unit_test(one_letter_in_four_may_differ),
        cmocka_unit_test(much_longer_is_not_near),
        cmocka_unit_test(first_of_equally_near_wins),
        cmocka_unit_test(nearer_wins_whatever_its_place),
        cmocka_unit_test(case_counts),
        cmocka_unit_test(no_names_no_nearest),
        cmocka_unit_test(several_come_nearest_first),
        cmocka_unit_test(nearer_ones_push_out_farther_ones),
    };

    return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
