#include "verify_private.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "job.h"
#include "utf8.h"
#include "xalloc.h"

void dcb_verify_account_init(struct dcb_verify_account *account,
                             struct dcb_verify_impl *impl)
{
    *account = (struct dcb_verify_account){.impl = impl, .battery = DCB_BATTERY_COUNT};
}

/* ---- what is left ---- */

/* The battery that comes behind the one in hand, DCB_BATTERY_COUNT where none does. */
static enum dcb_battery battery_behind(const struct dcb_verify_account *account)
{
    int battery = account->battery == DCB_BATTERY_COUNT ? 0 : (int)account->battery + 1;

    while (battery < DCB_BATTERY_COUNT && !account->impl->batteries[battery].asked)
        battery++;
    return (enum dcb_battery)battery;
}

/* Whether cases of the battery in hand have not been asked. */
static bool is_amid(const struct dcb_verify_account *account)
{
    return account->battery != DCB_BATTERY_COUNT &&
           account->next < account->impl->batteries[account->battery].cases;
}

bool dcb_verify_account_left(const struct dcb_verify_account *account,
                             bool ret_batteries[DCB_BATTERY_COUNT], uint64_t *ret_first)
{
    bool amid = is_amid(account);
    enum dcb_battery first = amid ? account->battery : battery_behind(account);

    for (int i = 0; i < DCB_BATTERY_COUNT; i++)
        ret_batteries[i] = account->impl->batteries[i].asked && i >= (int)first;
    *ret_first = amid ? account->next : 0;
    return first != DCB_BATTERY_COUNT;
}

void dcb_verify_account_resume(struct dcb_verify_account *account)
{
    account->resumed = is_amid(account);
}

/* ---- answers ---- */

/* Counts the case in hand, which has ended. */
static void count_case(struct dcb_verify_account *account, enum dcb_case_outcome outcome,
                       bool standard)
{
    struct dcb_verify_battery *battery = &account->impl->batteries[account->battery];

    battery->passed += outcome == DCB_CASE_PASSED;
    battery->deviating += outcome == DCB_CASE_DEVIATES;
    battery->skipped += outcome == DCB_CASE_SKIPPED;
    battery->wrong += dcb_case_outcome_is_wrong(outcome);
    battery->standard += standard;
    account->next++;
    free(account->name);
    account->name = NULL;
}

/* A finding about the case in hand, whose name it takes. */
static struct dcb_verify_finding *add_finding(struct dcb_verify_account *account,
                                              enum dcb_case_outcome outcome)
{
    struct dcb_verify_impl *impl = account->impl;
    struct dcb_verify_finding *finding;

    impl->findings = dcb_xgrow(impl->findings, impl->finding_count,
                               &account->finding_capacity, sizeof *impl->findings);
    finding = &impl->findings[impl->finding_count++];
    *finding = (struct dcb_verify_finding){.battery = account->battery,
                                           .outcome = outcome,
                                           .number = account->next,
                                           .name = account->name};
    account->name = NULL;
    return finding;
}

static char *take_text(char **text)
{
    char *taken = *text;

    *text = NULL;
    return taken;
}

/* That it passed is told by what comes behind it. */
static void pass_case(struct dcb_verify_account *account)
{
    if (account->name)
        count_case(account, DCB_CASE_PASSED, false);
}

static int take_battery(struct dcb_verify_account *account, struct dcb_answer *answer,
                        struct dcb_error *err)
{
    struct dcb_verify_battery *battery = &account->impl->batteries[answer->battery];

    pass_case(account);
    if (account->resumed) {
        account->resumed = false;
        if (answer->battery == account->battery && answer->cases == battery->cases)
            return 0;
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "it has other cases in another worker");
    }
    if (is_amid(account) || answer->battery != battery_behind(account))
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "its batteries are not in order");
    account->battery = answer->battery;
    account->next = 0;
    account->deaths = 0;
    battery->cases = answer->cases;
    battery->missing = take_text(&answer->missing);
    return 0;
}

static int take_case(struct dcb_verify_account *account, struct dcb_answer *answer,
                     struct dcb_error *err)
{
    pass_case(account);
    if (account->resumed || answer->battery != account->battery || !is_amid(account) ||
        answer->number != account->next)
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "its cases are not in order");
    account->name = take_text(&answer->name);
    return 0;
}

static int take_outcome(struct dcb_verify_account *account, struct dcb_answer *answer,
                        struct dcb_error *err)
{
    struct dcb_verify_finding *finding;

    if (!account->name)
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "it tells of a case that none was");
    if (answer->outcome != DCB_CASE_PASSED || answer->standard) {
        finding = add_finding(account, answer->outcome);
        finding->expected = take_text(&answer->expected);
        finding->got = take_text(&answer->got);
        finding->expression = take_text(&answer->expression);
        finding->version = take_text(&answer->version);
        finding->standard = answer->standard;
    }
    count_case(account, answer->outcome, answer->standard);
    return 0;
}

static int take_done(struct dcb_verify_account *account, struct dcb_error *err)
{
    bool batteries[DCB_BATTERY_COUNT];
    uint64_t first;

    pass_case(account);
    if (dcb_verify_account_left(account, batteries, &first))
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "it ended before its cases did");
    return 0;
}

int dcb_verify_account_take(struct dcb_verify_account *account, struct dcb_answer *answer,
                            struct dcb_error *err)
{
    switch (answer->kind) {
    case DCB_ANSWER_BATTERY:
        return take_battery(account, answer, err);
    case DCB_ANSWER_CASE:
        return take_case(account, answer, err);
    case DCB_ANSWER_OUTCOME:
        return take_outcome(account, answer, err);
    case DCB_ANSWER_DONE:
        return take_done(account, err);
    default:
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "it tells of what it was not asked");
    }
}

/* ---- ends ---- */

void dcb_verify_account_end(struct dcb_verify_account *account,
                            enum dcb_case_outcome outcome, const char *got)
{
    struct dcb_verify_battery *battery;

    if (account->battery == DCB_BATTERY_COUNT)
        return;
    battery = &account->impl->batteries[account->battery];
    if (account->name) {
        struct dcb_verify_finding *finding = add_finding(account, outcome);

        finding->got = dcb_xstrdup(got);
        dcb_utf8_make_line(finding->got);
        count_case(account, outcome, false);
    }
    account->deaths +=
        account->brief && outcome == DCB_CASE_HUNG ? DCB_VERIFY_DEATHS_MAX : 1;
    if (account->deaths < DCB_VERIFY_DEATHS_MAX)
        return;
    battery->unasked += battery->cases - account->next;
    account->next = battery->cases;
}

void dcb_verify_account_drop(struct dcb_verify_account *account)
{
    free(account->name);
    account->name = NULL;
}

void dcb_verify_account_close(struct dcb_verify_account *account,
                              const struct dcb_verify_impl *like)
{
    for (size_t i = 0; i < DCB_BATTERY_COUNT; i++) {
        struct dcb_verify_battery *battery = &account->impl->batteries[i];

        if (!battery->asked)
            continue;
        if (battery->cases == 0 && !battery->missing && like)
            battery->cases = like->batteries[i].cases;
        battery->unasked = battery->cases - battery->passed - battery->wrong -
                           battery->deviating - battery->skipped;
    }
    dcb_verify_account_drop(account);
}
