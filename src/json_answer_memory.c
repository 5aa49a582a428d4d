#include "json_job_private.h"

#include <string.h>

#include "error.h"
#include "job.h"

/* The answers of workers that count memory. */

static const json_int_t BYTES_MAX = DCB_ANSWER_BYTES_MAX, COUNT_MAX = INT64_C(1) << 56;

bool dcb_json_is_of_memory(enum dcb_answer_kind kind)
{
    return kind == DCB_ANSWER_FIGURES || kind == DCB_ANSWER_TERM ||
           kind == DCB_ANSWER_PREDICTION || kind == DCB_ANSWER_POINT ||
           kind == DCB_ANSWER_CENSUS;
}

/* ---- encoding ---- */

static json_t *encode_numbers(const int64_t *values, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_integer(values[i]));
    return array;
}

static void encode_figures(const struct dcb_answer *answer, json_t *object)
{
    json_t *layers = json_array();

    for (size_t i = 0; i < DCB_LAYER_COUNT; i++)
        json_array_append_new(
            layers, encode_numbers(answer->figures.values[i], DCB_FIGURE_COUNT));
    json_object_set_new(object, "number", json_integer((json_int_t)answer->number));
    json_object_set_new(object, "native", json_boolean(answer->native));
    json_object_set_new(object, "figures", layers);
}

static void encode_point(const struct dcb_answer *answer, json_t *object)
{
    const struct dcb_memory_point *point = &answer->point;

    json_object_set_new(object, "number", json_integer((json_int_t)answer->number));
    json_object_set_new(object, "native", json_boolean(answer->native));
    json_object_set_new(object, "iterations",
                        json_integer((json_int_t)point->iterations));
    json_object_set_new(object, "blocks", encode_numbers(point->blocks, DCB_LAYER_COUNT));
    json_object_set_new(object, "bytes", encode_numbers(point->bytes, DCB_LAYER_COUNT));
    json_object_set_new(object, "rss", json_integer((json_int_t)point->rss_bytes));
}

void dcb_json_encode_memory(const struct dcb_answer *answer, json_t *object)
{
    if (answer->kind == DCB_ANSWER_POINT) {
        encode_point(answer, object);
        return;
    }
    if (answer->kind == DCB_ANSWER_CENSUS) {
        json_object_set_new(object, "census",
                            encode_numbers(answer->census, DCB_CENSUS_COUNT));
        return;
    }
    json_object_set_new(object, "memo", json_string(dcb_memo_name(answer->memo)));
    if (answer->kind == DCB_ANSWER_FIGURES) {
        encode_figures(answer, object);
        return;
    }
    json_object_set_new(object, "count", json_integer(answer->count));
    json_object_set_new(object, "bytes", json_integer(answer->bytes));
}

/* ---- decoding ---- */

static int decode_list(const json_t *array, json_int_t low, json_int_t high, size_t count,
                       int64_t *ret_values, struct dcb_error *err)
{
    if (!json_is_array(array) || json_array_size(array) != count)
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "its answer lacks numbers");
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(array, i);

        if (!json_is_integer(value) || json_integer_value(value) < low ||
            json_integer_value(value) > high)
            return dcb_error_set(err, DCB_ERROR_SYSTEM,
                                 "a number of its answer is out of range");
        ret_values[i] = json_integer_value(value);
    }
    return 0;
}

static int decode_figures(const json_t *root, struct dcb_answer *answer,
                          struct dcb_error *err)
{
    const json_t *layers = json_object_get(root, "figures");
    json_int_t number;

    if (dcb_json_decode_range(root, "number", 0, UINT32_MAX, &number, err) != 0)
        return -1;
    if (json_array_size(layers) != DCB_LAYER_COUNT)
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "its answer lacks a layer");
    for (size_t i = 0; i < DCB_LAYER_COUNT; i++) {
        if (decode_list(json_array_get(layers, i), -BYTES_MAX, BYTES_MAX,
                        DCB_FIGURE_COUNT, answer->figures.values[i], err) != 0)
            return -1;
    }
    answer->number = (uint64_t)number;
    answer->native = json_is_true(json_object_get(root, "native"));
    return 0;
}

static int decode_point(const json_t *root, struct dcb_answer *answer,
                        struct dcb_error *err)
{
    struct dcb_memory_point *point = &answer->point;
    json_int_t number, iterations, rss;

    if (dcb_json_decode_range(root, "number", 0, COUNT_MAX, &number, err) != 0 ||
        dcb_json_decode_range(root, "iterations", 0, COUNT_MAX, &iterations, err) != 0 ||
        dcb_json_decode_range(root, "rss", 0, BYTES_MAX, &rss, err) != 0 ||
        decode_list(json_object_get(root, "blocks"), -BYTES_MAX, BYTES_MAX,
                    DCB_LAYER_COUNT, point->blocks, err) != 0 ||
        decode_list(json_object_get(root, "bytes"), -BYTES_MAX, BYTES_MAX,
                    DCB_LAYER_COUNT, point->bytes, err) != 0)
        return -1;
    answer->number = (uint64_t)number;
    point->iterations = (uint64_t)iterations;
    point->rss_bytes = (uint64_t)rss;
    answer->native = json_is_true(json_object_get(root, "native"));
    return 0;
}

static int decode_amount(const json_t *root, struct dcb_answer *answer,
                         struct dcb_error *err)
{
    json_int_t count, bytes;
    bool is_term = answer->kind == DCB_ANSWER_TERM;

    if (dcb_json_decode_range(root, "count", is_term ? -COUNT_MAX : 0, COUNT_MAX, &count,
                              err) != 0 ||
        dcb_json_decode_range(root, "bytes", is_term ? -BYTES_MAX : 0, BYTES_MAX, &bytes,
                              err) != 0)
        return -1;
    answer->count = count;
    answer->bytes = bytes;
    return is_term ? dcb_json_take_name(root, answer, err) : 0;
}

static int decode_census(const json_t *root, struct dcb_answer *answer,
                         struct dcb_error *err)
{
    if (answer->failure != DCB_FAILURE_NONE) {
        answer->message = dcb_json_copy_line(root, "message", DCB_CASE_TEXT_MAX);
        return 0;
    }
    if (decode_list(json_object_get(root, "census"), 0, BYTES_MAX, DCB_CENSUS_COUNT,
                    answer->census, err) != 0)
        return -1;
    return dcb_json_take_name(root, answer, err);
}

int dcb_json_decode_memory(const json_t *root, struct dcb_answer *answer,
                           struct dcb_error *err)
{
    if (answer->kind == DCB_ANSWER_POINT)
        return decode_point(root, answer, err);
    if (answer->kind == DCB_ANSWER_CENSUS)
        return decode_census(root, answer, err);
    if (!dcb_memo_find(json_string_value(json_object_get(root, "memo")), &answer->memo))
        return dcb_error_set(err, DCB_ERROR_SYSTEM,
                             "'memo' of its answer is missing or not known");
    if (answer->failure != DCB_FAILURE_NONE && answer->kind != DCB_ANSWER_TERM) {
        answer->message = dcb_json_copy_line(root, "message", DCB_CASE_TEXT_MAX);
        return 0;
    }
    return answer->kind == DCB_ANSWER_FIGURES ? decode_figures(root, answer, err)
                                              : decode_amount(root, answer, err);
}
