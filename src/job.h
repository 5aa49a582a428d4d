/*
 * What controller and worker say to each other, as values; json_job.c turns them into
 * JSON and back. The job travels on descriptor 3, the answers, one JSON object a line, on
 * descriptor 4, the samples mapping (samples.h) on descriptor 5, a file that carries
 * compiled code from the first worker of a run to the others on descriptor 6. Callgrind
 * writes what it has counted to descriptor 7.
 */
#ifndef DCB_JOB_H
#define DCB_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "container.h"
#include "counters.h"
#include "model.h"
#include "samples.h"

struct dcb_error;
struct dcb_strbuf;

enum {
    DCB_JOB_FD = 3,
    DCB_ANSWER_FD = 4,
    DCB_SAMPLES_FD = 5,
    DCB_CODE_FD = 6,
    DCB_DUMP_FD = 7, /* simulate: what callgrind writes; trace: the samples */
    DCB_LAST_FD = DCB_DUMP_FD
};

enum dcb_job_kind {
    DCB_JOB_DESCRIBE, /* tell of the interpreter and of the sources */
    DCB_JOB_TIME,     /* load the arms, run rounds */
    DCB_JOB_SIMULATE, /* load the arms, have callgrind count some iterations of each */
    DCB_JOB_VERIFY,   /* load the one arm, ask the cases of batteries of it */
    DCB_JOB_MEMORY,   /* load the one arm, count what its copies take */
    DCB_JOB_LEAKS,    /* load the one arm, count what many copies leave */
    DCB_JOB_CENSUS,   /* load the one arm, tell what its copies are made of */
    DCB_JOB_TRACE     /* copy a container with the one arm, `rounds` times, and sample */
};

struct dcb_job_arm {
    struct dcb_spec spec;
    enum dcb_role role;
    uint64_t iterations; /* of a block; 0: calibrate. leaks: of all of it */
    bool check;          /* compare its copy with the standard library's first */
};

struct dcb_job {
    enum dcb_job_kind kind;
    uint64_t seed; /* below 2^63: hash seed, load order, padding and round order */
    /* What every answer has to carry, below 2^63. User code never sees the job, so it
     * cannot forge answers by writing to a descriptor. */
    uint64_t token;

    char *support; /* folder of the Python side of the worker */
    struct dcb_spec workload;
    struct dcb_job_arm *arms;
    size_t arm_count;
    struct dcb_spec *sources; /* describe: what to find and digest */
    size_t source_count;
    bool batteries[DCB_BATTERY_COUNT]; /* verify: which are asked */
    bool memos[DCB_MEMO_COUNT];        /* memory: with which it is counted */
    uint64_t graphs;                   /* verify: how many random ones */
    uint64_t first; /* verify: the case to begin with, counted through all of them */
    enum dcb_container container; /* trace: what is copied, */
    uint64_t size_bytes;          /* how large it is, */
    uint64_t every_bytes;         /* and which change of size is a sample */
    uint32_t number; /* of the worker in its workload: which group of counters is first */
    uint32_t rounds; /* at most; memory: iterations to count; leaks: points to tell */
    uint32_t warmups; /* untimed blocks of every arm; memory: until so many iterations in
                         a row come to the same */
    uint64_t budget_ns; /* no new round is begun after so much time of rounds */
    uint64_t block_ns;  /* what calibration aims at */
    bool fixed; /* iterations and rounds are the user's: no clock decides anything */
    bool gc;
    int affinity;          /* CPU, or -1 */
    char *cpus;            /* the CPUs to stay on, as the kernel lists them; or NULL */
    uint64_t memory_bytes; /* limit of the worker's data; 0: none */
    char **python_path;
    size_t python_path_count;
    char *venv;               /* or NULL */
    bool site;                /* the interpreter's own site-packages are importable */
    struct dcb_event *events; /* what to count */
    size_t event_count;
};

void dcb_job_clear(struct dcb_job *job); /* frees what it holds */

/* The job as JSON, owned by the caller. */
char *dcb_job_encode(const struct dcb_job *job);
int dcb_job_decode(const char *text, size_t length, struct dcb_job *ret_job,
                   struct dcb_error *err);

enum dcb_answer_kind {
    DCB_ANSWER_INTERPRETER, /* describe */
    DCB_ANSWER_SOURCE,      /* describe: one for each source, in order */
    DCB_ANSWER_WORKLOAD,    /* loaded, or why not */
    DCB_ANSWER_ARM,         /* loaded, checked and calibrated, or why not */
    DCB_ANSWER_EVENT,       /* what became of one event */
    DCB_ANSWER_BATTERY,     /* verify: one begins */
    DCB_ANSWER_CASE,        /* verify: one begins; so the one before has passed */
    DCB_ANSWER_OUTCOME,     /* verify: of the case in hand, where there is more to say */
    DCB_ANSWER_FIGURES,     /* memory: of an iteration with one memo, or why not */
    DCB_ANSWER_TERM,        /* memory: of what was alive at the peak; leaks: of what is
                               left */
    DCB_ANSWER_PREDICTION,  /* memory: what the copies should hold, or why that is not
                               known; TERM behind it: what they hold more or less */
    DCB_ANSWER_POINT,       /* leaks */
    DCB_ANSWER_CENSUS,      /* census: of the objects of a type, or why not */
    DCB_ANSWER_DONE         /* the last one */
};

/* How an arm or a workload failed; decides the exit status. */
enum dcb_failure {
    DCB_FAILURE_NONE,
    DCB_FAILURE_LOAD,    /* could not be loaded */
    DCB_FAILURE_RAISED,  /* an exception out of deepcopy */
    DCB_FAILURE_WRONG,   /* not a copy like the standard library's */
    DCB_FAILURE_CHANGED, /* changed the objects it was to copy */
    DCB_FAILURE_DIED     /* killed, exited, hung or lied: set by the controller */
};

const char *dcb_failure_name(enum dcb_failure failure); /* NULL for none */

/* One answer. Text fields are owned; which ones are set depends on `kind`. */
struct dcb_answer {
    uint64_t token; /* the job's */
    enum dcb_answer_kind kind;
    uint32_t index; /* arm, event or source */
    enum dcb_failure failure;
    char *message;       /* what failed; NULL where nothing did */
    uint64_t iterations; /* arm: of a block */
    bool shared;         /* arm: shares its code with an earlier arm */
    uint64_t objects;    /* workload: how many */
    uint64_t weight;     /* workload: calls of deepcopy (worker_weigh); 0: not asked */
    uint32_t rounds;     /* done: how many were begun */
    int group;           /* event: PMU group, -1 for none */
    int slot;            /* event: place in block.pmu or block.software, or -1 */
    bool software;       /* event: in block.software */
    bool anchored;       /* event: slot 0 of its group counts instructions */
    bool user_reads;     /* event: read without a system call */
    int64_t overhead; /* event: what a block without iterations counts; -1: not known */
    char *path, *sha256; /* source; NULL where there is none. event: `path` is the file
                            that stands in for a counter; NULL: none has to */
    char *version, *build, *implementation, *compiler, *copy_path, *copy_sha256;
    char *linkage;     /* interpreter: "static" or "shared" libpython, of the worker */
    char *own_linkage; /* the same, of the interpreter's own program */
    char *missing;     /* built-in modules that this worker has not, by commas; NULL.
                          battery: why it has no cases; NULL */
    enum dcb_battery battery;      /* battery, case */
    enum dcb_case_outcome outcome; /* outcome: up to SKIPPED */
    uint64_t cases;                /* battery: how many it has */
    uint64_t number; /* case: in its battery, from 0; point: iterations before the first
                        one, which nobody counts */
    bool standard;   /* outcome: the standard deepcopy was reached */
    char *name;      /* case, term; never NULL there */
    enum dcb_memo memo; /* figures, term, prediction */
    bool native;        /* figures, point: the native layer was counted */
    struct dcb_figures figures;
    int64_t count; /* term, prediction: objects or blocks */
    int64_t bytes; /* term, prediction */
    struct dcb_memory_point point;
    int64_t census[DCB_CENSUS_COUNT];
    char *expected, *got, *expression; /* outcome; `version` as well. NULL: not said */
};

/* No process has more bytes. */
#define DCB_ANSWER_BYTES_MAX (INT64_C(1) << 48)

void dcb_answer_clear(struct dcb_answer *answer);
char *dcb_answer_encode(const struct dcb_answer *answer); /* one line, "\n" included */

/* What is longer is cut: a finding is a line of a report. */
enum {
    DCB_CASE_NAME_MAX = 200, /* and the name of a term */
    DCB_CASE_TEXT_MAX = 600, /* expected, got, and why a battery is missing */
    DCB_CASE_VERSION_MAX = 20,
    DCB_CASE_EXPRESSION_MAX = 4000
};

/* Types and ranges are checked: `arms`, `events` and `sources` bound the indices, and the
 * answer must carry the job's token.
 * -1 with a message that says what is wrong with the line. */
struct dcb_answer_bounds {
    size_t arms, events, sources;
    uint64_t token;
};
int dcb_answer_decode(const char *line, size_t length,
                      const struct dcb_answer_bounds *bounds,
                      struct dcb_answer *ret_answer, struct dcb_error *err);

#endif
