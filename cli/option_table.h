/*
 * The tables behind options.h: one row for each command and one for each option. Parsing,
 * help, completion and the check of the man page all read these.
 */
#ifndef CLI_OPTION_TABLE_H
#define CLI_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

/* How a value is checked, and which type of field it goes to. */
enum cli_value {
    CLI_VALUE_HELP, /* these three set `info`; */
    CLI_VALUE_VERSION,
    CLI_VALUE_COMPLETION, /* and this one its own char * as well */
    CLI_VALUE_QUIET,      /* int: -1 */
    CLI_VALUE_VERBOSE,    /* int: 1 */
    CLI_VALUE_FLAG,       /* bool: true */
    CLI_VALUE_SWITCH,     /* bool: on or off */
    CLI_VALUE_CHOICE,     /* an enum with the order of `choices` */
    CLI_VALUE_LIST,       /* struct cli_list: items between commas */
    CLI_VALUE_EVENTS,     /* struct cli_list: commas inside of brackets do not split */
    CLI_VALUE_SET,        /* struct cli_list: each item one of `choices`, once */
    CLI_VALUE_PATHS,      /* struct cli_list: each value is one item */
    CLI_VALUE_TEXT,       /* char *: this and the next four; not empty; one line */
    CLI_VALUE_FILE,
    CLI_VALUE_ITEM,   /* what could be an item of a list, but just one */
    CLI_VALUE_NAME,   /* a file name without its folder */
    CLI_VALUE_PYTHON, /* 3.13 */
    CLI_VALUE_COUNT,  /* unsigned, within least and most */
    CLI_VALUE_COUNT64,
    CLI_VALUE_BYTES,   /* uint64_t, within least and most: 4096, 64M, 1G */
    CLI_VALUE_CPU,     /* int, the same */
    CLI_VALUE_SEED,    /* uint64_t, the same; sets has_seed */
    CLI_VALUE_PERCENT, /* double, within low and high, kept as a fraction */
    CLI_VALUE_SECONDS  /* double, within low and high */
};

/* The groups of the help, in its order. */
enum cli_group {
    CLI_GROUP_MEASURE,
    CLI_GROUP_EFFORT,
    CLI_GROUP_COUNTERS,
    CLI_GROUP_PYTHON,
    CLI_GROUP_OUTPUT,
    CLI_GROUP_HELP,
    CLI_GROUP_COUNT
};

/* What the shell completes a value with. */
enum cli_complete {
    CLI_COMPLETE_NONE,
    CLI_COMPLETE_FILE,
    CLI_COMPLETE_DIR,
    CLI_COMPLETE_CHOICES,   /* `choices`; several by comma for CLI_VALUE_SET */
    CLI_COMPLETE_IMPLS,     /* the next three ask `dcbench list ... -q` */
    CLI_COMPLETE_WORKLOADS, /* or files */
    CLI_COMPLETE_EVENTS
};

/* What differs for some commands; NULL: as the row says. */
struct cli_option_variant {
    unsigned commands;          /* bits; 0 ends a list of variants */
    const char *const *choices; /* the row's but some */
    const char *initial;        /* in the place of both defaults; */
    const char *fallback;       /* this, too */
    const char *help;
};

struct cli_option_row {
    const char *name; /* long, without its dashes */
    char letter;      /* or 0 */
    enum cli_value value;
    size_t offset;              /* of the field in struct cli_options */
    const char *argument;       /* its name in the help; NULL: takes none */
    const char *const *choices; /* NULL-terminated; NULL: any value */
    const char *noun;           /* what a choice is called in a message */
    const char *range;          /* what a number has to be, in a message */
    uint64_t least, most;
    double low, high;
    bool above, below;    /* low, high themselves are not allowed */
    const char *initial;  /* the default, parsed like a value */
    const char *fallback; /* the default where another part fills it in: for the help,
                             which has it instead of `initial` */
    unsigned commands;    /* bits, 1u << enum cli_command */
    enum cli_group group;
    enum cli_complete complete;
    const char *help;
    const struct cli_option_variant *variants; /* NULL: none */
};

struct cli_command_row {
    const char *name;
    const char *usage; /* what stands behind "dcbench " */
    const char *summary;
    const char *description;
    const char *const *operands; /* what completion offers; NULL: takes none */
    bool files;                  /* its operands are files; the command counts them */
    const char *const *examples;
};

struct cli_exit_row {
    const char *status;
    const char *meaning;
    unsigned commands; /* as of cli_option_row */
};

extern const struct cli_option_row cli_option_rows[];
extern const size_t cli_option_count;
extern const struct cli_command_row cli_command_rows[CLI_COMMAND_COUNT];
extern const struct cli_exit_row cli_exit_rows[];
extern const size_t cli_exit_count;
extern const char *const cli_group_titles[CLI_GROUP_COUNT];

/* True where `row` is an option of the command. */
bool cli_option_applies(const struct cli_option_row *row, enum cli_command command);

/* The row as it is for the command: its variant put in. */
struct cli_option_row cli_option_for(const struct cli_option_row *row,
                                     enum cli_command command);

#endif
