/* What the py*.c files share: the interpreter's side of a worker. */
#ifndef WORKER_PY_PYTHON_H
#define WORKER_PY_PYTHON_H

#include "py.h"

#include "worker.h"

struct worker_python {
    char *support;            /* folder of the support modules */
    struct worker_code *code; /* them compiled, or NULL */
    PyObject *loader;         /* module support/loader.py */
    PyObject *check;          /* module support/check.py */
    PyObject *objects;        /* list: what one iteration copies */
    PyObject *picture;        /* copies of them, made by the standard library */

    PyObject *callables[DCB_ARMS_MAX];   /* NULL where not loaded */
    PyObject *last_copies[DCB_ARMS_MAX]; /* of the last check; NULL before it */

    /* The objects as the argument vector of the calls: [0] is free for the callee
     * (PY_VECTORCALL_ARGUMENTS_OFFSET), borrowed from `objects`. */
    PyObject **arguments_b;
    size_t object_count;

    struct worker_memory *memory; /* NULL but for its jobs */

    PyObject *verify;         /* module support/verify.py; NULL but for its job */
    PyObject *batteries;      /* list of names: what is asked */
    PyObject *cases;          /* iterator over what there is to tell */
    enum dcb_battery battery; /* the one in hand */
};

/* py_calls.c. A spec as support/loader.py takes it: a new reference. */
PyObject *worker_spec_dict(const struct dcb_spec *spec);

/* py_code.c. Imports a support module and returns a new reference; NULL with an exception
 * set. `hide`: it leaves no trace in sys.modules, so that a user's own module of that
 * name is found as if there were none of ours. */
PyObject *worker_import_support(const struct worker_python *python, const char *name,
                                int hide);

/* py_memory.c. A new reference; NULL with an exception, or, for none, without. */
PyObject *worker_make_memo(const struct worker_python *python, enum dcb_memo kind);

#endif
