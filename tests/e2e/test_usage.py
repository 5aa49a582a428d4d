"""Wrong usage, help, version and lists."""

import csv
import io
import platform

import pytest

from conftest import DCBENCH, ROWS, needs_full

IMPLS = ["stdlib", "fastpath", "memo-opt", "merged", "inline",
         "published-fastpath", "published-merged"]
WORKLOADS = ["general", "reduce", "memo", "atoms", "custom", "cycles", "dataclasses",
             "nested", "none", "numbers", "point-dicts", "point-slots", "sets", "single",
             "slots", "strings", "wide"]


# One of each class: what is said must name the option and what to do.
@pytest.mark.parametrize("args, said", [
    (["--frobnicate"], ["--frobnicate", "--help"]),
    (["--presision", "1"], ["'--presision'", "'--precision'"]),
    (["--pre=1", "--r", "3"], ["--r", "--rounds", "--results-dir"]),
    (["-Z"], ["-Z", "--help"]),
    (["--rounds"], ["--rounds", "missing"]),
    (["--allow-pickle=yes"], ["--allow-pickle", "no value"]),
    (["--rounds", "0"], ["--rounds", "'0'", "from 1"]),
    (["--rounds", "-1"], ["--rounds", "'-1'"]),
    (["--rounds", "1.5"], ["--rounds", "'1.5'", "whole number"]),
    (["--workers", "many"], ["--workers", "'many'"]),
    (["--workers", "99999999999999999999"], ["--workers", "1000000"]),
    (["--iterations", "0"], ["--iterations", "'0'"]),
    (["--precision", "0"], ["--precision", "above 0"]),
    (["--precision", "5%"], ["--precision", "leave out the '%'"]),
    (["--precision", "nan"], ["--precision", "'nan'"]),
    (["--margin", "100"], ["--margin", "below 100"]),
    (["--confidence", "49"], ["--confidence", "50"]),
    (["--confidence", "100"], ["--confidence", "99.99"]),
    (["--max-time", "0"], ["--max-time", "above 0"]),
    (["--max-time", "inf"], ["--max-time", "'inf'"]),
    (["--timeout", ""], ["--timeout"]),
    (["--seed", "-1"], ["--seed", "'-1'"]),
    (["--seed", "9223372036854775808"], ["--seed", "9223372036854775807"]),
    (["--affinity", "-1"], ["--affinity"]),
    (["--affinity", "1024"], ["--affinity", "1023"]),
    (["--gc", "maybe"], ["--gc", "on, off"]),
    (["--verify", "maybe"], ["--verify", "on, off"]),
    (["--format", "xml"], ["--format", "table, json, markdown, csv"]),
    (["--color", "blue"], ["--color", "auto, always, never"]),
    (["--progress", "maybe"], ["--progress", "auto, always, never"]),
    (["--fail-if", "worse"], ["--fail-if", "slower", "inconclusive"]),
    (["--ci", "jenkins"], ["--ci", "auto, github, none"]),
    (["--junit", ""], ["--junit", "empty"]),
    (["--counters", "abacus"], ["--counters", "abacus", "hardware"]),
    (["--counters", "none,kernel"], ["--counters", "'none'"]),
    (["--counters", "auto,kernel"], ["--counters", "'auto'"]),
    (["--counters", "none", "-e", "cycles"], ["--events", "--counters none"]),
    (["-e", "cycels"], ["--events", "cycels", "did you mean 'cycles'"]),
    (["-e", "cycles,"], ["--events", "empty"]),
    (["-i", "mergde"], ["mergde", "did you mean 'merged'", "FILE.py"]),
    (["-i", "merged,,stdlib"], ["--impl", "empty"]),
    (["-i", "=merged"], ["LABEL=SPEC"]),
    (["-i", "x="], ["LABEL=SPEC"]),
    (["-i", "missing.py"], ["missing.py", "No such file"]),
    (["-i", "some/dir:f"], ["some/dir", "No such file"]),
    (["-i", "json:"], ["json:", "MODULE:ATTR"]),
    (["-i", "json:1x"], ["json:1x", "MODULE:ATTR"]),
    (["-i", "."], ["'.'"]),
    (["-b", "merged,stdlib"], ["--baseline", "more than one"]),
    (["-b", "nothing"], ["nothing"]),
    (["-w", "mmo"], ["mmo", "did you mean 'memo'"]),
    (["-w", "data.json"], ["data.json", "No such file"]),
    (["-w", "data.pkl"], ["data.pkl", "--allow-pickle"]),
    (["-w", "data.pkl", "--allow-pickle"], ["data.pkl", "No such file"]),
    (["-i", "x=merged,x=stdlib"], ["two", "'x'", "LABEL=SPEC"]),
    (["-w", "x=memo,x=reduce"], ["two", "'x'", "LABEL=SPEC"]),
    (["-i", "stdlib=merged"], ["two", "'stdlib'", "LABEL=SPEC"]),
    (["--python", "three"], ["--python", "3.13"]),
    (["--venv", "nowhere"], ["--venv", "nowhere"]),
    (["--python-path", "nowhere"], ["--python-path", "nowhere"]),
    (["--save", "../x"], ["--save", "'../x'"]),
    (["--save", ".x"], ["--save", "'.x'"]),
    (["-o", ""], ["--output", "empty"]),
    (["-o", "-"], ["--output", "--format json"]),
    (["frobnicate"], ["frobnicate", "run, compare, check, convert, history, list, doctor, selftest, verify, memory"]),
    (["lst"], ["lst", "did you mean 'list'"]),
    (["merged.py"], ["merged.py", "-i merged.py"]),
    (["run", "merged"], ["merged", "-i merged"]),
    (["list"], ["impls", "workloads", "events", "pmus"]),
    (["list", "impl"], ["did you mean 'impls'"]),
    (["list", "impls", "events"], ["impls, workloads, events, pmus"]),
    (["list", "impls", "--rounds", "3"], ["--rounds", "dcbench list"]),
    (["list", "impls", "--format", "json"], ["json", "csv"]),
    (["list", "impls", "--format", "pyperf"], ["'pyperf'", "markdown, csv"]),
    (["convert"], ["one result file", "not 0"]),
    (["convert", "a.json", "b.json"], ["one result file", "not 2"]),
    (["convert", "a.json", "--rounds", "3"], ["--rounds", "dcbench convert"]),
    (["convert", "a.json", "-i", "merged"], ["--impl", "--format pyperf"]),
    (["convert", "a.json", "-o", "x/"], ["--output", "'x/'", "folder"]),
    (["convert", "a.json", "--format", "pyperf", "-o", "x.json.gz"],
     ["--output", "x.json.gz", "leave out the '.gz'"]),
    (["--completion", "tcsh"], ["--completion", "bash, zsh, fish"]),
], ids=" ".join)
def test_usage_error(dcbench, args, said):
    message = dcbench.usage_error(*args)
    for word in said:
        assert word in message
    assert list(dcbench.folder.iterdir()) == []


def test_no_worker_for_that_version(dcbench):
    done = dcbench("--python", "3.99", "-w", "memo", status=3)
    assert done.out == ""
    assert "3.99" in done.err and "PYTHONS=3.99" in done.err


@pytest.mark.parametrize("name", ["\x1b[31m", "a\nb", "a\tb"])
def test_label_with_control_characters(dcbench, name):
    assert dcbench("-i", f"{name}=merged", status=2).out == ""


def test_not_utf8(dcbench):
    done = dcbench("-i", b"\xff=merged".decode("utf-8", "surrogateescape"), status=2)
    assert "UTF-8" in done.err


@pytest.mark.parametrize("args, words", [
    (["--help"], ["Usage: dcbench [run]", "--precision", "Exit status:", "Examples:"]),
    (["-h"], ["Usage: dcbench [run]"]),
    (["run", "--help"], ["Usage: dcbench [run]", "--precision"]),
    (["list", "--help"], ["Usage: dcbench list", "impls|workloads|events|pmus"]),
    (["--help", "list"], ["Usage: dcbench list"]),
], ids=" ".join)
def test_help(dcbench, args, words):
    done = dcbench(*args)
    assert done.err == ""
    for word in words:
        assert word in done.out
    assert all(len(line) <= 80 for line in done.out.splitlines())
    assert "\x1b" not in done.out


def test_list_help_is_its_own(dcbench):
    assert "--precision" not in dcbench("list", "--help").out


def test_version(dcbench):
    done = dcbench("--version")
    name, version = done.out.split()
    assert name == "dcbench" and done.err == ""
    assert [part.isdigit() for part in version.split(".")] == [True] * 3


def test_help_needs_no_installation(dcbench, tmp_path):
    alone = tmp_path / "dcbench"
    alone.write_bytes(DCBENCH.read_bytes())
    alone.chmod(0o755)
    assert "Usage:" in dcbench("--help", program=alone).out
    done = dcbench("-i", "merged", program=alone, status=3)
    assert "installation" in done.err and str(tmp_path) in done.err


@pytest.mark.parametrize("kind, names, column", [
    ("impls", IMPLS, "name"),
    ("workloads", WORKLOADS, "name"),
    ("events", list(ROWS), "event"),
])
def test_list(dcbench, kind, names, column):
    assert dcbench("list", kind, "-q").out.splitlines() == names
    rows = list(csv.DictReader(io.StringIO(dcbench("list", kind, "--format", "csv").out)))
    assert [row[column] for row in rows] == names
    assert all(text for row in rows for text in row.values())
    table = dcbench("list", kind).out.splitlines()
    assert table[0].split()[0] == column
    assert [line.split()[0] for line in table[1:]] == names
    markdown = dcbench("list", kind, "--format", "markdown").out.splitlines()
    assert markdown[0].startswith(f"| {column}") and set(markdown[1]) <= set("|-: ")
    assert [line.split("|")[1].strip() for line in markdown[2:]] == names


def test_list_says_which_workloads_are_in_all(dcbench):
    rows = csv.DictReader(io.StringIO(
        dcbench("list", "workloads", "--format", "csv").out))
    part = {row["name"]: row["in all"] for row in rows}
    assert part == {name: "yes" if name in WORKLOADS[:3] else "no" for name in WORKLOADS}


@pytest.mark.parametrize("kind", ["impls", "workloads", "events", "pmus"])
def test_list_fits_the_terminal(dcbench, kind):
    out = dcbench("list", kind).out
    assert max(map(len, out.splitlines())) <= 80


def test_list_pmus(dcbench):
    names = dcbench("list", "pmus", "-q").out.splitlines()
    assert "perf" in names
    rows = list(csv.DictReader(io.StringIO(
        dcbench("list", "pmus", "--format", "csv").out)))
    assert [row["PMU"] for row in rows] == names


def test_list_events_says_who_counts(dcbench):
    rows = csv.DictReader(io.StringIO(dcbench("list", "events", "--format", "csv").out))
    providers = {row["event"]: row["provider"] for row in rows}
    assert providers["cycles"] == "hardware" and providers["page-faults"] == "kernel"


def events(dcbench, *args, **environment):
    """The rows of `list events`, by event; of several lines of one event a list."""
    out = dcbench("list", "events", "--format", "csv", *args,
                  env=dcbench.environment(**environment)).out
    found = {}
    for row in csv.DictReader(io.StringIO(out)):
        found.setdefault(row["event"], []).append(row)
    return found


def test_list_events_says_what_counts(dcbench):
    found = events(dcbench)
    assert {len(rows) for rows in found.values()} == {1}
    assert {rows[0]["quality"] for rows in found.values()} <= {"exact", "proxy", "none"}
    assert found["cycles"][0]["encoding"].endswith("type=0 config=0x0")
    assert found["cycles"][0]["PMU"] == "perf"
    assert found["page-faults"][0]["encoding"].endswith("type=1 config=0x2")
    assert found["time-elapsed"][0]["encoding"] == "-"


def test_list_events_verbose_has_every_encoding(dcbench):
    """On a CPU that is not here: without the kernel's events, which go with it."""
    if platform.machine() != "x86_64":
        pytest.skip("libpfm4 knows no Intel CPU here")
    found = events(dcbench, "-v", LIBPFM_FORCE_PMU="skx")
    assert [row["PMU"] for row in found["LLC-loads"]] == ["skx", "skx"]
    assert [row["quality"] for row in found["LLC-loads"]] == ["exact", "proxy"]
    assert found["LLC-loads"][1]["what it counts"] == "LLC requests, of stores and code too"
    assert "skx::INST_RETIRED:ANY_P" in found["instructions"][0]["encoding"]
    table = dcbench("list", "events", "-v").out.splitlines()
    assert table[0].split()[-2:] == ["PMU", "encoding"]


def test_unknown_events_get_the_nearest(dcbench):
    for wrong, right in [("instrucions", "'instructions'"), ("0x1a2b", "'r1a2b'"),
                         ("perf::CYCLE", "'perf::CYCLES'")]:
        done = dcbench("-i", "merged", "-e", wrong, status=2)
        assert f"did you mean {right}" in done.err


@needs_full
def test_full_standard_output(dcbench):
    with open("/dev/full", "w") as full:
        for args in (["--help"], ["--version"], ["list", "impls"]):
            done = dcbench(*args, status=3, stdout=full)
            assert "standard output" in done.err and "No space left" in done.err


def test_more_events_than_there_is_room_for(dcbench):
    """Rows count, too, wherever they stand."""
    codes = [f"r{number:x}" for number in range(0x1000, 0x1040)]
    for events in ([*codes, "cpu-migrations"], ["cpu-migrations", *codes]):
        done = dcbench("-e", ",".join(events), status=2)
        assert "more than 64 events" in done.err
