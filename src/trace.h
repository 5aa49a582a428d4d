/*
 * The resident set size over time while containers are copied again and again: what a
 * worker tells of it, and what that comes to. Pure, but for the driver of the workers.
 *
 * Each repeat builds a container, copies it, and drops both. A worker writes lines to
 * DCB_DUMP_FD, fields separated by tabs:
 *   sample  EVENT CLOCK_NS WHAT FILE LINE FUNCTION RSS PREV|NEXT
 *   repeat  START BUILT PEAK exact|seen DROPPED END COPY_NS  (bytes; one each repeat)
 *   term    NAME COUNT BYTES TAKEN                    (of what is alive at the peak)
 *   untraced COPY_NS, no-memo REASON, dropped COUNT
 * None of it is believed unchecked: a native implementation can write anywhere.
 */
#ifndef DCB_TRACE_H
#define DCB_TRACE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "container.h"
#include "stats.h"

struct dcb_error;
struct dcb_plan;
struct dcb_python;
struct dcb_source;
struct dcb_spec;

enum {
    DCB_TRACE_NAME_MAX = 48,   /* bytes of a file's or function's name; more is cut */
    DCB_TRACE_SAMPLES = 40000, /* about, of one worker; what is more is left out */
    DCB_TRACE_REPEATS_MAX = 1000,
    DCB_TRACE_TERMS_MAX = 16
};

/* What a sample was taken at. The first five are the interpreter's call edges. */
enum dcb_trace_what {
    DCB_TRACE_CALL,
    DCB_TRACE_RETURN,
    DCB_TRACE_C_CALL,
    DCB_TRACE_C_RETURN,
    DCB_TRACE_C_EXCEPTION,
    DCB_TRACE_CLOCK,   /* some ms went by, and the size had changed */
    DCB_TRACE_START,   /* of a repeat; these are always there */
    DCB_TRACE_BUILT,   /* the container; the call begins */
    DCB_TRACE_COPIED,  /* the call is over, nothing is dropped yet */
    DCB_TRACE_DROPPED, /* both, and all is collected */
    DCB_TRACE_TRIMMED, /* libc's malloc gave back what it could */
    DCB_TRACE_WHAT_COUNT
};

const char *dcb_trace_what_name(enum dcb_trace_what what); /* "C_CALL" */

struct dcb_trace_sample {
    uint64_t event; /* call edges since the start */
    uint64_t clock_ns;
    enum dcb_trace_what what;
    uint32_t line;
    uint64_t rss_bytes;
    bool before; /* the last edge before the change, and not the one behind it */
    char file[DCB_TRACE_NAME_MAX], function[DCB_TRACE_NAME_MAX]; /* untrusted */
};

struct dcb_trace_repeat {
    uint64_t start_bytes, built_bytes, peak_bytes;
    uint64_t dropped_bytes; /* both dropped, and before malloc was told to give back */
    uint64_t end_bytes;     /* what is free; behind that */
    bool exact; /* the peak is the kernel's own; else the highest sample: a lower bound */
    uint64_t copy_ns;
};

/* Objects that are alive at the peak. */
struct dcb_trace_term {
    char name[DCB_TRACE_NAME_MAX];
    uint64_t count, bytes; /* by sys.getsizeof */
    uint64_t taken_bytes;  /* with what their blocks are rounded up by */
};

/* One container with one implementation. */
struct dcb_trace_cell {
    enum dcb_container container;
    size_t impl;   /* of the request */
    bool asked;    /* false: it was stopped before */
    char *failure; /* NULL: none; one line, untrusted */
    bool wrong;    /* the copy is not one: exit status 1 */

    struct dcb_trace_sample *samples;
    size_t sample_count;
    uint64_t dropped; /* changes that were left out */
    struct dcb_trace_repeat *repeats;
    size_t repeat_count;
    struct dcb_trace_term terms[DCB_TRACE_TERMS_MAX];
    size_t term_count;
    char *no_memo;        /* why no memo is among the terms; NULL */
    uint64_t untraced_ns; /* of a call without the hook; 0: not known */
};

/* Takes in what a worker wrote, as far as it goes: the last line may be cut. -1 where it
 * is nothing that a worker writes. The caller clears the cell, whatever comes. */
int dcb_trace_read(struct dcb_trace_cell *cell, const char *text, struct dcb_error *err);
void dcb_trace_cell_clear(struct dcb_trace_cell *cell);

/* How many samples a repeat may have. Half of that is for changes of the size that was
 * asked for, half of the rest for those of twice that size, and so on: however many there
 * are, the shape of the whole repeat is kept. */
struct dcb_trace_quota {
    uint64_t left;        /* of it, when `least_bytes` came to be what it is */
    uint64_t written;     /* since then */
    uint64_t least_bytes; /* a smaller change is no sample */
};

/* A sample was written. */
void dcb_trace_quota_spend(struct dcb_trace_quota *quota);

/* What was going on when the samples end, in words: "while copying, in repeat 3". */
char *dcb_trace_place(const struct dcb_trace_cell *cell);

/* ---- what it comes to ---- */

struct dcb_trace_summary {
    uint64_t start_bytes;      /* before the first repeat */
    uint64_t peak_bytes;       /* the highest of the repeats, */
    uint64_t least_peak_bytes; /* and the lowest */
    bool exact;
    uint64_t end_bytes;          /* after the last repeat */
    uint64_t kept_bytes;         /* the most that malloc kept for itself till asked */
    uint64_t theory_bytes;       /* above the start, as the allocators give it */
    uint64_t theory_asked_bytes; /* the same by sys.getsizeof; both 0: not known */
    double of_theory;            /* measured above the start by theory; NAN */
    double of_size;              /* measured above the start by the size */
    struct dcb_interval slope;   /* bytes a repeat, of the ends; at 95 %. NAN: unknown */
    bool slope_known;
    bool grows; /* the slope is above 0, by more than 64 KiB and 1/1000 of the size */
    double slowdown; /* copying with the hook by copying without; NAN */
};

/* False where no repeat was finished. */
bool dcb_trace_summarize(const struct dcb_trace_cell *cell, uint64_t size_bytes,
                         struct dcb_trace_summary *ret_summary);

/* "no leak: ...", with the slope and its interval; owned by the caller. */
char *dcb_trace_leak_text(const struct dcb_trace_summary *summary);

/* ---- the workers: trace_run.c ---- */

struct dcb_trace_request {
    const struct dcb_spec *impls; /* borrowed */
    size_t impl_count;
    bool containers[DCB_CONTAINER_COUNT];
    uint64_t size_bytes, every_bytes;
    uint32_t repeats;
    uint64_t seed;
};

struct dcb_trace {
    const struct dcb_trace_request *request; /* borrowed */
    struct dcb_trace_cell *cells;            /* of the first container, then the next */
    size_t cell_count;
    struct dcb_python *python;  /* one */
    struct dcb_source *sources; /* one for each implementation */
    bool stopped;
    double elapsed_s;
};

struct dcb_trace_hooks {
    const volatile sig_atomic_t *stop; /* may be NULL */

    /* Some times a second; may be NULL. */
    void (*progress)(void *context, const struct dcb_trace *trace, size_t cell);
    void *progress_context;
};

/* -1 only where no worker works at all. The caller clears, whatever comes. */
int dcb_trace_run(const struct dcb_plan *plan, const struct dcb_trace_request *request,
                  const struct dcb_trace_hooks *hooks, struct dcb_trace *ret_trace,
                  struct dcb_error *err);
void dcb_trace_clear(struct dcb_trace *trace);

#endif
