/* Output files that are either whole or not there. */
#ifndef DCB_OUTFILE_H
#define DCB_OUTFILE_H

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

int dcb_outfile_write(const char *path, const char *text, struct dcb_error *err);

/* Adds to what is there: for a file that others write to, too. */
int dcb_outfile_append(const char *path, const char *text, struct dcb_error *err);

#endif
