#include "catalog.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "nearest.h"
#include "strbuf.h"
#include "utf8.h"
#include "xalloc.h"

static const char *const part_dirs[] = {"impls", "workloads"};
static const char *const part_words[] = {"implementation", "workload"};
static const char *const part_attrs[] = {"deepcopy", "workload"};

/* The order people expect; a name that is not listed comes behind, by alphabet. */
static const char *const shown_order[] = {
    "stdlib", "fastpath", "memo-opt",           "merged",          "inline", "general",
    "reduce", "memo",     "published-fastpath", "published-merged"};

static bool is_dir(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_file(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* The folder of a part of the installation: as configured, else in the usual shape. */
static char *find_dir(const char *bindir, const char *configured, const char *usual,
                      struct dcb_error *err)
{
    char *first = dcb_xasprintf("%s/%s", bindir, configured);
    char *second = dcb_xasprintf("%s/%s", bindir, usual);
    char *found = NULL;

    if (is_dir(first))
        found = realpath(first, NULL);
    else if (is_dir(second))
        found = realpath(second, NULL);
    if (!found)
        dcb_error_set(err, DCB_ERROR_SYSTEM,
                      "the installation is not whole: no folder %s (make install puts it "
                      "there)",
                      first);
    free(first);
    free(second);
    return found;
}

int dcb_catalog_open(struct dcb_catalog *ret_catalog, struct dcb_error *err)
{
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    struct dcb_catalog catalog = {.data_dir = NULL};

    if (length < 0)
        return dcb_error_set_errno(err, errno,
                                   "cannot read /proc/self/exe (is /proc mounted?)");
    program[length] = '\0';
    *strrchr(program, '/') = '\0';
    catalog.data_dir = find_dir(program, DCB_DATA_RELATIVE, "../share/dcbench", err);
    if (catalog.data_dir)
        catalog.libexec_dir =
            find_dir(program, DCB_LIBEXEC_RELATIVE, "../libexec/dcbench", err);
    if (!catalog.libexec_dir) {
        dcb_catalog_clear(&catalog);
        return -1;
    }
    *ret_catalog = catalog;
    return 0;
}

void dcb_catalog_clear(struct dcb_catalog *catalog)
{
    free(catalog->data_dir);
    free(catalog->libexec_dir);
    *catalog = (struct dcb_catalog){.data_dir = NULL};
}

/* ---- names ---- */

static size_t order_of(const char *name)
{
    size_t i = 0;

    while (i < sizeof shown_order / sizeof *shown_order &&
           strcmp(shown_order[i], name) != 0)
        i++;
    return i;
}

static int compare_names(const void *a, const void *b)
{
    const char *first = *(char *const *)a, *second = *(char *const *)b;
    size_t i = order_of(first), j = order_of(second);

    return i != j ? (i < j ? -1 : 1) : strcmp(first, second);
}

char *dcb_catalog_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *start = slash ? slash + 1 : path;
    size_t length = strlen(start);
    char *name;

    if (length > 3)
        length -= 3;
    if (length > 1 && start[length - 1] == '_')
        length--;
    name = dcb_xstrndup(start, length);
    for (char *c = name; *c; c++) {
        if (*c == '_')
            *c = '-';
    }
    return name;
}

static bool is_builtin_file(const char *file)
{
    size_t length = strlen(file);

    return length > 3 && strcmp(file + length - 3, ".py") == 0 && file[0] != '_' &&
           file[0] != '.';
}

static char *file_of_name(const struct dcb_catalog *catalog, enum dcb_catalog_part part,
                          const char *name)
{
    char *path = dcb_xasprintf("%s/%s/%s.py", catalog->data_dir, part_dirs[part], name);
    char *other;

    for (char *c = path + strlen(path) - strlen(name) - 3; *c; c++) {
        if (*c == '-')
            *c = '_';
    }
    other = dcb_xasprintf("%.*s_.py", (int)strlen(path) - 3, path);
    if (is_file(path) || !is_file(other)) {
        free(other);
        return path;
    }
    free(path);
    return other;
}

int dcb_catalog_names(const struct dcb_catalog *catalog, enum dcb_catalog_part part,
                      struct dcb_names *ret_names, struct dcb_error *err)
{
    char *path = dcb_xasprintf("%s/%s", catalog->data_dir, part_dirs[part]);
    DIR *dir = opendir(path);
    struct dcb_names names = {.items = NULL};
    size_t capacity = 0;
    const struct dirent *entry;

    if (!dir) {
        dcb_error_set_errno(err, errno, "cannot read %s", path);
        free(path);
        return -1;
    }
    while ((entry = readdir(dir))) {
        if (!is_builtin_file(entry->d_name))
            continue;
        names.items = dcb_xgrow(names.items, names.count, &capacity, sizeof *names.items);
        names.items[names.count++] = dcb_catalog_name(entry->d_name);
    }
    closedir(dir);
    free(path);
    if (names.count)
        qsort(names.items, names.count, sizeof *names.items, compare_names);
    *ret_names = names;
    return 0;
}

void dcb_names_clear(struct dcb_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
    *names = (struct dcb_names){.items = NULL};
}

char *dcb_catalog_summary(const struct dcb_catalog *catalog, enum dcb_catalog_part part,
                          const char *name)
{
    char *path = file_of_name(catalog, part, name);
    FILE *file = fopen(path, "re");
    char line[256] = "", *start, *end;

    free(path);
    if (!file)
        return dcb_xstrdup("");
    if (!fgets(line, sizeof line, file))
        line[0] = '\0';
    fclose(file);
    start = strncmp(line, "\"\"\"", 3) == 0 ? line + 3 : line + strlen(line);
    end = strstr(start, "\"\"\"");
    if (end)
        *end = '\0';
    start[strcspn(start, "\n")] = '\0';
    return dcb_xstrdup(start);
}

/* ---- specs ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);

    return length > tail && strcmp(text + length - tail, end) == 0;
}

static bool is_identifier(const char *text, bool dots)
{
    bool start = true;

    for (; *text; text++) {
        if (*text == '.' && dots && !start)
            start = true;
        else if (isalpha((unsigned char)*text) || *text == '_' ||
                 (unsigned char)*text >= 128 || (!start && isdigit((unsigned char)*text)))
            start = false;
        else
            return false;
    }
    return !start;
}

/* Splits "LABEL=SPEC". A label has no '/' and no ':', so that a path with '=' in it is
 * still a path. */
static const char *split_label(const char *text, char **ret_label, struct dcb_error *err)
{
    const char *equals = strchr(text, '=');
    size_t length = equals ? (size_t)(equals - text) : 0;

    *ret_label = NULL;
    if (!equals || memchr(text, '/', length) || memchr(text, ':', length))
        return text;
    if (length == 0 || length > 60 || equals[1] == '\0') {
        dcb_error_set(err, DCB_ERROR_USAGE,
                      "'%s': LABEL=SPEC wants a label of 1 to 60 bytes and a spec", text);
        return NULL;
    }
    *ret_label = dcb_xstrndup(text, length);
    return equals + 1;
}

static int check_label(const char *label, const char *text, struct dcb_error *err)
{
    for (const char *c = label; *c; c++) {
        if (iscntrl((unsigned char)*c))
            return dcb_error_set(err, DCB_ERROR_USAGE,
                                 "'%s': a label cannot hold control characters", text);
    }
    return 0;
}

static int resolve_builtin(const struct dcb_catalog *catalog, enum dcb_catalog_part part,
                           const char *name, struct dcb_spec *spec, struct dcb_error *err)
{
    struct dcb_names names;
    struct dcb_strbuf all = DCB_STRBUF_INIT;
    const char *near;
    bool found = false;

    if (dcb_catalog_names(catalog, part, &names, err) != 0)
        return -1;
    for (size_t i = 0; i < names.count; i++) {
        found = found || strcmp(names.items[i], name) == 0;
        dcb_strbuf_appendf(&all, "%s%s", i ? ", " : "", names.items[i]);
    }
    if (found) {
        spec->builtin = true;
        spec->kind = DCB_SPEC_FILE;
        spec->path = file_of_name(catalog, part, name);
        spec->attr = dcb_xstrdup(part_attrs[part]);
    } else {
        near = dcb_nearest(name, (const char *const *)names.items, names.count);
        dcb_error_set(err, DCB_ERROR_USAGE,
                      "unknown %s '%s'%s%s%s; built-in are %s; a file is given as %s, a "
                      "module as MODULE:ATTR",
                      part_words[part], name, near ? "; did you mean '" : "",
                      near ? near : "", near ? "'?" : "", all.text ? all.text : "none",
                      part == DCB_CATALOG_IMPLS ? "FILE.py" : "FILE.py or FILE.json");
    }
    dcb_names_clear(&names);
    dcb_strbuf_clear(&all);
    return found ? 0 : -1;
}

static int resolve_file(enum dcb_catalog_part part, const char *path, const char *attr,
                        struct dcb_spec *spec, struct dcb_error *err)
{
    spec->path = realpath(path, NULL);
    if (!spec->path || !is_file(spec->path)) {
        return dcb_error_set(err, DCB_ERROR_USAGE, "%s file '%s': %s", part_words[part],
                             path, spec->path ? "not a regular file" : strerror(errno));
    }
    if (!dcb_utf8_valid(spec->path))
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "%s file '%s': its path is not UTF-8; rename or move it",
                             part_words[part], path);
    if (access(spec->path, R_OK) != 0)
        return dcb_error_set_errno(err, errno, "%s file '%s'", part_words[part], path);
    if (attr && !is_identifier(attr, true))
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "'%s' is not the name of an attribute (FILE.py:ATTR)", attr);
    if (spec->kind == DCB_SPEC_FILE)
        spec->attr = dcb_xstrdup(attr ? attr : part_attrs[part]);
    return 0;
}

static int resolve_module(enum dcb_catalog_part part, const char *text, const char *colon,
                          struct dcb_spec *spec, struct dcb_error *err)
{
    spec->kind = DCB_SPEC_MODULE;
    spec->module = dcb_xstrndup(text, (size_t)(colon - text));
    spec->attr = dcb_xstrdup(colon + 1);
    if (!is_identifier(spec->module, true) || !is_identifier(spec->attr, true))
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "%s '%s' is neither MODULE:ATTR nor FILE.py[:ATTR]",
                             part_words[part], text);
    return 0;
}

/* Stem of a file's name: path/to/new_one.py is called new_one. */
static char *stem(const char *path)
{
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    const char *dot = strrchr(name, '.');

    return dot && dot > name ? dcb_xstrndup(name, (size_t)(dot - name))
                             : dcb_xstrdup(name);
}

static int resolve_data(const char *text, bool allow_pickle, struct dcb_spec *spec,
                        struct dcb_error *err)
{
    spec->kind = ends_with(text, ".json") ? DCB_SPEC_JSON : DCB_SPEC_PICKLE;
    if (spec->kind == DCB_SPEC_PICKLE && !allow_pickle)
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "workload '%s': loading a pickle runs the code in it; say "
                             "--allow-pickle if you trust it",
                             text);
    return resolve_file(DCB_CATALOG_WORKLOADS, text, NULL, spec, err);
}

static int resolve(const struct dcb_catalog *catalog, enum dcb_catalog_part part,
                   const char *text, bool allow_pickle, struct dcb_spec *spec,
                   struct dcb_error *err)
{
    const char *colon = strrchr(text, ':');
    char *path;
    int rc;

    if (part == DCB_CATALOG_WORKLOADS &&
        (ends_with(text, ".json") || ends_with(text, ".pkl") ||
         ends_with(text, ".pickle")))
        return resolve_data(text, allow_pickle, spec, err);
    if (ends_with(text, ".py"))
        return resolve_file(part, text, NULL, spec, err);
    if (colon) {
        path = dcb_xstrndup(text, (size_t)(colon - text));
        if (ends_with(path, ".py") || strchr(path, '/'))
            rc = resolve_file(part, path, colon + 1, spec, err);
        else
            rc = resolve_module(part, text, colon, spec, err);
        free(path);
        return rc;
    }
    if (strchr(text, '/'))
        return resolve_file(part, text, NULL, spec, err);
    return resolve_builtin(catalog, part, text, spec, err);
}

int dcb_catalog_resolve(const struct dcb_catalog *catalog, enum dcb_catalog_part part,
                        const char *text, bool allow_pickle, struct dcb_spec *ret_spec,
                        struct dcb_error *err)
{
    struct dcb_spec spec = {.label = NULL};
    const char *rest;
    char *label;
    int rc;

    if (!dcb_utf8_valid(text))
        return dcb_error_set(err, DCB_ERROR_USAGE, "'%s': not UTF-8", text);
    rest = split_label(text, &label, err);
    if (!rest)
        return -1;
    rc = resolve(catalog, part, rest, allow_pickle, &spec, err);
    if (rc == 0) {
        if (label)
            spec.label = label;
        else
            spec.label = spec.path && !spec.builtin ? stem(spec.path) : dcb_xstrdup(rest);
        label = NULL;
        rc = check_label(spec.label, text, err);
    }
    free(label);
    if (rc == 0)
        *ret_spec = spec;
    else
        dcb_spec_clear(&spec);
    return rc;
}

/* ---- workers ---- */

/* 3.9 before 3.13. */
static int minor_of(const char *version)
{
    int major, minor, end = 0;

    if (sscanf(version, "%d.%d%n", &major, &minor, &end) != 2 || version[end] != '\0')
        return -1;
    return major == 3 ? minor : -1;
}

static const char worker_prefix[] = "dcbench-worker-";

static int compare_versions(const void *a, const void *b)
{
    return minor_of(*(char *const *)a) - minor_of(*(char *const *)b);
}

int dcb_catalog_workers(const struct dcb_catalog *catalog, struct dcb_names *ret_versions,
                        struct dcb_error *err)
{
    DIR *dir = opendir(catalog->libexec_dir);
    struct dcb_names versions = {.items = NULL};
    size_t capacity = 0, prefix = strlen(worker_prefix);
    const struct dirent *entry;

    if (!dir)
        return dcb_error_set_errno(err, errno, "cannot read %s", catalog->libexec_dir);
    while ((entry = readdir(dir))) {
        int minor = strncmp(entry->d_name, worker_prefix, prefix) == 0
                        ? minor_of(entry->d_name + prefix)
                        : -1;

        if (minor < 0)
            continue;
        versions.items =
            dcb_xgrow(versions.items, versions.count, &capacity, sizeof *versions.items);
        versions.items[versions.count++] = dcb_xasprintf("3.%d", minor);
    }
    closedir(dir);
    if (versions.count)
        qsort(versions.items, versions.count, sizeof *versions.items, compare_versions);
    *ret_versions = versions;
    return 0;
}

static int no_worker(const struct dcb_catalog *catalog, const struct dcb_names *versions,
                     const char *wanted, struct dcb_error *err)
{
    struct dcb_strbuf all = DCB_STRBUF_INIT;

    for (size_t i = 0; i < versions->count; i++)
        dcb_strbuf_appendf(&all, "%s%s", i ? ", " : "", versions->items[i]);
    if (versions->count == 0)
        dcb_error_set(err, DCB_ERROR_SYSTEM,
                      "no worker in %s: build one with 'make' where python3-embed.pc "
                      "is installed",
                      catalog->libexec_dir);
    else
        dcb_error_set(err, DCB_ERROR_SYSTEM,
                      "no worker for Python %s; there is one for %s ('make "
                      "PYTHONS=%s' builds it where python-%s-embed.pc is installed)",
                      wanted, all.text, wanted, wanted);
    dcb_strbuf_clear(&all);
    return -1;
}

int dcb_catalog_worker(const struct dcb_catalog *catalog, const char *version,
                       char **ret_path, char **ret_version, struct dcb_error *err)
{
    struct dcb_names versions;
    const char *found = NULL;
    int rc = 0;

    if (dcb_catalog_workers(catalog, &versions, err) != 0)
        return -1;
    for (size_t i = 0; i < versions.count; i++) {
        if (!version || minor_of(versions.items[i]) == minor_of(version))
            found = versions.items[i];
    }
    if (found) {
        *ret_version = dcb_xstrdup(found);
        *ret_path = dcb_xasprintf("%s/%s%s", catalog->libexec_dir, worker_prefix, found);
    } else {
        rc = no_worker(catalog, &versions, version, err);
    }
    dcb_names_clear(&versions);
    return rc;
}

char *dcb_catalog_malloc_library(const struct dcb_catalog *catalog, struct dcb_error *err)
{
    char *path = dcb_xasprintf("%s/dcbench-malloc.so", catalog->libexec_dir);

    if (access(path, R_OK) == 0)
        return path;
    dcb_error_set_errno(err, errno, "cannot count libc's malloc: %s", path);
    free(path);
    return NULL;
}

int dcb_catalog_venv_version(const char *venv, char **ret_version, struct dcb_error *err)
{
    char *path = dcb_xasprintf("%s/pyvenv.cfg", venv);
    FILE *file = fopen(path, "re");
    char line[1024];
    int major = 0, minor = 0;

    if (!file) {
        dcb_error_set(err, DCB_ERROR_USAGE,
                      "--venv: '%s' is no virtual environment (no pyvenv.cfg: %s)", venv,
                      strerror(errno));
        free(path);
        return -1;
    }
    while (major == 0 && fgets(line, sizeof line, file)) {
        /* venv writes "version = 3.11.2", virtualenv "version_info = 3.11.2.final.0" */
        if (sscanf(line, "version = %d.%d", &major, &minor) != 2 &&
            sscanf(line, "version_info = %d.%d", &major, &minor) != 2)
            major = 0;
    }
    fclose(file);
    if (major != 3)
        dcb_error_set(err, DCB_ERROR_SYSTEM, "--venv: %s names no Python 3 version",
                      path);
    free(path);
    if (major != 3)
        return -1;
    *ret_version = dcb_xasprintf("3.%d", minor);
    return 0;
}
