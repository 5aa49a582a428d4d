/* Figures of the worker that stands beside the tests; skipped where there is none. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "catalog.h"
#include "memory.h"
#include "plan.h"
#include "tree.h"

enum { LEAK_ITERATIONS = 3000, LEAK_EVERY = 1000 };

struct run {
    struct dcb_catalog catalog;
    struct dcb_plan plan;
    char *library;
    struct dcb_spec impl, workloads[8];
    struct dcb_memory_request request;
    struct dcb_memory memory;
};

static bool find_worker(struct run *run)
{
    struct dcb_error err = DCB_ERROR_INIT;

    if (dcb_catalog_open(&run->catalog, &err) == 0 &&
        dcb_catalog_worker(&run->catalog, NULL, &run->plan.worker,
                           &run->plan.python_version, &err) == 0) {
        run->library = dcb_catalog_malloc_library(&run->catalog, &err);
        run->plan.support = dcb_xasprintf("%s/support", run->catalog.data_dir);
        return true;
    }
    print_message("skipped: %s\n", err.text);
    dcb_plan_clear(&run->plan);
    dcb_catalog_clear(&run->catalog);
    return false;
}

/* Counts an implementation, of `implementation` or, for NULL, the standard library's. */
static void count(struct run *run, const char *folder, const char *implementation,
                  const char *const *names, const char *workloads)
{
    static const struct dcb_memory_hooks hooks = {.stop = NULL};
    struct dcb_error err = DCB_ERROR_INIT;
    char *path = dcb_xasprintf("%s/workloads.py", folder);
    char *impl = dcb_xasprintf("%s/impl.py", folder);

    tree_put(folder, "/workloads.py", workloads);
    tree_put(folder, "/impl.py",
             implementation ? implementation : "from copy import deepcopy\n");
    run->impl = make_spec("impl", impl);
    for (size_t i = 0; names[i]; i++) {
        run->workloads[i] = make_spec(names[i], path);
        free(run->workloads[i].attr);
        run->workloads[i].attr = dcb_xstrdup(names[i]);
        run->request.workload_count++;
    }
    free(path);
    free(impl);
    run->plan.affinity = -1;
    run->plan.timeout_s = 60;
    run->plan.gc = true;
    run->request.impls = &run->impl;
    run->request.impl_count = 1;
    run->request.workloads = run->workloads;
    run->request.library = run->library;
    if (dcb_memory_run(&run->plan, &run->request, &hooks, &run->memory, &err) != 0)
        fail_msg("%s", err.text);
}

static void clear(struct run *run)
{
    dcb_memory_clear(&run->memory);
    dcb_spec_clear(&run->impl);
    for (size_t i = 0; i < run->request.workload_count; i++)
        dcb_spec_clear(&run->workloads[i]);
    dcb_plan_clear(&run->plan);
    dcb_catalog_clear(&run->catalog);
    free(run->library);
    *run = (struct run){.library = NULL};
}

static const char shapes[] = "ints = [list(range(1000, 2000))]\n"
                             "texts = [{str(i): i for i in range(50)}]\n"
                             "lists = [[[i] for i in range(20)]]\n"
                             "tuples = [tuple([i] for i in range(10))]\n"
                             "sets = [set(range(1000, 1040))]\n"
                             "nothing = [None]\n";

static const char *const shape_names[] = {"ints", "texts",   "lists", "tuples",
                                          "sets", "nothing", NULL};

static void assert_cell(const struct dcb_memory *memory,
                        const struct dcb_memory_pair *pair,
                        const struct dcb_memory_cell *cell)
{
    const char *name = memory->request->workloads[pair->workload].label;
    int64_t rest, sum = 0;

    if (cell->memo == DCB_MEMO_MAPPING && strcmp(name, "nothing") != 0) {
        assert_int_equal(cell->failure, DCB_FAILURE_RAISED);
        assert_contains(cell->message, "TypeError: 'mappingproxy'");
        return;
    }
    if (!dcb_memory_cell_is_counted(cell))
        fail_msg("%s, %s: %s", name, dcb_memo_name(cell->memo), cell->message);
    assert_true(dcb_memory_unpredicted(cell, &rest));
    assert_int_equal(rest, 0);
    for (size_t layer = 0; layer < DCB_LAYER_COUNT; layer++) {
        for (size_t figure = 0; figure < DCB_FIGURE_COUNT; figure++)
            assert_true(dcb_memory_is_exact(&cell->values[layer][figure]));
        assert_int_equal(cell->values[layer][DCB_FIGURE_LEFT].value, 0);
        assert_int_equal(cell->values[layer][DCB_FIGURE_LEFT_BLOCKS].value, 0);
    }
    for (size_t i = 0; i < cell->term_count; i++)
        sum += cell->terms[i].bytes;
    assert_int_equal(sum, cell->values[DCB_LAYER_BOTH][DCB_FIGURE_PEAK].value);
}

/* What the copies hold is what sys.getsizeof says of them; the peak is its terms. */
static void predicted_is_counted(void **state)
{
    struct run run = {.request.memos = {true, true, true, true, true}};

    if (!find_worker(&run))
        skip();
    count(&run, *state, NULL, shape_names, shapes);
    for (size_t i = 0; i < run.memory.pair_count; i++) {
        for (size_t memo = 0; memo < DCB_MEMO_COUNT; memo++)
            assert_cell(&run.memory, &run.memory.pairs[i],
                        &run.memory.pairs[i].cells[memo]);
    }
    clear(&run);
}

/* From run to run, with other hashes, and whatever was counted in the process before. */
static void figures_are_the_same_again(void **state)
{
    struct run first = {.request.memos = {true, true, true, true, true}};
    struct run second = {.request = {.memos = {[DCB_MEMO_DICT] = true}, .seed = 77}};

    if (!find_worker(&first) || !find_worker(&second))
        skip();
    count(&first, *state, NULL, shape_names, shapes);
    count(&second, *state, NULL, shape_names, shapes);
    for (size_t i = 0; i < first.memory.pair_count; i++) {
        const struct dcb_memory_cell *a = &first.memory.pairs[i].cells[DCB_MEMO_DICT];
        const struct dcb_memory_cell *b = &second.memory.pairs[i].cells[DCB_MEMO_DICT];

        assert_memory_equal(a->values, b->values, sizeof a->values);
        assert_int_equal(a->term_count, b->term_count);
        for (size_t k = 0; k < a->term_count; k++) {
            assert_string_equal(a->terms[k].name, b->terms[k].name);
            assert_int_equal(a->terms[k].count, b->terms[k].count);
            assert_int_equal(a->terms[k].bytes, b->terms[k].bytes);
        }
    }
    clear(&first);
    clear(&second);
}

/* ctypes is a caller of libc's malloc that is no part of the interpreter. */
static void native_blocks_are_seen(void **state)
{
    static const char *const names[] = {"ints", NULL};
    struct run run = {.request.memos = {true}};
    const struct dcb_memory_cell *cell;

    if (!find_worker(&run))
        skip();
    if (!run.library) {
        clear(&run);
        skip();
    }
    count(&run, *state,
          "import copy, ctypes\n"
          "libc = ctypes.CDLL(None)\n"
          "malloc, free = libc.malloc, libc.free\n"
          "malloc.restype, malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]\n"
          "free.restype, free.argtypes = None, [ctypes.c_void_p]\n"
          "def deepcopy(x, memo=None):\n"
          "    block = malloc(123456)\n"
          "    try:\n"
          "        return copy.deepcopy(x, memo)\n"
          "    finally:\n"
          "        free(block)\n",
          names, shapes);
    cell = &run.memory.pairs[0].cells[DCB_MEMO_ABSENT];
    if (!dcb_memory_cell_is_counted(cell))
        fail_msg("%s", cell->message);
    assert_true(run.memory.native);
    assert_int_equal(cell->values[DCB_LAYER_NATIVE][DCB_FIGURE_PEAK].value, 123456);
    assert_int_equal(cell->values[DCB_LAYER_NATIVE][DCB_FIGURE_ALLOCATIONS].value, 1);
    assert_int_equal(cell->values[DCB_LAYER_NATIVE][DCB_FIGURE_FREES].value, 1);
    assert_int_equal(cell->values[DCB_LAYER_BOTH][DCB_FIGURE_PEAK].value,
                     cell->values[DCB_LAYER_INTERPRETER][DCB_FIGURE_PEAK].value + 123456);
    clear(&run);
}

static const struct dcb_memory_term *find_term(const struct dcb_memory_leaks *leaks,
                                               const char *name)
{
    for (size_t i = 0; i < leaks->term_count; i++) {
        if (strcmp(leaks->terms[i].name, name) == 0)
            return &leaks->terms[i];
    }
    return NULL;
}

/* A list of one element: a block of 56 bytes, and one of 8 for it. They are kept where no
 * table grows. */
static void one_list_in_a_thousand_is_found(void **state)
{
    static const char *const names[] = {"lists", NULL};
    struct run run = {.request.leak_iterations = LEAK_ITERATIONS};
    const struct dcb_memory_leaks *leaks;
    const struct dcb_memory_term *term;
    struct dcb_memory_loss loss;

    if (!find_worker(&run))
        skip();
    count(&run, *state,
          "import copy\n"
          "kept, calls = [None] * 100, [0]\n"
          "def deepcopy(x, memo=None):\n"
          "    calls[0] += 1\n"
          "    if calls[0] % 1000 == 0:\n"
          "        kept[calls[0] // 1000] = [x]\n"
          "    return copy.deepcopy(x, memo)\n",
          names, shapes);
    leaks = &run.memory.pairs[0].leaks;
    loss = dcb_memory_loss(&run.memory, &run.memory.pairs[0]);
    assert_null(leaks->message);
    assert_true(loss.known && loss.found);
    assert_int_equal(loss.iterations, LEAK_ITERATIONS);
    term = find_term(leaks, "list");
    assert_non_null(term);
    assert_int_equal(term->count, LEAK_ITERATIONS / LEAK_EVERY * 2);
    assert_int_equal(term->bytes, LEAK_ITERATIONS / LEAK_EVERY * (56 + 8));
    clear(&run);
}

static void the_standard_library_leaks_nothing(void **state)
{
    static const char *const names[] = {"lists", "tuples", NULL};
    struct run run = {.request.leak_iterations = LEAK_ITERATIONS};

    if (!find_worker(&run))
        skip();
    count(&run, *state, NULL, names, shapes);
    for (size_t i = 0; i < run.memory.pair_count; i++) {
        struct dcb_memory_loss loss = dcb_memory_loss(&run.memory, &run.memory.pairs[i]);

        assert_true(loss.known);
        assert_false(loss.found);
        assert_int_equal(loss.bytes[DCB_LAYER_BOTH], 0);
        assert_int_equal(loss.blocks[DCB_LAYER_BOTH], 0);
    }
    clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(predicted_is_counted, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(figures_are_the_same_again, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(native_blocks_are_seen, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(one_list_in_a_thousand_is_found, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(the_standard_library_leaks_nothing, tree_setup,
                                        tree_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
