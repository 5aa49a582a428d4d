/* From the options of a command that measures to a plan. */
#ifndef CLI_RUN_PLAN_H
#define CLI_RUN_PLAN_H

struct cli_options;
struct cli_specs;
struct dcb_catalog;
struct dcb_error;
struct dcb_plan;

/* Resolves names, files, the interpreter and the events. Messages about what was left out
 * go to standard error unless -q. The caller clears the plan, whatever comes. */
int cli_run_plan(const struct cli_options *options, struct dcb_plan *ret_plan,
                 struct dcb_error *err);

/* The same of implementations and workloads that are resolved already; they are taken. */
int cli_run_plan_of(const struct cli_options *options, const struct dcb_catalog *catalog,
                    struct cli_specs *take_specs, struct dcb_plan *ret_plan,
                    struct dcb_error *err);

/* A plan of nothing to measure: -i alone as its arms (by default every built-in one, no
 * baseline and no control among them), the workers, and what each of them gets. */
int cli_run_plan_arms(const struct cli_options *options, struct dcb_plan *ret_plan,
                      struct dcb_error *err);

/* A plan of nothing to time: baseline and -i as its arms, without a control, the
 * workloads, the workers, and what each of them gets. The library that counts libc's
 * malloc is NULL where there is none, which has its reason; both are owned by the caller.
 */
int cli_run_plan_memory(const struct cli_options *options, struct dcb_plan *ret_plan,
                        char **ret_library, char **ret_reason, struct dcb_error *err);

/* The same of what is resolved already; it is taken. */
int cli_run_plan_memory_of(const struct cli_options *options,
                           const struct dcb_catalog *catalog,
                           struct cli_specs *take_specs, struct dcb_plan *ret_plan,
                           char **ret_library, char **ret_reason, struct dcb_error *err);

#endif
