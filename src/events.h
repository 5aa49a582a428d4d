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

/*
 * The encodings of a row of the report's table, in the order in which they are to be
 * tried: what counts just what the row's name says (exact) before what comes near
 * (proxy, with what it counts in truth); among equals the kernel's generic event of that
 * name first, then what libpfm4 knows for this CPU (event_names.h). Those that do not
 * encode here are left out; at most `max`. 0 where there is none: the kernel has no
 * LLC events for AMD, and libpfm4 may not know the CPU; or `name` is no row of the PMU.
 */
enum { DCB_EVENT_CANDIDATES_MAX = 8 };
size_t dcb_events_candidates(const char *name, struct dcb_event *ret_events, size_t max);

/* The same for a machine whose core PMU is what libpfm4 calls `pmu`. Needs
 * LIBPFM_ENCODE_INACTIVE=1 in the environment of dcb_events_open where it is not here. */
size_t dcb_events_candidates_of(const char *pmu, const char *name,
                                struct dcb_event *ret_events, size_t max);

/*
 * Encodes any libpfm4 event string with its modifiers, a raw code (r1a2b as in perf), or
 * a row by its name, through the kernel's generic event. DCB_ERROR_USAGE for a name that
 * is not known, with the nearest ones (rows, the raw form, events of the PMUs that are
 * here, unit masks of an event), and for modifiers that dcbench has no use for.
 */
int dcb_events_encode(const char *text, struct dcb_event *ret_event,
                      struct dcb_error *err);

/* The PMUs that libpfm4 finds here: columns and rows of `table`, or with `names_only` one
 * name a line in `out`. */
void dcb_events_list_pmus(struct dcb_strbuf *out, bool names_only,
                          struct dcb_text_table *table);

#endif
