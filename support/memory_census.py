"""What objects are copied, and what the copies are made of, by type.

The walk is that of memory.py: what can be reached, without classes, modules
and functions. It is taken when the objects have been copied: only then have
instances the dictionaries that copying asks them for.
"""

from sys import getsizeof

from memory import reachable_from

POINTER = tuple.__itemsize__
TYPES = 1000        # what more there are is "other types"


def _room(x):
    """Return how many items a list has room for."""
    return (list.__sizeof__(x) - type(x).__basicsize__) // POINTER


def _add(sums, x, place, also=None):
    """Add an object to the sums of its type, as one of a kind or of two."""
    size = getsizeof(x)
    row = sums.setdefault(type(x), [0] * 10)
    for at in (place,) if also is None else (place, also):
        row[at] += 1
        row[at + 1] += size
    if issubclass(type(x), list):
        at = 6 if place == 0 else 8
        row[at] += list.__len__(x)
        row[at + 1] += _room(x)


def take(deepcopy, objects):
    """Return a list of rows: the name of a type, and ten numbers.

    Objects of the originals, and their bytes; of the copies alone; of both;
    then items in lists and room for items: of the originals, of the copies.
    """
    copies = [deepcopy(x) for x in objects]
    originals = reachable_from(objects)
    sums = {}
    for x in originals.values():
        _add(sums, x, 0)
    for key, x in reachable_from(copies).items():
        if key not in originals:
            _add(sums, x, 2)
        else:
            row = sums[type(x)]
            row[4] += 1
            row[5] += getsizeof(x)
    rows = sorted(((cls.__name__, *row) for cls, row in sums.items()),
                  key=lambda row: (-row[2], -row[4], row[0]))
    if len(rows) > TYPES:
        rest = [sum(numbers) for numbers in
                zip(*(row[1:] for row in rows[TYPES - 1:]))]
        rows[TYPES - 1:] = [("other types", *rest)]
    return rows
