"""Shared references and cycles: what is one object stays one object."""

from collections import OrderedDict, defaultdict, deque

from verify_cases_tools import (
    Cases, Plain, Reduces, StateTarget, Target, new, plain, same)

cases = Cases()


class Slots:
    __slots__ = "a", "b", "__weakref__"


class ListType(list):
    pass


class DictType(dict):
    pass


class TupleType(tuple):
    pass


class SetType(set):
    pass


class Value:
    """Equals another of the same value, and may be a key."""

    def __init__(self, value):
        self.value = value
        self.note = [value]

    def __hash__(self):
        return hash(self.value)

    def __eq__(self, other):
        return type(other) is Value and self.value == other.value


class Registering:
    """Is hashed by identity, so that it can be in a set that it holds."""

    def method(self):
        return self


# Cycles ----------------------------------------------------------------------

def via(holder, put):
    """Return a function that makes a holder and puts it into itself."""
    def make():
        x = holder()
        put(x, x)
        return x
    return make


def set_key(x, value):
    x["key"] = value


def set_attribute(x, value):
    x.a = value


def tuple_in_list():
    x = [1, [2]]
    x.append((x, 3))
    return x


def tuple_around_list():
    inner = []
    x = (inner, 1)
    inner.append(x)
    return x


def tuple_around_dict():
    inner = {}
    x = (1, inner)
    inner["key"] = x
    return x


def tuple_around_tuple():
    inner = []
    x = ((inner,),)
    inner.append(x)
    return x


def tuple_around_instance():
    inner = Plain()
    x = (inner,)
    inner.a = x
    return x


def tuple_subclass_around_list():
    inner = []
    x = TupleType((inner,))
    inner.append(x)
    return inner


def set_of_instance():
    x = Registering()
    x.a = {x}
    return x


def frozenset_of_instance():
    x = Registering()
    x.a = frozenset((x,))
    return x


def key_of_dict():
    x = Registering()
    x.a = {x: x}
    return x


def ring():
    x = [plain() for _ in range(5)]
    for i, each in enumerate(x):
        each.a = x[i - 1]
        each.b = x[(i + 1) % 5]
    return x


def parents():
    x = plain(children=[])
    x.children += [plain(parent=x, siblings=x.children) for _ in range(3)]
    return x


def two_lists():
    x, y = [], []
    x.append(y)
    y.append(x)
    return [x, y]


def defaulting():
    return defaultdict(list)


def reduced_with_state():
    x = Reduces(None)
    x.rv = Target, (), {"me": x}
    return x


def reduced_with_state_wanted():
    y = Target()
    y.me = y
    return y


def reduced_to_setstate():
    x = Reduces(None)
    x.rv = StateTarget, (), [x]
    return x


def reduced_to_setstate_wanted():
    y = StateTarget()
    y.calls.append(("setstate", [y]))
    return y


def reduced_with_items():
    x = Reduces(None)
    x.rv = Target, (), None, [x, [x]]
    return x


def reduced_with_items_wanted():
    y = Target()
    y.calls += [("append", y), ("append", [y])]
    return y


def reduced_with_pairs():
    x = Reduces(None)
    x.rv = Target, (), None, None, [("a", x), ("b", (x,))]
    return x


def reduced_with_pairs_wanted():
    y = Target()
    y.calls += [("set", "a", y), ("set", "b", (y,))]
    return y


CYCLES = {
    "list": via(list, list.append),
    "dict": via(dict, set_key),
    "instance": via(Plain, set_attribute),
    "slots": via(Slots, set_attribute),
    "deque": via(deque, deque.append),
    "deque_bounded": via(lambda: deque((), 3), deque.append),
    "ordered_dict": via(OrderedDict, set_key),
    "defaultdict": via(defaulting, set_key),
    "list_subclass": via(ListType, ListType.append),
    "list_subclass_attribute": via(ListType, set_attribute),
    "dict_subclass": via(DictType, set_key),
    "dict_subclass_attribute": via(DictType, set_attribute),
    "set_subclass_attribute": via(SetType, set_attribute),
    "tuple_in_list": tuple_in_list,
    "tuple_around_list": tuple_around_list,
    "tuple_around_dict": tuple_around_dict,
    "tuple_around_tuple": tuple_around_tuple,
    "tuple_around_instance": tuple_around_instance,
    "tuple_subclass_around_list": tuple_subclass_around_list,
    "set_of_instance": set_of_instance,
    "frozenset_of_instance": frozenset_of_instance,
    "key_of_dict": key_of_dict,
    "ring": ring,
    "parents": parents,
    "two_lists": two_lists,
}
for name, make in CYCLES.items():
    cases.alike(f"cycle_{name}", make,
                expected="a cycle like the original's, of new objects")

for name, make, wanted in (
        ("state", reduced_with_state, reduced_with_state_wanted),
        ("setstate", reduced_to_setstate, reduced_to_setstate_wanted),
        ("items", reduced_with_items, reduced_with_items_wanted),
        ("pairs", reduced_with_pairs, reduced_with_pairs_wanted)):
    cases.alike(f"cycle_reduce_{name}", make, wanted,
                "the object known before its state and items are copied")


# One object in several places ------------------------------------------------

SHARED = {
    "list": lambda: [1], "dict": lambda: {"a": [1]}, "set": lambda: {1, 2},
    "bytearray": lambda: bytearray(b"a"), "instance": lambda: plain(a=[1]),
    "tuple_with_list": lambda: (1, [2]), "deque": lambda: deque([[1]]),
    "frozenset_of_instance": lambda: frozenset([Registering()]),
    "list_subclass": lambda: ListType([[1]]), "empty_list": list,
    "empty_dict": dict, "empty_set": set,
    "reduced": lambda: Reduces((Target, ([1],), {"a": [1]})),
    "method": lambda: Registering().method,
}
for name, make in SHARED.items():
    def shared_case(deepcopy, make=make):
        x = make()
        original = [x, (x, 1), {"x": x}, plain(x=x), [[x]], deque((x,))]
        y = deepcopy(original)
        found = [y[0], y[1][0], y[2]["x"], y[3].x, y[4][0][0], y[5][0]]
        for place, each in zip(("tuple", "dictionary", "instance",
                                "nested list", "deque"), found[1:]):
            if each is not found[0]:
                return f"another copy in the {place}"
        return None if type(x) is Reduces else new(y[0], x)

    cases.add(f"shared_{name}", "one copy in all places", shared_case)


for name, make in {
        "not_shared_lists": lambda: [[], [], ([], []), {"a": [], "b": []}],
        "not_shared_equal": lambda: [{"a": 1}, {"a": 1}, {1}, {1}],
        "not_shared_instances": lambda: [plain(a=[1]), plain(a=[1])],
        "not_shared_values": lambda: [Value(1), Value(1), (Value(1),)],
        "not_shared_tuples": lambda: [(1, []), (1, []), ((1, []),)],
}.items():
    cases.alike(name, make,
                expected="as many copies as there are equal objects")


@cases("a diamond of objects with one lower end")
def shared_diamond(deepcopy):
    bottom = plain(a=[1])
    x = plain(left=plain(down=bottom), right=plain(down=(bottom,)))
    y = deepcopy(x)
    return same(y.right.down[0], y.left.down) or new(y.left.down, bottom)


@cases("copies of two calls that share nothing")
def shared_not_between_calls(deepcopy):
    x = [[1], {"a": (1, [2])}]
    y, z = deepcopy(x), deepcopy(x)
    return new(z, y) or new(z[0], y[0], "list") or new(
        z[1]["a"][1], y[1]["a"][1], "inner list")


@cases("one copy of a list that is an attribute, an item and a key's part")
def shared_by_list_subclass(deepcopy):
    part = [1]
    x = ListType([part])
    x.a = part
    y = deepcopy([x, part])
    return same(y[0][0], y[1]) or same(y[0].a, y[1]) or new(y[1], part, "list")


@cases("one copy for a list and the state that it is a part of")
def shared_by_reductions(deepcopy):
    part = [1]
    x = [Reduces((Target, (part,), {"a": part}, [part], [("k", part)])), part]
    y = deepcopy(x)
    z = y[0]
    return (new(y[1], part, "list") or same(z.calls[0][1][0], y[1])
            or same(z.a, y[1]) or same(z.calls[1][1], y[1])
            or same(z.calls[2][2], y[1]))
