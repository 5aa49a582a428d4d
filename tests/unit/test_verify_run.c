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
#include "plan.h"
#include "unit.h"
#include "verify.h"

enum { CASES = 7, GRAPHS = 3, DEATHS = 5 };

/* ---- the worker ---- */

static struct dcb_samples *samples;
static uint64_t token;
static bool goes_on; /* behind another worker */

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
        dcb_samples_mark(samples, DCB_PHASE_VERIFY, 0);
}

static void describe(const struct dcb_job *job)
{
    char version[] = "3.99.0", path[] = "/source", digest[] = "ab12";

    answer((struct dcb_answer){.kind = DCB_ANSWER_INTERPRETER, .version = version});
    for (uint32_t i = 0; i < job->source_count; i++)
        answer((struct dcb_answer){
            .kind = DCB_ANSWER_SOURCE, .index = i, .path = path, .sha256 = digest});
}

/* Without an end, but not for a second worker. */
static void flood(void)
{
    static const char spaces[65536];

    while (!goes_on) {
        if (write(DCB_ANSWER_FD, spaces, sizeof spaces) < 0)
            _exit(9);
        dcb_samples_mark(samples, DCB_PHASE_VERIFY, 0);
    }
}

static void die(int number)
{
    struct rlimit no_core = {0};

    setrlimit(RLIMIT_CORE, &no_core);
    signal(number, SIG_DFL);
    raise(number);
}

/* What happens in case 1 of "cases". */
static void misbehave(const char *how)
{
    char got[] = "shares x[0]", expected[] = "a new list", expression[] = "[[]]";

    if (strcmp(how, "crashes") == 0)
        die(SIGSEGV);
    if (strcmp(how, "exits") == 0) {
        if (write(STDOUT_FILENO, "not yet\nbye\n", 12) != 12)
            _exit(9);
        _exit(7);
    }
    if (strcmp(how, "ends") == 0)
        _exit(0);
    if (strcmp(how, "hangs") == 0)
        pause();
    if (strcmp(how, "lies") == 0 && write(DCB_ANSWER_FD, "{}\n", 3) != 3)
        _exit(9);
    if (strcmp(how, "tells too much") == 0)
        flood();
    if (strcmp(how, "closes") == 0)
        close(DCB_ANSWER_FD);
    if (strcmp(how, "fails") == 0)
        answer((struct dcb_answer){.kind = DCB_ANSWER_OUTCOME,
                                   .outcome = DCB_CASE_FAILED,
                                   .expected = expected,
                                   .got = got,
                                   .expression = expression});
}

static void ask(enum dcb_battery battery, uint64_t number, const char *how)
{
    char name[32];

    snprintf(name, sizeof name, "%s %d", dcb_battery_name(battery), (int)number);
    answer((struct dcb_answer){
        .kind = DCB_ANSWER_CASE, .battery = battery, .number = number, .name = name});
    if (strcmp(how, "always crashes") == 0)
        die(SIGABRT);
    if (battery == DCB_BATTERY_CASES && number == 1)
        misbehave(how);
}

static void verify(const struct dcb_job *job)
{
    const char *how = job->arms[0].spec.label;
    char missing[] = "install it", why[] = "no such module";
    uint64_t at = 0;

    if (strcmp(how, "does not load") == 0) {
        answer((struct dcb_answer){
            .kind = DCB_ANSWER_ARM, .failure = DCB_FAILURE_LOAD, .message = why});
        return;
    }
    if (strcmp(how, "crashes while it is loaded") == 0) {
        dcb_samples_mark(samples, DCB_PHASE_LOAD_ARM, 0);
        die(SIGBUS);
    }
    for (int i = 0; i < DCB_BATTERY_COUNT; i++) {
        enum dcb_battery battery = (enum dcb_battery)i;
        uint64_t count = battery == DCB_BATTERY_CASES    ? CASES
                         : battery == DCB_BATTERY_GRAPHS ? job->graphs
                                                         : 0;

        if (!job->batteries[i])
            continue;
        answer((struct dcb_answer){.kind = DCB_ANSWER_BATTERY,
                                   .battery = battery,
                                   .cases = count,
                                   .missing = count ? NULL : missing});
        for (uint64_t number = 0; number < count; number++) {
            if (at++ >= job->first)
                ask(battery, number, how);
        }
    }
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
    goes_on = job.first > 0;
    if (job.kind == DCB_JOB_DESCRIBE) {
        describe(&job);
    } else {
        samples = dcb_samples_map(DCB_SAMPLES_FD, &err);
        verify(&job);
    }
    answer((struct dcb_answer){.kind = DCB_ANSWER_DONE});
    dcb_job_clear(&job);
    return 0;
}

/* ---- the tests ---- */

struct run {
    struct dcb_spec specs[2];
    struct dcb_plan plan;
    struct dcb_verify_request request;
    struct dcb_verification verification;
    size_t reports;
};

static char program[4096];

/* Verifies one implementation that does so, and a sound one behind it. */
static const struct dcb_verify_impl *verify_one(struct run *run, const char *how)
{
    static const struct dcb_verify_hooks hooks = {.stop = NULL};
    struct dcb_error err = DCB_ERROR_INIT;
    char support[] = "/support";

    *run = (struct run){
        .specs = {make_spec(how, "/a.py"), make_spec("sound", "/b.py")},
        .plan = {.worker = program,
                 .support = support,
                 .affinity = -1,
                 .timeout_s = strcmp(how, "hangs") == 0 ? 2 : 60},
        .request = {.impl_count = 2,
                    .batteries = {true, true, true},
                    .graphs = GRAPHS,
                    .seed = UINT64_MAX},
    };
    run->request.impls = run->specs;
    assert_int_equal(
        dcb_verify_run(&run->plan, &run->request, &hooks, &run->verification, &err), 0);
    assert_int_equal(run->verification.impl_count, 2);
    assert_int_equal(dcb_verify_verdict(&run->verification.impls[1]), DCB_VERIFY_CORRECT);
    return &run->verification.impls[0];
}

static void clear(struct run *run)
{
    dcb_verification_clear(&run->verification);
    dcb_spec_clear(&run->specs[0]);
    dcb_spec_clear(&run->specs[1]);
}

static void assert_sum(const struct dcb_verify_impl *impl, uint64_t passed,
                       uint64_t wrong, uint64_t unasked)
{
    struct dcb_verify_sum sum = dcb_verify_sum(impl);

    assert_true(sum.cases == CASES + GRAPHS);
    assert_true(sum.passed == passed);
    assert_true(sum.wrong == wrong);
    assert_true(sum.unasked == unasked);
}

static void sound_one_is_correct(void **state)
{
    struct run run;
    const struct dcb_verify_impl *impl = verify_one(&run, "is sound, too");

    (void)state;
    assert_sum(impl, CASES + GRAPHS, 0, 0);
    assert_int_equal(dcb_verify_verdict(impl), DCB_VERIFY_CORRECT);
    assert_null(impl->failure);
    assert_string_equal(impl->batteries[DCB_BATTERY_SUITE].missing, "install it");
    assert_string_equal(impl->source.path, "/source");
    assert_string_equal(impl->source.sha256, "ab12");
    assert_string_equal(run.verification.python.version, "3.99.0");
    assert_false(run.verification.stopped);
    clear(&run);
}

static void failing_case_is_told_whole(void **state)
{
    struct run run;
    const struct dcb_verify_impl *impl = verify_one(&run, "fails");

    (void)state;
    assert_sum(impl, CASES + GRAPHS - 1, 1, 0);
    assert_int_equal(impl->finding_count, 1);
    assert_string_equal(impl->findings[0].name, "cases 1");
    assert_string_equal(impl->findings[0].expected, "a new list");
    assert_string_equal(impl->findings[0].got, "shares x[0]");
    assert_string_equal(impl->findings[0].expression, "[[]]");
    clear(&run);
}

/* Another worker goes on behind the case that ended one. */
static void ends_cost_their_case(void **state)
{
    static const struct {
        const char *how, *got;
        enum dcb_case_outcome outcome;
    } ends[] = {
        {"crashes", "killed by SIGSEGV", DCB_CASE_DIED},
        {"exits", "the process exited with status 7; it last printed: bye",
         DCB_CASE_DIED},
        {"ends", "the process exited with status 0", DCB_CASE_DIED},
        {"closes", "the process exited with status 9", DCB_CASE_DIED},
        {"hangs", "did not come back for 2 s", DCB_CASE_HUNG},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct run run;
        const struct dcb_verify_impl *impl = verify_one(&run, ends[i].how);

        assert_sum(impl, CASES + GRAPHS - 1, 1, 0);
        assert_int_equal(impl->finding_count, 1);
        assert_string_equal(impl->findings[0].name, "cases 1");
        assert_true(impl->findings[0].number == 1);
        assert_int_equal(impl->findings[0].outcome, ends[i].outcome);
        assert_string_equal(impl->findings[0].got, ends[i].got);
        assert_int_equal(dcb_verify_verdict(impl), DCB_VERIFY_WRONG);
        clear(&run);
    }
}

/* A worker may only say so much. That is no fault of the case which it had in hand when
 * there was too much: with a million graphs there is. */
static void much_to_tell_is_no_fault(void **state)
{
    struct run run;
    const struct dcb_verify_impl *impl = verify_one(&run, "tells too much");

    (void)state;
    assert_sum(impl, CASES + GRAPHS, 0, 0);
    assert_int_equal(dcb_verify_verdict(impl), DCB_VERIFY_CORRECT);
    clear(&run);
}

static void no_battery_is_tried_for_ever(void **state)
{
    struct run run;
    const struct dcb_verify_impl *impl = verify_one(&run, "always crashes");

    (void)state;
    assert_sum(impl, 0, DEATHS + GRAPHS, CASES - DEATHS);
    assert_int_equal(impl->finding_count, DEATHS + GRAPHS);
    assert_string_equal(impl->findings[DEATHS].name, "graphs 0");
    clear(&run);
}

static void failures_of_the_whole(void **state)
{
    static const struct {
        const char *how, *why;
    } failures[] = {
        {"does not load", "no such module"},
        {"crashes while it is loaded", "killed by SIGBUS while loading it"},
        {"lies", "what its worker said is not to be trusted: its answer is of no known "
                 "kind"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(failures); i++) {
        struct run run;
        const struct dcb_verify_impl *impl = verify_one(&run, failures[i].how);

        assert_string_equal(impl->failure, failures[i].why);
        assert_int_equal(impl->finding_count, 0);
        assert_int_equal(dcb_verify_verdict(impl), DCB_VERIFY_UNKNOWN);
        clear(&run);
    }
}

static void count_report(void *context, const struct dcb_verify_progress *progress)
{
    struct run *run = context;

    assert_string_equal(progress->impl, "hangs");
    assert_int_equal(progress->impl_count, 1);
    assert_int_equal(progress->battery, DCB_BATTERY_SUITE); /* it writes down nothing */
    run->reports++;
}

/* The signal comes with the first report: from there on nothing is asked any more. */
static volatile sig_atomic_t stop;

static void stop_at_report(void *context, const struct dcb_verify_progress *progress)
{
    count_report(context, progress);
    stop = SIGINT;
}

static void signals_stop_it(void **state)
{
    char support[] = "/support";
    struct dcb_error err = DCB_ERROR_INIT;
    struct run run = {
        .specs = {make_spec("hangs", "/a.py"), {.label = NULL}},
        .plan = {.worker = program, .support = support, .affinity = -1, .timeout_s = 60},
        .request = {.impl_count = 1,
                    .batteries = {[DCB_BATTERY_CASES] = true},
                    .graphs = GRAPHS},
    };
    struct dcb_verify_hooks hooks = {
        .stop = &stop, .progress = stop_at_report, .progress_context = &run};

    (void)state;
    run.request.impls = run.specs;
    assert_int_equal(
        dcb_verify_run(&run.plan, &run.request, &hooks, &run.verification, &err), 0);
    assert_true(run.verification.stopped);
    assert_true(run.reports > 0);
    assert_int_equal(run.verification.impls[0].finding_count, 0);
    assert_int_equal(dcb_verify_verdict(&run.verification.impls[0]), DCB_VERIFY_UNKNOWN);
    clear(&run);
}

static void no_worker_at_all(void **state)
{
    static const struct dcb_verify_hooks hooks = {.stop = NULL};
    char nowhere[] = "/no/such/worker", support[] = "/support";
    struct dcb_plan plan = {
        .worker = nowhere, .support = support, .affinity = -1, .timeout_s = 1};
    struct dcb_verify_request request = {.impl_count = 0};
    struct dcb_verification verification;
    struct dcb_error err = DCB_ERROR_INIT;

    (void)state;
    assert_int_equal(dcb_verify_run(&plan, &request, &hooks, &verification, &err), -1);
    assert_error(&err, DCB_ERROR_SYSTEM, "/no/such/worker");
    dcb_verification_clear(&verification);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_one_is_correct),
        cmocka_unit_test(failing_case_is_told_whole),
        cmocka_unit_test(ends_cost_their_case),
        cmocka_unit_test(much_to_tell_is_no_fault),
        cmocka_unit_test(no_battery_is_tried_for_ever),
        cmocka_unit_test(failures_of_the_whole),
        cmocka_unit_test(signals_stop_it),
        cmocka_unit_test(no_worker_at_all),
    };

    if (argc == 1 && strcmp(argv[0], "dcbench-worker") == 0)
        return work();
    if (readlink("/proc/self/exe", program, sizeof program - 1) < 0)
        return 1;
    return cmocka_run_group_tests_name("verify_run", tests, NULL, NULL);
}
