"""Short cuts for plain instances and atomic tuples.

- Reduce: most objects reduce to what makes them (their class, or
  copyreg.__newobj__ and their class) and a dictionary as their state. For
  these the general work of _reconstruct comes down to a call, an entry in the
  memo, a copy of the dictionary, and `__setstate__` or an update. Just this is
  done, in the same order. Everything else goes to _reconstruct: arguments to
  be copied, other states, items behind the state, a state that the memo
  already knows.
- Tuples: one whose elements are all of atomic types, exactly and not by
  inheritance, is its own copy.

Source of the ideas: the Deepcopy Report, "Reduce Fastpath" and "Tuple
Fastpath", images 4 and 5. As printed there (published_fastpath.py) they give
other results than the standard library; here they do not.
"""

from private_copy import CopySource

source = CopySource(__file__)

source.replace("deepcopy", "y = _reconstruct(x, memo, *rv)", """
    if (
        type(rv) is tuple
        and (len(rv) == 3 or len(rv) == 5 and rv[3] is None and rv[4] is None)
        and type(rv[1]) is tuple
        and (not rv[1] or len(rv[1]) == 1 and type(rv[1][0]) is type)
        and type(rv[2]) is dict
        and memo.get(id(rv[2]), _nil) is _nil
    ):
        memo[d] = y = rv[0](*rv[1])
        state = _deepcopy_dict(rv[2], memo)
        _keep_alive(rv[2], memo)
        if hasattr(y, "__setstate__"):
            y.__setstate__(state)
        else:
            y.__dict__.update(state)
    else:
        y = _reconstruct(x, memo, *rv)
    """)

if source.defines("_deepcopy_atomic"):      # 3.14 has such a set of its own
    source.append("""
        _atomic_types = frozenset(
            cls for cls, copier in _deepcopy_dispatch.items()
            if copier is _deepcopy_atomic)
        """)
source.insert_at_start("_deepcopy_tuple", """
    for a in x:
        if type(a) not in _atomic_types:
            break
    else:
        return x
    """)

deepcopy = source.load().deepcopy
