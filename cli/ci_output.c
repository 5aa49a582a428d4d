#include "ci_output.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ci.h"
#include "error.h"
#include "options.h"
#include "outfile.h"
#include "strbuf.h"
#include "term.h"

/* GitHub shows no summary of a step above this. */
enum { SUMMARY_MAX = 1024 * 1024 };

static bool says_github(void)
{
    const char *actions = getenv("GITHUB_ACTIONS");

    return actions && strcmp(actions, "true") == 0;
}

/* Whether there are to be annotations. */
static bool is_annotated(const struct cli_options *options)
{
    return options->ci == CLI_CI_GITHUB || (options->ci == CLI_CI_AUTO && says_github());
}

int cli_ci_print(const struct cli_options *options, const char *text,
                 struct dcb_error *err)
{
    bool data = options->format == CLI_JSON || options->format == CLI_CSV ||
                options->format == CLI_PYPERF;
    bool obeyed = says_github() || options->ci == CLI_CI_GITHUB;
    char *tame = obeyed && !data ? dcb_ci_defuse(text) : NULL;
    int rc = cli_term_print(tame ? tame : text, err);

    free(tame);
    return rc;
}

int cli_ci_print_report(const struct cli_options *options, struct dcb_strbuf *report,
                        struct dcb_error *err)
{
    int rc = cli_ci_print(options, report->text ? report->text : "", err);

    dcb_strbuf_clear(report);
    return rc;
}

/* GITHUB_STEP_SUMMARY, where it is wanted; or NULL. */
static const char *step_summary(const struct cli_options *options)
{
    const char *path = getenv("GITHUB_STEP_SUMMARY");

    return options->ci != CLI_CI_NONE && path && *path ? path : NULL;
}

/* Other steps and commands write to this file as well: their text stays. */
static int append_summary(const char *path, const struct dcb_ci *ci, const char *report,
                          struct dcb_error *err)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    struct stat status;
    size_t before = stat(path, &status) == 0 ? (size_t)status.st_size : 0;
    int rc;

    if (before)
        dcb_strbuf_append(&out, "\n\n"); /* a heading of its own, whatever came last */
    if (report && before + strlen(report) > SUMMARY_MAX - SUMMARY_MAX / 4)
        report = "The tables are left out: GitHub shows a megabyte.\n";
    dcb_ci_summary(ci, report, &out);
    rc = dcb_outfile_append(path, out.text, err);
    dcb_strbuf_clear(&out);
    return rc;
}

static int write_summary(const struct cli_options *options, const struct dcb_ci *ci,
                         const char *report, struct dcb_error *err)
{
    const char *step = step_summary(options);
    struct dcb_error trouble = DCB_ERROR_INIT;
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    int rc = 0;

    if (dcb_outfile_same(options->summary, getenv("GITHUB_STEP_SUMMARY")))
        return append_summary(options->summary, ci, report, err);
    if (options->summary) {
        dcb_ci_summary(ci, report, &out);
        rc = dcb_outfile_write(options->summary, out.text, err);
    }
    if (step && append_summary(step, ci, report, &trouble) != 0)
        cli_term_message("GITHUB_STEP_SUMMARY: %s", trouble.text);
    dcb_strbuf_clear(&out);
    return rc;
}

int cli_ci_write(const struct cli_options *options, const struct dcb_ci *ci,
                 const char *report, struct dcb_error *err)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    int rc = 0;

    if (options->junit) {
        dcb_ci_junit(ci, &out);
        rc = dcb_outfile_write(options->junit, out.text, err);
        dcb_strbuf_clear(&out);
    }
    if (write_summary(options, ci, report, err) != 0)
        rc = -1;
    if (is_annotated(options)) {
        dcb_ci_annotations(ci, &out);
        cli_term_annotate(out.text ? out.text : "");
        dcb_strbuf_clear(&out);
    }
    return rc;
}

bool cli_ci_says(const struct cli_options *options, const struct dcb_ci *ci,
                 const struct dcb_ci_finding *finding)
{
    return is_annotated(options) && dcb_ci_is_annotated(ci, finding);
}

void cli_ci_tell(const struct cli_options *options, const char *message)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    if (!is_annotated(options))
        return;
    dcb_ci_annotate(true, "dcbench", message, &out);
    cli_term_annotate(out.text);
    dcb_strbuf_clear(&out);
}
