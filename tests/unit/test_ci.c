#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "ci.h"
#include "strbuf.h"
#include "unit.h"
#include "utf8.h"

/* What may stand in a label or in a message of the code under test. */
static const char *const hostile[] = {
    "new\n::error::owned",
    "new\r::error::owned",
    "new\r\n::error::owned",
    "::error title=x::owned",
    "::stop-commands::x",
    "%0A::error::owned",
    "%250A",
    "a,file=x,title=y",
    "a::b",
    "##[error]owned",
    "]]><testcase/>",
    "<![CDATA[x",
    "&lt;&<>\"'",
    "\x1b[31mred\x1b[0m\a\b\v\f",
    "\x01\x02\x1f\x7f",
    "tab\tand\nline",
    "\xff\xfe\xc0\x80\xed\xa0\x80",
    "half \xe2\x82",
    "\xc2\x85::error::owned\xc2\x9b",
    "\xef\xbf\xbe\xef\xbf\xbf",
    "caf\xc3\xa9 \xf0\x9f\x90\x8d",
    "| a | `b` [c](d) <img src=x> **e**",
    "",
};

enum { HOSTILE = sizeof hostile / sizeof hostile[0], LONG = 10240 };

static char *junit_of(const struct dcb_ci *ci)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_ci_junit(ci, &out);
    return dcb_strbuf_take(&out);
}

static char *annotations_of(const struct dcb_ci *ci)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_ci_annotations(ci, &out);
    return dcb_strbuf_take(&out);
}

static char *summary_of(const struct dcb_ci *ci, const char *report)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_ci_summary(ci, report, &out);
    return dcb_strbuf_take(&out);
}

/* One finding of each outcome, out of order of their workloads. */
static void fill(struct dcb_ci *ci)
{
    struct dcb_ci_finding *finding;

    finding = dcb_ci_add(ci, "memo", "new", "time", DCB_CI_FAILED, "new is %s", "slower");
    finding->detail = dcb_xstrdup("change +5.1 %\nmargin 1 %");
    finding->seconds = 1.25;
    dcb_ci_add(ci, "reduce", "new", "time", DCB_CI_UNDECIDED, "no verdict");
    finding = dcb_ci_add(ci, "memo", "new", "copy", DCB_CI_PASSED, "copies well");
    finding->seconds = 0.5;
    dcb_ci_add(ci, "memo", NULL, "workers", DCB_CI_ERROR, "1 of 5 ended badly");
    dcb_ci_add(ci, "reduce", "new", "copy", DCB_CI_SKIPPED, "not measured");
    dcb_ci_add(ci, NULL, NULL, "run", DCB_CI_PASSED, "to the end");
}

/* ---- the list ---- */

static void findings_are_kept_and_counted(void **state)
{
    struct dcb_ci ci = DCB_CI_INIT;

    (void)state;
    fill(&ci);
    assert_int_equal(ci.count, 6);
    assert_string_equal(ci.findings[0].message, "new is slower");
    assert_null(ci.findings[5].workload);
    assert_true(isnan(ci.findings[1].seconds));
    assert_int_equal(dcb_ci_count(&ci, DCB_CI_PASSED), 2);
    assert_int_equal(dcb_ci_count(&ci, DCB_CI_SKIPPED), 1);
    assert_int_equal(dcb_ci_count(&ci, DCB_CI_UNDECIDED), 1);
    assert_int_equal(dcb_ci_count(&ci, DCB_CI_FAILED), 1);
    assert_int_equal(dcb_ci_count(&ci, DCB_CI_ERROR), 1);
    dcb_ci_clear(&ci);
    assert_int_equal(ci.count, 0);
    dcb_ci_clear(&ci); /* once more is fine */
}

/* ---- JUnit ---- */

static void junit_of_every_outcome(void **state)
{
    struct dcb_ci ci = DCB_CI_INIT;
    char *text;

    (void)state;
    fill(&ci);
    text = junit_of(&ci);
    assert_string_equal(
        text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"dcbench\" tests=\"6\" failures=\"1\" errors=\"1\" "
        "time=\"1.750\">\n"
        "  <testsuite name=\"memo\" tests=\"3\" failures=\"1\" errors=\"1\" "
        "skipped=\"0\" time=\"1.750\">\n"
        "    <testcase classname=\"dcbench.memo\" name=\"new: time\" time=\"1.250\">\n"
        "      <failure type=\"time\" message=\"new is slower\">new is slower\n"
        "change +5.1 %\nmargin 1 %</failure>\n"
        "    </testcase>\n"
        "    <testcase classname=\"dcbench.memo\" name=\"new: copy\" time=\"0.500\">\n"
        "      <system-out>copies well</system-out>\n"
        "    </testcase>\n"
        "    <testcase classname=\"dcbench.memo\" name=\"workers\" time=\"0.000\">\n"
        "      <error type=\"workers\" message=\"1 of 5 ended badly\">1 of 5 ended "
        "badly</error>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "  <testsuite name=\"reduce\" tests=\"2\" failures=\"0\" errors=\"0\" "
        "skipped=\"2\" time=\"0.000\">\n"
        "    <testcase classname=\"dcbench.reduce\" name=\"new: time\" time=\"0.000\">\n"
        "      <skipped type=\"undecided\" message=\"no verdict\">no verdict</skipped>\n"
        "    </testcase>\n"
        "    <testcase classname=\"dcbench.reduce\" name=\"new: copy\" time=\"0.000\">\n"
        "      <skipped type=\"copy\" message=\"not measured\">not measured</skipped>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "  <testsuite name=\"run\" tests=\"1\" failures=\"0\" errors=\"0\" "
        "skipped=\"0\" time=\"0.000\">\n"
        "    <testcase classname=\"dcbench.run\" name=\"run\" time=\"0.000\">\n"
        "      <system-out>to the end</system-out>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "</testsuites>\n");
    free(text);
    dcb_ci_clear(&ci);
}

static void junit_of_nothing(void **state)
{
    struct dcb_ci ci = DCB_CI_INIT;
    char *text = junit_of(&ci);

    (void)state;
    assert_contains(text, "<testsuites name=\"dcbench\" tests=\"0\"");
    assert_contains(text, "</testsuites>\n");
    free(text);
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    while ((text = strstr(text, part))) {
        count++;
        text += strlen(part);
    }
    return count;
}

/* Whatever the strings are, the elements are those of a tame list. */
static void check_xml(const char *text, size_t cases)
{
    assert_true(dcb_utf8_valid(text));
    for (const char *c = text; *c; c++) {
        assert_true((unsigned char)*c >= 0x20 || *c == '\n' || *c == '\t');
        if (*c == '&')
            assert_true(strncmp(c, "&amp;", 5) == 0 || strncmp(c, "&lt;", 4) == 0 ||
                        strncmp(c, "&gt;", 4) == 0 || strncmp(c, "&quot;", 6) == 0 ||
                        strncmp(c, "&apos;", 6) == 0 || strncmp(c, "&#10;", 5) == 0 ||
                        strncmp(c, "&#9;", 4) == 0);
    }
    assert_int_equal(count_of(text, "<testcase "), cases);
    assert_int_equal(count_of(text, "</testcase>"), cases);
    assert_int_equal(count_of(text, "<failure "), cases);
    assert_int_equal(count_of(text, "<"), 1 + 2 + 2 + 4 * cases);
    assert_int_equal(count_of(text, ">"), 1 + 2 + 2 + 4 * cases);
    assert_null(strstr(text, "]]>"));
    assert_null(strstr(text, "\xef\xbf\xbe"));
    assert_null(strstr(text, "\xef\xbf\xbf"));
}

static void junit_of_hostile_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < HOSTILE; i++) {
        struct dcb_ci ci = DCB_CI_INIT;
        char *text;

        dcb_ci_add(&ci, hostile[i], hostile[i], hostile[i], DCB_CI_FAILED, "%s",
                   hostile[i])
            ->detail = dcb_xstrdup(hostile[i]);
        text = junit_of(&ci);
        check_xml(text, 1);
        free(text);
        dcb_ci_clear(&ci);
    }
}

static void xml_keeps_what_it_can(void **state)
{
    struct dcb_ci ci = DCB_CI_INIT;
    char *text;

    (void)state;
    dcb_ci_add(&ci, "a\tb", "<&\">'", "caf\xc3\xa9", DCB_CI_ERROR, "x\ny\xff\x1b\rz");
    text = junit_of(&ci);
    assert_contains(text, "name=\"a&#9;b\"");
    assert_contains(text, "name=\"&lt;&amp;&quot;&gt;&apos;: caf\xc3\xa9\"");
    assert_contains(text, "message=\"x&#10;y???z\">x\ny???z</error>");
    free(text);
    dcb_ci_clear(&ci);
}

/* ---- annotations ---- */

/* As the runner reads a line: after blanks "::", the command, its properties by commas,
 * "::", the data. The caller frees what comes back. */
static char *unescaped(const char *text, size_t length, bool property)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    for (size_t i = 0; i < length; i++) {
        static const char *const codes[] = {"%0D", "%0A", "%25", "%3A", "%2C"};
        static const char plain[] = "\r\n%:,";
        size_t k = 0;

        while (k < (property ? 5 : 3) && strncmp(text + i, codes[k], 3) != 0)
            k++;
        if (k < (property ? 5 : 3)) {
            dcb_strbuf_append_bytes(&out, &plain[k], 1);
            i += 2;
        } else {
            dcb_strbuf_append_bytes(&out, text + i, 1);
        }
    }
    return dcb_strbuf_take(&out);
}

/* The one line of a text as title and message. */
static void read_annotation(const char *line, const char *kind, char **title,
                            char **message)
{
    char *head = dcb_xasprintf("::%s title=", kind);
    const char *end;

    assert_memory_equal(line, head, strlen(head));
    end = strstr(line + strlen(head), "::");
    assert_non_null(end);
    assert_null(memchr(line + strlen(head), ',', (size_t)(end - line) - strlen(head)));
    *title = unescaped(line + strlen(head), (size_t)(end - line) - strlen(head), true);
    *message = unescaped(end + 2, strlen(end + 2) - 1, false);
    free(head);
}

static void annotations_of_every_outcome(void **state)
{
    struct dcb_ci ci = DCB_CI_INIT;
    char *text;

    (void)state;
    fill(&ci);
    text = annotations_of(&ci);
    assert_string_equal(text,
                        "::error title=dcbench%3A new on memo%3A time::new is slower%0A"
                        "change +5.1 %25%0Amargin 1 %25\n"
                        "::error title=dcbench%3A memo%3A workers::1 of 5 ended badly\n"
                        "::warning title=dcbench%3A new on reduce%3A time::no verdict\n");
    free(text);
    dcb_ci_clear(&ci);
}

/* What is read back is the text with what is not printable replaced, and nothing else. */
static void annotations_of_hostile_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < HOSTILE; i++) {
        struct dcb_ci ci = DCB_CI_INIT;
        char *text, *title, *message;

        dcb_ci_add(&ci, hostile[i], hostile[i], "time", DCB_CI_FAILED, "%s", hostile[i]);
        text = annotations_of(&ci);
        assert_ptr_equal(strpbrk(text, "\r\n"), text + strlen(text) - 1);
        read_annotation(text, "error", &title, &message);
        if (strstr(hostile[i], "%0A"))
            assert_string_equal(message, hostile[i]);
        if (strstr(hostile[i], "a,file"))
            assert_string_equal(title,
                                "dcbench: a,file=x,title=y on a,file=x,title=y: time");
        assert_true(dcb_utf8_valid(text));
        assert_null(strchr(text, '\x1b'));
        free(title);
        free(message);
        free(text);
        dcb_ci_clear(&ci);
    }
}

static void annotations_read_back(void **state)
{
    struct dcb_ci ci = DCB_CI_INIT;
    char *text, *title, *message;

    (void)state;
    dcb_ci_add(&ci, "a:b", "50%,x", "time", DCB_CI_UNDECIDED,
               "one\r\ntwo\rthree\xff%%0A");
    text = annotations_of(&ci);
    read_annotation(text, "warning", &title, &message);
    assert_string_equal(title, "dcbench: 50%,x on a:b: time");
    assert_string_equal(message, "one\ntwo\nthree?%0A");
    free(title);
    free(message);
    free(text);
    dcb_ci_clear(&ci);
}

static void ten_annotations_of_a_kind(void **state)
{
    for (size_t count = 9; count <= 12; count++) {
        struct dcb_ci ci = DCB_CI_INIT;
        char *text;

        (void)state;
        for (size_t i = 0; i < count; i++) {
            dcb_ci_add(&ci, "memo", "new", "time", DCB_CI_FAILED, "message %zu.", i);
            dcb_ci_add(&ci, "memo", "new", "time", DCB_CI_UNDECIDED, "perhaps %zu.", i);
        }
        text = annotations_of(&ci);
        assert_int_equal(count_of(text, "::error "), count > 10 ? 10 : count);
        assert_int_equal(count_of(text, "::warning "), count > 10 ? 10 : count);
        assert_int_equal(count_of(text, "\n"), 2 * (count > 10 ? 10 : count));
        assert_int_equal(count_of(text, "more: see"), count > 10 ? 2 : 0);
        if (count == 12)
            assert_contains(text, "::error title=dcbench::and 3 more: see");
        for (size_t i = 0; i < ci.count; i++)
            assert_int_equal(dcb_ci_is_annotated(&ci, &ci.findings[i]),
                             strstr(text, ci.findings[i].message) != NULL);
        free(text);
        dcb_ci_clear(&ci);
    }
}

/* ---- long text ---- */

static void long_labels(void **state)
{
    struct dcb_ci ci = DCB_CI_INIT;
    char *label = dcb_xcalloc(LONG + 1, 1), *text;

    (void)state;
    for (size_t i = 0; i + 3 <= LONG; i += 3)
        memcpy(label + i, "\xe2\x82\xac", 3);
    dcb_ci_add(&ci, label, label, "time", DCB_CI_FAILED, "%s", label)->detail =
        dcb_xstrdup(label);
    text = junit_of(&ci);
    check_xml(text, 1);
    assert_contains(text, label); /* whole */
    free(text);
    text = annotations_of(&ci);
    assert_true(dcb_utf8_valid(text)); /* not cut within a character */
    assert_true(strlen(text) < 4500);
    assert_int_equal(count_of(text, "\n"), 1);
    assert_int_equal(count_of(text, "..."), 2);
    free(text);
    text = summary_of(&ci, NULL);
    assert_true(dcb_utf8_valid(text));
    free(text);
    free(label);
    dcb_ci_clear(&ci);
}

/* ---- the summary ---- */

static void summary_of_every_outcome(void **state)
{
    struct dcb_ci ci = DCB_CI_INIT;
    char *text;

    (void)state;
    fill(&ci);
    text = summary_of(&ci, "### the report\n");
    assert_string_equal(text, "## dcbench: 1 failed, 1 error, 1 undecided of 6 checks\n"
                              "\n"
                              "- **failed** (time): new is slower\n"
                              "- **error** (workers): 1 of 5 ended badly\n"
                              "- **undecided** (time): no verdict\n"
                              "\n"
                              "### the report\n");
    free(text);
    dcb_ci_clear(&ci);
}

static void headlines(void **state)
{
    struct dcb_ci ci = DCB_CI_INIT;
    char *text;

    (void)state;
    text = summary_of(&ci, NULL);
    assert_string_equal(text, "## dcbench: nothing was checked\n");
    free(text);
    dcb_ci_add(&ci, "memo", "new", "time", DCB_CI_SKIPPED, "no");
    text = summary_of(&ci, NULL);
    assert_string_equal(text, "## dcbench: nothing was checked\n");
    free(text);
    dcb_ci_add(&ci, "memo", "new", "copy", DCB_CI_PASSED, "well");
    text = summary_of(&ci, "table\n");
    assert_string_equal(text, "## dcbench: every check holds\n\ntable\n");
    free(text);
    dcb_ci_add(&ci, "memo", "new", "a", DCB_CI_ERROR, "1");
    dcb_ci_add(&ci, "memo", "new", "b", DCB_CI_ERROR, "2");
    text = summary_of(&ci, NULL);
    assert_contains(text, "## dcbench: 2 errors of 4 checks\n");
    free(text);
    dcb_ci_clear(&ci);
}

static void summary_of_hostile_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < HOSTILE; i++) {
        struct dcb_ci ci = DCB_CI_INIT;
        char *text;

        dcb_ci_add(&ci, "memo", "new", "time", DCB_CI_FAILED, "%s", hostile[i]);
        text = summary_of(&ci, NULL);
        assert_true(dcb_utf8_valid(text));
        assert_int_equal(count_of(text, "\n"), 3); /* the message stays on its line */
        for (const char *c = strstr(text, "(time): "); *c; c++) {
            assert_true((unsigned char)*c >= 0x20 || *c == '\n');
            if (strchr("<>`[]|", *c))
                assert_int_equal(c[-1], '\\');
        }
        free(text);
        dcb_ci_clear(&ci);
    }
}

/* ---- text that is read along ---- */

static const struct {
    const char *text, *tame;
} defused[] = {
    {"plain: a::b\n", "plain: a::b\n"},
    {"::error::x\n", ": :error::x\n"},
    {"a\n  \t::error::x\n", "a\n  \t: :error::x\n"},
    {"a\r::error::x", "a\r: :error::x"},
    {"\xc2\xa0::error::x", "\xc2\xa0: :error::x"},
    {"##[error]x ##[a]", "# #[error]x # #[a]"},
    {"a ##[set-output name=x]y", "a # #[set-output name=x]y"},
    {"", ""},
};

static void defused_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof defused / sizeof defused[0]; i++) {
        char *text = dcb_ci_defuse(defused[i].text);

        assert_string_equal(text, defused[i].tame);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_are_kept_and_counted),
        cmocka_unit_test(junit_of_every_outcome),
        cmocka_unit_test(junit_of_nothing),
        cmocka_unit_test(junit_of_hostile_text),
        cmocka_unit_test(xml_keeps_what_it_can),
        cmocka_unit_test(annotations_of_every_outcome),
        cmocka_unit_test(annotations_of_hostile_text),
        cmocka_unit_test(annotations_read_back),
        cmocka_unit_test(ten_annotations_of_a_kind),
        cmocka_unit_test(long_labels),
        cmocka_unit_test(summary_of_every_outcome),
        cmocka_unit_test(headlines),
        cmocka_unit_test(summary_of_hostile_text),
        cmocka_unit_test(defused_text),
    };

    return cmocka_run_group_tests_name("ci", tests, NULL, NULL);
}
