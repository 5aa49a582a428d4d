#include "filetree.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "xalloc.h"

/* Folders below folders; results do not lie deeper. */
enum { DEPTH_MAX = 64 };

/* A folder on the way down. */
struct level {
    dev_t device;
    ino_t inode;
    const struct level *above;
    int depth;
};

static bool ends_in(const char *name, const char *end)
{
    size_t length = strlen(name), wanted = strlen(end);

    return length > wanted && strcmp(name + length - wanted, end) == 0;
}

static int choose(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int compare_names(const struct dirent **left, const struct dirent **right)
{
    return strcmp((*left)->d_name, (*right)->d_name);
}

static int add_file(struct dcb_filetree *tree, const char *path, struct dcb_error *err)
{
    if (tree->count == DCB_FILETREE_MAX)
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "more than %d files",
                             DCB_FILETREE_MAX);
    tree->paths =
        dcb_xgrow(tree->paths, tree->count, &tree->capacity, sizeof *tree->paths);
    tree->paths[tree->count++] = dcb_xstrdup(path);
    return 0;
}

/* Whether the folder is one of those that lead to it. */
static bool is_above(const struct level *level, const struct stat *status)
{
    for (; level; level = level->above) {
        if (level->device == status->st_dev && level->inode == status->st_ino)
            return true;
    }
    return false;
}

static int add_folder(struct dcb_filetree *tree, const char *path,
                      const struct level *level, struct dcb_error *err);

static int add_entry(struct dcb_filetree *tree, const char *folder, const char *name,
                     const struct level *level, struct dcb_error *err)
{
    char *path = dcb_xasprintf("%s%s%s", folder,
                               folder[strlen(folder) - 1] == '/' ? "" : "/", name);
    struct stat status;
    int rc = 0;

    if (stat(path, &status) != 0) {
        free(path); /* a link to nothing, or gone meanwhile */
        return 0;
    }
    if (S_ISDIR(status.st_mode) && level->depth < DEPTH_MAX &&
        !is_above(level, &status)) {
        struct level below = {status.st_dev, status.st_ino, level, level->depth + 1};
        struct dcb_error ignored = DCB_ERROR_INIT;

        rc = add_folder(tree, path, &below, &ignored);
        /* One that may not be opened is left out; too many files are too many. */
        if (rc != 0 && tree->count == DCB_FILETREE_MAX)
            dcb_error_set(err, ignored.code, "%s", ignored.text);
        else
            rc = 0;
    } else if (S_ISREG(status.st_mode) &&
               (ends_in(name, ".json") || ends_in(name, ".json.gz"))) {
        rc = add_file(tree, path, err);
    }
    free(path);
    return rc;
}

static int add_folder(struct dcb_filetree *tree, const char *path,
                      const struct level *level, struct dcb_error *err)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, choose, compare_names), rc = 0;

    if (count < 0)
        return dcb_error_set_errno(err, errno, "cannot read the folder %s", path);
    for (int i = 0; i < count; i++) {
        if (rc == 0)
            rc = add_entry(tree, path, entries[i]->d_name, level, err);
        free(entries[i]);
    }
    free(entries);
    return rc;
}

int dcb_filetree_add(struct dcb_filetree *tree, const char *path, struct dcb_error *err)
{
    struct stat status;
    struct level top = {.above = NULL};

    if (strcmp(path, "-") == 0) /* standard input */
        return add_file(tree, path, err);
    if (stat(path, &status) != 0)
        return dcb_error_set_errno(err, errno, "cannot read %s", path);
    if (!S_ISDIR(status.st_mode))
        return add_file(tree, path, err);
    top.device = status.st_dev;
    top.inode = status.st_ino;
    return add_folder(tree, path, &top, err);
}

void dcb_filetree_clear(struct dcb_filetree *tree)
{
    for (size_t i = 0; i < tree->count; i++)
        free(tree->paths[i]);
    free(tree->paths);
    *tree = (struct dcb_filetree){.paths = NULL};
}
