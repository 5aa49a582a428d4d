#include "json_environment.h"

#include "json_values.h"
#include "model.h"
#include "result.h"
#include "stats.h"
#include "sysinfo.h"

json_t *dcb_json_environment(const struct dcb_sysinfo *system,
                             const struct dcb_python *python)
{
    json_t *interpreter = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "version",
        dcb_json_text(python->version), "build", dcb_json_text(python->build),
        "implementation", dcb_json_text(python->implementation), "compiler",
        dcb_json_text(python->compiler), "copy_path", dcb_json_text(python->copy_path),
        "copy_sha256", dcb_json_text(python->copy_sha256), "linkage",
        dcb_json_text(python->linkage), "interpreter_linkage",
        dcb_json_text(python->own_linkage), "missing_modules",
        dcb_json_text(python->missing));

    return json_pack(
        "{s:o, s:o, s:o, s:o, s:i, s:b, s:o, s:o, s:o, s:o}", "date",
        dcb_json_text(system->date), "cpu", dcb_json_text(system->cpu), "kernel",
        dcb_json_text(system->kernel), "machine", dcb_json_text(system->machine), "cpus",
        system->cpus, "virtual_machine", (int)system->virtual_machine, "governor",
        dcb_json_text(system->governor[0] ? system->governor : NULL), "load_average",
        dcb_json_number(system->load >= 0 ? system->load : DCB_UNKNOWN),
        "perf_event_paranoid",
        system->perf_event_paranoid > -2 ? json_integer(system->perf_event_paranoid)
                                         : json_null(),
        "python", interpreter);
}

json_t *dcb_json_source(const struct dcb_spec *spec, const struct dcb_source *source)
{
    return json_pack("{s:o, s:b, s:s, s:o, s:o, s:o, s:o}", "label",
                     dcb_json_text(spec->label), "builtin", (int)spec->builtin, "kind",
                     dcb_spec_kind_name(spec->kind), "module",
                     dcb_json_text(spec->module), "attr", dcb_json_text(spec->attr),
                     "path", dcb_json_text(source->path ? source->path : spec->path),
                     "sha256", dcb_json_text(source->sha256));
}
