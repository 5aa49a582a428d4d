#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "ci.h"
#include "error.h"
#include "options.h"
#include "run_findings.h"
#include "unit.h"

static const char *const impls[] = {"new"};
static const char *const inputs[] = {"memo", "reduce"};

/* A sound result with one candidate, and what is asked of it. */
struct asked {
    struct made made;
    struct cli_options options;
    struct dcb_error err;
    struct dcb_ci ci;
};

static void ask(struct asked *asked, size_t workloads, char *fail_if)
{
    static const struct dcb_error no_error = DCB_ERROR_INIT;

    make_result(&asked->made, impls, 1, inputs, workloads);
    asked->options = (struct cli_options){.command = CLI_RUN};
    asked->err = no_error;
    if (fail_if) {
        asked->options.fail_if.items = dcb_xcalloc(1, sizeof(char *));
        asked->options.fail_if.items[0] = fail_if;
        asked->options.fail_if.count = 1;
    }
}

static struct dcb_workload_result *first(struct asked *asked)
{
    return &asked->made.result.workloads[0];
}

static struct dcb_cell *candidate(struct asked *asked)
{
    return &first(asked)->cells[2];
}

static enum cli_status answer(struct asked *asked)
{
    cli_run_findings(&asked->options, &asked->made.result, &asked->err, &asked->ci);
    return cli_findings_status(&asked->ci);
}

static void done(struct asked *asked)
{
    free(asked->options.fail_if.items);
    dcb_ci_clear(&asked->ci);
    unmake_result(&asked->made);
}

/* The one finding of that implementation (NULL: of none) and rule. */
static const struct dcb_ci_finding *find(const struct asked *asked, const char *impl,
                                         const char *rule)
{
    const struct dcb_ci_finding *found = NULL;

    for (size_t i = 0; i < asked->ci.count; i++) {
        const struct dcb_ci_finding *finding = &asked->ci.findings[i];

        if (strcmp(finding->rule, rule) != 0 ||
            (impl ? !finding->impl || strcmp(finding->impl, impl) != 0
                  : finding->impl != NULL))
            continue;
        assert_null(found);
        found = finding;
    }
    assert_non_null(found);
    return found;
}

static void sound_run_has_every_check(void **state)
{
    static const char *const rules[] = {"workers", "copy", "copy", "time"};
    struct asked asked;

    (void)state;
    ask(&asked, 2, NULL);
    assert_int_equal(answer(&asked), CLI_STATUS_OK);
    assert_int_equal(asked.ci.count, 9);
    assert_int_equal(dcb_ci_count(&asked.ci, DCB_CI_PASSED), 9);
    for (size_t i = 0; i < 8; i++) {
        assert_string_equal(asked.ci.findings[i].rule, rules[i % 4]);
        assert_string_equal(asked.ci.findings[i].workload, inputs[i / 4]);
    }
    assert_string_equal(asked.ci.findings[3].message, "new on memo is faster (-10.0 %)");
    assert_string_equal(asked.ci.findings[3].detail,
                        "change -10.0 %, 95 % interval -10.3 % to -9.7 %; margin 1 %\n"
                        "55.1 us an iteration, stdlib 61.2 us; 5 workers");
    assert_null(asked.ci.findings[8].workload);
    done(&asked);
}

static void incorrect_ones_fail_where_it_is_asked(void **state)
{
    static const struct {
        const char *fail_if;
        enum dcb_verify_verdict verdict;
        uint64_t wrong;
        enum dcb_ci_outcome outcome;
        enum cli_status status;
    } cases[] = {
        {NULL, DCB_VERIFY_CORRECT, 0, DCB_CI_PASSED, CLI_STATUS_OK},
        {NULL, DCB_VERIFY_WRONG, 3, DCB_CI_SKIPPED, CLI_STATUS_OK},
        {NULL, DCB_VERIFY_UNKNOWN, 0, DCB_CI_SKIPPED, CLI_STATUS_OK},
        {"slower", DCB_VERIFY_WRONG, 3, DCB_CI_SKIPPED, CLI_STATUS_OK},
        {"incorrect", DCB_VERIFY_CORRECT, 0, DCB_CI_PASSED, CLI_STATUS_OK},
        {"incorrect", DCB_VERIFY_WRONG, 3, DCB_CI_FAILED, CLI_STATUS_FAILED},
        {"incorrect", DCB_VERIFY_UNKNOWN, 0, DCB_CI_UNDECIDED, CLI_STATUS_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *fail_if = cases[i].fail_if ? dcb_xstrdup(cases[i].fail_if) : NULL;
        struct asked asked;
        const struct dcb_ci_finding *finding;

        ask(&asked, 1, fail_if);
        asked.options.verify = true;
        (void)make_verified(&asked.made, 2, cases[i].verdict, cases[i].wrong);
        assert_int_equal(answer(&asked), cases[i].status);
        finding = find(&asked, "new", "verify");
        assert_int_equal(finding->outcome, cases[i].outcome);
        assert_null(finding->workload);
        /* It is no verdict on time: that has passed with it. */
        assert_int_equal(find(&asked, "new", "time")->outcome, DCB_CI_PASSED);
        done(&asked);
        free(fail_if);
    }
}

static void nothing_verified_is_no_verdict(void **state)
{
    struct asked asked;
    char *fail_if = dcb_xstrdup("incorrect");

    (void)state;
    ask(&asked, 1, fail_if);
    assert_int_equal(answer(&asked), CLI_STATUS_UNKNOWN);
    assert_string_equal(find(&asked, NULL, "verify")->message,
                        "nothing was verified (--verify off)");
    done(&asked);
    free(fail_if);
}

static const struct {
    const char *fail_if;
    enum dcb_verdict verdict;
    double low, high;
    enum dcb_ci_outcome outcome;
} gates[] = {
    {NULL, DCB_VERDICT_SLOWER, 1.04, 1.06, DCB_CI_PASSED},
    {NULL, DCB_VERDICT_INCONCLUSIVE, 0.9, 1.1, DCB_CI_PASSED},
    {NULL, DCB_VERDICT_NONE, NAN, NAN, DCB_CI_SKIPPED},
    {"slower", DCB_VERDICT_SLOWER, 1.04, 1.06, DCB_CI_FAILED},
    {"slower", DCB_VERDICT_FASTER, 0.94, 0.96, DCB_CI_PASSED},
    {"slower", DCB_VERDICT_SAME, 0.999, 1.001, DCB_CI_PASSED},
    {"slower", DCB_VERDICT_INCONCLUSIVE, 0.98, 1.02, DCB_CI_UNDECIDED},
    {"slower", DCB_VERDICT_INCONCLUSIVE, 0.98, 1.005, DCB_CI_PASSED},
    {"faster", DCB_VERDICT_INCONCLUSIVE, 0.995, 1.02, DCB_CI_PASSED},
    {"faster", DCB_VERDICT_INCONCLUSIVE, 0.98, 1.02, DCB_CI_UNDECIDED},
    {"faster", DCB_VERDICT_FASTER, 0.94, 0.96, DCB_CI_FAILED},
    {"same", DCB_VERDICT_SAME, 0.999, 1.001, DCB_CI_FAILED},
    {"same", DCB_VERDICT_INCONCLUSIVE, 0.98, 1.02, DCB_CI_UNDECIDED},
    {"inconclusive", DCB_VERDICT_INCONCLUSIVE, 0.98, 1.005, DCB_CI_UNDECIDED},
    {"inconclusive", DCB_VERDICT_SLOWER, 1.04, 1.06, DCB_CI_PASSED},
    {"slower", DCB_VERDICT_NONE, NAN, NAN, DCB_CI_UNDECIDED},
    {"slower", DCB_VERDICT_INCONCLUSIVE, NAN, NAN, DCB_CI_UNDECIDED},
};

/* More of what ended the run, not of another limit. */
static void advice_names_the_limit(void **state)
{
    static const struct {
        uint32_t workers;
        double reached;
        const char *advice;
    } ends[] = {
        {5, 0.02, ": raise --workers or leave it out"},
        {5, 0.001, ": raise --workers or leave it out"},
        {9, 0.02, ": raise --max-time"},
        {0, 0.02, ": raise --max-time"},
        {0, NAN, ": raise --max-time"},
        {0, 0.001, ": make --precision smaller"},
    };
    char slower[] = "slower";

    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct asked asked;

        ask(&asked, 1, slower);
        asked.made.plan.workers = ends[i].workers;
        first(&asked)->reached = ends[i].reached;
        candidate(&asked)->verdict = DCB_VERDICT_INCONCLUSIVE;
        candidate(&asked)->ratio = make_interval(1, 0.02);
        assert_int_equal(answer(&asked), CLI_STATUS_UNKNOWN);
        assert_contains(find(&asked, "new", "time")->message, ends[i].advice);
        done(&asked);
    }
}

static void gate_follows_the_verdict(void **state)
{
    static const enum cli_status statuses[] = {
        [DCB_CI_PASSED] = CLI_STATUS_OK,
        [DCB_CI_SKIPPED] = CLI_STATUS_OK,
        [DCB_CI_UNDECIDED] = CLI_STATUS_UNKNOWN,
        [DCB_CI_FAILED] = CLI_STATUS_FAILED,
    };

    (void)state;
    for (size_t i = 0; i < sizeof gates / sizeof gates[0]; i++) {
        char *fail_if = gates[i].fail_if ? dcb_xstrdup(gates[i].fail_if) : NULL;
        struct asked asked;

        ask(&asked, 1, fail_if);
        candidate(&asked)->verdict = gates[i].verdict;
        candidate(&asked)->ratio =
            (struct dcb_interval){.estimate = (gates[i].low + gates[i].high) / 2,
                                  .low = gates[i].low,
                                  .high = gates[i].high};
        assert_int_equal(answer(&asked), statuses[gates[i].outcome]);
        if (find(&asked, "new", "time")->outcome != gates[i].outcome)
            fail_msg("case %zu: outcome %d", i, find(&asked, "new", "time")->outcome);
        done(&asked);
        free(fail_if);
    }
}

static void control_that_differs_leaves_it_open(void **state)
{
    char slower[] = "slower";
    struct asked asked;

    (void)state;
    ask(&asked, 1, slower);
    first(&asked)->withheld = true;
    candidate(&asked)->verdict = DCB_VERDICT_INCONCLUSIVE;
    assert_int_equal(answer(&asked), CLI_STATUS_UNKNOWN);
    assert_contains(find(&asked, "new", "time")->message, "the control differs");
    done(&asked);
}

/* ---- instructions ---- */

static const struct {
    enum dcb_provider provider;
    struct dcb_interval ratio;
    enum dcb_ci_outcome outcome;
    const char *message;
} counts[] = {
    {DCB_PROVIDER_HARDWARE,
     {1.012, 1.011, 1.013},
     DCB_CI_FAILED,
     "new on memo executes +1.20 % more instructions (allowed: 0.5 %)"},
    {DCB_PROVIDER_HARDWARE, {1.012, 0.999, 1.03}, DCB_CI_UNDECIDED, "undecided (+1.20 %"},
    {DCB_PROVIDER_HARDWARE, {1.004, 1.001, 1.007}, DCB_CI_UNDECIDED, "+0.40 %"},
    {DCB_PROVIDER_HARDWARE,
     {1.004, 1.003, 1.0049},
     DCB_CI_PASSED,
     "new on memo: +0.40 %"},
    {DCB_PROVIDER_HARDWARE, {0.9, 0.8, 0.95}, DCB_CI_PASSED, "-10.00 %"},
    {DCB_PROVIDER_HARDWARE, {1.012, NAN, NAN}, DCB_CI_UNDECIDED, "too few workers"},
    {DCB_PROVIDER_SIMULATED, {1.0051, 1.0051, 1.0051}, DCB_CI_FAILED, "+0.51 % more"},
    {DCB_PROVIDER_SIMULATED, {1.0049, 1.003, 1.007}, DCB_CI_PASSED, "+0.49 %"},
    {DCB_PROVIDER_SIMULATED, {1.01, 0.99, 1.03}, DCB_CI_UNDECIDED, "layout of memory"},
};

static void instructions_follow_their_margin(void **state)
{
    static const enum cli_status statuses[] = {
        [DCB_CI_PASSED] = CLI_STATUS_OK,
        [DCB_CI_UNDECIDED] = CLI_STATUS_UNKNOWN,
        [DCB_CI_FAILED] = CLI_STATUS_FAILED,
    };
    char word[] = "instructions";

    (void)state;
    for (size_t i = 0; i < COUNT(counts); i++) {
        const struct dcb_ci_finding *finding;
        struct asked asked;

        ask(&asked, 1, word);
        asked.options.instructions_margin = 0.005;
        asked.made.plan.rows[0].provider = counts[i].provider;
        candidate(&asked)->counters[0].ratio = counts[i].ratio;
        candidate(&asked)->verdict = DCB_VERDICT_SLOWER; /* which is not asked for */
        assert_int_equal(answer(&asked), statuses[counts[i].outcome]);
        assert_int_equal(find(&asked, "new", "time")->outcome, DCB_CI_PASSED);
        finding = find(&asked, "new", "instructions");
        assert_int_equal(finding->outcome, counts[i].outcome);
        assert_contains(finding->message, counts[i].message);
        done(&asked);
    }
}

static void instructions_that_were_not_counted(void **state)
{
    char word[] = "instructions";
    struct asked asked;

    (void)state;
    ask(&asked, 1, word);
    candidate(&asked)->counters[0].value = (double)NAN;
    candidate(&asked)->not_simulated = dcb_xstrdup("it takes too long under callgrind");
    asked.made.plan.rows[0].kind = DCB_KIND_SIMULATED;
    assert_int_equal(answer(&asked), CLI_STATUS_UNKNOWN);
    assert_string_equal(
        find(&asked, "new", "instructions")->message,
        "no instructions of new on memo: it takes too long under callgrind");
    dcb_ci_clear(&asked.ci);

    snprintf(asked.made.plan.rows[0].name, sizeof asked.made.plan.rows[0].name, "other");
    assert_int_equal(answer(&asked), CLI_STATUS_UNKNOWN);
    assert_contains(find(&asked, "new", "instructions")->message, "not asked for");
    dcb_ci_clear(&asked.ci);

    candidate(&asked)->failure = DCB_FAILURE_LOAD;
    answer(&asked);
    assert_int_equal(find(&asked, "new", "instructions")->outcome, DCB_CI_SKIPPED);
    done(&asked);
}

static const struct {
    enum dcb_failure failure;
    enum dcb_ci_outcome outcome;
    enum cli_status status;
} failures[] = {
    {DCB_FAILURE_WRONG, DCB_CI_FAILED, CLI_STATUS_FAILED},
    {DCB_FAILURE_CHANGED, DCB_CI_FAILED, CLI_STATUS_FAILED},
    {DCB_FAILURE_LOAD, DCB_CI_ERROR, CLI_STATUS_SYSTEM},
    {DCB_FAILURE_RAISED, DCB_CI_ERROR, CLI_STATUS_SYSTEM},
    {DCB_FAILURE_DIED, DCB_CI_ERROR, CLI_STATUS_SYSTEM},
};

static void implementations_that_fail(void **state)
{
    char slower[] = "slower";

    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        struct asked asked;

        ask(&asked, 1, slower);
        make_failed(candidate(&asked), "failed: so");
        candidate(&asked)->failure = failures[i].failure;
        assert_int_equal(answer(&asked), failures[i].status);
        assert_int_equal(find(&asked, "new", "copy")->outcome, failures[i].outcome);
        assert_string_equal(find(&asked, "new", "copy")->message,
                            "new on memo failed: so");
        assert_int_equal(find(&asked, "new", "time")->outcome, DCB_CI_SKIPPED);
        assert_null(find(&asked, "new", "time")->detail);
        done(&asked);
    }
}

static void control_that_fails_is_one_more_check(void **state)
{
    struct asked asked;

    (void)state;
    ask(&asked, 1, NULL);
    make_failed(&first(&asked)->cells[1], "failed: so");
    assert_int_equal(answer(&asked), CLI_STATUS_FAILED);
    assert_int_equal(find(&asked, "stdlib (control)", "copy")->outcome, DCB_CI_FAILED);
    assert_int_equal(find(&asked, "stdlib", "copy")->outcome, DCB_CI_PASSED);
    done(&asked);
}

static void one_dead_worker_is_an_error(void **state)
{
    struct asked asked;

    (void)state;
    ask(&asked, 1, NULL);
    first(&asked)->workers[2].trouble = dcb_xstrdup("killed by SIGSEGV");
    assert_int_equal(answer(&asked), CLI_STATUS_SYSTEM);
    assert_string_equal(find(&asked, NULL, "workers")->message,
                        "1 of 5 workers ended badly on memo; the first: killed by "
                        "SIGSEGV");
    done(&asked);
}

/* Where nothing could be loaded there is nothing that ended well, and every check still
 * stands there. */
static void no_worker_at_all(void **state)
{
    char word[] = "instructions";
    struct asked asked;
    size_t sound;

    (void)state;
    ask(&asked, 1, word);
    answer(&asked);
    sound = asked.ci.count;
    dcb_ci_clear(&asked.ci);
    make_failed(candidate(&asked), "failed: no such file");
    candidate(&asked)->failure = DCB_FAILURE_LOAD;
    for (size_t i = 0; i < 2; i++)
        first(&asked)->cells[i].time.count = 0;
    first(&asked)->worker_count = 0;
    assert_int_equal(answer(&asked), CLI_STATUS_SYSTEM);
    first(&asked)->worker_count = 5; /* they are to be freed */
    assert_int_equal(asked.ci.count, sound);
    assert_int_equal(find(&asked, NULL, "workers")->outcome, DCB_CI_SKIPPED);
    assert_string_equal(find(&asked, NULL, "workers")->message,
                        "no worker measured anything on memo");
    assert_int_equal(find(&asked, "new", "instructions")->outcome, DCB_CI_SKIPPED);
    done(&asked);
}

static void workers_took_the_time(void **state)
{
    struct asked asked;
    double sum = 0;

    (void)state;
    ask(&asked, 1, NULL);
    first(&asked)->elapsed_s = 2.5;
    first(&asked)->simulated_s = 1.25;
    answer(&asked);
    assert_close(find(&asked, NULL, "workers")->seconds, 3.75, 1e-9);
    for (size_t i = 0; i < asked.ci.count; i++)
        sum += isnan(asked.ci.findings[i].seconds) ? 0 : asked.ci.findings[i].seconds;
    assert_close(sum, 3.75, 1e-9);
    done(&asked);
}

static void failed_workload_is_one_error(void **state)
{
    struct asked asked;

    (void)state;
    ask(&asked, 1, NULL);
    first(&asked)->failure = dcb_xstrdup("it raises");
    for (size_t i = 0; i < 3; i++) {
        make_failed(&first(&asked)->cells[i], "failed: it raises");
        first(&asked)->cells[i].failure = DCB_FAILURE_RAISED;
    }
    assert_int_equal(answer(&asked), CLI_STATUS_SYSTEM);
    assert_int_equal(dcb_ci_count(&asked.ci, DCB_CI_ERROR), 1);
    assert_string_equal(find(&asked, NULL, "workers")->message,
                        "workload memo failed: it raises");
    assert_int_equal(find(&asked, "new", "copy")->outcome, DCB_CI_SKIPPED);
    done(&asked);
}

static void interrupted_run_gives_no_verdict(void **state)
{
    char slower[] = "slower";
    struct asked asked;

    (void)state;
    ask(&asked, 1, slower);
    candidate(&asked)->verdict = DCB_VERDICT_SLOWER;
    asked.made.result.signal = 15;
    answer(&asked);
    assert_int_equal(find(&asked, "new", "time")->outcome, DCB_CI_SKIPPED);
    assert_contains(find(&asked, NULL, "run")->message, "interrupted by signal 15");
    assert_int_equal(find(&asked, NULL, "run")->outcome, DCB_CI_ERROR);
    done(&asked);
}

static void what_ended_the_run_is_told(void **state)
{
    struct asked asked;

    (void)state;
    ask(&asked, 1, NULL);
    asked.made.result.workload_count = 0;
    dcb_error_set(&asked.err, DCB_ERROR_SYSTEM, "no worker can be started");
    assert_int_equal(answer(&asked), CLI_STATUS_SYSTEM);
    assert_int_equal(asked.ci.count, 1);
    assert_string_equal(asked.ci.findings[0].message, "no worker can be started");
    asked.made.result.workload_count = 1;
    done(&asked);
}

static void counters_that_were_asked_for(void **state)
{
    char *list[] = {dcb_xstrdup("simulated"), dcb_xstrdup("hardware")};
    struct asked asked;

    (void)state;
    ask(&asked, 1, NULL);
    asked.options.counters = (struct cli_list){.items = list, .count = 2};
    assert_int_equal(answer(&asked), CLI_STATUS_OK);
    assert_int_equal(find(&asked, NULL, "counters")->outcome, DCB_CI_PASSED);
    dcb_ci_clear(&asked.ci);
    for (size_t i = 0; i < 3; i++) {
        for (size_t row = 0; row < 2; row++)
            first(&asked)->cells[i].counters[row].value = (double)NAN;
    }
    assert_int_equal(answer(&asked), CLI_STATUS_SYSTEM);
    assert_contains(find(&asked, NULL, "counters")->message,
                    "--counters hardware,simulated: nothing was counted: ");
    done(&asked);
    free(list[0]);
    free(list[1]);
}

static void order_of_statuses(void **state)
{
    (void)state;
    assert_int_equal(cli_status_worse(CLI_STATUS_FAILED, CLI_STATUS_SYSTEM),
                     CLI_STATUS_FAILED);
    assert_int_equal(cli_status_worse(CLI_STATUS_UNKNOWN, CLI_STATUS_SYSTEM),
                     CLI_STATUS_SYSTEM);
    assert_int_equal(cli_status_worse(CLI_STATUS_OK, CLI_STATUS_UNKNOWN),
                     CLI_STATUS_UNKNOWN);
    assert_int_equal(cli_status_worse(CLI_STATUS_OK, CLI_STATUS_OK), CLI_STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_run_has_every_check),
        cmocka_unit_test(advice_names_the_limit),
        cmocka_unit_test(gate_follows_the_verdict),
        cmocka_unit_test(control_that_differs_leaves_it_open),
        cmocka_unit_test(instructions_follow_their_margin),
        cmocka_unit_test(instructions_that_were_not_counted),
        cmocka_unit_test(implementations_that_fail),
        cmocka_unit_test(control_that_fails_is_one_more_check),
        cmocka_unit_test(incorrect_ones_fail_where_it_is_asked),
        cmocka_unit_test(nothing_verified_is_no_verdict),
        cmocka_unit_test(one_dead_worker_is_an_error),
        cmocka_unit_test(no_worker_at_all),
        cmocka_unit_test(workers_took_the_time),
        cmocka_unit_test(failed_workload_is_one_error),
        cmocka_unit_test(interrupted_run_gives_no_verdict),
        cmocka_unit_test(what_ended_the_run_is_told),
        cmocka_unit_test(counters_that_were_asked_for),
        cmocka_unit_test(order_of_statuses),
    };

    return cmocka_run_group_tests_name("run_findings", tests, NULL, NULL);
}
