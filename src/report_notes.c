#include "report.h"

#include <math.h>

#include "analysis.h"
#include "format.h"
#include "result.h"

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
            "%s: the control is not known to be the same within %g %% (%s): small "
            "changes here deserve doubt",
            dcb_result_workload_label(result, workload), 100 * result->plan->margin,
            change);
}

static void note_workers(struct dcb_result *result,
                         const struct dcb_workload_result *workload)
{
    const struct dcb_cell *baseline = &workload->cells[0];
    uint64_t blocks = 0, disturbed = 0;
    const char *first = NULL;
    size_t troubled = 0;

    for (size_t i = 0; i < workload->worker_count; i++)
        troubled += workload->workers[i].trouble != NULL;
    for (size_t i = 0; i < workload->worker_count && !first; i++)
        first = workload->workers[i].trouble;
    if (troubled)
        dcb_result_note(result, "%s: %zu of %zu workers ended badly; the first: %s",
                        dcb_result_workload_label(result, workload), troubled,
                        workload->worker_count, first);
    for (size_t i = 0; i < workload->cell_count; i++) {
        const struct dcb_cell *cell = &workload->cells[i];

        blocks += cell->blocks;
        for (size_t k = 0; k < cell->sample_count; k++)
            disturbed += cell->samples[k].disturbed;
    }
    if (blocks && disturbed * 20 > blocks)
        dcb_result_note(result,
                        "%s: %.0f %% of the blocks were interrupted by other processes",
                        dcb_result_workload_label(result, workload),
                        100.0 * (double)disturbed / (double)blocks);
    if (!workload->failure && baseline->failure == DCB_FAILURE_NONE &&
        baseline->sample_count < DCB_WORKERS_MIN && !result->signal)
        dcb_result_note(
            result,
            "%s: %zu workers are too few for an interval (%d make one): raise "
            "--max-time or --workers",
            dcb_result_workload_label(result, workload), baseline->sample_count,
            DCB_WORKERS_MIN);
}

void dcb_report_add_notes(struct dcb_result *result)
{
    for (size_t i = 0; i < result->workload_count; i++) {
        note_control(result, &result->workloads[i]);
        note_workers(result, &result->workloads[i]);
    }
    if (result->system.load > 0.5 * result->system.cpus)
        dcb_result_note(result, "the load average was %.1f on %d CPUs at the start",
                        result->system.load, result->system.cpus);
    if (result->signal)
        dcb_result_note(result, "interrupted: this is what was measured up to then");
}
