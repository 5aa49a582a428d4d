#include "check_verified.h"

#include <stdlib.h>

#include "ci.h"
#include "document.h"
#include "options.h"
#include "plan.h"
#include "result.h"
#include "term.h"

void cli_check_verified(const struct cli_options *options,
                        const struct dcb_document *then, const struct dcb_result *now,
                        struct dcb_ci *ci)
{
    for (size_t i = 0; now->plan && i < now->plan->arm_count; i++) {
        const struct dcb_verified *verified = dcb_result_verified(now, i);
        const char *label = now->plan->arms[i].label;
        bool correct, lost;
        char *sentence;

        if (!verified)
            continue;
        correct = verified->verdict == DCB_VERIFY_CORRECT;
        lost = then && !options->update &&
               dcb_result_lost_correctness(&then->result, now, i);
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
