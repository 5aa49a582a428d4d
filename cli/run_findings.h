/* What a run comes to: one list of findings, from which exit status, messages, JUnit XML,
 * annotations and summary are made. */
#ifndef CLI_RUN_FINDINGS_H
#define CLI_RUN_FINDINGS_H

#include "commands.h"

struct cli_options;
struct dcb_ci;
struct dcb_error;
struct dcb_result;

/* Every check of the run: for each workload the workers, for each implementation its
 * copy, for each candidate its time. `err` is what ended the measuring early, if
 * anything. The caller clears. */
void cli_run_findings(const struct cli_options *options, const struct dcb_result *result,
                      const struct dcb_error *err, struct dcb_ci *ret_ci);

/* The same without times, and without how it ended: added to what `ci` has. */
void cli_run_add_findings(const struct cli_options *options,
                          const struct dcb_result *result, struct dcb_ci *ci);
void cli_run_add_end(int signal, const struct dcb_error *err, struct dcb_ci *ci);

/* A gate that closes says why, whatever the format is. */
void cli_run_tell(const struct cli_options *options, const struct dcb_ci *ci);

/* FAILED is 1, ERROR 3, UNDECIDED 4. */
enum cli_status cli_findings_status(const struct dcb_ci *ci);

/* For the formats that programs read: what is wrong is said to a person, too. */
void cli_findings_tell(const struct cli_options *options, const struct dcb_ci *ci);

/* Of several, the first in the order 5, 2, 1, 3, 4 (design.md, section 7). */
enum cli_status cli_status_worse(enum cli_status a, enum cli_status b);

#endif
