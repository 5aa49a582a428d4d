/* Events that open and never count, and events that this CPU has not. QEMU counts
 * instructions and cycles only; what else its models claim to have stands still. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lab.h"

static struct dcb_event raw(uint64_t config, enum dcb_stimulus stimulus)
{
    struct dcb_event event = lab_event("raw", PERF_TYPE_RAW, config);

    event.stimulus = stimulus;
    return event;
}

static void check_dead(struct dcb_event event, const char *expected)
{
    char reason[200];

    assert_int_equal(dcb_counters_choose(&event, 1, reason, sizeof reason), -1);
    assert_false(event.verified);
    assert_contains(reason, "opens but does not count (0 after a ");
    assert_contains(reason, expected);
    assert_contains(reason, "use --counters simulated");
}

static void dead_events_are_found_out(void **state)
{
    (void)state;
    check_dead(raw(LAB_BR_RETIRED, DCB_STIMULUS_LOOP), "loop that must give ");
    check_dead(raw(LAB_L1D_CACHE, DCB_STIMULUS_MEMORY),
               "walk over uncached memory that must give ");
}

/* Nothing is known to move it: it is taken, and not called verified. */
static void no_stimulus_is_no_proof(void **state)
{
    struct dcb_event event = raw(LAB_L1D_CACHE, DCB_STIMULUS_NONE);
    char reason[200];

    (void)state;
    assert_int_equal(dcb_counters_choose(&event, 1, reason, sizeof reason), 0);
    assert_false(event.verified);
    assert_string_equal(reason, "");
}

static void live_events_are_verified(void **state)
{
    struct dcb_event events[] = {lab_instructions(), lab_cycles(),
                                 raw(LAB_INST_RETIRED, DCB_STIMULUS_LOOP),
                                 raw(LAB_CPU_CYCLES, DCB_STIMULUS_LOOP)};
    char reason[200];

    (void)state;
    events[0].stimulus = events[1].stimulus = DCB_STIMULUS_LOOP;
    for (size_t i = 0; i < COUNT(events); i++) {
        assert_int_equal(dcb_counters_choose(&events[i], 1, reason, sizeof reason), 0);
        assert_true(events[i].verified);
        assert_string_equal(reason, "");
    }
}

static void the_first_that_counts_is_chosen(void **state)
{
    struct dcb_event events[] = {
        lab_event("branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS),
        raw(LAB_BR_RETIRED, DCB_STIMULUS_LOOP), raw(LAB_INST_RETIRED, DCB_STIMULUS_LOOP),
        raw(LAB_CPU_CYCLES, DCB_STIMULUS_LOOP)};
    char reason[200];

    (void)state;
    events[0].stimulus = DCB_STIMULUS_LOOP;
    assert_int_equal(dcb_counters_choose(events, COUNT(events), reason, sizeof reason),
                     2);
    assert_string_equal(reason, "");
    assert_false(events[0].verified);
    assert_false(events[1].verified);
    assert_true(events[2].verified);
    assert_false(events[3].verified); /* not tried */
    /* Where none counts, the one that came furthest tells why. */
    assert_int_equal(dcb_counters_choose(events, 2, reason, sizeof reason), -1);
    assert_contains(reason, "opens but does not count");
}

static void missing_events_are_told(void **state)
{
    static const uint64_t missing = PERF_COUNT_HW_CACHE_LL;
    struct dcb_event events[] = {
        lab_event("branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS),
        lab_event("LLC-loads", PERF_TYPE_HW_CACHE, missing)};
    struct dcb_counter_state states[COUNT(events)];
    struct dcb_counters *counters;
    char reason[200];

    (void)state;
    for (size_t i = 0; i < COUNT(events); i++) {
        assert_int_equal(dcb_counters_choose(&events[i], 1, reason, sizeof reason), -1);
        assert_string_equal(reason,
                            "this CPU has no such event: name another with --events");
    }
    counters = dcb_counters_open(events, COUNT(events), states);
    assert_int_equal(dcb_counters_groups(counters), 0);
    for (size_t i = 0; i < COUNT(events); i++) {
        assert_int_equal(states[i].slot, -1);
        assert_string_equal(states[i].reason, reason);
    }
    dcb_counters_free(counters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dead_events_are_found_out),
        cmocka_unit_test(no_stimulus_is_no_proof),
        cmocka_unit_test(live_events_are_verified),
        cmocka_unit_test(the_first_that_counts_is_chosen),
        cmocka_unit_test(missing_events_are_told),
    };

    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
