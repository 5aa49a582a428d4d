#include "counters_private.h"

#include <stdio.h>

/* Reads that meet a change of the page so often meet something else. */
enum { READ_TRIES = 100 };

/* A counter of `width` bits is a signed number: the kernel starts it below 0 so that it
 * overflows in time, and puts the rest into the page's offset. */
static uint64_t widen(uint64_t value, unsigned width)
{
    unsigned shift = 64 - width;

    if (width == 0 || width >= 64)
        return value;
    return (uint64_t)((int64_t)(value << shift) >> shift);
}

/* The loop of <linux/perf_event.h>, struct perf_event_mmap_page. A thread reads its own
 * events, so the kernel writes the page on this CPU: only the compiler can get in
 * between, and `page` being volatile keeps it out. */
bool dcb_counters_read_page(const volatile struct perf_event_mmap_page *page,
                            uint64_t (*counter)(uint32_t index),
                            struct dcb_page_value *ret_value)
{
    for (int i = 0; i < READ_TRIES; i++) {
        uint32_t lock = page->lock, index = page->index;

        if (!page->cap_user_rdpmc || index == 0)
            return false;
        ret_value->idle = page->time_enabled - page->time_running;
        ret_value->count = (uint64_t)page->offset;
        ret_value->count += widen(counter(index), page->pmc_width);
        if (page->lock == lock)
            return true;
    }
    return false;
}

#if defined(__x86_64__)

uint64_t dcb_counters_read_counter(uint32_t index)
{
    uint32_t low, high;

    /* What comes before has been counted, what comes after has not. */
    __asm__ volatile("lfence\n\trdpmc\n\tlfence"
                     : "=a"(low), "=d"(high)
                     : "c"(index - 1)
                     : "memory");
    return (uint64_t)high << 32 | low;
}

#elif defined(__aarch64__)

/* A register's number is part of the instruction. */
#define CASE(n)                                                       \
    case n:                                                           \
        __asm__ volatile("mrs %0, pmevcntr" #n "_el0" : "=r"(value)); \
        break;

static uint64_t read_register(uint32_t number)
{
    uint64_t value = 0;

    switch (number) {
        CASE(0)
        CASE(1)
        CASE(2)
        CASE(3)
        CASE(4)
        CASE(5)
        CASE(6)
        CASE(7)
        CASE(8)
        CASE(9)
        CASE(10)
        CASE(11)
        CASE(12)
        CASE(13)
        CASE(14)
        CASE(15)
        CASE(16)
        CASE(17)
        CASE(18)
        CASE(19)
        CASE(20)
        CASE(21)
        CASE(22)
        CASE(23)
        CASE(24)
        CASE(25)
        CASE(26)
        CASE(27)
        CASE(28)
        CASE(29)
        CASE(30)
    case 31: /* index 32 is the cycle counter */
        __asm__ volatile("mrs %0, pmccntr_el0" : "=r"(value));
        break;
    default:
        break;
    }
    return value;
}

uint64_t dcb_counters_read_counter(uint32_t index)
{
    uint64_t value;

    __asm__ volatile("isb" : : : "memory");
    value = read_register(index - 1);
    __asm__ volatile("isb" : : : "memory");
    return value;
}

#else

uint64_t dcb_counters_read_counter(uint32_t index)
{
    (void)index;
    return 0;
}

#endif

bool dcb_counters_page_is_usable(const char *release)
{
    unsigned major = 0, minor = 0;

#if !defined(__x86_64__) && !defined(__aarch64__)
    return false;
#endif
    return sscanf(release, "%u.%u", &major, &minor) == 2 &&
           (major > 4 || (major == 4 && minor >= 13));
}

void dcb_counters_explain_page(const char *release, char *ret_text, size_t size)
{
#if defined(__aarch64__)
    if (dcb_counters_number("/proc/sys/kernel/perf_user_access", 0) == 0) {
        snprintf(ret_text, size,
                 "the kernel does not let user space read counters: "
                 "sudo sysctl kernel.perf_user_access=1");
        return;
    }
#elif defined(__x86_64__)
    if (dcb_counters_number("/sys/bus/event_source/devices/cpu/rdpmc", 1) == 0) {
        snprintf(ret_text, size,
                 "the kernel forbids rdpmc: write 1 to "
                 "/sys/bus/event_source/devices/cpu/rdpmc");
        return;
    }
#endif
    if (!dcb_counters_page_is_usable(release))
        snprintf(ret_text, size, "this CPU or kernel (%.40s) is not known to do it right",
                 release);
    else
        snprintf(ret_text, size, "the kernel offers none for these counters");
}
