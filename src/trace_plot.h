/*
 * A trace as a script of gnuplot. Pure. Nothing of a worker reaches gnuplot but numbers,
 * and labels as plot_text.h lets them through.
 */
#ifndef DCB_TRACE_PLOT_H
#define DCB_TRACE_PLOT_H

#include <stddef.h>

#include "history_plot.h"

struct dcb_strbuf;
struct dcb_trace;

/* A panel for each container and implementation that has samples: RSS and its change over
 * time, a mark at the peak of each repeat. The picture goes to `output`, a path of ours.
 * Returns how many panels were left out. */
size_t dcb_trace_plot(const struct dcb_trace *trace, enum dcb_plot_format format,
                      const char *output, struct dcb_strbuf *out);

#endif
