/*
 * What the timed loop costs beyond the calls themselves: worker_run_block on the builtin
 * `id` against a bare C loop of PyObject_Vectorcall, alternating in one process. Prints
 * nanoseconds a call of both and the median ratio. Run by scripts/speed.
 */
#include "../../src/worker/py_python.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PAIRS = 301, CALLS = 20000 };

static uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static double plain_loop(PyObject *callable_b, PyObject *const *argument_b)
{
    uint64_t start = clock_ns();

    for (int i = 0; i < CALLS; i++) {
        PyObject *result = PyObject_Vectorcall(callable_b, argument_b,
                                               1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);

        if (!result)
            exit(1);
        Py_DECREF(result);
    }
    return (double)(clock_ns() - start) / CALLS;
}

static int by_value(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;

    return first < second ? -1 : first > second;
}

static double median(double *values)
{
    qsort(values, PAIRS, sizeof *values, by_value);
    return values[PAIRS / 2];
}

int main(void)
{
    struct worker_python python = {.object_count = 1};
    PyObject *arguments_b[2] = {NULL, NULL};
    double plain[PAIRS], block[PAIRS], ratio[PAIRS];

    Py_InitializeEx(0);
    python.callables[0] = PyDict_GetItemString(PyEval_GetBuiltins(), "id");
    arguments_b[1] = PyList_New(0);
    python.arguments_b = arguments_b;
    if (!python.callables[0] || !arguments_b[1])
        return 1;
    for (int i = 0; i < PAIRS; i++) {
        uint64_t wall_ns = 0;

        plain[i] = plain_loop(python.callables[0], arguments_b + 1);
        if (worker_run_block(&python, 0, CALLS, &wall_ns) != 0)
            return 1;
        block[i] = (double)wall_ns / CALLS;
        ratio[i] = block[i] / plain[i];
    }
    printf("plain loop %.2f ns a call, timed loop %.2f ns a call, ratio %.3f\n",
           median(plain), median(block), median(ratio));
    return 0;
}
