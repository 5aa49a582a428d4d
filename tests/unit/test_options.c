/* The command line: what is parsed, and what is refused with which words. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <locale.h>
#include <math.h>
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

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void assert_list(const struct cli_list *list, const char *expected)
{
    struct dcb_strbuf items = DCB_STRBUF_INIT;
    char *text;

    for (size_t i = 0; i < list->count; i++)
        dcb_strbuf_appendf(&items, "%s%s", i ? " " : "", list->items[i]);
    text = dcb_strbuf_take(&items);
    assert_string_equal(text, expected);
    free(text);
}

/* ---- every option and its field ---- */

static bool is_list(const struct cli_list *list, const char *first, const char *second)
{
    return list->count == 2 && strcmp(list->items[0], first) == 0 &&
           strcmp(list->items[1], second) == 0;
}

static bool is_text(const char *field, const char *expected)
{
    return field && strcmp(field, expected) == 0;
}

static bool is_near(double field, double expected)
{
    return fabs(field - expected) < 1e-15;
}

#define FIELD_TEST(name, condition)               \
    static bool name(const struct cli_options *o) \
    {                                             \
        return condition;                         \
    }

FIELD_TEST(has_impls, is_list(&o->impls, "merged", "new=a.py:f"))
FIELD_TEST(has_workloads, is_list(&o->workloads, "memo", "d.json"))
FIELD_TEST(has_baseline, is_text(o->baseline, "fastpath"))
FIELD_TEST(has_pickle, o->allow_pickle)
FIELD_TEST(has_no_gc, !o->gc)
FIELD_TEST(has_no_verify, !o->verify)
FIELD_TEST(has_precision, is_near(o->precision, 0.0025))
FIELD_TEST(has_max_time, is_near(o->max_time_s, 2.5))
FIELD_TEST(has_workers, o->workers == 7)
FIELD_TEST(has_rounds, o->rounds == 100000)
FIELD_TEST(has_iterations, o->iterations == 5000000000)
FIELD_TEST(has_margin, o->margin <= 0 && o->margin >= 0)
FIELD_TEST(has_confidence, is_near(o->confidence, 0.9999))
FIELD_TEST(has_timeout, is_near(o->timeout_s, 0.001))
FIELD_TEST(has_affinity, o->affinity == 3)
FIELD_TEST(has_seed, o->has_seed && o->seed == 0xabc)
FIELD_TEST(has_zero_seed, o->has_seed && o->seed == 0)
FIELD_TEST(has_counters, is_list(&o->counters, "hardware", "kernel"))
FIELD_TEST(has_events, is_list(&o->events, "cycles", "skl::INST[a,b]:u"))
FIELD_TEST(has_python, is_text(o->python, "3.13"))
FIELD_TEST(has_venv, is_text(o->venv, ".venv"))
FIELD_TEST(has_paths, is_list(&o->python_path, "a,b", "c"))
FIELD_TEST(has_output, is_text(o->output, "r.json"))
FIELD_TEST(has_save, is_text(o->save, "Base-1_x.y"))
FIELD_TEST(has_results_dir, is_text(o->results_dir, "/tmp/r"))
FIELD_TEST(has_plot, is_text(o->plot, "h.svg"))
FIELD_TEST(has_label, is_text(o->label, "build-17,\xc3\xa9"))
FIELD_TEST(has_keep_rounds, is_text(o->keep_rounds, "r.jsonl"))
FIELD_TEST(has_junit, is_text(o->junit, "j.xml"))
FIELD_TEST(has_summary, is_text(o->summary, "s.md"))
FIELD_TEST(has_github, o->ci == CLI_CI_GITHUB)
FIELD_TEST(has_no_ci, o->ci == CLI_CI_NONE)
FIELD_TEST(has_block_time, o->block_us == 500)
FIELD_TEST(has_no_warm_ups, o->warm_ups == 0)
FIELD_TEST(has_csv, o->format == CLI_CSV)
FIELD_TEST(has_markdown, o->format == CLI_MARKDOWN)
FIELD_TEST(has_json, o->format == CLI_JSON)
FIELD_TEST(has_pyperf, o->format == CLI_PYPERF)
FIELD_TEST(has_table, o->format == CLI_TABLE)
FIELD_TEST(has_fail_if, is_list(&o->fail_if, "slower", "inconclusive"))
FIELD_TEST(has_sort, o->command == CLI_COMPARE && o->sort == CLI_SORT_CHANGE)
FIELD_TEST(has_only_changed, o->only_changed)
FIELD_TEST(has_rules, is_list(&o->rules, "time", "instructions"))
FIELD_TEST(has_retries, o->retries == 3)
FIELD_TEST(has_batteries, is_list(&o->batteries, "graphs", "suite"))
FIELD_TEST(has_graphs, o->graphs == 20)
FIELD_TEST(has_memos, is_list(&o->memos, "dict", "all"))
FIELD_TEST(has_leaks, o->leaks)
FIELD_TEST(has_census, o->census)
FIELD_TEST(has_leak_iterations, o->leak_iterations == 100000)
FIELD_TEST(has_trace, o->trace)
FIELD_TEST(has_size, o->size_bytes == UINT64_C(3) << 30)
FIELD_TEST(has_repeats, o->repeats == 4)
FIELD_TEST(has_every, o->every_bytes == 65536)
FIELD_TEST(has_series, is_text(o->series, "s.csv"))
FIELD_TEST(has_update, o->update)
FIELD_TEST(has_instructions_margin, is_near(o->instructions_margin, 0.0025))
FIELD_TEST(has_no_progress, o->progress == CLI_NEVER)
FIELD_TEST(has_color, o->color == CLI_ALWAYS)
FIELD_TEST(is_quiet, o->verbosity == -1)
FIELD_TEST(is_verbose, o->verbosity == 1)
FIELD_TEST(wants_help, o->info == CLI_INFO_HELP)
FIELD_TEST(wants_version, o->info == CLI_INFO_VERSION)
FIELD_TEST(wants_fish,
           o->info == CLI_INFO_COMPLETION && is_text(o->completion_shell, "fish"))

static const struct field_case {
    const char *option;
    const char *line;
    bool (*holds)(const struct cli_options *options);
} field_cases[] = {
    {"impl", "-i merged,new=a.py:f", has_impls},
    {"impl", "-imerged --impl new=a.py:f", has_impls},
    {"workload", "-w memo --workload=d.json", has_workloads},
    {"workload", "--workl memo,d.json", has_workloads},
    {"baseline", "-b fastpath", has_baseline},
    {"baseline", "--baseline merged --baseline fastpath", has_baseline},
    {"allow-pickle", "--allow-pickle", has_pickle},
    {"gc", "--gc off", has_no_gc},
    {"verify", "--verify off", has_no_verify},
    {"precision", "--precision 0.25", has_precision},
    {"precision", "--precision=2.5e-1", has_precision},
    {"max-time", "--max-time 2.5", has_max_time},
    {"workers", "--workers 7", has_workers},
    {"rounds", "--rounds 5 --rounds 100000", has_rounds},
    {"iterations", "--iterations 5000000000", has_iterations},
    {"block-time", "--block-time 500", has_block_time},
    {"warm-ups", "--warm-ups 0", has_no_warm_ups},
    {"margin", "--margin 0", has_margin},
    {"confidence", "--confidence 99.99", has_confidence},
    {"timeout", "--timeout .001", has_timeout},
    {"affinity", "--affinity 3", has_affinity},
    {"seed", "--seed 2748", has_seed},
    {"seed", "--seed 0xABC", has_seed},
    {"seed", "--seed 0", has_zero_seed},
    {"counters", "--counters hardware,kernel,hardware", has_counters},
    {"counters", "--counters hardware --counters kernel", has_counters},
    {"events", "-e cycles,skl::INST[a,b]:u", has_events},
    {"events", "--events cycles -eskl::INST[a,b]:u", has_events},
    {"python", "--python 3.13", has_python},
    {"venv", "--venv .venv", has_venv},
    {"python-path", "--python-path a,b --python-path=c", has_paths},
    {"output", "-o r.json", has_output},
    {"output", "--output r.json", has_output},
    {"save", "--save Base-1_x.y", has_save},
    {"results-dir", "--results-dir /tmp/r", has_results_dir},
    {"plot", "history r --plot h.svg", has_plot},
    {"label", "--label build-17,\xc3\xa9", has_label},
    {"keep-rounds", "--keep-rounds r.jsonl", has_keep_rounds},
    {"junit", "--junit j.xml", has_junit},
    {"summary", "--summary s.md", has_summary},
    {"ci", "--ci github", has_github},
    {"ci", "--ci none", has_no_ci},
    {"format", "--format json --format csv", has_csv},
    {"format", "--format markdown", has_markdown},
    {"format", "--format json", has_json},
    {"format", "--format table", has_table},
    {"format", "--format pyperf", has_pyperf},
    {"fail-if", "--fail-if slower,inconclusive", has_fail_if},
    {"fail-if", "--fail-if slower --fail-if inconclusive", has_fail_if},
    {"sort", "compare a b --sort change", has_sort},
    {"only-changed", "compare a b --only-changed", has_only_changed},
    {"rule", "check b.json --rule time,instructions", has_rules},
    {"retries", "check --retries 3 b.json", has_retries},
    {"battery", "verify --battery graphs,suite", has_batteries},
    {"graphs", "verify --graphs 20", has_graphs},
    {"memo", "memory --memo dict,all", has_memos},
    {"leaks", "memory --leaks", has_leaks},
    {"census", "memory --census", has_census},
    {"leak-iterations", "memory --leaks --leak-iterations 100000", has_leak_iterations},
    {"trace", "memory --trace", has_trace},
    {"size", "memory --trace --size 3G", has_size},
    {"size", "memory --trace --size 3145728KiB", has_size},
    {"repeat", "memory --trace --repeat 4", has_repeats},
    {"every", "memory --trace --every 64k", has_every},
    {"series", "memory --trace --series s.csv", has_series},
    {"update", "check b.json --update", has_update},
    {"instructions-margin", "check b.json --instructions-margin .25",
     has_instructions_margin},
    {"instructions-margin", "--instructions-margin .25", has_instructions_margin},
    {"progress", "--progress never", has_no_progress},
    {"color", "--color always", has_color},
    {"quiet", "-q", is_quiet},
    {"quiet", "-vvq", is_quiet},
    {"verbose", "--verbose", is_verbose},
    {"verbose", "--quiet -v", is_verbose},
    {"help", "--help", wants_help},
    {"help", "-h", wants_help},
    {"help", "--help --version", wants_help},
    {"version", "--version", wants_version},
    {"completion", "--completion fish", wants_fish},
};

static void sets_the_field_of_every_option(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(field_cases); i++) {
        struct cli_options options;

        /* The case can tell its value from the default, unless it is the default. */
        parse_well(&options, "");
        if (field_cases[i].holds(&options) && field_cases[i].holds != has_table)
            fail_msg("dcbench %s sets nothing new", field_cases[i].line);
        cli_options_clear(&options);

        parse_well(&options, field_cases[i].line);
        if (!field_cases[i].holds(&options))
            fail_msg("dcbench %s did not set its field", field_cases[i].line);
        cli_options_clear(&options);
    }
}

static void every_option_has_a_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_option_count; i++) {
        bool found = false;

        for (size_t j = 0; j < COUNT(field_cases); j++)
            found |= strcmp(field_cases[j].option, cli_option_rows[i].name) == 0;
        if (!found)
            fail_msg("--%s is not tested", cli_option_rows[i].name);
    }
}

static void defaults_without_options(void **state)
{
    struct cli_options o;

    (void)state;
    parse_well(&o, "");
    assert_int_equal(o.command, CLI_RUN);
    assert_int_equal(o.info, CLI_INFO_NONE);
    assert_int_equal(o.impls.count + o.workloads.count + o.operands.count, 0);
    assert_int_equal(o.counters.count + o.events.count + o.fail_if.count, 0);
    assert_int_equal(o.python_path.count, 0);
    assert_null(o.completion_shell);
    assert_null(o.baseline);
    assert_null(o.output);
    assert_null(o.save);
    assert_null(o.results_dir);
    assert_null(o.plot);
    assert_null(o.label);
    assert_null(o.keep_rounds);
    assert_null(o.junit);
    assert_null(o.summary);
    assert_int_equal(o.ci, CLI_CI_AUTO);
    assert_null(o.python);
    assert_null(o.venv);
    assert_int_equal(o.format, CLI_TABLE);
    assert_int_equal(o.progress, CLI_AUTO);
    assert_int_equal(o.color, CLI_AUTO);
    assert_true(o.iterations == 0 && o.rounds == 0 && o.workers == 0);
    assert_true(o.block_us == 150 && o.warm_ups == 3);
    assert_true(is_near(o.precision, 0.005));
    assert_true(is_near(o.max_time_s, 10));
    assert_true(is_near(o.timeout_s, 10));
    assert_true(is_near(o.margin, 0.01));
    assert_true(is_near(o.confidence, 0.95));
    assert_int_equal(o.affinity, -1);
    assert_false(o.has_seed);
    assert_true(o.gc && o.verify);
    assert_false(o.allow_pickle);
    assert_int_equal(o.verbosity, 0);
    cli_options_clear(&o);
    cli_options_clear(&o); /* once more is fine */
}

static void check_has_a_wider_margin(void **state)
{
    struct cli_options o;

    (void)state;
    parse_well(&o, "check b.json");
    assert_int_equal(o.command, CLI_CHECK);
    assert_list(&o.operands, "b.json");
    assert_true(is_near(o.margin, 0.02));
    assert_true(is_near(o.instructions_margin, 0.005));
    assert_int_equal(o.retries, 1);
    assert_int_equal(o.graphs, 2000);
    assert_false(o.update);
    assert_int_equal(o.rules.count, 0);
    cli_options_clear(&o);
    parse_well(&o, "--margin 1 check b.json");
    assert_true(is_near(o.margin, 0.01));
    cli_options_clear(&o);
}

static void tells_what_was_given(void **state)
{
    struct cli_options o;

    (void)state;
    parse_well(&o, "check b.json --gc on -w memo");
    assert_true(cli_options_given(&o, "gc"));
    assert_true(cli_options_given(&o, "workload"));
    assert_false(cli_options_given(&o, "margin")); /* but has its other default */
    assert_false(cli_options_given(&o, "impl"));
    cli_options_clear(&o);
}

/* ---- lists, commands and operands ---- */

static void comma_and_repetition_are_alike(void **state)
{
    struct cli_options o;

    (void)state;
    parse_well(&o, "-i a,b -w x --impl c -wy,z");
    assert_list(&o.impls, "a b c");
    assert_list(&o.workloads, "x y z");
    cli_options_clear(&o);
}

static void events_split_outside_of_brackets_only(void **state)
{
    struct cli_options o;

    (void)state;
    parse_well(&o, "-e a[1,2],b(c,[d,e],f),g,h),i");
    assert_list(&o.events, "a[1,2] b(c,[d,e],f) g h) i");
    cli_options_clear(&o);
}

static void first_operand_is_the_command(void **state)
{
    struct cli_options o;

    (void)state;
    parse_well(&o, "run -i a");
    assert_int_equal(o.command, CLI_RUN);
    cli_options_clear(&o);
    parse_well(&o, "--format csv list -q impls --color=never");
    assert_int_equal(o.command, CLI_LIST);
    assert_list(&o.operands, "impls");
    assert_int_equal(o.format, CLI_CSV);
    assert_int_equal(o.verbosity, -1);
    assert_int_equal(o.color, CLI_NEVER);
    cli_options_clear(&o);
    parse_well(&o, "list -- -q");
    assert_list(&o.operands, "-q");
    assert_int_equal(o.verbosity, 0);
    cli_options_clear(&o);
    parse_well(&o, "list --save x --help");
    assert_int_equal(o.command, CLI_LIST);
    assert_int_equal(o.info, CLI_INFO_HELP);
    cli_options_clear(&o);
}

static void options_mix_with_operands_everywhere(void **state)
{
    struct cli_options o;

    (void)state;
    setenv("POSIXLY_CORRECT", "1", 1);
    parse_well(&o, "list impls -q");
    unsetenv("POSIXLY_CORRECT");
    assert_list(&o.operands, "impls");
    assert_int_equal(o.verbosity, -1);
    cli_options_clear(&o);
}

static void exact_name_beats_a_longer_one(void **state)
{
    struct cli_options o;

    (void)state;
    parse_well(&o, "--python 3.9 --pre 2 --python-p lib");
    assert_string_equal(o.python, "3.9");
    assert_list(&o.python_path, "lib");
    assert_true(is_near(o.precision, 0.02));
    cli_options_clear(&o);
}

static void numbers_do_not_depend_on_the_locale(void **state)
{
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8",
                                          "de_DE", "fr_FR"};
    const char *found = NULL;
    struct dcb_error err = DCB_ERROR_INIT;
    struct cli_options o;
    int rc;

    (void)state;
    for (size_t i = 0; i < COUNT(locales) && !found; i++)
        found = setlocale(LC_ALL, locales[i]);
    if (!found) {
        print_message("SKIP: no locale with a decimal comma is installed\n");
        skip();
    }
    rc = parse(&o, "--precision 0.25", &err);
    setlocale(LC_ALL, "C");
    assert_int_equal(rc, 0);
    assert_true(is_near(o.precision, 0.0025));
    cli_options_clear(&o);
}

/* ---- errors ---- */

static const struct error_case {
    const char *line, *text;
} error_cases[] = {
    /* options */
    {"--precison 1", "unknown option '--precison'; did you mean '--precision'? ('dcbench "
                     "--help' lists all)"},
    {"--colour=never", "unknown option '--colour'; did you mean '--color'? ('dcbench "
                       "--help' lists all)"},
    {"--xyzzy=1", "unknown option '--xyzzy' ('dcbench --help' lists all)"},
    {"--=1", "unknown option '--' ('dcbench --help' lists all)"},
    {"-z", "unknown option '-z' ('dcbench --help' lists all)"},
    {"-qzv", "unknown option '-z' ('dcbench --help' lists all)"},
    {"-=", "unknown option '-=' ('dcbench --help' lists all)"},
    {"-\xff", "unknown option '-\\xff' ('dcbench --help' lists all)"},
    {"--ver", "ambiguous option '--ver'; one of --verify, --verbose, --version"},
    {"--ver=1", "ambiguous option '--ver'; one of --verify, --verbose, --version"},
    {"--quiet=1", "--quiet: takes no value"},
    {"--allow=yes", "--allow-pickle: takes no value"},
    {"--precision", "--precision: the value is missing (--precision PCT)"},
    {"-q -i", "--impl: the value is missing (--impl IMPLS)"},
    {"list --rounds 3",
     "--rounds: not an option of 'dcbench list' ('dcbench list --help' "
     "lists all)"},
    {"-i a list impls", "--impl: not an option of 'dcbench list' ('dcbench list --help' "
                        "lists all)"},
    /* commands and operands */
    {"comapre a b", "unknown command 'comapre'; did you mean 'compare'? ('dcbench "
                    "--help' lists all)"},
    {"lst impls", "unknown command 'lst'; did you mean 'list'? ('dcbench --help' lists "
                  "all)"},
    {"rnu", "unknown command 'rnu'; did you mean 'run'? ('dcbench --help' lists all)"},
    {"merged",
     "unknown command 'merged'; one of run, compare, check, convert, history, list, "
     "doctor, selftest, verify, memory (to "
     "measure an implementation: -i merged; a workload: -w merged)"},
    {"run merged", "unexpected operand 'merged'; did you mean '-i merged' (an "
                   "implementation) or '-w merged' (a workload)?"},
    {"run -- -q", "unexpected operand '-q'; did you mean '-i -q' (an implementation) or "
                  "'-w -q' (a workload)?"},
    {"doctor cpu", "unexpected operand 'cpu': 'dcbench doctor' takes no operands"},
    {"selftest memo", "unexpected operand 'memo': 'dcbench selftest' takes no operands"},
    {"check b.json --save x", "--save: not an option of 'dcbench check' ('dcbench check "
                              "--help' lists all)"},
    {"--update", "--update: not an option of 'dcbench run' ('dcbench run --help' lists "
                 "all)"},
    {"check b.json --rule tiem",
     "--rule: unknown rule 'tiem'; one of time, instructions"},
    {"check b.json --retries 11", "--retries: '11' is not a whole number from 0 to 10"},
    {"selftest -i a", "--impl: not an option of 'dcbench selftest' ('dcbench selftest "
                      "--help' lists all)"},
    {"verify merged", "unexpected operand 'merged': 'dcbench verify' takes no operands"},
    {"verify -w memo", "--workload: not an option of 'dcbench verify' ('dcbench verify "
                       "--help' lists all)"},
    {"--battery suite", "--battery: not an option of 'dcbench run' ('dcbench run --help' "
                        "lists all)"},
    {"verify --battery graph",
     "--battery: unknown battery 'graph'; one of suite, cases, graphs"},
    {"verify --graphs 0", "--graphs: '0' is not a whole number from 1 to 1000000"},
    {"memory memo", "unexpected operand 'memo': 'dcbench memory' takes no operands"},
    {"memory --memo list", "--memo: unknown memo 'list'; one of absent, none, dict, "
                           "mapping, mutable-mapping, all"},
    {"memory --precision 1", "--precision: not an option of 'dcbench memory' ('dcbench "
                             "memory --help' lists all)"},
    {"memory --fail-if slower", "--fail-if: unknown verdict 'slower'; one of more"},
    {"--fail-if more", "--fail-if: unknown verdict 'more'; one of faster, slower, same, "
                       "inconclusive, instructions, incorrect"},
    {"memory --leak-iterations 0", "--leak-iterations: '0' is not a whole number from 1 "
                                   "to 1000000000000"},
    /* percentages and seconds */
    {"memory --trace --size 12x",
     "--size: '12x' is not a size from 1k to 1024P, such as 64M or 1G"},
    {"memory --trace --size 1023",
     "--size: '1023' is not a size from 1k to 1024P, such as 64M or 1G"},
    {"memory --trace --every 0",
     "--every: '0' is not a size from 1 to 1G, such as 4096 or 64k"},
    {"--precision 0", "--precision: '0' is not a percentage above 0 and below 100"},
    {"--precision 1e-999",
     "--precision: '1e-999' is not a percentage above 0 and below 100"},
    {"--precision 100", "--precision: '100' is not a percentage above 0 and below 100"},
    {"--precision 1%", "--precision: '1%' is not a percentage above 0 and below 100 "
                       "(leave out the '%')"},
    {"--precision 1,5", "--precision: '1,5' is not a percentage above 0 and below 100"},
    {"--precision ''", "--precision: '' is not a percentage above 0 and below 100"},
    {"--precision nan", "--precision: 'nan' is not a percentage above 0 and below 100"},
    {"--precision 1x", "--precision: '1x' is not a percentage above 0 and below 100"},
    {"--precision e", "--precision: 'e' is not a percentage above 0 and below 100"},
    {"--margin -1", "--margin: '-1' is not a percentage of at least 0 and below 100"},
    {"--margin 100", "--margin: '100' is not a percentage of at least 0 and below 100"},
    {"--confidence 49.9", "--confidence: '49.9' is not a percentage from 50 to 99.99"},
    {"--confidence 99.991",
     "--confidence: '99.991' is not a percentage from 50 to 99.99"},
    {"--max-time 0", "--max-time: '0' is not a number of seconds above 0 and up to "
                     "1000000"},
    {"--max-time inf", "--max-time: 'inf' is not a number of seconds above 0 and up to "
                       "1000000"},
    {"--max-time 1e400", "--max-time: '1e400' is not a number of seconds above 0 and up "
                         "to 1000000"},
    {"--timeout -1", "--timeout: '-1' is not a number of seconds above 0 and up to "
                     "1000000"},
    {"--timeout 0x10", "--timeout: '0x10' is not a number of seconds above 0 and up to "
                       "1000000"},
    {"--timeout 1000001", "--timeout: '1000001' is not a number of seconds above 0 and "
                          "up to 1000000"},
    /* whole numbers */
    {"--workers 0", "--workers: '0' is not a whole number from 1 to 1000000"},
    {"--workers -1", "--workers: '-1' is not a whole number from 1 to 1000000"},
    {"--workers +1", "--workers: '+1' is not a whole number from 1 to 1000000"},
    {"--rounds 100001", "--rounds: '100001' is not a whole number from 1 to 100000"},
    {"--rounds 1.5", "--rounds: '1.5' is not a whole number from 1 to 100000"},
    {"--rounds 4294967297",
     "--rounds: '4294967297' is not a whole number from 1 to 100000"},
    {"--iterations 0x10",
     "--iterations: '0x10' is not a whole number from 1 to 1000000000000"},
    {"--iterations 18446744073709551617", "--iterations: '18446744073709551617' is not a "
                                          "whole number from 1 to 1000000000000"},
    {"--block-time 0",
     "--block-time: '0' is not a whole number of microseconds from 1 to 10000000"},
    {"--warm-ups 10001", "--warm-ups: '10001' is not a whole number from 0 to 10000"},
    {"--affinity -1", "--affinity: '-1' is not a CPU number from 0 to 1023"},
    {"--affinity 1024", "--affinity: '1024' is not a CPU number from 0 to 1023"},
    {"--seed 0x", "--seed: '0x' is not a whole number from 0 to 9223372036854775807, "
                  "decimal or 0x.."},
    {"--seed 9223372036854775808", "--seed: '9223372036854775808' is not a whole number "
                                   "from 0 to 9223372036854775807, decimal or 0x.."},
    {"--seed 12z", "--seed: '12z' is not a whole number from 0 to 9223372036854775807, "
                   "decimal or 0x.."},
    /* choices */
    {"--format xml",
     "--format: unknown format 'xml'; one of table, json, markdown, csv, pyperf"},
    {"--format TABLE",
     "--format: unknown format 'TABLE'; one of table, json, markdown, csv, pyperf"},
    {"--format pyperf doctor",
     "--format: unknown format 'pyperf'; one of table, json, markdown, csv"},
    {"selftest --format pyperf",
     "--format: unknown format 'pyperf'; one of table, json, markdown, csv"},
    {"--progress on", "--progress: unknown value 'on'; one of auto, always, never"},
    {"--color ''", "--color: unknown value ''; one of auto, always, never"},
    {"--gc yes", "--gc: unknown value 'yes'; one of on, off"},
    {"--completion tcsh", "--completion: unknown shell 'tcsh'; one of bash, zsh, fish"},
    {"--counters pmu",
     "--counters: unknown provider 'pmu'; one of auto, hardware, simulated, kernel, "
     "none"},
    {"--counters none,kernel", "--counters: 'none' excludes every other item"},
    {"--counters hardware --counters none",
     "--counters: 'none' excludes every other item"},
    {"--counters auto,kernel", "--counters: 'auto' excludes every other item"},
    {"--counters none -e cycles", "--events: nothing is counted with '--counters none'"},
    {"--fail-if slow", "--fail-if: unknown verdict 'slow'; one of faster, slower, same, "
                       "inconclusive, instructions, incorrect"},
    {"compare a b --fail-if instructions",
     "--fail-if: unknown verdict 'instructions'; one of faster, slower, same, "
     "inconclusive"},
    /* lists and texts */
    {"-i a,,b", "--impl: an item of 'a,,b' is empty"},
    {"-i a,", "--impl: an item of 'a,' is empty"},
    {"-w ,a", "--workload: an item of ',a' is empty"},
    {"-w ''", "--workload: an item of '' is empty"},
    {"-e a[1,2],,b", "--events: an item of 'a[1,2],,b' is empty"},
    {"--fail-if slower,", "--fail-if: an item of 'slower,' is empty"},
    {"-b stdlib,merged", "--baseline: 'stdlib,merged' is more than one"},
    {"-b ''", "--baseline: the value is empty"},
    {"--venv ''", "--venv: the value is empty"},
    {"--python-path ''", "--python-path: the value is empty"},
    {"-o -", "--output: '-' is not a file; for JSON on standard output: --format json"},
    {"-o ''", "--output: the value is empty"},
    {"--save .hidden", "--save: '.hidden' is not a name of letters, digits, '.', '_' and "
                       "'-' that does not start with '.'"},
    {"--save a/b",
     "--save: 'a/b' is not a name of letters, digits, '.', '_' and '-' that "
     "does not start with '.'"},
    {"--label ''", "--label: the value is empty"},
    {"--label \x1b[2J", "--label: the value is not one line of UTF-8 without control or "
                        "invisible characters"},
    {"--label a\nb", "--label: the value is not one line of UTF-8 without control or "
                     "invisible characters"},
    {"--label \xff", "--label: the value is not one line of UTF-8 without control or "
                     "invisible characters"},
    {"--python 3", "--python: '3' is not a version such as 3.13"},
    {"--python 3.13.1", "--python: '3.13.1' is not a version such as 3.13"},
    {"--python .3", "--python: '.3' is not a version such as 3.13"},
    {"--python 3.", "--python: '3.' is not a version such as 3.13"},
};

static void tells_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(error_cases); i++) {
        struct dcb_error err = DCB_ERROR_INIT;
        struct cli_options options;

        if (parse(&options, error_cases[i].line, &err) != -1)
            fail_msg("dcbench %s was taken", error_cases[i].line);
        assert_int_equal(err.code, DCB_ERROR_USAGE);
        assert_string_equal(err.text, error_cases[i].text);
        cli_options_clear(&options);
    }
}

static void bounds_themselves_are_taken_where_they_may(void **state)
{
    static const char *const lines[] = {
        "--margin 99.99",
        "--confidence 50",
        "--max-time 1000000",
        "--workers 1000000",
        "--rounds 1",
        "--iterations 1000000000000",
        "--block-time 1",
        "--warm-ups 10000",
        "--affinity 0",
        "--affinity 1023",
        "--seed 9223372036854775807",
        "--precision 1e-9",
        "--precision 99.999999",
        "--seed 0x7fffffffffffffff",
        "--max-time 0.0000001",
        "--fail-if same,same",
        "--counters none,none",
        "--python 10.0",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct cli_options options;

        parse_well(&options, lines[i]);
        cli_options_clear(&options);
    }
}

static void name_to_save_has_a_limit(void **state)
{
    char line[] = "--save ", text[300];
    struct dcb_error err = DCB_ERROR_INIT;
    struct cli_options options;

    (void)state;
    snprintf(text, sizeof text, "%s%0200d", line, 1);
    parse_well(&options, text);
    cli_options_clear(&options);
    snprintf(text, sizeof text, "%s%0201d", line, 1);
    assert_int_equal(parse(&options, text, &err), -1);
    assert_string_equal(err.text, "--save: the name is longer than 200 bytes");
    cli_options_clear(&options);
}

static void error_is_of_no_interest_to_some(void **state)
{
    struct cli_options options;

    (void)state;
    assert_int_equal(parse(&options, "--format xml", NULL), -1);
    cli_options_clear(&options);
    parse_well(&options, "--format json"); /* nothing is left of the failure */
    assert_int_equal(options.format, CLI_JSON);
    cli_options_clear(&options);
}

static void empty_command_line(void **state)
{
    char *argv[] = {NULL};
    struct cli_options options;

    (void)state;
    assert_int_equal(cli_options_parse(&options, 0, argv, NULL), 0);
    assert_int_equal(options.command, CLI_RUN);
    cli_options_clear(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_the_field_of_every_option),
        cmocka_unit_test(every_option_has_a_case),
        cmocka_unit_test(defaults_without_options),
        cmocka_unit_test(check_has_a_wider_margin),
        cmocka_unit_test(tells_what_was_given),
        cmocka_unit_test(comma_and_repetition_are_alike),
        cmocka_unit_test(events_split_outside_of_brackets_only),
        cmocka_unit_test(first_operand_is_the_command),
        cmocka_unit_test(options_mix_with_operands_everywhere),
        cmocka_unit_test(exact_name_beats_a_longer_one),
        cmocka_unit_test(numbers_do_not_depend_on_the_locale),
        cmocka_unit_test(tells_what_is_wrong),
        cmocka_unit_test(bounds_themselves_are_taken_where_they_may),
        cmocka_unit_test(name_to_save_has_a_limit),
        cmocka_unit_test(error_is_of_no_interest_to_some),
        cmocka_unit_test(empty_command_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
