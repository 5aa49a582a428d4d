#include "infile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "error.h"
#include "xalloc.h"

enum { FIRST_CAPACITY = 256 << 10 };

struct bytes {
    char *data;
    size_t length, capacity;
};

/* Room for one more byte than there may be: so that too many are seen, and for the null
 * byte behind the last. */
static void make_room(struct bytes *bytes)
{
    size_t most = (size_t)DCB_INFILE_MAX + 2;

    if (bytes->capacity - bytes->length > 1)
        return;
    bytes->capacity = bytes->capacity ? 2 * bytes->capacity : FIRST_CAPACITY;
    if (bytes->capacity > most)
        bytes->capacity = most;
    bytes->data = dcb_xrealloc(bytes->data, bytes->capacity, 1);
}

static int too_large(const char *name, const char *what, struct dcb_error *err)
{
    return dcb_error_set(err, DCB_ERROR_SYSTEM, "%s: more than %d MiB%s", name,
                         DCB_INFILE_MAX >> 20, what);
}

static int read_all(int fd, const char *name, struct bytes *bytes, struct dcb_error *err)
{
    for (;;) {
        ssize_t got;

        make_room(bytes);
        got = read(fd, bytes->data + bytes->length, bytes->capacity - bytes->length - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return dcb_error_set_errno(err, errno, "%s: cannot be read", name);
        if (got == 0)
            return 0;
        bytes->length += (size_t)got;
        if (bytes->length > DCB_INFILE_MAX)
            return too_large(name, "", err);
    }
}

static int inflate_member(z_stream *stream, const char *name, struct bytes *out,
                          struct dcb_error *err)
{
    int status = Z_OK;

    while (status == Z_OK) {
        make_room(out);
        stream->next_out = (Bytef *)out->data + out->length;
        stream->avail_out = (uInt)(out->capacity - out->length - 1);
        status = inflate(stream, Z_NO_FLUSH);
        out->length = (size_t)((char *)stream->next_out - out->data);
        if (out->length > DCB_INFILE_MAX)
            return too_large(name, " unpacked", err);
    }
    if (status == Z_STREAM_END)
        return 0;
    /* No progress with room for output: the input has come to its end. */
    if (status == Z_BUF_ERROR)
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "%s: the gzip data are cut off",
                             name);
    return dcb_error_set(err, DCB_ERROR_SYSTEM, "%s: damaged gzip data: %s", name,
                         stream->msg ? stream->msg : "no gzip behind its first bytes");
}

/* What is written in blocks of a size, as to a tape, has zeros behind it. */
static void skip_padding(z_stream *stream)
{
    while (stream->avail_in > 0 && *stream->next_in == 0) {
        stream->next_in++;
        stream->avail_in--;
    }
}

/* Members that follow each other are one file (RFC 1952, 2.2). */
static int unpack(const struct bytes *packed, const char *name, struct bytes *out,
                  struct dcb_error *err)
{
    enum { GZIP_ONLY = 16 };
    z_stream stream = {.next_in = (Bytef *)packed->data,
                       .avail_in = (uInt)packed->length};
    int rc = 0;

    if (inflateInit2(&stream, GZIP_ONLY + MAX_WBITS) != Z_OK)
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "%s: zlib does not start", name);
    do {
        rc = inflate_member(&stream, name, out, err);
        skip_padding(&stream);
    } while (rc == 0 && stream.avail_in > 0 && inflateReset(&stream) == Z_OK);
    inflateEnd(&stream);
    return rc;
}

static bool is_gzip(const struct bytes *bytes)
{
    return bytes->length >= 2 && memcmp(bytes->data, "\x1f\x8b", 2) == 0;
}

/* Some editors put a byte order mark before UTF-8. RFC 8259 lets readers pass it over. */
static void skip_mark(struct bytes *bytes)
{
    if (bytes->length < 3 || memcmp(bytes->data, "\xef\xbb\xbf", 3) != 0)
        return;
    bytes->length -= 3;
    memmove(bytes->data, bytes->data + 3, bytes->length);
}

static int open_file(const char *path, const char *name, struct dcb_error *err)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return dcb_error_set_errno(err, errno, "%s", name);
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
        close(fd);
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "%s: is a folder, not a file", name);
    }
    return fd;
}

char *dcb_infile_read(const char *path, size_t *ret_length, struct dcb_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    const char *name = standard ? "standard input" : path;
    struct bytes bytes = {.data = NULL}, plain = {.data = NULL};
    int fd = standard ? STDIN_FILENO : open_file(path, name, err), rc;

    if (fd < 0)
        return NULL;
    rc = read_all(fd, name, &bytes, err);
    if (!standard)
        close(fd);
    if (rc == 0 && is_gzip(&bytes)) {
        rc = unpack(&bytes, name, &plain, err);
        free(bytes.data);
        bytes = plain;
    }
    if (rc < 0) {
        free(bytes.data);
        return NULL;
    }
    skip_mark(&bytes);
    bytes.data[bytes.length] = '\0';
    *ret_length = bytes.length;
    return bytes.data;
}
