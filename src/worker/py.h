/*
 * The one place that includes Python.h, and the one place for what differs between
 * CPython 3.9 and 3.14. Included only by py*.c of the worker.
 */
#ifndef WORKER_PY_H
#define WORKER_PY_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <frameobject.h> /* a part of it from 3.11 on */

#if PY_VERSION_HEX < 0x03090000
#error "dcbench needs CPython 3.9 or later"
#endif

/* From 3.12 on a collection is only scheduled where objects are made, and runs when the
 * interpreter next looks up from its work; a C function that is called from C never lets
 * it. This is the look that the interpreter's own loop takes after each call. -1 with an
 * exception. */
static inline int worker_look_up(void)
{
#if PY_VERSION_HEX >= 0x030c0000
    return PyErr_CheckSignals();
#else
    return 0;
#endif
}

/* PyErr_GetRaisedException replaced the three-part API in 3.12. Returns a new reference
 * to the exception and clears the indicator; NULL where there is none. */
static inline PyObject *worker_take_exception(void)
{
#if PY_VERSION_HEX >= 0x030c0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    if (!type)
        return NULL;
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback && value)
        PyException_SetTraceback(value, traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
#endif
}

#endif
