/* Instruction counts of a known loop: none off. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lab.h"
#include "rng.h"

enum { SIZES = 1000, LARGEST = 20000 };

/* What a block counts besides the loop: the way through the two readings. The first block
 * also pays for what is resolved once. */
static uint64_t fixed_cost(struct dcb_counters *counters, int slot)
{
    lab_measure(counters, 1);
    return lab_measure(counters, 1).pmu[slot] - LAB_LOOP_LENGTH;
}

/* Under -icount shift=0 an instruction takes a nanosecond, which is a cycle. */
static void check_sizes(bool user_reads)
{
    struct dcb_event events[] = {lab_instructions(), lab_cycles()};
    struct dcb_counter_state states[COUNT(events)];
    struct dcb_counters *counters;
    struct dcb_rng rng = {1};
    size_t off = 0;
    uint64_t fixed;

    lab_sysctl("perf_user_access", user_reads);
    counters = dcb_counters_open(events, COUNT(events), states);
    assert_string_equal(states[0].reason, "");
    assert_string_equal(states[1].reason, "");
    assert_int_equal(states[1].group, states[0].group);
    dcb_counters_select(counters, 0);
    fixed = fixed_cost(counters, states[0].slot);
    for (size_t i = 0; i < SIZES; i++) {
        uint64_t size = 1 + dcb_rng_below(&rng, LARGEST);
        struct dcb_block block = lab_measure(counters, size);

        assert_int_equal(block.flags, DCB_BLOCK_PMU_OK);
        off += block.pmu[states[0].slot] != size * LAB_LOOP_LENGTH + fixed;
        off += block.pmu[states[1].slot] != block.pmu[states[0].slot];
    }
    print_message("%d sizes: instructions = %d n + %llu, and as many cycles; %zu off\n",
                  SIZES, LAB_LOOP_LENGTH, (unsigned long long)fixed, off);
    assert_int_equal(off, 0);
    dcb_counters_free(counters);
}

static void group_reads_are_exact(void **state)
{
    (void)state;
    check_sizes(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(group_reads_are_exact),
    };

    return cmocka_run_group_tests_name("exact", tests, NULL, NULL);
}
