#include "format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *dcb_format_time(char *buffer, double ns)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    size_t unit = 0;

    if (!isfinite(ns)) {
        snprintf(buffer, DCB_FORMAT_SIZE, "-");
        return buffer;
    }
    /* 999.95 would be printed as four digits. */
    while (fabs(ns) >= 999.5 && unit < 3) {
        ns /= 1000;
        unit++;
    }
    snprintf(buffer, DCB_FORMAT_SIZE, "%.*f %s",
             fabs(ns) < 9.995   ? 2
             : fabs(ns) < 99.95 ? 1
                                : 0,
             ns, units[unit]);
    return buffer;
}

const char *dcb_format_whole(char *buffer, uint64_t number)
{
    char digits[DCB_FORMAT_SIZE];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number), out = 0;

    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            buffer[out++] = ',';
        buffer[out++] = digits[i];
    }
    buffer[out] = '\0';
    return buffer;
}

static void format_signed(char *buffer, double value, const char *plus)
{
    double size = fabs(value);
    int used = snprintf(buffer, DCB_FORMAT_SIZE, "%s", value < 0 ? "-" : plus);
    char *rest = buffer + used;
    size_t room = DCB_FORMAT_SIZE - (size_t)used;

    if (size >= 999999999.5)
        snprintf(rest, room, "%.3e", size);
    else if (size >= 999.95)
        dcb_format_whole(rest, (uint64_t)nearbyint(size));
    else if (size == 0)
        snprintf(buffer, DCB_FORMAT_SIZE, "0");
    else if (size < 1)
        snprintf(rest, room, "%.3g", size);
    else
        snprintf(rest, room, "%.*f", size >= 100 ? 1 : 2, size);
}

const char *dcb_format_count(char *buffer, double value)
{
    if (isfinite(value))
        format_signed(buffer, value, "");
    else
        snprintf(buffer, DCB_FORMAT_SIZE, "-");
    return buffer;
}

const char *dcb_format_delta(char *buffer, double value)
{
    if (isfinite(value))
        format_signed(buffer, value, "+");
    else
        snprintf(buffer, DCB_FORMAT_SIZE, "-");
    return buffer;
}

/* `digits` behind the point; what would be printed as 0 has no sign but a plus. */
static const char *format_change(char *buffer, double ratio, int digits)
{
    double percent = 100 * (ratio - 1);

    if (!isfinite(ratio))
        snprintf(buffer, DCB_FORMAT_SIZE, "-");
    else if (ratio >= 10)
        snprintf(buffer, DCB_FORMAT_SIZE, "x %.*f", ratio < 100 ? 1 : 0, ratio);
    else
        snprintf(buffer, DCB_FORMAT_SIZE, "%+.*f %%", digits,
                 fabs(percent) < 0.5 * pow(10, -digits) ? 0.0 : percent);
    return buffer;
}

const char *dcb_format_change(char *buffer, double ratio)
{
    return format_change(buffer, ratio, 1);
}

const char *dcb_format_fine_change(char *buffer, double ratio)
{
    return format_change(buffer, ratio, 2);
}
