#include "gnuplot.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "spawn.h"
#include "xalloc.h"

const char dcb_gnuplot_output[] = "/proc/self/fd/7"; /* DCB_DUMP_FD */

/* A picture of thousands of results takes a second. */
enum { LIMIT_MS = 120000 };

static uint64_t no_sign(const void *context)
{
    (void)context;
    return 0;
}

static bool is_program(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

char *dcb_gnuplot_find(struct dcb_error *err)
{
    const char *folder = getenv("PATH");

    for (folder = folder ? folder : "/usr/local/bin:/usr/bin"; *folder;) {
        size_t length = strcspn(folder, ":");
        char *path = dcb_xasprintf("%.*s/gnuplot", (int)length, folder);

        if (length && *folder == '/' && is_program(path))
            return path;
        free(path);
        folder += length + (folder[length] == ':');
    }
    dcb_error_set(err, DCB_ERROR_SYSTEM,
                  "no gnuplot on PATH: install gnuplot-nox (Debian, Ubuntu) or gnuplot");
    return NULL;
}

static bool is_png(const char *picture, size_t length)
{
    static const char head[] = "\x89PNG\r\n\x1a\n", tail[] = "IEND\xae\x42\x60\x82";

    return length > 16 && memcmp(picture, head, 8) == 0 &&
           memcmp(picture + length - 8, tail, 8) == 0;
}

/* What cuts it short, a full disk or a signal, cuts off its end. */
static bool is_svg(const char *picture, size_t length)
{
    static const char tail[] = "</svg>";

    while (length && strchr("\n\r\t ", picture[length - 1]))
        length--;
    return strncmp(picture, "<?xml", 5) == 0 && strstr(picture, "<svg") &&
           length > sizeof tail &&
           memcmp(picture + length - (sizeof tail - 1), tail, sizeof tail - 1) == 0;
}

static int judge(const struct dcb_spawn_outcome *outcome, struct dcb_error *err)
{
    const char *said = outcome->output + strspn(outcome->output, "\n ");

    switch (outcome->end) {
    case DCB_SPAWN_EXITED:
        if (outcome->code == 0)
            return 0;
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "gnuplot failed (status %d): %.300s",
                             outcome->code, *said ? said : "it said nothing");
    case DCB_SPAWN_SIGNALED:
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "gnuplot was ended by signal %d",
                             outcome->code);
    case DCB_SPAWN_STOPPED:
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "interrupted");
    default:
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "gnuplot took more than %d s",
                             LIMIT_MS / 1000);
    }
}

/* The picture that it left in `fd`, which is closed. */
static char *take_picture(int fd, bool svg, size_t *ret_length, struct dcb_error *err)
{
    char *picture = dcb_spawn_read_dump(fd, ret_length);

    if (picture && (svg ? is_svg(picture, *ret_length) : is_png(picture, *ret_length)))
        return picture;
    free(picture);
    dcb_error_set(err, DCB_ERROR_SYSTEM,
                  "gnuplot made no whole picture: it may know no %s",
                  svg ? "SVG" : "PNG");
    return NULL;
}

char *dcb_gnuplot_run(const char *program, const char *script, bool svg,
                      const volatile sig_atomic_t *stop, size_t *ret_length,
                      struct dcb_error *err)
{
    /* -d: neither /etc's nor the user's settings; the script is the job. */
    char *const arguments[] = {(char *)(uintptr_t)program, (char *)(uintptr_t) "-d",
                               (char *)(uintptr_t) "/proc/self/fd/3", NULL};
    struct dcb_spawn_request request = {
        .program = program,
        .arguments = arguments,
        .folder = "/",
        .job = script,
        .samples_fd = -1,
        .code_fd = -1,
        .dump_fd = dcb_spawn_dump_file(err),
        .alive = no_sign,
        .timeout_ms = LIMIT_MS,
        .limit_ms = LIMIT_MS,
        .stop = stop,
    };
    struct dcb_spawn_outcome outcome;
    int rc;

    if (request.dump_fd < 0)
        return NULL;
    if (dcb_spawn_run(&request, &outcome, err) != 0) {
        dcb_spawn_close_dump(request.dump_fd);
        return NULL;
    }
    rc = judge(&outcome, err);
    dcb_spawn_clear(&outcome);
    if (rc == 0)
        return take_picture(request.dump_fd, svg, ret_length, err);
    dcb_spawn_close_dump(request.dump_fd);
    return NULL;
}
