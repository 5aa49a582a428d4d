/* Between the files of the events module. */
#ifndef DCB_EVENTS_PRIVATE_H
#define DCB_EVENTS_PRIVATE_H

struct dcb_error;

/* Says why libpfm4 refused `text` (`code` is pfm_get_os_event_encoding's) and what was
 * probably meant. Returns -1. */
int dcb_events_refuse(const char *text, int code, struct dcb_error *err);

#endif
