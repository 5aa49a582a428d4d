/* That help, man page and completion scripts tell what the option table tells. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "option_table.h"
#include "options.h"
#include "strbuf.h"
#include "xalloc.h"
#include "parse_line.h"

#ifdef DCB_SOURCE_DIR
#define MAN_PAGE DCB_SOURCE_DIR "/man/dcbench.1"
#else
#define MAN_PAGE "man/dcbench.1"
#endif

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- the tables ---- */

static void rows_are_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_option_count; i++) {
        const struct cli_option_row *row = &cli_option_rows[i];

        assert_non_null(row->name);
        assert_non_null(row->help);
        assert_true(row->commands != 0 && row->group < CLI_GROUP_COUNT);
        assert_true(!row->choices || row->noun);
        assert_true((row->complete == CLI_COMPLETE_CHOICES) == (row->choices != NULL));
        assert_true(row->value < CLI_VALUE_COUNT || row->range);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(row->name, cli_option_rows[j].name);
            assert_true(!row->letter || row->letter != cli_option_rows[j].letter);
        }
    }
}

/* `word` as a whole: no letter, digit or dash goes on at either end. */
static const char *find_word(const char *text, const char *word)
{
    const char *around =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    size_t length = strlen(word);

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
        char before = at > text ? at[-1] : ' ', after = at[length];

        bool starts = !strchr(around, word[0]) || !before || !strchr(around, before);

        if (starts && (!after || !strchr(around, after)))
            return at;
    }
    return NULL;
}

static void assert_word(const char *text, const char *word, const char *where)
{
    if (!find_word(text, word))
        fail_msg("%s does not name '%s'", where, word);
}

/* ---- help ---- */

static void help_has_every_option_of_its_command(void **state)
{
    (void)state;
    for (int command = 0; command < CLI_COMMAND_COUNT; command++) {
        struct dcb_strbuf help = DCB_STRBUF_INIT;

        cli_options_help((enum cli_command)command, &help);
        for (size_t i = 0; i < cli_option_count; i++) {
            const struct cli_option_row *row = &cli_option_rows[i];
            char start[80];

            snprintf(start, sizeof start, "\n  %c%c%c --%s%s%s", row->letter ? '-' : ' ',
                     row->letter ? row->letter : ' ', row->letter ? ',' : ' ', row->name,
                     row->argument ? " " : "", row->argument ? row->argument : "");

            const char *line = find_word(help.text, start);
            if (!line != !cli_option_applies(row, (enum cli_command)command))
                fail_msg("--%s is wrongly %s the help of %s", row->name,
                         line ? "in" : "not in", cli_command_rows[command].name);
            struct cli_option_row own = cli_option_for(row, (enum cli_command)command);
            for (size_t j = 0; line && own.choices && own.choices[j]; j++)
                assert_word(line, own.choices[j], row->name);
        }
        dcb_strbuf_clear(&help);
    }
}

static void help_tells_defaults_examples_and_statuses(void **state)
{
    struct dcb_strbuf help = DCB_STRBUF_INIT;
    static const char *const parts[] = {
        "(default: merged)", "(default: all)",
        "(default: stdlib)", "+-PCT % (default: 0.5)",
        "(default: 95)",     "\nExamples:\n  dcbench --impl merged --workload memo\n",
        "\nExit status:\n",  "\n  130, 143  ",
    };

    (void)state;
    cli_options_help(CLI_RUN, &help);
    for (size_t i = 0; i < COUNT(parts); i++) {
        if (!strstr(help.text, parts[i]))
            fail_msg("the help lacks '%s'", parts[i]);
    }
    dcb_strbuf_clear(&help);
}

static void help_fits_a_terminal(void **state)
{
    (void)state;
    for (int command = 0; command < CLI_COMMAND_COUNT; command++) {
        struct dcb_strbuf help = DCB_STRBUF_INIT;
        char *rest = NULL;

        cli_options_help((enum cli_command)command, &help);
        assert_int_equal(help.text[help.length - 1], '\n');
        for (char *line = strtok_r(help.text, "\n", &rest); line;
             line = strtok_r(NULL, "\n", &rest)) {
            if (strlen(line) > 80 || line[strlen(line) - 1] == ' ')
                fail_msg("too long, or blanks at its end: '%s'", line);
        }
        dcb_strbuf_clear(&help);
    }
}

static void examples_of_the_help_are_valid(void **state)
{
    const char *program = "dcbench ";

    (void)state;
    for (int command = 0; command < CLI_COMMAND_COUNT; command++) {
        for (size_t i = 0; cli_command_rows[command].examples[i]; i++) {
            const char *example = cli_command_rows[command].examples[i];
            struct cli_options options;

            assert_int_equal(strncmp(example, program, strlen(program)), 0);
            parse_well(&options, example + strlen(program));
            assert_int_equal(options.command, command);
            cli_options_clear(&options);
        }
    }
}

/* ---- the man page ---- */

/* The page with \- as a dash. */
static char *read_man_page(void)
{
    FILE *file = fopen(MAN_PAGE, "re");
    struct dcb_strbuf page = DCB_STRBUF_INIT;
    int c;

    if (!file)
        fail_msg("%s: cannot be opened; run the tests in the top folder", MAN_PAGE);
    while ((c = getc(file)) != EOF) {
        char byte = (char)c;

        if (byte == '-' && page.length && page.text[page.length - 1] == '\\')
            page.text[page.length - 1] = '-';
        else
            dcb_strbuf_append_bytes(&page, &byte, 1);
    }
    fclose(file);
    return dcb_strbuf_take(&page);
}

/* What stands between two lines of the page; owned by the caller. */
static char *man_section(const char *page, const char *start, const char *end)
{
    const char *from = strstr(page, start);

    if (!from)
        fail_msg("the man page has no '%s'", start);
    from += strlen(start);

    const char *to = strstr(from, end);
    return dcb_xstrndup(from, to ? (size_t)(to - from) : strlen(from));
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        count++;
    return count;
}

/* The entry of an option, from its .It on; owned by the caller. */
static char *man_entry(const char *options, const struct cli_option_row *row)
{
    char name[64];
    const char *line = options;

    snprintf(name, sizeof name, "Fl Fl %s", row->name);
    while ((line = strstr(line, "\n.It "))) {
        size_t length = strcspn(line + 1, "\n");
        char *item = dcb_xstrndup(line, length + 1);
        bool found = find_word(item, name) != NULL;

        free(item);
        if (found) {
            const char *end = strstr(line + 1, "\n.It ");
            return dcb_xstrndup(line, end ? (size_t)(end - line) : strlen(line));
        }
        line++;
    }
    fail_msg("the man page has no entry for --%s", row->name);
    return NULL;
}

static void man_page_has_every_option_and_choice(void **state)
{
    char *page = read_man_page();
    char *options = man_section(page, "\n.Sh OPTIONS", "\n.Sh ");

    (void)state;
    assert_int_equal(count_of(options, "\n.It "), cli_option_count);
    for (size_t i = 0; i < cli_option_count; i++) {
        const struct cli_option_row *row = &cli_option_rows[i];
        char *entry = man_entry(options, row), start[32];

        if (row->letter) {
            snprintf(start, sizeof start, "\n.It Fl %c ", row->letter);
            assert_int_equal(strncmp(entry, start, strlen(start)), 0);
        }
        if (row->argument && !strchr(row->argument, '|'))
            assert_word(entry, row->argument, row->name);
        if (row->initial && !row->choices)
            assert_word(entry, row->initial, row->name);
        for (size_t j = 0; row->choices && row->choices[j]; j++)
            assert_word(entry, row->choices[j], row->name);
        free(entry);
    }
    free(options);
    free(page);
}

static const struct cli_option_row *row_of(const char *name, size_t length)
{
    for (size_t i = 0; i < cli_option_count; i++) {
        if (strlen(cli_option_rows[i].name) == length &&
            strncmp(cli_option_rows[i].name, name, length) == 0)
            return &cli_option_rows[i];
    }
    return NULL;
}

/* Every `lead`NAME of the page is an option; returns how many there were. */
static size_t check_long_options(const char *page, const char *lead)
{
    size_t count = 0;

    for (const char *at = strstr(page, lead); at; at = strstr(at, lead)) {
        at += strlen(lead);

        size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyz-");
        if (length == 0) /* the bare "--" */
            continue;
        if (!row_of(at, length))
            fail_msg("the man page names '%s%.*s', which is no option", lead, (int)length,
                     at);
        count++;
    }
    return count;
}

static void man_page_has_no_other_option(void **state)
{
    char *page = read_man_page();
    size_t letters = 0;

    (void)state;
    assert_true(check_long_options(page, "Fl Fl ") >= cli_option_count);
    assert_true(check_long_options(page, " --") > 0);
    for (const char *at = strstr(page, "Fl "); at; at = strstr(at, "Fl ")) {
        bool known = false;

        at += strlen("Fl ");
        if (strncmp(at, "Fl ", 3) == 0) {
            at += 3;
            continue;
        }
        for (size_t i = 0; i < cli_option_count; i++)
            known |= cli_option_rows[i].letter == at[0];
        if (!known || !strchr(" \n", at[1]))
            fail_msg("the man page names '-%.*s', which is no option",
                     (int)strcspn(at, " \n"), at);
        letters++;
    }
    assert_true(letters > 0);
    free(page);
}

static void man_page_has_the_commands(void **state)
{
    char *page = read_man_page();
    char *commands = man_section(page, "\n.Sh COMMANDS", "\n.Sh ");
    char *synopsis = man_section(page, "\n.Sh SYNOPSIS", "\n.Sh ");

    (void)state;
    assert_int_equal(count_of(commands, "\n.It Cm "), CLI_COMMAND_COUNT);
    for (size_t i = 0; i < CLI_COMMAND_COUNT; i++) {
        const struct cli_command_row *row = &cli_command_rows[i];
        char item[40];

        snprintf(item, sizeof item, "\n.It Cm %s", row->name);
        assert_word(commands, item, "COMMANDS");
        assert_word(synopsis, row->name, "SYNOPSIS");
        for (size_t j = 0; row->operands && row->operands[j]; j++) {
            assert_word(commands, row->operands[j], "COMMANDS");
            assert_word(synopsis, row->operands[j], "SYNOPSIS");
        }
    }
    free(synopsis);
    free(commands);
    free(page);
}

static void man_page_has_the_groups_and_the_statuses(void **state)
{
    char *page = read_man_page();
    char *statuses = man_section(page, "\n.Sh EXIT STATUS", "\n.Sh ");
    size_t distinct = 0;

    (void)state;
    for (size_t i = 0; i < CLI_GROUP_COUNT; i++) {
        char heading[60];

        snprintf(heading, sizeof heading, "\n.Ss %s\n", cli_group_titles[i]);
        assert_int_equal(count_of(page, heading), 1);
    }
    assert_int_equal(count_of(page, "\n.Ss "), CLI_GROUP_COUNT);
    for (size_t i = 0; i < cli_exit_count; i++) {
        char number[16];

        /* Two commands may mean different things by one status. */
        distinct +=
            i == 0 || strcmp(cli_exit_rows[i].status, cli_exit_rows[i - 1].status) != 0;

        snprintf(number, sizeof number, "\n.It %.*s",
                 (int)strcspn(cli_exit_rows[i].status, ","), cli_exit_rows[i].status);
        assert_word(statuses, number, "EXIT STATUS");
    }
    assert_int_equal(count_of(statuses, "\n.It "), distinct);
    free(statuses);
    free(page);
}

static void examples_of_the_man_page_are_valid(void **state)
{
    char *page = read_man_page();
    const char *lead = "\n.Dl dcbench ";
    size_t count = 0;

    (void)state;
    for (const char *at = strstr(page, lead); at; at = strstr(at, lead)) {
        struct cli_options options;
        char *line;

        at += strlen(lead);
        line = dcb_xstrndup(at, strcspn(at, "\n"));
        parse_well(&options, line);
        cli_options_clear(&options);
        free(line);
        count++;
    }
    assert_true(count >= 5);
    free(page);
}

/* ---- completion ---- */

static void completion_has_every_option_and_choice(void **state)
{
    static const struct {
        const char *shell, *lead;
    } shells[] = {{"bash", "            --"}, {"zsh", "--"}, {"fish", " -l "}};

    (void)state;
    for (size_t i = 0; i < COUNT(shells); i++) {
        struct dcb_strbuf script = DCB_STRBUF_INIT;

        assert_int_equal(cli_options_completion(shells[i].shell, &script, NULL), 0);
        for (size_t j = 0; j < cli_option_count; j++) {
            const struct cli_option_row *row = &cli_option_rows[j];
            char name[64];

            snprintf(name, sizeof name, "%s%s", shells[i].lead, row->name);
            assert_word(script.text, name, shells[i].shell);
            for (size_t k = 0; row->choices && row->choices[k]; k++)
                assert_word(script.text, row->choices[k], shells[i].shell);
        }
        for (size_t j = 0; j < CLI_COMMAND_COUNT; j++)
            assert_word(script.text, cli_command_rows[j].name, shells[i].shell);
        dcb_strbuf_clear(&script);
    }
}

static void completion_knows_its_shells(void **state)
{
    struct dcb_strbuf script = DCB_STRBUF_INIT;
    struct dcb_error err = DCB_ERROR_INIT;

    (void)state;
    assert_int_equal(cli_options_completion("tcsh", &script, &err), -1);
    assert_int_equal(err.code, DCB_ERROR_USAGE);
    assert_string_equal(err.text,
                        "--completion: unknown shell 'tcsh'; one of bash, zsh, fish");
    assert_int_equal(script.length, 0);
    dcb_strbuf_clear(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_whole),
        cmocka_unit_test(help_has_every_option_of_its_command),
        cmocka_unit_test(help_tells_defaults_examples_and_statuses),
        cmocka_unit_test(help_fits_a_terminal),
        cmocka_unit_test(examples_of_the_help_are_valid),
        cmocka_unit_test(man_page_has_every_option_and_choice),
        cmocka_unit_test(man_page_has_no_other_option),
        cmocka_unit_test(man_page_has_the_commands),
        cmocka_unit_test(man_page_has_the_groups_and_the_statuses),
        cmocka_unit_test(examples_of_the_man_page_are_valid),
        cmocka_unit_test(completion_has_every_option_and_choice),
        cmocka_unit_test(completion_knows_its_shells),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
