"""dcbench history: thousands of results made from one real result, with and without a step,
with damaged and foreign files among them; pictures by the real gnuplot, where it is."""

import csv
import gzip
import io
import json
import os
import re
import shutil
import sys
import xml.etree.ElementTree

import jsonschema
import pytest

from conftest import TOP, assert_described, table_after

sys.path.insert(0, str(TOP / "scripts/study"))
from made_history import commit, make  # noqa: E402

SCHEMA = json.loads((TOP / "docs/history.schema.json").read_text())

needs_gnuplot = pytest.mark.skipif(not shutil.which("gnuplot"),
                                   reason="no gnuplot (scripts/packages.sh)")

_base = []


@pytest.fixture
def base(dcbench):
    """One real result, measured once for all tests; samples are left out to be quick. It
    is one whose controls came out right, which a busy machine may not give at once."""
    tries = 0
    while not _base:
        data = dcbench.result("-i", "merged", "-w", "memo,reduce").data
        for cell in data["cells"]:
            cell["samples"] = []
        path = dcbench.folder / "base.json"
        path.write_text(json.dumps(data))
        report, _ = history(dcbench, path)
        path.unlink()
        tries += 1
        if not report["notes"]:
            _base.append(data)
        elif tries == 10:
            pytest.fail(f"ten results, and none without: {report['notes']}")
    return _base[0]


def history(dcbench, *args, **options):
    done = dcbench("history", "--format", "json", *args, **options)
    report = json.loads(done.out)
    wrong = sorted(jsonschema.Draft7Validator(SCHEMA).iter_errors(report), key=str)
    assert not wrong, "\n".join(f"{'/'.join(map(str, e.absolute_path))}: {e.message}"
                                for e in wrong[:5])
    dates = [item["date"] for item in report["results"]]
    assert dates == sorted(dates)
    for series in report["series"]:
        places = [point["result"] for point in series["points"]]
        assert places == sorted(set(places))
    return report, done


def steps_of(report):
    return [(series["workload"], series["impl"], step)
            for series in report["series"] for step in series["steps"]]


def test_schema_describes_every_field():
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert_described(SCHEMA)


def test_finds_the_one_step_of_two_thousand_results(dcbench, base):
    folder = dcbench.folder / "results"
    make(base, folder, 2000, step=0.02, at=1200)
    whole = (folder / "3/r0003.json").read_bytes()
    (folder / "0/cut.json").write_bytes(whole[:len(whole) // 2])
    (folder / "0/package.json").write_text('{"name": "x", "version": "1.0.0"}')
    (folder / "1/later.json").write_bytes(whole.replace(b"dcbench-result/1",
                                                        b"dcbench-result/9"))
    (folder / "2/cut.json.gz").write_bytes(gzip.compress(whole)[:-100])
    (folder / ".trash").mkdir()
    (folder / ".trash/old.json").write_bytes(whole)
    (folder / "up").symlink_to("..")

    report, done = history(dcbench, "results")
    assert len(report["results"]) == 2000
    (workload, impl, step), = steps_of(report)
    assert (workload, impl, step["direction"]) == ("memo", "merged", "slower")
    assert abs(step["behind"] - 1200) <= 3 and step["before"] == step["behind"] - 1
    change = step["change"]
    assert change["low"] < 1.02 < change["high"]
    assert change["high"] - change["low"] < 0.005
    assert report["results"][step["behind"]]["commit"] == commit(step["behind"])
    skipped = {item["path"]: item["reason"] for item in report["passed_over"]}
    assert set(skipped) == {"results/0/cut.json", "results/0/package.json",
                            "results/1/later.json", "results/2/cut.json.gz"}
    for path, reason in skipped.items():
        assert f"passed over: {path}: {reason}" in done.err

    text = dcbench("history", "results", env=dcbench.environment(LC_ALL="C.UTF-8")).out
    assert all(len(line) < 80 for line in text.splitlines())
    header, rows = table_after(text, "step ")
    assert len(rows) == 1 and rows[0][1] == "merged"
    assert re.fullmatch(r"\+(1\.9|2\.[01]) %", rows[0][3])
    assert commit(step["before"])[:7] in rows[0][2]
    assert "\u2581" in text and "\u2588" in text


def test_finds_no_step_where_there_is_none(dcbench, base):
    make(base, dcbench.folder / "results", 2000)
    report, _ = history(dcbench, "results")
    assert len(report["results"]) == 2000 and not report["passed_over"]
    assert steps_of(report) == []
    assert all(0.002 < series["between_runs"] < 0.004 for series in report["series"])


def test_other_formats(dcbench, base):
    make(base, dcbench.folder / "results", 40, step=-0.03, at=25)
    plain = dcbench("history", "results", env=dcbench.environment(LC_ALL="C")).out
    assert plain.isascii() and "40 results" in plain
    assert re.search(r"\n  2021-01-1\d \d\d:00  merged .* -[23]\.\d %  -", plain)
    markdown = dcbench("history", "results", "--format", "markdown").out
    assert "\n### memo\n" in markdown and "| step " in markdown
    rows = list(csv.DictReader(io.StringIO(
        dcbench("history", "results", "--format", "csv").out)))
    assert len(rows) == 2 * 40
    begun = [row for row in rows if row["step"] == "1"]
    assert len(begun) == 1 and begun[0]["workload"] == "memo"
    assert begun[0]["commit"] == commit(25)
    assert float(begun[0]["ratio_low"]) < float(begun[0]["ratio"])
    quiet = dcbench("history", "results", "-q").out
    assert "over time" not in quiet and "2021-01-13" in quiet
    verbose = dcbench("history", "results", "-v").out
    assert "results/4/r0025.json" in verbose.replace("\n    ", " ")
    shown = dcbench("history", "results", "--progress", "always")
    assert "looking for results: " in shown.err
    assert "reading results: " in shown.err


def test_filters(dcbench, base):
    make(base, dcbench.folder / "results", 12)
    report, _ = history(dcbench, "results", "-w", "reduce", "-i", "merged,other")
    assert [(s["workload"], s["impl"]) for s in report["series"]] == [("reduce", "merged")]
    done = dcbench("history", "results", "-i", "other", status=3)
    assert done.err.count("\n") == 7 and "7 more (-v names them)" in done.err
    assert dcbench("history", "results", "-i", "other", "-v", status=3
                   ).err.count("\n") == 13


def test_operands_may_overlap(dcbench, base):
    """Every result thrice would be nothing but neighbours that are alike."""
    make(base, dcbench.folder / "results", 14)
    (dcbench.folder / "results/link").symlink_to("3")
    os.link(dcbench.folder / "results/0/r0000.json", dcbench.folder / "results/x.json")
    report, done = history(dcbench, "results", "results/0", "./results", "results/link",
                           "results/1/r0001.json")
    assert len(report["results"]) == 14 and not report["passed_over"]
    assert done.err == "" and not report["notes"]


def test_copies_count_once(dcbench, base):
    make(base, dcbench.folder / "results", 6)
    (dcbench.folder / "results/0/copy.json.gz").write_bytes(
        gzip.compress((dcbench.folder / "results/2/r0002.json").read_bytes()))
    report, done = history(dcbench, "results")
    assert len(report["results"]) == 6 and len(report["notes"]) == 1
    assert "1 result left out" in report["notes"][0] and "r0002.json" in report["notes"][0]


def test_a_new_interpreter_is_no_step(dcbench, base):
    def edit(data, number):
        if number >= 30:
            data["environment"]["python"]["version"] = "3.99.1"
            for cell in data["cells"]:
                if cell["role"] == "candidate":
                    for key in ("estimate", "low", "high"):
                        cell["ratio"][key] *= 1.2

    make(base, dcbench.folder / "results", 60, edit=edit)
    report, _ = history(dcbench, "results")
    assert len(report["series"]) == 4 and steps_of(report) == []
    assert [series["part"] for series in report["series"]] == [1, 2, 1, 2]
    assert len(report["notes"]) == 1 and "3.99.1" in report["notes"][0]
    assert "merged (2)" in dcbench("history", "results").out


def test_label_and_commit_go_through(dcbench, write):
    write(".git/HEAD", commit(1) + "\n")
    dcbench.quick("-w", "memo", "--label", "night 1", "-o", "a.json")
    report, _ = history(dcbench, "a.json")
    entry, = report["results"]
    assert (entry["label"], entry["commit"]) == ("night 1", commit(1))


def test_nothing_to_show(dcbench, write):
    write("x.json", "{}")
    (dcbench.folder / "empty").mkdir()
    done = dcbench("history", "x.json", "empty", "missing", status=3)
    assert done.out == ""
    for name in ("x.json", "empty", "missing", "no result that could be shown"):
        assert name in done.err


@pytest.mark.parametrize("args, part", [
    ([], "which results"),
    (["x.json", "--plot", "x.pdf"], ".svg"),
    (["x.json", "--label", "x"], "--label"),
    (["x.json", "--max-time", "3"], "--max-time"),
])
def test_wrong_usage(dcbench, args, part):
    assert part in dcbench.usage_error("history", *args)


# ---- pictures ----

HOSTILE = ["`touch owned`", "'; system('touch owned'); '", '"\\`touch owned`"',
           "END !touch owned", "{/=40 x}_y^z %s <b>&amp;"]


@needs_gnuplot
def test_plots_are_whole_pictures(dcbench, base):
    make(base, dcbench.folder / "results", 60, step=0.03, at=40)
    dcbench("history", "results", "--plot", "h.svg")
    root = xml.etree.ElementTree.parse(dcbench.folder / "h.svg").getroot()
    assert root.tag.endswith("svg")
    texts = [node.text or "" for node in root.iter() if node.tag.endswith("text")
             for node in node.iter()]
    assert "memo" in " ".join(texts) and "+3." in " ".join(texts)
    dcbench("history", "results", "--plot", "h.png", "-q")
    assert (dcbench.folder / "h.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert not list(dcbench.folder.glob("*.tmp*")) and not list(dcbench.folder.glob(".h*"))


@needs_gnuplot
def test_no_label_is_a_command(dcbench, base):
    def edit(data, number):
        text = json.dumps(data)
        data.clear()
        data.update(json.loads(
            text.replace('"merged"', json.dumps(HOSTILE[number % len(HOSTILE)]))
            .replace('"memo"', json.dumps(HOSTILE[-1 - number % len(HOSTILE)]))))
        data["label"] = HOSTILE[number % len(HOSTILE)]

    make(base, dcbench.folder / "results", 10, edit=edit)
    for name in ("h.svg", "h.png"):
        dcbench("history", "results", "--plot", name)
    xml.etree.ElementTree.parse(dcbench.folder / "h.svg")
    owned = [path for path in (dcbench.folder / "owned", TOP / "owned") if path.exists()]
    assert not owned and not os.path.exists("/owned")


def test_without_gnuplot_the_table_is_there(dcbench, base):
    make(base, dcbench.folder / "results", 12)
    env = dcbench.environment(PATH="/nonexistent")
    done = dcbench("history", "results", "--plot", "h.svg", status=3, env=env)
    assert "gnuplot-nox" in done.err and "over time" in done.out
    assert not (dcbench.folder / "h.svg").exists()


@pytest.mark.parametrize("script, part", [
    ("exit 0", "no whole picture"),
    ("echo broken >&2; exit 1", "broken"),
    ("printf '<?xml version=\"1.0\"?><svg>' >/proc/self/fd/7", "no whole picture"),
    ("kill -9 $$", "signal 9"),
])
def test_a_gnuplot_that_fails(dcbench, base, write, script, part):
    make(base, dcbench.folder / "results", 3)
    write("h.svg", "what was there")
    write("bin/gnuplot", f"#!/bin/sh\n{script}\n").chmod(0o755)
    env = dcbench.environment(PATH=str(dcbench.folder / "bin"))
    done = dcbench("history", "results", "--plot", "h.svg", status=3, env=env)
    assert part in done.err
    assert (dcbench.folder / "h.svg").read_text() == "what was there"
