#include "error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What does not fit is cut off. */
__attribute__((format(printf, 2, 0))) static void append(struct dcb_error *err,
                                                         const char *format, va_list args)
{
    size_t used = strlen(err->text);

    vsnprintf(err->text + used, sizeof(err->text) - used, format, args);
}

__attribute__((format(printf, 2, 3))) static void appendf(struct dcb_error *err,
                                                          const char *format, ...)
{
    va_list args;

    va_start(args, format);
    append(err, format, args);
    va_end(args);
}

/* Whether there is an error to be filled in, which is empty then. */
static bool begin(struct dcb_error *err, enum dcb_error_code code, int number)
{
    assert(code != DCB_OK);
    if (!err || err->code != DCB_OK)
        return false;
    err->code = code;
    err->saved_errno = number;
    err->text[0] = '\0';
    return true;
}

int dcb_error_set(struct dcb_error *err, enum dcb_error_code code, const char *format,
                  ...)
{
    if (!begin(err, code, 0))
        return -1;

    va_list args;

    va_start(args, format);
    append(err, format, args);
    va_end(args);
    return -1;
}

int dcb_error_set_errno(struct dcb_error *err, int number, const char *format, ...)
{
    if (!begin(err, DCB_ERROR_SYSTEM, number))
        return -1;

    va_list args;
    char reason[256];

    va_start(args, format);
    append(err, format, args);
    va_end(args);
    appendf(err, ": %s", strerror_r(number, reason, sizeof(reason)));
    return -1;
}

int dcb_error_prefix(struct dcb_error *err, const char *format, ...)
{
    if (!err || err->code == DCB_OK)
        return -1;

    va_list args;
    char cause[sizeof(err->text)];

    memcpy(cause, err->text, sizeof(cause));
    err->text[0] = '\0';
    va_start(args, format);
    append(err, format, args);
    va_end(args);
    appendf(err, ": %s", cause);
    return -1;
}
