/* What a run is to do, resolved and checked: nothing in it depends on the machine any
 * more. One plan owns its specs and rows. */
#ifndef DCB_PLAN_H
#define DCB_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "counters.h"
#include "model.h"

struct dcb_error;

/* Where the value of a counter row comes from. */
enum dcb_row_kind {
    DCB_KIND_EVENT,     /* plan.events[event] */
    DCB_KIND_WALL,      /* time-elapsed: the block's own clock */
    DCB_KIND_CPU,       /* task-clock: CLOCK_THREAD_CPUTIME_ID */
    DCB_KIND_FAULTS,    /* page-faults: getrusage */
    DCB_KIND_SWITCHES,  /* context-switches: getrusage */
    DCB_KIND_SIMULATED, /* plan.simulator, under the row's name */
    DCB_KIND_NONE       /* not to be counted: see reason */
};

struct dcb_plan_row {
    char name[64];
    enum dcb_row_kind kind;
    size_t event;
    enum dcb_provider provider; /* NONE for DCB_KIND_NONE */
    char reason[320];           /* why there is no value; "" so far */
};

/* "event", "wall", "cpu", "faults", "switches", "simulated", "none". */
const char *dcb_plan_kind_name(enum dcb_row_kind kind);

/* Whether the row counts events of the kernel, which most iterations have none of. */
bool dcb_plan_row_is_rare(const struct dcb_plan_row *row);

struct dcb_plan {
    struct dcb_spec *arms; /* [0] baseline, [1] control (a copy of it), then candidates */
    size_t arm_count;
    struct dcb_spec *workloads;
    size_t workload_count;

    struct dcb_plan_row *rows;
    size_t row_count;
    struct dcb_event *events;
    size_t event_count;

    char *worker, *python_version, *support; /* program, "3.11", folder */
    char *simulator,
        *simulator_version;    /* valgrind, "3.19.0"; NULL: nothing is simulated */
    char *simulator_geometry;  /* of a document, as its file says; NULL: not said */
    bool simulate_always;      /* whatever it takes; else only what takes some seconds */
    uint32_t layouts;          /* workers simulated of each workload, of as many seeds */
    char hardware_reason[200]; /* why no hardware counters are read; "" */
    char **python_path;
    size_t python_path_count;
    char *venv;
    bool site;

    char *label; /* what the user calls the result; NULL */

    uint64_t seed;
    uint64_t iterations; /* per block; 0: calibrated */
    uint32_t rounds;     /* per worker; 0: as many as fit the budget */
    uint32_t workers;    /* at most; 0: no limit */
    uint64_t block_ns;   /* aim of calibration */
    uint32_t rounds_aim; /* rounds of one worker, where blocks are as long as aimed at */
    uint32_t warmups;
    double precision, margin, confidence; /* fractions */
    double max_time_s, timeout_s;
    int affinity;             /* -1: none */
    struct dcb_core_pmu core; /* hybrid machine: the kind of core that workers run on and
                                 that counts; name "" on any other */
    bool core_is_first;       /* libpfm4's names are for its PMU */
    bool gc;
    uint64_t memory_bytes; /* limit of a worker; 0: none */
    bool verify; /* ask the arms whether they are deepcopies before any is timed */
};

void dcb_plan_clear(struct dcb_plan *plan);

/* The role of arm number `arm`. */
enum dcb_role dcb_plan_role(size_t arm);

/*
 * Puts the arms together: baseline, its control, candidates. A candidate that is the
 * baseline again (same source and label) is left out; *ret_dropped tells how many. Two
 * arms with one label are a DCB_ERROR_USAGE. Specs are taken.
 */
int dcb_plan_set_arms(struct dcb_plan *plan, struct dcb_spec *take_baseline,
                      struct dcb_spec *take_candidates, size_t count, size_t *ret_dropped,
                      struct dcb_error *err);

/* Adds an arm that is none of a comparison; the spec is taken. One that is there already
 * is not added again; another one of its label is a DCB_ERROR_USAGE. */
int dcb_plan_add_arm(struct dcb_plan *plan, struct dcb_spec *take_spec,
                     struct dcb_error *err);

/* Adds a workload; the spec is taken. A label that is there already is an error. */
int dcb_plan_add_workload(struct dcb_plan *plan, struct dcb_spec *take_spec,
                          struct dcb_error *err);

struct dcb_plan_row *dcb_plan_add_row(struct dcb_plan *plan, const char *name,
                                      enum dcb_row_kind kind, enum dcb_provider provider);

/* Adds the event and its row. */
void dcb_plan_add_event(struct dcb_plan *plan, const struct dcb_event *event);

#endif
