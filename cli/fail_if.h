/* What --fail-if makes of a verdict, in a run and in a comparison. */
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
 * and where an inconclusive one could still become one of them; PASSED otherwise. */
enum dcb_ci_outcome cli_fail_if(const struct cli_options *options,
                                const struct cli_judged *judged);

#endif
