#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filetree.h"
#include "unit.h"
#include "tree.h"

static void assert_paths(const struct dcb_filetree *tree, const char *root,
                         const char *const *expected, size_t count)
{
    for (size_t i = 0; i < tree->count && i < count; i++) {
        char *path = dcb_xasprintf("%s/%s", root, expected[i]);

        assert_string_equal(tree->paths[i], path);
        free(path);
    }
    assert_int_equal(tree->count, count);
}

static void finds_results_by_name(void **state)
{
    static const char *const expected[] = {"a.json", "b/c/d.json", "b/e.json.gz",
                                           "z.json"};
    struct dcb_filetree tree = {.paths = NULL};
    struct dcb_error err = DCB_ERROR_INIT;
    const char *root = *state;

    tree_put(root, "/z.json", "");
    tree_put(root, "/a.json", "");
    tree_put(root, "/b/e.json.gz", "");
    tree_put(root, "/b/c/d.json", "");
    tree_put(root, "/b/notes.txt", "");
    tree_put(root, "/b/json", "");
    tree_put(root, "/.hidden.json", "");
    tree_put(root, "/.git/x.json", "");
    tree_put(root, "/.json", "");
    assert_int_equal(dcb_filetree_add(&tree, root, &err), 0);
    assert_paths(&tree, root, expected, 4);
    dcb_filetree_clear(&tree);
}

static void takes_a_named_file_whatever_its_name(void **state)
{
    struct dcb_filetree tree = {.paths = NULL};
    char *path = scratch_file(*state, ".odd", 0644, "");

    assert_int_equal(dcb_filetree_add(&tree, path, NULL), 0);
    assert_int_equal(dcb_filetree_add(&tree, "-", NULL), 0);
    assert_int_equal(tree.count, 2);
    assert_string_equal(tree.paths[0], path);
    dcb_filetree_clear(&tree);
    free(path);
}

static void loops_end(void **state)
{
    static const char *const expected[] = {"a/b/r.json"};
    struct dcb_filetree tree = {.paths = NULL};
    const char *root = *state;
    char *up = dcb_xasprintf("%s/a/b/up", root), *lost = dcb_xasprintf("%s/x.json", root);

    tree_put(root, "/a/b/r.json", "");
    assert_int_equal(symlink("..", up), 0);
    assert_int_equal(symlink("nowhere", lost), 0);
    assert_int_equal(dcb_filetree_add(&tree, root, NULL), 0);
    assert_paths(&tree, root, expected, 1);
    dcb_filetree_clear(&tree);
    free(up);
    free(lost);
}

static void count_folders(void *context, const struct dcb_filetree *tree)
{
    (void)tree;
    ++*(size_t *)context;
}

/* Each of nine folders has links to the others: there are 9! ways through them. */
static void every_folder_is_read_once(void **state)
{
    size_t folders = 0;
    struct dcb_filetree tree = {.tell = count_folders, .context = &folders};
    const char *root = *state;

    for (int i = 0; i < 9; i++) {
        char *result = dcb_xasprintf("/%d/r.json", i);

        tree_put(root, result, "");
        free(result);
        for (int k = 0; k < 9; k++) {
            char *link = dcb_xasprintf("%s/%d/to%d", root, i, k);
            char *to = dcb_xasprintf("../%d", k);

            assert_int_equal(symlink(to, link), 0);
            free(link);
            free(to);
        }
    }
    assert_int_equal(dcb_filetree_add(&tree, root, NULL), 0);
    assert_int_equal(tree.count, 9);
    assert_int_equal(folders, 10);
    assert_int_equal(tree.again, 9 * 8 + 9); /* all links, and what they were first */
    dcb_filetree_clear(&tree);
}

static void files_with_several_names_come_once(void **state)
{
    static const char *const expected[] = {"a/r.json", "b/s.json"};
    struct dcb_filetree tree = {.paths = NULL};
    const char *root = *state;
    char *folder = dcb_xasprintf("%s/b", root),
         *file = dcb_xasprintf("%s/a/r.json", root);
    char *hard = dcb_xasprintf("%s/b/hard.json", root);
    char *soft = dcb_xasprintf("%s/b/soft.json", root);

    tree_put(root, "/a/r.json", "");
    tree_put(root, "/b/s.json", "");
    assert_int_equal(link(file, hard), 0);
    assert_int_equal(symlink("../a/r.json", soft), 0);
    assert_int_equal(dcb_filetree_add(&tree, file, NULL), 0);
    assert_int_equal(dcb_filetree_add(&tree, root, NULL), 0);
    assert_int_equal(dcb_filetree_add(&tree, folder, NULL), 0);
    assert_int_equal(dcb_filetree_add(&tree, soft, NULL), 0);
    assert_paths(&tree, root, expected, 2);
    assert_int_equal(tree.again, 5);
    dcb_filetree_clear(&tree);
    free(folder);
    free(file);
    free(hard);
    free(soft);
}

static void what_is_not_there_is_named(void **state)
{
    struct dcb_filetree tree = {.paths = NULL};
    struct dcb_error err = DCB_ERROR_INIT;

    (void)state;
    assert_int_equal(dcb_filetree_add(&tree, "/nonexistent/x", &err), -1);
    assert_error(&err, DCB_ERROR_SYSTEM, "/nonexistent/x");
    assert_int_equal(tree.count, 0);
    dcb_filetree_clear(&tree);
}

/* A pipe in a folder of results is none of them: nobody waits for its writer. */
static void pipes_in_folders_are_left_out(void **state)
{
    struct dcb_filetree tree = {.paths = NULL};
    char *path = dcb_xasprintf("%s/p.json", (char *)*state);

    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(dcb_filetree_add(&tree, *state, NULL), 0);
    assert_int_equal(tree.count, 0);
    dcb_filetree_clear(&tree);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_results_by_name, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(takes_a_named_file_whatever_its_name, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(loops_end, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(every_folder_is_read_once, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(files_with_several_names_come_once, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_named, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(pipes_in_folders_are_left_out, tree_setup,
                                        tree_teardown),
    };

    return cmocka_run_group_tests_name("filetree", tests, NULL, NULL);
}
