#include "commands.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "document.h"
#include "error.h"
#include "filetree.h"
#include "gnuplot.h"
#include "history.h"
#include "history_plot.h"
#include "json_history.h"
#include "options.h"
#include "outfile.h"
#include "plot_output.h"
#include "report_history.h"
#include "signals.h"
#include "strbuf.h"
#include "term.h"
#include "xalloc.h"

enum {
    NAMED_MOST = 5,     /* files that are passed over and named without -v */
    PATIENCE_MS = 500,  /* before there is any progress to be seen, */
    PROGRESS_EVERY = 20 /* and then in every so many files */
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- reading ---- */

struct progress {
    bool wanted, drawn;
    uint64_t started, patience;
};

static bool is_due(struct progress *progress)
{
    if (!progress->wanted || now_ms() - progress->started < progress->patience)
        return false;
    progress->drawn = true;
    return true;
}

static void tell_folder(void *context, const struct dcb_filetree *tree)
{
    if (is_due(context))
        cli_term_draw_line("looking for results: %zu", tree->count);
}

/* A message of the reader begins with the file's name: that is said once. */
static void pass_over(struct dcb_history *history, const char *path,
                      const struct dcb_error *err)
{
    size_t length = strlen(path);
    bool named = strncmp(err->text, path, length) == 0 &&
                 strncmp(err->text + length, ": ", 2) == 0;

    dcb_history_skip(history, path, named ? err->text + length + 2 : err->text);
}

/* What the user named; a folder with nothing in it is passed over as well. */
static void list_files(const struct cli_options *options, struct dcb_filetree *tree,
                       struct dcb_history *history)
{
    for (size_t i = 0; i < options->operands.count; i++) {
        const char *path = options->operands.items[i];
        struct dcb_error err = DCB_ERROR_INIT;
        size_t before = tree->count + tree->again;

        if (dcb_filetree_add(tree, path, &err) != 0)
            pass_over(history, path, &err);
        else if (tree->count + tree->again == before)
            dcb_history_skip(history, path, "no .json or .json.gz in it");
    }
}

static void read_file(const char *path, const struct dcb_history_filter *filter,
                      struct dcb_history *history)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_document *document = dcb_document_read(path, DCB_DOCUMENT_RATIOS, &err);

    if (!document || dcb_history_add(history, document, filter, &err) != 0)
        pass_over(history, path, &err);
    dcb_document_free(document);
}

static void read_all(const struct cli_options *options, struct dcb_history *history)
{
    const struct dcb_history_filter filter = {.workloads = options->workloads.items,
                                              .workload_count = options->workloads.count,
                                              .impls = options->impls.items,
                                              .impl_count = options->impls.count};
    struct progress progress = {
        .wanted = cli_term_progress(options->progress) && options->verbosity >= 0,
        .started = now_ms(),
        .patience = options->progress == CLI_ALWAYS ? 0 : PATIENCE_MS};
    struct dcb_filetree tree = {.tell = tell_folder, .context = &progress};

    list_files(options, &tree, history);
    for (size_t i = 0; i < tree.count; i++) {
        if (i % PROGRESS_EVERY == 0 && is_due(&progress))
            cli_term_draw_line("reading results: %zu of %zu", i, tree.count);
        read_file(tree.paths[i], &filter, history);
    }
    if (progress.drawn)
        cli_term_clear();
    dcb_filetree_clear(&tree);
}

static void tell_passed_over(const struct cli_options *options,
                             const struct dcb_history *history)
{
    size_t named = history->skip_count;

    if (options->verbosity <= 0 && named > NAMED_MOST)
        named = NAMED_MOST;
    for (size_t i = 0; i < named; i++)
        cli_term_message("passed over: %s: %s", history->skips[i].path,
                         history->skips[i].reason);
    if (named < history->skip_count)
        cli_term_message("passed over: %zu more (-v names them)",
                         history->skip_count - named);
}

/* ---- output ---- */

static int print_history(const struct cli_options *options,
                         const struct dcb_history *history, struct dcb_error *err)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    char *json;
    int rc;

    switch (options->format) {
    case CLI_JSON:
        json = dcb_json_history(history);
        dcb_strbuf_append(&out, json);
        free(json);
        break;
    case CLI_CSV:
        dcb_report_history_csv(history, &out);
        break;
    case CLI_MARKDOWN:
        dcb_report_history_markdown(history, options->verbosity, cli_term_utf8(), &out);
        break;
    case CLI_TABLE:
    default: /* no other is an option of the command */
        dcb_report_history(history, options->verbosity,
                           cli_term_color(options->color, STDOUT_FILENO), cli_term_utf8(),
                           &out);
        break;
    }
    rc = cli_term_print(out.text ? out.text : "", err);
    dcb_strbuf_clear(&out);
    return rc;
}

static int plot(const char *path, const struct dcb_history *history,
                struct dcb_error *err)
{
    enum dcb_plot_format format = DCB_PLOT_SVG;
    struct dcb_strbuf script = DCB_STRBUF_INIT;
    size_t left_out;
    int rc;

    (void)dcb_plot_format_of(path, &format); /* checked before anything was read */
    left_out = dcb_history_plot(history, format, dcb_gnuplot_output, &script);
    rc = cli_plot_write(path, script.text, format, err);
    if (rc == 0 && left_out)
        cli_term_message("--plot: %d workloads are drawn, %zu are not (choose with -w)",
                         DCB_PLOT_PANELS_MAX, left_out);
    dcb_strbuf_clear(&script);
    return rc;
}

/* Better now than after reading thousands of files. */
static int check_usage(const struct cli_options *options, struct dcb_error *err)
{
    enum dcb_plot_format format;

    if (options->operands.count == 0)
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "history: which results? Name files or their folder: "
                             "dcbench history results");
    if (!options->plot)
        return 0;
    if (cli_plot_check(options->plot, &format, err) != 0)
        return -1;
    if (dcb_outfile_check(options->plot, err) != 0)
        return dcb_error_prefix(err, "--plot");
    return 0;
}

int cli_history(const struct cli_options *options, struct dcb_error *err)
{
    struct dcb_history history = {.files = NULL};
    int rc;

    if (check_usage(options, err) != 0)
        return -1;
    read_all(options, &history);
    dcb_history_finish(&history);
    rc = print_history(options, &history, err);
    tell_passed_over(options, &history);
    if (rc == 0 && history.file_count == 0)
        rc = dcb_error_set(err, DCB_ERROR_SYSTEM, "no result that could be shown");
    if (rc == 0 && options->plot) {
        cli_signals_catch(); /* from here on there is a process that must not be left */
        rc = plot(options->plot, &history, err);
        if (*cli_signals_caught())
            rc = 128 + *cli_signals_caught();
    }
    dcb_history_clear(&history);
    return rc;
}
