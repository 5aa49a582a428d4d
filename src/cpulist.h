/* Lists of CPUs as the kernel writes them: "0-7,16". Pure. */
#ifndef DCB_CPULIST_H
#define DCB_CPULIST_H

#include <sched.h>
#include <stdbool.h>

/* Calls `take` with each CPU of such a list. Returns how many there are, -1 where the
 * text is none (calls may have been made by then); `take` may be NULL. */
int dcb_cpulist_walk(const char *text, void (*take)(int cpu, void *context),
                     void *context);

/* -1 where the text is no such list, or names a CPU of CPU_SETSIZE or above. An empty
 * text is an empty set. */
int dcb_cpulist_parse(const char *text, cpu_set_t *ret_cpus);

/* The set as such a list, owned by the caller: "0,1,4". */
char *dcb_cpulist_format(const cpu_set_t *cpus);

#endif
