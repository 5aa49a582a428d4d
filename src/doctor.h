/*
 * What a machine can measure and what disturbs it: facts to findings, and these to text.
 * Pure: who gathers the facts is cli/cmd_doctor.c, so that tests can make them up.
 */
#ifndef DCB_DOCTOR_H
#define DCB_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sysinfo.h"
#include "sysinfo_machine.h"
#include "text_table.h"

/* ---- facts ---- */

enum { DCB_DOCTOR_PMUS_MAX = 4 };

struct dcb_doctor_pmu {
    char name[32];  /* as the kernel exports it */
    char cpus[128]; /* the CPUs it counts on; "": all */
};

/* What became of an attempt to count: struct dcb_counters_ability without its module. */
struct dcb_doctor_counters {
    bool known;         /* it was tried */
    const char *reason; /* where no hardware counter works, or nothing was tried: why */
    bool hardware, user_reads, kernel, seccomp;
    const char *read_reason; /* where there are no user-space reads */
    unsigned fit;
    uint64_t loop_counted, loop_expected;
};

/* Texts are borrowed; NULL where there is none. */
struct dcb_doctor_facts {
    struct dcb_sysinfo system;
    struct dcb_machine machine;
    struct dcb_activity activity;
    double clock_ns; /* a reading of CLOCK_MONOTONIC */

    const char *python;         /* version of the worker that is taken by default */
    const char *const *pythons; /* all of them */
    size_t python_count;
    const char *python_problem; /* where there is none: why */

    struct dcb_doctor_pmu pmus[DCB_DOCTOR_PMUS_MAX]; /* the kernel's, of CPU cores */
    size_t pmu_count;
    bool pmus_known;         /* the kernel's list could be read */
    const char *libpfm_pmus; /* what libpfm4 finds, one name a line */
    const char *libpfm_problem;
    struct dcb_doctor_counters counters;

    const char
        *migrations_problem; /* why the scheduler does not tell them; NULL: it does */

    const char *valgrind_path;    /* NULL: there is none */
    const char *valgrind_version; /* NULL: not known */
};

/* ---- findings ---- */

enum dcb_finding_group { DCB_FINDING_MEASURE, DCB_FINDING_DISTURB };

enum dcb_finding_status {
    DCB_FINDING_OK,
    DCB_FINDING_NOTE,    /* good to know, or not known */
    DCB_FINDING_WARNING, /* disturbs measurements */
    DCB_FINDING_CANNOT   /* cannot be measured here */
};

struct dcb_finding {
    const char *id; /* for programs: "governor" */
    const char *title;
    enum dcb_finding_group group;
    enum dcb_finding_status status;
    char *found;
    char *advice; /* NULL: nothing is to be done */
    char *detail; /* lines; NULL: none */
};

/* Who would count with `--counters auto`, next to the kernel. */
enum dcb_doctor_choice {
    DCB_DOCTOR_HARDWARE,
    DCB_DOCTOR_SIMULATED,
    DCB_DOCTOR_KERNEL /* nobody */
};

struct dcb_findings {
    struct dcb_finding *items; /* by group */
    size_t count, capacity;
    enum dcb_doctor_choice choice;
    char *choice_text; /* one sentence */
};

/* The caller clears what it gets. */
void dcb_doctor_examine(const struct dcb_doctor_facts *facts,
                        struct dcb_findings *ret_findings);
void dcb_findings_clear(struct dcb_findings *findings);

const char *dcb_finding_group_name(enum dcb_finding_group group); /* "measure" */
const char *dcb_finding_status_name(enum dcb_finding_status status);
const char *dcb_doctor_choice_name(enum dcb_doctor_choice choice); /* "simulated" */

/* ---- report ---- */

/* At most 80 columns. verbosity -1: warnings alone, nothing where there are none; 1: with
 * details. */
void dcb_doctor_text(const struct dcb_doctor_facts *facts,
                     const struct dcb_findings *findings, int verbosity, bool color,
                     struct dcb_strbuf *out);

/* One table, as Markdown or CSV. */
void dcb_doctor_table(const struct dcb_findings *findings, enum dcb_table_format format,
                      int verbosity, struct dcb_strbuf *out);

#endif
