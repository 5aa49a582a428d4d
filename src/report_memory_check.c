/* Memory, then and now, as text for people, and as CSV and checks for programs. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "ci.h"
#include "document.h"
#include "format.h"
#include "memory_check.h"
#include "report_memory.h"
#include "report_memory_private.h"
#include "strbuf.h"
#include "text_table.h"
#include "xalloc.h"

static bool is_leaks(const struct dcb_memory_check_row *row)
{
    return row->memo == DCB_MEMO_COUNT;
}

/* "+20.0 %"; of what was nothing there is none. */
static const char *change_text(char *text, const struct dcb_memory_checked *figure)
{
    return dcb_format_change(text, isnan(figure->change) && figure->then == figure->now
                                       ? 1
                                       : 1 + figure->change);
}

/* ---- sentences ---- */

/* "new on memo with memo absent" */
static char *subject(const struct dcb_memory_check_row *row)
{
    if (is_leaks(row))
        return dcb_xasprintf("leaks of %s on %s", row->impl, row->workload);
    return dcb_xasprintf("%s on %s with memo %s", row->impl, row->workload,
                         dcb_memo_name(row->memo));
}

char *dcb_memory_check_sentence(const struct dcb_memory_check *check,
                                const struct dcb_memory_check_row *row)
{
    const struct dcb_memory_checked *peak = &row->figures[0];
    char then[DCB_FORMAT_SIZE], now[DCB_FORMAT_SIZE], change[DCB_FORMAT_SIZE];
    char *of = subject(row), *text;

    if (row->known && !row->reason)
        text = dcb_xasprintf("peak of %s: %s B; it was %s B (%s%s; allowed: %g %%)", of,
                             dcb_memory_whole(now, peak->now),
                             dcb_memory_whole(then, peak->then),
                             check->exact ? "" : "of the ratio to the baseline ",
                             change_text(change, peak), 100 * row->margin);
    else
        text = dcb_xasprintf("%s: %s", of, row->reason ? row->reason : "nothing is lost");
    free(of);
    return text;
}

/* ---- tables ---- */

/* --quiet is for what did not pass. */
static bool is_told(const struct dcb_memory_check_row *row, int verbosity)
{
    return verbosity >= 0 ||
           (row->outcome != DCB_MEMORY_PASS && row->outcome != DCB_MEMORY_STILL_FAILS);
}

static void figure_cells(const struct dcb_memory_check_row *row,
                         struct dcb_text_table *table)
{
    char text[DCB_FORMAT_SIZE];

    for (int i = 0; i < DCB_MEMORY_CHECKED; i++) {
        const struct dcb_memory_checked *figure = &row->figures[i];

        if (!row->known) {
            for (int k = 0; k < (i == 0 ? 3 : 1); k++)
                dcb_text_table_cell(table, DCB_STYLE_DIM, "-");
            continue;
        }
        if (i == 0) {
            dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                                dcb_memory_bytes(text, figure->then));
            dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                                dcb_memory_bytes(text, figure->now));
        }
        dcb_text_table_cell(table, i ? DCB_STYLE_DIM : DCB_STYLE_PLAIN, "%s",
                            change_text(text, figure));
    }
}

static enum dcb_style style_of(enum dcb_memory_outcome outcome)
{
    return outcome == DCB_MEMORY_PASS         ? DCB_STYLE_GOOD
           : outcome == DCB_MEMORY_REGRESSION ? DCB_STYLE_BAD
                                              : DCB_STYLE_BOLD;
}

static void append_row(const struct dcb_memory_sheet *sheet,
                       const struct dcb_memory_check_row *row,
                       struct dcb_text_table *table)
{
    char *impl = dcb_memory_label(sheet, row->impl);

    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", impl);
    figure_cells(row, table);
    dcb_text_table_cell(table, style_of(row->outcome), "%s",
                        dcb_memory_outcome_name(row->outcome));
    free(impl);
}

static struct dcb_text_table *new_table(void)
{
    static const char *const figures[] = {"then", "now", "peak", "net", "allocs"};
    struct dcb_text_table *table = dcb_text_table_new();

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "implementation");
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        dcb_text_table_column(table, DCB_ALIGN_RIGHT, figures[i]);
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "verdict");
    return table;
}

/* The rows of one workload and memo kind; nothing where there are none. */
static void append_block(const struct dcb_memory_check *check,
                         const struct dcb_memory_sheet *sheet, const char *workload,
                         int memo)
{
    struct dcb_text_table *table = new_table();
    bool any = false;

    for (size_t i = 0; i < check->row_count; i++) {
        const struct dcb_memory_check_row *row = &check->rows[i];

        if (row->workload == workload && (int)row->memo == memo &&
            is_told(row, sheet->sheet.verbosity)) {
            append_row(sheet, row, table);
            any = true;
        }
    }
    if (any) {
        char *heading = dcb_xasprintf(
            "%s: %s", workload,
            memo == DCB_MEMO_COUNT ? "leaks" : dcb_memory_call((enum dcb_memo)memo));

        dcb_sheet_heading(&sheet->sheet, heading);
        free(heading);
        dcb_sheet_print_table(&sheet->sheet, table);
    }
    dcb_text_table_free(table);
}

static void append_header(const struct dcb_memory_check *check,
                          const struct dcb_memory_sheet *sheet)
{
    const char *then = check->then->document->result.python.version,
               *now = check->now->python.version;
    char *line = dcb_xasprintf("dcbench " DCB_VERSION
                               ": what copies cost in memory, beside %s; Python %s",
                               check->then->document->path, now ? now : "(not known)");

    dcb_sheet_line(&sheet->sheet, line, false);
    free(line);
    if (check->exact)
        line = dcb_xstrdup("The same interpreter: figures are exact, and are compared as "
                           "they are.");
    else
        line =
            dcb_xasprintf("Another interpreter (%s, or another build of it): ratios to "
                          "the baseline %s of each run are compared.",
                          then ? then : "not known", check->now->request->impls[0].label);
    dcb_sheet_line(&sheet->sheet, line, true);
    free(line);
}

static void append_legend(const struct dcb_memory_check *check,
                          const struct dcb_memory_sheet *sheet)
{
    dcb_memory_remark(
        sheet,
        dcb_xasprintf(
            "then, now: peak bytes of a call above its start. peak, net, allocs: "
            "by how much %s changed; peaks are judged.",
            check->exact ? "each has" : "the ratio of each to the baseline's has"));
    if (check->layer != DCB_LAYER_BOTH)
        dcb_memory_remark(sheet, dcb_xstrdup("note: of the interpreter's allocators "
                                             "alone: libc's malloc was not counted in "
                                             "both runs"));
}

void dcb_memory_check_report(const struct dcb_memory_check *check, bool markdown,
                             int verbosity, bool color, struct dcb_strbuf *out)
{
    const struct dcb_memory_request *request = check->now->request;
    const struct dcb_memory_sheet sheet = {
        .sheet = {.format = markdown ? DCB_TABLE_MARKDOWN : DCB_TABLE_TEXT,
                  .verbosity = verbosity,
                  .color = color,
                  .out = out},
        .memory = check->now};

    size_t length = out->length;

    if (verbosity >= 0)
        append_header(check, &sheet);
    for (size_t i = 0; i < request->workload_count; i++) {
        for (int k = 0; k <= DCB_MEMO_COUNT; k++)
            append_block(check, &sheet, request->workloads[i].label, k);
    }
    if (out->length > length)
        dcb_strbuf_append(out, "\n");
    for (size_t i = 0; i < check->row_count; i++) {
        const struct dcb_memory_check_row *row = &check->rows[i];

        if (is_told(row, verbosity) &&
            (row->reason || row->outcome == DCB_MEMORY_REGRESSION))
            dcb_memory_remark(&sheet, dcb_memory_check_sentence(check, row));
    }
    if (verbosity >= 0)
        append_legend(check, &sheet);
}

/* ---- for programs ---- */

static void csv_figures(const struct dcb_memory_check_row *row,
                        struct dcb_text_table *table)
{
    for (int i = 0; i < DCB_MEMORY_CHECKED; i++) {
        const struct dcb_memory_checked *figure = &row->figures[i];

        if (row->known) {
            dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%" PRId64, figure->then);
            dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%" PRId64, figure->now);
        } else {
            dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "");
            dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "");
        }
        if (isnan(figure->change))
            dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "");
        else
            dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%.8g", figure->change);
    }
}

void dcb_memory_check_csv(const struct dcb_memory_check *check, struct dcb_strbuf *out)
{
    static const char *const columns[] = {"workload",
                                          "implementation",
                                          "memo",
                                          "compared",
                                          "layer",
                                          "peak_then",
                                          "peak_now",
                                          "peak_change",
                                          "net_then",
                                          "net_now",
                                          "net_change",
                                          "allocations_then",
                                          "allocations_now",
                                          "allocations_change",
                                          "margin",
                                          "outcome",
                                          "reason"};
    struct dcb_text_table *table = dcb_text_table_new();

    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        dcb_text_table_column(table, DCB_ALIGN_LEFT, columns[i]);
    for (size_t i = 0; i < check->row_count; i++) {
        const struct dcb_memory_check_row *row = &check->rows[i];
        bool leaks = is_leaks(row);

        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", row->workload);
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", row->impl);
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                            leaks ? "" : dcb_memo_name(row->memo));
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                            leaks          ? "leaks"
                            : check->exact ? "figures"
                                           : "ratios");
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", dcb_layer_name(check->layer));
        csv_figures(row, table);
        if (leaks)
            dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "");
        else
            dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%g", row->margin);
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                            dcb_memory_outcome_name(row->outcome));
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", row->reason ? row->reason : "");
    }
    dcb_text_table_print(table, DCB_TABLE_CSV, 0, false, out);
    dcb_text_table_free(table);
}

/* A leak is wrong whatever the file says of it; more memory is what --update is for. */
static enum dcb_ci_outcome ci_outcome(const struct dcb_memory_check_row *row, bool update)
{
    switch (row->outcome) {
    case DCB_MEMORY_PASS:
    case DCB_MEMORY_OUTCOMES:
        break;
    case DCB_MEMORY_REGRESSION:
        return update && !is_leaks(row) ? DCB_CI_SKIPPED : DCB_CI_FAILED;
    case DCB_MEMORY_STILL_FAILS:
        return DCB_CI_SKIPPED;
    case DCB_MEMORY_NOT_COUNTED:
        return DCB_CI_UNDECIDED;
    case DCB_MEMORY_NOT_COMPARED:
        return update ? DCB_CI_SKIPPED : DCB_CI_UNDECIDED;
    }
    return DCB_CI_PASSED;
}

void dcb_memory_check_ci(const struct dcb_memory_check *check, bool update,
                         struct dcb_ci *ci)
{
    size_t without = dcb_memory_check_count(check, DCB_MEMORY_NOT_COMPARED) +
                     dcb_memory_check_count(check, DCB_MEMORY_STILL_FAILS);

    for (size_t i = 0; i < check->row_count; i++) {
        const struct dcb_memory_check_row *row = &check->rows[i];
        char *sentence = dcb_memory_check_sentence(check, row);
        char *rule = is_leaks(row)
                         ? dcb_xstrdup("leaks")
                         : dcb_xasprintf("peak, memo %s", dcb_memo_name(row->memo));

        dcb_ci_add(ci, row->workload, row->impl, rule, ci_outcome(row, update), "%s",
                   sentence);
        free(rule);
        free(sentence);
    }
    if (without == check->row_count && !update)
        dcb_ci_add(ci, NULL, NULL, "check", DCB_CI_ERROR,
                   "nothing of %s could be compared", check->then->document->path);
}
