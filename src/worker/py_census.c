#include "py_python.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

/* What copies are made of: support/memory_census.py tells. */

enum { FIRST = 1 }; /* in a row, the name comes before the numbers */

static int take_row(PyObject *row_b, struct worker_census *ret_row)
{
    const char *name;

    if (!PyTuple_Check(row_b) || PyTuple_GET_SIZE(row_b) != FIRST + DCB_CENSUS_COUNT) {
        PyErr_SetString(PyExc_TypeError, "memory_census: no row");
        return -1;
    }
    name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(row_b, 0));
    if (!name) /* it has half a surrogate pair */
        PyErr_Clear();
    snprintf(ret_row->name, sizeof ret_row->name, "%s", name && *name ? name : "?");
    for (Py_ssize_t i = 0; i < DCB_CENSUS_COUNT; i++) {
        ret_row->counts[i] = PyLong_AsLongLong(PyTuple_GET_ITEM(row_b, FIRST + i));
        if (PyErr_Occurred())
            return -1;
        if (ret_row->counts[i] > DCB_ANSWER_BYTES_MAX) {
            PyErr_Format(PyExc_OverflowError, "sys.getsizeof says %lld for objects of %s",
                         (long long)ret_row->counts[i], ret_row->name);
            return -1;
        }
    }
    return 0;
}

int worker_census_take(struct worker_python *python,
                       void (*take)(void *context, const struct worker_census *row),
                       void *context, struct dcb_error *err)
{
    PyObject *module = worker_import_support(python, "memory_census", 1);
    PyObject *rows = NULL;
    int rc = -1;

    if (module)
        rows = PyObject_CallMethod(module, "take", "OO", python->callables[0],
                                   python->objects);
    if (rows && PyList_Check(rows)) {
        rc = 0;
        for (Py_ssize_t i = 0; rc == 0 && i < PyList_GET_SIZE(rows); i++) {
            struct worker_census row;

            rc = take_row(PyList_GET_ITEM(rows, i), &row);
            if (rc == 0)
                take(context, &row);
        }
    }
    Py_XDECREF(rows);
    Py_XDECREF(module);
    return rc == 0 ? 0 : worker_error_from_exception(python, err);
}
