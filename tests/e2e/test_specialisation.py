"""That the interpreter has learnt what it learns before timing starts.

From 3.11 on CPython replaces instructions of hot code by specialised ones, and takes one
back that has missed 53 times. An implementation that watches its own code tells in which of
its calls that happened. Two kinds of instructions change:

- Nearly all do so once, or a few times within the first calls, and then never again. That
  has to be over when the rounds begin.
- Calls that meet several functions in turn, `copier(x, memo)` above all, are specialised for
  one of them, miss, are taken back, and so on for as long as the code runs, in any program
  that uses it. No warm-up ends that, and it belongs to what an implementation costs: it has
  to go on at one pace.
"""

import collections
import json

import pytest

from conftest import KERNEL, TOP, Result, valid

# Iterations of a block and rounds: of about as many calls are the blocks of an arm that
# nobody watches, and with both given every warm-up block is run however long it takes.
WORKLOADS = {"general": (1, 40), "reduce": (50, 60), "memo": (6, 100)}
WORKERS = 5

# Runs a built-in implementation, and after each call from outside compares the opcodes of
# its functions with those after the call before. The opcodes alone: the caches between them
# hold counters that change for ever. For each of them that changed it writes the number of
# the call, the place in the code, and what it was and is.
WATCH = '''
import dis
import os
import time

IMPL = {impl!r}
FOLDER = {folder!r}

scope = {{"__name__": "watched", "__file__": IMPL}}
with open(IMPL, encoding="utf-8") as file:
    exec(compile(file.read(), IMPL, "exec"), scope)
inner = scope["deepcopy"]


def opcode_mask(code):
    mask = bytearray(len(code.co_code))
    for instruction in dis.get_instructions(code):
        mask[instruction.offset] = 0xFF
    return int.from_bytes(mask, "little")


def codes():
    found = [value.__code__ for value in inner.__globals__.values()
             if type(value) is type(codes) and value.__globals__ is inner.__globals__]
    for code in found:      # and the generators within, as they are found
        found += [const for const in code.co_consts if type(const) is type(code)]
    return found


watched = [(code, opcode_mask(code)) for code in codes()]
names = getattr(dis, "_all_opname", dis.opname)
assert len(watched) > 5
output = os.open(f"{{FOLDER}}/{{time.monotonic_ns():020d}}",
                 os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
calls = 0


def opcodes():
    return [int.from_bytes(code._co_code_adaptive, "little") & mask
            for code, mask in watched]


def tell(before, now):
    for number, (code, _) in enumerate(watched):
        size = len(code.co_code)
        old, new = (value[number].to_bytes(size, "little") for value in (before, now))
        lines = [f"{{calls}} {{code.co_name}}#{{number}}+{{at}} {{names[a]}} {{names[b]}}\\n"
                 for at, (a, b) in enumerate(zip(old, new)) if a != b]
        if lines:
            os.write(output, "".join(lines).encode())


last = opcodes()


def deepcopy(x, memo=None):
    global calls, last
    result = inner(x, memo)
    calls += 1
    now = opcodes()
    if now != last:
        tell(last, now)
        last = now
    return result
'''


class Seen:
    """What was seen in one worker: its calls before and while it was timed, and for each
    place in the code the calls that changed it."""

    def __init__(self, result, sample, file):
        plan = result["plan"]
        block = sample["iterations"] * result["workloads"][0]["objects"]
        self.workload = result["workloads"][0]["workload"]
        self.warm = plan["warmup_blocks"] * block
        self.timed = sample["rounds"] * block
        self.changes = collections.defaultdict(list)
        self.kinds = collections.defaultdict(set)
        for line in file.read_text().splitlines():
            call, place, old, new = line.split()
            self.changes[place].append(int(call))
            self.kinds[place] |= {old, new}

    def __repr__(self):
        return f"{self.workload}: {self.warm} calls to warm up, {self.timed} timed"

    def quarters(self, place):
        """How often it changed in each quarter of the timed calls."""
        counts = [0] * 4
        for call in self.changes[place]:
            quarter = (call - self.warm - 1) * 4 // self.timed
            if 0 <= quarter < 4:
                counts[quarter] += 1
        return counts

    def alternates(self, place):
        """Whether it is a call that began to change before the rounds did, and has not
        ended since."""
        return (self.changes[place][0] <= self.warm and all(self.quarters(place))
                and all("CALL" in kind for kind in self.kinds[place]))

    def late(self):
        """Places that were specialised, or specialised anew, while they were timed."""
        return {place: (calls[:5], self.kinds[place])
                for place, calls in self.changes.items()
                if calls[-1] > self.warm and not self.alternates(place)}


@pytest.fixture(params=["stdlib", "merged"])
def watch(request, dcbench, write, tmp_path):
    """Runs the watching implementation; gives what was seen in each worker but the first,
    which makes checks and calibrates besides."""
    def run(*options):
        seen = []
        for workload, (iterations, rounds) in WORKLOADS.items():
            folder = tmp_path / f"seen-{workload}"
            folder.mkdir()
            write("watch.py", WATCH.format(impl=str(TOP / f"impls/{request.param}.py"),
                                           folder=str(folder)))
            done = dcbench("-i", "watch.py", "-w", workload, "--workers", WORKERS,
                           "--iterations", iterations, "--rounds", rounds, "--max-time",
                           "100", "--verify", "off", "--format", "json", *KERNEL,
                           *options)
            result = Result(valid(json.loads(done.out)), done)
            samples = result.cell("watch")["samples"]
            files = sorted(folder.iterdir())
            assert len(files) == len(samples) == WORKERS, (files, result.notes)
            seen += [Seen(result, sample, file)
                     for sample, file in list(zip(samples, files))[1:]]
        return seen

    version = dcbench.result("-w", "reduce")["environment"]["python"]["version"]
    if tuple(map(int, version.split(".")[:2])) < (3, 11):
        pytest.skip(f"Python {version} specialises nothing")
    return run


def test_specialisation_is_over_before_timing(watch):
    for seen in watch():
        assert seen.timed > seen.warm > 0
        assert len(seen.changes) > 20, "much is specialised in every process"
        assert not seen.late(), (seen, seen.late())


def test_what_alternates_does_so_at_one_pace(watch):
    for seen in watch():
        for place in filter(seen.alternates, seen.changes):
            quarters = seen.quarters(place)
            early, late = sum(quarters[:2]), sum(quarters[2:])
            assert abs(early - late) <= 2 + 0.1 * early, (seen, place, quarters)


def test_without_warm_ups_it_is_seen_while_timing(watch):
    """So the test above can fail."""
    for seen in watch("--warm-ups", "0"):
        assert seen.warm == 0 and len(seen.late()) > 20, seen
