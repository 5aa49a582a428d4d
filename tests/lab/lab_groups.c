/* More events than the PMU has counters: groups that take turns, none of them scaled. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lab.h"

enum { EVENTS = 20, TURNS = 5000 };

static void fill_events(struct dcb_event *events)
{
    events[0] = lab_instructions();
    for (size_t i = 1; i < EVENTS; i++)
        events[i] = lab_event("retired", PERF_TYPE_RAW, LAB_INST_RETIRED);
}

/* Every counter of a group counts instructions, so all of them count the same: what the
 * loop has, and what the readings cost. */
static void check_group(struct dcb_counters *counters, size_t group, size_t members)
{
    struct dcb_block block;
    uint64_t fixed;

    dcb_counters_select(counters, group);
    fixed = lab_fixed_cost(counters, 0);
    block = lab_measure(counters, TURNS);
    assert_int_equal(block.flags, DCB_BLOCK_PMU_OK);
    for (size_t i = 0; i < members; i++)
        assert_int_equal(block.pmu[i], LAB_LOOP_LENGTH * TURNS + fixed);
}

static void check_spread(bool user_reads)
{
    enum { MEMBERS = LAB_COUNTERS - 1, GROUPS = (EVENTS - 2) / MEMBERS + 1 };
    struct dcb_event events[EVENTS];
    struct dcb_counter_state states[EVENTS];
    size_t members[GROUPS] = {0};
    struct dcb_counters *counters;

    lab_sysctl("perf_user_access", user_reads);
    fill_events(events);
    counters = dcb_counters_open(events, EVENTS, states);
    assert_int_equal(dcb_counters_groups(counters), GROUPS);
    assert_int_equal(dcb_counters_user_reads(counters), user_reads);
    for (size_t i = 0; i < EVENTS; i++) {
        assert_string_equal(states[i].reason, "");
        assert_in_range(states[i].group, 0, GROUPS - 1);
        assert_in_range(states[i].slot, i ? 1 : 0, LAB_COUNTERS - 1);
        assert_true(states[i].anchored);
        members[states[i].group]++;
    }
    /* The anchor is an event of the caller's in the first group only. */
    for (size_t i = 0; i < GROUPS; i++)
        check_group(counters, i, members[i] + (i > 0));
    dcb_counters_free(counters);
}

static void groups_take_turns(void **state)
{
    (void)state;
    check_spread(false);
}

static void groups_take_turns_with_user_reads(void **state)
{
    (void)state;
    check_spread(true);
}

/* A group that is not live stands still: its time does not run either. */
static void only_the_live_group_counts(void **state)
{
    struct dcb_event events[EVENTS];
    struct dcb_counter_state states[EVENTS];
    struct dcb_counter_reading first, last;
    struct dcb_counters *counters;

    (void)state;
    fill_events(events);
    counters = dcb_counters_open(events, EVENTS, states);
    dcb_counters_select(counters, 1);
    dcb_counters_read(counters, &first);
    dcb_counters_select(counters, 0);
    lab_loop(100 * TURNS);
    dcb_counters_select(counters, 1);
    dcb_counters_read(counters, &last);
    assert_true(first.pmu_ok && last.pmu_ok);
    assert_in_range(last.pmu[0] - first.pmu[0], 1, TURNS);
    assert_int_equal(last.idle, first.idle);
    dcb_counters_free(counters);
}

/* Cycles have a counter of their own. */
static void cycles_take_no_counter(void **state)
{
    struct dcb_event events[LAB_COUNTERS + 1];
    struct dcb_counter_state states[COUNT(events)];
    struct dcb_counters *counters;

    (void)state;
    events[0] = lab_instructions();
    events[1] = lab_cycles();
    for (size_t i = 2; i < COUNT(events); i++)
        events[i] = lab_event("retired", PERF_TYPE_RAW, LAB_INST_RETIRED);
    counters = dcb_counters_open(events, COUNT(events), states);
    assert_int_equal(dcb_counters_groups(counters), 1);
    check_group(counters, 0, COUNT(events));
    dcb_counters_free(counters);
}

/* What another program has taken is not there for us; when it is gone, it is again. The
 * other one's counters are pinned to the CPU, as the NMI watchdog's. */
static void counters_that_others_hold(void **state)
{
    struct dcb_event events[LAB_COUNTERS];
    struct dcb_counter_state states[COUNT(events)];
    struct dcb_counters *counters;
    struct perf_event_attr attr = {.size = sizeof attr,
                                   .type = PERF_TYPE_RAW,
                                   .config = LAB_INST_RETIRED,
                                   .pinned = true};
    int other = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0);

    (void)state;
    assert_true(other >= 0);
    for (size_t i = 0; i < COUNT(events); i++)
        events[i] = i ? lab_event("retired", PERF_TYPE_RAW, LAB_INST_RETIRED)
                      : lab_instructions();
    counters = dcb_counters_open(events, COUNT(events), states);
    assert_int_equal(dcb_counters_groups(counters), 2);
    for (size_t i = 0; i < COUNT(events); i++)
        assert_string_equal(states[i].reason, "");
    check_group(counters, 0, LAB_COUNTERS - 1);
    check_group(counters, 1, 2);
    dcb_counters_free(counters);
    close(other);
    counters = dcb_counters_open(events, COUNT(events), states);
    assert_int_equal(dcb_counters_groups(counters), 1);
    dcb_counters_free(counters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_take_turns),
        cmocka_unit_test(groups_take_turns_with_user_reads),
        cmocka_unit_test(only_the_live_group_counts),
        cmocka_unit_test(cycles_take_no_counter),
        cmocka_unit_test(counters_that_others_hold),
    };

    return cmocka_run_group_tests_name("groups", tests, NULL, NULL);
}
