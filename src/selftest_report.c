/* The self-test as text for people, as Markdown and as CSV. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "markdown.h"
#include "selftest.h"
#include "strbuf.h"
#include "utf8.h"
#include "xalloc.h"

enum { LINE_WIDTH = 79, INDENT = 2, TEXT_SIZE = 64, LABEL_WIDTH = 10 };

const double dcb_selftest_times[DCB_SELFTEST_TIMES] = {1, 3, 10, 60};

/* Where to, and how. */
struct page {
    const struct dcb_selftest *selftest;
    enum dcb_table_format format;
    bool color;
    struct dcb_strbuf *out;
};

/* ---- numbers ---- */

/* A difference without a sign: "0.42 %", "1.3 %", "12 %". */
static const char *difference_text(char *text, double difference)
{
    double percent = 100 * difference;

    if (isfinite(percent))
        snprintf(text, TEXT_SIZE, "%.*f %%",
                 percent >= 9.95    ? 0
                 : percent >= 0.995 ? 1
                                    : 2,
                 percent);
    else
        snprintf(text, TEXT_SIZE, "-");
    return text;
}

/* What the user said: "1 %", "0.5 %". */
static const char *percent_text(char *text, double fraction)
{
    snprintf(text, TEXT_SIZE, "%g %%", 100 * fraction);
    return text;
}

static const char *seconds_text(char *text, double seconds)
{
    if (isfinite(seconds))
        snprintf(text, TEXT_SIZE, "%.*f s", seconds >= 9.95 ? 0 : 1, seconds);
    else
        snprintf(text, TEXT_SIZE, "-");
    return text;
}

static const char *interval_text(char *text, const struct dcb_interval *ratio)
{
    double low = 100 * (ratio->low - 1), high = 100 * (ratio->high - 1);
    double largest = fmax(fabs(low), fabs(high));
    int digits = high - low >= 20 || largest >= 99.9  ? 0
                 : high - low < 0.2 && largest < 9.99 ? 2
                                                      : 1;

    if (isfinite(low) && isfinite(high))
        snprintf(text, TEXT_SIZE, "%+.*f to %+.*f %%", digits, low, digits, high);
    else
        snprintf(text, TEXT_SIZE, "-");
    return text;
}

/* ---- pieces of the page ---- */

/* Words from `column` on, where the line stands now; next lines are indented by `hang`.
 */
static void append_words(struct dcb_strbuf *out, size_t column, size_t hang,
                         const char *raw)
{
    char *text = dcb_xstrdup(raw);

    dcb_utf8_make_printable(text); /* messages come out of the code under test */
    for (const char *word = text; *word;) {
        size_t length = strcspn(word, " ");

        if (word != text && column + 1 + length > LINE_WIDTH) {
            dcb_strbuf_append(out, "\n");
            dcb_strbuf_pad(out, ' ', hang);
            column = hang;
        } else if (word != text) {
            dcb_strbuf_append(out, " ");
            column++;
        }
        dcb_strbuf_append_bytes(out, word, length);
        column += length;
        word += length + strspn(word + length, " ");
    }
    free(text);
}

static void append_line(const struct page *page, size_t indent, size_t hang,
                        const char *sequence, const char *text)
{
    if (page->format == DCB_TABLE_MARKDOWN) {
        dcb_strbuf_append(page->out, indent ? "- " : "");
        dcb_markdown_append_start(page->out, text);
        dcb_strbuf_append(page->out, "\n");
        return;
    }
    dcb_strbuf_pad(page->out, ' ', indent);
    dcb_strbuf_append(page->out, page->color ? sequence : "");
    append_words(page->out, indent, hang, text);
    dcb_strbuf_append(page->out, page->color && *sequence ? "\x1b[0m\n" : "\n");
}

static void append_heading(const struct page *page, const char *text)
{
    if (page->format == DCB_TABLE_MARKDOWN)
        dcb_strbuf_appendf(page->out, "\n### %s\n\n", text);
    else
        dcb_strbuf_appendf(page->out, "\n%s%s%s\n", page->color ? "\x1b[1m" : "", text,
                           page->color ? "\x1b[0m" : "");
}

static void append_table(const struct page *page, struct dcb_text_table *take_table)
{
    dcb_text_table_print(take_table, page->format,
                         page->format == DCB_TABLE_TEXT ? INDENT : 0, page->color,
                         page->out);
    dcb_text_table_free(take_table);
}

static void label_cell(const struct page *page, struct dcb_text_table *table,
                       const char *raw)
{
    /* Where lines have an end. */
    char *label = page->format == DCB_TABLE_TEXT ? dcb_utf8_shorten(raw, LABEL_WIDTH)
                                                 : dcb_xstrdup(raw);

    dcb_utf8_make_printable(label);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", label);
    free(label);
}

/* ---- the conclusion ---- */

/* "in 24 comparisons", "in 2 of 24 comparisons". */
static void append_told_apart(const struct dcb_selftest *selftest, struct dcb_strbuf *out)
{
    const char *plural = selftest->comparisons == 1 ? "" : "s";

    if (selftest->told_apart)
        dcb_strbuf_appendf(out,
                           "identical code was told apart in %zu of %zu comparison%s",
                           selftest->told_apart, selftest->comparisons, plural);
    else if (selftest->comparisons)
        dcb_strbuf_appendf(out, "identical code was never told apart in %zu comparison%s",
                           selftest->comparisons, plural);
    else
        dcb_strbuf_append(out, "no identical code was compared");
}

static size_t count_off(const struct dcb_selftest *selftest)
{
    size_t off = 0;

    for (size_t i = 0; i < selftest->workload_count; i++)
        off += selftest->workloads[i].off;
    return off;
}

static size_t count_seen(const struct dcb_selftest *selftest, size_t *ret_planted)
{
    size_t seen = 0;

    *ret_planted = 0;
    for (size_t i = 0; i < selftest->workload_count; i++) {
        *ret_planted += selftest->workloads[i].has_truth;
        seen += selftest->workloads[i].seen;
    }
    return seen;
}

char *dcb_selftest_conclusion(const struct dcb_selftest *selftest)
{
    static const char *const leads[] = {
        [DCB_SELFTEST_HOLDS] = "",
        [DCB_SELFTEST_UNKNOWN] = "not all could be told: ",
        [DCB_SELFTEST_BROKEN] = "not all could be measured: ",
        [DCB_SELFTEST_TOLD_APART] = "the check failed: ",
    };
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    char difference[TEXT_SIZE], seconds[TEXT_SIZE];
    size_t planted, seen = count_seen(selftest, &planted), off = count_off(selftest);

    dcb_strbuf_append(&out,
                      selftest->signal ? "interrupted: " : leads[selftest->outcome]);
    append_told_apart(selftest, &out);
    percent_text(difference, 2 * selftest->margin);
    if (off)
        dcb_strbuf_appendf(&out,
                           ", but %s more work came out at another size on %zu of %zu "
                           "workload%s",
                           difference, off, planted, planted == 1 ? "" : "s");
    else if (planted && seen == planted)
        dcb_strbuf_appendf(&out, ", and %s more work was seen%s", difference,
                           planted > 1 ? " every time" : "");
    else if (planted)
        dcb_strbuf_appendf(&out, ", but %s more work was seen on %zu of %zu workloads",
                           difference, seen, planted);
    if (isfinite(selftest->seconds))
        dcb_strbuf_appendf(&out, "; this machine sees a difference of %s within %s",
                           percent_text(difference, selftest->margin),
                           seconds_text(seconds, selftest->seconds));
    return dcb_strbuf_take(&out);
}

static void append_conclusion(const struct page *page)
{
    const struct dcb_selftest *selftest = page->selftest;
    char *text = dcb_selftest_conclusion(selftest);
    bool good = selftest->outcome == DCB_SELFTEST_HOLDS && !selftest->signal;

    append_line(page, 0, 0, good ? "\x1b[32m" : "\x1b[31m", text);
    free(text);
    if (page->format == DCB_TABLE_MARKDOWN && selftest->problem_count)
        dcb_strbuf_append(page->out, "\n");
    for (size_t i = 0; i < selftest->problem_count; i++) {
        const struct dcb_selftest_problem *problem = &selftest->problems[i];
        const char *label = selftest->workloads[problem->workload].label;

        text = dcb_xasprintf("%s: %s", label, problem->text);
        append_line(page, INDENT, 2 * INDENT, "", text);
        free(text);
    }
}

static void append_header(const struct page *page)
{
    const struct dcb_selftest *selftest = page->selftest;
    const struct dcb_sysinfo *system = &selftest->system;
    char *line =
        dcb_xasprintf("dcbench " DCB_VERSION ": deepcopy on Python %s; %.0f s",
                      selftest->python ? selftest->python : "?", selftest->elapsed_s);

    dcb_strbuf_append(page->out, "\n");
    append_line(page, 0, 0, "", line);
    free(line);
    if (page->format == DCB_TABLE_MARKDOWN)
        dcb_strbuf_append(page->out, "\n");
    line = dcb_xasprintf(
        "%s, %d CPU%s%s, %s", system->cpu, system->cpus, system->cpus == 1 ? "" : "s",
        system->virtual_machine ? ", virtual machine" : "", system->kernel);
    append_line(page, 0, 0, "", line);
    free(line);
}

/* ---- tables ---- */

static void identical_table(const struct page *page)
{
    static const char *const titles[] = {"comparisons", "largest", "told apart"};
    struct dcb_text_table *table = dcb_text_table_new();
    char change[DCB_FORMAT_SIZE];

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "workload");
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        dcb_text_table_column(table, DCB_ALIGN_RIGHT, titles[i]);
    for (size_t i = 0; i < page->selftest->workload_count; i++) {
        const struct dcb_selftest_workload *workload = &page->selftest->workloads[i];

        label_cell(page, table, workload->label);
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%zu", workload->comparisons);
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                            dcb_format_change(change, workload->largest));
        dcb_text_table_cell(table, workload->told_apart ? DCB_STYLE_BAD : DCB_STYLE_PLAIN,
                            "%zu", workload->told_apart);
    }
    append_heading(page, "identical code");
    append_table(page, table);
}

static void planted_row(const struct page *page, struct dcb_text_table *table,
                        const struct dcb_selftest_workload *workload)
{
    const struct dcb_selftest_run *answer = workload->answer;
    const struct dcb_interval *measured = &answer->candidate.ratio;
    const char *verdict = dcb_verdict_name(answer->candidate.verdict);
    enum dcb_style style =
        workload->seen && !workload->off ? DCB_STYLE_GOOD : DCB_STYLE_BAD;
    char text[TEXT_SIZE];

    label_cell(page, table, workload->label);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        dcb_format_change(text, workload->truth.estimate));
    dcb_text_table_cell(table, DCB_STYLE_DIM, "%s",
                        interval_text(text, &workload->truth));
    dcb_text_table_cell(table, workload->off ? DCB_STYLE_BAD : DCB_STYLE_PLAIN, "%s",
                        interval_text(text, measured));
    dcb_text_table_cell(table, style, "%s", verdict ? verdict : "-");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        seconds_text(text, answer->elapsed_s));
}

static void planted_table(const struct page *page)
{
    struct dcb_text_table *table = dcb_text_table_new();
    size_t planted;

    (void)count_seen(page->selftest, &planted);
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "workload");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "planted");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "between");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "measured");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "verdict");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "after");
    for (size_t i = 0; i < page->selftest->workload_count; i++) {
        if (page->selftest->workloads[i].has_truth)
            planted_row(page, table, &page->selftest->workloads[i]);
    }
    if (planted) {
        append_heading(page, "planted difference");
        append_table(page, table);
    } else {
        dcb_text_table_free(table);
    }
}

static void seen_row(const struct page *page, struct dcb_text_table *table,
                     const struct dcb_selftest_workload *workload)
{
    const struct dcb_selftest *selftest = page->selftest;
    char text[TEXT_SIZE];

    label_cell(page, table, workload->label);
    for (size_t i = 0; i < DCB_SELFTEST_TIMES; i++)
        dcb_text_table_cell(
            table, DCB_STYLE_PLAIN, "%s",
            difference_text(text, dcb_selftest_difference(workload, selftest->confidence,
                                                          dcb_selftest_times[i])));
    dcb_text_table_cell(table, DCB_STYLE_BOLD, "%s",
                        seconds_text(text, workload->seconds));
}

static void seen_table(const struct page *page)
{
    struct dcb_text_table *table = dcb_text_table_new();
    char title[TEXT_SIZE], margin[TEXT_SIZE];

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "workload");
    for (size_t i = 0; i < DCB_SELFTEST_TIMES; i++) {
        snprintf(title, sizeof title, "in %.0f s", dcb_selftest_times[i]);
        dcb_text_table_column(table, DCB_ALIGN_RIGHT, title);
    }
    snprintf(title, sizeof title, "%.20s after",
             percent_text(margin, page->selftest->margin));
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, title);
    for (size_t i = 0; i < page->selftest->workload_count; i++)
        seen_row(page, table, &page->selftest->workloads[i]);
    append_heading(page, "difference that would show");
    append_table(page, table);
}

/* ---- every comparison ---- */

static const char *arm_name(const struct dcb_selftest_run *run, bool control)
{
    if (control)
        return "control";
    return run->part == DCB_SELFTEST_IDENTICAL ? "twin" : "planted";
}

/* Of a run's two rows, the second tells which part it was. */
static const char *row_name(const struct dcb_selftest_run *run, bool control)
{
    return !control && run->part == DCB_SELFTEST_SCALE ? "scale" : arm_name(run, control);
}

static void pair_row(const struct page *page, struct dcb_text_table *table,
                     const struct dcb_selftest_workload *workload, size_t number,
                     bool control)
{
    const struct dcb_selftest_run *run = &workload->runs[number];
    const struct dcb_selftest_pair *pair = control ? &run->control : &run->candidate;
    const char *verdict = dcb_verdict_name(pair->verdict);
    char text[TEXT_SIZE];

    label_cell(page, table, workload->label);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%zu %s", number + 1,
                        row_name(run, control));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%zu", pair->workers);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", seconds_text(text, run->elapsed_s));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", interval_text(text, &pair->ratio));
    dcb_text_table_cell(table, pair->told_apart ? DCB_STYLE_BAD : DCB_STYLE_PLAIN, "%s",
                        verdict ? verdict : "failed");
}

static void run_table(const struct page *page)
{
    struct dcb_text_table *table = dcb_text_table_new();
    char title[TEXT_SIZE];

    snprintf(title, sizeof title, "%g %% interval", 100 * page->selftest->confidence);
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "workload");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "run");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "workers");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "time");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, title);
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "verdict");
    for (size_t i = 0; i < page->selftest->workload_count; i++) {
        const struct dcb_selftest_workload *workload = &page->selftest->workloads[i];

        for (size_t k = 0; k < workload->run_count; k++) {
            pair_row(page, table, workload, k, true);
            pair_row(page, table, workload, k, false);
        }
    }
    append_heading(page, "comparisons");
    append_table(page, table);
}

/* ---- what the columns are ---- */

static void append_legend(const struct page *page)
{
    const struct dcb_selftest *selftest = page->selftest;
    char margin[TEXT_SIZE], *line;

    percent_text(margin, selftest->margin);
    dcb_strbuf_append(page->out, "\n");
    line = dcb_xasprintf("told apart: faster or slower, at more than %s, by intervals "
                         "that hold for all %zu comparisons%s together (%g %%).",
                         margin, selftest->comparisons,
                         selftest->sizes ? " and what was planted" : "",
                         100 * selftest->confidence);
    append_line(page, INDENT, 2 * INDENT, "", line);
    free(line);
    if (selftest->verdicts > selftest->told_apart) {
        line = dcb_xasprintf("%zu of them came out faster or slower by an interval of "
                             "its own: at %g %%, one in %.0f may by chance.",
                             selftest->verdicts, 100 * selftest->confidence,
                             1 / (1 - selftest->confidence));
        append_line(page, INDENT, 2 * INDENT, "", line);
        free(line);
    }
    append_line(page, INDENT, 2 * INDENT, "",
                "planted: statements added to the baseline; what they cost was learnt "
                "where they made about a fifth, which gives the interval 'between'. "
                "measured, after: what one run said of them.");
    line = dcb_xasprintf("would show: the interval of one candidate would leave out no "
                         "change in four runs of five; computed from the spread between "
                         "workers of identical code. A verdict wants an estimate of "
                         "more than %s as well.",
                         margin);
    append_line(page, INDENT, 2 * INDENT, "", line);
    free(line);
}

void dcb_selftest_report(const struct dcb_selftest *selftest,
                         enum dcb_table_format format, int verbosity, bool color,
                         struct dcb_strbuf *out)
{
    const struct page page = {
        .selftest = selftest, .format = format, .color = color, .out = out};

    append_conclusion(&page);
    if (verbosity < 0)
        return;
    append_header(&page);
    identical_table(&page);
    planted_table(&page);
    seen_table(&page);
    if (verbosity > 0)
        run_table(&page);
    append_legend(&page);
}

/* ---- CSV ---- */

static void csv_number(struct dcb_text_table *table, double value)
{
    if (isfinite(value))
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%.9g", value);
    else
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "");
}

static void csv_row(struct dcb_text_table *table,
                    const struct dcb_selftest_workload *workload, size_t number,
                    bool control)
{
    const struct dcb_selftest_run *run = &workload->runs[number];
    const struct dcb_selftest_pair *pair = control ? &run->control : &run->candidate;
    const char *verdict = dcb_verdict_name(pair->verdict);

    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", workload->label);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%zu", number + 1);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", dcb_selftest_part_name(run->part));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", arm_name(run, control));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%llu",
                        (unsigned long long)(control ? 0 : run->statements));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%zu", pair->workers);
    csv_number(table, run->elapsed_s);
    csv_number(table, pair->ratio.estimate);
    csv_number(table, pair->ratio.low);
    csv_number(table, pair->ratio.high);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", verdict ? verdict : "");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", pair->told_apart ? "yes" : "no");
}

void dcb_selftest_csv(const struct dcb_selftest *selftest, struct dcb_strbuf *out)
{
    static const char *const titles[] = {
        "workload",  "run",   "part", "arm",  "statements", "workers",
        "elapsed_s", "ratio", "low",  "high", "verdict",    "told_apart"};
    struct dcb_text_table *table = dcb_text_table_new();

    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        dcb_text_table_column(table, DCB_ALIGN_LEFT, titles[i]);
    for (size_t i = 0; i < selftest->workload_count; i++) {
        const struct dcb_selftest_workload *workload = &selftest->workloads[i];

        for (size_t k = 0; k < workload->run_count; k++) {
            csv_row(table, workload, k, true);
            csv_row(table, workload, k, false);
        }
    }
    dcb_text_table_print(table, DCB_TABLE_CSV, 0, false, out);
    dcb_text_table_free(table);
}
