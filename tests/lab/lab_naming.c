/* The encodings of the rows on the guest's CPU, as libpfm4 finds it: QEMU's models answer
 * as the real ones do. The numbers are the architecture's: Arm ARM, "PMU events". Other
 * cores' are in tests/unit/golden. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "events.h"
#include "lab.h"
#include "strbuf.h"

/* The candidates of a row in their order: "generic", or the model's number; in brackets
 * where it is a proxy. */
struct golden {
    const char *row;
    const char *encodings;
};

static const struct golden neoverse_n1[] = {
    {"cycles", "generic 11"},
    {"instructions", "generic 8"},
    {"branches", "21 (generic) (12)"},
    {"branch-misses", "22 (generic) (10)"},
    {"L1-dcache-loads", "40 (generic) (4)"},
    {"L1-dcache-load-misses", "42 (generic) (3)"},
    {"LLC-loads", "generic 36 (50)"},
    {"LLC-load-misses", "generic 37 (52)"},
    {"dTLB-loads", "4e (generic) (25)"},
    {"dTLB-load-misses", "4c (generic) (5)"},
    {"iTLB-loads", "generic 26"},
    {"iTLB-load-misses", "generic 2"},
    {NULL, NULL},
};

static const struct golden cortex_a57[] = {
    {"cycles", "generic 11"},
    {"instructions", "generic 8"},
    {"branches", "(generic) (12)"},
    {"branch-misses", "(generic) (10)"},
    {"L1-dcache-loads", "generic 40"},
    {"L1-dcache-load-misses", "generic 42"},
    {"LLC-loads", "generic (50)"},
    {"LLC-load-misses", "generic (52)"},
    {"dTLB-loads", "(generic)"},
    {"dTLB-load-misses", "generic 4c"},
    {"iTLB-loads", "generic"},
    {"iTLB-load-misses", "generic 2"},
    {NULL, NULL},
};

/* libpfm4 does not know the core: what the kernel has, which is the same on all of them.
 */
static const struct golden unknown_core[] = {
    {"cycles", "generic"},           {"instructions", "generic"},
    {"branches", "(generic)"},       {"L1-dcache-loads", "(generic)"},
    {"LLC-loads", "generic"},        {"dTLB-loads", "(generic)"},
    {"iTLB-load-misses", "generic"}, {NULL, NULL},
};

static const char *model(void)
{
    const char *name = getenv("LAB_CPU");

    assert_non_null(name);
    return name;
}

/* libpfm4's name of the guest's CPU; NULL where it has none. */
static const char *own_pmu(void)
{
    if (strcmp(model(), "cortex-a57") == 0)
        return "arm_ac57";
    return strcmp(model(), "neoverse-n1") == 0 ? "arm_n1" : NULL;
}

static const struct golden *own_golden(void)
{
    if (strcmp(model(), "cortex-a57") == 0)
        return cortex_a57;
    return strcmp(model(), "neoverse-n1") == 0 ? neoverse_n1 : unknown_core;
}

static int open_events(void **state)
{
    (void)state;
    return dcb_events_open(NULL);
}

static int close_events(void **state)
{
    (void)state;
    dcb_events_close();
    return 0;
}

/* Later libpfm4s give the number that the kernel has for the CPU's PMU. */
static bool is_of_the_cpu(const struct dcb_event *event)
{
    return event->type == PERF_TYPE_RAW || event->type >= PERF_TYPE_MAX;
}

static void check_candidates(const struct dcb_event *events, size_t count,
                             const char *pmu, const struct golden *golden)
{
    struct dcb_strbuf buffer = DCB_STRBUF_INIT;
    char *text;

    for (size_t i = 0; i < count; i++) {
        bool generic = !is_of_the_cpu(&events[i]);
        bool exact = events[i].quality == DCB_QUALITY_EXACT;
        char *code = dcb_xasprintf("%llx", (unsigned long long)events[i].config);

        assert_string_equal(events[i].pmu, generic ? "perf" : pmu);
        assert_true(events[i].user_only);
        assert_int_equal(exact, *events[i].counts == '\0');
        dcb_strbuf_appendf(&buffer, "%s%s%s%s", i ? " " : "", exact ? "" : "(",
                           generic ? "generic" : code, exact ? "" : ")");
        free(code);
    }
    text = dcb_strbuf_take(&buffer);
    if (strcmp(text, golden->encodings) != 0)
        fail_msg("%s %s: %s, not %s", pmu ? pmu : "here", golden->row, text,
                 golden->encodings);
    free(text);
}

static void this_cpu_is_named(void **state)
{
    struct dcb_event events[DCB_EVENT_CANDIDATES_MAX];

    (void)state;
    for (const struct golden *golden = own_golden(); golden->row; golden++)
        check_candidates(
            events, dcb_events_candidates(golden->row, events, DCB_EVENT_CANDIDATES_MAX),
            own_pmu(), golden);
}

static int choose(const char *row, struct dcb_event *events, char *reason, size_t size)
{
    size_t count = dcb_events_candidates(row, events, DCB_EVENT_CANDIDATES_MAX);

    return dcb_counters_choose(events, count, reason, size);
}

/* The whole way of a row, from its name to a counter. */
static void rows_are_chosen(void **state)
{
    static const char *const counted[] = {"cycles", "instructions"};
    struct dcb_event events[DCB_EVENT_CANDIDATES_MAX];
    char reason[200];

    (void)state;
    for (size_t i = 0; i < COUNT(counted); i++) {
        assert_int_equal(choose(counted[i], events, reason, sizeof reason), 0);
        assert_string_equal(reason, "");
        assert_true(events[0].verified);
        assert_string_equal(events[0].pmu, "perf");
    }
    /* Neoverse N1 claims the event and QEMU never counts it; the others lack it. */
    assert_int_equal(choose("branches", events, reason, sizeof reason), -1);
    assert_contains(reason, own_pmu() ? "opens but does not count (0 after a loop"
                                      : "this CPU has no such event");
    assert_int_equal(choose("LLC-loads", events, reason, sizeof reason), -1);
    assert_contains(reason, own_pmu() ? "opens but does not count (0 after a walk"
                                      : "this CPU has no such event");
}

static void model_strings_encode(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_event event;
    char *text;

    (void)state;
    if (!own_pmu()) {
        assert_int_equal(dcb_events_encode("arm_n1::INST_RETIRED", &event, &err), -1);
        assert_error(&err, DCB_ERROR_USAGE, "arm_n1::INST_RETIRED");
        return;
    }
    text = dcb_xasprintf("%s::INST_RETIRED", own_pmu());
    assert_int_equal(dcb_events_encode(text, &event, &err), 0);
    assert_true(is_of_the_cpu(&event));
    assert_int_equal(event.config, LAB_INST_RETIRED);
    assert_string_equal(event.pmu, own_pmu());
    assert_contains(event.encoding, text);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(this_cpu_is_named, open_events, close_events),
        cmocka_unit_test_setup_teardown(rows_are_chosen, open_events, close_events),
        cmocka_unit_test_setup_teardown(model_strings_encode, open_events, close_events),
    };

    return cmocka_run_group_tests_name("naming", tests, NULL, NULL);
}
