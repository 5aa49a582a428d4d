/*
 * What a CI service shows of a run: every check that was made, as JUnit XML, as GitHub's
 * annotations, and as Markdown. Pure.
 *
 * Labels and messages come from outside (files, exceptions of the code under test):
 * whatever is in them, the XML stays well-formed and an annotation stays one line, which
 * nothing in it can end or follow with a second command. What is not UTF-8 and control
 * characters come out as '?'.
 */
#ifndef DCB_CI_H
#define DCB_CI_H

#include <stdbool.h>
#include <stddef.h>

struct dcb_strbuf;

enum dcb_ci_outcome {
    DCB_CI_PASSED,
    DCB_CI_SKIPPED,   /* there was nothing to check it on */
    DCB_CI_UNDECIDED, /* a verdict was asked for and could not be given */
    DCB_CI_FAILED,    /* the check says no */
    DCB_CI_ERROR      /* it could not be checked: a crash, this machine, a file */
};

struct dcb_ci_finding {
    char *workload; /* NULL: of the whole run */
    char *impl;     /* NULL: of no implementation alone */
    char *rule;     /* what was checked: "time", "instructions", "copy" ... */
    enum dcb_ci_outcome outcome;
    char *message;  /* one line, a sentence that needs no other */
    char *detail;   /* more of it, several lines; NULL */
    double seconds; /* that it took beyond the others; NAN: none of its own */
};

struct dcb_ci {
    struct dcb_ci_finding *findings; /* in the order of the output */
    size_t count;
    const char *suite; /* of what is of no workload; NULL: "run" */
};

#define DCB_CI_INIT      \
    {                    \
        .findings = NULL \
    }

/* Adds a finding with its message; the rest of it is the caller's to set. What is
 * returned is valid until the next one is added. Strings are copied. */
struct dcb_ci_finding *dcb_ci_add(struct dcb_ci *ci, const char *workload,
                                  const char *impl, const char *rule,
                                  enum dcb_ci_outcome outcome, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
void dcb_ci_clear(struct dcb_ci *ci);

size_t dcb_ci_count(const struct dcb_ci *ci, enum dcb_ci_outcome outcome);

/* A suite for each workload (findings of a workload need not stand together), and one for
 * what is of none; a test case for each finding. FAILED is a failure, ERROR an
 * error, SKIPPED and UNDECIDED are skipped, with the message. */
void dcb_ci_junit(const struct dcb_ci *ci, struct dcb_strbuf *out);

/* FAILED and ERROR as ::error, UNDECIDED as ::warning. GitHub shows ten of each of a
 * step: where there are more, the tenth says how many. */
void dcb_ci_annotations(const struct dcb_ci *ci, struct dcb_strbuf *out);

/* Whether that one has an annotation of its own there. */
bool dcb_ci_is_annotated(const struct dcb_ci *ci, const struct dcb_ci_finding *finding);

/* One annotation of its own. */
void dcb_ci_annotate(bool error, const char *title, const char *message,
                     struct dcb_strbuf *out);

/* A headline with the verdict, what did not pass, then `report` (Markdown; NULL). */
void dcb_ci_summary(const struct dcb_ci *ci, const char *report, struct dcb_strbuf *out);

/* Text for people in which no line is a workflow command any more: GitHub obeys what
 * stands at the start of a line of a step's output, wherever it comes from. Owned. */
char *dcb_ci_defuse(const char *text);

#endif
