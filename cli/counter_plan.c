#include "counter_plan.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "cpulist.h"
#include "error.h"
#include "events.h"
#include "options.h"
#include "plan.h"
#include "simulation.h"
#include "simulator.h"
#include "xalloc.h"

/* Of as many seeds; what they differ by is how exact a simulated ratio is. */
enum { LAYOUTS = 3 };

/* One row of the report that is to be counted. */
struct wish {
    const struct dcb_row *row;
    const char *text; /* or this event string of the user's */
    bool counted;     /* by hardware: `event` */
    struct dcb_event event;
    char reason[200]; /* why not by hardware */
};

struct wishes {
    struct wish *items;
    size_t count, capacity;
    bool hardware, simulated, kernel; /* who may count */
    bool if_no_hardware;              /* simulated only where no row has hardware */
};

static void choose_providers(const struct cli_options *options, struct wishes *wishes)
{
    const struct cli_list *list = &options->counters;
    bool every = list->count == 0 || cli_list_contains(list, "auto");

    wishes->hardware = every || cli_list_contains(list, "hardware");
    wishes->kernel = every || cli_list_contains(list, "kernel");
    wishes->simulated = every || cli_list_contains(list, "simulated");
    wishes->if_no_hardware = !cli_list_contains(list, "simulated");
}

static struct wish *add_wish(struct wishes *wishes)
{
    wishes->items =
        dcb_xgrow(wishes->items, wishes->count, &wishes->capacity, sizeof *wishes->items);
    wishes->items[wishes->count] = (struct wish){.row = NULL};
    return &wishes->items[wishes->count++];
}

static bool is_wished(const struct wishes *wishes, const char *text)
{
    for (size_t i = 0; i < wishes->count; i++) {
        const struct wish *wish = &wishes->items[i];

        if (strcmp(wish->row ? wish->row->name : wish->text, text) == 0)
            return true;
    }
    return false;
}

static int collect_wishes(const struct cli_options *options, struct wishes *wishes,
                          struct dcb_error *err)
{
    const struct cli_list *events = &options->events;

    for (size_t i = 0; events->count == 0 && i < DCB_ROW_COUNT; i++)
        add_wish(wishes)->row = &dcb_rows[i];
    for (size_t i = 0; i < events->count; i++) {
        const struct dcb_row *row = dcb_row_find(events->items[i]);
        struct wish *wish;

        if (is_wished(wishes, events->items[i]))
            continue;
        if (wishes->count == DCB_EVENTS_MAX)
            return dcb_error_set(err, DCB_ERROR_USAGE, "--events: more than %d events",
                                 DCB_EVENTS_MAX);
        wish = add_wish(wishes);
        wish->row = row;
        if (row)
            continue;
        wish->text = events->items[i];
        if (dcb_events_encode(wish->text, &wish->event, err) != 0)
            return -1;
        wish->counted = true;
    }
    return 0;
}

/* ---- hybrid machines ---- */

enum { CORE_PMUS_MAX = 8 };

const struct dcb_core_pmu *cli_counter_core(const struct dcb_core_pmu *pmus, size_t count,
                                            int affinity, const cpu_set_t *allowed)
{
    cpu_set_t own;

    for (size_t i = 0; count > 1 && i < count; i++) {
        if (dcb_cpulist_parse(pmus[i].cpus, &own) != 0)
            continue;
        if (affinity >= 0 && CPU_ISSET((size_t)affinity, &own))
            return &pmus[i];
        CPU_AND(&own, &own, allowed);
        if (affinity < 0 && CPU_COUNT(&own) > 0)
            return &pmus[i];
    }
    return NULL;
}

/* Of its CPUs those that this process may use. */
static void keep_core(struct dcb_plan *plan, const struct dcb_core_pmu *core,
                      ptrdiff_t place, const cpu_set_t *allowed)
{
    cpu_set_t own;
    char *list;

    plan->core = *core;
    plan->core_is_first = place == 0;
    (void)dcb_cpulist_parse(core->cpus, &own); /* cli_counter_core has read it */
    CPU_AND(&own, &own, allowed);
    list = dcb_cpulist_format(&own);
    /* A list that is too long stays whole as the kernel writes it. */
    if (strlen(list) < sizeof plan->core.cpus)
        memcpy(plan->core.cpus, list, strlen(list) + 1);
    free(list);
}

/* A hybrid machine has two kinds of cores with a PMU each: one of them is for us. */
static void choose_core(struct dcb_plan *plan, int affinity)
{
    struct dcb_core_pmu pmus[CORE_PMUS_MAX];
    size_t count =
        dcb_counters_core_pmus("/sys/bus/event_source/devices", pmus, CORE_PMUS_MAX);
    const struct dcb_core_pmu *core;
    cpu_set_t allowed;

    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return;
    core = cli_counter_core(pmus, count < CORE_PMUS_MAX ? count : CORE_PMUS_MAX, affinity,
                            &allowed);
    if (core)
        keep_core(plan, core, core - pmus, &allowed);
}

/* ---- hardware ---- */

/* Names that libpfm4 gives are the first PMU's: for another one the kernel's generic
 * events are left. Returns how many candidates remain. */
static size_t bind_candidates(struct dcb_event *candidates, size_t count,
                              const struct dcb_plan *plan)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (!plan->core_is_first && strcmp(candidates[i].pmu, "perf") != 0)
            continue;
        candidates[kept] = candidates[i];
        dcb_counters_bind(&candidates[kept++], &plan->core);
    }
    return kept;
}

/* Tries the encodings of a row on the PMU. */
static void try_hardware(struct wish *wish, const struct dcb_plan *plan)
{
    struct dcb_event candidates[DCB_EVENT_CANDIDATES_MAX];
    size_t count =
        dcb_events_candidates(wish->row->name, candidates, DCB_EVENT_CANDIDATES_MAX);
    int chosen;

    if (plan->core.name[0])
        count = bind_candidates(candidates, count, plan);
    chosen = dcb_counters_choose(candidates, count, wish->reason, sizeof wish->reason);
    wish->counted = chosen >= 0;
    if (wish->counted)
        wish->event = candidates[chosen];
}

/* Whether any row of the report is left to hardware. The trial runs where the workers
 * will. */
static bool choose_hardware(struct wishes *wishes, const struct dcb_plan *plan)
{
    const struct dcb_core_pmu *core = &plan->core;
    cpu_set_t before, cpus;
    bool any = false, moved;

    moved = core->name[0] && dcb_cpulist_parse(core->cpus, &cpus) == 0 &&
            sched_getaffinity(0, sizeof before, &before) == 0 &&
            sched_setaffinity(0, sizeof cpus, &cpus) == 0;
    for (size_t i = 0; i < wishes->count; i++) {
        struct wish *wish = &wishes->items[i];

        if (!wish->row || wish->row->source != DCB_ROW_PMU)
            continue;
        if (wishes->hardware)
            try_hardware(wish, plan);
        else
            snprintf(wish->reason, sizeof wish->reason, "not asked for (--counters)");
        any = any || wish->counted;
    }
    if (moved)
        sched_setaffinity(0, sizeof before, &before);
    return any;
}

static void add_missing(struct dcb_plan *plan, const char *name,
                        enum dcb_provider provider, const char *reason)
{
    struct dcb_plan_row *row = dcb_plan_add_row(plan, name, DCB_KIND_NONE, provider);

    snprintf(row->reason, sizeof row->reason, "%.*s", (int)sizeof row->reason - 1,
             reason);
}

/* No hardware, and no valgrind either: one reason for all rows, so that it is told once.
 */
static void add_unsimulated(struct dcb_plan *plan, const struct wishes *wishes,
                            const struct wish *wish)
{
    static const char missing[] = "valgrind, which simulates most rows, is not installed";
    const char *advice = strstr(wish->reason, ": use --counters simulated");
    int length = advice ? (int)(advice - wish->reason) : (int)strlen(wish->reason);
    char *reason = wishes->hardware
                       ? dcb_xasprintf("%.*s; %s", length, wish->reason, missing)
                       : dcb_xstrdup(missing);

    add_missing(plan, wish->row->name, DCB_PROVIDER_SIMULATED, reason);
    free(reason);
}

static void add_pmu_row(struct dcb_plan *plan, const struct wishes *wishes,
                        const struct wish *wish)
{
    const char *name = wish->row->name;

    if (wish->counted)
        dcb_plan_add_event(plan, &wish->event);
    else if (!wishes->simulated)
        add_missing(plan, name, DCB_PROVIDER_HARDWARE, wish->reason);
    else if (!plan->simulator)
        add_unsimulated(plan, wishes, wish);
    else if (!dcb_simulated_row_find(name))
        add_missing(plan, name, DCB_PROVIDER_SIMULATED, "not simulated");
    else
        dcb_plan_add_row(plan, name, DCB_KIND_SIMULATED, DCB_PROVIDER_SIMULATED);
}

/* Clocks, getrusage, and one event of the kernel's. */
static void add_kernel_row(struct dcb_plan *plan, const struct dcb_row *row, bool asked)
{
    static const struct {
        const char *name;
        enum dcb_row_kind kind;
    } direct[] = {{"time-elapsed", DCB_KIND_WALL},
                  {"task-clock", DCB_KIND_CPU},
                  {"page-faults", DCB_KIND_FAULTS},
                  {"context-switches", DCB_KIND_SWITCHES}};
    struct dcb_event event;
    struct dcb_error why = DCB_ERROR_INIT;

    if (!asked) {
        add_missing(plan, row->name, DCB_PROVIDER_KERNEL, "not asked for (--counters)");
        return;
    }
    for (size_t i = 0; i < sizeof direct / sizeof *direct; i++) {
        if (strcmp(row->name, direct[i].name) == 0) {
            dcb_plan_add_row(plan, row->name, direct[i].kind, DCB_PROVIDER_KERNEL);
            return;
        }
    }
    if (dcb_events_encode(row->name, &event, &why) == 0)
        dcb_plan_add_event(plan, &event);
    else
        add_missing(plan, row->name, DCB_PROVIDER_KERNEL, why.text);
}

static void add_rows(struct dcb_plan *plan, const struct wishes *wishes)
{
    for (size_t i = 0; i < wishes->count; i++) {
        const struct wish *wish = &wishes->items[i];

        if (!wish->row && !wish->event.software && !wishes->hardware)
            add_missing(plan, wish->text, DCB_PROVIDER_HARDWARE,
                        "not asked for (--counters)");
        else if (!wish->row)
            dcb_plan_add_event(plan, &wish->event);
        else if (wish->row->source == DCB_ROW_PMU)
            add_pmu_row(plan, wishes, wish);
        else
            add_kernel_row(plan, wish->row, wishes->kernel);
    }
}

static const char *first_reason(const struct wishes *wishes)
{
    for (size_t i = 0; i < wishes->count; i++) {
        if (wishes->items[i].row && wishes->items[i].row->source == DCB_ROW_PMU)
            return wishes->items[i].reason;
    }
    return "";
}

static bool any_simulated(const struct dcb_plan *plan)
{
    for (size_t i = 0; i < plan->row_count; i++) {
        if (plan->rows[i].kind == DCB_KIND_SIMULATED)
            return true;
    }
    return false;
}

static void plan_simulator(const struct wishes *wishes, struct dcb_plan *plan)
{
    plan->layouts = LAYOUTS;
    plan->simulate_always = wishes->simulated && !wishes->if_no_hardware;
    (void)dcb_simulator_find(&plan->simulator, &plan->simulator_version);
}

static void make_plan(struct dcb_plan *plan, struct wishes *wishes, int affinity)
{
    bool hardware;

    choose_core(plan, affinity);
    hardware = choose_hardware(wishes, plan);
    if (!hardware) /* and no reason to prefer one kind of core */
        plan->core = (struct dcb_core_pmu){.name = ""};
    if (!hardware && wishes->hardware)
        snprintf(plan->hardware_reason, sizeof plan->hardware_reason, "%s",
                 first_reason(wishes));
    if (hardware && wishes->if_no_hardware)
        wishes->simulated = false;
    if (wishes->simulated)
        plan_simulator(wishes, plan);
    add_rows(plan, wishes);
    if (!any_simulated(plan)) {
        free(plan->simulator);
        free(plan->simulator_version);
        plan->simulator = plan->simulator_version = NULL;
    }
}

int cli_counter_plan(const struct cli_options *options, struct dcb_plan *plan,
                     struct dcb_error *err)
{
    struct wishes wishes = {.items = NULL};
    int rc;

    choose_providers(options, &wishes);
    if (!wishes.hardware && !wishes.kernel && !wishes.simulated)
        return 0;
    if (dcb_events_open(err) != 0)
        return -1;
    rc = collect_wishes(options, &wishes, err);
    if (rc == 0)
        make_plan(plan, &wishes, options->affinity);
    dcb_events_close();
    free(wishes.items);
    return rc;
}
