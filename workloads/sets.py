"""Sets: sets and frozen sets of ints, of tuples and of frozen sets.

Thirty sets of ten ints, ten of a hundred, thirty frozen sets of ten, a set of
forty pairs, a set of twenty frozen sets, and a dictionary of empty sets.

It stresses the reduce protocol of built-in types: a set has no function of its
own in the standard library's table, so it is reduced to its class and a list
of its elements, which is copied as an argument. The report's three workloads
have no set, and no reduce with an argument other than a class.

Nothing in them is a string, None or an instance: these are hashed by a seed or
by their address, and would lie in another order in each process. Ints, and
tuples and frozen sets of them, have the same order in all.
"""

workload = [
    [set(range(first, first + 10)) for first in range(1000, 1300, 10)],
    [set(range(first, first + 700, 7)) for first in range(2000, 12000, 1000)],
    [frozenset(range(first, first + 30, 3)) for first in range(30)],
    {(number, number * number) for number in range(40)},
    {frozenset((number, number + 1, 1000)) for number in range(20)},
    {number: set() for number in range(20)}]
