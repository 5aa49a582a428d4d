/*
 * A history as a script of gnuplot. Pure. Nothing of a file reaches gnuplot but numbers,
 * and labels of which only letters, digits and a few marks are left, in the single quotes
 * in which gnuplot looks for nothing.
 */
#ifndef DCB_HISTORY_PLOT_H
#define DCB_HISTORY_PLOT_H

#include <stdbool.h>
#include <stddef.h>

struct dcb_history;
struct dcb_strbuf;

enum dcb_plot_format { DCB_PLOT_SVG, DCB_PLOT_PNG };

/* By the end of the file's name. False for another. */
bool dcb_plot_format_of(const char *path, enum dcb_plot_format *ret_format);

/* More workloads do not fit into one picture. */
enum { DCB_PLOT_PANELS_MAX = 40 };

/* A panel for each workload: each series with its error bars, a line where a step is. The
 * picture goes to `output`, a path of ours. Returns how many panels were left out. */
size_t dcb_history_plot(const struct dcb_history *history, enum dcb_plot_format format,
                        const char *output, struct dcb_strbuf *out);

#endif
