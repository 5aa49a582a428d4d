"""Custom: instances of classes with a `__deepcopy__` of their own.

Sixty vectors that make their copies without asking anyone; thirty handles that
stay what they are; twenty trees of boxes that enter themselves in the memo and
copy what they hold; and ten with a cache that the copy begins without.

It stresses the way to the method: the type has no function in the table, is no
class, and is asked for `__deepcopy__`, which gets the memo. The report's three
workloads have no such class.

Boxes and caches call copy.deepcopy(x, memo), as most such methods do, and that
is the STANDARD library's, whichever implementation is measured: what they hold
is copied by that one, with the implementation's memo. That part of the time is
the same for all; each time it is a number, or one or two in a container.
"""

import copy


class Vector:
    """Its copy is made of its numbers: nothing below it is copied."""

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __deepcopy__(self, memo):
        return Vector(self.x, self.y)


class Handle:
    """Stands for something outside: its copy is itself."""

    def __init__(self, number):
        self.number = number

    def __deepcopy__(self, memo):
        return self


class Box:
    """Knows the memo, and calls the standard deepcopy for what it holds."""

    def __init__(self, content, other=None):
        self.content = content
        self.other = other

    def __deepcopy__(self, memo):
        copied = Box.__new__(Box)
        memo[id(self)] = copied
        copied.content = copy.deepcopy(self.content, memo)
        copied.other = copy.deepcopy(self.other, memo)
        return copied


class Cached:
    """Leaves behind what can be found again."""

    def __init__(self, key):
        self.key = key
        self.cache = {key: key * key}

    def __deepcopy__(self, memo):
        copied = Cached.__new__(Cached)
        copied.key = copy.deepcopy(self.key, memo)
        copied.cache = {}
        return copied


handles = [Handle(number) for number in range(30)]

workload = [
    [Vector(number, -number) for number in range(60)],
    {number: [handle, handle] for number, handle in enumerate(handles)},
    [Box([number, number + 1], Box({"n": number})) for number in range(20)],
    [Cached(number) for number in range(10)]]
