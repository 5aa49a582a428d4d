#include "ledger.h"

#include <sched.h>
#include <sys/mman.h>

enum { CAPACITY_MIN = 1 << 14 };

void dcb_ledger_lock(struct dcb_ledger *ledger)
{
    while (atomic_flag_test_and_set_explicit(&ledger->lock, memory_order_acquire))
        sched_yield();
}

void dcb_ledger_unlock(struct dcb_ledger *ledger)
{
    atomic_flag_clear_explicit(&ledger->lock, memory_order_release);
}

/* ---- the table: open addressing, no gaps ---- */

static size_t place_of(const struct dcb_ledger *ledger, uintptr_t address)
{
    uint64_t hash = (uint64_t)(address >> 4) * UINT64_C(0x9e3779b97f4a7c15);

    return (size_t)(hash >> 20) & (ledger->capacity - 1);
}

/* Where the address stands, or the free place where it would. */
static size_t look_up(const struct dcb_ledger *ledger, uintptr_t address)
{
    size_t place = place_of(ledger, address);

    while (ledger->blocks[place].address && ledger->blocks[place].address != address)
        place = (place + 1) & (ledger->capacity - 1);
    return place;
}

static bool grow(struct dcb_ledger *ledger)
{
    struct dcb_ledger_block *old = ledger->blocks;
    size_t old_capacity = ledger->capacity;
    size_t capacity = old_capacity ? 2 * old_capacity : CAPACITY_MIN;
    void *room = mmap(NULL, capacity * sizeof *old, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (room == MAP_FAILED)
        return false;
    ledger->blocks = room;
    ledger->capacity = capacity;
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i].address)
            ledger->blocks[look_up(ledger, old[i].address)] = old[i];
    }
    if (old)
        munmap(old, old_capacity * sizeof *old);
    return true;
}

static void insert(struct dcb_ledger *ledger, const struct dcb_ledger_block *block)
{
    if (ledger->count >= ledger->capacity / 2 && !grow(ledger))
        ledger->broken = true;
    /* One place always stays free, or no search would end. */
    if (ledger->count + 1 >= ledger->capacity)
        return;
    ledger->blocks[look_up(ledger, block->address)] = *block;
    ledger->count++;
}

/* Closes the gap: whatever was pushed behind its own place by this one moves up. */
static void erase(struct dcb_ledger *ledger, size_t gap)
{
    size_t mask = ledger->capacity - 1;

    for (size_t i = (gap + 1) & mask; ledger->blocks[i].address; i = (i + 1) & mask) {
        size_t home = place_of(ledger, ledger->blocks[i].address);

        if (((i - home) & mask) >= ((i - gap) & mask)) {
            ledger->blocks[gap] = ledger->blocks[i];
            gap = i;
        }
    }
    ledger->blocks[gap].address = 0;
    ledger->count--;
}

static bool remove_block(struct dcb_ledger *ledger, uintptr_t address,
                         struct dcb_ledger_block *ret_block)
{
    size_t place;

    if (!ledger->capacity || !address)
        return false;
    place = look_up(ledger, address);
    if (!ledger->blocks[place].address)
        return false;
    *ret_block = ledger->blocks[place];
    erase(ledger, place);
    return true;
}

/* ---- the sums ---- */

static void change(struct dcb_ledger *ledger, const struct dcb_ledger_block *block,
                   int64_t blocks, int64_t bytes)
{
    enum dcb_layer layers[] = {block->layer, DCB_LAYER_BOTH};

    ledger->event++;
    for (int i = 0; i < 2; i++) {
        struct dcb_ledger_counts *counts = &ledger->counts[layers[i]];

        counts->blocks += blocks;
        counts->bytes += bytes;
        counts->allocations += blocks > 0;
        counts->frees += blocks < 0;
        counts->reallocations += blocks == 0;
        if (counts->bytes <= counts->peak)
            continue;
        counts->peak = counts->bytes;
        if (layers[i] == DCB_LAYER_BOTH)
            ledger->peak_event = ledger->event;
    }
    if (ledger->event != ledger->trap_event)
        return;
    ledger->trapped = true;
    ledger->trap(ledger->context, block->address);
}

static void spring(struct dcb_ledger *ledger)
{
    if (!ledger->trapped)
        return;
    ledger->trapped = false;
    ledger->trap(ledger->context, 0);
}

/* A block of this address was given back behind our back. */
static void forget(struct dcb_ledger *ledger, uintptr_t address)
{
    struct dcb_ledger_block old;

    if (remove_block(ledger, address, &old))
        change(ledger, &old, -1, -(int64_t)old.size);
}

void dcb_ledger_add(struct dcb_ledger *ledger, enum dcb_layer layer, const void *address,
                    size_t size)
{
    struct dcb_ledger_block block = {
        .address = (uintptr_t)address, .size = size, .layer = layer};

    if (!address)
        return;
    dcb_ledger_lock(ledger);
    spring(ledger);
    forget(ledger, block.address);
    block.serial = ledger->serial++;
    insert(ledger, &block);
    change(ledger, &block, 1, (int64_t)size);
    dcb_ledger_unlock(ledger);
}

void dcb_ledger_free(struct dcb_ledger *ledger, const void *address)
{
    if (!address)
        return;
    dcb_ledger_lock(ledger);
    spring(ledger);
    forget(ledger, (uintptr_t)address);
    dcb_ledger_unlock(ledger);
}

bool dcb_ledger_take(struct dcb_ledger *ledger, const void *address,
                     struct dcb_ledger_block *ret_block)
{
    bool found;

    dcb_ledger_lock(ledger);
    spring(ledger);
    found = remove_block(ledger, (uintptr_t)address, ret_block);
    dcb_ledger_unlock(ledger);
    return found;
}

void dcb_ledger_put(struct dcb_ledger *ledger, const struct dcb_ledger_block *block,
                    const void *address, size_t size)
{
    struct dcb_ledger_block now = *block;

    now.address = (uintptr_t)address;
    now.size = size;
    dcb_ledger_lock(ledger);
    forget(ledger, now.address);
    insert(ledger, &now);
    change(ledger, &now, 0, (int64_t)size - (int64_t)block->size);
    dcb_ledger_unlock(ledger);
}

void dcb_ledger_restore(struct dcb_ledger *ledger, const struct dcb_ledger_block *block)
{
    dcb_ledger_lock(ledger);
    insert(ledger, block);
    dcb_ledger_unlock(ledger);
}

void dcb_ledger_drop(struct dcb_ledger *ledger, const struct dcb_ledger_block *block)
{
    dcb_ledger_lock(ledger);
    change(ledger, block, -1, -(int64_t)block->size);
    dcb_ledger_unlock(ledger);
}

uint64_t dcb_ledger_begin(struct dcb_ledger *ledger, uint64_t event)
{
    uint64_t serial;

    dcb_ledger_lock(ledger);
    for (int i = 0; i < DCB_LAYER_COUNT; i++) {
        struct dcb_ledger_counts *counts = &ledger->counts[i];

        counts->peak = counts->bytes;
        counts->allocations = counts->frees = counts->reallocations = 0;
    }
    ledger->event = ledger->peak_event = 0;
    ledger->trap_event = event;
    ledger->trapped = false;
    serial = ledger->serial;
    dcb_ledger_unlock(ledger);
    return serial;
}

void dcb_ledger_end(struct dcb_ledger *ledger)
{
    dcb_ledger_lock(ledger);
    spring(ledger);
    ledger->trap_event = 0;
    dcb_ledger_unlock(ledger);
}

void dcb_ledger_read(struct dcb_ledger *ledger,
                     struct dcb_ledger_counts ret_counts[DCB_LAYER_COUNT])
{
    dcb_ledger_lock(ledger);
    for (int i = 0; i < DCB_LAYER_COUNT; i++)
        ret_counts[i] = ledger->counts[i];
    dcb_ledger_unlock(ledger);
}

/* ---- reading ---- */

bool dcb_ledger_find(struct dcb_ledger *ledger, uintptr_t address,
                     struct dcb_ledger_block *ret_block)
{
    bool found = false;

    dcb_ledger_lock(ledger);
    if (ledger->capacity && address) {
        *ret_block = ledger->blocks[look_up(ledger, address)];
        found = ret_block->address != 0;
    }
    dcb_ledger_unlock(ledger);
    return found;
}

void dcb_ledger_each(const struct dcb_ledger *ledger,
                     void (*visit)(void *context, const struct dcb_ledger_block *block),
                     void *context)
{
    for (size_t i = 0; i < ledger->capacity; i++) {
        if (ledger->blocks[i].address)
            visit(context, &ledger->blocks[i]);
    }
}
