/* Traces of memory as text, Markdown, CSV and checks. Pure. */
#ifndef DCB_REPORT_TRACE_H
#define DCB_REPORT_TRACE_H

#include <stdbool.h>

#include "text_table.h"
#include "trace.h"

struct dcb_ci;
struct dcb_strbuf;

struct dcb_report_trace_look {
    enum dcb_table_format format; /* text or Markdown */
    int verbosity;                /* -1: the summary alone */
    bool color, utf8;
};

/* For each container a summary of the implementations, and for each of these what is
 * alive at the peak, a chart (text) and what else there is to know. */
void dcb_report_trace(const struct dcb_trace *trace,
                      const struct dcb_report_trace_look *look, struct dcb_strbuf *out);

/* The series: a row for each sample. */
void dcb_report_trace_csv(const struct dcb_trace *trace, struct dcb_strbuf *out);

/* A check for each container and implementation: whether it could be traced, and whether
 * its copy is one. */
void dcb_report_trace_ci(const struct dcb_trace *trace, struct dcb_ci *ci);

#endif
