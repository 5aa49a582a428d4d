#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "unit.h"

/* The words of design.md, which result files hold. */
static void names_are_those_of_the_design(void **state)
{
    enum dcb_battery battery;
    enum dcb_memo memo;

    (void)state;
    assert_string_equal(dcb_role_name(DCB_ROLE_BASELINE), "baseline");
    assert_string_equal(dcb_role_name(DCB_ROLE_CONTROL), "control");
    assert_string_equal(dcb_role_name(DCB_ROLE_CANDIDATE), "candidate");

    assert_null(dcb_verdict_name(DCB_VERDICT_NONE));
    assert_string_equal(dcb_verdict_name(DCB_VERDICT_FASTER), "faster");
    assert_string_equal(dcb_verdict_name(DCB_VERDICT_SLOWER), "slower");
    assert_string_equal(dcb_verdict_name(DCB_VERDICT_SAME), "same");
    assert_string_equal(dcb_verdict_name(DCB_VERDICT_INCONCLUSIVE), "inconclusive");

    assert_null(dcb_provider_name(DCB_PROVIDER_NONE));
    assert_string_equal(dcb_provider_name(DCB_PROVIDER_HARDWARE), "hardware");
    assert_string_equal(dcb_provider_name(DCB_PROVIDER_KERNEL), "kernel");

    assert_string_equal(dcb_battery_name(DCB_BATTERY_SUITE), "suite");
    assert_string_equal(dcb_battery_name(DCB_BATTERY_CASES), "cases");
    assert_string_equal(dcb_battery_name(DCB_BATTERY_GRAPHS), "graphs");

    for (int i = 0; i < DCB_BATTERY_COUNT; i++) {
        assert_true(dcb_battery_find(dcb_battery_name((enum dcb_battery)i), &battery));
        assert_int_equal(battery, i);
    }
    assert_false(dcb_battery_find("suit", &battery));
    assert_false(dcb_battery_find(NULL, &battery));

    assert_string_equal(dcb_memo_name(DCB_MEMO_ABSENT), "absent");
    assert_string_equal(dcb_memo_name(DCB_MEMO_NONE), "none");
    assert_string_equal(dcb_memo_name(DCB_MEMO_DICT), "dict");
    assert_string_equal(dcb_memo_name(DCB_MEMO_MAPPING), "mapping");
    assert_string_equal(dcb_memo_name(DCB_MEMO_MUTABLE_MAPPING), "mutable-mapping");
    for (int i = 0; i < DCB_MEMO_COUNT; i++) {
        assert_true(dcb_memo_find(dcb_memo_name((enum dcb_memo)i), &memo));
        assert_int_equal(memo, i);
    }
    assert_false(dcb_memo_find("mappin", &memo));
    assert_false(dcb_memo_find(NULL, &memo));

    assert_string_equal(dcb_case_outcome_name(DCB_CASE_PASSED), "passed");
    assert_string_equal(dcb_case_outcome_name(DCB_CASE_FAILED), "failed");
    assert_string_equal(dcb_case_outcome_name(DCB_CASE_DEVIATES), "accepted deviation");
    assert_string_equal(dcb_case_outcome_name(DCB_CASE_SKIPPED), "skipped");
    assert_string_equal(dcb_case_outcome_name(DCB_CASE_DIED), "died");
    assert_string_equal(dcb_case_outcome_name(DCB_CASE_HUNG), "hung");
    assert_true(dcb_case_outcome_is_wrong(DCB_CASE_HUNG));
    assert_false(dcb_case_outcome_is_wrong(DCB_CASE_DEVIATES));
    assert_false(dcb_case_outcome_is_wrong(DCB_CASE_SKIPPED));

    assert_string_equal(dcb_spec_kind_name(DCB_SPEC_FILE), "file");
    assert_string_equal(dcb_spec_kind_name(DCB_SPEC_MODULE), "module");
    assert_string_equal(dcb_spec_kind_name(DCB_SPEC_JSON), "json");
    assert_string_equal(dcb_spec_kind_name(DCB_SPEC_PICKLE), "pickle");
}

static void rows_are_those_of_the_report(void **state)
{
    static const struct {
        const char *name;
        enum dcb_row_source source;
    } expected[] = {
        {"cycles", DCB_ROW_PMU},
        {"instructions", DCB_ROW_PMU},
        {"branches", DCB_ROW_PMU},
        {"branch-misses", DCB_ROW_PMU},
        {"L1-dcache-loads", DCB_ROW_PMU},
        {"L1-dcache-load-misses", DCB_ROW_PMU},
        {"LLC-loads", DCB_ROW_PMU},
        {"LLC-load-misses", DCB_ROW_PMU},
        {"dTLB-loads", DCB_ROW_PMU},
        {"dTLB-load-misses", DCB_ROW_PMU},
        {"iTLB-loads", DCB_ROW_PMU},
        {"iTLB-load-misses", DCB_ROW_PMU},
        {"page-faults", DCB_ROW_SOFTWARE},
        {"context-switches", DCB_ROW_SOFTWARE},
        {"cpu-migrations", DCB_ROW_SOFTWARE},
        {"task-clock", DCB_ROW_SOFTWARE},
        {"time-elapsed", DCB_ROW_CLOCK},
    };

    (void)state;
    assert_int_equal(DCB_ROW_COUNT, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_string_equal(dcb_rows[i].name, expected[i].name);
        assert_int_equal(dcb_rows[i].source, expected[i].source);
        assert_true(strlen(dcb_rows[i].meaning) > 5);
        assert_ptr_equal(dcb_row_find(expected[i].name), &dcb_rows[i]);
    }
}

static void other_names_are_no_rows(void **state)
{
    (void)state;
    assert_null(dcb_row_find("cycle"));
    assert_null(dcb_row_find("cycless"));
    assert_null(dcb_row_find("CYCLES"));
    assert_null(dcb_row_find(""));
}

static void copy_owns_its_texts(void **state)
{
    struct dcb_spec copy;
    struct dcb_spec spec = {
        .label = dcb_xstrdup("a"),
        .builtin = true,
        .kind = DCB_SPEC_PICKLE,
        .path = dcb_xstrdup("/b"),
        .module = dcb_xstrdup("c"),
        .attr = dcb_xstrdup("d"),
    };

    (void)state;
    dcb_spec_copy(&copy, &spec);
    dcb_spec_clear(&spec);
    assert_null(spec.label);
    assert_null(spec.path);
    assert_null(spec.module);
    assert_null(spec.attr);
    assert_string_equal(copy.label, "a");
    assert_true(copy.builtin);
    assert_int_equal(copy.kind, DCB_SPEC_PICKLE);
    assert_string_equal(copy.path, "/b");
    assert_string_equal(copy.module, "c");
    assert_string_equal(copy.attr, "d");
    dcb_spec_clear(&copy);
}

static void copy_keeps_what_is_not_there(void **state)
{
    const struct dcb_spec spec = {.kind = DCB_SPEC_MODULE};
    struct dcb_spec copy;

    (void)state;
    memset(&copy, 'x', sizeof copy);
    dcb_spec_copy(&copy, &spec);
    assert_null(copy.label);
    assert_null(copy.path);
    assert_null(copy.module);
    assert_null(copy.attr);
    assert_false(copy.builtin);
    assert_int_equal(copy.kind, DCB_SPEC_MODULE);
    dcb_spec_clear(&copy);
    dcb_spec_clear(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_the_design),
        cmocka_unit_test(rows_are_those_of_the_report),
        cmocka_unit_test(other_names_are_no_rows),
        cmocka_unit_test(copy_owns_its_texts),
        cmocka_unit_test(copy_keeps_what_is_not_there),
    };

    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
