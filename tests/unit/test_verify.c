#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "job.h"
#include "unit.h"
#include "verify_private.h"

/* What workers tell of one implementation, step by step. */
struct story {
    struct dcb_verify_request request;
    struct dcb_verification verification;
    struct dcb_verify_impl *impl;
    struct dcb_verify_account account;
    struct dcb_error err;
};

static void begin(struct story *story, bool suite, bool cases, bool graphs)
{
    static const struct dcb_spec spec = {.kind = DCB_SPEC_FILE};

    *story = (struct story){
        .request = {.impls = &spec, .impl_count = 1, .batteries = {suite, cases, graphs}},
        .err = DCB_ERROR_INIT};
    dcb_verification_init(&story->verification, &story->request);
    story->impl = &story->verification.impls[0];
    dcb_verify_account_init(&story->account, story->impl);
}

static void end(struct story *story)
{
    dcb_verify_account_close(&story->account, NULL);
    dcb_verification_clear(&story->verification);
    assert_null(story->verification.impls);
}

static int take(struct story *story, struct dcb_answer answer)
{
    int rc = dcb_verify_account_take(&story->account, &answer, &story->err);

    dcb_answer_clear(&answer);
    return rc;
}

static int battery(struct story *story, enum dcb_battery which, uint64_t cases)
{
    return take(story, (struct dcb_answer){
                           .kind = DCB_ANSWER_BATTERY, .battery = which, .cases = cases});
}

static int begin_case(struct story *story, enum dcb_battery which, uint64_t number)
{
    return take(story, (struct dcb_answer){.kind = DCB_ANSWER_CASE,
                                           .battery = which,
                                           .number = number,
                                           .name = dcb_xasprintf(
                                               "case %llu", (unsigned long long)number)});
}

static int outcome(struct story *story, enum dcb_case_outcome how, bool standard)
{
    return take(story, (struct dcb_answer){.kind = DCB_ANSWER_OUTCOME,
                                           .outcome = how,
                                           .standard = standard,
                                           .got = dcb_xstrdup("that")});
}

static int done(struct story *story)
{
    return take(story, (struct dcb_answer){.kind = DCB_ANSWER_DONE});
}

static void assert_left(const struct story *story, const char *batteries, uint64_t first)
{
    bool asked[DCB_BATTERY_COUNT];
    char text[DCB_BATTERY_COUNT + 1] = "";
    uint64_t from;
    bool left = dcb_verify_account_left(&story->account, asked, &from);

    for (size_t i = 0; i < DCB_BATTERY_COUNT; i++)
        text[i] = asked[i] ? "scg"[i] : '-';
    assert_string_equal(text, batteries);
    assert_true(from == first);
    assert_int_equal(left, strcmp(batteries, "---") != 0);
}

static void what_comes_behind_a_case_passes_it(void **state)
{
    struct story story;
    struct dcb_verify_sum sum;

    (void)state;
    begin(&story, false, true, true);
    assert_left(&story, "-cg", 0);
    assert_int_equal(battery(&story, DCB_BATTERY_CASES, 2), 0);
    assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, 0), 0);
    assert_true(story.impl->batteries[DCB_BATTERY_CASES].passed == 0);
    assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, 1), 0);
    assert_true(story.impl->batteries[DCB_BATTERY_CASES].passed == 1);
    assert_int_equal(battery(&story, DCB_BATTERY_GRAPHS, 1), 0);
    assert_true(story.impl->batteries[DCB_BATTERY_CASES].passed == 2);
    assert_int_equal(begin_case(&story, DCB_BATTERY_GRAPHS, 0), 0);
    assert_int_equal(done(&story), 0);
    assert_left(&story, "---", 0);
    dcb_verify_account_close(&story.account, NULL);
    sum = dcb_verify_sum(story.impl);
    assert_true(sum.cases == 3 && sum.passed == 3 && sum.unasked == 0);
    assert_true(story.impl->finding_count == 0);
    assert_int_equal(dcb_verify_verdict(story.impl), DCB_VERIFY_CORRECT);
    end(&story);
}

static void outcomes_are_counted_and_kept(void **state)
{
    static const enum dcb_case_outcome outcomes[] = {DCB_CASE_FAILED, DCB_CASE_DEVIATES,
                                                     DCB_CASE_SKIPPED, DCB_CASE_PASSED,
                                                     DCB_CASE_PASSED};
    struct story story;
    struct dcb_verify_sum sum;

    (void)state;
    begin(&story, false, true, false);
    assert_int_equal(battery(&story, DCB_BATTERY_CASES, 5), 0);
    for (size_t i = 0; i < COUNT(outcomes); i++) {
        assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, i), 0);
        assert_int_equal(outcome(&story, outcomes[i], i == 0 || i == 4), 0);
    }
    assert_int_equal(done(&story), 0);
    dcb_verify_account_close(&story.account, NULL);
    sum = dcb_verify_sum(story.impl);
    assert_true(sum.cases == 5 && sum.passed == 2 && sum.wrong == 1);
    assert_true(sum.deviating == 1 && sum.skipped == 1 && sum.standard == 2);
    assert_true(story.impl->finding_count == 4); /* all but the plain pass */
    assert_string_equal(story.impl->findings[0].name, "case 0");
    assert_string_equal(story.impl->findings[0].got, "that");
    assert_true(story.impl->findings[0].standard);
    assert_int_equal(story.impl->findings[3].outcome, DCB_CASE_PASSED);
    assert_true(story.impl->findings[3].number == 4);
    assert_int_equal(dcb_verify_verdict(story.impl), DCB_VERIFY_WRONG);
    end(&story);
}

static void a_death_costs_the_case_in_hand(void **state)
{
    struct story story;

    (void)state;
    begin(&story, false, true, true);
    assert_int_equal(battery(&story, DCB_BATTERY_CASES, 4), 0);
    assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, 0), 0);
    assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, 1), 0);
    dcb_verify_account_end(&story.account, DCB_CASE_DIED, "killed\nby SIGSEGV");
    assert_true(story.impl->finding_count == 1);
    assert_string_equal(story.impl->findings[0].name, "case 1");
    assert_string_equal(story.impl->findings[0].got, "killed by SIGSEGV");
    assert_left(&story, "-cg", 2);
    dcb_verify_account_resume(&story.account);
    assert_int_equal(battery(&story, DCB_BATTERY_CASES, 4), 0);
    assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, 2), 0);
    assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, 3), 0);
    /* In the last one: the next worker begins with the next battery. */
    dcb_verify_account_end(&story.account, DCB_CASE_HUNG, "hung");
    assert_left(&story, "--g", 0);
    dcb_verify_account_resume(&story.account);
    assert_int_equal(battery(&story, DCB_BATTERY_GRAPHS, 1), 0);
    assert_int_equal(begin_case(&story, DCB_BATTERY_GRAPHS, 0), 0);
    assert_int_equal(done(&story), 0);
    assert_true(dcb_verify_sum(story.impl).wrong == 2);
    assert_true(dcb_verify_sum(story.impl).passed == 3);
    assert_int_equal(dcb_verify_verdict(story.impl), DCB_VERIFY_WRONG);
    end(&story);
}

static void many_deaths_end_a_battery(void **state)
{
    struct story story;
    const struct dcb_verify_battery *cases;

    (void)state;
    begin(&story, false, true, true);
    cases = &story.impl->batteries[DCB_BATTERY_CASES];
    for (uint64_t i = 0; i < DCB_VERIFY_DEATHS_MAX; i++) {
        assert_left(&story, "-cg", i);
        dcb_verify_account_resume(&story.account);
        assert_int_equal(battery(&story, DCB_BATTERY_CASES, 9), 0);
        assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, i), 0);
        dcb_verify_account_end(&story.account, DCB_CASE_DIED, "killed");
    }
    assert_true(cases->wrong == DCB_VERIFY_DEATHS_MAX);
    assert_true(cases->unasked == 9 - DCB_VERIFY_DEATHS_MAX);
    assert_left(&story, "--g", 0);
    /* The next battery has its own. */
    dcb_verify_account_resume(&story.account);
    assert_int_equal(battery(&story, DCB_BATTERY_GRAPHS, 2), 0);
    assert_int_equal(begin_case(&story, DCB_BATTERY_GRAPHS, 0), 0);
    dcb_verify_account_end(&story.account, DCB_CASE_DIED, "killed");
    assert_left(&story, "--g", 1);
    dcb_verify_account_close(&story.account, NULL);
    assert_true(cases->unasked == 9 - DCB_VERIFY_DEATHS_MAX);
    assert_true(story.impl->batteries[DCB_BATTERY_GRAPHS].unasked == 1);
    end(&story);
}

/* Where somebody waits, one hang is enough; a death is not. */
static void a_hang_ends_a_brief_battery(void **state)
{
    struct story story;

    (void)state;
    begin(&story, false, true, true);
    story.account.brief = true;
    assert_int_equal(battery(&story, DCB_BATTERY_CASES, 9), 0);
    assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, 0), 0);
    dcb_verify_account_end(&story.account, DCB_CASE_DIED, "killed");
    assert_left(&story, "-cg", 1);
    dcb_verify_account_resume(&story.account);
    assert_int_equal(battery(&story, DCB_BATTERY_CASES, 9), 0);
    assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, 1), 0);
    dcb_verify_account_end(&story.account, DCB_CASE_HUNG, "did not come back");
    assert_left(&story, "--g", 0);
    dcb_verify_account_close(&story.account, NULL);
    assert_true(story.impl->batteries[DCB_BATTERY_CASES].wrong == 2);
    assert_true(story.impl->batteries[DCB_BATTERY_CASES].unasked == 7);
    end(&story);
}

/* A worker that dies between two cases costs none, but not without end. */
static void deaths_between_cases(void **state)
{
    struct story story;

    (void)state;
    begin(&story, false, true, false);
    dcb_verify_account_end(&story.account, DCB_CASE_DIED, "killed"); /* before any */
    assert_int_equal(battery(&story, DCB_BATTERY_CASES, 9), 0);
    for (int i = 0; i < DCB_VERIFY_DEATHS_MAX; i++) {
        assert_left(&story, "-c-", 0);
        dcb_verify_account_end(&story.account, DCB_CASE_DIED, "killed");
    }
    assert_left(&story, "---", 0);
    assert_true(story.impl->finding_count == 0);
    assert_int_equal(dcb_verify_verdict(story.impl), DCB_VERIFY_UNKNOWN);
    end(&story);
}

static void answers_out_of_order_are_refused(void **state)
{
    struct story story;

    (void)state;
    begin(&story, false, true, true);
    assert_int_equal(outcome(&story, DCB_CASE_FAILED, false), -1);
    assert_error(&story.err, DCB_ERROR_SYSTEM, "of a case that none was");
    assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, 0), -1);
    assert_error(&story.err, DCB_ERROR_SYSTEM, "not in order");
    assert_int_equal(battery(&story, DCB_BATTERY_SUITE, 1), -1); /* not asked */
    assert_error(&story.err, DCB_ERROR_SYSTEM, "not in order");
    assert_int_equal(battery(&story, DCB_BATTERY_GRAPHS, 1), -1); /* one left out */
    assert_error(&story.err, DCB_ERROR_SYSTEM, "not in order");
    assert_int_equal(done(&story), -1);
    assert_error(&story.err, DCB_ERROR_SYSTEM, "before its cases did");
    assert_int_equal(battery(&story, DCB_BATTERY_CASES, 2), 0);
    assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, 1), -1);
    assert_error(&story.err, DCB_ERROR_SYSTEM, "not in order");
    assert_int_equal(begin_case(&story, DCB_BATTERY_GRAPHS, 0), -1);
    assert_error(&story.err, DCB_ERROR_SYSTEM, "not in order");
    assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, 0), 0);
    assert_int_equal(battery(&story, DCB_BATTERY_GRAPHS, 1), -1); /* one case left */
    assert_error(&story.err, DCB_ERROR_SYSTEM, "not in order");
    assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, 1), 0);
    assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, 2), -1); /* there is none */
    assert_error(&story.err, DCB_ERROR_SYSTEM, "not in order");
    assert_int_equal(take(&story, (struct dcb_answer){.kind = DCB_ANSWER_SOURCE}), -1);
    assert_error(&story.err, DCB_ERROR_SYSTEM, "not asked");
    end(&story);
}

static void another_worker_has_the_same_cases(void **state)
{
    struct story story;

    (void)state;
    begin(&story, false, true, true);
    assert_int_equal(battery(&story, DCB_BATTERY_CASES, 2), 0);
    dcb_verify_account_resume(&story.account);
    assert_int_equal(battery(&story, DCB_BATTERY_CASES, 3), -1);
    assert_error(&story.err, DCB_ERROR_SYSTEM, "other cases");
    dcb_verify_account_resume(&story.account);
    assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, 0), -1); /* no battery yet */
    assert_error(&story.err, DCB_ERROR_SYSTEM, "not in order");
    end(&story);
}

static void a_missing_battery_is_no_fault(void **state)
{
    struct story story;

    (void)state;
    begin(&story, true, true, false);
    assert_int_equal(take(&story, (struct dcb_answer){.kind = DCB_ANSWER_BATTERY,
                                                      .missing = dcb_xstrdup("none")}),
                     0);
    assert_string_equal(story.impl->batteries[DCB_BATTERY_SUITE].missing, "none");
    assert_int_equal(dcb_verify_verdict(story.impl), DCB_VERIFY_UNKNOWN);
    assert_int_equal(battery(&story, DCB_BATTERY_CASES, 1), 0);
    assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, 0), 0);
    assert_int_equal(done(&story), 0);
    assert_int_equal(dcb_verify_verdict(story.impl), DCB_VERIFY_CORRECT);
    story.impl->failure = dcb_xstrdup("lied");
    assert_int_equal(dcb_verify_verdict(story.impl), DCB_VERIFY_UNKNOWN);
    end(&story);
}

/* Stopped, or not loaded: what another implementation was asked was not asked of it. */
static void what_was_not_begun_is_counted(void **state)
{
    struct dcb_verify_impl like = {.batteries = {[DCB_BATTERY_GRAPHS] = {.cases = 70}}};
    struct story story;

    (void)state;
    begin(&story, false, true, true);
    assert_int_equal(battery(&story, DCB_BATTERY_CASES, 3), 0);
    assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, 0), 0);
    assert_int_equal(begin_case(&story, DCB_BATTERY_CASES, 1), 0);
    dcb_verify_account_close(&story.account, &like);
    assert_true(story.impl->batteries[DCB_BATTERY_CASES].passed == 1);
    assert_true(story.impl->batteries[DCB_BATTERY_CASES].unasked == 2);
    assert_true(story.impl->batteries[DCB_BATTERY_GRAPHS].unasked == 70);
    assert_true(dcb_verify_sum(story.impl).cases == 73);
    assert_int_equal(dcb_verify_verdict(story.impl), DCB_VERIFY_UNKNOWN);
    end(&story);
}

static void verdicts_have_names(void **state)
{
    (void)state;
    assert_string_equal(dcb_verify_verdict_name(DCB_VERIFY_CORRECT), "correct");
    assert_string_equal(dcb_verify_verdict_name(DCB_VERIFY_WRONG), "wrong");
    assert_string_equal(dcb_verify_verdict_name(DCB_VERIFY_UNKNOWN), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_behind_a_case_passes_it),
        cmocka_unit_test(outcomes_are_counted_and_kept),
        cmocka_unit_test(a_death_costs_the_case_in_hand),
        cmocka_unit_test(many_deaths_end_a_battery),
        cmocka_unit_test(a_hang_ends_a_brief_battery),
        cmocka_unit_test(deaths_between_cases),
        cmocka_unit_test(answers_out_of_order_are_refused),
        cmocka_unit_test(another_worker_has_the_same_cases),
        cmocka_unit_test(a_missing_battery_is_no_fault),
        cmocka_unit_test(what_was_not_begun_is_counted),
        cmocka_unit_test(verdicts_have_names),
    };

    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
