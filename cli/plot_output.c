#include "plot_output.h"

#include <stdlib.h>

#include "error.h"
#include "gnuplot.h"
#include "outfile.h"
#include "signals.h"

int cli_plot_check(const char *path, enum dcb_plot_format *ret_format,
                   struct dcb_error *err)
{
    if (!dcb_plot_format_of(path, ret_format))
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "--plot: '%s' ends in neither .svg nor .png", path);
    return 0;
}

int cli_plot_find(struct dcb_error *err)
{
    char *program = dcb_gnuplot_find(err);

    if (!program)
        return dcb_error_prefix(err, "--plot");
    free(program);
    return 0;
}

static int write_picture(const char *path, const char *picture, size_t length,
                         struct dcb_error *err)
{
    struct dcb_outfile file;

    if (dcb_outfile_open(&file, path, err) != 0)
        return -1;
    /* What could not be written is told by the commit. */
    (void)fwrite(picture, 1, length, file.stream);
    return dcb_outfile_commit(&file, err);
}

int cli_plot_write(const char *path, const char *script, enum dcb_plot_format format,
                   struct dcb_error *err)
{
    char *program = dcb_gnuplot_find(err), *picture = NULL;
    size_t length;
    int rc = -1;

    if (program)
        picture = dcb_gnuplot_run(program, script, format == DCB_PLOT_SVG,
                                  cli_signals_caught(), &length, err);
    if (picture)
        rc = write_picture(path, picture, length, err);
    if (rc != 0)
        dcb_error_prefix(err, "--plot");
    free(picture);
    free(program);
    return rc;
}
