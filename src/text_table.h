/*
 * A table of text cells and the three ways to print it: aligned text, Markdown
 * (GitHub's pipes; cells as text, see markdown.h) and CSV (RFC 4180 quoting, "\n" line
 * ends). Widths count UTF-8 code points. Pure: output goes to a string buffer.
 */
#ifndef DCB_TEXT_TABLE_H
#define DCB_TEXT_TABLE_H

#include <stdbool.h>

#include "strbuf.h"

enum dcb_align { DCB_ALIGN_LEFT, DCB_ALIGN_RIGHT };
enum dcb_style {
    DCB_STYLE_PLAIN,
    DCB_STYLE_BOLD,
    DCB_STYLE_GOOD,
    DCB_STYLE_BAD,
    DCB_STYLE_DIM
};
enum dcb_table_format { DCB_TABLE_TEXT, DCB_TABLE_MARKDOWN, DCB_TABLE_CSV };

struct dcb_text_table;

struct dcb_text_table *dcb_text_table_new(void);
void dcb_text_table_free(struct dcb_text_table *table); /* NULL is fine */

/* Columns first, then cells, row after row; a row is complete when every column has its
 * cell. `title` is copied. */
void dcb_text_table_column(struct dcb_text_table *table, enum dcb_align align,
                           const char *title);
void dcb_text_table_cell(struct dcb_text_table *table, enum dcb_style style,
                         const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Prints header and rows. Text: columns two spaces apart, no trailing blanks, each line
 * indented by `indent` spaces; styles become ANSI sequences where `color` is true (good
 * is green, bad is red; escapes do not count in widths), in text only. Table cells never
 * hold control characters: they are printed as '?'. */
void dcb_text_table_print(const struct dcb_text_table *table,
                          enum dcb_table_format format, unsigned indent, bool color,
                          struct dcb_strbuf *out);

#endif
