#include "commands.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "catalog.h"
#include "counters.h"
#include "doctor.h"
#include "error.h"
#include "events.h"
#include "json_doctor.h"
#include "migrations.h"
#include "options.h"
#include "simulator.h"
#include "strbuf.h"
#include "term.h"
#include "xalloc.h"

/* Long enough for some ticks of the kernel's accounting, short enough to wait for. */
enum { SAMPLE_MS = 200 };

/* The facts, and what their texts are borrowed from. */
struct examination {
    struct dcb_doctor_facts facts;
    struct dcb_names pythons;
    struct dcb_error python_error, libpfm_error;
    struct dcb_strbuf libpfm_pmus;
    struct dcb_counters_ability ability;
    char migrations_problem[200];
    char *valgrind_path, *valgrind_version;
};

/* ---- gathering ---- */

/* First, and asleep: what is seen is what others do. */
static void watch_others(struct dcb_activity *activity)
{
    struct dcb_activity_watch *watch = dcb_sysinfo_watch("");
    struct timespec left = {.tv_nsec = SAMPLE_MS * 1000000L};

    while (nanosleep(&left, &left) != 0)
        ;
    dcb_sysinfo_watch_end(watch, activity);
}

static void find_pythons(struct examination *exam)
{
    struct dcb_doctor_facts *facts = &exam->facts;
    struct dcb_catalog catalog;
    char *path = NULL, *version = NULL;

    facts->python_problem = exam->python_error.text;
    if (dcb_catalog_open(&catalog, &exam->python_error) != 0)
        return;
    if (dcb_catalog_worker(&catalog, NULL, &path, &version, &exam->python_error) == 0 &&
        dcb_catalog_workers(&catalog, &exam->pythons, &exam->python_error) == 0 &&
        exam->pythons.count) {
        facts->pythons = (const char *const *)exam->pythons.items;
        facts->python_count = exam->pythons.count;
        facts->python = exam->pythons.items[exam->pythons.count - 1];
    }
    free(path);
    free(version);
    dcb_catalog_clear(&catalog);
}

static void find_pmus(struct dcb_doctor_facts *facts)
{
    static const char devices[] = "/sys/bus/event_source/devices";
    struct dcb_core_pmu pmus[DCB_DOCTOR_PMUS_MAX];
    size_t count = dcb_counters_core_pmus(devices, pmus, DCB_DOCTOR_PMUS_MAX);

    facts->pmus_known = access(devices, R_OK) == 0;
    facts->pmu_count = count < DCB_DOCTOR_PMUS_MAX ? count : DCB_DOCTOR_PMUS_MAX;
    for (size_t i = 0; i < facts->pmu_count; i++) {
        memcpy(facts->pmus[i].name, pmus[i].name, sizeof pmus[i].name);
        memcpy(facts->pmus[i].cpus, pmus[i].cpus, sizeof pmus[i].cpus);
    }
}

/* What the event library knows, and the encoding of instructions to try. */
static bool ask_libpfm(struct examination *exam, struct dcb_event *ret_instructions)
{
    struct dcb_text_table *table;
    bool found;

    if (dcb_events_open(&exam->libpfm_error) != 0) {
        exam->facts.libpfm_problem = exam->libpfm_error.text;
        return false;
    }
    table = dcb_text_table_new();
    dcb_events_list_pmus(&exam->libpfm_pmus, true, table);
    dcb_text_table_free(table);
    exam->facts.libpfm_pmus = exam->libpfm_pmus.text ? exam->libpfm_pmus.text : "";
    found = dcb_events_candidates("instructions", ret_instructions, 1) > 0;
    dcb_events_close();
    if (!found)
        exam->facts.counters.reason = "libpfm4 cannot encode the event 'instructions'";
    return found;
}

static void try_counters(struct examination *exam)
{
    struct dcb_doctor_counters *counters = &exam->facts.counters;
    struct dcb_counters_ability *ability = &exam->ability;
    struct dcb_event instructions;

    if (!ask_libpfm(exam, &instructions)) {
        if (!counters->reason)
            counters->reason = exam->facts.libpfm_problem;
        return;
    }
    dcb_counters_probe(&instructions, ability);
    *counters = (struct dcb_doctor_counters){
        .known = true,
        .reason = ability->reason,
        .hardware = ability->hardware,
        .user_reads = ability->user_reads,
        .read_reason = ability->read_reason[0] ? ability->read_reason : NULL,
        .kernel = ability->kernel,
        .seccomp = ability->seccomp,
        .fit = ability->fit,
        .loop_counted = ability->loop_counted,
        .loop_expected = ability->loop_expected,
    };
}

static void try_migrations(struct examination *exam)
{
    struct dcb_migrations migrations;

    if (dcb_migrations_open(&migrations, DCB_MIGRATIONS_FILE, exam->migrations_problem,
                            sizeof exam->migrations_problem) != 0)
        exam->facts.migrations_problem = exam->migrations_problem;
    dcb_migrations_close(&migrations);
}

static void gather(struct examination *exam)
{
    struct dcb_doctor_facts *facts = &exam->facts;

    watch_others(&facts->activity);
    dcb_sysinfo_read(&facts->system);
    dcb_sysinfo_read_machine("", &facts->machine);
    facts->clock_ns = dcb_sysinfo_clock_cost();
    find_pythons(exam);
    find_pmus(facts);
    try_counters(exam);
    try_migrations(exam);
    /* Without it there is nothing to tell: both stay NULL. */
    (void)dcb_simulator_find(&exam->valgrind_path, &exam->valgrind_version);
    facts->valgrind_path = exam->valgrind_path;
    facts->valgrind_version = exam->valgrind_version;
}

static void examination_clear(struct examination *exam)
{
    dcb_names_clear(&exam->pythons);
    dcb_strbuf_clear(&exam->libpfm_pmus);
    free(exam->valgrind_path);
    free(exam->valgrind_version);
}

/* ---- printing ---- */

static int print_report(const struct cli_options *options,
                        const struct dcb_doctor_facts *facts,
                        const struct dcb_findings *findings, struct dcb_error *err)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    char *json;
    int rc;

    switch (options->format) {
    case CLI_JSON:
        json = dcb_json_doctor(facts, findings);
        dcb_strbuf_append(&out, json);
        free(json);
        break;
    case CLI_MARKDOWN:
        dcb_doctor_table(findings, DCB_TABLE_MARKDOWN, options->verbosity, &out);
        break;
    case CLI_CSV:
        dcb_doctor_table(findings, DCB_TABLE_CSV, options->verbosity, &out);
        break;
    case CLI_TABLE:
        dcb_doctor_text(facts, findings, options->verbosity,
                        cli_term_color(options->color, STDOUT_FILENO), &out);
        break;
    case CLI_PYPERF: /* not a format of this command */
        break;
    }
    rc = cli_term_print(out.text ? out.text : "", err);
    dcb_strbuf_clear(&out);
    return rc;
}

int cli_doctor(const struct cli_options *options, struct dcb_error *err)
{
    struct examination exam = {.pythons = {.items = NULL},
                               .python_error = DCB_ERROR_INIT,
                               .libpfm_error = DCB_ERROR_INIT,
                               .libpfm_pmus = DCB_STRBUF_INIT};
    struct dcb_findings findings;
    int rc;

    gather(&exam);
    dcb_doctor_examine(&exam.facts, &findings);
    rc = print_report(options, &exam.facts, &findings, err);
    dcb_findings_clear(&findings);
    examination_clear(&exam);
    return rc;
}
