#include "py_python.h"

#include <time.h>
#if DCB_CALLGRIND
#include <valgrind/callgrind.h>
#endif

#include "error.h"

static inline uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The calls and the release of their results, and nothing else. -1 with the exception. */
static inline int run_iterations(struct worker_python *python, size_t arm,
                                 uint64_t iterations)
{
    PyObject *callable_b = python->callables[arm];
    PyObject **first_b = python->arguments_b + 1;
    PyObject **end_b = first_b + python->object_count;

    for (uint64_t i = 0; i < iterations; i++) {
        for (PyObject **argument_b = first_b; argument_b < end_b; argument_b++) {
            /* argument_b[-1] is the callee's to use and restores it: it is the object
             * before, or the free place in front. */
            PyObject *copy = PyObject_Vectorcall(
                callable_b, argument_b, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);

            if (!copy || worker_look_up() != 0) {
                Py_XDECREF(copy);
                return -1;
            }
            Py_DECREF(copy);
        }
    }
    return 0;
}

int worker_run_block(struct worker_python *python, size_t arm, uint64_t iterations,
                     uint64_t *ret_wall_ns)
{
    uint64_t start = clock_ns();
    int rc = run_iterations(python, arm, iterations);

    *ret_wall_ns = clock_ns() - start;
    return rc;
}

#if DCB_CALLGRIND

int worker_simulate_begin(struct dcb_error *err)
{
    (void)err;
    CALLGRIND_START_INSTRUMENTATION;
    return 0;
}

int worker_simulate_block(struct worker_python *python, size_t arm, uint64_t iterations,
                          const char *label)
{
    int rc;

    CALLGRIND_ZERO_STATS;
    CALLGRIND_TOGGLE_COLLECT;
    rc = run_iterations(python, arm, iterations);
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(label);
    return rc;
}

void worker_simulate_nothing(const char *label)
{
    CALLGRIND_DUMP_STATS_AT(label);
}

#else

void worker_simulate_nothing(const char *label)
{
    (void)label;
}

int worker_simulate_begin(struct dcb_error *err)
{
    return dcb_error_set(err, DCB_ERROR_SYSTEM,
                         "the worker was built without valgrind's header: build it again "
                         "where valgrind/callgrind.h is installed");
}

int worker_simulate_block(struct worker_python *python, size_t arm, uint64_t iterations,
                          const char *label)
{
    (void)label;
    return run_iterations(python, arm, iterations);
}

#endif
