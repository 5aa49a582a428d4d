#include "json_doctor.h"

#include <stdlib.h>
#include <math.h>
#include <string.h>

#include <jansson.h>

#include "doctor.h"
#include "json_values.h"
#include "xalloc.h"

/* -1 is what could not be had. */
static json_t *whole(int64_t value)
{
    return value >= 0 ? json_integer(value) : json_null();
}

static json_t *truth(int value)
{
    return value >= 0 ? json_boolean(value) : json_null();
}

/* The lines of a text as an array. */
static json_t *lines(const char *bytes)
{
    json_t *array = json_array();

    for (const char *line = bytes; line && *line;) {
        size_t length = strcspn(line, "\n");
        char *one = dcb_xstrndup(line, length);

        json_array_append_new(array, dcb_json_name(one));
        free(one);
        line += length + (line[length] == '\n');
    }
    return array;
}

static json_t *encode_valgrind(const struct dcb_doctor_facts *facts)
{
    if (!facts->valgrind_path)
        return json_null();
    return json_pack("{s:o, s:o}", "path", dcb_json_name(facts->valgrind_path), "version",
                     dcb_json_name(facts->valgrind_version));
}

static json_t *encode_pmus(const struct dcb_doctor_facts *facts)
{
    json_t *pmus;

    if (!facts->pmus_known)
        return json_null();
    pmus = json_array();
    for (size_t i = 0; i < facts->pmu_count; i++)
        json_array_append_new(pmus, json_pack("{s:o, s:o}", "name",
                                              dcb_json_name(facts->pmus[i].name), "cpus",
                                              dcb_json_name(facts->pmus[i].cpus)));
    return pmus;
}

static json_t *encode_counters(const struct dcb_doctor_facts *facts)
{
    const struct dcb_doctor_counters *counters = &facts->counters;
    bool hardware = counters->hardware;

    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "pmus",
        encode_pmus(facts), "libpfm4_pmus",
        facts->libpfm_pmus ? lines(facts->libpfm_pmus) : json_null(), "hardware",
        counters->known ? json_boolean(hardware) : json_null(), "reason",
        hardware ? json_null() : dcb_json_name(counters->reason), "at_once",
        hardware ? json_integer(counters->fit) : json_null(), "user_reads",
        hardware ? json_boolean(counters->user_reads) : json_null(), "loop_counted",
        hardware ? json_integer((json_int_t)counters->loop_counted) : json_null(),
        "loop_expected",
        hardware ? json_integer((json_int_t)counters->loop_expected) : json_null(),
        "kernel", counters->known ? json_boolean(counters->kernel) : json_null(),
        "perf_event_paranoid",
        facts->system.perf_event_paranoid >= -1
            ? json_integer(facts->system.perf_event_paranoid)
            : json_null(),
        "privileged", truth(facts->machine.privileged), "seccomp",
        counters->known ? json_boolean(counters->seccomp) : json_null(), "nmi_watchdog",
        truth(facts->machine.nmi_watchdog), "valgrind", encode_valgrind(facts));
}

static json_t *encode_cpus(const struct dcb_machine *machine)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "present",
                     whole(machine->cpus_present), "online", whole(machine->cpus_online),
                     "allowed", whole(machine->cpus_allowed), "allowed_list",
                     dcb_json_name(machine->allowed_list), "isolated_list",
                     dcb_json_name(machine->isolated_list), "sharing_a_core",
                     whole(machine->smt_threads), "governors",
                     dcb_json_name(machine->governors), "turbo", truth(machine->turbo),
                     "core_throttles", whole(machine->core_throttles));
}

static json_t *encode_activity(const struct dcb_doctor_facts *facts)
{
    const struct dcb_activity *activity = &facts->activity;
    json_t *busiest = json_array();

    for (size_t i = 0; i < activity->busiest_count; i++)
        json_array_append_new(busiest,
                              json_pack("{s:o, s:i, s:o}", "name",
                                        dcb_json_name(activity->busiest[i].name), "pid",
                                        (int)activity->busiest[i].pid, "cpus",
                                        dcb_json_number(activity->busiest[i].cpus)));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "interval_s",
                     dcb_json_number(activity->interval_s), "steal_since_boot",
                     dcb_json_number(activity->steal_since_boot), "steal",
                     dcb_json_number(activity->steal), "busy",
                     dcb_json_number(activity->busy), "load_average",
                     dcb_json_number(facts->machine.load), "swapped_pages",
                     whole(activity->swapped_pages), "throttles",
                     whole(activity->throttles), "busiest", busiest);
}

static json_t *encode_memory(const struct dcb_machine *machine)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "total_bytes", whole(machine->memory_bytes),
                     "available_bytes", whole(machine->available_bytes), "swap_bytes",
                     whole(machine->swap_bytes), "swap_free_bytes",
                     whole(machine->swap_free_bytes));
}

static json_t *encode_place(const struct dcb_doctor_facts *facts)
{
    const struct dcb_machine *machine = &facts->machine;
    static const char *const powers[] = {NULL, "no battery", "mains", "battery"};

    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "virtual_machine",
        truth(machine->guest), "hypervisor", dcb_json_name(machine->hypervisor),
        "container", dcb_json_name(machine->container), "cpu_limit",
        dcb_json_number(machine->cpu_limit), "cpu_limit_known",
        json_boolean(!isnan(machine->cpu_limit)), "throttled_periods",
        whole(machine->throttled_periods), "power", dcb_json_name(powers[machine->power]),
        "randomize_va_space", whole(machine->randomize_va_space), "layout_fixed",
        truth(machine->layout_fixed), "migrations_in_proc",
        json_boolean(!facts->migrations_problem));
}

static json_t *encode_pythons(const struct dcb_doctor_facts *facts)
{
    json_t *all = json_array();

    for (size_t i = 0; i < facts->python_count; i++)
        json_array_append_new(all, dcb_json_name(facts->pythons[i]));
    return all;
}

static json_t *encode_facts(const struct dcb_doctor_facts *facts)
{
    json_t *clock =
        json_pack("{s:o, s:o}", "source", dcb_json_name(facts->machine.clocksource),
                  "read_ns", dcb_json_number(facts->clock_ns));

    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "pythons",
                     encode_pythons(facts), "counters", encode_counters(facts), "cpus",
                     encode_cpus(&facts->machine), "activity", encode_activity(facts),
                     "memory", encode_memory(&facts->machine), "clock", clock, "system",
                     encode_place(facts));
}

static json_t *encode_finding(const struct dcb_finding *finding)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "id", finding->id, "group",
                     dcb_finding_group_name(finding->group), "status",
                     dcb_finding_status_name(finding->status), "title", finding->title,
                     "found", dcb_json_name(finding->found), "advice",
                     dcb_json_name(finding->advice), "details", lines(finding->detail));
}

char *dcb_json_doctor(const struct dcb_doctor_facts *facts,
                      const struct dcb_findings *findings)
{
    const struct dcb_sysinfo *system = &facts->system;
    json_t *list = json_array(), *root;

    for (size_t i = 0; i < findings->count; i++)
        json_array_append_new(list, encode_finding(&findings->items[i]));
    root = json_pack("{s:s, s:s, s:o, s:{s:o, s:o, s:o}, s:{s:s, s:o}, s:o, s:o}",
                     "schema", "dcbench-doctor/1", "dcbench", DCB_VERSION, "date",
                     dcb_json_name(system->date), "machine", "cpu",
                     dcb_json_name(system->cpu), "kernel", dcb_json_name(system->kernel),
                     "architecture", dcb_json_name(system->machine), "counters_auto",
                     "choice", dcb_doctor_choice_name(findings->choice), "why",
                     dcb_json_name(findings->choice_text), "findings", list, "facts",
                     encode_facts(facts));
    return dcb_json_line(root);
}
