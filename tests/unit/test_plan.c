#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "plan.h"
#include "samples.h"
#include "unit.h"

static void arms_are_baseline_control_candidates(void **state)
{
    struct dcb_spec baseline = make_spec("stdlib", "/i/stdlib.py");
    struct dcb_spec candidates[] = {make_spec("merged", "/i/merged.py"),
                                    make_spec("memo-opt", "/i/memo_opt.py")};
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_plan plan = {.arms = NULL};
    size_t dropped = 99;

    (void)state;
    baseline.builtin = true;
    assert_int_equal(dcb_plan_set_arms(&plan, &baseline, candidates, 2, &dropped, &err),
                     0);
    assert_no_error(&err);
    assert_int_equal(dropped, 0);
    assert_int_equal(plan.arm_count, 4);
    assert_string_equal(plan.arms[0].label, "stdlib");
    assert_string_equal(plan.arms[1].label, "stdlib");
    assert_string_equal(plan.arms[1].path, "/i/stdlib.py");
    assert_true(plan.arms[1].builtin);
    assert_true(plan.arms[1].path != plan.arms[0].path);
    assert_string_equal(plan.arms[2].label, "merged");
    assert_string_equal(plan.arms[3].label, "memo-opt");
    assert_null(baseline.label);
    assert_null(candidates[0].label);
    assert_null(candidates[1].path);
    dcb_plan_clear(&plan);
    assert_int_equal(plan.arm_count, 0);
    assert_null(plan.arms);
}

static void baseline_is_no_candidate(void **state)
{
    struct dcb_spec baseline = make_spec("stdlib", "/i/stdlib.py");
    struct dcb_spec candidates[] = {make_spec("stdlib", "/i/stdlib.py"),
                                    make_spec("merged", "/i/merged.py"),
                                    make_spec("stdlib", "/i/stdlib.py")};
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_plan plan = {.arms = NULL};
    size_t dropped = 0;

    (void)state;
    assert_int_equal(dcb_plan_set_arms(&plan, &baseline, candidates, 3, &dropped, &err),
                     0);
    assert_int_equal(dropped, 2);
    assert_int_equal(plan.arm_count, 3);
    assert_string_equal(plan.arms[2].label, "merged");
    dcb_plan_clear(&plan);
}

static void named_twice_is_there_once(void **state)
{
    struct dcb_spec baseline = make_spec("stdlib", "/i/stdlib.py");
    struct dcb_spec candidates[] = {make_spec("merged", "/i/merged.py"),
                                    make_spec("merged", "/i/merged.py")};
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_plan plan = {.arms = NULL};
    size_t dropped = 0;

    (void)state;
    assert_int_equal(dcb_plan_set_arms(&plan, &baseline, candidates, 2, &dropped, &err),
                     0);
    assert_int_equal(dropped, 0);
    assert_int_equal(plan.arm_count, 3);
    dcb_plan_clear(&plan);
}

/* One label for two sources, in each of the ways in which two sources differ. */
static void two_arms_with_one_label(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;

    (void)state;
    for (int difference = 0; difference < 4; difference++) {
        struct dcb_spec baseline = make_spec("stdlib", "/i/stdlib.py");
        struct dcb_spec candidates[] = {make_spec("new", "/i/new.py"),
                                        make_spec("new", "/i/new.py"),
                                        make_spec("last", "/i/last.py")};
        struct dcb_plan plan = {.arms = NULL};
        size_t dropped = 0;

        if (difference == 0) {
            free(candidates[1].path);
            candidates[1].path = dcb_xstrdup("/i/other.py");
        } else if (difference == 1) {
            free(candidates[1].attr);
            candidates[1].attr = dcb_xstrdup("other");
        } else if (difference == 2) {
            free(candidates[1].path);
            candidates[1].path = NULL;
        } else {
            candidates[1].kind = DCB_SPEC_MODULE;
            candidates[1].module = dcb_xstrdup("new");
        }
        assert_int_equal(
            dcb_plan_set_arms(&plan, &baseline, candidates, 3, &dropped, &err), -1);
        assert_error(&err, DCB_ERROR_USAGE,
                     "two implementations are called 'new'; name one as LABEL=SPEC");
        for (size_t i = 0; i < COUNT(candidates); i++)
            assert_null(candidates[i].label);
        dcb_plan_clear(&plan);
    }
}

static void baseline_label_for_another_source(void **state)
{
    struct dcb_spec baseline = make_spec("stdlib", "/i/stdlib.py");
    struct dcb_spec candidate = make_spec("stdlib", "/home/me/stdlib.py");
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_plan plan = {.arms = NULL};
    size_t dropped = 0;

    (void)state;
    assert_int_equal(dcb_plan_set_arms(&plan, &baseline, &candidate, 1, &dropped, &err),
                     -1);
    assert_error(&err, DCB_ERROR_USAGE, "two implementations are called 'stdlib'");
    assert_int_equal(dropped, 0);
    dcb_plan_clear(&plan);
}

static int set_many(struct dcb_plan *plan, size_t count, struct dcb_error *err)
{
    struct dcb_spec baseline = make_spec("stdlib", "/i/stdlib.py");
    struct dcb_spec *candidates = dcb_xcalloc(count, sizeof *candidates);
    size_t dropped;
    int rc;

    for (size_t i = 0; i < count; i++) {
        char name[32];

        snprintf(name, sizeof name, "impl-%zu", i);
        candidates[i] = make_spec(name, name);
    }
    rc = dcb_plan_set_arms(plan, &baseline, candidates, count, &dropped, err);
    free(candidates);
    return rc;
}

/* The samples have room for DCB_ARMS_MAX arms, baseline and control included. */
static void as_many_arms_as_samples_have(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_plan plan = {.arms = NULL};

    (void)state;
    assert_int_equal(set_many(&plan, DCB_ARMS_MAX - 2, &err), 0);
    assert_int_equal(plan.arm_count, DCB_ARMS_MAX);
    dcb_plan_clear(&plan);
    assert_int_equal(set_many(&plan, DCB_ARMS_MAX - 1, &err), -1);
    assert_error(&err, DCB_ERROR_USAGE, "more than 62 implementations");
    dcb_plan_clear(&plan);
}

static void workloads_are_added(void **state)
{
    struct dcb_spec specs[] = {make_spec("memo", "/w/memo.py"),
                               make_spec("reduce", "/w/reduce.py"),
                               make_spec("memo", "/w/memo.py")};
    struct dcb_spec other = make_spec("memo", "/home/me/memo.py");
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_plan plan = {.arms = NULL};

    (void)state;
    for (size_t i = 0; i < COUNT(specs); i++) {
        assert_int_equal(dcb_plan_add_workload(&plan, &specs[i], &err), 0);
        assert_null(specs[i].label);
    }
    assert_int_equal(plan.workload_count, 2);
    assert_string_equal(plan.workloads[0].path, "/w/memo.py");
    assert_string_equal(plan.workloads[1].label, "reduce");
    assert_int_equal(dcb_plan_add_workload(&plan, &other, &err), -1);
    assert_error(&err, DCB_ERROR_USAGE,
                 "two workloads are called 'memo'; name one as LABEL=SPEC");
    assert_null(other.label);
    assert_int_equal(plan.workload_count, 2);
    dcb_plan_clear(&plan);
}

static void rows_and_events(void **state)
{
    const struct dcb_event hardware = {.name = "cycles", .config = 7};
    const struct dcb_event software = {.name = "page-faults", .software = true};
    struct dcb_plan plan = {.arms = NULL};
    struct dcb_plan_row *row;

    (void)state;
    row = dcb_plan_add_row(&plan, "time-elapsed", DCB_KIND_WALL, DCB_PROVIDER_KERNEL);
    assert_ptr_equal(row, &plan.rows[0]);
    dcb_plan_add_event(&plan, &hardware);
    dcb_plan_add_event(&plan, &software);
    row = dcb_plan_add_row(&plan, "LLC-loads", DCB_KIND_NONE, DCB_PROVIDER_NONE);
    snprintf(row->reason, sizeof row->reason, "no PMU");

    assert_int_equal(plan.row_count, 4);
    assert_int_equal(plan.event_count, 2);
    assert_string_equal(plan.rows[0].name, "time-elapsed");
    assert_int_equal(plan.rows[0].kind, DCB_KIND_WALL);
    assert_int_equal(plan.rows[0].provider, DCB_PROVIDER_KERNEL);
    assert_string_equal(plan.rows[0].reason, "");
    assert_string_equal(plan.rows[1].name, "cycles");
    assert_int_equal(plan.rows[1].kind, DCB_KIND_EVENT);
    assert_int_equal(plan.rows[1].event, 0);
    assert_int_equal(plan.rows[1].provider, DCB_PROVIDER_HARDWARE);
    assert_int_equal(plan.rows[2].event, 1);
    assert_int_equal(plan.rows[2].provider, DCB_PROVIDER_KERNEL);
    assert_string_equal(plan.rows[3].reason, "no PMU");
    assert_true(plan.events[0].config == 7);
    assert_true(plan.events[1].software);
    dcb_plan_clear(&plan);
}

static void clear_takes_everything(void **state)
{
    struct dcb_spec workload = make_spec("memo", "/w/memo.py");
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_plan plan = {
        .worker = dcb_xstrdup("worker"),
        .python_version = dcb_xstrdup("3.11"),
        .support = dcb_xstrdup("support"),
        .venv = dcb_xstrdup("venv"),
        .python_path = dcb_xcalloc(2, sizeof(char *)),
        .python_path_count = 2,
        .seed = 5,
        .gc = true,
    };

    (void)state;
    plan.python_path[0] = dcb_xstrdup("/a");
    plan.python_path[1] = dcb_xstrdup("/b");
    assert_int_equal(set_many(&plan, 2, &err), 0);
    assert_int_equal(dcb_plan_add_workload(&plan, &workload, &err), 0);
    dcb_plan_add_event(&plan, &(struct dcb_event){.name = "cycles"});
    dcb_plan_clear(&plan);
    assert_null(plan.worker);
    assert_null(plan.python_path);
    assert_int_equal(plan.python_path_count, 0);
    assert_int_equal(plan.row_count, 0);
    assert_int_equal(plan.event_count, 0);
    assert_int_equal(plan.workload_count, 0);
    dcb_plan_clear(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arms_are_baseline_control_candidates),
        cmocka_unit_test(baseline_is_no_candidate),
        cmocka_unit_test(named_twice_is_there_once),
        cmocka_unit_test(two_arms_with_one_label),
        cmocka_unit_test(baseline_label_for_another_source),
        cmocka_unit_test(as_many_arms_as_samples_have),
        cmocka_unit_test(workloads_are_added),
        cmocka_unit_test(rows_and_events),
        cmocka_unit_test(clear_takes_everything),
    };

    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
