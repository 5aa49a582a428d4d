"""Depth, exceptions midway, and what is left behind."""

import gc
import sys
from weakref import ref

from verify import skipped
from verify_cases_tools import (
    Cases, Plain, Reduces, Target, changed, describe, equal, new, not_raised,
    plain, show)

cases = Cases()


# Depth --------------------------------------------------------------------

# Where somebody has raised the limit far, the machine's stack is the limit.
_HIGHEST = 5000

# Frames for each level in the standard library are two for a container, and
# four for an object with a dictionary.
NESTED = {
    "lists": (2, lambda x: [x], lambda x: x[0]),
    "tuples": (2, lambda x: (x,), lambda x: x[0]),
    "dicts": (2, lambda x: {"a": x}, lambda x: x["a"]),
    "instances": (4, lambda x: plain(a=x), lambda x: x.a),
    "mixed": (8, lambda x: [({"a": plain(a=x)},)],
              lambda x: x[0][0]["a"].a),
}


def nested(levels, wrap):
    x = []
    for _ in range(levels):
        x = wrap(x)
    return x


def unwrap(x, y, step):
    """Go down as long as there is a way; return how far, and what is wrong."""
    levels = 0
    while type(x) is not list or x:
        if y is x or type(y) is not type(x):
            return f"no copy on level {levels}"
        x, y = step(x), step(y)
        levels += 1
    return new(y, x, "innermost list") or equal(y, [])


for name, (frames, wrap, step) in NESTED.items():
    def deep_case(deepcopy, frames=frames, wrap=wrap, step=step):
        limit = sys.getrecursionlimit()
        if limit > _HIGHEST:
            return skipped(f"a recursion limit of {limit}")
        x = nested(limit // 2 // frames, wrap)
        return unwrap(x, deepcopy(x), step)

    def too_deep_case(deepcopy, frames=frames, wrap=wrap, step=step):
        limit = sys.getrecursionlimit()
        if limit > _HIGHEST:
            return skipped(f"a recursion limit of {limit}")
        x = nested(2 * limit, wrap)
        try:
            y = deepcopy(x)
        except RecursionError:
            return None
        return unwrap(x, y, step)

    cases.add(f"nested_{name}", "a copy as deep as half of the recursion "
              "limit lets it be", deep_case)
    cases.add(f"nested_too_deep_{name}", "RecursionError or a right copy",
              too_deep_case)


@cases("a copy after a RecursionError as before it")
def nested_too_deep_then_not(deepcopy):
    if sys.getrecursionlimit() > _HIGHEST:
        return skipped("a high recursion limit")
    try:
        deepcopy(nested(2 * sys.getrecursionlimit(), lambda x: [x]))
    except RecursionError:
        pass
    return equal(deepcopy([[1], (2, [3])]), [[1], (2, [3])])


@cases("RecursionError, as the arguments are copied before the object is made")
def nested_in_own_arguments(deepcopy):
    if sys.getrecursionlimit() > _HIGHEST:
        return skipped("a high recursion limit")
    x = Reduces(None)
    x.rv = Target, (x,)
    return not_raised(RecursionError, deepcopy, x)


@cases("3000 lists in a list, for which no depth is needed")
def wide_list(deepcopy):
    x = [[i] for i in range(3000)]
    y = deepcopy(x)
    return None if y == x and y[-1] is not x[-1] else show(y)


# Exceptions midway -----------------------------------------------------------

class OwnError(Exception):
    def __init__(self, a, b):
        super().__init__(a, b)


class OwnBase(BaseException):
    pass


class Raises:
    """Raises an exception when it is copied, unless told not to."""

    def __init__(self, error):
        self.error = error

    def __deepcopy__(self, memo):
        if self.error is None:
            return "copied"
        raise self.error


def raised(function, *args):
    """Return the exception of a call, of whatever kind, or None."""
    try:
        function(*args)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return error
    return None


PLACES = {
    "list": lambda x: [1, x, 2], "tuple": lambda x: (1, x, []),
    "dict_value": lambda x: {"a": x}, "dict_key": lambda x: {x: 1},
    "set": lambda x: {x}, "frozenset": lambda x: frozenset((x,)),
    "attribute": lambda x: plain(a=x),
    "argument": lambda x: Reduces((Target, (x,))),
    "state": lambda x: Reduces((Target, (), [x])),
    "item": lambda x: Reduces((Target, (), None, [x])),
    "pair": lambda x: Reduces((Target, (), None, None, [(1, x)])),
}

for name, place in PLACES.items():
    def error_case(deepcopy, place=place):
        error = OwnError(1, 2)
        other = raised(deepcopy, [[1], place(Raises(error))])
        if other is error:
            return None
        return "no exception" if other is None else describe(other)

    cases.add(f"error_in_{name}", "the very exception that was raised",
              error_case)

for error in (TypeError, AttributeError, KeyError, StopIteration, ValueError,
              RecursionError, MemoryError, GeneratorExit, OwnBase):
    def kind_case(deepcopy, error=error):
        x = Raises(error("mine"))
        other = raised(deepcopy, [x])
        if other is x.error:
            return None
        return "no exception" if other is None else describe(other)

    cases.add(f"error_{error.__name__.lower()}",
              "the very exception that was raised", kind_case)


def failing(where):
    """Return an object that raises ZeroDivisionError in a method."""
    def fail(self, *args):
        raise ZeroDivisionError

    class Fails:
        def __reduce_ex__(self, protocol):
            return Fails, (), {"a": 1}, iter([1]), iter([(1, 2)])

        def append(self, item):
            pass

        def __setitem__(self, key, value):
            pass

    setattr(Fails, where, fail)
    return Fails()


for where in ("__reduce_ex__", "__setstate__", "append", "__setitem__"):
    cases.add(f"error_in_{where.strip('_')}_method", "ZeroDivisionError",
              lambda deepcopy, where=where: not_raised(
                  ZeroDivisionError, deepcopy, [failing(where)]))


@cases("the exception of a class that is called")
def error_in_function(deepcopy):
    def fail():
        raise ZeroDivisionError

    return not_raised(ZeroDivisionError, deepcopy, Reduces((fail, ())))


@cases("the exception of an iterator of items")
def error_in_items(deepcopy):
    x = Reduces((list, (), None, (1 // (1 - i) for i in range(3))))
    return not_raised(ZeroDivisionError, deepcopy, x)


@cases("the exception of __getstate__")
def error_in_getstate(deepcopy):
    class Fails:
        def __getstate__(self):
            raise ZeroDivisionError

    return not_raised(ZeroDivisionError, deepcopy, Fails())


@cases("the exception of a property that hides __setstate__")
def error_in_setstate_lookup(deepcopy):
    class Fails:
        @property
        def __setstate__(self):
            raise ZeroDivisionError

    return not_raised(ZeroDivisionError, deepcopy, plain(Fails, a=1))


@cases("an AttributeError of a slot that cannot be set")
def error_in_slot(deepcopy):
    class Fails:
        a = property(lambda self: 1)

    x = Reduces((Fails, (), (None, {"a": 1})))
    return not_raised(AttributeError, deepcopy, x)


@cases("the original unchanged after an exception")
def error_leaves_original(deepcopy):
    def make():
        return [[1], {"a": plain(b=(1, [2]))}, Reduces(5)]

    x = make()
    not_raised(TypeError, deepcopy, x)
    return changed(x, make())


@cases("a whole copy when asked again after an exception")
def error_then_again(deepcopy):
    x = [[1], Raises(OwnError(1, 2)), [2]]
    raised(deepcopy, x)
    x[1].error = None
    return equal(deepcopy(x), [[1], "copied", [2]])


@cases("parts that were copied before the exception found in the memo, whole")
def error_then_again_with_memo(deepcopy):
    part, memo = [1, [2]], {}
    raised(deepcopy, [part, Raises(OwnError(1, 2))], memo)
    return equal(deepcopy(part, memo), [1, [2]])


@cases("a tuple copied anew after an exception in it, with the memo")
def error_in_tuple_then_again(deepcopy):
    x, memo = ([1], Raises(OwnError(1, 2))), {}
    raised(deepcopy, x, memo)
    x[1].error = None
    return equal(deepcopy(x, memo), ([1], "copied"))


@cases("an object made anew after an exception in its arguments")
def error_in_arguments_then_again(deepcopy):
    part, memo = Raises(OwnError(1, 2)), {}
    x = Reduces((Target, (part,)))
    raised(deepcopy, x, memo)
    part.error = None
    return equal(deepcopy(x, memo).calls, [("init", ("copied",))])


# What is left behind --------------------------------------------------------

def graph():
    part = Plain()
    return plain(a=[part, (part, 1)], b={"c": {part}}, d=Reduces(
        (Target, (part,), {"a": [part]}, [part], [("a", part)])))


def gone(reference):
    """Tell whether an object is, by counting or else by collection."""
    if reference() is not None:
        gc.collect()
    return reference() is None


@cases("nothing that keeps an original alive after its copy is made")
def leaves_original(deepcopy):
    x = graph()
    y, reference = deepcopy(x), ref(x)
    del x
    if not gone(reference):
        return f"an original that lives on beside {show(y)}"
    return None


@cases("nothing that keeps a copy alive")
def leaves_copy(deepcopy):
    x = graph()
    deepcopy(x)         # what is kept of a first call alone is no leak
    y = deepcopy(x)
    reference = ref(y.a[0])
    del y
    return None if gone(reference) else "a copy that lives on"


@cases("nothing that keeps parts alive after an exception")
def leaves_after_error(deepcopy):
    class Fails:
        def __deepcopy__(self, memo):
            made.append(ref(memo[id(part)]))
            raise ZeroDivisionError

    made, part = [], Plain()
    x = [part, Fails()]
    not_raised(ZeroDivisionError, deepcopy, x)
    reference = ref(part)
    del part, x
    if not gone(reference):
        return "an original that lives on"
    return None if gone(made[0]) else "a half-made copy that lives on"


@cases("nothing that keeps parts alive once the caller's memo is gone")
def leaves_memo(deepcopy):
    x, memo = graph(), {}
    deepcopy(x, memo)
    reference = ref(x)
    del x, memo
    return None if gone(reference) else "an original that lives on"


@cases("as many references to what is shared as the copy holds")
def leaves_counts(deepcopy):
    shared = object.__new__(type("Shared", (), {
        "__deepcopy__": lambda self, memo: self}))
    x = [shared, (shared, []), {"a": shared}]
    before = sys.getrefcount(shared)
    for _ in range(10):
        deepcopy(x)
    after = sys.getrefcount(shared)
    return None if after == before else f"{after - before} more references"


@cases("the garbage collector, the recursion limit as they were, after an "
       "exception too")
def leaves_interpreter(deepcopy):
    def state():
        return {"collector": gc.isenabled(), "thresholds": gc.get_threshold(),
                "frozen": gc.get_freeze_count(), "trace": sys.gettrace(),
                "recursion limit": sys.getrecursionlimit(),
                "profile": sys.getprofile()}

    before = state()
    try:
        deepcopy(graph())
        got = equal(state(), before)
        if got is None:
            raised(deepcopy, [graph(), Raises(OwnError(1, 2))])
            got = equal(state(), before)
            return got and f"{got} after an exception"
        return got
    finally:
        restore(before)


def restore(before):
    """Have the interpreter as it was, whatever an implementation did."""
    (gc.enable if before["collector"] else gc.disable)()
    gc.set_threshold(*before["thresholds"])
    sys.setrecursionlimit(before["recursion limit"])


@cases("the garbage collector off, where it was")
def leaves_collector_off(deepcopy):
    enabled = gc.isenabled()
    gc.disable()
    try:
        deepcopy(graph())
        return "the collector on" if gc.isenabled() else None
    finally:
        (gc.enable if enabled else gc.disable)()


@cases("no entry in copyreg's table")
def leaves_dispatch_table(deepcopy):
    from copyreg import dispatch_table
    before = dict(dispatch_table)
    deepcopy([graph(), {1}, OwnError(1, 2)])
    return None if dispatch_table == before else "a changed table"


@cases("copies that are tracked by the garbage collector where they must be")
def leaves_collectable(deepcopy):
    class Node:
        pass

    x = Node()
    x.list = [x]
    y = deepcopy(x)
    reference = ref(y)
    del y
    return None if gone(reference) else "a cycle that is not collected"
