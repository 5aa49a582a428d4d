/* One function for each command; its file is cmd_<name>.c. Each returns the exit status
 * of design.md section 7, or -1 with `err` set. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

struct cli_options;
struct dcb_error;

enum cli_status {
    CLI_STATUS_OK = 0,
    CLI_STATUS_FAILED = 1, /* a check failed */
    CLI_STATUS_USAGE = 2,
    CLI_STATUS_SYSTEM = 3,  /* this machine or a file cannot do it */
    CLI_STATUS_UNKNOWN = 4, /* a verdict was asked for and none could be given */
    CLI_STATUS_BUG = 5
};

int cli_run(const struct cli_options *options, struct dcb_error *err);
int cli_compare(const struct cli_options *options, struct dcb_error *err);
int cli_check(const struct cli_options *options, struct dcb_error *err);
int cli_convert(const struct cli_options *options, struct dcb_error *err);
int cli_history(const struct cli_options *options, struct dcb_error *err);
int cli_list(const struct cli_options *options, struct dcb_error *err);
int cli_doctor(const struct cli_options *options, struct dcb_error *err);
int cli_selftest(const struct cli_options *options, struct dcb_error *err);
int cli_memory(const struct cli_options *options, struct dcb_error *err);
int cli_verify(const struct cli_options *options, struct dcb_error *err);

/* `dcbench memory --trace`; cli_memory calls it. */
int cli_memory_trace(const struct cli_options *options, struct dcb_error *err);

#endif
