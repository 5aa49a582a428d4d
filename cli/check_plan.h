/* From a baseline file and the options of `dcbench check` to a plan. */
#ifndef CLI_CHECK_PLAN_H
#define CLI_CHECK_PLAN_H

struct cli_options;
struct dcb_document;
struct dcb_error;
struct dcb_plan;

/*
 * Plans what the file has measured, with what the options say otherwise; without a file
 * (`then` is NULL: --update makes it) what `dcbench run` would. Names of -i and -w are
 * labels of the file, or say with LABEL=SPEC where the code of a label stands here; new
 * ones are for --update alone. The caller clears the plan, whatever comes.
 */
int cli_check_plan(const struct cli_options *options, const struct dcb_document *then,
                   struct dcb_plan *ret_plan, struct dcb_error *err);

/* The same for a result of `dcbench memory`, with what cli_run_plan_memory has. */
int cli_check_plan_memory(const struct cli_options *options,
                          const struct dcb_document *then, struct dcb_plan *ret_plan,
                          char **ret_library, char **ret_reason, struct dcb_error *err);

#endif
