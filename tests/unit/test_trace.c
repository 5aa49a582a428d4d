/* Traces: what a worker writes, what that comes to, and how it is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ci.h"
#include "container.h"
#include "error.h"
#include "format_bytes.h"
#include "model.h"
#include "report_trace.h"
#include "result.h"
#include "strbuf.h"
#include "trace.h"
#include "trace_chart.h"
#include "trace_plot.h"

static const char start[] = "sample\t0\t1000\tSTART\t-\t0\t-\t10000000\tNEXT\n"
                            "sample\t2\t3000\tC_CALL\tcopy.py\t132\tid\t10004096\tPREV\n"
                            "sample\t9\t5000\tBUILT\t-\t0\t-\t74000000\tNEXT\n"
                            "sample\t20\t9000\tCOPIED\t-\t0\t-\t138000000\tNEXT\n"
                            "sample\t21\t9500\tDROPPED\t-\t0\t-\t30000000\tNEXT\n"
                            "sample\t21\t9900\tTRIMMED\t-\t0\t-\t11000000\tNEXT\n";

static int read_text(struct dcb_trace_cell *cell, const char *text, struct dcb_error *err)
{
    *cell = (struct dcb_trace_cell){.container = DCB_CONTAINER_LIST_BYTES};
    return dcb_trace_read(cell, text, err);
}

/* Repeats whose ends are these. */
static void read_ends(struct dcb_trace_cell *cell, const uint64_t *ends, size_t count)
{
    struct dcb_strbuf text = DCB_STRBUF_INIT;
    struct dcb_error err = DCB_ERROR_INIT;

    dcb_strbuf_append(&text, start);
    for (size_t i = 0; i < count; i++)
        dcb_strbuf_appendf(
            &text, "repeat\t10000000\t74000000\t%llu\texact\t%llu\t%llu\t400\n",
            138000000 + 1000 * (unsigned long long)i, (unsigned long long)ends[i] + 500,
            (unsigned long long)ends[i]);
    dcb_strbuf_append(&text, "term\tcontainer\t1\t500\t512\n"
                             "term\tmembers\t1000\t63000000\t64000488\n"
                             "term\tcopied members\t1000\t63000000\t64000000\n"
                             "dropped\t7\nuntraced\t200\n");
    if (read_text(cell, text.text, &err) != 0)
        fail_msg("%s", err.text);
    dcb_strbuf_clear(&text);
}

/* ---- how many samples ---- */

/* However often the size changes, and by however much more than was asked for. */
static void keeps_to_its_quota(void **state)
{
    const uint64_t rooms[] = {0, 1, 40, 40000};

    (void)state;
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        struct dcb_trace_quota quota = {.left = rooms[i], .least_bytes = 1};
        uint64_t written = 0;

        for (int k = 0; k < 200000; k++) {
            if (quota.least_bytes > 1 << 20)
                break;
            dcb_trace_quota_spend(&quota);
            written++;
        }
        assert_in_range(written, rooms[i], rooms[i] + 21);
        assert_int_equal(quota.left, 0);
    }
}

static void gives_half_of_its_quota_to_each_size(void **state)
{
    struct dcb_trace_quota quota = {.left = 40, .least_bytes = 4096};

    (void)state;
    for (int i = 0; i < 20; i++)
        dcb_trace_quota_spend(&quota);
    assert_int_equal(quota.least_bytes, 4096);
    dcb_trace_quota_spend(&quota);
    assert_int_equal(quota.least_bytes, 8192);
    assert_int_equal(quota.left, 19);
    quota = (struct dcb_trace_quota){.least_bytes = UINT64_MAX};
    dcb_trace_quota_spend(&quota);
    assert_true(quota.least_bytes == UINT64_MAX); /* and not 0 */
}

/* ---- sizes ---- */

static void parses_sizes(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"0", 0},
                {"4096", 4096},
                {"1b", 1},
                {"64k", 65536},
                {"64K", 65536},
                {"64M", UINT64_C(64) << 20},
                {"64MiB", UINT64_C(64) << 20},
                {"64mb", UINT64_C(64) << 20},
                {"1G", UINT64_C(1) << 30},
                {"2T", UINT64_C(2) << 40},
                {"8191P", UINT64_C(8191) << 50}};
    static const char *const bad[] = {"",    "k",    "-1",    "1.5M",
                                      "64Q", "64 M", "0x10",  "64Mi",
                                      "1bb", "64MM", "9000P", "99999999999999999999"};
    uint64_t bytes;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!dcb_format_bytes_parse(good[i].text, &bytes) || bytes != good[i].bytes)
            fail_msg("'%s' is not read as it is meant", good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (dcb_format_bytes_parse(bad[i], &bytes))
            fail_msg("'%s' is taken for a size", bad[i]);
    }
}

static void formats_sizes(void **state)
{
    char text[DCB_FORMAT_BYTES_SIZE];

    (void)state;
    assert_string_equal(dcb_format_bytes(text, 0), "0 B");
    assert_string_equal(dcb_format_bytes(text, 1023), "1023 B");
    assert_string_equal(dcb_format_bytes(text, 1024), "1.00 KiB");
    assert_string_equal(dcb_format_bytes(text, 1024 * 1023.9), "1.00 MiB");
    assert_string_equal(dcb_format_bytes(text, 154.0 * 1024 * 1024), "154 MiB");
    assert_string_equal(dcb_format_bytes(text, (double)NAN), "-");
    assert_string_equal(dcb_format_bytes_change(text, 4096), "+4.00 KiB");
    assert_string_equal(dcb_format_bytes_change(text, -4096), "-4.00 KiB");
    assert_string_equal(dcb_format_bytes_change(text, -0.2), "0 B");
}

/* ---- containers ---- */

static void knows_its_containers(void **state)
{
    enum dcb_container found;

    (void)state;
    for (int i = 0; i < DCB_CONTAINER_COUNT; i++) {
        enum dcb_container container = (enum dcb_container)i;

        assert_true(dcb_container_find(dcb_container_name(container), &found));
        assert_int_equal(found, container);
        assert_int_equal(dcb_container_members(container, 1), 1);
        /* At least what is in it, and no more than four times that. */
        assert_true(dcb_container_need(container, 1 << 30) > 1 << 30);
        assert_true(dcb_container_need(container, 1 << 30) < UINT64_C(4) << 30);
        assert_true(dcb_container_need(container, UINT64_C(1) << 62) > UINT64_C(1) << 62);
    }
    assert_false(dcb_container_find("list", &found));
    assert_int_equal(dcb_container_members(DCB_CONTAINER_LIST_BYTES, 64 << 20), 65536);
    assert_true(dcb_container_need(DCB_CONTAINER_LIST_BYTEARRAY, 1 << 30) > UINT64_C(2)
                                                                                << 30);
}

/* ---- what a worker wrote ---- */

static void reads_what_a_worker_wrote(void **state)
{
    static const uint64_t ends[] = {11000000, 11000000};
    struct dcb_trace_cell cell;

    (void)state;
    read_ends(&cell, ends, 2);
    assert_int_equal(cell.sample_count, 6);
    assert_int_equal(cell.samples[1].event, 2);
    assert_int_equal(cell.samples[1].what, DCB_TRACE_C_CALL);
    assert_int_equal(cell.samples[1].line, 132);
    assert_true(cell.samples[1].before);
    assert_false(cell.samples[2].before);
    assert_string_equal(cell.samples[1].file, "copy.py");
    assert_string_equal(cell.samples[1].function, "id");
    assert_int_equal(cell.repeat_count, 2);
    assert_true(cell.repeats[1].exact);
    assert_int_equal(cell.repeats[1].peak_bytes, 138001000);
    assert_int_equal(cell.repeats[1].dropped_bytes, 11000500);
    assert_int_equal(cell.term_count, 3);
    assert_string_equal(cell.terms[1].name, "members");
    assert_int_equal(cell.dropped, 7);
    assert_int_equal(cell.untraced_ns, 200);
    dcb_trace_cell_clear(&cell);
}

static void believes_nothing_unchecked(void **state)
{
    static const char *const lies[] = {
        "hello\n",
        "sample\t1\t2\tCALL\tf\t1\tg\t4096\n",
        "sample\t1\t2\tJUMP\tf\t1\tg\t4096\tNEXT\n",
        "sample\t-1\t2\tCALL\tf\t1\tg\t4096\tNEXT\n",
        "sample\t1\t2\tCALL\tf\t1\tg\t99999999999999999999\tNEXT\n",
        "sample\t1\t2\tCALL\tf\t1\tg\t4096\tNEXT\tmore\n",
        "repeat\t1\t2\t3\texact\t4\n",
        "repeat\t1\t2\t99999999999999999999\texact\t4\t5\t6\n",
        "sample\t1\t2\tCALL\tf\t1\tg\t0\tNEXT\n", /* no process is of no size */
        "repeat\t1\t2\t3\texact\t4\t0\t6\n",
        "term\tx\t1\t2\n",
        "dropped\tmany\n",
        "no-memo\ta\nno-memo\tb\n",
        "\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct dcb_error err = DCB_ERROR_INIT;
        struct dcb_trace_cell cell;

        if (read_text(&cell, lies[i], &err) == 0)
            fail_msg("it believes: %s", lies[i]);
        assert_non_null(strstr(err.text, "is not of a worker's"));
        dcb_trace_cell_clear(&cell);
    }
}

static void has_room_for_so_many(void **state)
{
    struct dcb_strbuf text = DCB_STRBUF_INIT;
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_trace_cell cell;

    (void)state;
    for (int i = 0; i <= DCB_TRACE_TERMS_MAX; i++)
        dcb_strbuf_append(&text, "term\tx\t1\t2\t3\n");
    assert_int_equal(read_text(&cell, text.text, &err), -1);
    dcb_trace_cell_clear(&cell);
    dcb_strbuf_clear(&text);
}

static void cuts_and_cleans_names(void **state)
{
    struct dcb_trace_cell cell;

    (void)state;
    assert_int_equal(
        read_text(&cell,
                  "sample\t1\t2\tCALL\t\x1b[31mred\xff\t1\t"
                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa9\xc3\xa9"
                  "\t4096\tNEXT\nsample\t1\t2\tCALL\tf\t1",
                  NULL),
        0);
    assert_int_equal(cell.sample_count, 1); /* a line without an end was cut */
    assert_string_equal(cell.samples[0].file, "?[31mred?");
    assert_true(strlen(cell.samples[0].function) < DCB_TRACE_NAME_MAX);
    dcb_trace_cell_clear(&cell);
}

static void says_where_it_was(void **state)
{
    static const struct {
        const char *what;
        const char *place;
    } cases[] = {{"CALL", "before the first repeat"},
                 {"START", "while building the container, in repeat 1"},
                 {"BUILT", "while copying, in repeat 1"},
                 {"COPIED", "while dropping container and copy, in repeat 1"},
                 {"TRIMMED", "behind repeat 1"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dcb_strbuf text = DCB_STRBUF_INIT;
        struct dcb_trace_cell cell;
        char *place;

        if (i > 1)
            dcb_strbuf_append(&text, "sample\t1\t2\tSTART\tf\t1\tg\t4096\tNEXT\n");
        dcb_strbuf_appendf(&text, "sample\t1\t2\t%s\tf\t1\tg\t4096\tNEXT\n",
                           cases[i].what);
        assert_int_equal(read_text(&cell, text.text, NULL), 0);
        place = dcb_trace_place(&cell);
        assert_string_equal(place, cases[i].place);
        free(place);
        dcb_trace_cell_clear(&cell);
        dcb_strbuf_clear(&text);
    }
}

/* ---- what it comes to ---- */

static void sums_up(void **state)
{
    static const uint64_t ends[] = {11000000, 11000000, 11000000};
    struct dcb_trace_summary summary;
    struct dcb_trace_cell cell;

    (void)state;
    read_ends(&cell, ends, 3);
    assert_true(dcb_trace_summarize(&cell, 64000000, &summary));
    assert_int_equal(summary.start_bytes, 10000000);
    assert_int_equal(summary.peak_bytes, 138002000);
    assert_int_equal(summary.least_peak_bytes, 138000000);
    assert_int_equal(summary.end_bytes, 11000000);
    assert_int_equal(summary.kept_bytes, 500);
    assert_true(summary.exact);
    assert_int_equal(summary.theory_bytes, 128001000);
    assert_int_equal(summary.theory_asked_bytes, 126000500);
    assert_true(fabs(summary.of_theory - 128002000.0 / 128001000) < 1e-9);
    assert_true(fabs(summary.of_size - 128002000.0 / 64000000) < 1e-9);
    assert_true(fabs(summary.slowdown - 2) < 1e-9);
    assert_false(summary.slope_known); /* two ends behind the first */
    assert_false(summary.grows);
    dcb_trace_cell_clear(&cell);
}

static void needs_a_repeat(void **state)
{
    struct dcb_trace_summary summary;
    struct dcb_trace_cell cell;

    (void)state;
    assert_int_equal(read_text(&cell, start, NULL), 0);
    assert_false(dcb_trace_summarize(&cell, 64000000, &summary));
    dcb_trace_cell_clear(&cell);
}

static char *leak_text(const uint64_t *ends, size_t count, bool *ret_grows)
{
    struct dcb_trace_summary summary;
    struct dcb_trace_cell cell;
    char *text;

    read_ends(&cell, ends, count);
    assert_true(dcb_trace_summarize(&cell, 64 << 20, &summary));
    *ret_grows = summary.grows;
    text = dcb_trace_leak_text(&summary);
    dcb_trace_cell_clear(&cell);
    return text;
}

static void tells_growth_from_none(void **state)
{
    /* The first repeat leaves more than the others: that is no leak. */
    static const uint64_t flat[] = {10000000, 12000000, 12000000, 12000000, 12000000};
    static const uint64_t noisy[] = {12000000, 12100000, 12000000, 12100000, 12000000};
    static const uint64_t slow[] = {12000000, 12004096, 12008192, 12012288, 12016384};
    static const uint64_t leak[] = {12000000, 13048576, 14097152, 15145728, 16194304};
    bool grows;
    char *text;

    (void)state;
    text = leak_text(flat, 5, &grows);
    assert_false(grows);
    assert_string_equal(text, "no leak: 0 B a repeat (0 B to 0 B)");
    free(text);
    text = leak_text(noisy, 5, &grows);
    assert_false(grows);
    assert_non_null(strstr(text, "no leak: "));
    free(text);
    text = leak_text(slow, 5, &grows);
    assert_false(grows);
    assert_string_equal(text, "no leak: +4.00 KiB a repeat (+4.00 KiB to +4.00 KiB), no "
                              "more than fragments of the heap may leave");
    free(text);
    text = leak_text(leak, 5, &grows);
    assert_true(grows);
    assert_string_equal(text, "grows: +1.00 MiB a repeat (+1.00 MiB to +1.00 MiB)");
    free(text);
    text = leak_text(leak, 4, &grows);
    assert_false(grows);
    assert_non_null(strstr(text, "too few repeats"));
    free(text);
}

static void fits_a_line(void **state)
{
    /* By hand: x 0..3, y 0 2 1 3: slope 0.8, residuals -.3 .9 -.9 .3, standard error
     * sqrt(1.8 / 2 / 5), t(2, 0.975) = 4.30265. */
    static const uint64_t ends[] = {5000, 1000, 3000, 2000, 4000};
    struct dcb_trace_summary summary;
    struct dcb_trace_cell cell;

    (void)state;
    read_ends(&cell, ends, 5);
    assert_true(dcb_trace_summarize(&cell, 64000, &summary));
    assert_true(fabs(summary.slope.estimate - 800) < 1e-6);
    assert_true(fabs(summary.slope.high - 800 - 4302.6527 * sqrt(0.18)) < 0.01);
    assert_true(fabs(800 - summary.slope.low - 4302.6527 * sqrt(0.18)) < 0.01);
    dcb_trace_cell_clear(&cell);
}

/* ---- how it is shown ---- */

static void draws_a_chart(void **state)
{
    static const struct dcb_chart_point teeth[] = {{0, 0},     {9, 1024}, {10, 0},
                                                   {19, 2048}, {20, 0},   {39, 0}};
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    (void)state;
    dcb_trace_chart(teeth, 6, 4, 2, false, &out);
    assert_string_equal(out.text, "   2.00 KiB | @@\n"
                                  "        0 B |@@@\n");
    dcb_strbuf_clear(&out);
    dcb_trace_chart(teeth, 1, 4, 2, false, &out);
    assert_non_null(out.text);
    dcb_strbuf_clear(&out);
    dcb_trace_chart(teeth, 0, 4, 2, false, &out);
    assert_null(out.text);
}

static char evil_label[] = "e'vil`rm`\n\x1b[31m";

static struct dcb_spec evil_spec = {.label = evil_label};

static const struct dcb_trace_request request = {
    .impls = &evil_spec,
    .impl_count = 1,
    .containers = {[DCB_CONTAINER_LIST_BYTES] = true},
    .size_bytes = 64000000,
    .every_bytes = 4096,
    .repeats = 2,
};

static void plots_numbers_and_filtered_labels(void **state)
{
    static const uint64_t ends[] = {11000000, 11000000};
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    struct dcb_trace_cell cell;
    struct dcb_trace trace = {.request = &request, .cells = &cell, .cell_count = 1};

    (void)state;
    read_ends(&cell, ends, 2);
    assert_int_equal(dcb_trace_plot(&trace, DCB_PLOT_SVG, "/out", &out), 0);
    assert_null(strchr(out.text, '`'));
    assert_null(strchr(out.text, '\x1b'));
    assert_non_null(strstr(out.text, "set title 'list-bytes: e?vil?rm?"));
    assert_non_null(strstr(out.text, "set output '/out'\n"));
    assert_non_null(strstr(out.text, "0.000009 131.6071 61.0352\n"));
    assert_non_null(strstr(out.text, "$p0 << END\n0.000009 131.6071\nEND\n"));
    dcb_strbuf_clear(&out);
    dcb_trace_cell_clear(&cell);
}

static void writes_the_series(void **state)
{
    static const uint64_t ends[] = {11000000, 11000000};
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    struct dcb_trace_cell cell;
    struct dcb_trace trace = {.request = &request, .cells = &cell, .cell_count = 1};

    (void)state;
    read_ends(&cell, ends, 2);
    dcb_report_trace_csv(&trace, &out);
    assert_non_null(strstr(out.text,
                           "container,implementation,sample,event,devent,clock,what,file,"
                           "line,function,rss,drss\n"));
    assert_non_null(strstr(out.text, ",PREV,2,2,0.000003,C_CALL,copy.py,132,id,10004096,"
                                     "4096\n"));
    assert_non_null(strstr(out.text, ",NEXT,9,7,0.000005,BUILT,-,0,-,74000000,"));
    assert_null(strchr(out.text, '\x1b'));
    dcb_strbuf_clear(&out);
    dcb_trace_cell_clear(&cell);
}

static void shows_a_lower_bound_as_one(void **state)
{
    struct dcb_report_trace_look look = {.format = DCB_TABLE_TEXT};
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    struct dcb_trace_cell cell;
    struct dcb_python python = {.version = (char *)(uintptr_t) "3.11.2",
                                .implementation = (char *)(uintptr_t) "cpython"};
    struct dcb_trace trace = {.request = &request,
                              .cells = &cell,
                              .cell_count = 1,
                              .python = &python,
                              .elapsed_s = 2.25};

    (void)state;
    assert_int_equal(read_text(&cell,
                               "repeat\t1000\t2000\t4000\tseen\t1000\t1000\t5\n"
                               "no-memo\tit has none\n",
                               NULL),
                     0);
    dcb_report_trace(&trace, &look, &out);
    assert_non_null(strstr(out.text, "dcbench " DCB_VERSION
                                     ": memory over time; CPython 3.11.2; 2.2 s\n"));
    assert_non_null(strstr(out.text, "  >= "));
    assert_non_null(strstr(out.text, "lower bounds"));
    assert_non_null(strstr(out.text, "its memo is not among the terms: it has none"));
    assert_null(strchr(out.text, '\x1b'));
    dcb_strbuf_clear(&out);
    look.format = DCB_TABLE_MARKDOWN;
    look.verbosity = -1;
    dcb_report_trace(&trace, &look, &out);
    assert_non_null(strstr(out.text, "| start | peak | end |"));
    assert_non_null(strstr(out.text, "| \\>= "));
    assert_null(strstr(out.text, "memory over time"));
    dcb_strbuf_clear(&out);
    dcb_trace_cell_clear(&cell);
}

static void checks_what_failed(void **state)
{
    struct dcb_trace_cell cells[] = {
        {.container = DCB_CONTAINER_LIST_BYTES, .asked = true},
        {.container = DCB_CONTAINER_SET_BYTES, .asked = true, .wrong = true},
        {.container = DCB_CONTAINER_DICT_STR, .asked = true},
        {.container = DCB_CONTAINER_LIST_FLOAT},
    };
    static const enum dcb_ci_outcome outcomes[] = {DCB_CI_PASSED, DCB_CI_FAILED,
                                                   DCB_CI_ERROR, DCB_CI_UNDECIDED};
    struct dcb_trace trace = {.request = &request, .cells = cells, .cell_count = 4};
    struct dcb_ci ci = DCB_CI_INIT;
    char failure[] = "no";

    (void)state;
    cells[1].failure = cells[2].failure = failure;
    dcb_report_trace_ci(&trace, &ci);
    assert_int_equal(ci.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(ci.findings[i].outcome, outcomes[i]);
    dcb_ci_clear(&ci);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_to_its_quota),
        cmocka_unit_test(gives_half_of_its_quota_to_each_size),
        cmocka_unit_test(parses_sizes),
        cmocka_unit_test(formats_sizes),
        cmocka_unit_test(knows_its_containers),
        cmocka_unit_test(reads_what_a_worker_wrote),
        cmocka_unit_test(believes_nothing_unchecked),
        cmocka_unit_test(has_room_for_so_many),
        cmocka_unit_test(cuts_and_cleans_names),
        cmocka_unit_test(says_where_it_was),
        cmocka_unit_test(sums_up),
        cmocka_unit_test(needs_a_repeat),
        cmocka_unit_test(tells_growth_from_none),
        cmocka_unit_test(fits_a_line),
        cmocka_unit_test(draws_a_chart),
        cmocka_unit_test(plots_numbers_and_filtered_labels),
        cmocka_unit_test(writes_the_series),
        cmocka_unit_test(shows_a_lower_bound_as_one),
        cmocka_unit_test(checks_what_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
