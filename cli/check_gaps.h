/* What keeps a baseline file from being compared, as far as it is known before measuring.
 */
#ifndef CLI_CHECK_GAPS_H
#define CLI_CHECK_GAPS_H

struct dcb_document;
struct dcb_result;

/* `result` has been described, and nothing in it is measured yet: says on standard error
 * what of the file cannot be compared with it. */
void cli_check_tell_gaps(const struct dcb_document *then,
                         const struct dcb_result *result);

#endif
