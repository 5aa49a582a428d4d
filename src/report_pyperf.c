#include "report_pyperf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "format.h"
#include "report_private.h"
#include "strbuf.h"
#include "xalloc.h"

static void header(const struct dcb_sheet *sheet, const struct dcb_document *document)
{
    const struct dcb_result *result = sheet->result;
    const char *version = document->version, *cpu = result->system.cpu;
    const char *kernel = result->system.kernel;
    struct dcb_strbuf line = DCB_STRBUF_INIT;

    dcb_strbuf_appendf(&line, "%s: pyperf's format%s%s", document->name,
                       version ? ", written by version " : "", version ? version : "");
    if (result->python.version)
        dcb_strbuf_appendf(&line, ", on Python %s", result->python.version);
    dcb_sheet_line(sheet, line.text, false);
    dcb_strbuf_clear(&line);
    if (*cpu || *kernel) {
        dcb_strbuf_appendf(&line, "%s%s%s", cpu, *cpu && *kernel ? ", " : "", kernel);
        dcb_sheet_line(sheet, line.text, false);
        dcb_strbuf_clear(&line);
    }
    dcb_strbuf_append(sheet->out, "\n");
}

static void row(const struct dcb_sheet *sheet, struct dcb_text_table *table,
                const struct dcb_workload_result *workload)
{
    const struct dcb_cell *cell = &workload->cells[0];
    const struct dcb_summary *time = &cell->time;
    char mean[DCB_FORMAT_SIZE], median[DCB_FORMAT_SIZE];

    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        dcb_result_workload_label(sheet->result, workload));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", dcb_format_time(mean, time->mean));
    if (time->count > 1 && isfinite(time->stddev / time->mean))
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%.1f %%",
                            100 * time->stddev / time->mean);
    else
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "-");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        dcb_format_time(median, time->median));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%zu", time->count);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%llu", (unsigned long long)cell->blocks);
}

static void times(const struct dcb_sheet *sheet)
{
    static const char *const titles[] = {"mean", "spread", "median", "processes",
                                         "values"};
    struct dcb_text_table *table = dcb_text_table_new();

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "benchmark");
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        dcb_text_table_column(table, DCB_ALIGN_RIGHT, titles[i]);
    for (size_t i = 0; i < sheet->result->workload_count; i++)
        row(sheet, table, &sheet->result->workloads[i]);
    dcb_sheet_print_table(sheet, table);
    dcb_text_table_free(table);
}

void dcb_report_pyperf(const struct dcb_document *document, enum dcb_table_format format,
                       int verbosity, bool color, struct dcb_strbuf *out)
{
    const struct dcb_result *result = &document->result;
    struct dcb_sheet sheet = {.result = result,
                              .format = format,
                              .verbosity = verbosity,
                              .color = color,
                              .out = out};

    if (verbosity >= 0)
        header(&sheet, document);
    if (result->workload_count)
        times(&sheet);
    if (verbosity < 0)
        return;
    if (result->workload_count && format == DCB_TABLE_TEXT)
        dcb_strbuf_append(out, "\n");
    if (result->workload_count)
        dcb_sheet_remark(&sheet, "",
                         "Times over processes, of the mean of each process's values. "
                         "They were not measured in turns with those of another "
                         "implementation, so a change of the machine counts as one of "
                         "the code.");
    for (size_t i = 0; i < result->note_count; i++)
        dcb_sheet_remark(&sheet, "note: ", result->notes[i]);
}
