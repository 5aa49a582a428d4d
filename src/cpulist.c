#include "cpulist.h"

#include <ctype.h>
#include <stdlib.h>

#include "strbuf.h"

/* A number below CPU_SETSIZE; moves *at behind it. */
static bool read_cpu(const char **at, long *ret_cpu)
{
    char *end;

    if (!isdigit((unsigned char)**at))
        return false;
    *ret_cpu = strtol(*at, &end, 10);
    *at = end;
    return *ret_cpu < CPU_SETSIZE;
}

int dcb_cpulist_parse(const char *text, cpu_set_t *ret_cpus)
{
    const char *at = text;
    long first, last;

    CPU_ZERO(ret_cpus);
    while (*at) {
        if (!read_cpu(&at, &first))
            return -1;
        last = first;
        if (*at == '-') {
            at++;
            if (!read_cpu(&at, &last) || last < first)
                return -1;
        }
        for (long cpu = first; cpu <= last; cpu++)
            CPU_SET((size_t)cpu, ret_cpus);
        if (*at == ',' && at[1])
            at++;
        else if (*at)
            return -1;
    }
    return 0;
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
