#include "commands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ci.h"
#include "ci_output.h"
#include "error.h"
#include "format_bytes.h"
#include "gnuplot.h"
#include "json_trace.h"
#include "measure.h"
#include "options.h"
#include "outfile.h"
#include "plan.h"
#include "plot_output.h"
#include "report_trace.h"
#include "run_findings.h"
#include "run_plan.h"
#include "signals.h"
#include "strbuf.h"
#include "sysinfo.h"
#include "term.h"
#include "trace.h"
#include "trace_plot.h"
#include "utf8.h"

/* Of hashes, unless --seed says another one: sets are the same each time. */
enum { SEED = 1 };

/* What the theory may be short of: temporaries, and what an implementation makes. */
static const double reserve = 1.3;

/* Of the interpreter, and for the other processes. */
static const uint64_t besides_bytes = UINT64_C(96) << 20;

/* ---- what is asked ---- */

static int check_options(const struct cli_options *options, struct dcb_error *err)
{
    static const char *const others[] = {"memo",   "leaks",      "leak-iterations",
                                         "census", "baseline",   "fail-if",
                                         "margin", "iterations", NULL};
    enum dcb_plot_format format;

    for (size_t i = 0; others[i]; i++) {
        if (cli_options_given(options, others[i]))
            return dcb_error_set(err, DCB_ERROR_USAGE, "--%s: does not go with --trace",
                                 others[i]);
    }
    return options->plot ? cli_plot_check(options->plot, &format, err) : 0;
}

static int check_places(const struct cli_options *options, struct dcb_error *err)
{
    const struct cli_place places[] = {
        {.name = "--series", .path = options->series},
        {.name = "--plot", .path = options->plot},
    };

    return cli_measure_check_places(options, places, sizeof places / sizeof *places, err);
}

static int unknown_container(const char *name, struct dcb_error *err)
{
    struct dcb_strbuf names = DCB_STRBUF_INIT;

    for (int i = 0; i < DCB_CONTAINER_COUNT; i++)
        dcb_strbuf_appendf(&names, "%s, ", dcb_container_name((enum dcb_container)i));
    dcb_error_set(err, DCB_ERROR_USAGE, "--workload: --trace has no '%s'; one of %sall",
                  name, names.text);
    dcb_strbuf_clear(&names);
    return -1;
}

/* One whose members are shared with the copy and one whose members are not, unless -w
 * says others. */
static int choose_containers(const struct cli_options *options, bool *containers,
                             struct dcb_error *err)
{
    enum dcb_container container;

    if (options->workloads.count == 0)
        containers[DCB_CONTAINER_LIST_BYTES] = containers[DCB_CONTAINER_LIST_BYTEARRAY] =
            true;
    for (size_t i = 0; i < options->workloads.count; i++) {
        const char *name = options->workloads.items[i];

        if (strcmp(name, "all") == 0)
            memset(containers, true, DCB_CONTAINER_COUNT);
        else if (dcb_container_find(name, &container))
            containers[container] = true;
        else
            return unknown_container(name, err);
    }
    return 0;
}

/* What is being traced, and what the documents tell beside it. */
struct frame {
    const struct cli_options *options;
    struct dcb_plan plan;
    struct dcb_sysinfo system;
    struct dcb_trace_request request;
};

/* A machine that begins to swap is of no use to anybody, and measures nothing. */
static int check_memory(const struct frame *frame, struct dcb_error *err)
{
    uint64_t available = frame->system.available_bytes;
    char needed_text[DCB_FORMAT_BYTES_SIZE], available_text[DCB_FORMAT_BYTES_SIZE];

    for (int i = 0; available && i < DCB_CONTAINER_COUNT; i++) {
        enum dcb_container container = (enum dcb_container)i;
        uint64_t need = dcb_container_need(container, frame->request.size_bytes);
        double needed = reserve * (double)need + (double)besides_bytes;

        if (frame->request.containers[i] && needed > (double)available)
            return dcb_error_set(
                err, DCB_ERROR_SYSTEM,
                "--size: copying %s takes about %s, and %s is available (choose less)",
                dcb_container_name(container), dcb_format_bytes(needed_text, needed),
                dcb_format_bytes(available_text, (double)available));
    }
    return 0;
}

/* The standard library's, unless -i says others. */
static int make_plan(struct frame *frame, struct dcb_error *err)
{
    const struct cli_options *options = frame->options;
    char stdlib[] = "stdlib", *impls[] = {stdlib};
    struct cli_options own = *options;
    int rc;

    if (own.impls.count == 0)
        own.impls = (struct cli_list){.items = impls, .count = 1};
    rc = cli_run_plan_arms(&own, &frame->plan, err);
    frame->plan.memory_bytes = frame->system.available_bytes;
    frame->request.impls = frame->plan.arms;
    frame->request.impl_count = frame->plan.arm_count;
    frame->request.size_bytes = options->size_bytes;
    frame->request.every_bytes = options->every_bytes;
    frame->request.repeats = options->repeats;
    frame->request.seed = options->has_seed ? options->seed : SEED;
    return rc;
}

static void draw_progress(void *context, const struct dcb_trace *trace, size_t cell)
{
    const struct dcb_trace_cell *now = &trace->cells[cell];
    char *label = dcb_utf8_shorten(trace->request->impls[now->impl].label, 30);

    (void)context;
    cli_term_draw_line("%s, %s (%zu of %zu)", dcb_container_name(now->container), label,
                       cell + 1, trace->cell_count);
    free(label);
}

/* ---- what came ---- */

static int print_report(const struct frame *frame, const struct dcb_trace *trace,
                        const char *json, struct dcb_error *err)
{
    const struct cli_options *options = frame->options;
    const struct dcb_report_trace_look look = {
        .format = options->format == CLI_MARKDOWN ? DCB_TABLE_MARKDOWN : DCB_TABLE_TEXT,
        .verbosity = options->verbosity,
        .color =
            options->format == CLI_TABLE && cli_term_color(options->color, STDOUT_FILENO),
        .utf8 = cli_term_utf8(),
    };
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    if (options->format == CLI_JSON)
        dcb_strbuf_append(&out, json);
    else if (options->format == CLI_CSV)
        dcb_report_trace_csv(trace, &out);
    else
        dcb_report_trace(trace, &look, &out);
    return cli_ci_print_report(options, &out, err);
}

static int write_series(const char *path, const struct dcb_trace *trace,
                        struct dcb_error *err)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    int rc;

    dcb_report_trace_csv(trace, &out);
    rc = dcb_outfile_write(path, out.text, err);
    dcb_strbuf_clear(&out);
    return rc;
}

static int write_plot(const char *path, const struct dcb_trace *trace,
                      struct dcb_error *err)
{
    enum dcb_plot_format format = DCB_PLOT_SVG;
    struct dcb_strbuf script = DCB_STRBUF_INIT;
    size_t left_out;
    int rc;

    (void)dcb_plot_format_of(path, &format); /* checked before anything was traced */
    left_out = dcb_trace_plot(trace, format, dcb_gnuplot_output, &script);
    rc = cli_plot_write(path, script.text, format, err);
    if (rc == 0 && left_out)
        cli_term_message("--plot: %d traces are drawn, %zu are not (choose with -w)",
                         DCB_PLOT_PANELS_MAX, left_out);
    dcb_strbuf_clear(&script);
    return rc;
}

/* What is known is written wherever it can be: one place that fails does not cost the
 * others. */
static int write_all(const struct frame *frame, const struct dcb_trace *trace,
                     const struct dcb_ci *ci, struct dcb_error *err)
{
    const struct cli_options *options = frame->options;
    const struct dcb_report_trace_look look = {.format = DCB_TABLE_MARKDOWN,
                                               .verbosity = options->verbosity};
    struct dcb_strbuf report = DCB_STRBUF_INIT;
    char *json =
        dcb_json_trace(trace, &frame->plan, &frame->system, (int)*cli_signals_caught());
    int rc = 0;

    if (print_report(frame, trace, json, err) != 0)
        rc = -1;
    if (options->output && dcb_outfile_write(options->output, json, err) != 0)
        rc = -1;
    free(json);
    if (options->series && write_series(options->series, trace, err) != 0)
        rc = -1;
    if (options->plot && !*cli_signals_caught() &&
        write_plot(options->plot, trace, err) != 0)
        rc = -1;
    cli_findings_tell(options, ci);
    dcb_report_trace(trace, &look, &report);
    if (cli_ci_write(options, ci, report.text, err) != 0)
        rc = -1;
    dcb_strbuf_clear(&report);
    return rc;
}

static enum cli_status report(const struct frame *frame, const struct dcb_trace *trace,
                              struct dcb_error *err)
{
    struct dcb_ci ci = DCB_CI_INIT;
    enum cli_status status;

    dcb_report_trace_ci(trace, &ci);
    status = cli_findings_status(&ci);
    if (write_all(frame, trace, &ci, err) != 0) {
        cli_term_message("%s", err->text);
        cli_ci_tell(frame->options, err->text);
        status = cli_status_worse(status, CLI_STATUS_SYSTEM);
    }
    dcb_ci_clear(&ci);
    return status;
}

static int run(const struct frame *frame, struct dcb_error *err)
{
    bool progress =
        cli_term_progress(frame->options->progress) && frame->options->verbosity >= 0;
    const struct dcb_trace_hooks hooks = {
        .stop = cli_signals_caught(),
        .progress = progress ? draw_progress : NULL,
    };
    struct dcb_trace trace = {.request = NULL};
    int rc = dcb_trace_run(&frame->plan, &frame->request, &hooks, &trace, err);

    if (progress)
        cli_term_clear();
    if (rc == 0)
        rc = (int)report(frame, &trace, err);
    rc = cli_signals_status(rc, err);
    dcb_trace_clear(&trace);
    return rc;
}

int cli_memory_trace(const struct cli_options *options, struct dcb_error *err)
{
    struct frame frame = {.options = options};
    int rc = check_options(options, err);

    dcb_sysinfo_read(&frame.system);
    if (rc == 0)
        rc = choose_containers(options, frame.request.containers, err);
    if (rc == 0)
        rc = make_plan(&frame, err);
    cli_signals_catch(); /* from here on there are files that must not be left */
    if (rc == 0)
        rc = check_places(options, err);
    if (rc == 0 && options->plot)
        rc = cli_plot_find(err);
    if (rc == 0)
        rc = check_memory(&frame, err);
    if (rc == 0)
        rc = run(&frame, err);
    if (rc == -1)
        cli_ci_tell(options, err->text);
    dcb_plan_clear(&frame.plan);
    return rc;
}
