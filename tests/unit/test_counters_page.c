/* Pages made by hand: how a count is put together from them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "counters_private.h"
#include "unit.h"

static struct {
    struct perf_event_mmap_page page;
    uint64_t counter;
    uint32_t asked;   /* the index */
    unsigned changes; /* of the page, while the counter is read */
    unsigned reads;
} made;

static uint64_t read_made(uint32_t index)
{
    made.reads++;
    made.asked = index;
    if (made.changes) {
        made.changes--;
        made.page.lock += 2;
        made.page.offset += 1000;
        made.page.time_enabled += 70;
        made.page.time_running += 50;
    }
    return made.counter;
}

static void make_page(unsigned width, int64_t offset, uint64_t counter)
{
    memset(&made, 0, sizeof made);
    made.page.lock = 8;
    made.page.index = 4;
    made.page.offset = offset;
    made.page.pmc_width = (uint16_t)width;
    made.page.cap_user_rdpmc = 1;
    made.page.time_enabled = 500;
    made.page.time_running = 480;
    made.counter = counter;
}

/* A count from INT64_MIN up to zero is what the kernel starts a counter with. */
static void counters_are_signed(void **state)
{
    static const struct {
        unsigned width;
        int64_t offset;
        uint64_t counter, count;
    } cases[] = {
        {48, 0, 5, 5},
        {48, 100, 5, 105},
        {48, (int64_t)1 << 47, (uint64_t)1 << 47, 0},
        {48, ((int64_t)1 << 47) + 7, ((uint64_t)1 << 47) + 3, 10},
        {48, 7, 0xffffffffffff, 6},
        {32, (int64_t)1 << 31, 0x80000000, 0},
        {32, (int64_t)1 << 31, 0x800004d2, 1234},
        {32, (int64_t)3 << 31, 0x00000001, ((uint64_t)3 << 31) + 1},
        {32, 7, 0xffffffff, 6},
        {40, 10, 0xfffffffff0, UINT64_MAX - 5},
        {64, 1, 0xfffffffffffffff0, 0xfffffffffffffff1},
        {64, 16, 0xfffffffffffffff0, 0},
        {1, 3, 1, 2},
        {0, 3, 9, 12}, /* it does not say: taken as it is */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dcb_page_value value;

        make_page(cases[i].width, cases[i].offset, cases[i].counter);
        assert_true(dcb_counters_read_page(&made.page, read_made, &value));
        assert_true(value.count == cases[i].count);
        assert_int_equal(value.idle, 20);
        assert_int_equal(made.asked, 4);
        assert_int_equal(made.reads, 1);
    }
}

static void changed_page_is_read_again(void **state)
{
    struct dcb_page_value value;

    (void)state;
    make_page(48, 0, 5);
    made.changes = 2;
    assert_true(dcb_counters_read_page(&made.page, read_made, &value));
    assert_int_equal(value.count, 2005);
    assert_int_equal(value.idle, 60);
    assert_int_equal(made.reads, 3);
    /* One that changes all the time is given up. */
    make_page(48, 0, 5);
    made.changes = 1000000;
    assert_false(dcb_counters_read_page(&made.page, read_made, &value));
    assert_true(made.reads < 1000);
}

/* Without a counter, or the right to read it, the instruction would be a fault. */
static void nothing_is_read_without_a_counter(void **state)
{
    struct dcb_page_value value;

    (void)state;
    make_page(48, 0, 5);
    made.page.index = 0;
    assert_false(dcb_counters_read_page(&made.page, read_made, &value));
    make_page(48, 0, 5);
    made.page.cap_user_rdpmc = 0;
    assert_false(dcb_counters_read_page(&made.page, read_made, &value));
    assert_int_equal(made.reads, 0);
}

static void old_kernels_are_not_trusted(void **state)
{
    (void)state;
#if defined(__x86_64__) || defined(__aarch64__)
    assert_true(dcb_counters_page_is_usable("4.13.0"));
    assert_true(dcb_counters_page_is_usable("4.19.0-27-amd64"));
    assert_true(dcb_counters_page_is_usable("5.4.0"));
    assert_true(dcb_counters_page_is_usable("6.1.0-13-cloud-arm64"));
    assert_true(dcb_counters_page_is_usable("10.0"));
#endif
    assert_false(dcb_counters_page_is_usable("4.12.14"));
    assert_false(dcb_counters_page_is_usable("4.9.0"));
    assert_false(dcb_counters_page_is_usable("3.16.0"));
    assert_false(dcb_counters_page_is_usable("linux"));
    assert_false(dcb_counters_page_is_usable(""));
}

static void reason_fits_and_is_no_guess(void **state)
{
    char text[120] = "";

    (void)state;
    dcb_counters_explain_page(
        "4.4.0-a-name-that-is-longer-than-any-release-has-been-so-far", text,
        sizeof text);
    assert_true(strlen(text) > 20 && strlen(text) < sizeof text - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_are_signed),
        cmocka_unit_test(changed_page_is_read_again),
        cmocka_unit_test(nothing_is_read_without_a_counter),
        cmocka_unit_test(old_kernels_are_not_trusted),
        cmocka_unit_test(reason_fits_and_is_no_guess),
    };

    return cmocka_run_group_tests_name("counters_page", tests, NULL, NULL);
}
