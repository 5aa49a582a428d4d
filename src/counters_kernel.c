#include "counters_private.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* A call that signals interrupt so often is not worth going on with. */
enum { INTERRUPTED_TRIES = 5 };

static int open_counter(struct perf_event_attr *attr, int leader)
{
    int fd = -1;

    for (int i = 0; i < INTERRUPTED_TRIES; i++) {
        fd = (int)syscall(SYS_perf_event_open, attr, 0, -1, leader, PERF_FLAG_FD_CLOEXEC);
        /* An older kernel has written the size that it knows into the attributes. */
        if (fd >= 0 || (errno != EINTR && errno != E2BIG))
            break;
    }
    return fd;
}

static int control_counter(int fd, unsigned long request, void *argument)
{
    return ioctl(fd, request, argument);
}

static ssize_t read_counter(int fd, void *buffer, size_t size)
{
    ssize_t length = -1;

    for (int i = 0; i < INTERRUPTED_TRIES; i++) {
        length = read(fd, buffer, size);
        if (length >= 0 || errno != EINTR)
            break;
    }
    return length;
}

static const struct perf_event_mmap_page *map_page(int fd)
{
    void *page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, fd, 0);

    return page == MAP_FAILED ? NULL : page;
}

static void unmap_page(const struct perf_event_mmap_page *page)
{
    munmap((void *)(uintptr_t)page, (size_t)sysconf(_SC_PAGESIZE));
}

static uint64_t user_access(void)
{
#if defined(__aarch64__)
    /* config1 bit 1, "rdpmc": Documentation/arch/arm64/perf.rst. */
    if (dcb_counters_number("/proc/sys/kernel/perf_user_access", 0) == 1)
        return 2;
#endif
    return 0;
}

struct dcb_counters_kernel dcb_counters_linux(void)
{
    struct utsname system = {.release = ""};
    struct dcb_counters_kernel kernel = {
        .open = open_counter,
        .control = control_counter,
        .read = read_counter,
        .close = close,
        .unmap = unmap_page,
        .counter = dcb_counters_read_counter,
        .user_access = user_access(),
        .stimulate = dcb_counters_stimulate,
        .loop = dcb_counters_loop,
        .facts = dcb_counters_gather_facts,
    };

    if (uname(&system) == 0 && dcb_counters_page_is_usable(system.release))
        kernel.map = map_page;
    return kernel;
}
