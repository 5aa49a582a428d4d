"""support/loader.py: what it loads, and what it says where it cannot."""

import copy
import hashlib
import json
import os
import pathlib
import pickle
import subprocess
import sys
import textwrap

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUPPORT = str(ROOT / "support")
sys.path.insert(0, SUPPORT)

import loader  # noqa: E402
from loader import SpecError  # noqa: E402

VERSION = "%d.%d" % sys.version_info[:2]


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    """Undo what loading does to the interpreter."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(loader, "_functions", [])
    monkeypatch.setattr(loader, "_imported", set())
    monkeypatch.setattr(loader, "_folders", [])
    before = dict(sys.modules)
    yield
    for name in set(sys.modules) - set(before):
        del sys.modules[name]


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file and returns its path."""
    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = textwrap.dedent(content).encode()
        path.write_bytes(content)
        return str(path)
    return write


def impl(path, attr="deepcopy"):
    return loader.load_impl({"kind": "file", "path": path, "attr": attr,
                             "label": "x", "private": True})


def impl_of(module, attr="deepcopy"):
    return loader.load_impl({"kind": "module", "module": module, "attr": attr})


def workload(path, attr="workload", kind="file"):
    return loader.load_workload({"kind": kind, "path": path, "attr": attr})


def workload_of(module, attr="workload"):
    return loader.load_workload({"kind": "module", "module": module, "attr": attr})


def refusal(function, *args, **kwargs):
    """Return the message with which something is refused."""
    with pytest.raises(SpecError) as caught:
        function(*args, **kwargs)
    message = str(caught.value)
    assert "\n" not in message
    return message


# Implementations out of files ------------------------------------------------

def test_file(write):
    path = write("mine.py", "def deepcopy(x, memo=None):\n    return __name__")
    first, shared = impl(path)
    second, shared_again = impl(path)
    assert not shared and not shared_again
    assert first.__code__ is not second.__code__
    assert first(1) != second(1)
    assert sys.modules[first(1)].__file__ == path
    assert "mine" in first(1)


def test_file_with_other_attribute(write):
    path = write("mine.py", """
        class Tools:
            @staticmethod
            def copier(x, memo=None):
                return 5
        """)
    assert impl(path, "Tools.copier")[0](1) == 5
    assert refusal(impl, path, "Tools.other") == (
        f"{path} defines no 'Tools.other': define Tools.other(x, memo=None), or "
        "name another attribute as FILE.py:ATTR")


def test_no_attribute_asked_for(write):
    path = write("mine.py", "def deepcopy(x, memo=None): return 1\nworkload = [1]")
    assert impl(path, None)[0](0) == 1
    assert loader.load_impl({"kind": "file", "path": path})[0](0) == 1
    assert workload(path, None) == [1]


def test_function_from_elsewhere_is_shared(write):
    path = write("mine.py", "from copy import deepcopy")
    assert impl(path) == (copy.deepcopy, False)
    assert impl(path) == (copy.deepcopy, True)


def test_bound_method_is_shared(write):
    write("tools.py", """
        class Tools:
            def deepcopy(self, x, memo=None):
                return x
        tools = Tools()
        """)
    path = write("mine.py", "from tools import tools\ndeepcopy = tools.deepcopy")
    assert not impl(path)[1]
    assert impl(path)[1]


def test_dataclass_and_pickle_in_a_file(write):
    path = write("mine.py", """
        from __future__ import annotations
        import dataclasses, pickle

        @dataclasses.dataclass
        class Data:
            a: dataclasses.InitVar[int]
            b: list = dataclasses.field(default_factory=list)

        def deepcopy(x, memo=None):
            return pickle.loads(pickle.dumps(Data(1)))
        """)
    assert impl(path)[0](1).b == []


def test_helper_beside_the_file(write):
    write("one/helper.py", "value = 1")
    write("two/helper.py", "value = 2")
    code = "import helper\ndef deepcopy(x, memo=None): return helper.value"
    one, two = write("one/mine.py", code), write("two/mine.py", code)
    first, second, third = impl(one)[0], impl(two)[0], impl(one)[0]
    assert (first(0), second(0), third(0)) == (1, 2, 1)


def test_helper_package_of_another_folder_is_forgotten_whole(write):
    for folder in "one", "two":
        write(f"{folder}/package/__init__.py", "")
        write(f"{folder}/package/part.py", f"value = {folder!r}")
    code = "from package import part\ndef deepcopy(x, memo=None): return part.value"
    one, two = write("one/mine.py", code), write("two/mine.py", code)
    assert [impl(one)[0](0), impl(two)[0](0)] == ["one", "two"]


def test_one_folder_shares_its_helpers(write):
    write("models.py", "class Model: pass")
    copier = write("mine.py", "import models\n"
                   "def deepcopy(x, memo=None): return isinstance(x, models.Model)")
    objects = write("work.py", "import models\nworkload = [models.Model()]")
    assert impl(copier)[0](workload(objects)[0])


def test_folder_does_not_hide_the_standard_library_afterwards(write, tmp_path):
    write("wave.py", "raise RuntimeError")
    impl(write("mine.py", "import sys\nassert sys.path[0] == " + repr(str(tmp_path))
               + "\ndef deepcopy(x, memo=None): return x"))
    assert sys.path[-1] == str(tmp_path)
    import wave
    assert wave.__file__ != str(tmp_path / "wave.py")


def test_private_copy_is_at_hand_and_can_be_hidden(write, monkeypatch):
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p != SUPPORT])
    code = "from private_copy import CopySource\ndeepcopy = CopySource"
    assert impl(write("a/mine.py", code))[0].__module__ == "private_copy"
    monkeypatch.delitem(sys.modules, "private_copy")
    write("b/private_copy.py", "CopySource = len")
    assert impl(write("b/mine.py", code))[0] is len


def test_coding(write):
    path = write("mine.py", "# coding: latin-1\ntext = 'é'\n".encode("latin-1")
                 + b"def deepcopy(x, memo=None): return text")
    assert impl(path)[0](1) == "é"
    path = write("bad.py", b"text = '\xe9'\ndef deepcopy(x, memo=None): return text")
    message = refusal(impl, path)
    assert message.startswith(path) and "SyntaxError" in message
    assert "utf-8" in message.lower()


def test_file_that_is_missing(tmp_path):
    assert refusal(impl, f"{tmp_path}/none.py") == (
        f"{tmp_path}/none.py: No such file or directory")
    assert refusal(impl, str(tmp_path)) == f"{tmp_path}: Is a directory"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_that_may_not_be_read(write):
    path = write("mine.py", "")
    os.chmod(path, 0)
    assert refusal(impl, path) == f"{path}: Permission denied"


def test_file_without_deepcopy(write):
    path = write("mine.py", "def deep_copy(x): return x")
    assert refusal(impl, path) == (
        f"{path} defines no 'deepcopy': define deepcopy(x, memo=None), or name "
        "another attribute as FILE.py:ATTR")


def test_not_callable(write):
    path = write("mine.py", "deepcopy = 5")
    assert refusal(impl, path) == (
        f"{path}: 'deepcopy' is not callable, but an int: define "
        "deepcopy(x, memo=None), or name another attribute as FILE.py:ATTR")


def test_syntax_error(write):
    path = write("mine.py", "x = 1\ndef deepcopy(x memo=None):\n    return x")
    message = refusal(impl, path)
    assert message.startswith(f"{path}:2: SyntaxError: ")
    assert message.endswith(f", says Python {VERSION}")
    message = refusal(impl, write("tabs.py", "if 1:\n        a = 1\n\tb = 2"))
    assert ":3: TabError: " in message
    assert refusal(impl, write("null.py", b"x = 1\0")).startswith(
        str(pathlib.Path(path).parent / "null.py"))


def test_exception_while_loading(write):
    path = write("mine.py", """
        def helper():
            raise ValueError("first\\n  second")
        helper()
        """)
    assert refusal(impl, path) == (
        f"{path}:3: ValueError: first second, while the file was loaded")
    assert not [name for name in sys.modules if name.startswith("_dcbench")
                and getattr(sys.modules[name], "__file__", "") == path]


def test_file_of_a_package(write):
    path = write("pkg/__init__.py", "from .core import deepcopy")
    write("pkg/core.py", "def deepcopy(x, memo=None): return x")
    message = refusal(impl, path)
    assert message.startswith(f"{path}:1: ImportError: attempted relative import ")
    assert message.endswith(
        ", while the file was loaded: this file belongs to a package: say "
        "--python-path DIR, the folder that the package is in, and MODULE:ATTR "
        "for the file")
    loader.add_paths([str(pathlib.Path(path).parents[1])])
    assert impl_of("pkg")[0](5) == 5


def test_other_import_errors_have_no_advice(write):
    path = write("mine.py", "import not_there_at_all")
    assert refusal(impl, path).endswith("while the file was loaded")


def test_exception_below_the_file(write):
    path = write("mine.py", "import json\n\njson.loads('{')")
    message = refusal(impl, path)
    assert message.startswith(f"{path}:3: JSONDecodeError: ")


def test_exception_without_a_message(write):
    path = write("mine.py", """
        class Bad(Exception):
            def __str__(self):
                raise RuntimeError
        raise Bad
        """)
    assert refusal(impl, path) == (
        f"{path}:5: Bad: no message, while the file was loaded")


def test_exit_while_loading(write):
    assert refusal(impl, write("mine.py", "import sys\nsys.exit(3)")).endswith(
        "mine.py:2: SystemExit: 3, while the file was loaded")


def test_interrupt_is_passed_on(write):
    path = write("mine.py", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        impl(path)


def test_missing_import_in_a_file(write):
    path = write("mine.py", "import no_such_module")
    message = refusal(impl, path)
    assert message.startswith(f"{path}:1: ModuleNotFoundError: ")
    assert "no_such_module" in message


def test_edit_that_does_not_fit(write):
    path = write("mine.py", """
        from private_copy import CopySource
        source = CopySource(__file__)
        source.replace("deepcopy", "no = statement", "pass")
        """)
    message = refusal(impl, path)
    assert message.startswith(f"{path}:4: EditError: 0 statements 'no = statement'")


# Implementations out of modules ----------------------------------------------

def test_module(write, tmp_path):
    sys.path.insert(0, str(tmp_path))
    write("copier_a.py", "def deepcopy(x, memo=None): return x")
    first, shared = impl_of("copier_a")
    assert not shared and first is sys.modules["copier_a"].deepcopy
    second, shared = impl_of("copier_a")
    assert not shared and second is not first
    assert second.__code__ is not first.__code__
    assert sys.modules["copier_a"].deepcopy is first


def test_module_of_a_package(write, tmp_path):
    sys.path.insert(0, str(tmp_path))
    write("package_a/__init__.py", "from .inner import deepcopy")
    write("package_a/inner.py", "def deepcopy(x, memo=None): return x")
    assert not impl_of("package_a")[1]
    assert impl_of("package_a")[1]      # the function is inner's, and the same
    assert not impl_of("package_a.inner", "deepcopy")[0] is None


def test_compiled_module():
    assert impl_of("_operator", "pos")[1] is False
    assert impl_of("_operator", "pos")[1] is True


def test_the_standard_library_itself():
    assert impl_of("copy") == (copy.deepcopy, False)
    second, shared = impl_of("copy")
    assert not shared and second([1]) == [1]


def test_module_that_is_missing():
    assert refusal(impl_of, "copium_or_so") == (
        f"no module named 'copium_or_so' for Python {VERSION}: install it there, "
        "or say --venv DIR or --python-path DIR")
    assert refusal(impl_of, "json.nothing").startswith(
        f"no module named 'json.nothing' for Python {VERSION}: ")
    assert refusal(impl_of, "nothing.at.all").startswith(
        f"no module named 'nothing' for Python {VERSION}: ")


def test_module_whose_import_fails(write, tmp_path):
    sys.path.insert(0, str(tmp_path))
    path = write("copier_b.py", "x = 1\nimport no_such_module")
    message = refusal(impl_of, "copier_b")
    assert message.startswith(f"{path}:2: ModuleNotFoundError: ")
    assert message.endswith(", while 'copier_b' was imported")
    path = write("copier_c.py", "x = (")
    assert refusal(impl_of, "copier_c").startswith(f"{path}:1: SyntaxError: ")


def test_module_without_the_attribute():
    assert refusal(impl_of, "json") == (
        "json defines no 'deepcopy': name another attribute as MODULE:ATTR")


# Workloads -------------------------------------------------------------------

def test_workloads(write):
    assert workload(write("a.py", "workload = [1, 2]")) == [1, 2]
    assert workload(write("b.py", "workload = 1, 2")) == [1, 2]
    assert workload(write("c.py", "def workload(n=3): return (n,)")) == [3]
    assert workload(write("d.py", "things = [[]]"), "things") == [[]]


def test_workload_of_a_module(write, tmp_path):
    sys.path.insert(0, str(tmp_path))
    write("work_a.py", "workload = [[1]]")
    assert workload_of("work_a") == [[1]]
    assert workload_of("work_a")[0] is sys.modules["work_a"].workload[0]
    assert refusal(workload_of, "work_a", "other").startswith(
        "work_a defines no 'other': define other as a list")


@pytest.mark.parametrize("code, message", [
    ("x = 1", " defines no 'workload': define workload as a list of the objects to "
     "copy, or as a function that returns one"),
    ("workload = {}", ": 'workload' is a dict: define workload as a list"),
    ("workload = []", ": 'workload' is empty: there is nothing to copy"),
    ("def workload(): return []",
     ": 'workload' returned a list that is empty: there is nothing to copy"),
    ("def workload(): return {1: 2}",
     ": 'workload' returned a dict, not a list: return a list of the "
     "objects to copy, [object] where there is only one"),
    ("def workload(): yield 1", ": 'workload' returned a generator, not"),
    ("def workload(): pass", ": 'workload' returned None, not"),
    ("def workload(n): pass", ": 'workload' cannot be called without arguments ("),
    ("def workload(): int('x')",
     ":1: ValueError: invalid literal for int() with base 10: 'x', by 'workload'"),
    ("def workload():\n    raise TypeError('mine')",
     ":2: TypeError: mine, by 'workload'"),
])
def test_workloads_that_are_none(write, code, message):
    path = write("mine.py", code)
    assert refusal(workload, path).startswith(path + message)


def test_json(write):
    for text, value in [('{"a": [1, 2.5, null]}', {"a": [1, 2.5, None]}),
                        ("[Infinity, -Infinity]", [float("inf"), float("-inf")]),
                        ('"é"', "é"), ("5", 5)]:
        assert workload(write("a.json", text), kind="json") == [value]
    assert workload(write("a.json", "﻿[1]"), kind="json") == [[1]]
    value, = workload(write("a.json", "NaN"), kind="json")
    assert value != value
    value, = workload(write("a.json", "[]"), kind="json")
    assert value == []


def test_bad_json(write):
    path = write("a.json", '{"a": 1,\n "b": }')
    assert refusal(workload, path, kind="json").startswith(
        f"{path}:2:7: not valid JSON: Expecting value")
    assert refusal(workload, write("b.json", b'["\xe9"]'), kind="json").endswith(
        "b.json: byte 2 is not utf-8 text: JSON files are UTF-8")
    assert refusal(workload, write("c.json", b""), kind="json").endswith(
        "c.json:1:1: not valid JSON: Expecting value")
    assert refusal(workload, write("d.json", b"[" * 10**6), kind="json").endswith(
        "d.json: nested too deeply to be read")
    assert "No such file" in refusal(workload, path + "x", kind="json")


def test_pickle(write):
    path = write("a.pkl", pickle.dumps({"a": [1]}))
    assert workload(path, kind="pickle") == [{"a": [1]}]


def test_bad_pickle(write):
    path = write("a.pkl", b"nonsense")
    assert refusal(workload, path, kind="pickle").startswith(
        f"{path}: cannot be unpickled: UnpicklingError: ")
    path = write("b.pkl", b"c__main__\nNoSuchThing\n.")
    assert refusal(workload, path, kind="pickle").endswith(
        ": the classes in it must be importable: say --venv DIR or --python-path "
        "DIR, and keep them out of __main__")


# Paths -----------------------------------------------------------------------

@pytest.fixture
def make_venv(tmp_path):
    """Return a function that makes a virtual environment's skeleton."""
    def make(version=None, key="version", system="false", library=VERSION):
        venv = tmp_path / "venv"
        packages = venv / f"lib/python{library}/site-packages"
        packages.mkdir(parents=True)
        lines = ["home = /usr/bin", f"include-system-site-packages = {system}"]
        if key:
            lines.append(f"{key} = {version or '%d.%d.%d' % sys.version_info[:3]}")
        (venv / "pyvenv.cfg").write_text("\n".join(lines) + "\n")
        return str(venv), packages
    return make


def test_python_paths_come_first_in_order(tmp_path):
    before = list(sys.path)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    paths = [str(tmp_path / "b"), str(tmp_path / "a")]
    loader.add_paths(paths, None, False)
    assert sys.path == paths + before
    assert refusal(loader.add_paths, [f"{tmp_path}/c"], None, False) == (
        f"{tmp_path}/c: no such directory (--python-path)")


def test_venv(make_venv, tmp_path):
    venv, packages = make_venv()
    (tmp_path / "more").mkdir()
    (packages / "more.pth").write_text(f"{tmp_path}/more\n")
    (packages / "in_venv.py").write_text("def deepcopy(x, memo=None): return 7")
    loader.add_paths([], venv, False)
    assert sys.path[-2:] == [str(packages), f"{tmp_path}/more"]
    assert impl_of("in_venv")[0](1) == 7


def test_venv_of_virtualenv(make_venv):
    venv, packages = make_venv(f"{VERSION}.1.final.0", key="version_info")
    loader.add_paths([], venv, False)
    assert sys.path[-1] == str(packages)


def test_venv_without_a_version(make_venv):
    venv, packages = make_venv(key=None)
    loader.add_paths([], venv, False)
    assert sys.path[-1] == str(packages)


def test_venv_of_another_version(make_venv):
    venv, _ = make_venv("3.6.1", library="3.6")
    assert refusal(loader.add_paths, [], venv, False) == (
        f"{venv}: is for Python 3.6, not for {VERSION}: name a venv of Python "
        f"{VERSION}, or say --python 3.6")


def test_no_venv(tmp_path, make_venv):
    assert refusal(loader.add_paths, [], str(tmp_path), False) == (
        f"{tmp_path}: not a virtual environment, it has no readable pyvenv.cfg "
        "(--venv)")
    venv, _ = make_venv(library="3.6")
    assert refusal(loader.add_paths, [], venv, False).startswith(
        f"{venv}: has no lib/python{VERSION}")


def in_isolation(code, *args):
    """Run code as a worker would, with the loader imported."""
    code = f"import sys; sys.path.append({SUPPORT!r}); import loader\n" + code
    done = subprocess.run([sys.executable, "-I", "-S", "-B", "-c", code, *args],
                          stdout=subprocess.PIPE, check=True,
                          universal_newlines=True)
    return json.loads(done.stdout)


def test_system_packages(make_venv):
    code = ("import json\nbefore = list(sys.path)\n"
            "loader.add_paths([], sys.argv[1] or None, sys.argv[2] == 'yes')\n"
            "import site\n"
            "print(json.dumps([p for p in sys.path if p not in before]))")
    added = in_isolation(code, "", "yes")
    assert added and all("-packages" in path for path in added
                         if path.startswith(sys.prefix))
    assert not any(".local" in path for path in added)
    assert in_isolation(code, "", "no") == []
    venv, packages = make_venv(system="true")
    assert in_isolation(code, venv, "no") == [str(packages)] + added


def test_start_imports_next_to_nothing():
    code = "names = set(sys.modules)\nimport json\nprint(json.dumps(sorted(names)))"
    names = in_isolation(code)
    assert not {"json", "site", "hashlib", "re", "importlib.util", "pickle",
                "private_copy", "functools"} & set(names)


# Provenance ------------------------------------------------------------------

def test_source_info(write, tmp_path):
    path = write("mine.py", "x = 1\n")
    digest = hashlib.sha256(b"x = 1\n").hexdigest()
    for kind in "file", "json", "pickle":
        assert loader.source_info({"kind": kind, "path": path}) == {
            "path": path, "sha256": digest}
    sys.path.insert(0, str(tmp_path))
    assert loader.source_info({"kind": "module", "module": "mine"}) == {
        "path": path, "sha256": digest}
    for name in "sys", "no_such_module", "no.such.module":
        assert loader.source_info({"kind": "module", "module": name}) == {
            "path": None, "sha256": None}
    assert loader.source_info({"kind": "file", "path": path + "x"}) == {
        "path": path + "x", "sha256": None}


def test_interpreter_info():
    info = loader.interpreter_info()
    assert json.loads(json.dumps(info)) == info
    assert info["version"].startswith(VERSION)
    assert info["implementation"] == "cpython"
    assert info["copy_path"] == copy.__file__
    with open(copy.__file__, "rb") as file:
        assert info["copy_sha256"] == hashlib.sha256(file.read()).hexdigest()
    assert info["compiler"].split()[0] in ("GCC", "Clang")
    assert info["gil"] in (True, False) and info["debug"] in (True, False)


# ---- weigh ----

@pytest.mark.parametrize("objects, weight", [
    ([], 0),
    ([1], 1),
    (["a", None, 2.5], 3),
    ([[1, 2, 3]], 4),
    ([{1: "a"}], 3),
    ([(1, (2, (3,)))], 6),
    ([[], [[]]], 3),
])
def test_weigh_counts_references(objects, weight):
    assert loader.weigh(objects, 1000) == weight


def test_weigh_counts_a_shared_part_once_a_reference():
    """deepcopy is called for each reference, and looks into the object once."""
    part = [1, 2, 3]
    assert loader.weigh([[part, part, part]], 1000) == 1 + 3 + 3


def test_weigh_of_a_cycle_ends():
    x = []
    x.append(x)
    assert loader.weigh([x], 1000) == 2


def test_weigh_counts_the_same_object_each_time():
    x = [1, 2, 3]
    assert loader.weigh([x, x, x], 1000) == 12


def test_weigh_stops_at_the_limit():
    assert loader.weigh([list(range(1000000))], 100) == 100
    assert loader.weigh([1] * 1000, 100) == 100
    deep = []
    for _ in range(100000):
        deep = [deep]
    assert loader.weigh([deep], 100) == 100


def test_weigh_leaves_classes_and_code_out():
    class C:
        def method(self):
            return sys

    x = C()
    x.a = 1
    assert loader.weigh([x], 1000) < 10
    assert loader.weigh([[C, sys, loader.weigh, C.method]], 1000) == 1


def test_weigh_is_the_same_in_every_process(tmp_path):
    """No address, hash or clock has a part in it."""
    code = ("import sys; sys.path.insert(0, sys.argv[1])\n"
            "import loader\n"
            "print(loader.weigh([{str(i): {i, str(i)} for i in range(100)}], 10000))")
    said = {subprocess.run([sys.executable, "-c", code, SUPPORT], check=True,
                           env={**os.environ, "PYTHONHASHSEED": seed}, text=True,
                           capture_output=True).stdout for seed in ("1", "2", "3")}
    assert len(said) == 1 and int(said.pop()) > 300


def test_weigh_does_not_touch_the_objects():
    x = [[1], {"a": (2,)}]
    before = [sys.getrefcount(part) for part in x]
    loader.weigh([x], 1000)
    assert [sys.getrefcount(part) for part in x] == before
    assert x == [[1], {"a": (2,)}]


# ---- ignore_listings ----

LOOK = """
import os, sys
sys.path[:0] = sys.argv[1:3]
import loader
loader.ignore_listings()
listed = []
sys.addaudithook(lambda event, args: event in ("os.listdir", "os.scandir")
                 and listed.append(args))
import helper, package.inner, namespace.part, csv, _decimal
try:
    import nothing_of_the_kind
except ModuleNotFoundError as error:
    print(error)
print(helper.VALUE, package.inner.VALUE, namespace.part.VALUE, listed)
"""


def test_modules_are_found_without_a_listing(write, tmp_path):
    """Modules, packages, namespaces, compiled ones, and none."""
    write("helper.py", "VALUE = 1\n")
    write("package/__init__.py", "")
    write("package/inner.py", "VALUE = 2\n")
    write("namespace/part.py", "VALUE = 3\n")
    done = subprocess.run([sys.executable, "-I", "-c", LOOK, SUPPORT, str(tmp_path)],
                          text=True, capture_output=True, check=True)
    assert done.stdout == "No module named 'nothing_of_the_kind'\n1 2 3 []\n"
