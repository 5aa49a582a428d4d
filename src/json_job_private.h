/* What the encoders of jobs and of answers share; nobody else includes it. */
#ifndef DCB_JSON_JOB_PRIVATE_H
#define DCB_JSON_JOB_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* The index of `name` among `count` names, some of which may be NULL, or -1. */
int dcb_json_find_name(const char *name, const char *const *names, size_t count);

#define DCB_JSON_FIND_NAME(name, names) \
    dcb_json_find_name(name, names, sizeof(names) / sizeof(*(names)))

/* Null for NULL, and for text that is not UTF-8: whoever reads it finds it missing and
 * says so. */
json_t *dcb_json_text_or_null(const char *text);

/* The object on one line, owned by the caller; takes `object`. */
char *dcb_json_job_line(json_t *object, bool newline);

char *dcb_json_own_text(const json_t *object, const char *key); /* NULL for none */
uint64_t dcb_json_uint(const json_t *object, const char *key);  /* 0 for none */

#endif
