#include "spawn_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* linux/memfd.h of 6.3 and later; older kernels refuse it and execute any. */
enum { EXECUTABLE = 0x10 };

static int memory_file(void)
{
    int fd = memfd_create("dcbench-worker", MFD_CLOEXEC | EXECUTABLE);

    if (fd < 0 && errno == EINVAL)
        fd = memfd_create("dcbench-worker", MFD_CLOEXEC);
    return fd;
}

/* A script's interpreter would look for it when it is closed. */
static bool is_elf(int fd)
{
    char magic[4];

    return pread(fd, magic, sizeof magic, 0) == sizeof magic &&
           memcmp(magic, "\177ELF", sizeof magic) == 0;
}

static bool copy(int from, int to)
{
    struct stat status;
    off_t done = 0;

    if (fstat(from, &status) != 0)
        return false;
    while (done < status.st_size) {
        ssize_t n = sendfile(to, from, &done, (size_t)(status.st_size - done));

        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
    }
    return true;
}

/* In a process namespace with the /proc of another one, our number is somebody else's. */
static bool is_own_proc(void)
{
    char name[24];
    ssize_t length = readlink("/proc/self", name, sizeof name - 1);

    if (length <= 0)
        return false;
    name[length] = '\0';
    return atoi(name) == (int)getpid();
}

int dcb_spawn_copy(const char *program, char ret_link[DCB_SPAWN_LINK])
{
    int from, to = -1;

    if (!is_own_proc())
        return -1;
    from = open(program, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return -1;
    if (is_elf(from))
        to = memory_file();
    if (to >= 0 && !copy(from, to)) {
        close(to);
        to = -1;
    }
    close(from);
    /* The new process has closed the descriptor before it executes: this one's. */
    if (to >= 0)
        snprintf(ret_link, DCB_SPAWN_LINK, "/proc/%d/fd/%d", (int)getpid(), to);
    return to;
}
