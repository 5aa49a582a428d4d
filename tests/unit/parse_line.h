/* A command line as a test writes it. Include behind cmocka.h. */
#ifndef TESTS_PARSE_LINE_H
#define TESTS_PARSE_LINE_H

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "options.h"
#include "xalloc.h"

enum { WORDS_MAX = 32 };

/* Parses the words of `line`, which are split at spaces; '' is an empty one. */
static inline int parse(struct cli_options *options, const char *line,
                        struct dcb_error *err)
{
    char *copy = dcb_xstrdup(line), *rest = NULL, *argv[WORDS_MAX + 1] = {NULL};
    char program[] = "dcbench";
    int argc = 0, rc;

    argv[argc++] = program;
    for (char *word = strtok_r(copy, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        assert_true(argc < WORDS_MAX);
        argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
    }
    rc = cli_options_parse(options, argc, argv, err);
    free(copy);
    return rc;
}

static inline void parse_well(struct cli_options *options, const char *line)
{
    struct dcb_error err = DCB_ERROR_INIT;

    if (parse(options, line, &err))
        fail_msg("dcbench %s: %s", line, err.text);
    assert_int_equal(err.code, DCB_OK);
}

#endif
