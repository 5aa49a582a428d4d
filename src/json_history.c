#include "json_history.h"

#include <stdlib.h>
#include <time.h>

#include <jansson.h>

#include "history.h"
#include "json_values.h"

static json_t *encode_time(int64_t time_s)
{
    char text[DCB_HISTORY_DATE];
    time_t time = (time_t)time_s;
    struct tm utc;

    if (!gmtime_r(&time, &utc) ||
        !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc))
        return json_null();
    return json_string(text);
}

static json_t *encode_file(const struct dcb_history_file *file)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "path", dcb_json_text(file->path),
                     "date", encode_time(file->time_s), "label",
                     dcb_json_name(file->label), "commit", dcb_json_name(file->commit),
                     "cpu", dcb_json_name(file->cpu), "dcbench",
                     dcb_json_name(file->version));
}

static json_t *encode_point(const struct dcb_history_point *point)
{
    return json_pack("{s:o, s:o, s:o, s:b}", "result", dcb_json_whole(point->file),
                     "ratio", dcb_json_interval(&point->ratio), "log_error",
                     dcb_json_number(point->error), "verdicts_withheld",
                     (int)point->withheld);
}

static json_t *encode_step(const struct dcb_history_series *series,
                           const struct dcb_history_step *step)
{
    return json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "before",
                     dcb_json_whole(series->points[step->before].file), "behind",
                     dcb_json_whole(series->points[step->behind].file), "change",
                     dcb_json_interval(&step->change), "direction",
                     step->change.estimate > 1 ? "slower" : "faster", "results_before",
                     dcb_json_whole(step->results_before), "results_behind",
                     dcb_json_whole(step->results_behind), "also_changed",
                     dcb_json_name(step->also));
}

static json_t *encode_series(const struct dcb_history_series *series)
{
    json_t *points = json_array(), *steps = json_array();

    for (size_t i = 0; i < series->count; i++)
        json_array_append_new(points, encode_point(&series->points[i]));
    for (size_t i = 0; i < series->step_count; i++)
        json_array_append_new(steps, encode_step(series, &series->steps[i]));
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o}",
        "workload", dcb_json_text(series->workload), "impl", dcb_json_text(series->impl),
        "part", dcb_json_whole(series->part), "apart", dcb_json_name(series->apart),
        "baseline", dcb_json_text(series->baseline), "workload_sha256",
        dcb_json_name(series->workload_sha256), "baseline_sha256",
        dcb_json_name(series->baseline_sha256), "python", dcb_json_text(series->python),
        "gc", (int)series->gc, "between_runs", dcb_json_number(series->between), "drift",
        dcb_json_number(series->slow), "judged", dcb_json_whole(series->judged),
        "detectable", dcb_json_number(series->detectable), "steps", steps, "points",
        points);
}

char *dcb_json_history(const struct dcb_history *history)
{
    json_t *results = json_array(), *skips = json_array(), *series = json_array();
    json_t *notes = json_array();

    for (size_t i = 0; i < history->file_count; i++)
        json_array_append_new(results, encode_file(&history->files[i]));
    for (size_t i = 0; i < history->skip_count; i++)
        json_array_append_new(
            skips, json_pack("{s:o, s:o}", "path", dcb_json_text(history->skips[i].path),
                             "reason", dcb_json_text(history->skips[i].reason)));
    for (size_t i = 0; i < history->series_count; i++)
        json_array_append_new(series, encode_series(&history->series[i]));
    for (size_t i = 0; i < history->note_count; i++)
        json_array_append_new(notes, dcb_json_text(history->notes[i]));
    return dcb_json_line(
        json_pack("{s:s, s:s, s:f, s:o, s:o, s:o, s:o}", "schema", "dcbench-history/1",
                  "dcbench", DCB_VERSION, "false_step_rate", DCB_HISTORY_RATE, "results",
                  results, "series", series, "passed_over", skips, "notes", notes));
}
