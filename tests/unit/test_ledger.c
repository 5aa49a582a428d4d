#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "ledger.h"
#include "rng.h"
#include "unit.h"

/* Each test has its own; what one maps goes with the process. */
static struct dcb_ledger ledger;

static int fresh(void **state)
{
    (void)state;
    memset(&ledger, 0, sizeof ledger);
    return 0;
}

static const void *at(uintptr_t address)
{
    return (const void *)address;
}

static void assert_counts(enum dcb_layer layer, int64_t blocks, int64_t bytes,
                          int64_t peak)
{
    struct dcb_ledger_counts counts[DCB_LAYER_COUNT];

    dcb_ledger_read(&ledger, counts);
    assert_int_equal(counts[layer].blocks, blocks);
    assert_int_equal(counts[layer].bytes, bytes);
    assert_int_equal(counts[layer].peak, peak);
}

static void the_peak_of_both_is_that_of_their_sum(void **state)
{
    (void)state;
    dcb_ledger_add(&ledger, DCB_LAYER_INTERPRETER, at(16), 100);
    dcb_ledger_free(&ledger, at(16));
    dcb_ledger_add(&ledger, DCB_LAYER_NATIVE, at(32), 80);
    dcb_ledger_add(&ledger, DCB_LAYER_INTERPRETER, at(48), 30);
    assert_counts(DCB_LAYER_INTERPRETER, 1, 30, 100);
    assert_counts(DCB_LAYER_NATIVE, 1, 80, 80);
    assert_counts(DCB_LAYER_BOTH, 2, 110, 110);
}

static void what_is_not_there_counts_nothing(void **state)
{
    struct dcb_ledger_block block;

    (void)state;
    dcb_ledger_free(&ledger, NULL);
    dcb_ledger_free(&ledger, at(16));
    assert_false(dcb_ledger_take(&ledger, at(16), &block));
    assert_false(dcb_ledger_find(&ledger, 16, &block));
    assert_false(dcb_ledger_find(&ledger, 0, &block));
    dcb_ledger_add(&ledger, DCB_LAYER_NATIVE, NULL, 5);
    assert_counts(DCB_LAYER_BOTH, 0, 0, 0);
}

/* Whoever gave it back did not say so. */
static void an_address_that_comes_again_was_given_back(void **state)
{
    struct dcb_ledger_counts counts[DCB_LAYER_COUNT];

    (void)state;
    dcb_ledger_add(&ledger, DCB_LAYER_INTERPRETER, at(16), 100);
    dcb_ledger_add(&ledger, DCB_LAYER_NATIVE, at(16), 7);
    assert_counts(DCB_LAYER_INTERPRETER, 0, 0, 100);
    assert_counts(DCB_LAYER_BOTH, 1, 7, 100);
    dcb_ledger_read(&ledger, counts);
    assert_int_equal(counts[DCB_LAYER_INTERPRETER].frees, 1);
}

static void a_block_that_moves_changes_in_size_alone(void **state)
{
    struct dcb_ledger_counts counts[DCB_LAYER_COUNT];
    struct dcb_ledger_block block;
    uint64_t serial;

    (void)state;
    dcb_ledger_add(&ledger, DCB_LAYER_NATIVE, at(16), 100);
    assert_true(dcb_ledger_find(&ledger, 16, &block));
    serial = block.serial;
    dcb_ledger_begin(&ledger, 0);
    assert_true(dcb_ledger_take(&ledger, at(16), &block));
    assert_counts(DCB_LAYER_NATIVE, 1, 100, 100);
    dcb_ledger_put(&ledger, &block, at(32), 130);
    assert_counts(DCB_LAYER_NATIVE, 1, 130, 130);
    assert_false(dcb_ledger_find(&ledger, 16, &block));
    assert_true(dcb_ledger_find(&ledger, 32, &block));
    assert_int_equal(block.serial, serial);
    dcb_ledger_read(&ledger, counts);
    assert_int_equal(counts[DCB_LAYER_NATIVE].reallocations, 1);
    assert_int_equal(counts[DCB_LAYER_NATIVE].allocations, 0);
    assert_true(dcb_ledger_take(&ledger, at(32), &block));
    dcb_ledger_restore(&ledger, &block);
    assert_counts(DCB_LAYER_NATIVE, 1, 130, 130);
    assert_true(dcb_ledger_take(&ledger, at(32), &block));
    dcb_ledger_drop(&ledger, &block);
    assert_counts(DCB_LAYER_NATIVE, 0, 0, 130);
}

static void counting_begins_anew(void **state)
{
    struct dcb_ledger_counts counts[DCB_LAYER_COUNT];

    (void)state;
    dcb_ledger_add(&ledger, DCB_LAYER_NATIVE, at(16), 100);
    dcb_ledger_add(&ledger, DCB_LAYER_NATIVE, at(32), 50);
    dcb_ledger_free(&ledger, at(16));
    assert_int_equal(dcb_ledger_begin(&ledger, 0), 2);
    assert_counts(DCB_LAYER_BOTH, 1, 50, 50);
    dcb_ledger_read(&ledger, counts);
    assert_int_equal(counts[DCB_LAYER_BOTH].allocations, 0);
    assert_int_equal(counts[DCB_LAYER_BOTH].frees, 0);
}

/* ---- traps ---- */

struct sprung {
    size_t calls;
    uintptr_t newest[4];
    int64_t bytes[4];
};

static void spring(void *context, uintptr_t newest)
{
    struct sprung *sprung = context;

    sprung->newest[sprung->calls] = newest;
    sprung->bytes[sprung->calls++] = ledger.counts[DCB_LAYER_BOTH].bytes;
}

static void a_trap_springs_at_the_peak_and_before_the_next_change(void **state)
{
    struct sprung sprung = {.calls = 0};
    uint64_t event;

    (void)state;
    ledger.trap = spring;
    ledger.context = &sprung;
    for (int turn = 0; turn < 2; turn++) {
        dcb_ledger_begin(&ledger, turn ? event : 0);
        dcb_ledger_add(&ledger, DCB_LAYER_NATIVE, at(16), 10);
        dcb_ledger_free(&ledger, at(16));
        dcb_ledger_add(&ledger, DCB_LAYER_NATIVE, at(32), 40);
        dcb_ledger_add(&ledger, DCB_LAYER_NATIVE, at(48), 50);
        event = ledger.peak_event;
        dcb_ledger_free(&ledger, at(32));
        dcb_ledger_free(&ledger, at(48));
        dcb_ledger_end(&ledger);
    }
    assert_int_equal(event, 4);
    assert_int_equal(sprung.calls, 2);
    assert_int_equal(sprung.newest[0], 48);
    assert_int_equal(sprung.bytes[0], 90);
    assert_int_equal(sprung.newest[1], 0);
    assert_int_equal(sprung.bytes[1], 90);
}

static void a_trap_springs_at_the_end_where_nothing_follows(void **state)
{
    struct sprung sprung = {.calls = 0};

    (void)state;
    ledger.trap = spring;
    ledger.context = &sprung;
    dcb_ledger_begin(&ledger, 1);
    dcb_ledger_add(&ledger, DCB_LAYER_NATIVE, at(16), 10);
    assert_int_equal(sprung.calls, 1);
    dcb_ledger_end(&ledger);
    assert_int_equal(sprung.calls, 2);
    dcb_ledger_add(&ledger, DCB_LAYER_NATIVE, at(32), 10);
    assert_int_equal(sprung.calls, 2);
}

/* ---- many ---- */

enum { PLACES = 60000, STEPS = 400000 };

static void add_size(void *context, const struct dcb_ledger_block *block)
{
    *(uint64_t *)context += block->size;
}

/* Against an array: the table grows, and closes its gaps. */
static void many_blocks_come_and_go(void **state)
{
    struct dcb_rng rng = {.state = 7};
    uint32_t *sizes = dcb_xcalloc(PLACES, sizeof *sizes);
    uint64_t sum = 0, found = 0;
    struct dcb_ledger_block block;
    int64_t blocks = 0;

    (void)state;
    for (size_t i = 0; i < STEPS; i++) {
        size_t place = (size_t)dcb_rng_below(&rng, PLACES);
        uintptr_t address = (place + 1) * 16;
        uint32_t size = (uint32_t)dcb_rng_below(&rng, 1000) + 1;

        if (sizes[place]) {
            assert_true(dcb_ledger_find(&ledger, address, &block));
            dcb_ledger_free(&ledger, at(address));
            assert_false(dcb_ledger_find(&ledger, address, &block));
            sum -= sizes[place];
            sizes[place] = 0;
            blocks--;
        } else {
            dcb_ledger_add(&ledger, DCB_LAYER_INTERPRETER, at(address), size);
            sum += sizes[place] = size;
            blocks++;
        }
    }
    assert_int_equal(ledger.counts[DCB_LAYER_BOTH].bytes, sum);
    assert_int_equal(ledger.counts[DCB_LAYER_BOTH].blocks, blocks);
    assert_int_equal(ledger.count, blocks);
    for (size_t place = 0; place < PLACES; place++) {
        bool is_there = dcb_ledger_find(&ledger, (place + 1) * 16, &block);

        assert_int_equal(is_there ? block.size : 0, sizes[place]);
    }
    dcb_ledger_each(&ledger, add_size, &found);
    assert_int_equal(found, sum);
    assert_false(ledger.broken);
    free(sizes);
}

static void *come_and_go(void *base)
{
    for (uintptr_t i = 0; i < 20000; i++) {
        dcb_ledger_add(&ledger, DCB_LAYER_NATIVE, at((uintptr_t)base + i % 64 * 16), 8);
        dcb_ledger_free(&ledger, at((uintptr_t)base + i % 64 * 16));
    }
    return NULL;
}

static void threads_do_not_lose_any(void **state)
{
    struct dcb_ledger_counts counts[DCB_LAYER_COUNT];
    pthread_t threads[4];

    (void)state;
    for (uintptr_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, come_and_go, (void *)((i + 1) << 20)), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    dcb_ledger_read(&ledger, counts);
    assert_int_equal(counts[DCB_LAYER_BOTH].allocations, 80000);
    assert_int_equal(counts[DCB_LAYER_BOTH].frees, 80000);
    assert_int_equal(counts[DCB_LAYER_BOTH].bytes, 0);
}

static atomic_bool grown;

static void *grow(void *unused)
{
    for (uintptr_t i = 2; i < 200000; i++)
        dcb_ledger_add(&ledger, DCB_LAYER_NATIVE, at(i * 16), 8);
    atomic_store(&grown, true);
    return unused;
}

/* The table moves when it grows. */
static void a_block_is_found_while_others_come(void **state)
{
    struct dcb_ledger_block block;
    pthread_t thread;

    (void)state;
    dcb_ledger_add(&ledger, DCB_LAYER_NATIVE, at(16), 5);
    assert_int_equal(pthread_create(&thread, NULL, grow, NULL), 0);
    while (!atomic_load(&grown)) {
        assert_true(dcb_ledger_find(&ledger, 16, &block));
        assert_int_equal(block.size, 5);
    }
    pthread_join(thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_peak_of_both_is_that_of_their_sum, fresh),
        cmocka_unit_test_setup(what_is_not_there_counts_nothing, fresh),
        cmocka_unit_test_setup(an_address_that_comes_again_was_given_back, fresh),
        cmocka_unit_test_setup(a_block_that_moves_changes_in_size_alone, fresh),
        cmocka_unit_test_setup(counting_begins_anew, fresh),
        cmocka_unit_test_setup(a_trap_springs_at_the_peak_and_before_the_next_change,
                               fresh),
        cmocka_unit_test_setup(a_trap_springs_at_the_end_where_nothing_follows, fresh),
        cmocka_unit_test_setup(many_blocks_come_and_go, fresh),
        cmocka_unit_test_setup(threads_do_not_lose_any, fresh),
        cmocka_unit_test_setup(a_block_is_found_while_others_come, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
