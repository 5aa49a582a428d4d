#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "unit.h"

static const char *const impls[] = {"merged"};
static const char *const inputs[] = {"memo", "reduce"};

static void notes_are_kept_once(void **state)
{
    struct dcb_result result = {.plan = NULL};

    (void)state;
    dcb_result_note(&result, "%s: %d %%", "memo", 5);
    dcb_result_note(&result, "another");
    dcb_result_note(&result, "memo: 5 %%");
    assert_int_equal(result.note_count, 2);
    assert_string_equal(result.notes[0], "memo: 5 %");
    assert_string_equal(result.notes[1], "another");
    dcb_result_clear(&result);
    assert_int_equal(result.note_count, 0);
}

static void rows_counted_anywhere_count(void **state)
{
    struct made made;

    (void)state;
    make_result(&made, impls, 1, inputs, 2);
    assert_true(dcb_result_row_counted(&made.result, 0));
    assert_false(dcb_result_row_counted(&made.result, 1));
    made.result.workloads[1].cells[2].counters[1].value = 0; /* counted: none */
    assert_true(dcb_result_row_counted(&made.result, 1));
    unmake_result(&made);
}

static void cells_without_counters_are_fine(void **state)
{
    struct made made;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    for (size_t i = 0; i < 3; i++) {
        free(made.result.workloads[0].cells[i].counters);
        made.result.workloads[0].cells[i].counters = NULL;
    }
    assert_false(dcb_result_row_counted(&made.result, 0));
    unmake_result(&made);
}

static void clear_takes_everything(void **state)
{
    struct dcb_result empty = {.plan = NULL};
    struct made made;

    (void)state;
    make_result(&made, impls, 1, inputs, 2);
    made.result.workloads[0].failure = dcb_xstrdup("why");
    made.result.workloads[0].workers[1].trouble = dcb_xstrdup("killed");
    made.result.python.build = dcb_xstrdup("b");
    made.result.python.compiler = dcb_xstrdup("c");
    made.result.python.copy_path = dcb_xstrdup("p");
    made.result.python.copy_sha256 = dcb_xstrdup("s");
    dcb_result_note(&made.result, "note");
    unmake_result(&made);
    assert_null(made.result.workloads);
    assert_null(made.result.plan);
    dcb_result_clear(&made.result);
    dcb_result_clear(&empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_are_kept_once),
        cmocka_unit_test(rows_counted_anywhere_count),
        cmocka_unit_test(cells_without_counters_are_fine),
        cmocka_unit_test(clear_takes_everything),
    };

    return cmocka_run_group_tests_name("result", tests, NULL, NULL);
}
