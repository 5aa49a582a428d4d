/* Any bytes to dcb_json_prune: what was JSON is JSON afterwards, and the same but for the
 * members that it drops. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "json_document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int truth)
{
    if (!truth)
        abort();
}

static void drop(json_t *root, const char *list, const char *key)
{
    json_t *object;
    size_t i;

    json_array_foreach(json_object_get(root, list), i, object)
        json_object_del(object, key);
}

static void drop_all(json_t *root)
{
    drop(root, "cells", "samples");
    drop(root, "cells", "layouts");
    drop(root, "cells", "derived");
    drop(root, "cells", "counters");
    drop(root, "workloads", "each_worker");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int flags = JSON_DECODE_ANY | JSON_REJECT_DUPLICATES;
    json_t *before = json_loadb((const char *)data, size, flags, NULL), *after;
    char *text = malloc(size + 1);
    size_t length;

    must(text != NULL);
    memcpy(text, data, size);
    length = dcb_json_prune(text, size);
    must(length <= size && text[length] == '\0');
    if (before) {
        after = json_loadb(text, length, flags, NULL);
        must(after != NULL);
        drop_all(before);
        drop_all(after);
        must(json_equal(before, after));
        json_decref(after);
    }
    json_decref(before);
    free(text);
    return 0;
}
