/*
 * What the library that counts libc's malloc and the worker that it is preloaded into
 * know of each other. They are built together: `size` tells whether they were.
 */
#ifndef DCB_PRELOAD_H
#define DCB_PRELOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "ledger.h"

struct dcb_preload {
    size_t size;              /* of this structure */
    struct dcb_ledger ledger; /* of every block since the process began */

    /* Whether this thread is within an allocator of the interpreter, which counts its
     * blocks itself. NULL: nobody does. Set once, by the worker. */
    bool (*is_inside)(void);
};

/* The library's one symbol besides the allocator's own: found by dlsym. */
#define DCB_PRELOAD_SYMBOL "dcbench_preload"

extern struct dcb_preload dcbench_preload;

#endif
