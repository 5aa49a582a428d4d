/* Implementations and workloads as the user names them, resolved. */
#ifndef CLI_SPECS_H
#define CLI_SPECS_H

#include <stdbool.h>
#include <stddef.h>

#include "catalog.h"
#include "model.h"

struct cli_options;
struct dcb_error;

struct cli_spec_list {
    struct dcb_spec *items;
    size_t count, capacity;
};

/* What a run is made of. Initialised with zeros. */
struct cli_specs {
    struct dcb_spec baseline;
    struct cli_spec_list impls, workloads;
};

/* Resolves -b, -i and -w with the defaults of `dcbench run`. The caller clears, whatever
 * comes. */
int cli_specs_resolve(const struct cli_options *options,
                      const struct dcb_catalog *catalog, struct cli_specs *specs,
                      struct dcb_error *err);
/* Whether `--workload all` has this built-in workload: it means those of the report. */
bool cli_specs_in_all(const char *workload);

/* Whether `--workload extended` has it: those that are for `memory` alone are not there.
 */
bool cli_specs_in_extended(const char *workload);

/* -i alone, in the place of an empty one `otherwise` (a name, or "all"). The caller
 * clears, whatever comes. */
int cli_specs_resolve_impls(const struct cli_options *options,
                            const struct dcb_catalog *catalog, const char *otherwise,
                            struct cli_spec_list *specs, struct dcb_error *err);
void cli_specs_list_clear(struct cli_spec_list *specs);
void cli_specs_add(struct cli_spec_list *specs, struct dcb_spec *take_spec);
void cli_specs_clear(struct cli_specs *specs);

#endif
