#include "check_gaps.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "document.h"
#include "term.h"
#include "xalloc.h"

static const char *or_unknown(const char *text)
{
    return text ? text : "?";
}

/* " (3.11.2 then, 3.11.4 now; the patch level counts)" */
static char *interpreters(const struct dcb_result *then, const struct dcb_result *now)
{
    const char *before = or_unknown(then->python.version);
    const char *after = or_unknown(now->python.version);

    if (strcmp(before, after) == 0)
        return dcb_xasprintf(" (other builds of %s)", after);
    return dcb_xasprintf(" (%s then, %s now; the patch level counts)", before, after);
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

char *cli_check_find_gap(const struct dcb_document *then, const struct dcb_result *result)
{
    const struct dcb_document now = {
        .kind = DCB_DOCUMENT_RUN, .plan = *result->plan, .result = *result};
    unsigned gaps = dcb_compare_run_gaps(then, &now);
    char *versions = NULL, *text;

    if (!dcb_compare_same_baseline(then, &now))
        gaps |= DCB_GAP_BASELINE;
    gaps &= ~(unsigned)DCB_GAP_MACHINE; /* ratios are compared all the same */
    if (!gaps)
        return NULL;
    if (gaps & DCB_GAP_INTERPRETER) {
        gaps = DCB_GAP_INTERPRETER;
        versions = interpreters(&then->result, result);
    }
    text =
        dcb_xasprintf("%s: %s%s, so it cannot be compared; --update measures the file "
                      "anew, here",
                      then->path, dcb_compare_gap_text(gaps), versions ? versions : "");
    free(versions);
    return text;
}

void cli_check_tell_workloads(const struct dcb_document *then,
                              const struct dcb_result *result)
{
    for (size_t i = 0; i < result->plan->workload_count; i++) {
        if (has_other_source(then, result, i))
            cli_term_message("%s: %s: %s, so it cannot be compared; --update measures "
                             "the file anew",
                             then->path, result->plan->workloads[i].label,
                             dcb_compare_gap_text(DCB_GAP_WORKLOAD));
    }
}
