#include "sysinfo.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "sysinfo_file.h"

static void read_cpuinfo(struct dcb_sysinfo *info)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char *line = NULL;
    size_t size = 0;

    while (file && getline(&line, &size, file) > 0) {
        const char *value = strchr(line, ':');

        if (!value)
            continue;
        if (strncmp(line, "flags", 5) == 0 && strstr(value, " hypervisor"))
            info->virtual_machine = true;
        if (strncmp(line, "model name", 10) == 0 && !info->cpu[0])
            snprintf(info->cpu, sizeof info->cpu, "%.*s", (int)strcspn(value + 2, "\n"),
                     value + 2);
    }
    free(line);
    if (file)
        fclose(file);
}

static uint64_t available_memory(void)
{
    FILE *file = fopen("/proc/meminfo", "re");
    char line[128];
    unsigned long long kilobytes = 0;

    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "MemAvailable: %llu kB", &kilobytes) == 1)
            break;
    }
    if (file)
        fclose(file);
    return kilobytes * 1024;
}

void dcb_sysinfo_read(struct dcb_sysinfo *info)
{
    struct utsname name;
    cpu_set_t cpus;
    char line[64];
    time_t now = time(NULL);
    struct tm utc;

    *info = (struct dcb_sysinfo){.perf_event_paranoid = -2, .load = -1};
    read_cpuinfo(info);
    if (uname(&name) == 0) {
        snprintf(info->kernel, sizeof info->kernel, "%.20s %.70s", name.sysname,
                 name.release);
        snprintf(info->machine, sizeof info->machine, "%.31s", name.machine);
    }
    if (!info->cpu[0])
        snprintf(info->cpu, sizeof info->cpu, "%s CPU", info->machine);
    /* More CPUs than the set has room for: all of them, then. */
    if (sched_getaffinity(0, sizeof cpus, &cpus) == 0)
        info->cpus = CPU_COUNT(&cpus);
    else
        info->cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
    dcb_sysinfo_line("", info->governor, sizeof info->governor,
                     "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    dcb_sysinfo_line("", line, sizeof line, "/proc/sys/kernel/perf_event_paranoid");
    if (line[0])
        info->perf_event_paranoid = atoi(line);
    dcb_sysinfo_line("", line, sizeof line, "/proc/loadavg");
    if (line[0])
        info->load = strtod(line, NULL);
    info->available_bytes = available_memory();
    if (gmtime_r(&now, &utc))
        strftime(info->date, sizeof info->date, "%Y-%m-%dT%H:%M:%SZ", &utc);
}
