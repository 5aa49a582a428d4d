#include "simulator.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "spawn.h"
#include "xalloc.h"

const char dcb_simulator_geometry[] = "I1=32768,8,64 D1=32768,8,64 LL=8388608,16,64";

/* What a worker is simulated with. */
static const char *const options[] = {
    "--command-line-only=yes", /* first: what follows is all there is */
    "--quiet",
    "--log-file=/dev/null",
    "--vgdb=no",
    "--tool=callgrind",
    "--callgrind-out-file=/proc/self/fd/7", /* DCB_DUMP_FD */
    "--combine-dumps=yes",
    "--instr-atstart=no",
    "--collect-atstart=no",
    "--cache-sim=yes",
    "--branch-sim=yes",
    "--I1=32768,8,64",
    "--D1=32768,8,64",
    "--LL=8388608,16,64",
    "--main-stacksize=8388608",
};

enum { OPTIONS = sizeof options / sizeof *options, VERSION_TIME_MS = 10000 };

static uint64_t no_sign(const void *context)
{
    (void)context;
    return 0;
}

/* "3.19.0" from what `valgrind --version` prints; NULL where it does not run. */
static char *version_of(const char *path)
{
    char *const arguments[] = {(char *)(uintptr_t)path,
                               (char *)(uintptr_t) "--command-line-only=yes",
                               (char *)(uintptr_t) "--version", NULL};
    struct dcb_spawn_request request = {
        .program = path,
        .arguments = arguments,
        .job = "",
        .samples_fd = -1,
        .code_fd = -1,
        .dump_fd = -1,
        .alive = no_sign,
        .timeout_ms = VERSION_TIME_MS,
        .limit_ms = VERSION_TIME_MS,
    };
    static const char name[] = "valgrind-";
    struct dcb_spawn_outcome outcome;
    char *version = NULL;

    if (dcb_spawn_run(&request, &outcome, NULL) != 0)
        return NULL;
    if (outcome.end == DCB_SPAWN_EXITED && outcome.code == 0 &&
        strncmp(outcome.output, name, sizeof name - 1) == 0 &&
        isdigit((unsigned char)outcome.output[sizeof name - 1]))
        version = dcb_xstrndup(outcome.output + sizeof name - 1,
                               strcspn(outcome.output + sizeof name - 1, "\n"));
    dcb_spawn_clear(&outcome);
    return version;
}

static int try_folder(const char *folder, size_t length, char **ret_path,
                      char **ret_version)
{
    char *path = dcb_xasprintf("%.*s/valgrind", (int)length, folder);

    if (length && *folder == '/' && access(path, X_OK) == 0 &&
        (*ret_version = version_of(path))) {
        *ret_path = path;
        return 0;
    }
    free(path);
    return -1;
}

int dcb_simulator_find(char **ret_path, char **ret_version)
{
    const char *user = getenv("PATH");
    char *folders = dcb_xstrdup(user ? user : "/usr/local/bin:/usr/bin");
    int rc = -1;

    /* Workers of this build cannot be simulated where valgrind's header was missing. */
    for (const char *folder = folders; DCB_CALLGRIND && rc != 0 && *folder;) {
        size_t length = strcspn(folder, ":");

        rc = try_folder(folder, length, ret_path, ret_version);
        folder += length + (folder[length] == ':');
    }
    free(folders);
    return rc;
}

char **dcb_simulator_arguments(const char *valgrind, const char *worker)
{
    char **arguments = dcb_xcalloc(OPTIONS + 3, sizeof *arguments);

    arguments[0] = (char *)(uintptr_t)valgrind;
    for (size_t i = 0; i < OPTIONS; i++)
        arguments[i + 1] = (char *)(uintptr_t)options[i];
    arguments[OPTIONS + 1] = (char *)(uintptr_t)worker;
    return arguments;
}
