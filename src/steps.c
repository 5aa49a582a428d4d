#include "steps.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

/* Of a standard normal: the median of its absolute value. */
#define NORMAL_MEDIAN 0.674489750196

/* Scores beyond so many standard errors count as so many. With five values on a side even
 * those can make a step that is clear; one alone cannot. */
#define CLIP 3.0

/* Errors are at least so large: equal files have none. */
#define LEAST_ERROR 1e-7

enum {
    BLOCK_MAX = 32,    /* values of a block that drift is told from, and */
    BLOCKS_LEAST = 24, /* how many blocks a series must have for that */
    ROUNDS = 60,       /* of a bisection */
    ROUNDS_SIZE = 10   /* of one whose result is shown to two digits */
};

_Static_assert(DCB_STEPS_DRIFT == 2 * BLOCKS_LEAST, "blocks have two values at least");

/* Logarithms of ratios are less than that. */
#define SIZE_LEAST 0.0005
#define SIZE_MOST  4.0

/* The series in hand. */
struct series {
    const struct dcb_steps_value *values;
    size_t count;
    double *scale;                 /* standard error of each, with what is between them */
    double variance;               /* of the scores at least, slow changes taken in */
    double *scratch;               /* [count] */
    double *sum, *weight, *square; /* [count + 1] up to each value of a window */
};

/* A place in [from, to). */
struct place {
    size_t from, to, first;
    double clear; /* 0: none */
};

/* ---- scales ---- */

/* The middle one of the values, which it puts out of order (C. A. R. Hoare,
 * Communications of the ACM 4, 1961). */
static double middle(double *values, size_t count)
{
    size_t low = 0, high = count - 1, wanted = count / 2;

    while (low < high) {
        double pivot = values[(low + high) / 2];
        size_t i = low, k = high;

        for (;;) {
            while (values[i] < pivot)
                i++;
            while (values[k] > pivot)
                k--;
            if (i >= k)
                break;
            double kept = values[i];

            values[i++] = values[k];
            values[k--] = kept;
        }
        if (wanted <= k)
            high = k;
        else
            low = k + 1;
    }
    return values[wanted];
}

static double pair_error(const struct series *series, size_t i, double between)
{
    double one = series->values[i].error, other = series->values[i + 1].error;

    return sqrt(one * one + other * other + 2 * between * between) + LEAST_ERROR;
}

static double step_to_next(const struct series *series, size_t i)
{
    return fabs(series->values[i + 1].value - series->values[i].value);
}

/* Whether at least half of the differences of neighbours are as small as those of a
 * normal distribution would be. */
static bool is_enough(const struct series *series, double between)
{
    size_t small = 0, pairs = series->count - 1;

    for (size_t i = 0; i < pairs; i++)
        small +=
            step_to_next(series, i) <= NORMAL_MEDIAN * pair_error(series, i, between);
    return 2 * small >= pairs;
}

static double find_between(const struct series *series)
{
    double low = 0, high = LEAST_ERROR;

    if (is_enough(series, 0))
        return 0;
    while (!is_enough(series, high))
        high *= 2;
    for (int i = 0; i < ROUNDS; i++) {
        double half = low + (high - low) / 2;

        if (is_enough(series, half))
            high = half;
        else
            low = half;
    }
    return high;
}

/* Mean square of the differences of neighbours, in their errors: more than 1 where the
 * tails are heavier than a normal's. A step adds little: it is clipped. In a short series
 * that would be enough to hide it: there the largest difference is left out. */
static double tail_variance(const struct series *series, double between)
{
    double sum = 0, largest = 0;

    for (size_t i = 0; i + 1 < series->count; i++) {
        double size =
            fmin(step_to_next(series, i) / pair_error(series, i, between), CLIP);

        sum += size * size;
        largest = fmax(largest, size * size);
    }
    if (series->count < DCB_STEPS_DRIFT)
        return (sum - largest) / (double)(series->count - 2);
    return sum / (double)(series->count - 1);
}

/* Variance of the mean of `length` values in parts of what it would be if they were
 * independent: from the differences of neighbouring blocks of so many (W. B. Wu and
 * Z. Zhao, Journal of the Royal Statistical Society B 69, 2007). */
static double block_variance(struct series *series, const double *scores, size_t length)
{
    size_t places = series->count - 2 * length + 1;
    double difference = 0, size;

    for (size_t i = 0; i < length; i++)
        difference += scores[length + i] - scores[i];
    for (size_t i = 0; i < places; i++) {
        series->scratch[i] = fabs(difference);
        if (i + 1 < places)
            difference += scores[i + 2 * length] - 2 * scores[i + length] + scores[i];
    }
    size = middle(series->scratch, places) / NORMAL_MEDIAN;
    return size * size / (2 * (double)length);
}

static double slow_variance(struct series *series)
{
    double *scores = series->sum; /* not in use yet */
    double centre, most = 1;

    for (size_t i = 0; i < series->count; i++)
        series->scratch[i] = series->values[i].value;
    centre = middle(series->scratch, series->count);
    for (size_t i = 0; i < series->count; i++)
        scores[i] = (series->values[i].value - centre) / series->scale[i];
    for (size_t length = 2; length <= BLOCK_MAX && length * BLOCKS_LEAST <= series->count;
         length *= 2)
        most = fmax(most, block_variance(series, scores, length));
    return most;
}

static void set_scales(struct series *series, struct dcb_steps *steps)
{
    double slow;

    steps->between = find_between(series);
    for (size_t i = 0; i < series->count; i++)
        series->scale[i] = hypot(series->values[i].error, steps->between) + LEAST_ERROR;
    slow = slow_variance(series);
    series->variance = fmax(1, tail_variance(series, steps->between)) * slow;
    steps->slow = sqrt(slow);
}

/* ---- one window ---- */

/* How far the value lies from the centre, in its standard errors. */
static double score_of(const struct series *series, size_t i, double centre)
{
    double score = (series->values[i].value - centre) / series->scale[i];

    return score > CLIP ? CLIP : score < -CLIP ? -CLIP : score;
}

/* Centre of the values in [from, to): a few steps of Huber's estimator from the median.
 * *ret_weight: of all, 1/variance. */
static double centre_of(struct series *series, size_t from, size_t to, double *ret_weight)
{
    double centre, weight = 0;

    for (size_t i = from; i < to; i++) {
        series->scratch[i - from] = series->values[i].value;
        weight += 1 / (series->scale[i] * series->scale[i]);
    }
    centre = middle(series->scratch, to - from);
    for (int round = 0; round < 10; round++) {
        double sum = 0;

        for (size_t i = from; i < to; i++)
            sum += score_of(series, i, centre) / series->scale[i];
        centre += sum / weight;
    }
    *ret_weight = weight;
    return centre;
}

/* Sums of the scores about the window's centre, weighted by their errors. About its
 * median they would not do: of two halves that lie far apart it is in one. */
static void sum_scores(struct series *series, size_t from, size_t to)
{
    double weight, centre = centre_of(series, from, to, &weight);

    series->sum[0] = series->weight[0] = series->square[0] = 0;
    for (size_t i = 0; i < to - from; i++) {
        double scale = series->scale[from + i];
        double score = score_of(series, from + i, centre);

        series->sum[i + 1] = series->sum[i] + score / scale;
        series->weight[i + 1] = series->weight[i] + 1 / (scale * scale);
        series->square[i + 1] = series->square[i] + score * score;
    }
}

/* How clear the difference is between the first `first` of the window and the others. */
static double clarity(const struct series *series, size_t count, size_t first)
{
    double before = series->weight[first], behind = series->weight[count] - before;
    double sum_before = series->sum[first], sum_behind = series->sum[count] - sum_before;
    double difference = sum_behind / behind - sum_before / before;
    double left = series->square[count] - sum_before * sum_before / before -
                  sum_behind * sum_behind / behind;
    double variance = left / (double)(count - 2);

    if (!(variance > series->variance))
        variance = series->variance;
    return fabs(difference) / sqrt(variance * (1 / before + 1 / behind));
}

static struct place search(struct series *series, size_t from, size_t to)
{
    struct place best = {.from = from, .to = to};
    size_t count = to - from;

    if (count < 2 * DCB_STEPS_SEGMENT)
        return best;
    sum_scores(series, from, to);
    for (size_t i = DCB_STEPS_SEGMENT; i + DCB_STEPS_SEGMENT <= count; i++) {
        double clear = clarity(series, count, i);

        if (clear > best.clear) {
            best.clear = clear;
            best.first = from + i;
        }
    }
    return best;
}

/* ---- all windows ---- */

struct places {
    struct place *items;
    size_t count, capacity;
};

static void add_place(struct places *places, const struct place *place)
{
    places->items =
        dcb_xgrow(places->items, places->count, &places->capacity, sizeof *places->items);
    places->items[places->count++] = *place;
}

/* The narrowest first, of equals the clearest, then the first. */
static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    size_t width = a->to - a->from, other = b->to - b->from;

    if (width != other)
        return width < other ? -1 : 1;
    if (a->clear != b->clear)
        return a->clear > b->clear ? -1 : 1;
    return (a->from > b->from) - (a->from < b->from);
}

/* Windows of a length, each half of it behind the one before. */
static void search_length(struct series *series, size_t length, double threshold,
                          struct places *places, double *clearest)
{
    size_t windows = 2 * ((series->count + length - 1) / length) - 1;
    size_t room = series->count - length;

    for (size_t i = 0; i < windows; i++) {
        size_t from = windows > 1 ? i * room / (windows - 1) : 0;
        struct place place = search(series, from, from + length);

        *clearest = fmax(*clearest, place.clear);
        if (place.clear > threshold)
            add_place(places, &place);
    }
}

static void search_all(struct series *series, double threshold, struct places *places,
                       double *clearest)
{
    double length = (double)series->count;

    while ((size_t)length >= 2 * DCB_STEPS_SEGMENT) {
        search_length(series, (size_t)length, threshold, places, clearest);
        length /= sqrt(2);
    }
    if (places->count)
        qsort(places->items, places->count, sizeof *places->items, compare_places);
}

static int compare_sizes(const void *left, const void *right)
{
    const size_t *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

/* The narrowest windows that show a step and have none of the others in them; returns how
 * many, and where, in their order. */
static size_t choose(const struct places *places, size_t *firsts)
{
    size_t count = 0;

    for (size_t i = 0; i < places->count; i++) {
        const struct place *place = &places->items[i];
        bool taken = false;

        for (size_t k = 0; k < count; k++)
            taken |= firsts[k] > place->from && firsts[k] < place->to;
        if (!taken)
            firsts[count++] = place->first;
    }
    if (count)
        qsort(firsts, count, sizeof *firsts, compare_sizes);
    return count;
}

/* ---- steps ---- */

/* Each step once more, between the ones at its sides. The least clear one that is not
 * clear enough there goes, until all are. */
static size_t refine(struct series *series, size_t *firsts, size_t count,
                     double threshold)
{
    for (bool again = count > 0; again && count;) {
        double least = HUGE_VAL;
        size_t worst = 0;

        for (size_t i = 0; i < count; i++) {
            size_t from = i ? firsts[i - 1] : 0;
            size_t to = i + 1 < count ? firsts[i + 1] : series->count;
            struct place place = search(series, from, to);

            if (place.clear > threshold)
                firsts[i] = place.first;
            if (place.clear < least) {
                least = place.clear;
                worst = i;
            }
        }
        again = least <= threshold;
        if (again) {
            count--;
            memmove(&firsts[worst], &firsts[worst + 1], (count - worst) * sizeof *firsts);
        }
    }
    return count;
}

static struct dcb_step make_step(struct series *series, size_t from, size_t first,
                                 size_t to)
{
    double before, behind;
    double low = centre_of(series, from, first, &before);
    double change = centre_of(series, first, to, &behind) - low;
    double error = sqrt(series->variance * (1 / before + 1 / behind));
    double half = error * dcb_stats_t_quantile(0.975, (double)(to - from - 2));

    return (struct dcb_step){
        .first = first,
        .from = from,
        .to = to,
        .change = {.estimate = change, .low = change - half, .high = change + half}};
}

double dcb_steps_threshold(size_t count, double rate)
{
    double n = (double)count, normal = 2 * log(n / rate);

    /* The scales of a short series are uncertain themselves; so as for Student's t. */
    return sqrt(2 * n * expm1(normal / (2 * n)));
}

static void find_in(struct series *series, double rate, struct dcb_steps *steps)
{
    double threshold = dcb_steps_threshold(series->count, rate);
    struct places places = {.items = NULL};
    size_t *firsts, count;

    set_scales(series, steps);
    search_all(series, threshold, &places, &steps->clearest);
    firsts = dcb_xcalloc(places.count + 1, sizeof *firsts);
    count = refine(series, firsts, choose(&places, firsts), threshold);
    steps->steps = dcb_xcalloc(count + 1, sizeof *steps->steps);
    steps->count = count;
    for (size_t i = 0; i < count; i++)
        steps->steps[i] = make_step(series, i ? firsts[i - 1] : 0, firsts[i],
                                    i + 1 < count ? firsts[i + 1] : series->count);
    free(firsts);
    free(places.items);
}

/* All that a series is worked on with, in one piece. */
static double *give_room(struct series *series)
{
    size_t size = series->count + 1;
    double *room = dcb_xcalloc(5 * size, sizeof *room);

    series->scale = room;
    series->scratch = room + size;
    series->sum = room + 2 * size;
    series->weight = room + 3 * size;
    series->square = room + 4 * size;
    return room;
}

void dcb_steps_find(const struct dcb_steps_value *values, size_t count, double rate,
                    struct dcb_steps *ret_steps)
{
    double *room;
    struct series series = {.values = values, .count = count};

    *ret_steps = (struct dcb_steps){.slow = 1};
    if (count < 2 * DCB_STEPS_SEGMENT)
        return;
    room = give_room(&series);
    find_in(&series, rate, ret_steps);
    free(room);
}

/* How clear a step of `size` in the middle would be. */
static double moved_clarity(struct series *series, const struct dcb_steps_value *values,
                            struct dcb_steps_value *moved, double size)
{
    struct dcb_steps ignored;
    size_t half = series->count / 2;

    for (size_t i = 0; i < series->count; i++) {
        moved[i] = values[i];
        moved[i].value += i < half ? 0 : size;
    }
    series->values = moved;
    set_scales(series, &ignored);
    sum_scores(series, 0, series->count);
    return clarity(series, series->count, half);
}

double dcb_steps_detectable(const struct dcb_steps_value *values, size_t count,
                            double rate)
{
    struct series series = {.values = values, .count = count};
    double threshold = dcb_steps_threshold(count, rate), low = 0, high = SIZE_LEAST;
    double *room, present, ignored;
    struct dcb_steps_value *moved;
    struct dcb_steps scales;

    if (count < 2 * DCB_STEPS_SEGMENT)
        return HUGE_VAL;
    room = give_room(&series);
    moved = dcb_xcalloc(count, sizeof *moved);
    set_scales(&series, &scales);
    /* The halves lie apart by chance already. */
    present = centre_of(&series, count / 2, count, &ignored);
    present -= centre_of(&series, 0, count / 2, &ignored);
    /* From below: what is very large looks like a drift and is clipped. */
    while (high < SIZE_MOST &&
           moved_clarity(&series, values, moved, high - present) <= threshold) {
        low = high;
        high *= 2;
    }
    for (int i = 0; i < ROUNDS_SIZE; i++) {
        double size = low + (high - low) / 2;

        if (moved_clarity(&series, values, moved, size - present) > threshold)
            high = size;
        else
            low = size;
    }
    free(moved);
    free(room);
    return high < SIZE_MOST ? high : HUGE_VAL;
}

void dcb_steps_clear(struct dcb_steps *steps)
{
    free(steps->steps);
    *steps = (struct dcb_steps){.slow = 1};
}
