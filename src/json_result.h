/* A result as JSON, schema dcbench-result/1 (docs/result.schema.json). */
#ifndef DCB_JSON_RESULT_H
#define DCB_JSON_RESULT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct dcb_block;
struct dcb_plan;
struct dcb_result;

/* The whole result, ending in a newline; owned by the caller. Text that is not UTF-8 has
 * '?' in place of the bad bytes. */
char *dcb_json_result(const struct dcb_result *result);

/* The blocks of one worker, one object a line: workload, worker, round, impl, role,
 * iterations, wall_ns, cpu_ns, involuntary, voluntary, page_faults. -1 where the stream
 * has an error (errno). */
int dcb_json_blocks(FILE *file, const struct dcb_plan *plan, size_t workload,
                    size_t worker, const struct dcb_block *blocks, uint32_t count,
                    const size_t *cells);

#endif
