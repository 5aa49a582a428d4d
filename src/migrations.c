#include "migrations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The number behind "se.nr_migrations   :". */
static bool find_number(const char *text, uint64_t *ret_number)
{
    static const char name[] = "\nse.nr_migrations";
    const char *line = strstr(text, name), *colon;
    char *end;

    if (!line)
        return false;
    colon = line + strlen(name) + strspn(line + strlen(name), " \t");
    if (*colon != ':')
        return false;
    *ret_number = strtoull(colon + 1, &end, 10);
    return end != colon + 1;
}

/* The file has about 3 kB; the kernel writes it anew for a reading from its start. */
static bool read_file(int fd, uint64_t *ret_number)
{
    char text[8192];
    ssize_t length;

    do
        length = pread(fd, text, sizeof text - 1, 0);
    while (length < 0 && errno == EINTR);
    if (length <= 0)
        return false;
    text[length] = '\0';
    return find_number(text, ret_number);
}

int dcb_migrations_open(struct dcb_migrations *migrations, const char *path,
                        char *ret_reason, size_t size)
{
    uint64_t number;

    *migrations = (struct dcb_migrations)DCB_MIGRATIONS_INIT;
    migrations->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (migrations->fd < 0) {
        snprintf(ret_reason, size, "%s: %s", path, strerror(errno));
        return -1;
    }
    if (!read_file(migrations->fd, &number)) {
        snprintf(ret_reason, size, "%s has no se.nr_migrations", path);
        dcb_migrations_close(migrations);
        return -1;
    }
    return 0;
}

void dcb_migrations_close(struct dcb_migrations *migrations)
{
    if (migrations->fd >= 0)
        close(migrations->fd);
    *migrations = (struct dcb_migrations)DCB_MIGRATIONS_INIT;
}

bool dcb_migrations_read(struct dcb_migrations *migrations, uint64_t switches,
                         uint64_t *ret_count)
{
    if (migrations->fd < 0)
        return false;
    if (!migrations->known || switches != migrations->switches) {
        migrations->known = read_file(migrations->fd, &migrations->count);
        migrations->switches = switches;
    }
    *ret_count = migrations->count;
    return migrations->known;
}
