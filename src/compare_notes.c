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

/* A row that no two of the documents give a ratio for: a baseline's. */
static bool has_baselines_alone(const struct dcb_compare_row *row, size_t index)
{
    const struct dcb_cell *from = row->cells[0], *to = row->cells[index];

    return !row->comparisons[index].unpaired &&
           (!from || from->role == DCB_ROLE_BASELINE) &&
           (!to || to->role == DCB_ROLE_BASELINE);
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

        if (has_baselines_alone(row, index) || !is(row, index) ||
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
    return row->cells[0] && !row->cells[index];
}

static bool is_only_here(const struct dcb_compare_row *row, size_t index)
{
    return !row->cells[0] && row->cells[index];
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

static bool is_too_small(const struct dcb_compare_row *row, size_t index)
{
    return row->comparisons[index].gaps == 0 && !(row->comparisons[index].ratio.low > 0);
}

static bool is_unpaired(const struct dcb_compare_row *row, size_t index)
{
    return row->comparisons[index].unpaired;
}

/* ---- two runs ---- */

static const char *or_unknown(const char *text)
{
    return text && *text ? text : "not known";
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
    longer = dcb_xasprintf("%s (%s)", text, or_unknown(result->python.build));
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
                    : "times are not compared; ratios are, each is of its own run");
}

static void note_settings(struct dcb_compare *compare, size_t index)
{
    bool first = compare->documents[0]->plan.gc,
         second = compare->documents[index]->plan.gc;

    note_pair(compare, index, "garbage collection differs", first ? "on" : "off",
              second ? "on" : "off", "nothing is compared; give both runs the same --gc");
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

static bool is_named_before(const struct dcb_compare *compare, size_t index, size_t row,
                            const char *name)
{
    for (size_t i = 0; i < row; i++) {
        const struct dcb_comparison *comparison = &compare->rows[i].comparisons[index];

        for (size_t k = 0; k < comparison->counter_count; k++) {
            if (comparison->counters[k].gaps & DCB_GAP_PROVIDER &&
                strcmp(comparison->counters[k].name, name) == 0)
                return true;
        }
    }
    return false;
}

/* Counters of other providers: all of them, with the origins of the first. */
static void note_providers(struct dcb_compare *compare, size_t index)
{
    struct names names = {.count = 0};
    char first[400] = "", second[400] = "";

    for (size_t i = 0; i < compare->row_count; i++) {
        const struct dcb_comparison *comparison = &compare->rows[i].comparisons[index];

        for (size_t k = 0; k < comparison->counter_count; k++) {
            const char *name = comparison->counters[k].name;

            if (!(comparison->counters[k].gaps & DCB_GAP_PROVIDER) ||
                is_named_before(compare, index, i, name))
                continue;
            if (names.count == 0) {
                counter_origin(&compare->documents[0]->plan, name, first, sizeof first);
                counter_origin(&compare->documents[index]->plan, name, second,
                               sizeof second);
            }
            add_name(&names, name);
        }
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

static void note_rows_of(struct dcb_compare *compare, size_t index)
{
    note_rows(compare, index, true, has_other_workload,
              "the workload's file differs, not compared; measure both with the same "
              "file");
    note_rows(compare, index, false, is_only_first, "not measured in this run");
    note_rows(compare, index, false, is_only_here, "not in the first file");
    note_rows(compare, index, false, has_failed,
              "failed or has no value in one of the files, not compared");
    note_rows(compare, index, true, is_withheld,
              "the control differed from the baseline in one of the runs: no verdict, "
              "and not in the mean; measure again");
    note_rows(compare, index, false, is_too_small,
              "too few workers for an interval; measure longer (--max-time, --workers)");
    note_rows(compare, index, true, is_unpaired,
              "times of different runs are compared, without a baseline measured beside "
              "them: whatever the machine did in one of the runs is in the change");
}

void dcb_compare_add_notes(struct dcb_compare *compare)
{
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
        note_rows_of(compare, i);
        note_providers(compare, i);
    }
}
