"""What a run says of implementations that time well and are no deepcopy."""

import csv
import io
import json
import os
import shutil
import signal
import time
import xml.etree.ElementTree as ElementTree

import pytest

from conftest import DCBENCH, KERNEL, QUICK, table_after

ON = ("--verify", "on")

STANDARD = "import collections, os, time\nfrom copy import deepcopy as standard\n"
GOOD = STANDARD + """
def deepcopy(x, memo=None):
    return standard(x, memo)
"""
# No built-in workload has one of these by itself.
ON_ORDERED = STANDARD + """
def deepcopy(x, memo=None):
    if type(x) is collections.OrderedDict:
        {}
    return standard(x, memo)
"""
BAD = ON_ORDERED.format("return x")
CRASHES = ON_ORDERED.format("os.abort()")
HANGS = ON_ORDERED.format("time.sleep(1000)")

# A row of a workload that is copied in no time.
SMALL = ("-w", "small.py")


@pytest.fixture(autouse=True)
def small(write):
    write("small.py", "workload = [{'a': [1, 2, (3, 4)], 'b': 'c'}]\n")
    write("bad.py", BAD)
    write("good.py", GOOD)


def entry(result, impl):
    found = [one for one in result["verify"] if one["impl"] == impl]
    assert len(found) == 1, result["verify"]
    return found[0]


def flat(text):
    return " ".join(text.split())


# ---- the mark ----

def test_a_mark_and_a_footnote(dcbench):
    done = dcbench.quick("-i", "bad.py,good.py,merged", *SMALL, *ON)
    _, rows = table_after(done.out, "implementation")
    assert [row[0] for row in rows] == ["stdlib", "control", "bad*", "good", "merged"]
    assert flat(done.out).count("is not a correct deepcopy") == 1
    assert " * bad is not a correct deepcopy: " in flat(done.out)
    assert f"see 'dcbench verify -i bad={dcbench.folder}/bad.py'" in flat(done.out)
    assert done.err == ""
    footnote = [line for line in done.out.splitlines()
                if str(dcbench.folder) not in line]
    assert max(map(len, footnote)) < 80


def test_a_mark_in_markdown(dcbench):
    done = dcbench.quick("-i", "bad.py", *SMALL, *ON, "--format", "markdown")
    assert "\n| bad\\* | " in done.out and "\n| control | " in done.out
    assert "\n\\* bad is not a correct deepcopy: " in done.out


def test_the_command_of_the_footnote_shows_it(dcbench, write):
    write("a b.py", BAD)
    done = dcbench.quick("-i", "odd=a b.py", *SMALL, *ON)
    told = flat(done.out).partition("see 'dcbench ")[2].partition("'")[0]
    assert told == f'verify -i "odd={dcbench.folder}/a b.py"'
    seen = dcbench("verify", "-i", f"odd={dcbench.folder}/a b.py", "--battery", "cases",
                   status=1)
    assert " wrong " in seen.out


def test_the_published_fast_paths_are_marked(dcbench):
    done = dcbench.quick("-i", "published-merged,merged", *SMALL, *ON)
    _, rows = table_after(done.out, "implementation")
    assert [row[0] for row in rows][2:] == ["published-merged*", "merged"]
    assert "see 'dcbench verify -i published-merged'" in flat(done.out)


def test_nothing_is_marked_without_it(dcbench):
    done = dcbench.quick("-i", "bad.py", *SMALL, "--verify", "off")
    assert "bad*" not in done.out and "deepcopy:" not in done.out
    result = dcbench.result("-i", "bad.py", *SMALL, "--verify", "off")
    assert result["verify"] == []
    assert result.cell("bad")["copy"] == "correct"


def test_a_users_baseline_is_asked(dcbench):
    done = dcbench.quick("-b", "bad.py", "-i", "stdlib", *SMALL, *ON)
    _, rows = table_after(done.out, "implementation")
    assert [row[0] for row in rows] == ["bad*", "control", "stdlib"]
    result = dcbench.result("-b", "bad.py", "-i", "same=stdlib", *SMALL, *ON)
    assert [one["impl"] for one in result["verify"]] == ["bad"]


# ---- for programs ----

def test_json(dcbench):
    result = dcbench.result("-i", "bad.py,good.py", *SMALL, *ON)
    assert [one["impl"] for one in result["verify"]] == ["bad", "good"]
    bad, good = entry(result, "bad"), entry(result, "good")
    assert bad["verdict"] == "wrong" and good["verdict"] == "correct"
    assert bad["cases"] == good["cases"] > 500
    assert bad["wrong"] > 0 == good["wrong"]
    for one in bad, good:
        assert one["reason"] is None
        assert one["passed"] + one["wrong"] + one["deviating"] + one["skipped"] \
            == one["cases"]
    assert good["first"] is None
    assert bad["first"]["battery"] == "cases" and bad["first"]["got"]
    # The workload has no such object: it is copied well, and timed.
    for cell in result["cells"]:
        assert cell["copy"] == "correct" and cell["time_ns"]
    assert "dcbench: bad is not a correct deepcopy: " in result.done.err


def test_a_wrong_copy_of_the_workload_is_still_dropped(dcbench, write):
    write("same.py", "def deepcopy(x, memo=None):\n    return x\n")
    write("none.py", "raise ValueError('no')\n")
    result = dcbench.result("-i", "same.py,none.py,good.py", *SMALL, *ON, status=1)
    cell = result.cell("same")
    assert cell["failure"] == "wrong" and cell["time_ns"] is None
    assert cell["status"] == f"failed: {cell['copy']}"
    assert entry(result, "same")["verdict"] == "wrong"
    # What cannot be loaded says so once.
    assert result.cell("none")["copy"] is None
    assert entry(result, "none")["verdict"] == "unknown"
    assert "ValueError: no" in entry(result, "none")["reason"]
    assert "is not known" not in result.notes


def test_csv(dcbench):
    done = dcbench.quick("-i", "bad.py,good.py", *SMALL, *ON, "--format", "csv")
    rows = {(row["implementation"], row["role"]): row
            for row in csv.DictReader(io.StringIO(done.out))}
    bad, good = rows["bad", "candidate"], rows["good", "candidate"]
    assert (bad["copy"], bad["verify"]) == ("correct", "wrong")
    assert (good["copy"], good["verify"], good["verify_wrong"]) == ("correct", "correct", "0")
    assert int(bad["verify_wrong"]) > 0
    assert rows["stdlib", "baseline"]["verify"] == ""
    assert "bad is not a correct deepcopy" in done.err


def test_it_comes_back(dcbench):
    for shape in "table", "markdown", "csv":
        options = ("--format", shape)
        done = dcbench.quick("-i", "bad.py,good.py", *SMALL, *ON, *options, "-o", "r.json")
        assert dcbench("convert", "r.json", *options).out == done.out
    text = (dcbench.folder / "r.json").read_text()
    assert dcbench("convert", "r.json", "--format", "json").out == text
    # A file of before there was any of this.
    data = json.loads(text)
    del data["verify"]
    for cell in data["cells"]:
        del cell["copy"]
    (dcbench.folder / "old.json").write_text(json.dumps(data))
    old = dcbench("convert", "old.json").out
    assert "bad*" not in old and "deepcopy:" not in old


# ---- the status ----

def test_fail_if_incorrect(dcbench):
    fail = (*SMALL, *ON, "--fail-if", "incorrect", "--junit", "r.xml")
    done = dcbench.quick("-i", "bad.py,good.py", *fail, status=1)
    assert "dcbench: --fail-if: bad is not a correct deepcopy: " in done.err
    assert "good" not in done.err
    suite = ElementTree.parse(dcbench.folder / "r.xml").getroot()
    failed = [case for case in suite.iter("testcase") if case.find("failure") is not None]
    assert len(failed) == 1 and "verify" in failed[0].get("name")
    dcbench.quick("-i", "good.py", *fail)


def test_fail_if_incorrect_without_an_answer(dcbench):
    done = dcbench.quick("-i", "good.py", *SMALL, "--verify", "off", "--fail-if",
                         "incorrect", status=4)
    assert "nothing was verified (--verify off)" in done.err


# ---- what goes wrong ----

def test_a_crash_is_a_finding(dcbench, write):
    write("crash.py", CRASHES)
    result = dcbench.result("-i", "crash.py,good.py", *SMALL, *ON)
    assert result.cell("crash")["status"] == "ok" and result.cell("crash")["time_ns"]
    assert result["workloads"][0]["troubled_workers"] == []
    crash = entry(result, "crash")
    assert crash["verdict"] == "wrong" and "SIGABRT" in crash["first"]["got"]
    assert entry(result, "good")["verdict"] == "correct"


def test_a_hang_is_a_finding(dcbench, write):
    write("hang.py", HANGS)
    done = dcbench.quick("-i", "hang.py,good.py", *SMALL, *ON, "--timeout", "1",
                         "-o", "r.json")
    result = json.loads((dcbench.folder / "r.json").read_text())
    hang = entry(result, "hang")
    assert hang["verdict"] == "wrong"
    assert hang["first"]["got"] == "did not come back for 1 s"
    # The rest of its battery is left out.
    assert hang["wrong"] <= 2 and hang["passed"] < hang["cases"] - 2
    assert "hang*" in done.out and "did not come back" in flat(done.out)
    assert all(cell["time_ns"] for cell in result["cells"])


def test_an_interruption_while_it_verifies(dcbench, write):
    write("hang.py", "import collections, pathlib, time\n"
                     "def deepcopy(x, memo=None):\n"
                     "    pathlib.Path('begun').touch()\n"
                     "    time.sleep(1000)\n")
    running = dcbench.start("-i", "hang.py", *SMALL, *KERNEL)
    end = time.monotonic() + 30
    while not (dcbench.folder / "begun").exists() and time.monotonic() < end:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    done = dcbench.finish(running)
    assert done.code == 130 and done.out == ""
    assert "interrupted before anything was measured" in done.err


@pytest.fixture
def tree(tmp_path):
    """The program, in a tree whose support can be changed."""
    top = tmp_path / "tree"
    for part in "bin", "share/dcbench", "libexec":
        (top / part).mkdir(parents=True)
    shutil.copy2(DCBENCH, top / "bin/dcbench")
    where = DCBENCH.parent.parent
    os.symlink(where / "libexec/dcbench", top / "libexec/dcbench")
    for part in "impls", "workloads", "selftest":
        os.symlink(where / "share/dcbench" / part, top / "share/dcbench" / part)
    shutil.copytree(where / "share/dcbench/support", top / "share/dcbench/support")
    return top


def test_what_cannot_be_asked_is_noted(dcbench, tree):
    (tree / "share/dcbench/support/verify_cases.py").unlink()
    done = dcbench.quick("-i", "bad.py", *SMALL, *ON, "-o", "r.json", "--fail-if",
                         "incorrect", status=4, program=tree / "bin/dcbench")
    assert "bad*" not in done.out
    assert "note: whether bad is a correct deepcopy is not known: " in flat(done.out)
    one = entry(json.loads((dcbench.folder / "r.json").read_text()), "bad")
    assert one["verdict"] == "unknown" and "verify_cases" in one["reason"]


def test_progress(dcbench):
    done = dcbench.quick("-i", "bad.py,good.py", *SMALL, *ON, "--progress", "always")
    assert "verifying bad (1 of 2)" in done.err
    done = dcbench.quick("-i", "bad.py", *SMALL, "--progress", "always")
    assert "verifying" not in done.err


# ---- check ----

CHECK = ("--max-time", "0.5", "--retries", "0", "--counters", "none", "--margin", "50")


def test_check_fails_where_it_was_correct(dcbench, write):
    write("new.py", GOOD)
    dcbench("check", "base.json", "--update", "-i", "new.py", *SMALL, *CHECK)
    write("new.py", BAD)
    done = dcbench("check", "base.json", *CHECK, "--junit", "r.xml", status=1)
    assert "new is not a correct deepcopy: " in done.err
    assert "(it was one in the file)" in done.err
    assert done.out.endswith("wrong copy: new is not a correct deepcopy any more\n")
    suite = ElementTree.parse(dcbench.folder / "r.xml").getroot()
    failed = [case for case in suite.iter("testcase") if case.find("failure") is not None]
    assert len(failed) == 1 and "verify" in failed[0].get("name")
    done = dcbench("check", "base.json", *CHECK, "--verify", "off")
    assert "deepcopy" not in done.err


def test_check_tells_of_what_was_wrong_before(dcbench):
    dcbench("check", "base.json", "--update", "-i", "bad.py", *SMALL, *CHECK)
    done = dcbench("check", "base.json", *CHECK)
    assert "bad is not a correct deepcopy: " in done.err
    assert "it was one" not in done.err
