/* The worker is a shell script here. Times are wide: only their order counts. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "job.h"
#include "samples.h"
#include "spawn.h"
#include "unit.h"

enum { LONG_MS = 20000 };

struct shop {
    char *folder;
    size_t descriptors;
};

static int set_up(void **state)
{
    struct shop *shop = dcb_xcalloc(1, sizeof *shop);

    shop->folder = scratch_new();
    shop->descriptors = count_descriptors();
    *state = shop;
    return 0;
}

/* No test may leave a descriptor open or a child behind. */
static int tear_down(void **state)
{
    struct shop *shop = *state;
    bool leaked = count_descriptors() != shop->descriptors;
    bool child = waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD;

    scratch_remove(shop->folder);
    free(shop);
    if (leaked)
        print_error("a descriptor was left open\n");
    if (child)
        print_error("a child was left behind\n");
    return leaked || child ? -1 : 0;
}

static char *script(const struct shop *shop, const char *body)
{
    char *text = dcb_xasprintf("#!/bin/sh\n%s\n", body);
    char *path = scratch_file(shop->folder, "worker", 0755, text);

    free(text);
    return path;
}

static struct dcb_spawn_request usual_request(void)
{
    return (struct dcb_spawn_request){.job = "{}\n",
                                      .samples_fd = -1,
                                      .code_fd = -1,
                                      .dump_fd = -1,
                                      .timeout_ms = LONG_MS,
                                      .limit_ms = LONG_MS};
}

/* Runs a script with `request`, whose program it becomes. */
static struct dcb_spawn_outcome run_with(const struct shop *shop, const char *body,
                                         struct dcb_spawn_request request)
{
    struct dcb_spawn_outcome outcome;
    struct dcb_error err = DCB_ERROR_INIT;
    char *path = script(shop, body);

    request.program = path;
    if (dcb_spawn_run(&request, &outcome, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(err.code, DCB_OK);
    assert_non_null(outcome.answers);
    assert_non_null(outcome.output);
    free(path);
    return outcome;
}

static struct dcb_spawn_outcome run(const struct shop *shop, const char *body)
{
    return run_with(shop, body, usual_request());
}

/* Runs a script that ends well, and compares what it answers. */
static void assert_answers(const struct shop *shop, const char *body,
                           const char *expected)
{
    struct dcb_spawn_outcome outcome = run(shop, body);

    assert_string_equal(outcome.output, "");
    assert_string_equal(outcome.answers, expected);
    assert_int_equal(outcome.answers_length, strlen(expected));
    assert_int_equal(outcome.end, DCB_SPAWN_EXITED);
    assert_int_equal(outcome.code, 0);
    dcb_spawn_clear(&outcome);
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- ends ---- */

static void exit_status(void **state)
{
    struct dcb_spawn_outcome outcome = run(*state, "exit 37");

    assert_int_equal(outcome.end, DCB_SPAWN_EXITED);
    assert_int_equal(outcome.code, 37);
    assert_string_equal(outcome.answers, "");
    assert_int_equal(outcome.answers_length, 0);
    assert_string_equal(outcome.output, "");
    assert_int_equal(outcome.output_bytes, 0);
    assert_true(outcome.elapsed_ns > 0);
    assert_true(outcome.elapsed_ns < LONG_MS * 1000000ull);
    dcb_spawn_clear(&outcome);
    assert_null(outcome.answers);
    assert_null(outcome.output);
    dcb_spawn_clear(&outcome);
}

static void ended_by_a_signal(void **state)
{
    struct dcb_spawn_outcome outcome = run(*state, "kill -SEGV $$");

    assert_int_equal(outcome.end, DCB_SPAWN_SIGNALED);
    assert_int_equal(outcome.code, SIGSEGV);
    dcb_spawn_clear(&outcome);
    outcome = run(*state, "kill -KILL $$");
    assert_int_equal(outcome.end, DCB_SPAWN_SIGNALED);
    assert_int_equal(outcome.code, SIGKILL);
    dcb_spawn_clear(&outcome);
}

static void elapsed_is_its_life(void **state)
{
    struct dcb_spawn_outcome outcome = run(*state, "sleep 0.3");

    assert_true(outcome.elapsed_ns >= 300000000);
    assert_true(outcome.elapsed_ns < 5000000000);
    dcb_spawn_clear(&outcome);
}

static uint64_t never_changes(const void *context)
{
    (void)context;
    return 12345;
}

static uint64_t always_changes(const void *context)
{
    static uint64_t beats;

    (void)context;
    return ++beats;
}

static void no_sign_of_life(void **state)
{
    uint64_t (*const signs[])(const void *) = {NULL, never_changes};

    for (size_t i = 0; i < COUNT(signs); i++) {
        struct dcb_spawn_request request = usual_request();
        struct dcb_spawn_outcome outcome;
        uint64_t started = now_ms();

        request.timeout_ms = 200;
        request.alive = signs[i];
        outcome = run_with(*state, "echo before; echo said >&4; exec sleep 30", request);
        assert_int_equal(outcome.end, DCB_SPAWN_HUNG);
        assert_true(now_ms() - started >= 200);
        assert_true(now_ms() - started < 10000);
        assert_string_equal(outcome.output, "before\n");
        assert_string_equal(outcome.answers, "said\n");
        dcb_spawn_clear(&outcome);
    }
}

static void sign_of_life_that_goes_on(void **state)
{
    struct dcb_spawn_request request = usual_request();
    struct dcb_spawn_outcome outcome;

    request.timeout_ms = 200;
    request.alive = always_changes;
    outcome = run_with(*state, "sleep 0.8; exit 5", request);
    assert_int_equal(outcome.end, DCB_SPAWN_EXITED);
    assert_int_equal(outcome.code, 5);
    dcb_spawn_clear(&outcome);
}

static uint64_t beats_in_mapping(const void *context)
{
    const struct dcb_samples *samples = context;

    return atomic_load(&((struct dcb_samples *)(uintptr_t)samples)->beats);
}

static uint64_t changes_for_a_while(const void *context)
{
    uint64_t lived = now_ms() - *(const uint64_t *)context;

    return lived < 400 ? lived : 400;
}

/* The time runs from the last sign, not from the start. */
static void sign_of_life_that_ends(void **state)
{
    struct dcb_spawn_request request = usual_request();
    struct dcb_spawn_outcome outcome;
    uint64_t started = now_ms();

    request.timeout_ms = 300;
    request.alive = changes_for_a_while;
    request.context = &started;
    outcome = run_with(*state, "exec sleep 30", request);
    assert_int_equal(outcome.end, DCB_SPAWN_HUNG);
    assert_true(now_ms() - started >= 700);
    assert_true(now_ms() - started < 10000);
    dcb_spawn_clear(&outcome);
}

static void limit_whatever_the_signs(void **state)
{
    struct dcb_spawn_request request = usual_request();
    struct dcb_spawn_outcome outcome;
    uint64_t started = now_ms();

    request.limit_ms = 300;
    request.alive = always_changes;
    outcome = run_with(*state, "exec sleep 30", request);
    assert_int_equal(outcome.end, DCB_SPAWN_OVERTIME);
    assert_true(now_ms() - started >= 300);
    assert_true(now_ms() - started < 10000);
    dcb_spawn_clear(&outcome);
}

static void stop_flag(void **state)
{
    volatile sig_atomic_t stop = SIGINT;
    struct dcb_spawn_request request = usual_request();
    struct dcb_spawn_outcome outcome;
    uint64_t started = now_ms();

    request.stop = &stop;
    outcome = run_with(*state, "exec sleep 30", request);
    assert_int_equal(outcome.end, DCB_SPAWN_STOPPED);
    assert_true(now_ms() - started < 10000);
    dcb_spawn_clear(&outcome);

    stop = 0;
    outcome = run_with(*state, "exit 3", request);
    assert_int_equal(outcome.end, DCB_SPAWN_EXITED);
    dcb_spawn_clear(&outcome);
}

/* Ctrl-C reaches a child that has no group of its own yet: both get the signal, and the
 * child is dead before the controller looks again. Here that order is made by stopping
 * the controller; what the script leaves behind wakes it. */
static volatile sig_atomic_t interrupt_flag;

static void raise_the_flag(int number)
{
    interrupt_flag = number;
}

static void killed_by_what_stops_it(void **state)
{
    static const struct {
        const char *controller, *worker;
        enum dcb_spawn_end end;
        int code;
    } cases[] = {
        {"INT", "INT", DCB_SPAWN_STOPPED, SIGINT},
        {"TERM", "TERM", DCB_SPAWN_STOPPED, SIGTERM},
        {"INT", "SEGV", DCB_SPAWN_SIGNALED, SIGSEGV},
        {"CONT", "INT", DCB_SPAWN_SIGNALED, SIGINT},
    };
    struct sigaction action = {.sa_handler = raise_the_flag, .sa_flags = SA_RESTART},
                     was_int, was_term;

    sigaction(SIGINT, &action, &was_int);
    sigaction(SIGTERM, &action, &was_term);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dcb_spawn_request request = usual_request();
        struct dcb_spawn_outcome outcome;
        char *body = dcb_xasprintf("kill -STOP $PPID\n"
                                   "(sleep 0.3; kill -%s $PPID; kill -CONT $PPID) &\n"
                                   "kill -%s $$",
                                   cases[i].controller, cases[i].worker);

        interrupt_flag = 0;
        request.stop = &interrupt_flag;
        outcome = run_with(*state, body, request);
        assert_int_equal(outcome.end, cases[i].end);
        assert_int_equal(outcome.code, cases[i].code);
        dcb_spawn_clear(&outcome);
        free(body);
    }
    sigaction(SIGINT, &was_int, NULL);
    sigaction(SIGTERM, &was_term, NULL);
}

struct ticker {
    volatile sig_atomic_t stop;
    unsigned ticks;
};

static void count_tick(void *context)
{
    struct ticker *ticker = context;

    ticker->stop = ++ticker->ticks >= 4;
}

static void ticks_while_it_runs(void **state)
{
    struct ticker ticker = {.stop = 0};
    struct dcb_spawn_request request = usual_request();
    struct dcb_spawn_outcome outcome;
    uint64_t started = now_ms();

    request.tick = count_tick;
    request.tick_context = &ticker;
    request.stop = &ticker.stop;
    outcome = run_with(*state, "exec sleep 30", request);
    assert_int_equal(outcome.end, DCB_SPAWN_STOPPED);
    assert_in_range(ticker.ticks, 4, 6);
    assert_true(now_ms() - started >= 150); /* some a second, not thousands */
    assert_true(now_ms() - started < 10000);
    dcb_spawn_clear(&outcome);
}

/* ---- floods ---- */

/* Every request here would end after 3 s. What comes in is read on the way. */
static struct dcb_spawn_outcome flood(const struct shop *shop, const char *body)
{
    struct dcb_spawn_request request = usual_request();
    struct dcb_spawn_outcome outcome;
    uint64_t started = now_ms();

    request.limit_ms = 3000;
    request.alive = always_changes;
    outcome = run_with(shop, body, request);
    assert_true(now_ms() - started < 9000);
    return outcome;
}

static void flood_of_answers(void **state)
{
    struct dcb_spawn_outcome outcome = flood(*state, "exec cat /dev/zero >&4");
    size_t length = outcome.answers_length;

    assert_int_equal(outcome.end, DCB_SPAWN_FLOODED);
    dcb_spawn_clear(&outcome);
    assert_in_range(length, (4 << 20) + 1, 512 << 20);
}

static void many_answers_are_no_flood(void **state)
{
    struct dcb_spawn_outcome outcome =
        flood(*state, "head -c 4000000 /dev/zero | tr '\\0' a >&4");

    assert_int_equal(outcome.end, DCB_SPAWN_EXITED);
    assert_int_equal(outcome.answers_length, 4000000);
    assert_int_equal(strspn(outcome.answers, "a"), 4000000);
    dcb_spawn_clear(&outcome);
}

static void flood_of_output_is_kept_to_its_end(void **state)
{
    struct dcb_spawn_outcome outcome =
        flood(*state, "head -c 3000000 /dev/zero | tr '\\0' a; echo the end >&2; exit 9");

    assert_int_equal(outcome.end, DCB_SPAWN_EXITED);
    assert_int_equal(outcome.code, 9);
    assert_int_equal(outcome.output_bytes, 3000008);
    assert_true(strlen(outcome.output) <= 4096);
    assert_true(strlen(outcome.output) >= 1000);
    assert_string_equal(outcome.output + strlen(outcome.output) - 9, "athe end\n");
    assert_string_equal(outcome.answers, "");
    dcb_spawn_clear(&outcome);
}

/* A loop that reads as long as there is something never ends. */
static void endless_output_does_not_stop_the_clock(void **state)
{
    struct dcb_spawn_outcome outcome = flood(*state, "exec cat /dev/zero");

    assert_int_equal(outcome.end, DCB_SPAWN_OVERTIME);
    dcb_spawn_clear(&outcome);
}

static void memory_is_bounded_in_a_flood(void **state)
{
    static const char *const bodies[] = {"exec cat /dev/zero", "exec cat /dev/zero >&4"};

    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct rusage before, after;
        struct dcb_spawn_outcome outcome;

        getrusage(RUSAGE_SELF, &before);
        outcome = flood(*state, bodies[i]);
        getrusage(RUSAGE_SELF, &after);
        dcb_spawn_clear(&outcome);
        assert_true(after.ru_maxrss - before.ru_maxrss < 1 << 20); /* kilobytes */
    }
}

/* Output is text, in which a zero byte ends nothing. */
static void zero_byte_in_the_output(void **state)
{
    struct dcb_spawn_outcome outcome =
        run(*state, "printf 'first\\000'; echo the reason");

    assert_int_equal(outcome.output_bytes, 17);
    assert_contains(outcome.output, "first");
    assert_contains(outcome.output, "the reason");
    dcb_spawn_clear(&outcome);
}

static void both_outputs_are_one(void **state)
{
    struct dcb_spawn_outcome outcome = run(*state, "echo one; echo two >&2; echo three");

    assert_string_equal(outcome.output, "one\ntwo\nthree\n");
    assert_int_equal(outcome.output_bytes, 14);
    dcb_spawn_clear(&outcome);
}

/* ---- what the worker sees ---- */

static void job_arrives_on_its_descriptor(void **state)
{
    struct dcb_spawn_request request = usual_request();
    struct dcb_spawn_outcome outcome;
    char *large = dcb_xcalloc(1, 300001);

    assert_int_equal(DCB_JOB_FD, 3);
    assert_int_equal(DCB_ANSWER_FD, 4);
    assert_int_equal(DCB_SAMPLES_FD, 5);
    request.job = "{\"job\": \"\xc3\xa9\"}\n";
    outcome = run_with(*state, "exec cat <&3 >&4", request);
    assert_string_equal(outcome.answers, request.job);
    dcb_spawn_clear(&outcome);

    request.job = "";
    outcome = run_with(*state, "exec cat <&3 >&4", request);
    assert_string_equal(outcome.answers, "");
    assert_int_equal(outcome.code, 0);
    dcb_spawn_clear(&outcome);

    memset(large, 'j', 300000); /* larger than any pipe */
    request.job = large;
    outcome = run_with(*state, "exec cat <&3 >&4", request);
    assert_int_equal(outcome.answers_length, 300000);
    assert_string_equal(outcome.answers, large);
    dcb_spawn_clear(&outcome);
    outcome = run_with(*state, "exit 0", request); /* need not be read */
    assert_int_equal(outcome.code, 0);
    dcb_spawn_clear(&outcome);
    free(large);
}

static void samples_arrive_on_their_descriptor(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_spawn_request request = usual_request();
    struct dcb_spawn_outcome outcome;
    int fd = -1;
    struct dcb_samples *samples = dcb_samples_new(4, &fd, &err);

    assert_non_null(samples);
    request.samples_fd = fd;
    request.alive = beats_in_mapping;
    request.context = samples;
    outcome = run_with(*state, "printf 'DC' >&5; exit 0", request);
    assert_string_equal(outcome.output, "");
    assert_int_equal(outcome.end, DCB_SPAWN_EXITED);
    assert_memory_equal(samples, "DC", 2);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC); /* the caller's own is untouched */
    dcb_spawn_clear(&outcome);
    dcb_samples_close(fd);
    dcb_samples_unmap(samples, 4);
}

static void code_arrives_on_its_descriptor(void **state)
{
    struct dcb_spawn_request request = usual_request();
    struct dcb_spawn_outcome outcome;
    char *path = scratch_file(((struct shop *)*state)->folder, "code", 0644, "code\n");

    assert_int_equal(DCB_CODE_FD, 6);
    request.code_fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(request.code_fd >= 0);
    outcome = run_with(*state, "exec cat <&6 >&4", request);
    assert_string_equal(outcome.answers, "code\n");
    dcb_spawn_clear(&outcome);
    close(request.code_fd);
    free(path);
}

/* The shell's own additions would hide what it was given. */
static void environment_is_canonical(void **state)
{
    assert_int_equal(setenv("PYTHONPATH", "/tmp/evil", 1), 0);
    assert_int_equal(setenv("LD_LIBRARY_PATH", "/tmp/evil", 1), 0);
    assert_int_equal(setenv("LC_ALL", "tr_TR.UTF-8", 1), 0);
    assert_answers(*state, "tr '\\0' '\\n' </proc/$$/environ | sort >&4",
                   "HOME=/\n"
                   "LANG=C.UTF-8\n"
                   "LC_ALL=C.UTF-8\n"
                   "PATH=/usr/local/bin:/usr/bin:/bin\n"
                   "TERM=dumb\n"
                   "TZ=UTC\n");
    unsetenv("PYTHONPATH");
    unsetenv("LD_LIBRARY_PATH");
    unsetenv("LC_ALL");
}

static void standard_input_is_empty(void **state)
{
    assert_answers(*state, "wc -c >&4; readlink /proc/self/fd/0 >&4", "0\n/dev/null\n");
}

static void program_gets_no_arguments(void **state)
{
    assert_answers(*state, "echo \"$#\" >&4", "0\n");
}

static void arguments_are_handed_over(void **state)
{
    struct dcb_spawn_request request = usual_request();
    struct dcb_spawn_outcome outcome;
    char *script_path = script(*state, "for a; do echo \"<$a>\"; done >&4; exit 0");
    char *const arguments[] = {script_path, (char *)(uintptr_t) "one two",
                               (char *)(uintptr_t) "", (char *)(uintptr_t) "*", NULL};

    request.arguments = arguments;
    request.program = script_path;
    assert_int_equal(dcb_spawn_run(&request, &outcome, NULL), 0);
    assert_string_equal(outcome.answers, "<one two>\n<>\n<*>\n");
    dcb_spawn_clear(&outcome);
    free(script_path);
}

/* What /proc says it executes. */
static void programs_run_as_copies(void **state)
{
    char *const arguments[] = {(char *)(uintptr_t) "readlink",
                               (char *)(uintptr_t) "/proc/self/exe", NULL};
    struct dcb_spawn_request request = usual_request();

    (void)state;
    request.program = "/usr/bin/readlink";
    request.arguments = arguments;
    for (int own = 0; own < 2; own++) {
        struct dcb_spawn_outcome outcome;
        struct dcb_error err = DCB_ERROR_INIT;

        request.own_pages = own;
        assert_int_equal(dcb_spawn_run(&request, &outcome, &err), 0);
        assert_int_equal(outcome.end, DCB_SPAWN_EXITED);
        assert_int_equal(outcome.code, 0);
        /* Where memory files may not be executed, it runs the file itself and says so. */
        if (own && !outcome.own_pages)
            print_message("no executable memory files here\n");
        assert_string_equal(outcome.output, outcome.own_pages
                                                ? "/memfd:dcbench-worker (deleted)\n"
                                                : "/usr/bin/readlink\n");
        assert_true(own || !outcome.own_pages);
        dcb_spawn_clear(&outcome);
    }
}

static void scripts_run_themselves(void **state)
{
    struct dcb_spawn_request request = usual_request();
    struct dcb_spawn_outcome outcome;

    request.own_pages = true;
    outcome = run_with(*state, "echo said >&4", request);
    assert_string_equal(outcome.answers, "said\n");
    assert_false(outcome.own_pages);
    dcb_spawn_clear(&outcome);
}

static void folder_is_where_it_starts(void **state)
{
    struct shop *shop = *state;
    struct dcb_spawn_request request = usual_request();
    struct dcb_spawn_outcome outcome;
    char *folder = scratch_folder(shop->folder, "there"), *expected, *before, *after;

    before = getcwd(NULL, 0);
    request.folder = folder;
    outcome = run_with(shop, "pwd >&4; exit 0", request);
    expected = dcb_xasprintf("%s\n", folder);
    assert_string_equal(outcome.answers, expected);
    dcb_spawn_clear(&outcome);
    free(expected);
    after = getcwd(NULL, 0);
    assert_string_equal(before, after); /* the controller stays where it is */
    expected = dcb_xasprintf("%s\n", before);
    assert_answers(shop, "pwd >&4; exit 0", expected);
    free(expected);
    free(after);
    free(before);
    free(folder);
}

static void folder_that_is_not_there(void **state)
{
    struct shop *shop = *state;
    struct dcb_spawn_request request = usual_request();
    struct dcb_spawn_outcome outcome;
    struct dcb_error err = DCB_ERROR_INIT;
    char *path = script(shop, "exit 0");

    request.program = path;
    request.folder = "/no/such/folder";
    assert_int_equal(dcb_spawn_run(&request, &outcome, &err), -1);
    assert_error(&err, DCB_ERROR_SYSTEM, "cannot start");
    free(path);
}

/* ---- dumps ---- */

static void dump_is_written_and_read(void **state)
{
    struct dcb_spawn_request request = usual_request();
    struct dcb_spawn_outcome outcome;
    struct dcb_error err = DCB_ERROR_INIT;
    size_t length = 99;
    char *text;

    assert_int_equal(DCB_DUMP_FD, 7);
    request.dump_fd = dcb_spawn_dump_file(&err);
    assert_no_error(&err);
    assert_true(request.dump_fd >= 0);
    /* Both as it is handed over and, as callgrind does, opened by its name. */
    outcome = run_with(*state, "printf 'a\\0b' >&7; echo more >>/proc/self/fd/7; exit 0",
                       request);
    assert_int_equal(outcome.code, 0);
    dcb_spawn_clear(&outcome);
    text = dcb_spawn_read_dump(request.dump_fd, &length);
    assert_int_equal(length, 8);
    assert_memory_equal(text, "a\0bmore\n", 9);
    free(text);
}

static void empty_dump(void **state)
{
    size_t length = 99;
    char *text = dcb_spawn_read_dump(dcb_spawn_dump_file(NULL), &length);

    (void)state;
    assert_int_equal(length, 0);
    assert_string_equal(text, "");
    free(text);
}

static void dump_may_stay_unread(void **state)
{
    (void)state;
    dcb_spawn_close_dump(dcb_spawn_dump_file(NULL));
}

/* A worker may write for ever; a file with a hole takes no memory here. */
static void dump_that_is_too_large(void **state)
{
    static const off_t lengths[] = {(256 << 20) + 1, (off_t)1 << 40};

    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        int fd = dcb_spawn_dump_file(NULL);
        size_t length = 99;

        assert_int_equal(ftruncate(fd, lengths[i]), 0);
        assert_null(dcb_spawn_read_dump(fd, &length));
        assert_int_equal(length, 0);
    }
}

static void dump_that_is_none(void **state)
{
    size_t length = 99;

    (void)state;
    assert_null(dcb_spawn_read_dump(-1, &length));
    assert_int_equal(length, 0);
}

/* A shell opens its script on a number of its own, from 10 on. */
static void no_other_descriptor_is_inherited(void **state)
{
    static const char list[] = "for n in 0 1 2 3 4 5 6 7 8 9 33 77; do\n"
                               "  [ -e /proc/$$/fd/$n ] && echo $n\n"
                               "done >&4\n"
                               "exit 0";
    struct dcb_spawn_outcome outcome;
    char *text;
    int numbers[] = {5, 7, 9, 33, 77}, saved[COUNT(numbers)];

    assert_answers(*state, list, "0\n1\n2\n3\n4\n");
    /* Those of the caller's shell, which are not closed on exec. */
    for (size_t i = 0; i < COUNT(numbers); i++) {
        saved[i] = fcntl(numbers[i], F_DUPFD_CLOEXEC, 100);
        assert_int_equal(dup2(1, numbers[i]), numbers[i]);
    }
    outcome = run(*state, list);
    text = dcb_xstrdup(outcome.answers);
    dcb_spawn_clear(&outcome);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        close(numbers[i]);
        if (saved[i] >= 0) {
            dup2(saved[i], numbers[i]);
            close(saved[i]);
        }
    }
    if (strcmp(text, "0\n1\n2\n3\n4\n") != 0)
        fail_msg("the worker holds descriptors %s", text);
    free(text);
}

/* Signals that the caller ignores or blocks are as usual in the worker. */
static void signals_are_as_usual(void **state)
{
    sigset_t set, before;
    void (*handler)(int) = signal(SIGINT, SIG_IGN);
    struct dcb_spawn_outcome outcome;
    unsigned long long blocked = 1, ignored = 1;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &before);
    outcome = run(*state, "while read -r name value; do\n"
                          "  case $name in SigBlk: | SigIgn:) echo $name $value ;; esac\n"
                          "done </proc/$$/status >&4");
    sigprocmask(SIG_SETMASK, &before, NULL);
    signal(SIGINT, handler);
    assert_int_equal(
        sscanf(outcome.answers, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
    assert_int_equal(blocked, 0);
    assert_int_equal(ignored & ~(3ull << 31), 0); /* 32 and 33 are the C library's own */
    dcb_spawn_clear(&outcome);
}

static void it_leads_a_group_of_its_own(void **state)
{
    assert_answers(*state,
                   "set -- $(sed 's/.*) //' /proc/$$/stat)\n"
                   "[ \"$3\" = $$ ] && echo own >&4",
                   "own\n");
}

/* ---- what is left ---- */

/* Whether the process has ended: a zombie that nobody waits for counts. */
static bool is_gone(pid_t pid)
{
    char path[64], line[512] = "";
    const char *end;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "r");
    if (!file)
        return true;
    if (!fgets(line, sizeof line, file))
        line[0] = '\0';
    fclose(file);
    end = strrchr(line, ')');
    return !end || end[2] == 'Z' || end[2] == 'X';
}

static void assert_gone(const char *number)
{
    pid_t pid = (pid_t)atoi(number);

    assert_true(pid > 1);
    for (int i = 0; i < 200 && !is_gone(pid); i++)
        usleep(10000);
    assert_true(is_gone(pid));
}

static void grandchildren_do_not_survive(void **state)
{
    struct dcb_spawn_request request = usual_request();
    struct dcb_spawn_outcome outcome = run(*state, "sleep 60 & echo $! >&4; exit 0");

    assert_int_equal(outcome.end, DCB_SPAWN_EXITED);
    assert_gone(outcome.answers);
    dcb_spawn_clear(&outcome);

    request.timeout_ms = 300;
    outcome = run_with(*state, "sh -c 'sleep 60 & echo $! >&4; wait' & wait", request);
    assert_int_equal(outcome.end, DCB_SPAWN_HUNG);
    assert_gone(outcome.answers);
    dcb_spawn_clear(&outcome);
}

/* Its pipes stay open for as long as it lives; nobody waits for that. */
static void grandchild_with_the_pipes_is_not_waited_for(void **state)
{
    uint64_t started = now_ms();
    struct dcb_spawn_outcome outcome =
        run(*state, "setsid sh -c 'echo $$ >&4; exec sleep 15' & sleep 0.3; exit 4");

    assert_int_equal(outcome.end, DCB_SPAWN_EXITED);
    assert_int_equal(outcome.code, 4);
    assert_true(now_ms() - started < 10000);
    if (atoi(outcome.answers) > 1)
        kill(atoi(outcome.answers), SIGKILL);
    dcb_spawn_clear(&outcome);
}

static void closed_descriptors_are_not_the_end(void **state)
{
    struct dcb_spawn_outcome outcome =
        run(*state, "echo a >&4; exec 1>&- 2>&- 4>&-; sleep 0.3; exit 6");

    assert_int_equal(outcome.end, DCB_SPAWN_EXITED);
    assert_int_equal(outcome.code, 6);
    assert_string_equal(outcome.answers, "a\n");
    assert_true(outcome.elapsed_ns >= 300000000);
    dcb_spawn_clear(&outcome);
}

/* What it wrote just before its end is not lost. */
static void last_words_are_heard(void **state)
{
    for (int i = 0; i < 20; i++)
        assert_answers(*state,
                       "head -c 60000 /dev/zero | tr '\\0' x >/dev/null; echo z "
                       ">&4",
                       "z\n");
}

/* ---- what cannot be started ---- */

static void programs_that_do_not_start(void **state)
{
    const struct shop *shop = *state;
    char *missing = dcb_xasprintf("%s/none", shop->folder);
    char *plain = scratch_file(shop->folder, "plain", 0644, "#!/bin/sh\n");
    char *garbage = scratch_file(shop->folder, "garbage", 0755, "\x7f not a program");
    const struct {
        const char *program;
        int number;
    } bad[] = {
        {missing, ENOENT}, {plain, EACCES}, {garbage, ENOEXEC}, {shop->folder, EACCES}};

    for (size_t i = 0; i < COUNT(bad); i++) {
        struct dcb_spawn_request request = usual_request();
        struct dcb_spawn_outcome outcome;
        struct dcb_error err = DCB_ERROR_INIT;
        size_t before = count_descriptors();

        request.program = bad[i].program;
        assert_int_equal(dcb_spawn_run(&request, &outcome, &err), -1);
        assert_int_equal(err.saved_errno, bad[i].number);
        assert_contains(err.text, bad[i].program);
        assert_error(&err, DCB_ERROR_SYSTEM, "cannot start ");
        assert_int_equal(count_descriptors(), before);
    }
    free(missing);
    free(plain);
    free(garbage);
}

static void samples_descriptor_that_is_none(void **state)
{
    struct dcb_spawn_request request = usual_request();
    struct dcb_spawn_outcome outcome;
    struct dcb_error err = DCB_ERROR_INIT;
    char *path = script(*state, "exit 0");

    request.program = path;
    request.samples_fd = 999;
    assert_int_equal(dcb_spawn_run(&request, &outcome, &err), -1);
    assert_int_equal(err.saved_errno, EBADF);
    assert_error(&err, DCB_ERROR_SYSTEM, "cannot pass");
    free(path);
}

/* Runs `body` in a child process, whose exit status is the answer. */
static int in_child(int (*body)(const char *program), const char *program)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0)
        _exit(body(program));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
}

/* Every set of the low descriptors closed, as a daemon may have them. */
static int without_low_descriptors(const char *program)
{
    struct dcb_spawn_request request = usual_request();

    request.program = program;
    request.job = "job\n";
    for (unsigned closed = 0; closed < 64; closed += closed < 8 ? 1 : 5) {
        struct dcb_spawn_outcome outcome;
        int backup[6], samples = fcntl(0, F_DUPFD_CLOEXEC, 50), rc;

        for (int fd = 0; fd < 6; fd++) {
            backup[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 60);
            if (closed & (1u << fd))
                close(fd);
        }
        request.samples_fd = samples;
        rc = dcb_spawn_run(&request, &outcome, NULL);
        for (int fd = 0; fd < 6; fd++) {
            if (backup[fd] < 0) {
                close(fd);
                continue;
            }
            dup2(backup[fd], fd);
            close(backup[fd]);
        }
        close(samples);
        if (rc != 0 || strcmp(outcome.answers, "0\n1\n2\n3\n4\n5\njob\n") != 0 ||
            strcmp(outcome.output, "out\n") != 0)
            return (int)closed + 1;
        dcb_spawn_clear(&outcome);
    }
    return 0;
}

static void low_descriptors_may_be_closed(void **state)
{
    char *program = script(*state, "for n in 0 1 2 3 4 5; do\n"
                                   "  [ -e /proc/$$/fd/$n ] && echo $n\n"
                                   "done >&4\n"
                                   "cat <&3 >&4; echo out");

    assert_int_equal(in_child(without_low_descriptors, program), 0);
    free(program);
}

/* This very program as a worker: it opens nothing itself. */
static int act_as_worker(void)
{
    char job[16] = "";

    if (read(DCB_JOB_FD, job, sizeof job) != 3 || strcmp(job, "{}\n") != 0)
        return 11;
    if (write(DCB_ANSWER_FD, "answer\n", 7) != 7)
        return 12;
    return write(STDOUT_FILENO, "output\n", 7) == 7 ? 0 : 13;
}

/* With ever fewer descriptors: it works, or fails with a reason. That of a worker that
 * cannot load its libraries is in its output. */
static int with_few_descriptors(const char *program)
{
    struct dcb_spawn_request request = usual_request();

    request.program = program;
    for (rlim_t limit = 24; limit > 3; limit--) {
        struct rlimit few = {limit, limit};
        struct dcb_spawn_outcome outcome;
        struct dcb_error err = DCB_ERROR_INIT;

        setrlimit(RLIMIT_NOFILE, &few);
        if (dcb_spawn_run(&request, &outcome, &err) == 0) {
            bool whole = outcome.code == 0 && strcmp(outcome.answers, "answer\n") == 0 &&
                         strcmp(outcome.output, "output\n") == 0;
            bool told = outcome.code == 127 && outcome.output_bytes > 0;

            dcb_spawn_clear(&outcome);
            if (!whole && !told)
                return (int)limit;
        } else if (err.code != DCB_ERROR_SYSTEM || !err.text[0]) {
            return 100 + (int)limit;
        }
    }
    return 0;
}

static void too_few_descriptors_are_told(void **state)
{
    char program[4096] = "";

    (void)state;
    assert_true(readlink("/proc/self/exe", program, sizeof program - 1) > 0);
    assert_int_equal(in_child(with_few_descriptors, program), 0);
}

static void many_runs_leave_nothing(void **state)
{
    size_t before = count_descriptors();

    for (int i = 0; i < 30; i++) {
        struct dcb_spawn_outcome outcome = run(*state, "exit 0");

        dcb_spawn_clear(&outcome);
    }
    assert_int_equal(count_descriptors(), before);
}

#define shop_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc > 0 && strcmp(argv[0], "dcbench-worker") == 0)
        return act_as_worker();

    const struct CMUnitTest tests[] = {
        shop_test(exit_status),
        shop_test(ended_by_a_signal),
        shop_test(elapsed_is_its_life),
        shop_test(no_sign_of_life),
        shop_test(sign_of_life_that_goes_on),
        shop_test(sign_of_life_that_ends),
        shop_test(limit_whatever_the_signs),
        shop_test(stop_flag),
        shop_test(killed_by_what_stops_it),
        shop_test(ticks_while_it_runs),
        shop_test(memory_is_bounded_in_a_flood),
        shop_test(flood_of_answers),
        shop_test(many_answers_are_no_flood),
        shop_test(flood_of_output_is_kept_to_its_end),
        shop_test(endless_output_does_not_stop_the_clock),
        shop_test(zero_byte_in_the_output),
        shop_test(both_outputs_are_one),
        shop_test(job_arrives_on_its_descriptor),
        shop_test(samples_arrive_on_their_descriptor),
        shop_test(code_arrives_on_its_descriptor),
        shop_test(environment_is_canonical),
        shop_test(standard_input_is_empty),
        shop_test(program_gets_no_arguments),
        shop_test(arguments_are_handed_over),
        shop_test(programs_run_as_copies),
        shop_test(scripts_run_themselves),
        shop_test(folder_is_where_it_starts),
        shop_test(folder_that_is_not_there),
        shop_test(dump_is_written_and_read),
        shop_test(empty_dump),
        shop_test(dump_may_stay_unread),
        shop_test(dump_that_is_too_large),
        shop_test(dump_that_is_none),
        shop_test(no_other_descriptor_is_inherited),
        shop_test(signals_are_as_usual),
        shop_test(it_leads_a_group_of_its_own),
        shop_test(grandchildren_do_not_survive),
        shop_test(grandchild_with_the_pipes_is_not_waited_for),
        shop_test(closed_descriptors_are_not_the_end),
        shop_test(last_words_are_heard),
        shop_test(programs_that_do_not_start),
        shop_test(samples_descriptor_that_is_none),
        shop_test(low_descriptors_may_be_closed),
        shop_test(too_few_descriptors_are_told),
        shop_test(many_runs_leave_nothing),
    };

    return cmocka_run_group_tests_name("spawn", tests, NULL, NULL);
}
