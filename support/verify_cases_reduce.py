"""What objects reduce to: the forms that `__reduce_ex__` may return.

They are those of the pickle documentation, section "Pickling Class Instances",
as the copy module takes them: parts are copied, the object is made, stands in
the memo from then on, gets its state, then its items, then its pairs.
"""

import copyreg
import sys

from verify import deviates
from verify_cases_tools import (
    Cases, Plain, Reduces, StateTarget, Target, changed, equal, make_list, new,
    not_raised, plain, same, told, unlike)

cases = Cases()


class Other:
    """Takes what it is made with, by place and by name."""

    def __new__(cls, *args, **kwargs):
        self = super().__new__(cls)
        self.made = args, kwargs
        return self


class Iterates(Reduces):
    """Reduces to what it was given, items and pairs by an iterator."""

    def __reduce_ex__(self, protocol):
        if type(self.rv) is not tuple or len(self.rv) < 4:
            return self.rv
        return self.rv[:3] + tuple(
            part if part is None else iter(part) for part in self.rv[3:])


class SlotTarget(Target):
    __slots__ = "slot", "other"


class TextResult(str):
    pass


class TupleResult(tuple):
    pass


class OwnDict(dict):
    pass


def slotted(*args, **attributes):
    y = SlotTarget(*args)
    for name, value in attributes.items():
        setattr(y, name, value)
    return y


# name, what is expected, the reduction, what comes of it
FORMS = [
    ("two_items", "what the function returns",
     lambda: (Target, ()),
     lambda: told()),
    ("arguments_atomic", "a call with the arguments",
     lambda: (Target, (1, "a", None)),
     lambda: Target(1, "a", None)),
    ("arguments_copied", "a call with copies of the arguments",
     lambda: (Target, ([1], {"a": [2]})),
     lambda: Target([1], {"a": [2]})),
    ("argument_alone_copied", "a call with a copy of the argument",
     lambda: (Target, ([],)),
     lambda: Target([])),
    ("argument_false", "a call with the falsy argument",
     lambda: (Target, (0,)),
     lambda: Target(0)),
    ("argument_is_class", "a call with the class",
     lambda: (Target, (Plain,)),
     lambda: Target(Plain)),
    ("function_not_class", "what the function returns",
     lambda: (make_list, ([1], 2)),
     lambda: [[1], 2]),
    ("state_none", "no state to be set",
     lambda: (Target, (), None),
     lambda: told()),
    ("state_none_setstate", "no call of __setstate__",
     lambda: (StateTarget, (), None),
     lambda: told(cls=StateTarget)),
    ("state_dict", "the call, then the state as attributes",
     lambda: (Target, (), {"a": [1], "b": 2}),
     lambda: told(a=[1], b=2)),
    ("state_dict_and_arguments", "a call with copies, then the state",
     lambda: (Target, ([1],), {"a": [1]}),
     lambda: plain(Target, calls=[("init", ([1],))], a=[1])),
    ("state_replaces_attribute", "the state over what __init__ has set",
     lambda: (Target, (), {"calls": ["from state"]}),
     lambda: plain(Target, calls=["from state"])),
    ("state_dict_empty", "the call, and no more attributes",
     lambda: (Target, (), {}),
     lambda: told()),
    ("state_dict_empty_setstate", "the call, then __setstate__({})",
     lambda: (StateTarget, (), {}),
     lambda: told(("setstate", {}), cls=StateTarget)),
    ("state_dict_setstate", "the call, then __setstate__ with a copy",
     lambda: (StateTarget, (), {"a": [1]}),
     lambda: told(("setstate", {"a": [1]}), cls=StateTarget)),
    ("state_dict_subclass", "the call, then the state as attributes",
     lambda: (Target, (), OwnDict(a=[1])),
     lambda: told(a=[1])),
    ("state_dict_subclass_setstate", "the call, then __setstate__ with a copy",
     lambda: (StateTarget, (), OwnDict(a=[1])),
     lambda: told(("setstate", OwnDict(a=[1])), cls=StateTarget)),
    ("state_list_setstate", "__setstate__ called with a copy of the list",
     lambda: (StateTarget, (), [[1], 2]),
     lambda: told(("setstate", [[1], 2]), cls=StateTarget)),
    ("state_zero_setstate", "__setstate__ called with 0",
     lambda: (StateTarget, (), 0),
     lambda: told(("setstate", 0), cls=StateTarget)),
    ("state_false_setstate", "__setstate__ called with False",
     lambda: (StateTarget, (), False),
     lambda: told(("setstate", False), cls=StateTarget)),
    ("state_text_empty_setstate", "__setstate__ called with ''",
     lambda: (StateTarget, (), ""),
     lambda: told(("setstate", ""), cls=StateTarget)),
    ("state_tuple_empty_setstate", "__setstate__ called with ()",
     lambda: (StateTarget, (), ()),
     lambda: told(("setstate", ()), cls=StateTarget)),
    ("state_two_parts_setstate", "__setstate__ gets the tuple whole",
     lambda: (StateTarget, (), ({"a": [1]}, {"b": [2]})),
     lambda: told(("setstate", ({"a": [1]}, {"b": [2]})), cls=StateTarget)),
    ("state_two_parts", "attributes from both dictionaries",
     lambda: (SlotTarget, (), ({"a": [1]}, {"slot": [2]})),
     lambda: slotted(a=[1], slot=[2])),
    ("state_slots_alone", "attributes from the second dictionary",
     lambda: (SlotTarget, (), (None, {"slot": [2], "other": 3})),
     lambda: slotted(slot=[2], other=3)),
    ("state_two_parts_dict_alone", "attributes from the first dictionary",
     lambda: (SlotTarget, (), ({"a": [1]}, None)),
     lambda: slotted(a=[1])),
    ("state_two_parts_none", "no attributes",
     lambda: (SlotTarget, (), (None, None)),
     lambda: slotted()),
    ("state_two_parts_empty", "no attributes",
     lambda: (SlotTarget, (), ({}, {})),
     lambda: slotted()),
    ("items_none", "no items",
     lambda: (Target, (), None, None),
     lambda: told()),
    ("items_none_state", "the call, the state, no items",
     lambda: (Target, (), {"a": [1]}, None),
     lambda: told(a=[1])),
    ("items", "a copy of each item, appended",
     lambda: (Target, (), None, [[1], 2]),
     lambda: told(("append", [1]), ("append", 2))),
    ("items_state", "the call, the state, the items",
     lambda: (Target, (), {"a": [1]}, [[1], 2]),
     lambda: told(("append", [1]), ("append", 2), a=[1])),
    ("items_after_setstate", "the call, the state, the items",
     lambda: (StateTarget, (), {"a": 1}, [[1]]),
     lambda: told(("setstate", {"a": 1}), ("append", [1]), cls=StateTarget)),
    ("items_empty", "no items",
     lambda: (Target, (), None, ()),
     lambda: told()),
    ("items_of_generator", "a copy of each item, appended",
     lambda: (Target, (), None, (each for each in ([1], 2))),
     lambda: told(("append", [1]), ("append", 2))),
    ("items_in_list", "a copy of each item, appended",
     lambda: (Target, (), None, [[1], 2]),
     lambda: told(("append", [1]), ("append", 2))),
    ("items_none_among", "None appended as well",
     lambda: (Target, (), None, [None, [None]]),
     lambda: told(("append", None), ("append", [None]))),
    ("items_into_list", "a list of copies",
     lambda: (list, (), None, [[1], 2]),
     lambda: [[1], 2]),
    ("pairs_none", "neither items nor pairs",
     lambda: (Target, (), None, None, None),
     lambda: told()),
    ("pairs_none_state", "the call, the state, no items, no pairs",
     lambda: (Target, (), {"a": [1]}, None, None),
     lambda: told(a=[1])),
    ("pairs", "a copy of each key and value, set",
     lambda: (Target, (), None, None, [("a", [1]), (([2],), 3)]),
     lambda: told(("set", "a", [1]), ("set", ([2],), 3))),
    ("pairs_state", "the call, the state, the pairs",
     lambda: (Target, (), {"a": [1]}, None, [("a", [1])]),
     lambda: told(("set", "a", [1]), a=[1])),
    ("pairs_after_items", "the call, the state, the items, the pairs",
     lambda: (StateTarget, (), {}, [[1]], [("a", [1])]),
     lambda: told(("setstate", {}), ("append", [1]), ("set", "a", [1]),
                  cls=StateTarget)),
    ("pairs_items_no_state", "the items, then the pairs",
     lambda: (Target, ([1],), None, [[1]], [("a", [1])]),
     lambda: plain(Target, calls=[("init", ([1],)), ("append", [1]),
                                  ("set", "a", [1])])),
    ("pairs_empty", "no pairs",
     lambda: (Target, (), None, None, ()),
     lambda: told()),
    ("pairs_in_list", "a copy of each key and value, set",
     lambda: (Target, (), None, None, [("a", [1]), ["b", 2]]),
     lambda: told(("set", "a", [1]), ("set", "b", 2))),
    ("pairs_into_dict", "a dictionary of copies",
     lambda: (dict, (), None, None, [("a", [1])]),
     lambda: {"a": [1]}),
    ("newobj", "copyreg.__newobj__, its arguments copied",
     lambda: (copyreg.__newobj__, (Other, [1], 2)),
     lambda: Other([1], 2)),
    ("newobj_state", "copyreg.__newobj__, then the state",
     lambda: (copyreg.__newobj__, (Other,), {"a": [1]}),
     lambda: plain(Other, made=((), {}), a=[1])),
    ("newobj_ex", "copyreg.__newobj_ex__, its arguments copied",
     lambda: (copyreg.__newobj_ex__, (Other, ([1], 2), {"key": [3]})),
     lambda: Other([1], 2, key=[3])),
    ("newobj_skips_init", "no call of __init__",
     lambda: (copyreg.__newobj__, (Target,), {"a": [1]}),
     lambda: plain(Target, a=[1])),
    ("arguments_in_list", "a call with copies of the arguments",
     lambda: (Target, [[1], 2]),
     lambda: Target([1], 2)),
    ("result_in_tuple_subclass", "the same as from a tuple",
     lambda: TupleResult((Target, ([1],), {"a": [1]})),
     lambda: plain(Target, calls=[("init", ([1],))], a=[1])),
]

for name, expected, form, wanted in FORMS:
    cls = Reduces if name.endswith("in_list") else Iterates
    cases.alike(f"reduce_{name}", lambda cls=cls, form=form: cls(form()),
                wanted, expected)

for name, text in (("text", "name"), ("text_empty", ""),
                   ("text_subclass", TextResult("name"))):
    cases.same(f"reduce_to_{name}", lambda text=text: Reduces(text),
               "the object itself")

# What is not a reduction: name, reduction, what the standard raises
WRONG = [
    ("none", None, TypeError),
    ("number", 5, TypeError),
    ("bytes", b"name", TypeError),
    ("no_items", (), TypeError),
    ("one_item", (Target,), TypeError),
    ("seven_items", (Target, (), None, None, None, None, None), TypeError),
    ("function_not_callable", (1, ()), TypeError),
    ("arguments_none", (Target, None), TypeError),
    ("arguments_number", (Target, 5), TypeError),
    ("too_many_arguments", (Plain, (1, 2)), TypeError),
    ("state_number", (Target, (), 5), (TypeError, AttributeError)),
    ("state_without_dict", (object, (), {"a": 1}), AttributeError),
    ("slots_of_no_dict", (SlotTarget, (), (None, 5)), AttributeError),
    ("items_number", (Target, (), None, 5), TypeError),
    ("items_without_append", (Plain, (), None, [1]), AttributeError),
    ("pairs_number", (Target, (), None, None, 5), TypeError),
    ("pairs_of_three", (Target, (), None, None, [(1, 2, 3)]), ValueError),
    ("pairs_without_setitem", (Plain, (), None, None, [(1, 2)]), TypeError),
]

for name, rv, error in WRONG:
    cases.refused(f"reduce_wrong_{name}", lambda rv=rv: Reduces(rv), error)


# What the documentation does not allow, but the standard library takes: whoever
# does not may say so, as pickle does.
for name, expected, rv, wanted in (
        ("state_of_pairs", "the pairs as attributes",
         lambda: (Target, (), [("a", [1])]), lambda: told(a=[1])),
        ("in_list", "the same as from a tuple",
         lambda: [Target, ([1],), {"a": [1]}],
         lambda: plain(Target, calls=[("init", ([1],))], a=[1]))):
    def lenient_case(deepcopy, rv=rv, wanted=wanted):
        x = Reduces(rv())
        try:
            y = deepcopy(x)
        except (TypeError, AttributeError):
            return None
        return unlike(x, wanted(), y)

    cases.add(f"reduce_{name}", f"{expected}, or an exception", lenient_case)


# Six items ------------------------------------------------------------------

def six_items(deepcopy, setter):
    """Ask for a state setter: pickle has one, copy has never had."""
    x = Reduces((Target, (), {"a": [1]}, None, None, setter))
    got = not_raised(TypeError, deepcopy, x)
    if sys.version_info >= (3, 10):
        return got
    # 3.9 took the sixth item for what copies the parts. Nobody can want that,
    # so that a right copy will do as well.
    if got is None and setter is not None:
        return deviates("3.10", "the sixth item called with parts to be "
                        "copied", "TypeError")
    return None if "TypeError" not in (got or "") else got


@cases("TypeError: the standard library takes no state setter")
def reduce_state_setter(deepcopy):
    calls = []
    return six_items(deepcopy, lambda *args: calls.append(args))


@cases("TypeError: the standard library takes no sixth item")
def reduce_state_setter_none(deepcopy):
    return six_items(deepcopy, None)


# Order, and what is done to the original -------------------------------------

@cases("the state before the items")
def reduce_items_after_list_state(deepcopy):
    x = Reduces((StateTarget, (), [1], iter([[2]])))
    y = deepcopy(x)
    state, item = ("setstate", [1]), ("append", [2])
    if y.calls[1:] == [item, state]:
        got = "the items before a state that is a list"
        if sys.version_info >= (3, 15):
            return None
        return deviates("3.15", "the state before the items", got)
    return equal(y.calls, [("init", ()), state, item])


@cases("each item copied and appended before the next one is asked for")
def reduce_items_one_by_one(deepcopy):
    def items():
        for i in range(3):
            log.append(f"item {i}")
            yield i

    class Logs:
        def append(self, item):
            log.append(f"append {item}")

    log = []
    deepcopy(Reduces((Logs, (), None, items())))
    return equal(log, [f"{what} {i}" for i in range(3)
                       for what in ("item", "append")])


@cases("copies in the order function, state, items, pairs")
def reduce_order_of_copies(deepcopy):
    class Part:
        def __init__(self, name):
            self.name = name

        def __deepcopy__(self, memo):
            log.append(self.name)
            return self

    log = []
    deepcopy(Reduces((
        Target, (Part("first"), Part("second")), {"a": Part("state")},
        iter([Part("item")]), iter([(Part("key"), Part("value"))]))))
    return equal(
        log, ["first", "second", "state", "item", "key", "value"])


@cases("the original unchanged")
def reduce_original_unchanged(deepcopy):
    def make():
        return Reduces((Target, ([1],), {"a": [1]}, [[2]], [("k", [3])]))

    x = make()
    deepcopy(x)
    return changed(x, make())


@cases("the reduction asked for once for each object")
def reduce_asked_once(deepcopy):
    class Counts:
        def __reduce_ex__(self, protocol):
            log.append(protocol)
            return Plain, ()

    log = []
    x = Counts()
    deepcopy([x, x, [x]])
    return equal(log, [4])


@cases("__init__ called once, with copies of the arguments")
def reduce_calls_init(deepcopy):
    class Counts:
        def __init__(self, part):
            log.append(part)

        def __reduce__(self):
            return type(self), (part,), {}

    part, log = [1], []
    x = Counts(part)
    del log[:]
    deepcopy(x)
    return equal(log, [[1]]) or new(log[0], part, "argument")


@cases("__init__ called by a reduction to the class and no arguments")
def reduce_calls_init_without_arguments(deepcopy):
    class Counts:
        def __init__(self):
            log.append("init")

        def __reduce__(self):
            return type(self), (), {"a": 1}

    log = []
    x = Counts()
    y = deepcopy(x)
    return equal(log, ["init", "init"]) or equal(vars(y), {"a": 1})


@cases("what the function returns, though of another type")
def reduce_to_another_type(deepcopy):
    return equal(deepcopy(Reduces((make_list, (1, 2)))), [1, 2])


@cases("what the function returns, though it is an object that exists")
def reduce_to_existing_object(deepcopy):
    return same(deepcopy(Reduces((lambda: cases, ()))), cases)


@cases("attributes set by setattr from the second part of the state")
def reduce_slot_state_by_setattr(deepcopy):
    class Logs:
        def __setattr__(self, name, value):
            log.append((name, value))

    log, part = [], [1]
    deepcopy(Reduces((Logs, (), (None, {"a": part}))))
    return equal(log, [("a", [1])]) or new(log[0][1], part, "value")


@cases("attributes put into the dictionary, without setattr")
def reduce_dict_state_without_setattr(deepcopy):
    class Logs:
        def __setattr__(self, name, value):
            log.append(name)

    log = []
    y = deepcopy(Reduces((Logs, (), {"a": [1]})))
    return equal(log, []) or equal(vars(y), {"a": [1]})


@cases("__setstate__ found in the instance")
def reduce_setstate_of_instance(deepcopy):
    def make():
        y = Plain()
        y.__setstate__ = log.append
        return y

    log = []
    deepcopy(Reduces((make, (), {"a": [1]})))
    return equal(log, [{"a": [1]}])


@cases("the state that an object shares with others copied once")
def reduce_state_shared(deepcopy):
    def make():
        state = {"a": [1]}
        return [Reduces((StateTarget, (), state)), state,
                Reduces((StateTarget, (), state))]

    x = make()
    y = deepcopy(x)
    for each in y[0], y[2]:
        calls = getattr(each, "calls", ())
        if len(calls) != 2:
            return "no call of the class or of __setstate__"
        if calls[1][1] is not y[1]:
            return "several copies of the state"
    return new(y[1], x[1], "state") or equal(y[1], {"a": [1]})
