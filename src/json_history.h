/* A history as JSON, schema dcbench-history/1 (docs/history.schema.json). */
#ifndef DCB_JSON_HISTORY_H
#define DCB_JSON_HISTORY_H

struct dcb_history;

/* Ends in a newline; owned by the caller. Text that is not UTF-8 has '?' in place of the
 * bad bytes. */
char *dcb_json_history(const struct dcb_history *history);

#endif
