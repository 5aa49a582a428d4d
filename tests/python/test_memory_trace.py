"""support/memory_trace.py: the containers, and what is alive at the peak."""

import copy
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "support"))

import memory_trace  # noqa: E402

SHARED = [name for name in memory_trace.BUILDERS if name != "list-bytearray"]


def terms(name, count=100, deepcopy=copy.deepcopy):
    took, found, no_memo, wrong = memory_trace.account(name, count, deepcopy)
    assert took > 0
    return {term[0]: term[1:] for term in found}, no_memo, wrong


@pytest.mark.parametrize("name", memory_trace.BUILDERS)
def test_members_are_objects_of_their_own(name):
    container = memory_trace.builder(name)(100)
    members = list(memory_trace._members(container))
    assert len(members) == 100 and len({id(x) for x in members}) == 100
    length = 24 if name == "list-float" else memory_trace.LENGTH
    assert {sys.getsizeof(x) if length == 24 else len(x) for x in members} == {length}
    assert memory_trace.difference(container, copy.deepcopy(container)) is None


@pytest.mark.parametrize("name", SHARED)
def test_shared_members(name):
    found, no_memo, wrong = terms(name)
    assert (no_memo, wrong) == (None, None)
    assert found["members"][0] == 100 and found["copied members"][0] == 0
    assert found["container"][1] >= found["copy"][1] > 0
    assert found["memo keys"][0] < 10


def test_copied_members():
    found, no_memo, wrong = terms("list-bytearray")
    assert found["copied members"] == found["members"]
    assert found["memo keys"][0] == 102     # each, the list, the keep-alive list
    members = memory_trace.list_bytearray(100)
    assert found["members"][1] == sum(map(sys.getsizeof, members))
    memo = {}
    copy.deepcopy(members, memo)
    assert found["memo"][1] == sys.getsizeof(memo)
    assert found["keep-alive list"][1] == sys.getsizeof(memo[id(memo)])


def test_members_that_are_shared_and_must_not_be():
    assert terms("list-bytearray", deepcopy=lambda x, memo=None: copy.copy(x))[2] == (
        "shares objects[0][0] with the original")

    def shares_with_a_memo(x, memo=None):
        return copy.deepcopy(x) if memo is None else copy.copy(x)

    assert terms("list-bytearray", deepcopy=shares_with_a_memo)[2] == (
        "shares objects[0][0] with the original")
    assert terms("list-bytes", deepcopy=shares_with_a_memo)[2] is None


def test_what_a_memo_keeps_besides():
    found, _, _ = terms("set-bytes", 200)
    assert found["kept by the memo"][0] == 2    # a list of the items, and its copy
    assert found["kept by the memo"][1] > 2 * 200 * 8


@pytest.mark.parametrize("size, room", [
    (1, 16), (16, 16), (17, 32), (512, 512), (513, 528), (1057, 1072), (1048, 1056),
])
def test_blocks(size, room):
    assert memory_trace.block(size) == room


def test_objects_of_two_blocks():
    assert memory_trace.rounded(bytes, 1057) == 1072
    header = bytearray.__basicsize__
    assert memory_trace.rounded(bytearray, header + 1025) \
        == memory_trace.block(header) + memory_trace.block(1025)


@pytest.mark.parametrize("deepcopy, wrong", [
    (lambda x, memo=None: x, "the container itself"),
    (lambda x, memo=None: tuple(x), "its copy is a tuple"),
    (lambda x, memo=None: x[1:], "not equal"),
])
def test_no_copy(deepcopy, wrong):
    found, _, said = terms("list-bytes", deepcopy=deepcopy)
    assert not found and wrong in said


@pytest.mark.parametrize("deepcopy, reason", [
    (lambda x: copy.deepcopy(x), "TypeError with a memo given"),
    (lambda x, memo=None: copy.deepcopy(x), "leaves nothing in a memo"),
])
def test_no_memo(deepcopy, reason):
    found, no_memo, wrong = terms("list-bytes", deepcopy=deepcopy)
    assert reason in no_memo and wrong is None
    assert "members" in found and "memo" not in found
