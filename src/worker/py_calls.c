#include "py_python.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "rng.h"
#include "xalloc.h"

/* ---- exceptions ---- */

/* str(object) or its type's name, as a new reference; never an exception. */
static PyObject *safe_text(PyObject *object)
{
    PyObject *text = PyObject_Str(object);

    if (text)
        return text;
    PyErr_Clear();
    return PyUnicode_FromFormat("<%s>", Py_TYPE(object)->tp_name);
}

/* " at FILE:LINE" of the innermost frame, or nothing. */
static void append_place(PyObject *exception, char *text, size_t size)
{
    PyObject *entry = PyException_GetTraceback(exception);
    PyObject *next, *frame = NULL, *code = NULL, *file = NULL, *line = NULL;
    const char *name;
    size_t length = strlen(text);

    while (entry && (next = PyObject_GetAttrString(entry, "tb_next")) &&
           next != Py_None) {
        Py_DECREF(entry);
        entry = next;
    }
    if (!entry)
        goto out;
    Py_XDECREF(next);
    frame = PyObject_GetAttrString(entry, "tb_frame");
    line = PyObject_GetAttrString(entry, "tb_lineno");
    code = frame ? PyObject_GetAttrString(frame, "f_code") : NULL;
    file = code ? PyObject_GetAttrString(code, "co_filename") : NULL;
    name = file && PyUnicode_Check(file) ? PyUnicode_AsUTF8(file) : NULL;
    if (name && line && PyLong_Check(line))
        snprintf(text + length, size - length, " (%s:%ld)", name, PyLong_AsLong(line));
out:
    PyErr_Clear();
    Py_XDECREF(entry);
    Py_XDECREF(frame);
    Py_XDECREF(code);
    Py_XDECREF(file);
    Py_XDECREF(line);
}

int worker_error_from_exception(const struct worker_python *python, struct dcb_error *err)
{
    PyObject *exception = worker_take_exception();
    PyObject *spec_error = NULL, *message;
    const char *text;
    char place[512] = "";
    bool plain = false;

    if (!exception)
        return dcb_error_set(err, DCB_ERROR_INTERNAL, "an error without an exception");
    if (python && python->loader) {
        spec_error = PyObject_GetAttrString(python->loader, "SpecError");
        plain = spec_error && PyErr_GivenExceptionMatches(exception, spec_error);
        PyErr_Clear();
    }
    message = safe_text(exception);
    text = message ? PyUnicode_AsUTF8(message) : NULL;
    PyErr_Clear();
    if (!plain)
        append_place(exception, place, sizeof place);
    if (plain)
        dcb_error_set(err, DCB_ERROR_SYSTEM, "%s", text ? text : "no message");
    else
        dcb_error_set(err, DCB_ERROR_SYSTEM, "%s%s%s%s", Py_TYPE(exception)->tp_name,
                      text && *text ? ": " : "", text ? text : "", place);
    Py_XDECREF(message);
    Py_XDECREF(spec_error);
    Py_DECREF(exception);
    return -1;
}

/* ---- calls of the support modules ---- */

PyObject *worker_spec_dict(const struct dcb_spec *spec)
{
    return Py_BuildValue("{s:s, s:s, s:z, s:z, s:z}", "label", spec->label, "kind",
                         dcb_spec_kind_name(spec->kind), "path", spec->path, "module",
                         spec->module, "attr", spec->attr);
}

/* Calls a function of a support module with a new reference to its argument tuple, which
 * is taken. */
static PyObject *call_support(PyObject *module_b, const char *name,
                              PyObject *take_arguments)
{
    PyObject *function, *result = NULL;

    if (!take_arguments)
        return NULL;
    function = PyObject_GetAttrString(module_b, name);
    if (function)
        result = PyObject_CallObject(function, take_arguments);
    Py_XDECREF(function);
    Py_DECREF(take_arguments);
    return result;
}

int worker_add_paths(struct worker_python *python, const struct dcb_job *job,
                     struct dcb_error *err)
{
    PyObject *paths = PyList_New(0), *result;

    for (size_t i = 0; paths && i < job->python_path_count; i++) {
        PyObject *path = PyUnicode_DecodeFSDefault(job->python_path[i]);

        if (!path || PyList_Append(paths, path) != 0)
            Py_CLEAR(paths);
        Py_XDECREF(path);
    }
    if (!paths)
        return worker_error_from_exception(python, err);
    result = call_support(
        python->loader, "add_paths",
        Py_BuildValue("(NzO)", paths, job->venv, job->site ? Py_True : Py_False));
    /* What else lies in a folder would show in what is simulated. */
    if (result && job->kind == DCB_JOB_SIMULATE) {
        Py_DECREF(result);
        result = call_support(python->loader, "ignore_listings", PyTuple_New(0));
    }
    if (!result)
        return worker_error_from_exception(python, err);
    Py_DECREF(result);
    return 0;
}

/* A string of a dictionary, owned by the caller; NULL where there is none. */
static char *dict_text(PyObject *dict_b, const char *key)
{
    PyObject *value_b = PyDict_Check(dict_b) ? PyDict_GetItemString(dict_b, key) : NULL;
    const char *text = NULL;

    if (value_b && PyUnicode_Check(value_b))
        text = PyUnicode_AsUTF8(value_b);
    PyErr_Clear();
    return text ? dcb_xstrdup(text) : NULL;
}

int worker_describe_interpreter(struct worker_python *python, struct dcb_answer *answer,
                                struct dcb_error *err)
{
    PyObject *info = call_support(python->loader, "interpreter_info", PyTuple_New(0));

    if (!info)
        return worker_error_from_exception(python, err);
    answer->version = dict_text(info, "version");
    answer->build = dict_text(info, "build");
    answer->implementation = dict_text(info, "implementation");
    answer->compiler = dict_text(info, "compiler");
    answer->copy_path = dict_text(info, "copy_path");
    answer->copy_sha256 = dict_text(info, "copy_sha256");
    Py_DECREF(info);
    return 0;
}

int worker_describe_source(struct worker_python *python, const struct dcb_spec *spec,
                           struct dcb_answer *answer, struct dcb_error *err)
{
    PyObject *info = call_support(python->loader, "source_info",
                                  Py_BuildValue("(N)", worker_spec_dict(spec)));

    if (!info)
        return worker_error_from_exception(python, err);
    answer->path = dict_text(info, "path");
    answer->sha256 = dict_text(info, "sha256");
    Py_DECREF(info);
    return 0;
}

/* Once in the process's life: takes the list over. */
static void take_objects(struct worker_python *python, PyObject *take_list)
{
    python->objects = take_list;
    python->object_count = (size_t)PyList_GET_SIZE(take_list);
    python->arguments_b =
        dcb_xcalloc(python->object_count + 1, sizeof *python->arguments_b);
    for (size_t i = 0; i < python->object_count; i++)
        python->arguments_b[i + 1] = PyList_GET_ITEM(take_list, (Py_ssize_t)i);
}

int worker_load_workload(struct worker_python *python, const struct dcb_spec *spec,
                         size_t *ret_objects, struct dcb_error *err)
{
    PyObject *objects = call_support(python->loader, "load_workload",
                                     Py_BuildValue("(N)", worker_spec_dict(spec)));

    if (!objects || !PyList_Check(objects)) {
        Py_XDECREF(objects);
        return worker_error_from_exception(python, err);
    }
    take_objects(python, objects);
    *ret_objects = python->object_count;
    return 0;
}

int worker_load_object(struct worker_python *python, PyObject *object,
                       struct dcb_error *err)
{
    PyObject *objects = PyList_New(1);

    if (!objects)
        return worker_error_from_exception(python, err);
    Py_INCREF(object);
    PyList_SET_ITEM(objects, 0, object);
    take_objects(python, objects);
    return 0;
}

int worker_take_picture(struct worker_python *python, struct dcb_error *err)
{
    python->picture =
        call_support(python->check, "snapshot", Py_BuildValue("(O)", python->objects));
    if (python->picture)
        return 0;
    worker_error_from_exception(python, err);
    return dcb_error_prefix(err, "copy.deepcopy of the standard library cannot copy it");
}

int worker_weigh(struct worker_python *python, uint64_t limit, uint64_t *ret_weight,
                 struct dcb_error *err)
{
    PyObject *weight = call_support(python->loader, "weigh",
                                    Py_BuildValue("(OK)", python->objects, limit));
    unsigned long long value = weight ? PyLong_AsUnsignedLongLong(weight) : 0;

    Py_XDECREF(weight);
    if (PyErr_Occurred())
        return worker_error_from_exception(python, err);
    *ret_weight = value;
    return 0;
}

int worker_load_arm(struct worker_python *python, size_t arm, const struct dcb_spec *spec,
                    bool *ret_shared, struct dcb_error *err)
{
    PyObject *pair = call_support(python->loader, "load_impl",
                                  Py_BuildValue("(N)", worker_spec_dict(spec)));
    PyObject *callable = NULL;
    int shared = 0;

    if (!pair || !PyArg_ParseTuple(pair, "Op", &callable, &shared)) {
        Py_XDECREF(pair);
        return worker_error_from_exception(python, err);
    }
    Py_INCREF(callable);
    python->callables[arm] = callable;
    *ret_shared = shared;
    Py_DECREF(pair);
    return 0;
}

/* None is no difference; a string says which. 1 for a difference, -1 for an exception. */
static int difference(PyObject *take_result, struct dcb_error *err)
{
    const char *text;
    int rc = -1;

    if (!take_result)
        return -1;
    if (take_result == Py_None) {
        rc = 0;
    } else if (PyUnicode_Check(take_result) && (text = PyUnicode_AsUTF8(take_result))) {
        dcb_error_set(err, DCB_ERROR_SYSTEM, "%s", text);
        rc = 1;
    } else if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_TypeError, "the check gave no text");
    }
    Py_DECREF(take_result);
    return rc;
}

/* A copy of an object by the arm, with a memo of its own. */
static PyObject *copy_object(struct worker_python *python, size_t arm, size_t object,
                             enum dcb_memo memo)
{
    PyObject *arguments_b[3] = {NULL, python->arguments_b[object + 1], NULL}, *copy;

    if (memo == DCB_MEMO_ABSENT)
        return PyObject_Vectorcall(python->callables[arm],
                                   python->arguments_b + 1 + object,
                                   1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    arguments_b[2] = worker_make_memo(python, memo);
    if (!arguments_b[2])
        return NULL;
    copy = PyObject_Vectorcall(python->callables[arm], arguments_b + 1,
                               2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    Py_DECREF(arguments_b[2]);
    return copy;
}

/* The arm's copies of all objects, as a new list. */
static PyObject *copy_objects(struct worker_python *python, size_t arm,
                              enum dcb_memo memo)
{
    PyObject *copies = PyList_New((Py_ssize_t)python->object_count);

    for (size_t i = 0; copies && i < python->object_count; i++) {
        PyObject *copy = copy_object(python, arm, i, memo);

        if (copy)
            PyList_SET_ITEM(copies, (Py_ssize_t)i, copy);
        else
            Py_CLEAR(copies);
    }
    return copies;
}

/* Compares copies with what the standard library makes of the same objects. `from`: what
 * the copies must not share anything with, beyond what the standard library shares. */
static int compare_copies(const struct worker_python *python, PyObject *from_b,
                          PyObject *copies_b, struct dcb_error *err)
{
    return difference(
        call_support(python->check, "check_copy",
                     Py_BuildValue("(OOO)", from_b, python->picture, copies_b)),
        err);
}

static int compare_objects(const struct worker_python *python, struct dcb_error *err)
{
    return difference(
        call_support(python->check, "check_unchanged",
                     Py_BuildValue("(OO)", python->objects, python->picture)),
        err);
}

/* The copies against the originals, and against those of the call before: what a memo
 * that outlives its call hands out twice is right only the first time. */
static int check_copies(struct worker_python *python, size_t arm, PyObject *copies_b,
                        enum dcb_failure *ret_failure, struct dcb_error *err)
{
    PyObject *before_b = python->last_copies[arm];
    int found = compare_copies(python, python->objects, copies_b, err);

    *ret_failure = DCB_FAILURE_WRONG;
    if (found == 0 && before_b) {
        found = compare_copies(python, before_b, copies_b, err);
        if (found == 1)
            dcb_error_prefix(err, "a later copy, compared with an earlier one");
    }
    if (found == 0) {
        *ret_failure = DCB_FAILURE_CHANGED;
        found = compare_objects(python, err);
    }
    return found;
}

enum dcb_failure worker_check_arm(struct worker_python *python, size_t arm,
                                  struct dcb_error *err)
{
    return worker_check_arm_with(python, arm, DCB_MEMO_ABSENT, err);
}

enum dcb_failure worker_check_arm_with(struct worker_python *python, size_t arm,
                                       enum dcb_memo memo, struct dcb_error *err)
{
    enum dcb_failure failure;
    PyObject *copies = copy_objects(python, arm, memo);
    int found;

    if (!copies) {
        worker_error_from_exception(python, err);
        return DCB_FAILURE_RAISED;
    }
    found = check_copies(python, arm, copies, &failure, err);
    if (found == -1) {
        worker_error_from_exception(python, err);
        dcb_error_prefix(err, "comparing its copy");
        failure = DCB_FAILURE_RAISED;
    }
    Py_XDECREF(python->last_copies[arm]);
    python->last_copies[arm] = copies;
    return found == 0 ? DCB_FAILURE_NONE : failure;
}

void worker_forget_copies(struct worker_python *python)
{
    for (size_t i = 0; i < DCB_ARMS_MAX; i++)
        Py_CLEAR(python->last_copies[i]);
}

int worker_check_objects(struct worker_python *python, struct dcb_error *err)
{
    int found = compare_objects(python, err);

    if (found == -1)
        worker_error_from_exception(python, err);
    return found == 0 ? 0 : -1;
}

int worker_settle_heap(struct worker_python *python, bool gc, struct dcb_error *err)
{
    PyObject *module = PyImport_ImportModule("gc");
    static const char *const steps[] = {"collect", "freeze", NULL};
    const char *last = gc ? "enable" : "disable";
    bool ok = module != NULL;

    for (size_t i = 0; ok && i < 3; i++) {
        PyObject *result = PyObject_CallMethod(module, i < 2 ? steps[i] : last, NULL);

        ok = result != NULL;
        Py_XDECREF(result);
    }
    Py_XDECREF(module);
    return ok ? 0 : worker_error_from_exception(python, err);
}

int worker_pad_heap(struct worker_python *python, uint64_t seed, struct dcb_error *err)
{
    struct dcb_rng rng = {.state = seed};
    uint64_t count = dcb_rng_below(&rng, 256);
    PyObject *padding = PyList_New(0);

    for (uint64_t i = 0; padding && i < count; i++) {
        PyObject *filler =
            PyBytes_FromStringAndSize(NULL, (Py_ssize_t)dcb_rng_below(&rng, 480));

        if (!filler || PyList_Append(padding, filler) != 0)
            Py_CLEAR(padding);
        Py_XDECREF(filler);
    }
    /* Kept for the process's life on purpose: it is there to take room. */
    return padding ? 0 : worker_error_from_exception(python, err);
}
