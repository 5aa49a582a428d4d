#include "runner_private.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "verify.h"
#include "workers.h"
#include "xalloc.h"

/* Enough for a mistake that graphs find at all to be among them, and 20 ms. */
enum { GRAPHS = 100 };

/* The library's own is what the others are compared with. */
static bool is_stdlib(const struct dcb_spec *spec)
{
    const char *name = spec->path ? strrchr(spec->path, '/') : NULL;

    return spec->builtin && name && strcmp(name, "/stdlib.py") == 0;
}

static void report(void *context, const struct dcb_verify_progress *progress)
{
    const struct run *run = context;

    if (run->hooks->progress)
        run->hooks->progress(run->hooks->progress_context,
                             &(struct dcb_progress){.verifying = progress->impl,
                                                    .verify_index = progress->impl_index,
                                                    .verify_count = progress->impl_count,
                                                    .elapsed_s = progress->elapsed_s,
                                                    .reached = DCB_UNKNOWN});
}

/* Which arms are asked: not the control, which is the baseline again. */
static size_t choose_arms(const struct dcb_plan *plan, struct dcb_spec *specs,
                          size_t *arms)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->arm_count; i++) {
        if (dcb_plan_role(i) == DCB_ROLE_CONTROL || is_stdlib(&plan->arms[i]))
            continue;
        specs[count] = plan->arms[i]; /* borrowed */
        arms[count++] = i;
    }
    return count;
}

/* Why nothing is known of an implementation, where its verification broke off. */
static struct dcb_verified broken_off(const char *why)
{
    return (struct dcb_verified){
        .asked = true, .verdict = DCB_VERIFY_UNKNOWN, .reason = dcb_xstrdup(why)};
}

/* Asks, and keeps what came for each of `arms`. */
static void ask(struct run *run, const struct dcb_verify_request *request,
                const size_t *arms)
{
    struct dcb_verify_hooks hooks = {
        .stop = run->hooks->stop, .progress = report, .progress_context = run};
    struct dcb_verification verification;
    struct dcb_error why = DCB_ERROR_INIT;
    int rc;

    report(run, &(struct dcb_verify_progress){.impl = request->impls[0].label,
                                              .impl_count = request->impl_count});
    rc = dcb_verify_run_described(run->plan, request, &hooks, run->code_fd, &verification,
                                  &why);
    for (size_t i = 0; i < request->impl_count && !verification.stopped; i++)
        run->result->verified[arms[i]] =
            rc == 0 ? dcb_verified_of(&verification.impls[i]) : broken_off(why.text);
    dcb_verification_clear(&verification);
}

void dcb_runner_verify(struct run *run)
{
    const struct dcb_plan *plan = run->plan;
    struct dcb_spec *specs = dcb_xcalloc(plan->arm_count + 1, sizeof *specs);
    size_t *arms = dcb_xcalloc(plan->arm_count + 1, sizeof *arms);
    struct dcb_verify_request request = {
        .impls = specs, .graphs = GRAPHS, .seed = DCB_VERIFY_SEED, .brief = true};

    request.batteries[DCB_BATTERY_CASES] = request.batteries[DCB_BATTERY_GRAPHS] = true;
    request.impl_count = choose_arms(plan, specs, arms);
    if (request.impl_count)
        ask(run, &request, arms);
    free(arms);
    free(specs);
}
