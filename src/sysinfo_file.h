/*
 * Small files of /proc and /sys, below a root that is "" but in tests: these give a
 * folder with a tree of their own. What cannot be read is told apart from what is empty.
 * Paths are printf formats.
 */
#ifndef DCB_SYSINFO_FILE_H
#define DCB_SYSINFO_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first line, without its end and trailing blanks. False, and "", where it cannot be
 * read. */
bool dcb_sysinfo_line(const char *root, char *line, size_t size, const char *path, ...)
    __attribute__((format(printf, 4, 5)));

/* The first line as a decimal number. False where it cannot be read or is none. */
bool dcb_sysinfo_number(const char *root, int64_t *ret_value, const char *path, ...)
    __attribute__((format(printf, 3, 4)));

/* The whole file, at most 1 MiB, null bytes made newlines (as in environ); owned by the
 * caller. NULL where it cannot be read. */
char *dcb_sysinfo_text(const char *root, const char *path);

bool dcb_sysinfo_exists(const char *root, const char *path, ...)
    __attribute__((format(printf, 2, 3)));

/* The number behind `key` at the start of a line: "MemTotal:  123 kB". -1 where there is
 * none. NULL is fine. */
int64_t dcb_sysinfo_field(const char *text, const char *key);

#endif
