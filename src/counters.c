#include "counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "xalloc.h"

/* read_format of every group: perf_event_open(2), "Reading results". */
enum {
    GROUP_READ = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED |
                 PERF_FORMAT_TOTAL_TIME_RUNNING
};

struct group {
    int fds[DCB_PMU_GROUP_MAX]; /* [0] is the leader */
    size_t count;
};

struct dcb_counters {
    struct group *groups;
    size_t group_count, group_capacity;
    struct group software;
    size_t live; /* the enabled PMU group */
};

struct group_values {
    uint64_t count, enabled, running, values[DCB_PMU_GROUP_MAX];
};

static int open_event(const struct dcb_event *event, int leader, bool user_only)
{
    struct perf_event_attr attr = {
        .size = sizeof attr,
        .type = event->type,
        .config = event->config,
        .config1 = event->config1,
        .config2 = event->config2,
        .read_format = GROUP_READ,
        .disabled = leader < 0,
        .exclude_kernel = user_only,
        .exclude_hv = user_only,
    };

    return (int)syscall(SYS_perf_event_open, &attr, 0, -1, leader, PERF_FLAG_FD_CLOEXEC);
}

static int read_group(const struct group *group, struct group_values *values)
{
    ssize_t length = read(group->fds[0], values, sizeof *values);

    return length >= 24 && values->count == group->count ? 0 : -1;
}

static bool pmu_is_listed(void)
{
    return access("/sys/bus/event_source/devices/cpu", F_OK) == 0 ||
           access("/sys/bus/event_source/devices/cpu_core", F_OK) == 0 ||
           access("/sys/bus/event_source/devices/armv8_pmuv3", F_OK) == 0 ||
           access("/sys/bus/event_source/devices/armv8_pmuv3_0", F_OK) == 0;
}

static int paranoid_level(void)
{
    FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
    int level = -2;

    if (file) {
        if (fscanf(file, "%d", &level) != 1)
            level = -2;
        fclose(file);
    }
    return level;
}

/* errno of perf_event_open to what the user can do about it. */
static void explain(const struct dcb_event *event, int number, char *reason, size_t size)
{
    switch (number) {
    case ENOENT:
        if (!event->software && !pmu_is_listed())
            snprintf(reason, size, "this machine exposes no hardware counters");
        else
            snprintf(reason, size, "this CPU or kernel has no such event");
        break;
    case EACCES:
    case EPERM:
        snprintf(
            reason, size,
            "not permitted (kernel.perf_event_paranoid is %d; 1 or CAP_PERFMON would "
            "do, and a container's seccomp filter may forbid it)",
            paranoid_level());
        break;
    case ENOSYS:
        snprintf(reason, size, "this kernel is built without performance events");
        break;
    case EMFILE:
        snprintf(reason, size, "too many open files (raise 'ulimit -n')");
        break;
    case EBUSY:
        snprintf(reason, size, "another program has the PMU to itself");
        break;
    default:
        snprintf(reason, size, "perf_event_open: %s", strerror(number));
    }
}

/* Some work in user space, so that a counter has something to count. */
static uint64_t spin(void)
{
    volatile uint64_t sum = 0;

    for (int i = 0; i < 20000; i++)
        sum += (uint64_t)i;
    return sum;
}

/* Whether all of the group counts at once: running equals enabled over a short loop. */
static bool group_fits(const struct group *group)
{
    struct group_values before, after;
    bool fits;

    if (ioctl(group->fds[0], PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP) != 0)
        return false;
    fits = read_group(group, &before) == 0;
    spin();
    fits = fits && read_group(group, &after) == 0 && after.enabled > before.enabled &&
           after.enabled - before.enabled == after.running - before.running;
    ioctl(group->fds[0], PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
    return fits;
}

/* Adds the event to the group, if it opens there and the group still fits. */
static int try_group(struct group *group, size_t limit, const struct dcb_event *event,
                     bool user_only)
{
    int fd;

    if (group->count == limit) {
        errno = EINVAL;
        return -1;
    }
    fd = open_event(event, group->count ? group->fds[0] : -1, user_only);
    if (fd < 0)
        return -1;
    group->fds[group->count++] = fd;
    if (event->software || group_fits(group))
        return 0;
    group->count--;
    close(fd);
    errno = EINVAL;
    return -1;
}

static struct group *new_group(struct dcb_counters *counters)
{
    counters->groups = dcb_xgrow(counters->groups, counters->group_count,
                                 &counters->group_capacity, sizeof *counters->groups);
    counters->groups[counters->group_count] = (struct group){.count = 0};
    return &counters->groups[counters->group_count++];
}

static void open_software(struct dcb_counters *counters, const struct dcb_event *event,
                          struct dcb_counter_state *state)
{
    struct group *group = &counters->software;

    if (group->count == DCB_SOFTWARE_MAX) {
        snprintf(state->reason, sizeof state->reason,
                 "more than %d kernel events at once", DCB_SOFTWARE_MAX);
    } else if (try_group(group, DCB_SOFTWARE_MAX, event, event->user_only) == 0) {
        state->slot = (int)group->count - 1;
    } else {
        explain(event, errno, state->reason, sizeof state->reason);
    }
}

/* The PMU event goes to the first group that takes it, else to one of its own behind the
 * anchor. */
static void open_pmu(struct dcb_counters *counters, const struct dcb_event *event,
                     const struct dcb_event *anchor, struct dcb_counter_state *state)
{
    struct group *group = NULL;

    for (size_t i = 0; i < counters->group_count; i++) {
        group = &counters->groups[i];
        if (try_group(group, DCB_PMU_GROUP_MAX, event, true) == 0) {
            state->group = (int)i;
            state->slot = (int)group->count - 1;
            return;
        }
    }
    group = new_group(counters);
    if (anchor && anchor != event &&
        try_group(group, DCB_PMU_GROUP_MAX, anchor, true) != 0)
        anchor = NULL;
    if (try_group(group, DCB_PMU_GROUP_MAX, event, true) == 0) {
        state->group = (int)counters->group_count - 1;
        state->slot = (int)group->count - 1;
        return;
    }
    explain(event, errno, state->reason, sizeof state->reason);
    for (size_t i = 0; i < group->count; i++)
        close(group->fds[i]);
    counters->group_count--;
}

struct dcb_counters *dcb_counters_open(const struct dcb_event *events, size_t count,
                                       struct dcb_counter_state *states)
{
    struct dcb_counters *counters = dcb_xcalloc(1, sizeof *counters);
    const struct dcb_event *anchor = NULL;

    for (size_t i = 0; i < count; i++) {
        states[i] = (struct dcb_counter_state){.group = -1, .slot = -1};
        if (!events[i].software && strcmp(events[i].name, "instructions") == 0)
            anchor = &events[i];
    }
    for (size_t i = 0; i < count; i++) {
        if (events[i].software)
            open_software(counters, &events[i], &states[i]);
        else
            open_pmu(counters, &events[i], anchor, &states[i]);
    }
    return counters;
}

static void close_group(struct group *group)
{
    /* Members first: closing the leader would make each of them a group of its own. */
    while (group->count > 0)
        close(group->fds[--group->count]);
}

void dcb_counters_free(struct dcb_counters *counters)
{
    if (!counters)
        return;
    for (size_t i = 0; i < counters->group_count; i++)
        close_group(&counters->groups[i]);
    close_group(&counters->software);
    free(counters->groups);
    free(counters);
}

size_t dcb_counters_groups(const struct dcb_counters *counters)
{
    return counters ? counters->group_count : 0;
}

void dcb_counters_select(struct dcb_counters *counters, size_t group)
{
    if (!counters)
        return;
    if (counters->software.count)
        ioctl(counters->software.fds[0], PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
    if (!counters->group_count)
        return;
    ioctl(counters->groups[counters->live].fds[0], PERF_EVENT_IOC_DISABLE,
          PERF_IOC_FLAG_GROUP);
    counters->live = group % counters->group_count;
    ioctl(counters->groups[counters->live].fds[0], PERF_EVENT_IOC_ENABLE,
          PERF_IOC_FLAG_GROUP);
}

void dcb_counters_read(struct dcb_counters *counters, struct dcb_counter_reading *reading)
{
    struct group_values values = {.count = 0};

    reading->pmu_ok = reading->software_ok = false;
    if (!counters)
        return;
    if (counters->software.count && read_group(&counters->software, &values) == 0) {
        reading->software_ok = true;
        memcpy(reading->software, values.values, sizeof reading->software);
    }
    if (counters->group_count &&
        read_group(&counters->groups[counters->live], &values) == 0) {
        reading->pmu_ok = true;
        reading->idle = values.enabled - values.running;
        memcpy(reading->pmu, values.values, sizeof reading->pmu);
    }
}

void dcb_counters_difference(const struct dcb_counter_reading *before,
                             const struct dcb_counter_reading *after,
                             struct dcb_block *block)
{
    if (before->software_ok && after->software_ok) {
        block->flags |= DCB_BLOCK_SOFTWARE_OK;
        for (size_t i = 0; i < DCB_SOFTWARE_MAX; i++)
            block->software[i] = after->software[i] - before->software[i];
    }
    /* A group that did not run all the time would have to be scaled: not counted. */
    if (before->pmu_ok && after->pmu_ok && after->idle == before->idle) {
        block->flags |= DCB_BLOCK_PMU_OK;
        for (size_t i = 0; i < DCB_PMU_GROUP_MAX; i++)
            block->pmu[i] = after->pmu[i] - before->pmu[i];
    }
}
