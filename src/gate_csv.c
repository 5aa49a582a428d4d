/* The gate's findings as CSV. */
#include "gate_private.h"

#include <math.h>
#include <stdlib.h>

#include "strbuf.h"

static void csv_number(struct dcb_text_table *table, double value)
{
    if (isfinite(value))
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%.8g", value);
    else
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", "");
}

static void csv_row(struct dcb_text_table *table, const struct dcb_gate_finding *finding,
                    const struct dcb_gate_measure *measure)
{
    const char *provider = dcb_provider_name(finding->provider);
    char *reason = dcb_gate_printable(measure->reason ? measure->reason : "");
    const double numbers[] = {measure->then.estimate,   measure->now.estimate,
                              measure->change.estimate, measure->change.low,
                              measure->change.high,     measure->wide.low,
                              measure->wide.high,       finding->margin};

    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", finding->workload);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", finding->impl);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", dcb_gate_rule_name(finding->rule));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", provider ? provider : "");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%u", measure->attempt + 1);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        measure == dcb_gate_judged(finding) ? "yes" : "no");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        dcb_gate_outcome_name(measure->outcome));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        csv_number(table, numbers[i]);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", reason);
    free(reason);
}

void dcb_gate_csv(const struct dcb_gate *gate, struct dcb_strbuf *out)
{
    static const char *const titles[] = {
        "workload", "impl",      "rule",    "provider", "attempt",    "judged",
        "outcome",  "then",      "now",     "change",   "change_low", "change_high",
        "wide_low", "wide_high", "allowed", "reason"};
    struct dcb_text_table *table = dcb_text_table_new();

    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        dcb_text_table_column(table, DCB_ALIGN_LEFT, titles[i]);
    for (size_t i = 0; i < gate->finding_count; i++) {
        const struct dcb_gate_finding *finding = &gate->findings[i];

        for (size_t k = 0; k < finding->measure_count; k++)
            csv_row(table, finding, &finding->measures[k]);
    }
    dcb_text_table_print(table, DCB_TABLE_CSV, 0, false, out);
    dcb_text_table_free(table);
}
