/* Any bytes as a file to read: most are taken as they are, but for a byte order mark
 * before them; gzip is unpacked. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "error.h"
#include "infile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int truth)
{
    if (!truth)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dcb_error err = DCB_ERROR_INIT;
    int fd = memfd_create("input", MFD_CLOEXEC);
    size_t mark = size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0, length;
    char path[64], *text;

    must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    text = dcb_infile_read(path, &length, &err);
    if (text)
        must(length <= DCB_INFILE_MAX && text[length] == '\0');
    else
        must(err.code == DCB_ERROR_SYSTEM && strncmp(err.text, path, strlen(path)) == 0);
    if (size < 2 || data[0] != 0x1f || data[1] != 0x8b)
        must(text && length == size - mark && memcmp(text, data + mark, length) == 0);
    free(text);
    close(fd);
    return 0;
}
