/*
 * libc's allocator with a ledger: preloaded into workers that count memory, and into no
 * other process. Sizes are those asked for. Everything that calls malloc by its name
 * comes by here: native code, the C++ operators, strdup, the interpreter's allocators
 * (whose blocks the worker counts). What libc itself allocates does too.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "preload.h"

#define EXPORTED __attribute__((visibility("default")))

/* glibc's own, under the names that its allocator has for others to build on. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

EXPORTED struct dcb_preload dcbench_preload = {.size = sizeof dcbench_preload};

static bool is_ours(void)
{
    return !dcbench_preload.is_inside || !dcbench_preload.is_inside();
}

static void *add(void *block, size_t size)
{
    if (block && is_ours())
        dcb_ledger_add(&dcbench_preload.ledger, DCB_LAYER_NATIVE, block, size);
    return block;
}

EXPORTED void *malloc(size_t size)
{
    return add(__libc_malloc(size), size);
}

EXPORTED void *calloc(size_t count, size_t size)
{
    return add(__libc_calloc(count, size), count * size);
}

EXPORTED void free(void *block)
{
    int saved = errno;

    dcb_ledger_free(&dcbench_preload.ledger, block);
    __libc_free(block);
    errno = saved;
}

EXPORTED void *realloc(void *block, size_t size)
{
    struct dcb_ledger_block old;
    void *moved;

    if (!block)
        return malloc(size);
    if (!dcb_ledger_take(&dcbench_preload.ledger, block, &old))
        return add(__libc_realloc(block, size), size);
    moved = __libc_realloc(block, size);
    if (moved)
        dcb_ledger_put(&dcbench_preload.ledger, &old, moved, size);
    else if (size == 0)
        dcb_ledger_drop(&dcbench_preload.ledger, &old);
    else
        dcb_ledger_restore(&dcbench_preload.ledger, &old);
    return moved;
}

EXPORTED void *reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, bytes);
}

EXPORTED void *memalign(size_t alignment, size_t size)
{
    return add(__libc_memalign(alignment, size), size);
}

EXPORTED void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

EXPORTED void *valloc(size_t size)
{
    return memalign((size_t)sysconf(_SC_PAGESIZE), size);
}

EXPORTED void *pvalloc(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes;

    if (__builtin_add_overflow(size, page - 1, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return memalign(page, bytes / page * page);
}

EXPORTED int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
    int saved = errno;
    void *block;

    if (alignment % sizeof(void *) != 0 || alignment == 0 ||
        (alignment & (alignment - 1)) != 0)
        return EINVAL;
    block = memalign(alignment, size);
    errno = saved;
    if (!block)
        return ENOMEM;
    *ret_block = block;
    return 0;
}

static void lock(void)
{
    dcb_ledger_lock(&dcbench_preload.ledger);
}

static void unlock(void)
{
    dcb_ledger_unlock(&dcbench_preload.ledger);
}

__attribute__((constructor)) static void prepare(void)
{
    /* Programs that the workload starts are none of ours. */
    unsetenv("LD_PRELOAD");
    pthread_atfork(lock, unlock, unlock);
}
