"""The report's fast paths as printed. NOT correct copies.

- Reduce (image 4): an object that reduces to a class, no arguments and a
  dictionary is made by object.__new__ and its dictionary filled. The class is
  never called and its `__setstate__` neither, slots and immutable bases fail,
  and whatever follows the state in the reduce tuple is dropped.
- Tuples (image 5): up to five elements that are instances of immutable scalar
  types are not looked at further. An instance of a subclass counts as one of
  them, although it may hold what has to be copied.

It is here to reproduce the report; `fastpath` is the same idea made correct.
"""

from private_copy import CopySource

source = CopySource(__file__)

source.replace("deepcopy", "y = _reconstruct(x, memo, *rv)", """
    if (
        isinstance(rv, tuple)
        and len(rv) >= 3
        and isinstance(rv[0], type)
        and rv[1] == ()
        and isinstance(rv[2], dict)
    ):
        ctor, _args, state = rv[0], rv[1], rv[2]
        inst = object.__new__(ctor)
        memo[d] = inst
        inst.__dict__.update(deepcopy(state, memo))
        y = inst
    else:
        y = _reconstruct(x, memo, *rv)
    """)

source.append("""
    _IMMUTABLE_SCALARS = (int, float, bool, complex, str, bytes, type(None))
    """)
source.insert_at_start("_deepcopy_tuple", """
    if len(x) <= 5 and all(isinstance(a, _IMMUTABLE_SCALARS) for a in x):
        return x
    """)

deepcopy = source.load().deepcopy
