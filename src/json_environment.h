/* What results of every kind tell of the machine, the interpreter and the code. For the
 * json modules alone. */
#ifndef DCB_JSON_ENVIRONMENT_H
#define DCB_JSON_ENVIRONMENT_H

#include <jansson.h>

struct dcb_python;
struct dcb_source;
struct dcb_spec;
struct dcb_sysinfo;

/* Each returns a new reference. */
json_t *dcb_json_environment(const struct dcb_sysinfo *system,
                             const struct dcb_python *python);
json_t *dcb_json_source(const struct dcb_spec *spec, const struct dcb_source *source);

#endif
