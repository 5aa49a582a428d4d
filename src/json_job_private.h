/* What the encoders of jobs and of answers share; nobody else includes it. */
#ifndef DCB_JSON_JOB_PRIVATE_H
#define DCB_JSON_JOB_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "job.h"

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

/* json_answer.c. A whole number between two, inclusive. */
int dcb_json_decode_range(const json_t *root, const char *key, json_int_t low,
                          json_int_t high, json_int_t *ret_value, struct dcb_error *err);

/* A text as a line of at most `most` bytes, owned by the caller; NULL for none. */
char *dcb_json_copy_line(const json_t *root, const char *key, size_t most);

/* That of a case, a term or a type, which must have one. */
int dcb_json_take_name(const json_t *root, struct dcb_answer *answer,
                       struct dcb_error *err);

/* json_answer_memory.c: what those answers have besides kind, token, failure, message and
 * name. */
bool dcb_json_is_of_memory(enum dcb_answer_kind kind);
void dcb_json_encode_memory(const struct dcb_answer *answer, json_t *object);
int dcb_json_decode_memory(const json_t *root, struct dcb_answer *answer,
                           struct dcb_error *err);

#endif
