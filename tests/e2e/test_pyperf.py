"""pyperf's files, both ways, with pyperf itself."""

import csv
import gzip
import io
import json
import os
import pathlib
import re
import shlex
import subprocess

import pytest

from conftest import DCBENCH, KERNEL, QUICK, TOP, Dcbench, cannot_simulate

PYPERF = os.environ.get("DCBENCH_TEST_PYPERF", "")
needs_pyperf = pytest.mark.skipif(
    not PYPERF, reason="DCBENCH_TEST_PYPERF names no Python with pyperf: the package "
                       "index could not be reached, or scripts/test did not run")

COPY = "import copy\ndef deepcopy(x, memo=None):\n    return copy.deepcopy(x, memo)\n"
WRONG = "def deepcopy(x, memo=None):\n    return x\n"
ODD = "`x` | <b>\"é\"; $HOME & .."

# What pyperf itself reads of files: mean in nanoseconds, numbers of processes with values
# and of values, of all benchmarks in seconds.
LOAD = """
import json, math, pyperf, statistics, sys
for path in sys.argv[1:]:
    found = {}
    for bench in pyperf.BenchmarkSuite.load(path):
        runs = [run.values for run in bench.get_runs() if run.values]
        if bench.get_unit() == "second" and runs:
            mean = bench.mean()
            if len(set(map(len, runs))) > 1:     # ours is that of the processes' means
                mean = statistics.mean(statistics.mean(values) for values in runs)
            found[bench.get_name()] = [mean * 1e9, len(runs), bench.get_nvalue()]
    print(json.dumps(found))
"""


def python(*args, cwd, status=0):
    done = subprocess.run([PYPERF, *map(str, args)], cwd=cwd, capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == status, (args, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr, (args, done.stderr)
    return done.stdout


@pytest.fixture
def pyperf(dcbench):
    def run(*args, error=False):
        out = python("-m", "pyperf", *args, cwd=dcbench.folder)
        assert ("ERROR" in out) == error, out
        return out
    return run


def read_csv(text):
    return list(csv.DictReader(io.StringIO(text)))


def check_means(dcbench, paths):
    """That dcbench reads of each file what pyperf reads of it."""
    lines = python("-c", LOAD, *paths, cwd=dcbench.folder).splitlines()
    assert len(lines) == len(paths)
    for path, line in zip(paths, lines):
        expected = {name: [f"{mean:.8g}", str(runs), str(values)]
                    for name, (mean, runs, values) in json.loads(line).items()}
        rows = read_csv(dcbench("convert", path, "--format", "csv").out)
        assert {row["workload"]: [row["time_mean_ns"], row["workers"], row["blocks"]]
                for row in rows} == expected, path


# ---- writing ----

# What is measured for one set of files, and how it ends.
KINDS = {
    "three workloads": (["-i", "merged,fastpath", "-w", "all", "--counters", "none"], 0),
    "kernel": (["-w", "memo", "--counters", "kernel"], 0),
    "simulated": (["-w", "memo", "--counters", "simulated"], 0),
    "failed": (["-i", "wrong.py,merged", "-w", "memo", "--counters", "none"], 1),
    "odd label": (["-i", f"{ODD}=slow.py", "-w", f"{ODD}=memo", "--counters", "none"], 0),
    "one worker": (["-w", "memo", "--counters", "none", "--workers", "1"], 0),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Results of each kind, measured once."""
    made = {}

    def get(kind):
        if kind not in made:
            folder = tmp_path_factory.mktemp("kind")
            (folder / "slow.py").write_text(COPY)
            (folder / "wrong.py").write_text(WRONG)
            args, status = KINDS[kind]
            if kind == "simulated" and cannot_simulate():
                pytest.skip(cannot_simulate())
            Dcbench(folder)(*QUICK, *args, "-o", "result.json", "-q", status=status)
            made[kind] = folder / "result.json"
        return made[kind]
    return get


def write_files(dcbench, path):
    """A file for each implementation; their paths, the baseline's first."""
    dcbench("convert", path, "--format", "pyperf", "-o", "out/")
    files = sorted((dcbench.folder / "out").iterdir(),
                   key=lambda file: file.name != "stdlib.json")
    assert files[0].name == "stdlib.json"
    return files


@needs_pyperf
@pytest.mark.parametrize("kind", KINDS)
def test_pyperf_accepts_our_files(dcbench, results, pyperf, kind):
    files = write_files(dcbench, results(kind))
    for command in ("show", "stats", "check", "hist", "metadata", "dump"):
        assert pyperf(command, *files)
    pyperf("show", "--metadata", "--dump", "--stats", "--hist", files[0])
    # Of single values pyperf cannot say whether they differ, whoever wrote them.
    pyperf("compare_to", *files, error=kind == "one worker")
    pyperf("compare_to", "--table", "--verbose", *files)
    pyperf("compare_to", "--table", "--group-by-speed", *files[:2])
    pyperf("convert", files[-1], "--indent", "-o", "indent.json")
    pyperf("convert", files[-1], "--extract-metadata", "dcbench_cpu_time", "-o",
           "cpu.json")
    pyperf("convert", files[-1], "-o", "packed.json.gz")
    check_means(dcbench, [*files, "indent.json", "cpu.json", "packed.json.gz"])


@needs_pyperf
def test_numbers_are_ours(dcbench, results, pyperf):
    path = results("three workloads")
    cells = json.loads(path.read_text())["cells"]
    files = write_files(dcbench, path)
    assert {file.stem for file in files} == {"stdlib", "merged", "fastpath"}
    loaded = [json.loads(line) for line in
              python("-c", LOAD, *files, cwd=dcbench.folder).splitlines()]
    for file, found in zip(files, loaded):
        own = [cell for cell in cells
               if cell["impl"] == file.stem and cell["role"] != "control"]
        assert list(found) == [cell["workload"] for cell in own]
        for cell in own:
            mean, runs, values = found[cell["workload"]]
            assert mean == pytest.approx(cell["time_ns"]["mean"], rel=1e-6)
            assert runs == values == cell["time_ns"]["workers"]
    table = pyperf("compare_to", *files, "--table")
    for name in ("general", "reduce", "memo"):
        assert name in table


@needs_pyperf
def test_simulated_counters_are_metadata(dcbench, results, pyperf):
    path = results("simulated")
    cell = [cell for cell in json.loads(path.read_text())["cells"]
            if cell["role"] == "candidate"][0]
    value = cell["counters"]["instructions"]["value"]
    file = write_files(dcbench, path)[1]
    assert f"dcbench_simulated_instructions: {value}" in pyperf("metadata", file)
    pyperf("convert", file, "--extract-metadata", "dcbench_simulated_instructions", "-o",
           "count.json")
    found = json.loads(python("-c", LOAD, "count.json", cwd=dcbench.folder))
    assert found["memo"][0] == pytest.approx(value * 1e9, rel=1e-6)


@needs_pyperf
def test_check_is_content_with_enough(dcbench, write, pyperf):
    """The warning of raw values below 1 ms is true of us: it asks what a value stands
    for, which is all blocks of a worker."""
    for rounds, warned in ((2, True), (60, False)):
        dcbench("-w", "memo", "--workers", "2", "--rounds", rounds, "--counters", "none",
                "-o", "result.json", "-q")
        file = write_files(dcbench, "result.json")[0]
        assert ("shortest raw value" in pyperf("check", file)) == warned


@needs_pyperf
def test_run_prints_both_sides(dcbench, write, pyperf):
    done = dcbench.quick("-w", "memo,reduce", "--format", "pyperf", "-o", "result.json")
    write("run.json", done.out)
    shown = pyperf("show", "run.json")
    for name in ("stdlib/memo", "stdlib/reduce", "merged/memo", "merged/reduce"):
        assert name in shown
    done = dcbench("convert", "result.json", "--format", "pyperf", "-i", "all")
    write("again.json", done.out)
    assert "Not significant" not in pyperf("check", "again.json")
    pyperf("compare_to", "run.json", "again.json")
    check_means(dcbench, ["run.json", "again.json"])


@needs_pyperf
def test_a_run_without_any_time(dcbench, write):
    write("wrong.py", WRONG)
    write("raises.py", "def deepcopy(x, memo=None):\n    raise ValueError\n")
    done = dcbench("-b", "raises.py", "-i", "wrong.py", "-w", "memo", *QUICK, *KERNEL,
                   "--format", "pyperf", status=1)
    assert done.out == ""
    assert "nothing was measured that pyperf could read" in done.err


def test_one_implementation(dcbench, results):
    path = results("three workloads")
    done = dcbench("convert", path, "--format", "pyperf", "-i", "merged")
    data = json.loads(done.out)
    assert [b["metadata"]["name"] for b in data["benchmarks"]] \
        == ["general", "reduce", "memo"]
    dcbench("convert", path, "--format", "pyperf", "-i", "merged", "-o", "own.json")
    assert (dcbench.folder / "own.json").read_text() == done.out
    (dcbench.folder / "there").mkdir()
    dcbench("convert", path, "--format", "pyperf", "-i", "merged", "-o", "there")
    assert [file.name for file in (dcbench.folder / "there").iterdir()] \
        == ["merged.json"]
    assert (dcbench.folder / "there/merged.json").read_text() == done.out


def test_which_implementation(dcbench, results):
    path = results("three workloads")
    message = dcbench.usage_error("convert", path, "--format", "pyperf")
    assert "3 implementations" in message
    assert "-o DIR/" in message and "-i merged" in message
    message = dcbench.usage_error("convert", path, "--format", "pyperf", "-i", "mergde")
    assert "did you mean 'merged'" in message
    message = dcbench.usage_error("convert", path, "--format", "pyperf", "-i", "control")
    assert "it has stdlib, merged, fastpath" in message


def test_what_failed_is_left_out(dcbench, results):
    path = results("failed")
    done = dcbench("convert", path, "--format", "pyperf", "-o", "out/")
    assert "wrong on memo left out: failed" in done.err
    assert {file.name for file in (dcbench.folder / "out").iterdir()} \
        == {"stdlib.json", "merged.json"}
    done = dcbench("convert", path, "--format", "pyperf", "-i", "wrong", status=3)
    assert done.out == "" and "no time that pyperf could read" in done.err


def test_labels_become_safe_names(dcbench, results):
    dcbench("convert", results("odd label"), "--format", "pyperf", "-o", "out/")
    names = {file.name for file in (dcbench.folder / "out").iterdir()}
    assert len(names) == 2
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*\.json", name)
               for name in names)


def test_labels_that_become_one_name(dcbench, write):
    write("slow.py", COPY)
    dcbench.quick("-i", "a b=slow.py,a+b=slow.py,a_b=slow.py", "-w", "reduce", "-o",
                  "result.json", "-q")
    dcbench("convert", "result.json", "--format", "pyperf", "-o", "out/")
    out = dcbench.folder / "out"
    labels = {file.name: json.loads(file.read_text())["metadata"]["dcbench_implementation"]
              for file in out.iterdir()}
    assert labels == {"stdlib.json": "stdlib", "a_b.json": "a b", "a_b-2.json": "a+b",
                      "a_b-3.json": "a_b"}


def test_a_folder_that_cannot_be(dcbench, results, write):
    write("file", "")
    done = dcbench("convert", results("three workloads"), "--format", "pyperf", "-o",
                   "file/", status=3)
    assert "file/" in done.err


# ---- the other formats ----

@pytest.mark.parametrize("form", ["table", "markdown", "csv", "json"])
def test_as_the_run_printed_it(dcbench, form):
    """What can be written of a file is what the run itself has written."""
    printed = dcbench.quick("-w", "reduce", "-i", "merged", "-o", "result.json",
                            "--format", form).out
    done = dcbench("convert", "result.json", "--format", form)
    dcbench("convert", "result.json", "--format", form, "-o", "again")
    assert (dcbench.folder / "again").read_text() == done.out
    assert done.out == printed


def test_standard_input(dcbench, results):
    text = results("three workloads").read_bytes()
    for data in (text, gzip.compress(text)):
        done = subprocess.run([DCBENCH, "convert", "-", "--format", "csv"], input=data,
                              capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done
        assert len(done.stdout.splitlines()) == 1 + 3 * 4


def test_no_such_file(dcbench):
    done = dcbench("convert", "missing.json", status=3)
    assert done.out == "" and "missing.json" in done.err


# ---- reading ----

def one_file(**changes):
    runs = [{"values": [2e-6, 4e-6]}, {"values": [6e-6]}]
    return {"version": "1.0", "benchmarks": [{"metadata": {"name": "x"}, "runs": runs}],
            **changes}


def test_a_file_of_theirs(dcbench, write):
    write("theirs.json", json.dumps(one_file()))
    row, = read_csv(dcbench("convert", "theirs.json", "--format", "csv").out)
    assert (row["workload"], row["implementation"]) == ("x", "theirs")
    assert (row["time_mean_ns"], row["time_min_ns"], row["time_max_ns"]) \
        == ("4500", "3000", "6000")
    assert (row["workers"], row["blocks"], row["ratio"]) == ("2", "3", "")
    for form in ("table", "markdown"):
        text = dcbench("convert", "theirs.json", "--format", form).out
        assert "4.50 us" in text and "not measured in turns" in " ".join(text.split())
    done = dcbench("convert", "theirs.json", "--format", "json", status=3)
    assert "no pairs" in done.err


@pytest.mark.parametrize("change, said", [
    ({"version": 1.0}, "version"),
    ({"version": 4}, "4"),
    ({"version": "2.0"}, "'2.0'"),
    ({"benchmarks": []}, "benchmarks"),
    ({"benchmarks": [{"runs": [{"values": [1]}]}]}, "benchmarks[0]"),
    ({"benchmarks": [{"metadata": {"name": "x"}, "runs": [{"values": [1, 0]}]}]},
     "benchmarks[0].runs[0].values[1]"),
])
def test_files_that_are_refused(dcbench, write, change, said):
    write("bad.json", json.dumps(one_file(**change)))
    done = dcbench("convert", "bad.json", "--format", "csv", status=3)
    assert done.out == ""
    assert "bad.json" in done.err and said in done.err


@pytest.fixture(scope="module")
def shipped():
    """The files that pyperf's own tests have."""
    folder = subprocess.run([PYPERF, "-c", "import pyperf; print(pyperf.__path__[0])"],
                            capture_output=True, text=True, check=True, timeout=60).stdout
    return sorted(pathlib.Path(folder.strip(), "tests").glob("*.json*"))


@needs_pyperf
def test_files_of_pyperfs_tests(dcbench, shipped):
    assert len(shipped) >= 7
    check_means(dcbench, shipped)


@needs_pyperf
def test_what_is_not_time_is_passed_over(dcbench, shipped):
    path, = [path for path in shipped if path.name == "track_memory.json"]
    done = dcbench("convert", path)
    assert "passed over: its unit is byte" in done.out
    assert read_csv(dcbench("convert", path, "--format", "csv").out) == []


@needs_pyperf
def test_older_formats(dcbench, write, shipped):
    """The same runs in the formats 6 and 5, as pyperf reads them."""
    path, = [path for path in shipped if path.name == "mult_list_py36.json"]
    data = json.loads(path.read_text())
    data["version"] = 6
    six = write("six.json", json.dumps(data))
    data["version"] = 5
    top = data.pop("metadata")
    for bench in data["benchmarks"]:
        bench["common_metadata"] = {**top, **bench.pop("metadata")}
        for run in bench["runs"]:
            run["samples"] = run.pop("values", [])
    five = write("five.json", json.dumps(data))
    check_means(dcbench, [six, five])


@needs_pyperf
def test_files_that_pyperf_writes_now(dcbench, pyperf):
    few = ("-p", "2", "-n", "2", "-w", "1", "-l", "100")
    pyperf("timeit", *few, "--name", "plain", "-o", "two.json", "'x' * 10")
    pyperf("timeit", *few, "--name", "duplicated", "--duplicate", "10", "--append",
           "two.json", "'x' * 10")
    pyperf("timeit", "--debug-single-value", "-o", "one.json.gz", "'x' * 10")
    pyperf("timeit", "-p", "1", "-n", "3", "-w", "1", "--min-time", "0.001", "-o",
           "calibrated.json", "'x' * 10")
    pyperf("timeit", "--debug-single-value", "--tracemalloc", "-o", "memory.json",
           "'x' * 10")
    pyperf("command", "-p", "2", "-n", "1", "-w", "0", "-l", "1", "-o", "command.json",
           "--", "true")
    pyperf("convert", "two.json", "--add", "two.json", "--indent", "-o", "sum.json.gz")
    check_means(dcbench, ["two.json", "one.json.gz", "calibrated.json", "memory.json",
                          "command.json", "sum.json.gz"])


@pytest.mark.parametrize("output", [[], ["-o", "again.json"], ["-i", "all"]])
def test_theirs_is_not_written_again(dcbench, write, output):
    """Most of what would stand in it would be made up."""
    write("theirs.json", json.dumps(one_file()))
    done = dcbench("convert", "theirs.json", "--format", "pyperf", *output, status=3)
    assert done.out == "" and "pyperf's is not written again" in done.err
    assert not (dcbench.folder / "again.json").exists()


# ---- the document ----

def commands():
    text = (TOP / "docs/pyperf.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return "".join(blocks).replace("\\\n", " ").splitlines()


@needs_pyperf
def test_commands_of_the_document(dcbench):
    """Every command of docs/pyperf.md, in its order; measuring with little effort."""
    lines = commands()
    assert len(lines) >= 8
    path = f"{DCBENCH.parent}:{pathlib.Path(PYPERF).parent}:{os.environ['PATH']}"
    for line in lines:
        words = shlex.split(line)
        if words[0] == "dcbench" and words[1] != "convert":
            line = line.replace("dcbench", shlex.join(["dcbench", *QUICK, *KERNEL]), 1)
        done = subprocess.run(["bash", "-c", line], cwd=dcbench.folder, text=True,
                              capture_output=True, timeout=60, check=False,
                              env=dcbench.environment(PATH=path))
        assert done.returncode == 0, (line, done.stdout, done.stderr)
