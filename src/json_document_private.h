/* What the decoder of a run's result shares among its files; nobody else includes it. */
#ifndef DCB_JSON_DOCUMENT_PRIVATE_H
#define DCB_JSON_DOCUMENT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "document.h"
#include "json_reader.h"

/* More than any run has, and few enough to be searched one by one. */
enum {
    DCB_DECODE_WORKLOADS_MAX = DCB_DOCUMENT_WORKLOADS_MAX,
    DCB_DECODE_ROWS_MAX = 128,
    DCB_DECODE_LAYOUTS_MAX = 16,
    DCB_DECODE_WORKERS_MAX = 1000000 /* of all workloads that do not list them */
};

/* Limits of numbers, beyond which nothing was measured. */
#define DCB_DECODE_MOST  1e18
#define DCB_DECODE_LEAST 1e-18 /* of what is above 0 */

struct dcb_decode {
    struct dcb_json_reader *reader;
    struct dcb_document *document;
    bool whole;                           /* parts == DCB_DOCUMENT_WHOLE */
    size_t spare_workers;                 /* what is left of DCB_DECODE_WORKERS_MAX */
    bool has_origin[DCB_DECODE_ROWS_MAX]; /* it is known what the row counted */
};

/* The text as the caller's own; NULL where there is none. */
char *dcb_decode_copy(struct dcb_decode *decode, json_t *object, const char *key);

/* The same into an array of `size` bytes: "" where there is none, cut where too long. */
void dcb_decode_fill(struct dcb_decode *decode, json_t *object, const char *key,
                     char *target, size_t size);

/* least <= low <= estimate <= high; low and high may be missing, both of them. All NAN
 * for NULL. */
struct dcb_interval dcb_decode_interval(struct dcb_decode *decode, json_t *object,
                                        double least);

/* A change between workers; not found for null. */
struct dcb_change dcb_decode_change(struct dcb_decode *decode, json_t *object,
                                    const char *key);

/* Numbers of names of the model; -1 with a failure at `key` for others. NULL is 0 where
 * the first has no name. */
int dcb_decode_provider(struct dcb_decode *decode, json_t *object, const char *key);
int dcb_decode_quality(struct dcb_decode *decode, json_t *object, const char *key);

/* ---- json_document_plan.c ---- */

void dcb_decode_environment(struct dcb_decode *decode, json_t *environment);
void dcb_decode_plan(struct dcb_decode *decode, json_t *plan);

/* The plan's implementations, the first of them being the baseline, with the control
 * that no file lists, and its workloads. */
void dcb_decode_sources(struct dcb_decode *decode, json_t *plan);

/* The counter rows; of files that do not list them, from the cells. */
void dcb_decode_rows(struct dcb_decode *decode, json_t *plan, json_t *cells);

/* ---- json_document_verify.c ---- */

/* What verify said of the arms, after the plan; files of before have nothing of it. */
void dcb_decode_verified(struct dcb_decode *decode, json_t *root);

/* ---- json_document_workload.c ---- */

void dcb_decode_workloads(struct dcb_decode *decode, json_t *workloads);

/* ---- json_document_cell.c ---- */

/* After the plan and the workloads. */
void dcb_decode_cells(struct dcb_decode *decode, json_t *cells);

/* ---- json_document_samples.c ---- */

/* Counters, figures derived of them, layouts and samples of one cell. */
void dcb_decode_counters(struct dcb_decode *decode, json_t *object,
                         struct dcb_cell *cell);
void dcb_decode_derived(struct dcb_decode *decode, json_t *object, struct dcb_cell *cell);
void dcb_decode_layouts(struct dcb_decode *decode, json_t *object, struct dcb_cell *cell);
void dcb_decode_samples(struct dcb_decode *decode, json_t *object,
                        struct dcb_workload_result *workload, struct dcb_cell *cell);

#endif
