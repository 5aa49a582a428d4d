#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis.h"
#include "format.h"
#include "result.h"

enum { LONG_BLOCK_NS = 5000000 };

static void note_control(struct dcb_result *result,
                         const struct dcb_workload_result *workload)
{
    const struct dcb_cell *control = &workload->cells[1];
    char change[DCB_FORMAT_SIZE];

    if (control->failure != DCB_FAILURE_NONE &&
        workload->cells[0].failure == DCB_FAILURE_NONE)
        dcb_result_note(result, "%s: verdicts are withheld: the control %s",
                        dcb_result_workload_label(result, workload), control->status);
    if (control->verdict == DCB_VERDICT_NONE)
        return;
    dcb_format_change(change, control->ratio.estimate);
    if (workload->withheld)
        dcb_result_note(
            result,
            "%s: verdicts are withheld: the control, the baseline loaded a second "
            "time, came out %s; run again, or on a quieter machine",
            dcb_result_workload_label(result, workload), change);
    else if (control->verdict != DCB_VERDICT_SAME && isfinite(control->ratio.low))
        dcb_result_note(
            result,
            "%s: the control's interval, %+.1f to %+.1f %%, is not within +-%g "
            "%%: small changes here deserve doubt",
            dcb_result_workload_label(result, workload), 100 * (control->ratio.low - 1),
            100 * (control->ratio.high - 1), 100 * result->plan->margin);
}

static void note_workers(struct dcb_result *result,
                         const struct dcb_workload_result *workload)
{
    uint64_t blocks = 0, disturbed = 0;
    const char *first = NULL;
    size_t troubled = 0;

    for (size_t i = 0; i < workload->worker_count; i++)
        troubled += workload->workers[i].trouble != NULL;
    for (size_t i = 0; i < workload->worker_count && !first; i++)
        first = workload->workers[i].trouble;
    if (troubled)
        dcb_result_note(result, "%s: %zu of %zu worker%s ended badly; the first: %s",
                        dcb_result_workload_label(result, workload), troubled,
                        workload->worker_count, workload->worker_count == 1 ? "" : "s",
                        first);
    for (size_t i = 0; i < workload->cell_count; i++) {
        const struct dcb_cell *cell = &workload->cells[i];

        for (size_t k = 0; k < cell->sample_count; k++) {
            const struct dcb_sample *sample = &cell->samples[k];

            /* A long block meets another process sooner or later: no news. */
            if ((double)sample->iterations * sample->time_ns > LONG_BLOCK_NS)
                continue;
            blocks += sample->rounds;
            disturbed += sample->disturbed;
        }
    }
    if (blocks && disturbed * 20 > blocks)
        dcb_result_note(result,
                        "%s: %.0f %% of the blocks were interrupted by other processes",
                        dcb_result_workload_label(result, workload),
                        100.0 * (double)disturbed / (double)blocks);
}

/* Whether no candidate could be loaded: then one worker is all there is to it. */
static bool nothing_loaded(const struct dcb_workload_result *workload)
{
    for (size_t i = 2; i < workload->cell_count; i++) {
        if (workload->cells[i].failure != DCB_FAILURE_LOAD)
            return false;
    }
    return workload->cell_count > 2;
}

/* What the effort did not reach, and what would. */
static void note_effort(struct dcb_result *result,
                        const struct dcb_workload_result *workload)
{
    const struct dcb_cell *baseline = &workload->cells[0];
    const struct dcb_plan *plan = result->plan;
    size_t missing = DCB_WORKERS_MIN - baseline->sample_count;
    double last_s =
        workload->worker_count
            ? (double)workload->workers[workload->worker_count - 1].elapsed_ns * 1e-9
            : 0;

    if (workload->failure || baseline->failure != DCB_FAILURE_NONE || result->signal ||
        nothing_loaded(workload))
        return;
    if (baseline->sample_count < DCB_WORKERS_MIN && plan->workers &&
        plan->workers <= workload->worker_count)
        dcb_result_note(result, "%s: %d workers make an interval: raise --workers",
                        dcb_result_workload_label(result, workload), DCB_WORKERS_MIN);
    else if (baseline->sample_count < DCB_WORKERS_MIN)
        dcb_result_note(
            result,
            "%s: %d workers make an interval, and %zu fitted in the time: about "
            "--max-time %.0f would do",
            dcb_result_workload_label(result, workload), DCB_WORKERS_MIN,
            baseline->sample_count, ceil(plan->max_time_s + (double)missing * last_s));
    else if (workload->reached > plan->precision && plan->workers &&
             plan->workers <= workload->worker_count)
        dcb_result_note(
            result, "%s: wanted +-%g %%, got +-%.2f %% after %zu workers (--workers)",
            dcb_result_workload_label(result, workload), 100 * plan->precision,
            100 * workload->reached, workload->worker_count);
    else if (workload->reached > plan->precision)
        dcb_result_note(result, "%s: wanted +-%g %%, got +-%.2f %% after %.0f s",
                        dcb_result_workload_label(result, workload),
                        100 * plan->precision, 100 * workload->reached,
                        workload->elapsed_s);
}

/* Every group of counters counts instructions too: they should agree. */
static void note_anchors(struct dcb_result *result,
                         const struct dcb_workload_result *workload)
{
    if (workload->anchor_spread > DCB_ANCHOR_BOUND)
        dcb_result_note(result,
                        "%s: instructions differ by %.1f %% between groups of counters: "
                        "doubt the hardware rows, or count fewer events with --events",
                        dcb_result_workload_label(result, workload),
                        100 * workload->anchor_spread);
}

/* "after 41 of 90 workers (2.3 s)" */
static void when_text(char *text, size_t size, const struct dcb_change *change,
                      const struct dcb_workload_result *workload)
{
    double elapsed_s = 0;

    for (size_t i = 0; i < change->worker && i < workload->worker_count; i++)
        elapsed_s += (double)workload->workers[i].elapsed_ns * 1e-9;
    snprintf(text, size, "after %zu of %zu workers (%.1f s)", change->worker,
             workload->worker_count, elapsed_s);
}

static void note_speed(struct dcb_result *result,
                       const struct dcb_workload_result *workload)
{
    const struct dcb_change *change = &workload->speed_change;
    char when[80];

    if (!change->found)
        return;
    when_text(when, sizeof when, change, workload);
    dcb_result_note(result,
                    "%s: the machine became %s: the baseline took %.0f %% %s time %s; "
                    "ratios bear that, times do not",
                    dcb_result_workload_label(result, workload),
                    change->size > 0 ? "slower" : "faster", 100 * fabs(change->size),
                    change->size > 0 ? "more" : "less", when);
}

/* What changed while it was measured. */
static void note_drift(struct dcb_result *result,
                       const struct dcb_workload_result *workload)
{
    char size[DCB_FORMAT_SIZE], when[80];

    note_speed(result, workload);
    for (size_t i = 0; i < workload->cell_count; i++) {
        const struct dcb_cell *cell = &workload->cells[i];
        const char *label = cell->role == DCB_ROLE_CONTROL
                                ? "control"
                                : dcb_result_arm_label(result, cell);

        if (cell->drift.found) {
            when_text(when, sizeof when, &cell->drift, workload);
            dcb_result_note(
                result,
                "%s: %s: the ratio moved by %s %s: what it was before and after is mixed "
                "in the estimate",
                dcb_result_workload_label(result, workload), label,
                dcb_format_change(size, 1 + cell->drift.size), when);
        }
        if (cell->settling.found)
            dcb_result_note(
                result,
                "%s: %s: the ratio still changed within workers, by %s from the first "
                "half of their rounds to the second: raise --warm-ups",
                dcb_result_workload_label(result, workload), label,
                dcb_format_change(size, 1 + cell->settling.change.estimate));
    }
}

/* The same version, and not the same code at the same speed. */
static void note_linkage(struct dcb_result *result)
{
    const char *own = result->python.own_linkage, *linkage = result->python.linkage;

    if (own && linkage && strcmp(own, linkage) != 0)
        dcb_result_note(
            result,
            "the worker links libpython %s, the interpreter's own program %s: "
            "its times differ (docs/performance.md)",
            strcmp(linkage, "shared") == 0 ? "shared" : "statically",
            strcmp(own, "shared") == 0 ? "shared" : "statically");
}

/* What could not be loaded says so itself. */
static bool is_loaded(const struct dcb_result *result, size_t arm)
{
    for (size_t i = 0; i < result->workload_count; i++) {
        if (result->workloads[i].cells[arm].failure == DCB_FAILURE_LOAD)
            return false;
    }
    return true;
}

static void note_unverified(struct dcb_result *result)
{
    for (size_t i = 0; i < result->plan->arm_count; i++) {
        const struct dcb_verified *verified = dcb_result_verified(result, i);

        char *sentence;

        if (!verified || verified->verdict != DCB_VERIFY_UNKNOWN || !is_loaded(result, i))
            continue;
        sentence = dcb_result_correctness(result, i);
        dcb_result_note(result, "%s", sentence);
        free(sentence);
    }
}

void dcb_report_add_notes(struct dcb_result *result)
{
    note_linkage(result);
    note_unverified(result);
    if (result->plan->core.name[0])
        dcb_result_note(result, "hybrid CPU: the workers ran on the cores of %s, CPUs %s",
                        result->plan->core.name, result->plan->core.cpus);
    for (size_t i = 0; i < result->workload_count; i++) {
        note_control(result, &result->workloads[i]);
        note_workers(result, &result->workloads[i]);
        note_effort(result, &result->workloads[i]);
        note_anchors(result, &result->workloads[i]);
        note_drift(result, &result->workloads[i]);
    }
    if (result->system.load > 0.5 * result->system.cpus)
        dcb_result_note(result, "the load average was %.1f on %d CPU%s at the start",
                        result->system.load, result->system.cpus,
                        result->system.cpus == 1 ? "" : "s");
    if (result->signal)
        dcb_result_note(result, "interrupted: this is what was measured up to then");
    for (size_t i = result->workload_count;
         result->signal && i < result->plan->workload_count; i++)
        dcb_result_note(result, "%s: interrupted before it began",
                        result->plan->workloads[i].label);
}
