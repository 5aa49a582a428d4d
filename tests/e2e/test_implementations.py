"""docs/implementations.md, and the script that makes its tables."""

import json
import re
import subprocess
import sys

import pytest

from conftest import DCBENCH, MEMORY_WORKLOADS, TOP, Dcbench

DOCUMENT = TOP / "docs/implementations.md"
HOSTILE = "a | b\n<!-- end -->\n`c` **d** [e](f)"


def battery(name, **changes):
    return {"battery": name, "missing": None, "cases": 10, "passed": 10, "wrong": 0,
            "deviating": 0, "skipped": 0, "unasked": 0, "standard": 0, **changes}


def finding(name, battery="cases", outcome="failed", **changes):
    return {"battery": battery, "case": name, "number": 0, "outcome": outcome,
            "expected": "what it should be", "got": None, "expression": None,
            "version": None, "standard": False, **changes}


def cell(impl, verdict, batteries, findings=(), failure=None):
    return {"impl": impl, "kind": "verify", "verdict": verdict, "failure": failure,
            "elapsed_s": 1.0, "batteries": list(batteries), "findings": list(findings)}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """A small result of a real run."""
    folder = tmp_path_factory.mktemp("run")
    Dcbench(folder).quick("-i", "fastpath,published-merged", "-w", "reduce,memo",
                          "--seed", "7", "-o", "r.json")
    return folder / "r.json"


@pytest.fixture
def rewrite(tmp_path, result):
    """Runs the script on a copy of the document; returns the text and what was said."""
    document = tmp_path / "document.md"
    document.write_text(DOCUMENT.read_text())

    def run(*cells, status=0):
        environment = json.loads(result.read_text())["environment"]
        specs = [{"label": cell["impl"], "builtin": True} for cell in cells]
        verified = {"kind": "verify", "dcbench": "0.1.0", "environment": environment,
                    "plan": {"implementations": specs, "seed": 1,
                             "batteries": ["suite", "cases", "graphs"]},
                    "cells": cells}
        (tmp_path / "v.json").write_text(json.dumps(verified))
        done = subprocess.run(
            [sys.executable, "-B", TOP / "scripts/implementations", "--result", result,
             "--verify", tmp_path / "v.json", "--document", document],
            capture_output=True, text=True, timeout=60)
        assert done.returncode == status, done.stderr
        return document.read_text(), done.stderr

    run.document = document
    return run


def block(text, name):
    return text.partition(f"<!-- {name} -->\n")[2].partition("\n<!-- end -->")[0]


def rows(text):
    """The cells of a Markdown table, its first two lines left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[part.strip() for part in re.split(r"(?<!\\)\|", line)[1:-1]]
            for line in lines[2:]]


def prose(text):
    return re.sub(r"(<!-- \w+ -->\n).*?(?=\n<!-- end -->)", r"\1", text, flags=re.S)


def test_figures(rewrite, result):
    text, _ = rewrite(cell("stdlib", "correct", [battery("suite")]))
    found = {row[0]: row[1:] for row in rows(block(text, "figures"))}
    run = json.loads(result.read_text())
    assert list(found) == ["reduce", "memo", "mean of the report's three", "mean of all"]
    for measured in run["cells"]:
        if measured["role"] != "candidate":
            continue
        column = ["fastpath", "published-merged"].index(measured["impl"]) + 1
        shown = found[measured["workload"]][column]
        low, high = measured["ratio"]["low"], measured["ratio"]["high"]
        assert shown.startswith(f"{100 * (measured['ratio']['estimate'] - 1):+.1f} %")
        assert shown.endswith(f"<br>{100 * (low - 1):+.1f} to {100 * (high - 1):+.1f}")
    assert "`dcbench -i stdlib,fastpath,published-merged -w reduce,memo --max-time 30 " \
        "--seed 7`" in block(text, "figures")


def test_report(rewrite):
    """The report's own changes are those of its means; ours stand beside them."""
    text, _ = rewrite()
    found = {tuple(row[:2]): row[2:] for row in rows(block(text, "report"))}
    assert len(found) == 9
    assert found["FASTPATH", "general"] == ["-7.0 %", "-", "-"]
    assert found["FASTPATH", "memo"][0] == "+2.5 %"
    assert re.fullmatch(r"[-+]\d+\.\d %", found["FASTPATH", "memo"][2])
    assert found["MERGED", "memo"][2] == "-"        # merged was not measured


def test_correctness_and_failures(rewrite):
    good = [battery("suite", missing="no test package"), battery("cases", skipped=2, passed=7,
            deviating=1), battery("graphs", cases=200, passed=200)]
    bad = [battery("suite", cases=76, passed=72, wrong=4), battery("cases", cases=None,
           passed=0, unasked=None), battery("graphs", wrong=5, passed=5)]
    findings = [finding("test_reduce_4tuple", "suite", got=HOSTILE),
                finding("later", outcome="accepted deviation", version="3.14"),
                finding("gone", outcome="skipped"),
                finding("crash", outcome="died", expected=None, got="signal 11"),
                *(finding(f"graph {i}", "graphs", expression=f"[{i}]") for i in range(5))]
    text, _ = rewrite(cell("merged", "correct", good), cell("old", "wrong", bad, findings),
                      cell("gone", "unknown", [], failure="no such file"))
    assert rows(block(text, "correctness")) == [
        ["merged", "correct", "not run", "8 of 8 (1 accepted)", "200 of 200"],
        ["old", "wrong", "72 of 76", "0 of 0", "5 of 10"],
        ["gone", "unknown", "-", "-", "-"]]
    found = rows(block(text, "failures"))
    assert [row[:2] for row in found] == [
        ["old", "suite"], ["old", "cases"], ["gone", "-"], ["old", "graphs"]]
    assert found[0][2] == r"test\_reduce\_4tuple"
    assert found[0][4] == (r"a \| b \<!-- end --\> \`c\` \*\*d\*\* \[e\](f)")
    assert found[1][2:] == ["crash", "-", "signal 11"]
    assert found[2][4] == "no such file"
    assert found[3][2] == r"graph 0: \[0\] and 4 more"


def test_what_fails_alike_is_said_once(rewrite):
    wrong = [battery("graphs", wrong=7)]
    ways = [finding(f"graph {i}", "graphs", got=f"way {i}") for i in range(7)]
    text, _ = rewrite(cell("old", "wrong", wrong, [finding("one"), *ways]),
                      cell("new", "wrong", wrong, [finding("one"), *ways]))
    found = rows(block(text, "failures"))
    assert [row[:3] for row in found] == [
        ["old, new", "cases", "one"],
        *(["old, new", "graphs", f"graph {i}"] for i in range(5)),
        ["old, new", "graphs", "2 more, in other ways"]]


def test_prose_stays_and_twice_is_once(rewrite):
    before = rewrite.document.read_text()
    text, _ = rewrite(cell("stdlib", "correct", [battery("suite")]))
    assert prose(text) == prose(before)
    assert block(text, "failures") == "None."
    again, _ = rewrite(cell("stdlib", "correct", [battery("suite")]))
    assert again == text


def test_a_document_without_a_table(rewrite):
    text = rewrite.document.read_text().replace("<!-- report -->", "")
    rewrite.document.write_text(text)
    after, said = rewrite(status=1)
    assert "no table 'report'" in said and after == text


def test_nothing_is_left_out():
    """Each implementation and each workload stands in the document."""
    text = DOCUMENT.read_text()
    for path in (TOP / "impls").glob("*.py"):
        assert f"`impls/{path.name}`" in text
    listed = subprocess.run([DCBENCH, "list", "workloads", "-q"], capture_output=True,
                            text=True, check=True, timeout=60).stdout.split()
    listed = [name for name in listed if name not in MEMORY_WORKLOADS]
    assert [row[0] for row in rows(block(text, "figures"))][:-2] == listed
