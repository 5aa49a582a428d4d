#include "fail_if.h"

#include <math.h>

#include "options.h"

/* ---- verdicts ---- */

static bool is_asked(const struct cli_options *options, enum dcb_verdict verdict)
{
    return cli_list_contains(&options->fail_if, dcb_verdict_name(verdict));
}

bool cli_fail_if_judges(const struct cli_options *options)
{
    size_t others =
        (size_t)cli_fail_if_counts(options) + (size_t)cli_fail_if_verifies(options);

    return options->fail_if.count > others;
}

bool cli_fail_if_verifies(const struct cli_options *options)
{
    return cli_list_contains(&options->fail_if, "incorrect");
}

/* Whether what is inconclusive could still be this. */
static bool could_be(const struct cli_judged *judged, enum dcb_verdict verdict)
{
    if (judged->withheld || !isfinite(judged->ratio.low))
        return true;
    if (verdict == DCB_VERDICT_SLOWER)
        return judged->ratio.high > 1 + judged->margin;
    if (verdict == DCB_VERDICT_FASTER)
        return judged->ratio.low < 1 - judged->margin;
    return true;
}

enum dcb_ci_outcome cli_fail_if(const struct cli_options *options,
                                const struct cli_judged *judged)
{
    static const enum dcb_verdict asked[] = {DCB_VERDICT_FASTER, DCB_VERDICT_SLOWER,
                                             DCB_VERDICT_SAME};

    if (!cli_fail_if_judges(options))
        return DCB_CI_PASSED;
    if (judged->verdict == DCB_VERDICT_NONE)
        return DCB_CI_UNDECIDED;
    if (judged->verdict != DCB_VERDICT_INCONCLUSIVE)
        return is_asked(options, judged->verdict) ? DCB_CI_FAILED : DCB_CI_PASSED;
    if (is_asked(options, DCB_VERDICT_INCONCLUSIVE))
        return DCB_CI_UNDECIDED;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        if (is_asked(options, asked[i]) && could_be(judged, asked[i]))
            return DCB_CI_UNDECIDED;
    }
    return DCB_CI_PASSED;
}

/* ---- instructions ---- */

bool cli_fail_if_counts(const struct cli_options *options)
{
    return cli_list_contains(&options->fail_if, "instructions");
}

enum dcb_ci_outcome cli_fail_if_instructions(const struct cli_options *options,
                                             const struct dcb_interval *ratio,
                                             bool simulated)
{
    double most = 1 + options->instructions_margin;

    if (!isfinite(ratio->estimate) || !isfinite(ratio->low) || !isfinite(ratio->high))
        return DCB_CI_UNDECIDED;
    if (ratio->estimate > most && ratio->low > 1)
        return DCB_CI_FAILED;
    return (simulated ? ratio->estimate : ratio->high) > most ? DCB_CI_UNDECIDED
                                                              : DCB_CI_PASSED;
}
