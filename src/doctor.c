#include "doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_private.h"
#include "xalloc.h"

static char *format_text(const char *format, va_list args)
    __attribute__((format(printf, 1, 0)));

static char *format_text(const char *format, va_list args)
{
    char text[1024];

    vsnprintf(text, sizeof text, format, args);
    return dcb_xstrdup(text);
}

static struct dcb_finding *last(struct dcb_findings *findings)
{
    return &findings->items[findings->count - 1];
}

void dcb_doctor_found(struct dcb_findings *findings, const char *id, const char *title,
                      enum dcb_finding_status status, const char *format, ...)
{
    va_list args;

    findings->items = dcb_xgrow(findings->items, findings->count, &findings->capacity,
                                sizeof *findings->items);
    findings->items[findings->count++] =
        (struct dcb_finding){.id = id, .title = title, .status = status};
    va_start(args, format);
    last(findings)->found = format_text(format, args);
    va_end(args);
}

void dcb_doctor_advise(struct dcb_findings *findings, const char *format, ...)
{
    va_list args;

    free(last(findings)->advice);
    va_start(args, format);
    last(findings)->advice = format_text(format, args);
    va_end(args);
}

void dcb_doctor_detail(struct dcb_findings *findings, const char *format, ...)
{
    struct dcb_finding *finding = last(findings);
    char *line, *before = finding->detail;
    va_list args;

    va_start(args, format);
    line = format_text(format, args);
    va_end(args);
    finding->detail = before ? dcb_xasprintf("%s\n%s", before, line) : dcb_xstrdup(line);
    free(line);
    free(before);
}

static void choose(const struct dcb_doctor_facts *facts, struct dcb_findings *findings)
{
    if (facts->counters.hardware) {
        findings->choice = DCB_DOCTOR_HARDWARE;
        findings->choice_text = dcb_xstrdup("hardware counters and kernel events");
    } else if (facts->valgrind_path) {
        findings->choice = DCB_DOCTOR_SIMULATED;
        findings->choice_text =
            dcb_xstrdup("simulated counters and kernel events: no hardware counter works "
                        "here, and there is valgrind");
    } else {
        findings->choice = DCB_DOCTOR_KERNEL;
        findings->choice_text =
            dcb_xstrdup("kernel events only: no hardware counter works "
                        "here, and there is no valgrind");
    }
}

void dcb_doctor_examine(const struct dcb_doctor_facts *facts,
                        struct dcb_findings *ret_findings)
{
    struct dcb_findings findings = {.items = NULL};
    size_t measured;

    dcb_doctor_measure(facts, &findings);
    measured = findings.count;
    dcb_doctor_disturb(facts, &findings);
    for (size_t i = 0; i < findings.count; i++)
        findings.items[i].group =
            i < measured ? DCB_FINDING_MEASURE : DCB_FINDING_DISTURB;
    choose(facts, &findings);
    *ret_findings = findings;
}

void dcb_findings_clear(struct dcb_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        free(findings->items[i].found);
        free(findings->items[i].advice);
        free(findings->items[i].detail);
    }
    free(findings->items);
    free(findings->choice_text);
    *findings = (struct dcb_findings){.items = NULL};
}

const char *dcb_finding_group_name(enum dcb_finding_group group)
{
    return group == DCB_FINDING_MEASURE ? "measure" : "disturb";
}

const char *dcb_finding_status_name(enum dcb_finding_status status)
{
    static const char *const names[] = {"ok", "note", "warning", "cannot"};

    return names[status];
}

const char *dcb_doctor_choice_name(enum dcb_doctor_choice choice)
{
    static const char *const names[] = {"hardware", "simulated", "kernel"};

    return names[choice];
}
