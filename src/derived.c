#include "derived.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "xalloc.h"

const struct dcb_derived_row dcb_derived_rows[DCB_DERIVED_COUNT] = {
    {"ipc", "instructions/cycle", DCB_DERIVED_RATIO, "instructions", "cycles"},
    {"cycles_per_object", "cycles/object", DCB_DERIVED_PER_OBJECT, "cycles", NULL},
    {"instructions_per_object", "instructions/object", DCB_DERIVED_PER_OBJECT,
     "instructions", NULL},
    {"estimated_cycles", "estimated cycles", DCB_DERIVED_ESTIMATED_CYCLES, "instructions",
     NULL},
    {"branch_miss_ratio", "branch misses", DCB_DERIVED_SHARE, "branch-misses",
     "branches"},
    {"l1d_miss_ratio", "L1-dcache misses", DCB_DERIVED_SHARE, "L1-dcache-load-misses",
     "L1-dcache-loads"},
    {"llc_miss_ratio", "LLC misses", DCB_DERIVED_SHARE, "LLC-load-misses", "LLC-loads"},
    {"branch_mpki", "branch misses/1000 i", DCB_DERIVED_PER_THOUSAND, "branch-misses",
     "instructions"},
    {"l1d_mpki", "L1-dcache misses/1000 i", DCB_DERIVED_PER_THOUSAND,
     "L1-dcache-load-misses", "instructions"},
    {"llc_mpki", "LLC misses/1000 i", DCB_DERIVED_PER_THOUSAND, "LLC-load-misses",
     "instructions"},
    {"dtlb_mpki", "dTLB misses/1000 i", DCB_DERIVED_PER_THOUSAND, "dTLB-load-misses",
     "instructions"},
    {"itlb_mpki", "iTLB misses/1000 i", DCB_DERIVED_PER_THOUSAND, "iTLB-load-misses",
     "instructions"},
    {"page_faults_per_object", "page faults/object", DCB_DERIVED_PER_OBJECT,
     "page-faults", NULL},
    {"context_switches_per_second", "context switches/s", DCB_DERIVED_PER_SECOND,
     "context-switches", "time-elapsed"},
};

/* A row of the plan that has a value in the cell; SIZE_MAX with the reason. */
static size_t find_row(const struct dcb_result *result, const struct dcb_cell *cell,
                       const char *name, struct dcb_derived_value *value)
{
    const struct dcb_plan *plan = result->plan;

    for (size_t row = 0; row < plan->row_count; row++) {
        if (strcmp(plan->rows[row].name, name) != 0)
            continue;
        if (isfinite(cell->counters[row].value))
            return row;
        snprintf(value->reason, sizeof value->reason, "%s: %.90s", name,
                 dcb_result_missing(result, cell, row));
        return SIZE_MAX;
    }
    snprintf(value->reason, sizeof value->reason, "%s is not counted in this run", name);
    return SIZE_MAX;
}

/* The median over layouts. */
static double estimated_cycles(const struct dcb_plan *plan, const struct dcb_cell *cell)
{
    double *values = dcb_xcalloc(plan->layouts + 1, sizeof *values), median;
    size_t count = 0;

    for (uint32_t i = 0; cell->layouts && i < plan->layouts; i++) {
        double value = dcb_simulated_estimated_cycles(&cell->layouts[i]);

        if (isfinite(value))
            values[count++] = value;
    }
    median = dcb_stats_median(values, count);
    free(values);
    return median;
}

/* The blocks that were interrupted belong to it, as to the events; a median would leave
 * them out. */
static double blocks_s(const struct dcb_cell *cell)
{
    double sum_ns = 0;

    for (size_t i = 0; i < cell->sample_count; i++)
        sum_ns += (double)cell->samples[i].total_ns;
    return sum_ns * 1e-9;
}

static double combine(const struct dcb_derived_row *row, double a, double b,
                      uint64_t objects)
{
    switch (row->form) {
    case DCB_DERIVED_RATIO:
    case DCB_DERIVED_SHARE:
        return a / b;
    case DCB_DERIVED_PER_THOUSAND:
        return 1000 * a / b;
    case DCB_DERIVED_PER_OBJECT:
        return a / (double)objects;
    case DCB_DERIVED_PER_SECOND: /* see compute */
    case DCB_DERIVED_ESTIMATED_CYCLES:
        break;
    }
    return DCB_UNKNOWN;
}

static void compute(const struct dcb_result *result,
                    const struct dcb_workload_result *workload,
                    const struct dcb_cell *cell, const struct dcb_derived_row *row,
                    struct dcb_derived_value *value)
{
    const struct dcb_plan *plan = result->plan;
    size_t a = find_row(result, cell, row->a, value), b = a;

    if (a != SIZE_MAX && row->b)
        b = find_row(result, cell, row->b, value);
    if (a == SIZE_MAX || b == SIZE_MAX)
        return;
    if (plan->rows[a].provider != plan->rows[b].provider) {
        snprintf(value->reason, sizeof value->reason, "%s and %s have two providers",
                 row->a, row->b);
        return;
    }
    if (row->form == DCB_DERIVED_ESTIMATED_CYCLES) {
        if (plan->rows[a].provider == DCB_PROVIDER_SIMULATED)
            value->value = estimated_cycles(plan, cell);
        else
            snprintf(value->reason, sizeof value->reason, "only where simulated");
    } else if (row->form == DCB_DERIVED_PER_SECOND) {
        value->value = cell->counters[a].events / blocks_s(cell);
    } else {
        value->value = combine(row, cell->counters[a].value, cell->counters[b].value,
                               workload->objects);
    }
    value->provider = plan->rows[a].provider;
    if (isfinite(value->value) || value->reason[0])
        return;
    if (row->b)
        snprintf(value->reason, sizeof value->reason, "%s is 0", row->b);
    else
        snprintf(value->reason, sizeof value->reason, "%s",
                 row->form == DCB_DERIVED_PER_OBJECT ? "no object is copied"
                                                     : "it was not simulated");
}

struct dcb_derived_value dcb_derived_get(const struct dcb_result *result,
                                         const struct dcb_workload_result *workload,
                                         const struct dcb_cell *cell, size_t index)
{
    struct dcb_derived_value value = {.value = DCB_UNKNOWN};

    if (cell->derived)
        return cell->derived[index];
    compute(result, workload, cell, &dcb_derived_rows[index], &value);
    if (!isfinite(value.value)) {
        value.value = DCB_UNKNOWN;
        value.provider = DCB_PROVIDER_NONE;
    }
    return value;
}
