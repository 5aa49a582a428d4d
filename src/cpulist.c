#include "cpulist.h"

#include <ctype.h>
#include <stdlib.h>

#include "strbuf.h"

/* More than any kernel has. */
enum { CPU_MAX = 1 << 16 };

/* Moves *at behind the number. */
static bool read_cpu(const char **at, int *ret_cpu)
{
    char *end;
    long cpu;

    if (!isdigit((unsigned char)**at))
        return false;
    cpu = strtol(*at, &end, 10);
    *at = end;
    *ret_cpu = (int)cpu;
    return cpu < CPU_MAX;
}

int dcb_cpulist_walk(const char *text, void (*take)(int cpu, void *context),
                     void *context)
{
    const char *at = text;
    int first, last, count = 0;

    while (*at) {
        if (!read_cpu(&at, &first))
            return -1;
        last = first;
        if (*at == '-') {
            at++;
            if (!read_cpu(&at, &last) || last < first)
                return -1;
        }
        for (int cpu = first; cpu <= last; cpu++, count++) {
            if (take)
                take(cpu, context);
        }
        if (*at == ',' && at[1])
            at++;
        else if (*at)
            return -1;
    }
    return count;
}

/* The set, and whether all of the list has room in it. */
struct filling {
    cpu_set_t *cpus;
    bool fits;
};

static void add_cpu(int cpu, void *context)
{
    struct filling *filling = context;

    filling->fits = filling->fits && cpu < CPU_SETSIZE;
    if (filling->fits)
        CPU_SET((size_t)cpu, filling->cpus);
}

int dcb_cpulist_parse(const char *text, cpu_set_t *ret_cpus)
{
    struct filling filling = {.cpus = ret_cpus, .fits = true};

    CPU_ZERO(ret_cpus);
    return dcb_cpulist_walk(text, add_cpu, &filling) >= 0 && filling.fits ? 0 : -1;
}

char *dcb_cpulist_format(const cpu_set_t *cpus)
{
    struct dcb_strbuf list = DCB_STRBUF_INIT;

    dcb_strbuf_append(&list, "");
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, cpus))
            dcb_strbuf_appendf(&list, "%s%zu", list.length ? "," : "", cpu);
    }
    return dcb_strbuf_take(&list);
}
