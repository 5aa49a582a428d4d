#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <time.h>

#include "pyperf_text.h"
#include "sysinfo.h"
#include "unit.h"

static void check(char *take_text, const char *expected)
{
    assert_string_equal(take_text, expected);
    free(take_text);
}

static void spaces_at_the_ends(void **state)
{
    (void)state;
    check(dcb_pyperf_strip(""), "");
    check(dcb_pyperf_strip("a b"), "a b");
    check(dcb_pyperf_strip("  a "), "a");
    check(dcb_pyperf_strip(" \xe3\x80\x80\xc2\xa0 "), "");
    check(dcb_pyperf_strip("\xe2\x80\xa8\xc3\xa9\xc2\x85"), "\xc3\xa9");
}

static void one_line(void **state)
{
    (void)state;
    check(dcb_pyperf_line("a b"), "a b");
    check(dcb_pyperf_line("a\r\nb\x7f"
                          "c"),
          "a  b c");
    check(dcb_pyperf_line("a\n"), "\"a \"");
    check(dcb_pyperf_line(""), "\"\"");
    check(dcb_pyperf_line("\xe2\x80\x83"
                          "a"),
          "\"\xe2\x80\x83"
          "a\"");
}

static void dates_both_ways(void **state)
{
    static const char *const zones[] = {"UTC", "UTC-2", "UTC+9:30"};
    char *local;

    (void)state;
    for (size_t i = 0; i < COUNT(zones); i++) {
        setenv("TZ", zones[i], 1);
        tzset();
        local = dcb_pyperf_date("2024-02-29T23:59:58Z");
        assert_non_null(local);
        assert_int_equal(dcb_pyperf_parse_date(local), 1709251198);
        free(local);
    }
    assert_null(dcb_pyperf_date(""));
    assert_null(dcb_pyperf_date("2024-02-29T23:59:58"));
    assert_null(dcb_pyperf_date("2024-02-29T23:59:58Zulu"));
    assert_int_equal(dcb_pyperf_parse_date(NULL), -1);
    assert_int_equal(dcb_pyperf_parse_date("2024-02-29 23"), -1);
}

static void platforms_both_ways(void **state)
{
    struct dcb_sysinfo system = {.kernel = "Linux 6.1.0-13-arm64", .machine = "aarch64"};
    struct dcb_sysinfo read = {.cpus = 0};
    char *platform = dcb_pyperf_platform(&system);

    (void)state;
    assert_string_equal(platform, "Linux-6.1.0-13-arm64-aarch64");
    dcb_pyperf_parse_platform(platform, &read);
    assert_string_equal(read.kernel, system.kernel);
    assert_string_equal(read.machine, system.machine);
    free(platform);

    read = (struct dcb_sysinfo){.cpus = 0};
    dcb_pyperf_parse_platform("macOS-14.1-arm64-arm-64bit", &read);
    assert_string_equal(read.kernel, "macOS-14.1-arm64-arm-64bit");
    assert_string_equal(read.machine, "");
    dcb_pyperf_parse_platform("Linux-x86_64", &read);
    assert_string_equal(read.kernel, "Linux-x86_64");

    system.machine[0] = '\0';
    assert_null(dcb_pyperf_platform(&system));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spaces_at_the_ends),
        cmocka_unit_test(one_line),
        cmocka_unit_test(dates_both_ways),
        cmocka_unit_test(platforms_both_ways),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
