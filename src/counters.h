/*
 * Counters of the calling thread through perf_event_open(2). Encodings come ready made
 * (events.h); here they are opened, sorted into groups that fit the PMU, and read at a
 * block's edges. Only user space is counted by PMU events; kernel (software) events are
 * counted in both where the caller may, since context switches and migrations happen in
 * the kernel and read 0 otherwise.
 */
#ifndef DCB_COUNTERS_H
#define DCB_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "samples.h"

struct dcb_error;

enum { DCB_EVENTS_MAX = 64 };

struct dcb_event {
    char name[64]; /* a row's name, or what the user wrote */
    bool software; /* counted by the kernel, not by a PMU */
    uint32_t type; /* of perf_event_attr, as the next three */
    uint64_t config, config1, config2;
    bool user_only;     /* what the encoding asks for; PMU events always are */
    char encoding[256]; /* the event string, and the type and config it stands for */
};

struct dcb_counters;

/* What became of one event. */
struct dcb_counter_state {
    int group; /* PMU group, or -1 */
    int slot;  /* place in dcb_block.pmu of its group or in .software; -1: not open */
    char reason[200]; /* why it is not counted; "" where it is */
};

/*
 * Opens what can be opened, disabled. `states` has `count` entries. Every group but an
 * only one holds the instructions counter as an anchor, where that can be had; each is
 * tried with a short loop, and an event that does not fit (running < enabled, or an error
 * of perf_event_open) goes to another group. Never fails as a whole: what cannot be
 * counted has its reason. The caller frees.
 */
struct dcb_counters *dcb_counters_open(const struct dcb_event *events, size_t count,
                                       struct dcb_counter_state *states);
void dcb_counters_free(struct dcb_counters *counters); /* NULL is fine */

size_t dcb_counters_groups(const struct dcb_counters *counters); /* PMU groups */

/* Makes one PMU group live and enables the kernel events; no error can come that the
 * blocks do not show. NULL is fine here and below. */
void dcb_counters_select(struct dcb_counters *counters, size_t group);

/* A block's edges. Values of `before` and `after` are differences taken by the caller
 * through dcb_counters_difference. */
struct dcb_counter_reading {
    uint64_t enabled, running;
    uint64_t pmu[DCB_PMU_GROUP_MAX];
    uint64_t software[DCB_SOFTWARE_MAX];
    bool pmu_ok, software_ok;
};

void dcb_counters_read(struct dcb_counters *counters,
                       struct dcb_counter_reading *reading);
void dcb_counters_difference(const struct dcb_counter_reading *before,
                             const struct dcb_counter_reading *after,
                             struct dcb_block *block);

#endif
