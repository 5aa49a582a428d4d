/* What the result of a run keeps of a verification (verify.h): is what was timed a
 * deepcopy at all? Pure. */
#ifndef DCB_VERIFIED_H
#define DCB_VERIFIED_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

struct dcb_verify_impl;

/* A case that failed. Texts are owned, one line each, untrusted; NULL where nothing is
 * said. */
struct dcb_verified_case {
    enum dcb_battery battery;
    char *name; /* NULL: there is none */
    char *expected, *got, *expression;
};

/* Of one implementation. */
struct dcb_verified {
    bool asked; /* else nothing below is set */
    enum dcb_verify_verdict verdict;
    char *reason;   /* why nothing is known; NULL where something is */
    uint64_t cases; /* passed + wrong + deviating + skipped, and those not asked */
    uint64_t passed, wrong, deviating, skipped;
    struct dcb_verified_case first; /* that failed */
};

/* Copies what it keeps. */
struct dcb_verified dcb_verified_of(const struct dcb_verify_impl *impl);
void dcb_verified_clear(struct dcb_verified *verified);

/* "a is not a correct deepcopy: 1 of 900 cases of verify fails: NAME: expected .., got
 * ..; see 'dcbench verify -i a'"; of one that is correct, or of which nothing is known,
 * that. `path`: of its source, or NULL. Owned by the caller. */
char *dcb_verified_sentence(const struct dcb_verified *verified,
                            const struct dcb_spec *spec, const char *path);

#endif
