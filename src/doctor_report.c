/* Findings as text for people, as Markdown and as CSV. */
#include <stdlib.h>
#include <string.h>

#include "doctor_private.h"
#include "strbuf.h"
#include "utf8.h"
#include "xalloc.h"

enum {
    LINE_WIDTH = 79,
    STATUS_WIDTH = 7,
    TITLE_WIDTH = 18,
    TEXT_COLUMN = 31,
    DETAIL_COLUMN = 13
};

static const char *const headings[] = {[DCB_FINDING_MEASURE] = "What can be measured",
                                       [DCB_FINDING_DISTURB] = "What disturbs"};

static const char *sequence_of(enum dcb_finding_status status)
{
    switch (status) {
    case DCB_FINDING_OK:
        return "\x1b[32m";
    case DCB_FINDING_WARNING:
        return "\x1b[31m";
    case DCB_FINDING_CANNOT:
        return "\x1b[1m";
    case DCB_FINDING_NOTE:
        break;
    }
    return "";
}

/* Words of one line of text from `column` on, where the output stands now. */
static void append_words(struct dcb_strbuf *out, size_t column, const char *text)
{
    size_t used = column;

    for (const char *word = text; *word;) {
        size_t length = strcspn(word, " ");

        if (word != text && used + 1 + length > LINE_WIDTH) {
            dcb_strbuf_append(out, "\n");
            dcb_strbuf_pad(out, ' ', column);
            used = column;
        } else if (word != text) {
            dcb_strbuf_append(out, " ");
            used++;
        }
        dcb_strbuf_append_bytes(out, word, length);
        used += length;
        word += length + strspn(word + length, " ");
    }
    dcb_strbuf_append(out, "\n");
}

/* Names of processes and machines come from outside. The caller frees it. */
static char *printable(const char *raw)
{
    char *text = dcb_xstrdup(raw);

    dcb_utf8_make_printable(text);
    return text;
}

static void append_text(struct dcb_strbuf *out, size_t column, const char *sequence,
                        const char *raw)
{
    char *text = printable(raw);

    dcb_strbuf_append(out, sequence);
    append_words(out, column, text);
    if (*sequence) { /* the end of the style belongs to the line that it is in */
        out->text[--out->length] = '\0';
        dcb_strbuf_append(out, "\x1b[0m\n");
    }
    free(text);
}

static void append_details(struct dcb_strbuf *out, const char *detail, bool color)
{
    for (const char *line = detail; line;) {
        size_t length = strcspn(line, "\n");
        char *one = dcb_xstrndup(line, length);

        dcb_strbuf_pad(out, ' ', DETAIL_COLUMN);
        append_text(out, DETAIL_COLUMN, color ? "\x1b[2m" : "", one);
        free(one);
        line = line[length] ? line + length + 1 : NULL;
    }
}

static void append_finding(struct dcb_strbuf *out, const struct dcb_finding *finding,
                           int verbosity, bool color)
{
    const char *status = dcb_finding_status_name(finding->status);
    const char *sequence = color ? sequence_of(finding->status) : "";

    dcb_strbuf_appendf(out, "  %s%s%s", sequence, status, *sequence ? "\x1b[0m" : "");
    dcb_strbuf_pad(out, ' ', STATUS_WIDTH - strlen(status) + 2);
    dcb_strbuf_appendf(out, "%-*s  ", TITLE_WIDTH, finding->title);
    append_text(out, TEXT_COLUMN, "", finding->found);
    if (finding->advice) {
        dcb_strbuf_pad(out, ' ', TEXT_COLUMN - 3);
        dcb_strbuf_append(out, "-> ");
        append_text(out, TEXT_COLUMN, "", finding->advice);
    }
    if (verbosity > 0 && finding->detail)
        append_details(out, finding->detail, color);
}

static bool is_shown(const struct dcb_finding *finding, int verbosity)
{
    return verbosity >= 0 || finding->status == DCB_FINDING_WARNING;
}

static void append_group(struct dcb_strbuf *out, const struct dcb_findings *findings,
                         enum dcb_finding_group group, int verbosity, bool color)
{
    if (verbosity >= 0)
        dcb_strbuf_appendf(out, "\n%s%s%s\n", color ? "\x1b[1m" : "", headings[group],
                           color ? "\x1b[0m" : "");
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->items[i].group == group && is_shown(&findings->items[i], verbosity))
            append_finding(out, &findings->items[i], verbosity, color);
    }
}

/* "2 warnings: other work, swap". */
static void append_warnings(struct dcb_strbuf *out, const struct dcb_findings *findings)
{
    struct dcb_strbuf names = DCB_STRBUF_INIT;
    char *line;
    size_t count = 0;

    for (size_t i = 0; i < findings->count; i++) {
        if (findings->items[i].status == DCB_FINDING_WARNING)
            dcb_strbuf_appendf(&names, "%s%s", count++ ? ", " : "",
                               findings->items[i].title);
    }
    line = count ? dcb_xasprintf("%zu warning%s: %s", count, count == 1 ? "" : "s",
                                 names.text)
                 : dcb_xstrdup("no warnings");
    dcb_strbuf_append(out, "\n");
    append_words(out, 0, line);
    free(line);
    dcb_strbuf_clear(&names);
}

void dcb_doctor_text(const struct dcb_doctor_facts *facts,
                     const struct dcb_findings *findings, int verbosity, bool color,
                     struct dcb_strbuf *out)
{
    const struct dcb_sysinfo *system = &facts->system;

    if (verbosity >= 0) {
        char *line =
            dcb_xasprintf("%s, %d CPU%s, %s, %s", system->cpu, system->cpus,
                          system->cpus == 1 ? "" : "s", system->machine, system->kernel);

        append_text(out, 0, "", line);
        free(line);
    }
    append_group(out, findings, DCB_FINDING_MEASURE, verbosity, color);
    append_group(out, findings, DCB_FINDING_DISTURB, verbosity, color);
    if (verbosity >= 0) {
        static const char lead[] = "--counters auto takes ";

        append_warnings(out, findings);
        dcb_strbuf_append(out, lead);
        append_text(out, strlen(lead), "", findings->choice_text);
    }
}

void dcb_doctor_table(const struct dcb_findings *findings, enum dcb_table_format format,
                      int verbosity, struct dcb_strbuf *out)
{
    static const char *const titles[] = {"group", "status", "what", "found",
                                         "what to do"};
    struct dcb_text_table *table = dcb_text_table_new();

    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        dcb_text_table_column(table, DCB_ALIGN_LEFT, titles[i]);
    for (size_t i = 0; i < findings->count; i++) {
        const struct dcb_finding *finding = &findings->items[i];
        const char *const cells[] = {dcb_finding_group_name(finding->group),
                                     dcb_finding_status_name(finding->status),
                                     finding->title, finding->found,
                                     finding->advice ? finding->advice : ""};

        if (!is_shown(finding, verbosity))
            continue;
        for (size_t k = 0; k < sizeof cells / sizeof cells[0]; k++)
            dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", cells[k]);
    }
    dcb_text_table_print(table, format, 0, false, out);
    dcb_text_table_free(table);
}
