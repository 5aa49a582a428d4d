#include "report_memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "report_memory_private.h"
#include "strbuf.h"
#include "text_table.h"
#include "xalloc.h"

enum { TERMS_SHOWN = 4 }; /* of a peak, in its line */

bool dcb_memory_is_refused(const struct dcb_memory *memory,
                           const struct dcb_memory_pair *pair, enum dcb_memo memo)
{
    bool mapping = memo == DCB_MEMO_MAPPING || memo == DCB_MEMO_MUTABLE_MAPPING;

    return mapping && pair->cells[memo].failure == DCB_FAILURE_RAISED &&
           dcb_memory_pair(memory, pair->workload, 0)->cells[memo].failure ==
               DCB_FAILURE_RAISED;
}

/* ---- what is asked about ---- */

/* One table: a workload with one memo kind. */
struct block {
    const struct dcb_memory_sheet *sheet;
    const struct dcb_memory *memory;
    size_t workload;
    enum dcb_memo memo;
    enum dcb_layer layer; /* that is judged */
    bool layers;          /* the others are shown, too */
    bool memos;           /* a memo that the caller gave came to hold something */
};

static const struct dcb_memory_cell *cell_of(const struct block *block, size_t impl)
{
    return &dcb_memory_pair(block->memory, block->workload, impl)->cells[block->memo];
}

static const char *label_of(const struct block *block, size_t impl)
{
    return block->memory->request->impls[impl].label;
}

static double margin_of(const struct block *block)
{
    return isnan(block->sheet->margin) ? dcb_memory_margin(block->memo)
                                       : block->sheet->margin;
}

static bool has_any(const struct dcb_memory_cell *cell, enum dcb_layer layer)
{
    for (int i = 0; i < DCB_FIGURE_COUNT; i++) {
        if (cell->values[layer][i].low || cell->values[layer][i].high)
            return true;
    }
    return false;
}

static struct block block_of(const struct dcb_memory_sheet *sheet, size_t workload,
                             enum dcb_memo memo)
{
    struct block block = {
        .sheet = sheet,
        .memory = sheet->memory,
        .workload = workload,
        .memo = memo,
        .layer = dcb_memory_layer(sheet->memory),
        .layers = sheet->memory->native && sheet->sheet.verbosity > 0,
    };

    for (size_t i = 0; i < block.memory->request->impl_count; i++) {
        const struct dcb_memory_cell *cell = cell_of(&block, i);

        if (!dcb_memory_cell_is_counted(cell))
            continue;
        block.layers |= block.memory->native && has_any(cell, DCB_LAYER_NATIVE);
        block.memos |= cell->values[block.layer][DCB_FIGURE_MEMO].high != 0;
    }
    return block;
}

/* ---- the table ---- */

static void value_cell(struct dcb_text_table *table, enum dcb_style style,
                       const struct dcb_memory_value *value, bool bytes)
{
    char text[DCB_FORMAT_SIZE];

    dcb_text_table_cell(table, style, "%s%s", dcb_memory_is_exact(value) ? "" : "~",
                        bytes ? dcb_memory_bytes(text, value->value)
                              : dcb_memory_count(text, value->value));
}

static void value_cells(const struct block *block, struct dcb_text_table *table,
                        const struct dcb_memory_cell *cell, enum dcb_layer layer)
{
    enum dcb_style style = layer == block->layer ? DCB_STYLE_PLAIN : DCB_STYLE_DIM;
    const struct dcb_memory_value *values = cell->values[layer];

    value_cell(table, style, &values[DCB_FIGURE_PEAK], true);
    value_cell(table, style, &values[DCB_FIGURE_NET], true);
    if (block->memos)
        value_cell(table, style, &values[DCB_FIGURE_MEMO], true);
    value_cell(table, style, &values[DCB_FIGURE_ALLOCATIONS], false);
    value_cell(table, style, &values[DCB_FIGURE_FREES], false);
}

static void empty_cells(struct dcb_text_table *table, int count)
{
    while (count-- > 0)
        dcb_text_table_cell(table, DCB_STYLE_DIM, "-");
}

static void change_cells(const struct block *block, struct dcb_text_table *table,
                         size_t impl)
{
    static const enum dcb_style styles[] = {[DCB_MEMORY_NONE] = DCB_STYLE_DIM,
                                            [DCB_MEMORY_SAME] = DCB_STYLE_PLAIN,
                                            [DCB_MEMORY_MORE] = DCB_STYLE_BAD,
                                            [DCB_MEMORY_LESS] = DCB_STYLE_GOOD};
    struct dcb_memory_change change =
        dcb_memory_compare(cell_of(block, impl), impl ? cell_of(block, 0) : NULL,
                           block->layer, DCB_FIGURE_PEAK, margin_of(block));
    const char *verdict = dcb_memory_verdict_name(change.verdict);
    char text[DCB_FORMAT_SIZE], *unit;

    if (!change.known) {
        dcb_text_table_cell(table, DCB_STYLE_DIM, "%s", impl ? "-" : "");
        dcb_text_table_cell(table, DCB_STYLE_DIM, "%s", impl ? "-" : "");
        dcb_text_table_cell(table, DCB_STYLE_DIM, "%s", impl ? "-" : "");
        return;
    }
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        dcb_memory_signed_bytes(text, change.bytes));
    dcb_format_change(text, 1 + change.fraction);
    unit = strstr(text, " %"); /* it is in the title */
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%.*s",
                        unit ? (int)(unit - text) : (int)strlen(text), text);
    dcb_text_table_cell(table, styles[change.verdict], "%s", verdict ? verdict : "-");
}

static void append_row(const struct block *block, struct dcb_text_table *table,
                       size_t impl)
{
    const struct dcb_memory_cell *cell = cell_of(block, impl);
    char *label = dcb_memory_label(block->sheet, label_of(block, impl));

    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", label);
    free(label);
    if (!dcb_memory_cell_is_counted(cell)) {
        empty_cells(table, block->memos ? 7 : 6);
        dcb_text_table_cell(table, DCB_STYLE_BOLD, "%s",
                            cell->failure == DCB_FAILURE_NONE     ? "not counted"
                            : cell->failure == DCB_FAILURE_RAISED ? "raises"
                                                                  : "failed");
        return;
    }
    value_cells(block, table, cell, block->layer);
    change_cells(block, table, impl);
    for (int i = 0; block->layers && i < DCB_LAYER_BOTH; i++) {
        dcb_text_table_cell(table, DCB_STYLE_DIM, "  %s",
                            dcb_layer_name((enum dcb_layer)i));
        value_cells(block, table, cell, (enum dcb_layer)i);
        for (int k = 0; k < 3; k++)
            dcb_text_table_cell(table, DCB_STYLE_DIM, "%s", "");
    }
}

static void append_table(const struct block *block)
{
    struct dcb_text_table *table = dcb_text_table_new();

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "implementation");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "peak");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "net");
    if (block->memos)
        dcb_text_table_column(table, DCB_ALIGN_RIGHT, "memo");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "allocs");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "frees");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "change");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "in %");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "verdict");
    for (size_t i = 0; i < block->memory->request->impl_count; i++)
        append_row(block, table, i);
    dcb_sheet_print_table(&block->sheet->sheet, table);
    dcb_text_table_free(table);
}

/* ---- below it ---- */

/* Who fails with this message, the first of them being number `first`; NULL where an
 * earlier one did, too. Owned by the caller. */
static char *who_fails(const struct block *block, size_t first)
{
    const char *message = cell_of(block, first)->message;
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    for (size_t i = 0; i < block->memory->request->impl_count; i++) {
        const struct dcb_memory_cell *cell = cell_of(block, i);

        if (cell->failure == DCB_FAILURE_NONE || !cell->message || !message ||
            strcmp(cell->message, message) != 0)
            continue;
        if (i < first) {
            dcb_strbuf_clear(&out);
            return NULL;
        }
        dcb_strbuf_appendf(&out, "%s%s", out.length ? ", " : "", label_of(block, i));
    }
    return out.length ? dcb_strbuf_take(&out) : dcb_xstrdup(label_of(block, first));
}

static void append_failures(const struct block *block)
{
    for (size_t i = 0; i < block->memory->request->impl_count; i++) {
        const struct dcb_memory_cell *cell = cell_of(block, i);
        char *who = cell->failure == DCB_FAILURE_NONE ? NULL : who_fails(block, i);

        if (who)
            dcb_memory_remark(
                block->sheet,
                dcb_xasprintf("%s: %s", who,
                              cell->message ? cell->message : "(nothing said)"));
        free(who);
    }
}

static bool is_bytes(enum dcb_figure figure)
{
    return figure == DCB_FIGURE_PEAK || figure == DCB_FIGURE_NET ||
           figure == DCB_FIGURE_MEMO || figure == DCB_FIGURE_LEFT;
}

static void append_spreads(const struct block *block, size_t impl)
{
    static const char *const names[DCB_FIGURE_COUNT] = {
        "peak",  "net",      "memo", "allocs",
        "frees", "reallocs", "left", "blocks left"}; /* by enum dcb_figure */
    const struct dcb_memory_cell *cell = cell_of(block, impl);
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    char low[DCB_FORMAT_SIZE], high[DCB_FORMAT_SIZE];

    for (int i = 0; i < DCB_FIGURE_COUNT; i++) {
        const struct dcb_memory_value *value = &cell->values[block->layer][i];

        if (!dcb_memory_is_exact(value))
            dcb_strbuf_appendf(&out, "%s %s %s to %s%s", out.length ? "," : "", names[i],
                               dcb_memory_whole(low, value->low),
                               dcb_memory_whole(high, value->high),
                               is_bytes((enum dcb_figure)i) ? " B" : "");
    }
    if (out.length)
        dcb_memory_remark(block->sheet,
                          dcb_xasprintf("%s is not the same in each iteration:%s",
                                        label_of(block, impl), out.text));
    dcb_strbuf_clear(&out);
}

/* "peak of stdlib: the copy 6,160 B, dict 9,312 B, int 640 B (20), and 192 B in 3 more".
 */
static void append_terms(const struct block *block, size_t impl)
{
    const struct dcb_memory_cell *cell = cell_of(block, impl);
    bool all = block->sheet->sheet.verbosity > 0 || cell->term_count <= TERMS_SHOWN + 1;
    size_t shown = all ? cell->term_count : TERMS_SHOWN;
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    char bytes[DCB_FORMAT_SIZE];
    int64_t rest = 0;

    for (size_t i = 0; i < cell->term_count; i++) {
        if (i < shown)
            dcb_memory_append_term(&cell->terms[i], &out);
        else
            rest += cell->terms[i].bytes;
    }
    if (shown < cell->term_count)
        dcb_strbuf_appendf(&out, ", and %s in %zu more (-v names them)",
                           dcb_memory_amount(bytes, rest), cell->term_count - shown);
    if (cell->term_count)
        dcb_memory_remark(block->sheet, dcb_xasprintf("peak of %s: %s",
                                                      label_of(block, impl), out.text));
    dcb_strbuf_clear(&out);
}

/* Blocks of before may have grown, or other ones have gone. */
static void append_rest(const struct block *block, size_t impl)
{
    const struct dcb_memory_value *values = cell_of(block, impl)->values[block->layer];
    int64_t bytes = values[DCB_FIGURE_LEFT].value,
            blocks = values[DCB_FIGURE_LEFT_BLOCKS].value;
    const char *label = label_of(block, impl), *s = blocks == 1 ? "" : "s";
    char amount[DCB_FORMAT_SIZE], count[DCB_FORMAT_SIZE], *text = NULL;

    dcb_memory_amount(amount, bytes);
    dcb_memory_whole(count, blocks);
    if (bytes > 0 && blocks > 0)
        text = dcb_xasprintf("%s: %s in %s block%s stay when copy and memo are dropped",
                             label, amount, count, s);
    else if (bytes > 0)
        text = dcb_xasprintf("%s: %s stay when copy and memo are dropped, in no more "
                             "blocks than before",
                             label, amount);
    else if (blocks > 0)
        text = dcb_xasprintf("%s: %s block%s more than before when copy and memo are "
                             "dropped, with no more bytes",
                             label, count, s);
    if (text)
        dcb_memory_remark(block->sheet, text);
}

/* Those whose net bytes are the sum of the sizes of their objects in one line, each of
 * the others with the difference. */
static void append_predictions(const struct block *block)
{
    struct dcb_strbuf right = DCB_STRBUF_INIT;
    char rest_text[DCB_FORMAT_SIZE], sum[DCB_FORMAT_SIZE], count[DCB_FORMAT_SIZE];

    for (size_t i = 0; i < block->memory->request->impl_count; i++) {
        const struct dcb_memory_cell *cell = cell_of(block, i);
        char *rests;
        int64_t rest;

        if (!dcb_memory_unpredicted(cell, &rest)) {
            dcb_memory_append_missing(block->sheet, label_of(block, i), cell);
            continue;
        }
        if (rest == 0) {
            dcb_strbuf_appendf(&right, "%s %s", right.length ? "," : "",
                               label_of(block, i));
            continue;
        }
        rests = dcb_memory_rests(cell);
        dcb_memory_remark(
            block->sheet,
            dcb_xasprintf(
                "net of %s: %s %s than sys.getsizeof has for it (%s in %s object%s)%s",
                label_of(block, i), dcb_memory_amount(rest_text, rest > 0 ? rest : -rest),
                rest > 0 ? "more" : "less",
                dcb_memory_amount(sum, (int64_t)cell->predicted_bytes),
                dcb_memory_whole(count, (int64_t)cell->predicted_objects),
                cell->predicted_objects == 1 ? "" : "s", rests));
        free(rests);
    }
    if (right.length)
        dcb_memory_remark(
            block->sheet,
            dcb_xasprintf("net as predicted by sys.getsizeof:%s", right.text));
    dcb_strbuf_clear(&right);
}

static void append_remarks(const struct block *block)
{
    append_failures(block);
    for (size_t i = 0; i < block->memory->request->impl_count; i++) {
        if (!dcb_memory_cell_is_counted(cell_of(block, i)))
            continue;
        append_spreads(block, i);
        append_rest(block, i);
        if (block->sheet->sheet.verbosity >= 0)
            append_terms(block, i);
    }
    if (block->sheet->sheet.verbosity >= 0)
        append_predictions(block);
}

/* ---- all of it ---- */

static void append_header(const struct dcb_memory_sheet *sheet)
{
    const struct dcb_memory *memory = sheet->memory;
    const struct dcb_python *python = &memory->python;
    const char *implementation = python->implementation;
    struct dcb_strbuf line = DCB_STRBUF_INIT;

    if (implementation && strcmp(implementation, "cpython") == 0)
        implementation = "CPython";
    dcb_strbuf_appendf(
        &line, "dcbench " DCB_VERSION ": what copies cost in memory; %s %s; %.*f s",
        implementation ? implementation : "Python",
        python->version ? python->version : "(not known)", memory->elapsed_s < 10,
        memory->elapsed_s);
    dcb_sheet_line(&sheet->sheet, line.text, true);
    dcb_strbuf_clear(&line);
}

static void append_legend(const struct dcb_memory_sheet *sheet, bool counted)
{
    const struct dcb_memory *memory = sheet->memory;

    dcb_strbuf_append(sheet->sheet.out, "\n");
    if (counted)
        dcb_memory_remark(
            sheet,
            dcb_xasprintf("In bytes, as they were asked for. peak: above the start of a "
                          "call, the highest of an iteration's; net: held by its copies; "
                          "memo: by the memos that were given; change: of the peak, "
                          "against %s; allocs, frees: blocks.",
                          memory->request->impls[0].label));
    if (counted)
        dcb_memory_remark(sheet,
                          dcb_xstrdup("peak of ...: what was alive then, with the number "
                                      "of objects, or of native and other blocks, in "
                                      "parentheses where it is not 1; 0: tables of "
                                      "objects that are in the copy or older."));
    if (memory->request->leak_iterations)
        dcb_memory_remark(sheet,
                          dcb_xstrdup("B/1,000: bytes lost in a thousand calls; RSS: how "
                                      "the resident set grows, with its 95 % interval."));
    if (!memory->native)
        dcb_memory_remark(sheet,
                          dcb_xasprintf("note: libc's malloc outside of the interpreter "
                                        "was not counted: %s",
                                        memory->native_reason ? memory->native_reason
                                                              : "(nothing said)"));
    if (memory->stopped)
        dcb_memory_remark(sheet, dcb_xstrdup("note: interrupted; this is what was "
                                             "counted so far"));
}

/* What the figures are of: a peak is of one call, the others of all calls of an
 * iteration. */
static void append_heading(const struct block *block)
{
    const struct dcb_memory_request *request = block->memory->request;
    const char *call = dcb_memory_call(block->memo);
    uint64_t objects = 0;
    char *heading;

    for (size_t i = 0; i < request->impl_count && objects == 0; i++)
        objects = dcb_memory_pair(block->memory, block->workload, i)->objects;
    heading =
        objects > 1
            ? dcb_xasprintf("%s: %s, of each of %llu objects",
                            request->workloads[block->workload].label, call,
                            (unsigned long long)objects)
            : dcb_xasprintf("%s: %s", request->workloads[block->workload].label, call);
    dcb_sheet_heading(&block->sheet->sheet, heading);
    free(heading);
}

static void append_all(const struct dcb_memory_sheet *sheet)
{
    const struct dcb_memory_request *request = sheet->memory->request;
    bool counted = false;

    if (sheet->sheet.verbosity >= 0)
        append_header(sheet);
    for (size_t i = 0; i < request->workload_count; i++) {
        for (int k = 0; k < DCB_MEMO_COUNT; k++) {
            struct block block;

            if (!request->memos[k])
                continue;
            block = block_of(sheet, i, (enum dcb_memo)k);
            append_heading(&block);
            append_table(&block);
            append_remarks(&block);
            counted = true;
        }
        if (request->leak_iterations)
            dcb_memory_append_leaks(sheet, i);
        if (request->census)
            dcb_memory_append_census(sheet, i);
    }
    if (sheet->sheet.verbosity >= 0)
        append_legend(sheet, counted);
}

void dcb_report_memory(const struct dcb_memory *memory, double margin, int verbosity,
                       bool color, struct dcb_strbuf *out)
{
    const struct dcb_memory_sheet sheet = {.sheet = {.format = DCB_TABLE_TEXT,
                                                     .verbosity = verbosity,
                                                     .color = color,
                                                     .out = out},
                                           .memory = memory,
                                           .margin = margin};

    append_all(&sheet);
}

void dcb_report_memory_markdown(const struct dcb_memory *memory, double margin,
                                int verbosity, struct dcb_strbuf *out)
{
    const struct dcb_memory_sheet sheet = {
        .sheet = {.format = DCB_TABLE_MARKDOWN, .verbosity = verbosity, .out = out},
        .memory = memory,
        .margin = margin};

    append_all(&sheet);
}
