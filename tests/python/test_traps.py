"""What a fast deepcopy gets wrong first: each trap is sprung with the standard one too.

A trap is a function that is given a deepcopy and returns what there was to be seen, by
built-in types; whatever that is, all correct implementations must show the same.
"""

import collections
import copy
import copyreg
import gc
import pathlib
import sys
import threading
import types
import weakref
from unittest import mock

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "support"))

import loader  # noqa: E402

CORRECT = ["stdlib", "memo_opt", "fastpath", "merged", "inline"]
TRAPS = {}


def load(name):
    return loader.load_impl(
        {"kind": "file", "path": str(ROOT / "impls" / f"{name}.py")})[0]


def trap(function):
    TRAPS[function.__name__] = function
    return function


class Plain:
    def __init__(self, **attributes):
        vars(self).update(attributes)


class Calls:
    """Calls something while it is copied, and is its own copy."""

    def __init__(self, function):
        self.function = function

    def __deepcopy__(self, memo):
        self.function(memo)
        return self


class Reduces:
    def __init__(self, *rv):
        self.rv = rv

    def __reduce_ex__(self, protocol):
        return self.rv


def error_of(function, *args):
    """Return the type's name of the exception that a call raises."""
    try:
        function(*args)
    except Exception as error:
        return type(error).__name__
    return None


# Containers that change, or are looked at, while they are copied -----------------------

@trap
def list_grows(deepcopy):
    x = [1, 2]
    x.insert(1, Calls(lambda memo: x.append([3])))
    y = deepcopy(x)
    return y[0], y[2:], len(y), y[-1] is x[-1]


@trap
def list_shrinks(deepcopy):
    x = [1, Calls(lambda memo: x.clear()), 2, [3]]
    return len(deepcopy(x))


@trap
def long_lists(deepcopy):
    """One element among many atoms, wherever it is, is found."""
    rows = [[*range(n)] for n in (1, 7, 8, 9, 10, 40)]
    rows += [[*range(n)] + [[n]] + [*range(m)] for n in (0, 1, 9) for m in (0, 1, 9)]
    memo = {}
    y = deepcopy(rows, memo)
    pairs = [*zip(rows, y)]
    return (y, [a is b for a, b in pairs], [memo[id(a)] is b for a, b in pairs],
            [a[n] is b[n] for a, b in pairs for n in range(len(a))
             if type(a[n]) is list])


@trap
def list_element_replaced(deepcopy):
    x = [Calls(lambda memo: x.__setitem__(1, "new")), [1], 2]
    return deepcopy(x)[1:]


@trap
def dict_grows(deepcopy):
    x = {"a": Calls(lambda memo: x.update(c=3)), "b": 2}
    return error_of(deepcopy, x)


@trap
def dict_value_replaced(deepcopy):
    x = {"a": Calls(lambda memo: x.update(b=["new"])), "b": 2}
    y = deepcopy(x)
    return y["b"], y["b"] is x["b"]


@trap
def set_grows(deepcopy):
    x = {1, Calls(lambda memo: x.add(2))}
    return len(deepcopy(x))


@trap
def containers_half_made(deepcopy):
    """What has been entered in the memo is filled one by one."""
    def look(memo):
        seen.append([[*memo[id(x)]] if id(x) in memo else None
                     for x in (a_list, a_dict, a_set, a_tuple)])

    seen = []
    calls = Calls(look)
    a_list = [1, "a", calls, 2, calls]
    a_dict = {"a": 1, "b": calls, "c": 2}
    a_set, a_tuple = {calls}, (1, calls, [])
    deepcopy([a_list, a_dict, a_set, a_tuple])
    return [[each and [*map(str, map(type, each))] for each in row] for row in seen]


@trap
def object_half_made(deepcopy):
    """It is in the memo before its state, and gets all of that at once."""
    def look(memo):
        seen.append(sorted(vars(memo[id(x)])))

    seen = []
    x = Plain(a=1, b=Calls(look), c=[Calls(look)])
    deepcopy(x)
    return seen


@trap
def key_half_made(deepcopy):
    """The hash of a key that is not yet filled."""
    class Key:
        def __hash__(self):
            seen.append(sorted(vars(self)))
            return 1

    seen = []
    key = Key()
    key.a = {key: 1}
    key.b = {key, 2}
    del seen[:]
    y = deepcopy(key)
    return seen, [*y.a] == [y], y in y.b


@trap
def order_of_calls(deepcopy):
    class Tells:
        def __init__(self, name):
            self.name = name

        def __deepcopy__(self, memo):
            seen.append(self.name)
            return self

    seen = []
    t = {name: Tells(name) for name in "abcdefghijklm"}
    deepcopy([t["a"], {t["b"]: t["c"]}, (t["d"], 1, t["e"]), t["f"],
              Reduces(Plain, (), {"g": t["g"]}, None, None), {"h": t["h"]},
              Reduces(collections.deque, ([t["i"]],), None, iter([t["j"]])),
              Reduces(dict, (), None, None, iter([(t["k"], t["l"])]))])
    return seen


# The memo ------------------------------------------------------------------------------

class Temporary:
    """Hands out parts that nobody else holds, each with its own content."""

    count = 0

    def __init__(self, how):
        self.how = how

    def __reduce_ex__(self, protocol):
        Temporary.count += 1
        n = Temporary.count
        return {
            "arguments": lambda: (make, ([n], (n, [n]))),
            "long": lambda: (make, ([n] * 20,)),
            "state": lambda: (Plain, (), {"a": [n]}),
            "states": lambda: (Plain, (), ({"a": [n]}, {"b": [n]})),
            "list state": lambda: (Takes, (), [[n], n]),
            "items": lambda: (list, (), None, ([n] for _ in range(3))),
            "pairs": lambda: (dict, (), None, None, (((i, n), [n]) for i in range(3))),
            "set": lambda: (make, ({n, (n,)}, frozenset((n,)))),
            "method": lambda: (make, ([n].append,)),
            "object": lambda: (make, (Plain(a=[n]),)),
            "copier": lambda: (make, (Vector(n),)),
            "four": lambda: (list, (), None, iter([[n]])),
        }[self.how]()


def make(*args):
    return [*args]


class Vector:
    def __init__(self, n):
        self.n = n

    def __deepcopy__(self, memo):
        return [self.n]


class Takes:
    def __setstate__(self, state):
        self.state = state


def told(y):
    if isinstance(y, (Plain, Takes)):
        return vars(y)
    if isinstance(y, list):
        return [told(each) for each in y]
    return "a method" if isinstance(y, types.BuiltinMethodType) else y


def temporaries(how):
    def spring(deepcopy):
        """An address that is another's by now is not found in the memo."""
        Temporary.count = 0
        return [told(each) for each in deepcopy([Temporary(how) for _ in range(60)])]
    return spring


for how in ("arguments", "long", "state", "states", "list state", "items", "pairs", "set",
            "method", "object", "copier", "four"):
    TRAPS[f"temporary {how}"] = temporaries(how)


@trap
def originals_let_go_while_copied(deepcopy):
    """A container that is emptied from within takes what was copied with it."""
    def empty(memo):
        x[0].clear()
        vars(x[1]).clear()

    x = [[[i] for i in range(50)], Plain(a=[1], b={"c": [2]}), Calls(empty)]
    x += [Reduces(make, ([i], {"a": [i]})) for i in range(50)]
    y = deepcopy(x)
    return y[0], vars(y[1]), y[3:]


@trap
def memo_used_again(deepcopy):
    """What it knows stays what it was, though nobody else holds it."""
    memo = {}
    for i in range(30):
        deepcopy([[i], {"a": [i]}, (i, [i]), {i, (i,)}, Plain(a=[i])], memo)
    return [deepcopy([[i], {"a": [i]}, (i, [i])], memo) for i in range(30)]


@trap
def memo_has_a_list_of_its_own(deepcopy):
    """Given with the memo, or put there by a call from within."""
    memo = {}
    kept = memo[id(memo)] = ["first"]
    x = [[1], (2, [3])]
    deepcopy(x, memo)
    result = [kept[0], memo[id(memo)] is kept, [x is each for each in kept[-1:]]]
    memo, x = {}, [Calls(lambda memo: copy.deepcopy([1], memo)), [2]]
    deepcopy(x, memo)
    return result, len(memo[id(memo)])


@trap
def memo_taken_along(deepcopy):
    """One that a __deepcopy__ has got goes on keeping alive what it knows."""
    memos = []
    for i in range(20):
        deepcopy([[i], Calls(memos.append), (i, [i]), {i}, Plain(a=[i])])
    return [deepcopy([[i], (i, [i]), {i}], memo) for i, memo in enumerate(memos)]


@trap
def memo_has_something_else_for_its_list(deepcopy):
    memo = {}
    memo[id(memo)] = 5
    return error_of(deepcopy, [[1]], memo), deepcopy((1, 2), memo)


@trap
def memo_untouched_by_atoms(deepcopy):
    memo = {}
    atoms = 1, "a", None, (), (1, ("a", None)), Plain, len
    results = [deepcopy(x, memo) for x in atoms]
    return results, memo


@trap
def memo_cannot_be_written(deepcopy):
    memo = types.MappingProxyType({})
    return (deepcopy((1, "a"), memo), error_of(deepcopy, [1], memo),
            error_of(deepcopy, Plain(), memo), error_of(deepcopy, {1}, memo))


@trap
def memo_is_a_mapping(deepcopy):
    x = [1, [2]]
    memo = collections.UserDict({id(x[1]): "known"})
    y = deepcopy({"x": x, "y": (x, {3}), "z": Plain(x=x)}, memo)
    return y["x"], y["y"], vars(y["z"]), y["x"] is memo[id(x)] is y["y"][0] is y["z"].x


@trap
def memo_knows_more_than_lists(deepcopy):
    parts = [[1], {"a": 1}, (1, 2), {1}, frozenset((1,)), Plain(), Plain().__init__]
    memo = {id(x): n for n, x in enumerate(parts)}
    memo[id(parts[0])] = None
    return (deepcopy([*parts], memo), deepcopy((*parts,), memo),
            [*deepcopy({i: x for i, x in enumerate(parts)}, memo).values()],
            deepcopy(Reduces(make, (*parts,)), memo),
            vars(deepcopy(Plain(a=parts[0], b=parts[5]), memo)))


@trap
def tuple_changed_by_a_call(deepcopy):
    """A tuple that gets an entry while it is copied is that entry."""
    x = (1, Calls(lambda memo: memo.__setitem__(id(x), "entered")))
    return deepcopy([x, x])


@trap
def exception_midway(deepcopy):
    """What is finished stands in the memo, and is kept alive."""
    def fail(memo):
        raise KeyError("midway")

    x = [[1], {"a": [2]}, Plain(b=[3]), (4, [5]), {6}, {"c": Calls(fail)}, [7]]
    memo = {}
    error = error_of(deepcopy, x, memo)
    known = [x, *x[:5], x[1]["a"], vars(x[2])["b"], x[3][1], x[5], x[6]]
    return (error, [id(each) in memo for each in known], memo[id(x)][:2], memo[id(x[5])],
            [any(each is kept for kept in memo[id(memo)]) for each in known])


@trap
def nothing_stays_alive(deepcopy):
    """Once the copy is there, no memo of our own holds what it was made of."""
    def fail(memo):
        raise KeyError

    gone = []
    gc.disable()
    try:
        for last in (1, Calls(fail)):
            x = Plain(a=[1], b={"c": (2, [3])}, c={4}, last=last)
            try:
                y = deepcopy([x, (x, [x])])[0]
                gone.append(weakref.ref(y))
                del y
            except KeyError:
                pass
            gone.append(weakref.ref(x))
            del x
        return [ref() is None for ref in gone]
    finally:
        gc.enable()


# Cycles --------------------------------------------------------------------------------

class OwnList(list):
    pass


class OwnDict(dict):
    pass


class OwnTuple(tuple):
    pass


class OwnSet(set):
    pass


class Slots:
    __slots__ = "me", "__weakref__"


def cycle(holder):
    """A cycle of an object and a container that holds it alone."""
    def spring(deepcopy):
        x = Plain()
        x.container = holder(x)
        y = deepcopy(x)
        [back] = y.container.values() if isinstance(y.container, dict) else y.container
        z = deepcopy(x.container)
        [inner] = z.values() if isinstance(z, dict) else z
        return (type(y.container) is type(x.container), back is y, y is not x,
                inner is not x, inner.container is z)
    return spring


for holder in (list, tuple, set, frozenset, collections.deque, OwnList, OwnTuple, OwnSet):
    TRAPS[f"cycle {holder.__name__}"] = cycle(lambda x, holder=holder: holder((x,)))
for holder in (dict, OwnDict, collections.OrderedDict):
    TRAPS[f"cycle {holder.__name__}"] = cycle(lambda x, holder=holder: holder(a=x))
TRAPS["cycle defaultdict"] = cycle(lambda x: collections.defaultdict(list, a=x))


@trap
def cycles_of_their_own(deepcopy):
    a, b, c, d, e = [], {}, OwnList(), OwnDict(), collections.deque()
    a.append(a)
    b["b"] = b
    c.append(c)
    c.c = c
    d["d"] = d
    e.append(e)
    f = ([],)
    f[0].append(f)
    g = Slots()
    g.me = g
    h = Plain()
    h.method = types.MethodType(Plain.__init__, h)
    i = [1, 2]
    i.append((i, 3))
    copies = deepcopy([a, b, c, d, e, f, g, h, i])
    a, b, c, d, e, f, g, h, i = copies
    return (a[0] is a, b["b"] is b, c[0] is c, c.c is c, d["d"] is d, e[0] is e,
            f[0][0] is f, g.me is g, h.method.__self__ is h, i[2][0] is i, i[:2])


@trap
def tuple_reached_from_within(deepcopy):
    inner = []
    x = (1, inner, (2, inner))
    inner.append(x)
    y = deepcopy(x)
    z = deepcopy(inner)
    return y[1][0] is y, y[2][1] is y[1], z[0][1] is z, z[0][2][1] is z


@trap
def arguments_reach_their_object(deepcopy):
    class Owner:
        def __init__(self, parts):
            self.parts = parts

        def __reduce__(self):
            return Owner, (self.parts,)

    x = Owner([])
    x.parts.append(x)
    y = deepcopy(x)
    return y.parts[0] is y, y.parts[0].parts is y.parts, y.parts is not x.parts


# What an object seems to be ------------------------------------------------------------

class Pretends:
    """Says that it is of another class."""

    def __init__(self, cls):
        self.cls = cls
        self.a = [1]

    @property
    def __class__(self):
        return self.cls


class Answers:
    """Has any attribute that is asked for."""

    def __init__(self):
        self.asked = []

    def __getattr__(self, name):
        self.asked.append(name)
        return lambda *args: "answer"


class Refuses:
    def __getattribute__(self, name):
        if name == "__deepcopy__":
            raise ValueError
        return object.__getattribute__(self, name)


@trap
def pretended_classes(deepcopy):
    return [(type(y).__name__, y.a, y.a is x.a)
            for x in map(Pretends, (int, list, dict, tuple, type, set))
            for y in [deepcopy([x])[0]]]


@trap
def object_that_answers_everything(deepcopy):
    x = Answers()
    return deepcopy([x]), x.asked


@trap
def object_that_refuses(deepcopy):
    return error_of(deepcopy, [Refuses()])


@trap
def mocks(deepcopy):
    x = mock.Mock(a=[1])
    y = deepcopy({"x": [x, x], "magic": mock.MagicMock(), "sentinel": mock.sentinel.a})
    return (type(y["x"][0]).__name__, y["x"][0] is y["x"][1], y["x"][0] is x,
            type(y["magic"]).__name__, y["sentinel"] is mock.sentinel.a)


class Meta(type):
    def __deepcopy__(cls, memo):
        raise AssertionError("classes are not copied")

    def __hash__(cls):
        return hash("meta")

    def __eq__(cls, other):
        return cls is other


class Classy(metaclass=Meta):
    def __deepcopy__(self, memo):
        return "a copy"


class Bare(metaclass=Meta):
    pass


@trap
def classes(deepcopy):
    x = Bare()
    x.a = [1]
    y = deepcopy({Bare: [Bare, (Bare, Classy)], "x": x, "c": Classy()})
    return (y[Bare] == [Bare, (Bare, Classy)], type(y["x"]) is Bare, y["x"].a,
            y["x"].a is x.a, y["c"])


@trap
def class_replaced_by_the_memo(deepcopy):
    """One with a metaclass is asked for like any other object."""
    return type(deepcopy(Bare(), {id(Bare): Plain})).__name__


@trap
def atoms_in_all_but_type(deepcopy):
    class Int(int):
        pass

    class Text(str):
        def __deepcopy__(self, memo):
            return Text("copy of " + self)

    n, t = Int(1), Text("a")
    n.a = [1]
    y = deepcopy([[n, 1], [1, n], (n, 1), (1, n), {1: n, n: 2}, [[], 1], ([], 1), {n},
                  [t, t], (t,), {t: t}, frozenset((t,))])
    held = *y[0], *y[1], *y[2], *y[3], *y[4], *y[7]
    return (y, [type(each).__name__ for each in held],
            y[0][0] is y[1][1] is y[2][0] is y[3][1] is y[4][1], y[0][0] is n,
            y[0][0].a is n.a)


@trap
def weak_references(deepcopy):
    class Target:
        def method(self):
            pass

    target = Target()
    ref, proxy = weakref.ref(target), weakref.proxy(target)
    values = weakref.WeakValueDictionary(a=target)
    keys = weakref.WeakKeyDictionary({target: [1]})
    y = deepcopy([ref, (ref, ref), {"r": ref}, values, keys, target])
    return (y[0] is ref, y[1] == (ref, ref), y[2]["r"] is ref, y[3]["a"] is target,
            [*y[4]] == [target], y[4][target] is keys[target], y[5] is not target,
            error_of(deepcopy, weakref.WeakMethod(target.method)),
            error_of(deepcopy, proxy))


@trap
def methods(deepcopy):
    class HasMethod:
        def method(self):
            return self

        @classmethod
        def of_class(cls):
            return cls

    x = HasMethod()
    x.list = [x.method, (x.method,)]
    x.shared = [x.list[0]] * 2
    y = deepcopy([x.method, x, HasMethod.of_class, [1].append, len])
    return (y[0]() is y[1], y[1].list[0]() is y[1], y[1].list[1][0]() is y[1],
            y[1] is not x, y[2]() is HasMethod, y[4] is len,
            y[1].shared[0] is y[1].shared[1] is y[1].list[0])


# How it is reduced ---------------------------------------------------------------------

class Never:
    __reduce_ex__ = None
    __reduce__ = None


class ByReduce:
    __reduce_ex__ = None

    def __reduce__(self):
        return make, ([1], [Plain])


class NoCopier:
    __deepcopy__ = None

    def __reduce__(self):
        return make, ("reduced",)


@trap
def ways_to_reduce(deepcopy):
    x = Plain()
    x.__reduce_ex__ = lambda protocol: (make, (protocol, [protocol]))
    y = Plain()
    y.__deepcopy__ = lambda memo: "by the instance"
    z = Plain()
    z.__reduce__ = lambda: "not asked"
    return (deepcopy([ByReduce(), NoCopier(), x, y]), type(deepcopy(z)).__name__,
            error_of(deepcopy, [Never()]))


@trap
def copier_returns_anything(deepcopy):
    class Returns:
        def __init__(self, value):
            self.value = value

        def __deepcopy__(self, memo):
            return self.value

    shared = Returns([1])
    x = [Returns(each) for each in (None, NotImplemented, (), 0, "a", [1])]
    y = deepcopy([shared, (shared,), {"a": shared}])
    return deepcopy(x), deepcopy((*x,)), y, y[0] is y[1][0] is y[2]["a"]


@trap
def reductions_that_are_none(deepcopy):
    good = (Plain, (), {"a": [1]})
    results = []
    for rv in (None, 3, (), (Plain,), [*good], OwnTuple(good), "text", (Plain, []),
               (make, [[1], 2]), (make, iter(([1], 2))), (make, "ab"), (make, {"k": 1}),
               (make, None), (make, 0), (make, 5), (None, ()),
               (*good, None, None, None, 7),
               (copyreg.__newobj__, ()), (copyreg.__newobj__, None),
               (copyreg.__newobj__, (Plain,)), (copyreg.__newobj__, [Plain]),
               (copyreg.__newobj__, (Plain(),)), (copyreg.__newobj__, (5,)),
               (copyreg.__newobj__, (list, [1])),
               (copyreg.__newobj__, (Bare,), {"a": 1})):
        x = Reduces()
        x.rv = rv
        try:
            y = deepcopy([x])[0]
            results.append("itself" if y is x else [type(y).__name__, told(y)]
                           if not isinstance(y, (Bare, Reduces)) else vars(y))
        except Exception as error:
            results.append(type(error).__name__)
    return results


@trap
def setstate_of_all_kinds(deepcopy):
    def made(value):
        def function():
            y = Plain()
            y.__setstate__ = value
            return y
        return function

    seen = []
    return ([error_of(deepcopy, Reduces(made(None), (), state))
             for state in (None, {}, {"a": 1})],
            [error_of(deepcopy, Reduces(made(seen.append), (), state))
             for state in (None, {}, {"a": [1]}, [], (), 0, "", ({}, None))], seen)


@trap
def states_of_all_kinds(deepcopy):
    results = []
    for state in (None, {}, {"a": [1]}, OwnDict(a=[1]), [("a", 1)], [], (),
                  ({"a": 1}, None), (None, {"b": [2]}), ({"a": [1]}, {"b": [2]}),
                  ((), {}), OwnTuple(({}, {})), ({"a": 1},), 0, False, 5, "", "a",
                  {1: 2}, (1, 2)):
        x = Reduces(Plain, (), state)
        try:
            results.append([*map(str, vars(deepcopy(x)).items())])
        except Exception as error:
            results.append(type(error).__name__)
    return results


@trap
def state_is_a_dictionary_of_its_own(deepcopy):
    """vars() of an object, reached by another way, is not vars() of its copy."""
    x = Plain(a=[1])
    first = deepcopy([x, vars(x)])
    second = deepcopy([vars(x), x])
    return [(vars(y) is d, vars(y)["a"] is d["a"], d == {"a": [1]})
            for y, d in (first, second[::-1])]


@trap
def registered_for_builtin_types(deepcopy):
    results = []
    for cls in (set, frozenset, list, tuple, dict, Plain, range, slice, bytearray):
        before = copyreg.dispatch_table.get(cls)
        copyreg.dispatch_table[cls] = lambda x: (make, ("registered", [1]))
        try:
            x = [cls()] if cls not in (range, slice) else [cls(2), [cls(3)]]
            results.append(str(deepcopy(x)).split(" at 0x")[0])
        finally:
            del copyreg.dispatch_table[cls]
            if before is not None:
                copyreg.dispatch_table[cls] = before
    return results


@trap
def builtin_types_by_reduction(deepcopy):
    x = [bytearray(b"a"), slice(1, [2], None), collections.deque([[1]], 3),
         ValueError(1, [2]), collections.Counter("aab"),
         collections.OrderedDict(b=[1], a=2), collections.defaultdict(list, a=[1]),
         types.SimpleNamespace(a=[1]), OwnList([[1]]), OwnDict(a=[1]),
         OwnTuple(([1],)), OwnTuple((1, 2)), OwnSet({1}), object(),
         frozenset(), set(), frozenset((1, (2, 3))), {(1, 2), "a"}]
    y = deepcopy(x)
    return ([type(each).__name__ for each in y], [a is b for a, b in zip(x, y)],
            [str(each) for each in y if type(each) is not object], y[2].maxlen,
            y[6].default_factory is list)


@trap
def not_to_be_copied(deepcopy):
    with open(__file__) as file:
        return [error_of(deepcopy, [x]) for x in (
            sys, file, (n for n in ()), memoryview(b"a"), threading.Lock(), {}.keys(),
            sys._getframe(), iter([]).__class__)]


# Depth ---------------------------------------------------------------------------------

class Argument:
    def __init__(self, part):
        self.part = part

    def __reduce__(self):
        return Argument, (self.part,)


class Setting(Plain):
    def __setstate__(self, state):
        vars(self).update(state)


NESTED = {
    "lists": lambda x: [x],
    "tuples": lambda x: (x,),
    "mixed tuples": lambda x: (1, [x], 2),
    "dictionaries": lambda x: {"a": x},
    "instances": lambda x: Plain(a=x),
    "instances that set their state": lambda x: Setting(a=x),
    "arguments": lambda x: Argument(x),
    "frozen sets": lambda x: frozenset((x,)),
    "list subclasses": lambda x: OwnList([x]),
    "dictionary subclasses": lambda x: OwnDict(a=x),
    "deques": lambda x: collections.deque([x]),
    "named": lambda x: OwnTuple((x,)),
    "methods": lambda x: Plain(a=types.MethodType(print, x)),
}


def deepest(deepcopy, wrap):
    """Return how deep objects may be nested before RecursionError."""
    def copies(depth):
        x = object
        for _ in range(depth):
            x = wrap(x)
        try:
            deepcopy(x)
        except RecursionError:
            return False
        return True

    low, high = 1, 400
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if copies(middle) else (low, middle - 1)
    return low


@pytest.mark.parametrize("name", NESTED)
def test_goes_as_deep_as_the_standard(name):
    limit = sys.getrecursionlimit()
    depth = 0
    frame = sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    sys.setrecursionlimit(depth + 200)
    try:
        ours = deepest(load("inline"), NESTED[name])
        theirs = deepest(load("stdlib"), NESTED[name])
        # Each has so many frames for a level; how many are left below the last
        # one hangs on what stands above the first.
        assert ours >= theirs - 1 > 10
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.parametrize("impl", CORRECT)
@pytest.mark.parametrize("name", TRAPS)
def test_traps(name, impl):
    expected = TRAPS[name](copy.deepcopy)
    assert TRAPS[name](load(impl)) == expected
