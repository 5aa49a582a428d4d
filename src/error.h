/*
 * One error: a code that main maps to an exit status, and a text for the user.
 *
 * Fallible functions return 0 or -1 and take a struct dcb_error as their last
 * argument. The caller owns it, initialised with DCB_ERROR_INIT; NULL is allowed
 * where the text is of no interest. On success it is left untouched. The first
 * error wins: setting a set error changes nothing.
 */
#ifndef DCB_ERROR_H
#define DCB_ERROR_H

enum dcb_error_code {
    DCB_OK = 0,
    DCB_ERROR_USAGE,   /* what the user asked for is wrong: exit status 2 */
    DCB_ERROR_SYSTEM,  /* this machine or a file cannot do it: exit status 3 */
    DCB_ERROR_INTERNAL /* a bug in dcbench: exit status 5 */
};

struct dcb_error {
    enum dcb_error_code code;
    int saved_errno; /* 0 where no system call was at fault */
    char text[1024]; /* one line or more, without a final newline */
};

#define DCB_ERROR_INIT \
    {                  \
        .code = DCB_OK \
    }

/* Sets err unless it is set already or NULL. Returns -1, so that a function can end
 * with `return dcb_error_set(...)`. */
int dcb_error_set(struct dcb_error *err, enum dcb_error_code code, const char *format,
                  ...) __attribute__((format(printf, 3, 4)));

/* As dcb_error_set with DCB_ERROR_SYSTEM, and ": strerror(number)" behind the text. */
int dcb_error_set_errno(struct dcb_error *err, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the text of a set error. Returns -1. */
int dcb_error_prefix(struct dcb_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
