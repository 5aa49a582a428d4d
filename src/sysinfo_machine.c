#include "sysinfo_machine.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpulist.h"
#include "sysinfo_file.h"
#include "sysinfo_place.h"

#define CPU_ROOT "/sys/devices/system/cpu"

enum { ADDR_NO_RANDOMIZE_BIT = 0x0040000 }; /* linux/personality.h */

/* ---- CPUs ---- */

struct cpu_walk {
    const char *root;
    struct dcb_machine *machine;
};

/* Adds the word to a list "a, b" where it is not in it and still has room. */
static void add_word(char *list, size_t size, const char *word)
{
    size_t length = strlen(word), used = strlen(list);

    for (const char *at = strstr(list, word); at; at = strstr(at + 1, word)) {
        if ((at == list || at[-1] == ' ') && (!at[length] || at[length] == ','))
            return;
    }
    if (used + length + 3 <= size)
        snprintf(list + used, size - used, "%s%s", used ? ", " : "", word);
}

static void take_larger(int64_t *largest, int64_t value)
{
    if (value > *largest)
        *largest = value;
}

static void read_cpu(int cpu, void *context)
{
    const struct cpu_walk *walk = context;
    struct dcb_machine *machine = walk->machine;
    char line[96];
    int64_t count;

    if (dcb_sysinfo_line(walk->root, line, sizeof line,
                         CPU_ROOT "/cpu%d/topology/thread_siblings_list", cpu)) {
        if (machine->smt_threads < 0)
            machine->smt_threads = 0;
        machine->smt_threads += dcb_cpulist_walk(line, NULL, NULL) > 1;
    }
    if (dcb_sysinfo_line(walk->root, line, 32, CPU_ROOT "/cpu%d/cpufreq/scaling_governor",
                         cpu) &&
        line[0])
        add_word(machine->governors, sizeof machine->governors, line);
    if (!machine->driver[0])
        dcb_sysinfo_line(walk->root, machine->driver, sizeof machine->driver,
                         CPU_ROOT "/cpu%d/cpufreq/scaling_driver", cpu);
    if (dcb_sysinfo_number(walk->root, &count,
                           CPU_ROOT "/cpu%d/thermal_throttle/core_throttle_count", cpu))
        take_larger(&machine->core_throttles, count);
    if (dcb_sysinfo_number(walk->root, &count,
                           CPU_ROOT "/cpu%d/thermal_throttle/package_throttle_count",
                           cpu))
        take_larger(&machine->package_throttles, count);
}

/* intel_pstate says "no turbo", every other driver "boost"
 * (Documentation/admin-guide/pm).
 */
static void read_turbo(const char *root, struct dcb_machine *machine)
{
    static const struct {
        const char *path;
        int64_t on;
    } switches[] = {{CPU_ROOT "/intel_pstate/no_turbo", 0},
                    {CPU_ROOT "/cpufreq/boost", 1}};

    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        int64_t value;

        if (!dcb_sysinfo_number(root, &value, "%s", switches[i].path))
            continue;
        machine->turbo = value == switches[i].on;
        snprintf(machine->turbo_path, sizeof machine->turbo_path, "%s", switches[i].path);
        return;
    }
}

static int count_cpus(const char *root, const char *name)
{
    char list[1024];

    return dcb_sysinfo_line(root, list, sizeof list, CPU_ROOT "/%s", name) && list[0]
               ? dcb_cpulist_walk(list, NULL, NULL)
               : -1;
}

static void read_cpus(const char *root, struct dcb_machine *machine)
{
    struct cpu_walk walk = {.root = root, .machine = machine};
    char online[1024];

    machine->cpus_present = count_cpus(root, "present");
    machine->cpus_online = count_cpus(root, "online");
    dcb_sysinfo_line(root, machine->isolated_list, sizeof machine->isolated_list,
                     CPU_ROOT "/isolated");
    if (dcb_sysinfo_line(root, online, sizeof online, CPU_ROOT "/online"))
        dcb_cpulist_walk(online, read_cpu, &walk);
    read_turbo(root, machine);
    dcb_sysinfo_line(root, machine->clocksource, sizeof machine->clocksource,
                     "/sys/devices/system/clocksource/clocksource0/current_clocksource");
}

/* ---- memory ---- */

static int64_t kilobytes(const char *text, const char *key)
{
    int64_t value = dcb_sysinfo_field(text, key);

    return value < 0 ? -1 : value * 1024;
}

static void read_memory(const char *root, struct dcb_machine *machine)
{
    char *text = dcb_sysinfo_text(root, "/proc/meminfo");

    machine->memory_bytes = kilobytes(text, "MemTotal:");
    machine->available_bytes = kilobytes(text, "MemAvailable:");
    machine->swap_bytes = kilobytes(text, "SwapTotal:");
    machine->swap_free_bytes = kilobytes(text, "SwapFree:");
    free(text);
}

/* ---- the kernel and this process ---- */

/* perf asks for the capability in the first user namespace, which alone maps every id to
 * itself (user_namespaces(7)). */
static int read_privilege(const char *root, const char *status)
{
    const char *line = status ? strstr(status, "\nCapEff:") : NULL;
    char map[96];
    unsigned long long inside, outside, count, sets;

    if (!line || sscanf(line, " CapEff: %llx", &sets) != 1)
        return -1;
    if (!(sets >> DCB_CAP_PERFMON & 1) && !(sets >> DCB_CAP_SYS_ADMIN & 1))
        return 0;
    if (!dcb_sysinfo_line(root, map, sizeof map, "/proc/self/uid_map") ||
        sscanf(map, "%llu %llu %llu", &inside, &outside, &count) != 3)
        return -1;
    return inside == 0 && outside == 0 && count == UINT32_MAX;
}

static void read_allowed(const char *status, struct dcb_machine *machine)
{
    static const char key[] = "\nCpus_allowed_list:";
    const char *line = status ? strstr(status, key) : NULL;
    char list[1024];

    if (!line)
        return;
    line += strlen(key);
    line += strspn(line, " \t");
    snprintf(list, sizeof list, "%.*s", (int)strcspn(line, "\n"), line);
    machine->cpus_allowed = dcb_cpulist_walk(list, NULL, NULL);
    snprintf(machine->allowed_list, sizeof machine->allowed_list, "%.95s", list);
}

static void read_process(const char *root, struct dcb_machine *machine)
{
    char *status = dcb_sysinfo_text(root, "/proc/self/status");
    char line[64], *end;
    int64_t value;

    if (dcb_sysinfo_number(root, &value, "/proc/sys/kernel/randomize_va_space"))
        machine->randomize_va_space = (int)value;
    if (dcb_sysinfo_number(root, &value, "/proc/sys/kernel/nmi_watchdog"))
        machine->nmi_watchdog = value != 0;
    if (dcb_sysinfo_line(root, line, sizeof line, "/proc/self/personality") && line[0])
        machine->layout_fixed = (strtoul(line, NULL, 16) & ADDR_NO_RANDOMIZE_BIT) != 0;
    if (dcb_sysinfo_line(root, line, sizeof line, "/proc/loadavg")) {
        double load = strtod(line, &end);

        machine->load = end == line ? (double)NAN : load;
    }
    machine->privileged = read_privilege(root, status);
    read_allowed(status, machine);
    free(status);
}

/* ---- power ---- */

/* A battery of a mouse or a phone has the scope Device (sysfs-class-power). */
static void read_supply(const char *root, const char *name, bool *mains, bool *mains_on,
                        bool *battery, bool *discharging)
{
    char type[32], text[32];
    int64_t online;

    if (!dcb_sysinfo_line(root, type, sizeof type, "/sys/class/power_supply/%s/type",
                          name))
        return;
    dcb_sysinfo_line(root, text, sizeof text, "/sys/class/power_supply/%s/scope", name);
    if (strcmp(text, "Device") == 0)
        return;
    if (strcmp(type, "Battery") == 0) {
        *battery = true;
        dcb_sysinfo_line(root, text, sizeof text, "/sys/class/power_supply/%s/status",
                         name);
        *discharging = *discharging || strcmp(text, "Discharging") == 0;
    } else if (dcb_sysinfo_number(root, &online, "/sys/class/power_supply/%s/online",
                                  name)) {
        *mains = true;
        *mains_on = *mains_on || online > 0;
    }
}

static enum dcb_power read_power(const char *root)
{
    bool mains = false, mains_on = false, battery = false, discharging = false;
    char path[PATH_MAX];
    const struct dirent *entry;
    DIR *dir;

    if (snprintf(path, sizeof path, "%s/sys/class/power_supply", root) >=
        (int)sizeof path)
        return DCB_POWER_UNKNOWN;
    dir = opendir(path);
    if (!dir)
        return DCB_POWER_UNKNOWN;
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] != '.')
            read_supply(root, entry->d_name, &mains, &mains_on, &battery, &discharging);
    }
    closedir(dir);
    if (!battery)
        return DCB_POWER_NO_BATTERY;
    if (mains_on)
        return DCB_POWER_MAINS;
    return mains || discharging ? DCB_POWER_BATTERY : DCB_POWER_UNKNOWN;
}

void dcb_sysinfo_read_machine(const char *root, struct dcb_machine *ret_machine)
{
    *ret_machine = (struct dcb_machine){
        .cpus_present = -1,
        .cpus_online = -1,
        .cpus_allowed = -1,
        .smt_threads = -1,
        .turbo = -1,
        .core_throttles = -1,
        .package_throttles = -1,
        .randomize_va_space = -1,
        .layout_fixed = -1,
        .nmi_watchdog = -1,
        .privileged = -1,
        .load = (double)NAN,
    };
    read_cpus(root, ret_machine);
    read_memory(root, ret_machine);
    read_process(root, ret_machine);
    dcb_sysinfo_read_place(root, ret_machine);
    ret_machine->power = read_power(root);
}
