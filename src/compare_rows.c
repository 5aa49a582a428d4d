#include <stdlib.h>
#include <string.h>

#include "compare_private.h"
#include "xalloc.h"

/* What is needed while rows are made. A file may have tens of thousands of them, so
 * nothing here looks through all of them. */
struct list {
    size_t *rows;
    size_t count;
};

struct index {
    struct dcb_compare *compare;
    size_t **groups;         /* [document][workload in its result]: its group's number */
    bool *any;               /* [document]: is_any_arm */
    struct list *lists;      /* [group] */
    const char **any_labels; /* [group]: of the row in which such arms stand */
};

/* ---- workloads ---- */

struct place {
    const char *label;
    size_t document, workload;
};

static int by_label(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    int order = strcmp(a->label, b->label);

    if (order)
        return order;
    return (a->document > b->document) - (a->document < b->document);
}

static size_t all_places(const struct dcb_compare *compare, struct place **ret_places)
{
    struct place *places;
    size_t count = 0;

    for (size_t i = 0; i < compare->document_count; i++)
        count += compare->documents[i]->result.workload_count;
    places = *ret_places = dcb_xcalloc(count + 1, sizeof *places);
    for (size_t i = 0; i < compare->document_count; i++) {
        const struct dcb_result *result = &compare->documents[i]->result;

        for (size_t k = 0; k < result->workload_count; k++)
            *places++ = (struct place){
                dcb_result_workload_label(result, &result->workloads[k]), i, k};
    }
    return count;
}

static void make_groups(struct index *index)
{
    struct dcb_compare *compare = index->compare;
    struct place *places;
    size_t count = all_places(compare, &places);

    qsort(places, count, sizeof *places, by_label);
    compare->groups = dcb_xcalloc(count + 1, sizeof *compare->groups);
    for (size_t i = 0; i < count; i++) {
        const struct place *place = &places[i];
        const struct dcb_document *document = compare->documents[place->document];
        struct dcb_compare_group *group;

        if (i == 0 || strcmp(place->label, places[i - 1].label) != 0)
            compare->groups[compare->group_count++].workloads =
                dcb_xcalloc(compare->document_count, sizeof *group->workloads);
        group = &compare->groups[compare->group_count - 1];
        group->workloads[place->document] = &document->result.workloads[place->workload];
        index->groups[place->document][place->workload] = compare->group_count - 1;
    }
    free(places);
}

/* ---- arms ---- */

static const char *arm_label(const struct dcb_document *document,
                             const struct dcb_cell *cell)
{
    return dcb_result_arm_label(&document->result, cell);
}

/* A pyperf document whose arm has a label that no other document knows: it may be
 * anybody's name for it. */
static bool is_any_arm(const struct dcb_compare *compare, size_t index)
{
    const struct dcb_document *self = compare->documents[index];

    for (size_t i = 0; i < compare->document_count; i++) {
        const struct dcb_plan *plan = &compare->documents[i]->plan;

        for (size_t k = 0; i != index && k < plan->arm_count; k++) {
            if (k != 1 && strcmp(plan->arms[k].label, self->plan.arms[0].label) == 0)
                return false;
        }
    }
    return self->kind == DCB_DOCUMENT_PYPERF;
}

/* The only label that the other documents have on this workload; NULL for none and for
 * several. */
static const char *only_label(const struct index *index, size_t group)
{
    const struct dcb_compare *compare = index->compare;
    const char *label = NULL;

    for (size_t i = 0; i < compare->document_count; i++) {
        const struct dcb_workload_result *workload = compare->groups[group].workloads[i];

        for (size_t k = 0; workload && !index->any[i] && k < workload->cell_count; k++) {
            const struct dcb_cell *cell = &workload->cells[k];
            const char *this = arm_label(compare->documents[i], cell);

            if (cell->role == DCB_ROLE_CONTROL)
                continue;
            if (label && strcmp(label, this) != 0)
                return NULL;
            label = this;
        }
    }
    return label;
}

static const char *find_any_label(const struct index *index, size_t group)
{
    const struct dcb_compare *compare = index->compare;
    const char *label = only_label(index, group);

    for (size_t i = 0; !label && i < compare->document_count; i++) {
        if (index->any[i] && compare->groups[group].workloads[i])
            label = compare->documents[i]->plan.arms[0].label;
    }
    return label;
}

/* ---- rows ---- */

static const struct dcb_cell *find_cell(const struct index *index, size_t document,
                                        size_t group, const char *impl)
{
    const struct dcb_workload_result *workload =
        index->compare->groups[group].workloads[document];

    if (!workload || workload->cell_count == 0)
        return NULL;
    if (index->any[document])
        return strcmp(index->any_labels[group], impl) == 0 ? &workload->cells[0] : NULL;
    return dcb_document_cell(index->compare->documents[document], workload, impl);
}

static bool has_row(const struct index *index, size_t group, const char *impl)
{
    const struct list *list = &index->lists[group];

    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(index->compare->rows[list->rows[i]].impl, impl) == 0)
            return true;
    }
    return false;
}

static void add_row(struct index *index, size_t group, const char *workload,
                    const char *impl)
{
    struct dcb_compare *compare = index->compare;
    struct list *list = &index->lists[group];
    struct dcb_compare_row *row;

    compare->rows =
        dcb_xrealloc(compare->rows, compare->row_count + 1, sizeof *compare->rows);
    list->rows = dcb_xrealloc(list->rows, list->count + 1, sizeof *list->rows);
    list->rows[list->count++] = compare->row_count;
    row = &compare->rows[compare->row_count++];
    row->workload = dcb_xstrdup(workload);
    row->impl = dcb_xstrdup(impl);
    row->group = group;
    row->cells = dcb_xcalloc(compare->document_count, sizeof *row->cells);
    row->comparisons = dcb_xcalloc(compare->document_count, sizeof *row->comparisons);
    for (size_t i = 0; i < compare->document_count; i++)
        row->cells[i] = find_cell(index, i, group, impl);
}

/* Baselines have no ratio: a row of theirs has something to say only of times. */
static void add_rows_of(struct index *index, size_t number, bool baselines)
{
    const struct dcb_document *document = index->compare->documents[number];
    const struct dcb_result *result = &document->result;

    for (size_t i = 0; i < result->workload_count; i++) {
        const struct dcb_workload_result *workload = &result->workloads[i];
        size_t group = index->groups[number][i];

        for (size_t k = 0; k < workload->cell_count; k++) {
            const struct dcb_cell *cell = &workload->cells[k];
            const char *impl =
                index->any[number] ? index->any_labels[group] : arm_label(document, cell);

            if (cell->role == DCB_ROLE_CONTROL ||
                (cell->role == DCB_ROLE_BASELINE && !baselines) ||
                has_row(index, group, impl))
                continue;
            add_row(index, group, dcb_result_workload_label(result, workload), impl);
        }
    }
}

/* An arm of any name comes last: it belongs to the rows of the others. */
static void add_rows(struct index *index)
{
    const struct dcb_compare *compare = index->compare;
    bool times = false;

    for (size_t i = 0; i < compare->document_count; i++)
        times = times || compare->documents[i]->kind == DCB_DOCUMENT_PYPERF;
    for (int last = 0; last < 2; last++) {
        for (size_t i = 0; i < compare->document_count; i++) {
            if (index->any[i] == (last == 1))
                add_rows_of(index, i, times);
        }
    }
}

/* ---- all ---- */

static void clear_index(struct index *index)
{
    for (size_t i = 0; i < index->compare->document_count; i++)
        free(index->groups[i]);
    for (size_t i = 0; i < index->compare->group_count; i++)
        free(index->lists[i].rows);
    free(index->groups);
    free(index->any);
    free(index->lists);
    free(index->any_labels);
}

void dcb_compare_make_rows(struct dcb_compare *compare)
{
    struct index index = {.compare = compare};
    size_t count = compare->document_count;

    index.groups = dcb_xcalloc(count, sizeof *index.groups);
    index.any = dcb_xcalloc(count, sizeof *index.any);
    for (size_t i = 0; i < count; i++) {
        index.groups[i] = dcb_xcalloc(compare->documents[i]->result.workload_count + 1,
                                      sizeof **index.groups);
        index.any[i] = is_any_arm(compare, i);
    }
    make_groups(&index);
    index.lists = dcb_xcalloc(compare->group_count + 1, sizeof *index.lists);
    index.any_labels = dcb_xcalloc(compare->group_count + 1, sizeof *index.any_labels);
    for (size_t i = 0; i < compare->group_count; i++)
        index.any_labels[i] = find_any_label(&index, i);
    add_rows(&index);
    clear_index(&index);
}
