/* What keeps a baseline file from being compared, as far as it is known before measuring.
 */
#ifndef CLI_CHECK_GAPS_H
#define CLI_CHECK_GAPS_H

struct dcb_document;
struct dcb_result;

/* `result` has been described, and nothing in it is measured yet. Why no row at all can
 * be compared, owned by the caller; NULL: there are some that can. */
char *cli_check_find_gap(const struct dcb_document *then,
                         const struct dcb_result *result);

/* Says on standard error which workloads cannot be compared. */
void cli_check_tell_workloads(const struct dcb_document *then,
                              const struct dcb_result *result);

#endif
