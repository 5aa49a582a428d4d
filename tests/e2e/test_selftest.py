"""dcbench selftest on this machine: quick ones of little effort, one as users run it, and
installations that were tampered with, in which the check has to fail."""

import csv
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import jsonschema
import pytest

from conftest import DCBENCH, TOP, assert_described

SCHEMA = json.loads((TOP / "docs/selftest.schema.json").read_text())

# Enough for intervals, not for what they say.
QUICK = ("-w", "reduce", "--workers", "6", "--rounds", "8", "--max-time", "30")


def valid(text):
    """Checks a report against its schema and for what a schema cannot say."""
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    report = json.loads(text)
    wrong = sorted(jsonschema.Draft7Validator(SCHEMA).iter_errors(report), key=str)
    assert not wrong, "\n".join(f"{'/'.join(map(str, e.absolute_path))}: {e.message}"
                                for e in wrong[:5])
    for name in ("comparisons", "told_apart"):
        assert report["conclusion"][name] == sum(
            workload["identical"][name] for workload in report["workloads"])
    for workload in report["workloads"]:
        pairs = [pair for run in workload["runs"]
                 for pair in (run["control"], run["candidate"])]
        assert workload["identical"]["told_apart"] == sum(p["told_apart"] for p in pairs)
        parts = [run["part"] for run in workload["runs"]]
        assert parts == sorted(parts, key=["identical", "scale", "planted"].index)
        assert parts[0] == "identical" and parts.count("planted") <= 1
        seeds = [run["seed"] for run in workload["runs"]]
        assert len(seeds) == len(set(seeds)), "runs are not fresh"
        shown = [item["difference"] for item in workload["would_show"]["after"]]
        known = [difference for difference in shown if difference is not None]
        assert known == sorted(known, reverse=True)
    return report


def status_of(report):
    outcome = report["conclusion"]["outcome"]
    return {"holds": 0, "told apart": 1, "broken": 3, "unknown": 4}[outcome]


def selftest(dcbench, *args, **options):
    """Runs it with JSON; whatever it says, the exit status says the same."""
    process = dcbench.start("selftest", "--format", "json", *args, **options)
    done = dcbench.finish(process, timeout=120)
    report = valid(done.out)
    assert done.code == status_of(report), done
    for problem in report["problems"]:
        assert f"dcbench: {problem['workload']}: {problem['text']}\n" in done.err
    return report, done


# ---- what it says ----

def test_schema_describes_every_field():
    assert_described(SCHEMA)


def test_quick(dcbench):
    report, done = selftest(dcbench, *QUICK, "--seed", "5")
    assert [w["workload"] for w in report["workloads"]] == ["reduce"]
    settings = report["settings"]
    assert settings["seed"] == 5 and settings["max_time_s"] == 30
    assert settings["workers"] == 6 and settings["rounds"] == 8
    assert settings["iterations"] is None and settings["affinity"] is None
    assert settings["block_ns"] > 0
    workload = report["workloads"][0]
    assert workload["identical"]["comparisons"] >= 2
    assert workload["would_show"]["spread"] > 0
    assert workload["would_show"]["workers_per_second"] > 0
    # Not asserted: verdicts. Six workers on a busy machine may say anything.
    assert {run["workers"] for run in workload["runs"]} == {6}


def test_planted_work_is_what_it_is_called(dcbench):
    """As users run it, on one workload. Whether 2 % are seen is for the machine to say;
    what is planted must be near that, and what came out must not be far from it."""
    if dcbench.sanitized:
        pytest.skip("a sanitized build measures itself")
    start = time.monotonic()
    report, done = selftest(dcbench, "-w", "general")
    assert time.monotonic() - start < 60
    workload = report["workloads"][0]
    assert workload["identical"]["comparisons"] >= 4
    planted = workload["planted"]
    if planted is None:
        pytest.skip(f"this machine is too busy: {report['problems']}")
    truth, measured = planted["truth"], planted["measured"]
    assert 1.01 < truth["estimate"] < 1.03 and truth["low"] < truth["high"]
    if measured is None or measured["low"] is None:
        pytest.skip(f"this machine is too busy: {report['problems']}")
    if planted["seen"]:
        assert planted["verdict"] == "slower"
    run = workload["runs"][-1]
    if run["control"]["verdict"] in ("faster", "slower") or \
            measured["high"] - measured["low"] > truth["estimate"] - 1:
        pytest.skip(f"this machine is too busy: {report['problems']}")
    assert not planted["off"]
    assert 0.5 < (measured["estimate"] - 1) / (truth["estimate"] - 1) < 2


def test_seed_is_used(dcbench):
    first, _ = selftest(dcbench, *QUICK, "--seed", "11")
    second, _ = selftest(dcbench, *QUICK, "--seed", "12")
    assert first["workloads"][0]["runs"][0]["seed"] != \
        second["workloads"][0]["runs"][0]["seed"]


def test_own_workload(dcbench, write):
    write("mine.py", "workload = [[1, 2, [3]], {'a': (4, [5])}]\n")
    report, _ = selftest(dcbench, "-w", "mine.py", *QUICK[2:])
    assert report["workloads"][0]["workload"] == "mine"


def test_too_few_workers_are_no_verdict(dcbench):
    done = dcbench("selftest", "-w", "reduce", "--workers", "3", "--rounds", "5",
                   status=4)
    assert "not all could be told: no identical code was compared" in done.out
    assert "reduce: too few workers ended" in done.out
    assert "raise --workers" in done.out.replace("\n    ", " ")
    assert "--max-time" not in done.out


def test_table_fits_the_terminal(dcbench):
    process = dcbench.start("selftest", *QUICK, "-v")
    done = dcbench.finish(process)
    lines = done.out.splitlines()
    assert all(len(line) <= 80 and line == line.rstrip() for line in lines)
    assert "\x1b" not in done.out and done.err == ""
    for heading in ("identical code", "difference that would show", "comparisons"):
        assert heading in lines


def test_quiet_is_the_conclusion(dcbench):
    done = dcbench.finish(dcbench.start("selftest", *QUICK, "-q"))
    assert "identical code" in done.out.replace("\n", " ")
    assert "workload  " not in done.out and "\n\n" not in done.out


def test_csv_and_markdown(dcbench):
    done = dcbench.finish(dcbench.start("selftest", *QUICK, "--format", "csv"))
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert {row["workload"] for row in rows} == {"reduce"}
    assert {row["arm"] for row in rows} >= {"control", "twin"}
    assert all(float(row["ratio"]) > 0 for row in rows)
    done = dcbench.finish(dcbench.start("selftest", *QUICK, "--format", "markdown"))
    assert "### identical code" in done.out and "| reduce |" in done.out


def test_progress_on_request(dcbench):
    done = dcbench.finish(dcbench.start("selftest", *QUICK, "--progress", "always"))
    assert "reduce, identical code (1 of 1): " in done.err
    assert "s left" in done.err and "identical code" in done.out


def test_interrupt_keeps_what_was_measured(dcbench):
    process = dcbench.start("selftest", "-w", "reduce,memo", "--max-time", "30",
                            "--format", "json")
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    done = dcbench.finish(process, timeout=20)
    assert done.code == 130, done
    report = valid(done.out)
    assert report["conclusion"]["interrupted"] == signal.SIGINT
    assert report["conclusion"]["text"].startswith("interrupted: ")
    assert report["workloads"][0]["runs"]


@pytest.mark.parametrize("args, said", [
    (["--margin", "0"], ["--margin", "twice the margin"]),
    (["--margin", "5.1"], ["--margin", "a fifth", "above 5"]),
    (["-i", "merged"], ["--impl", "dcbench selftest"]),
    (["-w", "mmo"], ["mmo", "did you mean 'memo'"]),
    (["memo"], ["'memo'", "takes no operands"]),
    (["--counters", "none"], ["--counters", "dcbench selftest"]),
], ids=" ".join)
def test_usage_error(dcbench, args, said):
    message = dcbench.usage_error("selftest", *args)
    for word in said:
        assert word in message


# ---- that it can fail ----

@pytest.fixture
def copied(dcbench, tmp_path):
    """A copy of the installation, to be tampered with; returns its program and data."""
    top = tmp_path / "copied"
    for part in ("libexec/dcbench", "share/dcbench"):
        source = pathlib.Path(os.path.realpath(DCBENCH)).parent.parent / part
        if not source.is_dir():
            pytest.skip(f"the program under test has no {part} beside it")
        shutil.copytree(source, top / part)
    (top / "bin").mkdir()
    shutil.copy2(DCBENCH, top / "bin/dcbench")
    return top / "bin/dcbench", top / "share/dcbench"


# The loader's own variable tells a file under which label it is loaded.
TAMPERED = """
import sys
from private_copy import CopySource

inner = CopySource(__file__).load().deepcopy
frame = sys._getframe()
while "spec" not in frame.f_locals:
    frame = frame.f_back
if frame.f_locals["spec"].get("label") == "twin":
    def deepcopy(x, memo=None):
        inner(x, {})
        return inner(x, memo)
else:
    def deepcopy(x, memo=None):
        return inner(x, memo)
"""


def test_identical_code_that_is_not_fails(dcbench, copied):
    """The twin copies twice: about twice as slow, which no machine can miss."""
    program, data = copied
    (data / "impls/stdlib.py").write_text(TAMPERED)
    report, done = selftest(dcbench, "-w", "reduce", "--max-time",
                            "24" if dcbench.sanitized else "6", program=program)
    assert done.code == 1 and report["conclusion"]["outcome"] == "told apart"
    identical = report["workloads"][0]["identical"]
    twins = [run["candidate"] for run in report["workloads"][0]["runs"]
             if run["part"] == "identical"]
    assert twins and all(twin["told_apart"] for twin in twins)
    assert all(twin["ratio"]["estimate"] > 1.3 for twin in twins)
    assert identical["told_apart"] >= len(twins) and identical["largest"] > 1.3
    assert "told apart: the twin of run 1" in done.err


def test_planted_work_of_another_size_fails(dcbench, copied):
    """What is planted is four times as much as it is called, and what it is sized by is
    not: slower all right, and not as much slower as it has to be."""
    if dcbench.sanitized:
        pytest.skip("a sanitized build measures itself")
    program, data = copied
    planted = data / "selftest/planted.py"
    planted.write_text(planted.read_text().replace(
        "return _plant(int(count))",
        "count = int(count) - 300\n"
        "    return _plant(300 + (4 * count if count < 100 else count))"))
    report, done = selftest(dcbench, "-w", "general", program=program)
    planted = report["workloads"][0]["planted"]
    if planted is None or planted["statements"] >= 100 or \
            planted["measured"]["low"] is None or \
            planted["measured"]["low"] < planted["truth"]["estimate"] + 0.02:
        pytest.skip(f"this machine is too busy: {report['problems']}")
    run = report["workloads"][0]["runs"][-1]
    if run["control"]["verdict"] in ("faster", "slower"):
        pytest.skip(f"this machine is too busy: {report['problems']}")
    assert done.code == 1 and report["conclusion"]["outcome"] == "told apart"
    assert planted["off"]
    assert "came out at another size" in report["conclusion"]["text"]
    assert any("the measurement is off" in p["text"] for p in report["problems"])


def test_planted_work_that_is_not_there_is_no_verdict(dcbench, copied):
    """A plant that plants nothing: its size cannot be learnt, so nothing is claimed."""
    program, data = copied
    planted = data / "selftest/planted.py"
    planted.write_text(planted.read_text().replace("return _plant(int(count))",
                                                   "return _plant(0)"))
    report, done = selftest(dcbench, "-w", "reduce", "--max-time",
                            "24" if dcbench.sanitized else "6", program=program)
    assert done.code in (1, 4)  # 1 where this machine cannot be trusted
    assert report["workloads"][0]["planted"] is None
    assert not report["workloads"][0]["runs"][-1]["candidate"]["told_apart"]
    assert any("planted work costs" in p["text"] for p in report["problems"])


def test_planted_work_that_cannot_be_loaded(dcbench, copied):
    program, data = copied
    (data / "selftest/planted.py").write_text("raise ValueError('broken')\n")
    report, done = selftest(dcbench, *QUICK, program=program)
    assert "broken" in " ".join(p["text"] for p in report["problems"])
    assert done.code in (1, 3)


def test_installation_without_plants(dcbench, copied):
    program, data = copied
    shutil.rmtree(data / "selftest")
    done = dcbench("selftest", *QUICK, status=3, program=program)
    assert "installation is not whole" in done.err and "planted.py" in done.err


def test_crash_of_the_code_under_test(dcbench, write):
    write("fatal.py", """
import ctypes
class Fatal:
    def __deepcopy__(self, memo):
        ctypes.string_at(0)
workload = [Fatal()]
""")
    report, done = selftest(dcbench, "-w", "fatal.py", *QUICK[2:])
    assert done.code == 3 and report["conclusion"]["outcome"] == "broken"
    assert report["problems"] and report["workloads"][0]["planted"] is None
