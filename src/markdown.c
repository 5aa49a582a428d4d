#include "markdown.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "strbuf.h"
#include "utf8.h"
#include "xalloc.h"

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* Addresses become links without any mark: of "https://" and "www." one character is
 * escaped. */
static bool begins_link(const char *text, const char *c)
{
    if (*c == ':')
        return c[1] == '/' && c[2] == '/';
    return *c == '.' && c - text >= 3 && strncasecmp(c - 3, "www", 3) == 0;
}

/* People, groups and mail addresses, and numbers of issues. They are looked for when the
 * Markdown is HTML already and no backslash is left: only what stands between the two
 * characters helps. */
static bool is_mention(const char *c)
{
    return (*c == '@' && is_word(c[1])) || (*c == '#' && isdigit((unsigned char)c[1]));
}

/* Within a word it is no emphasis, and names have many of it. */
static bool is_inner_underscore(const char *text, const char *c)
{
    return *c == '_' && c > text && isalnum((unsigned char)c[-1]) &&
           isalnum((unsigned char)c[1]);
}

static void append_escaped(struct dcb_strbuf *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        if ((strchr("\\`*_[]<>|&#~$", *c) && !is_inner_underscore(text, c)) ||
            begins_link(text, c))
            dcb_strbuf_append(out, "\\");
        dcb_strbuf_append_bytes(out, c, 1);
        if (is_mention(c))
            dcb_strbuf_append(out, "<!-- -->");
    }
}

void dcb_markdown_append(struct dcb_strbuf *out, const char *raw)
{
    char *text = dcb_xstrdup(raw);

    dcb_utf8_make_line(text);
    append_escaped(out, text);
    free(text);
}

void dcb_markdown_append_start(struct dcb_strbuf *out, const char *raw)
{
    char *line = dcb_xstrdup(raw);
    const char *text = line;
    size_t digits;

    dcb_utf8_make_line(line);
    text += strspn(text, " "); /* four of them would be code */
    digits = strspn(text, "0123456789");
    if (digits && (text[digits] == '.' || text[digits] == ')')) {
        dcb_strbuf_append_bytes(out, text, digits);
        text += digits;
    }
    if (*text && strchr(digits ? ".)" : "-+=", *text)) {
        dcb_strbuf_append(out, "\\");
        dcb_strbuf_append_bytes(out, text++, 1);
    }
    append_escaped(out, text);
    free(line);
}
