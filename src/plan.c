#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "samples.h"
#include "xalloc.h"

void dcb_plan_clear(struct dcb_plan *plan)
{
    for (size_t i = 0; i < plan->arm_count; i++)
        dcb_spec_clear(&plan->arms[i]);
    for (size_t i = 0; i < plan->workload_count; i++)
        dcb_spec_clear(&plan->workloads[i]);
    for (size_t i = 0; i < plan->python_path_count; i++)
        free(plan->python_path[i]);
    free(plan->arms);
    free(plan->workloads);
    free(plan->rows);
    free(plan->events);
    free(plan->worker);
    free(plan->python_version);
    free(plan->support);
    free(plan->simulator);
    free(plan->simulator_version);
    free(plan->simulator_geometry);
    free(plan->python_path);
    free(plan->venv);
    free(plan->label);
    *plan = (struct dcb_plan){.arms = NULL};
}

static bool equal_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_source(const struct dcb_spec *a, const struct dcb_spec *b)
{
    return a->kind == b->kind && equal_text(a->path, b->path) &&
           equal_text(a->module, b->module) && equal_text(a->attr, b->attr);
}

static const struct dcb_spec *find_label(const struct dcb_spec *specs, size_t count,
                                         const char *label)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(specs[i].label, label) == 0)
            return &specs[i];
    }
    return NULL;
}

static int label_twice(const char *what, const char *label, struct dcb_error *err)
{
    return dcb_error_set(err, DCB_ERROR_USAGE,
                         "two %s are called '%s'; name one as LABEL=SPEC", what, label);
}

static int reserved_label(struct dcb_error *err)
{
    return dcb_error_set(err, DCB_ERROR_USAGE,
                         "'control' is what the baseline's second load is called; name "
                         "yours otherwise, as LABEL=SPEC");
}

int dcb_plan_set_arms(struct dcb_plan *plan, struct dcb_spec *take_baseline,
                      struct dcb_spec *take_candidates, size_t count, size_t *ret_dropped,
                      struct dcb_error *err)
{
    int rc = 0;

    plan->arms = dcb_xcalloc(count + 2, sizeof *plan->arms);
    plan->arms[0] = *take_baseline;
    *take_baseline = (struct dcb_spec){.label = NULL};
    dcb_spec_copy(&plan->arms[1], &plan->arms[0]);
    plan->arm_count = 2;
    *ret_dropped = 0;
    if (strcmp(plan->arms[0].label, "control") == 0)
        rc = reserved_label(err);
    for (size_t i = 0; i < count; i++) {
        struct dcb_spec *spec = &take_candidates[i];
        const struct dcb_spec *twin =
            find_label(plan->arms, plan->arm_count, spec->label);

        if (same_source(spec, &plan->arms[0]) &&
            equal_text(spec->label, plan->arms[0].label)) {
            (*ret_dropped)++;
            dcb_spec_clear(spec);
        } else if (twin && same_source(spec, twin)) {
            dcb_spec_clear(spec); /* named twice */
        } else if (strcmp(spec->label, "control") == 0) {
            rc = reserved_label(err);
            dcb_spec_clear(spec);
        } else if (twin) {
            rc = label_twice("implementations", spec->label, err);
            dcb_spec_clear(spec);
        } else {
            plan->arms[plan->arm_count++] = *spec;
            *spec = (struct dcb_spec){.label = NULL};
        }
    }
    if (rc == 0 && plan->arm_count > DCB_ARMS_MAX)
        rc = dcb_error_set(err, DCB_ERROR_USAGE,
                           "more than %d implementations in one run", DCB_ARMS_MAX - 2);
    return rc;
}

/* Adds it to a list in which a label stands once. */
static int add_spec(struct dcb_spec **specs, size_t *count, const char *what,
                    struct dcb_spec *take_spec, struct dcb_error *err)
{
    const struct dcb_spec *twin = find_label(*specs, *count, take_spec->label);
    int rc = 0;

    if (twin) {
        if (!same_source(twin, take_spec))
            rc = label_twice(what, take_spec->label, err);
        dcb_spec_clear(take_spec);
        return rc;
    }
    *specs = dcb_xrealloc(*specs, *count + 1, sizeof **specs);
    (*specs)[(*count)++] = *take_spec;
    *take_spec = (struct dcb_spec){.label = NULL};
    return 0;
}

int dcb_plan_add_arm(struct dcb_plan *plan, struct dcb_spec *take_spec,
                     struct dcb_error *err)
{
    return add_spec(&plan->arms, &plan->arm_count, "implementations", take_spec, err);
}

int dcb_plan_add_workload(struct dcb_plan *plan, struct dcb_spec *take_spec,
                          struct dcb_error *err)
{
    return add_spec(&plan->workloads, &plan->workload_count, "workloads", take_spec, err);
}

struct dcb_plan_row *dcb_plan_add_row(struct dcb_plan *plan, const char *name,
                                      enum dcb_row_kind kind, enum dcb_provider provider)
{
    struct dcb_plan_row *row;

    plan->rows = dcb_xrealloc(plan->rows, plan->row_count + 1, sizeof *plan->rows);
    row = &plan->rows[plan->row_count++];
    *row = (struct dcb_plan_row){.kind = kind, .provider = provider};
    snprintf(row->name, sizeof row->name, "%s", name);
    return row;
}

void dcb_plan_add_event(struct dcb_plan *plan, const struct dcb_event *event)
{
    struct dcb_plan_row *row =
        dcb_plan_add_row(plan, event->name, DCB_KIND_EVENT,
                         event->software ? DCB_PROVIDER_KERNEL : DCB_PROVIDER_HARDWARE);

    row->event = plan->event_count;
    plan->events =
        dcb_xrealloc(plan->events, plan->event_count + 1, sizeof *plan->events);
    plan->events[plan->event_count++] = *event;
}

const char *dcb_plan_kind_name(enum dcb_row_kind kind)
{
    static const char *const names[] = {"event",    "wall",      "cpu", "faults",
                                        "switches", "simulated", "none"};

    return names[kind];
}

bool dcb_plan_row_is_rare(const struct dcb_plan_row *row)
{
    return row->provider == DCB_PROVIDER_KERNEL && row->kind != DCB_KIND_WALL &&
           row->kind != DCB_KIND_CPU;
}

enum dcb_role dcb_plan_role(size_t arm)
{
    return arm == 0   ? DCB_ROLE_BASELINE
           : arm == 1 ? DCB_ROLE_CONTROL
                      : DCB_ROLE_CANDIDATE;
}
