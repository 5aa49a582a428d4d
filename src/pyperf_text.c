#include "pyperf_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sysinfo.h"
#include "utf8.h"
#include "xalloc.h"

/* Bytes at `text` of a character that Python's str.strip() takes away; 0. */
static size_t space_at(const char *text)
{
    static const char *const wide[] = {
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
        "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
        "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};

    if (*text == ' ')
        return 1;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        if (strncmp(text, wide[i], strlen(wide[i])) == 0)
            return strlen(wide[i]);
    }
    return 0;
}

char *dcb_pyperf_strip(const char *text)
{
    size_t end = 0, step;

    while ((step = space_at(text)))
        text += step;
    for (size_t i = 0; text[i]; i += step) {
        step = space_at(text + i);
        if (step == 0) {
            step = 1;
            end = i + 1;
        }
    }
    return dcb_xstrndup(text, end);
}

char *dcb_pyperf_line(const char *text)
{
    char *line = dcb_xstrdup(text), *bare, *quoted;

    for (char *c = line; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    }
    bare = dcb_pyperf_strip(line);
    if (*bare && strcmp(bare, line) == 0) {
        free(bare);
        return line;
    }
    quoted = dcb_xasprintf("\"%s\"", line);
    free(bare);
    free(line);
    return quoted;
}

char *dcb_pyperf_date(const char *date)
{
    struct tm utc = {.tm_isdst = 0}, local;
    const char *end = strptime(date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    char text[32];
    time_t seconds;

    if (!end || *end)
        return NULL;
    seconds = timegm(&utc);
    if (!localtime_r(&seconds, &local) || local.tm_year < 0 || local.tm_year >= 8000 ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local) == 0)
        return NULL;
    return dcb_xstrdup(text);
}

int64_t dcb_pyperf_parse_date(const char *text)
{
    struct tm tm = {.tm_isdst = -1};
    const char *end = text ? strptime(text, "%Y-%m-%d", &tm) : NULL;
    int hours, minutes;
    char sign;

    if (!end || (*end != ' ' && *end != 'T'))
        return -1;
    end = strptime(end + 1, "%H:%M:%S", &tm);
    if (!end)
        return -1;
    if (*end == '.')
        end += 1 + strspn(end + 1, "0123456789");
    tm.tm_isdst = -1;
    if (!*end)
        return mktime(&tm);
    if (strcmp(end, "Z") == 0)
        return timegm(&tm);
    if (sscanf(end, "%c%2d:%2d", &sign, &hours, &minutes) != 3 || !strchr("+-", sign))
        return -1;
    return timegm(&tm) - (sign == '-' ? -60 : 60) * (hours * 60 + minutes);
}

char *dcb_pyperf_platform(const struct dcb_sysinfo *system)
{
    char *platform;

    if (!system->kernel[0] || !system->machine[0])
        return NULL;
    platform = dcb_xasprintf("%s-%s", system->kernel, system->machine);
    for (char *c = platform; *c; c++) {
        if (*c == ' ')
            *c = '-';
    }
    return platform;
}

void dcb_pyperf_parse_platform(const char *platform, struct dcb_sysinfo *system)
{
    static const char *const machines[] = {"-x86_64", "-aarch64"};

    snprintf(system->kernel, sizeof system->kernel, "%s", platform);
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        const char *found = NULL;

        for (const char *at = strstr(platform, machines[i]); at;
             at = strstr(at + 1, machines[i]))
            found = at;
        if (!found || strncmp(platform, "Linux-", 6) != 0 || found < platform + 6)
            continue;
        snprintf(system->machine, sizeof system->machine, "%s", machines[i] + 1);
        snprintf(system->kernel, sizeof system->kernel, "Linux %.*s",
                 (int)(found - platform) - 6, platform + 6);
    }
    dcb_utf8_mend(system->kernel); /* it may have been cut */
}
