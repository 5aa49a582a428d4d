#include "worker.h"

#include <string.h>

#include "error.h"
#include "xalloc.h"

int worker_job_describe(const struct worker_link *link, struct worker_python *python,
                        const struct dcb_job *job, struct dcb_error *err)
{
    struct dcb_answer answer = {.kind = DCB_ANSWER_INTERPRETER, .group = -1, .slot = -1};

    if (worker_describe_interpreter(python, &answer, err) != 0)
        return -1;
    answer.linkage = dcb_xstrdup(DCB_PYTHON_LINK);
    answer.own_linkage = dcb_xstrdup(DCB_PYTHON_OWN_LINK);
    if (strcmp(DCB_PYTHON_MISSING, "-") != 0)
        answer.missing = dcb_xstrdup(DCB_PYTHON_MISSING);
    worker_answer(link, &answer);
    dcb_answer_clear(&answer);
    for (size_t i = 0; i < job->source_count; i++) {
        struct dcb_error why = DCB_ERROR_INIT;

        answer = (struct dcb_answer){
            .kind = DCB_ANSWER_SOURCE, .index = (uint32_t)i, .group = -1, .slot = -1};
        /* A source that cannot be found is reported where it is loaded. */
        (void)worker_describe_source(python, &job->sources[i], &answer, &why);
        worker_answer(link, &answer);
        dcb_answer_clear(&answer);
    }
    if (worker_code_write(python, DCB_CODE_FD, err) != 0)
        return -1;
    answer = (struct dcb_answer){.kind = DCB_ANSWER_DONE, .group = -1, .slot = -1};
    worker_answer(link, &answer);
    return 0;
}
