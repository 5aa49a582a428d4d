/*
 * What all who drive workers have in common: what every job of a plan says, how a worker
 * ended in words, and the first worker, which tells of the interpreter and of the sources
 * and compiles the support modules for the others.
 */
#ifndef DCB_WORKERS_H
#define DCB_WORKERS_H

#include <signal.h>
#include <stddef.h>

struct dcb_error;
struct dcb_job;
struct dcb_plan;
struct dcb_python;
struct dcb_source;
struct dcb_spawn_outcome;
struct dcb_spec;

double dcb_workers_now_s(void); /* CLOCK_MONOTONIC */

/* What every job of the plan has in common; a new token each time. */
void dcb_workers_fill_environment(const struct dcb_plan *plan, struct dcb_job *job);

/* "killed by SIGSEGV", "no sign of life for 60 s (--timeout)"; owned by the caller. */
char *dcb_workers_describe_end(const struct dcb_plan *plan,
                               const struct dcb_spawn_outcome *outcome);

/* What a worker printed last, often the reason of its end: "Fatal Python error: ..." of
 * the interpreter, which goes on about it, or else the last line. Shortened to a line of
 * text, owned by the caller. */
char *dcb_workers_last_words(const struct dcb_spawn_outcome *outcome);

/* The last line of what a worker printed, often the reason of its end; the text is cut.
 */
const char *dcb_workers_last_line(char *text);

struct dcb_workers_request {
    const struct dcb_spec *const *sources; /* what to find and digest */
    size_t source_count;
    int code_fd;                       /* dcb_spawn_code_file, or -1 */
    const volatile sig_atomic_t *stop; /* may be NULL */
};

/* Asks for the interpreter and the sources, and has the support modules compiled. Fills
 * `ret_sources[source_count]`, and the interpreter; both the caller clears whatever
 * comes. Stopped by a signal, it returns 0 with nothing filled in. -1 where no worker
 * works. */
int dcb_workers_describe(const struct dcb_plan *plan,
                         const struct dcb_workers_request *request,
                         struct dcb_python *ret_python, struct dcb_source *ret_sources,
                         struct dcb_error *err);

#endif
