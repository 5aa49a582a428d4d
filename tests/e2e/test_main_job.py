"""Measuring and comparing with what is built in: tables, formats, options."""

import csv
import fcntl
import io
import json
import os
import pathlib
import pty
import re
import shutil
import select
import struct
import subprocess
import termios
import time

import pytest

from conftest import (KERNEL, MEMORY_WORKLOADS, QUICK, ROWS, Dcbench, Result, needs_full,
                      table_after, valid)

VERDICTS = {"faster", "slower", "same", "inconclusive"}
CANDIDATES = ["fastpath", "memo-opt", "merged", "inline", "published-fastpath",
              "published-merged"]


def no_escapes(text):
    return not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)


def has_hardware(result):
    return any(counter["provider"] == "hardware" for cell in result["cells"]
               for counter in cell["counters"].values())


# ---- the table ----

def test_main_job(dcbench):
    """dcbench --impl merged --workload memo"""
    done = dcbench("--impl", "merged", "--workload", "memo", "--max-time", "2")
    lines = done.out.splitlines()
    assert done.err == ""
    head = "\n".join(lines[:lines.index("")])
    assert re.match(r"dcbench \d+\.\d+\.\d+\b.* CPython 3\.\d+\.\d+", head)
    assert re.search(r"\b\d+ CPUs?\b.*, Linux ", head)
    assert re.search(r"^counters: ", head, re.MULTILINE)
    assert "memo: 1 object copied in an iteration" in lines
    title, rows = table_after(done.out, "implementation")
    assert title == ["implementation", "time", "spread", "change", "95 % interval",
                     "verdict"]
    assert [row[0] for row in rows] == ["stdlib", "control", "merged"]
    assert rows[0][-1] == "baseline" and len(rows[0]) == 4
    for row in rows:
        assert re.fullmatch(r"[\d.]+ (ns|us|ms)", row[1])
        assert re.fullmatch(r"\d+ %", row[2])
    for row in rows[1:]:
        assert re.fullmatch(r"[+-]\d+\.\d %", row[3])
        assert re.fullmatch(r"[+-]\d+\.\d+ to [+-]\d+\.\d+ %", row[4])
        assert row[5] in VERDICTS
    assert re.search(r"\d+ workers, \d+ rounds in \d+\.\d s", done.out)
    assert "wanted +-0.5 %" in done.out
    assert not re.search(r"\bnan\b|\binf\b|null", done.out)


def test_merged_is_faster(dcbench):
    """The report's finding, about 12 % here, with much room for noise."""
    result = Result(valid(json.loads(dcbench(
        "-i", "merged", "-w", "memo", "--max-time", "6", *KERNEL, "--format", "json").out)))
    ratio = result.cell("merged")["ratio"]
    if has_atomic_types_first(result):
        assert 0.9 < ratio["estimate"] < 1.1
    else:
        assert 0.6 < ratio["estimate"] < 0.99
    control = result.cell("stdlib", role="control")["ratio"]
    assert 0.9 < control["estimate"] < 1.1
    assert control["low"] < 1.02 and control["high"] > 0.98


def test_counter_table(dcbench):
    """One table for each provider; with the rows that none has they are all."""
    if dcbench.sanitized:
        pytest.skip("valgrind cannot run what a sanitizer is in")
    done = dcbench.quick("-i", "merged", "-w", "memo", "--counters", "auto")
    title, rows = table_after(done.out, "kernel/iteration")
    assert title == ["kernel/iteration", "stdlib", "merged", "delta", "change"]
    shown = [row[0].removesuffix(" (ns)") for row in rows]
    assert {"page-faults", "context-switches", "task-clock", "time-elapsed"} <= set(shown)
    for provider in ("hardware", "simulated"):
        if f"  {provider}/iteration" in done.out:
            shown += [row[0] for row in table_after(done.out, f"{provider}/iteration")[1]]
    text = " ".join(done.out.split())
    missing = re.findall(r"not counted: ((?:[\w-]+, )*[\w-]+): (\S+ \S+)", text)
    assert sorted(shown + [name for names, _ in missing for name in names.split(", ")]) \
        == sorted(ROWS)
    elapsed = [row for row in rows if row[0] == "time-elapsed (ns)"][0]
    base, mine, delta = (float(cell.replace(",", "")) for cell in elapsed[1:4])
    assert delta == pytest.approx(mine - base, abs=1.1)


def test_summary(dcbench):
    done = dcbench.quick("-i", "merged,memo-opt", "-w", "memo,reduce")
    start = done.out.index("summary")
    title, rows = table_after(done.out[start:], "implementation")
    assert title == ["implementation", "memo", "reduce", "all"]
    assert [row[0] for row in rows] == ["stdlib", "merged", "memo-opt"]
    assert "geometric mean" in done.out[start:]
    assert "summary" not in dcbench.quick("-i", "merged", "-w", "memo").out


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """dcbench --impl all --workload all -o r.json, once for several tests."""
    folder = tmp_path_factory.mktemp("everything")
    done = Dcbench(folder)("--impl", "all", "--workload", "all", "-o", "r.json",
                           "--workers", "8", "--max-time", "6", *KERNEL, timeout=120)
    return done, Result(valid(json.loads((folder / "r.json").read_text())), done)


def test_everything(everything):
    done, result = everything
    assert [w["workload"] for w in result["workloads"]] == ["general", "reduce", "memo"]
    assert [w["objects"] for w in result["workloads"]] == [60, 1, 1]
    assert len(result["cells"]) == 3 * (2 + len(CANDIDATES))
    for workload in ("general", "reduce", "memo"):
        cells = result.cells(workload=workload)
        assert [(cell["role"], cell["impl"]) for cell in cells] == [
            ("baseline", "stdlib"), ("control", "stdlib"),
            *(("candidate", name) for name in CANDIDATES)]
        for cell in cells:
            assert cell["status"] == "ok" and cell["time_ns"]["workers"] == 8
            assert cell["shares_code"] is False
    assert result["interrupted"] is None
    assert done.out.startswith(f"dcbench {result['dcbench']}")


def test_everything_has_every_counter(everything):
    _, result = everything
    for cell in result["cells"]:
        assert tuple(cell["counters"]) == ROWS
        for name in ("page-faults", "task-clock", "time-elapsed", "context-switches"):
            assert cell["counters"][name]["value"] is not None, name
        assert cell["counters"]["time-elapsed"]["value"] == cell["time_ns"]["median"]
        assert cell["counters"]["task-clock"]["value"] == cell["cpu_ns"]["median"]
        for name, counter in cell["counters"].items():
            if counter["value"] is None:
                assert len(counter["reason"]) > 10, name
            assert counter["scaled"] is False


def has_atomic_types_first(result):
    version = result["environment"]["python"]["version"]
    return tuple(map(int, re.match(r"(\d+)\.(\d+)", version).groups())) >= (3, 14)


def test_everything_points_where_the_report_does(everything):
    """From 3.14 on the standard library itself tests atomic types first: memo-opt is the
    same there, and merged has only its short cuts, which memo does not take."""
    _, result = everything
    new = has_atomic_types_first(result)
    for workload in ("general", "reduce", "memo"):
        for impl in ("merged", "memo-opt"):
            ratio = result.cell(impl, workload)["ratio"]
            if new and (impl == "memo-opt" or workload == "memo"):
                assert 0.9 < ratio["estimate"] < 1.1
            else:
                assert ratio["estimate"] < 1
    assert result.cell("published-fastpath", "memo")["ratio"]["high"] > 0.98


def test_everything_is_as_small_as_it_says(everything):
    done, result = everything
    assert len(json.dumps(result.data)) < 300_000
    for kind in ("implementations", "workloads"):
        for source in result["plan"][kind]:
            assert source["builtin"] and re.fullmatch("[0-9a-f]{64}", source["sha256"])


def test_everything_fits_the_terminal(everything):
    done, _ = everything
    too_long = [line for line in done.out.splitlines() if len(line) > 80]
    assert not too_long
    assert no_escapes(done.out)


def test_main_job_fits_the_terminal(dcbench):
    done = dcbench.quick("-i", "merged", "-w", "memo")
    assert not [line for line in done.out.splitlines() if len(line) > 80]
    assert no_escapes(done.out) and done.out.endswith("\n")


@pytest.mark.parametrize("label", ["a-label-that-is-long-for-a-table-of-80-columns",
                                   "x" * 60])
def test_long_labels_do_not_break_the_counters(dcbench, label):
    done = dcbench.quick("-i", f"{label}=merged,{label[1:]}=memo-opt", "-w", "memo")
    assert done.out.count(label) >= 2


def test_default_is_merged_on_everything(dcbench):
    result = dcbench.result()
    assert result.labels() == ["merged"]
    assert [w["workload"] for w in result["workloads"]] == ["general", "reduce", "memo"]
    assert result["plan"]["baseline"] == "stdlib"


def test_run_may_be_said(dcbench):
    assert dcbench.result("run", "-w", "memo").labels() == ["merged"]
    assert dcbench.result("-w", "memo", "run").labels() == ["merged"]


def test_extended_has_every_workload_but_those_of_memory(dcbench):
    result = dcbench.result("-w", "extended", "--workers", "1", "--rounds", "2")
    listed = [name for name in dcbench("list", "workloads", "-q").out.split()
              if name not in MEMORY_WORKLOADS]
    assert [w["workload"] for w in result["workloads"]] == listed
    assert len(listed) == 13
    assert all(cell["status"] == "ok" for cell in result["cells"])


def test_an_extended_workload_by_name(dcbench):
    """Its file is numbers_.py, so that Python's own numbers is not hidden from it."""
    result = dcbench.result("-w", "numbers,atoms", "-i", "memo-opt")
    files = {w["label"]: pathlib.Path(w["path"]).name for w in result["plan"]["workloads"]}
    assert files == {"numbers": "numbers_.py", "atoms": "atoms.py"}
    assert all(w["builtin"] for w in result["plan"]["workloads"])
    assert all(cell["status"] == "ok" for cell in result["cells"])


# ---- formats ----

def test_formats_agree(dcbench, write):
    """All from one run: what goes to FILE is what is printed."""
    args = ("-i", "merged,memo-opt", "-w", "memo,reduce", "-o", "r.json")
    for name in ("json", "csv", "markdown", "table"):
        done = dcbench.quick(*args, "--format", name)
        result = Result(valid(json.loads((dcbench.folder / "r.json").read_text())))
        globals()[f"check_{name}"](done.out, result)


def check_json(out, result):
    assert json.loads(out) == result.data


def check_csv(out, result):
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == len(result["cells"])
    for row, cell in zip(rows, result["cells"]):
        assert (row["workload"], row["implementation"], row["role"], row["status"]) == \
            (cell["workload"], cell["impl"], cell["role"], cell["status"])
        assert float(row["time_ns"]) == pytest.approx(cell["time_ns"]["median"])
        assert float(row["cpu_ns"]) == pytest.approx(cell["cpu_ns"]["median"])
        assert int(row["workers"]) == cell["time_ns"]["workers"]
        assert int(row["blocks"]) == cell["time_ns"]["blocks"]
        assert row["verdict"] == (cell["verdict"] or "")
        for column, key in (("ratio", "estimate"), ("ratio_low", "low"),
                            ("ratio_high", "high")):
            assert (row[column] == "") == (cell["ratio"] is None)
            if cell["ratio"]:
                assert float(row[column]) == pytest.approx(cell["ratio"][key])
        for name, counter in cell["counters"].items():
            if counter["value"] is None:
                assert row[name] == ""
            else:
                assert float(row[name]) == pytest.approx(counter["value"])


def markdown_tables(text):
    tables, lines = [], text.splitlines() + [""]
    for number, line in enumerate(lines):
        if re.fullmatch(r"\|[-:| ]+\|", line):
            rows, start = [lines[number - 1]], number + 1
            while lines[start].startswith("|"):
                rows.append(lines[start])
                start += 1
            tables.append([[cell.strip() for cell in row.strip("|").split("|")]
                           for row in rows])
    return tables


def check_changes(rows, cells):
    """The rows of a time table against the cells of its workload."""
    assert len(rows) == len(cells)
    for row, cell in zip(rows, cells):
        assert row[0] == ("control" if cell["role"] == "control" else cell["impl"])
        if cell["role"] != "baseline":
            percent = float(row[3].replace("%", "").replace(" ", ""))
            assert percent == pytest.approx(100 * (cell["ratio"]["estimate"] - 1),
                                            abs=0.051)
            assert row[5] == cell["verdict"]


def check_markdown(out, result):
    tables = [t for t in markdown_tables(out) if "verdict" in t[0]]
    assert len(tables) == 2
    for table, workload in zip(tables, result["workloads"]):
        assert len({len(row) for row in table}) == 1
        check_changes(table[1:], result.cells(workload=workload["workload"]))
    assert "### memo" in out and no_escapes(out)


def check_table(out, result):
    for workload in result["workloads"]:
        part = out[out.index(f"\n{workload['workload']}: "):]
        check_changes(table_after(part, "implementation")[1],
                      result.cells(workload=workload["workload"]))


def test_quiet(dcbench):
    done = dcbench.quick("-i", "merged", "-w", "memo", "-q")
    assert done.err == "" and "verdict" in done.out
    assert "counter/iteration" not in done.out and " rounds in " not in done.out
    assert "not counted" not in done.out and not done.out.startswith("dcbench")
    assert len(done.out) < len(dcbench.quick("-i", "merged", "-w", "memo").out)


def test_verbose(dcbench):
    done = dcbench.quick("-i", "merged", "-w", "memo", "-v")
    text = " ".join(done.out.split())
    for arm in ("baseline stdlib", "control stdlib", "candidate merged"):
        assert re.search(rf"{arm}: 5 workers, medians from", text)


@pytest.mark.parametrize("locale, blocks", [
    ({"LC_ALL": "C.UTF-8", "LANG": "C"}, True),
    ({"LC_ALL": "", "LC_CTYPE": "", "LANG": "de_DE.utf8"}, True),
    ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, False),
    ({"LC_ALL": "", "LC_CTYPE": "POSIX", "LANG": "en_US.UTF-8"}, False),
    ({"LC_ALL": "", "LC_CTYPE": "", "LANG": ""}, False),
])
def test_verbose_shows_how_workers_lie(dcbench, locale, blocks):
    env = dcbench.environment(**locale)
    done = dcbench.quick("-i", "merged", "-w", "memo", "-v", env=env)
    assert max(map(len, done.out.splitlines())) < 80
    pictures = done.out.partition("\n  how many workers came out")[2]
    for arm in ("control", "merged"):
        assert re.search(rf"\n  {arm} +[-+].* %.* [-+][0-9.]+ %\n", pictures)
    times = pictures.partition("\n  time in each worker")[2]
    assert re.search(r"\n  stdlib .*o.*\n  control .*o.*\n  merged .*o.*\n +[0-9.]+ us",
                     times)
    assert ("\N{FULL BLOCK}" in pictures) == blocks == (not done.out.isascii())
    assert ("@" in pictures) != blocks


def test_verbose_markdown_has_the_pictures_as_code(dcbench):
    done = dcbench.quick("-i", "merged", "-w", "memo", "-v", "--format", "markdown")
    assert done.out.count("\n\n```\n") == 2
    assert re.search(r"\n```\ncontrol .*\n.*\nmerged .*\n.*\n```\n", done.out)
    assert "```" not in dcbench.quick("-w", "memo", "--format", "markdown").out


def test_notes_are_not_lost_in_other_formats(dcbench):
    done = dcbench("-w", "memo", "--workers", "2", "--rounds", "2", *KERNEL,
                   "--format", "csv")
    assert "dcbench: note: " in done.err and "make an interval" in done.err
    assert "too few" not in dcbench("-w", "memo", "--workers", "2", "--rounds", "2",
                                    *KERNEL, "--format", "csv", "-q").err


# ---- saving ----

def test_save(dcbench):
    dcbench.quick("-w", "memo", "--save", "first")
    result = json.loads((dcbench.folder / "results/first.json").read_text())
    valid(result)
    dcbench.quick("-w", "memo", "--save", "second", "--results-dir", "elsewhere",
                  "-o", "third.json")
    assert (dcbench.folder / "elsewhere/second.json").read_text() == \
        (dcbench.folder / "third.json").read_text()
    assert not (dcbench.folder / "results/second.json").exists()


def test_keep_rounds(dcbench):
    result = dcbench.result("-i", "merged,memo-opt", "-w", "memo,reduce",
                            "--keep-rounds", "rounds.jsonl", "--rounds", "8")
    blocks = [json.loads(line)
              for line in (dcbench.folder / "rounds.jsonl").read_text().splitlines()]
    arms = {("baseline", "stdlib"), ("control", "stdlib"), ("candidate", "merged"),
            ("candidate", "memo-opt")}
    rounds, orders = {}, []
    for block in blocks:
        key = block["workload"], block["worker"], block["round"]
        rounds.setdefault(key, []).append(block)
        assert block["iterations"] >= 1 and block["wall_ns"] > 0
    assert len(rounds) == 2 * 5 * 8
    for found in rounds.values():
        order = [(block["role"], block["impl"]) for block in found]
        assert len(order) == 4 and set(order) == arms
        orders.append(tuple(order))
    assert len(set(orders)) > 10, "the order of the arms is not random"
    for cell in result["cells"]:
        mine = [block for block in blocks if (block["workload"], block["impl"],
                block["role"]) == (cell["workload"], cell["impl"], cell["role"])]
        assert len(mine) == cell["time_ns"]["blocks"] == 40
        for sample in cell["samples"]:
            times = sorted(block["wall_ns"] / block["iterations"] for block in mine
                           if block["worker"] == sample["worker"])
            median = (times[3] + times[4]) / 2
            assert sample["time_ns"] == pytest.approx(median)
            assert sample["switches"] == sum(
                block["involuntary"] for block in mine
                if block["worker"] == sample["worker"])


# ---- options of the effort ----

def seeds(result):
    return [sample["seed"] for sample in result.cells(role="baseline")[0]["samples"]]


def test_seed(dcbench):
    first = dcbench.result("-w", "memo", "--seed", "42")
    again = dcbench.result("-w", "memo", "--seed", "0x2a")
    other = dcbench.result("-w", "memo", "--seed", "43")
    assert first["plan"]["seed"] == again["plan"]["seed"] == 42
    assert seeds(first) == seeds(again) and len(set(seeds(first))) == 5
    assert not set(seeds(first)) & set(seeds(other))


def test_a_new_seed_is_drawn(dcbench):
    one, two = (dcbench.result("-w", "memo")["plan"]["seed"] for _ in range(2))
    assert one != two


def test_seed_decides_order_and_hash(dcbench, write):
    """Same seed: same hash seed, same order of arms in every round."""
    write("data.py", "workload = [{'hash': hash('a string')}]\n")
    orders = []
    for seed in ("7", "7", "8"):
        dcbench.quick("-w", "data.py", "--seed", seed, "--keep-rounds", "r.jsonl")
        orders.append([(block["worker"], block["round"], block["role"]) for block in map(
            json.loads, (dcbench.folder / "r.jsonl").read_text().splitlines())])
    assert orders[0] == orders[1] != orders[2]


def test_effort_is_respected(dcbench):
    result = dcbench.result("-w", "memo", "--iterations", "3", "--rounds", "7",
                            "--workers", "6")
    plan = result["plan"]
    assert (plan["iterations"], plan["rounds"], plan["workers"]) == (3, 7, 6)
    assert result["workloads"][0]["workers"] == 6
    for cell in result["cells"]:
        assert cell["time_ns"]["workers"] == 6 and cell["time_ns"]["blocks"] == 42
        assert {(s["rounds"], s["iterations"]) for s in cell["samples"]} == {(7, 3)}


def test_max_time(dcbench):
    start = time.monotonic()
    dcbench("-w", "memo", "--max-time", "1", "--precision", "0.0001", *KERNEL)
    assert 0.5 < time.monotonic() - start < 10


def test_precision_ends_the_run(dcbench):
    result = Result(valid(json.loads(dcbench(
        "-w", "memo", "--max-time", "60", "--precision", "50", *KERNEL, "--format",
        "json").out)))
    assert result["workloads"][0]["precision_reached"] <= 0.5
    assert result["workloads"][0]["elapsed_s"] < 30


def test_blocks_are_calibrated(dcbench):
    result = dcbench.result("-w", "memo,general")
    for cell in result["cells"]:
        assert {s["iterations"] for s in cell["samples"]} != {0}
        block_ns = cell["samples"][0]["iterations"] * cell["time_ns"]["median"]
        assert block_ns < 20 * result["plan"]["block_ns"]
    reduce = dcbench.result("-w", "reduce").cell("stdlib", role="baseline")
    assert reduce["samples"][0]["iterations"] > 10


def test_block_time_and_warm_ups_are_respected(dcbench):
    plans, iterations = [], []
    for options in ((), ("--block-time", "1500", "--warm-ups", "0")):
        result = dcbench.result("-w", "reduce", "--workers", "5", *options)
        plans.append((result["plan"]["block_ns"], result["plan"]["warmup_blocks"]))
        iterations.append(result.cell("merged")["samples"][0]["iterations"])
    assert plans == [(150_000, 3), (1_500_000, 0)]
    assert iterations[1] > 3 * iterations[0]


def test_warm_ups_are_run(dcbench):
    """Six hundred blocks more take at least as long as two hundred of full length."""
    starts = [dcbench.result("-w", "memo", "--workers", "5", "--warm-ups", count)[
        "workloads"][0]["worker_start_ms"] for count in ("0", "200")]
    assert starts[1] > starts[0] + 200 * 0.15


def test_a_block_may_not_outlast_the_timeout(dcbench):
    run = dcbench("-w", "memo", "--block-time", "3000000", status=2)
    assert "--block-time" in run.err and "--timeout" in run.err
    run = dcbench("-w", "memo", "--timeout", "0.0001", *KERNEL, status=2)
    assert "--block-time" in run.err


def test_margin_and_confidence(dcbench):
    result = dcbench.result("-w", "memo", "--margin", "99", "--confidence", "50")
    assert result["plan"]["margin"] == 0.99 and result["plan"]["confidence"] == 0.5
    assert result.cell("merged")["verdict"] == "same"
    wide = dcbench.result("-w", "memo", "--confidence", "99.9", "--workers", "8",
                          "--seed", "1")
    assert wide.cell("merged")["ratio"]["confidence"] == 0.999
    assert "50 % interval" in dcbench.quick("-w", "memo", "--confidence", "50").out


def test_intervals_hold_together(dcbench):
    one = dcbench.result("-w", "memo", "-i", "merged").cell("merged")["ratio"]
    many = dcbench.result("-w", "memo", "-i", "all").cell("merged")["ratio"]
    assert one["interval_confidence"] == 0.95 < many["interval_confidence"] < 1


def test_too_few_workers(dcbench):
    result = dcbench.result("-w", "memo", "--workers", "4")
    ratio = result.cell("merged")["ratio"]
    assert ratio["low"] is None and ratio["high"] is None
    assert result.cell("merged")["verdict"] == "inconclusive"
    assert "make an interval" in result.notes
    assert "nan" not in dcbench("-w", "memo", "--workers", "1", "--rounds", "1",
                                *KERNEL).out


def test_gc(dcbench, write):
    """Whether the collector runs while something is timed, seen by one that counts."""
    write("probe.py", """
import copy, gc
calls = 0
def deepcopy(x, memo=None):
    global calls
    calls += 1
    if calls > 20 and gc.isenabled():
        raise ValueError("the collector is on")
    return copy.deepcopy(x, memo)
""")
    args = ("-i", "probe.py", "-w", "memo", "--iterations", "10")
    off = dcbench.result(*args, "--gc", "off")
    assert off["plan"]["gc"] is False and off.cell("probe")["status"] == "ok"
    on = dcbench.result(*args, "--gc", "on", status=3)
    assert "the collector is on" in on.cell("probe")["status"]


def test_affinity(dcbench, write):
    write("probe.py", """
import copy, os
assert os.sched_getaffinity(0) == {0}, os.sched_getaffinity(0)
deepcopy = copy.deepcopy
""")
    if 0 not in os.sched_getaffinity(0):
        pytest.skip("CPU 0 is not for this process")
    result = dcbench.result("-i", "probe.py", "-w", "memo", "--affinity", "0")
    assert result["plan"]["affinity"] == 0


def test_impossible_cpu(dcbench):
    done = dcbench.quick("-w", "memo", "--affinity", "1000", "-o", "r.json", status=3)
    assert done.out == "" and "--affinity" in done.err and "1000" in done.err
    assert done.err.count("\n") == 1
    assert list(dcbench.folder.iterdir()) == []


# ---- counters ----

def test_counters_none(dcbench):
    result = dcbench.result("-w", "memo", "--counters", "none")
    assert all(cell["counters"] == {} for cell in result["cells"])
    table = dcbench.quick("-w", "memo", "--counters", "none").out
    assert "counters: none" in table and "/iteration" not in table
    assert "not counted" not in table


def test_counters_kernel(dcbench):
    result = dcbench.result("-w", "memo", "--counters", "kernel")
    for cell in result["cells"]:
        for name, counter in cell["counters"].items():
            if ROWS.index(name) < ROWS.index("page-faults"):
                assert counter["value"] is None
                assert "--counters" in counter["reason"]
            elif counter["value"] is not None:
                assert counter["provider"] == "kernel"


def test_counters_hardware(dcbench):
    done = dcbench.finish(dcbench.start(*QUICK, "-w", "memo", "--counters", "hardware",
                                        "--format", "json"))
    result = Result(valid(json.loads(done.out)), done)
    if has_hardware(result):
        pytest.skip("this machine has a PMU")
    assert done.code == 3, done
    assert "--counters hardware" in done.err and "no hardware counters" in done.err
    assert result.cell("merged")["time_ns"]["workers"] == 5


def test_page_faults_are_counted(dcbench, write):
    write("faults.py", """
import copy, mmap
def deepcopy(x, memo=None):
    with mmap.mmap(-1, 40960, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as area:
        for i in range(0, 40960, 4096):
            area[i] = 1
    return copy.deepcopy(x, memo)
""")
    result = dcbench.result("-i", "faults.py", "-w", "reduce")
    assert result.cell("faults")["counters"]["page-faults"]["value"] >= 10
    assert result.cell("stdlib")["counters"]["page-faults"]["value"] < 1


def test_context_switches_are_counted(dcbench, write):
    write("sleeps.py", "import copy, time\ndef deepcopy(x, memo=None):\n"
          "    time.sleep(1e-6)\n    return copy.deepcopy(x, memo)\n")
    result = dcbench.result("-i", "sleeps.py", "-w", "reduce")
    cell = result.cell("sleeps")
    assert cell["counters"]["context-switches"]["value"] > 0.5
    assert cell["counters"]["task-clock"]["value"] < cell["time_ns"]["median"]


def test_events(dcbench):
    result = dcbench.result("-w", "memo", "-e", "page-faults,time-elapsed")
    assert list(result.cell("merged")["counters"]) == ["page-faults", "time-elapsed"]
    result = dcbench.result("-w", "memo", "-e", "cpu-migrations", "-e",
                            "perf::MINOR-FAULTS")
    assert list(result.cell("merged")["counters"]) == ["cpu-migrations",
                                                       "perf::MINOR-FAULTS"]
    counter = result.cell("merged")["counters"]["perf::MINOR-FAULTS"]
    assert counter["value"] is not None and counter["provider"] == "kernel"
    assert counter["encoding"].startswith("perf::") and "type=1" in counter["encoding"]


def test_the_same_event_twice(dcbench):
    done = dcbench.finish(dcbench.start(*QUICK, "-w", "memo", "-e",
                                        "page-faults,page-faults", "--format", "csv"))
    assert done.code == 0
    titles = done.out.splitlines()[0].split(",")
    assert titles.count("page-faults") == 1


# ---- arms ----

def test_baseline_among_the_candidates(dcbench):
    done = dcbench.quick("-i", "stdlib,merged", "-w", "memo", "--format", "json")
    result = Result(valid(json.loads(done.out)))
    assert result.labels() == ["merged"]
    assert "stdlib is the baseline" in done.err
    assert "stdlib is the baseline" not in dcbench.quick("-i", "all", "-w", "memo").err


def test_only_the_baseline(dcbench):
    result = dcbench.result("-i", "stdlib", "-w", "memo")
    assert result.labels() == []
    assert [cell["role"] for cell in result["cells"]] == ["baseline", "control"]


def test_other_baseline(dcbench):
    result = dcbench.result("-b", "merged", "-i", "stdlib,memo-opt", "-w", "memo")
    assert result["plan"]["baseline"] == "merged"
    assert result.labels() == ["stdlib", "memo-opt"]
    least = 0.85 if has_atomic_types_first(result) else 0.98    # there they are about equal
    assert result.cell("stdlib")["ratio"]["estimate"] > least
    assert result.cell("merged", role="control")["ratio"] is not None


def test_labels(dcbench):
    result = dcbench.result("-b", "old=stdlib", "-i", "new=merged,memo-opt", "-i",
                            "again=stdlib", "-w", "small=reduce")
    assert result["plan"]["baseline"] == "old"
    assert result.labels() == ["new", "memo-opt", "again"]
    assert {cell["workload"] for cell in result["cells"]} == {"small"}
    assert 0.8 < result.cell("again")["ratio"]["estimate"] < 1.25


def test_lists_and_repetition(dcbench):
    result = dcbench.result("-i", "merged,memo-opt", "-i", "fastpath,merged", "-w",
                            "memo", "-w", "reduce,memo")
    assert result.labels() == ["merged", "memo-opt", "fastpath"]
    assert [w["workload"] for w in result["workloads"]] == ["memo", "reduce"]


# ---- --fail-if ----

def test_fail_if(dcbench):
    """With a margin of 99 % everything is the same, whatever the noise."""
    sure = ("-w", "memo", "--margin", "99")
    dcbench.quick(*sure, "--fail-if", "same", status=1)
    dcbench.quick(*sure, "--fail-if", "slower")
    dcbench.quick(*sure, "--fail-if", "faster,slower,inconclusive")
    unsure = ("-w", "memo", "--workers", "2")
    dcbench.quick(*unsure, "--fail-if", "slower", status=4)
    dcbench.quick(*unsure, "--fail-if", "inconclusive", status=4)
    dcbench.quick(*unsure)


def test_order_of_exit_statuses(dcbench, write):
    write("crash.py", "import os\ndef deepcopy(x, memo=None):\n    os.abort()\n")
    write("wrong.py", "def deepcopy(x, memo=None):\n    return x\n")
    args = ("-w", "memo", "--workers", "3", "--rounds", "2", "--fail-if", "slower")
    dcbench.quick("-i", "crash.py,merged", *args, status=3)
    dcbench.quick("-i", "wrong.py,crash.py,merged", *args, status=1)


# ---- colour and progress ----

def test_colour(dcbench):
    assert "\x1b[" not in dcbench.quick("-w", "memo").out
    always = dcbench.quick("-w", "memo", "--color", "always").out
    assert "\x1b[1m" in always and always.count("\x1b[0m") > 1
    title, rows = table_after(re.sub(r"\x1b\[[0-9;]*m", "", always), "implementation")
    assert [row[0] for row in rows] == ["stdlib", "control", "merged"]
    for name in ("json", "csv", "markdown"):
        assert "\x1b" not in dcbench.quick("-w", "memo", "--color", "always", "--format",
                                           name).out


def on_a_terminal(dcbench, *args, columns=80, **changes):
    """Runs with stdout and stderr on a terminal; returns what it showed."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = dcbench.start(*args, stdout=slave, stderr=slave,
                            env=dcbench.environment(**changes))
    os.close(slave)
    shown, end = b"", time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([master], [], [], 0.1)[0]:
            try:
                chunk = os.read(master, 65536)
            except OSError:
                break
            if not chunk:
                break
            shown += chunk
    os.close(master)
    done = dcbench.finish(process)
    assert done.code == 0, shown
    return shown.decode()


def screen(shown):
    """The lines that stand on the screen at the end: CR and 'clear line' obeyed."""
    lines = []
    for line in shown.replace("\r\n", "\n").split("\n"):
        column, cells = 0, []
        for token in re.findall(r"\r|\x1b\[K|\x1b\[[0-9;]*m|.", line):
            if token == "\r":
                column = 0
            elif token == "\x1b[K":
                del cells[column:]
            elif not token.startswith("\x1b"):
                cells[column:column + 1] = [token]
                column += 1
        lines.append("".join(cells))
    return lines


def test_terminal(dcbench):
    shown = on_a_terminal(dcbench, "-w", "memo,reduce", "--workers", "8", *KERNEL)
    assert "\x1b[1m" in shown
    drawn = re.findall(r"\r\x1b\[K((?:memo|reduce) \(\d of 2\): \d+ workers[^\r]*)",
                       shown)
    assert any(line.startswith("memo (1 of 2)") for line in drawn)
    assert any(line.startswith("reduce (2 of 2)") for line in drawn)
    assert all(" left" in line and len(line) < 80 for line in drawn)
    lines = screen(shown)
    assert lines[0].startswith("dcbench ")
    assert not [line for line in lines if " left" in line]


def test_progress_fits_a_narrow_terminal(dcbench):
    shown = on_a_terminal(dcbench, "-w", "a-workload-with-a-very-long-label-indeed=memo",
                          "--workers", "4", columns=40)
    drawn = re.findall(r"\r\x1b\[K(a-workload[^\r\n]+)", shown)
    assert drawn and max(map(len, drawn)) < 40


@pytest.mark.parametrize("args, changes", [
    ((), {"NO_COLOR": "1"}), (("--color", "never"), {}), ((), {"TERM": "dumb"})])
def test_terminal_without_colour(dcbench, args, changes):
    shown = on_a_terminal(dcbench, *QUICK, *KERNEL, "-w", "memo", "--progress", "never", *args,
                          **changes)
    assert "\x1b" not in shown


def test_empty_no_color_counts_as_unset(dcbench):
    shown = on_a_terminal(dcbench, *QUICK, *KERNEL, "-w", "memo", NO_COLOR="")
    assert "\x1b[1m" in shown


def test_quiet_draws_no_progress(dcbench):
    assert " left" not in on_a_terminal(dcbench, *QUICK, *KERNEL, "-w", "memo", "-q")


def test_progress_on_demand(dcbench):
    done = dcbench.quick("-w", "memo", "--progress", "always")
    assert "memo (1 of 1)" in done.err
    assert " left" not in dcbench.quick("-w", "memo").err


# ---- around ----

def test_worker_environment_is_its_own(dcbench, write):
    write("probe.py", """
import copy, os
assert "SECRET" not in os.environ, "the environment leaks"
assert not set(os.environ) & {"PYTHONPATH", "PYTHONHASHSEED", "DCBENCH"}
def deepcopy(x, memo=None):
    return copy.deepcopy(x, memo)
""")
    env = dcbench.environment(SECRET="1", PYTHONPATH="/nowhere", PYTHONHOME="/nowhere",
                              PYTHONHASHSEED="nonsense", LC_ALL="tr_TR.UTF-8",
                              POSIXLY_CORRECT="1")
    dcbench.result("-i", "probe.py", "-w", "memo", env=env)


def test_locale_does_not_change_numbers(dcbench):
    done = dcbench.quick("-w", "memo", "--format", "csv",
                         env=dcbench.environment(LC_ALL="de_DE.UTF-8"))
    assert float(next(csv.DictReader(io.StringIO(done.out)))["time_ns"]) > 0


def test_closed_standard_streams(dcbench):
    for closing in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        done = dcbench.finish(dcbench.start(
            "-c", f'exec "$0" "$@" {closing}', dcbench.path, *QUICK, *KERNEL, "-w", "memo",
            "-o", "r.json", program="/bin/sh"))
        assert done.code == (3 if ">&-" in closing.replace("2>&-", "") else 0), done
        valid(json.loads((dcbench.folder / "r.json").read_text()))


# ---- the gate tells why ----

def test_gate_says_what_failed(dcbench):
    done = dcbench("-i", "merged", "-w", "general", "--workers", "16", "--rounds", "20",
                   "--max-time", "20", *KERNEL, "--fail-if", "faster", "-q", status=1)
    assert re.search(r"dcbench: --fail-if: merged on general is faster \(-\d+\.\d %\)",
                     done.err)


def test_gate_says_that_it_cannot_say(dcbench):
    done = dcbench("-i", "merged", "-w", "memo", "--workers", "2", "--rounds", "2",
                   *KERNEL, "--fail-if", "slower", "--format", "csv", status=4)
    assert "dcbench: --fail-if: no verdict for merged on memo" in done.err


def test_gate_without_a_candidate(dcbench):
    assert "no candidate is left" in dcbench.usage_error("-i", "stdlib", "-w", "memo",
                                                         "--fail-if", "slower")


def test_control_is_a_reserved_label(dcbench):
    assert "LABEL=SPEC" in dcbench.usage_error("-i", "control=merged", "-w", "memo")


@needs_full
def test_failing_output_keeps_the_more_important_status(dcbench, write):
    write("wrong.py", "def deepcopy(x, memo=None):\n    return x\n")
    done = dcbench.quick("-i", "wrong.py", "-w", "memo", "-o", "/dev/full", status=1)
    assert "No space left" in done.err


def test_output_that_cannot_be_is_found_before_measuring(dcbench):
    done = dcbench.quick("-w", "memo", "-o", "/proc/nowhere/r.json", status=3)
    assert "/proc/nowhere" in done.err and done.out == ""


def test_worker_says_how_it_is_linked(dcbench):
    """The same code at the same speed as the interpreter that people run, or a note."""
    result = dcbench.result("-w", "reduce")
    python = result["environment"]["python"]
    note = "the interpreter's own program"
    assert (note in result.notes) == (python["linkage"] != python["interpreter_linkage"])
    program = re.sub(r"/lib.*", "/bin/python", python["copy_path"]) \
        + python["version"].rpartition(".")[0]
    if not os.access(program, os.X_OK) or not shutil.which("readelf"):
        pytest.skip(f"no {program} or no readelf to compare with")
    needs = subprocess.run(["readelf", "-d", program], capture_output=True, text=True).stdout
    assert python["interpreter_linkage"] == ("shared" if "libpython" in needs else "static")
    if python["version"].startswith("3.11.") and program.startswith("/usr/bin/"):
        assert python["linkage"] == "static", "Debian 12 has all that it takes"


def test_modifiers_that_are_not_honoured_are_refused(dcbench):
    for event in ("instructions:k", "cycles:u:precise=2", "cycles:pinned"):
        assert "only user space" in dcbench.usage_error("-w", "memo", "-e", event)
