"""The simulated counters: the same for every user, and right."""

import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import pytest

from conftest import DCBENCH, Dcbench, Result, alive_below, table_after, valid

SIMULATED = ("instructions", "branches", "branch-misses", "L1-dcache-loads",
             "L1-dcache-load-misses", "LLC-loads", "LLC-load-misses")
NOT_SIMULATED = ("cycles", "dTLB-loads", "dTLB-load-misses", "iTLB-loads",
                 "iTLB-load-misses")
MEMO = ("-i", "merged", "-w", "memo")
ONE = ("--workers", "1", "--rounds", "2", "--counters", "simulated")

# Raised or done where callgrind runs it, and nowhere else.
HERE = "import copy, sys\nHERE = sys.pycache_prefix == '/dev/null/none'\n"
COPY = HERE + "def deepcopy(x, memo=None):\n    %s\n    return copy.deepcopy(x, memo)\n"


def has_header():
    worker = next((DCBENCH.parent / "../libexec/dcbench").glob("dcbench-worker-3.*"))
    return b"built without valgrind's header" not in worker.read_bytes()


def is_sanitized():
    return b"__asan_init" in DCBENCH.read_bytes()


pytestmark = [
    pytest.mark.skipif(not shutil.which("valgrind"), reason="no valgrind here"),
    pytest.mark.skipif(os.access(DCBENCH, os.X_OK) and is_sanitized(),
                       reason="valgrind cannot run what a sanitizer is in"),
    pytest.mark.skipif(os.access(DCBENCH, os.X_OK) and not has_header(),
                       reason="the worker was built without valgrind's header"),
]


def simulate(dcbench, *args, status=0, **options):
    """The result of a run that times almost nothing."""
    done = dcbench(*ONE, "--format", "json", *args, status=status, **options)
    return Result(valid(json.loads(done.out)), done)


def simulated(result):
    """All that must be the same in every run."""
    return {(cell["workload"], cell["role"], cell["impl"]): (
        cell["layouts"], {name: cell["counters"][name] for name in SIMULATED},
        {name: value for name, value in cell["derived"].items()
         if value["provider"] == "simulated"}) for cell in result["cells"]}


def change(cell, row="instructions"):
    """In percent."""
    return 100 * (cell["counters"][row]["ratio"]["estimate"] - 1)


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """dcbench -i all -w all, once for several tests."""
    return simulate(Dcbench(tmp_path_factory.mktemp("everything")), "-i", "all", "-w",
                    "all", timeout=120)


# ---- what it says ----

def test_every_row_that_can_be_simulated_is(everything):
    assert everything["plan"]["simulation"]["layouts"] == 3
    assert len(everything["cells"]) == 24
    for cell in everything["cells"]:
        assert [layout["seed"] for layout in cell["layouts"]] == [0, 1, 2]
        for name in SIMULATED:
            assert cell["counters"][name]["provider"] == "simulated", name
        for name in NOT_SIMULATED:
            assert cell["counters"][name]["value"] is None
            assert cell["counters"][name]["reason"] == "not simulated"
        assert cell["derived"]["ipc"]["value"] is None
        estimated = cell["derived"]["estimated_cycles"]
        assert estimated["provider"] == "simulated"
        assert estimated["value"] > cell["counters"]["instructions"]["value"]


def test_values_are_those_of_the_layouts(everything):
    for cell in everything["cells"]:
        values = sorted(layout["counts"]["Ir"] / layout["iterations"]
                        for layout in cell["layouts"])
        assert cell["counters"]["instructions"]["value"] == pytest.approx(values[1])
        assert min(layout["iterations"] for layout in cell["layouts"]) >= 1


def test_control_is_equal(everything):
    for cell in everything.cells(role="control"):
        assert abs(change(cell)) < 0.1, cell["workload"]


def test_merged_does_less(everything):
    """The report's finding, without its machine."""
    version = everything["environment"]["python"]["version"]
    if tuple(map(int, version.split(".")[:2])) >= (3, 14):
        pytest.skip("3.14 looks at atomic types first itself")
    for workload in ("memo", "general", "reduce"):
        cell = everything.cell("merged", workload)
        for row in ("instructions", "branches", "L1-dcache-loads"):
            assert change(cell, row) < -1, (workload, row)


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """merged on memo, as the table and as a result."""
    folder = tmp_path_factory.mktemp("usual")
    done = Dcbench(folder)(*ONE, *MEMO, "-o", "r.json")
    return done, Result(valid(json.loads((folder / "r.json").read_text())), done)


def test_the_table(usual):
    done, result = usual
    assert "counters: simulated (callgrind)" in done.out
    title, rows = table_after(done.out, "simulated/iteration")
    assert title == ["simulated/iteration", "stdlib", "merged", "delta", "change",
                     "control"]
    assert tuple(row[0] for row in rows if row[0] in SIMULATED) == SIMULATED
    assert rows[0][4] == f"{change(result.cell('merged')):+.2f} %"
    assert re.search(r"instructions over 3 layouts: merged [+-]\d+\.\d\d to "
                     r"[+-]\d+\.\d\d %", " ".join(done.out.split()))
    assert "hardware/iteration" not in done.out


# ---- the same for everyone ----

def test_the_same_everywhere(dcbench, usual, tmp_path_factory):
    """Whatever the folder, environment, limits and terminal are."""
    home = tmp_path_factory.mktemp("home")
    elsewhere = tmp_path_factory.mktemp("a-folder-with-a-much-longer-name") / "deep"
    elsewhere.mkdir()
    for folder in (home, elsewhere):
        (folder / ".valgrindrc").write_text("--tool=none\n--callgrind:I1=1024,2,32\n")
    odd = dcbench.environment(
        LANG="tr_TR.UTF-8", LC_ALL="C", TERM="dumb", HOME=str(home), USER="somebody",
        VALGRIND_OPTS="--cache-sim=no --I1=1024,2,32", PYTHONMALLOC="debug",
        PYTHONHASHSEED="7", PYTHONDONTWRITEBYTECODE="1", PADDING="x" * 2000)
    again = simulate(dcbench, *MEMO, env=odd, cwd=elsewhere, preexec_fn=other_limits)
    assert simulated(again) == simulated(usual[1])


def other_limits():
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, 1 << 20))
    resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)
    os.nice(3)


def test_the_same_for_another_user(dcbench, usual):
    setpriv = shutil.which("setpriv")
    nobody = ("--reuid", "65534", "--regid", "65534", "--clear-groups")
    if os.geteuid() != 0 or not setpriv or subprocess.run(
            [setpriv, *nobody, dcbench.path, "--version"], capture_output=True).returncode:
        pytest.skip("only root can be another user, and that one has to see the program")
    done = dcbench.finish(dcbench.start(*nobody, dcbench.path, *ONE, "--format", "json",
                                        *MEMO, program=setpriv, cwd="/",
                                        env={"HOME": "/nonexistent"}))
    assert done.code == 0, done
    assert simulated(Result(valid(json.loads(done.out)), done)) == simulated(usual[1])


def test_the_same_beside_others(usual, everything):
    """Arms share one layout, so others move it, but by no more than that."""
    assert change(usual[1].cell("merged")) == pytest.approx(
        change(everything.cell("merged", "memo")), abs=0.1)


def test_other_files_have_no_part_in_it(dcbench, write):
    """Whether a helper module was compiled before, and what else lies beside it."""
    write("mine.py", "import helper\ndeepcopy = helper.deepcopy\n")
    write("helper.py", "import copy\ndef deepcopy(x, memo=None):\n"
                       "    return copy.deepcopy(x, memo)\n")
    args = ("-i", "mine.py", "-w", "reduce", "--python-path", dcbench.folder)
    cold = simulated(simulate(dcbench, *args))
    subprocess.run([sys.executable, "-c", "import helper"], cwd=dcbench.folder,
                   check=True, env={})
    assert (dcbench.folder / "__pycache__").is_dir()
    os.utime(dcbench.folder / "helper.py")
    write("notes.txt", "unread")
    warm = simulated(simulate(dcbench, *args))
    assert cold == warm


# ---- small differences ----

# The baseline, and a loop beside it that does something else for each object.
LOOP = """
import pathlib, sys
import copy as _copy
source = pathlib.Path(_copy.__file__).read_text()
own = {"__name__": "copy_of_copy", "__file__": _copy.__file__}
exec(compile(source, _copy.__file__, "exec"), own)
inner = own["deepcopy"]
def deepcopy(x, memo=None):
    for _ in range(%d):
        pass
    return inner(x, memo)
"""


def test_a_thousandth_more_is_seen(dcbench, write):
    """Sign and size: turns of a loop are added until they are 0.1 % of an iteration."""
    for turns in (5, 105):      # the first turns cost more, and those that allocate
        write(f"turns{turns}.py", LOOP % turns)
    args = ("-b", "turns5.py", "-w", "memo")
    calibration = simulate(dcbench, *args, "-i", "turns105.py")
    base = calibration.cell("turns5")["counters"]["instructions"]["value"]
    turn = (calibration.cell("turns105")["counters"]["instructions"]["value"] - base) / 100
    assert 5 < turn < 500
    turns = round(0.001 * base / turn)
    write("more.py", LOOP % (5 + turns))
    done = dcbench(*ONE, *args, "-i", "more.py", "-o", "r.json")
    result = Result(valid(json.loads((dcbench.folder / "r.json").read_text())), done)
    # One layout moves a count by some hundredths of a percent.
    assert change(result.cell("more")) == pytest.approx(100 * turns * turn / base, abs=0.04)
    assert change(result.cell("more")) == pytest.approx(0.1, abs=0.04)
    assert abs(change(result.cell("turns5", role="control"))) < 0.04
    rows = table_after(done.out, "simulated/iteration")[1]
    shown = [row for row in rows if row[0] == "instructions"][0]
    assert re.fullmatch(r"\+0\.(0[6-9]|1[0-4]) %", shown[4]), shown


# ---- what goes wrong only there ----

def assert_times(result):
    """They are as they would be without simulation."""
    for cell in result["cells"]:
        assert cell["status"] == "ok" and cell["time_ns"], result.done


def reason_of(result, impl):
    """Why an arm was not simulated."""
    cell = result.cell(impl)
    counter = cell["counters"]["instructions"]
    assert counter["value"] is None and counter["ratio"] is None
    assert cell["derived"]["estimated_cycles"]["value"] is None
    assert counter["reason"].startswith("not simulated: "), counter["reason"]
    return counter["reason"]


def run_broken(dcbench, write, code, *args):
    """Simulates nothing, and says why."""
    write("broken.py", code)
    result = simulate(dcbench, "-i", "broken.py,merged", "-w", "reduce", *args, status=3)
    assert_times(result)
    assert all(cell["counters"]["instructions"]["value"] is None
               for cell in result["cells"])
    assert "--counters simulated: nothing was counted: not simulated" in result.done.err
    return result, reason_of(result, "broken")


def test_arms_that_others_do_not_suffer_from(dcbench, write):
    """They raise, cannot be loaded, or print much."""
    write("raises.py", COPY % "if HERE: raise ValueError('no')")
    write("unloadable.py", HERE + "if HERE: raise KeyError('none')\n"
          "from copy import deepcopy\n")
    write("loud.py", COPY % "if HERE: print('x' * 1000, flush=True)")
    result = simulate(dcbench, "-i", "raises.py,unloadable.py,loud.py,merged", "-w",
                      "reduce")
    assert_times(result)
    assert "ValueError" in reason_of(result, "raises")
    assert "KeyError" in reason_of(result, "unloadable")
    assert "raises not simulated: ValueError" in result.notes
    assert "unloadable not simulated: " in result.notes
    for impl, role in (("stdlib", "baseline"), ("stdlib", "control"),
                       ("loud", "candidate"), ("merged", "candidate")):
        assert result.cell(impl, role=role)["counters"]["instructions"]["value"] > 0
    assert "xxx" not in result.done.err and "xxx" not in result.done.out


@pytest.mark.parametrize("code, word", [("os.abort()", "SIGABRT"),
                                        ("os._exit(5)", "status 5")])
def test_arm_that_ends_the_worker(dcbench, write, code, word):
    """Callgrind's worker is one for all arms: what ends it costs them all."""
    result, reason = run_broken(dcbench, write, COPY % f"import os\n    if HERE: {code}")
    assert word in reason and "broken" in reason
    assert "broken" in result.notes and word in result.notes


def test_arm_that_hangs(dcbench, write):
    start = time.monotonic()
    result, reason = run_broken(
        dcbench, write, COPY % "import time\n    while HERE: time.sleep(0.01)",
        "--timeout", "0.3")
    assert "takes too long" in reason and "broken" in reason
    assert time.monotonic() - start < 30


@pytest.mark.parametrize("what", ["os.write(7, b'totals: 1 2 3\\n' * 100)",
                                  "os.ftruncate(7, 0)", "os.ftruncate(7, 1 << 30)"],
                         ids=["totals", "empty", "large"])
def test_arm_that_writes_where_callgrind_does(dcbench, write, what):
    """Reported, not believed."""
    _, reason = run_broken(dcbench, write, COPY % f"import os\n    if HERE: {what}")
    assert "callgrind's output" in reason


def test_arm_that_works_in_another_thread(dcbench, write):
    """Callgrind counts the calling thread: what it would count is not the arm's work."""
    write("threaded.py", """
import copy
import threading

def deepcopy(x, memo=None):
    found = []
    other = threading.Thread(target=lambda: found.append(copy.deepcopy(x)))
    other.start()
    other.join()
    return found[0]
""")
    result = simulate(dcbench, "-i", "threaded.py,merged", "-w", "memo")
    assert "other threads" in reason_of(result, "threaded")
    assert result.cell("merged")["counters"]["instructions"]["value"] > 0


def test_arm_that_forks(dcbench, write):
    """The child's own dump does not take the place of what was counted before."""
    write("forks.py", COPY % "import os\n    if HERE and os.fork() == 0: os._exit(0)")
    result = simulate(dcbench, "-i", "forks.py,merged", "-w", "memo")
    assert all(cell["counters"]["instructions"]["value"] > 0 for cell in result["cells"])


def test_all_layouts_or_none(dcbench, write):
    """The median of two layouts would be another figure than that of three."""
    write("sometimes.py", COPY % "if HERE and hash('a') == LAST: raise ValueError('no')")
    probe = ("import sys\nHERE = sys.pycache_prefix == '/dev/null/none'\n"
             "from copy import deepcopy\n"
             "if HERE: raise ValueError(str(hash('a')))\n")
    write("probe.py", probe)
    seen = reason_of(simulate(dcbench, "-i", "probe.py,merged", "-w", "reduce"), "probe")
    # The first reason is that of layout 0.
    number = seen.partition("ValueError: ")[2].split(",")[0].split(" ")[0]
    path = dcbench.folder / "sometimes.py"
    path.write_text(path.read_text().replace("LAST", number))
    result = simulate(dcbench, "-i", "sometimes.py,merged", "-w", "reduce")
    cell = result.cell("sometimes")
    assert cell["layouts"] == [] and cell["counters"]["instructions"]["value"] is None
    assert "ValueError: no" in reason_of(result, "sometimes")
    assert len(result.cell("merged")["layouts"]) == 3


def test_slow_copies_are_not_simulated_unasked(dcbench, write):
    """What an iteration takes is known by then, and how many there would be."""
    write("slow.py", """
import time

class Slow:
    def __deepcopy__(self, memo):
        end = time.perf_counter() + 0.002
        while time.perf_counter() < end:
            pass
        return self

workload = [Slow()]
""")
    result = dcbench.result("-i", "merged", "-w", "slow.py", "--workers", "1",
                            "--counters", "auto")
    if has_hardware(result):
        pytest.skip("this machine has a PMU")
    assert "it would take about" in reason_of(result, "merged")


def test_workload_that_reads_a_relative_path(dcbench, write):
    """Callgrind's worker stands in /: the reason has to say what is not there."""
    write("data.txt", "1 2 3")
    write("relative.py", "import pathlib\n"
          "def workload():\n    return [pathlib.Path('data.txt').read_text().split()]\n")
    result = simulate(dcbench, "-i", "merged", "-w", "relative.py", status=3)
    for cell in result["cells"]:
        assert cell["status"] == "ok" and cell["time_ns"]
        assert "data.txt" in cell["counters"]["instructions"]["reason"]
    assert "data.txt" in result.notes


# ---- which counters ----

def rows_counted(result):
    return {name for name, counter in result.cell("merged")["counters"].items()
            if counter["value"] is not None}


def has_hardware(result):
    return result["plan"]["no_hardware_counters"] is None


@pytest.mark.parametrize("args, wanted", [
    (("--counters", "simulated,kernel"),
     {*SIMULATED, "page-faults", "task-clock", "time-elapsed", "context-switches"}),
    (("--counters", "simulated", "-e", "instructions,branches,page-faults"),
     {"instructions", "branches"}),
])
def test_what_is_asked_for(dcbench, args, wanted):
    result = dcbench.result("-w", "reduce", "--workers", "1", *args)
    assert wanted <= rows_counted(result) <= wanted | {"cpu-migrations"}
    assert "hardware" not in {c["provider"] for cell in result["cells"]
                              for c in cell["counters"].values()}


@pytest.mark.parametrize("args", [("-e", "instructions"),
                                  ("--counters", "hardware,simulated")])
def test_simulated_where_there_is_no_hardware(dcbench, args):
    result = dcbench.result("-w", "reduce", "--workers", "1", *args)
    if has_hardware(result):
        pytest.skip("this machine has a PMU")
    assert result.cell("merged")["counters"]["instructions"]["provider"] == "simulated"


def test_nothing_is_simulated_unasked(dcbench):
    for args in (("--counters", "none"), ("--counters", "kernel"),
                 ("-e", "page-faults")):
        result = dcbench.result("-w", "reduce", "--workers", "1", *args)
        assert result["plan"]["simulation"] is None
        assert result["workloads"][0]["simulated_s"] is None
        assert all(cell["layouts"] == [] for cell in result["cells"])


@pytest.mark.parametrize("events", ["cycles", "page-faults"])
def test_nothing_that_can_be_simulated(dcbench, events):
    done = dcbench(*ONE, "-w", "reduce", "-e", events, status=3)
    assert "--counters simulated: nothing was counted: " in done.err


# ---- valgrind that does not work ----

@pytest.fixture
def broken_valgrind(dcbench, tmp_path):
    """An environment in which valgrind has a version, and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    path = folder / "valgrind"
    path.write_text("#!/bin/sh\ncase $* in\n*--version) echo valgrind-3.99.0 ;;\n"
                    "*) echo 'it is broken' >&2; exit 1 ;;\nesac\n")
    path.chmod(0o755)
    return dcbench.environment(PATH=f"{folder}:{os.environ['PATH']}")


def test_broken_valgrind(dcbench, broken_valgrind):
    result = simulate(dcbench, "-w", "reduce", status=3, env=broken_valgrind)
    assert result["plan"]["simulation"]["version"] == "3.99.0"
    cell = result.cell("merged")
    assert cell["status"] == "ok" and cell["time_ns"]
    reason = cell["counters"]["instructions"]["reason"]
    assert reason.startswith("not simulated: ") and "status 1" in reason
    assert "it is broken" in reason
    assert "--counters simulated: nothing was counted: not simulated" in result.done.err


def test_broken_valgrind_costs_no_status_unasked(dcbench, broken_valgrind):
    done = dcbench("-w", "reduce", "--workers", "1", "--counters", "auto",
                   env=broken_valgrind)
    if "  hardware/iteration" in done.out:
        pytest.skip("this machine has a PMU")
    text = " ".join(done.out.split())
    assert "not simulated: " in text and "it is broken" in text


def test_no_valgrind(dcbench):
    """Where root can hide it: an empty file stands in its place."""
    hide = ("for f in /usr/bin/valgrind /usr/local/bin/valgrind; do\n"
            "  [ ! -e $f ] || mount --bind /dev/null $f || exit 99\ndone\nexec \"$@\"")
    args = ("-w", "reduce", "--workers", "1", "--format", "json")
    unshare = shutil.which("unshare")
    if not unshare or pathlib.Path(shutil.which("valgrind")).parent not in (
            pathlib.Path("/usr/bin"), pathlib.Path("/usr/local/bin")):
        pytest.skip("no unshare, or valgrind is elsewhere")
    for counters, status in (("auto", 0), ("simulated", 3)):
        done = dcbench.finish(dcbench.start(
            "-rm", "/bin/sh", "-c", hide, "sh", dcbench.path, *args, "--counters",
            counters, program=unshare))
        if done.code in (1, 99) and not done.out:
            pytest.skip(f"nothing can be hidden here: {done.err}")
        assert done.code == status, done
        result = Result(valid(json.loads(done.out)), done)
        assert result["plan"]["simulation"] is None
        counter = result.cell("merged")["counters"]["instructions"]
        if counter["provider"] == "hardware":
            pytest.skip("this machine has a PMU")
        assert "valgrind" in counter["reason"] and "not installed" in counter["reason"]
        assert counter["value"] is None


# ---- breaking off ----

def test_interrupted_while_it_simulates(dcbench, write):
    """Ends soon, leaves nothing behind, and writes what was measured."""
    write("slow.py", COPY % "import time\n    while HERE: time.sleep(0.01)")
    process = dcbench.start(*ONE, "-i", "slow.py", "-w", "reduce", "-o", "r.json")
    end = time.monotonic() + 30
    while not any("valgrind" in name or "callgrind" in name
                  for name in commands(process.pid)):
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.02)
    time.sleep(0.3)
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    done = dcbench.finish(process, timeout=20)
    assert done.code == 130, done
    assert time.monotonic() - start < 5
    result = Result(valid(json.loads((dcbench.folder / "r.json").read_text())), done)
    assert result["interrupted"] == signal.SIGINT
    cell = result.cell("slow")
    assert cell["status"] == "ok" and cell["time_ns"]
    assert cell["counters"]["instructions"]["value"] is None
    assert "interrupted" in cell["counters"]["instructions"]["reason"]
    assert "interrupted: " in result.notes


def commands(pid):
    names = []
    for below in alive_below(pid):
        try:
            names.append(pathlib.Path(f"/proc/{below}/cmdline").read_text())
        except OSError:
            pass
    return names


# ---- what it takes ----

def test_what_it_takes_is_told(usual, capsys):
    seconds = usual[1]["workloads"][0]["simulated_s"]
    assert seconds > 0
    with capsys.disabled():
        print(f" [simulating memo under three arms took {seconds:.1f} s] ", end="")


# ---- --fail-if instructions ----

LOOP = ("import copy\ndef deepcopy(x, memo=None):\n    for i in range(%d):\n"
        "        pass\n    return copy.deepcopy(x, memo)\n")
GATE = ("-w", "memo", "--workers", "2", "--rounds", "2", "--counters", "simulated",
        "--fail-if", "instructions", "-q")


def test_gate_on_instructions(dcbench, write):
    """The loops are about 1.5 % and 0.1 % of memo's instructions."""
    write("more.py", LOOP % 60)
    write("same.py", LOOP % 1)
    done = dcbench(*GATE, "-i", "more.py,same.py", "--instructions-margin", "1",
                   "--junit", "j.xml", status=1)
    assert re.fullmatch(r"dcbench: --fail-if: more on memo executes \+1\.\d\d % more "
                        r"instructions \(allowed: 1 %\)\n", done.err)
    cases = {case.get("name"): case for case in
             ElementTree.parse(dcbench.folder / "j.xml").iter("testcase")}
    assert "simulated; layouts" in cases["more: instructions"].findtext("failure")
    assert cases["same: instructions"].find("failure") is None
    assert cases["more: time"].find("failure") is None
    dcbench(*GATE, "-i", "same.py", "--instructions-margin", "1")
