#include "py_python.h"

#include <time.h>

static inline uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int worker_run_block(struct worker_python *python, size_t arm, uint64_t iterations,
                     uint64_t *ret_wall_ns)
{
    PyObject *callable_b = python->callables[arm];
    PyObject **first_b = python->arguments_b + 1;
    PyObject **end_b = first_b + python->object_count;
    uint64_t start = clock_ns();

    for (uint64_t i = 0; i < iterations; i++) {
        for (PyObject **argument_b = first_b; argument_b < end_b; argument_b++) {
            /* argument_b[-1] is the callee's to use and restores it: it is the object
             * before, or the free place in front. */
            PyObject *copy = PyObject_Vectorcall(
                callable_b, argument_b, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);

            if (!copy || worker_look_up() != 0) {
                Py_XDECREF(copy);
                *ret_wall_ns = clock_ns() - start;
                return -1;
            }
            Py_DECREF(copy);
        }
    }
    *ret_wall_ns = clock_ns() - start;
    return 0;
}
