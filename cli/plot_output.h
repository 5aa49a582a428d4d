/* A picture by gnuplot, as --plot asks for. */
#ifndef CLI_PLOT_OUTPUT_H
#define CLI_PLOT_OUTPUT_H

#include "history_plot.h"

struct dcb_error;

/* Whether the name says which kind of picture: better now than after the work. */
int cli_plot_check(const char *path, enum dcb_plot_format *ret_format,
                   struct dcb_error *err);

/* Runs the script, whose output is dcb_gnuplot_output, and writes the picture. */
int cli_plot_write(const char *path, const char *script, enum dcb_plot_format format,
                   struct dcb_error *err);

/* Whether there is a gnuplot at all. -1 with what to install. */
int cli_plot_find(struct dcb_error *err);

#endif
