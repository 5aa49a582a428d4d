/* The growing text, and the allocation under it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "strbuf.h"
#include "xalloc.h"

/* AddressSanitizer asks for this by name: it would otherwise end the program itself where
 * an allocation is too large. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void appends_in_order(void **state)
{
    struct dcb_strbuf buf = DCB_STRBUF_INIT;

    (void)state;
    dcb_strbuf_append(&buf, "one");
    dcb_strbuf_append_bytes(&buf, ", two and more", 5);
    dcb_strbuf_appendf(&buf, ", %s %d%%", "three", 100);
    dcb_strbuf_pad(&buf, '.', 3);
    assert_string_equal(buf.text, "one, two, three 100%...");
    assert_int_equal(buf.length, strlen(buf.text));
    assert_true(buf.capacity > buf.length);
    dcb_strbuf_clear(&buf);
}

static void nothing_appended_is_a_text(void **state)
{
    struct dcb_strbuf buf = DCB_STRBUF_INIT;

    (void)state;
    dcb_strbuf_append(&buf, "");
    assert_non_null(buf.text);
    assert_string_equal(buf.text, "");
    dcb_strbuf_clear(&buf);

    dcb_strbuf_append_bytes(&buf, NULL, 0);
    assert_non_null(buf.text);
    assert_string_equal(buf.text, "");
    dcb_strbuf_clear(&buf);

    dcb_strbuf_pad(&buf, ' ', 0);
    assert_non_null(buf.text);
    assert_string_equal(buf.text, "");
    dcb_strbuf_clear(&buf);

    dcb_strbuf_appendf(&buf, "%s", "");
    assert_non_null(buf.text);
    assert_string_equal(buf.text, "");
    dcb_strbuf_clear(&buf);
}

static void keeps_null_bytes(void **state)
{
    struct dcb_strbuf buf = DCB_STRBUF_INIT;

    (void)state;
    dcb_strbuf_append_bytes(&buf, "a\0b", 3);
    dcb_strbuf_append(&buf, "c");
    assert_int_equal(buf.length, 4);
    assert_memory_equal(buf.text, "a\0bc", 5);
    dcb_strbuf_clear(&buf);
}

/* Every way of growing, over each boundary of the capacity. */
static void grows_at_every_length(void **state)
{
    struct dcb_strbuf bytes = DCB_STRBUF_INIT, formatted = DCB_STRBUF_INIT;
    char expected[1001];

    (void)state;
    for (size_t i = 0; i < sizeof(expected) - 1; i++) {
        expected[i] = (char)('a' + i % 26);
        expected[i + 1] = '\0';
        dcb_strbuf_append_bytes(&bytes, &expected[i], 1);
        dcb_strbuf_appendf(&formatted, "%c", expected[i]);
        assert_string_equal(bytes.text, expected);
        assert_string_equal(formatted.text, expected);
    }

    for (size_t length = 0; length < 300; length++) {
        struct dcb_strbuf whole = DCB_STRBUF_INIT, padded = DCB_STRBUF_INIT;

        dcb_strbuf_appendf(&whole, "%.*s", (int)length, expected);
        assert_int_equal(whole.length, length);
        assert_memory_equal(whole.text, expected, length);
        assert_int_equal(whole.text[length], '\0');
        dcb_strbuf_pad(&padded, 'x', length);
        assert_int_equal(strspn(padded.text, "x"), length);
        assert_int_equal(strlen(padded.text), length);
        dcb_strbuf_clear(&whole);
        dcb_strbuf_clear(&padded);
    }
    dcb_strbuf_clear(&bytes);
    dcb_strbuf_clear(&formatted);
}

static void take_hands_over_and_empties(void **state)
{
    struct dcb_strbuf buf = DCB_STRBUF_INIT;

    (void)state;
    dcb_strbuf_append(&buf, "first");

    char *first = dcb_strbuf_take(&buf);

    assert_null(buf.text);
    assert_int_equal(buf.length, 0);
    assert_int_equal(buf.capacity, 0);
    dcb_strbuf_append(&buf, "second");
    assert_string_equal(first, "first");
    assert_string_equal(buf.text, "second");
    free(first);
    dcb_strbuf_clear(&buf);

    char *empty = dcb_strbuf_take(&buf);

    assert_non_null(empty);
    assert_string_equal(empty, "");
    free(empty);
}

static void clear_leaves_it_usable(void **state)
{
    struct dcb_strbuf buf = DCB_STRBUF_INIT;

    (void)state;
    dcb_strbuf_clear(NULL);
    dcb_strbuf_clear(&buf);
    dcb_strbuf_append(&buf, "old");
    dcb_strbuf_clear(&buf);
    assert_null(buf.text);
    assert_int_equal(buf.length, 0);
    dcb_strbuf_append(&buf, "new");
    assert_string_equal(buf.text, "new");
    dcb_strbuf_clear(&buf);
}

static void xcalloc_zeroes(void **state)
{
    (void)state;

    unsigned char *block = dcb_xcalloc(100, 7);

    for (size_t i = 0; i < 700; i++)
        assert_int_equal(block[i], 0);
    free(block);
    block = dcb_xcalloc(0, 7);
    assert_non_null(block);
    free(block);
}

static void xrealloc_keeps_the_content(void **state)
{
    (void)state;

    char *block = dcb_xrealloc(NULL, 2, 3);

    memcpy(block, "abcde", 6);
    block = dcb_xrealloc(block, 5000, 3);
    assert_string_equal(block, "abcde");
    block[14999] = 'x';
    /* realloc() to nothing would free it and return NULL. */
    block = dcb_xrealloc(block, 0, 3);
    assert_non_null(block);
    free(block);
}

static void strings_are_copied(void **state)
{
    char source[] = "text";

    (void)state;

    char *whole = dcb_xstrdup(source);
    char *part = dcb_xstrndup(source, 2);
    char *longer = dcb_xstrndup(source, 20);
    char *formatted = dcb_xasprintf("%s-%03d", source, 7);

    memset(source, '!', 4);
    assert_string_equal(whole, "text");
    assert_string_equal(part, "te");
    assert_string_equal(longer, "text");
    assert_string_equal(formatted, "text-007");
    free(whole);
    free(part);
    free(longer);
    free(formatted);
}

static void xgrow_doubles_when_full(void **state)
{
    uint32_t *array = NULL;
    size_t capacity = 0, changes = 0;

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        size_t before = capacity;
        uint32_t *old = array;

        array = dcb_xgrow(array, i, &capacity, sizeof(*array));
        assert_true(capacity > i);
        if (i < before) {
            assert_ptr_equal(array, old);
            assert_int_equal(capacity, before);
        } else {
            changes++;
            if (before)
                assert_int_equal(capacity, 2 * before);
        }
        array[i] = i;
    }
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(array[i], i);
    assert_true(changes <= 10);
    free(array);
}

static void overflowing_calloc(void)
{
    free(dcb_xcalloc(SIZE_MAX / 2, 3));
}

static void overflowing_realloc(void)
{
    /* The product is 2^64 + 4: without a check, four bytes. */
    free(dcb_xrealloc(NULL, SIZE_MAX / 4 + 2, 4));
}

static void huge_calloc(void)
{
    free(dcb_xcalloc(1, PTRDIFF_MAX));
}

static void huge_realloc(void)
{
    free(dcb_xrealloc(NULL, PTRDIFF_MAX, 1));
}

static void overflowing_grow(void)
{
    size_t capacity = SIZE_MAX / 2 + 1;

    free(dcb_xgrow(NULL, capacity, &capacity, 1));
}

static void overflowing_strbuf(void)
{
    struct dcb_strbuf buf = DCB_STRBUF_INIT;

    dcb_strbuf_append(&buf, "a");
    dcb_strbuf_pad(&buf, ' ', SIZE_MAX - 1);
}

/* Runs `act` in a child; returns its wait status and what it wrote to standard error. */
static int run_child(void (*act)(void), char *text, size_t size)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);

    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        act();
        _exit(99);
    }
    close(ends[1]);

    size_t length = 0;
    ssize_t got;

    while (length < size - 1) {
        got = read(ends[0], text + length, size - 1 - length);
        if (got == 0 || (got < 0 && errno != EINTR))
            break;
        if (got > 0)
            length += (size_t)got;
    }
    text[length] = '\0';
    close(ends[0]);

    int status = -1;

    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void out_of_memory_ends_with_a_message(void **state)
{
    void (*const acts[])(void) = {overflowing_calloc, overflowing_realloc,
                                  huge_calloc,        huge_realloc,
                                  overflowing_grow,   overflowing_strbuf};

    (void)state;
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        /* A sanitizer may have put its own warning in front. */
        const char *message = "dcbench: out of memory\n";
        char text[16384];
        int status = run_child(acts[i], text, sizeof(text));

        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 3);
        assert_true(strlen(text) >= strlen(message));
        assert_string_equal(text + strlen(text) - strlen(message), message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_in_order),
        cmocka_unit_test(nothing_appended_is_a_text),
        cmocka_unit_test(keeps_null_bytes),
        cmocka_unit_test(grows_at_every_length),
        cmocka_unit_test(take_hands_over_and_empties),
        cmocka_unit_test(clear_leaves_it_usable),
        cmocka_unit_test(xcalloc_zeroes),
        cmocka_unit_test(xrealloc_keeps_the_content),
        cmocka_unit_test(strings_are_copied),
        cmocka_unit_test(xgrow_doubles_when_full),
        cmocka_unit_test(out_of_memory_ends_with_a_message),
    };

    return cmocka_run_group_tests_name("strbuf", tests, NULL, NULL);
}
