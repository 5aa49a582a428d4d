/* Any bytes as a file to read: most are taken as they are, gzip is unpacked. */
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
    char path[64], *text;
    size_t length;

    must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    text = dcb_infile_read(path, &length, &err);
    if (text)
        must(length <= DCB_INFILE_MAX && text[length] == '\0');
    else
        must(err.code == DCB_ERROR_SYSTEM && strncmp(err.text, path, strlen(path)) == 0);
    if (size < 2 || data[0] != 0x1f || data[1] != 0x8b)
        must(text && length == size && memcmp(text, data, size) == 0);
    free(text);
    close(fd);
    return 0;
}
