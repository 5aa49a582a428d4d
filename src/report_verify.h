/* A verification as text for people and as CSV for programs. Pure. */
#ifndef DCB_REPORT_VERIFY_H
#define DCB_REPORT_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

struct dcb_ci;
struct dcb_strbuf;
struct dcb_verification;
struct dcb_verify_remark;

/* A row for each implementation, then what is wrong with which, what deviates, and what
 * was not asked. verbosity -1: without the last two; 1: every failure whole, and the
 * names of the cases that were skipped or reached the standard deepcopy. */
void dcb_report_verify(const struct dcb_verification *verification, int verbosity,
                       bool color, struct dcb_strbuf *out);

/* The same as GitHub Markdown. */
void dcb_report_verify_markdown(const struct dcb_verification *verification,
                                int verbosity, struct dcb_strbuf *out);

/* With a header line: for each implementation a row for each battery, with its sums, and
 * below it one for each finding, with the name of its case. */
void dcb_report_verify_csv(const struct dcb_verification *verification,
                           struct dcb_strbuf *out);

/* A check for each implementation and battery: what a CI service shows, and what the
 * exit status is made of. */
void dcb_report_verify_ci(const struct dcb_verification *verification, struct dcb_ci *ci);

/* "reduce_4tuple, reduce_5tuple and 2 more: expected an error, got a copy": at most
 * `names` names, and the parts cut to about `most` characters; 0: all. Owned by the
 * caller; untrusted, as the parts are. */
char *dcb_report_verify_remark(const struct dcb_verify_remark *remark, size_t names,
                               size_t most);

#endif
