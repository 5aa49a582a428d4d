#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare_report.h"
#include "xalloc.h"

struct entry {
    const struct dcb_compare_row *row;
    size_t index, document;
};

static int by_place(const struct entry *a, const struct entry *b)
{
    return (a->index > b->index) - (a->index < b->index);
}

static int by_change(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    double x = a->row->comparisons[a->document].ratio.estimate;
    double y = b->row->comparisons[b->document].ratio.estimate;

    if (isnan(x) || isnan(y))
        return isnan(x) != isnan(y) ? (isnan(x) ? 1 : -1) : by_place(a, b);
    return x != y ? (x < y ? 1 : -1) : by_place(a, b);
}

static int by_name(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = strcmp(a->row->impl, b->row->impl);

    if (order == 0)
        order = strcmp(a->row->workload, b->row->workload);
    return order ? order : by_place(a, b);
}

static int by_workload(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = strcmp(a->row->workload, b->row->workload);

    if (order == 0)
        order = strcmp(a->row->impl, b->row->impl);
    return order ? order : by_place(a, b);
}

size_t *dcb_compare_order(const struct dcb_compare *compare, size_t document,
                          const struct dcb_compare_view *view, size_t *ret_count)
{
    static int (*const orders[])(const void *, const void *) = {
        [DCB_COMPARE_SORT_FILE] = NULL,
        [DCB_COMPARE_SORT_CHANGE] = by_change,
        [DCB_COMPARE_SORT_NAME] = by_name,
        [DCB_COMPARE_SORT_WORKLOAD] = by_workload,
    };
    struct entry *entries = dcb_xcalloc(compare->row_count + 1, sizeof *entries);
    size_t *indices = dcb_xcalloc(compare->row_count + 1, sizeof *indices);
    size_t count = 0;

    for (size_t i = 0; i < compare->row_count; i++) {
        const struct dcb_comparison *comparison = &compare->rows[i].comparisons[document];

        if (!comparison->hidden &&
            (!view->only_changed || comparison->verdict == DCB_VERDICT_FASTER ||
             comparison->verdict == DCB_VERDICT_SLOWER))
            entries[count++] = (struct entry){&compare->rows[i], i, document};
    }
    if (orders[view->sort])
        qsort(entries, count, sizeof *entries, orders[view->sort]);
    for (size_t i = 0; i < count; i++)
        indices[i] = entries[i].index;
    free(entries);
    *ret_count = count;
    return indices;
}
