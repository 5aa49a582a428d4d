/* What every command that measures has in common: hooks, places to write to, and how a
 * result is shown. */
#ifndef CLI_MEASURE_H
#define CLI_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

struct cli_options;
struct dcb_error;
struct dcb_plan;
struct dcb_result;

/* Measures with progress and --keep-rounds; a run that breaks off keeps what it has.
 * `described` is told of interpreter and sources before anything is measured, with
 * `context`, and says false where nothing is to be; may be NULL. */
int cli_measure(const struct cli_options *options, const struct dcb_plan *plan,
                bool (*described)(void *context, const struct dcb_result *result),
                void *context, struct dcb_result *result, struct dcb_error *err);

/* A file that is going to be written. */
struct cli_place {
    const char *name; /* of the option, "--output" */
    const char *path; /* NULL: not written */
    bool kept;        /* it is read, and only must not be written over */
};

/* Whether the files that every command may write, and `count` others, can all be written,
 * and no two are the same: better now than after a minute of measuring. */
int cli_measure_check_places(const struct cli_options *options,
                             const struct cli_place *others, size_t count,
                             struct dcb_error *err);

/* A result in --format; `json` is what dcb_json_result made of it. */
int cli_measure_print(const struct cli_options *options, const struct dcb_result *result,
                      const char *json, struct dcb_error *err);

/* A result in --format; `json` is what dcb_json_result made of it. */
int cli_measure_print(const struct cli_options *options, const struct dcb_result *result,
                      const char *json, struct dcb_error *err);

/* What failed, on standard error. */
void cli_measure_tell_failures(const struct dcb_result *result);

#endif
