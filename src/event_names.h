/*
 * Which events may stand for a row of the report's table, and what they count in truth.
 * Pure data: nothing here asks libpfm4 or the machine.
 *
 * Sources: what the kernel counts under its generic names is in its tables
 * (arch/x86/events/intel/core.c, arch/x86/events/amd/core.c, drivers/perf/arm_pmuv3.c);
 * the names are those of libpfm4, whose spelling changes from model to model, so that
 * one event may stand here several times.
 *
 * The order is the order of trying: first what counts just what the row's name says
 * (exact), then what comes near (proxy); among equals the kernel's generic event first,
 * since it works where libpfm4 does not know the CPU and `perf stat` shows the same. An
 * event is exact at whatever point the CPU counts it: a load that is dispatched (AMD),
 * one that is looked up (Arm) and one that retires (Intel) are all loads.
 */
#ifndef DCB_EVENT_NAMES_H
#define DCB_EVENT_NAMES_H

#include "counters.h"

/* CPUs on which the generic events count the same things, and libpfm4's names too. */
enum dcb_event_family {
    DCB_FAMILY_OTHER,    /* nothing is known of its kernel's tables */
    DCB_FAMILY_SKYLAKE,  /* Intel's big cores, Haswell to Ice Lake and Rocket Lake */
    DCB_FAMILY_INTEL,    /* later ones: Sapphire Rapids, Alder Lake and on */
    DCB_FAMILY_ZEN,      /* AMD, 17h and later */
    DCB_FAMILY_ARM,      /* PMUv3: Neoverse, Cortex */
    DCB_FAMILY_CORTEX57, /* Cortex-A57, A72: the kernel has a table of their own */
    DCB_FAMILY_COUNT
};

const char *dcb_event_family_name(enum dcb_event_family family);

/*
 * The family of the core PMU that libpfm4 calls `pmu`, or where that is NULL (libpfm4
 * knows no PMU here) of the CPU that `cpuinfo` (the text of /proc/cpuinfo) describes:
 * libpfm4 may be older than the CPU.
 */
enum dcb_event_family dcb_event_family(const char *pmu, const char *cpuinfo);

struct dcb_event_name {
    const char *text; /* libpfm4's, without PMU; "": the kernel's generic event */
    enum dcb_quality quality;
    const char *counts; /* "" where exact; at most 38 bytes, for tables of 80 columns */
};

/* What may stand for a row, up to an entry whose text is NULL. Never NULL for a row that
 * a PMU counts; NULL for anything else. */
const struct dcb_event_name *dcb_event_names(enum dcb_event_family family,
                                             const char *row);

/* What must move an event of this row. */
enum dcb_stimulus dcb_event_stimulus(const char *row);

#endif
