"""The user's own implementations and workloads, and what is said where they are wrong."""

import json
import os
import pickle

import pytest

COPY = "import copy\ndef deepcopy(x, memo=None):\n    return copy.deepcopy(x, memo)\n"


# ---- implementations ----

@pytest.mark.parametrize("spec, label", [
    ("mine.py", "mine"),
    ("./mine.py", "mine"),
    ("new=mine.py", "new"),
    ("mine.py:deepcopy", "mine"),
    ("mine.py:other", "mine"),
    ("mine.py:Holder.method", "mine"),
    ("new=mine.py:instance.bound", "new"),
    ("sub/deeper.v2.py", "deeper.v2"),
    ("a=b.py", "a"),
])
def test_file(dcbench, write, spec, label):
    code = COPY + ("other = deepcopy\n"
                   "class Holder:\n"
                   "    @staticmethod\n"
                   "    def method(x, memo=None):\n        return deepcopy(x, memo)\n"
                   "    def bound(self, x, memo=None):\n"
                   "        return deepcopy(x, memo)\n"
                   "instance = Holder()\n")
    for name in ("mine.py", "sub/deeper.v2.py", "b.py"):
        write(name, code)
    result = dcbench.result("-i", spec, "-w", "memo")
    assert result.labels() == [label]
    assert result.cell(label)["status"] == "ok"
    source = result["plan"]["implementations"][1]
    assert source["kind"] == "file" and not source["builtin"]
    assert source["path"].startswith(str(dcbench.folder.resolve()))


def test_absolute_path_from_elsewhere(dcbench, write, tmp_path):
    path = write("mine.py", COPY)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    result = dcbench.result("-i", path, "-w", "memo", cwd=elsewhere)
    assert result.labels() == ["mine"] and result.cell("mine")["status"] == "ok"
    result = dcbench.result("-i", "../cwd/mine.py", "-w", "memo", cwd=elsewhere)
    assert result["plan"]["implementations"][1]["path"] == str(path.resolve())


@pytest.mark.parametrize("name", ["with space.py", "ünï.py", "it's.py", "a=b/c.py"])
def test_odd_file_names(dcbench, write, name):
    write(name, COPY)
    result = dcbench.result("-i", f"./{name}", "-w", "memo")
    assert result.labels() == [name.rpartition("/")[2][:-3]]


def test_symbolic_link(dcbench, write):
    (dcbench.folder / "link.py").symlink_to(write("real.py", COPY))
    result = dcbench.result("-i", "link.py", "-w", "memo")
    assert result.cells(role="candidate")[0]["status"] == "ok"


def test_file_that_imports_its_neighbour(dcbench, write):
    write("one/helper.py", "VALUE = 1\n")
    write("two/helper.py", "VALUE = 2\n")
    for number, name in ((1, "one"), (2, "two")):
        write(f"{name}/mine.py", f"import helper\nassert helper.VALUE == {number}\n"
              + COPY)
    result = dcbench.result("-i", "one=one/mine.py,two=two/mine.py", "-w", "memo")
    assert [cell["status"] for cell in result["cells"]] == ["ok"] * 4


def test_module(dcbench, write):
    write("packages/mine/__init__.py", "")
    write("packages/mine/inner.py",
          COPY + "class K:\n    deep = staticmethod(deepcopy)\n")
    result = dcbench.result("-i", "mine.inner:deepcopy,x=mine.inner:K.deep",
                            "--python-path", "packages", "-w", "memo")
    assert result.labels() == ["mine.inner:deepcopy", "x"]
    source = result["plan"]["implementations"][1]
    assert (source["kind"], source["module"], source["attr"]) == \
        ("module", "mine.inner", "deepcopy")
    assert source["path"].endswith("/packages/mine/inner.py") and source["sha256"]


def test_several_python_paths(dcbench, write):
    write("first/one.py", COPY)
    write("second/two.py", COPY)
    result = dcbench.result("-i", "one:deepcopy,two:deepcopy", "--python-path", "first",
                            "--python-path", "second", "-w", "memo")
    assert len(result.labels()) == 2


def test_module_of_the_standard_library(dcbench):
    result = dcbench.result("-i", "lib=copy:deepcopy", "-w", "memo")
    assert result.cell("lib")["status"] == "ok"
    assert 0.8 < result.cell("lib")["ratio"]["estimate"] < 1.25


def test_current_directory_is_not_searched(dcbench, write):
    write("mine.py", COPY)
    result = dcbench.result("-i", "mine:deepcopy", "-w", "memo", status=3)
    assert "no module named 'mine'" in result.cell("mine:deepcopy")["status"]


def test_names_of_the_harness_are_free(dcbench, write):
    """A user's files may have the names of the parts of dcbench."""
    names = ("loader", "check", "merged", "memo", "worker")
    for name in names:
        write(f"{name}.py", COPY)
    result = dcbench.result("-i", ",".join(f"x{name}=./{name}.py" for name in names),
                            "-w", "memo")
    assert {cell["status"] for cell in result["cells"]} == {"ok"}


def test_file_with_the_name_of_a_library_module(dcbench, write):
    write("copy.py", "def deepcopy(x, memo=None):\n    return x\n")
    write("json.py", "raise ImportError('not me')\n")
    write("mine.py", "import copyreg\n" + COPY)
    write("data.json", "[1, 2]")
    result = dcbench.result("-i", "merged,mine.py", "-w", "data.json,memo", status=1)
    assert {cell["status"] for cell in result.cells(impl="merged")} == {"ok"}


def test_several_and_repeated(dcbench, write):
    write("one.py", COPY)
    write("two.py", COPY)
    result = dcbench.result("-i", "one.py,b=two.py", "-i", "c=one.py,merged", "-w",
                            "memo", "-w", "reduce")
    assert result.labels() == ["one", "b", "c", "merged"]


def test_same_source_under_two_labels(dcbench, write):
    write("mine.py", COPY)
    result = dcbench.result("-i", "a=mine.py,b=mine.py", "-w", "memo")
    assert result.labels() == ["a", "b"]
    assert {cell["status"] for cell in result["cells"]} == {"ok"}
    assert [cell["shares_code"] for cell in result.cells(role="candidate")] == \
        [False, False]


def test_compiled_code_is_said_to_be_shared(dcbench, write):
    write("mine.py", "from copy import deepcopy\n")
    result = dcbench.result("-i", "a=mine.py,b=mine.py", "-w", "memo")
    assert any(cell["shares_code"] for cell in result.cells(role="candidate"))


@pytest.mark.parametrize("impls", ["new=one.py,new=two.py", "one.py,sub/one.py",
                                   "stdlib=one.py", "x=merged,x=one.py"])
def test_two_with_one_label(dcbench, write, impls):
    for name in ("one.py", "two.py", "sub/one.py"):
        write(name, COPY)
    message = dcbench.usage_error("-i", impls, "-w", "memo")
    assert "LABEL=SPEC" in message and "two implementations" in message


def test_two_workloads_with_one_label(dcbench, write):
    write("memo.json", "[1]")
    message = dcbench.usage_error("-w", "memo,memo.json")
    assert "two workloads" in message and "'memo'" in message


@pytest.mark.parametrize("code, spec, said", [
    ("", "mine.py", ["mine.py", "'deepcopy'", "define deepcopy(x, memo=None)"]),
    ("def f(x): pass", "mine.py", ["'deepcopy'", "FILE.py:ATTR"]),
    (COPY, "mine.py:copyy", ["'copyy'", "define copyy"]),
    ("deepcopy = 3", "mine.py", ["'deepcopy'", "not callable", "an int"]),
    ("def deepcopy(x:\n    pass", "mine.py", ["mine.py:1", "SyntaxError"]),
    ("x = 1\nx = = 2\n", "mine.py", ["mine.py:2", "SyntaxError"]),
    ("x = 1\n  y = 2\n", "mine.py", ["mine.py:2", "IndentationError"]),
    ("import nothing_of_that_name\n", "mine.py", ["mine.py:1", "nothing_of_that_name"]),
    ("x = 1\n1 / 0\n", "mine.py", ["mine.py:2", "ZeroDivisionError"]),
    ("raise SystemExit(3)\n", "mine.py", ["mine.py:1", "SystemExit"]),
    ("\0", "mine.py", ["mine.py", "source"]),
    (b"\xff\xfe\xfd", "mine.py", ["mine.py"]),
    (COPY, "nothing:deepcopy", ["no module named 'nothing'", "--venv", "--python-path"]),
    (COPY, "json:deepcopy", ["json", "'deepcopy'", "MODULE:ATTR"]),
    (COPY, "json:__name__", ["json", "not callable", "a str"]),
    (COPY, "json.nothing:f", ["'json.nothing'"]),
    ("import missing_neighbour\n", "mine:f", ["missing_neighbour"]),
])
def test_wrong_implementation(dcbench, write, code, spec, said):
    write("mine.py", code)
    result = dcbench.result("-i", f"new={spec},merged", "-w", "memo", "--python-path",
                            ".", status=3)
    cell = result.cell("new")
    assert cell["failure"] == "load" and cell["time_ns"] is None
    for word in said:
        assert word in cell["status"]
    assert cell["status"] in result.done.err
    assert "\n" not in cell["status"] and "Traceback" not in cell["status"]
    assert result.cell("merged")["time_ns"]["workers"] == 5


@pytest.mark.parametrize("target", ["folder", "fifo", "unreadable"])
def test_what_is_no_file(dcbench, write, target):
    path = dcbench.folder / "mine.py"
    if target == "folder":
        path.mkdir()
    elif target == "fifo":
        os.mkfifo(path)
    else:
        write("mine.py", COPY).chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("root reads every file")
    status = 3 if target == "unreadable" else 2
    done = dcbench("-i", "mine.py", "-w", "memo", status=status)
    assert "mine.py" in done.err and done.out == ""


# ---- workloads ----

OBJECTS = "[{'a': [1, 2]}, (3, [4])]"


@pytest.mark.parametrize("code, spec", [
    (f"workload = {OBJECTS}\n", "data.py"),
    (f"workload = tuple({OBJECTS})\n", "data.py"),
    (f"def workload():\n    return {OBJECTS}\n", "data.py"),
    (f"def workload(n=3):\n    return {OBJECTS}\n", "data.py"),
    (f"other = {OBJECTS}\n", "data.py:other"),
    (f"def other():\n    return {OBJECTS}\n", "./data.py:other"),
    (f"class C:\n    objects = {OBJECTS}\n", "data.py:C.objects"),
    (f"workload = {OBJECTS}\n", "data:workload"),
])
def test_workload_file(dcbench, write, code, spec):
    write("data.py", code)
    result = dcbench.result("-i", "merged", "-w", f"mine={spec}", "--python-path", ".")
    assert result["workloads"][0]["workload"] == "mine"
    assert result["workloads"][0]["objects"] == 2
    assert result.cell("merged", "mine")["status"] == "ok"


def test_workload_json(dcbench, write):
    write("data.json", json.dumps({"list": [1, 2.5, None, True, "ü"]}))
    result = dcbench.result("-i", "merged", "-w", "data.json")
    assert result["workloads"][0]["objects"] == 1
    source = result["plan"]["workloads"][0]
    assert source["kind"] == "json" and source["attr"] is None and source["sha256"]


@pytest.mark.parametrize("content", ["1", '"text"', "null", "[]", "{}", "[[]]"])
def test_small_json(dcbench, write, content):
    write("data.json", content)
    assert dcbench.result("-w", "data.json").cell("merged")["status"] == "ok"


@pytest.mark.parametrize("name", ["data.pkl", "data.pickle"])
def test_workload_pickle(dcbench, write, name):
    write(name, pickle.dumps({"a": (1, 2), "b": {3}}))
    message = dcbench.usage_error("-w", name)
    assert "--allow-pickle" in message and name in message
    result = dcbench.result("-w", name, "--allow-pickle")
    assert result["plan"]["workloads"][0]["kind"] == "pickle"
    assert result.cell("merged")["status"] == "ok"


def test_pickle_does_not_run_without_the_word(dcbench, write):
    class Evil:
        def __reduce__(self):
            return open, (str(dcbench.folder / "evil"), "w")
    write("data.pkl", pickle.dumps(Evil()))
    dcbench.usage_error("-w", "data.pkl")
    assert not (dcbench.folder / "evil").exists()


def test_several_workloads(dcbench, write):
    write("one.json", "[1]")
    write("two.py", "workload = [[2]]\n")
    result = dcbench.result("-w", "one.json,x=two.py", "-w", "memo")
    assert [w["workload"] for w in result["workloads"]] == ["one", "x", "memo"]


def test_large_workload(dcbench, write):
    write("data.py", "workload = [list(range(10)) for _ in range(20000)]\n")
    result = dcbench.result("-w", "data.py", "--rounds", "2")
    assert result["workloads"][0]["objects"] == 20000
    assert {s["iterations"] for s in result.cell("merged")["samples"]} == {1}


def test_deeply_nested_workload(dcbench, write):
    write("data.py", "workload = [[]]\nfor _ in range(100):\n    workload = [workload]\n")
    assert dcbench.result("-w", "data.py").cell("merged")["status"] == "ok"


def test_the_same_object_many_times(dcbench, write):
    write("data.py", "x = [1]\nworkload = [x] * 10\n")
    assert dcbench.result("-i", "all", "-w", "data.py").cell("merged")["status"] == "ok"


def test_own_classes(dcbench, write):
    write("data.py", """
import dataclasses, datetime, decimal, enum, fractions, re, uuid
@dataclasses.dataclass
class Point:
    x: int
    y: list
class Colour(enum.Enum):
    RED = 1
class Slotted:
    __slots__ = ("a", "b")
    def __init__(self):
        self.a = [1]
class Cyclic:
    def __init__(self):
        self.me = self
workload = [Point(1, [2]), Colour.RED, Slotted(), Cyclic(), datetime.date(2020, 1, 1),
            decimal.Decimal("1.5"), fractions.Fraction(1, 3), re.compile("x"),
            uuid.UUID(int=5), {1, 2}, frozenset([3]), bytearray(b"x"), len, int, ...]
""")
    result = dcbench.result("-i", "fastpath,memo-opt,merged", "-w", "data.py")
    assert {cell["status"] for cell in result["cells"]} == {"ok"}


@pytest.mark.parametrize("name, content, said", [
    ("data.py", "", ["data.py", "'workload'", "define workload as a list"]),
    ("data.py", "objects = [1]", ["'workload'"]),
    ("data.py", "workload = 3", ["'workload' is an int"]),
    ("data.py", "workload = 'text'", ["'workload' is a str"]),
    ("data.py", "workload = {1: 2}", ["'workload' is a dict"]),
    ("data.py", "workload = []", ["'workload' is empty", "nothing to copy"]),
    ("data.py", "def workload():\n    return []",
     ["returned", "empty", "nothing to copy"]),
    ("data.py", "def workload():\n    pass", ["returned None", "not a list"]),
    ("data.py", "def workload():\n    yield 1", ["returned a generator"]),
    ("data.py", "def workload(n):\n    pass", ["without arguments", "default"]),
    ("data.py", "def workload():\n    return 1 / 0", ["data.py:2", "ZeroDivisionError"]),
    ("data.py", "x = [\n", ["data.py:1", "SyntaxError"]),
    ("data.py", "raise SystemExit", ["data.py:1", "SystemExit"]),
    ("data.json", '{"a": [1,\n  2,]}', ["data.json:2:", "not valid JSON"]),
    ("data.json", "", ["data.json:1:1", "not valid JSON"]),
    ("data.json", b'"\xff"', ["data.json", "UTF-8"]),
    ("data.json", "[" * 100_000, ["data.json", "nested too deeply"]),
    ("data.pkl", b"", ["data.pkl", "cannot be unpickled"]),
    ("data.pkl", b"\x80\x04nonsense", ["data.pkl", "cannot be unpickled"]),
    ("data.pkl", b"cnothing\nx\n.", ["data.pkl", "importable"]),
])
def test_wrong_workload(dcbench, write, name, content, said):
    write(name, content)
    result = dcbench.result("-w", f"{name},reduce", "--allow-pickle", status=3)
    broken, whole = result["workloads"]
    for word in said:
        assert word in broken["failure"], result.done
    assert "\n" not in broken["failure"] and "Traceback" not in broken["failure"]
    assert broken["failure"] in result.done.err and broken["workers"] == 1
    assert broken["troubled_workers"] == [], "the worker has told all it had to"
    assert {cell["failure"] for cell in result.cells(workload="data")} == {"load"}
    assert whole["failure"] is None and result.cell("merged", "reduce")["time_ns"]


def test_workload_module_not_found(dcbench):
    result = dcbench.result("-w", "nothing:workload", status=3)
    assert "no module named 'nothing'" in result["workloads"][0]["failure"]


@pytest.mark.parametrize("code, said", [
    ("import threading\nworkload = [threading.Lock()]\n", ["TypeError", "lock"]),
    ("workload = [(i for i in [])]\n", ["TypeError", "generator"]),
    ("class X:\n    def __deepcopy__(self, memo):\n        raise ValueError('never')\n"
     "workload = [X()]\n", ["ValueError: never", "data.py:3"]),
    ("workload = [[]]\nfor _ in range(5000):\n    workload = [workload]\n",
     ["RecursionError"]),
])
def test_workload_that_cannot_be_copied(dcbench, write, code, said):
    write("data.py", code)
    result = dcbench.result("-w", "data.py", status=3)
    failure = result["workloads"][0]["failure"]
    assert "copy.deepcopy of the standard library cannot copy it" in failure
    for word in said:
        assert word in failure


def test_failure_is_shown_in_the_table(dcbench, write):
    write("data.py", "workload = 3\n")
    done = dcbench.quick("-w", "data.py,memo", status=3)
    text = " ".join(done.out.split())
    assert "data.py: 'workload' is an int" in text
    summary = done.out[done.out.index("summary"):]
    assert [line for line in summary.splitlines() if "failed" in line]


def test_workload_that_prints(dcbench, write):
    write("data.py", "print('hello')\nworkload = [[1]]\n")
    result = dcbench.result("-w", "data.py")
    assert "hello" not in result.done.err
    assert "prints" in result.notes
