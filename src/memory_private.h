/* What the files of memory share; nobody else includes it. */
#ifndef DCB_MEMORY_PRIVATE_H
#define DCB_MEMORY_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "job.h"
#include "memory.h"

struct dcb_answer;
struct dcb_error;

enum {
    DCB_MEMORY_ITERATIONS = 5,
    DCB_MEMORY_WARMUPS = 3,
    DCB_MEMORY_LEAK_WARMUPS = 2000, /* of the iterations a tenth, and no more than these;
                                       the worker sees to it that they are not too few */
    DCB_MEMORY_LEAK_POINTS = 100,
    DCB_MEMORY_TERMS_MAX = 100,
    DCB_MEMORY_TYPES_MAX = 1000 /* what more there are the worker adds to one of them */
};

/* Room for all pairs, with what is asked of each. */
void dcb_memory_init(struct dcb_memory *ret_memory,
                     const struct dcb_memory_request *request);

/* How many iterations are counted, and how many before them are not. */
uint32_t dcb_memory_iterations(const struct dcb_memory_request *request);
uint32_t dcb_memory_warmups(const struct dcb_memory_request *request);

/* What the worker of one pair has told. */
struct dcb_memory_account {
    struct dcb_memory *memory;
    struct dcb_memory_pair *pair;
    bool leaks;  /* it looks for them; */
    bool census; /* it tells of objects; else it counts */

    struct dcb_figures *figures; /* of the cell in hand */
    uint32_t figure_count;
    enum dcb_memo memo; /* of that cell; DCB_MEMO_COUNT: none yet */
    bool done;          /* the last answer came */
};

void dcb_memory_account_init(struct dcb_memory_account *account,
                             struct dcb_memory *memory, size_t pair,
                             enum dcb_job_kind kind);

/* Takes the answer, and its texts. -1 where it does not fit those before it. */
int dcb_memory_account_take(struct dcb_memory_account *account, struct dcb_answer *answer,
                            struct dcb_error *err);

/* The worker has ended. `why`: badly, for this reason; then the cell in hand, or else the
 * first that was not reached, is at fault. Says which memo kinds are left to ask:
 * those behind it. False where none is. */
bool dcb_memory_account_end(struct dcb_memory_account *account, const char *why,
                            bool ret_left[DCB_MEMO_COUNT]);

/* Everything that is asked of the pair fails so. */
void dcb_memory_account_fail(struct dcb_memory_account *account, enum dcb_failure failure,
                             const char *why);

void dcb_memory_account_clear(struct dcb_memory_account *account);

#endif
