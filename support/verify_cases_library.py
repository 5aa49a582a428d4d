"""Types of the standard library that have values of their own.

Their modules are imported when a case needs them: some take long.
"""

from collections import (
    ChainMap, Counter, OrderedDict, UserDict, UserList, UserString,
    defaultdict, deque, namedtuple)
from types import SimpleNamespace

from verify import skipped
from verify_cases_tools import (
    Cases, Plain, equal, having, once, new, plain, same, show)

cases = Cases()

Pair = namedtuple("Pair", "left right")
Defaults = namedtuple("Defaults", "a b", defaults=(1, 2))


class PairType(Pair):
    """A named tuple with a dictionary."""


class PairSlots(Pair):
    __slots__ = ()


class DequeType(deque):
    pass


class OrderedType(OrderedDict):
    pass


class CounterType(Counter):
    pass


class DefaultType(defaultdict):
    def __missing__(self, key):
        return "missing"


def moved():
    x = OrderedDict(a=[1], b=[2], c=[3])
    x.move_to_end("a")
    x.move_to_end("c", last=False)
    return x


def grown(cls, *args):
    x = cls(*args)
    x.note = ["note"]
    return x


VALUES = {
    "namedtuple": lambda: Pair([1], 2),
    "namedtuple_atoms": lambda: [Pair(1, 2)],
    "namedtuple_defaults": lambda: Defaults([1]),
    "namedtuple_nested": lambda: Pair(Pair(1, [2]), Pair({}, ())),
    "namedtuple_subclass": lambda: grown(PairType, [1], 2),
    "namedtuple_subclass_slots": lambda: PairSlots([1], 2),
    "deque": lambda: deque([[1], 2, (3, [4])]),
    "deque_empty": deque,
    "deque_maxlen": lambda: deque([[1], [2], [3]], 2),
    "deque_maxlen_zero": lambda: deque((), 0),
    "deque_subclass": lambda: grown(DequeType, [[1]], 3),
    "ordered_dict": lambda: OrderedDict([("z", [1]), ("a", [2]), ("m", 3)]),
    "ordered_dict_moved": moved,
    "ordered_dict_subclass": lambda: grown(OrderedType, [("z", [1])]),
    "defaultdict": lambda: defaultdict(list, {"a": [1]}),
    "defaultdict_no_factory": lambda: defaultdict(None, {"a": [1]}),
    "defaultdict_function": lambda: defaultdict(a_function, {"a": [1]}),
    "defaultdict_subclass": lambda: DefaultType(list, {"a": [1]}),
    "counter": lambda: Counter("hello"),
    "counter_subclass": lambda: CounterType("hello"),
    "chain_map": lambda: ChainMap({"a": [1]}, {"b": [2]}),
    "user_dict": lambda: UserDict({"a": [1]}),
    "user_list": lambda: UserList([[1], 2]),
    "user_string": lambda: UserString("text"),
    "namespace": lambda: SimpleNamespace(a=[1], b=2),
    "namespace_empty": SimpleNamespace,
    "array": lambda: array("i", [1, 2, 3]),
    "array_empty": lambda: array("d", []),
    "decimal": lambda: library("decimal").Decimal("1.50"),
    "decimal_nan": lambda: [str(library("decimal").Decimal("NaN"))],
    "fraction": lambda: library("fractions").Fraction(1, 3),
    "date": lambda: library("datetime").date(2020, 2, 29),
    "time": lambda: library("datetime").time(1, 2, 3, 4, fold=1),
    "datetime": lambda: library("datetime").datetime(2020, 2, 29, 1, 2, 3, 4),
    "datetime_utc": lambda: aware(0),
    "datetime_zone": lambda: aware(90),
    "timedelta": lambda: library("datetime").timedelta(1, 2, 3),
    "timezone_named": lambda: library("datetime").timezone(
        library("datetime").timedelta(hours=1), "here"),
    "struct_time": lambda: library("time").gmtime(0),
    "object": lambda: [plain(), plain()],
    "partial": lambda: library("functools").partial(a_function, [1], key=[2]),
    "itemgetter": lambda: library("operator").itemgetter(1, 2),
    "attrgetter": lambda: library("operator").attrgetter("a.b"),
    "methodcaller": lambda: library("operator").methodcaller("a", 1, key=2),
    "mixture": lambda: OrderedDict(
        a=deque([defaultdict(list, x=[Pair([1], Counter("a"))])], 5)),
}


def library(name):
    return __import__(name)


def array(code, values):
    return library("array").array(code, values)


def aware(minutes):
    datetime = library("datetime")
    zone = datetime.timezone(datetime.timedelta(minutes=minutes))
    return datetime.datetime(2020, 2, 29, 1, 2, 3, 4, zone)


def a_function(*args, **kwargs):
    return args, kwargs


for name, make in VALUES.items():
    cases.alike(name, make)


@cases("a new array, changed without the original")
def array_new(deepcopy):
    x = array("i", [1, 2, 3])
    y = deepcopy([x])[0]
    y[0] = 5
    return new(y, x) or equal(x.tolist(), [1, 2, 3]) or equal(y.typecode, "i")


@cases("a factory that works in the copy, and gives new lists")
def defaultdict_factory_works(deepcopy):
    x = defaultdict(list)
    y = deepcopy(x)
    y["a"].append(1)
    return equal(dict(y), {"a": [1]}) or equal(dict(x), {})


@cases("a factory bound to an object bound to its copy")
def defaultdict_factory_bound(deepcopy):
    class Makes:
        def make(self):
            return self

    x = Makes()
    y = deepcopy([x, defaultdict(x.make)])
    return same(y[1]["a"], y[0]) or new(y[0], x)


@cases("a new object that is an object() like the original")
def object_new(deepcopy):
    x = object()
    return new(deepcopy(x), x)


@cases("an equal UUID")
def uuid(deepcopy):
    x = library("uuid").UUID(int=5)
    return None if equal(deepcopy([x]), [x]) is None else "another value"


@cases("an equal path of the same type")
def path(deepcopy):
    x = library("pathlib").PurePosixPath("/a", "b")
    y = deepcopy([x, {x: [x]}])
    return (equal(y[0], x) or equal(y[1], {x: [x]}))


@cases("the same pattern")
def pattern(deepcopy):
    x = library("re").compile("a+")
    return same(deepcopy([x, x])[0], x)


@cases("the same match")
def match(deepcopy):
    x = library("re").match("a+", "aab")
    return same(deepcopy([x])[0], x)


@cases("an equal generic alias")
def generic_alias(deepcopy):
    return None if deepcopy([list[int]]) == [list[int]] else "another one"


@cases("the same function, with its cache")
def lru_cache(deepcopy):
    x = library("functools").lru_cache(a_function)
    return same(deepcopy([x])[0], x)


@cases("a partial of the same function, with copies of its arguments")
def partial_arguments(deepcopy):
    x = library("functools").partial(a_function, [1], key=[2])
    y = deepcopy(x)
    return (new(y, x) or same(y.func, a_function) or equal(y.args, ([1],))
            or new(y.args[0], x.args[0], "argument")
            or new(y.keywords["key"], x.keywords["key"], "keyword argument"))


@cases("a buffer at the same place, written without the original")
def string_io(deepcopy):
    io = library("io")
    for x, text in (io.StringIO(), "text"), (io.BytesIO(), b"text"):
        x.write(text)
        y = deepcopy(x)
        y.write(text)
        if y.getvalue() != 2 * text or x.getvalue() != text:
            return f"{show(x.getvalue())} and {show(y.getvalue())}"
    return None


# Enumerations ----------------------------------------------------------------

@once
def Color():
    enum = library("enum")
    return enum.Enum("Color", {"RED": 1, "LIST": [1], "TUPLE": (1, [2])})


@once
def Permission():
    enum = library("enum")
    return enum.Flag("Permission", {"READ": 1, "WRITE": 2})


@once
def Number():
    enum = library("enum")
    return enum.IntEnum("Number", {"ONE": 1})


for name, make in {
        "enum": lambda: Color().RED,
        "enum_of_list": lambda: Color().LIST,
        "enum_of_tuple": lambda: Color().TUPLE,
        "enum_flag": lambda: Permission().READ,
        "enum_flags": lambda: Permission().READ | Permission().WRITE,
        "enum_no_flags": lambda: Permission()(0),
        "enum_int": lambda: Number().ONE,
        "enum_class": Color,
}.items():
    cases.same(name, make)


@cases("the member as key, element, attribute")
def enum_inside(deepcopy):
    red = Color().RED
    y = deepcopy([{red: [1]}, (red, []), {red}, plain(a=red)])
    return (same(next(iter(y[0])), red) or same(y[1][0], red)
            or same(*y[2], red) or same(y[3].a, red))


# Data classes ----------------------------------------------------------------

def data_class(**options):
    from dataclasses import field, make_dataclass
    return make_dataclass(
        "Data", [("a", int), ("b", list, field(default_factory=list))],
        namespace={"__post_init__": post_init}, **options)


def post_init(self):
    inits.append(self)


inits = []
KINDS = {
    "dataclass": {}, "dataclass_frozen": {"frozen": True},
    "dataclass_ordered": {"order": True},
    "dataclass_no_eq": {"eq": False},
    "dataclass_hashed": {"unsafe_hash": True},
    "dataclass_slots": {"slots": True},
    "dataclass_frozen_slots": {"frozen": True, "slots": True},
    "dataclass_by_name": {"kw_only": True},
}


def dataclass_case(deepcopy, options):
    """Ask for a copy of a data class's instance."""
    try:
        cls = data_class(**options)
    except TypeError:
        return skipped("no such data classes before 3.10")
    x = cls(a=1, b=[2])
    z = cls(a=x)
    del inits[:]
    y = deepcopy([x, z])
    called = len(inits)
    del inits[:]
    if called:
        return "a call of __post_init__"
    return (new(y[0], x) or equal([y[0].a, y[0].b, y[1].b], [1, [2], []])
            or new(y[0].b, x.b, "list") or new(y[1].b, z.b, "list")
            or same(y[1].a, y[0]))


for name, options in KINDS.items():
    cases.add(name, "copies of the fields, and no call of __post_init__",
              lambda deepcopy, options=options: dataclass_case(
                  deepcopy, options))


# Exceptions ------------------------------------------------------------------

class OwnError(Exception):
    pass


class WantsMore(Exception):
    def __init__(self, a, b):
        super().__init__(a)
        self.b = b


def like_error(y, x):
    return (new(y, x) or equal(y.args, x.args) or equal(vars(y), vars(x)))


for name, make in {
        "exception": lambda: ValueError("text", [1]),
        "exception_no_args": lambda: OwnError(),
        "exception_attributes": lambda: having(OwnError(1), a=[1], b=2),
        "exception_os": lambda: OSError(2, "text", "file"),
        "exception_key": lambda: KeyError(("a", 1)),
        "exception_stop": lambda: StopIteration([1]),
        "exception_exit": lambda: SystemExit(3),
        "exception_unicode": lambda: UnicodeDecodeError(
            "utf-8", b"\xff", 0, 1, "reason"),
}.items():
    def exception_case(deepcopy, make=make):
        x = make()
        return like_error(deepcopy([x])[0], x)

    cases.add(name, "an exception with copies of arguments and attributes",
              exception_case)


@cases("copies of lists among arguments and attributes")
def exception_parts_copied(deepcopy):
    x = having(OwnError([1]), a=[2])
    y = deepcopy(x)
    return (new(y, x) or new(y.args[0], x.args[0], "argument")
            or new(y.a, x.a, "attribute"))


@cases("errno and filename")
def exception_os_fields(deepcopy):
    y = deepcopy(OSError(2, "text", "file"))
    return equal([type(y), y.errno, y.filename],
                 [FileNotFoundError, 2, "file"])


@cases("the value of StopIteration, the code of SystemExit")
def exception_fields(deepcopy):
    y = deepcopy([StopIteration([1]), SystemExit(3)])
    return equal([y[0].value, y[1].code], [[1], 3])


@cases("neither cause nor context nor traceback: they are not in a reduction")
def exception_cause(deepcopy):
    try:
        try:
            raise KeyError(1)
        except KeyError as error:
            raise OwnError(2) from error
    except OwnError as error:
        x = error
    y = deepcopy(x)
    x.__traceback__ = None
    return equal([y.__cause__, y.__context__, y.__traceback__], [None] * 3)


@cases("TypeError: the class is called with args, which are not enough")
def exception_wants_more(deepcopy):
    x = WantsMore(1, 2)
    try:
        y = deepcopy(x)
    except TypeError:
        return None
    return f"no exception but {show(y)}"


@cases("the class called with args, its attributes set after that")
def exception_init_called(deepcopy):
    class Counts(Exception):
        def __init__(self, *args):
            log.append(args)
            super().__init__(*args)
            self.a = "from __init__"

    log = []
    x = Counts(1)
    x.a = "from state"
    y = deepcopy(x)
    return equal(log, [(1,), (1,)]) or equal(y.a, "from state")


# Weak references -------------------------------------------------------------

@cases("the same weak reference")
def weak_reference(deepcopy):
    from weakref import ref
    x = Plain()
    reference = ref(x)
    y = deepcopy([reference, {"r": reference}, x])
    return (same(y[0], reference) or same(y[1]["r"], reference)
            or same(y[0](), x) or new(y[2], x))


@cases("the same weak reference, to an object that is gone")
def weak_reference_dead(deepcopy):
    from weakref import ref
    reference = ref(Plain())
    return same(deepcopy([reference])[0], reference)


@cases("the same keys and copies of the values")
def weak_key_dictionary(deepcopy):
    from weakref import WeakKeyDictionary
    key, value = Plain(), [1]
    x = WeakKeyDictionary({key: value})
    y = deepcopy(x)
    return (new(y, x) or same(list(y)[0], key) or new(y[key], value, "value")
            or equal(y[key], [1]))


@cases("the same values and copies of the keys")
def weak_value_dictionary(deepcopy):
    from weakref import WeakValueDictionary
    key, value = (1, Plain()), Plain()
    x = WeakValueDictionary({key: value})
    y = deepcopy(x)
    return (new(y, x) or same(list(y.values())[0], value)
            or new(list(y)[0][1], key[1], "key"))


@cases("a new set of the same elements, as weak references are shared")
def weak_set(deepcopy):
    from weakref import WeakSet
    element = Plain()
    x = [element, WeakSet([element])]
    y = deepcopy(x)
    return new(y[0], element) or new(y[1], x[1]) or equal(
        [each is element for each in y[1]], [True])


@cases("a weak value beside its object: the reference is not to the copy")
def weak_value_beside(deepcopy):
    from weakref import WeakValueDictionary
    value = Plain()
    x = [value, WeakValueDictionary(a=value)]
    y = deepcopy(x)
    return new(y[0], value) or same(y[1]["a"], value)
