/*
 * The encodings of every row on a dozen CPU models, without the hardware: libpfm4 encodes
 * for PMUs that are not there where LIBPFM_ENCODE_INACTIVE is set. What they are to be
 * stands in tests/unit/golden/events.txt (DCB_GOLDEN names another file); a model that
 * this libpfm4 does not know, such as one of another architecture, is skipped.
 *
 *     build/tests/test_events_golden --update
 *
 * writes the lines of the models that it knows anew and keeps all others.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <linux/perf_event.h>

#include "event_names.h"
#include "events.h"
#include "strbuf.h"
#include "unit.h"

static const char *const models[] = {
    "hsw", "bdw", "skl", "skx", "clx", "icl", "icx", "spr",
    /* Debian 12 does not know these four, Debian 13 does */
    "emr", "gnr", "adl_glc", "amd64_fam1ah_zen5",
    /* AMD */
    "amd64_fam17h_zen2", "amd64_fam19h_zen3", "amd64_fam19h_zen4",
    /* in libpfm4 for arm64 alone; the last two not in that of Debian 12 */
    "arm_n1", "arm_n2", "arm_v1", "arm_v2", "arm_ac53", "arm_ac57", "arm_ac72",
    "arm_ac76"};

static const char *golden_path(void)
{
    const char *path = getenv("DCB_GOLDEN");

    return path && *path ? path : "tests/unit/golden/events.txt";
}

/* Newer libpfm4 gives the kernel's own number of a core's PMU instead of "raw". */
static const char *type_name(uint32_t type)
{
    static const char *const names[] = {[PERF_TYPE_HARDWARE] = "hardware",
                                        [PERF_TYPE_SOFTWARE] = "software",
                                        [PERF_TYPE_TRACEPOINT] = "tracepoint",
                                        [PERF_TYPE_HW_CACHE] = "cache"};

    return type < COUNT(names) ? names[type] : "raw";
}

/* Model, row, place in the order of trying, PMU and event (the unit masks are in the
 * config), type, config, quality: "skl cycles 0 perf::... hardware 0x0 exact". */
static void append_candidate(struct dcb_strbuf *out, const char *model, size_t place,
                             const struct dcb_event *event)
{
    const char *behind = strstr(event->encoding, "::") + 2;
    size_t length = (size_t)(behind - event->encoding) + strcspn(behind, ": ");

    dcb_strbuf_appendf(out, "%s %s %zu %.*s %s 0x%llx %s\n", model, event->name, place,
                       (int)length, event->encoding, type_name(event->type),
                       (unsigned long long)event->config,
                       dcb_quality_name(event->quality));
}

static struct dcb_strbuf model_lines(const char *model)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_strbuf_append(&out, "");
    for (size_t row = 0; row < DCB_ROW_COUNT; row++) {
        struct dcb_event events[DCB_EVENT_CANDIDATES_MAX];
        size_t count = dcb_events_candidates_of(model, dcb_rows[row].name, events,
                                                DCB_EVENT_CANDIDATES_MAX);

        for (size_t i = 0; i < count; i++)
            append_candidate(&out, model, i, &events[i]);
    }
    return out;
}

static bool is_known(const char *model)
{
    struct dcb_event events[DCB_EVENT_CANDIDATES_MAX];
    size_t count =
        dcb_events_candidates_of(model, "cycles", events, DCB_EVENT_CANDIDATES_MAX);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(events[i].pmu, model) == 0)
            return true;
    }
    return false;
}

static bool is_line_of(const char *line, const char *model)
{
    size_t length = strlen(model);

    return strncmp(line, model, length) == 0 && line[length] == ' ';
}

/* The golden lines of one model. */
static struct dcb_strbuf golden_lines(const char *model)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    FILE *file = fopen(golden_path(), "r");
    char line[512];

    dcb_strbuf_append(&out, "");
    if (!file)
        fail_msg("%s: cannot be read; name it in DCB_GOLDEN", golden_path());
    while (fgets(line, sizeof line, file)) {
        if (is_line_of(line, model))
            dcb_strbuf_append(&out, line);
    }
    fclose(file);
    return out;
}

/* The next line, without its end; "(nothing)" behind the last. `*at` moves on. */
static const char *take_line(char **at)
{
    char *line = *at, *end = strchr(line, '\n');

    if (!end)
        return "(nothing)";
    *end = '\0';
    *at = end + 1;
    return line;
}

/* How many lines differ, each of which is told. */
static size_t compare_lines(char *golden, char *now)
{
    size_t different = 0;

    while (*golden || *now) {
        const char *wanted = take_line(&golden), *found = take_line(&now);

        if (strcmp(wanted, found) == 0)
            continue;
        print_error("golden: %s\n   now: %s\n", wanted, found);
        different++;
    }
    return different;
}

static void check_golden(const char *model)
{
    struct dcb_strbuf golden = golden_lines(model), now = model_lines(model);
    bool none = golden.length == 0;
    size_t different = none ? 0 : compare_lines(golden.text, now.text);

    dcb_strbuf_clear(&golden);
    dcb_strbuf_clear(&now);
    if (different)
        fail_msg("%s: %zu lines differ; --update writes them anew", model, different);
    if (none) {
        print_message("SKIPPED %s: %s has no lines of it\n", model, golden_path());
        skip();
    }
}

/* ---- what holds on every model ---- */

static void check_order(const char *model, const char *row,
                        const struct dcb_event *events, size_t count)
{
    bool proxies = false;

    for (size_t i = 0; i < count; i++) {
        const struct dcb_event *event = &events[i];
        bool proxy = event->quality == DCB_QUALITY_PROXY;

        assert_string_equal(event->name, row);
        assert_true(proxy || event->quality == DCB_QUALITY_EXACT);
        assert_int_equal(proxy, *event->counts != '\0');
        if (proxies && !proxy)
            fail_msg("%s %s: an exact event behind a proxy", model, row);
        proxies = proxies || proxy;
        assert_true(event->user_only);
        assert_false(event->verified);
        assert_false(event->software);
        assert_int_equal(event->stimulus, dcb_event_stimulus(row));
        assert_true(strcmp(event->pmu, "perf") == 0 || strcmp(event->pmu, model) == 0);
        assert_memory_equal(event->encoding, event->pmu, strlen(event->pmu));
    }
}

static void check_rows(const char *model)
{
    for (size_t row = 0; row < DCB_ROW_COUNT; row++) {
        struct dcb_event events[DCB_EVENT_CANDIDATES_MAX];
        size_t count = dcb_events_candidates_of(model, dcb_rows[row].name, events,
                                                DCB_EVENT_CANDIDATES_MAX);

        if (dcb_rows[row].source != DCB_ROW_PMU) {
            assert_int_equal(count, 0);
            continue;
        }
        if (!count)
            fail_msg("%s has nothing for %s", model, dcb_rows[row].name);
        check_order(model, dcb_rows[row].name, events, count);
    }
}

static void model_encodes(void **state)
{
    const char *model = *state;

    if (!is_known(model)) {
        print_message("SKIPPED %s: not known to this libpfm4\n", model);
        skip();
    }
    check_rows(model);
    check_golden(model);
}

/* ---- writing the file ---- */

static int update(void)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    FILE *file;

    dcb_strbuf_append(&out, "# model, row, place, event, type, config, quality; made by "
                            "build/tests/test_events_golden --update\n");
    for (size_t i = 0; i < COUNT(models); i++) {
        struct dcb_strbuf lines =
            is_known(models[i]) ? model_lines(models[i]) : golden_lines(models[i]);

        dcb_strbuf_append(&out, lines.text);
        dcb_strbuf_clear(&lines);
    }
    file = fopen(golden_path(), "w");
    if (!file || fputs(out.text, file) < 0 || fclose(file) != 0) {
        perror(golden_path());
        return 1;
    }
    dcb_strbuf_clear(&out);
    return 0;
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[COUNT(models)];
    char states[COUNT(models)][32];
    struct dcb_error err = DCB_ERROR_INIT;
    int rc;

    setenv("LIBPFM_ENCODE_INACTIVE", "1", 1);
    if (dcb_events_open(&err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    if (argc > 1 && strcmp(argv[1], "--update") == 0)
        return update();
    for (size_t i = 0; i < COUNT(tests); i++) {
        snprintf(states[i], sizeof states[i], "%s", models[i]);
        tests[i] = (struct CMUnitTest){
            .name = models[i], .test_func = model_encodes, .initial_state = states[i]};
    }
    rc = cmocka_run_group_tests_name("events_golden", tests, NULL, NULL);
    dcb_events_close();
    return rc;
}
