#include "verify.h"

#include <stdlib.h>

#include "verify_private.h"
#include "xalloc.h"

void dcb_verification_init(struct dcb_verification *ret_verification,
                           const struct dcb_verify_request *request)
{
    struct dcb_verification verification = {.request = request,
                                            .impl_count = request->impl_count};

    verification.impls =
        dcb_xcalloc(verification.impl_count + 1, sizeof *verification.impls);
    for (size_t i = 0; i < verification.impl_count; i++) {
        struct dcb_verify_impl *impl = &verification.impls[i];

        impl->spec = &request->impls[i];
        for (size_t k = 0; k < DCB_BATTERY_COUNT; k++)
            impl->batteries[k].asked = request->batteries[k];
    }
    *ret_verification = verification;
}

static void clear_finding(struct dcb_verify_finding *finding)
{
    free(finding->name);
    free(finding->expected);
    free(finding->got);
    free(finding->expression);
    free(finding->version);
}

static void clear_impl(struct dcb_verify_impl *impl)
{
    free(impl->source.path);
    free(impl->source.sha256);
    free(impl->failure);
    for (size_t i = 0; i < DCB_BATTERY_COUNT; i++)
        free(impl->batteries[i].missing);
    for (size_t i = 0; i < impl->finding_count; i++)
        clear_finding(&impl->findings[i]);
    free(impl->findings);
}

void dcb_verification_clear(struct dcb_verification *verification)
{
    for (size_t i = 0; i < verification->impl_count; i++)
        clear_impl(&verification->impls[i]);
    free(verification->impls);
    dcb_python_clear(&verification->python);
    *verification = (struct dcb_verification){.impls = NULL};
}

struct dcb_verify_sum dcb_verify_sum(const struct dcb_verify_impl *impl)
{
    struct dcb_verify_sum sum = {0};

    for (size_t i = 0; i < DCB_BATTERY_COUNT; i++) {
        const struct dcb_verify_battery *battery = &impl->batteries[i];

        if (!battery->asked)
            continue;
        sum.cases += battery->cases;
        sum.passed += battery->passed;
        sum.wrong += battery->wrong;
        sum.deviating += battery->deviating;
        sum.skipped += battery->skipped;
        sum.unasked += battery->unasked;
        sum.standard += battery->standard;
    }
    return sum;
}

/* Whether a battery was to be asked of which nobody knows how many cases it has. */
static bool lacks_a_battery(const struct dcb_verify_impl *impl)
{
    for (size_t i = 0; i < DCB_BATTERY_COUNT; i++) {
        const struct dcb_verify_battery *battery = &impl->batteries[i];

        if (battery->asked && battery->cases == 0 && !battery->missing)
            return true;
    }
    return false;
}

enum dcb_verify_verdict dcb_verify_verdict(const struct dcb_verify_impl *impl)
{
    struct dcb_verify_sum sum = dcb_verify_sum(impl);

    if (sum.wrong > 0)
        return DCB_VERIFY_WRONG;
    if (impl->failure || sum.unasked > 0 || lacks_a_battery(impl) ||
        sum.passed + sum.deviating == 0)
        return DCB_VERIFY_UNKNOWN;
    return DCB_VERIFY_CORRECT;
}
