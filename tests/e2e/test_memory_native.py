"""What counting memory makes of native code, and of children."""

import json

import pytest

# Each way to be given a block, its size, and what cannot be had.
ALLOCATORS = '''
import copy
import ctypes

libc = ctypes.CDLL(None)
pointer, size = ctypes.c_void_p, ctypes.c_size_t
for name in ("malloc calloc realloc reallocarray memalign aligned_alloc"
             " valloc pvalloc").split():
    getattr(libc, name).restype = pointer
libc.free.argtypes = [pointer]
libc.posix_memalign.argtypes = [pointer, size, size]
place = pointer()


def take():
    assert libc.posix_memalign(ctypes.addressof(place), 64, 100000) == 0
    grown = libc.malloc(size(10))
    return [libc.malloc(size(100000)), libc.calloc(size(10), size(10000)),
            libc.realloc(pointer(grown), size(100000)),
            libc.reallocarray(None, size(10), size(10000)),
            libc.memalign(size(64), size(100000)),
            libc.aligned_alloc(size(64), size(100000)),
            libc.valloc(size(100000)), place.value]


def refused():
    block = libc.malloc(size(10))
    assert libc.realloc(pointer(block), size(2 ** 63)) is None
    assert libc.calloc(size(2 ** 63), size(2)) is None
    assert libc.reallocarray(pointer(block), size(2 ** 63), size(2)) is None
    assert libc.pvalloc(size(2 ** 64 - 1)) is None
    libc.free(block)


def deepcopy(x, memo=None):
    refused()
    blocks = take()
    for block in blocks:
        assert block
        libc.free(block)
    return copy.deepcopy(x, memo)
'''

CHILDREN = '''
import copy
import os
import subprocess


def deepcopy(x, memo=None):
    child = os.fork()
    if child == 0:
        [bytearray(1000) for _ in range(100)]
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert "LD_PRELOAD" not in os.environ
    for command in ["/usr/bin/env"], ["/bin/cat", "/proc/self/maps"]:
        told = subprocess.run(command, capture_output=True).stdout
        assert told and b"dcbench-malloc" not in told
    return copy.deepcopy(x, memo)
'''

NEEDS_NO_LIBRARY = '''
from copy import deepcopy

with open("/proc/self/maps") as maps:
    if "dcbench-malloc" in maps.read():
        raise ImportError("it is loaded")
'''


def counted(dcbench, text):
    path = dcbench.folder / "mine.py"
    path.write_text(text)
    done = dcbench("memory", "-w", "none", "-i", path, "--format", "json")
    document = json.loads(done.out)
    cell = document["cells"][1]["memos"][0]
    assert cell["failure"] is None, cell
    return document, cell


def test_all_of_libc_s_allocators_are_counted(dcbench):
    if dcbench.sanitized:
        pytest.skip("a sanitizer ends the process where an allocator's caller is at fault")
    document, cell = counted(dcbench, ALLOCATORS)
    missing = document["plan"]["native_missing"]
    if missing:
        pytest.skip(missing)
    peak = cell["layers"]["native"]["peak"]
    assert peak["low"] == peak["high"] == 8 * 100000


def test_children_have_nothing_of_it(dcbench):
    counted(dcbench, CHILDREN)


def test_a_worker_that_measures_time_has_no_library(dcbench):
    path = dcbench.folder / "mine.py"
    path.write_text(NEEDS_NO_LIBRARY)
    dcbench.result("-i", path, "-w", "reduce")
    listed = json.loads(dcbench("memory", "-w", "none", "--format", "json").out)
    if listed["plan"]["native_missing"] is None:
        done = dcbench("memory", "-i", path, "-w", "reduce", status=3)
        assert "it is loaded" in done.out + done.err
