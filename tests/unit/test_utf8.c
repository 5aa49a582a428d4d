#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "utf8.h"
#include "xalloc.h"

static void assert_made(void (*make)(char *), const char *raw, const char *expected)
{
    char *text = dcb_xstrdup(raw);

    make(text);
    assert_string_equal(text, expected);
    free(text);
}

static void lengths(void **state)
{
    (void)state;
    assert_int_equal(dcb_utf8_length(""), 1);
    assert_int_equal(dcb_utf8_length("a"), 1);
    assert_int_equal(dcb_utf8_length("\xc3\xa9"), 2);
    assert_int_equal(dcb_utf8_length("\xe2\x82\xac"), 3);
    assert_int_equal(dcb_utf8_length("\xf4\x8f\xbf\xbf"), 4);
    /* cut off, alone, overlong, a surrogate, above the last one */
    assert_int_equal(dcb_utf8_length("\xe2\x82"), 0);
    assert_int_equal(dcb_utf8_length("\xf0\x9f\x98"), 0);
    assert_int_equal(dcb_utf8_length("\x80"), 0);
    assert_int_equal(dcb_utf8_length("\xc0\x80"), 0);
    assert_int_equal(dcb_utf8_length("\xe0\x9f\xbf"), 0);
    assert_int_equal(dcb_utf8_length("\xf0\x8f\xbf\xbf"), 0);
    assert_int_equal(dcb_utf8_length("\xed\xa0\x80"), 0);
    assert_int_equal(dcb_utf8_length("\xf4\x90\x80\x80"), 0);
    assert_int_equal(dcb_utf8_length("\xff"), 0);
}

static void mend(void **state)
{
    (void)state;
    assert_made(dcb_utf8_mend, "", "");
    assert_made(dcb_utf8_mend, "na\xc3\xafve \x1b[1m\n", "na\xc3\xafve \x1b[1m\n");
    assert_made(dcb_utf8_mend, "a\xff\x80z", "a??z");
    assert_made(dcb_utf8_mend, "\xed\xa0\x80", "???");
    assert_made(dcb_utf8_mend, "cut \xe2\x82", "cut ??");
    assert_true(dcb_utf8_valid("cut ??"));
    assert_false(dcb_utf8_valid("cut \xe2\x82"));
}

static void make_printable(void **state)
{
    (void)state;
    assert_made(dcb_utf8_make_printable, "red \x1b[31m\r\n\t\x7f", "red ?[31m????");
    assert_made(dcb_utf8_make_printable, "\xc2\x9b\x31m \xff", "?1m ?");
    assert_made(dcb_utf8_make_message, "a\n\tb\r\x1b\xe2\x80\xae", "a\n\tb???");
    assert_made(dcb_utf8_make_line, "a\nb\r\nc\td", "a b  c?d");
}

/* What makes a line look like another. */
static void invisible(void **state)
{
    static const char *const hidden[] = {
        "\xc2\xad",         /* U+00AD */
        "\xd8\x9c",         /* U+061C */
        "\xe1\xa0\x8e",     /* U+180E */
        "\xe2\x80\x8b",     /* U+200B */
        "\xe2\x80\x8f",     /* U+200F */
        "\xe2\x80\xa8",     /* U+2028 */
        "\xe2\x80\xaa",     /* U+202A */
        "\xe2\x80\xae",     /* U+202E */
        "\xe2\x81\xa0",     /* U+2060 */
        "\xe2\x81\xa4",     /* U+2064 */
        "\xe2\x81\xa6",     /* U+2066 */
        "\xe2\x81\xa9",     /* U+2069 */
        "\xef\xbb\xbf",     /* U+FEFF */
        "\xef\xbf\xb9",     /* U+FFF9 */
        "\xf3\xa0\x80\xa0", /* U+E0020 */
    };
    static const char *const shown[] = {
        "\xc2\xa0",         /* U+00A0 */
        "\xe2\x80\x8a",     /* U+200A, a narrow blank */
        "\xe2\x80\x90",     /* U+2010, a hyphen */
        "\xe2\x80\xa7",     /* U+2027 */
        "\xe2\x80\xaf",     /* U+202F, a narrow blank */
        "\xe2\x81\x9f",     /* U+205F, a blank */
        "\xe2\x81\xb0",     /* U+2070, a digit */
        "\xef\xbb\xbe",     /* U+FEFE */
        "\xf0\x9f\x98\x80", /* U+1F600 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        assert_made(dcb_utf8_make_printable, hidden[i], "?");
        assert_made(dcb_utf8_mend, hidden[i], hidden[i]);
        assert_false(dcb_utf8_is_printable(hidden[i]));
        assert_true(dcb_utf8_is_line(hidden[i]));
    }
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        assert_made(dcb_utf8_make_printable, shown[i], shown[i]);
        assert_true(dcb_utf8_is_printable(shown[i]));
    }
}

static void is_line(void **state)
{
    (void)state;
    assert_true(dcb_utf8_is_line(""));
    assert_true(dcb_utf8_is_line("na\xc3\xafve"));
    assert_false(dcb_utf8_is_line("a\nb"));
    assert_false(dcb_utf8_is_line("\x1b[31m"));
    assert_false(dcb_utf8_is_line("\xc2\x85"));
    assert_false(dcb_utf8_is_line("\xff"));
    assert_false(dcb_utf8_is_printable("a\nb"));
    assert_false(dcb_utf8_is_printable("\xff"));
}

static void widths(void **state)
{
    (void)state;
    assert_int_equal(dcb_utf8_width(""), 0);
    assert_int_equal(dcb_utf8_width("abc"), 3);
    assert_int_equal(dcb_utf8_width("na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80"), 9);
}

static void assert_short(const char *text, size_t width, const char *expected)
{
    char *label = dcb_utf8_shorten(text, width);

    assert_string_equal(label, expected);
    assert_true(dcb_utf8_width(label) <= width);
    free(label);
}

static void shorten(void **state)
{
    (void)state;
    assert_short("", 3, "");
    assert_short("abcdef", 6, "abcdef");
    assert_short("abcdefg", 6, "ab..fg");
    assert_short("abcdefgh", 7, "abc..gh");
    assert_short("abcd", 3, "a..");
    /* Characters, not bytes; and none is cut. */
    assert_short("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 4, "\xc3\xa9..\xc3\xa9");
    assert_short("\xf0\x9f\x98\x80\xc3\xa9", 3, "\xf0\x9f\x98\x80\xc3\xa9");
    /* Each byte that is none of UTF-8 is a character when it is printed. */
    assert_short("a\x1b\xff\xe2\x80\xaez", 6, "a???z");
    assert_short("\xff\xff\xff\xff\xff", 4, "?..?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths),        cmocka_unit_test(mend),
        cmocka_unit_test(make_printable), cmocka_unit_test(invisible),
        cmocka_unit_test(is_line),        cmocka_unit_test(widths),
        cmocka_unit_test(shorten),
    };

    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
