#include "py_python.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "xalloc.h"

/* Prefix and name of the interpreter that this worker is built for (Makefile). */
#define PYTHON_PROGRAM DCB_PYTHON_PREFIX "/bin/python" DCB_PYTHON_VERSION

static int from_status(PyStatus status, struct dcb_error *err)
{
    if (!PyStatus_Exception(status))
        return 0;
    return dcb_error_set(err, DCB_ERROR_SYSTEM,
                         "cannot start Python " DCB_PYTHON_VERSION ": %s",
                         status.err_msg ? status.err_msg : "no reason given");
}

static int preinitialize(struct dcb_error *err)
{
    PyPreConfig config;

    PyPreConfig_InitIsolatedConfig(&config);
    config.utf8_mode = 1; /* else files would be read as ASCII */
    return from_status(Py_PreInitialize(&config), err);
}

/* The standard library is found from the executable's place. PATH is not searched: the
 * first python3 there may be another version's. */
static int set_paths(PyConfig *config, struct dcb_error *err)
{
    if (from_status(
            PyConfig_SetBytesString(config, &config->program_name, PYTHON_PROGRAM),
            err) != 0 ||
        from_status(PyConfig_SetBytesString(config, &config->executable, PYTHON_PROGRAM),
                    err) != 0)
        return -1;
    return 0;
}

/* Compiled files may be there or not, and be read or compiled anew: that would show in
 * what is simulated. No folder can be where they are looked for then. */
static int ignore_bytecode(PyConfig *config, const struct dcb_job *job,
                           struct dcb_error *err)
{
    if (job->kind != DCB_JOB_SIMULATE)
        return 0;
    return from_status(
        PyConfig_SetBytesString(config, &config->pycache_prefix, "/dev/null/none"), err);
}

static int initialize(const struct dcb_job *job, struct dcb_error *err)
{
    PyConfig config;
    int rc = -1;

    PyConfig_InitIsolatedConfig(&config);
    config.site_import = 0; /* job->site adds the paths without the cost of the module */
    config.write_bytecode = 0;
    config.use_hash_seed = 1;
    config.hash_seed = (unsigned long)(job->seed & 0xffffffffu);
    if (set_paths(&config, err) == 0 && ignore_bytecode(&config, job, err) == 0)
        rc = from_status(Py_InitializeFromConfig(&config), err);
    PyConfig_Clear(&config);
    return rc;
}

static bool counts_memory(const struct dcb_job *job)
{
    return job->kind == DCB_JOB_MEMORY || job->kind == DCB_JOB_LEAKS;
}

int worker_python_start(const struct dcb_job *job, struct worker_code *code,
                        struct worker_python **ret_python, struct dcb_error *err)
{
    struct worker_python *python;
    PyObject *private_copy;

    if (preinitialize(err) != 0 ||
        (counts_memory(job) && worker_wrap_allocators(err) != 0) ||
        initialize(job, err) != 0)
        return -1;
    python = dcb_xcalloc(1, sizeof *python);
    python->support = dcb_xstrdup(job->support);
    python->code = code;
    /* Implementations import this one, and so do the others: it stays to be found. */
    private_copy = worker_import_support(python, "private_copy", 0);
    if (!private_copy || !(python->loader = worker_import_support(python, "loader", 1)))
        return worker_error_from_exception(python, err);
    if (job->kind != DCB_JOB_SIMULATE &&
        !(python->check = worker_import_support(python, "check", 1)))
        return worker_error_from_exception(python, err);
    Py_DECREF(private_copy);
    *ret_python = python;
    return 0;
}

static void flush(const char *name)
{
    PyObject *file_b = PySys_GetObject(name);
    PyObject *result;

    if (!file_b || file_b == Py_None)
        return;
    result = PyObject_CallMethod(file_b, "flush", NULL);
    if (!result)
        PyErr_Clear(); /* the user's own stream object: its trouble is not ours */
    Py_XDECREF(result);
}

void worker_python_flush(void)
{
    flush("stdout");
    flush("stderr");
    fflush(NULL);
}
