"""None: nothing to copy.

What a call takes that copies nothing is there in every other call too; with a
memo of another kind it is where the analysis of custom memos found 116 to 140
bytes more than the standard library takes. It is for `dcbench memory` alone:
an iteration of it is too short to be timed, and no copy of it can be wrong.
"""

workload = [None]
