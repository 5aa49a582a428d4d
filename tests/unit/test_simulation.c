/* tests/unit/golden/callgrind.out was written by callgrind 3.19 itself, from a program
 * that adds up numbers in three regions, each dumped under a label. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "simulation.h"
#include "strbuf.h"
#include "unit.h"

static const char golden_path[] = "tests/unit/golden/callgrind.out";

#define HEAD   "# callgrind format\nversion: 1\n"
#define EVENTS "events: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw Bc Bcm Bi Bim\n"
#define DUMP(LABEL, TOTALS)                                                          \
    "part: 1\n\ndesc: Trigger: Client Request: " LABEL "\n\n" EVENTS "summary: 99\n" \
    "\ntotals: " TOTALS "\n"

struct parsed {
    struct dcb_simulated_dump *dumps;
    size_t count;
};

static struct parsed parse(const char *text, size_t length)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct parsed parsed = {.dumps = NULL};

    if (dcb_simulated_parse(text, length, &parsed.dumps, &parsed.count, &err) != 0)
        fail_msg("%s", err.text);
    assert_no_error(&err);
    return parsed;
}

static void assert_refused_bytes(const char *text, size_t length, const char *part)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_simulated_dump *dumps = NULL;
    size_t count = 0;
    int rc = dcb_simulated_parse(text, length, &dumps, &count, &err);

    free(rc == 0 ? dumps : NULL);
    if (rc == 0)
        fail_msg("taken: %.*s", (int)length, text);
    assert_error(&err, DCB_ERROR_SYSTEM, part);
}

static void assert_refused(const char *text, const char *part)
{
    assert_refused_bytes(text, strlen(text), part);
}

/* ---- what callgrind writes ---- */

static void output_of_callgrind(void **state)
{
    static const struct {
        const char *label;
        uint64_t counts[DCB_SIM_EVENTS];
    } expected[] = {
        {"42/0", {4, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0}},
        {"42/1", {65, 11, 11, 0, 1, 0, 0, 1, 0, 11, 10, 0, 0}},
        {"42/2", {125, 21, 21, 0, 0, 0, 0, 0, 0, 21, 9, 0, 0}},
        {"", {0}}, /* the end of the program */
    };
    char *text = scratch_read(golden_path);
    struct parsed parsed = parse(text, strlen(text));

    (void)state;
    assert_int_equal(parsed.count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_string_equal(parsed.dumps[i].label, expected[i].label);
        assert_memory_equal(parsed.dumps[i].counts, expected[i].counts,
                            sizeof expected[i].counts);
    }
    free(parsed.dumps);
    free(text);
}

/* Where it is cut between two dumps, those before are whole. */
static void every_cut_of_it(void **state)
{
    char *text = scratch_read(golden_path);
    size_t length = strlen(text), refused = 0;

    (void)state;
    for (size_t cut = 0; cut < length; cut++) {
        struct dcb_error err = DCB_ERROR_INIT;
        struct dcb_simulated_dump *dumps = NULL;
        char *part = dcb_xcalloc(cut + 1, 1); /* so that a sanitizer sees its end */
        size_t count = 0;

        memcpy(part, text, cut);
        if (dcb_simulated_parse(part, cut, &dumps, &count, &err) != 0) {
            refused++;
            assert_int_equal(err.code, DCB_ERROR_SYSTEM);
        } else {
            assert_in_range(count, 1, 3);
            for (size_t i = 0; i < count; i++)
                assert_int_equal(dumps[i].counts[DCB_SIM_IR], 4 + 61 * i - (i == 2));
            free(dumps);
        }
        free(part);
    }
    assert_in_range(refused, length / 3, length - 1);
    free(text);
}

static void zeros_at_the_end_are_left_out(void **state)
{
    static const char text[] = HEAD DUMP("a", "7") DUMP("b", "0") DUMP("c", "1 2");
    struct parsed parsed = parse(text, sizeof text - 1);

    (void)state;
    assert_int_equal(parsed.count, 3);
    assert_int_equal(parsed.dumps[0].counts[DCB_SIM_IR], 7);
    for (size_t i = 1; i < DCB_SIM_EVENTS; i++)
        assert_int_equal(parsed.dumps[0].counts[i], 0);
    assert_int_equal(parsed.dumps[1].counts[DCB_SIM_IR], 0);
    assert_int_equal(parsed.dumps[2].counts[DCB_SIM_DR], 2);
    free(parsed.dumps);
}

/* Names of functions may be of any length; a label of a stranger, too. */
static void lines_of_any_length(void **state)
{
    static const char dump[] = "\n" DUMP("42/1", "5 6");
    struct dcb_strbuf text = DCB_STRBUF_INIT;
    struct parsed parsed;

    (void)state;
    dcb_strbuf_append(&text, HEAD "fn=(1) ");
    for (size_t i = 0; i < 100000; i++)
        dcb_strbuf_append(&text, "x");
    dcb_strbuf_append(&text, "\n");
    dcb_strbuf_appendf(&text,
                       "desc: Trigger: Client Request: %0300d\n" EVENTS "totals: 1\n", 7);
    dcb_strbuf_append(&text, dump);
    parsed = parse(text.text, text.length);
    assert_int_equal(parsed.count, 2);
    assert_int_equal(strlen(parsed.dumps[0].label), sizeof parsed.dumps[0].label - 1);
    assert_string_equal(parsed.dumps[1].label, "42/1");
    assert_int_equal(parsed.dumps[1].counts[DCB_SIM_DR], 6);
    free(parsed.dumps);
    dcb_strbuf_clear(&text);
}

static void numbers_of_every_size(void **state)
{
    static const char text[] = HEAD DUMP("a", "18446744073709551615 0 1");
    struct parsed parsed = parse(text, sizeof text - 1);

    (void)state;
    assert_true(parsed.dumps[0].counts[DCB_SIM_IR] == UINT64_MAX);
    assert_int_equal(parsed.dumps[0].counts[DCB_SIM_DW], 1);
    free(parsed.dumps);
}

/* ---- what it does not write ---- */

static void texts_that_are_no_output(void **state)
{
    (void)state;
    assert_refused("", "empty");
    assert_refused("\n\n\n", "callgrind");
    assert_refused("Segmentation fault\n", "callgrind");
    assert_refused("xxx" DUMP("a", "1"), "callgrind");
    assert_refused(HEAD, "empty");
    assert_refused(HEAD "totals: 1 2 3\n", "other events");
    assert_refused("# callgrind format", "cut");
}

static void other_events(void **state)
{
    (void)state;
    assert_refused(HEAD "events: Ir\ntotals: 1\n", "other events");
    assert_refused(HEAD "events: Ir Dr Dw\ntotals: 1 2 3\n", "other events");
    assert_refused(HEAD "events: Dr Ir Dw I1mr D1mr D1mw ILmr DLmr DLmw Bc Bcm Bi Bim\n"
                        "totals: 1\n",
                   "other events");
    assert_refused(HEAD
                   "events: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw Bc Bcm Bi Bim Ge\n"
                   "totals: 1\n",
                   "other events");
    /* Each dump has to say so. */
    assert_refused(HEAD DUMP("a", "1") "totals: 2\n", "other events");
}

static void totals_that_are_no_numbers(void **state)
{
    static const char *const totals[] = {
        "",
        "x",
        "1 x",
        "-1",
        "1 -2",
        "+1",
        "1.5",
        "1e3",
        "0x10",
        "1,2",
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14",
        "18446744073709551616",
        "1 99999999999999999999999999",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(totals); i++) {
        char *text = dcb_xasprintf(HEAD EVENTS "totals: %s\n", totals[i]);

        assert_refused(text, "no numbers");
        free(text);
    }
}

static void totals_that_are_too_long(void **state)
{
    struct dcb_strbuf text = DCB_STRBUF_INIT;

    (void)state;
    dcb_strbuf_append(&text, HEAD EVENTS "totals: ");
    for (size_t i = 0; i < 1000; i++)
        dcb_strbuf_append(&text, "0");
    dcb_strbuf_append(&text, "\n" DUMP("a", "1"));
    assert_refused(text.text, "callgrind's output");
    dcb_strbuf_clear(&text);
}

static void zero_bytes(void **state)
{
    static const char in_totals[] = HEAD EVENTS "totals: 12\0"
                                                "34\n";
    static const char in_events[] = HEAD "events: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw "
                                         "Bc Bcm Bi Bim\0 Ge\ntotals: 1\n";
    static const char hole[] = HEAD EVENTS "\0\0\0\0\0\0\n" DUMP("a", "1");

    (void)state;
    assert_refused_bytes(in_totals, sizeof in_totals - 1, "callgrind's output");
    assert_refused_bytes(in_events, sizeof in_events - 1, "callgrind's output");
    assert_refused_bytes(hole, sizeof hole - 1, "callgrind's output");
}

/* One is overwritten, the next is whole: nothing of it can be believed. */
static void dump_without_its_totals(void **state)
{
    (void)state;
    assert_refused(HEAD "desc: Trigger: Client Request: a\n" EVENTS
                        "xxxxxxxx 1 2\n" DUMP("b", "1"),
                   "cut");
    assert_refused(HEAD DUMP("a", "1") "part: 2\n" EVENTS "summary: 1\n", "cut");
}

/* ---- rows ---- */

static const struct dcb_simulated example = {
    .iterations = 10,
    .counts = {[DCB_SIM_IR] = 10000,
               [DCB_SIM_DR] = 3000,
               [DCB_SIM_DW] = 2000,
               [DCB_SIM_I1MR] = 100,
               [DCB_SIM_D1MR] = 70,
               [DCB_SIM_D1MW] = 30,
               [DCB_SIM_ILMR] = 5,
               [DCB_SIM_DLMR] = 4,
               [DCB_SIM_DLMW] = 1,
               [DCB_SIM_BC] = 1500,
               [DCB_SIM_BCM] = 120,
               [DCB_SIM_BI] = 250,
               [DCB_SIM_BIM] = 60},
};

static void rows_are_made_of_events(void **state)
{
    static const struct {
        const char *name, *event;
        double value;
    } rows[] = {
        {"instructions", "Ir", 1000},         {"branches", "Bc+Bi", 175},
        {"branch-misses", "Bcm+Bim", 18},     {"L1-dcache-loads", "Dr", 300},
        {"L1-dcache-load-misses", "D1mr", 7}, {"LLC-loads", "D1mr", 7},
        {"LLC-load-misses", "DLmr", 0.4},
    };
    static const struct dcb_simulated never = {.iterations = 0};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct dcb_simulated_row *row = dcb_simulated_row_find(rows[i].name);

        assert_non_null(row);
        assert_string_equal(row->name, rows[i].name);
        assert_string_equal(row->event, rows[i].event);
        assert_close(dcb_simulated_value(&example, row), rows[i].value, 1e-12);
        assert_nan(dcb_simulated_value(&never, row));
    }
}

static void rows_that_are_not_simulated(void **state)
{
    static const char *const names[] = {"cycles",
                                        "dTLB-loads",
                                        "dTLB-load-misses",
                                        "iTLB-loads",
                                        "iTLB-load-misses",
                                        "page-faults",
                                        "context-switches",
                                        "cpu-migrations",
                                        "task-clock",
                                        "time-elapsed",
                                        "Ir",
                                        "",
                                        "instruction",
                                        "instructions:u",
                                        "Instructions"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        assert_null(dcb_simulated_row_find(names[i]));
}

/* memory: 5+4+1 = 10; last level: 100+70+30-10 = 190; first: 10000+3000+2000-190-10 =
 * 14800; 14800 + 5*190 + 35*10 = 16100, of ten iterations. */
static void estimated_cycles(void **state)
{
    static const struct dcb_simulated never = {.iterations = 0};

    (void)state;
    assert_close(dcb_simulated_estimated_cycles(&example), 1610, 1e-9);
    assert_nan(dcb_simulated_estimated_cycles(&never));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_of_callgrind),
        cmocka_unit_test(every_cut_of_it),
        cmocka_unit_test(zeros_at_the_end_are_left_out),
        cmocka_unit_test(lines_of_any_length),
        cmocka_unit_test(numbers_of_every_size),
        cmocka_unit_test(texts_that_are_no_output),
        cmocka_unit_test(other_events),
        cmocka_unit_test(totals_that_are_no_numbers),
        cmocka_unit_test(totals_that_are_too_long),
        cmocka_unit_test(zero_bytes),
        cmocka_unit_test(dump_without_its_totals),
        cmocka_unit_test(rows_are_made_of_events),
        cmocka_unit_test(rows_that_are_not_simulated),
        cmocka_unit_test(estimated_cycles),
    };

    return cmocka_run_group_tests_name("simulation", tests, NULL, NULL);
}
