#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_report.h"

static void add_text(struct dcb_text_table *table, const char *text)
{
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", text ? text : "");
}

static void add_number(struct dcb_text_table *table, double value)
{
    if (isfinite(value))
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%.9g", value);
    else
        add_text(table, "");
}

static void add_interval(struct dcb_text_table *table,
                         const struct dcb_interval *interval)
{
    add_number(table, interval->estimate);
    add_number(table, interval->low);
    add_number(table, interval->high);
}

static void add_side(struct dcb_text_table *table, const struct dcb_cell *cell)
{
    static const struct dcb_interval none = {DCB_UNKNOWN, DCB_UNKNOWN, DCB_UNKNOWN};

    add_interval(table, cell ? &cell->ratio : &none);
    add_number(table, cell && cell->time.count ? cell->time.median : DCB_UNKNOWN);
}

/* The row of that name where it is compared. */
static void add_counter(struct dcb_text_table *table,
                        const struct dcb_comparison *comparison, const char *name)
{
    for (size_t i = 0; i < comparison->counter_count; i++) {
        const struct dcb_compare_counter *counter = &comparison->counters[i];

        if (strcmp(counter->name, name) == 0 && counter->gaps == 0) {
            add_number(table, counter->change.estimate);
            add_text(table, dcb_provider_name(counter->provider));
            return;
        }
    }
    add_text(table, "");
    add_text(table, "");
}

static void add_row(struct dcb_text_table *table, const struct dcb_compare *compare,
                    size_t document, const struct dcb_compare_row *row)
{
    const struct dcb_comparison *comparison = &row->comparisons[document];
    const struct dcb_plan *plan = &compare->documents[0]->plan;

    add_text(table, dcb_compare_title(compare, document));
    add_text(table, row->workload);
    add_text(table, row->impl);
    add_side(table, row->cells[0]);
    add_side(table, row->cells[document]);
    add_interval(table, &comparison->ratio);
    add_number(table, comparison->wide.low);
    add_number(table, comparison->wide.high);
    add_text(table, dcb_verdict_name(comparison->verdict));
    add_number(table, comparison->time_ratio);
    add_text(table, dcb_compare_gap_text(comparison->gaps));
    add_text(table, dcb_compare_gap_text(comparison->remarks));
    for (size_t i = 0; i < plan->row_count; i++)
        add_counter(table, comparison, plan->rows[i].name);
}

void dcb_compare_csv(const struct dcb_compare *compare,
                     const struct dcb_compare_view *view, struct dcb_strbuf *out)
{
    static const char *const titles[] = {
        "file",          "workload",        "implementation",
        "first_ratio",   "first_ratio_low", "first_ratio_high",
        "first_time_ns", "ratio",           "ratio_low",
        "ratio_high",    "time_ns",         "change",
        "change_low",    "change_high",     "wide_low",
        "wide_high",     "verdict",         "time_change",
        "not_compared",  "remark"};
    const struct dcb_plan *plan = &compare->documents[0]->plan;
    struct dcb_text_table *table = dcb_text_table_new();

    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        dcb_text_table_column(table, DCB_ALIGN_LEFT, titles[i]);
    for (size_t i = 0; i < plan->row_count; i++) {
        char title[sizeof plan->rows[i].name + 16];

        snprintf(title, sizeof title, "%s provider", plan->rows[i].name);
        dcb_text_table_column(table, DCB_ALIGN_LEFT, plan->rows[i].name);
        dcb_text_table_column(table, DCB_ALIGN_LEFT, title);
    }
    for (size_t document = 1; document < compare->document_count; document++) {
        size_t count, *order = dcb_compare_order(compare, document, view, &count);

        for (size_t i = 0; i < count; i++)
            add_row(table, compare, document, &compare->rows[order[i]]);
        free(order);
    }
    dcb_text_table_print(table, DCB_TABLE_CSV, 0, false, out);
    dcb_text_table_free(table);
}
