"""dcbench compare: result files against each other, without any worker."""

import csv
import gzip
import io
import json
import re
from xml.etree import ElementTree

import jsonschema
import pytest

from conftest import TOP, Dcbench, assert_described, words

SCHEMA = json.loads((TOP / "docs/compare.schema.json").read_text())

# Of such intervals one in ten thousand is off: nothing here fails by chance.
SURE = ("--confidence", "99.99")

SLOW = """\
import copy

def deepcopy(x, memo=None):
    copy.deepcopy(x)
    return copy.deepcopy(x, memo)
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs of the same code, and one in which it takes twice as long."""
    dcbench = Dcbench(tmp_path_factory.mktemp("runs"))
    (dcbench.folder / "same.py").write_text(SLOW.replace("    copy.deepcopy(x)\n", ""))
    (dcbench.folder / "slow.py").write_text(SLOW)
    for name, impl in (("old", "same"), ("new", "same"), ("slow", "slow")):
        dcbench("-i", f"merged,mine={impl}.py", "-w", "memo,reduce", "--workers", "12",
                "--rounds", "12", "--max-time", "20", "--counters", "kernel",
                "--verify", "off", "-o", f"{name}.json")
        believe_the_control(dcbench.folder / f"{name}.json")
    return dcbench.folder


def believe_the_control(path):
    """On a busy machine it may differ, which is a matter of a test of its own."""
    data = json.loads(path.read_text())
    for workload in data["workloads"]:
        workload["verdicts_withheld"] = False
    path.write_text(json.dumps(data))


@pytest.fixture
def load(runs):
    return lambda name: json.loads((runs / f"{name}.json").read_text())


@pytest.fixture
def files(dcbench, runs):
    for name in ("old", "new", "slow"):
        (dcbench.folder / f"{name}.json").write_bytes(
            (runs / f"{name}.json").read_bytes())


@pytest.fixture
def compare(dcbench, files, write):
    """Compares files, those given as objects being written first."""
    def compare(*args, **options):
        paths = []
        for number, item in enumerate(args):
            if isinstance(item, dict):
                write(f"{number}.json", json.dumps(item))
                item = f"{number}.json"
            paths.append(item)
        return dcbench("compare", *paths, **options)
    return compare


@pytest.fixture
def compared(compare):
    """The same as an object that was checked."""
    def compared(*args, **options):
        done = compare(*args, "--format", "json", **options)
        return valid(json.loads(done.out)), done
    return compared


def valid(data):
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    wrong = sorted(jsonschema.Draft7Validator(SCHEMA).iter_errors(data), key=str)
    assert not wrong, wrong[:3]
    assert [c["file"] for c in data["comparisons"]] == list(range(1, len(data["files"])))
    for comparison in data["comparisons"]:
        for row in comparison["rows"]:
            assert (row["change"] is None) == bool(row["gaps"]), row
            assert (row["verdict"] is None) == bool(row["gaps"]), row
            assert (row["time_change"] is None) == bool(row["time_gaps"]), row
            if row["change"] and row["change"]["low"]:
                assert row["wide"]["low"] <= row["change"]["low"] <= \
                    row["change"]["estimate"] <= row["change"]["high"] <= \
                    row["wide"]["high"]
    return data


def rows(data, file=1):
    return {(row["workload"], row["impl"]): row
            for row in data["comparisons"][file - 1]["rows"]}


def notes(data):
    return "\n".join(data["notes"])


# ---- verdicts ----

def test_schema_describes_every_field():
    assert_described(SCHEMA)


def test_two_runs_of_the_same(compared):
    data, done = compared("old.json", "new.json", *SURE)
    assert set(rows(data)) == {(w, i) for w in ("memo", "reduce")
                               for i in ("merged", "mine")}
    for row in rows(data).values():
        assert row["verdict"], done
        assert row["time_change"] > 0 and row["pace"] > 0
    assert data["comparisons"][0]["mean"]["rows"] == 4
    assert data["confidence"] == 0.9999 and data["margin"] == 0.02
    assert [f["title"] for f in data["files"]] == ["old", "new"]


def test_slowed(compared):
    data, done = compared("old.json", "slow.json", *SURE)
    for workload in ("memo", "reduce"):
        row = rows(data)[workload, "mine"]
        assert row["verdict"] == "slower", done
        assert 1.5 < row["change"]["estimate"] < 3
    back, _ = compared("slow.json", "old.json", *SURE)
    assert rows(back)["memo", "mine"]["verdict"] == "faster"


def test_change_is_the_quotient_of_the_ratios(compared, load):
    data, _ = compared("old.json", "slow.json")
    ratios = [{(c["workload"], c["impl"]): c["ratio"]["estimate"]
               for c in load(name)["cells"] if c["role"] == "candidate"}
              for name in ("old", "slow")]
    for key, row in rows(data).items():
        assert row["change"]["estimate"] == pytest.approx(ratios[1][key] / ratios[0][key])


def test_same_file_twice(compared):
    data, _ = compared("old.json", "old.json", "--margin", "10")
    assert [f["title"] for f in data["files"]] == ["[1] old", "[2] old"]
    for row in rows(data).values():
        assert row["change"]["estimate"] == 1 == row["time_change"]
        assert row["counters"]["task-clock"]["change"]["estimate"] == 1
    assert data["notes"] == []


# ---- made files ----

def made(data, ratio, pace=1.0):
    """Of a run: merged on memo alone, with this ratio, times of this pace."""
    data["plan"]["implementations"] = data["plan"]["implementations"][:2]
    data["plan"]["workloads"] = data["plan"]["workloads"][:1]
    data["workloads"] = data["workloads"][:1]
    data["cells"] = [c for c in data["cells"]
                     if c["workload"] == "memo" and c["impl"] != "mine"]
    for cell in data["cells"]:
        for key in ("median", "mean", "stddev", "min", "max"):
            cell["time_ns"][key] *= pace
        if cell["role"] == "candidate":
            cell["ratio"].update(estimate=ratio, low=ratio * 0.998, high=ratio * 1.002)
    return data


def test_equal_files_are_the_same(compared, load):
    file = made(load("old"), 0.62)
    data, done = compared(file, file, "--fail-if", "slower,faster,inconclusive")
    (row,) = rows(data).values()
    assert row["verdict"] == "same" and row["remarks"] == [], done
    assert row["change"]["estimate"] == 1 == row["pace"]


def test_small_growth_at_the_same_pace(compared, load):
    old = made(load("old"), 0.62)
    data, _ = compared(old, made(load("old"), 0.62 * 1.05), "--fail-if", "slower",
                       status=1)
    (row,) = rows(data).values()
    assert row["verdict"] == "slower" and row["remarks"] == []


def test_another_pace(compared, load):
    """The core was shared: everything 1.6 times slower, the ratio 2 % off."""
    old, new = made(load("old"), 0.62), made(load("old"), 0.62 * 1.02, 1.6)
    data, done = compared(old, new, "--fail-if", "slower", status=4)
    (row,) = rows(data).values()
    assert row["verdict"] == "inconclusive" and row["remarks"] == ["pace"]
    assert row["pace"] == pytest.approx(1.6)
    assert row["wide"]["low"] < 1 < row["wide"]["high"]
    assert "memo: the machine ran 1.6 times slower in 1 than in 0" in notes(data)
    assert "measure longer" not in done.err
    least = re.search(r"--fail-if: no verdict .* --margin ([0-9.]+) is the least",
                      done.err)[1]
    compared(old, new, "--fail-if", "slower", "--margin", str(float(least) + 3))


def test_interrupted(compared, load):
    old, new = made(load("old"), 0.62), made(load("old"), 0.9)
    new["interrupted"] = 2
    data, done = compared(old, new, "--fail-if", "slower", status=4)
    (row,) = rows(data).values()
    assert row["verdict"] == "inconclusive" and row["remarks"] == ["interrupted"]
    assert data["comparisons"][0]["mean"]["rows"] == 0
    assert "memo: one of the runs was interrupted" in notes(data)
    assert "merged on memo in 1: one of the runs was interrupted" in done.err


def test_many_rows(compare, load):
    """As many as a file may have, of which each is looked for in the other."""
    data = made(load("old"), 0.62)
    spec, workload = data["plan"]["workloads"][0], data["workloads"][0]
    for cell in data["cells"]:
        cell.update(samples=cell["samples"][:1], counters={}, derived={})
        cell["time_ns"]["workers"] = 1
    data["plan"]["rows"] = []
    arm, cells = data["plan"]["implementations"][1], data["cells"]
    arms = [f"arm{i}" for i in range(4)]
    names = [f"w{i}" for i in range(1000)]
    data["plan"]["implementations"][1:] = [{**arm, "label": name} for name in arms]
    data["plan"]["workloads"] = [{**spec, "label": name} for name in names]
    data["workloads"] = [{**workload, "workload": name} for name in names]
    data["cells"] = [
        cell for name in names for cell in
        (*({**cell, "workload": name} for cell in cells[:2]),
         *({**cells[2], "workload": name, "impl": impl} for impl in arms))]
    done = compare(data, data, "--format", "csv", "-q")
    assert len(done.out.splitlines()) == 4001
    for part in (data["plan"], data):
        part["workloads"].append({**part["workloads"][0], "label": "more",
                                  "workload": "more"})
    assert "1001 of them: 1000 are read at most" in compare(data, data, status=3).err


# ---- what is left out ----

def other_python(data):
    data["environment"]["python"]["version"] = "3.99.0"


def other_build(data):
    data["environment"]["python"]["build"] = "another"


def other_linkage(data):
    data["environment"]["python"]["linkage"] = "another"


def other_machine(data):
    data["environment"]["cpu"] = "Another CPU"


def other_workload(data):
    data["plan"]["workloads"][0]["sha256"] = "0" * 64


def other_baseline(data):
    data["plan"]["implementations"][0]["sha256"] = "0" * 64


def other_copy(data):
    data["environment"]["python"]["copy_sha256"] = "0" * 64


def other_candidate(data):
    for impl in data["plan"]["implementations"][1:]:
        impl["sha256"] = "0" * 64


def other_gc(data):
    data["plan"]["gc"] = not data["plan"]["gc"]


MEMO = {"memo"}
ALL = {"memo", "reduce"}


@pytest.mark.parametrize("change, gap, ratios_of, times_of, note", [
    (other_python, "interpreter", ALL, ALL, "3.99.0 here"),
    (other_build, "interpreter", ALL, ALL, "(another, "),
    (other_linkage, "interpreter", ALL, ALL, "libpython another) here"),
    (other_machine, None, set(), ALL, "Another CPU here: times are not compared"),
    (other_workload, "workload", MEMO, MEMO, "1: memo: the workload's file differs"),
    (other_baseline, "baseline", ALL, set(), "the baselines differ: stdlib ("),
    (other_copy, "baseline", ALL, set(), "copy modules differ"),
    (other_candidate, None, set(), set(), ""),
    (other_gc, "settings", ALL, ALL, "garbage collection differs: on in old, off here"),
])
def test_left_out(compared, load, change, gap, ratios_of, times_of, note):
    other = load("new")
    change(other)
    nothing = ratios_of == ALL == times_of
    data, done = compared("old.json", other, status=3 if nothing else 0)
    for (workload, _), row in rows(data).items():
        assert row["gaps"] == ([gap] if workload in ratios_of else []), row
        assert bool(row["time_gaps"]) == (workload in times_of), row
    assert note in notes(data)
    for line in data["notes"]:
        assert f"dcbench: note: {line}\n" in done.err
    assert ("nothing in 1 can be compared with old" in done.err) == nothing


def test_simulators(compared, load, dcbench):
    dcbench.quick("-i", "merged", "-w", "reduce", "--counters", "kernel", "-o", "k.json")
    old, new = (json.loads((dcbench.folder / "k.json").read_text()) for _ in range(2))
    for data, geometry in ((old, "small"), (new, "large")):
        data["plan"]["simulation"] = {"tool": "callgrind", "version": "3.19.0",
                                      "geometry": geometry, "layouts": 1}
        next(row for row in data["plan"]["rows"] if row["name"] == "instructions").update(
            kind="simulated", provider="simulated", reason=None)
        for cell in data["cells"]:
            cell["counters"]["instructions"].update(
                value=100, spread=0, provider="simulated", event="Ir", quality="exact",
                reason=None, ratio=None if cell["role"] == "baseline" else
                {"estimate": 1, "low": 1, "high": 1})
            cell["layouts"] = [{"seed": 0, "iterations": 10, "counts": {
                name: 100 for name in ("Ir", "Dr", "Dw", "I1mr", "D1mr", "D1mw", "ILmr",
                                       "DLmr", "DLmw", "Bc", "Bcm", "Bi", "Bim")}}]
    data, _ = compared(old, old)
    assert rows(data)["reduce", "merged"]["counters"]["instructions"]["gaps"] == []
    data, _ = compared(old, new)
    counters = rows(data)["reduce", "merged"]["counters"]
    assert counters["instructions"]["gaps"] == ["provider"]
    assert counters["instructions"]["change"] is None
    assert counters["task-clock"]["change"]["estimate"] == 1
    assert "instructions: counted in different ways" in notes(data)


def test_kernel_rows(compared):
    data, _ = compared("old.json", "new.json")
    counters = rows(data)["memo", "merged"]["counters"]
    assert counters["task-clock"]["change"]["estimate"] > 0
    assert counters["page-faults"]["gaps"] == ["rare"]
    assert counters["page-faults"]["change"] is None


def test_rows_of_one_file(compared, load):
    other = load("new")
    other["cells"] = [c for c in other["cells"] if c["workload"] == "memo"]
    for part in (other, other["plan"]):
        part["workloads"] = part["workloads"][:1]
    data, _ = compared("old.json", other)
    assert rows(data)["reduce", "mine"]["gaps"] == ["not_there"]
    assert rows(data)["reduce", "mine"]["this"] is None
    assert "merged on reduce, mine on reduce: not measured in this run" in notes(data)
    data, _ = compared(other, "old.json")
    assert "merged on reduce, mine on reduce: not in the first file" in notes(data)


def test_withheld(compared, load):
    other = load("slow")
    other["workloads"][0]["verdicts_withheld"] = True
    data, _ = compared("old.json", other)
    row = rows(data)["memo", "mine"]
    assert row["verdict"] == "inconclusive" and "withheld" in row["remarks"]
    assert row["change"]["estimate"] > 1.5
    assert data["comparisons"][0]["mean"]["rows"] == 2
    assert "memo: the control differed" in notes(data)
    _, done = compared("old.json", other, "--fail-if", "slower", *SURE, status=1)
    assert "mine on memo in 1: the control differed" in done.err
    assert "mine on reduce is slower in 1" in done.err


# ---- status ----

def test_gate(compare):
    done = compare("old.json", "slow.json", "--fail-if", "slower", *SURE, status=1)
    assert "dcbench: --fail-if: mine on memo is slower in slow (+" in done.err
    assert "slower" in done.out
    compare("old.json", "slow.json", *SURE)


def test_gate_of_what_is_not_known(compare, load):
    other = load("new")
    other_baseline(other)
    done = compare("old.json", other, "--fail-if", "slower", status=4)
    assert "no verdict for merged on memo in 1: the baselines differ" in done.err
    # Nothing in common counts for more than no verdict.
    other_python(other)
    compare("old.json", other, "--fail-if", "slower", status=3)


def test_margin(compare):
    compare("old.json", "new.json", "--fail-if", "same", "--margin", "50", *SURE,
            status=1)
    compare("old.json", "slow.json", "--fail-if", "faster", "--margin", "50", *SURE)


@pytest.mark.parametrize("args", [[], ["old.json"]])
def test_needs_two(dcbench, files, args):
    assert "two files or more" in dcbench.usage_error("compare", *args)


def test_options_of_other_commands(dcbench):
    assert "--impl" in dcbench.usage_error("compare", "a", "b", "-i", "merged")
    assert "--sort" in dcbench.usage_error("compare", "a", "b", "--sort", "age")
    assert "--only-changed" in dcbench.usage_error("run", "--only-changed")


@pytest.mark.parametrize("content, message", [
    (None, "No such file"),
    (b"", "broken.json"),
    (b'{"schema": "dcbench-result/1"', "broken.json"),
    (b'{"schema": "dcbench-result/9"}', "broken.json"),
    (b"[1, 2]", "broken.json"),
])
def test_damaged_files(dcbench, files, write, content, message):
    if content is not None:
        write("broken.json", content)
    done = dcbench("compare", "old.json", "broken.json", "-o", "out.json", status=3)
    assert done.out == "" and message in done.err and "broken.json" in done.err
    assert not (dcbench.folder / "out.json").exists()


# ---- formats ----

def test_table(compare):
    done = compare("old.json", "slow.json", *SURE)
    assert all(len(line) < 80 for line in done.out.splitlines()), done
    lines = done.out.splitlines()
    assert lines[0].endswith("2 files compared")
    assert lines[1].startswith("  old: 2") and lines[2].startswith("  slow: 2")
    header = next(line for line in lines if line.startswith("  implementation"))
    assert words(header) == ["implementation", "old", "slow", "change", "verdict"]
    mine = next(line for line in lines if line.startswith("  mine"))
    assert words(mine)[-1] == "slower"
    assert "geometric mean of the changes of 4 rows" in done.out
    assert "\x1b" not in done.out
    assert "\x1b[31mslower" in compare("old.json", "slow.json", "--color", "always").out


def test_only_changed(compare):
    done = compare("old.json", "slow.json", "--only-changed", *SURE)
    assert done.out.count("  mine ") == 2 + 2   # ratios and times
    assert "  merged" not in done.out
    assert "2 of 4 rows are neither faster nor slower" in done.out


def test_sort(compare):
    def order(key):
        done = compare("old.json", "slow.json", "--format", "csv", "--sort", key)
        return [(row["workload"], row["implementation"], float(row["change"]))
                for row in csv.DictReader(io.StringIO(done.out))]
    assert [row[:2] for row in order("file")] == [
        ("memo", "merged"), ("memo", "mine"), ("reduce", "merged"), ("reduce", "mine")]
    assert [row[:2] for row in order("name")] == [
        ("memo", "merged"), ("reduce", "merged"), ("memo", "mine"), ("reduce", "mine")]
    changes = [row[2] for row in order("change")]
    assert changes == sorted(changes, reverse=True)


def test_csv(compare):
    done = compare("old.json", "new.json", "slow.json", "--format", "csv")
    table = list(csv.DictReader(io.StringIO(done.out)))
    assert [row["file"] for row in table] == ["new"] * 4 + ["slow"] * 4
    assert all(None not in row and None not in row.values() for row in table)
    assert float(table[5]["change"]) > 1.5 and table[5]["verdict"] == "slower"
    assert float(table[0]["task-clock"]) > 0
    assert table[0]["task-clock provider"] == "kernel"


def test_several_files(compare, compared):
    done = compare("old.json", "new.json", "slow.json")
    assert "3 files compared, each with the first" in done.out
    assert "new against old" in done.out and "slow against old" in done.out
    data, _ = compared("old.json", "new.json", "slow.json", *SURE)
    assert rows(data, 2)["memo", "mine"]["verdict"] == "slower"


def test_output_file(compare, dcbench):
    shown = compare("old.json", "new.json", "-o", "out.json", "--format", "json").out
    assert (dcbench.folder / "out.json").read_text() == shown
    valid(json.loads(shown))


def test_inputs_are_not_written_over(compare, dcbench):
    before = (dcbench.folder / "new.json").read_bytes()
    (dcbench.folder / "link.json").symlink_to("new.json")
    for option in ("-o", "--junit", "--summary"):
        for path in ("new.json", "./new.json", "link.json"):
            done = compare("old.json", "new.json", option, path, status=2)
            assert "one of the files that are compared" in done.err
    done = dcbench("convert", "new.json", "--format", "json", "-o", "./new.json", status=2)
    assert "is the file that is converted" in done.err
    (dcbench.folder / "merged.json").write_bytes(before)
    dcbench("convert", "merged.json", "--format", "pyperf", "-o", "./", status=2)
    assert (dcbench.folder / "new.json").read_bytes() == before
    assert (dcbench.folder / "merged.json").read_bytes() == before
    assert "name the same file" in compare("old.json", "new.json", "-o", "x", "--junit",
                                           "./x", status=2).err


def test_ci(compare, dcbench):
    done = compare("old.json", "slow.json", "--fail-if", "slower", *SURE, "--junit",
                   "junit.xml", "--summary", "summary.md", "--ci", "github", status=1)
    assert re.search("^::error title=.*mine on memo is slower in slow", done.err,
                     re.MULTILINE)
    assert "dcbench: --fail-if" not in done.err     # once is enough
    suites = ElementTree.parse(dcbench.folder / "junit.xml").getroot()
    failed = {(case.get("classname"), case.get("name"))
              for case in suites.iter("testcase") if case.find("failure") is not None}
    assert len(failed) == 2 and all("mine" in str(case) for case in failed)
    summary = (dcbench.folder / "summary.md").read_text()
    assert "| mine |" in summary and "mine on memo is slower in slow" in summary


def test_titles(compare, dcbench):
    for folder in ("monday", "tuesday"):
        (dcbench.folder / folder).mkdir()
        (dcbench.folder / folder / "result.json").write_bytes(
            (dcbench.folder / "old.json").read_bytes())
    done = compare("monday/result.json", "tuesday/result.json")
    assert re.search("implementation +monday +tuesday +change", done.out)


def test_gzip_and_stdin(dcbench, files, runs):
    packed = gzip.compress((runs / "new.json").read_bytes())
    (dcbench.folder / "new.json.gz").write_bytes(packed)
    plain = dcbench("compare", "old.json", "new.json").out
    assert dcbench("compare", "old.json", "new.json.gz").out == plain


ODD = 'a|b\\"<x>, \u00e9'


def test_odd_labels(compare, compared, load):
    old, new = load("old"), load("slow")
    for data in (old, new):
        data["plan"]["implementations"][2]["label"] = ODD
        for cell in data["cells"]:
            if cell["impl"] == "mine":
                cell["impl"] = ODD
    data, _ = compared(old, new)
    assert ("memo", ODD) in rows(data)
    table = csv.DictReader(io.StringIO(compare(old, new, "--format", "csv").out))
    assert [row["implementation"] for row in table][1] == ODD
    markdown = compare(old, new, "--format", "markdown").out
    lines = [line for line in markdown.splitlines() if "x\\>" in line]
    assert lines and "<x>" not in markdown
    assert all(line.count('a\\|b\\\\"\\<x\\>') == line.count("x") for line in lines)
    heads = [line for line in markdown.splitlines() if line.startswith("| ---")]
    assert len(heads) == 4


def test_markdown(compare):
    done = compare("old.json", "slow.json", "--format", "markdown", *SURE)
    lines = done.out.splitlines()
    assert "### memo" in lines and "### reduce" in lines
    assert "| implementation | old | slow | change | verdict |" in lines
    assert any(line.startswith("| mine |") and line.endswith("| slower |")
               for line in lines)


def test_names_of_the_runs(compare, load):
    other = load("new")
    other["label"], other["commit"] = "v1.5 *", "0123456789abcdef" * 2 + "01234567"
    done = compare("old.json", other)
    assert "v1.5 *, commit 0123456789\n" in done.out.replace("\n    ", " ")
    report = json.loads(compare("old.json", other, "--format", "json").out)
    assert report["files"][1]["label"] == "v1.5 *"
    assert report["files"][1]["commit"] == other["commit"]


def test_quiet(compare, load):
    other = load("new")
    other_machine(other)
    done = compare("old.json", other, "-q")
    assert "files compared" not in done.out and "  time" not in done.out
    assert "note: 1: the machines differ" in done.out


def test_labels_are_no_commands_of_a_service(compare, load, dcbench):
    old, new = load("old"), load("slow")
    for data in (old, new):
        data["plan"]["workloads"][0]["label"] = "::error::planted"
        for part in (*data["workloads"], *data["cells"]):
            if part["workload"] == "memo":
                part["workload"] = "::error::planted"
    done = compare(old, new, "--fail-if", "slower", *SURE, status=1,
                   env=dcbench.environment(GITHUB_ACTIONS="true"))
    assert "planted" in done.out
    lines = [line.strip() for line in (done.out + done.err).splitlines()]
    commands = [line for line in lines if line.startswith("::")]
    assert commands and all(re.match("::(error|warning) title=dcbench", line)
                            for line in commands)


# ---- pyperf ----

def pyperf(times, **metadata):
    runs = [{"values": [t, t], "metadata": {"date": "2026-01-01 10:00:00"}}
            for t in times]
    return {"version": "1.0", "metadata": {"unit": "second", **metadata},
            "benchmarks": [{"metadata": {"name": "memo", "loops": 8}, "runs": runs}]}


def test_pyperf(compared):
    times = [2e-5 * (1 + 0.001 * (i % 5)) for i in range(20)]
    data, _ = compared(pyperf(times), pyperf([1.2 * t for t in times]))
    (row,) = rows(data).values()
    assert row["change"]["estimate"] == pytest.approx(1.2)
    assert row["verdict"] == "slower" and row["remarks"] == ["unpaired"]
    assert "times of different runs are compared" in notes(data)
    assert [f["kind"] for f in data["files"]] == ["pyperf", "pyperf"]


def test_pyperf_against_a_run(compared, load):
    old = load("old")
    cpu = old["environment"]["cpu"]
    data, done = compared(old, pyperf([2e-5] * 8, cpu_model_name=cpu,
                                      dcbench_implementation="merged"))
    assert "version of Python: not known in one of the files" in notes(data)
    shared = [row for row in rows(data).values() if not row["gaps"]]
    assert shared, done
    assert all((row["workload"], row["impl"], row["remarks"]) ==
               ("memo", "merged", ["unpaired"]) for row in shared)
    # Whose times they are is not known.
    data, done = compared(old, pyperf([2e-5] * 8, cpu_model_name=cpu), "--fail-if",
                          "slower", status=3)
    assert rows(data)["memo", "1"]["gaps"] == ["implementation"]
    assert "not the same implementation" in notes(data)


def test_two_runs_and_pyperf(compared, compare, load):
    old = load("old")
    theirs = pyperf([2e-5] * 8, cpu_model_name=old["environment"]["cpu"],
                    dcbench_implementation="stdlib")
    data, _ = compared(old, load("new"), theirs)
    assert {key[1] for key in rows(data)} == {"merged", "mine"}
    assert rows(data, 2)["memo", "stdlib"]["gaps"] == []
    shown = compare(old, load("new"), theirs).out.split("2 against 0")[0]
    assert len(re.findall("^  stdlib ", shown, re.MULTILINE)) == 2


def test_pyperf_of_two_machines(compared):
    def benchmark(name, cpu):
        return {"metadata": {"name": name, "cpu_model_name": cpu},
                "runs": [{"values": [2e-5]} for _ in range(8)]}
    suite = {"version": "1.0", "metadata": {"unit": "second"},
             "benchmarks": [benchmark("memo", "A"), benchmark("reduce", "B")]}
    data, _ = compared(suite, suite)
    assert {key[0] for key in rows(data)} == {"memo"}
    assert "reduce: passed over: it was measured with another machine" in notes(data)


def test_pyperf_of_another_machine(compared):
    data, _ = compared(pyperf([2e-5] * 8, cpu_model_name="A"),
                       pyperf([2e-5] * 8, cpu_model_name="B"), status=3)
    assert "machine" in next(iter(rows(data).values()))["gaps"]
