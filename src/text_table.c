#include "text_table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "markdown.h"
#include "utf8.h"
#include "xalloc.h"

struct column {
    char *title;
    enum dcb_align align;
    size_t width; /* of the widest cell or the title */
};

struct cell {
    char *text;
    enum dcb_style style;
};

struct dcb_text_table {
    struct column *columns;
    size_t column_count, column_capacity;
    struct cell *cells; /* row after row */
    size_t cell_count, cell_capacity;
};

static void widen(struct column *column, const char *text)
{
    size_t width = dcb_utf8_width(text);

    if (width > column->width)
        column->width = width;
}

static const char *style_sequence(enum dcb_style style)
{
    switch (style) {
    case DCB_STYLE_BOLD:
        return "\033[1m";
    case DCB_STYLE_GOOD:
        return "\033[32m";
    case DCB_STYLE_BAD:
        return "\033[31m";
    case DCB_STYLE_DIM:
        return "\033[2m";
    case DCB_STYLE_PLAIN:
        break;
    }
    return "";
}

/* Blanks are owed until something follows them, so that no line ends in one. */
static void print_text_cell(const char *text, const char *sequence, size_t *blanks,
                            struct dcb_strbuf *out)
{
    size_t length = strlen(text);
    size_t trailing = 0;

    while (trailing < length && text[length - trailing - 1] == ' ')
        trailing++;
    if (trailing < length) {
        dcb_strbuf_pad(out, ' ', *blanks);
        *blanks = 0;
        dcb_strbuf_append(out, sequence);
        dcb_strbuf_append_bytes(out, text, length - trailing);
        if (*sequence)
            dcb_strbuf_append(out, "\033[0m");
    }
    *blanks += trailing;
}

static void print_text(const struct dcb_text_table *table, const struct cell *row,
                       unsigned indent, bool color, struct dcb_strbuf *out)
{
    size_t blanks = indent;

    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        const char *text = row ? row[i].text : column->title;
        const char *sequence = row && color ? style_sequence(row[i].style) : "";
        size_t padding = column->width - dcb_utf8_width(text);

        if (i > 0)
            blanks += 2;
        if (column->align == DCB_ALIGN_RIGHT)
            blanks += padding;
        print_text_cell(text, sequence, &blanks, out);
        if (column->align == DCB_ALIGN_LEFT)
            blanks += padding;
    }
    dcb_strbuf_append(out, "\n");
}

static void print_markdown(const struct dcb_text_table *table, const struct cell *row,
                           struct dcb_strbuf *out)
{
    for (size_t i = 0; i < table->column_count; i++) {
        dcb_strbuf_append(out, i ? " | " : "| ");
        dcb_markdown_append(out, row ? row[i].text : table->columns[i].title);
    }
    dcb_strbuf_append(out, " |\n");
}

static void print_markdown_rule(const struct dcb_text_table *table,
                                struct dcb_strbuf *out)
{
    for (size_t i = 0; i < table->column_count; i++)
        dcb_strbuf_append(out, table->columns[i].align == DCB_ALIGN_RIGHT ? "| ---: "
                                                                          : "| --- ");
    dcb_strbuf_append(out, "|\n");
}

static void print_csv(const struct dcb_text_table *table, const struct cell *row,
                      struct dcb_strbuf *out)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const char *text = row ? row[i].text : table->columns[i].title;
        /* Readers skip an empty line, which a sole empty field would leave. */
        bool quoted = strpbrk(text, ",\"") || (!*text && table->column_count == 1);

        if (i > 0)
            dcb_strbuf_append(out, ",");
        if (quoted)
            dcb_strbuf_append(out, "\"");
        for (; *text; text++) {
            if (*text == '"')
                dcb_strbuf_append(out, "\"");
            dcb_strbuf_append_bytes(out, text, 1);
        }
        if (quoted)
            dcb_strbuf_append(out, "\"");
    }
    dcb_strbuf_append(out, "\n");
}

struct dcb_text_table *dcb_text_table_new(void)
{
    return dcb_xcalloc(1, sizeof(struct dcb_text_table));
}

void dcb_text_table_free(struct dcb_text_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->column_count; i++)
        free(table->columns[i].title);
    for (size_t i = 0; i < table->cell_count; i++)
        free(table->cells[i].text);
    free(table->columns);
    free(table->cells);
    free(table);
}

void dcb_text_table_column(struct dcb_text_table *table, enum dcb_align align,
                           const char *title)
{
    assert(table->cell_count == 0);
    table->columns = dcb_xgrow(table->columns, table->column_count,
                               &table->column_capacity, sizeof(*table->columns));

    struct column *column = &table->columns[table->column_count++];

    *column = (struct column){.title = dcb_xstrdup(title), .align = align};
    dcb_utf8_make_printable(column->title);
    widen(column, column->title);
}

void dcb_text_table_cell(struct dcb_text_table *table, enum dcb_style style,
                         const char *format, ...)
{
    assert(table->column_count > 0);
    table->cells = dcb_xgrow(table->cells, table->cell_count, &table->cell_capacity,
                             sizeof(*table->cells));

    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);

    assert(length >= 0);
    char *text = dcb_xcalloc((size_t)length + 1, 1);

    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    dcb_utf8_make_printable(text);
    widen(&table->columns[table->cell_count % table->column_count], text);
    table->cells[table->cell_count++] = (struct cell){.text = text, .style = style};
}

void dcb_text_table_print(const struct dcb_text_table *table,
                          enum dcb_table_format format, unsigned indent, bool color,
                          struct dcb_strbuf *out)
{
    if (table->column_count == 0)
        return;
    assert(table->cell_count % table->column_count == 0);

    size_t rows = table->cell_count / table->column_count;

    /* Line 0 is the header. */
    for (size_t line = 0; line <= rows; line++) {
        const struct cell *row =
            line ? &table->cells[(line - 1) * table->column_count] : NULL;

        switch (format) {
        case DCB_TABLE_TEXT:
            print_text(table, row, indent, color, out);
            break;
        case DCB_TABLE_MARKDOWN:
            print_markdown(table, row, out);
            if (!row)
                print_markdown_rule(table, out);
            break;
        case DCB_TABLE_CSV:
            print_csv(table, row, out);
            break;
        }
    }
}
