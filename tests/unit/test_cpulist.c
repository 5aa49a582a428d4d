#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "cpulist.h"
#include "unit.h"

static void assert_reads(const char *text, const char *expected)
{
    cpu_set_t cpus;
    char *list;

    assert_int_equal(dcb_cpulist_parse(text, &cpus), 0);
    list = dcb_cpulist_format(&cpus);
    assert_string_equal(list, expected);
    free(list);
}

static void reads_what_the_kernel_writes(void **state)
{
    (void)state;
    assert_reads("", "");
    assert_reads("0", "0");
    assert_reads("0-3", "0,1,2,3");
    assert_reads("0-1,4,6-7", "0,1,4,6,7");
    assert_reads("1023", "1023");
}

static void refuses_what_it_does_not(void **state)
{
    static const char *const texts[] = {"a",     "0-",  "-1",   "3-1",
                                        "0,",    ",0",  "0--1", "0-1-2",
                                        "1024",  "0 1", "0x3",  "99999999999999999999",
                                        "0-1024"};
    cpu_set_t cpus;

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (dcb_cpulist_parse(texts[i], &cpus) != -1)
            fail_msg("'%s' is taken for a list", texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_the_kernel_writes),
        cmocka_unit_test(refuses_what_it_does_not),
    };

    return cmocka_run_group_tests_name("cpulist", tests, NULL, NULL);
}
