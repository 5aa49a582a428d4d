#include "event_names.h"

#include <stdlib.h>
#include <string.h>

/* ---- the tables ---- */

/* clang-format off */
#define GENERIC ""
#define EXACT(event) {(event), DCB_QUALITY_EXACT, ""}
#define PROXY(event, what) {(event), DCB_QUALITY_PROXY, (what)}
#define LIST(...) \
    ((const struct dcb_event_name[]){__VA_ARGS__, {NULL, DCB_QUALITY_NONE, NULL}})
/* clang-format on */

#define ONLY_GENERIC LIST(EXACT(GENERIC))
#define UNKNOWN      LIST(PROXY(GENERIC, "what this kernel takes for it"))

#define INTEL_LLC "LLC requests, of stores and code too"

/* AMD counts the demand fills of the first-level data cache by source. A row needs all
 * sources beyond a level, and every model spells them in its own way. */
#define ZEN2_FILLS  "DATA_CACHE_REFILLS_FROM_SYSTEM:"
#define ZEN2_CACHES "LS_MABRESP_LCL_CACHE:LS_MABRESP_RMT_CACHE"
#define ZEN2_MEMORY "LS_MABRESP_LCL_DRAM:LS_MABRESP_RMT_DRAM"
#define ZEN_FILLS   "DEMAND_DATA_CACHE_FILLS_FROM_SYSTEM:"
#define ZEN3_FAR    "EXT_CACHE_LCL:MEM_IO_LCL:EXT_CACHE_RMT:MEM_IO_RMT"
#define ZEN4_FAR \
    "NEAR_CACHE_NEAR_FAR:DRAM_IO_NEAR:FAR_CACHE_NEAR_FAR:DRAM_IO_FAR:ALT_MEM_NEAR_FAR"
#define ZEN5_FAR \
    "NEAR_FAR_CACHE_NEAR:DRAM_IO_NEAR:NEAR_FAR_CACHE_FAR:DRAM_IO_FAR:ALT_MEM_NEAR_FAR"
#define ZEN_PAST_L2 "demand fills of the L1D from beyond L2"
#define ZEN_PAST_L3 "demand fills of the L1D from beyond L3"

#define ZEN_DTLB "accesses of the second-level DTLB"
#define ZEN_DTLB_WALKS                                                            \
    "TLB_RELOAD_1G_L2_MISS:TLB_RELOAD_2M_L2_MISS:TLB_RELOAD_COALESCED_PAGE_MISS:" \
    "TLB_RELOAD_4K_L2_MISS"
#define ZEN_DTLB_HITS                                                          \
    "TLB_RELOAD_1G_L2_HIT:TLB_RELOAD_2M_L2_HIT:TLB_RELOAD_COALESCED_PAGE_HIT:" \
    "TLB_RELOAD_4K_L2_HIT"
#define ZEN_ITLB       "first-level misses that hit the L2"
#define ZEN_ITLB_WALKS "L1_ITLB_MISS_L2_ITLB_MISS:IF1G:IF2M:IF4K"

#define ARM_MISSES "mispredictions, on wrong paths too"

/* Without a list of its own, DCB_FAMILY_INTEL has that of DCB_FAMILY_SKYLAKE, and
 * DCB_FAMILY_CORTEX57 that of DCB_FAMILY_ARM. */
struct row {
    const char *name;
    enum dcb_stimulus stimulus;
    const struct dcb_event_name *names[DCB_FAMILY_COUNT];
};

/* clang-format off */
static const struct row rows[] = {
    {"cycles", DCB_STIMULUS_LOOP, {
        [DCB_FAMILY_OTHER] = ONLY_GENERIC,
        [DCB_FAMILY_SKYLAKE] =
            LIST(EXACT(GENERIC), EXACT("CPU_CLK_UNHALTED:THREAD_P"),
                 EXACT("CPU_CLK_THREAD_UNHALTED:THREAD_P")),
        [DCB_FAMILY_ZEN] = LIST(EXACT(GENERIC), EXACT("CYCLES_NOT_IN_HALT")),
        [DCB_FAMILY_ARM] = LIST(EXACT(GENERIC), EXACT("CPU_CYCLES")),
    }},
    {"instructions", DCB_STIMULUS_LOOP, {
        [DCB_FAMILY_OTHER] = ONLY_GENERIC,
        [DCB_FAMILY_SKYLAKE] = LIST(EXACT(GENERIC), EXACT("INST_RETIRED:ANY_P")),
        [DCB_FAMILY_ZEN] = LIST(EXACT(GENERIC), EXACT("RETIRED_INSTRUCTIONS")),
        [DCB_FAMILY_ARM] = LIST(EXACT(GENERIC), EXACT("INST_RETIRED")),
    }},
    /* The kernel takes PC_WRITE_RETIRED for Arm, newer kernels BR_RETIRED where the CPU
     * has it. */
    {"branches", DCB_STIMULUS_LOOP, {
        [DCB_FAMILY_OTHER] = ONLY_GENERIC,
        [DCB_FAMILY_SKYLAKE] =
            LIST(EXACT(GENERIC), EXACT("BR_INST_RETIRED:ALL_BRANCHES")),
        [DCB_FAMILY_ZEN] = LIST(EXACT(GENERIC), EXACT("RETIRED_BRANCH_INSTRUCTIONS")),
        [DCB_FAMILY_ARM] =
            LIST(EXACT("BR_RETIRED"),
                 PROXY(GENERIC, "taken branches only, on older kernels"),
                 PROXY("BR_PRED", "predictable branches, wrong paths too"),
                 PROXY("BRANCH_PRED", "predictable branches, wrong paths too")),
        [DCB_FAMILY_CORTEX57] =
            LIST(PROXY(GENERIC, "taken branches only"),
                 PROXY("BRANCH_PRED", "predictable branches, wrong paths too")),
    }},
    {"branch-misses", DCB_STIMULUS_BRANCHES, {
        [DCB_FAMILY_OTHER] = ONLY_GENERIC,
        [DCB_FAMILY_SKYLAKE] =
            LIST(EXACT(GENERIC), EXACT("BR_MISP_RETIRED:ALL_BRANCHES")),
        [DCB_FAMILY_ZEN] =
            LIST(EXACT(GENERIC), EXACT("RETIRED_BRANCH_INSTRUCTIONS_MISPREDICTED")),
        [DCB_FAMILY_ARM] =
            LIST(EXACT("BR_MIS_PRED_RETIRED"), PROXY(GENERIC, ARM_MISSES),
                 PROXY("BR_MIS_PRED", ARM_MISSES), PROXY("BRANCH_MISPRED", ARM_MISSES)),
        [DCB_FAMILY_CORTEX57] =
            LIST(PROXY(GENERIC, ARM_MISSES), PROXY("BRANCH_MISPRED", ARM_MISSES)),
    }},
    /* What is behind AMD's generic event (0x40) is not documented for Zen 4 any more: it
     * may stand still. */
    {"L1-dcache-loads", DCB_STIMULUS_MEMORY, {
        [DCB_FAMILY_OTHER] = UNKNOWN,
        [DCB_FAMILY_SKYLAKE] =
            LIST(EXACT(GENERIC), EXACT("MEM_INST_RETIRED:ALL_LOADS")),
        [DCB_FAMILY_ZEN] = LIST(EXACT("LS_DISPATCH:LD_DISPATCH:LD_ST_DISPATCH"),
                                PROXY(GENERIC, "reads and writes")),
        [DCB_FAMILY_ARM] =
            LIST(EXACT("L1D_CACHE_RD"), EXACT("L1D_READ_ACCESS"),
                 PROXY(GENERIC, "reads and writes"),
                 PROXY("L1D_CACHE", "reads and writes"),
                 PROXY("L1D_CACHE_ACCESS", "reads and writes")),
        [DCB_FAMILY_CORTEX57] =
            LIST(EXACT(GENERIC), EXACT("L1D_CACHE_RD"), EXACT("L1D_READ_ACCESS")),
    }},
    {"L1-dcache-load-misses", DCB_STIMULUS_MEMORY, {
        [DCB_FAMILY_OTHER] = UNKNOWN,
        [DCB_FAMILY_SKYLAKE] = LIST(EXACT("MEM_LOAD_RETIRED:L1_MISS"),
                                    PROXY(GENERIC, "lines brought in, for stores too")),
        [DCB_FAMILY_INTEL] = LIST(EXACT("MEM_LOAD_RETIRED:L1_MISS"),
                                  PROXY(GENERIC, "demand reads that reach the L2"),
                                  PROXY("L1D:REPLACEMENT",
                                        "lines brought in, for stores too")),
        [DCB_FAMILY_ZEN] = LIST(PROXY(GENERIC, "L2 requests for data, for stores too"),
                                PROXY("REQUESTS_TO_L2_GROUP1:RD_BLK_L:LS_RD_BLK_C_S",
                                      "reads of the L2, by prefetchers too")),
        [DCB_FAMILY_ARM] =
            LIST(EXACT("L1D_CACHE_REFILL_RD"), EXACT("L1D_READ_REFILL"),
                 PROXY(GENERIC, "refills for reads and writes"),
                 PROXY("L1D_CACHE_REFILL", "refills for reads and writes")),
        [DCB_FAMILY_CORTEX57] = LIST(EXACT(GENERIC), EXACT("L1D_CACHE_REFILL_RD"),
                                     EXACT("L1D_READ_REFILL")),
    }},
    /* The kernel has neither of the two for AMD. */
    {"LLC-loads", DCB_STIMULUS_MEMORY, {
        [DCB_FAMILY_OTHER] = UNKNOWN,
        [DCB_FAMILY_SKYLAKE] =
            LIST(EXACT(GENERIC), EXACT("MEM_LOAD_RETIRED:L2_MISS"),
                 PROXY("LONGEST_LAT_CACHE:REFERENCE", INTEL_LLC),
                 PROXY("LONGEST_LAT_CACHE:REFERENCES", INTEL_LLC)),
        [DCB_FAMILY_ZEN] =
            LIST(PROXY(ZEN_FILLS "LOCAL_CCX:" ZEN4_FAR, ZEN_PAST_L2),
                 PROXY(ZEN_FILLS "LOCAL_CCX:" ZEN5_FAR, ZEN_PAST_L2),
                 PROXY(ZEN_FILLS "INT_CACHE:" ZEN3_FAR, ZEN_PAST_L2),
                 PROXY(ZEN2_FILLS ZEN2_CACHES ":" ZEN2_MEMORY, ZEN_PAST_L2)),
        [DCB_FAMILY_ARM] =
            LIST(EXACT(GENERIC), EXACT("LL_CACHE_RD"),
                 PROXY("L2D_CACHE_RD", "reads of the second-level cache"),
                 PROXY("L2D_READ_ACCESS", "reads of the second-level cache")),
    }},
    /* Zen 2 counts the caches of other core complexes together with the L3. */
    {"LLC-load-misses", DCB_STIMULUS_MEMORY, {
        [DCB_FAMILY_OTHER] = UNKNOWN,
        [DCB_FAMILY_SKYLAKE] = LIST(EXACT(GENERIC), EXACT("MEM_LOAD_RETIRED:L3_MISS"),
                                    PROXY("LONGEST_LAT_CACHE:MISS",
                                          "LLC misses, of stores and code too")),
        [DCB_FAMILY_ZEN] =
            LIST(PROXY(ZEN_FILLS ZEN4_FAR, ZEN_PAST_L3),
                 PROXY(ZEN_FILLS ZEN5_FAR, ZEN_PAST_L3),
                 PROXY(ZEN_FILLS ZEN3_FAR, ZEN_PAST_L3),
                 PROXY(ZEN2_FILLS ZEN2_MEMORY, "demand fills of the L1D from memory")),
        [DCB_FAMILY_ARM] =
            LIST(EXACT(GENERIC), EXACT("LL_CACHE_MISS_RD"),
                 PROXY("L2D_CACHE_REFILL_RD", "read misses of the second-level cache"),
                 PROXY("L2D_READ_REFILL", "read misses of the second-level cache")),
    }},
    {"dTLB-loads", DCB_STIMULUS_PAGES, {
        [DCB_FAMILY_OTHER] = UNKNOWN,
        [DCB_FAMILY_SKYLAKE] = LIST(PROXY(GENERIC, "all loads"),
                                    PROXY("MEM_INST_RETIRED:ALL_LOADS", "all loads")),
        [DCB_FAMILY_ZEN] =
            LIST(PROXY(GENERIC, ZEN_DTLB),
                 PROXY("L1_DTLB_MISS:" ZEN_DTLB_WALKS ":" ZEN_DTLB_HITS, ZEN_DTLB)),
        [DCB_FAMILY_ARM] =
            LIST(EXACT("L1D_TLB_RD"), PROXY(GENERIC, "translations of reads and writes"),
                 PROXY("L1D_TLB", "translations of reads and writes")),
        [DCB_FAMILY_CORTEX57] =
            LIST(PROXY(GENERIC, "translations of reads and writes")),
    }},
    {"dTLB-load-misses", DCB_STIMULUS_PAGES, {
        [DCB_FAMILY_OTHER] = UNKNOWN,
        [DCB_FAMILY_SKYLAKE] =
            LIST(EXACT(GENERIC), EXACT("DTLB_LOAD_MISSES:WALK_COMPLETED")),
        [DCB_FAMILY_ZEN] =
            LIST(PROXY(GENERIC, "page walks, for stores too"),
                 PROXY("L1_DTLB_MISS:" ZEN_DTLB_WALKS, "page walks, for stores too")),
        [DCB_FAMILY_ARM] =
            LIST(EXACT("L1D_TLB_REFILL_RD"), EXACT("L1D_TLB_READ_REFILL"),
                 PROXY(GENERIC, "first-level misses, of writes too"),
                 PROXY("L1D_TLB_REFILL", "first-level misses, of writes too")),
        [DCB_FAMILY_CORTEX57] = LIST(EXACT(GENERIC), EXACT("L1D_TLB_REFILL_RD"),
                                     EXACT("L1D_TLB_READ_REFILL")),
    }},
    {"iTLB-loads", DCB_STIMULUS_NONE, {
        [DCB_FAMILY_OTHER] = UNKNOWN,
        [DCB_FAMILY_SKYLAKE] =
            LIST(PROXY(GENERIC, "first-level misses that hit the STLB"),
                 PROXY("ITLB_MISSES:STLB_HIT", "first-level misses that hit the STLB")),
        [DCB_FAMILY_ZEN] =
            LIST(PROXY(GENERIC, ZEN_ITLB), PROXY("L1_ITLB_MISS_L2_ITLB_HIT", ZEN_ITLB)),
        [DCB_FAMILY_ARM] = LIST(EXACT(GENERIC), EXACT("L1I_TLB")),
    }},
    {"iTLB-load-misses", DCB_STIMULUS_NONE, {
        [DCB_FAMILY_OTHER] = UNKNOWN,
        [DCB_FAMILY_SKYLAKE] =
            LIST(EXACT(GENERIC), EXACT("ITLB_MISSES:WALK_COMPLETED")),
        [DCB_FAMILY_ZEN] =
            LIST(EXACT(GENERIC), EXACT(ZEN_ITLB_WALKS ":COALESCED4K"),
                 PROXY(ZEN_ITLB_WALKS, "page walks but for coalesced pages")),
        [DCB_FAMILY_ARM] = LIST(EXACT(GENERIC), EXACT("L1I_TLB_REFILL")),
    }},
};
/* clang-format on */

/* ---- families ---- */

const char *dcb_event_family_name(enum dcb_event_family family)
{
    static const char *const names[DCB_FAMILY_COUNT] = {
        "other CPUs", "Intel, to Ice Lake", "Intel, later", "AMD Zen",
        "Arm",        "Cortex-A57, A72"};

    return names[family];
}

static enum dcb_event_family family_of_pmu(const char *pmu)
{
    static const struct {
        const char *prefix;
        enum dcb_event_family family;
    } families[] = {
        {"hsw", DCB_FAMILY_SKYLAKE},       {"bdw", DCB_FAMILY_SKYLAKE},
        {"skl", DCB_FAMILY_SKYLAKE},       {"skx", DCB_FAMILY_SKYLAKE},
        {"clx", DCB_FAMILY_SKYLAKE},       {"icl", DCB_FAMILY_SKYLAKE},
        {"icx", DCB_FAMILY_SKYLAKE},       {"spr", DCB_FAMILY_INTEL},
        {"emr", DCB_FAMILY_INTEL},         {"gnr", DCB_FAMILY_INTEL},
        {"adl_glc", DCB_FAMILY_INTEL},     {"amd64_fam17h", DCB_FAMILY_ZEN},
        {"amd64_fam19h", DCB_FAMILY_ZEN},  {"amd64_fam1ah", DCB_FAMILY_ZEN},
        {"arm_ac57", DCB_FAMILY_CORTEX57}, {"arm_ac72", DCB_FAMILY_CORTEX57},
        {"arm_ac", DCB_FAMILY_ARM},        {"arm_n", DCB_FAMILY_ARM},
        {"arm_v", DCB_FAMILY_ARM},         {"arm_a64fx", DCB_FAMILY_ARM},
        {"arm_kunpeng", DCB_FAMILY_ARM},
    };

    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        if (strncmp(pmu, families[i].prefix, strlen(families[i].prefix)) == 0)
            return families[i].family;
    }
    return DCB_FAMILY_OTHER;
}

/* What stands behind "KEY\t: " in the first line of that key; "" where there is none. */
static const char *cpuinfo_value(const char *cpuinfo, const char *key)
{
    size_t length = strlen(key);

    for (const char *line = cpuinfo; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) == 0) {
            size_t gap = strspn(line + length, "\t :");

            if (gap)
                return line + length + gap;
        }
    }
    return "";
}

static enum dcb_event_family family_of_cpuinfo(const char *cpuinfo)
{
    enum { ZEN = 0x17, CAVIUM = 0x43, A57 = 0xd07, A72 = 0xd08 };
    const char *vendor = cpuinfo_value(cpuinfo, "vendor_id");
    const char *implementer = cpuinfo_value(cpuinfo, "CPU implementer");
    long family = strtol(cpuinfo_value(cpuinfo, "cpu family"), NULL, 10);
    long part = strtol(cpuinfo_value(cpuinfo, "CPU part"), NULL, 16);

    if (strncmp(vendor, "GenuineIntel", 12) == 0)
        return family == 6 ? DCB_FAMILY_INTEL : DCB_FAMILY_OTHER;
    if (strncmp(vendor, "AuthenticAMD", 12) == 0 ||
        strncmp(vendor, "HygonGenuine", 12) == 0)
        return family >= ZEN ? DCB_FAMILY_ZEN : DCB_FAMILY_OTHER;
    if (!*implementer || strtol(implementer, NULL, 16) == CAVIUM)
        return DCB_FAMILY_OTHER;
    return part == A57 || part == A72 ? DCB_FAMILY_CORTEX57 : DCB_FAMILY_ARM;
}

enum dcb_event_family dcb_event_family(const char *pmu, const char *cpuinfo)
{
    return pmu ? family_of_pmu(pmu) : family_of_cpuinfo(cpuinfo);
}

/* ---- rows ---- */

static const struct row *find_row(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    return NULL;
}

const struct dcb_event_name *dcb_event_names(enum dcb_event_family family,
                                             const char *row)
{
    const struct row *found = find_row(row);

    if (!found)
        return NULL;
    if (!found->names[family])
        family = family == DCB_FAMILY_INTEL ? DCB_FAMILY_SKYLAKE : DCB_FAMILY_ARM;
    return found->names[family];
}

enum dcb_stimulus dcb_event_stimulus(const char *row)
{
    const struct row *found = find_row(row);

    return found ? found->stimulus : DCB_STIMULUS_NONE;
}
