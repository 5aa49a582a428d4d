#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "rng.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_near(size_t actual, size_t expected, size_t distance)
{
    assert_in_range(actual, expected - distance, expected + distance);
}

/* new java.util.SplittableRandom(seed).nextLong(), four times, of OpenJDK 17: the same
 * algorithm. */
static void next_is_splitmix64(void **state)
{
    static const uint64_t zero[] = {16294208416658607535U, 7960286522194355700U,
                                    487617019471545679U, 17909611376780542444U};
    static const uint64_t other[] = {6457827717110365317U, 3203168211198807973U,
                                     9817491932198370423U, 4593380528125082431U};
    struct dcb_rng a = {.state = 0};
    struct dcb_rng b = {.state = 1234567};

    (void)state;
    for (size_t i = 0; i < COUNT(zero); i++) {
        assert_true(dcb_rng_next(&a) == zero[i]);
        assert_true(dcb_rng_next(&b) == other[i]);
    }
}

static void below_stays_below(void **state)
{
    static const uint64_t bounds[] = {
        1, 2, 3, 7, 1000, UINT64_C(1) << 32, (UINT64_C(1) << 63) + 1, UINT64_MAX};
    struct dcb_rng rng = {.state = 5};

    (void)state;
    for (size_t i = 0; i < COUNT(bounds); i++)
        for (int k = 0; k < 1000; k++)
            assert_true(dcb_rng_below(&rng, bounds[i]) < bounds[i]);
}

static void below_reaches_everything_equally(void **state)
{
    struct dcb_rng rng = {.state = 6};
    size_t seen[10] = {0};

    (void)state;
    for (int k = 0; k < 100000; k++)
        seen[dcb_rng_below(&rng, 10)]++;
    /* Standard deviation 95. */
    for (size_t i = 0; i < 10; i++)
        assert_near(seen[i], 10000, 500);
}

/* Three quarters of 2^64 do not divide it: a plain remainder would put half of the
 * numbers into the lowest third, and a scaled one half of them on the multiples of three.
 */
static void below_is_unbiased(void **state)
{
    uint64_t third = UINT64_C(1) << 62;
    struct dcb_rng rng = {.state = 7};
    size_t parts[3] = {0}, remainders[3] = {0};

    (void)state;
    for (int k = 0; k < 30000; k++) {
        uint64_t number = dcb_rng_below(&rng, 3 * third);

        parts[number / third]++;
        remainders[number % 3]++;
    }
    /* Standard deviation 82. */
    for (size_t i = 0; i < 3; i++) {
        assert_near(parts[i], 10000, 400);
        assert_near(remainders[i], 10000, 400);
    }
}

static void shuffle_permutes(void **state)
{
    struct dcb_rng rng = {.state = 8};
    uint32_t items[100];
    bool seen[COUNT(items)] = {false};
    size_t moved = 0;

    (void)state;
    for (uint32_t i = 0; i < COUNT(items); i++)
        items[i] = i;
    dcb_rng_shuffle(&rng, items, COUNT(items));
    for (uint32_t i = 0; i < COUNT(items); i++) {
        assert_true(items[i] < COUNT(items));
        assert_false(seen[items[i]]);
        seen[items[i]] = true;
        moved += items[i] != i;
    }
    assert_true(moved > 80);
}

/* Swapping each item with any other would give orders of three 4/27 or 5/27 instead of
 * 1/6: 8889 or 11111 of 60000. */
static void shuffle_gives_each_order_equally(void **state)
{
    struct dcb_rng rng = {.state = 9};
    size_t seen[27] = {0};

    (void)state;
    for (int k = 0; k < 60000; k++) {
        uint32_t items[] = {0, 1, 2};

        dcb_rng_shuffle(&rng, items, 3);
        seen[items[0] * 9 + items[1] * 3 + items[2]]++;
    }

    size_t orders = 0;

    for (size_t i = 0; i < COUNT(seen); i++) {
        if (seen[i] == 0)
            continue;
        orders++;
        /* Standard deviation 91. */
        assert_near(seen[i], 10000, 450);
    }
    assert_int_equal(orders, 6);
}

static void shuffle_of_few(void **state)
{
    struct dcb_rng rng = {.state = 10};
    uint32_t one[] = {42, 43};

    (void)state;
    dcb_rng_shuffle(&rng, NULL, 0);
    dcb_rng_shuffle(&rng, one, 1);
    assert_int_equal(one[0], 42);
    assert_int_equal(one[1], 43);
}

static void equal_seeds_give_equal_orders(void **state)
{
    struct dcb_rng a = {.state = 11}, b = {.state = 11}, c = {.state = 12};
    uint32_t first[50], second[50], third[50];

    (void)state;
    for (uint32_t i = 0; i < COUNT(first); i++)
        first[i] = second[i] = third[i] = i;
    dcb_rng_shuffle(&a, first, COUNT(first));
    dcb_rng_shuffle(&b, second, COUNT(second));
    dcb_rng_shuffle(&c, third, COUNT(third));
    assert_memory_equal(first, second, sizeof(first));
    assert_memory_not_equal(first, third, sizeof(first));
}

/* Recorded seeds must go on meaning the same. In Python, M = 2**64 - 1:
 * def mix(z):
 *     z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 & M
 *     z = (z ^ z >> 27) * 0x94d049bb133111eb & M
 *     return z ^ z >> 31
 * mix(mix(seed ^ M) + (index + 1) * 0x9e3779b97f4a7c15 & M) */
static void derived_seeds_do_not_change(void **state)
{
    (void)state;
    assert_true(dcb_rng_derive(0, 0) == 11923130667873509210U);
    assert_true(dcb_rng_derive(0, 1) == 13007842971073482942U);
    assert_true(dcb_rng_derive(1, 0) == 10724633101751987442U);
    assert_true(dcb_rng_derive(UINT64_MAX, 5) == 6038094601263162090U);
}

/* Neither among each other, nor with what the seed's own generator returns. Seeds are one
 * apart, and one step of the generator apart. */
static void derived_seeds_do_not_collide(void **state)
{
    static uint64_t all[20 * 2 * 20 * 2];
    size_t count = 0;

    (void)state;
    for (uint64_t k = 0; k < 20; k++) {
        uint64_t seeds[] = {k, k * 0x9e3779b97f4a7c15 + 1000};

        for (size_t s = 0; s < COUNT(seeds); s++)
            for (uint64_t index = 0; index < 20; index++)
                all[count++] = dcb_rng_derive(seeds[s], index);
    }

    struct dcb_rng own = {.state = 0};

    for (int k = 0; k < 400; k++)
        all[count++] = dcb_rng_next(&own);
    own.state = 1000;
    for (int k = 0; k < 400; k++)
        all[count++] = dcb_rng_next(&own);
    assert_int_equal(count, COUNT(all));

    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            assert_true(all[i] != all[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_is_splitmix64),
        cmocka_unit_test(below_stays_below),
        cmocka_unit_test(below_reaches_everything_equally),
        cmocka_unit_test(below_is_unbiased),
        cmocka_unit_test(shuffle_permutes),
        cmocka_unit_test(shuffle_gives_each_order_equally),
        cmocka_unit_test(shuffle_of_few),
        cmocka_unit_test(equal_seeds_give_equal_orders),
        cmocka_unit_test(derived_seeds_do_not_change),
        cmocka_unit_test(derived_seeds_do_not_collide),
    };

    return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
