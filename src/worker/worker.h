/*
 * The worker's parts as they see each other. Nothing here shows Python.h: an arm's
 * callable and the workload's objects stay behind struct worker_python.
 */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job.h"
#include "migrations.h"
#include "trace.h"

struct _object; /* Python's, where Python.h is not seen */
struct dcb_error;
struct worker_code;
struct worker_python;

/* ---- worker_main.c: answers ---- */

struct worker_link {
    int answer_fd;
    int pid;        /* only this process answers: not a child that user code forked */
    uint64_t token; /* the job's: marks an answer as the worker's own */
    struct dcb_samples *samples;
};

/* Writes one answer; a write that fails ends the worker (nobody listens). */
void worker_answer(const struct worker_link *link, const struct dcb_answer *answer);

/* The answers that every job has. `message` may be NULL. */
void worker_answer_workload(const struct worker_link *link, size_t objects,
                            uint64_t weight, enum dcb_failure failure, char *message);
void worker_answer_arm(const struct worker_link *link, size_t arm,
                       enum dcb_failure failure, char *message, uint64_t iterations,
                       bool shared);
void worker_answer_done(const struct worker_link *link, uint32_t rounds);

/* ---- py_code.c: the support modules, compiled once a run ---- */

/* Maps what an earlier worker wrote; NULL where there is nothing. For the process's
 * life. */
struct worker_code *worker_code_open(int fd);

int worker_code_write(struct worker_python *python, int fd, struct dcb_error *err);

/* ---- py_start.c: the interpreter ---- */

/* Starts an isolated interpreter with the job's hash seed and loads the support modules,
 * from `code` where that is not NULL. The caller never frees it: the process ends with
 * _exit. */
int worker_python_start(const struct dcb_job *job, struct worker_code *code,
                        struct worker_python **ret_python, struct dcb_error *err);

/* Flushes what the workload printed. */
void worker_python_flush(void);

/* ---- py_calls.c: the Python side of the worker (support/) ---- */

int worker_add_paths(struct worker_python *python, const struct dcb_job *job,
                     struct dcb_error *err);
int worker_describe_interpreter(struct worker_python *python, struct dcb_answer *answer,
                                struct dcb_error *err);
int worker_describe_source(struct worker_python *python, const struct dcb_spec *spec,
                           struct dcb_answer *answer, struct dcb_error *err);

/* Loads the objects of the workload. */
int worker_load_workload(struct worker_python *python, const struct dcb_spec *spec,
                         size_t *ret_objects, struct dcb_error *err);

/* The same for an object of ours, alone. */
int worker_load_object(struct worker_python *python, struct _object *object,
                       struct dcb_error *err);

/* Takes the picture of the objects that copies and, at the end, the objects themselves
 * are compared with. */
int worker_take_picture(struct worker_python *python, struct dcb_error *err);

/* About how many calls of deepcopy an iteration takes, `limit` at most: the same on every
 * machine and at every speed. */
int worker_weigh(struct worker_python *python, uint64_t limit, uint64_t *ret_weight,
                 struct dcb_error *err);

/* Loads an implementation as arm number `arm`. *ret_shared: its code is an earlier
 * arm's. */
int worker_load_arm(struct worker_python *python, size_t arm, const struct dcb_spec *spec,
                    bool *ret_shared, struct dcb_error *err);

/* Copies every object once with the arm and compares the copies: with the standard
 * library's, with the originals, and with those of the last check of this arm, of which
 * they must be as independent. NONE, RAISED, WRONG or CHANGED; the text in err. */
enum dcb_failure worker_check_arm(struct worker_python *python, size_t arm,
                                  struct dcb_error *err);

/* The same, with a memo of that kind for each copy. For the jobs of memory. */
enum dcb_failure worker_check_arm_with(struct worker_python *python, size_t arm,
                                       enum dcb_memo memo, struct dcb_error *err);

/* Drops what the checks keep, so that it is not alive while arms are timed. */
void worker_forget_copies(struct worker_python *python);

/* Whether the objects are still what they were. 0, or -1 with the difference. */
int worker_check_objects(struct worker_python *python, struct dcb_error *err);

/* Collects and freezes what exists; then the collector is on or off. */
int worker_settle_heap(struct worker_python *python, bool gc, struct dcb_error *err);

/* Live objects of seeded number and size, so that workers differ in layout. */
int worker_pad_heap(struct worker_python *python, uint64_t seed, struct dcb_error *err);

/* The one function that turns the current exception into an error text: type, message
 * and the innermost place. Clears it. Returns -1. */
int worker_error_from_exception(const struct worker_python *python,
                                struct dcb_error *err);

/* ---- py_verify.c: support/verify.py ---- */

/* Imports the batteries that the job asks for. */
int worker_verify_prepare(struct worker_python *python, const struct dcb_job *job,
                          struct dcb_error *err);

/* Loads the job's arm. -1 with what is wrong with it. */
int worker_verify_load(struct worker_python *python, const struct dcb_job *job,
                       struct dcb_error *err);

/* Takes the next step. 1: *ret_answer, which the caller clears, tells of it; 0: there is
 * none; -1: a battery went wrong, or the arm raised KeyboardInterrupt. */
int worker_verify_next(struct worker_python *python, struct dcb_answer *ret_answer,
                       struct dcb_error *err);

/* ---- py_allocators.c: the interpreter's allocators, counted ---- */

/* Wraps them, between pre-initialization and initialization: so every block is known.
 * Where the library that counts malloc is preloaded, its ledger is used. */
int worker_wrap_allocators(struct dcb_error *err);

bool worker_counts_native(void);

/* ---- py_memory.c: what copies take ---- */

/* Before any code of the user's is loaded: what it replaces is then ours already. */
int worker_memory_open(struct worker_python *python, struct dcb_error *err);

/* Once the arm and the workload are loaded. */
int worker_memory_prepare(struct worker_python *python, struct dcb_error *err);

/* Makes and drops copies of all objects, small ones more often than large ones, and those
 * that take seconds a few times only. RAISED
 * with the exception. */
enum dcb_failure worker_memory_warm_up(struct worker_python *python, enum dcb_memo kind,
                                       void (*step)(void *context), void *context,
                                       struct dcb_error *err);

/* Counts an iteration. `step` is called before each copy is made. NONE; RAISED with the
 * exception; LOAD where it cannot be counted. */
enum dcb_failure worker_memory_count(struct worker_python *python, enum dcb_memo kind,
                                     void (*step)(void *context), void *context,
                                     struct dcb_figures *ret_figures,
                                     struct dcb_error *err);

/* The call of the last iteration with the highest peak, and when it came to it. */
struct worker_peak {
    size_t object;
    enum dcb_memo kind;
    uint64_t event; /* of the ledger; 0: there was none */
    int64_t bytes;
};

enum { WORKER_TERMS_MAX = 64, WORKER_TERM_NAME = 120 };

struct worker_term {
    char name[WORKER_TERM_NAME];
    int64_t count;
    int64_t bytes;
};

struct worker_terms {
    bool found;
    size_t count;
    struct worker_term items[WORKER_TERMS_MAX];
};

/* What is alive at the peak of the last iteration, from one more copy. */
int worker_memory_explain(struct worker_python *python, struct worker_terms *ret_terms,
                          struct dcb_error *err);

struct worker_prediction {
    char missing[DCB_CASE_TEXT_MAX]; /* why it is not known; "" */
    uint64_t objects, bytes;
    struct worker_terms rest; /* what the net bytes are more, by type, or, below 0, less;
                                 not found where there is no rest */
};

/* What sys.getsizeof says of the objects of the copies, of one more iteration. -1 where
 * there is none to be had: objects that do not say their size are no such failure. */
int worker_memory_predict(struct worker_python *python, enum dcb_memo kind,
                          void (*step)(void *context), void *context,
                          struct worker_prediction *ret_prediction,
                          struct dcb_error *err);

/* Collects, and tells what there is; nothing of the resident set. */
int worker_memory_read(struct worker_python *python, struct dcb_memory_point *ret_point,
                       struct dcb_error *err);

/* Before the first point, and after the last: what there is of blocks that were taken
 * since the serial was asked for. The terms come to `blocks` and `bytes`. */
int worker_memory_prepare_losses(struct worker_python *python, struct dcb_error *err);
/* Iterations before the first reading, so that what happens once is over. */
uint64_t worker_memory_least_warm_ups(void);

uint64_t worker_memory_serial(const struct worker_python *python);
void worker_memory_name_losses(struct worker_python *python, uint64_t serial,
                               int64_t blocks, int64_t bytes,
                               struct worker_terms *ret_terms);

/* ---- py_trace.c: the resident set size over time ---- */

struct worker_trace {
    struct _object *module, *build, *collect; /* support/memory_trace.py, gc.collect */
    struct _object *original, *copy;          /* NULL where there is none */
    uint64_t members;
};

/* Opens what is read and written; takes DCB_DUMP_FD. */
int worker_trace_open(const struct dcb_job *job, struct dcb_samples *samples,
                      struct dcb_error *err);
int worker_trace_prepare(struct worker_python *python, const struct dcb_job *job,
                         struct worker_trace *ret_trace, struct dcb_error *err);

/* Samples are taken between the two. */
int worker_trace_begin(pthread_t *ret_thread, struct dcb_error *err);
void worker_trace_end(pthread_t thread);

/* Hooks the call edges anew, which user code may have undone; about `quota` samples are
 * taken of the repeat. */
void worker_trace_begin_repeat(uint64_t quota);

/* A sample at a step of ours, always written; its size. */
uint64_t worker_trace_mark(enum dcb_trace_what what);

/* From here on; true where the kernel lets its own peak be reset. The peak since then,
 * the kernel's where `exact`, else the highest that was sampled. */
bool worker_trace_reset_peak(void);
uint64_t worker_trace_peak(bool exact);

void worker_trace_tell_repeat(const struct dcb_trace_repeat *repeat);
uint64_t worker_trace_now_ns(void);

/* One step each; -1 with what was raised. */
int worker_trace_build(struct worker_python *python, struct worker_trace *trace,
                       uint64_t members, struct dcb_error *err);
int worker_trace_copy(struct worker_python *python, struct worker_trace *trace,
                      struct dcb_error *err);
int worker_trace_drop(struct worker_python *python, struct worker_trace *trace,
                      struct dcb_error *err); /* and collects */

/* One more copy, untraced: how long it takes, what is alive then, and in *ret_wrong, the
 * caller's, what is wrong with the copy; NULL. */
int worker_trace_account(struct worker_python *python, struct worker_trace *trace,
                         const struct dcb_job *job, char **ret_wrong,
                         struct dcb_error *err);

/* ---- py_loop.c: the timed region ---- */

/* Runs `iterations` iterations of the arm. Nothing but the calls and the release of their
 * results happens between the two readings of the clock. -1 where the call raised: the
 * exception is set, the times are those up to there. */
int worker_run_block(struct worker_python *python, size_t arm, uint64_t iterations,
                     uint64_t *ret_wall_ns);

/* The same under callgrind, which counts the iterations and nothing else, and writes the
 * counts down with the label. */
int worker_simulate_block(struct worker_python *python, size_t arm, uint64_t iterations,
                          const char *label);

/* Has callgrind write down what it has counted since the last block: nothing. */
void worker_simulate_nothing(const char *label);

/* Has callgrind begin: what ran before was only executed. 0, or -1 where this worker is
 * built without valgrind's header. */
int worker_simulate_begin(struct dcb_error *err);

/* ---- meter.c: what is read at a block's edges ---- */

struct worker_meter {
    struct dcb_counters *counters;    /* NULL: none */
    struct dcb_migrations migrations; /* where the kernel's event may not be counted */
    int migrations_slot; /* in block.software; -1: not needed, or not there */
    int software;        /* kernel events that are counted besides it */
    size_t group;        /* the live one of the PMU groups */
    uint32_t first;      /* the one that was, or would be, in the first round */
};

#define WORKER_METER_INIT                                        \
    {                                                            \
        .migrations = DCB_MIGRATIONS_INIT, .migrations_slot = -1 \
    }

/* Opens the job's events, measures with an arm what a block without iterations counts,
 * and tells the controller what became of each event. */
void worker_meter_open(struct worker_meter *meter, const struct worker_link *link,
                       struct worker_python *python, const struct dcb_job *job,
                       size_t arm);

void worker_meter_select(struct worker_meter *meter, uint32_t round);

/* Runs a block and fills in all of it but `round` and `arm`. -1 where the arm raised. */
int worker_meter_block(struct worker_meter *meter, struct worker_python *python,
                       size_t arm, uint64_t iterations, struct dcb_block *ret_block);

/* ---- py_census.c: what copies are made of ---- */

struct worker_census {
    char name[256]; /* of a type; untrusted */
    int64_t counts[DCB_CENSUS_COUNT];
};

/* Copies the objects and tells of each type, the one with the most bytes first. */
int worker_census_take(struct worker_python *python,
                       void (*take)(void *context, const struct worker_census *row),
                       void *context, struct dcb_error *err);

/* ---- job_time.c, job_describe.c, job_simulate.c, job_verify.c, job_memory.c,
 * job_trace.c ---- */

int worker_job_census(const struct worker_link *link, struct worker_python *python,
                      const struct dcb_job *job, struct dcb_error *err);
int worker_job_memory(const struct worker_link *link, struct worker_python *python,
                      const struct dcb_job *job, struct dcb_error *err);
int worker_job_leaks(const struct worker_link *link, struct worker_python *python,
                     const struct dcb_job *job, struct dcb_error *err);
int worker_job_trace(const struct worker_link *link, struct worker_python *python,
                     const struct dcb_job *job, struct dcb_error *err);

int worker_job_verify(const struct worker_link *link, struct worker_python *python,
                      const struct dcb_job *job, struct dcb_error *err);

int worker_job_simulate(const struct worker_link *link, struct worker_python *python,
                        const struct dcb_job *job, struct dcb_error *err);

int worker_job_time(const struct worker_link *link, struct worker_python *python,
                    const struct dcb_job *job, struct dcb_error *err);
int worker_job_describe(const struct worker_link *link, struct worker_python *python,
                        const struct dcb_job *job, struct dcb_error *err);

#endif
