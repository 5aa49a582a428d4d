/*
 * The parts of the counters module as they see each other, and the seam between them and
 * the kernel: a test puts a PMU of its own there (tests/unit/test_counters_groups.c).
 */
#ifndef DCB_COUNTERS_PRIVATE_H
#define DCB_COUNTERS_PRIVATE_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "counters.h"

/* ---- counters_errors.c: what went wrong, in words; pure ---- */

/* What decides about the words. */
struct dcb_counters_facts {
    int paranoid;     /* kernel.perf_event_paranoid; -2: not known */
    int nmi_watchdog; /* 1: it is on; -1: not known */
    size_t core_pmus; /* as the kernel lists them */
    bool seccomp;     /* a filter watches this process */
};

/* What can go wrong without an errno. */
enum dcb_counters_fault {
    DCB_FAULT_NO_COUNTER = -1, /* it opens, and never gets a counter to run on */
    DCB_FAULT_DEAD = -2        /* it runs, and counts less than was done */
};

/* Why `event` is not counted, with one thing to do about it. `fault`: an errno, or a
 * dcb_counters_fault. */
void dcb_counters_explain(const struct dcb_event *event, int fault,
                          const struct dcb_counters_facts *facts, char *ret_text,
                          size_t size);

/* ---- counters_stimulus.c: things to count ---- */

/* Instructions of one turn of the known loop; 0 where its code is the compiler's. */
#if defined(__x86_64__) || defined(__aarch64__)
enum { DCB_LOOP_INSTRUCTIONS = 2 };
#else
enum { DCB_LOOP_INSTRUCTIONS = 0 };
#endif

/* The known loop: DCB_LOOP_INSTRUCTIONS * turns instructions and a few that are the same
 * for any number; one taken branch a turn. `turns` above 0. */
void dcb_counters_loop(uint64_t turns);

/* Gives the event something to count, for up to some tens of milliseconds. -1 where
 * there is no memory for it. Does nothing for DCB_STIMULUS_NONE. */
int dcb_counters_stimulate(enum dcb_stimulus stimulus);

/* What a counter of such an event shows afterwards at the very least: a quarter of the
 * loop's turns (a CPU that takes two branches a cycle, at twice the speed of the clock
 * that is counted), a quarter of the branches that go either way (half of them are
 * missed), a quarter of the lines or pages (each of them is a miss). */
uint64_t dcb_counters_least(enum dcb_stimulus stimulus);

/* ---- counters_kernel.c: the kernel ---- */

/* Each as the system call of that name: -1 and errno. `leader` is -1 for a new group,
 * whose leader has a counter or none of the group has one (pinned). */
struct dcb_counters_kernel {
    int (*open)(struct perf_event_attr *attr, int leader);
    int (*control)(int fd, unsigned long request, void *argument);
    ssize_t (*read)(int fd, void *buffer, size_t size);
    int (*close)(int fd);
    /* The page of a counter that can be read in user space; NULL. */
    const struct perf_event_mmap_page *(*map)(int fd);
    void (*unmap)(const struct perf_event_mmap_page *page);
    /* What a hardware counter shows, by the page's index (above 0). */
    uint64_t (*counter)(uint32_t index);
    /* config1 of an event that is to be read in user space; 0 where nothing is to be
     * asked for. */
    uint64_t user_access;
    int (*stimulate)(enum dcb_stimulus stimulus);
    void (*loop)(uint64_t turns);
    void (*facts)(struct dcb_counters_facts *ret_facts);
};

/* The real one. user_access is this machine's. */
struct dcb_counters_kernel dcb_counters_linux(void);

/* ---- counters_page.c: reading without a system call ---- */

struct dcb_page_value {
    uint64_t count;
    uint64_t idle; /* enabled - running, as far as the page has it: it changes where the
                      event loses its counter, and only there */
};

/* False where the event is not on a counter now, or may not be read so. */
bool dcb_counters_read_page(const volatile struct perf_event_mmap_page *page,
                            uint64_t (*counter)(uint32_t index),
                            struct dcb_page_value *ret_value);

/* The hardware counter of a page's index, by rdpmc or PMEVCNTRn_EL0. */
uint64_t dcb_counters_read_counter(uint32_t index);

/* Whether this CPU has such an instruction, and this kernel (its `release`, as uname(2)
 * tells it) is new enough to be trusted with it. */
bool dcb_counters_page_is_usable(const char *release);

/* Why counters that work cannot be read so here, with one thing to do where there is one.
 * Asks /proc or /sys. */
void dcb_counters_explain_page(const char *release, char *ret_text, size_t size);

/* ---- counters_core.c: what /sys and /proc tell ---- */

long dcb_counters_number(const char *path, long otherwise); /* first number of a file */
void dcb_counters_gather_facts(struct dcb_counters_facts *ret_facts);

/* ---- counters.c: groups ---- */

enum { DCB_GROUP_ROOM = 16 };

struct dcb_group {
    int fds[DCB_GROUP_ROOM]; /* [0] is the leader */
    uint64_t ids[DCB_GROUP_ROOM];
    const struct perf_event_mmap_page *pages[DCB_GROUP_ROOM];
    size_t count;
    bool anchored;   /* the leader counts instructions */
    bool user_reads; /* all of them have a page that can be used */
};

/* What read(2) gives of a group: perf_event_open(2), "Reading results". */
struct dcb_group_values {
    uint64_t count, enabled, running;
    struct {
        uint64_t value, id;
    } members[DCB_GROUP_ROOM];
};

/* Opens the event as the leader of the group, or as a member. 0, or -1 and errno. */
int dcb_group_add(const struct dcb_counters_kernel *kernel, struct dcb_group *group,
                  const struct dcb_event *event);
void dcb_group_close(const struct dcb_counters_kernel *kernel, struct dcb_group *group);
int dcb_group_enable(const struct dcb_counters_kernel *kernel,
                     const struct dcb_group *group);
void dcb_group_disable(const struct dcb_counters_kernel *kernel,
                       const struct dcb_group *group);

/* 0 where all of it could be read; DCB_FAULT_NO_COUNTER where a pinned group has none. */
int dcb_group_read(const struct dcb_counters_kernel *kernel,
                   const struct dcb_group *group, struct dcb_group_values *values);

/* Gives every counter of the group its page, and sets user_reads where all have one. */
void dcb_group_map(const struct dcb_counters_kernel *kernel, struct dcb_group *group);

/* Whether the group counts all the time when nothing else of ours does. */
bool dcb_group_fits(const struct dcb_counters_kernel *kernel,
                    const struct dcb_group *group);

struct dcb_counters *dcb_counters_open_with(const struct dcb_counters_kernel *kernel,
                                            const struct dcb_event *events, size_t count,
                                            struct dcb_counter_state *states);

/* ---- counters_choose.c ---- */

int dcb_counters_choose_with(const struct dcb_counters_kernel *kernel,
                             struct dcb_event *candidates, size_t count, char *ret_reason,
                             size_t size);
void dcb_counters_probe_with(const struct dcb_counters_kernel *kernel,
                             const struct dcb_event *instructions,
                             struct dcb_counters_ability *ret_ability);

#endif
