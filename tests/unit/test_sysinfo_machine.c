/* Machines made of files: what is read of each, and that nothing is made up. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "cpulist.h"
#include "sysinfo_file.h"
#include "sysinfo_machine.h"
#include "tree.h"

#define CPU "/sys/devices/system/cpu"

static struct dcb_machine read_tree(const char *root)
{
    struct dcb_machine machine;

    memset(&machine, 0x55, sizeof machine);
    dcb_sysinfo_read_machine(root, &machine);
    return machine;
}

static void put_cpu(const char *root, int cpu, const char *file, const char *text)
{
    char path[128];

    snprintf(path, sizeof path, CPU "/cpu%d/%s", cpu, file);
    tree_put(root, path, text);
}

static void nothing_is_known_of_an_empty_tree(void **state)
{
    struct dcb_machine m = read_tree(*state);

    assert_int_equal(m.cpus_present, -1);
    assert_int_equal(m.cpus_online, -1);
    assert_int_equal(m.cpus_allowed, -1);
    assert_string_equal(m.allowed_list, "");
    assert_string_equal(m.isolated_list, "");
    assert_int_equal(m.smt_threads, -1);
    assert_string_equal(m.governors, "");
    assert_string_equal(m.driver, "");
    assert_int_equal(m.turbo, -1);
    assert_string_equal(m.clocksource, "");
    assert_int_equal(m.core_throttles, -1);
    assert_int_equal(m.package_throttles, -1);
    assert_int_equal(m.memory_bytes, -1);
    assert_int_equal(m.available_bytes, -1);
    assert_int_equal(m.swap_bytes, -1);
    assert_int_equal(m.swap_free_bytes, -1);
    assert_int_equal(m.randomize_va_space, -1);
    assert_int_equal(m.layout_fixed, -1);
    assert_int_equal(m.privileged, -1);
    assert_int_equal(m.nmi_watchdog, -1);
    assert_nan(m.load);
    assert_int_equal(m.guest, -1);
    assert_string_equal(m.hypervisor, "");
    assert_string_equal(m.container, "");
    assert_nan(m.cpu_limit);
    assert_int_equal(m.throttled_periods, -1);
    assert_int_equal(m.power, DCB_POWER_UNKNOWN);
}

static void cores_and_frequency_of_a_laptop(void **state)
{
    const char *root = *state;
    struct dcb_machine m;

    tree_put(root, CPU "/present", "0-7\n");
    tree_put(root, CPU "/online", "0-2,4\n");
    tree_put(root, CPU "/isolated", "\n");
    for (int cpu = 0; cpu < 5; cpu++) {
        put_cpu(root, cpu, "topology/thread_siblings_list", cpu < 2 ? "0-1\n" : "4\n");
        put_cpu(root, cpu, "cpufreq/scaling_governor",
                cpu == 4 ? "performance\n" : "powersave\n");
        put_cpu(root, cpu, "cpufreq/scaling_driver", "intel_pstate\n");
        put_cpu(root, cpu, "thermal_throttle/core_throttle_count",
                cpu == 2 ? "17\n" : "3\n");
        put_cpu(root, cpu, "thermal_throttle/package_throttle_count", "21\n");
    }
    put_cpu(root, 3, "thermal_throttle/core_throttle_count", "99\n"); /* offline */
    tree_put(root, CPU "/intel_pstate/no_turbo", "0\n");
    m = read_tree(root);
    assert_int_equal(m.cpus_present, 8);
    assert_int_equal(m.cpus_online, 4);
    assert_int_equal(m.smt_threads, 2);
    assert_string_equal(m.governors, "powersave, performance");
    assert_string_equal(m.driver, "intel_pstate");
    assert_int_equal(m.core_throttles, 17);
    assert_int_equal(m.package_throttles, 21);
    assert_int_equal(m.turbo, 1);
    assert_string_equal(m.turbo_path, CPU "/intel_pstate/no_turbo");
}

static void turbo_has_two_switches(void **state)
{
    const char *root = *state;
    struct dcb_machine m;

    tree_put(root, CPU "/cpufreq/boost", "0\n");
    m = read_tree(root);
    assert_int_equal(m.turbo, 0);
    assert_string_equal(m.turbo_path, CPU "/cpufreq/boost");
    tree_put(root, CPU "/cpufreq/boost", "1\n");
    assert_int_equal(read_tree(root).turbo, 1);
    tree_put(root, CPU "/intel_pstate/no_turbo", "1\n");
    assert_int_equal(read_tree(root).turbo, 0);
}

static void memory_and_load(void **state)
{
    const char *root = *state;
    struct dcb_machine m;

    tree_put(root, "/proc/meminfo",
             "MemTotal:       16384 kB\nMemFree:  1 kB\nMemAvailable:    4096 kB\n"
             "SwapTotal:   2048 kB\nSwapFree:   1024 kB\n");
    tree_put(root, "/proc/loadavg", "3.25 1.00 0.50 2/345 6789\n");
    m = read_tree(root);
    assert_int_equal(m.memory_bytes, 16384 * 1024);
    assert_int_equal(m.available_bytes, 4096 * 1024);
    assert_int_equal(m.swap_bytes, 2048 * 1024);
    assert_int_equal(m.swap_free_bytes, 1024 * 1024);
    assert_close(m.load, 3.25, 1e-9);
}

static void process_and_kernel(void **state)
{
    const char *root = *state;
    struct dcb_machine m;

    tree_put(root, "/proc/sys/kernel/randomize_va_space", "2\n");
    tree_put(root, "/proc/sys/kernel/nmi_watchdog", "1\n");
    tree_put(root, "/proc/self/personality", "00040000\n");
    tree_put(root, "/proc/self/status",
             "Name:\tx\nCapEff:\t0000000000000000\nCpus_allowed:\tf0f\n"
             "Cpus_allowed_list:\t0-3,8-11\n");
    m = read_tree(root);
    assert_int_equal(m.randomize_va_space, 2);
    assert_int_equal(m.nmi_watchdog, 1);
    assert_int_equal(m.layout_fixed, 1);
    assert_int_equal(m.privileged, 0);
    assert_int_equal(m.cpus_allowed, 8);
    assert_string_equal(m.allowed_list, "0-3,8-11");
    tree_put(root, "/proc/self/personality", "00000000\n");
    m = read_tree(root);
    assert_int_equal(m.layout_fixed, 0);
}

/* Root of a user namespace of its own has every capability, and none that perf asks for.
 */
static void privilege_is_that_of_the_first_namespace(void **state)
{
    const char *root = *state, *own = "         0          0 4294967295\n";

    tree_put(root, "/proc/self/status", "Name:\tx\nCapEff:\t000001ffffffffff\n");
    assert_int_equal(read_tree(root).privileged, -1);
    tree_put(root, "/proc/self/uid_map", own);
    assert_int_equal(read_tree(root).privileged, 1);
    tree_put(root, "/proc/self/uid_map", "         0       1000          1\n");
    assert_int_equal(read_tree(root).privileged, 0);
    tree_put(root, "/proc/self/uid_map", own);
    tree_put(root, "/proc/self/status", "Name:\tx\nCapEff:\t0000004000000000\n");
    assert_int_equal(read_tree(root).privileged, 1); /* CAP_PERFMON */
    tree_put(root, "/proc/self/status", "Name:\tx\nCapEff:\t0000000000200000\n");
    assert_int_equal(read_tree(root).privileged, 1); /* CAP_SYS_ADMIN */
    tree_put(root, "/proc/self/status", "Name:\tx\nCapEff:\t0000000000080000\n");
    assert_int_equal(read_tree(root).privileged, 0); /* CAP_SYS_PTRACE is none of them */
}

static void virtual_machines_of_x86(void **state)
{
    const char *root = *state;
    struct dcb_machine m;

    tree_put(root, "/proc/cpuinfo",
             "processor\t: 0\nflags\t\t: fpu sse2 avx\nbugs\t\t: hypervisor\n");
    assert_int_equal(read_tree(root).guest, 0);
    tree_put(root, "/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu hypervisor avx\n\n");
    m = read_tree(root);
    assert_int_equal(m.guest, 1);
    assert_string_equal(m.hypervisor, "");
    tree_put(root, "/sys/class/dmi/id/sys_vendor", "QEMU\n");
    tree_put(root, "/sys/class/dmi/id/product_name",
             "Standard PC (i440FX + PIIX, 1996)\n");
    m = read_tree(root);
    assert_string_equal(m.hypervisor, "QEMU Standard PC (i440FX + PIIX, 1996)");
    tree_put(root, "/sys/hypervisor/type", "xen\n");
    assert_string_equal(read_tree(root).hypervisor, "Xen");
}

static void virtual_machines_of_arm64(void **state)
{
    const char *root = *state;

    tree_put(root, "/proc/cpuinfo", "processor\t: 0\nFeatures\t: fp asimd\n");
    tree_put(root, "/sys/class/dmi/id/sys_vendor", "Raspberry Pi\n");
    assert_int_equal(read_tree(root).guest, -1); /* no sign is no proof */
    tree_put(root, "/proc/device-tree/compatible", "linux,dummy-virt");
    assert_int_equal(read_tree(root).guest, 1);
    tree_remove(root, "/proc/device-tree/compatible");
    tree_put(root, "/proc/device-tree/hypervisor/compatible", "linux,kvm");
    assert_int_equal(read_tree(root).guest, 1);
}

static void containers(void **state)
{
    const char *root = *state;
    struct dcb_machine m;

    tree_put(root, "/proc/1/environ", "HOME=/\ncontainer=lxc\n");
    m = read_tree(root);
    assert_string_equal(m.container, "lxc");
    assert_string_equal(m.container_sign, "/proc/1/environ");
    tree_put(root, "/.dockerenv", "");
    assert_string_equal(read_tree(root).container, "Docker");
    tree_put(root, "/run/.containerenv", "");
    assert_string_equal(read_tree(root).container, "Podman");
    tree_put(root, "/run/systemd/container", "systemd-nspawn\n");
    m = read_tree(root);
    assert_string_equal(m.container, "systemd-nspawn");
    assert_string_equal(m.container_sign, "/run/systemd/container");
}

/* environ has null bytes between its strings, and "mycontainer=" is another variable. */
static void environment_of_a_container(void **state)
{
    static const char variables[] = "mycontainer=no\0container=podman\0HOME=/";
    const char *root = *state;
    char *path = dcb_xasprintf("%s/proc/self/environ", root);
    FILE *file;

    tree_put(root, "/proc/self/environ", "");
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(variables, 1, sizeof variables, file), sizeof variables);
    assert_int_equal(fclose(file), 0);
    free(path);
    assert_string_equal(read_tree(root).container, "podman");
}

static void limits_of_version_2(void **state)
{
    const char *root = *state;
    struct dcb_machine m;

    tree_put(root, "/proc/self/cgroup", "0::/user.slice/job\n");
    assert_nan(read_tree(root).cpu_limit); /* nothing is mounted */
    tree_put(root, "/sys/fs/cgroup/cgroup.controllers", "cpu\n");
    assert_true(isinf(read_tree(root).cpu_limit));
    tree_put(root, "/sys/fs/cgroup/user.slice/job/cpu.max", "max 100000\n");
    m = read_tree(root);
    assert_true(isinf(m.cpu_limit));
    assert_int_equal(m.throttled_periods, -1);
    tree_put(root, "/sys/fs/cgroup/user.slice/cpu.max", "150000 100000\n");
    tree_put(root, "/sys/fs/cgroup/user.slice/cpu.stat",
             "usage_usec 5\nnr_periods 40\nnr_throttled 7\nthrottled_usec 9\n");
    m = read_tree(root);
    assert_close(m.cpu_limit, 1.5, 1e-9);
    assert_string_equal(m.cpu_limit_path, "/sys/fs/cgroup/user.slice/cpu.max");
    assert_int_equal(m.periods, 40);
    assert_int_equal(m.throttled_periods, 7);
    tree_put(root, "/sys/fs/cgroup/user.slice/job/cpu.max", "50000 100000\n");
    m = read_tree(root);
    assert_close(m.cpu_limit, 0.5, 1e-9); /* the tighter one, which has no cpu.stat */
    assert_int_equal(m.throttled_periods, -1);
}

/* In a container the path may be the host's, while its folder is the mount itself. */
static void limits_of_version_1(void **state)
{
    const char *root = *state;
    struct dcb_machine m;

    tree_put(
        root, "/proc/self/cgroup",
        "9:cpuset:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/x\n0::/\n");
    tree_put(root, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    tree_put(root, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    assert_true(isinf(read_tree(root).cpu_limit));
    tree_put(root, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "250000\n");
    tree_put(root, "/sys/fs/cgroup/cpu,cpuacct/cpu.stat",
             "nr_periods 10\nnr_throttled 0\nthrottled_time 0\n");
    m = read_tree(root);
    assert_close(m.cpu_limit, 2.5, 1e-9);
    assert_string_equal(m.cpu_limit_path, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us");
    assert_int_equal(m.throttled_periods, 0);
    tree_put(root, "/proc/self/cgroup", "9:cpuset:/docker/abc\n");
    assert_nan(read_tree(root).cpu_limit);
}

static void power_supplies(void **state)
{
    const char *root = *state;

    tree_put(root, "/sys/class/power_supply/mouse/type", "Battery\n");
    tree_put(root, "/sys/class/power_supply/mouse/scope", "Device\n");
    tree_put(root, "/sys/class/power_supply/mouse/status", "Discharging\n");
    assert_int_equal(read_tree(root).power, DCB_POWER_NO_BATTERY);
    tree_put(root, "/sys/class/power_supply/BAT0/type", "Battery\n");
    tree_put(root, "/sys/class/power_supply/BAT0/status", "Full\n");
    assert_int_equal(read_tree(root).power, DCB_POWER_UNKNOWN);
    tree_put(root, "/sys/class/power_supply/BAT0/status", "Discharging\n");
    assert_int_equal(read_tree(root).power, DCB_POWER_BATTERY);
    tree_put(root, "/sys/class/power_supply/AC/type", "Mains\n");
    tree_put(root, "/sys/class/power_supply/AC/online", "0\n");
    assert_int_equal(read_tree(root).power, DCB_POWER_BATTERY);
    tree_put(root, "/sys/class/power_supply/AC/online", "1\n");
    assert_int_equal(read_tree(root).power, DCB_POWER_MAINS);
}

/* ---- what goes on ---- */

static void activity_of_nothing(void **state)
{
    struct dcb_activity activity;

    dcb_sysinfo_watch_end(dcb_sysinfo_watch(*state), &activity);
    assert_nan(activity.steal_since_boot);
    assert_nan(activity.steal);
    assert_nan(activity.busy);
    assert_int_equal(activity.swapped_pages, -1);
    assert_int_equal(activity.throttles, -1);
    assert_int_equal(activity.busiest_count, 0);
}

static void activity_between_two_looks(void **state)
{
    const char *root = *state,
               *throttles = CPU "/cpu0/thermal_throttle/core_throttle_count";
    struct dcb_activity_watch *watch;
    struct dcb_activity activity;

    tree_put(root, CPU "/online", "0\n");
    tree_put(root, throttles, "5\n");
    tree_put(root, "/proc/stat", "cpu  100 0 100 700 50 0 0 50 0 0\ncpu0 1 2 3\n");
    tree_put(root, "/proc/vmstat", "pswpin 10\npswpout 20\n");
    watch = dcb_sysinfo_watch(root);
    tree_put(root, throttles, "7\n");
    tree_put(root, "/proc/stat", "cpu  120 0 110 750 60 0 0 60 99 0\ncpu0 1 2 3\n");
    tree_put(root, "/proc/vmstat", "pswpin 11\npswpout 22\n");
    dcb_sysinfo_watch_end(watch, &activity);
    assert_close(activity.steal_since_boot, 60.0 / 1100, 1e-9);
    assert_close(activity.steal, 0.1, 1e-9);
    assert_close(activity.busy, 0.3, 1e-9); /* guest time is in user time already */
    assert_int_equal(activity.swapped_pages, 3);
    assert_int_equal(activity.throttles, 2);
    assert_true(activity.interval_s > 0 && activity.interval_s < 60);
}

static void put_process(const char *root, int pid, const char *name, unsigned user,
                        unsigned system)
{
    char path[64], text[256];

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    snprintf(text, sizeof text, "%d (%s) S 1 1 1 0 -1 4194560 9 0 0 0 %u %u 0 0 20 0 1\n",
             pid, name, user, system);
    tree_put(root, path, text);
}

static void the_busiest_come_first(void **state)
{
    const char *root = *state;
    struct dcb_activity_watch *watch;
    struct dcb_activity activity;
    const unsigned much = 1000000; /* ticks: any interval of a test is shorter */

    put_process(root, 10, "idle", 500, 500);
    put_process(root, 11, "a (b) c", much, 0);
    put_process(root, 12, "twice", 0, 7);
    put_process(root, (int)getpid(), "dcbench", 0, 0);
    tree_put(root, "/proc/13/stat", "nonsense\n");
    watch = dcb_sysinfo_watch(root);
    put_process(root, 11, "a (b) c", 2 * much, 0);
    put_process(root, 12, "twice", much, much + 7);
    put_process(root, 14, "new", 3 * much, 0);
    put_process(root, 15, "less", much / 2, 0);
    put_process(root, (int)getpid(), "dcbench", 9 * much, 0);
    dcb_sysinfo_watch_end(watch, &activity);
    assert_int_equal(activity.busiest_count, 3);
    assert_string_equal(activity.busiest[0].name, "new");
    assert_string_equal(activity.busiest[1].name, "twice");
    assert_string_equal(activity.busiest[2].name, "a (b) c");
    assert_int_equal(activity.busiest[1].pid, 12);
    assert_close(activity.busiest[1].cpus / activity.busiest[2].cpus, 2, 1e-9);
    assert_close(activity.busiest[0].cpus,
                 3.0 * much / (double)sysconf(_SC_CLK_TCK) / activity.interval_s, 1);
}

static void clock_cost_is_that_of_a_clock(void **state)
{
    double cost = dcb_sysinfo_clock_cost();

    (void)state;
    assert_true(cost > 1 && cost < 1e5);
}

/* ---- the files ---- */

static void cpu_lists(void **state)
{
    (void)state;
    assert_int_equal(dcb_cpulist_walk("0", NULL, NULL), 1);
    assert_int_equal(dcb_cpulist_walk("0-3,8,10-11", NULL, NULL), 7);
    assert_int_equal(dcb_cpulist_walk("", NULL, NULL), 0);
    assert_int_equal(dcb_cpulist_walk("all", NULL, NULL), -1);
    assert_int_equal(dcb_cpulist_walk("0-", NULL, NULL), -1);
    assert_int_equal(dcb_cpulist_walk("0;1", NULL, NULL), -1);
    assert_int_equal(dcb_cpulist_walk("0-99999999999", NULL, NULL), -1);
}

static void lines_and_numbers(void **state)
{
    const char *root = *state;
    char line[16];
    int64_t value = 77;

    tree_put(root, "/a", "  12 \nnext\n");
    tree_put(root, "/b", "12 apples\n");
    tree_put(root, "/c", "");
    assert_true(dcb_sysinfo_number(root, &value, "/%s", "a"));
    assert_int_equal(value, 12);
    assert_false(dcb_sysinfo_number(root, &value, "/b"));
    assert_false(dcb_sysinfo_number(root, &value, "/c"));
    assert_false(dcb_sysinfo_number(root, &value, "/d"));
    assert_int_equal(value, 12);
    assert_true(dcb_sysinfo_line(root, line, sizeof line, "/b"));
    assert_string_equal(line, "12 apples");
    assert_true(dcb_sysinfo_line(root, line, sizeof line, "/c"));
    assert_string_equal(line, "");
    assert_false(dcb_sysinfo_line(root, line, sizeof line, "/d"));
    assert_false(dcb_sysinfo_line(root, line, sizeof line, "/")); /* a folder */
    assert_null(dcb_sysinfo_text(root, "/d"));
}

static void fields_stand_at_the_start_of_a_line(void **state)
{
    const char *text = "xkey: 1\nkey: 2 kB\nkeys: 3\nbad: x\n";

    (void)state;
    assert_int_equal(dcb_sysinfo_field(text, "key:"), 2);
    assert_int_equal(dcb_sysinfo_field(text, "keys:"), 3);
    assert_int_equal(dcb_sysinfo_field(text, "bad:"), -1);
    assert_int_equal(dcb_sysinfo_field(text, "none:"), -1);
    assert_int_equal(dcb_sysinfo_field(NULL, "key:"), -1);
}

#define TREE_TEST(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(nothing_is_known_of_an_empty_tree),
        TREE_TEST(cores_and_frequency_of_a_laptop),
        TREE_TEST(turbo_has_two_switches),
        TREE_TEST(memory_and_load),
        TREE_TEST(process_and_kernel),
        TREE_TEST(privilege_is_that_of_the_first_namespace),
        TREE_TEST(virtual_machines_of_x86),
        TREE_TEST(virtual_machines_of_arm64),
        TREE_TEST(containers),
        TREE_TEST(environment_of_a_container),
        TREE_TEST(limits_of_version_2),
        TREE_TEST(limits_of_version_1),
        TREE_TEST(power_supplies),
        TREE_TEST(activity_of_nothing),
        TREE_TEST(activity_between_two_looks),
        TREE_TEST(the_busiest_come_first),
        cmocka_unit_test(clock_cost_is_that_of_a_clock),
        cmocka_unit_test(cpu_lists),
        TREE_TEST(lines_and_numbers),
        cmocka_unit_test(fields_stand_at_the_start_of_a_line),
    };

    return cmocka_run_group_tests_name("sysinfo_machine", tests, NULL, NULL);
}
