#include <string.h>

#include "compare_private.h"

static const struct {
    enum dcb_compare_gap gap;
    const char *name, *text;
} gap_rows[] = {
    {DCB_GAP_NOT_THERE, "not_there", "it is in one of the files alone"},
    {DCB_GAP_FAILED, "failed", "it failed or has no value in one of the files"},
    {DCB_GAP_WORKLOAD, "workload", "the workload's file differs"},
    {DCB_GAP_BASELINE, "baseline", "the baselines differ"},
    {DCB_GAP_INTERPRETER, "interpreter", "the interpreters differ"},
    {DCB_GAP_MACHINE, "machine", "the machines differ"},
    {DCB_GAP_SETTINGS, "settings",
     "garbage collection is on in one and off in the other"},
    {DCB_GAP_PROVIDER, "provider", "it was counted in another way"},
    {DCB_GAP_UNPAIRED, "unpaired", "times of different runs, without a baseline in them"},
    {DCB_GAP_WITHHELD, "withheld",
     "the control differed from the baseline in one of the runs"},
    {DCB_GAP_RARE, "rare", "it is too rare for a ratio"},
    {DCB_GAP_PACE, "pace", "the machine ran at another pace"},
    {DCB_GAP_INTERRUPTED, "interrupted", "one of the runs was interrupted"},
    {DCB_GAP_IMPLEMENTATION, "implementation", "not the same implementation"},
};

enum { GAP_ROWS = sizeof gap_rows / sizeof *gap_rows };

const char *dcb_compare_gap_text(unsigned gaps)
{
    for (size_t i = 0; i < GAP_ROWS; i++) {
        if (gaps & gap_rows[i].gap)
            return gap_rows[i].text;
    }
    return "";
}

const char *dcb_compare_gap_name(unsigned gap)
{
    for (size_t i = 0; i < GAP_ROWS; i++) {
        if (gap == gap_rows[i].gap)
            return gap_rows[i].name;
    }
    return NULL;
}

bool dcb_compare_differ(const char *a, const char *b)
{
    return a && b && strcmp(a, b) != 0;
}

bool dcb_compare_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool dcb_compare_is_unpaired(const struct dcb_document *a, const struct dcb_document *b)
{
    return a->kind == DCB_DOCUMENT_PYPERF || b->kind == DCB_DOCUMENT_PYPERF;
}

/* "" is what a machine did not tell. */
static const char *known(const char *text)
{
    return text[0] ? text : NULL;
}

bool dcb_compare_same_machine(const struct dcb_document *a, const struct dcb_document *b)
{
    const struct dcb_sysinfo *left = &a->result.system, *right = &b->result.system;

    return strcmp(left->cpu, right->cpu) == 0 &&
           strcmp(left->machine, right->machine) == 0;
}

unsigned dcb_compare_run_gaps(const struct dcb_document *a, const struct dcb_document *b)
{
    const struct dcb_result *left = &a->result, *right = &b->result;
    unsigned gaps = 0;

    if (dcb_compare_differ(left->python.implementation, right->python.implementation) ||
        dcb_compare_differ(left->python.version, right->python.version) ||
        dcb_compare_differ(left->python.build, right->python.build) ||
        dcb_compare_differ(left->python.linkage, right->python.linkage))
        gaps |= DCB_GAP_INTERPRETER;
    if (dcb_compare_differ(known(left->system.cpu), known(right->system.cpu)) ||
        dcb_compare_differ(known(left->system.machine), known(right->system.machine)))
        gaps |= DCB_GAP_MACHINE;
    /* Files of pyperf do not tell. */
    if (!dcb_compare_is_unpaired(a, b) && a->plan.gc != b->plan.gc)
        gaps |= DCB_GAP_SETTINGS;
    return gaps;
}

/* Built-in implementations are made of the interpreter's own copy module. */
bool dcb_compare_same_baseline(const struct dcb_document *a, const struct dcb_document *b)
{
    const struct dcb_spec *left = &a->plan.arms[0], *right = &b->plan.arms[0];

    return strcmp(left->label, right->label) == 0 &&
           dcb_compare_same_text(a->result.arm_sources[0].sha256,
                                 b->result.arm_sources[0].sha256) &&
           (!(left->builtin || right->builtin) ||
            dcb_compare_same_text(a->result.python.copy_sha256,
                                  b->result.python.copy_sha256));
}

static bool same_event(const struct dcb_event *a, const struct dcb_event *b)
{
    return strcmp(a->encoding, b->encoding) == 0 && strcmp(a->pmu, b->pmu) == 0;
}

unsigned dcb_compare_counter_gaps(const struct dcb_plan *a, size_t row_a,
                                  const struct dcb_plan *b, size_t row_b)
{
    const struct dcb_plan_row *left = &a->rows[row_a], *right = &b->rows[row_b];

    if (left->kind == DCB_KIND_NONE || right->kind == DCB_KIND_NONE)
        return DCB_GAP_FAILED;
    if (left->provider != right->provider || left->kind != right->kind)
        return DCB_GAP_PROVIDER;
    if (left->kind == DCB_KIND_SIMULATED &&
        (!dcb_compare_same_text(a->simulator_version, b->simulator_version) ||
         !dcb_compare_same_text(a->simulator_geometry, b->simulator_geometry)))
        return DCB_GAP_PROVIDER;
    if (left->kind == DCB_KIND_EVENT && left->provider == DCB_PROVIDER_HARDWARE &&
        !same_event(&a->events[left->event], &b->events[right->event]))
        return DCB_GAP_PROVIDER;
    return dcb_plan_row_is_rare(left) ? DCB_GAP_RARE : 0;
}
