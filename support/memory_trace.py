"""The containers that are traced while they are copied, and what is alive then.

Members are objects of their own: `[b" " * 1024 for _ in range(n)]` would hold
n references to one constant, since the compiler multiplies it out.
"""

import sys
from collections import Counter
from time import perf_counter_ns

LENGTH = 1024


def list_bytes(count):
    blank = b" "
    return [blank * LENGTH for _ in range(count)]


def set_bytes(count):
    return {_numbered(i) for i in range(count)}


def dict_bytes(count):
    blank = b" "
    return {_numbered(i): blank * LENGTH for i in range((count + 1) // 2)}


def dict_str(count):
    blank = " "
    return {str(i).zfill(LENGTH): blank * LENGTH
            for i in range((count + 1) // 2)}


def list_float(count):
    return [i + 0.5 for i in range(count)]


def list_bytearray(count):
    return [bytearray(LENGTH) for _ in range(count)]


def _numbered(number):
    return number.to_bytes(8, "little") * (LENGTH // 8)


BUILDERS = {
    "list-bytes": list_bytes,
    "set-bytes": set_bytes,
    "dict-bytes": dict_bytes,
    "dict-str": dict_str,
    "list-float": list_float,
    "list-bytearray": list_bytearray,
}


def builder(name):
    return BUILDERS[name]


# ---- what is alive at the peak ----

# What has its items in a block of its own, behind this many bytes of its
# first one; the header of the collector included where it has one.
_APART = {
    list: list.__basicsize__ + 16,
    dict: dict.__basicsize__ + 16,
    set: set.__basicsize__ + 16,
    bytearray: bytearray.__basicsize__,
}


def block(size):
    """Return the room that a block of `size` bytes takes.

    Up to 512 bytes the interpreter's allocator gives it, in steps of 16; above
    that the C library, with 8 bytes of its own and in steps of 16, too.
    """
    if size <= 512:
        return -(-size // 16) * 16
    return max(32, -(-(size + 8) // 16) * 16)


def rounded(kind, size):
    """Return the room that an object of this type and sys.getsizeof takes."""
    first = _APART.get(kind)
    if first is None or size <= first:
        return block(size)
    return block(first) + block(size - first)


def _term(name, objects):
    """Return name, count, bytes by sys.getsizeof, and bytes as allocated."""
    sizes = Counter((type(x), sys.getsizeof(x)) for x in objects)
    return (name, sum(sizes.values()),
            sum(size * n for (_, size), n in sizes.items()),
            sum(rounded(kind, size) * n for (kind, size), n in sizes.items()))


def _members(container):
    if isinstance(container, dict):
        for item in container.items():
            yield from item
    else:
        yield from container


def _own_members(original, copy):
    """Yield the members of the copy that are none of the original's."""
    if isinstance(original, set):  # its order is not that of the original
        theirs = {x: x for x in original}
        yield from (x for x in copy if theirs.get(x) is not x)
        return
    for theirs, own in zip(_members(original), _members(copy)):
        if own is not theirs:
            yield own


def difference(original, copy):
    """Return what is wrong with the copy, or None."""
    if copy is original:
        return "its copy is the container itself"
    if type(copy) is not type(original):
        return f"its copy is a {type(copy).__name__}"
    if copy != original:
        return "its copy is not equal to the container"
    if type(next(_members(original))) is bytearray:
        for i, (theirs, own) in enumerate(zip(original, copy)):
            if own is theirs:
                return f"shares objects[0][{i}] with the original"
    return None


def _memo_terms(original, copy, memo):
    keep = memo.get(id(memo))
    keep = keep if isinstance(keep, list) else []
    member = type(next(_members(original)))
    others = {id(x): x for x in (*memo.values(), *keep)
              if type(x) is not member and x is not original
              and x is not copy and x is not keep}
    yield _term("memo", [memo])
    yield _term("memo keys", memo)
    yield _term("keep-alive list", [keep] if id(memo) in memo else [])
    yield _term("kept by the memo", others.values())


def account(name, count, deepcopy):
    """Copy once more, untraced, and tell what that keeps alive.

    Return (ns of the call, terms, why the memo is not among them, what is
    wrong with the copy).
    """
    original = BUILDERS[name](count)
    began = perf_counter_ns()
    copy = deepcopy(original)
    took = perf_counter_ns() - began
    wrong = difference(original, copy)
    if wrong:
        return took, [], None, wrong
    terms = [_term("container", [original]),
             _term("members", _members(original)),
             _term("copy", [copy]),
             _term("copied members", _own_members(original, copy))]
    del copy
    memo = {}
    try:
        copy = deepcopy(original, memo)
    except Exception as error:
        return took, terms, f"{type(error).__name__} with a memo given", None
    wrong = difference(original, copy)
    if wrong:
        return took, [], None, wrong
    if not memo:
        return took, terms, "it leaves nothing in a memo that it is given", None
    terms += _memo_terms(original, copy, memo)
    return took, terms, None, None
