#include "counters_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/* ---- which encoding of a row ---- */

/* What trying one event came to. */
struct trial {
    int fault;      /* 0: it opens, and counts as far as that can be told */
    bool verified;  /* its stimulus moved it */
    uint64_t count; /* under its stimulus */
};

/* Runs the stimulus and counts. 0, DCB_FAULT_NO_COUNTER, or an errno. */
static int count_stimulus(const struct dcb_counters_kernel *kernel,
                          const struct dcb_group *group, enum dcb_stimulus stimulus,
                          uint64_t *ret_count)
{
    struct dcb_group_values before, after;
    int fault;

    if (dcb_group_enable(kernel, group) != 0)
        return errno;
    fault = dcb_group_read(kernel, group, &before);
    if (fault == 0 && kernel->stimulate(stimulus) != 0)
        fault = ENOMEM;
    if (fault == 0)
        fault = dcb_group_read(kernel, group, &after);
    dcb_group_disable(kernel, group);
    if (fault != 0)
        return fault;
    if (after.enabled - before.enabled != after.running - before.running)
        return DCB_FAULT_NO_COUNTER;
    *ret_count = after.members[0].value - before.members[0].value;
    return 0;
}

/* Opens the event alone and sees whether it counts. */
static struct trial try_event(const struct dcb_counters_kernel *kernel,
                              const struct dcb_event *event)
{
    struct dcb_group group = {.count = 0};
    struct trial trial = {.fault = 0};

    if (dcb_group_add(kernel, &group, event) != 0) {
        trial.fault = errno;
        return trial;
    }
    if (!event->software && !dcb_group_fits(kernel, &group)) {
        trial.fault = DCB_FAULT_NO_COUNTER;
    } else if (!event->software && event->stimulus != DCB_STIMULUS_NONE) {
        trial.fault = count_stimulus(kernel, &group, event->stimulus, &trial.count);
        trial.verified =
            trial.fault == 0 && trial.count >= dcb_counters_least(event->stimulus);
        if (trial.fault == 0 && !trial.verified)
            trial.fault = DCB_FAULT_DEAD;
    }
    dcb_group_close(kernel, &group);
    return trial;
}

/* The further an event came, the more its reason tells; what this CPU does not have
 * tells least. */
static int distance(int fault)
{
    switch (fault) {
    case DCB_FAULT_DEAD:
        return 5;
    case DCB_FAULT_NO_COUNTER:
        return 4;
    case EACCES:
    case EPERM:
        return 3;
    case EINVAL:
        return 1;
    case ENOENT:
        return 0;
    default:
        return 2;
    }
}

static const char *stimulus_text(enum dcb_stimulus stimulus)
{
    switch (stimulus) {
    case DCB_STIMULUS_LOOP:
        return "loop";
    case DCB_STIMULUS_BRANCHES:
        return "run of unpredictable branches";
    case DCB_STIMULUS_MEMORY:
        return "walk over uncached memory";
    case DCB_STIMULUS_PAGES:
        return "walk over many pages";
    case DCB_STIMULUS_NONE:
        break;
    }
    return "run";
}

static void explain_trial(const struct dcb_counters_kernel *kernel,
                          const struct dcb_event *event, const struct trial *trial,
                          char *reason, size_t size)
{
    struct dcb_counters_facts facts;

    if (trial->fault == DCB_FAULT_DEAD) {
        snprintf(reason, size,
                 "opens but does not count (%llu after a %s that must give %llu): use "
                 "--counters simulated",
                 (unsigned long long)trial->count, stimulus_text(event->stimulus),
                 (unsigned long long)dcb_counters_least(event->stimulus));
        return;
    }
    kernel->facts(&facts);
    dcb_counters_explain(event, trial->fault, &facts, reason, size);
}

int dcb_counters_choose_with(const struct dcb_counters_kernel *kernel,
                             struct dcb_event *candidates, size_t count, char *ret_reason,
                             size_t size)
{
    struct trial furthest = {.fault = ENOENT};
    size_t which = 0;

    for (size_t i = 0; i < count; i++) {
        struct trial trial = try_event(kernel, &candidates[i]);

        candidates[i].verified = trial.verified;
        if (trial.fault == 0) {
            snprintf(ret_reason, size, "%s", "");
            return (int)i;
        }
        if (i == 0 || distance(trial.fault) > distance(furthest.fault)) {
            furthest = trial;
            which = i;
        }
    }
    if (count == 0)
        snprintf(ret_reason, size,
                 "neither the kernel nor libpfm4 has an event of this name");
    else
        explain_trial(kernel, &candidates[which], &furthest, ret_reason, size);
    return -1;
}

int dcb_counters_choose(struct dcb_event *candidates, size_t count, char *ret_reason,
                        size_t size)
{
    struct dcb_counters_kernel kernel = dcb_counters_linux();

    return dcb_counters_choose_with(&kernel, candidates, count, ret_reason, size);
}

/* ---- what this machine can count ---- */

enum {
    SHORT_TURNS = 1000,
    LONG_TURNS = 101000,
    LOOP_REPEATS = 7 /* the least of so many: an interrupt adds an instruction (x86) */
};

static int count_loop(const struct dcb_counters_kernel *kernel,
                      const struct dcb_group *group, uint64_t turns, uint64_t *ret_count)
{
    struct dcb_group_values before, after;
    int fault = 0;

    *ret_count = UINT64_MAX;
    for (int i = 0; i < LOOP_REPEATS && fault == 0; i++) {
        uint64_t count;

        fault = dcb_group_read(kernel, group, &before);
        kernel->loop(turns);
        if (fault == 0)
            fault = dcb_group_read(kernel, group, &after);
        if (fault == 0 &&
            after.enabled - before.enabled != after.running - before.running)
            fault = DCB_FAULT_NO_COUNTER;
        if (fault != 0)
            break;
        count = after.members[0].value - before.members[0].value;
        if (count < *ret_count)
            *ret_count = count;
    }
    return fault;
}

/* Of two lengths, so that what reading costs cancels. */
static int count_known_loop(const struct dcb_counters_kernel *kernel,
                            const struct dcb_group *group,
                            struct dcb_counters_ability *ability)
{
    uint64_t few, many;
    int fault;

    if (dcb_group_enable(kernel, group) != 0)
        return errno;
    fault = count_loop(kernel, group, SHORT_TURNS, &few);
    if (fault == 0)
        fault = count_loop(kernel, group, LONG_TURNS, &many);
    dcb_group_disable(kernel, group);
    if (fault != 0)
        return fault;
    ability->loop_counted = many > few ? many - few : 0;
    ability->loop_expected = (uint64_t)DCB_LOOP_INSTRUCTIONS * (LONG_TURNS - SHORT_TURNS);
    return 0;
}

/* Within a hundredth; where the loop's code is not known, at all. */
static bool loop_is_believed(const struct dcb_counters_ability *ability)
{
    uint64_t low = ability->loop_expected - ability->loop_expected / 100;
    uint64_t high = ability->loop_expected + ability->loop_expected / 100;

    if (ability->loop_expected == 0)
        return ability->loop_counted > LONG_TURNS - SHORT_TURNS;
    return ability->loop_counted >= low && ability->loop_counted <= high;
}

/* How many of these run at once. */
static unsigned count_fitting(const struct dcb_counters_kernel *kernel,
                              const struct dcb_event *instructions)
{
    struct dcb_group group = {.count = 0};
    unsigned fit = 0;

    while (fit < DCB_GROUP_ROOM && dcb_group_add(kernel, &group, instructions) == 0 &&
           dcb_group_fits(kernel, &group))
        fit++;
    dcb_group_close(kernel, &group);
    return fit;
}

/* Whether a counter is read in user space, and shows there what the kernel says. */
static bool user_reads_agree(const struct dcb_counters_kernel *kernel,
                             const struct dcb_event *instructions)
{
    struct dcb_group group = {.count = 0};
    struct dcb_page_value first, last;
    struct dcb_group_values between;
    bool agree = false;

    if (dcb_group_add(kernel, &group, instructions) == 0) {
        dcb_group_map(kernel, &group);
        agree = group.user_reads && dcb_group_enable(kernel, &group) == 0 &&
                dcb_counters_read_page(group.pages[0], kernel->counter, &first);
        kernel->loop(SHORT_TURNS);
        agree = agree && dcb_group_read(kernel, &group, &between) == 0 &&
                dcb_counters_read_page(group.pages[0], kernel->counter, &last) &&
                first.count < between.members[0].value &&
                between.members[0].value <= last.count;
    }
    dcb_group_close(kernel, &group);
    return agree;
}

static bool kernel_is_counted(const struct dcb_counters_kernel *kernel)
{
    struct dcb_event event = {.name = "context-switches",
                              .software = true,
                              .type = PERF_TYPE_SOFTWARE,
                              .config = PERF_COUNT_SW_CONTEXT_SWITCHES};

    return try_event(kernel, &event).fault == 0;
}

/* Whether instructions open, and count under the known loop. */
static void probe_loop(const struct dcb_counters_kernel *kernel,
                       const struct dcb_event *instructions,
                       const struct dcb_counters_facts *facts,
                       struct dcb_counters_ability *ability)
{
    struct dcb_group group = {.count = 0};
    int fault = dcb_group_add(kernel, &group, instructions) == 0
                    ? count_known_loop(kernel, &group, ability)
                    : errno;

    dcb_group_close(kernel, &group);
    ability->hardware = fault == 0 && loop_is_believed(ability);
    if (fault != 0)
        dcb_counters_explain(instructions, fault, facts, ability->reason,
                             sizeof ability->reason);
    else if (ability->loop_counted == 0)
        dcb_counters_explain(instructions, DCB_FAULT_DEAD, facts, ability->reason,
                             sizeof ability->reason);
    else if (!ability->hardware)
        snprintf(ability->reason, sizeof ability->reason,
                 "instructions are counted wrongly (%llu in a loop of %llu): use "
                 "--counters simulated",
                 (unsigned long long)ability->loop_counted,
                 (unsigned long long)ability->loop_expected);
}

void dcb_counters_probe_with(const struct dcb_counters_kernel *kernel,
                             const struct dcb_event *instructions,
                             struct dcb_counters_ability *ret_ability)
{
    struct dcb_counters_facts facts;
    struct utsname system = {.release = ""};

    kernel->facts(&facts);
    *ret_ability = (struct dcb_counters_ability){
        .kernel = kernel_is_counted(kernel),
        .paranoid = facts.paranoid,
        .seccomp = facts.seccomp,
        .nmi_watchdog = facts.nmi_watchdog,
    };
    probe_loop(kernel, instructions, &facts, ret_ability);
    if (!ret_ability->hardware) {
        snprintf(ret_ability->read_reason, sizeof ret_ability->read_reason,
                 "there are no hardware counters to read");
        return;
    }
    ret_ability->fit = count_fitting(kernel, instructions);
    ret_ability->user_reads = user_reads_agree(kernel, instructions);
    if (ret_ability->user_reads)
        return;
    uname(&system);
    dcb_counters_explain_page(system.release, ret_ability->read_reason,
                              sizeof ret_ability->read_reason);
}

void dcb_counters_probe(const struct dcb_event *instructions,
                        struct dcb_counters_ability *ret_ability)
{
    struct dcb_counters_kernel kernel = dcb_counters_linux();

    dcb_counters_probe_with(&kernel, instructions, ret_ability);
}
