/* What is behind an option: its value checked and put into struct cli_options. */
#ifndef CLI_OPTION_VALUES_H
#define CLI_OPTION_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "options.h"

struct cli_option_row;
struct dcb_error;

/* Checks `value` (NULL where the option takes none) and sets the row's field, or adds to
 * it. -1 with a usage error that names the option, the value and what is allowed. */
int cli_option_set(struct cli_options *options, const struct cli_option_row *row,
                   const char *value, struct dcb_error *err);

/* Whether what the option was set to is a choice that the command has: -1 with the same
 * message as for a value that no command knows. */
int cli_option_check(struct cli_options *options, const struct cli_option_row *row,
                     struct dcb_error *err);

/* Frees what the row's field holds. */
void cli_option_unset(struct cli_options *options, const struct cli_option_row *row);

void cli_list_append(struct cli_list *list, const char *text, size_t length);
void cli_list_clear(struct cli_list *list);

#endif
