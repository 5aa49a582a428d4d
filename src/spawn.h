/*
 * One worker process from start to end: exec in a clean environment and a process group
 * of its own, the job on one descriptor, the answers from another, what it prints kept
 * apart, and an end in every case.
 */
#ifndef DCB_SPAWN_H
#define DCB_SPAWN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dcb_error;

struct dcb_spawn_request {
    const char *program;    /* path to execute */
    bool own_pages;         /* run a copy of it, in memory that no other process has: see
                               spawn_copy.h */
    char *const *arguments; /* its argument vector; NULL: a worker's */
    const char *preload;    /* a library that is loaded before all others; NULL: none.
                               dcb_spawn_can_preload must hold of its path */
    const char *folder;     /* the working directory; NULL: this one */
    const char *job;        /* what it finds on DCB_JOB_FD */
    int samples_fd;         /* becomes DCB_SAMPLES_FD; -1 for none */
    int code_fd;            /* becomes DCB_CODE_FD; -1 for none */
    int dump_fd;            /* becomes DCB_DUMP_FD; -1 for none */

    /* A sign of life: the worker is killed when the number has not changed for
     * timeout_ms, and when limit_ms are over in any case. */
    uint64_t (*alive)(const void *context);
    const void *context;
    uint64_t timeout_ms, limit_ms;

    size_t answers_max; /* bytes, beyond which it floods; 0: what any timing needs */

    uint64_t address_bytes; /* limit of its address space; 0: none */

    const volatile sig_atomic_t *stop; /* not 0, a signal's number: kill the worker;
                                          may be NULL */

    void (*tick)(void *context); /* called some times a second; may be NULL */
    void *tick_context;
};

enum dcb_spawn_end {
    DCB_SPAWN_EXITED,   /* code: its exit status */
    DCB_SPAWN_SIGNALED, /* code: the signal */
    DCB_SPAWN_HUNG,     /* no sign of life for timeout_ms: killed */
    DCB_SPAWN_OVERTIME, /* limit_ms are over: killed */
    DCB_SPAWN_FLOODED,  /* more answers than any job has: killed */
    DCB_SPAWN_STOPPED /* *stop was set: killed, or dead of the signal that *stop names */
};

struct dcb_spawn_outcome {
    enum dcb_spawn_end end;
    int code;
    char *answers; /* owned; never NULL */
    size_t answers_length;
    char *output; /* the last bytes of its stdout and stderr, as text; never NULL */
    uint64_t output_bytes; /* how many there were */
    bool own_pages;        /* it ran a copy, where one was asked for */
    uint64_t started_ns;   /* CLOCK_MONOTONIC when it was started */
    uint64_t elapsed_ns;   /* from there to its end */
};

/* Whether the dynamic linker takes the path: it splits it at blanks and colons. */
bool dcb_spawn_can_preload(const char *path);

/* Runs it. -1 only where no process could be started. On success clear the outcome with
 * dcb_spawn_clear. No process of its group is left behind. */
int dcb_spawn_run(const struct dcb_spawn_request *request,
                  struct dcb_spawn_outcome *ret_outcome, struct dcb_error *err);
void dcb_spawn_clear(struct dcb_spawn_outcome *outcome);

/* A file in memory for DCB_CODE_FD: the first worker writes it, then it is sealed and no
 * later worker can change it. -1 where there can be none: workers do without. */
int dcb_spawn_code_file(void);
void dcb_spawn_seal_code(int fd);  /* -1 is fine */
void dcb_spawn_close_code(int fd); /* -1 is fine */

/* A file in memory for DCB_DUMP_FD; -1 with the reason. Reading it returns all that is in
 * it, owned by the caller, and closes it; NULL where it cannot be read or is larger than
 * any dump. */
int dcb_spawn_dump_file(struct dcb_error *err);
char *dcb_spawn_read_dump(int fd, size_t *ret_length);
void dcb_spawn_close_dump(int fd); /* unread */

#endif
