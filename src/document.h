/*
 * A result file, read back: the plan and the result that it was written from, so that
 * everything that works on a run works on a file of one as well. Files are not believed:
 * see json_document.h. Other tools' files become documents, too.
 */
#ifndef DCB_DOCUMENT_H
#define DCB_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan.h"
#include "result.h"

struct dcb_error;

/* Workloads that a file may have. */
enum { DCB_DOCUMENT_WORKLOADS_MAX = 1000 };

enum dcb_document_kind {
    DCB_DOCUMENT_RUN,   /* dcbench-result/1 of kind "run" */
    DCB_DOCUMENT_PYPERF /* pyperf's: cells have times alone, samples are its processes;
                           one arm, a baseline without candidates, in every workload; its
                           label is the metadata's dcbench_implementation, or the file's
                           name */
};

struct dcb_document {
    enum dcb_document_kind kind;
    char *path;     /* as the user gave it */
    char *name;     /* the file's name without folder, .gz and .json: for headings */
    int64_t time_s; /* of result.system.date, seconds since 1970; -1: not known */
    char *version;  /* of the dcbench or pyperf that wrote it; NULL */
    struct dcb_plan plan;     /* what the file tells of it; the rest is 0 */
    struct dcb_result result; /* result.plan is &plan: a document is not copied */
};

/* How much of a file is wanted. */
enum dcb_document_parts {
    DCB_DOCUMENT_WHOLE,
    DCB_DOCUMENT_RATIOS /* times, ratios and verdicts of the cells; no counters, samples
                           or layouts, which are most of the bytes: not even looked at */
};

/*
 * Reads a file, plain or gzip ("-": standard input). -1 with a message that names the
 * file and the place in it; DCB_ERROR_SYSTEM. The caller frees.
 */
struct dcb_document *dcb_document_read(const char *path, enum dcb_document_parts parts,
                                       struct dcb_error *err);

/* Of text in memory; `path` is for messages and names. */
struct dcb_document *dcb_document_parse(const char *path, const char *text, size_t length,
                                        enum dcb_document_parts parts,
                                        struct dcb_error *err);

/* With nothing in it but its path and name: for decoders. */
struct dcb_document *dcb_document_new(const char *path);

void dcb_document_free(struct dcb_document *document); /* NULL is fine */

/* The arm's source in the file: digest and path; NULL where it says nothing. */
const struct dcb_source *dcb_document_arm_source(const struct dcb_document *document,
                                                 const struct dcb_cell *cell);

/* The workload of this label, the cell of this arm (not the control) in it; NULL. */
const struct dcb_workload_result *
dcb_document_workload(const struct dcb_document *document, const char *label);
const struct dcb_cell *dcb_document_cell(const struct dcb_document *document,
                                         const struct dcb_workload_result *workload,
                                         const char *label);

#endif
