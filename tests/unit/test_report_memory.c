/* Figures of memory made up by hand, and what is said of them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "ci.h"
#include "json_memory.h"
#include "memory.h"
#include "plan.h"
#include "report_memory.h"
#include "strbuf.h"
#include "sysinfo.h"
#include "utf8.h"
#include "unit.h"

enum { IMPLS = 2, POINTS = 5 };

/* One workload, two implementations. Nothing in it is owned. */
struct told {
    struct dcb_spec impls[IMPLS], workloads[1];
    struct dcb_memory_request request;
    struct dcb_memory_pair pairs[IMPLS];
    struct dcb_memory_term terms[IMPLS][6];
    struct dcb_memory_point points[IMPLS][POINTS];
    struct dcb_memory memory;
    double margin;
};

/* Texts are char *, and these are never freed. */
static char *text(const char *constant)
{
    return (char *)(uintptr_t)constant;
}

static void set(struct dcb_memory_cell *cell, enum dcb_layer layer,
                enum dcb_figure figure, int64_t value)
{
    cell->values[layer][figure] =
        (struct dcb_memory_value){.value = value, .low = value, .high = value};
}

static void fill(struct dcb_memory_cell *cell, int64_t peak, int64_t net)
{
    *cell = (struct dcb_memory_cell){.asked = true, .iterations = 5};
    for (int layer = 0; layer < DCB_LAYER_COUNT; layer += DCB_LAYER_BOTH) {
        set(cell, (enum dcb_layer)layer, DCB_FIGURE_PEAK, peak);
        set(cell, (enum dcb_layer)layer, DCB_FIGURE_NET, net);
        set(cell, (enum dcb_layer)layer, DCB_FIGURE_ALLOCATIONS, 1258);
        set(cell, (enum dcb_layer)layer, DCB_FIGURE_FREES, 1217);
    }
    cell->predicted = true;
    cell->predicted_objects = 45;
    cell->predicted_bytes = (uint64_t)net;
}

/* The peaks of a call with UserDict that the source tells, 824 and 708 bytes. */
static void make(struct told *told)
{
    static const int64_t peaks[IMPLS] = {708, 824};

    *told = (struct told){
        .impls = {{.label = text("stdlib"), .builtin = true, .path = text("/i/a.py")},
                  {.label = text("other"), .path = text("/x/other.py")}},
        .workloads = {{.label = text("small"), .path = text("/x/small.py")}},
        .margin = (double)NAN,
    };
    told->request = (struct dcb_memory_request){.impls = told->impls,
                                                .impl_count = IMPLS,
                                                .workloads = told->workloads,
                                                .workload_count = 1,
                                                .memos = {[DCB_MEMO_DICT] = true},
                                                .iterations = 5};
    told->memory = (struct dcb_memory){
        .request = &told->request,
        .pairs = told->pairs,
        .pair_count = IMPLS,
        .native = true,
        .python = {.version = text("3.11.2"), .implementation = text("cpython")},
        .elapsed_s = 2,
    };
    for (size_t i = 0; i < IMPLS; i++) {
        told->pairs[i].impl = i;
        told->pairs[i].objects = 1;
        fill(&told->pairs[i].cells[DCB_MEMO_DICT], peaks[i], 64);
    }
}

static void move_to(struct told *told, enum dcb_memo memo)
{
    told->request.memos[DCB_MEMO_DICT] = false;
    told->request.memos[memo] = true;
    for (size_t i = 0; i < IMPLS; i++) {
        told->pairs[i].cells[memo] = told->pairs[i].cells[DCB_MEMO_DICT];
        if (memo != DCB_MEMO_DICT)
            told->pairs[i].cells[DCB_MEMO_DICT].asked = false;
    }
}

static void raise_in(struct dcb_memory_cell *cell, const char *message)
{
    *cell = (struct dcb_memory_cell){
        .asked = true, .failure = DCB_FAILURE_RAISED, .message = text(message)};
}

static char *report(const struct told *told, int verbosity)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    dcb_report_memory(&told->memory, told->margin, verbosity, false, &out);
    return dcb_strbuf_take(&out);
}

static void assert_says(const struct told *told, int verbosity, const char *line)
{
    char *whole = report(told, verbosity);

    assert_contains(whole, line);
    free(whole);
}

static void assert_lacks(const struct told *told, int verbosity, const char *part)
{
    char *whole = report(told, verbosity);

    if (strstr(whole, part))
        fail_msg("\"%s\" is in \"%s\"", part, whole);
    free(whole);
}

/* ---- the table ---- */

static void a_row_for_each_implementation(void **state)
{
    struct told told;

    (void)state;
    make(&told);
    assert_says(&told, 0,
                "\nsmall: deepcopy(x, {})\n"
                "  implementation  peak  net  allocs  frees  change   in %  verdict\n"
                "  stdlib           708   64   1,258  1,217\n"
                "  other            824   64   1,258  1,217    +116  +16.4  more\n");
    told.pairs[0].objects = told.pairs[1].objects = 60;
    assert_says(&told, 0, "\nsmall: deepcopy(x, {}), of each of 60 objects\n");
    assert_says(&told, 0, "net as predicted by sys.getsizeof: stdlib, other\n");
    assert_says(&told, 0, "what copies cost in memory; CPython 3.11.2; 2.0 s\n");
    told.memory.elapsed_s = 0.31;
    assert_says(&told, 0, "; 0.3 s\n");
    told.memory.elapsed_s = 61.7;
    assert_says(&told, 0, "; 62 s\n");
}

static void the_margin_is_the_memo_kinds_or_the_users(void **state)
{
    struct told told;

    (void)state;
    make(&told);
    told.margin = 0.2;
    assert_says(&told, 0, "+16.4  same\n");
    told.margin = (double)NAN;
    move_to(&told, DCB_MEMO_MUTABLE_MAPPING);
    assert_says(&told, 0, "small: deepcopy(x, UserDict())\n");
    assert_says(&told, 0, "+16.4  same\n");
}

static void native_bytes_have_a_row_where_there_are_some(void **state)
{
    struct told told;
    struct dcb_memory_cell *cell;

    (void)state;
    make(&told);
    assert_lacks(&told, 0, "\n    native");
    assert_says(&told, 1, "\n    native");
    cell = &told.pairs[1].cells[DCB_MEMO_DICT];
    set(cell, DCB_LAYER_NATIVE, DCB_FIGURE_PEAK, 4096);
    set(cell, DCB_LAYER_BOTH, DCB_FIGURE_PEAK, 4920);
    assert_says(&told, 0, "\n    interpreter     824  ");
    assert_says(&told, 0, "\n    native        4,096  ");
    assert_says(&told, 0, "\n  other           4,920  ");
    told.memory.native = false;
    told.memory.native_reason = text("no such library");
    assert_lacks(&told, 0, "\n    native");
    assert_says(&told, 0, "was not counted: no such\n    library");
}

static void a_figure_with_a_spread_is_marked(void **state)
{
    struct told told;

    (void)state;
    make(&told);
    told.pairs[1].cells[DCB_MEMO_DICT].values[DCB_LAYER_BOTH][DCB_FIGURE_PEAK] =
        (struct dcb_memory_value){.value = 824, .low = 800, .high = 1900};
    assert_says(&told, 0, "  ~824  ");
    assert_says(&told, 0,
                "other is not the same in each iteration: peak 800 to 1,900 B\n");
}

static void large_figures_keep_to_the_width(void **state)
{
    struct told told;
    char *whole, *line, *rest;

    (void)state;
    make(&told);
    told.impls[1].label = text("implementation");
    for (size_t i = 0; i < IMPLS; i++)
        fill(&told.pairs[i].cells[DCB_MEMO_DICT], INT64_C(1) << (30 + i),
             INT64_C(1) << 29);
    whole = report(&told, 0);
    assert_contains(whole, "2.00 GiB");
    for (line = strtok_r(whole, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (dcb_utf8_width(line) > 80)
            fail_msg("\"%s\" is longer than 80 characters", line);
    }
    free(whole);
}

static void a_memo_that_holds_something_has_a_column(void **state)
{
    struct told told;

    (void)state;
    make(&told);
    assert_lacks(&told, 0, "  memo  ");
    set(&told.pairs[1].cells[DCB_MEMO_DICT], DCB_LAYER_BOTH, DCB_FIGURE_MEMO, 232);
    assert_says(&told, 0, "  net  memo  allocs");
    assert_says(&told, 0, "   64   232   ");
}

/* ---- what failed ---- */

static enum dcb_ci_outcome outcome_of(const struct told *told, size_t impl,
                                      const char *rule)
{
    struct dcb_ci ci = DCB_CI_INIT;
    enum dcb_ci_outcome outcome = DCB_CI_PASSED;
    bool found = false;

    dcb_report_memory_ci(&told->memory, told->margin, true, &ci);
    for (size_t i = 0; i < ci.count; i++) {
        if (strcmp(ci.findings[i].rule, rule) == 0 &&
            strcmp(ci.findings[i].impl, told->impls[impl].label) == 0) {
            outcome = ci.findings[i].outcome;
            found = true;
        }
    }
    dcb_ci_clear(&ci);
    assert_true(found);
    return outcome;
}

static void a_row_says_that_it_raises(void **state)
{
    struct told told;

    (void)state;
    make(&told);
    raise_in(&told.pairs[1].cells[DCB_MEMO_DICT], "TypeError: no\x1b[2J\nwords");
    assert_says(&told, 0,
                "  other              -    -       -      -       -     -  raises\n");
    assert_says(&told, 0, "\n  other: TypeError: no?[2J");
    assert_lacks(&told, 0, "\x1b");
    assert_int_equal(outcome_of(&told, 1, "copy, memo dict"), DCB_CI_ERROR);
    assert_int_equal(outcome_of(&told, 0, "copy, memo dict"), DCB_CI_PASSED);
}

static void what_the_baseline_refuses_is_nobodys_error(void **state)
{
    struct told told;

    (void)state;
    make(&told);
    move_to(&told, DCB_MEMO_MAPPING);
    raise_in(&told.pairs[1].cells[DCB_MEMO_MAPPING], "TypeError: not here");
    assert_int_equal(outcome_of(&told, 1, "copy, memo mapping"), DCB_CI_ERROR);
    raise_in(&told.pairs[0].cells[DCB_MEMO_MAPPING], "TypeError: not here");
    assert_int_equal(outcome_of(&told, 0, "copy, memo mapping"), DCB_CI_SKIPPED);
    assert_int_equal(outcome_of(&told, 1, "copy, memo mapping"), DCB_CI_SKIPPED);
    assert_says(&told, 0, "\n  stdlib, other: TypeError: not here\n");
    fill(&told.pairs[1].cells[DCB_MEMO_MAPPING], 824, 64);
    assert_int_equal(outcome_of(&told, 1, "peak, memo mapping"), DCB_CI_UNDECIDED);
    move_to(&told, DCB_MEMO_ABSENT);
    raise_in(&told.pairs[0].cells[DCB_MEMO_ABSENT], "TypeError: not here");
    assert_int_equal(outcome_of(&told, 0, "copy, memo absent"), DCB_CI_ERROR);
}

static void more_is_a_check_of_its_own(void **state)
{
    struct told told;

    (void)state;
    make(&told);
    assert_int_equal(outcome_of(&told, 1, "peak, memo dict"), DCB_CI_FAILED);
    assert_int_equal(outcome_of(&told, 1, "net, memo dict"), DCB_CI_PASSED);
    told.margin = 0.2;
    assert_int_equal(outcome_of(&told, 1, "peak, memo dict"), DCB_CI_PASSED);
}

static void assert_compared(const struct told *told, bool more, size_t undecided)
{
    struct dcb_ci ci = DCB_CI_INIT;

    dcb_report_memory_ci(&told->memory, told->margin, more, &ci);
    assert_int_equal(dcb_ci_count(&ci, DCB_CI_UNDECIDED), undecided);
    assert_int_equal(dcb_ci_count(&ci, DCB_CI_FAILED), 0);
    dcb_ci_clear(&ci);
}

static void nothing_compared_is_no_pass(void **state)
{
    struct told told;

    (void)state;
    make(&told);
    told.margin = 0.2;
    assert_compared(&told, true, 0);
    move_to(&told, DCB_MEMO_MAPPING);
    for (size_t i = 0; i < IMPLS; i++)
        raise_in(&told.pairs[i].cells[DCB_MEMO_MAPPING], "TypeError: not here");
    assert_compared(&told, false, 0);
    assert_compared(&told, true, 1);
    told.request.memos[DCB_MEMO_DICT] = true;
    for (size_t i = 0; i < IMPLS; i++)
        fill(&told.pairs[i].cells[DCB_MEMO_DICT], 700, 64);
    assert_compared(&told, true, 0);
}

/* ---- below the table ---- */

static void the_terms_of_a_peak_are_named(void **state)
{
    static const char *const names[] = {"the copy", "dict", "int", "list", "a", "b"};
    struct told told;

    (void)state;
    make(&told);
    for (size_t i = 0; i < 6; i++)
        told.terms[1][i] = (struct dcb_memory_term){
            .name = text(names[i]), .count = (int64_t)i, .bytes = i == 1 ? 9312 : 10};
    told.pairs[1].cells[DCB_MEMO_DICT].terms = told.terms[1];
    told.pairs[1].cells[DCB_MEMO_DICT].term_count = 6;
    assert_says(&told, 0,
                "peak of other: the copy 10 B (0), dict 9,312 B, int 10 B (2), list 10 B "
                "(3),\n    and 20 B in 2 more (-v names them)\n");
    assert_says(&told, 1, "a 10 B (4), b 10 B (5)\n");
    assert_lacks(&told, -1, "peak of");
    told.terms[1][1].bytes = INT64_C(50) << 20;
    told.terms[1][5].bytes = -152;
    assert_says(&told, 1, "dict 50.0 MiB, ");
    assert_says(&told, 1, "a 10 B (4), less 152 B of what was there before\n");
}

static void what_stays_is_told_with_one_unit(void **state)
{
    struct told told;
    struct dcb_memory_cell *cell;

    (void)state;
    make(&told);
    cell = &told.pairs[1].cells[DCB_MEMO_DICT];
    assert_lacks(&told, 0, "stay");
    set(cell, DCB_LAYER_BOTH, DCB_FIGURE_LEFT, INT64_C(50) << 20);
    set(cell, DCB_LAYER_BOTH, DCB_FIGURE_LEFT_BLOCKS, 1);
    assert_says(&told, 0, "  other: 50.0 MiB in 1 block stay when copy and memo are ");
    set(cell, DCB_LAYER_BOTH, DCB_FIGURE_LEFT, 152);
    set(cell, DCB_LAYER_BOTH, DCB_FIGURE_LEFT_BLOCKS, 2);
    assert_says(&told, 0, "  other: 152 B in 2 blocks stay when copy and memo are ");
    set(cell, DCB_LAYER_BOTH, DCB_FIGURE_LEFT_BLOCKS, 0);
    assert_says(&told, 0, "  other: 152 B stay when copy and memo are dropped, in no ");
    set(cell, DCB_LAYER_BOTH, DCB_FIGURE_LEFT, -152);
    assert_lacks(&told, 0, "stay");
    assert_lacks(&told, 0, "-152");
    set(cell, DCB_LAYER_BOTH, DCB_FIGURE_LEFT_BLOCKS, 1);
    assert_says(&told, 0, "  other: 1 block more than before when copy and memo are ");
    assert_lacks(&told, 0, "-152");
}

/* The median may be nothing, and one iteration all the same leave something. */
static void what_stays_sometimes_is_a_spread(void **state)
{
    struct told told;

    (void)state;
    make(&told);
    told.pairs[1].cells[DCB_MEMO_DICT].values[DCB_LAYER_BOTH][DCB_FIGURE_LEFT] =
        (struct dcb_memory_value){.value = -152, .low = -152, .high = 24};
    told.pairs[1].cells[DCB_MEMO_DICT].values[DCB_LAYER_BOTH][DCB_FIGURE_LEFT_BLOCKS] =
        (struct dcb_memory_value){.value = 0, .low = 0, .high = 1};
    assert_says(&told, 0,
                "  other is not the same in each iteration: left -152 to 24 B, blocks "
                "left 0 to\n    1\n");
    assert_lacks(&told, 0, "stay");
}

static void what_was_not_predicted_is_told(void **state)
{
    struct told told;

    (void)state;
    make(&told);
    told.pairs[1].cells[DCB_MEMO_DICT].predicted_bytes = 72;
    assert_says(
        &told, 0,
        "net of other: 8 B less than sys.getsizeof has for it (72 B in 45 objects)\n");
    assert_says(&told, 0, "net as predicted by sys.getsizeof: stdlib\n");
    told.terms[1][0] = (struct dcb_memory_term){.name = text("dict"), .bytes = 312};
    told.terms[1][1] = (struct dcb_memory_term){.name = text("a.time"), .bytes = -320};
    told.pairs[1].cells[DCB_MEMO_DICT].rests = told.terms[1];
    told.pairs[1].cells[DCB_MEMO_DICT].rest_count = 2;
    assert_says(&told, 0,
                "(72 B in 45 objects):\n    dict 312 B more, a.time 320 B less\n");
    told.pairs[1].cells[DCB_MEMO_DICT].rest_count = 0;
    told.pairs[1].cells[DCB_MEMO_DICT].predicted_bytes = UINT64_C(50) << 20;
    told.pairs[1].cells[DCB_MEMO_DICT].predicted_objects = 1;
    assert_says(&told, 0,
                "net of other: 50.0 MiB less than sys.getsizeof has for it (50.0 MiB in 1"
                "\n    object)\n");
}

/* ---- leaks ---- */

static void look_for_leaks(struct told *told, int64_t bytes)
{
    told->request.memos[DCB_MEMO_DICT] = false;
    told->request.leak_iterations = 100000;
    for (size_t i = 0; i < IMPLS; i++) {
        told->pairs[i].cells[DCB_MEMO_DICT].asked = false;
        told->pairs[i].leaks = (struct dcb_memory_leaks){.asked = true,
                                                         .warm_ups = 2000,
                                                         .points = told->points[i],
                                                         .point_count = POINTS};
        for (size_t k = 0; k < POINTS; k++)
            told->points[i][k] = (struct dcb_memory_point){
                .iterations = k * 25000, .rss_bytes = 1000000 + i * k * 4096};
    }
    for (int i = 0; i < DCB_LAYER_COUNT; i += DCB_LAYER_BOTH) {
        told->points[1][POINTS - 1].bytes[i] = bytes;
        told->points[1][POINTS - 1].blocks[i] = bytes / 56;
    }
    told->terms[1][0] =
        (struct dcb_memory_term){.name = text("list"), .count = 100, .bytes = 5600};
    told->pairs[1].leaks.terms = told->terms[1];
    told->pairs[1].leaks.term_count = bytes > 0;
}

static void a_leak_is_told_with_its_size(void **state)
{
    struct told told;

    (void)state;
    make(&told);
    look_for_leaks(&told, 5600);
    assert_says(&told, 0, "\nsmall: lost by 100,000 iterations of 1 call\n");
    assert_says(&told, 0, "  no leak\n");
    assert_says(&told, 0, "  other              100  5,600       56  ");
    assert_says(&told, 0, "  leak\n  after 2,000 iterations that are not counted\n");
    assert_says(&told, -1, "  leak\n  other lost: list 5,600 B in 100 blocks\n");
    told.terms[1][1] =
        (struct dcb_memory_term){.name = text("other"), .count = -1, .bytes = -72};
    told.pairs[1].leaks.term_count = 2;
    assert_says(&told, -1,
                "list 5,600 B in 100 blocks, less 72 B in 1 block of what was\n    there "
                "before\n");
    told.terms[1][1].count = 3;
    assert_says(&told, -1, "list 5,600 B in 100 blocks, other -72 B in 3 blocks\n");
    told.terms[1][1] = (struct dcb_memory_term){
        .name = told.terms[1][1].name, .count = -1, .bytes = 128};
    assert_says(&told, -1,
                "list 5,600 B in 100 blocks, other 128 B more and 1 block less\n");
    assert_lacks(&told, 0, "deepcopy(x, {})");
    assert_int_equal(outcome_of(&told, 1, "leaks"), DCB_CI_FAILED);
    assert_int_equal(outcome_of(&told, 0, "leaks"), DCB_CI_PASSED);
}

static void what_was_freed_may_hide_a_leak(void **state)
{
    struct told told;

    (void)state;
    make(&told);
    look_for_leaks(&told, -56);
    assert_says(&told, 0, "  other               -1    -56    -0.56  ");
    assert_says(&told, 0,
                "\n  other: 56 B in 1 block that were there before are freed; a leak of "
                "less would\n    not be seen\n");
    assert_lacks(&told, 0, "stdlib: ");
    assert_lacks(&told, -1, "freed");
    look_for_leaks(&told, 5600);
    assert_lacks(&told, 0, "freed");
}

static void what_was_not_run_is_not_known(void **state)
{
    struct told told;

    (void)state;
    make(&told);
    look_for_leaks(&told, 0);
    told.pairs[1].leaks.failure = DCB_FAILURE_DIED;
    told.pairs[1].leaks.message = text("died: killed by SIGSEGV");
    assert_says(&told, -1, "  failed\n  other: died: killed by SIGSEGV\n");
    assert_int_equal(outcome_of(&told, 1, "leaks"), DCB_CI_ERROR);
    told.pairs[1].leaks.failure = DCB_FAILURE_NONE;
    told.pairs[1].leaks.point_count = 3;
    assert_says(&told, 0, "  not known\n");
    assert_int_equal(outcome_of(&told, 1, "leaks"), DCB_CI_SKIPPED);
}

/* ---- the census ---- */

static void a_census_is_shown_once_where_it_is_the_same(void **state)
{
    struct dcb_memory_type types[2][2] = {
        {{.name = text("list"), .counts = {2, 200, 2, 176, 0, 0, 10, 14, 10, 11}},
         {.name = text("int\nx"), .counts = {4, 112, 0, 0, 4, 112}}}};
    struct told told;

    (void)state;
    make(&told);
    memcpy(types[1], types[0], sizeof types[0]);
    told.request.memos[DCB_MEMO_DICT] = false;
    told.request.census = true;
    for (size_t i = 0; i < IMPLS; i++) {
        told.pairs[i].cells[DCB_MEMO_DICT].asked = false;
        told.pairs[i].census = (struct dcb_memory_census){
            .asked = true, .done = true, .types = types[i], .type_count = 2};
    }
    assert_says(&told, 0,
                "\nsmall: objects copied by stdlib\n"
                "  type   originals  bytes  copies  bytes  shared  bytes\n"
                "  list           2    200       2    176       0      0\n"
                "  int?x          4    112       0      0       4    112\n"
                "  all            6    312       2    176       4    112\n"
                "  lists: 10 items, with room for 14; in the copies 10, with room for "
                "11\n  the same by: other\n");
    types[1][0].counts[DCB_CENSUS_COPIED_ROOM] = 10;
    assert_says(&told, 0, "\nsmall: objects copied by other\n");
    assert_lacks(&told, 0, "the same by");
    told.pairs[1].census.done = false;
    assert_says(&told, 0, "\n  not known\n");
    assert_int_equal(outcome_of(&told, 0, "census"), DCB_CI_PASSED);
    assert_int_equal(outcome_of(&told, 1, "census"), DCB_CI_SKIPPED);
    told.pairs[1].census.failure = DCB_FAILURE_RAISED;
    told.pairs[1].census.message = text("ValueError: no");
    assert_says(&told, 0, "\n  other: ValueError: no\n");
    assert_int_equal(outcome_of(&told, 1, "census"), DCB_CI_ERROR);
}

/* ---- the other formats ---- */

static void markdown_has_the_same(void **state)
{
    struct told told;
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    (void)state;
    make(&told);
    told.impls[1].label = text("a|b");
    dcb_report_memory_markdown(&told.memory, told.margin, 0, &out);
    assert_contains(out.text, "\n### small: deepcopy(x, {})\n");
    assert_contains(out.text, "| a\\|b | 824 | 64 | 1,258 | 1,217 | +116 | +16.4 | ");
    dcb_strbuf_clear(&out);
}

static void csv_has_all_digits(void **state)
{
    struct told told;
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    (void)state;
    make(&told);
    fill(&told.pairs[1].cells[DCB_MEMO_DICT], INT64_C(123456789012), 64);
    dcb_report_memory_csv(&told.memory, told.margin, &out);
    assert_contains(out.text, "workload,implementation,kind,memo,layer,status,peak,");
    assert_contains(out.text, "\nsmall,other,copy,dict,both,ok,123456789012,");
    assert_contains(out.text, ",more,,,,,,,");
    assert_contains(out.text, "\nsmall,other,copy,dict,native,ok,0,");
    dcb_strbuf_clear(&out);
    raise_in(&told.pairs[1].cells[DCB_MEMO_DICT], "a,\nb");
    look_for_leaks(&told, 5600);
    told.pairs[1].cells[DCB_MEMO_DICT].asked = true;
    dcb_report_memory_csv(&told.memory, told.margin, &out);
    assert_contains(out.text, "\nsmall,other,copy,dict,,\"failed: a,?b\",");
    assert_contains(out.text, "\nsmall,other,leaks,,both,ok,");
    assert_contains(out.text, ",100000,100,5600,,,");
    dcb_strbuf_clear(&out);
}

static void json_has_what_there_is(void **state)
{
    struct told told;
    struct dcb_plan plan = {.timeout_s = 10};
    struct dcb_sysinfo system = {.date = "2024-02-29T12:00:00Z"};
    struct dcb_json_memory_frame frame = {
        .plan = &plan, .system = &system, .margin = (double)NAN};
    char *json;

    (void)state;
    make(&told);
    told.pairs[0].cells[DCB_MEMO_DICT].message = NULL;
    json = dcb_json_memory(&told.memory, &frame);
    assert_contains(json, "\"kind\":\"memory\"");
    assert_contains(json, "\"peak\":{\"value\":824,\"low\":824,\"high\":824}");
    assert_contains(json, "{\"memo\":\"dict\",\"margin\":0.1}");
    assert_contains(json, "\"verdict\":\"more\"");
    assert_contains(json, "\"unpredicted\":0");
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_for_each_implementation),
        cmocka_unit_test(the_margin_is_the_memo_kinds_or_the_users),
        cmocka_unit_test(native_bytes_have_a_row_where_there_are_some),
        cmocka_unit_test(a_figure_with_a_spread_is_marked),
        cmocka_unit_test(large_figures_keep_to_the_width),
        cmocka_unit_test(a_memo_that_holds_something_has_a_column),
        cmocka_unit_test(a_row_says_that_it_raises),
        cmocka_unit_test(what_the_baseline_refuses_is_nobodys_error),
        cmocka_unit_test(more_is_a_check_of_its_own),
        cmocka_unit_test(nothing_compared_is_no_pass),
        cmocka_unit_test(the_terms_of_a_peak_are_named),
        cmocka_unit_test(what_stays_is_told_with_one_unit),
        cmocka_unit_test(what_stays_sometimes_is_a_spread),
        cmocka_unit_test(what_was_not_predicted_is_told),
        cmocka_unit_test(a_leak_is_told_with_its_size),
        cmocka_unit_test(what_was_freed_may_hide_a_leak),
        cmocka_unit_test(what_was_not_run_is_not_known),
        cmocka_unit_test(a_census_is_shown_once_where_it_is_the_same),
        cmocka_unit_test(markdown_has_the_same),
        cmocka_unit_test(csv_has_all_digits),
        cmocka_unit_test(json_has_what_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
