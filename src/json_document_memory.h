/* A result of `dcbench memory`, read back. Files are not believed: see json_document.h.
 */
#ifndef DCB_JSON_DOCUMENT_MEMORY_H
#define DCB_JSON_DOCUMENT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

struct dcb_error;
struct dcb_memory_then;

/* Whether the text is one of these at all, however damaged beyond its first members. */
bool dcb_json_is_memory(const char *text, size_t length);

/* Of what was counted; a series of --trace and a census alone have nothing to compare
 * and are errors that say so. NULL with a message that names the file and the place in
 * it; DCB_ERROR_SYSTEM. The caller frees. */
struct dcb_memory_then *dcb_json_document_memory(const char *path, const char *text,
                                                 size_t length, struct dcb_error *err);

#endif
