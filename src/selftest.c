#include "selftest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis.h"
#include "format.h"
#include "result.h"
#include "selftest_private.h"
#include "xalloc.h"

/* Of a workload's time: what identical code may take, how many runs that is, and what a
 * run to learn the scale takes. What is left is for the planted difference. */
static const double identical_share = 0.5;
static const double run_share = 1.0 / 6;
static const double scale_share = 0.15;
enum { IDENTICAL_MAX = 5, SCALE_MAX = 3 };

/* The work that teaches the scale: large, so that its own interval is small beside it,
 * and not so large that it is another workload. */
static const double scale_wanted = 0.2;
static const double scale_least = 0.08, scale_most = 0.6;

/* A first guess at a statement of planted work: some machine instructions. */
static const double statement_ns = 2;
static const double statements_most = 1e9;

static const double day_s = 86400;

/* ---- names ---- */

const char *dcb_selftest_part_name(enum dcb_selftest_part part)
{
    static const char *const names[] = {"identical", "scale", "planted", "done"};

    return names[part];
}

const char *dcb_selftest_outcome_name(enum dcb_selftest_outcome outcome)
{
    static const char *const names[] = {"holds", "unknown", "broken", "told apart"};

    return names[outcome];
}

/* ---- memory ---- */

static void clear_workload(struct dcb_selftest_workload *workload)
{
    for (size_t i = 0; i < workload->run_count; i++) {
        free(workload->runs[i].failure);
        free(workload->runs[i].trouble);
    }
    free(workload->runs);
    free(workload->label);
}

static void clear_problems(struct dcb_selftest *selftest)
{
    for (size_t i = 0; i < selftest->problem_count; i++)
        free(selftest->problems[i].text);
    free(selftest->problems);
    selftest->problems = NULL;
    selftest->problem_count = selftest->problem_capacity = 0;
}

void dcb_selftest_clear(struct dcb_selftest *selftest)
{
    for (size_t i = 0; i < selftest->workload_count; i++)
        clear_workload(&selftest->workloads[i]);
    free(selftest->workloads);
    free(selftest->python);
    clear_problems(selftest);
    *selftest = (struct dcb_selftest){.python = NULL};
}

/* ---- what to run next ---- */

static size_t count_part(const struct dcb_selftest_workload *workload,
                         enum dcb_selftest_part part)
{
    size_t count = 0;

    for (size_t i = 0; i < workload->run_count; i++)
        count += workload->runs[i].part == part;
    return count;
}

/* The last run of a part; NULL. */
static const struct dcb_selftest_run *
last_of(const struct dcb_selftest_workload *workload, enum dcb_selftest_part part)
{
    for (size_t i = workload->run_count; i-- > 0;) {
        if (workload->runs[i].part == part)
            return &workload->runs[i];
    }
    return NULL;
}

static uint64_t whole_statements(double count)
{
    return count < 1                 ? 1
           : count > statements_most ? (uint64_t)statements_most
                                     : (uint64_t)(count + 0.5);
}

/* What the work of a run made of the time, where that is known well enough to scale by:
 * its interval is less than half of it. 0: it is not. */
static double gain_of(const struct dcb_selftest_run *run)
{
    double gain = run->candidate.ratio.estimate - 1;

    if (run->failure || !dcb_selftest_is_known(&run->candidate.ratio) ||
        !(run->candidate.ratio.low - 1 > gain / 2))
        return 0;
    return gain;
}

/* The run that tells what a statement costs; NULL where none does. */
static const struct dcb_selftest_run *
scale_of(const struct dcb_selftest_workload *workload)
{
    const struct dcb_selftest_run *run = last_of(workload, DCB_SELFTEST_SCALE);

    if (!run || gain_of(run) < scale_least)
        return NULL;
    /* Too much is better than nothing once there are no more attempts. */
    if (gain_of(run) > scale_most && count_part(workload, run->part) < SCALE_MAX)
        return NULL;
    return run;
}

/* How much work to learn the scale by; 0 where there is nothing to start from. */
static uint64_t next_scale(const struct dcb_selftest_workload *workload)
{
    const struct dcb_selftest_run *before = last_of(workload, DCB_SELFTEST_SCALE);
    double gain, factor;

    if (!before) {
        before = last_of(workload, DCB_SELFTEST_IDENTICAL);
        return isfinite(before->copy_ns)
                   ? whole_statements(scale_wanted * (before->copy_ns / statement_ns +
                                                      DCB_SELFTEST_BASE))
                   : 0;
    }
    if (!dcb_selftest_is_known(&before->candidate.ratio))
        return 0;
    gain = before->candidate.ratio.estimate - 1;
    factor = gain > scale_wanted / 20 ? scale_wanted / gain : 20;
    return whole_statements(factor * (double)before->statements);
}

static uint64_t wanted_statements(const struct dcb_selftest_run *scale, double margin)
{
    return whole_statements(2 * margin * (double)scale->statements / gain_of(scale));
}

struct dcb_selftest_step dcb_selftest_next(const struct dcb_selftest_workload *workload,
                                           double margin, double elapsed_s,
                                           double max_time_s)
{
    const struct dcb_selftest_step done = {.part = DCB_SELFTEST_DONE};
    struct dcb_selftest_step step = {.max_time_s = run_share * max_time_s};
    size_t identical = count_part(workload, DCB_SELFTEST_IDENTICAL);
    size_t scaled = count_part(workload, DCB_SELFTEST_SCALE);
    double left = identical_share * max_time_s - elapsed_s;
    const struct dcb_selftest_run *scale;

    if (workload->run_count && workload->runs[workload->run_count - 1].failure)
        return done;
    if (last_of(workload, DCB_SELFTEST_PLANTED))
        return done;
    if (scaled == 0 &&
        (identical == 0 || (identical < IDENTICAL_MAX && left > step.max_time_s / 2))) {
        step.part = DCB_SELFTEST_IDENTICAL;
        if (identical && left < step.max_time_s)
            step.max_time_s = left;
        return step;
    }
    scale = scale_of(workload);
    if (scale) {
        step.part = DCB_SELFTEST_PLANTED;
        step.statements = wanted_statements(scale, margin);
        step.precision = margin / 2;
        if (max_time_s - elapsed_s > step.max_time_s)
            step.max_time_s = max_time_s - elapsed_s;
        return step;
    }
    step.part = DCB_SELFTEST_SCALE;
    step.max_time_s = scale_share * max_time_s;
    step.statements = scaled < SCALE_MAX ? next_scale(workload) : 0;
    return step.statements ? step : done;
}

/* ---- what a run came to ---- */

static struct dcb_selftest_pair pair_of(const struct dcb_cell *cell, double margin)
{
    return (struct dcb_selftest_pair){
        .ratio = cell->ratio,
        .confidence = cell->confidence,
        .detectable = cell->detectable,
        .workers = cell->sample_count,
        .verdict = cell->sample_count ? dcb_analysis_verdict(&cell->ratio, margin)
                                      : DCB_VERDICT_NONE,
    };
}

static void take_trouble(struct dcb_selftest_run *run, const struct dcb_result *result,
                         const struct dcb_workload_result *workload)
{
    for (size_t i = 0; i < workload->cell_count && !run->failure; i++) {
        const struct dcb_cell *cell = &workload->cells[i];

        if (cell->failure != DCB_FAILURE_NONE)
            run->failure =
                dcb_xasprintf("%s %s", dcb_result_arm_label(result, cell), cell->status);
    }
    for (size_t i = 0; i < workload->worker_count && !run->trouble; i++) {
        if (workload->workers[i].trouble)
            run->trouble = dcb_xstrdup(workload->workers[i].trouble);
    }
}

static enum dcb_selftest_limit limit_of(const struct dcb_plan *plan,
                                        const struct dcb_workload_result *workload)
{
    if (plan->workers && workload->worker_count >= plan->workers)
        return DCB_SELFTEST_BY_WORKERS;
    return workload->reached <= plan->precision ? DCB_SELFTEST_BY_PRECISION
                                                : DCB_SELFTEST_BY_TIME;
}

void dcb_selftest_add_run(struct dcb_selftest_workload *workload,
                          const struct dcb_selftest_step *step, double elapsed_s,
                          const struct dcb_result *result)
{
    const struct dcb_workload_result *measured = &result->workloads[0];
    struct dcb_selftest_run *run;

    if (result->workload_count == 0)
        return; /* interrupted before it began */
    workload->runs = dcb_xgrow(workload->runs, workload->run_count,
                               &workload->run_capacity, sizeof *workload->runs);
    run = &workload->runs[workload->run_count++];
    *run = (struct dcb_selftest_run){
        .part = step->part,
        .seed = result->plan->seed,
        .statements = step->statements,
        .workers = measured->worker_count,
        .limit = limit_of(result->plan, measured),
        .elapsed_s = elapsed_s,
        .copy_ns = measured->cells[0].time.count && measured->objects
                       ? measured->cells[0].time.median / (double)measured->objects
                       : DCB_UNKNOWN,
        .control = pair_of(&measured->cells[1], result->plan->margin),
        .candidate = pair_of(&measured->cells[2], result->plan->margin),
        .failure = measured->failure ? dcb_xstrdup(measured->failure) : NULL,
    };
    take_trouble(run, result, measured);
}

/* ---- what all of them say ---- */

double dcb_selftest_difference(const struct dcb_selftest_workload *workload,
                               double confidence, double seconds)
{
    double workers = floor(seconds * workload->rate);

    if (!(workers >= DCB_WORKERS_MIN))
        return DCB_UNKNOWN;
    return dcb_analysis_detectable(workload->spread / sqrt(workers), (size_t)workers,
                                   confidence);
}

double dcb_selftest_seconds(const struct dcb_selftest_workload *workload,
                            double confidence, double difference)
{
    double most = day_s * workload->rate;

    /* Steps of a fiftieth are finer than what is known of the spread. */
    for (size_t n = DCB_FIRST_LOOK; (double)n <= most; n += 1 + n / 50) {
        double error = workload->spread / sqrt((double)n);

        if (dcb_analysis_detectable(error, n, confidence) <= difference)
            return (double)n / workload->rate;
    }
    return DCB_UNKNOWN;
}

/* The pairs of a run that are identical code; returns how many. */
static size_t identical_pairs(struct dcb_selftest_run *run,
                              struct dcb_selftest_pair *ret_pairs[2])
{
    size_t count = 0;

    if (run->failure)
        return 0;
    if (dcb_selftest_is_known(&run->control.ratio))
        ret_pairs[count++] = &run->control;
    if (run->part == DCB_SELFTEST_IDENTICAL &&
        dcb_selftest_is_known(&run->candidate.ratio))
        ret_pairs[count++] = &run->candidate;
    return count;
}

static bool is_difference(enum dcb_verdict verdict)
{
    return verdict == DCB_VERDICT_FASTER || verdict == DCB_VERDICT_SLOWER;
}

/* The interval that holds together with all others. */
struct dcb_interval dcb_selftest_widen(const struct dcb_selftest *selftest,
                                       const struct dcb_selftest_pair *pair)
{
    return dcb_analysis_widen(&pair->ratio, pair->workers, pair->confidence,
                              selftest->simultaneous);
}

static void judge_pair(struct dcb_selftest_workload *workload,
                       struct dcb_selftest_pair *pair,
                       const struct dcb_selftest *selftest)
{
    struct dcb_interval wide = dcb_selftest_widen(selftest, pair);
    double distance = fabs(log(pair->ratio.estimate));

    pair->told_apart = is_difference(dcb_analysis_verdict(&wide, selftest->margin));
    workload->told_apart += pair->told_apart;
    workload->verdicts += is_difference(pair->verdict);
    if (!(distance <= fabs(log(workload->largest))))
        workload->largest = pair->ratio.estimate;
}

/* The spread of one worker, from the standard errors of the comparisons of identical code
 * (their median, so that a burst of other work in one run of three is not what is told of
 * the machine), and the workers a second. */
static void learn_spread(struct dcb_selftest_workload *workload)
{
    double *spreads = dcb_xcalloc(2 * workload->run_count + 1, sizeof *spreads);
    double workers = 0, seconds = 0;
    size_t known = 0;

    for (size_t i = 0; i < workload->run_count; i++) {
        struct dcb_selftest_run *run = &workload->runs[i];
        struct dcb_selftest_pair *pairs[2];
        size_t count = identical_pairs(run, pairs);

        if (run->part != DCB_SELFTEST_IDENTICAL || count == 0)
            continue;
        workers += (double)run->workers;
        seconds += run->elapsed_s;
        for (size_t k = 0; k < count; k++)
            spreads[known++] = dcb_analysis_error(&pairs[k]->ratio, pairs[k]->workers,
                                                  pairs[k]->confidence) *
                               sqrt((double)pairs[k]->workers);
    }
    workload->spread = dcb_stats_median(spreads, known);
    workload->rate = known && seconds > 0 ? workers / seconds : DCB_UNKNOWN;
    free(spreads);
}

/* What `statements` make, by the ratio that those of the run made. */
static struct dcb_interval in_proportion(const struct dcb_interval *ratio,
                                         const struct dcb_selftest_run *run,
                                         uint64_t statements)
{
    double factor = (double)statements / (double)run->statements;

    return (struct dcb_interval){.estimate = 1 + factor * (ratio->estimate - 1),
                                 .low = 1 + factor * (ratio->low - 1),
                                 .high = 1 + factor * (ratio->high - 1)};
}

static void learn_truth(struct dcb_selftest_workload *workload)
{
    const struct dcb_selftest_run *scale = scale_of(workload);
    const struct dcb_selftest_run *answer = last_of(workload, DCB_SELFTEST_PLANTED);

    workload->answer = answer;
    workload->seen = answer && !answer->failure &&
                     answer->candidate.verdict == DCB_VERDICT_SLOWER &&
                     !is_difference(answer->control.verdict);
    workload->has_truth = scale && answer;
    if (!workload->has_truth)
        return;
    workload->planted = answer->statements;
    workload->truth = in_proportion(&scale->candidate.ratio, scale, answer->statements);
}

/* Whether the size of what came out can be held against what was planted. A run whose
 * control differs claims nothing. */
static bool has_size(const struct dcb_selftest_workload *workload)
{
    const struct dcb_selftest_run *answer = workload->answer;

    return workload->has_truth && !answer->failure &&
           dcb_selftest_is_known(&answer->candidate.ratio) &&
           !is_difference(answer->control.verdict);
}

/* The size and what came out, by intervals that hold together with all others. */
void dcb_selftest_sizes(const struct dcb_selftest *selftest,
                        const struct dcb_selftest_workload *workload,
                        struct dcb_interval *ret_truth, struct dcb_interval *ret_measured)
{
    const struct dcb_selftest_run *scale = scale_of(workload);
    struct dcb_interval wide = dcb_selftest_widen(selftest, &scale->candidate);

    *ret_truth = in_proportion(&wide, scale, workload->planted);
    *ret_measured = dcb_selftest_widen(selftest, &workload->answer->candidate);
}

static void judge_size(const struct dcb_selftest *selftest,
                       struct dcb_selftest_workload *workload)
{
    struct dcb_interval truth, measured;

    if (!has_size(workload))
        return;
    dcb_selftest_sizes(selftest, workload, &truth, &measured);
    workload->off = measured.low > truth.high + selftest->margin ||
                    measured.high < truth.low - selftest->margin;
}

static void forget(struct dcb_selftest *selftest)
{
    clear_problems(selftest);
    selftest->outcome = DCB_SELFTEST_HOLDS;
    selftest->comparisons = selftest->told_apart = selftest->verdicts = 0;
    selftest->sizes = 0;
    selftest->seconds = 0;
    for (size_t i = 0; i < selftest->workload_count; i++) {
        struct dcb_selftest_workload *workload = &selftest->workloads[i];

        workload->comparisons = workload->told_apart = workload->verdicts = 0;
        workload->largest = DCB_UNKNOWN;
        workload->truth = (struct dcb_interval){
            .estimate = DCB_UNKNOWN, .low = DCB_UNKNOWN, .high = DCB_UNKNOWN};
        workload->planted = 0;
        workload->off = false;
    }
}

void dcb_selftest_judge(struct dcb_selftest *selftest)
{
    struct dcb_selftest_pair *pairs[2];
    size_t intervals;

    forget(selftest);
    for (size_t i = 0; i < selftest->workload_count; i++) {
        struct dcb_selftest_workload *workload = &selftest->workloads[i];

        for (size_t k = 0; k < workload->run_count; k++)
            workload->comparisons += identical_pairs(&workload->runs[k], pairs);
        learn_truth(workload);
        selftest->comparisons += workload->comparisons;
        selftest->sizes += has_size(workload);
    }
    /* A size is two intervals: that of the run and that of the work. */
    intervals = selftest->comparisons + 2 * selftest->sizes;
    selftest->simultaneous =
        dcb_stats_simultaneous(selftest->confidence, intervals ? intervals : 1);
    for (size_t i = 0; i < selftest->workload_count; i++) {
        struct dcb_selftest_workload *workload = &selftest->workloads[i];

        for (size_t k = 0; k < workload->run_count; k++) {
            size_t count = identical_pairs(&workload->runs[k], pairs);

            for (size_t p = 0; p < count; p++)
                judge_pair(workload, pairs[p], selftest);
        }
        learn_spread(workload);
        judge_size(selftest, workload);
        workload->seconds =
            dcb_selftest_seconds(workload, selftest->confidence, selftest->margin);
        /* One that is not known leaves the slowest unknown. */
        if (!isnan(selftest->seconds) && !(workload->seconds <= selftest->seconds))
            selftest->seconds = workload->seconds;
        selftest->told_apart += workload->told_apart;
        selftest->verdicts += workload->verdicts;
        dcb_selftest_find_problems(selftest, i);
    }
    if (selftest->workload_count == 0)
        selftest->seconds = DCB_UNKNOWN;
}
