#include "report_verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "report_private.h"
#include "strbuf.h"
#include "text_table.h"
#include "utf8.h"
#include "verify.h"
#include "verify_remarks.h"
#include "xalloc.h"

enum {
    LABEL_WIDTH = 22, /* of an implementation, in text */
    PART_WIDTH = 160, /* of what was expected, and of what came */
    SHOWN = 10,       /* failures of a battery, */
    GRAPHS_SHOWN = 5, /* which those of graphs are less: one is mostly like another */
    NAMES_SHOWN = 6
};

static void remark_text(const struct dcb_sheet *sheet, const char *prefix,
                        char *take_text)
{
    dcb_sheet_remark(sheet, prefix, take_text);
    free(take_text);
}

/* ---- one finding ---- */

static void append_part(struct dcb_strbuf *out, const char *lead, const char *part,
                        size_t most)
{
    char *text;

    if (!part)
        return;
    text = most ? dcb_utf8_shorten(part, most) : dcb_xstrdup(part);
    dcb_strbuf_appendf(out, "%s%s", lead, text);
    free(text);
}

/* Graphs have a number for a name, and the first of them does. */
static void append_names(const struct dcb_verify_remark *remark, size_t most,
                         struct dcb_strbuf *out)
{
    enum dcb_battery battery = remark->cases[0]->battery;
    size_t count = remark->case_count;

    if (most && battery == DCB_BATTERY_GRAPHS)
        most = 1;
    if (most && count > most + 1) /* "and 1 more" is as long as a name */
        count = most;
    if (battery != DCB_BATTERY_GRAPHS)
        dcb_strbuf_appendf(out, "%s ", dcb_battery_name(battery));
    for (size_t i = 0; i < count; i++)
        dcb_strbuf_appendf(out, "%s%s", i ? ", " : "", remark->cases[i]->name);
    if (count < remark->case_count)
        dcb_strbuf_appendf(out, " and %zu more", remark->case_count - count);
}

char *dcb_report_verify_remark(const struct dcb_verify_remark *remark, size_t names,
                               size_t most)
{
    const struct dcb_verify_finding *finding = remark->cases[0];
    const char *expected = finding->expected, *got = finding->got;
    bool ended = finding->outcome == DCB_CASE_DIED || finding->outcome == DCB_CASE_HUNG;
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    if (finding->battery == DCB_BATTERY_SUITE && got)
        expected = NULL; /* that the test passes */
    append_names(remark, names, &out);
    if (remark->topic == DCB_VERIFY_STANDARD)
        return dcb_strbuf_take(&out);
    if (ended || (!expected && !got))
        dcb_strbuf_appendf(&out, ": %s", dcb_case_outcome_name(finding->outcome));
    if (!ended && expected)
        append_part(&out, ": expected ", expected, most);
    append_part(&out, expected && !ended ? ", got " : ": ", got, most);
    return dcb_strbuf_take(&out);
}

/* An expression is there to be copied: it is neither broken nor cut. */
static void append_expression(const struct dcb_sheet *sheet, const char *expression)
{
    char *line;

    if (sheet->format == DCB_TABLE_MARKDOWN) {
        remark_text(sheet, "  ", dcb_xasprintf("expression: %s", expression));
        return;
    }
    line = dcb_xstrdup(expression);
    dcb_utf8_make_line(line);
    dcb_strbuf_appendf(sheet->out, "    expression: %s\n", line);
    free(line);
}

static void append_remark(const struct dcb_sheet *sheet,
                          const struct dcb_verification *verification,
                          const struct dcb_verify_remark *remark, bool whom)
{
    const struct dcb_verify_finding *finding = remark->cases[0];
    const char *prefix = sheet->format == DCB_TABLE_MARKDOWN ? "- " : "";
    bool whole = sheet->verbosity > 0;
    char *text =
        dcb_report_verify_remark(remark, whole ? 0 : NAMES_SHOWN, whole ? 0 : PART_WIDTH);
    char *impls = whom ? dcb_verify_remark_impls(verification, remark) : NULL;

    if (impls)
        remark_text(sheet, prefix, dcb_xasprintf("%s (%s)", text, impls));
    else
        dcb_sheet_remark(sheet, prefix, text);
    free(impls);
    free(text);
    if (finding->expression && remark->topic != DCB_VERIFY_STANDARD)
        append_expression(sheet, finding->expression);
}

/* ---- the table ---- */

static bool is_asked(const struct dcb_verification *verification, int battery)
{
    return verification->request->batteries[battery];
}

static bool is_begun(const struct dcb_verify_battery *battery)
{
    return battery->unasked != battery->cases; /* 0 where it is not known */
}

/* "74 of 76": what is right of what can be asked. */
static void battery_cell(struct dcb_text_table *table, const struct dcb_verify_impl *impl,
                         const struct dcb_verify_battery *battery)
{
    char right[DCB_FORMAT_SIZE], all[DCB_FORMAT_SIZE];

    if (battery->missing)
        dcb_text_table_cell(table, DCB_STYLE_DIM, "missing");
    else if (impl->failure || !is_begun(battery))
        dcb_text_table_cell(table, DCB_STYLE_DIM, "-");
    else
        dcb_text_table_cell(table, battery->wrong ? DCB_STYLE_BAD : DCB_STYLE_PLAIN,
                            "%s of %s",
                            dcb_format_whole(right, battery->passed + battery->deviating),
                            dcb_format_whole(all, battery->cases - battery->skipped));
}

static void append_table(const struct dcb_sheet *sheet,
                         const struct dcb_verification *verification)
{
    static const enum dcb_style styles[] = {[DCB_VERIFY_CORRECT] = DCB_STYLE_GOOD,
                                            [DCB_VERIFY_WRONG] = DCB_STYLE_BAD,
                                            [DCB_VERIFY_UNKNOWN] = DCB_STYLE_BOLD};
    struct dcb_text_table *table = dcb_text_table_new();

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "implementation");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "verdict");
    for (int i = 0; i < DCB_BATTERY_COUNT; i++) {
        if (is_asked(verification, i))
            dcb_text_table_column(table, DCB_ALIGN_RIGHT,
                                  dcb_battery_name((enum dcb_battery)i));
    }
    for (size_t i = 0; i < verification->impl_count; i++) {
        const struct dcb_verify_impl *impl = &verification->impls[i];
        enum dcb_verify_verdict verdict = dcb_verify_verdict(impl);
        char *label = sheet->format == DCB_TABLE_TEXT
                          ? dcb_utf8_shorten(impl->spec->label, LABEL_WIDTH)
                          : dcb_xstrdup(impl->spec->label);

        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", label);
        free(label);
        dcb_text_table_cell(table, styles[verdict], "%s",
                            dcb_verify_verdict_name(verdict));
        for (int k = 0; k < DCB_BATTERY_COUNT; k++) {
            if (is_asked(verification, k))
                battery_cell(table, impl, &impl->batteries[k]);
        }
    }
    dcb_sheet_print_table(sheet, table);
    dcb_text_table_free(table);
}

static void append_header(const struct dcb_sheet *sheet,
                          const struct dcb_verification *verification)
{
    const struct dcb_verify_request *request = verification->request;
    const struct dcb_python *python = &verification->python;
    const char *implementation = python->implementation;
    struct dcb_strbuf line = DCB_STRBUF_INIT;
    char count[DCB_FORMAT_SIZE];

    if (implementation && strcmp(implementation, "cpython") == 0)
        implementation = "CPython";
    dcb_strbuf_appendf(&line, "dcbench " DCB_VERSION ": is it a deepcopy? %s %s; %.0f s",
                       implementation ? implementation : "Python",
                       python->version ? python->version : "(not known)",
                       verification->elapsed_s);
    dcb_sheet_line(sheet, line.text, false);
    dcb_strbuf_clear(&line);
    dcb_strbuf_append(&line, "batteries:");
    for (int i = 0; i < DCB_BATTERY_COUNT; i++) {
        if (!is_asked(verification, i))
            continue;
        dcb_strbuf_appendf(&line, "%s %s", line.length > 10 ? "," : "",
                           dcb_battery_name((enum dcb_battery)i));
        if (i == DCB_BATTERY_GRAPHS)
            dcb_strbuf_appendf(&line, " (%s of seed %llu)",
                               dcb_format_whole(count, request->graphs),
                               (unsigned long long)request->seed);
    }
    dcb_sheet_line(sheet, line.text, true);
    dcb_strbuf_clear(&line);
    dcb_strbuf_append(sheet->out, "\n");
}

/* ---- what is wrong ---- */

/* "suite, cases: not begun"; nothing where all were. */
static void append_not_begun(const struct dcb_sheet *sheet,
                             const struct dcb_verify_impl *impl)
{
    struct dcb_strbuf names = DCB_STRBUF_INIT;

    for (int i = 0; i < DCB_BATTERY_COUNT; i++) {
        const struct dcb_verify_battery *battery = &impl->batteries[i];

        if (battery->asked && !battery->missing && !is_begun(battery))
            dcb_strbuf_appendf(&names, "%s%s", names.length ? ", " : "",
                               dcb_battery_name((enum dcb_battery)i));
    }
    if (names.length)
        remark_text(sheet, "", dcb_xasprintf("%s: not begun", names.text));
    dcb_strbuf_clear(&names);
}

/* Why it is not known whether it is correct, or all that is wrong. */
static void append_unasked(const struct dcb_sheet *sheet,
                           const struct dcb_verification *verification,
                           const struct dcb_verify_impl *impl)
{
    const char *why =
        verification->stopped ? "interrupted" : "too many workers had ended before";
    char count[DCB_FORMAT_SIZE];

    if (impl->failure)
        return;
    for (int i = 0; i < DCB_BATTERY_COUNT; i++) {
        const struct dcb_verify_battery *battery = &impl->batteries[i];

        if (battery->asked && battery->unasked && is_begun(battery))
            remark_text(sheet, "",
                        dcb_xasprintf("%s: %s not asked: %s",
                                      dcb_battery_name((enum dcb_battery)i),
                                      dcb_format_whole(count, battery->unasked), why));
    }
    append_not_begun(sheet, impl);
}

/* The remarks of one battery, from number `first` on; returns where the next begins. */
static size_t append_battery(const struct dcb_sheet *sheet,
                             const struct dcb_verification *verification,
                             const struct dcb_verify_remarks *remarks, size_t first)
{
    enum dcb_battery battery = remarks->items[first].cases[0]->battery;
    size_t most = battery == DCB_BATTERY_GRAPHS ? GRAPHS_SHOWN : SHOWN;
    size_t at = first, left = 0;

    for (; at < remarks->count && remarks->items[at].cases[0]->battery == battery; at++) {
        if (at - first < most || sheet->verbosity > 0)
            append_remark(sheet, verification, &remarks->items[at], false);
        else
            left += remarks->items[at].case_count;
    }
    if (left)
        remark_text(sheet, "",
                    dcb_xasprintf("and %zu more of %s (-v shows all)", left,
                                  dcb_battery_name(battery)));
    return at;
}

static void append_failures(const struct dcb_sheet *sheet,
                            const struct dcb_verification *verification, size_t impl)
{
    struct dcb_verify_remarks remarks;

    dcb_verify_remarks_find(verification, DCB_VERIFY_FAILURES, impl, &remarks);
    for (size_t at = 0; at < remarks.count;)
        at = append_battery(sheet, verification, &remarks, at);
    dcb_verify_remarks_clear(&remarks);
}

static void append_impl(const struct dcb_sheet *sheet,
                        const struct dcb_verification *verification, size_t number)
{
    const struct dcb_verify_impl *impl = &verification->impls[number];
    struct dcb_verify_sum sum = dcb_verify_sum(impl);
    char wrong[DCB_FORMAT_SIZE], all[DCB_FORMAT_SIZE], *heading;

    if (dcb_verify_verdict(impl) == DCB_VERIFY_CORRECT)
        return;
    if (sum.wrong)
        heading = dcb_xasprintf("%s: %s of %s wrong", impl->spec->label,
                                dcb_format_whole(wrong, sum.wrong),
                                dcb_format_whole(all, sum.cases - sum.skipped));
    else
        heading = dcb_xasprintf("%s: not known", impl->spec->label);
    dcb_sheet_heading(sheet, heading);
    free(heading);
    if (impl->failure)
        dcb_sheet_remark(sheet, "", impl->failure);
    append_failures(sheet, verification, number);
    append_unasked(sheet, verification, impl);
}

/* ---- what is not ---- */

static void append_deviations(const struct dcb_sheet *sheet,
                              const struct dcb_verification *verification)
{
    struct dcb_verify_remarks remarks;
    const char *version = NULL;

    dcb_verify_remarks_find(verification, DCB_VERIFY_DEVIATIONS, DCB_VERIFY_ALL,
                            &remarks);
    for (size_t i = 0; i < remarks.count; i++) {
        const struct dcb_verify_finding *finding = remarks.items[i].cases[0];
        const char *own = finding->version ? finding->version : "(not said)";
        char *heading;

        if (!version || strcmp(version, own) != 0) {
            heading = dcb_xasprintf("accepted deviations, as of CPython %s", own);
            dcb_sheet_heading(sheet, heading);
            free(heading);
        }
        version = own;
        append_remark(sheet, verification, &remarks.items[i], true);
    }
    dcb_verify_remarks_clear(&remarks);
}

/* What --verbose adds. */
static void append_topic(const struct dcb_sheet *sheet,
                         const struct dcb_verification *verification,
                         enum dcb_verify_topic topic, const char *heading)
{
    struct dcb_verify_remarks remarks;

    dcb_verify_remarks_find(verification, topic, DCB_VERIFY_ALL, &remarks);
    if (remarks.count)
        dcb_sheet_heading(sheet, heading);
    for (size_t i = 0; i < remarks.count; i++)
        append_remark(sheet, verification, &remarks.items[i], true);
    dcb_verify_remarks_clear(&remarks);
}

static bool was_anything_asked(const struct dcb_verification *verification)
{
    for (size_t i = 0; i < verification->impl_count; i++) {
        if (dcb_verify_sum(&verification->impls[i]).cases)
            return true;
    }
    return false;
}

static bool has_expression(const struct dcb_verification *verification)
{
    for (size_t i = 0; i < verification->impl_count; i++) {
        const struct dcb_verify_impl *impl = &verification->impls[i];

        for (size_t k = 0; k < impl->finding_count; k++) {
            if (impl->findings[k].expression)
                return true;
        }
    }
    return false;
}

static void append_notes(const struct dcb_sheet *sheet,
                         const struct dcb_verification *verification)
{
    struct dcb_verify_notes notes;

    dcb_verify_notes_make(verification, &notes);
    if (notes.count || was_anything_asked(verification))
        dcb_strbuf_append(sheet->out, "\n");
    if (was_anything_asked(verification))
        dcb_sheet_remark(sheet, "",
                         "N of M: N are right of the M cases that can be asked of this "
                         "interpreter. An accepted deviation counts as right: another "
                         "CPython does so itself.");
    if (has_expression(verification))
        remark_text(sheet, "",
                    dcb_xasprintf("expression: Python that makes the object x, with all "
                                  "that it imports. The same graphs again: --battery "
                                  "graphs --graphs %llu --seed %llu.",
                                  (unsigned long long)verification->request->graphs,
                                  (unsigned long long)verification->request->seed));
    for (size_t i = 0; i < notes.count; i++)
        remark_text(sheet, "",
                    dcb_xasprintf("note: %s%s", notes.items[i].text,
                                  notes.items[i].named && sheet->verbosity <= 0
                                      ? " (-v names them)"
                                      : ""));
    dcb_verify_notes_clear(&notes);
}

/* ---- all of it ---- */

static void append_all(const struct dcb_sheet *sheet,
                       const struct dcb_verification *verification)
{
    if (sheet->verbosity >= 0)
        append_header(sheet, verification);
    append_table(sheet, verification);
    for (size_t i = 0; i < verification->impl_count; i++)
        append_impl(sheet, verification, i);
    if (sheet->verbosity < 0)
        return;
    append_deviations(sheet, verification);
    if (sheet->verbosity > 0) {
        append_topic(sheet, verification, DCB_VERIFY_SKIPPED, "skipped");
        append_topic(sheet, verification, DCB_VERIFY_STANDARD,
                     "cases that reached the standard deepcopy");
    }
    append_notes(sheet, verification);
}

void dcb_report_verify(const struct dcb_verification *verification, int verbosity,
                       bool color, struct dcb_strbuf *out)
{
    const struct dcb_sheet sheet = {
        .format = DCB_TABLE_TEXT, .verbosity = verbosity, .color = color, .out = out};

    append_all(&sheet, verification);
}

void dcb_report_verify_markdown(const struct dcb_verification *verification,
                                int verbosity, struct dcb_strbuf *out)
{
    const struct dcb_sheet sheet = {
        .format = DCB_TABLE_MARKDOWN, .verbosity = verbosity, .out = out};

    append_all(&sheet, verification);
}
