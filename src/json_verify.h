/* A verification as JSON, schema dcbench-result/1, kind "verify"
 * (docs/verify.schema.json). */
#ifndef DCB_JSON_VERIFY_H
#define DCB_JSON_VERIFY_H

struct dcb_plan;
struct dcb_sysinfo;
struct dcb_verification;

/* Ending in a newline; owned by the caller. `signal` is what interrupted it, or 0. */
char *dcb_json_verify(const struct dcb_verification *verification,
                      const struct dcb_plan *plan, const struct dcb_sysinfo *system,
                      int signal);

#endif
