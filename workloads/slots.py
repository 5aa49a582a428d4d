"""Slots: instances that have slots, with and without a dictionary.

Sixty points of three slots; twenty spans that hold two points and a list;
twenty of a subclass that has a dictionary besides the slots it inherits; and
twenty of a class whose `__getstate__` and `__setstate__` are its own.

It stresses the states that are no dictionary: a tuple of the dictionary, or
None, and the slots' values, set one by one. Short cuts for plain instances do
not apply, and what they cost where they do not is seen. No instance in the
report's three workloads has slots.

The classes are written out: `dataclass(slots=True)` is there from 3.10 on, and
a workload is to be the same on each version.
"""


class Point:
    """Three slots, all atomic."""

    __slots__ = "x", "y", "name"

    def __init__(self, x, y, name):
        self.x = x
        self.y = y
        self.name = name


class Span:
    """Slots that hold what must be copied; one of them is not set."""

    __slots__ = "start", "end", "marks", "label"

    def __init__(self, start, end, marks):
        self.start = start
        self.end = end
        self.marks = marks


class Labelled(Point):
    """A dictionary besides the slots."""

    def __init__(self, x, y, name, colour):
        super().__init__(x, y, name)
        self.colour = colour
        self.history = [colour]


class Reading:
    """Slots, and a state that the class makes and takes itself."""

    __slots__ = "value", "unit"

    def __init__(self, value, unit):
        self.value = value
        self.unit = unit

    def __getstate__(self):
        return [self.value, self.unit]

    def __setstate__(self, state):
        self.value, self.unit = state


points = [Point(number, number + 1, f"point {number}") for number in range(60)]

workload = [
    points,
    [Span(points[2 * number], points[2 * number + 1], [number, number + 300])
     for number in range(20)],
    [Labelled(number, -number, "label", f"colour {number}")
     for number in range(20)],
    [Reading(number / 2, "kelvin") for number in range(20)]]
