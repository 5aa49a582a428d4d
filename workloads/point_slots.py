"""Point-slots: for memory: the same thousand with slots.

Two ints each. `point-dicts` has the same without slots: `dcbench memory --census`
shows what a dictionary costs beside them. The list is made item by item, as
most are, and has room for more.
"""


class Point:
    """Two slots."""

    __slots__ = "x", "y"

    def __init__(self, x, y):
        self.x = x
        self.y = y


points = []
for number in range(1000):
    points.append(Point(number, -number))

workload = [points]
