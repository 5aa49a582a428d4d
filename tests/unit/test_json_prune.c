#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "json_document.h"
#include "unit.h"

static void assert_pruned(const char *text, const char *expected)
{
    size_t length = strlen(text);
    char *copy = dcb_xstrdup(text);

    length = dcb_json_prune(copy, length);
    assert_string_equal(copy, expected);
    assert_int_equal(length, strlen(expected));
    free(copy);
}

static void drops_what_is_not_wanted(void **state)
{
    (void)state;
    assert_pruned("{\"cells\":[{\"a\":1,\"samples\":[{\"b\":[2]},3],\"c\":4}]}",
                  "{\"cells\":[{\"a\":1,\"samples\":null,\"c\":4}]}");
    assert_pruned("{\"cells\":[{\"layouts\":[1,2,3],\"derived\":{\"x\":1},"
                  "\"counters\":{\"y\":{}}},{\"samples\" : [1,2,3]}]}",
                  "{\"cells\":[{\"layouts\":null,\"derived\":null,"
                  "\"counters\":null},{\"samples\" : null}]}");
    assert_pruned("{\"workloads\":[{\"each_worker\":[{\"r\":1}]}]}",
                  "{\"workloads\":[{\"each_worker\":null}]}");
    assert_pruned("\n{\n \"cells\" : [ {\"samples\":\n[1,2,3]\n} ]\n}\n",
                  "\n{\n \"cells\" : [ {\"samples\":\nnull\n} ]\n}\n");
}

/* "null" must not be longer than what it stands for. */
static void leaves_what_is_short(void **state)
{
    (void)state;
    assert_pruned("{\"cells\":[{\"samples\":[],\"layouts\":{},\"counters\":[12]}]}",
                  "{\"cells\":[{\"samples\":[],\"layouts\":{},\"counters\":[12]}]}");
    assert_pruned("{\"cells\":[{\"samples\":123456,\"derived\":\"a long text\"}]}",
                  "{\"cells\":[{\"samples\":123456,\"derived\":\"a long text\"}]}");
}

static void leaves_other_places(void **state)
{
    static const char *const same[] = {
        "{\"samples\":[1,2,3]}",
        "[{\"samples\":[1,2,3]}]",
        "{\"plan\":[{\"samples\":[1,2,3]}]}",
        "{\"workloads\":[{\"samples\":[1,2,3]}]}",
        "{\"cells\":[{\"each_worker\":[1,2,3]}]}",
        "{\"cells\":[{\"a\":{\"samples\":[1,2,3]}}]}",
        "{\"cells\":[{\"impl\":\"samples\",\"role\":[1,2,3]}]}",
        "{\"cells\":[{\"impl\":\"\\\"samples\\\":[1,2,3]\"}]}",
        "{\"cells\":[{\"a\\\\\":1,\"xsamples\":[1,2,3]}]}",
        "{\"cells\":[{\"list\":[\"samples\",[1,2,3]]}]}",
        "{\"cells\":[1],\"other\":[{\"samples\":[1,2,3]}]}",
        "{\"a\":\"cells\",\"b\":[{\"samples\":[1,2,3]}]}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(same); i++)
        assert_pruned(same[i], same[i]);
}

static void is_not_misled_by_text(void **state)
{
    (void)state;
    assert_pruned("{\"cells\":[{\"samples\":[\"]\",\"\\\"]\",\"\\\\\"],\"a\":1}]}",
                  "{\"cells\":[{\"samples\":null,\"a\":1}]}");
    assert_pruned("{\"cells\":[{\"counters\":{\"}\":1},\"samples\":[1,2,3]}]}",
                  "{\"cells\":[{\"counters\":null,\"samples\":null}]}");
}

/* Behind something that was dropped, names are compared where they have been moved to. */
static void goes_on_behind_what_it_dropped(void **state)
{
    (void)state;
    assert_pruned(
        "{\"cells\":[{\"samples\":[12,3],\"samples\":[1,2,3],\"samples\":[1,2,3]}],"
        "\"workloads\":[{\"each_worker\":[1,2,3],\"samples\":[1,2,3]}]}",
        "{\"cells\":[{\"samples\":null,\"samples\":null,\"samples\":null}],"
        "\"workloads\":[{\"each_worker\":null,\"samples\":[1,2,3]}]}");
}

static void what_is_broken_stays_broken(void **state)
{
    static const char *const same[] = {
        "",
        "\"",
        "\"\\",
        "{\"cells\":[{\"samples\":",
        "{\"cells\":[{\"samples\":[1,2,3",
        "{\"cells\":[{\"samples\":[1,2,\"]",
        "{\"cells\":[{\"samples\"",
        "{\"cells\":[{\"samp",
        "]]]]}}}}{\"cells\"",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(same); i++)
        assert_pruned(same[i], same[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drops_what_is_not_wanted),
        cmocka_unit_test(leaves_what_is_short),
        cmocka_unit_test(leaves_other_places),
        cmocka_unit_test(is_not_misled_by_text),
        cmocka_unit_test(goes_on_behind_what_it_dropped),
        cmocka_unit_test(what_is_broken_stays_broken),
    };

    return cmocka_run_group_tests_name("json_prune", tests, NULL, NULL);
}
