/*
 * What callgrind counts, and what the report's rows are made of. Pure.
 *
 * Callgrind (valgrind's manual, chapter "Callgrind") runs a program on a simulated CPU
 * and counts what it executes: instructions exactly, caches and branch prediction as a
 * model of them. It simulates no kernel, no TLB and no clock.
 */
#ifndef DCB_SIMULATION_H
#define DCB_SIMULATION_H

#include <stddef.h>
#include <stdint.h>

struct dcb_error;

/* In the order in which callgrind writes them with caches and branches simulated. */
enum dcb_simulated_event {
    DCB_SIM_IR,   /* instructions */
    DCB_SIM_DR,   /* data reads */
    DCB_SIM_DW,   /* data writes */
    DCB_SIM_I1MR, /* reads of instructions that miss the first-level cache */
    DCB_SIM_D1MR, /* data reads that miss it */
    DCB_SIM_D1MW, /* data writes that miss it */
    DCB_SIM_ILMR, /* the same three for the last-level cache */
    DCB_SIM_DLMR,
    DCB_SIM_DLMW,
    DCB_SIM_BC,  /* conditional branches */
    DCB_SIM_BCM, /* those mispredicted */
    DCB_SIM_BI,  /* indirect branches */
    DCB_SIM_BIM, /* those mispredicted */
    DCB_SIM_EVENTS
};

extern const char *const dcb_simulated_names[DCB_SIM_EVENTS]; /* "Ir", ... */

/* So many calls of deepcopy are simulated of each arm, in whole iterations: as few as
 * show every digit that is the same in the next run. */
enum { DCB_SIM_CALLS = 4000 };

/* How many iterations are simulated, and run before that, of a workload that takes
 * `weight` calls an iteration (worker_weigh): nothing that a clock says has a part in
 * it. */
struct dcb_simulated_effort {
    uint64_t iterations, warmups;
};

struct dcb_simulated_effort dcb_simulated_effort(uint64_t weight);

/* One arm in one layout. */
struct dcb_simulated {
    uint64_t iterations; /* 0: not simulated */
    uint64_t counts[DCB_SIM_EVENTS];
};

/* How one row of the report's table is simulated. */
struct dcb_simulated_row {
    const char *name;     /* of the row */
    const char *event;    /* "Bc+Bi", for the output */
    unsigned first, last; /* added up; one and the same for a row of one event */
    const char *counts;   /* what it counts where that is not what the row says; NULL */
};

/* NULL for rows that callgrind knows nothing of. */
const struct dcb_simulated_row *dcb_simulated_row_find(const char *name);

/* Per iteration; NAN where not simulated. */
double dcb_simulated_value(const struct dcb_simulated *simulated,
                           const struct dcb_simulated_row *row);

/*
 * "Estimated cycles" per iteration: hits in the first level + 5 * hits in the last level
 * + 35 * reads from memory, the weights of cachegrind-benchmarking and of iai-callgrind.
 * A figure to compare with, not a number of cycles.
 */
double dcb_simulated_estimated_cycles(const struct dcb_simulated *simulated);

/*
 * Seconds that a layout may take, of arms whose iterations take `iteration_s` in all,
 * more rather than less: callgrind was seen to run Python 100 to 250 times slower, and up
 * to 30 times while it does not count (docs/performance.md has one measurement).
 */
double dcb_simulated_seconds(struct dcb_simulated_effort effort, double iteration_s);

/* One dump of callgrind's output. */
struct dcb_simulated_dump {
    char label[64]; /* as given to the client request; "" for any other dump */
    uint64_t counts[DCB_SIM_EVENTS];
};

/*
 * Reads callgrind's output, dumps combined in one text: of each its label and its
 * "totals:". (Not "summary:", which holds what toggling costs as well.) Returns an array
 * that the caller frees. -1 where the text is no such output, is cut within a dump, or
 * has other events.
 */
int dcb_simulated_parse(const char *text, size_t length,
                        struct dcb_simulated_dump **ret_dumps, size_t *ret_count,
                        struct dcb_error *err);

#endif
