"""support/verify.py: what it tells of cases, and what it keeps out of sight."""

import copy
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUPPORT = str(ROOT / "support")
sys.path.insert(0, SUPPORT)

import verify  # noqa: E402


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


def test_the_standard_deepcopy_is_noticed_and_put_back(batteries):
    standard = copy.deepcopy

    def calls_it(deepcopy):
        copy.deepcopy([])

    batteries["cases"] = Battery(calls_it=calls_it, not_it=lambda d: d([]))
    told = tell("cases")
    assert told[2]["standard"] is True
    assert told[4]["standard"] is False     # the one that was handed in
    assert copy.deepcopy is standard


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
