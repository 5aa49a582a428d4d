/*
 * The mapping that a worker shares with the controller: where it is, and every block it
 * has timed. It is written while the worker runs, so that a worker that dies loses the
 * block it was in and nothing else. The controller believes nothing in it unchecked
 * (dcb_samples_valid_blocks): a workload's native code can write anywhere.
 */
#ifndef DCB_SAMPLES_H
#define DCB_SAMPLES_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct dcb_error;

enum {
    DCB_SAMPLES_MAGIC = 0x64636233,
    DCB_PMU_GROUP_MAX = 8, /* counters in one group, the anchor included */
    DCB_SOFTWARE_MAX = 4,  /* kernel events, live in every block */
    DCB_ARMS_MAX = 64,     /* arms of one worker */
    DCB_ARM_NONE = 0xffff
};

enum dcb_phase {
    DCB_PHASE_START,
    DCB_PHASE_LOAD_WORKLOAD,
    DCB_PHASE_LOAD_ARM,
    DCB_PHASE_CHECK,
    DCB_PHASE_CALIBRATE,
    DCB_PHASE_SETTLE,
    DCB_PHASE_WARM_UP,
    DCB_PHASE_TIME,
    DCB_PHASE_SIMULATE,
    DCB_PHASE_VERIFY,
    DCB_PHASE_MEMORY,
    DCB_PHASE_COMPARE,
    DCB_PHASE_DONE,
    DCB_PHASE_COUNT
};

enum {
    DCB_BLOCK_PMU_OK = 1,     /* the group ran all the time: its values count */
    DCB_BLOCK_SOFTWARE_OK = 2 /* the kernel events could be read */
};

struct dcb_block {
    uint32_t round;
    uint16_t arm;
    uint16_t group; /* which group of PMU counters was live */
    uint32_t flags;
    uint32_t involuntary; /* context switches of the thread within the block */
    uint32_t voluntary;
    uint32_t faults; /* page faults, minor and major, of the thread */
    uint64_t iterations;
    uint64_t wall_ns; /* CLOCK_MONOTONIC */
    uint64_t cpu_ns;  /* CLOCK_THREAD_CPUTIME_ID */
    uint64_t pmu[DCB_PMU_GROUP_MAX];
    uint64_t software[DCB_SOFTWARE_MAX];
};

struct dcb_samples {
    uint32_t magic;
    uint32_t capacity;      /* blocks */
    _Atomic uint32_t phase; /* enum dcb_phase */
    _Atomic uint32_t arm;   /* the arm in hand, or DCB_ARM_NONE */
    _Atomic uint64_t beats; /* grows with every step: the sign of life */
    _Atomic uint32_t count; /* blocks written so far */
    uint32_t padding;
    _Atomic uint64_t
        ready_ns; /* CLOCK_MONOTONIC when the first round began; 0: not yet */
    /* Verify, for the progress alone: the battery in hand, its cases, those begun. */
    _Atomic uint32_t battery, cases, begun;
    uint32_t more_padding;
    struct dcb_block blocks[];
};

/* Makes a mapping with room for `capacity` blocks in an anonymous file. The caller closes
 * the descriptor (close on exec) and unmaps with dcb_samples_unmap. */
struct dcb_samples *dcb_samples_new(uint32_t capacity, int *ret_fd,
                                    struct dcb_error *err);

void dcb_samples_close(int fd); /* the descriptor; the mapping stays */

/* The worker's side: maps what `fd` holds; a child of fork does not see the mapping. */
struct dcb_samples *dcb_samples_map(int fd, struct dcb_error *err);

/* `capacity` as given to dcb_samples_new: the mapping's own word is not believed. NULL is
 * fine. */
void dcb_samples_unmap(struct dcb_samples *samples, uint32_t capacity);

/* Tells the controller what comes next. `arm` may be DCB_ARM_NONE. */
static inline void dcb_samples_mark(struct dcb_samples *samples, enum dcb_phase phase,
                                    uint32_t arm)
{
    atomic_store_explicit(&samples->arm, arm, memory_order_relaxed);
    atomic_store_explicit(&samples->phase, (uint32_t)phase, memory_order_relaxed);
    atomic_fetch_add_explicit(&samples->beats, 1, memory_order_release);
}

/* What the worker was doing, for a message: "timing", "checking the copy of", ... */
const char *dcb_phase_text(enum dcb_phase phase);

/*
 * How many blocks from the start are sound: the arm below `arms`, iterations and time
 * above 0, no block longer than `elapsed_ns` (the worker's whole life), no more than an
 * iteration a nanosecond, rounds never falling. What comes behind the first unsound block
 * is not believed either; *ret_sound is 0 where there was one. `capacity` is the
 * controller's own, not the mapping's.
 */
uint32_t dcb_samples_valid_blocks(const struct dcb_samples *samples, uint32_t capacity,
                                  uint32_t arms, uint64_t elapsed_ns, int *ret_sound);

#endif
