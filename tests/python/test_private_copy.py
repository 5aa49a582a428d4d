"""support/private_copy.py: edits of the source of copy, and what loads of it."""

import copy
import pathlib
import sys
import traceback

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "support"))

import private_copy  # noqa: E402
from private_copy import CopySource, EditError  # noqa: E402

TEXT = '''\
"""A module."""

def first(a,
          b=1):
    """Do one thing.

    And another.
    """
    x = 1

    if a:
        x = 2
        y = x
    return x, y

def second():
    x = 1
    return x

first_table = {}
class Third: pass
'''


@pytest.fixture
def source(monkeypatch):
    """Return a CopySource of a small text of our own."""
    monkeypatch.setattr(private_copy, "_cache", [("/lib/copy.py", TEXT)])
    return CopySource("/some/where/variant.py")


def function(source, name):
    """Return the lines of a function."""
    start, end = source._bounds(name)
    return source.get_source().splitlines()[start:end]


# Edits -----------------------------------------------------------------------

def test_defines(source):
    for name in "first", "second", "first_table", "Third":
        assert source.defines(name)
    for name in "x", "firs", "table", "":
        assert not source.defines(name)


def test_replace_keeps_the_indentation(source):
    source.replace("first", "y = x", """
        if b:
            y = 5

        else:
            y = 6
        """)
    assert function(source, "first")[8:-1] == [
        "    if a:", "        x = 2", "        if b:", "            y = 5", "",
        "        else:", "            y = 6", "    return x, y"]


def test_replace_of_several_lines(source):
    source.replace("first", "if a:\n    x = 2\n    y = x", "y = 3")
    assert function(source, "first")[6:] == [
        "    x = 1", "", "    y = 3", "    return x, y", ""]
    source.replace("first", "y = 3", "")
    assert "y = 3" not in source.get_source()


def test_insert(source):
    source.insert_after("first", "x = 2", "z = 1")
    source.insert_at_start("first", "start = 1")
    source.insert_at_start("second", "start = 2")
    assert function(source, "first")[5:12] == [
        '    """', "    start = 1", "    x = 1", "", "    if a:", "        x = 2",
        "        z = 1"]
    assert function(source, "second")[:2] == ["def second():", "    start = 2"]


def test_move_to_start(source):
    source.move_to_start("first", "return x, y", "y = x")
    assert function(source, "first")[5:] == [
        '    """', "    return x, y", "    y = x", "    x = 1", "", "    if a:",
        "        x = 2", ""]


def test_append(source):
    source.append("""
        table = (1,
                 2)
        """)
    assert source.get_source().endswith("pass\ntable = (1,\n         2)\n")


@pytest.mark.parametrize("name, statement, message", [
    ("first", "z = x", "0 statements 'z = x' in first(), where one is to be edited"),
    ("first", "x", "0 statements 'x' in first()"),
    ("first", "if a:\n    x = 3", "0 statements"),
    ("second", "y = x", "0 statements 'y = x' in second()"),
    ("fourth", "x = 1", "no function fourth()"),
    ("fir", "x = 1", "no function fir()"),
])
def test_statements_that_are_not_there(source, name, statement, message):
    before = source.get_source()
    with pytest.raises(EditError) as caught:
        source.replace(name, statement, "pass")
    text = str(caught.value)
    assert text.startswith(message)
    assert "/lib/copy.py, edited by variant.py" in text
    assert "Python %d.%d.%d" % sys.version_info[:3] in text
    assert source.get_source() == before


def test_statements_that_are_there_twice(source):
    source.insert_after("second", "x = 1", "x = 1")
    with pytest.raises(EditError, match="2 statements 'x = 1' in second"):
        source.move_to_start("second", "x = 1")


# The interpreter's own source ------------------------------------------------

def test_finds_the_standard_library(tmp_path, monkeypatch):
    (tmp_path / "copy.py").write_text("raise RuntimeError('not this one')")
    monkeypatch.syspath_prepend(tmp_path)
    assert private_copy.find_copy().origin == copy.__file__


def test_loads_are_apart():
    before = set(sys.modules)
    first = CopySource(__file__).load()
    second = CopySource(__file__).load()
    assert set(sys.modules) == before
    assert first is not copy and sys.modules["copy"] is copy
    assert first.__name__ == "copy"
    for name in "deepcopy", "_reconstruct", "_keep_alive":
        codes = {id(getattr(module, name).__code__)
                 for module in (first, second, copy)}
        assert len(codes) == 3
    assert first.deepcopy.__code__ == second.deepcopy.__code__
    assert first._deepcopy_dispatch is not second._deepcopy_dispatch


def test_unchanged_is_what_an_import_gives():
    module = private_copy.load_unchanged()
    assert module is not copy and sys.modules["copy"] is copy
    assert module.deepcopy.__code__ == copy.deepcopy.__code__
    assert module.deepcopy.__code__ is not copy.deepcopy.__code__


def test_the_text_is_read_once(monkeypatch):
    CopySource(__file__)
    monkeypatch.setattr(private_copy, "find_copy", None)
    assert CopySource(__file__).load().deepcopy([1]) == [1]


def test_edits_stay_in_their_source():
    source = CopySource(__file__)
    source.insert_at_start("deepcopy", "return 5")
    assert source.load().deepcopy([1]) == 5
    assert CopySource(__file__).load().deepcopy([1]) == [1]


def test_names_of_files():
    source = CopySource("/a/mine.py")
    assert source.load().deepcopy.__code__.co_filename == copy.__file__
    source.insert_at_start("deepcopy", "pass")
    assert source.load().deepcopy.__code__.co_filename == (
        f"{copy.__file__}, edited by mine.py")


def test_tracebacks_show_the_edited_line():
    source = CopySource("/a/mine.py")
    source.insert_at_start("_deepcopy_list", "raise RuntimeError('here')")
    try:
        source.load().deepcopy([1])
    except RuntimeError:
        text = traceback.format_exc()
    assert "edited by mine.py" in text
    assert "raise RuntimeError('here')" in text
    assert "y = copier(x, memo)" in text


def test_without_source(monkeypatch):
    monkeypatch.setattr(private_copy.encodings, "__path__", ["/nowhere/encodings"])
    with pytest.raises(EditError, match="no source of the copy module in /nowhere"):
        private_copy.find_copy()


def test_needs_no_slow_modules():
    """The arms are loaded before each measurement: milliseconds count."""
    import subprocess
    code = ("import sys; sys.path.append(sys.argv[1]); import private_copy; "
            "private_copy.CopySource('x').load(); print(*sys.modules)")
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code, str(ROOT / "support")],
        stdout=subprocess.PIPE, check=True, universal_newlines=True)
    slow = {"inspect", "ast", "re", "tokenize", "importlib.util", "contextlib",
            "collections", "functools", "enum"}
    assert not slow & set(done.stdout.split())
