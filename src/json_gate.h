/* What `dcbench check` found as JSON, schema dcbench-check/1 (docs/check.schema.json). */
#ifndef DCB_JSON_GATE_H
#define DCB_JSON_GATE_H

#include <stdbool.h>

struct dcb_gate;

/* `updated`: the baseline file was written. Ends in a newline; owned by the caller. The
 * gate has judged at least one comparison. */
char *dcb_json_gate(const struct dcb_gate *gate, bool updated);

#endif
