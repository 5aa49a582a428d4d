/*
 * The containers that are traced while they are copied: what they hold, what their copies
 * share with them, and what room that takes. Pure.
 */
#ifndef DCB_CONTAINER_H
#define DCB_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>

enum dcb_container {
    DCB_CONTAINER_LIST_BYTES,
    DCB_CONTAINER_SET_BYTES,
    DCB_CONTAINER_DICT_BYTES, /* keys and values alike */
    DCB_CONTAINER_DICT_STR,
    DCB_CONTAINER_LIST_FLOAT,
    DCB_CONTAINER_LIST_BYTEARRAY, /* the one whose members are copied */
    DCB_CONTAINER_COUNT
};

const char *dcb_container_name(enum dcb_container container); /* "list-bytes" */

bool dcb_container_find(const char *name, enum dcb_container *ret_container);

/* What one member holds: 1024 bytes, a float 24. `size` divided by it is how many members
 * there are, one at least; in a dict, keys and values are counted alike. */
uint64_t dcb_container_member_bytes(enum dcb_container container);
uint64_t dcb_container_members(enum dcb_container container, uint64_t size_bytes);

/* About what is alive at most while the standard library copies it, with what the
 * allocators add; beside the interpreter. UINT64_MAX where that is more. */
uint64_t dcb_container_need(enum dcb_container container, uint64_t size_bytes);

#endif
