"""Built-in types: what is shared and what is copied."""

import sys

from verify import deviates
from verify_cases_tools import Cases, equal, new, plain, same

cases = Cases()


# Atomic values ---------------------------------------------------------------

def a_function(a, b=[1]):
    return a, b


class AClass:
    attribute = [1]

    def method(self):
        return self


class Slots:
    __slots__ = ("slot",)


class Meta(type):
    pass


class MetaClass(metaclass=Meta):
    attribute = [1]


ATOMS = {
    "none": lambda: None,
    "true": lambda: True,
    "false": lambda: False,
    "int": lambda: int("123456"),
    "int_large": lambda: 1 << 100_000,
    "int_negative": lambda: -int("98765"),
    "float": lambda: float("1.5"),
    "float_nan": lambda: float("nan"),
    "complex": lambda: complex("1+2j"),
    "str": lambda: "".join(["a", " string"]),
    "str_empty": lambda: "",
    "bytes": lambda: bytes([1, 2, 3]),
    "bytes_empty": lambda: b"",
    "ellipsis": lambda: ...,
    "not_implemented": lambda: NotImplemented,
    "function": lambda: a_function,
    "lambda": lambda: lambda x=[]: x,
    "closure": lambda: (lambda part: lambda: part)([1]),
    "builtin_function": lambda: len,
    "class": lambda: AClass,
    "class_builtin": lambda: int,
    "class_type": lambda: type,
    "class_with_metaclass": lambda: MetaClass,
    "metaclass": lambda: Meta,
    "class_exception": lambda: KeyError,
    "code": lambda: a_function.__code__,
    "property": lambda: property(a_function),
    "method_descriptor": lambda: str.upper,
    "slot_wrapper": lambda: int.__add__,
    "member_descriptor": lambda: Slots.slot,
}

for name, make in ATOMS.items():
    cases.same(f"{name}_shared", make)
    cases.add(f"{name}_shared_inside", "the same object in new containers",
              lambda deepcopy, make=make: shared_inside(deepcopy, make()))


def shared_inside(deepcopy, x):
    original = [x, (x, []), {"x": x}, plain(x=x)]
    y = deepcopy(original)
    return (same(y[0], x) or same(y[1][0], x) or same(y[2]["x"], x)
            or same(y[3].x, x) or new(y[1][1], original[1][1], "list"))


@cases("a class unchanged, its attributes not copied")
def class_attributes_shared(deepcopy):
    before = AClass.attribute
    deepcopy([AClass, AClass()])
    return same(AClass.attribute, before) or equal(vars(AClass()), {})


# Containers ------------------------------------------------------------------

CONTAINERS = {
    "list_empty": lambda: [],
    "list": lambda: [1, "a", None],
    "list_nested": lambda: [[1], [[2], [[3]]]],
    "list_of_hundred": lambda: list(range(100)),
    "list_of_hundred_lists": lambda: [[i] for i in range(100)],
    "list_of_all_sorts": lambda: [
        1, 2.5, 1j, "a", b"b", None, True, ..., [], (), {}, {1}, bytearray()],
    "tuple_empty": lambda: (),
    "tuple_with_list": lambda: (1, [2]),
    "tuple_list_first": lambda: ([1], 2),
    "tuple_nested": lambda: ((1, 2), ((3, [4]),)),
    "tuple_of_hundred_lists": lambda: tuple([i] for i in range(100)),
    "dict_empty": dict,
    "dict": lambda: {"a": 1, "b": [2], 3: {"c": [4]}},
    "dict_order": lambda: dict.fromkeys("zebra"),
    "dict_order_after_deletion": lambda: deleted({"a": [1], "b": [2], "c": 3}),
    "dict_tuple_keys": lambda: {(1, 2): [3], (("a",), 4): [5]},
    "dict_none_key": lambda: {None: [None], ...: [1]},
    "dict_frozenset_keys": lambda: {frozenset((1, 2)): [3]},
    "dict_equal_values": lambda: {1: [1], 2: [1], 3: [1]},
    "dict_of_hundred": lambda: {i: [i] for i in range(100)},
    "set_empty": set,
    "set": lambda: {1, "a", None},
    "set_of_tuples": lambda: {(1, 2), ("a", (3,))},
    "set_of_frozensets": lambda: {frozenset((1,)), frozenset()},
    "frozenset": lambda: frozenset((1, 2)),
    "frozenset_empty": frozenset,
    "bytearray": lambda: bytearray(b"abc"),
    "bytearray_empty": bytearray,
    "range_inside": lambda: [range(3), range(1, 9, 2)],
    "slice": lambda: slice(1, 2, 3),
    "slice_with_list": lambda: slice([1], [2]),
    "containers_mixed": lambda: {
        "a": [({"b": {1, 2}}, (3, [bytearray(b"")]))]},
    "values_odd": lambda: [
        -0.0, 0.0, float("inf"), 1 << 200, "\0\udc80", b"\0"],
    "bools_beside_ints": lambda: [
        True, 1, False, 0, 1.0, {1: True}, (True, 1)],
    "tuples_equal": lambda: [
        (1, 2), (1.0, 2), (True, 2), (0.0,), (-0.0,), (0,), (False,)],
    "frozensets_equal": lambda: [
        frozenset((1,)), frozenset((1.0,)), frozenset((True,))],
}


def deleted(x):
    x["z"] = x.pop("a")
    return x


for name, make in CONTAINERS.items():
    cases.alike(f"{name}_copied", make)

for name, make in {
        "empty": lambda: (),
        "of_atoms": lambda: tuple([1, "a", None, 2.5, b"b", True]),
        "of_one": lambda: tuple([1]),
        "of_six": lambda: tuple(range(6)),
        "of_hundred": lambda: tuple(range(100)),
        "of_functions": lambda: tuple([a_function, len, AClass]),
        "nested": lambda: (tuple([1, 2]), (tuple([3]),)),
}.items():
    cases.same(f"tuple_{name}_itself", make,
               "the tuple itself, as there is nothing in it to be copied")


@cases("in a new tuple the same inner tuple, where that holds only atoms")
def tuple_inner_itself(deepcopy):
    x = tuple([1, 2]), [3]
    y = deepcopy(x)
    return new(y, x, "tuple") or same(y[0], x[0])


for position in (0, 1, 4, 5, 9):
    def tuple_case(deepcopy, position=position):
        x = tuple([i] if i == position else i for i in range(10))
        y = deepcopy(x)
        return (new(y, x, "tuple") or equal(y, x)
                or new(y[position], x[position], "list"))

    cases.add(f"tuple_list_at_{position}",
              "a new tuple with a copy of its only list", tuple_case)

for position in (0, 1, 7, 8, 50, 98, 99):
    def list_case(deepcopy, position=position):
        x = [[i] if i == position else i for i in range(100)]
        y = deepcopy(x)
        return (new(y, x, "list") or equal(y, [*x])
                or new(y[position], x[position], "inner list"))

    def dict_case(deepcopy, position=position):
        x = {i: [i] if i == position else i for i in range(100)}
        y = deepcopy(x)
        return (new(y, x, "dictionary") or equal(y, {**x})
                or new(y[position], x[position], "inner list"))

    cases.add(f"list_list_at_{position}",
              "a new list with a copy of its only list", list_case)
    cases.add(f"dict_list_at_{position}",
              "a new dictionary with a copy of its only list", dict_case)

for make in (list, dict, set, bytearray):
    def empty_case(deepcopy, make=make):
        x = make()
        y = deepcopy(x)
        return new(y, x) or equal(y, make())

    cases.add(f"{make.__name__}_empty_new", "a new object", empty_case)


@cases("the same range")
def range_shared(deepcopy):
    x = range(1, 9, 3)
    y = deepcopy(x)
    if sys.version_info >= (3, 10):
        return same(y, x)
    if y is x:
        return deviates("3.10", "an equal range", "the same one")
    return equal(y, x)


# Keys and elements that are objects -----------------------------------------

class ByIdentity:
    """Has an attribute to be copied, and hash and equality of an object."""

    def __init__(self):
        self.part = [1]


class ByValue:
    """Equals what has the same value."""

    def __init__(self, value):
        self.value = value

    def __hash__(self):
        return hash(self.value)

    def __eq__(self, other):
        return type(other) is ByValue and self.value == other.value


@cases("a new key for an object, under which the value is found")
def dict_key_copied(deepcopy):
    key = ByIdentity()
    y = deepcopy({key: [1]})
    (other, value), = y.items()
    if y.get(other) is not value:
        return "a key that is not found"
    return (new(other, key, "key") or new(other.part, key.part, "key's list")
            or equal(value, [1]))


@cases("the key that is elsewhere in the graph, one copy for both")
def dict_key_shared(deepcopy):
    key = ByIdentity()
    y = deepcopy([{key: [1]}, key, {key}])
    if y[1] is key:
        return "the original's own key"
    if y[1] not in y[0] or y[1] not in y[2]:
        return "different copies of the key"
    return None


@cases("a new tuple as key, where an object is in it")
def dict_key_tuple_copied(deepcopy):
    key = ByIdentity()
    y = deepcopy({(key, 1): 2})
    (other, _), = y
    return new(other, key, "key") or equal(y.get((other, 1)), 2)


@cases("a new key that is equal to the original's")
def dict_key_by_value(deepcopy):
    key = ByValue("a")
    y = deepcopy({key: [1]})
    return new(next(iter(y)), key, "key") or equal(y.get(ByValue("a")), [1])


@cases("a new element for an object, which is found")
def set_element_copied(deepcopy):
    element = ByIdentity()
    y = deepcopy({element})
    other, = y
    if other not in y:
        return "an element that is not found"
    return new(other, element, "element") or new(
        other.part, element.part, "element's list")


@cases("a new frozenset, where an object is in it")
def frozenset_element_copied(deepcopy):
    x = frozenset([ByIdentity()])
    y = deepcopy(x)
    return new(y, x, "frozenset") or new(*y, *x, "element")


@cases("elements of their own hash and equality found")
def set_element_by_value(deepcopy):
    x = {ByValue("a"), ByValue("b")}
    y = deepcopy([x])[0]
    if y != x:
        return "a set that is not equal"
    if {id(each) for each in x} & {id(each) for each in y}:
        return "the original's own elements"
    return None
