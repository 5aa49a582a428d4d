#include "json_memory_check.h"

#include <jansson.h>

#include "document.h"
#include "json_values.h"
#include "memory_check.h"

static json_t *encode_figures(const struct dcb_memory_check_row *row)
{
    /* By the order of the figures. */
    static const char *const names[DCB_MEMORY_CHECKED] = {"peak", "net", "allocations"};
    json_t *figures;

    if (!row->known)
        return json_null();
    figures = json_object();
    for (int i = 0; i < DCB_MEMORY_CHECKED; i++)
        json_object_set_new(figures, names[i],
                            json_pack("{s:I, s:I, s:o}", "then",
                                      (json_int_t)row->figures[i].then, "now",
                                      (json_int_t)row->figures[i].now, "change",
                                      dcb_json_number(row->figures[i].change)));
    return figures;
}

static json_t *encode_row(const struct dcb_memory_check_row *row)
{
    bool leaks = row->memo == DCB_MEMO_COUNT;

    return json_pack("{s:o, s:o, s:s, s:s?, s:o, s:s, s:o, s:o}", "workload",
                     dcb_json_text(row->workload), "impl", dcb_json_text(row->impl),
                     "rule", leaks ? "leaks" : "peak", "memo",
                     leaks ? NULL : dcb_memo_name(row->memo), "margin",
                     dcb_json_number(row->margin), "outcome",
                     dcb_memory_outcome_name(row->outcome), "reason",
                     dcb_json_message(row->reason), "figures", encode_figures(row));
}

char *dcb_json_memory_check(const struct dcb_memory_check *check, bool updated)
{
    const struct dcb_document *then = check->then->document;
    json_t *rows = json_array();

    for (size_t i = 0; i < check->row_count; i++)
        json_array_append_new(rows, encode_row(&check->rows[i]));
    return dcb_json_line(json_pack(
        "{s:s, s:s, s:{s:o, s:o, s:o}, s:{s:o, s:o}, s:s, s:s, s:b, s:o}", "schema",
        "dcbench-memory-check/1", "dcbench", DCB_VERSION, "baseline", "path",
        dcb_json_name(then->path), "date", dcb_json_name(then->result.system.date),
        "python", dcb_json_name(then->result.python.version), "now", "python",
        dcb_json_name(check->now->python.version), "baseline",
        dcb_json_name(check->now->request->impls[0].label), "compared",
        check->exact ? "figures" : "ratios", "layer", dcb_layer_name(check->layer),
        "updated", (int)updated, "rows", rows));
}
