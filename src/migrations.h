/*
 * How often the calling thread has moved from one CPU to another, where the kernel's
 * event cpu-migrations may not be counted: se.nr_migrations of /proc/thread-self/sched,
 * which any user may read. Both count the same moves (set_task_cpu in
 * kernel/sched/core.c). Only kernels with CONFIG_SCHED_DEBUG have the file.
 *
 * A reading costs some 5 us. But a thread moves only after it has left its CPU: so the
 * file is read only where the thread's context switches have changed since the last time.
 */
#ifndef DCB_MIGRATIONS_H
#define DCB_MIGRATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DCB_MIGRATIONS_FILE "/proc/thread-self/sched"

struct dcb_migrations {
    int fd; /* -1: closed */
    uint64_t switches, count;
    bool known; /* `count` is that at `switches` */
};

#define DCB_MIGRATIONS_INIT \
    {                       \
        .fd = -1            \
    }

/* Opens `path` (DCB_MIGRATIONS_FILE, or a test's) for the calling thread and reads it
 * once. -1 with the reason where there is no such number. Close it, whatever comes. */
int dcb_migrations_open(struct dcb_migrations *migrations, const char *path,
                        char *ret_reason, size_t size);
void dcb_migrations_close(struct dcb_migrations *migrations);

/* `switches`: ru_nvcsw + ru_nivcsw of getrusage(RUSAGE_THREAD), read just before. The
 * count since the thread began; false where it could not be read. */
bool dcb_migrations_read(struct dcb_migrations *migrations, uint64_t switches,
                         uint64_t *ret_count);

#endif
