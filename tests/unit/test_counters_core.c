/* PMUs of CPU cores in folders made as the kernel shows them; the stimuli. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "counters_private.h"
#include "unit.h"

static void add_device(const char *root, const char *name, const char *type,
                       const char *cpus)
{
    char *folder = scratch_folder(root, name);

    if (type)
        free(scratch_file(folder, "type", 0644, type));
    if (cpus)
        free(scratch_file(folder, "cpus", 0644, cpus));
    free(folder);
}

static void hybrid_lists_the_fast_cores_first(void **state)
{
    char *root = scratch_new();
    struct dcb_core_pmu pmus[4];

    (void)state;
    add_device(root, "software", "1\n", NULL);
    add_device(root, "cpu_atom", "10\n", "16-23\n");
    add_device(root, "uncore_imc", "20\n", NULL);
    add_device(root, "cpu_core", "4\n", "0-15\n");
    add_device(root, "cpuset", "9\n", NULL);
    assert_int_equal(dcb_counters_core_pmus(root, pmus, 4), 2);
    assert_string_equal(pmus[0].name, "cpu_core");
    assert_int_equal(pmus[0].type, 4);
    assert_string_equal(pmus[0].cpus, "0-15");
    assert_string_equal(pmus[1].name, "cpu_atom");
    assert_int_equal(pmus[1].type, 10);
    assert_string_equal(pmus[1].cpus, "16-23");
    /* How many there are, whatever there is room for. */
    memset(pmus, 0, sizeof pmus);
    assert_int_equal(dcb_counters_core_pmus(root, pmus, 1), 2);
    assert_string_equal(pmus[0].name, "cpu_core");
    assert_string_equal(pmus[1].name, "");
    assert_int_equal(dcb_counters_core_pmus(root, NULL, 0), 2);
    scratch_remove(root);
}

static void other_machines(void **state)
{
    char *root = scratch_new();
    struct dcb_core_pmu pmus[4];

    (void)state;
    assert_int_equal(dcb_counters_core_pmus(root, pmus, 4), 0);
    assert_int_equal(dcb_counters_core_pmus("/nonexistent", pmus, 4), 0);
    add_device(root, "cpu", "4\n", NULL);
    assert_int_equal(dcb_counters_core_pmus(root, pmus, 4), 1);
    assert_string_equal(pmus[0].name, "cpu");
    assert_string_equal(pmus[0].cpus, "");
    scratch_remove(root);

    root = scratch_new();
    add_device(root, "armv8_cortex_a53", "8\n", "0-3\n");
    add_device(root, "armv8_cortex_a57", "9\n", "4-5\n");
    add_device(root, "armv9_cortex_x2", "11\n", "6\n");
    add_device(root, "armv8_broken", NULL, "7\n");
    add_device(root, "armv8_strange", "?\n", "7\n");
    add_device(root, "armv8_whose_name_is_longer_than_any", "12\n", "7\n");
    assert_int_equal(dcb_counters_core_pmus(root, pmus, 4), 3);
    assert_string_equal(pmus[0].name, "armv9_cortex_x2");
    assert_string_equal(pmus[1].name, "armv8_cortex_a57");
    assert_int_equal(pmus[1].type, 9);
    assert_string_equal(pmus[1].cpus, "4-5");
    assert_string_equal(pmus[2].name, "armv8_cortex_a53");
    scratch_remove(root);
}

static void generic_events_are_bound(void **state)
{
    struct dcb_core_pmu pmu = {.name = "cpu_atom", .type = 10};
    struct dcb_event event = {.type = PERF_TYPE_HW_CACHE,
                              .config = 0x10002,
                              .encoding = "perf::LLC-LOAD-MISSES type=3 config=0x10002"};

    (void)state;
    dcb_counters_bind(&event, &pmu);
    assert_int_equal(event.type, PERF_TYPE_HW_CACHE);
    assert_true(event.config == 0xa00010002);
    assert_string_equal(event.encoding,
                        "perf::LLC-LOAD-MISSES type=3 config=0x10002 on cpu_atom");
    pmu.type = 4;
    event = (struct dcb_event){.type = PERF_TYPE_HARDWARE, .config = 0xa00000001};
    dcb_counters_bind(&event, &pmu);
    assert_true(event.config == 0x400000001);
    memset(event.encoding, 'x', sizeof event.encoding - 1);
    dcb_counters_bind(&event, &pmu);
    assert_int_equal(strlen(event.encoding), sizeof event.encoding - 1);
}

static void other_events_stay_as_they_are(void **state)
{
    static const uint32_t types[] = {PERF_TYPE_SOFTWARE, PERF_TYPE_TRACEPOINT,
                                     PERF_TYPE_RAW, PERF_TYPE_BREAKPOINT, 10};
    struct dcb_core_pmu pmu = {.name = "cpu_atom", .type = 10};

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        struct dcb_event event = {.type = types[i], .config = 7, .encoding = "e"};

        dcb_counters_bind(&event, &pmu);
        assert_int_equal(event.config, 7);
        assert_string_equal(event.encoding, "e");
    }
}

static void numbers_are_read_from_files(void **state)
{
    char *root = scratch_new();
    char *level = scratch_file(root, "level", 0644, "-1\n");
    char *text = scratch_file(root, "text", 0644, "none\n");
    char *empty = scratch_file(root, "empty", 0644, "");

    (void)state;
    assert_int_equal(dcb_counters_number(level, 7), -1);
    assert_int_equal(dcb_counters_number(text, 7), 7);
    assert_int_equal(dcb_counters_number(empty, 7), 7);
    assert_int_equal(dcb_counters_number("/nonexistent", 7), 7);
    free(level);
    free(text);
    free(empty);
    scratch_remove(root);
}

/* That they do what they say, a PMU alone can tell: here, that they come to an end, leave
 * nothing mapped, and that each has a least count but the empty one. */
static void stimuli_clean_up(void **state)
{
    char *before = scratch_read("/proc/self/statm"), *after;

    (void)state;
    assert_int_equal(dcb_counters_stimulate(DCB_STIMULUS_NONE), 0);
    assert_int_equal(dcb_counters_least(DCB_STIMULUS_NONE), 0);
    for (int i = DCB_STIMULUS_LOOP; i <= DCB_STIMULUS_PAGES; i++) {
        assert_int_equal(dcb_counters_stimulate((enum dcb_stimulus)i), 0);
        assert_true(dcb_counters_least((enum dcb_stimulus)i) >= 1000);
    }
    after = scratch_read("/proc/self/statm");
    assert_true(strtol(after, NULL, 10) - strtol(before, NULL, 10) < 1024);
    free(before);
    free(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hybrid_lists_the_fast_cores_first),
        cmocka_unit_test(other_machines),
        cmocka_unit_test(generic_events_are_bound),
        cmocka_unit_test(other_events_stay_as_they_are),
        cmocka_unit_test(numbers_are_read_from_files),
        cmocka_unit_test(stimuli_clean_up),
    };

    return cmocka_run_group_tests_name("counters_core", tests, NULL, NULL);
}
