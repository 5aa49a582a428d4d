/* The second half of the report: what disturbs measurements here. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_private.h"
#include "strbuf.h"

#define CPU_ROOT "/sys/devices/system/cpu"

/* Where a finding becomes a warning. The shares are of all CPU time. */
static const double STEAL_WARNING = 0.01;  /* since boot */
static const double SAMPLE_STEAL = 0.03;   /* in the sample: one tick of forty is luck */
static const double BUSY_WARNING = 0.10;   /* in the sample */
static const double LOAD_WARNING = 0.5;    /* load average for each CPU */
static const double MEMORY_WARNING = 0.10; /* share of the memory that is available */
static const double CLOCK_WARNING_NS =
    200; /* a read that needs no system call: 20 to 60 */

static bool is_guest(const struct dcb_doctor_facts *facts)
{
    return facts->machine.guest == 1;
}

static int cpus_of(const struct dcb_doctor_facts *facts)
{
    return facts->machine.cpus_online > 0 ? facts->machine.cpus_online
                                          : facts->system.cpus;
}

/* ---- frequency and cores ---- */

static void add_governor(const struct dcb_doctor_facts *facts,
                         struct dcb_findings *findings)
{
    const struct dcb_machine *machine = &facts->machine;

    if (!machine->governors[0]) {
        dcb_doctor_found(findings, "governor", "CPU frequency", DCB_FINDING_NOTE,
                         "not known: the kernel shows no governor");
        dcb_doctor_advise(findings, is_guest(facts)
                                        ? "the host sets it; ratios suffer little, since "
                                          "the arms take turns within milliseconds"
                                        : "the firmware may set it: look for its power "
                                          "or performance settings");
    } else if (strcmp(machine->governors, "performance") == 0) {
        dcb_doctor_found(findings, "governor", "CPU frequency", DCB_FINDING_OK,
                         "governor performance");
    } else {
        dcb_doctor_found(findings, "governor", "CPU frequency", DCB_FINDING_WARNING,
                         "governor %s: the speed follows the load", machine->governors);
        dcb_doctor_advise(findings, "as root: cpupower frequency-set -g performance");
    }
    dcb_doctor_detail(findings, CPU_ROOT "/cpu*/cpufreq/scaling_governor%s%s",
                      machine->driver[0] ? "; driver " : "", machine->driver);
}

static void add_turbo(const struct dcb_doctor_facts *facts, struct dcb_findings *findings)
{
    const struct dcb_machine *machine = &facts->machine;
    int off = strstr(machine->turbo_path, "no_turbo") ? 1 : 0;

    if (machine->turbo < 0) {
        dcb_doctor_found(findings, "turbo", "turbo", DCB_FINDING_NOTE,
                         "not known: the kernel shows no switch");
        dcb_doctor_detail(findings, CPU_ROOT "/intel_pstate/no_turbo and "
                                             "/cpufreq/boost cannot be read");
        return;
    }
    if (machine->turbo == 0) {
        dcb_doctor_found(findings, "turbo", "turbo", DCB_FINDING_OK, "off");
    } else {
        dcb_doctor_found(findings, "turbo", "turbo", DCB_FINDING_NOTE,
                         "on: the speed depends on heat and on what other cores do");
        dcb_doctor_advise(findings,
                          "ratios suffer little, as the arms take turns within "
                          "milliseconds; off, as root: echo %d >%s",
                          off, machine->turbo_path);
    }
    dcb_doctor_detail(findings, "%s", machine->turbo_path);
}

static void add_smt(const struct dcb_doctor_facts *facts, struct dcb_findings *findings)
{
    int threads = facts->machine.smt_threads;

    if (threads < 0) {
        dcb_doctor_found(findings, "smt", "SMT siblings", DCB_FINDING_NOTE,
                         "not known: no CPU shows its siblings");
    } else if (threads == 0) {
        dcb_doctor_found(findings, "smt", "SMT siblings", DCB_FINDING_OK,
                         "none: no two CPUs share a core%s",
                         is_guest(facts) ? " that this machine can see" : "");
    } else {
        dcb_doctor_found(findings, "smt", "SMT siblings", DCB_FINDING_NOTE,
                         "%d of %d CPUs share their core with another", threads,
                         cpus_of(facts));
        dcb_doctor_advise(findings, "work on one slows the other down; as root: echo off "
                                    ">" CPU_ROOT "/smt/control");
    }
    dcb_doctor_detail(findings, CPU_ROOT "/cpu*/topology/thread_siblings_list");
}

static void add_allowed(const struct dcb_doctor_facts *facts,
                        struct dcb_findings *findings)
{
    const struct dcb_machine *machine = &facts->machine;
    int allowed = machine->cpus_allowed, online = machine->cpus_online;

    if (allowed < 0 || online < 0) {
        dcb_doctor_found(findings, "cpus", "CPUs allowed", DCB_FINDING_NOTE, "not known");
    } else if (allowed < online) {
        dcb_doctor_found(findings, "cpus", "CPUs allowed", DCB_FINDING_NOTE,
                         "%d of %d (CPU %s): an affinity or a cpuset is set", allowed,
                         online, machine->allowed_list);
        dcb_doctor_advise(findings, "fine where nothing else runs on them; 'taskset' or "
                                    "the container's settings change it");
    } else if (online < machine->cpus_present) {
        dcb_doctor_found(findings, "cpus", "CPUs allowed", DCB_FINDING_NOTE,
                         "all that are online: %d of the %d that there are", online,
                         machine->cpus_present);
    } else {
        dcb_doctor_found(findings, "cpus", "CPUs allowed", DCB_FINDING_OK, "all %d",
                         online);
    }
    dcb_doctor_detail(findings, "Cpus_allowed_list of /proc/self/status: %s",
                      machine->allowed_list[0] ? machine->allowed_list : "not known");
    if (machine->isolated_list[0])
        dcb_doctor_detail(findings,
                          "CPUs kept free of other work (isolcpus): %s; "
                          "--affinity takes one",
                          machine->isolated_list);
}

static void add_thermal(const struct dcb_doctor_facts *facts,
                        struct dcb_findings *findings)
{
    const struct dcb_machine *machine = &facts->machine;

    if (machine->core_throttles < 0) {
        dcb_doctor_found(findings, "thermal", "heat", DCB_FINDING_NOTE,
                         "not known: the kernel shows no throttle counts");
    } else if (facts->activity.throttles > 0) {
        dcb_doctor_found(findings, "thermal", "heat", DCB_FINDING_WARNING,
                         "a core was slowed down %" PRId64 " times just now",
                         facts->activity.throttles);
        dcb_doctor_advise(findings,
                          "let it cool, end what else runs, or switch turbo off");
    } else if (machine->core_throttles > 0) {
        dcb_doctor_found(findings, "thermal", "heat", DCB_FINDING_NOTE,
                         "a core was slowed down %" PRId64 " times since boot",
                         machine->core_throttles);
        dcb_doctor_advise(findings, "look again after a long run: if the number grows, "
                                    "its times are those of a hot machine");
    } else {
        dcb_doctor_found(findings, "thermal", "heat", DCB_FINDING_OK,
                         "no core was slowed down since boot");
    }
    dcb_doctor_detail(findings, CPU_ROOT "/cpu*/thermal_throttle/core_throttle_count");
    if (machine->package_throttles >= 0)
        dcb_doctor_detail(findings, "package_throttle_count, the same: %" PRId64,
                          machine->package_throttles);
}

static void add_power(const struct dcb_doctor_facts *facts, struct dcb_findings *findings)
{
    switch (facts->machine.power) {
    case DCB_POWER_BATTERY:
        dcb_doctor_found(findings, "power", "power", DCB_FINDING_WARNING,
                         "on battery: the machine saves power");
        dcb_doctor_advise(findings, "plug it in");
        break;
    case DCB_POWER_MAINS:
        dcb_doctor_found(findings, "power", "power", DCB_FINDING_OK, "from the mains");
        break;
    case DCB_POWER_NO_BATTERY:
        dcb_doctor_found(findings, "power", "power", DCB_FINDING_OK, "no battery");
        break;
    case DCB_POWER_UNKNOWN:
        dcb_doctor_found(findings, "power", "power", DCB_FINDING_NOTE, "not known");
    }
    dcb_doctor_detail(findings, "/sys/class/power_supply");
}

/* ---- other work ---- */

static void add_steal(const struct dcb_doctor_facts *facts, struct dcb_findings *findings)
{
    const struct dcb_activity *activity = &facts->activity;
    bool much =
        activity->steal_since_boot >= STEAL_WARNING || activity->steal >= SAMPLE_STEAL;
    char now[48] = "";

    if (!isfinite(activity->steal_since_boot)) {
        dcb_doctor_found(findings, "steal", "stolen time", DCB_FINDING_NOTE,
                         "not known: /proc/stat cannot be read");
        return;
    }
    if (isfinite(activity->steal))
        snprintf(now, sizeof now, ", %.1f %% just now", 100 * activity->steal);
    dcb_doctor_found(
        findings, "steal", "stolen time", much ? DCB_FINDING_WARNING : DCB_FINDING_OK,
        "%.1f %% of the CPU time since boot%s%s", 100 * activity->steal_since_boot, now,
        much ? ": other guests of the host had it" : "");
    if (much)
        dcb_doctor_advise(findings, "nothing to be done in here: ratios suffer less than "
                                    "times, simulated counters not at all");
    if (isfinite(activity->steal))
        dcb_doctor_detail(findings, "/proc/stat, over %.0f ms: %.1f %%",
                          1000 * activity->interval_s, 100 * activity->steal);
}

/* " (cc1 with 98 % of a CPU, make with 12 %)", or "". */
static void append_busiest(const struct dcb_activity *activity, struct dcb_strbuf *out)
{
    for (size_t i = 0; i < activity->busiest_count; i++)
        dcb_strbuf_appendf(out, "%s%s with %.0f %%",
                           i ? ", " : "; busiest: ", activity->busiest[i].name,
                           100 * activity->busiest[i].cpus);
    if (activity->busiest_count)
        dcb_strbuf_append(out, " of a CPU");
}

static void detail_busiest(const struct dcb_activity *activity,
                           struct dcb_findings *findings)
{
    for (size_t i = 0; i < activity->busiest_count; i++)
        dcb_doctor_detail(findings, "%s, process %d: %.0f %% of a CPU over %.0f ms",
                          activity->busiest[i].name, (int)activity->busiest[i].pid,
                          100 * activity->busiest[i].cpus, 1000 * activity->interval_s);
}

/* Above 0 where others are at work now, below 0 where they have been a while ago. */
static int other_work(const struct dcb_doctor_facts *facts)
{
    bool loaded = facts->machine.load >= LOAD_WARNING * cpus_of(facts);

    if (facts->activity.busy >= BUSY_WARNING)
        return 1;
    return !loaded ? 0 : isfinite(facts->activity.busy) ? -1 : 1;
}

static void add_load(const struct dcb_doctor_facts *facts, struct dcb_findings *findings)
{
    const struct dcb_activity *activity = &facts->activity;
    double load = facts->machine.load;
    int work = other_work(facts);
    struct dcb_strbuf text = DCB_STRBUF_INIT;

    if (!isfinite(activity->busy) && !isfinite(load)) {
        dcb_doctor_found(findings, "load", "other work", DCB_FINDING_NOTE, "not known");
        return;
    }
    if (isfinite(activity->busy))
        dcb_strbuf_appendf(&text, "others use %.0f %% of the CPU time",
                           100 * activity->busy);
    if (isfinite(load))
        dcb_strbuf_appendf(&text, "%sload average %.1f on %d CPU%s",
                           text.length ? "; " : "", load, cpus_of(facts),
                           cpus_of(facts) == 1 ? "" : "s");
    if (work > 0)
        append_busiest(activity, &text);
    dcb_doctor_found(findings, "load", "other work",
                     work > 0   ? DCB_FINDING_WARNING
                     : work < 0 ? DCB_FINDING_NOTE
                                : DCB_FINDING_OK,
                     "%s", text.text);
    if (work > 0)
        dcb_doctor_advise(findings,
                          "end it, or wait: its interruptions widen the "
                          "intervals, and simulated counters alone do not mind");
    else if (work < 0)
        dcb_doctor_advise(findings, "it was busier in the last minute, which may have "
                                    "been you");
    detail_busiest(activity, findings);
    dcb_strbuf_clear(&text);
}

/* ---- memory ---- */

static void format_bytes(char *text, size_t size, int64_t bytes)
{
    double value = (double)bytes / (1 << 20);

    if (value >= 1024)
        snprintf(text, size, "%.1f GiB", value / 1024);
    else
        snprintf(text, size, "%.0f MiB", value);
}

static void add_memory(const struct dcb_doctor_facts *facts,
                       struct dcb_findings *findings)
{
    const struct dcb_machine *machine = &facts->machine;
    char available[32], total[32];
    bool low =
        (double)machine->available_bytes < MEMORY_WARNING * (double)machine->memory_bytes;

    if (machine->memory_bytes < 0 || machine->available_bytes < 0) {
        dcb_doctor_found(findings, "memory", "memory", DCB_FINDING_NOTE,
                         "not known: /proc/meminfo cannot be read");
        return;
    }
    format_bytes(available, sizeof available, machine->available_bytes);
    format_bytes(total, sizeof total, machine->memory_bytes);
    dcb_doctor_found(findings, "memory", "memory",
                     low ? DCB_FINDING_WARNING : DCB_FINDING_OK, "%s of %s available",
                     available, total);
    if (low)
        dcb_doctor_advise(findings, "end what uses it: reclaiming memory takes time in "
                                    "the middle of a block");
}

static void add_swap(const struct dcb_doctor_facts *facts, struct dcb_findings *findings)
{
    const struct dcb_machine *machine = &facts->machine;
    int64_t used = machine->swap_bytes - machine->swap_free_bytes;
    int64_t moved = facts->activity.swapped_pages;
    char text[32];

    if (machine->swap_bytes < 0 || machine->swap_free_bytes < 0) {
        dcb_doctor_found(findings, "swap", "swap", DCB_FINDING_NOTE, "not known");
        return;
    }
    format_bytes(text, sizeof text, used);
    if (moved > 0) {
        dcb_doctor_found(findings, "swap", "swap", DCB_FINDING_WARNING,
                         "%s in use, and %" PRId64 " pages moved just now", text, moved);
        dcb_doctor_advise(findings, "end what uses the memory, then measure");
    } else if (used > 0) {
        dcb_doctor_found(findings, "swap", "swap", DCB_FINDING_NOTE, "%s in use, %s",
                         text, moved == 0 ? "nothing moved just now" : "moves not known");
        dcb_doctor_advise(findings, "harmless while nothing moves; 'swapoff -a' as root "
                                    "where there is memory for it");
    } else {
        dcb_doctor_found(findings, "swap", "swap", DCB_FINDING_OK, "%s",
                         machine->swap_bytes ? "none in use" : "there is none");
    }
    dcb_doctor_detail(findings, "/proc/meminfo; pswpin and pswpout of /proc/vmstat");
}

static void add_layout(const struct dcb_doctor_facts *facts,
                       struct dcb_findings *findings)
{
    const struct dcb_machine *machine = &facts->machine;

    if (machine->randomize_va_space == 0) {
        dcb_doctor_found(findings, "aslr", "address layout", DCB_FINDING_WARNING,
                         "not random (kernel.randomize_va_space is 0): all workers have "
                         "the same luck with it");
        dcb_doctor_advise(findings, "as root: sysctl kernel.randomize_va_space=2");
    } else if (machine->layout_fixed == 1) {
        dcb_doctor_found(findings, "aslr", "address layout", DCB_FINDING_WARNING,
                         "not random for this process: all workers have the same luck "
                         "with it");
        dcb_doctor_advise(findings, "start dcbench without 'setarch -R', and not from a "
                                    "debugger");
    } else if (machine->randomize_va_space < 0 || machine->layout_fixed < 0) {
        dcb_doctor_found(findings, "aslr", "address layout", DCB_FINDING_NOTE,
                         "not known whether it is random");
    } else if (machine->randomize_va_space == 1) {
        dcb_doctor_found(findings, "aslr", "address layout", DCB_FINDING_NOTE,
                         "random but for the heap (kernel.randomize_va_space is 1)");
        dcb_doctor_advise(findings, "as root: sysctl kernel.randomize_va_space=2");
    } else {
        dcb_doctor_found(findings, "aslr", "address layout", DCB_FINDING_OK,
                         "random: its luck becomes part of the interval");
    }
    dcb_doctor_detail(findings, "/proc/sys/kernel/randomize_va_space, "
                                "/proc/self/personality");
}

/* ---- where it runs ---- */

static void add_guest(const struct dcb_doctor_facts *facts, struct dcb_findings *findings)
{
    const struct dcb_machine *machine = &facts->machine;

    if (machine->guest < 0) {
        dcb_doctor_found(findings, "virtual-machine", "virtual machine", DCB_FINDING_NOTE,
                         "not known: no sign of one, and no flag of the CPU to go by");
    } else if (machine->guest == 0) {
        dcb_doctor_found(findings, "virtual-machine", "virtual machine", DCB_FINDING_OK,
                         "none");
    } else {
        dcb_doctor_found(findings, "virtual-machine", "virtual machine", DCB_FINDING_NOTE,
                         "yes%s%s", machine->hypervisor[0] ? ": " : "",
                         machine->hypervisor);
        dcb_doctor_advise(findings, "nothing to be done in here: times depend on the "
                                    "host's other guests, ratios far less, simulated "
                                    "counters not at all");
    }
    dcb_doctor_detail(findings, "flags of /proc/cpuinfo, CPUID, /sys/class/dmi/id, "
                                "/sys/hypervisor, /proc/device-tree");
}

static void add_container(const struct dcb_doctor_facts *facts,
                          struct dcb_findings *findings)
{
    const struct dcb_machine *machine = &facts->machine;

    if (!machine->container[0]) {
        dcb_doctor_found(findings, "container", "container", DCB_FINDING_OK,
                         "no sign of one");
        return;
    }
    dcb_doctor_found(findings, "container", "container", DCB_FINDING_NOTE, "%s (%s)",
                     machine->container, machine->container_sign);
    dcb_doctor_advise(findings, "costs nothing itself; its CPUs and its CPU limit are "
                                "judged above");
}

static void add_limit(const struct dcb_doctor_facts *facts, struct dcb_findings *findings)
{
    const struct dcb_machine *machine = &facts->machine;

    if (isnan(machine->cpu_limit)) {
        dcb_doctor_found(findings, "cpu-limit", "CPU limit", DCB_FINDING_NOTE,
                         "not known: no cgroup can be read");
        return;
    }
    if (isinf(machine->cpu_limit)) {
        dcb_doctor_found(findings, "cpu-limit", "CPU limit", DCB_FINDING_OK,
                         "none that its cgroups set");
        return;
    }
    if (machine->throttled_periods > 0)
        dcb_doctor_found(findings, "cpu-limit", "CPU limit", DCB_FINDING_WARNING,
                         "%g CPUs, by its cgroup, which was stopped in %" PRId64
                         " of %" PRId64 " periods",
                         machine->cpu_limit, machine->throttled_periods,
                         machine->periods);
    else
        dcb_doctor_found(findings, "cpu-limit", "CPU limit",
                         machine->cpu_limit < 1 ? DCB_FINDING_WARNING : DCB_FINDING_NOTE,
                         "%g CPUs, by its cgroup", machine->cpu_limit);
    dcb_doctor_advise(findings, "at the limit every process is stopped for up to a tenth "
                                "of a second; raise it (docker run --cpus, cpu.max)");
    dcb_doctor_detail(findings, "%s", machine->cpu_limit_path);
}

static void add_watchdog(const struct dcb_doctor_facts *facts,
                         struct dcb_findings *findings)
{
    int watchdog = facts->machine.nmi_watchdog;

    if (watchdog < 0) {
        dcb_doctor_found(findings, "nmi-watchdog", "NMI watchdog", DCB_FINDING_NOTE,
                         "not known: kernel.nmi_watchdog cannot be read");
    } else if (watchdog == 0) {
        dcb_doctor_found(findings, "nmi-watchdog", "NMI watchdog", DCB_FINDING_OK, "off");
    } else if (facts->pmus_known && facts->pmu_count == 0) {
        dcb_doctor_found(findings, "nmi-watchdog", "NMI watchdog", DCB_FINDING_OK,
                         "on, but there is no PMU that it could keep busy");
    } else {
        dcb_doctor_found(findings, "nmi-watchdog", "NMI watchdog", DCB_FINDING_WARNING,
                         "on: it holds one counter of every CPU");
        dcb_doctor_advise(findings, "as root: sysctl kernel.nmi_watchdog=0");
    }
    dcb_doctor_detail(findings, "/proc/sys/kernel/nmi_watchdog");
}

static void add_clock(const struct dcb_doctor_facts *facts, struct dcb_findings *findings)
{
    const char *source = facts->machine.clocksource;

    if (!isfinite(facts->clock_ns)) {
        dcb_doctor_found(findings, "clock", "clock", DCB_FINDING_NOTE, "not known");
    } else if (facts->clock_ns < CLOCK_WARNING_NS) {
        dcb_doctor_found(findings, "clock", "clock", DCB_FINDING_OK, "%s%s%.0f ns a read",
                         source, source[0] ? ", " : "", facts->clock_ns);
    } else {
        dcb_doctor_found(findings, "clock", "clock", DCB_FINDING_WARNING,
                         "%s%s%.0f ns a read, where a good one takes some tens", source,
                         source[0] ? ", " : "", facts->clock_ns);
        dcb_doctor_advise(findings,
                          strcmp(source, "tsc") == 0
                              ? "something traces or filters system calls, or the "
                                "machine is very slow; measure outside of it"
                              : "see available_clocksource; where the kernel gave tsc "
                                "up, 'dmesg | grep -i tsc' tells why");
    }
    dcb_doctor_detail(findings, "clock_gettime(CLOCK_MONOTONIC), measured; "
                                "/sys/devices/system/clocksource/clocksource0");
}

void dcb_doctor_disturb(const struct dcb_doctor_facts *facts,
                        struct dcb_findings *findings)
{
    add_load(facts, findings);
    add_steal(facts, findings);
    add_governor(facts, findings);
    add_turbo(facts, findings);
    add_smt(facts, findings);
    add_thermal(facts, findings);
    add_power(facts, findings);
    add_allowed(facts, findings);
    add_limit(facts, findings);
    add_memory(facts, findings);
    add_swap(facts, findings);
    add_layout(facts, findings);
    add_clock(facts, findings);
    add_watchdog(facts, findings);
    add_guest(facts, findings);
    add_container(facts, findings);
}
