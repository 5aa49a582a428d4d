#include "check_gaps.h"

#include <stdbool.h>
#include <string.h>

#include "compare.h"
#include "document.h"
#include "term.h"

static void tell(const struct dcb_document *then, const char *workload, unsigned gaps)
{
    cli_term_message("%s%s%s: %s, so it cannot be compared; --update measures the file "
                     "anew",
                     then->path, workload ? ": " : "", workload ? workload : "",
                     dcb_compare_gap_text(gaps));
}

/* Whether the workload of the plan is another file than the one of its label then. */
static bool has_other_source(const struct dcb_document *then,
                             const struct dcb_result *now, size_t index)
{
    const char *label = now->plan->workloads[index].label;
    const char *sha256 = now->workload_sources[index].sha256;

    for (size_t i = 0; i < then->plan.workload_count; i++) {
        const char *before = then->result.workload_sources[i].sha256;

        if (strcmp(then->plan.workloads[i].label, label) == 0)
            return sha256 && before ? strcmp(sha256, before) != 0 : sha256 != before;
    }
    return false;
}

void cli_check_tell_gaps(const struct dcb_document *then, const struct dcb_result *result)
{
    const struct dcb_document now = {
        .kind = DCB_DOCUMENT_RUN, .plan = *result->plan, .result = *result};
    unsigned gaps = dcb_compare_run_gaps(then, &now);

    if (!dcb_compare_same_baseline(then, &now))
        gaps |= DCB_GAP_BASELINE;
    gaps &= ~(unsigned)DCB_GAP_MACHINE; /* ratios are compared all the same */
    if (gaps) {
        tell(then, NULL, gaps);
        return;
    }
    for (size_t i = 0; i < now.plan.workload_count; i++) {
        if (has_other_source(then, result, i))
            tell(then, now.plan.workloads[i].label, DCB_GAP_WORKLOAD);
    }
}
