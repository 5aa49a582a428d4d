"""None: for memory: nothing but None, its own copy.

What remains is what a call costs, with the memo that it is given. An analysis
of a replacement written in C found 116 to 140 bytes more than the standard
library takes here, with a UserDict for a memo.

It is for `dcbench memory`. An iteration is one call that copies nothing, so
that `-w extended` has no use for it.
"""

workload = [None]
