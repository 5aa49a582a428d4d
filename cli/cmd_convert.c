#include "commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ci_output.h"
#include "document.h"
#include "error.h"
#include "json_pyperf.h"
#include "json_result.h"
#include "nearest.h"
#include "options.h"
#include "outfile.h"
#include "report.h"
#include "report_pyperf.h"
#include "strbuf.h"
#include "term.h"
#include "text_table.h"
#include "xalloc.h"

/* ---- which implementations ---- */

struct choice {
    size_t *arms; /* numbers in the plan */
    size_t count;
};

static void choose(struct choice *choice, size_t arm)
{
    for (size_t i = 0; i < choice->count; i++) {
        if (choice->arms[i] == arm)
            return;
    }
    choice->arms = dcb_xrealloc(choice->arms, choice->count + 1, sizeof *choice->arms);
    choice->arms[choice->count++] = arm;
}

static void choose_all(struct choice *choice, const struct dcb_plan *plan)
{
    for (size_t arm = 0; arm < plan->arm_count; arm++) {
        if (dcb_plan_role(arm) != DCB_ROLE_CONTROL)
            choose(choice, arm);
    }
}

static int unknown_label(const struct dcb_plan *plan, const char *label, const char *path,
                         struct dcb_error *err)
{
    const char **names = dcb_xcalloc(plan->arm_count, sizeof *names), *near;
    struct dcb_strbuf all = DCB_STRBUF_INIT;
    size_t count = 0;

    for (size_t arm = 0; arm < plan->arm_count; arm++) {
        if (dcb_plan_role(arm) == DCB_ROLE_CONTROL)
            continue;
        dcb_strbuf_appendf(&all, "%s%s", count ? ", " : "", plan->arms[arm].label);
        names[count++] = plan->arms[arm].label;
    }
    near = dcb_nearest(label, names, count);
    dcb_error_set(err, DCB_ERROR_USAGE, "--impl: %s has no '%s'; %s%s%s", path, label,
                  near ? "did you mean '" : "it has ", near ? near : all.text,
                  near ? "'?" : "");
    dcb_strbuf_clear(&all);
    free(names);
    return -1;
}

static int choose_label(struct choice *choice, const struct dcb_document *document,
                        const char *label, struct dcb_error *err)
{
    const struct dcb_plan *plan = &document->plan;

    for (size_t arm = 0; arm < plan->arm_count; arm++) {
        if (dcb_plan_role(arm) != DCB_ROLE_CONTROL &&
            strcmp(plan->arms[arm].label, label) == 0) {
            choose(choice, arm);
            return 0;
        }
    }
    if (strcmp(label, "all") != 0)
        return unknown_label(plan, label, document->path, err);
    choose_all(choice, plan);
    return 0;
}

static int choose_arms(const struct cli_options *options,
                       const struct dcb_document *document, struct choice *ret_choice,
                       struct dcb_error *err)
{
    if (options->impls.count == 0)
        choose_all(ret_choice, &document->plan);
    for (size_t i = 0; i < options->impls.count; i++) {
        if (choose_label(ret_choice, document, options->impls.items[i], err) != 0)
            return -1;
    }
    return 0;
}

/* ---- pyperf's files ---- */

static bool is_folder(const char *path)
{
    struct stat status;

    return path && *path &&
           (path[strlen(path) - 1] == '/' ||
            (stat(path, &status) == 0 && S_ISDIR(status.st_mode)));
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);

    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* A label as the name of a file, without ".json": any byte that could mean something to
 * a shell or a file system becomes '_'. */
static char *safe_name(const char *label)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-";
    enum { LENGTH_MAX = 200 };
    char *name = dcb_xstrndup(label, LENGTH_MAX);

    for (char *c = name; *c; c++) {
        if (!strchr(allowed, *c) || (c == name && strchr(".-", *c)))
            *c = '_';
    }
    if (*name)
        return name;
    free(name);
    return dcb_xstrdup("_");
}

/* The path of each chosen arm's file; two labels never share one. */
static char **file_paths(const char *folder, const struct dcb_plan *plan,
                         const struct choice *choice)
{
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    char **paths = dcb_xcalloc(choice->count, sizeof *paths);

    for (size_t i = 0; i < choice->count; i++) {
        char *name = safe_name(plan->arms[choice->arms[i]].label);

        paths[i] = dcb_xasprintf("%s%s%s.json", folder, slash, name);
        for (size_t k = 0, number = 2; k < i;) {
            if (strcmp(paths[k], paths[i]) != 0) {
                k++;
                continue;
            }
            free(paths[i]);
            paths[i] = dcb_xasprintf("%s%s%s-%zu.json", folder, slash, name, number++);
            k = 0;
        }
        free(name);
    }
    return paths;
}

/* What is read is not written over: of the file only a part may be left after that. */
static int check_place(const struct dcb_document *document, const char *output,
                       struct dcb_error *err)
{
    if (!dcb_outfile_same(document->path, output))
        return 0;
    return dcb_error_set(err, DCB_ERROR_USAGE,
                         "--output: %s is the file that is converted", output);
}

static void tell(const struct dcb_strbuf *notes)
{
    if (notes->text)
        cli_term_lines(notes->text);
}

static int nothing_to_write(const struct dcb_document *document, struct dcb_error *err)
{
    return dcb_error_set(err, DCB_ERROR_SYSTEM, "%s: no time that pyperf could read",
                         document->path);
}

/* DIR/IMPL.json for every chosen implementation that has a time. */
static int write_folder(const struct cli_options *options,
                        const struct dcb_document *document, const struct choice *choice,
                        struct dcb_error *err)
{
    char **paths = file_paths(options->output, &document->plan, choice);
    size_t written = 0;
    int rc = 0;

    if (mkdir(options->output, 0777) != 0 && errno != EEXIST)
        rc = dcb_error_set_errno(err, errno, "--output: cannot make the folder %s",
                                 options->output);
    for (size_t i = 0; rc == 0 && i < choice->count; i++)
        rc = check_place(document, paths[i], err);
    for (size_t i = 0; rc == 0 && i < choice->count; i++) {
        struct dcb_strbuf notes = DCB_STRBUF_INIT;
        char *text = dcb_json_pyperf(&document->result, &choice->arms[i], 1,
                                     DCB_PYPERF_WORKLOAD, &notes);

        tell(&notes);
        if (text)
            rc = dcb_outfile_write(paths[i], text, err);
        written += text != NULL;
        dcb_strbuf_clear(&notes);
        free(text);
    }
    if (rc == 0 && written == 0)
        rc = nothing_to_write(document, err);
    for (size_t i = 0; i < choice->count; i++)
        free(paths[i]);
    free(paths);
    return rc;
}

static int write_text(const struct cli_options *options, const char *text,
                      struct dcb_error *err)
{
    return options->output ? dcb_outfile_write(options->output, text, err)
                           : cli_ci_print(options, text, err);
}

/* One implementation: benchmarks have the names of workloads; several: of both. */
static int write_one_file(const struct cli_options *options,
                          const struct dcb_document *document,
                          const struct choice *choice, struct dcb_error *err)
{
    struct dcb_strbuf notes = DCB_STRBUF_INIT;
    char *text = dcb_json_pyperf(
        &document->result, choice->arms, choice->count,
        choice->count == 1 ? DCB_PYPERF_WORKLOAD : DCB_PYPERF_BOTH, &notes);
    int rc;

    tell(&notes);
    rc = text ? write_text(options, text, err) : nothing_to_write(document, err);
    dcb_strbuf_clear(&notes);
    free(text);
    return rc;
}

static int convert_to_pyperf(const struct cli_options *options,
                             const struct dcb_document *document, struct dcb_error *err)
{
    struct choice choice = {.arms = NULL};
    int rc = choose_arms(options, document, &choice, err);

    if (rc == 0 && is_folder(options->output))
        rc = write_folder(options, document, &choice, err);
    else if (rc == 0 && choice.count > 1 && options->impls.count == 0)
        rc = dcb_error_set(err, DCB_ERROR_USAGE,
                           "%s has %zu implementations and pyperf wants a file of each: "
                           "-o DIR/ writes them all, -i %s one of them (-i all: all into "
                           "one file, as IMPL/WORKLOAD)",
                           document->path, choice.count,
                           document->plan.arms[choice.arms[1]].label);
    else if (rc == 0)
        rc = write_one_file(options, document, &choice, err);
    free(choice.arms);
    return rc;
}

/* ---- the other formats ---- */

static int convert_to_text(const struct cli_options *options,
                           const struct dcb_document *document, struct dcb_error *err)
{
    const struct dcb_result *result = &document->result;
    bool color = !options->output && cli_term_color(options->color, STDOUT_FILENO);
    bool foreign = document->kind == DCB_DOCUMENT_PYPERF;
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    char *json;
    int rc;

    switch (options->format) {
    case CLI_TABLE:
        if (foreign)
            dcb_report_pyperf(document, DCB_TABLE_TEXT, options->verbosity, color, &out);
        else
            dcb_report_text(result, options->verbosity, color, cli_term_utf8(), &out);
        break;
    case CLI_MARKDOWN:
        if (foreign)
            dcb_report_pyperf(document, DCB_TABLE_MARKDOWN, options->verbosity, false,
                              &out);
        else
            dcb_report_markdown(result, options->verbosity, cli_term_utf8(), &out);
        break;
    case CLI_CSV:
        dcb_report_csv(result, &out);
        break;
    case CLI_JSON:
        json = dcb_json_result(result);
        dcb_strbuf_append(&out, json);
        free(json);
        break;
    case CLI_PYPERF: /* has a function of its own */
        break;
    }
    rc = write_text(options, out.text ? out.text : "", err);
    dcb_strbuf_clear(&out);
    return rc;
}

/* What needs no file to be seen. */
static int check_usage(const struct cli_options *options, struct dcb_error *err)
{
    bool pyperf = options->format == CLI_PYPERF;
    const char *output = options->output;

    if (options->operands.count != 1)
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "convert: one result file is wanted, not %zu ('dcbench "
                             "convert FILE'; '-' is standard input)",
                             options->operands.count);
    if (options->impls.count && !pyperf)
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "--impl: 'dcbench convert' has it for --format pyperf");
    if (output && !pyperf && is_folder(output))
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "--output: '%s' is a folder; 'dcbench convert' has that for "
                             "--format pyperf",
                             output);
    if (output && pyperf && ends_with(output, ".gz"))
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "--output: '%s': pyperf would take it for gzip, which is "
                             "not written; leave out the '.gz'",
                             output);
    return 0;
}

int cli_convert(const struct cli_options *options, struct dcb_error *err)
{
    struct dcb_document *document;
    int rc;

    if (check_usage(options, err) != 0)
        return -1;
    document = dcb_document_read(options->operands.items[0], DCB_DOCUMENT_WHOLE, err);
    if (!document)
        return -1;
    if (check_place(document, options->output, err) != 0)
        rc = -1;
    else if (options->format == CLI_PYPERF && document->kind != DCB_DOCUMENT_RUN)
        rc = dcb_error_set(err, DCB_ERROR_SYSTEM,
                           "%s: a file of pyperf's is not written again: only the mean "
                           "of each process's values is left of it ('pyperf convert' "
                           "copies it)",
                           document->path);
    else if (options->format == CLI_PYPERF)
        rc = convert_to_pyperf(options, document, err);
    else if (options->format == CLI_JSON && document->kind != DCB_DOCUMENT_RUN)
        rc = dcb_error_set(err, DCB_ERROR_SYSTEM,
                           "%s: a file of pyperf's has no pairs, so no result of "
                           "dcbench's can be made of it (--format csv has its times)",
                           document->path);
    else
        rc = convert_to_text(options, document, err);
    dcb_document_free(document);
    return rc;
}
