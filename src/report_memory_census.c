#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "memory.h"
#include "report_memory_private.h"
#include "strbuf.h"
#include "text_table.h"
#include "xalloc.h"

enum { TYPES_SHOWN = 12 };

static void count_cells(struct dcb_text_table *table, const int64_t *counts)
{
    static const enum dcb_census shown[] = {DCB_CENSUS_OBJECTS, DCB_CENSUS_COPIED,
                                            DCB_CENSUS_SHARED};
    char text[DCB_FORMAT_SIZE];

    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                            dcb_memory_count(text, counts[shown[i]]));
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                            dcb_memory_bytes(text, counts[shown[i] + 1]));
    }
}

static void append_table(const struct dcb_memory_sheet *sheet,
                         const struct dcb_memory_census *census)
{
    struct dcb_text_table *table = dcb_text_table_new();
    int64_t sums[DCB_CENSUS_COUNT], rest[DCB_CENSUS_COUNT] = {0};
    bool all = sheet->sheet.verbosity > 0 || census->type_count <= TYPES_SHOWN + 1;
    size_t shown = all ? census->type_count : TYPES_SHOWN;

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "type");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "originals");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "bytes");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "copies");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "bytes");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "shared");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "bytes");
    for (size_t i = 0; i < census->type_count; i++) {
        const struct dcb_memory_type *type = &census->types[i];
        char *name = dcb_memory_label(sheet, type->name);

        if (i < shown) {
            dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", name);
            count_cells(table, type->counts);
        }
        for (int k = 0; i >= shown && k < DCB_CENSUS_COUNT; k++)
            rest[k] += type->counts[k];
        free(name);
    }
    if (shown < census->type_count) {
        dcb_text_table_cell(table, DCB_STYLE_DIM, "%zu more (-v)",
                            census->type_count - shown);
        count_cells(table, rest);
    }
    dcb_memory_census_sum(census, sums);
    dcb_text_table_cell(table, DCB_STYLE_BOLD, "all");
    count_cells(table, sums);
    dcb_sheet_print_table(&sheet->sheet, table);
    dcb_text_table_free(table);
}

static void append_rooms(const struct dcb_memory_sheet *sheet,
                         const struct dcb_memory_census *census)
{
    int64_t sums[DCB_CENSUS_COUNT];
    char items[DCB_FORMAT_SIZE], room[DCB_FORMAT_SIZE], copied_items[DCB_FORMAT_SIZE],
        copied_room[DCB_FORMAT_SIZE];

    dcb_memory_census_sum(census, sums);
    if (sums[DCB_CENSUS_ROOM] == 0 && sums[DCB_CENSUS_COPIED_ROOM] == 0)
        return;
    dcb_memory_remark(
        sheet,
        dcb_xasprintf("lists: %s items, with room for %s; in the copies %s, with "
                      "room for %s",
                      dcb_memory_whole(items, sums[DCB_CENSUS_ITEMS]),
                      dcb_memory_whole(room, sums[DCB_CENSUS_ROOM]),
                      dcb_memory_whole(copied_items, sums[DCB_CENSUS_COPIED_ITEMS]),
                      dcb_memory_whole(copied_room, sums[DCB_CENSUS_COPIED_ROOM])));
}

static void append_pair(const struct dcb_memory_sheet *sheet,
                        const struct dcb_memory_pair *pair)
{
    const struct dcb_memory_request *request = sheet->memory->request;
    const struct dcb_memory_census *census = &pair->census;
    const char *impl = request->impls[pair->impl].label;
    char *heading = dcb_xasprintf("%s: objects copied by %s",
                                  request->workloads[pair->workload].label, impl);

    dcb_sheet_heading(&sheet->sheet, heading);
    free(heading);
    if (census->type_count)
        append_table(sheet, census);
    append_rooms(sheet, census);
    if (census->failure != DCB_FAILURE_NONE)
        dcb_memory_remark(
            sheet, dcb_xasprintf("%s: %s", impl,
                                 census->message ? census->message : "(nothing said)"));
    else if (!census->done)
        dcb_memory_remark(sheet, dcb_xstrdup("not known"));
}

static bool is_same(const struct dcb_memory_census *a, const struct dcb_memory_census *b)
{
    if (a->failure != b->failure || a->done != b->done || a->type_count != b->type_count)
        return false;
    for (size_t i = 0; i < a->type_count; i++) {
        if (strcmp(a->types[i].name, b->types[i].name) != 0 ||
            memcmp(a->types[i].counts, b->types[i].counts, sizeof a->types[i].counts) !=
                0)
            return false;
    }
    return a->failure == DCB_FAILURE_NONE;
}

/* Most copies are made of the same: that is said, and not shown again. */
void dcb_memory_append_census(const struct dcb_memory_sheet *sheet, size_t workload)
{
    const struct dcb_memory_request *request = sheet->memory->request;
    const struct dcb_memory_pair *first = dcb_memory_pair(sheet->memory, workload, 0);
    struct dcb_strbuf same = DCB_STRBUF_INIT;

    append_pair(sheet, first);
    for (size_t i = 1; i < request->impl_count; i++) {
        const struct dcb_memory_pair *pair = dcb_memory_pair(sheet->memory, workload, i);

        if (is_same(&first->census, &pair->census))
            dcb_strbuf_appendf(&same, "%s %s", same.length ? "," : "",
                               request->impls[i].label);
    }
    if (same.length)
        dcb_memory_remark(sheet, dcb_xasprintf("the same by:%s", same.text));
    dcb_strbuf_clear(&same);
    for (size_t i = 1; i < request->impl_count; i++) {
        const struct dcb_memory_pair *pair = dcb_memory_pair(sheet->memory, workload, i);

        if (!is_same(&first->census, &pair->census))
            append_pair(sheet, pair);
    }
}
