/*
 * A result in pyperf's file format (version "1.0"), for pyperf's own commands. One
 * benchmark for each workload of an implementation, one run of it for each worker, one
 * value for each run: the worker's median time of an iteration, in seconds. What pyperf
 * has no place for is metadata that begins with "dcbench_". docs/pyperf.md says more.
 */
#ifndef DCB_JSON_PYPERF_H
#define DCB_JSON_PYPERF_H

#include <stddef.h>

struct dcb_result;
struct dcb_strbuf;

enum dcb_pyperf_naming {
    DCB_PYPERF_WORKLOAD, /* "memo": files of two implementations can be compared */
    DCB_PYPERF_BOTH      /* "merged/memo": files of two runs can */
};

/*
 * The arms with these numbers, in their order, never the control's; all of them where
 * `arms` is NULL. Ends in a newline; owned by the caller. NULL where none of them has a
 * value: a file without a benchmark is none of pyperf's. NULL, too, for a result that was
 * read from a file of pyperf's: most of what would stand in it would be made up.
 *
 * pyperf compares benchmarks with equal numbers of values, so of each workload the same
 * workers are written for all arms of the result, whichever were asked for. What was left
 * out is told in the file, and in `notes`, a line each; NULL is fine.
 */
char *dcb_json_pyperf(const struct dcb_result *result, const size_t *arms, size_t count,
                      enum dcb_pyperf_naming naming, struct dcb_strbuf *notes);

#endif
