#include "term.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ci.h"
#include "error.h"
#include "runner.h"
#include "utf8.h"

static bool is_terminal(int fd)
{
    const char *term = getenv("TERM");

    return isatty(fd) && !(term && strcmp(term, "dumb") == 0);
}

bool cli_term_color(enum cli_when when, int fd)
{
    const char *no_color = getenv("NO_COLOR");

    if (when != CLI_AUTO)
        return when == CLI_ALWAYS;
    return is_terminal(fd) && !(no_color && *no_color);
}

bool cli_term_progress(enum cli_when when)
{
    return when == CLI_AUTO ? is_terminal(STDERR_FILENO) : when == CLI_ALWAYS;
}

/* As POSIX has it (Base Definitions, 8.2): the first of these that is set and not empty.
 */
bool cli_term_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *locale = NULL;

    for (size_t i = 0; i < 3 && !(locale && *locale); i++)
        locale = getenv(names[i]);
    return locale && (strcasestr(locale, "utf-8") || strcasestr(locale, "utf8"));
}

int cli_term_print(const char *text, struct dcb_error *err)
{
    if (fputs(text, stdout) == EOF || fflush(stdout) != 0)
        return dcb_error_set_errno(err, errno, "cannot write to standard output");
    return 0;
}

void cli_term_message(const char *format, ...)
{
    char text[4096], *tame;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    dcb_utf8_make_printable(text); /* names and messages come from outside */
    tame = dcb_ci_defuse(text); /* wherever this is read along: it may be a container */
    fprintf(stderr, "dcbench: %s\n", tame);
    free(tame);
}

void cli_term_annotate(const char *lines)
{
    fputs(lines, stderr);
}

void cli_term_lines(const char *text)
{
    for (size_t length; *text; text += length + (text[length] == '\n')) {
        length = strcspn(text, "\n");
        if (length)
            cli_term_message("%.*s", (int)length, text);
    }
}

/* Seconds until this workload is likely done: its precision grows with the square root of
 * the workers, and --max-time is the end in any case. */
static double seconds_left(const struct dcb_progress *progress)
{
    double left = progress->max_time_s - progress->elapsed_s;
    double ratio = progress->reached / progress->wanted;

    if (isfinite(ratio) && progress->elapsed_s * (ratio * ratio - 1) < left)
        left = progress->elapsed_s * (ratio * ratio - 1);
    left = left > 0 ? left : 0;
    return left + progress->max_time_s *
                      (double)(progress->workload_count - progress->workload_index - 1);
}

static int terminal_width(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
        return size.ws_col;
    return 80;
}

void cli_term_draw_line(const char *format, ...)
{
    char line[256];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    /* A line that wraps could not be drawn over. */
    fprintf(stderr, "\r\x1b[K%.*s", terminal_width() - 1, line);
    fflush(stderr);
}

void cli_term_draw(const struct dcb_progress *progress)
{
    char got[32] = "";

    if (progress->verifying) {
        char *label = dcb_utf8_shorten(progress->verifying, 40);

        cli_term_draw_line("verifying %s (%zu of %zu)", label, progress->verify_index + 1,
                           progress->verify_count);
        free(label);
        return;
    }
    if (progress->simulating) {
        cli_term_draw_line("%.60s (%zu of %zu): simulating with callgrind",
                           progress->workload, progress->workload_index + 1,
                           progress->workload_count);
        return;
    }
    if (isfinite(progress->reached))
        snprintf(got, sizeof got, ", +-%.2f %%", 100 * progress->reached);
    cli_term_draw_line("%.60s (%zu of %zu): %zu workers%s, about %.0f s left",
                       progress->workload, progress->workload_index + 1,
                       progress->workload_count, progress->workers, got,
                       ceil(seconds_left(progress)));
}

void cli_term_clear(void)
{
    fputs("\r\x1b[K", stderr);
    fflush(stderr);
}
