#include "option_values.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "format_bytes.h"
#include "option_table.h"
#include "strbuf.h"
#include "utf8.h"
#include "xalloc.h"

enum { NAME_LENGTH_MAX = 200 };

/* Any of these enums can be written as an unsigned, so that one row kind serves all. */
_Static_assert(sizeof(enum cli_format) == sizeof(unsigned), "enum size");
_Static_assert(sizeof(enum cli_ci) == sizeof(unsigned), "enum size");
_Static_assert(sizeof(enum cli_when) == sizeof(unsigned), "enum size");

static int usage_error(struct dcb_error *err, const struct cli_option_row *row,
                       const char *problem)
{
    return dcb_error_set(err, DCB_ERROR_USAGE, "--%s: %s", row->name, problem);
}

static int value_error(struct dcb_error *err, const struct cli_option_row *row,
                       const char *value, const char *expected)
{
    size_t length = strlen(value);
    bool percent = row->value == CLI_VALUE_PERCENT && length && value[length - 1] == '%';

    return dcb_error_set(err, DCB_ERROR_USAGE, "--%s: '%s' is not %s%s", row->name, value,
                         expected, percent ? " (leave out the '%')" : "");
}

static int choice_error(struct dcb_error *err, const struct cli_option_row *row,
                        const char *value)
{
    struct dcb_strbuf names = DCB_STRBUF_INIT;

    for (size_t i = 0; row->choices[i]; i++)
        dcb_strbuf_appendf(&names, "%s%s", i ? ", " : "", row->choices[i]);
    dcb_error_set(err, DCB_ERROR_USAGE, "--%s: unknown %s '%s'; one of %s", row->name,
                  row->noun, value, names.text);
    dcb_strbuf_clear(&names);
    return -1;
}

static void *field_of(struct cli_options *options, const struct cli_option_row *row)
{
    return (char *)options + row->offset;
}

void cli_list_append(struct cli_list *list, const char *text, size_t length)
{
    list->items = dcb_xrealloc(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = dcb_xstrndup(text, length);
}

bool cli_list_contains(const struct cli_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) == 0)
            return true;
    }
    return false;
}

void cli_list_clear(struct cli_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct cli_list){.items = NULL};
}

/* The index in row->choices, or -1. */
static int choice_index(const struct cli_option_row *row, const char *value)
{
    for (int i = 0; row->choices[i]; i++) {
        if (strcmp(row->choices[i], value) == 0)
            return i;
    }
    return -1;
}

static size_t item_length(const char *text, bool brackets)
{
    size_t length = 0, depth = 0;

    for (; text[length] && (depth > 0 || text[length] != ','); length++) {
        if (!brackets)
            continue;
        if (strchr("([", text[length]))
            depth++;
        else if (depth > 0 && strchr(")]", text[length]))
            depth--;
    }
    return length;
}

/* The choices of another command may be behind it yet: cli_option_check knows. */
static int add_set_item(struct cli_list *list, const struct cli_option_row *row,
                        enum cli_command command, const char *item, struct dcb_error *err)
{
    struct cli_option_row own = cli_option_for(row, command);

    if (choice_index(row, item) < 0)
        return choice_error(err, &own, item);
    if (!cli_list_contains(list, item))
        cli_list_append(list, item, strlen(item));
    return 0;
}

static int add_items(struct cli_list *list, const struct cli_option_row *row,
                     enum cli_command command, const char *value, struct dcb_error *err)
{
    const char *rest = value;

    for (;;) {
        size_t length = item_length(rest, row->value == CLI_VALUE_EVENTS);

        if (length == 0)
            return dcb_error_set(err, DCB_ERROR_USAGE, "--%s: an item of '%s' is empty",
                                 row->name, value);
        if (row->value == CLI_VALUE_SET) {
            char *item = dcb_xstrndup(rest, length);
            int rc = add_set_item(list, row, command, item, err);

            free(item);
            if (rc)
                return -1;
        } else {
            cli_list_append(list, rest, length);
        }
        if (!rest[length])
            return 0;
        rest += length + 1;
    }
}

static bool is_python_version(const char *value)
{
    const char *digits = "0123456789";
    size_t major = strspn(value, digits);

    if (major == 0 || value[major] != '.')
        return false;

    size_t minor = strspn(value + major + 1, digits);
    return minor > 0 && !value[major + 1 + minor];
}

static int check_name(const struct cli_option_row *row, const char *value,
                      struct dcb_error *err)
{
    const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                          "0123456789._-";

    if (value[0] == '.' || value[strspn(value, allowed)])
        return value_error(err, row, value,
                           "a name of letters, digits, '.', '_' and '-' that does not "
                           "start with '.'");
    if (strlen(value) > NAME_LENGTH_MAX)
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "--%s: the name is longer than %d bytes", row->name,
                             NAME_LENGTH_MAX);
    return 0;
}

/* What goes into results and from there to terminals. */
static int check_line(const struct cli_option_row *row, const char *value,
                      struct dcb_error *err)
{
    char *printable = dcb_xstrdup(value);
    bool changed;

    dcb_utf8_make_printable(printable);
    changed = strcmp(printable, value) != 0;
    free(printable);
    if (changed)
        return usage_error(err, row,
                           "the value is not one line of UTF-8 without control or "
                           "invisible characters");
    if (strlen(value) > NAME_LENGTH_MAX)
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "--%s: the value is longer than %d bytes", row->name,
                             NAME_LENGTH_MAX);
    return 0;
}

static int check_text(const struct cli_option_row *row, const char *value,
                      struct dcb_error *err)
{
    if (!value[0])
        return usage_error(err, row, "the value is empty");
    if (row->value == CLI_VALUE_TEXT)
        return check_line(row, value, err);
    if (row->value == CLI_VALUE_FILE && strcmp(value, "-") == 0 &&
        row->complete == CLI_COMPLETE_FILE)
        return usage_error(err, row,
                           "'-' is not a file; for JSON on standard output: "
                           "--format json");
    if (row->value == CLI_VALUE_ITEM && strchr(value, ','))
        return dcb_error_set(err, DCB_ERROR_USAGE, "--%s: '%s' is more than one",
                             row->name, value);
    if (row->value == CLI_VALUE_PYTHON && !is_python_version(value))
        return value_error(err, row, value, "a version such as 3.13");
    if (row->value == CLI_VALUE_NAME)
        return check_name(row, value, err);
    return 0;
}

static int set_text(char **field, const struct cli_option_row *row, const char *value,
                    struct dcb_error *err)
{
    if (check_text(row, value, err))
        return -1;
    free(*field);
    *field = dcb_xstrdup(value);
    return 0;
}

/* strtod of any locale would take "1,5", and takes "nan", "0x1p3" and white space. */
static bool parse_real(const char *text, double *ret_value)
{
    char *end = NULL;
    double value;

    if (!text[0] || text[strspn(text, "0123456789.+-eE")])
        return false;

    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    value = plain ? strtod_l(text, &end, plain) : strtod(text, &end);
    if (plain)
        freelocale(plain);
    if (*end || !isfinite(value))
        return false;
    *ret_value = value;
    return true;
}

static bool parse_whole(const char *text, bool hexadecimal, uint64_t *ret_value)
{
    bool prefixed = hexadecimal && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = prefixed ? "0123456789abcdefABCDEF" : "0123456789";
    const char *start = prefixed ? text + 2 : text;
    unsigned long long value;

    if (!start[0] || start[strspn(start, digits)])
        return false;
    errno = 0;
    value = strtoull(start, NULL, prefixed ? 16 : 10);
    if (errno)
        return false;
    *ret_value = value;
    return true;
}

static int set_real(double *field, const struct cli_option_row *row, const char *value,
                    struct dcb_error *err)
{
    double number;

    if (!parse_real(value, &number) || number < row->low || number > row->high ||
        (row->above && number <= row->low) || (row->below && number >= row->high))
        return value_error(err, row, value, row->range);
    *field = row->value == CLI_VALUE_PERCENT ? number / 100 : number;
    return 0;
}

static int set_whole(struct cli_options *options, const struct cli_option_row *row,
                     const char *value, struct dcb_error *err)
{
    void *field = field_of(options, row);
    uint64_t number;

    if (!parse_whole(value, row->value == CLI_VALUE_SEED, &number) ||
        number < row->least || number > row->most)
        return value_error(err, row, value, row->range);
    if (row->value == CLI_VALUE_COUNT) {
        *(unsigned *)field = (unsigned)number;
    } else if (row->value == CLI_VALUE_CPU) {
        *(int *)field = (int)number;
    } else {
        *(uint64_t *)field = number;
        options->has_seed |= row->value == CLI_VALUE_SEED;
    }
    return 0;
}

static int set_bytes(uint64_t *field, const struct cli_option_row *row, const char *value,
                     struct dcb_error *err)
{
    uint64_t bytes;

    if (!dcb_format_bytes_parse(value, &bytes) || bytes < row->least || bytes > row->most)
        return value_error(err, row, value, row->range);
    *field = bytes;
    return 0;
}

static int set_choice(struct cli_options *options, const struct cli_option_row *row,
                      const char *value, struct dcb_error *err)
{
    void *field = field_of(options, row);
    int index = choice_index(row, value);
    unsigned number = (unsigned)index;

    if (index < 0)
        return choice_error(err, row, value);
    if (row->value == CLI_VALUE_SWITCH) {
        *(bool *)field = index == 0;
    } else if (row->value == CLI_VALUE_COMPLETION) {
        char **shell = field;

        free(*shell);
        *shell = dcb_xstrdup(value);
    } else {
        memcpy(field, &number, sizeof number);
    }
    return 0;
}

/* The first of them wins, as with other programs. */
static void set_info(struct cli_options *options, enum cli_info info)
{
    if (options->info == CLI_INFO_NONE)
        options->info = info;
}

int cli_option_set(struct cli_options *options, const struct cli_option_row *row,
                   const char *value, struct dcb_error *err)
{
    void *field = field_of(options, row);

    switch (row->value) {
    case CLI_VALUE_HELP:
        set_info(options, CLI_INFO_HELP);
        return 0;
    case CLI_VALUE_VERSION:
        set_info(options, CLI_INFO_VERSION);
        return 0;
    case CLI_VALUE_COMPLETION:
        set_info(options, CLI_INFO_COMPLETION);
        return set_choice(options, row, value, err);
    case CLI_VALUE_QUIET:
        *(int *)field = -1;
        return 0;
    case CLI_VALUE_VERBOSE:
        *(int *)field = 1;
        return 0;
    case CLI_VALUE_FLAG:
        *(bool *)field = true;
        return 0;
    case CLI_VALUE_SWITCH:
    case CLI_VALUE_CHOICE:
        return set_choice(options, row, value, err);
    case CLI_VALUE_LIST:
    case CLI_VALUE_EVENTS:
    case CLI_VALUE_SET:
        return add_items(field, row, options->command, value, err);
    case CLI_VALUE_PATHS:
        if (!value[0])
            return usage_error(err, row, "the value is empty");
        cli_list_append(field, value, strlen(value));
        return 0;
    case CLI_VALUE_TEXT:
    case CLI_VALUE_FILE:
    case CLI_VALUE_ITEM:
    case CLI_VALUE_NAME:
    case CLI_VALUE_PYTHON:
        return set_text(field, row, value, err);
    case CLI_VALUE_COUNT:
    case CLI_VALUE_COUNT64:
    case CLI_VALUE_CPU:
    case CLI_VALUE_SEED:
        return set_whole(options, row, value, err);
    case CLI_VALUE_BYTES:
        return set_bytes(field, row, value, err);
    case CLI_VALUE_PERCENT:
    case CLI_VALUE_SECONDS:
        return set_real(field, row, value, err);
    }
    return 0;
}

int cli_option_check(struct cli_options *options, const struct cli_option_row *row,
                     struct dcb_error *err)
{
    struct cli_option_row own = cli_option_for(row, options->command);
    const struct cli_list *list = field_of(options, row);
    unsigned number;

    for (size_t i = 0; row->value == CLI_VALUE_SET && i < list->count; i++) {
        if (choice_index(&own, list->items[i]) < 0)
            return choice_error(err, &own, list->items[i]);
    }
    if (row->value != CLI_VALUE_CHOICE)
        return 0;
    memcpy(&number, field_of(options, row), sizeof number);
    return choice_index(&own, row->choices[number]) < 0
               ? choice_error(err, &own, row->choices[number])
               : 0;
}

void cli_option_unset(struct cli_options *options, const struct cli_option_row *row)
{
    void *field = field_of(options, row);

    switch (row->value) {
    case CLI_VALUE_LIST:
    case CLI_VALUE_EVENTS:
    case CLI_VALUE_SET:
    case CLI_VALUE_PATHS:
        cli_list_clear(field);
        break;
    case CLI_VALUE_COMPLETION:
    case CLI_VALUE_TEXT:
    case CLI_VALUE_FILE:
    case CLI_VALUE_ITEM:
    case CLI_VALUE_NAME:
    case CLI_VALUE_PYTHON:
        free(*(char **)field);
        *(char **)field = NULL;
        break;
    default:
        break;
    }
}
