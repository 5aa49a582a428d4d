/*
 * Findings put together, so that each thing is said once: of all the cases that went the
 * same way, and of all the implementations that they went so with. Pure.
 */
#ifndef DCB_VERIFY_REMARKS_H
#define DCB_VERIFY_REMARKS_H

#include <stdbool.h>
#include <stddef.h>

#include "verify.h"

enum dcb_verify_topic {
    DCB_VERIFY_FAILURES, /* of each implementation by itself */
    DCB_VERIFY_DEVIATIONS,
    DCB_VERIFY_SKIPPED,
    DCB_VERIFY_STANDARD /* cases with `standard`, however they went */
};

/* Borrows from the verification. */
struct dcb_verify_remark {
    enum dcb_verify_topic topic;
    const struct dcb_verify_finding **cases; /* the first one says what there is to say */
    size_t case_count;
    bool *impls; /* [verification.impl_count] */
    size_t impl_count;
};

/* In the order of versions (deviations), batteries and cases; random graphs with the
 * shortest expression first. */
struct dcb_verify_remarks {
    struct dcb_verify_remark *items;
    size_t count, capacity;
};

/* `impl` is the number of one implementation, or DCB_VERIFY_ALL. The caller clears. */
#define DCB_VERIFY_ALL SIZE_MAX
void dcb_verify_remarks_find(const struct dcb_verification *verification,
                             enum dcb_verify_topic topic, size_t impl,
                             struct dcb_verify_remarks *ret_remarks);
void dcb_verify_remarks_clear(struct dcb_verify_remarks *remarks);

/* Whom it is said of: "fastpath, merged"; NULL where of all. Owned by the caller. */
char *dcb_verify_remark_impls(const struct dcb_verification *verification,
                              const struct dcb_verify_remark *remark);

/* Why a battery could not be run at all and what to install, each reason once; NULL where
 * it could. Owned by the caller. */
char *dcb_verify_missing(const struct dcb_verification *verification,
                         enum dcb_battery battery);

/* Whether nothing could be asked, because every battery that was to be run is missing. */
bool dcb_verify_nothing_asked(const struct dcb_verification *verification);

/* What a reader should know of the whole, one line each: batteries that are missing, what
 * was left out, where the standard deepcopy was reached. */
struct dcb_verify_notes {
    struct {
        char *text;
        bool named; /* there are cases behind it, whose names --verbose shows */
    } * items;
    size_t count, capacity;
};

void dcb_verify_notes_make(const struct dcb_verification *verification,
                           struct dcb_verify_notes *ret_notes);
void dcb_verify_notes_clear(struct dcb_verify_notes *notes);

#endif
