#include "trace.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "format_bytes.h"
#include "utf8.h"
#include "xalloc.h"

enum {
    FIELDS_MAX = 10,
    FRAGMENTS = 64 << 10 /* bytes a repeat: nobody's objects, but room between them */
};

static const char *const whats[DCB_TRACE_WHAT_COUNT] = {
    [DCB_TRACE_CALL] = "CALL",
    [DCB_TRACE_RETURN] = "RETURN",
    [DCB_TRACE_C_CALL] = "C_CALL",
    [DCB_TRACE_C_RETURN] = "C_RETURN",
    [DCB_TRACE_C_EXCEPTION] = "C_EXCEPTION",
    [DCB_TRACE_CLOCK] = "CLOCK",
    [DCB_TRACE_START] = "START",
    [DCB_TRACE_BUILT] = "BUILT",
    [DCB_TRACE_COPIED] = "COPIED",
    [DCB_TRACE_DROPPED] = "DROPPED",
    [DCB_TRACE_TRIMMED] = "TRIMMED",
};

/* No machine has more, and sums of some of them are still below 2^63. */
static const uint64_t bytes_max = UINT64_C(1) << 56;

const char *dcb_trace_what_name(enum dcb_trace_what what)
{
    return whats[what];
}

/* ---- what a worker writes ---- */

void dcb_trace_quota_spend(struct dcb_trace_quota *quota)
{
    quota->written++;
    if (quota->written * 2 <= quota->left)
        return;
    quota->left -= quota->left < quota->written ? quota->left : quota->written;
    quota->written = 0;
    if (quota->least_bytes <= UINT64_MAX / 2)
        quota->least_bytes *= 2;
}

/* A line, cut at its tabs in place. */
struct line {
    char *fields[FIELDS_MAX];
    size_t count;
};

static void split(char *text, struct line *line)
{
    *line = (struct line){.count = 0};
    while (line->count < FIELDS_MAX) {
        line->fields[line->count++] = text;
        text = strchr(text, '\t');
        if (!text)
            return;
        *text++ = '\0';
    }
}

static bool number(const char *text, uint64_t most, uint64_t *ret_value)
{
    unsigned long long value;

    if (!*text || text[strspn(text, "0123456789")])
        return false;
    errno = 0;
    value = strtoull(text, NULL, 10);
    *ret_value = value;
    return errno == 0 && value <= most;
}

/* No process is of no size: 0 is what a worker writes where /proc does not tell. */
static bool size(const char *text, uint64_t *ret_bytes)
{
    return number(text, bytes_max, ret_bytes) && *ret_bytes > 0;
}

/* Cut to its room, and a line of text whatever it was. */
static void take_name(char *name, const char *text)
{
    char *clean = dcb_xstrdup(text);

    dcb_utf8_make_line(clean);
    snprintf(name, DCB_TRACE_NAME_MAX, "%s", clean);
    dcb_utf8_mend(name);
    free(clean);
}

static bool take_sample(struct dcb_trace_cell *cell, const struct line *line)
{
    struct dcb_trace_sample sample = {.event = 0};
    uint64_t number_of_line;
    int what = 0;

    if (line->count != 9)
        return false;
    while (what < DCB_TRACE_WHAT_COUNT && strcmp(whats[what], line->fields[3]) != 0)
        what++;
    if (what == DCB_TRACE_WHAT_COUNT ||
        !number(line->fields[1], INT64_MAX, &sample.event) ||
        !number(line->fields[2], INT64_MAX, &sample.clock_ns) ||
        !number(line->fields[5], UINT32_MAX, &number_of_line) ||
        !size(line->fields[7], &sample.rss_bytes))
        return false;
    sample.before = strcmp(line->fields[8], "PREV") == 0;
    if ((!sample.before && strcmp(line->fields[8], "NEXT") != 0) ||
        cell->sample_count >= 2 * DCB_TRACE_SAMPLES)
        return false;
    sample.what = (enum dcb_trace_what)what;
    sample.line = (uint32_t)number_of_line;
    take_name(sample.file, line->fields[4]);
    take_name(sample.function, line->fields[6]);
    cell->samples[cell->sample_count++] = sample;
    return true;
}

static bool take_repeat(struct dcb_trace_cell *cell, const struct line *line)
{
    struct dcb_trace_repeat repeat = {.exact = false};

    if (line->count != 8 || cell->repeat_count >= DCB_TRACE_REPEATS_MAX ||
        !size(line->fields[1], &repeat.start_bytes) ||
        !size(line->fields[2], &repeat.built_bytes) ||
        !size(line->fields[3], &repeat.peak_bytes) ||
        !size(line->fields[5], &repeat.dropped_bytes) ||
        !size(line->fields[6], &repeat.end_bytes) ||
        !number(line->fields[7], INT64_MAX, &repeat.copy_ns))
        return false;
    repeat.exact = strcmp(line->fields[4], "exact") == 0;
    cell->repeats =
        dcb_xrealloc(cell->repeats, cell->repeat_count + 1, sizeof *cell->repeats);
    cell->repeats[cell->repeat_count++] = repeat;
    return true;
}

static bool take_term(struct dcb_trace_cell *cell, const struct line *line)
{
    struct dcb_trace_term term = {.count = 0};

    if (line->count != 5 || cell->term_count >= DCB_TRACE_TERMS_MAX ||
        !number(line->fields[2], bytes_max, &term.count) ||
        !number(line->fields[3], bytes_max, &term.bytes) ||
        !number(line->fields[4], bytes_max, &term.taken_bytes))
        return false;
    take_name(term.name, line->fields[1]);
    cell->terms[cell->term_count++] = term;
    return true;
}

static bool take_line(struct dcb_trace_cell *cell, const struct line *line)
{
    const char *kind = line->fields[0];

    if (strcmp(kind, "sample") == 0)
        return take_sample(cell, line);
    if (strcmp(kind, "repeat") == 0)
        return take_repeat(cell, line);
    if (strcmp(kind, "term") == 0)
        return take_term(cell, line);
    if (strcmp(kind, "untraced") == 0)
        return line->count == 2 && number(line->fields[1], INT64_MAX, &cell->untraced_ns);
    if (strcmp(kind, "dropped") == 0)
        return line->count == 2 && number(line->fields[1], INT64_MAX, &cell->dropped);
    if (strcmp(kind, "no-memo") != 0 || line->count != 2 || cell->no_memo)
        return false;
    cell->no_memo = dcb_xstrdup(line->fields[1]);
    dcb_utf8_make_line(cell->no_memo);
    return true;
}

int dcb_trace_read(struct dcb_trace_cell *cell, const char *text, struct dcb_error *err)
{
    char *own = dcb_xstrdup(text), *at = own, *newline;
    size_t lines = 0;
    int rc = 0;

    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    cell->samples = dcb_xcalloc(lines + 1, sizeof *cell->samples);
    for (lines = 1; rc == 0 && (newline = strchr(at, '\n')); lines++) {
        struct line line;

        *newline = '\0';
        split(at, &line);
        if (!take_line(cell, &line))
            rc = dcb_error_set(err, DCB_ERROR_SYSTEM,
                               "line %zu of its samples is not of a worker's", lines);
        at = newline + 1;
    }
    free(own);
    return rc;
}

void dcb_trace_cell_clear(struct dcb_trace_cell *cell)
{
    free(cell->failure);
    free(cell->samples);
    free(cell->repeats);
    free(cell->no_memo);
    *cell = (struct dcb_trace_cell){.failure = NULL};
}

char *dcb_trace_place(const struct dcb_trace_cell *cell)
{
    static const char *const words[DCB_TRACE_WHAT_COUNT] = {
        [DCB_TRACE_START] = "building the container",
        [DCB_TRACE_BUILT] = "copying",
        [DCB_TRACE_COPIED] = "dropping container and copy",
    };
    const char *word = NULL;
    size_t repeat = 0;

    for (size_t i = 0; i < cell->sample_count; i++) {
        enum dcb_trace_what what = cell->samples[i].what;

        if (what < DCB_TRACE_START)
            continue;
        word = words[what];
        repeat += what == DCB_TRACE_START;
    }
    if (repeat == 0)
        return dcb_xstrdup("before the first repeat");
    return word ? dcb_xasprintf("while %s, in repeat %zu", word, repeat)
                : dcb_xasprintf("behind repeat %zu", repeat);
}

/* ---- what it comes to ---- */

/* Of the ends, a repeat. The first repeat leaves more behind than the others do, which is
 * no leak: it is not among them. */
static struct dcb_interval slope_of(const struct dcb_trace_cell *cell)
{
    size_t count = cell->repeat_count - 1;
    double *repeats = dcb_xcalloc(count + 1, sizeof *repeats),
           *ends = dcb_xcalloc(count + 1, sizeof *ends);
    struct dcb_interval slope;

    for (size_t i = 0; i < count; i++) {
        repeats[i] = (double)i;
        ends[i] = (double)cell->repeats[i + 1].end_bytes;
    }
    slope = dcb_stats_slope(repeats, ends, count);
    free(repeats);
    free(ends);
    return slope;
}

static void sum_terms(const struct dcb_trace_cell *cell,
                      struct dcb_trace_summary *summary)
{
    for (size_t i = 0; i < cell->term_count; i++) {
        summary->theory_bytes += cell->terms[i].taken_bytes;
        summary->theory_asked_bytes += cell->terms[i].bytes;
    }
}

static double slowdown_of(const struct dcb_trace_cell *cell)
{
    double *times = dcb_xcalloc(cell->repeat_count, sizeof *times), median;

    for (size_t i = 0; i < cell->repeat_count; i++)
        times[i] = (double)cell->repeats[i].copy_ns;
    median = dcb_stats_median(times, cell->repeat_count);
    free(times);
    return cell->untraced_ns ? median / (double)cell->untraced_ns : DCB_UNKNOWN;
}

bool dcb_trace_summarize(const struct dcb_trace_cell *cell, uint64_t size_bytes,
                         struct dcb_trace_summary *ret_summary)
{
    struct dcb_trace_summary summary = {.exact = true, .least_peak_bytes = UINT64_MAX};
    double above;

    if (cell->repeat_count == 0)
        return false;
    for (size_t i = 0; i < cell->repeat_count; i++) {
        const struct dcb_trace_repeat *repeat = &cell->repeats[i];

        summary.exact = summary.exact && repeat->exact;
        if (repeat->peak_bytes > summary.peak_bytes)
            summary.peak_bytes = repeat->peak_bytes;
        if (repeat->peak_bytes < summary.least_peak_bytes)
            summary.least_peak_bytes = repeat->peak_bytes;
        if (repeat->dropped_bytes > repeat->end_bytes + summary.kept_bytes)
            summary.kept_bytes = repeat->dropped_bytes - repeat->end_bytes;
    }
    summary.start_bytes = cell->repeats[0].start_bytes;
    summary.end_bytes = cell->repeats[cell->repeat_count - 1].end_bytes;
    sum_terms(cell, &summary);
    above = (double)summary.peak_bytes - (double)summary.start_bytes;
    summary.of_theory =
        summary.theory_bytes ? above / (double)summary.theory_bytes : DCB_UNKNOWN;
    summary.of_size = size_bytes ? above / (double)size_bytes : DCB_UNKNOWN;
    summary.slope = slope_of(cell);
    summary.slope_known = !isnan(summary.slope.estimate);
    summary.grows = summary.slope_known && summary.slope.low > 0 &&
                    summary.slope.estimate > fmax(FRAGMENTS, (double)size_bytes / 1000);
    summary.slowdown = slowdown_of(cell);
    *ret_summary = summary;
    return true;
}

char *dcb_trace_leak_text(const struct dcb_trace_summary *summary)
{
    char slope[DCB_FORMAT_BYTES_SIZE], low[DCB_FORMAT_BYTES_SIZE],
        high[DCB_FORMAT_BYTES_SIZE];

    if (!summary->slope_known)
        return dcb_xasprintf("too few repeats to tell of a leak (at least %d)",
                             DCB_STATS_SLOPE_POINTS + 1);
    return dcb_xasprintf("%s: %s a repeat (%s to %s)%s",
                         summary->grows ? "grows" : "no leak",
                         dcb_format_bytes_change(slope, summary->slope.estimate),
                         dcb_format_bytes_change(low, summary->slope.low),
                         dcb_format_bytes_change(high, summary->slope.high),
                         summary->slope.low > 0 && !summary->grows
                             ? ", no more than fragments of the heap may leave"
                             : "");
}
