"""What a run makes of a kernel that lets it count nothing, or not everything.

A seccomp filter lets perf_event_open fail with a given errno in dcbench and its workers,
as a container's filter, a distribution's kernel or a machine without a PMU does.
"""

import ctypes
import errno
import os
import pathlib
import platform
import signal
import struct

import pytest

PERF_EVENT_OPEN = {"x86_64": 298, "aarch64": 241}.get(platform.machine())
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD_WORD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
RET_ALLOW, RET_ERRNO = 0x7fff0000, 0x00050000

# A row of the report, a software event of the kernel, and a row that /proc has as well.
EVENTS = "instructions,perf::MINOR-FAULTS,cpu-migrations"

# One action for each, whatever the machine is.
ACTIONS = {
    "ENOENT": ("valgrind", "--events"),
    "EACCES": ("CAP_PERFMON", "kernel.perf_event_paranoid="),
    "EPERM": ("--cap-add PERFMON",),
    "EINVAL": ("EINVAL", "--events"),
    "EMFILE": ("ulimit -n",),
    "EBUSY": ("another program has the PMU",),
    "ENODEV": ("ENODEV",),
    "EOPNOTSUPP": ("EOPNOTSUPP",),
    "E2BIG": ("E2BIG",),
    "ENOSYS": ("ENOSYS",),
    "ESRCH": ("ESRCH",),
    "EINTR": ("EINTR",),
    "ENOSPC": ("ENOSPC",),
}

pytestmark = pytest.mark.skipif(PERF_EVENT_OPEN is None,
                                reason="the filter is written for x86-64 and arm64")


class Fprog(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def forbid(number):
    """From here on perf_event_open of this process and its children fails like this."""
    code = b"".join(struct.pack("HBBI", *line) for line in (
        (LOAD_WORD, 0, 0, 0),  # the number of the system call
        (JUMP_EQUAL, 0, 1, PERF_EVENT_OPEN),
        (RETURN, 0, 0, RET_ERRNO | number),
        (RETURN, 0, 0, RET_ALLOW),
    ))
    libc = ctypes.CDLL(None, use_errno=True)
    if (libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
            or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
                          ctypes.byref(Fprog(4, code)), 0, 0) != 0):
        raise OSError(ctypes.get_errno(), "no seccomp filter")
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def failing(dcbench, number, *args):
    """A result of a run in which nothing can be opened. No valgrind is on its PATH."""
    return dcbench.result("-w", "memo", "-i", "merged", *args,
                          preexec_fn=lambda: forbid(number),
                          env=dcbench.environment(PATH="/nonexistent"))


@pytest.mark.parametrize("name", ACTIONS)
def test_no_errno_stops_a_run(dcbench, name):
    result = failing(dcbench, getattr(errno, name), "-e", EVENTS)
    for cell in result["cells"]:
        assert cell["status"] == "ok" and cell["time_ns"] is not None
        for row in ("instructions", "perf::MINOR-FAULTS"):
            counter = cell["counters"][row]
            assert counter["value"] is None and counter["ratio"] is None
            assert any(action in counter["reason"] for action in ACTIONS[name]), counter
            assert counter["overhead"] is None and counter["user_reads"] is None


def test_reason_is_shown_once(dcbench):
    done = dcbench.quick("-w", "memo", "-i", "merged", "--counters", "auto",
                         preexec_fn=lambda: forbid(errno.EPERM),
                         env=dcbench.environment(PATH="/nonexistent"))
    # In the header, and once below for all rows.
    assert " ".join(done.out.split()).count("a seccomp filter forbids") == 2, done


@pytest.mark.skipif(not os.path.exists("/proc/thread-self/sched"),
                    reason="the kernel has no /proc/thread-self/sched")
def test_migrations_are_found_where_they_may_not_be_counted(dcbench):
    result = failing(dcbench, errno.EACCES)
    for cell in result["cells"]:
        counter = cell["counters"]["cpu-migrations"]
        assert counter["value"] is not None and counter["provider"] == "kernel"
        assert counter["encoding"] == "/proc/thread-self/sched"
        assert counter["reason"] is None


@pytest.mark.skipif(not os.path.exists("/proc/thread-self/sched")
                    or len(os.sched_getaffinity(0)) < 2,
                    reason="one CPU, or no /proc/thread-self/sched")
def test_migrations_of_the_workload_are_seen(dcbench, write):
    """An implementation that sends itself from CPU to CPU does so ten times a copy."""
    write("mover.py", """
import copy
import os

cpus = sorted(os.sched_getaffinity(0))[:2]


def deepcopy(x, memo=None):
    for i in range(10):
        os.sched_setaffinity(0, cpus[i % 2:i % 2 + 1])
    return copy.deepcopy(x, memo)
""")
    result = failing(dcbench, errno.EACCES, "-i", "mover.py", "-e", "cpu-migrations")
    moves = result.cell("mover")["counters"]["cpu-migrations"]["value"]
    assert 9 <= moves <= 12, moves
    assert result.cell("merged")["counters"]["cpu-migrations"]["value"] < 1


def test_an_unprivileged_user_gets_the_kernel_rows(dcbench):
    """As nobody, at whatever kernel.perf_event_paranoid is."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    path = pathlib.Path("/proc/sys/kernel/perf_event_paranoid")
    if not path.exists() or not os.path.exists("/proc/thread-self/sched"):
        pytest.skip("this kernel has no performance events, or no /proc/thread-self/sched")

    def become_nobody():
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    for folder in (dcbench.folder, *dcbench.path.parents):
        if not os.stat(folder).st_mode & 0o001 and folder != dcbench.folder:
            pytest.skip(f"nobody may not enter {folder}")
    result = dcbench.result("-w", "memo", "-i", "merged", cwd="/",
                            preexec_fn=become_nobody)
    for cell in result["cells"]:
        for row in ("page-faults", "context-switches", "cpu-migrations", "task-clock"):
            assert cell["counters"][row]["value"] is not None, row
        if int(path.read_text()) >= 2:
            assert cell["counters"]["cpu-migrations"]["encoding"] \
                == "/proc/thread-self/sched"
