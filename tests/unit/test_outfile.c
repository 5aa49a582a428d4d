#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

#include "outfile.h"
#include "unit.h"

struct place {
    char *folder, *path; /* the path is not there yet */
    size_t descriptors;
};

static int set_up(void **state)
{
    struct place *place = dcb_xcalloc(1, sizeof *place);

    place->folder = scratch_new();
    place->path = dcb_xasprintf("%s/out.json", place->folder);
    place->descriptors = count_descriptors();
    *state = place;
    return 0;
}

/* No test may leave a descriptor open. */
static int tear_down(void **state)
{
    struct place *place = *state;
    bool leaked = count_descriptors() != place->descriptors;

    scratch_remove(place->folder);
    free(place->path);
    free(place);
    return leaked ? -1 : 0;
}

static void assert_file(const char *path, const char *expected)
{
    char *text = scratch_read(path);

    assert_string_equal(text, expected);
    free(text);
}

static void written_whole(void **state)
{
    const struct place *place = *state;
    struct dcb_error err = DCB_ERROR_INIT;

    assert_int_equal(dcb_outfile_write(place->path, "{}\n", &err), 0);
    assert_no_error(&err);
    assert_file(place->path, "{}\n");
    assert_int_equal(count_entries(place->folder), 1);
}

static void nothing_is_there_before_the_commit(void **state)
{
    const struct place *place = *state;
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_outfile file;

    assert_int_equal(dcb_outfile_open(&file, place->path, &err), 0);
    assert_non_null(file.temporary);
    assert_true(fcntl(fileno(file.stream), F_GETFD) & FD_CLOEXEC);
    fputs("half", file.stream);
    fflush(file.stream);
    assert_int_equal(access(place->path, F_OK), -1);
    assert_int_equal(count_entries(place->folder), 1);
    fputs(" and half", file.stream);
    assert_int_equal(dcb_outfile_commit(&file, &err), 0);
    assert_file(place->path, "half and half");
    assert_int_equal(count_entries(place->folder), 1);
    dcb_outfile_discard(&file); /* harmless */
    assert_file(place->path, "half and half");
}

static void existing_file_is_replaced(void **state)
{
    const struct place *place = *state;
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_outfile file;

    free(scratch_file(place->folder, "out.json", 0600, "old and longer"));
    assert_int_equal(dcb_outfile_open(&file, place->path, &err), 0);
    fputs("new", file.stream);
    fflush(file.stream);
    assert_file(place->path, "old and longer");
    assert_int_equal(dcb_outfile_commit(&file, &err), 0);
    assert_file(place->path, "new");
    assert_int_equal(count_entries(place->folder), 1);
}

static void discard_leaves_nothing(void **state)
{
    const struct place *place = *state;
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_outfile file;

    assert_int_equal(dcb_outfile_open(&file, place->path, &err), 0);
    fputs("never seen", file.stream);
    dcb_outfile_discard(&file);
    assert_int_equal(count_entries(place->folder), 0);

    free(scratch_file(place->folder, "out.json", 0600, "old"));
    assert_int_equal(dcb_outfile_open(&file, place->path, &err), 0);
    fputs("never seen", file.stream);
    dcb_outfile_discard(&file);
    dcb_outfile_discard(&file);
    assert_file(place->path, "old");
    assert_int_equal(count_entries(place->folder), 1);
}

static void permissions_are_those_of_the_umask(void **state)
{
    static const mode_t masks[] = {0022, 0077, 0000, 0027};
    const struct place *place = *state;
    mode_t before = umask(0);

    for (size_t i = 0; i < COUNT(masks); i++) {
        struct dcb_error err = DCB_ERROR_INIT;
        struct stat status;

        umask(masks[i]);
        assert_int_equal(dcb_outfile_write(place->path, "x", &err), 0);
        assert_int_equal(umask(before), masks[i]); /* the process's own stays */
        assert_int_equal(stat(place->path, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0666 & ~masks[i]);
    }
}

static void missing_folder(void **state)
{
    const struct place *place = *state;
    struct dcb_error err = DCB_ERROR_INIT;
    char *path = dcb_xasprintf("%s/none/out.json", place->folder);
    struct dcb_outfile file;

    assert_int_equal(dcb_outfile_open(&file, path, &err), -1);
    assert_int_equal(err.saved_errno, ENOENT);
    assert_error(&err, DCB_ERROR_SYSTEM, "none/out.json");
    assert_int_equal(dcb_outfile_write(path, "x", &err), -1);
    assert_error(&err, DCB_ERROR_SYSTEM, "cannot write ");
    assert_int_equal(count_entries(place->folder), 0);
    free(path);
}

static void folder_is_no_file(void **state)
{
    const struct place *place = *state;
    struct dcb_error err = DCB_ERROR_INIT;

    assert_int_equal(dcb_outfile_write(place->folder, "x", &err), -1);
    assert_int_equal(err.saved_errno, EISDIR);
    assert_error(&err, DCB_ERROR_SYSTEM, "cannot write ");
    assert_int_equal(count_entries(place->folder), 0);
}

/* What cannot be made is refused before anything is measured, not after. */
static void empty_name_is_refused_at_once(void **state)
{
    const struct place *place = *state;
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_outfile file;
    int rc;

    assert_int_equal(chdir(place->folder), 0);
    rc = dcb_outfile_open(&file, "", &err);
    if (rc == 0)
        dcb_outfile_discard(&file);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(count_entries(place->folder), 0);
    assert_int_equal(rc, -1);
    assert_error(&err, DCB_ERROR_SYSTEM, "cannot write");
}

/* The name may be as long as the file system takes. */
static void longest_name(void **state)
{
    const struct place *place = *state;
    struct dcb_error err = DCB_ERROR_INIT;
    char name[256];
    char *path;
    int rc;

    memset(name, 'n', 255);
    name[255] = '\0';
    path = dcb_xasprintf("%s/%s", place->folder, name);
    rc = dcb_outfile_write(path, "x", &err);
    if (rc == 0)
        assert_file(path, "x");
    free(path);
    assert_no_error(&err);
    assert_int_equal(rc, 0);
}

/* Asked before a run whether its result can be written after it: a pipe must not be
 * opened for that, whose reader would see its end. */
static void check_leaves_everything_as_it_is(void **state)
{
    const struct place *place = *state;
    struct dcb_error err = DCB_ERROR_INIT;
    char *missing = dcb_xasprintf("%s/none/out.json", place->folder);
    char *pipe_path = dcb_xasprintf("%s/pipe", place->folder);

    assert_int_equal(dcb_outfile_check(place->path, &err), 0);
    assert_int_equal(count_entries(place->folder), 0);
    free(scratch_file(place->folder, "out.json", 0600, "old"));
    assert_int_equal(dcb_outfile_check(place->path, &err), 0);
    assert_file(place->path, "old");
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    alarm(10); /* opening it would wait for a reader */
    assert_int_equal(dcb_outfile_check(pipe_path, &err), 0);
    alarm(0);
    assert_int_equal(dcb_outfile_check(missing, &err), -1);
    assert_error(&err, DCB_ERROR_SYSTEM, "cannot write ");
    assert_int_equal(dcb_outfile_check(place->folder, &err), -1);
    assert_error(&err, DCB_ERROR_SYSTEM, "cannot write ");
    assert_int_equal(count_entries(place->folder), 2);
    free(missing);
    free(pipe_path);
}

/* A device of the test's own: whoever may rename over those in /dev must not be able to
 * do so by a test. NULL where there can be none. */
static char *device(const struct place *place, unsigned minor_number)
{
    char *path = dcb_xasprintf("%s/device", place->folder);
    int fd = -1;

    if (geteuid() == 0 && mknod(path, S_IFCHR | 0600, makedev(1, minor_number)) == 0)
        fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        close(fd);
        return path;
    }
    free(path);
    if (access("/dev", W_OK) == 0)
        return NULL;
    return dcb_xstrdup(minor_number == 7 ? "/dev/full" : "/dev/null");
}

static void full_device_is_told(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;
    char *large, *path = device(*state, 7);

    if (!path) {
        print_message("no device can be made here\n");
        skip();
    }
    large = dcb_xcalloc(1, 1 << 20);
    assert_int_equal(dcb_outfile_write(path, "short", &err), -1);
    assert_int_equal(err.saved_errno, ENOSPC);
    assert_error(&err, DCB_ERROR_SYSTEM, "cannot write ");
    memset(large, 'x', (1 << 20) - 1);
    assert_int_equal(dcb_outfile_write(path, large, &err), -1);
    assert_error(&err, DCB_ERROR_SYSTEM, "cannot write ");
    free(large);
    free(path);
}

static void device_is_written_to_directly(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_outfile file;
    struct stat status;
    char *path = device(*state, 3);

    if (!path) {
        print_message("no device can be made here\n");
        skip();
    }
    assert_int_equal(dcb_outfile_open(&file, path, &err), 0);
    assert_null(file.temporary);
    assert_true(fcntl(fileno(file.stream), F_GETFD) & FD_CLOEXEC);
    fputs("x", file.stream);
    assert_int_equal(dcb_outfile_commit(&file, &err), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_true(S_ISCHR(status.st_mode));
    free(path);
}

static void pipe_is_written_to_directly(void **state)
{
    const struct place *place = *state;
    struct dcb_error err = DCB_ERROR_INIT;
    struct stat status;
    char text[16] = "";
    int reader;

    assert_int_equal(mkfifo(place->path, 0600), 0);
    reader = open(place->path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_int_equal(dcb_outfile_write(place->path, "through", &err), 0);
    assert_int_equal(read(reader, text, sizeof text - 1), 7);
    assert_string_equal(text, "through");
    close(reader);
    assert_int_equal(lstat(place->path, &status), 0);
    assert_true(S_ISFIFO(status.st_mode));
    assert_int_equal(count_entries(place->folder), 1);
}

/* As /dev/stdout is one, to a regular file where the output is redirected: it must not
 * become a file itself. */
static void symbolic_link_stays_one(void **state)
{
    const struct place *place = *state;
    struct dcb_error err = DCB_ERROR_INIT;
    char *target = scratch_file(place->folder, "target", 0644, "old");
    struct stat status;
    int rc;

    assert_int_equal(symlink("target", place->path), 0);
    rc = dcb_outfile_write(place->path, "new", &err);
    assert_no_error(&err);
    assert_int_equal(rc, 0);
    assert_file(place->path, "new");
    assert_int_equal(lstat(place->path, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_file(target, "new");
    free(target);
}

static void appending_keeps_what_is_there(void **state)
{
    const struct place *place = *state;
    struct dcb_error err = DCB_ERROR_INIT;
    char *missing = dcb_xasprintf("%s/missing/file", place->folder);

    assert_int_equal(dcb_outfile_append(place->path, "one\n", &err), 0);
    assert_int_equal(dcb_outfile_append(place->path, "two\n", &err), 0);
    assert_no_error(&err);
    assert_file(place->path, "one\ntwo\n");
    assert_int_equal(dcb_outfile_append(missing, "x", &err), -1);
    assert_contains(err.text, "missing/file': No such file");
    free(missing);
}

/* /dev/stdout and /dev/fd/N lead here. */
static void open_descriptor_can_be_written_to(void **state)
{
    const struct place *place = *state;
    struct dcb_error err = DCB_ERROR_INIT;
    int fd = open(place->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    char *path = dcb_xasprintf("/proc/self/fd/%d", fd);

    dcb_outfile_write(path, "new", &err);
    close(fd);
    free(path);
    assert_no_error(&err);
    assert_file(place->path, "new");
}

/* Whatever hinders the last step: an error, and no temporary file. */
static void failed_rename_leaves_nothing(void **state)
{
    const struct place *place = *state;
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_outfile file;

    assert_int_equal(dcb_outfile_open(&file, place->path, &err), 0);
    fputs("x", file.stream);
    assert_int_equal(mkdir(place->path, 0755), 0);
    assert_int_equal(dcb_outfile_commit(&file, &err), -1);
    assert_error(&err, DCB_ERROR_SYSTEM, "out.json");
    assert_int_equal(count_entries(place->folder), 1);
    assert_int_equal(rmdir(place->path), 0);
}

static void assert_same(const char *a, const char *b, bool same)
{
    assert_int_equal(dcb_outfile_same(a, b), same);
    assert_int_equal(dcb_outfile_same(b, a), same);
}

static void same_file_by_other_names(void **state)
{
    const struct place *place = *state;
    char *dotted = dcb_xasprintf("%s/./../%s/out.json", place->folder,
                                 strrchr(place->folder, '/') + 1);
    char *other = dcb_xasprintf("%s/other.json", place->folder);
    char *lost = dcb_xasprintf("%s/none/out.json", place->folder);

    for (int there = 0; there < 2; there++) {
        assert_same(place->path, place->path, true);
        assert_same(place->path, dotted, true);
        assert_same(place->path, other, false);
        assert_same(place->path, lost, false);
        assert_same(lost, lost, true);
        if (!there)
            free(scratch_file(place->folder, "out.json", 0600, "x"));
    }
    assert_int_equal(symlink(place->path, other), 0);
    assert_same(place->path, other, true);
    assert_same(place->path, NULL, false);
    assert_same(NULL, NULL, false);
    assert_same("/dev/null", "/dev/zero", false);
    assert_same("/dev/null", "/dev/null", true);
    free(dotted);
    free(other);
    free(lost);
}

/* Two names of one device are no file that is written twice. */
static void same_device_by_other_names(void **state)
{
    const struct place *place = *state;

    assert_int_equal(symlink("/dev/null", place->path), 0);
    assert_same(place->path, "/dev/null", false);
}

#define place_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        place_test(written_whole),
        place_test(nothing_is_there_before_the_commit),
        place_test(existing_file_is_replaced),
        place_test(discard_leaves_nothing),
        place_test(permissions_are_those_of_the_umask),
        place_test(missing_folder),
        place_test(folder_is_no_file),
        place_test(empty_name_is_refused_at_once),
        place_test(longest_name),
        place_test(full_device_is_told),
        place_test(device_is_written_to_directly),
        place_test(check_leaves_everything_as_it_is),
        place_test(pipe_is_written_to_directly),
        place_test(symbolic_link_stays_one),
        place_test(appending_keeps_what_is_there),
        place_test(open_descriptor_can_be_written_to),
        place_test(same_file_by_other_names),
        place_test(same_device_by_other_names),
        place_test(failed_rename_leaves_nothing),
    };

    return cmocka_run_group_tests_name("outfile", tests, NULL, NULL);
}
