/* A series as a line of characters of different heights. Pure. */
#ifndef DCB_SPARK_H
#define DCB_SPARK_H

#include <stdbool.h>
#include <stddef.h>

struct dcb_strbuf;

enum { DCB_SPARK_LEVELS = 8 };

/* From 0, a blank, to DCB_SPARK_LEVELS: block characters, or the ASCII that comes near.
 */
const char *dcb_spark_level(bool utf8, size_t level);

/*
 * `count` finite values in their order, as at most `width` characters: one for each
 * value, or for as many neighbours as it takes the median of them. The lowest is level 1,
 * the highest the last; where they lie less than `range`, which is above 0, apart, they
 * stand about the middle of that.
 */
void dcb_spark_line(const double *values, size_t count, size_t width, double range,
                    bool utf8, struct dcb_strbuf *out);

#endif
