#include "samples.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

static size_t mapping_size(uint32_t capacity)
{
    return sizeof(struct dcb_samples) + (size_t)capacity * sizeof(struct dcb_block);
}

struct dcb_samples *dcb_samples_new(uint32_t capacity, int *ret_fd, struct dcb_error *err)
{
    struct dcb_samples *samples;
    int fd = memfd_create("dcbench-samples", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0) {
        dcb_error_set_errno(err, errno, "cannot make shared memory for samples");
        return NULL;
    }
    /* A worker that cut the file would have the controller die of SIGBUS. */
    if (ftruncate(fd, (off_t)mapping_size(capacity)) != 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        dcb_error_set_errno(err, errno, "cannot size shared memory for samples");
        close(fd);
        return NULL;
    }
    samples =
        mmap(NULL, mapping_size(capacity), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (samples == MAP_FAILED) {
        dcb_error_set_errno(err, errno, "cannot map shared memory for samples");
        close(fd);
        return NULL;
    }
    samples->magic = DCB_SAMPLES_MAGIC;
    samples->capacity = capacity;
    atomic_store(&samples->arm, DCB_ARM_NONE);
    *ret_fd = fd;
    return samples;
}

void dcb_samples_close(int fd)
{
    close(fd);
}

struct dcb_samples *dcb_samples_map(int fd, struct dcb_error *err)
{
    struct stat status;
    struct dcb_samples *samples;

    if (fstat(fd, &status) != 0 || status.st_size < (off_t)sizeof *samples) {
        dcb_error_set(err, DCB_ERROR_SYSTEM, "no samples mapping on descriptor %d", fd);
        return NULL;
    }
    samples = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_POPULATE, fd, 0);
    if (samples == MAP_FAILED) {
        dcb_error_set_errno(err, errno, "cannot map the samples");
        return NULL;
    }
    if (samples->magic != DCB_SAMPLES_MAGIC ||
        mapping_size(samples->capacity) != (size_t)status.st_size) {
        dcb_error_set(err, DCB_ERROR_INTERNAL, "the samples mapping has another layout");
        munmap(samples, (size_t)status.st_size);
        return NULL;
    }
    madvise(samples, (size_t)status.st_size, MADV_DONTFORK);
    return samples;
}

void dcb_samples_unmap(struct dcb_samples *samples, uint32_t capacity)
{
    if (samples)
        munmap(samples, mapping_size(capacity));
}

const char *dcb_phase_text(enum dcb_phase phase)
{
    static const char *const texts[DCB_PHASE_COUNT] = {
        [DCB_PHASE_START] = "starting the interpreter",
        [DCB_PHASE_LOAD_WORKLOAD] = "loading the workload",
        [DCB_PHASE_LOAD_ARM] = "loading it",
        [DCB_PHASE_CHECK] = "checking its copy",
        [DCB_PHASE_CALIBRATE] = "calibrating it",
        [DCB_PHASE_SETTLE] = "collecting garbage",
        [DCB_PHASE_WARM_UP] = "warming it up",
        [DCB_PHASE_TIME] = "timing it",
        [DCB_PHASE_SIMULATE] = "simulating it",
        [DCB_PHASE_VERIFY] = "verifying it",
        [DCB_PHASE_MEMORY] = "counting its memory",
        [DCB_PHASE_COMPARE] = "comparing the objects at the end",
        [DCB_PHASE_DONE] = "ending",
    };

    return (unsigned)phase < DCB_PHASE_COUNT ? texts[phase] : "an unknown step";
}

uint32_t dcb_samples_valid_blocks(const struct dcb_samples *samples, uint32_t capacity,
                                  uint32_t arms, uint64_t elapsed_ns, int *ret_sound)
{
    uint32_t count = atomic_load_explicit(&samples->count, memory_order_acquire);
    uint32_t round = 0;

    *ret_sound = samples->magic == DCB_SAMPLES_MAGIC && count <= capacity;
    if (!*ret_sound)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct dcb_block *block = &samples->blocks[i];

        if (block->arm >= arms || block->iterations == 0 || block->wall_ns == 0 ||
            block->wall_ns > elapsed_ns || block->cpu_ns > 2 * elapsed_ns ||
            block->iterations > block->wall_ns || block->round < round) {
            *ret_sound = 0;
            return i;
        }
        round = block->round;
    }
    return count;
}
