/* What the parts of doctor share. */
#ifndef DCB_DOCTOR_PRIVATE_H
#define DCB_DOCTOR_PRIVATE_H

#include "doctor.h"

/* Adds a finding; the other two work on the last one. `id` and `title` are kept. */
void dcb_doctor_found(struct dcb_findings *findings, const char *id, const char *title,
                      enum dcb_finding_status status, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void dcb_doctor_advise(struct dcb_findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void dcb_doctor_detail(struct dcb_findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void dcb_doctor_measure(const struct dcb_doctor_facts *facts,
                        struct dcb_findings *findings);
void dcb_doctor_disturb(const struct dcb_doctor_facts *facts,
                        struct dcb_findings *findings);

#endif
