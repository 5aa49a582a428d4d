#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "derived.h"
#include "unit.h"

/* One cell with made-up counters. */
struct bench {
    struct dcb_plan plan;
    struct dcb_result result;
    struct dcb_workload_result workload;
    struct dcb_cell cell;
    struct dcb_simulated layouts[3];
};

static void open_bench(struct bench *bench)
{
    *bench = (struct bench){
        .workload = {.objects = 4, .cell_count = 1},
        .cell = {.counters = dcb_xcalloc(32, sizeof(struct dcb_counter_value))},
    };
    bench->workload.cells = &bench->cell;
    bench->result.plan = &bench->plan;
    bench->result.row_reasons = dcb_xcalloc(32, sizeof(char *));
}

static void close_bench(struct bench *bench)
{
    for (size_t i = 0; i < bench->plan.row_count; i++)
        free(bench->result.row_reasons[i]);
    free(bench->result.row_reasons);
    free(bench->cell.counters);
    dcb_plan_clear(&bench->plan);
}

static void add_row(struct bench *bench, const char *name, enum dcb_provider provider,
                    double value)
{
    size_t row = bench->plan.row_count;

    assert_true(row < 32);
    dcb_plan_add_row(&bench->plan, name,
                     provider == DCB_PROVIDER_SIMULATED ? DCB_KIND_SIMULATED
                                                        : DCB_KIND_EVENT,
                     provider);
    bench->cell.counters[row].value = value;
}

static struct dcb_derived_value get(const struct bench *bench, const char *name)
{
    for (size_t i = 0; i < DCB_DERIVED_COUNT; i++) {
        if (strcmp(dcb_derived_rows[i].name, name) == 0)
            return dcb_derived_get(&bench->result, &bench->workload, &bench->cell, i);
    }
    fail_msg("no derived row %s", name);
    return (struct dcb_derived_value){.value = (double)NAN};
}

static void assert_value(const struct bench *bench, const char *name,
                         enum dcb_provider provider, double expected)
{
    struct dcb_derived_value value = get(bench, name);

    if (!isfinite(value.value))
        fail_msg("%s: %s", name, value.reason);
    assert_close(value.value, expected, 1e-9 * fabs(expected));
    assert_int_equal(value.provider, provider);
    assert_string_equal(value.reason, "");
}

static void assert_none(const struct bench *bench, const char *name, const char *reason)
{
    struct dcb_derived_value value = get(bench, name);

    if (!isnan(value.value))
        fail_msg("%s is %g", name, value.value);
    assert_int_equal(value.provider, DCB_PROVIDER_NONE);
    assert_string_equal(value.reason, reason);
}

static void add_all_rows(struct bench *bench)
{
    static const struct {
        const char *name;
        double value;
    } rows[] = {
        {"cycles", 200},         {"instructions", 500},   {"branches", 100},
        {"branch-misses", 5},    {"L1-dcache-loads", 80}, {"L1-dcache-load-misses", 8},
        {"LLC-loads", 16},       {"LLC-load-misses", 4},  {"dTLB-loads", 60},
        {"dTLB-load-misses", 2}, {"iTLB-loads", 3},       {"iTLB-load-misses", 1},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        add_row(bench, rows[i].name, DCB_PROVIDER_HARDWARE, rows[i].value);
    add_row(bench, "page-faults", DCB_PROVIDER_KERNEL, 12);
    add_row(bench, "context-switches", DCB_PROVIDER_KERNEL, 0.5);
    add_row(bench, "time-elapsed", DCB_PROVIDER_KERNEL, 2e6);
}

static void every_row(void **state)
{
    const enum dcb_provider hardware = DCB_PROVIDER_HARDWARE,
                            kernel = DCB_PROVIDER_KERNEL;
    /* Interrupted blocks count with all their time: 500 switches in 2 s. */
    struct dcb_sample samples[] = {{.total_ns = 1500000000}, {.total_ns = 500000000}};
    struct bench bench;

    (void)state;
    open_bench(&bench);
    add_all_rows(&bench);
    bench.cell.samples = samples;
    bench.cell.sample_count = 2;
    bench.cell.counters[13].events = 500;
    assert_value(&bench, "ipc", hardware, 2.5);
    assert_value(&bench, "cycles_per_object", hardware, 50);
    assert_value(&bench, "instructions_per_object", hardware, 125);
    assert_value(&bench, "branch_miss_ratio", hardware, 0.05);
    assert_value(&bench, "l1d_miss_ratio", hardware, 0.1);
    assert_value(&bench, "llc_miss_ratio", hardware, 0.25);
    assert_value(&bench, "branch_mpki", hardware, 10);
    assert_value(&bench, "l1d_mpki", hardware, 16);
    assert_value(&bench, "llc_mpki", hardware, 8);
    assert_value(&bench, "dtlb_mpki", hardware, 4);
    assert_value(&bench, "itlb_mpki", hardware, 2);
    assert_value(&bench, "page_faults_per_object", kernel, 3);
    assert_value(&bench, "context_switches_per_second", kernel, 250);
    assert_none(&bench, "estimated_cycles", "only where simulated");
    close_bench(&bench);
}

static void names_are_all_different(void **state)
{
    (void)state;
    for (size_t i = 0; i < DCB_DERIVED_COUNT; i++) {
        assert_true(dcb_derived_rows[i].name[0] && dcb_derived_rows[i].label[0]);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(dcb_derived_rows[i].name, dcb_derived_rows[k].name);
            assert_string_not_equal(dcb_derived_rows[i].label, dcb_derived_rows[k].label);
        }
    }
}

/* Instructions of callgrind by cycles of a PMU would look like any other figure. */
static void providers_are_never_mixed(void **state)
{
    static const enum dcb_provider providers[] = {
        DCB_PROVIDER_HARDWARE, DCB_PROVIDER_KERNEL, DCB_PROVIDER_SIMULATED};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            struct bench bench;

            open_bench(&bench);
            add_row(&bench, "instructions", providers[i], 500);
            add_row(&bench, "cycles", providers[k], 200);
            if (i == k)
                assert_value(&bench, "ipc", providers[i], 2.5);
            else
                assert_none(&bench, "ipc", "instructions and cycles have two providers");
            close_bench(&bench);
        }
    }
}

static void nothing_is_divided_by_zero(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench);
    add_all_rows(&bench);
    for (size_t i = 0; i < bench.plan.row_count; i++)
        bench.cell.counters[i].value = 0;
    bench.workload.objects = 1;
    assert_none(&bench, "ipc", "cycles is 0");
    assert_none(&bench, "branch_miss_ratio", "branches is 0");
    assert_none(&bench, "l1d_miss_ratio", "L1-dcache-loads is 0");
    assert_none(&bench, "llc_miss_ratio", "LLC-loads is 0");
    assert_none(&bench, "dtlb_mpki", "instructions is 0");
    assert_none(&bench, "context_switches_per_second", "time-elapsed is 0");
    assert_value(&bench, "page_faults_per_object", DCB_PROVIDER_KERNEL, 0);
    bench.cell.counters[2].value = 100; /* of a hundred branches none */
    assert_value(&bench, "branch_miss_ratio", DCB_PROVIDER_HARDWARE, 0);
    bench.cell.counters[7].value = 5; /* 5/0 is no more a ratio than 0/0 */
    assert_none(&bench, "llc_miss_ratio", "LLC-loads is 0");
    close_bench(&bench);
}

/* A workload that could not be loaded copies nothing. */
static void no_objects(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench);
    add_all_rows(&bench);
    bench.workload.objects = 0;
    assert_none(&bench, "cycles_per_object", "no object is copied");
    assert_none(&bench, "page_faults_per_object", "no object is copied");
    assert_value(&bench, "ipc", DCB_PROVIDER_HARDWARE, 2.5);
    close_bench(&bench);
}

static void rows_that_are_missing(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench);
    assert_none(&bench, "ipc", "instructions is not counted in this run");
    add_row(&bench, "instructions", DCB_PROVIDER_SIMULATED, 500);
    assert_none(&bench, "ipc", "cycles is not counted in this run");
    add_row(&bench, "cycles", DCB_PROVIDER_SIMULATED, (double)NAN);
    bench.result.row_reasons[1] = dcb_xstrdup("not simulated");
    assert_none(&bench, "ipc", "cycles: not simulated");
    assert_none(&bench, "cycles_per_object", "cycles: not simulated");
    assert_value(&bench, "instructions_per_object", DCB_PROVIDER_SIMULATED, 125);
    close_bench(&bench);
}

static void long_reasons_are_cut(void **state)
{
    struct dcb_derived_value value;
    struct bench bench;
    char reason[400];

    (void)state;
    open_bench(&bench);
    add_row(&bench, "instructions", DCB_PROVIDER_HARDWARE, (double)NAN);
    memset(reason, 'x', sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    bench.result.row_reasons[0] = dcb_xstrdup(reason);
    value = get(&bench, "ipc");
    assert_nan(value.value);
    assert_memory_equal(value.reason, "instructions: xxx", 17);
    assert_true(strlen(value.reason) < sizeof value.reason);
    close_bench(&bench);
}

/* ---- estimated cycles ---- */

static void set_layout(struct bench *bench, size_t layout, uint64_t instructions)
{
    bench->layouts[layout] =
        (struct dcb_simulated){.iterations = 2, .counts = {[DCB_SIM_IR] = instructions}};
    bench->cell.layouts = bench->layouts;
    bench->plan.layouts = 3;
}

static void estimated_cycles(void **state)
{
    struct bench bench;

    (void)state;
    open_bench(&bench);
    add_row(&bench, "instructions", DCB_PROVIDER_SIMULATED, 500);
    assert_none(&bench, "estimated_cycles", "it was not simulated");
    set_layout(&bench, 0, 1200);
    set_layout(&bench, 1, 1000);
    set_layout(&bench, 2, 9000);
    bench.layouts[0].counts[DCB_SIM_DLMR] = 2;
    bench.layouts[0].counts[DCB_SIM_D1MR] = 2;
    bench.layouts[0].counts[DCB_SIM_DR] = 2;
    /* Of 4500, 500 and (1200 + 2 - 0 - 2 + 35 * 2) / 2. */
    assert_value(&bench, "estimated_cycles", DCB_PROVIDER_SIMULATED, 635);
    bench.layouts[2].iterations = 0; /* that one failed */
    assert_value(&bench, "estimated_cycles", DCB_PROVIDER_SIMULATED, 567.5);
    close_bench(&bench);
}

/* Made again of rounded counters they would differ in their last digit. */
static void what_a_file_says_is_taken(void **state)
{
    struct dcb_derived_value derived[DCB_DERIVED_COUNT] = {
        [0] = {.value = 1.2345678, .provider = DCB_PROVIDER_HARDWARE}};
    struct bench bench;

    (void)state;
    open_bench(&bench);
    add_row(&bench, "instructions", DCB_PROVIDER_HARDWARE, 3);
    add_row(&bench, "cycles", DCB_PROVIDER_HARDWARE, 2);
    assert_value(&bench, "ipc", DCB_PROVIDER_HARDWARE, 1.5);
    bench.cell.derived = derived;
    assert_value(&bench, "ipc", DCB_PROVIDER_HARDWARE, 1.2345678);
    close_bench(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(names_are_all_different),
        cmocka_unit_test(providers_are_never_mixed),
        cmocka_unit_test(nothing_is_divided_by_zero),
        cmocka_unit_test(no_objects),
        cmocka_unit_test(rows_that_are_missing),
        cmocka_unit_test(long_reasons_are_cut),
        cmocka_unit_test(estimated_cycles),
        cmocka_unit_test(what_a_file_says_is_taken),
    };

    return cmocka_run_group_tests_name("derived", tests, NULL, NULL);
}
