/* Kernel events are really counted here; what needs a PMU is skipped without one. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "counters.h"
#include "unit.h"

enum { PAGES = 300 };

static struct dcb_event software(const char *name, uint64_t config)
{
    struct dcb_event event = {
        .software = true, .type = PERF_TYPE_SOFTWARE, .config = config};

    snprintf(event.name, sizeof event.name, "%s", name);
    return event;
}

static struct dcb_event hardware(const char *name, uint64_t config)
{
    struct dcb_event event = {
        .type = PERF_TYPE_HARDWARE, .config = config, .user_only = true};

    snprintf(event.name, sizeof event.name, "%s", name);
    return event;
}

static int try_open(uint32_t type, uint64_t config, bool user_only)
{
    struct perf_event_attr attr = {.size = sizeof attr,
                                   .type = type,
                                   .config = config,
                                   .exclude_kernel = user_only,
                                   .exclude_hv = user_only};
    int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

/* Skips where the kernel does not let this process count what it does in the kernel. */
static void need_kernel_events(void)
{
    int rc = try_open(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, false);

    if (rc == 0)
        return;
    print_message("perf_event_open: %s\n", strerror(-rc));
    skip();
}

static bool has_pmu(void)
{
    return try_open(PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, true) == 0;
}

static void touch_pages(size_t count)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    volatile char *room = mmap(NULL, count * page, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(room != MAP_FAILED);
    madvise((void *)(uintptr_t)room, count * page, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < count; i++)
        room[i * page] = 1;
    munmap((void *)(uintptr_t)room, count * page);
}

static void page_faults_are_counted(void **state)
{
    struct dcb_event events[] = {software("context-switches", PERF_COUNT_SW_DUMMY),
                                 software("page-faults", PERF_COUNT_SW_PAGE_FAULTS)};
    struct dcb_counter_state states[COUNT(events)];
    struct dcb_counter_reading before, middle, after;
    struct dcb_block first = {.flags = 0}, second = {.flags = 0};
    struct dcb_counters *counters;

    (void)state;
    need_kernel_events();
    counters = dcb_counters_open(events, COUNT(events), states);
    assert_string_equal(states[0].reason, "");
    assert_string_equal(states[1].reason, "");
    assert_int_equal(states[0].slot, 0);
    assert_int_equal(states[1].slot, 1);
    assert_int_equal(states[1].group, -1);
    assert_int_equal(dcb_counters_groups(counters), 0);
    touch_pages(PAGES); /* disabled so far */
    dcb_counters_select(counters, 0);
    dcb_counters_read(counters, &before);
    assert_true(before.software_ok);
    assert_false(before.pmu_ok);
    assert_true(before.software[1] < PAGES);
    touch_pages(PAGES);
    dcb_counters_read(counters, &middle);
    touch_pages(2 * PAGES);
    dcb_counters_read(counters, &after);
    dcb_counters_difference(&before, &middle, &first);
    dcb_counters_difference(&middle, &after, &second);
    assert_int_equal(first.flags, DCB_BLOCK_SOFTWARE_OK);
    assert_in_range(first.software[1], PAGES, 2 * PAGES);
    assert_in_range(second.software[1], 2 * PAGES, 3 * PAGES);
    assert_int_equal(first.software[0], 0);
    dcb_counters_free(counters);
}

/* They happen in the kernel: 0 where only user space is counted. */
static void context_switches_are_counted(void **state)
{
    struct dcb_event event = software("context-switches", PERF_COUNT_SW_CONTEXT_SWITCHES);
    struct dcb_counter_state place;
    struct dcb_counter_reading before, after;
    struct dcb_block block = {.flags = 0};
    struct dcb_counters *counters;

    (void)state;
    need_kernel_events();
    counters = dcb_counters_open(&event, 1, &place);
    assert_string_equal(place.reason, "");
    dcb_counters_select(counters, 0);
    dcb_counters_read(counters, &before);
    for (int i = 0; i < 20; i++)
        usleep(1000);
    dcb_counters_read(counters, &after);
    dcb_counters_difference(&before, &after, &block);
    assert_in_range(block.software[place.slot], 20, 2000);
    dcb_counters_free(counters);
}

/* Only the calling thread counts: not the children of a workload. */
static void children_are_not_counted(void **state)
{
    struct dcb_event event = software("page-faults", PERF_COUNT_SW_PAGE_FAULTS);
    struct dcb_counter_state place;
    struct dcb_counter_reading before, after;
    struct dcb_block block = {.flags = 0};
    struct dcb_counters *counters;
    pid_t pid;

    (void)state;
    need_kernel_events();
    counters = dcb_counters_open(&event, 1, &place);
    dcb_counters_select(counters, 0);
    dcb_counters_read(counters, &before);
    pid = fork();
    if (pid == 0) {
        touch_pages(20 * PAGES);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    dcb_counters_read(counters, &after);
    dcb_counters_difference(&before, &after, &block);
    assert_true(block.software[0] < 10 * PAGES);
    dcb_counters_free(counters);
}

static void more_events_than_slots(void **state)
{
    struct dcb_event events[DCB_SOFTWARE_MAX + 2];
    struct dcb_counter_state states[COUNT(events)];
    struct dcb_counters *counters;
    size_t before = count_descriptors();

    (void)state;
    need_kernel_events();
    for (size_t i = 0; i < COUNT(events); i++)
        events[i] = software("page-faults", PERF_COUNT_SW_PAGE_FAULTS);
    counters = dcb_counters_open(events, COUNT(events), states);
    for (size_t i = 0; i < COUNT(events); i++) {
        assert_int_equal(states[i].group, -1);
        assert_int_equal(states[i].slot, i < DCB_SOFTWARE_MAX ? (int)i : -1);
        assert_string_equal(states[i].reason, i < DCB_SOFTWARE_MAX
                                                  ? ""
                                                  : "more than 4 kernel events at once: "
                                                    "ask for fewer (--events)");
    }
    assert_int_equal(count_descriptors(), before + DCB_SOFTWARE_MAX);
    dcb_counters_free(counters);
    assert_int_equal(count_descriptors(), before);
}

static void unknown_event_has_a_reason(void **state)
{
    struct dcb_event events[] = {software("nonsense", 9999),
                                 software("page-faults", PERF_COUNT_SW_PAGE_FAULTS)};
    struct dcb_counter_state states[COUNT(events)];
    struct dcb_counters *counters;

    (void)state;
    need_kernel_events();
    counters = dcb_counters_open(events, COUNT(events), states);
    assert_int_equal(states[0].slot, -1);
    assert_contains(states[0].reason, "no such event");
    assert_int_equal(states[1].slot, 0); /* takes no place */
    dcb_counters_free(counters);
}

static void no_pmu_is_a_reason(void **state)
{
    struct dcb_event events[] = {hardware("cycles", PERF_COUNT_HW_CPU_CYCLES),
                                 hardware("instructions", PERF_COUNT_HW_INSTRUCTIONS)};
    struct dcb_counter_state states[COUNT(events)];
    struct dcb_counter_reading reading;
    struct dcb_counters *counters;
    size_t before = count_descriptors();

    (void)state;
    if (has_pmu()) {
        print_message("this machine has a PMU\n");
        skip();
    }
    memset(states, 0x55, sizeof states);
    counters = dcb_counters_open(events, COUNT(events), states);
    assert_non_null(counters);
    for (size_t i = 0; i < COUNT(events); i++) {
        assert_int_equal(states[i].slot, -1);
        assert_int_equal(states[i].group, -1);
        assert_true(strlen(states[i].reason) > 10);
    }
    if (try_open(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, true) == -ENOENT &&
        access("/sys/bus/event_source/devices/cpu", F_OK) != 0)
        assert_string_equal(states[0].reason,
                            "this machine exposes no hardware counters (a virtual "
                            "machine?): only a PMU can count this");
    assert_int_equal(dcb_counters_groups(counters), 0);
    assert_int_equal(count_descriptors(), before);
    dcb_counters_select(counters, 3);
    dcb_counters_read(counters, &reading);
    assert_false(reading.pmu_ok);
    assert_false(reading.software_ok);
    dcb_counters_free(counters);
}

static void instructions_are_counted(void **state)
{
    struct dcb_event event = hardware("instructions", PERF_COUNT_HW_INSTRUCTIONS);
    struct dcb_counter_state place;
    struct dcb_counter_reading before, after;
    struct dcb_block block = {.flags = 0};
    struct dcb_counters *counters;
    volatile unsigned sum = 0;

    (void)state;
    if (!has_pmu()) {
        print_message("this machine has no PMU, or keeps it to itself\n");
        skip();
    }
    counters = dcb_counters_open(&event, 1, &place);
    assert_string_equal(place.reason, "");
    assert_int_equal(place.group, 0);
    assert_int_equal(dcb_counters_groups(counters), 1);
    dcb_counters_select(counters, 0);
    dcb_counters_read(counters, &before);
    for (unsigned i = 0; i < 1000000; i++)
        sum += i;
    (void)sum;
    dcb_counters_read(counters, &after);
    dcb_counters_difference(&before, &after, &block);
    assert_int_equal(block.flags, DCB_BLOCK_PMU_OK);
    assert_true(block.pmu[place.slot] >= 1000000);
    dcb_counters_free(counters);
}

/* Runs out of descriptors in a child process. */
static int without_descriptors(void)
{
    struct dcb_event event = software("page-faults", PERF_COUNT_SW_PAGE_FAULTS);
    struct rlimit none = {0, 0};
    struct dcb_counter_state place;

    setrlimit(RLIMIT_NOFILE, &none);
    dcb_counters_free(dcb_counters_open(&event, 1, &place));
    return place.slot == -1 && strstr(place.reason, "ulimit -n") ? 0 : 1;
}

static void too_few_descriptors_are_a_reason(void **state)
{
    int status = -1;
    pid_t pid;

    (void)state;
    need_kernel_events();
    pid = fork();
    if (pid == 0)
        _exit(without_descriptors());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void nothing_is_fine(void **state)
{
    struct dcb_counter_reading reading = {.pmu_ok = true, .software_ok = true};
    struct dcb_counters *counters = dcb_counters_open(NULL, 0, NULL);

    (void)state;
    assert_int_equal(dcb_counters_groups(counters), 0);
    dcb_counters_select(counters, 0);
    dcb_counters_free(counters);
    dcb_counters_free(NULL);
    assert_int_equal(dcb_counters_groups(NULL), 0);
    dcb_counters_select(NULL, 1);
    dcb_counters_read(NULL, &reading);
    assert_false(reading.pmu_ok);
    assert_false(reading.software_ok);
}

/* ---- differences, made by hand ---- */

static struct dcb_counter_reading reading_at(uint64_t time, uint64_t running)
{
    struct dcb_counter_reading reading = {
        .idle = time - running, .pmu_ok = true, .software_ok = true};

    for (size_t i = 0; i < DCB_PMU_GROUP_MAX; i++)
        reading.pmu[i] = time * (i + 1);
    for (size_t i = 0; i < DCB_SOFTWARE_MAX; i++)
        reading.software[i] = time * (i + 10);
    return reading;
}

static void differences_are_of_all_slots(void **state)
{
    struct dcb_counter_reading before = reading_at(100, 70), after = reading_at(150, 120);
    struct dcb_block block = {.flags = 0};

    (void)state;
    dcb_counters_difference(&before, &after, &block);
    assert_int_equal(block.flags, DCB_BLOCK_PMU_OK | DCB_BLOCK_SOFTWARE_OK);
    for (size_t i = 0; i < DCB_PMU_GROUP_MAX; i++)
        assert_int_equal(block.pmu[i], 50 * (i + 1));
    for (size_t i = 0; i < DCB_SOFTWARE_MAX; i++)
        assert_int_equal(block.software[i], 50 * (i + 10));
}

/* Never scaled: a group that did not run all the time did not count. */
static void multiplexed_block_does_not_count(void **state)
{
    struct dcb_counter_reading before = reading_at(100, 100);
    struct dcb_counter_reading after = reading_at(150, 149);
    struct dcb_block block = {.flags = 0};

    (void)state;
    dcb_counters_difference(&before, &after, &block);
    assert_int_equal(block.flags, DCB_BLOCK_SOFTWARE_OK);
    assert_int_equal(block.pmu[0], 0);
}

static void both_ends_must_be_read(void **state)
{
    (void)state;
    for (int which = 0; which < 4; which++) {
        struct dcb_counter_reading before = reading_at(100, 100);
        struct dcb_counter_reading after = reading_at(150, 150);
        struct dcb_block block = {.flags = 0};

        if (which < 2)
            *(which ? &before.pmu_ok : &after.pmu_ok) = false;
        else
            *(which == 2 ? &before.software_ok : &after.software_ok) = false;
        dcb_counters_difference(&before, &after, &block);
        assert_int_equal(block.flags,
                         which < 2 ? DCB_BLOCK_SOFTWARE_OK : DCB_BLOCK_PMU_OK);
        assert_int_equal(block.pmu[0], which < 2 ? 0 : 50);
        assert_int_equal(block.software[0], which < 2 ? 500 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_faults_are_counted),
        cmocka_unit_test(context_switches_are_counted),
        cmocka_unit_test(children_are_not_counted),
        cmocka_unit_test(more_events_than_slots),
        cmocka_unit_test(unknown_event_has_a_reason),
        cmocka_unit_test(no_pmu_is_a_reason),
        cmocka_unit_test(instructions_are_counted),
        cmocka_unit_test(too_few_descriptors_are_a_reason),
        cmocka_unit_test(nothing_is_fine),
        cmocka_unit_test(differences_are_of_all_slots),
        cmocka_unit_test(multiplexed_block_does_not_count),
        cmocka_unit_test(both_ends_must_be_read),
    };

    return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
