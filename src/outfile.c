#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "xalloc.h"

static int open_direct(struct dcb_outfile *file)
{
    file->stream = fopen(file->path, "we");
    return file->stream ? 0 : -1;
}

static int open_temporary(struct dcb_outfile *file)
{
    mode_t mask = umask(0);
    const char *slash;
    int fd;

    umask(mask);
    /* Beside the target, so that it can be renamed; with a name of its own, since the
     * target's may be as long as names can be. */
    slash = strrchr(file->path, '/');
    file->temporary = dcb_xasprintf(
        "%.*s.dcbench-XXXXXX", slash ? (int)(slash - file->path) + 1 : 0, file->path);
    fd = mkostemp(file->temporary, O_CLOEXEC);
    if (fd < 0)
        return -1;
    file->stream = fdopen(fd, "w");
    if (!file->stream || fchmod(fd, 0666 & ~mask) != 0) {
        int saved = errno;

        if (!file->stream)
            close(fd);
        unlink(file->temporary);
        errno = saved;
        return -1;
    }
    return 0;
}

int dcb_outfile_open(struct dcb_outfile *ret_file, const char *path,
                     struct dcb_error *err)
{
    /* A symbolic link stays one: what it points to is replaced. */
    char *real = realpath(path, NULL);
    struct dcb_outfile file = {.path = real ? real : dcb_xstrdup(path)};
    struct stat status;
    int rc;

    if (!*path) {
        errno = ENOENT;
        rc = -1;
    } else if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        rc = open_direct(&file);
    else
        rc = open_temporary(&file);
    if (rc != 0) {
        dcb_error_set_errno(err, errno, "cannot write '%s'", path);
        free(file.temporary);
        file.temporary = NULL;
        dcb_outfile_discard(&file);
        return -1;
    }
    *ret_file = file;
    return 0;
}

int dcb_outfile_commit(struct dcb_outfile *file, struct dcb_error *err)
{
    int number = 0;

    /* A pipe or a terminal cannot be synced; that is no loss. */
    if (fflush(file->stream) != 0 || ferror(file->stream) ||
        (file->temporary && fsync(fileno(file->stream)) != 0))
        number = errno ? errno : EIO;
    if (fclose(file->stream) != 0 && number == 0)
        number = errno;
    file->stream = NULL;
    if (number == 0 && file->temporary && rename(file->temporary, file->path) != 0)
        number = errno;
    if (number != 0)
        dcb_error_set_errno(err, number, "cannot write %s", file->path);
    else if (file->temporary) {
        free(file->temporary);
        file->temporary = NULL;
    }
    dcb_outfile_discard(file);
    return number == 0 ? 0 : -1;
}

void dcb_outfile_discard(struct dcb_outfile *file)
{
    if (file->stream)
        fclose(file->stream);
    if (file->temporary)
        unlink(file->temporary);
    free(file->temporary);
    free(file->path);
    *file = (struct dcb_outfile){.stream = NULL};
}

int dcb_outfile_write(const char *path, const char *text, struct dcb_error *err)
{
    struct dcb_outfile file;

    if (dcb_outfile_open(&file, path, err) != 0)
        return -1;
    if (fputs(text, file.stream) == EOF) {
        dcb_error_set_errno(err, errno, "cannot write %s", path);
        dcb_outfile_discard(&file);
        return -1;
    }
    return dcb_outfile_commit(&file, err);
}

int dcb_outfile_append(const char *path, const char *text, struct dcb_error *err)
{
    FILE *stream = fopen(path, "ae");
    int number = 0;

    if (!stream)
        return dcb_error_set_errno(err, errno, "cannot write '%s'", path);
    if (fputs(text, stream) == EOF)
        number = errno;
    if (fclose(stream) != 0 && number == 0)
        number = errno;
    return number ? dcb_error_set_errno(err, number, "cannot write %s", path) : 0;
}

/* A file's place: where it really is; of what is not there yet, or is no regular file,
 * its folder without links and dots, and its name. */
static char *place_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder, *real, *place;
    struct stat status;

    if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
        place = realpath(path, NULL);
        if (place)
            return place;
    }
    folder = slash ? dcb_xstrndup(path, (size_t)(slash - path) + 1) : dcb_xstrdup(".");
    real = realpath(folder, NULL);
    place = dcb_xasprintf("%s/%s", real ? real : folder, slash ? slash + 1 : path);
    free(real);
    free(folder);
    return place;
}

bool dcb_outfile_same(const char *a, const char *b)
{
    char *first = a && b ? place_of(a) : NULL, *second = a && b ? place_of(b) : NULL;
    bool same = first && strcmp(first, second) == 0;

    free(first);
    free(second);
    return same;
}

int dcb_outfile_check(const char *path, struct dcb_error *err)
{
    struct dcb_outfile file;
    struct stat status;

    if (stat(path, &status) == 0) {
        if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
            return 0;
    } else if (errno == ENAMETOOLONG) { /* the temporary file's name would do */
        return dcb_error_set_errno(err, errno, "cannot write %s", path);
    }
    if (dcb_outfile_open(&file, path, err) != 0)
        return -1;
    dcb_outfile_discard(&file);
    return 0;
}
