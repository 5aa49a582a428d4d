#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "samples.h"
#include "unit.h"

enum { CAPACITY = 16, ARMS = 3, LIFE_NS = 1000000 };

static size_t size_of(uint32_t capacity)
{
    return sizeof(struct dcb_samples) + capacity * sizeof(struct dcb_block);
}

/* A mapping with `count` sound blocks: two a round. */
static struct dcb_samples *filled(uint32_t count)
{
    struct dcb_error err = DCB_ERROR_INIT;
    int fd = -1;
    struct dcb_samples *samples = dcb_samples_new(CAPACITY, &fd, &err);

    assert_no_error(&err);
    assert_non_null(samples);
    dcb_samples_close(fd);
    for (uint32_t i = 0; i < count; i++)
        samples->blocks[i] = (struct dcb_block){
            .round = i / 2, .arm = i % ARMS, .iterations = 10, .wall_ns = 1000};
    atomic_store(&samples->count, count);
    return samples;
}

static uint32_t valid(const struct dcb_samples *samples, int *ret_sound)
{
    *ret_sound = 99;
    return dcb_samples_valid_blocks(samples, CAPACITY, ARMS, LIFE_NS, ret_sound);
}

static void new_mapping_is_empty(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;
    int fd = -1, sound = 0;
    struct dcb_samples *samples = dcb_samples_new(CAPACITY, &fd, &err);
    struct stat status;

    (void)state;
    assert_non_null(samples);
    assert_int_equal(samples->magic, DCB_SAMPLES_MAGIC);
    assert_int_equal(samples->capacity, CAPACITY);
    assert_int_equal(atomic_load(&samples->phase), DCB_PHASE_START);
    assert_int_equal(atomic_load(&samples->arm), DCB_ARM_NONE);
    assert_int_equal(atomic_load(&samples->beats), 0);
    assert_int_equal(valid(samples, &sound), 0);
    assert_int_equal(sound, 1);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_size, size_of(CAPACITY));
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    dcb_samples_close(fd);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    samples->blocks[CAPACITY - 1].round = 7; /* the mapping stays */
    dcb_samples_unmap(samples, CAPACITY);
}

/* The child maps its own duplicate of the descriptor, as a worker does. */
static void child_writes_what_parent_reads(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;
    int fd = -1, sound = 0, status = -1;
    struct dcb_samples *samples = dcb_samples_new(CAPACITY, &fd, &err);
    pid_t pid;

    (void)state;
    assert_non_null(samples);
    pid = fork();
    if (pid == 0) {
        struct dcb_samples *mine = dcb_samples_map(dup(fd), &err);

        if (!mine || mine == samples || mine->capacity != CAPACITY)
            _exit(1);
        dcb_samples_mark(mine, DCB_PHASE_TIME, 2);
        dcb_samples_mark(mine, DCB_PHASE_TIME, 1);
        mine->blocks[CAPACITY - 1].wall_ns = 77;
        mine->blocks[0] = (struct dcb_block){.arm = 1, .iterations = 5, .wall_ns = 42};
        atomic_store(&mine->count, 1);
        dcb_samples_unmap(mine, CAPACITY);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(atomic_load(&samples->phase), DCB_PHASE_TIME);
    assert_int_equal(atomic_load(&samples->arm), 1);
    assert_int_equal(atomic_load(&samples->beats), 2);
    assert_int_equal(valid(samples, &sound), 1);
    assert_int_equal(sound, 1);
    assert_int_equal(samples->blocks[0].wall_ns, 42);
    assert_int_equal(samples->blocks[CAPACITY - 1].wall_ns, 77);
    dcb_samples_close(fd);
    dcb_samples_unmap(samples, CAPACITY);
}

/* A workload that forks must not find the worker's mapping in its child. */
static void mapping_is_not_inherited(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;
    int fd = -1, status = -1;
    struct dcb_samples *samples = dcb_samples_new(CAPACITY, &fd, &err), *mine;
    pid_t pid;

    (void)state;
    assert_non_null(samples);
    mine = dcb_samples_map(fd, &err);
    assert_non_null(mine);
    pid = fork();
    if (pid == 0) {
        unsigned char resident;

        /* ENOMEM: nothing is mapped there. */
        _exit(mincore(mine, 1, &resident) == -1 && errno == ENOMEM ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    dcb_samples_close(fd);
    dcb_samples_unmap(mine, CAPACITY);
    dcb_samples_unmap(samples, CAPACITY);
}

/* Reading behind the end of a file that became shorter is a SIGBUS: a worker must not be
 * able to bring the controller down that way. */
static void worker_cannot_cut_the_mapping(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;
    int fd = -1;
    struct dcb_samples *samples = dcb_samples_new(CAPACITY, &fd, &err);
    int cut;
    struct stat status;

    (void)state;
    assert_non_null(samples);
    cut = ftruncate(fd, 0);
    fstat(fd, &status);
    dcb_samples_close(fd);
    dcb_samples_unmap(samples, CAPACITY);
    assert_int_equal(cut, -1);
    assert_int_equal(status.st_size, size_of(CAPACITY));
}

static void other_files_are_not_mapped(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_samples head = {.magic = DCB_SAMPLES_MAGIC, .capacity = 1};
    int fd = memfd_create("test", MFD_CLOEXEC), ends[2];

    (void)state;
    assert_null(dcb_samples_map(-1, &err));
    assert_error(&err, DCB_ERROR_SYSTEM, "no samples mapping on descriptor -1");
    assert_int_equal(pipe(ends), 0);
    assert_null(dcb_samples_map(ends[0], &err));
    assert_error(&err, DCB_ERROR_SYSTEM, "no samples mapping");
    close(ends[0]);
    close(ends[1]);
    assert_null(dcb_samples_map(fd, &err));
    assert_error(&err, DCB_ERROR_SYSTEM, "no samples mapping");

    /* The head alone, where the capacity promises a block. */
    assert_int_equal(pwrite(fd, &head, sizeof head, 0), sizeof head);
    assert_null(dcb_samples_map(fd, &err));
    assert_error(&err, DCB_ERROR_INTERNAL, "another layout");
    assert_int_equal(ftruncate(fd, (off_t)size_of(2)), 0);
    assert_null(dcb_samples_map(fd, &err));
    assert_error(&err, DCB_ERROR_INTERNAL, "another layout");
    assert_int_equal(ftruncate(fd, (off_t)size_of(1)), 0);
    head.magic++;
    assert_int_equal(pwrite(fd, &head, sizeof head, 0), sizeof head);
    assert_null(dcb_samples_map(fd, &err));
    assert_error(&err, DCB_ERROR_INTERNAL, "another layout");
    head.magic--;
    assert_int_equal(pwrite(fd, &head, sizeof head, 0), sizeof head);

    struct dcb_samples *samples = dcb_samples_map(fd, &err);

    assert_no_error(&err);
    assert_non_null(samples);
    dcb_samples_unmap(samples, 1);
    close(fd);
}

static void sound_blocks_are_believed(void **state)
{
    struct dcb_samples *samples = filled(CAPACITY);
    int sound;

    (void)state;
    samples->blocks[3].wall_ns = LIFE_NS; /* not longer than its life */
    samples->blocks[4].arm = ARMS - 1;
    samples->blocks[CAPACITY - 1].round = UINT32_MAX;
    assert_int_equal(valid(samples, &sound), CAPACITY);
    assert_int_equal(sound, 1);
    dcb_samples_unmap(samples, CAPACITY);
}

static void spoil_arm(struct dcb_block *block)
{
    block->arm = ARMS;
}

static void spoil_arm_none(struct dcb_block *block)
{
    block->arm = DCB_ARM_NONE;
}

static void spoil_iterations(struct dcb_block *block)
{
    block->iterations = 0;
}

static void spoil_time(struct dcb_block *block)
{
    block->wall_ns = 0;
}

static void spoil_life(struct dcb_block *block)
{
    block->wall_ns = LIFE_NS + 1;
}

static void spoil_sign(struct dcb_block *block)
{
    block->wall_ns = (uint64_t)-1;
}

static void spoil_round(struct dcb_block *block)
{
    block->round = 1;
}

static void zero_block(struct dcb_block *block)
{
    *block = (struct dcb_block){.round = 0};
}

/* What comes behind the first unsound block is not believed either. */
static void blocks_end_at_the_first_unsound_one(void **state)
{
    void (*const spoil[])(struct dcb_block *) = {
        spoil_arm,  spoil_arm_none, spoil_iterations, spoil_time,
        spoil_life, spoil_sign,     spoil_round,      zero_block};

    (void)state;
    for (size_t i = 0; i < COUNT(spoil); i++) {
        struct dcb_samples *samples = filled(8);
        int sound;

        spoil[i](&samples->blocks[5]); /* of round 2 */
        assert_int_equal(valid(samples, &sound), 5);
        assert_int_equal(sound, 0);
        dcb_samples_unmap(samples, CAPACITY);
    }
}

static void first_block_may_be_the_unsound_one(void **state)
{
    struct dcb_samples *samples = filled(8);
    int sound;

    (void)state;
    samples->blocks[0].arm = 1000;
    assert_int_equal(valid(samples, &sound), 0);
    assert_int_equal(sound, 0);
    dcb_samples_unmap(samples, CAPACITY);
}

static void header_is_not_believed(void **state)
{
    static const uint32_t counts[] = {CAPACITY + 1, 1u << 31, UINT32_MAX};
    struct dcb_samples *samples = filled(8);
    int sound;

    (void)state;
    for (size_t i = 0; i < COUNT(counts); i++) {
        atomic_store(&samples->count, counts[i]);
        samples->capacity = UINT32_MAX; /* a lie that would allow it */
        assert_int_equal(valid(samples, &sound), 0);
        assert_int_equal(sound, 0);
    }
    atomic_store(&samples->count, 8);
    assert_int_equal(valid(samples, &sound), 8);
    assert_int_equal(sound, 1);
    samples->magic ^= 1;
    assert_int_equal(valid(samples, &sound), 0);
    assert_int_equal(sound, 0);
    dcb_samples_unmap(samples, CAPACITY);
}

/* The page behind the mapping is somebody else's, whatever the mapping says. */
static void capacity_lie_unmaps_nothing_else(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint32_t one_page =
        (uint32_t)((page - sizeof(struct dcb_samples)) / sizeof(struct dcb_block));
    char *room =
        mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct dcb_samples *samples;
    unsigned char resident;

    (void)state;
    assert_true(room != MAP_FAILED);
    samples = mmap(room, page, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    assert_ptr_equal(samples, room);
    room[page] = room[2 * page] = 1;
    samples->capacity = one_page * 3;
    dcb_samples_unmap(samples, one_page);
    assert_int_equal(mincore(room, 1, &resident), -1);
    assert_int_equal(room[page], 1);
    assert_int_equal(room[2 * page], 1);
    munmap(room + page, 2 * page);
    dcb_samples_unmap(NULL, CAPACITY);
}

static void phases_have_words(void **state)
{
    (void)state;
    for (unsigned i = 0; i < DCB_PHASE_COUNT; i++) {
        const char *text = dcb_phase_text((enum dcb_phase)i);

        assert_non_null(text);
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(text, dcb_phase_text((enum dcb_phase)k));
    }
    assert_string_equal(dcb_phase_text(DCB_PHASE_TIME), "timing it");
    /* The number comes out of the mapping. */
    assert_string_equal(dcb_phase_text((enum dcb_phase)DCB_PHASE_COUNT),
                        "an unknown step");
    assert_string_equal(dcb_phase_text((enum dcb_phase)UINT32_MAX), "an unknown step");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_mapping_is_empty),
        cmocka_unit_test(child_writes_what_parent_reads),
        cmocka_unit_test(mapping_is_not_inherited),
        cmocka_unit_test(worker_cannot_cut_the_mapping),
        cmocka_unit_test(other_files_are_not_mapped),
        cmocka_unit_test(sound_blocks_are_believed),
        cmocka_unit_test(blocks_end_at_the_first_unsound_one),
        cmocka_unit_test(first_block_may_be_the_unsound_one),
        cmocka_unit_test(header_is_not_believed),
        cmocka_unit_test(capacity_lie_unmaps_nothing_else),
        cmocka_unit_test(phases_have_words),
    };

    return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
