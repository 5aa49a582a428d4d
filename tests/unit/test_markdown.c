#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "markdown.h"
#include "strbuf.h"
#include "unit.h"

static void assert_made(void (*append)(struct dcb_strbuf *, const char *),
                        const char *raw, const char *expected)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_strbuf_append(&out, "|");
    append(&out, raw);
    assert_string_equal(out.text + 1, expected);
    dcb_strbuf_clear(&out);
}

static void plain(void **state)
{
    static const char *const texts[] = {
        "", "-12.1 %", "+-0.4 %", "1.5 us", "a (b), c: d; e!", "na\xc3\xafve", "x = y",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_made(dcb_markdown_append, texts[i], texts[i]);
}

static void marks(void **state)
{
    (void)state;
    assert_made(dcb_markdown_append, "[a](b)", "\\[a\\](b)");
    assert_made(dcb_markdown_append, "![a](b)", "!\\[a\\](b)");
    assert_made(dcb_markdown_append, "<img src=x>", "\\<img src=x\\>");
    assert_made(dcb_markdown_append, "&lt;", "\\&lt;");
    assert_made(dcb_markdown_append, "*a* _b_ ~~c~~ `d` $e$",
                "\\*a\\* \\_b\\_ \\~\\~c\\~\\~ \\`d\\` \\$e\\$");
    assert_made(dcb_markdown_append, "a|b\\|c", "a\\|b\\\\\\|c");
    assert_made(dcb_markdown_append, "# a", "\\# a");
    assert_made(dcb_markdown_append, "a_b_c _a_ b__c", "a_b_c \\_a\\_ b\\_\\_c");
}

static void links(void **state)
{
    (void)state;
    assert_made(dcb_markdown_append, "https://a.example", "https\\://a.example");
    assert_made(dcb_markdown_append, "see WWW.a.example", "see WWW\\.a.example");
    assert_made(dcb_markdown_append, ".a ww.b", ".a ww.b");
}

static void mentions(void **state)
{
    (void)state;
    assert_made(dcb_markdown_append, "@team and a@b.c",
                "@<!-- -->team and a@<!-- -->b.c");
    assert_made(dcb_markdown_append, "x#12", "x\\#<!-- -->12");
    assert_made(dcb_markdown_append, "@ 1 #a @", "@ 1 \\#a @");
}

static void one_line(void **state)
{
    (void)state;
    assert_made(dcb_markdown_append, "a\n# b\r\n\n- c", "a \\# b   - c");
    assert_made(dcb_markdown_append, "\x1b[31m\xe2\x80\xae\xff", "?\\[31m??");
}

static void starts(void **state)
{
    (void)state;
    assert_made(dcb_markdown_append_start, "", "");
    assert_made(dcb_markdown_append_start, "- a", "\\- a");
    assert_made(dcb_markdown_append_start, "+ a", "\\+ a");
    assert_made(dcb_markdown_append_start, "=== a", "\\=== a");
    assert_made(dcb_markdown_append_start, "---", "\\---");
    assert_made(dcb_markdown_append_start, "12. a", "12\\. a");
    assert_made(dcb_markdown_append_start, "1) a", "1\\) a");
    assert_made(dcb_markdown_append_start, "12 workers", "12 workers");
    assert_made(dcb_markdown_append_start, "> a", "\\> a");
    assert_made(dcb_markdown_append_start, "\n     a - b", "a - b");
    assert_made(dcb_markdown_append_start, "```", "\\`\\`\\`");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain),    cmocka_unit_test(marks),    cmocka_unit_test(links),
        cmocka_unit_test(mentions), cmocka_unit_test(one_line), cmocka_unit_test(starts),
    };

    return cmocka_run_group_tests_name("markdown", tests, NULL, NULL);
}
