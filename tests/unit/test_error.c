#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

static void set_fills_the_error(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;

    (void)state;
    assert_int_equal(dcb_error_set(&err, DCB_ERROR_USAGE, "%s: %d", "--rounds", -3), -1);
    assert_int_equal(err.code, DCB_ERROR_USAGE);
    assert_int_equal(err.saved_errno, 0);
    assert_string_equal(err.text, "--rounds: -3");
}

static void set_errno_appends_the_reason(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;
    char expected[256];

    (void)state;
    assert_int_equal(dcb_error_set_errno(&err, ENOENT, "cannot open %s", "a.json"), -1);
    assert_int_equal(err.code, DCB_ERROR_SYSTEM);
    assert_int_equal(err.saved_errno, ENOENT);
    snprintf(expected, sizeof(expected), "cannot open a.json: %s", strerror(ENOENT));
    assert_string_equal(err.text, expected);
}

static void set_errno_takes_any_number(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;

    (void)state;
    dcb_error_set_errno(&err, 98765, "read");
    assert_int_equal(err.saved_errno, 98765);
    assert_memory_equal(err.text, "read: ", 6);
    assert_non_null(strstr(err.text, "98765"));
}

static void first_error_wins(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;

    (void)state;
    dcb_error_set_errno(&err, EACCES, "first");

    struct dcb_error before = err;

    assert_int_equal(dcb_error_set(&err, DCB_ERROR_INTERNAL, "second"), -1);
    assert_memory_equal(&err, &before, sizeof(err));
    assert_int_equal(dcb_error_set_errno(&err, EIO, "third"), -1);
    assert_memory_equal(&err, &before, sizeof(err));
}

static void prefixes_stand_outermost_first(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;

    (void)state;
    dcb_error_set_errno(&err, EIO, "read");

    char expected[1100];

    snprintf(expected, sizeof(expected), "run: worker 7: %s", err.text);
    assert_int_equal(dcb_error_prefix(&err, "worker %d", 7), -1);
    assert_int_equal(dcb_error_prefix(&err, "run"), -1);
    assert_string_equal(err.text, expected);
    assert_int_equal(err.code, DCB_ERROR_SYSTEM);
    assert_int_equal(err.saved_errno, EIO);
}

static void prefix_leaves_an_unset_error_alone(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;

    (void)state;
    assert_int_equal(dcb_error_prefix(&err, "worker"), -1);
    assert_int_equal(err.code, DCB_OK);
    assert_string_equal(err.text, "");
    dcb_error_set(&err, DCB_ERROR_USAGE, "later");
    assert_string_equal(err.text, "later");
}

static void texts_are_not_formats(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;

    (void)state;
    dcb_error_set(&err, DCB_ERROR_USAGE, "%s", "100%d");
    dcb_error_prefix(&err, "%s", "%n");
    assert_string_equal(err.text, "%n: 100%d");
}

static void null_is_allowed(void **state)
{
    (void)state;
    assert_int_equal(dcb_error_set(NULL, DCB_ERROR_USAGE, "x"), -1);
    assert_int_equal(dcb_error_set_errno(NULL, EIO, "x"), -1);
    assert_int_equal(dcb_error_prefix(NULL, "x"), -1);
}

static void long_texts_are_cut(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;
    char filler[3000];

    (void)state;
    memset(filler, 'a', sizeof(filler) - 1);
    filler[sizeof(filler) - 1] = '\0';

    dcb_error_set(&err, DCB_ERROR_USAGE, "%s", filler);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    dcb_error_prefix(&err, "context");
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_memory_equal(err.text, "context: aaa", 12);
    dcb_error_prefix(&err, "b%s", filler);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_memory_equal(err.text, "baaa", 4);

    err = (struct dcb_error)DCB_ERROR_INIT;
    dcb_error_set_errno(&err, EIO, "%s", filler);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_int_equal(err.saved_errno, EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_fills_the_error),
        cmocka_unit_test(set_errno_appends_the_reason),
        cmocka_unit_test(set_errno_takes_any_number),
        cmocka_unit_test(first_error_wins),
        cmocka_unit_test(prefixes_stand_outermost_first),
        cmocka_unit_test(prefix_leaves_an_unset_error_alone),
        cmocka_unit_test(texts_are_not_formats),
        cmocka_unit_test(null_is_allowed),
        cmocka_unit_test(long_texts_are_cut),
    };

    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
