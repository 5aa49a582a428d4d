#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "memory.h"
#include "report_memory.h"
#include "report_memory_private.h"
#include "strbuf.h"
#include "utf8.h"
#include "xalloc.h"

enum { LABEL_WIDTH = 16, EXACT_BYTES = 10000000, MILLIONS = 1000000 };

/* A minus where it is less than 0, `plus` where it is more. */
static const char *group(char *text, int64_t number, const char *plus)
{
    int sign = snprintf(text, DCB_FORMAT_SIZE, "%s",
                        number < 0   ? "-"
                        : number > 0 ? plus
                                     : "");

    dcb_format_whole(text + sign, number < 0 ? -(uint64_t)number : (uint64_t)number);
    return text;
}

static const char *scale(char *text, int64_t bytes, const char *plus)
{
    double mebibytes = (double)bytes / (1 << 20);
    bool large = mebibytes >= 1000 || mebibytes <= -1000;

    if (bytes > -EXACT_BYTES && bytes < EXACT_BYTES)
        return group(text, bytes, plus);
    snprintf(text, DCB_FORMAT_SIZE, "%s%.*f %s", bytes > 0 ? plus : "", large ? 2 : 1,
             large ? mebibytes / 1024 : mebibytes, large ? "GiB" : "MiB");
    return text;
}

const char *dcb_memory_whole(char *text, int64_t number)
{
    return group(text, number, "");
}

const char *dcb_memory_count(char *text, int64_t number)
{
    if (number < MILLIONS)
        return group(text, number, "");
    snprintf(text, DCB_FORMAT_SIZE, "%.2f M", (double)number / 1e6);
    return text;
}

const char *dcb_memory_signed(char *text, int64_t number)
{
    return group(text, number, "+");
}

const char *dcb_memory_bytes(char *text, int64_t bytes)
{
    return scale(text, bytes, "");
}

const char *dcb_memory_signed_bytes(char *text, int64_t bytes)
{
    return scale(text, bytes, "+");
}

const char *dcb_memory_amount(char *text, int64_t bytes)
{
    size_t length;

    scale(text, bytes, "");
    length = strlen(text);
    if (bytes > -EXACT_BYTES && bytes < EXACT_BYTES)
        snprintf(text + length, DCB_FORMAT_SIZE - length, " B");
    return text;
}

void dcb_memory_append_term(const struct dcb_memory_term *term, struct dcb_strbuf *out)
{
    const char *comma = out->length ? ", " : "";
    char bytes[DCB_FORMAT_SIZE], count[DCB_FORMAT_SIZE];

    if (term->bytes < 0) {
        dcb_strbuf_appendf(out, "%sless %s of what was there before", comma,
                           dcb_memory_amount(bytes, -term->bytes));
        return;
    }
    dcb_strbuf_appendf(out, "%s%s %s", comma, term->name,
                       dcb_memory_amount(bytes, term->bytes));
    if (term->count != 1)
        dcb_strbuf_appendf(out, " (%s)", dcb_memory_whole(count, (int64_t)term->count));
}

void dcb_memory_append_loss(const struct dcb_memory_term *term, struct dcb_strbuf *out)
{
    bool gone = term->bytes <= 0 && term->count <= 0;
    int64_t sign = gone ? -1 : 1;
    char bytes[DCB_FORMAT_SIZE], count[DCB_FORMAT_SIZE];

    /* A block from before was given back for a larger one, as of a list that grew. */
    if (term->bytes > 0 && term->count < 0) {
        dcb_strbuf_appendf(
            out, "%s%s %s more and %s block%s less", out->length ? ", " : "", term->name,
            dcb_memory_amount(bytes, term->bytes), dcb_memory_whole(count, -term->count),
            term->count == -1 ? "" : "s");
        return;
    }
    dcb_strbuf_appendf(
        out, "%s%s %s in %s block%s%s", out->length ? ", " : "",
        gone ? "less" : term->name, dcb_memory_amount(bytes, sign * term->bytes),
        dcb_memory_whole(count, sign * term->count), sign * term->count == 1 ? "" : "s",
        gone ? " of what was there before" : "");
}

char *dcb_memory_rests(const struct dcb_memory_cell *cell)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    char amount[DCB_FORMAT_SIZE];

    for (size_t i = 0; i < cell->rest_count; i++) {
        const struct dcb_memory_term *rest = &cell->rests[i];

        dcb_strbuf_appendf(
            &out, "%s %s %s %s", i ? "," : ":", rest->name,
            dcb_memory_amount(amount, rest->bytes < 0 ? -rest->bytes : rest->bytes),
            rest->bytes < 0 ? "less" : "more");
    }
    return out.length ? dcb_strbuf_take(&out) : dcb_xstrdup("");
}

void dcb_memory_append_missing(const struct dcb_memory_sheet *sheet, const char *label,
                               const struct dcb_memory_cell *cell)
{
    if (dcb_memory_cell_is_counted(cell) && cell->prediction_missing)
        dcb_memory_remark(sheet, dcb_xasprintf("net of %s is not predicted: %s", label,
                                               cell->prediction_missing));
}

char *dcb_memory_label(const struct dcb_memory_sheet *sheet, const char *label)
{
    return sheet->sheet.format == DCB_TABLE_TEXT ? dcb_utf8_shorten(label, LABEL_WIDTH)
                                                 : dcb_xstrdup(label);
}

void dcb_memory_remark(const struct dcb_memory_sheet *sheet, char *take_text)
{
    dcb_sheet_remark(&sheet->sheet, "", take_text);
    free(take_text);
}

const char *dcb_memory_call(enum dcb_memo memo)
{
    static const char *const calls[DCB_MEMO_COUNT] = {
        [DCB_MEMO_ABSENT] = "deepcopy(x)",
        [DCB_MEMO_NONE] = "deepcopy(x, None)",
        [DCB_MEMO_DICT] = "deepcopy(x, {})",
        [DCB_MEMO_MAPPING] = "deepcopy(x, MappingProxyType({}))",
        [DCB_MEMO_MUTABLE_MAPPING] = "deepcopy(x, UserDict())",
    };

    return calls[memo];
}
