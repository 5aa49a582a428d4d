#include "events.h"

/* The kernel's header comes first: libpfm4's own declares the same types otherwise. */
#include <linux/perf_event.h>
#include <perfmon/pfmlib_perf_event.h>

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "event_names.h"
#include "events_private.h"
#include "model.h"
#include "strbuf.h"
#include "text_table.h"
#include "xalloc.h"

int dcb_events_open(struct dcb_error *err)
{
    int rc = pfm_initialize();

    if (rc != PFM_SUCCESS)
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "libpfm4: %s", pfm_strerror(rc));
    return 0;
}

void dcb_events_close(void)
{
    pfm_terminate();
}

/* ---- encoding ---- */

/* What libpfm4 makes of an event string. */
struct code {
    struct perf_event_attr attr;
    char *full;      /* the whole string; owned */
    const char *pmu; /* libpfm4's name */
};

static const char *pmu_of_event(int index)
{
    pfm_event_info_t event = {.size = sizeof event};
    pfm_pmu_info_t pmu = {.size = sizeof pmu};

    if (pfm_get_event_info(index, PFM_OS_PERF_EVENT_EXT, &event) != PFM_SUCCESS ||
        pfm_get_pmu_info(event.pmu, &pmu) != PFM_SUCCESS)
        return "";
    return pmu.name;
}

/* PFM_SUCCESS or libpfm4's error. The caller frees `full` in either case. */
static int encode(const char *text, int levels, struct code *ret_code)
{
    pfm_perf_encode_arg_t argument = {
        .attr = &ret_code->attr, .fstr = &ret_code->full, .size = sizeof argument};
    int rc;

    *ret_code = (struct code){.attr = {.size = sizeof ret_code->attr}};
    rc = pfm_get_os_event_encoding(text, levels, PFM_OS_PERF_EVENT_EXT, &argument);
    if (rc == PFM_SUCCESS)
        ret_code->pmu = pmu_of_event(argument.idx);
    return rc;
}

static struct dcb_event make_event(const char *name, const struct code *code)
{
    const struct perf_event_attr *attr = &code->attr;
    const char *full = code->full ? code->full : name;
    struct dcb_event event = {
        .software = attr->type == PERF_TYPE_SOFTWARE,
        .type = attr->type,
        .config = attr->config,
        .config1 = attr->config1,
        .config2 = attr->config2,
        .user_only = attr->exclude_kernel,
        .quality = DCB_QUALITY_EXACT,
        .stimulus = dcb_event_stimulus(name),
    };

    snprintf(event.name, sizeof event.name, "%s", name);
    snprintf(event.pmu, sizeof event.pmu, "%s", code->pmu);
    snprintf(event.encoding, sizeof event.encoding, "%.200s%s type=%u config=0x%llx",
             full, strlen(full) > 200 ? "..." : "", attr->type,
             (unsigned long long)attr->config);
    return event;
}

/* ---- the candidates of a row ---- */

static void read_cpuinfo(char *ret_text, size_t size)
{
    int fd = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, ret_text, size - 1);

    ret_text[length < 0 ? 0 : length] = '\0';
    if (fd >= 0)
        close(fd);
}

/* The PMU of the cores, by libpfm4's name: the first whose events are known here, since
 * libpfm4 finds the architectural PMU of Intel beside it, and two on a hybrid machine
 * (the performance cores' first). NULL where it knows none: the CPU may be newer. */
static const char *find_core_pmu(void)
{
    const char *found = NULL;
    pfm_pmu_t pmu;

    pfm_for_all_pmus(pmu)
    {
        pfm_pmu_info_t info = {.size = sizeof info};

        if (pfm_get_pmu_info(pmu, &info) != PFM_SUCCESS || !info.is_present ||
            info.type != PFM_PMU_TYPE_CORE || strcmp(info.name, "ix86arch") == 0)
            continue;
        if (dcb_event_family(info.name, NULL) != DCB_FAMILY_OTHER)
            return info.name;
        found = found ? found : info.name;
    }
    return found;
}

static bool has_code(const struct dcb_event *events, size_t count,
                     const struct dcb_event *event)
{
    for (size_t i = 0; i < count; i++) {
        if (events[i].type == event->type && events[i].config == event->config &&
            events[i].config1 == event->config1)
            return true;
    }
    return false;
}

/* False where it does not encode here. */
static bool make_candidate(const char *pmu, const char *row,
                           const struct dcb_event_name *name, struct dcb_event *ret_event)
{
    bool generic = !*name->text;
    struct code code;
    char *text;
    int rc;

    if (!generic && !pmu)
        return false;
    text = dcb_xasprintf("%s::%s", generic ? "perf" : pmu, generic ? row : name->text);
    rc = encode(text, PFM_PLM3, &code);
    if (rc == PFM_SUCCESS) {
        *ret_event = make_event(row, &code);
        ret_event->quality = name->quality;
        snprintf(ret_event->counts, sizeof ret_event->counts, "%s", name->counts);
    }
    free(code.full);
    free(text);
    return rc == PFM_SUCCESS;
}

static size_t make_candidates(const char *pmu, enum dcb_event_family family,
                              const char *row, struct dcb_event *ret_events, size_t max)
{
    const struct dcb_event_name *names = dcb_event_names(family, row);
    size_t count = 0;

    for (size_t i = 0; names && names[i].text && count < max; i++) {
        struct dcb_event event;

        if (make_candidate(pmu, row, &names[i], &event) &&
            !has_code(ret_events, count, &event))
            ret_events[count++] = event;
    }
    return count;
}

size_t dcb_events_candidates_of(const char *pmu, const char *name,
                                struct dcb_event *ret_events, size_t max)
{
    return make_candidates(pmu, dcb_event_family(pmu, NULL), name, ret_events, max);
}

size_t dcb_events_candidates(const char *name, struct dcb_event *ret_events, size_t max)
{
    const char *pmu = find_core_pmu();
    char cpuinfo[4096] = "";

    if (!pmu)
        read_cpuinfo(cpuinfo, sizeof cpuinfo);
    return make_candidates(pmu, dcb_event_family(pmu, cpuinfo), name, ret_events, max);
}

/* ---- what the user wrote ---- */

/* r1a2b, with modifiers behind a colon or without. */
static bool is_raw(const char *text)
{
    size_t digits = *text == 'r' ? strspn(text + 1, "0123456789abcdefABCDEF") : 0;

    return digits >= 1 && digits <= 16 && (!text[1 + digits] || text[1 + digits] == ':');
}

/* The kernel's generic event of a row, and what it counts on this CPU. */
static void describe_row(struct dcb_event *event)
{
    struct dcb_event all[DCB_EVENT_CANDIDATES_MAX];
    size_t count = dcb_events_candidates(event->name, all, DCB_EVENT_CANDIDATES_MAX);

    for (size_t i = 0; i < count; i++) {
        if (all[i].type == event->type && all[i].config == event->config) {
            event->quality = all[i].quality;
            snprintf(event->counts, sizeof event->counts, "%s", all[i].counts);
        }
    }
}

static int check_modifiers(const char *text, const struct perf_event_attr *attr,
                           struct dcb_error *err)
{
    if (attr->exclude_user || attr->precise_ip || attr->exclusive || attr->pinned ||
        attr->sample_period ||
        (attr->type != PERF_TYPE_SOFTWARE && !attr->exclude_kernel))
        return dcb_error_set(
            err, DCB_ERROR_USAGE,
            "--events: '%s': only user space is counted, and no event is "
            "sampled, precise, pinned or exclusive; leave the modifier out",
            text);
    return 0;
}

static int encode_text(const char *text, struct code *ret_code)
{
    const struct dcb_row *row = dcb_row_find(text);
    bool software = row && row->source == DCB_ROW_SOFTWARE, raw = is_raw(text);
    char *name = dcb_xasprintf("%s%s", row ? "perf::" : raw ? "perf_raw::" : "", text);
    int rc = encode(name, PFM_PLM3 | (software ? PFM_PLM0 : 0), ret_code);

    if (rc == PFM_SUCCESS && raw) { /* libpfm4's string has no number in it */
        free(ret_code->full);
        ret_code->full = dcb_xstrdup(name);
    }
    free(name);
    return rc;
}

int dcb_events_encode(const char *text, struct dcb_event *ret_event,
                      struct dcb_error *err)
{
    struct code code;
    int rc;

    if (strlen(text) >= sizeof ret_event->name)
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "--events: '%.40s...' is too long: %zu bytes at most; a raw "
                             "code (r1a2b) is short",
                             text, sizeof ret_event->name - 1);
    rc = encode_text(text, &code);
    if (rc != PFM_SUCCESS) {
        free(code.full);
        return dcb_events_refuse(text, rc, err);
    }
    rc = check_modifiers(text, &code.attr, err);
    if (rc == 0) {
        *ret_event = make_event(text, &code);
        if (dcb_row_find(text))
            describe_row(ret_event);
    }
    free(code.full);
    return rc;
}

/* ---- PMUs ---- */

void dcb_events_list_pmus(struct dcb_strbuf *out, bool names_only,
                          struct dcb_text_table *table)
{
    pfm_pmu_t pmu;

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "PMU");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "what it is");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "events");
    dcb_text_table_column(table, DCB_ALIGN_RIGHT, "counters");
    pfm_for_all_pmus(pmu)
    {
        pfm_pmu_info_t info = {.size = sizeof info};

        if (pfm_get_pmu_info(pmu, &info) != PFM_SUCCESS || !info.is_present)
            continue;
        if (names_only)
            dcb_strbuf_appendf(out, "%s\n", info.name);
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", info.name);
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", info.desc);
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%d", info.nevents);
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%d",
                            info.num_cntrs + info.num_fixed_cntrs);
    }
}
