/*
 * Event names to encodings, by libpfm4 (pfm_get_os_event_encoding(3)). Only this module
 * sees perfmon. Nothing here opens a counter: an event that encodes may still not exist
 * on this machine.
 */
#ifndef DCB_EVENTS_H
#define DCB_EVENTS_H

#include "counters.h"

struct dcb_error;
struct dcb_strbuf;
struct dcb_text_table;

/* Starts libpfm4 (some milliseconds). Call close when the last name is resolved. */
int dcb_events_open(struct dcb_error *err);
void dcb_events_close(void);

/* Encodes a row of the report's table through the kernel's generic event of that name, or
 * any libpfm4 event string with its modifiers. DCB_ERROR_USAGE for a name that libpfm4
 * does not know, with the nearest row. */
int dcb_events_encode(const char *text, struct dcb_event *ret_event,
                      struct dcb_error *err);

/* The PMUs that libpfm4 finds here: columns and rows of `table`, or with `names_only` one
 * name a line in `out`. */
void dcb_events_list_pmus(struct dcb_strbuf *out, bool names_only,
                          struct dcb_text_table *table);

#endif
