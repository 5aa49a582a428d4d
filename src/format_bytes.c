#include "format_bytes.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

enum { UNIT_COUNT = sizeof units / sizeof *units };

static const char *format(char *buffer, double bytes, bool sign)
{
    double value = fabs(bytes);
    const char *mark = bytes < 0 ? "-" : sign && bytes > 0 ? "+" : "";
    size_t unit = 0;

    if (isnan(bytes)) {
        snprintf(buffer, DCB_FORMAT_BYTES_SIZE, "-");
        return buffer;
    }
    for (; value >= 1023.5 && unit + 1 < UNIT_COUNT; unit++)
        value /= 1024;
    if (unit == 0)
        snprintf(buffer, DCB_FORMAT_BYTES_SIZE, "%s%.0f B", value < 0.5 ? "" : mark,
                 value);
    else
        snprintf(buffer, DCB_FORMAT_BYTES_SIZE, "%s%.*f %s", mark,
                 value < 9.995   ? 2
                 : value < 99.95 ? 1
                                 : 0,
                 value, units[unit]);
    return buffer;
}

const char *dcb_format_bytes(char *buffer, double bytes)
{
    return format(buffer, bytes, false);
}

const char *dcb_format_bytes_change(char *buffer, double bytes)
{
    return format(buffer, bytes, true);
}

bool dcb_format_bytes_parse(const char *text, uint64_t *ret_bytes)
{
    static const char letters[] = "bkmgtp";
    uint64_t value = 0;
    const char *at = text, *letter;

    for (; *at >= '0' && *at <= '9'; at++) {
        if (value > (uint64_t)INT64_MAX / 10)
            return false;
        value = value * 10 + (uint64_t)(*at - '0');
    }
    if (at == text)
        return false;
    letter = *at ? strchr(letters, *at | 0x20) : letters;
    if (!letter)
        return false;
    at += *at != '\0';
    if (*at &&
        (letter == letters || (strcasecmp(at, "b") != 0 && strcasecmp(at, "ib") != 0)))
        return false;
    for (ptrdiff_t i = 0; i < letter - letters; i++) {
        if (value > (uint64_t)INT64_MAX / 1024)
            return false;
        value *= 1024;
    }
    *ret_bytes = value;
    return value <= (uint64_t)INT64_MAX;
}
