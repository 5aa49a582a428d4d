#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>

#include "derived.h"
#include "document.h"
#include "json_result.h"
#include "report.h"
#include "simulation.h"
#include "strbuf.h"
#include "tree.h"

static const char *const impls[] = {"merged", "memo-opt"};
static const char *const inputs[] = {"memo", "reduce"};

/* ---- a result, written, read and written again ---- */

/* Everything that is printed of a result, one behind the other. */
static char *print(const struct dcb_result *result)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    for (int verbosity = -1; verbosity <= 1; verbosity++) {
        dcb_report_text(result, verbosity, false, true, &out);
        dcb_report_markdown(result, verbosity, false, &out);
    }
    dcb_report_csv(result, &out);
    return dcb_strbuf_take(&out);
}

static struct dcb_document *read_text(const char *text, enum dcb_document_parts parts)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_document *document =
        dcb_document_parse("some/r.json.gz", text, strlen(text), parts, &err);

    if (!document)
        fail_msg("%s", err.text);
    assert_no_error(&err);
    return document;
}

static struct dcb_document *read_made(const struct made *made)
{
    char *text = dcb_json_result(&made->result);
    struct dcb_document *document = read_text(text, DCB_DOCUMENT_WHOLE);

    free(text);
    return document;
}

/* Of long texts only where they part is of interest. */
static void assert_same(const char *got, const char *expected)
{
    size_t i = 0;

    while (got[i] && got[i] == expected[i])
        i++;
    if (got[i] != expected[i])
        fail_msg("\"%.120s\", not \"%.120s\"", got + (i > 60 ? i - 60 : 0),
                 expected + (i > 60 ? i - 60 : 0));
}

static void assert_comes_back(struct made *made)
{
    char *once = dcb_json_result(&made->result), *twice;
    char *before = print(&made->result), *after;
    struct dcb_document *document = read_text(once, DCB_DOCUMENT_WHOLE);

    twice = dcb_json_result(&document->result);
    assert_same(twice, once);
    after = print(&document->result);
    assert_same(after, before);
    dcb_document_free(document);
    free(once);
    free(twice);
    free(before);
    free(after);
    unmake_result(made);
}

static void plain_result_comes_back(void **state)
{
    struct made made;

    (void)state;
    make_result(&made, impls, 2, inputs, 2);
    assert_comes_back(&made);
    make_result(&made, impls, 1, inputs, 1);
    made.result.label = dcb_xstrdup("night \"17\"");
    made.result.commit = dcb_xstrdup("0123456789abcdef0123456789abcdef01234567");
    assert_comes_back(&made);
    make_result(&made, impls, 0, inputs, 1);
    assert_comes_back(&made);
}

static void nothing_counted_comes_back(void **state)
{
    struct made made;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    for (size_t i = 0; i < made.plan.row_count; i++)
        free(made.result.row_reasons[i]);
    made.plan.row_count = 0;
    assert_comes_back(&made);
}

static void failures_come_back(void **state)
{
    struct made made;
    struct dcb_workload_result *workload;

    (void)state;
    make_result(&made, impls, 2, inputs, 2);
    workload = &made.result.workloads[0];
    make_failed(&workload->cells[3], "failed: not | equal,\nat \"x\"");
    for (size_t row = 0; row < made.plan.row_count; row++)
        workload->cells[3].counters[row] =
            (struct dcb_counter_value){.value = (double)NAN,
                                       .spread = (double)NAN,
                                       .ratio = make_interval((double)NAN, (double)NAN)};
    workload->cells[3].detectable = (double)NAN;
    workload->workers[1].trouble = dcb_xstrdup("memo-opt: killed by SIGSEGV");
    workload->withheld = true;
    workload->reached = (double)NAN;
    workload->cells[2].ratio.low = workload->cells[2].ratio.high = (double)NAN;
    workload->cells[2].detectable = (double)NAN;
    workload->cells[2].verdict = DCB_VERDICT_INCONCLUSIVE;
    made.result.workloads[1].failure = dcb_xstrdup("ValueError: no\nwork");
    dcb_result_note(&made.result, "one \xff");
    dcb_result_note(&made.result, "two\nlines");
    assert_comes_back(&made);
}

static void interruption_comes_back(void **state)
{
    struct dcb_spec never = make_spec("never begun", "never.py");
    struct made made;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    assert_int_equal(dcb_plan_add_workload(&made.plan, &never, NULL), 0);
    made.result.workload_sources = dcb_xrealloc(made.result.workload_sources, 2,
                                                sizeof *made.result.workload_sources);
    made.result.workload_sources[1] = (struct dcb_source){.path = NULL};
    made.result.signal = 15;
    assert_comes_back(&made);
}

static void changes_come_back(void **state)
{
    struct made made;
    struct dcb_workload_result *workload;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    workload = &made.result.workloads[0];
    workload->speed_change =
        (struct dcb_change){.found = true, .worker = 2, .size = -0.25, .p = 0.0001};
    workload->cells[2].drift =
        (struct dcb_change){.found = true, .worker = 3, .size = 0.018, .p = 0.001};
    workload->cells[1].settling = (struct dcb_settling){
        .found = true, .change = {.estimate = 0.02, .low = 0.01, .high = 0.03}};
    workload->cells[2].shared = true;
    workload->anchor_spread = 0.0123456789;
    workload->simulated_s = 3.25;
    made.plan.workers = 7;
    made.plan.rounds = 5;
    made.plan.iterations = 3;
    made.plan.affinity = 1;
    made.plan.gc = false;
    snprintf(made.plan.hardware_reason, sizeof made.plan.hardware_reason, "%s: why",
             DCB_NO_PMU);
    snprintf(made.plan.core.name, sizeof made.plan.core.name, "cpu_core");
    snprintf(made.plan.core.cpus, sizeof made.plan.core.cpus, "0-3");
    made.result.system.virtual_machine = true;
    made.result.system.load = -1;
    made.result.system.perf_event_paranoid = -1;
    snprintf(made.result.system.governor, sizeof made.result.system.governor,
             "powersave");
    assert_comes_back(&made);
}

static void origins_come_back(void **state)
{
    struct made made;
    struct dcb_event *event;
    char path[400];

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    event = &made.plan.events[0];
    made.result.row_origins =
        dcb_xcalloc(made.plan.row_count, sizeof *made.result.row_origins);
    made.result.row_origins[0] =
        (struct dcb_row_origin){.user_reads = true, .overhead_sum = 25, .overheads = 2};
    snprintf(event->pmu, sizeof event->pmu, "skl");
    snprintf(event->counts, sizeof event->counts, "something like it");
    event->quality = DCB_QUALITY_PROXY;
    event->verified = true;
    assert_comes_back(&made);

    make_result(&made, impls, 1, inputs, 1);
    made.result.row_origins =
        dcb_xcalloc(made.plan.row_count, sizeof *made.result.row_origins);
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    made.result.row_origins[0].path = dcb_xstrdup(path); /* longer than any encoding */
    assert_comes_back(&made);
}

/* A simulated row, its layouts, and a cell that was not simulated. */
static void make_simulated(struct made *made)
{
    struct dcb_workload_result *workload = &made->result.workloads[0];
    size_t row = 0;

    made->plan.rows[row].kind = DCB_KIND_SIMULATED;
    made->plan.rows[row].provider = DCB_PROVIDER_SIMULATED;
    made->plan.simulator = dcb_xstrdup("/usr/bin/valgrind");
    made->plan.simulator_version = dcb_xstrdup("3.19.0");
    made->plan.layouts = 3;
    for (size_t i = 0; i + 1 < workload->cell_count; i++) {
        struct dcb_cell *cell = &workload->cells[i];

        cell->layouts = dcb_xcalloc(3, sizeof *cell->layouts);
        for (size_t k = 0; k < 3; k += 2) { /* the second was not had */
            cell->layouts[k].iterations = 10;
            for (size_t n = 0; n < DCB_SIM_EVENTS; n++)
                cell->layouts[k].counts[n] = 1000000000000ULL + 1000 * n + k;
        }
    }
    workload->cells[workload->cell_count - 1].not_simulated =
        dcb_xstrdup("not simulated: valgrind died");
    workload->cells[workload->cell_count - 1].counters[row].value = (double)NAN;
    for (size_t i = 0; i < workload->cell_count; i++) {
        for (size_t k = 0; k < workload->cells[i].sample_count; k++)
            workload->cells[i].samples[k].counters[row] = (double)NAN;
    }
}

static void simulation_comes_back(void **state)
{
    struct made made;

    (void)state;
    make_result(&made, impls, 2, inputs, 1);
    make_simulated(&made);
    assert_comes_back(&made);
}

static void make_verdicts(struct made *made)
{
    struct dcb_verified *verified;

    make_result(made, impls, 2, inputs, 1);
    for (size_t i = 0; i < made->plan.arm_count; i++)
        made->result.workloads[0].cells[i].copies = i != 3;
    (void)make_verified(made, 0, DCB_VERIFY_CORRECT, 0);
    verified = make_verified(made, 2, DCB_VERIFY_WRONG, 3);
    free(verified->first.expected);
    verified->first.expected = NULL;
    make_verified(made, 3, DCB_VERIFY_UNKNOWN, 0)->reason =
        dcb_xstrdup("not \xff\x1b[7m");
}

static void verdicts_of_verify_come_back(void **state)
{
    struct made made;
    struct dcb_document *document;

    (void)state;
    make_verdicts(&made);
    document = read_made(&made);
    assert_true(document->result.workloads[0].cells[2].copies);
    assert_false(document->result.workloads[0].cells[3].copies);
    assert_null(dcb_result_verified(&document->result, 1));
    assert_true(dcb_result_is_incorrect(&document->result, 2));
    assert_int_equal(document->result.verified[2].first.battery, DCB_BATTERY_GRAPHS);
    assert_string_equal(document->result.verified[3].reason, "not ??[7m");
    dcb_document_free(document);
    assert_comes_back(&made);
}

/* ---- what a document tells ---- */

static void what_is_told(void **state)
{
    struct made made;
    struct dcb_document *document;
    const struct dcb_workload_result *workload;
    const struct dcb_cell *cell;

    (void)state;
    make_result(&made, impls, 2, inputs, 2);
    document = read_made(&made);
    assert_int_equal(document->kind, DCB_DOCUMENT_RUN);
    assert_string_equal(document->path, "some/r.json.gz");
    assert_string_equal(document->name, "r");
    assert_string_equal(document->version, DCB_VERSION);
    assert_int_equal(document->time_s, 1709208000); /* date -d 2024-02-29T12:00Z +%s */
    assert_ptr_equal(document->result.plan, &document->plan);
    workload = dcb_document_workload(document, "reduce");
    assert_ptr_equal(workload, &document->result.workloads[1]);
    assert_null(dcb_document_workload(document, "red"));
    cell = dcb_document_cell(document, workload, "stdlib");
    assert_ptr_equal(cell, &workload->cells[0]); /* not the control */
    assert_string_equal(dcb_document_arm_source(document, cell)->sha256, "abc");
    assert_string_equal(dcb_document_arm_source(document, &workload->cells[1])->path,
                        "/real/stdlib.py");
    cell = dcb_document_cell(document, workload, "memo-opt");
    assert_ptr_equal(cell, &workload->cells[3]);
    assert_close(cell->ratio.low, 0.7969, 1e-9);
    assert_int_equal(cell->samples[4].worker, 4);
    assert_int_equal(workload->workers[4].seed, 104);
    assert_int_equal(workload->workers[4].rounds, 50);
    assert_int_equal(workload->workers[4].ready_ns, 5000000);
    assert_null(dcb_document_cell(document, workload, "control"));
    dcb_document_free(document);
    dcb_document_free(NULL);
    unmake_result(&made);
}

static void ratios_alone(void **state)
{
    struct made made;
    char *text;
    struct dcb_document *document;
    const struct dcb_cell *cell;

    (void)state;
    make_result(&made, impls, 2, inputs, 1);
    text = dcb_json_result(&made.result);
    document = read_text(text, DCB_DOCUMENT_RATIOS);
    cell = &document->result.workloads[0].cells[2];
    assert_close(cell->ratio.estimate, 0.9, 1e-9);
    assert_close(cell->time.median, 61200 * 0.9, 1e-3);
    assert_int_equal(cell->time.count, 5);
    assert_int_equal(cell->verdict, DCB_VERDICT_FASTER);
    assert_int_equal(cell->sample_count, 0);
    assert_null(cell->counters);
    assert_int_equal(document->plan.row_count, 0);
    assert_int_equal(document->result.workloads[0].worker_count, 5);
    dcb_document_free(document);
    free(text);
    unmake_result(&made);
}

static void names(void **state)
{
    static const struct {
        const char *path, *name;
    } cases[] = {
        {"r.json", "r"},         {"a/b/r.json.gz", "r"}, {"r.gz", "r"},
        {".json", ".json"},      {"a/", "a/"},           {"r.JSON", "r.JSON"},
        {"-", "standard input"}, {"x.json/y", "y"},      {"red\x1b[31m.json", "red?[31m"},
    };
    struct made made;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    text = dcb_json_result(&made.result);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dcb_document *document = dcb_document_parse(
            cases[i].path, text, strlen(text), DCB_DOCUMENT_RATIOS, NULL);

        assert_non_null(document);
        assert_string_equal(document->name, cases[i].name);
        dcb_document_free(document);
    }
    free(text);
    unmake_result(&made);
}

static void files(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;
    char *path = dcb_xasprintf("%s/r.json", (const char *)*state), *text;
    struct dcb_document *document;
    struct made made;

    make_result(&made, impls, 1, inputs, 1);
    text = dcb_json_result(&made.result);
    tree_put(*state, "/r.json", text);
    document = dcb_document_read(path, DCB_DOCUMENT_WHOLE, &err);
    assert_no_error(&err);
    assert_string_equal(document->path, path);
    dcb_document_free(document);
    assert_null(dcb_document_read(*state, DCB_DOCUMENT_RATIOS, &err));
    assert_error(&err, DCB_ERROR_SYSTEM, "is a folder");
    tree_put(*state, "/r.json", "{\"schema\": \n1}");
    assert_null(dcb_document_read(path, DCB_DOCUMENT_RATIOS, &err));
    assert_contains(err.text, path);
    assert_error(&err, DCB_ERROR_SYSTEM, ": schema: text is wanted, not a whole number");
    free(path);
    free(text);
    unmake_result(&made);
}

/* ---- other files ---- */

static void assert_refused(const char *text, const char *message)
{
    for (int parts = DCB_DOCUMENT_WHOLE; parts <= DCB_DOCUMENT_RATIOS; parts++) {
        struct dcb_error err = DCB_ERROR_INIT;

        if (dcb_document_parse("r.json", text, strlen(text),
                               (enum dcb_document_parts)parts, &err))
            fail_msg("taken: %.200s", text);
        assert_int_equal(err.code, DCB_ERROR_SYSTEM);
        assert_contains(err.text, "r.json: ");
        assert_contains(err.text, message);
        assert_null(strpbrk(err.text, "\x1b\n\r"));
    }
}

static void what_is_not_read(void **state)
{
    (void)state;
    assert_refused("", "is empty");
    assert_refused("{}", "neither a result of dcbench nor one of pyperf");
    assert_refused("[]", "an object is wanted, not a list");
    assert_refused("7", "an object is wanted, not a whole number");
    assert_refused("{\"schema\": \"dcbench-result/2\", \"new\": 1}",
                   "schema: is 'dcbench-result/2': written by a later dcbench");
    assert_refused("{\"schema\": \"dcbench-doctor/1\"}",
                   "schema: is 'dcbench-doctor/1': results of runs");
    assert_refused("{\"schema\": \"dcbench-selftest/1\"}", "'dcbench-selftest/1'");
    assert_refused("{\"schema\": \"dcbench-result/1\", \"kind\": \"other\"}",
                   "kind: a result of kind 'other', which is not known here");
    assert_refused("{\"schema\": \"dcbench-result/1\", \"kind\": \"verify\"}",
                   "kind: is 'verify': a result of 'dcbench verify', not of a run");
    assert_refused("{\"schema\": \"dcbench-result/1\", \"kind\": \"memory\"}",
                   "kind: is 'memory': a result of 'dcbench memory', not of a run");
    assert_refused("{\"schema\": \"dcbench-result/1\"}", "kind: is missing");
    assert_refused("{\"schema\": \"dcbench-result/1\", \"kind\": \"run\"}",
                   "environment: is missing: an object is wanted");
    assert_refused("{\"schema\": \"\\u001b[31m\"}", "schema: has a control character");
}

/* ---- damage ---- */

/* The value at "a.2.b", and what holds it. */
static json_t *holder_of(json_t *root, const char *path, const char **ret_key)
{
    const char *dot;

    while ((dot = strchr(path, '.'))) {
        char *key = dcb_xstrndup(path, (size_t)(dot - path));

        root = json_is_array(root) ? json_array_get(root, (size_t)atoi(key))
                                   : json_object_get(root, key);
        if (!root)
            fail_msg("no %s", path);
        free(key);
        path = dot + 1;
    }
    *ret_key = path;
    return root;
}

/* `value` is JSON; NULL takes the member or element away. */
static void damage(json_t *root, const char *path, const char *value)
{
    const char *key;
    json_t *holder = holder_of(root, path, &key);
    json_t *json = value ? json_loads(value, JSON_DECODE_ANY, NULL) : NULL;

    assert_true(!value || json);
    if (json_is_array(holder))
        assert_int_equal(value ? json_array_set_new(holder, (size_t)atoi(key), json)
                               : json_array_remove(holder, (size_t)atoi(key)),
                         0);
    else if (value)
        assert_int_equal(json_object_set_new(holder, key, json), 0);
    else
        assert_int_equal(json_object_del(holder, key), 0);
}

static json_t *json_of(struct made *made)
{
    char *text = dcb_json_result(&made->result);
    json_t *root = json_loads(text, 0, NULL);

    free(text);
    return root;
}

static void damaged_verdicts_of_verify(void **state)
{
    static const struct {
        const char *path, *value, *message;
    } cases[] = {
        {"verify", "{}", "verify: a list is wanted"},
        {"verify.0", "7", "verify[0]: an object is wanted"},
        {"verify.1.impl", "\"stdlib\"", "verify[1].impl: 'stdlib' is not due here"},
        {"verify.1.impl", "\"other\"", "verify[1].impl: 'other' is not due here"},
        {"verify.1.impl", NULL, "verify[1].impl: is missing"},
        {"verify.1.verdict", "\"fine\"", "verify[1].verdict: 'fine' is not known"},
        {"verify.1.verdict", "\"correct\"", "verify[1].verdict: does not go with 3"},
        {"verify.0.verdict", "\"wrong\"", "verify[0].verdict: does not go with 0"},
        {"verify.1.cases", "3", "verify[1].cases: are fewer than those that came"},
        {"verify.1.passed", "-1", "verify[1].passed: -1 is not within"},
        {"verify.1.first", "[]", "verify[1].first: an object is wanted"},
        {"verify.1.first.name", "null", "verify[1].first.name: is missing"},
        {"verify.1.first.battery", "\"own\"", "verify[1].first.battery: 'own' is not"},
        {"verify.1.first.got", "7", "verify[1].first.got: text is wanted"},
        {"cells.0.copy", "7", "cells[0].copy: text is wanted"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct made made;
        json_t *root;
        char *text;

        make_verdicts(&made);
        root = json_of(&made);
        damage(root, cases[i].path, cases[i].value);
        text = json_dumps(root, 0);
        assert_refused(text, cases[i].message);
        free(text);
        json_decref(root);
        unmake_result(&made);
    }
}

static void damaged_members(void **state)
{
    static const struct {
        const char *path, *value, *message;

        bool whole; /* passed over where ratios alone are read */
    } cases[] = {
        {"label", "\"\"", "label: is empty", false},
        {"label", "\"a\\u001b\"", "label: has a control character", false},
        {"commit", "17", "commit: text is wanted", false},
        {"commit", "\"HEAD\"", "commit: 'HEAD' is no commit", false},
        {"environment", "[]", "environment: an object is wanted, not a list", false},
        {"environment.cpus", "-1", "environment.cpus: -1 is not within", false},
        {"environment.cpu", "\"a\\u001b\"", "environment.cpu: has a control character",
         false},
        {"environment.python.version", "7", "environment.python.version: text is wanted",
         false},
        {"plan.baseline", "\"other\"", "plan.baseline: 'other' is not the first", false},
        {"plan.confidence", "1", "plan.confidence: 1 is not within", false},
        {"plan.implementations", "[]", "plan.implementations: 0 of them", false},
        {"plan.implementations.1.label", "\"stdlib\"",
         "plan.implementations[1].label: 'stdlib' is there a second time", false},
        {"plan.implementations.1.label", "\"a\\n\"",
         "plan.implementations[1].label: has a control character", false},
        {"plan.implementations.0.label", "\"\"",
         "plan.implementations[0].label: is empty", false},
        {"plan.implementations.1.kind", "\"other\"",
         "plan.implementations[1].kind: 'other' is no kind of source", false},
        {"plan.implementations.2", NULL, "cells: 8 of them: 6 are due", false},
        {"plan.workloads.1.label", "\"memo\"",
         "plan.workloads[1].label: 'memo' is there a second time", false},
        {"plan.workloads.1", NULL, "workloads: 2 of them, and 1 in the plan", false},
        {"plan.rows.0.name", "\"\"", "plan.rows[0].name: is no name of a counter", true},
        {"plan.rows.0.kind", "\"other\"", "plan.rows[0].kind: 'other' is no kind", true},
        {"plan.rows.0.provider", "\"other\"", "plan.rows[0].provider: 'other' is no",
         true},
        {"plan.rows.0.provider", "null",
         "plan.rows[0].provider: does not count rows of kind 'event'", true},
        {"plan.rows.2.kind", "\"simulated\"", "plan.rows[2].provider: does not count",
         true},
        {"plan.rows.1.name", "\"instructions\"",
         "plan.rows[1].name: 'instructions' is there a second time", true},
        {"plan.rows.0", NULL, "cells[0].counters: 5 of them, where the run has 4", true},
        {"workloads.0.workload", "\"other\"",
         "workloads[0].workload: 'other' is not in plan.workloads", false},
        {"workloads.1.workload", "\"memo\"", "workloads[1].workload: 'memo' is not",
         false},
        {"workloads.0.each_worker.4", NULL,
         "workloads[0].each_worker: 4 of them, and 5 workers", true},
        {"workloads.0.each_worker.1.rounds", "1.5",
         "workloads[0].each_worker[1].rounds: a whole number is wanted", true},
        {"workloads.0.workers", "1000001", "workloads[0].workers: 1000001 is not", false},
        {"workloads.0.troubled_workers",
         "[{\"worker\": 5, \"seed\": 1, \"trouble\": \"x\"}]",
         "workloads[0].troubled_workers[0].worker: there is no worker 5", false},
        {"workloads.0.troubled_workers",
         "[{\"worker\": 1, \"seed\": 1, \"trouble\": \"x\"},"
         " {\"worker\": 1, \"seed\": 1, \"trouble\": \"x\"}]",
         "workloads[0].troubled_workers[1].worker: worker 1 is there a second", false},
        {"cells.7", NULL, "cells: 7 of them: 8 are due", false},
        {"cells.0.role", "\"candidate\"",
         "cells[0].role: is 'candidate', and 'baseline' is due here", false},
        {"cells.3.impl", "\"merged\"", "cells[3].impl: is 'merged', and 'memo-opt'",
         false},
        {"cells.4.workload", "\"memo\"", "cells[4].workload: is 'memo', and 'reduce'",
         false},
        {"cells.2.status", NULL, "cells[2].status: is missing", false},
        {"cells.2.failure", "\"bored\"", "cells[2].failure: 'bored' is no kind", false},
        {"cells.2.verdict", "\"better\"", "cells[2].verdict: 'better' is no verdict",
         false},
        {"cells.2.time_ns.median", "null",
         "cells[2].time_ns.median: a number is wanted, not null", false},
        {"cells.2.time_ns.median", "0", "cells[2].time_ns.median: 0 is not within",
         false},
        {"cells.2.time_ns.min", "1e17", "cells[2].time_ns.median: 55080 is not between",
         false},
        {"cells.2.ratio.low", "0.95",
         "cells[2].ratio.low: 0.95 is above the estimate, 0.9", false},
        {"cells.2.ratio.high", "0.85",
         "cells[2].ratio.high: 0.85 is below the estimate, 0.9", false},
        {"cells.2.ratio.high", "null", "cells[2].ratio.high: is null, and the other",
         false},
        {"cells.2.ratio.estimate", "0", "cells[2].ratio.estimate: 0 is not within",
         false},
        {"cells.2.ratio.interval_confidence", "1.5",
         "cells[2].ratio.interval_confidence: 1.5 is not within", false},
        {"cells.0.ratio", "{}", "cells[0].ratio: the baseline has one, to itself", false},
        {"cells.2.drift", "{\"worker\": 1, \"change\": 0.1, \"p\": 2}",
         "cells[2].drift.p: 2 is not within", false},
        {"cells.2.settling", "{\"change\": 0.1, \"low\": 0.2, \"high\": 0.3}",
         "cells[2].settling.change: is not between", false},
        {"cells.2.counters.instructions", NULL,
         "cells[2].counters: 4 of them, where the run has 5", true},
        {"cells.2.counters.instructions.value", "\"x\"",
         "cells[2].counters.instructions.value: a number is wanted, not text", true},
        {"cells.2.counters.instructions.provider", "\"simulated\"",
         "cells[2].counters.instructions.provider: is not that of the row", true},
        {"cells.0.counters.instructions.quality", "\"fair\"",
         "cells[0].counters.instructions.quality: 'fair' is neither", true},
        {"cells.2.derived.ipc", "{\"value\": 1}",
         "cells[2].derived.ipc.provider: where there is a value", true},
        {"cells.2.layouts", "[{}]", "cells[2].layouts: 1 of them, where 0 were", true},
        {"cells.2.samples.4", NULL,
         "cells[2].samples: 4 of them, and 5 workers in time_ns", true},
        {"cells.2.samples.4.worker", "5",
         "cells[2].samples[4].worker: there is no worker 5", true},
        {"cells.2.samples.4.worker", "3",
         "cells[2].samples[4].worker: 3 does not come behind 3", true},
        {"cells.2.samples.1.time_ns", "0", "cells[2].samples[1].time_ns: 0 is not", true},
        {"cells.2.samples.1.log_ratio", "1e9",
         "cells[2].samples[1].log_ratio: 1e+09 is not within", true},
        {"cells.2.samples.1.counters.instructions", "[]",
         "cells[2].samples[1].counters.instructions: a number is wanted", true},
        {"notes", "[1]", "notes[0]: text is wanted", false},
        {"interrupted", "65", "interrupted: 65 is not within 1 to 64", false},
    };
    struct made made;

    (void)state;
    make_result(&made, impls, 2, inputs, 2);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dcb_error err = DCB_ERROR_INIT;
        json_t *root = json_of(&made);
        char *text;

        damage(root, cases[i].path, cases[i].value);
        text = json_dumps(root, JSON_COMPACT);
        if (cases[i].whole)
            dcb_document_free(read_text(text, DCB_DOCUMENT_RATIOS));
        else
            assert_refused(text, cases[i].message);
        assert_null(
            dcb_document_parse("r.json", text, strlen(text), DCB_DOCUMENT_WHOLE, &err));
        assert_error(&err, DCB_ERROR_SYSTEM, cases[i].message);
        free(text);
        json_decref(root);
    }
    unmake_result(&made);
}

static void damaged_layouts(void **state)
{
    static const struct {
        const char *path, *value, *message;
    } cases[] = {
        {"plan.simulation.layouts", "17", "plan.simulation.layouts: 17 is not within"},
        {"plan.simulation", "null", "cells[0].layouts: 2 of them, where 0 were"},
        {"plan.rows.0.name", "\"cycles\"", "plan.rows[0].name: 'cycles' is nothing that"},
        {"cells.0.layouts.1.seed", "0", "cells[0].layouts[1].seed: 0 is there a second"},
        {"cells.0.layouts.1.seed", "3", "cells[0].layouts[1].seed: 3 is not within"},
        {"cells.0.layouts.1.iterations", "0", "cells[0].layouts[1].iterations: 0 is not"},
        {"cells.0.layouts.1.counts.Bi", "null", "cells[0].layouts[1].counts.Bi: a whole"},
    };
    struct made made;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    make_simulated(&made);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dcb_error err = DCB_ERROR_INIT;
        json_t *root = json_of(&made);
        char *text;

        damage(root, cases[i].path, cases[i].value);
        text = json_dumps(root, JSON_COMPACT);
        assert_null(
            dcb_document_parse("r.json", text, strlen(text), DCB_DOCUMENT_WHOLE, &err));
        assert_error(&err, DCB_ERROR_SYSTEM, cases[i].message);
        free(text);
        json_decref(root);
    }
    unmake_result(&made);
}

/* Either it is refused with a message, or all that is done with documents works. */
static void check_any(const char *text, size_t length)
{
    for (int parts = DCB_DOCUMENT_WHOLE; parts <= DCB_DOCUMENT_RATIOS; parts++) {
        struct dcb_error err = DCB_ERROR_INIT;
        struct dcb_document *document = dcb_document_parse(
            "r.json", text, length, (enum dcb_document_parts)parts, &err);

        if (!document) {
            assert_int_equal(err.code, DCB_ERROR_SYSTEM);
            assert_int_equal(strncmp(err.text, "r.json: ", 8), 0);
            assert_null(strpbrk(err.text, "\x1b\n\r"));
        } else if (parts == DCB_DOCUMENT_WHOLE) {
            char *once = dcb_json_result(&document->result), *twice;
            struct dcb_document *again = read_text(once, DCB_DOCUMENT_WHOLE);

            twice = dcb_json_result(&again->result);
            assert_same(once, twice);
            free(once);
            free(twice);
            once = print(&document->result);
            assert_null(strchr(once, '\x1b'));
            free(once);
            dcb_document_free(again);
        }
        dcb_document_free(document);
    }
}

static void check_json(const json_t *root)
{
    char *text = json_dumps(root, JSON_COMPACT);

    check_any(text, strlen(text));
    free(text);
}

/* Puts `value` in every place below `at`, one at a time: in lists the first and the
 * last. */
static void mutate(json_t *root, json_t *at, json_t *value)
{
    const char *key;
    json_t *child;
    void *next;
    size_t last = json_array_size(at);

    for (size_t i = 0; i < last; i += i + 1 == last || last == 1 ? 1 : last - 1) {
        child = json_incref(json_array_get(at, i));
        json_array_set(at, i, value);
        check_json(root);
        json_array_set(at, i, child);
        mutate(root, child, value);
        json_decref(child);
    }
    json_object_foreach_safe(at, next, key, child)
    {
        json_incref(child);
        json_object_set(at, key, value);
        check_json(root);
        json_object_set(at, key, child);
        mutate(root, child, value);
        json_decref(child);
    }
}

/* A small one: fewer derived figures and samples than usual. */
static json_t *small_json(void)
{
    struct made made;
    json_t *root, *cell;
    size_t i;

    make_result(&made, impls, 0, inputs, 1);
    make_simulated(&made);
    dcb_result_note(&made.result, "a note");
    root = json_of(&made);
    unmake_result(&made);
    json_array_foreach(json_object_get(root, "cells"), i, cell)
    {
        json_t *samples = json_object_get(cell, "samples"), *derived, *ipc;

        while (json_array_size(samples) > 2)
            json_array_remove(samples, 2);
        json_object_set_new(json_object_get(cell, "time_ns"), "workers", json_integer(2));
        json_object_set_new(json_object_get(cell, "cpu_ns"), "workers", json_integer(2));
        ipc = json_incref(json_object_get(json_object_get(cell, "derived"), "ipc"));
        derived = json_pack("{s:o}", "ipc", ipc);
        json_object_set_new(cell, "derived", derived);
    }
    return root;
}

static void anything_anywhere(void **state)
{
    static const char *const values[] = {"null", "-1", "1e300", "\"\\u001b[31m\"", "[]"};
    json_t *root = small_json();

    (void)state;
    check_json(root);
    for (size_t i = 0; i < COUNT(values); i++) {
        json_t *value = json_loads(values[i], JSON_DECODE_ANY, NULL);

        mutate(root, root, value);
        json_decref(value);
    }
    json_decref(root);
}

static void cut_anywhere(void **state)
{
    json_t *root = small_json();
    char *text = json_dumps(root, JSON_COMPACT);

    (void)state;
    for (size_t length = 0; length < strlen(text); length++) {
        struct dcb_error err = DCB_ERROR_INIT;

        assert_null(
            dcb_document_parse("r.json", text, length, DCB_DOCUMENT_RATIOS, &err));
        assert_error(&err, DCB_ERROR_SYSTEM,
                     length ? "r.json: line 1, column " : "r.json: is empty");
    }
    free(text);
    json_decref(root);
}

/* ---- files of before ---- */

static void older_file(void **state)
{
    struct made made;
    json_t *root, *workload;
    struct dcb_document *document;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    make_simulated(&made);
    root = json_of(&made);
    workload = json_array_get(json_object_get(root, "workloads"), 0);
    json_object_del(json_object_get(root, "plan"), "rows");
    json_object_del(workload, "each_worker");
    json_object_del(root, "label");
    json_object_del(root, "commit");
    text = json_dumps(root, JSON_COMPACT);
    document = read_text(text, DCB_DOCUMENT_WHOLE);
    assert_int_equal(document->plan.row_count, 5);
    assert_string_equal(document->plan.rows[0].name, "instructions");
    assert_int_equal(document->plan.rows[0].kind, DCB_KIND_SIMULATED);
    assert_int_equal(document->plan.rows[1].kind, DCB_KIND_NONE);
    assert_string_equal(document->result.row_reasons[1],
                        "this CPU or kernel has no such event");
    assert_int_equal(document->plan.rows[2].kind, DCB_KIND_FAULTS);
    assert_int_equal(document->plan.rows[3].kind, DCB_KIND_CPU);
    assert_int_equal(document->plan.rows[4].kind, DCB_KIND_WALL);
    assert_int_equal(document->result.workloads[0].worker_count, 5);
    assert_int_equal(document->result.workloads[0].workers[4].rounds, 50);
    dcb_document_free(document);
    check_any(text, strlen(text));
    json_object_set_new(workload, "workers", json_integer(1000000));
    free(text);
    text = json_dumps(root, JSON_COMPACT);
    dcb_document_free(read_text(text, DCB_DOCUMENT_WHOLE));
    free(text);
    json_decref(root);
    unmake_result(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_result_comes_back),
        cmocka_unit_test(nothing_counted_comes_back),
        cmocka_unit_test(failures_come_back),
        cmocka_unit_test(interruption_comes_back),
        cmocka_unit_test(changes_come_back),
        cmocka_unit_test(origins_come_back),
        cmocka_unit_test(simulation_comes_back),
        cmocka_unit_test(verdicts_of_verify_come_back),
        cmocka_unit_test(damaged_verdicts_of_verify),
        cmocka_unit_test(what_is_told),
        cmocka_unit_test(ratios_alone),
        cmocka_unit_test(names),
        cmocka_unit_test_setup_teardown(files, tree_setup, tree_teardown),
        cmocka_unit_test(what_is_not_read),
        cmocka_unit_test(damaged_members),
        cmocka_unit_test(damaged_layouts),
        cmocka_unit_test(anything_anywhere),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(older_file),
    };

    return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}
