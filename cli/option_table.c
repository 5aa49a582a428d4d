#include "option_table.h"

#define FIELD(name) offsetof(struct cli_options, name)

enum {
    RUN = 1u << CLI_RUN,
    COMPARE = 1u << CLI_COMPARE,
    CHECK = 1u << CLI_CHECK,
    CONVERT = 1u << CLI_CONVERT,
    HISTORY = 1u << CLI_HISTORY,
    LIST = 1u << CLI_LIST,
    DOCTOR = 1u << CLI_DOCTOR,
    SELFTEST = 1u << CLI_SELFTEST,
    VERIFY = 1u << CLI_VERIFY,
    MEMORY = 1u << CLI_MEMORY,
    CHOOSE = RUN | CHECK, /* implementations of the user's choice */
    MEASURE = CHOOSE | SELFTEST,
    START = MEASURE | VERIFY | MEMORY, /* workers of their own */
    EVERY = START | COMPARE | CONVERT | HISTORY | LIST | DOCTOR
};

static const char *const formats[] = {"table", "json", "markdown", "csv", "pyperf", NULL};
static const char *const own_formats[] = {"table", "json", "markdown", "csv", NULL};
static const char *const sorts[] = {"file", "change", "name", "workload", NULL};
static const char *const whens[] = {"auto", "always", "never", NULL};
static const char *const services[] = {"auto", "github", "none", NULL};
static const char *const switches[] = {"on", "off", NULL};
static const char *const providers[] = {"auto",   "hardware", "simulated",
                                        "kernel", "none",     NULL};
static const char *const failures[] = {
    "faster",       "slower",    "same", "inconclusive",
    "instructions", "incorrect", "more", NULL};
static const char *const run_failures[] = {
    "faster", "slower", "same", "inconclusive", "instructions", "incorrect", NULL};
static const char *const memory_failures[] = {"more", NULL};
static const char *const verdicts[] = {"faster", "slower", "same", "inconclusive", NULL};
static const char *const rules[] = {"time", "instructions", NULL};
static const char *const batteries[] = {"suite", "cases", "graphs", NULL};
static const char *const memos[] = {"absent",          "none", "dict", "mapping",
                                    "mutable-mapping", "all",  NULL};
static const char *const shells[] = {"bash", "zsh", "fish", NULL};
static const char *const kinds[] = {"impls", "workloads", "events", "pmus", NULL};

const char *const cli_group_titles[CLI_GROUP_COUNT] = {
    [CLI_GROUP_MEASURE] = "What to measure",
    [CLI_GROUP_EFFORT] = "How long and how exact",
    [CLI_GROUP_COUNTERS] = "Counters",
    [CLI_GROUP_PYTHON] = "Interpreter",
    [CLI_GROUP_OUTPUT] = "Output",
    [CLI_GROUP_HELP] = "Help",
};

static const char *const run_examples[] = {
    "dcbench --impl merged --workload memo",
    "dcbench -i new=my_copy.py -w memo,data.json --precision 0.2",
    "dcbench -i all -w all -o result.json --fail-if slower",
    NULL,
};

static const char *const compare_examples[] = {
    "dcbench compare old.json new.json",
    "dcbench compare old.json new.json --only-changed --sort change",
    "dcbench compare old.json new.json --fail-if slower --format markdown",
    NULL,
};

static const char *const check_examples[] = {
    "dcbench check base.json --update -i new=my_copy.py -w memo",
    "dcbench check base.json",
    "dcbench check base.json -i new=my_copy.py --margin 5 --format markdown",
    NULL,
};

static const char *const convert_examples[] = {
    "dcbench convert result.json --format pyperf -o pyperf/",
    "dcbench convert result.json --format pyperf -i merged > merged.json",
    "dcbench convert theirs.json.gz --format csv",
    NULL,
};

static const char *const history_examples[] = {
    "dcbench history results",
    "dcbench history results -i merged -w memo,reduce -v",
    "dcbench history results --plot history.svg",
    NULL,
};

static const char *const list_examples[] = {
    "dcbench list impls",
    "dcbench list workloads -q",
    "dcbench list events --format csv",
    NULL,
};

static const char *const doctor_examples[] = {
    "dcbench doctor",
    "dcbench doctor -q",
    "dcbench doctor --format json",
    NULL,
};

static const char *const selftest_examples[] = {
    "dcbench selftest",
    "dcbench selftest -w memo --max-time 20",
    "dcbench selftest --format json",
    NULL,
};

static const char *const verify_examples[] = {
    "dcbench verify",
    "dcbench verify -i new=my_copy.py",
    "dcbench verify -i merged --battery graphs --graphs 200 --seed 7",
    NULL,
};

static const char *const memory_examples[] = {
    "dcbench memory",
    "dcbench memory -i new=my_copy.py -w memo --memo all",
    "dcbench memory -w point-dicts,point-slots --census",
    "dcbench memory -i new=my_copy.py -w reduce --leaks --leak-iterations 2000",
    "dcbench memory --trace -w list-bytearray --size 16M --plot memory.svg",
    NULL,
};

const struct cli_exit_row cli_exit_rows[] = {
    {"0", "done, and every check holds", EVERY},
    {"1", "a check failed: a wrong copy, or what --fail-if names", RUN},
    {"1", "a verdict that --fail-if names", COMPARE},
    {"1", "a regression, or a wrong copy", CHECK},
    {"1", "identical code was told apart, or slower code called faster", SELFTEST},
    {"1", "an implementation is no correct deepcopy", VERIFY},
    {"1", "a leak, or more memory where --fail-if names that", MEMORY},
    {"2", "wrong usage", EVERY},
    {"3", "this machine, a file or an implementation cannot do it",
     EVERY & ~(unsigned)COMPARE},
    {"3", "a file cannot be read, or nothing in it compared with the first", COMPARE},
    {"4", "what --fail-if asks for is inconclusive, or was not counted", RUN},
    {"4", "--fail-if asked for a verdict and there is none", COMPARE},
    {"4", "not precise enough to say, or the file is of something else", CHECK},
    {"4", "the planted difference was not seen, or nothing could be said", SELFTEST},
    {"4", "nothing is wrong, but not every case could be asked", VERIFY},
    {"4", "--fail-if more, and there is nothing to compare with", MEMORY},
    {"5", "a bug in dcbench", EVERY},
    {"130, 143", "interrupted; what was measured so far is written", MEASURE},
    {"130, 143", "interrupted; what is known so far is written", VERIFY | MEMORY},
};

const size_t cli_exit_count = sizeof cli_exit_rows / sizeof cli_exit_rows[0];

const struct cli_command_row cli_command_rows[CLI_COMMAND_COUNT] = {
    [CLI_RUN] =
        {
            .name = "run",
            .usage = "[run] [-i IMPLS] [-w WORKLOADS] [-b IMPL] [OPTION]...",
            .summary = "measure and compare (what dcbench does without a command)",
            .description = "Measures implementations of copy.deepcopy side by side and "
                           "tells which one is faster, by how much and how sure that is.",
            .examples = run_examples,
        },
    [CLI_COMPARE] =
        {
            .name = "compare",
            .usage = "compare FILE FILE... [OPTION]...",
            .summary = "compare result files",
            .description = "Compares result files with the first of them: how the ratio "
                           "to the baseline has changed, and how sure that is. The "
                           "speed of the machine drops out of a ratio; what is left of "
                           "it, some percent between machines, is in the intervals. What "
                           "cannot be compared is left out and said. Files of pyperf are "
                           "read, too.",
            .files = true,
            .examples = compare_examples,
        },
    [CLI_CHECK] =
        {
            .name = "check",
            .usage = "check BASELINE.json [-i IMPLS] [-w WORKLOADS] [OPTION]...",
            .summary = "measure a result file again, and fail on a regression",
            .description = "Measures what a result file has measured once more, here and "
                           "now, and fails where an implementation has become slower. "
                           "What is compared are ratios to the baseline of the same run, "
                           "so the file may come from another machine or another day. "
                           "What is not clear, or slower, is measured again before it "
                           "fails. A result of 'dcbench memory' is counted again, and "
                           "fails where a peak has grown by more than the file's margin. "
                           "Runs the code that the file names.",
            .files = true,
            .examples = check_examples,
        },
    [CLI_CONVERT] =
        {
            .name = "convert",
            .usage = "convert FILE [-i IMPLS] [-o FILE|DIR/] [OPTION]...",
            .summary = "write a result file in another format",
            .description = "Reads a result file, of dcbench or of pyperf, plain or gzip, "
                           "and writes it in the format that is asked for. Nothing is "
                           "measured.",
            .files = true,
            .examples = convert_examples,
        },
    [CLI_HISTORY] =
        {
            .name = "history",
            .usage = "history DIR|FILE... [OPTION]...",
            .summary = "show results over time, and the steps in them",
            .description = "Shows how the ratios of implementations to their baselines "
                           "went over many results, such as one a day or a commit, and "
                           "between which of them they changed. Of a folder, every "
                           ".json and .json.gz in it and below is read.",
            .files = true,
            .examples = history_examples,
        },
    [CLI_LIST] =
        {
            .name = "list",
            .usage = "list impls|workloads|events|pmus [OPTION]...",
            .summary = "show what there is to choose from",
            .description = "Lists the built-in implementations or workloads, the events "
                           "that can be counted, or the PMUs of this machine.",
            .operands = kinds,
            .examples = list_examples,
        },
    [CLI_DOCTOR] =
        {
            .name = "doctor",
            .usage = "doctor [OPTION]...",
            .summary = "show what this machine can measure, and what disturbs it",
            .description = "Tells what this machine can measure and what disturbs "
                           "measurements on it, each with what to do about it. Nothing "
                           "is changed. A finding is no error: the exit status is 0.",
            .examples = doctor_examples,
        },
    [CLI_SELFTEST] =
        {
            .name = "selftest",
            .usage = "selftest [-w WORKLOADS] [OPTION]...",
            .summary = "show which difference this machine can see, and how soon",
            .description = "Measures identical code, which must not be told apart, and a "
                           "difference of known size, which must be seen, the way 'run' "
                           "would with these options; and tells which difference this "
                           "machine can see in how many seconds. Takes about "
                           "--max-time for each workload.",
            .examples = selftest_examples,
        },
    [CLI_VERIFY] =
        {
            .name = "verify",
            .usage = "verify [-i IMPLS] [OPTION]...",
            .summary = "ask whether an implementation is a correct deepcopy",
            .description = "Runs implementations through three batteries of cases: the "
                           "interpreter's own tests of copy, cases written from its "
                           "documentation, and random object graphs that are compared "
                           "with the standard library's copies. Tells what is wrong, "
                           "and how to reproduce it. Nothing is timed.",
            .examples = verify_examples,
        },
    [CLI_MEMORY] =
        {
            .name = "memory",
            .usage = "memory [-i IMPLS] [-w WORKLOADS] [-b IMPL] [OPTION]...",
            .summary = "count the memory that copies take, and look for leaks",
            .description = "Counts what deepcopy asks the interpreter's allocators and "
                           "libc's malloc for, in workers that do nothing else: the "
                           "highest moment of a call, what its copy holds, and how many "
                           "blocks are taken and given back. The figures are exact, and "
                           "the same in each run. Nothing is timed.",
            .examples = memory_examples,
        },
};

static const struct cli_option_variant impl_variants[] = {
    {.commands = CHECK, .fallback = "those of the file"},
    {.commands = VERIFY, .fallback = "all"},
    {
        .commands = CONVERT,
        .fallback = "all of the file",
        .help = "implementations of the file, by commas; all: every one; for pyperf's "
                "format",
    },
    {
        .commands = HISTORY,
        .fallback = "every one",
        .help = "implementations in the results, by their labels, by commas",
    },
    {.commands = 0},
};

static const struct cli_option_variant output_variants[] = {
    {
        .commands = CONVERT,
        .fallback = "standard output",
        .help = "write to this file; for pyperf's format a folder, or a name that ends "
                "in '/', gets a file for each implementation",
    },
    {.commands = 0},
};

static const struct cli_option_variant format_variants[] = {
    {
        .commands = EVERY & ~(unsigned)(RUN | CONVERT),
        .choices = own_formats,
        .help = "table, json, markdown or csv",
    },
    {.commands = 0},
};

static const struct cli_option_variant workload_variants[] = {
    {.commands = MEMORY, .fallback = "all; with --leaks all,single"},
    {.commands = CHECK, .fallback = "those of the file"},
    {
        .commands = HISTORY,
        .fallback = "every one",
        .help = "workloads in the results, by their labels, by commas",
    },
    {.commands = 0},
};

static const struct cli_option_variant baseline_variants[] = {
    {.commands = CHECK, .fallback = "that of the file"},
    {.commands = 0},
};

static const struct cli_option_variant as_in_file[] = {
    {.commands = CHECK, .fallback = "as in the file"},
    {.commands = 0},
};

static const struct cli_option_variant iterations_variants[] = {
    {
        .commands = MEMORY,
        .fallback = "5",
        .help = "iterations that are counted with each memo",
    },
    {.commands = 0},
};

static const struct cli_option_variant seed_variants[] = {
    {
        .commands = MEMORY,
        .fallback = "1",
        .help = "seed of the interpreter's hashes",
    },
    {
        .commands = VERIFY,
        .fallback = "1",
        .help = "seed of the random graphs: the same ones for the same seed",
    },
    {.commands = 0},
};

static const struct cli_option_variant verbose_variants[] = {
    {
        .commands = MEMORY,
        .help = "both layers, and every kind of block that a peak is made of",
    },
    {
        .commands = VERIFY,
        .help = "every failure, none of them cut, and the names of the cases that were "
                "skipped or reached the standard deepcopy",
    },
    {.commands = 0},
};

static const struct cli_option_variant quiet_variants[] = {
    {.commands = VERIFY, .help = "verdicts and what is wrong"},
    {.commands = MEMORY, .help = "figures and what is wrong"},
    {.commands = 0},
};

static const struct cli_option_variant plot_variants[] = {
    {
        .commands = MEMORY,
        .help = "draw what --trace shows, FILE.svg or FILE.png; needs gnuplot",
    },
    {.commands = 0},
};

static const struct cli_option_variant junit_variants[] = {
    {
        .commands = MEMORY,
        .help = "write a test for each implementation, workload and memo as JUnit XML",
    },
    {
        .commands = VERIFY,
        .help = "write a test for each implementation and battery as JUnit XML",
    },
    {.commands = 0},
};

static const struct cli_option_variant precision_variants[] = {
    {.commands = CHECK, .fallback = "what the margin needs"},
    {.commands = 0},
};

static const struct cli_option_variant margin_variants[] = {
    {
        .commands = MEMORY,
        .fallback = "10; with a mapping 50",
        .help = "+-PCT % counts as the same, whatever the memo",
    },
    {.commands = COMPARE, .initial = "2"},
    {
        .commands = CHECK,
        .initial = "2",
        .fallback = "2; for memory that of the file: 10, with a mapping 50, or another",
        .help =
            "PCT % slower is allowed, or, of a result of 'dcbench memory', more bytes "
            "at the peak",
    },
    {.commands = 0},
};

static const struct cli_option_variant instructions_margin_variants[] = {
    {.commands = RUN, .help = "--fail-if instructions allows PCT % more of them"},
    {.commands = 0},
};

static const struct cli_option_variant fail_if_variants[] = {
    {.commands = RUN, .choices = run_failures},
    {
        .commands = MEMORY,
        .choices = memory_failures,
        .help = "more: fail where a peak or a copy takes more than the margin allows",
    },
    {
        .commands = COMPARE,
        .choices = verdicts,
        .help = "fail where a verdict is one of faster, slower, same; with "
                "inconclusive, wherever there is none",
    },
    {.commands = 0},
};

const struct cli_option_row cli_option_rows[] = {
    {
        .name = "impl",
        .letter = 'i',
        .value = CLI_VALUE_LIST,
        .offset = FIELD(impls),
        .argument = "IMPLS",
        .fallback = "merged",
        .commands = CHOOSE | CONVERT | HISTORY | VERIFY | MEMORY,
        .group = CLI_GROUP_MEASURE,
        .complete = CLI_COMPLETE_IMPLS,
        .help = "implementations, by commas: NAME, FILE.py[:ATTR] or MODULE:ATTR, each "
                "with LABEL= in front if you like; all: every built-in one",
        .variants = impl_variants,
    },
    {
        .name = "workload",
        .letter = 'w',
        .value = CLI_VALUE_LIST,
        .offset = FIELD(workloads),
        .argument = "WORKLOADS",
        .fallback = "all",
        .commands = MEASURE | HISTORY | MEMORY,
        .group = CLI_GROUP_MEASURE,
        .complete = CLI_COMPLETE_WORKLOADS,
        .help = "what to copy, by commas: NAME, FILE.py, MODULE:ATTR, FILE.json or "
                "FILE.pkl; all: general, reduce and memo; extended: ten "
                "more",
        .variants = workload_variants,
    },
    {
        .name = "baseline",
        .letter = 'b',
        .value = CLI_VALUE_ITEM,
        .offset = FIELD(baseline),
        .argument = "IMPL",
        .fallback = "stdlib",
        .commands = CHOOSE | MEMORY,
        .group = CLI_GROUP_MEASURE,
        .complete = CLI_COMPLETE_IMPLS,
        .help = "what the others are compared with",
        .variants = baseline_variants,
    },
    {
        .name = "battery",
        .value = CLI_VALUE_SET,
        .offset = FIELD(batteries),
        .argument = "LIST",
        .choices = batteries,
        .noun = "battery",
        .fallback = "suite,cases,graphs",
        .commands = VERIFY,
        .group = CLI_GROUP_MEASURE,
        .complete = CLI_COMPLETE_CHOICES,
        .help = "what is asked: suite, the interpreter's own tests; cases, those of "
                "dcbench; graphs, random objects",
    },
    {
        .name = "graphs",
        .value = CLI_VALUE_COUNT64,
        .offset = FIELD(graphs),
        .argument = "N",
        .range = "a whole number from 1 to 1000000",
        .least = 1,
        .most = 1000000,
        .initial = "2000",
        .commands = VERIFY,
        .group = CLI_GROUP_MEASURE,
        .help = "how many random graphs are copied",
    },
    {
        .name = "memo",
        .value = CLI_VALUE_SET,
        .offset = FIELD(memos),
        .argument = "LIST",
        .choices = memos,
        .noun = "memo",
        .fallback = "absent",
        .commands = MEMORY,
        .group = CLI_GROUP_MEASURE,
        .complete = CLI_COMPLETE_CHOICES,
        .help = "what deepcopy is given as its memo: absent, nothing; none, None; dict, "
                "{}; mapping, one that is read only; mutable-mapping, a UserDict; or all",
    },
    {
        .name = "leaks",
        .value = CLI_VALUE_FLAG,
        .offset = FIELD(leaks),
        .commands = MEMORY,
        .group = CLI_GROUP_MEASURE,
        .help = "look for what many copies lose; with --memo, count single ones as well",
    },
    {
        .name = "census",
        .value = CLI_VALUE_FLAG,
        .offset = FIELD(census),
        .commands = MEMORY,
        .group = CLI_GROUP_MEASURE,
        .help = "tell what objects are copied and what is shared, by type; with --memo, "
                "count single copies as well",
    },
    {
        .name = "leak-iterations",
        .value = CLI_VALUE_COUNT64,
        .offset = FIELD(leak_iterations),
        .argument = "N",
        .range = "a whole number from 1 to 1000000000000",
        .least = 1,
        .most = 1000000000000,
        .fallback = "20000; of single 1000000",
        .commands = MEMORY,
        .group = CLI_GROUP_EFFORT,
        .help = "how often --leaks copies a workload, after 300 times or more that are "
                "not counted",
    },
    {
        .name = "trace",
        .value = CLI_VALUE_FLAG,
        .offset = FIELD(trace),
        .commands = MEMORY,
        .group = CLI_GROUP_MEASURE,
        .help = "show the resident memory over time while large containers are copied: "
                "-w list-bytes, set-bytes, dict-bytes, dict-str, list-float, "
                "list-bytearray or all",
    },
    {
        .name = "size",
        .value = CLI_VALUE_BYTES,
        .offset = FIELD(size_bytes),
        .argument = "SIZE",
        .range = "a size from 1k to 1024P, such as 64M or 1G",
        .least = 1024,
        .most = UINT64_C(1) << 60,
        .initial = "64M",
        .commands = MEMORY,
        .group = CLI_GROUP_MEASURE,
        .help = "how large the containers of --trace are",
    },
    {
        .name = "repeat",
        .value = CLI_VALUE_COUNT,
        .offset = FIELD(repeats),
        .argument = "N",
        .range = "a whole number from 1 to 1000",
        .least = 1,
        .most = 1000,
        .initial = "10",
        .commands = MEMORY,
        .group = CLI_GROUP_EFFORT,
        .help = "how often --trace builds, copies and drops a container",
    },
    {
        .name = "every",
        .value = CLI_VALUE_BYTES,
        .offset = FIELD(every_bytes),
        .argument = "SIZE",
        .range = "a size from 1 to 1G, such as 4096 or 64k",
        .least = 1,
        .most = UINT64_C(1) << 30,
        .initial = "4096",
        .commands = MEMORY,
        .group = CLI_GROUP_EFFORT,
        .help = "--trace keeps a sample where the memory has changed by so much",
    },
    {
        .name = "series",
        .value = CLI_VALUE_FILE,
        .offset = FIELD(series),
        .argument = "FILE",
        .commands = MEMORY,
        .group = CLI_GROUP_OUTPUT,
        .complete = CLI_COMPLETE_FILE,
        .help = "write the samples of --trace as CSV",
    },
    {
        .name = "allow-pickle",
        .value = CLI_VALUE_FLAG,
        .offset = FIELD(allow_pickle),
        .commands = MEASURE | MEMORY,
        .group = CLI_GROUP_MEASURE,
        .help = "load FILE.pkl workloads; a pickle can run any code",
    },
    {
        .name = "gc",
        .value = CLI_VALUE_SWITCH,
        .offset = FIELD(gc),
        .argument = "on|off",
        .choices = switches,
        .noun = "value",
        .initial = "on",
        .commands = MEASURE,
        .group = CLI_GROUP_MEASURE,
        .complete = CLI_COMPLETE_CHOICES,
        .help = "garbage collection while timing",
        .variants = as_in_file,
    },
    {
        .name = "verify",
        .value = CLI_VALUE_SWITCH,
        .offset = FIELD(verify),
        .argument = "on|off",
        .choices = switches,
        .noun = "value",
        .initial = "on",
        .commands = CHOOSE,
        .group = CLI_GROUP_MEASURE,
        .complete = CLI_COMPLETE_CHOICES,
        .help = "ask implementations first whether they are correct deepcopies, and mark "
                "those that are not",
    },
    {
        .name = "precision",
        .value = CLI_VALUE_PERCENT,
        .offset = FIELD(precision),
        .argument = "PCT",
        .range = "a percentage above 0 and below 100",
        .high = 100,
        .above = true,
        .below = true,
        .initial = "0.5",
        .commands = MEASURE,
        .group = CLI_GROUP_EFFORT,
        .help = "aim for intervals of +-PCT %",
        .variants = precision_variants,
    },
    {
        .name = "max-time",
        .value = CLI_VALUE_SECONDS,
        .offset = FIELD(max_time_s),
        .argument = "SECONDS",
        .range = "a number of seconds above 0 and up to 1000000",
        .high = 1e6,
        .above = true,
        .initial = "10",
        .commands = MEASURE,
        .group = CLI_GROUP_EFFORT,
        .help = "stop after this time for each workload",
        .variants = as_in_file,
    },
    {
        .name = "workers",
        .value = CLI_VALUE_COUNT,
        .offset = FIELD(workers),
        .argument = "N",
        .range = "a whole number from 1 to 1000000",
        .least = 1,
        .most = 1000000,
        .fallback = "no limit",
        .commands = MEASURE,
        .group = CLI_GROUP_EFFORT,
        .help = "at most N workers a workload",
    },
    {
        .name = "rounds",
        .value = CLI_VALUE_COUNT,
        .offset = FIELD(rounds),
        .argument = "N",
        .range = "a whole number from 1 to 100000",
        .least = 1,
        .most = 100000,
        .fallback = "about 40",
        .commands = MEASURE,
        .group = CLI_GROUP_EFFORT,
        .help = "rounds of each worker",
    },
    {
        .name = "iterations",
        .value = CLI_VALUE_COUNT64,
        .offset = FIELD(iterations),
        .argument = "N",
        .range = "a whole number from 1 to 1000000000000",
        .least = 1,
        .most = 1000000000000,
        .fallback = "calibrated",
        .commands = MEASURE | MEMORY,
        .group = CLI_GROUP_EFFORT,
        .help = "iterations of each timed block",
        .variants = iterations_variants,
    },
    {
        .name = "block-time",
        .value = CLI_VALUE_COUNT,
        .offset = FIELD(block_us),
        .argument = "US",
        .range = "a whole number of microseconds from 1 to 10000000",
        .least = 1,
        .most = 10000000,
        .initial = "150",
        .commands = MEASURE,
        .group = CLI_GROUP_EFFORT,
        .help = "length of a timed block, in microseconds",
        .variants = as_in_file,
    },
    {
        .name = "warm-ups",
        .value = CLI_VALUE_COUNT,
        .offset = FIELD(warm_ups),
        .argument = "N",
        .range = "a whole number from 0 to 10000",
        .least = 0,
        .most = 10000,
        .initial = "3",
        .commands = MEASURE,
        .group = CLI_GROUP_EFFORT,
        .help = "untimed blocks of each arm before its rounds",
        .variants = as_in_file,
    },
    {
        .name = "margin",
        .value = CLI_VALUE_PERCENT,
        .offset = FIELD(margin),
        .argument = "PCT",
        .range = "a percentage of at least 0 and below 100",
        .high = 100,
        .below = true,
        .initial = "1",
        .commands = MEASURE | COMPARE | MEMORY,
        .group = CLI_GROUP_EFFORT,
        .help = "+-PCT % counts as the same",
        .variants = margin_variants,
    },
    {
        .name = "instructions-margin",
        .value = CLI_VALUE_PERCENT,
        .offset = FIELD(instructions_margin),
        .argument = "PCT",
        .range = "a percentage of at least 0 and below 100",
        .high = 100,
        .below = true,
        .initial = "0.5",
        .commands = CHOOSE,
        .group = CLI_GROUP_EFFORT,
        .help = "so many more instructions are allowed",
        .variants = instructions_margin_variants,
    },
    {
        .name = "retries",
        .value = CLI_VALUE_COUNT,
        .offset = FIELD(retries),
        .argument = "N",
        .range = "a whole number from 0 to 10",
        .least = 0,
        .most = 10,
        .initial = "1",
        .commands = CHECK,
        .group = CLI_GROUP_EFFORT,
        .help = "measure again up to N times what is slower or not clear",
    },
    {
        .name = "confidence",
        .value = CLI_VALUE_PERCENT,
        .offset = FIELD(confidence),
        .argument = "PCT",
        .range = "a percentage from 50 to 99.99",
        .low = 50,
        .high = 99.99,
        .initial = "95",
        .commands = MEASURE | COMPARE,
        .group = CLI_GROUP_EFFORT,
        .help = "confidence of the intervals",
        .variants = as_in_file,
    },
    {
        .name = "timeout",
        .value = CLI_VALUE_SECONDS,
        .offset = FIELD(timeout_s),
        .argument = "SECONDS",
        .range = "a number of seconds above 0 and up to 1000000",
        .high = 1e6,
        .above = true,
        .initial = "10",
        .commands = START,
        .group = CLI_GROUP_EFFORT,
        .help = "end a worker that stands still so long",
        .variants = as_in_file,
    },
    {
        .name = "affinity",
        .value = CLI_VALUE_CPU,
        .offset = FIELD(affinity),
        .argument = "CPU",
        .range = "a CPU number from 0 to 1023",
        .most = 1023,
        .fallback = "not pinned",
        .commands = MEASURE,
        .group = CLI_GROUP_EFFORT,
        .help = "pin the workers to this CPU",
    },
    {
        .name = "seed",
        .value = CLI_VALUE_SEED,
        .offset = FIELD(seed),
        .argument = "N",
        .range = "a whole number from 0 to 9223372036854775807, decimal or 0x..",
        .most = INT64_MAX,
        .fallback = "a new one",
        .commands = START,
        .group = CLI_GROUP_EFFORT,
        .help = "seed of all random choices",
        .variants = seed_variants,
    },
    {
        .name = "counters",
        .value = CLI_VALUE_SET,
        .offset = FIELD(counters),
        .argument = "LIST",
        .choices = providers,
        .noun = "provider",
        .fallback = "auto",
        .commands = CHOOSE,
        .group = CLI_GROUP_COUNTERS,
        .complete = CLI_COMPLETE_CHOICES,
        .help =
            "who counts: hardware, simulated (by valgrind) and kernel; auto: hardware "
            "or else simulated, and kernel; or none",
        .variants = as_in_file,
    },
    {
        .name = "events",
        .letter = 'e',
        .value = CLI_VALUE_EVENTS,
        .offset = FIELD(events),
        .argument = "LIST",
        .fallback = "every row",
        .commands = CHOOSE,
        .group = CLI_GROUP_COUNTERS,
        .complete = CLI_COMPLETE_EVENTS,
        .help = "what is counted: rows of 'dcbench list events', or any event string "
                "of libpfm4",
        .variants = as_in_file,
    },
    {
        .name = "python",
        .value = CLI_VALUE_PYTHON,
        .offset = FIELD(python),
        .argument = "VERSION",
        .fallback = "newest",
        .commands = START,
        .group = CLI_GROUP_PYTHON,
        .help = "interpreter version, such as 3.13",
        .variants = as_in_file,
    },
    {
        .name = "venv",
        .value = CLI_VALUE_FILE,
        .offset = FIELD(venv),
        .argument = "DIR",
        .commands = START,
        .group = CLI_GROUP_PYTHON,
        .complete = CLI_COMPLETE_DIR,
        .help = "import modules from this virtual environment",
    },
    {
        .name = "python-path",
        .value = CLI_VALUE_PATHS,
        .offset = FIELD(python_path),
        .argument = "DIR",
        .commands = START,
        .group = CLI_GROUP_PYTHON,
        .complete = CLI_COMPLETE_DIR,
        .help = "import modules from here; may be repeated",
    },
    {
        .name = "output",
        .letter = 'o',
        .value = CLI_VALUE_FILE,
        .offset = FIELD(output),
        .argument = "FILE",
        .commands = CHOOSE | COMPARE | CONVERT | VERIFY | MEMORY,
        .group = CLI_GROUP_OUTPUT,
        .complete = CLI_COMPLETE_FILE,
        .help = "write the result as JSON",
        .variants = output_variants,
    },
    {
        .name = "save",
        .value = CLI_VALUE_NAME,
        .offset = FIELD(save),
        .argument = "NAME",
        .commands = RUN,
        .group = CLI_GROUP_OUTPUT,
        .help = "write the result as NAME.json in the results folder",
    },
    {
        .name = "results-dir",
        .value = CLI_VALUE_FILE,
        .offset = FIELD(results_dir),
        .argument = "DIR",
        .fallback = "results",
        .commands = RUN,
        .group = CLI_GROUP_OUTPUT,
        .complete = CLI_COMPLETE_DIR,
        .help = "the results folder",
    },
    {
        .name = "plot",
        .value = CLI_VALUE_FILE,
        .offset = FIELD(plot),
        .argument = "FILE",
        .commands = HISTORY | MEMORY,
        .group = CLI_GROUP_OUTPUT,
        .complete = CLI_COMPLETE_FILE,
        .help = "draw it as well, FILE.svg or FILE.png; needs gnuplot",
        .variants = plot_variants,
    },
    {
        .name = "label",
        .value = CLI_VALUE_TEXT,
        .offset = FIELD(label),
        .argument = "TEXT",
        .commands = CHOOSE,
        .group = CLI_GROUP_OUTPUT,
        .help = "what to call the result, in 'dcbench history' for one",
    },
    {
        .name = "keep-rounds",
        .value = CLI_VALUE_FILE,
        .offset = FIELD(keep_rounds),
        .argument = "FILE",
        .commands = RUN,
        .group = CLI_GROUP_OUTPUT,
        .complete = CLI_COMPLETE_FILE,
        .help = "write every block of every round as JSON lines",
    },
    {
        .name = "format",
        .value = CLI_VALUE_CHOICE,
        .offset = FIELD(format),
        .argument = "FORMAT",
        .choices = formats,
        .noun = "format",
        .initial = "table",
        .commands = EVERY,
        .group = CLI_GROUP_OUTPUT,
        .complete = CLI_COMPLETE_CHOICES,
        .help = "table, json, markdown, csv or pyperf",
        .variants = format_variants,
    },
    {
        .name = "sort",
        .value = CLI_VALUE_CHOICE,
        .offset = FIELD(sort),
        .argument = "KEY",
        .choices = sorts,
        .noun = "order",
        .initial = "file",
        .commands = COMPARE,
        .group = CLI_GROUP_OUTPUT,
        .complete = CLI_COMPLETE_CHOICES,
        .help = "order of what is compared: file, change, name or workload",
    },
    {
        .name = "only-changed",
        .value = CLI_VALUE_FLAG,
        .offset = FIELD(only_changed),
        .commands = COMPARE,
        .group = CLI_GROUP_OUTPUT,
        .help = "show only what is faster or slower",
    },
    {
        .name = "fail-if",
        .value = CLI_VALUE_SET,
        .offset = FIELD(fail_if),
        .argument = "LIST",
        .choices = failures,
        .noun = "verdict",
        .commands = RUN | COMPARE | MEMORY,
        .group = CLI_GROUP_OUTPUT,
        .complete = CLI_COMPLETE_CHOICES,
        .help = "fail where a verdict is one of faster, slower, same; with "
                "inconclusive, wherever there is none; with instructions, where there "
                "are more of them; with incorrect, where an implementation fails "
                "--verify",
        .variants = fail_if_variants,
    },
    {
        .name = "junit",
        .value = CLI_VALUE_FILE,
        .offset = FIELD(junit),
        .argument = "FILE",
        .commands = CHOOSE | COMPARE | VERIFY | MEMORY,
        .group = CLI_GROUP_OUTPUT,
        .complete = CLI_COMPLETE_FILE,
        .help = "write every check as JUnit XML",
        .variants = junit_variants,
    },
    {
        .name = "summary",
        .value = CLI_VALUE_FILE,
        .offset = FIELD(summary),
        .argument = "FILE",
        .commands = CHOOSE | COMPARE | VERIFY | MEMORY,
        .group = CLI_GROUP_OUTPUT,
        .complete = CLI_COMPLETE_FILE,
        .help = "write what failed, and the report, as Markdown",
    },
    {
        .name = "ci",
        .value = CLI_VALUE_CHOICE,
        .offset = FIELD(ci),
        .argument = "SERVICE",
        .choices = services,
        .noun = "service",
        .initial = "auto",
        .commands = CHOOSE | COMPARE | VERIFY | MEMORY,
        .group = CLI_GROUP_OUTPUT,
        .complete = CLI_COMPLETE_CHOICES,
        .help = "annotations and step summary on GitHub: auto, as the environment says; "
                "github; or none",
    },
    {
        .name = "rule",
        .value = CLI_VALUE_SET,
        .offset = FIELD(rules),
        .argument = "LIST",
        .choices = rules,
        .noun = "rule",
        .fallback = "time,instructions",
        .commands = CHECK,
        .group = CLI_GROUP_OUTPUT,
        .complete = CLI_COMPLETE_CHOICES,
        .help = "what must not grow: time, instructions",
    },
    {
        .name = "update",
        .value = CLI_VALUE_FLAG,
        .offset = FIELD(update),
        .commands = CHECK,
        .group = CLI_GROUP_OUTPUT,
        .help =
            "write what is measured over the file, or as a new one; nothing fails for "
            "being slower then",
    },
    {
        .name = "progress",
        .value = CLI_VALUE_CHOICE,
        .offset = FIELD(progress),
        .argument = "WHEN",
        .choices = whens,
        .noun = "value",
        .initial = "auto",
        .commands = START | HISTORY,
        .group = CLI_GROUP_OUTPUT,
        .complete = CLI_COMPLETE_CHOICES,
        .help = "show progress: auto, always or never",
    },
    {
        .name = "color",
        .value = CLI_VALUE_CHOICE,
        .offset = FIELD(color),
        .argument = "WHEN",
        .choices = whens,
        .noun = "value",
        .initial = "auto",
        .commands = EVERY,
        .group = CLI_GROUP_OUTPUT,
        .complete = CLI_COMPLETE_CHOICES,
        .help = "use colours: auto, always or never",
    },
    {
        .name = "quiet",
        .letter = 'q',
        .value = CLI_VALUE_QUIET,
        .offset = FIELD(verbosity),
        .commands = EVERY,
        .group = CLI_GROUP_OUTPUT,
        .help = "verdicts and what went wrong; of a check, what did not pass; of a list, "
                "bare names; of the doctor, warnings; of the self-test, what it comes to",
        .variants = quiet_variants,
    },
    {
        .name = "verbose",
        .letter = 'v',
        .value = CLI_VALUE_VERBOSE,
        .offset = FIELD(verbosity),
        .commands = EVERY,
        .group = CLI_GROUP_OUTPUT,
        .help = "more detail; of a run, how the workers are distributed; of a "
                "comparison, every counter; of the "
                "self-test, every comparison",
        .variants = verbose_variants,
    },
    {
        .name = "help",
        .letter = 'h',
        .value = CLI_VALUE_HELP,
        .commands = EVERY,
        .group = CLI_GROUP_HELP,
        .help = "show the help of the command",
    },
    {
        .name = "version",
        .value = CLI_VALUE_VERSION,
        .commands = EVERY,
        .group = CLI_GROUP_HELP,
        .help = "show the version",
    },
    {
        .name = "completion",
        .value = CLI_VALUE_COMPLETION,
        .offset = FIELD(completion_shell),
        .argument = "SHELL",
        .choices = shells,
        .noun = "shell",
        .commands = EVERY,
        .group = CLI_GROUP_HELP,
        .complete = CLI_COMPLETE_CHOICES,
        .help = "print a completion script for bash, zsh or fish",
    },
};

const size_t cli_option_count = sizeof cli_option_rows / sizeof cli_option_rows[0];

struct cli_option_row cli_option_for(const struct cli_option_row *row,
                                     enum cli_command command)
{
    struct cli_option_row own = *row;

    for (const struct cli_option_variant *v = row->variants; v && v->commands; v++) {
        if (!(v->commands & 1u << command))
            continue;
        own.choices = v->choices ? v->choices : row->choices;
        if (v->initial || v->fallback) {
            own.initial = v->initial;
            own.fallback = v->fallback;
        }
        own.help = v->help ? v->help : row->help;
    }
    return own;
}

bool cli_option_applies(const struct cli_option_row *row, enum cli_command command)
{
    return row->commands & 1u << command;
}
