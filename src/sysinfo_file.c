#include "sysinfo_file.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "strbuf.h"

enum { TEXT_MAX = 1 << 20 };

/* False where the path is too long. */
static bool make_path(char *full, const char *root, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static bool make_path(char *full, const char *root, const char *format, va_list args)
{
    size_t used = strlen(root);
    int length;

    if (used >= PATH_MAX)
        return false;
    memcpy(full, root, used + 1);
    length = vsnprintf(full + used, PATH_MAX - used, format, args);
    return length >= 0 && (size_t)length < PATH_MAX - used;
}

static bool read_line(const char *path, char *line, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t length;
    bool read;

    line[0] = '\0';
    if (!file)
        return false;
    read = fgets(line, (int)size, file) != NULL;
    read = read || (feof(file) && !ferror(file)); /* an empty file */
    fclose(file);
    length = strlen(line);
    while (length && strchr("\n\t ", line[length - 1]))
        line[--length] = '\0';
    return read;
}

bool dcb_sysinfo_line(const char *root, char *line, size_t size, const char *path, ...)
{
    char full[PATH_MAX];
    va_list args;
    bool made;

    va_start(args, path);
    made = make_path(full, root, path, args);
    va_end(args);
    line[0] = '\0';
    return made && read_line(full, line, size);
}

bool dcb_sysinfo_number(const char *root, int64_t *ret_value, const char *path, ...)
{
    char full[PATH_MAX], line[64], *end;
    va_list args;
    long long value;
    bool made;

    va_start(args, path);
    made = make_path(full, root, path, args);
    va_end(args);
    if (!made || !read_line(full, line, sizeof line))
        return false;
    value = strtoll(line, &end, 10);
    if (end == line || *end)
        return false;
    *ret_value = value;
    return true;
}

char *dcb_sysinfo_text(const char *root, const char *path)
{
    struct dcb_strbuf text = DCB_STRBUF_INIT;
    char full[PATH_MAX], block[4096];
    FILE *file = NULL;
    size_t length;
    bool failed;

    if (snprintf(full, sizeof full, "%s%s", root, path) < (int)sizeof full)
        file = fopen(full, "re");
    if (!file)
        return NULL;
    while (text.length < TEXT_MAX && (length = fread(block, 1, sizeof block, file)) > 0) {
        for (size_t i = 0; i < length; i++)
            block[i] = block[i] ? block[i] : '\n';
        dcb_strbuf_append_bytes(&text, block, length);
    }
    failed = ferror(file);
    fclose(file);
    if (failed) {
        dcb_strbuf_clear(&text);
        return NULL;
    }
    return dcb_strbuf_take(&text);
}

bool dcb_sysinfo_exists(const char *root, const char *path, ...)
{
    char full[PATH_MAX];
    va_list args;
    bool made;

    va_start(args, path);
    made = make_path(full, root, path, args);
    va_end(args);
    return made && access(full, F_OK) == 0;
}

int64_t dcb_sysinfo_field(const char *text, const char *key)
{
    size_t length = strlen(key);

    for (const char *line = text; line; line = strchr(line, '\n')) {
        char *end;
        long long value;

        line += *line == '\n';
        if (strncmp(line, key, length) != 0)
            continue;
        value = strtoll(line + length, &end, 10);
        if (end != line + length && strchr(" \t\n", *end))
            return value;
    }
    return -1;
}
