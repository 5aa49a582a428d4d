/*
 * The support modules as compiled code. The first worker of a run compiles them and
 * writes them to a shared file; the others take them from there, which saves each of them
 * milliseconds. An empty file means: compile it yourself.
 *
 * Layout: for each module the length of its name, the length of its code (both
 * uint32_t), the name, the code as marshal writes it.
 */
#include "py_python.h"

#include <marshal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "xalloc.h"

static const char *const modules[] = {"loader", "check", "private_copy"};

struct head {
    uint32_t name_length, code_length;
};

/* ---- writing ---- */

/* The code object of a source file, as the import system compiles it. */
static PyObject *compile_module(const char *folder, const char *name)
{
    char *path = dcb_xasprintf("%s/%s.py", folder, name);
    PyObject *machinery = PyImport_ImportModule("_frozen_importlib_external");
    PyObject *loader = NULL, *code = NULL;

    if (machinery)
        loader = PyObject_CallMethod(machinery, "SourceFileLoader", "ss", name, path);
    if (loader)
        code = PyObject_CallMethod(loader, "get_code", "s", name);
    Py_XDECREF(loader);
    Py_XDECREF(machinery);
    free(path);
    return code;
}

static int write_all(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;

    while (length > 0) {
        ssize_t n = write(fd, at, length);

        if (n <= 0)
            return -1;
        at += n;
        length -= (size_t)n;
    }
    return 0;
}

static int write_module(int fd, const char *folder, const char *name)
{
    PyObject *code = compile_module(folder, name);
    PyObject *bytes =
        code ? PyMarshal_WriteObjectToString(code, Py_MARSHAL_VERSION) : NULL;
    struct head head = {.name_length = (uint32_t)strlen(name)};
    int rc = -1;

    if (bytes) {
        head.code_length = (uint32_t)PyBytes_GET_SIZE(bytes);
        if (write_all(fd, &head, sizeof head) == 0 &&
            write_all(fd, name, head.name_length) == 0 &&
            write_all(fd, PyBytes_AS_STRING(bytes), head.code_length) == 0)
            rc = 0;
    }
    Py_XDECREF(bytes);
    Py_XDECREF(code);
    return rc;
}

int worker_code_write(struct worker_python *python, int fd, struct dcb_error *err)
{
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        if (write_module(fd, python->support, modules[i]) != 0) {
            if (PyErr_Occurred())
                return worker_error_from_exception(python, err);
            return dcb_error_set(err, DCB_ERROR_SYSTEM, "cannot keep the compiled code");
        }
    }
    return 0;
}

/* ---- reading ---- */

struct worker_code {
    const char *bytes;
    size_t length;
};

struct worker_code *worker_code_open(int fd)
{
    struct worker_code *code;
    struct stat status;
    void *bytes;

    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
        return NULL;
    bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return NULL;
    code = dcb_xcalloc(1, sizeof *code);
    *code = (struct worker_code){.bytes = bytes, .length = (size_t)status.st_size};
    return code;
}

/* The code object of one module, or NULL (with an exception only where it is damaged). */
static PyObject *find_code(const struct worker_code *code, const char *name)
{
    size_t at = 0;
    struct head head;

    while (code && code->length - at >= sizeof head) {
        const char *text = code->bytes + at + sizeof head;

        memcpy(&head, code->bytes + at, sizeof head);
        if (code->length - at - sizeof head < (size_t)head.name_length + head.code_length)
            return NULL;
        if (head.name_length == strlen(name) && memcmp(text, name, head.name_length) == 0)
            return PyMarshal_ReadObjectFromString(text + head.name_length,
                                                  (Py_ssize_t)head.code_length);
        at += sizeof head + head.name_length + head.code_length;
    }
    return NULL;
}

/* From its source, found on sys.path for as long as that takes. */
static PyObject *import_source(const char *folder, const char *name)
{
    PyObject *path_b = PySys_GetObject("path");
    PyObject *entry = PyUnicode_DecodeFSDefault(folder);
    PyObject *module = NULL;

    if (path_b && entry && PyList_Insert(path_b, 0, entry) == 0) {
        module = PyImport_ImportModule(name);
        if (PyList_SetSlice(path_b, 0, 1, NULL) != 0)
            Py_CLEAR(module);
    }
    Py_XDECREF(entry);
    return module;
}

PyObject *worker_import_support(const struct worker_python *python, const char *name,
                                int hide)
{
    PyObject *code = find_code(python->code, name), *module;
    char *path;

    if (!code) {
        if (PyErr_Occurred())
            return NULL;
        module = import_source(python->support, name);
    } else {
        path = dcb_xasprintf("%s/%s.py", python->support, name);
        module = PyImport_ExecCodeModuleEx(name, code, path);
        free(path);
        Py_DECREF(code);
    }
    if (module && hide && PyDict_DelItemString(PyImport_GetModuleDict(), name) != 0)
        Py_CLEAR(module);
    return module;
}
