#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>

#include "compare_documents.h"
#include "history.h"
#include "history_plot.h"
#include "json_history.h"
#include "report_history.h"
#include "rng.h"
#include "spark.h"
#include "strbuf.h"

static const char *const impls[] = {"merged", "memo-opt"};
static const char *const inputs[] = {"memo", "reduce"};
static const struct dcb_history_filter everything = {.workloads = NULL};

enum { DAY = 86400, BEGAN = 1767225600 /* 2026-01-01 */ };

/* About normal, of unit variance. */
static double noise(struct dcb_rng *rng)
{
    double sum = 0;

    for (int i = 0; i < 12; i++)
        sum += (double)(dcb_rng_next(rng) >> 11) / 9007199254740992.0;
    return sum - 6;
}

/* A document of day `day`: all ratios 0.9 times exp(size) and noise of 0.3 %. */
static struct dcb_document *make_day(size_t day, double size, struct dcb_rng *rng)
{
    char *name = dcb_xasprintf("r%04zu", day);
    struct dcb_document *document = make_paper(name, impls, 2, inputs, 2);

    free(name);
    document->time_s = BEGAN + (int64_t)day * DAY;
    document->result.commit = dcb_xasprintf("%07zx%033d", 0xabcd000 + day, 0);
    for (size_t i = 0; i < 2; i++) {
        for (size_t arm = 2; arm < 4; arm++)
            set_ratio(&document->result.workloads[i].cells[arm],
                      0.9 * exp(size + 0.003 * noise(rng)), 0.002, MANY_WORKERS);
    }
    return document;
}

static void add(struct dcb_history *history, struct dcb_document *take_document)
{
    struct dcb_error err = DCB_ERROR_INIT;

    assert_int_equal(dcb_history_add(history, take_document, &everything, &err), 0);
    assert_no_error(&err);
    dcb_document_free(take_document);
}

static void refuse(struct dcb_history *history, struct dcb_document *take_document,
                   const struct dcb_history_filter *filter, const char *why)
{
    struct dcb_error err = DCB_ERROR_INIT;

    assert_int_equal(dcb_history_add(history, take_document, filter, &err), -1);
    assert_error(&err, DCB_ERROR_SYSTEM, why);
    dcb_document_free(take_document);
}

/* So many days, the latest first, with a step of 2 % in all series from `at` on. */
static struct dcb_history make_history(size_t days, size_t at)
{
    struct dcb_history history = {.files = NULL};
    struct dcb_rng rng = {.state = 3};

    for (size_t day = days; day-- > 0;)
        add(&history, make_day(day, day >= at ? 0.02 : 0, &rng));
    return history;
}

static void assert_note(const struct dcb_history *history, const char *part)
{
    for (size_t i = 0; i < history->note_count; i++) {
        if (strstr(history->notes[i], part))
            return;
    }
    fail_msg("no note with '%s'", part);
}

static void sorts_by_time_and_finds_the_step(void **state)
{
    struct dcb_history history = make_history(60, 40);

    (void)state;
    dcb_history_finish(&history);
    assert_int_equal(history.file_count, 60);
    assert_int_equal(history.series_count, 4);
    assert_int_equal(history.note_count, 0);
    for (size_t i = 0; i < 4; i++) {
        const struct dcb_history_series *series = &history.series[i];
        const struct dcb_history_step *step = series->steps;

        assert_string_equal(series->workload, inputs[i / 2]);
        assert_string_equal(series->impl, impls[i % 2]);
        assert_string_equal(series->python, "CPython 3.11.2");
        assert_int_equal(series->part, 1);
        assert_int_equal(series->count, 60);
        for (size_t k = 0; k < 60; k++)
            assert_int_equal(history.files[series->points[k].file].time_s,
                             BEGAN + (int64_t)k * DAY);
        assert_close(series->points[7].error, 0.002, 1e-9);
        assert_int_equal(series->step_count, 1);
        assert_int_equal(step->before, 39);
        assert_int_equal(step->behind, 40);
        assert_int_equal(step->results_before, 40);
        assert_int_equal(step->results_behind, 20);
        assert_close(step->change.estimate, exp(0.02), 0.003);
        assert_true(step->change.low > 1.01 && step->change.high < 1.03);
        assert_null(step->also);
    }
    dcb_history_clear(&history);
}

static void quiet_histories_have_no_step(void **state)
{
    struct dcb_history history = make_history(300, 300);

    (void)state;
    dcb_history_finish(&history);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(history.series[i].step_count, 0);
    dcb_history_clear(&history);
}

static void equal_times_are_told_apart_by_name(void **state)
{
    struct dcb_history history = {.files = NULL};
    struct dcb_rng rng = {.state = 3};

    (void)state;
    for (size_t i = 3; i-- > 0;) {
        struct dcb_document *document = make_day(i, 0, &rng);

        document->time_s = BEGAN;
        add(&history, document);
    }
    dcb_history_finish(&history);
    assert_string_equal(history.files[0].path, "some/r0000.json");
    assert_string_equal(history.files[2].path, "some/r0002.json");
    dcb_history_clear(&history);
}

static void another_interpreter(struct dcb_document *document)
{
    set_text(&document->result.python.version, "3.12.1");
}

static void another_build(struct dcb_document *document)
{
    set_text(&document->result.python.build, "main, Nov 1 2026");
}

static void another_workload(struct dcb_document *document)
{
    set_text(&document->result.workload_sources[0].sha256, "def");
}

static void another_baseline_file(struct dcb_document *document)
{
    set_text(&document->result.arm_sources[0].sha256, "def");
}

static void another_baseline(struct dcb_document *document)
{
    set_text(&document->plan.arms[0].label, "old");
}

static void no_collection(struct dcb_document *document)
{
    document->plan.gc = false;
}

/* What else the ratio depends on is not a step, however large it is. */
static void breaks_begin_a_series_of_their_own(void **state)
{
    static const struct {
        void (*change)(struct dcb_document *);
        const char *note;
        size_t series; /* of 4 */
    } cases[] = {
        {another_interpreter, "interpreter, CPython 3.12.1 instead of CPython 3.11.2", 8},
        {another_build, "another build of the interpreter", 8},
        {another_workload, "another file of the workload memo", 6},
        {another_baseline_file, "another file of the baseline stdlib", 8},
        {another_baseline, "another baseline, old instead of stdlib", 8},
        {no_collection, "garbage collection off", 8},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dcb_history history = {.files = NULL};
        struct dcb_rng rng = {.state = 9};

        for (size_t day = 0; day < 40; day++) {
            struct dcb_document *document =
                make_day(day, day >= 20 && i != 2 ? 0.1 : 0, &rng);

            if (day >= 20)
                cases[i].change(document);
            add(&history, document);
        }
        dcb_history_finish(&history);
        assert_int_equal(history.series_count, cases[i].series);
        assert_note(&history, cases[i].note);
        assert_note(&history, "(2): from 2026-01-21");
        assert_int_equal(history.note_count, 1); /* not one for each series */
        for (size_t k = 0; k < history.series_count; k++)
            assert_int_equal(history.series[k].step_count, 0);
        assert_int_equal(history.series[1].part, 2);
        assert_int_equal(history.series[1].count, 20);
        dcb_history_clear(&history);
    }
}

/* Two machines with interpreters of their own, in turns: two lines, no steps. */
static void series_may_lie_beside_each_other(void **state)
{
    struct dcb_history history = {.files = NULL};
    struct dcb_rng rng = {.state = 9};

    (void)state;
    for (size_t day = 0; day < 60; day++) {
        struct dcb_document *document = make_day(day, day % 2 ? 0.1 : 0, &rng);

        if (day % 2)
            another_interpreter(document);
        add(&history, document);
    }
    dcb_history_finish(&history);
    assert_int_equal(history.series_count, 8);
    assert_int_equal(history.series[1].count, 30);
    assert_note(&history, "some results, the first of 2026-01-02: another interpreter");
    for (size_t k = 0; k < 8; k++)
        assert_int_equal(history.series[k].step_count, 0);
    dcb_history_clear(&history);
}

static void tells_what_else_changed_at_a_step(void **state)
{
    struct dcb_history history = {.files = NULL};
    struct dcb_rng rng = {.state = 11};

    (void)state;
    for (size_t day = 0; day < 40; day++) {
        struct dcb_document *document = make_day(day, day >= 20 ? 0.03 : 0, &rng);

        set_text(&document->version, "0.1.0");
        if (day >= 20)
            snprintf(document->result.system.cpu, sizeof document->result.system.cpu,
                     "Another CPU");
        add(&history, document);
    }
    dcb_history_finish(&history);
    assert_string_equal(history.series[0].steps[0].also, "the CPU");
    assert_note(&history, "of fewer than 48 results, a step cannot be told from a drift");
    assert_note(&history, "memo, merged: at the step of 2026-01-21, the CPU changed");
    dcb_history_clear(&history);
}

static void results_without_an_interval_are_shown_and_not_judged(void **state)
{
    struct dcb_history history = {.files = NULL};
    struct dcb_rng rng = {.state = 13};

    (void)state;
    for (size_t day = 0; day < 40; day++) {
        struct dcb_document *document = make_day(day, day >= 30 ? 0.1 : 0, &rng);

        for (size_t i = 0; day >= 30 && i < 2; i++) {
            for (size_t arm = 2; arm < 4; arm++) {
                struct dcb_cell *cell = &document->result.workloads[i].cells[arm];

                cell->ratio.low = cell->ratio.high = DCB_UNKNOWN;
            }
        }
        document->result.workloads[0].withheld = day == 3;
        add(&history, document);
    }
    dcb_history_finish(&history);
    assert_int_equal(history.series[0].count, 40);
    assert_int_equal(history.series[0].step_count, 0);
    assert_note(&history, "10 results without an interval");
    assert_note(&history, "1 result in which the control differed");
    dcb_history_clear(&history);
}

static void passes_over_what_has_no_place(void **state)
{
    static char memo[] = "memo", merged[] = "merged", none[] = "none";
    static char *const memo_list[] = {memo}, *const merged_list[] = {merged};
    static char *const none_list[] = {none};
    const struct dcb_history_filter one = {memo_list, merged_list, 1, 1};
    const struct dcb_history_filter nothing = {.impls = none_list, .impl_count = 1};
    struct dcb_history history = {.files = NULL};
    struct dcb_rng rng = {.state = 15};
    struct dcb_document *document = make_day(0, 0, &rng);

    (void)state;
    document->kind = DCB_DOCUMENT_PYPERF;
    refuse(&history, document, &everything, "another tool");
    document = make_day(0, 0, &rng);
    document->time_s = -1;
    refuse(&history, document, &everything, "date");
    refuse(&history, make_day(0, 0, &rng), &nothing, "no ratio");
    document = make_day(0, 0, &rng);
    assert_int_equal(dcb_history_add(&history, document, &one, NULL), 0);
    dcb_document_free(document);
    dcb_history_finish(&history);
    assert_int_equal(history.file_count, 1);
    assert_int_equal(history.series_count, 1);
    dcb_history_clear(&history);
}

static void empty_histories_are_fine(void **state)
{
    struct dcb_history history = {.files = NULL};
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    char *json;

    (void)state;
    dcb_history_skip(&history, "x.json", "is broken");
    dcb_history_finish(&history);
    dcb_report_history(&history, 0, false, true, &out);
    assert_null(out.text);
    json = dcb_json_history(&history);
    assert_contains(json,
                    "\"passed_over\":[{\"path\":\"x.json\",\"reason\":\"is broken\"}]");
    free(json);
    dcb_history_clear(&history);
}

/* ---- output ---- */

static void tables_show_series_and_steps(void **state)
{
    struct dcb_history history = make_history(60, 40);
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    (void)state;
    dcb_history_finish(&history);
    dcb_report_history(&history, 1, false, false, &out);
    assert_contains(out.text, "60 results, 2026-01-01 to 2026-03-01\n");
    assert_contains(out.text, "\nmemo\n  implementation  results  over time");
    assert_contains(out.text, "  2026-02-10  merged          abcd027 - abcd028  +2.0 %");
    assert_contains(out.text, "some/r0039.json, abcd027, is the last result before the");
    for (const char *line = out.text; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") < 80);
    dcb_strbuf_clear(&out);
    dcb_report_history(&history, -1, true, true, &out);
    assert_null(strstr(out.text, "over time"));
    assert_contains(out.text, "\x1b[31m"); /* slower is bad */
    dcb_strbuf_clear(&out);
    dcb_report_history_markdown(&history, 0, true, &out);
    assert_contains(out.text, "\n### memo\n");
    assert_contains(out.text, "| 2026-02-10 | merged ");
    dcb_strbuf_clear(&out);
    dcb_report_history_csv(&history, &out);
    assert_contains(out.text,
                    "workload,impl,part,baseline,python,date,file,label,commit,");
    assert_contains(out.text,
                    "memo,merged,1,stdlib,CPython 3.11.2,2026-02-10T00:00:00Z,"
                    "some/r0040.json,,abcd028000000000000000000000000000000000,");
    dcb_strbuf_clear(&out);
    dcb_history_clear(&history);
}

/* The same run by two names, and another one of the same second. */
/* Labels name results where they tell them apart; times, where days do not. */
static void steps_are_named_by_label_and_time(void **state)
{
    static const int64_t gaps[] = {600, 40000};
    static const char *const rows[] = {"  03:20:00  merged          v1 - v2  +2.",
                                       "  2026-01-10 06:13  merged          v1 - v2  +"};

    (void)state;
    for (size_t k = 0; k < COUNT(gaps); k++) {
        struct dcb_history history = {.files = NULL};
        struct dcb_strbuf out = DCB_STRBUF_INIT;
        struct dcb_rng rng = {.state = 3};

        for (size_t i = 0; i < 40; i++) {
            struct dcb_document *document = make_day(i, i >= 20 ? 0.025 : 0, &rng);

            document->time_s = BEGAN + (int64_t)i * gaps[k];
            set_text(&document->result.label, i < 20 ? "v1" : "v2");
            add(&history, document);
        }
        dcb_history_finish(&history);
        dcb_report_history(&history, 0, false, true, &out);
        assert_contains(out.text, rows[k]);
        dcb_strbuf_clear(&out);
        dcb_report_history_markdown(&history, 0, true, &out);
        assert_contains(out.text, "v1 (abcd013) - v2 (abcd014)");
        dcb_strbuf_clear(&out);
        dcb_history_clear(&history);
    }
}

static void copies_count_once(void **state)
{
    struct dcb_history history = {.files = NULL};

    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct dcb_rng rng = {.state = seed < 3 ? 15 : 16};
        struct dcb_document *document = make_day(0, 0, &rng);

        set_text(&document->path, seed == 1 ? "a.json" : "b.json.gz");
        add(&history, document);
    }
    dcb_history_finish(&history);
    assert_int_equal(history.file_count, 2);
    assert_int_equal(history.series[0].count, 2);
    assert_int_equal(history.copies, 1);
    assert_note(&history, "1 result left out, of which there is a copy; the first: "
                          "b.json.gz");
    dcb_history_clear(&history);
}

static void dates_that_cannot_be_read_are_shown(void **state)
{
    struct dcb_history history = {.files = NULL};
    struct dcb_rng rng = {.state = 15};
    struct dcb_document *document = make_day(0, 0, &rng);

    (void)state;
    document->time_s = -1;
    document->result.system.date[0] = '\0';
    refuse(&history, document, &everything, "it has no date");
    document = make_day(0, 0, &rng);
    document->time_s = -86400;
    snprintf(document->result.system.date, sizeof document->result.system.date,
             "1969-12-31T00:00:00Z");
    refuse(&history, document, &everything, "its date, '1969-12-31T00:00:00Z', is none");
    dcb_history_clear(&history);
}

/* The first `known` of the results have intervals. */
static struct dcb_history make_judged(size_t days, size_t known, bool second)
{
    struct dcb_history history = {.files = NULL};
    struct dcb_rng rng = {.state = 3};

    for (size_t day = 0; day < days; day++) {
        struct dcb_document *document = make_day(day, 0, &rng);

        for (size_t i = 0; day >= known && i < 2; i++) {
            for (size_t arm = 2; arm < (second ? 3 : 4); arm++) {
                struct dcb_cell *cell = &document->result.workloads[i].cells[arm];

                cell->ratio.low = cell->ratio.high = DCB_UNKNOWN;
            }
        }
        add(&history, document);
    }
    dcb_history_finish(&history);
    return history;
}

static void steps_are_looked_for_in_judged_results(void **state)
{
    struct dcb_history history = make_judged(12, 9, false);
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    double shared;

    (void)state;
    dcb_report_history(&history, 0, false, true, &out);
    assert_contains(out.text,
                    "too few results to look for steps (9 with an interval, 10 needed)");
    assert_null(strstr(out.text, "no step;"));
    assert_int_equal(history.series[0].judged, 9);
    assert_true(isnan(history.series[0].detectable));
    dcb_strbuf_clear(&out);
    dcb_history_clear(&history);

    /* Those that are not judged take no share of the rate. */
    history = make_judged(12, 12, false);
    shared = history.series[1].detectable;
    assert_true(shared > 1.005 && shared < 1.1);
    dcb_history_clear(&history);
    history = make_judged(12, 9, true);
    assert_int_equal(history.series[0].judged, 9);
    assert_int_equal(history.series[1].judged, 12);
    assert_true(history.series[1].detectable < shared);
    dcb_report_history(&history, 0, false, true, &out);
    assert_contains(out.text, "no step; in the middle of 12 results, one of ");
    dcb_strbuf_clear(&out);
    dcb_history_clear(&history);
}

static void short_histories_say_so(void **state)
{
    struct dcb_history history = make_history(9, 5);
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    (void)state;
    dcb_history_finish(&history);
    dcb_report_history(&history, 0, false, true, &out);
    assert_contains(out.text, "too few results to look for steps");
    dcb_strbuf_clear(&out);
    dcb_history_clear(&history);
}

static void json_has_what_is_known(void **state)
{
    struct dcb_history history = make_history(60, 40);
    json_t *root, *series, *step, *point;
    char *json;

    (void)state;
    dcb_history_finish(&history);
    json = dcb_json_history(&history);
    root = json_loads(json, 0, NULL);
    assert_non_null(root);
    series = json_array_get(json_object_get(root, "series"), 0);
    step = json_array_get(json_object_get(series, "steps"), 0);
    point = json_array_get(json_object_get(series, "points"), 40);
    assert_string_equal(json_string_value(json_object_get(root, "schema")),
                        "dcbench-history/1");
    assert_int_equal(json_array_size(json_object_get(root, "results")), 60);
    assert_int_equal(json_integer_value(json_object_get(step, "before")), 39);
    assert_int_equal(json_integer_value(json_object_get(step, "behind")), 40);
    assert_string_equal(json_string_value(json_object_get(step, "direction")), "slower");
    assert_int_equal(json_integer_value(json_object_get(point, "result")), 40);
    assert_close(json_real_value(json_object_get(point, "log_error")), 0.002, 1e-8);
    json_decref(root);
    free(json);
    dcb_history_clear(&history);
}

/* ---- pictures ---- */

static void plots_have_a_panel_for_each_workload(void **state)
{
    struct dcb_history history = make_history(60, 40);
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    (void)state;
    dcb_history_finish(&history);
    assert_int_equal(dcb_history_plot(&history, DCB_PLOT_SVG, "/out", &out), 0);
    assert_contains(out.text, "set terminal svg size 960,640 noenhanced");
    assert_contains(out.text, "set output '/out'\n");
    assert_contains(out.text, "set multiplot layout 2,1\n");
    assert_contains(out.text, "set title 'memo' noenhanced\n");
    assert_contains(out.text, "title 'memo-opt' noenhanced\n");
    assert_contains(out.text, "set arrow from 1770638400.0, graph 0");
    dcb_strbuf_clear(&out);
    dcb_history_clear(&history);
}

/* Results of one afternoon; of one, and one of long before; of one second. */
static void plots_keep_results_apart(void **state)
{
    static const struct {
        int64_t gap, before;
        const char *axis;
    } cases[] = {
        {DAY, 0, "set format x '%Y-%m-%d'\n"},
        {600, 0, "set format x '%H:%M'\n"},
        {20, 0, "set format x '%H:%M:%S'\n"},
        {600, 90 * DAY, "set xlabel 'number of the result, by time'\n"},
        {0, 0, "set xlabel 'number of the result, by time'\n"},
    };

    (void)state;
    for (size_t k = 0; k < COUNT(cases); k++) {
        struct dcb_history history = {.files = NULL};
        struct dcb_strbuf out = DCB_STRBUF_INIT;
        struct dcb_rng rng = {.state = 3};

        for (size_t i = 0; i < 20; i++) {
            struct dcb_document *document = make_day(i, i >= 10 ? 0.05 : 0, &rng);

            document->time_s =
                BEGAN + (int64_t)i * cases[k].gap - (i ? 0 : cases[k].before);
            set_text(&document->result.label, i < 10 ? "v1.4" : "v1.5");
            add(&history, document);
        }
        dcb_history_finish(&history);
        dcb_history_plot(&history, DCB_PLOT_SVG, "/out", &out);
        assert_contains(out.text, cases[k].axis);
        assert_contains(out.text, "set label 'v1.5: +");
        assert_int_equal(strstr(out.text, "set xdata time") == NULL, k >= 3);
        if (k >= 3)
            assert_contains(out.text, "set arrow from 10.5, graph 0");
        dcb_strbuf_clear(&out);
        dcb_history_clear(&history);
    }
}

/* Whatever a file calls its arms and workloads: no text of it is a command of gnuplot's,
 * which are backquotes and what stands behind a quote or a newline. */
static void labels_are_no_commands(void **state)
{
    static const char *const hostile[] = {
        "`touch /tmp/owned`",
        "' ; system('touch /tmp/owned') ; '",
        "\"`id`\"",
        "a\nsystem \"id\"\nb",
        "END\n!id\n",
        "\\' . system(\"id\")",
        "$d0",
        "{/=20 big}@#!|<>&^%n",
        "\xc2\x91`id`\xc2\x9b",
        "\xff`id`",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(hostile); i++) {
        struct dcb_history history = {.files = NULL};
        struct dcb_strbuf out = DCB_STRBUF_INIT;
        struct dcb_rng rng = {.state = 15};
        struct dcb_document *document = make_day(0, 0, &rng);

        set_text(&document->plan.workloads[0].label, hostile[i]);
        set_text(&document->plan.arms[2].label, hostile[i]);
        set_text(&document->result.label, hostile[i]);
        add(&history, document);
        dcb_history_finish(&history);
        dcb_history_plot(&history, DCB_PLOT_PNG, "/out", &out);
        assert_null(strchr(out.text, '`'));
        assert_null(strchr(out.text, '"'));
        assert_null(strchr(out.text, '\\'));
        assert_null(strchr(out.text, '!'));
        assert_null(strchr(out.text, ';'));
        /* Quotes come in pairs on every line. */
        for (const char *line = out.text; *line; line += strcspn(line, "\n") + 1) {
            size_t quotes = 0;

            for (const char *c = line; *c && *c != '\n'; c++)
                quotes += *c == '\'';
            assert_int_equal(quotes % 2, 0);
            assert_true(strncmp(line, "system", 6) != 0);
        }
        dcb_strbuf_clear(&out);
        dcb_history_clear(&history);
    }
}

static void formats_are_told_by_the_name(void **state)
{
    enum dcb_plot_format format;

    (void)state;
    assert_true(dcb_plot_format_of("a/b.svg", &format) && format == DCB_PLOT_SVG);
    assert_true(dcb_plot_format_of("b.x.PNG", &format) && format == DCB_PLOT_PNG);
    assert_false(dcb_plot_format_of("svg", &format));
    assert_false(dcb_plot_format_of("a.svg/b", &format));
    assert_false(dcb_plot_format_of("a.pdf", &format));
}

static void assert_spark(const double *values, size_t count, size_t width, double range,
                         const char *expected)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_spark_line(values, count, width, range, false, &out);
    assert_string_equal(out.text, expected);
    dcb_strbuf_clear(&out);
}

static void sparks_go_from_low_to_high(void **state)
{
    static const double rise[] = {0, 1, 2, 3, 4, 5, 6, 7};
    static const double flat[] = {5, 5, 5};
    static const double lone[] = {0, 0, 0, 9, 0, 0, 0, 0, 0, 7, 7, 7};

    (void)state;
    assert_spark(rise, 8, 80, 0.1, ".:-=+*#@");
    assert_spark(rise, 8, 4, 0.1, ".-*@");
    assert_spark(rise, 8, 8, 700, "====++++");
    assert_spark(flat, 3, 8, 0.1, "+++");
    assert_spark(lone, 12, 3, 0.1, "..@"); /* medians: single outliers are not seen */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_by_time_and_finds_the_step),
        cmocka_unit_test(quiet_histories_have_no_step),
        cmocka_unit_test(equal_times_are_told_apart_by_name),
        cmocka_unit_test(breaks_begin_a_series_of_their_own),
        cmocka_unit_test(series_may_lie_beside_each_other),
        cmocka_unit_test(tells_what_else_changed_at_a_step),
        cmocka_unit_test(results_without_an_interval_are_shown_and_not_judged),
        cmocka_unit_test(passes_over_what_has_no_place),
        cmocka_unit_test(empty_histories_are_fine),
        cmocka_unit_test(tables_show_series_and_steps),
        cmocka_unit_test(steps_are_named_by_label_and_time),
        cmocka_unit_test(copies_count_once),
        cmocka_unit_test(dates_that_cannot_be_read_are_shown),
        cmocka_unit_test(steps_are_looked_for_in_judged_results),
        cmocka_unit_test(short_histories_say_so),
        cmocka_unit_test(json_has_what_is_known),
        cmocka_unit_test(plots_have_a_panel_for_each_workload),
        cmocka_unit_test(plots_keep_results_apart),
        cmocka_unit_test(labels_are_no_commands),
        cmocka_unit_test(formats_are_told_by_the_name),
        cmocka_unit_test(sparks_go_from_low_to_high),
    };

    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
