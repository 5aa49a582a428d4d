/* What --fail-if makes of a verdict, in a run and in a comparison, and of instructions.
 */
#ifndef CLI_FAIL_IF_H
#define CLI_FAIL_IF_H

#include <stdbool.h>

#include "ci.h"
#include "model.h"
#include "stats.h"

struct cli_options;

/* A verdict with what it was made of. */
struct cli_judged {
    enum dcb_verdict verdict;
    struct dcb_interval ratio;
    double margin;
    bool withheld; /* inconclusive whatever the interval says */
};

/* FAILED where the verdict is one that --fail-if names; UNDECIDED where there is none,
 * and where an inconclusive one could still become one of them; PASSED otherwise, and
 * where it names no verdict. */
enum dcb_ci_outcome cli_fail_if(const struct cli_options *options,
                                const struct cli_judged *judged);

/* Whether --fail-if names a verdict; instructions; implementations that are incorrect. */
bool cli_fail_if_judges(const struct cli_options *options);
bool cli_fail_if_verifies(const struct cli_options *options);
bool cli_fail_if_counts(const struct cli_options *options);

/*
 * FAILED where a ratio of instructions is above 1 by more than --instructions-margin, and
 * all of its interval above 1; UNDECIDED where it is not known or could still be. There
 * is no chance in a simulated one, whose interval is what the layouts of memory lie
 * between: up to the margin it has passed.
 */
enum dcb_ci_outcome cli_fail_if_instructions(const struct cli_options *options,
                                             const struct dcb_interval *ratio,
                                             bool simulated);

#endif
