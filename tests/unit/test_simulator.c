/* The valgrinds are shell scripts here. Where one is refused, the machine's own may be
 * found instead: it is looked for where systems put it, whatever PATH says. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/wait.h>

#include "simulator.h"
#include "unit.h"

struct shop {
    char *folder, *path; /* of the environment, to be put back */
    size_t descriptors;
};

static int set_up(void **state)
{
    struct shop *shop = dcb_xcalloc(1, sizeof *shop);
    const char *path = getenv("PATH");

    shop->folder = scratch_new();
    shop->path = path ? dcb_xstrdup(path) : NULL;
    shop->descriptors = count_descriptors();
    *state = shop;
    return 0;
}

static int tear_down(void **state)
{
    struct shop *shop = *state;
    bool leaked = count_descriptors() != shop->descriptors;
    bool child = waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD;

    if (shop->path)
        setenv("PATH", shop->path, 1);
    else
        unsetenv("PATH");
    free(shop->path);
    scratch_remove(shop->folder);
    free(shop);
    if (leaked || child)
        print_error("a descriptor or a child was left\n");
    return leaked || child ? -1 : 0;
}

/* A folder with a script called valgrind; owned by the caller. */
static char *fake(const struct shop *shop, const char *name, mode_t mode,
                  const char *body)
{
    char *folder = scratch_folder(shop->folder, name);
    char *text = dcb_xasprintf("#!/bin/sh\n%s\n", body);

    free(scratch_file(folder, "valgrind", mode, text));
    free(text);
    return folder;
}

/* Looks on `path`; the folder of what is found and its version are the caller's, NULL
 * where it is none of ours. */
static char *find_on(const struct shop *shop, const char *path, char **ret_version)
{
    char *found = NULL, *version = NULL;

    setenv("PATH", path, 1);
    *ret_version = NULL;
    if (dcb_simulator_find(&found, &version) != 0)
        return NULL;
    assert_non_null(found);
    assert_non_null(version);
    assert_true(found[0] == '/');
    assert_string_equal(strrchr(found, '/'), "/valgrind");
    *strrchr(found, '/') = '\0';
    if (strncmp(found, shop->folder, strlen(shop->folder)) == 0) {
        *ret_version = version;
        return found;
    }
    free(found);
    free(version);
    return NULL;
}

static void assert_found(const struct shop *shop, const char *path, const char *folder,
                         const char *expected)
{
    char *version, *found = find_on(shop, path, &version);

    assert_non_null(found);
    assert_string_equal(found, folder);
    assert_string_equal(version, expected);
    free(found);
    free(version);
}

static void assert_not_found(const struct shop *shop, const char *path)
{
    char *version;

    assert_null(find_on(shop, path, &version));
}

/* ---- looking for it ---- */

static void one_that_runs(void **state)
{
    const struct shop *shop = *state;
    char *folder = fake(shop, "good", 0755, "echo valgrind-3.99.1");

    assert_found(shop, folder, folder, "3.99.1");
    free(folder);
}

/* Its environment is the one of every worker, so that no setting of the user's counts. */
static void it_is_asked_without_settings(void **state)
{
    const struct shop *shop = *state;
    char *folder = fake(shop, "good", 0755,
                        "[ \"$*\" = '--command-line-only=yes --version' ] || exit 1\n"
                        "[ -z \"$VALGRIND_OPTS$VALGRIND_LIB\" ] || exit 1\n"
                        "echo valgrind-3.99.1");

    setenv("VALGRIND_OPTS", "--tool=none", 1);
    setenv("VALGRIND_LIB", "/nowhere", 1);
    assert_found(shop, folder, folder, "3.99.1");
    unsetenv("VALGRIND_OPTS");
    unsetenv("VALGRIND_LIB");
    free(folder);
}

static void those_that_do_not(void **state)
{
    static const struct {
        const char *name, *body;
        mode_t mode;
    } fakes[] = {
        {"nonsense", "echo hello", 0755},
        {"silent", ":", 0755},
        {"no-number", "echo valgrind-", 0755},
        {"fails", "echo valgrind-3.99.1; exit 1", 0755},
        {"dies", "echo valgrind-3.99.1; kill -SEGV $$", 0755},
        {"not-executable", "echo valgrind-3.99.1", 0644},
    };
    const struct shop *shop = *state;
    char *good = fake(shop, "good", 0755, "echo valgrind-3.99.1");

    for (size_t i = 0; i < COUNT(fakes); i++) {
        char *bad = fake(shop, fakes[i].name, fakes[i].mode, fakes[i].body);
        char *both = dcb_xasprintf("%s:%s", bad, good);

        assert_not_found(shop, bad);
        assert_found(shop, both, good, "3.99.1"); /* the next is tried */
        free(both);
        free(bad);
    }
    free(good);
}

static void broken_program(void **state)
{
    const struct shop *shop = *state;
    char *folder = scratch_folder(shop->folder, "broken"),
         *deep = scratch_folder(shop->folder, "deep"),
         *path = dcb_xasprintf("%s/valgrind", deep);

    free(scratch_file(folder, "valgrind", 0755, "#!/no/such/interpreter\n"));
    assert_not_found(shop, folder);
    assert_int_equal(mkdir(path, 0755), 0); /* a folder may be "executed", too */
    assert_not_found(shop, deep);
    free(path);
    free(deep);
    free(folder);
}

static void slow_one_is_waited_for(void **state)
{
    const struct shop *shop = *state;
    char *folder = fake(shop, "slow", 0755, "sleep 0.5; echo valgrind-3.99.1");

    assert_found(shop, folder, folder, "3.99.1");
    free(folder);
}

/* A folder of the working directory's would be searched wherever the user stands. */
static void relative_places_are_not_searched(void **state)
{
    static const char *const paths[] = {
        "", ":", "::", ".", "./", "good", "./good", ".:good", "nowhere:good:"};
    const struct shop *shop = *state;
    char *good = fake(shop, "good", 0755, "echo valgrind-3.99.1"), *before, *path;

    free(scratch_file(shop->folder, "valgrind", 0755,
                      "#!/bin/sh\necho valgrind-3.99.2\n"));
    before = getcwd(NULL, 0);
    assert_non_null(before);
    assert_int_equal(chdir(shop->folder), 0);
    for (size_t i = 0; i < COUNT(paths); i++)
        assert_not_found(shop, paths[i]);
    path = dcb_xasprintf("::good:.:%s", good);
    assert_found(shop, path, good, "3.99.1");
    assert_int_equal(chdir(before), 0);
    free(path);
    free(before);
    free(good);
}

static void first_on_the_path_comes_first(void **state)
{
    const struct shop *shop = *state;
    char *one = fake(shop, "one", 0755, "echo valgrind-1.0"),
         *two = fake(shop, "two", 0755, "echo valgrind-2.0"),
         *path = dcb_xasprintf("/nowhere:%s:%s", two, one);

    assert_found(shop, path, two, "2.0");
    free(path);
    free(two);
    free(one);
}

static void path_may_be_unset(void **state)
{
    char *found = NULL, *version = NULL;

    (void)state;
    unsetenv("PATH");
    if (dcb_simulator_find(&found, &version) != 0)
        return;
    assert_true(strcmp(found, "/usr/local/bin/valgrind") == 0 ||
                strcmp(found, "/usr/bin/valgrind") == 0);
    free(found);
    free(version);
}

/* ---- starting it ---- */

static bool has(char *const *arguments, const char *wanted)
{
    for (size_t i = 0; arguments[i]; i++) {
        if (strcmp(arguments[i], wanted) == 0)
            return true;
    }
    return false;
}

static void arguments(void **state)
{
    char **argv = dcb_simulator_arguments("/usr/bin/valgrind", "/libexec/worker");
    size_t count = 0;

    (void)state;
    while (argv[count])
        count++;
    assert_string_equal(argv[0], "/usr/bin/valgrind");
    /* Before any other: what follows it is all that is read. */
    assert_string_equal(argv[1], "--command-line-only=yes");
    assert_string_equal(argv[count - 1], "/libexec/worker");
    for (size_t i = 1; i < count - 1; i++)
        assert_memory_equal(argv[i], "--", 2);
    assert_true(has(argv, "--tool=callgrind"));
    assert_true(has(argv, "--cache-sim=yes"));
    assert_true(has(argv, "--branch-sim=yes"));
    assert_true(has(argv, "--collect-atstart=no"));
    assert_true(has(argv, "--vgdb=no"));
    assert_true(has(argv, "--combine-dumps=yes"));
    assert_true(has(argv, "--callgrind-out-file=/proc/self/fd/7"));
    free(argv);
}

/* What is said of the caches is what is simulated. */
static void geometry_is_the_one_of_the_arguments(void **state)
{
    char **argv = dcb_simulator_arguments("v", "w");
    char *text = dcb_xstrdup(dcb_simulator_geometry), *rest = NULL;
    size_t caches = 0;

    (void)state;
    for (char *word = strtok_r(text, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        char *option = dcb_xasprintf("--%s", word);

        assert_true(has(argv, option));
        caches++;
        free(option);
    }
    assert_int_equal(caches, 3);
    free(text);
    free(argv);
}

#define shop_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        shop_test(one_that_runs),
        shop_test(it_is_asked_without_settings),
        shop_test(those_that_do_not),
        shop_test(broken_program),
        shop_test(slow_one_is_waited_for),
        shop_test(relative_places_are_not_searched),
        shop_test(first_on_the_path_comes_first),
        shop_test(path_may_be_unset),
        cmocka_unit_test(arguments),
        cmocka_unit_test(geometry_is_the_one_of_the_arguments),
    };

    return cmocka_run_group_tests_name("simulator", tests, NULL, NULL);
}
