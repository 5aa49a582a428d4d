#include "runner_private.h"

#include <stdlib.h>

#include "workers.h"
#include "xalloc.h"

int dcb_runner_describe(struct run *run, struct dcb_error *err)
{
    const struct dcb_plan *plan = run->plan;
    struct dcb_result *result = run->result;
    size_t count = plan->arm_count + plan->workload_count;
    const struct dcb_spec **specs = dcb_xcalloc(count, sizeof *specs);
    struct dcb_source *sources = dcb_xcalloc(count, sizeof *sources);
    int rc;

    for (size_t i = 0; i < count; i++)
        specs[i] =
            i < plan->arm_count ? &plan->arms[i] : &plan->workloads[i - plan->arm_count];
    rc = dcb_workers_describe(plan,
                              &(struct dcb_workers_request){.sources = specs,
                                                            .source_count = count,
                                                            .code_fd = run->code_fd,
                                                            .stop = run->hooks->stop},
                              &result->python, sources, err);
    /* Taken over as they are: the result clears them. */
    for (size_t i = 0; i < count; i++) {
        if (i < plan->arm_count)
            result->arm_sources[i] = sources[i];
        else
            result->workload_sources[i - plan->arm_count] = sources[i];
    }
    free(sources);
    free(specs);
    return rc;
}
