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

/* The same, and for what a terminal may obey or nobody can see: control characters (those
 * of U+0080 to U+009F included), characters of width zero, and those that turn the
 * direction of the text beside them. A joined emoji comes apart by that. */
void dcb_utf8_make_printable(char *text);

/* The same, and a blank for each line end: a message of the code under test as one line.
 */
void dcb_utf8_make_line(char *text);

size_t dcb_utf8_width(const char *text); /* characters, of text that is valid */

/* The text made printable, and where it has more than `width` characters (at least 3), as
 * many of both its ends as there is room for with ".." between them: versions differ at
 * the end. Owned by the caller. */
char *dcb_utf8_shorten(const char *text, size_t width);

/* dcb_utf8_make_printable for text of several lines: line ends and tabs stay. */
void dcb_utf8_make_message(char *text);

/* Whether dcb_utf8_make_printable would leave it as it is. */
bool dcb_utf8_is_printable(const char *text);

/* Whether it is valid and has no control characters. The invisible ones may be there, as
 * they are in names of files in Persian: who prints it makes it printable. */
bool dcb_utf8_is_line(const char *text);

#endif
