"""The type first: atomic objects never reach the memo.

An object of an atomic type is its own copy, so that there is nothing about it
in the memo to be found; the standard library asks the memo first. From Python
3.14 on it does as is done here: then this is the standard deepcopy.

Source of the idea: the Deepcopy Report, "Memo Optimization", image 3.
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

deepcopy = source.load().deepcopy
