#include "json_selftest.h"

#include <jansson.h>

#include "json_values.h"
#include "selftest.h"

/* Null for 0: left to dcbench. */
static json_t *whole_or_null(uint64_t value)
{
    return value ? dcb_json_whole(value) : json_null();
}

static json_t *encode_pair(const struct dcb_selftest_pair *pair)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:b}", "ratio", dcb_json_interval(&pair->ratio), "workers",
        dcb_json_whole(pair->workers), "detectable", dcb_json_number(pair->detectable),
        "verdict", dcb_json_name(dcb_verdict_name(pair->verdict)), "told_apart",
        (int)pair->told_apart);
}

static json_t *encode_run(const struct dcb_selftest_run *run)
{
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "part",
        dcb_selftest_part_name(run->part), "seed", dcb_json_whole(run->seed),
        "statements", dcb_json_whole(run->statements), "workers",
        dcb_json_whole(run->workers), "elapsed_s", dcb_json_number(run->elapsed_s),
        "control", encode_pair(&run->control), "candidate", encode_pair(&run->candidate),
        "failure", dcb_json_name(run->failure), "trouble", dcb_json_name(run->trouble));
}

static json_t *encode_planted(const struct dcb_selftest_workload *workload)
{
    const struct dcb_selftest_run *answer = workload->answer;

    if (!workload->has_truth)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "statements",
                     dcb_json_whole(workload->planted), "truth",
                     dcb_json_interval(&workload->truth), "measured",
                     dcb_json_interval(&answer->candidate.ratio), "verdict",
                     dcb_json_name(dcb_verdict_name(answer->candidate.verdict)),
                     "elapsed_s", dcb_json_number(answer->elapsed_s), "seen",
                     (int)workload->seen, "off", (int)workload->off);
}

static json_t *encode_would_show(const struct dcb_selftest *selftest,
                                 const struct dcb_selftest_workload *workload)
{
    json_t *times = json_array();

    for (size_t i = 0; i < DCB_SELFTEST_TIMES; i++) {
        double seconds = dcb_selftest_times[i];

        json_array_append_new(times,
                              json_pack("{s:o, s:o}", "seconds", dcb_json_number(seconds),
                                        "difference",
                                        dcb_json_number(dcb_selftest_difference(
                                            workload, selftest->confidence, seconds))));
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "spread", dcb_json_number(workload->spread),
                     "workers_per_second", dcb_json_number(workload->rate), "after",
                     times, "margin_after_s", dcb_json_number(workload->seconds));
}

static json_t *encode_workload(const struct dcb_selftest *selftest,
                               const struct dcb_selftest_workload *workload)
{
    json_t *runs = json_array();

    for (size_t i = 0; i < workload->run_count; i++)
        json_array_append_new(runs, encode_run(&workload->runs[i]));
    return json_pack("{s:o, s:{s:o, s:o, s:o, s:o}, s:o, s:o, s:o}", "workload",
                     dcb_json_name(workload->label), "identical", "comparisons",
                     dcb_json_whole(workload->comparisons), "told_apart",
                     dcb_json_whole(workload->told_apart), "verdicts",
                     dcb_json_whole(workload->verdicts), "largest",
                     dcb_json_number(workload->largest), "planted",
                     encode_planted(workload), "would_show",
                     encode_would_show(selftest, workload), "runs", runs);
}

static json_t *encode_conclusion(const struct dcb_selftest *selftest)
{
    char *sentence = dcb_selftest_conclusion(selftest);
    json_t *conclusion = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "outcome",
        dcb_selftest_outcome_name(selftest->outcome), "interrupted",
        selftest->signal ? json_integer(selftest->signal) : json_null(), "text",
        dcb_json_name(sentence), "comparisons", dcb_json_whole(selftest->comparisons),
        "told_apart", dcb_json_whole(selftest->told_apart), "each_confidence",
        dcb_json_number(selftest->simultaneous), "margin_after_s",
        dcb_json_number(selftest->seconds));

    free(sentence);
    return conclusion;
}

static json_t *encode_problems(const struct dcb_selftest *selftest)
{
    json_t *problems = json_array();

    for (size_t i = 0; i < selftest->problem_count; i++) {
        const struct dcb_selftest_problem *problem = &selftest->problems[i];

        json_array_append_new(
            problems,
            json_pack("{s:o, s:s, s:o}", "workload",
                      dcb_json_name(selftest->workloads[problem->workload].label),
                      "outcome", dcb_selftest_outcome_name(problem->outcome), "text",
                      dcb_json_name(problem->text)));
    }
    return problems;
}

static json_t *encode_settings(const struct dcb_selftest *selftest)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o}", "seed",
        dcb_json_whole(selftest->seed), "margin", dcb_json_number(selftest->margin),
        "confidence", dcb_json_number(selftest->confidence), "precision",
        dcb_json_number(selftest->precision), "max_time_s",
        dcb_json_number(selftest->max_time_s), "workers",
        whole_or_null(selftest->workers), "rounds", whole_or_null(selftest->rounds),
        "iterations", whole_or_null(selftest->iterations), "block_ns",
        dcb_json_whole(selftest->block_ns), "warmup_blocks",
        dcb_json_whole(selftest->warmups), "gc", (int)selftest->gc, "affinity",
        selftest->affinity >= 0 ? json_integer(selftest->affinity) : json_null());
}

char *dcb_json_selftest(const struct dcb_selftest *selftest)
{
    const struct dcb_sysinfo *system = &selftest->system;
    json_t *workloads = json_array(), *root;

    for (size_t i = 0; i < selftest->workload_count; i++)
        json_array_append_new(workloads,
                              encode_workload(selftest, &selftest->workloads[i]));
    root = json_pack(
        "{s:s, s:s, s:o, s:o, s:{s:o, s:o, s:o, s:i, s:b}, s:o, s:o, s:o, "
        "s:o, s:o}",
        "schema", "dcbench-selftest/1", "dcbench", DCB_VERSION, "date",
        dcb_json_name(system->date), "python", dcb_json_name(selftest->python), "machine",
        "cpu", dcb_json_name(system->cpu), "kernel", dcb_json_name(system->kernel),
        "architecture", dcb_json_name(system->machine), "cpus", system->cpus,
        "virtual_machine", (int)system->virtual_machine, "settings",
        encode_settings(selftest), "elapsed_s", dcb_json_number(selftest->elapsed_s),
        "conclusion", encode_conclusion(selftest), "problems", encode_problems(selftest),
        "workloads", workloads);
    return dcb_json_line(root);
}
