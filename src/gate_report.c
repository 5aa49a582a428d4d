/* The gate's findings as text for people and as Markdown. */
#include "gate_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "document.h"
#include "format.h"
#include "markdown.h"
#include "strbuf.h"
#include "utf8.h"
#include "xalloc.h"

enum { LINE_WIDTH = 79, INDENT = 2, LABEL_WIDTH = 16 };

/* Where to, and how. */
struct page {
    const struct dcb_gate *gate;
    enum dcb_table_format format;
    int verbosity;
    bool color;
    struct dcb_strbuf *out;
};

/* ---- pieces of the page ---- */

static void append_line(const struct page *page, size_t indent, size_t hang,
                        const char *sequence, const char *raw)
{
    char *text = dcb_gate_printable(raw);
    size_t column = indent;

    if (page->format == DCB_TABLE_MARKDOWN) {
        dcb_strbuf_append(page->out, "\n");
        dcb_markdown_append_start(page->out, text);
        dcb_strbuf_append(page->out, "\n");
        free(text);
        return;
    }
    dcb_strbuf_pad(page->out, ' ', indent);
    dcb_strbuf_append(page->out, page->color ? sequence : "");
    for (const char *word = text; *word;) {
        size_t length = strcspn(word, " ");

        if (word != text && column + 1 + length > LINE_WIDTH) {
            dcb_strbuf_append(page->out, "\n");
            dcb_strbuf_pad(page->out, ' ', hang);
            column = hang;
        } else if (word != text) {
            dcb_strbuf_append(page->out, " ");
            column++;
        }
        dcb_strbuf_append_bytes(page->out, word, length);
        column += length;
        word += length + strspn(word + length, " ");
    }
    dcb_strbuf_append(page->out, page->color && *sequence ? "\x1b[0m\n" : "\n");
    free(text);
}

static void append_remark(const struct page *page, const char *text)
{
    append_line(page, INDENT, 2 * INDENT, "", text);
}

static void append_heading(const struct page *page, const char *raw)
{
    char *text = dcb_gate_printable(raw);

    if (page->format == DCB_TABLE_MARKDOWN) {
        dcb_strbuf_append(page->out, "\n### ");
        dcb_markdown_append(page->out, text);
        dcb_strbuf_append(page->out, "\n\n");
    } else {
        dcb_strbuf_appendf(page->out, "\n%s%s%s\n", page->color ? "\x1b[1m" : "", text,
                           page->color ? "\x1b[0m" : "");
    }
    free(text);
}

/* ---- tables ---- */

static bool is_shown(const struct page *page, const struct dcb_gate_finding *finding)
{
    enum dcb_gate_outcome outcome = dcb_gate_judged(finding)->outcome;

    if (page->verbosity < 0 && page->gate->settings.update)
        return dcb_gate_is_failure(outcome);
    return outcome != DCB_GATE_NOT_APPLIED &&
           (page->verbosity >= 0 || outcome != DCB_GATE_PASS);
}

static const char *verdict_text(const struct page *page,
                                const struct dcb_gate_finding *finding,
                                const struct dcb_gate_measure *measure)
{
    if (page->gate->settings.update && !dcb_gate_is_failure(measure->outcome))
        return measure->outcome == DCB_GATE_REGRESSION ? "above"
               : measure->improved                     ? "better"
                                                       : "-";
    if (measure != dcb_gate_judged(finding))
        return "retried";
    if (measure->outcome == DCB_GATE_REGRESSION)
        return "REGRESSION";
    if (measure->outcome == DCB_GATE_WRONG)
        return "WRONG COPY";
    return measure->improved ? "ok, better" : dcb_gate_outcome_name(measure->outcome);
}

static enum dcb_style verdict_style(const struct page *page,
                                    const struct dcb_gate_finding *finding,
                                    const struct dcb_gate_measure *measure)
{
    if (page->gate->settings.update && !dcb_gate_is_failure(measure->outcome))
        return DCB_STYLE_PLAIN;
    if (measure != dcb_gate_judged(finding))
        return DCB_STYLE_DIM;
    return measure->outcome == DCB_GATE_PASS ? DCB_STYLE_GOOD : DCB_STYLE_BAD;
}

/* `first`: the first line of this implementation. */
static void measure_row(const struct page *page, struct dcb_text_table *table,
                        const struct dcb_gate_finding *finding,
                        const struct dcb_gate_measure *measure, bool first)
{
    enum dcb_style style = verdict_style(page, finding, measure);
    char text[DCB_GATE_TEXT];

    if (first) {
        char *label = page->format == DCB_TABLE_TEXT
                          ? dcb_utf8_shorten(finding->impl, LABEL_WIDTH)
                          : dcb_xstrdup(finding->impl);

        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", label);
        free(label);
    } else
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "  %s",
                            measure->attempt ? "again"
                                             : dcb_gate_rule_name(finding->rule));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        dcb_format_change(text, measure->then.estimate));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        dcb_format_change(text, measure->now.estimate));
    dcb_text_table_cell(table, style, "%s",
                        dcb_gate_change_text(text, finding, measure->change.estimate));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        dcb_gate_interval_text(text, &measure->change));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        dcb_gate_margin_text(text, finding->margin, "+"));
    dcb_text_table_cell(table, style, "%s", verdict_text(page, finding, measure));
}

static struct dcb_text_table *new_table(const struct page *page)
{
    static const char *const titles[] = {"then", "now", "change"};
    struct dcb_text_table *table = dcb_text_table_new();
    char title[DCB_GATE_TEXT];

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "implementation");
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        dcb_text_table_column(table, DCB_ALIGN_RIGHT, titles[i]);
    snprintf(title, sizeof title, "%g %% interval",
             100 * page->gate->compares[0]->confidence);
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, title);
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "limit");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "verdict");
    return table;
}

/* Findings of one workload stand together: [first, end). */
static size_t end_of_workload(const struct dcb_gate *gate, size_t first)
{
    size_t end = first + 1;

    while (end < gate->finding_count &&
           strcmp(gate->findings[end].workload, gate->findings[first].workload) == 0)
        end++;
    return end;
}

static bool is_first_of_impl(const struct page *page, size_t first, size_t index)
{
    const struct dcb_gate_finding *findings = page->gate->findings;

    for (size_t i = first; i < index; i++) {
        if (is_shown(page, &findings[i]) &&
            strcmp(findings[i].impl, findings[index].impl) == 0)
            return false;
    }
    return true;
}

/* What the other rule says where time cannot tell. */
static void counts_remark(const struct page *page, const struct dcb_gate_finding *time)
{
    const struct dcb_gate *gate = page->gate;

    for (size_t i = 0; i < gate->finding_count; i++) {
        const struct dcb_gate_finding *finding = &gate->findings[i];
        char *sentence, *line;

        if (finding->rule != DCB_GATE_INSTRUCTIONS ||
            strcmp(finding->workload, time->workload) != 0 ||
            strcmp(finding->impl, time->impl) != 0 ||
            !isfinite(dcb_gate_judged(finding)->change.estimate))
            continue;
        sentence = dcb_gate_sentence(finding);
        line = dcb_xasprintf("%s: the time is undecided; what was counted: %s",
                             time->impl, sentence);
        append_remark(page, line);
        free(line);
        free(sentence);
    }
}

static void finding_remarks(const struct page *page,
                            const struct dcb_gate_finding *finding)
{
    const struct dcb_gate_measure *measure = dcb_gate_judged(finding);
    char *line;

    if (page->gate->settings.update && !dcb_gate_is_failure(measure->outcome))
        return;
    if (measure->reason) {
        line = dcb_xasprintf("%s: %s", finding->impl, measure->reason);
        append_remark(page, line);
        free(line);
    }
    if (measure->outcome == DCB_GATE_UNDECIDED && finding->rule == DCB_GATE_TIME)
        counts_remark(page, finding);
}

static void workload_page(const struct page *page, size_t first, size_t end)
{
    const struct dcb_gate_finding *findings = page->gate->findings;
    struct dcb_text_table *table = new_table(page);
    bool again = false, any = false;

    for (size_t i = first; i < end; i++) {
        bool new_impl = is_first_of_impl(page, first, i);

        for (size_t k = 0; is_shown(page, &findings[i]) && k < findings[i].measure_count;
             k++) {
            measure_row(page, table, &findings[i], &findings[i].measures[k],
                        new_impl && k == 0);
            again = again || k > 0;
            any = true;
        }
    }
    if (any) {
        append_heading(page, findings[first].workload);
        dcb_text_table_print(table, page->format,
                             page->format == DCB_TABLE_TEXT ? INDENT : 0, page->color,
                             page->out);
    }
    dcb_text_table_free(table);
    if (again)
        append_remark(page, "measured again, with more workers: the last measurement "
                            "alone is judged, since the one before it was picked for "
                            "how it came out");
    for (size_t i = first; i < end; i++) {
        if (is_shown(page, &findings[i]))
            finding_remarks(page, &findings[i]);
    }
}

/* ---- notes ---- */

/* Why a rule was not applied, each reason once. */
static void not_applied_notes(const struct page *page)
{
    const struct dcb_gate *gate = page->gate;

    for (size_t i = 0; i < gate->finding_count; i++) {
        const struct dcb_gate_finding *finding = &gate->findings[i];
        const struct dcb_gate_measure *measure = dcb_gate_judged(finding);
        bool told = measure->outcome != DCB_GATE_NOT_APPLIED || !measure->reason;
        char *line;

        for (size_t k = 0; !told && k < i; k++) {
            const struct dcb_gate_measure *other = dcb_gate_judged(&gate->findings[k]);

            told = other->outcome == DCB_GATE_NOT_APPLIED && other->reason &&
                   gate->findings[k].rule == finding->rule &&
                   strcmp(other->reason, measure->reason) == 0;
        }
        if (told)
            continue;
        line = dcb_xasprintf("note: %s are not judged: %s",
                             dcb_gate_rule_name(finding->rule), measure->reason);
        append_remark(page, line);
        free(line);
    }
}

static void compare_notes(const struct page *page)
{
    const struct dcb_compare *compare = page->gate->compares[0];

    for (size_t i = 0; i < compare->note_count; i++) {
        char *line;

        if (dcb_gate_leaves_out(compare->notes[i]))
            continue;
        line = dcb_xasprintf("note: %s", compare->notes[i]);
        append_remark(page, line);
        free(line);
    }
}

/* ---- whole pages ---- */

/* Where the code was taken from, which a baseline file says and nobody typed. */
static void append_sources(const struct page *page)
{
    const struct dcb_document *now = page->gate->compares[0]->documents[1];
    size_t arms = now->plan.arm_count, count = arms + now->plan.workload_count;

    for (size_t i = 0; i < count; i++) {
        const struct dcb_source *source = dcb_gate_source(now, i);
        const struct dcb_spec *spec =
            i < arms ? &now->plan.arms[i] : &now->plan.workloads[i - arms];
        char *line;

        if (!source)
            continue;
        line = dcb_xasprintf("%s%s: %s", i < arms ? "" : "workload ", spec->label,
                             source->path);
        append_line(page, 0, INDENT, "", line);
        free(line);
    }
}

static void append_header(const struct page *page)
{
    const struct dcb_document *then = page->gate->compares[0]->documents[0];
    const struct dcb_document *now = page->gate->compares[0]->documents[1];
    const char *date = then->result.system.date;
    char *line =
        dcb_xasprintf("dcbench " DCB_VERSION ": deepcopy on Python %s, against %s%s%.10s",
                      now->result.python.version ? now->result.python.version : "?",
                      then->path, date[0] ? " of " : "", date);

    append_line(page, 0, INDENT, "", line);
    free(line);
    line =
        dcb_xasprintf("then and now: change against the baseline (%s) of the same run; "
                      "change: from then to now",
                      now->plan.arms[0].label);
    append_line(page, 0, INDENT, "", line);
    free(line);
    append_sources(page);
}

void dcb_gate_report(const struct dcb_gate *gate, enum dcb_table_format format,
                     int verbosity, bool color, struct dcb_strbuf *out)
{
    struct page page = {.gate = gate,
                        .format = format,
                        .verbosity = verbosity,
                        .color = color,
                        .out = out};
    enum dcb_gate_outcome outcome = dcb_gate_outcome(gate);
    bool good =
        !gate->signal && (outcome == DCB_GATE_PASS ||
                          (gate->settings.update && !dcb_gate_is_failure(outcome)));
    char *conclusion = dcb_gate_conclusion(gate);

    if (verbosity >= 0)
        append_header(&page);
    for (size_t i = 0, end; i < gate->finding_count; i = end) {
        end = end_of_workload(gate, i);
        workload_page(&page, i, end);
    }
    if (verbosity >= 0 && format == DCB_TABLE_TEXT)
        dcb_strbuf_append(out, "\n");
    if (verbosity >= 0) {
        not_applied_notes(&page);
        compare_notes(&page);
    }
    if (verbosity >= 0 || !good)
        append_line(&page, 0, INDENT, good ? "\x1b[32m" : "\x1b[31m", conclusion);
    free(conclusion);
}
