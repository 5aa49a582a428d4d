#include "commands.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "catalog.h"
#include "error.h"
#include "json_selftest.h"
#include "options.h"
#include "plan.h"
#include "result.h"
#include "rng.h"
#include "run_plan.h"
#include "runner.h"
#include "selftest.h"
#include "signals.h"
#include "strbuf.h"
#include "term.h"
#include "xalloc.h"

/* The self-test under way. */
struct drive {
    const struct cli_options *options;
    const struct dcb_plan *plan; /* of identical code, with all workloads */
    const char *planted;         /* the file that has the planted work */
    struct dcb_selftest selftest;
    size_t workload; /* in hand */
    double began_s;  /* with it */
    enum dcb_selftest_part part;
    bool progress;
};

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ---- plans ---- */

/* What `dcbench run -i twin=stdlib --counters none` would run, with the options of this
 * command. */
static int plan_identical(const struct cli_options *options, struct dcb_plan *ret_plan,
                          struct dcb_error *err)
{
    char twin[] = "twin=stdlib", none[] = "none";
    char *impls[] = {twin}, *counters[] = {none};
    struct cli_options run = *options;

    run.impls = (struct cli_list){.items = impls, .count = 1};
    run.counters = (struct cli_list){.items = counters, .count = 1};
    run.verify = false; /* they are the standard library's, or the planted one */
    return cli_run_plan(&run, ret_plan, err);
}

static int find_planted(char **ret_path, struct dcb_error *err)
{
    struct dcb_catalog catalog;
    char *path;

    if (dcb_catalog_open(&catalog, err) != 0)
        return -1;
    path = dcb_xasprintf("%s/selftest/planted.py", catalog.data_dir);
    dcb_catalog_clear(&catalog);
    if (access(path, R_OK) != 0) {
        dcb_error_set_errno(err, errno,
                            "the installation is not whole: %s (make install puts it "
                            "there)",
                            path);
        free(path);
        return -1;
    }
    *ret_path = path;
    return 0;
}

/* plus_335: the deepcopy behind so many statements. */
static struct dcb_spec plant(const char *path, uint64_t statements)
{
    char *name = dcb_xasprintf("plus_%llu", (unsigned long long)statements);

    return (struct dcb_spec){
        .label = name,
        .kind = DCB_SPEC_FILE,
        .path = dcb_xstrdup(path),
        .attr = dcb_xstrdup(name),
    };
}

static void free_arms(struct dcb_spec *take_arms, size_t count)
{
    for (size_t i = 0; i < count; i++)
        dcb_spec_clear(&take_arms[i]);
    free(take_arms);
}

/* ---- one run ---- */

static void draw_progress(void *context, const struct dcb_progress *progress)
{
    static const char *const words[] = {"identical code", "sizing a difference",
                                        "planted difference"};
    const struct drive *drive = context;
    struct dcb_progress shown = {
        .workload_index = drive->workload,
        .workload_count = drive->plan->workload_count,
        .workers = progress->workers,
        .elapsed_s = now_s() - drive->began_s,
        .max_time_s = drive->options->max_time_s,
        .reached = progress->reached,
        .wanted = DCB_UNKNOWN, /* one run's precision does not end the self-test */
    };
    char *label = dcb_xasprintf("%.40s, %s", progress->workload, words[drive->part]);

    shown.workload = label;
    cli_term_draw(&shown);
    free(label);
}

/* Runs `plan`, which has one workload, and takes in what came. */
static int run_plan(struct drive *drive, const struct dcb_plan *plan,
                    const struct dcb_selftest_step *step, struct dcb_error *err)
{
    struct dcb_selftest *selftest = &drive->selftest;
    struct dcb_runner_hooks hooks = {
        .stop = cli_signals_caught(),
        .progress = drive->progress ? draw_progress : NULL,
        .progress_context = drive,
    };
    struct dcb_result result = {.plan = NULL};
    double started_s = now_s();
    int rc = dcb_runner_run(plan, &hooks, &result, err);

    if (drive->progress)
        cli_term_clear();
    dcb_selftest_add_run(&selftest->workloads[drive->workload], step, now_s() - started_s,
                         &result);
    selftest->signal = result.signal;
    if (!selftest->python && result.python.version)
        selftest->python = dcb_xstrdup(result.python.version);
    dcb_result_clear(&result);
    return rc;
}

static int run_step(struct drive *drive, const struct dcb_selftest_step *step,
                    struct dcb_error *err)
{
    const struct dcb_selftest_workload *workload =
        &drive->selftest.workloads[drive->workload];
    struct dcb_plan plan = *drive->plan; /* borrows all but its arms */
    size_t dropped;
    int rc = 0;

    plan.workloads += drive->workload;
    plan.workload_count = 1;
    plan.max_time_s = step->max_time_s;
    if (step->precision > 0 && step->precision < plan.precision)
        plan.precision = step->precision;
    plan.seed = dcb_rng_derive(dcb_rng_derive(drive->plan->seed, drive->workload),
                               workload->run_count) >>
                1;
    drive->part = step->part;
    if (step->part != DCB_SELFTEST_IDENTICAL) {
        struct dcb_spec baseline = plant(drive->planted, DCB_SELFTEST_BASE);
        struct dcb_spec candidate =
            plant(drive->planted, DCB_SELFTEST_BASE + step->statements);

        rc = dcb_plan_set_arms(&plan, &baseline, &candidate, 1, &dropped, err);
    }
    if (rc == 0)
        rc = run_plan(drive, &plan, step, err);
    if (step->part != DCB_SELFTEST_IDENTICAL)
        free_arms(plan.arms, plan.arm_count);
    return rc;
}

/* ---- all runs ---- */

static int run_workload(struct drive *drive, struct dcb_error *err)
{
    const struct cli_options *options = drive->options;
    struct dcb_selftest *selftest = &drive->selftest;
    struct dcb_selftest_workload *workload = &selftest->workloads[drive->workload];
    int rc = 0;

    workload->label = dcb_xstrdup(drive->plan->workloads[drive->workload].label);
    selftest->workload_count = drive->workload + 1;
    drive->began_s = now_s();
    while (rc == 0 && !selftest->signal) {
        struct dcb_selftest_step step = dcb_selftest_next(
            workload, options->margin, now_s() - drive->began_s, options->max_time_s);

        if (step.part == DCB_SELFTEST_DONE)
            break;
        rc = run_step(drive, &step, err);
    }
    return rc;
}

/* -1: it could not go on; what was measured up to there is in the self-test. */
static int run_all(struct drive *drive, struct dcb_error *err)
{
    const struct dcb_plan *plan = drive->plan;
    double started_s = now_s();
    int rc = 0;

    drive->selftest = (struct dcb_selftest){
        .seed = plan->seed,
        .margin = plan->margin,
        .confidence = plan->confidence,
        .precision = plan->precision,
        .max_time_s = plan->max_time_s,
        .iterations = plan->iterations,
        .block_ns = plan->block_ns,
        .rounds = plan->rounds,
        .workers = plan->workers,
        .warmups = plan->warmups,
        .affinity = plan->affinity,
        .gc = plan->gc,
        .workloads =
            dcb_xcalloc(plan->workload_count, sizeof(struct dcb_selftest_workload)),
    };
    dcb_sysinfo_read(&drive->selftest.system);
    while (rc == 0 && !drive->selftest.signal && drive->workload < plan->workload_count) {
        rc = run_workload(drive, err);
        drive->workload++;
    }
    drive->selftest.elapsed_s = now_s() - started_s;
    dcb_selftest_judge(&drive->selftest);
    return rc;
}

/* ---- what it came to ---- */

static int print_report(const struct cli_options *options,
                        const struct dcb_selftest *selftest, struct dcb_error *err)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    char *json;
    int rc;

    switch (options->format) {
    case CLI_JSON:
        json = dcb_json_selftest(selftest);
        dcb_strbuf_append(&out, json);
        free(json);
        break;
    case CLI_CSV:
        dcb_selftest_csv(selftest, &out);
        break;
    case CLI_PYPERF: /* not a format of this command */
        break;
    case CLI_MARKDOWN:
        dcb_selftest_report(selftest, DCB_TABLE_MARKDOWN, options->verbosity, false,
                            &out);
        break;
    case CLI_TABLE:
        dcb_selftest_report(selftest, DCB_TABLE_TEXT, options->verbosity,
                            cli_term_color(options->color, STDOUT_FILENO), &out);
        break;
    }
    rc = cli_term_print(out.text ? out.text : "", err);
    dcb_strbuf_clear(&out);
    return rc;
}

/* For the formats that programs read: what is wrong is said to a person, too. */
static void tell_problems(const struct cli_options *options,
                          const struct dcb_selftest *selftest)
{
    if (options->format != CLI_JSON && options->format != CLI_CSV)
        return;
    for (size_t i = 0; i < selftest->problem_count; i++)
        cli_term_message("%s: %s",
                         selftest->workloads[selftest->problems[i].workload].label,
                         selftest->problems[i].text);
}

static int status_of(const struct dcb_selftest *selftest)
{
    static const enum cli_status statuses[] = {
        [DCB_SELFTEST_HOLDS] = CLI_STATUS_OK,
        [DCB_SELFTEST_UNKNOWN] = CLI_STATUS_UNKNOWN,
        [DCB_SELFTEST_BROKEN] = CLI_STATUS_SYSTEM,
        [DCB_SELFTEST_TOLD_APART] = CLI_STATUS_FAILED,
    };

    return selftest->signal ? 128 + selftest->signal : (int)statuses[selftest->outcome];
}

static bool measured_anything(const struct dcb_selftest *selftest)
{
    return selftest->workload_count && selftest->workloads[0].run_count;
}

/* Runs and reports. Where the runs broke off, what there is is shown all the same. */
static int drive_to_the_end(struct drive *drive, struct dcb_error *err)
{
    int rc = run_all(drive, err), status = status_of(&drive->selftest);

    if (!measured_anything(&drive->selftest)) {
        if (drive->selftest.signal)
            cli_term_message("interrupted before anything was measured");
        return rc == 0 ? status : -1;
    }
    if (print_report(drive->options, &drive->selftest, err) != 0)
        rc = -1;
    tell_problems(drive->options, &drive->selftest);
    /* A difference where there is none counts for more than a full disk. */
    if (rc != 0 && (status == CLI_STATUS_FAILED || drive->selftest.signal)) {
        cli_term_message("%s", err->text);
        return status;
    }
    return rc == 0 ? status : -1;
}

int cli_selftest(const struct cli_options *options, struct dcb_error *err)
{
    struct dcb_plan plan = {.arms = NULL};
    struct drive drive = {.options = options, .plan = &plan};
    char *planted = NULL;
    int rc;

    if (options->margin == 0)
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "--margin: what is planted is twice the margin, so it has "
                             "to be above 0 here");
    if (options->margin > DCB_SELFTEST_MARGIN_MOST + 1e-9)
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "--margin: twice the margin is planted, and its size is "
                             "learnt from work that makes a fifth, so it must not be "
                             "above 5 here");
    rc = plan_identical(options, &plan, err);
    if (rc == 0)
        rc = find_planted(&planted, err);
    if (rc == 0) {
        cli_signals_catch();
        drive.planted = planted;
        drive.progress = cli_term_progress(options->progress) && options->verbosity >= 0;
        rc = drive_to_the_end(&drive, err);
    }
    dcb_selftest_clear(&drive.selftest);
    dcb_plan_clear(&plan);
    free(planted);
    return rc;
}
