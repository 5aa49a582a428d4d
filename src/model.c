#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

const struct dcb_row dcb_rows[DCB_ROW_COUNT] = {
    {"cycles", DCB_ROW_PMU, "CPU cycles"},
    {"instructions", DCB_ROW_PMU, "instructions retired"},
    {"branches", DCB_ROW_PMU, "branch instructions"},
    {"branch-misses", DCB_ROW_PMU, "mispredicted branches"},
    {"L1-dcache-loads", DCB_ROW_PMU, "loads that reach the L1 data cache"},
    {"L1-dcache-load-misses", DCB_ROW_PMU, "loads that miss the L1 data cache"},
    {"LLC-loads", DCB_ROW_PMU, "loads that reach the last-level cache"},
    {"LLC-load-misses", DCB_ROW_PMU, "loads that miss the last-level cache"},
    {"dTLB-loads", DCB_ROW_PMU, "data address translations"},
    {"dTLB-load-misses", DCB_ROW_PMU, "data translations that miss the TLB"},
    {"iTLB-loads", DCB_ROW_PMU, "code address translations"},
    {"iTLB-load-misses", DCB_ROW_PMU, "code translations that miss the TLB"},
    {"page-faults", DCB_ROW_SOFTWARE, "page faults, minor and major"},
    {"context-switches", DCB_ROW_SOFTWARE, "times the thread left its CPU"},
    {"cpu-migrations", DCB_ROW_SOFTWARE, "times it went on on another CPU"},
    {"task-clock", DCB_ROW_SOFTWARE, "nanoseconds on a CPU"},
    {"time-elapsed", DCB_ROW_CLOCK, "nanoseconds of wall-clock time"},
};

const struct dcb_row *dcb_row_find(const char *name)
{
    for (size_t i = 0; i < DCB_ROW_COUNT; i++) {
        if (strcmp(dcb_rows[i].name, name) == 0)
            return &dcb_rows[i];
    }
    return NULL;
}

const char *dcb_role_name(enum dcb_role role)
{
    static const char *const names[] = {"baseline", "control", "candidate"};

    return names[role];
}

const char *dcb_verdict_name(enum dcb_verdict verdict)
{
    static const char *const names[] = {NULL, "faster", "slower", "same", "inconclusive"};

    return names[verdict];
}

const char *dcb_provider_name(enum dcb_provider provider)
{
    static const char *const names[] = {NULL, "hardware", "kernel", "simulated"};

    return names[provider];
}

const char *dcb_quality_name(enum dcb_quality quality)
{
    static const char *const names[] = {NULL, "exact", "proxy"};

    return names[quality];
}

const char *dcb_battery_name(enum dcb_battery battery)
{
    static const char *const names[] = {"suite", "cases", "graphs"};

    return names[battery];
}

bool dcb_battery_find(const char *name, enum dcb_battery *ret_battery)
{
    for (int i = 0; name && i < DCB_BATTERY_COUNT; i++) {
        if (strcmp(dcb_battery_name((enum dcb_battery)i), name) == 0) {
            *ret_battery = (enum dcb_battery)i;
            return true;
        }
    }
    return false;
}

const char *dcb_memo_name(enum dcb_memo memo)
{
    static const char *const names[] = {"absent", "none", "dict", "mapping",
                                        "mutable-mapping"};

    return names[memo];
}

bool dcb_memo_find(const char *name, enum dcb_memo *ret_memo)
{
    for (int i = 0; name && i < DCB_MEMO_COUNT; i++) {
        if (strcmp(dcb_memo_name((enum dcb_memo)i), name) == 0) {
            *ret_memo = (enum dcb_memo)i;
            return true;
        }
    }
    return false;
}

const char *dcb_layer_name(enum dcb_layer layer)
{
    static const char *const names[] = {"interpreter", "native", "both"};

    return names[layer];
}

const char *dcb_figure_name(enum dcb_figure figure)
{
    static const char *const names[] = {"peak",  "net",           "memo", "allocations",
                                        "frees", "reallocations", "left", "left_blocks"};

    return names[figure];
}

const char *dcb_case_outcome_name(enum dcb_case_outcome outcome)
{
    static const char *const names[] = {"passed",  "failed", "accepted deviation",
                                        "skipped", "died",   "hung"};

    return names[outcome];
}

const char *dcb_verify_verdict_name(enum dcb_verify_verdict verdict)
{
    static const char *const names[] = {"correct", "wrong", "unknown"};

    return names[verdict];
}

bool dcb_case_outcome_is_wrong(enum dcb_case_outcome outcome)
{
    return outcome == DCB_CASE_FAILED || outcome == DCB_CASE_DIED ||
           outcome == DCB_CASE_HUNG;
}

const char *dcb_spec_kind_name(enum dcb_spec_kind kind)
{
    static const char *const names[] = {"file", "module", "json", "pickle"};

    return names[kind];
}

void dcb_spec_clear(struct dcb_spec *spec)
{
    free(spec->label);
    free(spec->path);
    free(spec->module);
    free(spec->attr);
    *spec = (struct dcb_spec){.label = NULL};
}

static char *copy_or_null(const char *text)
{
    return text ? dcb_xstrdup(text) : NULL;
}

void dcb_spec_copy(struct dcb_spec *target, const struct dcb_spec *source)
{
    *target = (struct dcb_spec){
        .label = copy_or_null(source->label),
        .builtin = source->builtin,
        .kind = source->kind,
        .path = copy_or_null(source->path),
        .module = copy_or_null(source->module),
        .attr = copy_or_null(source->attr),
    };
}
