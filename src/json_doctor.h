/* The doctor's report as JSON, schema dcbench-doctor/1 (docs/doctor.schema.json). */
#ifndef DCB_JSON_DOCTOR_H
#define DCB_JSON_DOCTOR_H

struct dcb_doctor_facts;
struct dcb_findings;

/* Ends in a newline; owned by the caller. Text that is not UTF-8 has '?' in place of the
 * bad bytes. */
char *dcb_json_doctor(const struct dcb_doctor_facts *facts,
                      const struct dcb_findings *findings);

#endif
