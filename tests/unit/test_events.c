#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <linux/perf_event.h>

#include "events.h"
#include "strbuf.h"
#include "text_table.h"
#include "unit.h"

static int set_up(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;

    (void)state;
    return dcb_events_open(&err);
}

static int tear_down(void **state)
{
    (void)state;
    dcb_events_close();
    return 0;
}

static struct dcb_event encode(const char *text)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_event event;

    if (dcb_events_encode(text, &event, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(err.code, DCB_OK);
    assert_string_equal(event.name, text);
    return event;
}

/* Numbers of perf_event_open(2), "config". */
static void rows_encode(void **state)
{
    enum { L1D = PERF_COUNT_HW_CACHE_L1D, LL = PERF_COUNT_HW_CACHE_LL };
    enum { DTLB = PERF_COUNT_HW_CACHE_DTLB, ITLB = PERF_COUNT_HW_CACHE_ITLB };
    enum { MISS = PERF_COUNT_HW_CACHE_RESULT_MISS << 16 };
    static const struct {
        const char *name;
        uint32_t type;
        uint64_t config;
    } rows[] = {
        {"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
        {"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
        {"branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS},
        {"branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES},
        {"L1-dcache-loads", PERF_TYPE_HW_CACHE, L1D},
        {"L1-dcache-load-misses", PERF_TYPE_HW_CACHE, L1D | MISS},
        {"LLC-loads", PERF_TYPE_HW_CACHE, LL},
        {"LLC-load-misses", PERF_TYPE_HW_CACHE, LL | MISS},
        {"dTLB-loads", PERF_TYPE_HW_CACHE, DTLB},
        {"dTLB-load-misses", PERF_TYPE_HW_CACHE, DTLB | MISS},
        {"iTLB-loads", PERF_TYPE_HW_CACHE, ITLB},
        {"iTLB-load-misses", PERF_TYPE_HW_CACHE, ITLB | MISS},
        {"page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
        {"context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES},
        {"cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS},
        {"task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK},
    };
    size_t clocks = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dcb_event event = encode(rows[i].name);

        assert_int_equal(event.type, rows[i].type);
        assert_int_equal(event.config, rows[i].config);
        assert_int_equal(event.config1, 0);
        assert_int_equal(event.config2, 0);
        assert_int_equal(event.software, rows[i].type == PERF_TYPE_SOFTWARE);
        /* Kernel events read 0 where the kernel is left out. */
        assert_int_equal(event.user_only, rows[i].type != PERF_TYPE_SOFTWARE);
    }
    /* No row of the table is forgotten here. */
    for (size_t i = 0; i < DCB_ROW_COUNT; i++)
        clocks += dcb_rows[i].source == DCB_ROW_CLOCK;
    assert_int_equal(COUNT(rows) + clocks, DCB_ROW_COUNT);
}

/* What was counted, in words and in numbers, whole. */
static void encodings_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < DCB_ROW_COUNT; i++) {
        struct dcb_event event;
        char numbers[64];

        if (dcb_rows[i].source == DCB_ROW_CLOCK)
            continue;
        event = encode(dcb_rows[i].name);
        snprintf(numbers, sizeof numbers, " type=%u config=0x%llx", event.type,
                 (unsigned long long)event.config);
        assert_memory_equal(event.encoding, "perf::", 6);
        assert_contains(event.encoding, numbers);
    }
}

static void event_strings_encode(void **state)
{
    struct dcb_event event;

    (void)state;
    event = encode("perf::PERF_COUNT_HW_CPU_CYCLES:u");
    assert_int_equal(event.type, PERF_TYPE_HARDWARE);
    assert_int_equal(event.config, PERF_COUNT_HW_CPU_CYCLES);
    assert_true(event.user_only);
    assert_contains(event.encoding, "CYCLES");
    event = encode("perf::MINOR-FAULTS");
    assert_true(event.software);
    assert_int_equal(event.config, PERF_COUNT_SW_PAGE_FAULTS_MIN);
    event = encode("perf_raw::r8000000000000001");
    assert_int_equal(event.type, PERF_TYPE_RAW);
    assert_true(event.config == 0x8000000000000001);
}

static void assert_unknown(const char *text, const char *message)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_event event;

    memset(&event, 0x55, sizeof event);
    assert_int_equal(dcb_events_encode(text, &event, &err), -1);
    assert_int_equal(event.type, 0x55555555); /* untouched */
    assert_error(&err, DCB_ERROR_USAGE, message);
}

static void unknown_names_have_a_nearest(void **state)
{
    (void)state;
    assert_unknown("instrucions", "--events: 'instrucions': ");
    assert_unknown("instrucions", "; did you mean 'instructions'? (");
    assert_unknown("branch-miss", "did you mean 'branch-misses'?");
    assert_unknown("branch-miss", "'dcbench list events' shows the rows");
    assert_unknown("perf::no-such-event", "--events: 'perf::no-such-event': ");
    assert_unknown("", "--events: '': ");
    assert_unknown("cycles:nonsense", "--events: 'cycles:nonsense': ");
}

static void no_nearest_for_what_is_far(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_event event;

    (void)state;
    assert_int_equal(dcb_events_encode("flux-capacity", &event, &err), -1);
    assert_null(strstr(err.text, "did you mean"));
}

/* The name has room for 63 bytes; a longer one is refused, not cut. */
static void long_names_are_refused(void **state)
{
    static const char stem[] = "perf::PERF_COUNT_HW_CPU_CYCLES:u=1:mg=1:mh=1:cpu=";
    char text[128];
    struct dcb_event event;
    struct dcb_error err = DCB_ERROR_INIT;

    (void)state;
    snprintf(text, sizeof text, "%s%0*d", stem, (int)(63 - strlen(stem)), 1);
    assert_int_equal(strlen(text), 63);
    if (dcb_events_encode(text, &event, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(event.name, text);
    snprintf(text, sizeof text, "%s%0*d", stem, (int)(64 - strlen(stem)), 1);
    assert_int_equal(strlen(text), 64);
    assert_unknown(text, "is too long");
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_unknown(text, "--events: 'xxx");
}

static void pmus_are_listed(void **state)
{
    struct dcb_strbuf names = DCB_STRBUF_INIT, out = DCB_STRBUF_INIT;
    struct dcb_text_table *table = dcb_text_table_new();

    (void)state;
    dcb_events_list_pmus(&names, true, table);
    dcb_text_table_print(table, DCB_TABLE_TEXT, 0, false, &out);
    assert_contains(names.text, "perf\n");
    assert_contains(out.text, "perf_events generic PMU");
    dcb_text_table_free(table);
    dcb_strbuf_clear(&out);
    table = dcb_text_table_new();
    dcb_strbuf_clear(&names);
    dcb_events_list_pmus(&names, false, table);
    assert_null(names.text);
    dcb_text_table_free(table);
    dcb_strbuf_clear(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_encode),
        cmocka_unit_test(encodings_are_told),
        cmocka_unit_test(event_strings_encode),
        cmocka_unit_test(unknown_names_have_a_nearest),
        cmocka_unit_test(no_nearest_for_what_is_far),
        cmocka_unit_test(long_names_are_refused),
        cmocka_unit_test(pmus_are_listed),
    };

    return cmocka_run_group_tests_name("events", tests, set_up, tear_down);
}
