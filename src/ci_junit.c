/* JUnit XML as Jenkins' schema (junit-10.xsd of its xunit plugin) and GitLab have it. */
#include "ci.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "strbuf.h"
#include "utf8.h"
#include "xalloc.h"

/* U+FFFE and U+FFFF are no characters to XML 1.0, nor are most control characters. */
static bool is_noncharacter(const char *text, size_t length)
{
    return length == 3 && memcmp(text, "\xef\xbf", 2) == 0 &&
           ((unsigned char)text[2] == 0xbe || (unsigned char)text[2] == 0xbf);
}

static bool is_control(const char *text, size_t length)
{
    const unsigned char *c = (const unsigned char *)text;

    return *c < 0x20 || *c == 0x7f || (length == 2 && c[0] == 0xc2 && c[1] < 0xa0);
}

/* As text or as the value of an attribute in double quotes, where a parser would turn a
 * line end into a blank. */
static void append_xml(struct dcb_strbuf *out, const char *raw, bool attribute)
{
    static const char special[] = "&<>\"'";
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};

    while (*raw) {
        size_t length = dcb_utf8_length(raw);
        const char *found = strchr(special, *raw);

        if (length == 0)
            dcb_strbuf_append(out, "?");
        else if (found)
            dcb_strbuf_append(out, entities[found - special]);
        else if (attribute && (*raw == '\n' || *raw == '\t'))
            dcb_strbuf_append(out, *raw == '\n' ? "&#10;" : "&#9;");
        else if (*raw == '\n' || *raw == '\t')
            dcb_strbuf_append_bytes(out, raw, 1);
        else if (is_control(raw, length) || is_noncharacter(raw, length))
            dcb_strbuf_append(out, "?");
        else
            dcb_strbuf_append_bytes(out, raw, length);
        raw += length ? length : 1;
    }
}

static void append_attribute(struct dcb_strbuf *out, const char *name, const char *value)
{
    dcb_strbuf_appendf(out, " %s=\"", name);
    append_xml(out, value, true);
    dcb_strbuf_append(out, "\"");
}

static const char *suite_of(const struct dcb_ci *ci, size_t index)
{
    if (ci->findings[index].workload)
        return ci->findings[index].workload;
    return ci->suite ? ci->suite : "run";
}

static bool in_suite(const struct dcb_ci *ci, size_t index, const char *suite)
{
    return !suite || strcmp(suite_of(ci, index), suite) == 0;
}

/* tests, failures, errors, skipped and time of one suite; NULL: of all, which have no
 * attribute for what was skipped. */
static void append_totals(const struct dcb_ci *ci, const char *suite,
                          struct dcb_strbuf *out)
{
    size_t tests = 0, counts[DCB_CI_ERROR + 1] = {0};
    double seconds = 0;

    for (size_t i = 0; i < ci->count; i++) {
        const struct dcb_ci_finding *finding = &ci->findings[i];

        if (!in_suite(ci, i, suite))
            continue;
        tests++;
        counts[finding->outcome]++;
        if (isfinite(finding->seconds))
            seconds += finding->seconds;
    }
    dcb_strbuf_appendf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", tests,
                       counts[DCB_CI_FAILED], counts[DCB_CI_ERROR]);
    if (suite)
        dcb_strbuf_appendf(out, " skipped=\"%zu\"",
                           counts[DCB_CI_SKIPPED] + counts[DCB_CI_UNDECIDED]);
    dcb_strbuf_appendf(out, " time=\"%.3f\"", seconds);
}

static void append_outcome(const struct dcb_ci_finding *finding, struct dcb_strbuf *out)
{
    static const char *const elements[] = {
        [DCB_CI_PASSED] = "system-out", [DCB_CI_SKIPPED] = "skipped",
        [DCB_CI_UNDECIDED] = "skipped", [DCB_CI_FAILED] = "failure",
        [DCB_CI_ERROR] = "error",
    };
    const char *element = elements[finding->outcome];

    dcb_strbuf_appendf(out, "      <%s", element);
    if (finding->outcome != DCB_CI_PASSED) {
        append_attribute(out, "type",
                         finding->outcome == DCB_CI_UNDECIDED ? "undecided"
                                                              : finding->rule);
        append_attribute(out, "message", finding->message);
    }
    /* The message once more: GitLab shows the text alone. */
    dcb_strbuf_append(out, ">");
    append_xml(out, finding->message, false);
    if (finding->detail) {
        dcb_strbuf_append(out, "\n");
        append_xml(out, finding->detail, false);
    }
    dcb_strbuf_appendf(out, "</%s>\n", element);
}

static void append_case(const struct dcb_ci_finding *finding, const char *suite,
                        struct dcb_strbuf *out)
{
    char *name = finding->impl ? dcb_xasprintf("%s: %s", finding->impl, finding->rule)
                               : dcb_xstrdup(finding->rule);
    char *class = dcb_xasprintf("dcbench.%s", suite);

    dcb_strbuf_append(out, "    <testcase");
    append_attribute(out, "classname", class);
    append_attribute(out, "name", name);
    dcb_strbuf_appendf(out, " time=\"%.3f\">\n",
                       isfinite(finding->seconds) ? finding->seconds : 0);
    append_outcome(finding, out);
    dcb_strbuf_append(out, "    </testcase>\n");
    free(class);
    free(name);
}

/* Whether finding number `index` is the first of its suite. */
static bool is_first(const struct dcb_ci *ci, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (in_suite(ci, i, suite_of(ci, index)))
            return false;
    }
    return true;
}

void dcb_ci_junit(const struct dcb_ci *ci, struct dcb_strbuf *out)
{
    dcb_strbuf_append(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                           "<testsuites name=\"dcbench\"");
    append_totals(ci, NULL, out);
    dcb_strbuf_append(out, ">\n");
    for (size_t first = 0; first < ci->count; first++) {
        const char *suite = suite_of(ci, first);

        if (!is_first(ci, first))
            continue;
        dcb_strbuf_append(out, "  <testsuite");
        append_attribute(out, "name", suite);
        append_totals(ci, suite, out);
        dcb_strbuf_append(out, ">\n");
        for (size_t i = first; i < ci->count; i++) {
            if (in_suite(ci, i, suite))
                append_case(&ci->findings[i], suite, out);
        }
        dcb_strbuf_append(out, "  </testsuite>\n");
    }
    dcb_strbuf_append(out, "</testsuites>\n");
}
