#include <stdio.h>
#include <string.h>

#include "py_memory.h"
#include "worker.h"

/* What bytes belong to, by name. */

void worker_terms_add(struct worker_terms *terms, const char *name, bool counts,
                      int64_t bytes)
{
    size_t place = 0;

    while (place < terms->count && strcmp(terms->items[place].name, name) != 0)
        place++;
    if (place == WORKER_TERMS_MAX) {
        worker_terms_add(terms, "other", counts, bytes);
        return;
    }
    if (place == terms->count) {
        terms->items[place] = (struct worker_term){.bytes = 0};
        snprintf(terms->items[place].name, sizeof terms->items[place].name, "%s", name);
        terms->count++;
    }
    terms->items[place].count += counts;
    terms->items[place].bytes += bytes;
}

void worker_terms_add_block(struct worker_terms *terms, const struct worker_block *item,
                            bool counts)
{
    char name[sizeof terms->items->name];

    if (item->block.layer == DCB_LAYER_NATIVE) {
        worker_terms_add(terms, "native", true, (int64_t)item->block.size);
    } else if (!item->type) {
        worker_terms_add(terms, "other", true, (int64_t)item->block.size);
    } else {
        snprintf(name, sizeof name, item->free ? "free %s" : "%s", item->type->tp_name);
        worker_terms_add(terms, name, counts, (int64_t)item->block.size);
    }
}

int64_t worker_terms_sum(const struct worker_terms *terms)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < terms->count; i++)
        bytes += terms->items[i].bytes;
    return bytes;
}

void worker_terms_balance(struct worker_terms *terms, int64_t bytes)
{
    terms->items[0].bytes += bytes - worker_terms_sum(terms);
}

void worker_terms_balance_counts(struct worker_terms *terms, int64_t count)
{
    for (size_t i = 0; i < terms->count; i++)
        count -= terms->items[i].count;
    terms->items[0].count += count;
}

void worker_terms_name(struct worker_terms *ret_terms, const struct worker_blocks *blocks,
                       struct dcb_ledger *ledger)
{
    size_t count;
    const struct worker_block *items = worker_blocks_list(blocks, &count);

    *ret_terms = (struct worker_terms){.count = 0};
    worker_terms_add(ret_terms, "other", false, 0);
    for (size_t i = 0; items && i < count; i++) {
        const struct worker_block *item = &items[i];
        struct dcb_ledger_block now;

        if (ledger && dcb_ledger_find(ledger, item->block.address, &now) &&
            now.serial == item->block.serial)
            worker_terms_add(ret_terms, "the copy", item->object,
                             (int64_t)item->block.size);
        else
            worker_terms_add_block(ret_terms, item, item->object || !ledger);
    }
}
