/* Bytes as people read and write them. Pure. */
#ifndef DCB_FORMAT_BYTES_H
#define DCB_FORMAT_BYTES_H

#include <stdbool.h>
#include <stdint.h>

enum { DCB_FORMAT_BYTES_SIZE = 32 };

/* "812 B", "61.2 KiB", "1.24 GiB", "-" for NAN: of 1024. Writes into the caller's buffer
 * and returns it. */
const char *dcb_format_bytes(char *buffer, double bytes);

/* The same with a sign: "+4.00 KiB", "0 B". */
const char *dcb_format_bytes_change(char *buffer, double bytes);

/* "4096", "64k", "64M", "1G", "2T", "1P", also with "iB" behind, in either case: of 1024.
 * False where it is nothing of that, or 2^63 and more. */
bool dcb_format_bytes_parse(const char *text, uint64_t *ret_bytes);

#endif
