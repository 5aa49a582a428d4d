"""A deepcopy that runs the known loop first, as often as /tmp/loop-count says."""

import ctypes
from copy import deepcopy as copy_it

loop = ctypes.CDLL("/lab/data/known_loop.so").known_loop
loop.argtypes = [ctypes.c_uint64]
loop.restype = None

with open("/tmp/loop-count") as file:
    count = int(file.read())


def deepcopy(x, memo=None):
    loop(count)
    return copy_it(x, memo)
