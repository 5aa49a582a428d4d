#include "memory_check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "report_memory.h"
#include "xalloc.h"

static const enum dcb_figure checked[DCB_MEMORY_CHECKED] = {
    DCB_FIGURE_PEAK, DCB_FIGURE_NET, DCB_FIGURE_ALLOCATIONS};

/* ---- the file ---- */

void dcb_memory_then_free(struct dcb_memory_then *then)
{
    if (!then)
        return;
    dcb_memory_clear(&then->memory);
    dcb_document_free(then->document);
    free(then->impls);
    free(then->leaked);
    free(then);
}

bool dcb_memory_then_has_leaks(const struct dcb_memory_then *then)
{
    for (size_t i = 0; i < then->memory.pair_count; i++) {
        if (then->leaked[i].asked)
            return true;
    }
    return false;
}

/* Its number; `count` where none is called so. */
static size_t find(const struct dcb_spec *specs, size_t count, const char *label)
{
    size_t i = 0;

    while (i < count && strcmp(specs[i].label, label) != 0)
        i++;
    return i;
}

uint64_t dcb_memory_then_iterations(const struct dcb_memory_then *then,
                                    const char *workload, uint64_t otherwise)
{
    size_t index = find(then->request.workloads, then->request.workload_count, workload);

    for (size_t i = 0; i < then->memory.pair_count; i++) {
        if (then->memory.pairs[i].workload == index && then->leaked[i].asked)
            return then->leaked[i].asked;
    }
    return otherwise;
}

/* ---- one row ---- */

const char *dcb_memory_outcome_name(enum dcb_memory_outcome outcome)
{
    static const char *const names[DCB_MEMORY_OUTCOMES] = {
        "pass", "REGRESSION", "as before", "not counted", "not compared"};

    return names[outcome];
}

/* What a row is made from. */
struct sides {
    const struct dcb_memory_check *check;
    const struct dcb_memory_pair *then, *now;           /* `then` NULL: not in the file */
    const struct dcb_memory_pair *then_base, *now_base; /* `then_base`: with `then` */
    const char *strange;                                /* why it is another thing */
};

static void set(struct dcb_memory_check_row *row, enum dcb_memory_outcome outcome,
                const char *reason)
{
    row->outcome = outcome;
    free(row->reason);
    row->reason = reason ? dcb_xstrdup(reason) : NULL;
}

static bool is_zero(const struct dcb_memory_value *value)
{
    return value->low == 0 && value->high == 0;
}

/* By how much the ratio to the baseline has grown. (double)NAN where one of the ratios is
 * none.
 */
static double ratio_change(int64_t then, int64_t then_base, int64_t now, int64_t now_base)
{
    if (then <= 0 || then_base <= 0 || now_base <= 0)
        return (double)NAN;
    return (double)now / (double)now_base * ((double)then_base / (double)then) - 1;
}

/* Judged by the ends that lie nearest, as against a baseline. What was nothing and is
 * something has grown by more than any margin. */
static void judge_ratio(struct dcb_memory_check_row *row,
                        const struct dcb_memory_value *then,
                        const struct dcb_memory_value *then_base,
                        const struct dcb_memory_value *now,
                        const struct dcb_memory_value *now_base)
{
    if (is_zero(then) && is_zero(now)) {
        set(row, DCB_MEMORY_PASS, NULL);
        return;
    }
    if (then_base->low <= 0 || now_base->low <= 0) {
        set(row, DCB_MEMORY_NOT_COMPARED,
            "the interpreter is another one, and the baseline needs nothing: there is no "
            "ratio");
        return;
    }
    set(row,
        (double)now->low / (double)now_base->high >
                (1 + row->margin) * ((double)then->high / (double)then_base->low)
            ? DCB_MEMORY_REGRESSION
            : DCB_MEMORY_PASS,
        NULL);
}

static void compare_exact(const struct sides *sides, struct dcb_memory_check_row *row)
{
    const struct dcb_memory_cell *then = &sides->then->cells[row->memo],
                                 *now = &sides->now->cells[row->memo];

    for (int i = 0; i < DCB_MEMORY_CHECKED; i++) {
        struct dcb_memory_change change =
            dcb_memory_compare(now, then, sides->check->layer, checked[i], row->margin);

        row->figures[i].change = change.fraction;
        if (i == 0)
            set(row,
                change.verdict == DCB_MEMORY_MORE ? DCB_MEMORY_REGRESSION
                                                  : DCB_MEMORY_PASS,
                NULL);
    }
}

static void compare_ratios(const struct sides *sides, struct dcb_memory_check_row *row)
{
    enum dcb_layer layer = sides->check->layer;
    const struct dcb_memory_cell *then = &sides->then->cells[row->memo],
                                 *now = &sides->now->cells[row->memo],
                                 *then_base = &sides->then_base->cells[row->memo],
                                 *now_base = &sides->now_base->cells[row->memo];

    if (!dcb_memory_cell_is_counted(then_base) || !dcb_memory_cell_is_counted(now_base)) {
        set(row, DCB_MEMORY_NOT_COMPARED,
            "the interpreter is another one, and the baseline was not counted: there is "
            "no ratio");
        return;
    }
    for (int i = 0; i < DCB_MEMORY_CHECKED; i++) {
        enum dcb_figure figure = checked[i];

        row->figures[i].change = ratio_change(
            then->values[layer][figure].value, then_base->values[layer][figure].value,
            now->values[layer][figure].value, now_base->values[layer][figure].value);
    }
    judge_ratio(row, &then->values[layer][DCB_FIGURE_PEAK],
                &then_base->values[layer][DCB_FIGURE_PEAK],
                &now->values[layer][DCB_FIGURE_PEAK],
                &now_base->values[layer][DCB_FIGURE_PEAK]);
}

static void make_row(const struct sides *sides, struct dcb_memory_check_row *row)
{
    const struct dcb_memory_cell *then =
                                     sides->then ? &sides->then->cells[row->memo] : NULL,
                                 *now = &sides->now->cells[row->memo];
    bool was = then && dcb_memory_cell_is_counted(then);

    if (!dcb_memory_cell_is_counted(now)) {
        /* What the baseline does not take either nobody is asked for. */
        bool refused = dcb_memory_is_refused(sides->check->now, sides->now, row->memo);

        set(row,
            !was && (refused || (then && then->failure != DCB_FAILURE_NONE))
                ? DCB_MEMORY_STILL_FAILS
                : DCB_MEMORY_NOT_COUNTED,
            now->message ? now->message : "not all of it was run");
        return;
    }
    if (!was || sides->strange) {
        set(row, DCB_MEMORY_NOT_COMPARED,
            !was ? "the file has no figure of it" : sides->strange);
        return;
    }
    row->known = true;
    for (int i = 0; i < DCB_MEMORY_CHECKED; i++) {
        row->figures[i].then = then->values[sides->check->layer][checked[i]].value;
        row->figures[i].now = now->values[sides->check->layer][checked[i]].value;
    }
    if (sides->check->exact)
        compare_exact(sides, row);
    else
        compare_ratios(sides, row);
}

/* ---- leaks ---- */

static void make_leak_row(const struct sides *sides, struct dcb_memory_check_row *row)
{
    const struct dcb_memory *now = sides->check->now;
    struct dcb_memory_loss loss = dcb_memory_loss(now, sides->now);
    const struct dcb_memory_leaked *leaked =
        sides->then
            ? &sides->check->then->leaked[sides->then - sides->check->then->memory.pairs]
            : NULL;

    if (loss.found) {
        enum dcb_layer layer = dcb_memory_layer(now);
        char *text =
            dcb_xasprintf("%lld bytes in %lld blocks are lost in %llu iterations%s",
                          (long long)loss.bytes[layer], (long long)loss.blocks[layer],
                          (unsigned long long)loss.iterations,
                          leaked && leaked->leak ? "; it has lost some in the file" : "");

        set(row, leaked && leaked->leak ? DCB_MEMORY_STILL_FAILS : DCB_MEMORY_REGRESSION,
            text);
        free(text);
    } else if (loss.known) {
        set(row, DCB_MEMORY_PASS, NULL);
    } else {
        set(row,
            leaked && leaked->asked && !leaked->known ? DCB_MEMORY_STILL_FAILS
                                                      : DCB_MEMORY_NOT_COUNTED,
            sides->now->leaks.message ? sides->now->leaks.message
                                      : "not all of it was run");
    }
}

/* ---- all of them ---- */

static bool is_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool has_interpreter(const struct dcb_python *then, const struct dcb_python *now)
{
    return is_same(then->implementation, now->implementation) &&
           is_same(then->version, now->version) && is_same(then->build, now->build);
}

/* The workload's code, where both sides know it. */
static const char *find_difference(const struct dcb_memory_check *check, size_t then,
                                   size_t now)
{
    const struct dcb_source *ours = check->now->workload_sources,
                            *theirs = check->then->document->result.workload_sources;
    const char *before = theirs ? theirs[then].sha256 : NULL,
               *after = ours ? ours[now].sha256 : NULL;

    return before && after && strcmp(before, after) != 0
               ? "the workload is not the one of the file"
               : NULL;
}

static struct sides sides_of(const struct dcb_memory_check *check, size_t pair)
{
    const struct dcb_memory *memory = check->now, *before = &check->then->memory;
    const struct dcb_memory_pair *now = &memory->pairs[pair];
    const struct dcb_memory_request *request = memory->request, *old = before->request;
    size_t workload = find(old->workloads, old->workload_count,
                           request->workloads[now->workload].label);
    size_t impl = find(old->impls, old->impl_count, request->impls[now->impl].label);
    struct sides sides = {.check = check,
                          .now = now,
                          .now_base = dcb_memory_pair(memory, now->workload, 0)};

    if (workload == old->workload_count || impl == old->impl_count)
        return sides;
    sides.then = dcb_memory_pair(before, workload, impl);
    sides.then_base = dcb_memory_pair(before, workload, 0);
    sides.strange = find_difference(check, workload, now->workload);
    return sides;
}

/* Ratios say nothing of the baseline, which is measured for the others alone. */
static void add_rows(struct dcb_memory_check *check, size_t pair, double margin)
{
    struct sides sides = sides_of(check, pair);
    const struct dcb_memory_request *request = check->now->request;

    for (int i = 0; i <= DCB_MEMO_COUNT; i++) {
        struct dcb_memory_check_row *row = &check->rows[check->row_count];
        bool leaks = i == DCB_MEMO_COUNT;

        if (leaks ? !sides.now->leaks.asked
                  : !sides.now->cells[i].asked || (!check->exact && sides.now->impl == 0))
            continue;
        *row = (struct dcb_memory_check_row){
            .workload = request->workloads[sides.now->workload].label,
            .impl = request->impls[sides.now->impl].label,
            .memo = (enum dcb_memo)i,
            .margin = (double)NAN,
        };
        for (int k = 0; k < DCB_MEMORY_CHECKED; k++)
            row->figures[k].change = (double)NAN;
        if (leaks) {
            make_leak_row(&sides, row);
        } else {
            row->margin = isnan(margin) ? check->then->margins[i] : margin;
            make_row(&sides, row);
        }
        check->row_count++;
    }
}

void dcb_memory_check_make(const struct dcb_memory_then *then,
                           const struct dcb_memory *now, double margin,
                           struct dcb_memory_check *ret_check)
{
    *ret_check = (struct dcb_memory_check){
        .then = then,
        .now = now,
        .exact = has_interpreter(&then->document->result.python, &now->python),
        .layer =
            then->memory.native && now->native ? DCB_LAYER_BOTH : DCB_LAYER_INTERPRETER,
        .rows = dcb_xcalloc(now->pair_count * (DCB_MEMO_COUNT + 1) + 1,
                            sizeof *ret_check->rows),
    };
    for (size_t i = 0; i < now->pair_count; i++)
        add_rows(ret_check, i, margin);
}

void dcb_memory_check_clear(struct dcb_memory_check *check)
{
    for (size_t i = 0; i < check->row_count; i++)
        free(check->rows[i].reason);
    free(check->rows);
    *check = (struct dcb_memory_check){.rows = NULL};
}

size_t dcb_memory_check_count(const struct dcb_memory_check *check,
                              enum dcb_memory_outcome outcome)
{
    size_t count = 0;

    for (size_t i = 0; i < check->row_count; i++)
        count += check->rows[i].outcome == outcome;
    return count;
}
