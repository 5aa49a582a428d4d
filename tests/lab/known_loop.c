/* The known loop (lab.h) as a shared library, for known_loop.py. */
#include <stdint.h>

void known_loop(uint64_t count);

void known_loop(uint64_t count)
{
    __asm__ volatile("1:\n\tsubs %0, %0, #1\n\tb.ne 1b" : "+r"(count) : : "cc");
}
