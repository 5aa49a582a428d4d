/* A comparison as text for people and as CSV for programs. Pure. */
#ifndef DCB_COMPARE_REPORT_H
#define DCB_COMPARE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "compare.h"
#include "text_table.h"

struct dcb_strbuf;

enum dcb_compare_sort {
    DCB_COMPARE_SORT_FILE,    /* as in the first file */
    DCB_COMPARE_SORT_CHANGE,  /* the largest growth first, what has no change last */
    DCB_COMPARE_SORT_NAME,    /* by implementation, then workload */
    DCB_COMPARE_SORT_WORKLOAD /* by workload, then implementation */
};

struct dcb_compare_view {
    enum dcb_compare_sort sort;
    bool only_changed; /* rows that are faster or slower */
    int verbosity;     /* -1: tables and notes alone; 1: every counter */
    bool color;
};

/* The rows to show of a document against the first, as indices into compare->rows in
 * their order; the caller frees. */
size_t *dcb_compare_order(const struct dcb_compare *compare, size_t document,
                          const struct dcb_compare_view *view, size_t *ret_count);

/* Header, then for each further document its workloads: a table of ratios, one of times
 * and one of counters where they are comparable; the mean, and notes. `format` is text
 * or Markdown. Sorted by change or by name, a workload stands where its first row
 * does. */
void dcb_compare_text(const struct dcb_compare *compare, enum dcb_table_format format,
                      const struct dcb_compare_view *view, struct dcb_strbuf *out);

/* One line for each row of each further document, with a header line. An empty field is
 * a value that was not had. */
void dcb_compare_csv(const struct dcb_compare *compare,
                     const struct dcb_compare_view *view, struct dcb_strbuf *out);

#endif
