"""selftest/planted.py: what it plants is a deepcopy, of the size that its name says."""

import copy
import dis
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "support"))

import loader  # noqa: E402

PATH = str(ROOT / "selftest" / "planted.py")


def load(name):
    return loader.load_impl({"kind": "file", "path": PATH, "attr": name})


def pops(function):
    """Statements whose value is thrown away, as the interpreter executes them."""
    return sum(instruction.opname == "POP_TOP"
               for instruction in dis.get_instructions(function))


@pytest.mark.parametrize("name", ["plus_0", "plus_1", "plus_35", "plus_8000",
                                  "plus_20000"])
def test_copies_like_the_library(name):
    deepcopy, shared = load(name)
    assert not shared
    shared_list = [1, [2]]
    value = {"a": (shared_list, shared_list), "b": "text"}
    result = deepcopy(value)
    assert result == value == copy.deepcopy(value)
    assert result["a"][0] is result["a"][1] is not shared_list
    memo = {}
    deepcopy(shared_list, memo)
    assert id(shared_list) in memo


def test_size_is_that_of_the_name():
    nothing = pops(load("plus_0")[0])
    for count in (1, 35, 2000):
        assert pops(load(f"plus_{count}")[0]) - nothing == count
    # A loop over rows: 20000 are two of 8000 and 4000 more. It ends with a pop or two.
    assert 0 <= pops(load("plus_20000")[0]) - nothing - (8000 + 4000) <= 2


def test_each_load_is_code_of_its_own():
    first, second = load("plus_35")[0], load("plus_35")[0]
    assert first.__code__ is not second.__code__
    assert first.__globals__["inner"].__code__ is not second.__globals__["inner"].__code__


@pytest.mark.parametrize("name", ["plus_", "plus_x", "plus_-1", "minus_3", "plus", "plus_²"])
def test_other_names(name):
    with pytest.raises(loader.SpecError, match="defines no"):
        load(name)
