"""The program under test, and helpers to run it and to check what it writes."""

import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import time

import jsonschema
import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
DCBENCH = pathlib.Path(os.environ.get("DCBENCH", TOP / "build/bin/dcbench")).absolute()
SCHEMA = TOP / "docs" / "result.schema.json"

# Little effort: enough for an interval, not for a verdict.
QUICK = ("--workers", "5", "--rounds", "5", "--max-time", "30")

# For tests that have nothing to do with counters: else a machine without a PMU simulates.
KERNEL = ("--counters", "kernel")

# Built in for `dcbench memory` alone: no time is taken of them.
MEMORY_WORKLOADS = ("none", "point-dicts", "point-slots", "single")

ROWS = ("cycles", "instructions", "branches", "branch-misses", "L1-dcache-loads",
        "L1-dcache-load-misses", "LLC-loads", "LLC-load-misses", "dTLB-loads",
        "dTLB-load-misses", "iTLB-loads", "iTLB-load-misses", "page-faults",
        "context-switches", "cpu-migrations", "task-clock", "time-elapsed")

PR_SET_CHILD_SUBREAPER = 36


def cannot_simulate():
    """Why the program under test has no simulated counters here; None where it has."""
    if not shutil.which("valgrind"):
        return "valgrind is not installed"
    if os.access(DCBENCH, os.X_OK) and b"__asan_init" in DCBENCH.read_bytes():
        return "valgrind cannot run what a sanitizer is in"
    return None


needs_simulation = pytest.mark.skipif(bool(cannot_simulate()), reason=str(cannot_simulate()))

# The tests may run in a CI job themselves: its places are not theirs to write to.
for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
    os.environ.pop(name, None)


@pytest.fixture(scope="session", autouse=True)
def orphans_come_here():
    """Processes that lose their parent become children of the tests: none can hide."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def alive_below(pid):
    """Processes below `pid` that are not zombies."""
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = stat.read_text(errors="replace").rpartition(")")
        except OSError:
            continue
        state, parent = tail.split()[:2]
        if state not in "ZX":
            children.setdefault(int(parent), []).append(int(head.split()[0]))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def leftovers(seconds=3):
    """Processes that are still below the tests after a while of patience."""
    end = time.monotonic() + seconds
    while True:
        found = alive_below(os.getpid())
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def no_process_is_left():
    yield
    found = leftovers()
    names = []
    for pid in found:
        try:
            names.append(pathlib.Path(f"/proc/{pid}/comm").read_text().strip())
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
    assert not found, f"processes are left behind: {names}"


class Done:
    """How a run ended."""

    def __init__(self, args, code, out, err):
        self.args, self.code, self.out, self.err = args, code, out, err

    def __repr__(self):
        return (f"\n{' '.join(map(str, self.args))}\nexit status {self.code}\n"
                f"--- stdout\n{self.out}\n--- stderr\n{self.err}")


class Dcbench:
    """Runs the program, always with a time limit."""

    path = DCBENCH

    def __init__(self, folder):
        self.folder = folder

    @property
    def sanitized(self):
        return b"__asan_init" in self.path.read_bytes()

    @staticmethod
    def environment(**changes):
        env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        env.update({"TERM": "xterm", **changes})
        return env

    def start(self, *args, cwd=None, env=None, program=None, **options):
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        # A shell's background job has it ignored, and so would dcbench.
        options.setdefault("preexec_fn",
                           lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        return subprocess.Popen([program or self.path, *map(str, args)],
                                stdin=subprocess.DEVNULL, text=True,
                                encoding="utf-8", errors="surrogateescape",
                                cwd=cwd or self.folder,
                                env=env or self.environment(), **options)

    def finish(self, process, timeout=60):
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            pytest.fail(f"no end after {timeout} s: {process.args}\n{out}\n{err}")
        done = Done(process.args, process.returncode, out, err)
        assert done.code >= 0 or done.code == -signal.SIGKILL, done
        for word in ("AddressSanitizer", "LeakSanitizer", "runtime error:",
                     "Assertion", "Traceback (most recent call last)"):
            assert word not in (done.err or ""), done
        return done

    def __call__(self, *args, status=0, timeout=60, **options):
        """Runs to the end and checks the exit status."""
        done = self.finish(self.start(*args, **options), timeout)
        assert done.code == status, done
        return done

    def quick(self, *args, **options):
        """With little effort: unless they are asked for, nothing is simulated, and
        nothing verified that the test is not about (test_run_verify.py is)."""
        asked = set(map(str, args))
        counters = () if {"--counters", "-e", "--events"} & asked else KERNEL
        verify = () if "--verify" in asked else ("--verify", "off")
        return self(*QUICK, *counters, *verify, *args, **options)

    def result(self, *args, status=0, **options):
        """A quick run; returns its result, validated."""
        done = self.quick("--format", "json", *args, status=status, **options)
        return Result(valid(json.loads(done.out)), done)

    def usage_error(self, *args, **options):
        """A run that must be refused; returns what it says."""
        done = self(*args, status=2, **options)
        assert done.out == "", done
        assert done.err.startswith("dcbench: "), done
        assert done.err.endswith("\n") and done.err.count("\n") == 1, done
        return done.err


class Result:
    """A result and shorter ways to its parts."""

    def __init__(self, data, done=None):
        self.data, self.done = data, done

    def __getitem__(self, key):
        return self.data[key]

    def cells(self, **wanted):
        return [cell for cell in self["cells"]
                if all(cell[key] == value for key, value in wanted.items())]

    def cell(self, impl, workload=None, role=None):
        wanted = {"impl": impl}
        if workload:
            wanted["workload"] = workload
        found = self.cells(**wanted, **({"role": role} if role else {}))
        if role is None:
            found = [cell for cell in found if cell["role"] != "control"]
        assert len(found) == 1, (impl, workload, role, self.done)
        return found[0]

    def labels(self, role="candidate"):
        names = []
        for cell in self.cells(role=role):
            if cell["impl"] not in names:
                names.append(cell["impl"])
        return names

    @property
    def notes(self):
        return "\n".join(self["notes"])


_validator = []


def valid(data):
    """Checks a result against the schema and for what a schema cannot say."""
    if not _validator:
        schema = json.loads(SCHEMA.read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        _validator.append(jsonschema.Draft7Validator(schema))
    wrong = sorted(_validator[0].iter_errors(data), key=str)
    assert not wrong, "\n".join(f"{'/'.join(map(str, e.absolute_path))}: {e.message}"
                                for e in wrong[:5])
    labels = [impl["label"] for impl in data["plan"]["implementations"]]
    arms = [("baseline", labels[0]), ("control", labels[0])]
    arms += [("candidate", label) for label in labels[1:]]
    begun = [workload["workload"] for workload in data["workloads"]]
    assert begun == [w["label"] for w in data["plan"]["workloads"]][:len(begun)]
    assert [(cell["workload"], cell["role"], cell["impl"]) for cell in data["cells"]] \
        == [(workload, *arm) for workload in begun for arm in arms]
    for cell in data["cells"]:
        check_numbers(cell)
    return data


def check_numbers(cell):
    time_ns, ratio = cell["time_ns"], cell["ratio"]
    if time_ns:
        assert time_ns["min"] <= time_ns["median"] <= time_ns["max"]
        assert time_ns["workers"] == len(cell["samples"])
        assert time_ns["blocks"] == sum(s["rounds"] for s in cell["samples"])
        numbers = [sample["worker"] for sample in cell["samples"]]
        assert numbers == sorted(set(numbers))
    if ratio and ratio["low"] is not None:
        assert ratio["low"] <= ratio["estimate"] <= ratio["high"]


@pytest.fixture
def dcbench(tmp_path):
    assert os.access(DCBENCH, os.X_OK), f"build it first: {DCBENCH}"
    folder = tmp_path / "cwd"
    folder.mkdir()
    return Dcbench(folder)


@pytest.fixture
def write(dcbench):
    """Writes a file into the current directory of the program; returns its path."""
    def write(name, text):
        path = dcbench.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text)
        return path
    return write


def words(line):
    """The cells of a line of a text table."""
    return re.split(r" {2,}", line.strip())


def table_after(text, start):
    """Header and rows of the text table that begins with a column `start`."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.strip().startswith(start):
            rows = []
            for row in lines[number + 1:]:
                if not row.startswith("  ") or len(words(row)) < 2:
                    break
                rows.append(words(row))
            return words(line), rows
    raise AssertionError(f"no table with the column {start!r} in\n{text}")


# Where /dev/full is no device (a bare chroot), writing there would fill the disk.
needs_full = pytest.mark.skipif(
    not os.path.exists("/dev/full") or not stat.S_ISCHR(os.stat("/dev/full").st_mode),
    reason="/dev/full is no device here")


def assert_described(schema, where=""):
    """Every field of a JSON Schema has a description, and no other is allowed."""
    if schema.get("properties"):
        assert schema["additionalProperties"] is False, where
        assert set(schema["required"]) == set(schema["properties"]), where
    for name, child in schema.get("properties", {}).items():
        assert child.get("description"), f"{where}/{name}"
        assert_described(child, f"{where}/{name}")
    if "items" in schema:
        items = schema["items"]
        for item in items if isinstance(items, list) else [items]:
            assert_described(item, f"{where}[]")
