#include <math.h>
#include <string.h>

#include "compare_private.h"
#include "xalloc.h"

static struct dcb_interval quotient(const struct dcb_interval *to,
                                    const struct dcb_interval *from)
{
    return (struct dcb_interval){.estimate = to->estimate / from->estimate,
                                 .low = to->low / from->high,
                                 .high = to->high / from->low};
}

static bool is_ratio(const struct dcb_interval *ratio)
{
    return ratio->estimate > 0 && isfinite(ratio->estimate);
}

static void compare_counter(const struct dcb_comparison *comparison,
                            const struct dcb_counter_value *from,
                            const struct dcb_counter_value *to,
                            struct dcb_compare_counter *counter)
{
    counter->value = to->value;
    counter->first_value = from->value;
    counter->ratio = to->ratio;
    counter->first_ratio = from->ratio;
    counter->change = (struct dcb_interval){DCB_UNKNOWN, DCB_UNKNOWN, DCB_UNKNOWN};
    counter->gaps |= comparison->gaps;
    if (counter->gaps == 0 && (!is_ratio(&from->ratio) || !is_ratio(&to->ratio)))
        counter->gaps = DCB_GAP_FAILED;
    if (counter->gaps == 0)
        counter->change = quotient(&to->ratio, &from->ratio);
}

void dcb_compare_counters(const struct dcb_compare *compare, struct dcb_compare_row *row,
                          size_t index)
{
    const struct dcb_plan *first = &compare->documents[0]->plan,
                          *second = &compare->documents[index]->plan;
    const struct dcb_cell *from = row->cells[0], *to = row->cells[index];
    struct dcb_comparison *comparison = &row->comparisons[index];

    if (!from || !to || !from->counters || !to->counters || comparison->unpaired)
        return;
    comparison->counters =
        dcb_xcalloc(first->row_count + 1, sizeof *comparison->counters);
    for (size_t i = 0; i < first->row_count; i++) {
        for (size_t k = 0; k < second->row_count; k++) {
            struct dcb_compare_counter *counter;

            if (strcmp(first->rows[i].name, second->rows[k].name) != 0)
                continue;
            counter = &comparison->counters[comparison->counter_count++];
            memcpy(counter->name, first->rows[i].name, sizeof counter->name);
            counter->provider = second->rows[k].provider;
            counter->gaps = dcb_compare_counter_gaps(first, i, second, k);
            compare_counter(comparison, &from->counters[i], &to->counters[k], counter);
            break;
        }
    }
}
