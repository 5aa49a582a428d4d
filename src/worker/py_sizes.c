#include "py_memory.h"

/* What sys.getsizeof says of the objects of a copy. It asks the objects. */

/* Whether the object was made by the call: there are ints, texts and others that the
 * interpreter keeps, and dictionaries that it makes when one asks for them. */
static bool is_new(PyObject *object_b, uint64_t serial, uint64_t end_serial)
{
    for (size_t distance = 0; distance <= 4 * sizeof(void *);
         distance += 2 * sizeof(void *)) {
        struct dcb_ledger_block block;

        if (dcb_ledger_find(worker_ledger(), (uintptr_t)object_b - distance, &block))
            return block.serial >= serial && block.serial < end_serial;
    }
    return false;
}

/* -1 with an exception: raised by the object's own code, or for what that gives. */
static int64_t size_of(PyObject *getsizeof_b, PyObject *object_b)
{
    PyObject *size = PyObject_CallOneArg(getsizeof_b, object_b);
    long long bytes = size ? PyLong_AsLongLong(size) : -1;

    Py_XDECREF(size);
    return bytes;
}

int worker_sizes_add(PyObject *getsizeof_b, PyObject *objects_b, uint64_t serial,
                     uint64_t end_serial, struct worker_prediction *prediction,
                     struct worker_terms *terms)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(objects_b); i++) {
        PyObject *object_b = PyList_GET_ITEM(objects_b, i);
        int64_t bytes;

        if (!is_new(object_b, serial, end_serial))
            continue;
        bytes = size_of(getsizeof_b, object_b);
        if (PyErr_Occurred())
            return -1;
        if (bytes < 0 || bytes > DCB_ANSWER_BYTES_MAX - (int64_t)prediction->bytes) {
            PyErr_Format(PyExc_OverflowError, "sys.getsizeof says %lld for a %.100s",
                         (long long)bytes, Py_TYPE(object_b)->tp_name);
            return -1;
        }
        prediction->objects++;
        prediction->bytes += (uint64_t)bytes;
        if (terms)
            worker_terms_add(terms, Py_TYPE(object_b)->tp_name, false, -bytes);
    }
    return 0;
}
