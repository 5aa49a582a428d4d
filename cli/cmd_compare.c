#include "commands.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "ci_output.h"
#include "compare.h"
#include "compare_report.h"
#include "document.h"
#include "error.h"
#include "format.h"
#include "json_compare.h"
#include "options.h"
#include "outfile.h"
#include "strbuf.h"
#include "term.h"
#include "xalloc.h"

/* ---- exit status ---- */

static bool is_asked(const struct cli_options *options, enum dcb_verdict verdict)
{
    return cli_list_contains(&options->fail_if, dcb_verdict_name(verdict));
}

/* Whether an inconclusive row could still be what --fail-if asks for. */
static bool could_be_asked(const struct cli_options *options,
                           const struct dcb_comparison *comparison)
{
    if (is_asked(options, DCB_VERDICT_INCONCLUSIVE) ||
        is_asked(options, DCB_VERDICT_SAME) || !isfinite(comparison->wide.low) ||
        comparison->remarks & DCB_GAP_WITHHELD)
        return true;
    return (is_asked(options, DCB_VERDICT_SLOWER) &&
            comparison->wide.high > 1 + options->margin) ||
           (is_asked(options, DCB_VERDICT_FASTER) &&
            comparison->wide.low < 1 - options->margin);
}

static enum cli_status row_status(const struct cli_options *options,
                                  const struct dcb_comparison *comparison)
{
    switch (comparison->verdict) {
    case DCB_VERDICT_NONE:
        return CLI_STATUS_UNKNOWN;
    case DCB_VERDICT_INCONCLUSIVE:
        return could_be_asked(options, comparison) ? CLI_STATUS_UNKNOWN : CLI_STATUS_OK;
    case DCB_VERDICT_FASTER:
    case DCB_VERDICT_SLOWER:
    case DCB_VERDICT_SAME:
        break;
    }
    return is_asked(options, comparison->verdict) ? CLI_STATUS_FAILED : CLI_STATUS_OK;
}

/* A gate that closes says why, whatever the format is. */
static void tell_gate(const struct dcb_compare_row *row,
                      const struct dcb_comparison *comparison, enum cli_status status,
                      const char *title)
{
    unsigned gaps = comparison->gaps | (comparison->remarks & DCB_GAP_WITHHELD);
    char change[DCB_FORMAT_SIZE];

    if (status == CLI_STATUS_FAILED)
        cli_term_message("--fail-if: %s on %s is %s in %s (%s)", row->impl, row->workload,
                         dcb_verdict_name(comparison->verdict), title,
                         dcb_format_change(change, comparison->ratio.estimate));
    else if (gaps)
        cli_term_message("--fail-if: no verdict for %s on %s in %s: %s", row->impl,
                         row->workload, title, dcb_compare_gap_text(gaps));
    else
        cli_term_message("--fail-if: no verdict for %s on %s in %s (%s): measure longer",
                         row->impl, row->workload, title,
                         dcb_format_change(change, comparison->ratio.estimate));
}

/* A row that the first file does not have has nothing to be judged by; one that it has
 * and a further file has not was asked for. */
static enum cli_status gate_status(const struct cli_options *options,
                                   const struct dcb_compare *compare)
{
    enum cli_status status = CLI_STATUS_OK;

    if (options->fail_if.count == 0)
        return status;
    for (size_t document = 1; document < compare->document_count; document++) {
        for (size_t i = 0; i < compare->row_count; i++) {
            const struct dcb_compare_row *row = &compare->rows[i];
            enum cli_status here = row_status(options, &row->comparisons[document]);

            if (here == CLI_STATUS_OK || !row->cells[0])
                continue;
            tell_gate(row, &row->comparisons[document], here,
                      dcb_compare_title(compare, document));
            if (status != CLI_STATUS_FAILED)
                status = here;
        }
    }
    return status;
}

static bool compares_anything(const struct dcb_comparison *comparison)
{
    bool any = comparison->gaps == 0 || comparison->time_gaps == 0;

    for (size_t i = 0; i < comparison->counter_count; i++)
        any = any || comparison->counters[i].gaps == 0;
    return any;
}

/* A file that has nothing in common with the first must not look like one in which all is
 * well. */
static enum cli_status common_status(const struct dcb_compare *compare)
{
    enum cli_status status = CLI_STATUS_OK;

    for (size_t document = 1; document < compare->document_count; document++) {
        bool any = false;

        for (size_t i = 0; i < compare->row_count; i++)
            any = any || compares_anything(&compare->rows[i].comparisons[document]);
        if (any)
            continue;
        cli_term_message("nothing in %s can be compared with %s: see the notes",
                         dcb_compare_title(compare, document),
                         dcb_compare_title(compare, 0));
        status = CLI_STATUS_SYSTEM;
    }
    return status;
}

/* ---- output ---- */

static int print_comparison(const struct cli_options *options,
                            const struct dcb_compare *compare, const char *json,
                            struct dcb_error *err)
{
    struct dcb_compare_view view = {
        .sort = (enum dcb_compare_sort)options->sort,
        .only_changed = options->only_changed,
        .verbosity = options->verbosity,
        .color = cli_term_color(options->color, STDOUT_FILENO),
    };
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    int rc;

    switch (options->format) {
    case CLI_TABLE:
        dcb_compare_text(compare, DCB_TABLE_TEXT, &view, &out);
        break;
    case CLI_MARKDOWN:
        dcb_compare_text(compare, DCB_TABLE_MARKDOWN, &view, &out);
        break;
    case CLI_CSV:
        dcb_compare_csv(compare, &view, &out);
        break;
    case CLI_JSON:
        dcb_strbuf_append(&out, json);
        break;
    case CLI_PYPERF: /* not a format of this command */
        break;
    }
    rc = cli_ci_print(options, out.text ? out.text : "", err);
    dcb_strbuf_clear(&out);
    return rc;
}

/* For the formats that programs read; the table and Markdown show these themselves. */
static void print_notes(const struct cli_options *options,
                        const struct dcb_compare *compare)
{
    if (options->format == CLI_TABLE || options->format == CLI_MARKDOWN ||
        options->verbosity < 0)
        return;
    for (size_t i = 0; i < compare->note_count; i++)
        cli_term_message("note: %s", compare->notes[i]);
}

static int write_all(const struct cli_options *options, const struct dcb_compare *compare,
                     struct dcb_error *err)
{
    char *json = dcb_json_compare(compare);
    int rc = print_comparison(options, compare, json, err);

    print_notes(options, compare);
    if (options->output && dcb_outfile_write(options->output, json, err) != 0)
        rc = -1;
    free(json);
    return rc;
}

/* ---- the command ---- */

static void free_documents(struct dcb_document **take_documents, size_t count)
{
    for (size_t i = 0; i < count; i++)
        dcb_document_free(take_documents[i]);
    free(take_documents);
}

static int compare_documents(const struct cli_options *options,
                             struct dcb_document *const *documents, size_t count,
                             struct dcb_error *err)
{
    const struct dcb_document **borrowed = dcb_xcalloc(count, sizeof *borrowed);
    struct dcb_compare compare;
    enum cli_status gate, common;
    int rc;

    for (size_t i = 0; i < count; i++)
        borrowed[i] = documents[i];
    dcb_compare_make(borrowed, count, options->confidence, options->margin, &compare);
    rc = write_all(options, &compare, err);
    gate = gate_status(options, &compare);
    common = common_status(&compare);
    dcb_compare_clear(&compare);
    free(borrowed);
    if (gate == CLI_STATUS_FAILED && rc != 0)
        cli_term_message("%s", err->text);
    if (gate == CLI_STATUS_FAILED || rc == 0)
        rc = gate == CLI_STATUS_FAILED || common == CLI_STATUS_OK ? (int)gate
                                                                  : (int)common;
    return rc;
}

int cli_compare(const struct cli_options *options, struct dcb_error *err)
{
    const struct cli_list *files = &options->operands;
    struct dcb_document **documents;
    int rc = 0;

    if (files->count < 2)
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "compare needs two files or more: dcbench compare OLD.json "
                             "NEW.json");
    documents = dcb_xcalloc(files->count, sizeof *documents);
    for (size_t i = 0; rc == 0 && i < files->count; i++) {
        documents[i] = dcb_document_read(files->items[i], DCB_DOCUMENT_WHOLE, err);
        if (!documents[i])
            rc = -1;
    }
    if (rc == 0)
        rc = compare_documents(options, documents, files->count, err);
    free_documents(documents, files->count);
    return rc;
}
