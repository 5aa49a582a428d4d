"""Wide: a list of ten thousand small dictionaries.

Each has an int, a string and a float of its own under three keys, like the
rows of a table that was read from a file.

It stresses what grows with the number of containers: the memo, which becomes a
dictionary of ten thousand entries and is resized on the way, the list that
keeps the originals alive, memory beyond the caches, and the garbage collector,
which looks at the new containers again and again while they become more. A
copy in the report's three workloads has four containers.

An iteration takes ten or twenty milliseconds, a hundred times as long as a
block is meant to: a block is one of them, and a worker does few rounds.
"""

workload = [[{"id": number, "name": f"row {number}", "value": number / 4}
             for number in range(10_000)]]
