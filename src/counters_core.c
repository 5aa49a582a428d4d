#include "counters_private.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

static const char devices[] = "/sys/bus/event_source/devices";

/* First line of a small file, without its end; "" where it cannot be read. */
static void first_line(const char *path, char *line, int size)
{
    FILE *file = fopen(path, "re");

    line[0] = '\0';
    if (!file)
        return;
    if (!fgets(line, size, file))
        line[0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    fclose(file);
}

long dcb_counters_number(const char *path, long otherwise)
{
    char line[64], *end;
    long number;

    first_line(path, line, sizeof line);
    number = strtol(line, &end, 10);
    return end == line ? otherwise : number;
}

static bool watched_by_seccomp(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    int mode = 0;

    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "Seccomp: %d", &mode) == 1)
            break;
    }
    if (file)
        fclose(file);
    return mode == 2; /* SECCOMP_MODE_FILTER */
}

void dcb_counters_gather_facts(struct dcb_counters_facts *ret_facts)
{
    struct dcb_core_pmu pmu;

    *ret_facts = (struct dcb_counters_facts){
        .paranoid = (int)dcb_counters_number("/proc/sys/kernel/perf_event_paranoid", -2),
        .nmi_watchdog = (int)dcb_counters_number("/proc/sys/kernel/nmi_watchdog", -1),
        .core_pmus = dcb_counters_core_pmus(devices, &pmu, 1),
        .seccomp = watched_by_seccomp(),
    };
}

/* ---- PMUs of CPU cores ---- */

/* As the drivers call them: one PMU "cpu" on x86, two on a hybrid; on arm64 one for each
 * kind of core, by the core's name. */
static bool is_core(const char *name)
{
    static const char *const exact[] = {"cpu", "cpu_core", "cpu_atom"};

    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        if (strcmp(name, exact[i]) == 0)
            return true;
    }
    return strncmp(name, "armv8_", 6) == 0 || strncmp(name, "armv9_", 6) == 0;
}

static int compare_names(const void *a, const void *b)
{
    const struct dcb_core_pmu *left = a, *right = b;

    return strcmp(right->name, left->name);
}

static bool read_pmu(const char *root, const char *name, struct dcb_core_pmu *pmu)
{
    char *path = dcb_xasprintf("%s/%s/type", root, name);
    long type = dcb_counters_number(path, -1);

    free(path);
    if (type < 0 || strlen(name) >= sizeof pmu->name)
        return false;
    *pmu = (struct dcb_core_pmu){.type = (uint32_t)type};
    memccpy(pmu->name, name, '\0', sizeof pmu->name);
    path = dcb_xasprintf("%s/%s/cpus", root, name);
    first_line(path, pmu->cpus, sizeof pmu->cpus);
    if (strlen(pmu->cpus) == sizeof pmu->cpus - 1) /* cut, it would be another list */
        pmu->cpus[0] = '\0';
    free(path);
    return true;
}

size_t dcb_counters_core_pmus(const char *root, struct dcb_core_pmu *ret_pmus, size_t max)
{
    DIR *folder = opendir(root);
    const struct dirent *entry;
    struct dcb_core_pmu *pmus = NULL;
    size_t count = 0, capacity = 0;

    if (!folder)
        return 0;
    while ((entry = readdir(folder))) {
        struct dcb_core_pmu pmu;

        if (!is_core(entry->d_name) || !read_pmu(root, entry->d_name, &pmu))
            continue;
        pmus = dcb_xgrow(pmus, count, &capacity, sizeof *pmus);
        pmus[count++] = pmu;
    }
    closedir(folder);
    /* By name, backwards: cpu_core is before cpu_atom so, and of Arm's cores that stand
     * in one machine the larger has the later name (a57 and a53, x1 and a78 and a55). */
    if (count)
        qsort(pmus, count, sizeof *pmus, compare_names);
    for (size_t i = 0; i < count && i < max; i++)
        ret_pmus[i] = pmus[i];
    free(pmus);
    return count;
}

void dcb_counters_bind(struct dcb_event *event, const struct dcb_core_pmu *pmu)
{
    size_t length = strlen(event->encoding);

    if (event->type != PERF_TYPE_HARDWARE && event->type != PERF_TYPE_HW_CACHE)
        return;
    event->config = (event->config & UINT32_MAX) | (uint64_t)pmu->type << 32;
    snprintf(event->encoding + length, sizeof event->encoding - length, " on %s",
             pmu->name);
}
