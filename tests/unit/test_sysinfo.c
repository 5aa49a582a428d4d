#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>

#include "sysinfo.h"
#include "unit.h"

static void names_are_those_of_uname(void **state)
{
    struct dcb_sysinfo info;
    struct utsname name;
    char *expected;

    (void)state;
    dcb_sysinfo_read(&info);
    assert_int_equal(uname(&name), 0);
    expected = dcb_xasprintf("%s %s", name.sysname, name.release);
    assert_string_equal(info.kernel, expected);
    assert_string_equal(info.machine, name.machine);
    free(expected);
}

static void cpu_is_that_of_proc(void **state)
{
    char *text = scratch_read("/proc/cpuinfo"), *model = strstr(text, "model name\t: ");
    const char *flags = strstr(text, "\nflags");
    struct dcb_sysinfo info;

    (void)state;
    dcb_sysinfo_read(&info);
    assert_true(strlen(info.cpu) > 0);
    assert_null(strchr(info.cpu, '\n'));
    if (model) {
        model += strlen("model name\t: ");
        model[strcspn(model, "\n")] = '\0';
        assert_string_equal(info.cpu, model);
    }
    free(text);
    text = scratch_read("/proc/cpuinfo");
    flags = strstr(text, "\nflags");
    if (flags) {
        char *line = dcb_xstrndup(flags + 1, strcspn(flags + 1, "\n"));

        assert_int_equal(info.virtual_machine, strstr(line, " hypervisor") != NULL);
        free(line);
    }
    free(text);
}

static void cpus_are_those_it_may_use(void **state)
{
    struct dcb_sysinfo info;
    cpu_set_t all, one;

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    dcb_sysinfo_read(&info);
    assert_int_equal(info.cpus, CPU_COUNT(&all));
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    dcb_sysinfo_read(&info);
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
    assert_int_equal(info.cpus, 1);
}

static void date_is_now_in_utc(void **state)
{
    struct dcb_sysinfo info;
    struct tm utc = {.tm_year = 0};
    const char *end;
    time_t then;

    (void)state;
    setenv("TZ", "Asia/Kathmandu", 1);
    tzset();
    dcb_sysinfo_read(&info);
    assert_int_equal(strlen(info.date), strlen("2024-01-31T23:59:59Z"));
    end = strptime(info.date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    assert_non_null(end);
    assert_int_equal(*end, '\0');
    then = timegm(&utc);
    unsetenv("TZ");
    tzset();
    assert_in_range(then, time(NULL) - 60, time(NULL));
}

static void load_and_memory(void **state)
{
    struct dcb_sysinfo info;
    struct sysinfo system;
    char *text = scratch_read("/proc/meminfo"), *line = strstr(text, "MemAvailable:");
    double available = line ? 1024 * strtod(line + strlen("MemAvailable:"), NULL) : 0;

    (void)state;
    free(text);
    dcb_sysinfo_read(&info);
    assert_int_equal(sysinfo(&system), 0);
    assert_true(info.load >= 0);
    assert_close(info.load, (double)system.loads[0] / 65536, 0.5);
    assert_close((double)info.available_bytes, available, available / 2);
}

static void paranoia(void **state)
{
    struct dcb_sysinfo info;
    char *text;

    (void)state;
    dcb_sysinfo_read(&info);
    if (access("/proc/sys/kernel/perf_event_paranoid", R_OK) != 0) {
        assert_int_equal(info.perf_event_paranoid, -2);
        return;
    }
    text = scratch_read("/proc/sys/kernel/perf_event_paranoid");
    assert_int_equal(info.perf_event_paranoid, atoi(text));
    free(text);
}

/* Nothing of what was there before shows through. */
static void every_field_is_set(void **state)
{
    struct dcb_sysinfo info;

    (void)state;
    memset(&info, 0x55, sizeof info);
    dcb_sysinfo_read(&info);
    assert_non_null(memchr(info.governor, '\0', sizeof info.governor));
    assert_null(strchr(info.governor, '\n'));
    if (access("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", R_OK) != 0)
        assert_string_equal(info.governor, "");
    assert_non_null(memchr(info.cpu, 0, sizeof info.cpu));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_uname),
        cmocka_unit_test(cpu_is_that_of_proc),
        cmocka_unit_test(cpus_are_those_it_may_use),
        cmocka_unit_test(date_is_now_in_utc),
        cmocka_unit_test(load_and_memory),
        cmocka_unit_test(paranoia),
        cmocka_unit_test(every_field_is_set),
    };

    return cmocka_run_group_tests_name("sysinfo", tests, NULL, NULL);
}
