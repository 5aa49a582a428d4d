#include "simulation.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "stats.h"
#include "xalloc.h"

const char *const dcb_simulated_names[DCB_SIM_EVENTS] = {
    "Ir",   "Dr",   "Dw", "I1mr", "D1mr", "D1mw", "ILmr",
    "DLmr", "DLmw", "Bc", "Bcm",  "Bi",   "Bim"};

static const struct dcb_simulated_row rows[] = {
    {"instructions", "Ir", DCB_SIM_IR, DCB_SIM_IR, NULL},
    {"branches", "Bc+Bi", DCB_SIM_BC, DCB_SIM_BI,
     "conditional and indirect branches, without direct jumps and calls"},
    {"branch-misses", "Bcm+Bim", DCB_SIM_BCM, DCB_SIM_BIM,
     "those that callgrind's own predictor gets wrong"},
    {"L1-dcache-loads", "Dr", DCB_SIM_DR, DCB_SIM_DR, NULL},
    {"L1-dcache-load-misses", "D1mr", DCB_SIM_D1MR, DCB_SIM_D1MR,
     "data reads that miss a model of a cache"},
    {"LLC-loads", "D1mr", DCB_SIM_D1MR, DCB_SIM_D1MR,
     "data reads that miss the first level: there is no second level"},
    {"LLC-load-misses", "DLmr", DCB_SIM_DLMR, DCB_SIM_DLMR,
     "data reads that miss a model of a last-level cache"},
};

const struct dcb_simulated_row *dcb_simulated_row_find(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    return NULL;
}

double dcb_simulated_value(const struct dcb_simulated *simulated,
                           const struct dcb_simulated_row *row)
{
    uint64_t count = simulated->counts[row->first];

    if (simulated->iterations == 0)
        return DCB_UNKNOWN;
    if (row->last != row->first)
        count += simulated->counts[row->last];
    return (double)count / (double)simulated->iterations;
}

double dcb_simulated_estimated_cycles(const struct dcb_simulated *simulated)
{
    const uint64_t *n = simulated->counts;
    double memory = (double)(n[DCB_SIM_ILMR] + n[DCB_SIM_DLMR] + n[DCB_SIM_DLMW]);
    double last = (double)(n[DCB_SIM_I1MR] + n[DCB_SIM_D1MR] + n[DCB_SIM_D1MW]) - memory;
    double first =
        (double)(n[DCB_SIM_IR] + n[DCB_SIM_DR] + n[DCB_SIM_DW]) - last - memory;

    if (simulated->iterations == 0)
        return DCB_UNKNOWN;
    return (first + 5 * last + 35 * memory) / (double)simulated->iterations;
}

enum { ITERATIONS_MAX = 100, WARMUPS_MAX = 100 };

struct dcb_simulated_effort dcb_simulated_effort(uint64_t weight)
{
    uint64_t iterations = DCB_SIM_CALLS / (weight ? weight : 1), warmups;

    iterations = iterations == 0               ? 1
                 : iterations > ITERATIONS_MAX ? ITERATIONS_MAX
                                               : iterations;
    warmups = 2 * iterations + 1;
    return (struct dcb_simulated_effort){
        .iterations = iterations,
        .warmups = warmups > WARMUPS_MAX ? WARMUPS_MAX : warmups,
    };
}

double dcb_simulated_seconds(struct dcb_simulated_effort effort, double iteration_s)
{
    static const double counted = 250, uncounted = 30;

    return iteration_s * (counted * (double)(effort.iterations + 1) +
                          uncounted * (double)effort.warmups);
}

/* ---- callgrind's output ---- */

struct dumps {
    struct dcb_simulated_dump *items;
    size_t count, capacity;
    char label[sizeof((struct dcb_simulated_dump *)NULL)->label]; /* of the dump begun */
    bool begun;  /* there are events, and no totals so far */
    bool events; /* they are those that we ask for */
};

/* What stands behind `key` where the line begins with it; else NULL. */
static const char *value_of(const char *line, const char *key)
{
    size_t length = strlen(key);

    return strncmp(line, key, length) == 0 ? line + length : NULL;
}

static bool is_our_events(const char *names)
{
    for (size_t i = 0; i < DCB_SIM_EVENTS; i++) {
        size_t length = strlen(dcb_simulated_names[i]);

        names += strspn(names, " ");
        if (strncmp(names, dcb_simulated_names[i], length) != 0)
            return false;
        names += length;
    }
    return *names == '\0';
}

/* Callgrind leaves zeros at the end out. */
static int read_totals(const char *text, uint64_t *counts)
{
    size_t i = 0;

    memset(counts, 0, DCB_SIM_EVENTS * sizeof *counts);
    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        char *end;

        if (i == DCB_SIM_EVENTS || !isdigit((unsigned char)*text))
            return -1;
        errno = 0;
        counts[i++] = strtoull(text, &end, 10);
        if (errno != 0)
            return -1;
        text = end;
    }
    return i ? 0 : -1;
}

static int add_dump(struct dumps *dumps, const char *totals, struct dcb_error *err)
{
    struct dcb_simulated_dump *dump;

    if (!dumps->events)
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "callgrind's output has other events than were asked for");
    dumps->items =
        dcb_xgrow(dumps->items, dumps->count, &dumps->capacity, sizeof *dumps->items);
    dump = &dumps->items[dumps->count++];
    memcpy(dump->label, dumps->label, sizeof dump->label);
    dumps->label[0] = '\0';
    dumps->begun = dumps->events = false;
    if (read_totals(totals, dump->counts) != 0)
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "callgrind's output has totals that are no numbers: %.80s",
                             totals);
    return 0;
}

static int tell_cut(struct dcb_error *err)
{
    return dcb_error_set(err, DCB_ERROR_SYSTEM, "callgrind's output is cut");
}

static int read_line(struct dumps *dumps, const char *line, struct dcb_error *err)
{
    const char *value;

    if ((value = value_of(line, "desc: Trigger: Client Request: "))) {
        memccpy(dumps->label, value, '\0', sizeof dumps->label - 1);
    } else if ((value = value_of(line, "events: "))) {
        if (dumps->begun)
            return tell_cut(err);
        dumps->begun = true;
        dumps->events = is_our_events(value);
    } else if ((value = value_of(line, "totals: "))) {
        return add_dump(dumps, value, err);
    }
    return 0;
}

/* A line of any length, without its end. */
static int read_bytes(struct dumps *dumps, const char *bytes, size_t length,
                      struct dcb_error *err)
{
    char line[512];
    size_t used = length < sizeof line ? length : sizeof line - 1;

    memcpy(line, bytes, used);
    line[used] = '\0';
    /* Names of functions, and labels of others, may be cut; what we read may not. */
    if (used < length && (value_of(line, "events: ") || value_of(line, "totals: ")))
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "callgrind's output has a line of %zu bytes: %.40s...",
                             length, line);
    return read_line(dumps, line, err);
}

/* Others may have written to the file, too. */
static int check_text(const char *text, size_t length, struct dcb_error *err)
{
    static const char first[] = "# callgrind format\n";

    if (length == 0)
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "callgrind's output is empty");
    if (strncmp(text, first, length < sizeof first - 1 ? length : sizeof first - 1) != 0)
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "callgrind's output does not begin like one");
    if (memchr(text, '\0', length))
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "callgrind's output is no text");
    return memchr(text, '\n', length) ? 0 : tell_cut(err);
}

int dcb_simulated_parse(const char *text, size_t length,
                        struct dcb_simulated_dump **ret_dumps, size_t *ret_count,
                        struct dcb_error *err)
{
    struct dumps dumps = {.items = NULL};
    const char *end = text + length, *newline;
    int rc = check_text(text, length, err);

    for (; rc == 0 && (newline = memchr(text, '\n', (size_t)(end - text)));
         text = newline + 1)
        rc = read_bytes(&dumps, text, (size_t)(newline - text), err);
    if (rc == 0 && dumps.begun)
        rc = tell_cut(err);
    if (rc == 0 && dumps.count == 0)
        rc = dcb_error_set(err, DCB_ERROR_SYSTEM, "callgrind's output is empty");
    if (rc != 0) {
        free(dumps.items);
        return -1;
    }
    *ret_dumps = dumps.items;
    *ret_count = dumps.count;
    return 0;
}
