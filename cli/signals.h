/* The signals that end what is running, with what was measured so far. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <signal.h>

struct dcb_error;

/* From now on SIGINT, SIGTERM and SIGHUP are noted instead of ending the program. One
 * that the caller wants ignored (nohup, a shell's background job) stays so. */
void cli_signals_catch(void);

/* Where the number of the last one stands; 0 until one came. */
const volatile sig_atomic_t *cli_signals_caught(void);

/* The status of a command that came to `rc`, its status or -1 with an error: the signal's
 * where one came, and then the error is said here. */
int cli_signals_status(int rc, const struct dcb_error *err);

#endif
