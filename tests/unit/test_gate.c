/* The gate of `dcbench check`: what each rule says at its borders, what is measured
 * again, and what all of it comes to. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare_documents.h"
#include "gate.h"
#include "json_gate.h"
#include "strbuf.h"

static const char *const merged[] = {"merged"};
static const char *const memo[] = {"memo"};
static const char *const two_inputs[] = {"memo", "reduce"};

enum { CANDIDATE = 2 };

/* The file, a measurement, and the comparison of both. */
struct bench {
    struct dcb_document *then, *now;
    const struct dcb_document *pair[2];
    struct dcb_compare compare;
};

static void make_bench(struct bench *bench, const char *const *workloads, size_t count)
{
    *bench = (struct bench){.then = make_paper("base", merged, 1, workloads, count),
                            .now = make_paper("now", merged, 1, workloads, count)};
}

static void compare_bench(struct bench *bench)
{
    bench->pair[0] = bench->then;
    bench->pair[1] = bench->now;
    dcb_compare_make(bench->pair, 2, 0.95, 0.02, &bench->compare);
}

static void unmake_bench(struct bench *bench)
{
    dcb_compare_clear(&bench->compare);
    unmake_paper(bench->then);
    unmake_paper(bench->now);
}

static struct dcb_comparison *comparison_of(struct bench *bench, size_t row)
{
    return &bench->compare.rows[row].comparisons[1];
}

static struct dcb_interval between(double low, double estimate, double high)
{
    return (struct dcb_interval){.estimate = estimate, .low = low, .high = high};
}

static struct dcb_gate new_gate(bool time, bool instructions, unsigned retries)
{
    return (struct dcb_gate){.settings = {.rules = {time, instructions},
                                          .margins = {0.02, 0.005},
                                          .retries = retries}};
}

static const struct dcb_gate_finding *
find_finding(const struct dcb_gate *gate, const char *workload, enum dcb_gate_rule rule)
{
    for (size_t i = 0; i < gate->finding_count; i++) {
        if (gate->findings[i].rule == rule &&
            strcmp(gate->findings[i].workload, workload) == 0)
            return &gate->findings[i];
    }
    fail_msg("no finding of %s on %s", dcb_gate_rule_name(rule), workload);
    return NULL;
}

static void assert_outcome(const struct dcb_gate_finding *finding,
                           enum dcb_gate_outcome outcome)
{
    const struct dcb_gate_measure *measure = dcb_gate_judged(finding);

    if (measure->outcome != outcome)
        fail_msg("%s on %s: %s (%s), not %s", finding->impl, finding->workload,
                 dcb_gate_outcome_name(measure->outcome),
                 measure->reason ? measure->reason : "no reason",
                 dcb_gate_outcome_name(outcome));
}

static void assert_has(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("'%s' has no '%s'", text ? text : "(null)", part);
}

/* ---- deepcopies that are none any more ---- */

static void verify_in(struct dcb_document *document, enum dcb_verify_verdict verdict,
                      uint64_t wrong)
{
    struct dcb_result *result = &document->result;

    result->verified = dcb_xcalloc(document->plan.arm_count, sizeof *result->verified);
    result->verified[CANDIDATE] = (struct dcb_verified){
        .asked = true, .verdict = verdict, .cases = 9, .passed = 5, .wrong = wrong};
}

static void a_lost_deepcopy_is_a_wrong_copy(void **state)
{
    static const struct {
        bool asked;
        enum dcb_verify_verdict then, now;
        bool update;
        enum dcb_gate_outcome outcome;
    } cases[] = {
        {true, DCB_VERIFY_CORRECT, DCB_VERIFY_WRONG, false, DCB_GATE_WRONG},
        {true, DCB_VERIFY_CORRECT, DCB_VERIFY_WRONG, true, DCB_GATE_PASS},
        {true, DCB_VERIFY_CORRECT, DCB_VERIFY_CORRECT, false, DCB_GATE_PASS},
        {true, DCB_VERIFY_CORRECT, DCB_VERIFY_UNKNOWN, false, DCB_GATE_PASS},
        {true, DCB_VERIFY_WRONG, DCB_VERIFY_WRONG, false, DCB_GATE_PASS},
        {true, DCB_VERIFY_UNKNOWN, DCB_VERIFY_WRONG, false, DCB_GATE_PASS},
        {false, DCB_VERIFY_CORRECT, DCB_VERIFY_WRONG, false, DCB_GATE_PASS},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dcb_gate gate = new_gate(true, false, 0);
        struct bench bench;
        char *text;

        make_bench(&bench, memo, 1);
        if (cases[i].asked)
            verify_in(bench.then, cases[i].then, cases[i].then == DCB_VERIFY_WRONG);
        verify_in(bench.now, cases[i].now, cases[i].now == DCB_VERIFY_WRONG);
        compare_bench(&bench);
        gate.settings.update = cases[i].update;
        dcb_gate_judge(&gate, &bench.compare);
        assert_int_equal(dcb_gate_outcome(&gate), cases[i].outcome);
        text = dcb_gate_conclusion(&gate);
        if (cases[i].outcome == DCB_GATE_WRONG)
            assert_string_equal(text,
                                "wrong copy: merged is not a correct deepcopy any more");
        else
            assert_null(strstr(text, "deepcopy"));
        free(text);
        dcb_gate_clear(&gate);
        unmake_bench(&bench);
    }
}

/* ---- time ---- */

static const struct time_case {
    struct dcb_interval ratio, wide;
    enum dcb_gate_outcome outcome;
    bool improved;
} time_cases[] = {
    /* equal */
    {{1.0, 0.995, 1.005}, {1.0, 0.99, 1.01}, DCB_GATE_PASS, false},
    /* slower, but clearly within the margin */
    {{1.012, 1.010, 1.014}, {1.012, 1.001, 1.023}, DCB_GATE_PASS, false},
    /* the upper end just below, and at the margin */
    {{1.01, 1.0, 1.01999}, {1.01, 0.99, 1.03}, DCB_GATE_PASS, false},
    {{1.01, 1.0, 1.02}, {1.01, 0.99, 1.03}, DCB_GATE_UNDECIDED, false},
    /* above the margin, and the wide interval just above 1, at 1, below */
    {{1.03, 1.02, 1.04}, {1.03, 1.00001, 1.06}, DCB_GATE_REGRESSION, false},
    {{1.03, 1.02, 1.04}, {1.03, 1.0, 1.06}, DCB_GATE_UNDECIDED, false},
    {{1.03, 1.02, 1.04}, {1.03, 0.99, 1.07}, DCB_GATE_UNDECIDED, false},
    /* surely slower, and at, or just above, the margin */
    {{1.02, 1.01, 1.03}, {1.02, 1.01, 1.03}, DCB_GATE_UNDECIDED, false},
    {{1.02001, 1.01, 1.03}, {1.02001, 1.01, 1.03}, DCB_GATE_REGRESSION, false},
    /* better: beyond the margin, at it, and not surely so */
    {{0.97, 0.96, 0.98}, {0.97, 0.95, 0.99}, DCB_GATE_PASS, true},
    {{0.98, 0.97, 0.99}, {0.98, 0.97, 0.99}, DCB_GATE_PASS, false},
    {{0.97, 0.96, 0.98}, {0.97, 0.93, 1.01}, DCB_GATE_PASS, false},
    /* no interval */
    {{1.0, (double)NAN, (double)NAN},
     {1.0, (double)NAN, (double)NAN},
     DCB_GATE_UNDECIDED,
     false},
};

static void time_at_its_borders(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof time_cases / sizeof *time_cases; i++) {
        struct dcb_gate gate = new_gate(true, false, 1);
        struct bench bench;

        make_bench(&bench, memo, 1);
        compare_bench(&bench);
        comparison_of(&bench, 0)->ratio = time_cases[i].ratio;
        comparison_of(&bench, 0)->wide = time_cases[i].wide;
        dcb_gate_judge(&gate, &bench.compare);
        assert_int_equal(gate.finding_count, 1);
        if (dcb_gate_judged(&gate.findings[0])->outcome != time_cases[i].outcome)
            print_error("case %zu:\n", i);
        assert_outcome(&gate.findings[0], time_cases[i].outcome);
        assert_int_equal(dcb_gate_judged(&gate.findings[0])->improved,
                         time_cases[i].improved);
        assert_int_equal(dcb_gate_outcome(&gate), time_cases[i].outcome);
        dcb_gate_clear(&gate);
        unmake_bench(&bench);
    }
}

/* ---- instructions ---- */

static struct dcb_compare_counter *instructions_of(struct bench *bench)
{
    struct dcb_comparison *comparison = comparison_of(bench, 0);

    for (size_t i = 0; i < comparison->counter_count; i++) {
        if (strcmp(comparison->counters[i].name, "instructions") == 0)
            return &comparison->counters[i];
    }
    fail_msg("no instructions are compared");
    return NULL;
}

static const struct count_case {
    enum dcb_provider provider;
    struct dcb_interval change;
    enum dcb_gate_outcome outcome;
} count_cases[] = {
    {DCB_PROVIDER_SIMULATED, {1.0, 1.0, 1.0}, DCB_GATE_PASS},
    {DCB_PROVIDER_SIMULATED, {1.005, 1.005, 1.005}, DCB_GATE_PASS},
    {DCB_PROVIDER_SIMULATED, {1.003, 0.99, 1.02}, DCB_GATE_PASS},
    {DCB_PROVIDER_SIMULATED, {1.00501, 1.004, 1.006}, DCB_GATE_REGRESSION},
    {DCB_PROVIDER_SIMULATED, {1.01, 1.0, 1.02}, DCB_GATE_UNDECIDED},
    {DCB_PROVIDER_SIMULATED, {1.01, 1.00001, 1.02}, DCB_GATE_REGRESSION},
    {DCB_PROVIDER_HARDWARE, {1.001, 0.998, 1.0049}, DCB_GATE_PASS},
    {DCB_PROVIDER_HARDWARE, {1.001, 0.998, 1.005}, DCB_GATE_UNDECIDED},
    {DCB_PROVIDER_HARDWARE, {1.01, 1.004, 1.016}, DCB_GATE_REGRESSION},
    {DCB_PROVIDER_HARDWARE, {1.01, 0.999, 1.02}, DCB_GATE_UNDECIDED},
    {DCB_PROVIDER_SIMULATED,
     {(double)NAN, (double)NAN, (double)NAN},
     DCB_GATE_NOT_COMPARED}, /* the only rule there is */
};

static void instructions_at_their_borders(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof count_cases / sizeof *count_cases; i++) {
        struct dcb_gate gate = new_gate(false, true, 1);
        struct bench bench;

        make_bench(&bench, memo, 1);
        compare_bench(&bench);
        instructions_of(&bench)->provider = count_cases[i].provider;
        instructions_of(&bench)->change = count_cases[i].change;
        dcb_gate_judge(&gate, &bench.compare);
        if (dcb_gate_judged(&gate.findings[0])->outcome != count_cases[i].outcome)
            print_error("case %zu:\n", i);
        assert_outcome(&gate.findings[0], count_cases[i].outcome);
        dcb_gate_clear(&gate);
        unmake_bench(&bench);
    }
}

static void make_simulated(struct dcb_document *document, const char *version)
{
    document->plan.rows[0].kind = DCB_KIND_SIMULATED;
    document->plan.rows[0].provider = DCB_PROVIDER_SIMULATED;
    set_text(&document->plan.simulator_version, version);
}

static void another_provider_is_no_failure(void **state)
{
    struct dcb_gate gate = new_gate(true, true, 1);
    const struct dcb_gate_finding *finding;
    struct bench bench;

    (void)state;
    make_bench(&bench, memo, 1);
    make_simulated(bench.now, "3.19.0");
    compare_bench(&bench);
    dcb_gate_judge(&gate, &bench.compare);
    finding = find_finding(&gate, "memo", DCB_GATE_INSTRUCTIONS);
    assert_outcome(finding, DCB_GATE_NOT_APPLIED);
    assert_string_equal(dcb_gate_judged(finding)->reason,
                        "hardware in the baseline file, simulated (valgrind 3.19.0) now");
    assert_int_equal(dcb_gate_outcome(&gate), DCB_GATE_PASS);
    dcb_gate_clear(&gate);
    /* Where it is the only rule, nothing stands for the row. */
    gate = new_gate(false, true, 1);
    dcb_gate_judge(&gate, &bench.compare);
    assert_int_equal(dcb_gate_outcome(&gate), DCB_GATE_NOT_COMPARED);
    dcb_gate_clear(&gate);
    unmake_bench(&bench);
}

static void another_valgrind_is_no_failure(void **state)
{
    struct dcb_gate gate = new_gate(true, true, 1);
    const struct dcb_gate_finding *finding;
    struct bench bench;

    (void)state;
    make_bench(&bench, memo, 1);
    make_simulated(bench.then, "3.1.0");
    make_simulated(bench.now, "3.19.0");
    compare_bench(&bench);
    dcb_gate_judge(&gate, &bench.compare);
    finding = find_finding(&gate, "memo", DCB_GATE_INSTRUCTIONS);
    assert_outcome(finding, DCB_GATE_NOT_APPLIED);
    assert_string_equal(dcb_gate_judged(finding)->reason,
                        "simulated (valgrind 3.1.0) in the baseline file, simulated "
                        "(valgrind 3.19.0) now");
    assert_int_equal(dcb_gate_outcome(&gate), DCB_GATE_PASS);
    dcb_gate_clear(&gate);
    unmake_bench(&bench);
}

static void missing_instructions_have_a_reason(void **state)
{
    struct dcb_gate gate = new_gate(true, true, 1);
    const struct dcb_gate_measure *measure;
    struct bench bench;

    (void)state;
    make_bench(&bench, memo, 1);
    bench.now->result.workloads[0].cells[CANDIDATE].counters[0].ratio =
        between((double)NAN, (double)NAN, (double)NAN);
    bench.now->result.workloads[0].cells[CANDIDATE].counters[0].value = (double)NAN;
    set_text(&bench.now->result.row_reasons[0], "valgrind is not installed");
    compare_bench(&bench);
    dcb_gate_judge(&gate, &bench.compare);
    measure = dcb_gate_judged(find_finding(&gate, "memo", DCB_GATE_INSTRUCTIONS));
    assert_int_equal(measure->outcome, DCB_GATE_NOT_APPLIED);
    assert_has(measure->reason, "valgrind is not installed");
    dcb_gate_clear(&gate);
    unmake_bench(&bench);
}

/* ---- rows that no rule can judge ---- */

static void other_things_are_not_compared(void **state)
{
    static const unsigned gaps[] = {DCB_GAP_WORKLOAD, DCB_GAP_BASELINE,
                                    DCB_GAP_INTERPRETER, DCB_GAP_SETTINGS};

    (void)state;
    for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++) {
        struct dcb_gate gate = new_gate(true, true, 1);
        struct bench bench;

        make_bench(&bench, memo, 1);
        compare_bench(&bench);
        comparison_of(&bench, 0)->gaps = gaps[i];
        dcb_gate_judge(&gate, &bench.compare);
        assert_int_equal(gate.finding_count, 1);
        assert_outcome(&gate.findings[0], DCB_GATE_NOT_COMPARED);
        assert_string_equal(dcb_gate_judged(&gate.findings[0])->reason,
                            dcb_compare_gap_text(gaps[i]));
        assert_false(dcb_gate_wants_again(&gate, "memo"));
        dcb_gate_clear(&gate);
        unmake_bench(&bench);
    }
}

/* The comparison has a number for them, and says as a remark what it is worth. */
static void times_alone_are_not_compared(void **state)
{
    struct dcb_gate gate = new_gate(true, true, 1);
    struct bench bench;

    (void)state;
    make_bench(&bench, memo, 1);
    compare_bench(&bench);
    comparison_of(&bench, 0)->remarks = DCB_GAP_UNPAIRED;
    dcb_gate_judge(&gate, &bench.compare);
    assert_int_equal(gate.finding_count, 1);
    assert_outcome(&gate.findings[0], DCB_GATE_NOT_COMPARED);
    dcb_gate_clear(&gate);
    unmake_bench(&bench);
}

static void another_machine_is_compared(void **state)
{
    struct dcb_gate gate = new_gate(true, false, 1);
    struct bench bench;

    (void)state;
    make_bench(&bench, memo, 1);
    snprintf(bench.now->result.system.cpu, sizeof bench.now->result.system.cpu,
             "another");
    for (size_t arm = 0; arm < 3; arm++) /* and 1.7 times as fast */
        bench.now->result.workloads[0].cells[arm].time.median /= 1.7;
    compare_bench(&bench);
    dcb_gate_judge(&gate, &bench.compare);
    assert_int_equal(dcb_gate_outcome(&gate), DCB_GATE_PASS);
    dcb_gate_clear(&gate);
    unmake_bench(&bench);
}

static void fail_now(struct bench *bench, size_t arm, enum dcb_failure failure)
{
    struct dcb_cell *cell = &bench->now->result.workloads[0].cells[arm];

    make_failed(cell, "failed: of itself");
    cell->failure = failure;
}

static void what_fails_now_fails(void **state)
{
    static const struct {
        size_t arm;
        enum dcb_failure failure;
        enum dcb_gate_outcome outcome;
    } cases[] = {{CANDIDATE, DCB_FAILURE_WRONG, DCB_GATE_WRONG},
                 {CANDIDATE, DCB_FAILURE_CHANGED, DCB_GATE_WRONG},
                 {CANDIDATE, DCB_FAILURE_LOAD, DCB_GATE_FAILED},
                 {CANDIDATE, DCB_FAILURE_RAISED, DCB_GATE_FAILED},
                 {CANDIDATE, DCB_FAILURE_DIED, DCB_GATE_FAILED},
                 {0, DCB_FAILURE_DIED, DCB_GATE_FAILED}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dcb_gate gate = new_gate(true, true, 1);
        struct bench bench;

        make_bench(&bench, memo, 1);
        fail_now(&bench, cases[i].arm, cases[i].failure);
        compare_bench(&bench);
        dcb_gate_judge(&gate, &bench.compare);
        assert_int_equal(gate.finding_count, 1);
        assert_outcome(&gate.findings[0], cases[i].outcome);
        assert_string_equal(dcb_gate_judged(&gate.findings[0])->reason, "of itself");
        assert_false(dcb_gate_speaks_for(&gate, &gate.findings[0], DCB_GATE_TIME));
        assert_true(dcb_gate_speaks_for(&gate, &gate.findings[0], DCB_GATE_INSTRUCTIONS));
        gate.settings.rules[DCB_GATE_INSTRUCTIONS] = false;
        assert_false(
            dcb_gate_speaks_for(&gate, &gate.findings[0], DCB_GATE_INSTRUCTIONS));
        assert_false(dcb_gate_wants_again(&gate, "memo"));
        dcb_gate_clear(&gate);
        unmake_bench(&bench);
    }
}

static void what_failed_then_is_not_compared(void **state)
{
    struct dcb_gate gate = new_gate(true, true, 1);
    struct bench bench;

    (void)state;
    make_bench(&bench, memo, 1);
    make_failed(&bench.then->result.workloads[0].cells[CANDIDATE], "failed: long ago");
    compare_bench(&bench);
    dcb_gate_judge(&gate, &bench.compare);
    assert_int_equal(gate.finding_count, 1);
    assert_outcome(&gate.findings[0], DCB_GATE_NOT_COMPARED);
    dcb_gate_clear(&gate);
    unmake_bench(&bench);
}

static void a_control_that_differs_decides_nothing(void **state)
{
    struct dcb_gate gate = new_gate(true, false, 1);
    struct bench bench;

    (void)state;
    make_bench(&bench, memo, 1);
    bench.now->result.workloads[0].withheld = true;
    compare_bench(&bench);
    dcb_gate_judge(&gate, &bench.compare);
    assert_outcome(&gate.findings[0], DCB_GATE_UNDECIDED);
    assert_true(dcb_gate_wants_again(&gate, "memo"));
    dcb_gate_clear(&gate);
    unmake_bench(&bench);
}

/* Measuring again would not change it. */
static void a_control_that_differed_stays(void **state)
{
    struct dcb_gate gate = new_gate(true, false, 1);
    struct bench bench;
    char *conclusion;

    (void)state;
    make_bench(&bench, memo, 1);
    bench.then->result.workloads[0].withheld = true;
    compare_bench(&bench);
    dcb_gate_judge(&gate, &bench.compare);
    assert_outcome(&gate.findings[0], DCB_GATE_UNDECIDED);
    assert_false(dcb_gate_wants_again(&gate, "memo"));
    conclusion = dcb_gate_conclusion(&gate);
    assert_non_null(strstr(conclusion, "--update"));
    assert_null(strstr(conclusion, "--max-time"));
    free(conclusion);
    dcb_gate_clear(&gate);
    unmake_bench(&bench);
}

static void only_what_was_asked_for_is_judged(void **state)
{
    struct dcb_gate gate = new_gate(true, false, 1);
    struct bench bench = {.then = make_paper("base", merged, 1, two_inputs, 2),
                          .now = make_paper("now", merged, 1, memo, 1)};

    (void)state;
    compare_bench(&bench);
    dcb_gate_judge(&gate, &bench.compare);
    assert_int_equal(gate.finding_count, 1);
    assert_string_equal(gate.findings[0].workload, "memo");
    dcb_gate_clear(&gate);
    unmake_bench(&bench);
}

static void what_was_not_reached_has_failed(void **state)
{
    struct dcb_gate gate = new_gate(true, false, 1);
    struct bench bench;

    (void)state;
    make_bench(&bench, two_inputs, 2);
    bench.now->result.workload_count = 1; /* the second was planned */
    compare_bench(&bench);
    dcb_gate_judge(&gate, &bench.compare);
    assert_int_equal(gate.finding_count, 2);
    assert_outcome(find_finding(&gate, "reduce", DCB_GATE_TIME), DCB_GATE_FAILED);
    dcb_gate_clear(&gate);
    bench.now->result.workload_count = 2;
    unmake_bench(&bench);
}

static void nothing_to_judge_is_no_pass(void **state)
{
    struct dcb_gate gate = new_gate(true, true, 1);

    (void)state;
    assert_int_equal(dcb_gate_outcome(&gate), DCB_GATE_NOT_COMPARED);
}

/* ---- again ---- */

static void set_time(struct bench *bench, size_t row, double low, double ratio,
                     double high)
{
    comparison_of(bench, row)->ratio = comparison_of(bench, row)->wide =
        between(low, ratio, high);
}

/* A first measurement of memo and reduce, and a second of what is open. */
struct twice {
    struct bench first, second;
    struct dcb_gate gate;
};

static void make_twice(struct twice *twice, unsigned retries)
{
    twice->gate = new_gate(true, true, retries);
    make_bench(&twice->first, two_inputs, 2);
    make_bench(&twice->second, memo, 1);
    compare_bench(&twice->first);
    compare_bench(&twice->second);
    instructions_of(&twice->first)->provider = DCB_PROVIDER_SIMULATED;
    instructions_of(&twice->first)->change = between(1, 1, 1);
}

static void unmake_twice(struct twice *twice)
{
    dcb_gate_clear(&twice->gate);
    unmake_bench(&twice->first);
    unmake_bench(&twice->second);
}

static void the_second_alone_is_judged(void **state)
{
    static const struct {
        double low, ratio, high;
        enum dcb_gate_outcome outcome;
    } cases[] = {{0.99, 1.0, 1.01, DCB_GATE_PASS},
                 {1.04, 1.05, 1.06, DCB_GATE_REGRESSION},
                 {0.98, 1.01, 1.04, DCB_GATE_UNDECIDED}};

    (void)state;
    for (size_t first = 1; first < 3; first++) {
        for (size_t second = 0; second < 3; second++) {
            const struct dcb_gate_finding *finding;
            struct twice twice;

            make_twice(&twice, 1);
            set_time(&twice.first, 0, cases[first].low, cases[first].ratio,
                     cases[first].high);
            set_time(&twice.second, 0, cases[second].low, cases[second].ratio,
                     cases[second].high);
            dcb_gate_judge(&twice.gate, &twice.first.compare);
            assert_true(dcb_gate_wants_again(&twice.gate, "memo"));
            assert_false(dcb_gate_wants_again(&twice.gate, "reduce"));
            dcb_gate_judge(&twice.gate, &twice.second.compare);
            assert_false(dcb_gate_wants_again(&twice.gate, "memo"));
            finding = find_finding(&twice.gate, "memo", DCB_GATE_TIME);
            assert_int_equal(finding->measure_count, 2);
            assert_int_equal(finding->measures[0].outcome, cases[first].outcome);
            assert_outcome(finding, cases[second].outcome);
            assert_int_equal(
                find_finding(&twice.gate, "memo", DCB_GATE_INSTRUCTIONS)->measure_count,
                1);
            assert_int_equal(
                find_finding(&twice.gate, "reduce", DCB_GATE_TIME)->measure_count, 1);
            assert_int_equal(dcb_gate_outcome(&twice.gate), cases[second].outcome);
            unmake_twice(&twice);
        }
    }
}

/* A count that was too high, and then could not be counted again, has not passed. */
static void a_count_that_is_lost_decides_nothing(void **state)
{
    static const struct dcb_interval firsts[] = {{1.05, 1.04, 1.06}, {1.01, 0.98, 1.04}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct dcb_gate_finding *finding;
        struct twice twice;

        make_twice(&twice, 1);
        instructions_of(&twice.first)->provider = DCB_PROVIDER_HARDWARE;
        instructions_of(&twice.first)->change = firsts[i];
        instructions_of(&twice.second)->ratio.estimate = (double)NAN;
        dcb_gate_judge(&twice.gate, &twice.first.compare);
        assert_true(dcb_gate_wants_again(&twice.gate, "memo"));
        dcb_gate_judge(&twice.gate, &twice.second.compare);
        finding = find_finding(&twice.gate, "memo", DCB_GATE_INSTRUCTIONS);
        assert_int_equal(finding->measure_count, 2);
        assert_outcome(finding, DCB_GATE_UNDECIDED);
        assert_has(dcb_gate_judged(finding)->reason, "not counted the second time");
        assert_int_equal(dcb_gate_outcome(&twice.gate), DCB_GATE_UNDECIDED);
        unmake_twice(&twice);
    }
}

static void so_many_retries_and_no_more(void **state)
{
    struct twice twice;

    (void)state;
    make_twice(&twice, 0);
    set_time(&twice.first, 0, 1.04, 1.05, 1.06);
    dcb_gate_judge(&twice.gate, &twice.first.compare);
    assert_false(dcb_gate_wants_again(&twice.gate, "memo"));
    assert_int_equal(dcb_gate_outcome(&twice.gate), DCB_GATE_REGRESSION);
    unmake_twice(&twice);

    /* Of more than one, a regression that was seen again needs none; what is not clear
     * does. */
    make_twice(&twice, 2);
    set_time(&twice.first, 0, 1.04, 1.05, 1.06);
    set_time(&twice.second, 0, 1.04, 1.05, 1.06);
    dcb_gate_judge(&twice.gate, &twice.first.compare);
    dcb_gate_judge(&twice.gate, &twice.second.compare);
    assert_false(dcb_gate_wants_again(&twice.gate, "memo"));
    unmake_twice(&twice);
    make_twice(&twice, 2);
    set_time(&twice.first, 0, 1.04, 1.05, 1.06);
    set_time(&twice.second, 0, 0.98, 1.01, 1.04);
    dcb_gate_judge(&twice.gate, &twice.first.compare);
    dcb_gate_judge(&twice.gate, &twice.second.compare);
    assert_true(dcb_gate_wants_again(&twice.gate, "memo"));
    unmake_twice(&twice);
}

static void a_simulated_regression_needs_no_second_look(void **state)
{
    struct twice twice;

    (void)state;
    make_twice(&twice, 1);
    instructions_of(&twice.first)->change = between(1.009, 1.01, 1.011);
    dcb_gate_judge(&twice.gate, &twice.first.compare);
    assert_false(dcb_gate_wants_again(&twice.gate, "memo"));
    assert_int_equal(dcb_gate_outcome(&twice.gate), DCB_GATE_REGRESSION);
    unmake_twice(&twice);
}

static void an_update_measures_once(void **state)
{
    struct twice twice;

    (void)state;
    make_twice(&twice, 1);
    twice.gate.settings.update = true;
    set_time(&twice.first, 0, 1.04, 1.05, 1.06);
    dcb_gate_judge(&twice.gate, &twice.first.compare);
    assert_false(dcb_gate_wants_again(&twice.gate, "memo"));
    unmake_twice(&twice);
}

/* Of two rows one is measured again: 0.05 for both is 0.025 for one. */
static void confidence_of_a_row_stays(void **state)
{
    struct twice twice;

    (void)state;
    make_twice(&twice, 1);
    set_time(&twice.first, 0, 1.04, 1.05, 1.06);
    dcb_gate_judge(&twice.gate, &twice.first.compare);
    assert_true(fabs(dcb_gate_confidence_again(&twice.gate) - 0.975) < 1e-12);
    unmake_twice(&twice);
}

/* ---- precision ---- */

/* An error of 0.002 over 25 workers, one row, 95 %: t of 48 degrees of freedom at 0.975
 * is 2.0106, and of 24 it is 2.0639. For +-0.66 % (a third of ln 1.02) of r, the error of
 * r may be 0.0033, and that of this side sqrt(0.0033^2 - 0.002^2) = 0.00260. In parts of
 * the slower time, of a ratio of 0.9: 0.9 * 2.0639 * 0.00260. */
static void precision_fits_the_margin(void **state)
{
    struct dcb_document *then = make_paper("base", merged, 1, memo, 1);
    bool enough = false;
    double wanted = log(1.02) / 3 / 2.010635, own = sqrt(wanted * wanted - 4e-6);

    (void)state;
    assert_true(fabs(dcb_gate_precision(then, 0.02, 0.95, &enough) -
                     0.9 * 2.063899 * own) < 1e-7);
    assert_true(enough);
    /* A coarse file: half of its own error, and a margin it cannot clear. */
    set_ratio(&then->result.workloads[0].cells[CANDIDATE], 1.2, 0.02, MANY_WORKERS);
    assert_true(fabs(dcb_gate_precision(then, 0.02, 0.95, &enough) - 2.063899 * 0.01) <
                1e-7);
    assert_false(enough);
    then->result.workloads[0].cells[CANDIDATE].confidence = 1; /* nothing can say that */
    assert_true(isnan(dcb_gate_precision(then, 0.02, 0.95, &enough)));
    then->result.workloads[0].cells[CANDIDATE].ratio.low = (double)NAN;
    assert_true(isnan(dcb_gate_precision(then, 0.02, 0.95, &enough)));
    unmake_paper(then);
}

/* ---- what is said ---- */

static void conclusions(void **state)
{
    struct twice twice;
    char *text;

    (void)state;
    make_twice(&twice, 1);
    set_time(&twice.first, 0, 0.95, 0.96, 0.97);
    dcb_gate_judge(&twice.gate, &twice.first.compare);
    text = dcb_gate_conclusion(&twice.gate);
    assert_string_equal(text, "no regression: 2 rows within 2 %, instructions of 2 rows "
                              "within 0.5 %; better: merged on memo (--update keeps "
                              "that)");
    free(text);
    unmake_twice(&twice);

    make_twice(&twice, 0);
    set_time(&twice.first, 0, 1.04, 1.05, 1.06);
    dcb_gate_judge(&twice.gate, &twice.first.compare);
    text = dcb_gate_conclusion(&twice.gate);
    assert_string_equal(text, "regression: merged on memo: time +5.0 % (+4.0 to +6.0 %), "
                              "allowed +2 %");
    free(text);
    twice.gate.signal = 2;
    text = dcb_gate_conclusion(&twice.gate);
    assert_int_equal(strncmp(text, "interrupted: ", 13), 0);
    free(text);
    unmake_twice(&twice);
}

static void advice_is_of_the_rule(void **state)
{
    struct twice twice;
    char *text;

    (void)state;
    make_twice(&twice, 0);
    set_time(&twice.first, 0, 0.98, 1.01, 1.04);
    dcb_gate_judge(&twice.gate, &twice.first.compare);
    text = dcb_gate_conclusion(&twice.gate);
    assert_has(text, "; a longer --max-time or a wider --margin decides");
    free(text);
    unmake_twice(&twice);

    make_twice(&twice, 0);
    instructions_of(&twice.first)->change = between(0.99, 1.01, 1.02);
    dcb_gate_judge(&twice.gate, &twice.first.compare);
    text = dcb_gate_conclusion(&twice.gate);
    assert_has(text, "undecided: merged on memo: ");
    assert_has(text, "; a wider --instructions-margin decides");
    assert_null(strstr(text, "--max-time"));
    free(text);
    unmake_twice(&twice);
}

static void report_shows_both_measurements(void **state)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    struct twice twice;

    (void)state;
    make_twice(&twice, 1);
    set_time(&twice.first, 0, 1.04, 1.05, 1.06);
    set_time(&twice.second, 0, 1.03, 1.04, 1.05);
    dcb_gate_judge(&twice.gate, &twice.first.compare);
    dcb_gate_judge(&twice.gate, &twice.second.compare);
    dcb_gate_report(&twice.gate, DCB_TABLE_TEXT, 0, false, &out);
    assert_has(out.text, "+5.0 %    +4.0 to +6.0 %    +2 %  retried\n");
    assert_has(out.text, "+4.0 %    +3.0 to +5.0 %    +2 %  REGRESSION\n");
    assert_has(out.text, "the last measurement alone is judged");
    assert_has(out.text, "\nreduce\n");
    dcb_strbuf_clear(&out);
    dcb_gate_report(&twice.gate, DCB_TABLE_TEXT, -1, false, &out);
    assert_null(strstr(out.text, "\nreduce\n")); /* only what did not pass */
    assert_has(out.text, "REGRESSION\n");
    dcb_strbuf_clear(&out);
    dcb_gate_csv(&twice.gate, &out);
    assert_has(out.text, "memo,merged,time,,1,no,regression,");
    assert_has(out.text, "memo,merged,time,,2,yes,regression,");
    dcb_strbuf_clear(&out);
    unmake_twice(&twice);
}

static void quiet_says_nothing_of_a_pass(void **state)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    struct dcb_gate gate = new_gate(true, false, 1);
    struct bench bench;

    (void)state;
    make_bench(&bench, memo, 1);
    compare_bench(&bench);
    dcb_gate_judge(&gate, &bench.compare);
    dcb_gate_report(&gate, DCB_TABLE_TEXT, -1, false, &out);
    assert_int_equal(out.length, 0);
    dcb_strbuf_clear(&out);
    dcb_gate_clear(&gate);
    unmake_bench(&bench);
}

/* Labels come out of a file that nobody vouches for. */
static void labels_are_made_printable(void **state)
{
    static const char *const evil[] = {"<i>a\x1b[31m|\n::error::x"};
    struct dcb_strbuf out = DCB_STRBUF_INIT, markdown = DCB_STRBUF_INIT;
    struct dcb_gate gate = new_gate(true, false, 0);
    struct bench bench = {.then = make_paper("base", evil, 1, evil, 1),
                          .now = make_paper("now", evil, 1, evil, 1)};
    char *json;

    (void)state;
    compare_bench(&bench);
    set_time(&bench, 0, 1.04, 1.05, 1.06);
    dcb_gate_judge(&gate, &bench.compare);
    dcb_gate_report(&gate, DCB_TABLE_TEXT, 0, false, &out);
    dcb_gate_report(&gate, DCB_TABLE_MARKDOWN, 0, false, &markdown);
    assert_null(strstr(markdown.text, "<i>"));
    assert_has(markdown.text, "\n### \\<i\\>a?\\[31m\\| ::error::x\n");
    dcb_strbuf_append(&out, markdown.text);
    dcb_strbuf_clear(&markdown);
    dcb_gate_csv(&gate, &out);
    assert_null(strchr(out.text, '\x1b'));
    assert_null(strstr(out.text, "\n::error"));
    json = dcb_json_gate(&gate, false);
    assert_null(strchr(json, '\x1b'));
    assert_has(json, "\"outcome\":\"regression\"");
    free(json);
    dcb_strbuf_clear(&out);
    dcb_gate_clear(&gate);
    unmake_bench(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_deepcopy_is_a_wrong_copy),
        cmocka_unit_test(time_at_its_borders),
        cmocka_unit_test(instructions_at_their_borders),
        cmocka_unit_test(another_provider_is_no_failure),
        cmocka_unit_test(another_valgrind_is_no_failure),
        cmocka_unit_test(missing_instructions_have_a_reason),
        cmocka_unit_test(other_things_are_not_compared),
        cmocka_unit_test(times_alone_are_not_compared),
        cmocka_unit_test(another_machine_is_compared),
        cmocka_unit_test(what_fails_now_fails),
        cmocka_unit_test(what_failed_then_is_not_compared),
        cmocka_unit_test(a_control_that_differs_decides_nothing),
        cmocka_unit_test(a_control_that_differed_stays),
        cmocka_unit_test(only_what_was_asked_for_is_judged),
        cmocka_unit_test(what_was_not_reached_has_failed),
        cmocka_unit_test(nothing_to_judge_is_no_pass),
        cmocka_unit_test(the_second_alone_is_judged),
        cmocka_unit_test(a_count_that_is_lost_decides_nothing),
        cmocka_unit_test(so_many_retries_and_no_more),
        cmocka_unit_test(a_simulated_regression_needs_no_second_look),
        cmocka_unit_test(an_update_measures_once),
        cmocka_unit_test(confidence_of_a_row_stays),
        cmocka_unit_test(precision_fits_the_margin),
        cmocka_unit_test(conclusions),
        cmocka_unit_test(advice_is_of_the_rule),
        cmocka_unit_test(report_shows_both_measurements),
        cmocka_unit_test(quiet_says_nothing_of_a_pass),
        cmocka_unit_test(labels_are_made_printable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
