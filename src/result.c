#include "result.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

static void clear_cell(struct dcb_cell *cell)
{
    for (size_t i = 0; i < cell->sample_count; i++)
        free(cell->samples[i].counters);
    free(cell->samples);
    free(cell->counters);
    free(cell->derived);
    free(cell->status);
    free(cell->layouts);
    free(cell->not_simulated);
}

static void clear_workload(struct dcb_workload_result *workload)
{
    for (size_t i = 0; i < workload->cell_count; i++)
        clear_cell(&workload->cells[i]);
    for (size_t i = 0; i < workload->worker_count; i++)
        free(workload->workers[i].trouble);
    free(workload->cells);
    free(workload->workers);
    free(workload->failure);
}

static void clear_sources(struct dcb_source *sources, size_t count)
{
    for (size_t i = 0; sources && i < count; i++) {
        free(sources[i].path);
        free(sources[i].sha256);
    }
    free(sources);
}

bool dcb_result_is_commit(const char *text)
{
    size_t length = strspn(text, "0123456789abcdef");

    return (length == 40 || length == 64) && !text[length];
}

void dcb_python_clear(struct dcb_python *python)
{
    free(python->version);
    free(python->build);
    free(python->implementation);
    free(python->compiler);
    free(python->copy_path);
    free(python->copy_sha256);
    free(python->linkage);
    free(python->own_linkage);
    free(python->missing);
    *python = (struct dcb_python){.version = NULL};
}

void dcb_result_clear(struct dcb_result *result)
{
    for (size_t i = 0; i < result->workload_count; i++)
        clear_workload(&result->workloads[i]);
    free(result->workloads);
    for (size_t i = 0; i < result->note_count; i++)
        free(result->notes[i]);
    free(result->notes);
    for (size_t i = 0; result->row_reasons && i < result->plan->row_count; i++)
        free(result->row_reasons[i]);
    free(result->row_reasons);
    for (size_t i = 0; result->row_origins && i < result->plan->row_count; i++)
        free(result->row_origins[i].path);
    free(result->row_origins);
    for (size_t i = 0; result->verified && i < result->plan->arm_count; i++)
        dcb_verified_clear(&result->verified[i]);
    free(result->verified);
    if (result->plan) {
        clear_sources(result->arm_sources, result->plan->arm_count);
        clear_sources(result->workload_sources, result->plan->workload_count);
    }
    free(result->label);
    free(result->commit);
    dcb_python_clear(&result->python);
    *result = (struct dcb_result){.plan = NULL};
}

void dcb_result_note(struct dcb_result *result, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (size_t i = 0; i < result->note_count; i++) {
        if (strcmp(result->notes[i], text) == 0)
            return;
    }
    result->notes =
        dcb_xrealloc(result->notes, result->note_count + 1, sizeof *result->notes);
    result->notes[result->note_count++] = dcb_xstrdup(text);
}

const struct dcb_verified *dcb_result_verified(const struct dcb_result *result,
                                               size_t arm)
{
    return result->verified && result->verified[arm].asked ? &result->verified[arm]
                                                           : NULL;
}

bool dcb_result_is_incorrect(const struct dcb_result *result, size_t arm)
{
    const struct dcb_verified *verified = dcb_result_verified(result, arm);

    return verified && verified->verdict == DCB_VERIFY_WRONG;
}

char *dcb_result_correctness(const struct dcb_result *result, size_t arm)
{
    const struct dcb_spec *spec = &result->plan->arms[arm];
    const char *path = result->arm_sources ? result->arm_sources[arm].path : NULL;

    return dcb_verified_sentence(&result->verified[arm], spec, path ? path : spec->path);
}

bool dcb_result_lost_correctness(const struct dcb_result *then,
                                 const struct dcb_result *now, size_t arm)
{
    if (!dcb_result_is_incorrect(now, arm))
        return false;
    for (size_t i = 0; i < then->plan->arm_count; i++) {
        const struct dcb_verified *verified = dcb_result_verified(then, i);

        if (verified &&
            strcmp(then->plan->arms[i].label, now->plan->arms[arm].label) == 0)
            return verified->verdict == DCB_VERIFY_CORRECT;
    }
    return false;
}

/* What fails later than the check says nothing about a copy, unless it is the objects
 * that it changed. */
const char *dcb_result_copy(const struct dcb_cell *cell)
{
    static const char failed[] = "failed: ";
    bool wrong = cell->failure == DCB_FAILURE_WRONG ||
                 cell->failure == DCB_FAILURE_CHANGED ||
                 (cell->failure == DCB_FAILURE_RAISED && !cell->copies);

    if (!wrong)
        return cell->copies ? "correct" : NULL;
    return strncmp(cell->status, failed, strlen(failed)) == 0
               ? cell->status + strlen(failed)
               : cell->status;
}

const char *dcb_result_arm_label(const struct dcb_result *result,
                                 const struct dcb_cell *cell)
{
    return result->plan->arms[cell->arm].label;
}

const char *dcb_result_workload_label(const struct dcb_result *result,
                                      const struct dcb_workload_result *workload)
{
    return result->plan->workloads[workload->workload].label;
}

const char *dcb_result_missing(const struct dcb_result *result,
                               const struct dcb_cell *cell, size_t row)
{
    if (cell->counters && isfinite(cell->counters[row].value))
        return NULL;
    if (result->row_reasons[row])
        return result->row_reasons[row];
    if (cell->not_simulated && result->plan->rows[row].kind == DCB_KIND_SIMULATED)
        return cell->not_simulated;
    if (cell->failure != DCB_FAILURE_NONE)
        return "the implementation failed";
    if (result->plan->rows[row].kind == DCB_KIND_SIMULATED)
        return result->signal ? "not simulated: the run was interrupted"
                              : "it was not simulated";
    if (cell->sample_count == 0)
        return "no block was measured";
    return "no block in which it counted all the time";
}

bool dcb_result_row_counted(const struct dcb_result *result, size_t row)
{
    for (size_t i = 0; i < result->workload_count; i++) {
        const struct dcb_workload_result *workload = &result->workloads[i];

        for (size_t k = 0; k < workload->cell_count; k++) {
            if (workload->cells[k].counters &&
                !isnan(workload->cells[k].counters[row].value))
                return true;
        }
    }
    return false;
}
