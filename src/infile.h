/* Files to read that nobody vouches for. The only module that knows zlib. */
#ifndef DCB_INFILE_H
#define DCB_INFILE_H

#include <stddef.h>

struct dcb_error;

/* No result file is larger, unpacked. */
enum { DCB_INFILE_MAX = 64 << 20 };

/* The whole file, unpacked where it is gzip (by its first bytes, not its name), without
 * UTF-8's byte order mark before it, with a null byte behind it, owned by the caller. "-"
 * is standard input; a folder, an endless device or more than DCB_INFILE_MAX bytes are
 * errors, DCB_ERROR_SYSTEM, which name the file. NULL on failure. */
char *dcb_infile_read(const char *path, size_t *ret_length, struct dcb_error *err);

#endif
