#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "job.h"
#include "spawn_copy.h"
#include "strbuf.h"
#include "xalloc.h"

enum {
    ANSWERS_MAX = 4 << 20, /* bytes; a real answer has a few kilobytes */
    OUTPUT_KEEP = 4096,
    DUMP_MAX = 256 << 20,
    TICK_MS = 50
};

/* What a worker sees of the environment, whatever the user's is. */
static char *const environment[] = {
    (char *)(uintptr_t) "LANG=C.UTF-8",
    (char *)(uintptr_t) "LC_ALL=C.UTF-8",
    (char *)(uintptr_t) "HOME=/",
    (char *)(uintptr_t) "TZ=UTC",
    (char *)(uintptr_t) "TERM=dumb",
    (char *)(uintptr_t) "PATH=/usr/local/bin:/usr/bin:/bin",
    NULL, /* LD_PRELOAD, of one process */
    NULL};

enum { PLACES = sizeof environment / sizeof *environment };

struct child {
    pid_t pid;
    bool own_pages;
    uint64_t started_ns;
    int pidfd;   /* -1 where the kernel has none (before 5.3) */
    int answers; /* read ends, non-blocking; -1 once closed by the other side */
    int output;
};

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The job in an anonymous file: writing it never waits for the reader. */
static int job_file(const char *job, struct dcb_error *err)
{
    size_t length = strlen(job), done = 0;
    int fd = memfd_create("dcbench-job", MFD_CLOEXEC);

    if (fd < 0)
        return dcb_error_set_errno(err, errno, "cannot make a file for the job");
    while (done < length) {
        ssize_t n = write(fd, job + done, length - done);

        if (n < 0 && errno != EINTR) {
            dcb_error_set_errno(err, errno, "cannot write the job");
            close(fd);
            return -1;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    lseek(fd, 0, SEEK_SET);
    return fd;
}

/* Moves a descriptor out of the way of the fixed numbers. */
static int move_up(int fd)
{
    int moved, saved;

    if (fd < 0 || fd > DCB_LAST_FD)
        return fd;
    moved = fcntl(fd, F_DUPFD_CLOEXEC, DCB_LAST_FD + 1);
    saved = errno;
    close(fd);
    errno = saved;
    return moved;
}

static int make_pipe(int ends[2], struct dcb_error *err)
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return dcb_error_set_errno(err, errno, "cannot make a pipe");
    ends[0] = move_up(ends[0]);
    ends[1] = move_up(ends[1]);
    if (ends[0] < 0 || ends[1] < 0)
        return dcb_error_set_errno(err, errno, "cannot make a pipe");
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return 0;
}

static void close_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
}

/* What a worker is started with; -1 for none. */
struct handed {
    int job, answers, samples, code, dump, output;
};

/* Where there is nothing to hand over, nothing stands there either. */
static void hand(posix_spawn_file_actions_t *actions, int fd, int number)
{
    if (fd >= 0)
        posix_spawn_file_actions_adddup2(actions, fd, number);
    else
        posix_spawn_file_actions_addclose(actions, number);
}

bool dcb_spawn_can_preload(const char *path)
{
    return strpbrk(path, " :") == NULL;
}

/* posix_spawn with the descriptors in place. */
static int launch_program(const struct dcb_spawn_request *request, const char *program,
                          const struct handed *handed, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char *const worker[] = {(char *)(uintptr_t) "dcbench-worker", NULL};
    char *variables[PLACES];
    char *preload =
        request->preload ? dcb_xasprintf("LD_PRELOAD=%s", request->preload) : NULL;
    sigset_t none, defaults;
    int rc;

    memcpy(variables, environment, sizeof variables);
    variables[PLACES - 2] = preload;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, handed->output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, handed->output, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, handed->job, DCB_JOB_FD);
    posix_spawn_file_actions_adddup2(&actions, handed->answers, DCB_ANSWER_FD);
    hand(&actions, handed->samples, DCB_SAMPLES_FD);
    hand(&actions, handed->code, DCB_CODE_FD);
    hand(&actions, handed->dump, DCB_DUMP_FD);
    /* Nothing else of ours or of our caller's: the workload may write to any number. */
    posix_spawn_file_actions_addclosefrom_np(&actions, DCB_LAST_FD + 1);
    posix_spawnattr_init(&attributes);
    sigemptyset(&none);
    sigfillset(&defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    if (request->folder)
        posix_spawn_file_actions_addchdir_np(&actions, request->folder);
    rc = posix_spawn(ret_pid, program, &actions, &attributes,
                     request->arguments ? request->arguments : worker, variables);
    free(preload);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return rc;
}

/* From a copy where one is wanted and can be had. */
static int launch(const struct dcb_spawn_request *request, const struct handed *handed,
                  struct child *child)
{
    char link[DCB_SPAWN_LINK];
    int copy = request->own_pages ? dcb_spawn_copy(request->program, link) : -1;

    child->own_pages =
        copy >= 0 && launch_program(request, link, handed, &child->pid) == 0;
    if (copy >= 0)
        close(copy);
    return child->own_pages
               ? 0
               : launch_program(request, request->program, handed, &child->pid);
}

/* A duplicate out of the way of the fixed numbers; -1 for -1. */
static int duplicate(int fd, int *ret_fd, struct dcb_error *err)
{
    if (fd < 0)
        return 0;
    *ret_fd = fcntl(fd, F_DUPFD_CLOEXEC, DCB_LAST_FD + 1);
    return *ret_fd < 0 ? dcb_error_set_errno(err, errno, "cannot pass a descriptor") : 0;
}

static int start(const struct dcb_spawn_request *request, struct child *child,
                 struct dcb_error *err)
{
    struct handed handed = {-1, -1, -1, -1, -1, -1};
    int answers[2] = {-1, -1}, output[2] = {-1, -1};
    int rc = -1, launched;

    handed.job = job_file(request->job, err);
    if (handed.job >= 0)
        handed.job = move_up(handed.job);
    if (handed.job < 0) {
        dcb_error_set_errno(err, errno, "cannot pass the job");
        goto out;
    }
    if (make_pipe(answers, err) != 0 || make_pipe(output, err) != 0 ||
        duplicate(request->samples_fd, &handed.samples, err) != 0 ||
        duplicate(request->code_fd, &handed.code, err) != 0 ||
        duplicate(request->dump_fd, &handed.dump, err) != 0)
        goto out;
    handed.answers = answers[1];
    handed.output = output[1];
    child->started_ns = now_ns();
    launched = launch(request, &handed, child);
    if (launched != 0) {
        dcb_error_set_errno(err, launched, "cannot start %s", request->program);
        goto out;
    }
    /* It has not come to user code by now: valgrind alone takes longer to start. */
    if (request->address_bytes)
        (void)prlimit(child->pid, RLIMIT_AS,
                      &(struct rlimit){.rlim_cur = request->address_bytes,
                                       .rlim_max = request->address_bytes},
                      NULL);
    child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
    child->answers = answers[0];
    child->output = output[0];
    answers[0] = output[0] = -1;
    rc = 0;
out:
    close_all((int[]){handed.job, handed.samples, handed.code, handed.dump, answers[0],
                      answers[1], output[0], output[1]},
              8);
    return rc;
}

/* Reads what is there, in turns of a megabyte at most: a flood must not keep the watch
 * from its other duties. Closes the descriptor at its end. */
static void drain(int *fd, struct dcb_strbuf *buf, uint64_t *ret_total)
{
    char chunk[16384];
    ssize_t n;

    for (int turn = 0; turn < 64 && *fd >= 0; turn++) {
        n = read(*fd, chunk, sizeof chunk);
        if (n > 0) {
            dcb_strbuf_append_bytes(buf, chunk, (size_t)n);
            *ret_total += (uint64_t)n;
            if ((size_t)n < sizeof chunk)
                return;
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && errno == EAGAIN) {
            return;
        } else {
            close(*fd);
            *fd = -1;
        }
    }
}

/* Keeps the end of what was printed. */
static void trim_output(struct dcb_strbuf *output)
{
    if (output->length <= 2 * OUTPUT_KEEP)
        return;
    memmove(output->text, output->text + output->length - OUTPUT_KEEP, OUTPUT_KEEP);
    output->length = OUTPUT_KEEP;
    output->text[OUTPUT_KEEP] = '\0';
}

static bool has_ended(const struct child *child)
{
    siginfo_t info = {.si_pid = 0};

    return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == child->pid;
}

struct watch {
    uint64_t started, last_beat_ns, last_beat, last_tick;
};

/* Whether the controller has a reason to kill the worker now. */
static bool must_end(const struct dcb_spawn_request *request, struct watch *watch,
                     size_t answers_length, enum dcb_spawn_end *ret_end)
{
    uint64_t now = now_ns();
    uint64_t beat = request->alive ? request->alive(request->context) : 0;

    if (beat != watch->last_beat) {
        watch->last_beat = beat;
        watch->last_beat_ns = now;
    }
    if (request->stop && *request->stop)
        *ret_end = DCB_SPAWN_STOPPED;
    else if (answers_length > (request->answers_max ? request->answers_max : ANSWERS_MAX))
        *ret_end = DCB_SPAWN_FLOODED;
    else if (now - watch->last_beat_ns > request->timeout_ms * 1000000)
        *ret_end = DCB_SPAWN_HUNG;
    else if (now - watch->started > request->limit_ms * 1000000)
        *ret_end = DCB_SPAWN_OVERTIME;
    else
        return false;
    return true;
}

/* How a worker ended that nobody killed. A signal to the whole foreground group (Ctrl-C)
 * reaches a child that has not yet gone to a group of its own: what then ended it is the
 * user's wish to stop, not the worker's fault. posix_spawn keeps signals blocked until
 * the child has its group, so the window is short, but a run that starts many workers
 * meets it. */
static void own_end(const struct dcb_spawn_request *request, const siginfo_t *info,
                    struct dcb_spawn_outcome *outcome)
{
    outcome->code = info->si_status;
    if (info->si_code == CLD_EXITED)
        outcome->end = DCB_SPAWN_EXITED;
    else if (request->stop && *request->stop == info->si_status)
        outcome->end = DCB_SPAWN_STOPPED;
    else
        outcome->end = DCB_SPAWN_SIGNALED;
}

static void wait_for_news(const struct child *child)
{
    struct pollfd fds[] = {{.fd = child->pidfd, .events = POLLIN},
                           {.fd = child->answers, .events = POLLIN},
                           {.fd = child->output, .events = POLLIN}};

    /* Without a pidfd the end of the process is found by asking more often. */
    poll(fds, 3, child->pidfd >= 0 ? TICK_MS : 5);
}

static void watch_child(const struct dcb_spawn_request *request, struct child *child,
                        struct dcb_spawn_outcome *outcome)
{
    struct dcb_strbuf answers = DCB_STRBUF_INIT, output = DCB_STRBUF_INIT;
    struct watch watch = {.started = child->started_ns};
    uint64_t answer_bytes = 0;
    bool killed = false, ended = false;
    siginfo_t info = {.si_pid = 0};

    watch.last_beat_ns = watch.last_tick = watch.started;
    while (!ended && !killed) {
        wait_for_news(child);
        ended = has_ended(child);
        drain(&child->answers, &answers, &answer_bytes);
        drain(&child->output, &output, &outcome->output_bytes);
        trim_output(&output);
        killed = !ended && must_end(request, &watch, answers.length, &outcome->end);
        if (request->tick && now_ns() - watch.last_tick > TICK_MS * 1000000ull) {
            watch.last_tick = now_ns();
            request->tick(request->tick_context);
        }
    }
    /* The whole group: the workload may have started processes of its own. */
    kill(-child->pid, SIGKILL);
    kill(child->pid, SIGKILL);
    waitid(P_PID, (id_t)child->pid, &info, WEXITED);
    outcome->started_ns = watch.started;
    outcome->elapsed_ns = now_ns() - watch.started;
    drain(&child->answers, &answers, &answer_bytes);
    drain(&child->output, &output, &outcome->output_bytes);
    if (!killed)
        own_end(request, &info, outcome);
    for (size_t i = 0; i < output.length; i++) {
        if (output.text[i] == '\0')
            output.text[i] = '?';
    }
    outcome->answers_length = answers.length;
    outcome->answers = dcb_strbuf_take(&answers);
    if (output.length > OUTPUT_KEEP)
        outcome->output = dcb_xstrdup(output.text + output.length - OUTPUT_KEEP);
    else
        outcome->output = dcb_xstrdup(output.text ? output.text : "");
    dcb_strbuf_clear(&output);
}

int dcb_spawn_run(const struct dcb_spawn_request *request,
                  struct dcb_spawn_outcome *ret_outcome, struct dcb_error *err)
{
    struct child child = {.pid = -1, .pidfd = -1, .answers = -1, .output = -1};

    if (start(request, &child, err) != 0)
        return -1;
    *ret_outcome =
        (struct dcb_spawn_outcome){.end = DCB_SPAWN_EXITED, .own_pages = child.own_pages};
    watch_child(request, &child, ret_outcome);
    close_all((int[]){child.pidfd, child.answers, child.output}, 3);
    return 0;
}

void dcb_spawn_clear(struct dcb_spawn_outcome *outcome)
{
    free(outcome->answers);
    free(outcome->output);
    *outcome = (struct dcb_spawn_outcome){.end = DCB_SPAWN_EXITED};
}

int dcb_spawn_code_file(void)
{
    return memfd_create("dcbench-code", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

void dcb_spawn_seal_code(int fd)
{
    if (fd >= 0)
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
}

void dcb_spawn_close_code(int fd)
{
    if (fd >= 0)
        close(fd);
}

int dcb_spawn_dump_file(struct dcb_error *err)
{
    int fd = memfd_create("dcbench-dump", MFD_CLOEXEC);

    if (fd < 0)
        dcb_error_set_errno(err, errno, "cannot make a file for callgrind");
    return fd;
}

void dcb_spawn_close_dump(int fd)
{
    close(fd);
}

char *dcb_spawn_read_dump(int fd, size_t *ret_length)
{
    struct stat status;
    char *text = NULL;
    size_t done = 0, length;
    ssize_t n = 1;

    if (fstat(fd, &status) == 0 && status.st_size <= DUMP_MAX) {
        length = (size_t)status.st_size;
        text = dcb_xcalloc(length + 1, 1);
        while (done < length &&
               (n = pread(fd, text + done, length - done, (off_t)done)) > 0)
            done += (size_t)n;
        if (done < length) {
            free(text);
            text = NULL;
        }
    }
    close(fd);
    *ret_length = done;
    return text;
}
