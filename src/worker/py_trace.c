/*
 * Tracing the resident set size while containers are copied: at call edges from the
 * interpreter's profile hook, and in between by a thread that has nothing of the
 * interpreter. What is seen goes as lines of text to a file in memory that is not mapped
 * here, so that it does not show in what is measured (trace.h says what they look like).
 */
#include "py_python.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "trace.h"
#include "xalloc.h"

enum {
    LOOK_NS = 20000, /* reading the size takes a microsecond: not at every edge */
    CLOCK_NS = 5000000,
    LINE_MAX_BYTES = 320,
    BUFFER_BYTES = 64 << 10
};

struct edge {
    uint64_t event, clock_ns, rss_bytes;
    enum dcb_trace_what what;
    int line;
    char file[DCB_TRACE_NAME_MAX], function[DCB_TRACE_NAME_MAX];
    bool written;
};

/* One of it for the process's life: the hook and the thread share it. */
static struct {
    pthread_mutex_t lock; /* of all that is not atomic */
    atomic_bool on;
    _Atomic uint64_t event;
    struct dcb_samples *samples;
    int statm_fd, dump_fd, clear_fd, status_fd; /* -1: cannot be had */
    uint64_t page_bytes, began_ns, looked_ns;
    uint64_t every_bytes;         /* as asked for */
    struct dcb_trace_quota quota; /* of this repeat */
    uint64_t last_bytes;          /* of the last sample */
    uint64_t shadow_bytes;        /* of the last one that would be, with every_bytes */
    uint64_t beat_bytes;
    uint64_t peak_bytes; /* highest size that was seen since it was reset */
    uint64_t dropped;
    struct edge before; /* the last one that was looked at */
    char buffer[BUFFER_BYTES];
    size_t length;
} tracer = {.lock = PTHREAD_MUTEX_INITIALIZER,
            .statm_fd = -1,
            .dump_fd = -1,
            .clear_fd = -1,
            .status_fd = -1};

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- what is read ---- */

/* The second number of statm: pages. */
static uint64_t read_rss(void)
{
    char text[128], *end;
    ssize_t n = pread(tracer.statm_fd, text, sizeof text - 1, 0);

    if (n <= 0)
        return 0;
    text[n] = '\0';
    (void)strtoull(text, &end, 10);
    return strtoull(end, NULL, 10) * tracer.page_bytes;
}

/* VmHWM of status, in bytes; 0 where it cannot be had. */
static uint64_t read_peak(void)
{
    static const char key[] = "\nVmHWM:";
    char text[4096];
    const char *found;
    ssize_t n =
        tracer.status_fd >= 0 ? pread(tracer.status_fd, text, sizeof text - 1, 0) : 0;

    if (n <= 0)
        return 0;
    text[n] = '\0';
    found = strstr(text, key);
    return found ? strtoull(found + sizeof key - 1, NULL, 10) * 1024 : 0;
}

/* ---- what is written ---- */

static void flush_lines(void)
{
    size_t done = 0;

    while (done < tracer.length) {
        ssize_t n = write(tracer.dump_fd, tracer.buffer + done, tracer.length - done);

        if (n < 0 && errno != EINTR)
            break; /* what is missing is seen: the last line is not there */
        done += n > 0 ? (size_t)n : 0;
    }
    tracer.length = 0;
}

static void write_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void write_line(const char *format, ...)
{
    va_list arguments;
    int length;

    if (tracer.length + LINE_MAX_BYTES > BUFFER_BYTES)
        flush_lines();
    va_start(arguments, format);
    length = vsnprintf(tracer.buffer + tracer.length, LINE_MAX_BYTES, format, arguments);
    va_end(arguments);
    if (length > 0 && length < LINE_MAX_BYTES)
        tracer.length += (size_t)length;
}

static void write_edge(const struct edge *edge, bool before)
{
    write_line("sample\t%llu\t%llu\t%s\t%s\t%d\t%s\t%llu\t%s\n",
               (unsigned long long)edge->event,
               (unsigned long long)(edge->clock_ns - tracer.began_ns),
               dcb_trace_what_name(edge->what), edge->file, edge->line, edge->function,
               (unsigned long long)edge->rss_bytes, before ? "PREV" : "NEXT");
    dcb_trace_quota_spend(&tracer.quota);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* Written where the size has changed enough. Needs the lock. */
static void consider(struct edge *edge, bool always)
{
    bool much = distance(edge->rss_bytes, tracer.last_bytes) >= tracer.quota.least_bytes;
    bool asked = distance(edge->rss_bytes, tracer.shadow_bytes) >= tracer.every_bytes;

    if (edge->rss_bytes > tracer.peak_bytes)
        tracer.peak_bytes = edge->rss_bytes;
    if (distance(edge->rss_bytes, tracer.beat_bytes) >= tracer.every_bytes) {
        tracer.beat_bytes = edge->rss_bytes;
        atomic_fetch_add(&tracer.samples->beats, 1);
    }
    edge->written = always || much;
    if (edge->written) {
        if (tracer.before.event && !tracer.before.written)
            write_edge(&tracer.before, true);
        tracer.before.written = true;
        write_edge(edge, false);
        tracer.last_bytes = tracer.shadow_bytes = edge->rss_bytes;
    } else if (asked) {
        tracer.dropped++;
        tracer.shadow_bytes = edge->rss_bytes;
    }
}

/* ---- at call edges ---- */

/* Cut to its room; what would end the field or the line is no part of a name. */
static void set_name(char *field, const char *name)
{
    size_t i = 0;

    for (; name[i] && i < DCB_TRACE_NAME_MAX - 1; i++)
        field[i] = (unsigned char)name[i] < ' ' ? '?' : name[i];
    if (i == 0)
        field[i++] = '?';
    field[i] = '\0';
}

static void set_text(char *field, PyObject *text_b, bool base)
{
    const char *name = text_b && PyUnicode_Check(text_b) ? PyUnicode_AsUTF8(text_b) : "?";
    const char *slash;

    if (!name) { /* lone surrogates */
        PyErr_Clear();
        name = "?";
    }
    slash = base ? strrchr(name, '/') : NULL;
    set_name(field, slash ? slash + 1 : name);
}

static void set_code(struct edge *edge, PyFrameObject *frame, PyObject *callee_b)
{
    PyCodeObject *code = PyFrame_GetCode(frame);
    int line = PyFrame_GetLineNumber(frame); /* -1: the code does not say */

    set_text(edge->file, code->co_filename, true);
    edge->line = line > 0 ? line : 0;
    if (callee_b && PyCFunction_Check(callee_b))
        set_name(edge->function, ((PyCFunctionObject *)callee_b)->m_ml->ml_name);
    else if (callee_b && Py_TYPE(callee_b) == &PyMethodDescr_Type)
        set_text(edge->function, ((PyDescrObject *)callee_b)->d_name, false);
    else if (callee_b)
        set_name(edge->function, Py_TYPE(callee_b)->tp_name);
    else
        set_text(edge->function, code->co_name, false);
    Py_DECREF(code);
}

static int on_event(PyObject *object, PyFrameObject *frame, int event, PyObject *arg_b)
{
    static const enum dcb_trace_what whats[] = {
        [PyTrace_CALL] = DCB_TRACE_CALL,
        [PyTrace_RETURN] = DCB_TRACE_RETURN,
        [PyTrace_C_CALL] = DCB_TRACE_C_CALL,
        [PyTrace_C_RETURN] = DCB_TRACE_C_RETURN,
        [PyTrace_C_EXCEPTION] = DCB_TRACE_C_EXCEPTION,
    };
    struct edge edge;
    uint64_t number = atomic_fetch_add(&tracer.event, 1) + 1, now = now_ns();

    (void)object;
    if (now - tracer.looked_ns < LOOK_NS || !atomic_load(&tracer.on) ||
        (size_t)event >= sizeof whats / sizeof *whats)
        return 0;
    tracer.looked_ns = now;
    edge = (struct edge){.event = number, .what = whats[event]};
    set_code(&edge, frame,
             event == PyTrace_CALL || event == PyTrace_RETURN ? NULL : arg_b);
    pthread_mutex_lock(&tracer.lock);
    edge.clock_ns = now_ns(); /* in the order in which samples are written */
    edge.rss_bytes = read_rss();
    consider(&edge, false);
    tracer.before = edge;
    pthread_mutex_unlock(&tracer.lock);
    return 0;
}

/* ---- by the clock ---- */

static void *run_clock(void *unused)
{
    const struct timespec pause = {.tv_nsec = CLOCK_NS};

    (void)unused;
    while (atomic_load(&tracer.on)) {
        struct edge edge;

        nanosleep(&pause, NULL);
        pthread_mutex_lock(&tracer.lock);
        edge = tracer.before; /* the place that was seen last */
        edge.event = atomic_load(&tracer.event);
        edge.clock_ns = now_ns();
        edge.what = DCB_TRACE_CLOCK;
        edge.rss_bytes = read_rss();
        if (atomic_load(&tracer.on))
            consider(&edge, false);
        pthread_mutex_unlock(&tracer.lock);
    }
    return NULL;
}

/* A child that user code forks has neither the thread nor anything to tell, and the lock
 * may have been the thread's. */
static void leave(void)
{
    atomic_store(&tracer.on, false);
    pthread_mutex_init(&tracer.lock, NULL);
    tracer.dump_fd = -1;
    tracer.length = 0;
}

/* ---- from job_trace.c ---- */

static int open_proc(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC), moved;

    if (fd < 0)
        return -1;
    moved = fcntl(fd, F_DUPFD_CLOEXEC, 200); /* where user code does not hit it */
    if (moved < 0)
        return fd;
    close(fd);
    return moved;
}

int worker_trace_open(const struct dcb_job *job, struct dcb_samples *samples,
                      struct dcb_error *err)
{
    tracer.samples = samples;
    tracer.page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    tracer.every_bytes = tracer.quota.least_bytes = job->every_bytes;
    tracer.statm_fd = open_proc("/proc/self/statm", O_RDONLY);
    tracer.status_fd = open_proc("/proc/self/status", O_RDONLY);
    tracer.clear_fd = open_proc("/proc/self/clear_refs", O_WRONLY);
    tracer.dump_fd = fcntl(DCB_DUMP_FD, F_DUPFD_CLOEXEC, 200);
    if (tracer.dump_fd < 0)
        tracer.dump_fd = fcntl(DCB_DUMP_FD, F_DUPFD_CLOEXEC, DCB_LAST_FD + 1);
    if (tracer.statm_fd < 0 || tracer.dump_fd < 0 || read_rss() == 0)
        return dcb_error_set_errno(err, errno, "cannot read /proc/self/statm");
    close(DCB_DUMP_FD);
    memset(tracer.buffer, 0, sizeof tracer.buffer); /* resident from the start on */
    return 0;
}

int worker_trace_begin(pthread_t *ret_thread, struct dcb_error *err)
{
    int failed;

    pthread_atfork(NULL, NULL, leave);
    tracer.began_ns = now_ns();
    atomic_store(&tracer.on, true);
    failed = pthread_create(ret_thread, NULL, run_clock, NULL);
    return failed ? dcb_error_set_errno(err, failed, "no thread for the clock") : 0;
}

void worker_trace_begin_repeat(uint64_t quota)
{
    PyEval_SetProfile(on_event, NULL);
    pthread_mutex_lock(&tracer.lock);
    tracer.quota =
        (struct dcb_trace_quota){.left = quota, .least_bytes = tracer.every_bytes};
    pthread_mutex_unlock(&tracer.lock);
}

void worker_trace_end(pthread_t thread)
{
    PyEval_SetProfile(NULL, NULL);
    atomic_store(&tracer.on, false);
    pthread_join(thread, NULL);
    write_line("dropped\t%llu\n", (unsigned long long)tracer.dropped);
    flush_lines();
}

uint64_t worker_trace_mark(enum dcb_trace_what what)
{
    struct edge edge = {.what = what, .file = "-", .function = "-"};

    pthread_mutex_lock(&tracer.lock);
    edge.event = atomic_load(&tracer.event);
    edge.clock_ns = now_ns();
    edge.rss_bytes = read_rss();
    consider(&edge, true);
    tracer.before = edge;
    flush_lines();
    pthread_mutex_unlock(&tracer.lock);
    tracer.looked_ns = 0; /* the next edge says where it goes on */
    atomic_fetch_add(&tracer.samples->beats, 1);
    return edge.rss_bytes;
}

bool worker_trace_reset_peak(void)
{
    pthread_mutex_lock(&tracer.lock);
    tracer.peak_bytes = 0;
    pthread_mutex_unlock(&tracer.lock);
    return tracer.clear_fd >= 0 && pwrite(tracer.clear_fd, "5", 1, 0) == 1;
}

uint64_t worker_trace_peak(bool exact)
{
    return exact ? read_peak() : tracer.peak_bytes;
}

void worker_trace_tell_repeat(const struct dcb_trace_repeat *repeat)
{
    pthread_mutex_lock(&tracer.lock);
    write_line(
        "repeat\t%llu\t%llu\t%llu\t%s\t%llu\t%llu\t%llu\n",
        (unsigned long long)repeat->start_bytes, (unsigned long long)repeat->built_bytes,
        (unsigned long long)repeat->peak_bytes, repeat->exact ? "exact" : "seen",
        (unsigned long long)repeat->dropped_bytes, (unsigned long long)repeat->end_bytes,
        (unsigned long long)repeat->copy_ns);
    flush_lines();
    pthread_mutex_unlock(&tracer.lock);
}

uint64_t worker_trace_now_ns(void)
{
    return now_ns();
}

/* ---- support/memory_trace.py ---- */

int worker_trace_prepare(struct worker_python *python, const struct dcb_job *job,
                         struct worker_trace *ret_trace, struct dcb_error *err)
{
    PyObject *collector = NULL;

    *ret_trace = (struct worker_trace){
        .members = dcb_container_members(job->container, job->size_bytes)};
    ret_trace->module = worker_import_support(python, "memory_trace", 0);
    collector = ret_trace->module ? PyImport_ImportModule("gc") : NULL;
    if (collector) {
        ret_trace->collect = PyObject_GetAttrString(collector, "collect");
        ret_trace->build = PyObject_CallMethod(ret_trace->module, "builder", "s",
                                               dcb_container_name(job->container));
    }
    Py_XDECREF(collector);
    return ret_trace->build && ret_trace->collect
               ? 0
               : worker_error_from_exception(python, err);
}

int worker_trace_build(struct worker_python *python, struct worker_trace *trace,
                       uint64_t members, struct dcb_error *err)
{
    trace->original =
        PyObject_CallFunction(trace->build, "K", (unsigned long long)members);
    return trace->original ? 0 : worker_error_from_exception(python, err);
}

int worker_trace_copy(struct worker_python *python, struct worker_trace *trace,
                      struct dcb_error *err)
{
    trace->copy = PyObject_CallFunctionObjArgs(python->callables[0],
                                               (PyObject *)trace->original, NULL);
    return trace->copy ? 0 : worker_error_from_exception(python, err);
}

int worker_trace_drop(struct worker_python *python, struct worker_trace *trace,
                      struct dcb_error *err)
{
    PyObject *result;

    Py_CLEAR(trace->copy);
    Py_CLEAR(trace->original);
    result = PyObject_CallObject(trace->collect, NULL);
    if (!result)
        return worker_error_from_exception(python, err);
    Py_DECREF(result);
    return 0;
}

static int tell_terms(PyObject *list_b)
{
    Py_ssize_t count = PyList_Check(list_b) ? PyList_GET_SIZE(list_b) : 0;

    for (Py_ssize_t i = 0; i < count; i++) {
        unsigned long long objects, bytes, taken;
        const char *name;

        if (!PyArg_ParseTuple(PyList_GET_ITEM(list_b, i), "sKKK", &name, &objects, &bytes,
                              &taken))
            return -1;
        write_line("term\t%.60s\t%llu\t%llu\t%llu\n", name, objects, bytes, taken);
    }
    return 0;
}

int worker_trace_account(struct worker_python *python, struct worker_trace *trace,
                         const struct dcb_job *job, char **ret_wrong,
                         struct dcb_error *err)
{
    PyObject *terms_b;
    const char *reason, *wrong;
    unsigned long long took_ns;
    PyObject *result = PyObject_CallMethod(
        trace->module, "account", "sKO", dcb_container_name(job->container),
        (unsigned long long)trace->members, python->callables[0]);
    int rc = -1;

    *ret_wrong = NULL;
    if (result && PyArg_ParseTuple(result, "KOzz", &took_ns, &terms_b, &reason, &wrong) &&
        tell_terms(terms_b) == 0) {
        write_line("untraced\t%llu\n", took_ns);
        if (reason)
            write_line("no-memo\t%.200s\n", reason);
        *ret_wrong = wrong ? dcb_xstrdup(wrong) : NULL;
        rc = 0;
    }
    flush_lines();
    Py_XDECREF(result);
    return rc == 0 ? 0 : worker_error_from_exception(python, err);
}
