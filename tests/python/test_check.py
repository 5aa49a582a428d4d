"""support/check.py: which copies it accepts, and what it says of the others."""

import array
import collections
import copy
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import pathlib
import random
import re
import sys
import time
import types
import uuid
import weakref

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "support"))

import check  # noqa: E402


def verdict(deepcopy, *objects):
    """Return what check_copy() says of a deepcopy on some objects."""
    objects = list(objects)
    reference = check.snapshot(objects)
    return check.check_copy(objects, reference, [deepcopy(x) for x in objects])


def planted(original, edit):
    """Return what check_copy() says of a correct copy after an edit of it."""
    def deepcopy(x):
        y = copy.deepcopy(x)
        other = edit(x, y)
        return y if other is None else other
    return verdict(deepcopy, original)


def changed(original, edit):
    """Return what check_unchanged() says after an edit of the input."""
    before = check.snapshot([original])
    edit(original)
    return check.check_unchanged([original], before)


# What is right ---------------------------------------------------------------

class Plain:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    def method(self):
        return self


class Slots:
    __slots__ = "a", "__b", "never_set"

    def __init__(self, a, b):
        self.a = a
        self.__b = b


class SlotsAndDict(Slots):
    pass


class MyList(list):
    pass


class MyDict(dict):
    __slots__ = "extra",


class MyInt(int):
    pass


class MyTuple(tuple):
    pass


class MySet(set):
    pass


class MyError(Exception):
    def __init__(self, a, b=None):
        super().__init__(a)
        self.b = b


class Color(enum.Enum):
    RED = 1
    GREEN = [2]


class Flags(enum.Flag):
    A = 1
    B = 2


@dataclasses.dataclass
class Data:
    name: str
    items: list


@dataclasses.dataclass(frozen=True)
class Frozen:
    name: str
    items: list


Point = collections.namedtuple("Point", "x y")


class Singleton:
    def __reduce__(self):
        return "SINGLETON"


SINGLETON = Singleton()


class Generous:
    """Shares one attribute with its copies, and drops another."""

    def __init__(self):
        self.shared = [1]
        self.dropped = [2]

    def __deepcopy__(self, memo):
        new = Generous.__new__(Generous)
        memo[id(self)] = new
        new.shared = self.shared
        return new


class Serial:
    """Has another number in each copy."""

    count = 0

    def __init__(self, name="x"):
        Serial.count += 1
        self.serial = Serial.count
        self.name = name

    def __reduce__(self):
        return Serial, (self.name,)


class BoundCallback:
    """Makes functions of its own when its state is set."""

    def __init__(self):
        self.items = []
        self.connect()

    def connect(self):
        items = self.items
        self.add = items.append
        self.call = lambda x, default=(): items
        self.lock = object()

    def __getstate__(self):
        return {"items": self.items}

    def __setstate__(self, state):
        self.items = state["items"]
        self.connect()


class LyingClass:
    @property
    def __class__(self):
        return dict


class NoEquality:
    def __eq__(self, other):
        raise RuntimeError("no comparison")

    __hash__ = object.__hash__


class RaisingAttribute:
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise RuntimeError("no attributes")


class RegistryMeta(type):
    pass


class Registered(metaclass=RegistryMeta):
    pass


def linked(make):
    x = make()
    return x, x, [x, {"again": x}]


def cyclic_list():
    x = [1]
    x.append(x)
    return x


def cyclic_dict():
    x = {}
    x["self"] = [x, (x, 1)]
    return x


def cyclic_tuple():
    inner = []
    x = inner, 1
    inner.append(x)
    return x


def cyclic_instance():
    x = Plain(name="x")
    x.me = x
    x.children = [Plain(parent=x), Plain(parent=x)]
    return x


def cyclic_set():
    x = Plain()
    x.friends = {x, Plain(friend=x)}
    return x


def cyclic_deque():
    x = collections.deque(maxlen=5)
    x.append(x)
    return x


def cyclic_default_dict():
    x = collections.defaultdict(list)
    x["x"].append(x)
    return x


def cyclic_error():
    x = MyError(1)
    x.b = [x]
    return x


def with_weak_reference():
    x = Plain()
    x.me = weakref.ref(x)
    return x


def weak_values():
    x = Plain(key=1)
    return [x, weakref.WeakValueDictionary({1: x})]


def weak_keys():
    x = Plain(key=1)
    return [x, weakref.WeakKeyDictionary({x: [1]})]


RIGHT = {
    "atoms": lambda: [None, ..., NotImplemented, True, 1, 10**5000, 1.5, 2j, "s",
                      b"b", range(3)],
    "nan": lambda: [float("nan"), {float("nan"): float("nan")}, {float("nan")},
                    complex("nan"), -0.0],
    "containers": lambda: {"list": [1, [2]], "tuple": (1, [2], ()), "set": {1, 2},
                           "frozen": frozenset((1, (2, 3))), "empty": frozenset()},
    "slice": lambda: slice(1, None, 2),
    "nested sets": lambda: {frozenset((frozenset((1, 2)), 3)), frozenset((3,))},
    "set of instances": lambda: {Plain(a=1), Plain(a=1), Plain(a=2), Plain(a=[3])},
    "set beside a list": lambda: (lambda a, b: [{a, b}, [b, a]])(Plain(), Plain()),
    "keys": lambda: {(1, 2): 1, Point(1, 2): 2, Color.RED: 3, MyInt(4): 4,
                     Plain(): 5, None: 6, frozenset((7,)): 7},
    "frozensets of instances": lambda: {
        frozenset((Plain(), 1, Plain(a=1), "x", Point(1, 2))) for _ in range(4)},
    "elements that look alike": lambda: (lambda a: {
        a, Plain(), Plain(a=a), Plain(a=Plain()), Plain(a=Plain()), Plain(a=a)}
        )(Plain()),
    "deque": lambda: collections.deque([1, [2]], maxlen=3),
    "OrderedDict": lambda: collections.OrderedDict(a=[1], b=2),
    "defaultdict": lambda: collections.defaultdict(list, a=[1]),
    "Counter": lambda: collections.Counter("abracadabra"),
    "ChainMap": lambda: collections.ChainMap({1: 2}, {3: [4]}),
    "UserDict": lambda: collections.UserDict({1: [2]}),
    "namedtuple": lambda: Point([1], 2),
    "SimpleNamespace": lambda: types.SimpleNamespace(a=[1]),
    "Decimal": lambda: [decimal.Decimal("1.10"), decimal.Decimal("nan")],
    "Fraction": lambda: fractions.Fraction(1, 3),
    "datetime": lambda: [
        datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc),
        datetime.date(2020, 1, 2), datetime.timedelta(1), datetime.time(1)],
    "uuid": lambda: uuid.UUID(int=5),
    "path": lambda: pathlib.PurePosixPath("/a/b"),
    "array": lambda: array.array("d", [1, 2]),
    "bytearray": lambda: bytearray(b"abc"),
    "enum": lambda: [Color.RED, Color.GREEN, Flags.A | Flags.B],
    "dataclass": lambda: Data("a", [1]),
    "frozen dataclass": lambda: Frozen("a", [1]),
    "pattern": lambda: re.compile("a+"),
    "partial": lambda: functools.partial(max, [1], key=len),
    "functions": lambda: [len, [].append, RIGHT, verdict, lambda: 1, Plain, type],
    "metaclass": lambda: [Registered, Registered(), RegistryMeta],
    "property": lambda: property(len),
    "code": lambda: verdict.__code__,
    "method": lambda: [Plain(a=1).method],
    "shared method": lambda: (lambda x: [x, x.method, x.method])(Plain()),
    "weak reference": with_weak_reference,
    "weak values": weak_values,
    "weak keys": weak_keys,
    "exception": lambda: [ValueError("x", [1]), MyError(1, [2]), KeyError()],
    "plain": lambda: Plain(a=1, b=[2]),
    "empty instance": lambda: [Plain(), object()],
    "slots": lambda: Slots(1, [2]),
    "slots and dict": lambda: SlotsAndDict([1], 2),
    "subclasses": lambda: [MyList([1]), MyDict(a=[1]), MyInt(5), MyTuple(([1],)),
                           MySet({1})],
    "instance dict": lambda: (lambda x: [x, x.__dict__])(Plain(a=[1])),
    "singleton": lambda: [SINGLETON, SINGLETON],
    "own __deepcopy__": lambda: [Generous(), Generous()],
    "serial numbers": lambda: [Serial(), Serial()],
    "bound callbacks": lambda: BoundCallback(),
    "lying class": lambda: [LyingClass(), {LyingClass()}],
    "no equality": lambda: [NoEquality(), {NoEquality(): {NoEquality()}}],
    "raising attribute": lambda: RaisingAttribute(),
    "atomic tuples": lambda: [(1, 2), ((1,), "a"), (1, 2)],
    "shared list": lambda: linked(lambda: [1]),
    "shared date": lambda: linked(lambda: datetime.date(2020, 1, 1)),
    "shared tuple": lambda: linked(lambda: ([1],)),
    "cyclic list": cyclic_list,
    "cyclic dict": cyclic_dict,
    "cyclic tuple": cyclic_tuple,
    "cyclic instance": cyclic_instance,
    "cyclic set": cyclic_set,
    "cyclic deque": cyclic_deque,
    "cyclic defaultdict": cyclic_default_dict,
    "cyclic exception": cyclic_error,
}


@pytest.mark.parametrize("name", RIGHT)
def test_accepts_the_standard_copy(name):
    x = RIGHT[name]()
    before = check.snapshot([x, x])
    candidate = [copy.deepcopy(x), copy.deepcopy(x)]
    assert check.check_copy([x, x], before, candidate) is None
    assert check.check_unchanged([x, x], before) is None


def test_accepts_many_sets_of_elements_that_look_alike():
    """Only what holds them tells some from others, not what they hold."""
    x = [RIGHT["elements that look alike"]() for _ in range(30)]
    assert verdict(copy.deepcopy, x) is None
    x = [{Plain(a=Serial()), Plain(a=Serial())}, x[0], [Serial()]]
    assert verdict(copy.deepcopy, x) is None


def test_accepts_no_objects():
    assert verdict(copy.deepcopy) is None
    assert check.check_unchanged([], []) is None


def test_immutable_values_may_be_shared_or_copied():
    def dates(x):
        return [x[0], list(x[1])]

    day = datetime.date(2020, 1, 1)
    assert verdict(dates, [day, [day, day]]) is None
    assert verdict(lambda x: [tuple(list(x[0])), x[1]],
                   [(1, (2, "a")), frozenset((1, 2))]) is None
    assert verdict(lambda x: [decimal.Decimal(str(x[0]))],
                   [decimal.Decimal("1.0")]) is None


# What is wrong ---------------------------------------------------------------

def test_shallow_copy():
    assert verdict(copy.copy, {"list": [1]}) == (
        "shares objects[0]['list'] with the original")
    assert verdict(copy.copy, Plain(a=Plain())) == (
        "shares objects[0].a with the original")


def test_no_copy_at_all():
    assert verdict(lambda x: x, 1, [1]) == "shares objects[1] with the original"


def test_sees_the_original_anywhere():
    a, b = [1], [1]
    assert verdict(lambda x: [[1], x[0]], [a, b]) == (
        "shares objects[0][1] with the original")


def test_shares_what_only_some_elements_may():
    def edit(x, y):
        y[0]["inner"] = x[0]["inner"]
    assert planted([{"inner": [1]}, (1, 2)], edit) == (
        "shares objects[0][0]['inner'] with the original")
    tagged = MyInt(3)
    tagged.note = ["mutable"]
    assert planted((tagged, 1), lambda x, y: x) == (
        "shares objects[0] with the original")
    assert planted({1: frozenset((Frozen("a", 1),))},
                   lambda x, y: dict(x)) == "shares objects[0][1] with the original"


def test_a_wrong_value_in_a_set():
    """Whichever elements are paired: no value is taken for a serial number."""
    def edit(x, y):
        next(iter(y)).a[0] = [99]
        return y

    for _ in range(10):     # as addresses have it
        found = planted({Plain(a=[[i]]) for i in range(3)}, edit)
        assert found == "objects[0] lacks the element <Plain>"
        others = [Plain() for _ in range(3)]
    assert len(others) == 3


def test_another_element_of_a_set_elsewhere():
    """Elements that look alike, of which one is in the list beside the set."""
    def edit(x, y):
        y[1][0], = y[0] - {y[1][0]}
        return y

    for _ in range(10):
        a, b = Plain(), Plain()
        a.other = [b, Plain()]
        b.other = [a]
        a.other[1].other = b.other
        found = planted([{a, b}, [a]], edit)
        assert "objects[0]" in found, found


def test_broken_sharing():
    shared = [1]

    def apart(x, y):
        y["a"][1] = list(y["a"][1])

    def together(x, y):
        y["a"][1] = y["a"][0]

    assert planted({"a": [shared, shared]}, apart) == (
        "sharing differs: objects[0]['a'][1] should be the same object as "
        "objects[0]['a'][0]")
    assert planted({"a": [[1], [1]]}, together) == (
        "sharing differs: objects[0]['a'][1] should not be the same object as "
        "objects[0]['a'][0]")


def test_one_copy_for_two_calls():
    made = {}

    def cached(x):
        return made.setdefault(id(x), copy.deepcopy(x))

    x = [1]
    assert verdict(cached, x, x) == (
        "sharing differs: objects[1] should not be the same object as objects[0]")


def test_cycle_not_closed():
    def edit(x, y):
        y.me = copy.copy(y)
    x = Plain()
    x.me = x
    assert planted(x, edit) == (
        "sharing differs: objects[0].me should be the same object as objects[0]")


def test_types():
    def base(x, y):
        y["l"] = list(y["l"])

    assert planted({"l": MyList([1])}, base) == (
        "type differs at objects[0]['l']: list instead of MyList")
    assert planted([True], lambda x, y: [1]) == (
        "type differs at objects[0][0]: int instead of bool")
    assert planted([1.0], lambda x, y: [1]) == (
        "type differs at objects[0][0]: int instead of float")
    assert planted(LyingClass(), lambda x, y: {}) == (
        "type differs at objects[0]: dict instead of LyingClass")


def test_types_of_one_name():
    other = type("MyList", (list,), {"__module__": __name__})
    message = planted(MyList(), lambda x, y: other())
    assert re.fullmatch(r"type differs at objects\[0\]: .*MyList at 0x\w+ instead "
                        r"of .*MyList at 0x\w+", message)


@pytest.mark.parametrize("original, wrong, message", [
    ([1, 3], [1, 4], "objects[0][1] is 4, expected 3"),
    ([0.0], [-0.0], "objects[0][0] is -0.0, expected 0.0"),
    ([float("nan")], [1.0], "objects[0][0] is 1.0, expected nan"),
    (["a"], ["b"], "objects[0][0] is 'b', expected 'a'"),
    ([range(0)], [range(1, 1)], "objects[0][0] is range(1, 1), expected range(0, 0)"),
    ([1, 2], [1], "objects[0] has 1 elements, expected 2"),
    ((1, [2]), (1, [2], 3), "objects[0] has 3 elements, expected 2"),
    ({"a": 1}, {}, "objects[0] lacks the key 'a'"),
    ({"a": 1}, {"a": 1, "b": 2}, "objects[0] has the unexpected key 'b'"),
    ({1: 1}, {True: 1}, "objects[0] lacks the key 1"),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1},
     "key order differs at objects[0]: 'b' where 'a' is expected"),
    ({(1, 2): 3}, {(1, 4): 3}, "objects[0] key 0[1] is 4, expected 2"),
    ({1, 2}, {1, 3}, "objects[0] lacks the element 2"),
    ({1, 2}, {1}, "objects[0] has 1 elements, expected 2"),
    ({(1, 2)}, {(1, 3)}, "objects[0] lacks the element <tuple>"),
    ({1}, {1.0}, "objects[0] lacks the element 1"),
    (bytearray(b"a"), bytearray(b"b"),
     "objects[0] as bytes is b'b', expected b'a'"),
    (collections.deque([1], 2), collections.deque([1], 3),
     "objects[0].maxlen is 3, expected 2"),
    (collections.defaultdict(list), collections.defaultdict(dict),
     "objects[0].default_factory is another type than the original's"),
    (Data("a", [1]), Data("b", [1]), "objects[0].name is 'b', expected 'a'"),
    (Plain(a=1), Plain(), "objects[0] lacks the attribute 'a'"),
    (Plain(), Plain(a=1), "objects[0] has the unexpected attribute 'a'"),
    (Plain(a=1, b=2), Plain(b=2, a=1),
     "attribute order differs at objects[0]: 'b' where 'a' is expected"),
    (Slots(1, 2), Slots(1, 3), "objects[0]._Slots__b is 3, expected 2"),
    (MyInt(1), MyInt(2), "objects[0] as int is 2, expected 1"),
    (MyDict(a=1), MyDict(a=2), "objects[0]['a'] is 2, expected 1"),
    (datetime.date(2020, 1, 1), datetime.date(2020, 1, 2), "objects[0]["),
    (array.array("i", [1]), array.array("i", [2]), "objects[0]"),
    (MyError(1, 2), MyError(1, 3), "objects[0]"),
    (decimal.Decimal("1.0"), decimal.Decimal("1.00"), "objects[0]"),
])
def test_differences(original, wrong, message):
    said = planted(original, lambda x, y: wrong)
    if message.endswith(("]", "[")):
        assert said is not None and said.startswith(message)
    else:
        assert said == message


def test_ordered_dict_order():
    def edit(x, y):
        y.move_to_end("a")
    assert planted(collections.OrderedDict(a=1, b=2), edit) == (
        "key order differs at objects[0]: 'b' where 'a' is expected")


def test_attributes_of_containers():
    x = MyList([1])
    x.note = [1]

    def drop(x, y):
        del y.note

    assert planted(x, drop) == "objects[0] lacks the attribute 'note'"


def test_unset_slot():
    def drop(x, y):
        del y.a
    assert planted(Slots(1, 2), drop) == "objects[0] lacks the attribute 'a'"


def test_copies_what_is_shared():
    def function():
        pass

    def other(x, y):
        y[0] = types.FunctionType(function.__code__, {})

    assert planted([function], other) == (
        "copies objects[0][0], which the standard library shares")
    assert planted(Generous(), lambda x, y: setattr(y, "shared", [1])) == (
        "copies objects[0].shared, which the standard library shares")


def test_bound_methods():
    x = Plain()

    def unbound(x, y):
        y[1] = Plain().method

    assert planted([x, x.method], unbound).startswith(
        "sharing differs: objects[0][1].__self__ should be the same object as")


def test_wrong_where_the_sets_meet():
    a, b = Plain(n=1), Plain(n=2)

    def swap(x, y):
        y[1].reverse()

    assert planted([{a, b}, [a, b]], swap) == "objects[0][1][0].n is 2, expected 1"


def test_serial_numbers_do_not_hide_the_rest():
    def edit(x, y):
        y[0].name = "y"
    assert planted([Serial()], edit) == "objects[0][0].name is 'y', expected 'x'"


def test_number_of_copies():
    assert check.check_copy([1, 2], [1, 2], [1]) == "1 copies of 2 objects"


# Changes of the input --------------------------------------------------------

def test_changed_input():
    assert changed([1, [2]], lambda x: x[1].append(3)) == (
        "objects[0][1] has 2 elements, expected 1")
    assert changed(Plain(a=1), lambda x: setattr(x, "_copied", 1)) == (
        "objects[0] has the unexpected attribute '_copied'")
    assert changed([1], lambda x: x.__setitem__(0, 2)) == (
        "objects[0][0] is 2, expected 1")
    shared = [1]
    assert changed([shared, shared], lambda x: x.__setitem__(1, [1])) == (
        "sharing differs: objects[0][1] should be the same object as "
        "objects[0][0]")


def test_change_beside_what_copies_leave_out():
    x = Generous()
    assert changed(x, lambda x: x.dropped.append(3)) is None
    assert changed(x, lambda x: setattr(x, "more", 1)) is None
    assert changed([x, [1]], lambda x: x[1].append(2)) == (
        "objects[0][1] has 2 elements, expected 1")


@pytest.mark.parametrize("make", [
    lambda: functools.partial(len), lambda: ValueError(1)])
def test_a_dictionary_that_is_only_made_is_no_change(make):
    """They get an empty one when somebody asks for it."""
    untouched, copied = make(), make()
    copy.deepcopy(copied)
    assert vars(copied) == {}
    assert check.compare(untouched, copied, "x") is None


def test_elements_that_look_alike_are_told_apart():
    """One is referred to twice, in the copy another one as well."""
    a, b, c, d = (Plain() for _ in range(4))
    original = {a, b, Plain(a=a), Plain(b=a)}
    wrong = {c, d, Plain(a=c), Plain(b=d)}
    for _ in range(20):
        assert check.check_copy([original], check.snapshot([original]),
                                [wrong]) is not None


# Hostile and large -----------------------------------------------------------

class BadDict:
    """Says that it has a dictionary, and raises."""

    @property
    def __dict__(self):
        raise RuntimeError("no\ndictionary")


def test_an_exception_becomes_a_message():
    x = BadDict()
    assert check.check_copy([x], [BadDict()], [BadDict()]) == (
        "the copies cannot be compared: RuntimeError: no dictionary")
    assert check.check_unchanged([x], [BadDict()]) == (
        "the objects cannot be compared: RuntimeError: no dictionary")


class BadReduce(array.array):
    def __reduce_ex__(self, protocol):
        raise RuntimeError("not reducible")

    def __deepcopy__(self, memo):
        return BadReduce("i", self)


class Endless(array.array):
    """Reduces to ever new objects."""

    def __reduce_ex__(self, protocol):
        return Endless, ("i",), [Endless("i"), Endless("i")]

    def __deepcopy__(self, memo):
        return Endless("i")


def test_reduce_methods(monkeypatch):
    x = BadReduce("i", [1])
    assert verdict(copy.deepcopy, [x]) is None
    assert verdict(list, [x]) == "shares objects[0][0] with the original"
    monkeypatch.setattr(check, "_REDUCTIONS", 1000)
    assert verdict(copy.deepcopy, [Endless("i")]) == (
        "the copies cannot be compared: RuntimeError: more than 1000 objects to "
        "be reduced")


def test_deep_graphs():
    def chain(depth):
        x = []
        for _ in range(depth):
            x = [x]
        return x

    def nested(depth):
        x = ()
        for _ in range(depth):
            x = (x,)
        return x

    deep = [chain(50_000), nested(50_000)]
    assert check.check_copy(deep, [chain(50_000), nested(50_000)],
                            [chain(50_000), nested(50_000)]) is None
    message = check.check_copy(deep, [chain(50_000), deep[1]],
                               [chain(49_999), deep[1]])
    assert message.startswith("objects[0][0]") and len(message) < 500


def test_tuples_within_tuples():
    x = ()
    y = ()
    for _ in range(60):
        x, y = (x, x), (y, y)
    assert check.check_copy([x], [x], [y]) is None


def test_linear_time():
    x = [{"a": i, "b": [i, str(i)], "c": (1, 2)} for i in range(20_000)]
    sets = {frozenset((i, (i, i))) for i in range(5_000)}
    before = check.snapshot([x, sets])
    start = time.perf_counter()
    assert check.check_copy([x, sets], before, copy.deepcopy([x, sets])) is None
    assert time.perf_counter() - start < 5


def random_graph(rng, size):
    """Return a graph with plenty of sharing and cycles."""
    pool = [[], {}, Plain(), Slots(1, 2), collections.deque()]
    for i in range(size):
        made = rng.choice((
            lambda: [rng.choice(pool) for _ in range(rng.randrange(4))],
            lambda: tuple(rng.choice(pool) for _ in range(rng.randrange(4))),
            lambda: {i: rng.choice(pool), "k": i},
            lambda: Plain(a=rng.choice(pool), i=i),
            lambda: Slots(rng.choice(pool), i),
            lambda: MyList([rng.choice(pool)]),
            lambda: {Plain(i=i), i, (i, "x")},
            lambda: i, lambda: str(i), lambda: (i, i)))()
        holder = rng.choice(pool)
        if type(holder) is list:
            holder.append(made)
        elif type(holder) is Plain:
            setattr(holder, f"a{i}", made)
        pool.append(made)
    return pool


def edit_somewhere(rng, graph):
    """Change one thing in a graph that no right copy may have changed."""
    places = [x for x in graph if type(x) in (list, MyList, dict, Plain, Slots)]
    x = rng.choice(places)
    if type(x) in (list, MyList):
        x.append(0)
    elif type(x) is dict:
        x["new"] = 1
    else:
        x.a = object


@pytest.mark.parametrize("seed", range(50))
def test_random_graphs(seed):
    rng = random.Random(seed)
    graph = random_graph(rng, 60)
    before = check.snapshot([graph])
    candidate = copy.deepcopy(graph)
    assert check.check_copy([graph], before, [candidate]) is None
    edit_somewhere(rng, candidate)
    assert check.check_copy([graph], before, [candidate]) is not None
    assert check.check_unchanged([graph], before) is None
    edit_somewhere(rng, graph)
    assert check.check_unchanged([graph], before) is not None
