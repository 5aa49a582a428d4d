/*
 * splitmix64: a small, well distributed generator for seeds and orders, never for
 * secrets. Constants: Steele, Lea and Flood, OOPSLA 2014.
 */
#ifndef DCB_RNG_H
#define DCB_RNG_H

#include <stddef.h>
#include <stdint.h>

struct dcb_rng {
    uint64_t state; /* any value is a valid seed */
};

uint64_t dcb_rng_next(struct dcb_rng *rng);
uint64_t dcb_rng_below(struct dcb_rng *rng, uint64_t bound); /* 0 .. bound-1, unbiased */
void dcb_rng_shuffle(struct dcb_rng *rng, uint32_t *items, size_t count);

/* A seed for the index-th thing under a seed: equal inputs, equal output. */
uint64_t dcb_rng_derive(uint64_t seed, uint64_t index);

#endif
