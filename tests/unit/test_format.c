#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <float.h>

#include "format.h"
#include "unit.h"

struct example {
    double value;
    const char *expected;
};

static const double none = (double)NAN;

static void assert_examples(const char *(*format)(char *, double),
                            const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char buffer[DCB_FORMAT_SIZE + 1];

        memset(buffer, '#', sizeof buffer);
        assert_ptr_equal(format(buffer, examples[i].value), buffer);
        if (strcmp(buffer, examples[i].expected) != 0)
            fail_msg("%.17g is \"%s\", not \"%s\"", examples[i].value, buffer,
                     examples[i].expected);
        assert_int_equal(buffer[DCB_FORMAT_SIZE], '#');
    }
}

static void times(void **state)
{
    const struct example examples[] = {
        {812, "812 ns"},      {61200, "61.2 us"},      {1240000, "1.24 ms"},
        {3.02e9, "3.02 s"},   {0, "0.00 ns"},          {0.5, "0.50 ns"},
        {9.994, "9.99 ns"},   {9.996, "10.0 ns"},      {99.94, "99.9 ns"},
        {99.96, "100 ns"},    {999.4, "999 ns"},       {999.6, "1.00 us"},
        {9996, "10.0 us"},    {999400, "999 us"},      {999600, "1.00 ms"},
        {999.6e6, "1.00 s"},  {123.4e9, "123 s"},      {12345e9, "12345 s"},
        {none, "-"},          {(double)INFINITY, "-"}, {-(double)INFINITY, "-"},
        {-61200, "-61.2 us"},
    };

    (void)state;
    assert_examples(dcb_format_time, examples, COUNT(examples));
}

static void counts(void **state)
{
    const struct example examples[] = {
        {421034, "421,034"},
        {3.25, "3.25"},
        {0.0012, "0.0012"},
        {1.906e9, "1.906e+09"},
        {none, "-"},
        {(double)INFINITY, "-"},
        {0, "0"},
        {-0.0, "0"},
        {1, "1.00"},
        {99.5, "99.50"},
        {100, "100.0"},
        {999.9, "999.9"},
        {1000, "1,000"},
        {12345.6, "12,346"},
        {999999, "999,999"},
        {1234567, "1,234,567"},
        {123456789, "123,456,789"},
        {-421034, "-421,034"},
        {-0.5, "-0.5"},
        {0.00005, "5e-05"},
        {-0.00005, "-5e-05"},
    };

    (void)state;
    assert_examples(dcb_format_count, examples, COUNT(examples));
}

/* What rounds up to the next form is written in it. */
static void counts_that_round_up(void **state)
{
    const struct example examples[] = {
        {999.96, "1,000"},
        {-999.99, "-1,000"},
        {999999999.7, "1.000e+09"},
    };

    (void)state;
    assert_examples(dcb_format_count, examples, COUNT(examples));
}

static void deltas_have_a_sign(void **state)
{
    const struct example examples[] = {
        {421034, "+421,034"},
        {-421034, "-421,034"},
        {3.25, "+3.25"},
        {-3.25, "-3.25"},
        {0, "0"},
        {none, "-"},
        {1.906e9, "+1.906e+09"},
        {-0.0012, "-0.0012"},
        {0.00005, "+5e-05"},
        {-1.906e9, "-1.906e+09"},
    };

    (void)state;
    assert_examples(dcb_format_delta, examples, COUNT(examples));
}

static void changes(void **state)
{
    const struct example examples[] = {
        {0.884, "-11.6 %"},   {1, "+0.0 %"},     {1.0004, "+0.0 %"},
        {0.9996, "+0.0 %"},   {0.999, "-0.1 %"}, {1.0006, "+0.1 %"},
        {2, "+100.0 %"},      {0, "-100.0 %"},   {9.99, "+899.0 %"},
        {10, "x 10.0"},       {12.53, "x 12.5"}, {100, "x 100"},
        {123456, "x 123456"}, {none, "-"},       {(double)INFINITY, "-"},
    };

    (void)state;
    assert_examples(dcb_format_change, examples, COUNT(examples));
}

static void whole_numbers_have_all_their_digits(void **state)
{
    char buffer[DCB_FORMAT_SIZE];

    (void)state;
    assert_string_equal(dcb_format_whole(buffer, 0), "0");
    assert_string_equal(dcb_format_whole(buffer, 999), "999");
    assert_string_equal(dcb_format_whole(buffer, 1000), "1,000");
    assert_string_equal(dcb_format_whole(buffer, UINT64_MAX),
                        "18,446,744,073,709,551,615");
}

static void nothing_overflows(void **state)
{
    static const double extremes[] = {DBL_MAX, -DBL_MAX, DBL_MIN, 1e300, -1e-300, 1e15};
    const char *(*const formats[])(char *, double) = {
        dcb_format_time, dcb_format_count, dcb_format_delta, dcb_format_change};

    (void)state;
    for (size_t i = 0; i < COUNT(formats); i++) {
        for (size_t k = 0; k < COUNT(extremes); k++) {
            char buffer[DCB_FORMAT_SIZE + 1];

            memset(buffer, '#', sizeof buffer);
            formats[i](buffer, extremes[k]);
            assert_non_null(memchr(buffer, '\0', DCB_FORMAT_SIZE));
            assert_int_equal(buffer[DCB_FORMAT_SIZE], '#');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times),
        cmocka_unit_test(counts),
        cmocka_unit_test(counts_that_round_up),
        cmocka_unit_test(deltas_have_a_sign),
        cmocka_unit_test(changes),
        cmocka_unit_test(whole_numbers_have_all_their_digits),
        cmocka_unit_test(nothing_overflows),
    };

    return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
