#include "py_memory.h"

#include <dlfcn.h>
#include <pthread.h>

#include "error.h"
#include "preload/preload.h"

/* The domains in the order of PyMemAllocatorDomain. */
enum { DOMAINS = 3 };

static struct {
    PyMemAllocatorEx own[DOMAINS]; /* the interpreter's, which do the work */
    struct dcb_ledger *ledger;
    bool native;
} wrapped;

/* For where nothing is preloaded. */
static struct dcb_ledger own_ledger;

/* Allocators call each other: what the outermost one was asked for counts. */
static __thread unsigned depth;

static bool is_inside(void)
{
    return depth > 0;
}

static void *wrapped_malloc(void *context, size_t size)
{
    const PyMemAllocatorEx *own = context;
    void *block;

    depth++;
    block = own->malloc(own->ctx, size);
    if (--depth == 0)
        dcb_ledger_add(wrapped.ledger, DCB_LAYER_INTERPRETER, block, size);
    return block;
}

static void *wrapped_calloc(void *context, size_t count, size_t size)
{
    const PyMemAllocatorEx *own = context;
    void *block;

    depth++;
    block = own->calloc(own->ctx, count, size);
    if (--depth == 0)
        dcb_ledger_add(wrapped.ledger, DCB_LAYER_INTERPRETER, block, count * size);
    return block;
}

static void *wrapped_realloc(void *context, void *block, size_t size)
{
    const PyMemAllocatorEx *own = context;
    struct dcb_ledger_block old;
    bool known = depth == 0 && dcb_ledger_take(wrapped.ledger, block, &old);
    void *moved;

    depth++;
    moved = own->realloc(own->ctx, block, size);
    if (--depth > 0)
        return moved;
    if (!known)
        dcb_ledger_add(wrapped.ledger, DCB_LAYER_INTERPRETER, moved, size);
    else if (moved)
        dcb_ledger_put(wrapped.ledger, &old, moved, size);
    else
        dcb_ledger_restore(wrapped.ledger, &old);
    return moved;
}

static void wrapped_free(void *context, void *block)
{
    const PyMemAllocatorEx *own = context;

    if (depth++ == 0)
        dcb_ledger_free(wrapped.ledger, block);
    own->free(own->ctx, block);
    depth--;
}

static void lock(void)
{
    dcb_ledger_lock(wrapped.ledger);
}

static void unlock(void)
{
    dcb_ledger_unlock(wrapped.ledger);
}

static int find_ledger(struct dcb_error *err)
{
    struct dcb_preload *preload = dlsym(RTLD_DEFAULT, DCB_PRELOAD_SYMBOL);

    if (!preload) {
        wrapped.ledger = &own_ledger;
        pthread_atfork(lock, unlock, unlock);
        return 0;
    }
    if (preload->size != sizeof *preload)
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "the library that counts malloc belongs to another dcbench");
    wrapped.ledger = &preload->ledger;
    wrapped.native = true;
    preload->is_inside = is_inside;
    return 0;
}

int worker_wrap_allocators(struct dcb_error *err)
{
    static const PyMemAllocatorDomain domains[DOMAINS] = {
        PYMEM_DOMAIN_RAW, PYMEM_DOMAIN_MEM, PYMEM_DOMAIN_OBJ};

    if (find_ledger(err) != 0)
        return -1;
    for (int i = 0; i < DOMAINS; i++) {
        PyMemAllocatorEx wrapper = {.ctx = &wrapped.own[i],
                                    .malloc = wrapped_malloc,
                                    .calloc = wrapped_calloc,
                                    .realloc = wrapped_realloc,
                                    .free = wrapped_free};

        PyMem_GetAllocator(domains[i], &wrapped.own[i]);
        PyMem_SetAllocator(domains[i], &wrapper);
    }
    return 0;
}

struct dcb_ledger *worker_ledger(void)
{
    return wrapped.ledger;
}

bool worker_counts_native(void)
{
    return wrapped.native;
}
