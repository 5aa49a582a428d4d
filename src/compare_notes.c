#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis.h"
#include "compare_private.h"
#include "strbuf.h"
#include "xalloc.h"

enum { NAMES_MAX = 4 }; /* of what is left out; the rest are counted */

static void add_note(struct dcb_compare *compare, struct dcb_strbuf *take_text)
{
    compare->notes =
        dcb_xrealloc(compare->notes, compare->note_count + 1, sizeof *compare->notes);
    compare->notes[compare->note_count++] = dcb_strbuf_take(take_text);
}

/* ---- names ---- */

struct names {
    struct dcb_strbuf text;
    size_t count;
};

static void add_name(struct names *names, const char *text)
{
    if (names->count++ < NAMES_MAX)
        dcb_strbuf_appendf(&names->text, "%s%s", names->count > 1 ? ", " : "", text);
}

static void end_names(struct names *names)
{
    if (names->count > NAMES_MAX)
        dcb_strbuf_appendf(&names->text, " and %zu more", names->count - NAMES_MAX);
}

/* "merged on memo, inline on memo"; by workload alone: "memo, reduce". */
static struct names rows_that(const struct dcb_compare *compare, size_t index,
                              bool by_workload,
                              bool (*is)(const struct dcb_compare_row *, size_t))
{
    struct names names = {.count = 0};
    const char *last = NULL;

    for (size_t i = 0; i < compare->row_count; i++) {
        const struct dcb_compare_row *row = &compare->rows[i];
        char *both;

        if (row->comparisons[index].hidden || !is(row, index) ||
            (by_workload && last && strcmp(last, row->workload) == 0))
            continue;
        last = row->workload;
        both = by_workload ? dcb_xstrdup(row->workload)
                           : dcb_xasprintf("%s on %s", row->impl, row->workload);
        add_name(&names, both);
        free(both);
    }
    end_names(&names);
    return names;
}

/* A note of the rows that `is` picks, where there are any; takes nothing. */
static void note_rows(struct dcb_compare *compare, size_t index, bool by_workload,
                      bool (*is)(const struct dcb_compare_row *, size_t),
                      const char *text)
{
    struct names names = rows_that(compare, index, by_workload, is);
    struct dcb_strbuf note = DCB_STRBUF_INIT;

    if (names.count) {
        dcb_strbuf_appendf(&note, "%s: %s: %s", dcb_compare_title(compare, index),
                           names.text.text, text);
        add_note(compare, &note);
    }
    dcb_strbuf_clear(&names.text);
}

static bool is_only_first(const struct dcb_compare_row *row, size_t index)
{
    return row->comparisons[index].gaps & DCB_GAP_NOT_THERE && row->cells[0];
}

static bool is_only_here(const struct dcb_compare_row *row, size_t index)
{
    return row->comparisons[index].gaps & DCB_GAP_NOT_THERE && !row->cells[0];
}

static bool has_other_implementation(const struct dcb_compare_row *row, size_t index)
{
    return row->comparisons[index].gaps & DCB_GAP_IMPLEMENTATION;
}

static bool has_failed(const struct dcb_compare_row *row, size_t index)
{
    return row->comparisons[index].gaps & DCB_GAP_FAILED;
}

static bool has_other_workload(const struct dcb_compare_row *row, size_t index)
{
    return row->comparisons[index].gaps & DCB_GAP_WORKLOAD;
}

static bool is_withheld(const struct dcb_compare_row *row, size_t index)
{
    return row->comparisons[index].gaps == 0 &&
           row->comparisons[index].remarks & DCB_GAP_WITHHELD;
}

static bool is_interrupted(const struct dcb_compare_row *row, size_t index)
{
    return row->comparisons[index].gaps == 0 &&
           row->comparisons[index].remarks & DCB_GAP_INTERRUPTED;
}

static bool is_too_small(const struct dcb_compare_row *row, size_t index)
{
    return row->comparisons[index].gaps == 0 && !(row->comparisons[index].ratio.low > 0);
}

static bool is_unpaired(const struct dcb_compare_row *row, size_t index)
{
    return row->comparisons[index].gaps == 0 && row->comparisons[index].unpaired;
}

/* ---- what runs differ by ---- */

static bool is_slowed(const struct dcb_compare_row *row, size_t index)
{
    return row->comparisons[index].gaps == 0 &&
           row->comparisons[index].pace > DCB_PACE_SAME;
}

static bool is_sped_up(const struct dcb_compare_row *row, size_t index)
{
    return row->comparisons[index].gaps == 0 &&
           row->comparisons[index].pace < 1 / DCB_PACE_SAME;
}

/* "1.5 times", "1.2 to 1.5 times": how much slower, or faster, it was. */
static char *pace_text(const struct dcb_compare *compare, size_t index,
                       bool (*is)(const struct dcb_compare_row *, size_t))
{
    double least = HUGE_VAL, most = 0;
    char low[32], high[32];

    for (size_t i = 0; i < compare->row_count; i++) {
        double pace = compare->rows[i].comparisons[index].pace;

        if (!is(&compare->rows[i], index))
            continue;
        least = fmin(least, fmax(pace, 1 / pace));
        most = fmax(most, fmax(pace, 1 / pace));
    }
    snprintf(low, sizeof low, "%.*f", least < 1.2 ? 2 : 1, least);
    snprintf(high, sizeof high, "%.*f", most < 1.2 ? 2 : 1, most);
    return strcmp(low, high) == 0 ? dcb_xasprintf("%s times", low)
                                  : dcb_xasprintf("%s to %s times", low, high);
}

static void note_pace(struct dcb_compare *compare, size_t index, bool slower)
{
    bool (*is)(const struct dcb_compare_row *, size_t) = slower ? is_slowed : is_sped_up;
    struct names names = rows_that(compare, index, true, is);
    struct dcb_strbuf note = DCB_STRBUF_INIT;

    if (names.count) {
        char *times = pace_text(compare, index, is);

        dcb_strbuf_appendf(&note,
                           "%s: the machine ran %s %s in %s than in %s: ratios move with "
                           "that, by some percent: intervals allow for it",
                           names.text.text, times, slower ? "slower" : "faster",
                           dcb_compare_title(compare, index),
                           dcb_compare_title(compare, 0));
        add_note(compare, &note);
        free(times);
    }
    dcb_strbuf_clear(&names.text);
}

bool dcb_compare_wants_margin(const struct dcb_compare *compare,
                              const struct dcb_comparison *comparison)
{
    return comparison->gaps == 0 && !(comparison->remarks & DCB_GAPS_OF_VERDICT) &&
           comparison->verdict == DCB_VERDICT_INCONCLUSIVE &&
           isfinite(comparison->wide.low) && comparison->least_margin > compare->margin;
}

double dcb_compare_least_margin(const struct dcb_comparison *comparison)
{
    return ceil(1000 * comparison->least_margin) / 10;
}

/* A longer run would change nothing. */
static void note_margin(struct dcb_compare *compare, size_t index)
{
    struct names names = {.count = 0};
    struct dcb_strbuf note = DCB_STRBUF_INIT;
    double least = 0;

    for (size_t i = 0; i < compare->row_count; i++) {
        const struct dcb_compare_row *row = &compare->rows[i];
        char *both;

        if (!dcb_compare_wants_margin(compare, &row->comparisons[index]))
            continue;
        least = fmax(least, dcb_compare_least_margin(&row->comparisons[index]));
        both = dcb_xasprintf("%s on %s", row->impl, row->workload);
        add_name(&names, both);
        free(both);
    }
    end_names(&names);
    if (names.count) {
        dcb_strbuf_appendf(&note,
                           "%s: %s: runs of the same code differ by more than the margin "
                           "of %g %%, however long they are: --margin %g is the least "
                           "that could be met",
                           dcb_compare_title(compare, index), names.text.text,
                           100 * compare->margin, least);
        add_note(compare, &note);
    }
    dcb_strbuf_clear(&names.text);
}

/* ---- two runs ---- */

static bool is_known(const char *text)
{
    return text && *text;
}

static const char *or_unknown(const char *text)
{
    return is_known(text) ? text : "not known";
}

static void note_pair(struct dcb_compare *compare, size_t index, const char *what,
                      const char *first, const char *second, const char *advice)
{
    struct dcb_strbuf note = DCB_STRBUF_INIT;

    dcb_strbuf_appendf(&note, "%s: %s: %s in %s, %s here: %s",
                       dcb_compare_title(compare, index), what, first,
                       dcb_compare_title(compare, 0), second, advice);
    add_note(compare, &note);
}

static char *interpreter_text(const struct dcb_result *result, bool build)
{
    const char *implementation = result->python.implementation;
    char *text = dcb_xasprintf("%s %s", implementation ? implementation : "Python",
                               or_unknown(result->python.version));
    char *longer;

    if (!build)
        return text;
    longer = dcb_xasprintf("%s (%s%s%s)", text, or_unknown(result->python.build),
                           result->python.linkage ? ", libpython " : "",
                           result->python.linkage ? result->python.linkage : "");
    free(text);
    return longer;
}

static void note_interpreters(struct dcb_compare *compare, size_t index)
{
    const struct dcb_result *first = &compare->documents[0]->result,
                            *second = &compare->documents[index]->result;
    bool build = !dcb_compare_differ(first->python.implementation,
                                     second->python.implementation) &&
                 !dcb_compare_differ(first->python.version, second->python.version);
    char *left = interpreter_text(first, build), *right = interpreter_text(second, build);

    note_pair(compare, index, "the interpreters differ", left, right,
              "nothing is compared; measure both with one (--python)");
    free(left);
    free(right);
}

static char *baseline_text(const struct dcb_document *document, bool digest)
{
    const char *label = document->plan.arms[0].label;
    const char *sha256 = document->result.arm_sources[0].sha256;

    if (!digest)
        return dcb_xstrdup(label);
    return dcb_xasprintf("%s (%.12s)", label, sha256 ? sha256 : "no digest");
}

/* Which of the three things that make a baseline is the other one. */
static void note_baselines(struct dcb_compare *compare, size_t index)
{
    const struct dcb_document *first = compare->documents[0],
                              *second = compare->documents[index];
    bool labels = strcmp(first->plan.arms[0].label, second->plan.arms[0].label) == 0;
    bool digests = dcb_compare_same_text(first->result.arm_sources[0].sha256,
                                         second->result.arm_sources[0].sha256);
    char *left = baseline_text(first, labels), *right = baseline_text(second, labels);

    note_pair(compare, index,
              labels && digests ? "the interpreter's copy modules differ"
                                : "the baselines differ",
              labels && digests ? or_unknown(first->result.python.copy_sha256) : left,
              labels && digests ? or_unknown(second->result.python.copy_sha256) : right,
              "ratios are not compared, only times; give both runs the same "
              "--baseline");
    free(left);
    free(right);
}

static void note_machines(struct dcb_compare *compare, size_t index, bool times)
{
    const struct dcb_sysinfo *first = &compare->documents[0]->result.system,
                             *second = &compare->documents[index]->result.system;
    bool cpus = strcmp(first->cpu, second->cpu) != 0;

    note_pair(compare, index, "the machines differ",
              or_unknown(cpus ? first->cpu : first->machine),
              or_unknown(cpus ? second->cpu : second->machine),
              times ? "there are only times, which are not compared; measure both on "
                      "one machine"
                    : "times are not compared; ratios are, each is of its own run: they "
                      "move between machines, by some percent, and intervals allow for "
                      "it");
}

static void note_settings(struct dcb_compare *compare, size_t index)
{
    bool first = compare->documents[0]->plan.gc,
         second = compare->documents[index]->plan.gc;

    note_pair(compare, index, "garbage collection differs", first ? "on" : "off",
              second ? "on" : "off", "nothing is compared; give both runs the same --gc");
}

/* Times alone want one machine and one interpreter, and a file need not tell. */
static void note_unknown(struct dcb_compare *compare, size_t index)
{
    const struct dcb_result *first = &compare->documents[0]->result,
                            *second = &compare->documents[index]->result;
    const struct {
        const char *name, *first, *second;
    } facts[] = {
        {"the CPU", first->system.cpu, second->system.cpu},
        {"the architecture", first->system.machine, second->system.machine},
        {"the Python implementation", first->python.implementation,
         second->python.implementation},
        {"the version of Python", first->python.version, second->python.version},
    };
    struct names names = {.count = 0};
    struct dcb_strbuf note = DCB_STRBUF_INIT;

    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        if (!is_known(facts[i].first) || !is_known(facts[i].second))
            add_name(&names, facts[i].name);
    }
    if (names.count) {
        dcb_strbuf_appendf(&note,
                           "%s: %s: not known in one of the files: compared as if "
                           "it were the same",
                           dcb_compare_title(compare, index), names.text.text);
        add_note(compare, &note);
    }
    dcb_strbuf_clear(&names.text);
}

/* ---- counters ---- */

static const char *counter_origin(const struct dcb_plan *plan, const char *name,
                                  char *buffer, size_t size)
{
    for (size_t i = 0; i < plan->row_count; i++) {
        const struct dcb_plan_row *row = &plan->rows[i];

        if (strcmp(row->name, name) != 0)
            continue;
        if (row->kind == DCB_KIND_SIMULATED)
            snprintf(buffer, size, "simulated (valgrind %s)",
                     or_unknown(plan->simulator_version));
        else if (row->provider == DCB_PROVIDER_HARDWARE && row->kind == DCB_KIND_EVENT)
            snprintf(buffer, size, "hardware (%s)",
                     or_unknown(plan->events[row->event].encoding));
        else
            snprintf(buffer, size, "%s",
                     row->provider ? dcb_provider_name(row->provider) : "not counted");
        return buffer;
    }
    return "not counted";
}

static bool has_counters(const struct dcb_compare *compare, size_t index)
{
    for (size_t i = 0; i < compare->row_count; i++) {
        if (compare->rows[i].comparisons[index].counter_count)
            return true;
    }
    return false;
}

static bool has_other_provider(const struct dcb_plan *first, size_t row,
                               const struct dcb_plan *second)
{
    for (size_t i = 0; i < second->row_count; i++) {
        if (strcmp(first->rows[row].name, second->rows[i].name) == 0)
            return dcb_compare_counter_gaps(first, row, second, i) & DCB_GAP_PROVIDER;
    }
    return false;
}

/* Counters of other providers: all of them, with the origins of the first. */
static void note_providers(struct dcb_compare *compare, size_t index)
{
    const struct dcb_plan *plan = &compare->documents[0]->plan,
                          *second_plan = &compare->documents[index]->plan;
    struct names names = {.count = 0};
    char first[400] = "", second[400] = "";

    for (size_t i = 0; i < plan->row_count && has_counters(compare, index); i++) {
        const char *name = plan->rows[i].name;

        if (!has_other_provider(plan, i, second_plan))
            continue;
        if (names.count == 0) {
            counter_origin(plan, name, first, sizeof first);
            counter_origin(second_plan, name, second, sizeof second);
        }
        add_name(&names, name);
    }
    end_names(&names);
    if (names.count) {
        char *what = dcb_xasprintf("%s: counted in different ways", names.text.text);

        note_pair(compare, index, what, first, second,
                  "not compared; give both runs the same --counters");
        free(what);
    }
    dcb_strbuf_clear(&names.text);
}

/* ---- all ---- */

const char dcb_compare_not_measured[] = "not measured in this run";

static void note_rows_of(struct dcb_compare *compare, size_t index)
{
    note_rows(compare, index, true, has_other_workload,
              "the workload's file differs, not compared; measure both with the same "
              "file");
    note_rows(compare, index, false, is_only_first, dcb_compare_not_measured);
    note_rows(compare, index, false, is_only_here, "not in the first file");
    note_rows(compare, index, false, has_failed,
              "failed or has no value in one of the files, not compared");
    note_rows(compare, index, true, is_withheld,
              "the control differed from the baseline in one of the runs: no verdict, "
              "and not in the mean; measure again");
    note_rows(compare, index, true, is_interrupted,
              "one of the runs was interrupted: no verdict, and not in the mean; measure "
              "again");
    note_rows(compare, index, false, has_other_implementation,
              "not the same implementation: a file of pyperf's has one, which its "
              "dcbench_implementation names, or else the file's name");
    note_rows(compare, index, false, is_too_small,
              "too few workers for an interval; measure longer (--max-time, --workers)");
    note_rows(compare, index, true, is_unpaired,
              "times of different runs are compared, without a baseline measured beside "
              "them: whatever the machine did in one of the runs is in the change");
}

/* What the reader of a pyperf file said of it. */
static void add_notes_of(struct dcb_compare *compare, size_t index)
{
    const struct dcb_document *document = compare->documents[index];

    for (size_t i = 0;
         document->kind == DCB_DOCUMENT_PYPERF && i < document->result.note_count; i++) {
        struct dcb_strbuf note = DCB_STRBUF_INIT;

        dcb_strbuf_appendf(&note, "%s: %s", dcb_compare_title(compare, index),
                           document->result.notes[i]);
        add_note(compare, &note);
    }
}

void dcb_compare_add_notes(struct dcb_compare *compare)
{
    add_notes_of(compare, 0);
    for (size_t i = 1; i < compare->document_count; i++) {
        const struct dcb_document *first = compare->documents[0],
                                  *second = compare->documents[i];
        unsigned gaps = dcb_compare_run_gaps(first, second);
        bool unpaired = dcb_compare_is_unpaired(first, second);

        if (gaps & DCB_GAP_INTERPRETER)
            note_interpreters(compare, i);
        if (gaps & DCB_GAP_SETTINGS)
            note_settings(compare, i);
        if (!unpaired && !dcb_compare_same_baseline(first, second))
            note_baselines(compare, i);
        if (gaps & DCB_GAP_MACHINE)
            note_machines(compare, i, unpaired);
        else if (!unpaired) {
            note_pace(compare, i, true);
            note_pace(compare, i, false);
        }
        if (unpaired)
            note_unknown(compare, i);
        note_rows_of(compare, i);
        note_margin(compare, i);
        note_providers(compare, i);
        add_notes_of(compare, i);
    }
}
