/*
 * The command line: one table of commands and one of options, from which parsing, help,
 * shell completion and the check of the man page are made.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dcb_error;
struct dcb_strbuf;

enum cli_command {
    CLI_RUN,
    CLI_COMPARE,
    CLI_CHECK,
    CLI_CONVERT,
    CLI_HISTORY,
    CLI_LIST,
    CLI_DOCTOR,
    CLI_SELFTEST,
    CLI_VERIFY,
    CLI_MEMORY,
    CLI_COMMAND_COUNT
};

enum cli_when { CLI_AUTO, CLI_ALWAYS, CLI_NEVER };
enum cli_format { CLI_TABLE, CLI_JSON, CLI_MARKDOWN, CLI_CSV, CLI_PYPERF };
enum cli_ci { CLI_CI_AUTO, CLI_CI_GITHUB, CLI_CI_NONE };
enum cli_sort { CLI_SORT_FILE, CLI_SORT_CHANGE, CLI_SORT_NAME, CLI_SORT_WORKLOAD };
enum cli_info { CLI_INFO_NONE, CLI_INFO_HELP, CLI_INFO_VERSION, CLI_INFO_COMPLETION };

/* Rows that the table of options may have. */
enum { CLI_OPTION_MAX = 96 };

struct cli_list {
    char **items; /* owned; empty items of "a,,b" are a usage error */
    size_t count;
};

bool cli_list_contains(const struct cli_list *list, const char *text);

/* What the user asked for. Strings are owned by this struct; NULL where not given.
 * Percentages are kept as fractions: `--precision 0.5` is 0.005. */
struct cli_options {
    enum cli_command command;
    enum cli_info info;
    char *completion_shell;      /* --completion SHELL: bash, zsh or fish */
    struct cli_list impls;       /* -i, several by comma or by repetition */
    struct cli_list workloads;   /* -w, the same */
    struct cli_list operands;    /* what is not an option */
    struct cli_list counters;    /* --counters: auto hardware kernel none */
    struct cli_list events;      /* -e; split at commas outside of brackets */
    struct cli_list fail_if;     /* --fail-if: faster slower same inconclusive ... */
    struct cli_list rules;       /* --rule: time instructions; none: both */
    struct cli_list batteries;   /* --battery: suite cases graphs; none: all */
    struct cli_list memos;       /* --memo: absent none dict ... all */
    struct cli_list python_path; /* --python-path, repeatable, never split at commas */
    char *baseline;              /* -b; NULL: stdlib */
    char *output;                /* -o */
    char *save;                  /* --save */
    char *results_dir;           /* --results-dir; NULL: "results" */
    char *label;                 /* --label */
    char *plot;                  /* --plot */
    char *series;                /* --series */
    char *keep_rounds;           /* --keep-rounds */
    char *junit;                 /* --junit */
    char *summary;               /* --summary */
    char *python;                /* --python 3.13 */
    char *venv;                  /* --venv */
    enum cli_format format;
    enum cli_sort sort;
    bool only_changed; /* --only-changed */
    enum cli_when progress, color;
    enum cli_ci ci;             /* what is done for the CI service around */
    uint64_t iterations;        /* per block; 0: calibrated */
    unsigned rounds;            /* per worker; 0: chosen by dcbench */
    unsigned block_us;          /* aim of calibration; default 150 */
    unsigned warm_ups;          /* blocks of an arm before its rounds; default 3 */
    unsigned workers;           /* per workload, at most; 0: as many as time allows */
    double precision;           /* half-width wanted, as a fraction; default 0.005 */
    double max_time_s;          /* a workload; default 10 */
    double timeout_s;           /* without any progress of a worker; default 10 */
    double margin;              /* default 0.01; 0.02 across runs */
    double instructions_margin; /* default 0.005 */
    unsigned retries;           /* default 1 */
    bool update;                /* --update */
    double confidence;          /* default 0.95 */
    int affinity;               /* CPU number; -1: not pinned */
    bool has_seed;
    uint64_t seed;              /* decimal, 0x.. too */
    uint64_t graphs;            /* random ones to verify with */
    uint64_t leak_iterations;   /* --leak-iterations; 0: chosen by dcbench */
    bool leaks;                 /* --leaks */
    bool census;                /* --census */
    bool trace;                 /* --trace */
    uint64_t size_bytes;        /* --size; of the containers that are traced */
    uint64_t every_bytes;       /* --every */
    unsigned repeats;           /* --repeat */
    bool gc;                    /* default true */
    bool verify;                /* default true */
    bool allow_pickle;          /* --allow-pickle: a .pkl workload may run its code */
    int verbosity;              /* -q -1, -v 1 */
    bool given[CLI_OPTION_MAX]; /* by row: what the command line has */
};

/* Parses argv (argv[0] is the program). The first operand names the command; without one
 * the command is `run`. Fills `options` (defaults first); cli_options_clear it whatever
 * came. Errors are DCB_ERROR_USAGE and name the option, its value, what is allowed and
 * the nearest known name for a typo. */
int cli_options_parse(struct cli_options *options, int argc, char *const argv[],
                      struct dcb_error *err);
void cli_options_clear(struct cli_options *options);

/* Whether the option of this name was on the command line. */
bool cli_options_given(const struct cli_options *options, const char *name);

/* Help for one command; completion script for bash, zsh or fish. */
void cli_options_help(enum cli_command command, struct dcb_strbuf *out);
int cli_options_completion(const char *shell, struct dcb_strbuf *out,
                           struct dcb_error *err);

#endif
