/* Memory figures for programs: as CSV, and as the checks of a CI service. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ci.h"
#include "format.h"
#include "report_memory.h"
#include "report_memory_private.h"
#include "strbuf.h"
#include "text_table.h"
#include "xalloc.h"

static double margin_of(double margin, enum dcb_memo memo)
{
    return isnan(margin) ? dcb_memory_margin(memo) : margin;
}

static const char *workload_of(const struct dcb_memory *memory,
                               const struct dcb_memory_pair *pair)
{
    return memory->request->workloads[pair->workload].label;
}

static const char *impl_of(const struct dcb_memory *memory,
                           const struct dcb_memory_pair *pair)
{
    return memory->request->impls[pair->impl].label;
}

/* ---- CSV ---- */

/* Of a census, by enum dcb_census. */
static const char *const census_columns[DCB_CENSUS_COUNT] = {
    "objects",      "object_bytes", "copied", "copied_bytes", "shared",
    "shared_bytes", "items",        "room",   "copied_items", "copied_room"};

static const char *const first_columns[] = {"workload", "implementation", "kind",
                                            "memo",     "layer",          "status"};
static const char *const last_columns[] = {
    "change_bytes",      "change",          "verdict", "predicted_bytes",
    "predicted_objects", "leak_iterations", "blocks",  "bytes"};

enum {
    LAST_COLUMNS = sizeof last_columns / sizeof *last_columns,
    CELL_COLUMNS = 5, /* of the last, those of a cell */
    LEAK_COLUMNS = LAST_COLUMNS - CELL_COLUMNS,
    CENSUS_COLUMNS = 1 + DCB_CENSUS_COUNT
};

static void text_cell(struct dcb_text_table *table, const char *text)
{
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", text ? text : "");
}

static void whole_cell(struct dcb_text_table *table, int64_t number)
{
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%" PRId64, number);
}

static void empty_cells(struct dcb_text_table *table, int count)
{
    while (count-- > 0)
        text_cell(table, NULL);
}

struct csv {
    const struct dcb_memory *memory;
    double margin;
    struct dcb_text_table *table;
};

static void add_columns(struct dcb_text_table *table)
{
    for (size_t i = 0; i < sizeof first_columns / sizeof *first_columns; i++)
        dcb_text_table_column(table, DCB_ALIGN_LEFT, first_columns[i]);
    for (int i = 0; i < DCB_FIGURE_COUNT; i++) {
        /* There is a column for the kind of memo. */
        const char *name =
            i == DCB_FIGURE_MEMO ? "memo_bytes" : dcb_figure_name((enum dcb_figure)i);
        char *low = dcb_xasprintf("%s_low", name), *high = dcb_xasprintf("%s_high", name);

        dcb_text_table_column(table, DCB_ALIGN_LEFT, name);
        dcb_text_table_column(table, DCB_ALIGN_LEFT, low);
        dcb_text_table_column(table, DCB_ALIGN_LEFT, high);
        free(low);
        free(high);
    }
    for (size_t i = 0; i < LAST_COLUMNS; i++)
        dcb_text_table_column(table, DCB_ALIGN_LEFT, last_columns[i]);
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "type");
    for (size_t i = 0; i < DCB_CENSUS_COUNT; i++)
        dcb_text_table_column(table, DCB_ALIGN_LEFT, census_columns[i]);
}

static void first_cells(const struct csv *csv, const struct dcb_memory_pair *pair,
                        const char *kind, const char *memo, const char *layer,
                        const char *status)
{
    text_cell(csv->table, workload_of(csv->memory, pair));
    text_cell(csv->table, impl_of(csv->memory, pair));
    text_cell(csv->table, kind);
    text_cell(csv->table, memo);
    text_cell(csv->table, layer);
    text_cell(csv->table, status);
}

static void change_cells(const struct csv *csv, const struct dcb_memory_pair *pair,
                         enum dcb_memo memo, enum dcb_layer layer)
{
    const struct dcb_memory_cell *baseline =
        &dcb_memory_pair(csv->memory, pair->workload, 0)->cells[memo];
    struct dcb_memory_change change =
        dcb_memory_compare(&pair->cells[memo], pair->impl ? baseline : NULL, layer,
                           DCB_FIGURE_PEAK, margin_of(csv->margin, memo));

    if (!change.known) {
        empty_cells(csv->table, 3);
        return;
    }
    whole_cell(csv->table, change.bytes);
    if (isfinite(change.fraction))
        dcb_text_table_cell(csv->table, DCB_STYLE_PLAIN, "%.8g", change.fraction);
    else
        text_cell(csv->table, NULL);
    text_cell(csv->table, dcb_memory_verdict_name(change.verdict));
}

static void cell_row(const struct csv *csv, const struct dcb_memory_pair *pair,
                     enum dcb_memo memo, enum dcb_layer layer)
{
    const struct dcb_memory_cell *cell = &pair->cells[memo];

    first_cells(csv, pair, "copy", dcb_memo_name(memo), dcb_layer_name(layer), "ok");
    for (int i = 0; i < DCB_FIGURE_COUNT; i++) {
        whole_cell(csv->table, cell->values[layer][i].value);
        whole_cell(csv->table, cell->values[layer][i].low);
        whole_cell(csv->table, cell->values[layer][i].high);
    }
    change_cells(csv, pair, memo, layer);
    if (cell->predicted && !cell->prediction_missing && layer == DCB_LAYER_INTERPRETER) {
        whole_cell(csv->table, (int64_t)cell->predicted_bytes);
        whole_cell(csv->table, (int64_t)cell->predicted_objects);
    } else {
        empty_cells(csv->table, 2);
    }
    empty_cells(csv->table, LEAK_COLUMNS + CENSUS_COLUMNS);
}

static char *status_of(enum dcb_failure failure, const char *message)
{
    return failure == DCB_FAILURE_NONE
               ? dcb_xstrdup("not counted")
               : dcb_xasprintf("failed: %s", message ? message : "(nothing said)");
}

static void cell_rows(const struct csv *csv, const struct dcb_memory_pair *pair,
                      enum dcb_memo memo)
{
    const struct dcb_memory_cell *cell = &pair->cells[memo];
    char *status;

    if (dcb_memory_cell_is_counted(cell)) {
        for (int i = 0; i < DCB_LAYER_COUNT; i++) {
            if (csv->memory->native || i == DCB_LAYER_INTERPRETER)
                cell_row(csv, pair, memo, (enum dcb_layer)i);
        }
        return;
    }
    status = status_of(cell->failure, cell->message);
    first_cells(csv, pair, "copy", dcb_memo_name(memo), NULL, status);
    empty_cells(csv->table, 3 * DCB_FIGURE_COUNT + LAST_COLUMNS + CENSUS_COLUMNS);
    free(status);
}

static void leak_rows(const struct csv *csv, const struct dcb_memory_pair *pair)
{
    struct dcb_memory_loss loss = dcb_memory_loss(csv->memory, pair);
    char *status;

    for (int i = 0; loss.iterations && i < DCB_LAYER_COUNT; i++) {
        if (!csv->memory->native && i != DCB_LAYER_INTERPRETER)
            continue;
        first_cells(csv, pair, "leaks", NULL, dcb_layer_name((enum dcb_layer)i), "ok");
        empty_cells(csv->table, 3 * DCB_FIGURE_COUNT + CELL_COLUMNS);
        whole_cell(csv->table, (int64_t)loss.iterations);
        whole_cell(csv->table, loss.blocks[i]);
        whole_cell(csv->table, loss.bytes[i]);
        empty_cells(csv->table, CENSUS_COLUMNS);
    }
    if (loss.iterations)
        return;
    status = status_of(pair->leaks.failure, pair->leaks.message);
    first_cells(csv, pair, "leaks", NULL, NULL, status);
    empty_cells(csv->table, 3 * DCB_FIGURE_COUNT + LAST_COLUMNS + CENSUS_COLUMNS);
    free(status);
}

static void census_rows(const struct csv *csv, const struct dcb_memory_pair *pair)
{
    const struct dcb_memory_census *census = &pair->census;
    char *status;

    for (size_t i = 0; i < census->type_count; i++) {
        first_cells(csv, pair, "census", NULL, NULL, "ok");
        empty_cells(csv->table, 3 * DCB_FIGURE_COUNT + LAST_COLUMNS);
        text_cell(csv->table, census->types[i].name);
        for (size_t k = 0; k < DCB_CENSUS_COUNT; k++)
            whole_cell(csv->table, census->types[i].counts[k]);
    }
    if (census->done && census->failure == DCB_FAILURE_NONE)
        return;
    status = status_of(census->failure, census->message);
    first_cells(csv, pair, "census", NULL, NULL, status);
    empty_cells(csv->table, 3 * DCB_FIGURE_COUNT + LAST_COLUMNS + CENSUS_COLUMNS);
    free(status);
}

void dcb_report_memory_csv(const struct dcb_memory *memory, double margin,
                           struct dcb_strbuf *out)
{
    struct csv csv = {.memory = memory, .margin = margin, .table = dcb_text_table_new()};

    add_columns(csv.table);
    for (size_t i = 0; i < memory->pair_count; i++) {
        const struct dcb_memory_pair *pair = &memory->pairs[i];

        for (int k = 0; k < DCB_MEMO_COUNT; k++) {
            if (pair->cells[k].asked)
                cell_rows(&csv, pair, (enum dcb_memo)k);
        }
        if (pair->leaks.asked)
            leak_rows(&csv, pair);
        if (pair->census.asked)
            census_rows(&csv, pair);
    }
    dcb_text_table_print(csv.table, DCB_TABLE_CSV, 0, false, out);
    dcb_text_table_free(csv.table);
}

/* ---- checks ---- */

struct checks {
    const struct dcb_memory *memory;
    double margin;
    bool more;
    struct dcb_ci *ci;
};

static void check_figure(const struct checks *checks, const struct dcb_memory_pair *pair,
                         enum dcb_memo memo, enum dcb_figure figure)
{
    const struct dcb_memory *memory = checks->memory;
    const struct dcb_memory_pair *baseline = dcb_memory_pair(memory, pair->workload, 0);
    const char *name = dcb_figure_name(figure), *impl = impl_of(memory, pair);
    double margin = margin_of(checks->margin, memo);
    struct dcb_memory_change change =
        dcb_memory_compare(&pair->cells[memo], &baseline->cells[memo],
                           dcb_memory_layer(memory), figure, margin);
    char *rule = dcb_xasprintf("%s, memo %s", name, dcb_memo_name(memo));
    char bytes[DCB_FORMAT_SIZE], part[DCB_FORMAT_SIZE];

    if (!change.known)
        dcb_ci_add(checks->ci, workload_of(memory, pair), impl, rule, DCB_CI_UNDECIDED,
                   "%s of %s on %s with memo %s cannot be judged: %s was not counted",
                   name, impl, workload_of(memory, pair), dcb_memo_name(memo),
                   impl_of(memory, baseline));
    else
        dcb_ci_add(checks->ci, workload_of(memory, pair), impl, rule,
                   change.verdict == DCB_MEMORY_MORE ? DCB_CI_FAILED : DCB_CI_PASSED,
                   "%s of %s on %s with memo %s: %s B (%s) against %s (allowed: %g %%)",
                   name, impl, workload_of(memory, pair), dcb_memo_name(memo),
                   dcb_memory_signed(bytes, change.bytes),
                   dcb_format_change(part, 1 + change.fraction),
                   impl_of(memory, baseline), 100 * margin);
    free(rule);
}

/* With a kind of mapping that the baseline does not take either, there is nothing to ask
 * of anybody. */
static enum dcb_ci_outcome copy_outcome(const struct checks *checks,
                                        const struct dcb_memory_pair *pair,
                                        enum dcb_memo memo)
{
    const struct dcb_memory_cell *cell = &pair->cells[memo];

    if (dcb_memory_cell_is_counted(cell))
        return DCB_CI_PASSED;
    if (cell->failure == DCB_FAILURE_NONE ||
        dcb_memory_is_refused(checks->memory, pair, memo))
        return DCB_CI_SKIPPED;
    return DCB_CI_ERROR;
}

static void check_cell(const struct checks *checks, const struct dcb_memory_pair *pair,
                       enum dcb_memo memo)
{
    const struct dcb_memory_cell *cell = &pair->cells[memo];
    const char *impl = impl_of(checks->memory, pair),
               *workload = workload_of(checks->memory, pair);
    enum dcb_ci_outcome outcome = copy_outcome(checks, pair, memo);
    char *rule = dcb_xasprintf("copy, memo %s", dcb_memo_name(memo));

    if (outcome == DCB_CI_PASSED)
        dcb_ci_add(checks->ci, workload, impl, rule, outcome,
                   "%s on %s with memo %s was counted", impl, workload,
                   dcb_memo_name(memo));
    else
        dcb_ci_add(checks->ci, workload, impl, rule, outcome, "%s on %s with memo %s: %s",
                   impl, workload, dcb_memo_name(memo),
                   cell->message ? cell->message : "not counted");
    free(rule);
    if (checks->more && outcome == DCB_CI_PASSED && pair->impl > 0) {
        check_figure(checks, pair, memo, DCB_FIGURE_PEAK);
        check_figure(checks, pair, memo, DCB_FIGURE_NET);
    }
}

static void check_leaks(const struct checks *checks, const struct dcb_memory_pair *pair)
{
    const struct dcb_memory *memory = checks->memory;
    struct dcb_memory_loss loss = dcb_memory_loss(memory, pair);
    enum dcb_layer layer = dcb_memory_layer(memory);
    const char *impl = impl_of(memory, pair), *workload = workload_of(memory, pair);
    char blocks[DCB_FORMAT_SIZE], bytes[DCB_FORMAT_SIZE], count[DCB_FORMAT_SIZE];

    if (loss.found)
        dcb_ci_add(checks->ci, workload, impl, "leaks", DCB_CI_FAILED,
                   "%s on %s leaks: %s bytes in %s blocks are lost in %s iterations",
                   impl, workload, dcb_memory_whole(bytes, loss.bytes[layer]),
                   dcb_memory_whole(blocks, loss.blocks[layer]),
                   dcb_memory_whole(count, (int64_t)loss.iterations));
    else if (loss.known)
        dcb_ci_add(checks->ci, workload, impl, "leaks", DCB_CI_PASSED,
                   "%s on %s loses nothing in %s iterations", impl, workload,
                   dcb_memory_whole(count, (int64_t)loss.iterations));
    else
        dcb_ci_add(checks->ci, workload, impl, "leaks",
                   pair->leaks.failure == DCB_FAILURE_NONE ? DCB_CI_SKIPPED
                                                           : DCB_CI_ERROR,
                   "%s on %s was not searched for leaks: %s", impl, workload,
                   pair->leaks.message ? pair->leaks.message : "not all of it was run");
}

static void check_census(const struct checks *checks, const struct dcb_memory_pair *pair)
{
    const struct dcb_memory_census *census = &pair->census;
    const char *impl = impl_of(checks->memory, pair),
               *workload = workload_of(checks->memory, pair);

    if (census->failure != DCB_FAILURE_NONE)
        dcb_ci_add(checks->ci, workload, impl, "census", DCB_CI_ERROR,
                   "the objects of %s on %s are not known: %s", impl, workload,
                   census->message ? census->message : "(nothing said)");
    else
        dcb_ci_add(checks->ci, workload, impl, "census",
                   census->done ? DCB_CI_PASSED : DCB_CI_SKIPPED,
                   "the objects of %s on %s: %zu types", impl, workload,
                   census->type_count);
}

/* What the baseline refuses, too, is nobody's failure; but where all is refused, nobody
 * has passed. */
static void check_compared(const struct checks *checks, size_t first)
{
    const struct dcb_memory *memory = checks->memory;

    for (size_t i = first; i < checks->ci->count; i++) {
        if (strncmp(checks->ci->findings[i].rule, "peak", 4) == 0)
            return;
    }
    dcb_ci_add(checks->ci, NULL, NULL, "more",
               memory->stopped ? DCB_CI_SKIPPED : DCB_CI_UNDECIDED,
               "nothing could be compared with %s: no other implementation was counted",
               memory->request->impls[0].label);
}

void dcb_report_memory_ci(const struct dcb_memory *memory, double margin, bool more,
                          struct dcb_ci *ci)
{
    const struct checks checks = {
        .memory = memory, .margin = margin, .more = more, .ci = ci};
    size_t first = ci->count;

    for (size_t i = 0; i < memory->pair_count; i++) {
        const struct dcb_memory_pair *pair = &memory->pairs[i];

        for (int k = 0; k < DCB_MEMO_COUNT; k++) {
            if (pair->cells[k].asked)
                check_cell(&checks, pair, (enum dcb_memo)k);
        }
        if (pair->leaks.asked)
            check_leaks(&checks, pair);
        if (pair->census.asked)
            check_census(&checks, pair);
    }
    if (more)
        check_compared(&checks, first);
}
