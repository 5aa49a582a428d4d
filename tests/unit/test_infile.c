#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include <zlib.h>

#include "infile.h"
#include "strbuf.h"
#include "tree.h"

/* Appends one gzip member. */
static void pack(struct dcb_strbuf *out, const void *bytes, size_t length)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)length};
    size_t room;
    char *packed;

    assert_int_equal(
        deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY),
        Z_OK);
    room = deflateBound(&stream, length);
    packed = dcb_xcalloc(room, 1);
    stream.next_out = (Bytef *)packed;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    dcb_strbuf_append_bytes(out, packed, room - stream.avail_out);
    deflateEnd(&stream);
    free(packed);
}

/* The file's path, owned by the caller. */
static char *put(const char *folder, const void *bytes, size_t length)
{
    char *path = dcb_xasprintf("%s/file", folder);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void assert_reads(const char *folder, const void *bytes, size_t length,
                         const char *expected, size_t expected_length)
{
    struct dcb_error err = DCB_ERROR_INIT;
    char *path = put(folder, bytes, length), *text;
    size_t got;

    text = dcb_infile_read(path, &got, &err);
    assert_no_error(&err);
    assert_non_null(text);
    assert_int_equal(got, expected_length);
    assert_memory_equal(text, expected, got);
    assert_int_equal(text[got], '\0');
    free(text);
    free(path);
}

static void assert_fails(const char *path, const char *part)
{
    struct dcb_error err = DCB_ERROR_INIT;
    size_t before = count_descriptors(), length = 7;

    assert_null(dcb_infile_read(path, &length, &err));
    assert_int_equal(length, 7);
    assert_contains(err.text, path);
    assert_error(&err, DCB_ERROR_SYSTEM, part);
    assert_int_equal(count_descriptors(), before);
}

static void plain(void **state)
{
    assert_reads(*state, "{}\n", 3, "{}\n", 3);
    assert_reads(*state, "", 0, "", 0);
    assert_reads(*state, "a\0b", 3, "a\0b", 3);
    assert_reads(*state, "\x1f", 1, "\x1f", 1);
}

static void packed(void **state)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    char *large = dcb_xcalloc(1000001, 1);

    pack(&out, "one", 3);
    assert_reads(*state, out.text, out.length, "one", 3);
    pack(&out, "", 0);
    pack(&out, " two", 4);
    assert_reads(*state, out.text, out.length, "one two", 7);
    dcb_strbuf_clear(&out);
    memset(large, 'x', 1000000);
    pack(&out, large, 1000000);
    assert_reads(*state, out.text, out.length, large, 1000000);
    dcb_strbuf_clear(&out);
    free(large);
}

/* Python's gzip reads it, too. */
static void padded(void **state)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    char *path;

    pack(&out, "one", 3);
    dcb_strbuf_pad(&out, '\0', 1);
    assert_reads(*state, out.text, out.length, "one", 3);
    dcb_strbuf_pad(&out, '\0', 511);
    assert_reads(*state, out.text, out.length, "one", 3);
    pack(&out, " two", 4);
    dcb_strbuf_pad(&out, '\0', 3);
    assert_reads(*state, out.text, out.length, "one two", 7);
    dcb_strbuf_append(&out, "x");
    path = put(*state, out.text, out.length);
    assert_fails(path, "the gzip data are cut off");
    free(path);
    dcb_strbuf_clear(&out);
}

static void byte_order_mark(void **state)
{
    static const char mark[] = "\xef\xbb\xbf", marked[] = "\xef\xbb\xbf{}";
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    assert_reads(*state, marked, 5, "{}", 2);
    assert_reads(*state, mark, 3, "", 0);
    assert_reads(*state, mark, 2, mark, 2);
    assert_reads(*state, "\xef\xbb\xbf\xef\xbb\xbf{}", 8, marked, 5);
    pack(&out, marked, 5);
    assert_reads(*state, out.text, out.length, "{}", 2);
    dcb_strbuf_clear(&out);
}

static void cut_anywhere(void **state)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    pack(&out, "{\"a\": [1, 2, 3, 4, 5]}", 22);
    for (size_t length = 2; length < out.length; length++) {
        char *path = put(*state, out.text, length);

        assert_fails(path, "the gzip data are cut off");
        free(path);
    }
    dcb_strbuf_clear(&out);
}

static void damaged(void **state)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    char *path;

    pack(&out, "{\"a\": [1, 2, 3, 4, 5]}", 22);
    out.text[out.length - 6] ^= 1; /* its check sum */
    path = put(*state, out.text, out.length);
    assert_fails(path, "damaged gzip data: ");
    free(path);
    out.text[out.length - 6] ^= 1;
    dcb_strbuf_append(&out, "rubbish");
    path = put(*state, out.text, out.length);
    assert_fails(path, "damaged gzip data: ");
    free(path);
    dcb_strbuf_clear(&out);
}

static void what_is_no_file(void **state)
{
    char *path = dcb_xasprintf("%s/not there", (const char *)*state);

    assert_fails(*state, "is a folder, not a file");
    assert_fails(path, "No such file or directory");
    assert_fails("/dev/zero", "more than 64 MiB");
    assert_fails("/proc/self/mem", "cannot be read");
    assert_fails("", "No such file");
    free(path);
}

/* A file of so many null bytes, which take no room on the disk. */
static char *put_sparse(const char *folder, off_t size)
{
    char *path = put(folder, "", 0);

    assert_int_equal(truncate(path, size), 0);
    return path;
}

static void as_large_as_may_be(void **state)
{
    char *path = put_sparse(*state, DCB_INFILE_MAX), *text;
    size_t length;

    text = dcb_infile_read(path, &length, NULL);
    assert_non_null(text);
    assert_int_equal(length, DCB_INFILE_MAX);
    free(text);
    free(path);
    path = put_sparse(*state, DCB_INFILE_MAX + 1);
    assert_fails(path, "more than 64 MiB");
    free(path);
}

/* A thousandth of the limit on the disk, and more than it in memory. */
static void larger_unpacked(void **state)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    char *zeros = dcb_xcalloc(1 << 20, 1), *path;

    for (int i = 0; i <= DCB_INFILE_MAX >> 20; i++)
        pack(&out, zeros, 1 << 20);
    path = put(*state, out.text, out.length);
    assert_fails(path, "more than 64 MiB unpacked");
    free(path);
    free(zeros);
    dcb_strbuf_clear(&out);
}

static void standard_input(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;
    int saved = dup(STDIN_FILENO), ends[2];
    size_t length;
    char *text;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "{}", 2), 2);
    close(ends[1]);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
    text = dcb_infile_read("-", &length, &err);
    assert_non_null(text);
    assert_string_equal(text, "{}");
    free(text);
    close(STDIN_FILENO);
    assert_null(dcb_infile_read("-", &length, &err));
    assert_error(&err, DCB_ERROR_SYSTEM, "standard input: cannot be read");
    assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    close(saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(plain, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(packed, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(padded, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(byte_order_mark, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(cut_anywhere, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(damaged, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(what_is_no_file, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(as_large_as_may_be, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(larger_unpacked, tree_setup, tree_teardown),
        cmocka_unit_test(standard_input),
    };

    return cmocka_run_group_tests_name("infile", tests, NULL, NULL);
}
