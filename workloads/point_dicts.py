"""Point-dicts: for memory: a thousand instances with dictionaries.

Two ints each. `point-slots` has the same with slots: `dcbench memory
--census` shows what a dictionary costs beside them. The list is made item by
item, as most are, and has room for more.
"""


class Point:
    """Two attributes."""

    def __init__(self, x, y):
        self.x = x
        self.y = y


points = []
for number in range(1000):
    points.append(Point(number, -number))

workload = [points]
