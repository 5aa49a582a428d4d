"""Shallow against deep copies, as tutorials tell them.

What a shallow copy shares with its original, a deep copy must not: to change
one of them leaves the other alone.
"""

from collections import defaultdict, deque

from verify_cases_tools import Cases, Plain, equal, new, plain, show

cases = Cases()


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


class SlotPoint:
    __slots__ = "x", "y"

    def __init__(self, x, y):
        self.x = x
        self.y = y


# name, what is copied, what is done to one of the two, what is looked at
CHANGES = [
    ("append_to_nested", lambda: [[1, 2], [3, 4]],
     lambda x: x[0].append(3), lambda x: x),
    ("append_to_list", lambda: [1, 2],
     lambda x: x.append(3), lambda x: x),
    ("assign_to_nested", lambda: [[1, 2], [3, 4]],
     lambda x: x[1].__setitem__(0, "changed"), lambda x: x),
    ("clear_nested", lambda: [[1, 2], [3, 4]],
     lambda x: x[0].clear(), lambda x: x),
    ("sort_nested", lambda: [[3, 1, 2]],
     lambda x: x[0].sort(), lambda x: x),
    ("add_in_place_to_nested", lambda: [[1]],
     lambda x: x[0].__iadd__([2]), lambda x: x),
    ("list_in_dict", lambda: {"a": [3, 4], "b": 1},
     lambda x: x["a"].append(5), lambda x: x),
    ("dict_in_dict", lambda: {"a": {"b": {"c": 1}}},
     lambda x: x["a"]["b"].update(c=2), lambda x: x),
    ("list_and_dict_in_list", lambda: [[1, 2], {"a": [3, 4]}],
     lambda x: x[1]["a"].append(5), lambda x: x),
    ("records", lambda: [{"name": "first", "scores": [90, 85]},
                         {"name": "second", "scores": [78, 92]}],
     lambda x: x[0]["scores"].append(200), lambda x: x),
    ("new_key_in_nested", lambda: {"settings": {}},
     lambda x: x["settings"].update(new=1), lambda x: x),
    ("delete_key_of_nested", lambda: [{"a": 1, "b": 2}],
     lambda x: x[0].pop("a"), lambda x: x),
    ("list_in_tuple", lambda: (1, [2, 3]),
     lambda x: x[1].append(4), lambda x: x),
    ("set_in_list", lambda: [{1, 2}],
     lambda x: x[0].add(3), lambda x: x),
    ("set_in_dict", lambda: {"a": {1}},
     lambda x: x["a"].clear(), lambda x: x),
    ("bytearray_in_list", lambda: [bytearray(b"Hello")],
     lambda x: x[0].__setitem__(0, ord("J")), lambda x: x),
    ("bytearray_itself", lambda: bytearray(b"Hello"),
     lambda x: x.extend(b"!"), lambda x: x),
    ("list_of_object", lambda: Point([1], 2),
     lambda x: x.x.append(3), lambda x: [x.x, x.y]),
    ("attribute_of_object", lambda: Point(1, 2),
     lambda x: setattr(x, "x", 3), lambda x: [x.x, x.y]),
    ("attribute_of_object_in_list", lambda: [Point(1, 2)],
     lambda x: setattr(x[0], "x", 3), lambda x: [x[0].x, x[0].y]),
    ("attribute_of_object_in_object", lambda: Point(Point(1, 2), 3),
     lambda x: setattr(x.x, "x", 3), lambda x: [x.x.x, x.x.y]),
    ("new_attribute", lambda: plain(a=1),
     lambda x: setattr(x, "b", 2), lambda x: vars(x)),
    ("dictionary_of_object", lambda: plain(a=[1]),
     lambda x: vars(x).clear(), lambda x: vars(x)),
    ("list_in_slot", lambda: SlotPoint([1], 2),
     lambda x: x.x.append(3), lambda x: [x.x, x.y]),
    ("slot_of_object_in_list", lambda: [SlotPoint(1, 2)],
     lambda x: setattr(x[0], "y", 3), lambda x: [x[0].x, x[0].y]),
    ("list_in_deque", lambda: deque([[1], [2]]),
     lambda x: x[0].append(3), lambda x: list(x)),
    ("list_in_defaultdict", lambda: defaultdict(list, {"a": [1]}),
     lambda x: x["a"].append(2), lambda x: dict(x)),
    ("deep_down", lambda: [[[[[["down"]]]]]],
     lambda x: x[0][0][0][0][0].append("changed"), lambda x: x),
    ("rows_of_matrix", lambda: [[0] * 3 for _ in range(3)],
     lambda x: x[1].__setitem__(1, 5), lambda x: x),
]


def change_one(deepcopy, which, make, change, look):
    x = make()
    y = deepcopy(x)
    changed, other = (x, y) if which == "original" else (y, x)
    change(changed)
    if equal(look(changed), look(make())) is None:
        return f"{which}: it is not changed"
    return equal(look(other), look(make()))


for name, *row in CHANGES:
    cases.add(f"change_original_{name}", "a copy that does not change with "
              "the original", lambda deepcopy, row=row: change_one(
                  deepcopy, "original", *row))
    cases.add(f"change_copy_{name}", "an original that does not change with "
              "the copy", lambda deepcopy, row=row: change_one(
                  deepcopy, "copy", *row))


@cases("rows that are one list in the original one list in the copy")
def aliased_rows(deepcopy):
    y = deepcopy([[0] * 2] * 3)
    y[0][0] = 1
    return equal(y, [[1, 0]] * 3)


@cases("nested lists that are not the original's")
def nested_not_identical(deepcopy):
    x = [[1, 2], [3, 4]]
    y = deepcopy(x)
    return new(y, x, "list") or new(y[0], x[0], "nested list") or new(
        y[1], x[1], "nested list")


@cases("objects that are not the original's, of the same class")
def objects_not_identical(deepcopy):
    x = [Point(1, 2), Plain()]
    y = deepcopy(x)
    return new(y[0], x[0]) or new(y[1], x[1])


@cases("a copy that equals the original")
def equal_to_original(deepcopy):
    x = {"a": [1, (2, [3])], "b": {4}, "c": "text", None: 1.5}
    y = deepcopy(x)
    return None if y == x else show(y)


@cases("a copy of a copy independent of both")
def copy_of_copy(deepcopy):
    x = [[1]]
    y = deepcopy(x)
    z = deepcopy(y)
    z[0].append(2)
    return equal([x, y, z], [[[1]], [[1]], [[1, 2]]])
