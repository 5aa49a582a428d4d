/* The terminal: data to standard output, the rest to standard error. */
#ifndef CLI_TERM_H
#define CLI_TERM_H

#include <stdbool.h>

#include "options.h"

struct dcb_error;
struct dcb_progress;

/* Whether output to `fd` has colours: asked for, or a terminal and no NO_COLOR. */
bool cli_term_color(enum cli_when when, int fd);
bool cli_term_progress(enum cli_when when);

/* Whether the user's locale is one of UTF-8, by its name: a locale that is not installed
 * here says what the terminal shows all the same. */
bool cli_term_utf8(void);

/* Writes data to standard output; a full disk or a closed pipe is an error. */
int cli_term_print(const char *text, struct dcb_error *err);

/* A line for the user on standard error, behind "dcbench: ". */
void cli_term_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whole lines for the CI service that reads standard error along. */
void cli_term_annotate(const char *lines);

/* One such line for each of the text's. */
void cli_term_lines(const char *text);

/* Draws the progress line over itself; clear it before anything else is written. */
void cli_term_draw(const struct dcb_progress *progress);
void cli_term_draw_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_term_clear(void);

#endif
