#include "distribution.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "spark.h"
#include "strbuf.h"
#include "utf8.h"
#include "xalloc.h"

enum {
    LABEL_WIDTH = 18,
    HISTOGRAM_MIN = 10,
    HISTOGRAM_MAX = 41,
    BINS_MIN = 9,
    BOX_MIN = 18, /* the ends of the axis stand side by side */
    BOX_MAX = 50
};

/* The shortest axis, in logarithms: 0.1 %. */
static const double shortest_axis = 0.001;

/* One arm on its axis. Log ratios, or logarithms of times. */
struct arm {
    char *label;
    const double *values; /* sorted */
    size_t count;
    struct dcb_interval interval;
    double from, to;  /* of what is not far out */
    double low, high; /* the axis */
};

/* ---- arms ---- */

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

/* Between the two sorted values that it lies between, in proportion. */
static double quantile(const double *sorted, size_t count, double p)
{
    double place = p * (double)(count - 1);
    size_t index = (size_t)place;
    double part = place - (double)index;

    return index + 1 < count ? sorted[index] + part * (sorted[index + 1] - sorted[index])
                             : sorted[count - 1];
}

/* The outermost values that are not far out. Where half of all values are equal, nothing
 * is called far out: their middle half has no width. */
static void set_extent(struct arm *arm)
{
    double first = quantile(arm->values, arm->count, 0.25);
    double third = quantile(arm->values, arm->count, 0.75);
    double reach = third > first ? 3 * (third - first) : HUGE_VAL;
    size_t low = 0, high = arm->count - 1;

    while (arm->values[low] < first - reach)
        low++;
    while (arm->values[high] > third + reach)
        high--;
    arm->from = arm->values[low];
    arm->to = arm->values[high];
}

/* The rows that have values; *ret_count of them. Free with free_arms. */
static struct arm *new_arms(struct dcb_distribution_row *rows, size_t count,
                            double (*map)(double), size_t *ret_count)
{
    struct arm *arms = dcb_xcalloc(count + 1, sizeof *arms);

    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct arm *arm = &arms[*ret_count];
        size_t finite = 0;

        for (size_t k = 0; k < rows[i].count; k++) {
            double value = map ? map(rows[i].values[k]) : rows[i].values[k];

            if (isfinite(value))
                rows[i].values[finite++] = value;
        }
        if (finite == 0)
            continue;
        qsort(rows[i].values, finite, sizeof *rows[i].values, compare_doubles);
        *arm = (struct arm){.label = dcb_utf8_shorten(rows[i].label, LABEL_WIDTH),
                            .values = rows[i].values,
                            .count = finite,
                            .interval = rows[i].interval};
        set_extent(arm);
        ++*ret_count;
    }
    return arms;
}

static void free_arms(struct arm *arms, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(arms[i].label);
    free(arms);
}

static size_t widest_label(const struct arm *arms, size_t count)
{
    size_t widest = 0;

    for (size_t i = 0; i < count; i++) {
        size_t width = dcb_utf8_width(arms[i].label);

        widest = width > widest ? width : widest;
    }
    return widest;
}

/* "2 below"; "" for none. */
static char *beyond_text(size_t count, const char *where)
{
    return count ? dcb_xasprintf("%zu %s", count, where) : dcb_xstrdup("");
}

static size_t count_below(const struct arm *arm)
{
    size_t count = 0;

    while (count < arm->count && arm->values[count] < arm->low)
        count++;
    return count;
}

static size_t count_above(const struct arm *arm)
{
    size_t count = 0;

    while (count < arm->count && arm->values[arm->count - 1 - count] > arm->high)
        count++;
    return count;
}

/* ---- lines ---- */

/* The cell of `cells` on the arm's axis, if `value` lies on it. What lies on the border
 * of two, as an estimate in the middle of its interval does, belongs to the right one,
 * whatever its last digit is: files have eight of them. */
static bool find_cell(const struct arm *arm, double value, size_t cells, size_t *ret_cell)
{
    const double border = 0.001;
    double place = (value - arm->low) / (arm->high - arm->low) * (double)cells + border;

    if (!(value >= arm->low && value <= arm->high))
        return false;
    *ret_cell = place >= (double)cells ? cells - 1 : (size_t)place;
    return true;
}

static void mark(const struct arm *arm, double value, char c, char *line, size_t width)
{
    size_t column;

    if (find_cell(arm, value, width, &column))
        line[column] = c;
}

/* From one value to another, both on the axis or none of it. */
static void draw(const struct arm *arm, double from, double to, char c, char *line,
                 size_t width)
{
    size_t first, last;

    if (!find_cell(arm, from, width, &first) || !find_cell(arm, to, width, &last))
        return;
    for (size_t i = first; i <= last; i++)
        line[i] = c;
}

/* A line with its blanks, and none at its end. Empties the buffer. */
static void put_line(struct dcb_strbuf *line, struct dcb_strbuf *out)
{
    while (line->length && line->text[line->length - 1] == ' ')
        line->length--;
    dcb_strbuf_append_bytes(out, line->text, line->length);
    dcb_strbuf_append(out, "\n");
    dcb_strbuf_clear(line);
}

static void put_left(struct dcb_strbuf *line, const char *text, size_t width)
{
    size_t used = dcb_utf8_width(text);

    dcb_strbuf_append(line, text);
    dcb_strbuf_pad(line, ' ', used < width ? width - used : 0);
}

static void put_right(struct dcb_strbuf *line, const char *text, size_t width)
{
    size_t used = dcb_utf8_width(text);

    dcb_strbuf_pad(line, ' ', used < width ? width - used : 0);
    dcb_strbuf_append(line, text);
}

/* What is left of the line, between bounds. */
static size_t plot_width(const struct dcb_distribution_style *style, size_t used,
                         size_t least, size_t most)
{
    size_t left = style->width > used ? style->width - used : 0;

    return left < least ? least : left > most ? most : left;
}

/* ---- ratios ---- */

/* How a histogram and what stands around it share the line. */
struct sheet {
    const struct dcb_distribution_style *style;
    size_t label, low, high; /* columns of the texts */
    size_t bins, bin_width;
};

/* Axes of one length, each about the middle of its arm; the interval of a few workers may
 * be wider than they lie. */
static void set_axes(struct arm *arms, size_t count)
{
    double length = shortest_axis;

    for (size_t i = 0; i < count; i++) {
        arms[i].low = fmin(arms[i].from, arms[i].interval.low); /* NAN is no number */
        arms[i].high = fmax(arms[i].to, arms[i].interval.high);
        length = fmax(length, arms[i].high - arms[i].low);
    }
    length *= 1.02; /* so that the outermost values do not stand on the very ends */
    for (size_t i = 0; i < count; i++) {
        double middle = arms[i].low + (arms[i].high - arms[i].low) / 2;

        arms[i].low = middle - length / 2;
        arms[i].high = middle + length / 2;
    }
}

/* An end of an axis as a change, with as many digits as its length asks for. */
static const char *end_text(char *text, const struct arm *arm, double end)
{
    return arm->high - arm->low < 0.02 ? dcb_format_fine_change(text, exp(end))
                                       : dcb_format_change(text, exp(end));
}

/* At most about twice the square root of the number of workers: bins that have some each.
 */
static struct sheet new_sheet(const struct dcb_distribution_style *style,
                              const struct arm *arms, size_t count)
{
    struct sheet sheet = {.style = style, .label = widest_label(arms, count)};
    char text[DCB_FORMAT_SIZE];
    size_t most = 1, width, bins;

    for (size_t i = 0; i < count; i++) {
        char *below = beyond_text(count_below(&arms[i]), "below");
        char *above = beyond_text(count_above(&arms[i]), "above");
        size_t low = strlen(end_text(text, &arms[i], arms[i].low));
        size_t high = strlen(end_text(text, &arms[i], arms[i].high));

        low = strlen(below) > low ? strlen(below) : low;
        high = strlen(above) > high ? strlen(above) : high;
        sheet.low = low > sheet.low ? low : sheet.low;
        sheet.high = high > sheet.high ? high : sheet.high;
        most = arms[i].count > most ? arms[i].count : most;
        free(below);
        free(above);
    }
    width = plot_width(style, style->indent + sheet.label + sheet.low + sheet.high + 4,
                       HISTOGRAM_MIN, HISTOGRAM_MAX);
    bins = (size_t)(2 * sqrt((double)most));
    bins = bins < BINS_MIN ? BINS_MIN : bins;
    sheet.bin_width = (width + bins - 1) / bins;
    sheet.bins = width / sheet.bin_width;
    return sheet;
}

static void put_histogram(const struct sheet *sheet, const struct arm *arm,
                          struct dcb_strbuf *line)
{
    size_t *counts = dcb_xcalloc(sheet->bins, sizeof *counts), largest = 1, bin;

    for (size_t i = 0; i < arm->count; i++) {
        if (find_cell(arm, arm->values[i], sheet->bins, &bin))
            counts[bin]++;
    }
    for (size_t i = 0; i < sheet->bins; i++)
        largest = counts[i] > largest ? counts[i] : largest;
    for (size_t i = 0; i < sheet->bins; i++) {
        /* A single worker is seen, however many others there are. */
        size_t level = (DCB_SPARK_LEVELS * counts[i] + largest - 1) / largest;

        for (size_t k = 0; k < sheet->bin_width; k++)
            dcb_strbuf_append(line, dcb_spark_level(sheet->style->utf8, level));
    }
    free(counts);
}

static void put_ratio_row(const struct sheet *sheet, const struct arm *arm,
                          struct dcb_strbuf *out)
{
    struct dcb_strbuf line = DCB_STRBUF_INIT;
    char text[DCB_FORMAT_SIZE];

    dcb_strbuf_pad(&line, ' ', sheet->style->indent);
    put_left(&line, arm->label, sheet->label + 2);
    put_right(&line, end_text(text, arm, arm->low), sheet->low);
    dcb_strbuf_append(&line, " ");
    put_histogram(sheet, arm, &line);
    dcb_strbuf_append(&line, " ");
    dcb_strbuf_append(&line, end_text(text, arm, arm->high));
    put_line(&line, out);
}

static void put_interval_row(const struct sheet *sheet, const struct arm *arm,
                             struct dcb_strbuf *out)
{
    size_t width = sheet->bins * sheet->bin_width;
    struct dcb_strbuf line = DCB_STRBUF_INIT;
    char *marks = dcb_xcalloc(width + 1, 1);
    char *below = beyond_text(count_below(arm), "below");
    char *above = beyond_text(count_above(arm), "above");

    memset(marks, ' ', width);
    draw(arm, arm->interval.low, arm->interval.high, '-', marks, width);
    mark(arm, 0, '|', marks, width);
    mark(arm, arm->interval.low, '[', marks, width);
    mark(arm, arm->interval.high, ']', marks, width);
    mark(arm, arm->interval.estimate, 'o', marks, width);
    dcb_strbuf_pad(&line, ' ', sheet->style->indent + sheet->label + 2);
    put_right(&line, below, sheet->low);
    dcb_strbuf_appendf(&line, " %s ", marks);
    dcb_strbuf_append(&line, above);
    put_line(&line, out);
    free(marks);
    free(below);
    free(above);
}

void dcb_distribution_ratios(struct dcb_distribution_row *rows, size_t count,
                             const struct dcb_distribution_style *style,
                             struct dcb_strbuf *out)
{
    struct arm *arms = new_arms(rows, count, NULL, &count);
    struct sheet sheet;

    set_axes(arms, count);
    sheet = new_sheet(style, arms, count);
    for (size_t i = 0; i < count; i++) {
        put_ratio_row(&sheet, &arms[i], out);
        put_interval_row(&sheet, &arms[i], out);
    }
    free_arms(arms, count);
}

/* ---- times ---- */

/* One axis for all. */
static void set_common_axis(struct arm *arms, size_t count)
{
    double low = arms[0].from, high = arms[0].to;

    for (size_t i = 1; i < count; i++) {
        low = fmin(low, arms[i].from);
        high = fmax(high, arms[i].to);
    }
    if (high - low < shortest_axis) {
        double middle = low + (high - low) / 2;

        low = middle - shortest_axis / 2;
        high = middle + shortest_axis / 2;
    }
    for (size_t i = 0; i < count; i++) {
        arms[i].low = low;
        arms[i].high = high;
    }
}

/* "1 below, 2 above": workers that the axis has no place for. */
static char *both_beyond_text(const struct arm *arm)
{
    char *below = beyond_text(count_below(arm), "below");
    char *above = beyond_text(count_above(arm), "above");
    char *text = dcb_xasprintf("%s%s%s", below, *below && *above ? ", " : "", above);

    free(below);
    free(above);
    return text;
}

static void put_box(const struct arm *arm, size_t width, struct dcb_strbuf *line)
{
    double first = quantile(arm->values, arm->count, 0.25);
    double third = quantile(arm->values, arm->count, 0.75);
    char *marks = dcb_xcalloc(width + 1, 1);

    memset(marks, ' ', width);
    for (size_t i = 0; i < arm->count; i++) {
        if (arm->values[i] < arm->from || arm->values[i] > arm->to)
            mark(arm, arm->values[i], '*', marks, width);
    }
    draw(arm, arm->from, arm->to, '-', marks, width);
    mark(arm, arm->from, '|', marks, width);
    mark(arm, arm->to, '|', marks, width);
    draw(arm, first, third, '=', marks, width);
    mark(arm, first, '[', marks, width);
    mark(arm, third, ']', marks, width);
    mark(arm, quantile(arm->values, arm->count, 0.5), 'o', marks, width);
    dcb_strbuf_append(line, marks);
    free(marks);
}

static void put_time_row(const struct dcb_distribution_style *style,
                         const struct arm *arm, size_t label, size_t width,
                         struct dcb_strbuf *out)
{
    struct dcb_strbuf line = DCB_STRBUF_INIT;
    char *beyond = both_beyond_text(arm);

    dcb_strbuf_pad(&line, ' ', style->indent);
    put_left(&line, arm->label, label + 2);
    put_box(arm, width, &line);
    dcb_strbuf_appendf(&line, "  %s", beyond);
    put_line(&line, out);
    free(beyond);
}

/* The times at the ends, below them. */
static void put_time_axis(const struct dcb_distribution_style *style,
                          const struct arm *arm, size_t label, size_t width,
                          struct dcb_strbuf *out)
{
    struct dcb_strbuf line = DCB_STRBUF_INIT;
    char low[DCB_FORMAT_SIZE], high[DCB_FORMAT_SIZE];

    dcb_format_time(low, exp(arm->low));
    dcb_format_time(high, exp(arm->high));
    dcb_strbuf_pad(&line, ' ', style->indent + label + 2);
    dcb_strbuf_append(&line, low);
    put_right(&line, high, width - strlen(low));
    put_line(&line, out);
}

void dcb_distribution_times(struct dcb_distribution_row *rows, size_t count,
                            const struct dcb_distribution_style *style,
                            struct dcb_strbuf *out)
{
    struct arm *arms = new_arms(rows, count, log, &count);
    size_t label, width, longest = 0;

    if (count == 0) {
        free_arms(arms, count);
        return;
    }
    set_common_axis(arms, count);
    label = widest_label(arms, count);
    for (size_t i = 0; i < count; i++) {
        char *beyond = both_beyond_text(&arms[i]);

        longest = strlen(beyond) > longest ? strlen(beyond) : longest;
        free(beyond);
    }
    width = plot_width(style, style->indent + label + 4 + longest, BOX_MIN, BOX_MAX);
    for (size_t i = 0; i < count; i++)
        put_time_row(style, &arms[i], label, width, out);
    put_time_axis(style, &arms[0], label, width, out);
    free_arms(arms, count);
}
