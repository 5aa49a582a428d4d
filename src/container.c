#include "container.h"

#include <stddef.h>
#include <string.h>

enum {
    MEMBER_BYTES = 1024,
    FLOAT_BYTES = 24,
    /* A place of a list, a set or a dict, twice: before and behind its last growth. */
    PLACE_BYTES = 128,
    /* A place in the memo, its key, and one in the list that keeps the original alive. */
    MEMO_BYTES = 192,
    HEADER_BYTES = 96 /* of a member, with what its blocks are rounded up by */
};

static const struct {
    const char *name;
    uint64_t member_bytes;
    bool copied; /* the members, and not the container alone */
} containers[DCB_CONTAINER_COUNT] = {
    [DCB_CONTAINER_LIST_BYTES] = {"list-bytes", MEMBER_BYTES, false},
    [DCB_CONTAINER_SET_BYTES] = {"set-bytes", MEMBER_BYTES, false},
    [DCB_CONTAINER_DICT_BYTES] = {"dict-bytes", MEMBER_BYTES, false},
    [DCB_CONTAINER_DICT_STR] = {"dict-str", MEMBER_BYTES, false},
    [DCB_CONTAINER_LIST_FLOAT] = {"list-float", FLOAT_BYTES, false},
    [DCB_CONTAINER_LIST_BYTEARRAY] = {"list-bytearray", MEMBER_BYTES, true},
};

const char *dcb_container_name(enum dcb_container container)
{
    return containers[container].name;
}

bool dcb_container_find(const char *name, enum dcb_container *ret_container)
{
    for (int i = 0; i < DCB_CONTAINER_COUNT; i++) {
        if (strcmp(containers[i].name, name) == 0) {
            *ret_container = (enum dcb_container)i;
            return true;
        }
    }
    return false;
}

uint64_t dcb_container_member_bytes(enum dcb_container container)
{
    return containers[container].member_bytes;
}

uint64_t dcb_container_members(enum dcb_container container, uint64_t size_bytes)
{
    uint64_t members = size_bytes / containers[container].member_bytes;

    return members ? members : 1;
}

uint64_t dcb_container_need(enum dcb_container container, uint64_t size_bytes)
{
    uint64_t members = dcb_container_members(container, size_bytes);
    bool small = containers[container].member_bytes == FLOAT_BYTES;
    uint64_t each = containers[container].member_bytes + (small ? 8 : HEADER_BYTES);
    uint64_t place = small ? 4 * sizeof(void *) : PLACE_BYTES;

    if (containers[container].copied)
        each = 2 * each + MEMO_BYTES;
    each += place;
    return members > UINT64_MAX / each ? UINT64_MAX : members * each;
}
