#include "selftest_private.h"

#include "format.h"
#include "selftest.h"
#include "xalloc.h"

static void add_problem(struct dcb_selftest *selftest, size_t workload,
                        enum dcb_selftest_outcome outcome, char *take_text)
{
    selftest->problems =
        dcb_xgrow(selftest->problems, selftest->problem_count,
                  &selftest->problem_capacity, sizeof *selftest->problems);
    selftest->problems[selftest->problem_count++] = (struct dcb_selftest_problem){
        .workload = workload, .outcome = outcome, .text = take_text};
    if (outcome > selftest->outcome)
        selftest->outcome = outcome;
}

static void tell_apart(struct dcb_selftest *selftest, size_t index, size_t number,
                       const struct dcb_selftest_pair *pair, const char *which)
{
    struct dcb_interval wide = dcb_selftest_widen(selftest, pair);
    char change[DCB_FORMAT_SIZE], low[DCB_FORMAT_SIZE], high[DCB_FORMAT_SIZE];

    add_problem(selftest, index, DCB_SELFTEST_TOLD_APART,
                dcb_xasprintf("identical code was told apart: %s of run %zu came out at "
                              "%s (%s to %s by the interval with which all hold "
                              "together); run again when the machine is quieter, and see "
                              "'dcbench doctor'",
                              which, number,
                              dcb_format_change(change, pair->ratio.estimate),
                              dcb_format_change(low, wide.low),
                              dcb_format_change(high, wide.high)));
}

static bool is_turned_round(const struct dcb_selftest_run *run)
{
    return run->part != DCB_SELFTEST_IDENTICAL &&
           run->candidate.verdict == DCB_VERDICT_FASTER;
}

static void tell_turned_round(struct dcb_selftest *selftest, size_t index, size_t number,
                              const struct dcb_selftest_run *run)
{
    char low[DCB_FORMAT_SIZE], high[DCB_FORMAT_SIZE];

    add_problem(selftest, index, DCB_SELFTEST_TOLD_APART,
                dcb_xasprintf("code with more work came out faster in run %zu (%s to "
                              "%s); believe no verdict of this machine before 'dcbench "
                              "doctor' has been asked",
                              number, dcb_format_change(low, run->candidate.ratio.low),
                              dcb_format_change(high, run->candidate.ratio.high)));
}

static void tell_off(struct dcb_selftest *selftest, size_t index)
{
    char least[DCB_FORMAT_SIZE], most[DCB_FORMAT_SIZE];
    char low[DCB_FORMAT_SIZE], high[DCB_FORMAT_SIZE];
    struct dcb_interval truth, measured;

    dcb_selftest_sizes(selftest, &selftest->workloads[index], &truth, &measured);
    add_problem(selftest, index, DCB_SELFTEST_TOLD_APART,
                dcb_xasprintf("planted %s to %s, came out at %s to %s, by the intervals "
                              "with which all hold together: the measurement is off; run "
                              "again when the machine is quieter, and where it stays so, "
                              "believe no size of a difference and reinstall dcbench",
                              dcb_format_change(least, truth.low),
                              dcb_format_change(most, truth.high),
                              dcb_format_change(low, measured.low),
                              dcb_format_change(high, measured.high)));
}

static void find_told_apart(struct dcb_selftest *selftest, size_t index)
{
    const struct dcb_selftest_workload *workload = &selftest->workloads[index];

    for (size_t i = 0; i < workload->run_count; i++) {
        const struct dcb_selftest_run *run = &workload->runs[i];

        if (run->control.told_apart)
            tell_apart(selftest, index, i + 1, &run->control, "the control");
        if (run->candidate.told_apart)
            tell_apart(selftest, index, i + 1, &run->candidate, "the twin");
        if (is_turned_round(run))
            tell_turned_round(selftest, index, i + 1, run);
    }
    if (workload->off && !is_turned_round(workload->answer))
        tell_off(selftest, index);
}

static void find_broken(struct dcb_selftest *selftest, size_t index)
{
    const struct dcb_selftest_workload *workload = &selftest->workloads[index];

    for (size_t i = 0; i < workload->run_count; i++) {
        const struct dcb_selftest_run *run = &workload->runs[i];
        const char *why = run->failure ? run->failure : run->trouble;

        if (why)
            add_problem(selftest, index, DCB_SELFTEST_BROKEN,
                        dcb_xasprintf("run %zu: %s", i + 1, why));
    }
}

/* What makes the intervals of such a run narrower. */
static const char *advice(const struct dcb_selftest_run *run)
{
    static const char *const advices[] = {
        [DCB_SELFTEST_BY_TIME] = "raise --max-time",
        [DCB_SELFTEST_BY_WORKERS] = "raise --workers or leave it out",
        [DCB_SELFTEST_BY_PRECISION] = "make --precision smaller",
    };

    return advices[run->limit];
}

static void find_unseen(struct dcb_selftest *selftest, size_t index)
{
    const struct dcb_selftest_workload *workload = &selftest->workloads[index];
    const struct dcb_selftest_run *answer = workload->answer;
    char low[DCB_FORMAT_SIZE], high[DCB_FORMAT_SIZE], truth[DCB_FORMAT_SIZE];
    const char *verdict;

    if (answer->failure || workload->seen || workload->off || is_turned_round(answer))
        return;
    dcb_format_change(truth, workload->truth.estimate);
    dcb_format_change(low, answer->candidate.ratio.low);
    dcb_format_change(high, answer->candidate.ratio.high);
    verdict = dcb_verdict_name(answer->candidate.verdict);
    if (!dcb_selftest_is_known(&answer->candidate.ratio))
        add_problem(
            selftest, index, DCB_SELFTEST_UNKNOWN,
            dcb_xasprintf("%s was planted, and too few workers ended to judge it: %s",
                          truth, advice(answer)));
    else if (answer->candidate.verdict == DCB_VERDICT_SLOWER)
        add_problem(selftest, index, DCB_SELFTEST_UNKNOWN,
                    dcb_xasprintf("%s was planted and came out at %s to %s, but no "
                                  "verdict is given where the control differs; run "
                                  "again when the machine is quieter",
                                  truth, low, high));
    else
        add_problem(selftest, index, DCB_SELFTEST_UNKNOWN,
                    dcb_xasprintf("%s was planted and not seen: %s, %s to %s; %s, or run "
                                  "again when the machine is quieter",
                                  truth, verdict, low, high, advice(answer)));
}

static void find_unknown(struct dcb_selftest *selftest, size_t index)
{
    const struct dcb_selftest_workload *workload = &selftest->workloads[index];
    const struct dcb_selftest_run *last =
        workload->run_count ? &workload->runs[workload->run_count - 1] : NULL;

    if (workload->has_truth)
        find_unseen(selftest, index);
    else if (last && last->failure)
        return; /* said already */
    else if (!last)
        add_problem(selftest, index, DCB_SELFTEST_UNKNOWN,
                    dcb_xstrdup("nothing was measured"));
    else if (workload->comparisons == 0)
        add_problem(
            selftest, index, DCB_SELFTEST_UNKNOWN,
            dcb_xasprintf("too few workers ended for any interval: %s", advice(last)));
    else
        add_problem(selftest, index, DCB_SELFTEST_UNKNOWN,
                    dcb_xasprintf("what planted work costs could not be measured: %s, or "
                                  "run again when the machine is quieter",
                                  advice(last)));
}

void dcb_selftest_find_problems(struct dcb_selftest *selftest, size_t index)
{
    find_told_apart(selftest, index);
    find_broken(selftest, index);
    if (!selftest->signal)
        find_unknown(selftest, index);
}
