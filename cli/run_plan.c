#include "run_plan.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "catalog.h"
#include "counter_plan.h"
#include "cpulist.h"
#include "error.h"
#include "options.h"
#include "plan.h"
#include "specs.h"
#include "sysinfo.h"
#include "term.h"
#include "utf8.h"
#include "xalloc.h"

/* Rounds of a worker: docs/methodology.md. */
enum { ROUNDS_AIM = 40 };

/* ---- implementations and workloads ---- */

static int plan_arms(const struct cli_options *options, struct cli_specs *specs,
                     struct dcb_plan *plan, struct dcb_error *err)
{
    size_t dropped = 0;
    int rc = dcb_plan_set_arms(plan, &specs->baseline, specs->impls.items,
                               specs->impls.count, &dropped, err);

    if (rc == 0 && options->fail_if.count && plan->arm_count == 2)
        rc = dcb_error_set(
            err, DCB_ERROR_USAGE,
            "--fail-if: %s is the baseline, and no candidate is left to judge",
            plan->arms[0].label);
    if (rc == 0 && dropped && !cli_list_contains(&options->impls, "all") &&
        options->verbosity >= 0)
        cli_term_message("%s is the baseline: it is not a candidate as well",
                         plan->arms[0].label);
    return rc;
}

static int plan_workloads(struct cli_specs *specs, struct dcb_plan *plan,
                          struct dcb_error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < specs->workloads.count; i++)
        rc = dcb_plan_add_workload(plan, &specs->workloads.items[i], err);
    return rc;
}

/* ---- the interpreter ---- */

static bool uses_modules(const struct dcb_spec *specs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (specs[i].kind == DCB_SPEC_MODULE)
            return true;
    }
    return false;
}

static int plan_worker(const struct cli_options *options,
                       const struct dcb_catalog *catalog, struct dcb_plan *plan,
                       struct dcb_error *err)
{
    char *wanted = NULL;
    int rc = 0;

    if (options->venv) {
        plan->venv = realpath(options->venv, NULL);
        if (!plan->venv)
            rc = dcb_error_set(err, DCB_ERROR_USAGE, "--venv: no folder '%s'",
                               options->venv);
        else if (!dcb_utf8_valid(plan->venv))
            rc = dcb_error_set(err, DCB_ERROR_SYSTEM,
                               "--venv: '%s' is not UTF-8; rename or move it",
                               options->venv);
        else
            rc = dcb_catalog_venv_version(plan->venv, &wanted, err);
    }
    if (options->python) { /* a venv for another version is the worker's to refuse */
        free(wanted);
        wanted = dcb_xstrdup(options->python);
    }
    if (rc == 0)
        rc = dcb_catalog_worker(catalog, wanted, &plan->worker, &plan->python_version,
                                err);
    free(wanted);
    return rc;
}

static int plan_python(const struct cli_options *options,
                       const struct dcb_catalog *catalog, struct dcb_plan *plan,
                       struct dcb_error *err)
{
    if (plan_worker(options, catalog, plan, err) != 0)
        return -1;
    plan->support = dcb_xasprintf("%s/support", catalog->data_dir);
    plan->python_path = dcb_xcalloc(options->python_path.count + 1, sizeof(char *));
    for (size_t i = 0; i < options->python_path.count; i++) {
        char *path = realpath(options->python_path.items[i], NULL);

        if (!path)
            return dcb_error_set(err, DCB_ERROR_USAGE, "--python-path: no folder '%s'",
                                 options->python_path.items[i]);
        plan->python_path[plan->python_path_count++] = path;
        if (!dcb_utf8_valid(path))
            return dcb_error_set(err, DCB_ERROR_SYSTEM,
                                 "--python-path: '%s' is not UTF-8; rename or move it",
                                 options->python_path.items[i]);
    }
    plan->site = !plan->venv && (uses_modules(plan->arms, plan->arm_count) ||
                                 uses_modules(plan->workloads, plan->workload_count));
    return 0;
}

/* ---- all of it ---- */

static uint64_t random_seed(void)
{
    uint64_t seed = 1;

    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        seed = 1;
    return seed >> 1;
}

static int check_affinity(int cpu, struct dcb_error *err)
{
    cpu_set_t cpus;
    char *all;

    if (cpu < 0 || sched_getaffinity(0, sizeof cpus, &cpus) != 0 || CPU_ISSET(cpu, &cpus))
        return 0;
    all = dcb_cpulist_format(&cpus);
    dcb_error_set(err, DCB_ERROR_SYSTEM, "--affinity: no CPU %d here; there are %s", cpu,
                  all);
    free(all);
    return -1;
}

/* A worker shows signs of life between blocks, not within one, and some blocks come out
 * longer than they are meant to. */
static int check_block_time(const struct cli_options *options, struct dcb_error *err)
{
    if (options->block_us * 1e-6 <= options->timeout_s / 4)
        return 0;
    return dcb_error_set(err, DCB_ERROR_USAGE,
                         "--block-time: blocks of %g s are too long for a --timeout of "
                         "%g s, which is to be four times as much",
                         options->block_us * 1e-6, options->timeout_s);
}

static void plan_effort(const struct cli_options *options, struct dcb_plan *plan)
{
    struct dcb_sysinfo system;

    dcb_sysinfo_read(&system);
    plan->label = options->label ? dcb_xstrdup(options->label) : NULL;
    plan->seed = options->has_seed ? options->seed : random_seed();
    plan->iterations = options->iterations;
    plan->rounds = options->rounds;
    plan->workers = options->workers;
    plan->precision = options->precision;
    plan->max_time_s = options->max_time_s;
    plan->timeout_s = options->timeout_s;
    plan->margin = options->margin;
    plan->confidence = options->confidence;
    plan->affinity = options->affinity;
    plan->gc = options->gc;
    plan->verify = options->verify;
    plan->block_ns = (uint64_t)options->block_us * 1000;
    plan->rounds_aim = ROUNDS_AIM;
    plan->warmups = options->warm_ups;
    /* One worker at a time: it may have half of what is free, and not bring the machine
     * down with it. */
    plan->memory_bytes = system.available_bytes / 2;
}

int cli_run_plan_of(const struct cli_options *options, const struct dcb_catalog *catalog,
                    struct cli_specs *specs, struct dcb_plan *ret_plan,
                    struct dcb_error *err)
{
    int rc;

    *ret_plan = (struct dcb_plan){.arms = NULL};
    rc = plan_arms(options, specs, ret_plan, err);
    if (rc == 0)
        rc = plan_workloads(specs, ret_plan, err);
    if (rc == 0)
        rc = plan_python(options, catalog, ret_plan, err);
    if (rc == 0)
        rc = check_affinity(options->affinity, err);
    if (rc == 0)
        rc = check_block_time(options, err);
    if (rc == 0)
        rc = cli_counter_plan(options, ret_plan, err);
    if (rc == 0)
        plan_effort(options, ret_plan);
    return rc;
}

int cli_run_plan(const struct cli_options *options, struct dcb_plan *ret_plan,
                 struct dcb_error *err)
{
    struct cli_specs specs = {.impls = {.items = NULL}};
    struct dcb_catalog catalog;
    int rc;

    *ret_plan = (struct dcb_plan){.arms = NULL};
    if (dcb_catalog_open(&catalog, err) != 0)
        return -1;
    rc = cli_specs_resolve(options, &catalog, &specs, err);
    if (rc == 0)
        rc = cli_run_plan_of(options, &catalog, &specs, ret_plan, err);
    cli_specs_clear(&specs);
    dcb_catalog_clear(&catalog);
    return rc;
}

int cli_run_plan_arms(const struct cli_options *options, struct dcb_plan *ret_plan,
                      struct dcb_error *err)
{
    struct cli_spec_list impls = {.items = NULL};
    struct dcb_catalog catalog;
    int rc;

    *ret_plan = (struct dcb_plan){.arms = NULL};
    if (dcb_catalog_open(&catalog, err) != 0)
        return -1;
    rc = cli_specs_resolve_impls(options, &catalog, "all", &impls, err);
    for (size_t i = 0; rc == 0 && i < impls.count; i++)
        rc = dcb_plan_add_arm(ret_plan, &impls.items[i], err);
    if (rc == 0)
        rc = plan_python(options, &catalog, ret_plan, err);
    if (rc == 0)
        plan_effort(options, ret_plan);
    cli_specs_list_clear(&impls);
    dcb_catalog_clear(&catalog);
    return rc;
}

/* The baseline first; named again among the others, it is not added again. */
static int plan_bare_arms(struct cli_specs *specs, struct dcb_plan *plan,
                          struct dcb_error *err)
{
    int rc = dcb_plan_add_arm(plan, &specs->baseline, err);

    for (size_t i = 0; rc == 0 && i < specs->impls.count; i++)
        rc = dcb_plan_add_arm(plan, &specs->impls.items[i], err);
    return rc;
}

int cli_run_plan_memory_of(const struct cli_options *options,
                           const struct dcb_catalog *catalog, struct cli_specs *specs,
                           struct dcb_plan *ret_plan, char **ret_library,
                           char **ret_reason, struct dcb_error *err)
{
    struct dcb_error why = DCB_ERROR_INIT;
    int rc;

    *ret_plan = (struct dcb_plan){.arms = NULL};
    *ret_reason = NULL;
    *ret_library = dcb_catalog_malloc_library(catalog, &why);
    if (!*ret_library)
        *ret_reason = dcb_xstrdup(why.text);
    rc = plan_bare_arms(specs, ret_plan, err);
    if (rc == 0)
        rc = plan_workloads(specs, ret_plan, err);
    if (rc == 0)
        rc = plan_python(options, catalog, ret_plan, err);
    if (rc == 0)
        plan_effort(options, ret_plan);
    return rc;
}

int cli_run_plan_memory(const struct cli_options *options, struct dcb_plan *ret_plan,
                        char **ret_library, char **ret_reason, struct dcb_error *err)
{
    struct cli_specs specs = {.impls = {.items = NULL}};
    struct dcb_catalog catalog;
    int rc;

    *ret_plan = (struct dcb_plan){.arms = NULL};
    *ret_library = *ret_reason = NULL;
    if (dcb_catalog_open(&catalog, err) != 0)
        return -1;
    rc = cli_specs_resolve(options, &catalog, &specs, err);
    if (rc == 0)
        rc = cli_run_plan_memory_of(options, &catalog, &specs, ret_plan, ret_library,
                                    ret_reason, err);
    cli_specs_clear(&specs);
    dcb_catalog_clear(&catalog);
    return rc;
}
