#include "spark.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"
#include "strbuf.h"
#include "xalloc.h"

const char *dcb_spark_level(bool utf8, size_t level)
{
    static const char *const blocks[DCB_SPARK_LEVELS + 1] = {
        " ",
        "\xe2\x96\x81",
        "\xe2\x96\x82",
        "\xe2\x96\x83",
        "\xe2\x96\x84",
        "\xe2\x96\x85",
        "\xe2\x96\x86",
        "\xe2\x96\x87",
        "\xe2\x96\x88",
    };
    static const char *const ascii[DCB_SPARK_LEVELS + 1] = {" ", ".", ":", "-", "=",
                                                            "+", "*", "#", "@"};

    return (utf8 ? blocks : ascii)[level];
}

void dcb_spark_line(const double *values, size_t count, size_t width, double range,
                    bool utf8, struct dcb_strbuf *out)
{
    size_t bins = count < width ? count : width;
    double *middles = dcb_xcalloc(bins + 1, sizeof *middles);
    double *bin = dcb_xcalloc(count + 1, sizeof *bin);
    double low = HUGE_VAL, high = -HUGE_VAL;

    for (size_t i = 0; i < bins; i++) {
        size_t from = i * count / bins, to = (i + 1) * count / bins;

        memcpy(bin, values + from, (to - from) * sizeof *bin);
        middles[i] = dcb_stats_median(bin, to - from);
        low = fmin(low, middles[i]);
        high = fmax(high, middles[i]);
    }
    if (high - low < range) {
        low = low + (high - low) / 2 - range / 2;
        high = low + range;
    }
    for (size_t i = 0; i < bins; i++) {
        double place = (middles[i] - low) / (high - low) * DCB_SPARK_LEVELS;
        size_t level = place >= DCB_SPARK_LEVELS ? DCB_SPARK_LEVELS - 1 : (size_t)place;

        dcb_strbuf_append(out, dcb_spark_level(utf8, level + 1));
    }
    free(middles);
    free(bin);
}
