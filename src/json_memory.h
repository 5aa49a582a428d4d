/* What copies cost in memory as JSON, schema dcbench-result/1, kind "memory"
 * (docs/memory.schema.json). */
#ifndef DCB_JSON_MEMORY_H
#define DCB_JSON_MEMORY_H

struct dcb_memory;
struct dcb_plan;
struct dcb_sysinfo;

/* What the document tells beside what was counted. */
struct dcb_json_memory_frame {
    const struct dcb_plan *plan;
    const struct dcb_sysinfo *system;
    double margin; /* NAN: that of each memo kind */
    int signal;    /* that interrupted it; 0 */
};

/* Ending in a newline; owned by the caller. Nothing in it but the date and what it took
 * differs from one run to the next, where what was counted does not. */
char *dcb_json_memory(const struct dcb_memory *memory,
                      const struct dcb_json_memory_frame *frame);

#endif
