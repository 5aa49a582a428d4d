"""Reduce: one instance of a class that says itself how it is rebuilt.

Its `__reduce__` gives the class, no arguments and the instance's dictionary;
its `__setstate__` takes that dictionary. Two int attributes.

Source of the data: `deepcopy_reduce` of the pyperformance benchmark suite.
"""


class Reduced:
    """Two attributes, and the reduce protocol written out."""

    def __init__(self):
        self.a = 1
        self.b = 2

    def __reduce__(self):
        return Reduced, (), self.__dict__

    def __setstate__(self, state):
        self.__dict__.update(state)


workload = [Reduced()]
