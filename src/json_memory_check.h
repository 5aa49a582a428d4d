/* Memory, then and now, as JSON, schema dcbench-memory-check/1
 * (docs/memory-check.schema.json). */
#ifndef DCB_JSON_MEMORY_CHECK_H
#define DCB_JSON_MEMORY_CHECK_H

#include <stdbool.h>

struct dcb_memory_check;

/* Ending in a newline; owned by the caller. `updated`: the file was written anew. */
char *dcb_json_memory_check(const struct dcb_memory_check *check, bool updated);

#endif
