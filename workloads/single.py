"""Single: for memory: containers of just one object.

A list, a set and a dictionary that hold one byte string of 1024 bytes, or one
as the key and one as the value; a list of one float; and a list of one
bytearray, whose member is copied, where the others' are shared.

It is for `dcbench memory --leaks`, which copies it a million times: what a
call loses shows soonest where it does little else.

Source of the idea: the memory tests of a library that converts containers
between Python and C++.
"""

SIZE = 1024

workload = [
    [bytes(SIZE)],
    {bytes(SIZE)},
    {bytes(SIZE): bytes(range(256)) * (SIZE // 256)},
    [0.5],
    [bytearray(SIZE)]]
