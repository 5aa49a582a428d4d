/* A verification for programs: as CSV, and as the checks of a CI service. */
#include <stdlib.h>

#include "ci.h"
#include "report_verify.h"
#include "strbuf.h"
#include "text_table.h"
#include "verify.h"
#include "verify_remarks.h"
#include "xalloc.h"

/* Failures that the message of a check names, and a line of its detail. */
enum { NAMED = 3, DETAIL_NAMED = 20 };

/* ---- CSV ---- */

static const char *const columns[] = {
    "implementation", "battery",  "case",      "outcome",    "cases",
    "passed",         "wrong",    "deviating", "skipped",    "unasked",
    "standard",       "expected", "got",       "expression", "version"};

enum { COLUMNS = sizeof columns / sizeof columns[0] };

static void text_cell(struct dcb_text_table *table, const char *text)
{
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", text ? text : "");
}

static void empty_cells(struct dcb_text_table *table, int count)
{
    while (count-- > 0)
        text_cell(table, NULL);
}

static const char *battery_outcome(const struct dcb_verify_impl *impl,
                                   const struct dcb_verify_battery *battery)
{
    if (battery->missing)
        return "missing";
    if (battery->wrong)
        return dcb_verify_verdict_name(DCB_VERIFY_WRONG);
    if (impl->failure || !battery->cases || battery->unasked)
        return dcb_verify_verdict_name(DCB_VERIFY_UNKNOWN);
    return dcb_verify_verdict_name(DCB_VERIFY_CORRECT);
}

static void battery_row(struct dcb_text_table *table, const struct dcb_verify_impl *impl,
                        enum dcb_battery number)
{
    const struct dcb_verify_battery *battery = &impl->batteries[number];
    const uint64_t sums[] = {battery->cases,     battery->passed,  battery->wrong,
                             battery->deviating, battery->skipped, battery->unasked,
                             battery->standard};

    text_cell(table, impl->spec->label);
    text_cell(table, dcb_battery_name(number));
    text_cell(table, NULL);
    text_cell(table, battery_outcome(impl, battery));
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        if (battery->cases)
            dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%llu",
                                (unsigned long long)sums[i]);
        else
            text_cell(table, NULL);
    }
    text_cell(table, NULL);
    text_cell(table, battery->missing ? battery->missing : impl->failure);
    empty_cells(table, 2);
}

static void finding_row(struct dcb_text_table *table, const struct dcb_verify_impl *impl,
                        const struct dcb_verify_finding *finding)
{
    text_cell(table, impl->spec->label);
    text_cell(table, dcb_battery_name(finding->battery));
    text_cell(table, finding->name);
    text_cell(table, dcb_case_outcome_name(finding->outcome));
    empty_cells(table, 6);
    text_cell(table, finding->standard ? "1" : "0");
    text_cell(table, finding->expected);
    text_cell(table, finding->got);
    text_cell(table, finding->expression);
    text_cell(table, finding->version);
}

void dcb_report_verify_csv(const struct dcb_verification *verification,
                           struct dcb_strbuf *out)
{
    struct dcb_text_table *table = dcb_text_table_new();

    for (size_t i = 0; i < COLUMNS; i++)
        dcb_text_table_column(table, DCB_ALIGN_LEFT, columns[i]);
    for (size_t i = 0; i < verification->impl_count; i++) {
        const struct dcb_verify_impl *impl = &verification->impls[i];

        for (int k = 0; k < DCB_BATTERY_COUNT; k++) {
            if (!verification->request->batteries[k])
                continue;
            battery_row(table, impl, (enum dcb_battery)k);
            for (size_t n = 0; n < impl->finding_count; n++) {
                if (impl->findings[n].battery == (enum dcb_battery)k)
                    finding_row(table, impl, &impl->findings[n]);
            }
        }
    }
    dcb_text_table_print(table, DCB_TABLE_CSV, 0, false, out);
    dcb_text_table_free(table);
}

/* ---- checks ---- */

/* All that failed in a battery, a line for each way; and for the message the names of the
 * first. */
static void describe_failures(const struct dcb_verification *verification, size_t impl,
                              enum dcb_battery battery, struct dcb_strbuf *names,
                              struct dcb_strbuf *detail)
{
    struct dcb_verify_remarks remarks;
    size_t count = 0;

    dcb_verify_remarks_find(verification, DCB_VERIFY_FAILURES, impl, &remarks);
    for (size_t i = 0; i < remarks.count; i++) {
        const struct dcb_verify_remark *remark = &remarks.items[i];
        const char *expression = remark->cases[0]->expression;
        char *text;

        if (remark->cases[0]->battery != battery)
            continue;
        for (size_t k = 0; k < remark->case_count; k++) {
            if (count++ < NAMED)
                dcb_strbuf_appendf(names, "%s%s", count > 1 ? ", " : "",
                                   remark->cases[k]->name);
        }
        text = dcb_report_verify_remark(remark, DETAIL_NAMED, 0);
        dcb_strbuf_appendf(detail, "%s%s", detail->length ? "\n" : "", text);
        free(text);
        if (expression)
            dcb_strbuf_appendf(detail, "\n    expression: %s", expression);
    }
    dcb_verify_remarks_clear(&remarks);
    if (count > NAMED)
        dcb_strbuf_appendf(names, " and %zu more", count - NAMED);
}

static void check_wrong(const struct dcb_verification *verification, size_t impl,
                        enum dcb_battery number, struct dcb_ci *ci)
{
    static const char *const nouns[] = {[DCB_BATTERY_SUITE] = "tests of the suite",
                                        [DCB_BATTERY_CASES] = "cases",
                                        [DCB_BATTERY_GRAPHS] = "random graphs"};
    const struct dcb_verify_battery *battery =
        &verification->impls[impl].batteries[number];
    const char *label = verification->impls[impl].spec->label;
    struct dcb_strbuf names = DCB_STRBUF_INIT, detail = DCB_STRBUF_INIT;
    struct dcb_ci_finding *finding;

    describe_failures(verification, impl, number, &names, &detail);
    finding = dcb_ci_add(ci, NULL, label, dcb_battery_name(number), DCB_CI_FAILED,
                         "%s is no correct deepcopy: %llu of %llu %s: %s", label,
                         (unsigned long long)battery->wrong,
                         (unsigned long long)(battery->cases - battery->skipped),
                         nouns[number], names.text ? names.text : "");
    finding->detail = detail.length ? dcb_strbuf_take(&detail) : NULL;
    dcb_strbuf_clear(&names);
    dcb_strbuf_clear(&detail);
}

static void check_battery(const struct dcb_verification *verification, size_t impl,
                          enum dcb_battery number, struct dcb_ci *ci)
{
    const struct dcb_verify_battery *battery =
        &verification->impls[impl].batteries[number];
    const char *label = verification->impls[impl].spec->label,
               *name = dcb_battery_name(number);

    if (battery->missing)
        dcb_ci_add(ci, NULL, label, name,
                   dcb_verify_nothing_asked(verification) ? DCB_CI_ERROR : DCB_CI_SKIPPED,
                   "the battery %s was not run: %s", name, battery->missing);
    else if (battery->wrong)
        check_wrong(verification, impl, number, ci);
    else if (battery->unasked == battery->cases)
        dcb_ci_add(ci, NULL, label, name, DCB_CI_UNDECIDED,
                   "the battery %s was not begun with %s", name, label);
    else if (battery->unasked)
        dcb_ci_add(ci, NULL, label, name, DCB_CI_UNDECIDED,
                   "of the battery %s, %llu of %llu cases were not asked of %s", name,
                   (unsigned long long)battery->unasked,
                   (unsigned long long)battery->cases, label);
    else
        dcb_ci_add(ci, NULL, label, name, DCB_CI_PASSED, "%llu of %llu right",
                   (unsigned long long)(battery->passed + battery->deviating),
                   (unsigned long long)(battery->cases - battery->skipped));
}

void dcb_report_verify_ci(const struct dcb_verification *verification, struct dcb_ci *ci)
{
    ci->suite = "verify";
    for (size_t i = 0; i < verification->impl_count; i++) {
        const struct dcb_verify_impl *impl = &verification->impls[i];

        if (impl->failure) {
            dcb_ci_add(ci, NULL, impl->spec->label, "load", DCB_CI_ERROR,
                       "%s could not be verified: %s", impl->spec->label, impl->failure);
            if (!dcb_verify_sum(impl).wrong)
                continue;
        }
        for (int k = 0; k < DCB_BATTERY_COUNT; k++) {
            if (verification->request->batteries[k])
                check_battery(verification, i, (enum dcb_battery)k, ci);
        }
        if (impl->elapsed_s > 0 && ci->count)
            ci->findings[ci->count - 1].seconds = impl->elapsed_s;
    }
}
