/* Output files that are either whole or not there. */
#ifndef DCB_OUTFILE_H
#define DCB_OUTFILE_H

#include <stdbool.h>
#include <stdio.h>

struct dcb_error;

struct dcb_outfile {
    FILE *stream;
    char *path, *temporary; /* temporary: NULL where the target is no regular file */
};

/* Opens a temporary file beside `path`. What is there already and is no regular file (a
 * device, a pipe) is written to directly. */
int dcb_outfile_open(struct dcb_outfile *ret_file, const char *path,
                     struct dcb_error *err);

/* Flushes, syncs and renames; removes the temporary file where that fails. */
int dcb_outfile_commit(struct dcb_outfile *file, struct dcb_error *err);

/* Leaves nothing behind; harmless after a commit. */
void dcb_outfile_discard(struct dcb_outfile *file);

/* Whether `path` can be written, by trying; what is there stays as it is. Something that
 * is no regular file is taken for writable: opening a pipe would wake its reader. */
int dcb_outfile_check(const char *path, struct dcb_error *err);

/* Whether both name the same file, be it there or not yet: what is written to the one
 * would be lost to the other. False where one of them is NULL. Not so with devices and
 * pipes, unless they have the same name. */
bool dcb_outfile_same(const char *a, const char *b);

int dcb_outfile_write(const char *path, const char *text, struct dcb_error *err);

/* Adds to what is there: for a file that others write to, too. */
int dcb_outfile_append(const char *path, const char *text, struct dcb_error *err);

#endif
