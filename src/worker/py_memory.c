#include "py_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "error.h"
#include "xalloc.h"

/* What nobody counts: iterations, and calls of deepcopy, within each other, in all of
 * these. Before 3.11 a function gets a cache with its call number 1025. Objects of
 * gigabytes have their copies counted today: after so much time, the least is enough. */
enum {
    WARM_UP_SECONDS = 2,
    WARM_UP_LEAST = 5,
    WARM_UP_ITERATIONS = PY_VERSION_HEX < 0x030b0000 ? 1100 : 100,
    WARM_UP_CALLS = PY_VERSION_HEX < 0x030b0000 ? 300000 : 50000
};

/* ---- what is needed between calls ---- */

struct worker_memory {
    struct dcb_ledger *ledger;
    PyObject *collect, *getsizeof, *user_dict, *all_types, *not_shared;
    PyObject *types; /* the list that `blocks` was made from */
    struct worker_blocks *blocks;
    uint64_t warm_up;        /* iterations that nobody counts */
    struct worker_peak peak; /* of the iteration in hand */
};

int worker_memory_open(struct worker_python *python, struct dcb_error *err)
{
    struct worker_memory *memory = dcb_xcalloc(1, sizeof *memory);
    PyObject *module = worker_import_support(python, "memory", 1), *tools = NULL;

    memory->ledger = worker_ledger();
    if (module)
        tools = PyObject_CallMethod(module, "make_tools", NULL);
    Py_XDECREF(module);
    if (!tools ||
        !PyArg_ParseTuple(tools, "OOOOO", &memory->collect, &memory->getsizeof,
                          &memory->user_dict, &memory->all_types, &memory->not_shared)) {
        free(memory);
        return worker_error_from_exception(python, err);
    }
    /* `tools` is kept for the process's life, and with it what is in it. */
    python->memory = memory;
    return 0;
}

int worker_memory_prepare(struct worker_python *python, struct dcb_error *err)
{
    struct worker_memory *memory = python->memory;
    uint64_t weight;

    if (worker_weigh(python, WARM_UP_CALLS, &weight, err) != 0)
        return -1;
    memory->warm_up = WARM_UP_CALLS / weight;
    if (memory->warm_up > WARM_UP_ITERATIONS)
        memory->warm_up = WARM_UP_ITERATIONS;
    return 0;
}

/* A new reference; NULL with an exception, or, for none, without. */
static PyObject *make_memo(const struct worker_memory *memory, enum dcb_memo kind)
{
    PyObject *dict, *proxy;

    switch (kind) {
    case DCB_MEMO_DICT:
        return PyDict_New();
    case DCB_MEMO_MAPPING:
        dict = PyDict_New();
        proxy = dict ? PyDictProxy_New(dict) : NULL;
        Py_XDECREF(dict);
        return proxy;
    case DCB_MEMO_MUTABLE_MAPPING:
        return PyObject_CallNoArgs(memory->user_dict);
    case DCB_MEMO_NONE:
        Py_INCREF(Py_None);
        return Py_None;
    case DCB_MEMO_ABSENT:
    case DCB_MEMO_COUNT:
        break;
    }
    return NULL;
}

PyObject *worker_make_memo(const struct worker_python *python, enum dcb_memo kind)
{
    return make_memo(python->memory, kind);
}

/* ---- one call ---- */

struct call {
    size_t object;
    enum dcb_memo kind;
    uint64_t trap_event; /* 0: no picture is taken */

    struct dcb_ledger_counts before[DCB_LAYER_COUNT]; /* without memo and copy */
    struct dcb_ledger_counts start[DCB_LAYER_COUNT];  /* with the memo */
    struct dcb_ledger_counts end[DCB_LAYER_COUNT];    /* as soon as it is over */
    struct dcb_ledger_counts kept[DCB_LAYER_COUNT];   /* copy and memo, collected */
    struct dcb_ledger_counts net[DCB_LAYER_COUNT];    /* the copy alone */
    struct dcb_ledger_counts after[DCB_LAYER_COUNT];  /* nothing */
    uint64_t serial, end_serial; /* of the first block in it, and of the first behind */
    uint64_t peak_event;
    bool raised; /* by the implementation: no fault of ours */
    PyObject *copy, *memo;
};

static int collect_and_read(const struct worker_memory *memory,
                            struct dcb_ledger_counts ret_counts[DCB_LAYER_COUNT])
{
    if (worker_rest(memory->collect) != 0)
        return -1;
    dcb_ledger_read(memory->ledger, ret_counts);
    return 0;
}

/* Between the two calls of the ledger there is the call and nothing else. */
static int make_copy(const struct worker_python *python, struct call *call)
{
    const struct worker_memory *memory = python->memory;
    PyObject *arguments_b[3] = {NULL, python->arguments_b[call->object + 1], call->memo};
    size_t count = call->kind == DCB_MEMO_ABSENT ? 1 : 2;

    call->serial = dcb_ledger_begin(memory->ledger, call->trap_event);
    if (call->trap_event)
        worker_blocks_from(memory->blocks, call->serial);
    call->copy = PyObject_Vectorcall(python->callables[0], arguments_b + 1,
                                     count | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    if (call->copy && worker_look_up() != 0)
        Py_CLEAR(call->copy);
    dcb_ledger_read(memory->ledger, call->end);
    call->peak_event = memory->ledger->peak_event;
    call->end_serial = memory->ledger->serial;
    dcb_ledger_end(memory->ledger);
    call->raised = call->copy == NULL;
    return call->copy ? 0 : -1;
}

/* Up to where the copy is alive alone. */
static int begin_call(const struct worker_python *python, struct call *call)
{
    const struct worker_memory *memory = python->memory;

    if (collect_and_read(memory, call->before) != 0)
        return -1;
    call->memo = make_memo(memory, call->kind);
    if (!call->memo && PyErr_Occurred())
        return -1;
    if (collect_and_read(memory, call->start) != 0 || make_copy(python, call) != 0 ||
        collect_and_read(memory, call->kept) != 0)
        return -1;
    Py_CLEAR(call->memo);
    return collect_and_read(memory, call->net);
}

static int end_call(const struct worker_python *python, struct call *call, int rc)
{
    Py_CLEAR(call->copy);
    Py_CLEAR(call->memo);
    return rc == 0 ? collect_and_read(python->memory, call->after) : -1;
}

/* Adds a call to an iteration. */
static void add_call(const struct call *call, struct dcb_figures *figures)
{
    for (int i = 0; i < DCB_LAYER_COUNT; i++) {
        int64_t *values = figures->values[i];
        int64_t peak = call->end[i].peak - call->start[i].bytes;
        int64_t net = call->net[i].bytes - call->before[i].bytes;

        if (peak > values[DCB_FIGURE_PEAK])
            values[DCB_FIGURE_PEAK] = peak;
        values[DCB_FIGURE_NET] += net;
        if (call->kind != DCB_MEMO_ABSENT && call->kind != DCB_MEMO_NONE)
            values[DCB_FIGURE_MEMO] += call->kept[i].bytes - call->start[i].bytes - net;
        values[DCB_FIGURE_ALLOCATIONS] += (int64_t)call->end[i].allocations;
        values[DCB_FIGURE_FREES] += (int64_t)call->end[i].frees;
        values[DCB_FIGURE_REALLOCATIONS] += (int64_t)call->end[i].reallocations;
        values[DCB_FIGURE_LEFT] += call->after[i].bytes - call->before[i].bytes;
        values[DCB_FIGURE_LEFT_BLOCKS] += call->after[i].blocks - call->before[i].blocks;
    }
}

static enum dcb_failure failed(const struct worker_python *python,
                               const struct call *call, struct dcb_error *err)
{
    worker_error_from_exception(python, err);
    return call->raised ? DCB_FAILURE_RAISED : DCB_FAILURE_LOAD;
}

static bool is_whole(const struct worker_memory *memory, struct dcb_error *err)
{
    if (memory->ledger->broken)
        dcb_error_set(err, DCB_ERROR_SYSTEM,
                      "no memory to keep the ledger of its blocks in");
    return !memory->ledger->broken;
}

enum dcb_failure worker_memory_count(struct worker_python *python, enum dcb_memo kind,
                                     void (*step)(void *context), void *context,
                                     struct dcb_figures *ret_figures,
                                     struct dcb_error *err)
{
    struct dcb_figures figures = {0};
    struct worker_memory *memory = python->memory;
    int64_t highest = 0;

    memory->peak = (struct worker_peak){.kind = kind};
    for (size_t i = 0; i < python->object_count; i++) {
        struct call call = {.object = i, .kind = kind};
        int64_t peak;

        step(context);
        if (end_call(python, &call, begin_call(python, &call)) != 0)
            return failed(python, &call, err);
        add_call(&call, &figures);
        peak = call.end[DCB_LAYER_BOTH].peak - call.start[DCB_LAYER_BOTH].bytes;
        if (peak > highest) {
            highest = peak;
            memory->peak = (struct worker_peak){
                .object = i, .kind = kind, .event = call.peak_event, .bytes = peak};
        }
    }
    *ret_figures = figures;
    return is_whole(memory, err) ? DCB_FAILURE_NONE : DCB_FAILURE_LOAD;
}

static time_t seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

enum dcb_failure worker_memory_warm_up(struct worker_python *python, enum dcb_memo kind,
                                       void (*step)(void *context), void *context,
                                       struct dcb_error *err)
{
    uint64_t calls = python->memory->warm_up * python->object_count;
    uint64_t least = WARM_UP_LEAST * python->object_count;
    time_t end = seconds() + WARM_UP_SECONDS;

    for (uint64_t i = 0; i < calls && (i < least || seconds() <= end); i++) {
        struct call call = {.object = i % python->object_count, .kind = kind};
        int rc;

        step(context);
        call.memo = make_memo(python->memory, kind);
        rc = call.memo || !PyErr_Occurred() ? make_copy(python, &call) : -1;
        Py_CLEAR(call.copy);
        Py_CLEAR(call.memo);
        if (rc != 0)
            return failed(python, &call, err);
    }
    return DCB_FAILURE_NONE;
}

/* ---- what blocks are ---- */

/* The types are those that there are now; a call makes none. -1 with an exception. */
static int prepare_blocks(struct worker_memory *memory)
{
    if (memory->blocks)
        return 0;
    memory->types = PyObject_CallNoArgs(memory->all_types);
    if (!memory->types || !PyList_Check(memory->types))
        return -1;
    memory->blocks = worker_blocks_new(memory->types);
    return 0;
}

static int take_picture(struct worker_python *python, struct worker_terms *ret_terms)
{
    struct worker_memory *memory = python->memory;
    struct call call = {.object = memory->peak.object,
                        .kind = memory->peak.kind,
                        .trap_event = memory->peak.event};
    size_t count;
    int rc;

    memory->ledger->trap = worker_blocks_take;
    memory->ledger->context = memory->blocks;
    rc = begin_call(python, &call);
    ret_terms->found = false;
    if (rc == 0 && worker_blocks_list(memory->blocks, &count)) {
        worker_terms_name(ret_terms, memory->blocks, memory->ledger);
        /* Blocks from before may have grown, or be gone. */
        worker_terms_balance(ret_terms, memory->peak.bytes);
        ret_terms->found = true;
    }
    return end_call(python, &call, rc);
}

int worker_memory_explain(struct worker_python *python, struct worker_terms *ret_terms,
                          struct dcb_error *err)
{
    struct worker_memory *memory = python->memory;

    *ret_terms = (struct worker_terms){.found = false};
    if (memory->peak.event == 0)
        return 0;
    if (prepare_blocks(memory) != 0 || take_picture(python, ret_terms) != 0)
        return worker_error_from_exception(python, err);
    return 0;
}

/* ---- what the copies should hold ---- */

/* What the blocks of the copy come to, by the type that each of them belongs to. It is
 * alive alone. */
static void add_blocks(const struct worker_memory *memory, PyObject *objects_b,
                       const struct call *call, struct worker_terms *terms)
{
    size_t count;
    const struct worker_block *items;

    worker_blocks_from(memory->blocks, call->serial);
    dcb_ledger_lock(memory->ledger);
    worker_blocks_take(memory->blocks, 0);
    dcb_ledger_unlock(memory->ledger);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(objects_b); i++)
        worker_blocks_know(memory->blocks, PyList_GET_ITEM(objects_b, i));
    items = worker_blocks_list(memory->blocks, &count);
    terms->found = items != NULL;
    for (size_t i = 0; items && i < count; i++) {
        if (items[i].block.serial < call->end_serial &&
            items[i].block.layer == DCB_LAYER_INTERPRETER)
            worker_terms_add_block(terms, &items[i], true);
    }
}

static int64_t net_of(const struct call *call)
{
    return call->net[DCB_LAYER_INTERPRETER].bytes -
           call->before[DCB_LAYER_INTERPRETER].bytes;
}

/* Where a call's net bytes are not those of its objects, each type has what it is more,
 * or less. -1 with an exception. */
static int explain_rest(struct worker_memory *memory, PyObject *objects_b,
                        const struct call *call, int64_t rest, struct worker_terms *ret)
{
    struct worker_prediction again = {.objects = 0};
    int64_t before = worker_terms_sum(ret);

    if (prepare_blocks(memory) != 0)
        return -1;
    worker_terms_add(ret, "other", false, 0);
    add_blocks(memory, objects_b, call, ret);
    if (worker_sizes_add(memory->getsizeof, objects_b, call->serial, call->end_serial,
                         &again, ret) != 0)
        return -1;
    worker_terms_add(ret, "other", false, rest - (worker_terms_sum(ret) - before));
    return 0;
}

/* -1 with an exception, which may be of the objects' own code. */
static int predict_copy(struct worker_python *python, const struct call *call,
                        struct worker_prediction *prediction)
{
    struct worker_memory *memory = python->memory;
    uint64_t before = prediction->bytes;
    PyObject *objects = PyObject_CallFunctionObjArgs(
        memory->not_shared, python->arguments_b[call->object + 1], call->copy, NULL);
    int rc = objects ? worker_sizes_add(memory->getsizeof, objects, call->serial,
                                        call->end_serial, prediction, NULL)
                     : -1;

    if (rc == 0 && net_of(call) != (int64_t)(prediction->bytes - before))
        rc = explain_rest(memory, objects, call,
                          net_of(call) - (int64_t)(prediction->bytes - before),
                          &prediction->rest);
    Py_XDECREF(objects);
    return rc;
}

static int predict_call(struct worker_python *python, struct call *call,
                        struct worker_prediction *prediction)
{
    struct dcb_error why = DCB_ERROR_INIT;
    int rc = begin_call(python, call);

    if (rc == 0 && predict_copy(python, call, prediction) != 0) {
        worker_error_from_exception(python, &why);
        snprintf(prediction->missing, sizeof prediction->missing, "%.*s",
                 (int)sizeof prediction->missing - 1, why.text);
        prediction->rest.found = false;
    }
    return end_call(python, call, rc);
}

int worker_memory_predict(struct worker_python *python, enum dcb_memo kind,
                          void (*step)(void *context), void *context,
                          struct worker_prediction *ret_prediction, struct dcb_error *err)
{
    *ret_prediction = (struct worker_prediction){.objects = 0};
    for (size_t i = 0; i < python->object_count && !*ret_prediction->missing; i++) {
        struct call call = {.object = i, .kind = kind};

        step(context);
        if (predict_call(python, &call, ret_prediction) != 0)
            return worker_error_from_exception(python, err);
    }
    return 0;
}

/* ---- leaks ---- */

/* What happens once, and late, is no leak. Ints are shared up to 256, so that whoever
 * counts calls takes a block when he comes to 257; tables grow that are full some day,
 * and before 3.11 a function gets its cache late. What is called may be called but once
 * in an iteration, so these are iterations. */
uint64_t worker_memory_least_warm_ups(void)
{
    return PY_VERSION_HEX < 0x030b0000 ? 1100 : 300;
}

int worker_memory_read(struct worker_python *python, struct dcb_memory_point *ret_point,
                       struct dcb_error *err)
{
    struct dcb_ledger_counts counts[DCB_LAYER_COUNT];

    if (collect_and_read(python->memory, counts) != 0)
        return worker_error_from_exception(python, err);
    for (int i = 0; i < DCB_LAYER_COUNT; i++) {
        ret_point->blocks[i] = counts[i].blocks;
        ret_point->bytes[i] = counts[i].bytes;
    }
    return is_whole(python->memory, err) ? 0 : -1;
}

uint64_t worker_memory_serial(const struct worker_python *python)
{
    return python->memory->ledger->serial;
}

int worker_memory_prepare_losses(struct worker_python *python, struct dcb_error *err)
{
    return prepare_blocks(python->memory) == 0 ? 0
                                               : worker_error_from_exception(python, err);
}

void worker_memory_name_losses(struct worker_python *python, uint64_t serial,
                               int64_t blocks, int64_t bytes,
                               struct worker_terms *ret_terms)
{
    struct worker_memory *memory = python->memory;

    worker_blocks_from(memory->blocks, serial);
    dcb_ledger_lock(memory->ledger);
    worker_blocks_take(memory->blocks, 0);
    dcb_ledger_unlock(memory->ledger);
    worker_terms_name(ret_terms, memory->blocks, NULL);
    worker_terms_balance(ret_terms, bytes);
    worker_terms_balance_counts(ret_terms, blocks);
    ret_terms->found = true;
}
