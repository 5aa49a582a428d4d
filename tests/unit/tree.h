/* A tree of files that stands for /proc and /sys. Include behind unit.h. */
#ifndef TESTS_TREE_H
#define TESTS_TREE_H

#include "unit.h"

/* Writes a file, and the folders that lead to it. */
static inline void tree_put(const char *root, const char *path, const char *text)
{
    char *full = dcb_xasprintf("%s%s", root, path);
    FILE *file;

    for (char *at = strchr(full + strlen(root) + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        mkdir(full, 0755);
        *at = '/';
    }
    file = fopen(full, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    free(full);
}

static inline void tree_remove(const char *root, const char *path)
{
    char *full = dcb_xasprintf("%s%s", root, path);

    assert_int_equal(remove(full), 0);
    free(full);
}

static inline int tree_setup(void **state)
{
    *state = scratch_new();
    return 0;
}

static inline int tree_teardown(void **state)
{
    scratch_remove(*state);
    return 0;
}

#endif
