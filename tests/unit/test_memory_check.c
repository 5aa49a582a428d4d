/* Results of `dcbench memory` read back, and compared with figures made up by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ci.h"
#include "document.h"
#include "error.h"
#include "json_memory.h"
#include "json_memory_check.h"
#include "json_document_memory.h"
#include "memory_check.h"
#include "plan.h"
#include "strbuf.h"
#include "sysinfo.h"
#include "unit.h"
#include "xalloc.h"

enum { IMPLS = 2 };

/* One workload, a baseline and a candidate. Nothing in it is owned. */
struct told {
    struct dcb_spec impls[IMPLS], workloads[1];
    struct dcb_source impl_sources[IMPLS], workload_sources[1];
    struct dcb_memory_request request;
    struct dcb_memory_pair pairs[IMPLS];
    struct dcb_memory_point points[IMPLS][2];
    struct dcb_memory memory;
};

static char *text(const char *constant)
{
    return (char *)(uintptr_t)constant;
}

static void set_peak(struct told *told, size_t impl, int64_t peak)
{
    struct dcb_memory_cell *cell = &told->pairs[impl].cells[DCB_MEMO_DICT];

    *cell =
        (struct dcb_memory_cell){.memo = DCB_MEMO_DICT, .asked = true, .iterations = 5};
    for (int i = 0; i < DCB_LAYER_COUNT; i++) {
        if (i == DCB_LAYER_NATIVE)
            continue;
        cell->values[i][DCB_FIGURE_PEAK] = (struct dcb_memory_value){peak, peak, peak};
        cell->values[i][DCB_FIGURE_NET] = (struct dcb_memory_value){64, 64, 64};
    }
}

static void make(struct told *told)
{
    *told = (struct told){
        .impls = {{.label = text("stdlib"),
                   .kind = DCB_SPEC_FILE,
                   .builtin = true,
                   .path = text("/i/stdlib.py")},
                  {.label = text("new"), .kind = DCB_SPEC_FILE, .path = text("/x/n.py")}},
        .workloads = {{.label = text("small"),
                       .kind = DCB_SPEC_FILE,
                       .path = text("/x/small.py")}},
        .workload_sources = {{.path = text("/x/small.py"), .sha256 = text("5ad1")}},
    };
    told->request = (struct dcb_memory_request){.impls = told->impls,
                                                .impl_count = IMPLS,
                                                .workloads = told->workloads,
                                                .workload_count = 1,
                                                .memos = {[DCB_MEMO_DICT] = true},
                                                .iterations = 5,
                                                .seed = 1};
    told->memory = (struct dcb_memory){.request = &told->request,
                                       .pairs = told->pairs,
                                       .pair_count = IMPLS,
                                       .native = true,
                                       .impl_sources = told->impl_sources,
                                       .workload_sources = told->workload_sources,
                                       .python = {.version = text("3.11.2"),
                                                  .build = text("3.11.2 (main)"),
                                                  .implementation = text("cpython")}};
    for (size_t i = 0; i < IMPLS; i++) {
        told->pairs[i].impl = i;
        set_peak(told, i, i ? 1000 : 500);
    }
}

static void look_for_leaks(struct told *told, int64_t lost)
{
    told->request.leak_iterations = 1000;
    for (size_t i = 0; i < IMPLS; i++) {
        struct dcb_memory_point *last = &told->points[i][1];

        last->iterations = 1000;
        last->blocks[DCB_LAYER_BOTH] = i ? lost / 64 : 0;
        last->bytes[DCB_LAYER_BOTH] = i ? lost : 0;
        told->pairs[i].leaks = (struct dcb_memory_leaks){
            .asked = true, .points = told->points[i], .point_count = 2};
    }
}

static char *write_json(const struct told *told)
{
    struct dcb_plan plan = {.timeout_s = 10};
    struct dcb_sysinfo system = {.date = "2026-11-21T08:08:42Z", .cpus = 2};

    return dcb_json_memory(&told->memory,
                           &(struct dcb_json_memory_frame){
                               .plan = &plan, .system = &system, .margin = (double)NAN});
}

static struct dcb_memory_then *read_back(const struct told *told)
{
    struct dcb_error err = DCB_ERROR_INIT;
    char *json = write_json(told);
    struct dcb_memory_then *then;

    assert_true(dcb_json_is_memory(json, strlen(json)));
    then = dcb_json_document_memory("m.json", json, strlen(json), &err);
    if (!then)
        fail_msg("%s", err.text);
    free(json);
    return then;
}

/* The outcome of the candidate's last row. */
static enum dcb_memory_outcome outcome(const struct told *then, const struct told *now,
                                       double margin, double *ret_change)
{
    struct dcb_memory_then *file = read_back(then);
    struct dcb_memory_check check;
    enum dcb_memory_outcome found;

    dcb_memory_check_make(file, &now->memory, margin, &check);
    assert_true(check.row_count > 0);
    assert_string_equal(check.rows[check.row_count - 1].impl, "new");
    found = check.rows[check.row_count - 1].outcome;
    if (ret_change)
        *ret_change = check.rows[check.row_count - 1].figures[0].change;
    dcb_memory_check_clear(&check);
    dcb_memory_then_free(file);
    return found;
}

static void test_same_interpreter_compares_figures(void **state)
{
    struct told then, now;
    double change;

    (void)state;
    make(&then);
    make(&now);
    assert_int_equal(outcome(&then, &now, NAN, &change), DCB_MEMORY_PASS);
    assert_true(change == 0);
    set_peak(&now, 1, 1100);
    assert_int_equal(outcome(&then, &now, NAN, &change), DCB_MEMORY_PASS);
    set_peak(&now, 1, 1101);
    assert_int_equal(outcome(&then, &now, NAN, &change), DCB_MEMORY_REGRESSION);
    assert_true(fabs(change - 0.101) < 1e-9);
    assert_int_equal(outcome(&then, &now, 0.2, NULL), DCB_MEMORY_PASS);
    set_peak(&now, 1, 1001);
    assert_int_equal(outcome(&then, &now, 0, NULL), DCB_MEMORY_REGRESSION);
    /* The baseline's growth is no excuse. */
    set_peak(&now, 0, 5000);
    assert_int_equal(outcome(&then, &now, 0, NULL), DCB_MEMORY_REGRESSION);
    set_peak(&now, 1, 10);
    assert_int_equal(outcome(&then, &now, 0, NULL), DCB_MEMORY_PASS);
}

static void test_other_interpreter_compares_ratios(void **state)
{
    struct told then, now;
    double change;

    (void)state;
    make(&then);
    make(&now);
    now.memory.python.version = text("3.12.1");
    set_peak(&now, 0, 1000);
    set_peak(&now, 1, 2000);
    assert_int_equal(outcome(&then, &now, NAN, &change), DCB_MEMORY_PASS);
    assert_true(fabs(change) < 1e-9);
    set_peak(&now, 1, 2400);
    assert_int_equal(outcome(&then, &now, NAN, &change), DCB_MEMORY_REGRESSION);
    assert_true(fabs(change - 0.2) < 1e-9);
    set_peak(&now, 0, 0);
    assert_int_equal(outcome(&then, &now, NAN, NULL), DCB_MEMORY_NOT_COMPARED);
    /* The same version, built otherwise. */
    make(&now);
    now.memory.python.build = text("3.11.2 (other)");
    set_peak(&now, 0, 250);
    assert_int_equal(outcome(&then, &now, NAN, NULL), DCB_MEMORY_REGRESSION);
}

static void test_what_has_no_figure_is_told_apart(void **state)
{
    struct told then, now;
    struct dcb_memory_cell raised = {.memo = DCB_MEMO_DICT,
                                     .asked = true,
                                     .failure = DCB_FAILURE_RAISED,
                                     .message = text("TypeError: no")};

    (void)state;
    make(&then);
    make(&now);
    now.pairs[1].cells[DCB_MEMO_DICT] = raised;
    assert_int_equal(outcome(&then, &now, NAN, NULL), DCB_MEMORY_NOT_COUNTED);
    then.pairs[1].cells[DCB_MEMO_DICT] = raised;
    assert_int_equal(outcome(&then, &now, NAN, NULL), DCB_MEMORY_STILL_FAILS);
    make(&now);
    assert_int_equal(outcome(&then, &now, NAN, NULL), DCB_MEMORY_NOT_COMPARED);
    make(&then);
    now.workload_sources[0].sha256 = text("5ad2");
    assert_int_equal(outcome(&then, &now, NAN, NULL), DCB_MEMORY_NOT_COMPARED);
}

static void test_new_leaks_are_regressions(void **state)
{
    struct told then, now;

    (void)state;
    make(&then);
    make(&now);
    look_for_leaks(&then, 0);
    look_for_leaks(&now, 0);
    assert_int_equal(outcome(&then, &now, NAN, NULL), DCB_MEMORY_PASS);
    look_for_leaks(&now, 64);
    assert_int_equal(outcome(&then, &now, NAN, NULL), DCB_MEMORY_REGRESSION);
    look_for_leaks(&then, 64);
    assert_int_equal(outcome(&then, &now, NAN, NULL), DCB_MEMORY_STILL_FAILS);
    now.pairs[1].leaks.point_count = 1;
    look_for_leaks(&then, 0);
    assert_int_equal(outcome(&then, &now, NAN, NULL), DCB_MEMORY_NOT_COUNTED);
}

static void test_findings_make_the_status(void **state)
{
    struct dcb_memory_then *file;
    struct dcb_memory_check check;
    struct dcb_ci ci = DCB_CI_INIT;
    struct told then, now;

    (void)state;
    make(&then);
    make(&now);
    file = read_back(&then);
    set_peak(&now, 1, 1200);
    dcb_memory_check_make(file, &now.memory, NAN, &check);
    dcb_memory_check_ci(&check, false, &ci);
    assert_int_equal(ci.count, 2);
    assert_int_equal(ci.findings[1].outcome, DCB_CI_FAILED);
    assert_string_equal(ci.findings[1].message,
                        "peak of new on small with memo dict: 1,200 B; it was 1,000 B "
                        "(+20.0 %; allowed: 10 %)");
    dcb_ci_clear(&ci);
    dcb_memory_check_ci(&check, true, &ci);
    assert_int_equal(dcb_ci_count(&ci, DCB_CI_FAILED), 0);
    dcb_ci_clear(&ci);
    dcb_memory_check_clear(&check);
    now.workload_sources[0].sha256 = text("5ad2");
    dcb_memory_check_make(file, &now.memory, NAN, &check);
    dcb_memory_check_ci(&check, false, &ci);
    assert_int_equal(dcb_ci_count(&ci, DCB_CI_ERROR), 1);
    dcb_ci_clear(&ci);
    dcb_memory_check_clear(&check);
    dcb_memory_then_free(file);
}

/* The file with one text in the place of another. */
static char *replace(const char *json, const char *old, const char *other)
{
    const char *place = strstr(json, old);

    assert_non_null(place);
    return dcb_xasprintf("%.*s%s%s", (int)(place - json), json, other,
                         place + strlen(old));
}

static void test_damaged_files_say_where(void **state)
{
    static const struct {
        const char *old, *other, *message;
    } damages[] = {
        {"\"value\":500", "\"value\":\"x\"",
         "m.json: cells[0].memos[0].layers.interpreter.peak.value: "},
        {"\"value\":500", "\"value\":0.5", "value: a whole number is wanted"},
        {"\"value\":500", "\"value\":1e300", ".value: "},
        {"\"low\":500", "\"low\":501", ".low: 501 is above the value, 500"},
        {"\"memo\":\"dict\"", "\"memo\":\"list\"",
         "plan.memos[0].memo: 'list' is no kind of memo"},
        {"\"workload\":\"small\"", "\"workload\":\"large\"",
         "cells[0].workload: 'large' is not in the plan"},
        {"\"impl\":\"new\"", "\"impl\":\"stdlib\"",
         "cells[1].impl: 'stdlib' is there a second time"},
        {"\"iterations\":5", "\"iterations\":-5", "plan.iterations: "},
        {"\"iterations\":5", "\"iterations\":4000000000", "plan.iterations: "},
        {"\"failure\":null", "\"failure\":\"bored\"", "failure: 'bored' is no failure"},
        {"\"failure\":null", "\"failure\":\"raised\"", "layers: are there"},
        {"\"margin\":0.1", "\"margin\":-1", "plan.memos[0].margin: "},
        {"\"kind\":\"memory\"", "\"kind\":\"memory\",\"mode\":\"trace\"",
         "m.json: mode: a result of --trace"},
    };
    struct told told;
    char *json;

    (void)state;
    make(&told);
    json = write_json(&told);
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        struct dcb_error err = DCB_ERROR_INIT;
        char *damaged = replace(json, damages[i].old, damages[i].other);

        assert_null(dcb_json_document_memory("m.json", damaged, strlen(damaged), &err));
        assert_int_equal(err.code, DCB_ERROR_SYSTEM);
        if (!strstr(err.text, damages[i].message))
            fail_msg("'%s' is not in '%s'", damages[i].message, err.text);
        free(damaged);
    }
    free(json);
}

static void test_other_files_are_none(void **state)
{
    static const char run[] = "{\"schema\":\"dcbench-result/1\",\"kind\":\"run\","
                              "\"label\":\"memory\"}",
                      broken[] = "{\"kind\":\"memory\"", list[] = "[\"memory\"]";
    struct dcb_error err = DCB_ERROR_INIT;
    struct told told;
    char *json;

    (void)state;
    assert_false(dcb_json_is_memory(run, strlen(run)));
    assert_false(dcb_json_is_memory(broken, strlen(broken)));
    assert_false(dcb_json_is_memory(list, strlen(list)));
    make(&told);
    memset(told.request.memos, 0, sizeof told.request.memos);
    for (size_t i = 0; i < IMPLS; i++)
        told.pairs[i].cells[DCB_MEMO_DICT].asked = false;
    json = write_json(&told);
    assert_null(dcb_json_document_memory("m.json", json, strlen(json), &err));
    assert_non_null(strstr(err.text, "a census alone has nothing to compare"));
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_interpreter_compares_figures),
        cmocka_unit_test(test_other_interpreter_compares_ratios),
        cmocka_unit_test(test_what_has_no_figure_is_told_apart),
        cmocka_unit_test(test_new_leaks_are_regressions),
        cmocka_unit_test(test_findings_make_the_status),
        cmocka_unit_test(test_damaged_files_say_where),
        cmocka_unit_test(test_other_files_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
