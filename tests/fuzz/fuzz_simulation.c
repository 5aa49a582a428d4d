/* Any bytes as callgrind's output. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "simulation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dcb_simulated_dump *dumps;
    size_t count;

    if (dcb_simulated_parse((const char *)data, size, &dumps, &count, NULL) < 0)
        return 0;
    for (size_t i = 0; i < count; i++) {
        if (!memchr(dumps[i].label, '\0', sizeof dumps[i].label))
            abort();
    }
    free(dumps);
    return 0;
}
