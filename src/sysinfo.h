/* What machine this is, read from /proc and /sys. Fields that cannot be had are "" or -1.
 */
#ifndef DCB_SYSINFO_H
#define DCB_SYSINFO_H

#include <stdbool.h>
#include <stdint.h>

struct dcb_sysinfo {
    char cpu[128];            /* model name */
    char kernel[96];          /* "Linux 6.1.0-13-amd64" */
    char machine[32];         /* "x86_64" */
    char governor[32];        /* of CPU 0 */
    char date[32];            /* now, UTC, ISO 8601 */
    int cpus;                 /* that this process may use */
    int perf_event_paranoid;  /* -2: none */
    bool virtual_machine;     /* the CPU says that it is a guest */
    double load;              /* 1 minute average; -1 */
    uint64_t available_bytes; /* memory; 0 */
};

void dcb_sysinfo_read(struct dcb_sysinfo *info);

#endif
