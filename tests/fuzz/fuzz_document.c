/* Any bytes as a result file. What is taken for one can be printed in every way, and
 * comes out the same when it is written, read and written again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "error.h"
#include "json_pyperf.h"
#include "json_result.h"
#include "report.h"
#include "report_pyperf.h"
#include "strbuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int truth)
{
    if (!truth)
        abort();
}

static struct dcb_document *parse(const char *text, size_t size,
                                  enum dcb_document_parts parts)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_document *document = dcb_document_parse("r.json", text, size, parts, &err);

    if (!document)
        must(err.code == DCB_ERROR_SYSTEM && strncmp(err.text, "r.json: ", 8) == 0 &&
             !strpbrk(err.text, "\x1b\n\r"));
    return document;
}

static void print(const struct dcb_result *result)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    for (int verbosity = -1; verbosity <= 1; verbosity++) {
        dcb_report_text(result, verbosity, false, true, &out);
        dcb_report_markdown(result, verbosity, false, &out);
    }
    must(!out.text || !strchr(out.text, '\x1b'));
    dcb_report_csv(result, &out);
    dcb_strbuf_clear(&out);
}

static void write_again(const struct dcb_result *result)
{
    char *once = dcb_json_result(result), *twice;
    struct dcb_document *document = parse(once, strlen(once), DCB_DOCUMENT_WHOLE);

    must(document != NULL);
    twice = dcb_json_result(&document->result);
    must(strcmp(once, twice) == 0);
    free(once);
    free(twice);
    dcb_document_free(document);
}

static void print_pyperf(const struct dcb_document *document)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    for (int verbosity = -1; verbosity <= 1; verbosity++) {
        dcb_report_pyperf(document, DCB_TABLE_TEXT, verbosity, false, &out);
        dcb_report_pyperf(document, DCB_TABLE_MARKDOWN, verbosity, false, &out);
    }
    must(!out.text || !strchr(out.text, '\x1b'));
    dcb_report_csv(&document->result, &out);
    dcb_strbuf_clear(&out);
}

/* What is written for pyperf is one of pyperf's files. */
static void write_pyperf(const struct dcb_result *result, enum dcb_pyperf_naming naming)
{
    char *text = dcb_json_pyperf(result, NULL, 0, naming, NULL);
    struct dcb_document *document =
        text ? parse(text, strlen(text), DCB_DOCUMENT_WHOLE) : NULL;

    must(!text || (document && document->kind == DCB_DOCUMENT_PYPERF));
    free(text);
    dcb_document_free(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct dcb_document *whole = parse(text, size, DCB_DOCUMENT_WHOLE);
    struct dcb_document *ratios = parse(text, size, DCB_DOCUMENT_RATIOS);

    must(!whole || ratios);
    if (whole && whole->kind == DCB_DOCUMENT_RUN) {
        print(&whole->result);
        write_again(&whole->result);
    }
    if (whole && whole->kind == DCB_DOCUMENT_PYPERF)
        print_pyperf(whole);
    if (whole) {
        write_pyperf(&whole->result, DCB_PYPERF_WORKLOAD);
        write_pyperf(&whole->result, DCB_PYPERF_BOTH);
    }
    dcb_document_free(whole);
    dcb_document_free(ratios);
    return 0;
}
