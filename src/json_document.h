/*
 * Decoders of result files, one for each format; document.h calls them. Each fills the
 * document's plan and result from the root, checks what it takes (types, ranges, labels
 * that are UTF-8 without control characters, low <= estimate <= high, counts that agree),
 * and reports what is wrong through the reader. What a file has beyond that is passed
 * over; a schema of a later version is an error that says so.
 */
#ifndef DCB_JSON_DOCUMENT_H
#define DCB_JSON_DOCUMENT_H

#include "document.h"

struct dcb_error;
struct dcb_json_reader;

/* Drops the values of members that are not wanted before the parser sees them: "samples",
 * "layouts", "derived" and "counters" of a cell and "each_worker" of a workload become
 * null, in place. Returns the new length, which is never larger, and puts a null byte
 * there: `text` has room for one more byte. Text that is not JSON stays broken, or loses
 * what is broken within a value that is dropped. */
size_t dcb_json_prune(char *text, size_t length);

/* Whether the root looks like this format at all: told by its first members. */
bool dcb_json_is_pyperf(const void *root);

/* The document of a text, whatever its format is. -1 with a message. */
int dcb_json_decode(const char *text, size_t length, enum dcb_document_parts parts,
                    struct dcb_document *document, struct dcb_error *err);

/* `root` is a json_t. On failure the reader has the message. */
void dcb_json_decode_run(struct dcb_json_reader *reader, void *root,
                         enum dcb_document_parts parts, struct dcb_document *document);
void dcb_json_decode_pyperf(struct dcb_json_reader *reader, void *root,
                            struct dcb_document *document);

#endif
