#include "json_values.h"

#include <math.h>
#include <stdlib.h>

#include "stats.h"
#include "utf8.h"
#include "xalloc.h"

json_t *dcb_json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *dcb_json_whole(uint64_t value)
{
    return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

json_t *dcb_json_text(const char *text)
{
    json_t *string;
    char *clean;

    if (!text)
        return json_null();
    string = json_string(text);
    if (string)
        return string;
    clean = dcb_xstrdup(text);
    dcb_utf8_mend(clean);
    string = json_string(clean);
    free(clean);
    return string;
}

json_t *dcb_json_message(const char *text)
{
    char *clean = text ? dcb_xstrdup(text) : NULL;
    json_t *string;

    if (clean)
        dcb_utf8_make_message(clean);
    string = dcb_json_text(clean);
    free(clean);
    return string;
}

json_t *dcb_json_name(const char *text)
{
    return dcb_json_text(text && *text ? text : NULL);
}

json_t *dcb_json_interval(const struct dcb_interval *interval)
{
    if (!isfinite(interval->estimate))
        return json_null();
    return json_pack("{s:o, s:o, s:o}", "estimate", dcb_json_number(interval->estimate),
                     "low", dcb_json_number(interval->low), "high",
                     dcb_json_number(interval->high));
}

char *dcb_json_line(json_t *root)
{
    char *dump = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(8));
    char *line = dcb_xasprintf("%s\n", dump ? dump : "null");

    json_decref(root);
    free(dump);
    return line;
}
