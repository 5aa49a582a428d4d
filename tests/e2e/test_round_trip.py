"""What a run writes is read back whole: the same bytes, the same tables."""

import gzip
import json
import signal
import subprocess
import time

import pytest


@pytest.fixture
def path(dcbench):
    return dcbench.folder / "r.json"


def assert_comes_back(dcbench, path):
    text = path.read_text()
    assert dcbench("convert", path, "--format", "json").out == text
    packed = path.with_suffix(".json.gz")
    packed.write_bytes(gzip.compress(text.encode()))
    assert dcbench("convert", packed, "--format", "json").out == text
    done = subprocess.run([dcbench.path, "convert", "-", "--format", "json"], input=text,
                          capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == text


@pytest.mark.parametrize("options", [
    ("-i", "all", "-w", "all", "--counters", "auto"),
    ("-i", "merged", "-w", "memo", "--counters", "none"),
    ("-i", "merged", "-w", "memo,reduce", "--workers", "2"),
    ("-i", "merged", "-w", "memo", "--events", "instructions,page-faults,task-clock"),
], ids=["everything", "no counters", "few workers", "some events"])
def test_a_run_comes_back(dcbench, path, options):
    printed = dcbench.quick(*options, "-o", path)
    assert_comes_back(dcbench, path)
    assert dcbench("convert", path).out == printed.out


@pytest.mark.parametrize("verbosity", [(), ("--quiet",), ("--verbose",)],
                         ids=["usual", "quiet", "verbose"])
@pytest.mark.parametrize("output", ["table", "markdown", "csv"])
def test_every_format_comes_back(dcbench, path, output, verbosity):
    options = ("--format", output, *verbosity)
    printed = dcbench.quick("-i", "merged,fastpath", "-w", "memo", *options, "-o", path)
    assert printed.out
    assert dcbench("convert", path, *options).out == printed.out


def test_failures_come_back(dcbench, path, write):
    write("same.py", "def deepcopy(x, memo=None):\n    return x\n")
    write("red.py", "raise ValueError('no | \\x1b[31m\"thing\"')\n")
    write("dead.py", "import os\n\n\ndef deepcopy(x, memo=None):\n"
                     "    os.kill(os.getpid(), 9)\n")
    printed = dcbench.quick("-i", "same.py,red.py,dead.py", "-w", "memo,reduce", "-o", path,
                            status=1)
    assert_comes_back(dcbench, path)
    assert dcbench("convert", path).out == printed.out
    cells = json.loads(path.read_text())["cells"]
    statuses = {cell["impl"]: cell["status"] for cell in cells}
    assert statuses["same"].startswith("failed: ")
    assert "no | ?[31m" in statuses["red"]
    assert "failed: " in statuses["dead"]
    assert dcbench("convert", path, "--format", "csv").out.count("failed: ") == 6


def test_a_workload_that_fails_comes_back(dcbench, path, write):
    write("broken.py", "raise ValueError('no objects')\n")
    printed = dcbench.quick("-i", "merged", "-w", "broken.py,reduce", "-o", path, status=3)
    assert_comes_back(dcbench, path)
    assert dcbench("convert", path).out == printed.out


def test_an_interrupted_run_comes_back(dcbench, path):
    running = dcbench.start("-i", "merged", "-w", "memo,reduce", "--precision", "0.001",
                            "--counters", "kernel", "-o", path)
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    printed = dcbench.finish(running)
    assert printed.code == 130
    assert_comes_back(dcbench, path)
    assert dcbench("convert", path).out == printed.out
    assert json.loads(path.read_text())["interrupted"] == signal.SIGINT


@pytest.mark.parametrize("text, message", [
    (b"", "is empty"),
    (b'{"schema": "dcbench-result/2"}', "written by a later dcbench"),
    (b'{"schema": "dcbench-result/1", "kind": "heap"}', "a result of kind 'heap'"),
    (b'{"schema": "dcbench-result/1", "kind": "memory"}', "a result of 'dcbench memory'"),
    (b'{"a": [1, 2', "line 1, column "),
    (b"\x1f\x8b\x08\x00", "gzip data are cut off"),
    (b"[" * 100000, "line 1, column 33: more than 32 levels"),
], ids=["empty", "later", "unknown kind", "memory", "cut", "cut gzip", "deep"])
def test_damage_is_status_3_with_file_and_place(dcbench, path, text, message):
    path.write_bytes(text)
    done = dcbench("convert", path, status=3)
    assert done.out == ""
    assert f"{path}: " in done.err and message in done.err
    assert done.err.count("\n") == 1


def test_a_folder_is_none(dcbench, path):
    done = dcbench("convert", path.parent, status=3)
    assert f"{path.parent}: is a folder" in done.err
