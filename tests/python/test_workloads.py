"""workloads/: each loads, is the same in each process, and is copied rightly."""

import ast
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "support"))

import check  # noqa: E402
import loader  # noqa: E402

FILES = {path.stem.rstrip("_"): path
         for path in sorted((ROOT / "workloads").glob("*.py"))}
IMPLS = {path.stem: path for path in sorted((ROOT / "impls").glob("*.py"))}
REPORT = {"general", "reduce", "memo"}
EXTENDED = {"nested", "wide", "atoms", "dataclasses", "slots", "cycles",
            "strings", "sets", "custom", "numbers"}
# For `dcbench memory` alone: no time is taken of them.
MEMORY = {"none", "single", "point_dicts", "point_slots"}

# About how many calls of deepcopy an iteration is; an iteration of 2000 takes
# a millisecond at most, where one of `wide` takes some tens.
MOST = {"atoms": 5_500, "wide": 45_000, "point_dicts": 5_000,
        "point_slots": 5_000}
USUAL_MOST = 2_000

# Writes all that is in a workload, in the order of iteration, with a number
# for each object that is met again.
DESCRIBE = """
import sys
sys.path.insert(0, sys.argv[1])
import loader

def describe(x, met):
    cls = type(x)
    if cls in (type(None), bool, int, float, complex, str, bytes):
        return f"{cls.__name__} {x!r}"
    if id(x) in met:
        return f"again {met[id(x)]}"
    met[id(x)] = len(met)
    kept.append(x)
    parts = [cls.__qualname__]
    if isinstance(x, dict):
        for key, value in x.items():
            parts += [describe(key, met), describe(value, met)]
    elif isinstance(x, (list, tuple, set, frozenset)):
        parts += [describe(part, met) for part in x]
    elif cls.__module__.startswith("_dcbench_"):
        parts += [describe(getattr(x, "__dict__", None), met)]
        for base in cls.__mro__:
            for name in getattr(base, "__slots__", ()):
                parts += [name, describe(getattr(x, name, "unset"), met)]
    else:
        parts.append(repr(x))
    return f"({' '.join(parts)})"

kept = []       # else an id might be another object's later
for path in sys.argv[2:]:
    for x in loader.load_workload({"kind": "file", "path": path}):
        print(describe(x, {}))
"""


def load(name):
    return loader.load_workload({"kind": "file", "path": str(FILES[name])})


def docstring(path):
    return ast.get_docstring(ast.parse(path.read_text()))


def test_which_there_are():
    assert set(FILES) == REPORT | EXTENDED | MEMORY


@pytest.mark.parametrize("name", FILES)
def test_size(name):
    """So that an iteration stays short."""
    weight = loader.weigh(load(name), 1_000_000)
    assert weight > (name != "none")
    assert weight <= MOST.get(name, USUAL_MOST)


@pytest.mark.parametrize("impl", IMPLS)
@pytest.mark.parametrize("name", FILES)
def test_copies(name, impl):
    """They are right, the published ones' too; the objects stay as they are."""
    objects = load(name)
    deepcopy, _ = loader.load_impl({"kind": "file", "path": str(IMPLS[impl])})
    before = check.snapshot(objects)
    copies = [deepcopy(x) for x in objects]
    again = [deepcopy(x) for x in objects]
    assert check.check_copy(objects, before, copies) is None
    assert check.check_copy(copies, before, again) is None
    assert check.check_unchanged(objects, before) is None


@pytest.mark.parametrize("name", sorted(set(FILES) - {"none"}))
def test_a_shared_part_is_found(name):
    """The check is not passed by anything: it sees what a shallow copy is."""
    objects = load(name)
    before = check.snapshot(objects)
    assert check.check_copy(objects, before, objects) is not None


def test_the_same_in_each_process():
    """Whatever the hash seed: values, sharing, and the order within sets."""
    said = {
        subprocess.run(
            [sys.executable, "-B", "-c", DESCRIBE, str(ROOT / "support"),
             *map(str, FILES.values())],
            env={"PYTHONHASHSEED": seed}, check=True, timeout=120,
            stdout=subprocess.PIPE).stdout
        for seed in ("1", "2", "3")}
    text, = said
    assert len(text.splitlines()) == sum(len(load(name)) for name in FILES)


@pytest.mark.parametrize("name", sorted(FILES))
def test_docstring(name):
    """`dcbench list workloads` shows the first line, without the name."""
    lines = docstring(FILES[name]).splitlines()
    shown = name.replace("_", "-").capitalize()
    assert lines[0].startswith(f"{shown}: ")
    assert lines[1] == "" and len(lines) > 3
    if name in EXTENDED:
        text = " ".join(" ".join(lines).split())
        assert "It stresses" in text
        assert "report's three" in text or "`general`" in text  # why it is there


@pytest.mark.skipif(sys.version_info < (3, 10), reason="names are not known")
@pytest.mark.parametrize("path", [*FILES.values(), *IMPLS.values()],
                         ids=lambda path: path.stem)
def test_no_module_of_python_is_hidden(path):
    """Their folders are importable: a numbers.py would be in decimal's way."""
    assert path.stem not in sys.stdlib_module_names
