#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sysinfo_commit.h"
#include "unit.h"
#include "tree.h"

#define ONE  "0123456789abcdef0123456789abcdef01234567"
#define TWO  "89abcdef0123456789abcdef0123456789abcdef"
#define LONG ONE "0123456789abcdef01234567"

static void assert_commit(const char *root, const char *folder, const char *expected)
{
    char *path = dcb_xasprintf("%s%s", root, folder);
    char *commit = dcb_sysinfo_commit(path);

    if (expected) {
        assert_non_null(commit);
        assert_string_equal(commit, expected);
    } else {
        assert_null(commit);
    }
    free(commit);
    free(path);
}

static void finds_the_branch_of_head(void **state)
{
    const char *root = *state;

    tree_put(root, "/r/.git/HEAD", "ref: refs/heads/main\n");
    tree_put(root, "/r/.git/refs/heads/main", ONE "\n");
    tree_put(root, "/r/src/deep/file.c", "");
    assert_commit(root, "/r", ONE);
    assert_commit(root, "/r/src/deep", ONE);
    assert_commit(root, "/r/.", ONE);
    tree_put(root, "/r/.git/refs/heads/main", LONG "\n");
    assert_commit(root, "/r", LONG);
}

static void detached_head_is_a_commit(void **state)
{
    tree_put(*state, "/r/.git/HEAD", TWO "\n");
    assert_commit(*state, "/r", TWO);
}

static void packed_refs_stand_behind_loose_ones(void **state)
{
    const char *root = *state;

    tree_put(root, "/r/.git/HEAD", "ref: refs/heads/topic/a\n");
    tree_put(root, "/r/.git/packed-refs",
             "# pack-refs with: peeled fully-peeled sorted \n" TWO
             " refs/heads/topic\n" ONE " refs/heads/topic/a\n^" TWO "\n" TWO
             " refs/heads/topic/a.b\n");
    assert_commit(root, "/r", ONE);
    tree_put(root, "/r/.git/refs/heads/topic/a", TWO "\n");
    assert_commit(root, "/r", TWO);
}

static void refs_may_name_refs(void **state)
{
    const char *root = *state;

    tree_put(root, "/r/.git/HEAD", "ref: refs/heads/alias\n");
    tree_put(root, "/r/.git/refs/heads/alias", "ref: refs/heads/main\n");
    tree_put(root, "/r/.git/refs/heads/main", ONE "\n");
    assert_commit(root, "/r", ONE);
    tree_put(root, "/r/.git/refs/heads/main", "ref: refs/heads/alias\n");
    assert_commit(root, "/r", NULL);
}

/* As `git worktree add` makes it: HEAD is its own, branches are all's. */
static void worktrees_have_a_head_of_their_own(void **state)
{
    const char *root = *state;
    char *file = dcb_xasprintf("gitdir: %s/r/.git/worktrees/w\n", root);

    tree_put(root, "/r/.git/HEAD", "ref: refs/heads/main\n");
    tree_put(root, "/r/.git/refs/heads/main", ONE "\n");
    tree_put(root, "/r/.git/refs/heads/other", TWO "\n");
    tree_put(root, "/r/.git/worktrees/w/HEAD", "ref: refs/heads/other\n");
    tree_put(root, "/r/.git/worktrees/w/commondir", "../..\n");
    tree_put(root, "/w/.git", file);
    tree_put(root, "/w/src/file.c", "");
    free(file);
    assert_commit(root, "/w/src", TWO);
    assert_commit(root, "/r", ONE);
}

/* As `git submodule` makes it: a relative path. */
static void submodules_are_told_by_a_file(void **state)
{
    const char *root = *state;

    tree_put(root, "/r/.git/HEAD", ONE "\n");
    tree_put(root, "/r/.git/modules/sub/HEAD", TWO "\n");
    tree_put(root, "/r/sub/.git", "gitdir: ../.git/modules/sub\n");
    assert_commit(root, "/r/sub", TWO);
}

static void what_is_odd_is_no_commit(void **state)
{
    static const char *const heads[] = {
        "",
        "\n",
        "ref: \n",
        "ref: refs/heads/none\n",
        "ref: refs/../../outside\n",
        "ref: /etc/hostname\n",
        "ref: HEAD\n",
        "0123456789abcdef0123456789abcdef0123456\n",  /* one too few */
        ONE "0\n",                                    /* one too many */
        "0123456789ABCDEF0123456789abcdef01234567\n", /* git writes lower case */
        ONE " and more\n",
        "garbage\n",
    };
    const char *root = *state;

    tree_put(root, "/outside", ONE "\n");
    for (size_t i = 0; i < COUNT(heads); i++) {
        tree_put(root, "/r/.git/HEAD", heads[i]);
        assert_commit(root, "/r", NULL);
    }
    tree_remove(root, "/r/.git/HEAD");
    assert_commit(root, "/r", NULL);
    assert_commit(root, "/none", NULL);
    tree_put(root, "/f/.git", "gitdir: ../nowhere\n");
    assert_commit(root, "/f", NULL);
    tree_put(root, "/f/.git", "something else\n");
    assert_commit(root, "/f", NULL);
}

static void a_pipe_is_not_waited_for(void **state)
{
    const char *root = *state;
    char *path = dcb_xasprintf("%s/r/.git/HEAD", root);

    tree_put(root, "/r/.git/config", "");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_commit(root, "/r", NULL);
    free(path);
}

static void a_line_without_end_is_no_commit(void **state)
{
    char *text = dcb_xcalloc(1, 1 << 20);

    memset(text, 'a', (1 << 20) - 1);
    tree_put(*state, "/r/.git/HEAD", text);
    assert_commit(*state, "/r", NULL);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_the_branch_of_head, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(detached_head_is_a_commit, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(packed_refs_stand_behind_loose_ones, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(refs_may_name_refs, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(worktrees_have_a_head_of_their_own, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(submodules_are_told_by_a_file, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(what_is_odd_is_no_commit, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(a_pipe_is_not_waited_for, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(a_line_without_end_is_no_commit, tree_setup,
                                        tree_teardown),
    };

    return cmocka_run_group_tests_name("sysinfo_commit", tests, NULL, NULL);
}
