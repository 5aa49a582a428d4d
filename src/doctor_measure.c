/* The first half of the report: what can be measured here. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_private.h"
#include "strbuf.h"

enum {
    FEW_COUNTERS = 4,  /* what the smallest PMU of today gives one process */
    LOOP_PPM_OK = 1000 /* interrupts add an instruction each on x86; more is a fault */
};

static void add_python(const struct dcb_doctor_facts *facts,
                       struct dcb_findings *findings)
{
    struct dcb_strbuf all = DCB_STRBUF_INIT;

    if (!facts->python) {
        dcb_doctor_found(findings, "interpreter", "interpreter", DCB_FINDING_CANNOT,
                         "no worker: %s",
                         facts->python_problem ? facts->python_problem : "not known why");
        dcb_doctor_advise(findings, "install dcbench again, or build it with 'make'");
        return;
    }
    for (size_t i = 0; i < facts->python_count; i++) {
        bool taken = strcmp(facts->pythons[i], facts->python) == 0;

        dcb_strbuf_appendf(&all, "%s%s%s", i ? ", " : "", facts->pythons[i],
                           taken && facts->python_count > 1 ? " (the default)" : "");
    }
    dcb_doctor_found(findings, "interpreter", "interpreter", DCB_FINDING_OK, "CPython %s",
                     all.text ? all.text : facts->python);
    dcb_strbuf_clear(&all);
}

/* PMUs that libpfm4 has on every machine, or that are not of the cores. */
static bool is_core_pmu(const char *name, size_t length)
{
    static const char *const others[] = {"perf", "perf_raw", "rapl", "ix86arch"};
    char copy[64];

    snprintf(copy, sizeof copy, "%.*s", (int)length, name);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(copy, others[i]) == 0)
            return false;
    }
    return length > 0 && !strstr(copy, "_unc_") && !strstr(copy, "_l3");
}

/* Calls `take` with each name; its length does not count the end of the line. */
static void walk_names(const char *names,
                       void (*take)(const char *name, size_t length, void *context),
                       void *context)
{
    while (*names) {
        size_t length = strcspn(names, "\n");

        take(names, length, context);
        names += length + (names[length] == '\n');
    }
}

static void take_core(const char *name, size_t length, void *context)
{
    struct dcb_strbuf *names = context;

    if (is_core_pmu(name, length))
        dcb_strbuf_appendf(names, "%s%.*s", names->length ? ", " : "", (int)length, name);
}

static void take_any(const char *name, size_t length, void *context)
{
    dcb_doctor_detail(context, "libpfm4 finds: %.*s", (int)length, name);
}

static void add_libpfm(const struct dcb_doctor_facts *facts,
                       struct dcb_findings *findings)
{
    struct dcb_strbuf names = DCB_STRBUF_INIT;

    if (!facts->libpfm_pmus) {
        dcb_doctor_found(findings, "libpfm4", "libpfm4", DCB_FINDING_NOTE,
                         "not known: %s",
                         facts->libpfm_problem ? facts->libpfm_problem : "not asked");
        return;
    }
    walk_names(facts->libpfm_pmus, take_core, &names);
    if (names.length) {
        dcb_doctor_found(findings, "libpfm4", "libpfm4", DCB_FINDING_OK,
                         "knows this CPU model: %s", names.text);
        if (facts->pmus_known && facts->pmu_count == 0)
            dcb_doctor_advise(findings, "it goes by the model alone; whether anything "
                                        "counts is for the kernel to say");
    } else {
        dcb_doctor_found(findings, "libpfm4", "libpfm4", DCB_FINDING_NOTE,
                         "does not know this CPU model");
        dcb_doctor_advise(findings,
                          facts->pmu_count || !facts->pmus_known
                              ? "the kernel's generic events are counted all the same; a "
                                "newer libpfm4 may know the events of this model"
                              : "nothing to be done: without a PMU it has no use for it");
    }
    walk_names(facts->libpfm_pmus, take_any, findings);
    dcb_strbuf_clear(&names);
}

static void add_pmu(const struct dcb_doctor_facts *facts, struct dcb_findings *findings)
{
    struct dcb_strbuf names = DCB_STRBUF_INIT;

    if (!facts->pmus_known) {
        dcb_doctor_found(findings, "pmu", "PMU", DCB_FINDING_NOTE,
                         "not known: /sys/bus/event_source/devices cannot be read");
        return;
    }
    if (facts->pmu_count == 0) {
        dcb_doctor_found(findings, "pmu", "PMU", DCB_FINDING_CANNOT,
                         "the kernel exports none of the CPU cores");
        dcb_doctor_advise(findings,
                          facts->machine.guest == 1
                              ? "only the host can change that: it would have to give "
                                "this virtual machine a PMU"
                              : "'dmesg | grep -i pmu' may tell why; some firmware can "
                                "switch it off");
        dcb_doctor_detail(findings, "/sys/bus/event_source/devices has no cpu*, armv8*");
        return;
    }
    for (size_t i = 0; i < facts->pmu_count; i++) {
        const struct dcb_doctor_pmu *pmu = &facts->pmus[i];

        dcb_strbuf_appendf(&names, "%s%s", i ? ", " : "", pmu->name);
        if (pmu->cpus[0])
            dcb_strbuf_appendf(&names, " (CPU %s)", pmu->cpus);
    }
    dcb_doctor_found(findings, "pmu", "PMU",
                     facts->pmu_count > 1 ? DCB_FINDING_NOTE : DCB_FINDING_OK, "%s",
                     names.text);
    if (facts->pmu_count > 1)
        dcb_doctor_advise(findings, "two kinds of cores: --affinity CPU says on which of "
                                    "them the workers run");
    for (size_t i = 0; i < facts->pmu_count; i++)
        dcb_doctor_detail(findings, "/sys/bus/event_source/devices/%s",
                          facts->pmus[i].name);
    dcb_strbuf_clear(&names);
}

static void add_loop(const struct dcb_doctor_counters *counters,
                     struct dcb_findings *findings)
{
    uint64_t counted = counters->loop_counted, expected = counters->loop_expected;
    uint64_t off = counted > expected ? counted - expected : expected - counted;

    if (off == 0) {
        dcb_doctor_found(findings, "known-loop", "known loop", DCB_FINDING_OK,
                         "counted exactly: %" PRIu64 " instructions", counted);
        return;
    }
    dcb_doctor_found(findings, "known-loop", "known loop",
                     off * 1000000 <= expected * LOOP_PPM_OK ? DCB_FINDING_NOTE
                                                             : DCB_FINDING_WARNING,
                     "%" PRIu64 " instructions counted as %" PRIu64 ": off by %c%" PRIu64,
                     expected, counted, counted > expected ? '+' : '-', off);
    dcb_doctor_advise(findings, "each interrupt may add one; where it is more, compare "
                                "with simulated counters before you believe it");
}

static void add_hardware(const struct dcb_doctor_facts *facts,
                         struct dcb_findings *findings)
{
    const struct dcb_doctor_counters *counters = &facts->counters;

    if (!counters->hardware) {
        dcb_doctor_found(findings, "hardware", "hardware counters",
                         counters->known ? DCB_FINDING_CANNOT : DCB_FINDING_NOTE, "%s%s",
                         counters->known ? "" : "not known: ",
                         counters->reason ? counters->reason : "not tried");
        return;
    }
    dcb_doctor_found(findings, "hardware", "hardware counters", DCB_FINDING_OK,
                     "they open, and they count");
    add_loop(counters, findings);
    dcb_doctor_found(findings, "counters-at-once", "counters at once",
                     counters->fit < FEW_COUNTERS ? DCB_FINDING_NOTE : DCB_FINDING_OK,
                     "%u run at the same time", counters->fit);
    if (counters->fit < FEW_COUNTERS)
        dcb_doctor_advise(findings, "the rows take turns, so there are fewer rounds for "
                                    "each; -e with fewer rows gives them more");
    if (counters->user_reads) {
        dcb_doctor_found(findings, "user-reads", "reading", DCB_FINDING_OK,
                         "in user space, without a system call");
        return;
    }
    dcb_doctor_found(findings, "user-reads", "reading", DCB_FINDING_NOTE,
                     "by a system call%s%s", counters->read_reason ? ": " : "",
                     counters->read_reason ? counters->read_reason : "");
    dcb_doctor_advise(findings, "it works; reads in user space are cheaper and disturb "
                                "the caches less");
}

static void add_permission(const struct dcb_doctor_facts *facts,
                           struct dcb_findings *findings)
{
    int level = facts->system.perf_event_paranoid;

    if (level < -1) {
        dcb_doctor_found(findings, "permission", "permission", DCB_FINDING_NOTE,
                         "not known: kernel.perf_event_paranoid cannot be read");
        dcb_doctor_advise(findings, "a kernel built without performance events has none");
    } else if (facts->machine.privileged == 1) {
        dcb_doctor_found(findings, "permission", "permission", DCB_FINDING_OK,
                         "this user may count everything; others are limited by "
                         "kernel.perf_event_paranoid, %d",
                         level);
    } else if (level <= 1) {
        dcb_doctor_found(findings, "permission", "permission", DCB_FINDING_OK,
                         "own processes, in user space and in the kernel "
                         "(kernel.perf_event_paranoid is %d)",
                         level);
    } else if (level == 2) {
        dcb_doctor_found(findings, "permission", "permission", DCB_FINDING_OK,
                         "own processes, in user space only (kernel.perf_event_paranoid "
                         "is 2)");
    } else {
        dcb_doctor_found(findings, "permission", "permission", DCB_FINDING_CANNOT,
                         "kernel.perf_event_paranoid is %d: on kernels that know this "
                         "level this user may count nothing",
                         level);
        dcb_doctor_advise(findings, "as root: sysctl kernel.perf_event_paranoid=2");
    }
    dcb_doctor_detail(findings,
                      "/proc/sys/kernel/perf_event_paranoid; CAP_PERFMON or "
                      "CAP_SYS_ADMIN in the first user namespace: %s",
                      facts->machine.privileged < 0 ? "not known"
                      : facts->machine.privileged   ? "yes"
                                                    : "no");
}

static void add_seccomp(const struct dcb_doctor_facts *facts,
                        struct dcb_findings *findings)
{
    if (!facts->counters.seccomp)
        return;
    dcb_doctor_found(findings, "seccomp", "system calls", DCB_FINDING_NOTE,
                     "a seccomp filter watches this process and may refuse to count");
    dcb_doctor_advise(findings, "in a container: --cap-add PERFMON, or --security-opt "
                                "seccomp=unconfined");
}

static void add_kernel(const struct dcb_doctor_facts *facts,
                       struct dcb_findings *findings)
{
    const struct dcb_doctor_counters *counters = &facts->counters;

    if (!counters->known) {
        dcb_doctor_found(findings, "kernel-events", "kernel events", DCB_FINDING_NOTE,
                         "not known: not tried");
    } else if (counters->kernel) {
        dcb_doctor_found(findings, "kernel-events", "kernel events", DCB_FINDING_OK,
                         "counted by the kernel: page faults, context switches, CPU "
                         "migrations, CPU time");
        return;
    } else {
        dcb_doctor_found(findings, "kernel-events", "kernel events", DCB_FINDING_OK,
                         "not through perf_event_open here; page faults and context "
                         "switches come from getrusage");
    }
    if (!facts->migrations_problem) {
        dcb_doctor_found(findings, "cpu-migrations", "cpu-migrations", DCB_FINDING_OK,
                         "from the scheduler's own count in /proc");
        return;
    }
    dcb_doctor_found(findings, "cpu-migrations", "cpu-migrations", DCB_FINDING_CANNOT,
                     "%s", facts->migrations_problem);
    dcb_doctor_advise(findings, "as root: sysctl kernel.perf_event_paranoid=1 lets the "
                                "kernel count them");
}

static void add_valgrind(const struct dcb_doctor_facts *facts,
                         struct dcb_findings *findings)
{
    if (facts->valgrind_path) {
        dcb_doctor_found(findings, "simulated", "simulated counters", DCB_FINDING_OK,
                         "by valgrind%s%s", facts->valgrind_version ? " " : "",
                         facts->valgrind_version ? facts->valgrind_version
                                                 : " (version not known)");
        dcb_doctor_detail(findings, "%s", facts->valgrind_path);
        return;
    }
    dcb_doctor_found(findings, "simulated", "simulated counters", DCB_FINDING_CANNOT,
                     "valgrind is not found");
    dcb_doctor_advise(findings, "install the package valgrind: its counts need no PMU "
                                "and are the same in every run");
}

void dcb_doctor_measure(const struct dcb_doctor_facts *facts,
                        struct dcb_findings *findings)
{
    add_python(facts, findings);
    add_pmu(facts, findings);
    add_libpfm(facts, findings);
    add_hardware(facts, findings);
    add_permission(facts, findings);
    add_seccomp(facts, findings);
    add_kernel(facts, findings);
    add_valgrind(facts, findings);
}
