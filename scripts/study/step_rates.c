/*
 * How often `dcbench history` sees a step where there is none, and how well it finds one
 * that is there: histories made by a random generator go through src/steps.c. Prints the
 * tables of docs/methodology.md, "Steps in a history". Takes two minutes; the same
 * numbers every time.
 *
 *     make build/tests/step_rates && build/tests/step_rates
 *
 * A result has a standard error of 0.2 % (0.1 to 0.4 %, log-uniform), and its log ratio
 * differs from the truth by a normal error of that size and by what is added for `noise`.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "rng.h"
#include "steps.h"
#include "xalloc.h"

/* As history.c asks for. */
#define RATE 0.005

enum { MOST = 2000 };

enum kind { ERRORS_ALONE, NORMAL, HEAVY, OUTLIERS, DRIFT, MODES };

struct noise {
    const char *name;
    enum kind kind;
    double size, correlation;
};

static const struct noise noises[] = {
    {"errors alone", ERRORS_ALONE, 0, 0},
    {"between runs 0.4 %", NORMAL, 0.004, 0},
    {"the same, Student's t3", HEAVY, 0.004, 0},
    {"1 in 10 with 5 times more", OUTLIERS, 0.002, 0},
    {"drift, correlation 0.3", DRIFT, 0.003, 0.3},
    {"drift, correlation 0.5", DRIFT, 0.003, 0.5},
    {"drift, correlation 0.7", DRIFT, 0.003, 0.7},
    {"drift, correlation 0.9", DRIFT, 0.003, 0.9},
    {"two modes, 1 % apart", MODES, 0.01, 0.8},
};

static const size_t counts[] = {10, 20, 50, 100, 300, 1000, 2000};

enum {
    NOISES = sizeof noises / sizeof noises[0],
    COUNTS = sizeof counts / sizeof counts[0]
};

static double uniform(struct dcb_rng *rng)
{
    return ((double)(dcb_rng_next(rng) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(struct dcb_rng *rng)
{
    double size = sqrt(-2 * log(uniform(rng)));

    return size * cos(2 * 3.14159265358979324 * uniform(rng));
}

/* With three degrees of freedom. */
static double student(struct dcb_rng *rng)
{
    double a = normal(rng), b = normal(rng), c = normal(rng);

    return normal(rng) / sqrt((a * a + b * b + c * c) / 3);
}

static double between(const struct noise *noise, double *wave, struct dcb_rng *rng)
{
    double part = noise->correlation;

    switch (noise->kind) {
    case ERRORS_ALONE:
        break;
    case NORMAL:
        return noise->size * normal(rng);
    case HEAVY:
        return noise->size * student(rng);
    case OUTLIERS:
        return noise->size * normal(rng) * (uniform(rng) < 0.1 ? 5 : 1);
    case DRIFT:
        *wave = part * *wave + sqrt(1 - part * part) * normal(rng);
        return noise->size * *wave;
    case MODES: /* such as two machines; each result on that of the one before, or not */
        if (uniform(rng) > part)
            *wave = -*wave;
        return *wave > 0 ? noise->size : 0;
    }
    return 0;
}

static void make(struct dcb_steps_value *values, size_t count, const struct noise *noise,
                 struct dcb_rng *rng)
{
    double wave = normal(rng);

    for (size_t i = 0; i < count; i++) {
        double error = 0.002 * exp2(2 * uniform(rng) - 1);

        values[i] = (struct dcb_steps_value){
            .value = error * normal(rng) + between(noise, &wave, rng), .error = error};
    }
}

static void false_steps(void)
{
    static struct dcb_steps_value values[MOST];

    printf("Histories without a step that are said to have one, of 1000\n%-26s", "noise");
    for (size_t k = 0; k < COUNTS; k++)
        printf(" %6zu", counts[k]);
    printf("  results\n");
    for (size_t i = 0; i < NOISES; i++) {
        printf("%-26s", noises[i].name);
        for (size_t k = 0; k < COUNTS; k++) {
            size_t histories = 1000000 / counts[k], wrong = 0;
            struct dcb_rng rng = {.state = dcb_rng_derive(i, k)};

            histories = histories > 20000 ? 20000 : histories < 1000 ? 1000 : histories;
            for (size_t round = 0; round < histories; round++) {
                struct dcb_steps steps;

                make(values, counts[k], &noises[i], &rng);
                dcb_steps_find(values, counts[k], RATE, &steps);
                wrong += steps.count > 0;
                dcb_steps_clear(&steps);
            }
            printf(" %6.1f", 1000 * (double)wrong / (double)histories);
            fflush(stdout);
        }
        printf("\n");
    }
}

struct found {
    size_t one, more, covered;
    double off;
};

static void look(const struct dcb_steps_value *values, size_t count, size_t at,
                 double size, struct found *found)
{
    struct dcb_steps steps;
    const struct dcb_step *step;

    dcb_steps_find(values, count, RATE, &steps);
    step = steps.steps;
    found->more += steps.count > 1;
    if (steps.count == 1) {
        found->one++;
        found->off += fabs((double)step->first - (double)at);
        found->covered += step->change.low <= size && size <= step->change.high;
    }
    dcb_steps_clear(&steps);
}

static void planted_steps(const struct noise *noise)
{
    static struct dcb_steps_value values[MOST];
    static const struct {
        size_t count, at;
    } places[] = {{10, 5},   {12, 6},   {15, 7},      {20, 10},    {20, 15},
                  {100, 50}, {100, 92}, {2000, 1000}, {2000, 1992}};
    static const double sizes[] = {0.005, 0.01, 0.02, 0.03};

    printf("\nOne step planted; noise: %s\n%-8s %8s %6s %8s %8s %8s %9s\n", noise->name,
           "results", "behind", "step", "found", "more", "off by", "interval");
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
            size_t count = places[i].count, rounds = count == MOST ? 100 : 1000;
            struct dcb_rng rng = {.state = dcb_rng_derive(100 + i, k)};
            struct found found = {.one = 0};

            for (size_t round = 0; round < rounds; round++) {
                make(values, count, noise, &rng);
                for (size_t at = places[i].at; at < count; at++)
                    values[at].value += sizes[k];
                look(values, count, places[i].at, sizes[k], &found);
            }
            printf("%-8zu %8zu %4.1f %% %6.1f %% %6.1f %%", count, count - places[i].at,
                   100 * sizes[k], 100 * (double)found.one / (double)rounds,
                   100 * (double)found.more / (double)rounds);
            if (found.one >= 20)
                printf(" %8.1f %7.0f %%\n", found.off / (double)found.one,
                       100 * (double)found.covered / (double)found.one);
            else
                printf(" %8s %9s\n", "-", "-");
        }
    }
}

/* Neighbours that lie far off, the last ones: how often they are called a step. */
static void far_off(void)
{
    static struct dcb_steps_value values[MOST];
    static const size_t lengths[] = {10, 15, 20, 40, 100, 300};
    enum { HISTORIES = 2000 };

    printf("\nThe last results 5 %% off; noise: %s; said to be a step\n", noises[1].name);
    for (size_t off = 1; off < DCB_STEPS_SEGMENT; off++) {
        printf("%zu", off);
        for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
            size_t count = lengths[k], found = 0;
            struct dcb_rng rng = {.state = dcb_rng_derive(200 + off, k)};

            for (size_t round = 0; round < HISTORIES; round++) {
                struct dcb_steps steps;

                make(values, count, &noises[1], &rng);
                for (size_t i = count - off; i < count; i++)
                    values[i].value += 0.05;
                dcb_steps_find(values, count, RATE, &steps);
                found += steps.count > 0;
                dcb_steps_clear(&steps);
            }
            printf("  of %zu: %.1f %%", count, 100 * (double)found / HISTORIES);
        }
        printf("\n");
    }
}

int main(void)
{
    far_off();
    false_steps();
    planted_steps(&noises[1]);
    planted_steps(&noises[2]);
    return 0;
}
