/*
 * What of a machine can disturb a measurement, read from /proc and /sys below a root ("",
 * or a tree of a test). Nothing is assumed: a number that cannot be had is -1 (NAN for a
 * double), a text "".
 */
#ifndef DCB_SYSINFO_MACHINE_H
#define DCB_SYSINFO_MACHINE_H

#include <stdint.h>
#include <sys/types.h>

/* From linux/capability.h; either allows every use of perf_event_open (capabilities(7)).
 */
enum { DCB_CAP_SYS_ADMIN = 21, DCB_CAP_PERFMON = 38 };

enum dcb_power {
    DCB_POWER_UNKNOWN,
    DCB_POWER_NO_BATTERY, /* no battery that feeds the machine */
    DCB_POWER_MAINS,
    DCB_POWER_BATTERY
};

struct dcb_machine {
    /* CPUs */
    int cpus_present, cpus_online, cpus_allowed;
    char allowed_list[96];  /* "0-3,8", as the kernel writes it */
    char isolated_list[96]; /* CPUs that the scheduler leaves alone (isolcpus) */
    int smt_threads;     /* online CPUs that share their core with another online one */
    char governors[96];  /* of the online CPUs, each once: "performance, powersave" */
    char driver[32];     /* of CPU frequency: "intel_pstate", "acpi-cpufreq" */
    int turbo;           /* 1: on */
    char turbo_path[64]; /* where that stands; "" where nothing tells it */
    char clocksource[32];
    int64_t core_throttles, package_throttles; /* since boot, of the CPU with the most */

    /* Memory, in bytes */
    int64_t memory_bytes, available_bytes, swap_bytes, swap_free_bytes;

    /* The kernel and this process */
    int randomize_va_space; /* kernel.randomize_va_space: 0 off, 1 without brk, 2 on */
    int layout_fixed;       /* 1: personality ADDR_NO_RANDOMIZE of this process */
    int privileged;   /* 1: CAP_PERFMON or CAP_SYS_ADMIN, in the first user namespace */
    int nmi_watchdog; /* 1: it holds one counter of every CPU */
    double load;      /* 1 minute average */

    /* Where it runs */
    int guest;               /* 1: in a virtual machine; 0: the CPU says that it is not */
    char hypervisor[96];     /* "KVM", or what the firmware says the machine is */
    char container[48];      /* "Docker"; "" where nothing says so */
    char container_sign[64]; /* what says so */
    double cpu_limit;        /* CPUs that the cgroup allows; INFINITY: no limit */
    char cpu_limit_path[256];           /* the file that sets it */
    int64_t periods, throttled_periods; /* of that cgroup since it was made; -1 without a
                                           limit */
    enum dcb_power power;
};

void dcb_sysinfo_read_machine(const char *root, struct dcb_machine *ret_machine);

/* ---- what goes on ---- */

enum { DCB_BUSIEST_MAX = 3 };

struct dcb_busy_process {
    char name[20]; /* as the kernel has it, cut at 15 bytes */
    pid_t pid;
    double cpus; /* of one CPU: 0.5 is half of one */
};

/* What the machine did between two looks. */
struct dcb_activity {
    double interval_s;
    double steal_since_boot; /* share of all CPU time that the hypervisor took away */
    double steal;            /* the same, in the interval */
    double busy;             /* share that was neither idle nor stolen in the interval */
    int64_t swapped_pages;   /* in and out, in the interval */
    int64_t throttles;       /* of the hottest core, in the interval */
    struct dcb_busy_process busiest[DCB_BUSIEST_MAX]; /* other processes, most first */
    size_t busiest_count;
};

struct dcb_activity_watch;

/* The first look, and the second, which frees the watch. Between them the caller sleeps:
 * what it does itself would count as the machine's. */
struct dcb_activity_watch *dcb_sysinfo_watch(const char *root);
void dcb_sysinfo_watch_end(struct dcb_activity_watch *take_watch,
                           struct dcb_activity *ret_activity);

/* Nanoseconds of one reading of CLOCK_MONOTONIC: median of several runs of readings. */
double dcb_sysinfo_clock_cost(void);

#endif
