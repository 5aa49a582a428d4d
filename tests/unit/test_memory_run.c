/* The program is its own worker: it does what the label of the implementation says. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "job.h"
#include "memory.h"
#include "plan.h"
#include "unit.h"

enum { LEAK_ITERATIONS = 1000 };

/* ---- the worker ---- */

static struct dcb_samples *samples;
static uint64_t token;

static void answer(struct dcb_answer answer)
{
    char *line;

    answer.token = token;
    answer.group = answer.slot = -1;
    line = dcb_answer_encode(&answer);
    if (write(DCB_ANSWER_FD, line, strlen(line)) != (ssize_t)strlen(line))
        _exit(9);
    free(line);
    if (samples)
        dcb_samples_mark(samples, DCB_PHASE_MEMORY, 0);
}

static void die(int number)
{
    struct rlimit no_core = {0};

    setrlimit(RLIMIT_CORE, &no_core);
    signal(number, SIG_DFL);
    raise(number);
}

/* Peak 1000 and net 600, in each layer; "wavers" has a peak that goes up and down. */
static void count(const struct dcb_job *job, enum dcb_memo memo, const char *how)
{
    static const int64_t waves[] = {0, 8, -8, 16, 0};
    char dict[] = "dict", copy[] = "the copy";

    for (uint32_t i = 0; i < job->rounds; i++) {
        struct dcb_answer figures = {.kind = DCB_ANSWER_FIGURES,
                                     .memo = memo,
                                     .number = i,
                                     .native = strcmp(how, "has no library") != 0};

        for (int layer = 0; layer < DCB_LAYER_COUNT; layer++) {
            figures.figures.values[layer][DCB_FIGURE_PEAK] =
                1000 + (strcmp(how, "wavers") == 0 ? waves[i % 5] : 0);
            figures.figures.values[layer][DCB_FIGURE_NET] = 600;
        }
        answer(figures);
        if (strcmp(how, "repeats itself") == 0)
            answer(figures);
    }
    answer((struct dcb_answer){
        .kind = DCB_ANSWER_TERM, .memo = memo, .name = dict, .count = 1, .bytes = 400});
    answer((struct dcb_answer){
        .kind = DCB_ANSWER_TERM, .memo = memo, .name = copy, .count = 2, .bytes = 600});
    answer((struct dcb_answer){
        .kind = DCB_ANSWER_PREDICTION, .memo = memo, .count = 2, .bytes = 592});
    answer((struct dcb_answer){
        .kind = DCB_ANSWER_TERM, .memo = memo, .name = dict, .bytes = 8});
}

static void count_all(const struct dcb_job *job, const char *how)
{
    char why[] = "TypeError: no";

    for (int i = 0; i < DCB_MEMO_COUNT; i++) {
        enum dcb_memo memo = (enum dcb_memo)i;

        if (!job->memos[i])
            continue;
        if (memo == DCB_MEMO_DICT && strcmp(how, "crashes with a dict") == 0)
            die(SIGSEGV);
        if (memo == DCB_MEMO_DICT && strcmp(how, "hangs with a dict") == 0)
            pause();
        if (memo == DCB_MEMO_DICT && strcmp(how, "ends early") == 0)
            _exit(0);
        if (memo == DCB_MEMO_MAPPING)
            answer((struct dcb_answer){.kind = DCB_ANSWER_FIGURES,
                                       .memo = memo,
                                       .failure = DCB_FAILURE_RAISED,
                                       .message = why});
        else
            count(job, memo, how);
    }
}

static void look_for_leaks(const struct dcb_job *job, const char *how)
{
    for (uint32_t i = 0; i <= job->rounds; i++) {
        struct dcb_answer point = {
            .kind = DCB_ANSWER_POINT,
            .native = true,
            .number = 321,
            .point = {.iterations = job->arms[0].iterations * i / job->rounds,
                      .rss_bytes = 1 << 20}};

        for (int layer = 0; layer < DCB_LAYER_COUNT; layer++)
            point.point.bytes[layer] = 5000 + (strcmp(how, "leaks") == 0 ? 56 * i : 0);
        if (i == 3 && strcmp(how, "crashes with a dict") == 0)
            die(SIGBUS);
        answer(point);
    }
}

static void tell_types(const char *how)
{
    char point[] = "Point", list[] = "list";

    if (strcmp(how, "figures in a census") == 0)
        answer((struct dcb_answer){.kind = DCB_ANSWER_FIGURES, .native = true});
    answer((struct dcb_answer){
        .kind = DCB_ANSWER_CENSUS, .name = point, .census = {3, 300, 2, 200, 1, 100}});
    if (strcmp(how, "crashes with a dict") == 0)
        die(SIGBUS);
    answer((struct dcb_answer){.kind = DCB_ANSWER_CENSUS,
                               .name = list,
                               .census = {1, 88, 1, 80, 0, 0, 3, 4, 3, 3}});
}

static void work_with(const struct dcb_job *job)
{
    const char *how = job->arms[0].spec.label;
    char why[] = "no such\nmodule";

    answer((struct dcb_answer){.kind = DCB_ANSWER_WORKLOAD, .objects = 7});
    if (strcmp(how, "does not load") == 0)
        answer((struct dcb_answer){
            .kind = DCB_ANSWER_ARM, .failure = DCB_FAILURE_LOAD, .message = why});
    else if (job->kind == DCB_JOB_LEAKS)
        look_for_leaks(job, how);
    else if (job->kind == DCB_JOB_CENSUS)
        tell_types(how);
    else
        count_all(job, how);
    if (strcmp(how, "lies") == 0 && write(DCB_ANSWER_FD, "{}\n", 3) != 3)
        _exit(9);
}

static int work(void)
{
    char text[65536];
    ssize_t length = read(DCB_JOB_FD, text, sizeof text);
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_job job;

    if (length < 0 || dcb_job_decode(text, (size_t)length, &job, &err) != 0)
        return 8;
    token = job.token;
    if (job.kind != DCB_JOB_DESCRIBE) {
        samples = dcb_samples_map(DCB_SAMPLES_FD, &err);
        work_with(&job);
    } else {
        for (uint32_t i = 0; i < job.source_count; i++) {
            char path[] = "/source";

            answer(
                (struct dcb_answer){.kind = DCB_ANSWER_SOURCE, .index = i, .path = path});
        }
    }
    answer((struct dcb_answer){.kind = DCB_ANSWER_DONE});
    dcb_job_clear(&job);
    return 0;
}

/* ---- the tests ---- */

struct run {
    struct dcb_spec impls[2], workload;
    struct dcb_plan plan;
    struct dcb_memory_request request;
    struct dcb_memory memory;
};

static char program[4096];

/* Counts one implementation that does so, and a sound one behind it. */
static const struct dcb_memory_pair *count_one(struct run *run, const char *how)
{
    static const struct dcb_memory_hooks hooks = {.stop = NULL};
    struct dcb_error err = DCB_ERROR_INIT;
    char support[] = "/support";

    *run = (struct run){
        .impls = {make_spec(how, "/a.py"), make_spec("sound", "/b.py")},
        .workload = make_spec("workload", "/c.py"),
        .plan = {.worker = program,
                 .support = support,
                 .affinity = -1,
                 .timeout_s = strcmp(how, "hangs with a dict") == 0 ? 1 : 60},
        .request = {.impl_count = 2,
                    .workload_count = 1,
                    .memos = {true, false, true, true, true},
                    .census = true,
                    .leak_iterations = LEAK_ITERATIONS},
    };
    run->request.impls = run->impls;
    run->request.workloads = &run->workload;
    assert_int_equal(
        dcb_memory_run(&run->plan, &run->request, &hooks, &run->memory, &err), 0);
    assert_int_equal(run->memory.pair_count, 2);
    assert_true(dcb_memory_cell_is_counted(
        &dcb_memory_pair(&run->memory, 0, 1)->cells[DCB_MEMO_MUTABLE_MAPPING]));
    return dcb_memory_pair(&run->memory, 0, 0);
}

static void clear(struct run *run)
{
    dcb_memory_clear(&run->memory);
    dcb_spec_clear(&run->impls[0]);
    dcb_spec_clear(&run->impls[1]);
    dcb_spec_clear(&run->workload);
}

static void figures_are_put_together(void **state)
{
    struct run run;
    const struct dcb_memory_pair *pair = count_one(&run, "counts");
    const struct dcb_memory_cell *cell = &pair->cells[DCB_MEMO_ABSENT];
    int64_t rest;

    (void)state;
    assert_int_equal(pair->objects, 7);
    assert_true(dcb_memory_cell_is_counted(cell));
    assert_int_equal(cell->iterations, 5);
    assert_int_equal(cell->values[DCB_LAYER_INTERPRETER][DCB_FIGURE_PEAK].value, 1000);
    assert_true(
        dcb_memory_is_exact(&cell->values[DCB_LAYER_INTERPRETER][DCB_FIGURE_PEAK]));
    assert_int_equal(cell->term_count, 2);
    assert_int_equal(cell->rest_count, 1);
    assert_string_equal(cell->rests[0].name, "dict");
    assert_int_equal(cell->rests[0].bytes, 8);
    assert_string_equal(cell->terms[0].name, "the copy");
    assert_int_equal(cell->terms[1].bytes, 400);
    assert_true(dcb_memory_unpredicted(cell, &rest));
    assert_int_equal(rest, 8);
    assert_false(pair->cells[DCB_MEMO_NONE].asked);
    assert_int_equal(pair->cells[DCB_MEMO_MAPPING].failure, DCB_FAILURE_RAISED);
    assert_string_equal(pair->cells[DCB_MEMO_MAPPING].message, "TypeError: no");
    assert_string_equal(run.memory.impl_sources[1].path, "/source");
    clear(&run);
}

static void a_spread_is_kept(void **state)
{
    struct run run;
    const struct dcb_memory_value *value =
        &count_one(&run, "wavers")
             ->cells[DCB_MEMO_ABSENT]
             .values[DCB_LAYER_INTERPRETER][DCB_FIGURE_PEAK];

    (void)state;
    assert_int_equal(value->value, 1000);
    assert_int_equal(value->low, 992);
    assert_int_equal(value->high, 1016);
    assert_false(dcb_memory_is_exact(value));
    clear(&run);
}

/* The kinds before and behind are counted all the same. */
static void an_end_costs_the_memo_in_hand(void **state)
{
    static const struct {
        const char *how, *message;
    } cases[] = {
        {"crashes with a dict", "killed by SIGSEGV while counting its memory"},
        {"hangs with a dict", "no sign of life for 1 s"},
        {"ends early", "the process exited with status 0"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct run run;
        const struct dcb_memory_pair *pair = count_one(&run, cases[i].how);

        assert_int_equal(pair->cells[DCB_MEMO_DICT].failure, DCB_FAILURE_DIED);
        assert_contains(pair->cells[DCB_MEMO_DICT].message, cases[i].message);
        assert_true(dcb_memory_cell_is_counted(&pair->cells[DCB_MEMO_ABSENT]));
        assert_int_equal(pair->cells[DCB_MEMO_MAPPING].failure, DCB_FAILURE_RAISED);
        assert_true(dcb_memory_cell_is_counted(&pair->cells[DCB_MEMO_MUTABLE_MAPPING]));
        clear(&run);
    }
}

static void failures_of_the_whole(void **state)
{
    static const struct {
        const char *how, *message;
        enum dcb_failure failure;
    } cases[] = {
        {"does not load", "no such module" /* one line */, DCB_FAILURE_LOAD},
        {"repeats itself", "not to be trusted: it tells of what", DCB_FAILURE_DIED},
        {"lies", "not to be trusted: its answer is of no known kind", DCB_FAILURE_DIED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct run run;
        const struct dcb_memory_pair *pair = count_one(&run, cases[i].how);

        assert_int_equal(pair->cells[DCB_MEMO_DICT].failure, cases[i].failure);
        assert_contains(pair->cells[DCB_MEMO_DICT].message, cases[i].message);
        clear(&run);
    }
}

static void losses_are_told(void **state)
{
    struct run run;
    const struct dcb_memory_pair *pair = count_one(&run, "leaks");
    struct dcb_memory_loss loss = dcb_memory_loss(&run.memory, pair);

    (void)state;
    assert_true(loss.known && loss.found);
    assert_int_equal(loss.iterations, LEAK_ITERATIONS);
    assert_int_equal(loss.bytes[DCB_LAYER_INTERPRETER], 5600);
    assert_int_equal(pair->leaks.warm_ups, 321);
    pair = dcb_memory_pair(&run.memory, 0, 1);
    assert_false(dcb_memory_loss(&run.memory, pair).found);
    assert_true(dcb_memory_loss(&run.memory, pair).known);
    clear(&run);
    pair = count_one(&run, "crashes with a dict");
    assert_int_equal(pair->leaks.failure, DCB_FAILURE_DIED);
    assert_contains(pair->leaks.message, "SIGBUS");
    assert_false(dcb_memory_loss(&run.memory, pair).known);
    clear(&run);
}

static void types_are_told(void **state)
{
    struct run run;
    const struct dcb_memory_pair *pair = count_one(&run, "counts");
    int64_t sums[DCB_CENSUS_COUNT];

    (void)state;
    assert_true(pair->census.done);
    assert_int_equal(pair->census.type_count, 2);
    assert_string_equal(pair->census.types[0].name, "Point");
    dcb_memory_census_sum(&pair->census, sums);
    assert_int_equal(sums[DCB_CENSUS_BYTES], 388);
    assert_int_equal(sums[DCB_CENSUS_SHARED], 1);
    assert_int_equal(sums[DCB_CENSUS_ROOM], 4);
    clear(&run);
    pair = count_one(&run, "crashes with a dict");
    assert_false(pair->census.done);
    assert_int_equal(pair->census.failure, DCB_FAILURE_DIED);
    assert_contains(pair->census.message, "SIGBUS");
    clear(&run);
    pair = count_one(&run, "figures in a census");
    assert_int_equal(pair->census.failure, DCB_FAILURE_DIED);
    assert_contains(pair->census.message, "not to be trusted");
    assert_int_equal(pair->cells[DCB_MEMO_ABSENT].failure, DCB_FAILURE_NONE);
    clear(&run);
}

static void without_the_library_one_layer_is_left(void **state)
{
    struct run run;

    (void)state;
    count_one(&run, "has no library");
    assert_false(run.memory.native);
    assert_string_equal(run.memory.native_reason,
                        "there is no library that counts malloc");
    assert_int_equal(dcb_memory_layer(&run.memory), DCB_LAYER_INTERPRETER);
    clear(&run);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_put_together),
        cmocka_unit_test(a_spread_is_kept),
        cmocka_unit_test(an_end_costs_the_memo_in_hand),
        cmocka_unit_test(failures_of_the_whole),
        cmocka_unit_test(losses_are_told),
        cmocka_unit_test(types_are_told),
        cmocka_unit_test(without_the_library_one_layer_is_left),
    };

    if (argc == 1 && strcmp(argv[0], "dcbench-worker") == 0)
        return work();
    if (readlink("/proc/self/exe", program, sizeof program - 1) < 0)
        return 1;
    return cmocka_run_group_tests_name("memory_run", tests, NULL, NULL);
}
