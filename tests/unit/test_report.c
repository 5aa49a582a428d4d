#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "report.h"
#include "strbuf.h"
#include "unit.h"

static const char *const impls[] = {"merged"};
static const char *const inputs[] = {"memo", "reduce"};

static char *as_text(const struct made *made, int verbosity)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_report_text(&made->result, verbosity, false, true, &out);
    return dcb_strbuf_take(&out);
}

static char *as_markdown(const struct made *made)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_report_markdown(&made->result, 0, true, &out);
    return dcb_strbuf_take(&out);
}

static char *as_csv(const struct made *made)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_report_csv(&made->result, &out);
    return dcb_strbuf_take(&out);
}

/* ---- whole texts ---- */

static void text_of_one_candidate(void **state)
{
    struct made made;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    text = as_text(&made, 0);
    assert_string_equal(
        text,
        "dcbench 0.1.0: deepcopy on CPython 3.11.2\n"
        "A CPU, 2 CPUs, Linux 6.1.0\n"
        "counters: hardware, kernel\n"
        "\n"
        "memo: 1 object copied in an iteration\n"
        "  implementation     time  spread   change    95 % interval  verdict\n"
        "  stdlib          61.2 us     0 %                            baseline\n"
        "  control         61.2 us     0 %   +0.0 %   -0.3 to +0.3 %  same\n"
        "  merged          55.1 us     0 %  -10.0 %  -10.3 to -9.7 %  faster\n"
        "  5 workers, 250 rounds in 1.5 s; wanted +-0.5 %, got +-0.31 %; a true\n"
        "    difference of 0.4 % would show\n"
        "\n"
        "  hardware/iteration   stdlib   merged    delta   change\n"
        "  instructions        421,034  378,931  -42,103  -10.0 %\n"
        "\n"
        "  kernel/iteration   stdlib   merged     delta   change\n"
        "  page-faults        0.0012  0.00108  -0.00012  -10.0 %\n"
        "  task-clock (ns)    60,000   54,000    -6,000  -10.0 %\n"
        "  time-elapsed (ns)  61,200   55,080    -6,120  -10.0 %\n"
        "\n"
        "  not counted: LLC-loads: this CPU or kernel has no such event\n"
        "  time: median over workers (processes); spread: their standard deviation, but\n"
        "    for strays: 1.48 times the median distance from that time. Both belong to\n"
        "    this machine and hour.\n"
        "  change: against the baseline, paired block by block: it need not be the\n"
        "    quotient of the times, and travels better. control: the baseline once "
        "more,\n"
        "    loaded separately.\n");
    free(text);
    unmake_result(&made);
}

static void quiet_text_of_two_workloads(void **state)
{
    static const char summary[] =
        "\nsummary: time per iteration and change\n"
        "  implementation             memo           reduce     all\n"
        "  stdlib          61.2 us          61.2 us\n"
        "  merged          55.1 us -10.0%   55.1 us -10.0%   -10.0%\n"
        "  all: geometric mean of the ratios; = same, ? inconclusive\n";
    struct made made;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 2);
    text = as_text(&made, -1);
    assert_memory_equal(text, "\nmemo: 1 object copied in an iteration\n", 39);
    assert_contains(text, "\nreduce: 2 objects copied in an iteration\n");
    assert_true(strlen(text) > strlen(summary));
    assert_string_equal(text + strlen(text) - strlen(summary), summary);
    free(text);
    unmake_result(&made);
}

static void markdown(void **state)
{
    struct made made;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    dcb_result_note(&made.result, "noted");
    text = as_markdown(&made);
    assert_contains(
        text, "dcbench 0.1.0: deepcopy on CPython 3.11.2  \n"
              "A CPU, 2 CPUs, Linux 6.1.0  \n"
              "counters: hardware, kernel\n"
              "\n"
              "### memo: 1 object copied in an iteration\n"
              "\n"
              "| implementation | time | spread | change | 95 % interval | verdict |\n"
              "| --- | ---: | ---: | ---: | ---: | --- |\n"
              "| stdlib | 61.2 us | 0 % |  |  | baseline |\n"
              "| control | 61.2 us | 0 % | +0.0 % | -0.3 to +0.3 % | same |\n"
              "| merged | 55.1 us | 0 % | -10.0 % | -10.3 to -9.7 % | faster |\n"
              "\n"
              "5 workers, 250 rounds in 1.5 s; wanted +-0.5 %, got +-0.31 %; a true "
              "difference of 0.4 % would show\n"
              "\n"
              "| hardware/iteration | stdlib | merged | delta | change |\n"
              "| --- | ---: | ---: | ---: | ---: |\n"
              "| instructions | 421,034 | 378,931 | -42,103 | -10.0 % |\n"
              "\n"
              "| kernel/iteration | stdlib | merged | delta | change |\n"
              "| --- | ---: | ---: | ---: | ---: |\n"
              "| page-faults | 0.0012 | 0.00108 | -0.00012 | -10.0 % |\n"
              "| task-clock (ns) | 60,000 | 54,000 | -6,000 | -10.0 % |\n"
              "| time-elapsed (ns) | 61,200 | 55,080 | -6,120 | -10.0 % |\n");
    assert_contains(text, "\n\nNote: noted\n");
    assert_contains(text, "\nnot counted: LLC-loads: this CPU or kernel has no such "
                          "event\n");
    free(text);
    unmake_result(&made);
}

/* Whatever labels, messages and the machine say, it is text. */
static void markdown_of_hostile_texts(void **state)
{
    static const char *const odd[] = {"<b>@all</b>", "- [x](y) `z`"};
    struct made made;
    char *text;

    (void)state;
    make_result(&made, &odd[0], 1, &odd[1], 1);
    make_failed(&made.result.workloads[0].cells[2], "failed: *E*\n# a | <i>");
    snprintf(made.result.system.cpu, sizeof made.result.system.cpu, "![c](p)\n# d");
    made.result.label = dcb_xstrdup("1. https://a.example");
    dcb_result_note(&made.result, "see\n\n@you");
    text = as_markdown(&made);
    assert_contains(text, "\n!\\[c\\](p) \\# d, 2 CPUs, Linux 6.1.0  \n"
                          "1\\. https\\://a.example  \n");
    assert_contains(text, "\n### - \\[x\\](y) \\`z\\`: 1 object copied");
    assert_contains(text, "\n| \\<b\\>@<!-- -->all\\</b\\> | ");
    assert_contains(text, "\n\n\\<b\\>@<!-- -->all\\</b\\> failed: \\*E\\* \\# a \\| "
                          "\\<i\\>\n");
    assert_contains(text, "\n\nNote: see  @<!-- -->you\n");
    free(text);
    text = as_text(&made, 0);
    assert_contains(text, "\n![c](p) # d, 2 CPUs, Linux 6.1.0\n");
    free(text);
    unmake_result(&made);
}

/* One worker that was held up makes a standard deviation of several hundred percent. */
static void spread_that_strays_do_not_move(void **state)
{
    static const double times[] = {0.96, 0.98, 1, 1.02, 40};
    struct made made;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    for (size_t i = 0; i < COUNT(times); i++)
        made.result.workloads[0].cells[2].samples[i].time_ns = 55080 * times[i];
    text = as_text(&made, 0);
    assert_contains(text, "\n  merged          55.1 us     3 %  -10.0 %");
    free(text);
    unmake_result(&made);
}

/* Of a file that has no times of workers. */
static void spread_that_is_not_known(void **state)
{
    struct made made;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    for (size_t i = 1; i < 5; i++)
        made.result.workloads[0].cells[2].samples[i].time_ns = DCB_UNKNOWN;
    text = as_text(&made, 0);
    assert_contains(text, "\n  merged          55.1 us       -  -10.0 %");
    assert_null(strstr(text, "nan"));
    free(text);
    unmake_result(&made);
}

static void csv(void **state)
{
    struct made made;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    text = as_csv(&made);
    assert_string_equal(
        text,
        "workload,implementation,role,status,time_ns,time_mean_ns,time_stddev_ns,"
        "time_min_ns,time_max_ns,cpu_ns,workers,blocks,ratio,ratio_low,ratio_high,"
        "verdict,copy,verify,verify_cases,verify_wrong,"
        "instructions,instructions provider,LLC-loads,LLC-loads provider,"
        "page-faults,page-faults provider,task-clock,task-clock provider,"
        "time-elapsed,time-elapsed provider\n"
        "memo,stdlib,baseline,ok,61200,61300,1224,60000,63000,61200,5,250,,,,,,,,,"
        "421034,hardware,,,0.0012,kernel,60000,kernel,61200,kernel\n"
        "memo,stdlib,control,ok,61200,61300,1224,60000,63000,61200,5,250,1,0.9969,"
        "1.0031,same,,,,,421034,hardware,,,0.0012,kernel,60000,kernel,61200,kernel\n"
        "memo,merged,candidate,ok,55080,55170,1101.6,54000,56700,55080,5,250,0.9,0."
        "8969,0.9031,faster,,,,,378930.6,hardware,,,0.00108,kernel,54000,kernel,55080,"
        "kernel\n");
    free(text);
    unmake_result(&made);
}

/* ---- the workers ---- */

static void verbose_text_has_the_workers(void **state)
{
    struct made made;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    for (size_t i = 0; i < 5; i++)
        made.result.workloads[0].cells[2].samples[i].log_ratio += 0.001 * (double)i;
    text = as_text(&made, 1);
    assert_contains(
        text,
        "\n"
        "  candidate merged: 5 workers, medians from 54.0 us to 56.7 us; 250 blocks, "
        "in\n"
        "    the first worker of 3 iterations\n"
        "\n"
        "  how many workers came out with which change, all rows to one scale; [ ] the\n"
        "    interval of their centre, o the estimate, | no change:\n"
        "  control   -0.38 %                     █████                +0.38 %\n"
        "                       [----------------o---------------]\n"
        "  merged   -10.32 %                █████████████████████████ -9.63 %\n"
        "                    [-----------------o-----------------]\n"
        "\n"
        "  time in each worker, on a logarithmic axis; o the median, [ ] the middle\n"
        "    half, | | all but those far out (*):\n"
        "  stdlib                                                    o\n"
        "  control                                                   o\n"
        "  merged   o\n"
        "           55.1 us                                    61.2 us\n"
        "\n"
        "  hardware/iteration ");
    free(text);
    text = as_text(&made, 0);
    assert_null(strstr(text, " in each worker"));
    free(text);
    unmake_result(&made);
}

/* As a block of code: blanks and brackets stay what they are. */
static void verbose_markdown_has_the_workers(void **state)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    struct made made;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    dcb_report_markdown(&made.result, 1, false, &out);
    assert_contains(
        out.text, "\n\n"
                  "how many workers came out with which change, all rows to one "
                  "scale; \\[ \\] the interval of their centre, o "
                  "the estimate, \\| no change:\n"
                  "\n"
                  "```\n"
                  "control   -0.35 %                     @@@@@                +0.35 %\n"
                  "                    [-----------------o----------------]\n"
                  "merged   -10.32 %                     @@@@@                -9.68 %\n"
                  "                  [-------------------o------------------]\n"
                  "```\n"
                  "\n"
                  "time in each worker, on a logarithmic axis; o the median, \\[ \\] the "
                  "middle half, \\| "
                  "\\| all but those far out (\\*):\n"
                  "\n"
                  "```\n"
                  "stdlib                                                    o\n"
                  "control                                                   o\n"
                  "merged   o\n"
                  "         55.1 us                                    61.2 us\n"
                  "```\n"
                  "\n"
                  "| hardware/iteration ");
    dcb_strbuf_clear(&out);
    unmake_result(&made);
}

static void failed_arms_are_not_drawn(void **state)
{
    struct made made;
    char *text, *drawn;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    make_failed(&made.result.workloads[0].cells[2], "failed: not equal");
    text = as_text(&made, 1);
    drawn = strstr(text, " in each worker");
    assert_non_null(drawn);
    assert_contains(drawn, "\n  control ");
    assert_null(strstr(drawn, "\n  merged "));
    free(text);
    unmake_result(&made);
}

/* ---- kinds of cells ---- */

static void all_kinds_of_cells(void **state)
{
    static const char *const candidates[] = {"same",  "slower", "withheld",
                                             "wrong", "few",    "huge"};
    static const double none = (double)NAN;
    struct made made;
    struct dcb_cell *cells;
    char *text;

    (void)state;
    make_result(&made, candidates, COUNT(candidates), inputs, 1);
    cells = made.result.workloads[0].cells;
    cells[2].verdict = DCB_VERDICT_SAME;
    cells[2].ratio = make_interval(0.9996, 0.0004);
    cells[3].verdict = DCB_VERDICT_SLOWER;
    cells[3].ratio = make_interval(1.25, 0.02);
    cells[4].verdict = DCB_VERDICT_INCONCLUSIVE;
    make_failed(&cells[5], "failed: not equal");
    cells[6].verdict = DCB_VERDICT_INCONCLUSIVE;
    cells[6].ratio = (struct dcb_interval){.estimate = 0.5, .low = none, .high = none};
    cells[6].time.count = 1;
    cells[7].verdict = DCB_VERDICT_SLOWER;
    cells[7].ratio = make_interval(31, 0.5);
    text = as_text(&made, 0);
    assert_contains(text, "\n  stdlib          61.2 us     0 %");
    assert_contains(text, "  -0.08 to +0.00 %  same\n");
    assert_contains(text, "  +25.0 %  +23.0 to +27.0 %  slower\n");
    assert_contains(text, "  inconclusive\n");
    assert_contains(text, "\n  wrong                 -       -        -                 "
                          "-  failed\n");
    assert_contains(text, "  wrong failed: not equal\n");
    assert_contains(text, "      -  -50.0 %                 -  inconclusive\n");
    assert_contains(text, "  x 30.5 to x 31.5  slower\n");
    free(text);
    unmake_result(&made);
}

static void failed_cells_in_csv(void **state)
{
    struct made made;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    make_failed(&made.result.workloads[0].cells[2], "failed: a \"b\", c\nd");
    for (size_t i = 0; i < 5; i++)
        made.result.workloads[0].cells[2].counters[i].value = (double)NAN;
    text = as_csv(&made);
    assert_contains(text, "\nmemo,merged,candidate,\"failed: a \"\"b\"\", "
                          "c?d\",,,,,,,0,0,,,,,\"a \"\"b\"\", c?d\",,,,,,,,,,,,,\n");
    free(text);
    unmake_result(&made);
}

/* ---- what is no deepcopy ---- */

static void incorrect_ones_are_marked(void **state)
{
    static const char *const both[] = {"new", "a-label-of-some-length"};
    struct made made;
    char *text;

    (void)state;
    make_result(&made, both, 2, inputs, 2);
    (void)make_verified(&made, 2, DCB_VERIFY_WRONG, 3);
    (void)make_verified(&made, 3, DCB_VERIFY_CORRECT, 0);
    text = as_text(&made, -1);
    assert_contains(text, "\n  new*                    55.1 us");
    assert_contains(text, "\n  a-label-of-some-length  ");
    assert_contains(text, "\n  control  ");
    assert_contains(text, "\n  new*                    55.1 us -10.0%"); /* summary */
    assert_contains(
        text, "\n  * new is not a correct deepcopy: 3 of 10 cases of verify fail, the "
              "first:\n    graph 17: expected a new list, got the original | itself; "
              "see 'dcbench\n    verify -i new=new'\n");
    assert_null(strstr(text, "length is"));
    free(text);
    text = as_text(&made, 0);
    assert_contains(text, "/iteration   stdlib     new*  a-label-of-some-length\n");
    free(text);
    text = as_markdown(&made);
    assert_contains(text, "\n| new\\* | 55.1 us |");
    assert_contains(text, "\n\n\\* new is not a correct deepcopy: 3 of 10 cases");
    free(text);
    unmake_result(&made);
}

static void long_marked_label_keeps_its_mark(void **state)
{
    static const char *const name[] = {"a-label-of-some-length"};
    struct made made;
    char *text;

    (void)state;
    make_result(&made, name, 1, inputs, 1);
    (void)make_verified(&made, 2, DCB_VERIFY_WRONG, 1);
    text = as_text(&made, 0);
    assert_contains(text, "  a-label-of-so~*  ");
    assert_contains(text, "1 of 10 cases of");
    free(text);
    unmake_result(&made);
}

static void verdicts_in_csv(void **state)
{
    struct made made;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    made.result.workloads[0].cells[2].copies = true;
    (void)make_verified(&made, 0, DCB_VERIFY_CORRECT, 0);
    (void)make_verified(&made, 2, DCB_VERIFY_WRONG, 3);
    text = as_csv(&made);
    assert_contains(text, ",250,,,,,,correct,12,0,421034,");
    assert_contains(text, ",same,,correct,12,0,421034,");
    assert_contains(text, ",faster,correct,wrong,12,3,378930.6,");
    free(text);
    unmake_result(&made);
}

static void what_is_not_known_is_noted(void **state)
{
    static const char *const both[] = {"new", "gone"};
    struct made made;

    (void)state;
    make_result(&made, both, 2, inputs, 1);
    for (size_t arm = 2; arm < 4; arm++)
        make_verified(&made, arm, DCB_VERIFY_UNKNOWN, 0)->reason =
            dcb_xstrdup("no modules");
    made.result.workloads[0].cells[3].failure = DCB_FAILURE_LOAD;
    dcb_report_add_notes(&made.result);
    assert_int_equal(made.result.note_count, 1);
    assert_string_equal(made.result.notes[0],
                        "whether new is a correct deepcopy is not known: no modules");
    unmake_result(&made);
}

static void labels_are_quoted_in_csv(void **state)
{
    static const char *const odd[] = {"a,\"b\""};
    struct made made;
    char *text;

    (void)state;
    make_result(&made, odd, 1, odd, 1);
    text = as_csv(&made);
    assert_contains(text, "\n\"a,\"\"b\"\"\",stdlib,baseline,ok,61200,");
    assert_contains(text, "\n\"a,\"\"b\"\"\",\"a,\"\"b\"\"\",candidate,ok,55080,");
    free(text);
    unmake_result(&made);
}

static void summary_of_all_kinds(void **state)
{
    static const char *const candidates[] = {"good", "same", "unclear", "wrong"};
    struct made made;
    struct dcb_cell *cells;
    char *text;

    (void)state;
    make_result(&made, candidates, COUNT(candidates), inputs, 2);
    cells = made.result.workloads[0].cells;
    cells[3].verdict = DCB_VERDICT_SAME;
    cells[3].ratio = make_interval(1.001, 0.002);
    cells[4].verdict = DCB_VERDICT_INCONCLUSIVE;
    make_failed(&cells[5], "failed: wrong");
    cells[2].ratio = make_interval(0.4, 0.01); /* and 0.9: sqrt(.36) */
    text = as_text(&made, -1);
    assert_contains(text, "\nsummary");
    assert_contains(strstr(text, "\nsummary"), " -60.0%");
    assert_contains(strstr(text, "\nsummary"), " -40.0%\n");
    assert_contains(strstr(text, "\nsummary"), " +0.1%=");
    assert_contains(strstr(text, "\nsummary"), " -30.0%?");
    assert_contains(strstr(text, "\nsummary"), "\n  wrong  ");
    assert_contains(strstr(text, "\nsummary"), " failed ");
    free(text);
    unmake_result(&made);
}

static void failed_workload(void **state)
{
    struct made made;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    made.result.workloads[0].failure = dcb_xstrdup("it has no objects");
    made.result.workloads[0].worker_count = 0;
    for (size_t i = 0; i < 3; i++) {
        make_failed(&made.result.workloads[0].cells[i], "failed: it has no objects");
        for (size_t k = 0; k < 5; k++)
            made.result.workloads[0].cells[i].counters[k].value = (double)NAN;
    }
    dcb_report_add_notes(&made.result);
    text = as_text(&made, 1);
    assert_contains(text, "it has no objects");
    assert_null(strstr(text, "/iteration "));
    free(text);
    unmake_result(&made);
}

static void no_counters_at_all(void **state)
{
    struct made made;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    made.plan.row_count = 0;
    free(made.result.row_reasons[1]);
    text = as_text(&made, 0);
    assert_contains(text, "\ncounters: none (--counters none)\n");
    assert_null(strstr(text, "/iteration "));
    free(text);
    unmake_result(&made);
}

static void rows_without_a_value_are_told_once(void **state)
{
    struct made made;
    char *text, *place;

    (void)state;
    make_result(&made, impls, 1, inputs, 2);
    made.result.row_reasons[0] = dcb_xstrdup(made.result.row_reasons[1]);
    strcpy(made.plan.hardware_reason, "none here");
    for (size_t w = 0; w < 2; w++) {
        for (size_t i = 0; i < 3; i++)
            made.result.workloads[w].cells[i].counters[0].value = (double)NAN;
    }
    text = as_text(&made, 0);
    assert_contains(text, "\ncounters: kernel; no hardware counters: none here\n");
    place = strstr(text, "  not counted: instructions, LLC-loads: this CPU or kernel has "
                         "no such event\n");
    assert_non_null(place);
    assert_null(strstr(place + 10, "not counted"));
    free(text);
    unmake_result(&made);
}

static void colors_are_added_and_nothing_else(void **state)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    struct made made;
    char *plain, *to;

    (void)state;
    make_result(&made, impls, 1, inputs, 2);
    plain = as_text(&made, 1);
    dcb_report_text(&made.result, 1, true, true, &out);
    assert_contains(out.text, "\x1b[32mfaster\x1b[0m");
    to = out.text;
    for (const char *from = out.text; *from;) {
        if (*from == '\x1b')
            from += strcspn(from, "m") + 1;
        else
            *to++ = *from++;
    }
    *to = '\0';
    assert_string_equal(out.text, plain);
    free(plain);
    dcb_strbuf_clear(&out);
    unmake_result(&made);
}

/* ---- notes ---- */

static void assert_noted(const struct made *made, const char *part, bool expected)
{
    bool found = false;

    for (size_t i = 0; i < made->result.note_count; i++)
        found = found || strstr(made->result.notes[i], part);
    if (found != expected)
        fail_msg("%s: %s", expected ? "not noted" : "noted", part);
}

static void sound_results_have_no_notes(void **state)
{
    struct made made;

    (void)state;
    make_result(&made, impls, 1, inputs, 2);
    dcb_report_add_notes(&made.result);
    assert_int_equal(made.result.note_count, 0);
    unmake_result(&made);
}

static void notes_tell_what_to_know(void **state)
{
    struct made made;
    struct dcb_workload_result *workload;

    (void)state;
    make_result(&made, impls, 1, inputs, 2);
    workload = &made.result.workloads[0];
    workload->withheld = true;
    workload->cells[1].verdict = DCB_VERDICT_SLOWER;
    workload->cells[1].ratio = make_interval(1.03, 0.01);
    workload->workers[1].trouble = dcb_xstrdup("killed by SIGKILL");
    workload->cells[0].samples[0].disturbed = 100;
    workload->anchor_spread = 0.0312;
    made.result.workloads[1].anchor_spread = 0.01;
    made.result.workloads[1].cells[1].verdict = DCB_VERDICT_INCONCLUSIVE;
    made.result.workloads[1].cells[1].ratio = make_interval(1.002, 0.02);
    made.result.workloads[1].cells[0].sample_count = 4;
    made.result.system.load = 1.5;
    dcb_report_add_notes(&made.result);
    assert_noted(&made, "memo: verdicts are withheld", true);
    assert_noted(&made, "+3.0 %", true);
    assert_noted(&made,
                 "memo: instructions differ by 3.1 % between groups of counters: doubt "
                 "the hardware rows, or count fewer events with --events",
                 true);
    assert_noted(&made, "reduce: instructions differ", false);
    assert_noted(&made, "memo: 1 of 5 workers ended badly", true);
    assert_noted(&made, "% of the blocks were interrupted", true);
    assert_noted(&made, "reduce: the control's interval, ", true);
    assert_noted(&made, "the load average was 1.5 on 2 CPUs", true);
    assert_noted(&made, "interrupted: this", false);
    /* The fifth sample was taken away without its memory. */
    made.result.workloads[1].cells[0].sample_count = 5;
    unmake_result(&made);
}

static void first_trouble_is_named(void **state)
{
    struct made made;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    made.result.workloads[0].workers[3].trouble = dcb_xstrdup("killed by SIGBUS");
    dcb_report_add_notes(&made.result);
    assert_noted(&made, "killed by SIGBUS", true);
    unmake_result(&made);
}

/* Messages come out of foreign code: a terminal must not obey them. */
static void notes_hold_no_control_characters(void **state)
{
    struct made made;
    char *text;
    bool clean;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    make_failed(&made.result.workloads[0].cells[2], "failed: \x1b]0;x\x07 \x1b[31m\r!");
    dcb_report_add_notes(&made.result);
    text = as_text(&made, 0);
    clean = !strpbrk(text, "\x1b\x07\r");
    free(text);
    unmake_result(&made);
    assert_true(clean);
}

/* ---- widths ---- */

static size_t widest_line(const char *text, const char **ret_line)
{
    size_t widest = 0;

    while (*text) {
        size_t width = 0, length = strcspn(text, "\n");

        for (size_t i = 0; i < length; i++)
            width += ((unsigned char)text[i] & 0xc0) != 0x80;
        if (width > widest) {
            widest = width;
            *ret_line = text;
        }
        text += length + (text[length] == '\n');
    }
    return widest;
}

/* Labels of up to 18 letters, and values as large as they come. */
static void assert_narrow(const char *const *candidates, size_t count, size_t workloads,
                          const char *baseline)
{
    static const char *const names[] = {"general", "reduce", "memo"};
    struct made made;
    const char *line = "";
    char *text;
    size_t width;

    make_result(&made, candidates, count, names, workloads);
    for (size_t i = 0; baseline && i < 2; i++) {
        free(made.plan.arms[i].label);
        made.plan.arms[i].label = dcb_xstrdup(baseline);
    }
    for (size_t w = 0; w < workloads; w++) {
        for (size_t i = 0; i < made.result.workloads[w].cell_count; i++) {
            struct dcb_cell *cell = &made.result.workloads[w].cells[i];

            cell->counters[0].value *= 1000; /* 421,034,000 */
            cell->ratio.estimate *= i > 1 ? 2.4 : 1;
            cell->ratio.low *= i > 1 ? 2.4 : 1;
            cell->ratio.high *= i > 1 ? 2.4 : 1;
            cell->verdict = i ? DCB_VERDICT_INCONCLUSIVE : DCB_VERDICT_NONE;
        }
    }
    dcb_result_note(&made.result, "%s %s %s %s", "one long note that needs more",
                    "than a single line because it says so much about the machine",
                    "and the way in which it was used while all of this was measured",
                    "that nobody will read it to its end");
    text = as_text(&made, 1);
    width = widest_line(text, &line);
    if (width > 79)
        print_error("%zu columns: %.*s\n", width, (int)strcspn(line, "\n"), line);
    free(text);
    unmake_result(&made);
    assert_true(width <= 79);
}

static void lines_fit_with_one_candidate(void **state)
{
    static const char *const one[] = {"merged"};

    (void)state;
    assert_narrow(one, 1, 1, NULL);
}

static void lines_fit_with_a_long_label(void **state)
{
    static const char *const one[] = {"published-fastpath"};

    (void)state;
    assert_narrow(one, 1, 1, NULL);
}

static void lines_fit_with_a_long_baseline(void **state)
{
    static const char *const one[] = {"merged"};

    (void)state;
    assert_narrow(one, 1, 1, "published-fastpath");
}

static void lines_fit_with_many_candidates(void **state)
{
    static const char *const many[] = {
        "fastpath",         "memo-opt",           "merged",
        "published-merged", "published-fastpath", "eighteen-letters-x"};

    (void)state;
    assert_narrow(many, COUNT(many), 1, NULL);
}

static void lines_fit_with_three_workloads(void **state)
{
    static const char *const some[] = {"fastpath", "memo-opt", "merged"};

    (void)state;
    assert_narrow(some, COUNT(some), 3, NULL);
}

/* Tables that break hold every candidate once. */
static void broken_tables_are_whole(void **state)
{
    static const char *const many[] = {"candidate-number-1", "candidate-number-2",
                                       "candidate-number-3", "candidate-number-4",
                                       "candidate-number-5"};
    struct made made;
    size_t tables = 0;
    char *text;

    (void)state;
    make_result(&made, many, COUNT(many), inputs, 1);
    text = as_text(&made, 0);
    for (const char *c = text; (c = strstr(c, "kernel/iteration")); c++)
        tables++;
    assert_true(tables > 1);
    for (size_t i = 0; i < COUNT(many); i++) {
        const char *heading = strstr(text, "kernel/iteration");
        const char *found = strstr(heading, many[i]);

        assert_non_null(found);
        assert_null(strstr(found + 1, many[i]));
    }
    assert_contains(text, "-10.0 %  ");
    assert_contains(text, "-50.0 %\n");
    free(text);
    text = as_markdown(&made); /* one table, however wide */
    assert_null(strstr(strstr(text, "kernel/iteration") + 1, "kernel/"));
    free(text);
    unmake_result(&made);
}

/* ---- simulated rows ---- */

/* Row 0 simulated: ratios a hundredth of a percent wide, the control's a thousandth off.
 */
static void make_simulated(struct made *made)
{
    made->plan.rows[0].kind = DCB_KIND_SIMULATED;
    made->plan.rows[0].provider = DCB_PROVIDER_SIMULATED;
    made->plan.layouts = 3;
    strcpy(made->plan.hardware_reason, "no PMU here");
    for (size_t i = 1; i < made->result.workloads[0].cell_count; i++) {
        struct dcb_counter_value *counter =
            &made->result.workloads[0].cells[i].counters[0];

        counter->ratio = make_interval(i == 1 ? 1.00001 : 1 - 0.1234 * (double)(i - 1),
                                       i == 1 ? 0.00003 : 0.0002);
    }
}

static void simulated_table_of_one_candidate(void **state)
{
    struct made made;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    make_simulated(&made);
    text = as_text(&made, 0);
    assert_contains(text,
                    "\ncounters: simulated (callgrind), kernel; no hardware counters: "
                    "no PMU here\n");
    assert_contains(
        text, "\n\n"
              "  simulated/iteration   stdlib   merged    delta    change  control\n"
              "  instructions         421,034  378,931  -42,103  -12.34 %  +0.00 %\n"
              "  instructions over 3 layouts: merged -12.36 to -12.32 %\n"
              "\n"
              "  kernel/iteration   stdlib   merged     delta   change\n");
    free(text);
    unmake_result(&made);
}

static void simulated_table_of_several_candidates(void **state)
{
    static const char *const candidates[] = {"one", "two"};
    struct made made;
    char *text;

    (void)state;
    make_result(&made, candidates, 2, inputs, 1);
    make_simulated(&made);
    text = as_text(&made, 0);
    assert_contains(
        text,
        "\n\n"
        "  simulated/iteration   stdlib       one       two  control\n"
        "  instructions         421,034  -12.34 %  -24.68 %  +0.00 %\n"
        "  instructions over 3 layouts: one -12.36 to -12.32 %, two -24.70 to -24.66 "
        "%\n");
    free(text);
    text = as_markdown(&made);
    assert_contains(text, "| simulated/iteration | stdlib | one | two | control |\n"
                          "| --- | ---: | ---: | ---: | ---: |\n"
                          "| instructions | 421,034 | -12.34 % | -24.68 % | +0.00 % |\n");
    free(text);
    unmake_result(&made);
}

/* Without candidates the control is what is compared, and stands there once. */
static void simulated_table_of_the_control_alone(void **state)
{
    struct made made;
    char *text;

    (void)state;
    make_result(&made, NULL, 0, inputs, 1);
    make_simulated(&made);
    text = as_text(&made, 0);
    assert_contains(text, "\n\n"
                          "  simulated/iteration   stdlib  control  delta   change\n"
                          "  instructions         421,034  421,034      0  +0.00 %\n"
                          "  instructions over 3 layouts: control -0.00 to +0.00 %\n");
    free(text);
    unmake_result(&made);
}

/* Of one layout, or of none for an arm, no range is told. */
static void no_range_where_none_is_known(void **state)
{
    struct made made;
    struct dcb_counter_value *counter;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    make_simulated(&made);
    counter = &made.result.workloads[0].cells[2].counters[0];
    counter->value = (double)NAN;
    counter->ratio = make_interval((double)NAN, (double)NAN);
    text = as_text(&made, 0);
    assert_contains(text,
                    "  instructions         421,034       -      -       -  +0.00 %\n");
    assert_null(strstr(text, "layouts:"));
    assert_null(strstr(text, "nan"));
    free(text);
    unmake_result(&made);
}

static void assert_header(const struct made *made, const char *line)
{
    char *text = as_text(made, 0);

    assert_contains(text, line);
    free(text);
}

static void header_tells_where_it_comes_from(void **state)
{
    struct made made;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    made.result.commit = dcb_xstrdup("0123456789abcdef0123456789abcdef01234567");
    assert_header(&made, "\ncommit 0123456789\n");
    made.result.label = dcb_xstrdup("night\x1b[2J");
    assert_header(&made, "\nnight?[2J, commit 0123456789\n");
    free(made.result.commit);
    made.result.commit = NULL;
    assert_header(&made, "\nnight?[2J\n");
    free(made.result.label);
    made.result.label = NULL;
    text = as_text(&made, 0);
    assert_null(strstr(text, "commit"));
    free(text);
    unmake_result(&made);
}

static void headers_of_counters(void **state)
{
    struct made made;

    (void)state;
    make_result(&made, impls, 1, inputs, 1);
    assert_header(&made, "\ncounters: hardware, kernel\n");
    strcpy(made.plan.hardware_reason, "not told where there are some");
    assert_header(&made, "\ncounters: hardware, kernel\n");
    make_simulated(&made);
    assert_header(&made,
                  "\ncounters: simulated (callgrind), kernel; no hardware counters: "
                  "no PMU here\n");
    made.result.system.virtual_machine = true;
    assert_header(&made,
                  "\ncounters: simulated (callgrind), kernel; no hardware counters: "
                  "no PMU here\n");
    strcpy(made.plan.hardware_reason, DCB_NO_PMU " (of any kind): look elsewhere");
    assert_header(&made,
                  "\ncounters: simulated (callgrind), kernel; no hardware counters: "
                  "virtual machine\n");
    made.result.system.virtual_machine = false;
    assert_header(&made,
                  "\ncounters: simulated (callgrind), kernel; no hardware counters: "
                  "this machine exposes no hardware counters\n");
    made.plan.hardware_reason[0] = '\0'; /* --counters simulated: none was wanted */
    assert_header(&made, "\ncounters: simulated (callgrind), kernel\n");
    for (size_t i = 0; i < 3; i++) {
        for (size_t row = 0; row < made.plan.row_count; row++)
            made.result.workloads[0].cells[i].counters[row].value = (double)NAN;
    }
    assert_header(&made, "\ncounters: none\n");
    unmake_result(&made);
}

/* Derived figures say which provider they are made of. */
static void derived_table(void **state)
{
    struct made made;
    char *text;

    (void)state;
    make_result(&made, impls, 1, inputs, 2); /* the second copies two objects */
    text = as_text(&made, 0);
    assert_contains(text, "\n\n"
                          "  derived               stdlib   merged  from\n"
                          "  instructions/object  210,517  189,465  hardware\n"
                          "  page faults/object    0.0006  0.00054  kernel\n");
    assert_null(strstr(strstr(text, "  derived") + 1, "  derived"));
    free(text);
    unmake_result(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_one_candidate),
        cmocka_unit_test(quiet_text_of_two_workloads),
        cmocka_unit_test(markdown),
        cmocka_unit_test(markdown_of_hostile_texts),
        cmocka_unit_test(spread_that_strays_do_not_move),
        cmocka_unit_test(spread_that_is_not_known),
        cmocka_unit_test(csv),
        cmocka_unit_test(verbose_text_has_the_workers),
        cmocka_unit_test(verbose_markdown_has_the_workers),
        cmocka_unit_test(failed_arms_are_not_drawn),
        cmocka_unit_test(all_kinds_of_cells),
        cmocka_unit_test(failed_cells_in_csv),
        cmocka_unit_test(labels_are_quoted_in_csv),
        cmocka_unit_test(incorrect_ones_are_marked),
        cmocka_unit_test(long_marked_label_keeps_its_mark),
        cmocka_unit_test(verdicts_in_csv),
        cmocka_unit_test(what_is_not_known_is_noted),
        cmocka_unit_test(summary_of_all_kinds),
        cmocka_unit_test(failed_workload),
        cmocka_unit_test(no_counters_at_all),
        cmocka_unit_test(rows_without_a_value_are_told_once),
        cmocka_unit_test(colors_are_added_and_nothing_else),
        cmocka_unit_test(sound_results_have_no_notes),
        cmocka_unit_test(notes_tell_what_to_know),
        cmocka_unit_test(first_trouble_is_named),
        cmocka_unit_test(notes_hold_no_control_characters),
        cmocka_unit_test(lines_fit_with_one_candidate),
        cmocka_unit_test(lines_fit_with_a_long_label),
        cmocka_unit_test(lines_fit_with_a_long_baseline),
        cmocka_unit_test(lines_fit_with_many_candidates),
        cmocka_unit_test(lines_fit_with_three_workloads),
        cmocka_unit_test(broken_tables_are_whole),
        cmocka_unit_test(simulated_table_of_one_candidate),
        cmocka_unit_test(simulated_table_of_several_candidates),
        cmocka_unit_test(simulated_table_of_the_control_alone),
        cmocka_unit_test(no_range_where_none_is_known),
        cmocka_unit_test(header_tells_where_it_comes_from),
        cmocka_unit_test(headers_of_counters),
        cmocka_unit_test(derived_table),
    };

    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
