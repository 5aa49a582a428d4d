#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_private.h"
#include "format.h"
#include "strbuf.h"
#include "utf8.h"
#include "xalloc.h"

/* Characters, of what stands in columns of text. */
enum { TITLE_WIDTH = 10, NAME_WIDTH = 22, SHORT_WIDTH = 14 };

/* ---- cells ---- */

static const struct dcb_comparison *comparison_of(const struct dcb_compare_page *page,
                                                  size_t row)
{
    return &page->compare->rows[row].comparisons[page->document];
}

/* Markdown has room; in text, both ends of it are left. */
static char *fit(const struct dcb_compare_page *page, const char *text, size_t width)
{
    return page->sheet.format == DCB_TABLE_TEXT ? dcb_utf8_shorten(text, width)
                                                : dcb_xstrdup(text);
}

bool dcb_compare_is_numbered(const struct dcb_compare *compare,
                             enum dcb_table_format format)
{
    char *first = dcb_utf8_shorten(dcb_compare_title(compare, 0), TITLE_WIDTH);
    bool same = false;

    for (size_t i = 1; i < compare->document_count && format == DCB_TABLE_TEXT; i++) {
        char *other = dcb_utf8_shorten(dcb_compare_title(compare, i), TITLE_WIDTH);

        same = same || strcmp(first, other) == 0;
        free(other);
    }
    free(first);
    return same;
}

static void add_column(const struct dcb_compare_page *page, struct dcb_text_table *table,
                       size_t document)
{
    char *title =
        dcb_compare_is_numbered(page->compare, page->sheet.format)
            ? dcb_xasprintf("[%zu]", document + 1)
            : fit(page, dcb_compare_title(page->compare, document), TITLE_WIDTH);

    dcb_text_table_column(table, DCB_ALIGN_RIGHT, title);
    free(title);
}

static void add_name(const struct dcb_compare_page *page, struct dcb_text_table *table,
                     const char *name)
{
    char *text = fit(page, name, NAME_WIDTH);

    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", text);
    free(text);
}

static void add_change(struct dcb_text_table *table, enum dcb_style style, double ratio)
{
    char text[DCB_FORMAT_SIZE];

    dcb_text_table_cell(table, style, "%s", dcb_format_change(text, ratio));
}

static void add_time(struct dcb_text_table *table, const struct dcb_cell *cell)
{
    char text[DCB_FORMAT_SIZE];

    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        dcb_format_time(text, cell && cell->time.count ? cell->time.median
                                                                       : DCB_UNKNOWN));
}

/* "+1.3 +-0.6 %"; of ratios that are many times another, "x 31.2 +-0.6 %". What is not
 * symmetric is shown by its longer side. */
void dcb_compare_change_text(char *text, size_t size, const struct dcb_interval *ratio,
                             bool exact)
{
    double estimate = ratio->estimate, change = 100 * (estimate - 1);
    double half = 100 * fmax(ratio->high - estimate, estimate - ratio->low);
    int digits = exact || half < 0.2 ? 2 : 1;

    if (!isfinite(estimate)) {
        snprintf(text, size, "-");
    } else if (!isfinite(ratio->low) || !isfinite(ratio->high)) {
        dcb_format_change(text, estimate);
    } else if (estimate >= 10) {
        snprintf(text, size, "x %.1f +-%.1f %%", estimate, half / estimate);
    } else {
        if (fabs(change) < 0.5 * pow(10, -digits))
            change = 0;
        snprintf(text, size, "%+.*f +-%.*f %%", digits, change, digits, half);
    }
}

static enum dcb_style verdict_style(enum dcb_verdict verdict)
{
    return verdict == DCB_VERDICT_FASTER   ? DCB_STYLE_GOOD
           : verdict == DCB_VERDICT_SLOWER ? DCB_STYLE_BAD
                                           : DCB_STYLE_PLAIN;
}

/* ---- tables of one workload ---- */

static void ratio_row(const struct dcb_compare_page *page, struct dcb_text_table *table,
                      size_t index)
{
    const struct dcb_compare_row *row = &page->compare->rows[index];
    const struct dcb_comparison *comparison = comparison_of(page, index);
    const struct dcb_cell *sides[] = {row->cells[0], row->cells[page->document]};
    enum dcb_style style = verdict_style(comparison->verdict);
    const char *verdict = dcb_verdict_name(comparison->verdict);
    char text[80];

    add_name(page, table, row->impl);
    for (size_t i = 0; i < 2; i++) {
        if (comparison->unpaired)
            add_time(table, sides[i]);
        else
            add_change(table, DCB_STYLE_PLAIN,
                       sides[i] ? sides[i]->ratio.estimate : DCB_UNKNOWN);
    }
    dcb_compare_change_text(text, sizeof text, &comparison->wide, false);
    dcb_text_table_cell(table, style, "%s", text);
    dcb_text_table_cell(table, verdict ? style : DCB_STYLE_DIM, "%s",
                        verdict ? verdict : "not compared");
}

/* A stretch of the order: rows of one workload. */
static void ratio_table(const struct dcb_compare_page *page, size_t first, size_t end)
{
    struct dcb_text_table *table = dcb_text_table_new();

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "implementation");
    add_column(page, table, 0);
    add_column(page, table, page->document);
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "change");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "verdict");
    for (size_t i = first; i < end; i++)
        ratio_row(page, table, page->order[i]);
    dcb_sheet_print_table(&page->sheet, table);
    dcb_text_table_free(table);
}

static void separate(const struct dcb_compare_page *page)
{
    dcb_strbuf_append(page->sheet.out, "\n");
}

static const struct dcb_cell *baseline_of(const struct dcb_compare_page *page,
                                          size_t group, size_t document)
{
    const struct dcb_workload_result *workload =
        page->compare->groups[group].workloads[document];

    return workload && workload->cell_count &&
                   workload->cells[0].role == DCB_ROLE_BASELINE
               ? &workload->cells[0]
               : NULL;
}

static void time_row(const struct dcb_compare_page *page, struct dcb_text_table *table,
                     const char *name, const struct dcb_cell *from,
                     const struct dcb_cell *to)
{
    add_name(page, table, name);
    add_time(table, from);
    add_time(table, to);
    add_change(table, DCB_STYLE_PLAIN,
               from->time.count && to->time.count ? to->time.median / from->time.median
                                                  : DCB_UNKNOWN);
}

/* What the machine did today: the baseline's times. */
static void baseline_row(const struct dcb_compare_page *page,
                         struct dcb_text_table *table, size_t group)
{
    const struct dcb_document *first = page->compare->documents[0];
    const struct dcb_document *second = page->compare->documents[page->document];
    const struct dcb_cell *from = baseline_of(page, group, 0),
                          *to = baseline_of(page, group, page->document);

    if (from && to && strcmp(first->plan.arms[0].label, second->plan.arms[0].label) == 0)
        time_row(page, table, first->plan.arms[0].label, from, to);
}

static bool has_times(const struct dcb_compare_page *page, size_t row)
{
    return comparison_of(page, row)->time_gaps == 0 &&
           !comparison_of(page, row)->unpaired;
}

static void time_table(const struct dcb_compare_page *page, size_t first, size_t end)
{
    struct dcb_text_table *table = dcb_text_table_new();
    bool any = false;

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "time");
    add_column(page, table, 0);
    add_column(page, table, page->document);
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "change");
    for (size_t i = first; i < end; i++) {
        const struct dcb_compare_row *row = &page->compare->rows[page->order[i]];

        if (!has_times(page, page->order[i]))
            continue;
        if (!any)
            baseline_row(page, table, row->group);
        any = true;
        time_row(page, table, row->impl, row->cells[0], row->cells[page->document]);
    }
    if (any) {
        separate(page);
        dcb_sheet_print_table(&page->sheet, table);
    }
    dcb_text_table_free(table);
}

/* ---- counters ---- */

/* time-elapsed is the ratio itself. */
bool dcb_compare_shows(const struct dcb_compare_page *page,
                       const struct dcb_compare_counter *counter)
{
    return counter->gaps == 0 && strcmp(counter->name, "time-elapsed") != 0 &&
           (page->view->verbosity > 0 || strcmp(counter->name, "instructions") == 0 ||
            strcmp(counter->name, "cycles") == 0);
}

/* Of what is simulated: it may be more and it may be less, by more than the margin. */
static bool is_unclear(const struct dcb_compare_counter *counter,
                       const struct dcb_interval *ratio, double margin)
{
    return counter->provider == DCB_PROVIDER_SIMULATED && ratio->low < 1 &&
           ratio->high > 1 && (ratio->low < 1 - margin || ratio->high > 1 + margin);
}

/* Fine where it is exact enough for a hundredth of a percent. */
static void counter_cell(const struct dcb_compare_page *page,
                         struct dcb_text_table *table,
                         const struct dcb_compare_counter *counter,
                         const struct dcb_interval *ratio)
{
    char text[DCB_FORMAT_SIZE];

    if (is_unclear(counter, ratio, page->compare->margin))
        dcb_text_table_cell(table, DCB_STYLE_DIM, "unclear");
    else
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                            counter->provider == DCB_PROVIDER_SIMULATED
                                ? dcb_format_fine_change(text, ratio->estimate)
                                : dcb_format_change(text, ratio->estimate));
}

static void counter_row(const struct dcb_compare_page *page, struct dcb_text_table *table,
                        const char *impl, const struct dcb_compare_counter *counter)
{
    char *label = fit(page, impl, SHORT_WIDTH), text[80];

    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", counter->name);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", label);
    counter_cell(page, table, counter, &counter->first_ratio);
    counter_cell(page, table, counter, &counter->ratio);
    dcb_compare_change_text(text, sizeof text, &counter->change,
                            counter->provider == DCB_PROVIDER_SIMULATED);
    if (is_unclear(counter, &counter->change, page->compare->margin))
        dcb_text_table_cell(table, DCB_STYLE_DIM, "unclear");
    else
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", text);
    free(label);
}

/* Of one counter: its rows of a provider. Returns how many. */
static size_t counter_rows(const struct dcb_compare_page *page,
                           struct dcb_text_table *table, size_t first, size_t end,
                           enum dcb_provider provider, const char *name)
{
    size_t count = 0;

    for (size_t i = first; i < end; i++) {
        const struct dcb_comparison *comparison = comparison_of(page, page->order[i]);

        for (size_t k = 0; k < comparison->counter_count; k++) {
            const struct dcb_compare_counter *counter = &comparison->counters[k];

            if (!dcb_compare_shows(page, counter) || counter->provider != provider ||
                strcmp(counter->name, name) != 0)
                continue;
            counter_row(page, table, page->compare->rows[page->order[i]].impl, counter);
            count++;
        }
    }
    return count;
}

/* Instructions first: what is exact. */
static void counter_table(const struct dcb_compare_page *page, size_t first, size_t end,
                          enum dcb_provider provider)
{
    const struct dcb_plan *plan = &page->compare->documents[0]->plan;
    struct dcb_text_table *table = dcb_text_table_new();
    size_t count;

    dcb_text_table_column(table, DCB_ALIGN_LEFT, dcb_provider_name(provider));
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "implementation");
    add_column(page, table, 0);
    add_column(page, table, page->document);
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "change");
    count = counter_rows(page, table, first, end, provider, "instructions");
    for (size_t i = 0; i < plan->row_count; i++) {
        if (strcmp(plan->rows[i].name, "instructions") != 0)
            count += counter_rows(page, table, first, end, provider, plan->rows[i].name);
    }
    if (count) {
        separate(page);
        dcb_sheet_print_table(&page->sheet, table);
    }
    dcb_text_table_free(table);
}

void dcb_compare_tables(const struct dcb_compare_page *page, size_t first, size_t end)
{
    static const enum dcb_provider providers[] = {
        DCB_PROVIDER_HARDWARE, DCB_PROVIDER_SIMULATED, DCB_PROVIDER_KERNEL};

    ratio_table(page, first, end);
    if (page->view->verbosity < 0)
        return;
    time_table(page, first, end);
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++)
        counter_table(page, first, end, providers[i]);
}
