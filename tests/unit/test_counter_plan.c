#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "counter_plan.h"
#include "unit.h"
#include "counters.h"
#include "cpulist.h"

static const struct dcb_core_pmu hybrid[] = {
    {.name = "cpu_core", .type = 4, .cpus = "0-3"},
    {.name = "cpu_atom", .type = 10, .cpus = "4-7"},
};

static const char *chosen(size_t count, int affinity, const char *allowed)
{
    const struct dcb_core_pmu *core;
    cpu_set_t cpus;

    assert_int_equal(dcb_cpulist_parse(allowed, &cpus), 0);
    core = cli_counter_core(hybrid, count, affinity, &cpus);
    return core ? core->name : "none";
}

static void one_kind_of_core_is_no_choice(void **state)
{
    (void)state;
    assert_string_equal(chosen(1, -1, "0-3"), "none");
    assert_string_equal(chosen(1, 2, "0-3"), "none");
    assert_string_equal(chosen(0, -1, "0-3"), "none");
}

static void the_larger_cores_come_first(void **state)
{
    (void)state;
    assert_string_equal(chosen(2, -1, "0-7"), "cpu_core");
    assert_string_equal(chosen(2, -1, "3,6"), "cpu_core");
}

static void what_may_be_used_decides(void **state)
{
    (void)state;
    assert_string_equal(chosen(2, -1, "5-6"), "cpu_atom");
    assert_string_equal(chosen(2, -1, "8-9"), "none");
}

static void affinity_decides(void **state)
{
    (void)state;
    assert_string_equal(chosen(2, 0, "0-7"), "cpu_core");
    assert_string_equal(chosen(2, 6, "0-7"), "cpu_atom");
    assert_string_equal(chosen(2, 9, "0-9"), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_kind_of_core_is_no_choice),
        cmocka_unit_test(the_larger_cores_come_first),
        cmocka_unit_test(what_may_be_used_decides),
        cmocka_unit_test(affinity_decides),
    };

    return cmocka_run_group_tests_name("counter plan", tests, NULL, NULL);
}
