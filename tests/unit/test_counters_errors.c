/* Every errno of perf_event_open: its message, word by word, and what the module makes of
 * it when a seccomp filter returns it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "counters_private.h"
#include "unit.h"

static const struct dcb_event pmu_event = {
    .name = "instructions",
    .type = PERF_TYPE_HARDWARE,
    .config = PERF_COUNT_HW_INSTRUCTIONS,
    .user_only = true,
    .stimulus = DCB_STIMULUS_LOOP,
};
static const struct dcb_event kernel_event = {
    .name = "context-switches",
    .software = true,
    .type = PERF_TYPE_SOFTWARE,
    .config = PERF_COUNT_SW_CONTEXT_SWITCHES,
};
static const struct dcb_event user_event = {
    .name = "page-faults",
    .software = true,
    .user_only = true,
    .type = PERF_TYPE_SOFTWARE,
    .config = PERF_COUNT_SW_PAGE_FAULTS,
};

/* A machine with a PMU at the kernel's own default. */
#define USUAL .paranoid = 2, .nmi_watchdog = 0, .core_pmus = 1

static const struct {
    const struct dcb_event *event;
    int fault;
    struct dcb_counters_facts facts;
    const char *text;
} golden[] = {
    {&pmu_event,
     ENOENT,
     {.paranoid = 2, .core_pmus = 0},
     "this machine exposes no hardware counters (a virtual machine?): use --counters "
     "simulated"},
    {&pmu_event,
     ENOENT,
     {USUAL},
     "this CPU has no such event: name another with --events"},
    {&kernel_event,
     ENOENT,
     {.paranoid = 2, .core_pmus = 0},
     "this kernel has no such event: name another with --events"},
    /* The kernel's own refusals. */
    {&kernel_event,
     EACCES,
     {USUAL},
     "kernel.perf_event_paranoid is 2, which keeps what the kernel does from users: sudo "
     "sysctl kernel.perf_event_paranoid=1"},
    {&pmu_event,
     EACCES,
     {.paranoid = 3, .core_pmus = 1},
     "kernel.perf_event_paranoid is 3, which keeps counters from users: sudo sysctl "
     "kernel.perf_event_paranoid=2"},
    {&pmu_event,
     EPERM,
     {.paranoid = 4, .core_pmus = 1},
     "kernel.perf_event_paranoid is 4, which keeps counters from users: sudo sysctl "
     "kernel.perf_event_paranoid=2"},
    {&user_event,
     EACCES,
     {.paranoid = 4, .core_pmus = 1},
     "kernel.perf_event_paranoid is 4, which keeps counters from users: sudo sysctl "
     "kernel.perf_event_paranoid=2"},
    {&kernel_event,
     EACCES,
     {.paranoid = 3, .core_pmus = 1},
     "kernel.perf_event_paranoid is 3, which keeps counters from users: sudo sysctl "
     "kernel.perf_event_paranoid=1"},
    {&kernel_event,
     EACCES,
     {.paranoid = 4, .core_pmus = 1, .seccomp = true},
     "kernel.perf_event_paranoid is 4, which keeps counters from users: sudo sysctl "
     "kernel.perf_event_paranoid=1"},
    /* A container's filter; nobody's. */
    {&pmu_event,
     EPERM,
     {USUAL, .seccomp = true},
     "a seccomp filter forbids perf_event_open (a container?): start the container with "
     "--cap-add PERFMON"},
    {&kernel_event,
     EPERM,
     {.paranoid = 3, .seccomp = true},
     "a seccomp filter forbids perf_event_open (a container?): start the container with "
     "--cap-add PERFMON"},
    {&pmu_event,
     EPERM,
     {USUAL},
     "not permitted (EPERM; by a security module?): run it with CAP_PERFMON"},
    {&pmu_event,
     EACCES,
     {USUAL},
     "not permitted (EACCES; by a security module?): run it with CAP_PERFMON"},
    {&user_event,
     EACCES,
     {USUAL},
     "not permitted (EACCES; by a security module?): run it with CAP_PERFMON"},
    {&kernel_event,
     EACCES,
     {.paranoid = -2},
     "not permitted (EACCES; by a security module?): run it with CAP_PERFMON"},
    /* Those that depend on nothing else. */
    {&pmu_event,
     EINVAL,
     {USUAL},
     "the kernel refuses this encoding (EINVAL): check it, or name another event with "
     "--events"},
    {&pmu_event,
     EMFILE,
     {USUAL},
     "too many open files (EMFILE): raise the limit with 'ulimit -n 1024'"},
    {&pmu_event,
     ENFILE,
     {USUAL},
     "the system has too many open files (ENFILE): end programs that hold them"},
    {&pmu_event,
     EBUSY,
     {USUAL},
     "another program has the PMU to itself (EBUSY): end that program"},
    {&pmu_event,
     ENODEV,
     {USUAL},
     "this CPU lacks what the event needs (ENODEV): leave its modifiers out"},
    {&pmu_event,
     EOPNOTSUPP,
     {USUAL},
     "the PMU cannot count it like this (EOPNOTSUPP): leave its modifiers out"},
    {&pmu_event,
     E2BIG,
     {USUAL},
     "this kernel is too old for what the event needs (E2BIG): leave its modifiers out"},
    {&pmu_event,
     ENOSYS,
     {USUAL},
     "this kernel is built without performance events (ENOSYS): use --counters "
     "simulated"},
    {&pmu_event,
     ESRCH,
     {USUAL},
     "the thread to count is gone (ESRCH): report this as a bug of dcbench"},
    {&pmu_event,
     EINTR,
     {USUAL},
     "signals interrupt perf_event_open again and again (EINTR): stop the program that "
     "sends them"},
    {&pmu_event,
     ENOSPC,
     {USUAL},
     "the kernel has no room for one more event (ENOSPC): count fewer with --events"},
    {&pmu_event,
     ENOMEM,
     {USUAL},
     "the kernel has no memory for it (ENOMEM): end other programs"},
    {&pmu_event,
     EIO,
     {USUAL},
     "perf_event_open: Input/output error: report this as a bug of dcbench"},
    /* read(2) gives 0 bytes, or the group did not run. */
    {&pmu_event,
     DCB_FAULT_NO_COUNTER,
     {USUAL},
     "no counter is free for it: end the other program that counts (perf?)"},
    {&pmu_event,
     DCB_FAULT_NO_COUNTER,
     {.nmi_watchdog = 1, .core_pmus = 1},
     "no counter is free for it, and the NMI watchdog holds one: sudo sysctl "
     "kernel.nmi_watchdog=0"},
    {&pmu_event,
     DCB_FAULT_NO_COUNTER,
     {.nmi_watchdog = 1, .core_pmus = 2},
     "it never ran: its PMU belongs to other cores than this thread ran on: choose one "
     "of "
     "its CPUs with --affinity"},
    {&pmu_event,
     DCB_FAULT_DEAD,
     {USUAL},
     "it opens but does not count: use --counters simulated"},
};

static void messages_are_these(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(golden); i++) {
        struct dcb_counter_state place;

        dcb_counters_explain(golden[i].event, golden[i].fault, &golden[i].facts,
                             place.reason, sizeof place.reason);
        assert_string_equal(place.reason, golden[i].text);
    }
}

static void messages_are_cut_to_their_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(golden); i++) {
        char text[24];

        memset(text, 'x', sizeof text);
        dcb_counters_explain(golden[i].event, golden[i].fault, &golden[i].facts, text,
                             20);
        assert_int_equal(strlen(text), 19);
        assert_memory_equal(text, golden[i].text, 19);
        assert_memory_equal(text + 20, "xxxx", 4);
    }
}

/* ---- faults for real ---- */

static const int injected[] = {ENOENT, EACCES, EPERM,      EINVAL, EMFILE, ENFILE,
                               EBUSY,  ENODEV, EOPNOTSUPP, E2BIG,  ENOSYS, ESRCH,
                               EINTR,  ENOSPC, ENOMEM,     EIO};

/* From here on perf_event_open of this process fails like this. 0, or -1. */
static int make_it_fail(int number)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K,
                 SECCOMP_RET_ERRNO | ((unsigned)number & SECCOMP_RET_DATA)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = COUNT(code), .filter = code};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

static bool differ(const char *where, const char *text, const char *wanted)
{
    if (strcmp(text, wanted) == 0)
        return false;
    print_error("%s: \"%s\", not \"%s\"\n", where, text, wanted);
    return true;
}

/* In a child process. Returns its exit status: 0 where all is as it must be. */
static int open_with_fault(int number)
{
    struct dcb_event events[] = {pmu_event, kernel_event, user_event};
    struct dcb_counter_state states[COUNT(events)];
    struct dcb_counter_reading reading;
    struct dcb_counters_ability ability;
    struct dcb_counters_facts facts;
    struct dcb_counters *counters;
    char wanted[200], reason[200];
    size_t descriptors = count_descriptors();
    bool bad = false;

    if (make_it_fail(number) != 0)
        return 77;
    dcb_counters_gather_facts(&facts);
    bad = bad || !facts.seccomp;
    counters = dcb_counters_open(events, COUNT(events), states);
    for (size_t i = 0; i < COUNT(events); i++) {
        dcb_counters_explain(&events[i], number, &facts, wanted, sizeof wanted);
        bad = bad || states[i].slot != -1 || states[i].group != -1;
        bad = differ("open", states[i].reason, wanted) || bad;
        bad = bad || dcb_counters_choose(&events[i], 1, reason, sizeof reason) != -1 ||
              events[i].verified;
        bad = differ("choose", reason, wanted) || bad;
    }
    dcb_counters_select(counters, 0);
    dcb_counters_read(counters, &reading);
    bad = bad || reading.pmu_ok || reading.software_ok || dcb_counters_groups(counters);
    dcb_counters_free(counters);
    dcb_counters_probe(&pmu_event, &ability);
    dcb_counters_explain(&pmu_event, number, &facts, wanted, sizeof wanted);
    bad = differ("probe", ability.reason, wanted) || bad;
    bad = bad || ability.hardware || ability.kernel || !ability.seccomp || ability.fit;
    return bad || count_descriptors() != descriptors;
}

static void every_errno_has_its_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(injected); i++) {
        int status = -1;
        pid_t pid = fork();

        if (pid == 0)
            _exit(open_with_fault(injected[i]));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
            print_message("this process may not have a seccomp filter\n");
            skip();
        }
        if (status != 0)
            fail_msg("%s: status %d", strerror(injected[i]), status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_these),
        cmocka_unit_test(messages_are_cut_to_their_room),
        cmocka_unit_test(every_errno_has_its_message),
    };

    return cmocka_run_group_tests_name("counters_errors", tests, NULL, NULL);
}
