/* Values as JSON writes them here: what was not had is null, and bytes from outside
 * cannot break a document. For the json modules alone. */
#ifndef DCB_JSON_VALUES_H
#define DCB_JSON_VALUES_H

#include <stdint.h>

#include <jansson.h>

struct dcb_interval;

/* Each returns a new reference. */
json_t *dcb_json_number(double value);      /* null where it is not finite */
json_t *dcb_json_whole(uint64_t value);     /* INT64_MAX for all above it */
json_t *dcb_json_text(const char *text);    /* null for NULL; bad UTF-8 becomes '?' */
json_t *dcb_json_message(const char *text); /* the same, and '?' for control characters
                                               but line ends and tabs: others wrote it */
json_t *dcb_json_name(const char *text);    /* the same, and null for "" */

/* {"estimate", "low", "high"}; null where there is no estimate. */
json_t *dcb_json_interval(const struct dcb_interval *interval);

/* The document as one line, owned by the caller; takes `root`. Numbers have 8 digits. */
char *dcb_json_line(json_t *root);

#endif
