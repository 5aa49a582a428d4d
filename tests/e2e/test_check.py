"""dcbench check: a baseline file measured again. Margins are wide, since this machine may be
busy; what is slower here is slower by far more."""

import csv
import io
import json
import os
import signal
import time
import xml.etree.ElementTree

import jsonschema
import pytest

from conftest import (TOP, assert_described, needs_simulation, table_after, valid,
                      words)

SCHEMA = json.loads((TOP / "docs/check.schema.json").read_text())

COPY = """import copy
def deepcopy(x, memo=None):
    return copy.deepcopy(x, memo)
"""

# Statements in front: about so much slower on the small workload.
SLOW = """import copy
def deepcopy(x, memo=None):
    for i in range({}):
        pass
    return copy.deepcopy(x, memo)
"""

SMALL = "workload = [{'a': [1, 2, (3, 4)], 'b': 'c'}]\n"

# What verify says of them is in test_run_verify.py.
EFFORT = ("--max-time", "1", "--counters", "none", "--verify", "off")
WIDE = ("--margin", "20")

STATUS = {"ok": 0, "not applied": 0, "regression": 1, "wrong copy": 1, "failed": 3,
          "undecided": 4, "not compared": 4}


@pytest.fixture(scope="session")
def baseline_text(tmp_path_factory):
    """A baseline file, made once by the command itself; its paths are to be replaced."""
    from conftest import Dcbench
    folder = tmp_path_factory.mktemp("baseline")
    (folder / "new.py").write_text(COPY)
    (folder / "small.py").write_text(SMALL)
    Dcbench(folder)("check", "base.json", "--update", "-i", "new.py", "-w", "small.py",
                    *EFFORT, *WIDE)
    return (folder / "base.json").read_text().replace(str(folder), "@FOLDER@")


@pytest.fixture
def base(dcbench, write, baseline_text):
    """The file and its code in the current directory; returns its content."""
    write("new.py", COPY)
    write("small.py", SMALL)
    text = baseline_text.replace("@FOLDER@", str(dcbench.folder))
    write("base.json", text)
    return json.loads(text)


def check(dcbench, *args, status=0, **options):
    """A check with JSON; returns what it says, validated, and how it ended."""
    done = dcbench("check", "base.json", *EFFORT, *WIDE, "--format", "json", *args,
                   status=status, **options)
    report = json.loads(done.out)
    wrong = sorted(jsonschema.Draft7Validator(SCHEMA).iter_errors(report), key=str)
    assert not wrong, "\n".join(f"{'/'.join(map(str, e.absolute_path))}: {e.message}"
                                for e in wrong[:5])
    for finding in report["findings"]:
        assert [m["judged"] for m in finding["measures"]] == \
            [False] * (len(finding["measures"]) - 1) + [True]
        assert finding["measures"][-1]["outcome"] == finding["outcome"]
    if not report["settings"]["update"]:
        assert STATUS[report["conclusion"]["outcome"]] == status, done
    return report, done


def times(report):
    return [finding for finding in report["findings"] if finding["rule"] == "time"]


# ---- what it says ----

def test_schema_describes_every_field():
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert_described(SCHEMA)


def test_the_same_code_passes(dcbench, base, write):
    commit = "0123456789" * 4
    write(".git/HEAD", commit + "\n")
    report, done = check(dcbench, "-o", "now.json", "--label", "night 1")
    # Nothing differs; this machine may be too busy for the first measurement.
    assert all("measuring small again" in line for line in done.err.splitlines())
    [finding] = times(report)
    assert (finding["impl"], finding["workload"]) == ("new", "small")
    assert finding["measures"][0]["change"]["high"] < 1.2
    assert report["conclusion"]["text"].startswith("no regression: 1 row within 20 %")
    assert report["baseline"]["path"] == "base.json" and report["updated"] is False
    # The baseline file is as it was, and the result of the run is a file of its own.
    assert json.loads((dcbench.folder / "base.json").read_text()) == base
    now = valid(json.loads((dcbench.folder / "now.json").read_text()))
    assert now["plan"]["seed"] != base["plan"]["seed"]
    for name in ("implementations", "workloads", "gc", "block_ns", "warmup_blocks",
                 "confidence", "timeout_s"):
        assert now["plan"][name] == base["plan"][name], name
    assert (now["label"], now["commit"]) == ("night 1", commit)


def test_slower_code_fails_after_a_second_measurement(dcbench, base, write):
    write("new.py", SLOW.format(200))
    report, done = check(dcbench, "-o", "now.json", status=1)
    [finding] = times(report)
    first, second = finding["measures"]
    assert first["outcome"] == second["outcome"] == "regression"
    assert second["wide"]["low"] > 1 and second["change"]["estimate"] > 1.2
    assert [a["workloads"][0]["workload"] for a in report["attempts"]] == ["small"] * 2
    one, two = report["attempts"]
    assert one["seed"] != two["seed"]
    # Kept is the first measurement: another one need not have all workloads.
    kept = json.loads((dcbench.folder / "now.json").read_text())
    assert kept["plan"]["seed"] == one["seed"]
    assert kept["plan"]["workloads"] == base["plan"]["workloads"]
    assert two["precision"] < one["precision"] and two["max_time_s"] > one["max_time_s"]
    assert "new on small: regression: time +" in done.err
    assert "measuring small again" in done.err


def test_the_table_shows_both_measurements(dcbench, base, write):
    write("new.py", SLOW.format(200))
    done = dcbench("check", "base.json", *EFFORT, *WIDE, status=1)
    header, rows = table_after(done.out, "implementation")
    assert header == ["implementation", "then", "now", "change", "95 % interval", "limit",
                      "verdict"]
    assert [row[0] for row in rows] == ["new", "again"]
    assert [row[-1] for row in rows] == ["retried", "REGRESSION"]
    assert "the last measurement alone is judged" in " ".join(done.out.split())
    assert done.out.splitlines()[-1].startswith(("regression: new on small", "  "))
    quiet = dcbench("check", "base.json", *EFFORT, *WIDE, "-q", "--retries", "0",
                    status=1)
    assert "REGRESSION" in quiet.out and "retried" not in quiet.out
    assert quiet.out.startswith("\nsmall\n")


def test_quiet_has_nothing_to_say_of_a_pass(dcbench, base):
    done = dcbench("check", "base.json", *EFFORT, *WIDE, "-q")
    assert (done.out, done.err) == ("", "")


def test_not_precise_enough_is_undecided(dcbench, base, write):
    write("new.py", SLOW.format(3))
    done = dcbench("check", "base.json", "--counters", "none", "--workers", "3",
                   "--retries", "0", *WIDE, status=4)
    assert "undecided: new on small" in done.out
    assert "too few workers" in done.out


def test_faster_code_is_told(dcbench, base, write):
    write("new.py", "import copy\nfrom copy import deepcopy as d\n"
                    "def deepcopy(x, memo=None):\n"
                    "    return {'a': [1, 2, (3, 4)], 'b': 'c'}\n")
    report, _ = check(dcbench)
    assert times(report)[0]["improved"] is True
    assert "better: new on small" in report["conclusion"]["text"]


def test_csv_and_markdown(dcbench, base):
    done = dcbench("check", "base.json", *EFFORT, *WIDE, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [(r["workload"], r["impl"], r["rule"], r["judged"]) for r in rows] == [
        ("small", "new", "time", "yes"), ("small", "new", "instructions", "yes")]
    assert rows[0]["outcome"] == "ok" and rows[1]["outcome"] == "not applied"
    assert float(rows[0]["change_low"]) <= float(rows[0]["change"])
    done = dcbench("check", "base.json", *EFFORT, *WIDE, "--format", "markdown")
    assert "\n| new | " in done.out and "\nno regression: " in done.out


def test_what_a_ci_service_sees(dcbench, base, write):
    write("new.py", SLOW.format(200))
    env = dcbench.environment(GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY="")
    done = dcbench("check", "base.json", *EFFORT, *WIDE, "--junit", "j.xml", "--summary",
                   "s.md", status=1, env=env)
    errors = [line for line in done.err.splitlines() if line.startswith("::error")]
    assert len(errors) == 1 and "new on small: regression: time +" in errors[0]
    summary = (dcbench.folder / "s.md").read_text()
    assert summary.startswith("## dcbench: 1 failed of ")
    assert "| REGRESSION |" in summary
    suite = xml.etree.ElementTree.parse(dcbench.folder / "j.xml").getroot()
    failed = [case.get("name") for case in suite.iter("testcase")
              if case.find("failure") is not None]
    assert failed == ["new: time"]


# ---- instructions ----

def test_a_rule_that_cannot_be_applied_alone_passes_nothing(dcbench, base):
    report, _ = check(dcbench, "--rule", "instructions", status=4)
    assert [finding["rule"] for finding in report["findings"]] == ["instructions"]


@needs_simulation
def test_more_instructions_fail_at_once(dcbench, base, write):
    write("same.py", COPY)
    effort = ("--max-time", "20", "--workers", "5", "--margin", "90")
    dcbench("check", "sim.json", "--update", "-i", "new.py,same.py", "-w", "small.py",
            "--counters", "simulated", *effort)
    # Far within the margin of time, and far above that of instructions.
    write("new.py", SLOW.format(8))
    done = dcbench("check", "sim.json", *effort, status=1)
    _, rows = table_after(done.out, "implementation")
    assert [row[0] for row in rows] == ["new", "instructions", "same", "instructions"]
    assert [row[-1] for row in rows] == ["ok", "REGRESSION", "ok", "ok"]
    assert "simulated instructions +" in done.out
    assert "measuring" not in done.err   # a count is the same every time


# ---- what can be compared ----

def test_a_machine_of_another_speed_passes(dcbench, base, write):
    for cell in base["cells"]:
        for name in ("time_ns", "cpu_ns"):
            for key in ("median", "mean", "stddev", "min", "max"):
                cell[name][key] *= 1.7
        for sample in cell["samples"]:
            sample["time_ns"] *= 1.7
            sample["cpu_ns"] *= 1.7
    base["environment"]["cpu"] = "Another CPU"
    write("base.json", json.dumps(base))
    report, _ = check(dcbench)
    assert times(report)[0]["outcome"] == "ok"
    assert any("machine" in note for note in report["notes"])


def test_another_interpreter_is_not_compared(dcbench, base, write):
    version = base["environment"]["python"]["version"]
    base["environment"]["python"]["version"] = version + "9"
    write("base.json", json.dumps(base))
    said = (f"base.json: the interpreters differ ({version}9 then, {version} now; the "
            "patch level counts), so it cannot be compared")
    # Nothing would come of it, and so nothing is measured.
    done = dcbench("check", "base.json", "--max-time", "60", "--precision", "0.001",
                   "--junit", "j.xml", "-q", status=4, timeout=30)
    assert done.out == "" and said in done.err
    suite = xml.etree.ElementTree.parse(dcbench.folder / "j.xml").getroot()
    assert [case.get("name") for case in suite.iter("testcase")
            if case.find("skipped") is not None] == ["check"]
    # But where the result itself is wanted.
    report, done = check(dcbench, "-o", "now.json", status=4)
    [finding] = report["findings"]
    assert finding["outcome"] == "not compared"
    assert "interpreter" in finding["text"]
    assert said in done.err
    assert "--update" in report["conclusion"]["text"]
    valid(json.loads((dcbench.folder / "now.json").read_text()))
    base["environment"]["python"]["version"] = "3.7.1"
    write("base.json", json.dumps(base))
    done = dcbench("check", "base.json", *EFFORT, status=3)
    assert "base.json was measured with Python 3.7: no worker" in done.err


def test_another_workload_is_not_compared(dcbench, base, write):
    write("small.py", SMALL + "# another file\n")
    report, done = check(dcbench, status=4)
    assert "workload" in report["findings"][0]["text"]
    # It is told at once, and so before what comes of it.
    assert done.err.splitlines()[0].startswith(
        "dcbench: base.json: small: the workload's file differs")


def test_an_implementation_that_copies_wrongly_is_a_1(dcbench, base, write):
    write("new.py", "def deepcopy(x, memo=None):\n    return x\n")
    report, _ = check(dcbench, status=1)
    assert report["findings"][0]["outcome"] == "wrong copy"
    assert len(report["attempts"]) == 1


def test_an_implementation_that_crashes_is_a_3(dcbench, base, write):
    write("new.py", "import os\ndef deepcopy(x, memo=None):\n    os.abort()\n")
    report, _ = check(dcbench, "--junit", "j.xml", status=3)
    assert "SIGABRT" in report["findings"][0]["text"]
    # Each rule has a test case, whatever became of the row.
    suite = xml.etree.ElementTree.parse(dcbench.folder / "j.xml").getroot()
    skipped = {case.get("name") for case in suite.iter("testcase")
               if case.find("skipped") is not None}
    assert {"new: time", "new: instructions"} <= skipped


# ---- where the code is ----

def test_code_that_is_elsewhere(dcbench, base, write):
    (dcbench.folder / "new.py").rename(dcbench.folder / "moved.py")
    done = dcbench("check", "base.json", *EFFORT, "--junit", "j.xml", "--summary", "s.md",
                   status=3)
    assert "new.py there, which is not here" in done.err and "-i new=FILE" in done.err
    # A job that waits for these files gets them.
    [error] = xml.etree.ElementTree.parse(dcbench.folder / "j.xml").getroot().iter("error")
    assert "new.py there" in error.get("message")
    assert "new.py there" in (dcbench.folder / "s.md").read_text()
    report, _ = check(dcbench, "-i", "new=moved.py")
    assert times(report)[0]["impl"] == "new"
    write("moved.py", SLOW.format(200))
    check(dcbench, "-i", "new=moved.py", "--retries", "0", status=1)


def test_it_says_where_the_code_is(dcbench, base):
    new, small = dcbench.folder / "new.py", dcbench.folder / "small.py"
    report, _ = check(dcbench)
    assert report["sources"] == [
        {"kind": "implementation", "label": "new", "path": str(new)},
        {"kind": "workload", "label": "small", "path": str(small)}]
    for form in ("table", "markdown"):
        done = dcbench("check", "base.json", *EFFORT, *WIDE, "--format", form)
        said = " ".join(done.out.replace("\\", "").split())
        assert f"new: {new} " in said and f"workload small: {small} " in said


@pytest.mark.parametrize("place, baseline, here", [
    (".", "base.json", "new.py"),            # in the current folder
    ("deep", "../base.json", "new.py"),      # in the baseline file's
    ("deep", "deep.json", "src/new.py"),     # as deep in this working tree
])
def test_code_of_another_checkout(dcbench, base, write, place, baseline, here):
    """The file names another clone's code, and this one has such a file, too."""
    other, clone = dcbench.folder / "other", dcbench.folder / "clone"
    for folder in (other / "src", clone / "src", clone / "deep", clone / ".git"):
        folder.mkdir(parents=True)
    (other / "src/new.py").write_text(COPY)
    (clone / here).write_text(SLOW.format(200))
    base["plan"]["implementations"][1]["path"] = str(other / "src/new.py")
    file = clone / place / baseline
    file.write_text(json.dumps(base))
    done = dcbench("check", baseline, *EFFORT, *WIDE, status=2, cwd=clone / place)
    for part in (str(other / "src/new.py"), str(clone / here), "-i new=FILE"):
        assert part in done.err
    done = dcbench("check", baseline, *EFFORT, *WIDE, "-i", f"new={clone / here}",
                   "--retries", "0", status=1, cwd=clone / place)
    (clone / here).unlink()
    done = dcbench("check", baseline, *EFFORT, *WIDE, cwd=clone / place)
    assert f"new: {other / 'src/new.py'} " in " ".join(done.out.split())


@pytest.mark.parametrize("args, said", [
    ([], ["check wants a baseline file", "BASELINE.json"]),
    (["base.json", "more.json"], ["more.json"]),
    (["base.json", "-i", "nwe"], ["--impl", "'nwe'", "base.json", "new"]),
    (["base.json", "-i", "x=new.py"], ["--impl", "'x'", "--update"]),
    (["base.json", "-i", "small.py"], ["'small'", "(-i new=small.py measures", "--update"]),
    (["base.json", "-w", "memo"], ["--workload", "'memo'", "small"]),
    (["base.json", "-b", "merged"], ["--baseline", "'merged'", "stdlib"]),
    (["base.json", "-o", "base.json"], ["--output", "same file"]),
    (["base.json", "--save", "x"], ["--save", "dcbench check"]),
    (["base.json", "--retries", "x"], ["--retries"]),
])
def test_wrong_usage(dcbench, base, args, said):
    message = dcbench.usage_error("check", *args)
    for part in said:
        assert part in message


def test_damaged_files(dcbench, base, write):
    text = (dcbench.folder / "base.json").read_text()
    for content in (text[:-100], "{}", "", "[" * 1000, text.replace('"cells"', '"cell"')):
        write("base.json", content)
        done = dcbench("check", "base.json", *EFFORT, status=3)
        assert done.out == "" and "base.json" in done.err
        assert "remove it" not in done.err
        done = dcbench("check", "base.json", *EFFORT, "--update", status=3)
        assert "remove it, and --update" in done.err
        assert (dcbench.folder / "base.json").read_text() == content


def test_a_file_cannot_make_it_last(dcbench, base, write):
    base["plan"].update(rounds=100000, iterations=10**12, block_ns=10**10,
                        warmup_blocks=10000, timeout_s=1e9)
    write("base.json", json.dumps(base))
    # Its blocks are still long, and what little is measured may not be clear.
    done = dcbench.finish(dcbench.start("check", "base.json", *EFFORT, *WIDE, "-o",
                                        "now.json"))
    assert done.code in (0, 4), done
    plan = json.loads((dcbench.folder / "now.json").read_text())["plan"]
    assert (plan["rounds"], plan["iterations"]) == (None, None)
    assert plan["timeout_s"] == 600
    assert plan["block_ns"] == 10_000_000 and plan["warmup_blocks"] == 3
    assert "note: up to" not in done.err
    base["plan"].update(max_time_s=90, block_ns=150000)
    write("base.json", json.dumps(base))
    done = dcbench("check", "base.json", "--workers", "1", "--counters", "none",
                   "--retries", "0", status=4)
    assert "note: up to 90 s for each workload, as base.json says" in done.err


@pytest.mark.parametrize("change", [
    {"path": "/dev/null"}, {"path": "/"}, {"path": "@FIFO@"},
    {"builtin": True, "path": "/there/workloads/nothing_known.py"},
])
def test_faults_of_the_file_are_no_wrong_usage(dcbench, base, write, change):
    fifo = dcbench.folder / "fifo.py"
    os.mkfifo(fifo)
    base["plan"]["workloads"][0].update(change)
    write("base.json", json.dumps(base).replace("@FIFO@", str(fifo)))
    done = dcbench("check", "base.json", *EFFORT, status=3)
    assert "base.json: " in done.err


def test_a_file_that_runs_nothing(dcbench, base, write):
    base["plan"]["implementations"] = base["plan"]["implementations"][:1]
    base["cells"] = [cell for cell in base["cells"] if cell["role"] != "candidate"]
    write("base.json", json.dumps(base))
    done = dcbench("check", "base.json", *EFFORT, status=3)
    assert "base.json" in done.err and "nothing to check" in done.err


def test_a_pickle_needs_its_word(dcbench, write):
    import pickle
    write("data.pkl", pickle.dumps({"a": [1, 2]}))
    write("new.py", COPY)
    made = ("check", "base.json", *EFFORT, *WIDE)
    dcbench(*made, "--update", "-i", "new.py", "-w", "data.pkl", "--allow-pickle")
    done = dcbench(*made, status=2)
    assert "--allow-pickle" in done.err and "base.json" in done.err
    dcbench(*made, "--allow-pickle")


# ---- --update ----

def test_a_missing_file_tells_how_to_make_it(dcbench):
    done = dcbench("check", "none.json", status=3)
    assert "none.json: no such file" in done.err and "--update" in done.err
    assert not (dcbench.folder / "none.json").exists()


def test_update_makes_and_replaces_the_file(dcbench, base, write):
    before = (dcbench.folder / "base.json").read_text()
    write("new.py", SLOW.format(200))
    report, done = check(dcbench, "--update", "--label", "slow")     # slower, but that is what is wanted
    assert report["updated"] is True and len(report["attempts"]) == 1
    assert "base.json is replaced" in done.err and "regression" not in done.err
    assert report["conclusion"]["text"] == "--update: no change is judged"
    after = valid(json.loads((dcbench.folder / "base.json").read_text()))
    assert (dcbench.folder / "base.json").read_text() != before
    assert after["plan"]["implementations"] != base["plan"]["implementations"]
    assert (base["label"], after["label"]) == (None, "slow")
    check(dcbench)                                # and from now on it is the standard
    done = dcbench("check", "base.json", *EFFORT, *WIDE, "--update", "-i",
                   "new,more=merged", "-w", "small")
    after = valid(json.loads((dcbench.folder / "base.json").read_text()))
    assert [i["label"] for i in after["plan"]["implementations"]] == ["stdlib", "new",
                                                                      "more"]
    report, _ = check(dcbench, "-i", "new")
    assert [finding["impl"] for finding in times(report)] == ["new"]
    assert not any("not measured" in note for note in report["notes"])


def test_update_to_something_else(dcbench, base, write):
    done = dcbench("check", "base.json", *EFFORT, *WIDE, "--update", "-i", "more=merged",
                   "-w", "reduce")
    assert "base.json will no longer have new, small" in done.err
    after = valid(json.loads((dcbench.folder / "base.json").read_text()))
    assert [i["label"] for i in after["plan"]["implementations"]] == ["stdlib", "more"]
    done = dcbench("check", "base.json", *EFFORT, *WIDE, "--update")
    assert "no longer" not in done.err
    # As far as it tells what changed, it says that this is not judged.
    assert words(done.out.splitlines()[-1])[0].startswith("--update: no change is judged")
    assert "undecided" not in done.out and "REGRESSION" not in done.out


def test_what_failed_is_not_kept(dcbench, base, write):
    before = (dcbench.folder / "base.json").read_text()
    write("new.py", "def deepcopy(x, memo=None):\n    return x\n")
    done = dcbench("check", "base.json", *EFFORT, "--update", status=1)
    assert "base.json is left as it was" in done.err
    assert (dcbench.folder / "base.json").read_text() == before
    done = dcbench("check", "first.json", *EFFORT, "--update", "-i", "new.py", "-w",
                   "small.py", status=1)
    assert "first.json is not written" in done.err
    assert not (dcbench.folder / "first.json").exists()


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_overwrites_nothing(dcbench, base, number, status):
    before = (dcbench.folder / "base.json").read_text()
    err = dcbench.folder / "err"
    with open(err, "w") as stderr:
        process = dcbench.start("check", "base.json", "--update", "--max-time", "60",
                                "--precision", "0.001", "--counters", "none", "-o",
                                "o.json", "--progress", "always", stderr=stderr)
    end = time.monotonic() + 30
    while " 2 workers" not in err.read_text():
        assert process.poll() is None and time.monotonic() < end, err.read_text()
        time.sleep(0.01)
    process.send_signal(number)
    done = dcbench.finish(process)
    assert done.code == status, done
    done.err = err.read_text()
    assert (dcbench.folder / "base.json").read_text() == before
    assert "base.json is left as it was: interrupted" in done.err
    assert sorted(p.name for p in dcbench.folder.iterdir()
                  if p.name.startswith(("base", "."))) == ["base.json"]
    valid(json.loads((dcbench.folder / "o.json").read_text()))


def test_built_in_names_are_found_here(dcbench):
    dcbench("check", "base.json", "--update", "-i", "fast=memo-opt", "-w", "reduce",
            *EFFORT, *WIDE)
    data = json.loads((dcbench.folder / "base.json").read_text())
    for item in data["plan"]["implementations"] + data["plan"]["workloads"]:
        item["path"] = "/elsewhere/dcbench/" + item["path"].rpartition("/")[2]
    (dcbench.folder / "base.json").write_text(json.dumps(data))
    done = dcbench("check", "base.json", *EFFORT, *WIDE)
    assert words(done.out.splitlines()[-1])[0].startswith("no regression: 1 row")
