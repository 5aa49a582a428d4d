/* Machines made up as facts, and what is said of them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "doctor.h"
#include "json_doctor.h"
#include "strbuf.h"
#include "unit.h"

static const char *const pythons[] = {"3.9", "3.13"};

/* A quiet machine with a PMU, on which nothing is to be said. */
static struct dcb_doctor_facts quiet(void)
{
    return (struct dcb_doctor_facts){
        .system = {.cpu = "A CPU",
                   .kernel = "Linux 6.1.0",
                   .machine = "x86_64",
                   .date = "2026-01-31T12:00:00Z",
                   .cpus = 8,
                   .perf_event_paranoid = 1},
        .machine = {.cpus_present = 8,
                    .cpus_online = 8,
                    .cpus_allowed = 8,
                    .allowed_list = "0-7",
                    .smt_threads = 0,
                    .governors = "performance",
                    .turbo = 0,
                    .turbo_path = "/sys/devices/system/cpu/cpufreq/boost",
                    .clocksource = "tsc",
                    .memory_bytes = INT64_C(16) << 30,
                    .available_bytes = INT64_C(15) << 30,
                    .randomize_va_space = 2,
                    .load = 0.1,
                    .cpu_limit = INFINITY,
                    .periods = -1,
                    .throttled_periods = -1,
                    .power = DCB_POWER_MAINS},
        .activity = {.interval_s = 0.2},
        .clock_ns = 25,
        .python = "3.13",
        .pythons = pythons,
        .python_count = 2,
        .pmus = {{.name = "cpu"}},
        .pmu_count = 1,
        .pmus_known = true,
        .libpfm_pmus = "perf\nperf_raw\nskl\n",
        .counters = {.known = true,
                     .hardware = true,
                     .user_reads = true,
                     .kernel = true,
                     .fit = 7,
                     .loop_counted = 60000,
                     .loop_expected = 60000},
        .valgrind_path = "/usr/bin/valgrind",
        .valgrind_version = "3.19.0",
    };
}

/* A guest without a PMU of which the kernel shows little, with valgrind. */
static struct dcb_doctor_facts guest(void)
{
    struct dcb_doctor_facts facts = quiet();

    facts.machine.guest = 1;
    snprintf(facts.machine.hypervisor, sizeof facts.machine.hypervisor, "KVM");
    facts.machine.governors[0] = '\0';
    facts.machine.turbo = -1;
    facts.machine.core_throttles = -1;
    facts.pmu_count = 0;
    facts.libpfm_pmus = "perf\nperf_raw\n";
    facts.counters.hardware = false;
    facts.counters.reason = "this machine exposes no hardware counters";
    return facts;
}

/* Nothing could be read and nothing tried. */
static struct dcb_doctor_facts unknown(void)
{
    return (struct dcb_doctor_facts){
        .system = {.cpu = "x CPU",
                   .kernel = "Linux",
                   .machine = "x",
                   .date = "2026-01-31T12:00:00Z",
                   .cpus = 1,
                   .perf_event_paranoid = -2},
        .machine = {.cpus_present = -1,
                    .cpus_online = -1,
                    .cpus_allowed = -1,
                    .smt_threads = -1,
                    .turbo = -1,
                    .core_throttles = -1,
                    .package_throttles = -1,
                    .memory_bytes = -1,
                    .available_bytes = -1,
                    .swap_bytes = -1,
                    .swap_free_bytes = -1,
                    .randomize_va_space = -1,
                    .layout_fixed = -1,
                    .privileged = -1,
                    .nmi_watchdog = -1,
                    .load = (double)NAN,
                    .guest = -1,
                    .cpu_limit = (double)NAN,
                    .periods = -1,
                    .throttled_periods = -1},
        .activity = {.steal_since_boot = (double)NAN,
                     .steal = (double)NAN,
                     .busy = (double)NAN,
                     .swapped_pages = -1,
                     .throttles = -1},
        .clock_ns = (double)NAN,
        .migrations_problem = "not read",
    };
}

static const struct dcb_finding *find(const struct dcb_findings *findings, const char *id)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (strcmp(findings->items[i].id, id) == 0)
            return &findings->items[i];
    }
    return NULL;
}

/* One finding of the facts: its status, a part of what is found, and of the advice; a
 * NULL advice stands for none. */
#define assert_finding(facts, id, status, found, advice) \
    check_finding(facts, id, status, found, advice, __FILE__, __LINE__)

static void check_finding(const struct dcb_doctor_facts *facts, const char *id,
                          enum dcb_finding_status status, const char *found,
                          const char *advice, const char *file, int line)
{
    struct dcb_findings findings;
    const struct dcb_finding *finding;

    dcb_doctor_examine(facts, &findings);
    finding = find(&findings, id);
    if (!finding) {
        print_error("there is no finding '%s'\n", id);
        _fail(file, line);
        return;
    }
    if (finding->status != status) {
        print_error("%s is %s, not %s\n", id, dcb_finding_status_name(finding->status),
                    dcb_finding_status_name(status));
        _fail(file, line);
    }
    check_contains(finding->found, found, file, line);
    if (advice)
        check_contains(finding->advice ? finding->advice : "(none)", advice, file, line);
    else if (finding->advice) {
        print_error("%s has the advice \"%s\"\n", id, finding->advice);
        _fail(file, line);
    }
    dcb_findings_clear(&findings);
}

static void assert_no_finding(const struct dcb_doctor_facts *facts, const char *id)
{
    struct dcb_findings findings;

    dcb_doctor_examine(facts, &findings);
    assert_null(find(&findings, id));
    dcb_findings_clear(&findings);
}

/* ---- whole machines ---- */

static void all_is_well_on_a_quiet_machine(void **state)
{
    struct dcb_doctor_facts facts = quiet();
    struct dcb_findings findings;

    (void)state;
    dcb_doctor_examine(&facts, &findings);
    for (size_t i = 0; i < findings.count; i++) {
        const struct dcb_finding *finding = &findings.items[i];

        if (finding->status != DCB_FINDING_OK || finding->advice)
            fail_msg("%s: %s", finding->id, finding->found);
    }
    assert_true(findings.count > 20);
    assert_int_equal(findings.choice, DCB_DOCTOR_HARDWARE);
    assert_string_equal(findings.choice_text, "hardware counters and kernel events");
    dcb_findings_clear(&findings);
}

/* What is not known is said to be so: no warning, no "ok" but where silence is one. */
static void nothing_is_assumed(void **state)
{
    static const char *const silent[] = {"container"};
    struct dcb_doctor_facts facts = unknown();
    struct dcb_findings findings;

    (void)state;
    dcb_doctor_examine(&facts, &findings);
    for (size_t i = 0; i < findings.count; i++) {
        const struct dcb_finding *finding = &findings.items[i];
        bool may =
            finding->status == DCB_FINDING_CANNOT || strcmp(finding->id, silent[0]) == 0;

        if (!may && (finding->status != DCB_FINDING_NOTE ||
                     strncmp(finding->found, "not known", 9) != 0))
            fail_msg("%s (%s): %s", finding->id, dcb_finding_status_name(finding->status),
                     finding->found);
    }
    assert_int_equal(findings.choice, DCB_DOCTOR_KERNEL);
    dcb_findings_clear(&findings);
}

static void ids_are_unique_and_groups_in_order(void **state)
{
    struct dcb_doctor_facts facts = quiet();
    struct dcb_findings findings;

    (void)state;
    dcb_doctor_examine(&facts, &findings);
    for (size_t i = 0; i < findings.count; i++) {
        assert_ptr_equal(find(&findings, findings.items[i].id), &findings.items[i]);
        assert_true(i == 0 || findings.items[i - 1].group <= findings.items[i].group);
    }
    assert_int_equal(findings.items[0].group, DCB_FINDING_MEASURE);
    assert_int_equal(findings.items[findings.count - 1].group, DCB_FINDING_DISTURB);
    dcb_findings_clear(&findings);
}

static void choice_of_counters(void **state)
{
    struct dcb_doctor_facts facts = guest();
    struct dcb_findings findings;

    (void)state;
    dcb_doctor_examine(&facts, &findings);
    assert_int_equal(findings.choice, DCB_DOCTOR_SIMULATED);
    assert_contains(findings.choice_text, "simulated counters and kernel events");
    dcb_findings_clear(&findings);
    facts.valgrind_path = NULL;
    dcb_doctor_examine(&facts, &findings);
    assert_int_equal(findings.choice, DCB_DOCTOR_KERNEL);
    assert_contains(findings.choice_text, "no valgrind");
    dcb_findings_clear(&findings);
}

/* ---- what can be measured ---- */

static void interpreters(void **state)
{
    struct dcb_doctor_facts facts = quiet();

    (void)state;
    assert_finding(&facts, "interpreter", DCB_FINDING_OK,
                   "CPython 3.9, 3.13 (the default)", NULL);
    facts.python_count = 1;
    facts.python = "3.9";
    assert_finding(&facts, "interpreter", DCB_FINDING_OK, "CPython 3.9", NULL);
    facts.python = NULL;
    facts.python_problem = "no worker in /x";
    assert_finding(&facts, "interpreter", DCB_FINDING_CANNOT, "no worker in /x", "make");
}

static void kernel_pmus(void **state)
{
    struct dcb_doctor_facts facts = quiet();

    (void)state;
    assert_finding(&facts, "pmu", DCB_FINDING_OK, "cpu", NULL);
    facts.pmu_count = 2;
    facts.pmus[0] = (struct dcb_doctor_pmu){.name = "cpu_core", .cpus = "0-7"};
    facts.pmus[1] = (struct dcb_doctor_pmu){.name = "cpu_atom", .cpus = "8-15"};
    assert_finding(&facts, "pmu", DCB_FINDING_NOTE,
                   "cpu_core (CPU 0-7), cpu_atom (CPU 8-15)", "--affinity");
    facts.pmu_count = 0;
    assert_finding(&facts, "pmu", DCB_FINDING_CANNOT, "none", "dmesg");
    facts.machine.guest = 1;
    assert_finding(&facts, "pmu", DCB_FINDING_CANNOT, "none", "only the host");
}

static void library_and_model(void **state)
{
    struct dcb_doctor_facts facts = quiet();

    (void)state;
    assert_finding(&facts, "libpfm4", DCB_FINDING_OK, "knows this CPU model: skl", NULL);
    facts.libpfm_pmus = "perf\nix86arch\nskx_unc_cha0\namd64_fam19h_zen4_l3\nrapl\n";
    assert_finding(&facts, "libpfm4", DCB_FINDING_NOTE, "does not know",
                   "generic events");
    facts.libpfm_pmus = "perf\namd64_fam1ah_zen5\n";
    facts.pmu_count = 0;
    assert_finding(&facts, "libpfm4", DCB_FINDING_OK, "amd64_fam1ah_zen5",
                   "by the model alone");
    facts.libpfm_pmus = NULL;
    facts.libpfm_problem = "libpfm4: broken";
    assert_finding(&facts, "libpfm4", DCB_FINDING_NOTE, "not known: libpfm4: broken",
                   NULL);
}

static void hardware_counters(void **state)
{
    struct dcb_doctor_facts facts = quiet();

    (void)state;
    assert_finding(&facts, "hardware", DCB_FINDING_OK, "count", NULL);
    assert_finding(&facts, "counters-at-once", DCB_FINDING_OK, "7 run", NULL);
    assert_finding(&facts, "user-reads", DCB_FINDING_OK, "without a system call", NULL);
    facts.counters.fit = 2;
    facts.counters.user_reads = false;
    facts.counters.read_reason = "kernel.perf_user_access is 0";
    assert_finding(&facts, "counters-at-once", DCB_FINDING_NOTE, "2 run", "take turns");
    assert_finding(&facts, "user-reads", DCB_FINDING_NOTE, "perf_user_access is 0",
                   "it works");
    facts = guest();
    assert_finding(&facts, "hardware", DCB_FINDING_CANNOT,
                   "this machine exposes no hardware counters", NULL);
    assert_no_finding(&facts, "known-loop");
    assert_no_finding(&facts, "counters-at-once");
    assert_no_finding(&facts, "user-reads");
}

static void known_loop(void **state)
{
    struct dcb_doctor_facts facts = quiet();

    (void)state;
    assert_finding(&facts, "known-loop", DCB_FINDING_OK, "exactly: 60000", NULL);
    facts.counters.loop_counted = 60060;
    assert_finding(&facts, "known-loop", DCB_FINDING_NOTE,
                   "60000 instructions counted as 60060: off by +60", "interrupt");
    facts.counters.loop_counted = 59939;
    assert_finding(&facts, "known-loop", DCB_FINDING_WARNING, "off by -61", "interrupt");
}

static void permission(void **state)
{
    struct dcb_doctor_facts facts = quiet();

    (void)state;
    facts.system.perf_event_paranoid = -1;
    assert_finding(&facts, "permission", DCB_FINDING_OK, "in the kernel", NULL);
    facts.system.perf_event_paranoid = 2;
    assert_finding(&facts, "permission", DCB_FINDING_OK, "user space only", NULL);
    facts.system.perf_event_paranoid = 3;
    assert_finding(&facts, "permission", DCB_FINDING_CANNOT, "is 3",
                   "sysctl kernel.perf_event_paranoid=2");
    facts.machine.privileged = 1;
    assert_finding(&facts, "permission", DCB_FINDING_OK, "count everything", NULL);
    facts.system.perf_event_paranoid = -2;
    assert_finding(&facts, "permission", DCB_FINDING_NOTE, "not known", "kernel");
    assert_no_finding(&facts, "seccomp");
    facts.counters.seccomp = true;
    assert_finding(&facts, "seccomp", DCB_FINDING_NOTE, "seccomp", "--cap-add PERFMON");
}

static void kernel_events(void **state)
{
    struct dcb_doctor_facts facts = quiet();

    (void)state;
    assert_finding(&facts, "kernel-events", DCB_FINDING_OK, "by the kernel", NULL);
    assert_no_finding(&facts, "cpu-migrations");
    facts.counters.kernel = false;
    assert_finding(&facts, "kernel-events", DCB_FINDING_OK, "getrusage", NULL);
    assert_finding(&facts, "cpu-migrations", DCB_FINDING_OK, "scheduler's own count",
                   NULL);
    facts.migrations_problem = "no such file";
    assert_finding(&facts, "cpu-migrations", DCB_FINDING_CANNOT, "no such file",
                   "paranoid=1");
}

static void simulated_counters(void **state)
{
    struct dcb_doctor_facts facts = quiet();

    (void)state;
    assert_finding(&facts, "simulated", DCB_FINDING_OK, "valgrind 3.19.0", NULL);
    facts.valgrind_version = NULL;
    assert_finding(&facts, "simulated", DCB_FINDING_OK, "by valgrind", NULL);
    facts.valgrind_path = NULL;
    assert_finding(&facts, "simulated", DCB_FINDING_CANNOT, "not found",
                   "install the package valgrind");
}

/* ---- what disturbs ---- */

static void frequency(void **state)
{
    struct dcb_doctor_facts facts = quiet();

    (void)state;
    snprintf(facts.machine.governors, sizeof facts.machine.governors, "powersave");
    facts.machine.turbo = 1;
    assert_finding(&facts, "governor", DCB_FINDING_WARNING, "powersave", "cpupower");
    assert_finding(&facts, "turbo", DCB_FINDING_NOTE, "on", "echo 0 >/sys/devices");
    snprintf(facts.machine.turbo_path, sizeof facts.machine.turbo_path,
             "/sys/devices/system/cpu/intel_pstate/no_turbo");
    assert_finding(&facts, "turbo", DCB_FINDING_NOTE, "on", "echo 1 >/sys/devices");
    facts.machine.governors[0] = '\0';
    assert_finding(&facts, "governor", DCB_FINDING_NOTE, "not known", "firmware");
    facts.machine.guest = 1;
    assert_finding(&facts, "governor", DCB_FINDING_NOTE, "not known", "the host");
}

static void heat(void **state)
{
    struct dcb_doctor_facts facts = quiet();

    (void)state;
    facts.machine.core_throttles = 12;
    assert_finding(&facts, "thermal", DCB_FINDING_NOTE, "12 times since boot", "again");
    facts.activity.throttles = 2;
    assert_finding(&facts, "thermal", DCB_FINDING_WARNING, "2 times just now", "cool");
}

static void shared_cores_and_allowed_cpus(void **state)
{
    struct dcb_doctor_facts facts = quiet();

    (void)state;
    facts.machine.smt_threads = 8;
    assert_finding(&facts, "smt", DCB_FINDING_NOTE, "8 of 8", "smt/control");
    facts.machine.cpus_allowed = 2;
    snprintf(facts.machine.allowed_list, sizeof facts.machine.allowed_list, "2-3");
    assert_finding(&facts, "cpus", DCB_FINDING_NOTE, "2 of 8 (CPU 2-3)", "taskset");
    facts.machine.cpus_allowed = facts.machine.cpus_online = 6;
    assert_finding(&facts, "cpus", DCB_FINDING_NOTE, "6 of the 8", NULL);
}

static void stolen_time(void **state)
{
    struct dcb_doctor_facts facts = quiet();

    (void)state;
    facts.activity.steal_since_boot = 0.004;
    assert_finding(&facts, "steal", DCB_FINDING_OK, "0.4 % of the CPU time since boot",
                   NULL);
    facts.activity.steal_since_boot = 0.02;
    assert_finding(&facts, "steal", DCB_FINDING_WARNING, "2.0 %", "ratios");
    facts.activity.steal_since_boot = 0;
    facts.activity.steal = 0.05;
    assert_finding(&facts, "steal", DCB_FINDING_WARNING, "5.0 % just now", "ratios");
}

static void other_work(void **state)
{
    struct dcb_doctor_facts facts = quiet();

    (void)state;
    facts.activity.busy = 0.05;
    facts.activity.busiest_count = 1;
    facts.activity.busiest[0] =
        (struct dcb_busy_process){.name = "cc1", .pid = 42, .cpus = 0.4};
    assert_finding(&facts, "load", DCB_FINDING_OK, "others use 5 %", NULL);
    facts.activity.busy = 0.5;
    assert_finding(
        &facts, "load", DCB_FINDING_WARNING,
        "others use 50 % of the CPU time; load average 0.1 on 8 CPUs; busiest: "
        "cc1 with 40 % of a CPU",
        "end it");
    facts.activity.busy = 0;
    facts.activity.busiest_count = 0;
    facts.machine.load = 4;
    assert_finding(&facts, "load", DCB_FINDING_NOTE, "load average 4.0 on 8 CPUs",
                   "last minute");
    facts.activity.busy = (double)NAN;
    assert_finding(&facts, "load", DCB_FINDING_WARNING, "load average 4.0 on 8 CPUs",
                   "end it");
}

static void memory_and_swap(void **state)
{
    struct dcb_doctor_facts facts = quiet();

    (void)state;
    assert_finding(&facts, "memory", DCB_FINDING_OK, "15.0 GiB of 16.0 GiB", NULL);
    assert_finding(&facts, "swap", DCB_FINDING_OK, "there is none", NULL);
    facts.machine.available_bytes = INT64_C(700) << 20;
    facts.machine.swap_bytes = facts.machine.swap_free_bytes = INT64_C(2) << 30;
    assert_finding(&facts, "memory", DCB_FINDING_WARNING, "700 MiB of 16.0 GiB", "end");
    assert_finding(&facts, "swap", DCB_FINDING_OK, "none in use", NULL);
    facts.machine.swap_free_bytes = INT64_C(1) << 30;
    assert_finding(&facts, "swap", DCB_FINDING_NOTE, "1.0 GiB in use, nothing moved",
                   "harmless");
    facts.activity.swapped_pages = 9;
    assert_finding(&facts, "swap", DCB_FINDING_WARNING, "9 pages moved", "end");
}

static void address_layout(void **state)
{
    struct dcb_doctor_facts facts = quiet();

    (void)state;
    facts.machine.randomize_va_space = 1;
    assert_finding(&facts, "aslr", DCB_FINDING_NOTE, "but for the heap", "=2");
    facts.machine.layout_fixed = 1;
    assert_finding(&facts, "aslr", DCB_FINDING_WARNING, "for this process", "setarch");
    facts.machine.randomize_va_space = 0;
    assert_finding(&facts, "aslr", DCB_FINDING_WARNING, "randomize_va_space is 0", "=2");
}

static void places(void **state)
{
    struct dcb_doctor_facts facts = guest();

    (void)state;
    assert_finding(&facts, "virtual-machine", DCB_FINDING_NOTE, "yes: KVM",
                   "nothing to be done");
    snprintf(facts.machine.container, sizeof facts.machine.container, "Podman");
    snprintf(facts.machine.container_sign, sizeof facts.machine.container_sign,
             "/run/.containerenv");
    assert_finding(&facts, "container", DCB_FINDING_NOTE, "Podman (/run/.containerenv)",
                   "limit");
}

static void limits(void **state)
{
    struct dcb_doctor_facts facts = quiet();

    (void)state;
    facts.machine.cpu_limit = 2;
    assert_finding(&facts, "cpu-limit", DCB_FINDING_NOTE, "2 CPUs", "cpu.max");
    facts.machine.cpu_limit = 0.5;
    assert_finding(&facts, "cpu-limit", DCB_FINDING_WARNING, "0.5 CPUs", "cpu.max");
    facts.machine.cpu_limit = 2;
    facts.machine.periods = 100;
    facts.machine.throttled_periods = 3;
    assert_finding(&facts, "cpu-limit", DCB_FINDING_WARNING, "in 3 of 100 periods",
                   "cpu.max");
}

static void watchdog_power_and_clock(void **state)
{
    struct dcb_doctor_facts facts = quiet();

    (void)state;
    facts.machine.nmi_watchdog = 1;
    assert_finding(&facts, "nmi-watchdog", DCB_FINDING_WARNING, "one counter",
                   "nmi_watchdog=0");
    facts.pmu_count = 0;
    assert_finding(&facts, "nmi-watchdog", DCB_FINDING_OK, "no PMU", NULL);
    facts.machine.power = DCB_POWER_BATTERY;
    assert_finding(&facts, "power", DCB_FINDING_WARNING, "on battery", "plug");
    facts.clock_ns = 900;
    assert_finding(&facts, "clock", DCB_FINDING_WARNING, "tsc, 900 ns", "traces");
    snprintf(facts.machine.clocksource, sizeof facts.machine.clocksource, "hpet");
    assert_finding(&facts, "clock", DCB_FINDING_WARNING, "hpet, 900 ns", "dmesg");
}

/* ---- the report ---- */

static char *as_text(const struct dcb_doctor_facts *facts, int verbosity, bool color)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    struct dcb_findings findings;

    dcb_doctor_examine(facts, &findings);
    dcb_doctor_text(facts, &findings, verbosity, color, &out);
    dcb_findings_clear(&findings);
    return dcb_strbuf_take(&out);
}

static char *as_table(const struct dcb_doctor_facts *facts, enum dcb_table_format format,
                      int verbosity)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    struct dcb_findings findings;

    dcb_doctor_examine(facts, &findings);
    dcb_doctor_table(&findings, format, verbosity, &out);
    dcb_findings_clear(&findings);
    return dcb_strbuf_take(&out);
}

static void text_of_a_guest(void **state)
{
    struct dcb_doctor_facts facts = guest();
    char *text;

    (void)state;
    facts.activity.steal_since_boot = 0.02;
    text = as_text(&facts, 0, false);
    assert_contains(text,
                    "A CPU, 8 CPUs, x86_64, Linux 6.1.0\n"
                    "\n"
                    "What can be measured\n"
                    "  ok       interpreter         CPython 3.9, 3.13 (the default)\n"
                    "  cannot   PMU                 the kernel exports none of the "
                    "CPU cores\n"
                    "                            -> only the host can change that: "
                    "it would have to\n"
                    "                               give this virtual machine a "
                    "PMU\n");
    assert_contains(text, "\nWhat disturbs\n");
    assert_contains(text, "\n"
                          "1 warning: stolen time\n"
                          "--counters auto takes simulated counters and kernel events: "
                          "no hardware counter\n"
                          "                      works here, and there is valgrind\n");
    free(text);
}

static void quiet_text_is_the_warnings(void **state)
{
    struct dcb_doctor_facts facts = quiet();
    char *text = as_text(&facts, -1, false);

    (void)state;
    assert_string_equal(text, "");
    free(text);
    facts.machine.power = DCB_POWER_BATTERY;
    text = as_text(&facts, -1, false);
    assert_string_equal(text, "  warning  power               on battery: the machine "
                              "saves power\n"
                              "                            -> plug it in\n");
    free(text);
}

static void text_fits_a_terminal(void **state)
{
    struct dcb_doctor_facts machines[] = {quiet(), guest(), unknown()};
    char *rest = NULL;

    (void)state;
    snprintf(machines[0].machine.governors, sizeof machines[0].machine.governors,
             "powersave, schedutil");
    machines[0].machine.smt_threads = 8;
    machines[0].machine.turbo = 1;
    machines[0].system.perf_event_paranoid = 4;
    for (size_t i = 0; i < COUNT(machines); i++) {
        char *text = as_text(&machines[i], 1, false);

        for (char *line = strtok_r(text, "\n", &rest); line;
             line = strtok_r(NULL, "\n", &rest)) {
            if (strlen(line) > 80 || line[strlen(line) - 1] == ' ')
                fail_msg("too long, or blanks at its end: '%s'", line);
        }
        free(text);
    }
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        count++;
    return count;
}

static void colours_end(void **state)
{
    struct dcb_doctor_facts facts = guest();
    char *text = as_text(&facts, 1, true), *plain = as_text(&facts, 1, false);

    (void)state;
    assert_contains(text, "\x1b[32mok\x1b[0m");
    assert_contains(text, "\x1b[1mcannot\x1b[0m");
    assert_contains(text, "\x1b[1mWhat disturbs\x1b[0m");
    assert_int_equal(count_of(text, "\x1b["), 2 * count_of(text, "\x1b[0m"));
    assert_int_equal(count_of(text, "\n\x1b[0m"), 0);
    assert_null(strchr(plain, '\x1b'));
    free(plain);
    free(text);
}

/* A process may call itself anything. */
static void names_cannot_command_the_terminal(void **state)
{
    struct dcb_doctor_facts facts = quiet();
    char *text;

    (void)state;
    facts.activity.busy = 0.5;
    facts.activity.busiest_count = 1;
    facts.activity.busiest[0] =
        (struct dcb_busy_process){.name = "\x1b[2J\xff", .pid = 42, .cpus = 0.4};
    text = as_text(&facts, 1, false);
    assert_null(strchr(text, '\x1b'));
    assert_contains(text, "?[2J?");
    free(text);
    text = as_table(&facts, DCB_TABLE_CSV, 0);
    assert_null(strchr(text, '\x1b'));
    free(text);
}

static void markdown_and_csv(void **state)
{
    struct dcb_doctor_facts facts = quiet();
    char *text;

    (void)state;
    facts.machine.power = DCB_POWER_BATTERY;
    text = as_table(&facts, DCB_TABLE_MARKDOWN, -1);
    assert_string_equal(text,
                        "| group | status | what | found | what to do |\n"
                        "| --- | --- | --- | --- | --- |\n"
                        "| disturb | warning | power | on battery: the machine saves "
                        "power | plug it in |\n");
    free(text);
    text = as_table(&facts, DCB_TABLE_CSV, 0);
    assert_contains(text,
                    "group,status,what,found,what to do\n"
                    "measure,ok,interpreter,\"CPython 3.9, 3.13 (the default)\",\n");
    free(text);
}

static void json_has_null_for_what_is_not_known(void **state)
{
    static const char *const parts[] = {"\"schema\":\"dcbench-doctor/1\"",
                                        "\"hardware\":null",
                                        "\"at_once\":null",
                                        "\"perf_event_paranoid\":null",
                                        "\"online\":null",
                                        "\"turbo\":null",
                                        "\"steal\":null",
                                        "\"load_average\":null",
                                        "\"total_bytes\":null",
                                        "\"read_ns\":null",
                                        "\"pmus\":null",
                                        "\"virtual_machine\":null",
                                        "\"cpu_limit\":null",
                                        "\"cpu_limit_known\":false",
                                        "\"power\":null",
                                        "\"pythons\":[]",
                                        "\"libpfm4_pmus\":null",
                                        "\"valgrind\":null",
                                        "\"choice\":\"kernel\""};
    struct dcb_doctor_facts facts = unknown();
    struct dcb_findings findings;
    char *json;

    (void)state;
    dcb_doctor_examine(&facts, &findings);
    json = dcb_json_doctor(&facts, &findings);
    for (size_t i = 0; i < COUNT(parts); i++)
        assert_contains(json, parts[i]);
    free(json);
    dcb_findings_clear(&findings);
}

static void json_of_a_quiet_machine(void **state)
{
    static const char *const parts[] = {
        "\"hardware\":true",
        "\"at_once\":7",
        "\"loop_counted\":60000",
        "\"user_reads\":true",
        "\"pmus\":[{\"name\":\"cpu\",\"cpus\":null}]",
        "\"libpfm4_pmus\":[\"perf\",\"perf_raw\",\"skl\"]",
        "\"pythons\":[\"3.9\",\"3.13\"]",
        "\"cpu_limit\":null",
        "\"cpu_limit_known\":true",
        "\"power\":\"mains\"",
        "\"version\":\"3.19.0\"",
        "\"virtual_machine\":false",
        "\"choice\":\"hardware\""};
    struct dcb_doctor_facts facts = quiet();
    struct dcb_findings findings;
    char *json;

    (void)state;
    dcb_doctor_examine(&facts, &findings);
    json = dcb_json_doctor(&facts, &findings);
    for (size_t i = 0; i < COUNT(parts); i++)
        assert_contains(json, parts[i]);
    free(json);
    dcb_findings_clear(&findings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_well_on_a_quiet_machine),
        cmocka_unit_test(nothing_is_assumed),
        cmocka_unit_test(ids_are_unique_and_groups_in_order),
        cmocka_unit_test(choice_of_counters),
        cmocka_unit_test(interpreters),
        cmocka_unit_test(kernel_pmus),
        cmocka_unit_test(library_and_model),
        cmocka_unit_test(hardware_counters),
        cmocka_unit_test(known_loop),
        cmocka_unit_test(permission),
        cmocka_unit_test(kernel_events),
        cmocka_unit_test(simulated_counters),
        cmocka_unit_test(frequency),
        cmocka_unit_test(heat),
        cmocka_unit_test(shared_cores_and_allowed_cpus),
        cmocka_unit_test(stolen_time),
        cmocka_unit_test(other_work),
        cmocka_unit_test(memory_and_swap),
        cmocka_unit_test(address_layout),
        cmocka_unit_test(places),
        cmocka_unit_test(limits),
        cmocka_unit_test(watchdog_power_and_clock),
        cmocka_unit_test(text_of_a_guest),
        cmocka_unit_test(quiet_text_is_the_warnings),
        cmocka_unit_test(text_fits_a_terminal),
        cmocka_unit_test(colours_end),
        cmocka_unit_test(names_cannot_command_the_terminal),
        cmocka_unit_test(markdown_and_csv),
        cmocka_unit_test(json_has_null_for_what_is_not_known),
        cmocka_unit_test(json_of_a_quiet_machine),
    };

    return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
