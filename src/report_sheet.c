#include "report_private.h"

#include <stdlib.h>
#include <string.h>

#include "markdown.h"
#include "result.h"
#include "strbuf.h"
#include "utf8.h"
#include "xalloc.h"

/* Messages come out of the code under test. The caller frees it. */
static char *printable(const char *raw)
{
    char *text = dcb_xstrdup(raw);

    dcb_utf8_make_line(text);
    return text;
}

void dcb_sheet_heading(const struct dcb_sheet *sheet, const char *text)
{
    char *line = printable(text);

    if (sheet->format == DCB_TABLE_MARKDOWN) {
        dcb_strbuf_append(sheet->out, "\n### ");
        dcb_markdown_append(sheet->out, line);
        dcb_strbuf_append(sheet->out, "\n\n");
    } else if (sheet->color) {
        dcb_strbuf_appendf(sheet->out, "\n\x1b[1m%s\x1b[0m\n", line);
    } else {
        dcb_strbuf_appendf(sheet->out, "\n%s\n", line);
    }
    free(line);
}

void dcb_sheet_line(const struct dcb_sheet *sheet, const char *raw, bool last)
{
    char *line = printable(raw);

    if (sheet->format == DCB_TABLE_MARKDOWN)
        dcb_markdown_append_start(sheet->out, line);
    else
        dcb_strbuf_append(sheet->out, line);
    dcb_strbuf_append(sheet->out,
                      sheet->format == DCB_TABLE_MARKDOWN && !last ? "  \n" : "\n");
    free(line);
}

void dcb_sheet_print_table(const struct dcb_sheet *sheet,
                           const struct dcb_text_table *table)
{
    dcb_text_table_print(table, sheet->format,
                         sheet->format == DCB_TABLE_TEXT ? DCB_SHEET_INDENT : 0,
                         sheet->color, sheet->out);
}

void dcb_sheet_remark(const struct dcb_sheet *sheet, const char *prefix, const char *raw)
{
    size_t column = DCB_SHEET_INDENT + strlen(prefix);
    char *text = printable(raw);
    const char *word = text;

    if (sheet->format == DCB_TABLE_MARKDOWN) {
        dcb_strbuf_appendf(sheet->out, "\n%s", prefix);
        if (*prefix)
            dcb_markdown_append(sheet->out, text);
        else
            dcb_markdown_append_start(sheet->out, text);
        dcb_strbuf_append(sheet->out, "\n");
        free(text);
        return;
    }
    dcb_strbuf_appendf(sheet->out, "%*s%s", DCB_SHEET_INDENT, "", prefix);
    while (*word) {
        size_t length = strcspn(word, " ");

        if (word != text && column + 1 + length > DCB_SHEET_WIDTH) {
            dcb_strbuf_appendf(sheet->out, "\n%*s", DCB_SHEET_INDENT + 2, "");
            column = DCB_SHEET_INDENT + 2;
        } else if (word != text) {
            dcb_strbuf_append(sheet->out, " ");
            column++;
        }
        dcb_strbuf_append_bytes(sheet->out, word, length);
        column += length;
        word += length + strspn(word + length, " ");
    }
    dcb_strbuf_append(sheet->out, "\n");
    free(text);
}

const char *dcb_sheet_mark(const struct dcb_sheet *sheet, size_t arm)
{
    return dcb_result_is_incorrect(sheet->result, arm) ? "*" : "";
}
