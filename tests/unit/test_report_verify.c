/* Verifications made up by hand, and what is said of them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "ci.h"
#include "json_verify.h"
#include "plan.h"
#include "report_verify.h"
#include "strbuf.h"
#include "utf8.h"
#include "verify.h"
#include "verify_remarks.h"
#include "unit.h"

enum { FINDINGS = 64 };

/* Two implementations with room for findings. Nothing in it is owned. */
struct told {
    struct dcb_spec specs[2];
    struct dcb_verify_request request;
    struct dcb_verify_impl impls[2];
    struct dcb_verify_finding findings[2][FINDINGS];
    struct dcb_verification verification;
};

/* Texts of a finding are char *, and these are never freed. */
static char *text(const char *constant)
{
    return (char *)(uintptr_t)constant;
}

static void make(struct told *told)
{
    *told = (struct told){
        .specs = {{.label = text("good"), .builtin = true, .path = text("/i/good.py")},
                  {.label = text("other"), .path = text("/x/other.py")}},
        .request = {.impls = told->specs,
                    .impl_count = 2,
                    .batteries = {true, true, true},
                    .graphs = 1000,
                    .seed = 7},
    };
    told->verification = (struct dcb_verification){
        .request = &told->request,
        .impls = told->impls,
        .impl_count = 2,
        .python = {.version = text("3.11.2"), .implementation = text("cpython")},
        .elapsed_s = 12,
    };
    for (size_t i = 0; i < 2; i++) {
        struct dcb_verify_impl *impl = &told->impls[i];

        impl->spec = &told->specs[i];
        impl->findings = told->findings[i];
        impl->elapsed_s = 6;
        impl->batteries[DCB_BATTERY_SUITE] =
            (struct dcb_verify_battery){.asked = true, .cases = 76, .passed = 76};
        impl->batteries[DCB_BATTERY_CASES] =
            (struct dcb_verify_battery){.asked = true, .cases = 300, .passed = 300};
        impl->batteries[DCB_BATTERY_GRAPHS] =
            (struct dcb_verify_battery){.asked = true, .cases = 1000, .passed = 1000};
    }
}

/* Adds the finding and moves its case from those that passed to where it belongs. */
static struct dcb_verify_finding *add(struct told *told, size_t impl,
                                      enum dcb_battery battery,
                                      enum dcb_case_outcome outcome, const char *name)
{
    struct dcb_verify_impl *to = &told->impls[impl];
    struct dcb_verify_battery *sums = &to->batteries[battery];
    struct dcb_verify_finding *finding = &to->findings[to->finding_count];

    assert_true(to->finding_count < FINDINGS);
    *finding = (struct dcb_verify_finding){.battery = battery,
                                           .outcome = outcome,
                                           .number = to->finding_count++,
                                           .name = text(name)};
    sums->passed -= outcome != DCB_CASE_PASSED;
    sums->wrong += dcb_case_outcome_is_wrong(outcome);
    sums->deviating += outcome == DCB_CASE_DEVIATES;
    sums->skipped += outcome == DCB_CASE_SKIPPED;
    return finding;
}

static void fail_case(struct told *told, const char *name, const char *expected,
                      const char *got)
{
    struct dcb_verify_finding *finding =
        add(told, 1, DCB_BATTERY_CASES, DCB_CASE_FAILED, name);

    finding->expected = text(expected);
    finding->got = text(got);
}

static char *report(const struct told *told, int verbosity)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_report_verify(&told->verification, verbosity, false, &out);
    return dcb_strbuf_take(&out);
}

static void assert_line(const char *whole, const char *line)
{
    struct dcb_strbuf framed = DCB_STRBUF_INIT;

    dcb_strbuf_appendf(&framed, "\n%s", whole);
    check_contains(framed.text, line, __FILE__, __LINE__);
    dcb_strbuf_clear(&framed);
}

static void assert_lacks(const char *whole, const char *part)
{
    if (strstr(whole, part))
        fail_msg("\"%s\" is in \"%s\"", part, whole);
}

static void assert_fits(char *whole)
{
    char *rest = NULL;

    for (char *line = strtok_r(whole, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        if (dcb_utf8_width(line) > 80 && !strstr(line, " expression: "))
            fail_msg("too long for a terminal: '%s'", line);
    }
}

static enum dcb_ci_outcome outcome_of(const struct told *told, const char *rule,
                                      const char **ret_message, struct dcb_ci *ci)
{
    *ci = (struct dcb_ci)DCB_CI_INIT;
    dcb_report_verify_ci(&told->verification, ci);
    for (size_t i = 0; i < ci->count; i++) {
        if (strcmp(ci->findings[i].impl, "other") == 0 &&
            strcmp(ci->findings[i].rule, rule) == 0) {
            *ret_message = ci->findings[i].message;
            return ci->findings[i].outcome;
        }
    }
    fail_msg("no check %s", rule);
    return DCB_CI_ERROR;
}

static void assert_check(const struct told *told, const char *rule,
                         enum dcb_ci_outcome outcome, const char *part)
{
    const char *message = NULL;
    struct dcb_ci ci;

    assert_int_equal(outcome_of(told, rule, &message, &ci), outcome);
    assert_contains(message, part);
    dcb_ci_clear(&ci);
}

/* ---- tests ---- */

static void what_is_right_takes_a_row(void **state)
{
    struct told told;
    char *page;

    (void)state;
    make(&told);
    page = report(&told, 0);
    assert_line(page,
                "\ndcbench " DCB_VERSION ": is it a deepcopy? CPython 3.11.2; 12 s\n"
                "batteries: suite, cases, graphs (1,000 of seed 7)\n\n");
    assert_line(page,
                "\n  good            correct  76 of 76  300 of 300  1,000 of 1,000\n");
    assert_lacks(page, "wrong");
    assert_lacks(page, "note:");
    assert_fits(page);
    free(page);
    page = report(&told, -1);
    assert_lacks(page, "batteries:");
    assert_lacks(page, "N of M");
    free(page);
    assert_check(&told, "graphs", DCB_CI_PASSED, "1000 of 1000 right");
}

static void a_failure_says_what_was_expected_and_what_came(void **state)
{
    struct told told;
    struct dcb_verify_finding *graph;
    char *page;

    (void)state;
    make(&told);
    fail_case(&told, "reduce_none", "PicklingError", "a copy");
    graph = add(&told, 1, DCB_BATTERY_GRAPHS, DCB_CASE_FAILED, "graph 17");
    graph->expected = text("a list of its own");
    graph->got = text("the original's");
    graph->expression = text("[[]]");
    page = report(&told, 0);
    assert_line(page,
                "\n  other           wrong    76 of 76  299 of 300    999 of 1,000\n");
    assert_line(page, "\nother: 2 of 1,376 wrong\n"
                      "  cases reduce_none: expected PicklingError, got a copy\n"
                      "  graph 17: expected a list of its own, got the original's\n"
                      "    expression: [[]]\n");
    assert_lacks(page, "\ngood:");
    assert_fits(page);
    free(page);
    assert_check(&told, "cases", DCB_CI_FAILED,
                 "other is no correct deepcopy: 1 of 300 cases: reduce_none");
    assert_check(&told, "suite", DCB_CI_PASSED, "76 of 76");
}

static void how_a_worker_ended_is_told(void **state)
{
    struct told told;
    char *page;

    (void)state;
    make(&told);
    add(&told, 1, DCB_BATTERY_CASES, DCB_CASE_DIED, "weakref")->got =
        text("killed by SIGSEGV");
    add(&told, 1, DCB_BATTERY_CASES, DCB_CASE_HUNG, "cycle");
    told.impls[1].batteries[DCB_BATTERY_CASES].passed -= 40;
    told.impls[1].batteries[DCB_BATTERY_CASES].unasked = 40;
    page = report(&told, 0);
    assert_line(page, "\n  cases weakref: died: killed by SIGSEGV\n");
    assert_line(page, "\n  cases cycle: hung\n");
    assert_line(page, "\n  cases: 40 not asked: too many workers had ended before\n");
    free(page);
    told.verification.stopped = true;
    page = report(&told, 0);
    assert_line(page, "\n  cases: 40 not asked: interrupted\n");
    free(page);
}

static void ten_failures_are_shown_and_all_with_v(void **state)
{
    static char names[25][16];
    struct told told;
    char *page;

    (void)state;
    make(&told);
    for (int i = 0; i < 25; i++) {
        snprintf(names[i], sizeof names[i], "case_%d", i);
        fail_case(&told, names[i], names[i], "that");
    }
    page = report(&told, 0);
    assert_contains(page, "case_9:");
    assert_lacks(page, "case_10:");
    assert_line(page, "\n  and 15 more of cases (-v shows all)\n");
    free(page);
    page = report(&told, 1);
    assert_contains(page, "case_24:");
    assert_lacks(page, "more of");
    free(page);
    assert_check(&told, "cases", DCB_CI_FAILED, "case_0, case_1, case_2 and 22 more");
}

static void what_went_the_same_way_is_said_once(void **state)
{
    static const char *const expressions[] = {"[[[]]]", "[[]]", "[[]]", "[[]]"};
    static char names[4][16];
    struct told told;
    char *page;

    (void)state;
    make(&told);
    fail_case(&told, "of_int", "a copy", "the original");
    fail_case(&told, "of_bool", "another copy", "the original");
    fail_case(&told, "of_str", "a copy", "the original");
    for (int i = 0; i < 4; i++) {
        struct dcb_verify_finding *finding;

        snprintf(names[i], sizeof names[i], "graph %d", i);
        finding = add(&told, 1, DCB_BATTERY_GRAPHS, DCB_CASE_FAILED, names[i]);
        finding->expression = text(expressions[i]);
        finding->got = text("x[0] shared");
    }
    add(&told, 1, DCB_BATTERY_SUITE, DCB_CASE_FAILED, "test_x")->got = text("1 != 2");
    told.findings[1][told.impls[1].finding_count - 1].expected = text("the test to pass");
    page = report(&told, 0);
    assert_line(page, "\nother: 8 of 1,376 wrong\n"
                      "  suite test_x: 1 != 2\n"
                      "  cases of_int, of_str: expected a copy, got the original\n"
                      "  cases of_bool: expected another copy, got the original\n"
                      "  graph 1 and 2 more: x[0] shared\n"
                      "    expression: [[]]\n"
                      "  graph 0: x[0] shared\n"
                      "    expression: [[[]]]\n");
    free(page);
    page = report(&told, 1);
    assert_line(page, "\n  graph 1, graph 2, graph 3: x[0] shared\n");
    free(page);
}

static void long_parts_are_cut_unless_all_is_asked_for(void **state)
{
    char expected[400], *page;
    struct told told;

    (void)state;
    make(&told);
    memset(expected, 'e', sizeof expected);
    for (size_t i = 9; i < sizeof expected; i += 10)
        expected[i] = ' ';
    expected[sizeof expected - 1] = '\0';
    fail_case(&told, "long", expected, "short");
    page = report(&told, 0);
    assert_true(strlen(page) < 1200);
    assert_contains(page, "..");
    assert_fits(page);
    free(page);
    page = report(&told, 1);
    assert_lacks(page, "..");
    assert_contains(page, ", got\n    short\n");
    free(page);
}

static void what_cannot_be_asked_is_no_success(void **state)
{
    struct told told;
    char *page;

    (void)state;
    make(&told);
    for (int i = 0; i < DCB_BATTERY_COUNT; i++)
        told.impls[1].batteries[i] = (struct dcb_verify_battery){.asked = true};
    page = report(&told, 0);
    assert_line(page,
                "\n  other           unknown         -           -               -\n");
    assert_line(page, "\nother: not known\n  suite, cases, graphs: not begun\n");
    free(page);
    assert_check(&told, "suite", DCB_CI_UNDECIDED, "not begun");
    told.impls[1].failure = text("ImportError: no module named x");
    page = report(&told, 0);
    assert_line(page, "\nother: not known\n  ImportError: no module named x\n");
    assert_lacks(page, "not begun");
    free(page);
    assert_check(&told, "load", DCB_CI_ERROR, "ImportError: no module named x");
}

static void a_missing_battery_is_told_with_its_package(void **state)
{
    static char why[] = "no module test.test_copy: install libpython3.11-testsuite";
    struct told told;
    char *page;

    (void)state;
    make(&told);
    for (size_t i = 0; i < 2; i++)
        told.impls[i].batteries[DCB_BATTERY_SUITE] =
            (struct dcb_verify_battery){.asked = true, .missing = why};
    page = report(&told, 0);
    assert_line(page, "\n  good            correct  missing  300 of 300");
    assert_contains(page, "note: the battery suite was not run: no module "
                          "test.test_copy: install\n    libpython3.11-testsuite\n");
    assert_null(strstr(strstr(page, "testsuite") + 1, "testsuite"));
    assert_fits(page);
    free(page);
    assert_check(&told, "suite", DCB_CI_SKIPPED, "libpython3.11-testsuite");

    told.request.batteries[DCB_BATTERY_CASES] = false;
    told.request.batteries[DCB_BATTERY_GRAPHS] = false;
    for (size_t i = 0; i < 2; i++) {
        told.impls[i].batteries[DCB_BATTERY_CASES] = (struct dcb_verify_battery){0};
        told.impls[i].batteries[DCB_BATTERY_GRAPHS] = (struct dcb_verify_battery){0};
    }
    assert_check(&told, "suite", DCB_CI_ERROR, "libpython3.11-testsuite");
}

static void accepted_deviations_stand_under_their_version(void **state)
{
    struct told told;
    char *page;

    (void)state;
    make(&told);
    for (size_t i = 0; i < 2; i++) {
        struct dcb_verify_finding *finding =
            add(&told, i, DCB_BATTERY_CASES, DCB_CASE_DEVIATES, "atomic_in_memo");

        finding->expected = text("the memo's");
        finding->got = text("the object");
        finding->version = text("3.14");
    }
    add(&told, 1, DCB_BATTERY_SUITE, DCB_CASE_DEVIATES, "older")->version = text("3.9");
    page = report(&told, 0);
    assert_line(page, "\n  good            correct  76 of 76  300 of 300");
    assert_line(page, "\naccepted deviations, as of CPython 3.9\n  suite older: accepted "
                      "deviation (other)\n");
    assert_line(page,
                "\naccepted deviations, as of CPython 3.14\n  cases atomic_in_memo: "
                "expected the memo's, got the object\n");
    assert_true(strstr(page, "3.9\n") < strstr(page, "3.14\n"));
    free(page);
    page = report(&told, -1);
    assert_lacks(page, "deviation");
    free(page);
}

static void what_the_standard_deepcopy_did_is_told(void **state)
{
    struct told told;
    char *page;

    (void)state;
    make(&told);
    for (size_t i = 0; i < 2; i++)
        add(&told, i, DCB_BATTERY_CASES, DCB_CASE_PASSED, "own_deepcopy")->standard =
            true;
    add(&told, 1, DCB_BATTERY_SUITE, DCB_CASE_SKIPPED, "uncopyable")->got =
        text("only from 3.13 on");
    page = report(&told, 0);
    assert_contains(page, "note: in 1 case a method of the objects calls copy.deepcopy "
                          "itself");
    assert_contains(page, "note: 1 case cannot be asked of this interpreter (-v names");
    assert_lacks(page, "own_deepcopy");
    assert_line(page, "\n  other           correct  75 of 75");
    assert_fits(page);
    free(page);
    page = report(&told, 1);
    assert_line(page, "\n  cases own_deepcopy\n");
    assert_line(page, "\n  suite uncopyable: only from 3.13 on (other)\n");
    free(page);
}

static void text_of_workers_stays_text(void **state)
{
    static const char evil[] = "a\x1b[2J\n::error::x|`<b>\xff";
    struct told told;
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    (void)state;
    make(&told);
    told.specs[1].label = text("o|t\x1b[1m");
    fail_case(&told, evil, evil, evil);
    told.findings[1][0].expression = text(evil);
    told.impls[1].failure = text(evil);
    for (int verbosity = -1; verbosity <= 1; verbosity++) {
        dcb_report_verify(&told.verification, verbosity, false, &out);
        dcb_report_verify_markdown(&told.verification, verbosity, &out);
    }
    dcb_report_verify_csv(&told.verification, &out);
    assert_true(dcb_utf8_valid(out.text));
    assert_null(strchr(out.text, '\x1b'));
    assert_null(strstr(out.text, "\n::error"));
    dcb_strbuf_clear(&out);
    dcb_report_verify_markdown(&told.verification, 0, &out);
    assert_lacks(out.text, "<b>");
    assert_contains(out.text, "\\<b\\>");
    dcb_strbuf_clear(&out);
}

static void csv_has_sums_and_findings(void **state)
{
    struct told told;
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    (void)state;
    make(&told);
    fail_case(&told, "reduce_none", "an error, of \"copy\"", "a copy");
    dcb_report_verify_csv(&told.verification, &out);
    assert_line(out.text, "\nimplementation,battery,case,outcome,cases,passed,wrong,"
                          "deviating,skipped,unasked,standard,expected,got,expression,"
                          "version\n"
                          "good,suite,,correct,76,76,0,0,0,0,0,,,,\n");
    assert_line(out.text, "\nother,cases,,wrong,300,299,1,0,0,0,0,,,,\n"
                          "other,cases,reduce_none,failed,,,,,,,0,\"an error, of "
                          "\"\"copy\"\"\",a copy,,\n"
                          "other,graphs,,correct,1000,1000,0,0,0,0,0,,,,\n");
    dcb_strbuf_clear(&out);
}

static void json_has_all_of_it(void **state)
{
    struct told told;
    struct dcb_plan plan = {.timeout_s = 10};
    struct dcb_sysinfo system = {.cpu = "A CPU", .date = "2026-01-31T12:00:00Z"};
    char *json;

    (void)state;
    make(&told);
    told.impls[0].source = (struct dcb_source){.sha256 = text("0a1b")};
    fail_case(&told, "reduce_none", NULL, "a \"copy\"\x1b");
    told.impls[1].batteries[DCB_BATTERY_GRAPHS] =
        (struct dcb_verify_battery){.asked = true, .missing = text("no random")};
    json = dcb_json_verify(&told.verification, &plan, &system, 2);
    assert_contains(json, "{\"schema\":\"dcbench-result/1\",\"kind\":\"verify\"");
    assert_contains(json, "\"sha256\":\"0a1b\"");
    assert_contains(json, "\"batteries\":[\"suite\",\"cases\",\"graphs\"],"
                          "\"graphs\":1000,\"seed\":7,\"timeout_s\":10");
    assert_contains(json,
                    "{\"battery\":\"graphs\",\"missing\":\"no random\",\"cases\":null");
    assert_contains(json, "{\"battery\":\"cases\",\"case\":\"reduce_none\",\"number\":0,"
                          "\"outcome\":\"failed\",\"expected\":null,"
                          "\"got\":\"a \\\"copy\\\"?\"");
    assert_contains(json, "\"interrupted\":2}\n");
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_right_takes_a_row),
        cmocka_unit_test(a_failure_says_what_was_expected_and_what_came),
        cmocka_unit_test(how_a_worker_ended_is_told),
        cmocka_unit_test(ten_failures_are_shown_and_all_with_v),
        cmocka_unit_test(what_went_the_same_way_is_said_once),
        cmocka_unit_test(long_parts_are_cut_unless_all_is_asked_for),
        cmocka_unit_test(what_cannot_be_asked_is_no_success),
        cmocka_unit_test(a_missing_battery_is_told_with_its_package),
        cmocka_unit_test(accepted_deviations_stand_under_their_version),
        cmocka_unit_test(what_the_standard_deepcopy_did_is_told),
        cmocka_unit_test(text_of_workers_stays_text),
        cmocka_unit_test(csv_has_sums_and_findings),
        cmocka_unit_test(json_has_all_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
