#include "py_memory.h"

#include <sys/stat.h>
#include <time.h>

enum { WAIT_NS = 1000000, WAITS = 200 };

/* Of this process, as the links to its folder of tasks tell; 0 where there is no /proc.
 */
static unsigned long thread_count(void)
{
    struct stat status;

    return stat("/proc/self/task", &status) == 0 && status.st_nlink > 2
               ? (unsigned long)status.st_nlink - 2
               : 0;
}

/* A thread that has been joined may still have to give back what it is kept by: it needs
 * the interpreter for that, and is gone when its task is. What goes on in the background
 * is waited for once, and from then on known. */
static void wait_for_threads(void)
{
    static unsigned long known = 1;
    unsigned long count = thread_count();

    for (int i = 0; i < WAITS && count > known; i++) {
        struct timespec pause = {.tv_nsec = WAIT_NS};

        Py_BEGIN_ALLOW_THREADS;
        nanosleep(&pause, NULL);
        Py_END_ALLOW_THREADS;
        count = thread_count();
    }
    known = count;
}

int worker_rest(PyObject *collect)
{
    PyObject *found;

    wait_for_threads();
    found = PyObject_CallNoArgs(collect);
    /* Names that were looked up live on in a table whose places go by addresses, until
     * some other name takes the place: that would be a free of chance. */
    PyType_ClearCache();
    Py_XDECREF(found);
    return found ? 0 : -1;
}
