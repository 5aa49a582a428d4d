#include "counters_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

/* read_format of every group: perf_event_open(2), "Reading results". */
enum {
    GROUP_READ = PERF_FORMAT_GROUP | PERF_FORMAT_ID | PERF_FORMAT_TOTAL_TIME_ENABLED |
                 PERF_FORMAT_TOTAL_TIME_RUNNING
};

enum {
    FIT_TURNS = 10000, /* some microseconds of the known loop */
    FIT_TRIES = 2      /* another program may hold a counter for a moment */
};

struct dcb_counters {
    struct dcb_counters_kernel kernel;
    struct dcb_group *groups;
    size_t group_count, group_capacity;
    struct dcb_group software;
    size_t live; /* the enabled PMU group */
    const struct dcb_event
        *anchor; /* while groups are made; NULL where it does not count */
};

/* ---- one group ---- */

static struct perf_event_attr attributes(const struct dcb_event *event, bool leads)
{
    return (struct perf_event_attr){
        .size = sizeof(struct perf_event_attr),
        .type = event->type,
        .config = event->config,
        .config1 = event->config1,
        .config2 = event->config2,
        .read_format = GROUP_READ,
        .disabled = leads,
        /* All or nothing, and before the groups of `perf stat` and its like, which are
         * not pinned: what counts is then not taken off in the middle of a block. A group
         * that gets no counters reads as 0 bytes until it is enabled again. */
        .pinned = leads && !event->software,
        .exclude_kernel = event->user_only || !event->software,
        .exclude_hv = event->user_only || !event->software,
    };
}

/* With the request to be read in user space, where that is to be had. */
static int open_event(const struct dcb_counters_kernel *kernel,
                      const struct dcb_event *event, int leader)
{
    struct perf_event_attr attr = attributes(event, leader < 0);
    int fd;

    if (kernel->user_access && !event->software) {
        attr.config1 |= kernel->user_access;
        fd = kernel->open(&attr, leader);
        if (fd >= 0 || (errno != EINVAL && errno != EOPNOTSUPP))
            return fd;
        attr = attributes(event, leader < 0);
    }
    return kernel->open(&attr, leader);
}

static void remove_last(const struct dcb_counters_kernel *kernel, struct dcb_group *group)
{
    size_t last = --group->count;
    int number = errno;

    if (group->pages[last])
        kernel->unmap(group->pages[last]);
    group->pages[last] = NULL;
    kernel->close(group->fds[last]);
    errno = number;
}

int dcb_group_add(const struct dcb_counters_kernel *kernel, struct dcb_group *group,
                  const struct dcb_event *event)
{
    size_t place = group->count;
    int fd;

    if (place == DCB_GROUP_ROOM) {
        errno = EINVAL;
        return -1;
    }
    fd = open_event(kernel, event, place ? group->fds[0] : -1);
    if (fd < 0)
        return -1;
    group->fds[place] = fd;
    group->pages[place] = NULL;
    group->count++;
    if (kernel->control(fd, PERF_EVENT_IOC_ID, &group->ids[place]) != 0) {
        remove_last(kernel, group);
        return -1;
    }
    return 0;
}

void dcb_group_close(const struct dcb_counters_kernel *kernel, struct dcb_group *group)
{
    /* Members first: closing the leader would make each of them a group of its own. */
    while (group->count > 0)
        remove_last(kernel, group);
}

/* Members are always enabled: they follow their leader. */
int dcb_group_enable(const struct dcb_counters_kernel *kernel,
                     const struct dcb_group *group)
{
    return kernel->control(group->fds[0], PERF_EVENT_IOC_ENABLE, NULL);
}

void dcb_group_disable(const struct dcb_counters_kernel *kernel,
                       const struct dcb_group *group)
{
    /* It cannot fail for a descriptor that perf_event_open gave. */
    (void)kernel->control(group->fds[0], PERF_EVENT_IOC_DISABLE, NULL);
}

int dcb_group_read(const struct dcb_counters_kernel *kernel,
                   const struct dcb_group *group, struct dcb_group_values *values)
{
    size_t expected = offsetof(struct dcb_group_values, members) +
                      group->count * sizeof values->members[0];
    ssize_t length = kernel->read(group->fds[0], values, sizeof *values);

    if (length == 0)
        return DCB_FAULT_NO_COUNTER;
    if (length < 0)
        return errno;
    if ((size_t)length != expected || values->count != group->count)
        return EIO;
    for (size_t i = 0; i < group->count; i++) {
        if (values->members[i].id != group->ids[i])
            return EIO;
    }
    return 0;
}

void dcb_group_map(const struct dcb_counters_kernel *kernel, struct dcb_group *group)
{
    group->user_reads = kernel->map != NULL;
    for (size_t i = 0; i < group->count && group->user_reads; i++) {
        group->pages[i] = kernel->map(group->fds[i]);
        group->user_reads = group->pages[i] && group->pages[i]->cap_user_rdpmc;
    }
}

static bool runs_all_the_time(const struct dcb_counters_kernel *kernel,
                              const struct dcb_group *group)
{
    struct dcb_group_values before, after;

    if (dcb_group_read(kernel, group, &before) != 0)
        return false;
    kernel->loop(FIT_TURNS);
    return dcb_group_read(kernel, group, &after) == 0 && after.enabled > before.enabled &&
           after.enabled - before.enabled == after.running - before.running;
}

bool dcb_group_fits(const struct dcb_counters_kernel *kernel,
                    const struct dcb_group *group)
{
    bool fits = false;

    for (int i = 0; i < FIT_TRIES && !fits; i++) {
        fits = dcb_group_enable(kernel, group) == 0 && runs_all_the_time(kernel, group);
        dcb_group_disable(kernel, group);
    }
    return fits;
}

/* ---- sorting events into groups ---- */

/* Adds the event to a PMU group, if it opens there and the group still fits. 0, or what
 * dcb_counters_explain takes. */
static int try_group(const struct dcb_counters_kernel *kernel, struct dcb_group *group,
                     const struct dcb_event *event)
{
    if (group->count == DCB_PMU_GROUP_MAX)
        return DCB_FAULT_NO_COUNTER;
    if (dcb_group_add(kernel, group, event) != 0)
        return errno;
    if (dcb_group_fits(kernel, group))
        return 0;
    remove_last(kernel, group);
    return DCB_FAULT_NO_COUNTER;
}

/* Whether another group may take what this one did not. */
static bool is_about_the_group(int fault)
{
    return fault == DCB_FAULT_NO_COUNTER || fault == EINVAL || fault == EBUSY ||
           fault == ENOSPC;
}

static struct dcb_group *new_group(struct dcb_counters *counters)
{
    counters->groups = dcb_xgrow(counters->groups, counters->group_count,
                                 &counters->group_capacity, sizeof *counters->groups);
    counters->groups[counters->group_count] = (struct dcb_group){.count = 0};
    return &counters->groups[counters->group_count++];
}

static void drop_group(struct dcb_counters *counters)
{
    dcb_group_close(&counters->kernel, &counters->groups[--counters->group_count]);
}

static void set_reason(const struct dcb_counters *counters, const struct dcb_event *event,
                       int fault, struct dcb_counter_state *state)
{
    struct dcb_counters_facts facts;

    counters->kernel.facts(&facts);
    dcb_counters_explain(event, fault, &facts, state->reason, sizeof state->reason);
}

static void open_software(struct dcb_counters *counters, const struct dcb_event *event,
                          struct dcb_counter_state *state)
{
    struct dcb_group *group = &counters->software;

    if (group->count == DCB_SOFTWARE_MAX)
        snprintf(state->reason, sizeof state->reason,
                 "more than %d kernel events at once: ask for fewer (--events)",
                 DCB_SOFTWARE_MAX);
    else if (dcb_group_add(&counters->kernel, group, event) == 0)
        state->slot = (int)group->count - 1;
    else
        set_reason(counters, event, errno, state);
}

/* A new group with just this event. */
static int open_alone(struct dcb_counters *counters, const struct dcb_event *event)
{
    int fault = try_group(&counters->kernel, new_group(counters), event);

    if (fault != 0)
        drop_group(counters);
    return fault;
}

/* A new group for the event, behind the anchor; where the two do not go together, alone.
 */
static int open_new_group(struct dcb_counters *counters, const struct dcb_event *event)
{
    int fault;

    if (counters->anchor && open_alone(counters, counters->anchor) == 0) {
        struct dcb_group *group = &counters->groups[counters->group_count - 1];

        group->anchored = true;
        fault = try_group(&counters->kernel, group, event);
        if (fault == 0)
            return 0;
        drop_group(counters);
        if (!is_about_the_group(fault))
            return fault;
    }
    return open_alone(counters, event);
}

/* The PMU event goes to the first group that takes it, else to a new one. */
static void open_pmu(struct dcb_counters *counters, const struct dcb_event *event,
                     struct dcb_counter_state *state)
{
    int fault = DCB_FAULT_NO_COUNTER;
    size_t i = 0;

    for (; i < counters->group_count; i++) {
        struct dcb_group *group = &counters->groups[i];

        /* A group without the anchor is one event that does not go with it. */
        if (counters->anchor && !group->anchored)
            continue;
        fault = try_group(&counters->kernel, group, event);
        if (!is_about_the_group(fault))
            break;
    }
    if (is_about_the_group(fault))
        fault = open_new_group(counters, event);
    if (fault != 0) {
        set_reason(counters, event, fault, state);
        return;
    }
    state->group = (int)i;
    state->slot = (int)counters->groups[i].count - 1;
    state->anchored = counters->groups[i].anchored;
}

/* The first group begins with the event named "instructions", whatever the order. Returns
 * its place among the events, or `count` where there is none. */
static size_t open_anchor(struct dcb_counters *counters, const struct dcb_event *events,
                          size_t count, struct dcb_counter_state *states)
{
    size_t place = 0;

    while (place < count &&
           (events[place].software || strcmp(events[place].name, "instructions") != 0))
        place++;
    if (place == count)
        return place;
    open_pmu(counters, &events[place], &states[place]);
    if (states[place].slot >= 0) {
        counters->anchor = &events[place];
        counters->groups[0].anchored = states[place].anchored = true;
    }
    return place;
}

struct dcb_counters *dcb_counters_open_with(const struct dcb_counters_kernel *kernel,
                                            const struct dcb_event *events, size_t count,
                                            struct dcb_counter_state *states)
{
    struct dcb_counters *counters = dcb_xcalloc(1, sizeof *counters);
    size_t anchor;

    counters->kernel = *kernel;
    for (size_t i = 0; i < count; i++)
        states[i] = (struct dcb_counter_state){.group = -1, .slot = -1};
    anchor = open_anchor(counters, events, count, states);
    for (size_t i = 0; i < count; i++) {
        if (events[i].software)
            open_software(counters, &events[i], &states[i]);
        else if (i != anchor)
            open_pmu(counters, &events[i], &states[i]);
    }
    counters->anchor = NULL; /* the caller's */
    for (size_t i = 0; i < counters->group_count; i++)
        dcb_group_map(kernel, &counters->groups[i]);
    return counters;
}

struct dcb_counters *dcb_counters_open(const struct dcb_event *events, size_t count,
                                       struct dcb_counter_state *states)
{
    struct dcb_counters_kernel kernel = dcb_counters_linux();

    return dcb_counters_open_with(&kernel, events, count, states);
}

void dcb_counters_free(struct dcb_counters *counters)
{
    if (!counters)
        return;
    for (size_t i = 0; i < counters->group_count; i++)
        dcb_group_close(&counters->kernel, &counters->groups[i]);
    dcb_group_close(&counters->kernel, &counters->software);
    free(counters->groups);
    free(counters);
}

size_t dcb_counters_groups(const struct dcb_counters *counters)
{
    return counters ? counters->group_count : 0;
}

bool dcb_counters_user_reads(const struct dcb_counters *counters)
{
    size_t count = dcb_counters_groups(counters);

    for (size_t i = 0; i < count; i++) {
        if (!counters->groups[i].user_reads)
            return false;
    }
    return count > 0;
}

/* ---- reading ---- */

void dcb_counters_select(struct dcb_counters *counters, size_t group)
{
    if (!counters)
        return;
    /* What cannot be enabled does not run: its blocks show that. */
    if (counters->software.count)
        (void)dcb_group_enable(&counters->kernel, &counters->software);
    if (!counters->group_count)
        return;
    dcb_group_disable(&counters->kernel, &counters->groups[counters->live]);
    counters->live = group % counters->group_count;
    (void)dcb_group_enable(&counters->kernel, &counters->groups[counters->live]);
}

static bool read_pages(const struct dcb_counters *counters, const struct dcb_group *group,
                       struct dcb_counter_reading *reading)
{
    struct dcb_page_value value;

    for (size_t i = 0; i < group->count; i++) {
        if (!dcb_counters_read_page(group->pages[i], counters->kernel.counter, &value))
            return false;
        reading->pmu[i] = value.count;
        if (i == 0)
            reading->idle = value.idle;
    }
    return true;
}

/* A reading of pages and one by read(2) may stand at the two edges of one block: both are
 * the count that the kernel keeps, and both times are its own. */
static bool read_pmu(const struct dcb_counters *counters, const struct dcb_group *group,
                     struct dcb_counter_reading *reading)
{
    struct dcb_group_values values;

    if (group->user_reads && read_pages(counters, group, reading))
        return true;
    if (dcb_group_read(&counters->kernel, group, &values) != 0)
        return false;
    reading->idle = values.enabled - values.running;
    for (size_t i = 0; i < group->count; i++)
        reading->pmu[i] = values.members[i].value;
    return true;
}

static bool read_software(const struct dcb_counters *counters,
                          struct dcb_counter_reading *reading)
{
    struct dcb_group_values values;

    if (dcb_group_read(&counters->kernel, &counters->software, &values) != 0)
        return false;
    for (size_t i = 0; i < counters->software.count; i++)
        reading->software[i] = values.members[i].value;
    return true;
}

void dcb_counters_read(struct dcb_counters *counters, struct dcb_counter_reading *reading)
{
    *reading = (struct dcb_counter_reading){.pmu_ok = false};
    if (!counters)
        return;
    if (counters->software.count)
        reading->software_ok = read_software(counters, reading);
    if (counters->group_count)
        reading->pmu_ok = read_pmu(counters, &counters->groups[counters->live], reading);
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
