"""impls/: what is said to be a correct deepcopy is one, and what is not is not.

The interpreter's own tests of `copy` run against each implementation; besides,
each is held against copy.deepcopy on objects that lie beside its short cuts.
"""

import collections
import copy
import copyreg
import dataclasses
import functools
import importlib.util
import json
import pathlib
import random
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "support"))

import check  # noqa: E402
import loader  # noqa: E402

CORRECT = ["stdlib", "memo_opt", "fastpath", "merged", "inline"]
PUBLISHED = ["published_fastpath", "published_merged"]

SUITE = """
import json, sys, unittest
import loader
deepcopy, _ = loader.load_impl({"kind": "file", "path": sys.argv[1]})
import copy
vars(copy).update({name: value for name, value in deepcopy.__globals__.items()
                   if not name.startswith("__")})
copy.error = copy.Error
copy.deepcopy.__module__ = "copy"       # as copy.__all__ has it
from test import test_copy
result = unittest.TestResult()
unittest.defaultTestLoader.loadTestsFromModule(test_copy).run(result)
print(json.dumps({
    "run": result.testsRun,
    "names": unittest.defaultTestLoader.getTestCaseNames(test_copy.TestCopy),
    "failed": {case.id().rpartition(".")[2]: text
               for case, text in result.failures + result.errors}}))
"""


def load(name):
    """Return a fresh instance of an implementation."""
    return loader.load_impl(
        {"kind": "file", "path": str(ROOT / "impls" / f"{name}.py")})[0]


@pytest.fixture(params=CORRECT)
def deepcopy(request):
    return load(request.param)


# The interpreter's own tests -------------------------------------------------

def run_suite(name):
    """Run test.test_copy against an implementation, in a process of its own."""
    try:
        found = importlib.util.find_spec("test.test_copy")
    except ImportError:
        found = None
    if found is None:
        pytest.skip("this interpreter comes without test.test_copy: install "
                    "libpython%d.%d-testsuite" % sys.version_info[:2])
    done = subprocess.run(
        [sys.executable, "-B", "-c", SUITE, str(ROOT / "impls" / f"{name}.py")],
        env={"PYTHONPATH": str(ROOT / "support")}, stdout=subprocess.PIPE,
        check=True, timeout=120)
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["run"] > 70
    return result


@pytest.mark.parametrize("name", CORRECT)
def test_suite_passes(name):
    assert run_suite(name)["failed"] == {}


@pytest.mark.parametrize("name", PUBLISHED)
def test_suite_fails_where_the_report_is_wrong(name):
    """The reduce fast path drops what stands behind the state.

    3.9 does not have all of these tests yet.
    """
    result = run_suite(name)
    expected = {"test_reduce_4tuple", "test_reduce_5tuple", "test_reduce_6tuple",
                "test_reduce_6tuple_none"} & set(result["names"])
    assert set(result["failed"]) == expected
    assert len(expected) == 4 or sys.version_info < (3, 10)


# What they are made of -------------------------------------------------------

@pytest.mark.parametrize("name", CORRECT + PUBLISHED)
def test_every_load_is_its_own(name):
    first, second = load(name), load(name)
    assert first is not second
    assert first.__code__ is not second.__code__
    assert first.__globals__["_deepcopy_dict"].__code__ is not (
        second.__globals__["_deepcopy_dict"].__code__)


def test_memo_opt_is_the_standard_one_from_3_14_on():
    same = load("memo_opt").__code__.co_code == load("stdlib").__code__.co_code
    assert same == (sys.version_info >= (3, 14))


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_shortcuts_are_in_force(name):
    """They give results that a correct deepcopy does not."""
    deepcopy = load(name)
    tagged = Tagged(1)
    tagged.note = []
    assert deepcopy((tagged,))[0] is tagged
    x = Reducing({"a": 1})
    events.clear()
    assert vars(deepcopy(x)) == {"a": 1}
    assert events == []
    assert load("fastpath")((tagged,))[0] is not tagged


@pytest.mark.parametrize("name", ["memo_opt", "merged", "published_merged", "inline"])
def test_atoms_do_not_ask_the_memo(name):
    class Memo(dict):
        def get(self, key, default=None):
            asked.append(key)
            return super().get(key, default)

    asked = []
    x = [1, "a", None, 2.5, b"b", len, int]
    load(name)(x, Memo())
    assert asked == [id(x)]


# Beside the short cuts -------------------------------------------------------

events = []


class Tagged(int):
    """An int that carries attributes."""


class TaggedText(str):
    pass


class TupleType(tuple):
    pass


Pair = collections.namedtuple("Pair", "left right")


class Reducing:
    """Reduces to its class, no arguments and a state given to it."""

    def __init__(self, state=None, *rest):
        events.append("init")
        self.__dict__.update(state or {})

    def __reduce__(self):
        return type(self), (), vars(self)


class SetsState(Reducing):
    def __setstate__(self, state):
        events.append(("setstate", sorted(state)))
        self.__dict__.update(state, extra=True)


class Bare:
    pass


def with_own_setstate():
    """Return an object that has __setstate__ in its dictionary alone."""
    x = Bare()
    x.__setstate__ = functools.partial(setattr, x, "given")
    return x


class Returning:
    """Reduces to whatever it is told to."""

    def __init__(self, *rv):
        self.rv = rv

    def __reduce_ex__(self, protocol):
        events.append(protocol)
        return self.rv[0] if len(self.rv) == 1 else self.rv


class Target:
    """What a Returning turns into: takes anything, and tells."""

    def __new__(cls, *args):
        events.append(("new", args))
        return super().__new__(cls)

    def __init__(self, *args):
        events.append(("init", args))
        self.items = []
        self.args = args

    def append(self, x):
        self.items.append(x)

    def __setitem__(self, key, value):
        self.items.append((key, value))


class TargetWithState(Target):
    def __setstate__(self, state):
        events.append(("setstate", type(state).__name__))
        self.state = state


class Slots:
    __slots__ = "a", "b"

    def __init__(self, a, b):
        self.a, self.b = a, b


class SlotsAndDict(Slots):
    def __init__(self, a, b, c):
        super().__init__(a, b)
        self.c = c


class NewArguments:
    """Is made anew by arguments that are copied."""

    def __new__(cls, *args, **kwargs):
        self = super().__new__(cls)
        self.made = args, kwargs
        return self

    def __getnewargs_ex__(self):
        return ([1], 2), {"key": [3]}


class NewArgumentsPositional(NewArguments):
    def __getnewargs__(self):
        return [1], 2

    __getnewargs_ex__ = None
    del __getnewargs_ex__


class DropsState:
    def __init__(self, state):
        self.state = state
        self.big = [1]

    def __getstate__(self):
        return self.state


class DropsStateSet(DropsState):
    def __setstate__(self, state):
        self.state = "set", state


class Meta(type):
    pass


class WithMeta(metaclass=Meta):
    def __init__(self):
        self.a = [1]


class Registered:
    def __init__(self, value):
        self.value = value


def rebuild(*args):
    x = Registered(args)
    events.append(("rebuild", len(args)))
    return x


copyreg.pickle(Registered, lambda x: (rebuild, (), {"value": x.value}))


class MyError(Exception):
    pass


@dataclasses.dataclass
class Data:
    name: str
    items: list


class Failing:
    def __deepcopy__(self, memo):
        raise MyError("not me")


class FailingState(Reducing):
    def __setstate__(self, state):
        raise MyError("no state")


class FailingInit(Reducing):
    def __init__(self, state=None):
        if state is None:
            raise MyError("no init")
        super().__init__(state)


class Dictless:
    """Has no dictionary to be updated, but a state that is one."""

    __slots__ = ()

    def __reduce__(self):
        return Dictless, (), {"a": 1}


def tagged():
    x = Tagged(3)
    x.note = ["mutable"]
    return x


def tagged_text():
    x = TaggedText("a")
    x.note = {}
    return x


def own_state():
    x = Reducing({"a": [1]})
    return [vars(x), x, vars(x)]


def state_shared_by_two():
    state = {"a": [1]}
    return [Returning(Target, (), state), state, Returning(Target, (), state)]


def state_with_its_object():
    state = {}
    state["me"] = Returning(Target, (), state)
    return [state["me"], state]


def cyclic(cls):
    x = cls({})
    x.me = x
    x.list = [x, (x,), {"x": x}]
    return x


def returning(*rest):
    return lambda: [Returning(Target, *rest), Returning(TargetWithState, *rest)]


CASES = {
    "tagged ints in tuples": lambda: [(tagged(), 1), (1, 2), (tagged_text(),)],
    "tuple types": lambda: [TupleType((1, 2)), TupleType(([1],)), Pair(1, [2]),
                            Pair(1, 2), (), ((),), ((1,), ((2,),))],
    "long tuples": lambda: [tuple(range(100)), tuple(range(99)) + ([],)],
    "tuples with all sorts": lambda: [
        (1, len), (int, print), (None, ..., NotImplemented), (1j, b"a", range(3)),
        (Tagged,), (Meta, WithMeta), (Pair,), (frozenset((1,)),), (float("nan"),)],
    "shared tuples": lambda: (lambda t, u: [t, t, u, u, (t, u)])((1, 2), ([], 1)),
    "instances": lambda: [Reducing({}), Reducing({"a": [1]}), Data("a", [1])],
    "metaclass": lambda: [WithMeta(), WithMeta],
    "__setstate__": lambda: [SetsState({"a": [1]}), SetsState({})],
    "__setstate__ of the instance": lambda: [
        Returning(with_own_setstate, (), {"a": [1]})],
    "own state in the graph": own_state,
    "state of two objects": state_shared_by_two,
    "slots": lambda: [Slots(1, [2]), SlotsAndDict([1], 2, [3])],
    "new arguments": lambda: [NewArguments(), NewArgumentsPositional()],
    "falsy states": lambda: [cls(state) for cls in (DropsState, DropsStateSet)
                             for state in (None, {}, (), [], 0, False, "")
                             if state is None or state == {}
                             or cls is DropsStateSet],
    "states of two parts": lambda: [DropsState((None, None)),
                                    DropsState(({"a": 1}, None)),
                                    DropsState((None, {"state": 1})),
                                    DropsState(({"a": [1]}, {"b": [2]})),
                                    DropsStateSet(({"a": [1]}, {"b": [2]})),
                                    DropsStateSet((1, 2, 3))],
    "dispatch table": lambda: [Registered([1]), Registered(1)],
    "reduces to a name": lambda: [Returning("name")],
    "no state": returning(()),
    "no arguments": returning((), {"a": [1]}),
    "a class as argument": returning((Target,), {"a": [1]}),
    "arguments": returning(([1], 2), {"a": [1]}),
    "one argument": returning((1,), {"a": [1]}),
    "an argument that is copied": returning(([],), {"a": [1]}),
    "arguments in a list": returning([[1], 2], {"a": [1]}),
    "Nones behind": returning((), {"a": [1]}, None, None),
    "None behind": returning((), {"a": [1]}, None),
    "items": returning((), {"a": [1]}, [[1], 2]),
    "items and pairs": returning((), {"a": [1]}, [[1]], [([2], [3])]),
    "pairs alone": returning((), {"a": [1]}, None, [((2,), [3])]),
    "items without state": returning((), None, [[1]]),
    "other mappings": returning((), collections.OrderedDict(a=[1])),
    "None as state": returning((), None),
    "a reduction that is a list": lambda: [Returning([Target, (), {"a": [1]}])],
    "a reduction of another tuple type": lambda: [
        Returning(TupleType((Target, (), {"a": [1]})))],
    "cycles": lambda: [cyclic(Reducing), cyclic(SetsState)],
    "a state that holds the object": state_with_its_object,
    "exceptions": lambda: [MyError(1, [2]), MyError()],
    "containers": lambda: [collections.deque([[1]]), collections.Counter("aab"),
                           collections.OrderedDict(a=[1]), {1, (2, 3)},
                           collections.defaultdict(list, a=[1])],
}

FAILURES = {
    "inside": lambda: [1, Reducing({"a": [1], "b": Failing()})],
    "in a tuple": lambda: (1, [2], Failing()),
    "in __setstate__": lambda: [FailingState({"a": [1]})],
    "in __init__": lambda: [FailingInit({"a": [1]})],
    "no dictionary": lambda: [Dictless()],
    "not callable": lambda: [Returning(3, (), {"a": 1})],
    "arguments missing": lambda: [Returning(Target, None, {"a": 1})],
    "nothing to reduce": lambda: [Returning()],
    "too much": lambda: [Returning(*[None] * 7)],
    "states without a dictionary": lambda: [DropsState(5)],
}


def run(deepcopy, x):
    """Return what a deepcopy does: result or exception, calls, memo.

    Of the memo that is which of the objects it knows, and which it keeps alive
    in which order. Temporary ones are left out: not all are made by all.
    """
    check._reachable([x])       # exceptions have dictionaries from then on
    events.clear()
    memo = {}
    try:
        result = deepcopy(x, memo)
    except Exception as error:
        result = type(error), str(error)
    told = repr(events).split(" at 0x")[0]
    known = check._reachable([x])
    originals = memo.pop(id(memo), ())
    kept = [*dict.fromkeys(map(id, originals))]
    if not (type(result) is tuple and isinstance(result[0], type)):
        assert set(memo) <= set(kept), "the address may be another's by now"
    return (result, told, known.keys() & memo.keys(),
            [each for each in kept if each in known])


@pytest.mark.parametrize("name", CASES)
def test_equals_the_standard(name, deepcopy):
    x = CASES[name]()
    expected = run(copy.deepcopy, x)
    actual = run(deepcopy, x)
    assert check.check_copy([x], [expected[0]], [actual[0]]) is None
    assert actual[1:] == expected[1:]


@pytest.mark.parametrize("name", FAILURES)
def test_fails_as_the_standard_does(name, deepcopy):
    x = FAILURES[name]()
    expected = run(copy.deepcopy, x)
    assert isinstance(expected[0], tuple), "this was to fail"
    actual = run(deepcopy, x)
    assert expected[0][1].replace("copy.", "") == actual[0][1].replace("copy.", "")
    assert actual[0][0].__name__ == expected[0][0].__name__
    assert actual[1:] == expected[1:]


def test_a_memo_that_knows_the_state(deepcopy):
    x = Reducing({"a": [1]})
    given = {"b": 2}
    assert vars(deepcopy(x, {id(vars(x)): given})) == {"b": 2}
    y = deepcopy(x, {id(vars(x)): None})
    assert vars(y) == {}
    y = deepcopy(x, {id(vars(x)): ({"c": 1}, {"d": 2})})
    assert vars(y) == {"c": 1, "d": 2}


def test_a_memo_that_knows_the_object(deepcopy):
    x = Reducing({"a": [1]})
    t = (1, 2)
    assert deepcopy([x, t], {id(x): "x", id(t): "t"}) == ["x", "t"]


def test_a_memo_of_another_type(deepcopy):
    """Only what the standard library does with a memo may be done with it."""
    class Memo:
        def __init__(self):
            self.entries = {}

        def get(self, key, default):
            return self.entries.get(key, default)

        def __getitem__(self, key):
            return self.entries[key]

        def __setitem__(self, key, value):
            self.entries[key] = value

        def __bool__(self):
            raise RuntimeError

    x = [Reducing({"a": [1]}), (1, 2), Data("a", [1]), (1, [2])]
    assert check.check_copy([x], [copy.deepcopy(x)], [deepcopy(x, Memo())]) is None


def test_temporary_states_are_kept_alive(deepcopy):
    """Else the id of a state that is gone would be found for another one."""
    class Fresh:
        def __reduce__(self):
            return Fresh, (), {"fresh": [id(self)]}

    x = [Fresh() for _ in range(200)]
    assert [b.fresh for b in deepcopy(x)] == [[id(a)] for a in x]


def random_object(rng, pool, depth):
    """Return a random object that may hold objects of the pool."""
    def some(n):
        return [random_object(rng, pool, depth - 1) for _ in range(rng.randrange(n))]

    if depth == 0 or rng.random() < 0.2:
        return rng.choice((1, "a", None, 2.5, b"b", True, len, int, ..., 10**30))
    if pool and rng.random() < 0.3:
        return rng.choice(pool)
    made = rng.choice((
        lambda: some(5), lambda: tuple(some(4)), lambda: tuple(some(8)),
        lambda: TupleType(some(3)), lambda: Pair(*(some(2) + [1, 2])[:2]),
        lambda: dict(enumerate(some(4))), lambda: {(1, i): v for i, v in
                                                   enumerate(some(3))},
        lambda: Reducing({f"a{i}": v for i, v in enumerate(some(4))}),
        lambda: SetsState({f"a{i}": v for i, v in enumerate(some(4))}),
        lambda: Returning(Target, tuple(some(3)), dict(enumerate(some(3)))),
        lambda: Returning(TargetWithState, (), dict(enumerate(some(3))),
                          *rng.choice(((), (None,), (None, None), ([1],)))),
        lambda: Slots(*(some(3) + [1, 2])[:2]),
        lambda: SlotsAndDict(*(some(4) + [1, 2, 3])[:3]),
        lambda: Data("a", some(3)), lambda: Registered(some(3)),
        lambda: collections.deque(some(3)), lambda: tagged(),
        lambda: frozenset((1, (2, 3))), lambda: {1, 2, "a"},
        lambda: WithMeta()))()
    pool.append(made)
    if rng.random() < 0.3:      # a cycle, where something can hold it
        holder = rng.choice(pool)
        if type(holder) is list:
            holder.append(made)
        elif type(holder) is dict:
            holder["cycle"] = made
        elif type(holder) in (Reducing, WithMeta):
            holder.cycle = made
    return made


@pytest.mark.parametrize("seed", range(150))
def test_random_graphs(seed, deepcopy):
    rng = random.Random(seed)
    x = [random_object(rng, [], 5) for _ in range(8)]
    before = check.snapshot(x)
    expected = run(copy.deepcopy, x)
    actual = run(deepcopy, x)
    assert actual[2:] == expected[2:]
    assert check.check_copy(x, before, [deepcopy(item) for item in x]) is None
    assert check.check_copy([x], [expected[0]], [actual[0]]) is None
    assert check.check_unchanged(x, before) is None


@pytest.mark.parametrize("name", CORRECT + PUBLISHED)
@pytest.mark.parametrize("workload", ["general", "reduce", "memo"])
def test_workloads(name, workload):
    """The report's own workloads are copied rightly by all."""
    objects = loader.load_workload(
        {"kind": "file", "path": str(ROOT / "workloads" / f"{workload}.py")})
    assert len(objects) == (60 if workload == "general" else 1)
    before = check.snapshot(objects)
    deepcopy = load(name)
    copies = [deepcopy(x) for x in objects]
    assert check.check_copy(objects, before, copies) is None
    assert check.check_unchanged(objects, before) is None
