"""The report's final version as printed. NOT correct copies.

The type first (image 3) together with the two fast paths (images 4 and 5).
What is wrong with the fast paths stands in published_fastpath.py; `merged` is
the same idea made correct. Python 3.14 has dropped the table entries that
image 3 asks for: there they are put back.
"""

from private_copy import CopySource

source = CopySource(__file__)

if not source.defines("_deepcopy_atomic"):
    source.append("""
        def _deepcopy_atomic(x, memo):
            return x
        for cls in _atomic_types:
            _deepcopy_dispatch[cls] = _deepcopy_atomic
        """)
    source.replace("deepcopy", "if cls in _atomic_types:\n    return x", "")
source.move_to_start("deepcopy",
                     "cls = type(x)",
                     "copier = _deepcopy_dispatch.get(cls)")
source.insert_after("deepcopy", "copier = _deepcopy_dispatch.get(cls)", """
    if copier is _deepcopy_atomic:
        return x
    """)

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
