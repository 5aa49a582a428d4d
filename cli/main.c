/* dcbench: the command line. Options, then one command, then the exit status. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "error.h"
#include "options.h"
#include "strbuf.h"
#include "term.h"

static int (*const commands[CLI_COMMAND_COUNT])(const struct cli_options *,
                                                struct dcb_error *) = {
    [CLI_RUN] = cli_run,         [CLI_COMPARE] = cli_compare,   [CLI_CHECK] = cli_check,
    [CLI_CONVERT] = cli_convert, [CLI_HISTORY] = cli_history,   [CLI_LIST] = cli_list,
    [CLI_DOCTOR] = cli_doctor,   [CLI_SELFTEST] = cli_selftest, [CLI_VERIFY] = cli_verify,
    [CLI_MEMORY] = cli_memory,
};

static int print_info(const struct cli_options *options, struct dcb_error *err)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    int rc = 0;

    if (options->info == CLI_INFO_HELP)
        cli_options_help(options->command, &out);
    else if (options->info == CLI_INFO_VERSION)
        dcb_strbuf_append(&out, "dcbench " DCB_VERSION "\n");
    else
        rc = cli_options_completion(options->completion_shell, &out, err);
    if (rc == 0)
        rc = cli_term_print(out.text, err);
    dcb_strbuf_clear(&out);
    return rc;
}

static int status_of(const struct dcb_error *err)
{
    switch (err->code) {
    case DCB_ERROR_USAGE:
        return CLI_STATUS_USAGE;
    case DCB_ERROR_SYSTEM:
        return CLI_STATUS_SYSTEM;
    case DCB_OK:
    case DCB_ERROR_INTERNAL:
        break;
    }
    return CLI_STATUS_BUG;
}

int main(int argc, char **argv)
{
    struct cli_options options;
    struct dcb_error err = DCB_ERROR_INIT;
    int rc;

    /* A reader that left, a file that may not grow: errors of writing, with a message. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    rc = cli_options_parse(&options, argc, argv, &err);
    if (rc == 0)
        rc = options.info != CLI_INFO_NONE ? print_info(&options, &err)
                                           : commands[options.command](&options, &err);
    if (rc == -1) {
        cli_term_message("%s", err.text);
        rc = status_of(&err);
    }
    cli_options_clear(&options);
    return rc;
}
