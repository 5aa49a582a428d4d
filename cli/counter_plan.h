/* Which counter rows a run has, and who counts each of them. */
#ifndef CLI_COUNTER_PLAN_H
#define CLI_COUNTER_PLAN_H

#include <sched.h>
#include <stddef.h>

struct cli_options;
struct dcb_core_pmu;
struct dcb_error;
struct dcb_plan;

/*
 * Adds the rows that --counters and --events ask for, and the events and the simulator
 * behind them. Events of the PMU are tried here, so that what stands in the plan counts;
 * what cannot be had is a row with its reason. -1 for an event string that is wrong.
 */
int cli_counter_plan(const struct cli_options *options, struct dcb_plan *plan,
                     struct dcb_error *err);

/* Of a hybrid machine's PMUs the one to count with: that of the CPU `affinity`, or where
 * that is -1 the first that has a CPU this process may use (`allowed`, as the kernel
 * lists CPUs). NULL where one kind of core is all there is, or none will do. */
const struct dcb_core_pmu *cli_counter_core(const struct dcb_core_pmu *pmus, size_t count,
                                            int affinity, const cpu_set_t *allowed);

#endif
