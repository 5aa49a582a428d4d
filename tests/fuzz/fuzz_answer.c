/* Any bytes as a line that a worker answers with: the code under test may write to that
 * descriptor, too. */
#include <stdint.h>
#include <stdlib.h>

#include "error.h"
#include "job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct dcb_answer_bounds bounds = {
        .arms = 4, .events = 3, .sources = 2, .token = 42};
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_answer answer;
    char *line;

    if (dcb_answer_decode((const char *)data, size, &bounds, &answer, &err) < 0) {
        if (err.code != DCB_ERROR_SYSTEM)
            abort();
        return 0;
    }
    line = dcb_answer_encode(&answer);
    free(line);
    dcb_answer_clear(&answer);
    return 0;
}
