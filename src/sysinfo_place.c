#include "sysinfo_place.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sysinfo_file.h"
#include "sysinfo_machine.h"

/* ---- virtual machine ---- */

/* x86 alone has the flag: 1, 0, or -1 where there are no flags. */
static int hypervisor_flag(const char *root)
{
    char *text = dcb_sysinfo_text(root, "/proc/cpuinfo");
    const char *flags = text ? strstr(text, "\nflags") : NULL;
    const char *end = flags ? strchr(flags + 1, '\n') : NULL;
    const char *flag = flags ? strstr(flags, " hypervisor") : NULL;
    int found = !flags ? -1 : flag && (!end || flag < end);

    free(text);
    return found;
}

/* What the hypervisor calls itself in CPUID leaf 0x40000000; "" where it says nothing.
 * Only to be asked where the flag is set. */
static void ask_cpuid(char *name, size_t size)
{
    name[0] = '\0';
#if defined(__x86_64__) || defined(__i386__)
    static const struct {
        const char *signature, *name;
    } known[] = {{"KVMKVMKVM", "KVM"},         {"Microsoft Hv", "Hyper-V"},
                 {"VMwareVMware", "VMware"},   {"XenVMMXenVMM", "Xen"},
                 {"TCGTCGTCGTCG", "QEMU TCG"}, {"bhyve bhyve ", "bhyve"},
                 {"ACRNACRNACRN", "ACRN"},     {"VBoxVBoxVBox", "VirtualBox"}};
    unsigned words[4];
    char signature[13] = "";

    __cpuid(0x40000000, words[0], words[1], words[2], words[3]);
    memcpy(signature, words + 1, 12);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(signature, known[i].signature) == 0)
            snprintf(name, size, "%s", known[i].name);
    }
#else
    (void)size;
#endif
}

/* The firmware's words: "QEMU Standard PC (i440FX + PIIX, 1996)". */
static void read_firmware(const char *root, char *name, size_t size)
{
    char vendor[40], product[48];

    dcb_sysinfo_line(root, vendor, sizeof vendor, "/sys/class/dmi/id/sys_vendor");
    dcb_sysinfo_line(root, product, sizeof product, "/sys/class/dmi/id/product_name");
    snprintf(name, size, "%s%s%s", vendor, vendor[0] && product[0] ? " " : "", product);
}

/* Signs of a virtual machine where the CPU has no flag for it, as on arm64. */
static bool looks_virtual(const char *root, const char *firmware)
{
    static const char *const words[] = {"QEMU", "KVM", "Virtual Machine", "VMware",
                                        "VirtualBox"};
    char line[64];

    if (dcb_sysinfo_exists(root, "/proc/device-tree/hypervisor"))
        return true;
    dcb_sysinfo_line(root, line, sizeof line, "/proc/device-tree/compatible");
    if (strcmp(line, "linux,dummy-virt") == 0) /* what QEMU's board "virt" says it is */
        return true;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strstr(firmware, words[i]))
            return true;
    }
    return false;
}

static void read_guest(const char *root, struct dcb_machine *machine)
{
    char *name = machine->hypervisor, line[64];
    size_t size = sizeof machine->hypervisor;
    char firmware[sizeof machine->hypervisor];

    machine->guest = hypervisor_flag(root);
    read_firmware(root, firmware, sizeof firmware);
    if (machine->guest < 0 && looks_virtual(root, firmware))
        machine->guest = 1;
    if (dcb_sysinfo_line(root, line, sizeof line, "/sys/hypervisor/type") && line[0])
        machine->guest = 1;
    if (machine->guest != 1)
        return;
    if (line[0])
        snprintf(name, size, "%s", strcmp(line, "xen") == 0 ? "Xen" : line);
    else if (firmware[0])
        snprintf(name, size, "%s", firmware);
    else if (!root[0])
        ask_cpuid(name, size);
}

/* ---- container ---- */

static void set_container(struct dcb_machine *machine, const char *name, const char *sign)
{
    if (machine->container[0])
        return;
    snprintf(machine->container, sizeof machine->container, "%.47s", name);
    snprintf(machine->container_sign, sizeof machine->container_sign, "%s", sign);
}

/* systemd's convention: the first process of a container has `container` in its
 * environment (systemd.io/CONTAINER_INTERFACE); podman gives it to all. */
static void read_environ(const char *root, const char *path, struct dcb_machine *machine)
{
    static const char key[] = "container=";
    char *text = dcb_sysinfo_text(root, path);

    for (char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, strlen(key)) == 0) {
            char name[48];

            line += strlen(key);
            snprintf(name, sizeof name, "%.*s", (int)strcspn(line, "\n"), line);
            if (name[0])
                set_container(machine, name, path);
            break;
        }
    }
    free(text);
}

static void read_container(const char *root, struct dcb_machine *machine)
{
    static const struct {
        const char *path, *name;
    } signs[] = {
        {"/run/secrets/kubernetes.io", "Kubernetes"},
        {"/var/run/secrets/kubernetes.io", "Kubernetes"},
        {"/run/.containerenv", "Podman"},
        {"/.dockerenv", "Docker"},
    };
    char line[48];

    if (dcb_sysinfo_line(root, line, sizeof line, "/run/systemd/container") && line[0])
        set_container(machine, line, "/run/systemd/container");
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (dcb_sysinfo_exists(root, "%s", signs[i].path))
            set_container(machine, signs[i].name, signs[i].path);
    }
    read_environ(root, "/proc/self/environ", machine);
    read_environ(root, "/proc/1/environ", machine);
}

/* ---- limits of the cgroup ---- */

/* One way in which the CPU controller may be mounted. */
struct hierarchy {
    const char *mount;
    bool unified; /* version 2: cpu.max; else cpu.cfs_quota_us and its period */
};

/* CPUs that one cgroup allows; NAN where it has no such file. */
static double read_quota(const char *root, const struct hierarchy *hierarchy,
                         const char *group)
{
    char line[64];
    double quota, period;
    int64_t whole;

    if (hierarchy->unified) {
        if (!dcb_sysinfo_line(root, line, sizeof line, "%s%s/cpu.max", hierarchy->mount,
                              group))
            return (double)NAN;
        if (sscanf(line, "%lf %lf", &quota, &period) == 2 && period > 0)
            return quota / period;
        return strncmp(line, "max", 3) == 0 ? (double)INFINITY : (double)NAN;
    }
    if (!dcb_sysinfo_number(root, &whole, "%s%s/cpu.cfs_quota_us", hierarchy->mount,
                            group))
        return (double)NAN;
    if (whole < 0)
        return (double)INFINITY;
    quota = (double)whole;
    if (!dcb_sysinfo_number(root, &whole, "%s%s/cpu.cfs_period_us", hierarchy->mount,
                            group) ||
        whole <= 0)
        return (double)NAN;
    return quota / (double)whole;
}

static void take_quota(const char *root, const struct hierarchy *hierarchy,
                       const char *group, struct dcb_machine *machine)
{
    double quota = read_quota(root, hierarchy, group);
    char path[PATH_MAX], *stat;

    if (isnan(quota) || quota >= machine->cpu_limit) /* false for NAN: the first one */
        return;
    machine->cpu_limit = quota;
    if (!isfinite(quota))
        return;
    snprintf(machine->cpu_limit_path, sizeof machine->cpu_limit_path, "%s%.180s/%s",
             hierarchy->mount, group,
             hierarchy->unified ? "cpu.max" : "cpu.cfs_quota_us");
    snprintf(path, sizeof path, "%s%.3900s/cpu.stat", hierarchy->mount, group);
    stat = dcb_sysinfo_text(root, path);
    machine->periods = dcb_sysinfo_field(stat, "nr_periods ");
    machine->throttled_periods = dcb_sysinfo_field(stat, "nr_throttled ");
    free(stat);
}

/* The path of this process in a hierarchy, from /proc/self/cgroup: "4:cpu,cpuacct:/x" or
 * "0::/x" (cgroups(7)). False where it is not in one. */
static bool own_group(const char *list, bool unified, char *group, size_t size)
{
    for (const char *line = list; line && *line; line = strchr(line, '\n')) {
        const char *names, *path;
        size_t length;

        line += *line == '\n';
        length = strcspn(line, "\n");
        names = memchr(line, ':', length);
        path = names ? memchr(names + 1, ':', length - (size_t)(names + 1 - line)) : NULL;
        if (!path)
            continue;
        bool cpu = false;
        for (const char *name = names + 1; name < path; name += strcspn(name, ",:") + 1)
            cpu = cpu || strncmp(name, "cpu,", 4) == 0 || strncmp(name, "cpu:", 4) == 0;
        if (unified ? path == names + 1 : cpu) {
            snprintf(group, size, "%.*s", (int)(line + length - path - 1), path + 1);
            return true;
        }
    }
    return false;
}

/* The tightest limit from the own cgroup up to the mount. In a container the path may
 * name folders that are not seen in here: then the mount itself is what counts. */
static void read_hierarchy(const char *root, const struct hierarchy *hierarchy,
                           const char *list, struct dcb_machine *machine)
{
    char group[2048];

    if (!own_group(list, hierarchy->unified, group, sizeof group))
        return;
    /* The first cgroup has no cpu.max: where version 2 is mounted, no limit is found
     * before one is read. */
    if (hierarchy->unified && isnan(machine->cpu_limit) &&
        dcb_sysinfo_exists(root, "%s/cgroup.controllers", hierarchy->mount))
        machine->cpu_limit = (double)INFINITY;
    for (;;) {
        char *slash;

        if (strcmp(group, "/") == 0)
            group[0] = '\0';
        take_quota(root, hierarchy, group, machine);
        slash = strrchr(group, '/');
        if (!slash)
            return;
        *slash = '\0';
    }
}

static void read_limits(const char *root, struct dcb_machine *machine)
{
    static const struct hierarchy hierarchies[] = {{"/sys/fs/cgroup", true},
                                                   {"/sys/fs/cgroup/unified", true},
                                                   {"/sys/fs/cgroup/cpu", false},
                                                   {"/sys/fs/cgroup/cpu,cpuacct", false}};
    char *list = dcb_sysinfo_text(root, "/proc/self/cgroup");

    machine->cpu_limit = (double)NAN;
    machine->periods = machine->throttled_periods = -1;
    for (size_t i = 0; i < sizeof hierarchies / sizeof hierarchies[0]; i++)
        read_hierarchy(root, &hierarchies[i], list, machine);
    free(list);
}

void dcb_sysinfo_read_place(const char *root, struct dcb_machine *machine)
{
    read_guest(root, machine);
    read_container(root, machine);
    read_limits(root, machine);
}
