"""The standard library's deepcopy behind a known amount of work.

What `dcbench selftest` plants: every attribute plus_N is a deepcopy that first
evaluates its argument N times, each time as a statement of its own, and then
calls the interpreter's own. plus_300 and plus_335 differ by 35 statements and
by nothing else. Such a statement is a push and a pop; no version of CPython
takes them away, since a name may be unbound, and that is an error to be raised.
"""

from private_copy import CopySource

# More statements than these are a loop over so many: a file of a million
# lines would take longer to compile than to measure.
_ROW = 8000

_inner = CopySource(__file__).load().deepcopy


def __getattr__(name):
    """Return a new deepcopy for a name of the form plus_N."""
    start, _, count = name.partition("_")
    if start != "plus" or not (count.isascii() and count.isdecimal()):
        raise AttributeError(name)
    return _plant(int(count))


def _plant(count):
    loops, rest = divmod(count, _ROW)
    lines = ["def deepcopy(x, memo=None):"]
    if loops:
        lines.append(f"    for _ in range({loops}):")
        lines += ["        x"] * _ROW
    lines += ["    x"] * rest
    lines.append("    return inner(x, memo)")
    code = compile("\n".join(lines), f"<plus_{count}>", "exec",
                   dont_inherit=True)
    names = {"inner": _inner}
    exec(code, names)
    return names["deepcopy"]
