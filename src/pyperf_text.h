/* pyperf's ways of writing what results of ours have otherwise. Pure, but for the time
 * zone. */
#ifndef DCB_PYPERF_TEXT_H
#define DCB_PYPERF_TEXT_H

#include <stdint.h>

struct dcb_sysinfo;

/* Without white space at the ends, as pyperf reads every text. Owned by the caller. */
char *dcb_pyperf_strip(const char *text);

/* On one line; in quotes where pyperf would take something off its ends, so that labels
 * that differ stay different. Owned by the caller. */
char *dcb_pyperf_line(const char *text);

/* "2024-02-29T12:00:00Z" as a local date without a zone, "2024-02-29 13:00:00"; NULL for
 * what is no such date. Owned by the caller. */
char *dcb_pyperf_date(const char *date);

/* Seconds since 1970. A date without a zone, which is local where the file was written,
 * is taken for one of here. -1 where it is no date; NULL is none. */
int64_t dcb_pyperf_parse_date(const char *text);

/* "Linux-6.1.0-13-amd64-x86_64"; NULL where kernel or machine is not known. Owned by the
 * caller. */
char *dcb_pyperf_platform(const struct dcb_sysinfo *system);

/* Kernel and machine of "Linux-6.1.0-13-amd64-x86_64-with-glibc2.36", as far as it can be
 * taken apart. */
void dcb_pyperf_parse_platform(const char *platform, struct dcb_sysinfo *system);

#endif
