"""What cannot be copied, and iterators, most of which can."""

import sys

from verify_cases_tools import (
    Cases, equal, new, not_raised, plain, same, show)

cases = Cases()


def library(name):
    return __import__(name)


def generator():
    yield 1


def started():
    x = generator()
    next(x)
    return x


def proxy(x):
    return library("types").MappingProxyType(x)


def cell():
    part = [1]
    return (lambda: part).__closure__[0]


def traceback():
    try:
        raise KeyError
    except KeyError as error:
        return error.__traceback__


class Refuses:
    def __reduce__(self):
        raise TypeError("no copies")


class RefusesState:
    def __getstate__(self):
        raise TypeError("no state")


REFUSED = {
    "module": lambda: sys,
    "generator": generator,
    "generator_started": started,
    "memoryview": lambda: memoryview(b"abc"),
    "memoryview_of_bytearray": lambda: memoryview(bytearray(b"abc")),
    "mapping_proxy": lambda: proxy({"a": [1]}),
    "class_dictionary": lambda: vars(Refuses),
    "dict_keys": lambda: {"a": 1}.keys(),
    "dict_values": lambda: {"a": 1}.values(),
    "dict_items": lambda: {"a": 1}.items(),
    "lock": lambda: library("_thread").allocate_lock(),
    "lock_reentrant": lambda: library("_thread").RLock(),
    "thread_local": lambda: library("_thread")._local(),
    "frame": lambda: sys._getframe(),
    "traceback": traceback,
    "cell": cell,
    "staticmethod": lambda: staticmethod(generator),
    "classmethod": lambda: classmethod(generator),
    "version": lambda: sys.version_info,
    "reduce_raises": Refuses,
    "getstate_raises": RefusesState,
}

for name, make in REFUSED.items():
    cases.refused(f"refused_{name}", make)
    if name in ("module", "generator", "memoryview", "lock", "dict_keys"):
        for place, put in (("list", lambda x: [1, x]),
                           ("tuple", lambda x: (1, x)),
                           ("dict", lambda x: {"a": x}),
                           ("attribute", lambda x: plain(a=x))):
            cases.refused(f"refused_{name}_in_{place}",
                          lambda make=make, put=put: put(make()))


@cases("TypeError")
def refused_file(deepcopy):
    import os
    with open(os.devnull) as text, open(os.devnull, "rb", 0) as raw:
        return (not_raised(TypeError, deepcopy, text)
                or not_raised(TypeError, deepcopy, [raw]))


@cases("TypeError")
def refused_coroutine(deepcopy):
    async def coroutine():
        pass

    x = coroutine()
    try:
        return not_raised(TypeError, deepcopy, x)
    finally:
        x.close()


@cases("TypeError, and a generator that goes on where it was")
def refused_generator_not_used(deepcopy):
    x = generator()
    return not_raised(TypeError, deepcopy, [x]) or equal(list(x), [1])


# Iterators that say how far they are ----------------------------------------

def after_one(x):
    next(x)
    return x


ITERATORS = {
    "list": (lambda: after_one(iter([[0], [1], [2]])), [[1], [2]]),
    "list_done": (lambda: iter([]), []),
    "list_reversed": (lambda: after_one(reversed([[0], [1]])), [[0]]),
    "tuple": (lambda: after_one(iter(([0], [1]))), [[1]]),
    "str": (lambda: after_one(iter("abc")), ["b", "c"]),
    "bytes": (lambda: after_one(iter(b"abc")), [98, 99]),
    "range": (lambda: after_one(iter(range(4))), [1, 2, 3]),
    "dict": (lambda: after_one(iter({"a": 1, "b": 2})), ["b"]),
    "dict_values": (lambda: after_one(iter({"a": [1], "b": [2]}.values())),
                    [[2]]),
    "set": (lambda: iter({1}), [1]),
    "enumerate": (lambda: after_one(enumerate([[0], [1]])), [(1, [1])]),
    "zip": (lambda: after_one(zip([[0], [1]], "ab")), [([1], "b")]),
    "map": (lambda: after_one(map(len, [[], [1]])), [1]),
    "filter": (lambda: after_one(filter(None, [[0], [], [1]])), [[1]]),
    "callable": (lambda: iter(int, 0), []),
}

for name, (make, rest) in ITERATORS.items():
    def iterator_case(deepcopy, make=make, rest=rest):
        x = make()
        y = deepcopy([x])[0]
        if y is x:
            return "the original itself"
        return equal(list(y), rest) or equal(list(x), rest)

    cases.add(f"iterator_{name}", "an iterator of its own, at the same place",
              iterator_case)


@cases("an iterator over copies")
def iterator_over_copies(deepcopy):
    x = [[1], [2]]
    y = deepcopy([iter(x), x])
    element = next(y[0])
    return new(element, x[0], "element") or same(element, y[1][0]) or (
        None if x == y[1] else show(y[1]))
