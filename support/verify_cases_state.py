"""What object.__reduce_ex__ asks of a class, and what comes of it.

`__getnewargs_ex__`, `__getnewargs__`, `__getstate__`, slots and the instance
dictionary; `__new__` and `__setstate__` are called for the copy, `__init__`
is not.
"""

from verify_cases_tools import Cases, Plain, equal, having, new, plain

cases = Cases()


class Slots:
    __slots__ = "a", "b"


class MoreSlots(Slots):
    __slots__ = ("c",)


class SlotsAndDict(Slots):
    pass


class DictThenSlots(Plain):
    __slots__ = ("a",)


class SlotsWithDict:
    __slots__ = "a", "__dict__"


class SlotsWithWeak:
    __slots__ = "a", "__weakref__"


class PrivateSlot:
    __slots__ = ("__hidden",)

    def __init__(self, value):
        self.__hidden = value


class TextSlot:
    __slots__ = "only"


class NoSlots:
    __slots__ = ()


class SlotsSetState:
    __slots__ = "a", "got"

    def __setstate__(self, state):
        self.got = state


for name, make in {
        "slots": lambda: having(Slots(), a=[1], b=2),
        "slots_unset": lambda: having(Slots(), b=[2]),
        "slots_all_unset": lambda: having(Slots()),
        "slots_inherited": lambda: having(MoreSlots(), a=[1], b=[2], c=[3]),
        "slots_and_dict": lambda: having(SlotsAndDict(), a=[1], z=[2]),
        "slots_and_empty_dict": lambda: having(SlotsAndDict(), a=[1]),
        "slots_below_dict": lambda: having(DictThenSlots(), a=[1], z=[2]),
        "slots_with_dict": lambda: having(SlotsWithDict(), a=[1], z=[2]),
        "slots_with_dict_alone": lambda: having(SlotsWithDict(), z=[2]),
        "slots_with_weakref": lambda: having(SlotsWithWeak(), a=[1]),
        "slots_private": lambda: PrivateSlot([1]),
        "slots_in_text": lambda: having(TextSlot(), only=[1]),
        "slots_none": lambda: having(NoSlots()),
        "slots_hold_none": lambda: having(Slots(), a=None, b=[None]),
        "slots_cycle": lambda: cycle_in_slots(),
        "instance": lambda: plain(a=[1], b={"c": [2]}),
        "instance_empty": Plain,
        "instance_none": lambda: plain(a=None),
        "instance_order": lambda: plain(z=1, a=2, m=3),
        "instance_nested": lambda: plain(a=plain(a=plain(a=[1]))),
        "instance_shared": lambda: (lambda x: [x, x, plain(x=x)])(plain(a=[])),
        "instance_odd_names": lambda: plain(**{"not a name": [1], "": [2]}),
        "instance_of_object": lambda: [object.__new__(NoSlots), 1],
}.items():
    cases.alike(name, make)


def cycle_in_slots():
    x = having(Slots(), a=[])
    x.a.append(x)
    x.b = x
    return x


@cases("a state of two parts to __setstate__, the first one None")
def slots_setstate(deepcopy):
    x = having(SlotsSetState(), a=[1])
    y = deepcopy(x)
    return equal(y.got, (None, {"a": [1]})) or new(y.got[1]["a"], x.a, "list")


class Made:
    """Is made with arguments, and keeps them."""

    def __new__(cls, *args, **kwargs):
        self = super().__new__(cls)
        self.made = args, kwargs
        return self

    def __init__(self, *args, **kwargs):
        self.initialised = True


class MadeByPlace(Made):
    def __getnewargs__(self):
        return self.made[0]


class MadeByName(Made):
    def __getnewargs_ex__(self):
        return self.made


class MadeByBoth(MadeByName):
    def __getnewargs__(self):
        return ("not these",)


def made(cls, *args, **kwargs):
    return cls.__new__(cls, *args, **kwargs)


for name, make in {
        "getnewargs": lambda: made(MadeByPlace, [1], 2),
        "getnewargs_empty": lambda: made(MadeByPlace),
        "getnewargs_ex": lambda: made(MadeByName, [1], key=[2]),
        "getnewargs_ex_no_names": lambda: made(MadeByName, [1]),
        "getnewargs_ex_names_alone": lambda: made(MadeByName, key=[2]),
        "getnewargs_ex_rather": lambda: made(MadeByBoth, [1], key=[2]),
}.items():
    cases.alike(name, make, expected="__new__ called with copies of the "
                "arguments, then the state, and no __init__")


class GetsState:
    """Gives a state of its own and takes it by itself."""

    def __init__(self, state):
        self.state = state
        self.not_in_state = True

    def __getstate__(self):
        return self.state


class SetsState(GetsState):
    def __setstate__(self, state):
        self.got = state


def got_state(state):
    return plain(SetsState, got=state)


for name, state in (("dict", lambda: {"a": [1]}), ("list", lambda: [[1]]),
                    ("text", lambda: "state"), ("number", lambda: 5),
                    ("tuple", lambda: ([1], 2, 3)), ("false", lambda: False),
                    ("dict_empty", dict), ("list_empty", list)):
    cases.alike(
        f"getstate_{name}_setstate", lambda state=state: SetsState(state()),
        lambda state=state: got_state(state()),
        "__setstate__ called with a copy of what __getstate__ gives")

cases.alike(
    "getstate", lambda: GetsState({"a": [1], "b": 2}),
    lambda: plain(GetsState, a=[1], b=2),
    "attributes from a copy of what __getstate__ gives, and no others")
cases.alike(
    "getstate_none", lambda: GetsState(None), lambda: plain(GetsState),
    "no attributes, as __getstate__ gives None")
cases.alike(
    "getstate_none_setstate", lambda: SetsState(None),
    lambda: plain(SetsState),
    "no call of __setstate__, as __getstate__ gives None")


@cases("__setstate__ called with a copy of the dictionary")
def setstate(deepcopy):
    class Sets:
        def __setstate__(self, state):
            log.append(state)

    log = []
    x = plain(Sets, a=[1])
    y = deepcopy(x)
    if not log:
        return "no call of __setstate__"
    return (equal(log, [{"a": [1]}]) or new(log[0]["a"], x.a, "list")
            or equal(vars(y), {}))


@cases("no call of __setstate__ for an object without attributes")
def setstate_without_state(deepcopy):
    class Sets:
        def __setstate__(self, state):
            log.append(state)

    log = []
    deepcopy(Sets())
    return equal(log, [])


@cases("the result of __setstate__ ignored")
def setstate_returns(deepcopy):
    class Sets:
        def __setstate__(self, state):
            vars(self).update(state)
            return "something"

    y = deepcopy(plain(Sets, a=[1]))
    return equal(vars(y), {"a": [1]})


@cases("no call of __init__")
def init_not_called(deepcopy):
    class Counts:
        def __init__(self):
            log.append("init")

    log = []
    x = Counts()
    x.a = [1]
    y = deepcopy([x, Counts()])
    return equal(log, ["init", "init"]) or equal(vars(y[0]), {"a": [1]})


@cases("no call of __init__ that wants arguments")
def init_with_arguments(deepcopy):
    class Wants:
        def __init__(self, a, b):
            self.a, self.b = a, b

    y = deepcopy(Wants([1], 2))
    return equal(vars(y), {"a": [1], "b": 2})


@cases("__new__ called with the class alone")
def new_called(deepcopy):
    class Counts:
        def __new__(cls, *args):
            log.append(args)
            return super().__new__(cls)

    log = []
    deepcopy(Counts())
    return equal(log, [(), ()])


@cases("no attribute of the original read or set through its methods")
def attributes_without_methods(deepcopy):
    class Guarded:
        def __setattr__(self, name, value):
            log.append(f"set {name}")

        def __delattr__(self, name):
            log.append(f"deleted {name}")

    log = []
    x = plain(Guarded, a=[1], b=2)
    y = deepcopy(x)
    return equal(log, []) or equal(vars(y), {"a": [1], "b": 2})


@cases("a property not asked, its value kept below it")
def properties_not_asked(deepcopy):
    class HasProperty:
        @property
        def a(self):
            log.append("asked")

    log = []
    y = deepcopy(plain(HasProperty, a=[1]))
    return equal(log, []) or equal(vars(y), {"a": [1]})


@cases("an object that says that it is an int copied as what it is")
def class_pretended(deepcopy):
    class Pretends:
        __class__ = property(lambda self: int)

    x = plain(Pretends, a=[1])
    y = deepcopy(x)
    if y is x:
        return "the original itself"
    return equal(vars(y), {"a": [1]})


@cases("an object whose == and hash and truth raise, copied all the same")
def no_comparison(deepcopy):
    class Hostile:
        def __eq__(self, other):
            raise RuntimeError("compared")

        def __hash__(self):
            raise RuntimeError("hashed")

        def __bool__(self):
            raise RuntimeError("truth asked for")

        __len__ = __iter__ = __repr__ = __hash__

    x = plain(Hostile, a=[1])
    y = deepcopy([x, (x,), {"a": x}])
    if y[0] is x or y[1][0] is not y[0] or y[2]["a"] is not y[0]:
        return "not one copy of the object"
    return equal(vars(y[0]), {"a": [1]})


@cases("an object that equals everything copied like any other")
def equal_to_everything(deepcopy):
    class Equal:
        def __eq__(self, other):
            return True

        def __hash__(self):
            return 1

    x = [plain(Equal, a=[1]), plain(Equal, a=[2]), (plain(Equal, a=[3]),)]
    y = deepcopy(x)
    return (equal([vars(y[0]), vars(y[1]), vars(y[2][0])],
                  [{"a": [1]}, {"a": [2]}, {"a": [3]}])
            or new(y[2][0], x[2][0], "element"))
