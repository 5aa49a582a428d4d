/* The files that a user names by their folders. */
#ifndef DCB_FILETREE_H
#define DCB_FILETREE_H

#include <stdbool.h>
#include <stddef.h>

#include "seen.h"

struct dcb_error;

/* More files than that are taken for a mistake. */
enum { DCB_FILETREE_MAX = 1000000 };

struct dcb_filetree {
    char **paths;
    size_t count, capacity;
    size_t again;         /* files and folders that were met before, by another name */
    struct dcb_seen seen; /* devices and numbers of all */
    void (*tell)(void *context, const struct dcb_filetree *tree); /* at every folder */
    void *context;
};

/*
 * Adds `path`: a file as it is; of a folder, every file in it and below whose name ends
 * in .json or .json.gz, by name. Names that begin with '.' and folders that cannot be
 * opened are left out; links are followed. What was met before, by whatever name, in this
 * call or an earlier one, is counted in `again` and left out. -1 where `path` itself is
 * not there or cannot be read.
 */
int dcb_filetree_add(struct dcb_filetree *tree, const char *path, struct dcb_error *err);
void dcb_filetree_clear(struct dcb_filetree *tree);

#endif
