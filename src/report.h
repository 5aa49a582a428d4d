/* A result as text for people and as CSV for programs. Pure. */
#ifndef DCB_REPORT_H
#define DCB_REPORT_H

#include <stdbool.h>

struct dcb_result;
struct dcb_strbuf;

/* What a reader of the numbers should know: disturbed blocks, dead workers, too few of
 * them, a control that differs. Added to result->notes, once, when the run is over. */
void dcb_report_add_notes(struct dcb_result *result);

/* Header, a table of times and one of counters for each workload, a summary where there
 * are several workloads, notes. verbosity -1: tables alone; 1: with the workers and how
 * they are distributed. utf8: with block characters; labels are UTF-8 in any case. */
void dcb_report_text(const struct dcb_result *result, int verbosity, bool color,
                     bool utf8, struct dcb_strbuf *out);

/* The same as GitHub Markdown. */
void dcb_report_markdown(const struct dcb_result *result, int verbosity, bool utf8,
                         struct dcb_strbuf *out);

/* One line for each workload and arm, with a header line; every counter row a column.
 * Times in nanoseconds, ratios as fractions; an empty field is a value that was not had.
 */
void dcb_report_csv(const struct dcb_result *result, struct dcb_strbuf *out);

#endif
