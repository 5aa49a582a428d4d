/* What several tests share: folders of their own, and specs made by hand. Include behind
 * cmocka.h. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <dirent.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "model.h"
#include "xalloc.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Written so that NAN fails too. */
#define assert_close(actual, expected, tolerance) \
    check_close(actual, expected, tolerance, #actual, __FILE__, __LINE__)

static inline void check_close(double actual, double expected, double tolerance,
                               const char *what, const char *file, int line)
{
    if (fabs(actual - expected) <= tolerance)
        return;
    print_error("%s is %.17g, not %.17g\n", what, actual, expected);
    _fail(file, line);
}

#define assert_nan(value) assert_true(isnan(value))

#define assert_contains(text, part) check_contains(text, part, __FILE__, __LINE__)

static inline void check_contains(const char *text, const char *part, const char *file,
                                  int line)
{
    if (strstr(text, part))
        return;
    print_error("\"%s\" is not in \"%s\"\n", part, text);
    _fail(file, line);
}

/* Checks an error's code and a part of its text, and makes it unset again. */
#define assert_error(err, code, part) check_error(err, code, part, __FILE__, __LINE__)

static inline void check_error(struct dcb_error *err, enum dcb_error_code code,
                               const char *part, const char *file, int line)
{
    if (err->code != code) {
        print_error("code %d, not %d: \"%s\"\n", (int)err->code, (int)code, err->text);
        _fail(file, line);
    }
    check_contains(err->text, part, file, line);
    *err = (struct dcb_error)DCB_ERROR_INIT;
}

static inline void assert_no_error(const struct dcb_error *err)
{
    if (err->code != DCB_OK)
        fail_msg("%s", err->text);
}

/* ---- folders ---- */

/* A new empty folder; remove it with scratch_remove. */
static inline char *scratch_new(void)
{
    const char *base = getenv("TMPDIR");
    char *folder = dcb_xasprintf("%s/dcbench-unit-XXXXXX", base && *base ? base : "/tmp");
    char *real;

    assert_non_null(mkdtemp(folder));
    real = realpath(folder, NULL);
    assert_non_null(real);
    free(folder);
    return real;
}

static inline int scratch_remove_entry(const char *path, const struct stat *status,
                                       int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

static inline void scratch_remove(char *take_folder)
{
    nftw(take_folder, scratch_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(take_folder);
}

static inline char *scratch_folder(const char *folder, const char *name)
{
    char *path = dcb_xasprintf("%s/%s", folder, name);

    assert_int_equal(mkdir(path, 0755), 0);
    return path;
}

/* Writes a file and returns its path, owned by the caller. */
static inline char *scratch_file(const char *folder, const char *name, mode_t mode,
                                 const char *text)
{
    char *path = dcb_xasprintf("%s/%s", folder, name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

/* The whole file as text; owned by the caller. */
static inline char *scratch_read(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = dcb_xcalloc(1, 65536);
    size_t length;

    assert_non_null(file);
    length = fread(text, 1, 65535, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

/* Entries of a folder, "." and ".." left out. */
static inline size_t count_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    size_t count = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static inline size_t count_descriptors(void)
{
    return count_entries("/proc/self/fd") - 1; /* without opendir's own */
}

/* ---- values ---- */

static inline struct dcb_spec make_spec(const char *label, const char *path)
{
    return (struct dcb_spec){
        .label = dcb_xstrdup(label),
        .kind = DCB_SPEC_FILE,
        .path = dcb_xstrdup(path),
        .attr = dcb_xstrdup("deepcopy"),
    };
}

#endif
