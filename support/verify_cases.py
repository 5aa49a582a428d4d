"""Cases from the documentation of copy, pickle and copyreg.

Each is what every CPython from 3.9 on does alike; where one has changed its
mind, the case says so. They are told by subject, a file for each.
"""

SUBJECTS = (
    "tutorial", "builtins", "subclasses", "sharing", "methods", "reduce",
    "lookup", "state", "deepcopy", "memo", "limits",
    "library", "refused")


def cases(seed, count):
    """Return all cases; they are the same ones for any seed."""
    return [case for subject in SUBJECTS
            for case in __import__(f"verify_cases_{subject}").cases.all]
