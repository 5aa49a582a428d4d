#include "py_python.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "error.h"
#include "py_memory.h"
#include "xalloc.h"

/*
 * What blocks of memory are. The interpreter's allocators do not know, but an object says
 * of what type it is, at one of few distances from the start of its block, and what an
 * object has in blocks of its own it points to. Nothing is asked of the objects, so that
 * this can be done in the middle of any call; no word outside of live blocks is read.
 *
 * All room is mapped, since it is used from within the allocators.
 */

enum { WORDS = sizeof(uintptr_t), PASSES = 8 };

/* The garbage collector's header, and two words of a class's instance before it. */
static const size_t distances[] = {0, 2 * WORDS, 4 * WORDS};

/* How good a reason is to say that a block belongs to an object; the least is the best.
 * Frames have room for values that is not always in use: what stands there may be old. */
enum reason {
    AT_START,       /* a new object points to its start */
    WITHIN,         /* or to some place in it */
    OLDER_AT_START, /* an object points to it that was there before the call */
    OLDER_WITHIN,
    OF_FRAME,
    OF_TABLE, /* a block that belongs to somebody points to it, ... */
    OF_TABLES_END = OF_TABLE + PASSES,
    NO_REASON
};

struct worker_blocks {
    const struct dcb_ledger *ledger;
    uintptr_t *types; /* sorted */
    size_t type_count;
    uintptr_t newest; /* a block that is not named yet; 0 */
    uint64_t first;   /* serial: only blocks from here on are looked at */

    struct worker_block *blocks; /* sorted by address */
    size_t count, capacity;
    bool full; /* no room was to be had */
    bool taken;
};

/* ---- types ---- */

static int compare_addresses(const void *a, const void *b)
{
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

    return x < y ? -1 : x > y;
}

static const PyTypeObject *find_type(const struct worker_blocks *blocks,
                                     uintptr_t address)
{
    return bsearch(&address, blocks->types, blocks->type_count, sizeof address,
                   compare_addresses)
               ? (const PyTypeObject *)address
               : NULL;
}

/* Counts of references are small; from 3.12 on the immortal's are not, and from 3.14 on
 * there are flags in the upper quarter. The addresses of user space are neither: those of
 * a program that was linked to a fixed place begin at LOWEST. */
static bool may_be_count(uintptr_t word)
{
    enum { LOWEST = 0x400000 };
    uint32_t count = (uint32_t)word;

    return (word >> 32 & 0xffff) == 0 && count > 0 &&
           (count < LOWEST || (PY_VERSION_HEX >= 0x030c0000 && count >> 31));
}

/* The block as an object: its type, and whether it is alive or waits in a list of free
 * ones. NULL where it is no object. */
static const PyTypeObject *type_of(const struct worker_blocks *blocks,
                                   const struct dcb_ledger_block *block, bool *ret_free)
{
    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
        uintptr_t head[2];
        const PyTypeObject *type;
        bool collected;

        if (block->size < distances[i] + sizeof head)
            continue;
        memcpy(head, (const void *)(block->address + distances[i]), sizeof head);
        type = find_type(blocks, head[1]);
        if (!type || block->size < distances[i] + (size_t)type->tp_basicsize)
            continue;
        collected = (type->tp_flags & Py_TPFLAGS_HAVE_GC) != 0;
        if (collected != (i > 0))
            continue;
        *ret_free = !may_be_count(head[0]);
        if (!*ret_free || type->tp_itemsize ||
            block->size == distances[i] + (size_t)type->tp_basicsize)
            return type;
    }
    return NULL;
}

/* ---- the picture ---- */

static void name_object(const struct worker_blocks *blocks, struct worker_block *item)
{
    if (item->block.layer == DCB_LAYER_INTERPRETER)
        item->type = type_of(blocks, &item->block, &item->free);
    item->object = item->type != NULL;
    item->free = item->object && item->free;
}

static void add_block(void *context, const struct dcb_ledger_block *block)
{
    struct worker_blocks *blocks = context;
    struct worker_block *item;

    if (block->serial < blocks->first)
        return;
    if (blocks->count == blocks->capacity) {
        size_t capacity = blocks->capacity ? 2 * blocks->capacity : 4096;
        void *room = mmap(NULL, capacity * sizeof *item, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (room == MAP_FAILED) {
            blocks->full = true;
            return;
        }
        if (blocks->blocks) {
            memcpy(room, blocks->blocks, blocks->count * sizeof *item);
            munmap(blocks->blocks, blocks->capacity * sizeof *item);
        }
        blocks->blocks = room;
        blocks->capacity = capacity;
    }
    item = &blocks->blocks[blocks->count++];
    *item = (struct worker_block){.block = *block, .reason = NO_REASON};
    if (block->address != blocks->newest)
        name_object(blocks, item);
}

/* A heap sort: the one of the library may ask for memory. */
static void sift_down(struct worker_block *items, size_t root, size_t count)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        struct worker_block swapped;

        if (child + 1 < count &&
            items[child].block.address < items[child + 1].block.address)
            child++;
        if (items[root].block.address >= items[child].block.address)
            return;
        swapped = items[root];
        items[root] = items[child];
        items[child] = swapped;
    }
}

static void sort_blocks(struct worker_block *items, size_t count)
{
    for (size_t i = count / 2; i > 0; i--)
        sift_down(items, i - 1, count);
    for (size_t last = count; last > 1; last--) {
        struct worker_block swapped = items[0];

        items[0] = items[last - 1];
        items[last - 1] = swapped;
        sift_down(items, 0, last - 1);
    }
}

/* The block that an address lies in, of those in the picture. */
static struct worker_block *block_around(const struct worker_blocks *blocks,
                                         uintptr_t address)
{
    size_t low = 0, high = blocks->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct worker_block *item = &blocks->blocks[middle];

        if (address < item->block.address)
            high = middle;
        else if (address >= item->block.address + item->block.size)
            low = middle + 1;
        else
            return item;
    }
    return NULL;
}

static bool is_frame(const PyTypeObject *type)
{
    return type == &PyFrame_Type || type == &PyGen_Type || type == &PyCoro_Type ||
           type == &PyAsyncGen_Type;
}

/* Of equal reasons that of the oldest block counts: so it is the same in each process. */
static bool is_better(const struct worker_block *item, unsigned reason, uint64_t serial)
{
    return reason < item->reason || (reason == item->reason && serial < item->owner);
}

/* What stands in room that is not in use yet may be left from an object that was there
 * before. Nobody points to the header of the collector, and nobody to what is no object
 * any more: what an object points to the very start of is a table of its own. */
static bool is_mistaken(const struct worker_block *item, uintptr_t word, unsigned reason)
{
    return item->object && item->free && reason == AT_START &&
           word == item->block.address;
}

/* ---- tables of which there is no doubt ---- */

/* Where in an object the addresses of its tables stand; SIZE_MAX ends them. */
static const size_t *tables_of(const PyTypeObject *type)
{
    static const size_t of_list[] = {offsetof(PyListObject, ob_item), SIZE_MAX},
                        of_dict[] = {offsetof(PyDictObject, ma_keys),
                                     offsetof(PyDictObject, ma_values), SIZE_MAX},
                        of_set[] = {offsetof(PySetObject, table), SIZE_MAX},
                        of_bytearray[] = {offsetof(PyByteArrayObject, ob_bytes),
                                          SIZE_MAX},
                        none[] = {SIZE_MAX};

    if (type->tp_flags & Py_TPFLAGS_LIST_SUBCLASS)
        return of_list;
    if (type->tp_flags & Py_TPFLAGS_DICT_SUBCLASS)
        return of_dict;
    if (type == &PySet_Type || type == &PyFrozenSet_Type)
        return of_set;
    return type == &PyByteArray_Type ? of_bytearray : none;
}

/* The address of the object in its block; 0 where it is none of the type. */
static uintptr_t object_in(const struct dcb_ledger_block *block, const PyTypeObject *type)
{
    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
        uintptr_t word;

        if (block->size < distances[i] + (size_t)type->tp_basicsize)
            break;
        memcpy(&word, (const void *)(block->address + distances[i] + WORDS), sizeof word);
        if (word == (uintptr_t)type)
            return block->address + distances[i];
    }
    return 0;
}

/* Whatever its tables look like: they may have been made where an object was before, and
 * not be full yet. */
static void take_tables(const struct worker_blocks *blocks,
                        const struct dcb_ledger_block *block, const PyTypeObject *type,
                        unsigned reason)
{
    const size_t *tables = tables_of(type);
    uintptr_t object = *tables == SIZE_MAX ? 0 : object_in(block, type);

    for (; object && *tables != SIZE_MAX; tables++) {
        struct worker_block *item;
        uintptr_t word;

        memcpy(&word, (const void *)(object + *tables), sizeof word);
        item = block_around(blocks, word);
        if (!item || item->block.address == block->address ||
            item->block.layer != DCB_LAYER_INTERPRETER ||
            (item->object ? word != item->block.address
                          : !is_better(item, reason, block->serial)))
            continue;
        item->object = item->free = false;
        item->type = type;
        item->reason = reason;
        item->owner = block->serial;
    }
}

/* Of an object from before the call; NULL: it is none, or of the call. */
static const PyTypeObject *type_of_older(const struct worker_blocks *blocks,
                                         const struct dcb_ledger_block *block)
{
    const PyTypeObject *type;
    bool is_free;

    if (block->serial >= blocks->first || block->layer != DCB_LAYER_INTERPRETER)
        return NULL;
    type = type_of(blocks, block, &is_free);
    return type && !is_free ? type : NULL;
}

static void take_tables_of_older(void *context, const struct dcb_ledger_block *block)
{
    struct worker_blocks *blocks = context;
    const PyTypeObject *type = type_of_older(blocks, block);

    if (type)
        take_tables(blocks, block, type, OLDER_AT_START);
}

/* Blocks that a block points into, and that are no objects, may belong to its owner.
 * `reason` is the one for a pointer to the start. */
static bool claim(const struct worker_blocks *blocks,
                  const struct dcb_ledger_block *block, const PyTypeObject *type,
                  unsigned reason)
{
    bool found = false;

    for (size_t at = 0; at + WORDS <= block->size; at += WORDS) {
        struct worker_block *item;
        unsigned own = is_frame(type) ? OF_FRAME : reason;
        uintptr_t word;

        memcpy(&word, (const void *)(block->address + at), sizeof word);
        item = block_around(blocks, word);
        if (item && is_mistaken(item, word, own)) {
            item->object = item->free = false;
            item->type = NULL;
        }
        if (!item || item->object || item->block.layer != DCB_LAYER_INTERPRETER)
            continue;
        if (own <= OLDER_WITHIN && word != item->block.address)
            own++;
        if (item->block.address == block->address || !is_better(item, own, block->serial))
            continue;
        item->type = type;
        item->reason = own;
        item->owner = block->serial;
        found = true;
    }
    return found;
}

static void claim_for_older(void *context, const struct dcb_ledger_block *block)
{
    struct worker_blocks *blocks = context;
    const PyTypeObject *type = type_of_older(blocks, block);

    if (type)
        claim(blocks, block, type, OLDER_AT_START);
}

/* Whether some block has no better owner than that. */
static bool lacks(const struct worker_blocks *blocks, unsigned reason)
{
    for (size_t i = 0; i < blocks->count; i++) {
        const struct worker_block *item = &blocks->blocks[i];

        if (!item->object && item->block.layer == DCB_LAYER_INTERPRETER &&
            item->reason >= reason)
            return true;
    }
    return false;
}

static void claim_all(struct worker_blocks *blocks)
{
    bool found = true;

    dcb_ledger_each(blocks->ledger, take_tables_of_older, blocks);
    for (size_t i = 0; i < blocks->count; i++) {
        const struct worker_block *item = &blocks->blocks[i];

        if (item->object && !item->free)
            take_tables(blocks, &item->block, item->type, AT_START);
    }
    for (size_t i = 0; i < blocks->count; i++) {
        const struct worker_block *item = &blocks->blocks[i];

        if (item->object && !item->free)
            claim(blocks, &item->block, item->type, AT_START);
    }
    if (lacks(blocks, OF_FRAME))
        dcb_ledger_each(blocks->ledger, claim_for_older, blocks);
    for (unsigned pass = 0; found && pass < PASSES && lacks(blocks, NO_REASON); pass++) {
        found = false;
        for (size_t i = 0; i < blocks->count; i++) {
            const struct worker_block *item = &blocks->blocks[i];

            if (item->type && !item->object && item->reason < OF_TABLE + pass)
                found = claim(blocks, &item->block, item->type, OF_TABLE + pass) || found;
        }
    }
}

/* What was allocated last is no object yet, or nobody points to it. */
static void name_newest(struct worker_blocks *blocks)
{
    struct worker_block *item = block_around(blocks, blocks->newest);

    if (item && !item->object) {
        name_object(blocks, item);
        item->free = false; /* whatever has become of it meanwhile */
        claim_all(blocks);
    }
}

void worker_blocks_take(void *context, uintptr_t newest)
{
    struct worker_blocks *blocks = context;

    if (newest == 0 && blocks->taken) {
        name_newest(blocks);
        return;
    }
    blocks->newest = newest;
    blocks->count = 0;
    blocks->full = false;
    blocks->taken = true;
    dcb_ledger_each(blocks->ledger, add_block, blocks);
    sort_blocks(blocks->blocks, blocks->count);
    claim_all(blocks);
}

/* ---- from outside ---- */

struct worker_blocks *worker_blocks_new(PyObject *types_b)
{
    struct worker_blocks *blocks = dcb_xcalloc(1, sizeof *blocks);

    blocks->ledger = worker_ledger();
    blocks->type_count = (size_t)PyList_GET_SIZE(types_b);
    blocks->types = dcb_xcalloc(blocks->type_count + 1, sizeof *blocks->types);
    for (size_t i = 0; i < blocks->type_count; i++)
        blocks->types[i] = (uintptr_t)PyList_GET_ITEM(types_b, (Py_ssize_t)i);
    qsort(blocks->types, blocks->type_count, sizeof *blocks->types, compare_addresses);
    return blocks;
}

void worker_blocks_free(struct worker_blocks *blocks)
{
    if (!blocks)
        return;
    if (blocks->blocks)
        munmap(blocks->blocks, blocks->capacity * sizeof *blocks->blocks);
    free(blocks->types);
    free(blocks);
}

void worker_blocks_from(struct worker_blocks *blocks, uint64_t serial)
{
    blocks->first = serial;
    blocks->taken = false;
}

const struct worker_block *worker_blocks_list(const struct worker_blocks *blocks,
                                              size_t *ret_count)
{
    *ret_count = blocks->count;
    return blocks->taken && !blocks->full ? blocks->blocks : NULL;
}

void worker_blocks_know(struct worker_blocks *blocks, PyObject *object_b)
{
    struct worker_block *item = block_around(blocks, (uintptr_t)object_b);

    if (!item)
        return;
    item->type = Py_TYPE(object_b);
    item->object = true;
    item->free = false;
}
