#include "ci.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "markdown.h"
#include "strbuf.h"
#include "utf8.h"
#include "xalloc.h"

enum {
    SHOWN = 10,      /* annotations of a kind that GitHub shows of one step */
    TITLE_MAX = 200, /* bytes; GitHub cuts at 255 characters */
    TEXT_MAX = 4000
};

/* ---- the list ---- */

static char *copied(const char *text)
{
    return text ? dcb_xstrdup(text) : NULL;
}

struct dcb_ci_finding *dcb_ci_add(struct dcb_ci *ci, const char *workload,
                                  const char *impl, const char *rule,
                                  enum dcb_ci_outcome outcome, const char *format, ...)
{
    struct dcb_ci_finding *finding;
    char *message = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&message, format, args) < 0)
        message = dcb_xstrdup(rule);
    va_end(args);
    ci->findings = dcb_xrealloc(ci->findings, ci->count + 1, sizeof *ci->findings);
    finding = &ci->findings[ci->count++];
    *finding = (struct dcb_ci_finding){
        .workload = copied(workload),
        .impl = copied(impl),
        .rule = dcb_xstrdup(rule),
        .outcome = outcome,
        .message = message,
        .seconds = (double)NAN,
    };
    return finding;
}

void dcb_ci_clear(struct dcb_ci *ci)
{
    for (size_t i = 0; i < ci->count; i++) {
        struct dcb_ci_finding *finding = &ci->findings[i];

        free(finding->workload);
        free(finding->impl);
        free(finding->rule);
        free(finding->message);
        free(finding->detail);
    }
    free(ci->findings);
    *ci = (struct dcb_ci)DCB_CI_INIT;
}

size_t dcb_ci_count(const struct dcb_ci *ci, enum dcb_ci_outcome outcome)
{
    size_t count = 0;

    for (size_t i = 0; i < ci->count; i++)
        count += ci->findings[i].outcome == outcome;
    return count;
}

/* "new on memo: time". The caller frees it. */
static char *title_of(const struct dcb_ci_finding *finding)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    if (finding->impl)
        dcb_strbuf_append(&out, finding->impl);
    if (finding->workload)
        dcb_strbuf_appendf(&out, "%s%s", finding->impl ? " on " : "", finding->workload);
    dcb_strbuf_appendf(&out, "%s%s", out.length ? ": " : "", finding->rule);
    return dcb_strbuf_take(&out);
}

/* ---- annotations ---- */

/* Printable but for its line ends, and no longer than `most` bytes. The caller frees. */
static char *tamed(const char *raw, size_t most)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    while (*raw) {
        size_t length = strcspn(raw, "\r\n");
        char *part = dcb_xstrndup(raw, length);

        dcb_utf8_make_printable(part);
        dcb_strbuf_append(&out, part);
        free(part);
        raw += length;
        if (*raw == '\r' && raw[1] == '\n')
            raw++;
        if (*raw) {
            dcb_strbuf_append(&out, "\n");
            raw++;
        }
    }
    if (out.length > most) {
        while (most > 0 && ((unsigned char)out.text[most] & 0xc0) == 0x80)
            most--; /* not within a character */
        out.text[most] = '\0';
        out.length = most;
        dcb_strbuf_append(&out, "...");
    }
    return dcb_strbuf_take(&out);
}

/* What workflow commands want escaped; in a property's value ':' and ',' as well. */
static void append_command_text(struct dcb_strbuf *out, const char *raw, size_t most,
                                bool property)
{
    char *text = tamed(raw, most);

    for (const char *c = text; *c; c++) {
        if (*c == '%' || *c == '\r' || *c == '\n' ||
            (property && (*c == ':' || *c == ',')))
            dcb_strbuf_appendf(out, "%%%02X", (unsigned)*c);
        else
            dcb_strbuf_append_bytes(out, c, 1);
    }
    free(text);
}

void dcb_ci_annotate(bool error, const char *title, const char *message,
                     struct dcb_strbuf *out)
{
    dcb_strbuf_appendf(out, "::%s title=", error ? "error" : "warning");
    append_command_text(out, title, TITLE_MAX, true);
    dcb_strbuf_append(out, "::");
    append_command_text(out, message, TEXT_MAX, false);
    dcb_strbuf_append(out, "\n");
}

static bool is_error(const struct dcb_ci_finding *finding)
{
    return finding->outcome == DCB_CI_FAILED || finding->outcome == DCB_CI_ERROR;
}

static void annotate_finding(const struct dcb_ci_finding *finding, struct dcb_strbuf *out)
{
    char *place = title_of(finding), *title = dcb_xasprintf("dcbench: %s", place);
    char *text = finding->detail
                     ? dcb_xasprintf("%s\n%s", finding->message, finding->detail)
                     : dcb_xstrdup(finding->message);

    dcb_ci_annotate(is_error(finding), title, text, out);
    free(text);
    free(title);
    free(place);
}

static size_t count_kind(const struct dcb_ci *ci, bool error)
{
    return error ? dcb_ci_count(ci, DCB_CI_FAILED) + dcb_ci_count(ci, DCB_CI_ERROR)
                 : dcb_ci_count(ci, DCB_CI_UNDECIDED);
}

static bool is_kind(const struct dcb_ci_finding *finding, bool error)
{
    return error ? is_error(finding) : finding->outcome == DCB_CI_UNDECIDED;
}

/* How many of so many have one of their own. */
static size_t shown_of(size_t total)
{
    return total > SHOWN ? SHOWN - 1 : total;
}

bool dcb_ci_is_annotated(const struct dcb_ci *ci, const struct dcb_ci_finding *finding)
{
    bool error = is_error(finding);
    size_t before = 0;

    for (const struct dcb_ci_finding *f = ci->findings; f < finding; f++)
        before += is_kind(f, error);
    return is_kind(finding, error) && before < shown_of(count_kind(ci, error));
}

static void annotate_kind(const struct dcb_ci *ci, bool error, struct dcb_strbuf *out)
{
    size_t total = count_kind(ci, error), most = shown_of(total), done = 0;
    char text[96];

    for (size_t i = 0; i < ci->count && done < most; i++) {
        if (is_kind(&ci->findings[i], error)) {
            annotate_finding(&ci->findings[i], out);
            done++;
        }
    }
    if (total > most) {
        snprintf(text, sizeof text, "and %zu more: see the summary or the log",
                 total - most);
        dcb_ci_annotate(error, "dcbench", text, out);
    }
}

void dcb_ci_annotations(const struct dcb_ci *ci, struct dcb_strbuf *out)
{
    annotate_kind(ci, true, out);
    annotate_kind(ci, false, out);
}

/* ---- text that GitHub reads along ---- */

char *dcb_ci_defuse(const char *text)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    bool start = true; /* of a line, but for blanks, which are skipped: Unicode's, too */

    for (const char *c = text; *c; c++) {
        dcb_strbuf_append_bytes(&out, c, 1);
        if (start && c[0] == ':' && c[1] == ':')
            dcb_strbuf_append(&out, " ");
        /* The older form counts anywhere in a line. */
        if (c[0] == '#' && c[1] == '#' && c[2] == '[')
            dcb_strbuf_append(&out, " ");
        start = *c == '\n' || *c == '\r' ||
                (start && (*c == ' ' || *c == '\t' || *c == '\v' || *c == '\f' ||
                           (unsigned char)*c >= 0x80));
    }
    return dcb_strbuf_take(&out);
}

/* ---- the summary ---- */

static void append_markdown(struct dcb_strbuf *out, const char *raw)
{
    char *text = tamed(raw, TEXT_MAX);

    dcb_markdown_append(out, text);
    free(text);
}

static void append_headline(const struct dcb_ci *ci, struct dcb_strbuf *out)
{
    static const struct {
        enum dcb_ci_outcome outcome;
        const char *one, *several;
    } kinds[] = {
        {DCB_CI_FAILED, "failed", "failed"},
        {DCB_CI_ERROR, "error", "errors"},
        {DCB_CI_UNDECIDED, "undecided", "undecided"},
    };
    size_t bad = 0;

    dcb_strbuf_append(out, "## dcbench: ");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t count = dcb_ci_count(ci, kinds[i].outcome);

        if (count)
            dcb_strbuf_appendf(out, "%s%zu %s", bad ? ", " : "", count,
                               count == 1 ? kinds[i].one : kinds[i].several);
        bad += count;
    }
    if (bad)
        dcb_strbuf_appendf(out, " of %zu checks\n", ci->count);
    else if (dcb_ci_count(ci, DCB_CI_PASSED))
        dcb_strbuf_append(out, "every check holds\n");
    else
        dcb_strbuf_append(out, "nothing was checked\n");
}

void dcb_ci_summary(const struct dcb_ci *ci, const char *report, struct dcb_strbuf *out)
{
    static const struct {
        enum dcb_ci_outcome outcome;
        const char *word;
    } order[] = {{DCB_CI_FAILED, "failed"},
                 {DCB_CI_ERROR, "error"},
                 {DCB_CI_UNDECIDED, "undecided"}};
    bool any = false;

    append_headline(ci, out);
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++) {
        for (size_t i = 0; i < ci->count; i++) {
            const struct dcb_ci_finding *finding = &ci->findings[i];

            if (finding->outcome != order[k].outcome)
                continue;
            dcb_strbuf_appendf(out, "%s- **%s** (", any ? "" : "\n", order[k].word);
            append_markdown(out, finding->rule);
            dcb_strbuf_append(out, "): ");
            append_markdown(out, finding->message);
            dcb_strbuf_append(out, "\n");
            any = true;
        }
    }
    if (report)
        dcb_strbuf_appendf(out, "\n%s", report);
}
