/*
 * Blocks of memory by address, with the size that was asked for, and sums over them: by
 * layer, and of all together. It takes its own memory from the kernel, so that it can
 * stand behind any allocator. A ledger that is all zero is empty. Every function but
 * dcb_ledger_each may be called by any thread at any time.
 */
#ifndef DCB_LEDGER_H
#define DCB_LEDGER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

struct dcb_ledger_block {
    uintptr_t address; /* 0: none */
    uint64_t size;     /* bytes that were asked for */
    uint64_t serial;   /* grows with each block that is added; kept when it moves */
    enum dcb_layer layer;
};

struct dcb_ledger_counts {
    int64_t blocks, bytes; /* there are now */
    int64_t peak;          /* bytes, the most there were since dcb_ledger_begin */
    uint64_t allocations, frees, reallocations; /* since then */
};

struct dcb_ledger {
    atomic_flag lock;
    bool broken; /* no memory for it: what it counts is not to be believed */
    struct dcb_ledger_block *blocks;
    size_t capacity, count;
    uint64_t serial; /* of the next block */
    struct dcb_ledger_counts counts[DCB_LAYER_COUNT];
    uint64_t event;      /* changes of the sums since dcb_ledger_begin */
    uint64_t peak_event; /* the one that came to the peak of both layers */

    /* With the change number `trap_event` `trap` is called, and again before the next
     * one: by then whoever got `newest`, the address that was changed, has put it to use.
     * That is 0 at the second call. The ledger is locked. */
    uint64_t trap_event; /* 0: never */
    bool trapped;        /* the second call is due */
    void (*trap)(void *context, uintptr_t newest);
    void *context;
};

/* A block was taken, or given back; what is not there is nothing to be counted. NULL is
 * fine. Call dcb_ledger_free before the allocator may hand out the address again. */
void dcb_ledger_add(struct dcb_ledger *ledger, enum dcb_layer layer, const void *address,
                    size_t size);
void dcb_ledger_free(struct dcb_ledger *ledger, const void *address);

/* Around a change of size: the block is taken out before, and put back after it, with the
 * address and the size that it then has. False where it is not there. */
bool dcb_ledger_take(struct dcb_ledger *ledger, const void *address,
                     struct dcb_ledger_block *ret_block);
void dcb_ledger_put(struct dcb_ledger *ledger, const struct dcb_ledger_block *block,
                    const void *address, size_t size);

/* The change was none, or it freed the block. */
void dcb_ledger_restore(struct dcb_ledger *ledger, const struct dcb_ledger_block *block);
void dcb_ledger_drop(struct dcb_ledger *ledger, const struct dcb_ledger_block *block);

/* From here peaks and calls are counted, and a trap is set; `event` 0: none. Returns the
 * serial that the next block will have. */
uint64_t dcb_ledger_begin(struct dcb_ledger *ledger, uint64_t event);

/* No trap from here on: one that waits for the next change springs now. */
void dcb_ledger_end(struct dcb_ledger *ledger);

void dcb_ledger_read(struct dcb_ledger *ledger,
                     struct dcb_ledger_counts ret_counts[DCB_LAYER_COUNT]);

/* The block at an address. False where there is none. */
bool dcb_ledger_find(struct dcb_ledger *ledger, uintptr_t address,
                     struct dcb_ledger_block *ret_block);

/* All of them in no order: for a trap, or with the ledger locked. */
void dcb_ledger_each(const struct dcb_ledger *ledger,
                     void (*visit)(void *context, const struct dcb_ledger_block *block),
                     void *context);

/* Around a fork, so that the child finds it whole. */
void dcb_ledger_lock(struct dcb_ledger *ledger);
void dcb_ledger_unlock(struct dcb_ledger *ledger);

#endif
