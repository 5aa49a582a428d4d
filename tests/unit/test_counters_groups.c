/*
 * Groups, choice and probing with a PMU made here: so many counters, of which a watchdog
 * or another program may hold some; events that count, stand still, are missing or go
 * with no other. It schedules as the kernel does pinned groups: all of a group or none,
 * and one that lost its counters reads as 0 bytes until it is enabled again.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "counters_private.h"
#include "unit.h"

enum { FAKE_MAX = 400, READ_COST = 26 };

/* What an event's config says. */
enum {
    INSTRUCTIONS = 1,
    HALF,       /* of the instructions */
    DEAD,       /* opens, and stands still */
    MISSING,    /* ENOENT */
    REFUSED,    /* EACCES */
    LONER,      /* goes with no other */
    MEMORY,     /* moved by a walk over memory only */
    NO_USER,    /* cannot be asked to be read in user space */
    PLAIN = 100 /* so many for every turn of the loop, and more */
};

struct fake_counter {
    bool open, enabled, lost; /* of a leader: enabled, and without its counters */
    int leader;
    uint64_t config, config1, id, count, enabled_ns, running_ns;
    struct perf_event_mmap_page page;
    bool mapped;
};

static struct {
    struct fake_counter counters[FAKE_MAX]; /* by descriptor */
    size_t pmu, watchdog, stolen;           /* counters: all, and those held by others */
    unsigned opened, read_calls;
    bool pages, swap_ids, wrong_count;
    struct dcb_counters_facts facts;
} fake;

static size_t group_size(int leader)
{
    size_t size = 0;

    for (int fd = 0; fd < FAKE_MAX; fd++)
        size += fake.counters[fd].open && fake.counters[fd].leader == leader;
    return size;
}

static size_t free_counters(void)
{
    return fake.pmu - fake.watchdog - fake.stolen;
}

static int refuse(int number)
{
    errno = number;
    return -1;
}

static bool has_loner(int leader)
{
    for (int fd = 0; fd < FAKE_MAX; fd++) {
        if (fake.counters[fd].open && fake.counters[fd].leader == leader &&
            fake.counters[fd].config == LONER)
            return true;
    }
    return false;
}

static int fake_open(struct perf_event_attr *attr, int leader)
{
    int fd = 3;

    fake.opened++;
    if (attr->type == PERF_TYPE_SOFTWARE) {
        assert_false(attr->exclude_kernel);
        return refuse(EACCES);
    }
    assert_true(attr->exclude_kernel);
    assert_int_equal(attr->disabled, leader < 0);
    assert_int_equal(attr->pinned, leader < 0);
    if (attr->config == MISSING)
        return refuse(ENOENT);
    if (attr->config == REFUSED)
        return refuse(EACCES);
    if (attr->config == NO_USER && attr->config1)
        return refuse(EINVAL);
    if (leader >= 0 && (attr->config == LONER || has_loner(leader)))
        return refuse(EINVAL);
    /* As in the kernel, which does not know of the watchdog here. */
    if (leader >= 0 && group_size(leader) == fake.pmu)
        return refuse(EINVAL);
    while (fd < FAKE_MAX && fake.counters[fd].open)
        fd++;
    assert_true(fd < FAKE_MAX);
    fake.counters[fd] = (struct fake_counter){.open = true,
                                              .leader = leader < 0 ? fd : leader,
                                              .config = attr->config,
                                              .config1 = attr->config1,
                                              .id = 1000 + (uint64_t)fd};
    return fd;
}

static int fake_close(int fd)
{
    assert_true(fake.counters[fd].open);
    /* Members before their leader. */
    assert_true(fake.counters[fd].leader != fd || group_size(fd) == 1);
    assert_false(fake.counters[fd].mapped);
    fake.counters[fd].open = false;
    return 0;
}

static bool runs(int leader)
{
    return fake.counters[leader].enabled && !fake.counters[leader].lost;
}

static void show_pages(int leader)
{
    for (int fd = 0; fd < FAKE_MAX; fd++) {
        struct fake_counter *counter = &fake.counters[fd];

        if (!counter->open || counter->leader != leader)
            continue;
        counter->page.lock += 2;
        counter->page.cap_user_rdpmc = fake.pages;
        counter->page.pmc_width = 32;
        counter->page.index = runs(leader) ? (uint32_t)fd : 0;
        counter->page.offset = 5;
        counter->page.time_enabled = fake.counters[leader].enabled_ns;
        counter->page.time_running = fake.counters[leader].running_ns;
    }
}

static void schedule(int leader)
{
    if (fake.counters[leader].enabled && group_size(leader) > free_counters())
        fake.counters[leader].lost = true;
    show_pages(leader);
}

static int fake_control(int fd, unsigned long request, void *argument)
{
    struct fake_counter *counter = &fake.counters[fd];

    assert_true(counter->open);
    if (request == PERF_EVENT_IOC_ID) {
        memcpy(argument, &counter->id, sizeof counter->id);
        return 0;
    }
    assert_int_equal(counter->leader, fd);
    assert_true(request == PERF_EVENT_IOC_ENABLE || request == PERF_EVENT_IOC_DISABLE);
    counter->enabled = request == PERF_EVENT_IOC_ENABLE;
    counter->lost = false;
    schedule(fd);
    return 0;
}

static uint64_t events_of(const struct fake_counter *counter, enum dcb_stimulus stimulus,
                          uint64_t turns)
{
    if (counter->config == INSTRUCTIONS)
        return 2 * turns + READ_COST;
    if (counter->config == HALF)
        return turns;
    if (counter->config == MEMORY)
        return stimulus == DCB_STIMULUS_MEMORY ? 10000 : 3;
    return counter->config >= PLAIN ? counter->config * turns : 0;
}

static void pass(enum dcb_stimulus stimulus, uint64_t turns)
{
    for (int fd = 0; fd < FAKE_MAX; fd++) {
        struct fake_counter *counter = &fake.counters[fd];
        struct fake_counter *leader = &fake.counters[counter->leader];

        if (!counter->open || !leader->enabled)
            continue;
        if (counter == leader) {
            schedule(fd);
            leader->enabled_ns += turns;
            leader->running_ns += leader->lost ? 0 : turns;
        }
        if (!leader->lost)
            counter->count += events_of(counter, stimulus, turns);
    }
}

static void fake_loop(uint64_t turns)
{
    pass(DCB_STIMULUS_LOOP, turns);
}

static int fake_stimulate(enum dcb_stimulus stimulus)
{
    pass(stimulus, 100000);
    return 0;
}

static ssize_t fake_read(int fd, void *buffer, size_t size)
{
    struct dcb_group_values *values = buffer;
    const struct fake_counter *leader = &fake.counters[fd];
    size_t count = 0;

    fake.read_calls++;
    assert_int_equal(leader->leader, fd);
    schedule(fd);
    if (leader->lost)
        return 0;
    assert_true(size >= sizeof *values);
    for (int i = 0; i < FAKE_MAX; i++) {
        if (!fake.counters[i].open || fake.counters[i].leader != fd)
            continue;
        values->members[count].value = fake.counters[i].count;
        values->members[count++].id = fake.counters[i].id + fake.swap_ids;
    }
    values->count = count + fake.wrong_count;
    values->enabled = leader->enabled_ns;
    values->running = leader->running_ns;
    return (ssize_t)(24 + 16 * count);
}

static const struct perf_event_mmap_page *fake_map(int fd)
{
    if (!fake.pages)
        return NULL;
    fake.counters[fd].mapped = true;
    show_pages(fake.counters[fd].leader);
    return &fake.counters[fd].page;
}

static void fake_unmap(const struct perf_event_mmap_page *page)
{
    for (int fd = 0; fd < FAKE_MAX; fd++) {
        if (&fake.counters[fd].page == page)
            fake.counters[fd].mapped = false;
    }
}

/* The hardware starts below 0, in 32 bits; the page's offset is 5. */
static uint64_t fake_hardware(uint32_t index)
{
    return (uint32_t)(fake.counters[index].count - 5);
}

static void fake_facts(struct dcb_counters_facts *ret_facts)
{
    *ret_facts = fake.facts;
}

static const struct dcb_counters_kernel kernel = {
    .open = fake_open,
    .control = fake_control,
    .read = fake_read,
    .close = fake_close,
    .map = fake_map,
    .unmap = fake_unmap,
    .counter = fake_hardware,
    .stimulate = fake_stimulate,
    .loop = fake_loop,
    .facts = fake_facts,
};

static void make_pmu(size_t counters)
{
    memset(&fake, 0, sizeof fake);
    fake.pmu = counters;
    fake.facts =
        (struct dcb_counters_facts){.paranoid = 2, .nmi_watchdog = 0, .core_pmus = 1};
}

static size_t count_open(void)
{
    size_t count = 0;

    for (int fd = 0; fd < FAKE_MAX; fd++)
        count += fake.counters[fd].open;
    return count;
}

static struct dcb_event event(const char *name, uint64_t config)
{
    struct dcb_event made = {.config = config, .user_only = true};

    snprintf(made.name, sizeof made.name, "%s", name);
    return made;
}

/* ---- groups ---- */

enum { EVENTS = 10, ANCHOR = 6 };

/* Ten events, instructions the seventh of them. */
static struct dcb_counters *open_ten(struct dcb_event *events,
                                     struct dcb_counter_state *states)
{
    for (size_t i = 0; i < EVENTS; i++)
        events[i] = event("some", PLAIN + i);
    events[ANCHOR] = event("instructions", INSTRUCTIONS);
    return dcb_counters_open_with(&kernel, events, EVENTS, states);
}

static void check_groups(const struct dcb_counter_state *states, size_t size)
{
    assert_int_equal(states[ANCHOR].group, 0);
    assert_int_equal(states[ANCHOR].slot, 0);
    assert_true(states[ANCHOR].anchored);
    for (size_t i = 0, place = 0; i < EVENTS; i++) {
        assert_string_equal(states[i].reason, "");
        if (i == ANCHOR)
            continue;
        assert_int_equal(states[i].group, place / (size - 1));
        assert_int_equal(states[i].slot, 1 + place % (size - 1));
        assert_true(states[i].anchored);
        place++;
    }
}

static void anchor_leads_every_group(void **state)
{
    static const struct {
        size_t counters, watchdog, stolen, size;
    } cases[] = {{4, 0, 0, 4},
                 {4, 1, 0, 3},
                 {6, 0, 0, 6},
                 {6, 1, 2, 3},
                 {2, 0, 0, 2},
                 {20, 0, 0, DCB_PMU_GROUP_MAX},
                 {9, 1, 0, DCB_PMU_GROUP_MAX}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dcb_event events[EVENTS];
        struct dcb_counter_state states[EVENTS];
        struct dcb_counters *counters;

        make_pmu(cases[i].counters);
        fake.watchdog = cases[i].watchdog;
        fake.stolen = cases[i].stolen;
        counters = open_ten(events, states);
        check_groups(states, cases[i].size);
        assert_int_equal(dcb_counters_groups(counters),
                         (EVENTS - 1 + cases[i].size - 2) / (cases[i].size - 1));
        assert_int_equal(count_open(), EVENTS - 1 + dcb_counters_groups(counters));
        dcb_counters_free(counters);
        assert_int_equal(count_open(), 0);
    }
}

/* With one counter there is no room for an anchor beside anything. */
static void one_counter_has_no_anchors(void **state)
{
    struct dcb_event events[EVENTS];
    struct dcb_counter_state states[EVENTS];
    struct dcb_counters *counters;
    bool seen[EVENTS] = {false};

    (void)state;
    make_pmu(2);
    fake.watchdog = 1;
    counters = open_ten(events, states);
    assert_int_equal(dcb_counters_groups(counters), EVENTS);
    for (size_t i = 0; i < EVENTS; i++) {
        assert_int_equal(states[i].slot, 0);
        assert_int_equal(states[i].anchored, i == ANCHOR);
        assert_false(seen[states[i].group]);
        seen[states[i].group] = true;
    }
    dcb_counters_free(counters);
    assert_int_equal(count_open(), 0);
}

static void groups_do_without_instructions(void **state)
{
    (void)state;
    for (int missing = 0; missing < 2; missing++) {
        struct dcb_event events[] = {event("a", PLAIN), event("b", PLAIN),
                                     event("c", PLAIN), event("d", PLAIN),
                                     event("instructions", MISSING)};
        size_t count = COUNT(events) - (missing ? 0 : 1);
        struct dcb_counter_state states[COUNT(events)];
        struct dcb_counters *counters;

        make_pmu(3);
        counters = dcb_counters_open_with(&kernel, events, count, states);
        assert_int_equal(dcb_counters_groups(counters), 2);
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(states[i].group, i / 3);
            assert_int_equal(states[i].slot, i % 3);
            assert_false(states[i].anchored);
        }
        if (missing)
            assert_contains(states[4].reason, "no such event");
        dcb_counters_free(counters);
        assert_int_equal(count_open(), 0);
    }
}

static void loner_is_alone(void **state)
{
    struct dcb_event events[] = {event("instructions", INSTRUCTIONS),
                                 event("loner", LONER), event("a", PLAIN),
                                 event("b", PLAIN)};
    struct dcb_counter_state states[COUNT(events)];
    struct dcb_counters *counters;

    (void)state;
    make_pmu(4);
    counters = dcb_counters_open_with(&kernel, events, COUNT(events), states);
    assert_int_equal(dcb_counters_groups(counters), 2);
    assert_int_equal(states[1].group, 1);
    assert_int_equal(states[1].slot, 0);
    assert_false(states[1].anchored);
    assert_int_equal(states[2].group, 0);
    assert_int_equal(states[3].slot, 2);
    dcb_counters_free(counters);
}

/* What no group can change is not tried in each of them. */
static void refusals_are_tried_once(void **state)
{
    struct dcb_event events[EVENTS + 2];
    struct dcb_counter_state states[COUNT(events)];
    struct dcb_counters *counters;
    unsigned opened;

    (void)state;
    make_pmu(4);
    dcb_counters_free(open_ten(events, states));
    opened = fake.opened;
    make_pmu(4);
    events[EVENTS] = event("missing", MISSING);
    events[EVENTS + 1] = event("refused", REFUSED);
    counters = dcb_counters_open_with(&kernel, events, COUNT(events), states);
    assert_int_equal(fake.opened, opened + 2);
    assert_string_equal(states[EVENTS].reason,
                        "this CPU has no such event: name another with --events");
    assert_string_equal(states[EVENTS + 1].reason,
                        "not permitted (EACCES; by a security module?): run it with "
                        "CAP_PERFMON");
    assert_int_equal(states[EVENTS].slot, -1);
    assert_int_equal(states[EVENTS].group, -1);
    dcb_counters_free(counters);
}

static void no_free_counter_is_a_reason(void **state)
{
    struct dcb_event events[EVENTS];
    struct dcb_counter_state states[EVENTS];
    struct dcb_counters *counters;

    (void)state;
    make_pmu(4);
    fake.watchdog = 1;
    fake.stolen = 3;
    fake.facts.nmi_watchdog = 1;
    counters = open_ten(events, states);
    assert_int_equal(dcb_counters_groups(counters), 0);
    assert_int_equal(count_open(), 0);
    for (size_t i = 0; i < EVENTS; i++)
        assert_string_equal(states[i].reason,
                            "no counter is free for it, and the NMI watchdog holds one: "
                            "sudo sysctl kernel.nmi_watchdog=0");
    dcb_counters_free(counters);
}

/* ---- reading ---- */

static struct dcb_block count_turns(struct dcb_counters *counters, uint64_t turns)
{
    struct dcb_counter_reading before, after;
    struct dcb_block block = {.flags = 0};

    dcb_counters_read(counters, &before);
    fake_loop(turns);
    dcb_counters_read(counters, &after);
    dcb_counters_difference(&before, &after, &block);
    return block;
}

static void check_values(struct dcb_counters *counters, const struct dcb_event *events,
                         const struct dcb_counter_state *states, uint64_t turns)
{
    for (size_t group = 0; group < dcb_counters_groups(counters); group++) {
        struct dcb_block block;

        dcb_counters_select(counters, group);
        block = count_turns(counters, turns);
        assert_int_equal(block.flags, DCB_BLOCK_PMU_OK);
        assert_int_equal(block.pmu[0], 2 * turns + READ_COST);
        for (size_t i = 0; i < EVENTS; i++) {
            if (states[i].group == (int)group && i != ANCHOR)
                assert_int_equal(block.pmu[states[i].slot], events[i].config * turns);
        }
    }
}

static void every_slot_has_its_event(void **state)
{
    (void)state;
    for (int pages = 0; pages < 2; pages++) {
        struct dcb_event events[EVENTS];
        struct dcb_counter_state states[EVENTS];
        struct dcb_counters *counters;
        unsigned calls;

        make_pmu(4);
        fake.pages = pages;
        counters = open_ten(events, states);
        assert_int_equal(dcb_counters_user_reads(counters), pages);
        calls = fake.read_calls;
        check_values(counters, events, states, 1000);
        check_values(counters, events, states, 7);
        assert_int_equal(fake.read_calls - calls, pages ? 0 : 12);
        dcb_counters_free(counters);
        assert_int_equal(count_open(), 0);
    }
}

/* Another program takes a counter in the middle of a block, and gives it back. */
static void lost_counters_spoil_the_block(void **state)
{
    (void)state;
    for (int pages = 0; pages < 2; pages++) {
        struct dcb_event events[EVENTS];
        struct dcb_counter_state states[EVENTS];
        struct dcb_counters *counters;
        struct dcb_block block;

        make_pmu(4);
        fake.pages = pages;
        counters = open_ten(events, states);
        dcb_counters_select(counters, 0);
        fake.stolen = 1;
        block = count_turns(counters, 10);
        assert_int_equal(block.flags, 0);
        assert_int_equal(block.pmu[0], 0);
        fake.stolen = 0;
        assert_int_equal(count_turns(counters, 10).flags, 0); /* not enabled again yet */
        dcb_counters_select(counters, 0);
        block = count_turns(counters, 10);
        assert_int_equal(block.flags, DCB_BLOCK_PMU_OK);
        assert_int_equal(block.pmu[1], PLAIN * 10);
        dcb_counters_free(counters);
    }
}

/* One edge by the page, the other by read(2): both are the kernel's own count. */
static void edges_of_both_kinds_agree(void **state)
{
    struct dcb_event events[EVENTS];
    struct dcb_counter_state states[EVENTS];
    struct dcb_counter_reading before, after;
    struct dcb_block block = {.flags = 0};
    struct dcb_counters *counters;
    unsigned calls;

    (void)state;
    make_pmu(4);
    fake.pages = true;
    counters = open_ten(events, states);
    dcb_counters_select(counters, 0);
    fake_loop(123);
    dcb_counters_read(counters, &before);
    fake_loop(1000);
    for (int fd = 0; fd < FAKE_MAX; fd++)
        fake.counters[fd].page.index = 0;
    calls = fake.read_calls;
    dcb_counters_read(counters, &after);
    assert_int_equal(fake.read_calls, calls + 1);
    dcb_counters_difference(&before, &after, &block);
    assert_int_equal(block.flags, DCB_BLOCK_PMU_OK);
    assert_int_equal(block.pmu[0], 2000 + READ_COST);
    assert_int_equal(block.pmu[1], PLAIN * 1000);
    dcb_counters_free(counters);
}

static void strange_readings_do_not_count(void **state)
{
    struct dcb_event events[EVENTS];
    struct dcb_counter_state states[EVENTS];
    struct dcb_counters *counters;

    (void)state;
    make_pmu(4);
    counters = open_ten(events, states);
    dcb_counters_select(counters, 1);
    fake.swap_ids = true;
    assert_int_equal(count_turns(counters, 10).flags, 0);
    fake.swap_ids = false;
    fake.wrong_count = true;
    assert_int_equal(count_turns(counters, 10).flags, 0);
    fake.wrong_count = false;
    assert_int_equal(count_turns(counters, 10).flags, DCB_BLOCK_PMU_OK);
    dcb_counters_free(counters);
}

/* config1 asks for user access where it is to be asked for, and where that is not
 * refused. */
static void user_access_is_asked_for(void **state)
{
    struct dcb_event events[] = {event("instructions", INSTRUCTIONS),
                                 event("a", NO_USER)};
    struct dcb_counters_kernel asking = kernel;
    struct dcb_counter_state states[COUNT(events)];
    struct dcb_counters *counters;

    (void)state;
    make_pmu(4);
    asking.user_access = 2;
    events[0].config1 = 1;
    counters = dcb_counters_open_with(&asking, events, COUNT(events), states);
    assert_string_equal(states[1].reason, "");
    for (int fd = 0; fd < FAKE_MAX; fd++) {
        if (fake.counters[fd].open)
            assert_int_equal(fake.counters[fd].config1,
                             fake.counters[fd].config == INSTRUCTIONS ? 3 : 0);
    }
    dcb_counters_free(counters);
}

/* ---- choice ---- */

static struct dcb_event moved(uint64_t config, enum dcb_stimulus stimulus)
{
    struct dcb_event made = event("row", config);

    made.stimulus = stimulus;
    return made;
}

static void first_that_counts_is_chosen(void **state)
{
    struct dcb_event candidates[] = {
        moved(MISSING, DCB_STIMULUS_LOOP), moved(DEAD, DCB_STIMULUS_LOOP),
        moved(PLAIN, DCB_STIMULUS_LOOP), moved(INSTRUCTIONS, DCB_STIMULUS_LOOP)};
    char reason[200] = "none yet";

    (void)state;
    make_pmu(4);
    assert_int_equal(
        dcb_counters_choose_with(&kernel, candidates, 4, reason, sizeof reason), 2);
    assert_string_equal(reason, "");
    assert_false(candidates[0].verified);
    assert_false(candidates[1].verified);
    assert_true(candidates[2].verified);
    assert_false(candidates[3].verified);
    assert_int_equal(count_open(), 0);
    /* A stimulus of the wrong kind moves it a little: not enough. */
    candidates[0] = moved(MEMORY, DCB_STIMULUS_LOOP);
    assert_int_equal(
        dcb_counters_choose_with(&kernel, candidates, 1, reason, sizeof reason), -1);
    assert_string_equal(reason,
                        "opens but does not count (3 after a loop that must give 25000): "
                        "use --counters simulated");
    candidates[0] = moved(MEMORY, DCB_STIMULUS_MEMORY);
    assert_int_equal(
        dcb_counters_choose_with(&kernel, candidates, 1, reason, sizeof reason), 0);
    assert_true(candidates[0].verified);
    /* Nothing is known to move it. */
    candidates[0] = moved(DEAD, DCB_STIMULUS_NONE);
    assert_int_equal(
        dcb_counters_choose_with(&kernel, candidates, 1, reason, sizeof reason), 0);
    assert_false(candidates[0].verified);
    assert_int_equal(count_open(), 0);
}

static void most_telling_reason_is_given(void **state)
{
    static const struct {
        uint64_t configs[2];
        size_t stolen;
        const char *reason;
    } cases[] = {
        {{MISSING, DEAD},
         0,
         "opens but does not count (0 after a walk over many pages "
         "that must give 8192): use --counters simulated"},
        {{DEAD, REFUSED},
         0,
         "opens but does not count (0 after a walk over many pages "
         "that must give 8192): use --counters simulated"},
        {{MISSING, REFUSED},
         0,
         "not permitted (EACCES; by a security module?): run it "
         "with CAP_PERFMON"},
        {{MISSING, MISSING}, 0, "this CPU has no such event: name another with --events"},
        {{MISSING, PLAIN},
         4,
         "no counter is free for it: end the other program that "
         "counts (perf?)"},
    };
    char reason[200];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dcb_event candidates[] = {moved(cases[i].configs[0], DCB_STIMULUS_PAGES),
                                         moved(cases[i].configs[1], DCB_STIMULUS_PAGES)};

        make_pmu(4);
        fake.stolen = cases[i].stolen;
        assert_int_equal(
            dcb_counters_choose_with(&kernel, candidates, 2, reason, sizeof reason), -1);
        assert_string_equal(reason, cases[i].reason);
        assert_int_equal(count_open(), 0);
    }
    assert_int_equal(dcb_counters_choose_with(&kernel, NULL, 0, reason, sizeof reason),
                     -1);
    assert_string_equal(reason,
                        "neither the kernel nor libpfm4 has an event of this name");
}

/* ---- probing ---- */

static void known_loop_is_counted(void **state)
{
    struct dcb_event instructions = event("instructions", INSTRUCTIONS);
    struct dcb_counters_ability ability;

    (void)state;
    make_pmu(6);
    fake.watchdog = 1;
    fake.facts.nmi_watchdog = 1;
    dcb_counters_probe_with(&kernel, &instructions, &ability);
    assert_string_equal(ability.reason, "");
    assert_true(ability.hardware);
    assert_int_equal(ability.loop_expected, 200000);
    assert_int_equal(ability.loop_counted, 200000);
    assert_int_equal(ability.fit, 5);
    assert_false(ability.user_reads);
    assert_true(strlen(ability.read_reason) > 10);
    assert_int_equal(ability.nmi_watchdog, 1);
    assert_false(ability.kernel);
    assert_int_equal(ability.paranoid, 2);
    assert_int_equal(count_open(), 0);
}

static void user_reads_are_found(void **state)
{
    struct dcb_event instructions = event("instructions", INSTRUCTIONS);
    struct dcb_counters_ability ability;

    (void)state;
    make_pmu(6);
    fake.pages = true;
    dcb_counters_probe_with(&kernel, &instructions, &ability);
    assert_true(ability.user_reads);
    assert_string_equal(ability.read_reason, "");
    assert_int_equal(count_open(), 0);
}

static void unbelievable_counts_are_no_hardware(void **state)
{
    static const struct {
        uint64_t config;
        size_t stolen;
        const char *reason;
    } cases[] = {
        {HALF, 0,
         "instructions are counted wrongly (100000 in a loop of 200000): use "
         "--counters simulated"},
        {DEAD, 0, "it opens but does not count: use --counters simulated"},
        {MISSING, 0, "this CPU has no such event: name another with --events"},
        {INSTRUCTIONS, 6,
         "no counter is free for it: end the other program that counts "
         "(perf?)"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dcb_event instructions = event("instructions", cases[i].config);
        struct dcb_counters_ability ability;

        make_pmu(6);
        fake.stolen = cases[i].stolen;
        dcb_counters_probe_with(&kernel, &instructions, &ability);
        assert_false(ability.hardware);
        assert_string_equal(ability.reason, cases[i].reason);
        assert_int_equal(ability.fit, 0);
        assert_false(ability.user_reads);
        assert_string_equal(ability.read_reason,
                            "there are no hardware counters to read");
        assert_int_equal(count_open(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anchor_leads_every_group),
        cmocka_unit_test(one_counter_has_no_anchors),
        cmocka_unit_test(groups_do_without_instructions),
        cmocka_unit_test(loner_is_alone),
        cmocka_unit_test(refusals_are_tried_once),
        cmocka_unit_test(no_free_counter_is_a_reason),
        cmocka_unit_test(every_slot_has_its_event),
        cmocka_unit_test(lost_counters_spoil_the_block),
        cmocka_unit_test(edges_of_both_kinds_agree),
        cmocka_unit_test(strange_readings_do_not_count),
        cmocka_unit_test(user_access_is_asked_for),
        cmocka_unit_test(first_that_counts_is_chosen),
        cmocka_unit_test(most_telling_reason_is_given),
        cmocka_unit_test(known_loop_is_counted),
        cmocka_unit_test(user_reads_are_found),
        cmocka_unit_test(unbelievable_counts_are_no_hardware),
    };

    return cmocka_run_group_tests_name("counters_groups", tests, NULL, NULL);
}
