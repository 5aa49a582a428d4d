#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "format.h"
#include "memory.h"
#include "report_memory_private.h"
#include "strbuf.h"
#include "text_table.h"
#include "xalloc.h"

enum { THOUSAND = 1000 };

/* What rounding leaves of 0 is 0, without a sign. */
static double rounded(double value)
{
    return fabs(value) < 0.005 ? 0 : value;
}

/* "0.19 (-0.03 to 0.41)": bytes of an iteration. */
static void slope_cell(struct dcb_text_table *table, const struct dcb_interval *slope)
{
    int digits = fabs(slope->estimate) < 100 ? 2 : 0;

    if (isfinite(slope->estimate))
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%.*f (%.*f to %.*f)", digits,
                            rounded(slope->estimate), digits, rounded(slope->low), digits,
                            rounded(slope->high));
    else
        dcb_text_table_cell(table, DCB_STYLE_DIM, "-");
}

static void loss_cells(const struct dcb_memory_sheet *sheet,
                       const struct dcb_memory_pair *pair, struct dcb_text_table *table)
{
    struct dcb_memory_loss loss = dcb_memory_loss(sheet->memory, pair);
    enum dcb_layer layer = dcb_memory_layer(sheet->memory);
    double calls = (double)loss.iterations * (double)pair->objects;
    char text[DCB_FORMAT_SIZE];

    if (loss.iterations == 0) {
        for (int i = 0; i < 4; i++)
            dcb_text_table_cell(table, DCB_STYLE_DIM, "-");
        dcb_text_table_cell(table, DCB_STYLE_BOLD, "%s",
                            pair->leaks.failure == DCB_FAILURE_NONE     ? "not known"
                            : pair->leaks.failure == DCB_FAILURE_RAISED ? "raises"
                                                                        : "failed");
        return;
    }
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        dcb_memory_whole(text, loss.blocks[layer]));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        dcb_memory_bytes(text, loss.bytes[layer]));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%.4g",
                        calls > 0 ? THOUSAND * (double)loss.bytes[layer] / calls : 0);
    slope_cell(table, &loss.rss_slope);
    dcb_text_table_cell(table, loss.found ? DCB_STYLE_BAD : DCB_STYLE_PLAIN, "%s",
                        loss.found   ? "leak"
                        : loss.known ? "no leak"
                                     : "not known");
}

/* What is freed of before hides as much that is lost. */
static void append_freed(const struct dcb_memory_sheet *sheet,
                         const struct dcb_memory_pair *pair)
{
    struct dcb_memory_loss loss = dcb_memory_loss(sheet->memory, pair);
    enum dcb_layer layer = dcb_memory_layer(sheet->memory);
    char bytes[DCB_FORMAT_SIZE], blocks[DCB_FORMAT_SIZE];

    if (loss.found || (loss.bytes[layer] == 0 && loss.blocks[layer] == 0))
        return;
    dcb_memory_remark(
        sheet,
        dcb_xasprintf("%s: %s in %s block%s that were there before are freed; a leak of "
                      "less would not be seen",
                      sheet->memory->request->impls[pair->impl].label,
                      dcb_memory_amount(bytes, -loss.bytes[layer]),
                      dcb_memory_whole(blocks, -loss.blocks[layer]),
                      loss.blocks[layer] == -1 ? "" : "s"));
}

static void append_losses(const struct dcb_memory_sheet *sheet,
                          const struct dcb_memory_pair *pair)
{
    const char *label = sheet->memory->request->impls[pair->impl].label;
    struct dcb_memory_loss loss = dcb_memory_loss(sheet->memory, pair);
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    for (size_t i = 0; loss.found && i < pair->leaks.term_count; i++)
        dcb_memory_append_loss(&pair->leaks.terms[i], &out);
    if (out.length)
        dcb_memory_remark(sheet, dcb_xasprintf("%s lost: %s", label, out.text));
    if (pair->leaks.failure != DCB_FAILURE_NONE)
        dcb_memory_remark(sheet, dcb_xasprintf("%s: %s", label,
                                               pair->leaks.message ? pair->leaks.message
                                                                   : "(nothing said)"));
    dcb_strbuf_clear(&out);
}

void dcb_memory_append_leaks(const struct dcb_memory_sheet *sheet, size_t workload)
{
    const struct dcb_memory_request *request = sheet->memory->request;
    const struct dcb_memory_pair *first = dcb_memory_pair(sheet->memory, workload, 0);
    struct dcb_text_table *table = dcb_text_table_new();
    char count[DCB_FORMAT_SIZE], calls[DCB_FORMAT_SIZE], *heading, *label;
    uint64_t warm_ups = 0;

    heading = dcb_xasprintf(
        "%s: lost by %s iterations of %s call%s", request->workloads[workload].label,
        dcb_memory_whole(count, (int64_t)dcb_memory_leak_iterations(request, workload)),
        dcb_memory_whole(calls, (int64_t)first->objects), first->objects == 1 ? "" : "s");
    dcb_sheet_heading(&sheet->sheet, heading);
    free(heading);
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "implementation");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "blocks");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "bytes");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "B/1,000");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "RSS, B/iteration");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "verdict");
    for (size_t i = 0; i < request->impl_count; i++) {
        label = dcb_memory_label(sheet, request->impls[i].label);
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", label);
        free(label);
        loss_cells(sheet, dcb_memory_pair(sheet->memory, workload, i), table);
    }
    dcb_sheet_print_table(&sheet->sheet, table);
    dcb_text_table_free(table);
    for (size_t i = 0; i < request->impl_count; i++) {
        const struct dcb_memory_leaks *leaks =
            &dcb_memory_pair(sheet->memory, workload, i)->leaks;

        if (leaks->point_count && leaks->warm_ups > warm_ups)
            warm_ups = leaks->warm_ups;
    }
    if (warm_ups && sheet->sheet.verbosity >= 0)
        dcb_memory_remark(sheet,
                          dcb_xasprintf("after %s iterations that are not counted",
                                        dcb_memory_whole(count, (int64_t)warm_ups)));
    for (size_t i = 0; i < request->impl_count && sheet->sheet.verbosity >= 0; i++)
        append_freed(sheet, dcb_memory_pair(sheet->memory, workload, i));
    for (size_t i = 0; i < request->impl_count; i++)
        append_losses(sheet, dcb_memory_pair(sheet->memory, workload, i));
}
