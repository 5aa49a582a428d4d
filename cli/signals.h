/* The signals that end what is running, with what was measured so far. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <signal.h>

/* From now on SIGINT, SIGTERM and SIGHUP are noted instead of ending the program. One
 * that the caller wants ignored (nohup, a shell's background job) stays so. */
void cli_signals_catch(void);

/* Where the number of the last one stands; 0 until one came. */
const volatile sig_atomic_t *cli_signals_caught(void);

#endif
