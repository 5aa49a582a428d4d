/* What a file of pyperf's tells, as text for people. Pure. */
#ifndef DCB_REPORT_PYPERF_H
#define DCB_REPORT_PYPERF_H

#include <stdbool.h>

#include "text_table.h"

struct dcb_document;

/* Where it was measured, a line for each benchmark, what the numbers do not have, and the
 * notes. Text or Markdown; verbosity -1: the table alone. */
void dcb_report_pyperf(const struct dcb_document *document, enum dcb_table_format format,
                       int verbosity, bool color, struct dcb_strbuf *out);

#endif
