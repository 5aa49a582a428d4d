#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>

#include "json_pyperf.h"
#include "samples.h"
#include "strbuf.h"
#include "unit.h"

static const char *const impls[] = {"merged", "memo-opt"};
static const char *const inputs[] = {"memo", "reduce"};
static const size_t merged[] = {2};

/* A file and what was said of it. */
struct file {
    json_t *root;
    struct dcb_strbuf notes;
};

static struct file write_file(const struct made *made, const size_t *arms, size_t count,
                              enum dcb_pyperf_naming naming)
{
    struct file file = {.notes = DCB_STRBUF_INIT};
    char *text = dcb_json_pyperf(&made->result, arms, count, naming, &file.notes);
    json_error_t where;

    assert_non_null(text);
    assert_int_equal(text[strlen(text) - 1], '\n');
    file.root = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    if (!file.root)
        fail_msg("%s: %s", where.text, text);
    free(text);
    return file;
}

static void clear_file(struct file *file)
{
    json_decref(file->root);
    dcb_strbuf_clear(&file->notes);
}

static json_t *benchmark(const struct file *file, size_t index)
{
    return json_array_get(json_object_get(file->root, "benchmarks"), index);
}

static size_t benchmark_count(const struct file *file)
{
    return json_array_size(json_object_get(file->root, "benchmarks"));
}

static json_t *run(const struct file *file, size_t index, size_t number)
{
    return json_array_get(json_object_get(benchmark(file, index), "runs"), number);
}

/* The metadata of a run as pyperf reads it: its own, else the benchmark's, else the
 * file's. */
static json_t *metadata(const struct file *file, size_t index, size_t number,
                        const char *key)
{
    json_t *places[] = {run(file, index, number), benchmark(file, index), file->root};

    for (size_t i = 0; i < COUNT(places); i++) {
        json_t *value = json_object_get(json_object_get(places[i], "metadata"), key);

        if (value)
            return value;
    }
    return NULL;
}

static const char *text_of(const struct file *file, size_t index, const char *key)
{
    const char *text = json_string_value(metadata(file, index, 0, key));

    if (!text)
        fail_msg("no text '%s'", key);
    return text;
}

static double number_of(const struct file *file, size_t index, const char *key)
{
    json_t *value = metadata(file, index, 0, key);

    if (!json_is_number(value))
        fail_msg("no number '%s'", key);
    return json_number_value(value);
}

static size_t run_count(const struct file *file, size_t index)
{
    return json_array_size(json_object_get(benchmark(file, index), "runs"));
}

static void one_implementation(void **state)
{
    struct made made;
    struct file file;

    (void)state;
    setenv("TZ", "UTC-2", 1); /* two hours east */
    make_result(&made, impls, 2, inputs, 2);
    dcb_result_note(&made.result, "a note");
    file = write_file(&made, merged, 1, DCB_PYPERF_WORKLOAD);
    assert_string_equal(json_string_value(json_object_get(file.root, "version")), "1.0");
    assert_null(file.notes.text);
    assert_int_equal(benchmark_count(&file), 2);
    for (size_t i = 0; i < 2; i++) {
        json_t *values = json_object_get(run(&file, i, 0), "values");

        assert_string_equal(text_of(&file, i, "name"), inputs[i]);
        assert_string_equal(text_of(&file, i, "dcbench_implementation"), "merged");
        assert_int_equal(run_count(&file, i), 5);
        assert_int_equal(json_array_size(values), 1);
        assert_close(json_number_value(json_array_get(values, 0)), 61200e-9 * 0.9, 1e-12);
        assert_true(json_is_integer(metadata(&file, i, 0, "loops")));
        assert_close(number_of(&file, i, "loops"), 150, 0); /* 50 blocks of 3 */
        assert_null(metadata(&file, i, 0, "duration"));
        assert_close(number_of(&file, i, "dcbench_seed"), 100, 0);
        assert_close(number_of(&file, i, "dcbench_cpu_time"), 60000e-9 * 0.9, 1e-12);
        assert_close(number_of(&file, i, "dcbench_log_ratio"), log(0.9), 1e-7);
        assert_close(number_of(&file, i, "dcbench_instructions"), 421034 * 0.9, 1e-2);
        assert_close(number_of(&file, i, "dcbench_page_faults"), 0.0012 * 0.9, 1e-9);
        assert_null(metadata(&file, i, 0, "dcbench_LLC_loads")); /* not counted */
        assert_null(metadata(&file, i, 0, "dcbench_time_elapsed"));
    }
    assert_string_equal(text_of(&file, 0, "date"), "2024-02-29 14:00:00");
    assert_string_equal(text_of(&file, 0, "cpu_model_name"), "A CPU");
    assert_string_equal(text_of(&file, 0, "platform"), "Linux-6.1.0-x86_64");
    assert_string_equal(text_of(&file, 0, "python_version"), "3.11.2");
    assert_string_equal(text_of(&file, 0, "python_implementation"), "cpython");
    assert_string_equal(text_of(&file, 0, "unit"), "second");
    assert_close(number_of(&file, 0, "load_avg_1min"), 0.25, 0);
    assert_null(metadata(&file, 0, 0, "hostname"));
    assert_null(metadata(&file, 0, 0, "python_compiler"));
    clear_file(&file);
    unmake_result(&made);
}

/* What all runs have stands once; the name stays at its benchmark. */
static void common_metadata_is_hoisted(void **state)
{
    static const char *const up[] = {"date", "unit", "loops", "dcbench_implementation"};
    struct made made;
    struct file file;
    const json_t *top;

    (void)state;
    make_result(&made, impls, 2, inputs, 1);
    file = write_file(&made, merged, 1, DCB_PYPERF_WORKLOAD);
    top = json_object_get(file.root, "metadata");
    for (size_t i = 0; i < COUNT(up); i++)
        assert_non_null(json_object_get(top, up[i]));
    assert_null(json_object_get(top, "name"));
    assert_non_null(
        json_object_get(json_object_get(benchmark(&file, 0), "metadata"), "name"));
    assert_int_equal(json_object_size(json_object_get(run(&file, 0, 0), "metadata")),
                     2); /* dcbench_worker and dcbench_seed */
    clear_file(&file);
    unmake_result(&made);
}

static void all_implementations(void **state)
{
    static const char *const names[] = {"stdlib/memo",   "stdlib/reduce",
                                        "merged/memo",   "merged/reduce",
                                        "memo-opt/memo", "memo-opt/reduce"};
    struct made made;
    struct file file;

    (void)state;
    make_result(&made, impls, 2, inputs, 2);
    file = write_file(&made, NULL, 0, DCB_PYPERF_BOTH);
    assert_int_equal(benchmark_count(&file), 6); /* the control is none of them */
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(text_of(&file, i, "name"), names[i]);
    assert_null(metadata(&file, 0, 0, "dcbench_log_ratio")); /* the baseline has none */
    clear_file(&file);
    unmake_result(&made);
}

/* pyperf calls benchmarks with unequal numbers of values significantly different. */
static void unequal_workers_are_cut(void **state)
{
    struct made made;
    struct file file;
    struct dcb_cell *cells;

    (void)state;
    make_result(&made, impls, 2, inputs, 2);
    cells = made.result.workloads[0].cells;
    free(cells[2].samples[4].counters);
    cells[2].sample_count = 4;
    cells[3].samples[1].time_ns = 0; /* shorter than the clock can see */
    file = write_file(&made, NULL, 0, DCB_PYPERF_BOTH);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(run_count(&file, i), i % 2 ? 5 : 3);
    for (size_t i = 0; i < 6; i += 2)
        assert_close(json_integer_value(metadata(&file, i, 1, "dcbench_worker")), 2, 0);
    assert_contains(file.notes.text, "2 of 5 values of stdlib on memo left out");
    assert_contains(file.notes.text, "1 of 4 values of merged on memo left out");
    assert_null(strstr(file.notes.text, "reduce"));
    clear_file(&file);

    /* The same workers, whichever implementation is asked for. */
    file = write_file(&made, merged, 1, DCB_PYPERF_WORKLOAD);
    assert_int_equal(run_count(&file, 0), 3);
    clear_file(&file);
    unmake_result(&made);
}

static void no_common_worker(void **state)
{
    struct made made;
    struct file file;
    struct dcb_cell *cells;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    cells = made.result.workloads[0].cells;
    cells[0].samples[0].time_ns = cells[0].samples[1].time_ns = (double)NAN;
    for (size_t i = 2; i < 5; i++)
        cells[2].samples[i].time_ns = (double)NAN;
    file = write_file(&made, NULL, 0, DCB_PYPERF_BOTH);
    assert_int_equal(run_count(&file, 0), 3);
    assert_int_equal(run_count(&file, 1), 2);
    assert_contains(file.notes.text, "the values of merged cannot be compared");
    clear_file(&file);
    unmake_result(&made);
}

static void failures(void **state)
{
    struct made made;
    struct file file;
    struct dcb_strbuf notes = DCB_STRBUF_INIT;

    (void)state;
    make_result(&made, impls, 2, inputs, 1);
    make_failed(&made.result.workloads[0].cells[2], "failed: copies wrongly");
    file = write_file(&made, NULL, 0, DCB_PYPERF_BOTH);
    assert_int_equal(benchmark_count(&file), 2);
    assert_int_equal(run_count(&file, 0), 5);
    assert_contains(file.notes.text, "merged on memo left out: failed: copies wrongly\n");
    clear_file(&file);
    assert_null(dcb_json_pyperf(&made.result, merged, 1, DCB_PYPERF_WORKLOAD, &notes));
    assert_contains(notes.text, "merged on memo left out");
    dcb_strbuf_clear(&notes);
    unmake_result(&made);
}

static void rename_label(char **label, const char *text)
{
    free(*label);
    *label = dcb_xstrdup(text);
}

/* pyperf takes spaces off the ends, no line ends, and no name twice. */
static void odd_labels(void **state)
{
    static const struct {
        const char *label, *name;
    } cases[] = {
        {" memo", "\" memo\""},
        {"memo ", "\"memo \""},
        {" ", "\" \""},
        {"\xc2\xa0", "\"\xc2\xa0\""},
        {"a\nb", "a b"},
        {"a b", "a b"},
        {"\"quoted\" | `x`", "\"quoted\" | `x`"},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
    };
    struct made made;
    struct file file;

    (void)state;
    make_result(&made, impls, 2, inputs, 1);
    for (size_t i = 0; i < COUNT(cases); i++) {
        rename_label(&made.plan.workloads[0].label, cases[i].label);
        file = write_file(&made, merged, 1, DCB_PYPERF_WORKLOAD);
        assert_string_equal(text_of(&file, 0, "name"), cases[i].name);
        clear_file(&file);
    }
    unmake_result(&made);
}

static void names_are_unique(void **state)
{
    struct made made;
    struct file file;

    (void)state;
    make_result(&made, impls, 2, inputs, 2);
    rename_label(&made.plan.arms[2].label, "a/b");
    rename_label(&made.plan.arms[3].label, "a");
    rename_label(&made.plan.workloads[0].label, "c");
    rename_label(&made.plan.workloads[1].label, "b/c");
    file = write_file(&made, NULL, 0, DCB_PYPERF_BOTH);
    assert_string_equal(text_of(&file, 2, "name"), "a/b/c");
    assert_string_equal(text_of(&file, 5, "name"), "a/b/c (2)");
    clear_file(&file);
    unmake_result(&made);
}

static void what_is_not_known_is_left_out(void **state)
{
    static const char *const keys[] = {
        "date",           "cpu_model_name", "platform",  "load_avg_1min",
        "python_version", "cpu_affinity",   "python_gc", "dcbench_usable_cpus"};
    struct made made;
    struct file file;

    (void)state;
    make_result(&made, impls, 2, inputs, 1);
    made.result.system = (struct dcb_sysinfo){.load = -1, .date = "yesterday"};
    free(made.result.python.version);
    made.result.python.version = NULL;
    file = write_file(&made, merged, 1, DCB_PYPERF_WORKLOAD);
    for (size_t i = 0; i < COUNT(keys); i++) {
        if (metadata(&file, 0, 0, keys[i]))
            fail_msg("%s is there", keys[i]);
    }
    clear_file(&file);

    made.plan.gc = false;
    made.plan.affinity = 3;
    file = write_file(&made, merged, 1, DCB_PYPERF_WORKLOAD);
    assert_string_equal(text_of(&file, 0, "python_gc"), "disabled");
    assert_string_equal(text_of(&file, 0, "cpu_affinity"), "3");
    clear_file(&file);
    unmake_result(&made);
}

/* A result from a file may say anything. */
static void numbers_without_sense(void **state)
{
    struct made made;
    struct file file;
    struct dcb_sample *samples;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    samples = made.result.workloads[0].cells[2].samples;
    samples[0].worker = 1000;
    samples[1].iterations = UINT64_MAX;
    samples[2].iterations = 0;
    samples[3].cpu_ns = (double)INFINITY;
    file = write_file(&made, merged, 1, DCB_PYPERF_WORKLOAD);
    assert_int_equal(run_count(&file, 0), 3);
    assert_true(json_integer_value(metadata(&file, 0, 0, "loops")) == INT64_MAX);
    assert_null(metadata(&file, 0, 1, "dcbench_cpu_time"));
    clear_file(&file);
    unmake_result(&made);
}

static void counters_of_like_names(void **state)
{
    struct made made;
    struct file file;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    snprintf(made.plan.rows[2].name, sizeof made.plan.rows[2].name, "a:u");
    snprintf(made.plan.rows[0].name, sizeof made.plan.rows[0].name, "a.u");
    file = write_file(&made, merged, 1, DCB_PYPERF_WORKLOAD);
    assert_close(number_of(&file, 0, "dcbench_a_u"), 421034 * 0.9, 1e-2);
    assert_close(number_of(&file, 0, "dcbench_a_u_"), 0.0012 * 0.9, 1e-9);
    clear_file(&file);

    /* What was simulated is of the cell, and is not called by the PMU's name. */
    made.plan.rows[0].kind = DCB_KIND_SIMULATED;
    file = write_file(&made, merged, 1, DCB_PYPERF_WORKLOAD);
    assert_close(number_of(&file, 0, "dcbench_simulated_a_u"), 421034 * 0.9, 1e-2);
    clear_file(&file);
    unmake_result(&made);
}

/* The plan of a file of pyperf's has one arm. */
static void theirs_is_not_written_again(void **state)
{
    struct dcb_strbuf notes = DCB_STRBUF_INIT;
    struct made made;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    made.plan.arm_count = 1;
    assert_null(dcb_json_pyperf(&made.result, NULL, 0, DCB_PYPERF_BOTH, &notes));
    assert_contains(notes.text, "a file of pyperf's is not written again");
    dcb_strbuf_clear(&notes);
    made.plan.arm_count = 3;
    unmake_result(&made);
}

/* An exception's message may have any number of them. */
static void notes_are_one_line_each(void **state)
{
    struct dcb_strbuf notes = DCB_STRBUF_INIT;
    struct made made;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    make_failed(&made.result.workloads[0].cells[2],
                "failed: a\n\ndcbench: forged\r\n\x1b[2J");
    assert_null(dcb_json_pyperf(&made.result, merged, 1, DCB_PYPERF_WORKLOAD, &notes));
    assert_string_equal(notes.text,
                        "merged on memo left out: failed: a  dcbench: forged  "
                        "?[2J\n");
    dcb_strbuf_clear(&notes);
    unmake_result(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_implementation),
        cmocka_unit_test(common_metadata_is_hoisted),
        cmocka_unit_test(all_implementations),
        cmocka_unit_test(unequal_workers_are_cut),
        cmocka_unit_test(no_common_worker),
        cmocka_unit_test(failures),
        cmocka_unit_test(odd_labels),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(numbers_without_sense),
        cmocka_unit_test(counters_of_like_names),
        cmocka_unit_test(theirs_is_not_written_again),
        cmocka_unit_test(notes_are_one_line_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
