"""support/verify.py: what it tells of cases, and what it keeps out of sight."""

import copy
import functools
import pathlib
import sys
import weakref

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUPPORT = str(ROOT / "support")
sys.path.insert(0, SUPPORT)

import private_copy  # noqa: E402
import verify  # noqa: E402
import verify_zoo  # noqa: E402


class Battery:
    """A module of cases, as verify takes it."""

    def __init__(self, **cases):
        self.functions = list(cases.items())

    def cases(self, seed, count):
        return self.functions


class Absent:
    def cases(self, seed, count):
        raise verify.Missing("install it")


@pytest.fixture
def batteries(monkeypatch):
    """Return the dictionary of batteries, with nothing in it."""
    modules = {}
    monkeypatch.setattr(verify, "_modules", modules)
    return modules


def tell(*names, first=0):
    return list(verify.run(copy.deepcopy, names, 1, 10, first))


def test_each_case_is_told_before_it_begins(batteries):
    batteries["cases"] = Battery(
        right=lambda deepcopy: None,
        wrong=lambda deepcopy: verify.failed("a", "b", "c"),
        other=lambda deepcopy: verify.deviates("3.14", "a", "b"),
        none=lambda deepcopy: verify.skipped("too old"))
    told = tell("cases")
    assert told[0] == {"battery": "cases", "cases": 4, "missing": None}
    assert told[1::2] == [{"case": "right", "number": 0},
                          {"case": "wrong", "number": 1},
                          {"case": "other", "number": 2},
                          {"case": "none", "number": 3}]
    assert [step["outcome"] for step in told[2::2]] == [
        "passed", "failed", "accepted deviation", "skipped"]
    assert told[4]["expression"] == "c" and told[6]["version"] == "3.14"
    assert not any(step["standard"] for step in told[2::2])


def test_cases_that_were_asked_are_passed_over(batteries):
    batteries["suite"] = Battery(a=lambda deepcopy: None,
                                 b=lambda deepcopy: None)
    batteries["graphs"] = Battery(c=lambda deepcopy: None,
                                  d=lambda deepcopy: None)
    told = [step for step in tell("suite", "graphs", first=3)
            if "outcome" not in step]
    assert told == [{"battery": "suite", "cases": 2, "missing": None},
                    {"battery": "graphs", "cases": 2, "missing": None},
                    {"case": "d", "number": 1}]


def test_a_battery_that_is_not_there_says_why(batteries):
    batteries["suite"] = Absent()
    assert tell("suite") == [
        {"battery": "suite", "cases": 0, "missing": "install it"}]


def test_exceptions_are_the_implementations(batteries):
    def stop(deepcopy):
        raise SystemExit("enough")

    batteries["cases"] = Battery(stop=stop)
    finding = tell("cases")[2]
    assert finding["outcome"] == "failed"
    assert finding["got"].startswith("SystemExit: enough (test_verify.py:")


class Calling:
    """Has the standard deepcopy copy what it holds."""

    def __init__(self, part):
        self.part = part

    def __deepcopy__(self, memo):
        return Calling(copy.deepcopy(self.part, memo))


def who_reached(batteries, deepcopy, **cases):
    """Return the names of the cases in which objects called copy.deepcopy."""
    def asked(ask):
        def case(deepcopy):
            ask(deepcopy)
        return case

    batteries["cases"] = Battery(
        **{name: asked(ask) for name, ask in cases.items()})
    told = list(verify.run(deepcopy, ["cases"], 1, 10))[1:]
    assert {step.get("outcome", "passed") for step in told} == {"passed"}
    return [case["case"] for case, outcome in zip(told[::2], told[1::2])
            if outcome["standard"]]


ASKING = {
    "method": lambda deepcopy: deepcopy([Calling([1])]),
    "weak_keys": lambda deepcopy: deepcopy(weakref.WeakKeyDictionary(
        {Battery: [1]})),
    "graph": lambda deepcopy: deepcopy(
        verify_zoo.build([verify_zoo.Node(verify_zoo.BELOW)])),
    "list": lambda deepcopy: deepcopy([[1], {2: [3]}]),
    "instance": lambda deepcopy: deepcopy(Battery(a=[1])),
    "bound_method": lambda deepcopy: deepcopy(Battery(a=[1]).cases),
    "for_itself": lambda deepcopy: copy.deepcopy(Calling([1])),
}


class Compiled:
    """Calls it from its caller's frame, as compiled code does."""

    __call__ = property(lambda self: copy.deepcopy)


@pytest.mark.parametrize("deepcopy", [
    copy.deepcopy,                                      # in its own module
    private_copy.load_unchanged().deepcopy,
    lambda x, memo=None: copy.deepcopy(x, memo),        # as a wrapper does
    lambda x, memo=None: next(map(copy.deepcopy, [x])),
    lambda x, memo=None: functools.reduce(
        lambda y, z: copy.deepcopy(z), [None, x]),
    Compiled(),
])
def test_it_is_told_whether_objects_call_the_standard_one(batteries, deepcopy):
    """What the implementation itself calls is not."""
    standard = copy.deepcopy
    reached = who_reached(batteries, deepcopy, **ASKING)
    assert reached == ["method", "weak_keys", "graph"]
    assert copy.deepcopy is standard


def test_a_replacement_is_what_objects_call(batteries, monkeypatch):
    """Where an implementation puts itself into copy, the standard is gone."""
    mine = private_copy.load_unchanged().deepcopy
    monkeypatch.setattr(copy, "deepcopy", mine)
    assert who_reached(batteries, mine, **ASKING) == []
    assert copy.deepcopy is mine


def test_an_implementation_sees_its_own_modules(tmp_path, monkeypatch):
    """A file named as ours lies beside it: that is what it imports."""
    (tmp_path / "verify.py").write_text("mine = True\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)] + sys.path)

    def load(name):
        return __import__(name)

    try:
        assert verify.load_apart(load, "verify").mine
        assert sys.modules["verify"].mine   # it may import it again
    finally:
        sys.modules["verify"] = verify
    monkeypatch.setattr(sys, "path", [SUPPORT] + sys.path)
    assert verify.load_apart(lambda: "verify" in sys.modules) is False
    assert sys.modules["verify"] is verify


def test_modules_come_back_where_loading_fails():
    def fail():
        raise ImportError("no")

    with pytest.raises(ImportError):
        verify.load_apart(fail)
    assert sys.modules["verify"] is verify


def test_batteries_come_from_the_folder_of_verify(tmp_path, monkeypatch,
                                                  batteries):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder, text in ((here, "ours"), (there, "theirs")):
        folder.mkdir()
        (folder / "verify_cases.py").write_text(f"whose = {text!r}\n")
    monkeypatch.setattr(verify, "__file__", str(here / "verify.py"))
    monkeypatch.setattr(sys, "path", [str(there)] + sys.path)
    monkeypatch.delitem(sys.modules, "verify_cases", raising=False)
    before = list(sys.path)
    verify.import_batteries(["cases"])
    assert batteries["cases"].whose == "ours"
    assert sys.path == before
    monkeypatch.delitem(sys.modules, "verify_cases")
