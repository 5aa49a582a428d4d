#include <string.h>

#include "json_document_private.h"
#include "utf8.h"
#include "xalloc.h"

/* Out of a worker once, and one line. */
static char *decode_line(struct dcb_decode *decode, json_t *object, const char *key)
{
    char *text = dcb_json_maybe_message(decode->reader, object, key);

    if (text)
        dcb_utf8_make_line(text);
    return text;
}

/* The number of a name among `count`; fails where it is none of them. */
static int decode_name(struct dcb_decode *decode, json_t *object, const char *key,
                       const char *(*name)(int), int count)
{
    const char *text = dcb_json_need_text(decode->reader, object, key);

    for (int i = 0; i < count; i++) {
        if (strcmp(text, name(i)) == 0)
            return i;
    }
    dcb_json_fail(decode->reader, key, "'%.40s' is not known here", text);
    return 0;
}

static const char *verdict_name(int verdict)
{
    return dcb_verify_verdict_name((enum dcb_verify_verdict)verdict);
}

static const char *battery_name(int battery)
{
    return dcb_battery_name((enum dcb_battery)battery);
}

static struct dcb_verified_case decode_case(struct dcb_decode *decode, json_t *object)
{
    struct dcb_json_reader *reader = decode->reader;
    json_t *value = dcb_json_maybe_object(reader, object, "first");
    struct dcb_verified_case found = {.name = NULL};

    if (!value)
        return found;
    dcb_json_enter(reader, "first");
    found.battery = (enum dcb_battery)decode_name(decode, value, "battery", battery_name,
                                                  DCB_BATTERY_COUNT);
    found.name = decode_line(decode, value, "name");
    found.expected = decode_line(decode, value, "expected");
    found.got = decode_line(decode, value, "got");
    found.expression = decode_line(decode, value, "expression");
    if (!found.name)
        dcb_json_fail(reader, "name", "is missing: text is wanted");
    dcb_json_leave(reader);
    return found;
}

static void decode_counts(struct dcb_decode *decode, json_t *object,
                          struct dcb_verified *verified)
{
    struct dcb_json_reader *reader = decode->reader;
    const uint64_t most = UINT32_MAX;

    verified->cases = dcb_json_need_whole(reader, object, "cases", 0, most);
    verified->passed = dcb_json_need_whole(reader, object, "passed", 0, most);
    verified->wrong = dcb_json_need_whole(reader, object, "wrong", 0, most);
    verified->deviating = dcb_json_need_whole(reader, object, "deviating", 0, most);
    verified->skipped = dcb_json_need_whole(reader, object, "skipped", 0, most);
    if (verified->passed + verified->wrong + verified->deviating + verified->skipped >
        verified->cases)
        dcb_json_fail(reader, "cases", "are fewer than those that came to an end");
    if ((verified->verdict == DCB_VERIFY_WRONG) != (verified->wrong > 0))
        dcb_json_fail(reader, "verdict", "does not go with %llu wrong cases",
                      (unsigned long long)verified->wrong);
}

/* The place of the arm that an entry is about; NULL with a failure where there is none.
 */
static struct dcb_verified *find_place(struct dcb_decode *decode, json_t *object)
{
    const struct dcb_plan *plan = &decode->document->plan;
    struct dcb_result *result = &decode->document->result;
    const char *label = dcb_json_need_text(decode->reader, object, "impl");

    for (size_t i = 0; i < plan->arm_count; i++) {
        if (dcb_plan_role(i) != DCB_ROLE_CONTROL && !result->verified[i].asked &&
            strcmp(plan->arms[i].label, label) == 0)
            return &result->verified[i];
    }
    dcb_json_fail(decode->reader, "impl", "'%.60s' is not due here", label);
    return NULL;
}

static void decode_entry(struct dcb_decode *decode, json_t *object)
{
    struct dcb_verified *verified = find_place(decode, object);

    if (!verified)
        return;
    verified->asked = true;
    verified->verdict = (enum dcb_verify_verdict)decode_name(
        decode, object, "verdict", verdict_name, DCB_VERIFY_UNKNOWN + 1);
    verified->reason = decode_line(decode, object, "reason");
    decode_counts(decode, object, verified);
    verified->first = decode_case(decode, object);
}

void dcb_decode_verified(struct dcb_decode *decode, json_t *root)
{
    struct dcb_json_reader *reader = decode->reader;
    struct dcb_result *result = &decode->document->result;
    json_t *list = dcb_json_maybe_array(reader, root, "verify");

    if (!list || reader->failed)
        return;
    result->verified =
        dcb_xcalloc(decode->document->plan.arm_count + 1, sizeof *result->verified);
    dcb_json_enter(reader, "verify");
    for (size_t i = 0; i < json_array_size(list) && !reader->failed; i++) {
        dcb_json_enter_index(reader, i);
        decode_entry(decode, json_array_get(list, i));
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
}
