#include "specs.h"

#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "xalloc.h"

static const char *const report_workloads[] = {"general", "reduce", "memo"};

/* What `memory` is for, and nobody else. */
static const char *const memory_workloads[] = {"none", "single", "point-dicts",
                                               "point-slots"};

enum {
    REPORT_WORKLOADS = sizeof report_workloads / sizeof *report_workloads,
    MEMORY_WORKLOADS = sizeof memory_workloads / sizeof *memory_workloads
};

bool cli_specs_in_all(const char *workload)
{
    for (size_t i = 0; i < REPORT_WORKLOADS; i++) {
        if (strcmp(report_workloads[i], workload) == 0)
            return true;
    }
    return false;
}

bool cli_specs_in_extended(const char *workload)
{
    for (size_t i = 0; i < MEMORY_WORKLOADS; i++) {
        if (strcmp(memory_workloads[i], workload) == 0)
            return false;
    }
    return true;
}

void cli_specs_add(struct cli_spec_list *specs, struct dcb_spec *take_spec)
{
    specs->items =
        dcb_xgrow(specs->items, specs->count, &specs->capacity, sizeof *specs->items);
    specs->items[specs->count++] = *take_spec;
    *take_spec = (struct dcb_spec){.label = NULL};
}

static int add_spec(struct cli_spec_list *specs, const struct dcb_catalog *catalog,
                    enum dcb_catalog_part part, const char *text, bool allow_pickle,
                    struct dcb_error *err)
{
    struct dcb_spec spec;

    if (dcb_catalog_resolve(catalog, part, text, allow_pickle, &spec, err) != 0)
        return -1;
    cli_specs_add(specs, &spec);
    return 0;
}

static int add_all(struct cli_spec_list *specs, const struct dcb_catalog *catalog,
                   enum dcb_catalog_part part, struct dcb_error *err)
{
    struct dcb_names names = {.items = NULL};
    int rc = dcb_catalog_names(catalog, part, &names, err);

    for (size_t i = 0; rc == 0 && i < names.count; i++) {
        if (part != DCB_CATALOG_WORKLOADS || cli_specs_in_extended(names.items[i]))
            rc = add_spec(specs, catalog, part, names.items[i], false, err);
    }
    dcb_names_clear(&names);
    return rc;
}

static int add_report_workloads(struct cli_spec_list *specs,
                                const struct dcb_catalog *catalog, struct dcb_error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < REPORT_WORKLOADS; i++)
        rc = add_spec(specs, catalog, DCB_CATALOG_WORKLOADS, report_workloads[i], false,
                      err);
    return rc;
}

void cli_specs_list_clear(struct cli_spec_list *specs)
{
    for (size_t i = 0; i < specs->count; i++)
        dcb_spec_clear(&specs->items[i]);
    free(specs->items);
}

static int add_impls(struct cli_spec_list *specs, const struct dcb_catalog *catalog,
                     const char *text, struct dcb_error *err)
{
    if (strcmp(text, "all") == 0)
        return add_all(specs, catalog, DCB_CATALOG_IMPLS, err);
    return add_spec(specs, catalog, DCB_CATALOG_IMPLS, text, false, err);
}

int cli_specs_resolve_impls(const struct cli_options *options,
                            const struct dcb_catalog *catalog, const char *otherwise,
                            struct cli_spec_list *specs, struct dcb_error *err)
{
    int rc = 0;

    if (options->impls.count == 0)
        return add_impls(specs, catalog, otherwise, err);
    for (size_t i = 0; rc == 0 && i < options->impls.count; i++)
        rc = add_impls(specs, catalog, options->impls.items[i], err);
    return rc;
}

static int resolve_workloads(const struct cli_options *options,
                             const struct dcb_catalog *catalog,
                             struct cli_spec_list *specs, struct dcb_error *err)
{
    int rc = 0;

    if (options->workloads.count == 0)
        return add_report_workloads(specs, catalog, err);
    for (size_t i = 0; rc == 0 && i < options->workloads.count; i++) {
        const char *text = options->workloads.items[i];

        if (strcmp(text, "all") == 0)
            rc = add_report_workloads(specs, catalog, err);
        else if (strcmp(text, "extended") == 0)
            rc = add_all(specs, catalog, DCB_CATALOG_WORKLOADS, err);
        else
            rc = add_spec(specs, catalog, DCB_CATALOG_WORKLOADS, text,
                          options->allow_pickle, err);
    }
    return rc;
}

int cli_specs_resolve(const struct cli_options *options,
                      const struct dcb_catalog *catalog, struct cli_specs *specs,
                      struct dcb_error *err)
{
    int rc = dcb_catalog_resolve(catalog, DCB_CATALOG_IMPLS,
                                 options->baseline ? options->baseline : "stdlib", false,
                                 &specs->baseline, err);

    if (rc == 0)
        rc = cli_specs_resolve_impls(options, catalog, "merged", &specs->impls, err);
    if (rc == 0)
        rc = resolve_workloads(options, catalog, &specs->workloads, err);
    return rc;
}

void cli_specs_clear(struct cli_specs *specs)
{
    dcb_spec_clear(&specs->baseline);
    cli_specs_list_clear(&specs->impls);
    cli_specs_list_clear(&specs->workloads);
}
