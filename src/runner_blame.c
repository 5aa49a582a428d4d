#include "runner_private.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "xalloc.h"

/* ---- cells that fail ---- */

/* Takes an arm out for good. The first reason stays. */
void dcb_runner_drop_arm(struct run *run, size_t cell_index, enum dcb_failure failure,
                         const char *why)
{
    struct dcb_cell *cell = &run->workload->cells[cell_index];

    run->arms[cell_index].active = false;
    if (cell->failure != DCB_FAILURE_NONE)
        return;
    cell->failure = failure;
    free(cell->status);
    cell->status = dcb_xasprintf("failed: %s", why);
}

void dcb_runner_strike_arm(struct run *run, size_t cell_index, enum dcb_failure failure,
                           const char *why)
{
    char *text;

    if (++run->arms[cell_index].strikes < STRIKES_MAX)
        return;
    text = dcb_xasprintf("%s (in %u workers)", why, run->arms[cell_index].strikes);
    dcb_runner_drop_arm(run, cell_index, failure, text);
    free(text);
}

void dcb_runner_fail_workload(struct run *run, const char *why)
{
    if (!run->workload->failure)
        run->workload->failure = dcb_xstrdup(why);
    for (size_t i = 0; i < run->workload->cell_count; i++)
        dcb_runner_drop_arm(run, i, DCB_FAILURE_LOAD, why);
}

/* ---- how a turn ended ---- */

/* The arm the worker had in hand when it ended, as a cell; SIZE_MAX for none. */
static size_t arm_in_hand(const struct turn *turn, enum dcb_phase *ret_phase)
{
    uint32_t arm = atomic_load(&turn->samples->arm);
    uint32_t phase = atomic_load(&turn->samples->phase);

    *ret_phase = phase < DCB_PHASE_COUNT ? (enum dcb_phase)phase : DCB_PHASE_COUNT;
    if (phase >= DCB_PHASE_DONE || arm >= turn->job.arm_count)
        return SIZE_MAX;
    return turn->cells[arm];
}

/* Drops the one arm of a trial that went wrong. */
static void convict(struct run *run, const struct turn *trial, size_t cell)
{
    enum dcb_phase phase;
    char *text;

    (void)arm_in_hand(trial, &phase);
    if (trial->trouble)
        text = dcb_xasprintf("%s while %s", trial->trouble, dcb_phase_text(phase));
    else
        text = dcb_xstrdup(trial->lie ? trial->lie : trial->change);
    dcb_runner_drop_arm(
        run, cell, trial->trouble || trial->lie ? DCB_FAILURE_DIED : DCB_FAILURE_CHANGED,
        text);
    free(text);
}

/* Trouble that names no arm (a thread's crash, garbage instead of answers, changed
 * objects): each arm that is not built in is tried alone. Returns whether one was found.
 */
static bool find_culprit(struct run *run)
{
    bool found = false;

    for (size_t i = 0; i < run->plan->arm_count && !found && !dcb_runner_stopped(run);
         i++) {
        struct turn trial;
        struct dcb_error why = DCB_ERROR_INIT;

        if (!run->arms[i].active || run->plan->arms[i].builtin ||
            run->workload->cells[i].role == DCB_ROLE_CONTROL)
            continue;
        if (dcb_runner_open_turn(run, i, &trial, &why) == 0 &&
            dcb_runner_run_turn(run, &trial, &why) == 0 &&
            (trial.trouble || trial.lie || trial.change)) {
            convict(run, &trial, i);
            found = true;
        }
        found = found || !run->arms[i].active;
        dcb_runner_close_turn(&trial);
    }
    return found;
}

/* Nobody is known to have done it: at the second time the workload ends. */
static void strike_workload(struct run *run, const char *why)
{
    if (++run->strikes >= STRIKES_MAX)
        dcb_runner_fail_workload(run, why);
}

static bool is_users(const struct run *run, size_t cell)
{
    return cell != SIZE_MAX && !run->plan->arms[cell].builtin;
}

/* Who pays for a worker that ended badly: the user's arm it had in hand. Where that is
 * one of ours, or none, something that a user's arm left behind is more likely: a thread,
 * or closed descriptors. */
void dcb_runner_blame_end(struct run *run, struct turn *turn)
{
    enum dcb_phase phase;
    size_t cell = arm_in_hand(turn, &phase);
    char *text = dcb_xasprintf("%s while %s", turn->trouble, dcb_phase_text(phase));

    if (is_users(run, cell))
        dcb_runner_strike_arm(run, cell, DCB_FAILURE_DIED, text);
    else if (phase == DCB_PHASE_START || phase == DCB_PHASE_LOAD_WORKLOAD)
        strike_workload(run, text);
    else if (find_culprit(run))
        ; /* it has been dropped */
    else if (cell != SIZE_MAX)
        dcb_runner_strike_arm(run, cell, DCB_FAILURE_DIED, text);
    else
        strike_workload(run, text);
    free(text);
}

/* Who pays for garbage among the answers, or for objects that changed: neither says who
 * did it. */
void dcb_runner_blame_lie(struct run *run, const char *why)
{
    if (!find_culprit(run))
        strike_workload(run, why);
}

/* "broken: killed by SIGSEGV while timing it", for the notes. */
char *dcb_runner_describe_trouble(const struct run *run, const struct turn *turn)
{
    enum dcb_phase phase;
    size_t cell = arm_in_hand(turn, &phase);

    const char *other = turn->lie ? turn->lie : turn->raised;

    if (!turn->trouble)
        return other ? dcb_xstrdup(other) : NULL;
    if (cell == SIZE_MAX)
        return dcb_xasprintf("%s while %s", turn->trouble, dcb_phase_text(phase));
    return dcb_xasprintf("%s: %s while %s", run->plan->arms[cell].label, turn->trouble,
                         dcb_phase_text(phase));
}
