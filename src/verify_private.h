/* What the files of verify share; nobody else includes it. */
#ifndef DCB_VERIFY_PRIVATE_H
#define DCB_VERIFY_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify.h"

struct dcb_answer;
struct dcb_error;

/* After so many workers that ended in a case the rest of its battery is left out. */
enum { DCB_VERIFY_DEATHS_MAX = 5 };

/* What the workers of one implementation have told so far. They answer for its cases in
 * order; one that comes behind another goes on with the first that was not asked. */
struct dcb_verify_account {
    struct dcb_verify_impl *impl;
    size_t finding_capacity;
    enum dcb_battery battery; /* in hand; DCB_BATTERY_COUNT: none yet */
    uint64_t next;            /* the first case of it that has not ended */
    char *name;               /* of the case in hand; NULL: none is */
    unsigned deaths;          /* of workers in this battery */
    bool resumed;             /* a new worker has yet to come back to the battery */
    bool brief;               /* one that hung is as bad as so many that died */
};

/* `impl` has its spec, and says what is asked. */
void dcb_verify_account_init(struct dcb_verify_account *account,
                             struct dcb_verify_impl *impl);

/* What is left to ask: which batteries, and how many cases to pass over in the first of
 * them. False where nothing is. */
bool dcb_verify_account_left(const struct dcb_verify_account *account,
                             bool ret_batteries[DCB_BATTERY_COUNT], uint64_t *ret_first);

/* A new worker begins with what is left. */
void dcb_verify_account_resume(struct dcb_verify_account *account);

/* Takes the answer, and its texts. -1 where it does not fit those before it: the worker
 * is not to be trusted. */
int dcb_verify_account_take(struct dcb_verify_account *account, struct dcb_answer *answer,
                            struct dcb_error *err);

/* A worker ended, with `got` as the reason: a finding where it had a case in hand. */
void dcb_verify_account_end(struct dcb_verify_account *account,
                            enum dcb_case_outcome outcome, const char *got);

/* A worker ended through no fault of the case it had in hand, which is to be asked
 * again. */
void dcb_verify_account_drop(struct dcb_verify_account *account);

/* Counts what has not been asked. `like`: an implementation that may know how many cases
 * a battery has which this one did not come to; NULL. Clears what the account holds. */
void dcb_verify_account_close(struct dcb_verify_account *account,
                              const struct dcb_verify_impl *like);

/* dcb_verify_run behind its first worker: interpreter and sources are filled in, or not
 * of interest. `code_fd` as dcb_spawn_code_file made it. */
int dcb_verify_run_impls(const struct dcb_plan *plan,
                         const struct dcb_verify_request *request,
                         const struct dcb_verify_hooks *hooks, int code_fd,
                         struct dcb_verification *verification, struct dcb_error *err);

/* Room for what is to be verified. */
void dcb_verification_init(struct dcb_verification *ret_verification,
                           const struct dcb_verify_request *request);

#endif
