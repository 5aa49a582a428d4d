/* How exact a measurement has to be for the gate to decide. */
#include "gate.h"

#include <math.h>

#include "analysis.h"
#include "document.h"
#include "result.h"

/* So many workers are about what a run has; the quantiles of more are hardly less. */
static const double usual_freedom = 24;

static size_t count_ratios(const struct dcb_document *document)
{
    size_t count = 0;

    for (size_t i = 0; i < document->result.workload_count; i++) {
        const struct dcb_workload_result *workload = &document->result.workloads[i];

        for (size_t k = 0; k < workload->cell_count; k++)
            count += workload->cells[k].role == DCB_ROLE_CANDIDATE &&
                     isfinite(workload->cells[k].ratio.low);
    }
    return count;
}

/* For one cell; `quantile` is that of r's interval. */
static double cell_precision(const struct dcb_cell *cell, double margin, double quantile,
                             bool *enough)
{
    double wanted = log1p(margin) / 3 / quantile, error, own;

    /* The confidence is from a file. */
    if (!(cell->confidence > 0 && cell->confidence < 1))
        return DCB_UNKNOWN;
    error = dcb_analysis_error(&cell->ratio, cell->time.count, cell->confidence);
    *enough = *enough && error * quantile < log1p(margin);
    own = sqrt(fmax(wanted * wanted - error * error, error * error / 4));
    /* As --precision counts: an interval of one run, in parts of the slower time. */
    return own * dcb_stats_t_quantile(0.5 + cell->confidence / 2, usual_freedom) *
           fmin(cell->ratio.estimate, 1);
}

double dcb_gate_precision(const struct dcb_document *then, double margin,
                          double confidence, bool *ret_enough)
{
    size_t count = count_ratios(then);
    double least = DCB_UNKNOWN, quantile;

    *ret_enough = true;
    if (count == 0)
        return DCB_UNKNOWN;
    quantile = dcb_stats_t_quantile(0.5 + dcb_stats_simultaneous(confidence, count) / 2,
                                    2 * usual_freedom);
    for (size_t i = 0; i < then->result.workload_count; i++) {
        const struct dcb_workload_result *workload = &then->result.workloads[i];

        for (size_t k = 0; k < workload->cell_count; k++) {
            const struct dcb_cell *cell = &workload->cells[k];
            double precision;

            if (cell->role != DCB_ROLE_CANDIDATE || !isfinite(cell->ratio.low))
                continue;
            precision = cell_precision(cell, margin, quantile, ret_enough);
            if (isfinite(precision) && !(precision >= least))
                least = precision;
        }
    }
    return least;
}
