/* Numbers as people read them. Each writes into the caller's buffer and returns it. */
#ifndef DCB_FORMAT_H
#define DCB_FORMAT_H

#include <stddef.h>
#include <stdint.h>

enum { DCB_FORMAT_SIZE = 32 };

/* "812 ns", "61.2 us", "1.24 ms", "3.02 s"; "-" for NAN. */
const char *dcb_format_time(char *buffer, double ns);

/* All digits: "18,446,744,073,709,551,615". */
const char *dcb_format_whole(char *buffer, uint64_t number);

/* A count: "421,034", "3.25", "0.0012", "1.906e+09"; "-" for NAN. */
const char *dcb_format_count(char *buffer, double value);

/* As dcb_format_count with a sign, for differences. */
const char *dcb_format_delta(char *buffer, double value);

/* A ratio as a change: 0.884 is "-11.6 %"; "-" for NAN. */
const char *dcb_format_change(char *buffer, double ratio);

/* The same with one more digit, for what is exact: "-14.26 %". */
const char *dcb_format_fine_change(char *buffer, double ratio);

#endif
