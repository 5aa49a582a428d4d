/* A comparison as JSON, schema dcbench-compare/1 (docs/compare.schema.json). */
#ifndef DCB_JSON_COMPARE_H
#define DCB_JSON_COMPARE_H

struct dcb_compare;

/* All rows of all documents, in the first one's order. Ends in a newline; owned by the
 * caller. Text that is not UTF-8 has '?' in place of the bad bytes. */
char *dcb_json_compare(const struct dcb_compare *compare);

#endif
