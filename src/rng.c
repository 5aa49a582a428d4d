#include "rng.h"

#include <assert.h>

/* The odd number nearest to 2^64 over the golden ratio: steps of it visit every state. */
static const uint64_t step = 0x9e3779b97f4a7c15;

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

uint64_t dcb_rng_next(struct dcb_rng *rng)
{
    rng->state += step;
    return mix(rng->state);
}

uint64_t dcb_rng_below(struct dcb_rng *rng, uint64_t bound)
{
    assert(bound > 0);

    /* 2^64 mod bound: without that many of the lowest numbers, every remainder is left
     * equally often. */
    uint64_t excess = -bound % bound;
    uint64_t number;

    do
        number = dcb_rng_next(rng);
    while (number < excess);
    return number % bound;
}

void dcb_rng_shuffle(struct dcb_rng *rng, uint32_t *items, size_t count)
{
    for (size_t left = count; left > 1; left--) {
        size_t other = dcb_rng_below(rng, left);
        uint32_t item = items[left - 1];

        items[left - 1] = items[other];
        items[other] = item;
    }
}

uint64_t dcb_rng_derive(uint64_t seed, uint64_t index)
{
    /* Element `index` of a stream that starts far from the seed. Were it the seed's own
     * stream, derived numbers would be those that a generator with this seed returns, and
     * seeds one step apart would share all but one of theirs. The complement keeps seed 0
     * off the fixed point of mix(). */
    struct dcb_rng stream = {.state = mix(~seed) + index * step};

    return dcb_rng_next(&stream);
}
