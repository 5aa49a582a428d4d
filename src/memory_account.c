#include "memory_private.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "job.h"
#include "utf8.h"
#include "xalloc.h"

uint32_t dcb_memory_iterations(const struct dcb_memory_request *request)
{
    return request->iterations ? request->iterations : DCB_MEMORY_ITERATIONS;
}

uint32_t dcb_memory_warmups(const struct dcb_memory_request *request)
{
    return request->warmups ? request->warmups : DCB_MEMORY_WARMUPS;
}

void dcb_memory_init(struct dcb_memory *ret_memory,
                     const struct dcb_memory_request *request)
{
    struct dcb_memory memory = {.request = request};

    memory.pair_count = request->workload_count * request->impl_count;
    memory.pairs = dcb_xcalloc(memory.pair_count + 1, sizeof *memory.pairs);
    memory.impl_sources =
        dcb_xcalloc(request->impl_count + 1, sizeof *memory.impl_sources);
    memory.workload_sources =
        dcb_xcalloc(request->workload_count + 1, sizeof *memory.workload_sources);
    for (size_t i = 0; i < memory.pair_count; i++) {
        struct dcb_memory_pair *pair = &memory.pairs[i];

        pair->workload = i / request->impl_count;
        pair->impl = i % request->impl_count;
        pair->leaks.asked = request->leak_iterations > 0;
        pair->census.asked = request->census;
        for (size_t memo = 0; memo < DCB_MEMO_COUNT; memo++) {
            pair->cells[memo].memo = (enum dcb_memo)memo;
            pair->cells[memo].asked = request->memos[memo];
        }
    }
    *ret_memory = memory;
}

void dcb_memory_account_init(struct dcb_memory_account *account,
                             struct dcb_memory *memory, size_t pair,
                             enum dcb_job_kind kind)
{
    *account = (struct dcb_memory_account){.memory = memory,
                                           .pair = &memory->pairs[pair],
                                           .leaks = kind == DCB_JOB_LEAKS,
                                           .census = kind == DCB_JOB_CENSUS,
                                           .memo = DCB_MEMO_COUNT};
    account->figures =
        dcb_xcalloc(dcb_memory_iterations(memory->request), sizeof *account->figures);
}

void dcb_memory_account_clear(struct dcb_memory_account *account)
{
    free(account->figures);
    *account = (struct dcb_memory_account){.memo = DCB_MEMO_COUNT};
}

/* ---- failures ---- */

static void set_failure(enum dcb_failure *failure, char **message, enum dcb_failure what,
                        const char *why)
{
    free(*message);
    *failure = what;
    *message = dcb_xstrdup(why);
    dcb_utf8_make_line(*message);
}

static void fail_cell(struct dcb_memory_cell *cell, enum dcb_failure failure,
                      const char *why)
{
    set_failure(&cell->failure, &cell->message, failure, why);
}

static void fail_leaks(struct dcb_memory_leaks *leaks, enum dcb_failure failure,
                       const char *why)
{
    set_failure(&leaks->failure, &leaks->message, failure, why);
}

static void fail_census(struct dcb_memory_census *census, enum dcb_failure failure,
                        const char *why)
{
    set_failure(&census->failure, &census->message, failure, why);
}

void dcb_memory_account_fail(struct dcb_memory_account *account, enum dcb_failure failure,
                             const char *why)
{
    struct dcb_memory_pair *pair = account->pair;

    if (account->leaks) {
        fail_leaks(&pair->leaks, failure, why);
        return;
    }
    if (account->census) {
        fail_census(&pair->census, failure, why);
        return;
    }
    for (size_t i = 0; i < DCB_MEMO_COUNT; i++) {
        if (pair->cells[i].asked && pair->cells[i].failure == DCB_FAILURE_NONE)
            fail_cell(&pair->cells[i], failure, why);
    }
}

/* ---- figures ---- */

static int compare_numbers(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static void summarize(struct dcb_memory_account *account, struct dcb_memory_cell *cell)
{
    uint32_t count = account->figure_count;
    int64_t *numbers = dcb_xcalloc(count, sizeof *numbers);

    for (size_t layer = 0; layer < DCB_LAYER_COUNT; layer++) {
        for (size_t figure = 0; figure < DCB_FIGURE_COUNT; figure++) {
            for (uint32_t i = 0; i < count; i++)
                numbers[i] = account->figures[i].values[layer][figure];
            qsort(numbers, count, sizeof *numbers, compare_numbers);
            cell->values[layer][figure] =
                (struct dcb_memory_value){.value = numbers[(count - 1) / 2],
                                          .low = numbers[0],
                                          .high = numbers[count - 1]};
        }
    }
    cell->iterations = count;
    free(numbers);
}

static int out_of_place(struct dcb_error *err)
{
    return dcb_error_set(err, DCB_ERROR_SYSTEM, "it tells of what it was not asked");
}

/* All figures of a process are of the same layers. */
static void take_native(struct dcb_memory_account *account, bool native)
{
    struct dcb_memory *memory = account->memory;

    if (native || memory->native_reason)
        return;
    memory->native = false;
    memory->native_reason =
        dcb_xstrdup("the library that counts malloc could not be preloaded");
}

/* Cells come one after the other, in the order of the kinds. */
static int open_cell(struct dcb_memory_account *account, enum dcb_memo memo,
                     struct dcb_error *err)
{
    if (account->memo == memo)
        return 0;
    if (account->memo != DCB_MEMO_COUNT && memo < account->memo)
        return out_of_place(err);
    account->memo = memo;
    account->figure_count = 0;
    return 0;
}

/* What was counted may be found, when all is, to be of no copies. */
static int take_figures(struct dcb_memory_account *account,
                        const struct dcb_answer *answer, struct dcb_error *err)
{
    struct dcb_memory_cell *cell = &account->pair->cells[answer->memo];
    uint32_t wanted = dcb_memory_iterations(account->memory->request);

    if (account->leaks || !cell->asked || cell->failure != DCB_FAILURE_NONE ||
        ((answer->failure == DCB_FAILURE_NONE || !dcb_memory_cell_is_counted(cell)) &&
         open_cell(account, answer->memo, err) != 0))
        return out_of_place(err);
    if (answer->failure != DCB_FAILURE_NONE) {
        fail_cell(cell, answer->failure,
                  answer->message ? answer->message : "no reason given");
        return 0;
    }
    if (answer->number != account->figure_count || account->figure_count >= wanted)
        return out_of_place(err);
    take_native(account, answer->native);
    account->figures[account->figure_count++] = answer->figures;
    if (account->figure_count == wanted)
        summarize(account, cell);
    return 0;
}

/* ---- terms ---- */

static int compare_terms(const void *a, const void *b)
{
    const struct dcb_memory_term *x = a, *y = b;
    bool x_copy = strcmp(x->name, "the copy") == 0,
         y_copy = strcmp(y->name, "the copy") == 0;

    if (x_copy != y_copy)
        return x_copy ? -1 : 1;
    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int take_term(struct dcb_memory_account *account, struct dcb_answer *answer,
                     struct dcb_error *err)
{
    struct dcb_memory_cell *cell = &account->pair->cells[answer->memo];
    struct dcb_memory_term **terms = account->leaks    ? &account->pair->leaks.terms
                                     : cell->predicted ? &cell->rests
                                                       : &cell->terms;
    size_t *count = account->leaks    ? &account->pair->leaks.term_count
                    : cell->predicted ? &cell->rest_count
                                      : &cell->term_count;

    if (!account->leaks &&
        (answer->memo != account->memo || !dcb_memory_cell_is_counted(cell)))
        return out_of_place(err);
    if (*count == DCB_MEMORY_TERMS_MAX)
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "it has too many terms");
    if (!*terms)
        *terms = dcb_xcalloc(DCB_MEMORY_TERMS_MAX, sizeof **terms);
    (*terms)[(*count)++] = (struct dcb_memory_term){
        .name = answer->name, .count = answer->count, .bytes = answer->bytes};
    answer->name = NULL;
    qsort(*terms, *count, sizeof **terms, compare_terms);
    return 0;
}

static int take_prediction(struct dcb_memory_account *account,
                           const struct dcb_answer *answer, struct dcb_error *err)
{
    struct dcb_memory_cell *cell = &account->pair->cells[answer->memo];

    if (account->leaks || answer->memo != account->memo ||
        !dcb_memory_cell_is_counted(cell) || cell->predicted)
        return out_of_place(err);
    cell->predicted = true;
    cell->predicted_objects = (uint64_t)answer->count;
    cell->predicted_bytes = (uint64_t)answer->bytes;
    if (answer->failure != DCB_FAILURE_NONE) {
        cell->prediction_missing =
            dcb_xstrdup(answer->message ? answer->message : "no reason given");
        dcb_utf8_make_line(cell->prediction_missing);
    }
    return 0;
}

/* ---- leaks ---- */

static int take_point(struct dcb_memory_account *account, const struct dcb_answer *answer,
                      struct dcb_error *err)
{
    struct dcb_memory_leaks *leaks = &account->pair->leaks;
    struct dcb_memory_point point = answer->point;
    uint64_t before =
        leaks->point_count ? leaks->points[leaks->point_count - 1].iterations : 0;

    if (!account->leaks || leaks->point_count > DCB_MEMORY_LEAK_POINTS ||
        (leaks->point_count ? point.iterations <= before : point.iterations != 0) ||
        point.iterations >
            dcb_memory_leak_iterations(account->memory->request, account->pair->workload))
        return out_of_place(err);
    take_native(account, answer->native);
    leaks->warm_ups = answer->number;
    if (!leaks->points)
        leaks->points = dcb_xcalloc(DCB_MEMORY_LEAK_POINTS + 1, sizeof *leaks->points);
    leaks->points[leaks->point_count++] = point;
    return 0;
}

/* From what there is to what there is more. */
static void relate_points(struct dcb_memory_leaks *leaks)
{
    for (size_t i = leaks->point_count; i-- > 0;) {
        struct dcb_memory_point *point = &leaks->points[i];

        for (size_t layer = 0; layer < DCB_LAYER_COUNT; layer++) {
            point->blocks[layer] -= leaks->points[0].blocks[layer];
            point->bytes[layer] -= leaks->points[0].bytes[layer];
        }
    }
}

/* ---- the census ---- */

static int take_type(struct dcb_memory_account *account, struct dcb_answer *answer,
                     struct dcb_error *err)
{
    struct dcb_memory_census *census = &account->pair->census;
    struct dcb_memory_type *type;

    if (answer->failure != DCB_FAILURE_NONE) {
        fail_census(census, answer->failure,
                    answer->message ? answer->message : "no reason given");
        return 0;
    }
    if (census->type_count == DCB_MEMORY_TYPES_MAX)
        return dcb_error_set(err, DCB_ERROR_SYSTEM, "it has too many types");
    census->types =
        dcb_xrealloc(census->types, census->type_count + 1, sizeof *census->types);
    type = &census->types[census->type_count++];
    type->name = answer->name;
    answer->name = NULL;
    memcpy(type->counts, answer->census, sizeof type->counts);
    return 0;
}

/* ---- all of it ---- */

static int take_workload(struct dcb_memory_account *account,
                         const struct dcb_answer *answer)
{
    account->pair->objects = answer->objects;
    if (answer->failure != DCB_FAILURE_NONE)
        dcb_memory_account_fail(account, answer->failure,
                                answer->message ? answer->message : "no reason given");
    return 0;
}

/* An arm that is found to have changed its objects has counted nothing. */
static int take_arm(struct dcb_memory_account *account, const struct dcb_answer *answer)
{
    if (answer->failure != DCB_FAILURE_NONE)
        dcb_memory_account_fail(account, answer->failure,
                                answer->message ? answer->message : "no reason given");
    return 0;
}

int dcb_memory_account_take(struct dcb_memory_account *account, struct dcb_answer *answer,
                            struct dcb_error *err)
{
    bool others = answer->kind == DCB_ANSWER_FIGURES || answer->kind == DCB_ANSWER_TERM ||
                  answer->kind == DCB_ANSWER_PREDICTION ||
                  answer->kind == DCB_ANSWER_POINT;

    if (account->census ? others : answer->kind == DCB_ANSWER_CENSUS)
        return out_of_place(err);
    switch (answer->kind) {
    case DCB_ANSWER_CENSUS:
        return take_type(account, answer, err);
    case DCB_ANSWER_WORKLOAD:
        return take_workload(account, answer);
    case DCB_ANSWER_INTERPRETER:
    case DCB_ANSWER_ARM:
        return take_arm(account, answer);
    case DCB_ANSWER_FIGURES:
        return take_figures(account, answer, err);
    case DCB_ANSWER_TERM:
        return take_term(account, answer, err);
    case DCB_ANSWER_PREDICTION:
        return take_prediction(account, answer, err);
    case DCB_ANSWER_POINT:
        return take_point(account, answer, err);
    case DCB_ANSWER_DONE:
        account->done = true;
        account->pair->census.done = account->pair->census.done || account->census;
        return 0;
    default:
        return out_of_place(err);
    }
}

static bool has_ended(const struct dcb_memory_cell *cell)
{
    return !cell->asked || cell->failure != DCB_FAILURE_NONE || cell->predicted;
}

/* Some of them may have been on their way yet: what there is does not come to the peak.
 */
static void drop_terms(struct dcb_memory_cell *cell)
{
    for (size_t i = 0; i < cell->term_count; i++)
        free(cell->terms[i].name);
    free(cell->terms);
    cell->terms = NULL;
    cell->term_count = 0;
}

bool dcb_memory_account_end(struct dcb_memory_account *account, const char *why,
                            bool ret_left[DCB_MEMO_COUNT])
{
    bool blamed = false, left = false;

    for (size_t i = 0; i < DCB_MEMO_COUNT; i++)
        ret_left[i] = false;
    if (account->census) {
        if (why && account->pair->census.failure == DCB_FAILURE_NONE)
            fail_census(&account->pair->census, DCB_FAILURE_DIED, why);
        return false;
    }
    if (account->leaks) {
        relate_points(&account->pair->leaks);
        if (why && account->pair->leaks.failure == DCB_FAILURE_NONE)
            fail_leaks(&account->pair->leaks, DCB_FAILURE_DIED, why);
        return false;
    }
    for (size_t i = 0; i < DCB_MEMO_COUNT; i++) {
        struct dcb_memory_cell *cell = &account->pair->cells[i];

        if (has_ended(cell))
            continue;
        drop_terms(cell);
        if (why && !blamed)
            fail_cell(cell, DCB_FAILURE_DIED, why);
        else
            left = ret_left[i] = true;
        blamed = true;
    }
    if (why && !blamed) /* while its copies were checked: nobody knows what they were */
        dcb_memory_account_fail(account, DCB_FAILURE_DIED, why);
    return left && why;
}
