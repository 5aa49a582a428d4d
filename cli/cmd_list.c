#include "commands.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "catalog.h"
#include "error.h"
#include "events.h"
#include "model.h"
#include "nearest.h"
#include "options.h"
#include "specs.h"
#include "strbuf.h"
#include "term.h"
#include "text_table.h"

enum topic { TOPIC_IMPLS, TOPIC_WORKLOADS, TOPIC_EVENTS, TOPIC_PMUS, TOPIC_COUNT };

static const char *const topics[TOPIC_COUNT] = {"impls", "workloads", "events", "pmus"};

struct listing {
    const struct cli_options *options;
    struct dcb_text_table *table;
    struct dcb_strbuf out;
};

/* -q: names alone, one a line, for programs and for completion. */
static bool bare(const struct listing *listing)
{
    return listing->options->verbosity < 0;
}

/* What a workload is, without its name, which its first line begins with. */
static const char *without_name(const char *summary, const char *name)
{
    size_t length = strlen(name);

    return strncasecmp(summary, name, length) == 0 &&
                   strncmp(summary + length, ": ", 2) == 0
               ? summary + length + 2
               : summary;
}

static void list_parts(struct listing *listing, const struct dcb_catalog *catalog,
                       enum dcb_catalog_part part, const struct dcb_names *names)
{
    struct dcb_text_table *table = listing->table;

    dcb_text_table_column(table, DCB_ALIGN_LEFT, "name");
    if (part == DCB_CATALOG_WORKLOADS)
        dcb_text_table_column(table, DCB_ALIGN_LEFT, "in all");
    dcb_text_table_column(table, DCB_ALIGN_LEFT, "what it is");
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->items[i];
        char *summary = dcb_catalog_summary(catalog, part, name);

        if (bare(listing))
            dcb_strbuf_appendf(&listing->out, "%s\n", name);
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", name);
        if (part == DCB_CATALOG_WORKLOADS)
            dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                                cli_specs_in_all(name) ? "yes" : "no");
        dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", without_name(summary, name));
        free(summary);
    }
}

static int list_builtin(struct listing *listing, enum dcb_catalog_part part,
                        struct dcb_error *err)
{
    struct dcb_catalog catalog;
    struct dcb_names names = {.items = NULL};
    int rc;

    if (dcb_catalog_open(&catalog, err) != 0)
        return -1;
    rc = dcb_catalog_names(&catalog, part, &names, err);
    if (rc == 0)
        list_parts(listing, &catalog, part, &names);
    dcb_names_clear(&names);
    dcb_catalog_clear(&catalog);
    return rc;
}

/* ---- events ---- */

/* Encodings take more than a line of a terminal: they are shown with -v, and to programs
 * always. */
static bool shows_encodings(const struct listing *listing)
{
    return listing->options->verbosity > 0 || listing->options->format != CLI_TABLE;
}

/* What a row is counted by here, in the order of trying. Kernel rows have one way. */
static size_t find_encodings(const struct dcb_row *row, struct dcb_event *ret_events)
{
    if (row->source == DCB_ROW_PMU)
        return dcb_events_candidates(row->name, ret_events, DCB_EVENT_CANDIDATES_MAX);
    return row->source == DCB_ROW_SOFTWARE &&
           dcb_events_encode(row->name, ret_events, NULL) == 0;
}

static void list_event(struct listing *listing, const struct dcb_row *row,
                       const struct dcb_event *event)
{
    struct dcb_text_table *table = listing->table;
    bool nothing = !event && row->source != DCB_ROW_CLOCK;
    enum dcb_quality quality = event ? event->quality : DCB_QUALITY_EXACT;

    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", row->name);
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        row->source == DCB_ROW_PMU ? "hardware" : "kernel");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        nothing ? "none" : dcb_quality_name(quality));
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s",
                        nothing                   ? "no event known for this CPU"
                        : event && *event->counts ? event->counts
                                                  : row->meaning);
    if (!shows_encodings(listing))
        return;
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", event ? event->pmu : "-");
    dcb_text_table_cell(table, DCB_STYLE_PLAIN, "%s", event ? event->encoding : "-");
}

/* The first encoding of each row, or with -v all. */
static void list_rows(struct listing *listing)
{
    static const char *const titles[] = {"event",          "provider", "quality",
                                         "what it counts", "PMU",      "encoding"};
    size_t columns = shows_encodings(listing) ? 6 : 4;

    for (size_t i = 0; i < columns; i++)
        dcb_text_table_column(listing->table, DCB_ALIGN_LEFT, titles[i]);
    for (size_t i = 0; i < DCB_ROW_COUNT; i++) {
        struct dcb_event events[DCB_EVENT_CANDIDATES_MAX];
        size_t count = find_encodings(&dcb_rows[i], events);

        if (count == 0)
            list_event(listing, &dcb_rows[i], NULL);
        for (size_t k = 0; k < count && (k == 0 || listing->options->verbosity > 0); k++)
            list_event(listing, &dcb_rows[i], &events[k]);
    }
}

static int list_events(struct listing *listing, struct dcb_error *err)
{
    if (bare(listing)) {
        for (size_t i = 0; i < DCB_ROW_COUNT; i++)
            dcb_strbuf_appendf(&listing->out, "%s\n", dcb_rows[i].name);
        return 0;
    }
    if (dcb_events_open(err) != 0)
        return -1;
    list_rows(listing);
    dcb_events_close();
    return 0;
}

static int list_pmus(struct listing *listing, struct dcb_error *err)
{
    if (dcb_events_open(err) != 0)
        return -1;
    dcb_events_list_pmus(&listing->out, bare(listing), listing->table);
    dcb_events_close();
    return 0;
}

static int find_topic(const struct cli_options *options, struct dcb_error *err)
{
    const char *word = options->operands.count ? options->operands.items[0] : NULL;
    const char *near;

    if (!word || options->operands.count > 1)
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "list: name one of impls, workloads, events, pmus");
    for (int i = 0; i < TOPIC_COUNT; i++) {
        if (strcmp(topics[i], word) == 0)
            return i;
    }
    near = dcb_nearest(word, topics, TOPIC_COUNT);
    return dcb_error_set(err, DCB_ERROR_USAGE,
                         "list: there is no list of '%s'%s%s%s; name one of impls, "
                         "workloads, events, pmus",
                         word, near ? "; did you mean '" : "", near ? near : "",
                         near ? "'?" : "");
}

static int print_listing(struct listing *listing, struct dcb_error *err)
{
    static const enum dcb_table_format formats[] = {[CLI_TABLE] = DCB_TABLE_TEXT,
                                                    [CLI_MARKDOWN] = DCB_TABLE_MARKDOWN,
                                                    [CLI_CSV] = DCB_TABLE_CSV};

    if (!bare(listing))
        dcb_text_table_print(listing->table, formats[listing->options->format], 0,
                             cli_term_color(listing->options->color, STDOUT_FILENO),
                             &listing->out);
    return cli_term_print(listing->out.text ? listing->out.text : "", err);
}

int cli_list(const struct cli_options *options, struct dcb_error *err)
{
    struct listing listing = {.options = options, .out = DCB_STRBUF_INIT};
    int topic = find_topic(options, err), rc = 0;

    if (topic < 0)
        return -1;
    if (options->format == CLI_JSON)
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "list: no --format json; take csv, or -q for bare names");
    listing.table = dcb_text_table_new();
    switch ((enum topic)topic) {
    case TOPIC_IMPLS:
        rc = list_builtin(&listing, DCB_CATALOG_IMPLS, err);
        break;
    case TOPIC_WORKLOADS:
        rc = list_builtin(&listing, DCB_CATALOG_WORKLOADS, err);
        break;
    case TOPIC_EVENTS:
        rc = list_events(&listing, err);
        break;
    case TOPIC_PMUS:
    case TOPIC_COUNT:
        rc = list_pmus(&listing, err);
    }
    if (rc == 0)
        rc = print_listing(&listing, err);
    dcb_text_table_free(listing.table);
    dcb_strbuf_clear(&listing.out);
    return rc;
}
