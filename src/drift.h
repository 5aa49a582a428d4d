/*
 * Whether something changed while a run was being measured: between its workers, the
 * ratio of an arm or the speed of the machine; within its workers, the ratio, where the
 * warm-up was too short. Pure. The rules are those of docs/methodology.md, "Drift".
 */
#ifndef DCB_DRIFT_H
#define DCB_DRIFT_H

#include <stddef.h>

struct dcb_plan;
struct dcb_workload_result;

/* Fewer workers with a value tell nothing of a change. */
enum { DCB_DRIFT_WORKERS_MIN = 20 };

/* The likeliest place of a single change in a series. */
struct dcb_change_point {
    size_t first; /* index of the first value behind it; 0: no two values differ */
    double p;     /* how likely so clear a change is where there is none; 1 for first 0 */
};

/* Pettitt's test (A. N. Pettitt, Applied Statistics 28, 1979): for each t the pairs of a
 * value up to t and one behind it are counted, risen against fallen; K is the largest
 * surplus, and p about 2 exp(-6 K^2 / (n^3 + n^2)), too large rather than too small.
 * It asks for order only: neither outliers nor the shape of the noise matter, and equal
 * values count as neither. Values that are not finite are left out. O(n log n). */
struct dcb_change_point dcb_drift_change_point(const double *values, size_t count);

/* Median of the later half of the values minus that of the earlier; the middle one of an
 * odd number is in neither. NAN below two values. Sorts within the halves. */
double dcb_drift_between_halves(double *values, size_t count);

/* Sets `drift` and `settling` of every cell and `speed_change` of the workload from the
 * samples and the elapsed times; may be called again when there are more. */
void dcb_drift_update(const struct dcb_plan *plan, struct dcb_workload_result *workload);

#endif
