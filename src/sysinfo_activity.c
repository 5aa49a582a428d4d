#include "sysinfo_machine.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cpulist.h"
#include "sysinfo_file.h"
#include "xalloc.h"

enum {
    CLOCK_RUNS = 9,
    CLOCK_READS = 1000,
    PROCESSES_MAX = 20000 /* of a larger machine not all are looked at */
};

/* A process that uses less of a CPU than this is not named. */
static const double BUSY_CPUS = 0.05;

/* /proc/stat, in ticks of all CPUs since boot; proc(5). */
struct cpu_ticks {
    bool known;
    double total, idle, steal;
};

struct process {
    pid_t pid;
    char name[20];
    uint64_t ticks; /* user and system */
};

struct look {
    double time_s;
    struct cpu_ticks cpu;
    int64_t swapped, throttles;
    struct process *processes;
    size_t count, capacity;
};

struct dcb_activity_watch {
    char *root;
    struct look first;
};

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* user nice system idle iowait irq softirq steal; guest time is in user already. */
static struct cpu_ticks read_ticks(const char *root)
{
    struct cpu_ticks ticks = {.known = false};
    unsigned long long v[8];
    char line[256];

    if (!dcb_sysinfo_line(root, line, sizeof line, "/proc/stat") ||
        sscanf(line, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1], &v[2],
               &v[3], &v[4], &v[5], &v[6], &v[7]) != 8)
        return ticks;
    for (int i = 0; i < 8; i++)
        ticks.total += (double)v[i];
    ticks.idle = (double)v[3] + (double)v[4];
    ticks.steal = (double)v[7];
    ticks.known = true;
    return ticks;
}

/* "pid (name) state ..." with utime and stime as fields 14 and 15; the name may hold
 * anything, ')' too (proc(5)). */
static bool read_process(const char *root, const char *pid, struct process *process)
{
    char line[1024], *open, *close;
    unsigned long long user, system;
    size_t length;

    if (!dcb_sysinfo_line(root, line, sizeof line, "/proc/%s/stat", pid))
        return false;
    open = strchr(line, '(');
    close = strrchr(line, ')');
    if (!open || !close ||
        sscanf(close + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
               &system) != 2)
        return false;
    length = (size_t)(close - open - 1);
    if (length >= sizeof process->name)
        length = sizeof process->name - 1;
    memcpy(process->name, open + 1, length);
    process->name[length] = '\0';
    process->pid = (pid_t)strtol(pid, NULL, 10);
    process->ticks = user + system;
    return true;
}

static void read_processes(const char *root, struct look *look)
{
    char path[PATH_MAX];
    const struct dirent *entry;
    DIR *dir = NULL;

    if (snprintf(path, sizeof path, "%s/proc", root) < (int)sizeof path)
        dir = opendir(path);
    while (dir && look->count < PROCESSES_MAX && (entry = readdir(dir))) {
        struct process process;

        if (!isdigit((unsigned char)entry->d_name[0]) ||
            !read_process(root, entry->d_name, &process) || process.pid == getpid())
            continue;
        look->processes = dcb_xgrow(look->processes, look->count, &look->capacity,
                                    sizeof *look->processes);
        look->processes[look->count++] = process;
    }
    if (dir)
        closedir(dir);
}

static int64_t read_swapped(const char *root)
{
    char *text = dcb_sysinfo_text(root, "/proc/vmstat");
    int64_t in = dcb_sysinfo_field(text, "pswpin "),
            out = dcb_sysinfo_field(text, "pswpout ");

    free(text);
    return in < 0 || out < 0 ? -1 : in + out;
}

struct throttle_walk {
    const char *root;
    int64_t most;
};

static void take_throttles(int cpu, void *context)
{
    struct throttle_walk *walk = context;
    int64_t count;

    if (dcb_sysinfo_number(
            walk->root, &count,
            "/sys/devices/system/cpu/cpu%d/thermal_throttle/core_throttle_count", cpu) &&
        count > walk->most)
        walk->most = count;
}

static int64_t read_throttles(const char *root)
{
    struct throttle_walk walk = {.root = root, .most = -1};
    char online[1024];

    if (dcb_sysinfo_line(root, online, sizeof online, "/sys/devices/system/cpu/online"))
        dcb_cpulist_walk(online, take_throttles, &walk);
    return walk.most;
}

static struct look look_at(const char *root)
{
    struct look look = {.time_s = now_s(), .cpu = read_ticks(root)};

    look.swapped = read_swapped(root);
    look.throttles = read_throttles(root);
    read_processes(root, &look);
    return look;
}

struct dcb_activity_watch *dcb_sysinfo_watch(const char *root)
{
    struct dcb_activity_watch *watch = dcb_xcalloc(1, sizeof *watch);

    watch->root = dcb_xstrdup(root);
    watch->first = look_at(root);
    return watch;
}

/* Keeps the busiest, most first. */
static void rank(struct dcb_activity *activity, const struct process *process,
                 double cpus)
{
    size_t place = activity->busiest_count;

    while (place > 0 && activity->busiest[place - 1].cpus < cpus)
        place--;
    if (place == DCB_BUSIEST_MAX)
        return;
    if (activity->busiest_count < DCB_BUSIEST_MAX)
        activity->busiest_count++;
    for (size_t i = activity->busiest_count - 1; i > place; i--)
        activity->busiest[i] = activity->busiest[i - 1];
    activity->busiest[place] =
        (struct dcb_busy_process){.pid = process->pid, .cpus = cpus};
    memcpy(activity->busiest[place].name, process->name, sizeof process->name);
}

static int by_pid(const void *a, const void *b)
{
    pid_t left = ((const struct process *)a)->pid,
          right = ((const struct process *)b)->pid;

    return (left > right) - (left < right);
}

/* A process that is new has used all of its time in the interval. */
static void compare_processes(const struct look *first, const struct look *second,
                              struct dcb_activity *activity)
{
    double ticks_per_s = (double)sysconf(_SC_CLK_TCK);

    if (first->count)
        qsort(first->processes, first->count, sizeof *first->processes, by_pid);
    for (size_t i = 0; i < second->count; i++) {
        const struct process *now = &second->processes[i], *before = NULL;
        uint64_t used = now->ticks;

        if (first->count)
            before = bsearch(now, first->processes, first->count, sizeof *now, by_pid);
        if (before && before->ticks <= used)
            used -= before->ticks;
        if (activity->interval_s > 0 &&
            (double)used / ticks_per_s / activity->interval_s >= BUSY_CPUS)
            rank(activity, now, (double)used / ticks_per_s / activity->interval_s);
    }
}

static double share(double part, double whole)
{
    return whole > 0 && part >= 0 ? part / whole : (double)NAN;
}

void dcb_sysinfo_watch_end(struct dcb_activity_watch *take_watch,
                           struct dcb_activity *ret_activity)
{
    struct look *first = &take_watch->first, second = look_at(take_watch->root);
    struct dcb_activity activity = {.steal_since_boot = (double)NAN,
                                    .steal = (double)NAN,
                                    .busy = (double)NAN,
                                    .swapped_pages = -1,
                                    .throttles = -1};

    activity.interval_s = second.time_s - first->time_s;
    if (second.cpu.known)
        activity.steal_since_boot = share(second.cpu.steal, second.cpu.total);
    if (first->cpu.known && second.cpu.known) {
        double total = second.cpu.total - first->cpu.total;
        double idle = second.cpu.idle - first->cpu.idle;
        double steal = second.cpu.steal - first->cpu.steal;

        activity.steal = share(steal, total);
        activity.busy = share(total - idle - steal, total);
    }
    if (first->swapped >= 0 && second.swapped >= first->swapped)
        activity.swapped_pages = second.swapped - first->swapped;
    if (first->throttles >= 0 && second.throttles >= first->throttles)
        activity.throttles = second.throttles - first->throttles;
    compare_processes(first, &second, &activity);
    free(second.processes);
    free(first->processes);
    free(take_watch->root);
    free(take_watch);
    *ret_activity = activity;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

double dcb_sysinfo_clock_cost(void)
{
    double runs[CLOCK_RUNS];

    for (int i = 0; i < CLOCK_RUNS; i++) {
        double start = now_s();

        for (int k = 0; k < CLOCK_READS; k++)
            now_s();
        runs[i] = (now_s() - start) * 1e9 / CLOCK_READS;
    }
    qsort(runs, CLOCK_RUNS, sizeof runs[0], by_size);
    return runs[CLOCK_RUNS / 2];
}
