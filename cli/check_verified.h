/* What verify says of the implementations of a check, beside what it said of them when
 * the baseline file was made. */
#ifndef CLI_CHECK_VERIFIED_H
#define CLI_CHECK_VERIFIED_H

struct cli_options;
struct dcb_ci;
struct dcb_document;
struct dcb_result;

/* Adds a finding for each implementation that was asked, and says what is wrong. That one
 * is no deepcopy is a failure where it was one in the file; `then`: NULL where there is
 * no file yet. */
void cli_check_verified(const struct cli_options *options,
                        const struct dcb_document *then, const struct dcb_result *now,
                        struct dcb_ci *ci);

#endif
