/* UTF-8 by RFC 3629: nothing overlong, no surrogates, nothing above U+10FFFF. Pure. */
#ifndef DCB_UTF8_H
#define DCB_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character at `text`, 1 for the final null too; 0 where there is none. */
size_t dcb_utf8_length(const char *text);

bool dcb_utf8_valid(const char *text);

/* Puts '?' in the place of every byte that is not UTF-8, in place. */
void dcb_utf8_mend(char *text);

/* The same, and for control characters (those of U+0080 to U+009F included), for text
 * that a terminal may obey. */
void dcb_utf8_make_printable(char *text);

size_t dcb_utf8_width(const char *text); /* characters, of text that is valid */

/* The text made printable, and where it has more than `width` characters (at least 3), as
 * many of both its ends as there is room for with ".." between them: versions differ at
 * the end. Owned by the caller. */
char *dcb_utf8_shorten(const char *text, size_t width);

/* The same for text of several lines: line ends and tabs stay. */
void dcb_utf8_make_message(char *text);

/* Whether dcb_utf8_make_printable would leave it as it is. */
bool dcb_utf8_is_printable(const char *text);

#endif
