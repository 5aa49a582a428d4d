#include "sysinfo_commit.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "result.h"
#include "xalloc.h"

enum { SYMBOLIC_MAX = 5, LINE_MAX_BYTES = 4096 };

/* Where a repository keeps its files: `own` for this working tree, `common` for all. */
struct repository {
    char *own, *common;
};

/* A regular file alone: opening a pipe would wait for its writer. */
static FILE *open_regular(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    FILE *file = NULL;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        file = fdopen(fd, "r");
    if (!file)
        close(fd);
    return file;
}

/* The first line without its end and blanks there; owned by the caller. NULL where there
 * is none, or it is longer than any that git writes. */
static char *first_line(const char *folder, const char *name)
{
    char *path = dcb_xasprintf("%s/%s", folder, name), *line = NULL;
    FILE *file = open_regular(path);
    char text[LINE_MAX_BYTES];
    size_t length;

    if (file && fgets(text, sizeof text, file)) {
        length = strlen(text);
        if (length + 1 < sizeof text) {
            while (length && strchr("\n\r\t ", text[length - 1]))
                text[--length] = '\0';
            line = dcb_xstrdup(text);
        }
    }
    if (file)
        fclose(file);
    free(path);
    return line;
}

/* A name that stays below the folder it is looked for in. */
static bool is_ref(const char *name)
{
    return strncmp(name, "refs/", 5) == 0 && !strstr(name, "..") && !strstr(name, "//");
}

/* `path` as seen from `folder`. */
static char *seen_from(const char *folder, const char *path)
{
    return *path == '/' ? dcb_xstrdup(path) : dcb_xasprintf("%s/%s", folder, path);
}

/* ---- where it is ---- */

/* .git is a folder, or a file that names one: "gitdir: PATH". */
static char *own_folder(const char *folder)
{
    static const char key[] = "gitdir: ";
    char *path = dcb_xasprintf("%s/.git", folder), *line, *named = NULL;
    struct stat status;

    if (stat(path, &status) != 0) {
        free(path);
        return NULL;
    }
    if (S_ISDIR(status.st_mode))
        return path;
    line = first_line(folder, ".git");
    if (line && strncmp(line, key, sizeof key - 1) == 0)
        named = seen_from(folder, line + sizeof key - 1);
    free(line);
    free(path);
    return named;
}

/* The nearest folder upwards that has a .git of any kind. */
static char *find_own(const char *folder)
{
    char *at = realpath(folder, NULL), *own = NULL;

    while (at) {
        char *git = dcb_xasprintf("%s/.git", at), *slash = strrchr(at, '/');
        bool there = access(git, F_OK) == 0;

        free(git);
        if (there)
            own = own_folder(at);
        if (there || slash[1] == '\0')
            break;
        slash[slash == at] = '\0';
    }
    free(at);
    return own;
}

static bool open_repository(const char *folder, struct repository *repository)
{
    char *named;

    repository->own = find_own(folder);
    if (!repository->own)
        return false;
    named = first_line(repository->own, "commondir");
    repository->common =
        named ? seen_from(repository->own, named) : dcb_xstrdup(repository->own);
    free(named);
    return true;
}

/* ---- what it is at ---- */

/* "<commit> <name>" of a line; lines of other kinds begin with '#' or '^'. */
static char *packed(const struct repository *repository, const char *name)
{
    char *path = dcb_xasprintf("%s/packed-refs", repository->common), *line = NULL;
    char *commit = NULL;
    FILE *file = open_regular(path);
    size_t size = 0;

    while (file && !commit && getline(&line, &size, file) > 0) {
        char *blank = strchr(line, ' ');

        if (!blank)
            continue;
        *blank = '\0';
        blank[1 + strcspn(blank + 1, "\n")] = '\0';
        if (strcmp(blank + 1, name) == 0)
            commit = dcb_xstrdup(line);
    }
    if (file)
        fclose(file);
    free(line);
    free(path);
    return commit;
}

static char *ref_line(const struct repository *repository, const char *name)
{
    char *line = first_line(repository->own, name);

    if (!line)
        line = first_line(repository->common, name);
    return line ? line : packed(repository, name);
}

static char *commit_of(const struct repository *repository)
{
    static const char key[] = "ref: ";
    char *line = first_line(repository->own, "HEAD");

    for (int i = 0; line && i < SYMBOLIC_MAX; i++) {
        const char *name = line + sizeof key - 1;
        char *next;

        if (dcb_result_is_commit(line))
            return line;
        if (strncmp(line, key, sizeof key - 1) != 0 || !is_ref(name))
            break;
        next = ref_line(repository, name);
        free(line);
        line = next;
    }
    free(line);
    return NULL;
}

char *dcb_sysinfo_commit(const char *folder)
{
    struct repository repository = {.own = NULL};
    char *commit = NULL;

    if (open_repository(folder, &repository))
        commit = commit_of(&repository);
    free(repository.own);
    free(repository.common);
    return commit;
}
