/* Documents made by hand, for what compares them. Include behind cmocka.h and unit.h. */
#ifndef TESTS_COMPARE_DOCUMENTS_H
#define TESTS_COMPARE_DOCUMENTS_H

#include "compare.h"
#include "document.h"
#include "unit.h"

/* Workers after whose trimming 13 and 7 are left: 12 and 6 degrees of freedom, and the
 * quantiles of t for 0.975, integrated from its density. */
enum { MANY_WORKERS = 25, FEW_WORKERS = 13 };

static inline double paper_quantile(size_t workers)
{
    assert_true(workers == MANY_WORKERS || workers == FEW_WORKERS);
    return workers == MANY_WORKERS ? 2.1788128296672657 : 2.4469118511449266;
}

static inline void drop_samples(struct dcb_cell *cell)
{
    for (size_t i = 0; i < cell->sample_count; i++)
        free(cell->samples[i].counters);
    cell->sample_count = 0;
}

/* The cell's ratio, with a standard error of its logarithm over so many workers. */
static inline void set_ratio(struct dcb_cell *cell, double ratio, double error,
                             size_t workers)
{
    double half = error * paper_quantile(workers);

    drop_samples(cell);
    cell->time.count = workers;
    cell->confidence = 0.95;
    cell->ratio = (struct dcb_interval){
        .estimate = ratio, .low = ratio * exp(-half), .high = ratio * exp(half)};
}

static inline void set_text(char **place, const char *text)
{
    free(*place);
    *place = text ? dcb_xstrdup(text) : NULL;
}

/* A run's: stdlib and the candidates, of unit.h, on each workload, every ratio 0.9 with
 * an error of 0.002 over 25 workers. */
static inline struct dcb_document *
make_paper(const char *name, const char *const *candidates, size_t candidate_count,
           const char *const *workloads, size_t workload_count)
{
    struct dcb_document *document = dcb_xcalloc(1, sizeof *document);
    struct made made;

    make_result(&made, candidates, candidate_count, workloads, workload_count);
    document->kind = DCB_DOCUMENT_RUN;
    document->path = dcb_xasprintf("some/%s.json", name);
    document->name = dcb_xstrdup(name);
    document->plan = made.plan;
    document->result = made.result;
    document->result.plan = &document->plan;
    document->plan.arms[0].builtin = true;
    set_text(&document->result.python.build, "main, Jan 1");
    set_text(&document->result.python.copy_sha256, "c0de");
    for (size_t i = 0; i < workload_count; i++) {
        set_text(&document->result.workload_sources[i].sha256, workloads[i]);
        for (size_t arm = 2; arm < candidate_count + 2; arm++)
            set_ratio(&document->result.workloads[i].cells[arm], 0.9, 0.002,
                      MANY_WORKERS);
    }
    return document;
}

/* One of pyperf's: a process for each of the times, of each workload. */
static inline struct dcb_document *make_pyperf(const char *name, const char *label,
                                               const char *const *workloads,
                                               size_t workload_count, const double *times,
                                               size_t count)
{
    struct dcb_document *document = make_paper(name, NULL, 0, workloads, workload_count);

    document->kind = DCB_DOCUMENT_PYPERF;
    set_text(&document->plan.arms[0].label, label);
    set_text(&document->result.arm_sources[0].sha256, NULL);
    set_text(&document->result.python.copy_sha256, NULL);
    for (size_t i = 0; i < workload_count; i++) {
        struct dcb_workload_result *workload = &document->result.workloads[i];
        struct dcb_cell *cell = &workload->cells[0];
        double *sorted = dcb_xcalloc(count, sizeof *sorted);

        set_text(&document->result.workload_sources[i].sha256, NULL);
        drop_samples(cell);
        free(cell->samples);
        cell->samples = dcb_xcalloc(count, sizeof *cell->samples);
        cell->sample_count = cell->sample_capacity = count;
        for (size_t k = 0; k < count; k++) {
            sorted[k] = times[k];
            cell->samples[k] = (struct dcb_sample){
                .worker = k, .time_ns = times[k], .log_ratio = (double)NAN};
        }
        cell->time = dcb_stats_summary(sorted, count);
        free(sorted);
        free(cell->counters);
        cell->counters = NULL;
        /* One arm alone: no control. */
        drop_samples(&workload->cells[1]);
        free(workload->cells[1].samples);
        free(workload->cells[1].status);
        free(workload->cells[1].counters);
        workload->cell_count = 1;
    }
    return document;
}

static inline void unmake_paper(struct dcb_document *document)
{
    dcb_result_clear(&document->result);
    dcb_plan_clear(&document->plan);
    free(document->path);
    free(document->name);
    free(document->version);
    free(document);
}

static inline struct dcb_cell *paper_cell(struct dcb_document *document, size_t workload,
                                          size_t arm)
{
    return &document->result.workloads[workload].cells[arm];
}

#endif
