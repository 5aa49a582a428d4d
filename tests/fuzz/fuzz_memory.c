/* Any bytes as a result of `dcbench memory`. What is taken for one can be compared with
 * itself, and told in every way. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ci.h"
#include "document.h"
#include "error.h"
#include "json_document_memory.h"
#include "json_memory_check.h"
#include "memory_check.h"
#include "strbuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int truth)
{
    if (!truth)
        abort();
}

static void tell(const struct dcb_memory_check *check)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    struct dcb_ci ci = DCB_CI_INIT;

    for (int verbosity = -1; verbosity <= 1; verbosity++) {
        dcb_memory_check_report(check, false, verbosity, false, &out);
        dcb_memory_check_report(check, true, verbosity, false, &out);
    }
    dcb_memory_check_csv(check, &out);
    must(!out.text || !strchr(out.text, '\x1b'));
    dcb_strbuf_clear(&out);
    dcb_memory_check_ci(check, false, &ci);
    dcb_ci_clear(&ci);
    free(dcb_json_memory_check(check, false));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_memory_then *then;
    struct dcb_memory_check check;

    (void)dcb_json_is_memory(text, size);
    then = dcb_json_document_memory("m.json", text, size, &err);
    if (!then) {
        must(err.code == DCB_ERROR_SYSTEM && strncmp(err.text, "m.json: ", 8) == 0 &&
             !strpbrk(err.text, "\x1b\n\r"));
        return 0;
    }
    /* The same interpreter, and another one. */
    for (int i = 0; i < 2; i++) {
        struct dcb_memory now = then->memory;

        if (i == 0)
            now.python = then->document->result.python;
        dcb_memory_check_make(then, &now, (double)NAN, &check);
        tell(&check);
        dcb_memory_check_clear(&check);
    }
    dcb_memory_then_free(then);
    return 0;
}
