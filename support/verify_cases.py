"""Cases from the documentation of copy, pickle and copyreg.

Each is what every CPython from 3.9 on does alike; where one has changed its
mind, the case says so. They are told by subject, a file for each.
"""

import verify_cases_builtins
import verify_cases_deepcopy
import verify_cases_library
import verify_cases_limits
import verify_cases_lookup
import verify_cases_memo
import verify_cases_methods
import verify_cases_reduce
import verify_cases_refused
import verify_cases_sharing
import verify_cases_state
import verify_cases_subclasses
import verify_cases_tutorial

# What is simple first.
SUBJECTS = (
    verify_cases_tutorial, verify_cases_builtins, verify_cases_subclasses,
    verify_cases_sharing, verify_cases_methods, verify_cases_reduce,
    verify_cases_lookup, verify_cases_state, verify_cases_deepcopy,
    verify_cases_memo, verify_cases_limits, verify_cases_library,
    verify_cases_refused)


def cases(seed, count):
    """Return all cases; they are the same ones for any seed."""
    return [case for subject in SUBJECTS for case in subject.cases.all]
