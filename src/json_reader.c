#include "json_reader.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "stats.h"
#include "strbuf.h"
#include "utf8.h"
#include "xalloc.h"

/* jansson takes up to 240 bytes for an object that has two in the file, and 60 for a
 * value: what a file may hold is bounded by more than its length. Results of ours reach
 * neither before DCB_INFILE_MAX. */
enum { CONTAINERS_MAX = 1000000, VALUES_MAX = 8000000 };

/* ---- messages ---- */

/* The text may come out of the file, and the message goes to a terminal. */
static void set_error(struct dcb_json_reader *reader, char *take_message)
{
    if (!reader->failed) {
        dcb_utf8_make_printable(take_message);
        dcb_error_set(reader->err, DCB_ERROR_SYSTEM, "%s: %s", reader->file,
                      take_message);
    }
    reader->failed = true;
    free(take_message);
}

static void fail_at(struct dcb_json_reader *reader, size_t line, size_t column,
                    const char *what)
{
    set_error(reader, dcb_xasprintf("line %zu, column %zu: %s", line, column, what));
}

static void append_place(const struct dcb_json_reader *reader, const char *key,
                         struct dcb_strbuf *out)
{
    for (size_t i = 0; i < reader->depth && i < DCB_JSON_DEPTH; i++) {
        if (reader->path[i].key)
            dcb_strbuf_appendf(out, "%s%.60s", out->length ? "." : "",
                               reader->path[i].key);
        else
            dcb_strbuf_appendf(out, "[%zu]", reader->path[i].index);
    }
    if (key)
        dcb_strbuf_appendf(out, "%s%.60s", out->length ? "." : "", key);
    if (out->length)
        dcb_strbuf_append(out, ": ");
}

void dcb_json_fail(struct dcb_json_reader *reader, const char *key, const char *format,
                   ...)
{
    struct dcb_strbuf message = DCB_STRBUF_INIT;
    char text[512];
    va_list args;

    if (reader->failed)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    append_place(reader, key, &message);
    dcb_strbuf_append(&message, text);
    set_error(reader, dcb_strbuf_take(&message));
}

/* ---- parsing ---- */

/* What is counted before anything is built of the text: jansson calls itself for each
 * level. */
struct shape {
    size_t depth, containers, values;
    const char *line; /* where the line in hand begins */
    size_t lines;     /* before it */
};

static const char *skip_string(const char *c, const char *end)
{
    for (c++; c < end && *c != '"'; c++) {
        if (*c == '\\')
            c++;
    }
    return c < end ? c : end;
}

static const char *shape_problem(struct shape *shape, char c)
{
    if (c == '{' || c == '[') {
        shape->containers++;
        if (++shape->depth > DCB_JSON_DEPTH)
            return "more than 32 levels of objects and lists";
    } else if (c == '}' || c == ']') {
        shape->depth -= shape->depth > 0;
    } else if (c == ',' || c == ':') {
        shape->values++;
    }
    if (shape->containers > CONTAINERS_MAX)
        return "more than a million objects and lists";
    if (shape->values > VALUES_MAX)
        return "more than eight million values";
    return NULL;
}

static bool check_shape(struct dcb_json_reader *reader, const char *text, size_t length)
{
    struct shape shape = {.line = text};
    const char *end = text + length;

    for (const char *c = text; c < end; c++) {
        const char *problem;

        if (*c == '\n') {
            shape.lines++;
            shape.line = c + 1;
        } else if (*c == '"') {
            c = skip_string(c, end);
        } else if ((problem = shape_problem(&shape, *c))) {
            fail_at(reader, shape.lines + 1, (size_t)(c - shape.line) + 1, problem);
            return false;
        }
    }
    return true;
}

static bool is_blank(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!memchr(" \t\r\n", text[i], 4))
            return false;
    }
    return true;
}

json_t *dcb_json_parse(struct dcb_json_reader *reader, const char *file, const char *text,
                       size_t length, struct dcb_error *err)
{
    json_error_t error;
    json_t *root;

    _Static_assert(DCB_JSON_DEPTH == 32, "the message says so");
    *reader = (struct dcb_json_reader){.err = err, .file = file};
    if (is_blank(text, length)) {
        set_error(reader, dcb_xstrdup("is empty: JSON is wanted"));
        return NULL;
    }
    if (!check_shape(reader, text, length))
        return NULL;
    root = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!root) {
        char *what = dcb_xasprintf("no JSON: %s", error.text);

        fail_at(reader, error.line > 0 ? (size_t)error.line : 1,
                error.column > 0 ? (size_t)error.column : 1, what);
        free(what);
    }
    return root;
}

/* ---- walking ---- */

void dcb_json_enter(struct dcb_json_reader *reader, const char *key)
{
    if (reader->failed)
        return;
    if (reader->depth < DCB_JSON_DEPTH)
        reader->path[reader->depth].key = key;
    reader->depth++;
}

void dcb_json_enter_index(struct dcb_json_reader *reader, size_t index)
{
    if (reader->failed)
        return;
    if (reader->depth < DCB_JSON_DEPTH) {
        reader->path[reader->depth].key = NULL;
        reader->path[reader->depth].index = index;
    }
    reader->depth++;
}

void dcb_json_leave(struct dcb_json_reader *reader)
{
    if (!reader->failed && reader->depth > 0)
        reader->depth--;
}

/* ---- values ---- */

enum wanted { OBJECT, ARRAY, TEXT, NUMBER, WHOLE, TRUTH };

static bool is_wanted(const json_t *value, enum wanted wanted)
{
    switch (wanted) {
    case OBJECT:
        return json_is_object(value);
    case ARRAY:
        return json_is_array(value);
    case TEXT:
        return json_is_string(value);
    case NUMBER:
        return json_is_number(value);
    case WHOLE:
        return json_is_integer(value);
    case TRUTH:
        return json_is_boolean(value);
    }
    return false;
}

static const char *type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "text";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        return "null";
    }
    return "something else";
}

/* The member, where it is of the wanted type; NULL where it is not there, or failed. */
static json_t *take(struct dcb_json_reader *reader, json_t *object, const char *key,
                    enum wanted wanted, bool needed)
{
    static const char *const names[] = {"an object", "a list",         "text",
                                        "a number",  "a whole number", "true or false"};
    json_t *value;

    if (reader->failed)
        return NULL;
    if (!json_is_object(object)) {
        dcb_json_fail(reader, NULL, "an object is wanted%s%s", object ? ", not " : "",
                      object ? type_name(object) : "");
        return NULL;
    }
    value = json_object_get(object, key);
    if (!needed && (!value || json_is_null(value)))
        return NULL;
    if (!value)
        dcb_json_fail(reader, key, "is missing: %s is wanted", names[wanted]);
    else if (!is_wanted(value, wanted))
        dcb_json_fail(reader, key, "%s is wanted, not %s", names[wanted],
                      type_name(value));
    else
        return value;
    return NULL;
}

json_t *dcb_json_need_object(struct dcb_json_reader *reader, json_t *object,
                             const char *key)
{
    return take(reader, object, key, OBJECT, true);
}

json_t *dcb_json_need_array(struct dcb_json_reader *reader, json_t *object,
                            const char *key)
{
    return take(reader, object, key, ARRAY, true);
}

json_t *dcb_json_maybe_object(struct dcb_json_reader *reader, json_t *object,
                              const char *key)
{
    return take(reader, object, key, OBJECT, false);
}

json_t *dcb_json_maybe_array(struct dcb_json_reader *reader, json_t *object,
                             const char *key)
{
    return take(reader, object, key, ARRAY, false);
}

/* Names of files may have invisible characters; what a terminal obeys is in none of ours.
 */
static const char *checked_text(struct dcb_json_reader *reader, const json_t *value,
                                const char *key)
{
    const char *text = json_string_value(value);

    if (dcb_utf8_is_line(text))
        return text;
    dcb_json_fail(reader, key, "has a control character");
    return NULL;
}

const char *dcb_json_need_text(struct dcb_json_reader *reader, json_t *object,
                               const char *key)
{
    const json_t *value = take(reader, object, key, TEXT, true);
    const char *text = value ? checked_text(reader, value, key) : NULL;

    return text ? text : "";
}

const char *dcb_json_maybe_text(struct dcb_json_reader *reader, json_t *object,
                                const char *key)
{
    const json_t *value = take(reader, object, key, TEXT, false);

    return value ? checked_text(reader, value, key) : NULL;
}

char *dcb_json_maybe_message(struct dcb_json_reader *reader, json_t *object,
                             const char *key)
{
    const json_t *value = take(reader, object, key, TEXT, false);
    const char *raw = value ? json_string_value(value) : NULL;
    char *text = raw ? dcb_xstrdup(raw) : NULL;

    if (text)
        dcb_utf8_make_message(text);
    return text;
}

static double checked_number(struct dcb_json_reader *reader, const json_t *value,
                             const char *key, double low, double high)
{
    double number = json_number_value(value);

    if (number >= low && number <= high)
        return number;
    dcb_json_fail(reader, key, "%.9g is not within %.9g to %.9g", number, low, high);
    return DCB_UNKNOWN;
}

double dcb_json_need_number(struct dcb_json_reader *reader, json_t *object,
                            const char *key, double low, double high)
{
    const json_t *value = take(reader, object, key, NUMBER, true);

    return value ? checked_number(reader, value, key, low, high) : DCB_UNKNOWN;
}

double dcb_json_maybe_number(struct dcb_json_reader *reader, json_t *object,
                             const char *key, double low, double high)
{
    const json_t *value = take(reader, object, key, NUMBER, false);

    return value ? checked_number(reader, value, key, low, high) : DCB_UNKNOWN;
}

static uint64_t checked_whole(struct dcb_json_reader *reader, const json_t *value,
                              const char *key, uint64_t least, uint64_t most)
{
    json_int_t number = json_integer_value(value);

    if (number >= 0 && (uint64_t)number >= least && (uint64_t)number <= most)
        return (uint64_t)number;
    dcb_json_fail(reader, key, "%lld is not within %llu to %llu", (long long)number,
                  (unsigned long long)least, (unsigned long long)most);
    return least;
}

uint64_t dcb_json_need_whole(struct dcb_json_reader *reader, json_t *object,
                             const char *key, uint64_t least, uint64_t most)
{
    const json_t *value = take(reader, object, key, WHOLE, true);

    return value ? checked_whole(reader, value, key, least, most) : least;
}

uint64_t dcb_json_maybe_whole(struct dcb_json_reader *reader, json_t *object,
                              const char *key, uint64_t least, uint64_t most,
                              uint64_t otherwise)
{
    const json_t *value = take(reader, object, key, WHOLE, false);

    return value ? checked_whole(reader, value, key, least, most) : otherwise;
}

bool dcb_json_maybe_truth(struct dcb_json_reader *reader, json_t *object, const char *key,
                          bool otherwise)
{
    const json_t *value = take(reader, object, key, TRUTH, false);

    return value ? json_is_true(value) : otherwise;
}
