#include "report.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "result.h"
#include "strbuf.h"
#include "text_table.h"

static void csv_number(struct dcb_text_table *table, double value)
{
    if (isfinite(value))
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%.8g", value);
    else
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "");
}

/* The control is the baseline again. */
static void csv_verified(const struct dcb_result *result, const struct dcb_cell *cell,
                         struct dcb_text_table *table)
{
    size_t arm = cell->role == DCB_ROLE_CONTROL ? 0 : cell->arm;
    const struct dcb_verified *verified = dcb_result_verified(result, arm);

    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        verified ? dcb_verify_verdict_name(verified->verdict) : "");
    csv_number(table, verified ? (double)verified->cases : DCB_UNKNOWN);
    csv_number(table, verified ? (double)verified->wrong : DCB_UNKNOWN);
}

static void csv_row(const struct dcb_result *result,
                    const struct dcb_workload_result *workload,
                    const struct dcb_cell *cell, struct dcb_text_table *table)
{
    const char *verdict = dcb_verdict_name(cell->verdict), *copy = dcb_result_copy(cell);
    bool timed = cell->time.count > 0;

    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        dcb_result_workload_label(result, workload));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", dcb_result_arm_label(result, cell));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", dcb_role_name(cell->role));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", cell->status);
    csv_number(table, timed ? cell->time.median : DCB_UNKNOWN);
    csv_number(table, timed ? cell->time.mean : DCB_UNKNOWN);
    csv_number(table, timed ? cell->time.stddev : DCB_UNKNOWN);
    csv_number(table, timed ? cell->time.min : DCB_UNKNOWN);
    csv_number(table, timed ? cell->time.max : DCB_UNKNOWN);
    csv_number(table, timed ? cell->cpu.median : DCB_UNKNOWN);
    csv_number(table, (double)cell->time.count);
    csv_number(table, timed ? (double)cell->blocks : 0);
    csv_number(table, cell->ratio.estimate);
    csv_number(table, cell->ratio.low);
    csv_number(table, cell->ratio.high);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", verdict ? verdict : "");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", copy ? copy : "");
    csv_verified(result, cell, table);
    for (size_t row = 0; row < result->plan->row_count; row++) {
        enum dcb_provider provider = isfinite(cell->counters[row].value)
                                         ? result->plan->rows[row].provider
                                         : DCB_PROVIDER_NONE;

        csv_number(table, cell->counters[row].value);
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                            provider ? dcb_provider_name(provider) : "");
    }
}

void dcb_report_csv(const struct dcb_result *result, struct dcb_strbuf *out)
{
    static const char *const titles[] = {
        "workload",     "implementation", "role",        "status",       "time_ns",
        "time_mean_ns", "time_stddev_ns", "time_min_ns", "time_max_ns",  "cpu_ns",
        "workers",      "blocks",         "ratio",       "ratio_low",    "ratio_high",
        "verdict",      "copy",           "verify",      "verify_cases", "verify_wrong"};
    struct dcb_text_table *table = dcb_text_table_new();

    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        dcb_text_table_column(table, DCB_ALIGN_LEFT, titles[i]);
    for (size_t row = 0; row < result->plan->row_count; row++) {
        char title[sizeof result->plan->rows[row].name + 16];

        snprintf(title, sizeof title, "%s provider", result->plan->rows[row].name);
        dcb_text_table_column(table, DCB_ALIGN_LEFT, result->plan->rows[row].name);
        dcb_text_table_column(table, DCB_ALIGN_LEFT, title);
    }
    for (size_t i = 0; i < result->workload_count; i++) {
        for (size_t k = 0; k < result->workloads[i].cell_count; k++)
            csv_row(result, &result->workloads[i], &result->workloads[i].cells[k], table);
    }
    dcb_text_table_print(table, DCB_TABLE_CSV, 0, false, out);
    dcb_text_table_free(table);
}
