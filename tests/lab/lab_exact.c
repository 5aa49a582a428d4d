/* Instruction counts of a known loop: none off, by group reads and by user-space reads.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lab.h"
#include "rng.h"

enum { SIZES = 1000, LARGEST = 20000 };

static struct dcb_counters *open_both(bool user_reads)
{
    struct dcb_event events[] = {lab_instructions(), lab_cycles()};
    struct dcb_counter_state states[COUNT(events)];
    struct dcb_counters *counters;

    lab_sysctl("perf_user_access", user_reads);
    counters = dcb_counters_open(events, COUNT(events), states);
    for (size_t i = 0; i < COUNT(events); i++) {
        assert_string_equal(states[i].reason, "");
        assert_int_equal(states[i].group, 0);
        assert_int_equal(states[i].slot, i);
    }
    assert_int_equal(dcb_counters_groups(counters), 1);
    assert_int_equal(dcb_counters_user_reads(counters), user_reads);
    dcb_counters_select(counters, 0);
    return counters;
}

static uint64_t size_of(struct dcb_rng *rng)
{
    return 1 + dcb_rng_below(rng, LARGEST);
}

/* A tick of the guest's clock between a counter and the look at its page makes the
 * reading do both again (counters_page.c), and a block counts those few instructions,
 * too: they were executed. Ticks come every some millions of instructions, readings take
 * some dozens. */
enum { REPEAT_LARGEST = 100, REPEATS_MAX = 3 };

static bool is_repeated(bool user_reads, uint64_t counted, uint64_t expected)
{
    return user_reads && counted > expected && counted - expected < REPEAT_LARGEST;
}

/* Under -icount shift=0 an instruction takes a nanosecond, which is a cycle. Returns what
 * a block of no turns counts. */
static uint64_t check_sizes(bool user_reads)
{
    struct dcb_counters *counters = open_both(user_reads);
    uint64_t fixed = lab_fixed_cost(counters, 0);
    struct dcb_rng rng = {1};
    size_t off = 0, other = 0, repeated = 0;

    for (size_t i = 0; i < SIZES; i++) {
        uint64_t size = size_of(&rng);
        uint64_t expected = size * LAB_LOOP_LENGTH + fixed;
        struct dcb_block block = lab_measure(counters, size);

        assert_int_equal(block.flags, DCB_BLOCK_PMU_OK);
        if (is_repeated(user_reads, block.pmu[0], expected))
            repeated++;
        else
            off += block.pmu[0] != expected;
        other += block.pmu[1] != block.pmu[0];
    }
    print_message("%s reads of %d sizes: instructions = %d n + %llu, %zu off, %zu with a "
                  "repeated reading; %zu with other cycles\n",
                  user_reads ? "user-space" : "group", SIZES, LAB_LOOP_LENGTH,
                  (unsigned long long)fixed, off, repeated, other);
    assert_int_equal(off, 0);
    assert_int_equal(other, 0);
    assert_in_range(repeated, 0, REPEATS_MAX);
    dcb_counters_free(counters);
    return fixed;
}

static void group_reads_are_exact(void **state)
{
    (void)state;
    check_sizes(false);
}

static void user_reads_are_exact(void **state)
{
    (void)state;
    check_sizes(true);
}

/* The same blocks by both, side by side: what they count beyond an empty block's cost. */
static void both_reads_count_the_same(void **state)
{
    struct dcb_counters *group = open_both(false), *user = open_both(true);
    uint64_t group_fixed, user_fixed;
    struct dcb_rng rng = {2};
    size_t repeated = 0;

    (void)state;
    group_fixed = lab_fixed_cost(group, 0);
    user_fixed = lab_fixed_cost(user, 0);
    for (size_t i = 0; i < SIZES / 10; i++) {
        uint64_t size = size_of(&rng);
        uint64_t by_group = lab_measure(group, size).pmu[0] - group_fixed;
        uint64_t by_user = lab_measure(user, size).pmu[0] - user_fixed;

        if (is_repeated(true, by_user, by_group))
            repeated++;
        else
            assert_int_equal(by_group, by_user);
    }
    assert_in_range(repeated, 0, REPEATS_MAX);
    dcb_counters_free(group);
    dcb_counters_free(user);
}

static void probe_agrees_with_the_loop(void **state)
{
    struct dcb_event instructions = lab_instructions();
    struct dcb_counters_ability ability;

    (void)state;
    for (int access = 0; access < 2; access++) {
        lab_sysctl("perf_user_access", access);
        dcb_counters_probe(&instructions, &ability);
        assert_string_equal(ability.reason, "");
        assert_true(ability.hardware);
        assert_true(ability.kernel);
        assert_true(ability.loop_expected > 0);
        assert_int_equal(ability.loop_counted, ability.loop_expected);
        assert_int_equal(ability.fit, LAB_COUNTERS);
        assert_int_equal(ability.user_reads, access);
        assert_string_equal(ability.read_reason,
                            access ? ""
                                   : "the kernel does not let user space read counters: "
                                     "sudo sysctl kernel.perf_user_access=1");
        assert_int_equal(ability.paranoid, 3);
        assert_false(ability.seccomp);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(group_reads_are_exact),
        cmocka_unit_test(user_reads_are_exact),
        cmocka_unit_test(both_reads_count_the_same),
        cmocka_unit_test(probe_agrees_with_the_loop),
    };

    return cmocka_run_group_tests_name("exact", tests, NULL, NULL);
}
