#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>

#include "json_result.h"
#include "samples.h"
#include "strbuf.h"
#include "unit.h"

static const char *const impls[] = {"merged", "memo-opt"};
static const char *const inputs[] = {"memo", "reduce"};

/* The result as JSON, read again. */
static json_t *parse(const struct made *made)
{
    char *text = dcb_json_result(&made->result);
    json_error_t where;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &where);

    if (!root)
        fail_msg("%s: %s", where.text, text);
    assert_int_equal(text[strlen(text) - 1], '\n');
    free(text);
    assert_true(json_is_object(root));
    return root;
}

/* "a.2.b": member b of element 2 of member a. */
static const json_t *at(const json_t *value, const char *path)
{
    char *copy = dcb_xstrdup(path), *rest = NULL;

    for (const char *part = strtok_r(copy, ".", &rest); part;
         part = strtok_r(NULL, ".", &rest)) {
        value = json_is_array(value) ? json_array_get(value, (size_t)atoi(part))
                                     : json_object_get(value, part);
        if (!value)
            fail_msg("no '%s' in %s", part, path);
    }
    free(copy);
    return value;
}

static void assert_text_at(const json_t *root, const char *path, const char *expected)
{
    const json_t *value = at(root, path);

    if (!json_is_string(value))
        fail_msg("%s is no string", path);
    assert_string_equal(json_string_value(value), expected);
}

static void assert_number_at(const json_t *root, const char *path, double expected)
{
    const json_t *value = at(root, path);

    if (!json_is_number(value))
        fail_msg("%s is no number", path);
    assert_close(json_number_value(value), expected, 1e-7 * fabs(expected));
}

static void assert_null_at(const json_t *root, const char *path)
{
    if (!json_is_null(at(root, path)))
        fail_msg("%s is not null", path);
}

static void whole_result(void **state)
{
    struct made made;
    json_t *root;

    (void)state;
    make_result(&made, impls, 2, inputs, 2);
    dcb_result_note(&made.result, "a note");
    root = parse(&made);
    assert_text_at(root, "schema", "dcbench-result/1");
    assert_text_at(root, "kind", "run");
    assert_text_at(root, "dcbench", DCB_VERSION);
    assert_text_at(root, "notes.0", "a note");
    assert_null_at(root, "interrupted");
    assert_null_at(root, "label");
    assert_null_at(root, "commit");

    assert_text_at(root, "environment.cpu", "A CPU");
    assert_text_at(root, "environment.date", "2024-02-29T12:00:00Z");
    assert_text_at(root, "environment.python.version", "3.11.2");
    assert_null_at(root, "environment.python.build");
    assert_null_at(root, "environment.governor");
    assert_null_at(root, "environment.perf_event_paranoid");
    assert_number_at(root, "environment.load_average", 0.25);
    assert_number_at(root, "environment.cpus", 2);

    assert_text_at(root, "plan.baseline", "stdlib");
    assert_int_equal(json_array_size(at(root, "plan.implementations")), 3);
    assert_text_at(root, "plan.implementations.0.path", "/real/stdlib.py");
    assert_text_at(root, "plan.implementations.0.sha256", "abc");
    assert_text_at(root, "plan.implementations.1.label", "merged");
    assert_text_at(root, "plan.implementations.1.path", "merged");
    assert_null_at(root, "plan.implementations.1.sha256");
    assert_text_at(root, "plan.workloads.1.label", "reduce");
    assert_number_at(root, "plan.seed", 7);
    assert_number_at(root, "plan.confidence", 0.95);
    assert_null_at(root, "plan.workers");
    assert_null_at(root, "plan.rounds");
    assert_null_at(root, "plan.iterations");
    assert_null_at(root, "plan.affinity");
    assert_true(json_is_true(at(root, "plan.gc")));

    assert_int_equal(json_array_size(at(root, "workloads")), 2);
    assert_text_at(root, "workloads.1.workload", "reduce");
    assert_number_at(root, "workloads.1.objects", 2);
    assert_number_at(root, "workloads.0.precision_reached", 0.0031);
    assert_null_at(root, "workloads.0.failure");
    json_decref(root);
    unmake_result(&made);
}

static void where_a_result_comes_from(void **state)
{
    struct made made;
    json_t *root;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    made.result.label = dcb_xstrdup("nightly \"17\"");
    made.result.commit = dcb_xstrdup("0123456789abcdef0123456789abcdef01234567");
    root = parse(&made);
    assert_text_at(root, "label", "nightly \"17\"");
    assert_text_at(root, "commit", "0123456789abcdef0123456789abcdef01234567");
    json_decref(root);
    unmake_result(&made);
}

static void every_cell(void **state)
{
    static const char *const labels[] = {"stdlib", "stdlib", "merged", "memo-opt"};
    static const char *const roles[] = {"baseline", "control", "candidate", "candidate"};
    struct made made;
    json_t *root;

    (void)state;
    make_result(&made, impls, 2, inputs, 2);
    root = parse(&made);
    assert_int_equal(json_array_size(at(root, "cells")), 8);
    for (size_t i = 0; i < 8; i++) {
        const json_t *cell = json_array_get(at(root, "cells"), i);
        double ratio = i % 4 < 2 ? 1 : 1 - 0.1 * (double)(i % 4 - 1);

        assert_text_at(cell, "workload", inputs[i / 4]);
        assert_text_at(cell, "impl", labels[i % 4]);
        assert_text_at(cell, "role", roles[i % 4]);
        assert_text_at(cell, "kind", "run");
        assert_text_at(cell, "status", "ok");
        assert_null_at(cell, "failure");
        assert_number_at(cell, "time_ns.median", 61200 * ratio);
        assert_number_at(cell, "time_ns.stddev", 1224 * ratio);
        assert_number_at(cell, "time_ns.min", 60000 * ratio);
        assert_number_at(cell, "time_ns.max", 63000 * ratio);
        assert_number_at(cell, "time_ns.workers", 5);
        assert_number_at(cell, "time_ns.blocks", 250);
        assert_number_at(cell, "cpu_ns.mean", 61300 * ratio);
        if (i % 4 == 0) {
            assert_null_at(cell, "ratio");
            assert_null_at(cell, "verdict");
        } else {
            assert_number_at(cell, "ratio.estimate", ratio);
            assert_number_at(cell, "ratio.low", ratio - 0.0031);
            assert_number_at(cell, "ratio.high", ratio + 0.0031);
            assert_number_at(cell, "ratio.confidence", 0.95);
            assert_number_at(cell, "ratio.precision_wanted", 0.005);
            assert_number_at(cell, "ratio.detectable", 0.004);
            assert_text_at(cell, "verdict", i % 4 == 1 ? "same" : "faster");
        }
    }
    json_decref(root);
    unmake_result(&made);
}

static void counters_and_samples(void **state)
{
    struct made made;
    json_t *root;
    const json_t *cell;

    (void)state;
    make_result(&made, impls, 2, inputs, 1);
    made.result.row_origins = dcb_xcalloc(5, sizeof(struct dcb_row_origin));
    made.result.row_origins[0] =
        (struct dcb_row_origin){.user_reads = true, .overhead_sum = 700, .overheads = 4};
    made.result.workloads[0].anchor_spread = 0.002;
    root = parse(&made);
    assert_number_at(root, "workloads.0.anchor_spread", 0.002);
    cell = at(root, "cells.2");
    assert_int_equal(json_object_size(at(cell, "counters")), 5);
    assert_number_at(cell, "counters.instructions.overhead", 175);
    assert_true(json_is_true(at(cell, "counters.instructions.user_reads")));
    assert_null_at(cell, "counters.LLC-loads.overhead");
    assert_null_at(cell, "counters.LLC-loads.user_reads");
    assert_null_at(cell, "counters.page-faults.overhead");
    assert_null_at(cell, "counters.page-faults.user_reads");
    assert_number_at(cell, "counters.instructions.value", 421034 * 0.9);
    assert_number_at(cell, "counters.instructions.spread", 0.5);
    assert_number_at(cell, "counters.instructions.ratio.low", 0.898);
    assert_text_at(cell, "counters.instructions.provider", "hardware");
    assert_text_at(cell, "counters.instructions.event", "instructions");
    assert_text_at(cell, "counters.instructions.encoding", "perf::INSTRUCTIONS");
    assert_text_at(cell, "counters.instructions.quality", "exact");
    assert_null_at(cell, "counters.instructions.reason");
    assert_true(json_is_false(at(cell, "counters.instructions.scaled")));
    assert_text_at(cell, "counters.page-faults.provider", "kernel");
    assert_null_at(cell, "counters.page-faults.event");
    /* Not counted: null with a reason, never 0. */
    assert_null_at(cell, "counters.LLC-loads.value");
    assert_null_at(cell, "counters.LLC-loads.ratio");
    assert_null_at(cell, "counters.LLC-loads.provider");
    assert_text_at(cell, "counters.LLC-loads.reason",
                   "this CPU or kernel has no such event");
    assert_null_at(root, "cells.0.counters.instructions.ratio");

    assert_int_equal(json_array_size(at(cell, "samples")), 5);
    assert_number_at(cell, "samples.3.worker", 3);
    assert_number_at(cell, "samples.3.seed", 103);
    assert_number_at(cell, "samples.3.rounds", 50);
    assert_number_at(cell, "samples.3.iterations", 3);
    assert_number_at(cell, "samples.3.log_ratio", log(0.9));
    assert_number_at(cell, "samples.3.log_ratio_change", 0.0001);
    assert_number_at(cell, "samples.3.switches", 2);
    assert_number_at(cell, "samples.3.disturbed_blocks", 1);
    assert_number_at(cell, "samples.3.counters.instructions", 421034 * 0.9);
    assert_null(json_object_get(at(cell, "samples.3.counters"), "LLC-loads"));
    assert_null_at(root, "cells.0.samples.0.log_ratio");
    assert_null_at(root, "cells.0.samples.0.log_ratio_change");
    json_decref(root);
    unmake_result(&made);
}

/* A file that stood in for a counter is named in its place. */
static void origin_of_a_row_is_told(void **state)
{
    struct made made;
    json_t *root;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    made.plan.rows[0].provider = DCB_PROVIDER_KERNEL;
    made.result.row_origins = dcb_xcalloc(5, sizeof(struct dcb_row_origin));
    made.result.row_origins[0] =
        (struct dcb_row_origin){.path = dcb_xstrdup("/proc/thread-self/sched")};
    made.result.workloads[0].anchor_spread = NAN;
    root = parse(&made);
    assert_text_at(root, "cells.2.counters.instructions.encoding",
                   "/proc/thread-self/sched");
    assert_null_at(root, "cells.2.counters.instructions.overhead");
    assert_null_at(root, "cells.2.counters.instructions.user_reads");
    assert_null_at(root, "workloads.0.anchor_spread");
    json_decref(root);
    unmake_result(&made);
}

static void changes_while_it_was_measured(void **state)
{
    struct made made;
    struct dcb_workload_result *workload;
    json_t *root;

    (void)state;
    make_result(&made, impls, 2, inputs, 2);
    workload = &made.result.workloads[0];
    workload->speed_change =
        (struct dcb_change){.found = true, .worker = 3, .size = -0.19, .p = 0};
    workload->cells[2].drift =
        (struct dcb_change){.found = true, .worker = 4, .size = 0.018, .p = 1e-9};
    workload->cells[3].settling =
        (struct dcb_settling){.found = true, .change = make_interval(0.008, 0.002)};
    workload->cells[1].drift = workload->cells[2].drift;
    workload->cells[1].drift.found = false; /* too small, or not clear */
    root = parse(&made);
    assert_number_at(root, "workloads.0.speed_change.worker", 3);
    assert_number_at(root, "workloads.0.speed_change.change", -0.19);
    assert_number_at(root, "workloads.0.speed_change.p", 0);
    assert_null_at(root, "workloads.1.speed_change");
    assert_null_at(root, "cells.0.drift");
    assert_null_at(root, "cells.0.settling");
    assert_null_at(root, "cells.1.drift");
    assert_number_at(root, "cells.2.drift.worker", 4);
    assert_number_at(root, "cells.2.drift.change", 0.018);
    assert_number_at(root, "cells.2.drift.p", 1e-9);
    assert_null_at(root, "cells.2.settling");
    assert_number_at(root, "cells.3.settling.change", 0.008);
    assert_number_at(root, "cells.3.settling.low", 0.006);
    assert_number_at(root, "cells.3.settling.high", 0.01);
    json_decref(root);
    unmake_result(&made);
}

static void failed_and_unknown(void **state)
{
    struct made made;
    struct dcb_workload_result *workload;
    json_t *root;

    (void)state;
    make_result(&made, impls, 2, inputs, 1);
    workload = &made.result.workloads[0];
    make_failed(&workload->cells[2], "failed: not equal");
    for (size_t i = 0; i < 5; i++)
        workload->cells[2].counters[i].value = (double)NAN;
    workload->cells[3].ratio.low = workload->cells[3].ratio.high = (double)NAN;
    workload->cells[3].detectable = (double)NAN;
    workload->cells[3].time.stddev = (double)INFINITY;
    workload->reached = (double)NAN;
    workload->withheld = true;
    workload->workers[2].trouble = dcb_xstrdup("killed");
    made.result.signal = 2;
    made.result.system.load = -1;
    made.result.system.perf_event_paranoid = -1;
    root = parse(&made);
    assert_text_at(root, "cells.2.status", "failed: not equal");
    assert_text_at(root, "cells.2.failure", "wrong");
    assert_null_at(root, "cells.2.time_ns");
    assert_null_at(root, "cells.2.ratio");
    assert_null_at(root, "cells.2.verdict");
    assert_text_at(root, "cells.2.counters.page-faults.reason",
                   "the implementation failed");
    assert_null_at(root, "cells.3.ratio.low");
    assert_null_at(root, "cells.3.ratio.high");
    assert_null_at(root, "cells.3.ratio.detectable");
    assert_number_at(root, "cells.3.ratio.estimate", 0.8);
    assert_null_at(root, "cells.3.time_ns.stddev");
    assert_null_at(root, "workloads.0.precision_reached");
    assert_true(json_is_true(at(root, "workloads.0.verdicts_withheld")));
    assert_int_equal(json_array_size(at(root, "workloads.0.troubled_workers")), 1);
    assert_text_at(root, "workloads.0.troubled_workers.0.trouble", "killed");
    assert_number_at(root, "workloads.0.troubled_workers.0.worker", 2);
    assert_number_at(root, "interrupted", 2);
    assert_null_at(root, "environment.load_average");
    assert_number_at(root, "environment.perf_event_paranoid", -1);
    json_decref(root);
    unmake_result(&made);
}

static void bad_bytes_become_question_marks(void **state)
{
    struct made made;
    json_t *root;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    dcb_result_note(&made.result, "caf\xe9 x");
    dcb_result_note(&made.result, "caf\xc3\xa9 \x01 \" \\");
    dcb_result_note(&made.result, "caf\xc3\xa9 \xff");
    root = parse(&made);
    assert_text_at(root, "notes.0", "caf? x");
    assert_text_at(root, "notes.1", "caf\xc3\xa9 ? \" \\");
    assert_text_at(root, "notes.2", "caf\xc3\xa9 ?"); /* the bad ones only */
    json_decref(root);
    unmake_result(&made);
}

/* One odd byte in what the machine calls itself must not cost the whole result. */
static void machine_of_odd_bytes(void **state)
{
    struct made made;
    json_t *root;
    char *text;
    bool kept;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    snprintf(made.result.system.cpu, sizeof made.result.system.cpu, "CPU\xae");
    text = dcb_json_result(&made.result);
    root = json_loads(text, 0, NULL);
    kept = json_is_object(root) && json_array_size(json_object_get(root, "cells")) == 3;
    json_decref(root);
    free(text);
    unmake_result(&made);
    assert_true(kept);
}

/* ---- simulated values and derived figures ---- */

/* Rows 0 and 1 simulated, in two of three layouts. */
static void make_simulated(struct made *made)
{
    struct dcb_plan *plan = &made->plan;

    free(made->result.row_reasons[1]);
    made->result.row_reasons[1] = NULL;
    plan->simulator = dcb_xstrdup("/usr/bin/valgrind");
    plan->simulator_version = dcb_xstrdup("3.19.0");
    plan->layouts = 3;
    strcpy(plan->hardware_reason, "no PMU here");
    for (size_t row = 0; row < 2; row++) {
        plan->rows[row].kind = DCB_KIND_SIMULATED;
        plan->rows[row].provider = DCB_PROVIDER_SIMULATED;
    }
    for (size_t i = 0; i < made->result.workloads[0].cell_count; i++) {
        struct dcb_cell *cell = &made->result.workloads[0].cells[i];

        cell->layouts = dcb_xcalloc(3, sizeof *cell->layouts);
        for (size_t k = 0; k < 3; k += 2) {
            cell->layouts[k] = (struct dcb_simulated){
                .iterations = 19, .counts = {[DCB_SIM_IR] = 1900 + k, [DCB_SIM_BIM] = 7}};
        }
        cell->counters[1] = (struct dcb_counter_value){
            .value = 12, .spread = 1, .ratio = make_interval(1, 0)};
    }
    made->result.workloads[0].simulated_s = 1.25; /* and the second not at all */
}

static void simulated_values(void **state)
{
    struct made made;
    json_t *root;
    const json_t *cell;

    (void)state;
    make_result(&made, impls, 1, inputs, 2);
    make_simulated(&made);
    root = parse(&made);
    assert_text_at(root, "plan.simulation.tool", "callgrind");
    assert_text_at(root, "plan.simulation.version", "3.19.0");
    assert_text_at(root, "plan.simulation.geometry",
                   "I1=32768,8,64 D1=32768,8,64 LL=8388608,16,64");
    assert_number_at(root, "plan.simulation.layouts", 3);
    assert_text_at(root, "plan.no_hardware_counters", "no PMU here");
    assert_number_at(root, "workloads.0.simulated_s", 1.25);
    assert_null_at(root, "workloads.1.simulated_s");
    cell = at(root, "cells.2");
    assert_text_at(cell, "counters.instructions.provider", "simulated");
    assert_text_at(cell, "counters.instructions.event", "Ir");
    assert_text_at(cell, "counters.instructions.quality", "exact");
    assert_null_at(cell, "counters.instructions.counts");
    assert_null_at(cell, "counters.instructions.encoding");
    assert_null_at(cell, "counters.instructions.pmu");
    assert_null_at(cell, "counters.instructions.verified");
    assert_null_at(cell, "counters.instructions.user_reads");
    assert_null_at(cell, "counters.instructions.overhead");
    assert_text_at(cell, "counters.LLC-loads.event", "D1mr");
    assert_text_at(cell, "counters.LLC-loads.quality", "proxy");
    assert_text_at(cell, "counters.LLC-loads.counts",
                   "data reads that miss the first level: there is no second level");
    json_decref(root);
    unmake_result(&made);
}

static void layouts_as_callgrind_counted_them(void **state)
{
    struct made made;
    json_t *root;
    const json_t *cell;

    (void)state;
    make_result(&made, impls, 1, inputs, 2);
    make_simulated(&made);
    root = parse(&made);
    cell = at(root, "cells.2");
    /* The one that was not simulated is left out, and the others keep their seeds. */
    assert_int_equal(json_array_size(at(cell, "layouts")), 2);
    assert_number_at(cell, "layouts.0.seed", 0);
    assert_number_at(cell, "layouts.1.seed", 2);
    assert_number_at(cell, "layouts.1.iterations", 19);
    assert_int_equal(json_object_size(at(cell, "layouts.1.counts")), DCB_SIM_EVENTS);
    assert_number_at(cell, "layouts.1.counts.Ir", 1902);
    assert_number_at(cell, "layouts.1.counts.Dr", 0);
    assert_number_at(cell, "layouts.1.counts.Bim", 7);
    assert_int_equal(json_array_size(at(root, "cells.3.layouts")), 0);
    assert_null_at(root, "cells.3.counters.LLC-loads.value");
    assert_text_at(root, "cells.3.counters.LLC-loads.reason", "it was not simulated");
    json_decref(root);
    unmake_result(&made);
}

static void nothing_simulated(void **state)
{
    struct made made;
    json_t *root;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    root = parse(&made);
    assert_null_at(root, "plan.simulation");
    assert_null_at(root, "plan.no_hardware_counters");
    assert_null_at(root, "workloads.0.simulated_s");
    assert_int_equal(json_array_size(at(root, "cells.0.layouts")), 0);
    json_decref(root);
    unmake_result(&made);
}

static void derived_figures(void **state)
{
    struct made made;
    json_t *root;

    (void)state;
    make_result(&made, impls, 1, inputs, 2);
    root = parse(&made);
    assert_int_equal(json_object_size(at(root, "cells.3.derived")), 14);
    assert_number_at(root, "cells.3.derived.instructions_per_object.value", 210517);
    assert_text_at(root, "cells.3.derived.instructions_per_object.provider", "hardware");
    assert_null_at(root, "cells.3.derived.instructions_per_object.reason");
    assert_number_at(root, "cells.3.derived.page_faults_per_object.value", 0.0006);
    assert_text_at(root, "cells.3.derived.page_faults_per_object.provider", "kernel");
    assert_null_at(root, "cells.3.derived.ipc.value");
    assert_null_at(root, "cells.3.derived.ipc.provider");
    assert_text_at(root, "cells.3.derived.ipc.reason",
                   "cycles is not counted in this run");
    assert_text_at(root, "cells.3.derived.llc_mpki.reason",
                   "LLC-load-misses is not counted in this run");
    json_decref(root);
    unmake_result(&made);
}

static void origin_of_hardware_values(void **state)
{
    struct made made;
    struct dcb_event *event;
    json_t *root;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    event = &made.plan.events[0];
    strcpy(event->pmu, "armv8_pmuv3");
    strcpy(event->counts, "branches by the program counter alone");
    event->quality = DCB_QUALITY_PROXY;
    event->verified = true;
    made.result.row_origins = dcb_xcalloc(6, sizeof *made.result.row_origins);
    made.result.row_origins[0] =
        (struct dcb_row_origin){.user_reads = true, .overhead_sum = 90, .overheads = 4};
    root = parse(&made);
    assert_text_at(root, "cells.0.counters.instructions.pmu", "armv8_pmuv3");
    assert_text_at(root, "cells.0.counters.instructions.quality", "proxy");
    assert_text_at(root, "cells.0.counters.instructions.counts",
                   "branches by the program counter alone");
    assert_true(json_is_true(at(root, "cells.0.counters.instructions.verified")));
    assert_true(json_is_true(at(root, "cells.0.counters.instructions.user_reads")));
    assert_number_at(root, "cells.0.counters.instructions.overhead", 22.5);
    /* Of a row without a value nothing is told but why. */
    assert_null_at(root, "cells.0.counters.LLC-loads.pmu");
    assert_null_at(root, "cells.0.counters.LLC-loads.verified");
    assert_null_at(root, "cells.0.counters.LLC-loads.quality");
    assert_null_at(root, "cells.0.counters.LLC-loads.user_reads");
    assert_null_at(root, "cells.0.counters.task-clock.verified");
    json_decref(root);
    event->verified = false;
    made.result.row_origins[0] = (struct dcb_row_origin){.overheads = 0};
    root = parse(&made);
    assert_true(json_is_false(at(root, "cells.0.counters.instructions.verified")));
    assert_true(json_is_false(at(root, "cells.0.counters.instructions.user_reads")));
    assert_null_at(root, "cells.0.counters.instructions.overhead");
    json_decref(root);
    unmake_result(&made);
}

/* ---- blocks ---- */

static void blocks_one_a_line(void **state)
{
    static const size_t cells[] = {2, 0, 1};
    static const struct dcb_block blocks[] = {
        {.round = 3,
         .arm = 0,
         .iterations = 7,
         .wall_ns = 1000,
         .cpu_ns = 900,
         .involuntary = 1,
         .voluntary = 2,
         .faults = 4},
        {.round = 3, .arm = 1, .iterations = 9, .wall_ns = UINT64_MAX, .cpu_ns = 0},
        {.round = 4, .arm = 2, .iterations = 9, .wall_ns = 5, .cpu_ns = 5},
    };
    static const char *const expected[] = {
        "{\"workload\":\"reduce\",\"worker\":5,\"round\":3,\"impl\":\"merged\","
        "\"role\":\"candidate\",\"iterations\":7,\"wall_ns\":1000,\"cpu_ns\":900,"
        "\"involuntary\":1,\"voluntary\":2,\"page_faults\":4}\n",
        "{\"workload\":\"reduce\",\"worker\":5,\"round\":3,\"impl\":\"stdlib\","
        "\"role\":\"baseline\",\"iterations\":9,\"wall_ns\":9223372036854775807,"
        "\"cpu_ns\":0,\"involuntary\":0,\"voluntary\":0,\"page_faults\":0}\n",
        "{\"workload\":\"reduce\",\"worker\":5,\"round\":4,\"impl\":\"stdlib\","
        "\"role\":\"control\",\"iterations\":9,\"wall_ns\":5,\"cpu_ns\":5,"
        "\"involuntary\":0,\"voluntary\":0,\"page_faults\":0}\n"};
    struct made made;
    char *text = NULL, *whole;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    (void)state;
    make_result(&made, impls, 1, inputs, 2);
    assert_int_equal(dcb_json_blocks(file, &made.plan, 1, 5, blocks, 3, cells), 0);
    assert_int_equal(dcb_json_blocks(file, &made.plan, 1, 5, blocks, 0, cells), 0);
    fclose(file);
    whole = dcb_xasprintf("%s%s%s", expected[0], expected[1], expected[2]);
    assert_string_equal(text, whole);
    free(whole);
    free(text);
    unmake_result(&made);
}

static void full_stream_is_told(void **state)
{
    static const size_t cells[] = {0};
    static const struct dcb_block block = {.iterations = 1, .wall_ns = 1};
    struct made made;
    FILE *file = fopen("/dev/full", "w");
    int rc;

    (void)state;
    if (!file)
        skip();
    setvbuf(file, NULL, _IONBF, 0);
    make_result(&made, impls, 1, inputs, 1);
    rc = dcb_json_blocks(file, &made.plan, 0, 0, &block, 1, cells);
    fclose(file);
    unmake_result(&made);
    assert_int_equal(rc, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_result),
        cmocka_unit_test(where_a_result_comes_from),
        cmocka_unit_test(every_cell),
        cmocka_unit_test(counters_and_samples),
        cmocka_unit_test(origin_of_a_row_is_told),
        cmocka_unit_test(changes_while_it_was_measured),
        cmocka_unit_test(failed_and_unknown),
        cmocka_unit_test(simulated_values),
        cmocka_unit_test(layouts_as_callgrind_counted_them),
        cmocka_unit_test(nothing_simulated),
        cmocka_unit_test(derived_figures),
        cmocka_unit_test(origin_of_hardware_values),
        cmocka_unit_test(bad_bytes_become_question_marks),
        cmocka_unit_test(machine_of_odd_bytes),
        cmocka_unit_test(blocks_one_a_line),
        cmocka_unit_test(full_stream_is_told),
    };

    return cmocka_run_group_tests_name("json_result", tests, NULL, NULL);
}
