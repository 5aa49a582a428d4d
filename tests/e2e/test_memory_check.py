"""dcbench check of a result of dcbench memory."""

import json

import jsonschema
import pytest

from conftest import TOP

SCHEMA = json.loads((TOP / "docs/memory-check.schema.json").read_text())
RESULT = json.loads((TOP / "docs/memory.schema.json").read_text())

SAME = """
from copy import deepcopy as standard
def deepcopy(x, memo=None):
    return standard(x, memo)
"""

# A fifth of what the copy of the workload memo takes, and more.
MORE = """
from copy import deepcopy as standard
def deepcopy(x, memo=None):
    room = bytearray(1000)
    return standard(x, memo)
"""

LEAKS = """
from copy import deepcopy as standard
lost = []
def deepcopy(x, memo=None):
    lost.append([1, 2])
    return standard(x, memo)
"""

RAISES = """
def deepcopy(x, memo=None):
    raise ValueError("no \\x1b[2Jcopy")
"""


@pytest.fixture
def base(dcbench, tmp_path):
    """A file of one implementation, which the tests replace."""
    impl, path = tmp_path / "new.py", tmp_path / "memory.json"
    impl.write_text(SAME)
    dcbench("memory", "-i", f"new={impl}", "-w", "memo", "--memo", "absent,dict",
            "-o", path, "-q")
    return path


def checked(dcbench, base, *args, status=0):
    done = dcbench("check", base, "--format", "json", *args, status=status)
    report = json.loads(done.out)
    jsonschema.validate(report, SCHEMA)
    return report


def replace(base, text):
    (base.parent / "new.py").write_text(text)


def test_same_code_passes_twice(dcbench, base):
    assert dcbench("check", base, "-q").out == ""
    reports = [checked(dcbench, base) for _ in range(2)]
    assert reports[0] == reports[1]
    assert reports[0]["compared"] == "figures"
    assert [(row["impl"], row["memo"], row["outcome"]) for row in reports[0]["rows"]] == [
        ("stdlib", "absent", "pass"), ("stdlib", "dict", "pass"),
        ("new", "absent", "pass"), ("new", "dict", "pass")]
    for row in reports[0]["rows"]:
        assert all(figure["then"] == figure["now"] for figure in row["figures"].values())


def test_more_memory_fails(dcbench, base, tmp_path):
    replace(base, MORE)
    report = checked(dcbench, base, "--junit", tmp_path / "j.xml", status=1)
    rows = {(row["impl"], row["memo"]): row for row in report["rows"]}
    assert rows["stdlib", "dict"]["outcome"] == "pass"
    assert rows["new", "dict"]["outcome"] == "REGRESSION"
    peak = rows["new", "dict"]["figures"]["peak"]
    assert peak["now"] - peak["then"] > 1000
    assert peak["change"] > 0.2
    assert "peak of new on memo with memo dict" in (tmp_path / "j.xml").read_text()
    quiet = dcbench("check", base, "-q", status=1).out
    assert "REGRESSION" in quiet and "stdlib" not in quiet
    checked(dcbench, base, "--margin", "90")


def test_another_build_is_compared_by_ratios(dcbench, base):
    result = json.loads(base.read_text())
    result["environment"]["python"]["build"] += " of another day"
    base.write_text(json.dumps(result))
    report = checked(dcbench, base)
    assert report["compared"] == "ratios"
    assert {row["impl"] for row in report["rows"]} == {"new"}
    replace(base, MORE)
    checked(dcbench, base, status=1)


def test_update_writes_the_file_anew(dcbench, base):
    old = json.loads(base.read_text())
    replace(base, MORE)
    assert checked(dcbench, base, "--update")["updated"]
    new = json.loads(base.read_text())
    jsonschema.validate(new, RESULT)
    assert new["plan"]["memos"] == old["plan"]["memos"]
    assert new["cells"] != old["cells"]
    checked(dcbench, base)


def test_update_takes_in_what_refuses_a_memo_as_the_baseline_does(dcbench, tmp_path):
    path = tmp_path / "memory.json"
    dcbench("memory", "-i", "merged", "-w", "memo", "--memo", "mapping,dict", "-o", path,
            "-q")
    dcbench("check", path, "--update", "-i", "merged,inline")
    labels = [impl["label"] for impl in
              json.loads(path.read_text())["plan"]["implementations"]]
    assert labels == ["stdlib", "merged", "inline"]
    report = checked(dcbench, path)
    assert {row["outcome"] for row in report["rows"]} == {"pass", "as before"}


def test_what_cannot_be_counted_is_undecided(dcbench, base):
    kept = base.read_bytes()
    replace(base, RAISES)
    done = dcbench("check", base, status=4)
    assert "not counted" in done.out and "ValueError: no ?[2Jcopy" in done.out
    assert "left as it was" in dcbench("check", base, "--update", status=4).err
    assert base.read_bytes() == kept


def test_new_leak_fails(dcbench, base, tmp_path):
    path = tmp_path / "leaks.json"
    dcbench("memory", "-i", f"new={tmp_path / 'new.py'}", "-w", "none", "--leaks",
            "--leak-iterations", "500", "-o", path, "-q")
    report = checked(dcbench, path)
    assert [row["rule"] for row in report["rows"]] == ["leaks", "leaks"]
    replace(base, LEAKS)
    rows = checked(dcbench, path, status=1)["rows"]
    assert [row["outcome"] for row in rows] == ["pass", "REGRESSION"]
    assert "in 500 iterations" in rows[1]["reason"]


def test_another_workload_is_nothing_to_compare(dcbench, base, tmp_path):
    result = json.loads(base.read_text())
    result["plan"]["workloads"][0]["sha256"] = "0" * 64
    base.write_text(json.dumps(result))
    done = dcbench("check", base, status=3)
    assert "the workload is not the one of the file" in done.out
    assert f"nothing of {base} could be compared" in done.err


@pytest.mark.parametrize("damage, place", [
    (lambda file: file["cells"][1]["memos"][0]["layers"]["interpreter"]["net"].update(value="x"),
     "cells[1].memos[0].layers.interpreter.net.value"),
    (lambda file: file["plan"]["memos"][0].update(memo="\x1b[2J"), "plan.memos[0].memo"),
    (lambda file: file["plan"].update(iterations=10**12), "plan.iterations"),
    (lambda file: file.pop("cells"), "cells"),
])
def test_damaged_file(dcbench, base, damage, place):
    result = json.loads(base.read_text())
    damage(result)
    base.write_text(json.dumps(result))
    done = dcbench("check", base, status=3)
    assert f"{base}: {place}" in done.err
    assert "\x1b" not in done.err


def test_census_alone_and_a_trace_have_nothing_to_compare(dcbench, tmp_path):
    path = tmp_path / "m.json"
    dcbench("memory", "-w", "none", "--census", "-o", path, "-q")
    assert "a census alone" in dcbench("check", path, status=3).err
    dcbench("memory", "--trace", "-w", "list-bytes", "--size", "1M", "--repeat", "1",
            "-o", path, "-q")
    assert "--trace" in dcbench("check", path, status=3).err


@pytest.mark.parametrize("args", [("--rule", "time"), ("--retries", "0"), ("--seed", "3"),
                                  ("--counters", "none"), ("--iterations", "3")])
def test_options_of_times_are_refused(dcbench, base, args):
    done = dcbench("check", base, *args, status=2)
    assert args[0] in done.err and "dcbench memory" in " ".join(done.err.split())


@pytest.mark.parametrize("args", [("--fail-if", "more"), ("--leaks",), ("--census",),
                                  ("--memo", "dict"), ("--leak-iterations", "5")])
def test_what_a_check_takes_from_the_file_is_refused(dcbench, base, args):
    """Nobody shall believe that he has asked for something and got it."""
    done = dcbench("check", base, *args, status=2)
    assert f"{args[0]}: not an option of 'dcbench check'" in done.err and done.out == ""


def test_help_has_the_margins_of_memory(dcbench):
    done = dcbench("check", "--help")
    text = " ".join(done.out.split())
    assert "--margin PCT PCT % slower is allowed, or, of a result of 'dcbench memory'" \
        in text
    assert "(default: 2; for memory that of the file: 10, with a mapping 50, or" in text
