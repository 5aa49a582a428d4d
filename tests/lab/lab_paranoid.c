/* What a user who is not root may count at each level of kernel.perf_event_paranoid.
 * Debian's kernel knows level 3, and takes what is above as that. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/mman.h>
#include <sys/wait.h>

#include "lab.h"

enum { USER = 1000, HIGHEST = 4 };

/* What the child found. */
struct finding {
    struct dcb_counters_ability ability;
    struct dcb_counter_state states[3];
    struct dcb_block block;
};

static void look(struct finding *finding)
{
    struct dcb_event events[] = {
        lab_instructions(),
        lab_event("page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS),
        lab_event("page-faults:u", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS)};
    struct dcb_counters *counters;

    events[2].user_only = true;
    dcb_counters_probe(&events[0], &finding->ability);
    counters = dcb_counters_open(events, COUNT(events), finding->states);
    dcb_counters_select(counters, 0);
    finding->block = lab_measure(counters, 1000);
    dcb_counters_free(counters);
}

/* As that user, at that level; unmap it. */
static struct finding *find(int level)
{
    struct finding *finding = mmap(NULL, sizeof *finding, PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = -1;
    pid_t pid;

    assert_true(finding != MAP_FAILED);
    lab_sysctl("perf_event_paranoid", level);
    pid = fork();
    if (pid == 0) {
        if (setresgid(USER, USER, USER) != 0 || setresuid(USER, USER, USER) != 0)
            _exit(1);
        look(finding);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(finding->ability.paranoid, level);
    return finding;
}

static void user_space_is_counted_up_to_level_2(void **state)
{
    (void)state;
    for (int level = -1; level <= 2; level++) {
        struct finding *finding = find(level);

        assert_true(finding->ability.hardware);
        assert_string_equal(finding->ability.reason, "");
        assert_int_equal(finding->ability.loop_counted, finding->ability.loop_expected);
        assert_string_equal(finding->states[0].reason, "");
        assert_true(finding->block.flags & DCB_BLOCK_PMU_OK);
        assert_true(finding->block.pmu[0] >= 1000 * LAB_LOOP_LENGTH);
        munmap(finding, sizeof *finding);
    }
}

static void the_kernel_is_counted_up_to_level_1(void **state)
{
    (void)state;
    for (int level = -1; level <= 1; level++) {
        struct finding *finding = find(level);

        assert_true(finding->ability.kernel);
        assert_string_equal(finding->states[1].reason, "");
        assert_string_equal(finding->states[2].reason, "");
        munmap(finding, sizeof *finding);
    }
}

static void level_2_keeps_the_kernel(void **state)
{
    struct finding *finding = find(2);

    (void)state;
    assert_false(finding->ability.kernel);
    assert_string_equal(finding->states[1].reason,
                        "kernel.perf_event_paranoid is 2, which keeps what the kernel "
                        "does from users: sudo sysctl kernel.perf_event_paranoid=1");
    assert_string_equal(finding->states[2].reason, "");
    munmap(finding, sizeof *finding);
}

static void from_level_3_on_nothing_is_counted(void **state)
{
    (void)state;
    for (int level = 3; level <= HIGHEST; level++) {
        struct finding *finding = find(level);
        char *expected =
            dcb_xasprintf("kernel.perf_event_paranoid is %d, which keeps counters from "
                          "users: sudo sysctl kernel.perf_event_paranoid=",
                          level);

        assert_false(finding->ability.hardware);
        assert_false(finding->ability.kernel);
        assert_int_equal(finding->ability.fit, 0);
        assert_contains(finding->ability.reason, expected);
        for (size_t i = 0; i < COUNT(finding->states); i++) {
            assert_int_equal(finding->states[i].slot, -1);
            assert_contains(finding->states[i].reason, expected);
        }
        assert_int_equal(finding->block.flags, 0);
        free(expected);
        munmap(finding, sizeof *finding);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(user_space_is_counted_up_to_level_2),
        cmocka_unit_test(the_kernel_is_counted_up_to_level_1),
        cmocka_unit_test(level_2_keeps_the_kernel),
        cmocka_unit_test(from_level_3_on_nothing_is_counted),
    };

    return cmocka_run_group_tests_name("paranoid", tests, NULL, NULL);
}
