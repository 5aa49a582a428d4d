/* Valgrind as the simulator of a worker: where it is, and how it is started. */
#ifndef DCB_SIMULATOR_H
#define DCB_SIMULATOR_H

/* Looks for valgrind on PATH (where that is not set, where systems put it), and asks it
 * for its version
 * ("3.19.0"). -1 where there is none that runs. Both results are the caller's. */
int dcb_simulator_find(char **ret_path, char **ret_version);

/* What is simulated, whatever this machine's CPU says of itself: 32 KiB of 8 ways in each
 * first-level cache, 8 MiB of 16 ways in the last, lines of 64 bytes. */
extern const char dcb_simulator_geometry[];

/*
 * The argument vector that has valgrind run the worker under callgrind, its dumps
 * combined in DCB_DUMP_FD. Nothing of the user's is read: no .valgrindrc, no
 * VALGRIND_OPTS; no gdb server is opened; the stack has one size whatever the limits are.
 * One block: the caller frees the pointer and nothing in it; the texts are borrowed.
 */
char **dcb_simulator_arguments(const char *valgrind, const char *worker);

#endif
