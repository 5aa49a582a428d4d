#include "commands.h"

#include <stdlib.h>
#include <unistd.h>

#include "ci.h"
#include "ci_output.h"
#include "compare.h"
#include "compare_report.h"
#include "document.h"
#include "error.h"
#include "fail_if.h"
#include "format.h"
#include "json_compare.h"
#include "options.h"
#include "outfile.h"
#include "run_findings.h"
#include "strbuf.h"
#include "term.h"
#include "xalloc.h"

/* ---- findings ---- */

/* A row that the first file does not have has nothing to be judged by; one that it has
 * and a further file has not was asked for. What another implementation takes is no
 * answer to any question. */
static bool is_judged(const struct dcb_compare_row *row, size_t document)
{
    const struct dcb_comparison *comparison = &row->comparisons[document];

    return row->cells[0] && !comparison->hidden &&
           !(comparison->gaps & DCB_GAP_IMPLEMENTATION);
}

/* Why there is no verdict, and what would help. */
static char *reason_of(const struct dcb_compare *compare,
                       const struct dcb_comparison *comparison)
{
    unsigned gaps = comparison->gaps | (comparison->remarks & DCB_GAPS_OF_VERDICT);
    char change[DCB_FORMAT_SIZE];

    if (gaps)
        return dcb_xasprintf(": %s", dcb_compare_gap_text(gaps));
    dcb_format_change(change, comparison->ratio.estimate);
    if (dcb_compare_wants_margin(compare, comparison))
        return dcb_xasprintf(
            " (%s): runs of the same code differ by more than the margin: "
            "--margin %g is the least that could be met",
            change, dcb_compare_least_margin(comparison));
    return dcb_xasprintf(" (%s): measure longer", change);
}

static void find_row(const struct cli_options *options, const struct dcb_compare *compare,
                     const struct dcb_compare_row *row, size_t document,
                     struct dcb_ci *ci)
{
    const struct dcb_comparison *comparison = &row->comparisons[document];
    const char *title = dcb_compare_title(compare, document);
    struct cli_judged judged = {.verdict = comparison->verdict,
                                .ratio = comparison->wide,
                                .margin = compare->margin,
                                .withheld = comparison->remarks & DCB_GAPS_OF_VERDICT};
    enum dcb_ci_outcome outcome = cli_fail_if(options, &judged);
    char *impl = compare->document_count > 2 ? dcb_xasprintf("%s in %s", row->impl, title)
                                             : dcb_xstrdup(row->impl);
    char *reason = reason_of(compare, comparison), change[DCB_FORMAT_SIZE];

    if (comparison->verdict == DCB_VERDICT_NONE && outcome == DCB_CI_PASSED)
        outcome = DCB_CI_SKIPPED;
    if (outcome == DCB_CI_UNDECIDED || outcome == DCB_CI_SKIPPED)
        dcb_ci_add(ci, row->workload, impl, "time", outcome,
                   "no verdict for %s on %s in %s%s", row->impl, row->workload, title,
                   reason);
    else
        dcb_ci_add(ci, row->workload, impl, "time", outcome, "%s on %s is %s in %s (%s)",
                   row->impl, row->workload, dcb_verdict_name(comparison->verdict), title,
                   dcb_format_change(change, comparison->ratio.estimate));
    free(reason);
    free(impl);
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
static void find_common(const struct dcb_compare *compare, size_t document,
                        struct dcb_ci *ci)
{
    const char *first = dcb_compare_title(compare, 0),
               *title = dcb_compare_title(compare, document);

    for (size_t i = 0; i < compare->row_count; i++) {
        if (compares_anything(&compare->rows[i].comparisons[document])) {
            dcb_ci_add(ci, NULL, NULL, "files", DCB_CI_PASSED,
                       "%s can be compared with %s", title, first);
            return;
        }
    }
    dcb_ci_add(ci, NULL, NULL, "files", DCB_CI_ERROR,
               "nothing in %s can be compared with %s: see the notes", title, first);
}

static void find_all(const struct cli_options *options, const struct dcb_compare *compare,
                     struct dcb_ci *ci)
{
    for (size_t document = 1; document < compare->document_count; document++) {
        for (size_t i = 0; i < compare->row_count; i++) {
            if (is_judged(&compare->rows[i], document))
                find_row(options, compare, &compare->rows[i], document, ci);
        }
        find_common(compare, document, ci);
    }
}

/* A gate that closes says why, whatever the format is. */
static void tell(const struct cli_options *options, const struct dcb_ci *ci)
{
    for (size_t i = 0; i < ci->count; i++) {
        const struct dcb_ci_finding *finding = &ci->findings[i];

        if (cli_ci_says(options, ci, finding))
            continue;
        if (finding->outcome == DCB_CI_ERROR)
            cli_term_message("%s", finding->message);
        else if (options->fail_if.count && (finding->outcome == DCB_CI_FAILED ||
                                            finding->outcome == DCB_CI_UNDECIDED))
            cli_term_message("--fail-if: %s", finding->message);
    }
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
    return cli_ci_print_report(options, &out, err);
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

/* What was found, for the CI service, above the tables. */
static int write_ci(const struct cli_options *options, const struct dcb_compare *compare,
                    const struct dcb_ci *ci, struct dcb_error *err)
{
    struct dcb_compare_view view = {.sort = (enum dcb_compare_sort)options->sort,
                                    .only_changed = options->only_changed};
    struct dcb_strbuf report = DCB_STRBUF_INIT;
    int rc;

    dcb_compare_text(compare, DCB_TABLE_MARKDOWN, &view, &report);
    rc = cli_ci_write(options, ci, report.text, err);
    dcb_strbuf_clear(&report);
    return rc;
}

static int write_all(const struct cli_options *options, const struct dcb_compare *compare,
                     const struct dcb_ci *ci, struct dcb_error *err)
{
    char *json = dcb_json_compare(compare);
    int rc = print_comparison(options, compare, json, err);

    print_notes(options, compare);
    if (options->output && dcb_outfile_write(options->output, json, err) != 0)
        rc = -1;
    free(json);
    tell(options, ci);
    if (write_ci(options, compare, ci, err) != 0)
        rc = -1;
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
    struct dcb_ci ci = DCB_CI_INIT;
    struct dcb_compare compare;
    enum cli_status status;

    for (size_t i = 0; i < count; i++)
        borrowed[i] = documents[i];
    dcb_compare_make(borrowed, count, options->confidence, options->margin, &compare);
    find_all(options, &compare, &ci);
    status = cli_findings_status(&ci);
    if (write_all(options, &compare, &ci, err) != 0) {
        cli_ci_tell(options, err->text);
        cli_term_message("%s", err->text);
        status = cli_status_worse(status, CLI_STATUS_SYSTEM);
    }
    dcb_ci_clear(&ci);
    dcb_compare_clear(&compare);
    free(borrowed);
    return (int)status;
}

/* A file that is read must not be written over, and every place is there for one thing.
 */
static int check_places(const struct cli_options *options, struct dcb_error *err)
{
    const char *const paths[] = {options->output, options->junit, options->summary};
    static const char *const names[] = {"--output", "--junit", "--summary"};

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        for (size_t k = 0; k < options->operands.count; k++) {
            if (dcb_outfile_same(paths[i], options->operands.items[k]))
                return dcb_error_set(err, DCB_ERROR_USAGE,
                                     "%s: %s is one of the files that are compared",
                                     names[i], paths[i]);
        }
        for (size_t k = 0; k < i; k++) {
            if (dcb_outfile_same(paths[i], paths[k]))
                return dcb_error_set(err, DCB_ERROR_USAGE,
                                     "%s and %s name the same file: %s", names[k],
                                     names[i], paths[i]);
        }
    }
    return 0;
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
    if (check_places(options, err) != 0)
        return -1;
    documents = dcb_xcalloc(files->count, sizeof *documents);
    for (size_t i = 0; rc == 0 && i < files->count; i++) {
        documents[i] = dcb_document_read(files->items[i], DCB_DOCUMENT_WHOLE, err);
        if (!documents[i])
            rc = -1;
    }
    if (rc != 0)
        cli_ci_tell(options, err->text);
    else
        rc = compare_documents(options, documents, files->count, err);
    free_documents(documents, files->count);
    return rc;
}
