#include "events.h"

/* The kernel's header comes first: libpfm4's own declares the same types otherwise. */
#include <linux/perf_event.h>
#include <perfmon/pfmlib_perf_event.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "model.h"
#include "nearest.h"
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

/* The names a typo is compared with are the rows: libpfm4's are thousands. */
static const char *nearest_name(const char *text)
{
    const char *names[DCB_ROW_COUNT];

    for (size_t i = 0; i < DCB_ROW_COUNT; i++)
        names[i] = dcb_rows[i].name;
    return dcb_nearest(text, names, DCB_ROW_COUNT);
}

static int unknown_event(const char *text, int code, struct dcb_error *err)
{
    const char *near = nearest_name(text);

    return dcb_error_set(
        err, DCB_ERROR_USAGE,
        "--events: '%s': %s%s%s%s ('dcbench list events' shows the rows; "
        "libpfm4 strings are as in its own tools)",
        text, pfm_strerror(code), near ? "; did you mean '" : "", near ? near : "",
        near ? "'?" : "");
}

int dcb_events_encode(const char *text, struct dcb_event *ret_event,
                      struct dcb_error *err)
{
    struct perf_event_attr attr = {.size = sizeof attr};
    char *full = NULL;
    pfm_perf_encode_arg_t argument = {
        .attr = &attr, .fstr = &full, .size = sizeof argument};
    const struct dcb_row *row = dcb_row_find(text);
    char *name = row ? dcb_xasprintf("perf::%s", text) : dcb_xstrdup(text);
    int rc = pfm_get_os_event_encoding(
        name, PFM_PLM3 | (row && row->source == DCB_ROW_SOFTWARE ? PFM_PLM0 : 0),
        PFM_OS_PERF_EVENT_EXT, &argument);

    free(name);
    if (rc != PFM_SUCCESS) {
        free(full);
        return unknown_event(text, rc, err);
    }
    if (strlen(text) >= sizeof ret_event->name) {
        free(full);
        return dcb_error_set(err, DCB_ERROR_USAGE, "--events: '%s' is too long", text);
    }
    if (attr.exclude_user || attr.precise_ip || attr.exclusive || attr.pinned ||
        attr.sample_period || (attr.type != PERF_TYPE_SOFTWARE && !attr.exclude_kernel)) {
        free(full);
        return dcb_error_set(
            err, DCB_ERROR_USAGE,
            "--events: '%s': only user space is counted, and no event is "
            "sampled, precise, pinned or exclusive; leave the modifier out",
            text);
    }
    *ret_event = (struct dcb_event){
        .software = attr.type == PERF_TYPE_SOFTWARE,
        .type = attr.type,
        .config = attr.config,
        .config1 = attr.config1,
        .config2 = attr.config2,
        .user_only = attr.exclude_kernel,
    };
    snprintf(ret_event->name, sizeof ret_event->name, "%s", text);
    snprintf(ret_event->encoding, sizeof ret_event->encoding,
             "%.200s type=%u config=0x%llx", full ? full : text, attr.type,
             (unsigned long long)attr.config);
    free(full);
    return 0;
}

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
