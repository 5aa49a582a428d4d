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

#include "model.h"
#include "samples.h"

struct dcb_error;

enum { DCB_EVENTS_MAX = 64 };

/* What makes an event count, so that one that opens and stands still is found out. */
enum dcb_stimulus {
    DCB_STIMULUS_NONE,     /* nothing is known to move it: it stays unverified */
    DCB_STIMULUS_LOOP,     /* a loop of known length: instructions, cycles, branches */
    DCB_STIMULUS_BRANCHES, /* branches that cannot be predicted */
    DCB_STIMULUS_MEMORY,   /* a walk over lines that no cache holds */
    DCB_STIMULUS_PAGES     /* a walk over more pages than any TLB holds */
};

struct dcb_event {
    char name[64]; /* a row's name, or what the user wrote */
    bool software; /* counted by the kernel, not by a PMU */
    uint32_t type; /* of perf_event_attr, as the next three */
    uint64_t config, config1, config2;
    bool user_only;     /* what the encoding asks for; PMU events always are */
    char encoding[256]; /* the event string, and the type and config it stands for */
    char pmu[32]; /* libpfm4's name of the PMU: "perf", "skl", "amd64_fam19h_zen4" */
    enum dcb_quality quality; /* whether it counts what the row's name says */
    char counts[120];         /* what it counts in truth where that is not so; or "" */
    enum dcb_stimulus stimulus;
    bool verified; /* it has counted under its stimulus: dcb_counters_choose */
};

/* How the reason begins where the kernel exports no PMU of the CPU's cores. */
#define DCB_NO_PMU "this machine exposes no hardware counters"

struct dcb_counters;

/* What became of one event. */
struct dcb_counter_state {
    int group;     /* PMU group, or -1 */
    int slot;      /* place in dcb_block.pmu of its group or in .software; -1: not open */
    bool anchored; /* slot 0 of its group counts instructions */
    char reason[200]; /* why it is not counted; "" where it is */
};

/*
 * Which of `count` encodings of one row this machine takes: the first that opens, and
 * counts under its stimulus: at least a quarter of the loop's turns, the lines or the
 * pages, an eighth of the branches. Sets `verified` of those that have counted; a kernel
 * event, or one without a stimulus, only opens. Returns its index, or -1 with the reason
 * why none will do, of the candidate that came furthest. Takes up to 20 ms for each; the
 * thread must run on a CPU that the PMU belongs to.
 */
int dcb_counters_choose(struct dcb_event *candidates, size_t count, char *ret_reason,
                        size_t size);

/*
 * Opens what can be opened, disabled. `states` has `count` entries. Every group holds the
 * instructions counter in slot 0 as an anchor, where that can be had and the group holds
 * more; each is tried with a short loop, and an event that does not fit (running <
 * enabled, or an error of perf_event_open) goes to another group. Never fails as a whole:
 * what cannot be counted has its reason. The caller frees.
 */
struct dcb_counters *dcb_counters_open(const struct dcb_event *events, size_t count,
                                       struct dcb_counter_state *states);
void dcb_counters_free(struct dcb_counters *counters); /* NULL is fine */

size_t dcb_counters_groups(const struct dcb_counters *counters); /* PMU groups */

/* Whether all PMU counters are read without a system call: through the kernel's page and
 * rdpmc (x86), or PMEVCNTRn_EL0 (arm64). */
bool dcb_counters_user_reads(const struct dcb_counters *counters);

/* Makes one PMU group live and enables the kernel events; no error can come that the
 * blocks do not show. NULL is fine here and below. */
void dcb_counters_select(struct dcb_counters *counters, size_t group);

/* A block's edges. Values of `before` and `after` are differences taken by the caller
 * through dcb_counters_difference. */
struct dcb_counter_reading {
    uint64_t idle; /* enabled - running: the group did not stand still where this is the
                      same at both edges */
    uint64_t pmu[DCB_PMU_GROUP_MAX];
    uint64_t software[DCB_SOFTWARE_MAX];
    bool pmu_ok, software_ok;
};

void dcb_counters_read(struct dcb_counters *counters,
                       struct dcb_counter_reading *reading);
void dcb_counters_difference(const struct dcb_counter_reading *before,
                             const struct dcb_counter_reading *after,
                             struct dcb_block *block);

/* ---- what there is ---- */

/* The PMUs of CPU cores, as the kernel exports them. A hybrid machine has two. */
struct dcb_core_pmu {
    char name[32]; /* "cpu", "cpu_core", "armv8_cortex_a57" */
    uint32_t
        type; /* for perf_event_attr.type, and for bits 32 to 63 of a generic config */
    char cpus[128]; /* the CPUs it counts on, as the kernel lists them; "": all */
};

/* `root`: "/sys/bus/event_source/devices", or a test's. Returns how many there are, the
 * first `max` of them in `ret_pmus`: on a hybrid machine the performance cores first. */
size_t dcb_counters_core_pmus(const char *root, struct dcb_core_pmu *ret_pmus,
                              size_t max);

/*
 * Binds a generic event (PERF_TYPE_HARDWARE, PERF_TYPE_HW_CACHE) to one of the PMUs of a
 * hybrid machine, where it would count on the first of them alone otherwise; others stay
 * as they are. Only where there are two: kernels before 5.13 (x86) and 6.6 (arm64) know
 * no PMU type in bits 32 to 63 of config.
 */
void dcb_counters_bind(struct dcb_event *event, const struct dcb_core_pmu *pmu);

/* What the kernel lets this process count. */
struct dcb_counters_ability {
    bool hardware;         /* instructions open, and count under the known loop */
    char reason[200];      /* where they do not: why, with one thing to do about it */
    unsigned fit;          /* instructions counters that run at once, up to 16; 0: none */
    bool user_reads;       /* see dcb_counters_user_reads */
    char read_reason[120]; /* where not: why */
    uint64_t loop_counted, loop_expected; /* instructions of the known loop; exact where
                                             equal */
    bool kernel;                          /* kernel events count in the kernel too */
    int paranoid;                         /* kernel.perf_event_paranoid; -2: not known */
    bool seccomp;                         /* a seccomp filter watches this process */
    int nmi_watchdog; /* 1: it holds one counter of every CPU; -1: not known */
};

/* `instructions`: the event as dcb_events_candidates gives it. */
void dcb_counters_probe(const struct dcb_event *instructions,
                        struct dcb_counters_ability *ret_ability);

#endif
