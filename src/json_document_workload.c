#include <math.h>
#include <string.h>

#include "json_document_private.h"
#include "xalloc.h"

struct dcb_change dcb_decode_change(struct dcb_decode *decode, json_t *object,
                                    const char *key)
{
    struct dcb_json_reader *reader = decode->reader;
    json_t *value = dcb_json_maybe_object(reader, object, key);
    struct dcb_change change = {.found = value != NULL};

    if (!value)
        return change;
    dcb_json_enter(reader, key);
    change.worker = (size_t)dcb_json_need_whole(reader, value, "worker", 0, UINT32_MAX);
    change.size =
        dcb_json_need_number(reader, value, "change", -DCB_DECODE_MOST, DCB_DECODE_MOST);
    change.p = dcb_json_need_number(reader, value, "p", 0, 1);
    dcb_json_leave(reader);
    return change;
}

/* ---- workers ---- */

static void decode_worker(struct dcb_decode *decode, json_t *object,
                          struct dcb_worker *worker)
{
    struct dcb_json_reader *reader = decode->reader;

    worker->rounds =
        (uint32_t)dcb_json_need_whole(reader, object, "rounds", 0, UINT32_MAX);
    worker->ready_ns = dcb_json_maybe_whole(reader, object, "ready_ns", 0, INT64_MAX, 0);
    worker->elapsed_ns = dcb_json_need_whole(reader, object, "elapsed_ns", 0, INT64_MAX);
}

static void decode_trouble(struct dcb_decode *decode, json_t *list,
                           struct dcb_workload_result *workload)
{
    struct dcb_json_reader *reader = decode->reader;

    dcb_json_enter(reader, "troubled_workers");
    for (size_t i = 0; i < json_array_size(list) && !reader->failed; i++) {
        json_t *object = json_array_get(list, i);
        size_t number;

        dcb_json_enter_index(reader, i);
        number = (size_t)dcb_json_need_whole(reader, object, "worker", 0, UINT32_MAX);
        if (!reader->failed && number >= workload->worker_count)
            dcb_json_fail(reader, "worker", "there is no worker %zu", number);
        if (!reader->failed && workload->workers[number].trouble)
            dcb_json_fail(reader, "worker", "worker %zu is there a second time", number);
        if (!reader->failed) {
            struct dcb_worker *worker = &workload->workers[number];

            worker->seed = dcb_json_need_whole(reader, object, "seed", 0, INT64_MAX);
            worker->trouble = dcb_json_maybe_message(reader, object, "trouble");
        }
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
}

static void decode_workers(struct dcb_decode *decode, json_t *object,
                           struct dcb_workload_result *workload)
{
    struct dcb_json_reader *reader = decode->reader;
    json_t *each = dcb_json_maybe_array(reader, object, "each_worker");
    size_t count =
        (size_t)dcb_json_need_whole(reader, object, "workers", 0, DCB_DECODE_WORKERS_MAX);

    if (each && json_array_size(each) != count)
        dcb_json_fail(reader, "each_worker", "%zu of them, and %zu workers",
                      json_array_size(each), count);
    if (!each && count > decode->spare_workers)
        dcb_json_fail(reader, "workers", "more than %d in the file",
                      DCB_DECODE_WORKERS_MAX);
    if (reader->failed)
        return;
    decode->spare_workers -= each ? 0 : count;
    workload->workers = dcb_xcalloc(count + 1, sizeof *workload->workers);
    workload->worker_count = workload->worker_capacity = count;
    dcb_json_enter(reader, "each_worker");
    for (size_t i = 0; each && i < count && !reader->failed; i++) {
        dcb_json_enter_index(reader, i);
        decode_worker(decode, json_array_get(each, i), &workload->workers[i]);
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
    decode_trouble(decode, dcb_json_maybe_array(reader, object, "troubled_workers"),
                   workload);
}

/* ---- workloads ---- */

/* Those begun stand in the order of the plan: looked for from `from` on. */
static size_t find_workload(struct dcb_decode *decode, json_t *object, size_t from)
{
    const struct dcb_plan *plan = &decode->document->plan;
    const char *label = dcb_json_need_text(decode->reader, object, "workload");

    for (size_t i = from; i < plan->workload_count; i++) {
        if (strcmp(plan->workloads[i].label, label) == 0)
            return i;
    }
    dcb_json_fail(decode->reader, "workload",
                  "'%.60s' is not in plan.workloads, or not in its order", label);
    return 0;
}

static void decode_workload(struct dcb_decode *decode, json_t *object,
                            struct dcb_workload_result *workload)
{
    struct dcb_json_reader *reader = decode->reader;
    double simulated_s;

    workload->objects = dcb_json_need_whole(reader, object, "objects", 0, INT64_MAX);
    workload->elapsed_s = dcb_json_need_number(reader, object, "elapsed_s", 0, 1e12);
    simulated_s = dcb_json_maybe_number(reader, object, "simulated_s", 0, 1e12);
    workload->simulated_s = isnan(simulated_s) ? 0 : simulated_s;
    workload->reached =
        dcb_json_maybe_number(reader, object, "precision_reached", 0, DCB_DECODE_MOST);
    workload->failure = dcb_json_maybe_message(reader, object, "failure");
    workload->withheld = dcb_json_maybe_truth(reader, object, "verdicts_withheld", false);
    workload->anchor_spread =
        dcb_json_maybe_number(reader, object, "anchor_spread", 0, DCB_DECODE_MOST);
    workload->speed_change = dcb_decode_change(decode, object, "speed_change");
    decode_workers(decode, object, workload);
}

void dcb_decode_workloads(struct dcb_decode *decode, json_t *list)
{
    struct dcb_json_reader *reader = decode->reader;
    struct dcb_result *result = &decode->document->result;
    size_t count = json_array_size(list), next = 0;

    dcb_json_enter(reader, "workloads");
    if (count > decode->document->plan.workload_count)
        dcb_json_fail(reader, NULL, "%zu of them, and %zu in the plan", count,
                      decode->document->plan.workload_count);
    if (!reader->failed)
        result->workloads = dcb_xcalloc(count + 1, sizeof *result->workloads);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        struct dcb_workload_result *workload = &result->workloads[i];
        json_t *object = json_array_get(list, i);

        dcb_json_enter_index(reader, i);
        result->workload_count = i + 1;
        workload->workload = find_workload(decode, object, next);
        next = workload->workload + 1;
        decode_workload(decode, object, workload);
        dcb_json_leave(reader);
    }
    dcb_json_leave(reader);
}
