#include "options.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "nearest.h"
#include "option_table.h"
#include "option_values.h"
#include "strbuf.h"
#include "xalloc.h"

/* What getopt_long returns for row i is OPTION_BASE + i, above every short letter. */
enum { OPTION_BASE = 256 };

struct parser {
    struct cli_options *options;
    bool has_command;
    struct dcb_error *err;
};

static int unknown_command(const char *word, struct dcb_error *err)
{
    const char *names[CLI_COMMAND_COUNT], *near;
    struct dcb_strbuf all = DCB_STRBUF_INIT;

    for (size_t i = 0; i < CLI_COMMAND_COUNT; i++) {
        names[i] = cli_command_rows[i].name;
        dcb_strbuf_appendf(&all, "%s%s", i ? ", " : "", names[i]);
    }
    near = dcb_nearest(word, names, CLI_COMMAND_COUNT);
    if (near)
        dcb_error_set(err, DCB_ERROR_USAGE,
                      "unknown command '%s'; did you mean '%s'? ('dcbench --help' lists "
                      "all)",
                      word, near);
    else
        dcb_error_set(err, DCB_ERROR_USAGE,
                      "unknown command '%s'; one of %s (to measure an implementation: "
                      "-i %s; a workload: -w %s)",
                      word, all.text, word, word);
    dcb_strbuf_clear(&all);
    return -1;
}

static int take_operand(struct parser *parser, const char *word)
{
    struct cli_options *options = parser->options;

    if (parser->has_command) {
        cli_list_append(&options->operands, word, strlen(word));
        return 0;
    }
    parser->has_command = true;
    for (size_t i = 0; i < CLI_COMMAND_COUNT; i++) {
        if (strcmp(cli_command_rows[i].name, word) == 0) {
            options->command = (enum cli_command)i;
            return 0;
        }
    }
    return unknown_command(word, parser->err);
}

static const struct cli_option_row *find_letter(int letter)
{
    for (size_t i = 0; i < cli_option_count; i++) {
        if (cli_option_rows[i].letter && cli_option_rows[i].letter == letter)
            return &cli_option_rows[i];
    }
    return NULL;
}

/* The names that begin with the `length` bytes of `start`, as a list for a message. */
static size_t matching_names(const char *start, size_t length, struct dcb_strbuf *out)
{
    size_t count = 0;

    for (size_t i = 0; i < cli_option_count; i++) {
        if (strncmp(cli_option_rows[i].name, start, length) == 0)
            dcb_strbuf_appendf(out, "%s--%s", count++ ? ", " : "",
                               cli_option_rows[i].name);
    }
    return count;
}

/* `word` is what stands on the command line, dashes included; it names no option. */
static int unknown_option(const char *word, struct dcb_error *err)
{
    const char *names[CLI_OPTION_MAX] = {NULL}, *near = NULL;
    size_t length = word[1] == '-' ? strcspn(word, "=") : strlen(word), matches = 0;
    struct dcb_strbuf all = DCB_STRBUF_INIT;
    char *given = dcb_xstrndup(word, length);

    for (size_t i = 0; i < cli_option_count; i++)
        names[i] = cli_option_rows[i].name;
    if (length > 2) {
        matches = matching_names(given + 2, length - 2, &all);
        near = dcb_nearest(given + 2, names, cli_option_count);
    }
    if (matches > 1)
        dcb_error_set(err, DCB_ERROR_USAGE, "ambiguous option '%s'; one of %s", given,
                      all.text);
    else if (near)
        dcb_error_set(err, DCB_ERROR_USAGE,
                      "unknown option '%s'; did you mean '--%s'? ('dcbench --help' lists "
                      "all)",
                      given, near);
    else
        dcb_error_set(err, DCB_ERROR_USAGE,
                      "unknown option '%s' ('dcbench --help' lists all)", given);
    free(given);
    dcb_strbuf_clear(&all);
    return -1;
}

/* What getopt_long calls '?': no such option, or a value that the option does not take.
 */
static int refused_option(int option, const char *word, struct dcb_error *err)
{
    char letter[8];

    if (option >= OPTION_BASE)
        return dcb_error_set(err, DCB_ERROR_USAGE, "--%s: takes no value",
                             cli_option_rows[option - OPTION_BASE].name);
    if (option == 0)
        return unknown_option(word, err);
    snprintf(letter, sizeof letter, option > ' ' && option <= '~' ? "-%c" : "-\\x%02x",
             (unsigned)option & 0xff);
    return unknown_option(letter, err);
}

static int missing_value(int option, struct dcb_error *err)
{
    const struct cli_option_row *row = option >= OPTION_BASE
                                           ? &cli_option_rows[option - OPTION_BASE]
                                           : find_letter(option);

    return dcb_error_set(err, DCB_ERROR_USAGE, "--%s: the value is missing (--%s %s)",
                         row->name, row->name, row->argument);
}

static int take_option(struct parser *parser, const struct cli_option_row *row,
                       const char *value)
{
    parser->options->given[row - cli_option_rows] = true;
    return cli_option_set(parser->options, row, value, parser->err);
}

static int take(struct parser *parser, int option, char *const argv[])
{
    if (option == 1)
        return take_operand(parser, optarg);
    if (option == '?')
        return refused_option(optopt, argv[optind - 1], parser->err);
    if (option == ':')
        return missing_value(optopt, parser->err);
    if (option >= OPTION_BASE)
        return take_option(parser, &cli_option_rows[option - OPTION_BASE], optarg);
    return take_option(parser, find_letter(option), optarg);
}

static int parse_words(struct parser *parser, int argc, char *const argv[])
{
    /* '-': operands come in their place, whatever POSIXLY_CORRECT says; ':': getopt
     * prints nothing and tells a missing value from an unknown option. */
    char letters[2 + 2 * CLI_OPTION_MAX + 1] = "-:";
    struct option names[CLI_OPTION_MAX + 1] = {{.name = NULL}};
    size_t length = 2;
    int option;

    assert(cli_option_count <= CLI_OPTION_MAX);
    for (size_t i = 0; i < cli_option_count; i++) {
        const struct cli_option_row *row = &cli_option_rows[i];

        names[i] =
            (struct option){.name = row->name,
                            .has_arg = row->argument ? required_argument : no_argument,
                            .val = OPTION_BASE + (int)i};
        if (row->letter)
            letters[length++] = row->letter;
        if (row->letter && row->argument)
            letters[length++] = ':';
    }
    optind = 0; /* glibc: start anew */
    opterr = 0;
    while ((option = getopt_long(argc, argv, letters, names, NULL)) != -1) {
        if (take(parser, option, argv))
            return -1;
    }
    for (int i = optind; i < argc; i++) { /* behind "--" */
        if (take_operand(parser, argv[i]))
            return -1;
    }
    return 0;
}

static int check_options_of_command(const struct parser *parser)
{
    enum cli_command command = parser->options->command;

    for (size_t i = 0; i < cli_option_count; i++) {
        const char *name = cli_command_rows[command].name;

        if (parser->options->given[i] &&
            !cli_option_applies(&cli_option_rows[i], command))
            return dcb_error_set(parser->err, DCB_ERROR_USAGE,
                                 "--%s: not an option of 'dcbench %s' ('dcbench %s "
                                 "--help' lists all)",
                                 cli_option_rows[i].name, name, name);
        if (parser->options->given[i] &&
            cli_option_check(parser->options, &cli_option_rows[i], parser->err))
            return -1;
    }
    return 0;
}

static int check_operands(const struct cli_options *options, struct dcb_error *err)
{
    const struct cli_list *operands = &options->operands;

    if (cli_command_rows[options->command].operands ||
        cli_command_rows[options->command].files || operands->count == 0)
        return 0;
    if (options->command != CLI_RUN)
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "unexpected operand '%s': 'dcbench %s' takes no operands",
                             operands->items[0], cli_command_rows[options->command].name);
    return dcb_error_set(err, DCB_ERROR_USAGE,
                         "unexpected operand '%s'; did you mean '-i %s' (an "
                         "implementation) or '-w %s' (a workload)?",
                         operands->items[0], operands->items[0], operands->items[0]);
}

static int check_counters(const struct cli_options *options, struct dcb_error *err)
{
    static const char *const alone[] = {"none", "auto"};
    const struct cli_list *counters = &options->counters;

    for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++) {
        if (counters->count > 1 && cli_list_contains(counters, alone[i]))
            return dcb_error_set(err, DCB_ERROR_USAGE,
                                 "--counters: '%s' excludes every other item", alone[i]);
    }
    if (options->events.count && cli_list_contains(counters, "none"))
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "--events: nothing is counted with '--counters none'");
    return 0;
}

static void set_defaults(struct cli_options *options)
{
    *options = (struct cli_options){.command = CLI_RUN, .affinity = -1};
    for (size_t i = 0; i < cli_option_count; i++) {
        const struct cli_option_row *row = &cli_option_rows[i];

        if (row->initial && cli_option_set(options, row, row->initial, NULL))
            assert(!"a default of the table is not a valid value");
    }
}

/* Those of the command, once it is known. */
static void set_other_defaults(struct cli_options *options)
{
    for (size_t i = 0; i < cli_option_count; i++) {
        const struct cli_option_row *row = &cli_option_rows[i];
        const char *initial = cli_option_for(row, options->command).initial;

        if (initial && initial != row->initial && !options->given[i] &&
            cli_option_set(options, row, initial, NULL))
            assert(!"a default of the table is not a valid value");
    }
}

int cli_options_parse(struct cli_options *options, int argc, char *const argv[],
                      struct dcb_error *err)
{
    struct parser parser = {.options = options, .err = err};

    set_defaults(options);
    if (parse_words(&parser, argc, argv))
        return -1;
    if (options->info != CLI_INFO_NONE)
        return 0;
    set_other_defaults(options);
    if (check_options_of_command(&parser) || check_operands(options, err))
        return -1;
    return check_counters(options, err);
}

bool cli_options_given(const struct cli_options *options, const char *name)
{
    for (size_t i = 0; i < cli_option_count; i++) {
        if (strcmp(cli_option_rows[i].name, name) == 0)
            return options->given[i];
    }
    assert(!"no such option");
    return false;
}

void cli_options_clear(struct cli_options *options)
{
    for (size_t i = 0; i < cli_option_count; i++)
        cli_option_unset(options, &cli_option_rows[i]);
    cli_list_clear(&options->operands);
}
