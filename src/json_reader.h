/*
 * Reading JSON that nobody vouches for: every access is checked for its type and range,
 * and the first that fails leaves a message with the place: "r.json: cells[3].ratio.low:
 * a number is wanted, not a string". For the json modules alone.
 *
 * A reader walks: it holds the path of the value in hand. After a failure every further
 * call returns its empty value and does nothing, so that a decoder can go on to its end
 * and ask once.
 */
#ifndef DCB_JSON_READER_H
#define DCB_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct dcb_error;

enum { DCB_JSON_DEPTH = 32 }; /* levels; a document of ours has 6 */

struct dcb_json_reader {
    struct dcb_error *err;
    bool failed;
    const char *file;
    struct {
        const char *key; /* NULL: an index */
        size_t index;
    } path[DCB_JSON_DEPTH];
    size_t depth;
};

/* Parses text that is one JSON value: duplicate keys, bytes behind its end, more than
 * DCB_JSON_DEPTH levels and numbers beyond a double are errors with line and column.
 * NULL on failure; else the caller's reference. */
json_t *dcb_json_parse(struct dcb_json_reader *reader, const char *file, const char *text,
                       size_t length, struct dcb_error *err);

/* Fails at the place in hand, or at its member `key` (NULL: at the place itself).
 * DCB_ERROR_SYSTEM. */
void dcb_json_fail(struct dcb_json_reader *reader, const char *key, const char *format,
                   ...) __attribute__((format(printf, 3, 4)));

/* Steps into a member or an element for the calls that follow, and back. */
void dcb_json_enter(struct dcb_json_reader *reader, const char *key);
void dcb_json_enter_index(struct dcb_json_reader *reader, size_t index);
void dcb_json_leave(struct dcb_json_reader *reader);

/* Members of `object`, borrowed. Missing and null are errors in `need_`; in `maybe_`
 * they are NULL, DCB_UNKNOWN or the given value. A wrong type is always an error, as are
 * control characters in text. After a failure need_text returns "", need_whole `least`.
 */
json_t *dcb_json_need_object(struct dcb_json_reader *reader, json_t *object,
                             const char *key);
json_t *dcb_json_need_array(struct dcb_json_reader *reader, json_t *object,
                            const char *key);
const char *dcb_json_need_text(struct dcb_json_reader *reader, json_t *object,
                               const char *key);
double dcb_json_need_number(struct dcb_json_reader *reader, json_t *object,
                            const char *key, double low, double high);
uint64_t dcb_json_need_whole(struct dcb_json_reader *reader, json_t *object,
                             const char *key, uint64_t least, uint64_t most);
json_t *dcb_json_maybe_object(struct dcb_json_reader *reader, json_t *object,
                              const char *key);
json_t *dcb_json_maybe_array(struct dcb_json_reader *reader, json_t *object,
                             const char *key);
const char *dcb_json_maybe_text(struct dcb_json_reader *reader, json_t *object,
                                const char *key);
double dcb_json_maybe_number(struct dcb_json_reader *reader, json_t *object,
                             const char *key, double low, double high);
uint64_t dcb_json_maybe_whole(struct dcb_json_reader *reader, json_t *object,
                              const char *key, uint64_t least, uint64_t most,
                              uint64_t otherwise);
/* Text that need not be one line, such as an exception's: line ends and tabs stay, other
 * control characters become '?'. Owned by the caller. */
char *dcb_json_maybe_message(struct dcb_json_reader *reader, json_t *object,
                             const char *key);
bool dcb_json_maybe_truth(struct dcb_json_reader *reader, json_t *object, const char *key,
                          bool otherwise);

#endif
