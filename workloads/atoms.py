"""Atoms: one list of five thousand ints.

All are different objects, beyond the small ones that the interpreter keeps.
The report speaks of a list of a million: that takes a tenth of a second and
more. A two-hundredth of it is larger than a first-level cache already, and
takes less than a millisecond, so that many blocks of it can be timed.

It stresses the one thing that is done for each element of a list that needs no
copy: a call, and finding out that it is atomic. Nothing else is in it, while
in the report's three workloads containers take part of the time, and the ints
are a few that are always in the cache.
"""

workload = [list(range(1_000_000, 1_005_000))]
