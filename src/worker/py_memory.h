/* What the files that count memory share; see py_blocks.c. */
#ifndef WORKER_PY_MEMORY_H
#define WORKER_PY_MEMORY_H

#include "py_python.h"

#include "ledger.h"

/* py_allocators.c. The ledger, and whether it has the native layer too. */
struct dcb_ledger *worker_ledger(void);

/* py_rest.c. Everything but what is alive goes, and the free lists with it, and what
 * threads that have ended still hold. -1 with an exception. */
int worker_rest(PyObject *collect);

struct worker_blocks;

struct worker_block {
    struct dcb_ledger_block block;
    const PyTypeObject *type; /* the object's, or that of the object that it belongs to;
                                 NULL: nobody's */
    bool object;              /* it is one itself */
    bool free;                /* it was one, and waits to be one again */
    unsigned reason;          /* of py_blocks.c: why it belongs to an object, */
    uint64_t owner;           /* and the serial of that one's block */
};

/* `types_b`: the list of all types; they must live as long as the blocks. */
struct worker_blocks *worker_blocks_new(PyObject *types_b);
void worker_blocks_free(struct worker_blocks *blocks); /* NULL is fine */

/* Which blocks are looked at: those of this serial and later. */
void worker_blocks_from(struct worker_blocks *blocks, uint64_t serial);

/* Takes a picture of them, as a trap of the ledger, or with `newest` 0. */
void worker_blocks_take(void *context, uintptr_t newest);

/* The last picture, or NULL where there is none. */
const struct worker_block *worker_blocks_list(const struct worker_blocks *blocks,
                                              size_t *ret_count);

/* Of these, it is this object's, whatever it looked like. */
void worker_blocks_know(struct worker_blocks *blocks, PyObject *object_b);

/* ---- py_sizes.c ---- */

/* Adds what sys.getsizeof says of the objects of the list that have a block of a serial
 * between the two. `terms`, which may be NULL, has what is less by type. -1 with an
 * exception. */
int worker_sizes_add(PyObject *getsizeof_b, PyObject *objects_b, uint64_t serial,
                     uint64_t end_serial, struct worker_prediction *prediction,
                     struct worker_terms *terms);

/* ---- py_terms.c ---- */

struct worker_terms;

/* Adds bytes to the term of the name, or, where there are too many, to the first one. */
void worker_terms_add(struct worker_terms *terms, const char *name, bool counts,
                      int64_t bytes);
/* `counts`: where it is part of an object of known type. */
void worker_terms_add_block(struct worker_terms *terms, const struct worker_block *item,
                            bool counts);

/* What the blocks of the last picture are, counted as objects; those that the ledger
 * still has belong to the copy, which is alive alone. Without a ledger: counted as
 * blocks. */
void worker_terms_name(struct worker_terms *ret_terms, const struct worker_blocks *blocks,
                       struct dcb_ledger *ledger);

int64_t worker_terms_sum(const struct worker_terms *terms);

/* The first one gets what the others lack, or have too much. */
void worker_terms_balance(struct worker_terms *terms, int64_t bytes);
void worker_terms_balance_counts(struct worker_terms *terms, int64_t count);

#endif
