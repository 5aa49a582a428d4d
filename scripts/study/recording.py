"""Streams of workers: what the study replays.

A stream is one comparison (a baseline, its control and one candidate, or all of them) on
one workload under one condition of the machine, recorded by dcbench itself with
--keep-rounds. It is recorded in chunks, so that an interrupted study goes on where it was
and the machine's moods spread over all streams alike.
"""

import collections
import ctypes
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

import numpy

WORKLOADS = ("general", "reduce", "memo")
CONDITIONS = ("quiet", "one busy", "both busy", "comes and goes")
PLANTS = (0.5, 1.0, 2.0)

# The busy part of a load: arithmetic, and copying more than a cache holds.
BURN = """
import sys
block = bytearray(4 << 20)
while True:
    for _ in range(20000):
        pass
    copy = bytes(block)
"""

# Many rounds from the first block on: how many are worth it, and warm-up.
LONG = ("--rounds", "300", "--warm-ups", "0")

Stream = collections.namedtuple(
    "Stream", "name condition workload candidate baseline options workers chunk")


def streams():
    """Every stream of the study, the most wanted first."""
    out = []

    def add(name, workload, candidate, workers, *, condition="quiet", baseline="stdlib",
            options=(), chunk=200):
        out.append(Stream(f"{name}-{workload}", condition, workload, candidate, baseline,
                          tuple(options), workers, chunk))

    for workload in WORKLOADS:
        add("same-quiet", workload, "twin", 2000)
        add("merged", workload, "merged", 600)
        for percent in PLANTS:
            add(f"plus-{percent}", workload, f"plus-{percent}", 600, baseline="plus-0")
    for workload in WORKLOADS:
        for block_us in (50, 500, 1500):
            rounds = 6000 // block_us
            add(f"block-{block_us}", workload, "twin", 400,
                options=("--block-time", str(block_us), "--rounds", str(rounds)))
        add("long-quiet", workload, "twin", 200, chunk=100, options=LONG)
    for condition in CONDITIONS[1:]:
        for workload in WORKLOADS:
            add(f"same-{condition.replace(' ', '-')}", workload, "twin", 1200,
                condition=condition)
            if condition == "both busy":
                add("long-both-busy", workload, "twin", 200, chunk=100,
                    condition=condition, options=LONG)
    return out


class Load:
    """Keeps CPUs busy while it is entered: "both" is all that there are."""

    def __init__(self, condition):
        cpus = len(os.sched_getaffinity(0))
        self.burners = {"quiet": 0, "one busy": 1, "both busy": cpus,
                        "comes and goes": cpus}[condition]
        self.changing = condition == "comes and goes"
        self.processes = []

    def __enter__(self):
        try:
            for _ in range(self.burners):
                self.start("-c", BURN)
            if self.changing:
                self.start(__file__, *(str(p.pid) for p in self.processes))
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self, *arguments):
        """Starts a process that ends with this one, however this one ends."""
        self.processes.append(subprocess.Popen([sys.executable, *arguments],
                                               preexec_fn=end_with_parent))

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.kill()
            process.wait()


def end_with_parent():
    """Has the kernel kill this process when its parent ends (prctl(2))."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def come_and_go(pids):
    """Stops and continues processes at random times: bursts of 20 ms to 3 s."""
    rng = random.Random()
    while True:
        for pid in pids:
            os.kill(pid, rng.choice((signal.SIGSTOP, signal.SIGCONT)))
        time.sleep(min(3, max(0.02, rng.expovariate(2))))


class Study:
    """The folder of the recordings, and the dcbench that makes them."""

    def __init__(self, folder, dcbench):
        self.folder = folder
        self.dcbench = dcbench
        os.makedirs(folder, exist_ok=True)

    def spec(self, name, workload):
        """LABEL=SPEC of an arm: a built-in one, or one made here."""
        if name == "twin":
            return f"twin={self.made('twin', 'stdlib')}"
        if name == "plus-0":
            return f"plain={self.made('plus-0', 0)}"
        if name.startswith("plus-"):
            count = self.plants()[workload][name]
            return f"planted={self.made(f'{name}-{workload}', count)}"
        return name

    def made(self, name, what):
        """Writes an implementation of the study; the same text every time."""
        path = os.path.join(self.folder, f"{name}.py")
        text = "from private_copy import CopySource\n\n"
        if what == "stdlib":
            text += "deepcopy = CopySource(__file__).load().deepcopy\n"
        else:
            text += ("_copy = CopySource(__file__).load().deepcopy\n\n\n"
                     "def deepcopy(x, memo=None):\n" + "    x\n" * what +
                     "    return _copy(x, memo)\n")
        with open(path, "w") as file:
            file.write(text)
        return path

    def run(self, *arguments):
        """Runs dcbench; its result as JSON."""
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            path = os.path.join(scratch, "result.json")
            subprocess.run([self.dcbench, "--counters", "none", "-q", "-o", path,
                            *arguments], check=True, stdout=subprocess.DEVNULL)
            with open(path) as file:
                return json.load(file)

    def plants(self):
        """How many statements of nothing make each planted difference, by measurement."""
        path = os.path.join(self.folder, "plants.json")
        if not os.path.exists(path):
            plants = {workload: {f"plus-{percent}": self.plant(workload, percent)
                                 for percent in PLANTS} for workload in WORKLOADS}
            with open(path, "w") as file:
                json.dump(plants, file)
        with open(path) as file:
            return json.load(file)

    def plant(self, workload, percent):
        """Statements that take `percent` of the workload's time: a large number is
        measured and scaled down, and the result twice again, for their price is not quite
        proportional to their number."""
        count = 2000 if workload == "memo" else 400
        for precision in ("0.3", "0.1", "0.1"):
            result = self.run("-b", self.spec("plus-0", workload), "-i",
                              f"trial={self.made('trial', count)}", "-w", workload,
                              "--precision", precision, "--max-time", "8")
            more = result["cells"][2]["ratio"]["estimate"] - 1
            count = max(1, round(percent / 100 * count / max(more, 0.001)))
        return count

    def chunk_path(self, stream, number):
        return os.path.join(self.folder, f"{stream.name}.{number:02d}.npz")

    def record_chunk(self, stream, number):
        path = self.chunk_path(stream, number)
        rounds = path + ".rounds"
        arms = [self.spec(name, stream.workload)
                for name in (stream.baseline, stream.candidate)]
        with Load(stream.condition):
            result = self.run("-b", arms[0], "-i", arms[1], "-w", stream.workload,
                              "--workers", str(stream.chunk), "--max-time", "100000",
                              "--precision", "0.001", "--keep-rounds", rounds,
                              *stream.options)
        blocks = read_rounds(rounds)
        os.unlink(rounds)
        # What one more worker costs beside its rounds.
        spent = result["workloads"][0]
        numpy.savez_compressed(path + ".tmp.npz", **blocks,
                               start_s=spent["worker_start_ms"] / 1000,
                               elapsed_s=spent["elapsed_s"], workers=stream.chunk)
        os.rename(path + ".tmp.npz", path)

    def missing(self):
        """(stream, chunk) in the order to record them."""
        todo = []
        for place, stream in enumerate(streams()):
            for number in range(stream.workers // stream.chunk):
                if not os.path.exists(self.chunk_path(stream, number)):
                    todo.append((CONDITIONS.index(stream.condition),
                                 number, place, stream))
        return [(stream, number) for _, number, _, stream in sorted(todo)]

    def check_origin(self):
        """What two builds of the worker recorded, or two versions of the study, must not
        be mixed."""
        folder = os.path.join(os.path.dirname(os.path.dirname(self.dcbench)),
                              "libexec/dcbench")
        digests = {}
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as file:
                digests[name] = hashlib.sha256(file.read()).hexdigest()
        origin = {"workers": digests,
                  "streams": {stream.name: [stream.condition, stream.baseline,
                                            stream.candidate, list(stream.options)]
                              for stream in streams()}}
        path = os.path.join(self.folder, "origin.json")
        if not os.path.exists(path):
            with open(path, "w") as file:
                json.dump(origin, file)
        with open(path) as file:
            if json.load(file) != origin:
                sys.exit(f"scripts/calibrate: {self.folder} was recorded by another "
                         "build of the worker, or for another version of the study; "
                         "take another FOLDER, or remove it")

    def record(self):
        """Records what is missing. Prints a line a chunk."""
        self.check_origin()
        todo = self.missing()
        if todo:
            self.plants()
        for done, (stream, number) in enumerate(todo):
            began = time.monotonic()
            self.record_chunk(stream, number)
            print(f"{done + 1}/{len(todo)} {stream.name} chunk {number}: "
                  f"{time.monotonic() - began:.0f} s", flush=True)


ROLES = {"baseline": 0, "control": 1, "candidate": 2}


def read_rounds(path):
    """The lines of --keep-rounds as columns."""
    columns = {name: [] for name in ("worker", "round", "arm", "iterations", "wall_ns",
                                     "involuntary")}
    with open(path) as file:
        for line in file:
            block = json.loads(line)
            block["arm"] = ROLES[block["role"]]
            for name, values in columns.items():
                values.append(block[name])
    return {name: numpy.array(values, dtype="u8").astype(
        "u1" if name == "arm" else "u4") for name, values in columns.items()}


if __name__ == "__main__":
    come_and_go([int(pid) for pid in sys.argv[1:]])
