#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "json_reader.h"
#include "strbuf.h"
#include "unit.h"

/* ---- parsing ---- */

static void assert_broken(const char *text, size_t length, const char *place,
                          const char *part)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_json_reader reader;
    json_t *root = dcb_json_parse(&reader, "r.json", text, length, &err);

    if (root)
        fail_msg("taken: %.80s", text);
    assert_true(reader.failed);
    assert_contains(err.text, place);
    assert_null(strpbrk(err.text, "\x1b\n\r"));
    assert_error(&err, DCB_ERROR_SYSTEM, part);
}

static void what_is_no_json(void **state)
{
    static const struct {
        const char *text, *place, *part;
    } cases[] = {
        {"", "r.json: ", "is empty"},
        {" \n\t ", "r.json: ", "is empty"},
        {"{", "r.json: line 1, column 1: ", "no JSON: "},
        {"{\"a\": 1", "r.json: line 1, column 7: ", "no JSON: "},
        {"{}\n{}", "r.json: line 2, column 1: ", "end of file expected"},
        {"{} x", "r.json: line 1, column ", "end of file expected"},
        {"{\"a\": 1,\n \"a\": 2}", "r.json: line 2, column ", "duplicate object key"},
        {"{\"a\": NaN}", "line 1", "no JSON: "},
        {"{\"a\": -Infinity}", "line 1", "no JSON: "},
        {"{\"a\": 1e999}", "line 1", "real number overflow"},
        {"{\"a\": 99999999999999999999}", "line 1", "too big integer"},
        {"{\"a\": \"\xff\"}", "line 1", "no JSON: "},
        {"\xef\xbb\xbf{}", "line 1", "no JSON: "},
        {"{\"a\": \"\\u0000\"}", "line 1", "\\u0000"},
        {"{\"a\": \"\\ud800\"}", "line 1", "no JSON: "},
        {"{\"a\": 01}", "line 1", "no JSON: "},
        {"{\"a\": \"x\ny\"}", "line 1", "unexpected newline"},
        {"nul", "line 1", "no JSON: "},
        {"\x1b[31mred", "line 1", "no JSON: "},
        {"x\x1b[31mred", "line 1", "no JSON: "},
        {"\x7f"
         "ELF\x02\x01",
         "line 1", "no JSON: "},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_broken(cases[i].text, strlen(cases[i].text), cases[i].place,
                      cases[i].part);
    assert_broken("{}\0{}", 5, "line 1", "no JSON: ");
    assert_broken("\0\0\0\0", 4, "line 1", "no JSON: ");
}

static char *repeat(const char *part, size_t count)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    for (size_t i = 0; i < count; i++)
        dcb_strbuf_append(&out, part);
    return dcb_strbuf_take(&out);
}

static void levels(void **state)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_json_reader reader;
    char *open = repeat("[", DCB_JSON_DEPTH), *close = repeat("]", DCB_JSON_DEPTH);
    char *text = dcb_xasprintf("%s%s", open, close);
    json_t *root = dcb_json_parse(&reader, "r.json", text, strlen(text), &err);

    (void)state;
    assert_no_error(&err);
    json_decref(root);
    free(text);
    text = dcb_xasprintf("\n %s[]%s", open, close);
    assert_broken(text, strlen(text),
                  "r.json: line 2, column 34: ", "more than 32 levels");
    free(text);
    free(open);
    free(close);
    text = repeat("{\"a\":", 1000000);
    assert_broken(text, strlen(text), "r.json: line 1, column 161: ", "levels");
    free(text);
    /* Brackets within text are none. */
    text = dcb_xasprintf("\"%s", open = repeat("[\\\"", 100));
    free(open);
    assert_broken(text, strlen(text), "line 1", "no JSON: ");
    free(text);
}

/* Text of 3 MB that would take 100 times as much when parsed. */
static void too_much(void **state)
{
    char *text = repeat("[],", 1000001);

    (void)state;
    *text = '[';
    assert_broken(text, strlen(text), "r.json: line 1, column 30000",
                  "more than a million objects and lists");
    free(text);
    text = repeat("0,", 8000001);
    assert_broken(text, strlen(text), "line 1", "more than eight million values");
    free(text);
}

/* ---- walking ---- */

static const char sample[] =
    "{\"object\": {\"list\": [1, {\"deep\": \"x\"}]}, \"list\": [], \"text\": "
    "\"caf\xc3\xa9\","
    " \"empty\": \"\", \"red\": \"\\u001b[31m\", \"c1\": \"\\u009b\", \"lines\": "
    "\"a\\nb\\t\\u0007\","
    " \"real\": 1.5, \"whole\": 7, \"negative\": -1, \"huge\": 9223372036854775807,"
    " \"null\": null, \"true\": true, \"false\": false}";

struct walk {
    struct dcb_json_reader reader;
    struct dcb_error err;
    json_t *root;
};

static void begin(struct walk *walk)
{
    *walk = (struct walk){.err = DCB_ERROR_INIT};
    walk->root =
        dcb_json_parse(&walk->reader, "r.json", sample, strlen(sample), &walk->err);
    assert_no_error(&walk->err);
}

static void end_well(struct walk *walk)
{
    assert_false(walk->reader.failed);
    assert_no_error(&walk->err);
    json_decref(walk->root);
}

static void end_badly(struct walk *walk, const char *message)
{
    assert_true(walk->reader.failed);
    assert_string_equal(walk->err.text, message);
    assert_int_equal(walk->err.code, DCB_ERROR_SYSTEM);
    json_decref(walk->root);
}

static void members(void **state)
{
    struct walk walk;
    char *message;

    (void)state;
    begin(&walk);
    assert_non_null(dcb_json_need_object(&walk.reader, walk.root, "object"));
    assert_non_null(dcb_json_need_array(&walk.reader, walk.root, "list"));
    assert_string_equal(dcb_json_need_text(&walk.reader, walk.root, "text"),
                        "caf\xc3\xa9");
    assert_string_equal(dcb_json_need_text(&walk.reader, walk.root, "empty"), "");
    assert_true(dcb_json_need_number(&walk.reader, walk.root, "real", 1, 2) == 1.5);
    assert_true(dcb_json_need_number(&walk.reader, walk.root, "whole", 7, 7) == 7);
    assert_true(dcb_json_need_number(&walk.reader, walk.root, "negative", -1, 0) == -1);
    assert_int_equal(dcb_json_need_whole(&walk.reader, walk.root, "whole", 7, 7), 7);
    assert_int_equal(dcb_json_need_whole(&walk.reader, walk.root, "huge", 0, UINT64_MAX),
                     INT64_MAX);
    assert_true(dcb_json_maybe_truth(&walk.reader, walk.root, "true", false));
    assert_false(dcb_json_maybe_truth(&walk.reader, walk.root, "false", true));
    assert_true(dcb_json_maybe_truth(&walk.reader, walk.root, "null", true));
    assert_null(dcb_json_maybe_object(&walk.reader, walk.root, "null"));
    assert_null(dcb_json_maybe_array(&walk.reader, walk.root, "missing"));
    assert_null(dcb_json_maybe_text(&walk.reader, walk.root, "null"));
    assert_null(dcb_json_maybe_message(&walk.reader, walk.root, "null"));
    assert_nan(dcb_json_maybe_number(&walk.reader, walk.root, "missing", 0, 1));
    assert_int_equal(dcb_json_maybe_whole(&walk.reader, walk.root, "null", 0, 1, 42), 42);
    message = dcb_json_maybe_message(&walk.reader, walk.root, "lines");
    assert_string_equal(message, "a\nb\t?");
    free(message);
    end_well(&walk);
}

/* A call that fails, and what it says. */
enum call { OBJECT, ARRAY, TEXT, MAYBE_TEXT, NUMBER, WHOLE, MAYBE_WHOLE, TRUTH };

static void make_call(struct walk *walk, enum call call, const char *key)
{
    switch (call) {
    case OBJECT:
        assert_null(dcb_json_need_object(&walk->reader, walk->root, key));
        break;
    case ARRAY:
        assert_null(dcb_json_maybe_array(&walk->reader, walk->root, key));
        break;
    case TEXT:
        assert_string_equal(dcb_json_need_text(&walk->reader, walk->root, key), "");
        break;
    case MAYBE_TEXT:
        assert_null(dcb_json_maybe_text(&walk->reader, walk->root, key));
        break;
    case NUMBER:
        assert_nan(dcb_json_need_number(&walk->reader, walk->root, key, 0, 1));
        break;
    case WHOLE:
        assert_int_equal(dcb_json_need_whole(&walk->reader, walk->root, key, 3, 5), 3);
        break;
    case MAYBE_WHOLE:
        dcb_json_maybe_whole(&walk->reader, walk->root, key, 3, 5, 9);
        break;
    case TRUTH:
        assert_false(dcb_json_maybe_truth(&walk->reader, walk->root, key, false));
        break;
    }
}

static void wrong_members(void **state)
{
    static const struct {
        enum call call;
        const char *key, *message;
    } cases[] = {
        {OBJECT, "missing", "r.json: missing: is missing: an object is wanted"},
        {OBJECT, "null", "r.json: null: an object is wanted, not null"},
        {OBJECT, "list", "r.json: list: an object is wanted, not a list"},
        {ARRAY, "object", "r.json: object: a list is wanted, not an object"},
        {TEXT, "whole", "r.json: whole: text is wanted, not a whole number"},
        {TEXT, "red", "r.json: red: has a control character"},
        {MAYBE_TEXT, "c1", "r.json: c1: has a control character"},
        {MAYBE_TEXT, "true", "r.json: true: text is wanted, not true or false"},
        {NUMBER, "text", "r.json: text: a number is wanted, not text"},
        {NUMBER, "null", "r.json: null: a number is wanted, not null"},
        {NUMBER, "real", "r.json: real: 1.5 is not within 0 to 1"},
        {NUMBER, "negative", "r.json: negative: -1 is not within 0 to 1"},
        {WHOLE, "real",
         "r.json: real: a whole number is wanted, not a number with a fraction"},
        {WHOLE, "whole", "r.json: whole: 7 is not within 3 to 5"},
        {WHOLE, "negative", "r.json: negative: -1 is not within 3 to 5"},
        {MAYBE_WHOLE, "huge", "r.json: huge: 9223372036854775807 is not within 3 to 5"},
        {TRUTH, "whole", "r.json: whole: true or false is wanted, not a whole number"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct walk walk;

        begin(&walk);
        make_call(&walk, cases[i].call, cases[i].key);
        end_badly(&walk, cases[i].message);
    }
}

static void places(void **state)
{
    struct walk walk;
    json_t *object, *list;

    (void)state;
    begin(&walk);
    object = dcb_json_need_object(&walk.reader, walk.root, "object");
    dcb_json_enter(&walk.reader, "object");
    list = dcb_json_need_array(&walk.reader, object, "list");
    dcb_json_enter(&walk.reader, "list");
    dcb_json_enter_index(&walk.reader, 0);
    dcb_json_leave(&walk.reader);
    dcb_json_enter_index(&walk.reader, 1);
    assert_nan(dcb_json_need_number(&walk.reader, json_array_get(list, 1), "deep", 0, 1));
    end_badly(&walk, "r.json: object.list[1].deep: a number is wanted, not text");

    begin(&walk);
    dcb_json_enter(&walk.reader, "list");
    dcb_json_enter_index(&walk.reader, 12);
    assert_string_equal(
        dcb_json_need_text(&walk.reader, json_object_get(walk.root, "whole"), "x"), "");
    end_badly(&walk, "r.json: list[12]: an object is wanted, not a whole number");
}

/* Keys come out of the file, too. */
static void names_are_made_printable(void **state)
{
    struct walk walk;

    (void)state;
    begin(&walk);
    dcb_json_enter(&walk.reader, "a\x1b[31m\n");
    dcb_json_fail(&walk.reader, "b\xff", "is %s", "red\x1b");
    end_badly(&walk, "r.json: a?[31m?.b?: is red?");
}

static void nothing_happens_after_a_failure(void **state)
{
    struct walk walk;

    (void)state;
    begin(&walk);
    dcb_json_enter(&walk.reader, "first");
    dcb_json_fail(&walk.reader, NULL, "the first");
    for (int i = 0; i < 100; i++) {
        dcb_json_enter(&walk.reader, "x");
        dcb_json_enter_index(&walk.reader, 1);
    }
    for (int i = 0; i < 300; i++)
        dcb_json_leave(&walk.reader);
    dcb_json_fail(&walk.reader, NULL, "the second");
    assert_null(dcb_json_need_object(&walk.reader, walk.root, "object"));
    assert_string_equal(dcb_json_need_text(&walk.reader, walk.root, "text"), "");
    assert_nan(dcb_json_maybe_number(&walk.reader, walk.root, "real", 0, 9));
    assert_int_equal(dcb_json_maybe_whole(&walk.reader, walk.root, "whole", 0, 9, 4), 4);
    assert_true(dcb_json_maybe_truth(&walk.reader, walk.root, "false", true));
    end_badly(&walk, "r.json: first: the first");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_json),
        cmocka_unit_test(levels),
        cmocka_unit_test(too_much),
        cmocka_unit_test(members),
        cmocka_unit_test(wrong_members),
        cmocka_unit_test(places),
        cmocka_unit_test(names_are_made_printable),
        cmocka_unit_test(nothing_happens_after_a_failure),
    };

    return cmocka_run_group_tests_name("json_reader", tests, NULL, NULL);
}
