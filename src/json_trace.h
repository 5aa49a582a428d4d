/* Traces of memory as JSON, schema dcbench-result/1, kind "memory", mode "trace"
 * (docs/memory-trace.schema.json). */
#ifndef DCB_JSON_TRACE_H
#define DCB_JSON_TRACE_H

struct dcb_plan;
struct dcb_sysinfo;
struct dcb_trace;

/* `signal` interrupted it, or 0. Ending in a newline; owned by the caller. */
char *dcb_json_trace(const struct dcb_trace *trace, const struct dcb_plan *plan,
                     const struct dcb_sysinfo *system, int signal);

#endif
