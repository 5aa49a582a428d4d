#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "catalog.h"
#include "unit.h"

/* An installation made by hand, and the current folder of the test. */
struct home {
    struct dcb_catalog catalog;
    char *folder;
};

static void add(const char *folder, const char *name, const char *text)
{
    free(scratch_file(folder, name, 0644, text));
}

static int set_up(void **state)
{
    struct home *home = dcb_xcalloc(1, sizeof *home);
    char *impls, *workloads;

    home->folder = scratch_new();
    home->catalog.data_dir = scratch_folder(home->folder, "share");
    home->catalog.libexec_dir = scratch_folder(home->folder, "libexec");
    impls = scratch_folder(home->folder, "share/impls");
    workloads = scratch_folder(home->folder, "share/workloads");
    add(impls, "zebra.py", "\"\"\"Last of all.\"\"\"\n");
    add(impls, "merged.py", "\"\"\"Both ideas.\n\nMore.\n\"\"\"\n");
    add(impls, "memo_opt.py", "# no docstring\n");
    add(impls, "stdlib.py", "");
    add(impls, "antelope.py", "\"\"\"Behind the known ones.");
    add(impls, "published_merged.py", "\"\"\"x\"\"\"\n");
    add(impls, "_private.py", "");
    add(impls, ".hidden.py", "");
    add(impls, "notes.txt", "");
    add(impls, ".py", "");
    add(workloads, "memo.py", "");
    add(workloads, "general.py", "");
    add(workloads, "numbers_.py", "\"\"\"Of all kinds.\"\"\"\n");
    free(impls);
    free(workloads);
    add(home->folder, "mine.py", "");
    add(home->folder, "data.json", "{}");
    add(home->folder, "data.pkl", "");
    add(home->folder, "data.pickle", "");
    add(home->folder, "noext", "");
    add(home->folder, "a=b.py", "");
    free(scratch_folder(home->folder, "folder.py"));
    free(scratch_folder(home->folder, "sub"));
    add(home->folder, "sub/new_one.v2.py", "");
    assert_int_equal(chdir(home->folder), 0);
    *state = home;
    return 0;
}

static int tear_down(void **state)
{
    struct home *home = *state;

    assert_int_equal(chdir("/"), 0);
    dcb_catalog_clear(&home->catalog);
    assert_null(home->catalog.data_dir);
    scratch_remove(home->folder);
    free(home);
    return 0;
}

/* ---- names ---- */

static void names_come_in_the_order_shown(void **state)
{
    static const char *const expected[] = {"stdlib",           "memo-opt", "merged",
                                           "published-merged", "antelope", "zebra"};
    const struct home *home = *state;
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_names names;

    assert_int_equal(dcb_catalog_names(&home->catalog, DCB_CATALOG_IMPLS, &names, &err),
                     0);
    assert_int_equal(names.count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_string_equal(names.items[i], expected[i]);
    dcb_names_clear(&names);
    assert_int_equal(names.count, 0);
    dcb_names_clear(&names);
    assert_int_equal(
        dcb_catalog_names(&home->catalog, DCB_CATALOG_WORKLOADS, &names, &err), 0);
    assert_int_equal(names.count, 3);
    assert_string_equal(names.items[0], "general");
    assert_string_equal(names.items[1], "memo");
    assert_string_equal(names.items[2], "numbers");
    dcb_names_clear(&names);
}

/* The file's name with an underscore behind it does not hide a module of Python's own. */
static void files_of_names(void **state)
{
    static const char *const cases[][2] = {{"/x/memo_opt.py", "memo-opt"},
                                           {"numbers_.py", "numbers"},
                                           {"/a/b_c_.py", "b-c"},
                                           {"_.py", "-"},
                                           {"py", "py"},
                                           {"/", ""}};
    const struct home *home = *state;
    char *summary = dcb_catalog_summary(&home->catalog, DCB_CATALOG_WORKLOADS, "numbers");

    assert_string_equal(summary, "Of all kinds.");
    free(summary);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *name = dcb_catalog_name(cases[i][0]);

        assert_string_equal(name, cases[i][1]);
        free(name);
    }
}

static void missing_part_is_told(void **state)
{
    char nowhere[] = "/nowhere";
    struct dcb_catalog catalog = {.data_dir = nowhere, .libexec_dir = nowhere};
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_names names;
    char *path, *version;

    (void)state;
    assert_int_equal(dcb_catalog_names(&catalog, DCB_CATALOG_IMPLS, &names, &err), -1);
    assert_int_equal(err.saved_errno, ENOENT);
    assert_error(&err, DCB_ERROR_SYSTEM, "cannot read /nowhere/impls");
    assert_int_equal(dcb_catalog_worker(&catalog, NULL, &path, &version, &err), -1);
    assert_error(&err, DCB_ERROR_SYSTEM, "cannot read /nowhere");
}

/* The tests stand in no installation. */
static void opening_needs_an_installation(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_catalog catalog = {.data_dir = NULL};

    (void)state;
    if (dcb_catalog_open(&catalog, &err) == 0) {
        assert_int_equal(access(catalog.data_dir, F_OK), 0);
        assert_int_equal(access(catalog.libexec_dir, F_OK), 0);
        dcb_catalog_clear(&catalog);
    } else {
        assert_error(&err, DCB_ERROR_SYSTEM, "the installation is not whole: no folder");
        assert_null(catalog.data_dir);
    }
}

static void assert_summary(const struct home *home, const char *name,
                           const char *expected)
{
    char *text = dcb_catalog_summary(&home->catalog, DCB_CATALOG_IMPLS, name);

    assert_string_equal(text, expected);
    free(text);
}

static void summaries(void **state)
{
    assert_summary(*state, "zebra", "Last of all.");
    assert_summary(*state, "merged", "Both ideas.");
    assert_summary(*state, "antelope", "Behind the known ones.");
    assert_summary(*state, "memo-opt", "");
    assert_summary(*state, "stdlib", "");
    assert_summary(*state, "unknown", "");
}

/* ---- specs ---- */

struct expected {
    const char *label;
    bool builtin;
    enum dcb_spec_kind kind;
    const char *path; /* below the home */
    const char *module, *attr;
};

static void assert_text(const char *actual, const char *expected)
{
    if (expected)
        assert_string_equal(actual, expected);
    else
        assert_null(actual);
}

static void assert_resolves(const struct home *home, enum dcb_catalog_part part,
                            const char *text, const struct expected *expected)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_spec spec;
    char *path =
        expected->path ? dcb_xasprintf("%s/%s", home->folder, expected->path) : NULL;

    if (dcb_catalog_resolve(&home->catalog, part, text, true, &spec, &err) != 0)
        fail_msg("'%s': %s", text, err.text);
    assert_int_equal(err.code, DCB_OK);
    assert_string_equal(spec.label, expected->label);
    assert_int_equal(spec.builtin, expected->builtin);
    assert_int_equal(spec.kind, expected->kind);
    assert_text(spec.path, path);
    assert_text(spec.module, expected->module);
    assert_text(spec.attr, expected->attr);
    dcb_spec_clear(&spec);
    free(path);
}

static void implementations_resolve(void **state)
{
    static const struct {
        const char *text;
        struct expected expected;
    } cases[] = {
        {"stdlib",
         {"stdlib", true, DCB_SPEC_FILE, "share/impls/stdlib.py", NULL, "deepcopy"}},
        {"memo-opt",
         {"memo-opt", true, DCB_SPEC_FILE, "share/impls/memo_opt.py", NULL, "deepcopy"}},
        {"old=merged",
         {"old", true, DCB_SPEC_FILE, "share/impls/merged.py", NULL, "deepcopy"}},
        {"mine.py", {"mine", false, DCB_SPEC_FILE, "mine.py", NULL, "deepcopy"}},
        {"./mine.py", {"mine", false, DCB_SPEC_FILE, "mine.py", NULL, "deepcopy"}},
        {"sub/../mine.py", {"mine", false, DCB_SPEC_FILE, "mine.py", NULL, "deepcopy"}},
        {"mine.py:copy.it", {"mine", false, DCB_SPEC_FILE, "mine.py", NULL, "copy.it"}},
        {"sub/new_one.v2.py",
         {"new_one.v2", false, DCB_SPEC_FILE, "sub/new_one.v2.py", NULL, "deepcopy"}},
        {"x y=sub/new_one.v2.py:f",
         {"x y", false, DCB_SPEC_FILE, "sub/new_one.v2.py", NULL, "f"}},
        {"./noext", {"noext", false, DCB_SPEC_FILE, "noext", NULL, "deepcopy"}},
        {"./noext:f", {"noext", false, DCB_SPEC_FILE, "noext", NULL, "f"}},
        {"./a=b.py", {"a=b", false, DCB_SPEC_FILE, "a=b.py", NULL, "deepcopy"}},
        {"l=./a=b.py", {"l", false, DCB_SPEC_FILE, "a=b.py", NULL, "deepcopy"}},
        {"copium:deepcopy",
         {"copium:deepcopy", false, DCB_SPEC_MODULE, NULL, "copium", "deepcopy"}},
        {"a._b1.c:D.e_2",
         {"a._b1.c:D.e_2", false, DCB_SPEC_MODULE, NULL, "a._b1.c", "D.e_2"}},
        {"new=copium:deepcopy",
         {"new", false, DCB_SPEC_MODULE, NULL, "copium", "deepcopy"}},
        {"\xc3\xa9=caf\xc3\xa9:b\xc3\xa9",
         {"\xc3\xa9", false, DCB_SPEC_MODULE, NULL, "caf\xc3\xa9", "b\xc3\xa9"}},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_resolves(*state, DCB_CATALOG_IMPLS, cases[i].text, &cases[i].expected);
}

static void workloads_resolve(void **state)
{
    static const struct {
        const char *text;
        struct expected expected;
    } cases[] = {
        {"memo",
         {"memo", true, DCB_SPEC_FILE, "share/workloads/memo.py", NULL, "workload"}},
        {"numbers",
         {"numbers", true, DCB_SPEC_FILE, "share/workloads/numbers_.py", NULL,
          "workload"}},
        {"mine.py", {"mine", false, DCB_SPEC_FILE, "mine.py", NULL, "workload"}},
        {"data.json", {"data", false, DCB_SPEC_JSON, "data.json", NULL, NULL}},
        {"big=./data.json", {"big", false, DCB_SPEC_JSON, "data.json", NULL, NULL}},
        {"data.pkl", {"data", false, DCB_SPEC_PICKLE, "data.pkl", NULL, NULL}},
        {"data.pickle", {"data", false, DCB_SPEC_PICKLE, "data.pickle", NULL, NULL}},
        {"pkg.inputs:tree",
         {"pkg.inputs:tree", false, DCB_SPEC_MODULE, NULL, "pkg.inputs", "tree"}},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_resolves(*state, DCB_CATALOG_WORKLOADS, cases[i].text, &cases[i].expected);
}

static void assert_refused(const struct home *home, enum dcb_catalog_part part,
                           const char *text, const char *message)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_spec spec;
    int rc = dcb_catalog_resolve(&home->catalog, part, text, false, &spec, &err);

    if (rc == 0) {
        dcb_spec_clear(&spec);
        fail_msg("taken: %s", text);
    }
    assert_error(&err, DCB_ERROR_USAGE, message);
}

static void unknown_names(void **state)
{
    assert_refused(*state, DCB_CATALOG_IMPLS, "merge",
                   "unknown implementation 'merge'; did you mean 'merged'?; built-in are "
                   "stdlib, memo-opt, merged, published-merged, antelope, zebra; a file "
                   "is given as FILE.py, a module as MODULE:ATTR");
    assert_refused(*state, DCB_CATALOG_IMPLS, "memo_opt", "did you mean 'memo-opt'?");
    assert_refused(*state, DCB_CATALOG_IMPLS, "copium",
                   "unknown implementation 'copium'; built-in are");
    assert_refused(
        *state, DCB_CATALOG_WORKLOADS, "general2",
        "unknown workload 'general2'; did you mean 'general'?; built-in are "
        "general, memo, numbers; a file is given as FILE.py or FILE.json, a module as "
        "MODULE:ATTR");
    assert_refused(*state, DCB_CATALOG_WORKLOADS, "merged", "unknown workload 'merged'");
    assert_refused(*state, DCB_CATALOG_IMPLS, "", "unknown implementation ''");
    assert_refused(*state, DCB_CATALOG_IMPLS, "_private", "unknown implementation");
    assert_refused(*state, DCB_CATALOG_IMPLS, "data.json",
                   "unknown implementation 'data.json'");
    assert_refused(*state, DCB_CATALOG_IMPLS, "old=merge",
                   "unknown implementation 'merge'; did you mean 'merged'?");
}

static void wrong_files(void **state)
{
    assert_refused(*state, DCB_CATALOG_IMPLS, "none.py",
                   "implementation file 'none.py': No such file or directory");
    assert_refused(*state, DCB_CATALOG_WORKLOADS, "none.json",
                   "workload file 'none.json': No such file or directory");
    assert_refused(*state, DCB_CATALOG_IMPLS, "folder.py",
                   "implementation file 'folder.py': not a regular file");
    assert_refused(*state, DCB_CATALOG_IMPLS, "sub/", "not a regular file");
    assert_refused(*state, DCB_CATALOG_IMPLS, "sub/none:f", "No such file or directory");
    assert_refused(*state, DCB_CATALOG_IMPLS, "mine.py/x.py", "Not a directory");
    assert_refused(*state, DCB_CATALOG_IMPLS, "/dev/null", "not a regular file");
    assert_refused(*state, DCB_CATALOG_IMPLS,
                   "mine.py:", "'' is not the name of an attribute (FILE.py:ATTR)");
    assert_refused(*state, DCB_CATALOG_IMPLS, "mine.py:2x", "'2x' is not the name");
    assert_refused(*state, DCB_CATALOG_IMPLS, "mine.py:a..b", "'a..b' is not the name");
    assert_refused(*state, DCB_CATALOG_IMPLS, "mine.py:a.", "'a.' is not the name");
    assert_refused(*state, DCB_CATALOG_IMPLS, "mine.py:a b", "'a b' is not the name");
}

static void wrong_modules(void **state)
{
    static const char *const texts[] = {":f",    "m:",   "m:f:g",  "1m:f",
                                        "m.:f",  ".m:f", "a..b:f", "m-x:f",
                                        "m:f()", "m:.f", "a b:f",  ":"};

    for (size_t i = 0; i < COUNT(texts); i++) {
        char *message = dcb_xasprintf(
            "implementation '%s' is neither MODULE:ATTR nor FILE.py[:ATTR]", texts[i]);

        assert_refused(*state, DCB_CATALOG_IMPLS, texts[i], message);
        free(message);
    }
}

static void pickles_need_the_word(void **state)
{
    assert_refused(*state, DCB_CATALOG_WORKLOADS, "data.pkl",
                   "workload 'data.pkl': loading a pickle runs the code in it; say "
                   "--allow-pickle if you trust it");
    assert_refused(*state, DCB_CATALOG_WORKLOADS, "x=data.pickle", "--allow-pickle");
    assert_refused(*state, DCB_CATALOG_WORKLOADS, "none.pkl", "--allow-pickle");
}

static void labels_are_checked(void **state)
{
    char sixty[80], sixty_one[80];

    memset(sixty, 'l', 60);
    strcpy(sixty + 60, "=stdlib");
    memset(sixty_one, 'l', 61);
    strcpy(sixty_one + 61, "=stdlib");
    assert_refused(*state, DCB_CATALOG_IMPLS, "=stdlib",
                   "'=stdlib': LABEL=SPEC wants a label of 1 to 60 bytes and a spec");
    assert_refused(*state, DCB_CATALOG_IMPLS, "new=", "wants a label of 1 to 60 bytes");
    assert_refused(*state, DCB_CATALOG_IMPLS, sixty_one, "1 to 60 bytes");
    assert_refused(*state, DCB_CATALOG_IMPLS, "a\tb=stdlib",
                   "a label cannot hold control characters");
    assert_refused(*state, DCB_CATALOG_IMPLS, "a\x1b[1m=stdlib", "control characters");
    assert_refused(*state, DCB_CATALOG_IMPLS, "a\x7f=stdlib", "control characters");
    sixty_one[61] = '\0';
    assert_resolves(*state, DCB_CATALOG_IMPLS, sixty,
                    &(struct expected){.label = sixty_one + 1,
                                       .builtin = true,
                                       .path = "share/impls/stdlib.py",
                                       .attr = "deepcopy"});
}

/* What JSON cannot carry must not come this far: overlong forms, surrogates, and what
 * lies beyond U+10FFFF included. */
static void only_utf8_is_taken(void **state)
{
    static const char *const bad[] = {"\xff=stdlib",
                                      "\x80=stdlib",
                                      "\xc3=stdlib",
                                      "\xc0\x80=stdlib",
                                      "\xc1\xbf=stdlib",
                                      "\xf5\x80\x80\x80=stdlib",
                                      "\xe2\x82=stdlib",
                                      "caf\xe9.py",
                                      "caf\xe9:f",
                                      "\xed\xa0\x80=stdlib",
                                      "\xe0\x80\x80=stdlib",
                                      "\xf0\x80\x80\x80=stdlib",
                                      "\xf4\x90\x80\x80=stdlib"};

    for (size_t i = 0; i < COUNT(bad); i++)
        assert_refused(*state, DCB_CATALOG_IMPLS, bad[i], "not UTF-8");
}

static void path_that_is_not_utf8(void **state)
{
    const struct home *home = *state;
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_spec spec;

    free(scratch_folder(home->folder, "caf\xe9"));
    add(home->folder, "caf\xe9/mine.py", "");
    assert_int_equal(symlink("caf\xe9/mine.py", "link.py"), 0);
    assert_int_equal(dcb_catalog_resolve(&home->catalog, DCB_CATALOG_IMPLS, "link.py",
                                         false, &spec, &err),
                     -1);
    assert_error(&err, DCB_ERROR_SYSTEM, "its path is not UTF-8; rename or move it");
}

static void unreadable_file(void **state)
{
    const struct home *home = *state;
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_spec spec;

    if (geteuid() == 0)
        skip(); /* reads everything */
    free(scratch_file(home->folder, "secret.py", 0000, ""));
    assert_int_equal(dcb_catalog_resolve(&home->catalog, DCB_CATALOG_IMPLS, "secret.py",
                                         false, &spec, &err),
                     -1);
    assert_int_equal(err.saved_errno, EACCES);
    assert_error(&err, DCB_ERROR_SYSTEM, "implementation file 'secret.py'");
}

/* ---- workers ---- */

static void assert_worker(const struct home *home, const char *version,
                          const char *expected)
{
    struct dcb_error err = DCB_ERROR_INIT;
    char *path, *found, *full;

    if (dcb_catalog_worker(&home->catalog, version, &path, &found, &err) != 0)
        fail_msg("%s", err.text);
    full = dcb_xasprintf("%s/dcbench-worker-%s", home->catalog.libexec_dir, expected);
    assert_string_equal(found, expected);
    assert_string_equal(path, full);
    free(path);
    free(found);
    free(full);
}

static void assert_no_worker(const struct home *home, const char *version,
                             const char *message)
{
    struct dcb_error err = DCB_ERROR_INIT;
    char *path = NULL, *found = NULL;

    assert_int_equal(dcb_catalog_worker(&home->catalog, version, &path, &found, &err),
                     -1);
    assert_null(path);
    assert_null(found);
    assert_error(&err, DCB_ERROR_SYSTEM, message);
}

static void newest_worker_is_chosen(void **state)
{
    const struct home *home = *state;

    add(home->catalog.libexec_dir, "dcbench-worker-3.9", "");
    assert_worker(home, NULL, "3.9");
    add(home->catalog.libexec_dir, "dcbench-worker-3.13", "");
    add(home->catalog.libexec_dir, "dcbench-worker-3.10", "");
    assert_worker(home, NULL, "3.13"); /* not by alphabet */
    assert_worker(home, "3.9", "3.9");
    assert_worker(home, "3.10", "3.10");
}

static void workers_are_listed_by_version(void **state)
{
    const struct home *home = *state;
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_names versions;

    assert_int_equal(dcb_catalog_workers(&home->catalog, &versions, &err), 0);
    assert_int_equal(versions.count, 0);
    dcb_names_clear(&versions);
    add(home->catalog.libexec_dir, "dcbench-worker-3.13", "");
    add(home->catalog.libexec_dir, "dcbench-worker-3.9", "");
    add(home->catalog.libexec_dir, "notes.txt", "");
    assert_int_equal(dcb_catalog_workers(&home->catalog, &versions, &err), 0);
    assert_int_equal(versions.count, 2);
    assert_string_equal(versions.items[0], "3.9");
    assert_string_equal(versions.items[1], "3.13");
    dcb_names_clear(&versions);
}

static void other_files_are_no_workers(void **state)
{
    static const char *const names[] = {
        "dcbench-worker-",      "dcbench-worker-3",        "dcbench-worker-2.7",
        "dcbench-worker-4.1",   "dcbench-worker-3.99.old", "dcbench-worker-3.98~",
        "xdcbench-worker-3.97", "dcbench-worker-3.x",      "dcbench-worker3.96"};
    const struct home *home = *state;

    for (size_t i = 0; i < COUNT(names); i++)
        add(home->catalog.libexec_dir, names[i], "");
    assert_no_worker(home, NULL, "no worker in ");
    assert_no_worker(home, "3.11", "build one with 'make'");
    add(home->catalog.libexec_dir, "dcbench-worker-3.11", "");
    assert_worker(home, NULL, "3.11");
}

static void version_without_a_worker(void **state)
{
    static const char *const versions[] = {"3.12", "3.1", "3", "3.11.2",
                                           "2.11", "",    "x", "3.-1"};
    const struct home *home = *state;

    add(home->catalog.libexec_dir, "dcbench-worker-3.11", "");
    for (size_t i = 0; i < COUNT(versions); i++) {
        char *message =
            dcb_xasprintf("no worker for Python %s; there is one for 3.11", versions[i]);

        assert_no_worker(home, versions[i], message);
        free(message);
    }
}

/* ---- virtual environments ---- */

static void assert_venv(const struct home *home, const char *text, const char *expected)
{
    struct dcb_error err = DCB_ERROR_INIT;
    char *version = NULL;

    add(home->folder, "pyvenv.cfg", text);
    if (dcb_catalog_venv_version(home->folder, &version, &err) != 0)
        fail_msg("%s: %s", err.text, text);
    assert_string_equal(version, expected);
    free(version);
}

static void versions_of_venvs(void **state)
{
    /* python3.11 -m venv */
    assert_venv(*state,
                "home = /usr/bin\ninclude-system-site-packages = false\n"
                "version = 3.11.2\nexecutable = /usr/bin/python3.11\n",
                "3.11");
    /* virtualenv 20 */
    assert_venv(*state,
                "home = /usr/bin\nimplementation = CPython\n"
                "version_info = 3.13.0.final.0\nvirtualenv = 20.25.0\n"
                "include-system-site-packages = false\nversion = 3.13.0\n",
                "3.13");
    assert_venv(*state, "virtualenv = 20.25.0\nversion_info = 3.9.18.final.0\n", "3.9");
    /* uv */
    assert_venv(*state, "home = /x\nuv = 0.5.1\nversion_info = 3.12.7\nprompt = a\n",
                "3.12");
    assert_venv(*state, "version=3.10\n", "3.10");
    assert_venv(*state, "version = 3.14.0rc1", "3.14");
    assert_venv(*state, "prompt = version = 3.9\r\nversion = 3.11.2\r\n", "3.11");
}

static void no_venv(void **state)
{
    const struct home *home = *state;
    struct dcb_error err = DCB_ERROR_INIT;
    char *version = NULL;
    static const char *const texts[] = {"", "home = /usr/bin\n", "version = x\n",
                                        "version = 2.7.18\n", "python = 3.11\n"};

    assert_int_equal(dcb_catalog_venv_version(home->folder, &version, &err), -1);
    assert_error(&err, DCB_ERROR_USAGE, "is no virtual environment (no pyvenv.cfg: No");
    for (size_t i = 0; i < COUNT(texts); i++) {
        add(home->folder, "pyvenv.cfg", texts[i]);
        assert_int_equal(dcb_catalog_venv_version(home->folder, &version, &err), -1);
        assert_error(&err, DCB_ERROR_SYSTEM, "pyvenv.cfg names no Python 3 version");
    }
    assert_null(version);
}

#define home_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        home_test(names_come_in_the_order_shown),
        home_test(files_of_names),
        cmocka_unit_test(missing_part_is_told),
        cmocka_unit_test(opening_needs_an_installation),
        home_test(summaries),
        home_test(implementations_resolve),
        home_test(workloads_resolve),
        home_test(unknown_names),
        home_test(wrong_files),
        home_test(wrong_modules),
        home_test(pickles_need_the_word),
        home_test(labels_are_checked),
        home_test(only_utf8_is_taken),
        home_test(path_that_is_not_utf8),
        home_test(unreadable_file),
        home_test(newest_worker_is_chosen),
        home_test(workers_are_listed_by_version),
        home_test(other_files_are_no_workers),
        home_test(version_without_a_worker),
        home_test(versions_of_venvs),
        home_test(no_venv),
    };

    return cmocka_run_group_tests_name("catalog", tests, NULL, NULL);
}
