#include "worker.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* Blocks without iterations, of which the least counts. */
enum { EMPTY_BLOCKS = 32 };

static uint64_t cpu_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What is read at one edge of a block. */
struct edge {
    struct rusage usage;
    struct dcb_counter_reading counters;
    uint64_t cpu_ns, migrations;
    bool migrations_ok;
};

static uint64_t switches_of(const struct rusage *usage)
{
    return (uint64_t)usage->ru_nvcsw + (uint64_t)usage->ru_nivcsw;
}

static void read_usage(struct worker_meter *meter, struct edge *edge)
{
    getrusage(RUSAGE_THREAD, &edge->usage);
    edge->migrations_ok = dcb_migrations_read(
        &meter->migrations, switches_of(&edge->usage), &edge->migrations);
}

/* One block between its edges. What is dearest to read is furthest from it. -1 where the
 * arm raised. */
static __attribute__((noinline)) int run_block(struct worker_meter *meter,
                                               struct worker_python *python, size_t arm,
                                               uint64_t iterations, struct edge *before,
                                               struct edge *after, uint64_t *ret_wall_ns)
{
    int rc;

    read_usage(meter, before);
    dcb_counters_read(meter->counters, &before->counters);
    before->cpu_ns = cpu_clock_ns();
    rc = worker_run_block(python, arm, iterations, ret_wall_ns);
    after->cpu_ns = cpu_clock_ns();
    dcb_counters_read(meter->counters, &after->counters);
    read_usage(meter, after);
    return rc;
}

/* Where the kernel's event cpu-migrations may not be counted, its own figure for users
 * takes the next place among the kernel events. */
static void replace_migrations(struct worker_meter *meter, const struct dcb_job *job,
                               struct dcb_counter_state *states)
{
    for (size_t i = 0; i < job->event_count; i++)
        meter->software += job->events[i].software && states[i].slot >= 0;
    for (size_t i = 0; i < job->event_count; i++) {
        struct dcb_counter_state *state = &states[i];
        size_t length = strlen(state->reason);
        char why[64];

        if (!job->events[i].software || state->slot >= 0 ||
            meter->software == DCB_SOFTWARE_MAX ||
            strcmp(job->events[i].name, "cpu-migrations") != 0)
            continue;
        if (dcb_migrations_open(&meter->migrations, DCB_MIGRATIONS_FILE, why,
                                sizeof why) != 0) {
            snprintf(state->reason + length, sizeof state->reason - length, "; and %s",
                     why);
            return;
        }
        state->reason[0] = '\0';
        state->slot = meter->migrations_slot = meter->software;
        return;
    }
}

/* The figure of the file, beside those of the events: all of them count or none. */
static void add_migrations(const struct worker_meter *meter, const struct edge *before,
                           const struct edge *after, struct dcb_block *block)
{
    bool others_ok = meter->software == 0 || (block->flags & DCB_BLOCK_SOFTWARE_OK);

    block->flags &= ~(uint32_t)DCB_BLOCK_SOFTWARE_OK;
    if (!others_ok || !before->migrations_ok || !after->migrations_ok)
        return;
    block->flags |= DCB_BLOCK_SOFTWARE_OK;
    block->software[meter->migrations_slot] = after->migrations - before->migrations;
}

/* What a block without iterations counts in each slot of a group: the least of some tens.
 * -1 where none of them counted all the time. */
static void measure_overhead(struct worker_meter *meter, struct worker_python *python,
                             size_t arm, size_t group, int64_t *ret_overhead)
{
    struct edge before, after;
    uint64_t wall_ns;

    for (size_t slot = 0; slot < DCB_PMU_GROUP_MAX; slot++)
        ret_overhead[slot] = -1;
    dcb_counters_select(meter->counters, group);
    for (int i = 0; i < EMPTY_BLOCKS; i++) {
        struct dcb_block block = {.flags = 0};

        if (run_block(meter, python, arm, 0, &before, &after, &wall_ns) != 0)
            return;
        dcb_counters_difference(&before.counters, &after.counters, &block);
        for (size_t slot = 0;
             (block.flags & DCB_BLOCK_PMU_OK) && slot < DCB_PMU_GROUP_MAX; slot++) {
            int64_t count = (int64_t)block.pmu[slot];

            if (ret_overhead[slot] < 0 || count < ret_overhead[slot])
                ret_overhead[slot] = count;
        }
    }
}

static void answer_events(const struct worker_meter *meter,
                          const struct worker_link *link, const struct dcb_job *job,
                          const struct dcb_counter_state *states,
                          int64_t (*overheads)[DCB_PMU_GROUP_MAX])
{
    char path[] = DCB_MIGRATIONS_FILE;
    char reason[sizeof states->reason];

    for (size_t i = 0; i < job->event_count; i++) {
        const struct dcb_counter_state *state = &states[i];
        bool software = job->events[i].software;
        bool counted = state->slot >= 0 && !software;

        memcpy(reason, state->reason, sizeof reason);
        worker_answer(
            link, &(struct dcb_answer){
                      .kind = DCB_ANSWER_EVENT,
                      .index = (uint32_t)i,
                      .message = *reason ? reason : NULL,
                      .software = software,
                      .group = state->group,
                      .slot = state->slot,
                      .anchored = state->anchored,
                      .user_reads = counted && dcb_counters_user_reads(meter->counters),
                      .overhead = counted ? overheads[state->group][state->slot] : -1,
                      .path = software && state->slot >= 0 &&
                                      state->slot == meter->migrations_slot
                                  ? path
                                  : NULL,
                  });
    }
}

void worker_meter_open(struct worker_meter *meter, const struct worker_link *link,
                       struct worker_python *python, const struct dcb_job *job,
                       size_t arm)
{
    struct dcb_counter_state states[DCB_EVENTS_MAX];
    int64_t overheads[DCB_EVENTS_MAX][DCB_PMU_GROUP_MAX];
    size_t groups;

    if (job->event_count == 0)
        return;
    meter->first = job->number;
    meter->counters = dcb_counters_open(job->events, job->event_count, states);
    replace_migrations(meter, job, states);
    groups = dcb_counters_groups(meter->counters);
    for (size_t group = 0; group < groups && group < DCB_EVENTS_MAX; group++)
        measure_overhead(meter, python, arm, group, overheads[group]);
    answer_events(meter, link, job, states, overheads);
}

void worker_meter_select(struct worker_meter *meter, uint32_t round)
{
    size_t groups = dcb_counters_groups(meter->counters);

    /* Few rounds of slow arms: the next worker goes on with another group. */
    meter->group = groups ? (meter->first + round) % groups : 0;
    dcb_counters_select(meter->counters, meter->group);
}

int worker_meter_block(struct worker_meter *meter, struct worker_python *python,
                       size_t arm, uint64_t iterations, struct dcb_block *ret_block)
{
    struct edge before, after;
    uint64_t wall_ns;

    if (run_block(meter, python, arm, iterations, &before, &after, &wall_ns) != 0)
        return -1;
    *ret_block = (struct dcb_block){
        .group = (uint16_t)meter->group,
        .involuntary = (uint32_t)(after.usage.ru_nivcsw - before.usage.ru_nivcsw),
        .voluntary = (uint32_t)(after.usage.ru_nvcsw - before.usage.ru_nvcsw),
        .faults = (uint32_t)(after.usage.ru_minflt + after.usage.ru_majflt -
                             before.usage.ru_minflt - before.usage.ru_majflt),
        .iterations = iterations,
        .wall_ns = wall_ns,
        .cpu_ns = after.cpu_ns - before.cpu_ns,
    };
    dcb_counters_difference(&before.counters, &after.counters, ret_block);
    if (meter->migrations_slot >= 0)
        add_migrations(meter, &before, &after, ret_block);
    return 0;
}
