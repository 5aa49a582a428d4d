#include "check_plan.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog.h"
#include "check_place.h"
#include "document.h"
#include "error.h"
#include "events.h"
#include "gate.h"
#include "option_values.h"
#include "options.h"
#include "plan.h"
#include "run_plan.h"
#include "specs.h"
#include "strbuf.h"
#include "term.h"
#include "xalloc.h"

/* The precision of a first baseline file: so much of the margin, and no coarser than a
 * run's. */
static const double first_share = 0.25, first_most = 0.005;

/* What a file may ask for: the time without progress, the parts of --max-time for one
 * block and for the warm-ups of one arm, and the time that is worth a note. */
static const double most_timeout_s = 600, block_share = 0.01, warm_share = 0.02,
                    long_s = 60;

/* ---- the file's sources, here ---- */

/* One list of the file: its candidates or its workloads. */
struct recorded {
    const struct dcb_document *file;
    enum dcb_catalog_part part;
    const struct dcb_spec *specs;
    const struct dcb_source *sources;
    size_t count;
    const char *option; /* "--impl" */
    char letter;
};

static struct recorded recorded_impls(const struct dcb_document *file)
{
    return (struct recorded){.file = file,
                             .part = DCB_CATALOG_IMPLS,
                             .specs = file->plan.arms + 2,
                             .sources = file->result.arm_sources + 2,
                             .count = file->plan.arm_count - 2,
                             .option = "--impl",
                             .letter = 'i'};
}

static struct recorded recorded_baseline(const struct dcb_document *file)
{
    return (struct recorded){.file = file,
                             .part = DCB_CATALOG_IMPLS,
                             .specs = file->plan.arms,
                             .sources = file->result.arm_sources,
                             .count = 1,
                             .option = "--baseline",
                             .letter = 'b'};
}

static struct recorded recorded_workloads(const struct dcb_document *file)
{
    return (struct recorded){.file = file,
                             .part = DCB_CATALOG_WORKLOADS,
                             .specs = file->plan.workloads,
                             .sources = file->result.workload_sources,
                             .count = file->plan.workload_count,
                             .option = "--workload",
                             .letter = 'w'};
}

/* What the command line would say for it; -1 where there is no such thing here. */
static int text_of(const struct recorded *list, size_t index, char **ret_text,
                   struct dcb_error *err)
{
    const struct dcb_spec *spec = &list->specs[index];
    const char *path = spec->path ? spec->path : list->sources[index].path;

    if (spec->kind == DCB_SPEC_MODULE && spec->module && spec->attr) {
        *ret_text = dcb_xasprintf("%s:%s", spec->module, spec->attr);
        return 0;
    }
    if (!path)
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "%s does not say where '%s' is from; -%c %s=FILE does",
                             list->file->path, spec->label, list->letter, spec->label);
    if (spec->builtin) {
        *ret_text = dcb_catalog_name(path); /* wherever it stood */
        return 0;
    }
    if (access(path, R_OK) != 0)
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "%s: '%s' is %s there, which is not here (%s); -%c %s=FILE "
                             "says where it is",
                             list->file->path, spec->label, path, strerror(errno),
                             list->letter, spec->label);
    *ret_text = spec->kind == DCB_SPEC_FILE && spec->attr
                    ? dcb_xasprintf("%s:%s", path, spec->attr)
                    : dcb_xstrdup(path);
    return 0;
}

/* A file of this name is here as well: which one is meant is not to be guessed. */
static int check_here(const struct recorded *list, const struct dcb_spec *spec,
                      struct dcb_error *err)
{
    char *other = spec->path && !spec->builtin
                      ? cli_check_file_here(spec->path, list->file->path)
                      : NULL;

    if (!other)
        return 0;
    dcb_error_set(err, DCB_ERROR_USAGE,
                  "%s: '%s' is %s there, outside of this folder, and %s is here; say "
                  "which one is meant: -%c %s=FILE",
                  list->file->path, spec->label, spec->path, other, list->letter,
                  spec->label);
    free(other);
    return -1;
}

static int spec_here(const struct recorded *list, size_t index,
                     const struct cli_options *options, const struct dcb_catalog *catalog,
                     struct dcb_spec *ret_spec, struct dcb_error *err)
{
    char *text = NULL;
    int rc = text_of(list, index, &text, err);

    if (rc == 0 && dcb_catalog_resolve(catalog, list->part, text, options->allow_pickle,
                                       ret_spec, err) != 0)
        rc = dcb_error_prefix(err, "%s", list->file->path);
    free(text);
    if (rc != 0) {
        /* What the file says is not the user's mistake; that he is to allow a pickle is
         * for him to say. */
        if (err->code == DCB_ERROR_USAGE &&
            (list->specs[index].kind != DCB_SPEC_PICKLE || options->allow_pickle))
            err->code = DCB_ERROR_SYSTEM;
        return rc;
    }
    free(ret_spec->label);
    ret_spec->label = dcb_xstrdup(list->specs[index].label);
    rc = check_here(list, ret_spec, err);
    if (rc != 0)
        dcb_spec_clear(ret_spec);
    return rc;
}

/* ---- what the user names ---- */

static size_t find_label(const struct recorded *list, const char *label)
{
    size_t i = 0;

    while (i < list->count && strcmp(list->specs[i].label, label) != 0)
        i++;
    return i;
}

/* What to say instead: the spec under a label of the file, or all of a larger file. */
static char *hint_for(const struct recorded *list, const char *item)
{
    static const char keep[] = "--update takes it in, and keeps what is named beside it";
    const char *equals = strchr(item, '='), *spec = equals ? equals + 1 : item;

    if (!strpbrk(spec, ":./"))
        return dcb_xstrdup(keep);
    return dcb_xasprintf("-%c %s=%s measures it under a label of the file; %s",
                         list->letter, list->count == 1 ? list->specs[0].label : "LABEL",
                         spec, keep);
}

static int not_in_file(const struct recorded *list, const char *item, const char *label,
                       struct dcb_error *err)
{
    struct dcb_strbuf all = DCB_STRBUF_INIT;
    char *hint = hint_for(list, item);

    for (size_t i = 0; i < list->count; i++)
        dcb_strbuf_appendf(&all, "%s%s", i ? ", " : "", list->specs[i].label);
    dcb_error_set(err, DCB_ERROR_USAGE, "%s: '%s' is not in %s, which has %s (%s)",
                  list->option, label, list->file->path, all.text, hint);
    dcb_strbuf_clear(&all);
    free(hint);
    return -1;
}

/* A label of the file, or a spec under such a label. */
static int named_spec(const struct recorded *list, const char *item,
                      const struct cli_options *options,
                      const struct dcb_catalog *catalog, struct dcb_spec *ret_spec,
                      struct dcb_error *err)
{
    size_t index = find_label(list, item);
    struct dcb_spec spec;

    if (index < list->count)
        return spec_here(list, index, options, catalog, ret_spec, err);
    if (!options->update && !strpbrk(item, "=:./"))
        return not_in_file(list, item, item, err);
    if (dcb_catalog_resolve(catalog, list->part, item, options->allow_pickle, &spec,
                            err) != 0)
        return -1;
    if (!options->update && find_label(list, spec.label) == list->count) {
        not_in_file(list, item, spec.label, err);
        dcb_spec_clear(&spec);
        return -1;
    }
    *ret_spec = spec;
    return 0;
}

static int add_here(const struct recorded *list, size_t index,
                    const struct cli_options *options, const struct dcb_catalog *catalog,
                    struct cli_spec_list *specs, struct dcb_error *err)
{
    struct dcb_spec spec;

    if (spec_here(list, index, options, catalog, &spec, err) != 0)
        return -1;
    cli_specs_add(specs, &spec);
    return 0;
}

static int add_all(const struct recorded *list, const struct cli_options *options,
                   const struct dcb_catalog *catalog, struct cli_spec_list *specs,
                   struct dcb_error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < list->count; i++)
        rc = add_here(list, i, options, catalog, specs, err);
    return rc;
}

static int add_named(const struct recorded *list, const struct cli_list *items,
                     const struct cli_options *options, const struct dcb_catalog *catalog,
                     struct cli_spec_list *specs, struct dcb_error *err)
{
    if (items->count == 0)
        return add_all(list, options, catalog, specs, err);
    for (size_t i = 0; i < items->count; i++) {
        struct dcb_spec spec;

        if (strcmp(items->items[i], "all") == 0) {
            if (add_all(list, options, catalog, specs, err) != 0)
                return -1;
            continue;
        }
        if (named_spec(list, items->items[i], options, catalog, &spec, err) != 0)
            return -1;
        cli_specs_add(specs, &spec);
    }
    return 0;
}

static int resolve_specs(const struct cli_options *options,
                         const struct dcb_document *file,
                         const struct dcb_catalog *catalog, struct cli_specs *specs,
                         struct dcb_error *err)
{
    struct recorded baseline = recorded_baseline(file), impls = recorded_impls(file),
                    workloads = recorded_workloads(file);
    int rc = options->baseline
                 ? named_spec(&baseline, options->baseline, options, catalog,
                              &specs->baseline, err)
                 : spec_here(&baseline, 0, options, catalog, &specs->baseline, err);

    if (rc == 0)
        rc = add_named(&impls, &options->impls, options, catalog, &specs->impls, err);
    if (rc == 0)
        rc = add_named(&workloads, &options->workloads, options, catalog,
                       &specs->workloads, err);
    return rc;
}

/* ---- how it was measured ---- */

/* The providers that have counted something in the file. */
static void counters_of(const struct dcb_document *file, struct cli_list *list)
{
    const struct dcb_plan *plan = &file->plan;

    for (size_t i = 0; i < plan->row_count; i++) {
        const char *name = dcb_provider_name(plan->rows[i].provider);

        if (name && plan->rows[i].kind != DCB_KIND_NONE && !cli_list_contains(list, name))
            cli_list_append(list, name, strlen(name));
    }
    if (list->count == 0)
        cli_list_append(list, "none", strlen("none"));
}

/* The file's rows; none where these are all that there are. An event that this machine
 * has no name for is left out. */
static int events_of(const struct cli_options *options, const struct dcb_document *file,
                     struct cli_list *list, struct dcb_error *err)
{
    const struct dcb_plan *plan = &file->plan;
    size_t known = 0;

    if (dcb_events_open(err) != 0)
        return -1;
    for (size_t i = 0; i < plan->row_count; i++) {
        const char *name = plan->rows[i].name;
        struct dcb_error why = DCB_ERROR_INIT;
        struct dcb_event event;
        bool is_row = dcb_row_find(name);

        known += is_row;
        if (is_row || dcb_events_encode(name, &event, &why) == 0)
            cli_list_append(list, name, strlen(name));
        else if (options->verbosity >= 0)
            cli_term_message("%s counts '%s', which cannot be counted here: %s",
                             file->path, name, why.text);
    }
    dcb_events_close();
    if (known == DCB_ROW_COUNT && list->count == DCB_ROW_COUNT)
        cli_list_clear(list);
    return 0;
}

/* "3.11" of "3.11.2"; NULL where the file does not say. */
static char *python_of(const struct dcb_document *file)
{
    const char *version = file->result.python.version;
    const char *dot = version ? strchr(version, '.') : NULL;

    if (!dot)
        return NULL;
    return dcb_xstrndup(version,
                        (size_t)(dot - version) + 1 + strspn(dot + 1, "0123456789"));
}

static double at_most(double value, double most)
{
    return value < most ? value : most;
}

/* Blocks and warm-ups are to leave most of --max-time for rounds. */
static void blocks_of(const struct dcb_plan *plan, struct cli_options *run)
{
    double most_us = fmin(1e6 * run->max_time_s * block_share, 1e6 * run->timeout_s / 4);
    double warm_us = 1e6 * run->max_time_s * warm_share;

    if (!cli_options_given(run, "block-time") && plan->block_ns >= 1000)
        run->block_us =
            (unsigned)fmax(at_most((double)plan->block_ns / 1000, most_us), 1);
    if (!cli_options_given(run, "warm-ups"))
        run->warm_ups =
            (unsigned)at_most(plan->warmups, fmax(3, warm_us / fmax(run->block_us, 1)));
}

/*
 * Measuring means the same as then. Files are not believed: what the command line does
 * not take is not taken from a file, either, and what would go on for longer than the
 * time that was given is cut. Iterations and rounds are not taken at all: the time of a
 * block is, and both follow from it on a machine of another speed.
 */
static void effort_of(const struct dcb_document *file, struct cli_options *run)
{
    const struct dcb_plan *plan = &file->plan;

    if (!cli_options_given(run, "gc"))
        run->gc = plan->gc;
    if (!cli_options_given(run, "confidence"))
        run->confidence = fmax(at_most(plan->confidence, 0.9999), 0.5);
    if (!cli_options_given(run, "timeout") && plan->timeout_s > 0)
        run->timeout_s = fmax(at_most(plan->timeout_s, most_timeout_s), run->timeout_s);
    if (!cli_options_given(run, "max-time") && plan->max_time_s > 0) {
        run->max_time_s = at_most(plan->max_time_s, 1e6);
        if (run->max_time_s > long_s && run->verbosity >= 0)
            cli_term_message("note: up to %g s for each workload, as %s says; --max-time "
                             "says otherwise",
                             run->max_time_s, file->path);
    }
    blocks_of(plan, run);
}

static void precision_of(const struct dcb_document *file, struct cli_options *run)
{
    bool enough = true;
    double precision =
        file ? dcb_gate_precision(file, run->margin, run->confidence, &enough)
             : fmin(first_most, first_share * run->margin);

    if (!enough && !run->update && run->verbosity >= 0)
        cli_term_message("%s: its own intervals are wider than the margin of %g %%, so "
                         "nothing can be cleared; --update with a longer --max-time "
                         "makes a better one",
                         file->path, 100 * run->margin);
    if (!cli_options_given(run, "precision") && precision > 0)
        run->precision = at_most(precision, 0.5);
}

/* ---- all of it ---- */

static int check_file(const struct dcb_document *file, struct dcb_error *err)
{
    if (file->kind != DCB_DOCUMENT_RUN)
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "%s: a result of dcbench is wanted, not one of pyperf, "
                             "which does not say what to run",
                             file->path);
    if (file->plan.arm_count < 3 || file->plan.workload_count == 0)
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "%s: it has no candidate, so there is nothing to check",
                             file->path);
    return 0;
}

/* Whether there is a worker for the file's interpreter; `version` is NULL where the user
 * wants one of his own. */
static int check_worker(const struct dcb_catalog *catalog,
                        const struct dcb_document *file, const char *version,
                        struct dcb_error *err)
{
    char *path = NULL, *found = NULL;

    if (!version)
        return 0;
    if (dcb_catalog_worker(catalog, version, &path, &found, err) != 0)
        return dcb_error_prefix(err, "%s was measured with Python %s", file->path,
                                version);
    free(path);
    free(found);
    return 0;
}

static int plan_again(struct cli_options *run, const struct dcb_document *file,
                      struct dcb_plan *ret_plan, struct dcb_error *err)
{
    struct cli_list counters = {.items = NULL}, events = {.items = NULL};
    struct cli_specs specs = {.impls = {.items = NULL}};
    struct dcb_catalog catalog;
    char *python = NULL;
    int rc = 0;

    if (dcb_catalog_open(&catalog, err) != 0)
        return -1;
    if (!cli_options_given(run, "counters")) {
        counters_of(file, &counters);
        run->counters = counters;
    }
    if (!cli_options_given(run, "events") && !cli_list_contains(&run->counters, "none")) {
        rc = events_of(run, file, &events, err);
        run->events = events;
    }
    if (!run->python)
        run->python = python = python_of(file);
    if (rc == 0)
        rc = resolve_specs(run, file, &catalog, &specs, err);
    if (rc == 0 && check_worker(&catalog, file, python, err) == 0)
        rc = cli_run_plan_of(run, &catalog, &specs, ret_plan, err);
    else
        rc = -1;
    free(python);
    cli_list_clear(&counters);
    cli_list_clear(&events);
    cli_specs_clear(&specs);
    dcb_catalog_clear(&catalog);
    return rc;
}

static void append_lost(const struct dcb_spec *then, size_t count,
                        const struct dcb_spec *now, size_t now_count,
                        struct dcb_strbuf *out)
{
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;

        while (k < now_count && strcmp(now[k].label, then[i].label) != 0)
            k++;
        if (k == now_count)
            dcb_strbuf_appendf(out, "%s%s", out->length ? ", " : "", then[i].label);
    }
}

/* --update writes what was measured, and that alone. `first` of the plan's arms are no
 * candidates. */
static void tell_lost(const struct dcb_document *then, const struct dcb_plan *plan,
                      size_t first)
{
    struct dcb_strbuf lost = DCB_STRBUF_INIT;

    append_lost(then->plan.arms + 2, then->plan.arm_count - 2, plan->arms + first,
                plan->arm_count - first, &lost);
    append_lost(then->plan.workloads, then->plan.workload_count, plan->workloads,
                plan->workload_count, &lost);
    if (lost.length)
        cli_term_message("note: %s will no longer have %s, which -i and -w do not name",
                         then->path, lost.text);
    dcb_strbuf_clear(&lost);
}

int cli_check_plan(const struct cli_options *options, const struct dcb_document *then,
                   struct dcb_plan *ret_plan, struct dcb_error *err)
{
    struct cli_options run = *options; /* borrows what it does not change */

    *ret_plan = (struct dcb_plan){.arms = NULL};
    if (!then) {
        precision_of(NULL, &run);
        return cli_run_plan(&run, ret_plan, err);
    }
    if (check_file(then, err) != 0)
        return -1;
    effort_of(then, &run);
    precision_of(then, &run);
    if (plan_again(&run, then, ret_plan, err) != 0)
        return -1;
    if (run.update && run.verbosity >= 0)
        tell_lost(then, ret_plan, 2);
    return 0;
}

int cli_check_plan_memory(const struct cli_options *options,
                          const struct dcb_document *then, struct dcb_plan *ret_plan,
                          char **ret_library, char **ret_reason, struct dcb_error *err)
{
    struct cli_options run = *options; /* borrows what it does not change */
    struct cli_specs specs = {.impls = {.items = NULL}};
    struct dcb_catalog catalog;
    char *python = NULL;
    int rc = -1;

    *ret_plan = (struct dcb_plan){.arms = NULL};
    *ret_library = *ret_reason = NULL;
    if (dcb_catalog_open(&catalog, err) != 0)
        return -1;
    if (!cli_options_given(&run, "timeout") && then->plan.timeout_s > 0)
        run.timeout_s =
            fmax(at_most(then->plan.timeout_s, most_timeout_s), run.timeout_s);
    if (!run.python)
        run.python = python = python_of(then);
    if (resolve_specs(&run, then, &catalog, &specs, err) == 0 &&
        check_worker(&catalog, then, python, err) == 0)
        rc = cli_run_plan_memory_of(&run, &catalog, &specs, ret_plan, ret_library,
                                    ret_reason, err);
    if (rc == 0 && run.update && run.verbosity >= 0)
        tell_lost(then, ret_plan, 1);
    free(python);
    cli_specs_clear(&specs);
    dcb_catalog_clear(&catalog);
    return rc;
}
