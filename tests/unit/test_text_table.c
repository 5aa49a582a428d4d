#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "text_table.h"

/* Prints, compares and frees the table. */
static void assert_prints(struct dcb_text_table *table, enum dcb_table_format format,
                          unsigned indent, bool color, const char *expected)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_strbuf_append(&out, "before\n");
    dcb_text_table_print(table, format, indent, color, &out);
    dcb_text_table_free(table);
    assert_memory_equal(out.text, "before\n", 7);
    assert_string_equal(out.text + 7, expected);
    dcb_strbuf_clear(&out);
}

/* A left and a right column; cells wider and narrower than the titles. */
static struct dcb_text_table *example(void)
{
    struct dcb_text_table *table = dcb_text_table_new();

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "impl");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "ratio");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "verdict");
    dcb_text_table_cell(table, DCB_STYLE_BOLD, "%s", "merged");
    dcb_text_table_cell(table, DCB_STYLE_GOOD, "%.2f", 0.88);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "faster");
    dcb_text_table_cell(table, DCB_STYLE_DIM, "%c", 'x');
    dcb_text_table_cell(table, DCB_STYLE_BAD, "%d", 1234567);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "");
    return table;
}

/* A table of one right column, whose title is `title`, and one cell. */
static struct dcb_text_table *single(const char *title, const char *text)
{
    struct dcb_text_table *table = dcb_text_table_new();

    dcb_text_table_column(table, DCB_ALIGN_RIGHT, title);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", text);
    return table;
}

static void text_is_aligned(void **state)
{
    (void)state;
    assert_prints(example(), DCB_TABLE_TEXT, 0, false,
                  "impl      ratio  verdict\n"
                  "merged     0.88  faster\n"
                  "x       1234567\n");
}

static void text_is_indented(void **state)
{
    (void)state;
    assert_prints(example(), DCB_TABLE_TEXT, 3, false,
                  "   impl      ratio  verdict\n"
                  "   merged     0.88  faster\n"
                  "   x       1234567\n");
}

static void color_does_not_move_anything(void **state)
{
    (void)state;
    assert_prints(example(), DCB_TABLE_TEXT, 1, true,
                  " impl      ratio  verdict\n"
                  " \033[1mmerged\033[0m     \033[32m0.88\033[0m  faster\n"
                  " \033[2mx\033[0m       \033[31m1234567\033[0m\n");
}

static void color_is_for_text_only(void **state)
{
    (void)state;
    assert_prints(example(), DCB_TABLE_MARKDOWN, 0, true,
                  "| impl | ratio | verdict |\n"
                  "| --- | ---: | --- |\n"
                  "| merged | 0.88 | faster |\n"
                  "| x | 1234567 |  |\n");
    assert_prints(example(), DCB_TABLE_CSV, 0, true,
                  "impl,ratio,verdict\n"
                  "merged,0.88,faster\n"
                  "x,1234567,\n");
}

static void indent_is_for_text_only(void **state)
{
    (void)state;
    assert_prints(single("a", "b"), DCB_TABLE_MARKDOWN, 4, false,
                  "| a |\n| ---: |\n| b |\n");
    assert_prints(single("a", "b"), DCB_TABLE_CSV, 4, false, "a\nb\n");
}

static void no_line_ends_in_blanks(void **state)
{
    struct dcb_text_table *table = dcb_text_table_new();

    (void)state;
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "a");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "bbb");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "c");
    /* Nothing at all, */
    dcb_text_table_cell(table, DCB_STYLE_BOLD, "%s", "");
    dcb_text_table_cell(table, DCB_STYLE_BOLD, "%s", "");
    dcb_text_table_cell(table, DCB_STYLE_BOLD, "%s", "");
    /* blanks of the cell's own at the end, */
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "x");
    dcb_text_table_cell(table, DCB_STYLE_GOOD, "%s", "y ");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "  ");
    /* and blanks of the cell's own with something behind them. */
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "x");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", " y ");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "z");
    assert_prints(table, DCB_TABLE_TEXT, 2, true,
                  "  a  bbb   c\n"
                  "\n"
                  "  x  \033[32my\033[0m\n"
                  "  x   y    z\n");
}

static void width_counts_code_points(void **state)
{
    struct dcb_text_table *table = dcb_text_table_new();

    (void)state;
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "\xc2\xb5s");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "\xe2\x88\x86");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "end");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "12345");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        "\xc2\xb1\xe2\x89\x88\xf0\x9f\x90\x8d");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "x");
    assert_prints(table, DCB_TABLE_TEXT, 0, false,
                  "   \xc2\xb5s  \xe2\x88\x86    end\n"
                  "12345  \xc2\xb1\xe2\x89\x88\xf0\x9f\x90\x8d  x\n");
}

/* Each as a title and as a cell; what becomes of it. */
static void control_characters_are_replaced(void **state)
{
    static const struct {
        const char *text, *printed;
    } rows[] = {
        {"a\tb\nc\r\0337", "a?b?c??7"},
        {"\001\037\177", "???"},
        /* U+0080 and U+009B (which starts an escape sequence), but not U+00A0. */
        {"\xc2\x80\xc2\x9b\xc2\xa0", "??\xc2\xa0"},
        /* Not UTF-8: stray bytes, a cut character, overlong forms, a surrogate, beyond
         * the last code point. */
        {"a\x9b\xff", "a??"},
        {"\xfc\x80\x80\x80", "????"},
        {"\xe2\x88", "??"},
        {"\xe2\x88z", "??z"},
        {"\xc0\x9b", "??"},
        {"\xe0\x80\x9b", "???"},
        {"\xed\xa0\x80", "???"},
        {"\xf4\x90\x80\x80", "????"},
        {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
        {"\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char expected[200];
        const char *printed = rows[i].printed;

        snprintf(expected, sizeof(expected), "%s\n%s\n", printed, printed);
        assert_prints(single(rows[i].text, rows[i].text), DCB_TABLE_TEXT, 0, false,
                      expected);
        assert_prints(single(rows[i].text, rows[i].text), DCB_TABLE_CSV, 0, false,
                      expected);
        snprintf(expected, sizeof(expected), "| %s |\n| ---: |\n| %s |\n", printed,
                 printed);
        assert_prints(single(rows[i].text, rows[i].text), DCB_TABLE_MARKDOWN, 0, false,
                      expected);
    }
}

static void replaced_characters_have_width_one(void **state)
{
    (void)state;
    assert_prints(single("title", "\xc2\x9b\n\xff"), DCB_TABLE_TEXT, 0, false,
                  "title\n  ???\n");
}

static void markdown_escapes_pipes(void **state)
{
    (void)state;
    assert_prints(single("a|b", "|c||"), DCB_TABLE_MARKDOWN, 0, false,
                  "| a\\|b |\n| ---: |\n| \\|c\\|\\| |\n");
    /* A backslash of the cell's own must not undo the escape. */
    assert_prints(single("a", "\\|"), DCB_TABLE_MARKDOWN, 0, false,
                  "| a |\n| ---: |\n| \\\\\\| |\n");
    assert_prints(single("a|b", "c\\d"), DCB_TABLE_TEXT, 0, false, "a|b\nc\\d\n");
    assert_prints(single("a|b", "c\\d"), DCB_TABLE_CSV, 0, false, "a|b\nc\\d\n");
}

static void csv_is_quoted_where_needed(void **state)
{
    struct dcb_text_table *table = dcb_text_table_new();

    (void)state;
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "a,b");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "plain");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "say \"x\"");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", " y z ");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "\"");
    assert_prints(table, DCB_TABLE_CSV, 0, false,
                  "\"a,b\",plain\n"
                  "\"say \"\"x\"\"\", y z \n"
                  ",\"\"\"\"\n");
    /* Not an empty line, which readers skip. */
    assert_prints(single("a", ""), DCB_TABLE_CSV, 0, false, "a\n\"\"\n");
}

static void a_table_without_rows_has_its_header(void **state)
{
    static const struct {
        enum dcb_table_format format;
        const char *expected;
    } rows[] = {
        {DCB_TABLE_TEXT, "a  b\n"},
        {DCB_TABLE_MARKDOWN, "| a | b |\n| --- | ---: |\n"},
        {DCB_TABLE_CSV, "a,b\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dcb_text_table *table = dcb_text_table_new();

        dcb_text_table_column(table, DCB_ALIGN_LEFT, "a");
        dcb_text_table_column(table, DCB_ALIGN_RIGHT, "b");
        assert_prints(table, rows[i].format, 0, false, rows[i].expected);
        assert_prints(dcb_text_table_new(), rows[i].format, 2, false, "");
    }
    dcb_text_table_free(NULL);
}

static void a_table_may_be_large(void **state)
{
    struct dcb_text_table *table = dcb_text_table_new();
    struct dcb_strbuf expected = DCB_STRBUF_INIT;
    char title[] = "c";

    (void)state;
    for (int column = 0; column < 20; column++) {
        title[0] = (char)('a' + column);
        dcb_text_table_column(table, DCB_ALIGN_LEFT, title);
        dcb_strbuf_appendf(&expected, "%s%c", column ? "," : "", 'a' + column);
    }
    for (int cell = 0; cell < 20 * 300; cell++) {
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%0*d", cell % 200, cell);
        dcb_strbuf_appendf(&expected, "%c%0*d", cell % 20 ? ',' : '\n', cell % 200, cell);
    }
    dcb_strbuf_append(&expected, "\n");
    assert_prints(table, DCB_TABLE_CSV, 0, false, expected.text);
    dcb_strbuf_clear(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_aligned),
        cmocka_unit_test(text_is_indented),
        cmocka_unit_test(color_does_not_move_anything),
        cmocka_unit_test(color_is_for_text_only),
        cmocka_unit_test(indent_is_for_text_only),
        cmocka_unit_test(no_line_ends_in_blanks),
        cmocka_unit_test(width_counts_code_points),
        cmocka_unit_test(control_characters_are_replaced),
        cmocka_unit_test(replaced_characters_have_width_one),
        cmocka_unit_test(markdown_escapes_pipes),
        cmocka_unit_test(csv_is_quoted_where_needed),
        cmocka_unit_test(a_table_without_rows_has_its_header),
        cmocka_unit_test(a_table_may_be_large),
    };

    return cmocka_run_group_tests_name("text_table", tests, NULL, NULL);
}
