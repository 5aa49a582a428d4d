/* gnuplot: where it is, and how a script of ours becomes a picture. */
#ifndef DCB_GNUPLOT_H
#define DCB_GNUPLOT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct dcb_error;

/* The path that a script has to give as its output. */
extern const char dcb_gnuplot_output[];

/* The first on PATH; the caller's. NULL, with what to install, where there is none. */
char *dcb_gnuplot_find(struct dcb_error *err);

/*
 * Runs a script, in a process that finds nothing of the user's, and returns what it wrote
 * to dcb_gnuplot_output, owned by the caller: a whole picture, SVG or PNG, by its first
 * and last bytes. NULL with gnuplot's own words where it failed. `stop`, not 0: end it.
 */
char *dcb_gnuplot_run(const char *program, const char *script, bool svg,
                      const volatile sig_atomic_t *stop, size_t *ret_length,
                      struct dcb_error *err);

#endif
