/* Where this system runs: in a virtual machine, a container, a cgroup with a limit. */
#ifndef DCB_SYSINFO_PLACE_H
#define DCB_SYSINFO_PLACE_H

struct dcb_machine;

/* Fills the fields under "Where it runs" but the power. */
void dcb_sysinfo_read_place(const char *root, struct dcb_machine *machine);

#endif
