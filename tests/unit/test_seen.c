#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "seen.h"

enum { MANY = 3000 };

static void tells_the_first_of_each_pair(void **state)
{
    struct dcb_seen seen = {.entries = NULL};

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        assert_true(dcb_seen_add(&seen, i % 50, i / 50, i) == SIZE_MAX);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(dcb_seen_add(&seen, i % 50, i / 50, 7), i);
    assert_int_equal(seen.count, MANY);
    dcb_seen_clear(&seen);
    assert_true(dcb_seen_add(&seen, 1, 2, 3) == SIZE_MAX);
    assert_true(dcb_seen_add(&seen, 2, 1, 4) == SIZE_MAX);
    assert_int_equal(dcb_seen_add(&seen, 1, 2, 5), 3);
    dcb_seen_clear(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_first_of_each_pair),
    };

    return cmocka_run_group_tests_name("seen", tests, NULL, NULL);
}
