#include "report_private.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "distribution.h"
#include "format.h"
#include "result.h"
#include "strbuf.h"
#include "xalloc.h"

static const char *label_of(const struct dcb_sheet *sheet, const struct dcb_cell *cell)
{
    return cell->role == DCB_ROLE_CONTROL ? "control"
                                          : dcb_result_arm_label(sheet->result, cell);
}

/* "candidate merged: 47 workers, medians from 19.0 us to 21.0 us; 1,817 blocks" */
static void worker_remarks(const struct dcb_sheet *sheet,
                           const struct dcb_workload_result *workload)
{
    char low[DCB_FORMAT_SIZE], high[DCB_FORMAT_SIZE];

    for (size_t i = 0; i < workload->cell_count; i++) {
        const struct dcb_cell *cell = &workload->cells[i];
        char *line;

        if (cell->time.count == 0)
            continue;
        line = dcb_xasprintf(
            "%s %s: %zu worker%s, medians from %s to %s; %llu blocks, in the first "
            "worker "
            "of %llu iteration%s",
            dcb_role_name(cell->role), dcb_result_arm_label(sheet->result, cell),
            cell->sample_count, cell->sample_count == 1 ? "" : "s",
            dcb_format_time(low, cell->time.min), dcb_format_time(high, cell->time.max),
            (unsigned long long)cell->blocks,
            (unsigned long long)cell->samples[0].iterations,
            cell->samples[0].iterations == 1 ? "" : "s");
        dcb_sheet_remark(sheet, "", line);
        free(line);
    }
}

static double get_log_ratio(const struct dcb_sample *sample)
{
    return sample->log_ratio;
}

static double get_time(const struct dcb_sample *sample)
{
    return sample->time_ns;
}

/* A row for each sound arm from `first` on. Free with free_rows. */
static struct dcb_distribution_row *
new_rows(const struct dcb_sheet *sheet, const struct dcb_workload_result *workload,
         size_t first, double (*get)(const struct dcb_sample *), size_t *ret_count)
{
    struct dcb_distribution_row *rows =
        dcb_xcalloc(workload->cell_count + 1, sizeof *rows);

    *ret_count = 0;
    for (size_t i = first; i < workload->cell_count; i++) {
        const struct dcb_cell *cell = &workload->cells[i];
        struct dcb_distribution_row *row = &rows[*ret_count];

        if (cell->failure != DCB_FAILURE_NONE)
            continue;
        *row = (struct dcb_distribution_row){
            .label = label_of(sheet, cell),
            .values = dcb_xcalloc(cell->sample_count + 1, sizeof(double)),
            .interval = {.estimate = log(cell->ratio.estimate),
                         .low = log(cell->ratio.low),
                         .high = log(cell->ratio.high)},
        };
        for (size_t k = 0; k < cell->sample_count; k++) {
            double value = get(&cell->samples[k]);

            if (isfinite(value))
                row->values[row->count++] = value;
        }
        ++*ret_count;
    }
    return rows;
}

static void free_rows(struct dcb_distribution_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(rows[i].values);
    free(rows);
}

/* Below its caption, and in Markdown as it stands. Nothing where it is empty. */
static void print_picture(const struct dcb_sheet *sheet, const char *caption,
                          struct dcb_strbuf *picture)
{
    bool markdown = sheet->format == DCB_TABLE_MARKDOWN;

    if (picture->length) {
        if (!markdown)
            dcb_strbuf_append(sheet->out, "\n");
        dcb_sheet_remark(sheet, "", caption);
        dcb_strbuf_append(sheet->out, markdown ? "\n```\n" : "");
        dcb_strbuf_append(sheet->out, picture->text);
        dcb_strbuf_append(sheet->out, markdown ? "```\n" : "");
    }
    dcb_strbuf_clear(picture);
}

static struct dcb_distribution_style style_of(const struct dcb_sheet *sheet)
{
    return (struct dcb_distribution_style){
        .indent = sheet->format == DCB_TABLE_MARKDOWN ? 0 : DCB_SHEET_INDENT,
        .width = DCB_SHEET_WIDTH,
        .utf8 = sheet->utf8,
    };
}

static void ratios(const struct dcb_sheet *sheet,
                   const struct dcb_workload_result *workload)
{
    struct dcb_distribution_style style = style_of(sheet);
    struct dcb_strbuf picture = DCB_STRBUF_INIT;
    size_t count;
    struct dcb_distribution_row *rows =
        new_rows(sheet, workload, 1, get_log_ratio, &count);

    dcb_distribution_ratios(rows, count, &style, &picture);
    free_rows(rows, count);
    print_picture(sheet,
                  "how many workers came out with which change, all rows to one scale; "
                  "[ ] the interval of their centre, o the estimate, | no change:",
                  &picture);
}

static void times(const struct dcb_sheet *sheet,
                  const struct dcb_workload_result *workload)
{
    struct dcb_distribution_style style = style_of(sheet);
    struct dcb_strbuf picture = DCB_STRBUF_INIT;
    size_t count;
    struct dcb_distribution_row *rows = new_rows(sheet, workload, 0, get_time, &count);

    dcb_distribution_times(rows, count, &style, &picture);
    free_rows(rows, count);
    print_picture(sheet,
                  "time in each worker, on a logarithmic axis; o the median, [ ] the "
                  "middle half, | | all but those far out (*):",
                  &picture);
}

void dcb_sheet_workers(const struct dcb_sheet *sheet,
                       const struct dcb_workload_result *workload)
{
    worker_remarks(sheet, workload);
    ratios(sheet, workload);
    times(sheet, workload);
}
