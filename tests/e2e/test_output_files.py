"""Places that cannot be written, and runs that are broken off."""

import json
import os
import pathlib
import signal
import threading
import time

import pytest

from conftest import KERNEL, QUICK, Result, alive_below, valid, needs_full

MEMO = ("-i", "merged", "-w", "memo", *KERNEL)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# ---- places ----

@pytest.mark.parametrize("option", ["-o", "--keep-rounds", "--junit", "--summary"])
@pytest.mark.parametrize("target, said", [
    ("missing/r.json", "No such file"),
    ("folder", "directory"),
    ("file/r.json", "Not a directory"),
    ("x" * 300, "too long"),
    ("/proc/r.json", ""),
])
def test_unwritable(dcbench, write, option, target, said):
    (dcbench.folder / "folder").mkdir()
    write("file", "kept")
    done = dcbench(*MEMO, "--max-time", "30", option, target, status=3)
    assert "workers" not in done.out, "that could be known before measuring"
    assert target in done.err and said in done.err and done.err.count("\n") == 1
    assert names(dcbench.folder) == ["file", "folder"]
    assert names(dcbench.folder / "folder") == []
    assert (dcbench.folder / "file").read_text() == "kept"


def test_read_only_folder(dcbench):
    if os.geteuid() == 0:
        pytest.skip("root writes everywhere")
    dcbench.folder.chmod(0o500)
    try:
        done = dcbench.quick(*MEMO, "-o", "r.json", status=3)
    finally:
        dcbench.folder.chmod(0o700)
    assert "r.json" in done.err and "denied" in done.err
    assert names(dcbench.folder) == []


@pytest.mark.parametrize("folder, said", [("missing/deep", "No such file"),
                                          ("file", "Not a directory")])
def test_unwritable_results_folder(dcbench, write, folder, said):
    write("file", "kept")
    done = dcbench.quick(*MEMO, "--save", "x", "--results-dir", folder, status=3)
    assert folder in done.err and said in done.err
    assert names(dcbench.folder) == ["file"]


def test_saved_name_is_a_folder(dcbench):
    (dcbench.folder / "results/x.json").mkdir(parents=True)
    done = dcbench.quick(*MEMO, "--save", "x", status=3)
    assert "x.json" in done.err and "directory" in done.err


@needs_full
@pytest.mark.parametrize("option", ["-o", "--keep-rounds", "--junit", "--summary"])
def test_full_disk(dcbench, option):
    done = dcbench.quick(*MEMO, option, "/dev/full", status=3)
    assert "/dev/full" in done.err and "No space left" in done.err
    assert names(dcbench.folder) == []


@needs_full
@pytest.mark.parametrize("name", ["table", "json", "markdown", "csv"])
def test_full_standard_output(dcbench, name):
    """What can be written is written all the same."""
    with open("/dev/full", "w") as full:
        done = dcbench.quick(*MEMO, "--format", name, "-o", "r.json", status=3,
                             stdout=full)
    assert "standard output" in done.err and "No space left" in done.err
    valid(json.loads((dcbench.folder / "r.json").read_text()))
    assert names(dcbench.folder) == ["r.json"]


@needs_full
def test_failing_file_does_not_cost_the_table(dcbench):
    done = dcbench.quick(*MEMO, "-o", "/dev/full", status=3)
    assert "verdict" in done.out


def test_reader_that_leaves(dcbench):
    done = dcbench.finish(dcbench.start(
        "-c", '"$0" "$@" -o r.json | true', dcbench.path, *QUICK, *MEMO,
        program="/bin/sh"))
    assert "standard output" in done.err
    valid(json.loads((dcbench.folder / "r.json").read_text()))


FULL_DISK = r"""
mount -t tmpfs -o size=16k none disk || exit 77
head -c 12288 /dev/zero >disk/filler
"$0" "$@"
code=$?
ls -A disk >listing
exit $code
"""


@pytest.mark.parametrize("option", ["-o", "--keep-rounds"])
def test_disk_that_fills(dcbench, option):
    """Half a file has been written when there is no more room: nothing stays."""
    (dcbench.folder / "disk").mkdir()
    done = dcbench.finish(dcbench.start(
        "-rm", "/bin/sh", "-c", FULL_DISK, dcbench.path, *QUICK, *MEMO, "--rounds",
        "200", option, "disk/r.json", program="unshare"))
    if not (dcbench.folder / "listing").exists():
        pytest.skip(f"no file system of its own here: {done.err.strip()}")
    assert done.code == 3, done
    assert "disk/r.json" in done.err and "No space left" in done.err
    assert (dcbench.folder / "listing").read_text() == "filler\n"


def test_replaced_at_once(dcbench, write):
    """A reader finds the whole old file or the whole new one."""
    path = write("r.json", "old")
    seen, stop = set(), threading.Event()

    def look():
        while not stop.is_set():
            text = path.read_text()
            seen.add(text if text == "old" else json.loads(text)["schema"])
    reader = threading.Thread(target=look)
    reader.start()
    try:
        dcbench.quick(*MEMO, "-o", "r.json")
    finally:
        time.sleep(0.05)
        stop.set()
        reader.join()
    assert seen == {"old", "dcbench-result/1"}
    assert names(dcbench.folder) == ["r.json"]


@pytest.mark.parametrize("mask, mode", [(0o022, 0o644), (0o077, 0o600)])
def test_mode_follows_the_mask(dcbench, mask, mode):
    """The result is as readable as other new files."""
    dcbench.quick(*MEMO, "-o", "r.json", umask=mask)
    assert (dcbench.folder / "r.json").stat().st_mode & 0o777 == mode


def test_symbolic_link_stays_one(dcbench, write):
    target = write("elsewhere/real.json", "old")
    (dcbench.folder / "r.json").symlink_to(target)
    dcbench.quick(*MEMO, "-o", "r.json")
    assert (dcbench.folder / "r.json").is_symlink()
    valid(json.loads(target.read_text()))


def test_pipe_as_target(dcbench):
    fifo = dcbench.folder / "fifo"
    os.mkfifo(fifo)
    got = []
    reader = threading.Thread(target=lambda: got.append(fifo.read_text()), daemon=True)
    reader.start()
    dcbench.quick(*MEMO, "-o", "fifo", timeout=20)
    reader.join(10)
    assert got and json.loads(got[0])["schema"] == "dcbench-result/1"


def test_failed_run_leaves_the_old_file(dcbench, write):
    write("r.json", "old")
    dcbench.usage_error("-i", "nothing", "-o", "r.json")
    dcbench(*MEMO, "--affinity", "1000", "-o", "r.json", status=3)
    assert (dcbench.folder / "r.json").read_text() == "old"
    assert names(dcbench.folder) == ["r.json"]


@pytest.mark.parametrize("first, second", [("-o", "--keep-rounds"), ("-o", "--junit"),
                                           ("--junit", "--summary"),
                                           ("--keep-rounds", "--summary")])
def test_same_file_twice(dcbench, first, second):
    """What is asked for cannot be: one of the two would be lost."""
    dcbench.usage_error(*MEMO, first, "r.json", second, "./r.json")


# ---- broken off ----

LONG = ("-i", "merged", "-w", "memo,reduce", "--max-time", "60", "--precision", "0.0001",
        *KERNEL)


def started(dcbench, *args, workers=2, **options):
    """A long run, some workers into it."""
    process = dcbench.start(*LONG, *args, "--progress", "always",
                            stderr=open(dcbench.folder / "err", "w"), **options)
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        text = (dcbench.folder / "err").read_text()
        if f" {workers} workers" in text and alive_below(process.pid):
            return process
        time.sleep(0.005)
    process.kill()
    raise AssertionError(f"it did not begin: {text}")


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(dcbench, number, status):
    process = started(dcbench, "-o", "r.json", "--keep-rounds", "rounds")
    process.send_signal(number)
    start = time.monotonic()
    done = dcbench.finish(process)
    assert time.monotonic() - start < 5
    assert done.code == status, done
    result = Result(valid(json.loads((dcbench.folder / "r.json").read_text())))
    assert result["interrupted"] == number
    assert [w["workload"] for w in result["workloads"]] == ["memo"]
    assert result.cell("merged")["time_ns"]["workers"] >= 2
    assert "interrupted" in result.notes
    assert "interrupted" in done.out and "verdict" in done.out
    for line in (dcbench.folder / "rounds").read_text().splitlines():
        json.loads(line)
    assert names(dcbench.folder) == ["err", "r.json", "rounds"]


def test_interrupted_in_json(dcbench):
    process = started(dcbench, "--format", "json")
    process.send_signal(signal.SIGINT)
    done = dcbench.finish(process)
    assert done.code == 130 and valid(json.loads(done.out))["interrupted"] == 2
    assert "interrupted" in (dcbench.folder / "err").read_text()


def test_interrupted_from_the_keyboard(dcbench):
    """Ctrl-C goes to the whole group of the terminal; workers are in another one."""
    process = started(dcbench, "-o", "r.json", start_new_session=True)
    os.killpg(process.pid, signal.SIGINT)
    done = dcbench.finish(process)
    assert done.code == 130
    result = valid(json.loads((dcbench.folder / "r.json").read_text()))
    assert result["workloads"][0]["troubled_workers"] == []


def test_interrupted_twice(dcbench):
    process = started(dcbench, "-o", "r.json")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    done = dcbench.finish(process)
    assert done.code in (130, 143)
    valid(json.loads((dcbench.folder / "r.json").read_text()))


@pytest.mark.parametrize("delay", [0, 0.002, 0.01, 0.03, 0.06])
def test_interrupted_early(dcbench, delay):
    process = dcbench.start(*LONG, "-o", "r.json")
    time.sleep(delay)
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    process.stdout.close(), process.stderr.close()
    assert process.returncode in (143, -signal.SIGTERM)
    left = names(dcbench.folder)
    assert left in ([], ["r.json"])
    if left:
        valid(json.loads((dcbench.folder / "r.json").read_text()))


def test_interrupted_while_a_worker_hangs(dcbench, write):
    write("hang.py", "def deepcopy(x, memo=None):\n    while True: pass\n")
    process = dcbench.start("-i", "hang.py", "-w", "memo", *KERNEL, "-o", "r.json", "--timeout",
                            "60", "--verify", "off")
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    start = time.monotonic()
    done = dcbench.finish(process)
    assert done.code == 130 and time.monotonic() - start < 3
    result = Result(valid(json.loads((dcbench.folder / "r.json").read_text())))
    assert result.cell("hang")["time_ns"] is None


def test_interrupt_goes_before_other_trouble(dcbench, write):
    write("wrong.py", "def deepcopy(x, memo=None):\n    return x\n")
    process = started(dcbench, "-i", "wrong.py", "-o", "r.json")
    process.send_signal(signal.SIGINT)
    assert dcbench.finish(process).code == 130


def test_killed(dcbench):
    """Nobody is left to end the worker: it ends by itself, and nothing half is left."""
    process = started(dcbench, "-o", "r.json")
    below = alive_below(process.pid)
    process.kill()
    process.wait(10)
    process.stdout.close()
    end = time.monotonic() + 5
    while time.monotonic() < end and any(map(is_running, below)):
        time.sleep(0.01)
    assert not any(map(is_running, below))
    assert names(dcbench.folder) == ["err"]


def is_running(pid):
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def test_ignored_interrupt_stays_ignored(dcbench):
    """What nohup and shells in the background ask for."""
    process = dcbench.start("-c", 'trap "" INT; exec "$0" "$@"', dcbench.path, *MEMO,
                            "--max-time", "2", program="/bin/sh")
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert dcbench.finish(process).code == 0


def test_label_and_commit_of_the_folder(dcbench, write):
    commit = "0123456789abcdef0123456789abcdef01234567"
    assert dcbench.result(*MEMO)["label"] is None
    write(".git/HEAD", "ref: refs/heads/main\n")
    write(".git/refs/heads/main", commit + "\n")
    result = dcbench.result(*MEMO, "--label", 'night "17", \u00e9')
    assert result["label"] == 'night "17", \u00e9' and result["commit"] == commit
    # What git's environment says of another repository counts for nothing.
    env = dcbench.environment(GIT_DIR="/nonexistent")
    assert dcbench.result(*MEMO, env=env)["commit"] == commit
    assert f"commit {commit[:10]}\n" in dcbench.quick(*MEMO).out
