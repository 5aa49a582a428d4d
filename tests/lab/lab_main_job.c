/* The command as a user runs it, with counters of a PMU: what a run counts does not
 * change from run to run, and is exact. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>
#include <sys/wait.h>
#include <time.h>

#include "lab.h"

static const char output_path[] = "/tmp/result.json";
static const char message_path[] = "/tmp/messages";

enum { ROOT = 0, USER = 1000, WORDS_MAX = 32 };

/* In the child: dcbench with its result and its messages in files. */
static void become_dcbench(const char *const *options, uid_t user)
{
    const char *words[WORDS_MAX] = {"dcbench",  "--seed", "1",
                                    "--format", "json",   "--quiet"};
    size_t count = 6;

    while (*options && count < WORDS_MAX - 1)
        words[count++] = *options++;
    if (freopen(output_path, "w", stdout) && freopen(message_path, "w", stderr) &&
        setresgid(user, user, user) == 0 && setresuid(user, user, user) == 0)
        execv("/opt/dcbench/bin/dcbench", (char *const *)(uintptr_t)words);
    _exit(127);
}

/* What dcbench said on stderr; free it. */
static char *messages(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(message_path, "r");

    assert_non_null(file);
    if (getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = dcb_xstrdup("");
    }
    fclose(file);
    return text;
}

/* Runs dcbench and returns its result; json_decref it. */
static json_t *run(const char *const *options, uid_t user, int expected)
{
    pid_t pid = fork();
    json_error_t where;
    json_t *result;
    char *said;
    int status;

    if (pid == 0)
        become_dcbench(options, user);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    said = messages();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != expected)
        fail_msg("dcbench ended with %#x: %s", (unsigned)status, said);
    free(said);
    result = json_load_file(output_path, 0, &where);
    if (!result)
        fail_msg("the result is no JSON: %s", where.text);
    return result;
}

/* A counter of a cell, borrowed. The cells are baseline, control, candidate. */
static const json_t *counter(const json_t *result, size_t cell, const char *row)
{
    const json_t *cells = json_object_get(result, "cells");
    const json_t *found =
        json_object_get(json_object_get(json_array_get(cells, cell), "counters"), row);

    assert_int_equal(json_array_size(cells), 3);
    assert_non_null(found);
    return found;
}

static double value(const json_t *result, size_t cell, const char *row)
{
    const json_t *found = counter(result, cell, row);
    const json_t *number = json_object_get(found, "value");

    if (!json_is_number(number))
        fail_msg("%s was not counted: %s", row,
                 json_string_value(json_object_get(found, "reason")));
    assert_string_equal(json_string_value(json_object_get(found, "provider")),
                        "hardware");
    assert_false(json_is_true(json_object_get(found, "scaled")));
    return json_number_value(number);
}

#define MAIN_JOB "-i", "merged", "-w", "memo", "--counters", "hardware", "--rounds", "5"

static const char *const main_job[] = {MAIN_JOB,       "--workers", "1",
                                       "--iterations", "1",         NULL};

static unsigned python_minor(const json_t *result)
{
    const json_t *python =
        json_object_get(json_object_get(result, "environment"), "python");
    const char *version = json_string_value(json_object_get(python, "version"));
    unsigned minor = 0;

    assert_non_null(version);
    assert_int_equal(sscanf(version, "3.%u", &minor), 1);
    return minor;
}

/* Under -icount shift=0 an instruction is a cycle. What the row is called must be what it
 * is, in a language too slow to be off by chance. */
static void provider_is_hardware(void **state)
{
    json_t *result = run(main_job, ROOT, 0);
    double stdlib = value(result, 0, "instructions");
    double merged = value(result, 2, "instructions");

    (void)state;
    print_message("memo: stdlib %.0f, control %.0f, merged %.0f instructions\n", stdlib,
                  value(result, 1, "instructions"), merged);
    for (size_t i = 0; i < 3; i++)
        assert_true(value(result, i, "cycles") == value(result, i, "instructions"));
    assert_true(stdlib > 100000 && stdlib < 2000000);
    if (python_minor(result) < 14) /* which has what merged brings */
        assert_true(merged < 0.95 * stdlib);
    json_decref(result);
}

/* All that the workers counted, as text; free it. */
static char *counted(const char *const *options)
{
    static const char *const rows[] = {"instructions", "cycles"};
    json_t *result = run(options, ROOT, 0), *all = json_array();
    const json_t *cells = json_object_get(result, "cells"), *sample;
    char *text;
    size_t i;

    for (size_t cell = 0; cell < 3; cell++) {
        for (size_t row = 0; row < COUNT(rows); row++)
            json_array_append_new(all, json_real(value(result, cell, rows[row])));
        json_array_foreach(json_object_get(json_array_get(cells, cell), "samples"), i,
                           sample)
            json_array_append(all, json_object_get(sample, "counters"));
    }
    text = json_dumps(all, JSON_SORT_KEYS);
    assert_non_null(text);
    json_decref(all);
    json_decref(result);
    return text;
}

/* Between a full second of CLOCK_MONOTONIC and the next tick the kernel's clock_gettime,
 * which runs in user space, takes some instructions more: the carry to the second is not
 * in its page yet. A worker whose blocks, or whose blocks without iterations, lie there
 * counts 9 more for each reading of the clock. How long a run takes is no chance here, so
 * runs that begin with a second all have their blocks in the same part of one. */
static void wait_for_a_second(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    now.tv_sec++;
    now.tv_nsec = 0;
    assert_int_equal(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &now, NULL), 0);
}

static void two_runs_count_the_same(const char *const *options)
{
    char *first, *second;

    wait_for_a_second();
    first = counted(options);
    wait_for_a_second();
    second = counted(options);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void one_worker_counts_the_same_again(void **state)
{
    (void)state;
    two_runs_count_the_same(main_job);
}

static void two_workers_count_the_same_again(void **state)
{
    static const char *const options[] = {MAIN_JOB,       "--workers", "2",
                                          "--iterations", "1",         NULL};

    /* With more iterations a block takes so long that the clock decides how many of them
     * warm an arm up (job_time.c), and with that in which block garbage is collected. */
    (void)state;
    two_runs_count_the_same(options);
}

static double with_loop(uint64_t count)
{
    static const char *const options[] = {"-i",
                                          "/lab/data/known_loop.py",
                                          "-w",
                                          "memo",
                                          "--counters",
                                          "hardware",
                                          "--workers",
                                          "1",
                                          "--rounds",
                                          "25",
                                          "--iterations",
                                          "2",
                                          NULL};
    FILE *file = fopen("/tmp/loop-count", "w");
    json_t *result;
    double instructions;

    assert_non_null(file);
    assert_true(fprintf(file, "%llu", (unsigned long long)count) > 0);
    assert_int_equal(fclose(file), 0);
    result = run(options, ROOT, 0);
    instructions = value(result, 2, "instructions");
    json_decref(result);
    return instructions;
}

enum { TRIES = 3 };

/* A reading that a tick of the timer meets is done again, some instructions more: of 25
 * rounds the median mostly has none of that, and of some runs the least. It ends with the
 * first that counts no more than `least`. */
static double undisturbed(uint64_t turns, double least)
{
    double count = with_loop(turns);

    for (int i = 1; i < TRIES && count > least; i++)
        count = fmin(count, with_loop(turns));
    return count;
}

/* The candidate runs the loop once an iteration: so many more turns, so many more
 * instructions. The counts have as many digits, so that all else is equal. */
static void known_loop_is_exact(void **state)
{
    static const uint64_t sizes[] = {10001, 31234, 99999};
    double base = undisturbed(10000, 0);
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        double expected = (double)(LAB_LOOP_LENGTH * (sizes[i] - 10000));
        double more = undisturbed(sizes[i], base + expected) - base;

        print_message("%llu turns more: %.1f instructions an iteration more\n",
                      (unsigned long long)sizes[i] - 10000, more);
        wrong += more != expected;
    }
    assert_int_equal(wrong, 0);
}

static void user_counts_up_to_level_2(void **state)
{
    json_t *result;

    (void)state;
    lab_sysctl("perf_event_paranoid", 2);
    result = run(main_job, USER, 0);
    assert_true(value(result, 0, "instructions") > 100000);
    json_decref(result);
}

/* Hardware counters were asked for and cannot be had: status 3. */
static void user_is_told_of_level_3(void **state)
{
    json_t *result;
    const json_t *row;
    char *said;

    (void)state;
    lab_sysctl("perf_event_paranoid", 3);
    result = run(main_job, USER, 3);
    row = counter(result, 0, "instructions");
    assert_true(json_is_null(json_object_get(row, "value")));
    assert_contains(json_string_value(json_object_get(row, "reason")),
                    "kernel.perf_event_paranoid is 3");
    said = messages();
    assert_contains(said, "--counters hardware: nothing was counted");
    assert_contains(said, "kernel.perf_event_paranoid is 3");
    free(said);
    json_decref(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(provider_is_hardware),
        cmocka_unit_test(one_worker_counts_the_same_again),
        cmocka_unit_test(two_workers_count_the_same_again),
        cmocka_unit_test(known_loop_is_exact),
        cmocka_unit_test(user_counts_up_to_level_2),
        cmocka_unit_test(user_is_told_of_level_3),
    };

    lab_sysctl("randomize_va_space", 0);
    return cmocka_run_group_tests_name("main_job", tests, NULL, NULL);
}
