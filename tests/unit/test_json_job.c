#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "job.h"
#include "strbuf.h"
#include "unit.h"

/* Quotes, a backslash, control characters, two, three and four bytes of UTF-8. */
static const char odd_text[] = "a\"b\\c\n\t\r\x01\x1f\x7f \xc3\xa9 \xe2\x82\xac "
                               "\xf0\x9f\x90\x8d";

static const struct dcb_answer_bounds bounds = {.arms = 3, .events = 2, .sources = 4};

static void assert_same_text(const char *a, const char *b)
{
    if (a && b)
        assert_string_equal(a, b);
    else
        assert_true(a == b);
}

static void assert_same_spec(const struct dcb_spec *a, const struct dcb_spec *b)
{
    assert_same_text(a->label, b->label);
    assert_same_text(a->path, b->path);
    assert_same_text(a->module, b->module);
    assert_same_text(a->attr, b->attr);
    assert_int_equal(a->builtin, b->builtin);
    assert_int_equal(a->kind, b->kind);
}

/* ---- jobs ---- */

static struct dcb_job full_job(void)
{
    struct dcb_job job = {
        .kind = DCB_JOB_TIME,
        .seed = INT64_MAX,
        .support = dcb_xstrdup("/usr/share/dcbench/support"),
        .workload = {.label = dcb_xstrdup(odd_text),
                     .kind = DCB_SPEC_JSON,
                     .path = dcb_xstrdup("/d/x.json")},
        .arms = dcb_xcalloc(3, sizeof(struct dcb_job_arm)),
        .arm_count = 3,
        .sources = dcb_xcalloc(2, sizeof(struct dcb_spec)),
        .source_count = 2,
        .rounds = UINT32_MAX,
        .number = UINT32_MAX,
        .fixed = true,
        .warmups = 7,
        .budget_ns = 1ull << 60,
        .block_ns = 150000,
        .gc = true,
        .affinity = 63,
        .memory_bytes = 1ull << 40,
        .python_path = dcb_xcalloc(2, sizeof(char *)),
        .python_path_count = 2,
        .venv = dcb_xstrdup("/home/me/\xc3\xa9nv"),
        .site = true,
        .events = dcb_xcalloc(2, sizeof(struct dcb_event)),
        .event_count = 2,
    };

    job.arms[0] = (struct dcb_job_arm){
        .spec = make_spec("stdlib", "/i/stdlib.py"),
        .role = DCB_ROLE_BASELINE,
        .iterations = 0,
        .check = true,
    };
    job.arms[0].spec.builtin = true;
    job.arms[1] = (struct dcb_job_arm){
        .spec = make_spec("stdlib", "/i/stdlib.py"),
        .role = DCB_ROLE_CONTROL,
        .iterations = INT64_MAX,
    };
    job.arms[2] = (struct dcb_job_arm){
        .spec = {.label = dcb_xstrdup("\xe2\x82\xac"),
                 .kind = DCB_SPEC_MODULE,
                 .module = dcb_xstrdup("pkg.mod"),
                 .attr = dcb_xstrdup("Class.deepcopy")},
        .role = DCB_ROLE_CANDIDATE,
        .iterations = 12,
    };
    job.sources[0] = make_spec("one", odd_text);
    job.sources[1] = (struct dcb_spec){.label = dcb_xstrdup("p"),
                                       .kind = DCB_SPEC_PICKLE,
                                       .path = dcb_xstrdup("/d/x.pkl")};
    job.python_path[0] = dcb_xstrdup("/a b");
    job.python_path[1] = dcb_xstrdup(odd_text);
    job.events[0] = (struct dcb_event){.name = "cycles",
                                       .type = UINT32_MAX,
                                       .config = 0x8000000000000001,
                                       .config1 = UINT64_MAX,
                                       .config2 = 1ull << 63,
                                       .user_only = true};
    job.events[1] = (struct dcb_event){.software = true, .type = 1, .config = 2};
    memset(job.events[1].name, 'n', sizeof job.events[1].name - 1);
    return job;
}

static void assert_same_job(const struct dcb_job *a, const struct dcb_job *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->container, b->container);
    assert_int_equal(a->size_bytes, b->size_bytes);
    assert_int_equal(a->every_bytes, b->every_bytes);
    assert_true(a->seed == b->seed);
    assert_memory_equal(a->batteries, b->batteries, sizeof a->batteries);
    assert_memory_equal(a->memos, b->memos, sizeof a->memos);
    assert_true(a->graphs == b->graphs);
    assert_true(a->first == b->first);
    assert_same_text(a->support, b->support);
    assert_same_spec(&a->workload, &b->workload);
    assert_int_equal(a->arm_count, b->arm_count);
    for (size_t i = 0; i < a->arm_count; i++) {
        assert_same_spec(&a->arms[i].spec, &b->arms[i].spec);
        assert_int_equal(a->arms[i].role, b->arms[i].role);
        assert_true(a->arms[i].iterations == b->arms[i].iterations);
        assert_int_equal(a->arms[i].check, b->arms[i].check);
    }
    assert_int_equal(a->source_count, b->source_count);
    for (size_t i = 0; i < a->source_count; i++)
        assert_same_spec(&a->sources[i], &b->sources[i]);
    assert_int_equal(a->rounds, b->rounds);
    assert_int_equal(a->number, b->number);
    assert_int_equal(a->fixed, b->fixed);
    assert_int_equal(a->warmups, b->warmups);
    assert_true(a->budget_ns == b->budget_ns);
    assert_true(a->block_ns == b->block_ns);
    assert_int_equal(a->gc, b->gc);
    assert_int_equal(a->affinity, b->affinity);
    assert_true(a->memory_bytes == b->memory_bytes);
    assert_int_equal(a->python_path_count, b->python_path_count);
    for (size_t i = 0; i < a->python_path_count; i++)
        assert_string_equal(a->python_path[i], b->python_path[i]);
    assert_same_text(a->venv, b->venv);
    assert_int_equal(a->site, b->site);
    assert_int_equal(a->event_count, b->event_count);
    for (size_t i = 0; i < a->event_count; i++) {
        assert_string_equal(a->events[i].name, b->events[i].name);
        assert_int_equal(a->events[i].software, b->events[i].software);
        assert_int_equal(a->events[i].type, b->events[i].type);
        assert_true(a->events[i].config == b->events[i].config);
        assert_true(a->events[i].config1 == b->events[i].config1);
        assert_true(a->events[i].config2 == b->events[i].config2);
        assert_int_equal(a->events[i].user_only, b->events[i].user_only);
    }
}

static void assert_job_survives(const struct dcb_job *job)
{
    struct dcb_error err = DCB_ERROR_INIT;
    char *text = dcb_job_encode(job);
    struct dcb_job decoded;

    assert_int_equal(text[strlen(text) - 1], '\n');
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    if (dcb_job_decode(text, strlen(text), &decoded, &err) != 0)
        fail_msg("%s: %s", err.text, text);
    assert_same_job(job, &decoded);
    dcb_job_clear(&decoded);
    assert_null(decoded.arms);
    dcb_job_clear(&decoded);
    free(text);
}

static void job_survives_the_way(void **state)
{
    struct dcb_job job = full_job();

    (void)state;
    assert_job_survives(&job);
    job.gc = job.site = false;
    job.affinity = -1;
    job.seed = 0;
    free(job.venv);
    job.venv = NULL;
    job.events[0].user_only = false;
    assert_job_survives(&job);
    dcb_job_clear(&job);
}

static void describe_needs_no_workload(void **state)
{
    struct dcb_job job = {.kind = DCB_JOB_DESCRIBE, .support = dcb_xstrdup("/s")};

    (void)state;
    assert_job_survives(&job);
    dcb_job_clear(&job);
}

static void simulate_survives_the_way(void **state)
{
    struct dcb_job job = full_job();

    (void)state;
    job.kind = DCB_JOB_SIMULATE;
    job.gc = false;
    job.affinity = -1;
    job.memory_bytes = 0;
    assert_job_survives(&job);
    dcb_job_clear(&job);
}

/* A path that JSON cannot carry must not vanish from the job without a word. */
static void verify_survives_the_way(void **state)
{
    struct dcb_job job = full_job();

    (void)state;
    job.kind = DCB_JOB_VERIFY;
    dcb_spec_clear(&job.workload); /* it has none */
    assert_job_survives(&job);
    job.batteries[DCB_BATTERY_CASES] = true;
    job.graphs = INT64_MAX;
    job.first = 12345;
    assert_job_survives(&job);
    for (int i = 0; i < DCB_BATTERY_COUNT; i++)
        job.batteries[i] = true;
    assert_job_survives(&job);
    dcb_job_clear(&job);
}

static void trace_survives_the_way(void **state)
{
    struct dcb_job job = full_job();

    (void)state;
    job.kind = DCB_JOB_TRACE;
    dcb_spec_clear(&job.workload); /* it has none */
    job.container = DCB_CONTAINER_LIST_BYTEARRAY;
    job.size_bytes = UINT64_C(1) << 60;
    job.every_bytes = 4096;
    assert_job_survives(&job);
    dcb_job_clear(&job);
}

static void path_that_is_not_utf8_is_not_dropped(void **state)
{
    struct dcb_job job = full_job(), decoded = {.kind = DCB_JOB_DESCRIBE};
    struct dcb_error err = DCB_ERROR_INIT;
    size_t count;
    char *text;
    int rc;

    (void)state;
    free(job.python_path[0]);
    job.python_path[0] = dcb_xstrdup("/home/\xff");
    text = dcb_job_encode(&job);
    rc = dcb_job_decode(text, strlen(text), &decoded, &err);
    count = decoded.python_path_count;
    free(text);
    dcb_job_clear(&job);
    dcb_job_clear(&decoded);
    assert_true(rc != 0 || count == 2);
}

/* Replaces the first `from` of a good job and expects a refusal. */
static void assert_job_refused(const char *from, const char *to, const char *part)
{
    struct dcb_job job = full_job(), decoded;
    struct dcb_error err = DCB_ERROR_INIT;
    char *text = dcb_job_encode(&job), *place = strstr(text, from), *changed;

    assert_non_null(place);
    changed =
        dcb_xasprintf("%.*s%s%s", (int)(place - text), text, to, place + strlen(from));
    assert_int_equal(dcb_job_decode(changed, strlen(changed), &decoded, &err), -1);
    assert_error(&err, DCB_ERROR_INTERNAL, part);
    free(changed);
    free(text);
    dcb_job_clear(&job);
}

static void wrong_jobs_are_refused(void **state)
{
    (void)state;
    assert_job_refused("\"job\":\"time\"", "\"job\":\"dance\"", "unknown kind");
    assert_job_refused("\"job\":\"time\"", "\"job\":1", "unknown kind");
    assert_job_refused("\"support\":", "\"supper\":", "no support");
    assert_job_refused("\"workload\":", "\"overload\":", "a spec of unknown kind");
    assert_job_refused("\"role\":\"control\"", "\"role\":\"king\"", "unknown role");
    assert_job_refused("\"kind\":\"pickle\"", "\"kind\":\"pick\"", "spec of unknown");
    assert_job_refused("\"kind\":\"module\"", "\"kind\":null", "spec of unknown kind");
    assert_job_refused("\"seed\"", "seed", "job: ");
    assert_job_refused("}", "", "job: ");
}

static void every_cut_of_a_job_is_refused(void **state)
{
    struct dcb_job job = full_job(), decoded;
    char *text = dcb_job_encode(&job);

    (void)state;
    for (size_t length = 0; length + 1 < strlen(text); length++) {
        struct dcb_error err = DCB_ERROR_INIT;
        char *cut = dcb_xcalloc(1, length + 1); /* so that reading on is seen */

        memcpy(cut, text, length);
        assert_int_equal(dcb_job_decode(cut, length, &decoded, &err), -1);
        assert_int_equal(err.code, DCB_ERROR_INTERNAL);
        free(cut);
    }
    free(text);
    dcb_job_clear(&job);
}

static void too_many_of_a_thing(void **state)
{
    struct dcb_job job = {.kind = DCB_JOB_DESCRIBE, .support = dcb_xstrdup("/s")};
    struct dcb_job decoded;
    struct dcb_error err = DCB_ERROR_INIT;
    char *text;

    (void)state;
    job.event_count = DCB_EVENTS_MAX;
    job.events = dcb_xcalloc(DCB_EVENTS_MAX + 1, sizeof *job.events);
    assert_job_survives(&job);
    job.event_count++;
    text = dcb_job_encode(&job);
    assert_int_equal(dcb_job_decode(text, strlen(text), &decoded, &err), -1);
    assert_error(&err, DCB_ERROR_INTERNAL, "too many events");
    free(text);
    job.event_count = 0;

    job.arms = dcb_xcalloc(DCB_ARMS_MAX + 1, sizeof *job.arms);
    job.arm_count = DCB_ARMS_MAX;
    assert_job_survives(&job);
    job.arm_count++;
    text = dcb_job_encode(&job);
    assert_int_equal(dcb_job_decode(text, strlen(text), &decoded, &err), -1);
    assert_error(&err, DCB_ERROR_INTERNAL, "more than 64 arms");
    free(text);
    dcb_job_clear(&job);
}

/* ---- answers ---- */

static void assert_answer_survives(const struct dcb_answer *answer)
{
    struct dcb_error err = DCB_ERROR_INIT;
    char *line = dcb_answer_encode(answer);
    struct dcb_answer decoded;

    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    if (dcb_answer_decode(line, strlen(line), &bounds, &decoded, &err) != 0)
        fail_msg("%s: %s", err.text, line);
    assert_int_equal(decoded.kind, answer->kind);
    assert_int_equal(decoded.index, answer->index);
    assert_int_equal(decoded.failure, answer->failure);
    assert_same_text(decoded.message, answer->message);
    assert_true(decoded.iterations == answer->iterations);
    assert_int_equal(decoded.shared, answer->shared);
    assert_true(decoded.objects == answer->objects);
    assert_true(decoded.weight == answer->weight);
    assert_int_equal(decoded.rounds, answer->rounds);
    assert_int_equal(decoded.group, answer->group);
    assert_int_equal(decoded.slot, answer->slot);
    assert_int_equal(decoded.software, answer->software);
    assert_int_equal(decoded.anchored, answer->anchored);
    assert_int_equal(decoded.user_reads, answer->user_reads);
    assert_true(decoded.overhead == answer->overhead);
    assert_same_text(decoded.path, answer->path);
    assert_same_text(decoded.sha256, answer->sha256);
    assert_same_text(decoded.version, answer->version);
    assert_same_text(decoded.build, answer->build);
    assert_same_text(decoded.implementation, answer->implementation);
    assert_same_text(decoded.compiler, answer->compiler);
    assert_same_text(decoded.copy_path, answer->copy_path);
    assert_same_text(decoded.copy_sha256, answer->copy_sha256);
    dcb_answer_clear(&decoded);
    assert_null(decoded.message);
    dcb_answer_clear(&decoded);
    free(line);
}

static void answers_survive_the_way(void **state)
{
    (void)state;
    for (int kind = DCB_ANSWER_INTERPRETER; kind <= DCB_ANSWER_DONE; kind++) {
        if (kind >= DCB_ANSWER_BATTERY && kind <= DCB_ANSWER_CENSUS)
            continue; /* they have fields of their own */
        for (int failure = DCB_FAILURE_NONE; failure <= DCB_FAILURE_CHANGED; failure++) {
            struct dcb_answer answer = {.kind = (enum dcb_answer_kind)kind,
                                        .failure = (enum dcb_failure)failure};

            assert_answer_survives(&answer);
        }
    }
    for (int slot = -1; slot < DCB_PMU_GROUP_MAX; slot++) {
        struct dcb_answer answer = {
            .kind = DCB_ANSWER_EVENT, .index = 1, .group = slot, .slot = slot};

        answer.software = slot >= 0 && slot < DCB_SOFTWARE_MAX;
        assert_answer_survives(&answer);
    }
}

static void full_answer_survives_the_way(void **state)
{
    struct dcb_answer answer = {
        .kind = DCB_ANSWER_ARM,
        .index = 2,
        .failure = DCB_FAILURE_WRONG,
        .iterations = INT64_MAX,
        .shared = true,
        .objects = INT64_MAX - 1,
        .weight = INT64_MAX - 2,
        .rounds = UINT32_MAX,
        .group = 3,
        .slot = 7,
        .anchored = true,
        .user_reads = true,
        .overhead = INT64_MAX,
    };
    char **texts[] = {&answer.message,  &answer.path,      &answer.sha256,
                      &answer.version,  &answer.build,     &answer.implementation,
                      &answer.compiler, &answer.copy_path, &answer.copy_sha256};

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        *texts[i] = dcb_xasprintf("%zu %s", i, odd_text);
    assert_answer_survives(&answer);
    dcb_answer_clear(&answer);
    answer = (struct dcb_answer){
        .kind = DCB_ANSWER_SOURCE, .index = 3, .path = dcb_xstrdup("")};
    assert_answer_survives(&answer);
    dcb_answer_clear(&answer);
}

static struct dcb_answer decode(const struct dcb_answer *answer)
{
    struct dcb_error err = DCB_ERROR_INIT;
    char *line = dcb_answer_encode(answer);
    struct dcb_answer decoded;

    if (dcb_answer_decode(line, strlen(line), &bounds, &decoded, &err) != 0)
        fail_msg("%s: %s", err.text, line);
    assert_int_equal(decoded.kind, answer->kind);
    free(line);
    return decoded;
}

static void figures_survive_the_way(void **state)
{
    struct dcb_answer answer = {.kind = DCB_ANSWER_FIGURES,
                                .memo = DCB_MEMO_MUTABLE_MAPPING,
                                .number = 4,
                                .native = true};
    struct dcb_answer decoded;
    char why[] = "TypeError: no";

    (void)state;
    for (int layer = 0; layer < DCB_LAYER_COUNT; layer++) {
        for (int figure = 0; figure < DCB_FIGURE_COUNT; figure++)
            answer.figures.values[layer][figure] = layer * 100 - figure;
    }
    decoded = decode(&answer);
    assert_int_equal(decoded.memo, DCB_MEMO_MUTABLE_MAPPING);
    assert_int_equal(decoded.number, 4);
    assert_true(decoded.native);
    assert_memory_equal(&decoded.figures, &answer.figures, sizeof answer.figures);
    dcb_answer_clear(&decoded);
    answer.failure = DCB_FAILURE_RAISED;
    answer.message = why;
    decoded = decode(&answer);
    assert_int_equal(decoded.failure, DCB_FAILURE_RAISED);
    assert_string_equal(decoded.message, why);
    dcb_answer_clear(&decoded);
}

static void terms_and_points_survive_the_way(void **state)
{
    char name[] = "a \"type\"\nof | two";
    struct dcb_answer answer = {.kind = DCB_ANSWER_TERM,
                                .memo = DCB_MEMO_DICT,
                                .name = name,
                                .count = 3,
                                .bytes = -8};
    struct dcb_answer decoded = decode(&answer);

    (void)state;
    assert_string_equal(decoded.name, "a \"type\" of | two");
    assert_int_equal(decoded.count, 3);
    assert_int_equal(decoded.bytes, -8);
    dcb_answer_clear(&decoded);
    answer = (struct dcb_answer){.kind = DCB_ANSWER_PREDICTION, .count = 2, .bytes = 112};
    decoded = decode(&answer);
    assert_int_equal(decoded.bytes, 112);
    dcb_answer_clear(&decoded);
    answer = (struct dcb_answer){.kind = DCB_ANSWER_POINT,
                                 .number = 300,
                                 .point = {.iterations = 1000,
                                           .blocks = {1, 2, 3},
                                           .bytes = {-1, 5, 4},
                                           .rss_bytes = 4096}};
    decoded = decode(&answer);
    assert_memory_equal(&decoded.point, &answer.point, sizeof answer.point);
    assert_int_equal(decoded.number, 300);
    assert_false(decoded.native);
    dcb_answer_clear(&decoded);
}

static void a_census_survives_the_way(void **state)
{
    char name[] = "Point", message[] = "ValueError: no";
    struct dcb_answer answer = {.kind = DCB_ANSWER_CENSUS,
                                .name = name,
                                .census = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}};
    struct dcb_answer decoded = decode(&answer);

    (void)state;
    assert_string_equal(decoded.name, "Point");
    assert_memory_equal(decoded.census, answer.census, sizeof answer.census);
    dcb_answer_clear(&decoded);
    answer = (struct dcb_answer){
        .kind = DCB_ANSWER_CENSUS, .failure = DCB_FAILURE_RAISED, .message = message};
    decoded = decode(&answer);
    assert_int_equal(decoded.failure, DCB_FAILURE_RAISED);
    assert_string_equal(decoded.message, "ValueError: no");
    assert_null(decoded.name);
    dcb_answer_clear(&decoded);
}

/* A message of bytes that are no text still says that something failed. */
static void message_that_is_not_utf8(void **state)
{
    char message[] = "caf\xe9";
    struct dcb_answer answer = {
        .kind = DCB_ANSWER_WORKLOAD, .failure = DCB_FAILURE_LOAD, .message = message};
    struct dcb_answer decoded;
    struct dcb_error err = DCB_ERROR_INIT;
    char *line = dcb_answer_encode(&answer);

    (void)state;
    assert_int_equal(dcb_answer_decode(line, strlen(line), &bounds, &decoded, &err), 0);
    assert_int_equal(decoded.failure, DCB_FAILURE_LOAD);
    assert_string_equal(decoded.message, "caf?");
    dcb_answer_clear(&decoded);
    free(line);
}

#define NUMBERS                                                                        \
    "\"iterations\":1,\"objects\":2,\"weight\":0,\"rounds\":3,\"group\":0,\"slot\":0," \
    "\"overhead\":-1,\"shared\":false"

/* NULL for `part`: it is taken. */
static void assert_answer(const char *line, const char *part)
{
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_answer answer;
    size_t length = strlen(line);
    char *exact = dcb_xcalloc(1, length ? length : 1); /* no zero byte behind it */
    int rc;

    memcpy(exact, line, length);
    memset(&answer, 0x55, sizeof answer);
    rc = dcb_answer_decode(exact, length, &bounds, &answer, &err);
    free(exact);
    if (part && rc == 0) {
        dcb_answer_clear(&answer);
        fail_msg("taken: %.200s", line);
    }
    if (!part && rc != 0)
        fail_msg("%s: %.200s", err.text, line);
    if (part) {
        assert_int_equal(rc, -1);
        assert_int_equal(answer.index, 0x55555555); /* untouched */
        assert_error(&err, DCB_ERROR_SYSTEM, part);
    } else {
        dcb_answer_clear(&answer);
    }
}

static void malformed_answers_of_memory(void **state)
{
#define LAYER "[1,2,3,4,5,6,7,8]"
#define FIGURES(memo, layers)                                                 \
    "{\"answer\":\"figures\",\"memo\":" memo ",\"number\":0,\"native\":true," \
    "\"figures\":[" layers "]}"
    (void)state;
    assert_answer(FIGURES("\"dict\"", LAYER "," LAYER "," LAYER), NULL);
    assert_answer(FIGURES("\"list\"", LAYER "," LAYER "," LAYER), "'memo' of its answer");
    assert_answer(FIGURES("1", LAYER "," LAYER "," LAYER), "'memo' of its answer");
    assert_answer(FIGURES("\"dict\"", LAYER "," LAYER), "lacks a layer");
    assert_answer(FIGURES("\"dict\"", LAYER "," LAYER ",[1,2]"), "lacks numbers");
    assert_answer(FIGURES("\"dict\"", LAYER "," LAYER ",8"), "lacks numbers");
    assert_answer(FIGURES("\"dict\"", LAYER "," LAYER ",[1,2,3,4,5,6,7,8.5]"),
                  "out of range");
    assert_answer(FIGURES("\"dict\"", LAYER "," LAYER ",[1,2,3,4,5,6,7,281474976710657]"),
                  "out of range");
    assert_answer("{\"answer\":\"term\",\"memo\":\"none\",\"count\":1,\"bytes\":2}",
                  "'name' of its answer");
    assert_answer("{\"answer\":\"term\",\"memo\":\"none\",\"count\":-100000000000000000,"
                  "\"bytes\":2,\"name\":\"x\"}",
                  "'count' of its answer");
    assert_answer("{\"answer\":\"prediction\",\"memo\":\"none\",\"count\":1,"
                  "\"bytes\":-2}",
                  "'bytes' of its answer");
    assert_answer("{\"answer\":\"point\",\"number\":-1,\"iterations\":1}",
                  "'number' of its answer");
    assert_answer("{\"answer\":\"point\",\"number\":0,\"iterations\":1,"
                  "\"blocks\":[1,2,3],"
                  "\"bytes\":[1,2],\"rss\":0}",
                  "lacks numbers");
    assert_answer("{\"answer\":\"point\",\"number\":0,\"iterations\":1,"
                  "\"blocks\":[1,2,3],"
                  "\"bytes\":[1,2,3]}",
                  "'rss' of its answer");
#undef FIGURES
#undef LAYER
}

static void malformed_lines(void **state)
{
    (void)state;
    assert_answer("{\"answer\":\"arm\",\"index\":0," NUMBERS "}", NULL);
    assert_answer("{\"answer\":\"arm\",\"index\":0," NUMBERS "}\n", NULL);
    assert_answer("", "not JSON");
    assert_answer("\n", "not JSON");
    assert_answer("hello", "not JSON");
    assert_answer("\xff\xfe", "not JSON");
    assert_answer("{\"answer\":\"done\"", "not JSON");
    assert_answer("{\"answer\":\"arm\",\"index\":0," NUMBERS "} x", "not JSON");
    assert_answer("{\"answer\":\"arm\",\"index\":0," NUMBERS "}{}", "not JSON");
    assert_answer("{\"answer\":\"arm\",\"index\":0,\"index\":1," NUMBERS "}", "not JSON");
    assert_answer("{\"answer\":\"arm\",\"index\":0,\"message\":\"\xc3\"," NUMBERS "}",
                  "not JSON");
    assert_answer("{\"answer\":\"arm\",\"index\":0,\"message\":\"\\u0000\"," NUMBERS "}",
                  "not JSON");
    assert_answer("{\"answer\":\"arm\",\"index\":0,\"message\":\"\\ud800\"," NUMBERS "}",
                  "not JSON");
    assert_answer("{\"answer\":\"arm\",\"index\":99999999999999999999," NUMBERS "}",
                  "not JSON");
    assert_answer("{\"answer\":\"arm\",\"index\":NaN," NUMBERS "}", "not JSON");
    assert_answer("[]", "no known kind");
    assert_answer("[\"answer\"]", "no known kind");
    assert_answer("{}", "no known kind");
    assert_answer("{\"answer\":\"armchair\",\"index\":0," NUMBERS "}", "no known kind");
    assert_answer("{\"answer\":\"\",\"index\":0," NUMBERS "}", "no known kind");
    assert_answer("{\"answer\":3,\"index\":0," NUMBERS "}", "no known kind");
    assert_answer("{\"answer\":null,\"index\":0," NUMBERS "}", "no known kind");
    assert_answer("{\"answer\":[\"arm\"],\"index\":0," NUMBERS "}", "no known kind");
}

static void every_cut_of_an_answer_is_refused(void **state)
{
    char text[] = "it failed";
    struct dcb_answer answer = {.kind = DCB_ANSWER_ARM, .message = text};
    char *line = dcb_answer_encode(&answer);

    (void)state;
    for (size_t length = strlen(line) - 2; length > 0; length--) {
        line[length] = '\0';
        assert_answer(line, "not JSON");
    }
    free(line);
}

/* One field of a good answer replaced. */
static void assert_field(const char *kind, const char *key, const char *value,
                         const char *part)
{
    static const char *const keys[] = {"index",  "iterations", "objects", "weight",
                                       "rounds", "group",      "slot",    "overhead"};
    struct dcb_strbuf line = DCB_STRBUF_INIT;

    dcb_strbuf_appendf(&line, "{\"answer\":\"%s\"", kind);
    for (size_t i = 0; i < COUNT(keys); i++) {
        if (strcmp(keys[i], key) != 0)
            dcb_strbuf_appendf(&line, ",\"%s\":0", keys[i]);
    }
    if (value)
        dcb_strbuf_appendf(&line, ",\"%s\":%s", key, value);
    dcb_strbuf_append(&line, "}");
    assert_answer(line.text, part);
    dcb_strbuf_clear(&line);
}

static void numbers_are_checked(void **state)
{
    static const struct {
        const char *kind, *key, *good, *low, *high;
    } fields[] = {
        {"arm", "index", "2", "-1", "3"},
        {"event", "index", "1", "-1", "2"},
        {"source", "index", "3", "-1", "4"},
        {"workload", "index", "0", "-1", "1"},
        {"interpreter", "index", "0", "-1", "1"},
        {"done", "index", "0", "-1", "4294967296"},
        {"arm", "iterations", "9223372036854775807", "-1", NULL},
        {"workload", "objects", "9223372036854775807", "-1", NULL},
        {"workload", "weight", "9223372036854775807", "-1", NULL},
        {"done", "rounds", "4294967295", "-1", "4294967296"},
        {"event", "group", "-1", "-2", "65"},
        {"event", "slot", "7", "-2", "8"},
        {"event", "overhead", "9223372036854775807", "-2", NULL},
    };
    static const char *const no_integers[] = {"null", "\"1\"", "1.0", "1e0",
                                              "true", "[0]",   "{}",  NULL};

    (void)state;
    for (size_t i = 0; i < COUNT(fields); i++) {
        char part[32];

        snprintf(part, sizeof part, "'%s' of its answer", fields[i].key);
        assert_field(fields[i].kind, fields[i].key, "0", NULL);
        assert_field(fields[i].kind, fields[i].key, fields[i].good, NULL);
        assert_field(fields[i].kind, fields[i].key, fields[i].low, part);
        if (fields[i].high)
            assert_field(fields[i].kind, fields[i].key, fields[i].high, part);
        for (size_t k = 0; k < COUNT(no_integers); k++)
            assert_field(fields[i].kind, fields[i].key, no_integers[k], part);
    }
}

static void software_slots_are_fewer(void **state)
{
    (void)state;
    assert_field("event", "slot", "3, \"software\":true", NULL);
    assert_field("event", "slot", "4, \"software\":true", "'slot' of its answer");
    assert_field("event", "slot", "4, \"software\":false", NULL);
}

static void no_index_fits_an_empty_list(void **state)
{
    static const struct dcb_answer_bounds none = {.arms = 0};
    static const char line[] = "{\"answer\":\"event\",\"index\":0," NUMBERS "}";
    struct dcb_error err = DCB_ERROR_INIT;
    struct dcb_answer answer;

    (void)state;
    assert_int_equal(dcb_answer_decode(line, strlen(line), &none, &answer, &err), -1);
    assert_error(&err, DCB_ERROR_SYSTEM, "'index'");
}

/* A failure that is not understood must not be taken for none. */
static void failures_are_checked(void **state)
{
    static const char *const wrong[] = {"\"tired\"", "\"\"",        "5",
                                        "true",      "[\"wrong\"]", "{}"};

    (void)state;
    assert_field("arm", "failure", "null", NULL);
    assert_field("arm", "failure", "\"wrong\"", NULL);
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_field("arm", "failure", wrong[i], "failure");
}

/* Booleans and texts of another type are refused as numbers are. */
static void other_types_are_checked(void **state)
{
    (void)state;
    assert_field("event", "software", "true", NULL);
    assert_field("event", "software", "\"yes\"", "software");
    assert_field("arm", "shared", "1", "shared");
    assert_field("arm", "message", "5", "message");
    assert_field("source", "sha256", "[]", "sha256");
}

static char *repeat(char c, size_t count)
{
    char *text = dcb_xcalloc(1, count + 1);

    memset(text, c, count);
    return text;
}

static void deep_nesting_is_refused(void **state)
{
    char *open = repeat('[', 200000), *line;

    (void)state;
    assert_answer(open, "not JSON");
    line = dcb_xasprintf("{\"answer\":\"arm\",\"x\":%s}", open);
    assert_answer(line, "not JSON");
    free(line);
    free(open);
}

static void megabyte_strings(void **state)
{
    char *large = repeat('a', 1 << 20), *line;

    (void)state;
    line = dcb_xasprintf("{\"answer\":\"%s\",\"index\":0," NUMBERS "}", large);
    assert_answer(line, "no known kind");
    free(line);
    line = dcb_xasprintf(
        "{\"answer\":\"arm\",\"index\":0,\"failure\":\"%s\"," NUMBERS "}", large);
    assert_answer(line, "failure");
    free(line);
    line = dcb_xasprintf("{\"answer\":\"arm\",\"%s\":0," NUMBERS "}", large);
    assert_answer(line, "'index'");
    free(line);
    line = dcb_xasprintf("\"%s", large);
    assert_answer(line, "not JSON");
    free(line);
    line = dcb_xasprintf(
        "{\"answer\":\"arm\",\"index\":0,\"message\":\"%s\"," NUMBERS "}", large);
    assert_answer(line, NULL);
    free(line);
    free(large);
}

/* ---- of cases ---- */

static void answers_of_cases_survive_the_way(void **state)
{
    struct dcb_answer answers[] = {
        {.kind = DCB_ANSWER_BATTERY, .battery = DCB_BATTERY_GRAPHS, .cases = UINT32_MAX},
        {.kind = DCB_ANSWER_BATTERY, .missing = dcb_xstrdup("install \"it\"")},
        {.kind = DCB_ANSWER_CASE,
         .battery = DCB_BATTERY_CASES,
         .number = UINT32_MAX,
         .name = dcb_xstrdup("a|b")},
        {.kind = DCB_ANSWER_OUTCOME, .standard = true},
        {.kind = DCB_ANSWER_OUTCOME,
         .outcome = DCB_CASE_SKIPPED,
         .expected = dcb_xstrdup("\xe2\x82\xac"),
         .got = dcb_xstrdup(""),
         .expression = dcb_xstrdup("[1]"),
         .version = dcb_xstrdup("3.14")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct dcb_error err = DCB_ERROR_INIT;
        char *line = dcb_answer_encode(&answers[i]);
        struct dcb_answer decoded;

        if (dcb_answer_decode(line, strlen(line), &bounds, &decoded, &err) != 0)
            fail_msg("%s: %s", err.text, line);
        assert_int_equal(decoded.kind, answers[i].kind);
        assert_int_equal(decoded.battery, answers[i].battery);
        assert_int_equal(decoded.outcome, answers[i].outcome);
        assert_true(decoded.cases == answers[i].cases);
        assert_true(decoded.number == answers[i].number);
        assert_int_equal(decoded.standard, answers[i].standard);
        assert_same_text(decoded.missing, answers[i].missing);
        assert_same_text(decoded.name, answers[i].name);
        assert_same_text(decoded.expected, answers[i].expected);
        assert_same_text(decoded.got, answers[i].got);
        assert_same_text(decoded.expression, answers[i].expression);
        assert_same_text(decoded.version, answers[i].version);
        dcb_answer_clear(&decoded);
        dcb_answer_clear(&answers[i]);
        free(line);
    }
}

static void answers_of_cases_are_checked(void **state)
{
    (void)state;
    assert_answer("{\"answer\":\"battery\",\"battery\":\"cases\",\"cases\":3}", NULL);
    assert_answer("{\"answer\":\"battery\",\"battery\":\"drums\",\"cases\":3}",
                  "'battery'");
    assert_answer("{\"answer\":\"battery\",\"battery\":1,\"cases\":3}", "'battery'");
    assert_answer("{\"answer\":\"battery\",\"cases\":3}", "'battery'");
    assert_answer("{\"answer\":\"battery\",\"battery\":\"cases\"}", "'cases'");
    assert_answer("{\"answer\":\"battery\",\"battery\":\"cases\",\"cases\":-1}",
                  "'cases'");
    assert_answer("{\"answer\":\"battery\",\"battery\":\"cases\",\"cases\":4294967296}",
                  "'cases'");
    assert_answer("{\"answer\":\"battery\",\"battery\":\"cases\",\"cases\":0,"
                  "\"missing\":[]}",
                  "'missing'");
    assert_answer("{\"answer\":\"case\",\"battery\":\"cases\",\"number\":0,"
                  "\"name\":\"x\"}",
                  NULL);
    assert_answer("{\"answer\":\"case\",\"battery\":\"cases\",\"number\":0}", "'name'");
    assert_answer("{\"answer\":\"case\",\"battery\":\"cases\",\"number\":0,\"name\":7}",
                  "'name'");
    assert_answer("{\"answer\":\"case\",\"battery\":\"cases\",\"number\":\"0\","
                  "\"name\":\"x\"}",
                  "'number'");
    assert_answer("{\"answer\":\"outcome\",\"outcome\":\"failed\"}", NULL);
    assert_answer("{\"answer\":\"outcome\"}", "'outcome'");
    /* These a worker cannot know of itself. */
    assert_answer("{\"answer\":\"outcome\",\"outcome\":\"died\"}", "'outcome'");
    assert_answer("{\"answer\":\"outcome\",\"outcome\":\"hung\"}", "'outcome'");
    assert_answer("{\"answer\":\"outcome\",\"outcome\":\"failed\",\"standard\":1}",
                  "'standard'");
    assert_answer("{\"answer\":\"outcome\",\"outcome\":\"failed\",\"got\":{}}", "'got'");
}

/* One line, of a length that a report has room for, and no character cut in two. */
static void texts_of_cases_are_cut(void **state)
{
    struct dcb_answer answer = {.kind = DCB_ANSWER_OUTCOME, .outcome = DCB_CASE_FAILED};
    struct dcb_answer decoded;
    struct dcb_error err = DCB_ERROR_INIT;
    char *line;

    (void)state;
    answer.got = dcb_xcalloc(1, 3 * DCB_CASE_TEXT_MAX + 1);
    for (int i = 0; i < DCB_CASE_TEXT_MAX; i++)
        memcpy(answer.got + 3 * i, "\xe2\x82\xac", 3);
    answer.expected = dcb_xstrdup("a\nb\r\x1b[31m");
    line = dcb_answer_encode(&answer);
    assert_int_equal(dcb_answer_decode(line, strlen(line), &bounds, &decoded, &err), 0);
    assert_true(strlen(decoded.got) <= DCB_CASE_TEXT_MAX);
    assert_true(strlen(decoded.got) > DCB_CASE_TEXT_MAX - 6);
    assert_memory_equal(decoded.got + strlen(decoded.got) - 6, "\xe2\x82\xac...", 6);
    assert_string_equal(decoded.expected, "a b ?[31m");
    dcb_answer_clear(&decoded);
    dcb_answer_clear(&answer);
    free(line);
}

static void failures_have_names(void **state)
{
    (void)state;
    assert_null(dcb_failure_name(DCB_FAILURE_NONE));
    assert_string_equal(dcb_failure_name(DCB_FAILURE_LOAD), "load");
    assert_string_equal(dcb_failure_name(DCB_FAILURE_RAISED), "raised");
    assert_string_equal(dcb_failure_name(DCB_FAILURE_WRONG), "wrong");
    assert_string_equal(dcb_failure_name(DCB_FAILURE_CHANGED), "changed");
    assert_string_equal(dcb_failure_name(DCB_FAILURE_DIED), "died");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(job_survives_the_way),
        cmocka_unit_test(describe_needs_no_workload),
        cmocka_unit_test(simulate_survives_the_way),
        cmocka_unit_test(verify_survives_the_way),
        cmocka_unit_test(trace_survives_the_way),
        cmocka_unit_test(path_that_is_not_utf8_is_not_dropped),
        cmocka_unit_test(wrong_jobs_are_refused),
        cmocka_unit_test(every_cut_of_a_job_is_refused),
        cmocka_unit_test(too_many_of_a_thing),
        cmocka_unit_test(answers_survive_the_way),
        cmocka_unit_test(full_answer_survives_the_way),
        cmocka_unit_test(message_that_is_not_utf8),
        cmocka_unit_test(figures_survive_the_way),
        cmocka_unit_test(terms_and_points_survive_the_way),
        cmocka_unit_test(a_census_survives_the_way),
        cmocka_unit_test(malformed_answers_of_memory),
        cmocka_unit_test(malformed_lines),
        cmocka_unit_test(every_cut_of_an_answer_is_refused),
        cmocka_unit_test(numbers_are_checked),
        cmocka_unit_test(software_slots_are_fewer),
        cmocka_unit_test(no_index_fits_an_empty_list),
        cmocka_unit_test(failures_are_checked),
        cmocka_unit_test(other_types_are_checked),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(megabyte_strings),
        cmocka_unit_test(answers_of_cases_survive_the_way),
        cmocka_unit_test(answers_of_cases_are_checked),
        cmocka_unit_test(texts_of_cases_are_cut),
        cmocka_unit_test(failures_have_names),
    };

    return cmocka_run_group_tests_name("json_job", tests, NULL, NULL);
}
