#include "compare_report.h"

#include <stdlib.h>
#include <string.h>

#include "compare_private.h"
#include "strbuf.h"
#include "utf8.h"
#include "xalloc.h"

static const struct dcb_comparison *comparison_of(const struct dcb_compare_page *page,
                                                  size_t row)
{
    return &page->compare->rows[row].comparisons[page->document];
}

/* ---- one document ---- */

static void workload_section(const struct dcb_compare_page *page, size_t first,
                             size_t end)
{
    char *title = dcb_xstrdup(page->compare->rows[page->order[first]].workload);

    dcb_utf8_make_printable(title);
    dcb_sheet_heading(&page->sheet, title);
    free(title);
    dcb_compare_tables(page, first, end);
}

/* The rows of a workload together, each where its first one stands. */
static void gather_workloads(struct dcb_compare_page *page)
{
    size_t groups = page->compare->group_count, end = 0;
    size_t *sizes = dcb_xcalloc(groups + 1, sizeof *sizes);
    size_t *next = dcb_xcalloc(groups + 1, sizeof *next);
    size_t *gathered = dcb_xcalloc(page->count + 1, sizeof *gathered);

    for (size_t i = 0; i < page->count; i++)
        sizes[page->compare->rows[page->order[i]].group]++;
    for (size_t i = 0; i < page->count; i++) {
        size_t group = page->compare->rows[page->order[i]].group;

        if (sizes[group]) { /* its first row makes room for all */
            next[group] = end;
            end += sizes[group];
            sizes[group] = 0;
        }
        gathered[next[group]++] = page->order[i];
    }
    free(sizes);
    free(next);
    free(page->order);
    page->order = gathered;
}

static void workloads(const struct dcb_compare_page *page)
{
    size_t end;

    for (size_t first = 0; first < page->count; first = end) {
        size_t group = page->compare->rows[page->order[first]].group;

        end = first + 1;
        while (end < page->count && page->compare->rows[page->order[end]].group == group)
            end++;
        workload_section(page, first, end);
    }
}

static void remark(const struct dcb_compare_page *page, struct dcb_strbuf *take_line)
{
    dcb_sheet_remark(&page->sheet, "", take_line->text);
    dcb_strbuf_clear(take_line);
}

static void mean_line(const struct dcb_compare_page *page)
{
    const struct dcb_compare_mean *mean = &page->compare->means[page->document];
    struct dcb_strbuf line = DCB_STRBUF_INIT;
    char text[80];

    if (mean->rows < 2)
        return;
    dcb_compare_change_text(text, sizeof text, &mean->wide, false);
    dcb_strbuf_appendf(&line, "geometric mean of the changes of %s%zu rows%s: %s",
                       page->view->only_changed ? "all " : "", mean->rows,
                       page->view->only_changed ? ", shown or not" : "", text);
    remark(page, &line);
}

static size_t count_judged(const struct dcb_compare_page *page)
{
    size_t count = 0;

    for (size_t i = 0; i < page->compare->row_count; i++)
        count += comparison_of(page, i)->gaps == 0;
    return count;
}

static void hidden_line(const struct dcb_compare_page *page)
{
    struct dcb_strbuf line = DCB_STRBUF_INIT;
    size_t all = 0, hidden;

    if (!page->view->only_changed)
        return;
    for (size_t i = 0; i < page->compare->row_count; i++)
        all += !comparison_of(page, i)->hidden;
    hidden = all - page->count;
    dcb_strbuf_appendf(&line,
                       "%zu of %zu rows %s neither faster nor slower and not shown "
                       "(--only-changed)",
                       hidden, all, hidden == 1 ? "is" : "are");
    remark(page, &line);
}

static bool any_counter(const struct dcb_compare_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct dcb_comparison *comparison = comparison_of(page, page->order[i]);

        for (size_t k = 0; k < comparison->counter_count; k++) {
            if (dcb_compare_shows(page, &comparison->counters[k]))
                return true;
        }
    }
    return false;
}

/* What the columns are, for who sees them for the first time. */
static void legend(const struct dcb_compare_page *page)
{
    const struct dcb_compare *compare = page->compare;
    size_t rows = count_judged(page);
    struct dcb_strbuf line = DCB_STRBUF_INIT;
    bool unpaired;

    if (rows == 0 || page->count == 0)
        return;
    unpaired = dcb_compare_is_unpaired(compare->documents[0],
                                       compare->documents[page->document]);
    dcb_strbuf_appendf(&line,
                       "change: the %s in %s to that in %s. +-: the longer half of its "
                       "%g %% interval, which holds for all rows together (%zu) and %s; "
                       "verdicts are of it, at a margin of %g %%.",
                       unpaired ? "time" : "ratio",
                       dcb_compare_title(compare, page->document),
                       dcb_compare_title(compare, 0), 100 * compare->confidence, rows,
                       unpaired ? "does not include what the machine does between runs"
                                : "includes what runs of the same code differ by",
                       100 * compare->margin);
    remark(page, &line);
    if (!any_counter(page))
        return;
    dcb_strbuf_append(&line, "Counters: the same of the counts' ratios; +-: how far the "
                             "layouts (simulated) or the intervals of the runs let it be "
                             "off at most.");
    remark(page, &line);
}

static void page_of(const struct dcb_compare *compare, const struct dcb_sheet *sheet,
                    const struct dcb_compare_view *view, size_t document)
{
    struct dcb_compare_page page = {
        .sheet = *sheet, .compare = compare, .view = view, .document = document};
    struct dcb_strbuf title = DCB_STRBUF_INIT;

    page.order = dcb_compare_order(compare, document, view, &page.count);
    gather_workloads(&page);
    if (compare->document_count > 2) {
        dcb_strbuf_appendf(&title, "%s against %s", dcb_compare_title(compare, document),
                           dcb_compare_title(compare, 0));
        dcb_utf8_make_printable(title.text);
        dcb_sheet_heading(&page.sheet, title.text);
        dcb_strbuf_clear(&title);
    }
    workloads(&page);
    dcb_strbuf_append(sheet->out, "\n");
    hidden_line(&page);
    mean_line(&page);
    if (view->verbosity >= 0)
        legend(&page);
    free(page.order);
}

/* ---- whole sheets ---- */

static void append_part(struct dcb_strbuf *line, const char *part)
{
    if (part && *part)
        dcb_strbuf_appendf(line, ", %s", part);
}

/* "old: 2024-02-29T12:00:00Z, CPython 3.11.2, A CPU" */
static void file_line(const struct dcb_sheet *sheet, const struct dcb_compare *compare,
                      size_t index)
{
    const struct dcb_document *document = compare->documents[index];
    const struct dcb_result *result = &document->result;
    struct dcb_strbuf line = DCB_STRBUF_INIT;

    if (dcb_compare_is_numbered(compare, sheet->format) &&
        dcb_compare_title(compare, index)[0] != '[')
        dcb_strbuf_appendf(&line, "[%zu] ", index + 1);
    dcb_strbuf_appendf(&line, "%s: %s", dcb_compare_title(compare, index),
                       result->system.date[0] ? result->system.date : "no date");
    if (result->python.version) {
        const char *name = result->python.implementation;

        dcb_strbuf_appendf(&line, ", %s %s",
                           !name                          ? "Python"
                           : strcmp(name, "cpython") == 0 ? "CPython"
                                                          : name,
                           result->python.version);
    }
    append_part(&line, result->system.cpu);
    if (result->label)
        append_part(&line, result->label);
    if (result->commit)
        dcb_strbuf_appendf(&line, ", commit %.*s", DCB_COMMIT_SHORT, result->commit);
    if (document->kind == DCB_DOCUMENT_PYPERF)
        append_part(&line, "a file of pyperf");
    dcb_sheet_remark(sheet, "", line.text);
    dcb_strbuf_clear(&line);
}

void dcb_compare_text(const struct dcb_compare *compare, enum dcb_table_format format,
                      const struct dcb_compare_view *view, struct dcb_strbuf *out)
{
    struct dcb_sheet sheet = {.format = format,
                              .verbosity = view->verbosity,
                              .color = view->color && format == DCB_TABLE_TEXT,
                              .out = out};

    if (view->verbosity >= 0) {
        dcb_strbuf_appendf(out, "dcbench " DCB_VERSION ": %zu files compared%s\n",
                           compare->document_count,
                           compare->document_count > 2 ? ", each with the first" : "");
        for (size_t i = 0; i < compare->document_count; i++)
            file_line(&sheet, compare, i);
    }
    for (size_t i = 1; i < compare->document_count; i++)
        page_of(compare, &sheet, view, i);
    for (size_t i = 0; i < compare->note_count; i++)
        dcb_sheet_remark(&sheet, format == DCB_TABLE_MARKDOWN ? "Note: " : "note: ",
                         compare->notes[i]);
}
