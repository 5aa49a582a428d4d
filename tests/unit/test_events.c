#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <linux/perf_event.h>
#include <sys/wait.h>

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

static void events_of_the_library_are_near_too(void **state)
{
#if defined(__x86_64__)
    static const char foreign[] = "amd64_k7::CYCLES_NOT_IN_HALT";
#else
    static const char foreign[] = "arm_xgene::CPU_CYCLES";
#endif

    (void)state;
    assert_unknown("perf::L1-DCACHE-LOADZ", "no such event; did you mean "
                                            "'perf::L1-DCACHE-LOADS' or "
                                            "'perf::L1-ICACHE-LOADS'? (");
    assert_unknown("minor-fault", "did you mean 'MINOR-FAULTS'");
    assert_unknown("instrucions:u", "did you mean 'instructions:u'?");
    assert_unknown("cycles:uu", "cycles has no 'uu'; did you mean 'cycles:u'?");
    assert_unknown("perf::cycles:u:mgg=1", "did you mean 'perf::cycles:u:mg=1'?");
    assert_unknown(foreign, "this machine has no PMU '");
    assert_unknown("prf::cycles", "no PMU 'prf'; did you mean 'perf::cycles'?");
    assert_unknown("perf::cycles:cpu=x", "invalid event attribute value");
}

static void raw_codes_encode(void **state)
{
    static const struct {
        const char *text;
        uint64_t config;
    } cases[] = {{"r1a2b", 0x1a2b},
                 {"rC0", 0xc0},
                 {"r0", 0},
                 {"r8000000000000001", 0x8000000000000001},
                 {"r1a2b:u", 0x1a2b}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dcb_event event = encode(cases[i].text);
        char encoding[64];

        assert_int_equal(event.type, PERF_TYPE_RAW);
        assert_true(event.config == cases[i].config);
        assert_true(event.user_only);
        assert_string_equal(event.pmu, "perf_raw");
        assert_int_equal(event.stimulus, DCB_STIMULUS_NONE);
        snprintf(encoding, sizeof encoding, "perf_raw::%s type=4 config=0x%llx",
                 cases[i].text, (unsigned long long)cases[i].config);
        assert_string_equal(event.encoding, encoding);
    }
    assert_unknown("r1a2b:k", "leave the modifier out");
    assert_unknown("r11112222333344445", "no such event");
    assert_unknown("0x1a2b", "did you mean 'r1a2b'?");
    assert_unknown("1A2B", "did you mean 'r1A2B'?");
    assert_unknown("R1a2b", "did you mean 'r1a2b'?");
    assert_unknown("r", "no such event");
    assert_unknown("rxyz", "no such event");
}

/* None of these may end in anything but a usage error. */
static void odd_strings_are_refused(void **state)
{
    static const char *const odd[] = {
        "",
        ":",
        "::",
        ":::",
        "::::u",
        ":u",
        ".",
        "=",
        "perf::",
        "perf:::",
        "perf:cycles",
        "::cycles",
        "cycles:",
        "cycles::",
        "cycles:u:",
        "cycles:=",
        "cycles:u=",
        "cycles:=u",
        "cycles:u=99999999999999999999",
        "cycles:cpu=-",
        "cycles:period=",
        "cycles u",
        "cycles,instructions",
        "{cycles,instructions}",
        "[cycles",
        "cycles)",
        "%s%s%n",
        "\t",
        "\n",
        "cycles\n",
        "\x80\xff",
        "cycles:\xff",
        "\xc3",
        "perf_raw::",
        "perf_raw::r",
        "perf_raw::rr",
        "r:",
        "r1a2b:",
        "r1a2b:zz",
        "perf::cycles:u:u:u:u:u:u:u:u:u:u:u:u:u:u:u:u:u:u:u:u:u:u:u:z",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(odd); i++)
        assert_unknown(odd[i], "--events: '");
}

/* Pieces of event strings in any order: a fixed sequence, so that it fails again. */
static void random_strings_do_no_harm(void **state)
{
    static const char *const pieces[] = {"cycles", "perf",  "::", ":",    "u",    "=",
                                         "1",      "r1a2b", ".",  "\xfe", "mh=1", "-",
                                         "LLC",    "k",     " ",  "cpu=0"};
    uint32_t random = 1;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct dcb_error err = DCB_ERROR_INIT;
        struct dcb_event event;
        char text[128] = "";

        for (int k = 0; k < 1 + i % 12; k++) {
            random = random * 1664525 + 1013904223;
            strcat(text, pieces[(random >> 16) % COUNT(pieces)]);
        }
        if (dcb_events_encode(text, &event, &err) == 0) {
            assert_string_equal(event.name, text);
            assert_true(event.user_only || event.software);
        } else {
            assert_error(&err, DCB_ERROR_USAGE, "--events: '");
        }
    }
}

static void a_megabyte_is_refused(void **state)
{
    size_t length = 1 << 20;
    char *text = dcb_xcalloc(length + 1, 1);

    (void)state;
    memset(text, ':', length);
    assert_unknown(text, "is too long: 63 bytes at most");
    free(text);
}

/* ---- candidates ---- */

/* The first candidate on any machine: no libpfm4 is too old for the kernel's events. */
static void rows_have_candidates_here(void **state)
{
    static const char *const always[] = {"cycles", "instructions", "branches"};
    struct dcb_event events[DCB_EVENT_CANDIDATES_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(always); i++) {
        size_t count = dcb_events_candidates(always[i], events, DCB_EVENT_CANDIDATES_MAX);

        assert_in_range(count, 1, DCB_EVENT_CANDIDATES_MAX);
        assert_string_equal(events[0].name, always[i]);
        assert_int_equal(events[0].stimulus, DCB_STIMULUS_LOOP);
        assert_false(events[0].verified);
        assert_int_equal(dcb_events_candidates(always[i], events, 0), 0);
        assert_int_equal(dcb_events_candidates(always[i], events, 1), 1);
    }
    assert_int_equal(dcb_events_candidates("page-faults", events, 8), 0);
    assert_int_equal(dcb_events_candidates("time-elapsed", events, 8), 0);
    assert_int_equal(dcb_events_candidates("", events, 8), 0);
    assert_int_equal(dcb_events_candidates("r1a2b", events, 8), 0);
}

/* What the generic event counts in truth goes with it wherever it is asked for. */
static void generic_events_tell_what_they_count(void **state)
{
    struct dcb_event events[DCB_EVENT_CANDIDATES_MAX], event = encode("dTLB-loads");
    size_t count = dcb_events_candidates("dTLB-loads", events, DCB_EVENT_CANDIDATES_MAX);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(events[i].pmu, "perf") != 0)
            continue;
        assert_string_equal(event.encoding, events[i].encoding);
        assert_string_equal(event.counts, events[i].counts);
        assert_int_equal(event.quality, events[i].quality);
        assert_int_equal(event.stimulus, DCB_STIMULUS_PAGES);
        return;
    }
    fail_msg("no generic event among %zu", count);
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

/* ---- in another environment ---- */

/* libpfm4 reads its environment once, and keeps what it found through pfm_terminate: a
 * test that needs another one runs in a child, before this process has started it. */
#define CHECK(condition)                                                \
    do {                                                                \
        if (!(condition)) {                                             \
            print_error("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            return 1;                                                   \
        }                                                               \
    } while (0)

static void run_with(const char *name, const char *value, int (*body)(const char *value))
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        setenv(name, value, 1);
        _exit(dcb_events_open(NULL) == 0 ? body(value) : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (status != 0)
        fail_msg("%s=%s: the child ended with status %d", name, value, status);
}

static bool is_refused(const char *text, const char *message)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_event event;

    if (dcb_events_encode(text, &event, &err) == -1 && err.code == DCB_ERROR_USAGE &&
        strstr(err.text, message))
        return true;
    print_error("'%s': \"%s\"\n", text, err.text);
    return false;
}

/* With LIBPFM_FORCE_PMU that PMU is there and no other, not even the kernel's. */
static int finds_core_pmu(const char *pmu)
{
    struct dcb_event events[DCB_EVENT_CANDIDATES_MAX];
    size_t count = dcb_events_candidates("cycles", events, DCB_EVENT_CANDIDATES_MAX);

    CHECK(count == 1);
    CHECK(strcmp(events[0].pmu, pmu) == 0);
    CHECK(strncmp(events[0].encoding, pmu, strlen(pmu)) == 0);
    CHECK(strstr(events[0].encoding, "::C")); /* CPU_CLK..., CPU_CYCLES, CYCLES... */
    CHECK(events[0].quality == DCB_QUALITY_EXACT);
    CHECK(dcb_events_candidates("L1-dcache-loads", events, 8) == 1);
    CHECK(is_refused("cycles", "--events: 'cycles': "));
    return 0;
}

static void core_pmu_is_found(void **state)
{
#if defined(__x86_64__)
    static const char *const pmus[] = {"skx", "spr", "amd64_fam19h_zen3"};
#else
    static const char *const pmus[] = {"arm_n1", "arm_v1"};
#endif

    (void)state;
    for (size_t i = 0; i < COUNT(pmus); i++)
        run_with("LIBPFM_FORCE_PMU", pmus[i], finds_core_pmu);
}

/* libpfm4 starts without a word where LIBPFM_FORCE_PMU names nothing. */
static int finds_nothing(const char *pmu)
{
    struct dcb_event events[DCB_EVENT_CANDIDATES_MAX];

    (void)pmu;
    CHECK(dcb_events_candidates("cycles", events, DCB_EVENT_CANDIDATES_MAX) == 0);
    CHECK(is_refused("cycles", "--events: 'cycles': "));
    CHECK(is_refused("r1a2b", "--events: 'r1a2b': "));
    CHECK(is_refused("cycels", "did you mean 'cycles'?"));
    return 0;
}

static void no_pmu_no_candidates(void **state)
{
    (void)state;
    run_with("LIBPFM_FORCE_PMU", "no-such-pmu", finds_nothing);
}

static int offers_unit_masks(const char *value)
{
    (void)value;
    CHECK(is_refused("skl::CPU_CLK_THREAD_UNHALTED:THREAD_X",
                     "CPU_CLK_THREAD_UNHALTED has no 'THREAD_X'; did you mean "
                     "'skl::CPU_CLK_THREAD_UNHALTED:THREAD_P'?"));
    CHECK(
        is_refused("skl::inst_retired:any_x", "did you mean 'skl::inst_retired:ANY_P'"));
    CHECK(is_refused("skl::INST_RETIRD:ANY_P", "did you mean 'skl::INST_RETIRED:ANY_P'"));
    CHECK(is_refused("amd64_fam19h_zen3::LS_DISPATCH",
                     "needs a unit mask: LD_ST_DISPATCH, STORE_DISPATCH, LD_DISPATCH ("));
    CHECK(is_refused("amd64_fam19h_zen4::RETIRED_FP_OPS_BY_TYPE:ZZ", "has no 'ZZ' ("));
    return 0;
}

static void unit_masks_are_near_too(void **state)
{
    (void)state;
#if !defined(__x86_64__)
    print_message("SKIPPED: the events of Arm have no unit masks\n");
    skip();
#endif
    run_with("LIBPFM_ENCODE_INACTIVE", "1", offers_unit_masks);
}

int main(void)
{
    const struct CMUnitTest elsewhere[] = {
        cmocka_unit_test(core_pmu_is_found),
        cmocka_unit_test(no_pmu_no_candidates),
        cmocka_unit_test(unit_masks_are_near_too),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_encode),
        cmocka_unit_test(encodings_are_told),
        cmocka_unit_test(event_strings_encode),
        cmocka_unit_test(unknown_names_have_a_nearest),
        cmocka_unit_test(events_of_the_library_are_near_too),
        cmocka_unit_test(raw_codes_encode),
        cmocka_unit_test(odd_strings_are_refused),
        cmocka_unit_test(random_strings_do_no_harm),
        cmocka_unit_test(a_megabyte_is_refused),
        cmocka_unit_test(rows_have_candidates_here),
        cmocka_unit_test(generic_events_tell_what_they_count),
        cmocka_unit_test(no_nearest_for_what_is_far),
        cmocka_unit_test(long_names_are_refused),
        cmocka_unit_test(pmus_are_listed),
    };

    int failed = cmocka_run_group_tests_name("events_elsewhere", elsewhere, NULL, NULL);

    return failed + cmocka_run_group_tests_name("events", tests, set_up, tear_down);
}
