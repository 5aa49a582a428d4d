/* The files that a user names by their folders. */
#ifndef DCB_FILETREE_H
#define DCB_FILETREE_H

#include <stdbool.h>
#include <stddef.h>

struct dcb_error;

/* More files than that are taken for a mistake. */
enum { DCB_FILETREE_MAX = 1000000 };

struct dcb_filetree {
    char **paths;
    size_t count, capacity;
};

/*
 * Adds `path`: a file as it is; of a folder, every file in it and below whose name ends
 * in .json or .json.gz, by name. Names that begin with '.' and folders that cannot be
 * opened are left out; links are followed, but no folder is entered from below itself. -1
 * where `path` itself is not there or cannot be read.
 */
int dcb_filetree_add(struct dcb_filetree *tree, const char *path, struct dcb_error *err);
void dcb_filetree_clear(struct dcb_filetree *tree);

#endif
