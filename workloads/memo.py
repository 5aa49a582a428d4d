"""Memo: one list that is reached a hundred and three times.

The list of a hundred ints stands three times in a tuple and a hundred times
in a list, both in a dictionary: it is copied once and found in the memo then.

Source of the data: `deepcopy_memo` of the pyperformance benchmark suite.
"""

shared = [1] * 100

workload = [{"a": (shared,) * 3, "b": [shared] * 100}]
