#include "check_verified.h"

#include <stdlib.h>
#include <string.h>

#include "ci.h"
#include "document.h"
#include "options.h"
#include "plan.h"
#include "result.h"
#include "term.h"

/* Whether the file says that it was a deepcopy. Files that do not say blame nobody. */
static bool was_correct(const struct dcb_document *then, const char *label)
{
    for (size_t i = 0; then && i < then->plan.arm_count; i++) {
        const struct dcb_verified *verified = dcb_result_verified(&then->result, i);

        if (verified && strcmp(then->plan.arms[i].label, label) == 0)
            return verified->verdict == DCB_VERIFY_CORRECT;
    }
    return false;
}

void cli_check_verified(const struct cli_options *options,
                        const struct dcb_document *then, const struct dcb_result *now,
                        struct dcb_ci *ci)
{
    for (size_t i = 0; now->plan && i < now->plan->arm_count; i++) {
        const struct dcb_verified *verified = dcb_result_verified(now, i);
        const char *label = now->plan->arms[i].label;
        bool wrong, correct, lost;
        char *sentence;

        if (!verified)
            continue;
        wrong = verified->verdict == DCB_VERIFY_WRONG;
        correct = verified->verdict == DCB_VERIFY_CORRECT;
        lost = wrong && !options->update && was_correct(then, label);
        sentence = dcb_result_correctness(now, i);
        dcb_ci_add(ci, NULL, label, "verify",
                   lost      ? DCB_CI_FAILED
                   : correct ? DCB_CI_PASSED
                             : DCB_CI_SKIPPED,
                   lost ? "%s (it was one in the file)" : "%s", sentence);
        if (!correct && (lost || options->verbosity >= 0))
            cli_term_message(lost ? "%s (it was one in the file)" : "%s", sentence);
        free(sentence);
    }
}
