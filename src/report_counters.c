#include "report_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "derived.h"
#include "format.h"
#include "result.h"
#include "strbuf.h"
#include "text_table.h"
#include "xalloc.h"

enum { HEADING_MAX = 14 };

/* ---- cells of the tables ---- */

static bool is_time(const struct dcb_plan_row *row)
{
    return row->kind == DCB_KIND_WALL || row->kind == DCB_KIND_CPU;
}

static bool is_counted(const struct dcb_workload_result *workload, size_t row)
{
    for (size_t i = 0; i < workload->cell_count; i++) {
        if (isfinite(workload->cells[i].counters[row].value))
            return true;
    }
    return false;
}

/* Not more than twice what two equal arms differ by, or of another sign from layout to
 * layout: no difference that a simulation can tell. */
static bool is_lost(const struct dcb_counter_value *counter,
                    const struct dcb_counter_value *control)
{
    double change = fabs(counter->ratio.estimate - 1);

    if (!control || change < 0.00005) /* shown as 0.00 % */
        return false;
    return change <= 2 * fabs(control->ratio.estimate - 1) ||
           (counter->ratio.low < 1 && counter->ratio.high > 1);
}

/* Simulated, a hundredth of a percent is a difference. `control`: NULL for itself. */
static void change_cell(struct dcb_text_table *table, const struct dcb_plan_row *row,
                        const struct dcb_counter_value *counter,
                        const struct dcb_counter_value *control, enum dcb_style style)
{
    bool rare = dcb_plan_row_is_rare(row);
    char text[DCB_FORMAT_SIZE];

    /* A handful of context switches more or less is no change. */
    if (rare && counter->ratio.low <= 1 && counter->ratio.high >= 1)
        dcb_text_table_cell(table, DCB_STYLE_DIM, "unclear");
    else if (row->provider == DCB_PROVIDER_SIMULATED && is_lost(counter, control))
        dcb_text_table_cell(table, DCB_STYLE_DIM, "unclear");
    else if (row->provider == DCB_PROVIDER_SIMULATED)
        dcb_text_table_cell(table, style, "%s",
                            dcb_format_fine_change(text, counter->ratio.estimate));
    else
        dcb_text_table_cell(table, style, "%s",
                            dcb_format_change(text, counter->ratio.estimate));
}

/* ---- one table ---- */

/* What a table shows: the rows of one provider, of `count` cells from `first` on. */
struct part {
    const struct dcb_sheet *sheet;
    const struct dcb_workload_result *workload;
    enum dcb_provider provider;
    size_t first, count;
    size_t narrowest; /* what a column of a candidate takes at least */
};

static const struct dcb_cell *part_cell(const struct part *part, size_t index)
{
    return &part->workload->cells[part->first + index];
}

/* A label as a heading, with its mark; not `whole` it is cut on a terminal, where two
 * long ones would break the line. */
static void column_of(const struct part *part, struct dcb_text_table *table,
                      const struct dcb_cell *cell, bool whole)
{
    const struct dcb_sheet *sheet = part->sheet;
    bool control = cell->role == DCB_ROLE_CONTROL;
    const char *label = control ? "control" : dcb_result_arm_label(sheet->result, cell);
    const char *mark = control ? "" : dcb_sheet_mark(sheet, cell->arm);
    bool cut = !whole && sheet->format == DCB_TABLE_TEXT && strlen(label) > HEADING_MAX;
    char *title = cut ? dcb_xasprintf("%.*s~%s", HEADING_MAX - 1, label, mark)
                      : dcb_xasprintf("%s%s", label, mark);

    dcb_text_table_column(table, DCB_ALIGN_RIGHT, title);
    free(title);
}

static bool in_part(const struct part *part, size_t row)
{
    return part->sheet->result->plan->rows[row].provider == part->provider &&
           is_counted(part->workload, row);
}

static bool any_row(const struct part *part)
{
    for (size_t row = 0; row < part->sheet->result->plan->row_count; row++) {
        if (in_part(part, row))
            return true;
    }
    return false;
}

/* Simulated, the control's change is how exact the row is. */
static bool shows_control(const struct part *part)
{
    return part->provider == DCB_PROVIDER_SIMULATED && part->first > 1;
}

static bool shows_values(const struct part *part)
{
    return part->workload->cell_count <= 3;
}

static struct dcb_text_table *begin_table(const struct part *part)
{
    struct dcb_text_table *table = dcb_text_table_new();
    char title[32];

    snprintf(title, sizeof title, "%s/iteration", dcb_provider_name(part->provider));
    dcb_text_table_column(table, DCB_ALIGN_LEFT, title);
    column_of(part, table, &part->workload->cells[0], false);
    for (size_t i = 0; i < part->count; i++)
        column_of(part, table, part_cell(part, i), !shows_values(part));
    if (shows_values(part)) {
        dcb_text_table_column(table, DCB_ALIGN_RIGHT, "delta");
        dcb_text_table_column(table, DCB_ALIGN_RIGHT, "change");
    }
    if (shows_control(part))
        dcb_text_table_column(table, DCB_ALIGN_RIGHT, "control");
    return table;
}

/* The report's shape where there is one candidate: baseline, candidate, difference,
 * percent. With several: the baseline's value and each one's change. */
static void table_row(const struct part *part, struct dcb_text_table *table, size_t row)
{
    const struct dcb_plan_row *plan_row = &part->sheet->result->plan->rows[row];
    const struct dcb_cell *cells = part->workload->cells;
    double base = cells[0].counters[row].value;
    char text[DCB_FORMAT_SIZE];

    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s%s", plan_row->name,
                        is_time(plan_row) ? " (ns)" : "");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", dcb_format_count(text, base));
    for (size_t i = 0; i < part->count; i++) {
        const struct dcb_counter_value *counter = &part_cell(part, i)->counters[row];

        if (shows_values(part)) {
            dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                                dcb_format_count(text, counter->value));
            dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                                dcb_format_delta(text, counter->value - base));
        }
        change_cell(table, plan_row, counter,
                    part->first > 1 ? &cells[1].counters[row] : NULL, DCB_STYLE_PLAIN);
    }
    if (shows_control(part))
        change_cell(table, plan_row, &cells[1].counters[row], NULL, DCB_STYLE_DIM);
}

static void counter_table(const struct part *part)
{
    struct dcb_text_table *table = begin_table(part);

    for (size_t row = 0; row < part->sheet->result->plan->row_count; row++) {
        if (in_part(part, row))
            table_row(part, table, row);
    }
    dcb_strbuf_append(part->sheet->out, "\n");
    dcb_sheet_print_table(part->sheet, table);
    dcb_text_table_free(table);
}

/* How many candidates from `first` fit beside each other. */
static size_t candidates_that_fit(const struct part *part)
{
    const struct dcb_workload_result *workload = part->workload;
    size_t base = strlen(part->sheet->result->plan->arms[0].label), count = 0, width;

    if (shows_values(part))
        return 1;
    base = base > HEADING_MAX ? HEADING_MAX : base < 11 ? 11 : base;
    width = DCB_SHEET_INDENT + 21 + 2 + base;
    width += shows_control(part) || part->provider == DCB_PROVIDER_NONE ? 10 : 0;
    while (part->first + count < workload->cell_count) {
        const struct dcb_cell *cell = &workload->cells[part->first + count];
        size_t label = strlen(dcb_result_arm_label(part->sheet->result, cell)) +
                       strlen(dcb_sheet_mark(part->sheet, cell->arm));

        width += 2 + (label > part->narrowest ? label : part->narrowest);
        if (count > 0 && width > DCB_SHEET_WIDTH && part->sheet->format == DCB_TABLE_TEXT)
            break;
        count++;
    }
    return count;
}

/* ---- what stands below the simulated rows ---- */

static size_t find_row(const struct dcb_plan *plan, const char *name,
                       enum dcb_row_kind kind)
{
    for (size_t row = 0; row < plan->row_count; row++) {
        if (plan->rows[row].kind == kind && strcmp(plan->rows[row].name, name) == 0)
            return row;
    }
    return SIZE_MAX;
}

/* "instructions over 3 layouts: merged -14.26 to -14.22 %" */
static void layouts_remark(const struct part *part)
{
    const struct dcb_result *result = part->sheet->result;
    size_t row = find_row(result->plan, "instructions", DCB_KIND_SIMULATED);
    struct dcb_strbuf line = DCB_STRBUF_INIT;
    char title[64];

    if (row == SIZE_MAX)
        return;
    for (size_t i = part->first; i < part->workload->cell_count; i++) {
        const struct dcb_cell *cell = &part->workload->cells[i];
        const struct dcb_interval *ratio = &cell->counters[row].ratio;

        if (isfinite(ratio->low))
            dcb_strbuf_appendf(&line, "%s %s %+.2f to %+.2f %%", line.length ? "," : "",
                               cell->role == DCB_ROLE_CONTROL
                                   ? "control"
                                   : dcb_result_arm_label(result, cell),
                               100 * (ratio->low - 1), 100 * (ratio->high - 1));
    }
    if (line.length) {
        snprintf(title, sizeof title,
                 "instructions over %u layouts:", result->plan->layouts);
        dcb_sheet_remark(part->sheet, title, line.text);
    }
    dcb_strbuf_clear(&line);
}

/* ---- derived figures ---- */

static void derived_value(struct dcb_text_table *table, size_t index, double value)
{
    char text[DCB_FORMAT_SIZE];

    if (dcb_derived_rows[index].form == DCB_DERIVED_SHARE && isfinite(value))
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%.3g %%", 100 * value);
    else
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", dcb_format_count(text, value));
}

/* Per object says nothing new where an iteration copies one. */
static bool is_telling(const struct part *part, size_t index)
{
    return dcb_derived_rows[index].form != DCB_DERIVED_PER_OBJECT ||
           part->workload->objects > 1;
}

static bool derived_row(const struct part *part, struct dcb_text_table *table,
                        size_t index)
{
    const struct dcb_result *result = part->sheet->result;
    struct dcb_derived_value base =
        dcb_derived_get(result, part->workload, &part->workload->cells[0], index);

    if (base.provider == DCB_PROVIDER_NONE || !is_telling(part, index))
        return false;
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", dcb_derived_rows[index].label);
    derived_value(table, index, base.value);
    for (size_t i = 0; i < part->count; i++)
        derived_value(
            table, index,
            dcb_derived_get(result, part->workload, part_cell(part, i), index).value);
    dcb_text_table_cell(table, DCB_STYLE_DIM, "%s", dcb_provider_name(base.provider));
    return true;
}

static void derived_table(const struct part *part)
{
    struct dcb_text_table *table = dcb_text_table_new();
    bool any = false;

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "derived");
    column_of(part, table, &part->workload->cells[0], false);
    for (size_t i = 0; i < part->count; i++)
        column_of(part, table, part_cell(part, i), false);
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "from");
    for (size_t index = 0; index < DCB_DERIVED_COUNT; index++)
        any = derived_row(part, table, index) || any;
    if (any) {
        dcb_strbuf_append(part->sheet->out, "\n");
        dcb_sheet_print_table(part->sheet, table);
    }
    dcb_text_table_free(table);
}

/* ---- all of it ---- */

/* The candidates, in as many tables as the line asks for. */
static void tables(const struct part *whole, void (*print)(const struct part *))
{
    struct part part = *whole;

    while (part.first < part.workload->cell_count) {
        part.count = candidates_that_fit(&part);
        print(&part);
        part.first += part.count;
    }
}

void dcb_sheet_counters(const struct dcb_sheet *sheet,
                        const struct dcb_workload_result *workload)
{
    static const enum dcb_provider providers[] = {
        DCB_PROVIDER_HARDWARE, DCB_PROVIDER_SIMULATED, DCB_PROVIDER_KERNEL};
    struct part part = {.sheet = sheet,
                        .workload = workload,
                        .first = workload->cell_count > 2 ? 2 : 1,
                        .narrowest = 9};

    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++) {
        part.provider = providers[i];
        if (!any_row(&part))
            continue;
        tables(&part, counter_table);
        if (part.provider == DCB_PROVIDER_SIMULATED)
            layouts_remark(&part);
    }
    part.provider = DCB_PROVIDER_NONE; /* each row has its own */
    part.narrowest = 12;
    if (shows_values(&part) || sheet->verbosity > 0)
        tables(&part, derived_table);
}

/* Why a row has no value anywhere; NULL where it has one somewhere. */
static const char *missing_reason(const struct dcb_result *result, size_t row)
{
    if (dcb_result_row_counted(result, row) || result->workload_count == 0)
        return NULL;
    if (result->row_reasons[row])
        return result->row_reasons[row];
    if (result->plan->rows[row].kind != DCB_KIND_SIMULATED)
        return NULL; /* a failed workload says so itself */
    return dcb_result_missing(result, &result->workloads[0].cells[0], row);
}

/* Rows without a value, one line for each reason. */
void dcb_sheet_missing(const struct dcb_sheet *sheet)
{
    const struct dcb_result *result = sheet->result;
    size_t rows = result->plan->row_count;
    bool *told = dcb_xcalloc(rows + 1, sizeof *told);

    for (size_t row = 0; row < rows; row++) {
        struct dcb_strbuf line = DCB_STRBUF_INIT;
        const char *reason = missing_reason(result, row);

        if (told[row] || !reason)
            continue;
        for (size_t other = row; other < rows; other++) {
            const char *same = missing_reason(result, other);

            if (!same || strcmp(same, reason) != 0)
                continue;
            told[other] = true;
            dcb_strbuf_appendf(&line, "%s%s", line.length ? ", " : "",
                               result->plan->rows[other].name);
        }
        dcb_strbuf_appendf(&line, ": %s", reason);
        dcb_sheet_remark(sheet, "not counted: ", line.text);
        dcb_strbuf_clear(&line);
    }
    free(told);
}
