"""General: a dictionary of small containers, and dataclass instances.

Thirty times the same dictionary (a list of four ints, a tuple of three ints, a
string, a dictionary of one bool), then thirty instances of a dataclass (a
string, a list of three ints, a bool), each with a list of its own.

Source of the data: `deepcopy` of the pyperformance benchmark suite, which
copies one instance thirty times and changes it in between.
"""

from dataclasses import dataclass
from itertools import product


@dataclass
class Record:
    """What pyperformance copies: a string, a list and a bool."""

    string: str
    lst: list
    boolean: bool


mapping = {"list": [1, 2, 3, 43], "t": (1, 2, 3), "str": "hello",
           "subdict": {"a": True}}

workload = [mapping] * 30 + [
    Record(string, [first, 2, 3], boolean)
    for string, first, boolean
    in product(("red", "blue", "green"), range(5), (True, False))]
