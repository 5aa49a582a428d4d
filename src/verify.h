/*
 * Is an implementation a deepcopy? Three batteries of cases, run in workers that verify
 * one implementation each and time nothing. What the cases are stands in
 * support/verify.py; a worker that dies or hangs costs the case it had in hand, which is
 * a finding, and another worker goes on behind it.
 */
#ifndef DCB_VERIFY_H
#define DCB_VERIFY_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"
#include "result.h"

struct dcb_error;
struct dcb_plan;

/* Texts are owned, one line each, and untrusted: they come from the worker. */
struct dcb_verify_finding {
    enum dcb_battery battery;
    enum dcb_case_outcome outcome; /* PASSED only where `standard` is set */
    uint64_t number;               /* of the case in its battery, from 0 */
    char *name;                    /* of the case: "reduce_4tuple", "graph 17" */
    char *expected;                /* what a deepcopy does; NULL where not said */
    char *got;                     /* what came instead; NULL where nothing to say */
    char *expression;              /* Python that builds the object; NULL */
    char *version; /* DEVIATES: the version of CPython that does so, "3.14"; NULL */
    bool standard; /* a method of the objects called copy.deepcopy itself and so reached
                      the standard one, not this implementation */
};

/* passed + wrong + deviating + skipped + unasked = cases, once a battery has ended. */
struct dcb_verify_battery {
    bool asked;     /* it was to be run */
    char *missing;  /* why none of it could be, and what to install; NULL; owned */
    uint64_t cases; /* how many there are; 0: not known */
    uint64_t passed, wrong, deviating, skipped;
    uint64_t
        unasked; /* left out: after too many workers died, or because it was stopped */
    uint64_t standard; /* cases in which the standard deepcopy was reached */
};

struct dcb_verify_impl {
    const struct dcb_spec *spec; /* borrowed from the request */
    struct dcb_source source;
    char *
        failure; /* why it could not be loaded at all, or its workers not trusted; NULL */
    struct dcb_verify_battery batteries[DCB_BATTERY_COUNT];
    struct dcb_verify_finding *findings; /* in the order of the batteries and cases */
    size_t finding_count;
    double elapsed_s;
};

struct dcb_verify_request {
    const struct dcb_spec *impls; /* borrowed, for as long as the verification lives */
    size_t impl_count;
    bool batteries[DCB_BATTERY_COUNT];
    uint64_t graphs; /* how many random ones */
    uint64_t seed;   /* they are the same ones for the same seed */
    bool brief; /* somebody waits for something else: a case that hangs costs the rest
                   of its battery, one that takes long all that is left */
};

/* Of the random graphs, where nobody says another one: whoever reads of a failure gets
 * the same ones. */
enum { DCB_VERIFY_SEED = 1 };

struct dcb_verification {
    const struct dcb_verify_request *request; /* borrowed */
    struct dcb_verify_impl *impls;            /* [request.impl_count] */
    size_t impl_count;
    struct dcb_python python;
    bool stopped; /* a signal ended it early */
    double elapsed_s;
};

struct dcb_verify_progress {
    const char *impl;
    size_t impl_index, impl_count;
    enum dcb_battery battery;
    uint64_t done, cases; /* of this battery */
    double elapsed_s;
};

struct dcb_verify_hooks {
    const volatile sig_atomic_t *stop; /* may be NULL */

    /* Some times a second; may be NULL. */
    void (*progress)(void *context, const struct dcb_verify_progress *progress);
    void *progress_context;
};

/* Verifies one implementation after the other. `plan` says where the worker and its
 * support are, and what environment, memory and time a worker gets; its arms and
 * workloads are not looked at. -1 only where no worker works at all. The caller clears
 * the verification whatever comes. */
int dcb_verify_run(const struct dcb_plan *plan, const struct dcb_verify_request *request,
                   const struct dcb_verify_hooks *hooks,
                   struct dcb_verification *ret_verification, struct dcb_error *err);

/* The same behind somebody else's first worker: interpreter and sources are left empty.
 * `code_fd`: dcb_spawn_code_file, or -1. */
int dcb_verify_run_described(const struct dcb_plan *plan,
                             const struct dcb_verify_request *request,
                             const struct dcb_verify_hooks *hooks, int code_fd,
                             struct dcb_verification *ret_verification,
                             struct dcb_error *err);
void dcb_verification_clear(struct dcb_verification *verification);

/* Sums over the batteries that were run. */
struct dcb_verify_sum {
    uint64_t cases, passed, wrong, deviating, skipped, unasked, standard;
};
struct dcb_verify_sum dcb_verify_sum(const struct dcb_verify_impl *impl);

enum dcb_verify_verdict dcb_verify_verdict(const struct dcb_verify_impl *impl);

#endif
