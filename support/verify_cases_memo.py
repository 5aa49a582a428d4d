"""The memo: what a caller gives, what is in it, and what it keeps alive.

The documentation calls it opaque, and has `__deepcopy__` methods pass it on.
But it is a mapping of ids to copies, in the standard library with a list of
the objects that it keeps alive under its own id, and programs use it as such.
"""

import sys

from verify import deviates
from verify_cases_tools import (
    Cases, Plain, Reduces, Target, equal, new, not_raised, plain, same, show)

cases = Cases()


class Holder:
    """Makes up a new object each time it is asked for its state."""

    def __init__(self, number=0):
        self.number = number

    def __getstate__(self):
        return {"number": [self.number]}


class IntType(int):
    pass


class Meta(type):
    pass


class WithMeta(metaclass=Meta):
    pass


def a_function():
    pass


# Kinds of memo ---------------------------------------------------------------

def user_dict():
    from collections import UserDict
    return UserDict()


class DictType(dict):
    pass


class Mapping:
    """The least that a memo can be."""

    def __init__(self):
        self.entries = {}

    def get(self, key, default=None):
        return self.entries.get(key, default)

    def __contains__(self, key):
        return key in self.entries

    def __getitem__(self, key):
        return self.entries[key]

    def __setitem__(self, key, value):
        self.entries[key] = value


def anything():
    part = [1]
    return [part, (part, 2), {"a": part}, {3}, plain(a=part), 4, "text", None]


MEMOS = {"none": lambda: None, "dict": dict, "dict_subclass": DictType,
         "user_dict": user_dict, "mapping": Mapping}

for name, make in MEMOS.items():
    def memo_case(deepcopy, make=make):
        x, memo = anything(), make()
        y = deepcopy(x, memo)
        return (new(y, x) or equal(y[:4], x[:4]) or same(y[1][0], y[0])
                or same(y[2]["a"], y[0]) or same(y[4].a, y[0])
                or new(y[0], x[0], "list"))

    def keyword_case(deepcopy, make=make):
        x = [1, [2]]
        y = deepcopy(x, memo=make())
        return new(y, x) or equal(y, x) or new(y[1], x[1], "list")

    cases.add(f"memo_{name}", "a copy, with such a memo", memo_case)
    cases.add(f"memo_{name}_by_name", "a copy, with such a memo",
              keyword_case)
    if make() is None:
        continue

    def used_case(deepcopy, make=make):
        x, memo = [1], make()
        y = deepcopy(x, memo)
        return same(deepcopy(x, memo), y) or same(memo[id(x)], y)

    def filled_case(deepcopy, make=make):
        x, memo, replacement = [1], make(), object()
        memo[id(x)] = replacement
        y = deepcopy([x, (x,)], memo)
        return same(y[0], replacement) or same(y[1][0], replacement)

    cases.add(f"memo_{name}_used_again", "the first copy, from the memo",
              used_case)
    cases.add(f"memo_{name}_filled", "what the memo has for the object",
              filled_case)


def read_only():
    from types import MappingProxyType
    return MappingProxyType({})


for name, make in {
        "list": lambda: [1], "dict": lambda: {1: 2}, "set": lambda: {1},
        "instance": lambda: plain(a=1), "tuple_with_list": lambda: ([],),
        "frozenset": lambda: frozenset((1, 2))}.items():
    cases.add(f"memo_read_only_{name}",
              "TypeError, as nothing can be entered",
              lambda deepcopy, make=make: not_raised(
                  TypeError, deepcopy, make(), read_only()))
for name, x in (("int", 12), ("tuple", (1, "a", None)), ("class", Plain)):
    cases.add(f"memo_read_only_{name}",
              "the object itself, as nothing is to be entered",
              lambda deepcopy, x=x: same(deepcopy(x, read_only()), x))


@cases("what a memo has that cannot be written, where that is all")
def memo_read_only_filled(deepcopy):
    from types import MappingProxyType
    x, replacement = [1], [2]
    return same(deepcopy(x, MappingProxyType({id(x): replacement})),
                replacement)


# What is in it already -------------------------------------------------------

FILLED = {
    "list": lambda: [1], "dict": lambda: {1: 2}, "set": lambda: {1},
    "instance": lambda: plain(a=1), "tuple_with_list": lambda: ([],),
    "frozenset": lambda: frozenset((1, 2)), "bytearray": bytearray,
    "tuple_empty": lambda: (), "tuple_of_atoms": lambda: tuple([1, 2]),
    "tuple_of_six": lambda: tuple(range(6)),
    "int_subclass": lambda: IntType(1),
    "method": lambda: plain(a=1).__init__,
    "class_with_metaclass": lambda: WithMeta,
    "reduced": lambda: Reduces((Target, ())),
}

for name, make in FILLED.items():
    def object_case(deepcopy, make=make):
        x, replacement = make(), object()
        return same(deepcopy(x, {id(x): replacement}), replacement)

    def inner_case(deepcopy, make=make):
        x, replacement = make(), object()
        y = deepcopy([[x], (x,), {"x": x}, plain(x=x)], {id(x): replacement})
        return (same(y[0][0], replacement) or same(y[1][0], replacement)
                or same(y[2]["x"], replacement)
                or same(y[3].x, replacement))

    cases.add(f"memo_has_{name}", "what the memo has for it", object_case)
    cases.add(f"memo_has_{name}_inside", "what the memo has for it",
              inner_case)

ATOMS = {
    "none": lambda: None, "int": lambda: int("123456"), "bool": lambda: True,
    "float": lambda: float("1.5"), "complex": lambda: complex("1j"),
    "str": lambda: "".join(["a", "text"]), "bytes": lambda: bytes([1, 2, 3]),
    "ellipsis": lambda: ..., "function": lambda: a_function,
    "builtin": lambda: len, "class": lambda: Plain,
    "code": lambda: a_function.__code__,
    "property": lambda: property(a_function),
}


PLACES = {
    "": (lambda x: x, lambda y: y),
    "_in_list": (lambda x: [x], lambda y: y[0]),
    "_in_tuple": (lambda x: (x,), lambda y: y[0]),
    "_as_key": (lambda x: {x: 1}, lambda y: next(iter(y))),
    "_as_value": (lambda x: {1: x}, lambda y: y[1]),
    "_as_attribute": (lambda x: plain(a=x), lambda y: y.a),
}


def atom_in_memo(deepcopy, make, put, get):
    """Ask for an atomic object that the memo has a replacement for.

    Up to 3.13 the memo is asked first, from 3.14 on the type. Nowhere is it
    said which, and a program that enters an atomic object means to have it
    replaced: so an implementation is free to do either on any version.
    """
    x, replacement = make(), object()
    y = get(deepcopy(put(x), {id(x): replacement}))
    by_type = sys.version_info >= (3, 14)
    mine, other = (x, replacement) if by_type else (replacement, x)
    if y is mine:
        return None
    texts = ["what the memo has for it", "the object itself"]
    if by_type:
        texts.reverse()
    if y is other:
        return deviates("3.13" if by_type else "3.14", *texts)
    return show(y)


for name, make in ATOMS.items():
    for place, (put, get) in PLACES.items():
        if place == "" or name in ("int", "str"):
            cases.add(
                f"memo_has_{name}{place}",
                "what the memo has for it; from 3.14 on the object itself",
                lambda deepcopy, make=make, put=put, get=get: atom_in_memo(
                    deepcopy, make, put, get))


@cases("None, which the memo has for the object")
def memo_has_none_for_it(deepcopy):
    x = [1]
    y = deepcopy(x, {id(x): None})
    fresh = y is not x and equal(y, [1]) is None
    if sys.version_info >= (3, 15):
        # The memo is now asked for what is not None: taken either way.
        return None if fresh or y is None else show(y)
    if fresh:
        return deviates("3.15", "None, from the memo", "a copy")
    return same(y, None)


for name, value in (("zero", 0), ("false", False), ("list", []), ("text", "")):
    def falsy_case(deepcopy, value=value):
        x = [1]
        return same(deepcopy([x], {id(x): value})[0], value)

    cases.add(f"memo_has_{name}_for_it", "what the memo has, though falsy",
              falsy_case)


@cases("what the memo has for a state's dictionary, as the state")
def memo_has_state(deepcopy):
    state = {"a": [1]}
    x = Reduces((Target, (), state))
    y = deepcopy(x, {id(state): {"b": 2}})
    return equal(vars(y), {"calls": [("init", ())], "b": 2})


@cases("attributes from what the memo has for the instance's dictionary")
def memo_has_instance_dict(deepcopy):
    x = plain(a=[1])
    y = deepcopy(x, {id(vars(x)): {"b": 2}})
    return new(y, x) or equal(vars(y), {"b": 2})


@cases("what the memo has for a key and for a value")
def memo_has_key_and_value(deepcopy):
    key, value = plain(), [1]
    y = deepcopy({key: value}, {id(key): "key", id(value): "value"})
    return equal(y, {"key": "value"})


@cases("what the memo has for an argument, an item and a pair")
def memo_has_parts(deepcopy):
    part = [1]
    x = Reduces((Target, (part,), None, [part], [(1, part)]))
    y = deepcopy(x, {id(part): "part"})
    return equal(y.calls, [("init", ("part",)), ("append", "part"),
                           ("set", 1, "part")])


@cases("a method bound to what the memo has for its object")
def memo_has_self(deepcopy):
    class Bound:
        def method(self):
            return self

    x, other = Bound(), Bound()
    return same(deepcopy(x.method, {id(x): other}).__self__, other)


# What is in it afterwards ----------------------------------------------------

for name, make in {
        "list": lambda: [1], "dict": lambda: {"a": 1}, "set": lambda: {1},
        "tuple_with_list": lambda: (1, []), "instance": lambda: plain(a=1),
        "list_empty": list, "dict_empty": dict, "bytearray": bytearray,
        "int_subclass": lambda: IntType(1),
        "frozenset_of_instance": lambda: frozenset([Plain()]),
        "reduced": lambda: Reduces((Target, ([1],))),
        "method": lambda: plain(a=1).__init__,
}.items():
    def entry_case(deepcopy, make=make):
        x, memo = make(), {}
        y = deepcopy([x], memo)[0]
        return same(memo.get(id(x)), y)

    def alive_case(deepcopy, make=make):
        x, memo = make(), {}
        deepcopy(x, memo)
        kept = memo.get(id(memo))
        if type(kept) is not list:
            return f"{show(kept)} in place of the list"
        return None if any(each is x for each in kept) else "not in the list"

    cases.add(f"memo_gets_{name}", "the copy in the memo, under the id of the "
              "original", entry_case)
    cases.add(f"memo_keeps_{name}", "the original in a list in the memo, "
              "under the memo's id", alive_case)


@cases("the copies of all that is in a graph in the memo")
def memo_gets_inner(deepcopy):
    x, memo = [{"a": ([1],)}, plain(a=[2])], {}
    y = deepcopy(x, memo)
    return (same(memo.get(id(x)), y) or same(memo.get(id(x[0])), y[0])
            or same(memo.get(id(x[0]["a"])), y[0]["a"])
            or same(memo.get(id(x[0]["a"][0])), y[0]["a"][0])
            or same(memo.get(id(x[1])), y[1])
            or same(memo.get(id(x[1].a)), y[1].a))


@cases("no entries for what is its own copy")
def memo_gets_no_atoms(deepcopy):
    memo = {}
    deepcopy((1, "a", None, (2.5, len), Plain), memo)
    return None if not memo else f"{len(memo)} entries"


@cases("what __deepcopy__ returns in the memo")
def memo_gets_deepcopied(deepcopy):
    class Copies:
        def __deepcopy__(self, memo):
            return "copy"

    x, memo = Copies(), {}
    deepcopy([x], memo)
    return equal(memo.get(id(x)), "copy")


@cases("the entries that the memo had before")
def memo_keeps_entries(deepcopy):
    memo = {"mine": 1}
    deepcopy([[1]], memo)
    return equal(memo.get("mine"), 1)


@cases("one copy for two calls with one memo")
def memo_for_two_calls(deepcopy):
    part, memo = [1], {}
    x, y = deepcopy([part], memo), deepcopy({"a": part}, memo)
    return same(y["a"], x[0]) or new(y["a"], part, "list")


# Temporary objects -----------------------------------------------------------

@cases("each object's own state, though all states live for a moment only")
def temporaries_of_states(deepcopy):
    x = [Holder(i) for i in range(50)]
    y = deepcopy(x)
    wrong = [i for i, each in enumerate(y) if vars(each) != {"number": [i]}]
    return f"{len(wrong)} states of other objects" if wrong else None


@cases("each object's own arguments, though all live for a moment only")
def temporaries_of_arguments(deepcopy):
    class Fleeting:
        def __init__(self, part):
            self.number = part[0]

        def __reduce__(self):
            return Fleeting, ([self.number, []],)

    y = deepcopy([Fleeting([i]) for i in range(50)])
    wrong = [i for i, each in enumerate(y) if each.number != i]
    return f"{len(wrong)} arguments of other objects" if wrong else None


@cases("each object's own items, though all live for a moment only")
def temporaries_of_items(deepcopy):
    x = Reduces((list, (), None, ([i] for i in range(50))))
    return (None if deepcopy(x) == [[i] for i in range(50)]
            else "items of one another")


@cases("each object's own pairs, though all live for a moment only")
def temporaries_of_pairs(deepcopy):
    x = Reduces((dict, (), None, None, (((i, []), [i]) for i in range(0))))
    x.rv = (Target, (), None, None, (([i], [i, i]) for i in range(50)))
    y = deepcopy(x)
    return (None if y.calls[1:] == [("set", [i], [i, i]) for i in range(50)]
            else "pairs of one another")


@cases("each object's own copy, where __deepcopy__ copies temporaries")
def temporaries_of_deepcopy(deepcopy):
    class Copies:
        def __init__(self, number):
            self.number = number

        def __deepcopy__(self, memo):
            return deepcopy([self.number], memo)

    return (None if deepcopy([Copies(i) for i in range(50)])
            == [[i] for i in range(50)] else "copies of one another")


@cases("each its own copy, where one memo serves for temporaries")
def temporaries_in_callers_memo(deepcopy):
    memo = {}
    y = [deepcopy(make(i), memo) for i in range(20)
         for make in (lambda i: [i], lambda i: (i, []), lambda i: {"i": i},
                      lambda i: plain(i=i))]
    wrong = [
        i for i in range(20)
        if [y[4 * i], y[4 * i + 1], y[4 * i + 2], vars(y[4 * i + 3])]
        != [[i], (i, []), {"i": i}, {"i": i}]]
    return f"{len(wrong)} copies of other objects" if wrong else None
