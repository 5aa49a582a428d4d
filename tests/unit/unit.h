/* What several tests share: folders of their own, and specs made by hand. Include behind
 * cmocka.h. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <dirent.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "model.h"
#include "result.h"
#include "xalloc.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Written so that NAN fails too. */
#define assert_close(actual, expected, tolerance) \
    check_close(actual, expected, tolerance, #actual, __FILE__, __LINE__)

static inline void check_close(double actual, double expected, double tolerance,
                               const char *what, const char *file, int line)
{
    if (fabs(actual - expected) <= tolerance)
        return;
    print_error("%s is %.17g, not %.17g\n", what, actual, expected);
    _fail(file, line);
}

#define assert_nan(value) assert_true(isnan(value))

#define assert_contains(text, part) check_contains(text, part, __FILE__, __LINE__)

static inline void check_contains(const char *text, const char *part, const char *file,
                                  int line)
{
    if (strstr(text, part))
        return;
    print_error("\"%s\" is not in \"%s\"\n", part, text);
    _fail(file, line);
}

/* Checks an error's code and a part of its text, and makes it unset again. */
#define assert_error(err, code, part) check_error(err, code, part, __FILE__, __LINE__)

static inline void check_error(struct dcb_error *err, enum dcb_error_code code,
                               const char *part, const char *file, int line)
{
    if (err->code != code) {
        print_error("code %d, not %d: \"%s\"\n", (int)err->code, (int)code, err->text);
        _fail(file, line);
    }
    check_contains(err->text, part, file, line);
    *err = (struct dcb_error)DCB_ERROR_INIT;
}

static inline void assert_no_error(const struct dcb_error *err)
{
    if (err->code != DCB_OK)
        fail_msg("%s", err->text);
}

/* ---- folders ---- */

/* A new empty folder; remove it with scratch_remove. */
static inline char *scratch_new(void)
{
    const char *base = getenv("TMPDIR");
    char *folder = dcb_xasprintf("%s/dcbench-unit-XXXXXX", base && *base ? base : "/tmp");
    char *real;

    assert_non_null(mkdtemp(folder));
    real = realpath(folder, NULL);
    assert_non_null(real);
    free(folder);
    return real;
}

static inline int scratch_remove_entry(const char *path, const struct stat *status,
                                       int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

static inline void scratch_remove(char *take_folder)
{
    nftw(take_folder, scratch_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(take_folder);
}

static inline char *scratch_folder(const char *folder, const char *name)
{
    char *path = dcb_xasprintf("%s/%s", folder, name);

    assert_int_equal(mkdir(path, 0755), 0);
    return path;
}

/* Writes a file and returns its path, owned by the caller. */
static inline char *scratch_file(const char *folder, const char *name, mode_t mode,
                                 const char *text)
{
    char *path = dcb_xasprintf("%s/%s", folder, name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

/* The whole file as text; owned by the caller. */
static inline char *scratch_read(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = dcb_xcalloc(1, 65536);
    size_t length;

    assert_non_null(file);
    length = fread(text, 1, 65535, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

/* Entries of a folder, "." and ".." left out. */
static inline size_t count_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    size_t count = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static inline size_t count_descriptors(void)
{
    return count_entries("/proc/self/fd") - 1; /* without opendir's own */
}

/* ---- values ---- */

static inline struct dcb_spec make_spec(const char *label, const char *path)
{
    return (struct dcb_spec){
        .label = dcb_xstrdup(label),
        .kind = DCB_SPEC_FILE,
        .path = dcb_xstrdup(path),
        .attr = dcb_xstrdup("deepcopy"),
    };
}

/* A result made by hand: the baseline stdlib at 61.2 us, its control, and candidates that
 * each take a tenth less time than the one before. Every cell has five samples. */
struct made {
    struct dcb_plan plan;
    struct dcb_result result;
};

static inline struct dcb_interval make_interval(double estimate, double half)
{
    return (struct dcb_interval){
        .estimate = estimate, .low = estimate - half, .high = estimate + half};
}

static inline void make_cell(const struct dcb_plan *plan, struct dcb_cell *cell,
                             size_t arm)
{
    static const double values[] = {421034, (double)NAN, 0.0012, 60000, 61200};
    double ratio = arm < 2 ? 1 : 1 - 0.1 * (double)(arm - 1);
    struct dcb_summary time = {.count = 5,
                               .median = 61200 * ratio,
                               .mean = 61300 * ratio,
                               .stddev = 1224 * ratio,
                               .min = 60000 * ratio,
                               .max = 63000 * ratio};

    *cell = (struct dcb_cell){
        .role = arm == 0   ? DCB_ROLE_BASELINE
                : arm == 1 ? DCB_ROLE_CONTROL
                           : DCB_ROLE_CANDIDATE,
        .arm = arm,
        .status = dcb_xstrdup("ok"),
        .samples = dcb_xcalloc(5, sizeof(struct dcb_sample)),
        .sample_count = 5,
        .sample_capacity = 5,
        .time = time,
        .cpu = time,
        .blocks = 250,
        .ratio =
            arm ? make_interval(ratio, 0.0031) : make_interval((double)NAN, (double)NAN),
        .confidence = 0.975,
        .detectable = arm ? 0.004 : (double)NAN,
        .verdict = arm == 0   ? DCB_VERDICT_NONE
                   : arm == 1 ? DCB_VERDICT_SAME
                              : DCB_VERDICT_FASTER,
        .counters = dcb_xcalloc(plan->row_count + 1, sizeof(struct dcb_counter_value)),
    };
    for (size_t i = 0; i < plan->row_count; i++)
        cell->counters[i] = (struct dcb_counter_value){
            .value = values[i] * ratio,
            .spread = 0.5,
            .events = 1000,
            .ratio = arm && i != 1 ? make_interval(ratio, 0.002)
                                   : make_interval((double)NAN, (double)NAN),
        };
    for (size_t i = 0; i < 5; i++) {
        cell->samples[i] = (struct dcb_sample){
            .worker = i,
            .rounds = 50,
            .iterations = 3,
            .total_iterations = 150,
            .time_ns = 61200 * ratio,
            .cpu_ns = 60000 * ratio,
            .log_ratio = arm ? log(ratio) : (double)NAN,
            .cpu_log_ratio = arm ? log(ratio) : (double)NAN,
            .log_ratio_change = arm ? 0.0001 : (double)NAN,
            .involuntary = 2,
            .disturbed = 1,
            .counters = dcb_xcalloc(plan->row_count + 1, sizeof(double)),
        };
        for (size_t k = 0; k < plan->row_count; k++)
            cell->samples[i].counters[k] = values[k] * ratio;
    }
}

static inline void make_result(struct made *made, const char *const *candidates,
                               size_t candidate_count, const char *const *workloads,
                               size_t workload_count)
{
    struct dcb_plan *plan = &made->plan;
    struct dcb_result *result = &made->result;
    struct dcb_spec baseline = make_spec("stdlib", "/share/impls/stdlib.py");
    struct dcb_spec *specs = dcb_xcalloc(candidate_count + 1, sizeof *specs);
    struct dcb_event event = {.name = "instructions", .config = 1};
    size_t dropped;

    *made = (struct made){.plan = {.seed = 7,
                                   .precision = 0.005,
                                   .margin = 0.01,
                                   .confidence = 0.95,
                                   .max_time_s = 30,
                                   .timeout_s = 10,
                                   .block_ns = 150000,
                                   .warmups = 2,
                                   .affinity = -1,
                                   .gc = true}};
    plan->python_version = dcb_xstrdup("3.11");
    for (size_t i = 0; i < candidate_count; i++)
        specs[i] = make_spec(candidates[i], candidates[i]);
    assert_int_equal(
        dcb_plan_set_arms(plan, &baseline, specs, candidate_count, &dropped, NULL), 0);
    free(specs);
    for (size_t i = 0; i < workload_count; i++) {
        struct dcb_spec spec = make_spec(workloads[i], workloads[i]);

        assert_int_equal(dcb_plan_add_workload(plan, &spec, NULL), 0);
    }
    snprintf(event.encoding, sizeof event.encoding, "perf::INSTRUCTIONS");
    dcb_plan_add_event(plan, &event);
    snprintf(event.name, sizeof event.name, "LLC-loads");
    dcb_plan_add_event(plan, &event);
    dcb_plan_add_row(plan, "page-faults", DCB_KIND_FAULTS, DCB_PROVIDER_KERNEL);
    dcb_plan_add_row(plan, "task-clock", DCB_KIND_CPU, DCB_PROVIDER_KERNEL);
    dcb_plan_add_row(plan, "time-elapsed", DCB_KIND_WALL, DCB_PROVIDER_KERNEL);

    *result = (struct dcb_result){
        .plan = plan,
        .system = {.cpu = "A CPU",
                   .kernel = "Linux 6.1.0",
                   .machine = "x86_64",
                   .date = "2024-02-29T12:00:00Z",
                   .cpus = 2,
                   .perf_event_paranoid = -2,
                   .load = 0.25},
        .arm_sources = dcb_xcalloc(plan->arm_count, sizeof(struct dcb_source)),
        .workload_sources = dcb_xcalloc(workload_count, sizeof(struct dcb_source)),
        .workloads = dcb_xcalloc(workload_count, sizeof(struct dcb_workload_result)),
        .workload_count = workload_count,
        .row_reasons = dcb_xcalloc(plan->row_count, sizeof(char *)),
    };
    result->python.version = dcb_xstrdup("3.11.2");
    result->python.implementation = dcb_xstrdup("cpython");
    result->arm_sources[0].path = dcb_xstrdup("/real/stdlib.py");
    result->arm_sources[0].sha256 = dcb_xstrdup("abc");
    result->row_reasons[1] = dcb_xstrdup("this CPU or kernel has no such event");
    for (size_t i = 0; i < workload_count; i++) {
        struct dcb_workload_result *workload = &result->workloads[i];

        *workload = (struct dcb_workload_result){
            .workload = i,
            .objects = i + 1,
            .cells = dcb_xcalloc(plan->arm_count, sizeof(struct dcb_cell)),
            .cell_count = plan->arm_count,
            .workers = dcb_xcalloc(5, sizeof(struct dcb_worker)),
            .worker_count = 5,
            .worker_capacity = 5,
            .elapsed_s = 1.5,
            .reached = 0.0031,
        };
        for (size_t k = 0; k < 5; k++)
            workload->workers[k] =
                (struct dcb_worker){.seed = 100 + k, .rounds = 50, .ready_ns = 5000000};
        for (size_t arm = 0; arm < plan->arm_count; arm++)
            make_cell(plan, &workload->cells[arm], arm);
    }
}

static inline void make_failed(struct dcb_cell *cell, const char *status)
{
    free(cell->status);
    cell->status = dcb_xstrdup(status);
    cell->failure = DCB_FAILURE_WRONG;
    cell->verdict = DCB_VERDICT_NONE;
    cell->ratio = make_interval((double)NAN, (double)NAN);
    cell->time = cell->cpu = (struct dcb_summary){.count = 0};
    for (size_t i = 0; i < cell->sample_count; i++)
        free(cell->samples[i].counters);
    cell->sample_count = 0;
}

/* Verify has asked an arm of the result: 10 cases of 12, so many of which were wrong. */
static inline struct dcb_verified *make_verified(struct made *made, size_t arm,
                                                 enum dcb_verify_verdict verdict,
                                                 uint64_t wrong)
{
    struct dcb_verified *verified;

    if (!made->result.verified)
        made->result.verified =
            dcb_xcalloc(made->plan.arm_count, sizeof *made->result.verified);
    verified = &made->result.verified[arm];
    *verified = (struct dcb_verified){.asked = true,
                                      .verdict = verdict,
                                      .cases = 12,
                                      .passed = 8 - wrong,
                                      .wrong = wrong,
                                      .deviating = 2,
                                      .skipped = 1};
    if (wrong)
        verified->first =
            (struct dcb_verified_case){.battery = DCB_BATTERY_GRAPHS,
                                       .name = dcb_xstrdup("graph 17"),
                                       .expected = dcb_xstrdup("a new list"),
                                       .got = dcb_xstrdup("the original | itself"),
                                       .expression = dcb_xstrdup("[[]]")};
    return verified;
}

static inline void unmake_result(struct made *made)
{
    dcb_result_clear(&made->result);
    dcb_plan_clear(&made->plan);
}

#endif
