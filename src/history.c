#include "history.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analysis.h"
#include "document.h"
#include "error.h"
#include "strbuf.h"
#include "xalloc.h"

static char *copy_text(const char *text)
{
    return text ? dcb_xstrdup(text) : NULL;
}

/* ---- taking in ---- */

static bool wanted(char *const *labels, size_t count, const char *label)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(labels[i], label) == 0)
            return true;
    }
    return count == 0;
}

/* Each text with its length in front: no two lists of texts have one key. */
static void add_key(struct dcb_strbuf *key, const char *text)
{
    if (text)
        dcb_strbuf_appendf(key, "%zu:%s", strlen(text), text);
    else
        dcb_strbuf_append(key, "-");
}

static uint64_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

/* All that a ratio depends on, but for the implementation's own code. */
static char *key_of(const struct dcb_document *document, const char *workload,
                    const char *workload_sha256, const char *impl)
{
    const struct dcb_result *result = &document->result;
    struct dcb_strbuf key = DCB_STRBUF_INIT;

    add_key(&key, workload);
    add_key(&key, workload_sha256);
    add_key(&key, impl);
    add_key(&key, document->plan.arms[0].label);
    add_key(&key, result->arm_sources ? result->arm_sources[0].sha256 : NULL);
    add_key(&key, result->python.implementation);
    add_key(&key, result->python.version);
    add_key(&key, result->python.build);
    add_key(&key, result->python.copy_sha256);
    add_key(&key, document->plan.gc ? "gc" : "no gc");
    return dcb_strbuf_take(&key);
}

static char *python_of(const struct dcb_result *result)
{
    const char *name = result->python.implementation;

    return dcb_xasprintf("%s %s",
                         !name || strcmp(name, "cpython") == 0 ? "CPython" : name,
                         result->python.version ? result->python.version : "?");
}

static struct dcb_history_series *new_series(struct dcb_history *history,
                                             const struct dcb_document *document,
                                             const char *workload,
                                             const char *workload_sha256,
                                             const char *impl, char *take_key)
{
    const struct dcb_source *sources = document->result.arm_sources;
    struct dcb_history_series *series;

    history->series = dcb_xgrow(history->series, history->series_count,
                                &history->series_capacity, sizeof *history->series);
    series = &history->series[history->series_count++];
    *series = (struct dcb_history_series){
        .workload = dcb_xstrdup(workload),
        .impl = dcb_xstrdup(impl),
        .baseline = dcb_xstrdup(document->plan.arms[0].label),
        .baseline_sha256 = copy_text(sources ? sources[0].sha256 : NULL),
        .workload_sha256 = copy_text(workload_sha256),
        .python = python_of(&document->result),
        .gc = document->plan.gc,
        .detectable = DCB_UNKNOWN,
        .slow = 1,
        .key = take_key,
        .hash = hash_of(take_key),
    };
    return series;
}

/* NULL where there are too many. */
static struct dcb_history_series *find_series(struct dcb_history *history,
                                              const struct dcb_document *document,
                                              size_t workload, const char *impl)
{
    const struct dcb_source *sources = document->result.workload_sources;
    const char *sha256 = sources ? sources[workload].sha256 : NULL;
    const char *label = document->plan.workloads[workload].label;
    char *key = key_of(document, label, sha256, impl);
    uint64_t hash = hash_of(key);

    for (size_t i = 0; i < history->series_count; i++) {
        if (history->series[i].hash == hash && strcmp(history->series[i].key, key) == 0) {
            free(key);
            return &history->series[i];
        }
    }
    if (history->series_count == DCB_HISTORY_SERIES_MAX) {
        free(key);
        return NULL;
    }
    return new_series(history, document, label, sha256, impl, key);
}

static void add_point(struct dcb_history_series *series, size_t file,
                      const struct dcb_cell *cell, bool withheld)
{
    series->points = dcb_xgrow(series->points, series->count, &series->capacity,
                               sizeof *series->points);
    series->points[series->count++] = (struct dcb_history_point){
        .file = file,
        .ratio = cell->ratio,
        .error = dcb_analysis_error(&cell->ratio, cell->time.count, cell->confidence),
        .withheld = withheld,
    };
}

static bool has_ratio(const struct dcb_cell *cell)
{
    return cell->role == DCB_ROLE_CANDIDATE && isfinite(cell->ratio.estimate) &&
           cell->ratio.estimate > 0;
}

/* How many values came of it. */
static size_t add_workload(struct dcb_history *history,
                           const struct dcb_document *document,
                           const struct dcb_workload_result *workload,
                           const struct dcb_history_filter *filter, size_t file)
{
    size_t points = 0;

    for (size_t i = 0; i < workload->cell_count; i++) {
        const struct dcb_cell *cell = &workload->cells[i];
        const char *impl = document->plan.arms[cell->arm].label;
        struct dcb_history_series *series;

        if (!has_ratio(cell) || !wanted(filter->impls, filter->impl_count, impl))
            continue;
        series = find_series(history, document, workload->workload, impl);
        if (series)
            add_point(series, file, cell, workload->withheld);
        history->full |= !series;
        points += series != NULL;
    }
    return points;
}

/* Whether it is a copy: a run has one seed, one second and one set of ratios. */
static bool is_copy(struct dcb_history *history, const struct dcb_document *document)
{
    const struct dcb_result *result = &document->result;
    struct dcb_strbuf key = DCB_STRBUF_INIT;
    uint64_t hash;

    dcb_strbuf_appendf(&key, "%" PRIu64 ":", document->plan.seed);
    add_key(&key, result->python.version);
    add_key(&key, result->python.build);
    for (size_t i = 0; i < result->workload_count; i++) {
        const struct dcb_workload_result *workload = &result->workloads[i];

        for (size_t k = 0; k < workload->cell_count; k++)
            dcb_strbuf_appendf(&key, ",%.12g", workload->cells[k].ratio.estimate);
    }
    hash = hash_of(key.text);
    dcb_strbuf_clear(&key);
    if (dcb_seen_add(&history->runs, (uint64_t)document->time_s, hash, 0) == SIZE_MAX)
        return false;
    if (history->copies++ == 0)
        history->first_copy = dcb_xstrdup(document->path);
    return true;
}

static void add_file(struct dcb_history *history, const struct dcb_document *document)
{
    const struct dcb_result *result = &document->result;

    history->files = dcb_xgrow(history->files, history->file_count,
                               &history->file_capacity, sizeof *history->files);
    history->files[history->file_count++] = (struct dcb_history_file){
        .path = dcb_xstrdup(document->path),
        .time_s = document->time_s,
        .label = copy_text(result->label),
        .commit = copy_text(result->commit),
        .cpu = result->system.cpu[0] ? dcb_xstrdup(result->system.cpu) : NULL,
        .version = copy_text(document->version),
    };
}

int dcb_history_add(struct dcb_history *history, const struct dcb_document *document,
                    const struct dcb_history_filter *filter, struct dcb_error *err)
{
    const struct dcb_result *result = &document->result;
    size_t points = 0;

    if (document->kind != DCB_DOCUMENT_RUN)
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "times of another tool: no baseline was measured with them");
    if (document->time_s < 0 && !result->system.date[0])
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "it has no date");
    if (document->time_s < 0)
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "its date, '%s', is none since 1970 as they are written: "
                             "2026-03-02T08:00:00Z",
                             result->system.date);
    if (is_copy(history, document))
        return 0;
    for (size_t i = 0; i < result->workload_count; i++) {
        const struct dcb_workload_result *workload = &result->workloads[i];
        const char *label = document->plan.workloads[workload->workload].label;

        if (wanted(filter->workloads, filter->workload_count, label))
            points +=
                add_workload(history, document, workload, filter, history->file_count);
    }
    if (points == 0)
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "it has no ratio that is asked for");
    add_file(history, document);
    return 0;
}

void dcb_history_skip(struct dcb_history *history, const char *path, const char *reason)
{
    history->skips = dcb_xgrow(history->skips, history->skip_count,
                               &history->skip_capacity, sizeof *history->skips);
    history->skips[history->skip_count++] = (struct dcb_history_skip){
        .path = dcb_xstrdup(path), .reason = dcb_xstrdup(reason)};
}

static void clear_series(struct dcb_history_series *series)
{
    for (size_t i = 0; i < series->step_count; i++)
        free(series->steps[i].also);
    free(series->workload);
    free(series->impl);
    free(series->apart);
    free(series->baseline);
    free(series->baseline_sha256);
    free(series->workload_sha256);
    free(series->python);
    free(series->points);
    free(series->steps);
    free(series->key);
}

void dcb_history_clear(struct dcb_history *history)
{
    for (size_t i = 0; i < history->file_count; i++) {
        struct dcb_history_file *file = &history->files[i];

        free(file->path);
        free(file->label);
        free(file->commit);
        free(file->cpu);
        free(file->version);
    }
    for (size_t i = 0; i < history->series_count; i++)
        clear_series(&history->series[i]);
    for (size_t i = 0; i < history->skip_count; i++) {
        free(history->skips[i].path);
        free(history->skips[i].reason);
    }
    for (size_t i = 0; i < history->note_count; i++)
        free(history->notes[i]);
    dcb_seen_clear(&history->runs);
    free(history->first_copy);
    free(history->files);
    free(history->series);
    free(history->skips);
    free(history->notes);
    *history = (struct dcb_history){.files = NULL};
}

const char *dcb_history_date(char *buffer, int64_t time_s)
{
    time_t time = (time_t)time_s;
    struct tm utc;

    if (!gmtime_r(&time, &utc) ||
        strftime(buffer, DCB_HISTORY_DATE, "%Y-%m-%d", &utc) == 0)
        snprintf(buffer, DCB_HISTORY_DATE, "?");
    return buffer;
}

enum { DAY = 86400 }; /* seconds of one, in UTC */

static bool same_day(const struct dcb_history *history, size_t a, size_t b)
{
    return history->files[a].time_s / DAY == history->files[b].time_s / DAY;
}

const char *dcb_history_when(char *buffer, const struct dcb_history *history, size_t file)
{
    size_t last = history->file_count - 1;
    bool shared = (file > 0 && same_day(history, file - 1, file)) ||
                  (file < last && same_day(history, file, file + 1));

    int64_t time_s = history->files[file].time_s, second = time_s % DAY;
    int hour = (int)(second / 3600), minute = (int)(second / 60 % 60);
    char date[DCB_HISTORY_DATE];

    dcb_history_date(date, time_s);
    if (!shared)
        snprintf(buffer, DCB_HISTORY_DATE, "%.16s", date);
    else if (same_day(history, 0, last))
        snprintf(buffer, DCB_HISTORY_DATE, "%02d:%02d:%02d", hour, minute,
                 (int)(second % 60));
    else
        snprintf(buffer, DCB_HISTORY_DATE, "%.16s %02d:%02d", date, hour, minute);
    return buffer;
}

double *dcb_history_values(const struct dcb_history_series *series)
{
    double *values = dcb_xcalloc(series->count + 1, sizeof *values);

    for (size_t i = 0; i < series->count; i++)
        values[i] = log(series->points[i].ratio.estimate);
    return values;
}

char *dcb_history_name(const struct dcb_history_series *series)
{
    return series->part > 1 ? dcb_xasprintf("%s (%zu)", series->impl, series->part)
                            : dcb_xstrdup(series->impl);
}
