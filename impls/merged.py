"""memo-opt and fastpath together.

What each change is, why it is correct and where it comes from stands in
memo_opt.py and fastpath.py.
"""

from private_copy import CopySource

source = CopySource(__file__)

if source.defines("_deepcopy_atomic"):
    source.move_to_start("deepcopy",
                         "cls = type(x)",
                         "copier = _deepcopy_dispatch.get(cls)")
    source.insert_after("deepcopy", "copier = _deepcopy_dispatch.get(cls)", """
        if copier is _deepcopy_atomic:
            return x
        """)
    source.append("""
        _atomic_types = frozenset(
            cls for cls, copier in _deepcopy_dispatch.items()
            if copier is _deepcopy_atomic)
        """)

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

source.insert_at_start("_deepcopy_tuple", """
    for a in x:
        if type(a) not in _atomic_types:
            break
    else:
        return x
    """)

deepcopy = source.load().deepcopy
