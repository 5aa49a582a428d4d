/* What the files of the memory report share; nobody else includes it. */
#ifndef DCB_REPORT_MEMORY_PRIVATE_H
#define DCB_REPORT_MEMORY_PRIVATE_H

#include <stdint.h>

#include "report_private.h"

struct dcb_memory;

struct dcb_memory_sheet {
    struct dcb_sheet sheet;
    const struct dcb_memory *memory;
    double margin; /* NAN: that of the memo kind */
};

/* ---- report_memory_text.c: each writes DCB_FORMAT_SIZE bytes and returns them ---- */

const char *dcb_memory_whole(char *text, int64_t number);  /* "1,258", "-4,304" */
const char *dcb_memory_count(char *text, int64_t number);  /* "1,258", "12.35 M" */
const char *dcb_memory_signed(char *text, int64_t number); /* "+140", "0" */

/* All digits of what has up to seven, else "64.0 MiB"; with a sign: "+64.0 MiB". */
const char *dcb_memory_bytes(char *text, int64_t bytes);
const char *dcb_memory_signed_bytes(char *text, int64_t bytes);

/* With its unit, as in a sentence: "1,258 B", "64.0 MiB"; "-4,304 B". */
const char *dcb_memory_amount(char *text, int64_t bytes);

struct dcb_memory_cell;
struct dcb_memory_term;
struct dcb_strbuf;

/* ", int 256 B (8)": a part of a peak. */
void dcb_memory_append_term(const struct dcb_memory_term *term, struct dcb_strbuf *out);

/* ", int 256 B in 8 blocks": a part of what was lost. */
void dcb_memory_append_loss(const struct dcb_memory_term *term, struct dcb_strbuf *out);

/* ": dict 8 B more, datetime.time 320 B less"; "" without a rest. Owned by the caller. */
char *dcb_memory_rests(const struct dcb_memory_cell *cell);

/* Why its net bytes were not predicted; nothing where that is not said. */
void dcb_memory_append_missing(const struct dcb_memory_sheet *sheet, const char *label,
                               const struct dcb_memory_cell *cell);

/* The label as it fits a table. Owned by the caller. */
char *dcb_memory_label(const struct dcb_memory_sheet *sheet, const char *label);

/* Prints and frees it. */
void dcb_memory_remark(const struct dcb_memory_sheet *sheet, char *take_text);

/* ---- report_memory_leaks.c ---- */

void dcb_memory_append_leaks(const struct dcb_memory_sheet *sheet, size_t workload);

/* ---- report_memory_census.c ---- */

void dcb_memory_append_census(const struct dcb_memory_sheet *sheet, size_t workload);

#endif
