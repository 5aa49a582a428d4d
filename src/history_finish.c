#include "history.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "steps.h"
#include "xalloc.h"

/* A drift that makes steps so much harder to see is told. */
#define SLOW_TOLD 2.0

/* ---- order ---- */

/* A file among the others. */
struct place {
    int64_t time_s;
    const char *path;
    size_t file;
};

static int compare_files(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    int order;

    if (a->time_s != b->time_s)
        return a->time_s < b->time_s ? -1 : 1;
    order = strcmp(a->path, b->path);
    return order ? order : (a->file > b->file) - (a->file < b->file);
}

static int compare_points(const void *left, const void *right)
{
    const struct dcb_history_point *a = left, *b = right;

    return (a->file > b->file) - (a->file < b->file);
}

/* Files by time, then name; points then by their files. */
static void sort_files(struct dcb_history *history)
{
    size_t count = history->file_count;
    struct place *places = dcb_xcalloc(count + 1, sizeof *places);
    struct dcb_history_file *files = dcb_xcalloc(count + 1, sizeof *files);
    size_t *ranks = dcb_xcalloc(count + 1, sizeof *ranks);

    for (size_t i = 0; i < count; i++)
        places[i] = (struct place){history->files[i].time_s, history->files[i].path, i};
    qsort(places, count, sizeof *places, compare_files);
    for (size_t i = 0; i < count; i++) {
        files[i] = history->files[places[i].file];
        ranks[places[i].file] = i;
    }
    for (size_t i = 0; i < history->series_count; i++) {
        struct dcb_history_series *series = &history->series[i];

        for (size_t k = 0; k < series->count; k++)
            series->points[k].file = ranks[series->points[k].file];
        qsort(series->points, series->count, sizeof *series->points, compare_points);
    }
    free(history->files);
    history->files = files;
    history->file_capacity = count + 1;
    free(places);
    free(ranks);
}

/* A series among the others: where its workload, its implementation and it itself come
 * up first. */
struct rank {
    size_t workload, impl, own, index;
};

static int compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare_ranks(const void *left, const void *right)
{
    const struct rank *a = left, *b = right;
    int order = compare_sizes(a->workload, b->workload);

    if (!order)
        order = compare_sizes(a->impl, b->impl);
    if (!order)
        order = compare_sizes(a->own, b->own);
    return order ? order : compare_sizes(a->index, b->index);
}

/* The order of first appearance: by file, then by place in the file. */
static size_t appearance(const struct dcb_history *history, size_t index)
{
    return history->series[index].points[0].file * DCB_HISTORY_SERIES_MAX + index;
}

static struct rank rank_of(const struct dcb_history *history, size_t index)
{
    const struct dcb_history_series *series = &history->series[index];
    size_t own = appearance(history, index);
    struct rank rank = {own, own, own, index};

    for (size_t i = 0; i < history->series_count; i++) {
        const struct dcb_history_series *other = &history->series[i];
        size_t first = appearance(history, i);

        if (strcmp(other->workload, series->workload) != 0)
            continue;
        if (first < rank.workload)
            rank.workload = first;
        if (first < rank.impl && strcmp(other->impl, series->impl) == 0)
            rank.impl = first;
    }
    return rank;
}

static void sort_series(struct dcb_history *history)
{
    size_t count = history->series_count;
    struct rank *ranks = dcb_xcalloc(count + 1, sizeof *ranks);
    struct dcb_history_series *sorted = dcb_xcalloc(count + 1, sizeof *sorted);

    for (size_t i = 0; i < count; i++)
        ranks[i] = rank_of(history, i);
    qsort(ranks, count, sizeof *ranks, compare_ranks);
    for (size_t i = 0; i < count; i++)
        sorted[i] = history->series[ranks[i].index];
    free(history->series);
    history->series = sorted;
    history->series_capacity = count + 1;
    free(ranks);
}

/* ---- parts ---- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* What is another one in `series` than in the part before it, in a few words. */
static char *difference(const struct dcb_history_series *before,
                        const struct dcb_history_series *series)
{
    if (!same_text(before->workload_sha256, series->workload_sha256))
        return dcb_xasprintf("another file of the workload %s", series->workload);
    if (!same_text(before->baseline, series->baseline))
        return dcb_xasprintf("another baseline, %s instead of %s", series->baseline,
                             before->baseline);
    if (!same_text(before->python, series->python))
        return dcb_xasprintf("another interpreter, %s instead of %s", series->python,
                             before->python);
    if (!same_text(before->baseline_sha256, series->baseline_sha256))
        return dcb_xasprintf("another file of the baseline %s", series->baseline);
    if (before->gc != series->gc)
        return dcb_xasprintf("garbage collection %s", series->gc ? "on" : "off");
    return dcb_xasprintf("another build of the interpreter, %s", series->python);
}

static void number_parts(struct dcb_history *history)
{
    for (size_t i = 0; i < history->series_count; i++) {
        struct dcb_history_series *series = &history->series[i], *before = series - 1;
        bool again = i && strcmp(before->workload, series->workload) == 0 &&
                     strcmp(before->impl, series->impl) == 0;

        series->part = again ? before->part + 1 : 1;
        series->apart = again ? difference(before, series) : NULL;
    }
}

/* ---- steps ---- */

/* Points that have an error: what steps are looked for in. */
static size_t judged_points(const struct dcb_history_series *series, size_t *points)
{
    size_t count = 0;

    for (size_t i = 0; i < series->count; i++) {
        if (isfinite(series->points[i].error))
            points[count++] = i;
    }
    return count;
}

static bool other(const char *a, const char *b)
{
    return a && b && strcmp(a, b) != 0;
}

/* What else is another in the two results at a step. */
static char *also_changed(const struct dcb_history *history,
                          const struct dcb_history_point *before,
                          const struct dcb_history_point *behind)
{
    const struct dcb_history_file *a = &history->files[before->file];
    const struct dcb_history_file *b = &history->files[behind->file];
    bool cpu = other(a->cpu, b->cpu), version = other(a->version, b->version);

    if (!cpu && !version)
        return NULL;
    return dcb_xstrdup(cpu && version ? "the CPU and dcbench's version"
                       : cpu          ? "the CPU"
                                      : "dcbench's version");
}

static void take_steps(const struct dcb_history *history,
                       struct dcb_history_series *series, const struct dcb_steps *found,
                       const size_t *points)
{
    series->steps = dcb_xcalloc(found->count + 1, sizeof *series->steps);
    series->step_count = found->count;
    series->between = found->between;
    series->slow = found->slow;
    for (size_t i = 0; i < found->count; i++) {
        const struct dcb_step *step = &found->steps[i];
        size_t before = points[step->first - 1], behind = points[step->first];

        series->steps[i] = (struct dcb_history_step){
            .before = before,
            .behind = behind,
            .results_before = step->first - step->from,
            .results_behind = step->to - step->first,
            .change = {.estimate = exp(step->change.estimate),
                       .low = exp(step->change.low),
                       .high = exp(step->change.high)},
            .also =
                also_changed(history, &series->points[before], &series->points[behind]),
        };
    }
}

static void find_steps(const struct dcb_history *history,
                       struct dcb_history_series *series, double rate)
{
    size_t *points = dcb_xcalloc(series->count + 1, sizeof *points);
    struct dcb_steps_value *values = dcb_xcalloc(series->count + 1, sizeof *values);
    size_t count = judged_points(series, points);
    struct dcb_steps found;

    for (size_t i = 0; i < count; i++) {
        const struct dcb_history_point *point = &series->points[points[i]];

        values[i] = (struct dcb_steps_value){.value = log(point->ratio.estimate),
                                             .error = point->error};
    }
    dcb_steps_find(values, count, rate, &found);
    take_steps(history, series, &found, points);
    if (found.count == 0 && count >= 2 * DCB_STEPS_SEGMENT)
        series->detectable = exp(dcb_steps_detectable(values, count, rate));
    dcb_steps_clear(&found);
    free(values);
    free(points);
}

static void find_all_steps(struct dcb_history *history)
{
    size_t long_enough = 0;

    for (size_t i = 0; i < history->series_count; i++) {
        struct dcb_history_series *series = &history->series[i];

        for (size_t k = 0; k < series->count; k++)
            series->judged += isfinite(series->points[k].error);
        long_enough += series->judged >= 2 * DCB_STEPS_SEGMENT;
    }
    for (size_t i = 0; i < history->series_count; i++)
        find_steps(history, &history->series[i],
                   DCB_HISTORY_RATE / (double)(long_enough ? long_enough : 1));
}

/* ---- notes ---- */

static void note(struct dcb_history *history, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Once: what holds for all implementations is said of each series. */
static void note(struct dcb_history *history, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = dcb_xstrdup(format);
    va_end(args);
    for (size_t i = 0; i < history->note_count; i++) {
        if (strcmp(history->notes[i], text) == 0) {
            free(text);
            return;
        }
    }
    history->notes = dcb_xgrow(history->notes, history->note_count,
                               &history->note_capacity, sizeof *history->notes);
    history->notes[history->note_count++] = text;
}

static void note_parts(struct dcb_history *history)
{
    for (size_t i = 0; i < history->series_count; i++) {
        const struct dcb_history_series *series = &history->series[i];
        const struct dcb_history_series *before = series - 1;
        char date[DCB_HISTORY_DATE];
        bool beside;

        if (!series->apart)
            continue;
        beside = series->points[0].file < before->points[before->count - 1].file;
        dcb_history_date(date, history->files[series->points[0].file].time_s);
        note(history, "(%zu): %s %s: %s; not compared with the results %s", series->part,
             beside ? "some results, the first of" : "from", date, series->apart,
             beside ? "in between" : "before");
    }
}

static void note_steps(struct dcb_history *history)
{
    for (size_t i = 0; i < history->series_count; i++) {
        const struct dcb_history_series *series = &history->series[i];
        char *name = dcb_history_name(series);

        for (size_t k = 0; k < series->step_count; k++) {
            const struct dcb_history_step *step = &series->steps[k];
            char date[DCB_HISTORY_DATE];

            if (step->also)
                note(history, "%s, %s: at the step of %s, %s changed, too",
                     series->workload, name,
                     dcb_history_when(date, history, series->points[step->behind].file),
                     step->also);
        }
        if (series->slow >= SLOW_TOLD)
            note(history,
                 "%s, %s: results close to each other are more alike than others (a "
                 "drift); a step has to be %.1f times as clear as else",
                 series->workload, name, series->slow);
        free(name);
    }
}

/* Whether `what` holds for a point of each of these results. */
static size_t count_files(const struct dcb_history *history,
                          bool (*what)(const struct dcb_history_point *))
{
    bool *marked = dcb_xcalloc(history->file_count + 1, sizeof *marked);
    size_t count = 0;

    for (size_t i = 0; i < history->series_count; i++) {
        const struct dcb_history_series *series = &history->series[i];

        for (size_t k = 0; k < series->count; k++)
            marked[series->points[k].file] |= what(&series->points[k]);
    }
    for (size_t i = 0; i < history->file_count; i++)
        count += marked[i];
    free(marked);
    return count;
}

static bool is_withheld(const struct dcb_history_point *point)
{
    return point->withheld;
}

static bool is_uncertain(const struct dcb_history_point *point)
{
    return !isfinite(point->error);
}

static bool has_short_step(const struct dcb_history *history)
{
    for (size_t i = 0; i < history->series_count; i++) {
        const struct dcb_history_series *series = &history->series[i];

        if (series->step_count && series->judged < DCB_STEPS_DRIFT)
            return true;
    }
    return false;
}

static void write_notes(struct dcb_history *history)
{
    size_t withheld = count_files(history, is_withheld);
    size_t uncertain = count_files(history, is_uncertain);

    if (history->copies)
        note(history, "%zu result%s left out, of which there is a copy; the first: %s",
             history->copies, history->copies == 1 ? "" : "s", history->first_copy);
    note_parts(history);
    note_steps(history);
    if (has_short_step(history))
        note(history,
             "of fewer than %d results, a step cannot be told from a drift, such as of "
             "the machine",
             DCB_STEPS_DRIFT);
    if (withheld)
        note(history,
             "%zu result%s in which the control differed from the baseline: something "
             "else was measured there as well",
             withheld, withheld == 1 ? "" : "s");
    if (uncertain)
        note(history,
             "%zu result%s without an interval (too few workers): no steps are looked "
             "for in them",
             uncertain, uncertain == 1 ? "" : "s");
    if (history->full)
        note(history, "more than %d series: the rest is left out",
             DCB_HISTORY_SERIES_MAX);
}

void dcb_history_finish(struct dcb_history *history)
{
    sort_files(history);
    sort_series(history);
    number_parts(history);
    find_all_steps(history);
    write_notes(history);
}
