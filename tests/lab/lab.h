/* What the tests of the PMU lab share: a piece of code of known length, and the events
 * that QEMU counts. Include behind cmocka.h. */
#ifndef TESTS_LAB_H
#define TESTS_LAB_H

#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "counters.h"
#include "unit.h"

/* Arm ARM, "PMU events": the architecture's numbers. */
enum {
    LAB_L1D_CACHE = 0x04,
    LAB_INST_RETIRED = 0x08,
    LAB_CPU_CYCLES = 0x11,
    LAB_BR_RETIRED = 0x21
};

/* What each of QEMU's models has, besides the cycle counter. */
enum { LAB_COUNTERS = 6 };

/* Two instructions an iteration; `count` is above 0. */
enum { LAB_LOOP_LENGTH = 2 };

static inline void lab_loop(uint64_t count)
{
    __asm__ volatile("1:\n\tsubs %0, %0, #1\n\tb.ne 1b" : "+r"(count) : : "cc");
}

static inline struct dcb_event lab_event(const char *name, uint32_t type, uint64_t config)
{
    struct dcb_event event = {.software = type == PERF_TYPE_SOFTWARE,
                              .type = type,
                              .config = config,
                              .user_only = type != PERF_TYPE_SOFTWARE};

    snprintf(event.name, sizeof event.name, "%s", name);
    return event;
}

static inline struct dcb_event lab_instructions(void)
{
    return lab_event("instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS);
}

static inline struct dcb_event lab_cycles(void)
{
    return lab_event("cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES);
}

/* One block around the loop, as the worker takes it. The same instructions for every
 * caller: a copy made for a constant would have one less. */
__attribute__((noinline, noclone, unused)) static struct dcb_block
lab_measure(struct dcb_counters *counters, uint64_t count)
{
    struct dcb_counter_reading before, after;
    struct dcb_block block = {.flags = 0};

    dcb_counters_read(counters, &before);
    lab_loop(count);
    dcb_counters_read(counters, &after);
    dcb_counters_difference(&before, &after, &block);
    return block;
}

/* What a block counts besides the loop: the way through the two readings. The first block
 * also pays for what is resolved once. */
static inline uint64_t lab_fixed_cost(struct dcb_counters *counters, size_t slot)
{
    lab_measure(counters, 1);
    return lab_measure(counters, 1).pmu[slot] - LAB_LOOP_LENGTH;
}

/* Writes a number to a file of /proc/sys/kernel. */
static inline void lab_sysctl(const char *name, int value)
{
    char *path = dcb_xasprintf("/proc/sys/kernel/%s", name);
    FILE *file = fopen(path, "w");

    if (!file)
        fail_msg("%s cannot be written", path);
    assert_true(fprintf(file, "%d\n", value) > 0);
    assert_int_equal(fclose(file), 0);
    free(path);
}

#endif
