#include "json_selftest.h"

#include <math.h>
#include <stdlib.h>

#include <jansson.h>

#include "selftest.h"
#include "utf8.h"
#include "xalloc.h"

/* Null for NULL and for "": a name that could not be had. */
static json_t *text(const char *bytes)
{
    json_t *string;
    char *clean;

    if (!bytes || !*bytes)
        return json_null();
    clean = dcb_xstrdup(bytes);
    dcb_utf8_mend(clean);
    string = json_string(clean);
    free(clean);
    return string;
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *whole(uint64_t value)
{
    return json_integer((json_int_t)value);
}

/* Null for 0: left to dcbench. */
static json_t *whole_or_null(uint64_t value)
{
    return value ? whole(value) : json_null();
}

/* Null where there is no interval; it has an estimate alone where too few workers
 * ended. */
static json_t *encode_interval(const struct dcb_interval *ratio)
{
    if (!isfinite(ratio->estimate))
        return json_null();
    return json_pack("{s:o, s:o, s:o}", "estimate", number(ratio->estimate), "low",
                     number(ratio->low), "high", number(ratio->high));
}

static json_t *encode_pair(const struct dcb_selftest_pair *pair)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:b}", "ratio", encode_interval(&pair->ratio), "workers",
        whole(pair->workers), "detectable", number(pair->detectable), "verdict",
        text(dcb_verdict_name(pair->verdict)), "told_apart", (int)pair->told_apart);
}

static json_t *encode_run(const struct dcb_selftest_run *run)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "part",
                     dcb_selftest_part_name(run->part), "seed", whole(run->seed),
                     "statements", whole(run->statements), "workers", whole(run->workers),
                     "elapsed_s", number(run->elapsed_s), "control",
                     encode_pair(&run->control), "candidate",
                     encode_pair(&run->candidate), "failure", text(run->failure),
                     "trouble", text(run->trouble));
}

static json_t *encode_planted(const struct dcb_selftest_workload *workload)
{
    const struct dcb_selftest_run *answer = workload->answer;

    if (!workload->has_truth)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "statements",
                     whole(workload->planted), "truth", encode_interval(&workload->truth),
                     "measured", encode_interval(&answer->candidate.ratio), "verdict",
                     text(dcb_verdict_name(answer->candidate.verdict)), "elapsed_s",
                     number(answer->elapsed_s), "seen", (int)workload->seen, "off",
                     (int)workload->off);
}

static json_t *encode_would_show(const struct dcb_selftest *selftest,
                                 const struct dcb_selftest_workload *workload)
{
    json_t *times = json_array();

    for (size_t i = 0; i < DCB_SELFTEST_TIMES; i++) {
        double seconds = dcb_selftest_times[i];

        json_array_append_new(
            times, json_pack("{s:o, s:o}", "seconds", number(seconds), "difference",
                             number(dcb_selftest_difference(
                                 workload, selftest->confidence, seconds))));
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "spread", number(workload->spread),
                     "workers_per_second", number(workload->rate), "after", times,
                     "margin_after_s", number(workload->seconds));
}

static json_t *encode_workload(const struct dcb_selftest *selftest,
                               const struct dcb_selftest_workload *workload)
{
    json_t *runs = json_array();

    for (size_t i = 0; i < workload->run_count; i++)
        json_array_append_new(runs, encode_run(&workload->runs[i]));
    return json_pack(
        "{s:o, s:{s:o, s:o, s:o, s:o}, s:o, s:o, s:o}", "workload", text(workload->label),
        "identical", "comparisons", whole(workload->comparisons), "told_apart",
        whole(workload->told_apart), "verdicts", whole(workload->verdicts), "largest",
        number(workload->largest), "planted", encode_planted(workload), "would_show",
        encode_would_show(selftest, workload), "runs", runs);
}

static json_t *encode_conclusion(const struct dcb_selftest *selftest)
{
    char *sentence = dcb_selftest_conclusion(selftest);
    json_t *conclusion = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "outcome",
        dcb_selftest_outcome_name(selftest->outcome), "interrupted",
        selftest->signal ? json_integer(selftest->signal) : json_null(), "text",
        text(sentence), "comparisons", whole(selftest->comparisons), "told_apart",
        whole(selftest->told_apart), "each_confidence", number(selftest->simultaneous),
        "margin_after_s", number(selftest->seconds));

    free(sentence);
    return conclusion;
}

static json_t *encode_problems(const struct dcb_selftest *selftest)
{
    json_t *problems = json_array();

    for (size_t i = 0; i < selftest->problem_count; i++) {
        const struct dcb_selftest_problem *problem = &selftest->problems[i];

        json_array_append_new(
            problems, json_pack("{s:o, s:s, s:o}", "workload",
                                text(selftest->workloads[problem->workload].label),
                                "outcome", dcb_selftest_outcome_name(problem->outcome),
                                "text", text(problem->text)));
    }
    return problems;
}

static json_t *encode_settings(const struct dcb_selftest *selftest)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o}", "seed",
        whole(selftest->seed), "margin", number(selftest->margin), "confidence",
        number(selftest->confidence), "precision", number(selftest->precision),
        "max_time_s", number(selftest->max_time_s), "workers",
        whole_or_null(selftest->workers), "rounds", whole_or_null(selftest->rounds),
        "iterations", whole_or_null(selftest->iterations), "block_ns",
        whole(selftest->block_ns), "warmup_blocks", whole(selftest->warmups), "gc",
        (int)selftest->gc, "affinity",
        selftest->affinity >= 0 ? json_integer(selftest->affinity) : json_null());
}

char *dcb_json_selftest(const struct dcb_selftest *selftest)
{
    const struct dcb_sysinfo *system = &selftest->system;
    json_t *workloads = json_array(), *root;
    char *dump, *line;

    for (size_t i = 0; i < selftest->workload_count; i++)
        json_array_append_new(workloads,
                              encode_workload(selftest, &selftest->workloads[i]));
    root = json_pack("{s:s, s:s, s:o, s:o, s:{s:o, s:o, s:o, s:i, s:b}, s:o, s:o, s:o, "
                     "s:o, s:o}",
                     "schema", "dcbench-selftest/1", "dcbench", DCB_VERSION, "date",
                     text(system->date), "python", text(selftest->python), "machine",
                     "cpu", text(system->cpu), "kernel", text(system->kernel),
                     "architecture", text(system->machine), "cpus", system->cpus,
                     "virtual_machine", (int)system->virtual_machine, "settings",
                     encode_settings(selftest), "elapsed_s", number(selftest->elapsed_s),
                     "conclusion", encode_conclusion(selftest), "problems",
                     encode_problems(selftest), "workloads", workloads);
    dump = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(8));
    json_decref(root);
    line = dcb_xasprintf("%s\n", dump ? dump : "null");
    free(dump);
    return line;
}
