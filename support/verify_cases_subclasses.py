"""Subclasses of built-in types: they keep their type and their attributes.

An object of a subclass of an atomic type is not atomic: it may hold what has
to be copied, in an attribute, and is made anew in any case.
"""

from verify_cases_tools import Cases, equal, new

cases = Cases()


class IntType(int):
    pass


class FloatType(float):
    pass


class ComplexType(complex):
    pass


class StrType(str):
    pass


class BytesType(bytes):
    pass


class ByteArrayType(bytearray):
    pass


class TupleType(tuple):
    pass


class ListType(list):
    pass


class DictType(dict):
    pass


class SetType(set):
    pass


class FrozenSetType(frozenset):
    pass


class ListSlots(list):
    __slots__ = ("note",)


class DictSlots(dict):
    __slots__ = ("note",)


class TupleNoSlots(tuple):
    __slots__ = ()


VALUES = {
    IntType: (int("7"),), FloatType: (1.5,), ComplexType: (1j,),
    StrType: ("text",), BytesType: (b"bytes",), ByteArrayType: (b"bytes",),
    TupleType: ((1, [2]),), ListType: ([1, [2]],), DictType: ({"a": [1]},),
    SetType: ((1, 2),), FrozenSetType: ((1, 2),), ListSlots: ([1, [2]],),
    DictSlots: ({"a": [1]},), TupleNoSlots: ((1, [2]),),
}
SCALARS = IntType, FloatType, ComplexType, StrType, BytesType


def fresh(cls):
    """Return an instance whose parts are new, though not its atoms."""
    value, = VALUES[cls]
    if isinstance(value, tuple):
        value = tuple([*each] if type(each) is list else each
                      for each in value)
    elif isinstance(value, list):
        value = [[*each] if type(each) is list else each for each in value]
    elif isinstance(value, dict):
        value = {key: [*each] for key, each in value.items()}
    return cls(value)


def noted(cls):
    x = fresh(cls)
    x.note = ["note"]
    return x


def kind(cls):
    """Return the words of a class's name as a part of a case's."""
    return "".join(
        c if c.islower() else f"_{c.lower()}"
        for c in cls.__name__.replace("Type", "")).lstrip("_")


for cls in VALUES:
    cases.alike(f"subclass_{kind(cls)}", lambda cls=cls: [fresh(cls)])
    if cls is not TupleNoSlots:
        cases.alike(f"subclass_{kind(cls)}_attribute",
                    lambda cls=cls: [noted(cls)],
                    expected="the attribute, copied")
for cls in SCALARS + (FrozenSetType, TupleType):
    cases.alike(f"subclass_{kind(cls)}_in_tuple", lambda cls=cls: (
        noted(cls), 1), expected="a new tuple, the attribute copied")
    cases.alike(f"subclass_{kind(cls)}_in_long_tuple", lambda cls=cls: (
        1, 2, 3, 4, 5, 6, noted(cls)),
        expected="a new tuple, the attribute copied")
    if cls is not TupleType:
        cases.alike(f"subclass_{kind(cls)}_as_key", lambda cls=cls: {
            noted(cls): [1]}, expected="a new key, its attribute copied")
for cls in SCALARS:
    def scalar_case(deepcopy, cls=cls):
        x = (fresh(cls), "atom")
        y = deepcopy(x)
        return new(y, x, "tuple") or new(y[0], x[0], "element")

    cases.add(f"subclass_{kind(cls)}_new_in_tuple",
              "a new object, as for any subclass", scalar_case)

cases.alike("tuple_of_noted_ints", lambda: tuple(
    noted(IntType) for _ in range(3)),
    expected="new ints, their attributes copied")


@cases("a subclass of bool's base beside bools, each of its type")
def subclass_int_equal_to_bool(deepcopy):
    x = (IntType(1), True, 1)
    y = deepcopy(x)
    return equal([type(each) for each in y], [IntType, bool, int])


@cases("each item given to the append of the subclass")
def subclass_list_append(deepcopy):
    class Appends(list):
        def append(self, item):
            log.append(item)
            super().append(item)

    log, part = [], [2]
    x = Appends([1, part])
    y = deepcopy(x)
    return equal(log, [1, [2]]) or equal(list(y), [1, [2]]) or new(
        y[1], part, "item")


@cases("each pair given to the __setitem__ of the subclass")
def subclass_dict_setitem(deepcopy):
    class Sets(dict):
        def __setitem__(self, key, value):
            log.append((key, value))
            super().__setitem__(key, value)

    log = []
    y = deepcopy(Sets(a=[1]))
    return equal(log, [("a", [1])]) or equal(dict(y), {"a": [1]})


@cases("attributes before items, so that append can use them")
def subclass_list_state_first(deepcopy):
    class Counts(list):
        def append(self, item):
            self.count += 1
            super().append(item)

    x = Counts([1, 2])
    x.count = 0
    y = deepcopy(x)
    return equal(vars(y), {"count": 2}) or equal(list(y), [1, 2])


@cases("no call of the subclass's __init__")
def subclass_list_init(deepcopy):
    class Wants(list):
        def __init__(self, a, b):
            super().__init__((a, b))

    y = deepcopy(Wants([1], 2))
    return equal(list(y), [[1], 2])


@cases("no call of the subclass's __init__")
def subclass_dict_init(deepcopy):
    class Wants(dict):
        def __init__(self, a):
            super().__init__(a=a)

    y = deepcopy(Wants([1]))
    return equal(dict(y), {"a": [1]})


@cases("a tuple subclass with its own __new__ made anew by __getnewargs__")
def subclass_tuple_new(deepcopy):
    class Pair(tuple):
        def __new__(cls, a, b):
            return super().__new__(cls, (a, b))

        def __getnewargs__(self):
            return tuple(self)

    x = Pair([1], 2)
    y = deepcopy(x)
    return new(y, x) or equal(tuple(y), ([1], 2)) or new(y[0], x[0], "list")


@cases("an iteration of the subclass's own not asked for by a tuple or list")
def subclass_list_overridden_len(deepcopy):
    class Short(list):
        def __len__(self):
            return 0

    y = deepcopy(Short([1, [2]]))
    return equal([*list.__iter__(y)], [1, [2]])
