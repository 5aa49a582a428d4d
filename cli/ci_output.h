/* What was found, where a CI service looks for it: files, and GitHub's own places. */
#ifndef CLI_CI_OUTPUT_H
#define CLI_CI_OUTPUT_H

#include <stdbool.h>

struct cli_options;
struct dcb_ci;
struct dcb_ci_finding;
struct dcb_error;
struct dcb_strbuf;

/* Prints a report to standard output. On GitHub, which obeys commands in it, no message
 * of the code under test can be one, --ci none or not; data for programs stays as it is.
 */
int cli_ci_print(const struct cli_options *options, const char *text,
                 struct dcb_error *err);

/* The same, and clears it. */
int cli_ci_print_report(const struct cli_options *options, struct dcb_strbuf *report,
                        struct dcb_error *err);

/*
 * Writes --junit and --summary; adds the summary to GITHUB_STEP_SUMMARY and prints
 * annotations to standard error, where these are wanted. `report` is the Markdown below
 * the summary's headline, or NULL. Fails where a file that was asked for could not be
 * written; a GITHUB_STEP_SUMMARY that cannot is a message and no failure: the verdict of
 * the run does not depend on a file that the command line does not name.
 */
int cli_ci_write(const struct cli_options *options, const struct dcb_ci *ci,
                 const char *report, struct dcb_error *err);

/* Whether cli_ci_write says this finding to GitHub on standard error: no other line has
 * to say it there once more. */
bool cli_ci_says(const struct cli_options *options, const struct dcb_ci *ci,
                 const struct dcb_ci_finding *finding);

/* An annotation for what went wrong outside of any finding, on GitHub. */
void cli_ci_tell(const struct cli_options *options, const char *message);

#endif
