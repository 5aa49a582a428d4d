#include "signals.h"

#include <stddef.h>

#include "error.h"
#include "term.h"

static volatile sig_atomic_t caught_signal;

static void catch_signal(int number)
{
    caught_signal = number;
}

void cli_signals_catch(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = catch_signal, .sa_flags = SA_RESTART},
                     before;

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    }
}

const volatile sig_atomic_t *cli_signals_caught(void)
{
    return &caught_signal;
}

int cli_signals_status(int rc, const struct dcb_error *err)
{
    if (!caught_signal)
        return rc;
    if (rc == -1)
        cli_term_message("%s", err->text);
    return 128 + (int)caught_signal;
}
