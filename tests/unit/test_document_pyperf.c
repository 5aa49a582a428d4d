/* Files of pyperf's, read as documents. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "document.h"
#include "json_pyperf.h"
#include "report.h"
#include "report_pyperf.h"
#include "strbuf.h"
#include "unit.h"

static struct dcb_document *parse(const char *text, struct dcb_error *err)
{
    return dcb_document_parse("dir/theirs.json.gz", text, strlen(text),
                              DCB_DOCUMENT_WHOLE, err);
}

static struct dcb_document *parse_well(const char *text)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_document *document = parse(text, &err);

    assert_no_error(&err);
    assert_non_null(document);
    assert_int_equal(document->kind, DCB_DOCUMENT_PYPERF);
    return document;
}

static const struct dcb_cell *cell_of(const struct dcb_document *document,
                                      const char *workload)
{
    const struct dcb_workload_result *found = dcb_document_workload(document, workload);

    assert_non_null(found);
    return dcb_document_cell(document, found, "theirs");
}

static const char whole_text[] =
    "{\"version\": \"1.0\","
    " \"metadata\": {\"cpu_model_name\": \"A CPU\", \"cpu_count\": 4,"
    "   \"platform\": \"Linux-6.1.0-13.x86_64-x86_64-with-glibc2.36\","
    "   \"python_version\": \"3.11.2 (64-bit)\", \"python_implementation\": \"cpython\","
    "   \"perf_version\": \"2.10.0\", \"inner_loops\": 7, \"python_gc\": \"disabled\"},"
    " \"benchmarks\": ["
    "  {\"metadata\": {\"name\": \" a \", \"loops\": 10},"
    "   \"runs\": ["
    "    {\"warmups\": [[1, 0.1]], \"metadata\": {\"calibrate_loops\": 8,"
    "      \"date\": \"2020-10-13T10:12:20.476957\", \"duration\": 0.5}},"
    "    {\"values\": [1e-6, 3e-6], \"warmups\": [[1, 0.1]],"
    "     \"metadata\": {\"loops\": 20, \"duration\": 0.25}},"
    "    {\"values\": [5e-6], \"metadata\": {\"inner_loops\": 1}}]},"
    "  {\"metadata\": {\"unit\": \"byte\"},"
    "   \"runs\": [{\"values\": [5000], \"metadata\": {\"name\": \"rss\"}}]},"
    "  {\"runs\": [{\"warmups\": [[1, 1]], \"metadata\": {\"name\": \"none\"}}]},"
    "  {\"metadata\": {\"name\": \"b\", \"unit\": \"second\"},"
    "   \"runs\": [{\"values\": [2]}]}]}";

static void whole_file(void **state)
{
    struct dcb_document *document;
    const struct dcb_cell *cell;

    (void)state;
    setenv("TZ", "UTC-2", 1); /* two hours east */
    document = parse_well(whole_text);
    assert_string_equal(document->name, "theirs");
    assert_string_equal(document->version, "2.10.0");
    assert_string_equal(document->result.system.date, "2020-10-13T08:12:20Z");
    assert_int_equal(document->time_s, 1602576740);
    assert_string_equal(document->result.system.cpu, "A CPU");
    assert_int_equal(document->result.system.cpus, 4);
    assert_string_equal(document->result.system.machine, "x86_64");
    assert_string_equal(document->result.system.kernel, "Linux 6.1.0-13.x86_64");
    assert_string_equal(document->result.python.version, "3.11.2");
    assert_string_equal(document->result.python.implementation, "cpython");
    assert_false(document->plan.gc);
    assert_int_equal(document->plan.arm_count, 1);
    assert_int_equal(document->result.workload_count, 2);
    assert_int_equal(document->result.note_count, 2);
    assert_string_equal(document->result.notes[0],
                        "rss: passed over: its unit is byte, not second");
    assert_contains(document->result.notes[1], "none: passed over: its runs are calib");

    cell = cell_of(document, "a");
    assert_int_equal(cell->role, DCB_ROLE_BASELINE);
    assert_int_equal(cell->sample_count, 2);
    assert_close(cell->samples[0].time_ns, 2000, 1e-9);
    assert_int_equal(cell->samples[0].rounds, 2);
    assert_int_equal(cell->samples[0].iterations, 140);
    assert_int_equal(cell->samples[1].iterations, 10);
    assert_int_equal(cell->samples[1].worker, 1);
    assert_nan(cell->samples[0].log_ratio);
    assert_close(cell->time.mean, 3500, 1e-9);
    assert_int_equal(cell->blocks, 3);
    assert_nan(cell->ratio.estimate);
    assert_close(document->result.workloads[0].elapsed_s, 0.75, 1e-9);
    assert_close(cell_of(document, "b")->time.median, 2e9, 0);
    dcb_document_free(document);
}

/* Samples were called so, and the metadata of a benchmark otherwise. */
static void version_5(void **state)
{
    struct dcb_document *document;

    (void)state;
    document = parse_well("{\"version\": 5, \"metadata\": {\"name\": \"no\"},"
                          " \"benchmarks\": [{\"common_metadata\": {\"name\": \"a\"},"
                          " \"runs\": [{\"samples\": [], \"warmups\": [[2, 1]]}, "
                          "{\"samples\": [1e-3]}]}]}");
    assert_close(cell_of(document, "a")->time.mean, 1e6, 1e-6);
    dcb_document_free(document);
}

static void dates(void **state)
{
    static const struct {
        const char *date;
        int64_t seconds;
    } cases[] = {
        {"2020-10-13 10:12:20", 1602583940 - 7200},
        {"2020-10-13 10:12:20.5", 1602583940 - 7200},
        {"2020-10-13T10:12:20Z", 1602583940},
        {"2020-10-13 10:12:20+01:00", 1602583940 - 3600},
        {"2020-10-13 10:12:20.25-00:30", 1602583940 + 1800},
        {"2020-10-13", -1},
        {"yesterday", -1},
        {"2020-10-13 10:12:20 or so", -1},
    };

    (void)state;
    setenv("TZ", "UTC-2", 1);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = dcb_xasprintf(
            "{\"version\": \"1.0\", \"benchmarks\": [{\"runs\": [{\"values\": [1], "
            "\"metadata\": {\"name\": \"a\", \"date\": \"%s\"}}]}]}",
            cases[i].date);
        struct dcb_document *document = parse_well(text);

        if (document->time_s != cases[i].seconds)
            fail_msg("%s is %lld", cases[i].date, (long long)document->time_s);
        dcb_document_free(document);
        free(text);
    }
}

#define FILE_OF(benchmarks) "{\"version\": \"1.0\", \"benchmarks\": " benchmarks "}"
#define RUNS_OF(runs)       FILE_OF("[{\"metadata\": {\"name\": \"a\"}, \"runs\": " runs "}]")

static void what_is_wrong_is_told(void **state)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"{\"version\": 1.0, \"benchmarks\": []}", "version: is not one of pyperf's"},
        {"{\"version\": 4, \"benchmarks\": []}",
         "version: pyperf's format 4 is not read"},
        {"{\"version\": \"3\", \"benchmarks\": []}", "version: pyperf's format '3'"},
        {"{\"benchmarks\": []}", "version"},
        {FILE_OF("[]"), "benchmarks: 0 of them"},
        {FILE_OF("[3]"), "benchmarks[0]: an object is wanted"},
        {FILE_OF("[{}]"), "benchmarks[0].runs: is missing"},
        {RUNS_OF("[]"), "benchmarks[0].runs: is empty"},
        {RUNS_OF("{}"), "benchmarks[0].runs: a list is wanted"},
        {RUNS_OF("[{}]"), "benchmarks[0].runs[0]: has neither values nor warmups"},
        {RUNS_OF("[4]"), "benchmarks[0].runs[0]: an object is wanted"},
        {RUNS_OF("[{\"values\": 3}]"), "benchmarks[0].runs[0].values: a list"},
        {RUNS_OF("[{\"values\": [1, \"x\"]}]"), "runs[0].values[1]: a number is wanted"},
        {RUNS_OF("[{\"values\": [1, 0]}]"), "runs[0].values[1]: 0 is not within"},
        {RUNS_OF("[{\"values\": [-1]}]"), "runs[0].values[0]: -1 is not within"},
        {RUNS_OF("[{\"values\": [1e300]}]"), "runs[0].values[0]: 1e+300 is not within"},
        {RUNS_OF("[{\"values\": [1], \"metadata\": 3}]"),
         "runs[0].metadata: an object is wanted"},
        {RUNS_OF("[{\"values\": [1], \"metadata\": {\"loops\": 0}}]"),
         "runs[0].metadata: loops is no whole number from 1 on"},
        {RUNS_OF("[{\"values\": [1], \"metadata\": {\"inner_loops\": 2.0}}]"),
         "runs[0].metadata: inner_loops is no whole number from 1 on"},
        {FILE_OF("[{\"runs\": [{\"values\": [1]}]}]"), "benchmarks[0]: has no name"},
        {FILE_OF("[{\"runs\": [{\"values\": [1], \"metadata\": {\"name\": \" \"}}]}]"),
         "benchmarks[0]: has no name"},
        {FILE_OF("[{\"runs\": [{\"values\": [1], "
                 "\"metadata\": {\"name\": \"a\\u001b[31m\"}}]}]"),
         "benchmarks[0]: has no name that can be printed"},
        {FILE_OF("[{\"metadata\": {\"name\": \"a\"}, \"runs\": [{\"values\": [1]}]},"
                 " {\"metadata\": {\"name\": \"a \"}, \"runs\": [{\"values\": [1]}]}]"),
         "benchmarks[1]: 'a' is there a second time"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dcb_error err = DCB_ERROR_INIT;

        if (parse(cases[i].text, &err))
            fail_msg("taken: %s", cases[i].text);
        assert_contains(err.text, "theirs.json.gz: ");
        assert_error(&err, DCB_ERROR_SYSTEM, cases[i].said);
    }
}

/* What describes and is of another type, or absurd, is passed over. */
static void odd_metadata(void **state)
{
    struct dcb_document *document;

    (void)state;
    document = parse_well(
        "{\"version\": \"1.0\", \"metadata\": {\"cpu_model_name\": 3, \"cpu_count\": "
        "1e15, \"platform\": \"x\\u0007\", \"duration\": -1, \"load_avg_1min\": \"0.2\","
        " \"loops\": 9223372036854775807, \"inner_loops\": 9223372036854775807},"
        " \"benchmarks\": [{\"metadata\": {\"name\": \"a\"},"
        " \"runs\": [{\"values\": [1e18, 1e18]}]}]}");
    assert_string_equal(document->result.system.cpu, "");
    assert_string_equal(document->result.system.kernel, "");
    assert_int_equal(document->result.system.cpus, 0);
    assert_true(document->result.system.load < 0);
    assert_true(cell_of(document, "a")->samples[0].iterations == INT64_MAX);
    assert_true(cell_of(document, "a")->samples[0].total_ns == INT64_MAX);
    dcb_document_free(document);
}

/* Those of a document without candidates and without a control. */
static void every_report(void **state)
{
    static const char *const texts[] = {
        whole_text,
        FILE_OF("[{\"metadata\": {\"name\": \"a\", \"unit\": \"byte\"},"
                " \"runs\": [{\"values\": [1]}]}]"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct dcb_document *document = parse_well(texts[i]);
        struct dcb_strbuf out = DCB_STRBUF_INIT;

        dcb_report_csv(&document->result, &out);
        assert_contains(out.text, "workload,implementation,role");
        assert_int_equal(strstr(out.text, "a,theirs,baseline,ok,3500,3500,") != NULL,
                         i == 0);
        dcb_strbuf_clear(&out);
        for (int verbosity = -1; verbosity <= 1; verbosity++) {
            dcb_report_pyperf(document, DCB_TABLE_TEXT, verbosity, false, &out);
            dcb_report_pyperf(document, DCB_TABLE_MARKDOWN, verbosity, false, &out);
        }
        assert_contains(out.text, "passed over: its unit is byte");
        dcb_strbuf_clear(&out);
        dcb_document_free(document);
    }
}

/* A file of ours comes back as it was. */
static void our_own_file(void **state)
{
    static const char *const impls[] = {"theirs"};
    static const char *const inputs[] = {"memo", "reduce"};
    static const size_t arms[] = {2};
    struct dcb_document *document;
    struct made made;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 2);
    text = dcb_json_pyperf(&made.result, arms, 1, DCB_PYPERF_WORKLOAD, NULL);
    document = parse_well(text);
    assert_string_equal(document->version, DCB_VERSION);
    assert_string_equal(document->result.system.date, made.result.system.date);
    assert_string_equal(document->result.system.cpu, "A CPU");
    assert_string_equal(document->result.system.kernel, "Linux 6.1.0");
    assert_string_equal(document->result.system.machine, "x86_64");
    assert_int_equal(document->result.system.cpus, 2);
    assert_string_equal(document->result.python.version, "3.11.2");
    assert_int_equal(document->result.workload_count, 2);
    assert_int_equal(cell_of(document, "memo")->time.count, 5);
    assert_close(cell_of(document, "memo")->time.median, 61200 * 0.9, 0.01);
    assert_int_equal(cell_of(document, "memo")->samples[0].iterations, 150);
    dcb_document_free(document);
    free(text);
    unmake_result(&made);
}

/* Whose times they are: of all benchmarks, or the file's name. */
static void labels(void **state)
{
    static const struct {
        const char *first, *second, *label;
    } cases[] = {
        {"\"dcbench_implementation\": \"mine\",", "\"dcbench_implementation\": \"mine\",",
         "mine"},
        {"\"dcbench_implementation\": \"mine\",", "", "theirs"},
        {"", "\"dcbench_implementation\": \"mine\",", "theirs"},
        {"\"dcbench_implementation\": \"mine\",",
         "\"dcbench_implementation\": \"yours\",", "theirs"},
        {"\"dcbench_implementation\": \"\",", "", "theirs"},
        {"\"dcbench_implementation\": 3,", "", "theirs"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = dcb_xasprintf(
            "{\"version\": \"1.0\", \"benchmarks\": ["
            "{\"metadata\": {%s \"name\": \"a\"}, \"runs\": [{\"values\": [1]}]},"
            "{\"metadata\": {%s \"name\": \"b\"}, \"runs\": [{\"values\": [1]}]}]}",
            cases[i].first, cases[i].second);
        struct dcb_document *document = parse_well(text);

        assert_string_equal(document->plan.arms[0].label, cases[i].label);
        dcb_document_free(document);
        free(text);
    }
}

/* One file has one machine and one interpreter: those of the first benchmark. */
static void benchmarks_of_elsewhere(void **state)
{
    static const struct {
        const char *metadata;
        size_t workloads;
        const char *note;
    } cases[] = {
        {"\"cpu_model_name\": \"A\", \"python_version\": \"3.11.2\",", 2, NULL},
        {"", 2, NULL},
        {"\"cpu_model_name\": \"B\",", 1,
         "b: passed over: it was measured with another "
         "machine than the first"},
        {"\"platform\": \"Linux-6.1-aarch64-with-glibc2.36\",", 1, "another machine"},
        {"\"python_version\": \"3.11.20 (64-bit)\",", 1, "another interpreter"},
        {"\"python_implementation\": \"pypy\",", 1, "another interpreter"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = dcb_xasprintf(
            "{\"version\": \"1.0\", \"benchmarks\": ["
            "{\"metadata\": {\"cpu_model_name\": \"A\", \"name\": \"a\","
            "  \"platform\": \"Linux-6.1-x86_64-with-glibc2.36\","
            "  \"python_implementation\": \"cpython\","
            "  \"python_version\": \"3.11.2 (64-bit)\"},"
            " \"runs\": [{\"values\": [1]}]},"
            "{\"metadata\": {%s \"name\": \"b\"}, \"runs\": [{\"values\": [1]}]}]}",
            cases[i].metadata);
        struct dcb_document *document = parse_well(text);

        assert_int_equal(document->result.workload_count, cases[i].workloads);
        assert_int_equal(document->result.note_count, cases[i].note ? 1 : 0);
        if (cases[i].note)
            assert_contains(document->result.notes[0], cases[i].note);
        dcb_document_free(document);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_file),
        cmocka_unit_test(version_5),
        cmocka_unit_test(dates),
        cmocka_unit_test(what_is_wrong_is_told),
        cmocka_unit_test(odd_metadata),
        cmocka_unit_test(every_report),
        cmocka_unit_test(our_own_file),
        cmocka_unit_test(labels),
        cmocka_unit_test(benchmarks_of_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
