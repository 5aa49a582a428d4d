/* What the comparison's own files share; nobody else includes it. */
#ifndef DCB_COMPARE_PRIVATE_H
#define DCB_COMPARE_PRIVATE_H

#include "compare.h"
#include "compare_report.h"
#include "report_private.h"

/* ---- compare_gaps.c: what keeps two documents from being compared ---- */

/* Whether both are there and differ; whether they are not the same, both missing counted
 * as the same. */
bool dcb_compare_differ(const char *a, const char *b);
bool dcb_compare_same_text(const char *a, const char *b);

/* Whether only times stand against times: one of them is pyperf's. */
bool dcb_compare_is_unpaired(const struct dcb_document *a, const struct dcb_document *b);

/* FAILED, PROVIDER, RARE of the same row in both, by its number in each plan. */
unsigned dcb_compare_counter_gaps(const struct dcb_plan *a, size_t row_a,
                                  const struct dcb_plan *b, size_t row_b);

/* Both of a CPU and architecture of the same name. */
bool dcb_compare_same_machine(const struct dcb_document *a, const struct dcb_document *b);

/* ---- compare_rows.c ---- */

/* The groups and the rows, with their cells. */
void dcb_compare_make_rows(struct dcb_compare *compare);

/* ---- compare_titles.c ---- */

void dcb_compare_make_titles(struct dcb_compare *compare);

/* ---- compare_counters.c ---- */

/* The counters of the row's comparison, whose gaps are known, of one document. */
void dcb_compare_counters(const struct dcb_compare *compare, struct dcb_compare_row *row,
                          size_t document);

/* ---- compare_notes.c ---- */

void dcb_compare_add_notes(struct dcb_compare *compare);

/* ---- reports ---- */

/* One document against the first, as it is shown. */
struct dcb_compare_page {
    struct dcb_sheet sheet;
    const struct dcb_compare *compare;
    const struct dcb_compare_view *view;
    size_t document;
    size_t *order; /* rows to show */
    size_t count;
};

/* compare_tables.c: the tables of order[first] to order[end - 1], rows of one workload.
 */
void dcb_compare_tables(const struct dcb_compare_page *page, size_t first, size_t end);

/* Whether columns are headed by numbers: cut to their width, two titles would be the
 * same. */
bool dcb_compare_is_numbered(const struct dcb_compare *compare,
                             enum dcb_table_format format);

/* "+1.3 +-0.6 %"; `exact`: with two digits in any case. */
void dcb_compare_change_text(char *text, size_t size, const struct dcb_interval *ratio,
                             bool exact);

/* Whether the counter is compared, and one to show. */
bool dcb_compare_shows(const struct dcb_compare_page *page,
                       const struct dcb_compare_counter *counter);

#endif
