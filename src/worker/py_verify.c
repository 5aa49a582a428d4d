#include "py_python.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "xalloc.h"

/* ---- what a case tells, as an answer ---- */

/* A text of a dictionary, owned by the caller; *ret_text is NULL for None. The controller
 * cuts it to `most` bytes, and shows that it did: some more are enough. */
static int take_text(PyObject *dict_b, const char *key, size_t most, char **ret_text)
{
    PyObject *value_b = PyDict_GetItemString(dict_b, key), *bytes;
    size_t length;

    *ret_text = NULL;
    if (!value_b || value_b == Py_None)
        return 0;
    if (!PyUnicode_Check(value_b)) {
        PyErr_Format(PyExc_TypeError, "verify: %s is no text", key);
        return -1;
    }
    bytes = PyUnicode_AsEncodedString(value_b, "utf-8", "backslashreplace");
    if (!bytes)
        return -1;
    length = (size_t)PyBytes_GET_SIZE(bytes);
    length = length < most + 8 ? length : most + 8;
    *ret_text = dcb_xcalloc(length + 1, 1);
    for (size_t i = 0; i < length; i++) {
        char c = PyBytes_AS_STRING(bytes)[i];

        (*ret_text)[i] = c ? c : '?';
    }
    Py_DECREF(bytes);
    return 0;
}

static int take_number(PyObject *dict_b, const char *key, uint64_t *ret_number)
{
    PyObject *value_b = PyDict_GetItemString(dict_b, key);
    unsigned long long value;

    if (!value_b) {
        PyErr_Format(PyExc_TypeError, "verify: no %s", key);
        return -1;
    }
    value = PyLong_AsUnsignedLongLong(value_b);
    if (PyErr_Occurred())
        return -1;
    *ret_number = value;
    return 0;
}

/* The place of a text among names, -1 with an exception where it is none of them. */
static int take_name(PyObject *dict_b, const char *key, const char *(*name)(int),
                     int count)
{
    PyObject *value_b = PyDict_GetItemString(dict_b, key);
    const char *text =
        value_b && PyUnicode_Check(value_b) ? PyUnicode_AsUTF8(value_b) : NULL;

    for (int i = 0; text && i < count; i++) {
        if (strcmp(name(i), text) == 0)
            return i;
    }
    if (!PyErr_Occurred())
        PyErr_Format(PyExc_TypeError, "verify: no such %s", key);
    return -1;
}

static const char *battery_name(int battery)
{
    return dcb_battery_name((enum dcb_battery)battery);
}

static const char *outcome_name(int outcome)
{
    return dcb_case_outcome_name((enum dcb_case_outcome)outcome);
}

static int take_battery(struct worker_python *python, PyObject *dict_b,
                        struct dcb_answer *answer)
{
    int battery = take_name(dict_b, "battery", battery_name, DCB_BATTERY_COUNT);

    if (battery < 0 || take_number(dict_b, "cases", &answer->cases) != 0 ||
        take_text(dict_b, "missing", DCB_CASE_TEXT_MAX, &answer->missing) != 0)
        return -1;
    answer->kind = DCB_ANSWER_BATTERY;
    python->battery = answer->battery = (enum dcb_battery)battery;
    return 0;
}

static int take_case(const struct worker_python *python, PyObject *dict_b,
                     struct dcb_answer *answer)
{
    answer->kind = DCB_ANSWER_CASE;
    answer->battery = python->battery;
    if (take_number(dict_b, "number", &answer->number) != 0)
        return -1;
    return take_text(dict_b, "case", DCB_CASE_NAME_MAX, &answer->name);
}

static int take_outcome(PyObject *dict_b, struct dcb_answer *answer)
{
    int outcome = take_name(dict_b, "outcome", outcome_name, DCB_CASE_SKIPPED + 1);
    PyObject *standard_b = PyDict_GetItemString(dict_b, "standard");

    answer->kind = DCB_ANSWER_OUTCOME;
    if (outcome < 0 ||
        take_text(dict_b, "expected", DCB_CASE_TEXT_MAX, &answer->expected) != 0 ||
        take_text(dict_b, "got", DCB_CASE_TEXT_MAX, &answer->got) != 0 ||
        take_text(dict_b, "expression", DCB_CASE_EXPRESSION_MAX, &answer->expression) !=
            0 ||
        take_text(dict_b, "version", DCB_CASE_VERSION_MAX, &answer->version) != 0)
        return -1;
    answer->outcome = (enum dcb_case_outcome)outcome;
    answer->standard = standard_b == Py_True;
    return 0;
}

static int take_news(struct worker_python *python, PyObject *dict_b,
                     struct dcb_answer *answer)
{
    if (!PyDict_Check(dict_b)) {
        PyErr_SetString(PyExc_TypeError, "verify: no dictionary");
        return -1;
    }
    if (PyDict_GetItemString(dict_b, "battery"))
        return take_battery(python, dict_b, answer);
    if (PyDict_GetItemString(dict_b, "case"))
        return take_case(python, dict_b, answer);
    return take_outcome(dict_b, answer);
}

/* ---- the steps of the job ---- */

static PyObject *battery_list(const struct dcb_job *job)
{
    PyObject *list = PyList_New(0);

    for (int i = 0; list && i < DCB_BATTERY_COUNT; i++) {
        PyObject *name = job->batteries[i] ? PyUnicode_FromString(battery_name(i)) : NULL;

        if (job->batteries[i] && (!name || PyList_Append(list, name) != 0))
            Py_CLEAR(list);
        Py_XDECREF(name);
    }
    return list;
}

int worker_verify_prepare(struct worker_python *python, const struct dcb_job *job,
                          struct dcb_error *err)
{
    PyObject *result = NULL;

    python->batteries = battery_list(job);
    if (python->batteries)
        python->verify = worker_import_support(python, "verify", 0);
    if (python->verify)
        result = PyObject_CallMethod(python->verify, "import_batteries", "O",
                                     python->batteries);
    if (!result)
        return worker_error_from_exception(python, err);
    Py_DECREF(result);
    return 0;
}

int worker_verify_load(struct worker_python *python, const struct dcb_job *job,
                       struct dcb_error *err)
{
    const struct dcb_spec *spec = &job->arms[0].spec;
    PyObject *load = PyObject_GetAttrString(python->loader, "load_impl");
    PyObject *pair = NULL;

    if (load)
        pair = PyObject_CallMethod(python->verify, "load_apart", "NN", load,
                                   worker_spec_dict(spec));
    if (pair && PyTuple_Check(pair) && PyTuple_GET_SIZE(pair) == 2) {
        python->callables[0] = PyTuple_GET_ITEM(pair, 0);
        Py_INCREF(python->callables[0]);
        python->cases = PyObject_CallMethod(
            python->verify, "run", "OOKKK", python->callables[0], python->batteries,
            (unsigned long long)job->seed, (unsigned long long)job->graphs,
            (unsigned long long)job->first);
    }
    Py_XDECREF(pair);
    return python->cases ? 0 : worker_error_from_exception(python, err);
}

int worker_verify_next(struct worker_python *python, struct dcb_answer *ret_answer,
                       struct dcb_error *err)
{
    PyObject *news = PyIter_Next(python->cases);
    struct dcb_answer answer = {.group = -1, .slot = -1};
    int rc;

    if (!news && !PyErr_Occurred())
        return 0;
    rc = news ? take_news(python, news, &answer) : -1;
    Py_XDECREF(news);
    if (rc != 0) {
        dcb_answer_clear(&answer);
        return worker_error_from_exception(python, err);
    }
    *ret_answer = answer;
    return 1;
}
