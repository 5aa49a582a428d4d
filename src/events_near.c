/* What was probably meant by an event string that libpfm4 refused. */
#include "events_private.h"

#include <linux/perf_event.h>
#include <perfmon/pfmlib_perf_event.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "error.h"
#include "model.h"
#include "nearest.h"
#include "strbuf.h"
#include "xalloc.h"

enum { SHOWN = 3 };

/* A refused string in its parts. */
struct parts {
    char *pmu;              /* before "::"; NULL where there is none */
    char *event;            /* up to the first ":" or "." behind it */
    const char *attributes; /* what follows, with its ":"; borrowed from the string */
};

static struct parts split(const char *text)
{
    const char *colons = strstr(text, "::"), *event = colons ? colons + 2 : text;
    size_t length = strcspn(event, ":.");

    return (struct parts){
        .pmu = colons ? dcb_xstrndup(text, (size_t)(colons - text)) : NULL,
        .event = dcb_xstrndup(event, length),
        .attributes = event + length,
    };
}

static void parts_clear(struct parts *parts)
{
    free(parts->pmu);
    free(parts->event);
}

/* ---- names ---- */

struct names {
    const char **items; /* borrowed: from libpfm4, which keeps them, or constant */
    size_t count, capacity;
};

static void add_name(struct names *names, const char *name)
{
    names->items =
        dcb_xgrow(names->items, names->count, &names->capacity, sizeof *names->items);
    names->items[names->count++] = name;
}

/* Whether libpfm4 encodes events of this PMU at all. */
static bool is_usable(const pfm_pmu_info_t *info)
{
    return info->is_present || getenv("LIBPFM_ENCODE_INACTIVE");
}

/* Whether libpfm4 looks at a PMU for an event: at that which is named; without a name at
 * those of the cores and the kernel's. */
static bool in_scope(const pfm_pmu_info_t *info, const char *pmu)
{
    if (pmu)
        return strcasecmp(info->name, pmu) == 0 && is_usable(info);
    return info->is_present &&
           (info->type == PFM_PMU_TYPE_CORE || info->type == PFM_PMU_TYPE_OS_GENERIC);
}

/* All events in scope. `ret_event` is one that is called `event`, or -1. */
static struct names scope_events(const struct parts *parts, int *ret_event)
{
    struct names names = {.items = NULL};
    pfm_pmu_t pmu;

    *ret_event = -1;
    pfm_for_all_pmus(pmu)
    {
        pfm_pmu_info_t info = {.size = sizeof info};

        if (pfm_get_pmu_info(pmu, &info) != PFM_SUCCESS || !in_scope(&info, parts->pmu))
            continue;
        for (int i = info.first_event; i >= 0; i = pfm_get_event_next(i)) {
            pfm_event_info_t event = {.size = sizeof event};

            if (pfm_get_event_info(i, PFM_OS_PERF_EVENT_EXT, &event) != PFM_SUCCESS)
                continue;
            add_name(&names, event.name);
            if (*ret_event < 0 && strcasecmp(event.name, parts->event) == 0)
                *ret_event = i;
        }
    }
    return names;
}

/* The unit masks of an event, and with `modifiers` what else may follow it. */
static struct names event_attributes(int event, bool modifiers)
{
    pfm_event_info_t info = {.size = sizeof info};
    struct names names = {.items = NULL};
    int i;

    if (pfm_get_event_info(event, PFM_OS_PERF_EVENT_EXT, &info) != PFM_SUCCESS)
        return names;
    pfm_for_each_event_attr(i, &info)
    {
        pfm_event_attr_info_t attribute = {.size = sizeof attribute};

        if (pfm_get_event_attr_info(event, i, PFM_OS_PERF_EVENT_EXT, &attribute) ==
                PFM_SUCCESS &&
            (modifiers || attribute.type == PFM_ATTR_UMASK))
            add_name(&names, attribute.name);
    }
    return names;
}

static bool contains(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcasecmp(names->items[i], name) == 0)
            return true;
    }
    return false;
}

/* ---- messages ---- */

/* "did you mean 'a', 'b' or 'c'?" of what is near, each with its surroundings. */
static void append_near(struct dcb_strbuf *out, const char *before, const char *word,
                        const char *after, const struct names *names)
{
    const char *near[SHOWN];
    size_t count = dcb_nearest_several(word, names->items, names->count, near, SHOWN);

    for (size_t i = 0; i < count; i++)
        dcb_strbuf_appendf(out, "%s'%s%s%s'",
                           i == 0           ? "; did you mean "
                           : i + 1 == count ? " or "
                                            : ", ",
                           before, near[i], after);
    if (count)
        dcb_strbuf_append(out, "?");
}

/* "needs a unit mask: A, B, C or one of 5 more" */
static void append_missing(struct dcb_strbuf *out, int event)
{
    enum { LISTED = 6 };
    struct names masks = event_attributes(event, false);

    dcb_strbuf_append(out, ": needs a unit mask");
    for (size_t i = 0; i < masks.count && i < LISTED; i++)
        dcb_strbuf_appendf(out, "%s%s", i ? ", " : ": ", masks.items[i]);
    if (masks.count > LISTED)
        dcb_strbuf_appendf(out, " or one of %zu more", masks.count - LISTED);
    free(masks.items);
}

/* The event is known: what is behind it is not. */
static void append_attribute(struct dcb_strbuf *out, const struct parts *parts,
                             const char *text, int event)
{
    struct names known = event_attributes(event, true);
    const char *at = parts->attributes;

    while (*at) {
        size_t length = strcspn(++at, ":.="), whole = strcspn(at, ":.");
        char *word = dcb_xstrndup(at, length);

        if (!contains(&known, word)) {
            char *before = dcb_xstrndup(text, (size_t)(at - text));

            dcb_strbuf_appendf(out, ": %s has no '%s'", parts->event, word);
            append_near(out, before, word, at + length, &known);
            free(before);
            free(word);
            break;
        }
        free(word);
        at += whole;
    }
    free(known.items);
}

/* The PMU before "::" is not one that can be used here. True where that was it. */
static bool append_pmu(struct dcb_strbuf *out, const struct parts *parts,
                       const char *text)
{
    struct names present = {.items = NULL};
    bool known = false, usable = false;
    pfm_pmu_t pmu;

    pfm_for_all_pmus(pmu)
    {
        pfm_pmu_info_t info = {.size = sizeof info};

        if (pfm_get_pmu_info(pmu, &info) != PFM_SUCCESS)
            continue;
        if (is_usable(&info))
            add_name(&present, info.name);
        if (strcasecmp(info.name, parts->pmu) == 0) {
            known = true;
            usable = usable || is_usable(&info);
        }
    }
    if (known && !usable)
        dcb_strbuf_appendf(out, ": this machine has no PMU '%s'", parts->pmu);
    else if (!usable)
        dcb_strbuf_appendf(out, ": libpfm4 knows no PMU '%s'", parts->pmu);
    if (!known)
        append_near(out, "", parts->pmu, text + strlen(parts->pmu), &present);
    free(present.items);
    return !usable;
}

/* What looks like a raw code: 0x1a2b, 1a2b, R1a2b. */
static const char *raw_digits(const char *text)
{
    const char *digits = text + (*text == 'r' || *text == 'R');

    digits += digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') ? 2 : 0;
    if (!*digits || strspn(digits, "0123456789abcdefABCDEF") != strlen(digits) ||
        strlen(digits) > 16 || !strpbrk(digits, "0123456789"))
        return NULL;
    return digits;
}

static void append_event(struct dcb_strbuf *out, const struct parts *parts,
                         const char *text, const struct names *events)
{
    const char *raw = raw_digits(text);
    char *before =
        dcb_xasprintf("%s%s", parts->pmu ? parts->pmu : "", parts->pmu ? "::" : "");
    struct names names = {.items = NULL};

    for (size_t i = 0; !parts->pmu && i < DCB_ROW_COUNT; i++)
        add_name(&names, dcb_rows[i].name);
    for (size_t i = 0; i < events->count; i++)
        add_name(&names, events->items[i]);
    dcb_strbuf_append(out, ": no such event");
    if (raw)
        dcb_strbuf_appendf(out, "; did you mean 'r%s'?", raw);
    else if (!dcb_row_find(text)) /* a row: the kernel's events are not here */
        append_near(out, before, parts->event, parts->attributes, &names);
    free(names.items);
    free(before);
}

int dcb_events_refuse(const char *text, int code, struct dcb_error *err)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    struct parts parts = split(text);
    int event;
    struct names events = scope_events(&parts, &event);

    if (event >= 0 && code == PFM_ERR_UMASK)
        append_missing(&out, event);
    else if (event >= 0)
        append_attribute(&out, &parts, text, event);
    else if (!parts.pmu || !append_pmu(&out, &parts, text))
        append_event(&out, &parts, text, &events);
    if (!out.length) /* a value, or a combination */
        dcb_strbuf_appendf(&out, ": %s", pfm_strerror(code));
    dcb_error_set(err, DCB_ERROR_USAGE,
                  "--events: '%s'%s ('dcbench list events' shows the rows; libpfm4 "
                  "strings are as in its own tools)",
                  text, out.text);
    dcb_strbuf_clear(&out);
    free(events.items);
    parts_clear(&parts);
    return -1;
}
