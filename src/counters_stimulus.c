#include "counters_private.h"

#include <sys/mman.h>
#include <unistd.h>

enum {
    LOOP_TURNS = 100000,
    BRANCHES = 65536,
    LINE_BYTES = 64, /* no cache line is shorter on x86-64 and arm64 */
    LINES_WALKED = 32768,
    PAGES = 16384, /* more than four times what the largest TLB holds */
    PAGE_WALKS = 2
};

#if defined(__x86_64__) || defined(__aarch64__)
/* Lines are thrown out of all caches, so the buffer need not be larger than them. */
static const size_t memory_bytes = 16u << 20;
#else
static const size_t memory_bytes = 64u << 20;
#endif

void dcb_counters_loop(uint64_t turns)
{
#if defined(__x86_64__)
    __asm__ volatile("1:\n\tdec %0\n\tjnz 1b" : "+r"(turns) : : "cc");
#elif defined(__aarch64__)
    __asm__ volatile("1:\n\tsubs %0, %0, #1\n\tb.ne 1b" : "+r"(turns) : : "cc");
#else
    while (turns--)
        __asm__ volatile("" : "+r"(turns));
#endif
}

/* Which way a branch goes is the top bit of a random number. The empty assembly keeps the
 * compiler from a move on condition. */
static void take_branches(void)
{
    uint64_t state = 0x9e3779b97f4a7c15u, sum = 0;

    for (int i = 0; i < BRANCHES; i++) {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        if ((state * 0x2545f4914f6cdd1du) >> 63)
            __asm__ volatile("" : "+r"(sum));
        else
            __asm__ volatile("" : "+r"(state));
    }
}

static void flush_line(const volatile char *line)
{
#if defined(__x86_64__)
    __asm__ volatile("clflush (%0)" : : "r"(line) : "memory");
#elif defined(__aarch64__)
    /* Linux lets user space do this (SCTLR_EL1.UCI). */
    __asm__ volatile("dc civac, %0" : : "r"(line) : "memory");
#else
    (void)line;
#endif
}

static void flush_barrier(void)
{
#if defined(__x86_64__)
    __asm__ volatile("mfence" : : : "memory");
#elif defined(__aarch64__)
    __asm__ volatile("dsb sy" : : : "memory");
#endif
}

/* The next place in an order that meets each of `count` (a power of two) once and that no
 * prefetcher guesses: a linear congruential generator of full period. What was read last
 * comes in, and is 0, so that one read waits for the other. */
static size_t next_place(size_t place, size_t count, char last)
{
    return (place * 1664525u + 1013904223u + (size_t)last) & (count - 1);
}

static int walk_lines(void)
{
    size_t lines = memory_bytes / LINE_BYTES, place = 0;
    volatile char *room =
        mmap(NULL, memory_bytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE, -1, 0);

    if (room == MAP_FAILED)
        return -1;
    for (int i = 0; i < LINES_WALKED; i++) {
        place = next_place(place, lines, 0);
        flush_line(room + place * LINE_BYTES);
    }
    flush_barrier();
    place = 0;
    for (int i = 0; i < LINES_WALKED; i++) {
        char last = room[place * LINE_BYTES];

        place = next_place(place, lines, last);
    }
    return munmap((void *)(uintptr_t)room, memory_bytes);
}

/* Pages that are only read are all one page of zeros: they fill the TLB and no memory. */
static int walk_pages(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), place = 0, size = PAGES * page;
    volatile const char *room =
        mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (room == MAP_FAILED)
        return -1;
    /* Not every kernel is built with huge pages: then there is nothing to forbid. */
    (void)madvise((void *)(uintptr_t)room, size, MADV_NOHUGEPAGE);
    for (int i = 0; i < PAGES * (1 + PAGE_WALKS); i++) {
        char last = room[place * page];

        place = next_place(place, PAGES, last);
    }
    return munmap((void *)(uintptr_t)room, size);
}

int dcb_counters_stimulate(enum dcb_stimulus stimulus)
{
    switch (stimulus) {
    case DCB_STIMULUS_LOOP:
        dcb_counters_loop(LOOP_TURNS);
        return 0;
    case DCB_STIMULUS_BRANCHES:
        take_branches();
        return 0;
    case DCB_STIMULUS_MEMORY:
        return walk_lines();
    case DCB_STIMULUS_PAGES:
        return walk_pages();
    case DCB_STIMULUS_NONE:
        break;
    }
    return 0;
}

uint64_t dcb_counters_least(enum dcb_stimulus stimulus)
{
    switch (stimulus) {
    case DCB_STIMULUS_LOOP:
        return LOOP_TURNS / 4;
    case DCB_STIMULUS_BRANCHES:
        return BRANCHES / 8;
    case DCB_STIMULUS_MEMORY:
        return LINES_WALKED / 4;
    case DCB_STIMULUS_PAGES:
        return PAGES * PAGE_WALKS / 4;
    case DCB_STIMULUS_NONE:
        break;
    }
    return 0;
}
