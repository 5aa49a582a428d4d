#include "xalloc.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The one place in the library that prints and ends the program. Neither stdio nor exit
 * handlers: both may want memory. */
_Noreturn static void out_of_memory(void)
{
    static const char message[] = "dcbench: out of memory\n";
    ssize_t ignored = write(STDERR_FILENO, message, sizeof(message) - 1);

    (void)ignored;
    _exit(3);
}

static void *or_die(void *block)
{
    if (!block)
        out_of_memory();
    return block;
}

/* Never 0: realloc() to no bytes would free the block, and malloc() of none may be NULL.
 */
static size_t total_bytes(size_t count, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(count, size, &total))
        out_of_memory();
    return total ? total : 1;
}

void *dcb_xcalloc(size_t count, size_t size)
{
    return or_die(calloc(1, total_bytes(count, size)));
}

void *dcb_xrealloc(void *block, size_t count, size_t size)
{
    return or_die(realloc(block, total_bytes(count, size)));
}

char *dcb_xstrdup(const char *text)
{
    return or_die(strdup(text));
}

char *dcb_xstrndup(const char *text, size_t length)
{
    return or_die(strndup(text, length));
}

char *dcb_xasprintf(const char *format, ...)
{
    char *text;
    va_list args;

    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    return or_die(length < 0 ? NULL : text);
}

void *dcb_xgrow(void *array, size_t count, size_t *capacity, size_t size)
{
    assert(count <= *capacity);
    if (count < *capacity)
        return array;

    size_t wanted = *capacity ? total_bytes(*capacity, 2) : 8;

    array = dcb_xrealloc(array, wanted, size);
    *capacity = wanted;
    return array;
}
