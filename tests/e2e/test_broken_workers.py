"""Implementations and workloads that break their worker: each costs what it was doing,
gets a row that says what happened, and nothing else is lost."""

import os
import pathlib
import shutil
import time

import pytest

from conftest import DCBENCH, KERNEL

OPTIONS = ("-w", "memo", "--workers", "8", "--rounds", "4", "--timeout", "20")


@pytest.fixture
def broken(dcbench, write):
    """Runs an implementation called broken; those beside it must be measured."""
    def run(code, *options, status=3, failed=True, least=4, **others):
        write("broken.py", code)
        result = dcbench.result("-i", "broken=broken.py,merged", *OPTIONS, *options,
                                status=status, **others)
        for impl, role in (("stdlib", "baseline"), ("stdlib", "control"),
                           ("merged", "candidate")):
            cell = result.cell(impl, role=role)
            assert cell["status"] == "ok", result.done
            assert cell["time_ns"]["workers"] >= least, result.done
        cell = result.cell("broken")
        assert cell["status"].startswith("failed: " if failed else "ok"), result.done
        if failed:
            assert f"dcbench: broken on memo {cell['status']}\n" in result.done.err
        return result, cell
    return run


def one_line(text):
    return "\n" not in text and all(c.isprintable() for c in text)


# ---- it dies ----

SEGFAULT = """
import ctypes
def deepcopy(x, memo=None):
    ctypes.string_at(0)
"""


def test_segfault(broken):
    result, cell = broken(SEGFAULT)
    assert "SIGSEGV" in cell["status"] and cell["failure"] == "died"
    assert "SIGSEGV" in result.notes
    assert cell["time_ns"] is None and cell["samples"] == []
    assert len(result["workloads"][0]["troubled_workers"]) == 2


def test_segfault_in_the_table(dcbench, write):
    write("crash.py", SEGFAULT)
    done = dcbench.quick("-i", "broken=crash.py", "-w", "memo", status=3)
    row = [line for line in done.out.splitlines() if line.startswith("  broken ")][0]
    assert row.split()[-1] == "failed"
    assert "broken failed: killed by SIGSEGV" in " ".join(done.out.split())
    for start in ("  stdlib ", "  control "):
        row = [line for line in done.out.splitlines() if line.startswith(start)][0]
        assert " us " in row


def test_segfault_of_the_baseline(dcbench, write):
    write("crash.py", SEGFAULT)
    result = dcbench.result("-b", "base=crash.py", "-i", "merged", *OPTIONS, status=3)
    assert "SIGSEGV" in result.cell("base")["status"]
    merged = result.cell("merged")
    assert merged["status"] == "ok" and merged["time_ns"] is not None
    assert merged["ratio"] is None and merged["verdict"] is None


@pytest.mark.parametrize("code, word", [
    ("os._exit(0)", "exit"), ("os._exit(7)", "status 7"),
    ("sys.exit()", "SystemExit"), ("sys.exit(5)", "SystemExit: 5"),
    ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
    ("os.kill(os.getpid(), signal.SIGTERM)", "SIGTERM"),
    ("os.abort()", "SIGABRT"),
    ("signal.alarm(1); time.sleep(5)", "SIGALRM"),
    ("raise KeyboardInterrupt", "KeyboardInterrupt"),
])
def test_ends_the_process(broken, code, word):
    result, cell = broken(f"import os, signal, sys, time\n"
                          f"def deepcopy(x, memo=None):\n    {code}\n")
    assert word in cell["status"], result.done
    assert one_line(cell["status"])


def test_dies_only_in_the_third_worker(broken, tmp_path):
    state = tmp_path / "count"
    result, cell = broken(f"""
import copy, ctypes
with open({str(state)!r}, "a") as file:
    file.write("x")
with open({str(state)!r}) as file:
    third = len(file.read()) == 3
calls = 0
def deepcopy(x, memo=None):
    global calls
    calls += 1
    if third and calls == 5:
        ctypes.string_at(0)
    return copy.deepcopy(x, memo)
""", failed=False, status=3, least=7)
    trouble = result["workloads"][0]["troubled_workers"]
    assert [worker["worker"] for worker in trouble] == [2]
    assert "SIGSEGV" in trouble[0]["trouble"]
    assert "broken" in trouble[0]["trouble"], "which arm was it?"
    assert cell["time_ns"]["workers"] >= 7
    assert "SIGSEGV" in result.notes


def test_dies_only_while_it_is_timed(broken):
    result, cell = broken("""
import copy, os
calls = 0
def deepcopy(x, memo=None):
    global calls
    calls += 1
    if calls == 40:
        os._exit(9)
    return copy.deepcopy(x, memo)
""", "--iterations", "10")
    assert "status 9" in cell["status"] and "timing" in cell["status"]
    trouble = result["workloads"][0]["troubled_workers"]
    assert [worker["worker"] for worker in trouble] == [0, 1]
    # Ten calls in each block, the first for the check: blocks before that one are kept.
    baseline = result.cell("stdlib", role="baseline")
    assert [s["worker"] for s in baseline["samples"]][-6:] == [2, 3, 4, 5, 6, 7]


def test_dies_at_import(broken):
    _, cell = broken("import ctypes\nctypes.string_at(0)\n")
    assert "SIGSEGV" in cell["status"] and "loading" in cell["status"]


def test_thread_that_crashes(broken):
    result, cell = broken("""
import copy, ctypes, threading
def crash():
    ctypes.string_at(0)
def deepcopy(x, memo=None):
    threading.Thread(target=crash).start()
    return copy.deepcopy(x, memo)
""", least=1)
    assert "SIGSEGV" in cell["status"]


def test_thread_that_crashes_later(broken):
    result, cell = broken("""
import copy, ctypes, threading, time
def crash():
    time.sleep(0.01)
    ctypes.string_at(0)
threading.Thread(target=crash, daemon=True).start()
def deepcopy(x, memo=None):
    return copy.deepcopy(x, memo)
""", "--rounds", "400", least=1)
    assert "SIGSEGV" in cell["status"]


# ---- it hangs ----

def test_endless_loop(broken):
    start = time.monotonic()
    result, cell = broken("def deepcopy(x, memo=None):\n    while True: pass\n",
                          "--timeout", "1")
    assert "no sign of life for 1 s" in cell["status"]
    assert cell["failure"] == "died"
    assert time.monotonic() - start < 30


def test_hangs_at_import(broken):
    _, cell = broken("import time\ntime.sleep(600)\n", "--timeout", "1")
    assert "no sign of life" in cell["status"] and "loading" in cell["status"]


def test_hangs_and_refuses_signals(broken):
    _, cell = broken("""
import signal
def deepcopy(x, memo=None):
    for number in range(1, signal.NSIG):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True: pass
""", "--timeout", "1")
    assert "no sign of life" in cell["status"]


def test_stops_itself(broken):
    _, cell = broken("""
import os, signal
def deepcopy(x, memo=None):
    os.kill(os.getpid(), signal.SIGSTOP)
""", "--timeout", "1")
    assert "no sign of life" in cell["status"]


# ---- it raises ----

def test_raises_at_once(broken):
    result, cell = broken("def deepcopy(x, memo=None):\n"
                          "    raise ValueError('no way')\n")
    assert "ValueError: no way" in cell["status"] and "broken.py:2" in cell["status"]
    assert cell["failure"] == "raised" and cell["time_ns"] is None
    assert result["workloads"][0]["troubled_workers"] == []


def test_raises_after_some_calls(broken):
    result, cell = broken("""
import copy
calls = 0
def deepcopy(x, memo=None):
    global calls
    calls += 1
    if calls > 40:
        raise ValueError("enough")
    return copy.deepcopy(x, memo)
""", "--iterations", "10", least=6)
    assert "ValueError: enough" in cell["status"]


def test_raises_what_is_no_exception_of_ours(broken):
    _, cell = broken("""
class Odd(BaseException):
    def __str__(self):
        raise Odd
def deepcopy(x, memo=None):
    raise Odd
""")
    assert "Odd" in cell["status"]


def test_message_that_would_disturb_the_output(broken, dcbench):
    code = ("def deepcopy(x, memo=None):\n"
            "    raise ValueError('\\x1b[31mred\\r\\nnext\\x00\\udcff' + 100_000 * 'x')\n")
    _, cell = broken(code)
    assert one_line(cell["status"]) and len(cell["status"]) < 2000
    done = dcbench.quick("-i", "broken=broken.py", "-w", "memo", status=3)
    assert "\x1b" not in done.out and "\r" not in done.out and "\0" not in done.out


def test_recursion(broken):
    # With the argument left out CPython 3.13 recurses for ever, by itself, too.
    _, cell = broken("def deepcopy(x, memo=None):\n    return deepcopy(x, memo)\n")
    assert "RecursionError" in cell["status"]


def test_wrong_signature(broken):
    _, cell = broken("def deepcopy():\n    return None\n")
    assert "TypeError" in cell["status"]


def test_exhausts_memory(broken, dcbench):
    start = time.monotonic()
    # The sanitizer's shadow memory forbids a limit: there the loop ends by itself.
    gigabytes = 16 if dcbench.sanitized else 1024
    _, cell = broken(f"""
def deepcopy(x, memo=None):
    hoard = []
    for i in range({gigabytes}):
        hoard.append(bytes(1 << 30))
    raise RuntimeError("there is no limit")
""")
    expected = "RuntimeError" if dcbench.sanitized else "MemoryError"
    assert expected in cell["status"]
    assert time.monotonic() - start < 30


# ---- it copies wrongly ----

@pytest.mark.parametrize("code, word", [
    ("x", "shares objects[0]"),
    ("copy.copy(x)", "shares objects[0]"),
    ("None", "NoneType"),
    ("[copy.deepcopy(v) for v in x.values()]", "list instead of dict"),
    ("{k: copy.deepcopy(v) for k, v in x.items()}", "sharing"),
    ("dict(copy.deepcopy(x), more=1)", "'more'"),
    ("json.loads(json.dumps(x))", "list"),
])
def test_wrong_copy(broken, code, word):
    result, cell = broken("import copy, json\n"
                          f"def deepcopy(x, memo=None):\n    return {code}\n", status=1)
    assert word in cell["status"] and "objects[0]" in cell["status"]
    assert cell["failure"] == "wrong"
    assert cell["time_ns"] is None and cell["samples"] == []


def test_wrong_only_in_depth(dcbench, write):
    write("data.json", '{"a": [1, {"b": [1, 2, 3]}]}')
    write("broken.py", "import copy\ndef deepcopy(x, memo=None):\n"
          "    y = copy.deepcopy(x)\n    y['a'][1]['b'][2] = 4\n    return y\n")
    result = dcbench.result("-i", "broken=broken.py", "-w", "data.json", status=1)
    status = result.cell("broken")["status"]
    assert "objects[0]['a'][1]['b'][2]" in status and "4" in status and "3" in status


@pytest.mark.parametrize("seed", [1, 2, 4])     # other orders of the arms
def test_changes_its_input_at_once(broken, seed):
    _, cell = broken("import copy\ndef deepcopy(x, memo=None):\n"
                     "    y = copy.deepcopy(x)\n    x['extra'] = 1\n    return y\n",
                     "--seed", seed, status=1)
    assert cell["failure"] == "changed" and "extra" in cell["status"]
    assert cell["time_ns"] is None


def test_changes_its_input_later(broken):
    _, cell = broken("""
import copy
calls = 0
def deepcopy(x, memo=None):
    global calls
    calls += 1
    y = copy.deepcopy(x)
    if calls % 20 == 0:
        x["extra"] = calls
    return y
""", "--iterations", "10", status=1)
    assert cell["failure"] == "changed" and "extra" in cell["status"]


# ---- it disturbs what is around it ----

COPY = """
import copy, os, sys
def deepcopy(x, memo=None):
    disturb()
    return copy.deepcopy(x, memo)
"""


def test_prints_much(broken):
    result, cell = broken(COPY + """
def disturb():
    print("out" * 1000)
    print("err" * 1000, file=sys.stderr)
    os.write(1, b"\\xff\\x00{}\\n")
""", status=0, failed=False)
    assert result.done.err.count("outout") == 0 and result.done.err.count("errerr") == 0
    assert "prints to standard output" in result.notes
    assert len(result["notes"]) == len(set(result["notes"]))


GARBAGE = """
def disturb():
    for fd in range(%d, %d):
        try:
            os.write(fd, b'{"garbage": ]\\n')
        except OSError:
            pass
"""


def test_garbage_to_low_descriptors(broken):
    broken(COPY + GARBAGE % (3, 100), status=0, failed=False)


def test_garbage_to_all_descriptors(broken):
    _, cell = broken(COPY + GARBAGE % (3, 1024), least=1)
    assert cell["failure"] == "died"


def test_flood_of_garbage(broken):
    _, cell = broken(COPY + """
def disturb():
    for fd in range(3, 1024):
        try:
            os.fstat(fd)
        except OSError:
            continue
        while True:
            os.write(fd, b"x" * 65536)
""", "--timeout", "3", least=1)
    assert cell["failure"] == "died"


def test_closes_low_descriptors(broken):
    broken(COPY + "def disturb():\n    os.closerange(0, 100)\n", status=0, failed=False)


def test_closes_all_descriptors(broken):
    _, cell = broken(COPY + "def disturb():\n    os.closerange(0, 1024)\n", least=1)
    assert cell["failure"] == "died"


def test_overwrites_all_memory_mappings_it_can(broken):
    """The samples are memory of the worker: what is written there is not believed."""
    _, cell = broken(COPY + """
import ctypes
def disturb():
    for line in open("/proc/self/maps"):
        if "dcbench-samples" in line:
            start, end = (int(x, 16) for x in line.split()[0].split("-"))
            ctypes.memset(start, 255, end - start)
""", least=1)
    assert cell["failure"] == "died"


def test_child_that_keeps_running(broken, tmp_path):
    pids = tmp_path / "pids"
    broken(COPY + f"""
import time
def disturb():
    if os.path.exists({str(pids)!r}):
        return
    pid = os.fork()
    if pid == 0:
        time.sleep(300)
        os._exit(0)
    with open({str(pids)!r}, "w") as file:
        file.write(str(pid))
""", status=0, failed=False)
    pid = int(pids.read_text())
    end = time.monotonic() + 5
    while os.path.exists(f"/proc/{pid}") and time.monotonic() < end:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        if state[0] == "Z":
            break
        time.sleep(0.02)
    else:
        assert not os.path.exists(f"/proc/{pid}"), "the worker's child is still there"


def test_child_that_returns_into_the_worker(broken):
    """Both go on as the worker; only one of them is."""
    result, cell = broken(COPY + """
done = False
def disturb():
    global done
    if not done:
        done = True
        os.fork()
""", status=0, failed=False)


def test_changes_the_interpreter(broken):
    """What the harness needs for itself it has taken before."""
    broken(COPY + """
import builtins, gc, time
def disturb():
    sys.path[:] = []
    sys.stdout = sys.stderr = None
    os.chdir("/")
    gc.disable()
    time.monotonic = time.perf_counter = lambda: 0
""", status=0, failed=False)


# ---- all of them ----

def test_all_candidates_broken(dcbench, write):
    write("crash.py", SEGFAULT)
    write("raise.py", "def deepcopy(x, memo=None):\n    raise ValueError\n")
    write("wrong.py", "def deepcopy(x, memo=None):\n    return x\n")
    result = dcbench.result("-i", "crash.py,raise.py,wrong.py", *OPTIONS, status=1)
    assert [cell["failure"] for cell in result.cells(role="candidate")] == \
        ["died", "raised", "wrong"]


def test_broken_on_one_workload_only(dcbench, write):
    write("broken.py", "import copy\ndef deepcopy(x, memo=None):\n"
          "    if type(x) is dict:\n        raise ValueError\n"
          "    return copy.deepcopy(x, memo)\n")
    result = dcbench.result("-i", "broken.py", "-w", "memo,reduce", status=3)
    assert result.cell("broken", "memo")["failure"] == "raised"
    assert result.cell("broken", "reduce")["status"] == "ok"


@pytest.mark.parametrize("options", [
    ("--format", "table"), ("--format", "markdown"), ("--format", "csv"), ("-q",),
    ("-v",)], ids=" ".join)
def test_every_format_shows_a_failure(dcbench, write, options):
    write("crash.py", SEGFAULT)
    done = dcbench("-i", "broken=crash.py", *OPTIONS, *KERNEL, *options, status=3)
    assert "broken" in done.out and "failed" in done.out
    assert "SIGSEGV" in done.out


# ---- the workload ----

@pytest.mark.parametrize("code, word", [
    ("import ctypes\nctypes.string_at(0)\n", "SIGSEGV"),
    ("import os\nos._exit(0)\n", "exit"),
    ("import os\ndef workload():\n    os._exit(3)\n", "status 3"),
    ("class X:\n    def __deepcopy__(self, memo):\n"
     "        import ctypes; ctypes.string_at(0)\nworkload = [X()]\n", "SIGSEGV"),
])
def test_workload_that_crashes(dcbench, write, code, word):
    write("data.py", code)
    result = dcbench.result("-i", "merged", "-w", "data.py,memo", status=3)
    broken, whole = result["workloads"]
    assert word in broken["failure"]
    assert all(word in cell["status"] for cell in result.cells(workload="data"))
    assert word in result.done.err
    assert whole["failure"] is None
    assert all(cell["status"] == "ok" for cell in result.cells(workload="memo"))


def test_workload_that_hangs(dcbench, write):
    write("data.py", "while True: pass\n")
    result = dcbench.result("-i", "merged", "-w", "data.py,memo", "--timeout", "1",
                            status=3)
    assert "no sign of life" in result["workloads"][0]["failure"]
    assert result.cell("merged", "memo")["status"] == "ok"


# ---- the worker program ----

@pytest.fixture
def copy_of_installation(tmp_path):
    """The installed tree again, with a worker that is to be broken."""
    top = tmp_path / "prefix"
    (top / "bin").mkdir(parents=True)
    shutil.copy2(DCBENCH, top / "bin/dcbench")
    shutil.copytree(DCBENCH.parent / "../share/dcbench", top / "share/dcbench")
    (top / "libexec/dcbench").mkdir(parents=True)
    for worker in (DCBENCH.parent / "../libexec/dcbench").glob("dcbench-worker-3.*"):
        shutil.copy2(worker, top / "libexec/dcbench")
    return top


def test_copy_of_installation(dcbench, copy_of_installation):
    dcbench.quick("-w", "memo", program=copy_of_installation / "bin/dcbench")


def break_workers(top, change):
    for worker in (top / "libexec/dcbench").iterdir():
        change(worker)


@pytest.mark.parametrize("change, word", [
    (lambda worker: worker.unlink(), "no worker in"),
    (lambda worker: worker.chmod(0o644), "Permission denied"),
    (lambda worker: worker.write_bytes(b"not a program"), "cannot start"),
    (lambda worker: worker.write_bytes(b""), "worker"),
    (lambda worker: (worker.unlink(), worker.symlink_to("/bin/true")), "does not work"),
    (lambda worker: (worker.unlink(), worker.symlink_to("/bin/cat")), "does not work"),
    (lambda worker: worker.write_text("#!/bin/sh\nkill -SEGV $$\n"), "SIGSEGV"),
    (lambda worker: worker.write_text("#!/bin/sh\necho oops >&2; exit 3\n"), "oops"),
    (lambda worker: worker.write_text("#!/bin/sh\necho garbage >&4\n"), "worker"),
    (lambda worker: worker.write_text("#!/nowhere/sh\n"), "No such file"),
], ids=["missing", "not executable", "no program", "empty", "true", "cat", "killed",
        "fails", "garbage", "no interpreter"])
def test_worker_program(dcbench, copy_of_installation, change, word):
    break_workers(copy_of_installation, change)
    done = dcbench.quick("-w", "memo", "-o", "r.json", status=3,
                         program=copy_of_installation / "bin/dcbench")
    assert done.out == "" and word in done.err
    assert done.err.count("\n") == 1
    assert list(dcbench.folder.iterdir()) == []


def test_worker_that_is_no_worker_hangs(dcbench, copy_of_installation):
    break_workers(copy_of_installation,
                  lambda worker: worker.write_text("#!/bin/sh\nsleep 100\n"))
    done = dcbench.quick("-w", "memo", "--timeout", "1", status=3,
                         program=copy_of_installation / "bin/dcbench")
    assert "worker" in done.err and "1 s" in done.err


def test_worker_started_by_hand(dcbench):
    for worker in (DCBENCH.parent / "../libexec/dcbench").glob("dcbench-worker-3.*"):
        done = dcbench(program=worker, status=2)
        assert "dcbench --help" in done.err and done.out == ""


# ---- right at first, wrong later ----

@pytest.mark.parametrize("code, said", [
    ("import copy\nmemo = {}\ndef deepcopy(x, memo=memo):\n    return copy.deepcopy(x, memo)\n",
     "a later copy, compared with an earlier one: shares objects[0]"),
    ("import copy\nmade = {}\ndef deepcopy(x, memo=None):\n"
     "    if id(x) not in made:\n        made[id(x)] = copy.deepcopy(x)\n"
     "    return made[id(x)]\n",
     "a later copy, compared with an earlier one: shares objects[0]"),
    ("import copy\ncalls = 0\ndef deepcopy(x, memo=None):\n    global calls\n    calls += 1\n"
     "    return x if calls > 12 else copy.deepcopy(x, memo)\n",
     "shares objects[0] with the original"),
], ids=["memo of all calls", "cache", "cheats when it is timed"])
def test_right_only_at_first(broken, code, said):
    result, cell = broken(code, status=1)
    assert cell["failure"] == "wrong" and said in cell["status"]


def test_two_culprits_cost_nobody_else(dcbench, write):
    """Both end the worker where no arm is in hand; each is found, and the rest is measured."""
    code = ("import copy, os, sys\nclass Out:\n    def flush(self):\n        os._exit(7)\n"
            "def deepcopy(x, memo=None):\n    sys.stdout = Out()\n"
            "    return copy.deepcopy(x, memo)\n")
    write("one.py", code)
    write("two.py", code + "# another\n")
    result = dcbench.result("-i", "one.py,two.py,merged", *OPTIONS, status=3)
    assert result.cell("one")["failure"] == result.cell("two")["failure"] == "died"
    assert result.cell("merged")["status"] == "ok" and result.cell("merged")["time_ns"]


def test_hang_does_not_use_up_the_time_of_others(dcbench, write):
    write("hang.py", "def deepcopy(x, memo=None):\n    while True: pass\n")
    result = dcbench.result("-i", "hang.py,merged", "-w", "memo", "--timeout", "1",
                            "--max-time", "1", "--workers", "20", status=3)
    assert "no sign of life for 1 s" in result.cell("hang")["status"]
    assert result.cell("merged")["time_ns"]["workers"] >= 3


def test_what_cannot_be_loaded_ends_the_run_at_once(dcbench):
    result = dcbench.result("-i", "nothing_of_that_name:deepcopy", "-w", "memo,reduce",
                            status=3)
    assert [workload["workers"] for workload in result["workloads"]] == [1, 0]
    for workload in ("memo", "reduce"):
        cell = [c for c in result["cells"] if c["role"] == "candidate"
                and c["workload"] == workload][0]
        assert "nothing_of_that_name" in cell["status"]
