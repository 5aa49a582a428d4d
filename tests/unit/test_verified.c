#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "unit.h"
#include "verified.h"
#include "verify.h"

/* For members that are owned elsewhere. */
#define TEXT(text) ((char[]){text})

/* ---- what is kept ---- */

static void first_failure_is_kept(void **state)
{
    struct dcb_verify_finding findings[] = {
        {.battery = DCB_BATTERY_CASES, .outcome = DCB_CASE_DEVIATES, .name = TEXT("one")},
        {.battery = DCB_BATTERY_CASES, .outcome = DCB_CASE_PASSED, .name = TEXT("two")},
        {.battery = DCB_BATTERY_GRAPHS,
         .outcome = DCB_CASE_HUNG,
         .name = TEXT("graph 3"),
         .got = TEXT("did not come back")},
        {.battery = DCB_BATTERY_GRAPHS,
         .outcome = DCB_CASE_FAILED,
         .name = TEXT("graph 4")},
    };
    struct dcb_verify_impl impl = {
        .findings = findings,
        .finding_count = COUNT(findings),
        .batteries = {
            [DCB_BATTERY_CASES] =
                {.asked = true, .cases = 7, .passed = 5, .deviating = 1, .skipped = 1},
            [DCB_BATTERY_GRAPHS] = {
                .asked = true, .cases = 9, .passed = 3, .wrong = 2, .unasked = 4}}};
    struct dcb_verified verified = dcb_verified_of(&impl);

    (void)state;
    assert_true(verified.asked);
    assert_int_equal(verified.verdict, DCB_VERIFY_WRONG);
    assert_null(verified.reason);
    assert_true(verified.cases == 16 && verified.passed == 8 && verified.wrong == 2);
    assert_true(verified.deviating == 1 && verified.skipped == 1);
    assert_int_equal(verified.first.battery, DCB_BATTERY_GRAPHS);
    assert_string_equal(verified.first.name, "graph 3");
    assert_string_equal(verified.first.got, "did not come back");
    assert_null(verified.first.expected);
    dcb_verified_clear(&verified);
    assert_false(verified.asked);
}

static void nothing_known_has_its_reason(void **state)
{
    struct dcb_verify_impl impls[] = {
        {.failure = TEXT("ImportError: no"),
         .batteries = {[DCB_BATTERY_CASES] = {.asked = true}}},
        {.batteries = {[DCB_BATTERY_CASES] = {.asked = true,
                                              .missing = TEXT("not installed")}}},
        {.batteries = {[DCB_BATTERY_CASES] = {.asked = true}}},
        {.batteries = {[DCB_BATTERY_CASES] =
                           {.asked = true, .cases = 9, .passed = 5, .unasked = 4}}},
    };
    static const char *const reasons[] = {"ImportError: no", "not installed",
                                          "no case could be asked",
                                          "4 of 9 cases were not asked"};

    (void)state;
    for (size_t i = 0; i < COUNT(impls); i++) {
        struct dcb_verified verified = dcb_verified_of(&impls[i]);

        assert_int_equal(verified.verdict, DCB_VERIFY_UNKNOWN);
        assert_string_equal(verified.reason, reasons[i]);
        assert_null(verified.first.name);
        dcb_verified_clear(&verified);
    }
}

/* ---- in words ---- */

static void assert_sentence(const struct dcb_verified *verified,
                            const struct dcb_spec *spec, const char *path,
                            const char *expected)
{
    char *text = dcb_verified_sentence(verified, spec, path);

    assert_string_equal(text, expected);
    free(text);
}

static void command_to_see_more(void **state)
{
    const struct {
        struct dcb_spec spec;
        const char *path, *word;
    } cases[] = {
        {{.label = TEXT("memo-opt"), .builtin = true},
         "/s/impls/memo_opt.py",
         "memo-opt"},
        {{.label = TEXT("mine"), .builtin = true},
         "/s/impls/memo_opt.py",
         "mine=memo-opt"},
        {{.label = TEXT("bad"), .attr = TEXT("deepcopy")}, "/x/bad.py", "bad=/x/bad.py"},
        {{.label = TEXT("bad"), .attr = TEXT("other")},
         "/x/bad.py",
         "bad=/x/bad.py:other"},
        {{.label = TEXT("bad")}, "/a b/$x`y\"z.py", "\"bad=/a b/\\$x\\`y\\\"z.py\""},
        {{.label = TEXT("bad")}, NULL, "\"bad=?\""},
        {{.label = TEXT("m"),
          .kind = DCB_SPEC_MODULE,
          .module = TEXT("a.b"),
          .attr = TEXT("f")},
         "/lib/a/b.py",
         "m=a.b:f"},
    };
    struct dcb_verified verified = {
        .asked = true,
        .verdict = DCB_VERIFY_WRONG,
        .cases = 9,
        .passed = 4,
        .wrong = 1,
        .skipped = 1,
        .first = {.name = TEXT("case"), .got = TEXT("killed")}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *expected = dcb_xasprintf(
            "%s is not a correct deepcopy: 1 of 5 cases of verify fails: case: killed; "
            "see 'dcbench verify -i %s'",
            cases[i].spec.label, cases[i].word);

        assert_sentence(&verified, &cases[i].spec, cases[i].path, expected);
        free(expected);
    }
}

static void every_verdict_has_a_sentence(void **state)
{
    struct dcb_spec spec = {.label = TEXT("new"), .builtin = true};
    struct dcb_verified verified = {.asked = true, .passed = 5, .deviating = 2};

    (void)state;
    assert_sentence(&verified, &spec, NULL,
                    "new is a correct deepcopy in 7 cases of verify");
    verified.verdict = DCB_VERIFY_UNKNOWN;
    assert_sentence(&verified, &spec, NULL,
                    "whether new is a correct deepcopy is not known: no reason given");
    verified.reason = TEXT("why");
    assert_sentence(&verified, &spec, NULL,
                    "whether new is a correct deepcopy is not known: why");
}

static void long_texts_are_cut(void **state)
{
    struct dcb_spec spec = {.label = TEXT("new"), .builtin = true};
    char much[5000], *text;
    struct dcb_verified verified = {
        .asked = true,
        .verdict = DCB_VERIFY_WRONG,
        .wrong = 2,
        .first = {.name = much, .expected = much, .got = much}};

    (void)state;
    memset(much, 'x', sizeof much - 1);
    much[sizeof much - 1] = '\0';
    text = dcb_verified_sentence(&verified, &spec, NULL);
    assert_true(strlen(text) < 400);
    assert_contains(text, "2 of 2 cases of verify fail, the first: xxx");
    assert_contains(text, "x; see 'dcbench verify -i new'");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_failure_is_kept),
        cmocka_unit_test(nothing_known_has_its_reason),
        cmocka_unit_test(command_to_see_more),
        cmocka_unit_test(every_verdict_has_a_sentence),
        cmocka_unit_test(long_texts_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
