#include "check_place.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outfile.h"
#include "xalloc.h"

/* Whether the path is in the folder, however deep. Both are absolute. */
static bool is_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);

    return strncmp(path, folder, length) == 0 &&
           (path[length] == '/' || (length && folder[length - 1] == '/'));
}

/* The nearest folder upwards that has a .git; the folder itself where none has. Both are
 * absolute, and owned by the caller. */
static char *find_top(const char *folder)
{
    char *at = dcb_xstrdup(folder);

    for (char *slash; (slash = strrchr(at, '/')) && slash != at; *slash = '\0') {
        char *git = dcb_xasprintf("%s/.git", at);
        bool there = access(git, F_OK) == 0;

        free(git);
        if (there)
            return at;
    }
    free(at);
    return dcb_xstrdup(folder);
}

/* FOLDER/NAME where it is a file, and another one than `path`; else NULL. */
static char *other_file(const char *folder, const char *name, const char *path)
{
    char *other = dcb_xasprintf("%s/%s", folder, name);
    struct stat status;

    if (stat(other, &status) == 0 && S_ISREG(status.st_mode) &&
        !dcb_outfile_same(other, path))
        return other;
    free(other);
    return NULL;
}

/* Of a/b/c.py there is looked for a/b/c.py, b/c.py and c.py. */
static char *other_below(const char *top, const char *path)
{
    char *other = NULL;

    for (const char *slash = path; slash && !other; slash = strchr(slash + 1, '/'))
        other = other_file(top, slash + 1, path);
    return other;
}

static char *folder_of(const char *baseline)
{
    char *path = realpath(baseline, NULL), *slash = path ? strrchr(path, '/') : NULL;

    if (slash)
        slash[slash == path] = '\0';
    return path;
}

char *cli_check_file_here(const char *path, const char *baseline)
{
    char *here = realpath(".", NULL), *there = folder_of(baseline), *other = NULL;
    char *top = here ? find_top(here) : NULL;
    const char *name = strrchr(path, '/');

    if (here && name && !is_below(path, top)) {
        other = other_file(here, name + 1, path);
        if (!other && there)
            other = other_below(there, path);
        if (!other)
            other = other_below(top, path);
    }
    free(here);
    free(there);
    free(top);
    return other;
}
