#include "filetree.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "xalloc.h"

/* Folders below folders; results do not lie deeper. */
enum { DEPTH_MAX = 64 };

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

/* Links and operands lead to one file several times, and a few folders with links to each
 * other along more ways than could ever be gone. */
static bool is_new(struct dcb_filetree *tree, const struct stat *status)
{
    bool again = dcb_seen_add(&tree->seen, (uint64_t)status->st_dev,
                              (uint64_t)status->st_ino, 0) != SIZE_MAX;

    tree->again += again;
    return !again;
}

static int add_folder(struct dcb_filetree *tree, const char *path, int depth,
                      struct dcb_error *err);

static int add_entry(struct dcb_filetree *tree, const char *folder, const char *name,
                     int depth, struct dcb_error *err)
{
    char *path = dcb_xasprintf("%s%s%s", folder,
                               folder[strlen(folder) - 1] == '/' ? "" : "/", name);
    struct stat status;
    int rc = 0;

    if (stat(path, &status) != 0) {
        free(path); /* a link to nothing, or gone meanwhile */
        return 0;
    }
    if (S_ISDIR(status.st_mode) && depth < DEPTH_MAX && is_new(tree, &status)) {
        struct dcb_error ignored = DCB_ERROR_INIT;

        rc = add_folder(tree, path, depth + 1, &ignored);
        /* One that may not be opened is left out; too many files are too many. */
        if (rc != 0 && tree->count == DCB_FILETREE_MAX)
            dcb_error_set(err, ignored.code, "%s", ignored.text);
        else
            rc = 0;
    } else if (S_ISREG(status.st_mode) &&
               (ends_in(name, ".json") || ends_in(name, ".json.gz")) &&
               is_new(tree, &status)) {
        rc = add_file(tree, path, err);
    }
    free(path);
    return rc;
}

static int add_folder(struct dcb_filetree *tree, const char *path, int depth,
                      struct dcb_error *err)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, choose, compare_names), rc = 0;

    if (count < 0)
        return dcb_error_set_errno(err, errno, "cannot read the folder %s", path);
    if (tree->tell)
        tree->tell(tree->context, tree);
    for (int i = 0; i < count; i++) {
        if (rc == 0)
            rc = add_entry(tree, path, entries[i]->d_name, depth, err);
        free(entries[i]);
    }
    free(entries);
    return rc;
}

int dcb_filetree_add(struct dcb_filetree *tree, const char *path, struct dcb_error *err)
{
    struct stat status;

    if (strcmp(path, "-") == 0) /* standard input */
        return add_file(tree, path, err);
    if (stat(path, &status) != 0)
        return dcb_error_set_errno(err, errno, "cannot read %s", path);
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
        return add_file(tree, path, err); /* a pipe is another one every time */
    if (!is_new(tree, &status))
        return 0;
    if (!S_ISDIR(status.st_mode))
        return add_file(tree, path, err);
    return add_folder(tree, path, 0, err);
}

void dcb_filetree_clear(struct dcb_filetree *tree)
{
    for (size_t i = 0; i < tree->count; i++)
        free(tree->paths[i]);
    free(tree->paths);
    dcb_seen_clear(&tree->seen);
    *tree = (struct dcb_filetree){.paths = NULL};
}
