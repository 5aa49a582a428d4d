#include "counters_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "simulation.h"

/* From this level on a distribution's kernel keeps counters from users altogether: the
 * patches of Debian (3) and Ubuntu (4). The kernel's own levels end at 2. */
enum { LEVEL_FORBIDDEN = 3, LEVEL_USER_ONLY = 2 };

static bool counts_the_kernel(const struct dcb_event *event)
{
    return event->software && !event->user_only;
}

static void explain_missing(const struct dcb_event *event,
                            const struct dcb_counters_facts *facts, char *text,
                            size_t size)
{
    if (event->software)
        snprintf(text, size, "this kernel has no such event: name another with --events");
    else if (facts->core_pmus == 0)
        snprintf(text, size, DCB_NO_PMU " (a virtual machine?): %s",
                 dcb_simulated_row_find(event->name) ? "use --counters simulated"
                                                     : "only a PMU can count this");
    else
        snprintf(text, size, "this CPU has no such event: name another with --events");
}

/* EACCES is the kernel's own refusal, EPERM that of a container's filter; distributions'
 * patches give the one or the other. */
static void explain_refusal(const struct dcb_event *event, int number,
                            const struct dcb_counters_facts *facts, char *text,
                            size_t size)
{
    if (number == EPERM && facts->seccomp)
        snprintf(text, size,
                 "a seccomp filter forbids perf_event_open (a container?): start the "
                 "container with --cap-add PERFMON");
    else if (facts->paranoid >= LEVEL_FORBIDDEN)
        snprintf(text, size,
                 "kernel.perf_event_paranoid is %d, which keeps counters from users: "
                 "sudo sysctl kernel.perf_event_paranoid=%d",
                 facts->paranoid, counts_the_kernel(event) ? 1 : LEVEL_USER_ONLY);
    else if (facts->paranoid >= LEVEL_USER_ONLY && counts_the_kernel(event))
        snprintf(
            text, size,
            "kernel.perf_event_paranoid is %d, which keeps what the kernel does from "
            "users: sudo sysctl kernel.perf_event_paranoid=1",
            facts->paranoid);
    else
        snprintf(text, size,
                 "not permitted (%s; by a security module?): run it with CAP_PERFMON",
                 number == EPERM ? "EPERM" : "EACCES");
}

static void explain_no_counter(const struct dcb_counters_facts *facts, char *text,
                               size_t size)
{
    if (facts->core_pmus > 1)
        snprintf(text, size,
                 "it never ran: its PMU belongs to other cores than this thread ran on: "
                 "choose one of its CPUs with --affinity");
    else if (facts->nmi_watchdog == 1)
        snprintf(text, size,
                 "no counter is free for it, and the NMI watchdog holds one: sudo sysctl "
                 "kernel.nmi_watchdog=0");
    else
        snprintf(text, size,
                 "no counter is free for it: end the other program that counts (perf?)");
}

/* One text for each errno that does not depend on anything else. */
static const struct {
    int number;
    const char *text;
} plain[] = {
    {EINVAL, "the kernel refuses this encoding (EINVAL): check it, or name another event "
             "with --events"},
    {EMFILE, "too many open files (EMFILE): raise the limit with 'ulimit -n 1024'"},
    {ENFILE, "the system has too many open files (ENFILE): end programs that hold them"},
    {EBUSY, "another program has the PMU to itself (EBUSY): end that program"},
    {ENODEV, "this CPU lacks what the event needs (ENODEV): leave its modifiers out"},
    {EOPNOTSUPP, "the PMU cannot count it like this (EOPNOTSUPP): leave its modifiers "
                 "out"},
    {E2BIG, "this kernel is too old for what the event needs (E2BIG): leave its "
            "modifiers out"},
    {ENOSYS, "this kernel is built without performance events (ENOSYS): use --counters "
             "simulated"},
    {ESRCH, "the thread to count is gone (ESRCH): report this as a bug of dcbench"},
    {EINTR, "signals interrupt perf_event_open again and again (EINTR): stop the program "
            "that sends them"},
    {ENOSPC, "the kernel has no room for one more event (ENOSPC): count fewer with "
             "--events"},
    {ENOMEM, "the kernel has no memory for it (ENOMEM): end other programs"},
    {DCB_FAULT_DEAD, "it opens but does not count: use --counters simulated"},
};

void dcb_counters_explain(const struct dcb_event *event, int fault,
                          const struct dcb_counters_facts *facts, char *ret_text,
                          size_t size)
{
    if (fault == ENOENT) {
        explain_missing(event, facts, ret_text, size);
        return;
    }
    if (fault == EACCES || fault == EPERM) {
        explain_refusal(event, fault, facts, ret_text, size);
        return;
    }
    if (fault == DCB_FAULT_NO_COUNTER) {
        explain_no_counter(facts, ret_text, size);
        return;
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (plain[i].number == fault) {
            snprintf(ret_text, size, "%s", plain[i].text);
            return;
        }
    }
    snprintf(ret_text, size, "perf_event_open: %s: report this as a bug of dcbench",
             strerror(fault));
}
