"""dcbench memory --trace: resident memory over time, its peaks and its end."""

import csv
import io
import json
import re
import shutil
import xml.etree.ElementTree as ElementTree

import jsonschema
import pytest

from conftest import TOP, assert_described

SCHEMA = json.loads((TOP / "docs/memory-trace.schema.json").read_text())
MIB = 1 << 20

STANDARD = "from copy import deepcopy as standard\n"
LEAKS = STANDARD + """
kept = []
def deepcopy(x, memo=None):
    kept.append(b"x" * (1 << 20))    # zeros would not be touched
    return standard(x, memo)
"""
SHARES = "def deepcopy(x, memo=None):\n    return x\n"
# The first copies are those that warm up.
CRASHES = STANDARD + """
import os, signal
def deepcopy(x, memo=None):
    if len(x) > 1000:
        os.kill(os.getpid(), signal.SIGSEGV)
    return standard(x, memo)
"""
HANGS = STANDARD + """
def deepcopy(x, memo=None):
    while len(x) > 1000:
        pass
    return standard(x, memo)
"""
RAISES = STANDARD + """
def deepcopy(x, memo=None):
    if len(x) > 1000:
        raise ValueError("no \\x1b[2J|copy")
    return standard(x, memo)
"""
NO_MEMO = STANDARD + """
def deepcopy(x):
    return standard(x)
"""
# As of compiled code, and of what an interpreter adds to a function.
NO_LINES = STANDARD + """
import sys
def bare(function):
    code = function.__code__
    units = len(code.co_code) // 2
    if sys.version_info >= (3, 11):
        table = b"\\xff" * (units // 8)
        table += bytes([0xf8 | units % 8 - 1]) if units % 8 else b""
        function.__code__ = code.replace(co_linetable=table)
    elif sys.version_info >= (3, 10):
        table = b"\\xfe\\x80" * (units // 127)
        table += bytes([units % 127 * 2, 0x80])
        function.__code__ = code.replace(co_linetable=table)
    return function

@bare
def deepcopy(x, memo=None):
    for _ in range(40):
        grown = []
        grown.extend(map(bytes, [4096] * 1000))
    return standard(x, memo)
"""


def trace(dcbench, *args, status=0, **options):
    done = dcbench("memory", "--trace", *args, "--format", "json", status=status,
                   **options)
    data = json.loads(done.out)
    wrong = sorted(jsonschema.Draft7Validator(SCHEMA).iter_errors(data), key=str)
    assert not wrong, "\n".join(f"{'/'.join(map(str, e.absolute_path))}: {e.message}"
                                for e in wrong[:5])
    for cell in data["cells"]:
        check(data, cell)
    return data


def check(data, cell):
    """What a schema cannot say."""
    events = [sample[1] for sample in cell["samples"]]
    clocks = [sample[2] for sample in cell["samples"]]
    assert events == sorted(events) and clocks == sorted(clocks)
    if not cell["complete"]:
        return
    assert len(cell["repeats"]) == data["plan"]["repeats"]
    for what in ("START", "BUILT", "COPIED", "DROPPED", "TRIMMED"):
        assert sum(sample[3] == what for sample in cell["samples"]) \
            == data["plan"]["repeats"], what
    peaks = [repeat["peak_bytes"] for repeat in cell["repeats"]]
    assert cell["summary"]["peak_bytes"] == max(peaks)
    assert cell["summary"]["least_peak_bytes"] == min(peaks)
    assert cell["summary"]["theory_bytes"] == sum(t["block_bytes"] for t in cell["terms"])


def teeth(cell):
    """How often the memory rises above half of its height, from below."""
    sizes = [sample[7] for sample in cell["samples"]]
    middle = (max(sizes) + min(sizes)) / 2
    high = [size > middle for size in sizes]
    return sum(now and not before for before, now in zip([False, *high], high))


def by_name(cell):
    return {term["name"]: term for term in cell["terms"]}


def needs_a_plain_build(dcbench):
    if dcbench.sanitized:
        pytest.skip("a sanitizer's malloc takes other room")


def test_once_the_size_where_members_are_shared_and_twice_where_they_are_not(dcbench):
    needs_a_plain_build(dcbench)
    data = trace(dcbench, "--size", "64M")
    shared, copied = data["cells"]
    assert [cell["container"] for cell in data["cells"]] == ["list-bytes", "list-bytearray"]
    for cell, times in ((shared, 1), (copied, 2)):
        summary, terms = cell["summary"], by_name(cell)
        if not summary["exact"]:
            pytest.skip("the peak of this kernel cannot be reset")
        assert teeth(cell) == 10
        assert 0.97 < summary["of_theory"] < 1.03
        own = terms["members"]["objects"] + terms["copied members"]["objects"]
        assert own * 1024 == times * 64 * MIB
        # Beside the members, what the output lists.
        other = summary["theory_bytes"] - times * 64 * MIB
        above = summary["peak_bytes"] - summary["start_bytes"]
        assert abs(above - other - times * 64 * MIB) < 0.03 * times * 64 * MIB
        assert summary["grows"] is False
        assert summary["end_bytes"] - summary["start_bytes"] < 8 * MIB
        assert summary["slowdown"] > 0


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """One run of all containers for several questions."""
    from conftest import Dcbench
    folder = tmp_path_factory.mktemp("trace")
    dcbench = Dcbench(folder)
    picture = ("--plot", "t.svg") if shutil.which("gnuplot") else ()
    done = dcbench("memory", "--trace", "-w", "all", "--size", "4M", "--repeat", "3",
                   "--series", "t.csv", "-o", "t.json", "--junit", "t.xml",
                   "--summary", "t.md", *picture, "--color", "never")
    return folder, done


def test_every_container(small):
    folder, done = small
    data = json.loads((folder / "t.json").read_text())
    jsonschema.Draft7Validator(SCHEMA).validate(data)
    assert len(data["cells"]) == 6
    for cell in data["cells"]:
        check(data, cell)
        terms = by_name(cell)
        copied = cell["container"] == "list-bytearray"
        assert terms["members"]["objects"] == 4 * MIB // (
            24 if cell["container"] == "list-float" else 1024)
        assert terms["copied members"]["objects"] \
            == (terms["members"]["objects"] if copied else 0)
        assert (terms["memo keys"]["objects"] > 4096) == copied
    assert data["cells"][0]["samples"][1][4:7][0] == "memory_trace.py"


def test_the_series_is_a_table(small):
    folder, done = small
    rows = list(csv.DictReader(io.StringIO((folder / "t.csv").read_text())))
    assert list(rows[0]) == ["container", "implementation", "sample", "event", "devent",
                             "clock", "what", "file", "line", "function", "rss", "drss"]
    data = json.loads((folder / "t.json").read_text())
    assert len(rows) == sum(len(cell["samples"]) for cell in data["cells"])
    for before, row in zip(rows, rows[1:]):
        if before["container"] == row["container"]:
            assert int(row["rss"]) == int(before["rss"]) + int(row["drss"])
            assert int(row["event"]) == int(before["event"]) + int(row["devent"])
    assert {"CALL", "RETURN", "C_CALL", "C_RETURN"} \
        <= {row["what"] for row in rows if row["container"] == "list-bytearray"}
    assert "_reconstruct" in {row["function"] for row in rows}


def test_the_report(small):
    folder, done = small
    assert all(len(line) <= 80 for line in done.out.splitlines())
    for name in ("list-bytes", "set-bytes", "dict-bytes", "dict-str", "list-float",
                 "list-bytearray", "alive at the peak", "interpreter at start",
                 "too few repeats to tell of a leak", "x theory"):
        assert name in done.out
    assert re.search(r"^  container +1 ", done.out, re.MULTILINE), "a count is whole"
    suites = ElementTree.parse(folder / "t.xml").getroot()
    assert len(list(suites.iter("testcase"))) == 6
    assert "| alive at the peak |" in (folder / "t.md").read_text()


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="no gnuplot (scripts/packages.sh)")
def test_the_picture(small):
    folder, done = small
    root = ElementTree.parse(folder / "t.svg").getroot()
    text = " ".join(root.itertext())
    assert root.tag.endswith("svg") and "list-bytearray: stdlib" in text
    assert "peak of a copy" in text and "RSS, MiB" in text


def test_no_gnuplot(dcbench):
    done = dcbench("memory", "--trace", "--plot", "t.png", status=3,
                   env=dcbench.environment(PATH="/nowhere"))
    assert "--plot: no gnuplot on PATH" in done.err and done.out == ""


def test_a_machine_is_not_swapped_to_death(dcbench):
    done = dcbench("memory", "--trace", "--size", "4P", "-w", "list-bytearray", status=3)
    assert "--size: copying list-bytearray takes about" in done.err
    assert "is available (choose less)" in done.err


@pytest.mark.parametrize("args, message", [
    (["-w", "memo"], "--trace has no 'memo'; one of list-bytes, set-bytes"),
    (["--size", "1.5M"], "'1.5M' is not a size"),
    (["--memo", "dict"], "--memo: does not go with --trace"),
    (["--leaks"], "--leaks: does not go with --trace"),
    (["-b", "stdlib"], "--baseline: does not go with --trace"),
    (["--plot", "t.pdf"], "ends in neither .svg nor .png"),
    (["--series", "t.csv", "-o", "t.csv"], "t.csv"),
])
def test_wrong_usage(dcbench, args, message):
    done = dcbench("memory", "--trace", *args, status=2)
    assert message in done.err


def test_options_of_the_trace_alone(dcbench):
    done = dcbench("memory", "--size", "8M", status=2)
    assert "--size: goes with --trace alone" in done.err


def user(dcbench, text):
    (dcbench.folder / "user.py").write_text(text)
    return ("-i", "user=user.py", "-w", "list-bytes", "--size", "8M")


def test_a_leak_shows_in_the_end(dcbench):
    needs_a_plain_build(dcbench)
    data = trace(dcbench, *user(dcbench, LEAKS), "--repeat", "6")
    summary = data["cells"][0]["summary"]
    assert summary["end_bytes"] - summary["start_bytes"] > 5.5 * MIB
    assert summary["grows"] is True
    assert abs(summary["slope_bytes"]["estimate"] - MIB) < 0.1 * MIB


def test_a_copy_that_is_none(dcbench):
    data = trace(dcbench, *user(dcbench, SHARES), "--repeat", "1", status=1)
    cell = data["cells"][0]
    assert cell["wrong"] and cell["failure"] == "its copy is the container itself"


# Two copies warm up, each repeat has one, and two more say what is alive.
SHALLOW = """
from copy import copy
def deepcopy(x, memo=None):
    return copy(x)
"""
LATE = STANDARD + """
calls = 0
def deepcopy(x, memo=None):
    global calls
    calls += 1
    return standard(x, memo) if calls < 7 else x
"""
KEPT = STANDARD + """
calls = 0
def deepcopy(x, memo=None):
    global calls, kept
    calls += 1
    if calls < 8:
        kept = standard(x, memo)
    return kept
"""


@pytest.mark.parametrize("text, message", [
    (SHALLOW, "shares objects[0][0] with the original"),
    (LATE, "shares objects[0] with the original"),
    (KEPT, "a later copy, compared with an earlier one: shares objects[0] with the "
           "original"),
])
def test_the_last_copies_are_checked(dcbench, text, message):
    (dcbench.folder / "user.py").write_text(text)
    data = trace(dcbench, "-i", "user=user.py", "-w", "list-bytearray", "--size", "1M",
                 "--repeat", "2", status=1)
    cell = data["cells"][0]
    assert cell["wrong"] and cell["failure"] == message, cell["failure"]


@pytest.mark.parametrize("text, message", [
    (CRASHES, "killed by SIGSEGV while copying, in repeat 1"),
    (HANGS, "no sign of life for"),
    (RAISES, "raised ValueError: no ?[2J|copy"),
    ("import nothing_of_that_name\n", "could not be loaded: "),
])
def test_what_goes_wrong_is_said(dcbench, text, message):
    data = trace(dcbench, *user(dcbench, text), "--timeout", "1", status=3)
    cell = data["cells"][0]
    assert message in cell["failure"] and not cell["complete"]
    if "killed" in message:     # what was seen till then is kept
        assert [sample[3] for sample in cell["samples"]][-1] in ("BUILT", "CLOCK", "CALL")
        assert cell["summary"] is None


def test_an_implementation_without_a_memo(dcbench):
    data = trace(dcbench, *user(dcbench, NO_MEMO), "--repeat", "1")
    cell = data["cells"][0]
    assert cell["no_memo"] == "TypeError with a memo given"
    assert "memo" not in by_name(cell) and cell["summary"]["of_theory"] > 0


def test_code_that_has_no_lines(dcbench):
    data = trace(dcbench, *user(dcbench, NO_LINES), "--repeat", "1")
    cell = data["cells"][0]
    assert cell["complete"] and cell["failure"] is None
    lines = {line for *_, file, line, _, _ in cell["samples"] if file == "user.py"}
    version = data["environment"]["python"]["version"]
    if int(version.split(".")[1]) >= 10:
        assert lines == {0}


def test_samples_are_bounded(dcbench):
    data = trace(dcbench, "-w", "list-bytearray", "--size", "24M", "--repeat", "1",
                 "--every", "1")
    assert len(data["cells"][0]["samples"]) < 45000


def test_the_schema_says_what_everything_is():
    assert_described(SCHEMA)
