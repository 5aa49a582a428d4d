#include "document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "infile.h"
#include "json_document.h"
#include "utf8.h"
#include "xalloc.h"

static void cut_suffix(char *name, const char *suffix)
{
    size_t length = strlen(name), end = strlen(suffix);

    if (length > end && strcmp(name + length - end, suffix) == 0)
        name[length - end] = '\0';
}

/* The caller frees it. */
static char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name;

    if (strcmp(path, "-") == 0)
        return dcb_xstrdup("standard input");
    name = dcb_xstrdup(slash && slash[1] ? slash + 1 : path);
    cut_suffix(name, ".gz");
    cut_suffix(name, ".json");
    dcb_utf8_make_printable(name);
    return name;
}

struct dcb_document *dcb_document_new(const char *path)
{
    struct dcb_document *document = dcb_xcalloc(1, sizeof *document);

    document->path = dcb_xstrdup(path);
    document->name = name_of(path);
    document->time_s = -1;
    document->result.plan = &document->plan;
    return document;
}

static struct dcb_document *decode(const char *path, const char *text, size_t length,
                                   enum dcb_document_parts parts, struct dcb_error *err)
{
    struct dcb_document *document = dcb_document_new(path);

    if (dcb_json_decode(text, length, parts, document, err) == 0)
        return document;
    dcb_document_free(document);
    return NULL;
}

struct dcb_document *dcb_document_parse(const char *path, const char *text, size_t length,
                                        enum dcb_document_parts parts,
                                        struct dcb_error *err)
{
    struct dcb_document *document;
    char *pruned;

    if (parts == DCB_DOCUMENT_WHOLE)
        return decode(path, text, length, parts, err);
    pruned = dcb_xcalloc(length + 1, 1);
    memcpy(pruned, text, length);
    document = decode(path, pruned, dcb_json_prune(pruned, length), parts, NULL);
    free(pruned);
    /* What is wrong, and where, is told of the file as it is. */
    return document ? document : decode(path, text, length, parts, err);
}

struct dcb_document *dcb_document_read(const char *path, enum dcb_document_parts parts,
                                       struct dcb_error *err)
{
    struct dcb_document *document;
    size_t length;
    char *text = dcb_infile_read(path, &length, err);

    if (!text)
        return NULL;
    document = dcb_document_parse(path, text, length, parts, err);
    free(text);
    return document;
}

void dcb_document_free(struct dcb_document *document)
{
    if (!document)
        return;
    dcb_result_clear(&document->result);
    dcb_plan_clear(&document->plan);
    free(document->path);
    free(document->name);
    free(document->version);
    free(document);
}

const struct dcb_source *dcb_document_arm_source(const struct dcb_document *document,
                                                 const struct dcb_cell *cell)
{
    const struct dcb_source *source =
        document->result.arm_sources ? &document->result.arm_sources[cell->arm] : NULL;

    return source && (source->path || source->sha256) ? source : NULL;
}

const struct dcb_workload_result *
dcb_document_workload(const struct dcb_document *document, const char *label)
{
    const struct dcb_result *result = &document->result;

    for (size_t i = 0; i < result->workload_count; i++) {
        if (strcmp(dcb_result_workload_label(result, &result->workloads[i]), label) == 0)
            return &result->workloads[i];
    }
    return NULL;
}

const struct dcb_cell *dcb_document_cell(const struct dcb_document *document,
                                         const struct dcb_workload_result *workload,
                                         const char *label)
{
    for (size_t i = 0; i < workload->cell_count; i++) {
        const struct dcb_cell *cell = &workload->cells[i];

        if (cell->role != DCB_ROLE_CONTROL &&
            strcmp(dcb_result_arm_label(&document->result, cell), label) == 0)
            return cell;
    }
    return NULL;
}
