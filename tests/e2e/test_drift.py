"""Runs in which something changes while it is measured, and what is told of that."""

from conftest import KERNEL

WORKERS = 36

# In each worker a call copies once or twice, as `{when}` says: of the number of workers
# before this one, and of the calls before this one.
FICKLE = '''
import copy
import os

descriptor = os.open({log!r}, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
workers = os.fstat(descriptor).st_size
os.write(descriptor, b"x")
os.close(descriptor)
calls = 0


def deepcopy(x, memo=None):
    global calls
    calls += 1
    if {when}:
        copy.deepcopy(x)
    return copy.deepcopy(x, memo)
'''


def run(dcbench, write, tmp_path, when, *options):
    """Five iterations a block, one object each, so that calls can be counted."""
    write("fickle.py", FICKLE.format(log=str(tmp_path / "log"), when=when))
    return dcbench.result("-i", "fickle.py", "-w", "memo", "--workers", WORKERS,
                          "--rounds", "20", "--iterations", "5", "--precision", "0.001",
                          *KERNEL, *options)


def test_ratio_that_moves(dcbench, write, tmp_path):
    result = run(dcbench, write, tmp_path, "workers < 15")
    cell = result.cell("fickle")
    # One worker that is far off may move it by one.
    assert 13 <= cell["drift"]["worker"] <= 17
    assert -0.6 < cell["drift"]["change"] < -0.4
    assert cell["drift"]["p"] < 0.001
    assert result.cell("stdlib", role="control")["drift"] is None
    note, = (note for note in result["notes"] if "the ratio moved" in note)
    assert note.startswith("memo: fickle: the ratio moved by -")
    assert f" after {cell['drift']['worker']} of {WORKERS} workers (" in note


def test_ratio_that_settles(dcbench, write, tmp_path):
    """Three blocks to warm up, then ten rounds of twice the work and ten of once. The first
    worker checks besides, and that is one of many."""
    result = run(dcbench, write, tmp_path, "calls <= 65")
    cell = result.cell("fickle")
    assert -0.6 < cell["settling"]["low"] < cell["settling"]["change"] \
        < cell["settling"]["high"] < -0.4
    assert cell["drift"] is None
    assert result.cell("stdlib", role="control")["settling"] is None
    halved = [sample["log_ratio_change"] < -0.4 for sample in cell["samples"]]
    assert sum(halved) > 0.8 * WORKERS
    note, = (note for note in result["notes"] if "still changed within workers" in note)
    assert note.startswith("memo: fickle: ") and note.endswith("raise --warm-ups")


def test_longer_warm_up_mends_it(dcbench, write, tmp_path):
    result = run(dcbench, write, tmp_path, "calls <= 65", "--warm-ups", "13")
    assert result.cell("fickle")["settling"] is None
    assert "still changed" not in result.notes


def test_steady_run_is_told_nothing(dcbench, write, tmp_path):
    result = run(dcbench, write, tmp_path, "False")
    for cell in result["cells"]:
        assert cell["drift"] is None and cell["settling"] is None
    assert "the ratio moved" not in result.notes
