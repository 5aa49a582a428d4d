#include "json_compare.h"

#include <math.h>

#include <jansson.h>

#include "compare.h"
#include "json_values.h"

static json_t *encode_gaps(unsigned gaps)
{
    json_t *names = json_array();

    for (unsigned gap = 1; gap < DCB_GAP_END; gap <<= 1) {
        if (gaps & gap)
            json_array_append_new(names, json_string(dcb_compare_gap_name(gap)));
    }
    return names;
}

static json_t *encode_file(const struct dcb_compare *compare, size_t index)
{
    const struct dcb_document *document = compare->documents[index];
    const struct dcb_result *result = &document->result;

    return json_pack(
        "{s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "path",
        dcb_json_text(document->path), "title",
        dcb_json_text(dcb_compare_title(compare, index)), "kind",
        document->kind == DCB_DOCUMENT_PYPERF ? "pyperf" : "run", "version",
        dcb_json_name(document->version), "date", dcb_json_name(result->system.date),
        "label", dcb_json_text(result->label), "commit", dcb_json_text(result->commit),
        "implementation", dcb_json_name(result->python.implementation), "python",
        dcb_json_name(result->python.version), "build",
        dcb_json_name(result->python.build), "cpu", dcb_json_name(result->system.cpu),
        "machine", dcb_json_name(result->system.machine));
}

/* One side of a row; null where it is not there. */
static json_t *encode_cell(const struct dcb_cell *cell)
{
    if (!cell)
        return json_null();
    return json_pack("{s:o, s:o, s:o}", "status", dcb_json_text(cell->status), "ratio",
                     dcb_json_interval(&cell->ratio), "time_ns",
                     dcb_json_number(cell->time.count ? cell->time.median : DCB_UNKNOWN));
}

static json_t *encode_counter(const struct dcb_compare_counter *counter)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "provider",
        dcb_json_text(dcb_provider_name(counter->provider)), "first_value",
        dcb_json_number(counter->first_value), "value", dcb_json_number(counter->value),
        "first_ratio", dcb_json_interval(&counter->first_ratio), "ratio",
        dcb_json_interval(&counter->ratio), "change", dcb_json_interval(&counter->change),
        "gaps", encode_gaps(counter->gaps));
}

static json_t *encode_row(const struct dcb_compare_row *row, size_t document)
{
    const struct dcb_comparison *comparison = &row->comparisons[document];
    json_t *counters = json_object();

    for (size_t i = 0; i < comparison->counter_count; i++)
        json_object_set_new(counters, comparison->counters[i].name,
                            encode_counter(&comparison->counters[i]));
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "workload",
        dcb_json_text(row->workload), "impl", dcb_json_text(row->impl), "first",
        encode_cell(row->cells[0]), "this", encode_cell(row->cells[document]), "change",
        dcb_json_interval(&comparison->ratio), "wide",
        dcb_json_interval(&comparison->wide), "verdict",
        dcb_json_text(dcb_verdict_name(comparison->verdict)), "pace",
        dcb_json_number(comparison->pace), "time_change",
        dcb_json_number(comparison->time_ratio), "gaps", encode_gaps(comparison->gaps),
        "time_gaps", encode_gaps(comparison->time_gaps), "remarks",
        encode_gaps(comparison->remarks), "counters", counters);
}

static json_t *encode_comparison(const struct dcb_compare *compare, size_t document)
{
    const struct dcb_compare_mean *mean = &compare->means[document];
    json_t *rows = json_array();

    for (size_t i = 0; i < compare->row_count; i++) {
        if (!compare->rows[i].comparisons[document].hidden)
            json_array_append_new(rows, encode_row(&compare->rows[i], document));
    }
    return json_pack("{s:o, s:{s:o, s:o, s:o}, s:o}", "file", dcb_json_whole(document),
                     "mean", "rows", dcb_json_whole(mean->rows), "change",
                     dcb_json_interval(&mean->ratio), "wide",
                     dcb_json_interval(&mean->wide), "rows", rows);
}

static json_t *encode_between(bool same_pace)
{
    return json_pack("{s:o, s:o}", "part",
                     dcb_json_number(same_pace ? DCB_RUNS_PART : DCB_PACES_PART), "most",
                     dcb_json_number(same_pace ? DCB_RUNS_MOST : DCB_PACES_MOST));
}

char *dcb_json_compare(const struct dcb_compare *compare)
{
    json_t *files = json_array(), *comparisons = json_array(), *notes = json_array();

    for (size_t i = 0; i < compare->document_count; i++)
        json_array_append_new(files, encode_file(compare, i));
    for (size_t i = 1; i < compare->document_count; i++)
        json_array_append_new(comparisons, encode_comparison(compare, i));
    for (size_t i = 0; i < compare->note_count; i++)
        json_array_append_new(notes, dcb_json_text(compare->notes[i]));
    return dcb_json_line(json_pack("{s:s, s:s, s:o, s:o, s:{s:o, s:o}, s:o, s:o, s:o}",
                                   "schema", "dcbench-compare/1", "dcbench", DCB_VERSION,
                                   "confidence", dcb_json_number(compare->confidence),
                                   "margin", dcb_json_number(compare->margin),
                                   "between_runs", "same_pace", encode_between(true),
                                   "other_pace", encode_between(false), "files", files,
                                   "comparisons", comparisons, "notes", notes));
}
