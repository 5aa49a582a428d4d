/* What the files of reports share; nobody else includes it. */
#ifndef DCB_REPORT_PRIVATE_H
#define DCB_REPORT_PRIVATE_H

#include <stdbool.h>

#include "text_table.h"

struct dcb_result;
struct dcb_strbuf;
struct dcb_workload_result;

enum { DCB_SHEET_WIDTH = 79, DCB_SHEET_INDENT = 2 };

/* How the same tables come out as terminal text and as Markdown. */
struct dcb_sheet {
    const struct dcb_result *result; /* NULL in what is not of one run */
    enum dcb_table_format format;
    int verbosity;
    bool color;
    bool utf8; /* block characters may be printed */
    struct dcb_strbuf *out;
};

/* ---- report_sheet.c: whatever is in a text, it comes out as one line of characters, in
 * a terminal as in Markdown ---- */

void dcb_sheet_heading(const struct dcb_sheet *sheet, const char *text);

/* One of the lines above all tables; the last of them ends their paragraph. */
void dcb_sheet_line(const struct dcb_sheet *sheet, const char *raw, bool last);

void dcb_sheet_print_table(const struct dcb_sheet *sheet,
                           const struct dcb_text_table *table);

/* A line below a table, broken between words where it is too long for the terminal. */
void dcb_sheet_remark(const struct dcb_sheet *sheet, const char *prefix, const char *raw);

/* What stands behind the label of an arm: "*" where verify says that it is no deepcopy,
 * else "". */
const char *dcb_sheet_mark(const struct dcb_sheet *sheet, size_t arm);

/* ---- report_workers.c ---- */

/* What --verbose adds for a workload: who its workers were, and how their ratios and
 * times are distributed. */
void dcb_sheet_workers(const struct dcb_sheet *sheet,
                       const struct dcb_workload_result *workload);

/* ---- report_counters.c ---- */

/* The counters of one workload, a table for each provider, and what is derived of them.
 */
void dcb_sheet_counters(const struct dcb_sheet *sheet,
                        const struct dcb_workload_result *workload);

/* Rows without a value, one line for each reason. */
void dcb_sheet_missing(const struct dcb_sheet *sheet);

#endif
