#include "verify_remarks.h"

#include <stdlib.h>
#include <string.h>

#include "strbuf.h"
#include "xalloc.h"

/* ---- one case, of all implementations with which it went the same way ---- */

struct entry {
    const struct dcb_verify_finding *finding;
    size_t impl; /* the first one */
    bool *impls; /* all; NULL before they are put together */
    size_t impl_count;
};

struct search {
    const struct dcb_verification *verification;
    enum dcb_verify_topic topic;
    struct entry *entries;
    size_t count, capacity;
};

static bool is_of(const struct dcb_verify_finding *finding, enum dcb_verify_topic topic)
{
    switch (topic) {
    case DCB_VERIFY_FAILURES:
        return dcb_case_outcome_is_wrong(finding->outcome);
    case DCB_VERIFY_DEVIATIONS:
        return finding->outcome == DCB_CASE_DEVIATES;
    case DCB_VERIFY_SKIPPED:
        return finding->outcome == DCB_CASE_SKIPPED;
    case DCB_VERIFY_STANDARD:
        break;
    }
    return finding->standard;
}

/* NULL comes last; numbers in versions count as such: "3.9" before "3.14". */
static int compare_texts(const char *a, const char *b)
{
    if (!a || !b)
        return !a - !b;
    return strverscmp(a, b);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* What is said of the case, but for whom and which case it is. */
static int compare_said(const struct dcb_verify_finding *a,
                        const struct dcb_verify_finding *b, enum dcb_verify_topic topic)
{
    int order = 0;

    if (topic != DCB_VERIFY_STANDARD)
        order = compare_texts(a->version, b->version);
    if (order == 0)
        order = (int)a->battery - (int)b->battery;
    if (order || topic == DCB_VERIFY_STANDARD)
        return order;
    order = (int)a->outcome - (int)b->outcome;
    if (order == 0)
        order = compare_texts(a->expression, b->expression);
    if (order == 0)
        order = compare_texts(a->expected, b->expected);
    return order ? order : compare_texts(a->got, b->got);
}

static int compare_cases(const struct dcb_verify_finding *a,
                         const struct dcb_verify_finding *b)
{
    int order = (int)a->battery - (int)b->battery;

    if (order == 0)
        order = compare_numbers(a->number, b->number);
    return order ? order : compare_texts(a->name, b->name);
}

/* One case in one way. */
static int compare_entries(const void *a, const void *b, void *topic)
{
    const struct entry *one = a, *other = b;
    int order = compare_cases(one->finding, other->finding);

    return order ? order
                 : compare_said(one->finding, other->finding,
                                *(const enum dcb_verify_topic *)topic);
}

static void collect(struct search *search, size_t only)
{
    const struct dcb_verification *verification = search->verification;

    for (size_t i = 0; i < verification->impl_count; i++) {
        const struct dcb_verify_impl *impl = &verification->impls[i];

        for (size_t k = 0; k < impl->finding_count; k++) {
            if ((only != DCB_VERIFY_ALL && only != i) ||
                !is_of(&impl->findings[k], search->topic))
                continue;
            search->entries = dcb_xgrow(search->entries, search->count, &search->capacity,
                                        sizeof *search->entries);
            search->entries[search->count++] =
                (struct entry){.finding = &impl->findings[k], .impl = i};
        }
    }
    if (search->count)
        qsort_r(search->entries, search->count, sizeof *search->entries, compare_entries,
                &search->topic);
}

/* Equal neighbours become one entry. */
static void join_impls(struct search *search)
{
    struct entry *entries = search->entries, *last = NULL;
    size_t count = 0;

    for (size_t i = 0; i < search->count; i++) {
        struct entry entry = entries[i];

        if (!last || compare_entries(last, &entry, &search->topic) != 0) {
            entry.impls = dcb_xcalloc(search->verification->impl_count, sizeof(bool));
            entries[count] = entry;
            last = &entries[count++];
        }
        last->impl_count += !last->impls[entry.impl];
        last->impls[entry.impl] = true;
    }
    search->count = count;
}

/* ---- cases that went the same way with the same implementations ---- */

static int compare_groups(const struct entry *a, const struct entry *b,
                          const struct search *search)
{
    int order = compare_said(a->finding, b->finding, search->topic);

    return order ? order
                 : memcmp(a->impls, b->impls,
                          search->verification->impl_count * sizeof(bool));
}

static int compare_grouped(const void *a, const void *b, void *search)
{
    const struct entry *one = a, *other = b;
    int order = compare_groups(one, other, search);

    return order ? order : compare_cases(one->finding, other->finding);
}

static void join_cases(struct search *search, struct dcb_verify_remarks *remarks)
{
    struct dcb_verify_remark *remark = NULL;
    size_t capacity = 0;

    if (search->count)
        qsort_r(search->entries, search->count, sizeof *search->entries, compare_grouped,
                search);
    for (size_t i = 0; i < search->count; i++) {
        struct entry *entry = &search->entries[i];

        if (i == 0 || compare_groups(entry - 1, entry, search) != 0) {
            remarks->items = dcb_xgrow(remarks->items, remarks->count, &remarks->capacity,
                                       sizeof *remarks->items);
            remark = &remarks->items[remarks->count++];
            *remark = (struct dcb_verify_remark){
                .topic = search->topic,
                .impls = dcb_xcalloc(search->verification->impl_count, sizeof(bool)),
                .impl_count = entry->impl_count,
            };
            memcpy(remark->impls, entry->impls,
                   search->verification->impl_count * sizeof(bool));
            capacity = 0;
        }
        remark->cases = dcb_xgrow(remark->cases, remark->case_count, &capacity,
                                  sizeof *remark->cases);
        remark->cases[remark->case_count++] = entry->finding;
    }
}

/* Among graphs, what is short is understood first. */
static int compare_remarks(const void *a, const void *b)
{
    const struct dcb_verify_remark *left = a, *right = b;
    const struct dcb_verify_finding *one = left->cases[0], *other = right->cases[0];
    int order = 0;

    if (left->topic == DCB_VERIFY_DEVIATIONS)
        order = compare_texts(one->version, other->version);
    if (order == 0)
        order = (int)one->battery - (int)other->battery;
    if (order == 0 && left->topic == DCB_VERIFY_STANDARD)
        return compare_cases(one, other);
    if (order == 0)
        order = !one->expression - !other->expression;
    if (order == 0 && one->expression)
        order = compare_numbers(strlen(one->expression), strlen(other->expression));
    return order ? order : compare_cases(one, other);
}

void dcb_verify_remarks_find(const struct dcb_verification *verification,
                             enum dcb_verify_topic topic, size_t impl,
                             struct dcb_verify_remarks *ret_remarks)
{
    struct search search = {.verification = verification, .topic = topic};

    *ret_remarks = (struct dcb_verify_remarks){.items = NULL};
    collect(&search, impl);
    join_impls(&search);
    join_cases(&search, ret_remarks);
    if (ret_remarks->count)
        qsort(ret_remarks->items, ret_remarks->count, sizeof *ret_remarks->items,
              compare_remarks);
    for (size_t i = 0; i < search.count; i++)
        free(search.entries[i].impls);
    free(search.entries);
}

void dcb_verify_remarks_clear(struct dcb_verify_remarks *remarks)
{
    for (size_t i = 0; i < remarks->count; i++) {
        free(remarks->items[i].cases);
        free(remarks->items[i].impls);
    }
    free(remarks->items);
    *remarks = (struct dcb_verify_remarks){.items = NULL};
}

char *dcb_verify_remark_impls(const struct dcb_verification *verification,
                              const struct dcb_verify_remark *remark)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    if (remark->impl_count == verification->impl_count)
        return NULL;
    for (size_t i = 0; i < verification->impl_count; i++) {
        if (remark->impls[i])
            dcb_strbuf_appendf(&out, "%s%s", out.length ? ", " : "",
                               verification->impls[i].spec->label);
    }
    return dcb_strbuf_take(&out);
}

/* ---- what was not asked ---- */

/* The reasons that the implementations were told, each once. */
char *dcb_verify_missing(const struct dcb_verification *verification,
                         enum dcb_battery battery)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    for (size_t i = 0; i < verification->impl_count; i++) {
        const char *why = verification->impls[i].batteries[battery].missing;

        if (why && !(out.text && strstr(out.text, why)))
            dcb_strbuf_appendf(&out, "%s%s", out.length ? "; " : "", why);
    }
    return out.length ? dcb_strbuf_take(&out) : NULL;
}

bool dcb_verify_nothing_asked(const struct dcb_verification *verification)
{
    size_t missing = 0;

    for (size_t i = 0; i < verification->impl_count; i++) {
        for (int k = 0; k < DCB_BATTERY_COUNT; k++) {
            const struct dcb_verify_battery *battery =
                &verification->impls[i].batteries[k];

            if (battery->asked && !battery->missing)
                return false;
            missing += battery->missing != NULL;
        }
    }
    return missing > 0;
}

/* ---- notes ---- */

static void add_note(struct dcb_verify_notes *notes, bool named, char *take_text)
{
    notes->items =
        dcb_xgrow(notes->items, notes->count, &notes->capacity, sizeof *notes->items);
    notes->items[notes->count].text = take_text;
    notes->items[notes->count++].named = named;
}

static void note_missing(const struct dcb_verification *verification,
                         struct dcb_verify_notes *notes)
{
    for (int i = 0; i < DCB_BATTERY_COUNT; i++) {
        char *why = dcb_verify_missing(verification, (enum dcb_battery)i);

        if (why)
            add_note(notes, false,
                     dcb_xasprintf("the battery %s was not run: %s",
                                   dcb_battery_name((enum dcb_battery)i), why));
        free(why);
    }
}

/* How many cases the remarks of a topic are of. */
static size_t count_cases(const struct dcb_verification *verification,
                          enum dcb_verify_topic topic)
{
    struct dcb_verify_remarks remarks;
    size_t count = 0;

    dcb_verify_remarks_find(verification, topic, DCB_VERIFY_ALL, &remarks);
    for (size_t i = 0; i < remarks.count; i++)
        count += remarks.items[i].case_count;
    dcb_verify_remarks_clear(&remarks);
    return count;
}

static void note_skipped(const struct dcb_verification *verification,
                         struct dcb_verify_notes *notes)
{
    size_t count = count_cases(verification, DCB_VERIFY_SKIPPED);

    if (count)
        add_note(notes, true,
                 dcb_xasprintf("%zu case%s cannot be asked of this interpreter", count,
                               count == 1 ? "" : "s"));
}

static void note_standard(const struct dcb_verification *verification,
                          struct dcb_verify_notes *notes)
{
    size_t count = count_cases(verification, DCB_VERIFY_STANDARD);

    if (count)
        add_note(
            notes, true,
            dcb_xasprintf("in %zu case%s a method of the objects calls copy.deepcopy "
                          "itself, which is the standard one: what it copies says "
                          "nothing of what was verified",
                          count, count == 1 ? "" : "s"));
}

void dcb_verify_notes_make(const struct dcb_verification *verification,
                           struct dcb_verify_notes *ret_notes)
{
    *ret_notes = (struct dcb_verify_notes){.items = NULL};
    if (verification->stopped)
        add_note(ret_notes, false,
                 dcb_xstrdup("interrupted: this is what is known so far"));
    note_missing(verification, ret_notes);
    note_skipped(verification, ret_notes);
    note_standard(verification, ret_notes);
}

void dcb_verify_notes_clear(struct dcb_verify_notes *notes)
{
    for (size_t i = 0; i < notes->count; i++)
        free(notes->items[i].text);
    free(notes->items);
    *notes = (struct dcb_verify_notes){.items = NULL};
}
