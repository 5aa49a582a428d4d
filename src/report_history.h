/* A history as text for people and as CSV for programs. Pure. */
#ifndef DCB_REPORT_HISTORY_H
#define DCB_REPORT_HISTORY_H

#include <stdbool.h>

struct dcb_history;
struct dcb_strbuf;

/* A table for each workload: its ratios over time, and below it the steps. verbosity -1:
 * the steps alone; 1: with the files that each step lies between. utf8: with block
 * characters. */
void dcb_report_history(const struct dcb_history *history, int verbosity, bool color,
                        bool utf8, struct dcb_strbuf *out);

/* The same as GitHub Markdown. */
void dcb_report_history_markdown(const struct dcb_history *history, int verbosity,
                                 bool utf8, struct dcb_strbuf *out);

/* One line for each result of each series, with a header line; `step` is 1 in the first
 * result behind a step. An empty field is a value that was not had. */
void dcb_report_history_csv(const struct dcb_history *history, struct dcb_strbuf *out);

#endif
