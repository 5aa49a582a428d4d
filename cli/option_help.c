#include "options.h"

#include <string.h>

#include "option_table.h"
#include "strbuf.h"

enum { WIDTH = 80, TEXT_COLUMN = 27, EXIT_COLUMN = 12 };

static void append_indent(struct dcb_strbuf *out, size_t count)
{
    dcb_strbuf_pad(out, ' ', count);
}

/* Words of `text` from `column` (where the line stands now) on, lines broken at WIDTH and
 * indented by `indent`. */
static void append_wrapped(struct dcb_strbuf *out, size_t column, size_t indent,
                           const char *text)
{
    bool first = true;

    while (*text) {
        size_t length = strcspn(text, " ");

        if (!first && column + 1 + length > WIDTH) {
            dcb_strbuf_append(out, "\n");
            append_indent(out, indent);
            column = indent;
        } else if (!first) {
            dcb_strbuf_append(out, " ");
            column++;
        }
        dcb_strbuf_append_bytes(out, text, length);
        column += length;
        text += length;
        text += strspn(text, " ");
        first = false;
    }
    dcb_strbuf_append(out, "\n");
}

/* `left` beginning at column 2, then `right` as a column of its own. */
static void append_pair(struct dcb_strbuf *out, const char *left, const char *right,
                        size_t column)
{
    size_t used = 2 + strlen(left);

    append_indent(out, 2);
    dcb_strbuf_append(out, left);
    if (used + 1 > column) {
        dcb_strbuf_append(out, "\n");
        used = 0;
    }
    append_indent(out, column - used);
    append_wrapped(out, column, column, right);
}

static void append_option(struct dcb_strbuf *out, const struct cli_option_row *row)
{
    const char *standard = row->fallback ? row->fallback : row->initial;
    struct dcb_strbuf left = DCB_STRBUF_INIT, right = DCB_STRBUF_INIT;

    if (row->letter)
        dcb_strbuf_appendf(&left, "-%c, ", row->letter);
    else
        append_indent(&left, 4);
    dcb_strbuf_appendf(&left, "--%s", row->name);
    if (row->argument)
        dcb_strbuf_appendf(&left, " %s", row->argument);

    dcb_strbuf_append(&right, row->help);
    if (standard)
        dcb_strbuf_appendf(&right, " (default: %s)", standard);

    append_pair(out, left.text, right.text, TEXT_COLUMN);
    dcb_strbuf_clear(&left);
    dcb_strbuf_clear(&right);
}

static void append_group(struct dcb_strbuf *out, enum cli_group group,
                         enum cli_command command)
{
    bool begun = false;

    for (size_t i = 0; i < cli_option_count; i++) {
        struct cli_option_row row = cli_option_for(&cli_option_rows[i], command);

        if (row.group != group || !cli_option_applies(&row, command))
            continue;
        if (!begun)
            dcb_strbuf_appendf(out, "\n%s:\n", cli_group_titles[group]);
        begun = true;
        append_option(out, &row);
    }
}

static void append_commands(struct dcb_strbuf *out)
{
    dcb_strbuf_append(out, "\nCommands:\n");
    for (size_t i = 0; i < CLI_COMMAND_COUNT; i++)
        append_pair(out, cli_command_rows[i].name, cli_command_rows[i].summary,
                    EXIT_COLUMN);
}

static void append_exit_statuses(struct dcb_strbuf *out, enum cli_command command)
{
    dcb_strbuf_append(out, "\nExit status:\n");
    for (size_t i = 0; i < cli_exit_count; i++) {
        if (cli_exit_rows[i].commands & 1u << command)
            append_pair(out, cli_exit_rows[i].status, cli_exit_rows[i].meaning,
                        EXIT_COLUMN);
    }
}

void cli_options_help(enum cli_command command, struct dcb_strbuf *out)
{
    const struct cli_command_row *row = &cli_command_rows[command];

    dcb_strbuf_appendf(out, "Usage: dcbench %s\n\n", row->usage);
    append_wrapped(out, 0, 0, row->description);
    if (command == CLI_RUN) /* what `dcbench --help` shows */
        append_commands(out);
    for (int group = 0; group < CLI_GROUP_COUNT; group++)
        append_group(out, (enum cli_group)group, command);
    dcb_strbuf_append(out, "\nExamples:\n");
    for (size_t i = 0; row->examples[i]; i++)
        dcb_strbuf_appendf(out, "  %s\n", row->examples[i]);
    append_exit_statuses(out, command);
}
